"""CS 6120, Assignment 2: a two-layer neural network from scratch, in numpy alone.

    ŷ = σ(W2 σ(W1 x + b1) + b2)        predicts whether a tweet is positive (1) or negative (0)

Notation and shapes, as in the handout; one example a column:

    d features, ℓ hidden units, N examples
    X (d, N)     y (N,)     W1 (ℓ, d)     b1 (ℓ,)     W2 (1, ℓ)     b2 (1,)

The functions stand in the order of the questions. Where the handout contradicts itself, a comment says what holds.
Left out on purpose: other activations, other losses, more layers, momentum. Turning tweets into features is `utils`'
work: `train_nn` asks it for `extract_features`, and nothing else here needs more than numpy.

    from assignment2 import train_nn
    W1, b1, W2, b2 = train_nn("twitter_data.pkl", hidden_layer_size=6)
"""

import operator
import os
import pickle
from typing import NamedTuple

import numpy as np

# --------------------------------------------------------------------------- Q1: inference and loss


def sigmoid(x):
    """Q1.1: σ(x) = 1 / (1 + e^-x), element by element.

    x: a number or an array of any shape. Returns the same shape; float32 stays float32, integers become float64.
    Within 4 units in the last place wherever the true value is a normal number; NaN gives NaN, ±inf give 1 and 0.
    """
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        x = x.astype(np.float64)
    # e^-|x| lies in [0, 1], so nothing overflows; for x < 0 we use the equal form e^x / (1 + e^x), which keeps the
    # relative precision that 1 - 1/(1 + e^x) would cancel away. Far out it underflows to 0, as it should.
    with np.errstate(under="ignore"):
        e = np.exp(-np.abs(x))
        return np.where(x < 0, e, 1) / (1 + e)


def inference_layer(X, W, b):
    """Q1.2: one layer, σ(WX + b).

    X: (d,) or (d, N).  W: (ℓ, d).  b: a number, (ℓ,) or (ℓ, 1).  Returns (ℓ,) or (ℓ, N).
    Raises ValueError where the shapes do not fit.
    """
    X, W = np.asarray(X), np.asarray(W)
    if W.ndim != 2 or X.ndim not in (1, 2) or X.shape[0] != W.shape[1]:
        raise ValueError(
            f"X of shape {X.shape} does not fit W of shape {W.shape}: WX needs W (ℓ, d) and X (d,) or (d, N)"
        )
    column = _bias_column(b, len(W))
    # The bias is added as a column: a (ℓ,) row would spread along the examples, unnoticed when ℓ == N.
    Z = W @ X + (column if X.ndim == 2 else column[:, 0])  # (ℓ, d) @ (d, N) + (ℓ, 1) -> (ℓ, N)
    return sigmoid(Z)


def inference_2layers(X, W1, W2, b1, b2):
    """Q1.3: the network, ŷ = σ(W2 σ(W1 X + b1) + b2).

    X: (d,), (d, N), or the row (1, d) that `extract_features` returns.  W1: (ℓ, d).  W2: (1, ℓ).
    b1, b2: as `inference_layer` takes them.  Returns ŷ of shape (1,) for one example, (N,) for (d, N).
    """
    H = inference_layer(_as_columns(X, W1), W1, b1)  # (ℓ,) or (ℓ, N)
    return inference_layer(H, _one_row(W2), b2).reshape(-1)  # (1, ℓ) @ (ℓ, N) -> (1, N) -> (N,)


inference_2_layers = inference_2layers  # the handout's sample code calls it by this name


def bce_forward(yhat, y):
    """Q1.4: the binary cross-entropy, L = -1/N Σ_i y_i log ŷ_i + (1 - y_i) log(1 - ŷ_i), in nats.

    The negative *mean* log-likelihood: the handout's (1.7) lacks the minus.
    yhat in [0, 1] and y in {0, 1}: a number, (N,), (1, N) or (N, 1), in any mix, paired example by example.
    0·log 0 counts as 0. A confident wrong answer costs much, but not infinitely: ŷ is taken as at least 2.2e-308, the
    smallest normal number, and 1 - ŷ as at least 2^-54, the most by which a number that rounds to 1 can miss it.
    Nothing that float64 can tell from 0 or 1 is clipped. Raises ValueError for other labels, NaN, or an empty batch.
    """
    yhat = np.asarray(yhat, dtype=np.float64)
    # Flattened, so that (N,) beside (N, 1) is never broadcast to N x N.
    p, y = yhat.ravel(), _check_labels(y, yhat.size, f"yhat of shape {yhat.shape}")
    _refuse_any(~((p >= 0) & (p <= 1)), p, "yhat", "a probability lies in [0, 1]")
    log_p = np.log(np.maximum(p, np.finfo(np.float64).tiny))
    log_q = np.log(np.maximum(1 - p, 2.0**-54))
    return -np.mean(y * log_p + (1 - y) * log_q)


