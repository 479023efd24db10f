"""Check your assignment2.py: run `python check.py` in the folder that it lies in. It needs numpy alone.

    python check.py               every function that is written, the files, and what is left to do
    python check.py --only Q3     one question (Q1, Q1.2, Q3, Q4), or several: Q1,Q4
    python check.py --watch       again whenever you save a file; Ctrl-C ends it
    python check.py --picture     which entries of your gradients are wrong, drawn into mine/ (needs matplotlib)
    python check.py --train       trains your network and draws its curves, into mine/ (needs matplotlib);
                                  --train 1000000 takes that many steps in place of 20000

No answer is in here. Q1 is compared with the handout's formulas, number by number, and Q3 with differences: a gradient
says how much the loss changes when one entry changes a little, so each entry is changed a little, and the loss is
looked at. That tells whether your gradient is right, and nothing of how to derive it. Q4 is compared with your own
gradients. Biases may be rows, columns or numbers, labels (N,) or (1, N), and the returns those of either edition.

Exit status: 0 if every function is written and right, 1 if not, 2 for a command that does not exist.
"""

import argparse
import contextlib
import functools
import io
import itertools
import json
import math
import os
import subprocess
import sys
import time
import types

try:
    import numpy as np
    from check_calls import ARGUMENTS, PARAMETERS, Answer, Over, Trouble, files, load, students_code
except ImportError as error:
    sys.exit(f"{error}: numpy comes by `python -m pip install numpy`, and check_*.py with the kit")

QUESTIONS = dict(zip(ARGUMENTS, ("Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q3", "Q4", "Q5"), strict=True))
READ = {"Q1.1": "(1.2)", "Q1.2": "(1.3)", "Q1.3": "(1.4)", "Q1.4": "(1.7)", "Q3": "Q2.4", "Q4": "the text of Q4"}
ORDERS = {"January 2025": ("dW1", "dW2", "db1", "db2"), "June 2025 and later": ("dW1", "db1", "dW2", "db2")}
RATE = 0.4  # lr in the calls of update_params
TWICE = "the same call, made twice, gives two answers: something is kept from call to call"

# ---- The handout's formulas, number by number ----------------------------------------------------


