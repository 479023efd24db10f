"""The grader against its banks: mutants, right ones and attacks. tests/autograder_bank/README.md says what an entry is.

Each bank is graded once, in parallel, with seeds of its own names; the tests then look at one entry each.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from autograder import Sandbox, grade, package
from tests.autograder_bank import good_pdf, good_pickle, losing
from tests.autograder_bank.attacks import ATTACKS
from tests.autograder_bank.mutants import MUTANTS, SOURCES
from tests.autograder_bank.right import RIGHT

PROJECT = Path(__file__).resolve().parents[1]
JOBS = os.cpu_count() or 1
NAMED = 0.9  # of the mutants, at least: their mistake is named in the hint


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


def grade_all(entries):
    """{name: Report} of some entries, one after the other in one sandbox. Runs in a process of its own."""
    reports = {}
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        for k, entry in enumerate(entries):
            path = lay(Path(folder, str(k)), entry.source, entry.files)
            reports[entry.name] = grade(path, seed=zlib.crc32(entry.name.encode()), sandbox=sandbox)
    return reports


def in_parallel(bank):
    """{name: Report} of a whole bank."""
    chunks = [bank[k::JOBS] for k in range(JOBS)]
    reports = Parallel(n_jobs=JOBS)(delayed(grade_all)(chunk) for chunk in chunks)
    return {name: report for part in reports for name, report in part.items()}


def failures(report):
    """What a report says is wrong, for the message of an assertion."""
    return [
        f"{outcome.check.name}: {outcome.mistake}: {outcome.hint}"
        for outcome in report.outcomes.values()
        if not outcome.passed
    ]


# ------------------------------------------------------------------------------------------------- the clean submissions


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
def test_a_textbook_submission_earns_100_by_every_path(dialect, tmp_path, gradescope):
    folder = lay(tmp_path / "submission", SOURCES[dialect])
    for name, inside in (("flat.zip", ""), ("nested.zip", "Assignment 2/")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, inside + path.name)
    alone = tmp_path / "alone" / "my_assignment2.py"
    alone.parent.mkdir()
    shutil.copy(folder / "assignment2.py", alone)
    with Sandbox() as sandbox:
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


# ----------------------------------------------------------------------------------------------------------- the mutants


@pytest.fixture(scope="session")
def mutants():
    return in_parallel(MUTANTS)


def named(mutant, report):
    """Whether a hint of the question that holds the mistake names it."""
    return any(
        outcome.mistake == mutant.mistake and mutant.phrase in outcome.hint
        for outcome in report.outcomes.values()
        if not outcome.passed and outcome.check.question == mutant.question
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=names(MUTANTS))
def test_a_mutant_loses_points_where_its_mistake_is_and_nowhere_else(mutant, mutants):
    report = mutants[mutant.name]
    assert (losing(report), report.dialect, report.broken) == ({mutant.question}, mutant.dialect, None), failures(
        report
    )


def test_nine_hints_in_ten_name_the_mistake(mutants):
    unnamed = [mutant.name for mutant in MUTANTS if not named(mutant, mutants[mutant.name])]
    rate = 1 - len(unnamed) / len(MUTANTS)
    print(f"{len(MUTANTS)} mutants, the mistake named in {rate:.1%}; not in:", *unnamed, sep="\n  ")
    assert rate >= NAMED, unnamed


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


# --------------------------------------------------------------------------------------------------------- the right ones


@pytest.fixture(scope="session")
def right():
    return in_parallel(RIGHT)


@pytest.mark.parametrize("entry", RIGHT, ids=names(RIGHT))
def test_a_right_submission_earns_everything(entry, right):
    report = right[entry.name]
    assert (report.score, report.broken) == (100, None), failures(report)


# ----------------------------------------------------------------------------------------------------------- the attacks


def run_attacks(setting, chosen=()):
    """{name: what run_attacks.py found} of attacks in a setting, in a process of its own with a copy of the grader.

    The copy is closed to others, as on Gradescope, or readable where the grader itself is to be another user.
    """
    tree = Path(tempfile.mkdtemp(prefix="tree-"))
    try:
        for name in ("assignment2.py", "atomic.py", "utils.py"):
            shutil.copy(PROJECT / name, tree)
        for name in ("autograder", "data", "later_edition", "tests/autograder_bank"):
            shutil.copytree(PROJECT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.pkl"))
        tree.chmod(0o755 if setting in ("nobody", "process") else 0o700)
        run = subprocess.run(
            [sys.executable, "-B", "-m", "tests.autograder_bank.run_attacks", setting, *chosen],
            cwd=tree,
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(tree)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return {result["name"]: {"left": [], "score": 0, **result} for result in found} | {"stderr": run.stderr}


def tried(setting):
    return [attack.name for attack in ATTACKS if setting in attack.where]


SETTINGS = ("root", "user", "nobody", "process") if os.getuid() == 0 else ("nobody", "process")


@pytest.fixture(scope="session")
def attacks():
    """{(setting, name): result}. Much of it is waiting for time limits, so more run at once than there are cores."""
    parts = {"root": 2}
    tasks = [
        (setting, tried(setting)[k :: parts.get(setting, 1)])
        for setting in SETTINGS
        for k in range(parts.get(setting, 1))
    ]
    results = Parallel(n_jobs=2 * JOBS, prefer="threads")(delayed(run_attacks)(*task) for task in tasks)
    found = {}
    for (setting, _), part in zip(tasks, results):
        found[setting, "stderr"] = found.get((setting, "stderr"), "") + part.pop("stderr")
        for name, result in part.items():
            if (setting, name) in found:  # the neighbour, at the end of each part
                result = {
                    **result,
                    "left": result["left"] + found[setting, name]["left"],
                    "score": min(result["score"], found[setting, name]["score"]),
                }
            found[setting, name] = result
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for what attacks leave in /proc")
@pytest.mark.parametrize(
    "setting, name",
    [
        (setting, name)
        for setting in ("root", "user", "nobody", "process")
        for name in (*tried(setting), "the neighbour")
    ],
)
def test_an_attack_earns_nothing_and_leaves_nothing(setting, name, attacks):
    if setting not in SETTINGS:
        pytest.skip("needs root, to grade student code as another user")
    result = attacks.get((setting, name)) or pytest.fail(f"the run ended before it: {attacks[setting, 'stderr']}")
    if "unavailable" in result:
        pytest.skip(result["unavailable"])
    assert not result["left"], "\n".join(result["left"])
    assert result["score"] == 100 if name == "the neighbour" else result["score"] <= result["most"], result["hints"]


def test_the_bank_of_attacks_is_large_enough():
    assert len(ATTACKS) >= 25 and len(set(names(ATTACKS))) == len(ATTACKS)
