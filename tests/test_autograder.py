"""The grader itself: rubric, inputs, judgement, cells, results, command line, class and package.

The banks of mutants, right submissions and attacks are in test_autograder_bank.py.
"""

import ast
import csv
import json
import os
import pickle
import secrets
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograder.__main__ as command
import utils
from autograder import (
    GraderError,
    NotASubmission,
    Sandbox,
    classroom,
    grade,
    inputs,
    judge,
    mistakes,
    package,
    read_rubric,
    results,
)
from autograder.cell.wire import Other, decode, encode
from autograder.submission import take_in
from tests.autograder_bank import good_pdf, good_pickle, grade_source, losing

PROJECT = Path(__file__).resolve().parents[1]
LATER = PROJECT / "later_edition" / "assignment2.py"

# A small right submission without training, for tests that are about one function.
NETWORK = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def inference_layer(X, W, b): return sigmoid(W @ X + (np.ravel(b)[:, None] if np.ndim(X) == 2 else np.ravel(b)))
"""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as cell:
        yield cell


@pytest.fixture(scope="module")
def rubric():
    return read_rubric()


def submission(folder, source=None):
    """A folder with the reference, or `source`, as a submission of three files."""
    folder.mkdir(exist_ok=True)
    (folder / "assignment2.py").write_text(
        source or (PROJECT / "assignment2.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (folder / "assignment2.pkl").write_bytes(good_pickle())
    (folder / "assignment2.pdf").write_bytes(good_pdf())
    return folder


# ---- Rubric --------------------------------------------------------------------------------------


def test_every_check_of_the_rubric_is_judged(rubric):
    judged = set(judge.CHECKS) | {name for name in rubric.checks if name.endswith(".unchanged")}
    by_hand = {name for name in rubric.checks if name.split(".")[0] in ("train", "pkl", "pdf")}
    assert judged | by_hand == set(rubric.checks)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("| sigmoid.values | Q1.1 | 2 |", "| sigmoid.values | Q1.1 | 3 |", "the points sum to 101, not 100"),
        ("| sigmoid.values | Q1.1 | 2 |", "| sigmoid.values | Q9 | 2 |", "there is no question Q9"),
        ("| sigmoid.values | Q1.1 | 2 |", "| sigmoid.values | Q1.1 | two |", "could not convert"),
        ("| dialect | any |", "| dialect | old |", "dialect is 'old'"),
    ],
)
def test_a_wrong_rubric_says_where(tmp_path, old, new, said):
    text = (PROJECT / "autograder" / "rubric.md").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "rubric.md").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_rubric(tmp_path / "rubric.md")


# ---- Inputs --------------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same_and_another_does_not():
    def numbers(seed):
        return [
            np.ravel(arg).tolist()
            for cases in inputs.draw(seed).values()
            for case in cases
            for arg in case.args.values()
        ]

    assert numbers(3) == numbers(3) != numbers(4)


@pytest.mark.parametrize("seed", range(3))
def test_sizes_cannot_be_confused(seed):
    for function in ("gradients", "update_params", "inference_2layers"):
        first, square = (
            next(case for case in inputs.draw(seed)[function] if case.group == group) for group in ("usual", "square")
        )
        hidden, d = first.args["W1"].shape
        assert len({d, hidden, first.args["X"].shape[1], 1}) == 4
        assert square.args["W1"].shape[0] == square.args["X"].shape[1]


def test_invented_words_are_left_as_they_are_and_features_are_theirs():
    for words in inputs.WORDS.values():
        for word in words:
            assert utils.process_tweet(word) == [word]
    data, X, y = inputs.draw_tweets(5)
    np.testing.assert_array_equal(
        X, utils.feature_matrix(data["train_x"], data["freqs"])
    )  # exact: sums of whole numbers
    assert data["freqs"] == utils.build_freqs(data["train_x"], data["train_y"])
    assert set(y) == {0.0, 1.0} and len(y) == X.shape[1]


# ---- Judgement -----------------------------------------------------------------------------------


def test_the_later_template_s_published_figures():
    args = {
        "X": np.array([[1.0, 2, 3], [4, 5, 6]]),
        "y": np.array([0.0, 1, 0]),
        "W1": np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
        "W2": np.array([[0.7, 0.8, 0.9]]),
        "b1": np.array([0.1, 0.2, 0.3]),
        "b2": np.array([0.3]),
    }
    given = judge.expected_gradients(args, "later")
    published = {
        "L": 1.7287272636229514,
        "db2": 1.767495823193705,
        "dW2": [[1.38163852, 1.64474415, 1.72847074]],
        "db1": [0.20784722, 0.08904251, 0.03385342],
        "dW1": [[0.38040779, 1.00394945], [0.12798198, 0.39510952], [0.04042118, 0.14198144]],
    }
    for part, figures in published.items():
        np.testing.assert_allclose(
            np.ravel(given[part]), np.ravel(figures), rtol=0, atol=5e-9
        )  # eight figures are published


@pytest.mark.parametrize("dialect, factor", [("handout", 1), ("later", 7)])
def test_expected_gradients_are_differences_of_the_loss(dialect, factor):
    rng = np.random.default_rng(1)
    args = {**inputs.network(rng, 3, 4, 7), "y": inputs.labels(rng, 7)}

    def loss(**changed):
        p = {**args, **changed}
        h = 1 / (1 + np.exp(-(p["W1"] @ p["X"] + p["b1"][:, None])))
        yhat = (1 / (1 + np.exp(-(p["W2"] @ h + p["b2"]))))[0]
        return -sum(np.log(q) if label else np.log(1 - q) for q, label in zip(yhat, p["y"], strict=True)) / 7

    given = judge.expected_gradients(args, dialect)
    for name in ("W1", "W2", "b1", "b2"):
        for index in np.ndindex(args[name].shape):
            step = np.zeros(args[name].shape)
            step[index] = 1e-5
            slope = (loss(**{name: args[name] + step}) - loss(**{name: args[name] - step})) / 2e-5
            # Central differences of order 1e-10 in the step, and rounding of 1e-16 / 1e-5.
            assert given["d" + name][index] == pytest.approx(factor * slope, abs=1e-8)
    assert given["L"] == pytest.approx(loss(), rel=1e-12)


def test_the_mistakes_own_backward_pass_is_right_when_nothing_is_replaced():
    case = inputs.draw(2)["gradients"][0]
    parts = mistakes.backward(SimpleNamespace(**case.args))
    for part, value in judge.expect(case, "handout").items():
        if part != "L":
            np.testing.assert_allclose(np.ravel(parts[part]), np.ravel(value), rtol=1e-10)


def judged(function, answer, dialect="handout", seed=0):
    """The outcomes of a function of which every call gives `answer(case, args)`, {check: Outcome}."""
    calls = []
    for case in inputs.draw(seed)[function]:
        for form, args in inputs.forms(case).items():
            calls.append(judge.Call(case, form, args, answer(case, args)))
    number = {
        "sigmoid": "Q1.1",
        "inference_2layers": "Q1.3",
        "bce_forward": "Q1.4",
        "gradients": "Q3",
        "update_params": "Q4",
    }[function]
    return {outcome.check.name: outcome for outcome in judge.judge(read_rubric().of(number), calls, dialect)}


def right(case, args, dialect="handout"):
    parts = judge.expect(case, dialect)
    names = judge.RETURNED[dialect].get(case.function)
    return tuple(parts.get(name, 0.5) for name in names) if names else parts["value"]


def message(value, changed=()):
    return {"answer": 0, "value": encode(value), "changed": list(changed)}


@pytest.mark.parametrize("dialect", ["handout", "later"])
@pytest.mark.parametrize("function", ["sigmoid", "inference_2layers", "bce_forward", "gradients", "update_params"])
def test_right_answers_pass_every_check(function, dialect):
    outcomes = judged(function, lambda case, args: message(right(case, args, dialect)), dialect)
    assert [name for name, outcome in outcomes.items() if not outcome.passed] == []


def spoil(change):
    def answer(case, args):
        value = right(case, args)
        return message(tuple(change(item) for item in value) if isinstance(value, tuple) else change(value))

    return answer


@pytest.mark.parametrize(
    "change, identity",
    [
        (lambda v: v * np.nan, "nan"),
        (lambda v: v + np.inf, "nan"),
        (lambda v: "0.5", "type"),
        (lambda v: np.asarray(v) + 0j, "type"),
        (lambda v: np.asarray(v, object), "type"),
        (lambda v: None, "none"),
        (lambda v: np.stack([v, v]), "shape"),
        (lambda v: v + 0.1 * (1 + np.abs(v)), "values"),  # ten times the loosest tolerance, 1e-2 of gradients.large
    ],
)
@pytest.mark.parametrize("function", ["sigmoid", "gradients"])
def test_wrong_answers_earn_nothing_and_are_told_apart(function, change, identity):
    outcomes = judged(function, spoil(change))
    earned = sum(outcome.earned for outcome in outcomes.values())
    assert earned == (outcomes["gradients.five"].earned if function == "gradients" else 0)
    assert outcomes["sigmoid.values" if function == "sigmoid" else "gradients.dW1"].mistake == identity


def test_an_error_a_tenth_of_the_tolerance_passes():
    outcomes = judged("gradients", spoil(lambda v: v * (1 + 1e-6)))
    assert all(outcome.passed for outcome in outcomes.values())


def test_an_error_of_ten_times_the_tolerance_fails():
    tenfold = {
        "sigmoid.values": 1e-4,
        "gradients.dW1": 1e-4,
        "gradients.L": 1e-4,
        "gradients.db2": 1e-3,
        "gradients.large": 1e-1,
    }
    for name, error in tenfold.items():
        spoiled = spoil(lambda v, error=error: v * (1 + error))
        assert not judged(name.split(".")[0], spoiled)[name].passed, name


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"value": []},
        {"value": {"array": [1, 2], "shape": [3], "dtype": "f8"}},
        {"value": {"float": "1"}},
        {"value": 7},
        {"error": 5},
        {"error": {"frames": [7], "message": [], "type": {}}},
        {"value": {"tuple": [{"tuple": []}] * 5}},
        {"value": {"array": [10**400], "shape": [1], "dtype": "i8"}},
        {"value": {"int": 10**400}},
        {"value": {"tuple": 5}},
    ],
)
def test_forged_messages_earn_nothing(forged):
    for function in ("sigmoid", "gradients", "update_params"):
        outcomes = judged(function, lambda case, args: {"answer": 0, "changed": {"a": 1}, **forged})
        assert sum(outcome.earned for name, outcome in outcomes.items() if not name.endswith(("five", "returns"))) == 0


def test_changed_inputs_are_named():
    outcomes = judged("update_params", lambda case, args: message(right(case, args), changed=[2, 99, "x"]))
    assert outcomes["update.unchanged"].mistake == "mutated" and "W1" in outcomes["update.unchanged"].hint
    assert not outcomes["update.unchanged"].passed and outcomes["update.W1"].passed


def test_an_answer_that_depends_on_earlier_calls_is_named():
    seen = []
    outcomes = judged(
        "bce_forward", lambda case, args: (seen.append(1), message(right(case, args) + 0.01 * (len(seen) > 3)))[1]
    )
    assert outcomes["loss.values"].mistake == "state"


@pytest.mark.parametrize(
    "value",
    [
        None,
        3.5,
        -0.0,
        float("inf"),
        7,
        "text",
        np.zeros((2, 0)),
        np.arange(6.0).reshape(2, 3),
        np.float32([1.5]),
        np.array([True]),
        (1.0, (2, None)),
    ],
)
def test_values_survive_the_way_through_json(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)
    assert getattr(back, "dtype", None) == getattr(value, "dtype", None)


def test_what_is_no_number_arrives_as_the_name_of_its_type():
    class Agreeable:
        def __eq__(self, other):
            return True

    for value in (Agreeable(), np.array([Agreeable()]), {1: 2}, np.zeros(300_000)):
        assert isinstance(decode(encode(value)), Other)


# ---- The cells -----------------------------------------------------------------------------------


def call(sandbox, folder, source, calls, seconds=5, **options):
    (folder / "assignment2.py").write_text(source, encoding="utf-8")
    task = {"task": "call", "file": "assignment2.py", "stand_ins": [], "calls": calls, **options}
    return sandbox.run(folder, ["assignment2.py"], task, seconds)


def asking(function, *args):
    return {"function": function, "args": [encode(arg) for arg in args]}


def named(name):
    """The processes of that name."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            found += [entry.name] * (entry.name.isdigit() and (entry / "comm").read_text().strip() == name)
        except OSError:
            pass
    return found


