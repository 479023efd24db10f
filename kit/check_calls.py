"""The student's files: assignment2.py is run here, statement by statement, in silence and for so long; for check.py."""

import ast
import contextlib
import io
import math
import os
import pickle
import re
import sys
import threading
import time
import tokenize
import traceback
import types
import warnings
from _thread import interrupt_main

import numpy as np

ARGUMENTS = {
    "sigmoid": "x",
    "inference_layer": "X W b",
    "inference_2layers": "X W1 W2 b1 b2",
    "bce_forward": "yhat y",
    "gradients": "X y W1 W2 b1 b2",
    "update_params": "batchx batchy W1 B1 W2 b2 lr",
    "train_nn": "filename hidden_layer_size iters lr",
}
PARAMETERS = ("W1", "b1", "W2", "b2")
SECONDS = 5  # that one call may take


class Trouble(Exception):
    """What went wrong in the student's code, in one sentence."""


class Over(Trouble):
    """It needs a function that is not written yet, or took too long: there is no point in asking again."""


class Clock(threading.Thread):
    """Interrupts the main thread, as Ctrl-C does, once `end` has passed. One thread for all calls.

    Code that catches even that (with a bare `except:` in a loop) is interrupted twice more, and then the checker ends.
    """

    end, interrupts = math.inf, 0

    def run(self):
        while True:
            time.sleep(0.1)
            late = time.monotonic() - self.end
            if late > 3:
                print(
                    "Your code runs on, and cannot be stopped: is there a bare `except:`?",
                    file=sys.__stdout__,
                    flush=True,
                )
                os._exit(1)
            if late > self.interrupts:
                self.interrupts += 1
                interrupt_main()


CLOCK = Clock(daemon=True)
CLOCK.start()


@contextlib.contextmanager
def students_code(seconds=SECONDS):
    """Run a piece of the student's code, in silence and for so long. What it raises becomes a Trouble."""
    end, silence = time.monotonic() + seconds, io.StringIO()
    try:
        with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            CLOCK.end, CLOCK.interrupts = end, 0
            yield
    except KeyboardInterrupt as error:
        if time.monotonic() < end:
            raise  # Ctrl-C
        raise Over(f"no answer in {seconds:g} seconds, {where(error)}") from None
    except NotImplementedError as error:
        raise Over(f"it needs what is not written yet: {error}") from None
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())[:200] or "without a message"
        raise Trouble(f"{type(error).__name__}, {where(error)}: {said}") from None
    finally:
        CLOCK.end = math.inf


