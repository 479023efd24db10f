"""Submissions a second, by the number of processes: python -m benchmarks.bench_autograder [--count N]

Grades N copies of the reference solution as a class, each time from nothing, with 1, 2, ... processes up to the number
of cores. The processes' own start is part of the time, as it is for a course.
"""

if __name__ == "__main__":
    import command

    command.run("python -m benchmarks.bench_autograder", "benchmarks.bench_autograder")

import argparse
import contextlib
import io
import os
import shutil
import tempfile
import time
from pathlib import Path

from autograder.classroom import grade_class
from autograder.rubric import RUBRIC

PROJECT = Path(__file__).resolve().parents[1]
FILES = ("assignment2.py", "assignment2.pkl", "assignment2.pdf")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_autograder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--count", type=int, default=12, metavar="N", help="how many submissions (12; 200 takes minutes)"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.count):
            student = Path(folder, "class", f"student{number:03}")
            student.mkdir(parents=True)
            for name in FILES:
                shutil.copy(PROJECT / name, student)
        print(f"{options.count} submissions\nprocesses  seconds  submissions/s")
        processes = 1
        while processes <= os.cpu_count():
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                status = grade_class(Path(folder, "class"), Path(folder, f"out{processes}"), RUBRIC, jobs=processes)
            seconds = time.perf_counter() - start
            print(f"{processes:9}  {seconds:7.1f}  {options.count / seconds:13.2f}", flush=True)
            if status:
                return status
            processes *= 2
    return 0
