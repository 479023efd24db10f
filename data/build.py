"""Make data/twitter_data.pkl and data/features.npz, and say whether they agree.

python -m data.build                  twitter_data.pkl from NLTK's twitter_samples   (make data)
python -m data.build --embed FILE     features.npz from the course's file
python -m data.build --check [FILE]   do features.npz and the course's file agree?   (exit status 1: no)
"""

if __name__ == "__main__":
    import command

    command.run("python -m data.build", "data.build")  # before numpy is imported, which takes a while

import argparse
import pickle
from math import log
from pathlib import Path

import numpy as np

from data.embedded import FEATURES, MILLIONTH, read_features, read_symbols, write_features
from data.reader import read_tweets
from data.writer import atomic_write
from utils import build_freqs, feature_matrix, nltk_modules, process_tweets

TWEETS = Path(__file__).with_name("twitter_data.pkl")
TRAIN, TEST = 4000, 1000  # tweets of each sentiment, in the order of NLTK's files


# ---- From NLTK's corpus --------------------------------------------------------------------------


def course_data():
    """The content of the course's twitter_data.pkl, made from NLTK's corpus. Raises OSError if there is no corpus."""
    positive, negative = (_corpus_tweets(f"{sentiment}_tweets.json") for sentiment in ("positive", "negative"))
    data = {
        "train_x": positive[:TRAIN] + negative[:TRAIN],
        "train_y": np.repeat([1.0, 0.0], TRAIN)[:, None],  # (8000, 1)
        "test_x": positive[TRAIN : TRAIN + TEST] + negative[TRAIN : TRAIN + TEST],
        "test_y": np.repeat([1.0, 0.0], TEST)[:, None],  # (2000, 1)
    }
    data["freqs"] = build_freqs(data["train_x"], data["train_y"])
    return data


def _corpus_tweets(name):
    """The tweets of one file of twitter_samples, which is downloaded if NLTK does not find it."""
    from nltk.corpus import twitter_samples

    try:
        tweets = twitter_samples.strings(name)
    except LookupError:
        _download_corpus()
        tweets = twitter_samples.strings(name)
    if len(tweets) < TRAIN + TEST:
        raise ValueError(f"NLTK's twitter_samples/{name} holds {len(tweets)} tweets; {TRAIN + TEST} are needed")
    return tweets


def _download_corpus():
    from nltk import downloader
    from tqdm import tqdm

    source = downloader.Downloader()
    folder = source.default_download_dir()
    with tqdm(desc=f"twitter_samples -> {folder}", total=100, unit="%", disable=None) as bar:
        for message in source.incr_download("twitter_samples", folder):
            if isinstance(message, downloader.ErrorMessage):
                raise OSError(
                    "NLTK's twitter_samples is not on this machine and could not be downloaded "
                    f"({str(message.message).strip()}): run this again with a network, or copy the folder "
                    f"corpora/twitter_samples of another machine's nltk_data to {folder}/corpora/"
                )
            if isinstance(message, downloader.ProgressMessage):
                bar.update(message.progress - bar.n)


def write_tweets(path, data):
    """Write `data` as the course's file is written: a pickle of protocol 4."""
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        pickle.dump(data, file, protocol=4)


# ---- What is embedded of it ----------------------------------------------------------------------


def embedded_of(data):
    """The dicts of load_embedded and load_symbols in one, computed from the content of a data file."""
    freqs = data["freqs"]
    stems = {part: list(process_tweets(data[f"{part}_x"])) for part in ("train", "test")}
    symbols, emoticons = _symbols(stems["train"] + stems["test"], freqs)
    found = {"freqs": freqs, "symbols": symbols, "emoticons": emoticons}
    place, ratios = {symbol: i for i, symbol in enumerate(symbols)}, _log_ratios(freqs)
    for part, tweets in stems.items():
        found[f"{part}_X"] = feature_matrix(data[f"{part}_x"], freqs)  # (3, N)
        found[f"{part}_y"] = np.ravel(data[f"{part}_y"])  # (N,)
        found[f"{part}_symbols"] = [
            sorted((stem for stem in tweet if stem in place), key=place.get) for tweet in tweets
        ]
        sums = np.array([sum(ratios.get(stem, 0) for stem in tweet if stem not in place) for tweet in tweets])
        found[f"{part}_log_ratio"] = np.rint(sums / MILLIONTH) * MILLIONTH
    found["examples"] = _examples(stems["test"], found["test_X"], found["test_y"], symbols, emoticons)
    return found


def differences(embedded, expected):
    """How two dicts in the form of embedded_of differ: a list of sentences, empty if they agree exactly."""
    found = []
    for key in ("train_X", "train_y", "train_log_ratio", "test_X", "test_y", "test_log_ratio"):
        ours, theirs = embedded[key], expected[key]
        if ours.shape != theirs.shape:
            found.append(f"{key}: embedded {ours.shape}, expected {theirs.shape}")
        elif (ours != theirs).any():
            wrong = np.atleast_2d(ours != theirs).any(axis=0)
            found.append(f"{key}: {wrong.sum()} of {wrong.size} tweets differ, the first at {wrong.argmax()}")
    if embedded["emoticons"] != expected["emoticons"]:
        found.append(f"emoticons: embedded {embedded['emoticons']}, expected {expected['emoticons']}")
    for key in ("symbols", "train_symbols", "test_symbols", "examples"):
        ours, theirs = embedded[key], expected[key]
        if key == "examples":
            ours, theirs = list(ours.items()), list(theirs.items())
        wrong = [a != b for a, b in zip(ours, theirs, strict=False)]
        if len(ours) != len(theirs):
            found.append(f"{key}: embedded {len(ours)}, expected {len(theirs)}")
        elif any(wrong):
            found.append(f"{key}: {sum(wrong)} of {len(wrong)} differ, the first at {wrong.index(True)}")
    keys = [
        key
        for key in embedded["freqs"].keys() | expected["freqs"].keys()
        if embedded["freqs"].get(key) != expected["freqs"].get(key)
    ]
    if keys:
        found.append(f"freqs: {len(keys)} of {len(expected['freqs'])} counts differ, such as that of {min(keys)!r}")
    return found


