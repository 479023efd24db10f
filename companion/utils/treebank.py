"""The Stanford Sentiment Treebank: text for word2vec (question 3), labelled sentences for the classifier (question 4).

    python companion/utils/treebank.py                 # which data is found, how much there is of it, and a few checks
    python companion/utils/treebank.py --data FOLDER   # the same for a folder of your own

Stanford's files, as they lie in utils/datasets once `python companion/extra download` has fetched them:

    train.txt, dev.txt, test.txt    a labelled tree a line, in the Penn Treebank's brackets
    stanfordSentimentTreebank/
        datasetSentences.txt        the text that word2vec reads, all three splits
        datasetSplit.txt            which sentence is in which split: 1 train, 2 test, 3 dev
        dictionary.txt, sentiment_labels.txt    a number for each phrase and a score for each number

Either the trees or the last two give the labels. The trees alone are enough: their sentences are then the text, as in
companion/corpus, which is used if utils/datasets is empty. Accented letters in datasetSentences.txt were encoded as
UTF-8 twice, so they are decoded twice here. Sources: R. Socher et al., Recursive Deep Models for Semantic
Compositionality Over a Sentiment Treebank, EMNLP 2013; for both kinds of sampling, T. Mikolov et al., Distributed
Representations of Words and Phrases and their Compositionality, NIPS 2013.
"""

import random
import re
import sys
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

DATASETS = Path(__file__).resolve().parent / "datasets"
OWN_CORPUS = Path(__file__).resolve().parents[1] / "corpus"
STANFORD = "stanfordSentimentTreebank"
TRAIN, TEST, DEV = 0, 1, 2  # the splits, in the order of their numbers in datasetSplit.txt
FILES = ("train.txt", "test.txt", "dev.txt")

COPIES = 30  # thinned copies of the text that contexts are drawn from
THRESHOLD = 1e-5  # Mikolov's t: a word whose share of the text is below t is never dropped
POWER = 0.75  # negatives are drawn in proportion to frequency ** POWER


# The parts of a tree: a word with its label, as "(4 joy)"; a label with its bracket where another bracket follows, as
# "(3"; a closing bracket; what has no place in one. Only blanks divide: a no-break space is part of "2\xa01\\/2".
PARTS = re.compile(r"\( *([0-4])(?: +([^ ()]+) *\)|(?= *\())|(\))|[^ ]")


def read_tree(line):
    """A tree in the Penn Treebank's brackets, e.g. "(3 (2 A) (4 joy))" -> its words and its labelled phrases:

    ["a", "joy"] and [(3, 0, 2), (2, 0, 1), (4, 1, 2)], each phrase (label, begin, end), the whole sentence first.
    Words are lower-cased; brackets in the text stay as the treebank writes them (-lrb-, -rrb-).
    Raises ValueError if it is no such tree.
    """
    words, phrases, unclosed = [], [], []
    for label, word, closing in re.findall(PARTS, line):
        if label and (unclosed or not words):
            if word:
                phrases.append((int(label), len(words), len(words) + 1))
                words.append(word.lower())
            else:
                unclosed.append(len(phrases))
                phrases.append((int(label), len(words)))
        elif closing and unclosed:
            at = unclosed.pop()
            phrases[at] = (*phrases[at], len(words))
        else:
            break
    else:
        if not unclosed and words:
            return words, phrases
    shown = line if len(line) <= 60 else line[:57] + "..."
    raise ValueError(f"not a tree of (label word) and (label tree tree) with labels 0 to 4: {shown!r}")