def test_an_endless_call_ends_and_keeps_the_answers_before_it(sandbox, tmp_path):
    run = call(
        sandbox,
        tmp_path,
        "def one(): return 1\ndef loop():\n    while True: pass\n",
        [asking("one"), asking("loop"), asking("one")],
        seconds=1,
    )
    assert run.late and decode(run.answers[0]["value"]) == 1 and 1 not in run.answers


@pytest.mark.skipif(sys.platform != "linux", reason="names its processes by prctl, and reads /proc")
def test_a_grandchild_in_a_session_of_its_own_does_not_outlive_the_call(sandbox, tmp_path):
    name = f"left{secrets.token_hex(4)}"  # children inherit it
    source = f"""
import ctypes, os, time
def leave():
    ctypes.CDLL(None).prctl(15, b"{name}", 0, 0, 0)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(100)
        os._exit(0)
    return 1
"""
    run = call(sandbox, tmp_path, source, [asking("leave")])
    assert decode(run.answers[0]["value"]) == 1 and not run.late
    assert named(name) == []


@pytest.mark.parametrize(
    "body, said",
    [
        ("return len(bytearray(1 << 30))", "MemoryError"),
        ("return [os.fork() or time.sleep(9) for _ in range(99)] and 1", "BlockingIOError"),
        ("return open('big', 'wb').write(bytes(17 << 20)) and 1", "OSError"),
        ("return [open(os.devnull) for _ in range(99)] and 1", "OSError"),
    ],
)
def test_limits_of_the_kernel(sandbox, tmp_path, body, said):
    run = call(sandbox, tmp_path, f"import os, time\ndef take():\n    {body}\n", [asking("take")])
    assert run.answers[0]["error"]["type"] == said


