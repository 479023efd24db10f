"""The tables of a class, read back with the csv module or as bytes, and compared with rows written by hand."""

import csv
import re

import pytest

pytest.importorskip("yaml", reason="needs pyyaml: python -m pip install -r requirements-all.txt")

from autograder.answers import Outcome
from autograder.course.records import Entry, Mark, Row
from autograder.course.tables import read_marks, write_canvas, write_changes, write_gradescope, write_points
from autograder.edition import Edition
from autograder.grade import Report
from autograder.rubric import read_rubric

RUBRIC = read_rubric()


def report(name, lost=(), marks=(), **facts):
    """A Report in which all passed but the checks `lost`. marks: {check: Mark}."""
    marks = dict(marks)
    outcomes = {
        check.name: Outcome(check, check.name not in lost, mark=marks.get(check.name))
        for check in RUBRIC.checks.values()
    }
    return Report(name, 7, RUBRIC, Edition("weights first", "mean", "four"), "user", outcomes, **facts)


def given(**points):
    """Marks for the checks of persons: pdf_derivations=18 is 18 points for pdf.derivations."""
    return {name.replace("_", "."): Mark(value) for name, value in points.items()}


ALL = given(pdf_derivations=20, pdf_curves=3, pdf_examples=0.5, code_comments=1)


def lines(path, delimiter=","):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, delimiter=delimiter))


# ---- points.csv ----------------------------------------------------------------------------------

HEADS = "name,student,sid,email,late,total,pending,Q1.1,Q1.2,Q1.3,Q1.4,Q3,Q4,Q5.1,Q5.2,edition,seed,word".split(",")


def test_points_have_a_line_for_every_row_and_no_points_where_nobody_gave_any(tmp_path):
    ada = Entry("submission_1", None, "Ada Lovelace; Zoë", "01; 2", "a@x.edu; z@x.edu", late="late")
    rows = [
        Row(ada, report("submission_1", lost=["sigmoid.values", "pkl.loss"])),
        Row(Entry("empty", None, refused="nothing handed in"), refused="nothing handed in"),
        Row(Entry("later", None)),
        Row(Entry("died", None), trouble="judging: killed"),
        Row(Entry("half", None), report("half", broken="Q3: MemoryError", lost=["gradients.L"])),
        Row(Entry("nothing", None), report("nothing", lost=RUBRIC.checks)),
    ]
    write_points(tmp_path / "points.csv", RUBRIC, iter(rows))
    full = ["5", "7", "7", "6", "20", "10", "10", "10"]
    found = lines(tmp_path / "points.csv")
    assert found[0] == HEADS
    assert found[1:] == [
        ["submission_1", "Ada Lovelace; Zoë", "01; 2", "a@x.edu; z@x.edu", "late", "70", "25", "2", *full[1:7], "8",
         "january", "7", ""],
        ["empty", *[""] * 16, "nothing handed in"],
        ["later", *[""] * 16, "not graded yet"],
        ["died", *[""] * 16, "the grader failed"],
        ["half", *[""] * 4, "73", "25", *full[:4], "18", *full[5:], "january", "7", "the grader failed"],
        ["nothing", *[""] * 4, "0", "0", *["0"] * 8, "january", "7", ""],
    ]  # fmt: skip


def test_questions_of_persons_have_a_column_once_anybody_has_points_there(tmp_path):
    rows = [
        Row(Entry("a", None), report("a", marks=given(pdf_derivations=17.5))),
        Row(Entry("b", None), report("b", marks=given(code_comments=0, sigmoid_values=1))),
        Row(Entry("c", None), report("c", lost=["pdf.derivations"])),
        Row(Entry("d", None)),
    ]
    write_points(tmp_path / "points.csv", RUBRIC, rows)
    with open(tmp_path / "points.csv", newline="", encoding="utf-8-sig") as file:
        found = [
            (line["Q1.1"], line["Q2"], line["Q5.3"], line["total"], line["pending"]) for line in csv.DictReader(file)
        ]
    # b's derivations wait; of Q5.3 a person gave b one part, 0, and the rest waits; c handed in no derivations.
    assert found == [
        ("5", "17.5", "", "92.5", "5"),
        ("3", "", "0", "73", "24"),
        ("5", "0", "", "75", "5"),
        ("", "", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("Ada", "Ada"),
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("＝1", "'＝1"),
        ("a;=1; -2;b", "a;'=1; '-2;b"),  # where semicolons separate cells, these begin with = and -
        ("a\r\nb\x1b[31m\u2028c", "a\\r\\nb\\x1b[31m\\u2028c"),
        ("\udcff", "\\xff"),
        ("a,b\"c'", "a,b\"c'"),
        ("O'Neil 漢", "O'Neil 漢"),
    ],
)
def test_names_are_data(tmp_path, name, cell):
    row = Row(Entry(name, None, name, name, name, refused=name), refused=name)
    write_points(tmp_path / "points.csv", RUBRIC, [row])
    found = lines(tmp_path / "points.csv")
    assert len(found) == 2
    assert [found[1][k] for k in (0, 1, 2, 3, 17)] == [cell] * 5


