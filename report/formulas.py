"""Every formula of Q2, once: the page prints these expressions and the tests prove them.

A `Derivation` names what is derived (`of`) and gives its lines, each an expression with the rule that leads to it; the
last line is the result. Every line of a derivation equals its `of`, and a test proves each of them, so no line of the
work shown is taken on trust. The language of the expressions is in notation.py.

Convention: denominator layout. A gradient has the shape of the variable that it is taken with respect to, so that
θ ← θ − lr ∂L/∂θ adds up.
"""

from dataclasses import dataclass, field

from report.notation import Symbol

# From this whole z on, float64 rounds σ(z) to exactly 1 (tested): a quotient by 1 − ŷ then divides by zero.
SATURATION = 37


@dataclass(frozen=True)
class Step:
    expression: str
    rule: str = ""  # Typst markup


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
    indices: dict = field(default_factory=dict)  # {index: size}


def derivation(of, *steps):
    return Derivation(of, tuple(Step(*step) for step in steps))


INDICES = {name: Symbol(name) for name in "ijknmNd"} | {"l": Symbol("ell")}

# Q2.1 and Q2.2: the loss of one example, and the sigmoid.
SCALARS = Setting(
    symbols=INDICES | {"L": Symbol("L"), "y": Symbol("y"), "yhat": Symbol("hat(y)"), "z": Symbol("z")},
    definitions={"L": "-(y * log(yhat) + (1 - y) * log(1 - yhat))"},
    derivations={
        "q21": derivation(
            "D(L, yhat)",
            (
                "-(y * D(log(yhat), yhat) + (1 - y) * D(log(1 - yhat), yhat))",
                "the derivative is linear; $y$ does not depend on $hat(y)$",
            ),
            ("-(y * (1 / yhat) + (1 - y) * (-1 / (1 - yhat)))", "$(ln u)' = u' slash u$, and $(1 - hat(y))' = -1$"),
            ("-((y * (1 - yhat) - (1 - y) * yhat) / (yhat * (1 - yhat)))", "common denominator"),
            ("(yhat - y) / (yhat * (1 - yhat))", "the two products $y hat(y)$ cancel"),
        ),
        "q22": derivation(
            "od(sigma(z), z)",
            ("od((1 + exp(-z))**-1, z)", "definition of $sigma$"),
            ("-(1 + exp(-z))**-2 * od(1 + exp(-z), z)", "chain rule, $(u^(-1))' = -u^(-2) u'$"),
            ("-(1 + exp(-z))**-2 * (-exp(-z))", "$(e^x)' = e^x$ (the hint), and $(-z)' = -1$"),
            ("(1 / (1 + exp(-z))) * (exp(-z) / (1 + exp(-z)))", "the signs cancel; one factor under each numerator"),
            ("(1 / (1 + exp(-z))) * (((1 + exp(-z)) - 1) / (1 + exp(-z)))", "add 1 and subtract 1"),
            ("sigma(z) * (1 - sigma(z))", "definition of $sigma$, twice"),
        ),
    },
)

