"""Train the network of assignment2.py on tweets, evaluate it, and save its parameters, figures and pictures.

    python train.py                                     train as the handout says, in about ten seconds
    python train.py --hidden 10 --iters 2e5 --out ten   ten hidden units, fewer steps, everything saved in ten/
    python train.py --data twitter_data.pkl             train on a data file of your own
    python train.py --page                              train, and write the network as a page to touch and try as well
    python train.py --predict "what a lovely day :)"    what the trained network makes of this tweet

While it trains it prints the loss on the training tweets, which falls, and the loss and the accuracy on the test
tweets, which it never trains on. Then it saves, in output/ or in the folder that --out names,

    assignment2.pkl       the parameters W1, b1, W2, b2
    run.json              the settings and every figure of the run
    loss.svg, .png        the two losses, step by step
    surface.svg, .png     the test tweets in the plane of their features, with the network's decision line
    network.html          with --page, which shows at most 32 hidden units

and prints how good the network is. Ctrl-C ends the training early and saves what there is.

The data are those of --data FILE, else of data/twitter_data.pkl if `make data` has made it, else the features that come
with the project. A data file is a pickled dict with train_x, train_y, test_x, test_y and freqs, or with X, y and freqs
alone, which leaves nothing to evaluate on. --predict takes the parameters in --out FOLDER, else those of the last run
in output/, else the ones that come with the project; and the counts (freqs) of --data FILE, else the project's own.

Exit status: 0 done, 1 if the output could not be written, 2 for input that cannot be used, 130 after Ctrl-C.
"""

if __name__ == "__main__":
    # Before numpy, so that from here on Ctrl-C and a missing package are answered with a sentence.
    import command

    command.run("train.py", "train")

import argparse
import json
import pickle
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

import command
from assignment2 import bce_forward, descend, inference_2layers
from data.embedded import load_embedded
from data.reader import read_parameters, read_tweets
from data.writer import atomic_write
from evaluation import measure
from pictures import draw_loss, draw_surface, one_sided_stems, save
from utils import extract_features, feature_matrix, process_tweet

ROOT = Path(__file__).resolve().parent
OUTPUT = ROOT / "output"


class Data(NamedTuple):
    """X (3, N): [1, positive sum, negative sum], one tweet per column; y (N,): 1 positive, 0 negative."""

    source: str
    train_X: np.ndarray
    train_y: np.ndarray
    freqs: dict
    test_X: np.ndarray | None = None  # None if the file has no test set
    test_y: np.ndarray | None = None
    train_x: list | None = None  # the tweets themselves; None if only their features are embedded
    test_x: list | None = None


class Training(NamedTuple):
    parameters: tuple  # W1, b1, W2, b2 of the lowest training loss
    curve: dict  # {"step", "train"} and, with a test set, "eval": lists of one length
    steps: int
    interrupted: bool
    checkpoints: list  # of (step, (W1, b1, W2, b2)): some sixty, each a fifth or more of its steps after the last


def main(argv=None):
    args = parse(argv)
    if args.predict is not None:
        predict_tweet(args.predict, args.data, args.out)
        return 0
    command.need("matplotlib", "nltk")  # which the training itself can do without, but not what follows it
    if args.page:
        from page.build import build_page, check_units  # a room of its own, which training does not need

        check_units(args.hidden)
    data = read_data(args.data)
    folder = make_folder(args.out or OUTPUT)
    print_data(data)
    with command.finishing("Saving the results. Ctrl-C again gives up.") as interrupts:
        training = train(data, args.hidden, args.iters, args.lr, args.batch, args.seed)
        predict = predictor(training.parameters)
        run = figures(args, data, training, predict)
        write(folder, run, data, training, predict)
        if args.page:
            with atomic_write(folder / "network.html") as temporary:
                temporary.write_text(build_page(run, data._asdict()), encoding="utf-8")
    # Only now, since printing can fail, and nothing is to be lost by that.
    print_results(run, data, predict)
    page = "network.html, " if args.page else ""
    print(f"\nSaved in {shown(folder)}: assignment2.pkl, run.json, {page}and loss and surface as .svg and .png")
    return 130 if training.interrupted or interrupts else 0


# ---- Read ----------------------------------------------------------------------------------------


