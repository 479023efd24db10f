"""Tweets per second, from tweets to features: one pass over the corpus, tweet by tweet, and textbook code.

    python -m benchmarks.bench_text [--data FILE] [--rounds N]

The three run in turn, round after round in one process, so that a busy machine slows them alike: trust the ratios. Each
round starts with nothing remembered. The tweets are those of data/twitter_data.pkl or of --data FILE, else made up.
Then the first tweet of a process, with Python's own start: by utils, and by code that imports NLTK.
"""

if __name__ == "__main__":
    import command

    command.run("python -m benchmarks.bench_text", "benchmarks.bench_text")

import argparse
import random
import re
import string
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from tqdm import tqdm

import utils
from data.reader import read_tweets
from utils import STOP_WORDS, build_freqs, extract_features, feature_matrix

PROJECT = Path(__file__).resolve().parents[1]
TWEETS = PROJECT / "data" / "twitter_data.pkl"


def one_pass(tweets, freqs):
    return feature_matrix(tweets, freqs)


def tweet_by_tweet(tweets, freqs):
    return np.concatenate([extract_features(tweet, freqs) for tweet in tweets]).T


def textbook(tweets, freqs):
    """What such code commonly does: build the tokenizer, the stemmer and NLTK's list of stop words for each tweet."""
    from nltk.corpus import stopwords
    from nltk.stem import PorterStemmer
    from nltk.tokenize import TweetTokenizer

    rows = np.zeros((len(tweets), 3))
    for n, tweet in enumerate(tweets):
        stemmer, stop_words = PorterStemmer(), stopwords.words("english")
        for pattern in (r"\$\w*", r"^RT[\s]+", r"https?://[^\s\n\r]+", r"#"):
            tweet = re.sub(pattern, "", tweet)
        rows[n, 0] = 1
        for token in TweetTokenizer(preserve_case=False, strip_handles=True, reduce_len=True).tokenize(tweet):
            if token not in stop_words and token not in string.punctuation:
                stem = stemmer.stem(token)
                rows[n, 1] += freqs.get((stem, 1.0), 0)
                rows[n, 2] += freqs.get((stem, 0.0), 0)
    return rows.T


@contextmanager
def stop_words_in_nltk():
    """Give NLTK its list of stop words, from utils, so that textbook() needs no download."""
    import nltk

    with TemporaryDirectory() as folder:
        path = Path(folder, "corpora", "stopwords", "english")
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(sorted(STOP_WORDS)) + "\n")
        nltk.data.path.insert(0, folder)
        try:
            yield
        finally:
            nltk.data.path.remove(folder)


def made_up_tweets(n, seed=0):
    """n strings made like the course's tweets: 12 words on average from a skewed vocabulary, and trimmings."""
    draw = random.Random(seed)
    syllables = [a + b for a in "bcdfghlmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "ot")]
    endings = ["", "", "", "s", "ed", "ing", "ly", "!", "?", "...", ","]
    words = ["".join(draw.choices(syllables, k=draw.randrange(1, 4))) + draw.choice(endings) for _ in range(25_000)]
    words[:0] = sorted(STOP_WORDS)  # the frequent ones
    cumulated = np.cumsum(1 / np.arange(1, len(words) + 1)).tolist()  # Zipf's law
    trimmings = ["@{}_{}", "#{}{}", "https://t.co/{}{}", ":) {}{}", ":( {}{}", "&amp; {}{}", "{}{} \U0001f602"]
    tweets = []
    for _ in range(n):
        tweet = draw.choices(words, cum_weights=cumulated, k=draw.randrange(4, 21))
        if draw.random() < 0.8:
            tweet.insert(0, draw.choice(trimmings[:3]).format(draw.choice(words), draw.randrange(100)))
        if draw.random() < 0.4:
            tweet.append(draw.choice(trimmings[3:]).format(draw.choice(words), draw.randrange(100)))
        tweets.append(" ".join(tweet))
    return tweets


FIRST_TWEETS = {
    "NLTK's tokenizer and stemmer": """
from nltk.tokenize import TweetTokenizer
from nltk.stem import PorterStemmer
[PorterStemmer().stem(token) for token in TweetTokenizer().tokenize("I am happy :)")]""",
    "utils.process_tweet": "import utils; utils.process_tweet('I am happy :)')",
}


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_text",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", metavar="FILE", type=Path, help="a data file with tweets, such as the course's twitter_data.pkl"
    )
    parser.add_argument("--rounds", metavar="N", type=int, default=3, help="how often each runs (default: %(default)s)")
    options = parser.parse_args(argv)
    if options.rounds < 1:
        parser.error(f"--rounds must be 1 or more, not {options.rounds}")
    compare_corpus(options.data or (TWEETS if TWEETS.is_file() else None), options.rounds)
    compare_first_tweet(options.rounds)
    return 0


def compare_corpus(data, rounds):
    if data is not None:
        content = read_tweets(data)
        tweets, freqs, source = [*content["train_x"], *content.get("test_x", [])], content["freqs"], data
    else:
        tweets = made_up_tweets(10_000)
        freqs, source = build_freqs(tweets, np.arange(len(tweets)) % 2), "made up by this benchmark"
    runs = {
        "textbook code": textbook,
        "extract_features, tweet by tweet": tweet_by_tweet,
        "feature_matrix, one pass": one_pass,
    }
    expected = extract_features(tweets[0], freqs)  # also loads NLTK, outside the measured time
    seconds = {name: [] for name in runs}
    with stop_words_in_nltk():
        for name in tqdm(list(runs) * rounds, leave=False, disable=None):
            utils._stem.cache_clear()
            start = time.perf_counter()
            X = runs[name](tweets, freqs)
            seconds[name].append(time.perf_counter() - start)
            assert (X[:, :1] == expected.T).all()
    print(f"Tweets to features: {len(tweets)} tweets ({source}), median of {rounds} alternating rounds")
    slowest = median(seconds["textbook code"])
    for name, times in seconds.items():
        rate = len(tweets) / median(times)
        print(f"  {name:<34}{rate:>9,.0f} tweets/s   {slowest / median(times):5.1f} x textbook")


def compare_first_tweet(rounds):
    seconds = {name: [] for name in FIRST_TWEETS}
    for name in list(FIRST_TWEETS) * rounds:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", FIRST_TWEETS[name]], cwd=PROJECT, check=True)
        seconds[name].append(time.perf_counter() - start)
    print(f"The first tweet of a process, median of {rounds} alternating rounds")
    slowest = median(next(iter(seconds.values())))
    for name, times in seconds.items():
        print(f"  {name:<34}{median(times):>9.3f} s          {slowest / median(times):5.1f} x")
