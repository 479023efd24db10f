"""The grader itself: rubric, inputs, judgement, results, command line and package.

The cells are in test_autograder_cell.py, the banks of mutants and right submissions in test_autograder_bank.py, the
attacks in test_autograder_attacks.py, and what students hand in in test_autograder_handins.py.
"""

import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import assignment2 as reference
import autograder.__main__ as command
import autograder.sandbox as sandbox_module
import utils
from autograder import (
    GraderError,
    NotASubmission,
    Report,
    Sandbox,
    grade,
    inputs,
    mistakes,
    package,
    read_rubric,
    results,
)
from autograder.answers import Call, Outcome
from autograder.cell.wire import Other, decode, encode
from autograder.edition import AXES, EDITIONS, Edition, possible
from autograder.explain import explain
from autograder.judge import RULES, Expected, judge
from autograder.recognise import recognise
from autograder.submission import take_in
from tests.autograder_bank import good_pdf, good_pickle, grade_source, losing
from tests.autograder_bank.sources import SOURCES

PROJECT = Path(__file__).resolve().parents[1]
LATER = PROJECT / "later_edition" / "assignment2.py"
SMALL = (inputs.Training(tweets=200, tests=50, settings=((5, 300, 1.0),)),)  # where training is not the point
JANUARY = EDITIONS["january"]

