"""The embedded data: what is derived from the course's twitter_data.pkl, without its tweets (README.md).

features.npz holds integers only, so that it can be read with allow_pickle=False:

    train_features, test_features   (2, 8000) and (2, 2000): the two sums of each tweet, positive above negative
    train_labels,   test_labels     (8000,) and (2000,): 1 positive, 0 negative
    stem_counts                     (2, S): how often each stem occurs in positive (row 0) and negative (row 1) tweets
    stem_*                          the S stems, as below

    symbol_*                        the stems that are no words: first those that NLTK's tokenizer takes for emoticons,
    emoticons                       ()  this many of them; then all others without a letter or a digit, such as '...'
    train_held, test_held           how many symbols each tweet holds, ...
    train_symbols, test_symbols     ... and which: places in the list of symbols, tweet after tweet, in rising order
    train_log_ratio, test_log_ratio (8000,) and (2000,): for each tweet the sum of ln((positive count + 1) / (negative
                                    count + 1)) of its stems that are no symbols, in millionths
    examples, example_sizes         (E,) the places of a few test tweets, and how many stems each holds
    example_*                       those stems, each tweet's in alphabetical order

A list of texts is two arrays, NAME_lengths (S,) and NAME_bytes: the texts one after the other, in UTF-8 (lengths, since
a stem may hold any separator: '.\\n.' is one).
"""

import zipfile
import zlib
from itertools import accumulate, chain, pairwise
from pathlib import Path

import numpy as np

FEATURES = Path(__file__).with_name("features.npz")
MILLIONTH = 1e-6


def load_embedded():
    """The course's data as features: a dict of

    train_X, test_X     float64 (3, 8000) and (3, 2000): [1, positive sum, negative sum] in each column
    train_y, test_y     float64 (8000,) and (2000,): 1.0 positive, 0.0 negative
    freqs               {(stem, label): count}, the labels floats as in the course's file
    """
    return read_features(FEATURES)


def load_symbols():
    """What else is known of the course's tweets, which training does not need: a dict of

    symbols                         list of str: the stems of all tweets that are no words, NLTK's emoticons first
    emoticons                       int: how many of them are NLTK's emoticons
    train_symbols, test_symbols     for each tweet the list of the symbols it holds, with repeats
    train_log_ratio, test_log_ratio float64 (8000,) and (2000,): Σ ln((positive count + 1) / (negative count + 1)) over
                                    those stems of each tweet that are no symbols, nats
    examples                        {place in the test set: its stems in alphabetical order}, a dozen tweets at most
    """
    return read_symbols(FEATURES)


def read_features(path):
    """What load_embedded returns, read from `path`. Raises ValueError if the file is missing or broken."""
    arrays, data = _read(path), {}
    for part in ("train", "test"):
        features = arrays[f"{part}_features"].astype(np.float64)  # (2, N)
        data[f"{part}_X"] = np.vstack([np.ones(features.shape[1]), features])  # (3, N)
        data[f"{part}_y"] = arrays[f"{part}_labels"].astype(np.float64)  # (N,)
    stems = _unpack(arrays, "stem")
    data["freqs"] = {
        (stem, label): count
        for label, counts in zip((1.0, 0.0), arrays["stem_counts"].tolist(), strict=True)
        for stem, count in zip(stems, counts, strict=True)
        if count
    }
    return data


def read_symbols(path):
    """What load_symbols returns, read from `path`. Raises ValueError if the file is missing or broken."""
    arrays = _read(path)
    symbols = _unpack(arrays, "symbol")
    data = {"symbols": symbols, "emoticons": int(arrays["emoticons"])}
    for part in ("train", "test"):
        held = [symbols[i] for i in arrays[f"{part}_symbols"].tolist()]
        data[f"{part}_symbols"] = _cut(held, arrays[f"{part}_held"])
        data[f"{part}_log_ratio"] = arrays[f"{part}_log_ratio"] * MILLIONTH
    stems = _cut(_unpack(arrays, "example"), arrays["example_sizes"])
    data["examples"] = dict(zip(arrays["examples"].tolist(), stems, strict=True))
    return data


def write_features(path, data):
    """Write `data`, which holds what load_embedded and load_symbols return. The same data give the same bytes."""
    arrays = {}
    place = {symbol: i for i, symbol in enumerate(data["symbols"])}
    for part in ("train", "test"):
        arrays[f"{part}_features"] = data[f"{part}_X"][1:].astype(np.uint32)
        arrays[f"{part}_labels"] = data[f"{part}_y"].astype(np.uint8)
        held = [sorted(place[symbol] for symbol in symbols) for symbols in data[f"{part}_symbols"]]
        arrays[f"{part}_held"] = np.array([len(places) for places in held], dtype=np.uint16)
        arrays[f"{part}_symbols"] = np.array(list(chain.from_iterable(held)), dtype=np.uint16)
        arrays[f"{part}_log_ratio"] = np.rint(data[f"{part}_log_ratio"] / MILLIONTH).astype(np.int32)
    stems = sorted({stem for stem, _ in data["freqs"]})
    arrays["stem_counts"] = np.array(
        [[data["freqs"].get((stem, label), 0) for stem in stems] for label in (1.0, 0.0)], dtype=np.uint32
    )
    arrays |= _pack("stem", stems) | _pack("symbol", data["symbols"])
    arrays["emoticons"] = np.array(data["emoticons"], dtype=np.uint16)
    arrays["examples"] = np.array(list(data["examples"]), dtype=np.uint32)
    arrays["example_sizes"] = np.array([len(bag) for bag in data["examples"].values()], dtype=np.uint16)
    arrays |= _pack("example", list(chain.from_iterable(data["examples"].values())))
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def _read(path):
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path}: cannot be read ({error}): take it from the project again, "
            "or rebuild it with python -m data.build --embed FILE"
        ) from None


def _pack(name, texts):
    # 'surrogatepass' because a stem may hold half of a surrogate pair, as a tweet may.
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return {
        f"{name}_lengths": np.array([len(text) for text in encoded], dtype=np.uint32),
        f"{name}_bytes": np.frombuffer(b"".join(encoded), dtype=np.uint8),
    }


def _unpack(arrays, name):
    pieces = _cut(arrays[f"{name}_bytes"].tobytes(), arrays[f"{name}_lengths"])
    return [piece.decode("utf-8", "surrogatepass") for piece in pieces]


def _cut(whole, lengths):
    """`whole` in pieces of these lengths."""
    ends = accumulate(np.asarray(lengths).tolist(), initial=0)
    return [whole[start:end] for start, end in pairwise(ends)]
