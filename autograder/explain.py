"""Says what is wrong with an answer that judge.py found wrong.

Each sentence is a claim about the answer, and stands here, or in mistakes.md, beside the condition under which it is
true. An Outcome keeps both, and the tests ask every condition again. No sentence holds an expected value.
"""

from dataclasses import replace

import numpy as np

from . import inputs
from .answers import Outcome, Wrong, close
from .edition import PARAMETERS
from .judge import RULES, changed_of, read, shapes, signature_problem
from .mistakes import name_mistake

SHOWN_ENTRIES = 32  # a call with at most so many numbers is shown in full
# What is said of wrong answers that no known mistake gives.
UNKNOWN = ("values", "shape", "raised", "count", "none", "type", "nan", "unanswered", "unreadable", "state")
STATE = (
    "The same inputs gave different answers in two calls: the result depends on an earlier call, or on chance, so "
    "something is kept outside the function."
)


def explain(verdicts, edition, function, names):
    """The outcomes of a function's checks. names: its parameters as the child saw them."""
    misnamed = signature_problem(function, names, inputs.ORDER[function])
    outcomes, told = [], set()
    for verdict in verdicts.values():
        check, attempt = verdict.check, verdict.attempt
        if verdict.passed:
            outcomes.append(Outcome(check, True))
            continue
        if misnamed and not any(other.passed for other in verdicts.values() if other.check.tolerance):
            identity, claims = "signature", [(misnamed, lambda: misnamed is not None)]
        else:
            identity, claims = cause(check, attempt, edition)
        claims = [claim for claim in claims if claim[0] not in told]  # each sentence once
        told |= {sentence for sentence, _ in claims}
        shown = min(attempt.wrong, key=lambda answer: sum(map(np.size, answer.call.args)))
        example = show(shown) if identity not in ("signature", "count") else ""
        outcomes.append(Outcome(check, False, claims, identity, example="" if example in told else example))
        told.add(example)
    values = [outcome for outcome in outcomes if RULES[outcome.check.name].kind == "right"]
    if not any(outcome.passed or outcome.mistake not in UNKNOWN for outcome in values):
        outcomes = [without_values(outcome) for outcome in outcomes]
    return outcomes


def without_values(outcome):
    """A property such as a default or a shape is worth nothing if the values have nothing to do with the question."""
    if not outcome.passed or RULES[outcome.check.name].kind == "count":
        return outcome
    said = "Not earned while no answer of this function is right."
    return Outcome(outcome.check, False, [(said, None)], "none_right")


def cause(check, attempt, edition):
    """(id, claims) for a failed check: the most telling cause that is true of its answers."""
    if depends_on_earlier(attempt.answers):
        return "state", [(STATE, lambda: depends_on_earlier(attempt.answers))]
    named = named_mistake(attempt, edition)
    if named:
        identity, sentence, condition = named
        return identity, [(sentence, condition)]
    first = attempt.wrong[0]
    problem, identity, sentence = CAUSES.get(check.name, ("", "", ""))
    if all(answer.problem.identity == problem for answer in attempt.wrong):
        return identity, [(sentence, lambda: all(says_again(answer, edition) for answer in attempt.wrong))]
    if first.problem.identity == "mutated":
        changed = sorted({name for answer in attempt.wrong for name in changed_of(answer.call)} & set(PARAMETERS))
        said = f"The call changed its input {', '.join(changed)}."
        return "mutated", [
            (said, lambda: all(any(name in changed_of(a.call) for a in attempt.wrong) for name in changed))
        ]
    if first.problem.identity != "values":
        return first.problem.identity, [(first.problem.sentence, lambda: says_again(first, edition))]
    answers = [a for a in attempt.wrong if a.problem.identity == "values" and a.part == first.part]
    identity, applies, sentence = next(fact for fact in FACTS if fact[1](answers))
    claims = [(sentence(answers), lambda: applies(answers))]
    slope = differences(first.part, attempt, edition)
    if slope is not None:
        said = SLOPE[slope]
        claims.append((said, lambda: differences(first.part, attempt, edition) == slope))
    prefix = check.name.split(".")[0]
    return f"{prefix}.factor" if identity == "factor" else identity, [*claims, (check.told, None)]


def named_mistake(attempt, edition):
    """(id, sentence, condition) of the known mistake that gives a part of the attempt's answers, or None."""
    function = attempt.calls[0].case.function
    if attempt.rule.kind not in ("right", "given") and function != "sigmoid":
        return None
    for part in dict.fromkeys(answer.part for answer in attempt.wrong):
        answers = [answer for answer in attempt.answers if answer.part == part and answer.value is not None]
        named = answers and name_mistake(function, part, sorted(answers, key=lambda answer: answer.passed), edition)
        if named:
            return named
    return None