# A small right submission without training, for tests that are about one function.
NETWORK = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def inference_layer(X, W, b): return sigmoid(W @ X + (np.ravel(b)[:, None] if np.ndim(X) == 2 else np.ravel(b)))
"""


START_HOST = sandbox_module.start_host


@pytest.fixture(scope="module", autouse=True)
def hosts_from_one_template():
    """The processes for student code are forked from one, as in a class: each by itself takes long to start."""
    if not hasattr(os, "pidfd_open"):
        yield
        return
    template = sandbox_module.Template()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sandbox_module, "start_host", lambda end, settings: template.fork(settings, end))
        yield
    template.control.close()
    template.process.wait()


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
    by_hand = {name for name in rubric.checks if name.split(".")[0] in ("train", "pkl", "pdf", "code")}
    assert set(RULES) | by_hand == set(rubric.checks)
    assert sum(check.points for check in rubric.checks.values() if not check.person) == 75


ROW = "| sigmoid.values | Q1.1 | 3 | machine |"


@pytest.mark.parametrize(
    "old, new, said",
    [
        (ROW, "| sigmoid.values | Q1.1 | 4 | machine |", "the points sum to 101, not 100"),
        (ROW, "| sigmoid.values | Q9 | 3 | machine |", r"line \d+: there is no question Q9"),
        (ROW, "| sigmoid.values | Q1.1 | three | machine |", r"line \d+: could not convert"),
        (ROW, "| sigmoid.values | Q1.1 | 3 | robot |", r"line \d+: by is 'robot', not machine or person"),
        (ROW, "| sigmoid.values | Q1.1 | machine |", r"line \d+: 6 cells, not 7"),
        (ROW, "| sigmoid.value | Q1.1 | 3 | machine |", "the row of sigmoid.values is missing; .* 0 points"),
        (ROW, f"| sigmoid.other | Q1.1 | 0 | machine | - | 0 | - |\n{ROW}", "there is no check 'sigmoid.other'"),
        ("| edition | any |", "| edition | old |", "edition is 'old', not one of any, january, later"),
        ("| order | any |", "| order | by size |", "order is 'by size', not one of any, weights first, by layer"),
        ("| values | any |", "| value | any |", "value is 'any', which is no setting"),
    ],
)
def test_a_wrong_rubric_says_where(tmp_path, old, new, said):
    text = (PROJECT / "autograder" / "rubric.md").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "rubric.md").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_rubric(tmp_path / "rubric.md")


def test_a_rubric_pins_an_edition_or_an_axis(tmp_path):
    text = (PROJECT / "autograder" / "rubric.md").read_text(encoding="utf-8")
    text = text.replace("| edition | any |", "| edition | january |").replace("| values | any |", "| values | five |")
    (tmp_path / "rubric.md").write_text(text, encoding="utf-8")
    pinned = read_rubric(tmp_path / "rubric.md").pins
    assert pinned == {"order": "weights first", "reduction": "mean", "values": "five"}


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
    for word in inputs.WORDS:
        assert utils.process_tweet(word) == [word]
    tweets = inputs.draw_tweets(5, *SMALL)
    assert tweets.freqs == utils.build_freqs(tweets.train_x, tweets.train_y[:, None])
    features = utils.feature_matrix(tweets.train_x, tweets.freqs)
    np.testing.assert_array_equal(tweets.X, features)  # exact: sums of whole numbers


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
    given = Expected()(inputs.Case("usual", "gradients", args), EDITIONS["later"])
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


@pytest.mark.parametrize("reduction, factor", [("mean", 1), ("sum", 7)])
def test_expected_gradients_are_differences_of_the_loss(reduction, factor):
    rng = np.random.default_rng(1)
    args = {**inputs.network(rng, 3, 4, 7), "y": inputs.labels(rng, 7)}

    def loss(**changed):
        p = {**args, **changed}
        h = 1 / (1 + np.exp(-(p["W1"] @ p["X"] + p["b1"][:, None])))
        yhat = (1 / (1 + np.exp(-(p["W2"] @ h + p["b2"]))))[0]
        return -sum(np.log(q) if label else np.log(1 - q) for q, label in zip(yhat, p["y"], strict=True)) / 7

    edition = replace(JANUARY, reduction=reduction)
    given = Expected()(inputs.Case("usual", "gradients", args), edition)
    step_case = inputs.Case("usual", "update_params", {**args, "lr": 0.5})
    moved = Expected()(step_case, edition)
    for name in ("W1", "W2", "b1", "b2"):
        for index in np.ndindex(args[name].shape):
            step = np.zeros(args[name].shape)
            step[index] = 1e-5
            slope = (loss(**{name: args[name] + step}) - loss(**{name: args[name] - step})) / 2e-5
            # Central differences of order 1e-10 in the step, and rounding of 1e-16 / 1e-5.
            assert given["d" + name][index] == pytest.approx(factor * slope, abs=1e-8)
            assert moved[name][index] == pytest.approx(args[name][index] - 0.5 * factor * slope, abs=1e-8)
    assert given["L"] == pytest.approx(loss(), rel=1e-12)


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
def test_the_mistakes_own_computation_is_right_when_nothing_is_replaced(edition):
    for function, lines in mistakes.LINES.items():
        case = inputs.draw(2)[function][0]
        right = Expected()(case, edition)
        made = mistakes.compute(function, mistakes.scope_of(Call(case, "", []), right, edition)) if lines else {}
        for part in right.keys() & made.keys():
            np.testing.assert_allclose(np.ravel(made[part]), np.ravel(right[part]), rtol=1e-10)


RUBRIC = read_rubric()
EXPECTED = Expected()


def asked(function, answer, seed=0):
    """A function's checks, and its calls, to which `answer(case, args)` is the message that came back."""
    calls = [
        Call(case, form, args, {"inputs": [encode(arg) for arg in args], **answer(case, args)})
        for case in inputs.draw(seed)[function]
        for form, args in inputs.forms(case).items()
    ]
    return RUBRIC.answered_by(function), calls


def judged(function, answer, edition=JANUARY):
    """The outcomes of a function of which every call gives `answer(case, args)`, {check: Outcome}."""
    verdicts = judge(*asked(function, answer), edition, EXPECTED)
    return {outcome.check.name: outcome for outcome in explain(verdicts, edition, function, None)}


def message(value):
    return {"answer": 0, "value": encode(value)}


