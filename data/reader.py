"""The one strict reader of data files and pickles that come from outside. Needs numpy alone.

    read_tweets(path)       the course's twitter_data.pkl, in either edition's form, checked
    read_parameters(path)   W1, b1, W2, b2 of an assignment2.pkl, checked
    read_pickle(path)       any pickle that holds arrays, numbers, strings and plain containers

A pickle is a program: `pickle.load` calls whatever functions the file names. Here only the few that rebuild a numpy
array are allowed, and a file that names any other is refused. Each function raises FileNotFoundError, or ValueError
with one sentence that begins with the path.
"""

import os
import pickle

import numpy as np


class Forbidden(pickle.UnpicklingError):
    """The pickle asks for a function that is not allowed."""


class PlainUnpickler(pickle.Unpickler):
    """Resolves only the names that a pickled array, numpy number or OrderedDict is rebuilt with."""

    ALLOWED = {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy.core.numeric", "_frombuffer"),
        ("collections", "OrderedDict"),
        ("_codecs", "encode"),  # bytes, as protocols 0 to 2 write them
    }

    def find_class(self, module, name):
        # numpy 2 renamed numpy.core to numpy._core; either may have written the file, and either may read it.
        if (module.replace("numpy._core", "numpy.core"), name) not in self.ALLOWED:
            raise Forbidden(f"it calls {module}.{name}, and only arrays and plain containers are allowed")
        if module.startswith(("numpy.core", "numpy._core")):
            core = "numpy._core" if hasattr(np, "_core") else "numpy.core"
            module = core + module[module.rindex(".") :]
        return super().find_class(module, name)


def read_pickle(path):
    """The content of a pickle: arrays, numbers, strings and plain containers, and nothing that runs code."""
    if os.path.isfile(path) and os.path.getsize(path) == 0:
        raise ValueError(f"{path}: the file is empty")
    try:
        with open(path, "rb") as file:
            return PlainUnpickler(file).load()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except Forbidden as error:
        raise ValueError(f"{path}: refused, {error}") from None
    except Exception as error:  # a broken pickle can raise nearly anything, with text over several lines
        raise ValueError(f"{path}: not a whole pickle ({type(error).__name__}: {_on_one_line(error)})") from None


def read_tweets(path):
    """The content of a data file, as a dict:

        train_x, test_x    lists of tweets; test_x and test_y are left out if the file has no test set
        train_y, test_y    their labels, float64 (N,): 1.0 positive, 0.0 negative
        freqs              {(stem, label): count}

    The later template's file, with X, y and freqs alone, gives train_x, train_y and freqs.
    """
    data = read_pickle(path)
    if not isinstance(data, dict):
        raise ValueError(f"{path}: holds a {type(data).__name__}; a data file is a dict")
    names = {"train": ("train_x", "train_y"), "test": ("test_x", "test_y")}
    if "train_x" not in data and "X" in data:
        names = {"train": ("X", "y")}
    elif not {"test_x", "test_y"} & data.keys():
        del names["test"]
    missing = [key for pair in names.values() for key in pair if key not in data] + ["freqs"] * ("freqs" not in data)
    if missing:
        raise ValueError(
            f"{path}: has no {', '.join(missing)}; a data file holds train_x, train_y, test_x, test_y and freqs, "
            "or X, y and freqs"
        )
    checked = {"freqs": _checked_freqs(data["freqs"], path)}
    for part, (x, y) in names.items():
        checked[f"{part}_x"] = _checked_tweets(data[x], f"{path}: {x}")
        checked[f"{part}_y"] = _checked_labels(data[y], len(checked[f"{part}_x"]), f"{path}: {y}")
    if (checked["train_y"] == checked["train_y"][0]).all():
        label = checked["train_y"][0]
        raise ValueError(f"{path}: {names['train'][1]}: every label is {label:g}; training needs tweets of both kinds")
    return checked


def read_parameters(path):
    """W1 (ℓ, d), b1, W2 (1, ℓ), b2 of an assignment2.pkl: float64 arrays of finite numbers that fit together."""
    saved = read_pickle(path)
    if not isinstance(saved, dict) or not {"W1", "W2", "b1", "b2"} <= saved.keys():
        raise ValueError(f"{path}: is not a pickled dict with the keys W1, W2, b1, b2")
    parameters = []
    for name in ("W1", "b1", "W2", "b2"):
        value = np.asarray(saved[name])
        if value.dtype.kind not in "fiu":
            raise ValueError(f"{path}: {name} holds {value.dtype} values, not numbers")
        if not np.isfinite(value).all():
            wrong = value[~np.isfinite(value)].flat[0]
            raise ValueError(f"{path}: {name} holds {wrong}; parameters are finite numbers")
        parameters.append(value.astype(np.float64))
    W1, b1, W2, b2 = parameters
    units = W1.shape[0] if W1.ndim == 2 else None
    if units is None or W2.shape != (1, units) or b1.size not in (1, units) or b2.size != 1:
        shapes = ", ".join(f"{name} {p.shape}" for name, p in zip(("W1", "b1", "W2", "b2"), parameters, strict=True))
        raise ValueError(f"{path}: the shapes {shapes} do not fit; they must be (ℓ, d), (ℓ,), (1, ℓ), (1,)")
    return W1, b1, W2, b2


# ---- Checks --------------------------------------------------------------------------------------


def _checked_tweets(tweets, name):
    if not isinstance(tweets, (list, tuple, np.ndarray)) or len(tweets) == 0:
        raise ValueError(f"{name} holds no tweets")
    for i, tweet in enumerate(tweets):
        if not isinstance(tweet, str):
            raise ValueError(f"{name}[{i}] is of type {type(tweet).__name__}, not a string")
    return list(tweets)


def _checked_labels(labels, n, name):
    try:
        y = np.asarray(labels)
        flat = y.astype(np.float64).ravel()
    except (TypeError, ValueError):
        raise ValueError(f"{name}: a label is 0 or 1, not {_on_one_line(labels)}") from None
    if y.shape not in {(n,), (n, 1), (1, n)}:
        raise ValueError(f"{name}: labels of shape {y.shape} for {n} tweets; one label each is needed")
    wrong = (flat != 0) & (flat != 1)
    if wrong.any():
        raise ValueError(f"{name}[{wrong.argmax()}] is {flat[wrong.argmax()]:g}; a label is 0 or 1")
    return flat


def _checked_freqs(freqs, path):
    if not isinstance(freqs, dict) or not freqs:
        what = "is empty" if isinstance(freqs, dict) else f"is of type {type(freqs).__name__}"
        raise ValueError(f"{path}: freqs {what}; it must be a dict {{(stem, label): count}}")
    for key, count in freqs.items():
        if not (isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], str) and key[1] in (0, 1)):
            raise ValueError(f"{path}: freqs has the key {_on_one_line(key)}, which is not a pair (stem, label)")
        if isinstance(count, bool) or not isinstance(count, (int, float, np.number)) or not np.isfinite(count):
            raise ValueError(f"{path}: freqs[{_on_one_line(key)}] is {_on_one_line(count)}; a count is a number")
    return freqs


def _on_one_line(value):
    text = str(value) if isinstance(value, Exception) else repr(value)
    return " ".join(text.split())[:200]
