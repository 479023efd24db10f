"""Grades a class: supervises a process for each submission, and hands what they found to the gradebook.

joblib runs the tasks, in threads of this process or on the workers of a Dask cluster; a task starts one process of
single.py and waits for it. What a submission does, dies of or fills ends with that process.
"""

import hashlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext, suppress
from pathlib import Path

from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from ..rubric import read_rubric
from ..sandbox import Sandbox
from ..submission import beside
from .downloads import read_class
from .gradebook import Gradebook, judging
from .single import ENDED, FOLDER

PROJECT = Path(__file__).resolve().parents[2]
GRADER = (
    "assignment2.py",
    "utils.py",
    "data/*.py",
    "autograder/*.py",
    "autograder/cell/*.py",
    "autograder/mistakes.md",
)
CLOCK = 600  # seconds for one submission: taking it in, running and judging
GRACE = 30  # seconds for a process that is told to end
EVERY = 1.0  # seconds between two versions of points.csv

running, idle = set(), []  # desks


def grade_class(
    folder, out, rubric_path, edition=None, isolation=None, seed=None, jobs=-1, cluster=None, marks=None, tables=()
):
    """Grade every submission in `folder` into `out`. Returns the exit status: 0, or 3 where the grader failed on one.

    Can be stopped at any time, and killed: the same call goes on where it stopped.
    jobs: processes at a time on this machine (-1: one a core).  cluster: the address of a Dask scheduler, whose workers
    take the submissions instead; they must see the same files.  marks: a table of points that persons gave; it counts
    until another is given.  tables: (function of tables.py, file) for each table that goes back to a platform.
    Raises NotASubmission for a folder that is no class, ValueError for a wrong table, GraderError if there is no safe
    cell for student code.
    """
    out = Path(out).resolve()
    kind, entries = read_class(folder)
    entries = [entry for entry in entries if entry.path is None or entry.path.resolve() != out]
    print(kind)
    rubric = read_rubric(rubric_path)
    book = Gradebook(out, rubric, kind, entries, marks)
    grader = digest(path.read_bytes() for pattern in GRADER for path in sorted(PROJECT.glob(pattern)))
    asked = {"rubric": digest([judging(rubric)]), "grader": grader, "edition": edition, "seed": seed}
    settings = {"edition": edition, "isolation": isolation, "rubric": str(Path(rubric_path).resolve())}
    left = []  # tasks, as single.py reads them
    for entry in entries:
        if entry.path:
            wanted = {**asked, "submission": fingerprint(entry)}
            if not book.knows(entry.name, wanted):
                where = {"path": str(entry.path), "files": [(name, str(path)) for name, path in entry.files]}
                drawn = {"seed": book.seed(entry.name) if seed is None else seed, "asked": wanted}
                left.append({"name": entry.name, **where, **drawn, **settings, "record": str(book.record(entry.name))})
    if left:
        Sandbox(isolation).close()  # there is a cell for student code, or nobody is graded
    book.write_points()
    try:
        with tqdm(total=len(left), desc="grading", unit="submission", disable=None) as bar:
            failed = list(supervise(left, jobs, cluster, book, bar))
            bar.total += len(failed)
            failed = list(supervise(failed, 1, cluster, book, bar))  # once more, each by itself
    except KeyboardInterrupt:
        book.write_points()
        print(f"stopped; the same command goes on with those that have no record in {out / 'records'}", file=sys.stderr)
        return 130
    written = book.finish(tables)
    print(f"{len(left)} of {len(entries)} entries graded now; written: {', '.join(map(str, written))}")
    if failed:
        for task in failed:
            print(f"the grader itself failed on {task['name']}: {book.rows[task['name']].trouble}", file=sys.stderr)
        print("the same command tries these again", file=sys.stderr)
    return 3 if failed else 0


