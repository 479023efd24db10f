"""A student's own document: their figures, curves and examples, and not a line of the model's derivations."""

import json
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pypdf
import pytest
from report_numbers import sigma
from report_pages import SVG, make, pages_of, text_of

import assignment2
import report
from report import formulas, student
from report.build import build
from report.notation import typeset


@pytest.fixture
def hand_in(tmp_path):
    """A student's folder with everything in it but the tweets."""
    folder = tmp_path / "student"
    (folder / "mine").mkdir(parents=True)
    shutil.copy(assignment2.__file__, folder)
    for name in student.PICTURES:
        (folder / "mine" / f"{student.PICTURES[name][0]}.svg").write_text(SVG)
    rng = np.random.default_rng(3)
    parameters = {
        "W1": rng.normal(size=(2, 3)) * [0.1, 0.01, 0.01],
        "W2": np.array([[2.0, -1.5]]),
        "b1": np.zeros(2),
        "b2": np.zeros(1),
    }
    (folder / "assignment2.pkl").write_bytes(pickle.dumps(parameters))
    return folder


def document(folder, tmp_path, capsys, *arguments):
    """The text of the document of `folder` on one line, and the sentences in the terminal."""
    out = tmp_path / "mine.pdf"
    capsys.readouterr()
    assert make("--solution", folder, "--out", out, *arguments) == 0
    *sentences, last = capsys.readouterr().out.splitlines()
    assert last == f"wrote {out}" and all(line.startswith("to do: ") for line in sentences)
    sentences = [line.removeprefix("to do: ") for line in sentences]
    text = " ".join(text_of(out).split())
    for sentence in sentences:  # in the terminal and on the page; a line may end within a word that has a hyphen
        assert sentence.replace("`", "").replace(" ", "") in text.replace(" ", ""), sentence
    return text, sentences


def test_a_students_figures_are_those_of_their_parameters(hand_in, tmp_path, capsys):
    from data.embedded import load_embedded

    text, sentences = document(hand_in, tmp_path, capsys, "--name", "Grace Hopper")
    data, parameters = load_embedded(), pickle.loads((hand_in / "assignment2.pkl").read_bytes())
    counts, loss = np.zeros((2, 2), dtype=int), 0.0
    for x, y in zip(data["test_X"].T, data["test_y"], strict=True):
        h = sigma(parameters["W1"] @ x + parameters["b1"])
        yhat = sigma(parameters["W2"] @ h + parameters["b2"])[0]
        counts[int(y), int(yhat > 0.5)] += 1
        loss -= np.log(yhat if y == 1 else 1 - yhat) / 2000
    assert "Grace Hopper" in text
    assert f"{100 * np.trace(counts) / 2000:.2f}%" in text and f"{loss:.4f}" in text
    assert "0, negative {} {} 1000 1, positive {} {} 1000".format(*counts.ravel()) in text
    assert "give the same" in text  # their functions, too
    assert sentences == ["The tweets' stems are missing: they need twitter_data.pkl beside assignment2.py."]


def printed(expressions, folder):
    """How each of these formulas is extracted from a PDF: {extracted, without white space: the formula}."""
    source, pdf = folder / "formulas.typ", folder / "formulas.pdf"
    shutil.copy(Path(report.__file__).with_name("style.typ"), folder)
    pages = "\n#pagebreak()\n".join(f"$ {expression} $" for expression in expressions)
    source.write_text('#import "style.typ": document-style\n#show: document-style\n#set page(footer: none)\n' + pages)
    build(source, pdf, {})
    return {"".join(page.split()): it for page, it in zip(pages_of(pdf), expressions, strict=True)}


