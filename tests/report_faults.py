"""Everything that can be wrong with a setting of formulas.py, as a list: what the tests and the changed sources ask.

A setting is right if its letters are those of a table written by hand, its definitions those of a loop, every line and
every claim true in numbers, and every shape under a brace that of the array.
"""

import ast
import cmath
import math
import re

import numpy as np
from report_numbers import Numbers, wrong_shapes

from report.notation import pieces, typeset

GLYPHS = {  # Typst's own notation, for every name of every setting; (whole, element) where both are printed
    **{name: (name, None) for name in "ijknmNd"},
    "l": ("ell", None),
    "L": ("cal(L)", None),
    "u": ("u", "u"),
    "s": ("s", "s"),
    "z": ("z", "z"),
    "h": ("h", "h"),
    "g": ("g", "g"),
    "b": ("b", "b"),
    "x": ("x", "x"),
    "v": ("v", "v"),
    "c": ("c", "c"),
    "w": ("w", "w"),
    "y": ("y", "y"),
    "yhat": ("hat(y)", "hat(y)"),
    "W": ("W", "W"),
    "A": ("A", None),
    "X": ("X", None),
    "H": ("H", None),
    "W1": ("W_(1)", "W_(1,"),
    "b1": ("b_(1)", "b_(1,"),
    "W2": ("W_(2)", "W_(2,"),
    "b2": ("b_(2)", None),
    "z1": ("z_(1)", "z_(1,"),
    "z2": ("z_(2)", None),
    "Z1": ("Z_(1)", None),
    "Z2": ("z_(2)", None),
    "delta1": ("delta_(1)", "delta_(1,"),
    "delta2": ("delta_(2)", None),
    "e1": ("delta_(1)", None),
    "e2": ("delta_(2)", None),
    "theta": ("theta", None),
    "lam": ("lambda", None),
    "ones": ("1", None),
}
OTHERS = {("batch", "delta1"): "Delta_(1)", ("batch", "delta2"): "Delta_(2)", ("weighted", "z"): "z_(2)"}
BOLD = {  # vectors, wherever no index picks an element; a matrix is a capital, and a row of one element is a number
    "elements": "z s",
    "elements_matrix": "z s",
    "layer": "h b z yhat g",
    "layer_matrices": "h b yhat g",
    "unit": "h",
    "network": "x b1 z1 h delta1",
    "tanh": "x b1 z1 h delta1",
    "columns": "x b1 z1 h",
    "batch": "y yhat b1 Z2 ones",
    "vectors": "u v c",
    "mean": "y yhat",
    "weighted": "y yhat w z",
}


# Settings whose definitions are those of the network, and so can be compared with a loop.
LOOPED = ("network", "columns", "batch", "scalars", "mean", "squared")


def rule_formulas(setting):
    """The formulas in the rules of a setting's derivations."""
    steps = (step for derivation in setting.derivations.values() for step in derivation.steps)
    return [part for step in steps for is_formula, part in pieces(step.rule) if is_formula]


def faults(name, setting, inline=()):
    """A sentence for each thing that is wrong. inline: the formulas in the text that use this setting."""
    found = []
    try:
        if wrong_letters(name, setting):
            return wrong_letters(name, setting)
        numbers = Numbers(setting)
        found += [
            f"no line of this: {line}" for work in setting.derivations.values() for line in numbers.wrong_lines(work)
        ]
        claims = [*setting.claims.values(), *rule_formulas(setting), *inline]
        found += [f"not true: {claim}" for claim in claims if numbers.holds(claim) is False]
        found += [f"claims nothing: {claim}" for claim in setting.claims.values() if numbers.holds(claim) is None]
        found += [f"of another shape: {part}" for part, _ in wrong_shapes(setting)]
        if name in LOOPED:
            found += wrong_definitions(name, numbers.full)
    except (ValueError, TypeError, LookupError, NameError, SyntaxError) as error:
        found.append(f"cannot be evaluated: {error}")
    return found


def wrong_letters(name, setting):
    """Names that print otherwise than the table says, or as another name does."""
    found, seen = [], {}
    for key, symbol in setting.symbols.items():
        letter, _, subscript = OTHERS.get((name, key), GLYPHS[key][0]).partition("_")
        subscript = f"_{subscript}" if subscript else ""
        if symbol.example is not None and symbol.shape == ():
            printed = typeset(f"{key}[n]", setting.symbols)
            right = re.sub(r"bold\((.*?)\)(?=_|\^)", r"\1", printed) == f"{letter}{subscript}^((n))"
        else:
            printed = typeset(key, setting.symbols)
            bold = key in BOLD.get(name, "").split()
            right = printed == (f"bold({letter})" if bold else letter) + subscript
        if not right or seen.setdefault(printed, key) != key:
            found.append(f"{key} prints as {printed}")
    for left in (*setting.definitions, *(derivation.of for derivation in setting.derivations.values())):
        for part in ast.walk(ast.parse(left)):
            if isinstance(part, ast.Subscript) and setting.symbols[part.value.id].example is None:
                prefix = GLYPHS[part.value.id][1] or "no element of this:"
                index = " ".join(ast.unparse(part.slice).strip("()").split(", "))
                expected = f"{prefix}{index})" if prefix.endswith(",") else f"{prefix}_({index})"
                if typeset(ast.unparse(part), setting.symbols) != expected:
                    found.append(f"{ast.unparse(part)} does not print as {expected}")
    return found


def loop_network(x, y, W1, b1, W2, b2):
    """ŷ and the loss of one example, number by number."""
    z2 = b2
    for row, bias, weight in zip(W1, b1, W2, strict=True):
        z2 += weight / (1 + cmath.exp(-bias - sum(w * feature for w, feature in zip(row, x, strict=True))).real)
    yhat = 1 / (1 + math.exp(-z2))
    return yhat, -(y * math.log(yhat) + (1 - y) * math.log(1 - yhat))


def wrong_definitions(name, full):
    """Whether ŷ or the loss differs from a loop's, by more than 1e-13 of it."""
    if name in ("network", "columns"):
        parts = [np.ravel(full[key]) if key != "W1" else full[key] for key in ("x", "y", "W1", "b1", "W2", "b2")]
        yhat, loss = loop_network(parts[0], parts[1][0], parts[2], parts[3], parts[4], parts[5][0])
    elif name == "batch":
        each = [
            loop_network(x, y, full["W1"], full["b1"][:, 0], full["W2"][0], full["b2"][0, 0])
            for x, y in zip(full["X"].T, full["y"][0], strict=True)
        ]
        yhat, loss = [pair[0] for pair in each], sum(pair[1] for pair in each) / len(each)
    else:
        yhat, labels = np.ravel(full["yhat"]), np.ravel(full["y"])
        losses = [-(y * math.log(p) + (1 - y) * math.log(1 - p)) for p, y in zip(yhat, labels, strict=True)]
        loss = sum(losses) / len(losses) if name != "squared" else (yhat[0] - labels[0]) ** 2 / 2
        if name == "scalars" and abs(full["s"] * (1 + math.exp(-full["z"])) - 1) > 1e-13:
            return ["s is not the sigmoid of z"]
    pairs = (("yhat", yhat), ("L", loss))
    return [
        f"{key} is not a loop's"
        for key, right in pairs
        if not np.allclose(np.ravel(full[key]), right, rtol=1e-13, atol=0)
    ]
