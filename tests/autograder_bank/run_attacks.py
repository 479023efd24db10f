"""Grades attacks and looks at what they left: python -m tests.autograder_bank.run_attacks SETTING [NAME ...]

    SETTING    root       as root, in namespaces: the strongest cell
               user       as root, in the cell of a system without namespaces (Gradescope): another user's rights
               nobody     as an ordinary user, in namespaces
               process    as an ordinary user, in the least of the cells

Prints one line of JSON for each: what was earned, and everything that is not as it was. A right submission stands
beside them, and is graded last in the same sandbox. Started as root, the settings for an ordinary user go on as nobody;
started as an ordinary user, they are the only ones.
"""

import json
import os
import resource
import secrets
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from autograder import GraderError, Sandbox, grade, inputs
from autograder.cell.host import MS_BIND, MS_PRIVATE, MS_REC, NEWNS, mount, system
from autograder.results import as_text, gradescope

from . import good_pdf, good_pickle
from .attacks import ATTACKS
from .mutants import SOURCES

ISOLATION = {"root": "namespaces", "user": "user", "nobody": "namespaces", "process": "process"}
NOBODY = 65534
TREE = Path(__file__).resolve().parents[2]
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/root", "/")
WATCHDOG = 150  # seconds for one submission, far above all limits: past it the grader hangs
TRAINED = inputs.Training(tweets=400, tests=100, settings=((5, 2000, 0.1), (6, 2000, 0.1)), short=None)
LARGEST_REPORT = 300_000  # characters
LARGEST_GROWTH = 200  # megabytes that a submission may add to the grader's memory


def be_nobody():
    """Start again as nobody, who can read the interpreter even where it lies in a closed folder such as /root."""
    closed = [folder for folder in Path(sys.base_prefix).parents if not folder.stat().st_mode & 0o001]
    if closed:
        system("unshare", NEWNS)
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        interpreter = os.open(sys.base_prefix, os.O_PATH)
        mount("tmpfs", str(closed[-1]), "tmpfs", 0, "mode=755")
        os.makedirs(sys.base_prefix)
        mount(f"/proc/self/fd/{interpreter}", sys.base_prefix, None, MS_BIND)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.execv(sys.executable, [sys.executable, "-B", "-m", __spec__.name, *sys.argv[1:]])


# ---- What may have been left ---------------------------------------------------------------------


def listing(folder):
    """Every path below `folder` with its mode, owner and size."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = stat.filemode(status.st_mode), status.st_uid, status.st_size if path.is_file() else 0
    return found


def modes(*folders):
    return {str(folder): (stat.filemode(os.stat(folder).st_mode), os.stat(folder).st_uid) for folder in folders}


def processes(marks, spared):
    """The processes whose command line or first environment holds one of `marks`, and which stay."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in spared:
            try:
                seen = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if any(mark in seen for mark in marks):
                    ends = os.pidfd_open(int(entry.name))
                    if not select.select([ends], [], [], 5)[0]:  # what is on its way out is gone at once
                        found.append(f"process {entry.name}: {seen[:60]!r}")
                    os.close(ends)
            except OSError:
                pass  # gone meanwhile, or another user's
    return found


def segments(key):
    """System V's shared memory, semaphores and queues with the attack's key."""
    tables = {kind: Path(f"/proc/sysvipc/{kind}") for kind in ("shm", "sem", "msg")}
    return [
        f"left: {kind} {line}"
        for kind, path in tables.items()
        if path.exists()
        for line in path.read_text().splitlines()[1:]
        if line.split()[0] == str(key)
    ]


# ---- An attempt ----------------------------------------------------------------------------------


def put(folder, source):
    folder.mkdir()
    (folder / "assignment2.py").write_text(source, encoding="utf-8")
    (folder / "assignment2.pkl").write_bytes(good_pickle())
    (folder / "assignment2.pdf").write_bytes(good_pdf())


def remove(folder):
    subprocess.run(["rm", "-rf", str(folder)])  # shutil's recursion ends before an attack's folders do


