"""CS 6120, Assignment 2: a two-layer neural network from scratch, in numpy alone.

    ŷ = σ(W2 σ(W1 x + b1) + b2)        the probability that a tweet is positive

Notation and shapes follow the handout; each example is a column:

    d features, ℓ hidden units, N examples
    X (d, N)     y (N,)     W1 (ℓ, d)     b1 (ℓ,)     W2 (1, ℓ)     b2 (1,)

The functions come in the order of the questions, Q1 to Q5. Training is a loop over `update_params` (Q4), which calls
`gradients` (Q3), which calls `inference_layer` (Q1). Where the handout contradicts itself, a comment says which reading
is followed; "equation 43" is one of assignment2.pdf. Left out on purpose: other activations, other losses, more layers,
momentum. `train_nn` takes `extract_features` from utils.py; nothing else here needs more than numpy.

    from assignment2 import train_nn
    W1, b1, W2, b2 = train_nn("twitter_data.pkl", hidden_layer_size=6)
"""

import pickle
from typing import NamedTuple

import numpy as np

# ---- Q1: inference and loss ----------------------------------------------------------------------


def sigmoid(x):
    """Q1.1: σ(x) = 1 / (1 + e^-x), element by element.

    x: a number or an array of any shape. Returns the same shape; float32 stays float32, integers become float64.
    Within 4 units in the last place wherever the true value is a normal number; NaN gives NaN, ±inf give 1 and 0.
    """
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        x = x.astype(np.float64)
    # e^-|x| lies in [0, 1], so nothing overflows. For x < 0 we use the equal form e^x / (1 + e^x), which keeps the
    # relative precision that 1 - 1/(1 + e^x) would cancel away. Far out it underflows to 0, as it should.
    with np.errstate(under="ignore"):
        e = np.exp(-np.abs(x))
        return np.where(x < 0, e, 1) / (1 + e)  # equation 11


def inference_layer(X, W, b):
    """Q1.2: one layer, σ(WX + b).

    X: (d,) or (d, N).  W: (ℓ, d).  b: a number, (1,), (1, 1), (ℓ,) or (ℓ, 1).  Returns (ℓ,) or (ℓ, N).
    Raises ValueError if the shapes do not fit.
    """
    X, W = np.asarray(X), np.asarray(W)
    if W.ndim != 2 or X.ndim not in (1, 2) or X.shape[0] != W.shape[1]:
        raise ValueError(f"X of shape {X.shape} does not fit W of shape {W.shape}: WX needs W (ℓ, d), X (d,) or (d, N)")
    column = _bias_column(b, len(W))
    # The bias is added as a column: a row (ℓ,) would spread along the examples, unnoticed when ℓ == N.
    Z = W @ X + (column if X.ndim == 2 else column[:, 0])  # (ℓ, d) @ (d, N) + (ℓ, 1) -> (ℓ, N)
    return sigmoid(Z)  # equation 3


def inference_2layers(X, W1, W2, b1, b2):
    """Q1.3: the network, ŷ = σ(W2 σ(W1 X + b1) + b2).

    X: (d,), (d, N), or the row (1, d) that `extract_features` returns.  W1: (ℓ, d).  W2: (1, ℓ).
    b1, b2: as in `inference_layer`.  Returns ŷ of shape (1,) for one example, (N,) for (d, N).
    """
    H = inference_layer(_as_columns(X, W1), W1, b1)  # (ℓ, d) @ (d, N) -> (ℓ, N)
    return inference_layer(H, _one_row(W2), b2).reshape(-1)  # (1, ℓ) @ (ℓ, N) -> (1, N) -> (N,)    equation 1


inference_2_layers = inference_2layers  # the handout's sample code calls it by this name


