"""Judges what a submission makes: train_nn's parameters, assignment2.pkl, and what a program can see of the PDF."""

from dataclasses import dataclass
from functools import cache

import numpy as np

import assignment2 as reference
from data.embedded import load_embedded

from .cell.wire import decode
from .judge import RETURNED, Outcome, Wrong, describe, miscounted, numbers, sentence, text

NAMES = ("W1", "b1", "W2", "b2")
OTHER_ORDER = ("W1", "W2", "b1", "b2")  # a mistake that is told, and read all the same


@dataclass
class Parameters:
    """W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,), whatever form they came in."""

    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    def measure(self, X, y):
        """(loss, accuracy) on features X (d, N) with labels y (N,)."""
        with np.errstate(all="ignore"):
            yhat = reference.inference_2layers(X, self.W1, self.W2, self.b1, self.b2)
        return float(reference.bce_forward(yhat, y)), float(np.mean((yhat > 0.5) == (y == 1)))


def shape_problem(parts, hidden=None):
    """What is wrong with the shapes of the parameters, in a sentence, or None. `hidden`: the ℓ asked for, if any."""
    W1, b1, W2, b2 = (parts[name] for name in NAMES)
    units = hidden or (W1.shape[0] if W1.ndim == 2 else 0)
    given = ", ".join(f"{name} {parts[name].shape}" for name in NAMES)
    if (
        W1.shape == (units, 3)
        and b1.shape in {(units,), (units, 1)}
        and W2.shape == (1, units)
        and b2.shape in {(), (1,), (1, 1)}
    ):
        return None
    return f"The shapes are {given}."


# ---- train_nn ------------------------------------------------------------------------------------


def judge_training(checks, message, whole_iters, dialect, hidden, X, y):
    """The outcomes of train_nn. message: the child's about the call. whole_iters: the float raised, the int did not."""
    failed = {check.name: None for check in checks}

    def fail_all(identity, said):
        return [
            Outcome(check, False, said if k == 0 else "Not earned without an answer.", identity)
            for k, check in enumerate(checks)
        ]

    if "error" in message:
        return fail_all("raised", describe(message["error"]))
    try:
        value = decode(message.get("value"))
    except ValueError:
        return fail_all("unreadable", "The answer could not be read.")
    names = RETURNED[dialect]["train_nn"]
    if not isinstance(value, tuple) or len(value) < 4:
        return fail_all("count", miscounted(value, names))
    parts = {name: numbers(item, name) for name, item in zip(NAMES, value, strict=False)}  # Ls may follow
    for part in parts.values():
        if isinstance(part, Wrong):
            return fail_all(part.identity, part.sentence)
        if not np.all(np.isfinite(part)):
            return fail_all(
                "nan",
                "The parameters hold NaN: did the training overflow? Features run to dozens here, and to "
                "thousands in the tweets.",
            )
    if len(value) != len(names):
        failed["train.returns"] = "count", miscounted(value, names)
    if whole_iters:
        failed["train.iters"] = (
            "float_iters",
            (
                "It fails for a float such as iters=1000.0 and works for 1000: the signature's 1e6 "
                "is a float, so int(iters)."
            ),
        )
    problem = shape_problem(parts, hidden)
    if problem:
        swapped = dict(zip(OTHER_ORDER, parts.values(), strict=True))
        if shape_problem(swapped, hidden) is None:
            failed["train.returns"] = "train.order", "The values come in the wrong order: Q5 returns W1, b1, W2, b2."
            parts, problem = swapped, None
        else:
            failed["train.shapes"] = (
                "shape",
                (
                    f"{problem} Expected for ℓ = {hidden}: W1 ({hidden}, 3), b1 ({hidden},), "
                    f"W2 (1, {hidden}), b2 one number."
                ),
            )
            problem = shape_problem(parts)
    if problem:
        for name in ("train.units", "train.learns"):
            failed[name] = "shape", "Not earned with these shapes."
    else:
        W1 = parts["W1"]
        check = {check.name: check for check in checks}
        if len(W1) > 1 and np.ptp(W1, axis=0).max() <= check["train.units"].tolerance * np.abs(W1).max():
            failed["train.units"] = (
                "train.symmetric",
                (
                    "All hidden units are alike, so the network is no more than one unit: "
                    "weights that start equal stay equal. Start from random ones."
                ),
            )
        failed["train.learns"] = learning_problem(plain(parts), X, y, check["train.learns"])
    return [Outcome(check, not failed[check.name], *reversed(failed[check.name] or (None, ""))) for check in checks]


