"""Draws the inputs of every call, afresh for every run, from one seed.

A `Case` holds the inputs in the handout's own shapes: X (d, N) or (d,), y (N,), W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,).
What the handout leaves open is asked in every sensible form (`forms`), and a check passes in whichever form it passes.
The sizes d, ℓ, N and 1 all differ, so that no transposed or wrongly spread array fits by luck, and ℓ = N where a wrong
one fits unnoticed.
"""

from dataclasses import dataclass

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

# The calls of train_nn: hidden units, iters, lr. To learn in one of them is enough: the step size that suits depends on
# the start and on whether the gradients are means or sums, and the first start may be unlucky.
TRAININGS = ((5, 1000, 0.1), (6, 2000, 0.01), (8, 3000, 0.03))
WORDS = {  # invented, and left as they are by the tokenizer, the stop words and the stemmer
    1: "bavok dorup fimab gulop hokab jamup kolob lubam".split(),
    0: "mavub nopak povum rikob subak tulam vokub wibap".split(),
    None: "zamok zobup zupak".split(),
}


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


def draw(seed):
    """The cases of every function: {function: list of Case}."""
    rng = np.random.default_rng(seed)
    drawn = {name: [] for name in ORDER}

    def add(function, group, **args):
        drawn[function].append(Case(group, function, {name: args[name] for name in ORDER[function] if name in args}))

    add("sigmoid", "usual", x=rng.normal(0, 2, 5))
    add("sigmoid", "usual", x=rng.normal(0, 2, (3, 4)))
    add("sigmoid", "usual", x=rng.normal(0, 2, (4, 3)))
    add("sigmoid", "scalar", x=float(rng.normal(0.5, 1)))
    add("sigmoid", "scalar", x=rng.permutation(np.arange(-3, 4)))
    add("sigmoid", "large", x=rng.permutation([-1000.0, -40.0, 0.3, 2.0, 40.0, 1000.0]))
    repeat(drawn["sigmoid"])

    for group, d, hidden, N in sizes(rng):
        p = network(rng, d, hidden, N)
        add("inference_layer", group, X=p["X"], W=p["W1"], b=p["b1"])
        p = network(rng, d, hidden, N)
        add("inference_2layers", group, **p)
    for function in ("inference_layer", "inference_2layers"):
        p = network(rng, 3, 4, 6)
        add(function, "vector", X=p["X"][:, 0], W=p["W1"], b=p["b1"], **{k: p[k] for k in ("W1", "W2", "b1", "b2")})
        p = network(rng, 4, 3, 1)
        add(function, "vector", X=p["X"][:, 0], W=p["W1"], b=p["b1"], **{k: p[k] for k in ("W1", "W2", "b1", "b2")})
    add("inference_2layers", "usual", **tweets(rng, 5, 7))
    p = network(rng, 3, 4, 1)
    add("inference_2layers", "advice", **{**p, "X": p["X"].T})
    repeat(drawn["inference_layer"])
    repeat(drawn["inference_2layers"])

    for N in (7, 4, 1):
        add("bce_forward", "usual", yhat=rng.uniform(0.05, 0.95, N), y=labels(rng, N))
    add("bce_forward", "usual", yhat=rng.uniform(0.05, 0.95, 6), y=labels(rng, 6).astype(int))
    y = labels(rng, 8)
    add("bce_forward", "advice", yhat=rng.uniform(0.05, 0.95, 6), y=labels(rng, 6)[:, None])
    add("bce_forward", "saturated", yhat=np.where(np.arange(8) < 4, y, rng.uniform(0.1, 0.9, 8)), y=y)
    repeat(drawn["bce_forward"])

    for group, d, hidden, N in sizes(rng):
        p = network(rng, d, hidden, N)
        add("gradients", group, y=labels(rng, N), **p)
        p = network(rng, d, hidden, N)
        add("update_params", group, y=labels(rng, N), lr=float(rng.uniform(0.2, 0.6)), **p)
    p = network(rng, 3, 5, 6)
    p["X"] = rng.integers(-3, 4, p["X"].shape)
    add("gradients", "usual", y=labels(rng, 6).astype(int), **p)
    add("gradients", "large", y=labels(rng, 7), **tweets(rng, 5, 7))
    add("gradients", "advice", **{**drawn["gradients"][0].args, "y": drawn["gradients"][0].args["y"][:, None]})
    for name in ("W1", "W2", "b1", "b2"):  # the first case's loss on both sides of it, a little way along a direction
        args = drawn["gradients"][0].args
        step = 1e-4 * rng.normal(0, 1, args[name].shape)
        for side, moved in (("+", args[name] + step), ("-", args[name] - step)):
            add("gradients", side + name, **{**args, name: moved})
    add("update_params", "default", y=labels(rng, 6), **network(rng, 3, 4, 6))
    repeat(drawn["gradients"])
    repeat(drawn["update_params"])
    return drawn


