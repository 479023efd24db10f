"""Every formula of the companion's derivations, once; see formulas.py, whose classes and language these are.

Shapes follow the companion's code: a sample is a row, a word is a row of U. The derivative of σ is formulas.py's own.
"""

from report.formulas import INDICES, SCALARS, Setting, derivation
from report.notation import Symbol

SIZES = {name: Symbol(name) for name in ("w", "K", "V", "M", "H")} | {"Dx": Symbol("D", "x"), "Dy": Symbol("D", "y")}
NAMES = INDICES | SIZES

# 1(a): softmax does not change when a constant is added to every score.
SHIFT = Setting(
    symbols=NAMES | {"x": Symbol("x", shape=("n",)), "c": Symbol("c")},
    indices={"i": "n", "j": "n"},
    derivations={
        "shift": derivation(
            "exp(x[i] + c) / sum(exp(x[j] + c) for j in range(n))",
            ("exp(c) * exp(x[i]) / sum(exp(c) * exp(x[j]) for j in range(n))", "$e^(a + b) = e^a e^b$"),
            ("exp(c) * exp(x[i]) / (exp(c) * sum(exp(x[j]) for j in range(n)))", "$e^c$ does not depend on $j$"),
            (
                "exp(x[i]) / sum(exp(x[j]) for j in range(n))",
                '$e^c$ is not 0, and cancels: this is $op("softmax")(x)_i$',
            ),
        ),
    },
)

# 2(b): cross-entropy of a softmax. The labels y sum to 1; they need not be one-hot.
CROSS_ENTROPY = Setting(
    symbols=NAMES
    | {
        "theta": Symbol("theta", shape=("n",)),
        "y": Symbol("y", shape=("n",)),
        "yhat": Symbol("hat(y)", shape=("n",)),
        "J": Symbol("J"),
    },
    indices={"i": "n", "j": "n", "k": "n"},
    definitions={
        "yhat[i]": "exp(theta[i]) / sum(exp(theta[j]) for j in range(n))",
        "J": "-sum(y[i] * log(yhat[i]) for i in range(n))",
    },
    derivations={
        "softmax": derivation(
            "D(yhat[i], theta[k])",
            ("yhat[i] * D(log(yhat[i]), theta[k])", "$(ln u)' = u' slash u$, read from right to left"),
            ("yhat[i] * D(theta[i] - log(sum(exp(theta[j]) for j in range(n))), theta[k])", "logarithm of a quotient"),
            (
                "yhat[i] * (kron(i, k) - yhat[k])",
                "the sum has the derivative $e^(theta_k)$, and $e^(theta_k)$ over the sum is $hat(y)_k$",
            ),
        ),
        "theta": derivation(
            "D(J, theta[k])",
            ("-sum(y[i] * D(log(yhat[i]), theta[k]) for i in range(n))", "linear; the minus stays"),
            ("-sum(y[i] * (kron(i, k) - yhat[k]) for i in range(n))", "the line above, without its factor $hat(y)_i$"),
            (
                "yhat[k] * sum(y[i] for i in range(n)) - y[k]",
                "$[i = k]$ keeps one term; $hat(y)_k$ does not depend on $i$",
            ),
            ("yhat[k] - y[k]", "the labels sum to 1"),
        ),
    },
)

