"""Train the network of assignment2.py on tweets, say how good it is, and leave the parameters and the curves.

    python train.py                              the course's file where it is, else the embedded features
    python train.py --data twitter_data.pkl      a data file of your own
    python train.py --hidden 10 --iters 2e5 --out runs/ten
    python train.py --predict "what a lovely day :)"

Data, in this order: --data FILE, data/twitter_data.pkl, the features embedded in data/. The first two are pickled
dicts with train_x, train_y, test_x, test_y and freqs. Leaves assignment2.pkl (W1, W2, b1, b2) beside this file, and
run.json (every figure of the run), loss.svg/.png and surface.svg/.png in output/; with --out all of it goes there.
Ctrl-C ends the training early and keeps what it has. Exit status: 0 done, 2 for input that cannot be used, 130 after Ctrl-C.
"""

import argparse
import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assignment2 import bce_forward, descend, inference_2layers, load_pickle, load_tweets
from data.writer import atomic_write
from evaluation import measure

ROOT = Path(__file__).resolve().parent


class Data(NamedTuple):
    """X (3, N): [1, positive sum, negative sum], a tweet a column; y (N,), 1 positive and 0 negative."""

    source: str
    train_X: np.ndarray
    train_y: np.ndarray
    test_X: np.ndarray
    test_y: np.ndarray
    freqs: dict
    train_x: list  # the tweets themselves; empty where only their features are embedded
    test_x: list


# --------------------------------------------------------------------------- data


def read_data(path=None):
    """The Data of the file `path`, else of data/twitter_data.pkl where it is, else the embedded features."""
    given = ROOT / "data" / "twitter_data.pkl"
    if path is None and not given.exists():
        from data.embedded import load_embedded

        return Data("the embedded features", train_x=[], test_x=[], **load_embedded())
    path = path or given
    from utils import feature_matrix

    data = load_tweets(path)
    if "test_x" not in data:
        raise ValueError(f"{path}: has no test_x, test_y; the run is evaluated on them")
    return Data(
        Path(path).name,
        feature_matrix(data["train_x"], data["freqs"]),
        data["train_y"],
        feature_matrix(data["test_x"], data["freqs"]),
        data["test_y"],
        data["freqs"],
        data["train_x"],
        data["test_x"],
    )


# --------------------------------------------------------------------------- the run


def train(data, hidden, iters, lr, batch, seed):
    """Train, with a progress bar and a line at readable intervals.

    Returns the last checkpoint, the curve {"step", "train", "eval"}, and whether Ctrl-C ended it.
    The evaluation loss is printed and drawn; nothing is chosen by it.
    """
    from tqdm import tqdm

    run = descend(data.train_X, data.train_y, hidden, iters, lr, batch=batch, seed=seed)
    curve = {"step": [], "train": [], "eval": []}
    checkpoint, interrupted = None, False
    print(f"\n{'step':>9}  {'training loss':>13}  {'evaluation loss':>15}  {'accuracy':>8}")
    with tqdm(
        total=int(iters) if np.isfinite(iters) else None, unit=" steps", unit_scale=True, leave=False, disable=None
    ) as bar:
        try:
            for checkpoint in run:
                W1, b1, W2, b2 = checkpoint.parameters
                yhat = inference_2layers(data.test_X, W1, W2, b1, b2)
                loss, accuracy = bce_forward(yhat, data.test_y), np.mean((yhat > 0.5) == data.test_y)
                for key, value in [("step", checkpoint.step), ("train", checkpoint.loss), ("eval", loss)]:
                    curve[key].append(float(value) if key != "step" else value)
                bar.update(checkpoint.step - bar.n)
                bar.set_postfix_str(f"loss {checkpoint.loss:.4f}", refresh=False)
                if len(curve["step"]) == 1 or checkpoint.step * 10 // iters > curve["step"][-2] * 10 // iters:
                    bar.write(f"{checkpoint.step:>9,}  {checkpoint.loss:>13.5f}  {loss:>15.5f}  {accuracy:>8.4f}")
        except KeyboardInterrupt:
            if checkpoint is None:
                raise
            interrupted = True
    return checkpoint, curve, interrupted


# --------------------------------------------------------------------------- what is printed


def print_results(run):
    (tn, fp), (fn, tp) = run["test"]["confusion"]
    low, high = run["test"]["interval"]
    print(
        f"\nTest accuracy {run['test']['accuracy']:.4f} (95 % interval {low:.4f} to {high:.4f}), test loss {run['test']['loss']:.5f}"
    )
    print(f"The rule 'more positive than negative counts' alone: {run['rule']['accuracy']:.4f}")
    print(
        f"\n                said negative  said positive\ntruly negative  {tn:>13}  {fp:>13}\ntruly positive  {fn:>13}  {tp:>13}\n"
    )


