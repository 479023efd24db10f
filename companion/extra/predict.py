"""The class of a sentence that is typed, and what each word and pair does to it: q4_sentiment.py --predict."""

import re

import numpy as np
from q3_sgd import SAVED
from q4_sentiment import CLASSES
from scipy.special import softmax

from extra.explain import MixedScores

MODEL = SAVED.with_name("q4_model.npz")


def tokenize(text):
    """A sentence as the treebank would divide it: lower case, n't and 's by themselves, marks by themselves."""
    text = text.lower().replace("’", "'").replace("(", " -lrb- ").replace(")", " -rrb- ")
    return re.findall(r"-[lr]rb-|\w+(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\w+(?:[-.,]\w+)*|\.\.\.|--|[^\w\s]", text)


def predict(sentence):
    """Print the class of `sentence`, each class's probability, and the pulls. Raises ValueError if no word is known."""
    mixed = MixedScores.load(MODEL)
    words = tokenize(sentence)
    unknown = [word for word in words if not mixed.mixed.knows(word)]
    if len(unknown) == len(words):
        raise ValueError(f"no word of the sentence is known: {', '.join(words) or 'it is empty'}")
    model = mixed.of(words)
    scores = model.scores(words)
    second, first = np.argsort(scores)[-2:]
    print(f"{CLASSES[first]}\n")
    for name, probability in zip(CLASSES, softmax(scores), strict=True):
        print(f"  {name:13} {100 * probability:5.1f} %  {'#' * round(40 * probability)}")
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
