"""assignment2.py, question by question, each against an oracle that shares no code with it.

Tolerances are relative unless said otherwise; float64 carries 1.1e-16.
"""

import inspect
import json
import math
import pickle
import shutil
import subprocess
import sys
import types
from pathlib import Path

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
    sigmoid,
    train_nn,
    update_params,
)
from data.reader import read_parameters
from fast_steps import fast_steps

ROOT = Path(assignment2.__file__).parent


# ---- The contract --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [  # the handout's table, and what the solution adds to it after the star
        "sigmoid(x)",
        "inference_layer(X, W, b)",
        "inference_2layers(X, W1, W2, b1, b2)",
        "bce_forward(yhat, y)",
        "gradients(X, y, W1, W2, b1, b2)",
        "update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01)",
        "train_nn(filename, hidden_layer_size, iters=1000000.0, lr=0.01, *, batch=32, seed=0)",
        "descend(X, y, hidden, iters=1000000.0, lr=0.01, *, batch=32, seed=0, stretch=20)",
    ],
)
def test_signatures_and_defaults(signature):
    name, bracket, arguments = signature.partition("(")
    assert str(inspect.signature(getattr(assignment2, name))) == bracket + arguments


def test_a_step_without_lr_takes_the_stated_default():
    """A default that the body ignores would pass the test above."""
    X, y, W1, W2, b1, b2 = network(3, 6, 5)
    for got, want in zip(update_params(X, y, W1, b1, W2, b2), update_params(X, y, W1, b1, W2, b2, 0.01), strict=True):
        np.testing.assert_array_equal(got, want)


SHAPES = [(3, 6, 5), (2, 4, 7), (5, 3, 2), (4, 1, 6), (1, 5, 3), (6, 2, 1), (3, 4, 4)]  # d, ℓ, N; ℓ == N in the last


def network(d, units, N, seed=0, bias="vector"):
    """Random X, y, W1, W2, b1, b2."""
    rng = np.random.default_rng([seed, d, units, N])
    b1, b2 = {
        "vector": (rng.normal(size=units), rng.normal(size=1)),
        "column": (rng.normal(size=(units, 1)), rng.normal(size=(1, 1))),
        "number": (0.3, -0.2),
    }[bias]
    return (
        rng.normal(size=(d, N)),
        rng.integers(0, 2, N),
        rng.normal(size=(units, d)),
        rng.normal(size=(1, units)),
        b1,
        b2,
    )


def loop_network(X, W1, W2, b1, b2):
    """ŷ, one example, one unit, one weight at a time, in plain Python."""

    def unit(inputs, weights, bias):
        return 1 / (1 + math.exp(-(sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias)))

    b1, b2 = np.broadcast_to(np.ravel(b1), len(W1)), float(np.ravel(b2)[0])
    hidden = [[unit(X[:, i], W1[j], b1[j]) for j in range(len(W1))] for i in range(X.shape[1])]
    return hidden, [unit(h, W2[0], b2) for h in hidden]


# ---- Q1.1 ----------------------------------------------------------------------------------------


def test_sigmoid_is_within_4_units_in_the_last_place():
    mpmath = pytest.importorskip("mpmath", reason="needs mpmath: python -m pip install -r requirements-all.txt")
    rng = np.random.default_rng(1)
    x = np.concatenate([np.linspace(-708.3, 745, 801), rng.normal(size=400) * 30, rng.uniform(-1e-8, 1e-8, 50), [0.0]])
    with np.errstate(all="raise", under="ignore"):
        got = sigmoid(x)
    with mpmath.workdps(40):
        for value, s in zip(x, got, strict=True):
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


