"""The language of the formulas: a Python expression that numpy or sympy evaluates and that prints as Typst.

A formula is written once, as the text of a Python expression: `Delta1 @ X.T / N`. Python itself evaluates it (the
tests do, with arrays or with symbols for the names), and `typeset` prints the same syntax tree for the page, so the
formula that is proved and the formula that is read cannot differ.

    a + b, a - b, -a      as written                   A @ B        the matrix product
    a * b                 the product; of two arrays   A.T          the transpose
                          element by element, ⊙       W1[i, j]     an element
    a / b                 a fraction                   a ** n       a power
    log, exp, sigma       ln, e to the power, σ        diag(v)      the matrix with v on its diagonal
    sum(… for i in range(n))                           D(f, x): ∂f/∂x, and od(f, x): df/dx
    kron(i, j)            Iverson's [i = j]            softmax(A)   row by row
"""

import ast
from dataclasses import dataclass

SUM, ELEMENTWISE, PRODUCT, FACTOR, POWER, ATOM = range(6)  # how tightly the parts of a formula hold together
SCALAR = ()


@dataclass(frozen=True)
class Symbol:
    """How a name prints: a letter, a subscript that belongs to the name, and its shape as sizes' names."""

    letter: str
    subscript: str = ""
    shape: tuple = SCALAR


def typeset(expression, symbols, braces=False):
    """Typst's math for `expression`; with `braces` the shape of every factor stands under it.

    expression: text of a Python expression in the language above; symbols: {name: Symbol}.
    Raises ValueError where the language does not know a construct, or the shapes of a product do not fit.
    """
    shape(expression, symbols)
    return _Printer(symbols, braces).print(ast.parse(expression, mode="eval").body, SUM)


def shape(expression, symbols):
    """The shape of `expression`, as a tuple of sizes' names; () for a scalar."""
    return _Printer(symbols, False).shape(ast.parse(expression, mode="eval").body)


def code(expression):
    """`expression` as a reader would type it: one spelling for one tree."""
    return ast.unparse(ast.parse(expression, mode="eval"))


