"""The kit for students: its checker on the grader's banks, its starter, its files, and that no answer is in them.

The banks know which question holds a mistake and what it is; NAMED says in which words the checker must name it. No
tolerance is here: the mistakes are far from right, and the right ones are right.
"""

import ast
import contextlib
import functools
import inspect
import io
import itertools
import json
import pickle
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import check
import check_calls
import check_mine
import matplotlib
import numpy as np
import pytest

import assignment2 as january
from kit.__main__ import build, contents
from kit.cells import notebook
from kit.starter import SOLUTIONS, starter
from later_edition import assignment2 as later
from tests.autograder_bank import good_pdf, good_pickle
from tests.autograder_bank.mutants import MUTANTS
from tests.autograder_bank.right import BIASED, RIGHT
from tests.autograder_bank.sources import SOURCES, STYLES, edited, in_style, own

PROJECT = Path(january.__file__).parent
FUNCTIONS = ("Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q3", "Q4")
SOLUTION = {"january": january, "later": later}
UTILS = b"""import numpy as np


def extract_features(tweet, freqs):
    return np.array([[1, *(sum(freqs.get((word, label), 0) for word in tweet.split()) for label in (1.0, 0.0))]])
"""  # without a stemmer, which would take most of the time


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the checker on a source as a student's assignment2.py: its exit status, what it prints, what it found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    kept = {name: sys.modules.get(name) for name in ("assignment2", "utils", "layers")}

    def checked(source, *only, files=(), then=lambda student: None):
        (tmp_path / "assignment2.py").write_bytes(source if isinstance(source, bytes) else source.encode())
        for name, content in {
            "utils.py": UTILS,
            "assignment2.pkl": good_pickle(),
            "assignment2.pdf": good_pdf(),
            **dict(files),
        }.items():
            (tmp_path / name).write_bytes(content)
        for name in kept:
            sys.modules.pop(name, None)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            status, student = check.run(only)
            then(student)
        for name, _ in files:
            (tmp_path / name).unlink()
        return status, printed.getvalue(), student

    with matplotlib.rc_context(), np.errstate(), warnings.catch_warnings():  # what student code sets ends with its test
        yield checked
    sys.modules.update({name: module for name, module in kept.items() if module})


def wrong(states):
    return {check.QUESTIONS[name] for name, state in states.items() if state == "wrong"}


# ---- The mutants ---------------------------------------------------------------------------------

