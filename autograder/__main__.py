"""Grades submissions of Assignment 2.

    python -m autograder PATH                       one submission: a folder, a zip, or an assignment2.py in its folder
    python -m autograder PATH --seed 7              again, with the inputs of an earlier run
    python -m autograder PATH --only Q3             one question; also --only Q3,Q5.1, and Q5 for Q5.1 to Q5.3
    python -m autograder PATH --json results.json   and Gradescope's results.json
    python -m autograder --all FOLDER --out FOLDER  a class: what Gradescope, Canvas or Moodle gives for download, or a
                                                    folder with a folder, zip or .py for each submission
    python -m autograder --all FOLDER --out FOLDER --marks marks.csv      with the points that persons gave

`-m autograder` works in the project's folder; from any other, name the package: python <project>/autograder PATH.

Exit status: 0 all points earned that a machine gives, 1 not all, 2 a mistake in the command or nothing to grade,
3 the grader itself failed.
"""

import argparse
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

if not __package__:  # run as `python <project>/autograder`, which puts this folder on the path, not the project
    sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    import command

    command.run("python -m autograder", "autograder.__main__")

import command
from autograder.edition import EDITIONS
from autograder.grade import grade
from autograder.results import BROKEN, gradescope, show, stub, write
from autograder.rubric import RUBRIC, read_rubric
from autograder.sandbox import GraderError, Sandbox
from autograder.submission import NotASubmission

STAGES = 11  # parts of a grading: the questions, the notes and what came beside the functions


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
    group = parser.add_argument_group("a class")
    group.add_argument("--all", metavar="FOLDER", help="grade every submission in FOLDER")
    group.add_argument(
        "--out", metavar="FOLDER", help="where the results go; what is graded there already is not graded again"
    )
    group.add_argument("--jobs", type=int, metavar="N", help="how many at a time (else one a core)")
    group.add_argument("--cluster", metavar="ADDRESS", help="grade on the workers of this Dask scheduler instead")
    group.add_argument(
        "--marks",
        metavar="FILE",
        help="points that persons gave: a table with the columns name, check, points, comment",
    )
    group.add_argument("--canvas", metavar="FILE", help="write the table that Canvas imports into its gradebook")
    group.add_argument("--gradescope", metavar="FILE", help="write a table like Gradescope's own of grades")
    options = parser.parse_args(arguments)
    try:
        check(options, rubric := read_rubric(options.rubric))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    with command.interruptible():  # a sandbox must be closed
        return run_class(options) if options.all else run(options, rubric)


def check(options, rubric):
    """Raise ValueError for options that do not go together, or mean nothing."""
    if (options.path is None) == (options.all is None):
        raise ValueError("give the PATH of one submission, or --all FOLDER")
    if (options.all is None) != (options.out is None):
        raise ValueError("--all FOLDER and --out FOLDER go together")
    of_one, of_class = ("json", "only"), ("jobs", "cluster", "marks", "canvas", "gradescope")
    for name in of_one if options.all else of_class:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} is for {'one submission, not for --all' if options.all else 'a class (--all)'}")
    for name in ("path", "all", "out", "json", "marks", "canvas", "gradescope"):
        if getattr(options, name) == "":
            raise ValueError(f"{'PATH' if name == 'path' else f'--{name}'} is empty")
    if options.seed is not None and options.seed < 0:
        raise ValueError(f"--seed {options.seed}: a seed is 0 or more")
    if options.jobs is not None and (options.jobs < 1 or options.cluster):
        raise ValueError(f"--jobs {options.jobs}: 1 or more, and not with --cluster")
    options.only = questions(options.only, rubric) if options.only else None


def questions(asked, rubric):
    """The questions that --only names, "Q5" for all of its parts. Raises ValueError for an unknown one."""
    numbers = []
    for name in ",".join(asked).upper().replace(" ", "").split(","):
        found = [number for number in rubric.questions if number == name or number.startswith(f"{name}.")]
        if not found:
            raise ValueError(f"there is no question {name!r}; the questions are {', '.join(rubric.questions)}")
        numbers += found
    return numbers


def run(options, rubric):
    """Grade one submission, print and write what the options ask for. Returns the exit status."""
    try:
        if options.json:
            write(options.json, stub(rubric))
        with Sandbox(options.isolation) as sandbox, stages() as stage:
            report = grade(options.path, options.seed, options.edition, rubric, sandbox, stage=stage, only=options.only)
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


def run_class(options):
    """Grade a class. Returns the exit status."""
    from autograder.course import tables
    from autograder.course.classroom import grade_class  # with what it needs for its tables and pages

    written = [(tables.write_canvas, options.canvas), (tables.write_gradescope, options.gradescope)]
    try:
        return grade_class(
            options.all,
            options.out,
            options.rubric,
            edition=options.edition,
            isolation=options.isolation,
            seed=options.seed,
            jobs=options.jobs or -1,
            cluster=options.cluster,
            marks=options.marks,
            tables=[(write_table, path) for write_table, path in written if path],
        )
    except NotASubmission as error:
        print(f"python -m autograder: {error}", file=sys.stderr)
        return 2
    except GraderError as error:
        print(f"python -m autograder: nobody was graded: {error}", file=sys.stderr)
        return 3


@contextmanager
def stages():
    """A bar over the parts of a grading, if it takes more than two seconds. Yields what is called with each part."""
    with tqdm(total=STAGES, desc="grading", unit="part", delay=2, leave=False, disable=None) as bar:

        def stage(name):
            bar.set_postfix_str(name, refresh=False)
            bar.update()

        yield stage
