"""Judges train_nn: asks it under the assignment's own conditions, and tries again before a point goes.

The data file holds as many tweets as the course's. Its test labels are the reverse of what the training tweets teach, so
that training on them shows. Whether something has an influence at all (the test labels, another file) is settled by a
second call from the same seed with that one thing changed: the same parameters come back unless it has.
"""

import pickle
import time
from dataclasses import dataclass, replace

import numpy as np

from .answers import Outcome, Wrong, failed, miscounted, numbers
from .edition import PARAMETERS, Edition
from .parameters import plain, scaled_features, shape_problem

OTHER_ORDER = ("W1", "W2", "b1", "b2")  # a mistake that is told, and read all the same
CLEARLY = 0.15  # a network that was trained on both splits has a loss above this: a fifth of its labels are reversed
EXCHANGED = 0.88  # where a loss is at most 0.5, that of the same parameters on exchanged labels is above 0.886
SLOW = 10  # a trainer that is too slow for the usual steps is asked for this part of them


@dataclass(frozen=True)
class Trial:
    """One call of train_nn, and the parameters that came back, or the Wrong that there is in their place."""

    file: str
    hidden: int
    iters: float
    lr: float
    start: int  # what student code draws from starts here
    value: object = None  # as wire.decode gives it
    problem: Wrong | None = None

    def parts(self):
        """{name: array} of W1, b1, W2, b2. Raises Wrong."""
        if self.problem:
            raise self.problem
        if not isinstance(self.value, tuple) or len(self.value) < 4:
            raise Wrong("count", miscounted(self.value, (*PARAMETERS,)))
        parts = {name: numbers(item, name) for name, item in zip(PARAMETERS, self.value, strict=False)}
        for part in parts.values():
            if isinstance(part, Wrong):
                raise part
            if not np.all(np.isfinite(part)):
                raise Wrong("nan", "The parameters hold NaN or infinity. Features reach thousands: does e^z overflow?")
        if shape_problem(parts, self.hidden) and not shape_problem(self.exchanged(parts), self.hidden):
            return self.exchanged(parts)
        return parts

    @staticmethod
    def exchanged(parts):
        return dict(zip(OTHER_ORDER, parts.values(), strict=True))

    def same(self, other):
        """Whether two trials brought the same parameters, to the last bit."""
        try:
            ours, theirs = self.parts(), other.parts()
        except Wrong:
            return False
        return all(np.array_equal(ours[name], theirs[name]) for name in PARAMETERS)


