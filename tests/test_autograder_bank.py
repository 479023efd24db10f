"""The grader against its banks of mutants and right submissions: tests/autograder_bank/README.md says what an entry is.

Each entry is graded once, in its own test, with a seed made from its name.
"""

import json
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from autograder import Sandbox, grade, package
from tests.autograder_bank import good_pdf, good_pickle, losing
from tests.autograder_bank.mutants import MUTANTS, SOURCES, UNNAMED
from tests.autograder_bank.right import RIGHT

PROJECT = Path(__file__).resolve().parents[1]


def names(bank):
    return [entry.name for entry in bank]


def lay(folder, source, files=()):
    """Write a submission: source (text or bytes), the good files, and `files` in their place (None: missing)."""
    folder.mkdir(parents=True)
    content = {"assignment2.py": source, "assignment2.pkl": good_pickle(), "assignment2.pdf": good_pdf(), **dict(files)}
    for name, what in content.items():
        if what is not None:
            (folder / name).write_bytes(what if isinstance(what, bytes) else what.encode())
    return folder


@pytest.fixture(scope="session")
def sandbox():
    """One for all entries that a process grades: each is given a cell of its own in it."""
    with Sandbox() as sandbox:
        yield sandbox


def graded(entry, folder, sandbox):
    path = lay(folder / "submission", entry.source, entry.files)
    return grade(path, seed=zlib.crc32(entry.name.encode()), sandbox=sandbox)


def failures(report):
    """What a report says is wrong, for the message of an assertion."""
    return [
        f"{outcome.check.name}: {outcome.mistake}: {outcome.hint}"
        for outcome in report.outcomes.values()
        if not outcome.passed
    ]


# ---- The clean submissions -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def gradescope(tmp_path_factory):
    """Gradescope's folders below a root of our own, with the package unzipped in source/."""
    root = tmp_path_factory.mktemp("gradescope")
    package.build(root / "autograder.zip", wheels=False)
    shutil.unpack_archive(root / "autograder.zip", root / "source")
    (root / "source" / "python").write_text(sys.executable + "\n")  # what setup.sh leaves there
    shutil.copy(root / "source" / "run_autograder", root)
    return root


@pytest.mark.parametrize("dialect", SOURCES)
def test_a_textbook_submission_earns_100_by_every_path(dialect, tmp_path, sandbox, gradescope):
    folder = lay(tmp_path / "submission", SOURCES[dialect])
    for name, inside in (("flat.zip", ""), ("nested.zip", "Assignment 2/")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, inside + path.name)
    alone = tmp_path / "alone" / "my_assignment2.py"
    alone.parent.mkdir()
    shutil.copy(folder / "assignment2.py", alone)
    for path in (folder, folder / "assignment2.py", tmp_path / "flat.zip", tmp_path / "nested.zip"):
        report = grade(path, sandbox=sandbox)
        assert (report.score, report.dialect) == (100, dialect), (path, failures(report))
    report = grade(alone, sandbox=sandbox)  # without its pickle and its PDF
    assert (losing(report), report.score) == ({"Q2", "Q5.2", "Q5.3"}, 65), failures(report)

    shutil.rmtree(gradescope / "submission", ignore_errors=True)
    shutil.copytree(folder, gradescope / "submission")
    run = subprocess.run(["bash", gradescope / "run_autograder"], cwd=gradescope, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    result = json.loads((gradescope / "results" / "results.json").read_text())
    assert (result["score"], result["extra_data"]["dialect"]) == (100, dialect), run.stdout


# ---- The mutants ---------------------------------------------------------------------------------


def named(mutant, report):
    """Whether a hint of the question that holds the mistake names it."""
    return any(
        outcome.mistake == mutant.mistake and mutant.phrase in outcome.hint
        for outcome in report.outcomes.values()
        if not outcome.passed and outcome.check.question == mutant.question
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=names(MUTANTS))
def test_a_mutant_loses_points_where_its_mistake_is_and_nowhere_else(mutant, tmp_path, sandbox):
    report = graded(mutant, tmp_path, sandbox)
    assert (losing(report), report.dialect, report.broken) == ({mutant.question}, mutant.dialect, None), failures(
        report
    )
    assert named(mutant, report) or mutant.name in UNNAMED, failures(report)


def test_nine_hints_in_ten_name_the_mistake():
    assert UNNAMED <= set(names(MUTANTS)) and len(UNNAMED) <= len(MUTANTS) / 10


def test_the_bank_covers_every_question_and_both_dialects():
    assert len(MUTANTS) >= 60 and len(set(names(MUTANTS))) == len(MUTANTS)
    assert {mutant.question for mutant in MUTANTS} == {
        "Q1.1",
        "Q1.2",
        "Q1.3",
        "Q1.4",
        "Q3",
        "Q4",
        "Q5.1",
        "Q5.2",
        "Q5.3",
    }
    assert {mutant.dialect for mutant in MUTANTS} == set(SOURCES)


# ---- The right ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", RIGHT, ids=names(RIGHT))
def test_a_right_submission_earns_everything(entry, tmp_path, sandbox):
    report = graded(entry, tmp_path, sandbox)
    assert (report.score, report.broken) == (100, None), failures(report)
