"""The cells that student code runs in: what comes back, what is bounded, and what is closed."""

import ast
import io
import json
import os
import re
import secrets
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autograder import GraderError, NotASubmission, Sandbox, grade, inputs, submission
from autograder import sandbox as sandbox_module
from autograder.cell import landlock
from autograder.cell.host import needed_to_run
from autograder.cell.wire import decode, encode
from autograder.results import as_text
from autograder.sandbox import LARGEST_KEPT
from tests.autograder_bank import good_pdf, good_pickle

PROJECT = Path(__file__).resolve().parents[1]
SMALL = (inputs.Training(tweets=200, tests=50, settings=((5, 300, 1.0),)),)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as cell:
        yield cell


def call(sandbox, folder, source, calls, seconds=5, **options):
    (folder / "assignment2.py").write_text(source, encoding="utf-8")
    task = {"task": "call", "file": "assignment2.py", "stand_ins": [], "calls": calls, **options}
    return sandbox.run(folder, ["assignment2.py"], task, seconds)


def asking(function, *args):
    return {"function": function, "args": [encode(arg) for arg in args]}


def named(name):
    """The processes of that name."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            found += [entry.name] * (entry.name.isdigit() and (entry / "comm").read_text().strip() == name)
        except OSError:
            pass
    return found


def test_an_endless_call_ends_and_keeps_the_answers_before_it(sandbox, tmp_path):
    run = call(
        sandbox,
        tmp_path,
        "def one(): return 1\ndef loop():\n    while True: pass\n",
        [asking("one"), asking("loop"), asking("one")],
        seconds=1,
    )
    assert run.late and decode(run.answers[0]["value"]) == 1 and 1 not in run.answers


@pytest.mark.skipif(sys.platform != "linux", reason="names its processes by prctl, and reads /proc")
def test_a_grandchild_in_a_session_of_its_own_does_not_outlive_the_call(sandbox, tmp_path):
    name = f"left{secrets.token_hex(4)}"  # children inherit it
    source = f"""
import ctypes, os, time
def leave():
    ctypes.CDLL(None).prctl(15, b"{name}", 0, 0, 0)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(100)
        os._exit(0)
    return 1
"""
    run = call(sandbox, tmp_path, source, [asking("leave")])
    assert decode(run.answers[0]["value"]) == 1 and not run.late
    assert named(name) == []


@pytest.mark.parametrize(
    "body, said",
    [
        ("return len(bytearray(1 << 30))", "MemoryError"),
        ("return [os.fork() or time.sleep(9) for _ in range(99)] and 1", "BlockingIOError"),
        ("return open('big', 'wb').write(bytes(17 << 20)) and 1", "OSError"),
        ("return [open(os.devnull) for _ in range(99)] and 1", "OSError"),
    ],
)
def test_limits_of_the_kernel(sandbox, tmp_path, body, said):
    run = call(sandbox, tmp_path, f"import os, time\ndef take():\n    {body}\n", [asking("take")])
    assert run.answers[0]["error"]["type"] == said


def test_output_is_kept_apart_and_bounded(sandbox, tmp_path):
    run = call(sandbox, tmp_path, "def talk():\n    print('x' * 1_000_000)\n    return 2\n", [asking("talk")])
    assert decode(run.answers[0]["value"]) == 2 and 1000 < len(run.output) <= 4000


def test_a_task_finds_no_handler_of_the_host_s(sandbox, tmp_path):
    """The host sets one for each task that it waits for, and forks the next."""
    source = "import signal\ndef look(): return int(signal.getsignal(signal.SIGALRM) is signal.SIG_DFL)\n"
    for _ in range(2):
        assert decode(call(sandbox, tmp_path, source, [asking("look")]).answers[0]["value"]) == 1


def test_the_child_sees_neither_the_grader_nor_the_network(sandbox, tmp_path):
    if sandbox.isolation != "namespaces":
        pytest.skip("this system allows no namespaces")
    source = f"""