NAMED = {  # the mistake's id in the bank -> words that name it; for what is left out the bank's own phrase is one
    "sigmoid.sign": "sigma(-x)",
    "sigmoid.tanh": "tanh",
    "sigmoid.softmax": "softmax",
    "sigmoid.derivative": "slope of sigma",
    "sigmoid.rounded": "rounded",
    "sigmoid.base": "base of the power",
    "sigmoid.brackets": "brackets",
    "sigmoid.integer": "whole",
    "nan": "NaN or infinity",
    "none": "is there a `return`",
    "layer.no_bias": "bias is not added",
    "layer.no_sigmoid": "sigma is not applied",
    "layer.bias_axis": "along the examples",
    "layer.spread": "spread to a square",
    "layer.twice": "applied twice",
    "layer.tanh": "tanh",
    "layer.bias_minus": "subtracted",
    "layer.bias_outside": "after sigma",
    "layer.transposed": "transposed",
    "network.no_output_sigmoid": "output has no sigma",
    "network.no_hidden_sigmoid": "hidden layer has no sigma",
    "network.biases_swapped": "b1 and b2 are exchanged",
    "signature": "the handout's order is",
    "network.rounded": "rounded",
    "network.hidden": "hidden layer's output",
    "network.no_b2": "b2 is not added",
    "network.negative": "1 - yhat",
    "shape": "it has shape",
    "network.mean": "mean of the batch",
    "state": "made twice",
    "loss.negated": "sign",
    "loss.sum": ("sum over the batch", "N times too large"),
    "loss.log2": "log2",
    "loss.log10": "log10",
    "loss.rounded": "rounded",
    "loss.no_negatives": "only the examples with y = 1",
    "loss.second_sign": "second term is subtracted",
    "loss.product": "each yhat meets every y",
    "loss.squared": "squared error",
    "loss.clipped": "clipped",
    "loss.unaveraged": "not averaged",
    "missing": "is it bce_loss",
    "loss.swapped_arguments": "yhat and y are exchanged",
    "gradients.sum": "N times too large",
    "gradients.mean": "divided by N",
    "gradients.divided_twice": "divided by N once too often",
    "gradients.factor": "times",
    "gradients.factor_2": "2 times",
    "gradients.negated": "opposite sign",
    "gradients.transposed": "transposed",
    "gradients.no_prime": "slope of sigma at the hidden units is missing",
    "gradients.prime_twice": "slope of sigma is taken at h",
    "gradients.prime_wrong": "h stands where the slope",
    "gradients.bias_axis": ("an entry for each example", "one number for all units"),
    "gradients.bias_not_summed": "not summed over the batch",
    "gradients.no_W2": "does not pass through W2",
    "gradients.output_prime": "output is there once too often",
    "gradients.output_prime_missing": "output is missing",
    "gradients.rounded": "yhat were rounded",
    "gradients.X_for_h": "its shape is (1, 3)",
    "gradients.mean_axis": "number of features",
    "gradients.product": "delta1 = W2.T @ delta2",
    "gradients.no_b1": "does not depend on b1",
    "gradients.zero": "zero",
    "count": ("it returned 4 values", "is there a `return`"),
    "update.ascent": "uphill",
    "update.no_rate": "lr is not used",
    "update.default": "without lr",
    "mutated": "changes the W1",
    "update.sequential": "after W2 and b2 moved",
    "update.order": "here stands W2",
    "update.unmoved": "comes back as it went in",
    "update.gradient": "the change alone",
    "update.unpacked": ("moves by the gradient of W2", "has shape"),
}
UNNAMED = {"handout-Q1.2-W transposed"}  # with columns, another error comes first
HELD = [mutant for mutant in MUTANTS if mutant.question in FUNCTIONS and not mutant.edition]


def test_every_mistake_is_found_where_it_is_and_named(run):
    missed, elsewhere, unnamed = [], [], []
    for mutant, style in zip(HELD, itertools.cycle(STYLES)):  # noqa: B905
        source = in_style(mutant.source, style) if mutant.question in BIASED else mutant.source
        source = source.replace("inspect.signature(function).parameters", "function.__code__.co_varnames")  # in a tenth
        only = () if style == "rows" else (mutant.question,)  # all questions for a third of them
        status, printed, student = run(source, *only)
        told = " ".join(re.findall(r"^    wrong +(.*)", printed, flags=re.MULTILINE))
        if status != 1 or mutant.question not in wrong(student.states):
            missed.append((mutant.name, style))
        elif wrong(student.states) != {mutant.question}:
            elsewhere.append((mutant.name, style))
        words = NAMED.get(mutant.mistake, mutant.phrases)
        if not any(word in told for word in ([words] if isinstance(words, str) else words)):
            unnamed.append((mutant.name, style, told))
    assert len(HELD) > 90 and missed == [] and elsewhere == []
    assert {name for name, *_ in unnamed} <= UNNAMED, unnamed


def test_what_only_one_edition_calls_wrong_is_right_here_and_said(run):
    """Or the mistake shows in the next question: a student who swaps the order unpacks it in the old one."""
    told = {}
    for mutant in MUTANTS:
        if mutant.question in ("Q3", "Q4") and mutant.edition:
            status, printed, student = run(mutant.source)
            if "order" in mutant.mistake:
                assert wrong(student.states) == {"Q4"} and "moves by the gradient of" in printed, mutant.name
            else:
                assert status == 0, printed
                told[mutant.name] = " ".join(student.notes)
    expected = {
        "handout-Q3-sum for mean": "sum of the losses",
        "handout-Q4-the loss too": "W1, b1, W2, b2, L",
        "later-Q3-mean for sum": "mean of the losses",
        "later-Q4-no loss": "returns W1, b1, W2, b2",
    }
    assert told.keys() == expected.keys() and all(expected[name] in told[name] for name in told), told


