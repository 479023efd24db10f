"""The notebooks: that text, notebook and outputs agree, that they run anywhere, and that nothing foreign is in them.

Jupytext reads the text a second time. The emoticons are counted a second time in the tweets themselves.
"""

import json
import pickle
import re
import runpy
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest

from kit.__main__ import build
from kit.cells import TEXT, notebook
from kit.starter import SOLUTIONS
from utils import build_freqs, process_tweet

PROJECT = Path(__file__).resolve().parents[1]
FILE = PROJECT / "notebook" / "assignment2.ipynb"
REBUILD = "run make notebook"


def cells(text):
    return json.loads(text)["cells"]


def source(cell):
    return "".join(cell["source"])


def code(edition, words):
    """The one cell of code that holds `words`."""
    found = [source(cell) for cell in cells(notebook(edition)) if cell["cell_type"] == "code" and words in source(cell)]
    assert len(found) == 1
    return found[0]


def outputs(cell):
    """The outputs of a cell: the text of each, or "picture". The last line feed of a text does not count."""
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {"text/plain": output.get("text")})
        assert output["output_type"] != "error", output
        found.append("picture" if "image/png" in data else "".join(data["text/plain"]).rstrip("\n"))
    return found


def execute(text, folder):
    """The cells of a notebook, executed by the project's own builder in a new kernel that starts in `folder`."""
    import nbformat  # here, as are jupytext and nbclient: a second to import, and every worker reads every test

    return cells(nbformat.writes(runpy.run_path(str(FILE.with_name("build.py")))["execute"](text, folder)))


# ---- Text, notebook and outputs agree ------------------------------------------------------------


def test_the_notebook_has_the_cells_of_the_text():
    made, held = cells(notebook("solution")), cells(FILE.read_text(encoding="utf-8"))
    assert [(c["id"], c["cell_type"], source(c)) for c in held] == [
        (c["id"], c["cell_type"], source(c)) for c in made
    ], REBUILD
    assert len(made) <= 30 and len(cells(notebook("student"))) <= 30


@pytest.mark.parametrize("edition", ["solution", "student"])
def test_jupytext_reads_the_same_cells(edition):
    import jupytext

    other = {"solution": "student", "student": "solution"}[edition]
    read = [
        (cell.cell_type, re.sub("^# fmt: .*\n?", "", cell.source, flags=re.MULTILINE).strip())
        for cell in jupytext.read(TEXT, fmt="py:percent").cells
        if other not in cell.metadata.get("tags", [])
    ]
    assert [(cell["cell_type"], source(cell)) for cell in cells(notebook(edition))] == read


@pytest.fixture(scope="module")
def executed():
    return execute(notebook("solution"), FILE.parent)


def test_a_new_kernel_gives_the_outputs_that_the_notebook_holds(executed):
    """To the last digit printed: four, eight for a gradient, on any processor. A picture may differ by its renderer."""
    held = cells(FILE.read_text(encoding="utf-8"))
    assert [outputs(cell) for cell in executed] == [outputs(cell) for cell in held], REBUILD
    shown = [output for cell in held for output in outputs(cell)]
    assert shown.count("picture") == 2 and sum(output.count("  True") for output in shown) == 4


def test_the_text_runs_as_a_script_and_prints_the_same(executed):
    run = subprocess.run(
        [sys.executable, "notebook/walkthrough.py"], cwd=PROJECT, capture_output=True, text=True, encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8", "PATH": ""},
    )  # fmt: skip
    shown = [output for cell in executed for output in outputs(cell) if output != "picture"]
    assert re.findall(r"\S+", run.stdout) == re.findall(r"\S+", "\n".join(shown)), run.stderr


def test_nothing_foreign_is_in_the_notebook(shared):
    text = FILE.read_text(encoding="utf-8")
    held = json.loads(text)
    assert FILE.stat().st_size < 300_000 and held["metadata"].keys() == {"kernelspec"}
    assert not any(cell["metadata"] for cell in held["cells"])
    words = re.sub(r'"image/png": ".*"', "", text)
    assert str(PROJECT) not in words and not re.search(r"/(home|root|tmp|Users)\b|site-packages|20\d\d-\d\d", words)
    data = pickle.loads((shared / "data" / "twitter_data.pkl").read_bytes())
    lines = "\n".join(source(cell) + "\n".join(outputs(cell)) for cell in held["cells"])
    assert [tweet for tweet in data["train_x"] + data["test_x"] if tweet in lines and len(tweet) > 8] == []


def test_the_handouts_sample_code_is_there_word_for_word():
    assert (
        code("solution", "my_tweet")
        == code("student", "my_tweet")
        == (
            "my_tweet = 'This is a ridiculously bright movie. The plot was terrible and I was sad until the ending!'\n"
            "y_hat = inference_2_layers(\n"
            "    extract_features(my_tweet, freqs), W1, W2, b1, b2)\n"
            "print(y_hat)\n"
            "if y_hat > 0.5:\n"
            "    print('Positive sentiment')\n"
            "else:\n"
            "    print('Negative sentiment')"
        )
    )


