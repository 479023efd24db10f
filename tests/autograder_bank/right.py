"""Right submissions in styles that are not the reference's: each earns all points that a program gives.

Whole texts where the style runs through the file; else a clean one with places replaced. They hold what graders trip
over: no arrays, other ranks, other precisions, work on import, an own utils.py, odd bytes in the file.
"""

import pickle
from dataclasses import dataclass
from itertools import product

import numpy as np

from . import good_pickle
from .mutants import BACKWARD, BY_LAYER, CLIPPED, DELTA, LN, RETURN, STEP_RETURN, TRAIN_RETURN
from .sources import SOURCES, STYLES, edited, in_style, own
from .trainers import TRAINERS

HANDOUT, LATER = SOURCES["handout"], SOURCES["later"]
FORWARD, BIASED = ("Q1.1", "Q1.2", "Q1.3", "Q1.4"), ("Q1.2", "Q1.3", "Q3", "Q4")


@dataclass(frozen=True)
class Right:
    name: str
    source: object  # text, or bytes where the bytes are the point
    files: tuple = ()  # (name, bytes) in place of the good ones or beside them
    only: tuple = None  # the questions to grade, if the others are the clean submission's
    note: str = ""  # what a note of the report says about it
    loses: tuple = ()  # checks that the handout's words cost it all the same


# ---- The eight editions --------------------------------------------------------------------------


def edition(order, reduction, values):
    """The clean submission by one reading of each axis."""
    places = []
    if order == "by layer":
        places += [(RETURN, BY_LAYER), (BACKWARD, BACKWARD.replace("dW2, db1", "db1, dW2"))]
    if reduction == "sum":
        places += [(DELTA, DELTA.replace(" / N", ""))]
    source = edited(HANDOUT, *places)
    if values == "five":
        source = edited(
            source,
            ("db2, _ = gradients", "db2, L = gradients"),
            (STEP_RETURN, STEP_RETURN.replace("b2", "b2, L")),
            ("    for _ in range(int(iters)):\n", "    Ls = []\n    for _ in range(int(iters)):\n"),
            (
                "        W1, b1, W2, b2 = update_params(X[:, batch], y[batch], W1, b1, W2, b2, lr)\n",
                "        W1, b1, W2, b2, L = update_params(X[:, batch], y[batch], W1, b1, W2, b2, lr)\n"
                "        Ls.append(L)\n",
            ),
            (TRAIN_RETURN, "    return W1, b1, W2, b2, Ls\n"),
            ("    W1, b1, W2, b2 = train_nn(", "    W1, b1, W2, b2, Ls = train_nn("),
        )
    return source


EDITIONS = [
    Right(", ".join(readings), edition(*readings), only=("Q3", "Q4", "Q5.1"))
    for readings in product(("weights first", "by layer"), ("mean", "sum"), ("four", "five"))
]

# ---- Other ways to write the functions -----------------------------------------------------------

LOOPS = own(
    """
def sigmoid(x):
    import math
    def one(v):
        if v >= 0:
            return 1 / (1 + math.exp(-v))
        return math.exp(v) / (1 + math.exp(v))
    if np.ndim(x) == 0:
        return one(x)
    flat = [one(v) for v in np.ravel(x).tolist()]
    return np.array(flat).reshape(np.shape(x))
""",
    """
def inference_layer(X, W, b):
    columns = X.reshape(len(X), -1)
    biases = np.ravel(b)
    Z = np.zeros((len(W), columns.shape[1]))
    for i in range(len(W)):
        for n in range(columns.shape[1]):
            total = biases[i]
            for j in range(len(columns)):
                total += W[i][j] * columns[j][n]
            Z[i, n] = total
    A = sigmoid(Z)
    return A[:, 0] if X.ndim == 1 else A
""",
    """
def bce_forward(yhat, y):
    total = 0.0
    pairs = list(zip(np.ravel(yhat), np.ravel(y)))
    for p, label in pairs:
        chosen = p if label == 1 else 1 - p
        total -= np.log(max(chosen, 1e-300))
    return total / len(pairs)
""",
    """
def gradients(X, y, W1, W2, b1, b2):
    d, N = X.shape
    H = len(W1)
    y = np.ravel(y)
    dW1, dW2, db1, db2, L = np.zeros((H, d)), np.zeros((1, H)), np.zeros(H), 0.0, 0.0
    for n in range(N):
        x = X[:, n]
        h = inference_layer(x, W1, b1)
        p = inference_layer(h, W2, b2)[0]
        L += bce_forward(p, y[n]) / N
        error = (p - y[n]) / N
        db2 += error
        for i in range(H):
            dW2[0, i] += error * h[i]
            back = error * W2[0, i] * h[i] * (1 - h[i])
            db1[i] += back
            for j in range(d):
                dW1[i, j] += back * x[j]
    return dW1, dW2, db1, db2, L
""",
)