def right(case, order="weights first", reduction="mean", values="four"):
    """A right answer, put together here from the reference's gradients of the mean loss."""
    if case.function not in ("gradients", "update_params"):
        return getattr(reference, case.function)(*case.args.values())
    X, y, W1, W2, b1, b2 = (case.args[name] for name in ("X", "y", "W1", "W2", "b1", "b2"))
    dW1, dW2, db1, db2, L = reference.gradients(X, y, W1, W2, b1, b2)
    times = X.shape[1] if reduction == "sum" else 1
    dW1, dW2, db1, db2 = times * dW1, times * dW2, times * db1, times * db2
    if case.function == "gradients":
        return (dW1, dW2, db1, db2, L) if order == "weights first" else (dW1, db1, dW2, db2, L)
    lr = case.args.get("lr", 0.01)
    step = W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2
    return step if values == "four" else (*step, L)


def follows(edition):
    """gradients and update_params of a submission that is right by the edition, with their checks."""
    readings = edition.order, edition.reduction, edition.values
    return [
        asked(function, lambda case, _: message(right(case, *readings))) for function in ("gradients", "update_params")
    ]


EIGHT = [
    Edition(order, reduction, values)
    for order in AXES["order"]
    for reduction in ("mean", "sum")
    for values in ("four", "five")
]


@pytest.mark.parametrize(
    "edition", EIGHT, ids=lambda edition: f"{edition.order}, {edition.reduction}, {edition.values}"
)
def test_each_combination_of_the_axes_is_recognised_and_right_and_a_pin_refuses_the_others(edition):
    answers = follows(edition)

    def losing_under(pins):
        """The edition that is read under these pins, and the checks that fail."""
        read = recognise(answers, pins, EXPECTED)[0]
        verdicts = [judge(checks, calls, read, EXPECTED) for checks, calls in answers]
        return read, {name for each in verdicts for name, verdict in each.items() if not verdict.passed}

    assert losing_under({}) == (edition, set())
    for axis, readings in AXES.items():
        for reading in readings:
            read, failed = losing_under({axis: reading})
            assert getattr(read, axis) == reading
            assert bool(failed) == (reading != getattr(edition, axis)), (axis, reading)


def test_the_eight_are_all_there_are():
    assert set(possible({})) == set(EIGHT) and len(EIGHT) == 8
    assert {edition.name for edition in EIGHT} == {"january", "later", "mixed"}


@pytest.mark.parametrize("function", ["sigmoid", "inference_layer", "inference_2layers", "bce_forward"])
def test_right_answers_pass_every_check(function):
    outcomes = judged(function, lambda case, args: message(right(case)))
    assert [name for name, outcome in outcomes.items() if not outcome.passed] == []


def spoil(change, group=None):
    """Answers that are changed, or those to one group of calls."""

    def answer(case, args):
        value = right(case)
        if group not in (None, case.group):
            return message(value)
        return message(tuple(change(item) for item in value) if isinstance(value, tuple) else change(value))

    return answer


COMPARED = {"sigmoid.values", *(f"gradients.{part}" for part in ("dW1", "dW2", "db1", "db2", "L"))}


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
        (lambda v: v + 0.1 * (1 + np.abs(v)), "values"),  # a hundred times the loosest tolerance, 1e-3 of L
    ],
)
@pytest.mark.parametrize("function", ["sigmoid", "gradients"])
def test_wrong_answers_are_told_apart_and_earn_what_is_right_about_them(function, change, identity):
    outcomes = judged(function, spoil(change))
    passed = {name for name, outcome in outcomes.items() if outcome.passed}
    assert not passed & COMPARED
    assert outcomes["sigmoid.values" if function == "sigmoid" else "gradients.dW1"].mistake == identity
    if identity in ("values", "shape"):  # what looks at something else is right
        assert passed <= {"gradients.five", "gradients.large", "sigmoid.large", "sigmoid.scalar"}
    else:
        assert passed <= {"gradients.five"}


def test_an_error_a_tenth_of_the_tolerance_passes():
    outcomes = judged("gradients", spoil(lambda v: v * (1 + 1e-6)))
    assert all(outcome.passed for outcome in outcomes.values())


