"""Questions 1 and 2 of the companion: softmax, sigmoid, the gradient checker, the network of one hidden layer.

Oracles: mpmath for the functions, and for the network a loop over samples in complex numbers, whose imaginary part at a
step of 1e-30 is the derivative without a difference's rounding.
"""

import cmath
import random
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
from q1_softmax import softmax, softmax_vector
from q2_gradcheck import gradcheck_naive
from q2_neural import forward_backward_prop
from q2_sigmoid import sigmoid, sigmoid_grad

COMPANION = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "name",
    ["q1_softmax", "q2_sigmoid", "q2_gradcheck", "q2_neural", "q3_word2vec", "q3_sgd", "utils/treebank", "utils/glove"],
)
def test_each_file_runs_by_itself_from_anywhere(name, tmp_path):
    run = subprocess.run([sys.executable, COMPANION / f"{name}.py"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "\nAll checks of" in "\n" + run.stdout


# ---- softmax -------------------------------------------------------------------------------------


def exact_softmax(row):
    e = [mpmath.exp(mpmath.mpf(float(entry))) for entry in row]
    return np.array([float(x / mpmath.fsum(e)) for x in e])


@pytest.mark.parametrize(
    "row",
    [
        [1, 2],
        [1001, 1002],
        [-1001, -1002],
        [3.0],
        [0, 0, 0],
        [710, -710, 0],
        [-1e8, 1, 1.5],
        list(np.random.default_rng(0).normal(scale=30, size=40)),
    ],
)
def test_softmax_of_a_vector_against_fifty_digits(row):
    with mpmath.workdps(50):
        expected = exact_softmax(row)
    # exp of a shift of 700 is exact to 1e-13: the shift itself is rounded.
    np.testing.assert_allclose(softmax(np.array(row)), expected, rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(softmax_vector(np.array(row)), softmax(np.array(row)))


def test_softmax_takes_each_row_by_itself_and_leaves_its_input():
    x = np.random.default_rng(1).normal(scale=5, size=(6, 4))
    x[2] += 1000
    before = x.copy()
    result = softmax(x)
    assert result.shape == x.shape
    for row, expected in zip(result, x, strict=True):
        np.testing.assert_array_equal(row, softmax(expected))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_allclose(
        softmax([[1001, 1002], [3, 4]]), [[0.26894142, 0.73105858]] * 2, rtol=0, atol=1e-8
    )  # published


@pytest.mark.parametrize(
    "row, expected",
    [
        ([0, -np.inf], [1, 0]),
        ([-np.inf, -np.inf], [0.5, 0.5]),
        ([5, np.inf, -np.inf], [0, 1, 0]),
        ([np.inf, 1, np.inf], [0.5, 0, 0.5]),
        ([1.7e308, -1.7e308], [1, 0]),  # finite, and further apart than the largest float
    ],
)
def test_softmax_of_infinite_and_of_the_widest_rows_is_the_limit(row, expected):
    np.testing.assert_array_equal(softmax(row), expected)
    np.testing.assert_array_equal(softmax([[0, 0, 0][: len(row)], row])[1], expected)  # beside an ordinary row


def test_softmax_keeps_float32_and_makes_float64_of_integers():
    assert softmax(np.float32([1, 2])).dtype == np.float32
    assert softmax([1, 2]).dtype == np.float64


@pytest.mark.parametrize(
    "x, words",
    [
        (3.0, r"not shape \(\)"),
        (np.zeros((2, 2, 2)), r"not shape \(2, 2, 2\)"),
        ([], r"not shape \(0,\)"),
        ([[1, np.nan], [0, 0]], "1 of 2 rows"),
        (np.array([1 + 2j, 3]), "not of complex"),
    ],
)
def test_softmax_says_what_it_cannot_take(x, words):
    with pytest.raises(ValueError, match=words):
        softmax(x)


# ---- sigmoid -------------------------------------------------------------------------------------


def test_sigmoid_to_the_last_digit_at_both_ends():
    x = np.array([-745.0, -700, -40, -1, -1e-20, 0, 1e-9, 1, 36, 40, 800])
    with mpmath.workdps(400):
        expected = np.array([float(1 / (1 + mpmath.exp(-mpmath.mpf(v)))) for v in x])
    # Three roundings (exp, sum, quotient): 4 ulp; at -745 the result is the smallest float, 5e-324.
    np.testing.assert_allclose(sigmoid(x), expected, rtol=9e-16, atol=5e-324)
    np.testing.assert_allclose(
        sigmoid([[1, 2], [-1, -2]]), [[0.73105858, 0.88079708], [0.26894142, 0.11920292]], rtol=0, atol=1e-8
    )  # published


def test_sigmoid_is_of_real_numbers():
    with pytest.raises(ValueError, match="not of complex"):
        sigmoid([1j])


def test_sigmoid_grad_takes_the_value_and_gives_the_derivative():
    x = np.linspace(-6, 6, 41)
    derivative = [(1 / (1 + cmath.exp(-complex(v, 1e-30)))).imag / 1e-30 for v in x]
    np.testing.assert_allclose(sigmoid_grad(sigmoid(x)), derivative, rtol=1e-12)  # 1 - s near s = 1 loses three digits


# ---- The gradient checker ------------------------------------------------------------------------


def quadratic(x):
    return np.sum(x**2), 2 * x


@pytest.mark.parametrize("x", [np.array(123.456), np.arange(3.0), np.ones((4, 5)), np.float64([[1e3, -1e-3]])])
def test_gradcheck_passes_what_is_right_and_restores_x(x, capsys):
    before = x.copy()
    gradcheck_naive(quadratic, x)
    assert capsys.readouterr().out == "Gradient check passed!\n"
    np.testing.assert_array_equal(x, before)


def last_only(change):
    def f(x):
        gradient = 2 * x
        gradient.flat[-1] = change(gradient.flat[-1])
        return np.sum(x**2), gradient

    return f


@pytest.mark.parametrize(
    "wrong, index",
    [
        (lambda x: (np.sum(x**2), x), (0, 0)),  # factor forgotten
        (lambda x: (np.sum(x**2), -2 * x), (0, 0)),  # sign
        (lambda x: (np.sum(x**2), 0 * x), (0, 0)),  # nothing
        (lambda x: (np.mean(x**2), 2 * x), (0, 0)),  # of the sum, where the cost is the mean
        (
            lambda x: (np.sum(x**2 * np.arange(9).reshape(3, 3)), 2 * x * np.arange(9).reshape(3, 3).T),
            (0, 1),
        ),  # transposed
        (last_only(lambda g: g * (1 + 1e-4)), (2, 2)),  # one entry, slightly
        (last_only(lambda g: np.nan), (2, 2)),
        (last_only(lambda g: np.inf), (2, 2)),
    ],
)
def test_gradcheck_catches_what_is_wrong_and_says_where(wrong, index):
    x = np.random.default_rng(2).uniform(1, 2, size=(3, 3))
    before = x.copy()
    with np.errstate(invalid="ignore"), pytest.raises(AssertionError) as caught:
        gradcheck_naive(wrong, x)
    message = str(caught.value)
    assert f"at index {index}" in message
    numerical = float(message.split("the difference of f ")[1].split()[0])
    step = 1e-3 * (np.arange(9).reshape(3, 3) == 3 * index[0] + index[1])
    # The costs are quadratic, so the difference is exact for any step.
    difference = (wrong(before + step)[0] - wrong(before - step)[0]) / 2e-3
    assert numerical == pytest.approx(difference, rel=1e-6)
    assert f"the gradient says {wrong(before)[1][index]:.10g}" in message
    np.testing.assert_array_equal(x, before)


def test_gradcheck_passes_a_cost_whose_slope_turns_fast(capsys):
    # 100 x^3 at 0 has the slope 0, its difference over 2h the slope 100 h^2: 1e-6 for h = 1e-4, above the tolerance of
    # 1e-5 for h = 1e-3.
    gradcheck_naive(lambda x: (np.sum(100 * x**3), 300 * x**2), np.zeros(2))
    # A cost near 1e6 is rounded to 1e-10, which over 2h is up to 1e-6 for h = 1e-4, above the tolerance for h = 1e-6.
    gradcheck_naive(lambda x: (1e6 + np.sum(x**2), 2 * x), np.linspace(0.1, 0.9, 9))


def test_gradcheck_passes_a_gradient_in_memory_that_is_written_again():
    memory = np.zeros(3)

    def f(x):
        memory[:] = 2 * x
        return np.sum(x**2), memory

    gradcheck_naive(f, np.ones(3))


def test_gradcheck_of_a_sampled_cost_restores_the_random_state():
    def sampled(x):
        weight = random.random()  # another cost at every call, but for the state
        return weight * np.sum(x**2), weight * 2 * x

    random.seed(5)
    gradcheck_naive(sampled, np.ones(4))
    after = random.random()
    random.seed(5)
    random.random()
    assert random.random() == after  # the stream moves on by one call of f, however many were made


@pytest.mark.parametrize(
    "f, x, error, words",
    [
        (lambda x: (np.sum(x), np.ones(2)), np.ones(3), AssertionError, r"shape \(2,\), x has \(3,\)"),
        (lambda x: (np.nan, np.ones(3)), np.ones(3), AssertionError, "value at x is nan"),
        (lambda x: (x**2, 2 * x), np.ones(3), AssertionError, r"not one number but has shape \(3,\)"),
        (quadratic, np.array([1, 2]), ValueError, "not int"),
        (quadratic, np.ones(2, np.float32), ValueError, "float64, not float32"),
        (quadratic, [1.0], ValueError, "not list"),
    ],
)
def test_gradcheck_says_what_it_cannot_take(f, x, error, words):
    with pytest.raises(error, match=words):
        gradcheck_naive(f, x)


# ---- The network ---------------------------------------------------------------------------------


def slow_cost(data, labels, params, dimensions):
    """The summed cross-entropy, entry by entry; complex parameters give complex cost."""
    Dx, H, Dy = dimensions
    take = iter(params)
    W1 = [[next(take) for _ in range(H)] for _ in range(Dx)]
    b1 = [next(take) for _ in range(H)]
    W2 = [[next(take) for _ in range(Dy)] for _ in range(H)]
    b2 = [next(take) for _ in range(Dy)]
    total = 0
    for x, y in zip(data, labels, strict=True):
        h = [1 / (1 + cmath.exp(-(sum(x[i] * W1[i][j] for i in range(Dx)) + b1[j]))) for j in range(H)]
        z = [sum(h[j] * W2[j][k] for j in range(H)) + b2[k] for k in range(Dy)]
        total += cmath.log(sum(cmath.exp(v) for v in z)) - sum(v for v, label in zip(z, y, strict=True) if label)
    return total


@pytest.mark.parametrize("samples, dimensions", [(1, [1, 1, 1]), (1, [2, 3, 4]), (5, [3, 2, 2]), (8, [2, 5, 3])])
def test_network_against_loops_in_complex_numbers(samples, dimensions):
    rng = np.random.default_rng(samples)
    Dx, H, Dy = dimensions
    data, labels = rng.normal(size=(samples, Dx)), np.eye(Dy)[rng.integers(Dy, size=samples)]
    params = rng.normal(size=(Dx + 1) * H + (H + 1) * Dy)
    cost, gradient = forward_backward_prop(data, labels, params, dimensions)
    assert cost == pytest.approx(slow_cost(data, labels, params, dimensions).real, rel=1e-12)
    derivative = [
        slow_cost(data, labels, params + 1e-30j * (np.arange(len(params)) == i), dimensions).imag / 1e-30
        for i in range(len(params))
    ]
    np.testing.assert_allclose(gradient, derivative, rtol=1e-9, atol=1e-13)


def test_network_by_hand():
    # One input, one hidden unit, two classes; x = 0, so h = sigma(b1) = 1/2; W2 = [2, -2] gives scores 1 and -1.
    # yhat = (e, 1/e) / (e + 1/e); with the first class right, cost = log(1 + e^-2) and dz = (-p, p), p = 1 / (1 + e^2).
    # dW2 = h dz; dh = (2 (-p) - 2 p) h (1 - h) = -4 p / 4 = -p; dW1 = x dh = 0; db1 = dh.
    p = 1 / (1 + np.exp(2))
    cost, gradient = forward_backward_prop([[0.0]], [[1, 0]], [3, 0, 2, -2, 0, 0], [1, 1, 2])
    assert cost == pytest.approx(np.log1p(np.exp(-2)), rel=1e-14)
    np.testing.assert_allclose(gradient, [0, -p, -p / 2, p / 2, -p, p], rtol=1e-13, atol=1e-17)


def test_network_cost_is_a_sum_over_samples():
    data, labels, params = np.ones((1, 2)), np.array([[0, 1, 0]]), np.linspace(-1, 1, 9 + 4 * 3)
    one = forward_backward_prop(data, labels, params, [2, 3, 3])
    three = forward_backward_prop(np.repeat(data, 3, axis=0), np.repeat(labels, 3, axis=0), params, [2, 3, 3])
    assert three[0] == pytest.approx(3 * one[0], rel=1e-14)
    np.testing.assert_allclose(three[1], 3 * one[1], rtol=1e-13)


def test_network_has_a_cost_where_the_right_class_underflows():
    cost, gradient = forward_backward_prop([[0.0]], [[0, 1]], [0, 0, 0, 0, 1000, -1000], [1, 1, 2])
    assert cost == 2000 and np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "data, labels, count, words",
    [
        (np.ones((2, 3)), np.eye(2), 7, r"\(2, 3\), not \(M, 2\)"),
        (np.ones((0, 2)), np.ones((0, 2)), 7, "M of at least 1"),
        (np.ones((2, 2)), np.eye(2)[:1], 7, r"labels have shape \(1, 2\)"),
        (np.ones((2, 2)), np.full((2, 2), 0.5), 7, "not one-hot"),
        (np.ones((2, 2)), np.ones((2, 2)), 7, "not one-hot"),
        (np.ones((2, 2)), np.eye(2), 8, "need 7 parameters"),
    ],
)
def test_network_says_what_does_not_fit(data, labels, count, words):
    with pytest.raises(ValueError, match=words):
        forward_backward_prop(data, labels, np.ones(count), [2, 1, 2])


def test_network_says_that_it_has_one_hidden_layer():
    with pytest.raises(ValueError, match=r"\[Dx, H, Dy\], not \[2, 1\]"):
        forward_backward_prop(np.ones((2, 2)), np.eye(2), np.ones(3), [2, 1])
