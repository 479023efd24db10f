"""The values that the page shows of one tweet: which equation gives each, and which line of assignment2.py computes it.

The numbers of the equations are those of the report's table, and the line numbers are found in the source, so that
both are right whatever is edited there.
"""

import ast
from pathlib import Path

from report.links import NUMBERS

SOLUTION = Path(__file__).resolve().parents[1] / "assignment2.py"

# value: (equation, as report/links.py names it; function; what its line assigns, None is what the function returns).
# A d before a name is a gradient: dz2 is ∂L/∂z2. A parameter has the line that changes it.
VALUES = {
    "x": ("columns.network", "gradients", "X"),
    "z1": ("network.z1[i]", "inference_layer", "Z"),
    "h": ("network.h[i]", "gradients", "H"),
    "z2": ("network.z2", "inference_layer", "Z"),
    "yhat": ("network.yhat", "gradients", "yhat"),
    "L": ("network.L", "gradients", "L"),
    "dyhat": ("scalars/q21", "gradients", "L"),
    "dz2": ("network/z2", "gradients", "delta2"),
    "dW2": ("network/W2", "gradients", "dW2"),
    "db2": ("network/b2", "gradients", "db2"),
    "dh": ("network/h", "gradients", "delta1"),
    "dz1": ("network/z1", "gradients", "delta1"),
    "dW1": ("network/W1", "gradients", "dW1"),
    "db1": ("network/b1", "gradients", "db1"),
    "W1": ("columns.step", "update_params", None),
    "b1": ("columns.step", "update_params", None),
    "W2": ("columns.step", "update_params", None),
    "b2": ("columns.step", "update_params", None),
}


def located_values(path=SOLUTION):
    """{value: {"equation", "line", "code"}}. Raises ValueError if a function or an assignment is not in the source."""
    source = path.read_text(encoding="utf-8")
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    lines = source.splitlines()
    located = {}
    for value, (equation, function, target) in VALUES.items():
        line = _line(functions, function, target)
        if line is None:
            raise ValueError(f"{path}: {function} has no line that {f'assigns {target}' if target else 'returns'}")
        located[value] = {
            "equation": NUMBERS[equation],
            "line": line,
            "code": lines[line - 1].partition("  #")[0].strip(),
        }
    return located


def _line(functions, function, target):
    """The line of the last statement in `function` that assigns `target`, or returns if `target` is None."""
    found = None
    for node in functions[function].body if function in functions else ():
        if target is None and isinstance(node, ast.Return):
            found = node.lineno
        if isinstance(node, ast.Assign) and any(name == target for name in map(ast.unparse, node.targets)):
            found = node.lineno
    return found
