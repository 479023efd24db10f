"""How well training does, and whether its choices are the right ones.

    python -m benchmarks.bench_training seeds      test loss of ten seeds, and of 1, 2, 10 and 100 hidden units
    python -m benchmarks.bench_training choices    scaling and stopping, cross-validated on the training tweets alone

`seeds` reports the test tweets and chooses nothing; `choices` never sees them. With the default million steps a row takes
some seven seconds on an idle core (`seeds`: 100 hidden units half a minute), `choices` four times that.
"""

import argparse
import sys

import numpy as np

from assignment2 import _descend_fast, _draw_batches, bce_forward, descend, inference_2layers
from data.embedded import load_embedded

LR, BATCH, HIDDEN, FOLDS = 0.01, 32, 6, 4


def seeds(iters):
    data = load_embedded()
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, max_iter=1000)).fit(
            data["train_X"].T, data["train_y"]
        )
        p = model.predict_proba(data["test_X"].T)[:, 1]
        print(
            f"logistic regression, scikit-learn             {bce_forward(p, data['test_y']):.5f}  {np.mean((p > 0.5) == data['test_y']):.4f}"
        )
    except ImportError:
        print("logistic regression: scikit-learn is not installed")
    print(f"{'hidden':>6} {'seed':>5} {'training loss':>14} {'test loss':>17}  accuracy")
    for hidden, seed in [(HIDDEN, s) for s in range(10)] + [(h, s) for h in (1, 2, 10) for s in range(3)] + [(100, 0)]:
        *_, end = descend(data["train_X"], data["train_y"], hidden, iters, LR, seed=seed)
        W1, b1, W2, b2 = end.best
        yhat = inference_2layers(data["test_X"], W1, W2, b1, b2)
        print(
            f"{hidden:>6} {seed:>5} {end.loss:>14.5f} {bce_forward(yhat, data['test_y']):>17.5f}  {np.mean((yhat > 0.5) == data['test_y']):.4f}",
            flush=True,
        )


def choices(iters):
    """Each fold in turn is judged by a network trained on the others; an early stop watches a tenth of those."""
    data = load_embedded()
    X, y = data["train_X"], data["train_y"]
    folds = np.array_split(np.random.default_rng(0).permutation(len(y)), FOLDS)
    print(f"mean loss on the fold left out, {FOLDS} folds")
    for part in (1, 3, 10, 30):
        for early in (False, True):
            losses = []
            for k in range(FOLDS):
                rest = np.concatenate(folds[:k] + folds[k + 1 :])
                losses.append(loss_left_out(X, y, rest, folds[k], part, early, iters, seed=k))
            stop = "best on a tenth held out" if early else "all steps, all tweets"
            print(f"deviation / {part:<3} {stop:26} {np.mean(losses):.5f}   by fold {np.round(losses, 4)}", flush=True)


def loss_left_out(X, y, train, judge, part, early, iters, seed):
    rng = np.random.default_rng(seed)
    held, train = np.split(train, [len(train) // 10]) if early else (train[:0], train)
    spread = X[:, train].std(axis=1)
    scale = np.where(spread > 0, spread / part, 1.0)[:, None]
    theta = (
        rng.normal(size=(HIDDEN, 3)) / np.sqrt(3),
        np.zeros(HIDDEN),
        rng.normal(size=(1, HIDDEN)) / np.sqrt(HIDDEN),
        np.zeros(1),
    )

    def loss(which):
        W1, b1, W2, b2 = theta
        return bce_forward(inference_2layers(X[:, which] / scale, W1, W2, b1, b2), y[which])

    step, least, at_least = 0, np.inf, None
    while step < iters:
        drawn = train[_draw_batches(len(train), BATCH, rng)]
        theta = _descend_fast(X[:, drawn] / scale, y[drawn], *theta, lr=LR, batch=BATCH)
        step += len(drawn) // BATCH
        if early and loss(held) < least:
            least, at_least = loss(held), loss(judge)
    return at_least if early else loss(judge)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["seeds", "choices"])
    parser.add_argument("--iters", type=float, default=1e6, help="steps a run (default 1e6)")
    args = parser.parse_args(argv)
    {"seeds": seeds, "choices": choices}[args.what](args.iters)
    return 0


if __name__ == "__main__":
    sys.exit(main())
