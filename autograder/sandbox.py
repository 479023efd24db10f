"""Runs tasks of student code in cells of their own: this side of host.py.

    with Sandbox() as sandbox:
        run = sandbox.run(stage, files, task, seconds=10)

One sandbox serves any number of submissions, one task at a time; each task gets a process started clean. What comes
back is what student code chose to send: `Run` holds it as plain data that other modules check before they use it.
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from utils import STOP_WORDS

from .cell.wire import decode, encode

HOST = Path(__file__).parent / "cell" / "host.py"
MEGABYTES = 600  # address space of a child; Gradescope gives 768 in all
PROCESSES = 32  # that a child's user may have
LARGEST_LINE = 256 << 10  # of one message, in bytes
LARGEST_KEPT = 2 << 20  # of all messages that are kept: as Python's objects they take twenty times that
LARGEST_TALK = 160 << 20  # of all messages of a task
KEPT_OUTPUT = 4000  # bytes of what the student's code prints; the rest is read and dropped
GRACE = 20  # seconds that the host may take to clean up


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
    seconds: float = 0.0
    heard: int = 0  # bytes of the messages kept
    output: str = ""  # the beginning of what it printed


class Sandbox:
    """A host process, and the tasks run in it. `isolation` insists on a kind of cell (host.py); by default the best."""

    def __init__(self, isolation=None):
        if not hasattr(os, "fork"):
            raise GraderError("the grader needs Linux or macOS; on Windows, run it in WSL")
        self.asked = isolation
        self.nltk_data = tempfile.TemporaryDirectory(prefix="autograder-")  # of the host, which may be killed
        try:
            self.start()
        except GraderError:
            self.close()
            raise

    def start(self):
        self.control, theirs = socket.socketpair()
        libraries = [
            path
            for path in sys.path  # the interpreter's and the packages', not the project's own
            if path.startswith((sys.prefix, sys.base_prefix)) or "-packages" in path
        ]
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "TMPDIR": tempfile.gettempdir(),
            "TQDM_DISABLE": "1",
            "PYTHONHASHSEED": "0",  # sets of words in one order, so that one seed gives one report
            **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")},
        }
        settings = {
            "libraries": libraries,
            "stop_words": sorted(STOP_WORDS),
            "nltk_data": self.nltk_data.name,
            "isolation": self.asked,
        }
        self.host = subprocess.Popen(
            [sys.executable, "-s", "-B", str(HOST), str(theirs.fileno()), json.dumps(settings)],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self.isolation = self.hear(60).get("isolation")
        if self.isolation is None:
            raise GraderError(f"this system does not allow the isolation asked for: {self.asked}")

    def hear(self, seconds):
        """The host's next message."""
        self.control.settimeout(seconds)
        try:
            message = self.control.recv(1 << 16)
        except OSError:
            message = b""
        if not message:
            self.host.kill()
            self.host.wait()
            raise GraderError("the process that runs student code ended, or did not answer")
        return json.loads(message)

    def close(self):
        self.control.close()
        try:
            self.host.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.host.kill()
            self.host.wait()
        self.nltk_data.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def run(self, stage, files, task, seconds, ask=None):
        """Run `task` (child.py) in a folder with `files` of the folder `stage`, for `seconds` at most.

        `ask(name, args, kwargs)` answers for a stand-in. Raises GraderError where the host fails.
        """
        if self.host.poll() is not None:  # as an ordinary user without namespaces, student code can kill it
            self.control.close()
            self.start()
        ours, theirs = socket.socketpair()
        reader, writer = os.pipe()
        request = {
            "stage": str(stage),
            "files": list(files),
            "seconds": seconds,
            "megabytes": MEGABYTES,
            "processes": PROCESSES,
        }
        socket.send_fds(self.control, [json.dumps(request).encode()], [theirs.fileno(), writer])
        theirs.close()
        os.close(writer)
        run, printed, line, heard = Run(), bytearray(), bytearray(), 0
        waiting = selectors.DefaultSelector()
        waiting.register(ours, selectors.EVENT_READ)
        waiting.register(reader, selectors.EVENT_READ)
        waiting.register(self.control, selectors.EVENT_READ)
        end = time.monotonic() + seconds + GRACE
        ours.settimeout(seconds)
        try:
            ours.sendall(json.dumps(task).encode() + b"\n")
        except OSError:
            pass  # it ended already; the host says how
        try:
            while True:
                ready = {key.fileobj for key, _ in waiting.select(max(0, end - time.monotonic()))}
                if reader in ready:
                    piece = os.read(reader, 1 << 16)
                    if not piece:
                        waiting.unregister(reader)
                    printed += piece[: KEPT_OUTPUT - len(printed)]
                if ours in ready:
                    piece = receive(ours)
                    heard += len(piece)
                    if not piece:
                        waiting.unregister(ours)
                    line += piece
                    if heard > LARGEST_TALK or len(line) > LARGEST_LINE:
                        ours.shutdown(socket.SHUT_RDWR)  # too much: nobody listens any more, which ends the child
                        line.clear()
                    *lines, line = line.split(b"\n")
                    for whole in lines:
                        self.note(run, whole, ours, ask)
                if self.control in ready and ours not in ready or not ready:
                    break
        finally:
            waiting.close()
            os.close(reader)
            ours.close()
        verdict = self.hear(max(1, end - time.monotonic()))
        if "broken" in verdict:
            raise GraderError(verdict["broken"])
        run.late, run.status, run.seconds = verdict["late"], verdict["status"], verdict["seconds"]
        run.output = printed.decode("utf-8", "replace")
        if not run.ready:
            raise GraderError(f"the cell for student code could not be made: {run.output[-500:]}")
        return run

    def note(self, run, line, channel, ask):
        """File one message of the child's, which may be anything at all."""
        try:
            message = json.loads(line)
            run.heard += len(line) * ("ask" not in message)
            if run.heard > LARGEST_KEPT:
                return
            if "ask" in message and ask:
                value = ask(
                    message["ask"],
                    [decode(arg) for arg in message["args"]],
                    {key: decode(value) for key, value in message["kwargs"].items()},
                )
                channel.sendall(json.dumps({"value": encode(value)}).encode() + b"\n")
            elif "ready" in message:
                run.ready = True
            elif "loaded" in message:
                run.loaded = message["loaded"]
            elif "answer" in message:
                run.answers.setdefault(message["answer"], message)
            elif "failed" in message:
                run.failed = message["failed"]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError):
            pass  # no message of child.py's: the call it was about stays without an answer


def receive(channel):
    try:
        return channel.recv(1 << 16)
    except OSError:
        return b""
