"""Every formula of the companion's derivations, once; see formulas.py, whose classes and language these are.

Shapes follow the companion's code: a sample is a row, a word is a row of U. The derivative of σ is formulas.py's own.
An index keeps one meaning: j counts inputs and context words, i hidden units and the elements of a word vector, k, r
and q scores, and w words. f stands for any function.
"""

from report.formulas import INDICES, SCALARS, Setting, derivation
from report.notation import Symbol

NAMES = (
    INDICES
    | {name: Symbol(name) for name in ("q", "r", "w", "K", "V", "M", "H", "f")}
    | {"Dx": Symbol("D", "x"), "Dy": Symbol("D", "y")}
)

# 1(a): softmax does not change if a constant is added to every score; and the constant that softmax adds.
SHIFT = Setting(
    symbols=NAMES | {"x": Symbol("x", shape=("n",)), "c": Symbol("c")},
    indices={"k": "n", "r": "n"},
    derivations={
        "shift": derivation(
            "exp(x[k] + c) / sum(exp(x[r] + c) for r in range(n))",
            ("exp(c) * exp(x[k]) / sum(exp(c) * exp(x[r]) for r in range(n))", "{exp(x[k] + c) == exp(x[k]) * exp(c)}"),
            ("exp(c) * exp(x[k]) / (exp(c) * sum(exp(x[r]) for r in range(n)))", "{exp(c)} does not depend on {r}"),
            (
                "exp(x[k]) / sum(exp(x[r]) for r in range(n))",
                "{exp(c)} is not 0, and cancels: this is element {k} of {softmax(x)}",
            ),
        ),
    },
)
STABLE = Setting(
    symbols=SHIFT.symbols,
    indices=SHIFT.indices,
    definitions={"c": "-max(x[k] for k in range(n))"},
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
    indices={"r": "n", "q": "n", "k": "n"},
    definitions={
        "yhat[r]": "exp(theta[r]) / sum(exp(theta[q]) for q in range(n))",
        "J": "-sum(y[r] * log(yhat[r]) for r in range(n))",
    },
    derivations={
        "softmax": derivation(
            "D(yhat[r], theta[k])",
            ("yhat[r] * D(log(yhat[r]), theta[k])", "{prime(log(f)) == prime(f) / f}, read from right to left"),
            ("yhat[r] * D(theta[r] - log(sum(exp(theta[q]) for q in range(n))), theta[k])", "logarithm of a quotient"),
            (
                "yhat[r] * (kron(r, k) - yhat[k])",
                "the sum has the derivative {exp(theta[k])}, and {exp(theta[k])} over the sum is {yhat[k]}",
            ),
        ),
        "theta": derivation(
            "D(J, theta[k])",
            (
                "-sum(y[r] * D(log(yhat[r]), theta[k]) for r in range(n))",
                "the derivative is linear; the minus stays",
            ),
            ("-sum(y[r] * (kron(r, k) - yhat[k]) for r in range(n))", "the line above, without its factor {yhat[r]}"),
            (
                "yhat[k] * sum(y[r] for r in range(n)) - y[k]",
                "{kron(r, k)} keeps one term; {yhat[k]} does not depend on {r}",
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
        "z": Symbol("z", shape=("H",)),
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
        "z[i]": "sum(x[j] * W1[j, i] for j in range(Dx)) + b1[i]",
        "h[i]": "sigma(z[i])",
        "theta[k]": "sum(h[i] * W2[i, k] for i in range(H)) + b2[k]",
        "yhat[k]": "exp(theta[k]) / sum(exp(theta[q]) for q in range(Dy))",
        "J": "-sum(y[k] * log(yhat[k]) for k in range(Dy))",
        "delta2[k]": "yhat[k] - y[k]",
        "delta1[i]": "sum(delta2[k] * W2[i, k] for k in range(Dy)) * h[i] * (1 - h[i])",
    },
    derivations={
        "theta": derivation(
            "D(J, theta[k])", ("yhat[k] - y[k]", "softmax with cross-entropy; call the result {delta2[k]}")
        ),
        "h": derivation(
            "D(J, h[i])",
            ("sum(D(J, theta[k]) * D(theta[k], h[i]) for k in range(Dy))", "chain rule: {h[i]} feeds every score"),
            ("sum(delta2[k] * W2[i, k] for k in range(Dy))", "{W2[i, k]} is the factor of {h[i]} in {theta[k]}"),
        ),
        "z": derivation(
            "D(J, z[i])",
            ("D(J, h[i]) * D(h[i], z[i])", "chain rule: {z[i]} feeds {h[i]} alone"),
            (
                "sum(delta2[k] * W2[i, k] for k in range(Dy)) * h[i] * (1 - h[i])",
                "the line above, and {prime(sigma) == sigma * (1 - sigma)}; call the result {delta1[i]}",
            ),
        ),
        "x": derivation(
            "D(J, x[j])",
            ("sum(D(J, z[i]) * D(z[i], x[j]) for i in range(H))", "chain rule: {x[j]} feeds every hidden unit"),
            ("sum(delta1[i] * W1[j, i] for i in range(H))", "{W1[j, i]} is the factor of {x[j]} in {z[i]}"),
        ),
        "W2": derivation(
            "D(J, W2[i, k])",
            ("D(J, theta[k]) * D(theta[k], W2[i, k])", "chain rule: {W2[i, k]} is in {theta[k]} alone"),
            ("h[i] * delta2[k]", "{h[i]} is the factor of {W2[i, k]} in {theta[k]}"),
        ),
        "b2": derivation(
            "D(J, b2[k])",
            ("D(J, theta[k]) * D(theta[k], b2[k])", "chain rule: {b2[k]} is in {theta[k]} alone"),
            ("delta2[k]", "{D(theta[k], b2[k]) == 1}"),
        ),
        "W1": derivation(
            "D(J, W1[j, i])",
            ("D(J, z[i]) * D(z[i], W1[j, i])", "chain rule: {W1[j, i]} is in {z[i]} alone"),
            ("x[j] * delta1[i]", "{x[j]} is the factor of {W1[j, i]} in {z[i]}"),
        ),
        "b1": derivation(
            "D(J, b1[i])",
            ("D(J, z[i]) * D(z[i], b1[i])", "chain rule: {b1[i]} is in {z[i]} alone"),
            ("delta1[i]", "{D(z[i], b1[i]) == 1}"),
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
        "ones": Symbol("1", shape=("M", "1")),
        "h": Symbol("A", shape=("M", "H")),
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

# 2(d): the number of parameters, of W1, b1, W2 and b2 in this order. 3(c): the products that the scores of one
# prediction take, of softmax over those of negative sampling.
SIZES = Setting(
    symbols=NAMES,
    claims={
        "parameters": "Dx * H + H + H * Dy + Dy == (Dx + 1) * H + (H + 1) * Dy",
        "speed_up": "V * d / ((K + 1) * d) == V / (K + 1)",
    },
)

# 2(f): what a central difference misses. f is any function of one parameter p, f1 and f3 its derivatives.
CHECKER = Setting(
    symbols=NAMES | {"p": Symbol("p"), "eps": Symbol("epsilon"), "f1": Symbol("f'"), "f3": Symbol("f'''")},
    claims={"central": "(f(p + eps) - f(p - eps)) / (2 * eps) == f1(p) + eps**2 * f3(p) / 6 + dots"},
)

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
    indices={"w": "V", "r": "V", "i": "d"},
    definitions={
        "theta[w]": "sum(U[w, i] * v[i] for i in range(d))",
        "yhat[w]": "exp(theta[w]) / sum(exp(theta[r]) for r in range(V))",
        "J": "-sum(y[w] * log(yhat[w]) for w in range(V))",
    },
    derivations={
        "v": derivation(
            "D(J, v[i])",
            ("sum(D(J, theta[w]) * D(theta[w], v[i]) for w in range(V))", "chain rule: {v} is in every word’s score"),
            (
                "sum(U[w, i] * (yhat[w] - y[w]) for w in range(V))",
                "softmax with cross-entropy; {U[w, i]} is the factor of {v[i]}",
            ),
        ),
        "U": derivation(
            "D(J, U[w, i])",
            ("D(J, theta[w]) * D(theta[w], U[w, i])", "chain rule: row {w} is in {theta[w]} alone"),
            ("(yhat[w] - y[w]) * v[i]", "{v[i]} is the factor of {U[w, i]}"),
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
    indices={"k": "K", "i": "d"},
    definitions={
        "s": "sum(u[i] * v[i] for i in range(d))",
        "t[k]": "sum(U[k, i] * v[i] for i in range(d))",
        "J": "-log(sigma(s)) - sum(log(sigma(-t[k])) for k in range(K))",
    },
    derivations={
        "s": derivation(
            "D(J, s)",
            (
                "-(1 / sigma(s)) * (sigma(s) * (1 - sigma(s)))",
                "{prime(log(f)) == prime(f) / f}, and {prime(sigma) == sigma * (1 - sigma)}",
            ),
            ("sigma(s) - 1", "{sigma(s)} cancels"),
        ),
        "t": derivation(
            "D(J, t[k])",
            ("-(1 / sigma(-t[k])) * (-(sigma(-t[k]) * (1 - sigma(-t[k]))))", "the same, and {D(-t[k], t[k]) == -1}"),
            ("1 - sigma(-t[k])", "{sigma(-t[k])} cancels, and so do the signs"),
            ("sigma(t[k])", "{sigma(-t[k]) == 1 - sigma(t[k])}"),
        ),
        "v": derivation(
            "D(J, v[i])",
            (
                "D(J, s) * D(s, v[i]) + sum(D(J, t[k]) * D(t[k], v[i]) for k in range(K))",
                "chain rule over all {1 + K} scores",
            ),
            ("(sigma(s) - 1) * u[i] + sum(sigma(t[k]) * U[k, i] for k in range(K))", "the two results above"),
        ),
        "u": derivation(
            "D(J, u[i])",
            ("D(J, s) * D(s, u[i])", "chain rule: {u} is in {s} alone"),
            ("(sigma(s) - 1) * v[i]", "{v[i]} is the factor of {u[i]} in {s}"),
        ),
        "U": derivation(
            "D(J, U[k, i])",
            ("D(J, t[k]) * D(t[k], U[k, i])", "chain rule: row {k} is in {t[k]} alone"),
            ("sigma(t[k]) * v[i]", "{v[i]} is the factor of {U[k, i]} in {t[k]}"),
        ),
    },
)

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
    indices={"j": "m", "w": "V", "i": "d"},
    definitions={
        "F[j]": "sum(g[j, i] * v[i] for i in range(d)) + "
        "sum(sum(G[j, w, i] * U[w, i] for i in range(d)) for w in range(V))",
        "J": "sum(F[j] for j in range(m))",
    },
    derivations={
        "v": derivation(
            "D(J, v[i])",
            ("sum(D(F[j], v[i]) for j in range(m))", "linear: the centre word predicts every context word"),
        ),
        "U": derivation("D(J, U[w, i])", ("sum(D(F[j], U[w, i]) for j in range(m))", "linear")),
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
    indices={"j": "m", "i": "d", "w": "V"},
    definitions={
        "vhat[i]": "sum(v[j, i] for j in range(m))",
        "F": "sum(g[i] * vhat[i] for i in range(d)) + sum(sum(G[w, i] * U[w, i] for i in range(d)) for w in range(V))",
        "J": "F",
    },
    derivations={
        "v": derivation(
            "D(J, v[j, i])",
            ("D(F, vhat[i]) * D(vhat[i], v[j, i])", "chain rule: {v[j, i]} is in {vhat[i]} alone"),
            ("D(F, vhat[i])", "{D(vhat[i], v[j, i]) == 1}: each context word has the same gradient"),
        ),
        "U": derivation("D(J, U[w, i])", ("D(F, U[w, i])", "one prediction, one term")),
    },
)

SETTINGS = {
    "scalars": SCALARS,
    "shift": SHIFT,
    "stable": STABLE,
    "cross_entropy": CROSS_ENTROPY,
    "hidden": HIDDEN,
    "hidden_rows": HIDDEN_ROWS,
    "sizes": SIZES,
    "checker": CHECKER,
    "softmax": SOFTMAX,
    "softmax_matrices": SOFTMAX_MATRICES,
    "negative": NEGATIVE,
    "skipgram": SKIPGRAM,
    "cbow": CBOW,
}

# What the pages display, in their order; see links.EQUATIONS.
EQUATIONS = (
    *("shift/shift", "stable.c"),
    *("scalars.s", "scalars/q22"),
    *("cross_entropy.yhat[r]", "cross_entropy.J", "cross_entropy/softmax", "cross_entropy/theta"),
    *("hidden.z[i]", "hidden.h[i]", "hidden.theta[k]", "hidden/theta", "hidden/h", "hidden/z", "hidden/x"),
    *("hidden/W2", "hidden/b2", "hidden/W1", "hidden/b1"),
    *("hidden_rows.delta2", "hidden_rows.delta1", "hidden_rows/x", "hidden_rows/W1", "hidden_rows/b1"),
    *("hidden_rows/W2", "hidden_rows/b2", "sizes.parameters", "checker.central"),
    *("softmax.theta[w]", "softmax.yhat[w]", "softmax.J", "softmax/v", "softmax/U"),
    *("softmax_matrices/v", "softmax_matrices/U"),
    *("negative.s", "negative.t[k]", "negative.J"),
    *("negative/s", "negative/t", "negative/v", "negative/u", "negative/U", "sizes.speed_up"),
    *("skipgram.J", "skipgram/v", "skipgram/U", "cbow.vhat[i]", "cbow.J", "cbow/v", "cbow/U"),
)
NUMBERS = {key: number for number, key in enumerate(EQUATIONS, 1)}

# Where the code computes them: the equation, the question, the companion's file and its function.
CODE = (
    ("stable.c", "1(b)", "q1_softmax.py", "softmax"),
    ("scalars.s", "2(e)", "q2_sigmoid.py", "sigmoid"),
    ("scalars/q22", "2(e)", "q2_sigmoid.py", "sigmoid_grad"),
    ("checker.central", "2(f)", "q2_gradcheck.py", "gradcheck_naive"),
    ("hidden_rows/W1", "2(g)", "q2_neural.py", "forward_backward_prop"),
    ("softmax_matrices/v", "3(e)", "q3_word2vec.py", "softmaxCostAndGradient"),
    ("negative/v", "3(e)", "q3_word2vec.py", "negSamplingCostAndGradient"),
    ("skipgram/v", "3(e)", "q3_word2vec.py", "skipgram"),
    ("cbow/v", "3(h)", "q3_word2vec.py", "cbow"),
)
