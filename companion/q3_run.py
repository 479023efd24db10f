"""Question 3g: the assignment's own run of word2vec, and its picture.

    python companion/q3_run.py                  # 40,000 iterations; after Ctrl-C it resumes from the last 5,000
    python companion/q3_run.py --data FOLDER    # with the treebank in a folder of your own
    python companion/q3_run.py --fresh          # from the beginning, whatever was saved

Skip-gram with 10 negatives, 10 dimensions, contexts of up to 5 words, and the assignment's seeds. On the treebank the
run ends at a running cost of 9.3676. Written to output/companion/:

    saved_params.npz       the vectors (2 V, 10), input over output vectors, for question 4: load_saved_params()
    q3_words.svg, .png     25 words in the plane of their first two principal axes
    q3.json                cost, its curve, seconds; python companion/extra adds more
"""

if __name__ == "__main__":
    from extra import run

    run("companion/q3_run.py", "q3_run")

import argparse
import json
import random
import time

import numpy as np
import q3_sgd
from extra.vectorised import skipgram_objective
from extra.word_pictures import joined, plot_words
from q3_sgd import load_run, load_saved_params, sgd
from utils.treebank import StanfordSentiment

import command
from data.writer import atomic_write
from pictures import save

DIMENSIONS, C, K = 10, 5, 10
STEP, ITERATIONS, PRINT_EVERY = 0.3, 40_000, 10
PUBLISHED_COST = 9.3676


def train(dataset, iterations, useSaved=True):
    """The assignment's run: the vectors (2 V, D), input over output vectors, and the running costs."""
    random.seed(31415)
    if useSaved and q3_sgd.SAVED.exists():
        # A run that resumes needs the thinned text that its beginning drew: after this seed, behind the first reach.
        random.randint(1, C)
        dataset.thinned()
    V = len(dataset.tokens())
    inputs = (np.random.RandomState(9265).rand(V, DIMENSIONS) - 0.5) / DIMENSIONS
    start = np.concatenate([inputs, np.zeros((V, DIMENSIONS))])
    # The steps of word2vec_sgd_wrapper(skipgram, ..., negSamplingCostAndGradient), random draws and all, 50 times as
    # fast: 40,000 would take an hour with the readable version.
    objective, costs = skipgram_objective(dataset, C, K), []
    return sgd(objective, start, STEP, iterations, None, useSaved, PRINT_EVERY, costs), costs


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="The assignment's own run of word2vec: 10 dimensions, 40,000 iterations of 50 contexts.",
        epilog="Ctrl-C stops it; the same command then resumes from the last 5,000.",
    )
    parser.add_argument("--data", metavar="FOLDER", help="the treebank, as for companion/utils/treebank.py")
    parser.add_argument("--fresh", action="store_true", help="begin anew, whatever was saved")
    options = parser.parse_args(arguments)
    command.need("matplotlib")
    dataset = StanfordSentiment(options.data)
    tokens = dataset.tokens()
    if options.fresh:
        q3_sgd.SAVED.unlink(missing_ok=True)
    before, saved, _, _ = load_run()
    if before >= ITERATIONS and len(saved) != 2 * len(tokens):  # a finished run on other data
        q3_sgd.SAVED.unlink()
        before = 0
    print(
        f"{dataset.name}: {dataset.numSentences():,} sentences, {len(tokens):,} rows"
        + (f"; {before:,} iterations are done, --fresh would begin anew" if before else "")
    )
    begun = time.perf_counter()
    with command.interruptible():
        try:
            vectors, costs = train(dataset, ITERATIONS)
        except KeyboardInterrupt:
            print(f"\nStopped. The same command resumes from iteration {load_saved_params()[0]:,}.")
            return 130
    seconds = time.perf_counter() - begun
    published = f" (published: {PUBLISHED_COST})" if len(tokens) == 19_539 else ""
    print(f"running cost after {ITERATIONS:,} iterations: {costs[-1]:.4f}{published}, {seconds:.0f} s")

    out = q3_sgd.SAVED.parent
    panels = [("The assignment's run: axis 1 is how frequent a word is", 0, 1), ("What is left without axis 1", 1, 2)]
    figure, _, coordinates = plot_words(list(tokens), joined(vectors), panels)
    save(figure, out / "q3_words")
    if before < ITERATIONS:
        figures = {
            "data": dataset.name,
            "dimensions": DIMENSIONS,
            "iterations": PRINT_EVERY * len(costs),
            "cost": costs[-1],
            "seconds": seconds,
            "coordinates": coordinates,
            "curve": {"iteration": list(range(PRINT_EVERY, PRINT_EVERY * len(costs) + 1, PRINT_EVERY)), "cost": costs},
        }
        with atomic_write(out / "q3.json") as temporary:
            temporary.write_text(json.dumps(figures))
    print(f"written to {out}: saved_params.npz, q3_words.svg, q3_words.png, q3.json")
    return 0
