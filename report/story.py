"""What the accuracy of Q5 is made of: emoticons, words, the hidden layer, and chance.

    python -m report.story                of the run in output/, or else of the parameters that come with the project
    python -m report.story --run ten      of another run: python train.py --hidden 10 --out ten

The tweets were labelled by their emoticons, and the features count those too. So a network that is right on 996 of
1,000 tweets may know little besides. This command finds out: on the features that come with the project it trains the
run's network from ten seeds, and others on the emoticons alone and on the words alone. On two idle cores that takes
two or three minutes. Into the run's folder it writes

    story.json          every figure, for `python -m report`
    seeds.svg, .png     the losses of the ten seeds while training: median and range

and then prints tables: the accuracy on the test tweets, its 95 % interval by Wilson's method, and the loss (mean
cross-entropy, nats) of

    network             the run's network; it never saw the emoticons or the words alone before the test
    retrained           a network trained on what it is shown in the test
    logistic            logistic regression, fitted to what it is shown: the network without its hidden layer
    counts rule         positive if the positive counts of the stems sum to more than the negative ones
    log-ratio rule      positive if ln((positive count + 1) / (negative count + 1)), summed over the stems, is above 0

The same run gives the same figures every time.
"""

if __name__ == "__main__":
    import command

    command.run("python -m report.story", "report.story")

import argparse
import inspect
import json
import multiprocessing
import signal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

import command
from assignment2 import bce_forward, descend, inference_2layers, sigmoid
from data.embedded import load_embedded, load_symbols
from data.reader import read_parameters
from data.writer import atomic_write
from evaluation import wilson_interval
from pictures import draw_loss, one_sided_stems, save
from report.inputs import NUMBER, read_json

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "output"
SETTINGS = {"hidden": 6, "iters": 10**6, "lr": 0.01, "batch": 32, "seed": 0}  # of assignment2.pkl, as train.py has them
NAMES = ("W1", "b1", "W2", "b2")
SEEDS = 10
DRAWS = 10_000  # random samples of the training tweets
BINS = (0, 0.01, 0.1, 0.5, 0.9, 0.99, 1)  # of ŷ
SPACING = 1.2  # of the steps in the picture, at least: evenly along its axis
METHODS = {
    "network": "network",
    "retrained": "retrained",
    "logistic": "logistic",
    "counts": "counts rule",
    "log_ratio": "log-ratio rule",
}
LISTS = {
    "surface": "the stems named in the picture of the surface",
    "emoticons": "what NLTK's tokenizer takes for an emoticon",
    "symbols": "those, and every other stem without a letter or a digit",
}


class Shown(NamedTuple):
    """What is shown of N tweets: of every stem, of the emoticons alone, or of the words alone."""

    X: np.ndarray  # (3, N)
    y: np.ndarray  # (N,)
    log_ratio: np.ndarray  # (N,) Σ ln((positive count + 1) / (negative count + 1)) over the stems that are shown


class Training(NamedTuple):
    step: list
    train: list  # the loss at each of these steps: on the training tweets, ...
    eval: list  # ... and on the test tweets, by which nothing is chosen
    best: tuple  # W1, b1, W2, b2 of the lowest training loss


def main(argv=None):
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m report.story",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="the folder of a run.json (default: output)")
    options = parser.parse_args(argv)
    command.need("matplotlib")
    folder = options.run or OUTPUT
    data, more = load_embedded(), load_symbols()
    if options.run or (folder / "run.json").exists():
        settings, parameters = read_run(folder / "run.json", data)
    else:
        settings, parameters = SETTINGS, read_parameters(ROOT / "assignment2.pkl")
    folder.mkdir(parents=True, exist_ok=True)
    with command.interruptible(), worker_pool() as pool:
        story = tell(data, more, settings, parameters, pool.imap)
    with atomic_write(folder / "story.json") as temporary:
        temporary.write_text(json.dumps(story, indent=1) + "\n", encoding="utf-8")
    save(draw_seeds(story["seeds"]), folder / "seeds")
    print_story(story)
    print(f"\nSaved in {folder}: story.json, and seeds as .svg and .png")
    return 0


