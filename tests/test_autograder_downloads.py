"""The folders that courses download, made by hand as the platforms make them, and what a grader must read in them.

Expected rows are written out by hand. Nothing is graded here.
"""

import os
import socket
import stat
import unicodedata

import pytest

pytest.importorskip("yaml", reason="needs pyyaml: python -m pip install -r requirements-all.txt")

from autograder.course.downloads import people, read_class
from autograder.submission import NotASubmission

CODE = "def sigmoid(x): ..."


@pytest.fixture
def made(tmp_path):
    """Makes files {name: content} in a folder, and returns the folder. A name that ends with / is an empty folder."""

    def make(files, folder="class"):
        root = tmp_path / folder
        root.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = root / name
            if name.endswith("/"):
                path.mkdir(parents=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        return root

    return make


def rows(folder):
    """{name: (the path below the folder or None, student, sid, email, late, refused)}, and the sentence."""
    kind, entries = read_class(folder)
    assert [entry.name for entry in entries] == sorted({entry.name for entry in entries})
    return kind, {
        entry.name: (
            entry.path and entry.path.relative_to(folder).as_posix(),
            entry.student,
            entry.sid,
            entry.email,
            entry.late,
            entry.refused,
        )
        for entry in entries
    }


def files_of(folder, name):
    return {file: path.name for entry in read_class(folder)[1] if entry.name == name for file, path in entry.files}


# ---- Gradescope ----------------------------------------------------------------------------------

# As in exports that others have shown: keys are Ruby's symbols, results are in it with all that was printed.
METADATA = """\
---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0123'
    :email: ada@example.edu
  :created_at: 2026-11-01 17:34:00.861687000 Z
  :score: 2.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    score: 2.0
    output: |-
      ==========
      submission_102:
        :submitters: none
  :history:
  - :created_at: 2026-10-31 10:00:00.000000000 Z
    :results:
      output: |-
        1

        2
    :score: 1.0
submission_102:
  :submitters:
  - :name: Alan Turing
    :sid: '7'
    :email: alan@example.edu
  - :name: No
    :sid: 1_000
    :email:
submission_103:
  :submitters: []
submission_104:
  :submitters:
  - :name: Grace; Hopper
    :sid:
    :email: grace@example.edu
"""
EXPORT = {
    "submission_metadata.yml": METADATA,
    "submission_101/assignment2.py": CODE,
    "submission_102/assignment2.py": CODE,
    "submission_103/": "",
    "submission_105/assignment2.py": CODE,
    ".DS_Store": "",
    "__MACOSX/._submission_101": "",
}
EXPORTED = {
    "submission_101": ("submission_101", "Ada Lovelace", "0123", "ada@example.edu", "", ""),
    "submission_102": ("submission_102", "Alan Turing; No", "7; 1_000", "alan@example.edu; ", "", ""),
    "submission_103": (None, "", "", "", "", "nothing handed in"),
    "submission_104": (None, "Grace, Hopper", "", "grace@example.edu", "", "its folder is missing"),
    "submission_105": ("submission_105", "", "", "", "", ""),
}


def test_gradescopes_export_says_who_handed_in_what(made):
    folder = made(EXPORT, "assignment_9100_export")
    kind, read = rows(folder)
    assert read == EXPORTED
    assert kind == "Gradescope's export: 5 submissions of 4 students; 2 entries cannot be graded"
    pair = next(entry for entry in read_class(folder)[1] if entry.name == "submission_102")
    assert people(pair) == [("Alan Turing", "7", "alan@example.edu"), ("No", "1_000", "")]
    assert pair.platform == "gradescope"


def test_the_folder_around_an_export_is_read_too(made):
    folder = made(EXPORT, "download/assignment_9100_export")
    (folder.parent / ".DS_Store").touch()
    assert read_class(folder.parent) == read_class(folder)


@pytest.mark.parametrize(
    "content",
    ["submission_101: {:submitters: [", "- 1\n- 2\n", "", "\0", "a: &a [*a]\n", "submission_101:\n", "[" * 300],
)
def test_an_export_whose_metadata_cannot_be_read_is_graded_without_names(made, content):
    kind, read = rows(made({**EXPORT, "submission_metadata.yml": content}))
    assert read == {name: (row[0], "", "", "", "", row[5]) for name, row in EXPORTED.items() if name[-1] != "4"}
    assert "4 submissions, without names: submission_metadata.yml: it cannot be read" in kind


def test_an_export_without_metadata_or_with_a_pipe_in_its_place_is_graded_without_names(made):
    folder = made({f"submission_{k}/assignment2.py": CODE for k in range(3)})
    assert rows(folder)[1]["submission_1"] == ("submission_1", "", "", "", "", "")
    os.mkfifo(folder / "submission_metadata.yml")
    assert list(rows(folder)[1]) == ["submission_0", "submission_1", "submission_2"]


def test_of_two_submissions_of_a_student_the_later_counts(made):
    def submitted(number, *names):
        return f"submission_{number}:\n  :submitters:\n" + "".join(f"  - :name: {n}\n    :sid: {n}1\n" for n in names)

    # IDs count up, also from 9 to 10: Ada's 10 is the later. Bob's and Cy's 9 still counts for Cy, and Di's 8 is empty.
    text = (
        submitted(9, "Bob", "Cy")
        + submitted(10, "Ada", "Bob")
        + submitted(2, "Ada")
        + submitted(7, "Di")
        + submitted(11, "Ed")
    )
    folder = made(
        {
            "submission_metadata.yml": text + submitted(8, "Di"),
            **{f"submission_{k}/assignment2.py": CODE for k in (2, 7, 9, 10, 11)},
            "submission_8/": "",
        }
    )
    _, read = rows(folder)
    assert read == {
        "submission_10": ("submission_10", "Ada; Bob", "Ada1; Bob1", "", "", ""),
        "submission_11": ("submission_11", "Ed", "Ed1", "", "", ""),
        "submission_2": (None, "Ada", "Ada1", "", "", "handed in again: submission_10"),
        "submission_7": ("submission_7", "Di", "Di1", "", "", ""),
        "submission_8": (None, "Di", "Di1", "", "", "nothing handed in"),
        "submission_9": ("submission_9", "Cy", "Cy1", "", "", ""),
    }


def test_a_name_in_the_metadata_leads_nowhere(made):
    people = "\n  :submitters:\n  - :name: X\n"
    folder = made({"submission_metadata.yml": f'"../../x":{people}".hidden":{people}', "submission_1/a.py": CODE})
    assert rows(folder)[1] == {
        "_..\\x2f..\\x2fx": (None, "X", "", "", "", "its folder is missing"),
        "_.hidden": (None, "X", "", "", "", "its folder is missing"),
        "submission_1": ("submission_1", "", "", "", "", ""),
    }


# ---- Canvas --------------------------------------------------------------------------------------


def test_canvas_flat_folder_is_joined_by_student(made):
    folder = made(
        {
            "doejane_123_4001_assignment2.py": CODE,
            "doejane_123_4002_utils.py": CODE,
            "doejane_123_4003_assignment2.pkl": "x",
            "doejane_123_4004_figure-1.png": "x",
            "doejane_123_4005_figure-2.png": "x",
            "doejohn_LATE_124_4006_assignment2-1.py": CODE,
            "doejohn_LATE_124_4007_assignment2-2.py": CODE,
            "doejohn_LATE_124_4008_assignment2.py": CODE,
            "müllerzoë_125_4009_hand in.zip": "x",
            "müllerzoë_125_4010_assignment2.pdf": "x",
            "poeed_126_4011_assignment2.pdf": "x",
            "roejo_127_text.html": "x",
            "roemo_128_4012_answers.docx": "x",
            "voelu_129_4013_assignment2.py": "",
            "from the office.txt": "x",
        }
    )
    kind, read = rows(folder)
    assert read == {
        "doejane_123": ("doejane_123_4001_assignment2.py", "doejane", "123", "", "", ""),
        "doejohn_124": ("doejohn_LATE_124_4007_assignment2-2.py", "doejohn", "124", "", "late", ""),
        "from the office.txt": (None, "", "", "", "", "not a zip, folder, notebook or .py file"),
        "müllerzoë_125": ("müllerzoë_125_4009_hand in.zip", "müllerzoë", "125", "", "", ""),
        "poeed_126": ("poeed_126_4011_assignment2.pdf", "poeed", "126", "", "", ""),
        "roejo_127": (None, "roejo", "127", "", "", "a text or a link, no file"),
        "roemo_128": (None, "roemo", "128", "", "", "not a zip, folder, notebook or .py file"),
        "voelu_129": (None, "voelu", "129", "", "", "nothing handed in"),
    }
    assert kind == "Canvas's flat folder: 7 students, 1 of them late; 4 entries cannot be graded"
    assert files_of(folder, "doejane_123") == {
        "assignment2.py": "doejane_123_4001_assignment2.py",
        "utils.py": "doejane_123_4002_utils.py",
        "assignment2.pkl": "doejane_123_4003_assignment2.pkl",
        "figure-1.png": "doejane_123_4004_figure-1.png",
        "figure-2.png": "doejane_123_4005_figure-2.png",
    }
    assert files_of(folder, "doejohn_124") == {"assignment2.py": "doejohn_LATE_124_4007_assignment2-2.py"}
    assert set(files_of(folder, "müllerzoë_125")) == {"hand in.zip", "assignment2.pdf"}


def test_canvas_without_names_is_joined_by_its_codes(made):
    folder = made(
        {
            "anon_x7Fq2_1_assignment2.py": CODE,
            "anon_x7Fq2_2_assignment2.pdf": "x",
            "LATE_anon_Y8_3_assignment2.py": CODE,
        }
    )
    assert rows(folder)[1] == {
        "anon_Y8": ("LATE_anon_Y8_3_assignment2.py", "", "", "", "late", ""),
        "anon_x7Fq2": ("anon_x7Fq2_1_assignment2.py", "", "", "", "", ""),
    }
    assert set(files_of(folder, "anon_x7Fq2")) == {"assignment2.py", "assignment2.pdf"}


# ---- Moodle --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["_", ""])  # until 3.x, and since
def test_moodles_folders_have_a_row_for_each_student(made, end):
    folder = made(
        {
            f"Jane Doe_1234567_assignsubmission_file{end}/assignment2.py": CODE,
            f"Jane Doe_1234567_assignsubmission_onlinetext{end}/onlinetext.html": "x",
            f"Only Text_12_assignsubmission_onlinetext{end}/onlinetext.html": "x",
            f"Participant_13_assignsubmission_file{end}/a.zip": "x",
            f"Empty O'Neil_14_assignsubmission_file{end}/": "",
        }
    )
    kind, read = rows(folder)
    assert read == {
        "Empty O'Neil_14": (None, "Empty O'Neil", "14", "", "", "nothing handed in"),
        "Jane Doe_1234567": (f"Jane Doe_1234567_assignsubmission_file{end}", "Jane Doe", "1234567", "", "", ""),
        "Only Text_12": (None, "Only Text", "12", "", "", "a text or a link, no file"),
        "Participant_13": (f"Participant_13_assignsubmission_file{end}", "", "13", "", "", ""),
    }
    assert kind == "Moodle's folder: 4 students; 2 entries cannot be graded"


def test_moodles_flat_files_are_joined_by_student(made):
    folder = made(
        {
            "Jane Doe_1_assignsubmission_file_assignment2.py": CODE,
            "Jane Doe_1_assignsubmission_file_assignment2.pkl": "x",
            "Jan Doe_2_assignsubmission_file_assignment2.ipynb": "{}",
            "Jan Doe_2_assignsubmission_file_assignment2.pdf": "x",
        }
    )
    assert rows(folder)[1] == {
        "Jan Doe_2": ("Jan Doe_2_assignsubmission_file_assignment2.ipynb", "Jan Doe", "2", "", "", ""),
        "Jane Doe_1": ("Jane Doe_1_assignsubmission_file_assignment2.py", "Jane Doe", "1", "", "", ""),
    }
    assert set(files_of(folder, "Jane Doe_1")) == {"assignment2.py", "assignment2.pkl"}
    assert set(files_of(folder, "Jan Doe_2")) == {"assignment2.ipynb", "assignment2.pdf"}


# ---- Other folders -------------------------------------------------------------------------------


def test_everything_in_a_folder_has_a_row(made):
    folder = made(
        {
            "ada/assignment2.py": CODE,
            "bob/deep/er/hand.in": "x",
            "upper.ZIP": "x",
            "Doe.PY": CODE,
            "note.ipynb": "{}",
            "zero.zip": "",
            "a.tar.gz": "x",
            "b.7z": "x",
            "plain": "x",
            "assignment2.pdf": "the handout",
            "=1+1.zip": "x",
            "-rf.zip": "x",
            "empty/": "",
            "litter/.DS_Store": "",
            "Thumbs.db": "x",
            ".hidden.zip": "x",
        }
    )
    os.mkfifo(folder / "pipe.zip")
    (folder / "gone.zip").symlink_to("nowhere")
    (folder / "ada again").symlink_to("ada")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(folder)  # a socket's path may have about a hundred bytes
        try:
            listening.bind("socket.py")
        finally:
            os.chdir(here)
    other = (None, "", "", "", "", "not a zip, folder, notebook or .py file")
    kind, read = rows(folder)
    assert read == {
        "=1+1.zip": ("=1+1.zip", "", "", "", "", ""),
        "Doe.PY": ("Doe.PY", "", "", "", "", ""),
        "_-rf.zip": ("-rf.zip", "", "", "", "", ""),
        "a.tar.gz": other,
        "ada": ("ada", "", "", "", "", ""),
        "ada again": (None, "", "", "", "", "a link, not followed"),
        "assignment2.pdf": other,
        "b.7z": other,
        "bob": ("bob", "", "", "", "", ""),
        "empty": (None, "", "", "", "", "nothing handed in"),
        "gone.zip": (None, "", "", "", "", "a link, not followed"),
        "litter": (None, "", "", "", "", "nothing handed in"),
        "note.ipynb": ("note.ipynb", "", "", "", "", ""),
        "pipe.zip": (None, "", "", "", "", "a named pipe"),
        "plain": other,
        "socket.py": (None, "", "", "", "", "a socket"),
        "upper.ZIP": ("upper.ZIP", "", "", "", "", ""),
        "zero.zip": (None, "", "", "", "", "nothing handed in"),
    }
    assert kind.startswith("A folder of submissions: ") and kind.endswith("; 11 entries cannot be graded")
    # The parameters of one are not given to the next: only what is in `files` is theirs.
    assert files_of(folder, "Doe.PY") == {"assignment2.py": "Doe.PY"}


def test_a_device_is_named_and_not_opened(made, monkeypatch):
    folder = made({"ada.zip": "x", "null.zip": "x"})
    real = os.lstat

    def lstat(path, **options):  # to make one takes root
        status = list(real(path, **options))
        if os.fspath(path).endswith("null.zip"):
            status[0] = stat.S_IFCHR | 0o600
        return os.stat_result(status)

    monkeypatch.setattr(os, "lstat", lstat)
    assert rows(folder)[1]["null.zip"] == (None, "", "", "", "", "a device")


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="other systems allow no such names")
def test_names_can_be_printed_and_name_files_and_are_all_different(made):
    folder = made({"ada.zip": "x"})
    raw = [
        b"\xff.zip",
        b"a\nb.zip",
        b"a\\nb.zip",
        b"\x1b[31m.zip",
        "\u202egpj.zip".encode(),
        "é.zip".encode(),
        "e\u0301.zip".encode(),
        b"Doe.zip",
        b"DOE.zip",
        b"_-x.zip",
        b"-x.zip",
        b"x" * 250 + b".zip",
        b"x" * 249 + b".zip",
        "漢".encode() * 83 + b".zip",
    ]
    for name in raw:
        with open(os.fsencode(folder) + b"/" + name, "w") as file:
            file.write("x")
    _, entries = read_class(folder)
    assert sorted(os.fsencode(entry.path.name) for entry in entries) == sorted([*raw, b"ada.zip"])
    names = [entry.name for entry in entries]
    # Also where file systems ignore case, and take é for e with an accent. None is the one that keeps its name.
    assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == len(raw) + 1
    assert not {"Doe.zip", "DOE.zip", "é.zip", "e\u0301.zip"} & set(names)
    assert all(name.isprintable() and "/" not in name and name[0] not in ".-" for name in names)
    assert max(len(name.encode()) for name in names) < 150
    assert {"ada.zip", "\\xff.zip", "\\x1b[31m.zip", "\\u202egpj.zip"} <= set(names)
    # Nor is any called as another who bears the name that another was given.
    taken = next(entry.name for entry in entries if entry.path.name == "Doe.zip")
    assert taken != "Doe.zip"
    (folder / taken).write_text("x")
    (folder / "doe.zip").write_text("x")
    assert len({entry.name.casefold() for entry in read_class(folder)[1]}) == len(raw) + 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may open every folder")
