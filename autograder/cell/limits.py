"""Limits on what a task may take: the kernel's for each process, and those on all of its processes together."""

import contextlib
import os
import resource
import select
import signal
import sys
import time

SCRATCH_BYTES, SCRATCH_FILES = 64 << 20, 4000  # of a cell's own disk, beside what was handed in
OPEN_FILES, FILE_BYTES = 64, 16 << 20
TICK = 0.1  # seconds between two looks at a task


def set_limits(seconds, megabytes, processes):
    """The kernel's limits for this process, and for each that it starts."""
    for name, value in (
        ("CPU", int(seconds) + 1),
        ("AS", megabytes << 20),
        ("NPROC", processes),
        ("FSIZE", FILE_BYTES),
        ("NOFILE", OPEN_FILES),
        ("MSGQUEUE", 0),
        ("CORE", 0),
    ):
        kind = getattr(resource, f"RLIMIT_{name}", None)  # macOS has no message queues
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            if sys.platform == "linux":  # macOS knows no limit on memory
                raise


# ---- All processes of a task ---------------------------------------------------------------------


def wait(child, seconds, wall, most, control):
    """Wait for the child: (what it was ended for or None, exit status, how many of its `seconds` it used).

    It is killed after `seconds` of processor time; if it sleeps, after `wall` seconds; if it and what it started hold
    more than `most` bytes of memory (None: a cgroup sees to that); and if nobody waits for its answers, at the other
    end of `control`.
    """
    end, ended = time.monotonic() + wall, None
    gone = select.poll()
    gone.register(control, 0)

    def look(signum, frame):
        nonlocal ended
        began = time.monotonic()
        if gone.poll(0):
            ended = "gone"
        elif began > end or processor_time(child) > seconds:
            ended = "late"
        elif most and holds_more(os.getpid(), most):
            ended = "memory"
        if ended:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(child, signal.SIGKILL)
        signal.setitimer(signal.ITIMER_REAL, tick + 4 * (time.monotonic() - began))

    tick = min(TICK, seconds / 4)
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, tick)
    _, status, usage = os.wait4(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # as the next child finds it
    status = os.waitstatus_to_exitcode(status)
    processor, clock = usage.ru_utime + usage.ru_stime, time.monotonic() - (end - wall)
    if status in (-signal.SIGKILL, -signal.SIGXCPU) and processor > seconds:
        ended = ended or "late"  # the kernel's limit came first
    return ended, status, max(processor, clock * seconds / wall)


def processor_time(pid):
    """Seconds of processor time of a process, with those of its children that have ended; 0 if nobody says."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return sum(map(int, file.read().rpartition(b")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


def processes():
    """(process id, its parent's, bytes in memory) of every process; none where there is no /proc."""
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
                yield int(name), int(fields[1]), int(fields[21]) * resource.getpagesize()
            except (OSError, IndexError):
                pass  # gone meanwhile


def holds_more(root, most):
    """Whether the processes below `root` hold more bytes of memory together, with the files in memory they opened."""
    found, below = sorted(processes()), {root}
    while new := {pid for pid, parent, _ in found if parent in below} - below:
        below |= new
    resident = {pid: size for pid, _, size in found if pid in below - {root}}
    files = sum(map(open_in_memory, resident))
    # What several share counts for each at first; to tell their shares takes a hundred times longer.
    return sum(resident.values()) + files > most and sum(map(proportional, resident)) + files > most


def proportional(pid):
    """Bytes of a process with its share of what several hold: a fork of the host holds little of its own."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))
    except PermissionError:
        return float("inf")
    except (OSError, StopIteration):
        return 0  # gone meanwhile


def open_in_memory(pid):
    """Bytes of files that exist in memory alone (memfd_create) and that a process has open."""
    total, folder = 0, f"/proc/{pid}/fd"
    try:
        for name in os.listdir(folder):
            if os.readlink(f"{folder}/{name}").startswith("/memfd:"):
                total += os.stat(f"{folder}/{name}").st_blocks * 512
    except OSError:
        pass  # gone meanwhile
    return total


# ---- A cgroup ------------------------------------------------------------------------------------

VERSIONS = (  # of the file system, the name of the controller in /proc/self/cgroup, the files that hold the limits
    ("/sys/fs/cgroup", "", {"memory.max": "memory", "memory.swap.max": 0, "pids.max": "processes"}),
    ("/sys/fs/cgroup/memory", "memory", {"memory.limit_in_bytes": "memory", "memory.memsw.limit_in_bytes": "memory"}),
)


def join_cgroup(name, memory, processes):
    """Join a new cgroup with limits on all of its processes together: its folder, or None if none can be made."""
    limits = {"memory": memory, "processes": processes + 2, 0: 0}  # the host and its thread
    try:
        with open("/proc/self/cgroup") as file:
            own = dict(line.strip().split(":", 2)[1:] for line in file)
    except OSError:
        return None
    for base, controller, files in VERSIONS:
        inside = own.get(controller, "/")
        for place in (inside, os.path.dirname(inside)):  # a cgroup with processes can have no limited one inside
            folder = os.path.join(base + place, name)
            try:
                os.mkdir(folder)
            except OSError:
                continue
            for file, limit in files.items():
                try:
                    with open(os.path.join(folder, file), "r+") as opened:  # there already, if it is a cgroup
                        opened.write(str(limits[limit]))
                except OSError:
                    if file == next(iter(files)):  # swap may not be counted, nor processes
                        os.rmdir(folder)
                        break
            else:
                with open(os.path.join(folder, "cgroup.procs"), "w") as opened:
                    opened.write("0")
                return folder
    return None


def leave_cgroup(folder):
    """Leave the cgroup for the one that it is in, and remove it."""
    with contextlib.suppress(OSError):  # it is gone, or a version 2 lets no process into the outer one
        with open(os.path.join(os.path.dirname(folder), "cgroup.procs"), "w") as opened:
            opened.write("0")
        os.rmdir(folder)