EINSUM = own(
    """
def inference_layer(X, W, b):
    if X.ndim == 1:
        return sigmoid(np.einsum("ij,j->i", W, X) + np.ravel(b))
    return sigmoid(np.einsum("ij,jn->in", W, X) + np.ravel(b)[:, np.newaxis])
""",
    """
def gradients(X, y, W1, W2, b1, b2):
    y = np.asarray(y).reshape(1, -1)
    A1 = inference_layer(X, W1, b1)
    A2 = inference_layer(A1, W2, b2)
    dZ2 = (A2 - y) / y.size
    dZ1 = np.einsum("oi,on,in,in->in", W2, dZ2, A1, 1 - A1)
    return (np.einsum("in,jn->ij", dZ1, X), np.einsum("on,in->oi", dZ2, A1),
            np.einsum("in->i", dZ1).reshape(np.shape(b1)), np.einsum("on->", dZ2), bce_forward(A2, y))
""",
)

FLOAT32 = edited(
    HANDOUT,
    ("np.asarray(x, dtype=float)", "np.asarray(x, dtype=np.float32)"),
    ("    z = W @ X\n", "    z = W.astype(np.float32) @ X.astype(np.float32)\n"),
    ("yhat, 1e-15, 1 - 1e-15)", "yhat.astype(np.float32), np.float32(1e-7), np.float32(1 - 1e-7))"),
)

COLUMN_BIASES = own(
    """
def inference_layer(X, W, b):
    return sigmoid(W @ X + b)
""",
    """
def gradients(X, y, W1, W2, b1, b2):
    m = X.shape[1]
    A1 = sigmoid(W1 @ X + b1)
    A2 = sigmoid(W2 @ A1 + b2)
    L = bce_forward(A2, y)
    dZ2 = A2 - y.reshape(A2.shape)
    dW2 = 1 / m * dZ2 @ A1.T
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)
    dW1 = 1 / m * dZ1 @ X.T
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, dW2, db1, db2, L
""",
    base=edited(
        HANDOUT,
        ("    b1 = np.zeros(hidden_layer_size)\n", "    b1 = np.zeros((hidden_layer_size, 1))\n"),
        ("    b2 = np.zeros(1)\n", "    b2 = np.zeros((1, 1))\n"),
    ),
)

ROW_BIASES = own(
    """
def inference_layer(X, W, b):
    return sigmoid((W @ X).T + b).T
""",
    """
def gradients(X, y, W1, W2, b1, b2):
    N = len(y)
    A = X.T  # an example in each row
    h = sigmoid(A @ W1.T + b1)
    p = sigmoid(h @ W2.T + b2)
    d2 = (p - y.reshape(N, 1)) / N
    d1 = d2 @ W2 * h * (1 - h)
    return d1.T @ A, d2.T @ h, d1.sum(axis=0), d2.sum(axis=0), bce_forward(p, y)
""",
    """
def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    grads = gradients(X=batchx, y=batchy, W1=W1, W2=W2, b1=B1, b2=b2)
    new = {}
    for name, old, grad in zip(["W1", "W2", "b1", "b2"], [W1, W2, B1, b2], grads):
        new[name] = old - lr * grad
    return new["W1"], new["b1"], new["W2"], new["b2"]
""",
)

