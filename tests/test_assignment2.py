"""assignment2.py, question by question, each against an oracle that shares no code with it.

Tolerances are relative unless said otherwise; float64 carries 1.1e-16.
"""

import math
import pickle
import subprocess
import sys
import types
from pathlib import Path

import mpmath
import numpy as np
import pytest

import assignment2
from assignment2 import (
    bce_forward,
    descend,
    gradients,
    inference_2_layers,
    inference_2layers,
    inference_layer,
    load_pickle,
    load_tweets,
    sigmoid,
    train_nn,
    update_params,
)

ROOT = Path(assignment2.__file__).parent
SHAPES = [(3, 6, 5), (2, 4, 7), (5, 3, 2), (4, 1, 6), (1, 5, 3), (6, 2, 1), (3, 4, 4)]  # d, ℓ, N; ℓ == N in the last


def network(d, l, N, seed=0, bias="vector"):
    """Random X, y, W1, W2, b1, b2."""
    rng = np.random.default_rng([seed, d, l, N])
    b1, b2 = {
        "vector": (rng.normal(size=l), rng.normal(size=1)),
        "column": (rng.normal(size=(l, 1)), rng.normal(size=(1, 1))),
        "number": (0.3, -0.2),
    }[bias]
    return rng.normal(size=(d, N)), rng.integers(0, 2, N), rng.normal(size=(l, d)), rng.normal(size=(1, l)), b1, b2


def loop_network(X, W1, W2, b1, b2):
    """ŷ, one example, one unit, one weight at a time, in plain Python."""

    def unit(inputs, weights, bias):
        return 1 / (1 + math.exp(-(sum(w * x for w, x in zip(weights, inputs)) + bias)))

    b1, b2 = np.broadcast_to(np.ravel(b1), len(W1)), float(np.ravel(b2)[0])
    hidden = [[unit(X[:, i], W1[j], b1[j]) for j in range(len(W1))] for i in range(X.shape[1])]
    return hidden, [unit(h, W2[0], b2) for h in hidden]


# ---------------------------------------------------------------- Q1.1


def test_sigmoid_is_within_4_units_in_the_last_place():
    rng = np.random.default_rng(1)
    x = np.concatenate([np.linspace(-708.3, 745, 801), rng.normal(size=400) * 30, rng.uniform(-1e-8, 1e-8, 50), [0.0]])
    with np.errstate(all="raise", under="ignore"):
        got = sigmoid(x)
    with mpmath.workdps(40):
        for value, s in zip(x, got):
            true = 1 / (1 + mpmath.exp(-mpmath.mpf(float(value))))
            assert abs(mpmath.mpf(float(s)) - true) <= 4 * np.spacing(float(true)), value


def test_sigmoid_never_warns_and_keeps_to_its_limits():
    extremes = np.array([-np.inf, -1.7e308, -746.0, 746.0, 1.7e308, np.inf, np.nan])
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(sigmoid(extremes), [0, 0, 0, 1, 1, 1, np.nan])


@pytest.mark.parametrize(
    "x, dtype, shape",
    [
        (2, np.float64, ()),
        (2.0, np.float64, ()),
        (np.array([1, -2]), np.float64, (2,)),
        (True, np.float64, ()),
        (np.zeros((2, 3, 4), np.float32), np.float32, (2, 3, 4)),
        ([[0.0]], np.float64, (1, 1)),
        (np.zeros((0, 3)), np.float64, (0, 3)),
    ],
)
def test_sigmoid_keeps_shape_and_precision(x, dtype, shape):
    s = sigmoid(x)
    assert s.dtype == dtype and s.shape == shape


# ---------------------------------------------------------------- Q1.2, Q1.3


