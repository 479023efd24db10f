"""Recognises which edition a submission follows: each axis by itself, since all combinations are compared."""

import numpy as np

from .edition import possible
from .explain import named_mistake
from .judge import judge


def recognise(asked, pins, expected):
    """The editions that `pins` allows, the likeliest first.

    asked: [(checks, calls)] of gradients and of update_params. Compared by points first, then by how many answers have
    the wrong shape, by how many of the wrong ones a known mistake explains, and by whether what is left is one factor
    in all calls, since a mean and a sum differ by N, which does not stay the same. If nothing tells two apart,
    January's comes first.
    """
    fits = {}
    for edition in possible(pins):
        verdicts = []
        for checks, calls in asked:
            verdicts += judge(checks, calls, edition, expected).values()
        points = sum(verdict.check.points for verdict in verdicts if verdict.passed)
        if all(verdict.passed for verdict in verdicts):
            return [edition]
        answers = [answer for verdict in verdicts for answer in verdict.attempt.answers]
        misshapen = sum(answer.problem is not None and answer.problem.identity != "values" for answer in answers)
        fits[edition] = -points, misshapen, verdicts, answers
    best = min(fit[:2] for fit in fits.values())

    def key(edition):
        points, misshapen, verdicts, answers = fits[edition]
        if (points, misshapen) != best:
            return points, misshapen, 0, 0
        named = sum(named_mistake(v.attempt, edition) is not None for v in verdicts if not v.passed)
        sizes = [size for size in map(misfit, answers) if size is not None]
        return points, misshapen, -named, round(float(np.std(sizes)), 6) if sizes else 0

    return sorted(fits, key=key)


def misfit(answer):
    """By how much an answer, or a step, is too long or too short: the logarithm of the ratio, or None."""
    if answer.value is None or not answer.part or answer.part == "L" or not np.all(np.isfinite(answer.value)):
        return None
    old = answer.call.case.args.get(answer.part)
    wanted, value = answer.right[answer.part], answer.value
    if old is not None and np.size(old) == value.size:
        wanted, value = wanted - old, np.reshape(value, np.shape(old)) - old
    with np.errstate(all="ignore"):
        ratio = np.log(np.linalg.norm(value) / np.linalg.norm(wanted))
    return float(ratio) if np.isfinite(ratio) else None