def test_a_spreadsheet_knows_that_it_is_utf_8(tmp_path):
    write_points(tmp_path / "points.csv", RUBRIC, [Row(Entry("Zoë", None))])
    content = (tmp_path / "points.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfname,") and "Zoë".encode() in content


# ---- The platforms' tables -----------------------------------------------------------------------


def classroom():
    return [
        Row(Entry("doejane_12", None, "doejane", "12", platform="canvas"), report("a", marks=ALL)),
        Row(Entry("submission_5", None, "Ada; =Bo", "01; ", "a@x.edu; b@x.edu", "gradescope"), report("b", marks=ALL)),
        Row(Entry("Cy.zip", None), report("c", marks=ALL, lost=["pkl.loss"])),
        Row(Entry("submission_6", None, "Pending", "3", platform="gradescope"), report("d")),
        Row(Entry("submission_7", None, "Broken", "4", platform="gradescope"), report("e", marks=ALL, broken="Q3: x")),
        Row(Entry("submission_8", None, "Empty", "5", platform="gradescope"), refused="nothing handed in"),
        Row(Entry("submission_9", None, "Failed", "6", platform="gradescope"), trouble="judging: killed"),
        Row(Entry("submission_4", None, "Ada", "01", platform="gradescope"), refused="handed in again: submission_5"),
    ]


def test_canvas_gets_final_points_alone_by_its_own_numbers(tmp_path):
    write_canvas(tmp_path / "canvas.csv", RUBRIC, classroom())
    found = lines(tmp_path / "canvas.csv")
    assert found == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Assignment 2"],
        ["doejane", "12", "", "", "", "99.5"],
        ["Ada", "", "01", "a@x.edu", "", "99.5"],
        ["'=Bo", "", "", "b@x.edu", "", "99.5"],
        ["Cy.zip", "", "", "", "", "97.5"],
    ]
    # What Canvas's importer asks of the first line, in its words: update_column_count and last_student_info_column.
    heads = found[0]
    assert "Student" in heads[0] and "ID" in heads[1]
    assert (
        re.search(r"SIS\s+User\s+ID", heads[2]) and re.search(r"SIS\s+Login\s+ID", heads[3]) and "Section" in heads[4]
    )
    assert (tmp_path / "canvas.csv").read_bytes().startswith(b"Student,")


def test_gradescopes_table_has_everybody_and_points_that_are_final(tmp_path):
    write_gradescope(tmp_path / "gradescope.csv", RUBRIC, classroom())
    assert lines(tmp_path / "gradescope.csv") == [
        ["Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission ID"],
        ["doejane", "12", "", "99.5", "100", "Graded", "doejane_12"],
        ["Ada", "01", "a@x.edu", "99.5", "100", "Graded", "5"],
        ["'=Bo", "", "b@x.edu", "99.5", "100", "Graded", "5"],
        ["Cy.zip", "", "", "97.5", "100", "Graded", "Cy.zip"],
        ["Pending", "3", "", "", "100", "Ungraded", "6"],
        ["Broken", "4", "", "", "100", "Ungraded", "7"],
        ["Empty", "5", "", "", "100", "Missing", "8"],
        ["Failed", "6", "", "", "100", "Ungraded", "9"],
    ]


# ---- marks.csv -----------------------------------------------------------------------------------

ENTRIES = [
    Entry("submission_1", None, "Ada", "0123", "Ada@x.edu"),
    Entry("submission_2", None, "Bo; Cy", "7; 8", "; cy@x.edu"),
    Entry("submission_3", None, "Ada", "0123", "Ada@x.edu", refused="handed in again: submission_1"),
    Entry("=1+1.zip", None),
    Entry("8.py", None),
]


def marks(tmp_path, content):
    path = tmp_path / "marks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_marks(path, RUBRIC, ENTRIES)


def test_marks_are_found_by_name_sid_or_email(tmp_path):
    found = marks(
        tmp_path,
        "name,check,points,comment\n"
        'submission_1,pdf.derivations,17.5,"a slip in Q2.3,\nsee page 2"\n'
        "0123,pdf.curves,0,no curves\n"
        "ada@X.edu,sigmoid.values,3,\n"
        "\n"
        "8,pdf.derivations,20,\n"
        "'=1+1.zip,code.comments,1,as points.csv shows the name\n"
        "8.py,pdf.derivations,,\n",
    )
    assert found == {
        "submission_1": {
            "pdf.derivations": Mark(17.5, "a slip in Q2.3,\nsee page 2"),
            "pdf.curves": Mark(0.0, "no curves"),
            "sigmoid.values": Mark(3.0),
        },
        "submission_2": {"pdf.derivations": Mark(20.0)},
        "=1+1.zip": {"code.comments": Mark(1.0, "as points.csv shows the name")},
    }


WRITTEN = "name;check;points;comment\r\nsubmission_1;pdf.curves;2,5;größer\r\n"