@pytest.mark.parametrize("bias", ["vector", "column", "number"])
@pytest.mark.parametrize("d, l, N", SHAPES)
def test_inference_equals_the_loop(d, l, N, bias):
    X, _, W1, W2, b1, b2 = network(d, l, N, bias=bias)
    hidden, yhat = loop_network(X, W1, W2, b1, b2)
    H = inference_layer(X, W1, b1)
    assert H.shape == (l, N)
    np.testing.assert_allclose(H, np.transpose(hidden), rtol=1e-13)
    out = inference_2layers(X, W1, W2, b1, b2)
    assert out.shape == (N,)
    np.testing.assert_allclose(out, yhat, rtol=1e-13)

    one = inference_layer(X[:, 0], W1, b1)
    assert one.shape == (l,)
    np.testing.assert_allclose(one, hidden[0], rtol=1e-13)
    for x in (X[:, 0], X[:, :1], X[:, :1].T):  # (d,), a column, and the row that extract_features gives
        assert inference_2layers(x, W1, W2, b1, b2).shape == (1,)
        np.testing.assert_allclose(inference_2layers(x, W1, W2, b1, b2), yhat[:1], rtol=1e-13)


def test_one_feature_and_many_examples_are_not_taken_for_a_row():
    X, _, W1, W2, b1, b2 = network(1, 5, 3)
    assert inference_2layers(X, W1, W2, b1, b2).shape == (3,)


def test_the_handouts_sample_code_runs_word_for_word(capsys):
    from data.embedded import load_embedded
    from utils import extract_features

    params = load_pickle(ROOT / "assignment2.pkl")
    names = {
        "extract_features": extract_features,
        "inference_2_layers": inference_2_layers,
        "freqs": load_embedded()["freqs"],
        **params,
    }
    exec(
        """
my_tweet = 'This is a ridiculously bright movie. The plot was terrible and I was sad until the ending!'
y_hat = inference_2_layers(
    extract_features(my_tweet, freqs), W1, W2, b1, b2)
print(y_hat)
if y_hat > 0.5:
    print('Positive sentiment')
else:
    print('Negative sentiment')
""",
        names,
    )
    assert capsys.readouterr().out.endswith("Negative sentiment\n")


# ---------------------------------------------------------------- Q1.4


def test_loss_worked_by_hand():
    # y = 1 at 1/2 costs log 2, y = 0 at 1/4 costs log 4/3: their mean.
    assert bce_forward([0.5, 0.25], [1, 0]) == pytest.approx((math.log(2) + math.log(4 / 3)) / 2, rel=1e-15)


def test_loss_pairs_example_by_example_in_any_shape():
    rng = np.random.default_rng(2)
    p, y = rng.uniform(size=7), rng.integers(0, 2, 7)
    true = -sum(math.log(a if b else 1 - a) for a, b in zip(p, y)) / 7
    shapes = [(7,), (1, 7), (7, 1)]
    for a in shapes:
        for b in shapes:
            loss = bce_forward(p.reshape(a), y.reshape(b))
            assert np.ndim(loss) == 0 and loss == pytest.approx(true, rel=1e-14)
    assert bce_forward(0.25, 0) == pytest.approx(math.log(4 / 3), rel=1e-15)


def test_loss_at_the_ends():
    with np.errstate(all="raise"):
        assert bce_forward([0.0, 1.0], [0, 1]) == 0  # 0·log 0 is 0
        assert 30 < bce_forward([1.0], [0]) < 1000 and 30 < bce_forward([0.0], [1]) < 1000
    assert bce_forward([1e-300], [1]) == pytest.approx(300 * math.log(10), rel=1e-14)  # nothing short of 0 is clipped
    assert bce_forward([1.0], [0]) > bce_forward([1 - 2**-53], [0])


# ---------------------------------------------------------------- Q3


def complex_loss(X, y, W1, W2, b1, b2):
    """The loss in complex arithmetic, written anew: Im L(θ + ih)/h is ∂L/∂θ to rounding, with no difference to cancel."""

    def s(z):
        return 1 / (1 + np.exp(-z))

    p = s(W2 @ s(W1 @ X + np.reshape(b1, (-1, 1))) + np.reshape(b2, (-1, 1)))[0]
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / len(y)


def complex_step(X, y, *parameters, h=1e-30):
    slopes = []
    for k, p in enumerate(parameters):
        p = np.asarray(p, dtype=float)
        slope = np.empty(p.shape)
        for index in np.ndindex(p.shape):
            moved = p.astype(complex)
            moved[index] += 1j * h
            slope[index] = complex_loss(X, y, *parameters[:k], moved, *parameters[k + 1 :]).imag / h
        slopes.append(slope)
    return slopes


