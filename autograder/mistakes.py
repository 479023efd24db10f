"""Names known mistakes: the rows of mistakes.md, each one line of the correct computation, written otherwise."""

import re
from functools import cache
from pathlib import Path

import numpy as np

LINES = {  # the correct computation of each function, line by line
    "sigmoid": ("value = sigma(x)",),
    "inference_layer": ("z = W @ X + b", "value = sigma(z)"),
    "inference_2layers": ("z = W1 @ X + b1", "h = sigma(z)", "s = W2 @ h + b2", "value = np.ravel(sigma(s))"),
    "bce_forward": ("value = bce(p, y)",),
    "gradients": (
        "z = W1 @ X + b1",  # (ℓ, N)
        "h = sigma(z)",
        "p = sigma(W2 @ h + b2)",  # (1, N)
        "e = p - y",
        "d2 = e * k",
        "back = W2.T @ d2",  # (ℓ, N)
        "prime = h * (1 - h)",
        "d1 = back * prime",
        "dW1 = d1 @ X.T",
        "dW2 = d2 @ h.T",
        "db1 = d1.sum(axis=1)",
        "db2 = d2.sum()",
    ),
    "update_params": (),
}
CLIPS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)  # those that students write


def sigma(z):
    return 1 / (1 + np.exp(-z))


def bce(p, y, one=1, zero=1):
    """The mean cross-entropy, its two terms weighted."""
    return np.mean(np.where(y == 1, -one * np.log(p), -zero * np.log(1 - p)))


@cache
def known(function):
    """The rows of a function's table: [(id, the name that its line sets, the line's expression, sentence)]."""
    text = Path(__file__).with_name("mistakes.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {function}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([\w.]+) \| `(\w+) = (.+?)` \| (.+) \|$", section, re.MULTILINE)
    return [(identity, name, compiled(line), sentence) for identity, name, line, sentence in rows]


@cache
def compiled(expression):
    return compile(expression, "mistakes.md", "eval")


def compute(function, scope, name=None, expression=None):
    """Run the function's lines in `scope`, with the line that sets `name` replaced, and return the scope."""
    for line in LINES[function]:
        target, _, correct = line.partition(" = ")
        scope[target] = eval(expression if target == name else compiled(correct), scope)
        if isinstance(scope[target], list):  # alternatives: nothing after this line depends on it
            break
    return scope


def scope_of(call, right, edition):
    """The names that a mistake may use, for the inputs of a call. right: the expected parts by name."""
    scope = {"np": np, "sigma": sigma, "bce": bce, "CLIPS": CLIPS, "right": right, **call.case.args}
    if "x" in scope:
        x = np.asarray(scope["x"])
        return {**scope, "x": x.astype(float), "whole": x.dtype.kind == "i"}
    if "yhat" in scope:
        return {**scope, "p": scope["yhat"], "y": scope["y"].astype(float), "N": len(scope["y"])}
    if np.ndim(scope["X"]) == 2:  # a bias is added as a column
        scope |= {name: np.reshape(scope[name], (-1, 1)) for name in ("b", "b1", "b2") if name in scope}
    if "y" in scope:
        N = scope["X"].shape[1]
        scope |= {"y": scope["y"].astype(float), "N": N, "k": edition.scale(N) / N}
        scope |= {"sums": edition.reduction == "sum", "order": edition.returns("gradients")}
    return scope


def stepped(call, right, edition, part):
    """The names for a mistake of update_params about one part."""
    scope = scope_of(call, right, edition)
    args = call.case.args

    def gradients(moved=()):
        return compute("gradients", {**scope, **{name: np.reshape(right[name], scope[name].shape) for name in moved}})

    def after(*names):
        return np.reshape(gradients(names)["d" + part], args[part].shape)

    found = gradients()
    gradient = {"d" + name: np.asarray(found["d" + name]) for name in ("W1", "b1", "W2", "b2")}
    w, g = args[part], np.reshape(gradient["d" + part], args[part].shape)
    return {**scope, "lr": args.get("lr", 0.01), "w": w, "g": g, "gradient": gradient, "after": after}


def outcomes(function, part, call, right, edition, name, expression):
    """What the mistake gives as `part` for a call: a list of alternatives, empty if it does not concern this call."""
    try:
        with np.errstate(all="ignore"):
            if part == "L":  # the loss that gradients returns, by the rows of bce_forward
                p = np.ravel(compute("gradients", scope_of(call, right, edition))["p"])
                scope = {"p": p, "y": call.case.args["y"].astype(float), "N": p.size}
                return as_list(eval(expression, {"np": np, "bce": bce, "CLIPS": CLIPS, **scope}))
            if function == "update_params":
                return as_list(eval(expression, {**stepped(call, right, edition, part), "part": part}))
            scope = {**scope_of(call, right, edition), "part": part}
            compute(function, scope, name, expression)
            return as_list(eval(expression, scope) if name == "each" else scope.get(part))
    except (KeyError, ValueError, IndexError):
        return []  # not a mistake about this part, or not possible with these shapes


def as_list(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def name_mistake(function, part, answers, edition):
    """(id, sentence, condition) of the first known mistake that gives every one of `answers`, or None.

    answers: judge.Answer of one part, all readable.  A mistake that gives the expected values as well names nothing.
    """
    for identity, name, expression, sentence in known("bce_forward" if part == "L" else function):

        def gives(name=name, expression=expression):
            """Whether one alternative of the mistake gives all answers, and the expected ones do not."""
            agreeing, wrong = None, False
            for answer in answers:
                made = outcomes(function, part, answer.call, answer.right, edition, name, expression)
                fits = {k for k, value in enumerate(made) if answer.agrees(value)}
                agreeing = fits if agreeing is None else agreeing & fits
                if not agreeing:
                    return False
                wrong |= not answer.passed
            return wrong

        if gives():
            told = sentence.replace("{part}", part).replace("{returned}", ", ".join(edition.returns(function)))
            return identity, ("The loss that gradients returns: " if part == "L" else "") + told, gives
    return None