def test_a_closed_folder_has_a_row(made):
    folder = made({"ada.zip": "x", "closed/a.py": CODE})
    (folder / "closed").chmod(0)
    try:
        assert rows(folder)[1]["closed"] == (None, "", "", "", "", "cannot be opened: Permission denied")
    finally:
        (folder / "closed").chmod(0o700)


def test_a_large_class_may_have_a_stray_file(made):
    folder = made({f"student{k}/a.py": CODE for k in range(12)} | {"assignment2.py": "the reference", "utils.py": "x"})
    assert len(rows(folder)[1]) == 14


@pytest.mark.parametrize(
    ("files", "seen"),
    [
        ({}, "is empty"),
        ({".git/config": "x"}, "is empty"),
        ({"a/": "", "b/": ""}, "is a folder of 2 folders, and no class"),
        ({"assignment2.py": CODE, "assignment2.pkl": "x", "utils.py": "x"}, "is one submission, since it holds assign"),
        ({"Assignment 2.ipynb": "{}", "data/x.py": "x"}, "is one submission, since it holds Assignment 2.ipynb"),
        ({"hw.py": CODE, "params.pkl": "x", "text.pdf": "x"}, "is one submission, since it holds hw.py"),
        ({"pyproject.toml": "x", "a/__init__.py": "x", "b/c.py": "x"}, "is a project's source, since it holds pyproj"),
        ({"a.conf": "x", "b.conf": "x", "c/d.conf": "x", "e.txt": "x", "f/g.py": "x"}, "3 other entries, 2 folders"),
    ],
)
def test_what_is_no_class_is_refused_in_one_sentence(made, files, seen):
    folder = made(files)
    with pytest.raises(NotASubmission) as refused:
        read_class(folder)
    said = str(refused.value)
    assert said.startswith(str(folder)) and seen in said and "\n" not in said
    assert said.endswith("expected a folder, zip, notebook or .py file for each student, or Gradescope's, Canvas's or "
                         "Moodle's download")  # fmt: skip


def test_a_class_of_links_is_refused(made, tmp_path):
    made({"ada/assignment2.py": CODE}, "elsewhere")
    folder = made({})
    for name in "abc":
        (folder / name).symlink_to(tmp_path / "elsewhere" / "ada")
    with pytest.raises(NotASubmission, match="3 other entries"):
        read_class(folder)


def test_what_is_no_folder_is_refused(made):
    folder = made({"class.zip": "x", "class.txt": "x"})
    for path, seen in {
        "": "the name of the folder is empty",
        folder / "nowhere": "No such file or directory",
        folder / "class.txt": "Not a directory",
        folder / "class.zip": "Not a directory: unpack it first",
    }.items():
        with pytest.raises(NotASubmission, match=seen):
            read_class(path)