def loop_gradients(X, y, W1, W2, b1, b2):
    """Backpropagation one example and one weight at a time, in the element forms of Q2.4."""
    hidden, yhat = loop_network(X, W1, W2, b1, b2)
    l, d = W1.shape
    dW1, dW2, db1, db2 = np.zeros((l, d)), np.zeros((1, l)), np.zeros(l), 0.0
    for i, label in enumerate(y):
        error = (yhat[i] - label) / len(y)
        db2 += error
        for j in range(l):
            h = hidden[i][j]
            dW2[0, j] += error * h
            db1[j] += error * W2[0, j] * h * (1 - h)
            for k in range(d):
                dW1[j, k] += error * W2[0, j] * h * (1 - h) * X[k, i]
    return dW1, dW2, db1, db2


@pytest.mark.parametrize("bias", ["vector", "column", "number"])
@pytest.mark.parametrize("d, l, N", SHAPES)
def test_gradients_equal_complex_step_and_loop(d, l, N, bias):
    X, y, W1, W2, b1, b2 = network(d, l, N, bias=bias)
    *got, L = gradients(X, y, W1, W2, b1, b2)
    assert L == pytest.approx(complex_loss(X, y, W1, W2, b1, b2).real, rel=1e-12)
    assert [np.shape(g) for g in got] == [np.shape(p) for p in (W1, W2, b1, b2)]
    for g, slope in zip(got, complex_step(X, y, W1, W2, b1, b2)):
        np.testing.assert_allclose(g, slope, rtol=1e-9)
        assert np.abs(slope).max() > 1e-4  # so that two zeros cannot agree
    dW1, dW2, db1, db2 = loop_gradients(X, y, W1, W2, b1, b2)
    if bias == "number":
        db1 = db1.sum()  # all hidden units share it
    for g, by_loop in zip(got, (dW1, dW2, np.reshape(db1, np.shape(b1)), np.reshape(db2, np.shape(b2)))):
        np.testing.assert_allclose(g, by_loop, rtol=1e-10)


def test_gradients_of_the_published_example():
    """The later template's check; its gradients are sums over the batch of three, ours are means."""
    dW1, dW2, db1, db2, L = gradients(
        [[1, 2, 3], [4, 5, 6]],
        [0, 1, 0],
        [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]],
        [[0.7, 0.8, 0.9]],
        [0.1, 0.2, 0.3],
        [0.3],
    )
    assert L == pytest.approx(1.7287272636229514, rel=1e-15)
    assert 3 * db2[0] == pytest.approx(1.767495823193705, rel=1e-14)
    np.testing.assert_allclose(3 * dW2, [[1.38163852, 1.64474415, 1.72847074]], rtol=1e-8)
    np.testing.assert_allclose(3 * db1, [0.20784722, 0.08904251, 0.03385342], rtol=1e-7)
    np.testing.assert_allclose(
        3 * dW1, [[0.38040779, 1.00394945], [0.12798198, 0.39510952], [0.04042118, 0.14198144]], rtol=1e-7
    )


def test_gradients_take_one_example_and_labels_in_any_shape():
    X, y, W1, W2, b1, b2 = network(3, 6, 5)
    expected = gradients(X, y, W1, W2, b1, b2)
    for labels in (list(y), y[None], y[:, None], y.astype(bool)):
        for a, b in zip(gradients(X, labels, W1, W2, b1, b2), expected):
            np.testing.assert_array_equal(a, b)
    for x in (X[:, 0], X[:, :1].T):
        for a, b in zip(gradients(x, y[0], W1, W2, b1, b2), gradients(X[:, :1], y[:1], W1, W2, b1, b2)):
            np.testing.assert_array_equal(a, b)


def test_a_saturated_mistake_still_has_a_gradient():
    # z2 = 40 with y = 0: ŷ rounds to 1, ŷ(1 - ŷ) to 0, and the error must come through as 1 all the same.
    *_, db2, L = gradients(np.zeros((1, 1)), [0], np.zeros((1, 1)), np.zeros((1, 1)), 0.0, 40.0)
    assert db2 == 1 and 30 < L < 50


# ---------------------------------------------------------------- Q4


