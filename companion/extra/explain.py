"""Why a linear model decides as it does: what each word of a sentence adds to each class's score (question 4).

Seen from the words, a softmax regression on means of word vectors and on n-grams is a table: row w holds what the word
adds to the scores of the K = 5 classes. With n words known in the sentence,

    score = intercept + sum over words of table[w] / n + sum over the n-grams present of table[g]              (K,)

so nothing is lost when vectors and weights are multiplied out, and the saved model needs neither. Vectors are centred
on the average training sentence (`standardised` in features.py); otherwise every word of a sentence, commas too, would
seem to pull the same way.

The pull of a word towards class a and against class b is the difference of what it adds to the two. The pulls and the
intercept's difference sum to the margin score[a] - score[b], and the sign of that is the decision between the two.
"""

import html
import zipfile

import numpy as np
from q4_sentiment import CLASSES

from data.writer import atomic_write
from extra.features import ngrams


class WordScores:
    """A linear model as tables over words and n-grams.

    terms      a list of (kind, names, table): kind "mean" or "presence" (see features.py), table (len(names), K)
    intercept  (K,)
    """

    def __init__(self, terms, intercept):
        self.terms, self.intercept = terms, intercept
        self._rows = [{name: row for row, name in enumerate(names)} for _, names, _ in terms]
        self._longest = [1 + max((name.count(" ") for name in names), default=0) for _, names, _ in terms]

    @classmethod
    def of(cls, clf, blocks):
        """From a fitted classifier and the features (features.py) whose matrices, side by side, it was fitted on."""
        terms, first = [], 0
        for block in blocks:
            last = first + block.size
            terms.append((block.kind, *block.per_item(clf.coef_[:, first:last])))
            first = last
        return cls(terms, clf.intercept_)

    @classmethod
    def sum(cls, weights, models):
        """The model whose scores are the weighted sum of the scores of `models`."""
        terms = [
            (k, names, w * table) for w, model in zip(weights, models, strict=True) for k, names, table in model.terms
        ]
        return cls(terms, sum(w * model.intercept for w, model in zip(weights, models, strict=True)))

    def contributions(self, words):
        """What each item adds to each class's score: [(item, (K,))], the words in their order, then the n-grams."""
        single = [(word, np.zeros(len(self.intercept))) for word in words]
        longer = {}
        for (kind, _, table), rows, longest in zip(self.terms, self._rows, self._longest, strict=True):
            if kind == "mean":
                known = sum(word in rows for word in words)
                for word, added in single:
                    if word in rows:
                        added += table[rows[word]] / known
            else:
                # Presence counts once: at the first place where the n-gram stands.
                for gram in dict.fromkeys(ngrams(words, longest)):
                    if gram in rows:
                        if " " in gram:
                            longer[gram] = longer.get(gram, 0) + table[rows[gram]]
                        else:
                            single[words.index(gram)][1][:] += table[rows[gram]]
        return single + list(longer.items())

    def scores(self, words):
        """The K scores of a sentence, a list of words: the logarithms of the probabilities up to a constant."""
        return self.intercept + sum((added for _, added in self.contributions(words)), np.zeros(len(self.intercept)))

    def probabilities(self, words):
        """softmax of the scores, (K,)."""
        scores = self.scores(words)
        exponentials = np.exp(scores - scores.max())
        return exponentials / exponentials.sum()

    def knows(self, word):
        """Whether any of the tables has a row for the word."""
        return any(word in rows for rows in self._rows)

    def pulls(self, words, towards, against):
        """How much each item pulls towards one class and against another: [(item, float)], in contributions' order."""
        return [(item, float(added[towards] - added[against])) for item, added in self.contributions(words)]


