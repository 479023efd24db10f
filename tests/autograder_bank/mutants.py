"""Submissions with one mistake each: a clean one with some places replaced, or one wrong file beside it.

`question` holds the mistake: it must lose points, and no other question. `mistake` is the id that the grader should
name there (autograder/mistakes.py; README.md lists those that no formula gives), and `phrases` what its hint must say
as well if the id alone does not tell one mistake from another.

All eight combinations of the editions' axes are right, so what is wrong by one edition alone names it: the grading
pins that edition.
"""

import pickle
from dataclasses import dataclass

import numpy as np

from . import good_pdf, good_pickle
from .sources import SOURCES, edited


@dataclass(frozen=True)
class Mutant:
    name: str
    source: str
    question: str
    mistake: str
    phrases: tuple = ()
    edition: str = None  # pinned for the grading
    files: tuple = ()  # (name, bytes or None for a missing one) in place of the good ones
    places: tuple = ()  # (old, new) that make it of the clean source


def mutants(base, question, *entries, edition=None):
    """Mutants of a clean source, each from (name, mistake, [(old, new), ...], *phrases)."""
    return [
        Mutant(
            f"{base}-{question}-{name}",
            edited(SOURCES[base], *places),
            question,
            mistake,
            tuple(phrases),
            edition,
            places=tuple(places),
        )
        for name, mistake, places, *phrases in entries
    ]


# ---- Q1: forward ---------------------------------------------------------------------------------

SIGMA = "    return np.where(x >= 0, 1, e) / (1 + e)\n"
FLOAT = "    x = np.asarray(x, dtype=float)\n"
EXP = "    e = np.exp(-np.abs(x))\n"
SIGMOID = mutants(
    "handout",
    "Q1.1",
    ("minus missing", "sigmoid.sign", [("np.where(x >= 0, 1, e)", "np.where(x < 0, 1, e)")]),
    ("tanh", "sigmoid.tanh", [(SIGMA, "    return np.tanh(x)\n")]),
    ("softmax", "sigmoid.softmax", [(SIGMA, "    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()\n")]),
    ("derivative", "sigmoid.derivative", [(SIGMA, "    s = 1 / (1 + e)\n    return s * (1 - s)\n")]),
    ("rounded", "sigmoid.rounded", [(SIGMA, SIGMA.replace("return ", "return np.round(").replace("\n", ")\n"))]),
    ("base 2", "sigmoid.base", [(EXP, "    e = 2.0 ** -np.abs(x)\n")]),
    ("without brackets", "sigmoid.brackets", [(SIGMA, "    return 1 / 1 + np.exp(-x)\n")]),
    ("overflow", "nan", [(SIGMA, "    return np.exp(x) / (np.exp(x) + 1)\n")], "overflow"),
    (
        "integers stay integers",
        "sigmoid.integer",
        [
            (
                FLOAT + EXP + SIGMA,
                "    x = np.asarray(x)\n    out = np.zeros_like(x)\n"
                "    out[...] = 1 / (1 + np.exp(-np.clip(x, -500, 500)))\n    return out\n",
            )
        ],
    ),
    ("no return", "none", [(SIGMA, SIGMA.replace("return", "result ="))]),
)

LAYER_RETURN = "    return sigmoid(z + b)\n"
LAYER = mutants(
    "handout",
    "Q1.2",
    ("no bias", "layer.no_bias", [(LAYER_RETURN, "    return sigmoid(z)\n")]),
    ("no sigmoid", "layer.no_sigmoid", [(LAYER_RETURN, "    return z + b\n")]),
    ("bias along the examples", "layer.bias_axis", [("np.reshape(b, (-1, 1))", "np.reshape(b, (1, -1))")]),
    (
        "vector spread to a square",
        "layer.spread",
        [("np.ravel(b) if X.ndim == 1 else np.reshape(b, (-1, 1))", "np.reshape(b, (-1, 1))")],
    ),
    ("W transposed", "raised", [("    z = W @ X\n", "    z = W.T @ X\n")], "z = W.T @ X"),
    ("twice", "layer.twice", [(LAYER_RETURN, "    return sigmoid(sigmoid(z + b))\n")]),
    ("tanh", "layer.tanh", [(LAYER_RETURN, "    return np.tanh(z + b)\n")]),
    ("bias subtracted", "layer.bias_minus", [(LAYER_RETURN, "    return sigmoid(z - b)\n")]),
    ("bias outside", "layer.bias_outside", [(LAYER_RETURN, "    return sigmoid(z) + b\n")]),
    ("result transposed", "layer.transposed", [(LAYER_RETURN, "    return sigmoid(z + b).T\n")]),
)