def where(error):
    """The line of the student's that an exception came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "check" not in os.path.basename(f.filename)]
    own = [f for f in frames if os.path.dirname(os.path.abspath(f.filename)) == os.getcwd()] or frames
    return f"{os.path.basename(own[-1].filename)} line {own[-1].lineno}: `{own[-1].line}`" if own else "in the call"


def load():
    """Run assignment2.py statement by statement, so that one that fails spoils no other.

    Returns the module, the names of the functions that are not written yet, and what failed.
    """
    if not os.path.exists("assignment2.py"):
        notebook = " In Colab: File, Download, Download .py." if os.path.exists("assignment2.ipynb") else ""
        raise Trouble(f"there is no assignment2.py in {os.getcwd()}: put check.py beside it.{notebook}")
    try:
        with tokenize.open("assignment2.py") as file:  # in the encoding that its first line may name
            text = re.sub(r"(?m)^[!%].*", "", file.read())  # Colab's lines, such as !pip install
        tree = ast.parse(text)
    except SyntaxError as error:
        line = f" line {error.lineno}: `{(error.text or '').strip()}`" if error.lineno else ""
        raise Trouble(f"assignment2.py{line}: {error.msg}") from None
    except ValueError as error:  # bytes that are no text
        raise Trouble(f"assignment2.py: {error}") from None
    if os.getcwd() not in sys.path:  # where their utils.py is
        sys.path.insert(0, os.getcwd())
    module = sys.modules["assignment2"] = types.ModuleType("assignment2")
    future = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    empty, failed, start = set(), [], time.monotonic()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and all(map(says_nothing, statement.body)):
            empty.add(statement.name)
        plain = isinstance(statement, ast.Assign | ast.Expr)
        if plain and "train_nn" in [ast.unparse(n.func) for n in ast.walk(statement) if isinstance(n, ast.Call)]:
            failed.append(f"line {statement.lineno} trains when the file is imported: that was left out")
            continue
        try:
            with students_code(max(1, SECONDS - time.monotonic() + start)):
                code = compile(ast.Module([*future, statement], []), os.path.abspath("assignment2.py"), "exec")
                exec(code, module.__dict__)
        except Trouble as trouble:
            failed.append(str(trouble))
    return module, empty, failed[:1]  # what follows the first is often its consequence


def says_nothing(statement):
    """A docstring, `pass`, `...` or `raise NotImplementedError`."""
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass | ast.Raise)


class Answer:
    """One call: what was given, what came back, and in `trouble` why nothing did."""

    def __init__(self, student, name, case, form):
        self.name, self.case, self.form = name, case, form
        self.value, self.trouble, self.raised = None, "", False
        self.arguments = [case.get(k) for k in ARGUMENTS[name].split()]
        self.given = {k: form.get(k, lambda v: v)(case[k]) for k in ARGUMENTS[name].split() if k in case}
        passed = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self.given.items()}
        try:
            with students_code():
                self.value = getattr(student.module, name)(*passed.values())
            if self.value is None:
                self.trouble = "it returned None: is there a `return`?"
        except Over:
            raise
        except Trouble as trouble:
            self.trouble, self.raised = str(trouble), True
        self.changed = [k for k in passed if not np.array_equal(passed[k], self.given[k])]
        if name != "update_params":  # there it is a mistake
            student.changes |= {f"{name} changes its argument {k}" for k in self.changed}

    def parts(self, names):
        """What came back as {name: array of floats}, or {} with the reason in `trouble`."""
        try:
            values = self.value if len(names) > 1 and not self.trouble else [self.value]
            if not self.trouble and len(values) == len(names):
                return {name: np.asarray(value, float) for name, value in zip(names, values, strict=True)}
            self.trouble = self.trouble or f"it returned {len(values)} values; expected {', '.join(names)}"
        except (TypeError, ValueError):
            self.trouble = f"it returned a {type(self.value).__name__}; expected numbers: {', '.join(names)}"
        return {}

    def came_back(self, names):
        """The values with their names and shapes, shortened."""
        if self.value is None or self.trouble:
            return self.trouble
        values = self.value if isinstance(self.value, tuple | list) else [self.value]
        names = names if len(names) >= len(values) else [""] * len(values)
        shown = [
            " ".join(f"{name} {np.shape(value)} {value}".split()) for name, value in zip(names, values, strict=False)
        ]
        return "\n               ".join(line[:90] + "..." * (len(line) > 90) for line in shown[:6])

    def paste(self):
        """The call, as lines for a Python prompt."""
        lines = [
            f"{k} = np.array({v.tolist()})" if isinstance(v, np.ndarray) else f"{k} = {v}"
            for k, v in self.given.items()
        ]
        return ["import numpy as np; from assignment2 import *", *lines, f"{self.name}({', '.join(self.given)})"]


def files(student):
    """What the handout's checklist asks for beside the functions, as far as it is missing."""
    try:
        with open("assignment2.pkl", "rb") as file, students_code():
            parameters = pickle.load(file)
            W1, b1, W2, b2 = (np.asarray(parameters[name], float) for name in PARAMETERS)
        units = len(W1)
        if W1.shape != (units, 3) or b1.size != units or W2.shape != (1, units) or b2.size != 1:
            came = f"W1 {W1.shape}, b1 {b1.shape}, W2 {W2.shape}, b2 {b2.shape}"
            yield f"assignment2.pkl: {came}; with l hidden units it is W1 (l, 3), b1 (l,), W2 (1, l), b2 (1,)"
        elif not all(np.all(np.isfinite(p)) for p in (W1, b1, W2, b2)):
            yield "assignment2.pkl: the parameters hold NaN or infinity"
    except FileNotFoundError:
        yield "assignment2.pkl: save your trained parameters as a pickled dict with the keys W1, W2, b1, b2"
    except (Trouble, OSError) as error:
        yield f"assignment2.pkl: not a dict of W1, W2, b1, b2 ({error})"
    if not os.path.exists("assignment2.pdf"):
        yield "assignment2.pdf: the derivations of Q2 with their steps, both loss curves, some test tweets"