def read_run(path, data):
    """(settings, parameters) of a run.json. Raises ValueError if the run was evaluated on other tweets than data's."""
    needed = {"hidden": int, "iters": int, "lr": NUMBER, "batch": int, "seed": int}
    needed |= {"parameters": dict.fromkeys(NAMES, list), "test": {"loss": NUMBER}}
    run = read_json(path, needed, "`python train.py` makes it")
    parameters = tuple(np.array(run["parameters"][name]) for name in NAMES)
    loss = bce_forward(predict(parameters, data["test_X"]), data["test_y"])
    if not np.isclose(loss, run["test"]["loss"], rtol=1e-9):
        raise ValueError(f"{path} was evaluated on other tweets than the project's; the story is told of those alone")
    return {key: run[key] for key in SETTINGS}, parameters


def worker_pool():
    """A process for each core. They end with the `with` block, or by Ctrl-C without a word."""
    return multiprocessing.get_context("spawn").Pool(
        initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL)
    )


# ---- What is shown of a tweet --------------------------------------------------------------------


def emoticon_lists(freqs, more):
    """{name: the stems that it takes for emoticons}, as LISTS describes them."""
    stems = [stem for stem, _, _ in one_sided_stems(freqs)]
    return {"surface": stems, "emoticons": more["symbols"][: more["emoticons"]], "symbols": more["symbols"]}


def show(data, more, emoticons):
    """What is shown of the (training, test) tweets: pairs of Shown, {"every": ..., "alone": ..., "words": ...}."""
    train, test = (_show_part(data, more, part, emoticons) for part in ("train", "test"))
    return {what: (train[what], test[what]) for what in train}


def _show_part(data, more, part, emoticons):
    freqs, X, y, n = data["freqs"], data[f"{part}_X"], data[f"{part}_y"], len(data[f"{part}_y"])
    emoticons, sums, ratios = set(emoticons), np.zeros((2, 3, n)), np.zeros((2, n))  # of other symbols, of emoticons
    for i, symbols in enumerate(more[f"{part}_symbols"]):
        for stem in symbols:
            positive, negative = freqs.get((stem, 1.0), 0), freqs.get((stem, 0.0), 0)
            sums[int(stem in emoticons), 1:, i] += positive, negative
            ratios[int(stem in emoticons), i] += np.log((positive + 1) / (negative + 1))
    words = more[f"{part}_log_ratio"] + ratios[0]
    return {
        "every": Shown(X, y, words + ratios[1]),
        "alone": Shown(sums[1] + [[1], [0], [0]], y, ratios[1]),
        "words": Shown(X - sums[1], y, words),
    }


# ---- Models --------------------------------------------------------------------------------------


def predict(parameters, X):
    W1, b1, W2, b2 = parameters
    return inference_2layers(X, W1, W2, b1, b2)


def train_network(task):
    """task: (training tweets, test tweets, settings), the tweets as Shown. Returns a Training."""
    train, test, settings = task
    rows = []
    for checkpoint in descend(train.X, train.y, **settings):
        evaluation = bce_forward(predict(checkpoint.parameters, test.X), test.y)
        rows.append((checkpoint.step, float(checkpoint.loss), float(evaluation)))
    return Training(*map(list, zip(*rows, strict=True)), checkpoint.best)


def fit_logistic(X, y):
    """Logistic regression without a penalty, by Newton's method: w (d,) with ŷ = σ(w·x), for X (d, N) and y (N,).

    Raises ValueError if it does not converge, as on labels that the features separate.
    """
    scale = np.abs(X).max(axis=1)
    Z, w = X / scale[:, None], np.zeros(len(X))  # (d, N)
    for _ in range(50):
        yhat = sigmoid(w @ Z)
        step = np.linalg.solve(Z * (yhat * (1 - yhat)) @ Z.T, Z @ (yhat - y))  # Hessian (d, d), gradient (d,)
        w = w - step
        if np.abs(step).max() <= 1e-9 * np.abs(w).max():
            return w / scale
    raise ValueError("logistic regression does not converge: do these features separate the labels?")


# ---- Figures -------------------------------------------------------------------------------------