EXCHANGED_LOSS = 0.88  # where a loss is at most 0.5, that of the same parameters on exchanged labels is above 0.886


def judge_exchanged(outcomes, message, X, y):
    """The outcomes, with train.learns lost if training on the exchanged labels y still gives what fits the first ones.

    The parameters need not fit the exchanged labels, only not the first ones: an unlucky start may stay near 0.69.
    For one example the two losses, log(1 + e^-z) and log(1 + e^z), sum to at least 2 log 2, so 2 log 2 - 0.5 bounds
    EXCHANGED_LOSS.
    """
    try:
        value = decode(message["value"])
        given = [numbers(item, "it") for item in value]
        orders = [dict(zip(names, given, strict=False)) for names in (NAMES, OTHER_ORDER)]  # Ls may follow
        fits = any(plain(parts).measure(X, y)[0] <= EXCHANGED_LOSS for parts in orders if shape_problem(parts) is None)
    except (TypeError, KeyError, ValueError, AttributeError, Wrong):  # no answer, or none that can be read
        fits = False
    said = (
        "With the labels in the file exchanged, the same call does not follow them: are the parameters learned from "
        "the file that the call names?"
    )
    return (
        outcomes
        if fits
        else [
            Outcome(o.check, False, said, "train.untrained") if o.check.name == "train.learns" else o for o in outcomes
        ]
    )


def plain(parts):
    return Parameters(parts["W1"], parts["b1"].ravel(), parts["W2"], parts["b2"].ravel())


def learning_problem(parameters, X, y, check):
    """(id, sentence) where the loss on these tweets is above the check's bound, or None."""
    loss, accuracy = parameters.measure(X, y)
    if loss <= check.tolerance:
        return None
    said = f"The loss on the training tweets is {loss:.3f} with {accuracy:.0%} of them right."
    scaled = scaled_features(X)
    if any(parameters.measure(features, y)[0] <= check.tolerance for features in scaled):
        return "train.scaled", (
            f"{said} The parameters work on scaled features only: fold the scaling into W1 and b1, since "
            "the sample code passes what extract_features returns."
        )
    if parameters.measure(X, 1 - y)[0] <= check.tolerance:
        return (
            "train.reversed",
            f"{said} It learned the labels the wrong way round: is the step uphill, or are the labels swapped?",
        )
    if loss > 1:
        return "train.diverged", f"{said} A coin has 0.693: is the step uphill, or far too large?"
    if loss > 0.66:
        return "train.still", f"{said} A coin has 0.693: was anything learned from the {len(y)} tweets?"
    return "train.learns", f"{said} {sentence(check.on_failure)}"


def scaled_features(X):
    """The features as students scale them before training."""
    spread = np.where(X.std(axis=1) > 0, X.std(axis=1), 1)[:, None]
    mean = np.where(X.std(axis=1) > 0, X.mean(axis=1), 0)[:, None]
    return [
        (X - mean) / spread,
        X / spread,
        X / X.max(axis=1, keepdims=True),
        X / X.max(),
        X / 1000,
        X / np.linalg.norm(X, axis=0),
    ]


# ---- assignment2.pkl -----------------------------------------------------------------------------


@cache  # reading the file takes longer than judging by it
def course_test_set():
    data = load_embedded()
    return data["test_X"], data["test_y"]


