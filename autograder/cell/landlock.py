"""Landlock: a process gives up, for itself and all that it starts, what its user may do. It needs no rights for that.

Linux has it since 5.13, and each version of its interface (ABI) closes more. Here all of these are closed if the
kernel can:

    ABI 1   files and folders, but those that are named; and the memory of other processes (ptrace)
        2   links and moves between folders        3   cutting a file short         5   control of devices
        4   TCP: connecting and listening          6   abstract sockets of, and signals to, processes outside

Not closed: looking up whether a file exists, and how large; changing the mode of the user's own files; UDP. Numbers
are those of linux/landlock.h.
"""

import ctypes
import os
import struct
import sys

from .linux import system

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls, the same on all machines that matter
EXECUTE, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, DEVICE = 1 << 14, 1 << 15
FILE = EXECUTE | WRITE | READ | TRUNCATE | DEVICE  # rights that a file can have; the others are of folders
FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # ABI -> all rights on files
TCP, SCOPES = 3, 3


def version():
    """The kernel's ABI, or 0 without Landlock."""
    if sys.platform != "linux":  # where the same numbers are other calls
        return 0
    try:
        return call(CREATE, None, 0, 1)
    except OSError:
        return 0


def restrict(readable, writable, devices):
    """Close everything to this process but folders and files to read, folders to write in, and devices.

    What does not exist, or is closed to this user anyway, is passed over. Raises OSError if there is no Landlock.
    """
    abi = version()
    handled = FILES[max(known for known in FILES if known <= abi)] if abi else 0
    attributes = struct.pack("QQQ", handled, TCP if abi >= 4 else 0, SCOPES if abi >= 6 else 0)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = call(CREATE, attributes, len(attributes), 0)
    wanted = ((readable, EXECUTE | READ | LIST), (writable, handled & ~DEVICE), (devices, READ | WRITE | DEVICE))
    for paths, rights in wanted:
        for path in paths:
            try:
                opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            rights_here = handled & rights & (-1 if os.path.isdir(path) else FILE)
            call(ADD, ruleset, 1, struct.pack("=Qi", rights_here, opened), 0)
            os.close(opened)
    call(RESTRICT, ruleset, 0)
    os.close(ruleset)


def call(number, *args):
    return system("syscall", ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in args))