def print_examples(rows):
    """rows: (text, features (3,), ŷ)."""
    print(f"{'positive':>9} {'negative':>9} {'ŷ':>7}")
    for text, (_, positive, negative), yhat in rows:
        print(f"{positive:>9,.0f} {negative:>9,.0f} {yhat:>7.4f}  {' '.join(text.split()) or '(an empty tweet)'}")


# --------------------------------------------------------------------------- pictures


def draw_loss(curve, path):
    """Training and evaluation loss by step, both axes logarithmic: the loss falls forty-fold, most of it at first."""
    figure, axes = _figure()
    axes.plot(curve["step"], curve["train"], color="#1f4e79", label="training")
    axes.plot(curve["step"], curve["eval"], color="#d1712b", linestyle="--", label="evaluation (test tweets)")
    axes.set(xscale="log", yscale="log", xlabel="steps of gradient descent", ylabel="mean cross-entropy (nats)")
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if min(curve["train"] + curve["eval"]) / 2 < t]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_title("Loss while training", loc="left")
    axes.grid(which="both", linewidth=0.4, color="0.85")
    axes.legend(frameon=False)
    _save(figure, path)


def draw_surface(data, predict, path):
    """The test tweets in the plane of their two features, over the network's ŷ = predict(X)."""
    figure, axes = _figure()
    # Counts from 0 to tens of thousands: linear up to 10, logarithmic beyond.
    top = 10 ** np.ceil(np.log10(max(data.test_X[1:].max(), 10)))
    ticks = np.concatenate([np.linspace(-1, 10, 80), np.geomspace(10, top, 240)[1:]])
    positive, negative = np.meshgrid(ticks, ticks)
    grid = np.stack([np.ones(positive.size), positive.ravel(), negative.ravel()])  # (3, M)
    yhat = predict(grid).reshape(positive.shape)
    # A map whose lightness runs one way, so that it reads in grey.
    filled = axes.contourf(positive, negative, yhat, levels=np.linspace(0, 1, 11), cmap="YlGnBu", alpha=0.5)
    axes.contour(positive, negative, yhat, levels=[0.5], colors="black", linewidths=1.8)
    handles = [axes.plot([], [], color="black", linewidth=1.8, label="ŷ = 0.5")[0]]
    wrong = (predict(data.test_X) > 0.5) != data.test_y
    for label, marker, name in [(1, "o", "positive"), (0, "x", "negative")]:
        X = data.test_X[1:, data.test_y == label]
        style = {"facecolors": "none", "edgecolors": "#0b2a4a"} if marker == "o" else {"color": "#a03a00"}
        handles.append(axes.scatter(*X, s=16, marker=marker, linewidths=0.7, label=name, **style))
    handles.append(
        axes.scatter(
            *data.test_X[1:, wrong],
            s=130,
            marker="s",
            facecolors="none",
            edgecolors="black",
            linewidths=1.3,
            label="wrong",
        )
    )
    for axis, set_limits in [(axes.set_xscale, axes.set_xlim), (axes.set_yscale, axes.set_ylim)]:
        axis("symlog", linthresh=10)
        set_limits(-1, top)
    axes.set(xlabel="sum of positive counts", ylabel="sum of negative counts")
    axes.set_title("Test tweets and what the network says", loc="left", pad=30)
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=4,
        frameon=False,
        columnspacing=1.2,
        handletextpad=0.3,
    )
    figure.colorbar(filled, label="ŷ, the probability of positive")
    _save(figure, path)


def _figure():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    return figure, figure.subplots()


def _save(figure, path):
    """As SVG for the report and PNG for the screen; no date and a fixed salt, so that one run gives one file."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "assignment2", "svg.fonttype": "path"}):
        with atomic_write(path.with_suffix(".svg")) as temporary:
            figure.savefig(temporary, metadata={"Date": None})
        with atomic_write(path.with_suffix(".png")) as temporary:
            figure.savefig(temporary, dpi=160)


# --------------------------------------------------------------------------- files


def make_folder(path):
    """The folder `path`, made where it is missing. Raises ValueError before any work where it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise ValueError(f"{path}: cannot write there ({error.strerror})") from None


def load_parameters(path):
    """W1, b1, W2, b2 of an assignment2.pkl."""
    saved = load_pickle(path)
    if not isinstance(saved, dict) or not {"W1", "W2", "b1", "b2"} <= saved.keys():
        raise ValueError(f"{path}: is not a pickled dict with the keys W1, W2, b1, b2")
    return saved["W1"], saved["b1"], saved["W2"], saved["b2"]


