"""Question 4 with more features and all labels: one table, the pictures, and the model for q4_sentiment.py --predict.

Three kinds of lines. *Sentences*: softmax regressions on the 8,544 training sentences, on which words and pairs they
hold and on means of word vectors, with the penalty chosen by the accuracy on the dev sentences. *Phrases*: the same on
words and pairs, trained on each of the 156,817 phrases that train.txt labels. *Mixed*: the two together, weights chosen
on dev (`mix`). Word vectors of our own see the training sentences alone, in a new random order each epoch; the
assignment's own run (q3_run.py) reads datasetSentences.txt, which holds the dev and test sentences too, though no
labels. Test sentences are classified once for each line, by the model that dev has chosen.

Written to output/companion/, anew by each run (* is yourvectors, the own 50-d ones; pretrained; best, the regression
with the best dev accuracy):
    q4.json, q3.json                         all figures, for the report
    q4_model.npz                             the mixed model
    q4_reg_acc_*, q4_confusion_*             accuracy against regularization, confusion on dev, .svg and .png
    q4_confusion_mixed, q3_words_50d, q3_cost    more pictures
    q4_dev_pred_*.txt                        every dev sentence with its true and its predicted class
    q4_wrong_*.html                          misclassified dev sentences, each word coloured by its pull
"""

import json
import time

import numpy as np
from q3_sgd import SAVED, load_saved_params
from q4_sentiment import (
    CLASSES,
    accuracy,
    chooseBestModel,
    getRegularizationValues,
    outputConfusionMatrix,
    outputPredictions,
    plotRegVsAccuracy,
    regressions,
)
from scipy.optimize import minimize
from scipy.sparse import hstack, issparse
from scipy.special import log_softmax
from scipy.stats import binomtest, ttest_rel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from tqdm import tqdm
from utils.glove import find_glove, loadWordVectors
from utils.treebank import DEV, OWN_CORPUS, TEST, TRAIN, StanfordSentiment

from data.writer import atomic_write
from extra import word_pictures
from extra.explain import NEEDED, MixedScores, WordScores, groups, misclassified, write_table
from extra.features import MeanFeatures, NGramFeatures, standardised
from extra.word2vec_fast import train_vectors

SPLITS = {"train": TRAIN, "dev": DEV, "test": TEST}

# Chosen on dev, as means over three seeds; ablation.py shows the neighbours of the second.
OWN = {
    10: dict(epochs=30, window=5, lr=0.05, subsample=1e-4, shared_negatives=True),
    50: dict(epochs=30, window=5, lr=0.025, subsample=1e-3, shared_negatives=True),
}
SPREAD = 0.2  # standard deviation of the vectors' means beside features of zeros and ones: of 0.1, 0.2, 0.3 best on dev
WORD_VALUES = getRegularizationValues()[12:21:2]  # 1 to 100, two a decade: weaker penalties fit all of training, slowly
PHRASE_VALUES = getRegularizationValues()[10:17:2]  # 0.316 to 10
PHRASE_ITERATIONS = 200  # of L-BFGS for each penalty, from where the stronger one ended
FEW = 500  # dev sentences, with which an accuracy is known to within 4 points; with fewer no model is called the best
NOT = ("not", "n't", "no", "never")  # phrases of 2 to 4 words that begin so are "negated"

PUBLISHED = [  # R. Socher et al. 2013, Table 1: accuracy on the test sentences, on all phrases of their trees
    ("Naive Bayes", 41.0, 67.2),
    ("SVM", 40.7, 64.3),
    ("Naive Bayes, words and pairs", 41.9, 71.0),
    ("mean of word vectors", 32.7, 73.3),
    ("RNN", 43.2, 79.0),
    ("MV-RNN", 44.4, 78.7),
    ("RNTN", 45.7, 80.7),
]


