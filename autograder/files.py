"""Judges what came beside the functions: assignment2.pkl, and what a machine can see of the PDF and of the comments."""

from functools import cache

import numpy as np

from data.embedded import load_embedded

from .answers import Outcome, Wrong, failed, numbers, text
from .cell.wire import decode
from .parameters import NAMES, plain, scaled_features, shape_problem

# ---- assignment2.pkl -----------------------------------------------------------------------------


def judge_pickle(checks, run, exists):
    """The outcomes of assignment2.pkl. run: a sandbox.Run of the task `pickle`, if the file exists."""
    passed = []
    try:
        values = opened(run, exists)
        passed = ["pkl.opens"]
        parameters = shaped(values)
        passed = ["pkl.opens", "pkl.shapes"]
    except Wrong as wrong:
        earned = [Outcome(check, True) for check in checks if check.name in passed]
        lost = [check for check in checks if check.name not in passed]
        return earned + failed(lost, wrong.identity, wrong.sentence, lambda: True)
    return [
        Outcome(check, True) if check.name in passed else judge_figures(check, parameters, *course_test_set())
        for check in checks
    ]


def opened(run, exists):
    """What the file holds under W1, b1, W2 and b2, as the child sent it. Raises Wrong."""
    if not exists:
        raise Wrong("missing", "There is no assignment2.pkl in the submission.")
    described = run.answers.get(0, {}).get("described")
    if not isinstance(described, dict):
        reason = text(run.failed, "message") or text(run.failed, "type") or "it could not be read"
        raise Wrong("pkl.unreadable", f"assignment2.pkl does not open: {'it took too long' if run.late else reason}.")
    keys, values = described.get("keys"), described.get("values")
    if not isinstance(keys, list) or not isinstance(values, dict):
        raise Wrong("pkl.type", f"assignment2.pkl holds a {text(described, 'type')}; expected a dict.")
    if set(values) == set(NAMES):
        return values
    if any(key in keys for key in ("train_x", "test_x", "X")):
        said = "assignment2.pkl holds the data set: the handout's snippet pickles `data`, but means the parameters."
        raise Wrong("pkl.data", said)
    held = ", ".join(map(str, keys))[:200] or "none"
    raise Wrong("pkl.keys", f"assignment2.pkl has the keys {held}; expected W1, W2, b1 and b2.")


def shaped(values):
    """Parameters of what the child sent. Raises Wrong."""
    parts = {}
    for name in NAMES:
        try:
            parts[name] = numbers(decode(values[name]), name)
        except (ValueError, RecursionError):
            raise Wrong("type", f"{name} could not be read.") from None
        if isinstance(parts[name], Wrong):
            raise parts[name]
    problem = shape_problem(parts)
    if problem:
        raise Wrong("shape", f"{problem} Expected: W1 (ℓ, 3), b1 (ℓ,), W2 (1, ℓ), b2 one number.")
    if not all(np.all(np.isfinite(part)) for part in parts.values()):
        raise Wrong("nan", "The parameters hold NaN or infinity.")
    return plain(parts)


@cache  # reading the file takes longer than judging by it
def course_test_set():
    data = load_embedded()
    return data["test_X"], data["test_y"]


def judge_figures(check, parameters, X, y):
    """The outcome of pkl.accuracy or pkl.loss."""
    loss, accuracy = parameters.measure(X, y)
    measured = f"On the {len(y)} test tweets: accuracy {accuracy:.4f}, loss {loss:.4f}."
    if accuracy >= check.tolerance if check.name == "pkl.accuracy" else loss <= check.tolerance:
        return Outcome(check, True, note=measured)

    known = {
        "train.scaled": (
            "The parameters work on scaled features only: fold the scaling into W1 and b1.",
            lambda: accuracy < 0.95 <= max(parameters.measure(features, y)[1] for features in scaled_features(X)),
        ),
        "train.reversed": ("The labels were learned the wrong way round.", lambda: accuracy < 0.1),
        check.name: (check.told, None),
    }
    identity, claim = next((name, claim) for name, claim in known.items() if claim[1] is None or claim[1]())
    return Outcome(check, False, [(measured, lambda: True), claim], identity)


# ---- What a person judges ------------------------------------------------------------------------


def judge_pdf(checks, run, exists):
    """What a machine sees of the PDF: an outcome passes if it holds something for a person to judge."""
    if not exists:
        return failed(checks, "missing", "There is no assignment2.pdf in the submission.", lambda: True)
    seen = run.answers.get(0, {}).get("described")
    if not isinstance(seen, dict) or any(type(seen.get(key)) is not int for key in ("pages", "characters", "figures")):
        reason = "it takes too long to read" if run.late else text(run.failed, "message") or "it could not be read"
        return failed(checks, "pdf.unreadable", f"assignment2.pdf does not open: {reason}.", lambda: True)
    words = "some text" if seen["characters"] else "no text"
    pages, figures = (f"{seen[kind]} {kind[:-1]}{'s' * (seen[kind] != 1)}" for kind in ("pages", "figures"))
    found = f"A machine sees {pages}, {words} and {figures} (pictures, and pages that draw curves or many lines)."

    def enough(check):
        if check.name == "pdf.curves":
            return seen["figures"] >= check.tolerance
        return seen["characters"] >= check.tolerance or seen["figures"] > 0  # handwriting comes as pictures

    return [for_a_person(check, seen["pages"] > 0 and enough(check), found, "pdf.empty") for check in checks]


def judge_comments(checks, loaded):
    """Whether the code has comments for a person to judge. loaded: the child's message on loading, if there is one."""
    count = loaded.get("comments") if isinstance(loaded, dict) else None
    count = count if type(count) is int else 0
    found = f"The code has {count} comments and docstrings."
    return [for_a_person(check, count >= check.tolerance, found, "comments.none") for check in checks]


def for_a_person(check, enough, found, identity):
    if enough:
        return Outcome(check, True, note=f"{found} A person decides.")
    return Outcome(check, False, [(found, lambda: True), (check.told, None)], identity)


# ---- Notes on loading ----------------------------------------------------------------------------

WORK = " Importing should do no work: put what trains or shows below `if __name__ == '__main__':`."
ADVICE = {  # by the type of the error; a name may be missing because the line that defines it was left out
    "ModuleNotFoundError": " The grader has numpy and nltk alone.",
    "NameError": "",
}


def notes_on(loaded, name):
    """What was done so that the file `name` could be loaded, and what it must not import: a sentence for each."""

    def listed(key):
        return loaded[key][:20] if isinstance(loaded.get(key), list) else []

    notes = [
        f"Line {text(magic, 'line')} of {name} is for a notebook and was left out: {text(magic, 'text')}."
        for magic in listed("magics")
    ]
    for skipped in listed("skipped"):
        kind = text(skipped, "type")
        problem = f"{kind}: {text(skipped, 'message').rstrip('.?')}."
        if kind == "SyntaxError":
            notes.append(f"The statement around line {text(skipped, 'line')} of {name} was left out: {problem}")
            continue
        where = f"Line {text(skipped, 'line')} of {name}"
        notes.append(f"{where} failed when imported and was left out: {problem}{ADVICE.get(kind, WORK)}")
    forbidden = [text({"package": package}, "package") for package in listed("forbidden")]
    if forbidden:
        notes.append(f"{name} imports {', '.join(forbidden)}; the assignment is to be written in numpy alone.")
    return notes
