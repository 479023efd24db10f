"""Question 1: softmax.

    python companion/q1_softmax.py      # prints and checks the published examples

softmax(x)_i = exp(x_i) / sum_j exp(x_j), and softmax(x + c) = softmax(x) for any number c: exp(c) cancels in the
fraction. The code takes c = -max(x), so that the largest exponent is 0 and nothing overflows.
"""

import numpy as np


def softmax(x):
    """The softmax of a vector, or of each row of a matrix (question 1b).

    x: (D,) or (N, D) -> the same shape, each row positive and of sum 1; float32 stays float32, all else is float64. An
    entry of -inf gets probability 0. If the largest entry of a row is infinite, the result is the limit: one +inf gets
    probability 1, and equal ones (a row of -inf alone, or several +inf) share it. Raises ValueError for another number
    of dimensions, for rows without entries, for NaN and for complex numbers.
    """
    x = np.asarray(x)
    if np.iscomplexobj(x):
        raise ValueError("softmax is of real numbers, not of complex ones")
    if x.ndim not in (1, 2) or x.shape[-1] == 0:
        raise ValueError(f"softmax wants a vector (D,) or a matrix (N, D) with D of at least 1, not shape {x.shape}")
    x = x.astype(np.float32 if x.dtype == np.float32 else np.float64, copy=False)
    top = x.max(axis=-1, keepdims=True)  # (N, D) -> (N, 1)
    with np.errstate(over="ignore", invalid="ignore"):  # finite rows wider than the largest float: -inf, rightly
        shifted = x - top  # (N, D) - (N, 1) -> (N, D), at most 0
    if not np.isfinite(top).all():
        if np.isnan(top).any():
            raise ValueError(f"softmax of NaN: {np.count_nonzero(np.isnan(top))} of {top.size} rows hold one")
        shifted[x == top] = 0  # instead of inf - inf
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=-1, keepdims=True)  # (N, D) / (N, 1) -> (N, D)
    return shifted


def softmax_vector(v):
    """The softmax of one vector, v: (D,) -> (D,)."""
    if np.ndim(v) != 1:
        raise ValueError(f"softmax_vector wants one vector (D,), not shape {np.shape(v)}")
    return softmax(v)


def test_softmax_basic():
    examples = [
        ("a vector", [1, 2], [0.26894142, 0.73105858]),
        ("each row by itself, large", [[1001, 1002], [3, 4]], [[0.26894142, 0.73105858]] * 2),
        ("very negative", [[-1001, -1002]], [[0.73105858, 0.26894142]]),
        ("-inf has probability 0", [0, -np.inf], [1, 0]),
    ]
    for name, x, expected in examples:
        result = softmax(np.array(x))
        print(f"{name}: softmax({x}) = {np.round(result, 8).tolist()}")
        assert np.allclose(result, expected, rtol=0, atol=1e-8), f"expected {expected}"
    print("All checks of question 1 passed.")


if __name__ == "__main__":
    test_softmax_basic()
