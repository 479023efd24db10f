"""Namespaces: a view of the system with the libraries and the submission alone, own processes and no network.

The host leaves the system's namespaces of files and of the network once, and lays out the view (`enter`, `build`). Each
task then gets processes, IPC and a disk of its own in it (`NEWPID | NEWIPC`, `open_box`).
"""

import os

from .linux import (
    MS_BIND,
    MS_NOATIME,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    MS_SLAVE,
    NEWNET,
    NEWNS,
    NEWUSER,
    mount,
    system,
)

BOX = "/cell"  # where the submission and its temporary files are, in the view; /tmp is in it too
LINKS = ("/lib", "/lib64")  # to /usr/lib; programs name their loader by them


def enter():
    """Leave the namespaces of files and of the network; an ordinary user makes a user namespace for that."""
    uid, gid = os.getuid(), os.getgid()
    system("unshare", NEWNS | NEWNET | (NEWUSER if uid else 0))
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    mount(None, "/", None, MS_REC | MS_SLAVE)  # nothing that is mounted here shows outside


def build(root, places):
    """Make the folder `root` a view with `places`, {path in it: folder or file}, read only, and an empty BOX."""
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=4k,mode=755")
    for path in LINKS:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
    for path, source in places.items():
        target = root + path
        if os.path.isdir(source):
            os.makedirs(target)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            open(target, "x").close()
        mount(source, target, None, MS_BIND | MS_REC)
        if not path.startswith("/dev/"):
            # A user namespace must keep the flags that the place has.
            held = os.statvfs(source).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)
            mount(None, target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | held)
    if not os.path.exists(root + "/tmp"):  # unless an interpreter or a package is in it
        os.symlink(BOX + "/tmp", root + "/tmp")
    os.mkdir(root + BOX)
    mount(None, root, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def open_box(root, size, files):
    """Give this process a disk of its own for so many bytes and files; returns its folder, seen from outside."""
    system("unshare", NEWNS)
    mount("tmpfs", root + BOX, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},nr_inodes={files},mode=755")
    return root + BOX
