"""Question 4: the sentiment of a sentence, in five classes, from word vectors and softmax regression.

    python companion/q4_sentiment.py --yourvectors            # with the vectors that q3_run.py has trained
    python companion/q4_sentiment.py --pretrained             # with GloVe's
    python companion/q4_sentiment.py --predict "a sentence"   # its class, and why, by the model of companion/extra

A sentence is the mean of its word vectors. The strength of the L2 penalty is chosen by the accuracy on the dev split;
the test split is evaluated once, for that choice. Written to output/companion/: q4_reg_acc_*, q4_confusion_* and
q4_dev_pred_*.txt. Other features and training, and what they add: `python companion/extra`.
"""

if __name__ == "__main__":
    from extra import run

    run("companion/q4_sentiment.py", "q4_sentiment")

import argparse
import copy
import warnings
from pathlib import Path

import extra  # noqa: F401 (the project's own modules are found from here on)
import numpy as np
from matplotlib.figure import Figure
from q3_sgd import SAVED, load_saved_params
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from utils.glove import loadWordVectors
from utils.treebank import StanfordSentiment

from data.writer import atomic_write
from pictures import save

CLASSES = ["very negative", "negative", "neutral", "positive", "very positive"]
ITERATIONS = 1000  # of L-BFGS; a regression that needs more is used as it stands then


def getArguments(arguments=None):
    parser = argparse.ArgumentParser(description="Sentiment of sentences from the mean of their word vectors.")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--yourvectors", action="store_true", help="the word vectors of q3_run.py")
    task.add_argument("--pretrained", action="store_true", help="GloVe's word vectors")
    task.add_argument("--predict", metavar="SENTENCE", help="classify it with the best model of python companion/extra")
    parser.add_argument("--data", metavar="FOLDER", help="the treebank, as for companion/utils/treebank.py")
    parser.add_argument("--glove", metavar="FILE", help="GloVe, as for companion/utils/glove.py")
    return parser.parse_args(arguments)


def getSentenceFeatures(tokens, wordVectors, sentence):
    """The mean of the vectors of the sentence's words (question 4a): (D,).

    tokens: a dict from word to row; wordVectors: (V, D); sentence: a list of words. Words without a row are left out; a
    sentence without any word that has one, the empty sentence too, gives zeros.
    """
    rows = [tokens[word] for word in sentence if word in tokens]
    return wordVectors[rows].mean(axis=0) if rows else np.zeros(wordVectors.shape[1])


def getRegularizationValues():
    """The strengths of the penalty to try (question 4b), from 1e-3 to 1e4, four a decade, sorted: (29,)."""
    return np.logspace(-3, 4, 29)


def chooseBestModel(results):
    """The result with the best accuracy on dev (question 4c); of equals, the one with the strongest regularization.

    results: dicts with reg, clf, train, dev and perhaps more. The simpler model explains the dev sentences as well, so
    it wins a tie.
    """
    if not results:
        raise ValueError("no results to choose from")
    return max(results, key=lambda result: (result["dev"], result["reg"]))


def accuracy(y, yhat):
    """The share of equal labels, in percent. Raises ValueError for different shapes, or none to compare."""
    y, yhat = np.asarray(y), np.asarray(yhat)
    if y.shape != yhat.shape or y.size == 0:
        raise ValueError(f"as many predictions as labels, at least one: labels {y.shape}, predictions {yhat.shape}")
    return 100.0 * np.mean(y == yhat)


def regressions(features, labels, values, tolerance=1e-5, iterations=ITERATIONS):
    """Softmax regressions on the training split, one for each strength of the L2 penalty in `values`, in that order.

    features, labels: {"train": (N, D) and (N,), "dev": ...}. Returns the results that chooseBestModel takes.
    """
    missing = set(range(len(CLASSES))) - set(np.unique(labels["train"]))
    if missing:
        raise ValueError(f"the training sentences hold no example of class {min(missing)}: all of 0 to 4 are needed")
    clf = LogisticRegression(max_iter=iterations, tol=tolerance, warm_start=True)
    results = {}
    # From the strongest penalty, where few steps suffice, to the weakest: each begins where the last one ended.
    for reg in sorted(values, reverse=True):
        clf.set_params(C=1 / (reg + 1e-12))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            clf.fit(features["train"], labels["train"])
        accuracies = {split: accuracy(labels[split], clf.predict(features[split])) for split in ("train", "dev")}
        results[reg] = {"reg": float(reg), "clf": copy.deepcopy(clf), **accuracies}
    return [results[reg] for reg in values]


