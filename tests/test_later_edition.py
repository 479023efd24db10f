"""later_edition/assignment2.py: the later template's contract, and the same numbers as the January edition.

The gradients have an oracle of their own, central differences of a loss in plain Python; everything else is tied to
assignment2.py, which test_assignment2.py ties to its oracles. Tolerances are relative unless said otherwise.
"""

import inspect
import math
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import assignment2 as january
from data.embedded import load_embedded
from later_edition import assignment2 as later

ROOT = Path(january.__file__).parent
SHAPES = [(3, 6, 5), (2, 4, 7), (4, 1, 6), (1, 5, 3), (3, 4, 4), (5, 2, 1)]  # d, ℓ, N
BIASES = {"vector": lambda b: b, "column": lambda b: b[:, None]}


def network(d, units, N, bias="vector", size=1.0):
    """Random X, y, W1, W2, b1, b2; `size` is that of the features."""
    rng = np.random.default_rng([d, units, N])
    return (
        size * rng.normal(size=(d, N)),
        rng.integers(0, 2, N),
        rng.normal(size=(units, d)),
        rng.normal(size=(1, units)),
        BIASES[bias](rng.normal(size=units)),
        BIASES[bias](rng.normal(size=1)),
    )


def assert_close(got, want):
    """Equal shapes, and equal to 1e-12 of the largest entry: the two editions may sum in another order."""
    assert np.shape(got) == np.shape(want)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12 * np.abs(want).max())


# ---- The contract --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        "sigmoid(x)",
        "inference_layer(X, W, b)",
        "inference_2layers(X, W1, W2, b1, b2)",
        "bce_forward(yhat, y)",
        "gradients(X, y, W1, W2, b1, b2)",
        "update_params(batchx, batchy, W1, b1, W2, b2, lr=0.01)",
        "train_nn(filename, hidden_layer_size, iters=1000000.0, lr=0.01, batch=32, "
        "W1=None, b1=None, W2=None, b2=None, Ls=None)",
        "predict_nn(data, W1, b1, W2, b2)",
        "load_data(filename)",
        "main(filename='twitter_data.pkl', hidden_layer_size=6, iters=100000.0, lr=1e-05, batch=32)",
    ],
)
def test_signatures_and_defaults(signature):
    name, bracket, arguments = signature.partition("(")
    assert str(inspect.signature(getattr(later, name))) == bracket + arguments


def test_the_published_check_of_q3_and_q4():
    X, y = np.array([[1, 2, 3], [4, 5, 6]]), np.array([0, 1, 0])
    W1, b1 = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), np.array([0.1, 0.2, 0.3])
    W2, b2 = np.array([[0.7, 0.8, 0.9]]), np.array([0.3])

    dW1, db1, dW2, db2, L = later.gradients(X, y, W1, W2, b1, b2)
    assert L == pytest.approx(1.7287272636229514, rel=1e-15)
    assert db2.shape == (1,) and db2[0] == pytest.approx(1.767495823193705, rel=1e-14)
    # The arrays are published with eight decimals: half a unit in the last is 5e-9, absolute.
    for got, published in (
        (dW1, [[0.38040779, 1.00394945], [0.12798198, 0.39510952], [0.04042118, 0.14198144]]),
        (db1, [0.20784722, 0.08904251, 0.03385342]),
        (dW2, [[1.38163852, 1.64474415, 1.72847074]]),
    ):
        assert got.shape == np.shape(published)
        np.testing.assert_allclose(got, published, rtol=0, atol=5.1e-9)

    *moved, L = later.update_params(X, y, W1, b1, W2, b2, lr=0.01)
    assert L == pytest.approx(1.7287272636229514, rel=1e-15)
    for got, published in zip(
        moved,
        (
            [[0.09619592, 0.18996051], [0.29872018, 0.3960489], [0.49959579, 0.59858019]],
            [0.09792153, 0.19910957, 0.29966147],
            [[0.68618361, 0.78355256, 0.88271529]],
            [0.28232504],
        ),
        strict=True,
    ):
        assert got.shape == np.shape(published)
        np.testing.assert_allclose(got, published, rtol=0, atol=5.1e-9)