def supervise(tasks, jobs, cluster, book, bar):
    """Run the tasks, and enter what they find in the book. Yields those on which the grader failed."""
    if not tasks:
        return
    if cluster:
        client, engine = connect(cluster), parallel_config(backend="dask")
    else:
        client, engine = nullcontext(), parallel_config(backend="threading", n_jobs=jobs)
    written = time.monotonic()
    with client, engine:
        try:
            results = Parallel(return_as="generator_unordered", batch_size=1)(map(delayed(run_single), tasks))
            for task, trouble in results:
                bar.update()
                if book.enter(task["name"], trouble):
                    yield task
                if time.monotonic() > written + EVERY:
                    book.write_points()
                    written = time.monotonic()
        finally:
            for desk in list(running):  # of an interrupted class, whose threads go on
                desk.hang_up()
            while idle:
                idle.pop().end()


def connect(cluster):
    """A client of the Dask scheduler at this address. Raises ValueError without Dask, or if it lacks this project."""
    try:
        from dask.distributed import Client
    except ImportError:
        raise ValueError("--cluster needs Dask: `python -m pip install distributed`") from None
    client = Client(cluster)
    try:
        client.submit(digest, [b"the project is there"]).result()
    except Exception as error:
        raise ValueError(
            f"the cluster at {cluster} does not find this project: start its scheduler and workers with "
            f"PYTHONPATH={PROJECT} and the same packages"
        ) from error
    return client


def run_single(task):
    """Grade a submission in a process of its own, which writes its record: (task, "" or where and why that failed)."""
    try:
        desk = idle.pop()
    except IndexError:
        desk = Desk()
    running.add(desk)
    try:
        trouble = desk.grade(task)
    finally:
        running.discard(desk)
    idle.append(desk) if not trouble else desk.end()
    return task, trouble


class Desk:
    """A process of single.py, where one submission after another is graded, each by a fork."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "autograder.course.single"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=PROJECT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its threads' stacks would count as memory
            start_new_session=True,
        )

    def grade(self, task):
        """Nothing, or where and why the grader failed: then the desk has to be ended."""
        said, end, status = bytearray(), time.monotonic() + CLOCK, None
        with suppress(BrokenPipeError):  # it ended before it had read everything
            self.process.stdin.write(json.dumps(task).encode() + b"\n")
            self.process.stdin.flush()
        while status is None and select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            said = (said + piece)[-4000:]
            found = re.search(rf"^{ENDED} (-?\d+)\n\Z".encode(), said, re.MULTILINE)
            status = int(found[1]) if found else None if piece else self.process.wait()
        lines = said.decode("utf-8", "replace").splitlines()
        lines = [line for line in lines if not line.startswith(ENDED)]
        if status == 0:
            return ""
        if status is None or status < 0:
            self.end()
            remove(self.process.pid)
            lines.append(f"no end within {CLOCK} s" if status is None else f"its process was ended by signal {-status}")
        return ": ".join(["it did not start", *lines][-2:])

    def hang_up(self):
        """Let the process know that nobody waits for it any more."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()

    def end(self):
        """End the process and what it started."""
        self.hang_up()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()


def remove(pid):
    """Remove the folder of a process that could not. What it started may still be leaving it."""
    for folder in Path(tempfile.gettempdir()).glob(FOLDER.format(pid) + "*"):
        end = time.monotonic() + GRACE
        while folder.exists() and time.monotonic() < end:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.1)


def digest(parts):
    """A digest of some bytes."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def fingerprint(entry):
    """What changes when a submission does: names, sizes and times of its files."""
    if entry.files:
        files = [path for _, path in entry.files]
    elif entry.path.is_dir():
        files = sorted(Path(root, name) for root, _, names in os.walk(entry.path) for name in names)
    else:
        files = [entry.path, *(other for _, other in beside(entry.path))]
    facts = [
        (os.fsencode(os.path.relpath(file, entry.path)), status.st_size, status.st_mtime_ns)
        for file in files
        for status in [os.lstat(file)]
    ]
    return digest([repr(facts).encode()])
