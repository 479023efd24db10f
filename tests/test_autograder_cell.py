"""The cells that student code runs in: what comes back, what is bounded, and what is closed."""

import ast
import secrets
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder import Sandbox
from autograder.cell.wire import decode, encode

PROJECT = Path(__file__).resolve().parents[1]


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