def test_output_is_kept_apart_and_bounded(sandbox, tmp_path):
    run = call(sandbox, tmp_path, "def talk():\n    print('x' * 1_000_000)\n    return 2\n", [asking("talk")])
    assert decode(run.answers[0]["value"]) == 2 and 1000 < len(run.output) <= 4000


def test_the_child_sees_neither_the_grader_nor_the_network(sandbox, tmp_path):
    if sandbox.isolation != "namespaces":
        pytest.skip("this system allows no namespaces")
    source = f"""
import os, socket, sys
def look(): return " ".join(name for name in sys.modules if name.startswith(("autograder", "data.")))
def find(): return int(os.path.exists({str(PROJECT / "assignment2.py")!r}))
def write(): open(os.path.dirname(os.__file__) + "/owned", "w")
def dial(): socket.create_connection(("192.0.2.1", 9), 2)
"""
    run = call(sandbox, tmp_path, source, [asking(name) for name in ("look", "find", "write", "dial")])
    assert decode(run.answers[0]["value"]) == "" and decode(run.answers[1]["value"]) == 0
    assert run.answers[2]["error"]["type"] in ("OSError", "PermissionError")
    assert "unreachable" in run.answers[3]["error"]["message"]


def test_a_line_that_fails_on_import_does_not_cost_the_functions(sandbox, tmp_path):
    source = (
        "import sys\nsys.exit(1)\nfrom __future__ import annotations\n"
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
        "open('nowhere.pkl')\ndef one(x: undefined = 1): return x\n"
    )
    run = call(sandbox, tmp_path, source, [asking("one")])
    assert decode(run.answers[0]["value"]) == 1
    assert [(skipped["line"], skipped["type"]) for skipped in run.loaded["skipped"]] == [
        (2, "SystemExit"),
        (6, "FileNotFoundError"),
    ]