class Split:
    """One split: its sentences, lists of words, with their labels (N,), and the phrases of its trees likewise."""

    def __init__(self, treebank, number):
        self.dataset = treebank.getSplitSentences(number)
        self.sentences = [words for words, _ in self.dataset]
        self.labels = np.array([label for _, label in self.dataset])
        phrases = treebank.getPhrases(number)
        self.phrases = [words for words, _ in phrases]
        self.phrase_labels = np.array([label for _, label in phrases])
        self.negated = np.array([2 <= len(words) <= 4 and words[0] in NOT for words in self.phrases])


def splits_of(treebank):
    """The treebank's three splits: {"train": Split, "dev": Split, "test": Split}."""
    return {name: Split(treebank, number) for name, number in SPLITS.items()}


def features_of(blocks, sentences):
    """The features of all blocks side by side: (N, D), sparse where one of them is."""
    matrices = [block.matrix(sentences) for block in blocks]
    return hstack(matrices, format="csr") if any(map(issparse, matrices)) else np.hstack(matrices)


def interval(percent, total):
    """Wilson's 95 % confidence interval of an accuracy in percent over `total` sentences: [low, high], in percent."""
    low, high = binomtest(round(percent / 100 * total), total).proportion_ci(method="wilson")
    return [100 * low, 100 * high]


def paired_interval(right, base):
    """The difference of two shares of right answers to the same sentences, in points: (difference, [low, high])."""
    if np.array_equal(right, base):
        return 0.0, [0.0, 0.0]
    low, high = ttest_rel(right, base).confidence_interval(0.95)
    return 100 * float(np.mean(right - base)), [100 * float(low), 100 * float(high)]


# ---- Lines of the table --------------------------------------------------------------------------


class Line:
    """A model that dev has chosen, as `scores`: lists of words -> (N, 5), and its figures for the table."""

    def __init__(self, name, splits, scores, train, began, **figures):
        self.name, self.scores = name, scores
        dev, test = splits["dev"], splits["test"]
        self.right = scores(test.sentences).argmax(axis=1) == test.labels
        phrases_right = scores(test.phrases).argmax(axis=1) == test.phrase_labels
        self.figures = {
            "name": name,
            "features": None,
            "reg": None,
            "train": train,
            "dev": accuracy(dev.labels, scores(dev.sentences).argmax(axis=1)),
            "test": 100 * float(self.right.mean()),
            "interval": interval(100 * self.right.mean(), len(self.right)),
            "phrases": 100 * float(phrases_right.mean()),
            "negated": 100 * float(phrases_right[test.negated].mean()) if test.negated.any() else None,
            "seconds": time.perf_counter() - began,
            **figures,
        }


class Regression(Line):
    """A line of softmax regressions on features of the training sentences.

    With phrases=True they are trained on all training phrases, and the penalty is chosen on all dev phrases.
    """

    def __init__(self, name, blocks, splits, values, began, phrases=False, fit=regressions):
        train, dev = splits["train"], splits["dev"]
        self.blocks, self.values = blocks, values
        texts, labels = {"train": train.sentences, "dev": dev.sentences}, {"train": train.labels, "dev": dev.labels}
        if phrases:
            label_of = {}  # each once
            for words, label in zip(train.phrases, train.phrase_labels, strict=True):
                label_of.setdefault(tuple(words), label)
            texts = {"train": list(label_of), "dev": dev.phrases}
            labels = {"train": np.array(list(label_of.values())), "dev": dev.phrase_labels}
        features = {split: features_of(blocks, texts[split]) for split in texts}
        options = {"tolerance": 1e-4} if issparse(features["train"]) else {}
        if phrases:
            options = {"iterations": PHRASE_ITERATIONS}
        self.results = fit(features, labels, values, **options)
        self.best = chooseBestModel(self.results)
        self.clf = self.best["clf"]
        size = sum(block.size for block in blocks)
        super().__init__(
            name,
            splits,
            lambda texts: self.clf.decision_function(features_of(blocks, texts)),
            self.best["train"],
            began,
            features=size,
            reg=self.best["reg"],
        )

    def words(self):
        return WordScores.of(self.clf, self.blocks)


