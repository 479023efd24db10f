"""Every formula of Q2, once: the page prints these expressions, a screen reader says them, and the tests prove them.

A `Derivation` names what is derived (`of`) and gives its lines, each an expression with the rule that leads to it; the
last line is the result. Every line of a derivation equals its `of`, and a test proves each of them, so no line of the
work shown is taken on trust. A rule is prose with formulas in braces, and those that claim something are proved as
well. The language of the expressions is in notation.py; links.py numbers the equations.

Convention: denominator layout. A gradient has the shape of the variable that it is taken with respect to, so that
θ ← θ − λ ∂L/∂θ adds up. Names keep one meaning throughout: i counts units, j inputs, n examples; bold is a vector.
"""

from dataclasses import dataclass, field

from report.notation import Symbol


@dataclass(frozen=True)
class Step:
    expression: str
    rule: str = ""  # prose with formulas in braces


@dataclass(frozen=True)
class Derivation:
    of: str
    steps: tuple

    @property
    def result(self):
        return self.steps[-1].expression


@dataclass(frozen=True)
class Setting:
    """The names of one part of the page: how they print, how they depend on one another, what is derived of them."""

    symbols: dict  # {name: Symbol}; the shape of a symbol in elements is its indices' range
    definitions: dict = field(default_factory=dict)  # {"z[i]": expression}, in the order of the forward pass
    derivations: dict = field(default_factory=dict)  # {name: Derivation}
    claims: dict = field(default_factory=dict)  # {name: expression}, displayed and proved like a line of a derivation
    indices: dict = field(default_factory=dict)  # {index: size}


def derivation(of, *steps):
    return Derivation(of, tuple(Step(*step) for step in steps))


INDICES = {name: Symbol(name) for name in "ijknmNd"} | {"l": Symbol("ell")}
LOSS = {"L": Symbol("cal(L)")}  # the handout's script L

# Q2.1 and Q2.2: the loss of one example, and the sigmoid. u is any positive function, for the rules that name none.
SCALARS = Setting(
    symbols=INDICES
    | LOSS
    | {"y": Symbol("y"), "yhat": Symbol("hat(y)"), "z": Symbol("z"), "s": Symbol("s"), "u": Symbol("u")}
    | {"x": Symbol("x")},
    definitions={"L": "-(y * log(yhat) + (1 - y) * log(1 - yhat))", "s": "1 / (1 + exp(-z))"},
    derivations={
        "q21": derivation(
            "D(L, yhat)",
            (
                "-(y * D(log(yhat), yhat) + (1 - y) * D(log(1 - yhat), yhat))",
                "the derivative is linear; {y} does not depend on {yhat}",
            ),
            (
                "-(y * (1 / yhat) + (1 - y) * (-1 / (1 - yhat)))",
                "{prime(log(u)) == prime(u) / u}, and {D(1 - yhat, yhat) == -1}",
            ),
            ("-((y * (1 - yhat) - (1 - y) * yhat) / (yhat * (1 - yhat)))", "common denominator"),
            ("(yhat - y) / (yhat * (1 - yhat))", "the two products {y * yhat} cancel"),
        ),
        "q22": derivation(
            "od(sigma(z), z)",
            ("od((1 + exp(-z))**-1, z)", "definition of {sigma}"),
            ("-(1 + exp(-z))**-2 * od(1 + exp(-z), z)", "chain rule, {prime(u**-1) == -u**-2 * prime(u)}"),
            ("-(1 + exp(-z))**-2 * (-exp(-z))", "{od(exp(x), x) == exp(x)} (the hint), and {od(-z, z) == -1}"),
            ("(1 / (1 + exp(-z))) * (exp(-z) / (1 + exp(-z)))", "the signs cancel; one factor under each numerator"),
            ("(1 / (1 + exp(-z))) * (((1 + exp(-z)) - 1) / (1 + exp(-z)))", "add 1 and subtract 1"),
            ("sigma(z) * (1 - sigma(z))", "definition of {sigma}, twice"),
        ),
    },
)