def tell(data, more, settings, parameters, run_all):
    """The dict that story.json holds.

    data, more: as load_embedded and load_symbols return them.  settings: hidden, iters, lr, batch and seed of the run;
    parameters: its W1, b1, W2, b2.  run_all(train_network, tasks): what it returns for each task, in order, like `map`.
    """
    lists = emoticon_lists(data["freqs"], more)
    views = {  # (list, what is shown) -> (training tweets, test tweets)
        (name, what): pair for name, stems in lists.items() for what, pair in show(data, more, stems).items()
    }
    every, alone, words = (views["emoticons", what] for what in ("every", "alone", "words"))
    others = [view for view in views if view[1] != "every"]
    tasks = [(*every, settings | {"seed": settings["seed"] + i}) for i in range(SEEDS)]
    tasks += [(*views[view], settings) for view in others]
    trainings = list(tqdm(run_all(train_network, tasks), "trainings", len(tasks), leave=False, disable=None))
    seeds, retrained = trainings[:SEEDS], dict(zip(others, trainings[SEEDS:], strict=True))

    train, test = every
    yhat, y = predict(parameters, test.X), test.y
    on_words = retrained["emoticons", "words"].best
    network, without_hidden = losses(yhat, y), losses(logistic(train, test), y)
    better = is_right(words[1].log_ratio > 0, y) - is_right(predict(on_words, words[1].X), y)
    return {
        "settings": settings,
        "parameters": {name: value.tolist() for name, value in zip(NAMES, parameters, strict=True)},
        "spread": train.X[1:].std(axis=1).tolist(),
        "stretch": inspect.signature(descend).parameters["stretch"].default,
        "stripes": one_sided_stems(data["freqs"]),
        "every": compare(train, test, parameters),
        "lists": {
            name: {
                "stems": len(stems),
                "lacking": lacking(more["test_symbols"], stems, is_right(yhat, y)),
                **{
                    what: compare(*views[name, what], parameters, retrained[name, what].best)
                    for what in ("alone", "words")
                },
            }
            for name, stems in lists.items()
        },
        # A training tweet's own words are among the counts of its features.
        "words_in_training": score(predict(on_words, words[0].X), train.y),
        "differences": {
            "hidden_layer": mean_with_error(without_hidden - network),  # nats
            "words": mean_with_error(network - losses(predict(parameters, alone[1].X), y)),  # nats
            "log_ratio": mean_with_error(better),  # of the accuracy, by the words alone
        },
        "luck": luck(losses(predict(parameters, train.X), train.y), network),
        "reliability": {"every": reliability(yhat, y), "words": reliability(predict(parameters, words[1].X), y)},
        "seeds": band(seeds) | {"results": [score(predict(seed.best, test.X), y) for seed in seeds]},
        "examples": [
            {"stems": stems, "features": test.X[:, i].tolist(), "label": int(y[i]), "yhat": float(yhat[i])}
            for i, stems in more["examples"].items()
        ],
    }


def compare(train, test, network, retrained=None):
    """The scores of METHODS on what is shown of the test tweets; without `retrained`, of the others."""
    scores = {"network": score(predict(network, test.X), test.y)}
    if retrained:
        scores["retrained"] = score(predict(retrained, test.X), test.y)
    return scores | {
        "logistic": score(logistic(train, test), test.y),
        "counts": score(test.X[1] > test.X[2], test.y) | {"loss": None},  # a decision alone has none
        "log_ratio": score(sigmoid(test.log_ratio), test.y),
    }


def logistic(train, test):
    """ŷ (N,) of the test tweets by logistic regression on the training tweets."""
    return sigmoid(fit_logistic(train.X, train.y) @ test.X)


def is_right(yhat, y):
    """1.0 for each tweet on the right side of ŷ = 1/2, else 0.0. A tie is negative."""
    return ((yhat > 0.5) == (y == 1)).astype(float)


def score(yhat, y):
    right = int(is_right(yhat, y).sum())
    return {
        "right": right,
        "accuracy": right / len(y),
        "interval": wilson_interval(right, len(y)),
        "loss": float(bce_forward(yhat, y)),
    }


def lacking(symbols, emoticons, right):
    """How many tweets, of which `symbols` are held, hold none of `emoticons`; and how many of these are not `right`."""
    none = np.array([set(emoticons).isdisjoint(held) for held in symbols])
    return {"tweets": int(none.sum()), "wrong": int(np.sum(none & (right == 0)))}


def losses(yhat, y):
    """The cross-entropy (N,) of each tweet, nats."""
    return np.array([bce_forward(p, label) for p, label in zip(yhat, y, strict=True)])


def standard_error(values):
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def mean_with_error(values):
    return {"mean": float(values.mean()), "error": standard_error(values)}


