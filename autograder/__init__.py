"""The autograder: grades a submission of Assignment 2, safely, with hints that teach. README.md is for staff.

    from autograder import Sandbox, grade

    report = grade("submission.zip")            # or a folder, or an assignment2.py; seed=, edition=, only=, patience=
    report.score, report.most, report.pending   # points of a machine, at most so many, and those that a person gives
    report.points("Q3")                         # of the question
    report.outcomes["gradients.dW1"]            # a check: .passed, .earned, .hint, .mistake ("gradients.sum"), .note
    report.edition, report.seed, report.isolation, report.notes, report.broken

    with Sandbox() as sandbox:                  # one host process for many submissions
        reports = [grade(path, sandbox=sandbox) for path in paths]

The files, in the order in which a submission passes through them:

    submission.py   takes in a folder, a zip or a file, and trusts none of it
    rubric.md       the questions, checks, points and tolerances (rubric.py reads it)
    edition.py      the editions of the assignment, and the three axes in which they differ
    inputs.py       draws the inputs
    sandbox.py      runs tasks in cells
    cell/           what runs beside student code: host.py makes the cells, child.py answers in them
    answers.py      reads what came back, and believes none of it
    judge.py        decides which answers are right
    explain.py      says what is wrong; mistakes.md holds the known mistakes (mistakes.py reads it)
    training.py     asks train_nn, and judges what it returns
    files.py        judges assignment2.pkl (parameters.py), and says what a machine sees of the PDF
    grade.py        one submission from start to end
    results.py      results.json and text
    course/         a class: its processes, its gradebook, its tables and pages
    package.py      the zip for Gradescope
"""

import sys
from pathlib import Path

# The reference is the assignment2 beside this package, even if the working folder holds a student's.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from .grade import Report, grade
from .rubric import read_rubric
from .sandbox import GraderError, Sandbox
from .submission import NotASubmission

__all__ = ["GraderError", "NotASubmission", "Report", "Sandbox", "grade", "read_rubric"]
