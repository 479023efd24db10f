"""Compares the answers with the reference and explains what is wrong.

Runs in the grader's own process, after the child has answered and ended. Believes nothing about an answer: `read` makes
arrays of it or says why it cannot. A check passes when every call that counts for it is right, in one of the forms that
the handout leaves open (inputs.forms); NaN is never right.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import assignment2 as reference

from .cell.wire import Other, decode
from .mistakes import name_mistake

RETURNED = {  # dialect -> function -> the parts that it returns, in order
    "handout": {
        "gradients": ("dW1", "dW2", "db1", "db2", "L"),
        "update_params": ("W1", "b1", "W2", "b2"),
        "train_nn": ("W1", "b1", "W2", "b2"),
    },
    "later": {
        "gradients": ("dW1", "db1", "dW2", "db2", "L"),
        "update_params": ("W1", "b1", "W2", "b2", "L"),
        "train_nn": ("W1", "b1", "W2", "b2", "Ls"),
    },
}
MAIN = ("usual", "square", "repeat")
CHECKS = {  # check -> the groups of calls that count for it, and the parts of the answer
    "sigmoid.values": (("usual", "repeat"), ("value",)),
    "sigmoid.scalar": (("scalar",), ("value",)),
    "sigmoid.large": (("large",), ("value",)),
    "layer.matrix": (("usual", "repeat"), ("value",)),
    "layer.square": (("square",), ("value",)),
    "layer.vector": (("vector",), ("value",)),
    "network.matrix": (("usual", "repeat"), ("value",)),
    "network.square": (("square",), ("value",)),
    "network.vector": (("vector",), ("value",)),
    "loss.values": (("usual", "repeat"), ("value",)),
    "loss.scalar": (("usual",), ("value",)),
    "loss.saturated": (("saturated",), ("value",)),
    "gradients.five": (MAIN, ()),
    "gradients.dW1": (MAIN, ("dW1",)),
    "gradients.dW2": (MAIN, ("dW2",)),
    "gradients.db1": (MAIN, ("db1",)),
    "gradients.db2": (MAIN, ("db2",)),
    "gradients.L": (MAIN, ("L",)),
    "gradients.large": (("large",), ("dW1", "dW2", "db1", "db2", "L")),
    "update.returns": (MAIN, ()),
    "update.W1": (MAIN, ("W1",)),
    "update.b1": (MAIN, ("b1",)),
    "update.W2": (MAIN, ("W2",)),
    "update.b2": (MAIN, ("b2",)),
    "update.default": (("default",), ("W1", "b1", "W2", "b2")),
}


@dataclass
class Outcome:
    """One check's result. `mistake` is the id of what was recognised, None where the check passed."""

    check: object  # rubric.Check
    passed: bool
    hint: str = ""
    mistake: str = None
    note: str = ""  # said also where it passed

    @property
    def earned(self):
        return self.check.points if self.passed else 0


class Wrong(Exception):
    """An answer that cannot be right: (id, sentence)."""

    @property
    def identity(self):
        return self.args[0]

    @property
    def sentence(self):
        return self.args[1]


# ---- Expected values -----------------------------------------------------------------------------


def expect(case, dialect):
    """What the reference gives for a case, as {part: array}."""
    args = case.args
    if case.function == "gradients":
        return expected_gradients(args, dialect)
    if case.function == "update_params":
        right = expected_gradients(args, dialect)
        lr = args.get("lr", 0.01)
        return {
            name: args[name] - lr * np.reshape(right["d" + name], np.shape(args[name]))
            for name in ("W1", "b1", "W2", "b2")
        }
    return {"value": np.asarray(getattr(reference, case.function)(*args.values()), float)}


def right_answers(calls, dialect):
    """What the reference gives for the cases of some calls, by their id: a case is called in several forms."""
    cases = {id(call.case): call.case for call in calls}
    return {key: expect(case, dialect) for key, case in cases.items()}