NUMBER_BIAS = own(
    """
def inference_layer(X, W, b):
    if X.ndim == 1 or np.isscalar(b):
        return sigmoid(W @ X + b)
    return sigmoid(W @ X + b[:, np.newaxis])
""",
    """
def gradients(X, y, W1, W2, b1, b2):
    y = y.reshape(-1)
    N = y.shape[0]
    h = inference_layer(X, W1, b1)
    p = sigmoid(np.dot(W2[0], h) + b2)
    L = bce_forward(p, y)
    dW1, dW2 = np.zeros(W1.shape), np.zeros(W2.shape)
    dW2[0] = np.dot(h, p - y) / N
    db2 = float(np.mean(p - y))
    dz = np.outer(W2[0], p - y) * h * (1 - h) / N
    dW1[:, :] = np.dot(dz, X.T)
    return dW1, dW2, np.sum(dz, axis=1), db2, L
""",
    """
def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    N = batchx.shape[1]
    h = 1 / (1 + np.exp(-(W1 @ batchx + B1.reshape(-1, 1))))
    p = 1 / (1 + np.exp(-(W2[0] @ h + b2)))
    error = p - batchy.reshape(-1)
    back = W2.T * error * h * (1 - h)
    W2 = W2 - lr * error @ h.T / N
    b2 = b2 - lr * error.mean()
    W1 = W1 - lr * back @ batchx.T / N
    B1 = B1 - lr * back.mean(axis=1)
    return W1, B1, W2, b2
""",
    base=edited(HANDOUT, ("    b2 = np.zeros(1)\n", "    b2 = 0.0\n")),
)

ROWS_OUT = edited(COLUMN_BIASES, ("    return yhat.reshape(-1)\n", "    return yhat.reshape(1, -1)\n"))

CLASSES = '''
import pickle
import numpy as np
from utils import extract_features


class Layer:
    """A layer keeps what its backward pass needs."""

    def __init__(self, W, b):
        self.W, self.b = W, np.ravel(b)

    def __call__(self, X):
        self.X = X.reshape(len(X), -1)
        self.out = Sigmoid.of(self.W @ self.X + self.b[:, None])
        return self.out

    def backward(self, d_out):
        dz = d_out * self.out * (1 - self.out)
        self.dW, self.db = dz @ self.X.T, dz.sum(axis=1)
        return self.W.T @ dz


class Sigmoid:
    @staticmethod
    def of(z):
        return 0.5 * (1 + np.tanh(0.5 * np.asarray(z)))


class Network:
    def __init__(self, W1, W2, b1, b2):
        self.layers = [Layer(W1, b1), Layer(W2, b2)]

    def forward(self, X):
        for layer in self.layers:
            X = layer(X)
        return X

    def backward(self, y):
        p = self.layers[-1].out
        with np.errstate(all="ignore"):
            d = np.where(p == y, 0, (p - y) / (p * (1 - p)) / y.size)
        for layer in reversed(self.layers):
            d = layer.backward(d)


sigmoid = Sigmoid.of


def inference_layer(X, W, b):
    out = Layer(W, b)(X)
    return out[:, 0] if X.ndim == 1 else out


def inference_2layers(X, W1, W2, b1, b2):
    return Network(W1, W2, b1, b2).forward(X)[0]


class Loss:
    eps = np.finfo(float).eps

    def __call__(self, yhat, y):
        yhat, y = np.ravel(yhat).clip(self.eps, 1 - self.eps), np.ravel(y)
        return float(np.where(y == 1, -np.log(yhat), -np.log1p(-yhat)).mean())


bce_forward = Loss()


def gradients(X, y, W1, W2, b1, b2):
    net, y = Network(W1, W2, b1, b2), np.reshape(y, (1, -1))
    L = bce_forward(net.forward(X), y)
    net.backward(y)
    first, second = net.layers
    return first.dW, second.dW, first.db, second.db, L


def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    dW1, dW2, db1, db2, L = gradients(batchx, batchy, W1, W2, B1, b2)
    return W1 - lr * dW1, np.ravel(B1) - lr * db1, W2 - lr * dW2, np.ravel(b2) - lr * db2


class Trainer:
    def __init__(self, path, hidden):
        with open(path, "rb") as file:
            self.data = pickle.load(file)
        self.X = np.concatenate([extract_features(t, self.data["freqs"]) for t in self.data["train_x"]]).T
        self.y = self.data["train_y"].squeeze()
        self.rng = np.random.RandomState(3)
        self.theta = self.rng.randn(hidden, 3) * 0.1, np.zeros(hidden), self.rng.randn(1, hidden), np.zeros(1)

    def run(self, iters, lr):
        for i in range(int(iters)):
            at = self.rng.choice(self.y.size, 8)
            self.theta = update_params(self.X[:, at] / 8, self.y[at], *self.theta, lr)
        W1, b1, W2, b2 = self.theta
        return W1 / 8, b1, W2, b2


def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    return Trainer(filename, hidden_layer_size).run(iters, lr)
'''

