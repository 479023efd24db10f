"""Where student code runs: a clean process that forks one child a question, and ends everything the child began.

    python -s host.py FD SETTINGS       started by sandbox.py; FD is one end of a socket pair, SETTINGS is JSON

The host loads numpy (and nltk and pypdf, for the tweets and the PDF) once, never sees student code, and holds no
secret: a fork of it is a clean child within milliseconds. For each request it forks a warden; the warden makes the cell
and forks the child, waits for it until the deadline, and kills whatever is left. It takes the best of three kinds of
cell that the system allows:

    namespaces   own view of the files (interpreter, libraries and the submission, read only; nothing of the grader),
                 own processes, no network, own IPC; as root another user as well. Killed as one by the kernel.
    user         where the grader is root but may not make namespaces (Docker, Gradescope): another user's rights.
    process      an ordinary user without namespaces (and macOS): limits, and every descendant killed.

In each: limits on CPU, memory, processes, open files and the size of files. README.md says what each protects from.
"""

import ctypes
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HEAVY = ("scipy", "sklearn", "matplotlib", "tkinter", "pandas")  # nltk would load them where they are installed
UIDS = range(61184, 65520)  # kept free for users that come and go (systemd's DynamicUser); within Docker's 65,536 too
SCRATCH_BYTES = 64 << 20  # beside what was handed in

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 38, 36
libc = ctypes.CDLL(None, use_errno=True)


def system(name, *args):
    """Call a function of the C library; raises OSError where it fails."""
    args = [arg.encode() if isinstance(arg, str) else arg for arg in args]
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, flags, options=None):
    system("mount", source, target, kind, ctypes.c_ulong(flags), options)


# ---- The host ------------------------------------------------------------------------------------


def serve(control, isolation):
    """Answer requests, one at a time, until the other end goes."""
    isolations = [isolation] if isolation else ["namespaces", "user" if os.getuid() == 0 else "process"]
    usable = [kind for kind in isolations if possible(kind, asked=isolation is not None)]
    control.send(json.dumps({"isolation": usable[0] if usable else None}).encode())
    while True:
        request, fds, _, _ = socket.recv_fds(control, 1 << 16, 2)
        if not request:
            return
        warden = os.fork()
        if warden == 0:
            try:
                control.send(json.dumps(guard(json.loads(request), fds, usable[0])).encode())
                os._exit(0)
            except BaseException as error:
                control.send(json.dumps({"broken": f"{type(error).__name__}: {error}"}).encode())
                os._exit(0)
        for fd in fds:
            os.close(fd)
        if os.waitpid(warden, 0)[1] != 0:
            control.send(json.dumps({"broken": "the process that guards the student's was killed"}).encode())


def possible(isolation, asked):
    """Whether this system allows such a cell: an empty one is made and left.

    An interpreter in a folder closed to this user (one of root's, say) cannot be brought into a namespace: modules that
    it has not loaded yet are missing there. That is good enough if the caller insists on this kind of cell.
    """
    if isolation != "namespaces":
        return (isolation == "user") == (os.getuid() == 0)  # student code never runs as root
    pid = os.fork()
    if pid == 0:
        scratch = None
        try:
            scratch = tempfile.mkdtemp(prefix="autograder-")
            unshare()
            inner = os.fork()
            if inner == 0:
                try:
                    build_jail(scratch)
                    os._exit(not (asked or os.path.isfile(scratch + os.__file__)))
                finally:
                    os._exit(1)
            status = os.waitpid(inner, 0)[1]
            os.rmdir(scratch)
            os._exit(status != 0)
        except (OSError, AttributeError):
            if scratch:
                os.rmdir(scratch)
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


# ---- The warden ----------------------------------------------------------------------------------