# Q2.1 for the mean over a batch, as (1.7) is written.
MEAN = Setting(
    symbols=INDICES
    | LOSS
    | {"y": Symbol("y", shape=("N",), example=()), "yhat": Symbol("hat(y)", shape=("N",), example=())},
    indices={"n": "N", "k": "N"},
    definitions={"L": "-sum(y[n] * log(yhat[n]) + (1 - y[n]) * log(1 - yhat[n]) for n in range(N)) / N"},
    derivations={
        "q21": derivation(
            "D(L, yhat[n])",
            (
                "-sum(D(y[k] * log(yhat[k]) + (1 - y[k]) * log(1 - yhat[k]), yhat[n]) for k in range(N)) / N",
                "the derivative is linear",
            ),
            (
                "(1 / N) * ((yhat[n] - y[n]) / (yhat[n] * (1 - yhat[n])))",
                "only the term {given(k, n)} depends on {yhat[n]}; then as above",
            ),
        )
    },
)

# Q2.2 for a vector: σ is taken element by element.
ELEMENTS = Setting(
    symbols=INDICES | {"z": Symbol("z", shape=("m",)), "s": Symbol("s", shape=("m",))},
    indices={"i": "m", "k": "m"},
    definitions={"s[i]": "sigma(z[i])"},
    derivations={
        "q22": derivation(
            "D(s[i], z[k])",
            ("kron(i, k) * D(s[i], z[i])", "{s[i]} depends on {z[i]} alone"),
            ("kron(i, k) * s[i] * (1 - s[i])", "the line above"),
        )
    },
)
ELEMENTS_MATRIX = Setting(
    symbols=INDICES | {"z": Symbol("z", shape=("m", "1")), "s": Symbol("s", shape=("m", "1"))},
    definitions={"s": "sigma(z)"},
    derivations={"q22": derivation("D(s, z)", ("diag(s * (1 - s))",))},
)

# Q2.3: one layer of m units on n inputs. Any loss behind it looks, to first order, like Σ g_i ŷ_i with g = ∂L/∂ŷ.
LAYER = Setting(
    symbols=INDICES
    | LOSS
    | {
        "W": Symbol("W", shape=("m", "n")),
        "h": Symbol("h", shape=("n",)),
        "b": Symbol("b", shape=("m",)),
        "z": Symbol("z", shape=("m",)),
        "yhat": Symbol("hat(y)", shape=("m",)),
        "g": Symbol("g", shape=("m",)),
    },
    indices={"i": "m", "k": "m", "j": "n"},
    definitions={
        "z[i]": "sum(W[i, j] * h[j] for j in range(n)) + b[i]",
        "yhat[i]": "sigma(z[i])",
        "L": "sum(g[i] * yhat[i] for i in range(m))",
    },
    derivations={
        "q23W": derivation(
            "D(yhat[i], W[k, j])",
            ("D(yhat[i], z[i]) * D(z[i], W[k, j])", "chain rule; {yhat[i]} sees {W} through {z[i]} alone"),
            ("yhat[i] * (1 - yhat[i]) * D(z[i], W[k, j])", "Q2.2"),
            (
                "yhat[i] * (1 - yhat[i]) * kron(i, k) * h[j]",
                "{D(z[i], W[k, j]) == kron(i, k) * h[j]}: only row {i} of {W} is in {z[i]}",
            ),
        ),
        "q23h": derivation(
            "D(yhat[i], h[j])",
            ("D(yhat[i], z[i]) * D(z[i], h[j])", "chain rule"),
            ("yhat[i] * (1 - yhat[i]) * W[i, j]", "Q2.2, and {D(z[i], h[j]) == W[i, j]}"),
        ),
        "q23b": derivation(
            "D(yhat[i], b[k])",
            ("D(yhat[i], z[i]) * D(z[i], b[k])", "chain rule"),
            ("yhat[i] * (1 - yhat[i]) * kron(i, k)", "Q2.2, and {D(z[i], b[k]) == kron(i, k)}"),
        ),
        "q23LW": derivation(
            "D(L, W[k, j])",
            ("sum(g[i] * D(yhat[i], W[k, j]) for i in range(m))", "chain rule over all outputs"),
            ("sum(g[i] * yhat[i] * (1 - yhat[i]) * kron(i, k) * h[j] for i in range(m))", "the Jacobian above"),
            ("g[k] * yhat[k] * (1 - yhat[k]) * h[j]", "{kron(i, k)} keeps one term"),
        ),
        "q23Lh": derivation(
            "D(L, h[j])",
            ("sum(g[i] * D(yhat[i], h[j]) for i in range(m))", "chain rule over all outputs"),
            (
                "sum(W[i, j] * (g[i] * yhat[i] * (1 - yhat[i])) for i in range(m))",
                "the Jacobian above: every unit sends back its share",
            ),
        ),
        "q23Lb": derivation(
            "D(L, b[k])",
            ("sum(g[i] * D(yhat[i], b[k]) for i in range(m))", "chain rule over all outputs"),
            ("g[k] * yhat[k] * (1 - yhat[k])", "the Jacobian above; {kron(i, k)} keeps one term"),
        ),
    },
)