# ---- The right ones ------------------------------------------------------------------------------


def test_no_right_submission_is_accused(run):
    lost = {"sigmoid.scalar": "Q1.1"}
    for entry in RIGHT:
        if entry.name == "work on import" or entry.only in (("Q5.1",), ("Q5.2",)):  # the first is tried below
            continue
        status, printed, student = run(entry.source, files=entry.files)
        accused = wrong(student.states) & set(entry.only or FUNCTIONS)
        assert accused == {lost[check_name] for check_name in entry.loses}, f"{entry.name}\n{printed}"


@pytest.mark.parametrize("edition", SOLUTIONS)
def test_the_solutions_are_right_and_their_edition_is_named(edition, run):
    status, printed, student = run(SOLUTIONS[edition].read_text(encoding="utf-8"))
    assert status == 0 and "to do" not in printed and set(student.states.values()) == {"right", "written"}
    assert {"january": "January 2025", "later": "June 2025"}[edition] in printed


def test_work_on_import_spoils_nothing_and_is_told(run):
    trained = SOURCES["handout"] + "\nW1, b1, W2, b2 = train_nn('nothing.pkl', 6)\nprint(input())\nexit()\n"
    status, printed, _ = run(trained)
    assert status == 0 and "trains when the file is imported" in printed
    status, printed, _ = run("!pip install numpy\n%matplotlib inline\n" + SOURCES["handout"])
    assert status == 0


# ---- One function after another ------------------------------------------------------------------


@pytest.mark.parametrize("edition", SOLUTIONS)
def test_a_student_who_starts_from_the_starter(edition, run):
    """Each function of the solution in turn takes the place of its stub: it turns right, and the next ones stay."""
    source = starter(edition)
    solution = SOLUTIONS[edition].read_text(encoding="utf-8")
    nodes = {
        node.name: ast.get_source_segment(solution, node) for node in ast.parse(solution).body if hasattr(node, "name")
    }
    helpers = "\n\n".join(text for name, text in nodes.items() if name.startswith("_"))
    source = source.replace(
        "from utils import extract_features\n", f"{helpers}\n\n\nfrom utils import extract_features\n", 1
    )
    names = list(check.QUESTIONS)
    for number, name in enumerate(names[:6]):
        status, printed, student = run(source)
        states = list(student.states.values())
        assert status == 1 and states == ["right"] * number + ["not written yet"] * (7 - number), printed
        assert f"to do: {check.QUESTIONS[name]} {name}" in printed and "Traceback" not in printed
        source = own(nodes[name], base=source)
    assert list(run(source)[2].states.values()) == ["right"] * 6 + ["not written yet"]


def test_what_comes_before_is_not_needed_to_check_what_comes_after(run):
    """Q3 by itself: the handout's formulas stand in for what the student has not written, or has wrong."""
    nodes = ast.parse(SOURCES["handout"]).body
    node = next(node for node in nodes if getattr(node, "name", "") == "gradients")
    backward = ast.get_source_segment(SOURCES["handout"], node)
    status, printed, _ = run(own(backward, base=starter("january")), "Q3")
    assert status == 0 and printed.startswith("Q3    gradients          right"), printed
    tanh = own("def sigmoid(x):\n    return np.tanh(x)\n")
    assert wrong(run(tanh)[2].states) == {"Q1.1"}
    needs = own(backward, base=starter("january").replace('"Q1.2: inference_layer"', "'Q1.2'"))
    assert run(needs, "Q3")[0] == 0


# ---- What is printed -----------------------------------------------------------------------------


def test_a_failure_shows_a_call_that_can_be_pasted_and_what_came_back(run, tmp_path):
    source = edited(SOURCES["handout"], ("    return dW1, dW2, db1, db2, L\n", "    return -dW1, dW2, db1, db2, L\n"))
    _, printed, _ = run(source)
    block = printed[printed.index("the call   ") : printed.index("    came back")].replace("the call   ", "")
    script = "\n".join(line.strip() for line in block.splitlines()).replace("gradients(", "print(gradients(") + ")"
    pasted = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    first = re.search(r"dW1 \(2, 3\) \[\[ *(\S+)", printed)[1]
    assert pasted.returncode == 0 and first in pasted.stdout, pasted.stderr
    assert "dW1: the opposite sign" in printed and "read       Q2.4" in printed