def guard(request, fds, isolation):
    """Run one child from start to end: {"status", "late", "seconds"}. Leaves no process and no file."""
    start = time.monotonic()
    os.setsid()
    if sys.platform == "linux":
        system("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what the child leaves behind becomes ours
    uid = free_uid() if os.getuid() == 0 else None
    scratch = tempfile.mkdtemp(prefix="autograder-")
    try:
        if isolation == "namespaces":
            unshare()
        child = os.fork()
        if child == 0:
            try:
                be_child(request, fds, isolation, scratch, uid)
            except BaseException:
                traceback.print_exc()  # to the output that the grader reads
            finally:
                sys.stderr.flush()
                os._exit(70)
        for fd in fds:
            os.close(fd)
        late, status = wait(child, request["seconds"])
        kill_all(child if late else None, uid if isolation == "user" else None)
    finally:
        if isolation == "namespaces":
            os.rmdir(scratch)  # what was mounted on it went with the child
        else:
            remove(scratch)
        if isolation == "user":
            sweep(uid)
    return {"status": status, "late": late, "seconds": round(time.monotonic() - start, 3)}


def free_uid():
    """A user id that no process has; each warden looks from a place of its own."""
    taken = {uid for _, _, uid in processes()}
    start = os.getpid() % len(UIDS)
    return next(uid for uid in (*UIDS[start:], *UIDS[:start]) if uid not in taken)


def wait(child, seconds):
    """Wait for the child until the deadline: (too late, exit status or None)."""

    def ring(signum, frame):
        raise TimeoutError

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return False, os.waitstatus_to_exitcode(status)
    except TimeoutError:
        return True, None


def kill_all(child, uid):
    """Kill the child, then whatever it left, until there is none.

    In a namespace, its first process takes all others with it. Elsewhere what the child started and left behind has
    become a child of this process, even where it called setsid; and as another user, all that is that user's goes.
    """
    if child:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended at the last moment
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if uid is not None:
            killer = os.fork()
            if killer == 0:
                os.setresuid(uid, uid, uid)
                os.kill(-1, signal.SIGKILL)  # all that this user may signal, at once
                os._exit(0)
            os.waitpid(killer, 0)
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        for pid, parent, _ in processes():
            if parent == os.getpid():
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def processes():
    """(process id, its parent's, its user's) of every process (Linux; elsewhere none can be found)."""
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
                    yield int(name), parent, os.fstat(file.fileno()).st_uid
            except (OSError, IndexError):
                pass  # gone meanwhile


def sweep(uid):
    """Remove what the user left where everybody may write."""
    for folder in {"/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir()}:
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
    for kind, column in (("shm", 9), ("sem", 6), ("msg", 9)):  # shared memory and its like outlive their maker
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
    subprocess.run(["chmod", "-R", "u+rwx", "--", folder], stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL)


# ---- The child -----------------------------------------------------------------------------------


def be_child(request, fds, isolation, scratch, uid):
    """Enter the cell, give up every right, and answer. Never returns."""
    channel, output = fds
    os.setsid()  # a signal to its own process group must not reach the warden
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(channel, 3)
    os.closerange(4, 1 << 16)
    os.umask(0o022)
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # where memory runs out, this process goes first, never the grader
    folder = os.path.join(scratch, "submission")
    files = {name: os.path.join(request["stage"], name) for name in request["files"]}
    if isolation == "namespaces":
        build_jail(scratch, SCRATCH_BYTES + sum(os.path.getsize(path) for path in files.values()))
        os.mkdir(folder)
        os.makedirs(scratch + "/tmp", exist_ok=True)
        os.chmod(scratch + "/tmp", 0o777)
    else:
        os.mkdir(folder)
    for name, source in files.items():  # a piece at a time: a PDF of scans is large
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(source, path)
    if uid is not None:
        for path, _, names in os.walk(folder):
            for name in (".", *names):
                os.chown(os.path.join(path, name), uid, uid)
        os.chmod(scratch, 0o755)
    if isolation == "namespaces":
        os.chroot(scratch)
        folder = "/submission"
    os.chdir(folder)
    drop_rights(uid, isolation)
    limit(request)
    os.environ.update(HOME=folder, TMPDIR="/tmp" if isolation == "namespaces" else folder)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    tempfile.tempdir = None

    sys.stdout.reconfigure(line_buffering=True)
    with socket.socket(fileno=3) as channel:
        sys.modules["child"].answer(channel)  # loaded when the host started
    sys.stdout.flush()
    os._exit(0)


def drop_rights(uid, isolation):
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    elif isolation == "namespaces":  # the maker of a user namespace holds every capability in it
        system("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    if sys.platform == "linux":
        system("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def limit(request):
    """The kernel's limits for the child, and for each process that it starts."""
    seconds = int(request["seconds"]) + 1
    for name, value in (
        ("CPU", seconds),
        ("AS", request["megabytes"] << 20),
        ("NPROC", request["processes"]),
        ("FSIZE", 16 << 20),
        ("NOFILE", 64),
        ("CORE", 0),
    ):
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            if sys.platform == "linux":  # macOS knows no limit on memory
                raise


# ---- The namespaces ------------------------------------------------------------------------------


def unshare():
    """Leave the system's namespaces, but that of mounts; an ordinary user makes a user namespace for that."""
    uid, gid = os.getuid(), os.getgid()
    system("unshare", NEWPID | NEWNET | NEWIPC | (NEWUSER if uid else 0))
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def build_jail(root, size=SCRATCH_BYTES):
    """Make `root` a file system of `size` bytes that holds what Python needs and nothing else, for this process."""
    system("unshare", NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},mode=755")
    for path in libraries():
        if os.path.islink(path):  # /lib -> usr/lib
            os.symlink(os.readlink(path), root + path)
            continue
        os.makedirs(root + path)
        mount(path, root + path, None, MS_BIND | MS_REC)
        held = os.statvfs(path).f_flag & (MS_NOSUID | MS_NODEV | 8 | 1024)  # a user namespace must keep these
        mount(None, root + path, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | held)
    os.mkdir(root + "/dev")
    for name in ("null", "zero", "random", "urandom"):
        with open(f"{root}/dev/{name}", "w"):
            mount(f"/dev/{name}", f"{root}/dev/{name}", None, MS_BIND)


def libraries():
    """The folders that the interpreter and its modules load from, none inside another."""
    wanted = {
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        sys.prefix,
        sys.base_prefix,
        *sys.path,
        os.environ["NLTK_DATA"],
    }
    kept = []
    for path in sorted(path for path in wanted if os.path.isdir(path)):
        if not any(path.startswith(outer + "/") for outer in kept if not os.path.islink(outer)):
            kept.append(path)
    return kept


def load(settings):
    """Load what every child needs, once; and lay out the stop words, which a student's utils.py asks NLTK for."""
    here = os.path.dirname(os.path.abspath(__file__))
    project = os.path.dirname(os.path.dirname(here))
    own = [here, os.path.join(project, "data")]  # child.py is beside this file, reader.py in data/
    sys.path[:] = own + settings["libraries"]
    words = os.path.join(os.environ["NLTK_DATA"], "corpora", "stopwords", "english")
    os.makedirs(os.path.dirname(words), exist_ok=True)
    with open(words, "w", encoding="utf-8") as file:
        file.write("\n".join(settings["stop_words"]) + "\n")
    importlib.import_module("child")  # and numpy
    importlib.import_module("reader")
    del sys.path[: len(own)]
    blocked = {name: sys.modules.setdefault(name, None) for name in HEAVY}
    for name in ("nltk.corpus", "nltk.stem", "nltk.tokenize", "pypdf"):
        try:
            importlib.import_module(name)
        except ImportError:
            pass  # then what needs it says so
    for name, module in blocked.items():
        if module is None:
            del sys.modules[name]


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = json.loads(sys.argv[2])
    os.environ["NLTK_DATA"] = settings["nltk_data"]
    os.chmod(os.environ["NLTK_DATA"], 0o755)
    load(settings)
    gc.collect()
    gc.freeze()  # what is loaded by now is left alone, and stays shared by all children
    serve(socket.socket(fileno=int(sys.argv[1])), settings["isolation"])