def bce_forward(yhat, y):
    """Q1.4: the binary cross-entropy, L = -1/N Σ_i y_i log ŷ_i + (1 - y_i) log(1 - ŷ_i), in nats.

    The negative *mean* log-likelihood: the handout's (1.7) lacks the minus sign.
    yhat in [0, 1] and y in {0, 1}: a number, (N,), (1, N) or (N, 1), in any mix, paired example by example.
    0·log 0 counts as 0. A confident wrong answer costs much, but not infinitely: ŷ is at least 2.2e-308, the smallest
    normal number, and 1 - ŷ at least 2^-54: a true value closer to 1 than that rounds to 1. No other value is clipped.
    Raises ValueError for other labels, NaN, or an empty batch.
    """
    yhat = np.asarray(yhat, dtype=np.float64)
    # Flattened, so that (N,) with (N, 1) is never broadcast to (N, N).
    p, y = yhat.ravel(), _check_labels(y, yhat.size, f"yhat of shape {yhat.shape}")
    _refuse_any(~((p >= 0) & (p <= 1)), p, "yhat", "a probability lies in [0, 1]")
    log_p = np.log(np.maximum(p, np.finfo(np.float64).tiny))
    log_q = np.log(np.maximum(1 - p, 2.0**-54))
    return -np.mean(y * log_p + (1 - y) * log_q)  # equation 6


# ---- Q3: backpropagation -------------------------------------------------------------------------


def gradients(X, y, W1, W2, b1, b2):
    """Q3: the loss and its gradients, by one forward and one backward pass (equations of Q2.4).

    X: (d, N) or (d,).  y: N labels, 0 or 1.  W1: (ℓ, d).  W2: (1, ℓ).  b1: a number, (ℓ,), (ℓ, 1).
    b2: a number, (1,), (1, 1).
    Returns dW1, dW2, db1, db2, L: the gradients of the *mean* loss L, each in the shape of its parameter.
    (The docstring in the handout lists another order; we follow its return line.)
    """
    X = _as_columns(X, W1)
    X = X.reshape(len(X), -1)  # (d, N), with N = 1 for a vector
    W2, N = _one_row(W2), X.shape[1]

    H = inference_layer(X, W1, b1)  # (ℓ, d) @ (d, N) -> (ℓ, N)    ∂H/∂z1 = H(1 - H)    equation 39
    yhat = inference_layer(H, W2, b2)  # (1, ℓ) @ (ℓ, N) -> (1, N)    ∂ŷ/∂z2 = ŷ(1 - ŷ)    equation 41
    L = bce_forward(yhat, y)  # (1, N) -> ()    ∂L/∂ŷ = (ŷ - y) / (ŷ(1 - ŷ)) / N
    y = np.reshape(y, (1, N))

    # The product of the last two derivatives: the factor ŷ(1 - ŷ), which vanishes as the unit saturates, cancels. This
    # holds for the cross-entropy together with σ, and for no other pair here.
    delta2 = (yhat - y) / N  # (1, N)    ∂L/∂z2, equation 43
    dW2 = delta2 @ H.T  # (1, N) @ (N, ℓ) -> (1, ℓ)    equation 45
    db2 = _bias_gradient(delta2, b2)  # equation 46

    delta1 = (W2.T @ delta2) * H * (1 - H)  # (ℓ, 1) @ (1, N) * (ℓ, N) -> (ℓ, N)    ∂L/∂z1, equation 44
    dW1 = delta1 @ X.T  # (ℓ, N) @ (N, d) -> (ℓ, d)    equation 47
    db1 = _bias_gradient(delta1, b1)  # equation 48
    return dW1, dW2, db1, db2, L


# ---- Q4: one step of gradient descent ------------------------------------------------------------


def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    """Q4: one step of gradient descent, θ - lr ∂L/∂θ, on a batch (d, N) with its N labels.

    Returns new W1, b1, W2, b2; the ones passed in stay as they are, and may be integers.
    (The handout spells this argument B1 and documents b1; we follow its signature.)
    """
    # All four gradients are taken at the old parameters, before any of them moves.
    dW1, dW2, db1, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)
    W1, b1, W2, b2 = map(np.asarray, (W1, B1, W2, b2))
    return W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2  # equation 7


# ---- Q5: training --------------------------------------------------------------------------------

try:  # The same steps, ten times as fast. Without that file, training calls update_params itself.
    from fast_steps import fast_steps
except ImportError:
    fast_steps = None


