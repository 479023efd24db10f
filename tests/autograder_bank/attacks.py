"""Submissions that want points they did not earn, or harm. run_attacks.py grades them and looks at what they left.

Every function of an attack is wrong, so the right score is what the files beside it earn: FILES_POINTS, or `most`.
In a source, @TOKEN@ stands for a word by which anything left behind is found, @NEIGHBOUR@ for the folder of another
submission, @TREE@ for the grader's own folder, @RESULTS@ for where results.json would be, @PORT@ for a port of this
machine, @KEY@ for a key of shared memory.
"""

import io
import os
import pickle
import struct
import zipfile
import zlib
from dataclasses import dataclass

from . import good_pdf, good_pickle

FILES_POINTS = 10  # assignment2.pkl is a good one; the points of the PDF are pending
ANSWERS = ("root",)  # what an attack on the judgement needs: no kind of cell stops it, the judge outside does
OTHER = ("root", "user")  # another user's rights stop it, if nothing else does
CELLS = (*OTHER, "nobody")  # the student's code has the grader's own rights: the namespaces stop it
PROCESS = (*OTHER, "process")  # the least of the cells stops it too
ALL = (*CELLS, "process")
NAMES = ("sigmoid", "inference_layer", "inference_2layers", "bce_forward", "gradients", "update_params", "train_nn")


@dataclass(frozen=True)
class Attack:
    name: str
    source: str
    most: float = FILES_POINTS
    where: tuple = ANSWERS  # the settings of run_attacks.py that it is tried in
    prepare: object = None  # called with the submission's folder and the neighbour's, to make what is no plain file
    zipped: object = None  # called for the bytes of a zip in place of the folder


def every(body):
    """The seven functions with one body, which sees `name` and `args`."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    return f"def cheat(name, *args):\n{lines}\n\n" + "".join(
        f"def {name}(*args):\n    return cheat({name!r}, *args)\n\n\n" for name in NAMES
    )


FAIL = every("raise NotImplementedError")

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
    for value in ({"float": 0.5}, {"array": [0.5] * 4, "shape": [4], "dtype": "f8"}, {"int": 1}):
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
        {"answer": 3, "value": {"array": [1, 2], "shape": [3], "dtype": "f8"}},
        {"answer": 4, "value": {"array": [1], "shape": [-1], "dtype": "f8"}},
        {"answer": 5, "value": {"array": ["x"], "shape": [1], "dtype": "f8"}},
        {"answer": 6, "value": {"array": [1], "shape": [1], "dtype": "O"}},
        {"answer": 7, "value": {"int": 10 ** 3000}},
        {"answer": 8, "value": {"float": math.nan}},
        {"answer": 9, "value": {"tuple": [{"none": True}] * 5}, "changed": {"x": 1}},
        {"answer": 10, "value": {"tuple": [{"float": math.inf}] * 5}, "changed": [None, -1, 10 ** 9, [1]]},
        {"answer": 11, "error": 7}, {"answer": 12, "error": {"type": [], "message": {}, "frames": 3}},
        {"answer": 13, "error": {"type": "E\ud800", "message": "\ud800\x1b[2J\x00" * 9,
                                 "frames": [1, None, {"file": 1, "line": {"a": []}, "text": None}]}},
        {"answer": 14, "value": {"text": "\udfff"}}, {"answer": 15, "value": {"other": "\udfff"}},
        {"answer": 16, "value": {"array": [10 ** 400], "shape": [1], "dtype": "i8"}},
        {"answer": 17, "value": {"array": [1], "shape": [1] * 40, "dtype": "f8"}},
        {"answer": 18, "value": {"array": [-1], "shape": [1], "dtype": "u1"}},
        {"answer": 19, "value": {"array": [1e300], "shape": [1], "dtype": "f2"}},
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
talk = channel()
inner = '{"float": 0.0}'
for depth in range(485):
    inner = '{"tuple": [' + inner + ']}'
for i in range(3):
    talk.file.write(b'{"answer": %d, "value": %s}\\n' % (i, inner.encode()))
talk.file.flush()
"""
    + FAIL
)