import os, socket, sys
def look(): return " ".join(name for name in sys.modules if name.startswith(("autograder", "data.")))
def find(): return int(os.path.exists({str(PROJECT / "assignment2.py")!r}))
def write(): open(os.path.dirname(os.__file__) + "/owned", "w")
def dial(): socket.create_connection(("192.0.2.1", 9), 2)
"""
    run = call(sandbox, tmp_path, source, [asking(name) for name in ("look", "find", "write", "dial")])
    assert decode(run.answers[0]["value"]) == "" and decode(run.answers[1]["value"]) == 0
    assert run.answers[2]["error"]["type"] in ("OSError", "PermissionError")
    assert "unreachable" in run.answers[3]["error"]["message"]


def test_a_line_that_fails_on_import_does_not_cost_the_functions(sandbox, tmp_path):
    source = (
        "import sys\nsys.exit(1)\nfrom __future__ import annotations\n"
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
        "open('nowhere.pkl')\ndef one(x: undefined = 1): return x\n"
    )
    run = call(sandbox, tmp_path, source, [asking("one")])
    assert decode(run.answers[0]["value"]) == 1
    assert [(skipped["line"], skipped["type"]) for skipped in run.loaded["skipped"]] == [
        (2, "SystemExit"),
        (6, "FileNotFoundError"),
    ]


def test_an_error_shows_the_student_s_own_frames_alone(sandbox, tmp_path):
    source = "import numpy as np\ndef inner(a):\n    return np.linalg.inv(a)\ndef outer(a):\n    return inner(a)\n"
    run = call(sandbox, tmp_path, source, [asking("outer", np.zeros((2, 2)))])
    assert [(frame["line"], frame["text"]) for frame in run.answers[0]["error"]["frames"]] == [
        (5, "return inner(a)"),
        (3, "return np.linalg.inv(a)"),
    ]


def test_every_task_starts_clean(sandbox, tmp_path):
    source = (
        "import numpy as np, os\ndef mark():\n    np.marked = 1\n    open('mark', 'w').close()\n    return 1\n"
        "def seen(): return int(hasattr(np, 'marked') or os.path.exists('mark'))\n"
    )
    assert decode(call(sandbox, tmp_path, source, [asking("mark"), asking("seen")]).answers[1]["value"]) == 1
    assert decode(call(sandbox, tmp_path, source, [asking("seen")]).answers[0]["value"]) == 0


@pytest.mark.parametrize(
    "module",
    [*sorted((PROJECT / "autograder/cell").glob("*.py")), PROJECT / "data/reader.py"],
    ids=lambda path: path.stem,
)
def test_what_runs_beside_student_code_imports_nothing_else_of_the_project(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {"." * node.level + (node.module or "") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    beside = {f".{path.stem}" for path in (PROJECT / "autograder/cell").glob("*.py")} | {"."}
    others = {name.split(".")[0] for name in names if not name.startswith(".")}
    assert {name for name in names if name.startswith(".")} <= beside
    assert others <= set(sys.stdlib_module_names) | {"nltk", "numpy", "pypdf", "reader"}


# ---- What a run may send, and what is left of it -------------------------------------------------


def test_a_long_request_arrives_whole(sandbox, tmp_path):
    folder = tmp_path / ("a" * 200) / ("b" * 180)
    folder.mkdir(parents=True)
    names = [str(folder.relative_to(tmp_path) / f"{k}.txt") for k in range(195)]  # 80,000 bytes
    for name in names:
        (tmp_path / name).write_text(name[-9:])
    (tmp_path / "assignment2.py").write_text(f"def last(): return open({names[-1]!r}).read()\n")
    task = {"task": "call", "file": "assignment2.py", "stand_ins": [], "calls": [asking("last")]}
    run = sandbox.run(tmp_path, ["assignment2.py", *names], task, 5)
    assert decode(run.answers[0]["value"]) == names[-1][-9:]


SENDS = """
import json, os, socket
def send(data):
    with socket.socket(fileno=os.dup(3)) as channel:
        channel.sendall(data)
