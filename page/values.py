"""The values that the page shows of one tweet: which equation gives each, and which line of assignment2.py computes it.

The line numbers are found in the source, so that they are right whatever is edited there.
"""

import ast
from pathlib import Path

SOLUTION = Path(__file__).resolve().parents[1] / "assignment2.py"

# value: (equation, function, what its line assigns; None is what the function returns). A d before a name is a
# gradient: dz2 is ∂L/∂z2. A parameter has the line that changes it.
VALUES = {
    "x": ("Q1.3", "gradients", "X"),
    "z1": ("Q1.2", "inference_layer", "Z"),
    "h": ("Q1.2", "gradients", "H"),
    "z2": ("Q1.2", "inference_layer", "Z"),
    "yhat": ("Q1.3", "gradients", "yhat"),
    "L": ("Q1.4", "gradients", "L"),
    "dyhat": ("Q2.1", "gradients", "L"),
    "dz2": ("Q2.4", "gradients", "delta2"),
    "dW2": ("Q2.4", "gradients", "dW2"),
    "db2": ("Q2.4", "gradients", "db2"),
    "dh": ("Q2.4", "gradients", "delta1"),
    "dz1": ("Q2.4", "gradients", "delta1"),
    "dW1": ("Q2.4", "gradients", "dW1"),
    "db1": ("Q2.4", "gradients", "db1"),
    "W1": ("Q4", "update_params", None),
    "b1": ("Q4", "update_params", None),
    "W2": ("Q4", "update_params", None),
    "b2": ("Q4", "update_params", None),
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
        located[value] = {"equation": equation, "line": line, "code": lines[line - 1].partition("  #")[0].strip()}
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
