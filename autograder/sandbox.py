"""Runs tasks of student code in cells of their own: this side of cell/host.py.

    with Sandbox() as sandbox:
        run = sandbox.run(stage, files, task, seconds=10)

One sandbox serves any number of submissions, one task at a time; each task gets a process started clean. What comes
back is what student code chose to send: `Run` holds it as plain data that other modules check before they use it.

A host is used only after a probe in its cell (cell/probe.py) could not read what is secret, and could do what the
questions need. After anything unexpected it is ended, and the next task gets a new one.
"""

import importlib.util
import json
import os
import select
import selectors
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from utils import STOP_WORDS

from .cell.wire import MOST_NAMES, MOST_SKIPPED, TEXT, decode, encode, receive, send

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
NEEDED = ("numpy", "nltk", "pypdf")
MEGABYTES = 600  # address space of a child; Gradescope gives 768 in all
MEGABYTES_TOGETHER = 700  # of memory that all processes of a task hold
PROCESSES = 32  # that a child's user may have
WAITS = 3  # a task may take so many times its processor time by the clock: the machine may be crowded
LARGEST_LINE = 256 << 10  # of one message, in bytes
LARGEST_KEPT = 2 << 20  # of all messages that are kept: as Python's objects they take twenty times that
LARGEST_TALK = 160 << 20  # of all messages of a task
KEPT_OUTPUT = 4000  # bytes of what the student's code prints; the rest is read and dropped
STARTING, GRACE = 60, 20  # seconds that the host may take to start, and to clean up


class GraderError(Exception):
    """Something of the grader's own failed, not of the submission."""


@dataclass
class Run:
    """What a task brought: the child's messages by call, and how it ended."""

    ready: bool = False  # the cell stood before any student code ran
    loaded: dict = None  # {"names": [...], "skipped": [...]}
    answers: dict = field(default_factory=dict)  # call -> the message about it
    failed: dict = None  # the error that ended the task
    late: bool = False  # past its time
    status: int = None  # exit status; negative: the signal that ended it
    seconds: float = 0.0  # of processor time, or the same part of the clock's limit if that is more
    heard: int = 0  # bytes of the messages kept
    output: str = ""  # the beginning of what it printed


def common_settings():
    return {"libraries": library_folders(), "project": str(PROJECT)}


