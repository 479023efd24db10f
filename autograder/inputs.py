"""Draws the inputs of every call, afresh for every run, from one seed.

Numbers have two decimals, so that a call that went wrong can be shown in full, to be pasted. A `Case` holds the inputs
in the handout's own shapes: X (d, N) or (d,), y (N,), W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,).

What the handout leaves open is asked in every sensible form (`forms`), and a check passes in whichever form it passes.
The sizes d, ℓ, N and 1 all differ, so that no transposed or wrongly spread array fits by luck, and ℓ = N where a wrong
one fits unnoticed.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

ORDER = {  # each function's arguments, in the order of the contract
    "sigmoid": ("x",),
    "inference_layer": ("X", "W", "b"),
    "inference_2layers": ("X", "W1", "W2", "b1", "b2"),
    "bce_forward": ("yhat", "y"),
    "gradients": ("X", "y", "W1", "W2", "b1", "b2"),
    "update_params": ("X", "y", "W1", "b1", "W2", "b2", "lr"),
}
BIAS_FORMS = {  # of b1 (ℓ,) and b2 (1,)
    "biases (ℓ,) and (1,)": (lambda b: b, lambda b: b),
    "biases (ℓ,) and a number": (lambda b: b, lambda b: float(b[0])),
    "biases (ℓ, 1) and (1, 1)": (lambda b: b[:, None], lambda b: b[:, None]),
    "biases (ℓ, 1) and a number": (lambda b: b[:, None], lambda b: float(b[0])),
}
LABEL_FORMS = {"labels (N,)": lambda y: y, "labels (1, N)": lambda y: y[None, :]}


@dataclass(frozen=True)
class Case:
    group: str  # which checks it counts for: judge.py
    function: str
    args: dict  # name -> number or array


def forms(case):
    """The case's arguments in order, in every form that the handout leaves open: {form: list of arguments}."""
    if case.group == "advice":
        return {"advice": list(case.args.values())}
    biases = BIAS_FORMS if "b1" in case.args or "b" in case.args else {"": None}
    labels = LABEL_FORMS if "y" in case.args else {"": None}
    asked = {}
    for bias, of_bias in biases.items():
        if "b" in case.args and "a number" in bias:
            continue
        for label, of_label in labels.items():
            args = dict(case.args)
            if of_bias:
                for name, of in zip(("b1" if "b1" in args else "b", "b2"), of_bias, strict=True):
                    if name in args:
                        args[name] = of(args[name])
            if of_label:
                args["y"] = of_label(args["y"])
                if "yhat" in args:
                    args["yhat"] = of_label(args["yhat"])
            asked[", ".join(filter(None, (bias, label)))] = list(args.values())
    return asked


def likely(form):
    """Whether the form is among those that most submissions take."""
    return "a number" not in form and "(1, N)" not in form


