"""Pictures of the student's own work, and a training of their own network, all into mine/; for check.py.

picture(student)        mine/gradients.png: how far each entry of their gradients is off
train(student, steps)   their train_nn, or descent by their update_params: assignment2.pkl, run.json, loss and surface
"""

import json
import os
import pickle
import sys
import time

import numpy as np
from check import CASES
from check_calls import PARAMETERS, Over, Trouble, students_code

MINUTES = 5  # that training may take
HIDDEN, BATCH = 6, 32


def plotting():
    """matplotlib's Figure, or None with a sentence if it is missing."""
    try:
        from matplotlib.figure import Figure

        return Figure
    except ImportError:
        print("No picture without matplotlib: python -m pip install matplotlib")


def save(figure, name):
    for kind in ("png", "svg"):
        figure.savefig(os.path.join("mine", f"{name}.{kind}"), dpi=150)


# ---- Which entries of the gradients are wrong ----------------------------------------------------

LOOKS = [  # an example of each look, as relative errors, with the sign that stands in its cells
    ([[1e-9] * 3] * 2, "", "yellow: right"),
    ([[2.0] * 3] * 2, "-", "one colour, and a minus in every cell: the sign"),
    ([[4.0] * 3] * 2, "", "one colour, without a minus: a factor, such as N or 1/N"),
    (
        [[5.0, 0.9, 12], [0.5, 20, 3.0]],
        "",
        "uneven in dW1 and db1, yellow in dW2 and db2: the way back through the hidden layer,\n"
        "such as a missing slope of sigma (sigma')",
    ),  # fmt: skip
    (
        [[1e-9, 1e-9, 1e-9], [0.7, 3.0, 0.2]],
        "",
        "uneven in db1 alone: a bias summed along the wrong axis (hatched: of another shape)",
    ),
]


