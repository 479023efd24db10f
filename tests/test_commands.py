"""Every command that the documents below and `make help` name is run here, with small settings, in a copy.

A command without an entry in RUN or LEFT fails, and so does an entry that no document names.
"""

import pickle
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "autograder/README.md")

# The command as the document has it, and how it is run: the arguments that make it small, or the whole of it.
RUN = {
    "python train.py": "--help",  # the next but one trains
    "python train.py --help": "",
    "python train.py --page": "--iters 300 --data twitter_data.pkl",
    'python train.py --predict "what a lovely day :)"': "",
    "python train.py --data twitter_data.pkl --out mine": "--iters 300",
    "python check.py": "python kit/check.py",
    "python -m kit": "--help",  # the kit's tests build it; here the linter would read what it writes
    "python -m kit --edition later": "--help",
    "python -m autograder PATH": "python -m autograder my_folder/assignment2.py --only Q1 --json results.json",
    "python -m autograder PATH --only Q3,Q4": "python -m autograder my_folder --only Q3,Q4",
    "python -m autograder PATH --seed N": "python -m autograder my_folder --only Q1 --seed 7",
    "python <project>/autograder PATH": "python autograder my_folder --only Q1",
    "python -m autograder --all FOLDER --out FOLDER": "python -m autograder --all class --out graded --jobs 1",
    "python -m autograder --all FOLDER --out FOLDER --marks marks.csv": "--help",  # the gradebook's tests give marks
    "python -m autograder.package autograder.zip": "--help",  # fetches wheels; the grader's tests build it
    "python -m report": "--help",  # the next but two typesets the same
    "python -m report.story": "--help",  # ten trainings; the story's tests run it small
    "python -m report --help": "",
    "python -m report --out output/assignment2.html": "--run made_up",
    # Two documents, which the report's tests typeset and compare with the text that it would write.
    "python -m tests.report_pages": 'python -c "from tests import report_pages; print(report_pages.GOLDEN)"',
    "python -m report --template": "",
    "python -m report --solution FOLDER": "python -m report --solution my_folder",
    "python -m report --companion": "--help",  # its figures take a run of the companion; the report's tests typeset it
    "python -m page": "--data twitter_data.pkl",  # of the run above
    "python -m data.build": "--check twitter_data.pkl",
    "python -m benchmarks": "--help",  # both parts are run by tests/test_benchmarks.py
    "python -m benchmarks.bench_autograder": "--help",  # a class for each number of processes
    "python -m benchmarks.bench_training seeds": "--iters 1",
    "python -m benchmarks.bench_training choices --repeats 4": "--iters 1 --data twitter_data.pkl --repeats 1",
    "python -m ruff format .": "--check",
    "python -m ruff format --check .": "",
    "python -m ruff check .": "",
    "python -m pytest -q --complete -n auto": "--collect-only tests/test_command.py",
    "python -m pytest -q -n 2 companion": "--collect-only --ignore-glob=*/test_q?.py",
    "python -m pytest -q --complete --bank -n auto tests/test_autograder_bank.py tests/test_autograder_attacks.py": (
        "python -m pytest -q --complete --bank -n auto --collect-only tests/test_command.py"
    ),
    "python companion/q3_run.py": "--help",  # twenty seconds, whatever the text; the companion's tests run it small
    "python companion/extra": "--help",
    "python companion/extra ablation": "--help",
    "python companion/extra download": "--help",
}
LEFT = {
    "python -m venv .venv": "the tests run in an environment",
    "python -m pip install -r requirements.txt": "installs from the network",
    "python notebook/build.py": "the notebook's tests execute it",
}
FAILS = {"python -m data.build": 1}  # the file of this test holds other tweets than features.npz: it says so
NEEDS = {
    "autograder": ("pypdf", "joblib", "jinja2", "yaml"),
    "report": ("typst",),
    "companion": ("scipy", "sklearn"),
    "ruff": ("ruff",),
}


def documented(name):
    """The commands in a document: indented lines, and spans of code, that begin with python or make."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    lines = [line.partition("  #")[0].strip() for line in re.findall(r"^ {4}(.*)$", text, flags=re.MULTILINE)]
    spans = re.findall(r"`([^`\n]+)`", text)
    return [command for command in lines + spans if re.match(r"(python|make) ", command)]


def recipe(target):
    """The commands of a target of the Makefile, with the environment's python as `python`."""
    dry = subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, text=True)
    assert dry.returncode == 0, dry.stderr
    python = re.findall(r"^\.venv/bin/python (?!-m pip )(.*)$", dry.stdout, flags=re.MULTILINE)  # once it is set up
    return [f"python {arguments}" for arguments in python]


def targets():
    return re.findall(r"^([a-z.-]+):.*## ", (PROJECT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_every_documented_command_has_an_entry_and_every_entry_a_document():
    commands = [command for name in DOCUMENTS for command in documented(name)]
    made = [command.split()[1] for command in commands if command.startswith("make ")]
    assert set(made) <= set(targets()), "a document names a target that `make help` does not list"
    named = {command for command in commands if not command.startswith("make ")}
    for target in targets():
        named |= set(recipe(target))
    entries = RUN.keys() | LEFT.keys()
    assert named - entries == set(), "commands without an entry in RUN or LEFT"
    assert entries - named == set(), "entries for commands that no document names"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project, with a data file, a submission and a class of one beside it."""
    folder = tmp_path_factory.mktemp("commands") / "project"
    skipped = shutil.ignore_patterns(".git", ".venv", "output", "__pycache__", ".*_cache", "twitter_data.pkl", "sst")
    shutil.copytree(PROJECT, folder, ignore=skipped)
    tweets = [f"a {word} film {smile}" for word, smile in [("fine", ":)"), ("dull", ":(")] * 20]
    labels = np.array([[1.0], [0.0]] * 20)
    freqs = {("fine", 1.0): 20, ("dull", 0.0): 20, ("film", 1.0): 20, ("film", 0.0): 20}
    data = {"train_x": tweets, "train_y": labels, "test_x": tweets[:4], "test_y": labels[:4], "freqs": freqs}
    (folder / "twitter_data.pkl").write_bytes(pickle.dumps(data))
    for place in ("my_folder", "class/ada"):
        (folder / place).mkdir(parents=True)
        for name in ("assignment2.py", "assignment2.pkl", "assignment2.pdf"):
            shutil.copy(PROJECT / name, folder / place)
        for name in ("loss.png", "surface.png"):
            shutil.copy(PROJECT / "pictures" / name, folder / place)
    return folder


def committed(folder):
    return {path: path.read_bytes() for path in [*folder.glob("assignment2.*"), *folder.glob("pictures/*")]}


@pytest.mark.parametrize("command", RUN)
def test_the_command_runs(command, copy):
    small = RUN[command] if RUN[command].startswith("python") else f"{command} {RUN[command]}"
    for part, packages in NEEDS.items():
        for package in packages if re.search(rf"\b{part}\b", command) else ():
            if find_spec(package) is None:
                pytest.skip(f"needs {package}: python -m pip install -r requirements-all.txt")
    before = committed(copy)
    arguments = shlex.split(small)[1:]
    if "made_up" in small and not (copy / "made_up").exists():
        from report_pages import make_run  # needs what the report needs

        make_run(copy / "made_up")
    run = subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True, text=True)
    assert run.returncode == FAILS.get(command, 0), run.stdout + run.stderr
    assert "Traceback" not in run.stderr and (run.stdout or command.startswith("python -m ruff"))
    assert committed(copy) == before, "it changed what is committed"