def says_again(answer, edition):
    """Whether an answer still has its problem, read anew from the child's message."""
    call = replace(answer.call)
    try:
        value = read(call, edition)[answer.part] if answer.part else call.parts(edition.returns(call.case.function))
    except Wrong as wrong:
        value = wrong
    if isinstance(value, Wrong):
        return value.sentence == answer.problem.sentence
    if answer.problem.identity == "nan":
        return not np.all(np.isfinite(value))
    if answer.problem.identity == "shape":
        return value.shape not in shapes(call.case, answer.part) or value.shape != ()
    return answer.problem.identity == "values" and not close(value, answer.right[answer.part], answer.allowed)


# ---- What is true of wrong values ----------------------------------------------------------------


CAUSES = {  # check -> (the problem that all its wrong answers have, id, sentence)
    "sigmoid.large": (
        "nan",
        "nan",
        "For large entries NaN or infinity comes back: e^1000 overflows to infinity, and infinity / infinity is NaN. "
        "Write σ so that e is only raised to negative powers.",
    ),
    "sigmoid.scalar": (
        "values",
        "sigmoid.scalar",
        "A single number, or whole numbers, give something else than the same values in an array of floats.",
    ),
    "loss.saturated": (
        "nan",
        "nan",
        "For predictions of exactly 0 and 1 the loss is no finite number: 0 · ln 0 is NaN in numpy. Keep ŷ away from 0 "
        "and 1 before the logarithm.",
    ),
    "gradients.large": (
        "nan",
        "nan",
        "With features in the thousands, as tweets have them, an answer is NaN or infinite: does e^z overflow, or is 0 "
        "multiplied by the logarithm of 0?",
    ),
    "update.default": (
        "values",
        "update.default",
        "A call without lr gives something else than the same call with lr=0.01, which is the signature's default.",
    ),
}


def ratios(answer):
    """The entries' ratios to what they should be; for a step, of what it moves."""
    wanted, value = answer.right[answer.part], answer.value
    old = answer.call.case.args.get(answer.part, 0)
    value, wanted = np.ravel(value) - np.ravel(old), np.ravel(wanted) - np.ravel(old)
    return value[np.abs(wanted) > 1e-9] / wanted[np.abs(wanted) > 1e-9]


def factor(answers):
    """(c, size, power) if every answer is c times a power of N, d or ℓ times what it should be, or None."""
    if len(answers) < 2 or answers[0].call.case.function not in ("gradients", "update_params"):
        return None
    found = [ratios(answer) for answer in answers]
    if not all(r.size and np.ptp(r) <= 1e-3 * np.max(np.abs(r)) for r in found):
        return None
    shapes = [(*answer.call.case.args["X"].shape, len(answer.call.case.args["W1"])) for answer in answers]
    for power in (0, 1, -1, 2, -2):
        for size, axis in (("N", 1), ("d", 0), ("ℓ", 2)):
            c = np.array([r.mean() / shape[axis] ** power for r, shape in zip(found, shapes, strict=True)])
            if np.all(c != 0) and np.ptp(c) <= 1e-3 * np.max(np.abs(c)):
                return float(np.mean(c)), size, power
    return None


def tell_factor(answers):
    c, size, power = factor(answers)
    times = {0: "", 1: f"{size}", 2: f"{size}²", -1: f"1/{size}", -2: f"1/{size}²"}[power]
    number = "" if times and abs(c - 1) < 1e-3 else f"{c:.3g}"
    return (
        f"{name_of(answers[0])} is {' · '.join(filter(None, (number, times)))} times what it should be, in every call."
    )


def name_of(answer):
    return {"value": "The result", "": "It"}.get(answer.part, f"Your {answer.part}")


def wrong_entries(answer):
    wanted = np.reshape(answer.right[answer.part], answer.value.shape)
    return np.abs(answer.value - wanted) > answer.allowed, np.sign(answer.value) != np.sign(wanted)


