"""Grades attacks and looks at what they left: python -m tests.autograder_bank.run_attacks SETTING [NAME ...]

    SETTING    root       as root, in namespaces: the strongest cell
               user       as root, in the cell of a system without namespaces (Gradescope): another user's rights
               nobody     as an ordinary user, in namespaces
               process    as an ordinary user, in the least of the cells

Prints one line of JSON for each: what was earned, and everything that is not as it was. A right submission stands
beside them, and is graded last in the same sandbox; with --beside FOLDER in place of names it is graded again and
again, until standard input ends. Started as root, the settings for an ordinary user go on as nobody; started as an
ordinary user, they are the only ones.
"""

import ctypes
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
from autograder.cell import landlock
from autograder.cell.linux import MS_BIND, MS_PRIVATE, MS_REC, NEWNS, mount, system
from autograder.results import as_text, gradescope
from autograder.submission import NotASubmission

from . import good_pdf, good_pickle
from .attacks import ATTACKS, CODE, ONE, PDF, PKL
from .sources import SOURCES

ISOLATION = {"root": "namespaces", "user": "user", "nobody": "namespaces", "process": "process"}
NOBODY = 65534
PR_SET_DUMPABLE = 4
TREE = Path(__file__).resolve().parents[2]
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/var", "/root", "/", TREE, sys.prefix, *sys.path)
LANDLOCK = 6  # the version that keeps signals in; without it an attack in the cell `process` stops the grader
WATCHDOG = 150  # seconds for one submission, far above all limits: past it the grader hangs
TRAINED = (inputs.Training(tweets=100, tests=20, settings=((5, 2000, 0.1),)),)
NEIGHBOUR = (*CODE, *PKL, *PDF)  # training takes long, and shows no harm that these do not
LARGEST_REPORT = 300_000  # characters
LARGEST_GROWTH = 200  # megabytes that a submission may add to the grader's memory


def open_interpreter():
    """Let other users read the interpreter even if it lies in a closed folder such as /root."""
    closed = [folder for folder in Path(sys.base_prefix).parents if not folder.stat().st_mode & 0o001]
    if closed:
        system("unshare", NEWNS)
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        interpreter = os.open(sys.base_prefix, os.O_PATH)
        mount("tmpfs", str(closed[-1]), "tmpfs", 0, "mode=755")
        os.makedirs(sys.base_prefix)
        mount(f"/proc/self/fd/{interpreter}", sys.base_prefix, None, MS_BIND)
        os.close(interpreter)


def be_nobody():
    """Go on as nobody, whose own processes are open to it as those that it starts are."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    system("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)


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


def queues(token):
    """POSIX's queues of messages, which no folder need show."""
    mq_open = getattr(ctypes.CDLL(None), "mq_open", None)
    return [
        f"left: queue {name}" for name in (f"/{token}", f"/{token}-2") if mq_open and mq_open(name.encode(), 0) >= 0
    ]


# ---- An attempt ----------------------------------------------------------------------------------


def put(folder, source):
    folder.mkdir()
    (folder / "assignment2.py").write_text(source, encoding="utf-8")
    (folder / "assignment2.pkl").write_bytes(good_pickle())
    (folder / "assignment2.pdf").write_bytes(good_pdf())


def remove(folder):
    subprocess.run(["rm", "-rf", str(folder)])  # shutil's recursion ends before an attack's folders do


