"""The worked example: a small network, one example and a batch of two, with every value forward and back.

All numbers come from the expressions that the page prints, by values.py. Beside each gradient stands the central
difference of the loss, and the number of decimals to which the two agree.
"""

import numpy as np

from assignment2 import bce_forward
from report.formulas import BATCH, COLUMNS, NETWORK, SQUARED
from report.notation import typeset
from report.spoken import spoken
from report.values import decimals_in_common, differences, evaluate, forward, short, whole_gradient, with_numbers

# Two features, two hidden units: numbers that one can follow with a pocket calculator. That ℓ = N in the batch is on
# purpose: it hides the mistakes of the pitfalls.
ONE = {
    "d": 2,
    "l": 2,
    "x": np.array([1.0, 2.0]),
    "y": 1.0,
    "W1": np.array([[0.5, -0.25], [-0.5, 0.75]]),
    "b1": np.array([0.25, -0.5]),
    "W2": np.array([1.0, -2.0]),
    "b2": 0.5,
}
SECOND_X, SECOND_Y = [-1.0, 1.0], 0.0

# The check that the later template publishes for its `gradients`: sums over the batch, and figures to eight decimals.
PUBLISHED_GIVEN = {
    "X": np.array([[1.0, 2, 3], [4, 5, 6]]),
    "y": np.array([[0.0, 1, 0]]),
    "W1": np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
    "b1": np.array([[0.1], [0.2], [0.3]]),
    "W2": np.array([[0.7, 0.8, 0.9]]),
    "b2": np.array([[0.3]]),
}
PUBLISHED = {
    "L": 1.7287272636229514,
    "W1": [[0.38040779, 1.00394945], [0.12798198, 0.39510952], [0.04042118, 0.14198144]],
    "b1": [[0.20784722], [0.08904251], [0.03385342]],
    "W2": [[1.38163852, 1.64474415, 1.72847074]],
    "b2": [[1.767495823193705]],
}


def worked_example():
    """What the page shows of the example, as one JSON object."""
    one = forward(NETWORK, ONE)
    two = forward(BATCH, batch_of_two())
    return {
        "given": {name: math_of(_row(name, ONE[name])) for name in ("x", "y", "W1", "b1", "W2", "b2")},
        "forward": {left: _line(left, right, one) for left, right in NETWORK.definitions.items()},
        "back": {name: _gradient(name, one) for name in NETWORK.derivations},
        "chain": chain_of_numbers(),
        "batch": {
            "forward": [_batch_value(name, two) for name in ("X", "y", "Z1", "H", "Z2", "yhat", "L")],
            "back": [_batch_gradient(name, two) for name in ("Z2", "Z1", "W2", "b2", "W1", "b1")],
        },
        "published": published_check(),
        "pitfalls": _pitfalls(two),
        "exercise": _exercise(),
    }


def batch_of_two():
    """The example and a second one, as the batch setting's names."""
    return {
        "N": 2,
        "X": np.column_stack([ONE["x"], SECOND_X]),
        "y": np.array([[ONE["y"], SECOND_Y]]),
        "W1": ONE["W1"],
        "b1": ONE["b1"][:, None],
        "W2": ONE["W2"][None, :],
        "b2": np.array([[ONE["b2"]]]),
        "ones": np.ones((2, 1)),
    }


def published_check():
    """The later template's published figures beside those of the page's expressions, N times the mean's gradients."""
    N = PUBLISHED_GIVEN["X"].shape[1]
    values = forward(BATCH, PUBLISHED_GIVEN | {"N": N, "ones": np.ones((N, 1))})
    found = {"L": values["L"][0, 0]} | {
        name: N * evaluate(BATCH.derivations[name].result, values) for name in ("W1", "b1", "W2", "b2")
    }
    return [
        {
            "name": {"math": "cal(L)", "spoken": "L"} if name == "L" else _of(BATCH, name),
            "published": math_of(np.asarray(PUBLISHED[name]).T if name == "b1" else PUBLISHED[name], 8),
            "decimals": decimals_in_common(found[name], PUBLISHED[name], most=8),
        }
        for name in PUBLISHED
    ]


# ---- Numbers as formulas -------------------------------------------------------------------------


def math_of(value, digits=4):
    """A number, a vector (as a column) or a matrix, as Typst and in words."""
    array = np.asarray(value, dtype=float)
    if array.size == 1:
        text = _digits(array.ravel()[0], digits)
        return {"math": text.replace("-", "−"), "spoken": text.replace("-", "minus ")}
    rows = [[_digits(number, digits) for number in np.atleast_1d(row)] for row in array]
    return {
        "math": f"mat({'; '.join(', '.join(row) for row in rows).replace('-', '−')})",
        "spoken": "; ".join(f"row {i}: " + ", ".join(row) for i, row in enumerate(rows, 1)).replace("-", "minus "),
    }


def _rounded(number):
    """A number behind the sign that is true of its four decimals."""
    value, sign = math_of(number), ("=", "equals") if abs(number - round(number, 4)) < 1e-12 else ("approx", "is about")
    return {"math": f"{sign[0]} {value['math']}", "spoken": f"{sign[1]} {value['spoken']}"}


