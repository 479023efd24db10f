"""Submissions a second, by the number of processes: python -m benchmarks.bench_autograder [--count N] [--jobs N ...]

Grades a class of N right submissions, each time from nothing: this project's solutions of both editions, and the
textbook one of the grader's tests. All that a course waits for is part of the time: each submission's own process, the
tables and the pages.
"""

if __name__ == "__main__":
    import command

    command.run("python -m benchmarks.bench_autograder", "benchmarks.bench_autograder")

import argparse
import contextlib
import csv
import io
import os
import shutil
import tempfile
import time
from pathlib import Path

from autograder.course.classroom import grade_class
from autograder.rubric import RUBRIC

PROJECT = Path(__file__).resolve().parents[1]
SOLUTIONS = ("assignment2.py", "later_edition/assignment2.py", "tests/autograder_bank/handout.py")
CLASS = 500  # what a large course hands in


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_autograder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=12, metavar="N", help="how many submissions (12)")
    parser.add_argument(
        "--jobs", type=int, nargs="+", metavar="N", help="how many at a time (1, 2, ... up to the cores), one by one"
    )
    options = parser.parse_args(arguments)
    powers = [2**k for k in range(os.cpu_count().bit_length())]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.count):
            student = Path(folder, "class", f"student{number:03}")
            student.mkdir(parents=True)
            shutil.copy(PROJECT / SOLUTIONS[number % len(SOLUTIONS)], student / "assignment2.py")
            for name in ("assignment2.pkl", "assignment2.pdf"):
                shutil.copy(PROJECT / name, student)
        print(f"{options.count} submissions\nprocesses  seconds  submissions/s  {CLASS} take")
        for jobs in options.jobs or powers:
            out = Path(folder, f"out{jobs}")
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                status = grade_class(Path(folder, "class"), out, RUBRIC, jobs=jobs)
            seconds = time.perf_counter() - start
            with open(out / "points.csv", encoding="utf-8-sig", newline="") as file:
                points = {row["total"] for row in csv.DictReader(file)}
            if status or len(points) != 1:
                raise ValueError(f"not all earned the same: {', '.join(sorted(points))}")
            each = seconds / options.count
            print(f"{jobs:9}  {seconds:7.1f}  {1 / each:13.2f}  {CLASS * each / 60:4.1f} min", flush=True)
    return 0