OUTPUT = "    yhat = inference_layer(h, W2, b2)\n    return yhat.reshape(-1)\n"
RESHAPED = "    return yhat.reshape(-1)\n"
NETWORK_DEF = "def inference_2layers(X, W1, W2, b1, b2):\n"
NETWORK = mutants(
    "handout",
    "Q1.3",
    (
        "no output sigmoid",
        "network.no_output_sigmoid",
        [(OUTPUT, "    yhat = W2 @ h + np.ravel(b2)\n    return yhat.reshape(-1)\n")],
    ),
    (
        "no hidden sigmoid",
        "network.no_hidden_sigmoid",
        [
            (
                "        X = X[0]\n    h = inference_layer(X, W1, b1)\n",
                "        X = X[0]\n    h = W1 @ X + (np.ravel(b1) if X.ndim == 1 else np.reshape(b1, (-1, 1)))\n",
            )
        ],
    ),
    (
        "biases swapped",
        "network.biases_swapped",
        [(NETWORK_DEF, NETWORK_DEF + "    b1, b2 = np.resize(b2, np.shape(b1)), np.resize(b1, np.shape(b2))\n")],
    ),
    ("arguments in another order", "signature", [(NETWORK_DEF, "def inference_2layers(X, W1, b1, W2, b2):\n")]),
    ("rounded", "network.rounded", [(RESHAPED, "    return (yhat.reshape(-1) > 0.5).astype(float)\n")]),
    ("hidden layer returned", "network.hidden", [(RESHAPED, "    return h\n")]),
    ("no b2", "network.no_b2", [(OUTPUT, OUTPUT.replace("b2", "0 * b2"))]),
    ("1 - yhat", "network.negative", [(RESHAPED, "    return 1 - yhat.reshape(-1)\n")]),
    ("a column", "shape", [(RESHAPED, "    return yhat.reshape(-1, 1)\n")]),
    ("mean of the batch", "network.mean", [(RESHAPED, "    return np.mean(yhat)\n")]),
    (
        "no vectors",
        "raised",
        [
            (
                "    if X.shape == (1, W1.shape[1]):  # a row, as extract_features gives it\n        X = X[0]\n",
                "    N = X.shape[1]\n",
            )
        ],
        "X.shape[1]",
    ),
    (
        "the first answer kept",
        "state",
        [
            (
                "inference_2_layers = inference_2layers\n",
                "first_answer = {}\n\n\ndef remember(network):\n"
                "    def wrapped(X, W1, W2, b1, b2):\n        if X.shape not in first_answer:\n"
                "            first_answer[X.shape] = 0\n        first_answer[X.shape] += 0.01\n"
                "        return network(X, W1, W2, b1, b2) + first_answer[X.shape]\n"
                "    return wrapped\n\n\ninference_2layers = inference_2_layers = remember(inference_2layers)\n",
            )
        ],
    ),
)

LN = "    return -np.mean(y * np.log(yhat) + (1 - y) * np.log(1 - yhat))\n"
FLATTENED = "    yhat, y = np.ravel(yhat), np.ravel(y)\n"
CLIPPED = "    yhat = np.clip(yhat, 1e-15, 1 - 1e-15)\n"


def swapped(eps):
    """The arguments of the loss swapped, with a clip of the logarithm's argument, or none."""
    clipped = CLIPPED.replace("1e-15", f"{eps:g}") if eps else ""
    exchange = [(FLATTENED + CLIPPED, "    yhat, y = np.ravel(y), np.ravel(yhat)\n" + clipped)]
    return (f"arguments swapped, {f'clip of {eps:g}' if eps else 'no clip'}", "loss.swapped_arguments", exchange)