# Q2.3: one layer of m units on n inputs. Any loss behind it looks, to first order, like Σ g_i ŷ_i with g = ∂L/∂ŷ.
LAYER = Setting(
    symbols=INDICES
    | {
        "W": Symbol("W", shape=("m", "n")),
        "h": Symbol("h", shape=("n",)),
        "b": Symbol("b", shape=("m",)),
        "z": Symbol("z", shape=("m",)),
        "yhat": Symbol("hat(y)", shape=("m",)),
        "g": Symbol("g", shape=("m",)),
        "L": Symbol("L"),
    },
    indices={"i": "m", "j": "m", "k": "n"},
    definitions={
        "z[i]": "sum(W[i, k] * h[k] for k in range(n)) + b[i]",
        "yhat[i]": "sigma(z[i])",
        "L": "sum(g[i] * yhat[i] for i in range(m))",
    },
    derivations={
        "q23W": derivation(
            "D(yhat[i], W[j, k])",
            ("D(yhat[i], z[i]) * D(z[i], W[j, k])", "chain rule; $hat(y)_i$ sees $W$ through $z_i$ alone"),
            ("yhat[i] * (1 - yhat[i]) * D(z[i], W[j, k])", "Q2.2"),
            ("yhat[i] * (1 - yhat[i]) * kron(i, j) * h[k]", "only row $i$ of $W$ is in $z_i$"),
        ),
        "q23h": derivation(
            "D(yhat[i], h[k])",
            ("D(yhat[i], z[i]) * D(z[i], h[k])", "chain rule"),
            ("yhat[i] * (1 - yhat[i]) * W[i, k]", "Q2.2; $h_k$ has the factor $W_(i k)$ in $z_i$"),
        ),
        "q23b": derivation(
            "D(yhat[i], b[j])",
            ("D(yhat[i], z[i]) * D(z[i], b[j])", "chain rule"),
            ("yhat[i] * (1 - yhat[i]) * kron(i, j)", "Q2.2; $b_i$ alone is in $z_i$"),
        ),
        "q23LW": derivation(
            "D(L, W[j, k])",
            ("sum(g[i] * D(yhat[i], W[j, k]) for i in range(m))", "chain rule over all outputs"),
            ("sum(g[i] * yhat[i] * (1 - yhat[i]) * kron(i, j) * h[k] for i in range(m))", "the Jacobian above"),
            ("g[j] * yhat[j] * (1 - yhat[j]) * h[k]", "$[i = j]$ keeps one term"),
        ),
        "q23Lh": derivation(
            "D(L, h[k])",
            ("sum(g[i] * D(yhat[i], h[k]) for i in range(m))", "chain rule over all outputs"),
            (
                "sum(W[i, k] * (g[i] * yhat[i] * (1 - yhat[i])) for i in range(m))",
                "the Jacobian above: every unit sends a share back",
            ),
        ),
        "q23Lb": derivation(
            "D(L, b[j])",
            ("sum(g[i] * D(yhat[i], b[j]) for i in range(m))", "chain rule over all outputs"),
            ("g[j] * yhat[j] * (1 - yhat[j])", "$[i = j]$ keeps one term"),
        ),
    },
)

# The same in matrices: columns for vectors. The Jacobian by h has ∂ŷ_i/∂h_k at (k, i).
LAYER_MATRICES = Setting(
    symbols=INDICES
    | {
        "W": Symbol("W", shape=("m", "n")),
        "h": Symbol("h", shape=("n", "1")),
        "yhat": Symbol("hat(y)", shape=("m", "1")),
        "b": Symbol("b", shape=("m", "1")),
        "g": Symbol("g", shape=("m", "1")),
        "L": Symbol("L"),
    },
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
    derivations={
        "W": derivation("D(yhat, W)", ("yhat * (1 - yhat) * h.T",)),
        "h": derivation("D(yhat, h)", ("yhat * (1 - yhat) * W.T",)),
        "b": derivation("D(yhat, b)", ("yhat * (1 - yhat)",)),
    },
)