# --------------------------------------------------------------------------- Q3: backpropagation


def gradients(X, y, W1, W2, b1, b2):
    """Q3: the loss and its gradients, by one forward and one backward pass (equations of Q2.4).

    X: (d, N) or (d,).  y: N labels, 0 or 1.  W1: (ℓ, d).  W2: (1, ℓ).  b1: a number, (ℓ,), (ℓ, 1).  b2: a number, (1,), (1, 1).
    Returns dW1, dW2, db1, db2, L: the gradients of the *mean* loss L, each in the shape of its parameter.
    (The docstring in the handout lists another order; its return line, followed here, holds.)
    """
    X = _as_columns(X, W1)
    X = X.reshape(len(X), -1)  # (d, N), with N = 1 for a vector
    W2, N = _one_row(W2), X.shape[1]

    H = inference_layer(X, W1, b1)  # (ℓ, N)
    yhat = inference_layer(H, W2, b2)  # (1, N)
    L = bce_forward(yhat, y)
    y = np.reshape(y, (1, N))

    # With z2 = W2 H + b2: ∂L/∂ŷ = (ŷ - y) / (ŷ(1 - ŷ)) / N and ∂ŷ/∂z2 = ŷ(1 - ŷ). The factor ŷ(1 - ŷ), which vanishes as
    # the unit saturates, cancels: this holds for the cross-entropy together with σ, and for no other pair here.
    delta2 = (yhat - y) / N  # (1, N)  ∂L/∂z2
    dW2 = delta2 @ H.T  # (1, N) @ (N, ℓ) -> (1, ℓ)
    db2 = _bias_gradient(delta2, b2)

    delta1 = (W2.T @ delta2) * H * (1 - H)  # (ℓ, 1) @ (1, N) * (ℓ, N) -> (ℓ, N)  ∂L/∂z1, as σ' = σ(1 - σ)
    dW1 = delta1 @ X.T  # (ℓ, N) @ (N, d) -> (ℓ, d)
    db1 = _bias_gradient(delta1, b1)
    return dW1, dW2, db1, db2, L


# --------------------------------------------------------------------------- Q4: one step of gradient descent


def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    """Q4: one step of gradient descent, θ - lr ∂L/∂θ, on a batch (d, N) with its N labels.

    Returns new W1, b1, W2, b2; the ones passed in stay as they are, and may be integers.
    (The handout spells this argument B1 and documents b1: the signature holds.)
    """
    # All four gradients are taken at the old parameters, before any of them moves.
    dW1, dW2, db1, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)
    return (
        np.asarray(W1) - lr * dW1,
        np.asarray(B1) - lr * db1,
        np.asarray(W2) - lr * dW2,
        np.asarray(b2) - lr * db2,
    )


# --------------------------------------------------------------------------- Q5: training


def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01, *, batch=32, seed=0):
    """Q5: train on the tweets of a data file by mini-batch gradient descent.

    filename: a pickled dict with train_x (tweets), train_y (labels) and freqs ({(stem, label): count}).
    iters: the number of steps.  lr: the step size.  batch: examples a step.  seed: of all that is random.
    Returns W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,), which work on features as `extract_features` gives them.
    Raises FileNotFoundError, or ValueError for a file or an argument that cannot be used.
    """
    from utils import extract_features  # the course's or ours; here, so that the module imports with numpy alone

    data = load_tweets(filename)
    # extract_features gives a row (1, d) for a tweet; a tweet becomes a column of X.
    X = np.concatenate([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]]).T  # (d, N)
    for checkpoint in descend(X, data["train_y"], hidden_layer_size, iters, lr, batch=batch, seed=seed):
        pass
    return checkpoint.best


class Checkpoint(NamedTuple):
    """Where a training run stands after `step` steps. Both sets of parameters are W1, b1, W2, b2 for raw features."""

    step: int
    parameters: tuple  # now
    loss: float  # now, the mean over all training examples
    best: tuple  # the parameters of the checkpoint with the lowest loss so far