def test_an_error_shows_the_student_s_own_frames_alone(sandbox, tmp_path):
    source = "import numpy as np\ndef inner(a):\n    return np.linalg.inv(a)\ndef outer(a):\n    return inner(a)\n"
    run = call(sandbox, tmp_path, source, [asking("outer", np.zeros((2, 2)))])
    assert [(frame["line"], frame["text"]) for frame in run.answers[0]["error"]["frames"]] == [
        (5, "return inner(a)"),
        (3, "return np.linalg.inv(a)"),
    ]


def test_every_task_starts_clean(sandbox, tmp_path):
    source = (
        "import numpy as np, os\ndef mark():\n    np.marked = 1\n    open('mark', 'w').close()\n    return 1\n"
        "def seen(): return int(hasattr(np, 'marked') or os.path.exists('mark'))\n"
    )
    assert decode(call(sandbox, tmp_path, source, [asking("mark"), asking("seen")]).answers[1]["value"]) == 1
    assert decode(call(sandbox, tmp_path, source, [asking("seen")]).answers[0]["value"]) == 0


@pytest.mark.parametrize(
    "module",
    [
        "autograder/cell/child.py",
        "autograder/cell/host.py",
        "autograder/cell/plots.py",
        "autograder/cell/wire.py",
        "data/reader.py",
    ],
)
def test_what_runs_beside_student_code_imports_nothing_else_of_the_project(module):
    tree = ast.parse((PROJECT / module).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {"." * node.level + (node.module or "") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names) | {
        "numpy",
        "plots",
        "pypdf",
        "reader",
        "wire",
    }


# ---- Whole submissions ---------------------------------------------------------------------------


def zipped(folder, target, inside=""):
    with zipfile.ZipFile(target, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, inside + path.name)
    return target


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="another user's rights need root")
def test_the_reference_earns_100_under_another_user_without_namespaces(tmp_path):
    with Sandbox("user") as cell:
        report = grade(submission(tmp_path / "s"), sandbox=cell)
    assert (report.score, report.isolation) == (100, "user")