def plotRegVsAccuracy(regValues, results, filename):
    """Draw accuracy on train and dev against the regularization, and dev again on its own scale, to .svg and .png."""
    figure = Figure(figsize=(6.4, 2.9), layout="constrained")
    best, dev = chooseBestModel(results), [result["dev"] for result in results]
    both, alone = figure.subplots(1, 2)
    both.plot(regValues, [result["train"] for result in results], color="#1b4f8f", label="train")
    both.plot(regValues, dev, "--", color="#c2570c", label="dev")
    both.set(title="train and dev", ylabel="accuracy (%)")
    both.legend(frameon=False)
    alone.plot(regValues, dev, "--", color="#c2570c")
    alone.plot(best["reg"], best["dev"], "o", color="#c2570c")
    alone.set(title=f"dev alone; chosen: {best['reg']:.3g}", ylim=(min(min(dev), max(dev) - 5) - 0.5, max(dev) + 0.5))
    for axes in (both, alone):
        axes.set(xscale="log", xlabel="strength of the penalty")
        axes.axvline(best["reg"], color="0.7", linewidth=1, zorder=0)
        axes.grid(alpha=0.25)
    save(figure, Path(filename).with_suffix(""))


def outputConfusionMatrix(features, labels, clf, filename):
    """Draw how often each true class gets each label, counts and shares of the row, to .svg and .png."""
    counts = confusion_matrix(labels, clf.predict(features), labels=range(len(CLASSES)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5.2, 3.9), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.55 else "black"
        text = f"{counts[row, column]}\n{100 * share:.0f} %"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=10.5)
    names = [name.replace(" ", "\n") for name in CLASSES]
    axes.set_xticks(range(len(CLASSES)), names, fontsize=10.5)
    axes.set_yticks(range(len(CLASSES)), names, fontsize=10.5)
    axes.set_xlabel("predicted", fontsize=10.5)
    axes.set_ylabel("true: count and share of the row", fontsize=10.5)
    save(figure, Path(filename).with_suffix(""))


def outputPredictions(dataset, features, labels, clf, filename):
    """Write a line per sentence of `dataset`, a list of (words, label): true class, predicted class, text, by tabs."""
    lines = ["True\tPredicted\tText"]
    for (words, _), true, predicted in zip(dataset, labels, clf.predict(features), strict=True):
        lines.append(f"{true}\t{predicted}\t{' '.join(words)}")
    with atomic_write(filename) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments=None):
    args = getArguments(arguments)
    if args.predict is not None:
        from extra.predict import predict

        return predict(args.predict)
    dataset = StanfordSentiment(args.data)
    tokens = dataset.tokens()
    if args.yourvectors:
        params, kind = load_saved_params()[1], "yourvectors"
        if params is None or len(params) != 2 * len(tokens):
            raise FileNotFoundError(f"{SAVED} holds no vectors of {dataset.path}: run companion/q3_run.py on it first")
        wordVectors = np.concatenate([params[: len(tokens)], params[len(tokens) :]], axis=1)
    else:
        wordVectors, kind = loadWordVectors(tokens, args.glove), "pretrained"

    splits = {
        "train": dataset.getTrainSentences(),
        "dev": dataset.getDevSentences(),
        "test": dataset.getTestSentences(),
    }
    labels = {split: np.array([label for _, label in sentences]) for split, sentences in splits.items()}
    features = {
        split: np.array([getSentenceFeatures(tokens, wordVectors, words) for words, _ in sentences])
        for split, sentences in splits.items()
    }
    values = getRegularizationValues()
    results = regressions(features, labels, values)
    print(f"{dataset.name}, {wordVectors.shape[1]} features\n\n   penalty  train    dev")
    for result in results:
        print(f"{result['reg']:10.3g} {result['train']:6.2f} {result['dev']:6.2f}")
    best = chooseBestModel(results)
    test = accuracy(labels["test"], best["clf"].predict(features["test"]))
    print(f"\nBest on dev: penalty {best['reg']:.3g}, dev {best['dev']:.2f} %, test {test:.2f} %")

    out = SAVED.parent
    out.mkdir(parents=True, exist_ok=True)
    plotRegVsAccuracy(values, results, out / f"q4_reg_acc_{kind}.png")
    outputConfusionMatrix(features["dev"], labels["dev"], best["clf"], out / f"q4_confusion_{kind}.png")
    outputPredictions(splits["dev"], features["dev"], labels["dev"], best["clf"], out / f"q4_dev_pred_{kind}.txt")
    print(f"written to {out}: q4_reg_acc_{kind}, q4_confusion_{kind}, q4_dev_pred_{kind}.txt")
    return 0