def draw(seed):
    """The cases of every function: {function: list of Case}."""
    rng = np.random.default_rng(seed)
    drawn = {name: [] for name in ORDER}

    def add(function, group, **args):
        drawn[function].append(Case(group, function, {name: args[name] for name in ORDER[function] if name in args}))

    add("sigmoid", "usual", x=normal(rng, 2, 5))
    add("sigmoid", "usual", x=normal(rng, 2, (3, 4)))
    add("sigmoid", "usual", x=normal(rng, 2, (4, 3)))
    numbers = rng.permutation(np.arange(-3, 4))
    add("sigmoid", "number", x=float(drawn["sigmoid"][0].args["x"][0]))
    add("sigmoid", "whole numbers", x=numbers)
    add("sigmoid", "whole numbers as floats", x=numbers.astype(float))
    add("sigmoid", "large", x=rng.permutation([-1000.0, -40.0, 0.3, 2.0, 40.0, 1000.0]))

    for group, d, hidden, N in sizes(rng):
        p = network(rng, d, hidden, N)
        add("inference_layer", group, X=p["X"], W=p["W1"], b=p["b1"])
        p = network(rng, d, hidden, N)
        add("inference_2layers", group, **p)
    for function in ("inference_layer", "inference_2layers"):
        for d, hidden, N in ((3, 4, 6), (4, 3, 1)):
            p = network(rng, d, hidden, N)
            add(function, "vector", **{**p, "X": p["X"][:, 0], "W": p["W1"], "b": p["b1"]})
    add("inference_2layers", "usual", **tweets(rng, 5, 7))
    p = network(rng, 3, 4, 1)
    add("inference_2layers", "advice", **{**p, "X": p["X"].T})

    for N in (7, 4, 1):
        add("bce_forward", "usual", yhat=probabilities(rng, N), y=labels(rng, N))
    add("bce_forward", "usual", yhat=probabilities(rng, 6), y=labels(rng, 6).astype(int))
    add("bce_forward", "advice", yhat=probabilities(rng, 6), y=labels(rng, 6)[:, None])
    y = labels(rng, 8)
    add("bce_forward", "saturated", yhat=np.where(np.arange(8) < 4, y, probabilities(rng, 8)), y=y)

    for group, d, hidden, N in sizes(rng):
        p = network(rng, d, hidden, N)
        add("gradients", group, y=labels(rng, N), **p)
        p = network(rng, d, hidden, N)
        add("update_params", group, y=labels(rng, N), lr=round(float(rng.uniform(0.2, 0.6)), 2), **p)
    p = network(rng, 3, 5, 6)
    p["X"] = rng.integers(-3, 4, p["X"].shape)
    add("gradients", "usual", y=labels(rng, 6).astype(int), **p)
    add("gradients", "large", y=labels(rng, 7), **tweets(rng, 5, 7))
    first = drawn["gradients"][0].args
    add("gradients", "advice", **{**first, "y": first["y"][:, None]})
    for name in ("W1", "W2", "b1", "b2"):  # the first case's loss on both sides of it, a little way along a direction
        step = 1e-4 * rng.normal(0, 1, first[name].shape)
        for side, moved in (("+", first[name] + step), ("-", first[name] - step)):
            add("gradients", side + name, **{**first, name: moved})
    p = {**network(rng, 3, 4, 6), "y": labels(rng, 6)}
    add("update_params", "default", **p)
    add("update_params", "explicit", **p, lr=0.01)
    for cases in drawn.values():
        repeat(cases)
    return drawn


def sizes(rng):
    """(group, d, ℓ, N): three sizes apart from one another and from 1, one example, and ℓ = N."""
    d, hidden, N = (int(n) for n in rng.permutation([3, 4, 5]) + rng.permutation([0, 3, 6]))
    return [("usual", d, hidden, N), ("usual", 3, 6, 8), ("usual", 4, 3, 1), ("square", 3, 5, 5)]


def network(rng, d, hidden, N):
    """X (d, N), and weights and biases large enough that each one matters."""
    return {
        "X": normal(rng, 1, (d, N)),
        "W1": normal(rng, 0.8, (hidden, d)),
        "W2": normal(rng, 0.8, (1, hidden), 0.2),
        "b1": normal(rng, 1, hidden),
        "b2": normal(rng, 0.3, 1, 0.5),
    }


def normal(rng, deviation, shape, mean=0):
    """Normal numbers, none of them 0: a weight of 0 would hide a mistake."""
    drawn = np.round(rng.normal(mean, deviation, shape), 2)
    return np.where(drawn == 0, 0.01, drawn)


def probabilities(rng, N):
    return np.round(rng.uniform(0.05, 0.95, N), 2)


def tweets(rng, hidden, N):
    """Features like those of tweets, [1, thousands, thousands], which saturate the units; every other example is small.

    If all were saturated, every gradient would be near 0, and float32 would miss it by its own rounding.
    """
    p = network(rng, 3, hidden, N)
    counts = rng.integers(500, 9000, (2, N)) * np.where(np.arange(N) % 2, 1, 1e-4)
    p["X"] = np.vstack([np.ones(N), np.round(counts, 2)])
    return p


def labels(rng, N):
    """N labels, both kinds where N allows it."""
    return rng.permutation(np.arange(N) % 2).astype(float) if N > 1 else np.array([float(rng.integers(2))])


