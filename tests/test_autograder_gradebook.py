"""A class: the supervisor, the processes it starts, and the gradebook with its tables, marks and changes.

Which folders are a class is in test_autograder_downloads.py, the tables alone in test_autograder_tables.py, the pages
in test_autograder_pages.py, a whole class with hostile submissions in test_autograder_class.py.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import autograder.__main__ as command
from autograder.course import classroom
from autograder.rubric import RUBRIC
from tests.autograder_bank import good_pdf, good_pickle

PROJECT = Path(__file__).resolve().parents[1]
# Right as far as it goes; bob's has one mistake. Without train_nn, which would take longer than all else.
ANN = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def inference_layer(X, W, b): return sigmoid(W @ X + (np.ravel(b)[:, None] if np.ndim(X) == 2 else np.ravel(b)))
"""
BOB = ANN.replace("1 + np", "1 - np")
POINTS = {"ann": 5 + 7 + 10, "bob": 1 + 7 + 10, "cho.zip": 1 + 7 + 10}  # two layers, loss and the rest are missing


def hand_in(folder, source):
    folder.mkdir(exist_ok=True)
    (folder / "assignment2.py").write_text(source)
    (folder / "assignment2.pkl").write_bytes(good_pickle())
    (folder / "assignment2.pdf").write_bytes(good_pdf())


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A class graded once: the folder with class/ and out/."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "class").mkdir()
    hand_in(folder / "class" / "ann", ANN)
    hand_in(folder / "class" / "bob", BOB)
    with zipfile.ZipFile(folder / "class" / "cho.zip", "w") as archive:
        for file in (folder / "class" / "bob").iterdir():
            archive.write(file, f"hw/{file.name}")
    (folder / "class" / "dee").mkdir()
    os.mkfifo(folder / "class" / "pipe.zip")
    assert run(folder, "--seed", "5", "--edition", "january") == 0
    return folder


@pytest.fixture
def course(first, tmp_path):
    """A copy of that, to go on with."""
    shutil.copytree(first, tmp_path / "course", ignore=shutil.ignore_patterns("pipe.zip"))
    os.mkfifo(tmp_path / "course" / "class" / "pipe.zip")
    return tmp_path / "course"


@pytest.fixture
def nobody_runs(monkeypatch):
    monkeypatch.setattr(classroom, "run_single", lambda task: pytest.fail(f"graded again: {task['name']}"))


def run(course, *options):
    """One submission at a time: each process that grades takes longer to start than a submission."""
    jobs = () if "--cluster" in options else ("--jobs", "1")
    return command.main(["--all", str(course / "class"), "--out", str(course / "out"), *jobs, *options])


SAME = ("--seed", "5", "--edition", "january")