def attempt(attack, sandbox, base, listener):
    """Grade one attack: {"name", "score", "most", "left": everything wrong afterwards, "seconds", "notes", "hints"}."""
    token, key = secrets.token_hex(8), secrets.randbits(30)
    folder, neighbour, temporary = base / "class" / "attacker", base / "class" / "neighbour", base / "tmp"
    source = attack.source
    for name, value in (
        ("@TOKEN@", token),
        ("@NEIGHBOUR@", neighbour),
        ("@TREE@", TREE),
        ("@RESULTS@", base / "results.json"),
        ("@PORT@", listener.getsockname()[1]),
        ("@KEY@", key),
    ):
        source = source.replace(name, str(value))
    put(folder, source)
    if attack.prepare:
        attack.prepare(folder, neighbour, token)
    path = folder
    if attack.zipped:
        path = base / "class" / "attacker.zip"
        path.write_bytes(attack.zipped(token, neighbour))

    def world():
        return (
            listing(neighbour),
            set(os.listdir(base / "class")),
            set(os.listdir(base)),
            set(os.listdir(temporary)),
            modes(base, base / "class", temporary, TREE, TREE / "autograder", "/tmp", "/"),
        )

    before, memory = world(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.alarm(WATCHDOG)
    report = grade(path, sandbox=sandbox, patience=0.1, trained=TRAINED)
    signal.alarm(0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) >> 10

    left = [f"the grader failed: {report.broken}"] if report.broken else []
    left += [f"changed: {was} -> {now}" for was, now in zip(before, world(), strict=True) if was != now]
    for place in PUBLIC:
        names = os.listdir(place) if os.access(place, os.R_OK) else ()
        left += [f"left: {place}/{name}" for name in names if token[:7] in name]
    left += processes([token.encode(), str(temporary).encode()], {os.getpid(), sandbox.host.pid})
    left += segments(key)
    result, text = json.dumps(gradescope(report), allow_nan=False), as_text(report).encode("utf-8").decode()
    if max(len(result), len(text)) > LARGEST_REPORT:
        left.append(f"a report of {len(result)} and {len(text)} characters")
    if set(text) & set("\x1b\x00\r\x07\x08"):
        left.append("control characters in the text for the terminal")
    if grown > LARGEST_GROWTH:
        left.append(f"the grader grew by {grown} MB")
    try:
        listener.accept()
        left.append("it reached a port of this machine")
    except BlockingIOError:
        pass
    remove(folder)
    if attack.zipped:
        path.unlink()
    hints = {
        f"{outcome.check.question} {outcome.mistake}: {outcome.hint[:150]}"
        for outcome in report.outcomes.values()
        if not outcome.passed
    }
    return {
        "name": attack.name,
        "score": report.score,
        "most": attack.most,
        "left": left,
        "seconds": round(report.seconds, 2),
        "notes": report.notes[:9],
        "hints": sorted(hints),
    }


def main(setting, names):
    if setting in ("nobody", "process") and os.getuid() == 0:
        be_nobody()
    sys.stdout.reconfigure(line_buffering=True)

    def hangs(signum, frame):
        raise TimeoutError("the grader hangs")

    signal.signal(signal.SIGALRM, hangs)
    base = Path(tempfile.mkdtemp(prefix="bank-"))
    try:
        os.chmod(base, 0o755)
        for name in ("class", "tmp"):
            (base / name).mkdir()
        os.chmod(base / "tmp", 0o1777)
        tempfile.tempdir = str(base / "tmp")
        put(base / "class" / "neighbour", SOURCES["handout"])
        tried = [attack for attack in ATTACKS if attack.name in names or not names and setting in attack.where]
        try:
            sandbox = Sandbox(ISOLATION[setting])
        except GraderError as error:
            for name in [attack.name for attack in tried] + ["the neighbour"]:
                print(json.dumps({"name": name, "unavailable": str(error)}))
            return
        with socket.create_server(("127.0.0.1", 0)) as listener, sandbox:
            listener.setblocking(False)
            for attack in tried:
                try:
                    print(json.dumps(attempt(attack, sandbox, base, listener)))
                except Exception:
                    print(
                        json.dumps(
                            {"name": attack.name, "score": 0, "most": attack.most, "left": [traceback.format_exc()]}
                        )
                    )
                    remove(base / "class" / "attacker")
            control = grade(base / "class" / "neighbour", sandbox=sandbox, trained=TRAINED)
        left = processes([str(base).encode()], {os.getpid()})
        left += [f"left: {name}" for name in os.listdir(base / "tmp")]
        print(json.dumps({"name": "the neighbour", "score": control.score, "most": 100, "left": left}))
    finally:
        remove(base)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