def _symbols(tweets, freqs):
    """The stems in `tweets` that are no words, NLTK's emoticons first, each kind by falling count; how many those are.

    An emoticon is what NLTK's tokenizer takes for one. The others are the stems without a letter or a digit.
    """
    casual, _ = nltk_modules()

    def rank(stem):
        return -freqs.get((stem, 1.0), 0) - freqs.get((stem, 0.0), 0), stem

    stems = {stem for tweet in tweets for stem in tweet}
    emoticons = sorted((stem for stem in stems if casual.EMOTICON_RE.fullmatch(stem)), key=rank)
    others = {stem for stem in stems if not any(character.isalnum() for character in stem)}.difference(emoticons)
    return emoticons + sorted(others, key=rank), len(emoticons)


def _log_ratios(freqs):
    """{stem: ln((positive count + 1) / (negative count + 1))}"""
    return {stem: log((freqs.get((stem, 1.0), 0) + 1) / (freqs.get((stem, 0.0), 0) + 1)) for stem, _ in freqs}


def _examples(tweets, X, y, symbols, emoticons):
    """A dozen test tweets to show, {place: stems in alphabetical order}, chosen by rules that know no network.

    Of those that the rule 'more positive than negative counts' gets right, and that hold eight stems at most: for each
    label the first two with an emoticon and the first without any symbol. Of those that it gets wrong: the six whose
    two sums lie furthest apart, one of each bag of stems.
    """
    bags = [sorted(tweet) for tweet in tweets]
    right = (X[1] > X[2]) == (y == 1)
    short = [i for i in np.flatnonzero(right) if len(bags[i]) <= 8]
    chosen = []
    for label in (1, 0):
        of_label = [i for i in short if y[i] == label]
        chosen += [i for i in of_label if set(bags[i]) & set(symbols[:emoticons])][:2]
        chosen += [i for i in of_label if not set(bags[i]) & set(symbols)][:1]
    surest = sorted(np.flatnonzero(~right), key=lambda i: (-abs(X[1, i] - X[2, i]), i))
    different = {tuple(bags[i]): i for i in reversed(surest)}  # the first of each bag stays
    chosen += [i for i in surest if different[tuple(bags[i])] == i][:6]
    return {int(i): bags[i] for i in chosen}


def _load_course(path):
    data = read_tweets(path)
    if "test_x" not in data:
        raise ValueError(f"{path}: has no test_x; the course's file holds train_x, train_y, test_x, test_y and freqs")
    return data


# ---- The command line ----------------------------------------------------------------------------


def _make(out):
    data = course_data()
    write_tweets(out, data)
    print(f"{out}: {len(data['train_x'])} training and {len(data['test_x'])} test tweets, {len(data['freqs'])} counts")
    _report(differences(_embedded(), embedded_of(data)), out)
    return 0


def _embed(course, out):
    data = embedded_of(_load_course(course))
    with atomic_write(out) as temporary:
        write_features(temporary, data)
    print(
        f"{out}: {out.stat().st_size:,} bytes; features and labels of {data['train_X'].shape[1]} training and "
        f"{data['test_X'].shape[1]} test tweets, {len(data['freqs'])} counts, {len(data['symbols'])} symbols"
    )
    return 0


def _check(course):
    data = _load_course(course)
    found = differences(_embedded(), embedded_of(data))
    if build_freqs(data["train_x"], data["train_y"]) != data["freqs"]:
        found.append("freqs: the file's own counts are not those that utils.build_freqs finds in its training tweets")
    _report(found, course)
    return 1 if found else 0


def _embedded():
    return read_features(FEATURES) | read_symbols(FEATURES)


def _report(found, other):
    if not found:
        print(f"{FEATURES.name} agrees with {other}: every feature, label, count and symbol")
    for sentence in found:
        print(f"{FEATURES.name} does not agree with {other}: {sentence}")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m data.build",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
        epilog="twitter_data.pkl holds tweets, which may not be passed on: git ignores it. features.npz holds what is\n"
        "derived from them and belongs to the project. train.py takes the first if it is there, else the "
        "second.\nThe features are the same, so the trained parameters are too.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--embed", metavar="FILE", type=Path, help="the course's twitter_data.pkl, to embed what is derived from it"
    )
    what.add_argument(
        "--check",
        metavar="FILE",
        type=Path,
        nargs="?",
        const=TWEETS,
        help="the course's file, to compare with what is embedded (default: data/twitter_data.pkl)",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="where to write (default: data/twitter_data.pkl, or data/features.npz with --embed)",
    )
    options = parser.parse_args(arguments)
    if options.check and options.out:
        parser.error("--check writes nothing, so it takes no --out")
    out = options.out or (FEATURES if options.embed else TWEETS)
    if options.check:
        return _check(options.check)
    return _embed(options.embed, out) if options.embed else _make(out)