def test_an_error_is_told_with_the_students_line(run):
    source = edited(SOURCES["handout"], ("    z = W @ X\n", "    z = W @ X @ X\n"))
    _, printed, _ = run(source, "Q1.2")
    line = source.splitlines().index("    z = W @ X @ X") + 1
    assert f"assignment2.py line {line}: `z = W @ X @ X`" in printed
    for text, told in (("import numpy\ndef sigmoid(x:\n    pass\n", "line 2: `def sigmoid"), (b"\xff\xfe", "encoding")):
        with pytest.raises(check_calls.Trouble, match=told):
            run(text)
    with pytest.raises(check_calls.Trouble, match="decode"):
        run(b"x = 1\n" * 9 + b"# \xff")


@pytest.mark.parametrize(
    "value", ["object()", "{1, 2}", "'text'", "{'W1': 1}", "[[1], [2, 3]]", "lambda x: x", "1j", "[]"]
)
def test_whatever_a_function_returns_is_told(value, run):
    source = starter("january").replace("raise NotImplementedError", f"return {value} or NotImplementedError")
    status, printed, student = run(source)
    states = list(student.states.values())
    assert status == 1 and states[:5] == ["wrong"] * 5 and "returned" in printed and "Traceback" not in printed


def test_an_endless_loop_is_stopped_and_its_line_is_told():
    with pytest.raises(check_calls.Over, match="no answer in 0.2 seconds.*while True"):
        with check_calls.students_code(0.2):
            while True:
                pass


@pytest.mark.parametrize(
    ("pkl", "told"),
    [
        (pickle.dumps({"train_x": []}), "not a dict of W1, W2, b1, b2"),
        (b"cut", "not a dict of W1, W2, b1, b2"),
        (pickle.dumps({**pickle.loads(good_pickle()), "W1": np.ones((3, 2))}), "W1 (3, 2)"),
        (pickle.dumps({**pickle.loads(good_pickle()), "b1": np.full(3, np.nan)}), "NaN"),
    ],
)
def test_what_is_wrong_with_the_pickle_is_a_thing_to_do_and_no_failure(pkl, told, run):
    status, printed, _ = run(SOURCES["handout"], files=[("assignment2.pkl", pkl)])
    assert status == 0 and told in re.search("to do: assignment2.pkl: .*", printed)[0]