def judge_pickle(checks, run, exists):
    """The outcomes of assignment2.pkl. run: a sandbox.Run of the task `pickle`."""

    def fail_from(first, identity, said):
        names = [check.name for check in checks]
        start = names.index(first)
        return [
            Outcome(
                check,
                k < start,
                "" if k < start else said if k == start else "Not earned without the parameters.",
                None if k < start else identity,
            )
            for k, check in enumerate(checks)
        ]

    if not exists:
        return fail_from("pkl.opens", "missing", "There is no assignment2.pkl in the submission.")
    message = run.answers.get(0)
    described = message.get("described") if message else None
    if not isinstance(described, dict):
        reason = (
            "it took too long"
            if run.late
            else text(run.failed, "message") or text(run.failed, "type") or "it could not be read"
        )
        return fail_from("pkl.opens", "pkl.unreadable", f"assignment2.pkl does not open: {reason}.")
    keys, values = described.get("keys"), described.get("values")
    if not isinstance(keys, list) or not isinstance(values, dict):
        return fail_from(
            "pkl.opens", "pkl.type", f"assignment2.pkl holds a {text(described, 'type')}; expected a dict."
        )
    if set(values) != set(NAMES):
        if {"train_x", "test_x", "X"} & {key for key in keys if isinstance(key, str)}:
            return fail_from(
                "pkl.opens",
                "pkl.data",
                "assignment2.pkl holds the data set: the handout's snippet pickles `data`, but means the parameters.",
            )
        return fail_from(
            "pkl.opens",
            "pkl.keys",
            f"assignment2.pkl has the keys {', '.join(map(str, keys))[:200] or 'none'}; expected W1, W2, b1 and b2.",
        )
    parts = {}
    for name in NAMES:
        try:
            value = decode(values[name])
            # A list of lists of numbers says as much as an array.
            parts[name] = numbers(np.array(value, float) if isinstance(value, tuple) else value, name)
        except (ValueError, TypeError):
            parts[name] = Wrong("type", f"{name} could not be read.")
        if isinstance(parts[name], Wrong):
            return fail_from("pkl.shapes", parts[name].identity, parts[name].sentence)
    problem = shape_problem(parts)
    if problem:
        return fail_from("pkl.shapes", "shape", f"{problem} {sentence(checks[1].on_failure)}")
    if not all(np.all(np.isfinite(part)) for part in parts.values()):
        return fail_from("pkl.shapes", "nan", "The parameters hold NaN or infinity.")
    X, y = course_test_set()
    loss, accuracy = plain(parts).measure(X, y)
    measured = f"On the 2000 test tweets: accuracy {accuracy:.4f}, loss {loss:.4f}."
    outcomes = []
    for check in checks:
        passed = {"pkl.accuracy": accuracy >= check.tolerance, "pkl.loss": loss <= check.tolerance}.get(
            check.name, True
        )
        outcome = Outcome(check, passed, note=measured if check.name == "pkl.accuracy" else "")
        if not passed:
            good = any(plain(parts).measure(features, y)[1] >= 0.95 for features in scaled_features(X))
            outcome.hint, outcome.mistake = measured + " " + sentence(check.on_failure), check.name
            if good and accuracy < 0.95:
                outcome.mistake = "train.scaled"
                outcome.hint = (
                    f"{measured} The parameters work on scaled features only: fold the scaling into W1 and b1."
                )
            elif accuracy < 0.1:
                outcome.mistake = "train.reversed"
                outcome.hint = f"{measured} The labels were learned the wrong way round."
        outcomes.append(outcome)
    return outcomes


# ---- The PDF -------------------------------------------------------------------------------------


def judge_pdf(checks, run, exists):
    """The outcomes of what a machine can see of the PDF. The points wait for a person."""
    seen = run.answers.get(0, {}).get("described") if exists else None
    numbered = isinstance(seen, dict) and all(type(seen.get(key)) is int for key in ("pages", "characters", "figures"))
    outcomes = []
    for check in checks:
        if not exists:
            outcomes.append(Outcome(check, False, "There is no assignment2.pdf in the submission.", "missing"))
        elif not numbered or seen["pages"] < 1:
            outcomes.append(
                Outcome(check, False, "assignment2.pdf does not open as a PDF, or has no pages.", "pdf.unreadable")
            )
        else:
            written = "text" if seen["characters"] >= check.tolerance else "next to no text"
            held = f"{seen['pages']} pages, {written}, {seen['figures']} figures."
            enough = (
                seen["figures"] >= check.tolerance
                if check.name == "pdf.curves"
                else seen["characters"] >= check.tolerance or seen["figures"] >= 1
            )
            outcomes.append(
                Outcome(
                    check,
                    enough,
                    "" if enough else f"assignment2.pdf holds {held} {sentence(check.on_failure)}",
                    None if enough else "pdf.empty",
                    f"{held} For a person to read.",
                )
            )
    return outcomes
