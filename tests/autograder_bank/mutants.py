"""Submissions with one mistake each: a clean one with one place replaced, or one wrong file beside it.

`question` holds the mistake: it must lose points, and no other question. `mistake` is the id that the grader should
name there (autograder/mistakes.py; README.md lists those that no formula gives), and `phrase` what its hint must say as
well where the id alone does not tell one mistake from another.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import good_pdf, good_pickle

HERE = Path(__file__).parent
SOURCES = {
    "handout": (HERE / "handout.py").read_text(encoding="utf-8"),
    "later": (HERE.parents[1] / "later_edition" / "assignment2.py").read_text(encoding="utf-8"),
}


@dataclass(frozen=True)
class Mutant:
    name: str
    dialect: str
    question: str
    mistake: str
    old: str = ""
    new: str = ""
    phrase: str = ""
    files: tuple = ()  # (name, bytes or None for a missing one) in place of the good ones

    @property
    def source(self):
        clean = SOURCES[self.dialect]
        if self.old:
            assert clean.count(self.old) == 1, (
                f"{self.name}: the text to replace is there {clean.count(self.old)} times"
            )
        return clean.replace(self.old, self.new) if self.old else clean


def mutants(dialect, question, *entries):
    return [
        Mutant(f"{dialect}-{question}-{name}", dialect, question, mistake, old, new, *phrase)
        for name, mistake, old, new, *phrase in entries
    ]


# ---- Q1: forward ---------------------------------------------------------------------------------

SIGMA = "    return np.where(x >= 0, 1, e) / (1 + e)\n"
FLOAT = "    x = np.asarray(x, dtype=float)\n"
SIGMOID = mutants(
    "handout",
    "Q1.1",
    ("minus missing", "sigmoid.sign", "np.where(x >= 0, 1, e)", "np.where(x < 0, 1, e)"),
    ("tanh", "sigmoid.tanh", SIGMA, "    return np.tanh(x)\n"),
    ("softmax", "sigmoid.softmax", SIGMA, "    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()\n"),
    ("derivative", "sigmoid.derivative", SIGMA, "    s = 1 / (1 + e)\n    return s * (1 - s)\n"),
    ("rounded", "sigmoid.rounded", SIGMA, SIGMA.replace("return ", "return np.round(").replace("\n", ")\n")),
    ("base 2", "sigmoid.base", "    e = np.exp(-np.abs(x))\n", "    e = 2.0 ** -np.abs(x)\n"),
    ("overflow", "nan", SIGMA, "    return np.exp(x) / (np.exp(x) + 1)\n", "overflow"),
    (
        "integers stay integers",
        "sigmoid.integer",
        FLOAT + "    e = np.exp(-np.abs(x))\n" + SIGMA,
        "    x = np.asarray(x)\n    out = np.zeros_like(x)\n"
        "    out[...] = 1 / (1 + np.exp(-np.clip(x, -500, 500)))\n    return out\n",
    ),
    ("no scalars", "raised", FLOAT, "    e = np.zeros(x.shape)\n", "e = np.zeros(x.shape)"),
    ("in place", "mutated", FLOAT, "    x = np.asarray(x, dtype=float)\n    np.clip(x, -30, 30, out=x)\n"),
    ("no return", "none", SIGMA, SIGMA.replace("return", "result =")),
)

LAYER = mutants(
    "handout",
    "Q1.2",
    ("no bias", "layer.no_bias", "    return sigmoid(z + b)\n", "    return sigmoid(z)\n"),
    ("no sigmoid", "layer.no_sigmoid", "    return sigmoid(z + b)\n", "    return z + b\n"),
    ("bias along the examples", "layer.bias_axis", "np.reshape(b, (-1, 1))", "np.reshape(b, (1, -1))"),
    (
        "vector spread to a square",
        "layer.spread",
        "np.ravel(b) if X.ndim == 1 else np.reshape(b, (-1, 1))",
        "np.reshape(b, (-1, 1))",
    ),
    ("W transposed", "raised", "    z = W @ X\n", "    z = W.T @ X\n", "z = W.T @ X"),
    ("twice", "layer.twice", "    return sigmoid(z + b)\n", "    return sigmoid(sigmoid(z + b))\n"),
    ("tanh", "layer.tanh", "    return sigmoid(z + b)\n", "    return np.tanh(z + b)\n"),
    ("bias subtracted", "layer.bias_minus", "    return sigmoid(z + b)\n", "    return sigmoid(z - b)\n"),
    ("bias outside", "layer.bias_outside", "    return sigmoid(z + b)\n", "    return sigmoid(z) + b\n"),
    ("result transposed", "layer.transposed", "    return sigmoid(z + b)\n", "    return sigmoid(z + b).T\n"),
    (
        "reshapes b in place",
        "mutated",
        "    z = W @ X\n",
        "    z = W @ X\n    if X.ndim == 2:\n        b.shape = (-1, 1)\n",
    ),
)

NETWORK = mutants(
    "handout",
    "Q1.3",
    (
        "no output sigmoid",
        "network.no_output_sigmoid",
        "    yhat = inference_layer(h, W2, b2)\n    return yhat.reshape(-1)\n",
        "    yhat = W2 @ h + b2\n    return yhat.reshape(-1)\n",
    ),
    (
        "no hidden sigmoid",
        "network.no_hidden_sigmoid",
        "        X = X[0]\n    h = inference_layer(X, W1, b1)\n",
        "        X = X[0]\n    h = W1 @ X + (np.ravel(b1) if X.ndim == 1 else np.reshape(b1, (-1, 1)))\n",
    ),
    (
        "biases swapped",
        "network.biases_swapped",
        "def inference_2layers(X, W1, W2, b1, b2):\n",
        "def inference_2layers(X, W1, W2, b1, b2):\n    b1, b2 = np.full(len(W1), b2), np.ravel(b1)[0]\n",
    ),
    (
        "rounded",
        "network.rounded",
        "    return yhat.reshape(-1)\n",
        "    return (yhat.reshape(-1) > 0.5).astype(float)\n",
    ),
    ("hidden layer returned", "network.hidden", "    return yhat.reshape(-1)\n", "    return h\n"),
    (
        "no b2",
        "network.no_b2",
        "    yhat = inference_layer(h, W2, b2)\n    return",
        "    yhat = inference_layer(h, W2, np.zeros(1))\n    return",
    ),
    ("1 - yhat", "network.negative", "    return yhat.reshape(-1)\n", "    return 1 - yhat.reshape(-1)\n"),
    ("a column", "shape", "    return yhat.reshape(-1)\n", "    return yhat.reshape(-1, 1)\n"),
    ("mean of the batch", "network.mean", "    return yhat.reshape(-1)\n", "    return np.mean(yhat)\n"),
    (
        "no vectors",
        "raised",
        "    if X.shape == (1, W1.shape[1]):  # a row, as extract_features gives it\n        X = X[0]\n",
        "    N = X.shape[1]\n",
        "X.shape[1]",
    ),
    (
        "the first answer kept",
        "state",
        "inference_2_layers = inference_2layers\n",
        "first_answer = {}\n\n\ndef remember(network):\n"
        "    def wrapped(X, *rest):\n        if X.shape not in first_answer:\n"
        "            first_answer[X.shape] = 0\n        first_answer[X.shape] += 0.01\n"
        "        return network(X, *rest) + first_answer[X.shape]\n"
        "    return wrapped\n\n\ninference_2layers = inference_2_layers = remember(inference_2layers)\n",
    ),
)

LN = "    return -np.mean(y * np.log(yhat) + (1 - y) * np.log(1 - yhat))\n"
LOSS = mutants(
    "handout",
    "Q1.4",
    ("minus missing", "loss.negated", "    return -np.mean(", "    return np.mean("),
    ("sum", "loss.sum", "    return -np.mean(", "    return -np.sum("),
    ("log2", "loss.log2", LN, LN.replace("np.log(", "np.log2(")),
    ("log10", "loss.log10", LN, LN.replace("np.log(", "np.log10(")),
    (
        "rounded first",
        "loss.rounded",
        "yhat, y = np.ravel(yhat), np.ravel(y)",
        "yhat, y = np.round(np.ravel(yhat)), np.ravel(y)",
    ),
    ("second term missing", "loss.no_negatives", " + (1 - y) * np.log(1 - yhat)", ""),
    ("second term subtracted", "loss.second_sign", " + (1 - y) * ", " - (1 - y) * "),
    ("N×N", "loss.product", "np.ravel(yhat), np.ravel(y)", "np.ravel(yhat), np.reshape(y, (-1, 1))"),
    ("squared error", "loss.squared", LN, "    return np.mean((yhat - y) ** 2)\n"),
    ("log 0", "nan", "    yhat = np.clip(yhat, 1e-15, 1 - 1e-15)\n", "", "ln 0"),
    ("not averaged", "loss.unaveraged", LN, LN.replace("-np.mean", "-1 * ")),
    (
        "clips in place",
        "mutated",
        "yhat = np.clip(yhat, 1e-15, 1 - 1e-15)",
        "np.clip(yhat, 1e-15, 1 - 1e-15, out=yhat)",
    ),
    (
        "a 1×1 matrix",
        "shape",
        LN,
        "    y, yhat = y.reshape(1, -1), yhat.reshape(1, -1)\n"
        "    return -(y @ np.log(yhat).T + (1 - y) @ np.log(1 - yhat).T) / y.size\n",
    ),
)

# ---- Q3: gradients -------------------------------------------------------------------------------

DELTA = "    delta2 = (yhat - np.reshape(y, (1, N))) / N\n"
DELTA1 = "    delta1 = W2.T @ delta2 * h * (1 - h)\n"
DB1 = "np.sum(delta1, axis=1).reshape(np.shape(b1))"
RETURN = "    return dW1, dW2, db1, db2, L\n"
GRADIENTS = mutants(
    "handout",
    "Q3",
    ("sum for mean", "gradients.sum", DELTA, DELTA.replace(" / N", "")),
    ("sum for mean in the biases", "gradients.sum", RETURN, "    return dW1, dW2, N * db1, N * db2, L\n", "db"),
    ("divided twice", "gradients.divided_twice", DELTA, DELTA.replace(" / N", " / N ** 2")),
    ("y - yhat", "gradients.negated", "(yhat - np.reshape(y, (1, N)))", "(np.reshape(y, (1, N)) - yhat)"),
    ("dW1 transposed", "gradients.transposed", "    dW1 = delta1 @ X.T\n", "    dW1 = X @ delta1.T\n", "dW1"),
    ("dW2 transposed", "shape", "    dW2 = delta2 @ h.T\n", "    dW2 = h @ delta2.T\n", "expected (1, "),
    ("docstring's order", "gradients.order", RETURN, "    return dW1, db1, dW2, db2, L\n"),
    ("no sigma prime", "gradients.no_prime", DELTA1, "    delta1 = W2.T @ delta2\n"),
    (
        "sigma prime of the activation",
        "gradients.prime_twice",
        DELTA1,
        "    delta1 = W2.T @ delta2 * sigmoid(h) * (1 - sigmoid(h))\n",
    ),
    ("h for sigma prime", "gradients.prime_wrong", DELTA1, "    delta1 = W2.T @ delta2 * h\n"),
    ("db1 over the units", "gradients.bias_axis", DB1, "np.sum(delta1, axis=0)"),
    ("db1 over all", "gradients.bias_axis", DB1, "np.full(np.shape(b1), np.sum(delta1))"),
    ("db1 not summed", "gradients.bias_not_summed", DB1, "delta1"),
    ("W2 left out", "gradients.no_W2", DELTA1, DELTA1.replace("W2.T @ delta2", "delta2")),
    ("yhat(1 - yhat) too many", "gradients.output_prime", DELTA, DELTA + "    delta2 = delta2 * yhat * (1 - yhat)\n"),
    ("stops at yhat", "gradients.output_prime_missing", DELTA, DELTA + "    delta2 = delta2 / (yhat * (1 - yhat))\n"),
    ("rounded predictions", "gradients.rounded", "(yhat - np.reshape", "(np.round(yhat) - np.reshape"),
    ("X for h", "gradients.X_for_h", "    dW2 = delta2 @ h.T\n", "    dW2 = delta2 @ X.T\n"),
    ("N is the number of features", "gradients.mean_axis", DELTA, DELTA.replace(" / N", " / len(X)")),
    (
        "changes the labels",
        "mutated",
        DELTA,
        "    delta2 = np.reshape(y, (1, N))\n"
        "    if delta2.dtype == float:\n        delta2 -= yhat\n        delta2 /= -N\n"
        "    else:\n        delta2 = (yhat - delta2) / N\n",
        "y",
    ),
    ("no loss", "count", RETURN, "    return dW1, dW2, db1, db2\n", "4 values"),
    ("loss without minus", "loss.negated", RETURN, "    return dW1, dW2, db1, db2, -L\n"),
    ("N×N", "gradients.product", "np.reshape(y, (1, N))", "np.reshape(y, (N, 1))"),
    ("factor 2", "gradients.factor_2", DELTA, DELTA.replace("= (", "= 2 * (")),
    (
        "forward without b1",
        "gradients.no_b1",
        "    h = inference_layer(X, W1, b1)\n    yhat = inference_layer(h, W2, b2)\n    L =",
        "    h = sigmoid(W1 @ X)\n    yhat = inference_layer(h, W2, b2)\n    L =",
    ),
    ("db2 is zero", "gradients.zero", RETURN, "    return dW1, dW2, db1, db2 * 0, L\n", "db2"),
    (
        "sum kept between calls",
        "state",
        RETURN,
        "    total.append(db2)\n    return dW1, dW2, db1, sum(np.mean(db2) for db2 in total), L\n\n\ntotal = []\n",
    ),
    (
        "mean of the examples for db1",
        "gradients.divided_twice",
        DB1,
        "np.mean(delta1, axis=1).reshape(np.shape(b1))",
        "db1",
    ),
    ("no return", "count", RETURN, "", "None"),
)

# ---- Q4: a step ----------------------------------------------------------------------------------

STEP = mutants(
    "handout",
    "Q4",
    (
        "uphill",
        "update.ascent",
        "W1 = W1 - lr * dW1\n    B1 = B1 - lr * db1\n    W2 = W2 - lr * dW2\n    b2 = b2 - lr * db2\n",
        "W1 = W1 + lr * dW1\n    B1 = B1 + lr * db1\n    W2 = W2 + lr * dW2\n    b2 = b2 + lr * db2\n",
    ),
    ("b1 uphill", "update.ascent", "B1 = B1 - lr", "B1 = B1 + lr", "b1"),
    (
        "no rate",
        "update.no_rate",
        "def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):\n",
        "def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):\n    lr = 1\n",
    ),
    ("another default", "update.fixed_rate", "B1, W2, b2, lr=0.01)", "B1, W2, b2, lr=0.1)"),
    ("in place", "mutated", "    W1 = W1 - lr * dW1\n", "    W1 -= lr * dW1\n", "W1"),
    (
        "W2 moves first",
        "update.sequential",
        "    dW1, dW2, db1, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)\n"
        "    W1 = W1 - lr * dW1\n    B1 = B1 - lr * db1\n    W2 = W2 - lr * dW2\n    b2 = b2 - lr * db2\n",
        "    _, dW2, _, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)\n"
        "    W2 = W2 - lr * dW2\n    b2 = b2 - lr * db2\n"
        "    dW1, _, db1, _, _ = gradients(batchx, batchy, W1, W2, B1, b2)\n"
        "    W1 = W1 - lr * dW1\n    B1 = B1 - lr * db1\n",
    ),
    ("weights, then biases", "update.order", "    return W1, B1, W2, b2\n", "    return W1, W2, B1, b2\n"),
    ("no return", "count", "    return W1, B1, W2, b2\n", "", "None"),
    ("biases do not move", "update.unmoved", "    B1 = B1 - lr * db1\n", "", "b1"),
    (
        "the gradients returned",
        "update.gradient",
        "    return W1, B1, W2, b2\n",
        "    return lr * dW1, lr * db1, lr * dW2, lr * db2\n",
    ),
    ("unpacked in another order", "update.unpacked", "    dW1, dW2, db1, db2, _ =", "    dW1, db1, dW2, db2, _ ="),
    (
        "the rate falls from call to call",
        "state",
        "def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):\n",
        "calls = []\n\n\ndef update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):\n"
        "    calls.append(1)\n    lr = lr / len(calls)\n",
    ),
)

# ---- Q5: training --------------------------------------------------------------------------------

TRAIN = mutants(
    "handout",
    "Q5.1",
    ("float iters", "float_iters", "range(int(iters))", "range(iters)"),
    (
        "hidden size ignored",
        "shape",
        "    rng = np.random.default_rng(1)\n",
        "    rng = np.random.default_rng(1)\n    hidden_layer_size = 4\n",
        "ℓ = ",
    ),
    (
        "zeros to start",
        "train.symmetric",
        "W1 = rng.normal(size=(hidden_layer_size, len(X)))\n    b1 = np.zeros(hidden_layer_size)\n"
        "    W2 = rng.normal(size=(1, hidden_layer_size))\n",
        "W1 = np.zeros((hidden_layer_size, len(X)))\n    b1 = np.zeros(hidden_layer_size)\n"
        "    W2 = np.zeros((1, hidden_layer_size))\n",
    ),
    ("weights, then biases", "train.order", "    return W1, b1, W2, b2\n", "    return W1, W2, b1, b2\n"),
    ("uphill", "train.diverged", "y[batch], W1, b1, W2, b2, lr)", "y[batch], W1, b1, W2, b2, -lr)"),
    ("another file", "train.reversed", "with open(filename,", "with open('twitter_data.pkl',"),
    ("no step", "train.still", "range(int(iters))", "range(0)"),
    (
        "weights by hand",
        "train.untrained",
        "    return W1, b1, W2, b2\n",
        "    W1 = rng.normal(size=W1.shape) / 9 + np.array([[0, 0.1, -0.1]])\n"
        "    W2 = 9 / hidden_layer_size + 0 * W2\n    return W1, 0 * b1, W2, b2 * 0 - 4.5\n",
    ),
    ("labels out of step", "train.still", "y[batch], W1, b1", "y[rng.permutation(len(y))[:16]], W1, b1"),
    (
        "a stack of rows",
        "raised",
        'np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]])',
        'np.array([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]])',
        "line",
    ),
    ("no return", "count", "    return W1, b1, W2, b2\n", "", "None"),
)

# ---- The files beside the code -------------------------------------------------------------------

GOOD = pickle.loads(good_pickle())


def files(question, *entries):
    return [
        Mutant(
            f"{question}-{name}",
            "handout",
            question,
            mistake,
            files=((file, content),),
            phrase=phrase[0] if phrase else "",
        )
        for name, file, content, mistake, *phrase in entries
    ]


FILES = files(
    "Q5.2",
    (
        "data set saved",
        "assignment2.pkl",
        pickle.dumps(
            {
                "train_x": ["good day"],
                "train_y": np.ones(1),
                "test_x": [],
                "test_y": np.ones(0),
                "freqs": {("good", 1.0): 1},
            }
        ),
        "pkl.data",
    ),
    (
        "other keys",
        "assignment2.pkl",
        pickle.dumps({name.lower(): value for name, value in GOOD.items()}),
        "pkl.keys",
        "w1",
    ),
    ("a tuple", "assignment2.pkl", pickle.dumps(tuple(GOOD.values())), "pkl.type", "tuple"),
    ("W1 transposed", "assignment2.pkl", pickle.dumps({**GOOD, "W1": GOOD["W1"].T[:, :2]}), "shape", "W1"),
    ("not trained", "assignment2.pkl", pickle.dumps({**GOOD, "W2": 0 * GOOD["W2"]}), "pkl.accuracy"),
    (
        "labels reversed",
        "assignment2.pkl",
        pickle.dumps({**GOOD, "W2": -GOOD["W2"], "b2": -GOOD["b2"]}),
        "train.reversed",
    ),
    ("NaN", "assignment2.pkl", pickle.dumps({**GOOD, "b1": GOOD["b1"] * np.nan}), "nan"),
    ("cut short", "assignment2.pkl", good_pickle()[:100], "pkl.unreadable"),
    ("missing", "assignment2.pkl", None, "missing"),
) + files(
    "Q5.3",
    ("no figure", "assignment2.pdf", good_pdf(strokes=0), "pdf.empty", "0 figures"),
)

# ---- The later template --------------------------------------------------------------------------

LATER = [
    *mutants("later", "Q1.4", ("sum", "loss.sum", "    return -np.mean(", "    return -np.sum(")),
    *mutants(
        "later",
        "Q3",
        (
            "mean for sum",
            "gradients.mean",
            "    delta2 = yhat - np.reshape(y, (1, -1))",
            "    delta2 = (yhat - np.reshape(y, (1, -1))) / X.shape[1]",
        ),
        ("mean for sum in b1", "gradients.mean", "delta1.sum(axis=1)", "delta1.mean(axis=1)", "db1"),
        ("y - yhat", "gradients.negated", "yhat - np.reshape(y, (1, -1))", "np.reshape(y, (1, -1)) - yhat"),
        (
            "weights, then biases",
            "gradients.order",
            "    return dW1, db1, dW2, db2, L\n",
            "    return dW1, dW2, db1, db2, L\n",
        ),
        ("no sigma prime", "gradients.no_prime", "(W2.T @ delta2) * H * (1 - H)", "W2.T @ delta2"),
        (
            "db1 over the units",
            "gradients.bias_axis",
            "np.reshape(delta1.sum(axis=1), np.shape(b1))",
            "delta1.sum(axis=0)",
        ),
        (
            "loss summed",
            "loss.sum",
            "    return dW1, db1, dW2, db2, L\n",
            "    return dW1, db1, dW2, db2, L * X.shape[1]\n",
        ),
    ),
    *mutants(
        "later",
        "Q4",
        (
            "uphill",
            "update.ascent",
            "    return W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2, L\n",
            "    return W1 + lr * dW1, b1 + lr * db1, W2 + lr * dW2, b2 + lr * db2, L\n",
        ),
        ("no loss", "count", "W2 - lr * dW2, b2 - lr * db2, L\n", "W2 - lr * dW2, b2 - lr * db2\n", "4 values"),
        ("no rate", "update.no_rate", "W1 - lr * dW1, b1", "W1 - dW1, b1", "W1"),
    ),
    *mutants(
        "later",
        "Q5.1",
        ("losses not returned", "count", "W2, b2, Ls\n", "W2, b2\n", "4 values"),
        ("float iters", "float_iters", "range(int(iters))", "range(iters)"),
    ),
]

MUTANTS = SIGMOID + LAYER + NETWORK + LOSS + GRADIENTS + STEP + TRAIN + FILES + LATER
UNNAMED = {"handout-Q3-N×N"}  # no hint names these: it raises before it gives a wrong number