def sent(): return 1
"""


@pytest.mark.parametrize(
    "data",
    [
        b'{"ask": "sigmoid", "args": [{"float": 1%s}], "kwargs": {}, "call": 0}\n' % (b"0" * 400),
        b'{"ask": "sigmoid", "args": [{"int": 1%s}], "kwargs": {}, "call": 0}\n' % (b"0" * 5000),
        b'{"run": 1, "status": 0, "late": false, "seconds": 0}\n\0\0\0\x02{}\n',
        b'{"answer": {}}\n{"answer": [1]}\n{"loaded": 5}\n{"failed": 1e999}\n[]\nnull\n',
        b"[" * 200_000 + b"\n",
        b"\xff\xfe\0{",
    ],
    ids=["a float beyond floats", "an integer beyond reason", "a verdict", "odd messages", "a nest", "half a line"],
)
def test_what_a_child_sends_disturbs_neither_its_run_nor_the_next(sandbox, tmp_path, data):
    host = sandbox.host.pid
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "assignment2.py").write_text(SENDS + "def junk(): send(open('data', 'rb').read())\n")
    task = {"task": "call", "file": "assignment2.py", "stand_ins": ["sigmoid"], "calls": [asking("junk")]}
    run = sandbox.run(tmp_path, ["assignment2.py", "data"], task, 5, ask=lambda name, args, kwargs, call: args[0] * 1.0)
    assert (run.late, run.status) == (False, 0)
    run = call(sandbox, tmp_path, SENDS, [asking("sent")])
    assert decode(run.answers[0]["value"]) == 1 and sandbox.host.pid == host


def test_all_that_is_kept_of_a_run_is_bounded(sandbox, tmp_path):
    source = SENDS + (
        "def flood():\n"
        "    for k in range(1, 30):\n"
        "        send(json.dumps({'ask': 1, 'answer': k, 'v': [[]] * 50_000}).encode() + b'\\n')\n"
    )
    run = call(sandbox, tmp_path, source, [asking("flood")])
    assert len(run.answers) < LARGEST_KEPT / 200_000  # bytes of one message


def test_what_a_child_says_of_its_module_is_cut_to_what_a_report_has_room_for(sandbox, tmp_path):
    source = SENDS + (
        "loaded = {'names': ['n' * 9] * 3000 + [5], 'skipped': [{}] * 48_000, 'comments': 3}\n"
        "def forge(): send(json.dumps({'loaded': loaded}).encode() + b'\\n')\n"
    )
    run = call(sandbox, tmp_path, source, [asking("forge")])
    assert (len(run.loaded["names"]), len(run.loaded["skipped"]), run.loaded["comments"]) == (2000, 5, 3)


@pytest.mark.parametrize("problem", [OSError("broken"), {"run": 0, "late": False, "status": 0, "seconds": 0}])
def test_after_anything_unexpected_the_next_run_has_a_new_host(sandbox, tmp_path, monkeypatch, problem):
    host = sandbox.host.pid
    with monkeypatch.context() as patched, pytest.raises(GraderError, match="broken|out of turn"):
        if isinstance(problem, dict):
            patched.setattr(sandbox, "hear", lambda seconds: problem)  # the verdict on another run
        else:
            patched.setattr(sandbox, "listen", lambda *_: (_ for _ in ()).throw(problem))
        call(sandbox, tmp_path, "def one(): return 1", [asking("one")])
    run = call(sandbox, tmp_path, "def two(): return 2", [asking("two")])
    assert decode(run.answers[0]["value"]) == 2 and sandbox.host.pid != host


@pytest.mark.skipif(sys.platform != "linux", reason="names its processes by prctl, and reads /proc")
def test_an_interrupt_ends_what_was_begun(sandbox, tmp_path):
    name = f"left{secrets.token_hex(4)}"
    source = (
        f"import ctypes\ndef loop():\n    ctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n    sigmoid(1)\n"
        "    while True: pass\n"
    )
    (tmp_path / "assignment2.py").write_text(source)
    task = {"task": "call", "file": "assignment2.py", "stand_ins": ["sigmoid"], "calls": [asking("loop")]}
    seen = []

    def ask(*_):
        seen.extend(named(name))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandbox.run(tmp_path, ["assignment2.py"], task, 60, ask)
    assert seen and named(name) == []


@pytest.mark.skipif(sys.platform != "linux", reason="names its processes by prctl, and reads /proc")
def test_a_grader_that_is_killed_leaves_nothing(tmp_path):
    name = f"left{secrets.token_hex(4)}"
    (tmp_path / "assignment2.py").write_text(
        f"import ctypes, os\ndef loop():\n    ctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n    os.fork()\n"
        "    print('begun')\n    while True: pass\n"
    )
    task = {"task": "call", "file": "assignment2.py", "stand_ins": [], "calls": [asking("loop")]}
    grader = f"""