class Mixed(Line):
    """A line that adds the scores of a line of phrases and of one of sentences; weights as `mix` chooses them."""

    def __init__(self, name, phrase, sentence, splits, began):
        self.phrase, self.sentence = phrase, sentence
        dev = splits["dev"]
        self.weights, self.begins = mix(
            [line.scores(dev.sentences) for line in (phrase, sentence)],
            dev.labels,
            [line.scores(dev.phrases) for line in (phrase, sentence)],
            dev.phrase_labels,
            np.array([len(words) for words in dev.phrases]),
        )

        def scores(texts):
            alone = phrase.scores(texts)
            long = np.array([len(words) >= self.begins for words in texts])
            return np.where(long[:, None], self.weights[0] * alone + self.weights[1] * sentence.scores(texts), alone)

        train = splits["train"]
        super().__init__(name, splits, scores, accuracy(train.labels, scores(train.sentences).argmax(axis=1)), began)
        difference, (low, high) = paired_interval(self.right * 1.0, sentence.right * 1.0)
        self.figures |= {
            "weights": list(self.weights),
            "begins": self.begins,
            "over": sentence.name,
            "gain": difference,
            "gain_interval": [low, high],
        }

    def words(self):
        return MixedScores(self.phrase.words(), self.sentence.words(), self.weights, self.begins)


def mix(sentence_scores, labels, phrase_scores, phrase_labels, lengths):
    """How to add the scores of a model of phrases and one of sentences: (weights, the number of words it begins at).

    sentence_scores, labels: of the two models on the dev sentences, (N, 5) each, and (N,). phrase_scores,
    phrase_labels, lengths: the same of all dev phrases, and their numbers of words. The model of sentences knows
    nothing of short phrases, most of which are neutral, so it joins from some number of words on. Both choices have the
    least cross-entropy: it is smooth, where the accuracy on a thousand sentences jumps about by a point.
    """

    def losses(scores, labels):
        return -log_softmax(scores, axis=1)[np.arange(len(labels)), labels]

    def loss(weights):
        return losses(weights[0] * sentence_scores[0] + weights[1] * sentence_scores[1], labels).mean()

    weights = minimize(loss, [0.5, 0.5], method="L-BFGS-B", bounds=[(0, None)] * 2).x.tolist()
    alone = losses(phrase_scores[0], phrase_labels)
    mixed = losses(weights[0] * phrase_scores[0] + weights[1] * phrase_scores[1], phrase_labels)
    begins = min(range(1, 41), key=lambda begin: np.where(lengths >= begin, mixed, alone).sum())
    return weights, begins


def naive_bayes_svm(features, labels, values, tolerance=1e-4):
    """`regressions` on features that are each multiplied, for each class, by their log-count ratio, class against rest.

    Source: S. Wang and C. Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification, ACL 2012;
    with logistic regression in place of the support vector machine.
    """
    X, y = features["train"], labels["train"]
    results = []
    for reg in values:
        coef, intercept = [], []
        for c in range(len(CLASSES)):
            inside, outside = (1 + np.asarray(X[y == c].sum(axis=0))[0], 1 + np.asarray(X[y != c].sum(axis=0))[0])
            ratio = np.log(inside / inside.sum()) - np.log(outside / outside.sum())  # (M,)
            binary = LogisticRegression(C=1 / reg, tol=tolerance, max_iter=1000).fit(X.multiply(ratio).tocsr(), y == c)
            coef.append(binary.coef_[0] * ratio)
            intercept.append(binary.intercept_[0])
        clf = LogisticRegression()  # holds the five, one against the rest
        clf.coef_, clf.intercept_, clf.classes_ = np.array(coef), np.array(intercept), np.arange(len(CLASSES))
        accuracies = {split: accuracy(labels[split], clf.predict(features[split])) for split in ("train", "dev")}
        results.append({"reg": float(reg), "clf": clf, **accuracies})
    return results


# ---- Vectors -------------------------------------------------------------------------------------


