"""Grades one submission of a class, in a process of its own that the class can lose: python -m autograder.single

classroom.py starts it and writes the request, a line of JSON, to its standard input:
    {"path", "files", "seed", "edition", "isolation", "rubric",    as for grade()
     "record": FILE,                                      where the record goes, whole
     "asked": {...}}                                      kept in the record
It prints the name of each part before it is graded, and then the grader's own trouble, if there is any. It ends when
its standard input does, since then nobody waits for it, and takes with it all that it started. Exit status: 0 if there
is a record, 3 if the grader failed.
"""

import json
import os
import signal
import sys
import tempfile
import threading

from data.writer import atomic_write

from .grade import described, grade
from .records import record_of
from .rubric import read_rubric
from .sandbox import Sandbox
from .submission import NotASubmission

MEMORY = 2 << 30  # bytes of address space; the cells have limits of their own
GRACE = 20  # seconds for leaving in order
FOLDER = "autograder-{}-"  # of the process with this number, in the folder for temporary files


def main():
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    request = bytearray()
    while not request.endswith(b"\n"):  # not through sys.stdin, whose lock the thread below would hold at the end
        request += os.read(0, 1 << 16) or sys.exit(3)
    request = json.loads(request)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    threading.Thread(target=leave_with_the_class, daemon=True).start()
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    try:
        # All that is temporary lies in one folder, which the class removes where this process cannot.
        with tempfile.TemporaryDirectory(prefix=FOLDER.format(os.getpid())) as folder:
            os.chmod(folder, 0o711)  # the cells' folders are inside it, and closed to all but their users
            tempfile.tempdir = folder
            record = record_for(request)
    except Exception as error:
        print(described(error))
        return 3
    with atomic_write(request["record"]) as temporary:
        temporary.write_text(json.dumps({"asked": request["asked"], **record}) + "\n", encoding="utf-8")
    return 0


def record_for(request):
    """The record of the submission that the request names."""
    print("the cell for student code")
    with Sandbox(request["isolation"]) as sandbox:
        print("taking in the submission")
        rubric = read_rubric(request["rubric"])
        try:
            return record_of(grade(request["path"], request["seed"], request["edition"], rubric, sandbox, stage=print))
        except NotASubmission as error:
            return {"refused": str(error).removeprefix(f"{request['path']}: ")}


def leave_with_the_class():
    while os.read(0, 1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Timer(GRACE, os._exit, [3]).start()


if __name__ == "__main__":
    sys.exit(main())