def test_the_emoticons_are_taken_out_as_if_they_had_not_been_in_the_tweets(shared, executed):
    data = pickle.loads((shared / "data" / "twitter_data.pkl").read_bytes())
    freqs, stems = data["freqs"], [process_tweet(tweet) for tweet in data["test_x"]]

    def sums(kept):
        rows = [[1, *(sum(freqs.get((stem, y), 0) for stem in kept(tweet)) for y in (1, 0))] for tweet in stems]
        return np.array(rows, float).T

    space = {"np": np, "freqs": freqs, "y_test": np.ravel(data["test_y"]), "X_test": sums(lambda tweet: tweet)}
    space |= {"inference_2layers": lambda X, *_: X[1] / (X[1] + X[2] + 1), "right": np.ones(1)}
    exec(code("solution", "bare ="), space | dict.fromkeys(("W1", "W2", "b1", "b2")), space)
    expected = sums(lambda tweet: [stem for stem in tweet if stem not in (":)", ":(")])
    (other,) = np.flatnonzero((space["bare"] != expected).any(axis=0))
    assert stems[other].count(":d") == 7 and {":)", ":("}.isdisjoint(stems[other])
    share = np.mean([":)" in tweet or ":(" in tweet for tweet in stems])
    shown = "\n".join(output for cell in executed for output in outputs(cell))
    assert f"{share + 1 / len(stems):5.1%} of the test tweets hold" in shown


# ---- The first cell ------------------------------------------------------------------------------


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Runs the first cell in a folder below tmp_path. Returns what it put before sys.path, and what it printed."""

    def begun(folder=""):
        path = list(sys.path)
        monkeypatch.setattr(sys, "path", list(path))
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        exec(code("solution", "def project_folder").replace("%matplotlib inline", ""), {})
        assert sys.path[1:] == path
        return Path(sys.path[0]).relative_to(tmp_path).as_posix()

    return begun


def zip_to(path, *names):
    with zipfile.ZipFile(path, "w") as zipped:
        for name in names:
            zipped.writestr(name, "")


@pytest.mark.parametrize(
    ("place", "start"),
    [("", ""), ("", "notebook"), ("", "a/b"), ("cs6120-main", ""), ("drive/cs6120", ""), ("mine", "mine/notebook")],
)
def test_the_first_cell_finds_the_project(place, start, begin, tmp_path):
    (tmp_path / place / "data").mkdir(parents=True)
    (tmp_path / place / "data" / "features.npz").touch()
    assert begin(start) == (place or ".")


def test_the_first_cell_unpacks_the_projects_zip_and_no_other(begin, tmp_path):
    zip_to(tmp_path / "other.zip", "holiday.jpg")
    (tmp_path / "broken.zip").write_text("no zip")
    zip_to(tmp_path / "main.zip", "cs6120-main/assignment2.py", "cs6120-main/data/features.npz")
    assert begin() == "project/cs6120-main" and not list(tmp_path.rglob("holiday.jpg"))


@pytest.fixture
def colab(monkeypatch):
    """Makes this Colab, where `upload` puts files into the folder we are in."""

    def like(upload):
        monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
        files = types.SimpleNamespace(upload=upload)
        monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(files=files))

    return like


def test_the_first_cell_asks_for_the_zip_in_colab(begin, tmp_path, colab):
    colab(lambda: zip_to(tmp_path / "main (1).zip", "data/features.npz"))
    assert begin() == "project"


def test_without_the_project_the_first_cell_says_what_to_do(begin, tmp_path):
    with pytest.raises(SystemExit, match=re.escape(f"The project is not in {tmp_path}")):
        begin()


# ---- The student's notebook ----------------------------------------------------------------------


@pytest.fixture
def student(tmp_path):
    """Executes the student's notebook in a kit of an edition with a small data file. Returns {first line: outputs}."""
    smile, frown = (["what a fine day :)"] * 45 + ["a fine film :("] * 5), (["a dull day :("] * 45 + ["dull :)"] * 5)
    y = np.repeat([1.0, 0.0], 50)
    data = {"train_x": smile + frown, "train_y": y[:, None], "test_x": smile + frown, "test_y": y[:, None]}
    data["freqs"] = build_freqs(data["train_x"], y)

    def run(edition, solved):
        folder, archive = build(edition, tmp_path)
        text = (folder / "walkthrough.ipynb").read_text(encoding="utf-8").replace("20000", "300")
        (folder / "twitter_data.pkl").write_bytes(pickle.dumps(data))
        if solved:
            (folder / "assignment2.py").write_bytes(SOLUTIONS[edition].read_bytes())
        return {source(cell).partition("\n")[0]: outputs(cell) for cell in execute(text, folder)}

    return run


def test_the_students_notebook_runs_their_own_functions(student):
    shown = student("later", solved=True)
    for question in ("Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q3", "Q4"):
        (said,) = shown[f'check("--only", "{question}")']
        assert re.match(rf"{question} +\w+ +right$", said.splitlines()[0])
    assert shown["from check_calls import load"][-1] == shown['Image("mine/surface.png", width=560)'][0] == "picture"
    last = shown['mine = "what a lovely day"'][0]
    assert re.search(r"ŷ +0\.\d{4}$", last)


def test_with_the_starter_the_students_notebook_says_what_comes_first(student):
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError) as stopped:
        student("january", solved=False)
    assert stopped.value.evalue == "Nothing is trained yet: write update_params first"


def test_the_students_first_cell_unpacks_the_kit_once_and_keeps_what_is_theirs(tmp_path, monkeypatch, colab):
    def upload():
        build("january", tmp_path / "made")
        (tmp_path / "made" / "kit.zip").rename(tmp_path / "kit.zip")
        (tmp_path / "assignment2.py").write_text("begun = True")

    colab(upload)
    own = tmp_path / "kit" / "assignment2.py"
    monkeypatch.setattr(sys, "path", list(sys.path))
    for expected in ("begun = True", "written = True"):  # the second time in a new kernel
        monkeypatch.chdir(tmp_path)
        exec(code("student", "kit.zip"), {})
        assert Path.cwd() == tmp_path / "kit" and own.read_text() == expected
        own.write_text("written = True")


def test_without_the_kit_the_students_first_cell_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=re.escape(f"The kit is not in {tmp_path}")):
        exec(code("student", "kit.zip"), {})