def own_vectors(dimensions, sentences, seed, settings, progress=True):
    """Vectors trained on `sentences`, input and output joined: (tokens, (V, 2 D)). settings: for train_vectors."""
    words, inputs, outputs = train_vectors(sentences, dimensions, seed=seed, progress=progress, **settings)
    return {word: row for row, word in enumerate(words)}, np.hstack([inputs, outputs]).astype(float)


def glove_vectors(treebank, named):
    """GloVe's vectors of the treebank's words: (tokens, (V, 50)), or None, and a line printed, if there are none."""
    try:
        path = find_glove(named)
    except FileNotFoundError as error:
        if named is not None:
            raise
        print(f"Left out: {error}.")
        return None
    tokens = treebank.tokens()
    return tokens, loadWordVectors(tokens, path)


# ---- The run -------------------------------------------------------------------------------------


def run(options):
    began = time.perf_counter()
    treebank = StanfordSentiment(options.data)
    splits = splits_of(treebank)
    out = options.out
    lines, kinds, wide = train_lines(treebank, splits, options)
    final = lines[-1]  # mixed, of the training text alone
    model, label_of = final.words(), word_labels(splits["train"])
    table = baselines(splits) + [line.figures for line in lines]
    report = {
        "seed": options.seed,
        "data": {
            "name": treebank.name,
            **{s: len(split.labels) for s, split in splits.items()},
            **{f"{s}_phrases": len(split.phrases) for s, split in splits.items()},
            "negated": int(splits["test"].negated.sum()),
            "classes": {s: np.bincount(split.labels, minlength=5).tolist() for s, split in splits.items()},
        },
        "own": {str(d): OWN[d] for d in OWN},
        "table": table,
        "test_evaluations": len(lines),
        "published": PUBLISHED,
        "best": kinds["best"].name,
        "kinds": {kind: write_kind(kind, line, splits["dev"], label_of, out) for kind, line in kinds.items()},
        "examples": readable_mistakes(list(kinds.values())[-2].words(), StanfordSentiment(OWN_CORPUS), label_of),
        "patterns": patterns(model, kinds["best"].words()),
    }
    dev = splits["dev"]
    outputConfusionMatrix(dev.sentences, dev.labels, Predicts(final), out / "q4_confusion_mixed")
    model.save(out / "q4_model.npz")
    report["seconds"] = time.perf_counter() - began
    with atomic_write(out / "q4.json") as temporary:
        temporary.write_text(json.dumps(report, indent=1), encoding="utf-8")
    if word_pictures.has_run(treebank):
        word_pictures.write(treebank, *wide, OWN[50], out)
    print_table(report, treebank)
    print(f"Pictures, tables and the model are in {out} ({report['seconds']:.0f} s).")


class Predicts:
    """A line as what q4's functions call a classifier, with lists of words as its features."""

    def __init__(self, line):
        self.predict = lambda texts: line.scores(texts).argmax(axis=1)


def baselines(splits):
    """Lines of the table that need no features."""
    classes = len(CLASSES)
    guess = dict(name="uniform guessing", train=100 / classes, dev=100 / classes, test=100 / classes, interval=None)
    majority = np.bincount(splits["train"].labels).argmax()
    shares = {s: 100 * float(np.mean(split.labels == majority)) for s, split in splits.items()}
    test = splits["test"]
    phrases = [100 * float(np.mean(test.phrase_labels == c)) for c in range(classes)]
    nothing = dict(features=None, reg=None, seconds=0.0, negated=None)
    return [
        {**guess, **nothing, "phrases": 100 / classes},
        {
            "name": f"always {CLASSES[majority]}",
            **shares,
            **nothing,
            "interval": interval(shares["test"], len(test.labels)),
            "phrases": phrases[majority],
        },
    ]