def read_data(path):
    """The Data of the file `path`, else of data/twitter_data.pkl if it is there, else the embedded features."""
    course_file = ROOT / "data" / "twitter_data.pkl"
    if path is None and not course_file.exists():
        return Data(source="the embedded features", **load_embedded())
    path = path or course_file
    tweets = read_tweets(path)
    for part in ("train", "test"):
        if f"{part}_x" in tweets:
            tweets[f"{part}_X"] = feature_matrix(tweets[f"{part}_x"], tweets["freqs"])
    return Data(source=path.name, **tweets)


def make_folder(path):
    """The folder `path`, made if it is missing. Raises ValueError, before any training, if it cannot be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise ValueError(f"{path}: cannot write there: {error.strerror}") from None


# ---- Train ---------------------------------------------------------------------------------------


def train(data, hidden, iters, lr, batch, seed):
    """Train with a progress bar and a line of figures at each tenth of the steps. Returns a Training.

    The evaluation loss is printed and drawn, but nothing is chosen by it.
    """
    checkpoint, rows, kept, interrupted = None, [], [], False
    print(f"\n{'step':>9}  {'training loss':>13}", end="" if data.test_X is not None else "\n")
    if data.test_X is not None:
        print(f"  {'evaluation loss':>15}  {'accuracy':>8}")
    with tqdm(total=iters, unit=" steps", unit_scale=True, leave=False, disable=None) as bar:
        try:
            with command.interruptible():
                for checkpoint in descend(data.train_X, data.train_y, hidden, iters, lr, batch=batch, seed=seed):
                    row, line = evaluate(checkpoint, data)
                    rows.append(row)  # before it is printed: what the user has seen is kept
                    if not kept or checkpoint.step >= 1.2 * kept[-1][0]:
                        kept.append((checkpoint.step, checkpoint.parameters))
                    if len(rows) == 1 or checkpoint.step * 10 // iters > rows[-2][0] * 10 // iters:
                        bar.write(line)
                    bar.set_postfix_str(f"loss {checkpoint.loss:.4f}", refresh=False)
                    bar.update(checkpoint.step - bar.n)
        except KeyboardInterrupt:
            interrupted = True
    if not rows:
        raise KeyboardInterrupt
    if interrupted:
        print(f"Interrupted at step {checkpoint.step:,} of {iters:,}: saving what there is.", flush=True)
    curve = dict(zip(("step", "train", "eval"), map(list, zip(*rows, strict=True)), strict=False))
    if kept[-1][0] < checkpoint.step:
        kept.append((checkpoint.step, checkpoint.parameters))
    return Training(tuple(map(rounded, checkpoint.best)), curve, checkpoint.step, interrupted, kept)


def evaluate(checkpoint, data):
    """(step, training loss, and with a test set the evaluation loss) of a checkpoint, and the line to print."""
    row, line = (checkpoint.step, float(checkpoint.loss)), f"{checkpoint.step:>9,}  {checkpoint.loss:>13.5f}"
    if data.test_X is None:
        return row, line
    yhat = predictor(checkpoint.parameters)(data.test_X)
    loss, accuracy = float(bce_forward(yhat, data.test_y)), np.mean((yhat > 0.5) == data.test_y)
    return (*row, loss), f"{line}  {loss:>15.5f}  {accuracy:>8.4f}"


def predictor(parameters):
    """The trained network as a function: features (3, M) -> ŷ (M,)."""
    W1, b1, W2, b2 = parameters

    def predict(X):
        with np.errstate(over="ignore"):  # large weights from a large lr: σ(±inf) is 1 or 0, as it should be
            return inference_2layers(X, W1, W2, b1, b2)

    return predict


def rounded(values, digits=10):
    """`values` to ten significant digits. Two processors round each step differently, and over a million steps that
    adds up to a relative 1e-13 or so. Without those digits, one seed gives the same file on either."""
    return np.array([float(f"{value:.{digits - 1}e}") for value in values.flat]).reshape(values.shape)


# ---- Figures -------------------------------------------------------------------------------------


def figures(args, data, training, predict):
    """The dict that run.json holds. Without a test set it has no "eval" curve and none of what `measure` leaves out."""
    counts = {"train": len(data.train_y)} | ({} if data.test_y is None else {"test": len(data.test_y)})
    return {
        "seed": args.seed,
        "hidden": args.hidden,
        "iters": args.iters,
        "lr": args.lr,
        "batch": args.batch,
        "steps_taken": training.steps,
        "stopped": "Interrupted by Ctrl-C." if training.interrupted else "All steps taken.",
        "data": {"source": data.source, **counts},
        "curve": training.curve,
        **measure(predict, bce_forward, data._asdict()),
        "parameters": {name: value.tolist() for name, value in named(training.parameters).items()},
        "checkpoints": checkpoints(training.checkpoints),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }


def checkpoints(kept):
    """The parameters while training: the lists "step" and W1, b1, W2, b2, which have an entry for each checkpoint."""
    steps, parameters = zip(*kept, strict=True)
    stacked = named(map(np.stack, zip(*parameters, strict=True)))  # W1 (C, ℓ, 3) ...
    return {"step": list(steps)} | {name: rounded(value, 6).tolist() for name, value in stacked.items()}


def named(parameters):
    return dict(zip(("W1", "b1", "W2", "b2"), parameters, strict=True))


# ---- Write ---------------------------------------------------------------------------------------


def write(folder, run, data, training, predict):
    """Write the files of a run into `folder`, each whole or not at all; the parameters first."""
    with atomic_write(folder / "assignment2.pkl") as temporary:
        # The handout's code saves `data` here, but means the parameters.
        temporary.write_bytes(pickle.dumps(named(training.parameters), protocol=4))
    with atomic_write(folder / "run.json") as temporary:
        # A line for each key: with `indent`, each number would have a line of its own.
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in run.items())
        temporary.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")

    save(draw_loss(training.curve), folder / "loss")
    stripes = one_sided_stems(data.freqs)
    if data.test_X is not None:
        surface = draw_surface(data.test_X, data.test_y, predict, stripes, "Test tweets")
    else:
        surface = draw_surface(data.train_X, data.train_y, predict, stripes, "Training tweets")
    save(surface, folder / "surface")


# ---- Print ---------------------------------------------------------------------------------------


def print_data(data):
    tests = "no test tweets" if data.test_y is None else f"{len(data.test_y):,} test tweets"
    print(f"Data: {data.source}, {len(data.train_y):,} training tweets and {tests}")
    if data.train_x:
        print("Training Data: ", data.train_x[0])
        print("Features ", extract_features(data.train_x[0], data.freqs))


def print_results(run, data, predict):
    if "test" in run:
        print_scores(run["test"], run["rule"])
    else:
        print(f"\n{data.source} has no test set, so there is nothing to evaluate the network on.")
        print(f"Training accuracy {run['train']['accuracy']:.4f}, training loss {run['train']['loss']:.5f}")
    if data.test_x:
        chosen = np.linspace(0, len(data.test_x) - 1, min(len(data.test_x), 6)).astype(int)
        yhat = predict(data.test_X[:, chosen])
        print_examples("Test tweets", [data.test_x[i] for i in chosen], data.test_X[:, chosen].T, yhat)
    examples = run["examples"]
    columns = [[example[key] for example in examples] for key in ("text", "features", "yhat")]
    print_examples("Sentences of our own", *columns)
    warn_of_divergence(run, np.mean(data.train_y))


def print_scores(test, rule):
    (tn, fp), (fn, tp) = test["confusion"]
    low, high = test["interval"]
    print(f"\nTest accuracy {test['accuracy']:.4f}, test loss {test['loss']:.5f}")
    print(f"95 % interval of the test accuracy, by Wilson's method: {low:.4f} to {high:.4f}")
    print(f"Accuracy of the rule 'more positive than negative counts' alone: {rule['accuracy']:.4f}")
    print(f"\n{'':14}  predicted negative  predicted positive")
    print(f"truly negative  {tn:>18,}  {fp:>18,}\ntruly positive  {fn:>18,}  {tp:>18,}")


def print_examples(title, texts, features, yhats):
    # As wide as the terminal; a file or a pipe has no width, and the longest tweet fits into this.
    width = shutil.get_terminal_size(fallback=(320, 24)).columns
    print(f"\n{title}\n{'positive':>9} {'negative':>9} {'ŷ':>7}")
    for text, (_, positive, negative), yhat in zip(texts, features, yhats, strict=True):
        line = f"{positive:>9,.0f} {negative:>9,.0f} {yhat:>7.4f}  {' '.join(text.split()) or '(an empty tweet)'}"
        print(line if len(line) <= width else line[: width - 1] + "…")


def warn_of_divergence(run, share):
    """Warn if the network is no better than one that answers every tweet with the share of positive tweets."""
    guess = -share * np.log(share) - (1 - share) * np.log(1 - share)  # the entropy of the labels
    loss = run["train"]["loss"]
    if loss >= guess:
        print(
            f"\ntrain.py: warning: the training loss, {loss:.5f}, is no better than the {guess:.5f} of guessing "
            f"ŷ = {share:.2f} for every tweet. Try a smaller --lr than {run['lr']:g}, or more --iters.",
            file=sys.stderr,
        )


def shown(path):
    """A path as the user would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