def picture(student):
    """For each entry of each gradient the relative error against differences, for as many hidden units as examples."""
    rows = [row for row in student.rows if row.answer.case is CASES[-1]]
    Figure = plotting() if rows else print("No picture: gradients returns nothing to draw yet")
    if not Figure:
        return
    from matplotlib.colors import LogNorm

    style = {"norm": LogNorm(1e-3, 1e2), "cmap": "viridis_r"}
    figure = Figure(figsize=(8, 8.4))
    for place, row in enumerate(sorted(rows, key=lambda row: ("dW1", "db1", "dW2", "db2").index(row.part))):
        axes = figure.add_axes([(0.08, 0.56)[place % 2], (0.66, 0.44)[place // 2], 0.3, (0.25, 0.13)[place // 2]])
        axes.set_title(row.part, loc="left")
        if not row.shaped:
            got = "no array" if row.got is None else f"shape {row.got.shape}"
            axes.set(xticks=[], yticks=[], facecolor="0.9")
            axes.patch.set_hatch("//")
            axes.text(
                0.5, 0.5, f"{got}\nin place of {row.want.shape}", ha="center", va="center", backgroundcolor="white"
            )
            continue
        want = row.want.reshape(-1, 1) if row.want.ndim == 1 else row.want
        got = row.got.reshape(want.shape)
        cells(axes, np.abs(got / want - 1), np.where(got * want < 0, "-", ""), style)
        axes.set(
            xlabel="feature" if row.part == "dW1" else "", ylabel="hidden unit" if row.part in ("dW1", "db1") else ""
        )
    bar = figure.add_axes([0.9, 0.44, 0.02, 0.47])
    figure.colorbar(
        figure.axes[0].images[0] if figure.axes[0].images else mappable(style), cax=bar, label="relative error"
    )
    figure.suptitle("Your gradients against differences of your loss, entry by entry", x=0.08, ha="left")
    for number, (errors, sign, text) in enumerate(LOOKS):
        axes = figure.add_axes([0.08, 0.32 - 0.07 * number, 0.09, 0.05])
        cells(axes, np.array(errors), np.full(np.shape(errors), sign), style)
        axes.set(xticks=[], yticks=[])
        figure.text(0.2, 0.345 - 0.07 * number, text, va="center")
    os.makedirs("mine", exist_ok=True)
    save(figure, "gradients")
    print("Drawn: mine/gradients.png")


def cells(axes, errors, signs, style):
    """A cell for each entry, its colour the error and its text the sign."""
    axes.imshow(np.clip(errors, 1e-3, 1e2), aspect="auto", **style)
    axes.set(xticks=range(errors.shape[1]), yticks=range(errors.shape[0]))
    for (i, j), sign in np.ndenumerate(signs):
        axes.text(j, i, sign, ha="center", va="center", color="white", fontsize=18)


def mappable(style):
    from matplotlib.cm import ScalarMappable

    return ScalarMappable(**style)


# ---- Training ------------------------------------------------------------------------------------


def train(student, steps):
    os.makedirs("mine", exist_ok=True)
    for name in {"loss.png", "loss.svg", "surface.png", "surface.svg"}.intersection(os.listdir("mine")):
        os.remove(os.path.join("mine", name))  # an earlier training's
    update = getattr(student.module, "update_params", None)
    record = Record(update, steps)
    try:
        source, X, y, test_X, test_y, tests = read_data()
        if student.states["train_nn"] == "written":
            print(f"Training: your train_nn on {source}, {steps:,} steps")
            student.module.update_params = record  # which train_nn calls in place of yours
            with students_code(60 * MINUTES):
                found = student.module.train_nn(source, HIDDEN, float(steps))  # a float, as the handout's 1e6 is
        elif student.states["update_params"] == "right":
            print(
                f"Training: train_nn is not written yet, so descent by your update_params on {source}, {steps:,} steps"
            )
            with students_code(60 * MINUTES):
                found = descend(student, record, X, y, steps)
        else:
            print("Nothing to train yet: update_params (Q4) or train_nn (Q5) comes first")
            return False
        theta = parameters(found)
        yhat = probabilities(test_X, theta)
    except Over as over:
        print(f"{over}\nTry fewer steps: python check.py --train 5000")
        return False
    except Trouble as trouble:
        print(f"The training failed: {trouble}")
        return False
    finally:
        student.module.update_params = update
        if record.step >= 200 and sys.__stderr__.isatty():
            print(file=sys.__stderr__)
    with open(os.path.join("mine", "assignment2.pkl"), "wb") as file:
        pickle.dump(dict(zip(PARAMETERS, theta, strict=True)), file)
    curve = record.curve(found, (X, y), (test_X, test_y))
    run = {"hidden": HIDDEN, "iters": steps, "data": {"source": source, "train": len(y), "test": len(test_y)}}
    run |= {"curve": curve, "train": figures(probabilities(X, theta), y), "test": figures(yhat, test_y)}
    with open(os.path.join("mine", "run.json"), "w", encoding="utf-8") as file:
        json.dump(run, file, indent=1)
    for sentence in doubts(theta, run["train"]["loss"]):
        print(f"    wrong      {sentence}")
    print(f"test tweets: loss {run['test']['loss']:.4f}, accuracy {run['test']['accuracy']:.2%}")
    for number in np.linspace(0, len(tests) - 1, 4).astype(int):
        print(f"    yhat {yhat[number]:.3f}, label {test_y[number]:.0f}: {' '.join(tests[number].split())[:80]}")
    if Figure := plotting():
        if len(curve["step"]) > 1:
            draw_loss(Figure, curve)
        draw_surface(Figure, test_X, test_y, theta)
    print("Saved in mine/: " + ", ".join(sorted(os.listdir("mine"))))
    return not list(doubts(theta, run["train"]["loss"]))


def parameters(found):
    """W1, b1, W2, b2 as arrays of floats. Raises Trouble if train_nn returned something else."""
    try:
        theta = [np.asarray(value, float) for value in found[:4]]
        shapes = [value.shape for value in theta]
    except (TypeError, ValueError):
        raise Trouble(f"train_nn returned {type(found).__name__}, not W1, b1, W2, b2") from None
    W1, b1, W2, b2 = theta if len(theta) == 4 else (np.empty(0),) * 4
    if W1.shape != (HIDDEN, 3) or b1.size != HIDDEN or W2.shape != (1, HIDDEN) or b2.size != 1:
        raise Trouble(f"train_nn returned the shapes {shapes}; for {HIDDEN} hidden units W1 is {HIDDEN, 3}, "
                      f"b1 {(HIDDEN,)}, W2 {1, HIDDEN}, b2 (1,)")  # fmt: skip
    if not all(np.all(np.isfinite(value)) for value in theta):
        raise Trouble("train_nn returned NaN or infinity: is the step too large for these features?")
    return theta


def doubts(theta, loss):
    """What a training on tweets that are easy to tell apart should not end with."""
    W1, b1, W2, b2 = theta
    if np.allclose(W1, W1[0]) and np.allclose(W2, W2[0, 0]):
        yield "all hidden units are alike: units that start alike stay alike, so start from random weights"
    if not np.any(b1) and not np.any(b2):
        yield "b1 and b2 are 0: are they trained too?"
    if loss > 0.6:
        yield f"the training loss is {loss:.3g}, and 0.693 is that of a guess: it did not learn, or not yet"


def probabilities(X, theta):
    """yhat (N,) of a network for features (3, N)."""
    W1, b1, W2, b2 = theta
    h = 1 / (1 + np.exp(-np.clip(W1.dot(X) + b1.reshape(-1, 1), -700, 700)))
    return 1 / (1 + np.exp(-np.clip(W2.dot(h) + b2.reshape(-1, 1), -700, 700)))[0]


def loss(yhat, y):
    """(1.7) for thousands of examples at once."""
    return float(-np.mean(np.log(np.maximum(np.where(y == 1, yhat, 1 - yhat), 1e-16))))


def figures(yhat, y):
    return {"loss": loss(yhat, y), "accuracy": float(np.mean((yhat > 0.5) == (y == 1)))}


def descend(student, step, X, y, steps):
    """Mini-batch descent by the student's update_params, on features scaled to a few units."""
    rng, scale = np.random.default_rng(0), 1 + X.std(axis=1) / 10
    b1, b2 = student.forms["update_params"]["B1"], student.forms["update_params"]["b2"]
    theta = rng.normal(0, 0.5, (HIDDEN, 3)), b1(np.zeros(HIDDEN)), rng.normal(0, 0.5, (1, HIDDEN)), b2(np.zeros(1))
    lr = 0.05 / BATCH if student.summed else 0.05
    for _ in range(steps):
        chosen = rng.integers(0, len(y), BATCH)
        theta = step(X[:, chosen] / scale[:, None], y[chosen], *theta, lr)[:4]
    return theta[0] / scale, *theta[1:]


class Record:
    """The student's update_params, which also keeps the parameters now and then, and shows how far it is."""

    def __init__(self, update, steps):
        self.update, self.steps, self.step, self.kept, self.start = update, steps, 0, [], time.monotonic()
        self.low, self.high = np.inf, -np.inf  # of the features that it was given

    def __call__(self, *args, **kwargs):
        new = self.update(*args, **kwargs)
        X = np.reshape((*args, *kwargs.values())[0], (3, -1))
        self.step += 1
        if self.step >= (1.06 * self.kept[-1][0] if self.kept else 1) or self.step == self.steps:
            self.kept.append((self.step, [np.array(value, float) for value in new[:4]]))
        self.low, self.high = (
            np.minimum(self.low, np.min(X, axis=1)),
            np.maximum(self.high, np.max(X, axis=1)),
        )
        if self.step % 200 == 0 and sys.__stderr__ and sys.__stderr__.isatty():
            bar = f"[{'#' * int(40 * min(self.step / self.steps, 1)):40}] {self.step:,} of {self.steps:,} steps"
            print(f"\r{bar}, {time.monotonic() - self.start:.0f} s ", end="", file=sys.__stderr__)
        return new

    def curve(self, found, train, test):
        """The losses by step, as {"step", "train", "eval"}: of the parameters that were kept on the way.

        train_nn may scale or shift the features first, so ours are brought to the range that update_params was given.
        If train_nn does not call it, the curve is of the losses that it returns, as the later template's does.
        """
        if self.kept:
            lowest, highest = train[0].min(axis=1), train[0].max(axis=1)
            stretch = (self.high - self.low) / np.where(highest > lowest, highest - lowest, 1)
            losses = []
            for X, y in (train, test):
                X = self.low[:, None] + (X - lowest[:, None]) * stretch[:, None]
                losses.append([loss(probabilities(X, theta), y) for _, theta in self.kept])
            return {"step": [step for step, _ in self.kept], "train": losses[0], "eval": losses[1]}
        if len(found) > 4 and np.ndim(found[4]) == 1 and len(found[4]):
            print("The curve is of the losses that train_nn returned; it holds no evaluation loss")
            at = np.unique(np.geomspace(1, len(found[4]), 150).astype(int))
            return {"step": at.tolist(), "train": [float(found[4][k - 1]) for k in at]}
        print("No loss curve: train_nn does not call update_params, and returns no losses")
        return {"step": [], "train": []}


# ---- The tweets ----------------------------------------------------------------------------------


def read_data():
    """The file's name, and features (3, N) and labels (N,) of its training and its test tweets, and the test tweets."""
    source = next((path for path in ("twitter_data.pkl", "data/twitter_data.pkl") if os.path.exists(path)), None)
    if source is None:
        source = os.path.join("mine", "invented_tweets.pkl")
        print("There is no twitter_data.pkl here (README.md says how to get it), so these tweets are invented")
        with open(source, "wb") as file:
            pickle.dump(invented_tweets(), file)
    with students_code(60 * MINUTES):
        with open(source, "rb") as file:
            data = pickle.load(file)
        try:
            from utils import extract_features

            extract_features("good", data["freqs"])
        except ImportError as error:
            if not source.startswith("mine"):
                raise
            print(f"utils.py cannot be used ({error}): words are counted without it", file=sys.__stdout__)
            extract_features = count_words
        parts = []
        for part in ("train", "test"):
            rows = [np.ravel(extract_features(tweet, data["freqs"])) for tweet in data[f"{part}_x"]]
            parts += [np.array(rows, float).T, np.ravel(data[f"{part}_y"])]
    return source, *parts, data["test_x"]


def count_words(tweet, freqs):
    return [1, *(sum(freqs.get((word, label), 0) for word in tweet.split()) for label in (1.0, 0.0))]


def invented_tweets(train=8000, test=2000):
    """Tweets of two kinds, as many as in the course's file and in its form. No stemmer changes the words."""
    rng, words = (
        np.random.default_rng(0),
        [a + b + c + d for a in "bdfg" for b in "aou" for c in "lmnp" for d in ("ak", "om")],
    )
    data = {}
    for part, count in (("train", train), ("test", test)):
        y = np.repeat([1.0, 0.0], count // 2)
        kind = np.where(rng.random((count, 5)) < 0.8, y[:, None], 1 - y[:, None]).astype(
            int
        )  # one word in five misleads
        chosen = kind * 48 + np.minimum(rng.geometric(0.08, (count, 5)) - 1, 47)
        data[f"{part}_x"], data[f"{part}_y"] = [" ".join(words[k] for k in row) for row in chosen], y[:, None]
    freqs = {}
    for tweet, label in zip(data["train_x"], data["train_y"][:, 0].tolist(), strict=True):
        for word in tweet.split():
            freqs[word, label] = freqs.get((word, label), 0) + 1
    return {**data, "freqs": freqs}


# ---- Curves and surface --------------------------------------------------------------------------


def draw_loss(Figure, curve):
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve["step"], curve["train"], label="training", color="#1f4e79")
    if "eval" in curve:
        axes.plot(curve["step"], curve["eval"], "--", label="evaluation (test tweets)", color="#d1712b")
    axes.set(xscale="log", yscale="log", xlabel="steps of gradient descent", ylabel="mean cross-entropy")
    ticks = [digit * 10.0**power for power in range(-6, 3) for digit in (1, 2, 5)]
    low, high = axes.get_ylim()
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_minor_formatter(lambda loss, _: f"{loss:g}" if high < 3 * low else "")  # it hardly fell
    axes.set_ylim(low, high)
    axes.set_title("Loss while training", loc="left")
    axes.grid(which="both", linewidth=0.4, color="0.85")
    axes.legend(frameon=False)
    save(figure, "loss")


def draw_surface(Figure, X, y, theta):
    """The test tweets in the plane of their two features, over what the network says there."""
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.subplots()
    along = np.r_[0, np.geomspace(1, 1.5 * X.max() + 10, 120)]
    grid = np.array([[1.0, a, b] for b in along for a in along]).T
    yhat = probabilities(grid, theta).reshape(121, 121)
    filled = axes.contourf(along, along, yhat, np.linspace(0, 1, 11), cmap="YlGnBu", alpha=0.5)
    axes.contour(along, along, yhat, [0.5], colors="black")
    axes.scatter(*X[1:, y == 1], s=14, facecolors="none", edgecolors="#0b2a4a", linewidths=0.7, label="positive")
    axes.scatter(*X[1:, y == 0], s=14, marker="x", color="#7a2a00", linewidths=0.7, label="negative")
    axes.set(xlabel="sum of positive counts", ylabel="sum of negative counts")
    ticks = [0, *(10**k for k in range(1, 7) if 10**k < along[-1])]
    axes.set_xscale("asinh", linear_width=10)
    axes.set_yscale("asinh", linear_width=10)
    axes.set_xticks(ticks, ticks)
    axes.set_yticks(ticks, ticks)
    axes.set(xlim=(0, along[-1]), ylim=(0, along[-1]))
    axes.set_title("Test tweets; the black line is yhat = 0.5", loc="left")
    axes.legend(loc="upper left")
    figure.colorbar(filled, label="yhat, the probability of positive")
    save(figure, "surface")
