"""Judges train_nn: asks it under the assignment's own conditions, and tries again before a point goes.

The data file holds as many tweets as the course's, but for the first, short training. Its test labels are the reverse
of what the training tweets teach, so that training on them shows. Whether something has an influence at all (the test
labels, another file) is settled by a second call from the same seed with that one thing changed: the same parameters
come back unless it has.
"""

import pickle
import re
from dataclasses import dataclass, replace

import numpy as np

from .answers import Outcome, Wrong, miscounted, numbers
from .edition import PARAMETERS
from .parameters import plain, scaled_features, shape_problem

OTHER_ORDER = ("W1", "W2", "b1", "b2")  # a mistake that is told, and read all the same
CLEARLY = 0.15  # a network that was trained on both splits has a loss above this: a fifth of its labels are reversed
HOPELESS = (
    "unaided",
    "missing",
    "not_loaded",
    "died",
    "count",
    "none",
    "type",
)  # problems that other settings do not cure
QUICK = 0.65  # fewer steps and tweets are enough if they lead below this
FEWER = 10  # the part of the tweets with exchanged labels, for that
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
        return dict(zip(OTHER_ORDER, parts.values(), strict=True)) if self.reordered else parts

    @property
    def reordered(self):
        """Whether the values come as W1, W2, b1, b2."""
        given = list(map(np.asarray, self.value[:4]))
        here, there = (dict(zip(order, given, strict=True)) for order in (PARAMETERS, OTHER_ORDER))
        return shape_problem(here, self.hidden) is not None and shape_problem(there, self.hidden) is None

    def same(self, other):
        """Whether two trials brought the same parameters, to the last bit."""
        try:
            ours, theirs = self.parts(), other.parts()
        except Wrong:
            return False
        return all(np.array_equal(ours[name], theirs[name]) for name in PARAMETERS)


FILES = ("tweets.pkl", "more_tweets.pkl", "usual_test.pkl", "exchanged.pkl", "fewer_exchanged.pkl")


