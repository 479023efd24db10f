"""The values of a setting's names: its definitions followed with numbers, gradients by central differences.

The worked example is computed here, from the expressions that are typeset. Arrays have the shapes of the symbols;
indices count from 0, and from 1 on the page.
"""

import ast
import copy
from functools import cache

import numpy as np

from report.notation import SUM, Printer, parse
from report.spoken import spoken

FUNCTIONS = {
    "sum": sum,
    "range": range,
    "log": np.log,
    "exp": np.exp,
    "sigma": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "diag": lambda v: np.diag(np.ravel(v)),
    "kron": lambda i, j: float(i == j),
}


def evaluate(expression, names):
    """The value of a text in the language of notation.py, for `names` {name: number or array}."""
    return eval(_code(expression), {"__builtins__": {}, **FUNCTIONS, **names})


@cache
def _code(expression):
    return compile(ast.Expression(parse(expression)), expression, "eval")


def forward(setting, given):
    """`given` and everything that the setting's definitions make of it. A definition of what is given is left out."""
    values = dict(given)
    for left, right in setting.definitions.items():
        target = parse(left)
        if isinstance(target, ast.Name):
            if target.id not in given:
                values[target.id] = evaluate(right, values)
        elif target.value.id not in given:
            index = target.slice.id
            size = given[setting.indices[index]]
            values[target.value.id] = np.array([evaluate(right, values | {index: i}) for i in range(size)])
    return values


def differences(setting, given, name, h=1e-5, cost="L"):
    """∂cost/∂name by central differences, for a name that is given or one that is defined on the way to the cost."""
    at = np.asarray(forward(setting, given)[name], dtype=float)
    slopes = np.empty(at.shape)
    for index in np.ndindex(*at.shape):
        losses = []
        for sign in (1, -1):
            moved = at.copy()
            moved[index] += sign * h
            losses.append(np.ravel(forward(setting, given | {name: moved[()]})[cost])[0])
        slopes[index] = (losses[0] - losses[1]) / (2 * h)
    return slopes


def whole_gradient(setting, name, values):
    """The gradient of a name by the last line of its derivation, in the shape of the name."""
    derivation = setting.derivations[name]
    under = parse(derivation.of).args[1]
    indices = (
        [node.id for node in ast.walk(under.slice) if isinstance(node, ast.Name)]
        if isinstance(under, ast.Subscript)
        else []
    )
    shape = np.shape(values[name])
    places = np.ndindex(*shape)
    parts = [evaluate(derivation.result, values | dict(zip(indices, place, strict=True))) for place in places]
    return np.reshape(parts, shape)


def decimals_in_common(a, b, most=9):
    """The number of decimals, at most `most`, to which two arrays agree: beyond them, differences round."""
    apart = np.max(np.abs(np.subtract(a, b)))
    return next((count for count in range(most, 0, -1) if apart < 0.5 * 10.0**-count), 0)


def short(number):
    """Four decimals, without zeros at the end."""
    text = f"{float(number):.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def with_numbers(expression, setting, values):
    """Typst for the expression with the numbers in place of its names, and the same in words."""
    tree = _Substitute(values).visit(parse(expression))
    return {"math": Printer(setting.symbols).print(tree, SUM), "spoken": spoken(tree, setting.symbols)}


class _Substitute(ast.NodeTransformer):
    """Numbers for names and elements; a sum over an index is written out."""

    def __init__(self, values):
        self.values = values

    def visit_Call(self, node):
        if node.func.id != "sum":
            return ast.Call(node.func, [self.visit(part) for part in node.args], [])
        (loop,) = node.args[0].generators
        size = self.values[loop.iter.args[0].id]
        terms = [
            _Substitute(self.values | {loop.target.id: i}).visit(copy.deepcopy(node.args[0].elt)) for i in range(size)
        ]
        total = terms[0]
        for term in terms[1:]:
            total = ast.BinOp(total, ast.Add(), term)
        return total

    def visit_BinOp(self, node):
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(left, ast.UnaryOp) and isinstance(node.op, (ast.Mult, ast.Div)):  # the sign of the whole product
            return ast.UnaryOp(left.op, ast.BinOp(left.operand, node.op, right))
        return ast.BinOp(left, node.op, right)

    def visit_Name(self, node):
        return _constant(self.values[node.id])

    def visit_Subscript(self, node):
        return _constant(evaluate(ast.unparse(node), self.values))


def _constant(number):
    rounded = round(abs(float(number)), 4)
    constant = ast.Constant(int(rounded) if rounded == int(rounded) else rounded)
    return ast.UnaryOp(ast.USub(), constant) if number < 0 and rounded else constant