import os, tempfile
tempfile.tempdir = {str(tmp_path)!r}
from autograder import Sandbox
cell = Sandbox()
read = os.read
os.read = lambda *a: (lambda text: (print(cell.host.pid, cell.cgroup, flush=True), text)[1])(read(*a))
cell.run({str(tmp_path)!r}, ["assignment2.py"], {task!r}, 60)
"""
    with subprocess.Popen([sys.executable, "-c", grader], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        pid, cgroup = process.stdout.readline().split()  # after the child has printed
        host = os.pidfd_open(int(pid))
        assert named(name)
        process.kill()
    assert select.select([host], [], [], 60)[0]
    os.close(host)
    assert named(name) == [] and os.listdir(tmp_path) == ["assignment2.py"] and not os.path.exists(cgroup)


# ---- Time ----------------------------------------------------------------------------------------


def test_time_is_of_the_processor_and_a_sleep_ends_too(sandbox, tmp_path):
    source = "import time\ndef rest(seconds):\n    time.sleep(seconds)\n    return 1\n"
    run = call(sandbox, tmp_path, source, [asking("rest", 0.6), asking("rest", 60)], seconds=0.5)
    assert decode(run.answers[0]["value"]) == 1 and 1 not in run.answers and run.late


# ---- Taking in a zip -----------------------------------------------------------------------------


def zipped(count, inside=b"", name="f{}.txt", mode=0, kind=zipfile.ZIP_STORED):
    """A zip of `count` files that hold the same."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for k in range(count):
            entry = zipfile.ZipInfo(name.format(k))
            entry.external_attr, entry.compress_type = mode << 16, kind
            archive.writestr(entry, inside)
    return held.getvalue()


@pytest.mark.parametrize(
    "entries",
    [
        {"name": "f{}.zip", "inside": zipped(150, mode=stat.S_IFLNK)},
        {"name": "f{}.zip", "inside": zipped(150, kind=zipfile.ZIP_LZMA)},
        {"name": "f{}.zip", "inside": zipped(150, name="f{}/")},
        {"name": "f{}.zip", "inside": zipped(150, name="../f{}")},
        {"name": "f{}.py/x"},
    ],
    ids=["links", "another compression", "folders", "names that lead out", "folders named like files"],
)
def test_what_is_left_out_of_a_zip_counts_as_looked_at(tmp_path, monkeypatch, entries):
    monkeypatch.setattr(submission, "LOOKED_AT", 500)
    opened = []
    unpacked = submission.unpacked
    monkeypatch.setattr(submission, "unpacked", lambda *entry: opened.append(1) or unpacked(*entry))
    (tmp_path / "all.zip").write_bytes(zipped(2000, **entries))
    (tmp_path / "copy").mkdir()
    taken = submission.take_in(tmp_path / "all.zip", tmp_path / "copy")
    assert not taken.files and len(opened) <= 500
    assert any("more notes" in note or "too large" in note for note in taken.notes)


def test_a_zip_that_lists_too_much_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "LIST_BYTES", 5000)
    (tmp_path / "copy").mkdir()
    (tmp_path / "all.zip").write_bytes(zipped(200))
    with pytest.raises(NotASubmission, match="lists too many files"):
        submission.take_in(tmp_path / "all.zip", tmp_path / "copy")


def test_taking_in_ends_after_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "SECONDS", -1)
    (tmp_path / "copy").mkdir()
    (tmp_path / "all.zip").write_bytes(zipped(3))
    taken = submission.take_in(tmp_path / "all.zip", tmp_path / "copy")
    assert not taken.files and "too large" in taken.notes[0]


# ---- Whether a cell is fit -----------------------------------------------------------------------


def test_no_folder_that_holds_the_grader_is_shown_to_student_code(tmp_path):
    project, packages = tmp_path / "lib" / "project", tmp_path / "lib" / "python" / "site-packages"
    for folder in (project, packages):
        folder.mkdir(parents=True)
    shown = needed_to_run([str(packages), str(packages.parent), str(tmp_path / "lib"), str(project)], str(project))
    assert str(packages.parent) in shown and str(packages) not in shown  # it is in the other already
    assert not any(project.is_relative_to(path) for path in shown)
    assert not {sys.prefix, sys.base_prefix} & set(shown)


def test_a_cell_that_lacks_what_the_questions_need_is_refused_with_the_reason(monkeypatch):
    monkeypatch.setattr("autograder.sandbox.STOP_WORDS", {"no", "such"})
    with pytest.raises(GraderError, match="no cell .* is fit.*stop_words"):
        Sandbox()


# ---- What the staff page says a cell protects from -----------------------------------------------

