"""Word2vec's iterations and words a second, beside gensim's where it is installed, and softmax beside scipy's.

    python -m benchmarks.bench_word2vec [--data FOLDER] [--rounds N] [--epochs N] [--lr RATE] [--subsample T]

Every table is measured in one process, on one thread, its rows in turn and round after round, so that a busy machine
slows them alike: trust the ratios. The cost beside a speed is that of 50,000 pairs of the text, drawn once, the same
for all. gensim is not a requirement of the project: `pip install gensim` to see its rows.
"""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is first imported

import argparse
import random
import time
from functools import partial
from statistics import median

import numpy as np
from scipy.special import softmax as scipy_softmax
from tqdm import tqdm

# The companion's files import one another by name; its `utils` is a folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "companion"))
from extra.vectorised import skipgram_objective
from extra.word2vec_fast import pairs, train_vectors
from q1_softmax import softmax
from q3_sgd import sgd
from q3_word2vec import negSamplingCostAndGradient, skipgram, word2vec_sgd_wrapper
from utils.treebank import StanfordSentiment

SETTINGS = {"window": 5, "negatives": 10}


def seconds(call):
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def repeat(call, times):
    for _ in range(times):
        call()


def in_turn(rows, rounds, bar):
    """Call every row once a round; returns {name: (median seconds, last result)}."""
    taken, results = {name: [] for name in rows}, {}
    for _ in range(rounds):
        for name, call in rows.items():
            duration, results[name] = seconds(call)
            taken[name].append(duration)
            bar.update()
    return {name: (median(taken[name]), results[name]) for name in rows}


# ---- softmax -------------------------------------------------------------------------------------


