"""A second opinion on every formula of the report, by numbers: complex steps through a setting's definitions.

Nothing of report/ but the expressions is used. Sizes differ from one another, so that a transpose or a sum over the
wrong index changes a shape or a value.
"""

import ast
import itertools
import re
from functools import cache

import numpy as np

SIZES = {"d": 3, "l": 4, "N": 5, "m": 2, "n": 3, "V": 6, "K": 4, "M": 5, "H": 4, "Dx": 3, "Dy": 2}
STEP = 1e-30  # nothing is subtracted, so it cannot be too small
TOLERANCE = 1e-11
MOST_CASES = 6
U_SLOPE = 0.7  # of u, the function that the rules of calculus are about


def sigma(z):
    return (1 + np.tanh(np.asarray(z) / 2)) / 2  # another form than the solution's


def softmax(a):
    e = np.exp(a)
    return e / (e.sum() if a.ndim == 1 or a.shape[1] == 1 else e.sum(axis=1, keepdims=True))


FUNCTIONS = {
    "sum": sum,
    "range": range,
    "exp": np.exp,
    "log": np.log,
    "sigma": sigma,
    "tanh": np.tanh,
    "softmax": softmax,
    "diag": lambda v: np.diag(np.ravel(v)),
    "kron": lambda i, j: int(i == j),
}


class Numbers:
    """A setting's names with random numbers in the shapes of its symbols, and its definitions followed from there."""

    def __init__(self, setting, seed=0, **given):
        self.setting = setting
        self.sizes = {name: size for name, size in SIZES.items() if name in setting.symbols}
        rng = np.random.default_rng(seed)
        defined = {root(left) for left in setting.definitions}
        self.leaves = {}
        for name, symbol in setting.symbols.items():
            if name in self.sizes or name in setting.indices or name in defined:
                continue
            shape = tuple(1 if size == "1" else self.sizes[size] for size in symbol.shape)
            if name in ("y", "yhat", "u"):
                value = rng.uniform(0.1, 0.9, shape)
            else:
                value = np.ones(shape) if name == "ones" else rng.normal(size=shape)
            self.leaves[name] = value
        self.leaves |= given
        self.full, self.derived = self.forward({}), {}

    def forward(self, fixed):
        """All values, with the names in `fixed` held at theirs whatever their definitions say."""
        values = self.sizes | self.leaves | fixed
        for left, right in self.setting.definitions.items():
            target = ast.parse(left, mode="eval").body
            if root(left) in fixed:
                continue
            if isinstance(target, ast.Name):
                values[target.id] = self.evaluate(right, values)
            else:
                index = target.slice.id
                size = self.sizes[self.setting.indices[index]]
                rows = [self.evaluate(right, values | {index: i}) for i in range(size)]
                values[target.value.id] = np.array(rows)
        return values | self.columns(values)

    def columns(self, values):
        """One example's columns in a batch, by its own formulas."""
        if "e1" not in self.setting.symbols:
            return {}
        N = self.sizes["N"]
        cut = {name: [values[many][:, [n]] for n in range(N)] for name, many in (("x", "X"), ("h", "H"))}
        e2 = [values["yhat"][0, n] - values["y"][0, n] for n in range(N)]
        e1 = [values["W2"].T * e2[n] * cut["h"][n] * (1 - cut["h"][n]) for n in range(N)]
        return cut | {"e1": e1, "e2": e2}

    def evaluate(self, expression, values=None):
        values = self.full if values is None else values

        def slope(f, v, **bound):
            return self.slope(f, v, values | bound)

        def prime(f, **bound):
            moved = values | bound | {"u": values["u"] + 1j * STEP * U_SLOPE}
            return np.imag(self.evaluate(f, moved)) / STEP

        names = {"__builtins__": {}, **FUNCTIONS, **values, "D": slope, "od": slope, "prime": prime}
        return eval(quoted(expression, "D", "od", "prime"), names)

    def slope(self, f, v, values):
        """∂f/∂v by complex steps, everything else held but what the definitions make of v. Denominator layout."""
        name = root(v)
        at = np.asarray(self.full[name])
        places = [self.place(v, values)] if "[" in v else list(np.ndindex(*at.shape))
        columns = []
        for place in places:
            moved = at.astype(complex)
            moved[place] += 1j * STEP
            bound = {index: values[index] for index in self.setting.indices if index in values}
            columns.append(np.imag(self.evaluate(f, self.forward({name: moved[()]}) | bound)) / STEP)
        if "[" in v:
            return columns[0]
        if np.size(columns[0]) == 1:  # one number with respect to an array: its shape
            return np.reshape([np.ravel(column)[0] for column in columns], at.shape)[()]
        return np.stack([np.ravel(column) for column in columns])

    @staticmethod
    def place(v, values):
        node = ast.parse(v, mode="eval").body.slice
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return tuple(values[part.id] for part in parts)

    # ---- What may be wrong -----------------------------------------------------------------------

    def cases(self, *expressions):
        """The full values, with choices of the indices that stand free in the expressions: all, or some of many."""
        names = {node.id for text in expressions for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        bound = {
            loop.target.id
            for text in expressions
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.GeneratorExp)
            for loop in node.generators
        }
        indices = {name: self.setting.indices[name] for name in self.setting.indices if name in names - bound}
        indices |= {name: size for name, size in self.setting.indices.items() if name in names and name not in indices}
        if "e1" in self.setting.symbols and "n" in names - bound:
            indices["n"] = "N"
        choices = [*itertools.product(*(range(self.sizes[size]) for size in indices.values()))]
        some = sorted({round(place) for place in np.linspace(0, len(choices) - 1, MOST_CASES)})
        for chosen in (choices[place] for place in some):
            yield self.full | dict(zip(indices, chosen, strict=True))

    def wrong_lines(self, derivation):
        """The lines of a derivation that differ from what is derived, in value or in shape."""
        if derivation.of not in self.derived:
            self.derived[derivation.of] = [
                (self.evaluate(derivation.of, values), values) for values in self.cases(derivation.of)
            ]
        return [
            step.expression
            for step in derivation.steps
            if not all(same(right, self.evaluate(step.expression, it)) for right, it in self.derived[derivation.of])
        ]

    def holds(self, claim):
        """Whether a claim is true, for labels 0 and 1; None for an expression that claims nothing."""
        labels = self.leaves.get("y")
        if labels is not None and not set(np.ravel(labels)) <= {0, 1}:
            ones = np.resize([1.0, 0.0], np.shape(labels))[()]
            answers = [Numbers(self.setting, y=y).holds(claim) for y in (ones, 1 - ones)]
            return None if None in answers else all(answers)
        node = ast.parse(claim, mode="eval").body
        if isinstance(node, ast.Call) and node.func.id == "where":
            case = node.args[1]
            given = {case.left.id: np.full(np.shape(self.full[case.left.id]), float(case.comparators[0].value))[()]}
            return Numbers(self.setting, **given).holds(ast.unparse(node.args[0]))
        if isinstance(node, ast.Call) and node.func.id == "becomes":
            return self._is_a_step(node)
        if not isinstance(node, ast.Compare):
            return None
        (operator,), (right,) = node.ops, node.comparators
        if isinstance(operator, ast.In):
            return self._is_in(node.left, right)
        sides = [ast.unparse(side) for side in (node.left, right)]
        pairs = [[self.evaluate(side, values) for side in sides] for values in self.cases(*sides)]
        if isinstance(operator, ast.Eq):
            zero = isinstance(right, ast.Constant) and right.value == 0
            return all(same(*pair) for pair in pairs) and (zero or any(np.any(pair[0]) for pair in pairs))
        compare = {ast.LtE: np.less_equal, ast.Lt: np.less, ast.GtE: np.greater_equal, ast.Gt: np.greater}
        return all(np.all(compare[type(operator)](*pair)) for pair in pairs)

    def _is_in(self, left, right):
        value = self.full[left.id]
        if isinstance(right, ast.Set):
            return set(np.ravel(value)) <= ast.literal_eval(right)
        sizes = [1 if ast.unparse(size) == "1" else self.sizes[size.id] for size in right.args]
        return [size for size in np.shape(value) if size != 1] == [size for size in sizes if size != 1]

    def _is_a_step(self, node):
        """A small step lowers L: its first-order change is minus λ times the squared gradient."""
        old, new = map(ast.unparse, node.args)
        symbols = {"theta": "W1", "lam": "1e-7"}
        for name, other in symbols.items():
            old, new = (re.sub(rf"\b{name}\b", other, text) for text in (old, new))
        moved = self.forward({old: self.evaluate(new)})
        slope = self.evaluate(f"D(L, {old})")
        change = np.ravel(moved["L"] - self.full["L"])[0]
        return bool(np.isclose(change, -1e-7 * np.sum(slope**2), rtol=1e-4, atol=0))


