"""Grades a built class as a course does, and looks at what it left: python -m tests.autograder_bank.run_class

    --count N    how many entries (200): a fifth hostile, a tenth broken, a twentieth odd, the others right
    --jobs N     how many submissions at a time (2)
    --kill       kill the class's process in the middle, by SIGKILL, and give the same command again

Prints one line of JSON with the figures and everything that is not as it must be ("problems"); exit status 1 if there
is anything. The class is graded by a copy of the grader, so that an attack that succeeds harms no more than that.
Right submissions must earn all points; every entry must have a row, with points or a word; no process that the class
started may outlive it, and no file; and the memory of the class's own process must not grow with what it grades.
"""

import argparse
import csv
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from . import good_pdf, good_pickle
from .attacks import ATTACKS
from .right import RIGHT
from .run_attacks import PUBLIC, put, queues, remove, segments
from .sources import SOURCES

PROJECT = Path(__file__).resolve().parents[2]
GRADER = ("assignment2.py", "utils.py", "command.py", "requirements.txt", "autograder", "data", "later_edition")
FULL = 75  # points that a machine gives
PKL = 10  # those of assignment2.pkl, which is a good one beside most attacks
GROWTH = 30, 0.2  # megabytes: that the class's process may grow by while it grades, and for each entry
LEAVING = 40  # seconds for what a class leaves to end; a process of a submission may take 20 to leave in order
ENDING = 2  # seconds after the kill in which one that was at its end may still write its record
KINDS = (
    "grandchildren in sessions of their own",
    "kills itself",
    "malformed replies",
    "a zip that leads out",
    "signals to the grader",
    "writes into other submissions",
    "poisons what others read",
    "pipes for files",
    "links to another submission",
    "a pickle that runs code",
    "a zip bomb",
    "replies that fill the grader's memory",
    "fills the disk",
    "folders closed to all",
    "leaves files where it can",
    "words that turn the text round",
    "sparse files of a terabyte",
    "memory in many processes",
    "fork bomb",
    "endless loop",
)


# ---- The class -----------------------------------------------------------------------------------


def right(folder, source, files=()):
    put(folder, "")
    (folder / "assignment2.py").write_bytes(source if isinstance(source, bytes) else source.encode())
    for name, content in files:
        (folder / name).write_bytes(content)


def code_alone(content, name="assignment2.py"):
    def make(folder):
        folder.mkdir()
        (folder / name).write_bytes(content)

    return make


def beside(content, ending):
    """What makes a file in place of the folder."""
    return lambda folder: folder.with_name(folder.name + ending).write_bytes(content)


BROKEN = (  # functions of the folder to make
    code_alone(b""),
    code_alone(SOURCES["handout"].replace("def gradients(", "def gradients(:").encode()),
    code_alone(b'{"cells": [{"cell_type": "code", "source": ["import num', "assignment2.ipynb"),
    beside(b"PK\x03\x04 and nothing that a zip holds", ".zip"),
    beside(b"", ".zip"),
    code_alone(SOURCES["handout"].replace("def ", "def my_").encode()),
    code_alone(b"Please find my code attached.", "README.txt"),
    code_alone(good_pdf(), "assignment2.pdf"),
    code_alone(b"\xff\xfe\x00" * 100),
    beside(good_pickle(), ".py"),
)


def pipe(base):
    os.mkfifo(base / "pipe.zip")


def link(base):
    (base / "link").symlink_to("/nowhere")


def listening(base):
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(base)  # the path of a socket is short
        made.bind("socket.py")
        os.chdir(here)


def closed(base):
    (base / "closed").mkdir(mode=0)


def named(name):
    return lambda base: right(base / os.fsdecode(name), SOURCES["handout"])