def luck(train, test):
    """How often as many random training tweets as there are test tweets have as low a mean loss.

    train, test: the loss of each tweet. The samples are drawn without replacement.
    """
    rng = np.random.default_rng(0)
    means = np.array([rng.choice(train, len(test), replace=False).mean() for _ in range(DRAWS)])
    return {
        "draws": DRAWS,
        "share": float(np.mean(means <= test.mean())),
        "errors": {"train": standard_error(train), "test": standard_error(test)},
    }


def reliability(yhat, y):
    """For each bin of ŷ: from, to (the last one includes it), how many tweets, their mean ŷ, the positive share."""
    rows = []
    for low, high in pairwise(BINS):
        inside = (yhat >= low) & ((yhat < high) | (high == BINS[-1]))
        n = int(inside.sum())
        rows.append({"from": low, "to": high, "tweets": n, "yhat": None, "positive": None})
        if n:
            rows[-1] |= {"yhat": float(yhat[inside].mean()), "positive": float(y[inside].mean())}
    return rows


def band(trainings):
    """The losses of several trainings by step: {"step", "train", "eval"}, the latter two as low, median and high."""
    kept = []
    for i, step in enumerate(trainings[0].step):
        if not kept or step >= SPACING * trainings[0].step[kept[-1]]:
            kept.append(i)
    kept[-1] = len(trainings[0].step) - 1  # the last one always
    found = {"step": [trainings[0].step[i] for i in kept]}
    for part in ("train", "eval"):
        curves = np.array([getattr(training, part) for training in trainings])[:, kept]  # (seeds, steps)
        levels = {"low": curves.min(axis=0), "median": np.median(curves, axis=0), "high": curves.max(axis=0)}
        found[part] = {name: level.tolist() for name, level in levels.items()}
    return found


# ---- Show ----------------------------------------------------------------------------------------


def draw_seeds(seeds):
    curve = {"step": seeds["step"], "train": seeds["train"]["median"], "eval": seeds["eval"]["median"]}
    ranges = {part: (seeds[part]["low"], seeds[part]["high"]) for part in ("train", "eval")}
    return draw_loss(curve, ranges)


def print_story(story):
    views = [("every stem", story["every"])]
    for name, found in story["lists"].items():
        print(
            f"{name:<10} {found['stems']:>4} stems: {LISTS[name]}; {found['lacking']['tweets']} test tweets hold none"
        )
        views += [(f"{name} alone", found["alone"]), (f"without {name}", found["words"])]
    print(f"\n{'shown':<18} {'decided by':<15} {'accuracy':>9}  {'95 % interval':<16} {'loss':>8}")
    for shown, methods in views:
        for method, title in METHODS.items():
            if method not in methods:
                continue
            it = methods[method]
            low, high = it["interval"]
            loss = "" if it["loss"] is None else f"{it['loss']:.5f}"
            print(f"{shown:<18} {title:<15} {it['accuracy']:>9.4f}  {low:.4f} to {high:.4f} {loss:>8}")
            shown = ""
    hidden, chance, seeds = story["differences"]["hidden_layer"], story["luck"], story["seeds"]["results"]
    (least, most), (worst, best) = (sorted(it[key] for it in seeds)[:: len(seeds) - 1] for key in ("loss", "accuracy"))
    print(f"""
The hidden layer lowers the test loss by {hidden["mean"]:.5f}, with a standard error of {hidden["error"]:.5f}.
Of {chance["draws"]:,} random samples of training tweets, {chance["share"]:.1%} have a loss as low as the test tweets.
{len(seeds)} seeds: test loss {least:.5f} to {most:.5f}, accuracy {worst:.4f} to {best:.4f}.
""")
    print(f"{'ŷ':<14}{'every stem':^28}{'without emoticons':^28}")
    print(f"{'':<14}" + 2 * f"{'tweets':>8} {'mean ŷ':>8} {'positive':>9}  ")
    for every, words in zip(*story["reliability"].values(), strict=True):
        cells = [
            f"{it['tweets']:>8,} {it['yhat']:>8.3f} {it['positive']:>9.3f}" if it["tweets"] else f"{0:>8}{'':>18}"
            for it in (every, words)
        ]
        print(f"{every['from']:g} to {every['to']:g}".ljust(14) + "  ".join(cells))
