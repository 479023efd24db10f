"""Where student code runs: a clean process that forks one child a task, and ends everything the child began.

    python -m cell.host FD SETTINGS             started by sandbox.py; FD is one end of a socket pair, SETTINGS is JSON
    python -m cell.host FD SETTINGS template    loads what a host loads, and forks one for each message: its settings

The host loads numpy (and nltk and pypdf, for the tweets and the PDF) once, never sees student code, and holds no
secret: a fork of it is a clean child within milliseconds. For each request it forks one, which makes its cell and goes
in; waits for it until its limits, and kills whatever is left. There are three kinds of cell:

    namespaces   own view of the files (interpreter, libraries and the submission, read only; nothing of the grader),
                 own processes, no network, own IPC; as root another user as well. Killed as one by the kernel.
    user         where the grader is root but may not make namespaces (Docker, Gradescope): another user's rights.
    process      an ordinary user without namespaces (and macOS): limits, and every descendant killed.

The last two are closed by Landlock too, where the kernel has it. In each: limits.py. README.md says what each protects
from; sandbox.py takes the best that probe.py finds fit.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import jail, landlock, limits
from .linux import MNT_DETACH, NEWIPC, NEWPID, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, system
from .wire import receive, send

HEAVY = ("scipy", "sklearn", "matplotlib", "tkinter", "pandas", "PIL", "fontTools")  # which nltk and pypdf would load
NEEDED = ("nltk.corpus", "nltk.stem", "nltk.tokenize", "pypdf")
UIDS = range(61184, 65520)  # kept free for users that come and go (systemd's DynamicUser); within Docker's 65,536 too
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
NLTK_DATA = "/nltk_data"  # in the view of a cell with namespaces
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")


@dataclass
class Cell:
    """What all tasks of this host have in common."""

    isolation: str
    readable: list  # folders and files
    jail: str  # the folder of the view
    cgroup: str | None
    landlock: int  # the kernel's version


# ---- The host ------------------------------------------------------------------------------------


def template(control, settings):
    """Fork a host for each message with its settings and its end of a socket pair, and answer with its process id."""
    load(settings)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a host ended
    with contextlib.suppress(EOFError):
        while True:
            settings, (end,) = receive(control, 1)
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.setsid()
                control.close()
                main(socket.socket(fileno=end), settings)
                os._exit(0)  # without taking each object apart, which would copy it
            os.close(end)
            send(control, {"pid": pid})


def main(control, settings):
    os.environ["TMPDIR"] = settings["temporary"]
    try:
        cell = prepare(settings)
    except (OSError, ImportError, AttributeError) as error:  # AttributeError: not Linux
        send(control, {"broken": f"{type(error).__name__}: {error}"})
        return
    send(control, {"cgroup": cell.cgroup})
    serve(control, cell)
    clean_up(cell, settings["folder"])


def prepare(settings):
    """Load what every child needs, and lay out what all cells have in common. Raises OSError if that is not allowed."""
    isolation, folder = settings["isolation"], settings["folder"]
    if isolation == "namespaces":
        jail.enter()
    if sys.platform == "linux":
        system("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what a child leaves behind becomes ours
    load(settings)
    lay_out(settings)
    readable = needed_to_run(settings["libraries"], settings["project"])
    root = os.path.join(folder, "jail")
    if isolation == "namespaces":
        places = {path: path for path in (*readable, *DEVICES)}
        jail.build(root, {**places, NLTK_DATA: os.environ["NLTK_DATA"]})
    # This process joins too: that takes tens of milliseconds, and its children are in from the start.
    cgroup = limits.join_cgroup(os.path.basename(folder), settings["memory"], settings["processes"])
    return Cell(isolation, [*readable, os.environ["NLTK_DATA"]], root, cgroup, landlock.version())


def clean_up(cell, folder):
    """Remove what `prepare` made. The grader does so too, but may have been killed, as this process may be."""
    if cell.isolation == "namespaces":
        system("umount2", cell.jail, MNT_DETACH)
    shutil.rmtree(folder, ignore_errors=True)
    if cell.cgroup:
        limits.leave_cgroup(cell.cgroup)


def load(settings):
    """Load what every child needs."""
    own = [os.path.join(settings["project"], "data")]  # reader.py
    sys.path[:] = own + settings["libraries"]
    importlib.import_module("cell.child")
    del sys.path[: len(own)]
    blocked = {name: sys.modules.setdefault(name, None) for name in HEAVY}
    for name in NEEDED:
        importlib.import_module(name)
    for name, module in blocked.items():
        if module is None:
            del sys.modules[name]
    sys.modules["nltk"].tokenize.TweetTokenizer().tokenize("")  # compiles its pattern, which takes as long as a cell
    gc.collect()
    gc.freeze()  # what is loaded by now is left alone, and stays shared by all that is forked


def lay_out(settings):
    """Lay out the stop words, which a student's utils.py asks NLTK for."""
    os.environ["NLTK_DATA"] = os.path.join(settings["folder"], "nltk_data")
    sys.modules["nltk"].data.path[:] = [os.environ["NLTK_DATA"]]
    words = os.path.join(os.environ["NLTK_DATA"], "corpora", "stopwords", "english")
    os.makedirs(os.path.dirname(words), exist_ok=True)
    with open(words, "w", encoding="utf-8") as file:
        file.write("\n".join(settings["stop_words"]) + "\n")