LONG_WORDS = (
    FRAMES
    + """
talk = channel()
for i in range(200):
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
talk = channel()
for i in range(7):
    talk.file.write(b'{"answer": %d, "value": [' % i + b"[]," * 2600000 + b"[]]}\\n")
talk.file.flush()
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
talk.send({"ask": name, "args": [code["encode"](arg) for arg in args], "kwargs": {}})
if not select.select([3], [], [], 0.3)[0]:
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
import glob, os
for path in ("@TREE@/assignment2.py", "/autograder/source/assignment2.py",
             *glob.glob("/proc/*/cwd/assignment2.py"), *glob.glob("/*/*/assignment2.py"),
             *glob.glob("/tmp/**/assignment2.py", recursive=True), "@NEIGHBOUR@/assignment2.py"):
    try:
        if not os.path.samefile(path, __file__):
            exec(open(path).read())
            break
    except (OSError, SyntaxError):
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
    while True:
        kept.append(bytearray(50 << 20))


def inference_layer(X, W, b):
    return [0] * 10 ** 10
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
        for i in range(8):
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
    for i in range(3000):
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
for family, address in ((socket.AF_INET, ("127.0.0.1", @PORT@)), (socket.AF_UNIX, "\\0@TOKEN@")):
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
    (folder / "loop").symlink_to(folder)
    (folder / "utils.py").symlink_to("/dev/zero")


def huge(folder, neighbour, token):
    for name in ("assignment2.pkl", "assignment2.pdf", "utils.py"):
        with open(folder / name, "wb") as file:
            file.truncate(50 << 30)


def pipes(folder, neighbour, token):
    for name in ("assignment2.pkl", "assignment2.pdf", "utils.py"):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)


def crowd(folder, neighbour, token):
    for k in range(3000):
        (folder / f"{k}").symlink_to("/etc/passwd")
    os.makedirs(folder / "/".join("d" * 480))
    here = os.open(folder / "/".join("d" * 480), os.O_RDONLY)
    for _ in range(1200):  # deeper than a path may be long
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def shadows(folder, neighbour, token):
    for name in ("numpy", "json", "child", "ast", "pickle", "math", "pypdf", "nltk"):
        (folder / f"{name}.py").write_text("import os\nos._exit(0)\n")
    (folder / "sitecustomize.py").write_text("import os\nos._exit(0)\n")


def pdf_that_grows(folder, neighbour, token):
    stream = zlib.compress(zlib.compress(bytes(400 << 20), 1), 9)
    (folder / "assignment2.pdf").write_bytes(
        good_pdf().split(b"4 0 obj")[0]
        + b"4 0 obj\n<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(stream)
        + stream
        + b"\nendstream\nendobj\ntrailer\n<< /Size 5 /Root 1 0 R >>\n%%EOF\n"
    )


def zipped(entries):
    def write(token, neighbour):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, *mode in entries(token, neighbour):
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (mode[0] if mode else 0o100644) << 16
                archive.writestr(entry, content)
        return buffer.getvalue()

    return write


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
        *((f"../{k}", "x") for k in range(3000)),
    ]
)
BOMB = zipped(
    lambda token, neighbour: [
        ("assignment2.py", FAIL),
        *BESIDE,
        *((f"{k}.txt", bytes(30 << 20)) for k in range(6)),
        ("utils.py", b"#" * (21 << 20)),
    ]
)

ATTACKS = [
    Attack("replies forged on the channel", FORGED),
    Attack("malformed replies", MALFORMED),
    Attack("a nest of tuples", NESTED),
    Attack("long error messages", LONG_WORDS),
    Attack("a forged failure", FAILED_WORDS),
    Attack("replies that fill the grader's memory", HEAVY_WORDS),
    Attack("one endless line", FLOOD),
    Attack("asks the stand-ins for every answer", ORACLE),
    Attack("functions found by gc and sys.modules", FUNCTIONS_ANYWHERE),
    Attack("imports the reference", MODULES, where=OTHER),
    Attack("reads the reference's file", REFERENCE_FILE, where=CELLS),
    Attack("expected values in frames and gc", FRAME_VALUES),
    Attack("the inputs' seed", SEEDS, where=OTHER),
    Attack("numpy patched", PATCHED),
    Attack("subclass of ndarray", SUBCLASS, FILES_POINTS + 5),  # for the number of values, which is right
    Attack("object that agrees", AGREEING),
    Attack("inputs changed", MUTATED_INPUTS, FILES_POINTS + 6),  # the same, and for gradients that are finite
    Attack("child.py patched", TRACED),
    Attack("results.json and os._exit", RESULTS, where=OTHER),
    Attack("writes at exit", AT_EXIT, where=OTHER),
    Attack("sys.exit on import", EXIT_ON_IMPORT),
    Attack("kills itself", KILLED),
    Attack("stops itself", STOPPED),
    Attack("segmentation fault", SEGFAULT),
    Attack("stack overflow", STACK),
    Attack("code too deep to parse", PARSER),
    Attack("endless loop", ENDLESS, where=PROCESS),
    Attack("sleeps to the limit", SLEEPS),
    Attack("ignores every signal", DEAF, where=PROCESS),
    Attack("memory bomb", MEMORY),
    Attack("fork bomb", FORKS, where=CELLS),
    Attack("grandchildren in sessions of their own", GRANDCHILD, where=ALL),
    Attack("threads left running", THREAD, where=PROCESS),
    Attack("endless output", PRINTS),
    Attack("fills the disk", FILLS_DISK, where=OTHER),
    Attack("a very deep folder", DEEP_FOLDERS, where=ALL),
    Attack("folders closed to all", CLOSED_FOLDERS, where=CELLS),
    Attack("writes into other submissions", OTHERS, where=CELLS),
    Attack("changes permissions", PERMISSIONS, where=CELLS),
    Attack("signals to the grader", SIGNALS, where=CELLS),
    Attack("traces the grader", TRACES, where=CELLS),
    Attack("closes descriptors", CLOSES),
    Attack("writes to every descriptor", TAKES_DESCRIPTORS, where=OTHER),
    Attack("raises its limits", RAISES_LIMITS, where=OTHER),
    Attack("environment and modules", ENVIRONMENT, where=OTHER),
    Attack("connects to this machine", NETWORK, where=("root", "nobody")),
    Attack("shared memory", SHARED_MEMORY, where=CELLS),
    Attack("a pickle that runs code", FAIL, FILES_POINTS - 10, OTHER, prepare=pickle_that_runs),
    Attack("a pickle that grows", FAIL, FILES_POINTS - 10, prepare=pickle_that_grows),
    Attack("links to another submission", FAIL, 0, prepare=links),
    Attack("sparse files of 50 gigabytes", FAIL, 0, prepare=huge),
    Attack("pipes for files", FAIL, 0, prepare=pipes),
    Attack("links and folders without end", FAIL, prepare=crowd),
    Attack("modules in place of numpy's", FAIL, prepare=shadows),
    Attack("a PDF that grows", FAIL, prepare=pdf_that_grows),
    Attack("a zip that leads out", FAIL, zipped=LEADS_OUT),
    Attack("a zip bomb", FAIL, zipped=BOMB),
]