ODD = (  # functions of the class's folder; the names that hold right submissions
    pipe,
    named(b"caf\xff"),
    named(b"=HYPERLINK(1)"),
    named(b"line\nbreak"),
    lambda base: (base / "archive.tar.gz").write_bytes(b"\x1f\x8b" + bytes(99)),
    lambda base: (base / "archive.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(99)),
    lambda base: (base / "empty").mkdir(),
    link,
    listening,
    closed,
)


def build(base, folder, count, token, key):
    """Make a class of `count` entries. Returns ([names that must earn all points], {name of an attack: its most})."""
    hostile, broken, odd = max(1, count // 5), max(1, count // 10), max(1, count // 20)
    folder.mkdir()
    full, most = [], {}
    usable = [entry for entry in RIGHT if not entry.loses]
    for k, entry in enumerate(islice(cycle(usable), count - hostile - broken - odd)):
        right(folder / f"right-{k:03}", entry.source, entry.files)
        full.append(f"right-{k:03}")
    neighbour = folder / full[0]
    known = {attack.name: attack for attack in ATTACKS}
    words = {"TOKEN": token, "NEIGHBOUR": neighbour, "TREE": base / "tree", "TEMPORARY": base / "tmp"}
    words |= {"OPEN": base / "open", "RESULTS": base / "results.json", "PORT": 9, "KEY": key}
    for k, kind in enumerate(islice(cycle(KINDS), hostile)):
        attack, place = known[kind], folder / f"hostile-{k:03}"
        source = attack.source
        for word, value in words.items():
            source = source.replace(f"@{word}@", str(value))
        put(place, source)
        made = attack.prepare and attack.prepare(place, neighbour, token) or place
        if made != place:
            remove(place)
            made.rename(place.with_suffix(made.suffix))
        most[place.name] = PKL + attack.most
    for k, make in enumerate(islice(cycle(BROKEN), broken)):
        make(folder / f"broken-{k:03}")
    for make in ODD[:odd]:
        make(folder)
    return full, most


# ---- A run ---------------------------------------------------------------------------------------


class Watched:
    """A run of the class's process: what it starts, and how much memory it has itself."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        self.seen = set()  # (pid, when it started) of every process that it or one of its own started
        self.memory = []  # megabytes

    def until(self, done):
        """Watch until it ends, or until done(). Returns whether it has ended."""
        while not done():
            self.look()
            if select.select([self.process.stdout], [], [], 0.25)[0] and not os.read(
                self.process.stdout.fileno(), 1 << 16
            ):
                self.process.wait()
                return True
        return False

    def look(self):
        started, children = {}, {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                except OSError:
                    continue  # it has ended
                started[int(entry.name)] = fields[19]
                children.setdefault(int(fields[1]), []).append(int(entry.name))
        found = [self.process.pid, *(pid for pid, _ in self.seen if (pid, started.get(pid)) in self.seen)]
        for pid in found:
            found += children.get(pid, [])
        self.seen |= {(pid, started[pid]) for pid in set(found) - {self.process.pid} if pid in started}
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            self.memory.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            pass  # it has ended

    def left(self):
        """The processes that it started and that do not end in time."""
        ends, left = time.monotonic() + LEAVING, []
        for pid, start in self.seen:
            try:
                handle = os.pidfd_open(pid)
                fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
                if fields[19] == start and not select.select([handle], [], [], max(0, ends - time.monotonic()))[0]:
                    left.append(f"process {pid}: {Path(f'/proc/{pid}/cmdline').read_bytes()[:80]!r}")
                os.close(handle)
            except OSError:
                pass  # it has ended
        return left


def run(count, jobs, kill):
    """Build a class, grade it, and return the figures and the problems."""
    token, key = secrets.token_hex(8), secrets.randbits(30)
    base = Path(tempfile.mkdtemp(prefix="class-", dir="/var/tmp"))
    try:
        base.chmod(0o755)
        (base / "tmp").mkdir(mode=0o711)  # what else runs on this machine, such as other attacks, leaves nothing here
        (base / "open").mkdir()
        os.chmod(base / "open", 0o1777)
        (base / "tree").mkdir()
        for name in GRADER:
            if (PROJECT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pkl")
                shutil.copytree(PROJECT / name, base / "tree" / name, ignore=ignored)
            else:
                shutil.copy(PROJECT / name, base / "tree")
        folder, out = base / "class", base / "out"
        full, most = build(base, folder, count, token, key)
        entries = len(os.listdir(folder))
        command = [sys.executable, "-B", "-m", "autograder", "--all", folder, "--out", out, "--jobs", str(jobs)]
        options = {"cwd": base / "tree", "env": {**os.environ, "TMPDIR": str(base / "tmp")}}
        began, problems = time.monotonic(), []

        def records():
            return len(list((out / "records").glob("*.json")))

        if kill:
            killed = Watched(command, **options)
            ended = killed.until(lambda: records() >= entries // 2)
            soon = time.monotonic() + 0.25  # by then the next ones are under way
            if ended or killed.until(lambda: time.monotonic() > soon):
                problems.append("it ended before it could be killed")
            killed.process.send_signal(signal.SIGSTOP)  # it starts nothing more, so that all is seen that is to end
            killed.look()
            killed.process.kill()
            killed.process.wait()
            end = time.time()
            problems += killed.left() + [f"after the kill: {name}" for name in os.listdir(base / "tmp")]
            late = [path.name for path in (out / "records").glob("*.json") if path.stat().st_mtime > end + ENDING]
            problems += [f"graded after the kill: {name}" for name in late]
        before = {path: path.stat().st_mtime_ns for path in (out / "records").glob("*.json")}
        watched = Watched(command, **options)
        ended = watched.until(lambda: (out / "summary.html").exists() or time.monotonic() > began + 60 * count)
        grading = list(watched.memory)  # the pages of the class take more, once
        if not ended and not watched.until(lambda: time.monotonic() > began + 60 * count):
            watched.process.send_signal(signal.SIGINT)
            problems.append("it does not come to its end")
        seconds = time.monotonic() - began
        problems += watched.left() + [f"left: {name}" for name in os.listdir(base / "tmp")]
        problems += segments(key) + queues(token)
        for place in PUBLIC:
            names = os.listdir(place) if os.access(place, os.R_OK) and os.path.isdir(place) else ()
            problems += [f"left: {place}/{name}" for name in names if token[:7] in name]
        problems += [f"graded twice: {path.name}" for path, when in before.items() if path.stat().st_mtime_ns != when]
        allowed = GROWTH[0] + GROWTH[1] * entries
        if grading[-1] - grading[min(len(grading) - 1, 20)] > allowed:
            problems.append(f"the class's process grew by more than {allowed:g} MB")
        with open(out / "points.csv", encoding="utf-8-sig", newline="") as file:
            rows = {row["name"]: row for row in csv.DictReader(file)}
        problems += judge(rows, entries, full, most)
        return {
            "entries": entries,
            "jobs": jobs,
            "killed after": len(before) if kill else None,
            "seconds": round(seconds, 1),
            "exit status": watched.process.returncode,
            "rows": len(rows),
            "right": len(full),
            "with all points": sum(rows[name]["total"] == str(FULL) for name in full if name in rows),
            "words": sorted({row["word"] for row in rows.values()} - {""}),
            "processes seen": len(watched.seen),
            "memory in MB: first, last, most": [round(m) for m in (grading[0], grading[-1], max(watched.memory))],
            "problems": problems,
        }
    finally:
        remove(base)


def judge(rows, entries, full, most):
    """What is wrong with the table of points."""
    problems = [] if len(rows) == entries else [f"{len(rows)} rows for {entries} entries"]
    problems += [
        f"{name} has neither points nor a word" for name, r in rows.items() if not r["total"] and not r["word"]
    ]
    failed = [name for name, row in rows.items() if row["word"] in ("the grader failed", "not graded yet")]
    problems += [f"{name}: {rows[name]['word']}" for name in failed]
    for name in full:
        if rows.get(name, {}).get("total") != str(FULL):
            problems.append(f"{name} earned {rows.get(name, {}).get('total')}")
    odd = [name for name in rows if name.startswith(("caf", "'=HYPERLINK", "line"))]
    problems += [f"{name} earned {rows[name]['total']}" for name in odd if rows[name]["total"] != str(FULL)]
    for name, points in most.items():
        row = rows.get(name) or rows.get(f"{name}.zip") or {"total": "nothing: it has no row"}
        if row["total"] and not float(row["total"]) <= points:
            problems.append(f"{name} earned {row['total']} of {points}")
    return problems


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.autograder_bank.run_class")
    parser.add_argument("--count", type=int, default=200, metavar="N", help="how many entries (200)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many submissions at a time (2)")
    parser.add_argument("--kill", action="store_true", help="kill the class's process in the middle and go on")
    options = parser.parse_args()
    found = run(options.count, options.jobs, options.kill)
    print(json.dumps(found))
    return 1 if found["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
