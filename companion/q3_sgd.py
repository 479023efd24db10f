"""Question 3: stochastic gradient descent that can be interrupted and resumed.

    python companion/q3_sgd.py          # the published examples

Every 5,000 iterations a run with useSaved=True writes parameters, random state and costs to output/companion/, and the
next run resumes from there and ends with the result that it would have reached without the break. The file stays when
a run is finished: question 4 reads its word vectors with load_saved_params.
"""

import os
import random
import zipfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

SAVED = Path(__file__).resolve().parents[1] / "output" / "companion" / "saved_params.npz"
SAVE_PARAMS_EVERY = 5_000
ANNEAL_EVERY = 20_000  # the step is halved
SMOOTHING = 0.95  # of the old in the running cost


def save_params(iter, params, costs=()):
    """Write the parameters after `iter` iterations, Python's random state and the running costs, to SAVED."""
    version, internal, gauss = random.getstate()
    SAVED.parent.mkdir(parents=True, exist_ok=True)
    temporary = SAVED.with_name(f".{SAVED.name}")  # renamed when it is whole
    np.savez(
        temporary,
        iter=iter,
        params=params,
        costs=costs,
        state_version=version,
        state_internal=np.array(internal, dtype=np.uint32),
        state_gauss=np.nan if gauss is None else gauss,
    )
    os.replace(temporary, SAVED)


def load_saved_params():
    """What was saved last: (iter, params, random state), or (0, None, None). Raises ValueError for a damaged file."""
    return load_run()[:3]


def load_run():
    """What load_saved_params returns, and the running costs so far: (iter, params, random state, costs)."""
    if not SAVED.exists():
        return 0, None, None, []
    try:
        with open(SAVED, "rb") as file, np.load(file, allow_pickle=False) as saved:
            gauss = float(saved["state_gauss"])
            state = (
                int(saved["state_version"]),
                tuple(saved["state_internal"].tolist()),
                None if np.isnan(gauss) else gauss,
            )
            random.Random().setstate(state)  # raises if it is none
            return int(saved["iter"]), saved["params"], state, saved["costs"].tolist()
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        raise ValueError(f"{SAVED} is not a whole file of saved parameters: delete it to start again") from None


def sgd(f, x0, step, iterations, postprocessing=None, useSaved=False, PRINT_EVERY=10, costs=None):
    """Descend from x0 along the gradient of f (question 3f); returns the parameters after `iterations` steps.

    f               takes x, returns (cost, gradient), the gradient of x's shape
    x0              where to begin; it is not changed
    step            learning rate, halved every 20,000 iterations
    postprocessing  if given, called with x after every step; returns the new x, or None if it has changed x in place
    useSaved        go on from what was saved, if anything was, and save every 5,000 iterations
    PRINT_EVERY     iterations between two costs that enter the running cost, 0.95 old + 0.05 new, which a progress bar
                    shows; None or 0 shows nothing
    costs           a list, to which the running costs are added, those from before a break too
    Raises ValueError if the cost is no longer finite, and for saved parameters that are damaged or of another shape.
    """
    x, first, smooth = np.array(x0, dtype=float), 0, []
    if useSaved:
        first, saved, state, smooth = load_run()
        if first > 0:
            if saved.shape != x.shape:
                raise ValueError(
                    f"{SAVED} holds parameters of shape {saved.shape}, this run has {x.shape}: delete it to start again"
                )
            x = saved
            step *= 0.5 ** (first // ANNEAL_EVERY)
            random.setstate(state)

    bar = tqdm(
        total=iterations,
        initial=min(first, iterations),
        delay=2,
        disable=None if PRINT_EVERY else True,  # None: shown on a terminal
        unit=" iterations",
    )
    with bar:
        for iteration in range(first + 1, iterations + 1):
            cost, grad = f(x)
            x -= step * grad
            if postprocessing:
                processed = postprocessing(x)
                x = x if processed is None else processed
            if not np.isfinite(cost):
                raise ValueError(f"the cost is {cost} at iteration {iteration}: a step of {step} is too long")
            if PRINT_EVERY and iteration % PRINT_EVERY == 0:
                smooth.append(float(cost) if not smooth else SMOOTHING * smooth[-1] + (1 - SMOOTHING) * float(cost))
                bar.set_postfix_str(f"cost {smooth[-1]:.4f}", refresh=False)
            if useSaved and iteration % SAVE_PARAMS_EVERY == 0:
                save_params(iteration, x, smooth)
            if iteration % ANNEAL_EVERY == 0:
                step *= 0.5
            bar.update()
    if costs is not None:
        costs.extend(smooth)
    return x


def sanity_check():
    for start, expected in [(0.5, 8.414836786079764e-10), (0.0, 0.0), (-1.5, -2.524451035823933e-09)]:
        end = sgd(lambda x: (np.sum(x**2), 2 * x), start, 0.01, 1000, PRINT_EVERY=100)
        print(f"x^2 from {start:4}, 1000 steps of 0.01: {end:.10g}")
        assert abs(end - expected) < 1e-18, f"published is {expected}"
    print("All checks of sgd passed.")


if __name__ == "__main__":
    sanity_check()