def needed_to_run(libraries, project):
    """Folders and files that Python runs from, none in another; without those that the grader itself lies in.

    The folders of modules and packages, those of the shared libraries that are loaded by now, and the interpreter.
    """
    shared = set()
    if os.path.exists("/proc/self/maps"):
        with open("/proc/self/maps") as file:
            fields = [line.split(maxsplit=5) for line in file]
        shared = {line[5].strip() for line in fields if len(line) == 6 and ".so" in os.path.basename(line[5])}
    folders = {*libraries, "/lib64", "/usr/lib64", *map(os.path.dirname, shared)}
    folders = {path for path in folders if os.path.isdir(path) and not os.path.islink(path)}
    holding = {path for path in folders if is_inside(os.path.realpath(project), os.path.realpath(path))}
    interpreter = (sys.executable, os.path.realpath(sys.executable), os.path.join(sys.prefix, "pyvenv.cfg"))
    files = {*interpreter, "/etc/ld.so.cache", *(path for path in shared if os.path.dirname(path) in holding)}
    kept = []
    for path in sorted(folders - holding) + sorted(filter(os.path.isfile, files)):
        if not any(is_inside(path, outer) for outer in kept):
            kept.append(path)
    return kept


def is_inside(path, folder):
    return os.path.commonpath([path, folder]) == folder


def serve(control, cell):
    """Answer requests, one at a time, until the other end goes."""
    while True:
        try:
            request, fds = receive(control, 2)
        except (EOFError, OSError):
            return
        try:
            verdict = guard(request, fds, cell, control)
        except Exception as error:
            verdict = {"broken": f"{type(error).__name__}: {error}"[:1000]}
        try:
            send(control, {"run": request["run"], **verdict})
        except OSError:
            return  # nobody listens any more


def guard(request, fds, cell, control):
    """Run one child from start to end: {"status", "late", "seconds"}. Leaves no process and no file."""
    # From a place of its own: what the kernel keeps for a user, as keys, is not to be found by the next task.
    uid = free_uid(os.fstat(fds[0]).st_ino) if os.getuid() == 0 else None
    # In namespaces, a disk of the child's own, which goes with it.
    scratch = None if cell.isolation == "namespaces" else tempfile.mkdtemp(prefix="autograder-")
    try:
        child = fork_child(request, fds, cell, scratch, uid)
        for fd in fds:
            os.close(fd)
        most = None if cell.cgroup else request["memory"]
        ended, status, seconds = limits.wait(child, request["seconds"], request["wall"], most, control)
        kill_all(uid if cell.isolation == "user" else None)
    finally:
        if scratch:
            remove(scratch)
        if cell.isolation == "user":
            sweep(uid, () if cell.landlock else {*PUBLIC, tempfile.gettempdir()})
    return {"status": status, "late": ended == "late", "seconds": seconds}


def free_uid(number):
    """A user id that no process has, looked for from a place that `number` gives."""
    taken = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # gone meanwhile
            taken.add(os.stat(f"/proc/{name}").st_uid)  # the folder's, also of a process that may not be looked into
    start = number % len(UIDS)
    return next(uid for uid in (*UIDS[start:], *UIDS[:start]) if uid not in taken)


