"""The embedded data: features, labels and counts of the course's twitter_data.pkl, without its tweets (README.md).

features.npz holds integers only, so that it can be read with allow_pickle=False:

    train_features, test_features   (2, 8000) and (2, 2000): the two sums of each tweet, positive above negative
    train_labels,   test_labels     (8000,) and (2000,): 1 positive, 0 negative
    stem_counts                     (2, S): how often each stem occurs in positive (row 0) and negative (row 1) tweets
    stem_lengths, stem_bytes        (S,) and (sum of the lengths,): the stems, one after the other, in UTF-8
                                    (lengths, since a stem may hold any separator: '.\\n.' is one)
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

FEATURES = Path(__file__).with_name("features.npz")


def load_embedded():
    """The course's data as features: a dict of

    train_X, test_X     float64 (3, 8000) and (3, 2000): [1, positive sum, negative sum] in each column
    train_y, test_y     float64 (8000,) and (2000,): 1.0 positive, 0.0 negative
    freqs               {(stem, label): count}, the labels floats as in the course's file
    """
    return read_features(FEATURES)


def read_features(path):
    """What load_embedded returns, read from `path`. Raises ValueError if the file is missing or broken."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path}: cannot be read ({error}): take it from the project again, "
            "or rebuild it with python -m data.build --embed FILE"
        ) from None
    data = {}
    for part in ("train", "test"):
        features = arrays[f"{part}_features"].astype(np.float64)  # (2, N)
        data[f"{part}_X"] = np.vstack([np.ones(features.shape[1]), features])  # (3, N)
        data[f"{part}_y"] = arrays[f"{part}_labels"].astype(np.float64)  # (N,)
    data["freqs"] = _read_freqs(arrays)
    return data


def write_features(path, data):
    """Write `data`, in the form of load_embedded, to `path`. The same data give the same bytes."""
    arrays = {}
    for part in ("train", "test"):
        arrays[f"{part}_features"] = data[f"{part}_X"][1:].astype(np.uint32)
        arrays[f"{part}_labels"] = data[f"{part}_y"].astype(np.uint8)
    stems = sorted({stem for stem, _ in data["freqs"]})
    # 'surrogatepass' because a stem may hold half of a surrogate pair, as a tweet may.
    encoded = [stem.encode("utf-8", "surrogatepass") for stem in stems]
    arrays["stem_counts"] = np.array(
        [[data["freqs"].get((stem, label), 0) for stem in stems] for label in (1.0, 0.0)], dtype=np.uint32
    )
    arrays["stem_lengths"] = np.array([len(stem) for stem in encoded], dtype=np.uint32)
    arrays["stem_bytes"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def _read_freqs(arrays):
    ends = np.cumsum(arrays["stem_lengths"]).tolist()
    text = arrays["stem_bytes"].tobytes()
    stems = [text[start:end].decode("utf-8", "surrogatepass") for start, end in zip([0, *ends], ends, strict=False)]
    return {
        (stem, label): count
        for label, counts in zip((1.0, 0.0), arrays["stem_counts"].tolist(), strict=True)
        for stem, count in zip(stems, counts, strict=True)
        if count
    }