FOREIGN = edited(
    HANDOUT,
    (
        "def sigmoid(x):\n",
        'def sigmoid(x):\n    """Die Sigmoidfunktion; シグモイド関数; сигмоида: σ(x) = 1/(1 + e⁻ˣ)."""\n',
    ),
    ("    N = X.shape[1]\n", "    N = X.shape[1]  # 样本数\n    größe = N\n    assert größe > 0\n"),
)

NOISY = edited(
    HANDOUT,
    ("def sigmoid(x):\n", "print('loading ' * 500)\n\n\ndef sigmoid(x):\n    print('sigmoid of', x)\n"),
    (
        "    N = X.shape[1]\n",
        "    N = X.shape[1]\n    import sys\n    print('gradients!', '\\x1b[31m', file=sys.stderr)\n"
        "    sys.stdout.write('[' * 10000)\n",
    ),
)

ON_IMPORT = (
    HANDOUT.split("if __name__")[0]
    + """
import matplotlib.pyplot as plt
import nltk
nltk.download("twitter_samples")
nltk.download("stopwords")
data = pickle.load(open("twitter_data.pkl", "rb"))
train_x, freqs = data["train_x"], data["freqs"]
print("Training Data: ", train_x[0])
print("Features ", extract_features(train_x[0], freqs))
W1, b1, W2, b2 = train_nn("twitter_data.pkl", 6, 1e2)
fig, ax = plt.subplots()
ax.plot([1, 2, 3], label="loss")
ax.legend()
plt.savefig("loss.png")
plt.show()
np.savetxt("outputs/losses.txt", [0.7, 0.2])
my_tweet = 'This is a ridiculously bright movie. The plot was terrible and I was sad until the ending!'
y_hat = inference_2_layers(extract_features(my_tweet, freqs), W1, W2, b1, b2)
print(y_hat)
with open("assignment2.pkl", "wb") as file:
    pickle.dump({"W1": W1, "W2": W2, "b1": b1, "b2": b2}, file)
input("Press Enter to leave")
exit()
"""
)

TYPED = "from __future__ import annotations\n" + edited(
    HANDOUT,
    ("import pickle\n", "import pickle\nfrom dataclasses import dataclass\nfrom typing import NamedTuple\n"),
    (
        "def sigmoid(x):\n",
        "class Step(NamedTuple):\n    W1: np.ndarray\n    b1: np.ndarray\n    W2: np.ndarray\n    b2: np.ndarray\n\n\n"
        "@dataclass(frozen=True)\nclass Options:\n    eps: float = 1e-15\n\n\n"
        "def sigmoid(x: float | np.ndarray) -> np.ndarray:\n",
    ),
    ("    return W1, B1, W2, b2\n", "    return Step(W1, B1, W2, b2)\n"),
    ("def bce_forward(yhat, y):\n", "def bce_forward(yhat: np.ndarray, y: np.ndarray[int], /) -> float:\n"),
    ("np.clip(yhat, 1e-15, 1 - 1e-15)", "np.clip(yhat, (o := Options()).eps, 1 - o.eps)"),
)

OWN_UTILS = b"""import numpy as np
def extract_features(tweet, freqs):
    row = np.ones((1, 3))
    row[0, 1] = sum(freqs.get((word, 1.0), 0) for word in tweet.split())
    row[0, 2] = sum(freqs.get((word, 0.0), 0) for word in tweet.split())
    return row
def clip(p):
    return np.clip(p, 1e-15, 1 - 1e-15)
"""