def kill_all(uid):
    """Kill whatever the child left, until there is none.

    In a namespace, its first process took all others with it. Elsewhere what the child started and left behind has
    become a child of this process, even where it called setsid; and as another user, all that is that user's goes.
    """
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        if uid is not None:
            killer = os.fork()
            if killer == 0:
                os.setresuid(uid, uid, uid)
                os.kill(-1, signal.SIGKILL)  # all that this user may signal, at once
                os._exit(0)
            os.waitpid(killer, 0)
        for pid, parent, _ in limits.processes():
            if parent == os.getpid():
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def sweep(uid, folders):
    """Remove what the user left in `folders`, where everybody may write, and what outlives processes in memory."""
    for folder in folders:
        for entry in os.scandir(folder) if os.path.isdir(folder) else ():
            try:
                if entry.stat(follow_symlinks=False).st_uid != uid:
                    continue
            except FileNotFoundError:
                continue  # another's, gone meanwhile
            if entry.is_dir(follow_symlinks=False):
                remove(entry.path)
            else:
                os.unlink(entry.path)
    for kind, column in (("shm", 9), ("sem", 6), ("msg", 9)):
        try:
            with open(f"/proc/sysvipc/{kind}") as file:
                left = [line.split() for line in file][1:]
        except OSError:
            continue
        for fields in left:
            if int(fields[column]) == uid:
                system(f"{kind}ctl", int(fields[1]), 0, 0)  # IPC_RMID


def remove(folder):
    """Remove a folder, also where the student's code has closed it or made it deeper than Python can walk."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        subprocess.run(["chmod", "-R", "u+rwx", "--", folder], stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL)


# ---- The child -----------------------------------------------------------------------------------


def fork_child(request, fds, cell, scratch, uid):
    """Fork the child: its process id."""

    def fork():
        if cell.isolation == "namespaces":
            system("unshare", NEWPID | NEWIPC)
        child = os.fork()
        if child == 0:
            try:
                be_child(request, fds, cell, scratch, uid)
            except BaseException:
                traceback.print_exc()  # to the output that the grader reads
            finally:
                sys.stderr.flush()
                os._exit(70)
        return child

    if cell.isolation != "namespaces":
        return fork()
    # A process can give its children a namespace of processes once. So can each of its threads, which saves a second
    # fork: two of a process of this size are half of what a short task takes.
    with ThreadPoolExecutor(1) as thread, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside a thread, which only waits here
        return thread.submit(fork).result()


def be_child(request, fds, cell, scratch, uid):
    """Enter the cell, give up every right, and answer. Never returns."""
    channel, output = fds
    os.setsid()  # a signal to its own process group must not reach the host
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(channel, 3)
    os.closerange(4, 1 << 16)
    os.umask(0o077)
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # where memory runs out, this process goes first, never the grader
    files = {name: os.path.join(request["stage"], name) for name in request["files"]}
    if cell.isolation == "namespaces":
        size = limits.SCRATCH_BYTES + sum(map(os.path.getsize, files.values()))
        scratch = jail.open_box(cell.jail, size, limits.SCRATCH_FILES)
    folder, temporary = os.path.join(scratch, "submission"), os.path.join(scratch, "tmp")
    for own in (folder, temporary):
        os.mkdir(own)
    for name, source in files.items():  # a piece at a time: a PDF of scans is large
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(source, path)
    if uid is not None:
        for path, _, names in os.walk(scratch):
            for name in (".", *names):
                os.chown(os.path.join(path, name), uid, uid)
    if cell.isolation == "namespaces":
        os.chroot(cell.jail)
        folder, temporary = (own.removeprefix(cell.jail) for own in (folder, temporary))
        sys.modules["nltk"].data.path[:] = [NLTK_DATA]
    os.chdir(folder)
    drop_rights(uid, cell)
    if cell.isolation != "namespaces" and cell.landlock:
        landlock.restrict(cell.readable, [folder, temporary], DEVICES)
    limits.set_limits(request["seconds"], request["megabytes"], request["processes"])
    os.environ.update(HOME=folder, TMPDIR=temporary)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    tempfile.tempdir = None

    sys.stdout.reconfigure(line_buffering=True)
    with socket.socket(fileno=3) as channel:
        sys.modules["cell.child"].answer(channel)  # loaded when the host started
    sys.stdout.flush()
    os._exit(0)


def drop_rights(uid, cell):
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    elif cell.isolation == "namespaces":  # the maker of a user namespace holds every capability in it
        system("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    if sys.platform == "linux":
        system("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as control:
        (template if sys.argv[3:] else main)(control, json.loads(sys.argv[2]))
    os._exit(0)  # without taking each object apart, which takes as long as a cell
