"""Microseconds per step of gradient descent, beside other code: textbook numpy, C, scikit-learn, PyTorch.

    python -m benchmarks.bench_step [--hidden L] [--batch B] [--rounds N]

3 features, by default 6 hidden units and batches of 32. The candidates run in turn, round after round in one process,
so that a busy machine slows them alike: trust the ratios. All take the same steps over the same batches, except that
"train_nn's loop" also shuffles, and evaluates some 200 times. One thread. C takes part if `cc` is there, scikit-learn
and PyTorch if they are installed.
"""

if __name__ == "__main__":
    import os

    import command

    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before numpy is imported
    command.run("python -m benchmarks.bench_step", "benchmarks.bench_step")

import argparse
import ctypes
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from tqdm import tqdm

from assignment2 import descend, update_params
from fast_steps import fast_steps

D, N, LR = 3, 8000, 0.01
OURS = "fast_steps"
LOOP, LONGER = "train_nn's loop, all included", 200  # it evaluates 200 times, however many its steps


def textbook_step(X, y, W1, b1, W2, b2):
    """A step as lecture notes write it: forward, loss, backward, update."""
    B = X.shape[1]
    A1 = 1 / (1 + np.exp(-(W1 @ X + b1)))
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))
    dZ2 = A2 - y
    dW2, db2 = dZ2 @ A1.T / B, np.mean(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)
    dW1, db1 = dZ1 @ X.T / B, np.mean(dZ1, axis=1, keepdims=True)
    return W1 - LR * dW1, b1 - LR * db1, W2 - LR * dW2, b2 - LR * db2, loss


def compiled_steps(folder):
    """The function of step.c. Raises OSError or CalledProcessError if there is no compiler."""
    library = Path(folder, "step.so")
    source = Path(__file__).with_name("step.c")
    command = ["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, source, "-lm"]
    subprocess.run(command, check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).steps
    array = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
    function.argtypes = [ctypes.c_long] * 4 + [ctypes.c_double] + [array] * 6
    return function


def candidates(hidden, batch, folder):
    """{name: function(n) that takes n steps}, from one start over the same batches."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(D, N))
    y = (X.sum(axis=0) + rng.normal(size=N) > 0).astype(float)
    start = rng.normal(size=(hidden, D)), np.zeros(hidden), rng.normal(size=(1, hidden)), np.zeros(1)
    order = np.arange(N // batch * batch).reshape(-1, batch)  # (n, B)
    batches = [(np.ascontiguousarray(X[:, chosen]), y[chosen]) for chosen in order]
    take_steps = fast_steps(X, y, hidden, batch, LR)

    def fast(n):
        return take_steps(order[np.arange(n) % len(order)], start)

    def loop(n):
        for _ in descend(X, y, hidden, n, LR, batch=batch):
            pass

    def step_by_step(step, W1, b1, W2, b2):
        def run(n):
            theta = W1, b1, W2, b2
            for i in range(n):
                theta = step(*batches[i % len(batches)], *theta)[:4]
            return theta

        return run

    def update(X, y, *theta):
        return update_params(X, y, *theta, lr=LR)

    W1, b1, W2, b2 = start
    found = {
        OURS: fast,
        LOOP: loop,
        "textbook numpy": step_by_step(textbook_step, W1, b1[:, None], W2, b2[:, None]),
        "update_params, with its checks": step_by_step(update, *start),
    }
    try:
        steps = compiled_steps(folder)
        laid_out = np.ascontiguousarray(X.T[order])  # (n, B, D)

        def compiled(n):
            theta = [p.copy() for p in start]
            for i in range(0, n, len(order)):
                steps(min(n - i, len(order)), batch, D, hidden, LR, laid_out, y, *theta)
            return theta

        found["C, cc -O3 -march=native (step.c)"] = compiled
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"C: not compiled ({error})")
    try:
        from sklearn.neural_network import MLPClassifier

        settings = dict(batch_size=batch, learning_rate_init=LR, momentum=0, alpha=0, shuffle=False)
        model = MLPClassifier((hidden,), activation="logistic", solver="sgd", **settings)
        model.partial_fit(X[:, :batch].T, y[:batch], classes=[0, 1])
        # One call goes through all the batches, so that its checks are shared out.
        found["scikit-learn, MLPClassifier"] = lambda n: [model.partial_fit(X.T, y) for _ in range(-(-n // len(order)))]
    except ImportError:
        print("scikit-learn: not installed")
    try:
        import torch

        torch.set_num_threads(1)
        net = torch.nn.Sequential(torch.nn.Linear(D, hidden), torch.nn.Sigmoid(), torch.nn.Linear(hidden, 1)).double()
        optimizer, cost = torch.optim.SGD(net.parameters(), LR), torch.nn.BCEWithLogitsLoss()
        tensors = [(torch.tensor(a.T), torch.tensor(b[:, None])) for a, b in batches]

        def eager(n):
            for i in range(n):
                a, b = tensors[i % len(tensors)]
                optimizer.zero_grad()
                cost(net(a), b).backward()
                optimizer.step()

        found["PyTorch, eager"] = eager
    except ImportError:
        print("PyTorch: not installed")
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_step",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--hidden", type=int, default=6, metavar="L", help="hidden units (default 6)")
    parser.add_argument("--batch", type=int, default=32, metavar="B", help="examples per step (default 32)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each runs (default 5)")
    args = parser.parse_args(argv)
    if args.hidden < 1 or not 1 <= args.batch <= N or args.rounds < 1:
        parser.error(f"--hidden and --rounds must be 1 or more, and --batch from 1 to {N:,}")
    n = max(20, 500_000 // (args.batch * args.hidden))  # steps per round
    n = -(-n // (N // args.batch)) * (N // args.batch)  # in whole passes, as scikit-learn takes them
    with tempfile.TemporaryDirectory() as folder:
        found = candidates(args.hidden, args.batch, folder)
        times = {name: [] for name in found}
        for _ in tqdm(range(args.rounds), desc="rounds", leave=False, disable=None):
            for name, run in found.items():
                steps = n * LONGER if name == LOOP else n
                start = time.perf_counter()
                run(steps)
                times[name].append((time.perf_counter() - start) / steps * 1e6)
    print(f"{D} features, {args.hidden} hidden units, batches of {args.batch}; {n} steps, {args.rounds} rounds")
    print(f"{'µs per step':40} {'median':>8} {'least':>8}  ratio to {OURS}")
    for name, each in times.items():
        ratio = median(a / b for a, b in zip(each, times[OURS], strict=True))
        print(f"{name:40} {median(each):8.1f} {min(each):8.1f}  {ratio:8.2f}")
    return 0