# The same in matrices: columns for vectors. The Jacobian with respect to h has ∂ŷ_i/∂h_j at (j, i).
LAYER_MATRICES = Setting(
    symbols=INDICES
    | LOSS
    | {
        "W": Symbol("W", shape=("m", "n")),
        "h": Symbol("h", shape=("n", "1")),
        "yhat": Symbol("hat(y)", shape=("m", "1")),
        "b": Symbol("b", shape=("m", "1")),
        "g": Symbol("g", shape=("m", "1")),
    },
    definitions={"yhat": "sigma(W @ h + b)", "L": "g.T @ yhat"},
    derivations={
        "Jh": derivation("D(yhat, h)", ("W.T @ diag(yhat * (1 - yhat))",)),
        "Jb": derivation("D(yhat, b)", ("diag(yhat * (1 - yhat))",)),
        "LW": derivation("D(L, W)", ("(g * yhat * (1 - yhat)) @ h.T",)),
        "Lh": derivation("D(L, h)", ("W.T @ (g * yhat * (1 - yhat))",)),
        "Lb": derivation("D(L, b)", ("g * yhat * (1 - yhat)",)),
    },
)

# One output unit, m = 1: ŷ is a number.
UNIT = Setting(
    symbols=INDICES
    | {
        "W": Symbol("W", shape=("1", "n")),
        "h": Symbol("h", shape=("n", "1")),
        "b": Symbol("b"),
        "yhat": Symbol("hat(y)"),
    },
    definitions={"yhat": "sigma((W @ h) + b)"},
    derivations={
        "W": derivation("D(yhat, W)", ("yhat * (1 - yhat) * h.T",)),
        "h": derivation("D(yhat, h)", ("yhat * (1 - yhat) * W.T",)),
        "b": derivation("D(yhat, b)", ("yhat * (1 - yhat)",)),
    },
)

# Q2.4 for one example, element by element. W2 has one row, so one index counts its elements.
NETWORK = Setting(
    symbols=INDICES
    | LOSS
    | {
        "x": Symbol("x", shape=("d",)),
        "y": Symbol("y"),
        "W1": Symbol("W", "1", ("l", "d")),
        "b1": Symbol("b", "1", ("l",)),
        "W2": Symbol("W", "2", ("l",)),
        "b2": Symbol("b", "2"),
        "z1": Symbol("z", "1", ("l",)),
        "h": Symbol("h", shape=("l",)),
        "z2": Symbol("z", "2"),
        "yhat": Symbol("hat(y)"),
        "delta1": Symbol("delta", "1", ("l",)),
        "delta2": Symbol("delta", "2"),
    },
    claims={
        # For labels 0 and 1: nothing is subtracted, so nothing cancels.
        "stable_loss": "L == log(1 + exp((1 - 2 * y) * z2))",
        "stable_error": "D(L, z2) == (1 - 2 * y) * sigma((1 - 2 * y) * z2)",
    },
    indices={"i": "l", "j": "d"},
    definitions={
        "z1[i]": "sum(W1[i, j] * x[j] for j in range(d)) + b1[i]",
        "h[i]": "sigma(z1[i])",
        "z2": "sum(W2[i] * h[i] for i in range(l)) + b2",
        "yhat": "sigma(z2)",
        "L": "-(y * log(yhat) + (1 - y) * log(1 - yhat))",
        "delta2": "yhat - y",
        "delta1[i]": "delta2 * W2[i] * h[i] * (1 - h[i])",
    },
    derivations={
        "yhat": derivation("D(L, yhat)", ("(yhat - y) / (yhat * (1 - yhat))", "Q2.1")),
        "z2": derivation(
            "D(L, z2)",
            ("D(L, yhat) * D(yhat, z2)", "chain rule; {z2} reaches {L} through {yhat} alone"),
            ("((yhat - y) / (yhat * (1 - yhat))) * (yhat * (1 - yhat))", "Q2.1 and Q2.2"),
            ("yhat - y", "the factor {yhat * (1 - yhat)} cancels; from here on {D(L, z2) == delta2}"),
        ),
        "W2": derivation(
            "D(L, W2[i])",
            ("D(L, z2) * D(z2, W2[i])", "chain rule"),
            ("delta2 * h[i]", "{D(z2, W2[i]) == h[i]}"),
        ),
        "b2": derivation(
            "D(L, b2)",
            ("D(L, z2) * D(z2, b2)", "chain rule"),
            ("delta2", "{D(z2, b2) == 1}"),
        ),
        "h": derivation(
            "D(L, h[i])",
            ("D(L, z2) * D(z2, h[i])", "chain rule; one output, so one path"),
            ("delta2 * W2[i]", "{D(z2, h[i]) == W2[i]}"),
        ),
        "z1": derivation(
            "D(L, z1[i])",
            ("D(L, h[i]) * D(h[i], z1[i])", "chain rule; {z1[i]} feeds {h[i]} alone"),
            ("delta2 * W2[i] * h[i] * (1 - h[i])", "the line above, and Q2.2; from here on {D(L, z1[i]) == delta1[i]}"),
        ),
        "W1": derivation(
            "D(L, W1[i, j])",
            ("D(L, z1[i]) * D(z1[i], W1[i, j])", "chain rule; {W1[i, j]} is in {z1[i]} alone"),
            ("delta1[i] * x[j]", "{D(z1[i], W1[i, j]) == x[j]}"),
        ),
        "b1": derivation(
            "D(L, b1[i])",
            ("D(L, z1[i]) * D(z1[i], b1[i])", "chain rule"),
            ("delta1[i]", "{D(z1[i], b1[i]) == 1}"),
        ),
    },
)