ACTS = """
import os, socket, sys, time

def tried(act):
    def attempt():
        try:
            return int(act() is not False)
        except (OSError, MemoryError):
            return 0
    return attempt

def fork():
    for _ in range(99):
        if os.fork() == 0:
            time.sleep(9)
            os._exit(0)

def leave():
    import ctypes
    ctypes.CDLL(None).prctl(15, b"@TOKEN@", 0, 0, 0)
    if os.fork() == 0:
        os.setsid()
        time.sleep(99)

def hold():
    for _ in range(55):
        os.posix_fallocate(os.memfd_create("held"), 0, 15 << 20)
    time.sleep(2)

def fill():
    for k in range(6):
        with open(f"filled{k}", "wb") as file:
            file.write(bytes(15 << 20))

def reads(path): return tried(lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())
def sends(kind, port):
    def send():
        with socket.socket(socket.AF_INET, kind) as out:
            out.settimeout(2)
            out.connect(("127.0.0.1", port))
            out.send(b"x")
    return tried(send)

def service():
    with socket.socket(socket.AF_UNIX) as out:
        out.connect("@PUBLIC@/socket")

def loop():
    while True: pass

reference, grader, another, system = map(reads, ("@REFERENCE@", "@GRADER@", "@ANOTHER@", "/etc/passwd"))
write = tried(lambda: open("@PUBLIC@/written", "w").write("x"))
exists = lambda: int(os.path.exists("@PUBLIC@/open"))
mode = tried(lambda: os.chmod("@PUBLIC@/open", 0o700))
tcp, udp = sends(socket.SOCK_STREAM, @TCP@), sends(socket.SOCK_DGRAM, @UDP@)
processes = tried(lambda: any(name.isdigit() for name in os.listdir("/proc")))
signals = tried(lambda: os.kill(@PID@, 0))
memory = tried(lambda: bytearray(1 << 30))
forks, leave, fill, hold, service = map(tried, (fork, leave, fill, hold, service))
opens = tried(lambda: [open(os.devnull) for _ in range(99)])
size = tried(lambda: open("large", "wb").write(bytes(17 << 20)))
"""
ROWS = {  # of the table in autograder/README.md -> what ACTS does for it
    "read the reference, the grader or another submission": ("reference", "grader", "another"),
    "read other files of the system": ("system",),
    "write outside its own folder": ("write",),
    "learn whether a file exists": ("exists",),
    "change the mode of the user's own files": ("mode",),
    "connect by TCP": ("tcp",),
    "send by UDP": ("udp",),
    "connect to a service by its socket in the file system": ("service",),
    "list other processes": ("processes",),
    "send signals to the grader": ("signals",),
    "leave processes behind": ("left",),
    "take memory in a process": ("memory",),
    "take memory in all of its processes together": ("hold",),
    "take processes, open files, the size of a file": ("forks", "opens", "size"),
    "take time": ("loop",),
    "fill the disk": ("fill",),
}