def beside(setting, base):
    """A second grader that grades the neighbour all the while: its process, which has begun."""
    other = subprocess.Popen(
        [sys.executable, "-B", "-m", __spec__.name, setting, "--beside", str(base)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    other.stdout.readline()
    return other


def attempt(attack, setting, sandbox, base, listeners):
    """Grade one attack: {"name", "score", "most", "left": everything wrong afterwards, "seconds", "notes", "hints"}."""
    token, key = secrets.token_hex(8), secrets.randbits(30)
    folder, neighbour, temporary = base / "class" / "attacker", base / "class" / "neighbour", base / "tmp"
    source = attack.source
    for name, value in (
        ("@TOKEN@", token),
        ("@NEIGHBOUR@", neighbour),
        ("@TREE@", TREE),
        ("@TEMPORARY@", temporary),
        ("@OPEN@", base / "open"),
        ("@RESULTS@", base / "results.json"),
        ("@PORT@", listeners[0].getsockname()[1]),
        ("@KEY@", key),
    ):
        source = source.replace(name, str(value))
    put(folder, source)
    path = attack.prepare and attack.prepare(folder, neighbour, token) or folder
    other = beside(setting, base) if attack.beside else None

    def world():
        return (
            listing(neighbour),
            set(os.listdir(base / "class")),
            set(os.listdir(base)),
            listing(base / "open"),
            {} if other else listing(temporary),
            modes(base, base / "class", temporary, TREE, TREE / "autograder", "/tmp", "/"),
        )

    before, memory = world(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.alarm(WATCHDOG)
    report = None
    try:
        report = grade(path, sandbox=sandbox, patience=attack.patience, trained=TRAINED, only=attack.only)
    except NotASubmission as error:
        print(error, file=sys.stderr)
    signal.alarm(0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) >> 10

    left = []
    if other:
        scores = set(map(float, other.communicate()[0].split()))
        left += [f"the neighbour beside it earned {scores}"] if scores != {5.0} else []
    left += [f"changed: {was} -> {now}" for was, now in zip(before, world(), strict=True) if was != now]
    for place in PUBLIC:
        names = os.listdir(place) if os.access(place, os.R_OK) and os.path.isdir(place) else ()
        left += [f"left: {place}/{name}" for name in names if token[:7] in name]
    left += processes([token.encode(), str(temporary).encode()], {os.getpid(), sandbox.host.pid})
    left += segments(key) + queues(token)
    if grown > LARGEST_GROWTH:
        left.append(f"the grader grew by {grown} MB")
    for listener in listeners:
        try:
            listener.accept()
            left.append("it reached a socket of this machine")
        except BlockingIOError:
            pass
    return {"name": attack.name, "most": attack.most, **(told(report, token, left) if report else {"left": left})}


def told(report, token, left):
    """What a report says, and what is wrong with it beside what is `left`."""
    left = [f"the grader failed: {report.broken}"] * bool(report.broken) + left
    left += [line for line in report.printed.splitlines() if line.startswith(f"GOT {token}")]
    result, text = json.dumps(gradescope(report), allow_nan=False), as_text(report).encode("utf-8").decode()
    if max(len(result), len(text)) > LARGEST_REPORT:
        left.append(f"a report of {len(result)} and {len(text)} characters")
    if not all(letter.isprintable() or letter == "\n" for letter in text):
        left.append("control characters in the text for the terminal")
    hints = {
        f"{outcome.check.question} {outcome.mistake}: {outcome.hint[:150]}"
        for outcome in report.outcomes.values()
        if not outcome.passed
    }
    return {
        "score": report.score,
        "left": left,
        "seconds": round(report.seconds, 2),
        "notes": report.notes[:9],
        "hints": sorted(hints),
    }


def again_and_again(setting, base):
    """Grade the neighbour until standard input ends, and print its points of one question each time."""
    tempfile.tempdir = str(base / "tmp")
    with Sandbox(ISOLATION[setting]) as sandbox:
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            print(grade(base / "class" / "neighbour", sandbox=sandbox, trained=TRAINED, only=ONE).score)


def main(setting, names):
    if os.getuid() == 0 and setting != "root":
        open_interpreter()
        if setting != "user":
            be_nobody()
    if names[:1] == ["--beside"]:
        return again_and_again(setting, Path(names[1]))
    sys.stdout.reconfigure(line_buffering=True)

    def hangs(signum, frame):
        raise TimeoutError("the grader hangs")

    signal.signal(signal.SIGALRM, hangs)
    base = Path(tempfile.mkdtemp(prefix="bank-"))
    try:
        os.chmod(base, 0o755)
        for name, mode in (("class", 0o755), ("tmp", 0o1777), ("open", 0o1777)):
            (base / name).mkdir()
            os.chmod(base / name, mode)
        tempfile.tempdir = str(base / "tmp")
        put(base / "class" / "neighbour", SOURCES["handout"])
        tried = [attack for attack in ATTACKS if attack.name in names or not names and setting in attack.where]
        try:
            if setting in ("user", "process") and landlock.version() < LANDLOCK:
                raise GraderError("this kernel's Landlock closes less than these attacks need")
            sandbox = Sandbox(ISOLATION[setting])
        except GraderError as error:
            for name in [attack.name for attack in tried] + ["the neighbour"]:
                print(json.dumps({"name": name, "unavailable": str(error)}))
            return
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.socket(socket.AF_UNIX) as abstract,
            sandbox,
        ):
            abstract.bind(f"\0bank-{listener.getsockname()[1]}")
            abstract.listen()
            for each in (listener, abstract):
                each.setblocking(False)
            for attack in tried:
                if attack.cgroup and not sandbox.cgroup:
                    print(json.dumps({"name": attack.name, "unavailable": "this system gives no cgroup"}))
                    continue
                try:
                    result = attempt(attack, setting, sandbox, base, (listener, abstract))
                except Exception:
                    result = {"name": attack.name, "most": attack.most, "left": [traceback.format_exc()]}
                for entry in (base / "class").iterdir():
                    if entry.name != "neighbour":
                        remove(entry.rename(base / "gone"))  # so that what still changes it does not find it
                print(json.dumps({"score": 0, **result}))
            control = grade(base / "class" / "neighbour", sandbox=sandbox, trained=TRAINED, only=NEIGHBOUR)
        left = processes([str(base).encode()], {os.getpid()})
        left += [f"left: {name}" for name in os.listdir(base / "tmp")]
        print(json.dumps({"name": "the neighbour", "score": control.score, "most": 100, "left": left}))
    finally:
        remove(base)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