# 2(c): one hidden layer of sigmoids, softmax on top; one sample.
HIDDEN = Setting(
    symbols=NAMES
    | {
        "x": Symbol("x", shape=("Dx",)),
        "W1": Symbol("W", "1", ("Dx", "H")),
        "b1": Symbol("b", "1", ("H",)),
        "W2": Symbol("W", "2", ("H", "Dy")),
        "b2": Symbol("b", "2", ("Dy",)),
        "a": Symbol("a", shape=("H",)),
        "h": Symbol("h", shape=("H",)),
        "theta": Symbol("theta", shape=("Dy",)),
        "y": Symbol("y", shape=("Dy",)),
        "yhat": Symbol("hat(y)", shape=("Dy",)),
        "J": Symbol("J"),
        "delta1": Symbol("delta", "1", ("H",)),
        "delta2": Symbol("delta", "2", ("Dy",)),
    },
    indices={"i": "H", "j": "Dx", "k": "Dy"},
    definitions={
        "a[i]": "sum(x[j] * W1[j, i] for j in range(Dx)) + b1[i]",
        "h[i]": "sigma(a[i])",
        "theta[k]": "sum(h[i] * W2[i, k] for i in range(H)) + b2[k]",
        "yhat[k]": "exp(theta[k]) / sum(exp(theta[m]) for m in range(Dy))",
        "J": "-sum(y[k] * log(yhat[k]) for k in range(Dy))",
        "delta2[k]": "yhat[k] - y[k]",
        "delta1[i]": "sum(delta2[k] * W2[i, k] for k in range(Dy)) * h[i] * (1 - h[i])",
    },
    derivations={
        "theta": derivation("D(J, theta[k])", ("yhat[k] - y[k]", "softmax with cross-entropy; call it $delta_(2,k)$")),
        "h": derivation(
            "D(J, h[i])",
            ("sum(D(J, theta[k]) * D(theta[k], h[i]) for k in range(Dy))", "chain rule: $h_i$ feeds every score"),
            ("sum(delta2[k] * W2[i, k] for k in range(Dy))", "$W_(2,i k)$ is the factor of $h_i$ in $theta_k$"),
        ),
        "a": derivation(
            "D(J, a[i])",
            ("D(J, h[i]) * D(h[i], a[i])", "chain rule; $a_i$ feeds $h_i$ alone"),
            (
                "sum(delta2[k] * W2[i, k] for k in range(Dy)) * h[i] * (1 - h[i])",
                "the line above and $sigma' = sigma (1 - sigma)$; call it $delta_(1,i)$",
            ),
        ),
        "x": derivation(
            "D(J, x[j])",
            ("sum(D(J, a[i]) * D(a[i], x[j]) for i in range(H))", "chain rule: $x_j$ feeds every hidden unit"),
            ("sum(delta1[i] * W1[j, i] for i in range(H))", "$W_(1,j i)$ is the factor of $x_j$ in $a_i$"),
        ),
        "W2": derivation(
            "D(J, W2[i, k])",
            ("D(J, theta[k]) * D(theta[k], W2[i, k])", "chain rule"),
            ("h[i] * delta2[k]", "$h_i$ is its factor"),
        ),
        "b2": derivation(
            "D(J, b2[k])", ("D(J, theta[k]) * D(theta[k], b2[k])", "chain rule"), ("delta2[k]", "its factor is 1")
        ),
        "W1": derivation(
            "D(J, W1[j, i])",
            ("D(J, a[i]) * D(a[i], W1[j, i])", "chain rule"),
            ("x[j] * delta1[i]", "$x_j$ is its factor"),
        ),
        "b1": derivation(
            "D(J, b1[i])", ("D(J, a[i]) * D(a[i], b1[i])", "chain rule"), ("delta1[i]", "its factor is 1")
        ),
    },
)

# The same for M samples, a row each; J is summed over them, as forward_backward_prop does.
HIDDEN_ROWS = Setting(
    symbols=NAMES
    | {
        "x": Symbol("X", shape=("M", "Dx")),
        "y": Symbol("Y", shape=("M", "Dy")),
        "W1": Symbol("W", "1", ("Dx", "H")),
        "b1": Symbol("b", "1", ("1", "H")),
        "W2": Symbol("W", "2", ("H", "Dy")),
        "b2": Symbol("b", "2", ("1", "Dy")),
        "ones": Symbol("bold(1)", shape=("M", "1")),
        "h": Symbol("h", shape=("M", "H")),
        "yhat": Symbol("hat(Y)", shape=("M", "Dy")),
        "J": Symbol("J"),
        "delta2": Symbol("Delta", "2", ("M", "Dy")),
        "delta1": Symbol("Delta", "1", ("M", "H")),
    },
    definitions={
        "h": "sigma(x @ W1 + ones @ b1)",
        "yhat": "softmax(h @ W2 + ones @ b2)",
        "delta2": "yhat - y",
        "delta1": "(delta2 @ W2.T) * h * (1 - h)",
    },
    derivations={
        "x": derivation("D(J, x)", ("delta1 @ W1.T",)),
        "W1": derivation("D(J, W1)", ("x.T @ delta1",)),
        "b1": derivation("D(J, b1)", ("ones.T @ delta1",)),
        "W2": derivation("D(J, W2)", ("h.T @ delta2",)),
        "b2": derivation("D(J, b2)", ("ones.T @ delta2",)),
    },
)