# Q2.4 for one example, element by element.
NETWORK = Setting(
    symbols=INDICES
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
        "L": Symbol("L"),
        "delta1": Symbol("delta", "1", ("l",)),
        "delta2": Symbol("delta", "2"),
    },
    indices={"i": "l", "j": "d"},
    definitions={
        "z1[i]": "sum(W1[i, j] * x[j] for j in range(d)) + b1[i]",
        "h[i]": "sigma(z1[i])",
        "z2": "sum(W2[i] * h[i] for i in range(l)) + b2",
        "yhat": "sigma(z2)",
        "L": "-(y * log(yhat) + (1 - y) * log(1 - yhat))",
        "delta2": "yhat - y",
        "delta1[i]": "W2[i] * delta2 * h[i] * (1 - h[i])",
    },
    derivations={
        "z2": derivation(
            "D(L, z2)",
            ("D(L, yhat) * D(yhat, z2)", "chain rule; $z_2$ reaches $L$ through $hat(y)$ alone"),
            ("((yhat - y) / (yhat * (1 - yhat))) * (yhat * (1 - yhat))", "Q2.1 and Q2.2"),
            ("yhat - y", "the factor $hat(y)(1 - hat(y))$ cancels; call it $delta_2$"),
        ),
        "W2": derivation(
            "D(L, W2[i])",
            ("D(L, z2) * D(z2, W2[i])", "chain rule"),
            ("delta2 * h[i]", "$h_i$ is the factor of $W_(2,i)$ in $z_2$"),
        ),
        "b2": derivation(
            "D(L, b2)",
            ("D(L, z2) * D(z2, b2)", "chain rule"),
            ("delta2", "$partial z_2 slash partial b_2 = 1$"),
        ),
        "h": derivation(
            "D(L, h[i])",
            ("D(L, z2) * D(z2, h[i])", "chain rule; one output, so one path"),
            ("delta2 * W2[i]", "$W_(2,i)$ is the factor of $h_i$ in $z_2$"),
        ),
        "z1": derivation(
            "D(L, z1[i])",
            ("D(L, h[i]) * D(h[i], z1[i])", "chain rule; $z_(1,i)$ feeds $h_i$ alone"),
            ("delta2 * W2[i] * h[i] * (1 - h[i])", "the line above, and Q2.2; call it $delta_(1,i)$"),
        ),
        "W1": derivation(
            "D(L, W1[i, j])",
            ("D(L, z1[i]) * D(z1[i], W1[i, j])", "chain rule; $W_(1,i j)$ is in $z_(1,i)$ alone"),
            ("delta1[i] * x[j]", "$x_j$ is the factor of $W_(1,i j)$ in $z_(1,i)$"),
        ),
        "b1": derivation(
            "D(L, b1[i])",
            ("D(L, z1[i]) * D(z1[i], b1[i])", "chain rule"),
            ("delta1[i]", "$partial z_(1,i) slash partial b_(1,i) = 1$"),
        ),
    },
)

# The loss from z₂ itself: no logarithm of 0.
STABLE_LOSS = "log(1 + exp(z2)) - y * z2"

# Q2.4 for a batch: examples are columns, L is their mean; lower case with index n is one example's column.
BATCH = Setting(
    symbols=INDICES
    | {
        "X": Symbol("X", shape=("d", "N")),
        "y": Symbol("bold(y)", shape=("1", "N")),
        "yhat": Symbol("hat(bold(y))", shape=("1", "N")),
        "W1": Symbol("W", "1", ("l", "d")),
        "b1": Symbol("b", "1", ("l", "1")),
        "W2": Symbol("W", "2", ("1", "l")),
        "b2": Symbol("b", "2", ("1", "1")),
        "Z1": Symbol("Z", "1", ("l", "N")),
        "H": Symbol("H", shape=("l", "N")),
        "Z2": Symbol("Z", "2", ("1", "N")),
        "delta1": Symbol("Delta", "1", ("l", "N")),
        "delta2": Symbol("Delta", "2", ("1", "N")),
        "ones": Symbol("bold(1)", shape=("N", "1")),
        "L": Symbol("L"),
        "x": Symbol("x"),
        "h": Symbol("h"),
        "e1": Symbol("delta", "1"),
        "e2": Symbol("delta", "2"),
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
        "W2": derivation(
            "D(L, W2)",
            ("sum(e2[n] * h[n].T for n in range(N)) / N", "the mean of the examples' gradients"),
            ("delta2 @ H.T", "a sum of columns times rows is a matrix product; $Delta_2$ has the $1 slash N$"),
        ),
        "b2": derivation(
            "D(L, b2)",
            ("sum(e2[n] for n in range(N)) / N", "the mean again"),
            ("delta2 @ ones", "a product with ones sums over the batch"),
        ),
        "W1": derivation(
            "D(L, W1)",
            ("sum(e1[n] * x[n].T for n in range(N)) / N", "the mean again"),
            ("delta1 @ X.T", "columns times rows; $Delta_1$ has it through $Delta_2$"),
        ),
        "b1": derivation(
            "D(L, b1)",
            ("sum(e1[n] for n in range(N)) / N", "the mean again"),
            ("delta1 @ ones", "ones again"),
        ),
    },
)

SETTINGS = {
    "scalars": SCALARS,
    "layer": LAYER,
    "layer_matrices": LAYER_MATRICES,
    "unit": UNIT,
    "network": NETWORK,
    "batch": BATCH,
}