def test_the_reference_earns_100_by_every_path(sandbox, tmp_path):
    folder = submission(tmp_path / "reference")
    for path in (
        folder,
        zipped(folder, tmp_path / "flat.zip"),
        zipped(folder, tmp_path / "nested.zip", "a/b/"),
        folder / "assignment2.py",
    ):
        report = grade(path, sandbox=sandbox)
        assert (report.score, report.dialect, report.broken) == (100, "handout", None), path


def test_the_later_template_earns_100_and_a_course_can_pin_the_other(sandbox, tmp_path):
    source = LATER.read_text(encoding="utf-8")
    report = grade_source(source, sandbox, tmp_path)
    assert (report.score, report.dialect) == (100, "later")
    pinned = grade_source(source, sandbox, tmp_path, dialect="handout")
    assert pinned.dialect == "handout" and {"Q3"} <= losing(pinned)


def test_a_seed_gives_the_same_report_again(sandbox, tmp_path):
    source = NETWORK + "def bce_forward(yhat, y): return np.mean(np.sqrt(yhat) - y)\n"
    first, again = (grade_source(source, sandbox, tmp_path, seed=11) for _ in range(2))
    assert [outcome.hint for outcome in first.outcomes.values()] == [
        outcome.hint for outcome in again.outcomes.values()
    ]
    assert first.score == again.score == 5 + 7 + 10 + 25


