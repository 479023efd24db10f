"""Decides which answers are right: those of the functions of Q1, Q3 and Q4.

Runs in the grader's own process, after the child has answered and ended. A check passes if every call that counts for
it is right, in one of the forms that the handout leaves open (inputs.forms); NaN is never right. explain.py says what
is wrong.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import assignment2 as reference

from .answers import Call, Wrong, close, miscounted, text
from .cell.wire import encode
from .edition import PARAMETERS


@dataclass(frozen=True)
class Rule:
    """What a check looks at.

    kind: "right" compares with the reference. "given" does so if the check `rest` has passed, and else asks for finite
    numbers alone, so that one mistake costs once. "shape" asks for finite numbers of the right shape. "same" compares
    with the student's own answer to another call. "count" looks at the number of values, "unchanged" at the inputs.
    """

    groups: tuple  # of calls: inputs.py
    parts: tuple = ("value",)
    kind: str = "right"
    rest: str = ""  # a check's name, {part} to be filled in


USUAL, MAIN = ("usual", "repeat"), ("usual", "square", "repeat")
RULES = {
    "sigmoid.values": Rule(USUAL),
    "sigmoid.scalar": Rule(("number", "whole numbers"), kind="same"),
    "sigmoid.large": Rule(("large",), kind="given", rest="sigmoid.values"),
    "layer.matrix": Rule(USUAL),
    "layer.square": Rule(("square",)),
    "layer.vector": Rule(("vector",)),
    "network.matrix": Rule(USUAL),
    "network.square": Rule(("square",)),
    "network.vector": Rule(("vector",)),
    "loss.values": Rule(USUAL),
    "loss.scalar": Rule(("usual",), kind="shape"),
    "loss.saturated": Rule(("saturated",), kind="given", rest="loss.values"),
    "gradients.five": Rule(MAIN, (), "count"),
    **{f"gradients.{part}": Rule(MAIN, (part,)) for part in ("dW1", "dW2", "db1", "db2", "L")},
    "gradients.large": Rule(("large",), ("dW1", "dW2", "db1", "db2", "L"), "given", "gradients.{part}"),
    "update.returns": Rule(MAIN, (), "count"),
    **{f"update.{part}": Rule(MAIN, (part,)) for part in PARAMETERS},
    "update.default": Rule(("default",), PARAMETERS, "same"),
    "update.unchanged": Rule((), (), "unchanged"),
}
SAME = {  # a call that must have the same answer as another
    "number": ("usual", lambda value: value.flat[0]),  # the number is the first entry of the first array
    "whole numbers": ("whole numbers as floats", lambda value: value),
    "default": ("explicit", lambda value: value),
}


FAR = {"values": 0, "raised": 2, "unanswered": 2}  # how far a problem is from right; others 1


# ---- Expected values -----------------------------------------------------------------------------


class Expected:
    """What the reference gives for a case, and the verdicts that follow from it: each is found once."""

    def __init__(self):
        self.known, self.verdicts = {}, {}

    def __call__(self, case, edition):
        """{part: array} for a case. For gradients and update_params, in the edition's reduction."""
        key = id(case.args), edition.to(case.function)[0]
        if key not in self.known:
            self.known[key] = case, self.reduced(case, edition)  # the case is kept: its id stays its own
        return self.known[key][1]

    def reduced(self, case, edition):
        if case.function not in ("gradients", "update_params"):
            return self.compute(case)
        scale = edition.scale(np.shape(case.args["X"])[1])
        parts = {name: value if name == "L" else scale * value for name, value in self.compute(case).items()}
        if case.function == "gradients":
            return parts
        lr = case.args.get("lr", 0.01)
        steps = {name: np.reshape(parts["d" + name], np.shape(case.args[name])) for name in PARAMETERS}
        return {name: case.args[name] - lr * step for name, step in steps.items()}

    def compute(self, case):
        if case.function not in ("gradients", "update_params"):
            return {"value": np.asarray(getattr(reference, case.function)(*case.args.values()), float)}
        args = [case.args[name] for name in ("X", "y", "W1", "W2", "b1", "b2")]
        names = ("dW1", "dW2", "db1", "db2", "L")
        return {name: np.asarray(part, float) for name, part in zip(names, reference.gradients(*args), strict=True)}