@pytest.mark.parametrize(
    "check, error, group",
    [
        ("sigmoid.values", 1e-4, None),
        ("gradients.dW1", 1e-4, None),
        ("gradients.db2", 1e-3, None),
        ("gradients.L", 2e-2, None),  # the tolerance is absolute, and losses are above 0.5
        ("gradients.large", 1e-1, "large"),
    ],
)
def test_an_error_of_ten_times_the_tolerance_fails(check, error, group):
    assert not judged(check.split(".")[0], spoil(lambda v: v * (1 + error), group))[check].passed


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"value": []},
        {"value": {"array": "00" * 16, "shape": [3], "dtype": "f8"}},
        {"value": {"float": "1"}},
        {"value": 7},
        {"error": 5},
        {"error": {"frames": [7], "message": [], "type": {}}},
        {"value": {"tuple": [{"tuple": []}] * 5}},
        {"value": {"array": [1], "shape": [1], "dtype": "i8"}},
        {"value": {"int": 10**400}},
        {"value": {"tuple": 5}},
    ],
)
def test_forged_messages_earn_no_more_than_a_count_of_values(forged):
    for function in ("sigmoid", "gradients", "update_params"):
        outcomes = judged(function, lambda case, args: {"answer": 0, "inputs": {"a": 1}, **forged})
        passed = {name for name, outcome in outcomes.items() if outcome.passed}
        assert passed <= {"gradients.five", "update.returns"} and len(passed) <= 1, passed


@pytest.mark.parametrize("k, name", [(2, "W1"), (5, "b2")])
def test_changed_inputs_are_named(k, name):
    def answer(case, args):
        back = [encode(arg) for arg in args]
        back[k] = encode(np.array(args[k]) * (1 + 1e-15))
        return message(right(case)) | {"inputs": back}

    outcomes = judged("update_params", answer)
    unchanged = outcomes["update.unchanged"]
    assert not unchanged.passed and unchanged.mistake == "mutated" and f"its input {name}." in unchanged.hint
    assert outcomes["update.W1"].passed


@pytest.mark.parametrize("back", [None, [], {"a": 1}, [{"none": True}] * 6])
def test_inputs_that_do_not_come_back_count_as_changed(back):
    outcomes = judged("update_params", lambda case, args: message(right(case)) | {"inputs": back})
    assert not outcomes["update.unchanged"].passed and outcomes["update.W1"].passed