def write_files(folder, tweets):
    """Lay FILES for train_nn into a folder.

    tweets.pkl and more_tweets.pkl hold the same tweets in the two editions' forms.
    """
    exchanged = replace(tweets, train_y=1 - tweets.train_y)
    fewer = replace(exchanged, train_x=tweets.train_x[::FEWER], train_y=exchanged.train_y[::FEWER])
    usual_test = replace(tweets, test_y=1 - tweets.test_y)
    contents = tweets.january(), tweets.later(), usual_test.january(), exchanged.january(), fewer.january()
    for name, content in zip(FILES, contents, strict=True):
        (folder / name).write_bytes(pickle.dumps(content))


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

    ask(file, hidden, iters, lr, start, planted, seconds) -> (value or None, Wrong or None, seconds that it used).
    """

    def __init__(self, ask, training, seconds):
        self.ask, self.training = ask, training
        self.seconds = self.left = seconds  # of processor time, in all
        self.steps_part = 1
        self.ways = [(file, kind) for file in ("tweets.pkl", "more_tweets.pkl") for kind in (float, int)]
        self.floats = True  # whether it takes a float number of steps
        self.errors = {}  # sentence -> the iters that brought it: all are told

    def trial(self, file, hidden, iters, lr, start, planted=True):
        value, problem = self.asked(file, hidden, iters, lr, start, planted)
        if problem and not any(without_numbers(problem.sentence) == without_numbers(error) for error in self.errors):
            self.errors[problem.sentence] = iters
        return Trial(file, hidden, iters, lr, start, value, problem)

    def asked(self, *asked):
        value, problem, used = self.ask(*asked, max(min(self.left, self.seconds / 3), 1))
        self.left -= used
        return value, problem

    def again(self, trial, **changed):
        planted = changed.pop("planted", True)
        asked = {"file": trial.file, "hidden": trial.hidden, "iters": trial.iters, "lr": trial.lr, "start": trial.start}
        return self.trial(**{**asked, **changed}, planted=planted)

    def under(self, hidden, steps, lr, start):
        """A trial with these settings, in whichever way of asking works: either form of the file, a float or an int.

        Later settings are asked in that way alone; if none works, in the handout's.
        """
        for file, kind in self.ways:
            trial = self.trial(file, hidden, kind(max(steps // self.steps_part, 1)), lr, start)
            if trial.problem and trial.problem.identity == "late" and self.steps_part == 1:
                self.steps_part = SLOW
                trial = self.trial(file, hidden, kind(steps // SLOW), lr, start)
            if not trial.problem:
                self.floats = kind is float
                self.ways = [(file, kind)]
            if not trial.problem or trial.problem.identity != "raised" or self.left <= 0:
                return trial
        self.ways = [("tweets.pkl", int)]
        return trial

    def trials(self):
        for start, (hidden, steps, lr) in enumerate(self.training.settings):
            yield self.under(hidden, steps, lr, start)
            if self.left <= 0:
                return


def without_numbers(error):
    """An error as it is the same under all settings: index 158 or index 5992 is out of bounds."""
    return re.sub(r"\d+", "#", error)


# ---- Judging -------------------------------------------------------------------------------------
#
# Each function below looks for one mistake: (id, claims) or None. A claim is a sentence with its condition.


def judge_training(checks, trainer, tweets, names):
    """The outcomes of train_nn. names: of the values that the course insists on, or None."""
    bound = {check.name: check for check in checks}["train.learns"].tolerance
    trial = best_trial(trainer, tweets, bound)
    if problem_of(trial):
        return judge_failure(checks, trial, trainer)
    found = {
        "train.returns": miscount(trial, names) or wrong_order(trial),
        "train.iters": float_iters(trial, trainer),
        "train.shapes": wrong_shapes(trial),
    }
    if shape_problem(trial.parts()):
        said = "Not earned with these shapes.", lambda: shape_problem(trial.parts()) is not None
        return outcomes_of(checks, found, ("shape", [said]))
    if loss_of(trial, tweets) > CLEARLY:
        trial, found["train.split"] = uses_the_test_split(trial, trainer, tweets)
    if loss_of(trial, tweets) <= bound:
        fewer = type(trial.iters)(max(trial.iters // FEWER, min(trial.iters, 100)))
        other = trainer.again(trial, file="fewer_exchanged.pkl", iters=fewer)
        if loss_of(other, tweets, exchanged=True) > QUICK:  # or it raised: a log every iters // 10000 steps
            other = trainer.again(trial, file="exchanged.pkl")
        found["train.learns"] = untrained(other, tweets, bound)
    else:
        other = trainer.again(trial, lr=trial.lr / 2)
        found["train.learns"] = opens_another_file(trial, trainer, tweets, bound) or poor(trial, tweets, checks)
    found["train.biases"] = still_biases(trial, other)
    found["train.units"] = alike_units(trial, checks)
    return outcomes_of(checks, found)


def outcomes_of(checks, found, otherwise=None):
    """The outcomes of all checks. otherwise: the mistake of those that nobody looked for."""
    outcomes, told = [], set()
    for check in checks:
        identity, claims = found.get(check.name, otherwise) or (None, [])
        outcomes.append(Outcome(check, identity is None, [claim for claim in claims if claim[0] not in told], identity))
        told |= {sentence for sentence, _ in claims}
    return outcomes


def best_trial(trainer, tweets, bound):
    """The trial with the least loss, of those up to the first one that learned."""

    def learned(trial):  # the labels, or their reverse
        return any(loss_of(trial, tweets, exchanged) <= bound for exchanged in (False, True))

    best = None
    for trial in trainer.trials():
        if best is None or loss_of(trial, tweets) < loss_of(best, tweets) or (best.problem and not trial.problem):
            best = trial
        if learned(best) or problem_of(best) in HOPELESS:
            break
    return best


def problem_of(trial):
    try:
        trial.parts()
    except Wrong as wrong:
        return wrong.identity
    return ""


def loss_of(trial, tweets, exchanged=False):
    """The loss on the training tweets, or on the same tweets with exchanged labels; infinite without parameters."""
    if problem_of(trial) or shape_problem(trial.parts()):
        return np.inf
    return plain(trial.parts()).measure(tweets.X, 1 - tweets.train_y if exchanged else tweets.train_y)[0]


def judge_failure(checks, trial, trainer):
    """The outcomes if no trial brought parameters: all errors that stand in the way, in their order."""
    try:
        trial.parts()
    except Wrong as wrong:
        identity, last = wrong.identity, wrong.sentence
    errors = list(trainer.errors) or [last]
    if any("KeyError" not in error for error in errors):  # what the other edition's form of the file brings
        errors = [error for error in errors if "KeyError" not in error]
    claims = []
    for error in errors:
        said = f"With iters={trainer.errors[error]}: {error}" if len(errors) > 1 else error
        claims.append((said, lambda error=error: error == last or error in trainer.errors))
    return [Outcome(check, False, [] if k else claims, identity) for k, check in enumerate(checks)]


def miscount(trial, names):
    given = len(trial.value)
    if given > 5 or (names and given != len(names)):
        return "count", [(miscounted(trial.value, names or PARAMETERS), lambda: given != len(names or PARAMETERS))]
    return None


def wrong_order(trial):
    said = "The values come in another order: Q5 returns W1, b1, W2, b2."
    return ("train.order", [(said, lambda: trial.reordered)]) if trial.reordered else None


def float_iters(trial, trainer):
    if trainer.floats:
        return None
    said = f"It fails for a float such as iters={float(trial.iters)} and works for {int(trial.iters)}: int(iters)."
    errors = [error for error, iters in trainer.errors.items() if isinstance(iters, float)]
    return "float_iters", [(said, lambda: bool(errors)), *((error, lambda: bool(errors)) for error in errors)]


def wrong_shapes(trial):
    problem, units = shape_problem(trial.parts(), trial.hidden), trial.hidden
    said = f"{problem} Expected for ℓ = {units}: W1 ({units}, 3), b1 ({units},), W2 (1, {units}), b2 one number."
    return ("shape", [(said, lambda: shape_problem(trial.parts(), units) is not None)]) if problem else None


def uses_the_test_split(trial, trainer, tweets):
    """(the better of the trial and one with the usual test labels, the mistake if those labels had a say)."""
    other = trainer.again(trial, file="usual_test.pkl") if trial.file == "tweets.pkl" else trial
    if problem_of(other) or trial.same(other) or not trial.same(trainer.again(trial)):
        return trial, None
    said = (
        "With other labels in test_y, and all else the same, other parameters come back: training, or the choice of "
        "the parameters to keep, uses the test tweets. The handout: no training on test data, please."
    )
    better = min(trial, other, key=lambda which: loss_of(which, tweets))
    return better, ("train.tested", [(said, lambda: not trial.same(other))])


def untrained(other, tweets, bound):
    """other: a trial on exchanged labels. It need not fit them, but must have left the first ones."""

    def stays():
        return loss_of(other, tweets) <= bound

    said = (
        "With the labels in the file exchanged, the same call still fits the first ones: the parameters do not come "
        "from the file that the call names."
    )
    return ("train.untrained", [(said, stays)]) if stays() else None


def still_biases(trial, other):
    """other: a trial from the same start, with other data or another step size."""

    def still():
        if problem_of(other):
            return False
        ours, theirs = trial.parts(), other.parts()
        same = [name for name in PARAMETERS if np.array_equal(ours[name], theirs[name])]
        return same == ["b1", "b2"]

    said = "b1 and b2 come back as they started, whatever the training: they are never updated."
    return ("train.biases", [(said, still)]) if still() else None


def alike_units(trial, checks):
    tolerance = next((check.tolerance for check in checks if check.name == "train.units"), 0)
    W1 = trial.parts()["W1"]

    def alike():
        return len(W1) > 1 and np.ptp(W1, axis=0).max() <= tolerance * np.abs(W1).max()

    said = (
        "All hidden units are alike, so the network does what one unit does: weights that start equal stay equal. "
        "Start from random ones."
    )
    return ("train.symmetric", [(said, alike)]) if alike() else None


def opens_another_file(trial, trainer, tweets, bound):
    if loss_of(trial, tweets, exchanged=True) > bound:
        return None
    other = trainer.again(trial, planted=False)
    if trial.same(other) or not trial.same(trainer.again(trial)):
        return None
    said = (
        "With another twitter_data.pkl beside the file that the call names, other parameters come back: open "
        "`filename`, not 'twitter_data.pkl'."
    )
    return "train.other_file", [measured(trial, tweets), (said, lambda: not trial.same(other))]


def measured(trial, tweets):
    loss, accuracy = plain(trial.parts()).measure(tweets.X, tweets.train_y)
    said = f"The loss on the training tweets is {loss:.3f} with {accuracy:.0%} of them right."
    return said, lambda: loss_of(trial, tweets) == loss


def poor(trial, tweets, checks):
    """The parameters do not fit the training tweets: the first cause that is true of them."""
    check = next(check for check in checks if check.name == "train.learns")
    parameters, loss = plain(trial.parts()), loss_of(trial, tweets)
    causes = [
        (
            "train.reversed",
            lambda: loss_of(trial, tweets, exchanged=True) <= check.tolerance,
            "It learned the labels the wrong way round.",
        ),
        (
            "train.scaled",
            lambda: any(parameters.measure(X, tweets.train_y)[0] <= check.tolerance for X in scaled_features(tweets.X)),
            "The parameters work on scaled features only: fold the scaling into W1 and b1, since the sample code "
            "passes what extract_features returns.",
        ),
        ("train.diverged", lambda: loss > 1, "Guessing has a loss of 0.693, so this is worse than guessing."),
        ("train.still", lambda: loss > 0.66, "Guessing has a loss of 0.693, so next to nothing was learned."),
        ("train.learns", lambda: loss > check.tolerance, check.told),
    ]
    identity, applies, said = next(cause for cause in causes if cause[1]())
    return identity, [measured(trial, tweets), (said, applies)]
