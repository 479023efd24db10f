"""Reads what student code answered, and believes none of it.

An answer becomes float arrays, or the `Wrong` that says why it cannot. Nothing here knows what would be right.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .cell.wire import Other, decode


@dataclass
class Outcome:
    """One check's result.

    `claims` are the sentences that say what is wrong, each with the condition under which it is true: a function of no
    arguments, or None for a sentence that only repeats the assignment.
    """

    check: object  # rubric.Check
    passed: bool
    claims: list = field(default_factory=list)  # [(sentence, condition)]
    mistake: str = None  # the id of what was recognised
    note: str = ""  # said also if the check passed
    example: str = ""  # a call that went wrong, to paste, and what came back
    mark: object = None  # records.Mark: a person's word, which goes before the machine's

    @property
    def earned(self):
        if self.mark:
            return self.mark.points
        return self.check.points if self.passed and not self.check.person else 0

    @property
    def hint(self):
        sentences = [sentence for sentence, _ in self.claims]
        return ("\n" if any("\n" in sentence for sentence in sentences) else " ").join(sentences)


def failed(checks, identity, sentence, condition=None):
    """All of `checks` without their points; the first says why."""
    return [Outcome(check, False, [] if k else [(sentence, condition)], identity) for k, check in enumerate(checks)]


class Wrong(Exception):
    """An answer that cannot be right: (id, sentence)."""

    @property
    def identity(self):
        return self.args[0]

    @property
    def sentence(self):
        return self.args[1]


@dataclass
class Call:
    """One call of a function, and what came back."""

    case: object  # inputs.Case
    form: str
    args: list  # in the form that was asked
    message: dict = None  # the child's message about it
    aided: bool = False  # whether it asked a stand-in

    @cached_property
    def value(self):
        """What the function returned, as wire.decode gives it, or the Wrong that there is in its place."""
        if not self.message:
            return Wrong("unanswered", "There was no answer.")
        if "error" in self.message:
            return Wrong("raised", describe(self.message["error"]))
        try:
            return decode(self.message.get("value"))
        except (ValueError, RecursionError):
            return Wrong("unreadable", "The answer could not be read.")

    def parts(self, names):
        """The answer as {name: array or Wrong}. Raises Wrong if it cannot be read so."""
        if isinstance(self.value, Wrong):
            raise self.value
        if len(names) == 1:
            return {names[0]: numbers(self.value, "")}
        if not isinstance(self.value, tuple) or len(self.value) != len(names):
            raise Wrong("count", miscounted(self.value, names))
        return {name: numbers(item, name) for name, item in zip(names, self.value, strict=True)}


def miscounted(value, names):
    returned = f"{len(value)} values" if isinstance(value, tuple) else kind(value)
    return f"It returned {returned}; expected {len(names)} values: {', '.join(names)}."


def numbers(value, name):
    """A number, an array, or nested lists of numbers, as a float array; or the Wrong that it is."""
    if isinstance(value, tuple):  # a list of numbers says as much as an array
        try:
            value = np.array(value, float)
        except (ValueError, TypeError, OverflowError):
            pass
    if isinstance(value, (int, float, np.ndarray)):
        try:
            return np.asarray(value, float)
        except OverflowError:
            pass
    if value is None:
        return Wrong("none", f"{name} is None." if name else "It returned None: is there a `return`?")
    return Wrong(
        "type", f"{f'{name} is' if name else 'It returned'} {kind(value)}; expected a number or a numpy array."
    )


def kind(value):
    """What a value is, in words."""
    if isinstance(value, Other):
        return f"something of type {value.name}"
    if isinstance(value, tuple):
        return f"a tuple or list of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    return {type(None): "None", str: "a string"}.get(type(value), "one number")


def describe(error):
    """An exception in the student's code, with the student's own lines."""
    frames = error.get("frames") if isinstance(error, dict) else None
    lines = [
        f"  {text(frame, 'file')}, line {text(frame, 'line')}: {text(frame, 'text')}"
        for frame in (frames if isinstance(frames, list) else [])[-5:]
    ]
    message = f"It raised {text(error, 'type') or 'an error'}: {text(error, 'message')}".rstrip(": ")
    return "\n".join([message, *lines])


def text(record, key):
    """What the child said under a key, which may be anything, as a line of bounded length."""
    value = record.get(key) if isinstance(record, dict) else ""
    return " ".join(str(value).split())[:400] if isinstance(value, (str, int)) else ""


def close(value, wanted, allowed):
    """Whether two arrays agree: the same shape but for axes of length 1, and no entry further off than `allowed`."""
    value, wanted = np.squeeze(np.asarray(value, float)), np.squeeze(np.asarray(wanted, float))
    if value.shape != wanted.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(value - wanted) <= allowed))  # False for NaN