def test_an_answer_that_depends_on_earlier_calls_is_named():
    seen = []
    outcomes = judged(
        "bce_forward", lambda case, args: (seen.append(1), message(right(case) + 0.01 * (len(seen) > 3)))[1]
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


def test_an_array_arrives_in_this_machine_s_form():
    for value in (np.array([1.0, 2.0], ">f8"), np.array([[1, 2], [3, 4]], ">i4").T, np.longdouble([1.5])):
        back = decode(encode(value))
        assert back.dtype.isnative and back.dtype.itemsize <= 8 and back.flags.writeable
        np.testing.assert_array_equal(back, value)
    forged = decode({"array": "0002", "shape": [2], "dtype": "b1"})
    assert forged.tobytes() == b"\0\1"  # a truth value of 2 is not to be met by code that counts on 0 and 1


def test_what_is_no_number_arrives_as_the_name_of_its_type():
    class Agreeable:
        def __eq__(self, other):
            return True

    for value in (Agreeable(), np.array([Agreeable()]), {1: 2}, np.zeros(300_000)):
        assert isinstance(decode(encode(value)), Other)


# ---- Whole submissions ---------------------------------------------------------------------------


def zipped(folder, target, inside=""):
    with zipfile.ZipFile(target, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, inside + path.name)
    return target


def test_the_later_template_is_right_and_a_course_can_pin_the_other(sandbox, tmp_path):
    source, asked_for = LATER.read_text(encoding="utf-8"), ("Q3", "Q4")
    report = grade_source(source, sandbox, tmp_path, only=asked_for)
    assert (report.score, report.most, report.edition.name) == (30, 30, "later")
    pinned = grade_source(source, sandbox, tmp_path, only=asked_for, edition="january")
    assert pinned.edition.name == "january" and losing(pinned) == {"Q3", "Q4"}


# Draws its start from nobody's seed, goes through a set of words, and prints both.
UNSEEDED = """
import pickle, random
import numpy as np
from utils import *
def sigmoid(x): return 1 / (1 + np.exp(-np.clip(x, -700, 700)))  # no warning, which would be printed first
def inference_layer(X, W, b): return sigmoid(W @ X + np.reshape(b, (-1, 1)))
def inference_2layers(X, W1, W2, b1, b2): return inference_layer(inference_layer(X, W1, b1), W2, b2)[0]
def bce_forward(yhat, y): return np.mean(np.abs(yhat - y)) + random.random()
def train_nn(filename, hidden, iters=1e6, lr=0.01):
    data = pickle.load(open(filename, "rb"))
    print(set(" ".join(data["train_x"][:9]).split()), random.random())
    X = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]]).T
    W = np.random.randn(1, 3) * 0.001
    for _ in range(min(int(iters), 20)):
        W -= lr * 1e-4 * (sigmoid(W @ X[:, :50]) - data["train_y"][:50].T) @ X[:, :50].T
    return np.vstack([W] * hidden) + np.random.rand(hidden, 3), np.zeros(hidden), np.random.rand(1, hidden), np.zeros(1)
"""


def test_a_seed_gives_the_same_report_word_for_word(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox_module, "start_host", START_HOST)  # forks would inherit one state of numpy's generator
    texts, written = set(), set()
    for _ in range(2):
        with Sandbox() as fresh:
            report = grade_source(UNSEEDED, fresh, tmp_path, seed=11, trained=SMALL)
        texts.add(results.as_text(report))
        written.add(json.dumps({**results.gradescope(report), "execution_time": 0}))
    assert len(texts) == len(written) == 1
    (text,) = texts
    assert "It raised" not in text and "on the training tweets" in text and "{'" in text  # the set was printed
    other = grade_source(UNSEEDED, sandbox, tmp_path, seed=12, trained=SMALL, only=("Q5.1",))
    assert other.printed != report.printed


def test_a_wrong_early_function_does_not_cost_the_later_ones(sandbox, tmp_path):
    source = (PROJECT / "assignment2.py").read_text(encoding="utf-8")
    wrong = source.replace("Z = W @ X + (column if X.ndim == 2 else column[:, 0])", "Z = W @ X")
    assert wrong != source
    report = grade_source(wrong, sandbox, tmp_path, only=("Q1.2", "Q3"))
    assert losing(report) == {"Q1.2"}
    assert report.outcomes["layer.matrix"].mistake == "layer.no_bias"
    assert any("inference_layer (Q1.2)" in outcome.note for outcome in report.outcomes.values())


def test_only_the_questions_that_are_asked_for_are_graded(sandbox, tmp_path, rubric):
    report = grade_source(NETWORK, sandbox, tmp_path, only=("Q1.2", "Q2"))
    assert list(report.outcomes) == [check.name for number in ("Q1.2", "Q2") for check in rubric.of(number)]
    assert (report.score, report.most, report.pending) == (7, 7, 20)
    assert results.as_text(report).splitlines()[-1] == f"{tmp_path.name} (Q1.2, Q2): 7 of 7 points, 20 pending"


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
        archive.writestr("hw2/assignment2.py", "x = 1\n")
        archive.writestr("../escaped.py", "")
        archive.writestr("/absolute.py", "")
        archive.writestr("__MACOSX/hw2/assignment2.py", "")
        archive.writestr("hw2/bomb.bin", bytes(21 << 20))
        link = zipfile.ZipInfo("hw2/link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    (tmp_path / "inner").mkdir()
    taken = take_in(tmp_path / "s.zip", tmp_path / "inner")
    assert (taken.files, taken.code) == (["assignment2.py"], "assignment2.py") and len(taken.notes) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inner", "s.zip"]


def test_what_is_no_submission_says_so(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    os.mkfifo(tmp_path / "pipe.zip")  # opening it would wait for ever
    (tmp_path / "copy").mkdir()
    for name, said in (("nowhere", "no such"), ("broken.zip", "neither a folder, a zip"), ("pipe.zip", "a plain file")):
        with pytest.raises(NotASubmission, match=f"{name}: .*{said}"):
            take_in(tmp_path / name, tmp_path / "copy")


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
    assert sum(test["max_score"] for test in result["tests"]) == 75
    assert all(0 <= test["score"] <= test["max_score"] for test in result["tests"])
    assert result["score"] == sum(test["score"] for test in result["tests"])
    assert all(test["visibility"] == "visible" for test in result["tests"])
    return result


def made_up(rubric, lost=(), edition=JANUARY, **more):
    """A report without a process: every check passes but those in `lost`, {check: Outcome's other values}."""
    outcomes = {
        check.name: Outcome(check, check.name not in lost, **lost.get(check.name, {}) if check.name in lost else {})
        for check in rubric.checks.values()
    }
    return Report("work", 3, rubric, edition, "namespaces", outcomes, **more)


def because(sentence, **more):
    return {"claims": [(sentence, None)], "mistake": "values", **more}


# A cause of two checks, a call that shows two of them, an error's lines, and a cause that two questions share.
LOST = {
    "sigmoid.values": because(
        "The values are those of a tangent.", example="sigmoid(np.array([0.25, -1.5])) returned 7.0"
    ),
    "sigmoid.scalar": {"mistake": "values"},
    "gradients.dW1": because("One factor is missing.", example=f"gradients({'-0.125, ' * 40}) returned dW1 = [1.0]"),
    "gradients.dW2": because("Another is missing.", example=f"gradients({'-0.125, ' * 40}) returned dW2 = [2.0]"),
    **dict.fromkeys(
        (name for name in RULES if name.startswith(("loss", "update"))),
        because("It raised KeyError: 'w'\n  assignment2.py, line 7: w = d['w']"),
    ),
    "pdf.derivations": because("The PDF is empty."),
    "pdf.curves": {"mistake": "values"},  # has no hint of its own, and is about the same file
    "pdf.examples": {"mistake": "another"},
}


def test_points_that_a_person_gives_are_pending(rubric):
    report = made_up(rubric)
    result = check_results(results.gradescope(report), rubric)
    assert (result["score"], result["extra_data"]["pending"]) == (75, 25)
    of_person = {test["tags"][0]: test for test in result["tests"] if "pending" in test["extra_data"]}
    assert {name: test["extra_data"]["pending"] for name, test in of_person.items()} == {
        "pdf.derivations": 20,
        "pdf.curves": 3,
        "pdf.examples": 1,
        "code.comments": 1,
    }
    assert all((test["score"], test["max_score"]) == (0, 0) and "status" not in test for test in of_person.values())
    assert of_person["pdf.derivations"]["name"].endswith("(20 points: a person decides)")
    assert results.as_text(report).splitlines()[-1] == "work: 75 of 75 points, 25 pending"

    empty = check_results(results.gradescope(made_up(rubric, LOST)), rubric)
    assert empty["extra_data"]["pending"] == 1
    of = {test["tags"][0]: test for test in empty["tests"]}
    derived = of["pdf.derivations"]
    assert (derived["status"], derived["extra_data"]["pending"], derived["output"]) == (
        "failed",
        0,
        "The PDF is empty.",
    )
    assert of["pdf.curves"]["output"] == "For the same reason as Q2: derivations, with their steps."
    assert of["pdf.examples"]["output"] == ""
    assert of["sigmoid.scalar"]["output"] == "For the same reason as Q1.1: vectors and matrices, element by element."


@pytest.mark.parametrize("edition", [*EDITIONS.values(), Edition("by layer", "mean", "four"), None], ids=str)
def test_the_report_says_how_the_edition_was_read(rubric, edition):
    report = made_up(rubric, edition=edition)
    extra = results.gradescope(report)["extra_data"]
    if edition is None:
        assert extra["edition"] is extra["order"] is extra["reduction"] is extra["values"] is None
        return
    assert [extra[name] for name in ("edition", "order", "reduction", "values")] == [
        {"weights first": "january", "by layer": "later"}[edition.order] if edition in EDITIONS.values() else "mixed",
        edition.order,
        edition.reduction,
        edition.values,
    ]
    text = " ".join(results.as_text(report).split())
    assert all(line in text for line in edition.described())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_report_fits_the_terminal_and_says_things_once(rubric, width):
    report = made_up(rubric, LOST, notes=["A note for you."], staff=["A note for others."], printed="loss 0.5\n")
    text = results.as_text(report, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    heads = [line.split()[1] for line in lines if line[:1] in "✓✗·" and line]
    assert heads == ["Q1.1", "Q1.4", "Q4", "Q2", "Q3", "Q5.3", "Q1.2", "Q1.3", "Q5.1", "Q5.2"]  # lost ones first
    plain = " ".join(text.split())
    for sentence in ("The values are those of a tangent.", "One factor is missing.", "It raised KeyError: 'w'"):
        assert plain.count(sentence) == 1, sentence
    assert plain.count("gradients(") == 1 and "the same call returned dW2 = [2.0]" in plain
    assert plain.count("-0.125,") == 40, "a call to paste is whole, and no number is cut at its sign"
    assert "-4 vectors and matrices, element by element; a single number, and whole numbers" in plain
    assert "A note for you." in plain and "For staff: A note for others." in plain and "loss 0.5" in plain
    assert not [name for name in rubric.checks if name in plain], "a check's name is for staff"
    assert lines[-1] == "work: 47 of 75 points, 1 pending"


def test_colour_changes_nothing_but_colour(rubric):
    report = made_up(rubric, LOST)
    coloured = results.as_text(report, 80, colour=True)
    assert re.sub("\x1b\\[[0-9]+m", "", coloured) == results.as_text(report, 80) != coloured


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    "no_colour, encoding, columns", [("", "utf-8", "70"), ("1", "utf-8", "300"), ("", "cp1252", "5")]
)
def test_a_report_is_shown_as_the_terminal_allows(rubric, monkeypatch, no_colour, encoding, columns):
    terminal = Terminal()
    terminal.encoding = encoding
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("COLUMNS", columns)
    results.show(made_up(rubric, LOST))
    shown = terminal.getvalue()
    assert ("\x1b" in shown) == (not no_colour)
    assert ("✗" in shown) == (encoding == "utf-8")
    widest = max(len(re.sub("\x1b\\[[0-9]+m", "", line)) for line in shown.splitlines())
    assert widest <= {"70": 70, "300": 120, "5": 60}[columns]


def test_a_check_without_points_is_not_shown(rubric):
    off = replace(rubric.checks["sigmoid.scalar"], points=0)
    without = replace(rubric, checks={**rubric.checks, "sigmoid.scalar": off})
    report = made_up(without, LOST)
    tests = results.gradescope(report)["tests"] + results.stub(without)["tests"]
    assert not [test for test in tests if test["tags"] == ["sigmoid.scalar"]]
    assert "whole numbers" not in results.as_text(report)


def test_nothing_that_a_terminal_obeys_comes_from_a_submission(sandbox, tmp_path):
    source = "print('\\x1b[2J')\ndef sigmoid(x): raise ValueError('\\x1b]0;owned\\x07' + 'x' * 100_000)\n"
    report = grade_source(source, sandbox, tmp_path, only=("Q1.1",))
    report.notes.append("\x1b" + "n" * 100_000)
    report.staff.append("\x1b" + "n" * 100_000)
    for said in (results.as_text(report), json.dumps(results.gradescope(report))):
        assert "owned" in said and "\x1b" not in said and "\\u001b" not in said and len(said) < 50_000
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
    assert report.broken == "Q1.1: no host" and report.score == 0
    result = check_results(results.gradescope(report), rubric)
    assert {test["extra_data"]["mistake"] for test in result["tests"]} == {"grader"}
    assert "no fault of this submission" in results.as_text(report)


def test_the_command(tmp_path, rubric, capsys):
    folder = submission(tmp_path / "s", NETWORK)
    assert run_main(folder, "--json", tmp_path / "r.json", "--seed", 4) == 1
    said = capsys.readouterr()
    result = check_results(json.loads((tmp_path / "r.json").read_text()), rubric)
    assert result["score"] == 5 + 7 + 10 and result["extra_data"]["seed"] == 4
    assert sorted(line.split()[1] for line in said.out.splitlines() if line[:1] in "✓✗·" and line) == sorted(
        rubric.questions
    )
    assert "22 of 75 points, 24 pending" in said.out and "There is no function bce_forward" in said.out
    assert run_main(tmp_path / "nowhere", "--json", tmp_path / "r.json") == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "nowhere" in said.err
    assert check_results(json.loads((tmp_path / "r.json").read_text()), rubric)["score"] == 0


@pytest.mark.parametrize(
    "lost, broken, status",
    [((), None, 0), (("pdf.derivations",), None, 0), (("update.b2",), None, 1), ((), "no host", 3)],
)
def test_the_exit_status_is_about_what_a_machine_judges(rubric, monkeypatch, capsys, lost, broken, status):
    report = made_up(rubric, {name: because("Lost.") for name in lost}, broken=broken)
    monkeypatch.setattr(command, "grade", lambda *_, **__: report)
    assert run_main("work") == status


def test_questions_are_asked_for_by_number(rubric, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(command, "grade", lambda *_, only, **__: asked.append(only) or made_up(rubric))
    assert run_main("work", "--only", "q3, Q5", "--only", "Q1.2") == 0
    assert asked == [["Q3", "Q5.1", "Q5.2", "Q5.3", "Q1.2"]]


@pytest.mark.parametrize("package", [("-m", "autograder"), (PROJECT / "autograder",)], ids=["module", "folder"])
def test_a_student_s_assignment2_in_the_working_folder_is_not_taken_for_the_reference(package, tmp_path):
    folder = submission(tmp_path / "s", "raise SystemExit('the grader ran this in its own process')\n")
    run = subprocess.run(
        [sys.executable, *package, ".", "--only", "Q5.2,Q5.3"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **({"PYTHONPATH": str(PROJECT)} if package[0] == "-m" else {})},
    )
    assert run.returncode == 0 and "10 of 10 points" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "give the PATH"),
        (["a", "--all", "b"], "give the PATH"),
        (["--all", "b"], "go together"),
        (["a", "--rubric", "/nowhere.md"], "/nowhere.md"),
        (["a", "--edition", "old"], "invalid choice: 'old'"),
        (["a", "--only", "Q7"], "there is no question 'Q7'; the questions are Q1.1, Q1.2"),
        (["--all", "a", "--out", "b", "--only", "Q3"], "not for --all"),
    ],
)
def test_a_wrong_command_is_told_so(arguments, said, capsys):
    with pytest.raises(SystemExit) as left:
        run_main(*arguments)
    told = capsys.readouterr().err
    assert left.value.code == 2 and said in told and "Traceback" not in told


# ---- A class, the package ------------------------------------------------------------------------


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
    assert "75 of 75 points, 25 pending" in setup.stdout
    assert not (root / "source").stat().st_mode & 0o077

    shutil.copy(root / "source" / "run_autograder", root)
    (root / "submission" / "assignment2.py").write_text(NETWORK.replace("1 + np", "1 - np"))
    run = subprocess.run(["bash", root / "run_autograder"], cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    result = check_results(json.loads((root / "results" / "results.json").read_text()), rubric)
    assert result["score"] == 1 + 7 and result["tests"][0]["extra_data"]["mistake"] == "sigmoid.plus"

    submission(root / "submission", SOURCES["handout"])
    run = subprocess.run(["bash", root / "run_autograder"], cwd=root, env=environment, capture_output=True, text=True)
    result = json.loads((root / "results" / "results.json").read_text())
    assert (result["score"], result["extra_data"]["edition"]) == (75, "january"), run.stdout + run.stderr

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
    assert setup.returncode != 0 and "65 of 75 points" in setup.stdout