def _digits(number, digits):
    return short(number) if digits == 4 else f"{number:.{digits}f}"


def _row(name, value):
    return value[None, :] if name == "W2" else value  # W2 has one row


def _of(setting, name):
    of = setting.derivations[name].of
    return {"math": typeset(of, setting.symbols), "spoken": spoken(of, setting.symbols)}


def _line(left, right, values):
    """A definition with its numbers, at the first unit where it has an index."""
    first = {"i": 0}
    name = left.replace("[i]", "[1]")
    return with_numbers(right, NETWORK, values | first) | {
        "name": {"math": typeset(name, NETWORK.symbols), "spoken": spoken(name, NETWORK.symbols)},
        "value": _rounded(evaluate(left, values | first)),
    }


def _gradient(name, values):
    """A gradient of the one example: its result with numbers at i = 1, j = 2, the whole of it, and the differences."""
    derivation = NETWORK.derivations[name]
    at = {"i": 0, "j": 1}
    whole = whole_gradient(NETWORK, name, values)
    slopes = differences(NETWORK, ONE, name)
    return with_numbers(derivation.result, NETWORK, values | at) | {
        "value": _rounded(evaluate(derivation.result, values | at)),
        "difference": math_of(slopes[tuple(at.values())[: slopes.ndim]]),
        "decimals": decimals_in_common(whole, slopes),
        "whole": math_of(_row(name, whole)),
    }


def _batch_value(name, values):
    return {"math": typeset(name, BATCH.symbols), "spoken": spoken(name, BATCH.symbols), "value": math_of(values[name])}


def _batch_gradient(name, values):
    gradient = evaluate(BATCH.derivations[name].result, values)
    slopes = differences(BATCH, batch_of_two(), name)
    return _of(BATCH, name) | {"value": math_of(gradient), "decimals": decimals_in_common(gradient, slopes)}


# ---- Two slips that no error message shows -------------------------------------------------------


def _pitfalls(two):
    """The batch of two with a label column in place of a row, and with the bias along the wrong axis."""
    yhat, y = two["yhat"].ravel(), two["y"].ravel()
    table = yhat - y[:, None]  # (N,) minus (N, 1) is (N, N)
    pairs = np.broadcast_to(yhat, table.shape), np.broadcast_to(y[:, None], table.shape)
    wrong = forward(BATCH, batch_of_two() | {"b1": batch_of_two()["b1"].T, "Z1": two["W1"] @ two["X"] + ONE["b1"]})
    return {
        "errors": {"right": math_of((yhat - y)[None, :]), "wrong": math_of(table)},
        "losses": {"right": math_of(two["L"]), "wrong": math_of(bce_forward(pairs[0].ravel(), pairs[1].ravel()))},
        "yhat": {"right": math_of(two["yhat"]), "wrong": math_of(wrong["yhat"])},
        "L": {"right": math_of(two["L"]), "wrong": math_of(wrong["L"])},
    }


# ---- Figure 1, in symbols and in numbers ---------------------------------------------------------


def chain(symbols=COLUMNS.symbols):
    """The blocks and wires of the network as diagram.typ draws them: the definitions of COLUMNS, in their order."""

    def shown(expression):
        return {"math": typeset(expression, symbols), "spoken": spoken(expression, symbols)}

    names = ["x", *COLUMNS.definitions]
    blocks = [
        shown("sigma" if right.startswith("sigma") else left if left == "L" else right)
        for left, right in COLUMNS.definitions.items()
    ]
    sizes = [symbols[name].shape[:1] or ("1",) for name in names]
    return {
        "blocks": blocks,
        "wires": [shown(name) for name in names],
        "shapes": [shown(size) for (size,) in sizes],
        "back": [shown(f"D(L, {name})") for name in names[1:-1]] + [shown("1")],
        "parameters": [
            {"values": [shown(name) for name in pair], "gradients": [shown(f"D(L, {name})") for name in pair]}
            for pair in (("W1", "b1"), ("W2", "b2"))
        ]
        + [{"values": [shown("y")], "gradients": []}],
    }


def chain_of_numbers():
    """The same with the example's numbers."""
    symbolic, one = chain(), forward(NETWORK, ONE)
    back = {name: whole_gradient(NETWORK, name, one) for name in NETWORK.derivations}
    names = [*COLUMNS.definitions][:-1]
    return symbolic | {
        "shapes": [],
        "wires": [math_of(one[name]) for name in ("x", *COLUMNS.definitions)],
        "back": [math_of(back[name]) for name in names] + [math_of(1)],
        "parameters": [
            {
                "values": [math_of(_row(name, one[name])) for name in pair],
                "gradients": [math_of(_row(name, back[name])) for name in pair],
            }
            for pair in (("W1", "b1"), ("W2", "b2"))
        ]
        + [{"values": [math_of(one["y"])], "gradients": []}],
    }


def _exercise():
    """The last exercise: the error at z2 = -10 with y = 1, for the squared error and for the cross-entropy."""
    values = forward(SQUARED, {"y": 1.0, "z2": -10.0})
    squared, entropy = evaluate(SQUARED.derivations["z2"].result, values), values["yhat"] - values["y"]
    return {"squared": squared, "entropy": entropy, "times": entropy / squared}