def start_host(end, settings, *kind):
    """Start cell/host.py with its end of a socket pair."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(settings["libraries"]),
        "TQDM_DISABLE": "1",
        "PYTHONHASHSEED": "0",  # sets of words in one order, so that one seed gives one report
        **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")},
    }
    return subprocess.Popen(
        [sys.executable, "-s", "-B", "-m", "cell.host", str(end.fileno()), json.dumps(settings), *kind],
        pass_fds=[end.fileno()],
        env=environment,
        cwd=HERE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


class Template:
    """A process that has loaded what each host loads, and forks hosts: a class starts them so."""

    def __init__(self):
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = start_host(theirs, common_settings(), "template")

    def fork(self, settings, end):
        """Start a host with its end of a socket pair, as start_host does."""
        try:
            send(self.control, settings, [end.fileno()])
            return Forked(receive(self.control)[0]["pid"])
        except (OSError, EOFError):
            raise GraderError("the process that starts those for student code ended") from None


class Forked:
    """A process that is no child of this one, with as much of subprocess.Popen as a Sandbox asks for."""

    def __init__(self, pid):
        self.fd = os.pidfd_open(pid)

    def poll(self):
        return 0 if select.select([self.fd], [], [], 0)[0] else None

    def wait(self, seconds=None):
        if not select.select([self.fd], [], [], seconds)[0]:
            raise subprocess.TimeoutExpired("a host", seconds)

    def kill(self):
        signal.pidfd_send_signal(self.fd, signal.SIGKILL)


class Sandbox:
    """A host process, and the tasks run in it. `isolation` insists on a kind of cell (host.py); by default the best.

    template: a Template to start hosts from, sooner.  isolation: the kind in use.  exposed: a sentence if student code
    could read the reference, which is let pass only if the kind `process` is insisted on, or "". Raises GraderError if
    no kind of cell is fit.
    """

    def __init__(self, isolation=None, template=None):
        if not hasattr(os, "fork"):
            raise GraderError("the grader needs Linux or macOS; on Windows, run it in WSL")
        self.asked, self.template = isolation, template
        self.isolation, self.host, self.exposed, self.runs = None, None, "", 0
        self.start()

    # ---- The host

    def start(self):
        """Start a host with the best kind of cell that is fit."""
        reasons, insisted = [], self.isolation or self.asked
        for kind in [insisted] if insisted else kinds():
            try:
                self.launch(kind)
                self.probe()
                return
            except GraderError as error:
                reasons.append(f"{kind}: {error}")
                self.close()
            except BaseException:
                self.close()
                raise
        raise GraderError(f"no cell of this system is fit for student code. {'; '.join(reasons)}")

    def launch(self, kind):
        if (kind == "user" and os.getuid() != 0) or (kind == "process" and os.getuid() == 0):
            raise GraderError("only root can run student code as another user, and must not run it as root")
        self.isolation = kind
        self.folder = tempfile.TemporaryDirectory(prefix="autograder-")  # of the host, which may be killed
        os.chmod(self.folder.name, 0o711)
        for name, mode in (("jail", 0o755), ("nltk_data", 0o755), ("secret", 0o700)):
            os.mkdir(Path(self.folder.name, name), mode)
        self.control, theirs = socket.socketpair()
        self.cgroup = None
        settings = {
            **common_settings(),
            "isolation": kind,
            "folder": self.folder.name,
            "temporary": tempfile.gettempdir(),
            "stop_words": sorted(STOP_WORDS),
            "memory": MEGABYTES_TOGETHER << 20,
            "processes": PROCESSES,
        }
        with theirs:
            self.host = self.template.fork(settings, theirs) if self.template else start_host(theirs, settings)
        hello = self.hear(STARTING)
        if "broken" in hello:
            raise GraderError(hello["broken"])
        self.cgroup = hello["cgroup"]

    def probe(self):
        """Raise GraderError unless a cell keeps the secrets, and gives the questions what they need."""
        witness = Path(self.folder.name, "secret")  # as another submission's folder is
        (witness / "assignment2.py").write_text("secret\n")
        secrets = {
            "the reference solution": PROJECT / "assignment2.py",
            "the grader": HERE / "judge.py",
            "its host": HERE / "cell" / "host.py",
            "its memory": f"/proc/{os.getpid()}/mem",
            "another submission": witness,
        }
        task = {"task": "probe", "secrets": {name: str(path) for name, path in secrets.items()}}
        run = self.perform(self.folder.name, [], task, 20)
        seen = run.answers.get(0, {}).get("described")
        if seen is None:
            raise GraderError(f"its probe did not answer: {run.failed or run.output or run.status}")
        if seen["missing"]:
            where = f"can other users read the interpreter in {sys.base_prefix}?"
            raise GraderError(f"the questions need what it does not have: {', '.join(seen['missing'])} ({where})")
        if seen["open"]:
            self.exposed = f"student code could read {', '.join(seen['open'])}"
            if self.asked != "process":
                hint = "" if os.getuid() == 0 else " (--isolation process grades all the same)"
                raise GraderError(self.exposed + hint)

    def hear(self, seconds):
        """The host's next message."""
        self.control.settimeout(seconds)
        try:
            return receive(self.control)[0]
        except (OSError, EOFError):
            raise GraderError("the process that runs student code ended, or did not answer") from None

    def close(self):
        """End the host, with whatever it runs, and remove its folder."""
        if self.host is None:
            return
        self.control.close()  # which the host's processes see
        try:
            self.host.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.host.kill()
            self.host.wait()
        self.host = None
        if self.cgroup and os.path.isdir(self.cgroup):
            os.rmdir(self.cgroup)
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    # ---- A task

    def run(self, stage, files, task, seconds, ask=None):
        """Run `task` (child.py) in a folder with `files` of the folder `stage`, for so many seconds of processor time.

        `ask(name, args, kwargs, call)` answers for a stand-in. Raises GraderError if the host fails.
        """
        if self.host and self.host.poll() is not None:  # without Landlock, an ordinary user's code can kill it
            self.close()
        if self.host is None:
            self.start()
        try:
            return self.perform(stage, files, task, seconds, ask)
        except BaseException as error:  # what is left of this run must not be taken for the next one's
            self.close()
            if isinstance(error, GraderError) or not isinstance(error, Exception):
                raise
            raise GraderError(f"running student code: {type(error).__name__}: {error}") from error

    def perform(self, stage, files, task, seconds, ask=None):
        ours, theirs = socket.socketpair()
        reader, writer = os.pipe()
        self.runs += 1
        request = {
            "run": self.runs,
            "stage": str(stage),
            "files": list(files),
            "seconds": seconds,
            "wall": WAITS * seconds,
            "megabytes": MEGABYTES,
            "memory": MEGABYTES_TOGETHER << 20,
            "processes": PROCESSES,
        }
        run = Run()
        end = time.monotonic() + request["wall"] + GRACE
        try:
            self.control.settimeout(GRACE)
            with theirs, os.fdopen(writer, "wb"):
                send(self.control, request, [theirs.fileno(), writer])
            ours.settimeout(seconds)
            try:
                ours.sendall(json.dumps(task).encode() + b"\n")
            except OSError:
                pass  # it ended already; the host says how
            self.listen(run, ours, reader, end, ask)
        finally:
            os.close(reader)
            ours.close()
        verdict = self.hear(max(1, end - time.monotonic()))
        if verdict["run"] != self.runs:
            raise GraderError("the process that runs student code answered out of turn")
        if "broken" in verdict:
            raise GraderError(f"the cell for student code failed: {verdict['broken']}")
        run.late, run.status, run.seconds = verdict["late"], verdict["status"], verdict["seconds"]
        if not run.ready:
            raise GraderError(f"the cell for student code could not be made: {run.output[-500:]}")
        return run

    def listen(self, run, channel, reader, end, ask):
        """Take what the child sends and prints, until the host says that it ended."""
        printed, line, heard = bytearray(), bytearray(), 0
        with selectors.DefaultSelector() as waiting:
            for source in (channel, reader, self.control):
                waiting.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in waiting.select(max(0, end - time.monotonic()))}
                if reader in ready:
                    piece = os.read(reader, 1 << 16)
                    if not piece:
                        waiting.unregister(reader)
                    printed += piece[: KEPT_OUTPUT - len(printed)]
                if channel in ready:
                    piece = receive_some(channel)
                    heard += len(piece)
                    if not piece:
                        waiting.unregister(channel)
                    line += piece
                    *lines, line = line.split(b"\n")
                    if heard > LARGEST_TALK or max(map(len, (*lines, line))) > LARGEST_LINE:
                        channel.shutdown(socket.SHUT_RDWR)  # too much: nobody listens any more, which ends the child
                        lines, line = [], bytearray()
                    for whole in lines:
                        note(run, whole, channel, ask)
                if self.control in ready and channel not in ready or not ready:
                    break
        run.output = printed.decode("utf-8", "replace")