def test_a_wrong_early_function_does_not_cost_the_later_ones(sandbox, tmp_path):
    source = (PROJECT / "assignment2.py").read_text(encoding="utf-8")
    wrong = source.replace("Z = W @ X + (column if X.ndim == 2 else column[:, 0])", "Z = W @ X")
    assert wrong != source
    report = grade_source(wrong, sandbox, tmp_path)
    assert losing(report) == {"Q1.2"}
    assert report.outcomes["layer.matrix"].mistake == "layer.no_bias"
    assert "inference_layer (Q1.2)" in report.outcomes["gradients.dW1"].note


# ---- Taking in -----------------------------------------------------------------------------------


def test_only_plain_files_inside_are_taken(tmp_path):
    folder = submission(tmp_path / "s")
    (folder / "secret.py").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    with open(folder / "huge.bin", "wb") as file:
        file.truncate(1 << 40)  # a sparse terabyte
    (folder / "helper").mkdir()
    (folder / "helper" / "__init__.py").write_text("")
    (tmp_path / "copy").mkdir()
    taken = take_in(folder, tmp_path / "copy")
    assert set(taken.files) == {"assignment2.py", "assignment2.pkl", "assignment2.pdf", "helper/__init__.py"}
    assert all(any(name in note for note in taken.notes) for name in ("secret.py", "pipe", "huge.bin"))


def test_a_zip_leads_nowhere_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("work/assignment2.py", "x = 1\n")
        archive.writestr("../escaped.py", "")
        archive.writestr("/absolute.py", "")
        archive.writestr("__MACOSX/work/assignment2.py", "")
        archive.writestr("work/bomb.bin", bytes(21 << 20))
        link = zipfile.ZipInfo("work/link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    (tmp_path / "inner").mkdir()
    taken = take_in(tmp_path / "s.zip", tmp_path / "inner")
    assert (taken.files, taken.code) == (["assignment2.py"], "assignment2.py") and len(taken.notes) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inner", "s.zip"]


def test_what_is_no_submission_says_so(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "copy").mkdir()
    for path in (tmp_path / "nowhere", tmp_path / "broken.zip"):
        with pytest.raises(NotASubmission, match=path.name):
            take_in(path, tmp_path / "copy")


# ---- Results -------------------------------------------------------------------------------------

FORMATS, VISIBLE = (
    {"text", "html", "simple_format", "md", "ansi"},
    {"hidden", "after_due_date", "after_published", "visible"},
)
TOP = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBLE,
    "stdout_visibility": VISIBLE,
    "extra_data": dict,
    "tests": list,
}
TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMATS,
    "number": str,
    "output": str,
    "output_format": FORMATS,
    "tags": list,
    "visibility": VISIBLE,
    "extra_data": dict,
}


def check_results(result, rubric):
    """results.json against Gradescope's contract, and every check of the rubric in it."""

    def fits(value, allowed):
        return value in allowed if isinstance(allowed, set) else isinstance(value, allowed)

    assert all(name in TOP and fits(value, TOP[name]) for name, value in result.items())
    assert all(name in TEST and fits(value, TEST[name]) for test in result["tests"] for name, value in test.items())
    assert [test["tags"][0] for test in result["tests"]] == list(rubric.checks)
    assert all(0 <= test["score"] <= test["max_score"] for test in result["tests"])
    assert result["score"] == sum(test["score"] for test in result["tests"])
    assert all(test["visibility"] == "visible" for test in result["tests"])
    return result


