"""The tables that go to and come from the staff: points.csv, marks.csv, changes.csv, and those for the platforms.

They open in a spreadsheet, and what students had a hand in is data there: no cell of theirs is taken for a formula.
"""

import csv
import difflib
import io
import re
from collections import defaultdict
from pathlib import Path

from data.writer import atomic_write

from .downloads import AGAIN, Person, people, printable
from .records import Mark

BOM = "\ufeff"  # without it Excel takes UTF-8 for another encoding
FORMULA = re.compile(
    r"(^|; *)(?=[=+\-@＝＋－＠\t\r])"
)  # also after a semicolon, which separates cells in half of Europe
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
ASSIGNMENT = "Assignment 2"
COLUMNS = ("name", "check", "points", "comment")
CHANGES = ("date", "name", "check", "before", "after", "why")


# ---- Points --------------------------------------------------------------------------------------


def write_points(path, rubric, rows):
    """Write the points of a class, a line for each row. A row without a report has no points, which is not 0."""
    rows = list(rows)
    numbers = questions(rubric, rows)
    heads = ["name", "student", "sid", "email", "late", "total", "pending", *numbers, "edition", "seed", "word"]
    lines = []
    for row in rows:
        entry, report = row.entry, row.report
        lines.append(
            [
                *map(text, (entry.name, entry.student, entry.sid, entry.email, entry.late)),
                *(map(number, (report.score, report.pending)) if report else ("", "")),
                *(points(report, question) for question in numbers),
                report.edition.name if report and report.edition else "",
                report.seed if report else "",
                text(row.word),
            ]
        )
    save(path, [heads, *lines], BOM)


def questions(rubric, rows):
    """The numbers of the questions with points that a machine gives, or that a person has given to anybody."""
    given = {check for row in rows if row.report for check, o in row.report.outcomes.items() if o.mark}
    return [
        question
        for question in rubric.questions
        if any(check.points and not check.person or check.name in given for check in rubric.of(question))
    ]


def points(report, question):
    """What a question has earned, as a cell: empty where there is no report, or where a person has yet to judge."""
    outcomes = [o for o in report.outcomes.values() if o.check.question == question] if report else []
    return "" if all(map(waits, outcomes)) else number(report.points(question))


def waits(outcome):
    """Whether a person has yet to give the points."""
    return outcome.check.person and outcome.passed and not outcome.mark


# ---- What goes back to a platform ----------------------------------------------------------------


def write_canvas(path, rubric, rows):
    """Write a table for "Import" in Canvas's gradebook, a line for each student.

    Canvas finds a student by ID, which is in its file names, else by SIS User ID, SIS Login ID or name. It finds the
    assignment by its title, so change "Assignment 2" in the first line if it is called otherwise there; else Canvas
    offers to make a new one. An empty cell would delete points, so a student whose points are not final has no line.
    (Canvas's guide "How do I import grades in the Gradebook?" has the columns, lib/gradebook_importer.rb the rest.)
    """
    lines = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", ASSIGNMENT]]
    for row in rows:
        for person in students(row.entry) if is_final(row) else ():
            number_there = person.sid if row.entry.platform == "canvas" else ""
            sis = person.sid if row.entry.platform == "gradescope" else ""
            whose = map(text, (person.name, number_there, sis, person.email))
            lines.append([*whose, "", number(row.report.score)])
    save(path, lines)  # Canvas's own tables have no BOM


def write_gradescope(path, rubric, rows):
    """Write a table with the columns of Gradescope's "Download Grades", a line for each student.

    Gradescope imports no scores of a programming assignment: a machine's are what the autograder writes there, and a
    person's are entered under "Grade Submissions". The table is for scripts and gradebooks that take Gradescope's own.
    A student whose points are not final has no score in it.
    """
    most = sum(check.points for check in rubric.checks.values())
    lines = [["Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission ID"]]
    for row in rows:
        final = is_final(row)
        status = "Graded" if final else "Missing" if row.refused else "Ungraded"
        submission = row.entry.name.removeprefix("submission_")
        for person in [] if row.refused.startswith(AGAIN) else students(row.entry):  # one line for each student
            score = number(row.report.score) if final else ""
            lines.append([*map(text, person), score, number(most), status, text(submission)])
    save(path, lines)


def students(entry):
    """Whose an entry is; by its own name where the folder does not say."""
    return people(entry) or [Person(entry.name, "", "")]


def is_final(row):
    """Whether nothing more is to come: no points of a person, and no trouble of the grader's."""
    return bool(row.report and not row.word and not row.report.pending)


# ---- What persons give ---------------------------------------------------------------------------