def _lines(path):
    """The lines of a UTF-8 file with their numbers, empty ones left out: [(number, line), ...]."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}") from None
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _read_trees(path):
    trees = []
    for number, line in _lines(path):
        try:
            trees.append(read_tree(line))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if not trees:
        raise ValueError(f"{path} holds no trees")
    return trees


def _read_sentences(path):
    # As bytes: splitting and lower-casing then touch ASCII alone. On text, lower() would turn the "Ã" that begins a
    # doubly encoded letter into "ã", and split() would break words at the second half of "à", a no-break space.
    sentences = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[1:], 2):
        if line.strip():
            try:
                text = b" ".join(line.split()[1:]).lower()
                sentences.append(text.decode("utf-8").encode("latin-1").decode("utf-8").split(" ") if text else [])
            except UnicodeError:
                raise ValueError(f"{path}, line {number}: not UTF-8 read as Latin-1 and encoded once more") from None
    if not sentences:
        raise ValueError(f"{path} holds no sentences")
    return sentences


def _uniform(n):
    """What n calls of random.random() give: each takes the top 27 and 26 bits of the stream's next two 32-bit words."""
    bits = random.getrandbits(64 * n).to_bytes(8 * n, "little")
    high, low = np.frombuffer(bits, dtype="<u4").reshape(n, 2).T
    return ((high >> 5) * 2.0**26 + (low >> 6)) / 2.0**53