def expected_gradients(args, dialect):
    """The five, of the mean loss, or their sums over the batch in the later template."""
    *gradients, L = reference.gradients(*(args[name] for name in ("X", "y", "W1", "W2", "b1", "b2")))
    scale = args["X"].shape[1] if dialect == "later" else 1
    names = ("dW1", "dW2", "db1", "db2")
    parts = {name: scale * np.asarray(value, float) for name, value in zip(names, gradients, strict=True)}
    return {**parts, "L": np.asarray(L, float)}


def shapes(case, part):
    """The shapes in which a part is right."""
    size = {name: np.shape(value) for name, value in case.args.items()}
    one = {(), (1,), (1, 1)}
    if case.function == "sigmoid":
        return {size["x"]}
    if case.function == "inference_layer":
        return {size["W"][:1] + size["X"][1:]}
    if case.function == "inference_2layers":
        return {size["X"][1:], (1,) + size["X"][1:]} | (one if len(size["X"]) == 1 or size["X"][1] == 1 else set())
    if part in ("value", "L", "db2", "b2"):
        return one
    if part in ("db1", "b1"):
        return {size["b1"], size["b1"] + (1,)}
    return {size[part.lstrip("d")]}


# ---- Answers -------------------------------------------------------------------------------------


@dataclass
class Call:
    """One call of a function: its case, in one form, and what came back."""

    case: object  # inputs.Case
    form: str
    args: list
    message: dict = None  # the child's message about it

    @cached_property
    def value(self):
        """What the function returned, as child.decode gives it, or the Wrong that there is in its place."""
        if not self.message:
            return Wrong("unanswered", "There was no answer.")
        if "error" in self.message:
            return Wrong("raised", describe(self.message["error"]))
        try:
            return decode(self.message.get("value"))
        except (ValueError, RecursionError):
            return Wrong("unreadable", "The answer could not be read.")


def read(call, dialect):
    """The parts of an answer as arrays, or the Wrong of a part. Raises Wrong where it cannot be read so."""
    function, value = call.case.function, call.value
    if isinstance(value, Wrong):
        raise value
    names = RETURNED[dialect].get(function)
    if names is None:
        return {"value": numbers(value, "it")}
    if not isinstance(value, tuple):
        raise Wrong("count", miscounted(value, names))
    if len(value) != len(names) and (function, len(value)) not in (("update_params", 4), ("update_params", 5)):
        raise Wrong("count", miscounted(value, names))  # with L or without: judge_check has a check for that alone
    return {
        name: numbers(item, name)
        for name, item in zip(names, value, strict=False)
        if (name, function) != ("L", "update_params")
    }


def miscounted(value, names):
    returned = f"{len(value)} values" if isinstance(value, tuple) else kind(value)
    return f"It returned {returned}; expected {len(names)} values: {', '.join(names)}."


def numbers(value, name):
    """A number or an array as a float array, or the Wrong that it is, to be raised where the part counts."""
    if isinstance(value, (int, float, np.ndarray)):
        try:
            return np.asarray(value, float)
        except OverflowError:
            pass
    if value is None:
        return Wrong("none", "It returned None: is there a `return`?" if name == "it" else f"{name} is None.")
    said = "It returned" if name == "it" else f"{name} is"
    return Wrong("type", f"{said} {kind(value)}; expected a number or a numpy array.")


def kind(value):
    """What a value is, in words."""
    if isinstance(value, Other):
        return f"something of type {value.name}"
    if isinstance(value, tuple):
        return f"a tuple or list of {len(value)}"
    return {type(None): "None", str: "a string"}.get(
        type(value), f"one {'array' if isinstance(value, np.ndarray) else 'number'}"
    )


def describe(error):
    """An exception in the student's code, with the student's own lines."""
    frames = error.get("frames") if isinstance(error, dict) else None
    lines = [
        f"  {text(frame, 'file')}, line {text(frame, 'line')}: {text(frame, 'text')}"
        for frame in (frames if isinstance(frames, list) else [])[-5:]
    ]
    message = f"It raised {text(error, 'type') or 'an error'}: {text(error, 'message')}".rstrip(": ")
    return "\n".join([message, *lines])