def shapes(case, part):
    """The shapes in which a part is right, the handout's own first."""
    one = [(), (1,), (1, 1)]
    if case.function == "sigmoid":
        return [np.shape(case.args["x"])]
    if case.function in ("inference_layer", "inference_2layers"):
        X = case.args["X"].shape
        if case.function == "inference_layer":
            return [case.args["W"].shape[:1] + X[1:]]
        return [X[1:] or (1,), (1,) + X[1:]] + (X[1:] in ((), (1,))) * one
    if part in ("value", "L", "db2", "b2"):
        return one
    wanted = case.args[part.removeprefix("d")].shape
    return [wanted, wanted + (1,)] if part in ("db1", "b1") else [wanted]


# ---- One answer, one form, one check -------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """One part of what a call returned, beside what it should be."""

    call: Call
    part: str
    value: np.ndarray | None  # None if it could not be read
    right: dict  # the expected parts
    allowed: float  # error allowed in an entry
    problem: Wrong | None

    @property
    def passed(self):
        return self.problem is None

    def agrees(self, made):
        """Whether the answer is `made`, which may be infinite."""
        return close(self.value, made, self.allowed) or bool(np.array_equal(self.value, made) and np.size(made) == 1)


def read(call, edition):
    """The parts of an answer: {name: array or Wrong}. A fifth value more or less does not hide the other four.

    Raises Wrong if it has no parts.
    """
    names = edition.returns(call.case.function)
    value = call.value
    if len(names) > 1 and isinstance(value, tuple) and len(value) in (4, 5):
        five = (*PARAMETERS, "L") if call.case.function == "update_params" else names
        parts = call.parts(five[: len(value)])
        return parts if len(value) == 5 else {**parts, "L": Wrong("count", miscounted(value, names))}
    return call.parts(names)


def read_or_wrong(call, edition):
    """The same, or the Wrong for which there are none."""
    try:
        return read(call, edition)
    except Wrong as wrong:
        return wrong


@dataclass(frozen=True)
class Attempt:
    """A check's answers in one form of the arguments."""

    rule: Rule
    form: str
    calls: tuple  # all of the form, also those that do not count for this check
    answers: tuple

    @cached_property
    def wrong(self):
        return [answer for answer in self.answers if not answer.passed]

    @property
    def distance(self):
        """How far from right. Values come before other problems, and those before errors: a form that a submission
        does not take at all says nothing."""
        return len(self.wrong), sum(FAR.get(answer.problem.identity, 1) for answer in self.wrong)


@dataclass(frozen=True)
class Verdict:
    """A check's nearest attempt: it passed if nothing is wrong in it."""

    check: object
    attempt: Attempt

    @property
    def passed(self):
        return not self.attempt.wrong


def judge(checks, calls, edition, expected):
    """A function's verdicts, {check name: Verdict}."""
    verdicts, others = begun(checks, calls, edition, expected)
    return verdicts | {verdict.check.name: verdict for verdict in others}


def fits(checks, calls, edition, expected):
    """Whether every check passes: those after the first that does not are not looked at yet."""
    verdicts, others = begun(checks, calls, edition, expected)
    return all(verdict.passed for verdict in list(verdicts.values())) and all(verdict.passed for verdict in others)


def begun(checks, calls, edition, expected):
    """The verdicts on these calls so far, {check name: Verdict}, and what goes on with the others."""
    key = id(calls), edition.to(calls[0].case.function)
    if key not in expected.verdicts:
        verdicts = {}
        others = judged(checks, calls, edition, expected, verdicts)
        expected.verdicts[key] = calls, verdicts, others  # the calls are kept: their id stays their own
    return expected.verdicts[key][1:]


def judged(checks, calls, edition, expected, verdicts):
    """Enter one Verdict after another into `verdicts`, and yield it."""
    forms = {}
    for call in calls:
        forms.setdefault(call.form, []).append(call)
    forms.pop("advice", None)
    seen = {}  # form -> its calls, each with the expected parts, and what came back
    for check in checks:
        rule, nearest = RULES[check.name], None
        for form, asked in forms.items():
            if form not in seen:
                seen[form] = [(call, expected(call.case, edition), read_or_wrong(call, edition)) for call in asked]
            answers = answers_of(check, rule, seen[form], edition, verdicts)
            attempt = Attempt(rule, form, tuple(asked), tuple(answers))
            if nearest is None or attempt.distance < nearest.distance:
                nearest = attempt
            if not nearest.wrong:
                break
        verdicts[check.name] = Verdict(check, nearest)
        yield verdicts[check.name]