def train_lines(treebank, splits, options):
    """All lines, those that stand for own vectors, GloVe and the best, {kind: Line}, and the own wide vectors.

    The latter as (words, vectors (V, 2 D), seconds).
    """
    sentences, values = splits["train"].sentences, getRegularizationValues()
    lines, kinds = [], {}
    bar = tqdm(total=13, desc="table", unit="line", disable=None)

    def add(line):
        lines.append(line)
        bar.update()
        return line

    def regression(name, blocks, values, since, **options):
        bar.set_description(name)
        return add(Regression(name, blocks, splits, values, since, **options))

    def means(vectors, spread=1.0):
        return MeanFeatures(vectors[0], standardised(*vectors, sentences, spread))

    clock = time.perf_counter
    since = clock()
    glove = glove_vectors(treebank, options.glove)  # before anything is trained, so that a damaged file is told at once
    glove_seconds = clock() - since

    regression("words", [NGramFeatures(sentences)], WORD_VALUES, clock())
    pairs = NGramFeatures(sentences, 2)
    regression("words and pairs", [pairs], WORD_VALUES, clock())
    regression("words and pairs, NB-SVM", [pairs], WORD_VALUES, clock(), fit=naive_bayes_svm)
    params = load_saved_params()[1]
    if params is not None and len(params) == 2 * len(treebank.tokens()):
        run = treebank.tokens(), word_pictures.joined(params)
        regression("own 10-d, the assignment's run", [means(run)], values, clock())
    else:
        print(f"Left out: the vectors of the assignment's run; companion/q3_run.py writes them to {SAVED}.")
    for dimensions, settings in OWN.items():
        since = clock()
        own = own_vectors(dimensions, sentences, options.seed, settings)
        seconds = clock() - since
        kinds["yourvectors"] = regression(f"own {dimensions}-d, training text", [means(own)], values, since)
    if glove is not None:
        kinds["pretrained"] = regression("GloVe 50-d", [means(glove)], values, clock() - glove_seconds)
    together = "words, pairs, own 50-d"
    blocks = [pairs, means(own, SPREAD)]
    sentence_lines = [regression(together, blocks, WORD_VALUES, clock() - seconds)]
    if glove is not None:
        since = clock() - seconds - glove_seconds
        blocks = [*blocks, means(glove, SPREAD)]
        sentence_lines.append(regression(f"{together}, GloVe", blocks, WORD_VALUES, since))
    kinds["best"] = max((line for line in lines), key=lambda line: line.figures["dev"])

    all_pairs = NGramFeatures(splits["train"].phrases, 2)
    phrase = regression("words and pairs, all phrases", [all_pairs], PHRASE_VALUES, clock(), phrases=True)
    # With GloVe last but one: the last, which --predict uses, has nothing but the training text.
    for line in reversed(sentence_lines):
        add(Mixed(f"the same, mixed with {line.name}", phrase, line, splits, clock()))
    bar.close()
    return lines, kinds, (list(own[0]), own[1], seconds)


def word_labels(split):
    """The class of each word that a tree of the split labels by itself."""
    return {
        words[0]: int(label) for words, label in zip(split.phrases, split.phrase_labels, strict=True) if len(words) == 1
    }


def write_kind(kind, line, dev, label_of, out):
    """Write the pictures, predictions and table of one line, and return its figures for q4.json."""
    clf, X = line.clf, features_of(line.blocks, dev.sentences)
    cases = misclassified(line.words(), dev.dataset, label_of)
    plotRegVsAccuracy(line.values, line.results, out / f"q4_reg_acc_{kind}")
    outputConfusionMatrix(X, dev.labels, clf, out / f"q4_confusion_{kind}")
    outputPredictions(dev.dataset, X, dev.labels, clf, out / f"q4_dev_pred_{kind}.txt")
    write_table(cases, out / f"q4_wrong_{kind}.html", f"Dev sentences that “{line.name}” gets wrong")
    predicted = clf.predict(X)
    return {
        **line.figures,
        "curve": {key: [result[key] for result in line.results] for key in ("reg", "train", "dev")},
        "confusion_dev": confusion_matrix(dev.labels, predicted, labels=range(len(CLASSES))).tolist(),
        "groups_dev": [
            {**group, "interval": interval(group["accuracy"], group["sentences"])}
            for group in groups(dev.dataset, predicted)
        ],
        # Words sorted by their pull, not sentences: the treebank's text is not ours to pass on.
        "wrong": [
            {key: case[key] for key in ("true", "predicted", "margin", "cause")}
            | {"pulls": [[item, round(pull, 4)] for item, pull in sorted(case["pulls"], key=lambda pair: -pair[1])]}
            for case in cases
        ],
    }