def text(of, key):
    """What the child said under a key, which may be anything, as a line of bounded length."""
    value = of.get(key) if isinstance(of, dict) else ""
    return " ".join(str(value).split())[:400] if isinstance(value, (str, int)) else ""


def close(value, wanted, allowed):
    """Whether two arrays agree: the same shape but for axes of length 1, and no entry further off than `allowed`."""
    value, wanted = np.squeeze(np.asarray(value, float)), np.squeeze(np.asarray(wanted, float))
    if value.shape != wanted.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(value - wanted) <= allowed))  # False for NaN


# ---- The dialect ---------------------------------------------------------------------------------


def recognise(gradient_calls, update_calls, earned):
    """The dialect that a submission speaks, from three signs of it that each have one vote.

    The order of what `gradients` returns, told by the shapes; mean or sum, told by the values; four or five values from
    `update_params`. So one mistake that looks like the other template does not decide alone. If the votes are even,
    `earned` decides, {dialect: points}; if those are even too, it is January 2025.
    """
    votes = {dialect: 0 for dialect in RETURNED}

    def vote(of):
        signs = {dialect: of(dialect) for dialect in votes}
        if signs["handout"] != signs["later"]:
            votes[max(signs, key=signs.get)] += 1

    def parts(call, order):
        try:
            answer = read(call, order)
        except Wrong:
            return {}
        return {name: value for name, value in answer.items() if name != "L" and not isinstance(value, Wrong)}

    def shaped(dialect):
        return sum(
            value.shape in shapes(call.case, part)
            for call in gradient_calls
            for part, value in parts(call, dialect).items()
        )

    def valued(dialect):
        right = right_answers(gradient_calls, dialect)
        return max(
            sum(
                close(value, right[id(call.case)][part], 1e-5 * np.max(np.abs(right[id(call.case)][part])))
                for call in gradient_calls
                for part, value in parts(call, order).items()
            )
            for order in votes
        )

    def counted(dialect):
        count = len(RETURNED[dialect]["update_params"])
        return sum(isinstance(call.value, tuple) and len(call.value) == count for call in update_calls)

    for of in (shaped, valued, counted):
        vote(of)
    return max(votes, key=lambda dialect: (votes[dialect], earned[dialect], dialect == "handout"))


# ---- The checks ----------------------------------------------------------------------------------


def judge(checks, calls, dialect):
    """The outcomes of a function's checks from its calls."""
    expected = right_answers(calls, dialect)
    forms = {}
    for call in calls:
        forms.setdefault(call.form, []).append(call)
    outcomes = [judge_check(check, forms, expected, dialect) for check in checks if check.name in CHECKS]
    some_right = any(outcome.passed and CHECKS[outcome.check.name][1] for outcome in outcomes)
    for check in checks:
        if check.name.endswith(".unchanged"):
            outcomes.append(judge_unchanged(check, calls, some_right))
    order = [check.name for check in checks]
    return sorted(outcomes, key=lambda outcome: order.index(outcome.check.name))


def judge_unchanged(check, calls, some_right):
    changed = set()
    for call in calls:
        listed = call.message.get("changed") if call.message else None
        names = list(call.case.args)
        changed |= (
            {names[k] for k in listed if type(k) is int and 0 <= k < len(names)} if isinstance(listed, list) else set()
        )
    if changed:
        return Outcome(
            check, False, f"The call changed its input {', '.join(sorted(changed))}: {check.on_failure}.", "mutated"
        )
    if not some_right:
        return Outcome(check, False, "Not earned while no answer of this function is right.", "none_right")
    return Outcome(check, True)