def read_marks(path, rubric, entries):
    """The points that persons gave: {entry's name: {check: Mark}}, from a table (name, check, points, comment).

    A name is an entry's name, SID or e-mail. A line without points and comment is not filled in yet. Reads what a
    spreadsheet saves: commas, semicolons or tabs, with or without BOM, UTF-8, UTF-16 or Windows' encoding; 2,5 for 2.5.
    Raises OSError, and ValueError with file and line for whatever is wrong.
    """
    known = defaultdict(dict)  # what an entry can be called -> entries
    for entry in entries:
        names = {entry.name, *(each for person in people(entry) for each in (person.sid, person.email) if each)}
        for name in names | {text(name) for name in names}:
            known[name.casefold()][entry.name] = entry
    marks, seen = defaultdict(dict), {}
    for line, cells in records(path):
        try:
            if not cells["points"] and not cells["comment"]:
                continue
            entry = named(cells["name"], known)
            check = checked(cells["check"], rubric)
            if (entry.name, check.name) in seen:
                raise ValueError(
                    f"{cells['name']} has points for {check.name} in line {seen[entry.name, check.name]} too"
                )
            seen[entry.name, check.name] = line
            if cells["comment"].isdecimal():  # 2,5 was taken for 2, and 5 as the comment
                raise ValueError(f"the comment is {cells['comment']}; points with a decimal comma need quotes")
            marks[entry.name][check.name] = Mark(amount(cells["points"], check), cells["comment"])
        except ValueError as error:
            raise ValueError(f"{path}, line {line}: {error}") from None
    return dict(marks)


def records(path):
    """Yield (line, {heading: cell}) of a table of marks, without empty lines."""
    content = Path(path).read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        written = content.decode(encoding)
    except UnicodeDecodeError:
        written = content.decode("cp1252", "replace")
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator(written), strict=True)
    heads, line = None, 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if heads is None:
                heads = [cell.lower() for cell in cells if cell]
                if sorted(heads) not in (sorted(COLUMNS), sorted(COLUMNS[:3])):
                    raise ValueError(f"the headings are {', '.join(cells) or 'missing'}, not {', '.join(COLUMNS)}")
            elif any(cells):
                if len(cells) > len(heads) and any(cells[len(heads) :]):
                    raise ValueError(
                        f"{len(cells)} cells for {len(heads)} headings; a cell with a comma in it needs quotes"
                    )
                cells += [""] * (len(heads) - len(cells))
                yield line, {"comment": "", **dict(zip(heads, cells, strict=False))}
            line = reader.line_num + 1
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{path}, line {line}: {error}") from None
    if heads is None:
        raise ValueError(f"{path}, line 1: the headings are missing: {', '.join(COLUMNS)}")


def separator(written):
    """What separates the cells of a table, by its first line."""
    first = written.partition("\n")[0]
    return max(",;\t", key=first.count)


def named(name, known):
    found = known.get(name.casefold(), {})
    # A student who handed in twice is in two rows, and one of them says so in place of points.
    entries = [entry for entry in found.values() if not entry.refused] or list(found.values())
    if len(entries) > 1:
        raise ValueError(f"{name} may be {' or '.join(entry.name for entry in entries)}")
    if not entries:
        close = [called for key in difflib.get_close_matches(name.casefold(), known, 3) for called in known[key]]
        raise ValueError(f"nobody is called {name!r}{'; close: ' + ', '.join(close) if close else ''}")
    return entries[0]


def checked(name, rubric):
    if name not in rubric.checks:
        close = difflib.get_close_matches(name, rubric.checks, 3, 0.4)
        raise ValueError(
            f"there is no check {name!r}; {'close' if close else 'the checks'}: {', '.join(close or rubric.checks)}"
        )
    return rubric.checks[name]


def amount(cell, check):
    if not NUMBER.fullmatch(cell):
        raise ValueError(f"points are {cell!r}, which is no number" if cell else "there are no points")
    value = float(cell.replace(",", "."))
    if not 0 <= value <= check.points:
        raise ValueError(f"points are {cell}, and {check.name} gives 0 to {check.points:g}")
    return value


# ---- What has changed ----------------------------------------------------------------------------


def write_changes(path, changes):
    """Append changes [(date, entry's name, check, points before, points after, why)] to a table that keeps all of them.

    Points are None where there were none.
    """
    path = Path(path)
    kept = path.read_bytes() if path.exists() else b""
    lines = [] if kept else [CHANGES]
    for date, name, check, before, after, why in changes:
        lines.append([date, text(name), check, number(before), number(after), text(why)])
    if kept and not kept.endswith(b"\n"):
        kept += b"\r\n"
    first = kept.decode("utf-8-sig", "replace")  # the file may have been saved by a spreadsheet since
    added = table(lines, separator(first) if kept else ",")
    with atomic_write(path) as temporary:
        temporary.write_bytes((kept or BOM.encode()) + added.encode())


# ---- Cells ---------------------------------------------------------------------------------------


def text(value):
    """A text as a cell that no spreadsheet takes for a formula, on one line."""
    return printable(FORMULA.sub(r"\1'", value))


def number(value):
    return "" if value is None else f"{value:.10g}"


def table(lines, delimiter=","):
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(lines)
    return written.getvalue()


def save(path, lines, before=""):
    with atomic_write(path) as temporary:
        temporary.write_bytes((before + table(lines)).encode())
