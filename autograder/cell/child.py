"""Runs the student's code, in a process of its own, and turns what it returns into plain numbers.

Nothing here judges, and nothing here knows an expected value: the questions come over a channel as numbers and the
answers go back the same way. Student code shares this process and may change anything in it, so the other end of the
channel believes nothing that it reads. Imports neither the reference nor the rest of the grader.

A message is one line of JSON. To the child, the task, one of:
    {"task": "call", "file": name, "seed": 5, "stand_ins": [name, ...], "calls": [{"function", "args"}, ...]}
        Loading and each call begin with numpy.random and random seeded: loading with the seed (0 if there is none),
        call i with seed + i, or with the "seed" of its own that a call may have. What is left to chance: random.seed()
        and random.Random() without a seed, secrets, os.urandom, and the time.
        With "apart": true, the calls of each function are made in a process of its own.
    {"task": "pickle", "file": name, "keys": [name, ...]}          parameters, as a pickle or as numpy's .npz
    {"task": "pdf", "file": name, "seconds": 20}                   documents.py
    {"task": "probe", "secrets": {name: path, ...}}                probe.py

From the child, in order:
    {"ready": true}                                                the cell stands; no student code has run yet
    {"loaded": {"names": [...],                                    the module's functions
                "signatures": {function: [parameter, ...]},        of the assignment's functions, as they are written
                "skipped": [{"line", "type", "message", "frames"}, ...],    statements that do not parse, or failed
                "magics": [{"line", "text"}, ...],                 lines for a notebook, with ! or %, left out
                "forbidden": [package, ...],                       imported, though the rules allow numpy alone
                "comments": 12}}                                   lines with a comment, and docstrings
    {"ask": name, "args": [...], "kwargs": {...}, "call": i}       a stand-in's question, answered with {"value": ...}
    {"answer": i, "value": ..., "inputs": [...]}                   call i returned; its inputs as they were then
                                                                   and for gradients "forward": how often it called the
                                                                   forward function that it called most
    {"answer": i, "error": {"type", "message", "frames"}}          call i raised, or its value cannot be sent
    {"answer": 0, "described": {...}}                              what a file holds, or the cell
    {"failed": {"type", "message", "frames"}}                      the task as a whole failed
"""

import __future__

import ast
import inspect
import os
import random
import signal
import sys
import traceback
import types

import numpy as np
from numpy.random import bit_generator

from .documents import describe_parameters, describe_pdf
from .plots import PLOTTING, Silent
from .probe import probe
from .source import read_source
from .wire import MOST_NAMES, MOST_SKIPPED, TEXT, Channel, decode, encode

STATEMENT_SECONDS = 2  # of processor time, for each top-level statement: work on import does not cost the functions
FORWARD = ("sigmoid", "inference_layer", "inference_2layers", "bce_forward")
FUNCTIONS = (*FORWARD, "gradients", "update_params", "train_nn")


# ---- The task ------------------------------------------------------------------------------------


def answer(socket):
    """Do the one task that comes over `socket`."""
    channel = Channel(socket)
    channel.send({"ready": True})
    task = channel.receive()
    try:
        if task["task"] == "call":
            call_functions(channel, task)
        else:
            describe = {"pickle": describe_parameters, "pdf": describe_pdf, "probe": probe}[task["task"]]
            channel.send({"answer": 0, "described": describe(task)})
    except BaseException as error:  # the student's SystemExit too
        channel.send({"failed": describe_error(error)})


def describe_error(error):
    """The error's type and message, and those of its frames that are in the submission, the last five."""
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)  # str names file and line again
    except BaseException:
        message = ""

    def described(file, line, function, text):
        file, text = os.path.basename(file), (text or "").strip()
        return {"file": file, "line": line, "function": function[:TEXT], "text": text[:TEXT]}

    frames = [
        described(frame.filename, frame.lineno, frame.name, frame.line)
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.dirname(os.path.abspath(frame.filename)) == os.getcwd()
    ]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append(described(error.filename, error.lineno or 0, "", error.text))
    return {"type": type(error).__name__[:TEXT], "message": str(message)[:TEXT], "frames": frames[-5:]}


# ---- The calls -----------------------------------------------------------------------------------