LOSS = mutants(
    "handout",
    "Q1.4",
    ("minus missing", "loss.negated", [("    return -np.mean(", "    return np.mean(")]),
    ("sum", "loss.sum", [("    return -np.mean(", "    return -np.sum(")]),
    ("log2", "loss.log2", [(LN, LN.replace("np.log(", "np.log2("))]),
    ("log10", "loss.log10", [(LN, LN.replace("np.log(", "np.log10("))]),
    ("rounded first", "loss.rounded", [("np.ravel(yhat), np.ravel(y)", "np.round(np.ravel(yhat)), np.ravel(y)")]),
    ("second term missing", "loss.no_negatives", [(" + (1 - y) * np.log(1 - yhat)", "")]),
    ("second term subtracted", "loss.second_sign", [(" + (1 - y) * ", " - (1 - y) * ")]),
    ("N×N", "loss.product", [("np.ravel(yhat), np.ravel(y)", "np.ravel(yhat), np.reshape(y, (-1, 1))")]),
    ("squared error", "loss.squared", [(LN, "    return np.mean((yhat - y) ** 2)\n")]),
    ("log 0", "nan", [(CLIPPED, "")], "ln 0"),
    ("clip of 0.1", "loss.clipped", [(CLIPPED, CLIPPED.replace("1e-15", "0.1"))]),
    ("not averaged", "loss.unaveraged", [(LN, LN.replace("-np.mean", "-1 * "))]),
    (
        "a 1×1 matrix",
        "shape",
        [
            (
                LN,
                "    y, yhat = y.reshape(1, -1), yhat.reshape(1, -1)\n"
                "    return -(y @ np.log(yhat).T + (1 - y) @ np.log(1 - yhat).T) / y.size\n",
            )
        ],
    ),
    (
        "another name",
        "missing",
        [("def bce_forward(", "def bce_loss("), ("    L = bce_forward(", "    L = bce_loss(")],
        "bce_loss",
    ),
    *map(swapped, (1e-15, 1e-12, 1e-10, 1e-8, 1e-7, None)),
)

# ---- Q3: gradients -------------------------------------------------------------------------------

