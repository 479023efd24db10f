"""The language of the formulas: Python expressions that are evaluated, typeset and spoken.

A formula is written once, as the text of a Python expression: `Delta1 @ X.T / N`. Python evaluates it (the tests do,
with arrays or with symbols for the names), `typeset` prints its syntax tree for the page, and spoken.py reads the same
tree aloud. So the formula that is proved, the one that is seen and the one that is heard cannot differ.

    a + b, a - b, -a      as written                   A @ B        the matrix product
    a * b                 the product; of two arrays   A.T          the transpose
                          element by element, ⊙        W1[i, j]     an element
    a / b                 a fraction                   a ** n       a power
    log, exp, sigma, tanh ln, e to the power, σ, tanh  diag(v)      the matrix with v on its diagonal
    sum(… for i in range(n)), and so max               D(f, x)      ∂f/∂x; od(f, x) is df/dx, and prime(f) is f′
    f(x)                  f of x, for a symbol f
    kron(i, j)            Iverson's [i = j]            softmax(A)   row by row
    a == b, a <= b, a < b a claim                      x in R(d)    a claim about shapes; {0, 1} is a set
    where(a == b, c == 1) a claim for the case c = 1   given(c, 1)  c = 1, a case and no claim
    becomes(a, b)         a ← b                        dots         …

How a name prints follows from its `Symbol`: a lowercase letter is bold if it stands for a vector, and plain as soon as
an index picks an element. Subscripts count units; a superscript (n) picks an example of a batch.
"""

import ast
from dataclasses import dataclass

