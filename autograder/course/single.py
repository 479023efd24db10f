"""Grades submissions of a class, each in a process of its own: python -m autograder.course.single

classroom.py starts it and writes requests to its standard input, each a line of JSON:
    {"path", "files", "seed", "edition", "isolation", "rubric",    as for grade()
     "record": FILE,                                      where the record goes, whole
     "asked": {...}}                                      kept in the record
For each it forks, since what is loaded once need not be loaded again. The fork prints the name of each part before it
is graded, and then the grader's own trouble, if there is any. After that comes a line with how it ended: 0 if there is
a record, 3 if the grader failed, or a signal. It ends when standard input does, since then nobody waits for it, and
takes with it all that it started.
"""

import gc
import json
import os
import signal
import sys
import tempfile
import threading

from data.writer import atomic_write

from ..grade import described, grade
from ..rubric import read_rubric
from ..sandbox import Sandbox, Template
from ..submission import NotASubmission
from .records import record_of

MEMORY = 2 << 30  # bytes of address space; the cells have limits of their own
GRACE = 20  # seconds for leaving in order
FOLDER = "autograder-{}-"  # for temporary files, of the process of this module with this number
ENDED = "ended with status"


def main():
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    folder = FOLDER.format(os.getpid())
    template = Template() if hasattr(os, "pidfd_open") else None
    gc.collect()
    gc.freeze()  # what is loaded by now stays shared by all forks
    while request := next_line():
        pid = os.fork()
        if pid == 0:
            os._exit(attempt(json.loads(request), folder, template))
        print(ENDED, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def next_line():
    """The next line of standard input; not through sys.stdin, whose lock a thread of the fork would hold at the end."""
    line = bytearray()
    while not line.endswith(b"\n") and (piece := os.read(0, 1 << 16)):
        line += piece
    return line


def attempt(request, folder, template):
    """Grade what is requested, below a temporary `folder`. Returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    threading.Thread(target=leave_with_the_class, daemon=True).start()
    try:
        # All that is temporary lies in one folder, which the class removes if this process cannot.
        with tempfile.TemporaryDirectory(prefix=folder) as tempfile.tempdir:
            os.chmod(tempfile.tempdir, 0o711)  # the cells' folders are inside it, and closed to all but their users
            record = record_for(request, template)
        with atomic_write(request["record"]) as temporary:
            temporary.write_text(json.dumps({"asked": request["asked"], **record}) + "\n", encoding="utf-8")
        return 0
    except SystemExit:
        return 3
    except Exception as error:
        print(described(error))
        return 3
    finally:
        sys.stdout.flush()


def record_for(request, template):
    """The record of the submission that the request names."""
    print("the cell for student code")
    with Sandbox(request["isolation"], template) as sandbox:
        print("taking in the submission")
        asked = request["path"], request["seed"], request["edition"], read_rubric(request["rubric"])
        try:
            return record_of(grade(*asked, sandbox, stage=print, beside=request["files"]))
        except NotASubmission as error:
            return {"refused": str(error).removeprefix(f"{request['path']}: ")}


def leave_with_the_class():
    while os.read(0, 1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Timer(GRACE, os._exit, [3]).start()


if __name__ == "__main__":
    main()
