"""The Stanford Sentiment Treebank: text for word2vec (question 3), labelled sentences for the classifier (question 4).

    python companion/treebank.py                 # which data is found, and how much of it there is
    python companion/treebank.py --data FOLDER   # the same for a folder of your own
    python companion/treebank.py --download      # fetch Stanford's two zips to companion/data/, with checksums

A folder of data holds

    train.txt, dev.txt, test.txt                      a labelled tree a line, in the Penn Treebank's brackets
    stanfordSentimentTreebank/datasetSentences.txt    the text that the assignment's own run of word2vec reads
    stanfordSentimentTreebank/datasetSplit.txt        which sentence of it is in which of the three

Without the last two, word2vec reads the training sentences. The folder is looked for in this order: the one that is
named, companion/data/sst (where --download puts it), companion/corpus (small, written for this project).

Two things about datasetSentences.txt. Its accented letters were encoded as UTF-8 twice, so they are decoded twice here;
and some of its sentences are cut short (at "J." of "J.R.R."), so labels and splits are read from the trees, which are
whole. Sources: R. Socher et al., Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank, EMNLP
2013; for both kinds of sampling, T. Mikolov et al., Distributed Representations of Words and Phrases and their
Compositionality, NIPS 2013.
"""

import argparse
import random
import re
import sys
import zipfile
from functools import cached_property
from pathlib import Path

import numpy as np
from results import atomic_write

HERE = Path(__file__).resolve().parent
DOWNLOADED = HERE / "data" / "sst"
OWN_CORPUS = HERE / "corpus"
SENTENCES = "stanfordSentimentTreebank/datasetSentences.txt"
SPLIT = "stanfordSentimentTreebank/datasetSplit.txt"

# The zips, their SHA-256 (the values that Julia's data registries pin too), and what is taken out, to which name.
ZIPS = [
    (
        "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip",
        "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
        {f"trees/{split}.txt": f"{split}.txt" for split in ("train", "dev", "test")},
    ),
    (
        "https://nlp.stanford.edu/~socherr/stanfordSentimentTreebank.zip",
        "3f5209483b46bbf129cacbbbe6ae02fe780407034f61cf6342b7833257c3f1db",
        {SENTENCES: SENTENCES, SPLIT: SPLIT},
    ),
]

COPIES = 30  # thinned copies of the text that contexts are drawn from
THRESHOLD = 1e-5  # Mikolov's t: a word whose share of the text is below t is never dropped
POWER = 0.75  # negatives are drawn in proportion to frequency ** POWER


def read_tree(line):
    """A tree in the Penn Treebank's brackets, e.g. "(3 (2 A) (4 joy))" -> its label and its words, (3, ["a", "joy"]).

    Words are lower-cased; brackets in the text stay as the treebank writes them (-lrb-, -rrb-).
    Raises ValueError for what is no such tree.
    """
    words, depth, state = [], 0, "end"  # state: what the last symbol was
    for symbol in re.findall(
        r"[()]|[^ ()]+", line
    ):  # the blank alone divides: a no-break space is part of "2\xa01\\/2"
        if symbol == "(" and (state == "label" or state == "end" and (depth > 0 or not words)):
            depth, state = depth + 1, "open"
        elif symbol == ")" and state in ("word", "end") and depth > 0:
            depth, state = depth - 1, "end"
        elif state == "open" and symbol in ("0", "1", "2", "3", "4"):
            state = "label"
        elif state == "label" and symbol not in "()":
            words.append(symbol.lower())
            state = "word"
        else:
            break
    else:
        if depth == 0 and words:
            return int(line.lstrip(" (")[0]), words
    shown = line if len(line) <= 60 else line[:57] + "..."
    raise ValueError(f"not a tree of (label word) and (label tree tree) with labels 0 to 4: {shown!r}")