# ---- Predict -------------------------------------------------------------------------------------


def predict_tweet(tweet, data, folder):
    if folder:
        path, origin = folder / "assignment2.pkl", "from --out"
    elif (OUTPUT / "assignment2.pkl").exists():
        path, origin = OUTPUT / "assignment2.pkl", "of the last run"
    else:
        path, origin = ROOT / "assignment2.pkl", "that come with the project"
    parameters = read_parameters(path)
    if parameters[0].shape[1] != 3:
        raise ValueError(f"{path}: W1 of shape {parameters[0].shape} does not fit the 3 features of a tweet")
    freqs = (read_tweets(data) if data else load_embedded())["freqs"]
    features = extract_features(tweet, freqs)  # (1, 3)
    yhat = predictor(parameters)(features.T)[0]
    print(f"parameters  {shown(path)}, {origin}")
    print(f"stems       {' '.join(process_tweet(tweet)) or '(none)'}")
    print(f"features    {features[0, 1]:,.0f} positive, {features[0, 2]:,.0f} negative")
    print(f"ŷ           {yhat:.4f}")
    print("Positive sentiment" if yhat > 0.5 else "Negative sentiment")


# ---- The command line ----------------------------------------------------------------------------


def parse(argv):
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="train.py", description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=_path, metavar="FILE", help="the course's twitter_data.pkl or a file like it")
    add("--hidden", type=_whole(1, 10_000), default=6, metavar="L", help="hidden units, ℓ (default 6)")
    add("--iters", type=_whole(1, 10**15), default=10**6, metavar="T", help="steps of gradient descent (default 1e6)")
    add("--lr", type=_positive, default=0.01, metavar="R", help="learning rate, the size of a step (default 0.01)")
    add("--batch", type=_whole(1), default=32, metavar="B", help="tweets per step (default 32)")
    add("--seed", type=_whole(0), default=0, metavar="S", help="start of the random numbers: initial weights, batches")
    add("--out", type=_path, metavar="FOLDER", help="save everything there; with --predict, read the parameters there")
    add("--page", action="store_true", help="write network.html too: the network as a page to touch and try")
    add("--predict", metavar="TWEET", help="do not train: print what the trained network makes of this tweet")
    args = parser.parse_args(argv)
    if [] in vars(args).values():  # what argparse before 3.13 makes of --predict=--
        parser.error("'--' is no value for an option")
    return args


def _path(text):
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a path, not an empty text")
    return Path(text)


def _whole(least, most=None):
    """A reader of whole numbers from `least` to `most`, also of those written as 1e6."""

    def read(text):
        try:
            value = int(text) if text.strip("+-").isdecimal() else float(text)
            if value != int(value):
                raise ValueError
        except (ValueError, OverflowError):
            raise argparse.ArgumentTypeError(f"expected a whole number such as 6 or 1e6, not {text!r}") from None
        if value < least:
            raise argparse.ArgumentTypeError(f"expected at least {least}, not {text}")
        if most is not None and value > most:
            raise argparse.ArgumentTypeError(f"expected at most {most:,}, not {text}")
        return int(value)

    return read


def _positive(text):
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 < value < np.inf:
        raise argparse.ArgumentTypeError(f"expected a positive number, not {text!r}")
    return value