def test_no_line_of_the_models_derivations_is_in_a_students_document(hand_in, tmp_path, capsys, model_answer):
    """Each line of every derivation, as it is extracted from a PDF, is in the model answer and not in the student's."""
    text, _ = document(hand_in, tmp_path, capsys)
    text, model = text.replace(" ", ""), "".join(text_of(model_answer).split()).replace("⏟", "")
    lines = {
        typeset(step.expression, setting.symbols): step.rule
        for setting in formulas.SETTINGS.values()
        for derivation in setting.derivations.values()
        for step in derivation.steps
    }
    terms = {term: line for term, line in printed(lines, tmp_path).items() if len(term) > 3}  # not δ2 alone
    assert len(terms) > 40
    assert [line for term, line in terms.items() if term in text] == []
    assert np.mean([term in model for term in terms]) > 0.9, [t for t in terms if t not in model]
    # Rules in words, but for "chain rule", the handout's own hint, and "Q2.2"; and what is said of the training.
    rules = {rule.replace(" ", "") for rule in lines.values() if "{" not in rule and len(rule.split()) > 2}
    claims = {"of40trainingtweets", "seed7", "takenopartinit", "thesolutiondoes"}
    for words in rules | claims:
        assert words in model.replace("’", "'") and words not in text.replace("’", "'"), words


def test_an_empty_folder_gets_the_questions_and_a_sentence_for_whatever_is_missing(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    text, sentences = document(tmp_path / "empty", tmp_path, capsys)
    for what in ("loss curves", "assignment2.py", "assignment2.pkl", "examples", "decision surface"):
        assert sum(what in sentence.partition(" missing")[0] for sentence in sentences) == 1, what
    for question in ("Q2.1", "Q2.2", "Q2.3", "Q2.4", "20 points", "3 points", "1 point", "Name:", "Login:"):
        assert question in text


def test_no_folder_gets_one_sentence(tmp_path, capsys):
    assert make("--solution", tmp_path / "nowhere", "--out", tmp_path / "mine.pdf") == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "nowhere") in error and error.count("\n") == 1 and not (tmp_path / "mine.pdf").exists()


def test_pictures_that_cannot_be_shown_give_way_to_others(hand_in, tmp_path, capsys):
    (hand_in / "mine" / "loss.svg").write_text("<svg")
    (hand_in / "mine" / "loss.png").write_bytes(b"no picture \xff")
    (hand_in / "mine" / "surface.svg").unlink()
    shutil.copy(Path(assignment2.__file__).with_name("pictures") / "loss.png", hand_in / "My Loss Curves.png")
    (hand_in / "decision_boundary.SVG").write_text(SVG)
    text, sentences = document(hand_in, tmp_path, capsys)
    assert "from My Loss Curves.png" in text and "from decision_boundary.SVG" in text and "drawn" not in text
    assert [sentence.partition(":")[0] for sentence in sentences[:2]] == [
        "mine/loss.png cannot be shown",
        "mine/loss.svg cannot be shown",
    ]


def test_a_second_file_of_parameters_is_pointed_out(hand_in, tmp_path):
    def read():
        found = student.Findings(hand_in, tmp_path)
        b2 = student._find_parameters(found)[3]
        return b2[0], found.shown["parameters"], [row["sentence"].partition(":")[0] for row in found.missing]

    shutil.copy(hand_in / "assignment2.pkl", hand_in / "mine")
    assert read() == (0, "assignment2.pkl", [])
    parameters = pickle.loads((hand_in / "assignment2.pkl").read_bytes())
    (hand_in / "mine" / "assignment2.pkl").write_bytes(pickle.dumps(parameters | {"b2": np.ones(1)}))
    assert read() == (0, "assignment2.pkl", ["assignment2.pkl and mine/assignment2.pkl differ"])
    (hand_in / "assignment2.pkl").unlink()
    assert read() == (1, "mine/assignment2.pkl", [])


def rows_of(folder, tmp_path):
    """The examples and the sentences about them for a network that says "positive" where the positive sum is larger."""
    from data.embedded import load_embedded

    found, data = student.Findings(folder, tmp_path), load_embedded()
    rows = student._test_tweets(found, lambda X: (X[1] > X[2]) * 0.8 + 0.1, data)
    return rows, [row["sentence"] for row in found.missing], data["freqs"]