def protections():
    """The table as {column: {row: the cell's first word}}."""
    text = (PROJECT / "autograder/README.md").read_text(encoding="utf-8")
    lines = text[text.index("| what a submission can do |") :].split("\n\n")[0].splitlines()
    head, _, *rows = ([cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines)
    return {column: {row[0]: re.match(r"\w+", row[k])[0] for row in rows} for k, column in enumerate(head) if k}


def submit(folder):
    """The reference as a submission, in a new folder."""
    folder.mkdir()
    shutil.copy(PROJECT / "assignment2.py", folder)
    (folder / "assignment2.pkl").write_bytes(good_pickle())
    (folder / "assignment2.pdf").write_bytes(good_pdf())
    return folder


def do_acts(kind):
    """What student code can do in a cell: {act: 1 or 0}. Run in a process of its own."""
    token = f"left{secrets.token_hex(4)}"
    tcp, udp, local = socket.socket(), socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)
    with tempfile.TemporaryDirectory() as base, tcp, udp, local:
        os.chmod(base, 0o755)
        for name, permissions in (("public", 0o1777), ("stage", 0o755), ("another", 0o700)):
            Path(base, name).mkdir()
            Path(base, name).chmod(permissions)
        Path(base, "public/open").touch()
        tempfile.tempdir = f"{base}/public"
        for listener in (tcp, udp):
            listener.bind(("127.0.0.1", 0))
        local.bind(f"{base}/public/socket")
        os.chmod(f"{base}/public/socket", 0o777)
        local.listen()
        tcp.listen()
        source = ACTS
        for name, value in {
            "TOKEN": token,
            "REFERENCE": PROJECT / "assignment2.py",
            "GRADER": PROJECT / "autograder/judge.py",
            "ANOTHER": f"{base}/another",
            "PUBLIC": f"{base}/public",
            "TCP": tcp.getsockname()[1],
            "UDP": udp.getsockname()[1],
            "PID": os.getpid(),
        }.items():
            source = source.replace(f"@{name}@", str(value))
        done = {}
        with Sandbox(kind) as cell:
            done["score"] = 75
            if kind != "namespaces" and landlock.version():  # namespaces are what all other tests grade in
                done["score"] = grade(submit(Path(base, "right")), sandbox=cell, trained=SMALL).score
            (Path(base, "stage/assignment2.py")).write_text("print(__file__)\ndef sigmoid(x): return 0 * x\n")
            reports = [grade(f"{base}/stage", seed=1, sandbox=cell, only=["Q1.1"]) for _ in range(2)]
            done["texts"] = len(set(map(as_text, reports)))
            done["staff"] = reports[0].staff
            for acts in (
                ["reference", "grader", "another", "system", "write", "exists", "mode", "tcp", "udp"],
                ["service", "processes", "signals", "memory", "opens", "size", "leave", "forks"],
                ["fill"],
                ["hold"],
                ["loop"],
            ):
                seconds = 0.3 if acts == ["loop"] else 5
                run = call(cell, Path(base, "stage"), source, [asking(act) for act in acts], seconds)
                done |= {act: decode(run.answers[k]["value"]) if k in run.answers else 0 for k, act in enumerate(acts)}
        if cell.exposed:  # and not insisted on
            sandbox_module.kinds = lambda: [kind]
            with pytest.raises(GraderError, match="could read the reference solution.*--isolation process"):
                Sandbox()
        return {**done, "left": len(named(token)), "exposed": bool(cell.exposed)}


@pytest.mark.skipif(sys.platform != "linux", reason="the table is about Linux")
@pytest.mark.parametrize("column", protections())
def test_the_staff_page_says_what_a_cell_protects_from(column):
    kind, without = column.split(",")[0], column.endswith("no Landlock")
    if kind == "user" and os.getuid() != 0:
        pytest.skip("needs root, to run student code as another user")
    if kind != "namespaces" and not without and not landlock.version():
        pytest.skip("this kernel has no Landlock")
    with tempfile.TemporaryDirectory() as base:
        os.chmod(base, 0o755)
        venv.create(base, symlinks=True)  # whose prefix the grader lies below
        packages = next(Path(base).glob("lib/python*/site-packages"))
        (packages / "others.pth").write_text(str(Path(np.__file__).parents[1]))
        tree = Path(base, "grader")
        tree.mkdir()
        for name in ("assignment2.py", "utils.py"):
            shutil.copy(PROJECT / name, tree)
        for name in ("autograder", "data", "later_edition", "tests"):
            shutil.copytree(PROJECT / name, tree / name, ignore=shutil.ignore_patterns("*.pkl"))
        if without:
            with open(tree / "autograder/cell/landlock.py", "a") as file:
                file.write("\n\ndef version():\n    return 0\n")
        tree.chmod(0o700 if column == "user, no Landlock" else 0o755)
        command = [f"{base}/bin/python", "-B", "-m", "tests.test_autograder_cell", kind]
        found = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    done, said = json.loads(found.stdout), protections()[column]
    assert set(said) == set(ROWS)
    for row, acts in ROWS.items():
        assert {done[act] for act in acts} == {int(said[row] == "yes")}, (row, said[row], done)
    # An honest submission has all its points in each, and one seed gives one report, though folders have other names.
    assert (done["score"], done["texts"]) == (75, 1)
    exposed = column == "process, no Landlock"
    assert done["exposed"] == exposed == any("could read the reference" in note for note in done["staff"])


if __name__ == "__main__":
    if os.getuid() == 0:
        from tests.autograder_bank import run_attacks

        run_attacks.open_interpreter()
        if sys.argv[1] == "process":  # which is not for root
            os.setgroups([])
            os.setresgid(*3 * [run_attacks.NOBODY])
            os.setresuid(*3 * [run_attacks.NOBODY])
    print(json.dumps(do_acts(sys.argv[1])))