MATRIX = own(
    """
def gradients(X, y, W1, W2, b1, b2):
    X, y, W1, W2 = np.asmatrix(X), np.asmatrix(np.reshape(y, (1, -1))), np.asmatrix(W1), np.asmatrix(W2)
    h = np.asmatrix(sigmoid(W1 * X + np.reshape(b1, (-1, 1))))
    p = np.asmatrix(sigmoid(W2 * h + np.reshape(b2, (1, 1))))
    d2 = (p - y) / y.shape[1]
    d1 = np.multiply(W2.T * d2, np.multiply(h, 1 - h))
    return (d1 * X.T, d2 * h.T, np.reshape(d1.sum(axis=1), np.shape(b1)) if np.ndim(b1) == 2 else d1.sum(axis=1).A1,
            d2.sum(), bce_forward(p, y))
""",
    """
def inference_layer(X, W, b):
    return sigmoid((np.asmatrix(W) * np.reshape(X, (len(X), -1)) + np.reshape(b, (-1, 1))).A
                   .reshape((len(W),) + X.shape[1:]))
""",
    """
def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    dW1, dW2, db1, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)
    return np.asarray(W1 - lr * dW1), B1 - lr * db1, np.asarray(W2 - lr * dW2), b2 - lr * db2
""",
)

SCALAR = """
import math, pickle
from utils import extract_features
import numpy

# numbers and lists alone: no broadcasting to get wrong
def sigmoid(x):
    if isinstance(x, (int, float)):
        return 1.0 / (1.0 + math.exp(-x)) if x > -700 else 0.0
    return numpy.array([sigmoid(v) for v in x]) if hasattr(x, "__len__") else sigmoid(float(x))

def dot(a, b):
    return math.fsum(u * v for u, v in zip(a, b))

def flat(b):
    return [float(v) for v in numpy.ravel(b)]

def inference_layer(X, W, b):
    W, b = W.tolist(), flat(b)
    if X.ndim == 1:
        return numpy.array([sigmoid(dot(w, X.tolist()) + c) for w, c in zip(W, b)])
    examples = X.T.tolist()
    return numpy.array([[sigmoid(dot(w, x) + c) for x in examples] for w, c in zip(W, b)])

def inference_2layers(X, W1, W2, b1, b2):
    out = inference_layer(inference_layer(X, W1, b1), W2, b2)
    return out[0] if X.ndim > 1 else out

def bce_forward(yhat, y):
    terms = [-math.log(max(p if t else 1 - p, 1e-16)) for p, t in zip(flat(yhat), flat(y))]
    return math.fsum(terms) / len(terms)

def gradients(X, y, W1, W2, b1, b2):
    h = inference_layer(X, W1, b1)
    p = inference_layer(h, W2, b2)[0].tolist()
    y, N, w2 = flat(y), X.shape[1], W2[0].tolist()
    e = [(a - t) / N for a, t in zip(p, y)]
    back = [[w * u * (1 - u) * v for u, v in zip(row, e)] for w, row in zip(w2, h.tolist())]
    dW1 = numpy.array([[dot(row, x) for x in X.tolist()] for row in back])
    dW2 = numpy.array([[dot(row, e) for row in h.tolist()]])
    return [dW1, dW2, numpy.array([math.fsum(row) for row in back]), math.fsum(e), bce_forward(p, y)]

def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    g = gradients(batchx, batchy, W1, W2, B1, b2)
    return [W1 - lr * g[0], numpy.ravel(B1) - lr * g[2], W2 - lr * g[1], float(numpy.ravel(b2)[0]) - lr * g[3]]

def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    data = pickle.load(open(filename, 'rb'))
    X = numpy.array([extract_features(t, data['freqs'])[0] for t in data['train_x']]).T / 10
    y = numpy.array(data['train_y'])[:, 0]
    numpy.random.seed(42)
    W1, W2 = numpy.random.rand(hidden_layer_size, 3) - .5, numpy.random.rand(1, hidden_layer_size) - .5
    b1, b2 = numpy.zeros(hidden_layer_size), 0.0
    N = len(y)
    for step in range(int(iters)):
        k = [(7 * step) % N, (7 * step + N // 2) % N]
        W1, b1, W2, b2 = update_params(X[:, k], y[k], W1, b1, W2, b2, lr * 4)
    return W1 / 10, b1, W2, b2
"""

AUGMENTED = own(
    """
def inference_layer(X, W, b):
    Wb = np.hstack([W, np.reshape(b, (-1, 1))])
    one = np.ones((1,) + X.shape[1:])
    return sigmoid(Wb.dot(np.concatenate([X, one])))
""",
    """
def gradients(X, y, W1, W2, b1, b2):
    ones = np.ones((1, X.shape[1]))
    X1 = np.vstack([X, ones])
    H1 = np.vstack([inference_layer(X, W1, b1), ones])
    p = inference_layer(H1[:-1], W2, b2)
    e = (p - np.reshape(y, p.shape)) / p.size
    G2 = e @ H1.T
    G1 = (W2.T @ e * H1[:-1] * (1 - H1[:-1])) @ X1.T
    return G1[:, :-1], G2[:, :-1], G1[:, -1].reshape(np.shape(b1)), G2[0, -1], bce_forward(p, y)
""",
)

