"""What a wrong answer has in common with the right one, in one sentence; for check.py.

Q1's formulas stand in the handout, so SLIPS says what each usual slip would give. For Q3 and Q4 there is no right
formula here: a gradient is set beside the true one, which differences gave, and what it is said to be is that ratio.
"""

import contextlib
import difflib
import inspect
import math

import numpy as np
from check import (
    RATE,
    Row,
    bce_forward,
    close,
    factor,
    gradients_at,
    inference_2layers,
    inference_layer,
    sigmoid,
)
from check_calls import ARGUMENTS, PARAMETERS, Answer, Trouble, students_code

# ---- Q1 ------------------------------------------------------------------------------------------


def column(X, b):
    return np.reshape(b, (-1, *[1] * (X.ndim - 1)))


SLIPS = {  # {what is wrong: what your function, f, then gives}
    "sigmoid": {
        "this is sigma(-x): look at the sign of the exponent": lambda f, x: sigmoid(-x),
        "this is tanh(x)": lambda f, x: np.tanh(x),
        "the entries sum to 1, as in a softmax; sigma takes each by itself": lambda f, x: np.exp(x) / np.exp(x).sum(),
        "this is the slope of sigma, not sigma": lambda f, x: slope(x),
        "it is rounded to 0 and 1": lambda f, x: np.round(sigmoid(x)),
        "the numbers are cut to whole ones: compute in a float array": lambda f, x: np.floor(sigmoid(x)),
        "the base of the power is 2, not e": lambda f, x: 1 / (1 + 2.0**-x),
        "the division comes before the sum: put brackets around the denominator": lambda f, x: 1 + np.exp(-x),
    },
    "inference_layer": {
        "the bias is not added": lambda f, X, W, b: inference_layer(X, W, 0 * b),
        "sigma is not applied": lambda f, X, W, b: W.dot(X) + column(X, b),
        "sigma is applied twice": lambda f, X, W, b: sigmoid(inference_layer(X, W, b)),
        "the activation is tanh, not sigma": lambda f, X, W, b: np.tanh(W.dot(X) + column(X, b)),
        "the bias is subtracted": lambda f, X, W, b: inference_layer(X, W, -b),
        "the bias is added after sigma": lambda f, X, W, b: inference_layer(X, W, 0 * b) + column(X, b),
        "the bias runs along the examples, not along the units": lambda f, X, W, b: sigmoid(W.dot(X) + b),
        "the result is transposed": lambda f, X, W, b: inference_layer(X, W, b).T,
        "for one example x (d,) the bias was spread to a square": lambda f, X, W, b: sigmoid(W.dot(X) + b[:, None]),
    },
    "inference_2layers": {
        "the output has no sigma": lambda f, X, W1, W2, b1, b2: W2.dot(inference_layer(X, W1, b1)) + b2,
        "the hidden layer has no sigma": lambda f, X, W1, W2, b1, b2: inference_layer(
            W1.dot(X) + column(X, b1), W2, b2
        ),
        "b1 and b2 are exchanged": lambda f, X, W1, W2, b1, b2: inference_2layers(X, W1, W2, 0 * b1 + b2, b1),
        "b1 is not added": lambda f, X, W1, W2, b1, b2: inference_2layers(X, W1, W2, 0 * b1, b2),
        "b2 is not added": lambda f, X, W1, W2, b1, b2: inference_2layers(X, W1, W2, b1, 0 * b2),
        "this is the hidden layer's output": lambda f, X, W1, W2, b1, b2: inference_layer(X, W1, b1),
        "it is rounded to 0 and 1": lambda f, *args: np.round(inference_2layers(*args)),
        "this is 1 - yhat": lambda f, *args: 1 - inference_2layers(*args),
        "this is the mean of the batch; yhat has an entry for each example": lambda f, *args: np.mean(
            inference_2layers(*args)
        ),
    },
    "bce_forward": {
        "the sign is wrong: a loss is positive (January's (1.7) lacks a minus)": lambda f, p, y: -bce_forward(p, y),
        "this is the sum over the batch, not the mean": lambda f, p, y: len(y) * bce_forward(p, y),
        "this is log2; (1.7) has the natural logarithm": lambda f, p, y: bce_forward(p, y) / math.log(2),
        "this is log10; (1.7) has the natural logarithm": lambda f, p, y: bce_forward(p, y) / math.log(10),
        "only the examples with y = 1 count": lambda f, p, y: bce_forward(p * y, y),
        "only the examples with y = 0 count": lambda f, p, y: bce_forward(np.maximum(p, y), y),
        "the second term is subtracted": lambda f, p, y: 2 * bce_forward(p * y, y) - bce_forward(p, y),
        "each yhat meets every y: give both one shape": lambda f, p, y: np.mean([bce_forward(0 * y + k, y) for k in p]),
        "this is a squared error": lambda f, p, y: np.mean(np.square(np.subtract(p, y))),
        "it is not averaged": lambda f, p, y: np.array(
            [bce_forward(*pair) for pair in zip(p[:, None], y[:, None], strict=True)]
        ),
        "yhat is rounded before the logarithm": lambda f, p, y: f(np.round(p), y),
        "yhat is clipped so far inside that usual losses change": lambda f, p, y: f(np.clip(p, 0.07, 0.93), y),
        "yhat and y are exchanged": lambda f, p, y: (
            f(p, y) if np.isclose(f(y, p), bce_forward(p, y), rtol=1e-2) else "no"
        ),
    },
}