class StanfordSentiment:
    """The treebank, with the names and the random draws of the assignment's own class.

    path       the folder stanfordSentimentTreebank, or the folder around it; None: utils/datasets, else the project's
               own small corpus
    tablesize  entries of the table from which negatives are drawn

    name       which data this is, for people: "Stanford Sentiment Treebank" or "the project's own small corpus"
    Raises FileNotFoundError if the folder, or a file in it, is missing; ValueError, naming file and line, for a corrupt
    one.
    """

    def __init__(self, path=None, tablesize=1_000_000):
        for folder in [DATASETS, OWN_CORPUS] if path is None else [Path(path)]:
            self.path = folder / STANFORD if (folder / STANFORD).is_dir() else folder
            self._has_text = (self.path / "datasetSentences.txt").is_file()
            around = self.path.parent if self._has_text else self.path
            self._trees_folder = next((f for f in (self.path, around) if (f / FILES[TRAIN]).is_file()), None)
            if self._has_text or self._trees_folder:
                break
        else:
            raise FileNotFoundError(
                f"no treebank in {folder}: it needs {STANFORD}/datasetSentences.txt, or train.txt, dev.txt and test.txt"
            )
        self.name = (
            "the project's own small corpus" if folder.resolve() == OWN_CORPUS else "Stanford Sentiment Treebank"
        )
        self.tablesize = tablesize

    # ---- Labels ----------------------------------------------------------------------------------

    @cached_property
    def _trees(self):
        if self._trees_folder is None:
            raise FileNotFoundError(f"the labels of phrases are in train.txt, dev.txt and test.txt: not in {self.path}")
        return [_read_trees(self._trees_folder / name) for name in FILES]

    @cached_property
    def _split(self):
        if not self._has_text:
            ends = np.cumsum([0] + [len(trees) for trees in self._trees]).tolist()
            return [list(range(begin, end)) for begin, end in zip(ends, ends[1:], strict=False)]
        path, split = self.path / "datasetSplit.txt", [[], [], []]
        for number, line in _lines(path)[1:]:
            match = re.fullmatch(r"(\d+),([123])", line)
            if not match or not 1 <= int(match[1]) <= self.numSentences():
                raise ValueError(
                    f"{path}, line {number}: not the number of a sentence, a comma and 1, 2 or 3: {line!r}"
                )
            split[int(match[2]) - 1].append(int(match[1]) - 1)
        return split

    def dataset_split(self):
        """The places in `sentences()` of the training, the test and the dev sentences: three lists."""
        return self._split

    @cached_property
    def _labels(self):
        labels = [None] * self.numSentences()
        if self._has_text and (self.path / "dictionary.txt").is_file():
            number_of = {}
            for _, line in _lines(self.path / "dictionary.txt"):
                phrase, _, number = line.rpartition("|")
                number_of[phrase.lower()] = number
            score_of = dict(line.split("|", 1) for _, line in _lines(self.path / "sentiment_labels.txt")[1:])
            for at, words in enumerate(self._sentences):
                phrase = " ".join(words).replace("-lrb-", "(").replace("-rrb-", ")").lower()
                try:
                    labels[at] = float(score_of[number_of[phrase]])
                except (KeyError, ValueError):
                    raise ValueError(
                        f"{self.path}: dictionary.txt and sentiment_labels.txt hold no score of sentence {at + 1}"
                    ) from None
            return labels
        for trees, places, name in zip(self._trees, self._split, FILES, strict=True):
            if len(trees) != len(places):
                raise ValueError(
                    f"{self.path} names {len(places)} sentences of a split for which {name} has {len(trees)} trees"
                )
            # Each split's trees stand in the order in which its sentences stand in datasetSentences.txt.
            for (_, phrases), at in zip(trees, places, strict=True):
                labels[at] = (phrases[0][0] + 0.5) / 5
        return labels

    def sent_labels(self):
        """A score in [0, 1] for each of `sentences()`: Stanford's, or the middle of the fifth of its tree's class."""
        return self._labels

    def categorify(self, label):
        """The class of a score in [0, 1], by fifths, each with its upper end: 0 to 0.2 -> 0, ..., above 0.8 -> 4."""
        if not 0 <= label <= 1:
            raise ValueError(f"a sentiment score lies between 0 and 1, not at {label}")
        return 0 if label <= 0.2 else 1 if label <= 0.4 else 2 if label <= 0.6 else 3 if label <= 0.8 else 4

    def getSplitSentences(self, split=0):
        """One split, 0 train, 1 test or 2 dev: (words, label) of each sentence, the label 0 (very negative) to 4."""
        return [(self._sentences[i], self.categorify(self._labels[i])) for i in self._split[split]]

    def getTrainSentences(self):
        return self.getSplitSentences(TRAIN)

    def getDevSentences(self):
        return self.getSplitSentences(DEV)

    def getTestSentences(self):
        return self.getSplitSentences(TEST)

    def getRandomTrainSentence(self):
        """A training sentence, each equally likely: (words, label)."""
        train = self._split[TRAIN]
        at = train[random.randint(0, len(train) - 1)]
        return self._sentences[at], self.categorify(self._labels[at])

    def getPhrases(self, split=0):
        """Every labelled phrase of one split's trees, (words, label), each tree's whole sentence before its parts."""
        return [(words[begin:end], label) for words, phrases in self._trees[split] for label, begin, end in phrases]

    # ---- Text ------------------------------------------------------------------------------------

    @cached_property
    def _sentences(self):
        if self._has_text:
            return _read_sentences(self.path / "datasetSentences.txt")
        return [words for trees in self._trees for words, _ in trees]

    def sentences(self):
        """The text for word2vec: a list of sentences, each a list of lower-cased words."""
        return self._sentences

    def numSentences(self):
        return len(self._sentences)

    @cached_property
    def _counts(self):
        counts = {}
        for sentence in self._sentences:
            for word in sentence:
                counts[word] = counts.get(word, 0) + 1
        counts["UNK"] = 1
        return counts

    @cached_property
    def _tokens(self):
        return {word: row for row, word in enumerate(self._counts)}

    @cached_property
    def _words(self):
        return list(self._tokens)

    def tokens(self):
        """A dict from each word to its row in the vectors: rows in order of first occurrence, then "UNK"."""
        return self._tokens

    # ---- Random draws, all from Python's global stream, as the assignment's seeds demand ---------

    def rejectProb(self):
        """For each row (V,), the probability that an occurrence of the word is dropped: max(0, 1 - sqrt(t / share))."""
        counts = np.array(list(self._counts.values()), dtype=float)
        return np.maximum(0, 1 - np.sqrt(THRESHOLD * counts.sum() / counts))

    @cached_property
    def _thinned(self):
        rows = np.array([self._tokens[word] for sentence in self._sentences for word in sentence])
        bounds = np.cumsum([0, *map(len, self._sentences)])
        reject = self.rejectProb()[rows]
        drawn = np.flatnonzero(reject > 0)
        text, lengths = [], []
        for _ in range(COPIES):
            kept = np.ones(len(rows), dtype=bool)
            kept[drawn] = _uniform(len(drawn)) >= reject[drawn]
            left = np.diff(np.append(0, np.cumsum(kept))[bounds])  # words of each sentence
            kept &= np.repeat(left > 1, np.diff(bounds))
            text.append(rows[kept])
            lengths.append(left[left > 1])
        text, begins = np.concatenate(text), np.cumsum(np.concatenate([[0], *lengths]))
        if len(text) == 0:
            raise ValueError(f"{self.path}: too little text, no sentence of two words is left of {self.numSentences()}")
        return text, begins.tolist()

    def thinned(self):
        """The text of allSentences as rows, (N,), and a list of where in it each sentence begins, and N."""
        return self._thinned

    @cached_property
    def _all_sentences(self):
        text, begins = self._thinned
        text = [self._words[row] for row in text.tolist()]
        return [text[begin:end] for begin, end in pairwise(begins)]

    def allSentences(self):
        """30 copies of the text, frequent words dropped at random, once; sentences of at least two words."""
        return self._all_sentences

    def getRandomContext(self, C=5):
        """A random word and up to C words on either side, not itself: (word, [word, ...]), the list never empty."""
        if C < 1:
            raise ValueError(f"a context reaches at least one word to each side, not C = {C}")
        text, begins = self._thinned
        while True:
            which = random.randint(0, len(begins) - 2)
            begin, end = begins[which], begins[which + 1]
            at = random.randint(begin, end - 1)
            context = [row for row in text[max(begin, at - C) : min(end, at + C + 1)].tolist() if row != text[at]]
            if context:
                return self._words[text[at]], [self._words[row] for row in context]

    @cached_property
    def _table(self):
        share = np.array(list(self._counts.values()), dtype=float) ** POWER
        share /= share.sum()
        # Entry i is the first row whose cumulated share times the table's size is at least i.
        return np.searchsorted(np.cumsum(share) * self.tablesize, np.arange(self.tablesize)).tolist()

    def sampleTable(self):
        """The rows that sampleTokenIdx draws from, each entry equally likely: a list of tablesize."""
        return self._table

    def sampleTokenIdx(self):
        """A random row, drawn in proportion to the word's frequency ** 0.75."""
        return self._table[random.randint(0, self.tablesize - 1)]