def table(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def totals(course):
    return {row["name"]: row["total"] for row in table(course / "out" / "points.csv")}


def changes(course):
    path = course / "out" / "changes.csv"
    keys = ("name", "check", "before", "after", "why")
    return [tuple(row[key] for key in keys) for row in table(path)] if path.exists() else []


# ---- The gradebook -------------------------------------------------------------------------------


def test_every_entry_has_a_row_and_every_submission_a_report_and_a_page(first):
    rows = {row["name"]: row for row in table(first / "out" / "points.csv")}
    assert {name: row["total"] for name, row in rows.items()} == {
        **{name: f"{points}" for name, points in POINTS.items()},
        "dee": "",
        "pipe.zip": "",
    }
    assert rows["bob"]["Q1.1"] == "1" and rows["bob"]["Q1.2"] == "7" and rows["bob"]["seed"] == "5"
    assert rows["dee"]["word"] == "nothing handed in" and rows["pipe.zip"]["word"] == "a named pipe"
    for name, points in POINTS.items():
        assert json.loads((first / "out" / "reports" / f"{name}.json").read_text())["score"] == points
        assert name in (first / "out" / "students" / f"{name}.html").read_text(encoding="utf-8")
    assert "sigmoid" in (first / "out" / "summary.html").read_text(encoding="utf-8")
    assert not (first / "out" / "earlier").exists() and not changes(first)


def test_the_same_command_grades_nobody_again(course, nobody_runs, capsys):
    assert run(course, *SAME) == 0
    assert "0 of 5 entries graded now" in capsys.readouterr().out
    assert not changes(course)


def test_what_was_handed_in_again_is_graded_again_and_the_change_is_named(course, capsys):
    hand_in(course / "class" / "bob", BOB.replace("1 - np", "1 + np"))
    assert run(course, *SAME) == 0
    assert "1 of 5 entries graded now" in capsys.readouterr().out
    assert totals(course)["bob"] == totals(course)["ann"]
    assert {(name, before, why) for name, _, before, _, why in changes(course)} == {("bob", "0", "another submission")}
    kept = [path.relative_to(course / "out" / "earlier").parts[1:] for path in course.glob("out/earlier/*/*/*")]
    assert sorted(kept) == [("records", "bob.json"), ("reports", "bob.json")]


def test_other_points_need_no_student_code(course, nobody_runs):
    """A point of sigmoid.values, which bob has lost, goes to another question."""
    rubric = RUBRIC.read_text(encoding="utf-8")
    rows = [line for line in rubric.splitlines() if line.startswith("| sigmoid.values") or "| pkl.opens " in line]
    assert len(rows) == 2
    for row, more in zip(rows, (-1, 1), strict=True):
        cells = row.split("|")
        cells[3] = f" {float(cells[3]) + more:g} "
        rubric = rubric.replace(row, "|".join(cells))
    (course / "rubric.md").write_text(rubric, encoding="utf-8")
    assert run(course, *SAME, "--rubric", str(course / "rubric.md")) == 0
    assert totals(course)["ann"] == str(POINTS["ann"]) and totals(course)["bob"] == str(POINTS["bob"] + 1)
    why = "the rubric gives other points"
    assert [change for change in changes(course) if change[0] == "bob"] == [("bob", "pkl.opens", "3", "4", why)]


def test_marks_give_points_and_stay(course, nobody_runs, capsys):
    marks = course / "given.csv"
    marks.write_text(
        "name,check,points,comment\nann,pdf.curves,2.5,One curve has no label.\nbob,sigmoid.values,3,seen\n"
    )
    assert run(course, *SAME, "--marks", str(marks)) == 0
    now = {**POINTS, "ann": POINTS["ann"] + 2.5, "bob": POINTS["bob"] + 3}
    assert {name: float(points) for name, points in totals(course).items() if points} == now
    assert ("bob", "sigmoid.values", "0", "3", "marks of the staff") in changes(course)
    assert "One curve has no label." in (course / "out" / "students" / "ann.html").read_text(encoding="utf-8")
    marks.unlink()
    assert run(course, *SAME) == 0  # those of the last time
    assert {name: float(points) for name, points in totals(course).items() if points} == now
    assert len(changes(course)) == 2


def test_of_files_in_one_folder_each_student_has_their_own(tmp_path):
    """As Moodle gives them: Ann's parameters lie beside the code of Bob, who handed in none."""
    (tmp_path / "class").mkdir()
    for who, files in (
        ("Ann Lee_11", {"py": ANN.encode(), "pkl": good_pickle()}),
        ("Bob Ray_12", {"py": BOB.encode()}),
    ):
        for ending, content in files.items():
            path = tmp_path / "class" / f"{who}_assignsubmission_file_assignment2.{ending}"
            path.write_bytes(content)
    assert run(tmp_path, *SAME) == 0
    rows = {row["student"]: row for row in table(tmp_path / "out" / "points.csv")}
    assert (rows["Ann Lee"]["Q5.2"], rows["Bob Ray"]["Q5.2"]) == ("10", "0"), rows


# ---- The supervisor ------------------------------------------------------------------------------


def stand_in(tmp_path, monkeypatch, script):
    """Let a shell script take the place of Python where a submission is to be graded."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(classroom.sys, "executable", str(path))


def test_the_grader_s_trouble_is_tried_again_and_costs_nobody_else(course, monkeypatch, capsys):
    tried = []

    def fails(task):
        tried.append(task["name"])
        return task, "Q1.1: its process was ended by signal 9"

    monkeypatch.setattr(classroom, "run_single", fails)
    hand_in(course / "class" / "bob", BOB)
    hand_in(course / "class" / "ann", ANN)
    assert run(course, *SAME) == 3
    assert tried == ["ann", "bob", "ann", "bob"]
    said = capsys.readouterr()
    assert "failed on bob: Q1.1: its process was ended by signal 9" in said.err
    rows = {row["name"]: row for row in table(course / "out" / "points.csv")}
    assert (rows["bob"]["total"], rows["bob"]["word"]) == ("", "the grader failed")
    assert rows["cho.zip"]["total"] == str(POINTS["cho.zip"])
    assert not changes(course)  # nobody is marked down


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo taking in the submission; kill -9 $$", "taking in the submission: its process was ended by signal 9"),
        ("echo Q3; echo out of luck; exit 3", "Q3: out of luck"),
        ("echo Q5.1; cat >/dev/null", "Q5.1: no end within 0.5 s"),  # it ends when it is told to
        ("echo Q5.1; exec sleep 600", "Q5.1: no end within 0.5 s"),  # it does not
        ("exit 1", "it did not start"),
    ],
)
def test_how_a_process_ended_is_told(tmp_path, monkeypatch, script, said):
    monkeypatch.setattr(classroom, "CLOCK", 0.5)
    monkeypatch.setattr(classroom, "GRACE", 0.5)
    stand_in(tmp_path, monkeypatch, script)
    assert classroom.run_single({"name": "ann"}) == ({"name": "ann"}, said)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_process_ends_with_whoever_waits_for_it_and_leaves_nothing(tmp_path):
    """As after kill -9 of the supervisor: its end of the pipe is closed, in the middle of an endless loop."""
    hand_in(tmp_path / "eve", "import os\nprint('running')\nwhile True: os.getpid()\n")
    (tmp_path / "tmp").mkdir()
    task = {
        **{"path": str(tmp_path / "eve"), "files": (), "seed": 1, "edition": None, "isolation": None, "asked": {}},
        **{"rubric": str(RUBRIC), "record": str(tmp_path / "record.json")},
    }
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "autograder.course.single"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(json.dumps(task) + "\n")
    process.stdin.flush()
    while process.stdout.readline() not in ("Q1.1\n", ""):
        pass
    process.stdin.close()
    assert process.stdout.read().endswith("ended with status 3\n") and process.wait() == 0
    process.stdout.close()
    assert not list((tmp_path / "tmp").iterdir()) and not (tmp_path / "record.json").exists()
    mark = str(tmp_path / "tmp").encode()
    environments = [path for path in Path("/proc").glob("[0-9]*/environ") if mark in read(path)]
    assert not environments


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""  # gone meanwhile


def test_a_cluster_without_dask_is_told_what_to_install(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    hand_in(course / "class" / "bob", ANN)
    with pytest.raises(ValueError, match="pip install distributed"):
        run(course, *SAME, "--cluster", "tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--jobs", "0"], "1 or more"),
        (["--only", "Q3"], "for one submission"),
        (["--json", "results.json"], "for one submission"),
        (["--seed", "-1"], "a seed is 0 or more"),
        (["--marks", ""], "--marks is empty"),
    ],
)
def test_options_that_mean_nothing_are_refused(tmp_path, capsys, options, said):
    with pytest.raises(SystemExit) as stop:
        command.main(["--all", str(tmp_path), "--out", str(tmp_path / "out"), *options])
    assert stop.value.code == 2 and said in capsys.readouterr().err


def test_marks_that_name_nobody_are_refused_before_anybody_is_graded(course, nobody_runs):
    (course / "given.csv").write_text("name,check,points,comment\nzoe,pdf.curves,2,\n")
    with pytest.raises(ValueError, match="zoe"):
        run(course, *SAME, "--marks", str(course / "given.csv"))
    assert totals(course)["ann"] == str(POINTS["ann"])
