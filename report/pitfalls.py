"""What goes wrong in numbers: saturation, the scale of the counts, equal hidden units, and what differences cost.

Each figure is measured here when the page is built, with the solution's own functions. Trainings are short, so that
the whole takes a second.
"""

import math
from functools import cache

import numpy as np

from assignment2 import bce_forward, inference_2layers, inference_layer, sigmoid
from data.embedded import load_embedded
from fast_steps import fast_steps

# From this whole z on, float64 rounds σ(z) to exactly 1 (tested), and 1 - ŷ to 0.
SATURATION = 37
LOGITS = (5, 30, 36, 40)  # of an example with y = 1: the larger, the more certain and the more right
STEPS, BATCH, HIDDEN, LR, SEEDS = 10_000, 32, 6, 0.01, range(3)


@cache
def pitfalls():
    """What the page shows, as one JSON object."""
    return {
        "saturation": SATURATION,
        "precision": [precision(z2) for z2 in LOGITS],
        "trainings": trainings(),
        "cost": cost(d=3, hidden=HIDDEN),
    }


def precision(z2):
    """What float64 makes of an example with y = 1 and the logit z2: the loss in three ways, and its slope in two.

    Right to the last digit: ln(1 + e^-z2) and -σ(-z2), which subtract nothing.
    """
    yhat = float(sigmoid(float(z2)))
    return {
        "z2": z2,
        "yhat": yhat,
        "loss": float(np.logaddexp(0, -z2)),  # logaddexp(0, (1 - 2y) z2)
        "loss_subtracted": float(np.logaddexp(0, z2) - z2),
        "loss_of_yhat": float(bce_forward(yhat, 1)),
        "slope": -float(sigmoid(-float(z2))),
        "slope_subtracted": yhat - 1,
        "factor": yhat * (1 - yhat),
    }


def cost(d, hidden):
    """Multiplications for all gradients of one example: by backpropagation, and by central differences.

    Forward: W1 x and W2 h. Backward: the outer products for dW2 and dW1, and δ1. Differences: two forward passes for
    each of the ℓ(d + 2) + 1 parameters.
    """
    forward = hidden * d + hidden
    backward = hidden + hidden * d + 3 * hidden
    parameters = hidden * (d + 2) + 1
    return {
        "parameters": parameters,
        "forward": forward,
        "backpropagation": forward + backward,
        "differences": 2 * parameters * forward,
    }


# ---- Short trainings on the course's tweets ------------------------------------------------------


def trainings():
    """Raw counts beside features scaled as `descend` scales them, and equal hidden units beside random ones.

    Each pair has the same starts and the same batches; losses are the lowest and the highest of the seeds. dead: the
    share of (unit, tweet) pairs at the start whose derivative h(1 - h) is below 1e-6. apart: the largest difference of
    two rows of W1 in the end.
    """
    data = load_embedded()
    X, y = data["train_X"].astype(float), data["train_y"]
    spread = X.std(axis=1, keepdims=True) / 20
    scaled = X / np.where(spread > 0, spread, 1)
    equal = np.full((HIDDEN, 3), 0.1), np.zeros(HIDDEN), np.full((1, HIDDEN), 0.1), np.zeros(1)
    starts = [_random_start(np.random.default_rng(seed)) for seed in SEEDS]
    return {
        "steps": STEPS,
        "raw": _figures(X, y, starts),
        "scaled": _figures(scaled, y, starts),
        "equal": _figures(scaled, y, [equal]),
    }


def _random_start(rng):
    W1, W2 = rng.normal(size=(HIDDEN, 3)) / math.sqrt(3), rng.normal(size=(1, HIDDEN)) / math.sqrt(HIDDEN)
    return W1, np.zeros(HIDDEN), W2, np.zeros(1)


def _figures(X, y, starts):
    h = np.stack([inference_layer(X, W1, b1) for W1, b1, _, _ in starts])
    losses, apart = [], 0.0
    for seed, start in enumerate(starts):
        batches = np.random.default_rng(seed).integers(0, len(y), (STEPS, BATCH))
        W1, b1, W2, b2 = fast_steps(X, y, HIDDEN, BATCH, LR)(batches, start)
        losses.append(bce_forward(inference_2layers(X, W1, W2, b1, b2), y))
        apart = max(apart, float(np.max(np.ptp(W1, axis=0))))
    return {"dead": float(np.mean(h * (1 - h) < 1e-6)), "losses": [min(losses), max(losses)], "apart": apart}