class MixedScores:
    """A model of phrases, to which from `begins` words on one of sentences is added: `mix` in sentiment.py.

    phrase, sentence: WordScores; weights: of their scores.
    """

    def __init__(self, phrase, sentence, weights, begins):
        self.phrase, self.sentence, self.weights, self.begins = phrase, sentence, weights, begins
        self.mixed = WordScores.sum(weights, (phrase, sentence))

    def of(self, words):
        """The WordScores for so many words."""
        return self.mixed if len(words) >= self.begins else self.phrase

    def scores(self, words):
        return self.of(words).scores(words)

    def save(self, path):
        """Write the model to `path` (.npz, no pickles)."""
        arrays = {"weights": self.weights, "begins": self.begins}
        for part, model in (("phrase", self.phrase), ("sentence", self.sentence)):
            arrays[f"{part}_kinds"] = np.array([kind for kind, _, _ in model.terms])
            arrays[f"{part}_intercept"] = model.intercept
            for number, (_, names, table) in enumerate(model.terms):
                # numpy drops zeros at the end of strings; a newline divides, for no word holds one.
                arrays[f"{part}_names{number}"] = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
                arrays[f"{part}_table{number}"] = table.astype(np.float32)
        with atomic_write(path) as temporary:
            np.savez_compressed(temporary, **arrays)

    @classmethod
    def load(cls, path):
        """Read what `save` wrote. Raises FileNotFoundError, and ValueError for a file that is no such model."""
        if not path.is_file():
            raise FileNotFoundError(f"no saved model at {path}: python companion/extra trains one")
        try:
            # Opened here, because np.load leaves a damaged file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                models = []
                for part in ("phrase", "sentence"):
                    terms = []
                    for number, kind in enumerate(saved[f"{part}_kinds"].tolist()):
                        names = saved[f"{part}_names{number}"].tobytes().decode().split("\n")
                        table = saved[f"{part}_table{number}"].astype(float)
                        if table.shape != (len(names), len(CLASSES)):
                            raise ValueError
                        terms.append((kind, names, table))
                    models.append(WordScores(terms, saved[f"{part}_intercept"]))
                return cls(*models, saved["weights"].tolist(), int(saved["begins"]))
        except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
            raise ValueError(f"{path} is not a whole saved model: python companion/extra trains it anew") from None


# ---- Sentences that the model gets wrong ---------------------------------------------------------

NEGATIONS = frozenset("not n't no never nothing none nobody neither nor without hardly cannot lacks lack".split())
CONTRASTS = frozenset("but though although however despite yet while".split())
REACH = 5  # words over which a negation reaches
ENDS = frozenset(". , ; : ! ? -- -lrb- -rrb- why because who which".split()) | CONTRASTS  # and what ends it before
# What a negation turns into something else: "not only", "no doubt", "not to mention", "nothing short of".
IDIOMS = frozenset("only just merely doubt wonder short less least mention matter".split())

# What would help with each cause of an error, in answer to question 4g.
NEEDED = {
    "negated": "pairs of words such as “not good”, or labels of phrases: a mean adds “not” to any word alike",
    "contrast": "which side of the turn a word stands on: a mean has no order",
    "other": "what the words mean together: irony, comparison, or a word that is praise here and blame there",
}


def is_negated(words, at):
    """Whether the word at `at` is within the reach of a negation before it."""
    for i in range(at - 1, max(-1, at - 1 - REACH), -1):
        if words[i] in ENDS:
            return False
        if words[i] in NEGATIONS:
            return not IDIOMS.intersection(words[i + 1 : i + 3])
    return False


def cause(words, pulls, label_of, up):
    """What a reader would look at first: "negated", "contrast" or "other".

    Of the words that by themselves speak for the mistake (up: for a better class than the true one), the one that pulls
    most is looked at. "negated": it is negated; "contrast": the sentence turns on a word such as "but".
    label_of: the class of each word as the treebank's trees label it alone.
    """
    speaking = [at for at, word in enumerate(words) if (label_of.get(word, 2) - 2) * (1 if up else -1) > 0]
    if speaking and is_negated(words, max(speaking, key=lambda at: pulls[at][1])):
        return "negated"
    return "contrast" if CONTRASTS.intersection(words) else "other"