# ---- Pictures and training -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "looks"),
    [
        (
            [("    return dW1, dW2, db1, db2, L\n", "    return -dW1, -dW2, -db1, -db2, L\n")],
            dict.fromkeys("WwBb", "sign"),
        ),
        ([("h * (1 - h)\n", "1\n")], {"W": "uneven", "B": "uneven", "w": "right", "b": "right"}),
        ([("np.reshape(y, (1, N))) / N", "np.reshape(y, (1, N))) * N")], dict.fromkeys("WwBb", "even")),
        (
            [("np.sum(delta1, axis=1)", "np.sum(delta1, axis=0)")],
            {"W": "right", "B": "uneven", "w": "right", "b": "right"},
        ),
        ([("    dW1 = delta1 @ X.T\n", "    dW1 = X @ delta1.T\n")], {"B": "right", "w": "right", "b": "right"}),
    ],
    ids=["sign", "no slope", "a factor", "bias along the wrong axis", "transposed"],
)
def test_each_mistake_has_its_own_look(places, looks, run, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(check_mine, "cells", lambda axes, errors, signs, style: drawn.append((axes, errors, signs)))
    monkeypatch.setattr(check_mine, "save", lambda figure, name: None)
    run(edited(SOURCES["handout"], *places), then=check_mine.picture)
    seen = {}
    for axes, errors, signs in drawn[: -len(check_mine.LOOKS)]:
        if np.all(errors < 1e-3):
            look = "right"
        elif np.all(signs == "-") and np.allclose(errors, 2, rtol=1e-3):
            look = "sign"
        else:
            look = "even" if np.allclose(errors, errors[0, 0], rtol=1e-3) else "uneven"
        seen[{"dW1": "W", "dW2": "w", "db1": "B", "db2": "b"}[axes.get_title(loc="left")]] = look
    assert seen == looks


def test_their_own_training_leaves_parameters_curves_and_pictures(run, tmp_path, monkeypatch):
    monkeypatch.setattr(check_mine, "invented_tweets", functools.partial(check_mine.invented_tweets, 1000, 200))
    _, printed, _ = run(SOURCES["handout"], then=lambda student: check_mine.train(student, 1000))
    mine = tmp_path / "mine"
    assert {"assignment2.pkl", "run.json", "loss.png", "loss.svg", "surface.png", "surface.svg"} <= set(
        map(lambda p: p.name, mine.iterdir())
    )
    theta = pickle.loads((mine / "assignment2.pkl").read_bytes())
    assert [theta[name].shape for name in ("W1", "b1", "W2", "b2")] == [(6, 3), (6,), (1, 6), (1,)]
    result = json.loads((mine / "run.json").read_text())
    steps, losses = result["curve"]["step"], result["curve"]["train"]
    assert steps[-1] == 1000 and len(steps) == len(losses) == len(result["curve"]["eval"])
    # The file's own curve ends where the parameters stand, judged by the solution's functions on the same tweets.
    data = pickle.loads((mine / "invented_tweets.pkl").read_bytes())
    X = np.array([check_mine.count_words(tweet, data["freqs"]) for tweet in data["train_x"]], float).T
    yhat = january.inference_2layers(X, theta["W1"], theta["W2"], theta["b1"], theta["b2"])
    assert abs(january.bce_forward(yhat, data["train_y"]) - losses[-1]) < 1e-9 and losses[-1] < 0.6 < losses[0]
    assert f"accuracy {result['test']['accuracy']:.2%}" in printed and result["test"]["accuracy"] > 0.8


@pytest.mark.parametrize("base", SOURCES)
def test_without_train_nn_it_descends_by_their_update_params(base, run, tmp_path, monkeypatch):
    monkeypatch.setattr(check_mine, "plotting", lambda: None)
    monkeypatch.setattr(check_mine, "invented_tweets", functools.partial(check_mine.invented_tweets, 1000, 200))
    source = own(
        'def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):\n    raise NotImplementedError("Q5")\n',
        base=SOURCES[base],
    )
    _, printed, _ = run(source, then=lambda student: check_mine.train(student, 1000))
    assert "descent by your update_params" in printed
    assert json.loads((tmp_path / "mine" / "run.json").read_text())["test"]["accuracy"] > 0.8


TRAININGS = {  # the mistake's id in the bank -> what is said; test tweets and weights by hand show in no training
    "float_iters": "'float' object cannot be interpreted as an integer",
    "raised": "'float' object cannot be interpreted as an integer",
    "shape": "returned the shapes [(4, 3)",
    "train.symmetric": "all hidden units are alike",
    "train.order": "returned the shapes [(6, 3), (1, 6), (6,), (1,)]",
    "train.diverged": "it did not learn",
    "train.other_file": "No such file",
    "train.still": "it did not learn",
    "train.biases": "b1 and b2 are 0",
    "count": "returned NoneType",
}


def test_mistakes_in_train_nn_are_told(run, monkeypatch):
    monkeypatch.setattr(check_mine, "plotting", lambda: None)
    monkeypatch.setattr(check_mine, "invented_tweets", functools.partial(check_mine.invented_tweets, 400, 100))
    left = ("train.tested", "train.untrained")
    found, bank = [], [m for m in MUTANTS if m.question == "Q5.1" and not m.edition and m.mistake not in left]
    for mutant in bank:
        _, printed, _ = run(mutant.source, "Q5", then=lambda student: found.append(check_mine.train(student, 300)))
        words = "IndexError, assignment2.py line" if "stack of rows" in mutant.name else TRAININGS[mutant.mistake]
        assert found[-1] is False and words in printed, (mutant.name, printed)
    assert len(bank) > 10
    unwritten = run(starter("january"), then=lambda student: found.append(check_mine.train(student, 10)))
    assert "Nothing to train yet" in unwritten[1]


# ---- The starter ---------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", SOLUTIONS)
def test_the_starter_has_the_solutions_signatures_and_its_shapes(edition):
    text = starter(edition)
    stubs = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert set(check.QUESTIONS) <= set(stubs)
    for name, node in stubs.items():
        if name == "main":
            continue
        solved = inspect.signature(getattr(SOLUTION[edition], name)).parameters.values()
        expected = [(p.name, p.default) for p in solved if p.kind is not p.KEYWORD_ONLY]
        space = {}
        exec(ast.unparse(node), space)
        given = [(p.name, p.default) for p in inspect.signature(space[name]).parameters.values()]
        assert given == expected
        with pytest.raises(NotImplementedError, match=check.QUESTIONS.get(name, "Q5")):
            space[name](*expected)
        written = ast.get_docstring(node)
        assert written.split(":")[0] in inspect.getdoc(getattr(SOLUTION[edition], name))
        shapes = set(re.findall(r"\([ℓdN13, ]+\)", written))
        assert shapes <= set(re.findall(r"\([ℓdN13, ]+\)", inspect.getdoc(getattr(SOLUTION[edition], name))))
        assert shapes or name in ("sigmoid", "train_nn", "bce_forward", "update_params", "gradients")


def test_a_solution_that_lacks_a_function_makes_no_starter(tmp_path, monkeypatch):
    path = tmp_path / "assignment2.py"
    path.write_text(SOLUTIONS["january"].read_text(encoding="utf-8").replace("def gradients(", "def gradient("))
    monkeypatch.setitem(SOLUTIONS, "january", path)
    with pytest.raises(ValueError, match="no function gradients"):
        starter("january")


# ---- The kit as a whole --------------------------------------------------------------------------


def test_the_kit_is_small_and_the_same_every_time(tmp_path):
    for edition in SOLUTIONS:
        folder, archive = build(edition, tmp_path / "one")
        again = build(edition, tmp_path / "two")[1]
        assert archive.read_bytes() == again.read_bytes() and archive.stat().st_size < 1e6
        with zipfile.ZipFile(archive) as zipped:
            names = set(zipped.namelist())
        files = {path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert names == files == {f"kit/{name}" for name in contents(edition)}
        assert {"kit/assignment2.py", "kit/check.py", "kit/utils.py", "kit/README.md"} <= names
        assert len((folder / "check.py").read_text().splitlines()) <= 450


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ([], 1, "Q3    gradients          not written yet"),
        (["--only", "Q7"], 2, "Q7 is none of Q1.1"),
        (["--picture", "--train"], 1, "Nothing to train yet"),
        (["--help"], 0, "--watch"),
    ],
)
def test_the_kit_runs_from_its_folder_with_numpy_alone_in_any_code_page(arguments, status, told, tmp_path):
    folder, _ = build("january", tmp_path)
    program = (
        "import sys, runpy; sys.modules.update(dict.fromkeys(('nltk', 'matplotlib', 'regex', 'tqdm')));"
        "sys.path[0] = '.'; sys.argv[0] = 'check.py'; runpy.run_path('check.py', run_name='__main__')"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder, capture_output=True, env={"PYTHONIOENCODING": "ascii", "PATH": "", "SYSTEMROOT": ""},
    )  # fmt: skip
    printed = (run.stdout + run.stderr).decode("ascii")
    assert run.returncode == status and told in printed and "Traceback" not in printed, printed