def _text(path):
    """The whole of a UTF-8 file; raises ValueError, naming the file, where it is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}") from None


def _read_trees(path):
    trees = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                trees.append(read_tree(line.strip()))
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
    if not trees:
        raise ValueError(f"{path} holds no trees")
    return [(words, label) for label, words in trees]


def _read_sentences(path):
    # As bytes: splitting and lower-casing then touch ASCII alone. On text, lower() would turn the "Ã" that begins a
    # doubly encoded letter into "ã", and split() would break words at the second half of "à", a no-break space.
    sentences = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[1:], 2):
        if line.strip():
            try:
                sentences.append(
                    [w.lower().decode("utf-8").encode("latin-1").decode("utf-8") for w in line.split()[1:]]
                )
            except UnicodeError:
                raise ValueError(f"{path}, line {number}: not UTF-8 read as Latin-1 and encoded once more") from None
    return sentences


class StanfordSentiment:
    """The treebank, with the names and the random draws of the assignment's own class.

    path       the folder of data, or None to look for it (see the top of this file)
    tablesize  entries of the table from which negatives are drawn

    name       which data this is, for people: "Stanford Sentiment Treebank" or "the project's own small corpus"
    folder     where it was found
    Raises FileNotFoundError if the folder, or a file in it, is missing; ValueError, naming file and line, for a corrupt
    one.
    """

    def __init__(self, path=None, tablesize=1_000_000):
        candidates = [Path(path)] if path is not None else [DOWNLOADED, OWN_CORPUS]
        self.folder = next((folder for folder in candidates if (folder / "train.txt").is_file()), None)
        if self.folder is None:
            raise FileNotFoundError(
                f"no treebank in {candidates[0]}: a folder with train.txt, dev.txt and test.txt is needed"
            )
        self.name = (
            "the project's own small corpus" if self.folder.resolve() == OWN_CORPUS else "Stanford Sentiment Treebank"
        )
        self.tablesize = tablesize

    # ---- Labelled sentences ----------------------------------------------------------------------

    @cached_property
    def _splits(self):
        return {split: _read_trees(self.folder / f"{split}.txt") for split in ("train", "dev", "test")}

    def getTrainSentences(self):
        """The training split, a list of (words, label): lower-cased, label 0 (very negative) to 4 (very positive)."""
        return self._splits["train"]

    def getDevSentences(self):
        """The same for the development split."""
        return self._splits["dev"]

    def getTestSentences(self):
        """The same for the test split."""
        return self._splits["test"]

    def sent_labels(self):
        """A score in [0, 1] for each of `sentences()`: the middle of the fifth that `categorify` gives its class."""
        if not (self.folder / SENTENCES).is_file():
            labels = [label for _, label in self.getTrainSentences()]
        else:
            # Each split's trees stand in the order in which its sentences stand in datasetSentences.txt.
            trees = {
                number: iter(self._splits[split]) for number, split in (("1", "train"), ("2", "test"), ("3", "dev"))
            }
            numbers = [row.split(",")[1] for row in _text(self.folder / SPLIT).split()[1:]]
            if len(numbers) != self.numSentences() or any(
                numbers.count(n) != len(self._splits[s]) for n, s in (("1", "train"), ("2", "test"), ("3", "dev"))
            ):
                raise ValueError(
                    f"{self.folder / SPLIT} does not tell as many sentences of each split as there are trees"
                )
            labels = [next(trees[number])[1] for number in numbers]
        return [(label + 0.5) / 5 for label in labels]

    @staticmethod
    def categorify(score):
        """The class of a score in [0, 1], by fifths, each with its upper end: 0 to 0.2 -> 0, ..., above 0.8 -> 4."""
        if not 0 <= score <= 1:
            raise ValueError(f"a sentiment score lies between 0 and 1, not at {score}")
        return 0 if score <= 0.2 else 1 if score <= 0.4 else 2 if score <= 0.6 else 3 if score <= 0.8 else 4

    # ---- Text ------------------------------------------------------------------------------------

    @cached_property
    def _sentences(self):
        path = self.folder / SENTENCES
        sentences = _read_sentences(path) if path.is_file() else [words for words, _ in self.getTrainSentences()]
        if not sentences:
            raise ValueError(f"{path} holds no sentences")
        return sentences

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
        reject = dict(zip(self._counts, self.rejectProb().tolist(), strict=True))
        draw = random.random
        thinned = [
            [word for word in sentence if reject[word] <= 0 or draw() >= reject[word]]
            for _ in range(COPIES)
            for sentence in self._sentences
        ]
        thinned = [sentence for sentence in thinned if len(sentence) > 1]
        if not thinned:
            raise ValueError(
                f"{self.folder}: too little text, no sentence of two words is left of {self.numSentences()}"
            )
        return thinned

    def allSentences(self):
        """30 copies of the text, frequent words dropped at random, once; sentences of at least two words."""
        return self._thinned

    def getRandomContext(self, C=5):
        """A random word and up to C words on either side, not itself: (word, [word, ...]), the list never empty."""
        if C < 1:
            raise ValueError(f"a context reaches at least one word to each side, not C = {C}")
        sentences = self._thinned
        while True:
            sentence = sentences[random.randint(0, len(sentences) - 1)]
            at = random.randint(0, len(sentence) - 1)
            centre = sentence[at]
            context = [w for w in sentence[max(0, at - C) : at] + sentence[at + 1 : at + C + 1] if w != centre]
            if context:
                return centre, context

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


def download(folder=DOWNLOADED):
    """Fetch Stanford's zips to `folder`'s parent, check them, and take out the files this reader needs.

    A zip that is there already, with the right checksum, is not fetched again. Raises OSError without a network,
    ValueError where a checksum is wrong.
    """
    import pooch

    for url, sha256, members in ZIPS:
        archive = pooch.retrieve(
            url, known_hash=f"sha256:{sha256}", fname=url.rsplit("/", 1)[1], path=folder.parent, progressbar=True
        )
        with zipfile.ZipFile(archive) as opened:
            for member, name in members.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with atomic_write(folder / name) as temporary:
                    temporary.write_bytes(opened.read(member))


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Show which data the companion finds, or fetch Stanford's.")
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="a folder with train.txt, dev.txt, test.txt (default: companion/data/sst, "
        "else the project's own small corpus)",
    )
    parser.add_argument(
        "--download", action="store_true", help="fetch the Stanford Sentiment Treebank (7 MB) to companion/data/ first"
    )
    options = parser.parse_args(arguments)
    if options.download:
        try:
            download()
        except (OSError, ValueError) as error:
            zips = " and ".join(url for url, _, _ in ZIPS)
            print(
                f"The download failed: {error}.\nWithout a network: fetch {zips} elsewhere, put both in "
                f"{DOWNLOADED.parent} and run this again (the checksums are checked then too). Until then every file "
                "runs on the project's own small corpus.",
                file=sys.stderr,
            )
            return 1
    try:
        data = StanfordSentiment(options.data)
        splits = [
            ("train", data.getTrainSentences()),
            ("dev", data.getDevSentences()),
            ("test", data.getTestSentences()),
        ]
        words = sum(map(len, data.sentences()))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{data.name}, from {data.folder}")
    print(
        f"text for word2vec: {data.numSentences():,} sentences, {words:,} words, {len(data.tokens()):,} rows with UNK"
    )
    print("labelled            --      -      o      +     ++")
    for name, split in splits:
        labels = [label for _, label in split]
        print(f"{name:>10} {len(split):6,}", *(f"{labels.count(c):6,}" for c in range(5)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