def sizes(rng):
    """(group, d, ℓ, N): three sizes apart from one another and from 1, one example, and ℓ = N."""
    d, hidden, N = (int(n) for n in rng.permutation([3, 4, 5]) + rng.permutation([0, 3, 6]))
    return [("usual", d, hidden, N), ("usual", 3, 6, 8), ("usual", 4, 3, 1), ("square", 3, 5, 5)]


def network(rng, d, hidden, N):
    """X (d, N), and weights and biases large enough that each one matters."""
    return {
        "X": rng.normal(0, 1, (d, N)),
        "W1": rng.normal(0, 0.8, (hidden, d)),
        "W2": rng.normal(0, 0.8, (1, hidden)) + 0.2,
        "b1": rng.normal(0, 1, hidden),
        "b2": rng.normal(0.5, 0.3, 1),
    }


def tweets(rng, hidden, N):
    """Features like those of tweets, [1, thousands, thousands], which saturate the units; every other example is small.

    If all were saturated, every gradient would be near 0, and float32 would miss it by its own rounding.
    """
    p = network(rng, 3, hidden, N)
    counts = rng.integers(500, 9000, (2, N)) * np.where(np.arange(N) % 2, 1, 1e-4)
    p["X"] = np.vstack([np.ones(N), counts])
    return p


def labels(rng, N):
    """N labels, both kinds where N allows it."""
    return rng.permutation(np.arange(N) % 2).astype(float) if N > 1 else np.array([float(rng.integers(2))])


def repeat(cases):
    """Ask the first case once more at the end: an answer that depends on earlier calls gives itself away."""
    cases.append(Case("repeat", cases[0].function, cases[0].args))


def draw_tweets(seed):
    """A data file for train_nn, and its features: (dict, X (3, N), y (N,)).

    Forty training and twenty test tweets of invented words. Holds the keys of both templates.
    """
    rng = np.random.default_rng((seed, 5))
    words = {kind: [str(word) for word in rng.permutation(WORDS[kind])] for kind in WORDS}

    def tweet(label):
        chosen = [words[label][k] for k in rng.integers(0, 8, 3)] + [words[None][rng.integers(3)]]
        if rng.random() < 0.2:
            chosen.append(words[1 - label][rng.integers(8)])
        return " ".join(chosen[k] for k in rng.permutation(len(chosen)))

    y = np.repeat([1.0, 0.0], 20)
    train = [tweet(int(label)) for label in y]
    test_y = np.repeat([1.0, 0.0], 10)
    test = [tweet(int(label)) for label in test_y]
    freqs = {}
    for text, label in zip(train, y, strict=True):
        for word in text.split():
            freqs[word, float(label)] = freqs.get((word, float(label)), 0) + 1
    X = np.array(
        [[1, *(sum(freqs.get((word, label), 0) for word in text.split()) for label in (1.0, 0.0))] for text in train],
        float,
    ).T
    data = {
        "train_x": train,
        "train_y": y[:, None],
        "test_x": test,
        "test_y": test_y[:, None],
        "freqs": freqs,
        "X": train,
        "y": y[:, None],
    }
    return data, X, y