DECORATED = edited(
    HANDOUT,
    (
        "def sigmoid(x):\n",
        """import functools
import logging
import time
import warnings

warnings.simplefilter("always")
np.set_printoptions(precision=2)
np.random.seed(6120)
EPSILON, DEBUG = 1e-15, True
logging.basicConfig(level=logging.DEBUG)


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        result = function(*args, **kwargs)
        logging.debug("%s took %s", function.__name__, time.perf_counter() - start)
        return result
    return wrapper


@timed
def sigmoid(x):
""",
    ),
    ("np.clip(yhat, 1e-15, 1 - 1e-15)", "np.clip(yhat, EPSILON, 1 - EPSILON)"),
    (
        "def gradients(X, y, W1, W2, b1, b2):\n",
        "@timed\ndef gradients(X, y, W1, W2, b1, b2, *, reduction='mean', check=False):\n",
    ),
)

VECTORIZED = own(
    """
sigmoid = np.vectorize(lambda v: 1 / (1 + np.exp(-v)) if v > -700 else 0.0, otypes=[float])


def unused(x):
    return x
""".replace("sigmoid = ", "def sigmoid(x):\n    return one(x)\n\n\none = ", 1),
    base=HANDOUT,
)

REPARAMETRISED = own(
    """
def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-np.asarray(x)))
""",
    """
def inference_layer(X, W, b):
    out = (X.T @ W.T + np.ravel(b)).T
    return sigmoid(out)
""",
    """
def bce_forward(yhat, y):
    yhat, y = np.ravel(yhat), np.ravel(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.nan_to_num(y * np.log(yhat)) + np.nan_to_num((1 - y) * np.log(1 - yhat))
    return -np.average(terms)
""",
)

