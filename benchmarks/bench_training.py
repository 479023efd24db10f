"""How well training does, and whether its choices are the right ones.

    python -m benchmarks.bench_training seeds      test loss of ten seeds, and of 1, 2, 10 and 100 hidden units
    python -m benchmarks.bench_training choices    scale and number of steps, cross-validated on the training tweets

`seeds` reports the test tweets and chooses nothing; `choices` never sees them. `choices` needs the tweets themselves
(--data FILE, default data/twitter_data.pkl), because a fold's tweets may not be in the counts that its network is
trained and judged with: `freqs` is rebuilt without them in every fold. A million steps take about six seconds on an
idle core: `seeds` takes two minutes, `choices` five on two cores.
"""

if __name__ == "__main__":
    import command

    command.run("python -m benchmarks.bench_training", "benchmarks.bench_training")

import argparse
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from tqdm import tqdm

from assignment2 import bce_forward, descend, inference_2layers
from data.embedded import load_embedded
from data.reader import read_tweets
from utils import build_freqs, feature_matrix

TWEETS = Path(__file__).resolve().parents[1] / "data" / "twitter_data.pkl"
HIDDEN, FOLDS = 6, 5
STRETCHES, CHOSEN = (3, 10, 20, 30, 100), 20
BUDGETS = (0.1, 0.2, 0.5, 1, 2)  # of --iters


def network_loss(parameters, X, y):
    """The mean cross-entropy (nats) and the accuracy of W1, b1, W2, b2 on X (3, N), y (N,)."""
    W1, b1, W2, b2 = parameters
    yhat = inference_2layers(X, W1, W2, b1, b2)
    return bce_forward(yhat, y), np.mean((yhat > 0.5) == y)


def seeds(iters):
    data = load_embedded()
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, max_iter=1000))
        p = model.fit(data["train_X"].T, data["train_y"]).predict_proba(data["test_X"].T)[:, 1]
        loss, accuracy = bce_forward(p, data["test_y"]), np.mean((p > 0.5) == data["test_y"])
        print(f"logistic regression, scikit-learn  {loss:>11.5f}  {accuracy:>8.4f}")
    except ImportError:
        print("logistic regression: scikit-learn is not installed")
    print(f"{'hidden':>6} {'seed':>5} {'training loss':>14} {'test loss':>17}  accuracy")
    for hidden, seed in [(HIDDEN, s) for s in range(10)] + [(h, s) for h in (1, 2, 10) for s in range(3)] + [(100, 0)]:
        *_, end = descend(data["train_X"], data["train_y"], hidden, iters, seed=seed)
        loss, accuracy = network_loss(end.best, data["test_X"], data["test_y"])
        print(f"{hidden:>6} {seed:>5} {end.loss:>14.5f} {loss:>17.5f}  {accuracy:>8.4f}", flush=True)


def choices(iters, path, repeats):
    data = read_tweets(path)
    tweets, y = data["train_x"], data["train_y"]
    losses = np.full((len(STRETCHES), len(BUDGETS), repeats * FOLDS), np.nan)
    with ProcessPoolExecutor() as pool, tqdm(total=len(STRETCHES) * repeats * FOLDS, unit=" runs", disable=None) as bar:
        runs = {}
        for repeat in range(repeats):
            folds = np.array_split(np.random.default_rng(repeat).permutation(len(y)), FOLDS)
            for k, judged in enumerate(folds):
                rest = np.setdiff1d(np.arange(len(y)), judged)
                freqs = build_freqs([tweets[i] for i in rest], y[rest])
                X = feature_matrix(tweets, freqs)
                for s, stretch in enumerate(STRETCHES):
                    arguments = X[:, rest], y[rest], X[:, judged], y[judged], stretch, iters, repeat * FOLDS + k
                    runs[pool.submit(losses_left_out, *arguments)] = s, repeat * FOLDS + k
        for run in as_completed(runs):
            s, k = runs[run]
            losses[s, :, k] = run.result()
            bar.update()

    reference = losses[STRETCHES.index(CHOSEN), BUDGETS.index(1)]
    print(f"Mean loss on the fold left out, {FOLDS} folds, {repeats} times, freqs rebuilt in each; lr 0.01, batch 32.")
    print(
        f"Difference from stretch {CHOSEN} and {int(iters):,} steps, with its standard error over the folds, which is"
    )
    print("too small: the folds share most of their training tweets.")
    print(f"{'stretch':>7} {'steps':>10} {'loss':>8} {'difference':>20}  better in")
    for s, stretch in enumerate(STRETCHES):
        for b, budget in enumerate(BUDGETS):
            d = losses[s, b] - reference
            error = d.std(ddof=1) / np.sqrt(d.size)
            better = f"{np.sum(d < 0)} of {d.size}" if d.any() else "(itself)"
            loss, difference = losses[s, b].mean(), f"{d.mean():+.5f} ± {error:.5f}"
            print(f"{stretch:>7} {int(budget * iters):>10,} {loss:>8.5f} {difference:>20}  {better}")


def losses_left_out(X, y, X_judged, y_judged, stretch, iters, seed):
    """The loss on the fold left out after each of BUDGETS, in one run."""
    found = []
    for checkpoint in descend(X, y, HIDDEN, int(max(BUDGETS) * iters), seed=seed, stretch=stretch):
        while len(found) < len(BUDGETS) and checkpoint.step >= BUDGETS[len(found)] * iters:
            found.append(network_loss(checkpoint.best, X_judged, y_judged)[0])
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["seeds", "choices"])
    parser.add_argument("--iters", type=float, default=1e6, help="steps per run (default 1e6)")
    parser.add_argument(
        "--repeats", type=int, default=2, metavar="N", help="for choices: other folds N times (default 2)"
    )
    parser.add_argument("--data", type=Path, default=TWEETS, metavar="FILE", help="the tweets, for choices")
    args = parser.parse_args(argv)
    if args.what == "seeds":
        seeds(args.iters)
    else:
        choices(args.iters, args.data, args.repeats)
    return 0