@pytest.mark.parametrize("bias", ["vector", "column", "number"])
def test_a_step_goes_down_the_slope_and_leaves_its_inputs(bias):
    X, y, W1, W2, b1, b2 = network(3, 6, 5, bias=bias)
    before = pickle.dumps((X, y, W1, W2, b1, b2))
    new = update_params(X, y, W1, b1, W2, b2, lr=0.5)
    assert pickle.dumps((X, y, W1, W2, b1, b2)) == before
    for p, slope, q in zip((W1, W2, b1, b2), complex_step(X, y, W1, W2, b1, b2), (new[0], new[2], new[1], new[3])):
        assert np.shape(q) == np.shape(p)
        np.testing.assert_allclose(q, p - 0.5 * slope, rtol=1e-9)


def test_a_step_takes_integer_parameters_and_the_handouts_names():
    W1, B1, W2, b2 = np.ones((2, 3), int), np.zeros(2, int), np.array([[1, -1]]), np.array([0])
    # Both hidden units are alike and W2 tells them apart: z2 = h - h = 0, ŷ = 1/2, so a label of 1 moves b2 by lr/2.
    new = update_params(batchx=np.ones((3, 1)), batchy=[1], W1=W1, B1=B1, W2=W2, b2=b2, lr=0.01)
    assert new[3] == pytest.approx([0.005], rel=1e-14)
    assert W1.dtype == int and (W1 == 1).all() and new[0].dtype == float


# ---------------------------------------------------------------- Q5


@pytest.mark.parametrize("d, l, batch", [(3, 6, 32), (2, 1, 5), (1, 4, 1)])
def test_the_fast_loop_takes_the_steps_of_update_params(d, l, batch):
    """500 steps agree to 1e-10."""
    X, y, W1, W2, b1, b2 = network(d, l, 500 * batch)
    slow = W1, b1, W2, b2
    for i in range(0, X.shape[1], batch):
        slow = update_params(X[:, i : i + batch], y[i : i + batch], *slow, lr=0.3)
    fast = assignment2._descend_fast(X, y, W1, b1, W2, b2, lr=0.3, batch=batch)
    for a, b, start in zip(fast, slow, (W1, b1, W2, b2)):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
        assert np.abs(b - start).max() > 0.01  # it went somewhere


def test_batches_are_whole_passes_in_new_orders():
    drawn = assignment2._draw_batches(10, 3, np.random.default_rng(0)).reshape(-1, 9)
    assert len(drawn) * 3 >= 256
    assert all(len(set(a_pass)) == 9 for a_pass in drawn)  # no example twice in a pass, one waits
    assert len({tuple(a_pass) for a_pass in drawn}) == len(drawn)
    assert set(drawn.ravel()) == set(range(10))


def last(run):
    *_, checkpoint = run
    return checkpoint


