"""Runs the student's code, in a process of its own, and turns what it returns into plain numbers.

Nothing here judges, and nothing here knows an expected value: the questions come over a channel as numbers and the
answers go back the same way. Student code shares this process and may change anything in it, so the other end of the
channel believes nothing that it reads. Imports neither the reference nor the rest of the grader.

A message is one line of JSON. To the child: the task. From the child, in order:
    {"ready": true}                                                the cell stands; no student code has run yet
    {"loaded": {"names": [...], "skipped": [...]}}                 the module's functions; lines that failed on import
    {"ask": name, "args": [...]}                                   a stand-in's question, answered with {"value": ...}
    {"answer": i, "value": ..., "changed": [...]}                  call i returned; the inputs that it changed
    {"answer": i, "error": {"type", "message", "frames"}}          call i raised
    {"failed": {...}}                                              the task as a whole failed
"""

import __future__

import ast
import os
import re
import signal
import sys
import time
import traceback
import types

import numpy as np
from plots import PLOTTING, Silent
from wire import TEXT, Channel, decode, encode

STATEMENT_SECONDS = 2  # for each top-level statement of the submission: work on import does not cost the functions
MOST_NAMES = 5000  # of a module; numpy with a star brings six hundred
ENOUGH_TEXT = 1000  # characters of a PDF, after which its text is not read on


# ---- The task ------------------------------------------------------------------------------------


def answer(socket):
    """Do the one task that comes over `socket`."""
    channel = Channel(socket)
    channel.send({"ready": True})
    task = channel.receive()
    try:
        {"call": call_functions, "pickle": describe_pickle, "pdf": describe_pdf}[task["task"]](channel, task)
    except BaseException as error:  # the student's SystemExit too
        channel.send({"failed": describe_error(error)})


def describe_error(error):
    """The error's type and message, and those of its frames that are in the submission, the last five."""
    try:
        message = str(error)
    except Exception:
        message = ""
    frames = [
        {
            "file": os.path.basename(frame.filename),
            "line": frame.lineno,
            "function": frame.name[:TEXT],
            "text": (frame.line or "")[:TEXT],
        }
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.dirname(os.path.abspath(frame.filename)) == os.getcwd()
    ]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append(
            {
                "file": os.path.basename(error.filename),
                "line": error.lineno or 0,
                "function": "",
                "text": (error.text or "").strip()[:TEXT],
            }
        )
    return {"type": type(error).__name__[:TEXT], "message": message[:TEXT], "frames": frames[-5:]}


# ---- The student's module ------------------------------------------------------------------------


def call_functions(channel, task):
    """Load the submission and make each call with inputs of its own."""
    module, skipped = load_module(task["file"])
    channel.send(
        {
            "loaded": {
                "names": sorted(
                    name[:TEXT] for name, value in vars(module).items() if callable(value) and not name.startswith("_")
                )[:MOST_NAMES],
                "skipped": skipped[:5],
            }
        }
    )
    for name in task["stand_ins"]:
        setattr(module, name, stand_in(channel, name))
    for i, call in enumerate(task["calls"]):
        args = [decode(arg) for arg in call["args"]]
        before = [fingerprint(arg) for arg in args]
        try:
            value = encode(getattr(module, call["function"])(*args))
        except BaseException as error:
            channel.send({"answer": i, "error": describe_error(error)})
        else:
            changed = [k for k, arg in enumerate(args) if fingerprint(arg) != before[k]]
            channel.send({"answer": i, "value": value, "changed": changed})


def fingerprint(value):
    return (value.shape, value.dtype.str, value.tobytes()) if isinstance(value, np.ndarray) else value


class TooLong(BaseException):
    """A top-level statement ran too long."""


def load_module(path):
    """The submission as a module, run a statement at a time: one that fails is noted, and the rest still runs.

    A file that trains, asks for a missing file or leaves through sys.exit when imported thus keeps its functions.
    """
    sys.path.insert(0, os.getcwd())
    sys.argv = [path]
    for name in PLOTTING:
        sys.modules[name] = Silent(name)
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), os.path.abspath(path))
    module = types.ModuleType("assignment2")
    module.__file__ = os.path.abspath(path)
    sys.modules["assignment2"] = module

    def too_long(signum, frame):
        raise TooLong(f"ran longer than {STATEMENT_SECONDS} s")

    signal.signal(signal.SIGALRM, too_long)
    flags, skipped = 0, []
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
        try:
            code = compile(ast.Module([statement], []), module.__file__, "exec", flags, dont_inherit=True)
            signal.setitimer(signal.ITIMER_REAL, STATEMENT_SECONDS)
            try:
                exec(code, vars(module))
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException as error:
            skipped.append({"line": statement.lineno, **describe_error(error)})
    return module, skipped


def stand_in(channel, name):
    """A function that asks the other end: takes the place of an earlier question's function that was wrong."""

    def ask(*args, **kwargs):
        channel.send(
            {
                "ask": name,
                "args": [encode(arg) for arg in args],
                "kwargs": {key: encode(value) for key, value in kwargs.items()},
            }
        )
        return decode(channel.receive()["value"])

    return ask


# ---- The other files -----------------------------------------------------------------------------


def describe_pickle(channel, task):
    """The keys of the pickled dict, and the values of those that are asked for."""
    from reader import PlainUnpickler  # data/reader.py, loaded when the host started

    with open(task["file"], "rb") as file:
        content = PlainUnpickler(file).load()
    described = {"type": type(content).__name__}
    if isinstance(content, dict):
        described["keys"] = [str(key)[:40] for key in list(content)[:20]]
        described["values"] = {key: encode(content[key]) for key in task["keys"] if key in content}
    channel.send({"answer": 0, "described": described})


def describe_pdf(channel, task):
    """How many pages, characters of text, and figures (pictures, or drawings of many strokes) the PDF has.

    Text takes most of the time, and a thousand characters of it are enough.
    """
    from pypdf import PdfReader

    reader = PdfReader(task["file"])
    pages, characters, figures = len(reader.pages), 0, 0
    end = time.monotonic() + task["seconds"] / 2  # half the time is for reading; what was seen by then counts
    for page in reader.pages:
        resources = page.get("/Resources")
        objects = (resources.get_object() if resources else {}).get("/XObject")
        figures += len(objects.get_object()) if objects else 0
        contents = page.get_contents()
        strokes = re.findall(rb"\s[lc]\s", contents.get_data()) if contents is not None else ()
        figures += len(strokes) > 100
        characters += len(page.extract_text()) if characters < ENOUGH_TEXT else 0
        if time.monotonic() > end:
            break
    channel.send({"answer": 0, "described": {"pages": pages, "characters": characters, "figures": figures}})