def sanity_check(data):
    """Checks of the reader on a tree, and of the draws on `data`."""
    assert read_tree("(3 (2 A) (4 joy))") == (["a", "joy"], [(3, 0, 2), (2, 0, 1), (4, 1, 2)])
    assert [data.categorify(score) for score in (0, 0.2, 0.3, 0.6, 0.7, 1)] == [0, 0, 1, 2, 3, 4]
    tokens, at = data.tokens(), random.getstate()
    assert list(tokens.values()) == list(range(len(tokens))) and len(data.sampleTable()) == data.tablesize
    for _ in range(100):
        centre, context = data.getRandomContext(5)
        assert centre in tokens and 0 < len(context) <= 10 and centre not in context
    random.setstate(at)
    if data.name == "Stanford Sentiment Treebank":
        assert (data.numSentences(), len(tokens)) == (11_855, 19_539), "the whole treebank has 11,855 and 19,539"


def main(arguments=None):
    import argparse

    parser = argparse.ArgumentParser(description="Show which data the companion finds, and check it.")
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help=f"the folder {STANFORD}, or the one around it with train.txt, dev.txt and test.txt "
        "(default: companion/utils/datasets, else the project's own small corpus)",
    )
    data = StanfordSentiment(parser.parse_args(arguments).data)
    words = sum(map(len, data.sentences()))
    print(f"{data.name}, from {data.path}")
    print(f"text: {data.numSentences():,} sentences, {words:,} words, {len(data.tokens()):,} rows with UNK")
    print("labelled            --      -      o      +     ++")
    for split, name in ((TRAIN, "train"), (DEV, "dev"), (TEST, "test")):
        labels = [label for _, label in data.getSplitSentences(split)]
        print(f"{name:>10} {len(labels):6,}", *(f"{labels.count(c):6,}" for c in range(5)))
    sanity_check(data)
    print("All checks of the treebank passed.")
    return 0


if __name__ == "__main__":
    sys.path[:] = [str(Path(__file__).resolve().parents[1]), *sys.path[1:]]
    from extra import run

    run("companion/utils/treebank.py", "utils.treebank")