def blobs(N=400, seed=3):
    """Two clouds of counts, as skewed as a tweet's, beside the constant 1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, N)
    p, n = rng.exponential(np.where(y, 2000, 50)), rng.exponential(np.where(y, 50, 2000))
    return np.stack([np.ones(N), p, n]), y


def test_training_learns_and_its_parameters_work_on_raw_features():
    X, y = blobs()
    c = last(descend(X, y, 4, iters=20_000))
    W1, b1, W2, b2 = c.best
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((4, 3), (4,), (1, 4), (1,))
    _, yhat = loop_network(X, W1, W2, b1, b2)
    loss = -np.mean(np.log(np.where(y, yhat, 1 - np.array(yhat))))
    assert c.step == 20_000 and loss == pytest.approx(c.loss, rel=0.05) and loss < 0.16  # 0.69 is chance


def test_the_best_checkpoint_has_the_lowest_training_loss():
    X, y = blobs()
    run = list(descend(X, y, 4, iters=20_000, lr=2))  # steps so large that the loss jumps about
    assert (
        bce_forward(inference_2layers(X, *[run[-1].best[i] for i in (0, 2, 1, 3)]), y)
        == min(c.loss for c in run)
        < run[-1].loss
    )


def test_one_seed_one_result_and_no_global_random_state():
    X, y = blobs()
    np.random.seed(7)  # noqa: to see that nobody draws from it
    state = pickle.dumps(np.random.get_state())
    a, b, other = (last(descend(X, y, 3, 2000, seed=s)).best for s in (5, 5, 6))
    assert pickle.dumps(np.random.get_state()) == state
    assert all((p == q).all() for p, q in zip(a, b)) and not any((p == q).all() for p, q in zip(a, other))


@pytest.mark.parametrize("iters, batch", [(1, 1), (1, 32), (7.0, 2), (300, 500), (1e3, 32)])
@pytest.mark.parametrize("N", [1, 2, 3, 33])
def test_the_number_of_steps_is_what_was_asked(N, iters, batch):
    X, y = blobs(N)
    c = last(descend(X, y, 2, iters, batch=batch))
    assert c.step == iters and all(np.isfinite(p).all() for p in c.best)


def write(path, **data):
    path.write_bytes(pickle.dumps(data))
    return path


FREQS = {("good", 1.0): 5, ("bad", 0.0): 4}


@pytest.mark.parametrize("labels", [[1, 0], [1.0, 0.0], np.array([1, 0]), np.array([[1.0], [0.0]])])
def test_train_nn_on_the_smallest_file(tmp_path, labels):
    path = write(tmp_path / "two.pkl", train_x=["good", "bad"], train_y=labels, freqs=FREQS)
    W1, b1, W2, b2 = train_nn(path, 2, iters=3e4)
    yhat = inference_2layers(np.array([[1, 1], [5, 0], [0, 4]]), W1, W2, b1, b2)
    assert yhat[0] > 0.9 and yhat[1] < 0.1


def test_train_nn_asks_utils_for_extract_features_alone(tmp_path, monkeypatch):
    """It works beside another utils.py, and gives what `descend` gives for the same features."""
    other = types.ModuleType("utils")
    other.extract_features = lambda tweet, freqs: np.array([[1.0, len(tweet), freqs["n", 1]]])
    monkeypatch.setitem(sys.modules, "utils", other)
    path = write(tmp_path / "d.pkl", train_x=["a", "abc", "abcdef"], train_y=[0, 1, 1], freqs={("n", 1): 3})
    got = train_nn(path, hidden_layer_size=2, iters=50, lr=0.1)
    X = np.array([[1, 1, 1], [1, 3, 6], [3, 3, 3]])
    for a, b in zip(got, last(descend(X, [0, 1, 1], 2, 50, 0.1)).best):
        np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------- bad input: one sentence that names what it saw


X, Y, W1, W2, B1, B2 = network(3, 6, 5)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: inference_layer(X[:2], W1, B1), r"\(2, 5\).*\(6, 3\)"),
        (lambda: inference_layer(X, W1, np.zeros(5)), r"\(5,\).*6 units"),
        (lambda: inference_layer(X, W1, np.zeros((1, 6))), r"\(1, 6\).*6 units"),
        (lambda: inference_2layers(X, W1, W2[:, :4], B1, B2), r"\(6, 5\).*\(1, 4\)"),
        (lambda: inference_2layers(X, W1, W2.T, B1, B2), r"\(6, 1\)"),
        (lambda: gradients(X.T, Y, W1, W2, B1, B2), r"\(5, 3\).*\(6, 3\)"),
        (lambda: gradients(X, Y[:4], W1, W2, B1, B2), r"\(4,\).*\(1, 5\).*5 examples"),
        (lambda: gradients(X[:, :0], [], W1, W2, B1, B2), r"no examples"),
        (lambda: gradients(X * np.nan, Y, W1, W2, B1, B2), r"yhat at index 0 is nan"),
        (lambda: bce_forward([0.5, 0.5], [1, np.nan]), r"index 1 is nan: a label is 0 or 1"),
        (lambda: bce_forward([0.5, 0.5], [1, 2]), r"index 1 is 2: a label is 0 or 1"),
        (lambda: bce_forward([0.5, 1.5], [1, 0]), r"yhat at index 1 is 1.5"),
        (lambda: bce_forward([0.5], ["positive"]), r"0 or 1.*positive"),
        (lambda: bce_forward([], []), r"no examples"),
        (lambda: bce_forward([0.5, 0.5], [[1, 0], [0, 1]]), r"\(2, 2\).*\(2,\)"),
        (lambda: last(descend(X, Y, 0)), r"hidden must be at least 1, not 0"),
        (lambda: last(descend(X, Y, 2, iters=-1)), r"iters must be at least 1, not -1"),
        (lambda: last(descend(X, Y, 2, iters=1.5)), r"iters must be a whole number, not 1.5"),
        (lambda: last(descend(X, Y, 2, iters=np.inf)), r"iters must be a whole number, not inf"),
        (lambda: last(descend(X, Y, 2, lr=np.nan)), r"lr must be a positive number, not nan"),
        (lambda: last(descend(X, Y, 2, batch=0)), r"batch must be at least 1, not 0"),
        (lambda: last(descend(X, Y, 2, seed=-1)), r"seed must be at least 0, not -1"),
        (lambda: last(descend(X, Y[:3], 2)), r"\(3,\).*\(3, 5\)"),
        (lambda: last(descend(X * [1, 1, np.inf, 1, 1], Y, 2)), r"X at index \(0, 2\) is -?inf"),
    ],
)
def test_bad_arguments(call, says):
    with pytest.raises(ValueError, match=says) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_steps_too_large_are_reported():
    with pytest.raises(FloatingPointError, match="by step .* with lr=1e\\+308: use a smaller lr"):
        last(descend(*blobs(), 4, 1000, lr=1e308))


class RunsCode:
    def __reduce__(self):
        return print, ("this must never be printed",)


GOOD = dict(train_x=["good", "bad"], train_y=[1, 0], test_x=["good"], test_y=[1], freqs=FREQS)


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "is empty"),
        (pickle.dumps(GOOD)[:-20], "not a whole pickle"),
        (b"not a pickle at all", "not a whole pickle"),
        (pickle.dumps(RunsCode()), r"refused, it asks to call builtins.print"),
        (pickle.dumps({**GOOD, "freqs": RunsCode()}), r"refused"),
        (pickle.dumps([1, 2]), "holds a list"),
        (pickle.dumps({"train_x": ["a"], "freqs": {}}), "has no train_y"),
        (pickle.dumps({**GOOD, "train_y": [1]}), r"train_y: labels of shape \(1,\).*2 examples"),
        (pickle.dumps({**GOOD, "train_y": [1, 3]}), r"train_y: .*index 1 is 3: a label is 0 or 1"),
        (pickle.dumps({**GOOD, "test_y": [np.nan]}), r"test_y: .*nan"),
        (pickle.dumps({**GOOD, "train_x": [], "train_y": []}), "train_x holds no tweets"),
        (pickle.dumps({**GOOD, "train_x": ["good", 7]}), r"train_x\[1\] is a int"),
        (pickle.dumps({**GOOD, "freqs": [1]}), "freqs is a list"),
    ],
)
def test_bad_files(tmp_path, capsys, content, says):
    path = tmp_path / "data.pkl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=says) as raised:
        load_tweets(path)
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)
    assert capsys.readouterr().out == ""
    with pytest.raises(FileNotFoundError, match="nowhere.pkl: no such file"):
        load_tweets(tmp_path / "nowhere.pkl")


@pytest.mark.parametrize("protocol", range(6))
def test_the_loader_reads_what_plain_pickle_reads(tmp_path, protocol):
    data = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": [1, (2.5, "x", b"y", None)],
        "c": np.float64(3),
        "d": {("w", 1.0): 2},
        "e": np.array(["p"], object),
    }
    path = tmp_path / "p.pkl"
    path.write_bytes(pickle.dumps(data, protocol=protocol))
    got = load_pickle(path)
    np.testing.assert_array_equal(got.pop("a"), data.pop("a"))
    assert got == data


# ---------------------------------------------------------------- the file by itself


def test_import_needs_numpy_alone_and_says_nothing(tmp_path):
    code = (
        "import sys, assignment2; print(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    (tmp_path / "assignment2.py").write_bytes((ROOT / "assignment2.py").read_bytes())
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = [
        m
        for m in eval(run.stdout)
        if m not in {"__main__", "__mp_main__", "assignment2", "numpy"} and not m.startswith(("_", "sitecustomize"))
    ]
    assert modules == [] and run.stderr == ""