# ---- Q1 to Q4: the January edition, in another order and N times as large ------------------------


@pytest.mark.parametrize("size", [1, 1000])  # at 1000, as with raw counts, many units saturate
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("d, units, N", SHAPES)
def test_the_numbers_are_those_of_the_january_edition(d, units, N, bias, size):
    X, y, W1, W2, b1, b2 = network(d, units, N, bias, size)
    assert_close(later.sigmoid(X), january.sigmoid(X))
    assert_close(later.inference_layer(X, W1, b1), january.inference_layer(X, W1, b1))
    yhat = january.inference_2layers(X, W1, W2, b1, b2)
    assert_close(later.inference_2layers(X, W1, W2, b1, b2), yhat)
    for x in (X[:, 0], X[:, :1], X[:, :1].T):  # (d,), a column, and the row that extract_features returns
        assert_close(later.inference_2layers(x, W1, W2, b1, b2), yhat[:1])
    assert_close(later.predict_nn(X.T, W1, b1, W2, b2), yhat)

    want = dict(zip(("W1", "W2", "b1", "b2", "L"), january.gradients(X, y, W1, W2, b1, b2), strict=True))
    for labels in (y, y[None, :], y[:, None]):
        dW1, db1, dW2, db2, L = later.gradients(X, labels, W1, W2, b1, b2)
        for got, name in ((dW1, "W1"), (db1, "b1"), (dW2, "W2"), (db2, "b2")):
            assert_close(got, N * want[name])
        assert_close(L, want["L"])

    # A step of lr along the sum is a step of N lr along the mean.
    before = pickle.dumps((X, y, W1, W2, b1, b2))
    *moved, L = later.update_params(X, y, W1, b1, W2, b2, lr=0.02)
    for got, step in zip(moved, january.update_params(X, y, W1, b1, W2, b2, lr=N * 0.02), strict=True):
        assert_close(got, step)
    assert_close(L, want["L"])
    assert pickle.dumps((X, y, W1, W2, b1, b2)) == before


def test_the_loss_of_a_confident_mistake_is_that_of_the_january_edition():
    yhat, y = np.array([0, 1e-320, 1, 1 - 2**-53, 0.3]), np.array([1, 1, 0, 0, 1])
    assert later.bce_forward(yhat, y) == pytest.approx(january.bce_forward(yhat, y), rel=1e-12)
    with np.errstate(all="raise", under="ignore"):
        assert list(later.sigmoid([-1e308, 0, 1e308])) == [0, 0.5, 1]


@pytest.mark.parametrize("d, units, N", SHAPES)
def test_gradients_are_central_differences_of_the_summed_loss(d, units, N):
    X, y, W1, W2, b1, b2 = network(d, units, N)

    def summed_loss(W1, b1, W2, b2):
        """Example by example and unit by unit, in plain Python."""

        def unit(inputs, weights, bias):
            return 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, inputs, strict=True)) - bias))

        total = 0
        for x, label in zip(X.T, y, strict=True):
            p = unit([unit(x, w, b) for w, b in zip(W1, b1, strict=True)], W2[0], b2[0])
            total -= math.log(p if label else 1 - p)
        return total

    theta = [W1, b1, W2, b2]
    *got, L = later.gradients(X, y, W1, W2, b1, b2)
    assert N * L == pytest.approx(summed_loss(*theta), rel=1e-12)
    for k, gradient in enumerate(got):
        slopes = np.zeros_like(theta[k])
        for index in np.ndindex(slopes.shape):
            step = np.zeros_like(slopes)
            step[index] = 1e-5
            up, down = (summed_loss(*theta[:k], theta[k] + s, *theta[k + 1 :]) for s in (step, -step))
            slopes[index] = (up - down) / 2e-5
        # The step leaves an error of some 1e-10, and rounding of the loss one of 1e-15 / 1e-5.
        np.testing.assert_allclose(gradient, slopes, rtol=0, atol=1e-8)
        assert np.abs(slopes).max() > 1e-3  # so that two zeros cannot agree