def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01, *, batch=32, seed=0):
    """Q5: train on the tweets of a data file by mini-batch gradient descent.

    filename: a pickled dict with train_x (tweets), train_y (labels) and freqs ({(stem, label): count}).
    iters: the number of steps.  lr: the step size.  batch: examples per step.  seed: the random generator's.
    Returns W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,), for features as `extract_features` returns them.
    Raises OSError or ValueError for a file or an argument that cannot be used.
    """
    from utils import extract_features  # the course's or ours; here, so that the module imports with numpy alone

    try:
        from data.reader import read_tweets  # says what is wrong with a file, and refuses a pickle that runs code

        data = read_tweets(filename)
    except ImportError:  # this file by itself reads as the handout's code does
        with open(filename, "rb") as file:
            data = pickle.load(file)
    # extract_features returns a row (1, d) for each tweet, which becomes a column of X.
    X = np.concatenate([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]]).T  # (d, N)
    *_, last = descend(X, data["train_y"], hidden_layer_size, iters, lr, batch=batch, seed=seed)
    return last.best


class Checkpoint(NamedTuple):
    """Where training stands after `step` steps. Both sets of parameters are W1, b1, W2, b2 for unscaled features."""

    step: int
    parameters: tuple  # now
    loss: float  # now, the mean over all training examples
    best: tuple  # the parameters of the checkpoint with the lowest loss so far


def descend(X, y, hidden, iters=1e6, lr=0.01, *, batch=32, seed=0, stretch=20):
    """Mini-batch gradient descent on X (d, N) with labels y. Yields some 240 `Checkpoint`s, from step 1 to the last.

    A generator, so that the caller can show progress and keep what there is if interrupted. The result is `best` of the
    last checkpoint. hidden, iters, lr, batch, seed: as in `train_nn`.  stretch: features are scaled to this standard
    deviation. Raises ValueError for an argument that cannot be used, FloatingPointError if the parameters overflow.
    """
    hidden, iters = _whole("hidden", hidden, 1), _whole("iters", iters, 1)  # the handout's iters=1e6 is a float
    batch, seed = _whole("batch", batch, 1), _whole("seed", seed, 0)
    if not (np.isscalar(lr) and np.isreal(lr) and np.isfinite(lr) and lr > 0):
        raise ValueError(f"lr must be a positive number, not {lr!r}")
    X = np.asarray(X, dtype=np.float64)
    y = _check_labels(y, X.shape[1], f"X of shape {X.shape}")
    _refuse_any(~np.isfinite(X), X, "X", "features are finite numbers")
    batch = min(batch, X.shape[1])
    rng = np.random.default_rng(seed)

    # Counts run to thousands and would saturate σ, so each feature is divided by its standard deviation. But the tweets
    # with ":)" or ":(" dominate that deviation; the hard ones have counts in the tens, which it squashes to about 0.
    # Hence the stretch: in cross-validation on the training tweets 20 and 30 did best, 10 was a little worse, 3 and 100
    # more so, and twice the steps gained nothing clear (`python -m benchmarks.bench_training choices`).
    spread = X.std(axis=1)  # (d,)
    scale = np.where(spread > 0, spread / stretch, 1.0)  # a constant feature stays as it is
    X_scaled = X / scale[:, None]  # (d, N) / (d, 1)

    # Random weights, so that no two hidden units are alike and learn the same; of variance 1/fan-in, so that a unit's
    # input does not grow with the number of its terms. Biases have no symmetry to break.
    W1 = rng.normal(size=(hidden, len(X))) / np.sqrt(len(X))
    W2 = rng.normal(size=(1, hidden)) / np.sqrt(hidden)
    theta = W1, np.zeros(hidden), W2, np.zeros(1)
    take_steps = fast_steps(X_scaled, y, hidden, batch, lr) if fast_steps else None
    step, least = 0, np.inf
    for batches in _draw_batches(X.shape[1], batch, iters, rng):  # (n, B): the steps up to the next checkpoint
        step += len(batches)
        try:
            with np.errstate(over="raise", invalid="raise"):
                if take_steps:
                    theta = take_steps(batches, theta)
                else:
                    for chosen in batches:  # (B,) indices of examples
                        theta = update_params(X_scaled[:, chosen], y[chosen], *theta, lr=lr)  # Q4, which calls Q3
                W1, b1, W2, b2 = theta
                now = W1 / scale, b1, W2, b2  # W1 (X / scale) == (W1 / scale) X
                loss = bce_forward(inference_2layers(X, now[0], W2, b1, b2), y)
        except (FloatingPointError, ValueError):  # a product overflowed, or a parameter had and made ŷ NaN
            raise FloatingPointError(f"overflow by step {step} with lr={lr:g}: use a smaller lr") from None
        if loss < least:  # keeping the lowest training loss undoes the noise of the last few steps
            best, least = now, loss
        yield Checkpoint(step, now, loss, best)


