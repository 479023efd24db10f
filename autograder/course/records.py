"""What is known of a submission of a class, and what is kept of it: a record, as JSON.

A record holds what the grader found, without the points. Tables, pages and Gradescope's results are written from the
records of a class, its rubric and the marks that persons gave, so that points can change without running code again.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from ..answers import Outcome
from ..edition import Edition
from ..grade import Report


@dataclass(frozen=True)
class Entry:
    """An entry of a class's folder, and whose it is as far as the folder says."""

    name: str  # printable, and of no other entry: its files and its row are called so
    path: Path | None  # what is graded; None if nothing can be
    student: str = ""  # the student's name; of a group, all of them, with "; " between: downloads.people
    sid: str = ""
    email: str = ""
    platform: str = ""  # whose number `sid` is: "gradescope" (the university's), "canvas" or "moodle" (its own)
    late: str = ""  # "late", if the platform says so
    refused: str = ""  # why nothing can be graded: a word or two
    files: tuple = ()  # (name, path) of each file, where everybody's files lie in one folder; `path` is one of them


@dataclass(frozen=True)
class Mark:
    """Points that a person gave for a check: those that are pending, or a correction."""

    points: float
    comment: str = ""


@dataclass
class Row:
    """An entry with what became of it: a report, or the words that stand in its place."""

    entry: Entry
    report: Report | None = None
    refused: str = ""  # nothing to grade, and why
    trouble: str = ""  # the grader's own: the stage, and the reason

    @property
    def word(self):
        """Nothing, or in a word or two why there are no points, or why there are few."""
        if self.trouble or (self.report and self.report.broken):
            return "the grader failed"
        if self.refused:
            return self.refused
        return "" if self.report else "not graded yet"


def record_of(report):
    """What is kept of a report, as plain data."""
    return {
        "seed": report.seed,
        "edition": asdict(report.edition) if report.edition else None,
        "isolation": report.isolation,
        "notes": report.notes,
        "staff": report.staff,
        "printed": report.printed,
        "broken": report.broken,
        "seconds": round(report.seconds, 2),
        "code": report.code,
        "parameters": report.parameters,
        "outcomes": {
            name: {
                "passed": outcome.passed,
                "claims": [sentence for sentence, _ in outcome.claims],
                "mistake": outcome.mistake,
                "note": outcome.note,
                "example": outcome.example,
            }
            for name, outcome in report.outcomes.items()
        },
    }


def restore(name, record, rubric, marks=None):
    """The Report that `record_of` kept, with the points of `rubric` and the marks {check: Mark} of persons."""
    outcomes = {}
    for check in rubric.checks.values():
        kept = record["outcomes"][check.name]
        outcomes[check.name] = Outcome(
            check,
            kept["passed"],
            [(sentence, None) for sentence in kept["claims"]],
            kept["mistake"],
            kept["note"],
            kept["example"],
            (marks or {}).get(check.name),
        )
    return Report(
        name,
        record["seed"],
        rubric,
        Edition(**record["edition"]) if record["edition"] else None,
        record["isolation"],
        outcomes,
        record["notes"],
        record["staff"],
        record["printed"],
        record["broken"],
        record["seconds"],
        record["code"],
        record["parameters"],
    )