# ---- Data ----------------------------------------------------------------------------------------

TWEETS = ["glad glad day", "glad gleeful tune", "gleeful day", "sad day", "sad sad gloom", "gloom tune"]
LABELS = np.array([1, 1, 1, 0, 0, 0])
FREQS = {("glad", 1): 3, ("day", 1): 2, ("tune", 1): 1, ("day", 0): 1, ("sad", 0): 3, ("gloom", 0): 2, ("tune", 0): 1}
# [1, positive sum, negative sum], added up by hand; a stem that comes twice adds twice, and gleeful is not in FREQS.
FEATURES = np.array([[1, 8, 1], [1, 4, 1], [1, 2, 1], [1, 2, 4], [1, 0, 8], [1, 1, 3]], dtype=float)


def write(path, **data):
    path.write_bytes(pickle.dumps({"freqs": FREQS, **data}))
    return path


@pytest.fixture
def tweets(tmp_path):
    return write(tmp_path / "tweets.pkl", train_x=TWEETS, train_y=LABELS, test_x=TWEETS[:2], test_y=LABELS[:2])


@pytest.mark.parametrize("number", [int, float, np.float64])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_load_data_reads_labels_of_either_shape_and_keys_of_any_number(tmp_path, shape, number):
    path = write(
        tmp_path / "tweets.pkl",
        train_x=TWEETS,
        train_y=LABELS.reshape(shape),
        test_x=TWEETS[:2],
        test_y=LABELS[:2].reshape(shape),
        freqs={(stem, number(label)): count for (stem, label), count in FREQS.items()},
    )
    loaded = later.load_data(path)
    for got, want in zip(loaded, (FEATURES, LABELS, FEATURES[:2], LABELS[:2]), strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.shape == want.shape


def test_data_without_a_test_set_give_an_empty_one(tmp_path):
    X_train, y_train, X_test, y_test = later.load_data(write(tmp_path / "tweets.pkl", X=TWEETS, y=LABELS[:, None]))
    np.testing.assert_array_equal(X_train, FEATURES)
    np.testing.assert_array_equal(y_train, LABELS)
    assert X_test.shape == (0, 3) and y_test.shape == (0,)
    assert later.predict_nn(X_test, np.ones((2, 3)), np.zeros(2), np.ones((1, 2)), np.zeros(1)).shape == (0,)


def test_the_courses_file_has_the_embedded_features(shared):
    data = load_embedded()
    X_train, y_train, X_test, y_test = later.load_data(shared / "data" / "twitter_data.pkl")
    np.testing.assert_array_equal(X_train, data["train_X"].T)
    np.testing.assert_array_equal(X_test, data["test_X"].T)
    np.testing.assert_array_equal(y_train, data["train_y"])
    np.testing.assert_array_equal(y_test, data["test_y"])


# ---- Q5: training --------------------------------------------------------------------------------


def start(units, bias="vector"):
    """A start for `units` hidden units whose units do not saturate on FEATURES."""
    _, _, W1, W2, b1, b2 = network(3, units, 4, bias)
    return {"W1": 0.1 * W1, "b1": b1, "W2": W2, "b2": b2}


@pytest.mark.parametrize("bias", BIASES)
def test_the_published_check_of_q5(tmp_path, bias):
    """Two tweets, two hidden units, a start: the shapes; and, as batches of two are the whole set, the numbers."""
    two = [0, 3]
    path = write(tmp_path / "tweets.pkl", train_x=[TWEETS[k] for k in two], train_y=LABELS[two])
    theta = start(2, bias)
    before = pickle.dumps(theta)
    *got, Ls = later.train_nn(str(path), 2, iters=8, lr=0.01, batch=2, **theta)
    assert pickle.dumps(theta) == before
    assert [p.shape for p in got] == [(2, 3), np.shape(theta["b1"]), (1, 2), np.shape(theta["b2"])]

    want, losses = list(theta.values()), []
    for _ in range(8):
        W1, b1, W2, b2 = want
        losses.append(january.gradients(FEATURES[two].T, LABELS[two], W1, W2, b1, b2)[-1])
        want = january.update_params(FEATURES[two].T, LABELS[two], *want, lr=2 * 0.01)
    for p, q in zip((*got, Ls), (*want, losses), strict=True):
        assert_close(p, q)
    assert Ls[-1] < Ls[0]


def test_a_warm_start_continues_the_losses_and_the_parameters(tweets):
    W1, b1, W2, b2, Ls = later.train_nn(tweets, 4, iters=50.0, lr=0.01, batch=6)
    assert isinstance(Ls, list) and len(Ls) == 50
    before = pickle.dumps((W1, b1, W2, b2, Ls))
    *_, all_losses = later.train_nn(tweets, 4, 50, 0.01, 6, W1, b1, W2, b2, Ls)
    assert pickle.dumps((W1, b1, W2, b2, Ls)) == before
    assert len(all_losses) == 100 and all_losses[:50] == Ls
    # The batch is the whole set, so the next loss is that of the parameters handed over, of no other start.
    assert all_losses[50] == pytest.approx(later.bce_forward(later.predict_nn(FEATURES, W1, b1, W2, b2), LABELS), 1e-12)
    # An array, as model_params.npz gives the losses back, continues too.
    assert later.train_nn(tweets, 4, 50, 0.01, 6, W1, b1, W2, b2, np.array(Ls))[-1] == all_losses
    # Without a step, what is given comes back.
    for given, back in zip((W1, b1, W2, b2), later.train_nn(tweets, 4, 0, 0.01, 6, W1, b1, W2, b2), strict=False):
        np.testing.assert_array_equal(given, back)


def test_what_a_start_leaves_out_is_initialized(tweets):
    theta = start(3)
    for name in theta:
        rest = {key: value for key, value in theta.items() if key != name}
        W1, b1, W2, b2, _ = later.train_nn(tweets, 3, 0, **rest)
        for key, value in zip(theta, (W1, b1, W2, b2), strict=True):
            assert value.shape == theta[key].shape and (value is theta[key]) == (key != name)


@pytest.mark.parametrize("wrong", [{"W1": np.ones((5, 3))}, {"W1": np.ones((4, 2))}, {"W2": np.ones((1, 5))}])
def test_a_start_that_does_not_fit_is_refused_with_its_shape(tweets, wrong):
    shape = str(next(iter(wrong.values())).shape)
    with pytest.raises(ValueError, match="do not fit 4 hidden units, 3 features") as error:
        later.train_nn(tweets, 4, 10, **wrong)
    assert shape in str(error.value)


def test_a_pass_takes_every_tweet_once_and_a_continued_run_draws_anew(tweets, monkeypatch):
    batches = []

    def record(batchx, batchy, W1, b1, W2, b2, lr):
        pairs = zip(batchx.T.tolist(), batchy.tolist(), strict=True)
        batches.append([(FEATURES.tolist().index(x), label) for x, label in pairs])
        assert lr == 0.5
        return W1, b1, W2, b2, 0.0

    monkeypatch.setattr(later, "update_params", record)
    later.train_nn(tweets, 2, 60, 0.5, 2)
    assert len(batches) == 60 and {len(batch) for batch in batches} == {2}
    for k in range(0, 60, 3):  # six tweets, three batches a pass
        assert sorted(sum(batches[k : k + 3], [])) == list(enumerate(LABELS.tolist()))
    assert len({str(batches[k : k + 3]) for k in range(0, 60, 3)}) > 1  # in an order that changes

    first = batches.copy()
    batches.clear()
    later.train_nn(tweets, 2, 9, 0.5, 4)
    assert {len(set(batch)) for batch in batches} == {4}  # what a pass leaves over makes no smaller batch
    batches.clear()
    later.train_nn(tweets, 2, 60, 0.5, 2)
    assert batches == first  # the same call trains the same way
    batches.clear()
    later.train_nn(tweets, 2, 60, 0.5, 2, Ls=[0.0] * 60)
    assert batches != first


def test_main_learns_the_courses_tweets(tmp_path, monkeypatch, capsys):
    """On the embedded features, which saves extracting them; a twentieth of its steps, each twenty times as long."""
    data = load_embedded()
    loaded = data["train_X"].T, data["train_y"], data["test_X"].T, data["test_y"]
    monkeypatch.setattr(later, "load_data", lambda filename: loaded)
    monkeypatch.chdir(tmp_path)
    assert later.main.__defaults__ == ("twitter_data.pkl", 6, 1e5, 1e-5, 32)
    later.main(iters=5e3, lr=2e-4)
    with np.load("model_params.npz") as saved:
        W1, b1, W2, b2, Ls = (saved[name] for name in ("W1", "b1", "W2", "b2", "Ls"))
    assert (W1.shape, b1.shape, W2.shape, b2.shape, Ls.shape) == ((6, 3), (6,), (1, 6), (1,), (5000,))
    # The bounds leave room: ten seeds gave losses of 0.034 to 0.046 and accuracies of 0.9940 to 0.9950.
    yhat = january.inference_2layers(data["test_X"], W1, W2, b1, b2)
    loss, accuracy = january.bce_forward(yhat, data["test_y"]), np.mean((yhat > 0.5) == data["test_y"])
    assert loss <= 0.05 and accuracy >= 0.993
    assert f"test: loss {loss:.4f}, accuracy {accuracy:.2%}\n" in capsys.readouterr().out


# ---- By itself, as a student's upload ------------------------------------------------------------


@pytest.mark.parametrize("with_test_set", [True, False])
def test_the_file_runs_beside_utils_alone(tmp_path, with_test_set):
    shutil.copy(ROOT / "later_edition" / "assignment2.py", tmp_path)
    shutil.copy(ROOT / "utils.py", tmp_path)
    if with_test_set:
        write(tmp_path / "twitter_data.pkl", train_x=TWEETS, train_y=LABELS, test_x=TWEETS, test_y=LABELS)
    else:
        write(tmp_path / "twitter_data.pkl", X=TWEETS, y=LABELS)
    code = """
import os, pickle
before = os.listdir()
import assignment2
from assignment2 import *
assert sorted(set(os.listdir()) - {"__pycache__"}) == sorted(before), "work at import"
main(iters=400, lr=0.05)

from utils import extract_features
params = pickle.load(open("assignment2.pkl", "rb"))
W1, W2, b1, b2 = (params[name] for name in ("W1", "W2", "b1", "b2"))
freqs = pickle.load(open("twitter_data.pkl", "rb"))["freqs"]
my_tweet = 'This is a ridiculously bright movie. The plot was terrible and I was sad until the ending!'
y_hat = inference_2_layers(
    extract_features(my_tweet, freqs), W1, W2, b1, b2)
print(y_hat)
if y_hat > 0.5:
    print('Positive sentiment')
else:
    print('Negative sentiment')
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    training, test, _, sentiment = run.stdout.splitlines()
    assert training.startswith("training: loss 0.") and training.endswith("accuracy 100.00%")
    assert test == (training.replace("training", "test") if with_test_set else "no test tweets in twitter_data.pkl")
    assert sentiment == "Negative sentiment"
    with np.load(tmp_path / "model_params.npz") as saved:
        assert sorted(saved) == ["Ls", "W1", "W2", "b1", "b2"] and saved["Ls"].shape == (400,)
        pickled = pickle.loads((tmp_path / "assignment2.pkl").read_bytes())
        assert sorted(pickled) == ["W1", "W2", "b1", "b2"]
        for name, value in pickled.items():
            np.testing.assert_array_equal(value, saved[name])
