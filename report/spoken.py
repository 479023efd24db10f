"""Read a formula aloud: plain English for its syntax tree, the alternative text of what notation.py typesets.

    D(L, W1[i, j]) == delta1[i] * x[j]
    the partial derivative of L with respect to W sub one, entry i j, equals delta sub one, entry i, times x sub j

Said for those who cannot see the page: brackets, the ends of fractions and of sums are named, so that no two formulas
sound the same; a capital is named where the page has the small letter too.
"""

import ast

from report.notation import ATOM, ELEMENTWISE, FACTOR, POWER, PRODUCT, SCALAR, SUM, calls, decimal, parse, shape_of

WORDS = {"1": "one", "2": "two"}
LETTERS = {
    "hat(y)": "y hat",
    "cal(L)": "L",
    "ell": "ell",
    "1": "the column of ones",
    "hat(v)": "v hat",
    "f'": "f prime",
    "f'''": "f triple prime",
}
SMALL_TOO = {"X", "H", "Z", "N", "Delta", "U", "V", "M", "K", "Y", "D", "hat(Y)"}
RELATIONS = {
    ast.Eq: "equals",
    ast.LtE: "is at most",
    ast.Lt: "is less than",
    ast.GtE: "is at least",
    ast.Gt: "is greater than",
    ast.In: "is in",
}


def spoken(expression, symbols):
    """English for `expression`, a text or a tree in the language of notation.py, with the names of `symbols`."""
    tree = parse(expression) if isinstance(expression, str) else expression
    text = _Reader(symbols).read(tree, SUM)
    return text.replace(",,", ",").rstrip(",")


class _Reader:
    def __init__(self, symbols):
        self.symbols = symbols

    def read(self, node, hold):
        text, level = getattr(self, "read_" + type(node).__name__)(node)
        return f"open bracket {text} close bracket" if level < hold else text

    def _letter(self, symbol):
        letter = symbol.letter.strip('"')
        name = LETTERS.get(letter, letter.replace("hat(Y)", "Y hat"))
        name = f"capital {name.lower()}" if letter in SMALL_TOO else name
        return name + (
            f" sub {WORDS.get(symbol.subscript, symbol.subscript.strip(chr(34)))}" if symbol.subscript else ""
        )

    def read_Constant(self, node):
        return decimal(node.value), ATOM

    def read_Set(self, node):
        return "the set of " + " and ".join(self.read(part, SUM) for part in node.elts), ATOM

    def read_Compare(self, node):
        text = self.read(node.left, SUM)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            text += f" {RELATIONS[type(operator)]} {self.read(right, SUM)}"
        return text, SUM

    def read_Name(self, node):
        return {"dots": "and so on", "sigma": "sigma"}.get(node.id) or self._letter(self.symbols[node.id]), ATOM

    def read_Subscript(self, node):
        symbol = self.symbols[node.value.id]
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        index = " ".join(self.read(part, SUM) for part in parts)
        if symbol.example is not None:
            return f"{self._letter(symbol)} of example {index}", ATOM
        return self._letter(symbol) + (
            f", entry {index}," if symbol.subscript or len(parts) > 1 else f" sub {index}"
        ), ATOM

    def read_Attribute(self, node):
        return f"{self.read(node.value, ATOM)} transposed", POWER

    def read_UnaryOp(self, node):
        return f"minus {self.read(node.operand, PRODUCT)}", SUM

    def read_BinOp(self, node):
        left, right, op = node.left, node.right, node.op
        if isinstance(op, ast.Add):
            return f"{self.read(left, SUM)} plus {self.read(right, PRODUCT)}", SUM
        if isinstance(op, ast.Sub):
            return f"{self.read(left, SUM)} minus {self.read(right, PRODUCT)}", SUM
        if isinstance(op, ast.Pow):
            power = self.read(right, SUM)
            return f"{self.read(left, ATOM)} {'squared' if power == '2' else f'to the power {power}'}", POWER
        if isinstance(op, ast.Div):
            if isinstance(left, ast.UnaryOp):
                return "minus " + self.read(ast.BinOp(left.operand, op, right), PRODUCT), SUM
            text = f"{self.read(left, SUM)} over {self.read(right, SUM)}"
            simple = all(isinstance(side, (ast.Name, ast.Constant, ast.Subscript)) for side in (left, right))
            return (text if simple else f"the fraction {text}, end of fraction,"), FACTOR
        if isinstance(left, ast.UnaryOp):
            return "minus " + self.read(ast.BinOp(left.operand, op, right), PRODUCT), SUM
        if isinstance(op, ast.Mult) and SCALAR not in (shape_of(left, self.symbols), shape_of(right, self.symbols)):
            return f"{self.read(left, ELEMENTWISE)} times, element by element, {self.read(right, PRODUCT)}", ELEMENTWISE
        sides = self.read(left, PRODUCT), self.read(right, FACTOR)
        return f"{sides[0]} times {sides[1]}", PRODUCT

    def read_Call(self, node):
        name, arguments = node.func.id, node.args
        if name == "sum":
            body, (loop,) = arguments[0].elt, arguments[0].generators
            index, end = self.read(loop.target, SUM), self.read(loop.iter.args[0], SUM)
            return f"the sum over {index} from 1 to {end} of {self.read(body, PRODUCT)}, end of sum,", PRODUCT
        if name == "max":
            body, (loop,) = arguments[0].elt, arguments[0].generators
            return f"the largest over {self.read(loop.target, SUM)} of {self.read(body, PRODUCT)}", PRODUCT
        read = [self.read(part, SUM) for part in arguments]
        if name in ("D", "od"):
            kind = "partial derivative" if name == "D" else "derivative"
            return f"the {kind} of {read[0]} with respect to {read[1]}", FACTOR
        if name == "prime":
            return f"the derivative of {read[0]}", FACTOR
        if name == "exp":
            short = isinstance(arguments[0], (ast.Name, ast.Subscript, ast.UnaryOp, ast.Constant))
            return f"e to the power {read[0]}" + ("" if short else ", end of power,"), POWER
        if name == "kron":
            return f"the bracket that is 1 if {read[0]} equals {read[1]} and 0 otherwise,", ATOM
        if name == "R":
            return "the real numbers, " + " by ".join(read), ATOM
        if name in ("given", "becomes", "where"):
            between = {"given": "equals", "becomes": "becomes", "where": "if"}[name]
            return f"{read[0]} {between} {read[1]}", SUM
        if name in self.symbols:
            simple = isinstance(arguments[0], ast.Name)
            return f"{self._letter(self.symbols[name])} of " + (
                read[0] if simple else f"open bracket {read[0]} close bracket"
            ), ATOM
        what = {
            "log": "the natural logarithm of",
            "sigma": "sigma of",
            "tanh": "the hyperbolic tangent of",
            "diag": "the diagonal matrix of",
            "softmax": "the softmax of",
        }[name]
        simple = isinstance(arguments[0], (ast.Name, ast.Subscript)) or calls(arguments[0], "sigma")
        return (
            f"{what} {read[0] if simple else f'open bracket {read[0]} close bracket'}",
            FACTOR if name == "log" else ATOM,
        )
