"""A second opinion on the formulas: sympy differentiates the definitions, and each line of the work is compared."""

import ast
import itertools
import math
import random
import re
from functools import cache

import numpy as np
import sympy
from report_numbers import quoted, root


class Oracle:
    """The names of a Setting as arrays of symbols, its definitions as functions of them, and D as sympy's derivative.

    sizes: {size's name: number}. Definitions are followed in their order; D(f, v) cuts them at v, differentiates with
    respect to a fresh symbol, and puts v's definition back. given: values for names that are not free, such as labels
    that sum to 1.
    """

    def __init__(self, setting, sizes, **given):
        self.setting, self.sizes, self.given = setting, sizes, given
        self.full, self.cut, self.derived = self._forward(cut=None), {}, {}

    def _forward(self, cut):
        values = self.sizes | self.given
        for name, symbol in self.setting.symbols.items():
            leaf = name not in (*values, *self.setting.indices, *map(root, self.setting.definitions))
            if leaf or name == cut:
                values[name] = symbols(name, tuple(self.sizes[size] for size in symbol.shape))
        for left, right in self.setting.definitions.items():
            if root(left) != cut:
                target = ast.parse(left, mode="eval").body
                if isinstance(target, ast.Name):
                    values[target.id] = self.evaluate(right, values)
                else:
                    index = ast.unparse(target.slice)
                    size = self.sizes[self.setting.indices[index]]
                    values[root(left)] = np.array(
                        [self.evaluate(right, values | {index: i}) for i in range(size)], object
                    )
        return values

    def evaluate(self, expression, values=None):
        values = self.full if values is None else values
        functions = {
            "exp": sympy.exp,
            "log": sympy.log,
            "sigma": lambda z: 1 / (1 + sympy.exp(-z)),
            "tanh": lambda z: (sympy.exp(z) - sympy.exp(-z)) / (sympy.exp(z) + sympy.exp(-z)),
            "sum": sum,
            "range": range,
            "kron": lambda i, j: int(i == j),
        }

        def derivative(f, v, **bound):
            return self.derivative(f, v, values | bound)

        return eval(
            quoted(expression, "D", "od"),
            {"__builtins__": {}, **functions, **values, "D": derivative, "od": derivative},
        )

    def derivative(self, f, v, values):
        indices = {name: values[name] for name in self.setting.indices if name in values}
        key = f, v, *indices.items()
        if key not in self.derived:
            if root(v) not in self.cut:
                self.cut[root(v)] = self._forward(root(v))
            cut = self.cut[root(v)] | indices
            slope = sympy.diff(self.evaluate(f, cut), self.evaluate(v, cut))
            fresh, full = cut[root(v)], self.full[root(v)]
            self.derived[key] = slope.xreplace(dict(zip(np.ravel(fresh), np.ravel(full), strict=True)))
        return self.derived[key]

    def lines(self, derivation):
        """(expected, [each line's value]) for every value of the free indices of the derivation."""
        free = [
            name
            for name in self.setting.indices
            if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(ast.parse(derivation.of)))
        ]
        for chosen in itertools.product(*(range(self.sizes[self.setting.indices[name]]) for name in free)):
            values = self.full | dict(zip(free, chosen, strict=True))
            yield (
                self.evaluate(derivation.of, values),
                [self.evaluate(step.expression, values) for step in derivation.steps],
            )


MODULUS = 2**61 - 1  # a prime


def is_zero(difference):
    """Whether a difference of formulas is 0 for all values: rational functions of symbols and exponentials.

    It is so modulo a prime, with a random number for each symbol and each exponential. One that is not 0 is taken for 0
    as often as a random number is a root of its numerator: with a chance of its degree, some hundreds, in 10^18.
    """
    return residue(sympy.sympify(difference)) == 0


@cache
def residue(formula):
    if formula.is_Number:
        number = sympy.Rational(formula)  # 0.5 is a half
        return number.p * pow(number.q, -1, MODULUS) % MODULUS
    if formula.is_Add:
        return sum(map(residue, formula.args)) % MODULUS
    if formula.is_Mul:
        return math.prod(map(residue, formula.args)) % MODULUS
    if formula.is_Pow and formula.exp.is_Integer:
        return pow(residue(formula.base), int(formula.exp), MODULUS)
    if isinstance(formula, sympy.exp):
        terms = [term.as_coeff_Mul() for term in sympy.Add.make_args(sympy.expand(formula.exp))]
        assert all(power.is_integer for power, _ in terms)
        if terms != [(1, formula.exp)]:
            return math.prod(pow(residue(sympy.exp(rest)), int(power), MODULUS) for power, rest in terms) % MODULUS
    return DRAWN.randrange(1, MODULUS)