FACTS = [  # (id, condition on the answers with wrong values, sentence from them)
    ("factor", lambda answers: factor(answers) is not None, tell_factor),
    (
        "values",
        lambda answers: answers[0].value.size > 1 and wrong_entries(answers[0])[1].any(),
        lambda answers: (
            f"{name_of(answers[0])} has the right shape; the sign is wrong in "
            f"{wrong_entries(answers[0])[1].sum()} of {answers[0].value.size} entries."
        ),
    ),
    (
        "values",
        lambda answers: answers[0].value.size > 1,
        lambda answers: (
            f"{name_of(answers[0])} has the right shape and signs; "
            f"{wrong_entries(answers[0])[0].sum()} of {answers[0].value.size} entries are wrong."
        ),
    ),
    ("values", lambda answers: answers[0].value.size == 1, lambda answers: f"{name_of(answers[0])} is a wrong number."),
]
SLOPE = {
    True: "It is the slope of the loss that you return, by finite differences: look at the loss or the forward pass.",
    False: "It is not the slope of the loss that you return, by finite differences.",
}


def differences(part, attempt, edition):
    """Whether a wrong gradient is the slope of the loss that the student's own `gradients` returns, or None."""
    groups = {call.case.group: call for call in reversed(attempt.calls)}
    if "+" + part[1:] not in groups:
        return None
    sides = [groups[side + part[1:]] for side in "+-"]
    try:
        ahead, back, here = (read(call, edition) for call in (*sides, groups["usual"]))
        direction = sides[0].case.args[part[1:]] - sides[1].case.args[part[1:]]
        N = groups["usual"].case.args["X"].shape[1]
        rise = float(ahead["L"].item() - back["L"].item()) * edition.scale(N)
        along = float(np.sum(here[part] * direction.reshape(here[part].shape)))
    except (Wrong, TypeError, AttributeError, ValueError):
        return None  # no gradient, or no loss of its own to compare with
    if not np.isfinite(rise) or not np.isfinite(along) or max(abs(rise), abs(along)) < 1e-9:
        return None
    return abs(rise - along) <= 1e-3 * max(abs(rise), abs(along))


def depends_on_earlier(answers):
    """Whether the first case and its repetitions, the same inputs, gave different answers."""
    again = [answer for answer in answers if answer.call.case.group == "repeat" and answer.value is not None]
    return any(
        first.call.case.args is answer.call.case.args
        and first.part == answer.part
        and first.value is not None
        and first.value.shape == answer.value.shape
        and not np.array_equal(first.value, answer.value, equal_nan=True)
        for answer in again
        for first in answers
    )


# ---- The call, to be pasted ----------------------------------------------------------------------


def show(answer):
    """A call that went wrong, to be pasted, and what came back."""
    call = answer.call
    small = sum(map(np.size, call.args)) <= SHOWN_ENTRIES
    named = zip(call.case.args, call.args, strict=True)
    args = ", ".join(literal(arg) if small else f"{name} {np.shape(arg)}" for name, arg in named)
    asked = f"{call.case.function}({args})"
    if answer.value is None:
        return f"In the call {asked}"
    value = answer.value
    returned = np.array2string(value, precision=4, separator=", ", max_line_width=200) if value.size <= 12 else "…"
    part = "" if answer.part in ("", "value") else f"{answer.part} = "
    return f"{asked} returned {part}{' '.join(returned.split())}, shape {value.shape}"


def literal(arg):
    return f"np.array({arg.tolist()})" if isinstance(arg, np.ndarray) else repr(arg)


# ---- Advice, without effect on the points --------------------------------------------------------

ADVICE = {
    "bce_forward": (
        "For labels of shape (N, 1), as the data file stores them, bce_forward fails or gives another loss than for "
        "(N,): flatten them first."
    ),
    "gradients": (
        "For labels of shape (N, 1), as the data file stores them, gradients fails or gives something else than for "
        "(N,): flatten them first."
    ),
    "inference_2layers": (
        "The handout's sample code passes the row (1, 3) that extract_features returns: inference_2layers fails on it, "
        "or gives something else than for the column."
    ),
}


def advise(function, calls, edition, expected):
    """Sentences on what the handout leaves open, or does not ask for, and students meet all the same."""
    advice = []
    for call in calls:
        if call.case.group != "advice":
            continue
        right, part = expected(call.case, edition), "dW1" if function == "gradients" else "value"
        try:
            value = read(call, edition)[part]
        except Wrong as wrong:
            value = wrong
        if (
            isinstance(value, Wrong)
            or not np.size(value) == np.size(right[part])
            or not np.allclose(np.ravel(value), np.ravel(right[part]), rtol=0, atol=1e-3)
        ):
            advice.append(ADVICE[function])
    changed = sorted({name for call in calls for name in changed_of(call)})
    if changed:
        advice.append(
            f"{function} changes its argument {', '.join(changed)}: a caller who goes on with it gets another array. "
            "Compute with a new one."
        )
    return advice