def slope(x):
    """The slope of sigma at x, by differences."""
    return (sigmoid(x + 1e-5) - sigmoid(x - 1e-5)) / 2e-5


def forward(student, wrong):
    """What is wrong with a function of Q1, from its wrong answers."""
    name, valued = wrong[0].name, [answer for answer in wrong if not answer.trouble]
    if sentence := arguments(student, name):
        return sentence
    function = getattr(student.module, name)
    if name == "bce_forward":
        with contextlib.suppress(Trouble), students_code():
            exchanged = [(function(y, yhat), bce_forward(yhat, y)) for yhat, y in (a.arguments for a in wrong)]
            if all(np.isclose(*pair, rtol=1e-2) for pair in exchanged):
                return "yhat and y are exchanged"
    for sentence, made in SLIPS[name].items() if valued else ():
        with contextlib.suppress(Trouble), students_code():  # it raises where the slip cannot be made
            if all(close(np.squeeze(a.got), np.squeeze(made(function, *a.arguments))) for a in valued):
                return sentence
    return (valued or wrong)[0].wrong


def arguments(student, name):
    """A sentence if the function has the handout's arguments in another order, else ""."""
    with contextlib.suppress(TypeError, ValueError):  # of what has no signature
        names = list(inspect.signature(getattr(student.module, name)).parameters)
        lower, handout = [n.lower() for n in names], ARGUMENTS[name].lower().split()
        if lower != handout and sorted(lower) == sorted(handout):
            return f"its arguments are {', '.join(names)}; the handout's order is {', '.join(ARGUMENTS[name].split())}"
    return ""


def like(student, name):
    """Says which function may have been meant, if one is called nearly so."""
    near = difflib.get_close_matches(name, [n for n in vars(student.module) if n not in ARGUMENTS], 1, 0.4)
    return f"; is it {near[0]}?" if near else ""


# ---- Q3 ------------------------------------------------------------------------------------------

ROWS = "each row is off by a factor of its own: look at what belongs to one hidden unit"
FACTORS = {  # {what is wrong: the factor, with d features, so many hidden units and N examples}
    "the opposite sign": lambda d, units, N: -1,
    "N times too large": lambda d, units, N: N,
    "divided by N once too often": lambda d, units, N: 1 / N,
    "N * N times too large": lambda d, units, N: N * N,
    "divided by the number of features, not of examples": lambda d, units, N: N / d,
    "divided by the number of hidden units, not of examples": lambda d, units, N: N / units,
    "d times too large, d the number of features": lambda d, units, N: d,
    "divided by the number of features": lambda d, units, N: 1 / d,
    "divided by the number of hidden units": lambda d, units, N: 1 / units,
}


def constant(pairs, cases):
    """What is wrong if each of the pairs (came back, true) differs by one factor, else ""."""
    ks = [factor(got, want) for got, want in pairs]
    if None in ks:
        return ""
    sizes = [(*case["W1"].T.shape, len(case["y"])) for case in cases]
    for sentence, k in FACTORS.items():
        if np.allclose(ks, [k(*size) for size in sizes], rtol=1e-2):
            return sentence
    return f"{ks[0]:.3g} times what it should be" if np.allclose(ks, ks[0], rtol=1e-2) else ""


def chain(case):
    """The factors that the chain rule can miss or repeat, for one example: {what is wrong: a factor for each unit}."""
    z = case["W1"].dot(case["X"][:, 0]) + case["b1"]
    h = sigmoid(z)
    hidden, output = slope(z), slope(case["W2"].dot(h) + case["b2"])
    return {
        "the slope of sigma at the hidden units is missing": 1 / hidden,
        "the slope of sigma at the hidden units is there twice": hidden,
        "the slope of sigma is taken at h, which is sigma(z) already": slope(h) / hidden,
        "h stands where the slope of sigma belongs": h / hidden,
        "the way back does not pass through W2": 1 / case["W2"][0],
        "the slope of sigma at the output is there once too often": output,
        "the slope of sigma at the output is missing": 1 / output,
    }