DRAWN = random.Random(0)


def symbols(name, shape):
    if not shape:
        return sympy.Symbol(name, positive=True)
    array = np.empty(shape, object)
    for index in np.ndindex(*shape):
        array[index] = sympy.Symbol(name + "_".join(map(str, index)), positive=True)
    return array


def mutants(expression):
    """Every formula one slip away: a sign changed, a transpose, a factor or a divisor dropped, the whole negated."""
    tree = ast.parse(expression, mode="eval").body
    found = [f"-({expression})"]
    for node in ast.walk(tree):
        for slip in _slips(node):
            found.append(ast.unparse(_Replace(node, slip).visit(tree)))
    return found


def _slips(node):
    if isinstance(node, ast.Attribute):
        yield node.value
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add):
            yield ast.BinOp(node.left, ast.Sub(), node.right)
        elif isinstance(node.op, ast.Sub):
            yield ast.BinOp(node.left, ast.Add(), node.right)
        elif isinstance(node.op, ast.Div):
            yield node.left
            yield ast.BinOp(node.left, ast.Mult(), node.right)
        elif isinstance(node.op, (ast.Mult, ast.MatMult)):
            yield node.left
            yield node.right


class _Replace(ast.NodeTransformer):
    """A copy of the tree with one node in another's place; the tree itself stays."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        if node is self.old:
            return self.new
        return type(node)(**{name: self._part(part) for name, part in ast.iter_fields(node)})

    def _part(self, part):
        if isinstance(part, list):
            return [self._part(item) for item in part]
        return self.visit(part) if isinstance(part, ast.AST) else part


# ---- The rules beside the lines ------------------------------------------------------------------


def slopes(expression):
    """The derivatives that a line still holds, as a sorted list of texts."""
    calls = (node for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Call))
    return sorted(ast.unparse(call) for call in calls if ast.unparse(call.func) in ("D", "od"))


def length(expression):
    return len(list(ast.walk(ast.parse(expression))))


def taken(before, after):
    return len(slopes(after)) < len(slopes(before))


def split(before, after):
    return slopes(after) and slopes(after) != slopes(before)


def into(pattern):
    return lambda before, after: re.search(pattern, after)


def gone(part):
    return lambda before, after: part in before and part not in after


def more_of(part):
    return lambda before, after: after.count(part) > before.count(part)


PRIME = r"([\w()\[\]-]+) \* \(1 - \1\)"  # h (1 - h)
# What a rule says -> what it does to a line. Each rule must say one of these, and do all that it says.
RULES = {
    r"chain rule|linear": split,
    r"the mean": into(r"^sum\(.* / N$"),
    r"Q2\.1": into(r"\(yhat - y\) / \(yhat \* \(1 - yhat\)\)"),
    r"Q2\.2|Jacobian above|sigma' =": into(PRIME),
    r"is the factor|its factor|has the factor|passes on|lines? above|has the derivative": taken,
    r"\{D\((z2?1?(\[i\])?|h\[i\]), \w+(\[[\w, ]+\])?\) == ": taken,
    r"od\(exp\(x\), x\)": lambda before, after: taken(before, after) and "exp(" in after,
    r"prime\(log": lambda before, after: ("log(" in before) != ("log(" in after) or "(1 / " in after,
    r"only row|kron\(i, k\)\}$|depends on \{z\[i\]\} alone": into(r"kron\("),
    r"only the term": lambda before, after: gone("sum(")(before, after) and taken(before, after),
    r"definition of \{sigma\}": lambda before, after: ("sigma(" in before) != ("sigma(" in after),
    r"common denominator": lambda before, after: after.count(" / ") < before.count(" / "),
    r"cancels?\b": lambda before, after: after.count("-") < before.count("-") or length(after) < length(before),
    r"add 1 and subtract 1": more_of(" - 1)"),
    r"keeps one term": lambda before, after: gone("kron(")(before, after) or gone("sum(")(before, after),
    r"matrix product|columns times rows": into(r" @ [HX]\.T$"),
    r"\bones\b": into(" @ ones$"),
    r"in full": lambda before, after: gone("delta")(before, after) and "yhat - y" in after,
}


def unfounded(derivation, rules=RULES):
    """The lines of the work whose rule gives no reason, or a reason for something that it does not do."""
    lines = [derivation.of, *(step.expression for step in derivation.steps)]
    work = derivation.steps if len(derivation.steps) > 1 else ()
    found = []
    for step, before, after in zip(work, lines, lines[1:], strict=False):
        said = [holds for pattern, holds in rules.items() if re.search(pattern, step.rule)]
        if not said or not all(holds(before, after) for holds in said):
            found.append((step.rule, before, after))
    return found