def sigma(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def sigmoid(x):
    return np.array([sigma(z) for z in np.ravel(x)]).reshape(np.shape(x))


def inference_layer(X, W, b):
    out = np.zeros((len(W), *X.shape[1:]))  # (units,) for one example, (units, N) for a batch
    for unit, *example in np.ndindex(out.shape):
        x = X[(slice(None), *example)]
        out[(unit, *example)] = sigma(sum(W[unit, j] * x[j] for j in range(len(x))) + np.ravel(b)[unit])
    return out


def inference_2layers(X, W1, W2, b1, b2):
    return inference_layer(inference_layer(X, W1, b1), W2, b2).reshape(-1)


def bce_forward(yhat, y):
    """(1.7), with the minus sign that it lacks in January's handout."""
    pairs = zip(np.ravel(yhat), np.ravel(y), strict=True)
    return -sum(math.log(max(p if label == 1 else 1 - p, 1e-300)) for p, label in pairs) / np.size(y)


FORMULAS = {f.__name__: f for f in (sigmoid, inference_layer, inference_2layers, bce_forward)}


def differences(loss, case, h=1e-5):
    """How much the number loss(W1, W2, b1, b2) changes with each entry of each parameter, in the parameters' shapes."""
    parameters, changes = [case[name] for name in ("W1", "W2", "b1", "b2")], []
    for number, parameter in enumerate(parameters):
        changes.append(np.zeros(np.shape(parameter)))
        for entry in np.ndindex(changes[-1].shape):
            near = []
            for side in (h, -h):
                moved = [np.array(p, float) for p in parameters]
                moved[number][entry] += side
                near.append(float(loss(*moved)))
            changes[-1][entry] = (near[0] - near[1]) / (2 * h)
    return changes


# ---- Inputs --------------------------------------------------------------------------------------

# d, hidden units and N: all different, so that no wrong array fits by luck; then one example; then as many hidden units
# as examples, where a bias along the wrong axis goes unnoticed.
SIZES = ((3, 2, 4), (4, 3, 6), (3, 4, 1), (4, 2, 1), (3, 5, 5))
COLUMN, ROW, NUMBER = (lambda b: b[:, None]), (lambda y: np.reshape(y, (1, -1))), (lambda b: float(b[0]))
FORMS = [  # of the biases and the labels: most code works with some of them and fails with others
    {"b": b1, "b1": b1, "B1": b1, "b2": b2, "y": y, "batchy": y, "yhat": y}
    for y, b1, b2 in itertools.product((np.ravel, ROW), (np.ravel, COLUMN), (np.ravel, COLUMN, NUMBER))
]


def draw(number, d, units, N):
    """A batch and a network, the same ones each time, with two decimals so that a call can be pasted."""
    rng = np.random.default_rng(number)

    def some(deviation, shape, mean=0.0):
        numbers = np.round(rng.normal(mean, deviation, shape), 2)
        return np.where(numbers == 0, 0.01, numbers)  # a weight of 0 would hide a mistake

    y = np.array([float(number % 2)]) if N == 1 else rng.permutation(np.arange(N) % 2.0)
    X, W1, W2, b1 = some(1, (d, N)), some(0.8, (units, d)), some(0.8, (1, units), 0.2), some(1, units)
    again = {"W": W1, "b": b1, "batchx": X, "batchy": y, "B1": b1}  # the names that other functions have for them
    return {"X": X, "y": y, "W1": W1, "W2": W2, "b1": b1, "b2": some(0.3, 1, 0.5), **again}


CASES = [draw(number, *sizes) for number, sizes in enumerate(SIZES)]


def ask(student, name, cases, judge):
    """The answers to all cases, in the form in which most are right. judge(answer): "" if right, else what is wrong."""
    found = []
    for form in FORMS:
        answers = [Answer(student, name, case, form) for case in cases]
        for answer in answers:
            answer.wrong = judge(answer)
        failed = [sum(map(bool, kind)) for kind in zip(*((a.wrong, a.trouble, a.raised) for a in answers), strict=True)]
        found.append((failed, answers, form))
        if failed[0] == 0:
            break
    return min(found, key=lambda entry: entry[0])[1:]


def same(first, second):
    """Whether two answers hold the same numbers, or something else."""
    with contextlib.suppress(TypeError, ValueError):
        return len({json.dumps(a.value, default=lambda v: np.asarray(v, float).tolist()) for a in (first, second)}) == 1
    return True


def close(got, want, tolerance=1e-3):
    """Whether the shapes agree and no entry is further off than the tolerance times the largest entry. NaN is never."""
    return got.shape == want.shape and bool(abs(got - want).max() <= tolerance * abs(want).max())


def factor(got, want):
    """The number k with got = k want, or None if there is none."""
    got, want = np.ravel(got), np.ravel(want)
    if got.shape != want.shape or not np.any(want):
        return None
    k = got @ want / (want @ want)
    return k if close(got, k * want) else None


# ---- Q1 ------------------------------------------------------------------------------------------


def forward_groups(name):
    """The calls of a function of Q1, in groups: in each, one form of the biases and labels must do."""
    if name == "sigmoid":
        X, large = CASES[0]["X"], np.array([-1000.0, 0.5, 1000.0])
        return [[{"x": x} for x in (X, X[0], 2 * X.T, np.arange(-2, 3))], [{"x": 0.5}], [{"x": large}]]
    if name == "bce_forward":
        cases = [{"yhat": np.round(0.02 + 0.96 * sigmoid(2 * c["X"][0]), 2), "y": c["y"]} for c in CASES]
        whole = {**cases[1], "y": cases[1]["y"].astype(int)}
        near = {"yhat": np.array([0.03, 0.4, 0.97, 0.7]), "y": CASES[0]["y"]}
        sure = {"yhat": np.array([1.0, 0.3, 0.0, 0.6]), "y": np.array([1.0, 0.0, 0.0, 1.0])}
        return [[near, *cases, whole], [sure]]
    return [CASES, [{**case, "X": case["X"][:, 0]} for case in CASES[:2]]]


def judge_forward(answer):
    """ "" if the value is that of the handout's formula, else a sentence. Sets answer.got, in the formula's shape."""
    want = np.asarray(FORMULAS[answer.name](*answer.arguments))
    answer.got = got = answer.parts(["value"]).get("value")
    if got is None:
        return answer.trouble
    if answer.name == "inference_2layers" and (got.shape == (1, *want.shape) or got.size == want.size == 1):
        answer.got = got = got.reshape(want.shape)  # (1, N) is right as well as (N,)
    if not np.all(np.isfinite(got)):
        return "NaN or infinity. e to a large power overflows, and log(0) is infinite: see that neither occurs"
    if got.shape != want.shape:
        return f"it has shape {got.shape}; expected {want.shape}"
    if close(got, want, 1e-2 if answer.name == "bce_forward" else 1e-4):  # a loss may clip yhat a little
        return ""
    at = tuple(map(int, np.unravel_index(np.argmax(np.abs(got - want)), want.shape)))
    return f"{f'entry {list(at)}' if at else 'it'} is {got[at]:.6g}; the formula gives {want[at]:.6g}"


def check_forward(student, name):
    """Yields (what is wrong, the answer that shows it), as the next two do."""
    for number, cases in enumerate(forward_groups(name)):
        answers, form = ask(student, name, cases, judge_forward)
        student.forms.setdefault(name, form)
        if number == 0 and not same(Answer(student, name, cases[0], form), Answer(student, name, cases[0], form)):
            yield TWICE, answers[0]
            return
        if wrong := [answer for answer in answers if answer.wrong]:
            yield check_hints.forward(student, wrong), min(wrong, key=lambda answer: bool(answer.trouble))
            return


# ---- Q3 ------------------------------------------------------------------------------------------


def loss_of(network, loss, case, form, label):
    """The loss of a batch as a function of W1, W2, b1, b2."""

    def of(W1, W2, b1, b2):
        yhat = network(case["X"], W1, W2, form["b1"](b1), form["b2"](b2))
        return loss(label(np.reshape(yhat, case["y"].shape)), label(case["y"]))

    return of


@functools.cache
def formula_gradients(number):
    """Differences of the handout's loss, for W1, W2, b1, b2 of CASES[number]."""
    case = CASES[number]
    return differences(loss_of(inference_2layers, bce_forward, case, FORMS[0], np.ravel), case)


def true_gradients(student, number):
    """{gradient: array}, by differences of the student's own loss.

    If that is not the handout's, or too coarse for differences (float32 is), by those of the handout's formulas.
    """
    case, true = CASES[number], formula_gradients(number)
    with contextlib.suppress(Trouble), students_code():
        functions = student.module.inference_2layers, student.module.bce_forward
        form, label = student.forms["inference_2layers"], student.forms["bce_forward"]["y"]
        if functions != (inference_2layers, bce_forward):
            own = differences(loss_of(*functions, case, form, label), case)
            true = own if all(map(close, own, true)) else true
    return dict(zip(("dW1", "dW2", "db1", "db2"), true, strict=True))


class Row:
    """One gradient of one answer, beside the true one. `true` holds all four, times N if the student's are sums."""

    def __init__(self, answer, part, got, true):
        self.answer, self.part, self.got, self.want, self.true = answer, part, got, true[part], true
        shapes = {"db1": [self.want.shape, (*self.want.shape, 1)], "db2": [(), (1,), (1, 1)]}
        self.shaped = got is not None and got.shape in shapes.get(part, [self.want.shape])
        self.fits = self.shaped and close(got.ravel(), self.want.ravel())
        self.near = self.fits or self.shaped and close(abs(got.ravel()), abs(self.want.ravel()))


def read_gradients(student, truth):
    """All ways to read the student's gradients: (how much is right, the Rows of all cases, the order, its name)."""
    for form in FORMS:
        answers = [Answer(student, "gradients", case, form) for case in CASES]
        for (edition, order), times in itertools.product(ORDERS.items(), ("mean", "sum")):
            rows = []
            for answer, true in zip(answers, truth, strict=True):
                parts, N = answer.parts((*order, "L")), len(answer.case["y"])
                true = {part: value * (N if times == "sum" else 1) for part, value in true.items()}
                rows += [Row(answer, part, parts.get(part), true) for part in order]
            whole = [sum(all(getattr(row, kind) for row in rows[k::4]) for k in range(4)) for kind in ("fits", "near")]
            returned = sum(not answer.raised for answer in answers)
            score = *whole, sum(row.got is not None for row in rows), returned, sum(row.shaped for row in rows)
            yield score, rows, order, f"{', '.join(order)}, L, of the {times} of the losses ({edition})"
            if whole[0] == 4:
                return


def check_gradients(student, name):
    truth = [true_gradients(student, number) for number in range(len(CASES))]
    (_, _, some, *_), rows, student.order, reading = max(read_gradients(student, truth), key=lambda entry: entry[0])
    answers, wrong = [row.answer for row in rows[::4]], [row for row in rows if not row.fits]
    if not some:
        yield check_hints.arguments(student, name) or answers[0].trouble, answers[0]
        return
    if not same(answers[0], Answer(student, name, CASES[0], answers[0].form)):
        yield TWICE, answers[0]
        return
    kinds = {part: [row for row in rows if row.part == part] for part in student.order}
    told = {part: check_hints.gradient(student, own) for part, own in kinds.items() if not all(r.fits for r in own)}
    if told.get("dW1") == check_hints.ROWS and told.get("db1", "").startswith("wrong in"):
        told["db1"] = check_hints.ROWS  # of one entry each
    for sentence in dict.fromkeys(told.values()):
        parts = [part for part in student.order if told.get(part) == sentence]
        yield f"{', '.join(parts)}: {sentence}", next(row.answer for row in wrong if row.part in parts)
    if set(told) == {"dW1", "db1"}:
        yield "the second layer is right and the first is wrong: how does the chain rule pass the hidden layer?", None
    large = gradients_at(student, {**CASES[1], "X": 1000 * CASES[1]["X"]}, answers[0].form)  # as counts of tweets are
    if not told and not all(np.all(np.isfinite(value)) for value in large.values()):
        yield "NaN or infinity where features are in the thousands", None
    if sentence := check_hints.loss(student, answers):
        yield f"L: {sentence}", answers[0]
    student.rows, student.summed, student.forms[name] = rows, "of the sum" in reading, answers[0].form
    student.notes.append(f"gradients returns {reading}{', as far as one can tell' * bool(wrong)}")


# ---- Q4 ------------------------------------------------------------------------------------------


def gradients_at(student, case, form):
    """The student's own gradients as {parameter: array}; {} if their function fails there."""
    found = Answer(student, "gradients", case, form).parts((*student.order, "L"))
    return {part[1:]: value for part, value in found.items() if part != "L"}


def judge_step(student, answer):
    """ "" if each parameter went down by RATE times the student's own gradient of it, else a sentence."""
    count = 5 if isinstance(answer.value, tuple | list) and len(answer.value) == 5 else 4  # L may follow
    new, slopes = answer.parts((*PARAMETERS, "L")[:count]), gradients_at(student, answer.case, answer.form)
    if not new or not slopes:
        return answer.trouble or "gradients fails with biases of the shapes that update_params takes"
    for name in PARAMETERS:
        old = answer.case[name]
        if new[name].size != old.size or name[0] == "W" and new[name].shape != old.shape:
            return f"{name} has shape {new[name].shape}{check_hints.other_place(name, new[name], answer.case)}"
        if slopes[name].size != old.size:
            return f"gradients gives {slopes[name].shape} for d{name}"
        if not np.isclose(factor(old.ravel() - new[name].ravel(), slopes[name]) or 0, RATE, rtol=1e-3):
            return f"{name} {check_hints.step(student, answer, name, new, slopes)}"
    return ""


def check_update(student, name):
    cases = [{**case, "lr": RATE} for case in CASES]
    answers, form = ask(student, name, cases, lambda answer: judge_step(student, answer))
    student.forms[name] = form
    wrong = [answer for answer in answers if answer.wrong]
    if not same(*(Answer(student, name, cases[0], form) for _ in "12")):
        yield TWICE, answers[0]
    elif wrong:
        yield check_hints.arguments(student, name) or wrong[0].wrong, wrong[0]
    elif not same(*(Answer(student, name, {**CASES[0], **lr}, form) for lr in ({}, {"lr": 0.01}))):
        yield "called without lr it does not take the 0.01 of the handout's signature", answers[0]
    if changed := ", ".join(answers[0].changed):
        yield f"it changes the {changed} that it was given (as `W -= ...` does): make new arrays", answers[0]
    if not wrong:
        student.notes.append(f"update_params returns {', '.join((*PARAMETERS, 'L')[: len(answers[0].value)])}")


# ---- What is printed -----------------------------------------------------------------------------

CHECKS = dict.fromkeys(FORMULAS, check_forward) | {"gradients": check_gradients, "update_params": check_update}


def check(student, name):
    """Check one function: its state for the table. Prints what is wrong."""
    question, problems = QUESTIONS[name], []
    if name in student.empty:
        return "not written yet"
    if not hasattr(student.module, name):
        problems = [(f"there is no function of this name{check_hints.like(student, name)}", None)]
    elif name in CHECKS:
        try:
            problems += CHECKS[name](student, name)
        except Over as over:
            problems.append((str(over), None))
    if problems and name == "update_params" and student.states["gradients"] != "right":
        return "waits for gradients"
    if problems and student.chosen(question):
        print(f"{question}  {name}")
        for sentence, _ in problems:
            print(f"    wrong      {sentence}")
        if shown := next((answer for _, answer in problems if answer), None):
            print("    the call   " + "\n               ".join(shown.paste()))
            names = {"gradients": (*student.order, "L"), "update_params": (*PARAMETERS, "L")}.get(name, ("",))
            print(f"    came back  {shown.came_back(names)}")
        print(f"    read       {READ.get(question, question)} of the handout\n")
    return "wrong" if problems else "right" if name in CHECKS else "written"


@np.errstate(all="ignore")
def run(only=()):
    """Check the folder we are in. Returns the exit status and the student's code."""
    student = types.SimpleNamespace(forms={}, order=ORDERS["January 2025"], rows=[], states={}, notes=[], changes=set())
    student.chosen = lambda question: not only or question.startswith(only)
    student.module, student.empty, failed = load()
    states, chosen = student.states, [name for name in ARGUMENTS if student.chosen(QUESTIONS[name])]
    for name in ARGUMENTS:
        states[name] = check(student, name)
        if name == chosen[-1]:
            break
        if states[name] != "right" and name in FORMULAS:  # so that the questions after it are checked by themselves
            setattr(student.module, name, FORMULAS[name])
            student.forms[name] = FORMS[0]
        if states[name] == "wrong" and name in FORMULAS:
            student.notes.append(f"{name} is taken from the handout's formula in the questions after {QUESTIONS[name]}")
    if columns := [name for name, form in student.forms.items() if form["b1"] is COLUMN]:
        student.notes.append(f"right with biases as columns (units, 1), not as (units,): {', '.join(columns)}")
    for name in chosen:
        print(f"{QUESTIONS[name]:5} {name:18} {states[name]}{' (--train runs it)' * (states[name] == 'written')}")
    for note in [*student.notes, *sorted(student.changes), *failed]:
        print(f"note: {note}")
    todo = [f"{QUESTIONS[name]} {name}" for name, state in states.items() if state == "not written yet"]
    for line in [] if only else [*todo, *files(student)]:
        print(f"to do: {line}")
    return (0 if all(states[name] in ("right", "written") for name in chosen) else 1), student


def watch(arguments):
    seen = None
    while True:
        with contextlib.suppress(FileNotFoundError):  # while an editor replaces a file
            now = {name: os.stat(name).st_mtime for name in os.listdir() if name.endswith((".py", ".pkl", ".pdf"))}
            if now != seen:
                print(f"\n---- {time.strftime('%H:%M:%S')} ----", flush=True)
                subprocess.call([sys.executable, __file__, *arguments])
            seen = now
        time.sleep(0.5)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="Q3", default=(), type=questions)
    for flag in ("--watch", "--picture"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--train", metavar="STEPS", nargs="?", const=20_000, type=int)
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(errors="replace")  # whatever the code page
    sys.stdin = io.StringIO()  # a forgotten input() ends instead of waiting
    os.environ["MPLBACKEND"] = "agg"  # plt.show() opens no window
    try:
        if options.watch:
            watch([a for a in sys.argv[1:] if not "--watch".startswith(a)])
        status, student = run(() if options.picture or options.train else options.only)
        if options.picture:
            check_mine.picture(student)
        if options.train:
            status |= not check_mine.train(student, options.train)
        return status
    except Trouble as trouble:
        print(trouble)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # of `python check.py | head`
        os._exit(1)


def questions(text):
    chosen = tuple(text.upper().split(","))
    if not all(any(q.startswith(c) and c for q in QUESTIONS.values()) for c in chosen):
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(QUESTIONS.values())}")
    return chosen


if __name__ == "__main__":
    import check  # as the module that check_hints and check_mine know

    sys.exit(check.main())
else:
    import check_hints  # after the formulas, which it needs
    import check_mine