def _draw_batches(N, batch, iters, rng):
    """Batches for `iters` steps, as arrays (n, batch) of indices that end at each checkpoint.

    Whole passes over the N examples, each in a new random order. What a pass leaves over, if N is no multiple of
    `batch`, is left out of that pass. Checkpoints are denser at first, when the loss falls fast.
    """
    step, drawn, apart = 0, np.empty((0, batch), dtype=int), max(1, iters // 200)
    while step < iters:
        n = min(iters - step, max(1, min(apart - step % apart, step // 4, 10**6 // batch)))  # 10^6 indices are 8 MB
        passes = [rng.permutation(N)[: N // batch * batch] for _ in range(-(-(n - len(drawn)) // (N // batch)))]
        drawn = np.concatenate([drawn.ravel(), *passes]).reshape(-1, batch)
        yield drawn[:n]
        step, drawn = step + n, drawn[n:]


# ---- Shapes and values: each checked in one place ------------------------------------------------


def _as_columns(X, W1):
    """X (d,) or (d, N) as it is; the row (1, d) as the vector (d,). W1 tells d."""
    X, d = np.asarray(X), np.shape(W1)[-1]
    return X[0] if X.shape == (1, d) and d > 1 else X


def _one_row(W2):
    W2 = np.asarray(W2)
    if W2.ndim != 2 or len(W2) != 1:
        raise ValueError(f"W2 of shape {W2.shape} is not (1, ℓ): the network has one output")
    return W2


def _bias_column(b, units):
    """A bias (number, (1,), (1, 1), (ℓ,) or (ℓ, 1)) as a column (ℓ, 1) or (1, 1), which spreads over the examples."""
    b = np.asarray(b)
    if b.shape not in {(), (1,), (1, 1), (units,), (units, 1)}:
        raise ValueError(
            f"a bias of shape {b.shape} does not fit {units} units: give a number, ({units},) or ({units}, 1)"
        )
    return b.reshape(-1, 1)


def _bias_gradient(delta, b):
    """Σ_i δ_i, delta (ℓ, N), in the shape of b. A bias that all units share collects from all of them."""
    sums = delta.sum(axis=1) if np.size(b) == len(delta) else delta.sum()
    return sums.reshape(np.shape(b))[()]  # [()] makes a 0-d array a number, as b was


def _check_labels(y, n, partner):
    """The labels as float64 (n,). `partner` says what they belong to, for the message."""
    y = np.asarray(y)
    if n == 0:
        raise ValueError(f"{partner} holds no examples")
    if y.shape not in {(n,), (1, n), (n, 1)} and not (y.ndim == 0 and n == 1):
        raise ValueError(f"labels of shape {y.shape} do not fit {partner}: {n} example{'s' * (n != 1)}, one label each")
    flat = y.ravel()
    try:
        flat = flat.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"labels are 0 or 1, not {flat.dtype} values such as {flat[0]!r}") from None
    _refuse_any((flat != 0) & (flat != 1), flat, "the label", "a label is 0 or 1")
    return flat


def _refuse_any(bad, values, name, rule):
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{name} at index {index[0] if len(index) == 1 else index} is {values[index]:g}: {rule}")


def _whole(name, value, least):
    if not (np.isscalar(value) and np.isreal(value) and np.isfinite(value) and value == int(value) and value >= least):
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return int(value)