def judge_check(check, forms, expected, dialect):
    """Pass in whichever form passes; else say what is wrong in the form that comes nearest."""
    groups, parts = CHECKS[check.name]
    nearest = None
    for form, calls in forms.items():
        everything, calls = calls, [call for call in calls if call.case.group in groups]
        if not calls:
            continue
        wrongs, values = [], []
        for call in calls:
            problem = wrong_of(call, parts, expected[id(call.case)], dialect, check, values)
            if problem:
                wrongs.append(problem)
        if not wrongs:
            return Outcome(
                check,
                True,
                note=f"Right with {form}, which the handout leaves open." if form != next(iter(forms)) else "",
            )
        if nearest is None or len(wrongs) < len(nearest[0]):
            nearest = wrongs, values, everything
    return explain(check, *nearest, dialect)


def wrong_of(call, parts, right, dialect, check, values):
    """What is wrong with a call, as a Wrong or None. Adds what could be read to `values`, for the hint."""
    try:
        answer = read(call, dialect)
    except Wrong as wrong:
        return wrong
    if check.name == "update.returns" and len(call.value) != len(RETURNED[dialect]["update_params"]):
        return Wrong("count", miscounted(call.value, RETURNED[dialect]["update_params"]))
    problem = None
    for part in parts:
        value, wanted = answer[part], right[part]
        if isinstance(value, Wrong):
            problem = problem or value
            continue
        old = call.case.args[part] if part in call.case.args else 0  # a step is judged by how far it goes
        allowed = check.tolerance * max(np.max(np.abs(wanted - old)), 1e-9)
        values.append((call, part, value, right, allowed))
        allowed_shapes = {()} if check.name == "loss.scalar" else shapes(call.case, part)
        if value.shape not in allowed_shapes:
            wanted_shape = min(allowed_shapes, key=lambda shape: (len(shape) != np.ndim(wanted), shape))
            problem = problem or Wrong("shape", f"{name_of(part)} has shape {value.shape}; expected {wanted_shape}.")
        elif not np.all(np.isfinite(value)):
            problem = problem or Wrong(
                "nan", f"{np.sum(~np.isfinite(value))} of {value.size} entries are NaN or infinite."
            )
        elif not close(value, wanted, allowed):
            problem = problem or Wrong("values", "")
    return problem


def name_of(part):
    return "The result" if part == "value" else part


def explain(check, wrongs, values, calls, dialect):
    """The outcome of a check that failed: the known mistake that gives these values, or what is true of them.

    calls: all those of the form, also of other groups.
    """
    first = wrongs[0]
    state = depends_on_earlier(values)
    if state:
        return Outcome(
            check,
            False,
            "The same inputs gave different answers in two calls: the result depends on an earlier "
            "call, so some state is kept outside the function.",
            "state",
        )
    for part in dict.fromkeys(part for _, part, *_ in values):
        seen = [
            (inputs_of(call, dialect), right, value, allowed)
            for call, p, value, right, allowed in values
            if p == part and np.all(np.isfinite(value))
        ]
        named = seen and name_mistake(values[0][0].case.function, part, seen, close)
        if named:
            return Outcome(check, False, named[1], named[0])
    if first.identity == "nan":
        return Outcome(check, False, f"{first.sentence} {sentence(check.on_failure)}", "nan")
    if first.identity != "values":
        return Outcome(check, False, first.sentence, first.identity)
    sums = (
        " Without the 1/N: this template sums over the batch."
        if dialect == "later" and "/N" in check.on_failure
        else ""
    )
    slope = differences(check, calls, dialect) if len(CHECKS[check.name][1]) == 1 else ""
    told = " ".join(filter(None, (facts(values), slope, sentence(check.on_failure) + sums)))
    return Outcome(check, False, told, "values")


def sentence(text):
    return text[0].upper() + text[1:] + "."


def inputs_of(call, dialect):
    """The call's inputs for mistakes.py: in the handout's shapes, with the dialect and, for a step, the gradient."""
    inputs = {
        **call.case.args,
        "sums": dialect == "later",
        "returned": ", ".join(RETURNED[dialect].get(call.case.function, ())),
    }
    if call.case.function == "update_params":
        inputs["gradient"] = expected_gradients(call.case.args, dialect)
    return inputs