DELTA = "    delta2 = (yhat - np.reshape(y, (1, N))) / N\n"
DELTA1 = "    delta1 = W2.T @ delta2 * h * (1 - h)\n"
DW2 = "    dW2 = delta2 @ h.T\n"
DB1 = "np.sum(delta1, axis=1).reshape(np.shape(b1))"
RETURN = "    return dW1, dW2, db1, db2, L\n"
BY_LAYER = "    return dW1, db1, dW2, db2, L\n"
GRADIENTS = mutants(
    "handout",
    "Q3",
    # N times for the biases alone: no edition has that.
    ("sum for mean in the biases", "gradients.sum", [(RETURN, "    return dW1, dW2, N * db1, N * db2, L\n")], "db"),
    ("divided twice", "gradients.divided_twice", [(DELTA, DELTA.replace(" / N", " / N ** 2"))]),
    ("3 times", "gradients.factor", [(DELTA, DELTA.replace("= (", "= 3 * ("))]),
    ("N² times", "gradients.factor", [(DELTA, DELTA.replace(" / N", " * N"))]),
    ("d times", "gradients.factor", [(DELTA, DELTA.replace(" / N", " / N * len(X)"))]),
    ("y - yhat", "gradients.negated", [("(yhat - np.reshape(y, (1, N)))", "(np.reshape(y, (1, N)) - yhat)")]),
    ("dW1 transposed", "gradients.transposed", [("    dW1 = delta1 @ X.T\n", "    dW1 = X @ delta1.T\n")], "dW1"),
    ("dW2 transposed", "gradients.transposed", [(DW2, "    dW2 = h @ delta2.T\n")], "dW2"),
    ("no sigma prime", "gradients.no_prime", [(DELTA1, "    delta1 = W2.T @ delta2\n")]),
    (
        "sigma prime of the activation",
        "gradients.prime_twice",
        [(DELTA1, "    delta1 = W2.T @ delta2 * sigmoid(h) * (1 - sigmoid(h))\n")],
    ),
    ("h for sigma prime", "gradients.prime_wrong", [(DELTA1, "    delta1 = W2.T @ delta2 * h\n")]),
    ("db1 over the units", "gradients.bias_axis", [(DB1, "np.sum(delta1, axis=0)")]),
    ("db1 over all", "gradients.bias_axis", [(DB1, "np.full(np.shape(b1), np.sum(delta1))")]),
    ("db1 not summed", "gradients.bias_not_summed", [(DB1, "delta1")]),
    ("W2 left out", "gradients.no_W2", [(DELTA1, DELTA1.replace("W2.T @ delta2", "delta2"))]),
    (
        "yhat(1 - yhat) too many",
        "gradients.output_prime",
        [(DELTA, DELTA + "    delta2 = delta2 * yhat * (1 - yhat)\n")],
    ),
    (
        "stops at yhat",
        "gradients.output_prime_missing",
        [(DELTA, DELTA + "    delta2 = delta2 / (yhat * (1 - yhat))\n")],
    ),
    ("rounded predictions", "gradients.rounded", [("(yhat - np.reshape", "(np.round(yhat) - np.reshape")]),
    ("X for h", "gradients.X_for_h", [(DW2, "    dW2 = delta2 @ X.T\n")]),
    ("N is the number of features", "gradients.mean_axis", [(DELTA, DELTA.replace(" / N", " / len(X)"))]),
    ("no loss", "count", [(RETURN, "    return dW1, dW2, db1, db2\n")], "4 values"),
    ("loss without minus", "loss.negated", [(RETURN, "    return dW1, dW2, db1, db2, -L\n")]),
    ("N×N", "gradients.product", [("np.reshape(y, (1, N))", "np.reshape(y, (N, 1))")]),
    ("factor 2", "gradients.factor_2", [(DELTA, DELTA.replace("= (", "= 2 * ("))]),
    (
        "forward without b1",
        "gradients.no_b1",
        [("    N = X.shape[1]\n    h = inference_layer(X, W1, b1)\n", "    N = X.shape[1]\n    h = sigmoid(W1 @ X)\n")],
    ),
    ("db2 is zero", "gradients.zero", [(RETURN, "    return dW1, dW2, db1, db2 * 0, L\n")], "db2"),
    (
        "sum kept between calls",
        "state",
        [
            (
                RETURN,
                "    total.append(np.mean(db2))\n    return dW1, dW2, db1, 0 * db2 + sum(total), L\n\n\ntotal = []\n",
            )
        ],
    ),
    (
        "mean of the examples for db1",
        "gradients.divided_twice",
        [(DB1, "np.mean(delta1, axis=1).reshape(np.shape(b1))")],
        "db1",
    ),
    ("no return", "count", [(RETURN, "")], "None"),
) + mutants(
    "handout",
    "Q3",
    ("sum for mean", "gradients.sum", [(DELTA, DELTA.replace(" / N", ""))]),
    ("docstring's order", "gradients.order", [(RETURN, BY_LAYER)]),
    edition="january",
)

# ---- Q4: a step ----------------------------------------------------------------------------------