def descend(X, y, hidden, iters=1e6, lr=0.01, *, batch=32, seed=0):
    """Mini-batch gradient descent on X (d, N) with labels y; yields some 200 `Checkpoint`s, the last one at the end.

    A generator, so that a caller can draw a progress bar or keep what there is when it is interrupted; the result is
    `checkpoint.best` of the last one. hidden, iters, lr, batch, seed: as in `train_nn`. Raises ValueError for an
    argument that cannot be used, FloatingPointError where the steps are so large that the parameters overflow.
    """
    hidden, iters, batch, lr, seed = _check_run(hidden, iters, batch, lr, seed)
    X = np.asarray(X, dtype=np.float64)
    y = _check_labels(y, X.shape[1], f"X of shape {X.shape}")
    _refuse_any(~np.isfinite(X), X, "X", "features are finite numbers")
    rng = np.random.default_rng(seed)

    # Counts run to thousands, which would saturate σ, so each feature is divided by a tenth of its standard deviation on
    # the training examples. A tenth, because counts have a long tail: what sets the deviation are the tweets that hold
    # ":)" or ":(", thousands of counts from the boundary; those that are hard to tell have counts in the tens and would
    # all look like 0 in units of the whole. `python -m benchmarks.bench_training choices` compares. A constant feature stays as it is.
    spread = X.std(axis=1)  # (d,)
    scale = np.where(spread > 0, spread / 10, 1.0)
    X_scaled = X / scale[:, None]

    def for_raw_features(W1, b1, W2, b2):
        return W1 / scale, b1, W2, b2  # W1 (X / scale) == (W1 / scale) X

    # Random, so that no two hidden units are alike and learn the same; of variance 1/fan-in, so that a unit's input does
    # not grow with the number of terms in it. Biases have no symmetry to break.
    theta = (
        rng.normal(size=(hidden, len(X))) / np.sqrt(len(X)),
        np.zeros(hidden),
        rng.normal(size=(1, hidden)) / np.sqrt(hidden),
        np.zeros(1),
    )
    # The run takes all its steps on all the examples: a small network does not overfit thousands of tweets, and an early
    # stop on a tenth held out picks by the handful of tweets it gets wrong. The step size is constant, as the handout's
    # is; of the checkpoints the one with the lowest training loss is kept, which undoes the noise of the last few steps.
    # `python -m benchmarks.bench_training choices` compares these choices too, by cross-validation on the training tweets.
    batch = min(batch, X.shape[1])
    least = np.inf
    step, shown = 0, 0
    while step < iters:
        drawn = _draw_batches(X.shape[1], batch, rng)[: (iters - step) * batch]
        theta = _descend_fast(np.take(X_scaled, drawn, axis=1), y[drawn], *theta, lr=lr, batch=batch)
        step += len(drawn) // batch
        if step - shown >= min(iters / 200, shown / 10) or step == iters:  # denser at first, where the loss falls fast
            shown = step
            now = for_raw_features(*theta)
            W1, b1, W2, b2 = now
            try:
                with np.errstate(over="raise", invalid="raise"):
                    loss = bce_forward(inference_2layers(X, W1, W2, b1, b2), y)
            except (FloatingPointError, ValueError):  # a product overflowed, or a parameter had and made ŷ NaN
                raise FloatingPointError(
                    f"the parameters overflowed by step {step} with lr={lr:g}: use a smaller lr"
                ) from None
            if loss < least:
                best, least = now, loss
            yield Checkpoint(step, now, loss, best)


