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
from features import ngrams
from results import atomic_write

CLASSES = ["--", "-", "o", "+", "++"]  # 0 very negative, 1 negative, 2 neutral, 3 positive, 4 very positive
NEGATIONS = frozenset("not n't no never nothing none nobody neither nor without hardly cannot lacks lack".split())
CONTRASTS = frozenset("but though although however despite yet while".split())


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

    def save(self, path):
        """Write the model to `path` (.npz, no pickles)."""
        with atomic_write(path) as temporary:
            arrays = {"intercept": self.intercept, "kinds": np.array([kind for kind, _, _ in self.terms])}
            for number, (_, names, table) in enumerate(self.terms):
                # numpy drops zeros at the end of strings; a newline divides, for no word holds one.
                arrays[f"names{number}"] = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
                arrays[f"table{number}"] = table.astype(np.float32)
            np.savez_compressed(temporary, **arrays)

    @classmethod
    def load(cls, path):
        """Read what `save` wrote. Raises FileNotFoundError, and ValueError for a file that is no such model."""
        if not path.is_file():
            raise FileNotFoundError(f"no saved model at {path}: python companion/q4_sentiment.py trains one")
        try:
            # Opened here, because np.load leaves a damaged file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                terms = [
                    (
                        str(kind),
                        saved[f"names{number}"].tobytes().decode().split("\n"),
                        saved[f"table{number}"].astype(float),
                    )
                    for number, kind in enumerate(saved["kinds"])
                ]
                intercept = saved["intercept"]
            if any(table.shape != (len(names), len(CLASSES)) for _, names, table in terms) or intercept.shape != (
                len(CLASSES),
            ):
                raise ValueError("tables and words do not fit together")
        except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is not a whole saved model ({error}): python companion/q4_sentiment.py trains it anew"
            ) from None
        return cls(terms, intercept)


# ---- Sentences that the model gets wrong ---------------------------------------------------------


def cause(words, pulls):
    """What a reader would look at first.

    "negated" if the word that pulls most comes up to three words after a negation, "contrast" if the sentence turns on
    a word such as "but", else "other".
    """
    strongest = max(range(len(words)), key=lambda at: pulls[at][1])
    if NEGATIONS.intersection(words[max(0, strongest - 3) : strongest]):
        return "negated"
    return "contrast" if CONTRASTS.intersection(words) else "other"


def misclassified(model, dataset, each=5):
    """The sentences that the model gets most confidently wrong, by two classes or more: up to `each` of every cause.

    dataset: a list of (words, label). Returns dicts: words, true, predicted, margin, cause, and pulls: (item, pull
    towards the predicted and against the true class), of which the first len(words) are the words in order.
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
                    "cause": cause(words, pulls),
                    "pulls": pulls,
                }
            )
    wrong.sort(key=lambda case: -case["margin"])
    return [
        case for name in ("negated", "contrast", "other") for case in [c for c in wrong if c["cause"] == name][:each]
    ]


def write_table(cases, path, title):
    """An HTML page of misclassified sentences; words that pull to the wrong class are orange, to the right one blue."""
    explain = {
        "negated": "A strong word is negated",
        "contrast": "The sentence turns",
        "other": "A word is meant otherwise, or too many words agree",
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
<table><tr><td>true</td><td>said</td><td>sentence</td><td>strongest pulls, either way</td></tr>
{rows}
</table></html>
"""