def test_nothing_that_a_terminal_obeys_comes_from_a_submission(sandbox, tmp_path):
    source = "print('\\x1b[2J')\ndef sigmoid(x): raise ValueError('\\x1b]0;owned\\x07' + 'x' * 100_000)\n"
    report = grade_source(source, sandbox, tmp_path)
    for said in (results.as_text(report), json.dumps(results.gradescope(report))):
        assert "owned" in said and "\x1b" not in said and "\\u001b" not in said and len(said) < 100_000
    assert "[2J" in results.as_text(report)


def run_main(*arguments):
    return command.main([str(argument) for argument in arguments])


def test_a_result_is_there_before_the_grading_and_survives_its_failure(tmp_path, rubric, monkeypatch, capsys):
    target = tmp_path / "results.json"

    def fail(*args, **options):
        stub = check_results(json.loads(target.read_text()), rubric)
        assert stub["score"] == 0 and "not yours" in stub["output"]
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(command, "grade", fail)
    assert run_main(PROJECT / "assignment2.py", "--json", target) == 3
    result = check_results(json.loads(target.read_text()), rubric)
    assert (
        result["score"] == 0
        and "a bug of ours" in result["output"]
        and "no fault of this submission" in result["output"]
    )


def test_the_grader_s_failure_on_a_question_earns_nothing_and_is_called_that(tmp_path, rubric):
    with Sandbox() as cell:
        cell.host.kill()
        cell.host.wait()
        cell.start = lambda: (_ for _ in ()).throw(GraderError("no host"))
        report = grade(submission(tmp_path / "s"), sandbox=cell)
        del cell.start
        cell.start()
    assert report.broken == "no host" and report.score == 0
    result = check_results(results.gradescope(report), rubric)
    assert {test["extra_data"]["mistake"] for test in result["tests"]} == {"grader"}


def test_the_command(tmp_path, rubric, capsys):
    folder = submission(tmp_path / "s", NETWORK)
    assert run_main(folder, "--json", tmp_path / "r.json", "--seed", 4) == 1
    said = capsys.readouterr()
    result = check_results(json.loads((tmp_path / "r.json").read_text()), rubric)
    assert result["score"] == 5 + 7 + 10 + 25 and result["extra_data"]["seed"] == 4
    assert [line[:4].strip() for line in said.out.splitlines() if line.startswith("Q")] == [
        number[:4] for number in rubric.questions
    ]
    assert "47 of 100 points" in said.out and "There is no function bce_forward" in said.out
    assert run_main(tmp_path / "nowhere", "--json", tmp_path / "r.json") == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "nowhere" in said.err
    assert check_results(json.loads((tmp_path / "r.json").read_text()), rubric)["score"] == 0