STEP_DEF = "def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):\n"
STEP_RETURN = "    return W1, B1, W2, b2\n"
BACKWARD = "    dW1, dW2, db1, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)\n"
HIDDEN_MOVES = "    W1 = W1 - lr * dW1\n    B1 = B1 - lr * db1\n"
OUTPUT_MOVES = "    W2 = W2 - lr * dW2\n    b2 = b2 - lr * db2\n"
MOMENTUM = """    for name, gradient in {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}.items():
        if name not in velocity or np.shape(velocity[name]) != np.shape(gradient):
            velocity[name] = 0 * gradient
        velocity[name] = 0.9 * velocity[name] + gradient
    dW1, db1, dW2, db2 = velocity.values()
"""
STEP = mutants(
    "handout",
    "Q4",
    ("uphill", "update.ascent", [(HIDDEN_MOVES + OUTPUT_MOVES, (HIDDEN_MOVES + OUTPUT_MOVES).replace("- lr", "+ lr"))]),
    ("b1 uphill", "update.ascent", [("B1 = B1 - lr", "B1 = B1 + lr")], "b1"),
    ("no rate", "update.no_rate", [(STEP_DEF, STEP_DEF + "    lr = 1\n")]),
    ("another default", "update.default", [("B1, W2, b2, lr=0.01)", "B1, W2, b2, lr=0.1)")]),
    ("in place", "mutated", [("    W1 = W1 - lr * dW1\n", "    W1 -= lr * dW1\n")], "W1"),
    (
        "W2 moves first",
        "update.sequential",
        [(BACKWARD + HIDDEN_MOVES + OUTPUT_MOVES, BACKWARD + OUTPUT_MOVES + BACKWARD + HIDDEN_MOVES)],
    ),
    ("weights, then biases", "update.order", [(STEP_RETURN, "    return W1, W2, B1, b2\n")]),
    ("no return", "count", [(STEP_RETURN, "")], "None"),
    ("biases do not move", "update.unmoved", [("    B1 = B1 - lr * db1\n", "")], "b1"),
    (
        "the gradients returned",
        "update.gradient",
        [(STEP_RETURN, "    return lr * dW1, lr * db1, lr * dW2, lr * db2\n")],
    ),
    ("unpacked in another order", "update.unpacked", [(BACKWARD, BACKWARD.replace("dW2, db1", "db1, dW2"))]),
    (
        "parameters first",
        "signature",
        [
            (STEP_DEF, "def update_params(W1, B1, W2, b2, batchx, batchy, lr=0.01):\n"),
            ("X[:, batch], y[batch], W1, b1, W2, b2, lr", "W1, b1, W2, b2, X[:, batch], y[batch], lr"),
        ],
    ),
    (
        "the rate falls from call to call",
        "state",
        [(STEP_DEF, "calls = []\n\n\n" + STEP_DEF + "    calls.append(1)\n    lr = lr / len(calls)\n")],
    ),
    (
        "momentum kept in a global",
        "state",
        [(STEP_DEF, "velocity = {}\n\n\n" + STEP_DEF), (BACKWARD, BACKWARD + MOMENTUM)],
    ),
) + mutants(
    "handout",
    "Q4",
    (
        "the loss too",
        "count",
        [
            (BACKWARD, BACKWARD.replace("_", "L")),
            (STEP_RETURN, "    return W1, B1, W2, b2, L\n"),
            ("        W1, b1, W2, b2 = update", "        W1, b1, W2, b2, _ = update"),
        ],
        "5 values",
    ),
    edition="january",
)

# ---- Q5: training --------------------------------------------------------------------------------

FEATURES = '    X = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]]).T\n'
LABELS = '    y = np.ravel(data["train_y"])\n'
TRAIN_RETURN = "    return W1, b1, W2, b2\n"
TRAIN = mutants(
    "handout",
    "Q5.1",
    ("float iters", "float_iters", [("range(int(iters))", "range(iters)")]),
    (
        "float iters, and rows for columns",
        "raised",
        [("range(int(iters))", "range(iters)"), ("X[:, batch]", "X[batch]")],
        "float",
        "X[batch]",
    ),
    (
        "hidden size ignored",
        "shape",
        [("    rng = np.random.default_rng(1)\n", "    rng = np.random.default_rng(1)\n    hidden_layer_size = 4\n")],
        "ℓ = ",
    ),
    (
        "zeros to start",
        "train.symmetric",
        [
            ("rng.normal(size=(hidden_layer_size, len(X)))", "np.zeros((hidden_layer_size, len(X)))"),
            ("rng.normal(size=(1, hidden_layer_size))", "np.zeros((1, hidden_layer_size))"),
        ],
    ),
    ("weights, then biases", "train.order", [(TRAIN_RETURN, "    return W1, W2, b1, b2\n")]),
    ("uphill", "train.diverged", [("y[batch], W1, b1, W2, b2, lr)", "y[batch], W1, b1, W2, b2, -lr)")]),
    ("another file", "train.other_file", [("with open(filename,", "with open('twitter_data.pkl',")]),
    ("no step", "train.still", [("range(int(iters))", "range(0)")]),
    (
        "weights by hand",
        "train.untrained",
        [
            (
                TRAIN_RETURN,
                "    W1 = rng.normal(size=W1.shape) / 9 + np.array([[0, 0.1, -0.1]])\n"
                "    W2 = 9 / hidden_layer_size + 0 * W2\n    return W1, 0 * b1 - 0.1, W2, b2 * 0 - 4.5\n",
            )
        ],
    ),
    ("labels out of step", "train.still", [("y[batch], W1, b1", "y[rng.permutation(len(y))[:16]], W1, b1")]),
    ("the biases stay", "train.biases", [("        W1, b1, W2, b2 = update", "        W1, _, W2, _ = update")]),
    ("a stack of rows", "raised", [(FEATURES, FEATURES.replace("np.vstack", "np.array"))], "line"),
    ("no return", "count", [(TRAIN_RETURN, "")], "None"),
    (
        "trained on the test tweets",
        "train.tested",
        [(FEATURES, FEATURES.replace("train", "test")), (LABELS, LABELS.replace("train", "test"))],
    ),
    (
        "trained on all tweets",
        "train.tested",
        [
            (FEATURES, FEATURES.replace('data["train_x"]', 'data["train_x"] + data["test_x"]')),
            (LABELS, '    y = np.concatenate([data["train_y"], data["test_y"]]).ravel()\n'),
        ],
    ),
)

