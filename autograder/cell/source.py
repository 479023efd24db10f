"""Reads a submission's source statement by statement, so that a part that is no Python costs no more than itself."""

import ast
import importlib.util
import re
from dataclasses import dataclass

# What would do the assignment's work; it is to be written in numpy alone. Tools for plots, tables and text are fine.
FORBIDDEN = re.compile(
    r"(torch|torchvision|pytorch_lightning|lightning|tensorflow|keras|jax|flax|optax|theano|mxnet|paddle|chainer|autograd"
    r"|tinygrad|micrograd|sklearn|xgboost|lightgbm|transformers|fastai|sympy|scipy\.optimize)(\.|$)"
)
# What a line says to a notebook: !shell, %magic, %%magic of a cell. A line of an expression may begin with != or % too.
MAGIC = re.compile(r"^([ \t]*)((?:!(?!=)|%%?(?=[A-Za-z]))(?:.*\\\n)*.*)", re.M)
WITHIN = re.compile(r"[ \t\f#)\]}]|$|(?:else|elif|except|finally)\b")  # lines that do not begin a statement
NEVER_IN_BRACKETS = re.compile(r"(?:def|class|import|from|return|while|with|try)\b|@")
UNFINISHED = re.compile("was never closed|unterminated triple-quoted|unexpected EOF")
UNPARSABLE = (SyntaxError, ValueError, MemoryError, RecursionError)  # null bytes, nesting without end


@dataclass
class Source:
    statements: list  # ast nodes with the file's own line numbers
    broken: list  # [(line, error)] of statements that do not parse
    magics: list  # [(line, text)] of lines that begin with ! or %, which were left out
    comments: int  # lines with a comment, and docstrings
    forbidden: list  # packages that it imports and must not


def read_source(path):
    """The file as a Source. Raises nothing for whatever the file holds."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        text = importlib.util.decode_source(content)
    except (SyntaxError, UnicodeDecodeError):
        text = content.decode("latin-1").replace("\r\n", "\n")
    broken, magics = [], []
    try:
        statements = ast.parse(content, path).body
    except UNPARSABLE as error:
        statements = list(statements_of(text.split("\n"), path, broken, magics))
        if not broken and not magics:  # every statement parses, so the encoding is what is wrong
            broken.append((1, error))
    nodes = list(ast.walk(ast.Module(statements, [])))
    documented = [node for node in nodes if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))]
    comments = len(re.findall(r"(?m)^(?:.*[ \t])?#", text)) + sum(map(bool, map(ast.get_docstring, documented)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}  # from scipy import optimize
    found = {match[1] for match in map(FORBIDDEN.match, imported) if match}
    return Source(statements, broken, magics, comments, sorted(found))


def statements_of(lines, path, broken, magics):
    """The statements that parse; the others go to `broken`, and the lines of a notebook's magic to `magics`.

    A piece runs from a line that begins a statement to the next such line. One that ends in an open bracket or string
    is tried with the pieces after it.
    """
    starts = [k for k, line in enumerate(lines) if not WITHIN.match(line) and not (k and lines[k - 1][:1] == "@")]
    starts = [*dict.fromkeys([0, *starts, len(lines)])]
    first = 0
    while first < len(starts) - 1:
        problem, start = None, starts[first]
        for last in range(first + 1, len(starts)):
            piece = "\n".join(lines[start : starts[last]])
            try:
                body = parsed(piece, start, path, magics)
                break
            except UNPARSABLE as error:
                problem = problem or error
                more = UNFINISHED.search(str(error)) and starts[last] < len(lines)
                if not more or ("closed" in str(error) and NEVER_IN_BRACKETS.match(lines[starts[last]])):
                    body, last = [], first + 1
                    broken.append((getattr(problem, "lineno", None) or start + 1, problem))
                    break
        yield from body
        first = last


def parsed(piece, start, path, magics):
    """The statements of a piece that begins after `start` lines: as it stands, or else without its magic."""
    above = "\n" * start
    try:
        return ast.parse(above + piece, path).body
    except UNPARSABLE:
        lines = [(start + piece.count("\n", 0, found.start()) + 1, found[2]) for found in MAGIC.finditer(piece)]
        if not lines:
            raise
        body = ast.parse(above + MAGIC.sub(lambda m: m[1] + "pass" + "\n" * m[0].count("\n"), piece), path).body
        magics += lines
        return body