def readable_mistakes(model, corpus, label_of, each=2):
    """Mistakes on the project's own sentences, which may be printed: up to `each` of every cause, for question 4g."""
    dataset = [case for number in SPLITS.values() for case in corpus.getSplitSentences(number)]
    return [
        {"text": " ".join(case["words"]), **{key: case[key] for key in ("true", "predicted", "cause")}}
        | {"needed": NEEDED[case["cause"]]}
        for case in misclassified(model, dataset, label_of, each)
    ]


PATTERNS = [
    "not good",
    "not bad",
    "never boring",
    "hardly a masterpiece",
    "it is not a great movie",
    "i do not love it",
    "i can not recommend it",
    "not only funny but also smart",
    "it is not a bad film , but it is far too long",
]


def patterns(mixed, sentence):
    """What the mixed model and one of sentences alone make of short sentences: [{"text", "mixed", "sentence"}, ...]."""
    return [
        {
            "text": text,
            "mixed": int(mixed.scores(text.split()).argmax()),
            "sentence": int(sentence.scores(text.split()).argmax()),
        }
        for text in PATTERNS
    ]


def print_table(report, treebank):
    table, data = report["table"], report["data"]
    width = max(len(line["name"]) for line in table)
    print(
        f"\n{treebank.name}: right answers in percent. Chosen on dev; the test sentences were classified "
        f"{report['test_evaluations']} times,\nonce for each line with features. Interval: 95 %, Wilson. Phrases: all "
        f"{data['test_phrases']:,} of the test trees; negated: the {data['negated']} of 2 to 4\nwords that begin with "
        f"{', '.join(NOT)}. The line of phrases is trained on them: its train is of phrases.\n"
    )
    print(f"{'':{width}} features  penalty  train    dev   test      interval phrases negated seconds")
    for line in table:
        size = f"{line['features']:,}" if line["features"] else ""
        reg = f"{line['reg']:.3g}" if line["reg"] else ""
        span = f"{line['interval'][0]:.1f} to {line['interval'][1]:.1f}" if line["interval"] else ""
        accuracies = " ".join(f"{line[split]:6.1f}" for split in SPLITS)
        negated = "" if line["negated"] is None else f"{line['negated']:.1f}"
        print(
            f"{line['name']:{width}} {size:>8} {reg:>8} {accuracies}  {span:>12} {line['phrases']:7.1f} {negated:>7} "
            f"{line['seconds']:7.1f}"
        )
    for line in table:
        if "gain" in line:
            a, b = line["weights"]
            low, high = line["gain_interval"]
            print(
                f"\n{line['name']}: {a:.2f} and {b:.2f} times the scores, from {line['begins']} words on. Over "
                f"“{line['over']}”: {line['gain']:+.1f} points on test ({low:+.1f} to {high:+.1f}, paired)."
            )
    print("\nShort sentences, as the mixed model and the best one of sentences alone classify them:")
    for pattern in report["patterns"]:
        print(f"  {pattern['text']:46} {CLASSES[pattern['mixed']]:14} {CLASSES[pattern['sentence']]}")
    print("\nSentences of the project's own that a mean of vectors gets wrong, and what would help:")
    for case in report["examples"]:
        print(f"  {case['text']} ({CLASSES[case['predicted']]}, truly {CLASSES[case['true']]}): {case['needed']}")
    print("\nPublished, on the test sentences and on all their phrases (Socher et al. 2013):")
    print("  " + "; ".join(f"{name} {sentences} / {phrases}" for name, sentences, phrases in PUBLISHED) + ".")
    if data["dev"] < FEW:
        print(
            f"\n{data['dev']} dev and {data['test']} test sentences are too few to choose or to judge a model: no line "
            "is the best.\nThe saved model shows how --predict works, and no more."
        )
    print()