# ---- Q1.2, Q1.3 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", ["vector", "column", "number"])
@pytest.mark.parametrize("d, units, N", SHAPES)
def test_inference_equals_the_loop(d, units, N, bias):
    X, _, W1, W2, b1, b2 = network(d, units, N, bias=bias)
    hidden, yhat = loop_network(X, W1, W2, b1, b2)
    H = inference_layer(X, W1, b1)
    assert H.shape == (units, N)
    np.testing.assert_allclose(H, np.transpose(hidden), rtol=1e-13)
    out = inference_2layers(X, W1, W2, b1, b2)
    assert out.shape == (N,)
    np.testing.assert_allclose(out, yhat, rtol=1e-13)

    one = inference_layer(X[:, 0], W1, b1)
    assert one.shape == (units,)
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

    W1, b1, W2, b2 = read_parameters(ROOT / "assignment2.pkl")
    names = {
        "extract_features": extract_features,
        "inference_2_layers": inference_2_layers,
        "freqs": load_embedded()["freqs"],
        **{"W1": W1, "b1": b1, "W2": W2, "b2": b2},
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


# ---- Q1.4 ----------------------------------------------------------------------------------------


def test_loss_worked_by_hand():
    # y = 1 at 1/2 costs log 2, y = 0 at 1/4 costs log 4/3: their mean.
    assert bce_forward([0.5, 0.25], [1, 0]) == pytest.approx((math.log(2) + math.log(4 / 3)) / 2, rel=1e-15)


def test_loss_pairs_example_by_example_in_any_shape():
    rng = np.random.default_rng(2)
    p, y = rng.uniform(size=7), rng.integers(0, 2, 7)
    true = -sum(math.log(a if b else 1 - a) for a, b in zip(p, y, strict=True)) / 7
    shapes = [(7,), (1, 7), (7, 1)]
    for a in shapes:
        for b in shapes:
            loss = bce_forward(p.reshape(a), y.reshape(b))
            assert np.ndim(loss) == 0 and loss == pytest.approx(true, rel=1e-14)
    assert bce_forward(0.25, 0) == pytest.approx(math.log(4 / 3), rel=1e-15)


def test_loss_of_a_confident_mistake_has_the_stated_floors():
    # ŷ = 0 counts as 2.2250738585072014e-308 = 2^-1022, and 1 - ŷ = 0 as 2^-54; rel 1e-15.
    assert bce_forward([0.0], [1]) == pytest.approx(1022 * math.log(2), rel=1e-15)
    assert bce_forward([1e-320], [1]) == pytest.approx(1022 * math.log(2), rel=1e-15)
    assert bce_forward([1.0], [0]) == pytest.approx(54 * math.log(2), rel=1e-15)


def test_loss_at_the_ends():
    with np.errstate(all="raise"):
        assert bce_forward([0.0, 1.0], [0, 1]) == 0  # 0·log 0 is 0
        assert 30 < bce_forward([1.0], [0]) < 1000 and 30 < bce_forward([0.0], [1]) < 1000
    assert bce_forward([1e-300], [1]) == pytest.approx(300 * math.log(10), rel=1e-14)  # nothing short of 0 is clipped
    assert bce_forward([1.0], [0]) > bce_forward([1 - 2**-53], [0])


# ---- Q3 ------------------------------------------------------------------------------------------


def complex_loss(X, y, W1, W2, b1, b2):
    """The loss in complex arithmetic, written anew: Im L(θ + ih)/h is ∂L/∂θ to rounding, with nothing to cancel."""

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
    units, d = W1.shape
    dW1, dW2, db1, db2 = np.zeros((units, d)), np.zeros((1, units)), np.zeros(units), 0.0
    for i, label in enumerate(y):
        error = (yhat[i] - label) / len(y)
        db2 += error
        for j in range(units):
            h = hidden[i][j]
            dW2[0, j] += error * h
            db1[j] += error * W2[0, j] * h * (1 - h)
            for k in range(d):
                dW1[j, k] += error * W2[0, j] * h * (1 - h) * X[k, i]
    return dW1, dW2, db1, db2


@pytest.mark.parametrize("bias", ["vector", "column", "number"])
@pytest.mark.parametrize("d, units, N", SHAPES)
def test_gradients_equal_complex_step_and_loop(d, units, N, bias):
    X, y, W1, W2, b1, b2 = network(d, units, N, bias=bias)
    *got, L = gradients(X, y, W1, W2, b1, b2)
    assert L == pytest.approx(complex_loss(X, y, W1, W2, b1, b2).real, rel=1e-12)
    assert [np.shape(g) for g in got] == [np.shape(p) for p in (W1, W2, b1, b2)]
    for g, slope in zip(got, complex_step(X, y, W1, W2, b1, b2), strict=True):
        np.testing.assert_allclose(g, slope, rtol=1e-9)
        assert np.abs(slope).max() > 1e-4  # so that two zeros cannot agree
    dW1, dW2, db1, db2 = loop_gradients(X, y, W1, W2, b1, b2)
    if bias == "number":
        db1 = db1.sum()  # all hidden units share it
    for g, by_loop in zip(got, (dW1, dW2, np.reshape(db1, np.shape(b1)), np.reshape(db2, np.shape(b2))), strict=True):
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


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_bias_for_all_units_is_a_number_in_any_shape(shape):
    """Its gradient is the sum of those of the units' own biases (rel 1e-12), a number for a number."""
    X, y, W1, W2, _, _ = network(3, 6, 5)
    number = 0.3 if shape == () else np.full(shape, 0.3)
    np.testing.assert_array_equal(inference_layer(X, W1, number), inference_layer(X, W1, np.full(6, 0.3)))
    np.testing.assert_array_equal(inference_layer(X[:, 0], W1, number), inference_layer(X[:, 0], W1, np.full(6, 0.3)))
    *_, db1, db2, _ = gradients(X, y, W1, W2, number, number)
    *_, each, db2_of_a_vector, _ = gradients(X, y, W1, W2, np.full(6, 0.3), np.array([0.3]))
    assert np.shape(db1) == np.shape(db2) == shape
    np.testing.assert_allclose(np.ravel(db1), [each.sum()], rtol=1e-12)
    np.testing.assert_allclose(np.ravel(db2), db2_of_a_vector, rtol=1e-12)
    if shape == ():
        assert isinstance(db1, float) and isinstance(db2, float)


def test_gradients_take_one_example_and_labels_in_any_shape():
    X, y, W1, W2, b1, b2 = network(3, 6, 5)
    expected = gradients(X, y, W1, W2, b1, b2)
    for labels in (list(y), y[None], y[:, None], y.astype(bool)):
        for a, b in zip(gradients(X, labels, W1, W2, b1, b2), expected, strict=True):
            np.testing.assert_array_equal(a, b)
    for x in (X[:, 0], X[:, :1].T):
        for a, b in zip(gradients(x, y[0], W1, W2, b1, b2), gradients(X[:, :1], y[:1], W1, W2, b1, b2), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_saturated_mistake_still_has_a_gradient():
    # z2 = 40 with y = 0: ŷ rounds to 1, ŷ(1 - ŷ) to 0, and the error must come through as 1 all the same.
    *_, db2, L = gradients(np.zeros((1, 1)), [0], np.zeros((1, 1)), np.zeros((1, 1)), 0.0, 40.0)
    assert db2 == 1 and 30 < L < 50


# ---- Q4 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", ["vector", "column", "number"])
def test_a_step_goes_down_the_slope_and_leaves_its_inputs(bias):
    X, y, W1, W2, b1, b2 = network(3, 6, 5, bias=bias)
    before = pickle.dumps((X, y, W1, W2, b1, b2))
    new = update_params(X, y, W1, b1, W2, b2, lr=0.5)
    assert pickle.dumps((X, y, W1, W2, b1, b2)) == before
    for p, slope, q in zip(
        (W1, W2, b1, b2), complex_step(X, y, W1, W2, b1, b2), (new[0], new[2], new[1], new[3]), strict=True
    ):
        assert np.shape(q) == np.shape(p)
        np.testing.assert_allclose(q, p - 0.5 * slope, rtol=1e-9)


def test_a_step_takes_integer_parameters_and_the_handouts_names():
    W1, B1, W2, b2 = np.ones((2, 3), int), np.zeros(2, int), np.array([[1, -1]]), np.array([0])
    # Both hidden units are alike and W2 tells them apart: z2 = h - h = 0, ŷ = 1/2, so a label of 1 moves b2 by lr/2.
    new = update_params(batchx=np.ones((3, 1)), batchy=[1], W1=W1, B1=B1, W2=W2, b2=b2, lr=0.01)
    assert new[3] == pytest.approx([0.005], rel=1e-14)
    assert W1.dtype == int and (W1 == 1).all() and new[0].dtype == float


# ---- Q5 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "d, units, batch, steps",
    # One block of columns; several (600, 1024, 8000); no divisor in 128 to 512 (521); one unit, feature or example.
    [(3, 6, 32, 500), (2, 1, 5, 500), (1, 4, 1, 500), (3, 5, 600, 300), (4, 3, 1024, 200), (3, 2, 521, 200)]
    + [(3, 20, 8000, 20), (30, 2, 7, 300), (1, 1, 1, 300), (3, 300, 32, 300)],
)
def test_fast_steps_are_those_of_update_params(d, units, batch, steps):
    """To 1e-10 after all the steps, taken in two calls, since buffers and state must not leak from one to the next."""
    X, y, W1, W2, b1, b2 = network(d, units, 8000)
    batches = np.random.default_rng(batch).integers(0, 8000, (steps, batch))
    slow = W1, b1, W2, b2
    for chosen in batches:
        slow = update_params(X[:, chosen], y[chosen], *slow, lr=0.3)
    take_steps = fast_steps(X, y, units, batch, 0.3)
    start = pickle.dumps((W1, b1, W2, b2))
    half = take_steps(batches[: steps // 3], (W1, b1, W2, b2))
    kept = pickle.dumps(half)
    fast = take_steps(batches[steps // 3 :], half)
    assert pickle.dumps((W1, b1, W2, b2)) == start and pickle.dumps(half) == kept  # new arrays, none of them views
    for a, b, before in zip(fast, slow, (W1, b1, W2, b2), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
        assert np.abs(b - before).max() > 0.01  # it went somewhere


def test_batches_are_whole_passes_in_new_orders():
    drawn = np.concatenate(list(assignment2._draw_batches(10, 3, 600, np.random.default_rng(0))))
    assert drawn.shape == (600, 3)
    passes = drawn.reshape(-1, 9)  # three batches; the tenth example is left out of the pass
    assert all(len(set(one)) == 9 for one in passes.tolist())
    assert len({tuple(one) for one in passes.tolist()}) == len(passes)
    assert set(drawn.ravel().tolist()) == set(range(10))


@pytest.mark.parametrize(
    "iters, first, count, widest",
    # Every step at first, a quarter of the steps so far from 4 on, a two hundredth of the run at most.
    [
        (1_000_000, [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22], 240, 5000),
        (200, list(range(1, 14)), 200, 1),
        (1, [1], 1, 1),
    ],
)
def test_checkpoints_are_denser_at_first(iters, first, count, widest):
    """Worked by hand for the first; the number within 5."""
    ends = np.cumsum([len(b) for b in assignment2._draw_batches(8000, 8, iters, np.random.default_rng(0))])
    assert ends[:13].tolist() == first and ends[-1] == iters
    assert abs(len(ends) - count) <= 5 and np.diff(ends, prepend=0).max() == widest


def test_large_batches_are_not_all_drawn_at_once():
    drawn = assignment2._draw_batches(8000, 8000, 1e12, np.random.default_rng(0))
    assert max(next(drawn).size for _ in range(30)) <= 10**6


def test_initial_weights_have_variance_one_over_fan_in():
    """After one vanishing step, at stretch 1. 20,000 and 5,000 draws: 5 % is 10 and 5 standard deviations."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 50))
    c = last(descend(X, rng.integers(0, 2, 50), 5000, iters=1, lr=1e-300, stretch=1))
    W1, b1, W2, b2 = c.parameters
    assert np.std(W1 * X.std(axis=1)) == pytest.approx(1 / 2, rel=0.05)
    assert np.std(W2) == pytest.approx(1 / np.sqrt(5000), rel=0.05)
    assert np.abs(b1).max() < 1e-290 and np.abs(b2).max() < 1e-290


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
    run = list(descend(X, y, 4, iters=2000, lr=2))  # steps so large that the loss jumps about
    assert (
        bce_forward(inference_2layers(X, *[run[-1].best[i] for i in (0, 2, 1, 3)]), y)
        == min(c.loss for c in run)
        < run[-1].loss
    )


def test_one_seed_one_result_and_no_global_random_state():
    X, y = blobs()
    np.random.seed(7)  # to see that nobody draws from it
    state = pickle.dumps(np.random.get_state())
    a, b, other = (last(descend(X, y, 3, 300, seed=s)).best for s in (5, 5, 6))
    assert pickle.dumps(np.random.get_state()) == state
    assert all((p == q).all() for p, q in zip(a, b, strict=True)) and not any(
        (p == q).all() for p, q in zip(a, other, strict=True)
    )


@pytest.mark.parametrize("iters, batch", [(1, 1), (1, 32), (7.0, 2), (30, 500), (403, 32)])
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
    tweets = np.array(["good", "bad"]) if isinstance(labels, np.ndarray) else ["good", "bad"]
    path = write(tmp_path / "two.pkl", train_x=tweets, train_y=labels, freqs=FREQS)
    W1, b1, W2, b2 = train_nn(path, 2, iters=1e3, lr=0.3)
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
    for a, b in zip(got, last(descend(X, [0, 1, 1], 2, 50, 0.1)).best, strict=True):
        np.testing.assert_array_equal(a, b)


# ---- Bad input: one sentence that names what it saw ----------------------------------------------


X, Y, W1, W2, B1, B2 = network(3, 6, 5)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: inference_layer(X[:2], W1, B1), r"\(2, 5\).*\(6, 3\)"),
        (lambda: inference_layer(X, W1[0], B1), r"\(3, 5\).*\(3,\)"),
        (lambda: inference_layer(X[None], W1, B1), r"\(1, 3, 5\).*\(6, 3\)"),
        (lambda: inference_layer(X[:, :, None], W1, B1), r"\(3, 5, 1\).*\(6, 3\)"),
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
        (lambda: last(descend(X, Y, 0)), r"hidden must be a whole number of at least 1, not 0"),
        (lambda: last(descend(X, Y, 2, iters=-1)), r"iters must be a whole number of at least 1, not -1"),
        (lambda: last(descend(X, Y, 2, iters=1.5)), r"iters must be a whole number of at least 1, not 1.5"),
        (lambda: last(descend(X, Y, 2, iters=np.inf)), r"iters must be a whole number of at least 1, not inf"),
        (lambda: last(descend(X, Y, 2, lr=np.nan)), r"lr must be a positive number, not nan"),
        (lambda: last(descend(X, Y, 2, batch=0)), r"batch must be a whole number of at least 1, not 0"),
        (lambda: last(descend(X, Y, 2, seed=-1)), r"seed must be a whole number of at least 0, not -1"),
        (lambda: last(descend(X, Y[:3], 2)), r"\(3,\).*\(3, 5\)"),
        (lambda: last(descend(X * [1, 1, np.inf, 1, 1], Y, 2)), r"X at index \(0, 2\) is -?inf"),
    ],
)
def test_bad_arguments(call, says):
    with pytest.raises(ValueError, match=says) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_steps_too_large_are_reported():
    with pytest.raises(FloatingPointError, match=r"overflow by step \d+ with lr=1e\+308: use a smaller lr"):
        last(descend(*blobs(), 4, 1000, lr=1e308))


# ---- The file by itself --------------------------------------------------------------------------


def in_a_folder_of_its_own(folder, code, *names):
    """What `code` prints, run where only these files of the project are."""
    for name in names:
        shutil.copy(ROOT / name, folder)
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout)


def test_import_needs_numpy_alone_and_says_nothing(tmp_path):
    code = """
import json, sys, assignment2
print(json.dumps(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))))"""
    modules = in_a_folder_of_its_own(tmp_path, code, "assignment2.py")
    known = {"__main__", "__mp_main__", "assignment2", "numpy"}
    assert [m for m in modules if m not in known and not m.startswith(("_", "sitecustomize"))] == []


COUNTED = """
import json, numpy as np, assignment2
calls = {"gradients": 0, "update_params": 0}
def counted(name, function):
    def call(*arguments, **named):
        calls[name] += 1
        return function(*arguments, **named)
    return call
for name in calls:
    setattr(assignment2, name, counted(name, getattr(assignment2, name)))
parameters = assignment2.train_nn("data.pkl", 4, 300, 0.1)
print(json.dumps([calls, [p.tolist() for p in parameters]]))"""


def test_by_itself_it_trains_through_q4_and_q3_and_agrees_with_the_fast_steps(tmp_path):
    """300 steps are 300 calls of update_params, each of which calls gradients; to 1e-10 what fast_steps gives."""
    tweets = ["good good", "bad", "good", "bad bad", "good bad good"] * 9
    path = write(tmp_path / "data.pkl", train_x=tweets, train_y=[1, 0, 1, 0, 1] * 9, freqs=FREQS)
    calls, parameters = in_a_folder_of_its_own(tmp_path, COUNTED, "assignment2.py", "utils.py")
    assert calls == {"gradients": 300, "update_params": 300}
    for alone, beside in zip(parameters, train_nn(path, 4, 300, 0.1), strict=True):
        np.testing.assert_allclose(alone, beside, rtol=1e-10, atol=1e-12)
    shutil.copy(ROOT / "fast_steps.py", tmp_path)
    calls, again = in_a_folder_of_its_own(tmp_path, COUNTED)
    assert calls == {"gradients": 0, "update_params": 0}
    np.testing.assert_allclose(again[0], parameters[0], rtol=1e-10)


def test_by_itself_it_reports_an_overflow_too(monkeypatch):
    monkeypatch.setattr(assignment2, "fast_steps", None)
    with pytest.raises(FloatingPointError, match="use a smaller lr"):
        last(descend(*blobs(), 4, 1000, lr=1e308))


def test_it_can_be_read_in_one_sitting():
    assert len((ROOT / "assignment2.py").read_text(encoding="utf-8").splitlines()) <= 300