def test_examples_are_right_and_wrong_test_tweets_with_their_stems(shared, tmp_path):
    shutil.copy(shared / "data" / "twitter_data.pkl", tmp_path)
    rows, sentences, freqs = rows_of(tmp_path, tmp_path)
    assert sentences == []
    assert [row["label"] for row in rows[:6]] == [1, 1, 1, 0, 0, 0] and len(rows) == 11
    for i, row in enumerate(rows):
        assert ((row["yhat"] > 0.5) == (row["label"] == 1)) == (i < 6)
        stems = row["stems"].split()
        assert row["features"] == [1, *(sum(freqs.get((stem, label), 0) for stem in stems) for label in (1.0, 0.0))]


def test_the_stems_of_another_file_are_left_out(tmp_path):
    tweets = {"train_x": ["a", "b"], "train_y": [1, 0], "freqs": {("fine", 1.0): 1}}
    (tmp_path / "twitter_data.pkl").write_bytes(
        pickle.dumps(tweets | {"test_x": ["fine"] * 2000, "test_y": [1] * 2000})
    )
    rows, sentences, _ = rows_of(tmp_path, tmp_path)
    assert not any("stems" in row for row in rows) and "holds other test tweets" in sentences[0] and len(sentences) == 1


def test_curves_and_surface_are_drawn_where_there_is_no_picture(hand_in, tmp_path, capsys):
    for path in (hand_in / "mine").iterdir():
        path.unlink()
    (hand_in / "run.json").write_text(json.dumps({"steps": [1, 10, 100], "train_loss": [0.7, 0.6, 0.1]}))
    text, sentences = document(hand_in, tmp_path, capsys)
    assert "drawn from run.json" in text and "drawn from assignment2.pkl" in text
    assert sentences[0] == "run.json holds no evaluation loss, and Q5 asks for that curve too."
    images = [image for page in pypdf.PdfReader(tmp_path / "mine.pdf").pages for image in page.images]
    assert len(images) == 2 and all(np.ptp(np.asarray(image.image)) > 100 for image in images)  # not blank


@pytest.mark.parametrize(
    "run, curve",
    [
        (
            {"steps": [1, 2], "train_loss": [3, 2], "test_loss": [4, 3]},
            {"step": [1, 2], "train": [3, 2], "eval": [4, 3]},
        ),
        (
            {"curve": {"step": [1, 2], "train": [3, 2], "eval": [4, 3]}, "train": {"loss": 2}, "steps": 9},
            {"step": [1, 2], "train": [3, 2], "eval": [4, 3]},
        ),
        ({"Ls": [3, 2], "lr": 0.1}, {"step": [1, 2], "train": [3, 2]}),
        (
            {"epochs": [2, 0, 1], "loss": [1, 3, 2], "val_loss": [4, 6, 5]},
            {"step": [1, 2], "train": [2, 1], "eval": [5, 4]},
        ),
    ],
)
def test_a_run_of_another_program_is_read(tmp_path, run, curve):
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert student.read_curve(tmp_path / "run.json") == curve


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "Expecting value"),
        ("[1, 2]", "not a JSON object"),
        ("{}", "no list of training losses"),
        ('{"train_loss": []}', "no list of training losses"),
        ('{"train_loss": [0.7, NaN]}', "holds nan"),
        ('{"train_loss": [0.7, -0.1]}', "holds -0.1"),
        ('{"train_loss": [0.7, 1e999]}', "holds inf"),
        ('{"train_loss": [0.7, "low"]}', "something else than numbers"),
        ('{"train_loss": [0.7, [1]]}', "something else than numbers"),
        ('{"train_loss": [1, 2], "test_loss": [1]}', "differ in length"),
        ('{"train_loss": [0, 0]}', "all 0"),
        ('{"steps": [0], "train_loss": [1]}', "no step after 0"),
    ],
)
def test_a_run_that_is_no_curve_gets_one_sentence(tmp_path, text, said):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match=said):
        student.read_curve(tmp_path / "run.json")