# The same for one example in matrices, which is how Figure 1 draws it: vectors are columns.
COLUMNS = Setting(
    symbols=INDICES
    | LOSS
    | {
        "x": Symbol("x", shape=("d", "1")),
        "y": Symbol("y"),
        "W1": Symbol("W", "1", ("l", "d")),
        "b1": Symbol("b", "1", ("l", "1")),
        "W2": Symbol("W", "2", ("1", "l")),
        "b2": Symbol("b", "2", ("1", "1")),
        "z1": Symbol("z", "1", ("l", "1")),
        "h": Symbol("h", shape=("l", "1")),
        "z2": Symbol("z", "2", ("1", "1")),
        "yhat": Symbol("hat(y)", shape=("1", "1")),
        "theta": Symbol("theta"),
        "lam": Symbol("lambda"),
    },
    definitions={
        "z1": "W1 @ x + b1",
        "h": "sigma(z1)",
        "z2": "W2 @ h + b2",
        "yhat": "sigma(z2)",
        "L": "-(y * log(yhat) + (1 - y) * log(1 - yhat))",
    },
    claims={
        "step": "becomes(theta, theta - lam * D(L, theta))",
        "network": "yhat == sigma(W2 @ sigma(W1 @ x + b1) + b2)",
    },
)

# Q2.4 for a batch: examples are columns, L is their mean; a superscript (n) is one example's part.
BATCH = Setting(
    symbols=INDICES
    | LOSS
    | {
        "X": Symbol("X", shape=("d", "N")),
        "y": Symbol("y", shape=("1", "N")),
        "yhat": Symbol("hat(y)", shape=("1", "N")),
        "W1": Symbol("W", "1", ("l", "d")),
        "b1": Symbol("b", "1", ("l", "1")),
        "W2": Symbol("W", "2", ("1", "l")),
        "b2": Symbol("b", "2", ("1", "1")),
        "Z1": Symbol("Z", "1", ("l", "N")),
        "H": Symbol("H", shape=("l", "N")),
        "Z2": Symbol("z", "2", ("1", "N")),
        "delta1": Symbol("Delta", "1", ("l", "N")),
        "delta2": Symbol("Delta", "2", ("1", "N")),
        "ones": Symbol("1", shape=("N", "1")),
        "x": Symbol("x", example=("d", "1")),
        "h": Symbol("h", example=("l", "1")),
        "e1": Symbol("delta", "1", example=("l", "1")),
        "e2": Symbol("delta", "2", example=()),
    },
    definitions={
        "Z1": "W1 @ X + b1 @ ones.T",
        "H": "sigma(Z1)",
        "Z2": "W2 @ H + b2 @ ones.T",
        "yhat": "sigma(Z2)",
        "L": "-(log(yhat) @ y.T + log(1 - yhat) @ (1 - y).T) / N",
        "delta2": "(yhat - y) / N",
        "delta1": "(W2.T @ delta2) * H * (1 - H)",
    },
    derivations={
        "Z2": derivation("D(L, Z2)", ("delta2",)),
        "Z1": derivation("D(L, Z1)", ("delta1",)),
        "W2": derivation(
            "D(L, W2)",
            ("sum(e2[n] * h[n].T for n in range(N)) / N", "the mean of the examples' gradients"),
            ("delta2 @ H.T", "a sum of columns times rows is a matrix product; {delta2} has the {1 / N}"),
            ("((yhat - y) @ H.T) / N", "in full"),
        ),
        "b2": derivation(
            "D(L, b2)",
            ("sum(e2[n] for n in range(N)) / N", "the mean again"),
            ("delta2 @ ones", "a product with ones sums over the batch"),
            ("((yhat - y) @ ones) / N", "in full"),
        ),
        "W1": derivation(
            "D(L, W1)",
            ("sum(e1[n] @ x[n].T for n in range(N)) / N", "the mean again"),
            ("delta1 @ X.T", "columns times rows; {delta1} has the {1 / N} through {delta2}"),
            ("(((W2.T @ (yhat - y)) * H * (1 - H)) @ X.T) / N", "in full"),
        ),
        "b1": derivation(
            "D(L, b1)",
            ("sum(e1[n] for n in range(N)) / N", "the mean again"),
            ("delta1 @ ones", "a product with ones sums over the batch"),
            ("(((W2.T @ (yhat - y)) * H * (1 - H)) @ ones) / N", "in full"),
        ),
    },
)