def depends_on_earlier(values):
    """Whether the first case and its repetition, the same inputs, gave different answers."""
    for call, part, value, *_ in values:
        if call.case.group == "repeat":
            for other, other_part, first, *_ in values:
                if (
                    other.case.args is call.case.args
                    and other is not call
                    and part == other_part
                    and first.shape == value.shape
                ):
                    return not np.array_equal(first, value, equal_nan=True)
    return False


def differences(check, calls, dialect):
    """Whether a wrong gradient is the slope of the loss that the student's own `gradients` returns, in a sentence."""
    part = CHECKS[check.name][1][0]
    sides = {call.case.group: call for call in calls if call.case.group in ("+" + part[1:], "-" + part[1:])}
    first = next((call for call in calls if call.case.group == "usual"), None)
    try:
        ahead, back, here = (read(call, dialect) for call in (sides["+" + part[1:]], sides["-" + part[1:]], first))
        direction = sides["+" + part[1:]].case.args[part[1:]] - sides["-" + part[1:]].case.args[part[1:]]
        rise = float(ahead["L"].item() - back["L"].item()) * (
            first.case.args["X"].shape[1] if dialect == "later" else 1
        )
        along = float(np.sum(here[part] * direction.reshape(here[part].shape)))
    except (KeyError, Wrong, TypeError, AttributeError, ValueError):
        return ""  # no gradient, or no loss of its own to compare with
    if abs(rise - along) <= 1e-3 * max(abs(rise), abs(along)):
        return (
            "It is the slope of the loss that you return, by finite differences: look at the loss or the forward pass."
        )
    return "Finite differences of the loss that you return disagree with it."


ADVICE = {
    "bce_forward": (
        "For labels of shape (N, 1), as the data file stores them, bce_forward gives something else than for (N,): "
        "numpy pairs every prediction with every label. Flatten them first."
    ),
    "gradients": (
        "For labels of shape (N, 1), as the data file stores them, gradients fails or gives something else: "
        "flatten them first."
    ),
    "inference_2layers": (
        "The handout's sample code passes the row (1, 3) that extract_features returns: inference_2layers fails on it "
        "or gives something else."
    ),
}


def advise(function, calls, dialect):
    """A sentence on inputs that the handout leaves open and students meet, without effect on the points, or None."""
    for call in calls:
        if call.case.group == "advice":
            right = expect(call.case, dialect)
            try:
                answer = read(call, dialect)
            except Wrong:
                return ADVICE[function]
            part = "value" if "value" in right else "dW1"
            if isinstance(answer[part], Wrong) or not close(answer[part], right[part], 1e-5):
                return ADVICE[function]
    return None


def facts(values):
    """What is true of wrong values of the right shape that no known mistake gives."""
    for _, part, value, right, allowed in values:
        wanted = np.reshape(right[part], value.shape) if np.size(right[part]) == value.size else None
        if wanted is None or not np.all(np.isfinite(value)) or close(value, wanted, allowed):
            continue
        name, size = name_of(part), value.size
        wrong = int(np.sum(np.abs(value - wanted) > allowed))
        signs = int(np.sum(np.sign(value) != np.sign(wanted)))
        ratios = value[np.abs(wanted) > allowed] / wanted[np.abs(wanted) > allowed] if size > 1 else np.zeros(0)
        if ratios.size > 1 and np.ptp(ratios) <= 1e-4 * np.max(np.abs(ratios)):
            return f"{name} has the right shape; every entry is off by the same factor."
        if signs:
            return f"{name} has the right shape; the sign is wrong in {signs} of {size} entries."
        return (
            f"{name} has the right shape and signs; {wrong} of {size} entries are wrong."
            if size > 1
            else f"{name} is off."
        )
    return "Some entries are wrong."