@pytest.mark.parametrize("package", [("-m", "autograder"), (PROJECT / "autograder",)], ids=["module", "folder"])
def test_a_student_s_assignment2_in_the_working_folder_is_not_taken_for_the_reference(package, tmp_path):
    folder = submission(tmp_path / "s", "raise SystemExit('the grader ran this in its own process')\n")
    run = subprocess.run(
        [sys.executable, *package, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **({"PYTHONPATH": str(PROJECT)} if package[0] == "-m" else {})},
    )
    assert run.returncode == 1 and "35 of 100 points" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["a", "--all", "b"], ["--all", "b"], ["a", "--rubric", "/nowhere.md"], ["a", "--dialect", "old"]]
)
def test_a_wrong_command_is_told_so(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        run_main(*arguments)
    assert left.value.code == 2 and "Traceback" not in capsys.readouterr().err


# ---- A class, the package ------------------------------------------------------------------------


@pytest.fixture
def class_cell():
    yield
    classroom.cell(None).close()
    classroom.cell.cache_clear()


def test_a_class_is_graded_once(tmp_path, rubric, class_cell, capsys):
    everyone = tmp_path / "class"
    everyone.mkdir()
    submission(everyone / "ann <b>", NETWORK)
    submission(everyone / "bob", NETWORK.replace("1 + np", "1 - np"))
    zipped(everyone / "bob", everyone / "cho.zip", "hw/")
    (everyone / "dee.zip").write_bytes(b"no zip")
    out = tmp_path / "out"
    assert run_main("--all", everyone, "--out", out, "--jobs", 1) == 0
    assert capsys.readouterr().out.startswith("4 graded, 0 graded before")
    with open(out / "points.csv", newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert {name: float(row["total"]) for name, row in rows.items()} == {
        "ann <b>": 47,
        "bob": 42,
        "cho.zip": 42,
        "dee.zip": 0,
    }
    assert float(rows["bob"]["Q1.1"]) == 0 and float(rows["bob"]["Q1.2"]) == 7
    page = (out / "summary.html").read_text(encoding="utf-8")
    assert "ann &lt;b&gt;" in page and "ann <b>" not in page and "sigmoid.plus" in page and "http" not in page

    written = {path.name: path.stat().st_mtime_ns for path in (out / "reports").iterdir()}
    for result in map(json.loads, (path.read_text() for path in (out / "reports").iterdir())):
        check_results(result, rubric)
    (out / "reports" / "bob.json").unlink()  # as if stopped before bob
    submission(everyone / "ann <b>", NETWORK + "\n# handed in again\n")
    assert run_main("--all", everyone, "--out", out, "--jobs", 1) == 0
    assert capsys.readouterr().out.startswith("2 graded, 2 graded before")
    again = {path.name: path.stat().st_mtime_ns for path in (out / "reports").iterdir()}
    assert {name for name in written if written[name] == again[name]} == {"cho.zip.json", "dee.zip.json"}


def test_an_empty_class_is_told_so(tmp_path, capsys):
    assert run_main("--all", tmp_path, "--out", tmp_path / "out") == 2
    assert "no folder, zip or .py file" in capsys.readouterr().err


def test_the_package_as_gradescope_uses_it(tmp_path, rubric):
    """Unpacks, sets up and runs the zip in Gradescope's folders below a root of our own."""
    package.build(tmp_path / "autograder.zip", wheels=False)
    root = tmp_path / "autograder"
    (root / "source").mkdir(parents=True)
    (root / "submission").mkdir()
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        archive.extractall(root / "source")
        assert {"setup.sh", "run_autograder"} <= set(archive.namelist())
        for name in ("setup.sh", "run_autograder"):
            assert archive.read(name).startswith(b"#!") and b"\r" not in archive.read(name)
            assert archive.getinfo(name).external_attr >> 16 == 0o755
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHON": sys.executable}
    setup = subprocess.run(["bash", root / "source" / "setup.sh"], env=environment, capture_output=True, text=True)
    assert setup.returncode == 0, setup.stdout + setup.stderr
    assert "100 of 100 points" in setup.stdout
    assert not (root / "source").stat().st_mode & 0o077

    shutil.copy(root / "source" / "run_autograder", root)
    (root / "submission" / "assignment2.py").write_text(NETWORK)
    run = subprocess.run(["bash", root / "run_autograder"], cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    result = check_results(json.loads((root / "results" / "results.json").read_text()), rubric)
    assert result["score"] == 5 + 7

    (root / "source" / "python").write_text("/nowhere/python\n")  # nothing runs: what was there first stays
    subprocess.run(["bash", root / "run_autograder"], cwd=root, env=environment, capture_output=True, text=True)
    assert check_results(json.loads((root / "results" / "results.json").read_text()), rubric)["score"] == 0


def test_a_self_test_that_fails_fails_the_build(tmp_path):
    package.build(tmp_path / "autograder.zip", wheels=False)
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        archive.extractall(tmp_path / "source")
    (tmp_path / "source" / "assignment2.pkl").write_bytes(pickle.dumps({"W1": 1}))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHON": sys.executable}
    setup = subprocess.run(["bash", tmp_path / "source" / "setup.sh"], env=environment, capture_output=True, text=True)
    assert setup.returncode != 0 and "90 of 100 points" in setup.stdout