def bench_softmax(rounds):
    print(f"softmax, microseconds a call, median of {20 * rounds}")
    print(f"{'rows x columns':>16} {'companion':>12} {'scipy':>12} {'ratio':>8}")
    for shape in [(1, 10), (100, 10), (10_000, 10), (100, 1_000), (1_000, 20_000)]:
        x = np.random.default_rng(0).normal(size=shape)
        rows = {"companion": partial(softmax, x), "scipy": partial(scipy_softmax, x, axis=1)}
        assert np.allclose(rows["companion"](), rows["scipy"](), rtol=1e-13, atol=0)
        repeats = max(1, 100_000 // x.size)
        timed = {name: partial(repeat, call, repeats) for name, call in rows.items()}
        with tqdm(disable=True) as bar:
            took = {
                name: 1e6 * took / repeats
                for name, (took, _) in in_turn(timed, 20 * rounds if x.size < 1e6 else rounds, bar).items()
            }
        own, scipy = took["companion"], took["scipy"]
        print(f"{shape[0]:>7,} x {shape[1]:<6,} {own:12.1f} {scipy:12.1f} {own / scipy:8.2f}")


# ---- The assignment's run ------------------------------------------------------------------------


def bench_run(data, rounds):
    tokens = data.tokens()
    random.seed(31415)
    data.allSentences()  # drawn before the clock starts
    start = np.concatenate(
        [(np.random.RandomState(9265).rand(len(tokens), 10) - 0.5) / 10, np.zeros((len(tokens), 10))]
    )
    fast = skipgram_objective(data, 5, 10)
    fast(start)  # reads the text once

    def slow(vectors):
        return word2vec_sgd_wrapper(skipgram, tokens, vectors, data, 5, negSamplingCostAndGradient)

    counts = {"fast (extra/vectorised)": (fast, 1000), "readable (q3_word2vec)": (slow, 10)}
    rows = {name: partial(sgd, f, start, 0.3, n) for name, (f, n) in counts.items()}
    with tqdm(total=rounds * len(rows), delay=2, disable=None, leave=False) as bar:
        took = in_turn(rows, rounds, bar)
    rate = {name: counts[name][1] / took[name][0] for name in rows}
    print("\nthe assignment's run, 10 dimensions, Python's random stream, 50 contexts an iteration")
    print(f"{'':>24} {'iterations/s':>14} {'40,000 take':>12}")
    for name in rows:
        print(f"{name:>24} {rate[name]:14,.0f} {40_000 / rate[name]:10,.0f} s")


# ---- Vectors of any size -------------------------------------------------------------------------


def gensim_row(text, dimensions, epochs, lr, subsample):
    from gensim.models import Word2Vec

    def train():
        model = Word2Vec(
            vector_size=dimensions,
            window=SETTINGS["window"],
            negative=SETTINGS["negatives"],
            sample=subsample,
            sg=1,
            min_count=1,
            workers=1,
            alpha=lr,
            min_alpha=0,
            seed=1,
            epochs=epochs,
        )
        model.build_vocab(text)
        model.train(text, total_examples=len(text), epochs=epochs)
        return model.wv.index_to_key, model.wv.vectors, model.syn1neg

    return train


def pair_cost(text, words, inputs, outputs):
    """The mean cost of 50,000 pairs of the text, with 10 negatives each, the same for every set of vectors."""
    rng = np.random.default_rng(0)
    order = sorted(words)  # negatives are drawn by word, however the rows are ordered
    row = {word: i for i, word in enumerate(words)}
    of_order = np.array([row[word] for word in order])
    place = {word: i for i, word in enumerate(order)}
    ids = np.array([place[word] for sentence in text for word in sentence])
    sentence = np.repeat(np.arange(len(text)), [len(s) for s in text])
    at, context = pairs(ids, sentence, rng.integers(1, SETTINGS["window"] + 1, size=len(ids)), SETTINGS["window"])
    chosen = rng.choice(len(at), 50_000)
    share = np.bincount(ids, minlength=len(words)) ** 0.75
    negatives = of_order[rng.choice(len(words), size=(len(chosen), 10), p=share / share.sum())]
    v, u = inputs[of_order[ids[at[chosen]]]], outputs[of_order[context[chosen]]]
    return float(
        np.logaddexp(0, -np.einsum("bd,bd->b", u, v)).mean()
        + np.logaddexp(0, np.einsum("bkd,bd->bk", outputs[negatives], v)).sum(axis=1).mean()
    )


def bench_vectors(data, rounds, epochs, lr, subsample):
    text = [words for words, _ in data.getTrainSentences()]
    size = epochs * sum(map(len, text))
    try:
        import gensim

        beside = f"gensim {gensim.__version__}"
    except ImportError:
        beside = None
        print("\ngensim is not installed: its rows are left out")
    print(
        f"\nskip-gram, {SETTINGS['negatives']} negatives, {epochs} epochs of {size // epochs:,} words, lr {lr}, "
        f"subsample {subsample}, one thread, median of {rounds} rounds"
    )
    print(f"{'':>28} {'words/s':>10} {'ratio':>7} {'cost of a pair':>15}")
    for dimensions in (10, 50):
        settings = dict(epochs=epochs, lr=lr, subsample=subsample, progress=False, **SETTINGS)
        rows = {
            "own negatives": partial(train_vectors, text, dimensions, **settings),
            "shared negatives": partial(train_vectors, text, dimensions, shared_negatives=True, **settings),
        }
        if beside:
            rows = {beside: gensim_row(text, dimensions, epochs, lr, subsample), **rows}
        with tqdm(total=rounds * len(rows), delay=2, disable=None, leave=False) as bar:
            took = in_turn(rows, rounds, bar)
        first = next(iter(took.values()))[0]
        for name, (duration, vectors) in took.items():
            cost = pair_cost(text, *vectors)
            print(f"{f'{dimensions}-d, {name}':>28} {size / duration:10,.0f} {first / duration:7.2f} {cost:15.4f}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Measure the companion's word2vec and softmax beside others.")
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="the treebank, as for companion/utils/treebank.py",
    )
    parser.add_argument("--rounds", type=int, default=3, help="times every row is measured (default: 3)")
    parser.add_argument(
        "--epochs", type=int, default=2, help="passes over the text for each set of vectors (default: 2)"
    )
    parser.add_argument("--lr", type=float, default=0.025, help="their learning rate at the start (default: 0.025)")
    parser.add_argument(
        "--subsample", type=float, default=0, help="their threshold for dropping frequent words (default: 0, none is)"
    )
    options = parser.parse_args(arguments)
    try:
        data = StanfordSentiment(options.data)
        print(f"{data.name}, numpy {np.__version__}\n")
        bench_softmax(options.rounds)
        bench_run(data, options.rounds)
        bench_vectors(data, options.rounds, options.epochs, options.lr, options.subsample)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
