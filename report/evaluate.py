"""Evaluate a student's own solution for the report: their functions and parameters on the embedded tweets' features.

The student's assignment2.py is imported, so it runs here as it would for them; their assignment2.pkl is opened with the
strict reader. Nothing is trained: a loss curve is shown if their training left one in a run's JSON.
"""

import importlib.util
import platform
import sys
from pathlib import Path

import numpy as np

from data.embedded import load_embedded
from data.reader import read_parameters
from evaluation import measure


def evaluate(solution):
    """The student's run, in the format of output/run.json without what only a training knows.

    solution: path of an assignment2.py with its assignment2.pkl beside it. Raises ValueError or OSError with one
    sentence if either cannot be read, if a function fails, or if it returns anything but a probability for each tweet.
    """
    solution = Path(solution)
    if solution.is_dir():
        solution = solution / "assignment2.py"
    student = _import(solution)
    W1, b1, W2, b2 = read_parameters(solution.with_suffix(".pkl"))
    predict = _predictor(student, solution, (W1, W2, b1, b2))
    data = load_embedded()
    bce_forward = _function(student, solution, "bce_forward")

    def loss(yhat, y):
        return _number(_call(bce_forward, solution, yhat, y), solution)

    return {
        "data": {
            "source": "the embedded features",
            "train": data["train_y"].size,
            "test": data["test_y"].size,
        },
        **measure(predict, loss, data),
        "boundary": boundary(predict),
        "surface": surface(predict),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }


def boundary(predict, positives=(10, 100, 1000, 10_000)):
    """Where the decision changes: for each positive count the negative count at which ŷ = 1/2, or None.

    predict: features (3, N) -> ŷ (N,). Bisection between no negative count and ten times the positive one; ŷ falls in
    between.
    """
    points = []
    for positive in positives:
        low, high = 0.0, 10.0 * positive
        sides = predict(np.array([[1, 1], [positive, positive], [low, high]], dtype=float)) > 0.5
        if list(sides) != [True, False]:
            points.append({"positive": positive, "negative": None})
            continue
        while high - low > 1e-3 * positive:
            middle = (low + high) / 2
            above = predict(np.array([[1], [positive], [middle]], dtype=float))[0] > 0.5
            low, high = (middle, high) if above else (low, middle)
        points.append({"positive": positive, "negative": (low + high) / 2})
    return points


def surface(predict, cells=48, decades=5):
    """ŷ over the plane of the two counts: rows of `cells` values, a row for each negative count from the lowest up.

    An axis is linear from 0 to 10 and logarithmic from there to 10^decades, as in the picture of train.py.
    """
    place = (np.arange(cells) + 0.5) / cells * decades
    counts = np.where(place < 1, 10 * place, 10**place)
    positive, negative = np.meshgrid(counts, counts)
    yhat = predict(np.stack([np.ones(positive.size), positive.ravel(), negative.ravel()]))
    return {"decades": decades, "yhat": np.round(yhat.reshape(cells, cells), 4).tolist()}


def _import(path):
    """The module at `path`, with its own folder first on the path, as when it is run there."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: --solution takes an assignment2.py, or the folder that holds it")
    spec = importlib.util.spec_from_file_location("solution", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        _call(spec.loader.exec_module, path, module)
    finally:
        sys.path.pop(0)
    return module


def _call(function, path, *arguments):
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        name = getattr(function, "__name__", "the call")
        name = "importing it" if name == "exec_module" else name
        raise ValueError(f"{path}: {name} failed with {type(error).__name__}: {error}") from None


def _function(module, path, name):
    if not callable(getattr(module, name, None)):
        raise ValueError(f"{path} defines no function {name}")
    return getattr(module, name)


def _predictor(module, path, parameters):
    inference = _function(module, path, "inference_2layers")

    def predict(X):
        yhat = np.asarray(_call(inference, path, X, *parameters), dtype=float).ravel()
        if yhat.size != X.shape[1] or not np.all((yhat >= 0) & (yhat <= 1)):
            raise ValueError(
                f"{path}: inference_2layers gave {yhat.size} values in [{np.min(yhat)}, {np.max(yhat)}] for "
                f"{X.shape[1]} tweets; expected a probability for each"
            )
        return yhat

    return predict


def _number(value, path):
    value = np.asarray(value, dtype=float)
    if value.size != 1 or not np.isfinite(value).all():
        raise ValueError(f"{path}: bce_forward gave {value} on the tweets; expected a finite mean loss")
    return float(value.ravel()[0])