# ---- The files beside the code -------------------------------------------------------------------

GOOD = pickle.loads(good_pickle())


def files(question, *entries):
    """Clean code with one wrong file, each from (name, file, bytes or None, mistake, *phrases)."""
    return [
        Mutant(f"{question}-{name}", SOURCES["handout"], question, mistake, tuple(phrases), files=((file, content),))
        for name, file, content, mistake, *phrases in entries
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

LATER_DELTA = "    delta2 = yhat - np.reshape(y, (1, -1))"
LATER_STEP = "    return W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2, L\n"
LATER = [
    *mutants("later", "Q1.4", ("sum", "loss.sum", [("    return -np.mean(", "    return -np.sum(")])),
    *mutants(
        "later",
        "Q3",
        ("mean for sum in b1", "gradients.mean", [("delta1.sum(axis=1)", "delta1.mean(axis=1)")], "db1"),
        ("y - yhat", "gradients.negated", [("yhat - np.reshape(y, (1, -1))", "np.reshape(y, (1, -1)) - yhat")]),
        ("no sigma prime", "gradients.no_prime", [("(W2.T @ delta2) * H * (1 - H)", "W2.T @ delta2")]),
        (
            "db1 over the units",
            "gradients.bias_axis",
            [("np.reshape(delta1.sum(axis=1), np.shape(b1))", "delta1.sum(axis=0)")],
        ),
        ("loss summed", "loss.sum", [(BY_LAYER, BY_LAYER.replace("L\n", "L * X.shape[1]\n"))]),
    ),
    *mutants(
        "later",
        "Q3",
        (
            "mean for sum",
            "gradients.mean",
            [(LATER_DELTA, "    delta2 = (yhat - np.reshape(y, (1, -1))) / X.shape[1]")],
        ),
        ("weights, then biases", "gradients.order", [(BY_LAYER, RETURN)]),
        edition="later",
    ),
    *mutants(
        "later",
        "Q4",
        ("uphill", "update.ascent", [(LATER_STEP, LATER_STEP.replace("- lr", "+ lr"))]),
        ("no rate", "update.no_rate", [("W1 - lr * dW1, b1", "W1 - dW1, b1")], "W1"),
    ),
    *mutants(
        "later",
        "Q4",
        (
            "no loss",
            "count",
            [
                ("W2 - lr * dW2, b2 - lr * db2, L\n", "W2 - lr * dW2, b2 - lr * db2\n"),
                ("W1, b1, W2, b2, lr)\n        Ls.append(L)\n", "W1, b1, W2, b2, lr)\n        Ls.append(0.0)\n"),
                ("        W1, b1, W2, b2, L = update", "        W1, b1, W2, b2 = update"),
            ],
            "4 values",
        ),
        edition="later",
    ),
    *mutants("later", "Q5.1", ("float iters", "float_iters", [("range(int(iters))", "range(iters)")])),
    *mutants(
        "later", "Q5.1", ("losses not returned", "count", [("W2, b2, Ls\n", "W2, b2\n")], "4 values"), edition="later"
    ),
]

MUTANTS = SIGMOID + LAYER + NETWORK + LOSS + GRADIENTS + STEP + TRAIN + FILES + LATER
UNNAMED = {  # bias style -> the mutants that no hint names
    "rows": {"handout-Q3-N×N"},  # raises before it gives a wrong number
    "columns": {"handout-Q3-N×N", "handout-Q4-unpacked in another order"},  # the second: told as wrong shapes
    "numbers": {"handout-Q3-N×N"},
}