TABS = "\n".join("\t" * ((len(line) - len(line.lstrip(" "))) // 4) + line.lstrip(" ") for line in HANDOUT.split("\n"))

WITHOUT_GUARD_OR_ALIAS = edited(
    HANDOUT.split("\n\n\nif __name__")[0] + "\n", ("inference_2_layers = inference_2layers\n\n\n", "")
)

PLOTS = edited(
    HANDOUT,
    (
        "import numpy as np\n",
        "import numpy as np\nimport matplotlib\nimport matplotlib.pyplot as plt\nfrom tqdm import tqdm\n\n"
        "plt.style.use('ggplot')\nmatplotlib.rcParams['font.size'] = 12\n",
    ),
    (
        "    for _ in range(int(iters)):\n",
        "    losses, checks = [], []\n    for i in tqdm(range(int(iters)), desc='training'):\n",
    ),
    (
        "W1, b1, W2, b2, lr)\n    W1 = W1",
        """W1, b1, W2, b2, lr)
        if i % 500 == 0:
            losses.append(bce_forward(inference_2layers(X, W1, W2, b1, b2), y))
            test = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["test_x"]]).T / scale
            checks.append(bce_forward(inference_2layers(test, W1, W2, b1, b2), data["test_y"]))
            print(f"step {i}: {losses[-1]:.4f} {checks[-1]:.4f}")
    plt.rcParams["figure.figsize"] = (8, 6)
    fig, (top, middle, bottom) = plt.subplots(3, 1, sharex=True)
    for ax, values in zip((top, middle, bottom), (losses, checks, np.subtract(checks, losses))):
        line, = ax.plot(values, label="loss")
        ax.legend(handles=[line])
        ax.spines["top"].set_visible(False)
    plt.tight_layout()
    plt.savefig("loss.png")
    plt.show()
    plt.close(fig)
    W1 = W1""",
    ),
)

RENAMED = edited(
    LATER,
    (
        "    dW1, db1, dW2, db2, L = gradients(batchx, batchy, W1, W2, b1, b2)\n"
        "    return W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2, L\n",
        "    theta = [W1, b1, W2, b2]\n    *steps, L = gradients(batchx, batchy, W1, W2, b1, b2)\n"
        "    return (*[old - lr * step for old, step in zip(theta, steps)], L)\n",
    ),
)

LATER_COLUMNS = own(
    """
def gradients(X, y, W1, W2, b1, b2):
    h = sigmoid(np.dot(W1, X) + np.reshape(b1, (-1, 1)))
    yhat = sigmoid(np.dot(W2, h) + b2)
    dz2 = yhat - np.reshape(y, (1, -1))
    dz1 = np.dot(W2.T, dz2) * h * (1 - h)
    return (np.dot(dz1, X.T), np.sum(dz1, axis=1, keepdims=True), np.dot(dz2, h.T), np.sum(dz2, axis=1, keepdims=True),
            bce_forward(yhat, y))
""",
    base=edited(
        LATER,
        ("np.zeros(hidden_layer_size)", "np.zeros((hidden_layer_size, 1))"),
        ("np.zeros(1)", "np.zeros((1, 1))"),
        ("b1 - lr * db1, W2", "np.reshape(b1, (-1, 1)) - lr * db1, W2"),
        ("b2 - lr * db2, L", "np.reshape(b2, (1, 1)) - lr * db2, L"),
    ),
)

NUMERICAL = own("""
def gradients(X, y, W1, W2, b1, b2):
    theta = [np.array(p, dtype=float) for p in (W1, W2, b1, b2)]
    grads = [np.zeros(p.shape) for p in theta]
    for p, g in zip(theta, grads):
        for k in np.ndindex(p.shape):
            old = p[k]
            p[k] = old + 1e-5
            up = bce_forward(inference_2layers(X, *theta), y)
            p[k] = old - 1e-5
            g[k] = (up - bce_forward(inference_2layers(X, *theta), y)) / 2e-5
            p[k] = old
    return (*grads, bce_forward(inference_2layers(X, W1, W2, b1, b2), y))
""")

# ---- Inputs that change, which costs points in update_params alone -------------------------------

CHANGES = {  # what is changed -> where
    "x": ("    e = np.exp(-np.abs(x))\n", "    np.clip(x, -30, 30, out=x)\n    e = np.exp(-np.abs(x))\n"),
    "b": ("    z = W @ X\n", "    z = W @ X\n    if X.ndim == 2:\n        b.shape = (-1, 1)\n"),
    "yhat": (CLIPPED, "    np.clip(yhat, 1e-15, 1 - 1e-15, out=yhat)\n"),
    "y": (
        DELTA,
        "    delta2 = np.reshape(y, (1, N))\n"
        "    if delta2.dtype == float:\n        delta2 -= yhat\n        delta2 /= -N\n"
        "    else:\n        delta2 = (yhat - delta2) / N\n",
    ),
}

# ---- All -----------------------------------------------------------------------------------------

GOOD = pickle.loads(good_pickle())


def loss(name, *places):
    """A loss that keeps ŷ from 0 and 1 in another way."""
    return Right(name, edited(HANDOUT, *places), only=("Q1.4", "Q3"))


def shifted(eps):
    return (LN, LN.replace("yhat)", f"yhat + {eps})")), (CLIPPED, "")


RIGHT = [
    *EDITIONS[1:],  # the first is the clean submission itself
    *(Right(f"handout, {style} alone", in_style(HANDOUT, style), only=BIASED) for style in STYLES),
    *(Right(name, source, only=("Q5.1",)) for name, source in {**TRAINERS, "later, raw counts": LATER}.items()),
    *(
        Right(f"changes {name}", edited(HANDOUT, place), only=(*FORWARD, "Q3"), note=f"changes its argument {name}")
        for name, place in CHANGES.items()
    ),
    loss("log(p + 1e-5)", *shifted(1e-5)),
    loss("log(p + 1e-6)", *shifted(1e-6)),
    loss("clip of 1e-3", (CLIPPED, CLIPPED.replace("1e-15", "1e-3"))),
    Right("numerical gradients", NUMERICAL, only=("Q3", "Q4"), note="finite differences"),
    Right(
        "arrays alone for sigmoid",
        edited(HANDOUT, ("    x = np.asarray(x, dtype=float)\n", "    assert x.size > 0\n")),
        loses=("sigmoid.scalar",),
    ),
    Right("long doubles", edited(HANDOUT, ("np.asarray(x, dtype=float)", "np.asarray(x, dtype=np.longdouble)"))),
    Right(
        "lists for the biases",
        edited(
            HANDOUT,
            (STEP_RETURN, "    return W1, list(B1), W2, list(b2)\n"),
            (TRAIN_RETURN, "    return W1, [float(b) for b in b1], W2, [float(b) for b in b2]\n"),
        ),
        only=("Q4", "Q5.1"),
    ),
    Right("loops", LOOPS),
    Right("einsum", EINSUM),
    Right("float32", FLOAT32),
    Right("columns, W @ X + b", COLUMN_BIASES),
    Right("rows, (W @ X).T + b", ROW_BIASES),
    Right("b2 a number, formulas twice", NUMBER_BIAS),
    Right("outputs (1, N)", ROWS_OUT),
    Right("classes", CLASSES),
    Right("docstrings in other languages", FOREIGN, only=FORWARD),
    Right("byte order mark", b"\xef\xbb\xbf" + FOREIGN.encode(), only=FORWARD),
    Right("latin-1", b"# -*- coding: latin-1 -*-\n# L\xf6sung, Z\xfcrich\n" + HANDOUT.encode("ascii"), only=FORWARD),
    Right("lines of Windows", HANDOUT.replace("\n", "\r\n").encode(), only=FORWARD),
    Right("tabs", TABS, only=FORWARD),
    Right("noisy", NOISY),
    Right("work on import", ON_IMPORT, note="outputs"),
    Right("plots in train_nn", PLOTS, only=("Q1.4", "Q5.1")),
    Right(
        "star imports",
        edited(
            HANDOUT,
            (
                "import numpy as np\n\nfrom utils import extract_features\n",
                "from numpy import *\nfrom numpy.random import *\nfrom utils import *\nimport numpy as np\n",
            ),
        ),
    ),
    Right("types and tuples with names", TYPED),
    Right(
        "own utils.py",
        edited(
            HANDOUT,
            ("from utils import extract_features", "from utils import clip, extract_features"),
            ("np.clip(yhat, 1e-15, 1 - 1e-15)", "clip(yhat)"),
        ),
        (("utils.py", OWN_UTILS),),
        only=("Q1.4", "Q5.1"),
    ),
    Right(
        "a module of its own",
        "from layers import *\nimport layers\nfrom utils import extract_features\n"
        + HANDOUT[HANDOUT.index("import pickle") :].replace("from utils import extract_features\n", ""),
        (("layers.py", b"import numpy as np\nHIDDEN = 6\n"),),
        only=("Q1.1", "Q5.1"),
    ),
    Right("np.matrix", MATRIX),
    Right("math alone", SCALAR),
    Right("the bias as a weight", AUGMENTED),
    Right("decorators and global state of no effect", DECORATED),
    Right("np.vectorize", VECTORIZED),
    Right("transposed inside", REPARAMETRISED),
    Right("no alias, no main", WITHOUT_GUARD_OR_ALIAS, only=("Q1.3", "Q4", "Q5.1")),
    Right(
        "lists returned",
        edited(
            HANDOUT,
            ("    return dW1, dW2, db1, db2, L\n", "    return [dW1, dW2, db1, db2, L]\n"),
            ("    return W1, B1, W2, b2\n", "    return [W1, B1, W2, b2]\n"),
        ),
        only=("Q3", "Q4"),
    ),
    Right("later, with columns", LATER_COLUMNS),
    Right("later, unpacked by a loop", RENAMED, only=("Q4", "Q5.1")),
    Right(
        "pickle in float32",
        HANDOUT,
        (("assignment2.pkl", pickle.dumps({k: v.astype(np.float32) for k, v in GOOD.items()}, protocol=2)),),
        only=("Q5.2",),
    ),
    Right(
        "pickle of lists",
        HANDOUT,
        (("assignment2.pkl", pickle.dumps({k: v.tolist() for k, v in GOOD.items()}, protocol=0)),),
        only=("Q5.2",),
    ),
    Right(
        "pickle with columns and more",
        HANDOUT,
        (
            (
                "assignment2.pkl",
                pickle.dumps(
                    {
                        **GOOD,
                        "b1": GOOD["b1"][:, None],
                        "b2": float(GOOD["b2"][0]),
                        "losses": [0.7, 0.2],
                        "note": "six units",
                    }
                ),
            ),
        ),
        only=("Q5.2",),
    ),
]
