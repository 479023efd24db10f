"""Linux's system calls that Python does not have, by the C library."""

import ctypes
import os

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_NOATIME = 1, 2, 4, 8, 32, 1024
MS_BIND, MS_REC, MS_PRIVATE, MS_SLAVE = 4096, 16384, 1 << 18, 1 << 19
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
libc = ctypes.CDLL(None, use_errno=True)


def system(name, *args):
    """Call a function of the C library and return what it does. Raises OSError if it fails."""
    result = getattr(libc, name)(*[arg.encode() if isinstance(arg, str) else arg for arg in args])
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def mount(source, target, kind, flags, options=None):
    system("mount", source, target, kind, ctypes.c_ulong(flags), options)