# 2(d): the number of parameters, W1 and b1, then W2 and b2.
PARAMETERS = "(Dx + 1) * H + (H + 1) * Dy"

# 3(a), 3(b): word vectors, softmax over the vocabulary. y is 1 at the word to predict; the proof needs only that y sums
# to 1.
SOFTMAX = Setting(
    symbols=NAMES
    | {
        "v": Symbol("v", shape=("d",)),
        "U": Symbol("U", shape=("V", "d")),
        "theta": Symbol("theta", shape=("V",)),
        "y": Symbol("y", shape=("V",)),
        "yhat": Symbol("hat(y)", shape=("V",)),
        "J": Symbol("J"),
    },
    indices={"w": "V", "j": "V", "k": "d"},
    definitions={
        "theta[w]": "sum(U[w, k] * v[k] for k in range(d))",
        "yhat[w]": "exp(theta[w]) / sum(exp(theta[j]) for j in range(V))",
        "J": "-sum(y[w] * log(yhat[w]) for w in range(V))",
    },
    derivations={
        "v": derivation(
            "D(J, v[k])",
            ("sum(D(J, theta[w]) * D(theta[w], v[k]) for w in range(V))", "chain rule: $v$ is in every word's score"),
            (
                "sum(U[w, k] * (yhat[w] - y[w]) for w in range(V))",
                "softmax with cross-entropy; $U_(w k)$ is the factor of $v_k$",
            ),
        ),
        "U": derivation(
            "D(J, U[w, k])",
            ("D(J, theta[w]) * D(theta[w], U[w, k])", "chain rule; row $w$ is in $theta_w$ alone"),
            ("(yhat[w] - y[w]) * v[k]", "$v_k$ is the factor of $U_(w k)$"),
        ),
    },
)
SOFTMAX_MATRICES = Setting(
    symbols=NAMES
    | {
        "v": Symbol("v", shape=("d", "1")),
        "U": Symbol("U", shape=("V", "d")),
        "y": Symbol("y", shape=("V", "1")),
        "yhat": Symbol("hat(y)", shape=("V", "1")),
        "J": Symbol("J"),
    },
    definitions={"yhat": "softmax(U @ v)"},
    derivations={
        "v": derivation("D(J, v)", ("U.T @ (yhat - y)",)),
        "U": derivation("D(J, U)", ("(yhat - y) @ v.T",)),
    },
)