def kinds():
    """The kinds of cell for this user, the best first."""
    return ["namespaces", "user" if os.getuid() == 0 else "process"]


def library_folders():
    """The folders on sys.path of the interpreter's modules, of installed packages and of the packages needed."""
    homes = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    homes += [*site.getsitepackages(), site.getusersitepackages()]
    homes += [str(Path(importlib.util.find_spec(name).origin).parents[1]) for name in NEEDED if is_installed(name)]
    return [path for path in sys.path if any(Path(path).is_relative_to(home) for home in homes)]


def is_installed(name):
    return importlib.util.find_spec(name) is not None


def note(run, line, channel, ask):
    """File one message of the child's, which may be anything at all."""
    try:
        message = json.loads(line)
        if ask and "ask" in message:
            value = ask(
                message["ask"],
                [decode(arg) for arg in message["args"]],
                {key: decode(value) for key, value in message["kwargs"].items()},
                message["call"],
            )
            channel.sendall(json.dumps({"value": encode(value)}).encode() + b"\n")
            return
        run.heard += len(line)
        if run.heard > LARGEST_KEPT:
            return
        if "ready" in message:
            run.ready = True
        elif "loaded" in message:
            run.loaded = bounded(message["loaded"])
        elif "answer" in message:
            run.answers.setdefault(message["answer"], message)
        elif "failed" in message:
            run.failed = message["failed"]
    except Exception:
        pass  # no message of child.py's: the call it was about stays without an answer


def bounded(loaded):
    """What the child says of the module, as long as child.py makes it at most: it goes into the report."""
    most = {"names": MOST_NAMES}
    cut = {key: value[: most.get(key, MOST_SKIPPED)] for key, value in loaded.items() if isinstance(value, list)}
    names = [name for name in cut.get("names", ()) if isinstance(name, str) and len(name) <= TEXT]
    return {**loaded, **cut, "names": names} if "names" in cut else {**loaded, **cut}


def receive_some(channel):
    try:
        return channel.recv(1 << 16)
    except OSError:
        return b""