class _Printer:
    def __init__(self, symbols, braces):
        self.symbols, self.braces = symbols, braces

    def print(self, node, hold):
        """Typst for `node`, in brackets where its parts hold together less tightly than `hold`."""
        method = getattr(self, "print_" + type(node).__name__, None)
        if method is None:
            raise ValueError(f"the formulas' language has no {type(node).__name__}: {ast.unparse(node)}")
        braces, self.braces = self.braces, self.braces and self._passes_braces_on(node, hold)
        text, level = method(node)
        self.braces = braces
        if level < hold:
            text = f"lr(({text}))"
        if braces and not self._passes_braces_on(node, hold) and self.shape(node) != SCALAR:
            text = f"underbrace({text}, {' times '.join(self._size(size) for size in self.shape(node))})"
        return text

    @staticmethod
    def _passes_braces_on(node, hold):
        """A brace stands under a factor: a sum in brackets is one, a product is several."""
        if isinstance(node, ast.BinOp):
            return hold == SUM or not isinstance(node.op, (ast.Add, ast.Sub))
        return isinstance(node, ast.UnaryOp)

    def _size(self, size):
        return self.print_Name(ast.Name(size))[0] if size in self.symbols else size

    # ---- Shapes ----------------------------------------------------------------------------------

    def shape(self, node):
        if isinstance(node, ast.Name):
            return self.symbols[node.id].shape
        if isinstance(node, ast.Attribute):
            return self.shape(node.value)[::-1]
        if isinstance(node, ast.UnaryOp):
            return self.shape(node.operand)
        if isinstance(node, ast.BinOp):
            left, right = self.shape(node.left), self.shape(node.right)
            if isinstance(node.op, ast.MatMult):
                if left[-1] != right[0]:
                    raise ValueError(f"{ast.unparse(node)} multiplies {left} by {right}")
                return left[:-1] + right[1:]
            if isinstance(node.op, ast.Pow):
                return left
            if SCALAR not in (left, right) and left != right:
                raise ValueError(f"{ast.unparse(node)} joins {left} and {right} element by element")
            return left or right
        if isinstance(node, ast.Call):
            name = node.func.id
            if name == "diag":
                return self.shape(node.args[0])[:1] * 2
            if name in ("log", "exp", "sigma", "softmax"):
                return self.shape(node.args[0])
        return SCALAR  # numbers, elements, sums over an index, derivatives of elements

    # ---- Nodes: each method gives the text and how tightly its outermost parts hold together -----

    def print_Constant(self, node):
        return str(node.value), ATOM

    def print_Name(self, node):
        symbol = self.symbols[node.id]
        return symbol.letter + (f"_({symbol.subscript})" if symbol.subscript else ""), ATOM

    def print_Subscript(self, node):
        symbol = self.symbols[node.value.id]
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        index = " ".join(self.print(part, SUM) for part in parts)
        return f"{symbol.letter}_({symbol.subscript + ',' if symbol.subscript else ''}{index})", ATOM

    def print_Attribute(self, node):
        if node.attr != "T":
            raise ValueError(f"the formulas' language has no .{node.attr}: {ast.unparse(node)}")
        return f"{self.print(node.value, ATOM)}^top", POWER

    def print_UnaryOp(self, node):
        return f"-{self.print(node.operand, PRODUCT)}", SUM

    def print_BinOp(self, node):
        left, right, op = node.left, node.right, node.op
        if isinstance(op, ast.Add):
            return f"{self.print(left, SUM)} + {self.print(right, PRODUCT)}", SUM
        if isinstance(op, ast.Sub):
            return f"{self.print(left, SUM)} - {self.print(right, PRODUCT)}", SUM
        if isinstance(op, ast.Pow):
            return f"{self.print(left, ATOM)}^({self.print(right, SUM)})", POWER
        if isinstance(op, ast.Div):
            return self._quotient(left, right)
        if isinstance(left, ast.UnaryOp):  # a sign at the front is the sign of the whole product
            return "-" + self.print(ast.BinOp(left.operand, op, right), PRODUCT), SUM
        if isinstance(op, ast.Mult) and SCALAR not in (self.shape(left), self.shape(right)):
            hold = [
                ATOM if isinstance(side, ast.BinOp) and isinstance(side.op, ast.MatMult) else ELEMENTWISE
                for side in (left, right)
            ]
            return f"{self.print(left, hold[0])} dot.o {self.print(right, max(hold[1], PRODUCT))}", ELEMENTWISE
        # What would swallow a neighbour on its right gets brackets: a sum over an index, a logarithm.
        return (
            self.print(left, ATOM if _calls(left, "sum", "log") else PRODUCT)
            + " thin "
            + self.print(right, PRODUCT if _calls(right, "sum") else FACTOR),
            PRODUCT,
        )

    def _quotient(self, left, right):
        if isinstance(left, ast.UnaryOp):  # the sign goes before the fraction
            return "-" + self.print(ast.BinOp(left.operand, ast.Div(), right), PRODUCT), SUM
        braces = self.braces
        self.braces = False
        below = self.print(right, SUM)
        if self.shape(left) == SCALAR and not _calls(left, "sum"):
            text = f"frac({self.print(left, SUM)}, {below})"
            self.braces = braces
            return text, FACTOR
        self.braces = braces
        return f"frac(1, {below}) thin {self.print(left, PRODUCT)}", PRODUCT

    def print_Call(self, node):
        name, arguments = node.func.id, node.args
        if name == "sum":
            body, (loop,) = arguments[0].elt, arguments[0].generators
            index, end = self.print(loop.target, SUM), self.print(loop.iter.args[0], SUM)
            return f"sum_({index} = 1)^({end}) {self.print(body, PRODUCT)}", PRODUCT
        if name in ("D", "od"):
            over, sign = self.print(arguments[1], ATOM), "partial" if name == "D" else "dif"
            if isinstance(arguments[0], (ast.Name, ast.Subscript)) or _calls(arguments[0], "sigma"):
                return f"frac({sign} {self.print(arguments[0], ATOM)}, {sign} {over})", FACTOR
            return f"frac({sign}, {sign} {over}) {self._bracketed(arguments[0])}", FACTOR
        if name == "log":
            return f"ln {self.print(arguments[0], ATOM)}", FACTOR
        if name == "exp":
            return f"e^({self.print(arguments[0], SUM)})", POWER
        if name == "kron":
            return f"[{self.print(arguments[0], SUM)} = {self.print(arguments[1], SUM)}]", ATOM
        letter = {"sigma": "sigma", "diag": 'op("diag")', "softmax": 'op("softmax")'}.get(name)
        if letter is None:
            raise ValueError(f"the formulas' language has no {name}: {ast.unparse(node)}")
        return f"{letter} {self._bracketed(arguments[0])}", ATOM

    def _bracketed(self, node):
        return f"lr(({self.print(node, SUM)}))"


def _calls(node, *names):
    return isinstance(node, ast.Call) and node.func.id in names
