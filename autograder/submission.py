"""Takes in a submission: a folder, a zip, or one assignment2.py with the files beside it.

Copies regular files of bounded size to a fresh folder, and nothing else: no link is followed, no device opened, no path
of a zip leads out, no bomb is unpacked. What was left out is said.
"""

import os
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

FILES, FILE_BYTES, ALL_BYTES, DEPTH, NOTES = 200, 20 << 20, 60 << 20, 8, 20
BESIDE = ("assignment2.pkl", "assignment2.pdf", "utils.py")  # belong to a single assignment2.py
SKIPPED = {"__MACOSX", "__pycache__", "node_modules", "venv", "data", "nltk_data"}


class NotASubmission(Exception):
    """The path holds nothing to grade: one sentence."""


@dataclass
class Submission:
    folder: Path  # a copy of its own
    files: list  # names, relative, with /
    code: str = None  # the name of the file that is assignment2.py
    notes: list = field(default_factory=list)


def take_in(path, folder):
    """Copy the submission at `path` into the empty `folder`. Raises NotASubmission."""
    path, folder = Path(path), Path(folder)
    notes = []
    try:
        if path.is_dir():
            found = in_folder(path, notes)
        elif zipfile.is_zipfile(path):
            found = in_zip(path, notes)
        elif path.is_file():
            if path.suffix != ".py":
                raise NotASubmission(f"{path}: neither a folder, a zip nor a Python file")
            names = [path.name] + [name for name in BESIDE if (path.parent / name).is_file()]
            found = [("assignment2.py" if name == path.name else name, opener(path.parent / name)) for name in names]
        else:
            raise NotASubmission(f"{path}: no such file or folder")
        copied = copy(found, folder, notes)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # RuntimeError: an encrypted zip
        raise NotASubmission(f"{path}: cannot be read: {error}") from None
    if len(notes) > NOTES:
        notes[NOTES:] = [f"{len(notes) - NOTES} more were left out."]
    return arrange(folder, copied, notes)


def in_folder(path, notes):
    """The folder's files: (relative name, how to open it)."""
    for root, folders, names in os.walk(path):
        deep = len(Path(root).relative_to(path).parts) >= DEPTH - 1
        folders[:] = (
            [] if deep else sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
        )
        for name in sorted(names):
            full = Path(root, name)
            yield full.relative_to(path).as_posix(), opener(full)


def opener(path):
    def read(limit):
        # A link is not followed, and a pipe or a device does not block: what is not a plain file is refused.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise OSError("not a plain file")
            return file.read(limit)

    return read


def in_zip(path, notes):
    """The zip's files: (relative name, how to read it)."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            kind = entry.external_attr >> 16
            if kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG):
                notes.append(f"{entry.filename[:80]} is a link or a device and was left out.")
                continue

            def read(limit, entry=entry):
                with archive.open(entry) as file:
                    return file.read(limit)

            yield entry.filename, read


def copy(found, folder, notes):
    """Write the files to `folder`; returns their names."""
    total, names = 0, []
    for name, read in found:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0] or "\0" in name or len(parts) > DEPTH:
            notes.append(f"{name[:80]} leads out of the submission and was left out.")
            continue
        if any(part.startswith(".") for part in parts) or set(parts) & SKIPPED:
            continue
        if len(names) >= FILES:
            notes.append(f"Only the first {FILES} files were taken.")
            break
        try:
            content = read(FILE_BYTES + 1)
        except (OSError, RuntimeError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            notes.append(f"{name[:80]} was left out: {reason}.")
            continue
        if len(content) > FILE_BYTES or total + len(content) > ALL_BYTES:
            notes.append(f"{name[:80]} is too large and was left out.")
            continue
        total += len(content)
        target = folder.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError:  # a name that is a file here and a folder there, or too long
            notes.append(f"{name[:80]} could not be copied and was left out.")
            continue
        names.append("/".join(parts))
    return list(dict.fromkeys(names))


def arrange(folder, names, notes):
    """Find assignment2.py, and make the folder that it is in the submission's own."""

    def depth(name):
        return name.count("/"), name

    code = min((name for name in names if name.split("/")[-1] == "assignment2.py"), key=depth, default=None)
    if code is None:
        scripts = [name for name in names if name.endswith(".py") and name.split("/")[-1] != "utils.py"]
        if len(scripts) == 1:
            code = scripts[0]
            notes.append(f"There is no assignment2.py; {code} was graded in its place.")
    base = code or min(names, key=depth, default="")
    inner = base.rpartition("/")[0]
    if inner:
        names = [name[len(inner) + 1 :] for name in names if name.startswith(inner + "/")]
    return Submission(folder / inner, names, code and code.rpartition("/")[2], notes)