@pytest.mark.parametrize(
    "content",
    [
        WRITTEN.encode(),
        b"\xef\xbb\xbf" + WRITTEN.encode(),
        WRITTEN.encode("cp1252"),
        WRITTEN.replace(";", "\t").encode("utf-16"),
        WRITTEN.replace(";", ",").replace("2,5", '"2,5"').encode(),
        WRITTEN.replace("2,5", "2.5").replace("\r\n", "\n").strip().encode(),
        b"Comment;Points;Check;Name\r\ngr\xc3\xb6\xc3\x9fer; 2,5 ;pdf.curves;submission_1;;\r\n;;;\r\n",
    ],
)
def test_what_spreadsheets_save_is_read(tmp_path, content):
    assert marks(tmp_path, content) == {"submission_1": {"pdf.curves": Mark(2.5, "größer")}}


def test_a_table_without_marks_or_comments_is_read(tmp_path):
    assert marks(tmp_path, "name,check,points\n") == {}
    assert marks(tmp_path, "name,check,points\n7,pdf.curves,1\n") == {"submission_2": {"pdf.curves": Mark(1.0)}}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("submision_1,pdf.curves,1,", "nobody is called 'submision_1'; close: submission_1"),
        (",pdf.curves,1,", "nobody is called ''"),
        ("7,pdf.curve,1,", "there is no check 'pdf.curve'; close: pdf.curves"),
        ("7,,1,", "there is no check ''; the checks: sigmoid.values, sigmoid.scalar"),
        ("7,pdf.curves,three,", "points are 'three', which is no number"),
        ("7,pdf.curves,nan,", "points are 'nan', which is no number"),
        ("7,pdf.curves,1e0,", "points are '1e0', which is no number"),
        ("7,pdf.curves,,forgotten", "there are no points"),
        ("7,pdf.curves,-1,", "points are -1, and pdf.curves gives 0 to 3"),
        ("7,pdf.curves,3.01,", "points are 3.01, and pdf.curves gives 0 to 3"),
        ("submission_2,code.comments,1,", "submission_2 has points for code.comments in line 2 too"),
        ("7,pdf.curves,2,5,good", "5 cells for 4 headings; a cell with a comma in it needs quotes"),
        ("7,pdf.curves,2,5,", "the comment is 5; points with a decimal comma need quotes"),
        ('7,pdf.curves,"2', "unexpected end of data"),
    ],
)
def test_each_error_in_marks_is_one_sentence_with_file_and_line(tmp_path, line, said):
    with pytest.raises(ValueError) as error:
        marks(tmp_path, f"name,check,points,comment\ncy@x.edu,code.comments,1,\n{line}\n")
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'marks.csv'}, line 3: {said}") and "\n" not in message


def test_lines_count_on_through_cells_of_several_lines(tmp_path):
    with pytest.raises(ValueError, match="line 4: there is no check"):
        marks(tmp_path, 'name,check,points,comment\n7,pdf.curves,1,"one\ntwo"\n7,pdf,1,\n')


def test_who_is_meant_must_be_clear(tmp_path):
    entries = [*ENTRIES, Entry("7", None)]  # as the SID of another
    (tmp_path / "marks.csv").write_text("name,check,points\n7,pdf.curves,1\n")
    with pytest.raises(ValueError, match="line 2: 7 may be submission_2 or 7"):
        read_marks(tmp_path / "marks.csv", RUBRIC, entries)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: the headings are missing"),
        (
            "name,check,points,coment\n",
            "line 1: the headings are name, check, points, coment, not name, check, points, c",
        ),
        ("7,pdf.curves,1,\n", "line 1: the headings are"),
    ],
)
def test_marks_need_their_headings(tmp_path, content, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        marks(tmp_path, content)


# ---- changes.csv ---------------------------------------------------------------------------------


def test_changes_are_kept_and_added_to(tmp_path):
    path = tmp_path / "changes.csv"
    write_changes(path, [("2026-11-25", "=a", "sigmoid.values", 0, 2.5, "the rubric; =x")])
    assert path.read_bytes().startswith(b"\xef\xbb\xbfdate,name,check,before,after,why\r\n")
    path.write_bytes(path.read_bytes().rstrip())  # an editor took the last line break
    write_changes(
        path, [("2026-11-26", "b", "pdf.curves", None, 0, "marks"), ("2026-11-26", "c", "pkl.loss", 2, None, "")]
    )
    assert lines(path) == [
        ["date", "name", "check", "before", "after", "why"],
        ["2026-11-25", "'=a", "sigmoid.values", "0", "2.5", "the rubric; '=x"],
        ["2026-11-26", "b", "pdf.curves", "", "0", "marks"],
        ["2026-11-26", "c", "pkl.loss", "2", "", ""],
    ]


def test_changes_are_added_as_a_spreadsheet_has_saved_the_others(tmp_path):
    path = tmp_path / "changes.csv"
    path.write_text("date;name;check;before;after;why\n2026-11-25;a;pkl.loss;0;2;grün\n", encoding="cp1252")
    write_changes(path, [("2026-11-26", "b", "pkl.loss", 2, 0, "x")])
    assert path.read_bytes().splitlines()[1:] == [b"2026-11-25;a;pkl.loss;0;2;gr\xfcn", b"2026-11-26;b;pkl.loss;2;0;x"]