# --------------------------------------------------------------------------- the command line


def predict_tweet(tweet, folder):
    from data.embedded import load_embedded
    from utils import extract_features, process_tweet

    W1, b1, W2, b2 = load_parameters(folder / "assignment2.pkl")
    features = extract_features(tweet, load_embedded()["freqs"])
    yhat = inference_2layers(features, W1, W2, b1, b2)[0]
    print(f"stems     {' '.join(process_tweet(tweet)) or '(none)'}")
    print(f"features  {features[0, 1]:,.0f} positive, {features[0, 2]:,.0f} negative")
    print(f"ŷ         {yhat:.4f}")
    print("Positive sentiment" if yhat > 0.5 else "Negative sentiment")


def run_training(args):
    out = make_folder(args.out or ROOT / "output")
    data = read_data(args.data)
    n, m = data.train_X.shape[1], data.test_X.shape[1]
    print(f"Data: {data.source}, {n:,} training and {m:,} test tweets")
    if data.train_x:
        from utils import extract_features

        print("Training Data: ", data.train_x[0])
        print("Features ", extract_features(data.train_x[0], data.freqs))

    checkpoint, curve, interrupted = train(data, args.hidden, args.iters, args.lr, args.batch, args.seed)
    W1, b1, W2, b2 = checkpoint.best

    def predict(X):
        return inference_2layers(X, W1, W2, b1, b2)

    run = {
        "seed": args.seed,
        "hidden": args.hidden,
        "iters": int(args.iters),
        "lr": args.lr,
        "batch": args.batch,
        "steps_taken": checkpoint.step,
        "stopped": "Interrupted by Ctrl-C." if interrupted else "All steps taken.",
        "data": {"source": data.source, "train": n, "held_out": 0, "test": m},
        "curve": curve,
        **measure(predict, bce_forward, data._asdict()),
        "parameters": {name: p.tolist() for name, p in zip(["W1", "b1", "W2", "b2"], checkpoint.best)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }
    print_results(run)
    if data.test_x:
        yhat = predict(data.test_X)
        shown = np.linspace(0, m - 1, min(m, 6)).astype(int)
        print_examples((data.test_x[i], data.test_X[:, i], yhat[i]) for i in shown)
        print()
    print_examples((e["text"], e["features"], e["yhat"]) for e in run["examples"])

    folder = out if args.out else ROOT
    with atomic_write(folder / "assignment2.pkl") as temporary:
        # The handout's snippet saves `data`; the parameters are meant.
        temporary.write_bytes(pickle.dumps({"W1": W1, "W2": W2, "b1": b1, "b2": b2}, protocol=4))
    with atomic_write(out / "run.json") as temporary:
        temporary.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    draw_loss(run["curve"], out / "loss")
    draw_surface(data, predict, out / "surface")
    if interrupted:
        print(f"\nInterrupted at step {checkpoint.step:,} of {int(args.iters):,}: the best so far is kept.")
    names = [folder / "assignment2.pkl", out / "run.json", out / "loss.svg", out / "surface.svg"]
    print("\nSaved " + ", ".join(os.path.relpath(name) for name in names) + " (pictures as .png too)")
    if args.report and not interrupted:
        return subprocess.run([sys.executable, "-m", "report", "--run", str(out.resolve())], cwd=ROOT).returncode
    return 130 if interrupted else 0


def main(argv=None):
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="the course's twitter_data.pkl or one like it")
    parser.add_argument("--hidden", type=int, default=6, metavar="L", help="hidden units, ℓ (default 6)")
    parser.add_argument(
        "--iters",
        type=float,
        default=1e6,
        metavar="T",
        help="steps of gradient descent (default 1e6, some seven seconds)",
    )
    parser.add_argument(
        "--lr", type=float, default=0.01, metavar="R", help="learning rate, the size of a step (default 0.01)"
    )
    parser.add_argument("--batch", type=int, default=32, metavar="B", help="tweets a step (default 32)")
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help="of the initial weights and the batches: one seed, one result (default 0)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="put everything there; with --predict, take assignment2.pkl from there",
    )
    parser.add_argument("--report", action="store_true", help="typeset assignment2.pdf from this run afterwards")
    parser.add_argument(
        "--predict", metavar="TWEET", help="train nothing: say what the saved parameters make of this tweet"
    )
    args = parser.parse_args(argv)
    try:
        if args.predict is not None:
            predict_tweet(args.predict, args.out or ROOT)
            return 0
        return run_training(args)
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ntrain.py: interrupted before there was anything to save", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