# ---- That no answer is in it ---------------------------------------------------------------------


class Anonymous(ast.NodeTransformer):
    """Names, also those of attributes that are no method, become one name."""

    def visit_Name(self, node):
        return ast.Name("x", ast.Load())


def operations(node):
    return sum(isinstance(n, ast.BinOp) for n in ast.walk(node))


def expressions(tree):
    """The expressions of two operations or more in a tree, and its products of matrices, names aside: a set of str.

    What holds no name but numbers alone says nothing.
    """
    found = set()
    for node in ast.walk(tree):
        matrix = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        if isinstance(node, ast.BinOp) and (operations(node) >= 2 or matrix):
            copy = Anonymous().visit(ast.parse(ast.unparse(node), mode="eval"))
            found.add(ast.unparse(copy))
    return found


@functools.cache
def backward_expressions():
    found = set()
    for path in (*SOLUTIONS.values(), PROJECT / "tests" / "autograder_bank" / "handout.py", PROJECT / "fast_steps.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if getattr(node, "name", "") in ("gradients", "update_params", "_bias_gradient", "fast_steps"):
                found |= expressions(node)
    return found


FORMULAS = (  # in any text: the error at the output, a product of the slope, a step
    r"δ|\bdelta",
    r"(ŷ|yhat|\\hat\{?y\}?|\bp\b)\)? *[-−] *\(?y\b(?!hat)",
    r"\b(h|H|a|A1)\)? *([*∘]|\\odot)? *\(1 *[-−] *\(?(h|H|a|A1)\b",
    r"[-−] *(lr|η|α) *[*·]? *(d|∂|∇)",
    r"\\theta *[-−] *(\\mathrm\{)?(lr|\\eta|\\alpha)",
)


def leaks(files):
    """What of the backward pass the files hold: expressions of code, whole functions, and formulas in any text."""
    found, backward = [], backward_expressions()
    for name, content in files.items():
        text = program = content.decode()
        if name.endswith(".ipynb"):
            cells = json.loads(text)["cells"]
            text, program = (
                "\n\n".join("".join(c["source"]) for c in cells if kind in c["cell_type"]) for kind in ("", "code")
            )
        if re.search(r"autograder|\bgrader\b|mistakes\.md|reference solution", text, flags=re.IGNORECASE):
            found.append((name, "the grader"))
        found += [(name, hit[0]) for formula in FORMULAS for hit in re.finditer(formula, text)]
        if not name.endswith((".py", ".ipynb")):
            continue
        tree = ast.parse(program)
        found += [(name, expression) for expression in expressions(tree) & backward]
        for node in ast.walk(tree):
            if getattr(node, "name", "") in ("gradients", "update_params"):
                if not isinstance(node.body[-1], ast.Raise) or len(node.body) > 2:
                    found.append((name, node.name))
    return found


@pytest.mark.parametrize("edition", SOLUTIONS)
def test_no_file_of_the_kit_holds_the_backward_pass(edition):
    assert len(backward_expressions()) > 10
    assert leaks(contents(edition)) == []


@pytest.mark.parametrize(
    "line",
    [
        "e = (prediction - label) / count",
        "up = (V.T @ e) * a * (1 - a)",
        "g = up @ inputs.T",
        "return W - rate * g",
        "def gradients(X, y, W1, W2, b1, b2):\n    return work(X)",
        "# first the yhat - y, then the rest",
        "# as the autograder does",
        '"""δ2 = (ŷ - y)/N"""',
    ],
)
def test_a_line_of_the_backward_pass_would_be_found(line):
    files = contents("january")
    assert leaks({"check.py": files["check.py"] + b"\n\n" + line.encode()}) != []
    cell = {"cell_type": "code", "source": line}
    assert leaks({"walkthrough.ipynb": json.dumps({"cells": [cell]}).encode()}) != []


def test_each_cell_that_tells_the_answer_would_be_found():
    """The cells of prose that the solution's notebook has and the student's has not: Q2 and Q3, the step, the check."""
    kept = json.loads(notebook("student"))["cells"]
    sources = ["".join(cell["source"]) for cell in kept]
    told = [
        "".join(cell["source"]).partition("\n")[0]
        for cell in json.loads(notebook("solution"))["cells"]
        if cell["cell_type"] == "markdown" and leaks({"walkthrough.ipynb": json.dumps({"cells": [cell]}).encode()})
    ]
    assert told == ["## Q2 and Q3: the gradients", "## Q4: one step of gradient descent"]
    assert all(any(source.startswith(title) for source in sources) for title in told)  # without the answer