def answers_of(check, rule, seen, edition, verdicts):
    """The answers of one form that count for a check."""
    answers = []
    for call, right, parts in seen:
        unread = parts if isinstance(parts, Wrong) else None
        if rule.kind == "unchanged":
            changed = [name for name in changed_of(call) if name in PARAMETERS]
            problem = Wrong("mutated", f"The call changed its input {', '.join(changed)}.") if changed else None
            answers.append(Answer(call, "", None, {}, 0, problem or unread))
        if call.case.group not in rule.groups:
            continue
        if unread:
            answers += [Answer(call, part, None, right, 0, unread) for part in rule.parts or ("",)]
            continue
        if rule.kind == "count":
            names = edition.returns(call.case.function)
            miscount = len(call.value) != len(names)
            problem = Wrong("count", miscounted(call.value, names)) if miscount else None
            answers.append(Answer(call, "", None, right, 0, problem))
        for part in rule.parts:
            answers.append(answer_of(check, rule, call, part, parts[part], right, seen, verdicts))
    return answers


def answer_of(check, rule, call, part, value, right, seen, verdicts):
    if isinstance(value, Wrong):
        return Answer(call, part, None, right, 0, value)
    wanted = right[part]
    if rule.kind == "same":
        wanted = same(call, part, seen, np.shape(wanted))
        right = right if wanted is None else {**right, part: wanted}
        wanted = right[part]
    old = call.case.args.get(part, 0)  # a step is judged by how far it goes
    allowed = check.tolerance * max(np.max(np.abs(wanted - old)), 1e-9)
    if part == "L" or call.case.function == "bce_forward":
        allowed = max(allowed, check.tolerance)  # losses may be small; an eps added in the logarithm shifts them by eps
    problem = problem_of(call, part, value, wanted, allowed, rule)
    rest = verdicts.get(rule.rest.format(part=part))
    if problem and (
        problem.identity == "values"
        and rule.kind == "shape"
        or problem.identity in ("values", "shape")
        and rest
        and not rest.passed
    ):
        problem = None
    return Answer(call, part, value, right, allowed, problem)


def problem_of(call, part, value, wanted, allowed, rule):
    """What is wrong with a part, or None."""
    fitting = shapes(call.case, part)
    if rule.kind == "shape":
        fitting = fitting[:1]
    name = "The result" if part == "value" else part
    if value.shape not in fitting:
        return Wrong("shape", f"{name} has shape {value.shape}; expected {fitting[0]}.")
    if not np.all(np.isfinite(value)):
        count = np.sum(~np.isfinite(value))
        if value.size == 1:
            return Wrong("nan", f"{name} is {'NaN' if np.isnan(value.item()) else 'infinite'}.")
        return Wrong("nan", f"{count} of the {value.size} entries of {name.lower()} are NaN or infinite.")
    return None if close(value, wanted, allowed) else Wrong("values", "")


def same(call, part, seen, shape):
    """The student's own answer, in this shape, to the call that must have the same one; or None."""
    group, pick = SAME[call.case.group]
    parts = next(parts for other, _, parts in seen if other.case.group == group)
    value = parts if isinstance(parts, Wrong) else parts[part]
    if isinstance(value, Wrong) or not value.size or not np.all(np.isfinite(value)):
        return None
    return np.reshape(pick(value), shape) if np.size(pick(value)) == np.prod(shape) else None


def changed_of(call):
    """The names of the inputs that came back from a call as something else: all of them if they did not come back.

    Judged here by what was sent, since student code may change anything in its own process.
    """
    if not call.message or "value" not in call.message:
        return []
    sent, back = [encode(arg) for arg in call.args], call.message.get("inputs")
    if not isinstance(back, list) or len(back) != len(sent):
        return list(call.case.args)
    return [name for name, was, now in zip(call.case.args, sent, back, strict=True) if was != now]


def signature_problem(function, names, order):
    """What is wrong with the names or the order of a function's parameters, in a sentence, or None.

    names: as the child saw them. order: the handout's, as in inputs.ORDER.
    """
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    known = {"batchx": "x", "batchy": "y", "labels": "y", "y_hat": "yhat", "learning_rate": "lr", "alpha": "lr"}
    plain = [known.get(name.lower(), name.lower()) for name in names]
    wanted = [name.lower() for name in order]
    if len(wanted) == 1 or plain == wanted or plain[: len(wanted) - 1] == wanted[:-1]:
        return None
    given, asked = ", ".join(text({"": name}, "") for name in names), ", ".join(order)
    if sorted(plain) == sorted(wanted):
        return f"{function} takes its arguments in the order {given}; the handout's order is {asked}."
    strangers = [name for name, known_as in zip(names, plain, strict=True) if known_as not in wanted]
    absent = [name for name in wanted if name not in plain]
    if len(strangers) == len(plain) or not (strangers and absent):
        return None  # names of the student's own, in an order that only the values tell
    return f"{function} takes {given}; the handout passes {asked}."