# ---- A student's code, in a process of its own ---------------------------------------------------

GOOD = """
def inference_2layers(X, W1, W2, b1, b2): return X[0] * W1 + W2 + b1 + b2
def bce_forward(yhat, y): return (yhat * y).sum()
"""
GIVEN = {"X": [[1.0, 2.0]], "y": [1.0, 0.0], "W1": 0.1, "b1": 0.01, "W2": 0.001, "b2": 0.0001}


def run(folder, code):
    path = folder / "assignment2.py"
    path.write_text(code)
    return student.run_code(path, GIVEN)


def test_their_code_runs_in_its_folder_and_never_in_this_process(tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "utils.py").write_text("ONE = 1.0")
    (tmp_path / "words.txt").write_text("0")
    check = "import os, sys, utils\n" + "assert 'report' not in sys.modules and 'data' not in sys.modules\n"
    shift = "zero = float(open('words.txt').read()) * utils.ONE\nprint('noise', flush=True); os.system('echo noise')\n"
    yhat, loss, failed = run(tmp_path, check + shift + GOOD.replace("X[0]", "zero + X[0]"))
    # 0.1 x + 0.001 + 0.01 + 0.0001 for x = 1 and 2; the first has the label 1.
    np.testing.assert_allclose(yhat, [0.1111, 0.2111], rtol=1e-12)
    assert loss == pytest.approx(0.1111, rel=1e-12) and failed == ""
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assignment2.py", "utils.py", "words.txt"]


@pytest.mark.parametrize(
    "code, said",
    [
        ("x = 1", "inference_2layers failed with AttributeError"),
        ("x = 1\nraise RuntimeError('no')", r"importing it failed with RuntimeError: no \(line 2\)"),
        ("\ndef f(:", "importing it failed with SyntaxError: .*line 2"),
        ("import no_such_package", "importing it failed with ModuleNotFoundError.*no_such_package"),
        ("input()", "importing it failed with EOFError"),
        ("import sys; sys.exit(3)", "importing it failed with SystemExit: 3"),
        (GOOD.replace("return X[0]", "return X['a']"), r"inference_2layers failed with IndexError.*\(line 2\)"),
        (GOOD.replace("return (", "return yhat['a'] #"), r"bce_forward failed with IndexError.*\(line 3\)"),
    ],
)
def test_a_students_mistake_gets_one_sentence(tmp_path, code, said):
    assert re.search(said, run(tmp_path, code)[2])


@pytest.mark.parametrize("last", ["os._exit(0)", "open(sys.argv[3], 'w').write('{}'); os._exit(0)"])
def test_code_that_ends_python_gets_one_sentence(tmp_path, last):
    with pytest.raises(ValueError, match="ended Python"):
        run(tmp_path, f"import os, sys; {last}")


def test_code_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "SECONDS", 0.2)
    with pytest.raises(ValueError, match="had not finished after 0.2 seconds; does it train when it is imported?"):
        run(tmp_path, "while True: pass")


@pytest.mark.parametrize(
    "code, said",
    [
        ("raise ValueError('\\ud800 \\x1b[2J\\n#panic() [$')", "importing it failed with ValueError"),
        (GOOD.replace("return X", "return X[0] * 0.5 #"), "other values on the test tweets"),
        (GOOD.replace("return X", "return X[0] * float('nan') #"), "other values"),
        (GOOD.replace("return X[0]", "return X[0][:7] #"), "gave 7 values for 2,000 tweets"),
    ],
)
def test_a_mistake_is_on_the_page_and_the_figures_are_there_all_the_same(hand_in, tmp_path, capsys, code, said):
    (hand_in / "assignment2.py").write_text(code)
    text, sentences = document(hand_in, tmp_path, capsys)
    assert len(sentences) == 2 and sentences[1].startswith("assignment2.py: ") and said in sentences[1]
    assert "Confusion matrix" in text and "give the same" not in text
