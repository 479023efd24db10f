"""What is known of a class, and the files in which the staff find it.

OUT/records/NAME.json    what was found of a submission; its points follow from it, the rubric and the marks
OUT/reports/NAME.json    Gradescope's results.json
OUT/students/NAME.html   a page for the student
OUT/points.csv           a line for every entry of the folder
OUT/summary.html         the class: who, how many points, which mistakes were common
OUT/similar.html         which submissions are alike, if any are
OUT/marks.csv            the points that persons gave, as read the last time
OUT/changes.csv          whose points changed since the last time, and why
OUT/earlier/             the records and reports that these took the place of
"""

import json
import shlex
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from data.writer import atomic_write

from ..results import gradescope, stub, write
from .pages import class_page, student_page
from .records import Row, restore
from .similarity import similar, similar_page
from .tables import read_marks, write_changes, write_points

REASONS = {  # what the points follow from -> what is said if it has changed
    "submission": "another submission",
    "rubric": "the rubric judges otherwise",
    "grader": "the grader has changed",
    "edition": "--edition",
    "seed": "--seed",
    "points": "the rubric gives other points",
    "marks": "marks of the staff",
}


class Gradebook:
    """The rows of a class, one for each entry of its folder, in the folder `out`.

    kind, entries: of downloads.read_class.  marks: a table of points that persons gave; None for that of the last time.
    """

    def __init__(self, out, rubric, kind, entries, marks=None):
        self.out, self.rubric, self.kind = out, rubric, kind
        given = marks or out / "marks.csv"
        self.marks = read_marks(given, rubric, entries) if marks or given.exists() else {}
        self.rows = {entry.name: Row(entry, refused=entry.refused) for entry in entries}
        self.now = datetime.now().replace(microsecond=0)
        self.points = {check.name: check.points for check in rubric.checks.values()}
        self.changes = []
        for name in ("records", "reports", "students"):
            (out / name).mkdir(parents=True, exist_ok=True)
        if marks:
            content = Path(marks).read_bytes()
            with atomic_write(out / "marks.csv") as temporary:
                temporary.write_bytes(content)

    def record(self, name):
        """Where the record of an entry is, or goes."""
        return self.out / "records" / f"{name}.json"

    def knows(self, name, asked):
        """Enter an entry if it has a record of just this, which the grader did not fail on. Returns whether it has."""
        kept = read(self.record(name))
        if kept and kept["asked"] == asked and not kept.get("broken"):
            self.enter(name)
            return True
        if kept and kept["asked"] != asked:
            self.set_aside(self.record(name))
        return False

    def seed(self, name):
        """The seed of the last grading, if there was one: another grader draws the same inputs for the same student."""
        return (read(self.record(name)) or {}).get("seed")

    def enter(self, name, trouble=""):
        """Enter what the record of an entry says, write its report, and note changes. Returns the grader's own trouble.

        trouble: why there is no record.
        """
        row, kept = self.rows[name], None if trouble else read(self.record(name))
        row.trouble = trouble or kept.get("broken") or ""
        if row.trouble:
            return row.trouble
        given, path = self.marks.get(name, {}), self.out / "reports" / f"{name}.json"
        if "refused" in kept:
            row.refused = kept["refused"]
            result = {**stub(self.rubric), "output": f"There is nothing to grade: {row.refused}", "extra_data": {}}
        else:
            row.report = restore(name, kept, self.rubric, given)
            result = gradescope(row.report)
        marks = {check: [mark.points, mark.comment] for check, mark in given.items()}
        result["extra_data"]["asked"] = {**kept["asked"], "points": self.points, "marks": marks}
        before = read(path)
        if before != result:
            if before:
                self.changes += self.changes_between(name, before, result)
                self.set_aside(path)
            write(path, result)
        return ""

    def changes_between(self, name, before, after):
        """[(date, name, check, points before, points now, why)] of two results of an entry."""
        asked = [result["extra_data"]["asked"] for result in (before, after)]
        why = "; ".join(said for key, said in REASONS.items() if asked[0][key] != asked[1][key])
        earned = [  # None for points that nobody has given yet
            {test["tags"][0]: test["score"] if "status" in test else None for test in result["tests"]}
            for result in (before, after)
        ]
        return [
            (self.now.isoformat(sep=" "), name, check, *points, why)
            for check in self.points
            for points in [[scores.get(check, 0) for scores in earned]]
            if points[0] != points[1]
        ]

    def set_aside(self, path):
        """Keep a file of an earlier run."""
        target = self.out / "earlier" / self.now.strftime("%Y-%m-%d-%H%M%S") / path.parent.name
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)

    def write_points(self):
        write_points(self.out / "points.csv", self.rubric, self.rows.values())

    def finish(self, tables):
        """Write everything that is about the whole class. Returns the files."""
        self.write_points()
        written = [self.out / "points.csv", self.out / "summary.html"]
        if self.changes:
            write_changes(self.out / "changes.csv", self.changes)
            written.append(self.out / "changes.csv")
        kept = {
            name: {**read(self.record(name)), "sid": row.entry.sid, "email": row.entry.email}
            for name, row in self.rows.items()
            if row.report
        }
        for name, row in self.rows.items():
            again = command(row, kept[name]["asked"]["edition"]) if row.report else ""
            text(self.out / "students" / f"{name}.html", student_page(self.rubric, row, again))
        pairs = similar(kept)
        alike = self.out / "similar.html"
        alike.unlink(missing_ok=True)  # of an earlier run
        if pairs:
            text(alike, similar_page(pairs, kept))
            written.append(alike)
        facts = {"Graded": self.now.isoformat(sep=" ", timespec="minutes"), "Folder": self.kind}
        text(self.out / "summary.html", class_page(self.rubric, list(self.rows.values()), facts, len(pairs)))
        for write_table, path in tables:
            write_table(path, self.rubric, self.rows.values())
            written.append(path)
        return written


def command(row, edition):
    """What grades a submission again, with the same inputs."""
    pinned = f" --edition {edition}" if edition else ""
    return f"python -m autograder {shlex.quote(str(row.entry.path))} --seed {row.report.seed}{pinned}"


def judging(rubric):
    """What of a rubric decides on right and wrong, as bytes: all but the points."""
    checks = [replace(check, points=0) for check in rubric.checks.values()]
    return repr((rubric.questions, checks, rubric.pins)).encode()


def read(path):
    """What a JSON file holds, or None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def text(path, content):
    with atomic_write(path) as temporary:
        temporary.write_text(content, encoding="utf-8")
