"""The editions of the assignment: three axes in which its documents differ, each read from a submission by itself.

January 2025 and the later template are two of eight combinations. Each of the eight follows some document of the course
(the January handout contradicts itself on the order), so a submission of any of them is right unless the rubric pins an
edition or an axis.
"""

from dataclasses import astuple, dataclass
from itertools import product

AXES = {  # axis -> {reading: (in words, the documents that say so)}; January's reading first
    "order": {
        "weights first": (
            "gradients returns dW1, dW2, db1, db2, L",
            "January's return line; the PDF beside the later template",
        ),
        "by layer": (
            "gradients returns dW1, db1, dW2, db2, L",
            "January's docstring of gradients; the later template",
        ),
    },
    "reduction": {
        "mean": ("gradients of the mean loss", "January's equation (1.7); the PDF beside the later template"),
        "sum": ("gradients of the sum over the batch", "the later template"),
    },
    "values": {
        "four": ("update_params returns W1, b1, W2, b2", "January; the PDF beside the later template"),
        "five": ("update_params returns W1, b1, W2, b2, L", "the later template"),
    },
}
PARAMETERS = ("W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Edition:
    """A reading for each axis."""

    order: str
    reduction: str
    values: str

    @property
    def name(self):
        return next((name for name, edition in EDITIONS.items() if edition == self), "mixed")

    def returns(self, function):
        """The parts that a function returns, in order."""
        if function == "gradients":
            weights_first = self.order == "weights first"
            return ("dW1", "dW2", "db1", "db2", "L") if weights_first else ("dW1", "db1", "dW2", "db2", "L")
        last = {"update_params": ("L",), "train_nn": ("Ls",)}.get(function)
        return ("value",) if last is None else PARAMETERS + last * (self.values == "five")

    def to(self, function):
        """What it is to a function: editions that are the same to it judge its answers alike."""
        differs = function in ("gradients", "update_params")  # the others know no reduction
        return differs and self.reduction, self.returns(function)

    def scale(self, N):
        """What the gradients of the mean loss are multiplied by, in a batch of N examples."""
        return N if self.reduction == "sum" else 1

    def described(self):
        """A line for each axis: how it was read, and which document says so."""
        readings = zip(AXES, astuple(self), strict=True)
        return [f"{axis}: {AXES[axis][reading][0]} ({AXES[axis][reading][1]})." for axis, reading in readings]


EDITIONS = {"january": Edition("weights first", "mean", "four"), "later": Edition("by layer", "sum", "five")}


def possible(pins):
    """The editions that agree with `pins` {axis: reading}, January first."""
    return [
        Edition(*readings) for readings in product(*([pins[axis]] if axis in pins else AXES[axis] for axis in AXES))
    ]


def pins_of(name):
    """What an edition's name pins: {axis: reading}. "any" pins nothing."""
    return {} if name == "any" else dict(zip(AXES, astuple(EDITIONS[name]), strict=True))
