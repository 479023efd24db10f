"""Grades submissions of Assignment 2.

    python -m autograder PATH                       one submission: a folder, a zip, or an assignment2.py in its folder
    python -m autograder PATH --seed 7              again, with the inputs of an earlier run
    python -m autograder PATH --only Q3             one question; also --only Q3,Q5.1, and Q5 for Q5.1 to Q5.3
    python -m autograder PATH --json results.json   and Gradescope's results.json
    python -m autograder --all FOLDER --out FOLDER  a class: each folder, zip or .py in FOLDER is a submission

`-m autograder` works in the project's folder; from any other, name the package: python <project>/autograder PATH.

Exit status: 0 all points earned that a machine gives, 1 not all, 2 a mistake in the command or nothing to grade,
3 the grader itself failed.
"""

import argparse
import sys
import traceback
from pathlib import Path

if not __package__:  # run as `python <project>/autograder`, which puts this folder on the path, not the project
    sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    import command

    command.run("python -m autograder", "autograder.__main__")

import command
from autograder.classroom import grade_class
from autograder.edition import EDITIONS
from autograder.grade import grade
from autograder.results import BROKEN, gradescope, show, stub, write
from autograder.rubric import RUBRIC, read_rubric
from autograder.sandbox import GraderError, Sandbox
from autograder.submission import NotASubmission


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m autograder", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", nargs="?", metavar="PATH", help="the submission")
    parser.add_argument(
        "--json", metavar="FILE", help="write Gradescope's results.json; a valid one is there from the start"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="draw the inputs that an earlier run with this seed had")
    parser.add_argument("--only", metavar="Q3", action="append", help="grade these questions alone")
    parser.add_argument(
        "--edition",
        choices=("any", *EDITIONS),
        help="judge by this edition of the assignment, or accept any; else as the rubric says",
    )
    parser.add_argument(
        "--rubric", metavar="FILE", default=RUBRIC, help="another table of points and checks (autograder/rubric.md)"
    )
    parser.add_argument(
        "--isolation",
        choices=("namespaces", "user", "process"),
        help="how student code is kept apart (autograder/README.md); else the best that this system allows",
    )
    parser.add_argument("--all", metavar="FOLDER", help="grade every submission in FOLDER")
    parser.add_argument(
        "--out", metavar="FOLDER", help="with --all: where the reports go; what is there already is not graded again"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", default=-1, help="with --all: how many at a time (a process a core)"
    )
    options = parser.parse_args(arguments)
    if (options.path is None) == (options.all is None):
        parser.error("give the PATH of one submission, or --all FOLDER")
    if (options.all is None) != (options.out is None):
        parser.error("--all FOLDER and --out FOLDER go together")
    try:
        rubric = read_rubric(options.rubric)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    only = None
    if options.only:
        if options.all:
            parser.error("--only is for one submission, not for --all")
        try:
            only = questions(options.only, rubric)
        except ValueError as error:
            parser.error(str(error))
    with command.interruptible():  # a sandbox must be closed
        return run(options, rubric, only)


def questions(asked, rubric):
    """The questions that --only names, "Q5" for all of its parts. Raises ValueError for an unknown one."""
    numbers = []
    for name in ",".join(asked).upper().replace(" ", "").split(","):
        found = [number for number in rubric.questions if number == name or number.startswith(f"{name}.")]
        if not found:
            raise ValueError(f"there is no question {name!r}; the questions are {', '.join(rubric.questions)}")
        numbers += found
    return numbers


def run(options, rubric, only):
    """Grade, print and write what the options ask for. Returns the exit status."""
    try:
        if options.all:
            return grade_class(
                options.all, options.out, options.rubric, options.edition, options.isolation, options.seed, options.jobs
            )
        if options.json:
            write(options.json, stub(rubric))
        with Sandbox(options.isolation) as sandbox:
            report = grade(options.path, options.seed, options.edition, rubric, sandbox, progress=True, only=only)
        if options.json:
            write(options.json, gradescope(report))
        show(report)
        if report.broken:
            return 3
        return 0 if report.score == report.most else 1
    except NotASubmission as error:
        if options.json:
            write(options.json, {**stub(rubric), "output": f"There is nothing to grade: {error}"})
        print(f"python -m autograder: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"python -m autograder: {error}", file=sys.stderr)
        return 2
    except GraderError as error:
        reason = str(error)
    except Exception as error:  # a bug of ours: the staff need where, the student needs to know it was not theirs
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
    if options.json:
        write(options.json, {**stub(rubric), "output": BROKEN.format(reason=reason)})
    print(BROKEN.format(reason=reason), file=sys.stderr)
    return 3
