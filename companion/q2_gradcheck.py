"""Question 2: a gradient checker.

    python companion/q2_gradcheck.py    # checks the gradient of sum(x^2), and shows what a wrong one looks like

The central difference (f(x + h) - f(x - h)) / 2h misses the derivative by f'''(x) h^2 / 6 and by rounding, about
eps |f| / h. With h = 1e-4 both are near 1e-8 for costs of order 1 to 100, well inside the tolerance of 1e-5.
"""

import random

import numpy as np

H = 1e-4  # the step of the difference
TOLERANCE = 1e-5  # on |numerical - analytic| / max(1, |numerical|, |analytic|)


def gradcheck_naive(f, x):
    """Check the gradient that f returns at x against central differences, entry by entry (question 2b).

    f: takes x, returns (value, gradient), the gradient of x's shape. It may draw from Python's `random` (as negative
       sampling does): the state is restored before every call, so that all calls draw the same.
    x: a float64 array of any shape, a 0-d one too. It is changed in place while checking and is as it was afterwards.
    Prints "Gradient check passed!". Raises AssertionError for a wrong gradient, naming the index and both numbers, for
    a gradient of another shape, and for a value or gradient that is not finite; ValueError if x is not a float64 array.
    """
    if not (isinstance(x, np.ndarray) and x.dtype == np.float64):
        given = getattr(x, "dtype", type(x).__name__)
        raise ValueError(f"gradcheck_naive steps x in place by 1e-4, so x is a numpy array of float64, not {given}")
    state = random.getstate()

    def call():
        random.setstate(state)
        value, gradient = f(x)
        if np.size(value) != 1:
            raise AssertionError(
                f"Gradient check failed: the value at x is not one number but has shape {np.shape(value)}"
            )
        return np.asarray(value).item(), gradient

    value, gradient = call()
    gradient = np.array(gradient)  # a copy: f may hand out an array that it will write to again
    # raise, not assert: under `python -O` a checker made of asserts passes everything.
    if gradient.shape != x.shape:
        raise AssertionError(f"Gradient check failed: the gradient has shape {gradient.shape}, x has {x.shape}")
    if not np.isfinite(value):
        raise AssertionError(f"Gradient check failed: the value at x is {value}")

    for index in np.ndindex(x.shape):
        here = x[index]
        try:
            x[index] = here + H
            above = call()[0]
            x[index] = here - H
            below = call()[0]
        finally:
            x[index] = here
        numerical = (above - below) / (2 * H)
        difference = abs(numerical - gradient[index]) / max(1, abs(numerical), abs(gradient[index]))
        if not difference <= TOLERANCE:  # not `>`: a NaN fails too
            raise AssertionError(
                f"Gradient check failed at index {index}: the gradient says {gradient[index]:.10g}, "
                f"the difference of f {numerical:.10g} (relative difference {difference:.1e})"
            )
    print("Gradient check passed!")


def sanity_check():
    rng = np.random.default_rng(2)
    for x in (np.array(123.456), rng.normal(size=3), rng.normal(size=(4, 5))):
        print(f"sum(x^2), x of shape {x.shape}:", end=" ")
        gradcheck_naive(lambda x: (np.sum(x**2), 2 * x), x)
    print("The same with a gradient of 3x:", end=" ")
    try:
        gradcheck_naive(lambda x: (np.sum(x**2), 3 * x), x)
    except AssertionError as error:
        print(error)
    else:
        raise AssertionError("a wrong gradient passed")
    print("All checks of the gradient checker passed.")


if __name__ == "__main__":
    sanity_check()