def misclassified(model, dataset, label_of, each=5):
    """The sentences that the model gets most confidently wrong, by two classes or more: up to `each` of every cause.

    dataset: a list of (words, label); label_of: as for `cause`. Returns dicts: words, true, predicted, margin, cause,
    and pulls: (item, pull towards the predicted and against the true class), of which the first len(words) are the
    words in order.
    """
    wrong = []
    for words, true in dataset:
        scores = model.scores(words)
        predicted = int(scores.argmax())
        if words and abs(predicted - true) >= 2:
            pulls = model.pulls(words, predicted, true)
            wrong.append(
                {
                    "words": words,
                    "true": int(true),
                    "predicted": predicted,
                    "margin": float(scores[predicted] - scores[true]),
                    "cause": cause(words, pulls, label_of, predicted > true),
                    "pulls": pulls,
                }
            )
    wrong.sort(key=lambda case: -case["margin"])
    return [case for name in NEEDED for case in [c for c in wrong if c["cause"] == name][:each]]


def groups(dataset, predicted):
    """Accuracy on sentences with a negation, with a turn ("but" and the like) but no negation, and with neither."""
    kind = np.array(
        ["negation" if NEGATIONS & set(w) else "contrast" if CONTRASTS & set(w) else "neither" for w, _ in dataset]
    )
    right = predicted == np.array([label for _, label in dataset])
    return [
        {"name": name, "sentences": int(inside.sum()), "accuracy": 100 * float(right[inside].mean())}
        for name in ("negation", "contrast", "neither")
        if (inside := kind == name).any()
    ]


def write_table(cases, path, title):
    """An HTML page of misclassified sentences; words that pull to the wrong class are orange, to the right one blue."""
    explain = {
        "negated": "A word that speaks for the mistake is negated",
        "contrast": "The sentence turns",
        "other": "Neither",
    }
    body, last = [], None
    for case in cases:
        if case["cause"] != last:
            last = case["cause"]
            body.append(f"<tr><th colspan=4>{explain[last]}</th></tr>")
        most = max(abs(pull) for _, pull in case["pulls"]) or 1
        marked = "".join(_mark(item, pull, most) for item, pull in case["pulls"][: len(case["words"])])
        strongest = sorted(case["pulls"], key=lambda pair: -pair[1])
        listed = ", ".join(f"{html.escape(item)} {pull:+.2f}" for item, pull in strongest[:3] + strongest[3:][-3:])
        body.append(
            f"<tr><td class=k>{CLASSES[case['true']]}</td><td class=k>{CLASSES[case['predicted']]}</td>"
            f"<td class=s>{marked}</td><td class=l>{listed}</td></tr>"
        )
    with atomic_write(path) as temporary:
        temporary.write_text(PAGE.format(title=html.escape(title), rows="\n".join(body)), encoding="utf-8")


def _mark(item, pull, most):
    hue = "230,120,30" if pull > 0 else "40,110,200"
    style = f"background:rgba({hue},{0.75 * abs(pull) / most:.2f})"
    return f'<span title="{pull:+.3f}" style="{style}">{html.escape(item)}<sub>{pull:+.2f}</sub></span> '


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
 body {{ font: 15px/1.9 sans-serif; margin: 2em auto; max-width: 72em; color: #222 }}
 table {{ border-collapse: collapse }} td {{ border-top: 1px solid #ccc; padding: .5em; vertical-align: top }}
 th {{ text-align: left; padding: 1.2em .5em .3em }}
 .k {{ font: bold 16px monospace }} .l {{ font-size: 12px; width: 17em }}
 span {{ padding: 2px 3px; border-radius: 3px; white-space: nowrap }} sub {{ font-size: 9px; color: #555 }}
</style>
<h1>{title}</h1>
<p>Orange words pull towards the class that the model chose and against the true one; blue words pull the other way. The
small number is the pull, in units of the scores whose softmax is the probability.</p>
<table><tr><td>true</td><td>predicted</td><td>sentence</td><td>strongest pulls, either way</td></tr>
{rows}
</table></html>
"""