SUM, ELEMENTWISE, PRODUCT, FACTOR, POWER, ATOM = range(6)  # how tightly the parts of a formula hold together
SCALAR = ()
WORDS = {"dots": "dots.h.c", "sigma": "sigma"}  # names that stand for themselves
RELATIONS = {ast.Eq: "=", ast.LtE: "<=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.In: "in"}


@dataclass(frozen=True)
class Symbol:
    """How a name prints: a letter, a subscript that belongs to the name, and its shape as sizes' names.

    example: the shape of name[n], for a name whose index counts the examples of a batch; else None.
    """

    letter: str
    subscript: str = ""
    shape: tuple = SCALAR
    example: tuple | None = None

    @property
    def whole(self):
        """The letter of the name without an index."""
        return self._letter(self.shape)

    @property
    def of_one(self):
        """The letter of one example's part."""
        return self._letter(self.example)

    def _letter(self, shape):
        last = self.letter.rstrip(")").split("(")[-1]
        return f"bold({self.letter})" if set(shape) - {"1"} and not last[0].isupper() else self.letter


def parse(expression):
    """The syntax tree of an expression's text."""
    return ast.parse(expression, mode="eval").body


def typeset(expression, symbols, braces=False, inline=False):
    """Typst's math for `expression`; with `braces` the shape of every factor stands under it.

    expression: text of a Python expression in the language above; symbols: {name: Symbol}. inline: fractions are
    written a/b, for a line of text.
    Raises ValueError where the language does not know a construct, or the shapes of a product do not fit.
    """
    shape(expression, symbols)
    return Printer(symbols, braces, inline).print(parse(expression), SUM)


def shape(expression, symbols):
    """The shape of `expression`, as a tuple of sizes' names; () for a scalar."""
    return shape_of(parse(expression), symbols)


def decimal(number):
    """A number as it is written, never as 4.5e-05."""
    return str(number) if isinstance(number, int) else f"{number:.10f}".rstrip("0")


def pieces(text):
    """Prose with formulas in braces, as a list of (is formula, part): "call it {delta2}"."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        if letter == "{":
            if depth == 0:
                found.append((False, text[start:place]))
                start = place + 1
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                found.append((True, text[start:place]))
                start = place + 1
    return [piece for piece in [*found, (False, text[start:])] if piece[1]]


# ---- Shapes --------------------------------------------------------------------------------------


def shape_of(node, symbols):
    if isinstance(node, ast.Name):
        return SCALAR if node.id in WORDS else symbols[node.id].shape
    if isinstance(node, ast.Subscript):
        return symbols[node.value.id].example or SCALAR
    if isinstance(node, ast.Attribute):
        return shape_of(node.value, symbols)[::-1]
    if isinstance(node, ast.UnaryOp):
        return shape_of(node.operand, symbols)
    if isinstance(node, ast.BinOp):
        return _shape_of_operation(node, shape_of(node.left, symbols), shape_of(node.right, symbols))
    if isinstance(node, ast.Compare):
        shapes = [shape_of(part, symbols) for part in (node.left, *node.comparators)]
        if isinstance(node.ops[0], ast.Eq) and len(set(shapes)) > 1:
            raise ValueError(f"{ast.unparse(node)} compares {shapes[0]} with {shapes[1]}")
        return SCALAR
    if isinstance(node, ast.Call):
        return _shape_of_call(node, symbols)
    return SCALAR  # numbers and sets


def _shape_of_operation(node, left, right):
    if isinstance(node.op, ast.MatMult):
        if left[-1] != right[0]:
            raise ValueError(f"{ast.unparse(node)} multiplies {left} by {right}")
        return left[:-1] + right[1:]
    if isinstance(node.op, ast.Pow):
        return left
    if SCALAR not in (left, right) and left != right:
        raise ValueError(f"{ast.unparse(node)} joins {left} and {right} element by element")
    return left or right


def _shape_of_call(node, symbols):
    name, arguments = node.func.id, node.args
    if name == "diag":
        return shape_of(arguments[0], symbols)[:1] * 2
    if name in ("sum", "max"):
        return shape_of(arguments[0].elt, symbols)
    if name == "D":  # denominator layout: the shape of what is varied, times that of a vector which depends on it
        over, under = (shape_of(part, symbols) for part in arguments)
        return under[:1] + over[:1] if over and under and over != ("1", "1") else under
    if name in ("log", "exp", "sigma", "tanh", "softmax", "becomes"):
        return shape_of(arguments[0], symbols)
    return SCALAR


# ---- Typst ---------------------------------------------------------------------------------------


class Printer:
    """Typst for a syntax tree. Each method gives the text and how tightly its outermost parts hold together."""

    def __init__(self, symbols, braces=False, inline=False):
        self.symbols, self.braces, self.inline = symbols, braces, inline

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

    def shape(self, node):
        return shape_of(node, self.symbols)

    def _size(self, size):
        return self.print_Name(ast.Name(size))[0] if size in self.symbols else size

    def print_Constant(self, node):
        return decimal(node.value), ATOM

    def print_Set(self, node):
        return "{" + ", ".join(self.print(part, SUM) for part in node.elts) + "}", ATOM

    def print_Compare(self, node):
        text = self.print(node.left, SUM)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            text += f" {RELATIONS[type(operator)]} {self.print(right, SUM)}"
        return text, SUM

    def print_Name(self, node):
        if node.id in WORDS:
            return WORDS[node.id], ATOM
        symbol = self.symbols[node.id]
        return symbol.whole + (f"_({symbol.subscript})" if symbol.subscript else ""), ATOM

    def print_Subscript(self, node):
        symbol = self.symbols[node.value.id]
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        index = " ".join(self.print(part, SUM) for part in parts)
        if symbol.example is not None:
            return symbol.of_one + (f"_({symbol.subscript})" if symbol.subscript else "") + f"^(({index}))", ATOM
        return f"{symbol.letter}_({symbol.subscript + ',' if symbol.subscript else ''}{index})", ATOM

    def print_Attribute(self, node):
        if node.attr != "T":
            raise ValueError(f"the formulas' language has no .{node.attr}: {ast.unparse(node)}")
        text = self.print(node.value, ATOM)
        if isinstance(node.value, ast.Subscript):  # an example's column has its superscript already
            return f"{text[:-1]} top)", POWER
        return f"{text}^top", POWER

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
        # What would swallow a neighbour on its right gets brackets: a sum over an index, a logarithm. Two numbers need
        # a sign between them.
        last = right.operand if isinstance(right, ast.UnaryOp) else right
        last = last.left if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Pow) else last
        between = " dot " if isinstance(last, ast.Constant) else " thin "
        return (
            self.print(left, ATOM if calls(left, "sum", "log") else PRODUCT)
            + between
            + self.print(right, PRODUCT if calls(right, "sum") else FACTOR),
            PRODUCT,
        )

    def _quotient(self, left, right):
        if isinstance(left, ast.UnaryOp):  # the sign goes before the fraction
            return "-" + self.print(ast.BinOp(left.operand, ast.Div(), right), PRODUCT), SUM
        if self.inline:
            return f"{self.print(left, PRODUCT)} slash {self.print(right, POWER)}", ELEMENTWISE
        braces = self.braces
        self.braces = False
        below = self.print(right, SUM)
        if self.shape(left) == SCALAR and not calls(left, "sum"):
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
        if name == "max":
            body, (loop,) = arguments[0].elt, arguments[0].generators
            return f"max_({self.print(loop.target, SUM)}) {self.print(body, FACTOR)}", PRODUCT
        if name in ("D", "od"):
            over, sign = self.print(arguments[1], ATOM), "partial" if name == "D" else "dif"
            if self.inline:
                return f"{sign} {self.print(arguments[0], ATOM)} slash {sign} {over}", ELEMENTWISE
            if isinstance(arguments[0], (ast.Name, ast.Subscript)) or calls(arguments[0], "sigma"):
                return f"frac({sign} {self.print(arguments[0], ATOM)}, {sign} {over})", FACTOR
            return f"frac({sign}, {sign} {over}) {self._bracketed(arguments[0])}", FACTOR
        if name == "prime":
            return f"{self.print(arguments[0], ATOM)}'", POWER
        if name == "log":
            return f"ln {self.print(arguments[0], ATOM)}", FACTOR
        if name == "exp":
            return f"e^({self.print(arguments[0], SUM)})", POWER
        if name == "kron":
            return f"[{self.print(arguments[0], SUM)} = {self.print(arguments[1], SUM)}]", ATOM
        if name == "R":
            return f"RR^({' times '.join(self.print(size, SUM) for size in arguments)})", POWER
        if name in ("given", "becomes", "where"):
            sign = {"given": "=", "becomes": "<-", "where": '" if "'}[name]
            return f"{self.print(arguments[0], SUM)} {sign} {self.print(arguments[1], SUM)}", SUM
        if name in self.symbols:
            return f"{self.symbols[name].letter} {self._bracketed(arguments[0])}", ATOM
        letter = {"sigma": "sigma", "tanh": "tanh", "diag": 'op("diag")', "softmax": 'op("softmax")'}.get(name)
        if letter is None:
            raise ValueError(f"the formulas' language has no {name}: {ast.unparse(node)}")
        return f"{letter} {self._bracketed(arguments[0])}", ATOM

    def _bracketed(self, node):
        return f"lr(({self.print(node, SUM)}))"


def calls(node, *names):
    return isinstance(node, ast.Call) and node.func.id in names