def write_files(folder, tweets):
    """Lay the data files for train_nn into a folder; returns their names.

    tweets.pkl and more_tweets.pkl hold the same tweets in the two editions' forms.
    """
    contents = {
        "tweets.pkl": tweets.january(),
        "more_tweets.pkl": tweets.later(),
        "usual_test.pkl": replace(tweets, test_y=1 - tweets.test_y).january(),
        "exchanged.pkl": replace(tweets, train_y=1 - tweets.train_y).january(),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(pickle.dumps(content))
    return list(contents)


def plant(folder, other, exchanged=True):
    """Lay a file with the course's name beside those: other tweets, with the reverse labels. Returns its name.

    Code that opens it by name, and not the file that train_nn is given, learns the reverse.
    """
    other = replace(other, train_y=1 - other.train_y) if exchanged else other
    (folder / "twitter_data.pkl").write_bytes(pickle.dumps({**other.january(), **other.later()}))
    return "twitter_data.pkl"


# ---- Asking --------------------------------------------------------------------------------------


class Trainer:
    """Asks a submission's train_nn, within the question's time.

    ask(file, hidden, iters, lr, start, seconds, planted) -> (value, None) or (None, Wrong).
    """

    def __init__(self, ask, training, seconds):
        self.ask, self.training = ask, training
        self.end = time.monotonic() + seconds
        self.seconds = seconds
        self.steps_part = 1
        self.floats = True  # whether it is asked with a float number of steps
        self.errors = {}  # sentence -> the file and iters that brought it: all are told

    def trial(self, file, hidden, iters, lr, start, planted=True):
        left = min(self.end - time.monotonic(), self.seconds / 3)
        value, problem = self.ask(file, hidden, iters, lr, start, max(left, 1), planted)
        if problem:
            self.errors.setdefault(problem.sentence, (file, iters))
        return Trial(file, hidden, iters, lr, start, value, problem)

    def again(self, trial, **changed):
        planted = changed.pop("planted", True)
        asked = {"file": trial.file, "hidden": trial.hidden, "iters": trial.iters, "lr": trial.lr, "start": trial.start}
        return self.trial(**{**asked, **changed}, planted=planted)

    def under(self, hidden, steps, lr, start):
        """A trial with these settings, in whichever way of asking works: a float or an int, either form of the file."""
        trial = None
        for file in ("tweets.pkl", "more_tweets.pkl"):
            for kind in (float, int) if self.floats else (int,):
                trial = self.trial(file, hidden, kind(max(steps // self.steps_part, 1)), lr, start)
                if trial.problem and trial.problem.identity == "late" and self.steps_part == 1:
                    self.steps_part = SLOW
                    trial = self.trial(file, hidden, kind(steps // SLOW), lr, start)
                if not trial.problem:
                    self.floats = kind is float
                    return trial
                if trial.problem.identity != "raised" or time.monotonic() > self.end:
                    return trial
        return trial

    def trials(self):
        for start, (hidden, steps, lr) in enumerate(self.training.settings):
            yield self.under(hidden, steps, lr, start)
            if time.monotonic() > self.end:
                return


# ---- Judging -------------------------------------------------------------------------------------


def judge_training(checks, trainer, tweets, edition, pinned):
    """The outcomes of train_nn. edition: as read from the other functions; pinned: whether its values axis is."""
    tests = {check.name: check for check in checks}
    bound = tests["train.learns"].tolerance
    best, loss = None, np.inf
    for trial in trainer.trials():
        measured = loss_of(trial, tweets.X, tweets.train_y)
        if best is None or measured < loss or (best.problem and not trial.problem):
            best, loss = trial, measured
        if loss <= bound or "count" in problem_of(best) or not any_chance(best):
            break
    if problem_of(best):
        return judge_failure(checks, best, trainer)

    parts = best.parts()
    found = {}  # check name -> (id, [(sentence, condition)])
    given = len(best.value)
    names = (*PARAMETERS, "Ls")[: 5 if edition.values == "five" else 4] if pinned else PARAMETERS
    if given > 5 or (pinned and given != len(names)):
        found["train.returns"] = "count", [(miscounted(best.value, names), lambda: given != len(names))]
    elif shape_problem(
        dict(zip(PARAMETERS, map(np.asarray, best.value), strict=False)), best.hidden
    ) and not shape_problem(parts, best.hidden):
        said = "The values come in another order: Q5 returns W1, b1, W2, b2."
        found["train.returns"] = (
            "train.order",
            [(said, lambda: np.size(best.value[1]) != best.hidden or best.hidden == 1)],
        )
    if not trainer.floats:
        said = f"It fails for a float such as iters={float(best.iters)} and works for {int(best.iters)}: int(iters)."
        floats = [error for error, (_, iters) in trainer.errors.items() if isinstance(iters, float)]
        claims = [(said, lambda: bool(floats)), *((error, lambda: True) for error in floats)]
        found["train.iters"] = "float_iters", claims
    problem = shape_problem(parts, best.hidden)
    if problem:
        said = f"{problem} Expected for ℓ = {best.hidden}: W1 ({best.hidden}, 3), b1 ({best.hidden},), W2 (1, {best.hidden}), b2 one number."
        found["train.shapes"] = "shape", [(said, lambda: shape_problem(parts, best.hidden) is not None)]
    if shape_problem(parts):
        for name in ("train.units", "train.biases", "train.split", "train.learns"):
            found[name] = "shape", [("Not earned with these shapes.", lambda: shape_problem(parts) is not None)]
        return outcomes_of(checks, found)

    if loss > CLEARLY:
        best, loss, problem = look_for_the_test_split(trainer, best, loss, tweets)
        parts = best.parts()
        if problem:
            found["train.split"] = problem
    alike = alike_units(parts, tests["train.units"].tolerance)
    if alike:
        said = (
            "All hidden units are alike, so the network does what one unit does: weights that start equal stay equal. "
            "Start from random ones."
        )
        found["train.units"] = "train.symmetric", [(said, lambda: alike)]
    if loss <= bound:
        twin = trainer.again(best, file="exchanged.pkl", iters=type(best.iters)(max(best.iters // 10, 1)))
        if problem_of(twin):  # a log every iters // 10000 steps
            twin = trainer.again(best, file="exchanged.pkl")
        if not follows(twin, tweets):
            said = (
                "With the labels in the file exchanged, the same call does not follow them: the parameters do not come "
                "from the file that the call names."
            )
            found["train.learns"] = "train.untrained", [(said, lambda: not follows(twin, tweets))]
    else:
        twin = trainer.again(best, lr=best.lr / 2)
        found["train.learns"] = why_not(trainer, best, loss, tweets, tests["train.learns"])
    if still_biases(best, twin):
        said = "b1 and b2 come back as they started, whatever the training: they are never updated."
        found["train.biases"] = "train.biases", [(said, lambda: still_biases(best, twin))]
    return outcomes_of(checks, found)


def outcomes_of(checks, found):
    outcomes, told = [], set()
    for check in checks:
        identity, claims = found.get(check.name, (None, []))
        outcomes.append(Outcome(check, identity is None, [claim for claim in claims if claim[0] not in told], identity))
        told |= {sentence for sentence, _ in claims}
    return outcomes


def problem_of(trial):
    try:
        trial.parts()
    except Wrong as wrong:
        return wrong.identity
    return ""


def any_chance(trial):
    """Whether other settings may do better: not if the process ended, or the function is missing."""
    return problem_of(trial) not in ("missing", "not_loaded", "died", "none", "type")


def judge_failure(checks, trial, trainer):
    """The outcomes if no trial brought parameters: all errors that stand in the way, in the order in which they came."""
    try:
        trial.parts()
    except Wrong as wrong:
        identity, last = wrong.identity, wrong.sentence
    errors = dict.fromkeys([*trainer.errors, last])
    claims = []
    for error in errors:
        file, iters = trainer.errors.get(error, (None, None))
        said = f"With iters={iters}: {error}" if len(errors) > 1 and iters else error
        claims.append((said, lambda error=error: error == last or error in trainer.errors))
    return [Outcome(check, False, [] if k else claims, identity) for k, check in enumerate(checks)]


def loss_of(trial, X, y):
    try:
        return plain(trial.parts()).measure(X, y)[0]
    except (Wrong, ValueError):
        return np.inf


def look_for_the_test_split(trainer, trial, loss, tweets):
    """The better of the trial and one with usual test labels, its loss, and the problem if those labels had a say."""
    other = trainer.again(trial, file="usual_test.pkl") if trial.file == "tweets.pkl" else trial
    if trial.same(other) or problem_of(other) or not trial.same(trainer.again(trial)):
        return trial, loss, None
    said = (
        "With other labels in test_y, and all else the same, other parameters come back: training, or the choice of "
        "the parameters to keep, uses the test tweets. The handout: no training on test data, please."
    )
    measured = loss_of(other, tweets.X, tweets.train_y)
    problem = "train.tested", [(said, lambda: not trial.same(other))]
    return (other, measured, problem) if measured < loss else (trial, loss, problem)


def follows(trial, tweets):
    """Whether parameters trained on exchanged labels have left the first ones; they need not fit the exchanged ones."""
    return loss_of(trial, tweets.X, 1 - tweets.train_y) <= EXCHANGED


def alike_units(parts, tolerance):
    W1 = parts["W1"]
    return len(W1) > 1 and np.ptp(W1, axis=0).max() <= tolerance * np.abs(W1).max()


def still_biases(trial, twin):
    """Whether no bias moved while the weights did, in two runs from one start that differ in data or step size."""
    try:
        ours, theirs = trial.parts(), twin.parts()
    except Wrong:
        return False
    same = {name: np.array_equal(ours[name], theirs[name]) for name in PARAMETERS}
    return same["b1"] and same["b2"] and not same["W1"] and not same["W2"]


def why_not(trainer, trial, loss, tweets, check):
    """(id, claims) for parameters that do not fit the training tweets."""
    X, y, bound = tweets.X, tweets.train_y, check.tolerance
    parameters = plain(trial.parts())
    accuracy = parameters.measure(X, y)[1]
    measured = (
        f"The loss on the training tweets is {loss:.3f} with {accuracy:.0%} of them right.",
        lambda: loss_of(trial, X, y) == loss,
    )
    if loss_of(trial, X, 1 - y) <= bound:
        if not trial.same(trainer.again(trial, planted=False)) and trial.same(trainer.again(trial)):
            said = (
                "With another twitter_data.pkl beside the file that the call names, other parameters come back: "
                "open `filename`, not 'twitter_data.pkl'."
            )
            return "train.other_file", [measured, (said, lambda: loss_of(trial, X, 1 - y) <= bound)]
        said = "It learned the labels the wrong way round."
        return "train.reversed", [measured, (said, lambda: loss_of(trial, X, 1 - y) <= bound)]
    scaled = any(parameters.measure(features, y)[0] <= bound for features in scaled_features(X))
    if scaled:
        said = (
            "The parameters work on scaled features only: fold the scaling into W1 and b1, since the sample code passes "
            "what extract_features returns."
        )
        return "train.scaled", [measured, (said, lambda: scaled)]
    guess = "Guessing has a loss of 0.693."
    identity = "train.diverged" if loss > 1 else "train.still" if loss > 0.66 else "train.learns"
    return identity, [measured, (guess, None), (check.told, None)]