def _draw_batches(N, batch, rng):
    """Indices of batches, one after the other: whole passes over N examples, each pass in a new random order.

    As many passes as make 256 steps, so that what `_descend_fast` prepares pays off on two tweets too. What a pass leaves
    over when N is no multiple of `batch` waits for the next shuffle.
    """
    steps = N // batch  # a pass
    passes = -(-256 // steps)
    order = rng.permuted(np.tile(np.arange(N), (passes, 1)), axis=1)  # (passes, N)
    return order[:, : steps * batch].ravel()


def _descend_fast(X, y, W1, b1, W2, b2, *, lr, batch):
    """`update_params` over consecutive batches of X (d, N) and y (N,), at a fifth of its time a step.

    The same steps to rounding, which a test holds to 1e-10. b1 (ℓ,) and b2 (1,). Returns new W1, b1, W2, b2.
    At 3 features, 6 hidden units and 32 examples a numpy call is nearly all overhead, so this is about fewer of them:
    - A bias is one more weight, of an input that is always 1: one product in place of a product and a sum.
    - σ(z) = (1 + tanh(z/2)) / 2, one call and no overflow; halved weights, V = [W1 b1]/2 and v = [W2 b2]/2, give z/2.
    - With t = tanh(z/2): σ'(z) = (1 - t²)/4, and ŷ - y = (t - s)/2 for the label as a sign, s = 2y - 1.
    - Inputs times m with weights over m give the same products, and a step that is m² as long. In the right units, m for
      x and k for h, the step size is 1: no factor is left to multiply the gradients with.
    - V and v lie in one array, so do their gradients: one update for all.
    - Everything is written into arrays made before the loop, in the order of memory that a product likes.
    """
    l, d = W1.shape
    n = X.shape[1] // batch
    # δ2 = (t - s)/2 and δ1 = W2 δ2 σ' = 2v (t - s)/2 (1 - t²)/4, and halved weights take half the step of the weights:
    # v - lr/(4 batch) (t - s) hᵀ and V - lr/(8 batch) v (t - s) (1 - t²) xᵀ. In units k and m the fractions become 1.
    k = np.sqrt(lr / (4 * batch))
    m = np.sqrt(lr / (8 * batch)) * np.sqrt(k)

    Xs = np.full((n, d + 1, batch), m)  # last row: the bias's input, 1 in units of m
    Xs[:, :d] *= X.reshape(d, n, batch).transpose(1, 0, 2)
    XTs = np.ascontiguousarray(Xs.transpose(0, 2, 1))
    ss = 2.0 * y.reshape(n, batch) - 1

    theta = np.concatenate([np.column_stack([W1, b1]).ravel() / (2 * m), np.append(W2, b2) / (2 * k)])
    grad = np.empty_like(theta)
    V, v = theta[: l * (d + 1)].reshape(l, d + 1), theta[l * (d + 1) :]
    dV, dv = grad[: l * (d + 1)].reshape(l, d + 1), grad[l * (d + 1) :]
    w = v[:l, None]  # W2's part of v as a column, a view of it

    T = np.empty((l, batch))
    H = np.full((l + 1, batch), k)  # last row: the bias's input
    H_units = H[:l]
    p = np.empty(batch)
    delta = np.empty((l, batch))
    one, half_k = np.array(1.0), np.array(k / 2)
    dot, tanh, multiply, add, subtract = np.dot, np.tanh, np.multiply, np.add, np.subtract
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported by the caller, once
        for X, XT, s in zip(Xs, XTs, ss):
            dot(V, X, out=T)  # (ℓ, d+1) @ (d+1, B) -> (ℓ, B)  z1/2
            tanh(T, out=T)
            multiply(T, half_k, out=H_units)
            add(H_units, half_k, out=H_units)  # h, in units of k
            dot(v, H, out=p)  # (ℓ+1,) @ (ℓ+1, B) -> (B,)  z2/2
            tanh(p, out=p)
            subtract(p, s, out=p)  # 2 δ2
            dot(H, p, out=dv)  # (ℓ+1, B) @ (B,) -> (ℓ+1,)
            multiply(T, T, out=T)
            subtract(one, T, out=T)  # 4 σ'(z1)
            multiply(w, p, out=delta)  # (ℓ, 1) * (B,) -> (ℓ, B)
            multiply(delta, T, out=delta)  # δ1, in units of its own
            dot(delta, XT, out=dV)  # (ℓ, B) @ (B, d+1) -> (ℓ, d+1)
            subtract(theta, grad, out=theta)
    return 2 * m * V[:, :d], 2 * m * V[:, d], 2 * k * v[None, :l], 2 * k * v[l:]


# --------------------------------------------------------------------------- data files


def load_tweets(filename):
    """Read a data file, a pickled dict with train_x, train_y and freqs (and test_x, test_y where there is a test set).

    Returns the dict with its labels as float64 (N,). Raises FileNotFoundError, or ValueError with what is wrong in it.
    """
    data = load_pickle(filename)
    if not isinstance(data, dict):
        raise ValueError(f"{filename}: holds a {type(data).__name__}, not the dict of a data file")
    parts = ["train", "test"] if "test_x" in data or "test_y" in data else ["train"]
    missing = [key for key in ["freqs"] + [f"{part}_{k}" for part in parts for k in "xy"] if key not in data]
    if missing:
        raise ValueError(
            f"{filename}: has no {', '.join(missing)}; a data file holds train_x, train_y, test_x, test_y and freqs"
        )
    if not isinstance(data["freqs"], dict):
        raise ValueError(f"{filename}: freqs is a {type(data['freqs']).__name__}, not a dict {{(stem, label): count}}")
    checked = dict(data)
    for part in parts:
        tweets = data[f"{part}_x"]
        if not isinstance(tweets, (list, tuple, np.ndarray)) or len(tweets) == 0:
            raise ValueError(f"{filename}: {part}_x holds no tweets")
        for i, tweet in enumerate(tweets):
            if not isinstance(tweet, str):
                raise ValueError(f"{filename}: {part}_x[{i}] is a {type(tweet).__name__}, not a string")
        try:
            checked[f"{part}_y"] = _check_labels(data[f"{part}_y"], len(tweets), f"{part}_x")
        except ValueError as error:
            raise ValueError(f"{filename}: {part}_y: {error}") from None
    return checked


def load_pickle(filename):
    """Read a pickle from outside: numpy arrays, numbers, strings and plain containers, and nothing that runs code.

    Raises FileNotFoundError, or ValueError with one sentence that names the file.
    """
    if os.path.isfile(filename) and os.path.getsize(filename) == 0:
        raise ValueError(f"{filename}: the file is empty")
    try:
        with open(filename, "rb") as file:
            return _PlainUnpickler(file).load()
    except FileNotFoundError:
        raise FileNotFoundError(f"{filename}: no such file") from None
    except _Forbidden as error:
        raise ValueError(
            f"{filename}: refused, it asks to call {error}; a data file holds arrays and plain containers alone"
        ) from None
    except OSError as error:
        raise ValueError(f"{filename}: cannot be read: {error.strerror}") from None
    except Exception as error:  # a broken pickle can raise nearly anything, with text over several lines
        raise ValueError(
            f"{filename}: not a whole pickle ({type(error).__name__}: {' '.join(str(error).split())})"
        ) from None


class _Forbidden(Exception):
    pass


class _PlainUnpickler(pickle.Unpickler):
    """Resolves the few names that a pickled array is rebuilt with; numpy 2 renamed numpy.core to numpy._core."""

    ALLOWED = {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy.core.numeric", "_frombuffer"),
        ("_codecs", "encode"),  # bytes, as protocols 0 to 2 write them
    }

    def find_class(self, module, name):
        if (module.replace("numpy._core", "numpy.core"), name) not in self.ALLOWED:
            raise _Forbidden(f"{module}.{name}")
        if module.startswith(("numpy.core", "numpy._core")):
            core = "numpy._core" if hasattr(np, "_core") else "numpy.core"
            module = core + module[module.rindex(".") :]
        return super().find_class(module, name)


# --------------------------------------------------------------------------- what is checked, each in one place


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
    """A bias (number, (ℓ,) or (ℓ, 1)) as a column (ℓ, 1) or (1, 1) that spreads over the examples."""
    b = np.asarray(b)
    if b.shape not in {(), (1,), (1, 1), (units,), (units, 1)}:
        raise ValueError(
            f"a bias of shape {b.shape} does not fit a layer of {units} units: give a number, ({units},) or ({units}, 1)"
        )
    return b.reshape(-1, 1)


def _bias_gradient(delta, b):
    """Σ_i δ_i, delta (ℓ, N), in the shape of b; a bias that all units share collects from all of them."""
    sums = delta.sum(axis=1) if np.size(b) == len(delta) else delta.sum()
    return sums.reshape(np.shape(b))[()]


def _check_labels(y, n, partner):
    """The labels as float64 (n,). `partner` names what they belong to, for the message."""
    y = np.asarray(y)
    if n == 0:
        raise ValueError(f"{partner} holds no examples")
    if y.shape not in {(n,), (1, n), (n, 1)} and not (y.ndim == 0 and n == 1):
        raise ValueError(
            f"labels of shape {y.shape} do not fit {partner} with {n} example{'s' * (n != 1)}: one label each"
        )
    flat = y.ravel()
    try:
        flat = flat.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"labels are 0 or 1, not {flat.dtype} values such as {flat[0]!r}") from None
    _refuse_any((flat != 0) & (flat != 1), flat, "the labels", "a label is 0 or 1")
    return flat


def _refuse_any(bad, values, name, rule):
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{name} at index {index[0] if len(index) == 1 else index} is {values[index]:g}: {rule}")


def _check_run(hidden, iters, batch, lr, seed):
    """The arguments of a run, whole numbers as int (the handout's iters=1e6 is a float)."""
    whole = {}
    for name, value, least in [("hidden", hidden, 1), ("iters", iters, 1), ("batch", batch, 1), ("seed", seed, 0)]:
        try:
            whole[name] = (
                int(value) if isinstance(value, (float, np.floating)) and value == int(value) else operator.index(value)
            )
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{name} must be a whole number, not {value!r}") from None
        if whole[name] < least:
            raise ValueError(f"{name} must be at least {least}, not {value!r}")
    if not (np.isscalar(lr) and np.isreal(lr) and np.isfinite(lr) and lr > 0):
        raise ValueError(f"lr must be a positive number, not {lr!r}")
    return whole["hidden"], whole["iters"], whole["batch"], float(lr), whole["seed"]
