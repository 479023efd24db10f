"""Microseconds a step of gradient descent at 3 features, 6 hidden units and batches of 32, beside other code.

    python -m benchmarks.bench_step [--rounds N]

The candidates run in turn, round after round in one process, so that a busy machine slows them alike: trust the ratios.
scikit-learn and PyTorch take part where they are installed. One thread is enough for matrices this small.
"""

import argparse
import sys
import time
from statistics import median

import numpy as np
from tqdm import tqdm

from assignment2 import descend, update_params

D, L, BATCH, N, LR = 3, 6, 32, 8000, 0.01


def textbook_step(X, y, W1, b1, W2, b2):
    """A step as lecture notes write it: forward, loss, backward, update."""
    A1 = 1 / (1 + np.exp(-(W1 @ X + b1)))
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))
    dZ2 = A2 - y
    dW2, db2 = dZ2 @ A1.T / BATCH, np.mean(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)
    dW1, db1 = dZ1 @ X.T / BATCH, np.mean(dZ1, axis=1, keepdims=True)
    return W1 - LR * dW1, b1 - LR * db1, W2 - LR * dW2, b2 - LR * db2, loss


def candidates():
    """{name: (steps a round, function of the number of steps)}."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(D, N))
    y = (X.sum(axis=0) + rng.normal(size=N) > 0).astype(float)
    parameters = rng.normal(size=(L, D)), np.zeros((L, 1)), rng.normal(size=(1, L)), np.zeros((1, 1))
    batches = [(np.ascontiguousarray(X[:, i : i + BATCH]), y[i : i + BATCH]) for i in range(0, N, BATCH)]

    def trained(steps):
        for _ in descend(X, y, L, steps, LR):
            pass

    def step_by_step(step):
        def run(steps):
            p = parameters
            for i in range(steps):
                p = step(*batches[i % len(batches)], *p)[:4]

        return run

    found = {
        "train_nn's loop, all included": (200_000, trained),
        "textbook numpy": (3000, step_by_step(textbook_step)),
        "update_params, with its checks": (
            1000,
            step_by_step(lambda X, y, W1, b1, W2, b2: update_params(X, y, W1, b1, W2, b2, LR)),
        ),
    }
    try:
        from sklearn.neural_network import MLPClassifier

        model = MLPClassifier(
            (L,),
            activation="logistic",
            solver="sgd",
            batch_size=BATCH,
            learning_rate_init=LR,
            momentum=0,
            alpha=0,
            shuffle=False,
        )
        model.partial_fit(X[:, :BATCH].T, y[:BATCH], classes=[0, 1])
        whole = X.T, y  # a call goes through all 250 batches, so that its checks are shared out
        found["scikit-learn, MLPClassifier"] = (
            2000,
            lambda steps: [model.partial_fit(*whole) for _ in range(steps // len(batches))],
        )
    except ImportError:
        print("scikit-learn: not installed")
    try:
        import torch

        torch.set_num_threads(1)
        net = torch.nn.Sequential(torch.nn.Linear(D, L), torch.nn.Sigmoid(), torch.nn.Linear(L, 1)).double()
        optimizer, cost = torch.optim.SGD(net.parameters(), LR), torch.nn.BCEWithLogitsLoss()
        tensors = [(torch.tensor(a.T), torch.tensor(b[:, None])) for a, b in batches]

        def eager(steps):
            for i in range(steps):
                a, b = tensors[i % len(tensors)]
                optimizer.zero_grad()
                cost(net(a), b).backward()
                optimizer.step()

        found["PyTorch, eager"] = (1000, eager)
    except ImportError:
        print("PyTorch: not installed")
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="how often each runs (default 9)")
    rounds = parser.parse_args(argv).rounds
    found = candidates()
    times = {name: [] for name in found}
    for _ in tqdm(range(rounds), desc="rounds", leave=False, disable=None):
        for name, (steps, run) in found.items():
            start = time.perf_counter()
            run(steps)
            times[name].append((time.perf_counter() - start) / steps * 1e6)
    ours = times["train_nn's loop, all included"]
    print(f"{'µs a step':40} {'median':>8} {'least':>8}  ratio to the loop")
    for name, each in times.items():
        print(f"{name:40} {median(each):8.1f} {min(each):8.1f}  {median(a / b for a, b in zip(each, ours)):6.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
