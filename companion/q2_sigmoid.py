"""Question 2: the sigmoid and its derivative.

    python companion/q2_sigmoid.py      # prints and checks the published examples

sigma(x) = 1 / (1 + exp(-x)), and sigma'(x) = sigma(x) (1 - sigma(x)): the derivative needs no more than the value.
"""

import numpy as np


def sigmoid(x):
    """The sigmoid of each entry of x, real numbers of any shape, to full precision at both ends."""
    if np.iscomplexobj(x):
        raise ValueError("sigmoid is of real numbers, not of complex ones")
    x = np.asarray(x, dtype=float)
    # exp(-|x|) never overflows; for x < 0 the fraction is multiplied above and below by exp(x).
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_grad(s):
    """The derivative of the sigmoid where its *value* is s = sigmoid(x): s (1 - s), of s's shape."""
    s = np.asarray(s)
    return s * (1 - s)


def test_sigmoid_basic():
    x = np.array([[1, 2], [-1, -2]])
    s = sigmoid(x)
    grad = sigmoid_grad(s)
    for name, result, expected in [
        ("sigmoid", s, [[0.73105858, 0.88079708], [0.26894142, 0.11920292]]),
        ("sigmoid_grad", grad, [[0.19661193, 0.10499359], [0.19661193, 0.10499359]]),
    ]:
        print(f"{name} at {x.tolist()}: {np.round(result, 8).tolist()}")
        assert np.allclose(result, expected, rtol=0, atol=1e-8), f"expected {expected}"
    print("All checks of the sigmoid passed.")


if __name__ == "__main__":
    test_sigmoid_basic()