def wrong_shapes(setting):
    """Parts of a setting's matrices whose numbers have another shape than the page says; shape_of is report's own."""
    from report.notation import shape_of

    numbers, found = Numbers(setting), []
    sizes = numbers.sizes | {"1": 1}
    texts = [*setting.definitions.values()]
    texts += [step.expression for derivation in setting.derivations.values() for step in derivation.steps]
    for text in texts:
        tree, values = ast.parse(text, mode="eval").body, numbers.full
        if "[" in text and "e1" not in setting.symbols:  # in elements everything is a number
            continue
        for loop in [node for node in ast.walk(tree) if isinstance(node, ast.GeneratorExp)]:
            tree, values = loop.elt, values | {loop.generators[0].target.id: 0}
        for node in ast.walk(tree):
            kinds = (ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Call, ast.Subscript)
            if isinstance(node, kinds) and "D(" not in ast.unparse(node):
                shape = tuple(sizes[size] for size in shape_of(node, setting.symbols))
                found_shape = np.shape(numbers.evaluate(ast.unparse(node), values))
                if found_shape != shape and set(found_shape) | set(shape) != {1}:  # a number is one in any shape
                    found.append((ast.unparse(node), shape))
    return found


def same(a, b):
    """Equal to the tolerance, in value and shape; one number is one number in any shape."""
    a, b = np.asarray(a), np.asarray(b)
    if a.size != 1 and a.shape != b.shape:
        return False
    return bool(np.allclose(np.real(a), np.real(b), rtol=TOLERANCE, atol=TOLERANCE))


@cache
def root(expression):
    return ast.unparse(ast.parse(expression, mode="eval")).split("[")[0]


@cache
def quoted(expression, *functions):
    """The code of an expression in which these functions take their arguments as text, and the loop indices around them
    by name: D(f, v), say.
    """
    tree = ast.fix_missing_locations(Quote(functions).visit(ast.parse(expression, mode="eval")))
    return compile(tree, expression, "eval")


class Quote(ast.NodeTransformer):
    def __init__(self, functions):
        self.functions, self.bound = functions, []

    def visit_GeneratorExp(self, node):
        self.bound += [loop.target.id for loop in node.generators]
        node = self.generic_visit(node)
        self.bound = self.bound[: -len(node.generators)]
        return node

    def visit_Call(self, node):
        if node.func.id not in self.functions:
            return self.generic_visit(node)
        bound = [ast.keyword(name, ast.Name(name, ast.Load())) for name in self.bound]
        return ast.Call(node.func, [ast.Constant(ast.unparse(part)) for part in node.args], bound)