def call_functions(channel, task):
    """Load the submission and make the calls."""
    seed = task.get("seed", 0)
    start_from(seed)
    source = read_source(task["file"])
    module, failed = load_module(task["file"], source.statements)
    broken = [{"line": line, **describe_error(error), "type": "SyntaxError"} for line, error in source.broken]
    names = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))
    loaded = {
        "names": [name[:TEXT] for name in names[:MOST_NAMES]],
        "signatures": {name: signature(getattr(module, name)) for name in FUNCTIONS if name in names},
        "skipped": sorted(broken + failed, key=lambda skipped: skipped["line"])[:MOST_SKIPPED],
        "magics": [{"line": line, "text": text[:TEXT]} for line, text in source.magics[:MOST_SKIPPED]],
        "forbidden": source.forbidden,
        "comments": source.comments,
    }
    channel.send({"loaded": loaded})
    calls = list(enumerate(task["calls"]))
    if not task.get("apart"):
        return make_calls(channel, module, calls, task)
    for function in dict.fromkeys(call["function"] for _, call in calls):
        process = os.fork()
        if process == 0:
            try:
                make_calls(channel, module, [(i, call) for i, call in calls if call["function"] == function], task)
                sys.stdout.flush()
            finally:
                os._exit(0)
        os.waitpid(process, 0)


def make_calls(channel, module, calls, task):
    """Make each call (its number, what is called) with a seed of its own, and answer."""
    for i, call in calls:
        for name in task["stand_ins"]:
            setattr(module, name, stand_in(channel, name, i))
        args = [decode(arg) for arg in call["args"]]
        counts, message = {}, {"answer": i}
        try:
            start_from(call.get("seed", task.get("seed", 0) + i))
            counted = call["function"] == "gradients" and np.shape(args[0])[1:] == (1,)  # one example tells enough
            if counted:
                sys.setprofile(counter(module, counts))
            try:
                value = getattr(module, call["function"])(*args)
            finally:
                sys.setprofile(None)
            if counted:
                message["forward"] = max(counts.values(), default=0)
            message["value"] = encode(value)
            message["inputs"] = [encode(arg) for arg in args]
            channel.send(message)
        except BaseException as error:
            channel.send({"answer": i, "error": describe_error(error)})


def start_from(seed):
    """Make what student code draws from numpy.random and random follow from `seed`, also without a seed of its own."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    # Here numpy takes the entropy of each generator that is made without a seed, by default_rng() for one.
    bit_generator.randbits = random.Random(seed).getrandbits


def signature(function):
    """The function's parameters as plain text: X, *args, **options. None if it has no signature."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[:20]
        return [str(p.replace(annotation=p.empty, default=p.empty))[:TEXT] for p in parameters]
    except (TypeError, ValueError):
        return None


def counter(module, counts):
    """A profile function that counts the calls of the module's forward functions with an array, by their code.

    Code that calls sigmoid entry by entry does so with numbers, which say nothing of how it finds its gradients.
    """
    forward = [getattr(module, name, None) for name in FORWARD]
    codes = {function.__code__ for function in forward if isinstance(function, types.FunctionType)}

    def count(frame, event, argument):
        code = frame.f_code
        if event == "call" and code in codes:
            first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
            counts[code] = counts.get(code, 0) + (isinstance(first, np.ndarray) and first.ndim > 0)

    return count


def stand_in(channel, name, call):
    """A function that asks the other end: takes the place of an earlier question's function that was wrong."""

    def ask(*args, **kwargs):
        named = {key: encode(value) for key, value in kwargs.items()}
        channel.send({"ask": name, "args": [encode(arg) for arg in args], "kwargs": named, "call": call})
        return decode(channel.receive()["value"])

    return ask


# ---- The student's module ------------------------------------------------------------------------


class TooLong(BaseException):
    """A top-level statement ran too long."""


def load_module(path, statements):
    """(the submission as a module, the statements that failed), run a statement at a time so that the rest still runs.

    A file that trains, asks for a missing file or leaves through sys.exit when imported thus keeps its functions.
    """
    sys.path.insert(0, os.getcwd())
    sys.argv = [path]
    for name in PLOTTING:
        sys.modules[name] = Silent(name)
    module = types.ModuleType("assignment2")
    module.__file__ = os.path.abspath(path)
    sys.modules["assignment2"] = module

    def too_long(signum, frame):
        raise TooLong(f"used more than {STATEMENT_SECONDS} s of the processor")

    # Processor time, so that what is left out does not depend on what else the machine does.
    signal.signal(signal.SIGPROF, too_long)
    flags, skipped = 0, []
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
        try:
            code = compile(ast.Module([statement], []), module.__file__, "exec", flags, dont_inherit=True)
            signal.setitimer(signal.ITIMER_PROF, STATEMENT_SECONDS)
            try:
                exec(code, vars(module))
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
        except BaseException as error:
            skipped.append({"line": statement.lineno, **describe_error(error)})
    return module, skipped