def repeat(cases):
    """Ask the first case again, at once and at the end: an answer that depends on earlier calls gives itself away.

    At once, because a momentum kept in a global is often reset when the shapes change.
    """
    again = Case("repeat", cases[0].function, cases[0].args)
    cases[1:] = [again, *cases[1:], again]


# ---- Tweets for train_nn -------------------------------------------------------------------------


@dataclass(frozen=True)
class Training:
    """What train_nn is asked with. `settings`: (hidden units, iters, lr), tried in turn until one learns.

    To learn in one of them is enough: the step size that suits depends on the start and on whether the gradients are
    means or sums, and a start may be unlucky.
    """

    tweets: int = 8000  # as many as in the course's file: batches are cut out of 8000, and logs say test_x[1000]
    tests: int = 2000
    part: int = 1  # every so many of them are in the file, with the counts of all
    settings: tuple = ((5, 20_000, 0.1), (6, 20_000, 0.01), (8, 40_000, 0.03))


# The first is enough for most right trainers, and saves them the second. It counts only if nothing is lost in it: the
# assignment's runs are not that short, nor its files.
USUAL = (Training(part=10, settings=((5, 300, 0.3),)), Training())

# Invented, and left as they are by the tokenizer, the stop words and the stemmer.
WORDS = ["".join(letters) for letters in product("bdfgk", "aou", "lmnpr", "aou", "bkmp")]
VOCABULARY = 100  # words of each kind
COMMON = 2  # of them are in every other tweet, as emoticons are in the course's: counts run from dozens to thousands


@dataclass(frozen=True)
class Tweets:
    """Tweets of two kinds that a correct trainer separates, with what a correct extract_features makes of them."""

    train_x: list
    test_x: list
    train_y: np.ndarray  # (N,)
    test_y: np.ndarray
    freqs: dict
    X: np.ndarray  # the features of the training tweets, (3, N)

    def january(self):
        """The content of a data file of January's form."""
        y = {"train_y": self.train_y[:, None], "test_y": self.test_y[:, None]}
        return {"train_x": self.train_x, "test_x": self.test_x, "freqs": self.freqs, **y}

    def later(self):
        """The content of a data file of the later template's form, which has no test set."""
        return {"X": self.train_x, "y": self.train_y, "freqs": self.freqs}


def draw_tweets(seed, training):
    """Tweets of invented words: three words of their kind, one that says nothing, and sometimes one of the other kind.

    The test tweets carry the opposite labels, so that a network that was trained on them predicts the reverse.
    """
    rng = np.random.default_rng((seed, 5))
    words = rng.permutation(WORDS)[: 2 * VOCABULARY + 50].tolist()  # positive, negative, and fifty that say nothing

    def draw(N):
        y = np.repeat([1.0, 0.0], N // 2)
        kind = np.where(y == 1, 0, VOCABULARY)[:, None]
        own = rng.integers(COMMON, VOCABULARY, (N, 3))
        own[:, 0] = np.where(rng.random(N) < 0.5, rng.integers(0, COMMON, N), own[:, 0])
        other = VOCABULARY - kind + rng.integers(COMMON, VOCABULARY, (N, 1))
        other = np.where(rng.random((N, 1)) < 0.2, other, len(words))
        chosen = np.hstack([kind + own, other, rng.integers(2 * VOCABULARY, len(words), (N, 1))])
        return y, chosen

    def texts(chosen):
        after = [*(f" {word}" for word in words), ""]  # the last is no word
        return [f"{words[a]}{after[b]}{after[c]}{after[d]}{after[e]}" for a, b, c, d, e in chosen[some].tolist()]

    some = slice(None, None, training.part)
    y, chosen = draw(training.tweets)
    test_y, test_chosen = draw(training.tests)
    counts = np.array([np.bincount(chosen[y == label].ravel(), minlength=len(words) + 1) for label in (1, 0)])
    counts[:, -1] = 0
    freqs = {
        (word, label): int(count)
        for label, row in zip((1.0, 0.0), counts, strict=True)
        for word, count in zip(words, row, strict=False)
        if count
    }
    X = np.vstack([np.ones(len(y)), counts[:, chosen].sum(axis=2)])
    return Tweets(texts(chosen), texts(test_chosen), y[some], 1 - test_y[some], freqs, X[:, some])