def gradient(student, rows):
    """How one gradient differs from the true one, from its Row in each case."""
    first = min((row for row in rows if not row.fits), key=lambda row: row.got is None)
    answer, got, want, case = first.answer, first.got, first.want, first.answer.case
    if got is None:
        return answer.trouble
    if got.size != want.size or want.ndim == 2 and got.shape != want.shape:
        return shape(first, got, want, len(case["y"]))
    valued = [row for row in rows if row.got is not None and row.got.size == row.want.size]
    pairs, cases = [(row.got.reshape(row.want.shape), row.want) for row in valued], [row.answer.case for row in valued]
    if not all(np.all(np.isfinite(got)) for got, _ in pairs):
        return "NaN or infinity"
    if not any(np.any(got) for got, _ in pairs):
        return "zero"
    if sentence := constant(pairs, cases):
        return sentence
    ones = [(got, want, case) for (got, want), case in zip(pairs, cases, strict=True) if len(case["y"]) == 1]
    if all(close(got, want) for got, want, _ in ones):
        if all(close(got.sum(), want.sum()) for got, want in pairs):
            return "the right total, spread over the wrong entries: summed along the wrong axis"
        return "right for one example and wrong for a batch: look at how the examples come together"
    for sentence in chain(case):
        if all(close(got, (want.T * chain(one)[sentence]).T) for got, want, one in ones):
            return sentence
    if all(close(got, np.full(want.shape, want.sum())) for got, want in pairs):
        return "one number for all units, the sum over them; each unit has its own"
    other_y = np.where(np.arange(len(case["y"])) == 0, 1 - case["y"], case["y"])
    for sentence, change in {
        "the result does not depend on b2": {"b2": case["b2"] - 40},
        "a small change of b2 changes nothing, as if yhat were rounded": {"b2": case["b2"] + 1e-3},
        "the result does not depend on b1": {"b1": case["b1"] + 40},
        "the result does not depend on y": {"y": other_y},
    }.items():
        moved = Answer(student, "gradients", {**case, **change}, answer.form).parts((*student.order, "L"))
        if moved and np.array_equal(moved[first.part], first.got):
            return sentence
    if all(factor(got, want) for got, want, _ in ones) and (want.size == 1 or not all(factor(*pair) for pair in pairs)):
        return "off by a factor of its own for each example: look at the output, where yhat meets y"
    if want.ndim == 2 and all(factor(g, w) for got, want, _ in ones for g, w in zip(got, want, strict=True)):
        return ROWS
    return f"wrong in {np.sum(~np.isclose(got.ravel(), want.ravel(), rtol=1e-3))} of {want.size} entries"


def shape(row, got, want, N):
    for other in row.true:
        if Row(row.answer, other, got, row.true).fits:
            return f"here stands {other}, which belongs in another place"
    if close(got.T, want):
        return "transposed: a gradient has the shape of its parameter"
    if got.shape == (want.size, N):
        return "not summed over the batch: it has a column for each example"
    each = ": an entry for each example?" if got.size == N else ""
    return f"its shape is {got.shape}, its parameter has {want.shape}{each}"


def loss(student, answers):
    """What is wrong with the loss that gradients returns, or ""."""
    pairs = []
    for answer in answers:
        want = bce_forward(
            inference_2layers(*(answer.case[k] for k in ARGUMENTS["inference_2layers"].split())), answer.case["y"]
        )
        got = answer.parts((*student.order, "L")).get("L")
        if got is not None:
            pairs.append((got, np.array(want), answer.case))
    if all(got.size == 1 and abs(got.item() - want) < 1e-2 * want for got, want, _ in pairs):
        return ""
    if any(got.size != 1 for got, *_ in pairs):
        return "it is not one number"
    return (
        constant([pair[:2] for pair in pairs], [pair[2] for pair in pairs])
        or "it is not the loss of Q1.4 on this batch"
    )


# ---- Q4 ------------------------------------------------------------------------------------------


def other_place(name, new, case):
    others = [other for other in PARAMETERS if other != name and new.shape == case[other].shape]
    return f": in its place stands {others[0]}" if others else f"; it went in with {case[name].shape}"


def step(student, answer, name, new, slopes):
    """What a parameter did instead of going down by lr times its gradient."""
    old = {other: answer.case[other].ravel() for other in PARAMETERS}
    moved, k = old[name] - new[name].ravel(), factor(old[name] - new[name].ravel(), slopes[name])
    if k is not None:
        known = {-RATE: "goes uphill", 1: "moves by the whole gradient: lr is not used", 0: "comes back as it went in"}
        close_to = [text for at, text in known.items() if abs(k - at) < 1e-3]
        return close_to[0] if close_to else f"moves {k / RATE:.3g} times as far as lr times its gradient"
    if factor(new[name], slopes[name]):
        return "is the change alone: return the parameter after the step"
    for other in PARAMETERS:
        if other != name and old[other].shape == moved.shape:
            if factor(old[other] - new[name].ravel(), slopes[other]):
                return f"comes in another place: here stands {other}"
            if factor(moved, slopes[other]):
                return f"moves by the gradient of {other}: your gradients returns {', '.join(student.order)}, L"
    for first in (("W2", "b2"), ("W2",), ("W1",), ("W1", "b1"), ("W1", "b1", "W2")):
        after = {other: new[other].reshape(answer.case[other].shape) for other in first}
        if factor(moved, gradients_at(student, {**answer.case, **after}, answer.form).get(name, np.nan)):
            return f"takes its gradient after {' and '.join(first)} moved: all four belong to the old parameters"
    return "does not go down by lr times its gradient"