# What the page says of layouts. A and c stand for any dependence of u on v, and of the loss on u.
VECTORS = Setting(
    symbols=INDICES
    | LOSS
    | {
        "u": Symbol("u", shape=("m", "1")),
        "v": Symbol("v", shape=("n", "1")),
        "A": Symbol("A", shape=("m", "n")),
        "c": Symbol("c", shape=("m", "1")),
    },
    definitions={"u": "sigma(A @ v)", "L": "c.T @ u"},
)

# The exercises: tanh in the hidden layer, weighted examples, the squared error.
TANH = Setting(
    symbols=NETWORK.symbols,
    indices=NETWORK.indices,
    definitions=NETWORK.definitions | {"h[i]": "tanh(z1[i])", "delta1[i]": "delta2 * W2[i] * (1 - h[i] ** 2)"},
    derivations={
        "z1": derivation(
            "D(L, z1[i])",
            ("D(L, h[i]) * D(h[i], z1[i])", "chain rule, as before"),
            ("delta2 * W2[i] * (1 - h[i] ** 2)", "{D(h[i], z1[i]) == 1 - h[i]**2}"),
        )
    },
)
WEIGHTED = Setting(
    symbols=MEAN.symbols | {"w": Symbol("w", shape=("N",), example=()), "z": Symbol("z", "2", ("N",), example=())},
    indices=MEAN.indices,
    definitions={
        "yhat[n]": "sigma(z[n])",
        "L": "-sum(w[n] * (y[n] * log(yhat[n]) + (1 - y[n]) * log(1 - yhat[n])) for n in range(N)) / N",
    },
    derivations={"z": derivation("D(L, z[n])", ("(1 / N) * w[n] * (yhat[n] - y[n])",))},
)
SQUARED = Setting(
    symbols=INDICES | LOSS | {"y": Symbol("y"), "yhat": Symbol("hat(y)"), "z2": Symbol("z", "2")},
    definitions={"yhat": "sigma(z2)", "L": "(1 / 2) * (yhat - y) ** 2"},
    derivations={
        "z2": derivation(
            "D(L, z2)",
            ("D(L, yhat) * D(yhat, z2)", "chain rule"),
            ("(yhat - y) * yhat * (1 - yhat)", "Q2.2; the factor {yhat * (1 - yhat)} stays"),
        )
    },
)

# The four gradients as numpy computes them, with the names of assignment2.py.
NUMPY = {"W1": "delta1 @ X.T", "W2": "delta2 @ H.T", "b1": "delta1.sum(axis=1)", "b2": "delta2.sum(axis=1)"}

SETTINGS = {
    "scalars": SCALARS,
    "mean": MEAN,
    "elements": ELEMENTS,
    "elements_matrix": ELEMENTS_MATRIX,
    "layer": LAYER,
    "layer_matrices": LAYER_MATRICES,
    "unit": UNIT,
    "network": NETWORK,
    "columns": COLUMNS,
    "batch": BATCH,
    "vectors": VECTORS,
    "tanh": TANH,
    "weighted": WEIGHTED,
    "squared": SQUARED,
}
