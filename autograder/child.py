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
import json
import math
import os
import re
import signal
import sys
import time
import traceback
import types

import numpy as np

LARGEST_ARRAY = 5_000  # entries; no question has an answer of a thousand
STATEMENT_SECONDS = 2  # for each top-level statement of the submission: work on import does not cost the functions
MOST_NAMES = 5000  # of a module; numpy with a star brings six hundred
ENOUGH_TEXT = 1000  # characters of a PDF, after which its text is not read on
TEXT = 400  # characters of a message that are worth keeping


# ---- Values as plain JSON ------------------------------------------------------------------------


def encode(value):
    """A value as JSON: numbers, arrays, tuples and texts as what they are, anything else as the name of its type."""
    if value is None:
        return {"none": True}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiub" or value.size > LARGEST_ARRAY:
            return {"other": f"array of shape {value.shape} and type {value.dtype}"[:TEXT]}
        plain = np.array(value, dtype=value.dtype, subok=False)
        return {"array": plain.ravel().tolist(), "shape": list(plain.shape), "dtype": plain.dtype.str[1:]}
    if isinstance(value, (float, np.floating)):
        return {"float": float(value)}
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return {"int": int(value)}
    if isinstance(value, str):
        return {"text": str(value[:TEXT])}
    if isinstance(value, (tuple, list)) and len(value) <= 100:
        return {"tuple": [encode(item) for item in value]}
    return {"other": type(value).__name__[:TEXT]}


def decode(value):
    """The inverse of `encode`. Raises ValueError for anything that encode does not write."""
    if not isinstance(value, dict) or not value:
        raise ValueError("not an encoded value")
    kind, content = next(iter(value.items()))
    if kind == "none":
        return None
    if kind == "float" and type(content) in (float, int):
        return float(content)
    if kind == "int" and type(content) in (int, bool):
        return content
    if kind == "text" and type(content) is str:
        return content
    if kind == "other" and type(content) is str:
        return Other(content)
    if kind == "tuple" and type(content) is list and len(content) <= 100:
        return tuple(decode(item) for item in content)
    if kind == "array" and type(content) is list:
        shape, dtype = value.get("shape"), value.get("dtype")
        whole = type(shape) is list and len(shape) <= 32 and all(type(n) is int and n >= 0 for n in shape)
        if (
            whole
            and isinstance(dtype, str)
            and re.fullmatch("f2|f4|f8|f16|[iu][1248]|b1", dtype)
            and len(content) == math.prod(shape) <= LARGEST_ARRAY
            and set(map(type, content)) <= {float, int, bool}
        ):
            try:
                with np.errstate(all="ignore"):
                    return np.array(content, dtype="f8" if dtype == "f16" else dtype).reshape(shape)
            except OverflowError:
                pass
    raise ValueError("not an encoded value")


class Other:
    """Stands for a value that is no number, by the name of its type."""

    def __init__(self, name):
        self.name = name


# ---- The channel ---------------------------------------------------------------------------------


class Channel:
    """Lines of JSON over a socket."""

    def __init__(self, socket):
        self.file = socket.makefile("rwb")

    def send(self, message):
        self.file.write(json.dumps(message).encode() + b"\n")
        self.file.flush()

    def receive(self):
        return json.loads(self.file.readline())


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


PLOTTING = ("matplotlib", "matplotlib.pyplot", "matplotlib.pylab", "pylab", "seaborn", "plotly")


class Silent(types.ModuleType):
    """Stands for a plotting library: takes every call, opens no window, costs no time. Curves are judged in the PDF."""

    __path__ = ()

    def __init__(self, name="silent", *args, **kwargs):
        super().__init__(str(name))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent(name)

    def __call__(self, *args, **kwargs):
        if self.__name__ == "subplots":  # fig, (top, bottom) = plt.subplots(2, 1)
            shape = [kwargs.get(name, args[k] if k < len(args) else 1) for k, name in enumerate(("nrows", "ncols"))]
            axes = np.full(shape, Silent(), object).squeeze()
            return Silent(), axes if axes.ndim else axes.item()
        return {"plot": (Silent(),), "hist": (Silent(), Silent(), Silent())}.get(self.__name__, Silent())

    def __iter__(self):  # for line in axes.lines
        return iter(())

    def __getitem__(self, key):
        return Silent()

    def __setitem__(self, key, value):  # plt.rcParams["figure.figsize"] = 8, 6
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


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