# 3(c): negative sampling. u is the output vector of the word to predict; U has a row for each of the K words drawn.
NEGATIVE = Setting(
    symbols=NAMES
    | {
        "v": Symbol("v", shape=("d",)),
        "u": Symbol("u", shape=("d",)),
        "U": Symbol("U", shape=("K", "d")),
        "s": Symbol("s"),
        "t": Symbol("t", shape=("K",)),
        "J": Symbol("J"),
    },
    indices={"k": "K", "j": "d"},
    definitions={
        "s": "sum(u[j] * v[j] for j in range(d))",
        "t[k]": "sum(U[k, j] * v[j] for j in range(d))",
        "J": "-log(sigma(s)) - sum(log(sigma(-t[k])) for k in range(K))",
    },
    derivations={
        "s": derivation(
            "D(J, s)",
            (
                "-(1 / sigma(s)) * (sigma(s) * (1 - sigma(s)))",
                "$(ln u)' = u' slash u$, and $sigma' = sigma (1 - sigma)$",
            ),
            ("sigma(s) - 1", "$sigma(s)$ cancels"),
        ),
        "t": derivation(
            "D(J, t[k])",
            ("-(1 / sigma(-t[k])) * (-(sigma(-t[k]) * (1 - sigma(-t[k]))))", "the same, and $(-t)' = -1$"),
            ("1 - sigma(-t[k])", "$sigma(-t_k)$ cancels, and so do the signs"),
            ("sigma(t[k])", "$sigma(-t) = 1 - sigma(t)$"),
        ),
        "v": derivation(
            "D(J, v[j])",
            (
                "D(J, s) * D(s, v[j]) + sum(D(J, t[k]) * D(t[k], v[j]) for k in range(K))",
                "chain rule over all $1 + K$ scores",
            ),
            ("(sigma(s) - 1) * u[j] + sum(sigma(t[k]) * U[k, j] for k in range(K))", "the two lines above"),
        ),
        "u": derivation(
            "D(J, u[j])",
            ("D(J, s) * D(s, u[j])", "chain rule; $u$ is in $s$ alone"),
            ("(sigma(s) - 1) * v[j]", "$v_j$ is its factor"),
        ),
        "U": derivation(
            "D(J, U[k, j])",
            ("D(J, t[k]) * D(t[k], U[k, j])", "chain rule; row $k$ is in $t_k$ alone"),
            ("sigma(t[k]) * v[j]", "$v_j$ is its factor"),
        ),
    },
)
# Scores to compute, and rows of U to change, of the softmax over those of negative sampling.
SPEED_UP = "V / (K + 1)"

# 3(d): a context of m words. F_j is either cost of predicting word j; to first order it is linear in v_c and U.
SKIPGRAM = Setting(
    symbols=NAMES
    | {
        "F": Symbol("F", shape=("m",)),
        "v": Symbol("v", "c", ("d",)),
        "U": Symbol("U", shape=("V", "d")),
        "J": Symbol("J", '"skip"'),
        "g": Symbol("g", shape=("m", "d")),
        "G": Symbol("G", shape=("m", "V", "d")),
    },
    indices={"j": "m", "w": "V", "k": "d"},
    definitions={
        "F[j]": "sum(g[j, k] * v[k] for k in range(d)) + "
        "sum(sum(G[j, w, k] * U[w, k] for k in range(d)) for w in range(V))",
        "J": "sum(F[j] for j in range(m))",
    },
    derivations={
        "v": derivation(
            "D(J, v[k])",
            ("sum(D(F[j], v[k]) for j in range(m))", "linear: the centre word predicts every context word"),
        ),
        "U": derivation("D(J, U[w, k])", ("sum(D(F[j], U[w, k]) for j in range(m))", "the same")),
    },
)
CBOW = Setting(
    symbols=NAMES
    | {
        "F": Symbol("F"),
        "vhat": Symbol("hat(v)", shape=("d",)),
        "v": Symbol("v", shape=("m", "d")),
        "U": Symbol("U", shape=("V", "d")),
        "J": Symbol("J", '"CBOW"'),
        "g": Symbol("g", shape=("d",)),
        "G": Symbol("G", shape=("V", "d")),
    },
    indices={"j": "m", "k": "d", "w": "V"},
    definitions={
        "vhat[k]": "sum(v[j, k] for j in range(m))",
        "F": "sum(g[k] * vhat[k] for k in range(d)) + sum(sum(G[w, k] * U[w, k] for k in range(d)) for w in range(V))",
        "J": "F",
    },
    derivations={
        "v": derivation(
            "D(J, v[j, k])",
            ("D(F, vhat[k]) * D(vhat[k], v[j, k])", "chain rule"),
            ("D(F, vhat[k])", "a sum passes on what it gets: each context vector has the same gradient"),
        ),
        "U": derivation("D(J, U[w, k])", ("D(F, U[w, k])", "one prediction, one term")),
    },
)

SETTINGS = {
    "scalars": SCALARS,
    "shift": SHIFT,
    "cross_entropy": CROSS_ENTROPY,
    "hidden": HIDDEN,
    "hidden_rows": HIDDEN_ROWS,
    "softmax": SOFTMAX,
    "softmax_matrices": SOFTMAX_MATRICES,
    "negative": NEGATIVE,
    "skipgram": SKIPGRAM,
    "cbow": CBOW,
}
