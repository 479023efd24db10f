"""Takes in a submission: a folder, a zip, or one assignment2.py or notebook with the files beside it.

Copies regular files of bounded size to a fresh folder, and nothing else: no link is followed, no device opened, no path
of a zip leads out, no bomb is unpacked. Then finds assignment2.py, assignment2.pkl and assignment2.pdf also under the
names that students and platforms give them. What was left out, or taken for another file, is said.
"""

import json
import os
import re
import shutil
import stat
import tempfile
import time
import zipfile
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

FILES, LOOKED_AT, DEPTH, NOTES = 200, 2000, 8, 20
FILE_BYTES, LARGE_BYTES, ALL_BYTES = 20 << 20, 100 << 20, 160 << 20
READ_BYTES = 2 * ALL_BYTES  # of all that is read, with zips in the zip and files that are left out
LIST_BYTES = 1 << 20  # of a zip's list of its files: a few thousand
SECONDS = 30  # of processor time for all of it
LARGE = (".pdf", ".zip")
ZIPS = 2  # so many zips in one another, beside the submission itself
NOTEBOOK_ITEMS = 1_000_000  # of a notebook's JSON: each takes sixty bytes once it is read
SKIPPED = {"__MACOSX", "__pycache__", "node_modules", "venv", "data", "nltk_data"}

# The name of a file -> the endings that it may have, the best first, and the words that its name is known by.
KINDS = {
    "assignment2.py": ((".py", ".ipynb"), ("assignment2",)),
    "assignment2.pkl": ((".pkl", ".pickle", ".npz"), ("assignment2", "modelparams")),
    "assignment2.pdf": ((".pdf",), ("assignment2",)),
}
NEVER = ("utils", "twitterdata")  # not taken for any of them
CANVAS = re.compile(r"([^_/]+(?:_LATE)?_\d+)_\d+_(.+?)(?:-\d+)?$")  # doejane_USER_FILE_name, with -1 if sent again


class NotASubmission(Exception):
    """The path holds nothing to grade: one sentence."""


@dataclass
class Submission:
    folder: Path  # a copy of its own
    files: list  # names, relative, with /
    code: str = None  # assignment2.py, if there is one
    notes: list = field(default_factory=list)


def take_in(path, folder, files=()):
    """Copy the submission at `path` into the empty `folder`. Raises NotASubmission.

    files: (name, path) of each of its files, where `path` is one of many submissions' in one folder.
    """
    path, copy = Path(path), Copy(Path(folder))
    ending = path.suffix.lower()
    try:
        if files:
            copy.take([(name, opener(file)) for name, file in files])
        elif path.is_dir():
            copy.take(in_folder(path))
        elif not path.is_file():
            found = "neither a folder nor a plain file" if os.path.lexists(path) else "no such file or folder"
            raise NotASubmission(f"{path}: {found}")
        elif ending in (".py", ".ipynb"):
            others = [(name, opener(other)) for name, other in beside(path)]
            copy.take([(f"assignment2{ending}", opener(path)), *others])
        elif zipfile.is_zipfile(path):
            copy.take(in_zip(path))
        else:
            raise NotASubmission(f"{path}: neither a folder, a zip, a notebook nor a Python file")
    except NotASubmission:
        raise
    except Exception as error:  # a damaged zip raises nearly anything
        raise NotASubmission(f"{path}: cannot be read: {error}") from None
    submission = arrange(copy.folder, list(dict.fromkeys(copy.names)), copy.notes)
    if len(submission.notes) > NOTES:
        submission.notes[NOTES:] = [f"{len(submission.notes) - NOTES} more notes like these."]
    return submission


# ---- Where files come from: (relative name, how to open it) --------------------------------------


def in_folder(path):
    for root, folders, names in os.walk(path):
        deep = len(Path(root).relative_to(path).parts) >= DEPTH - 1
        folders[:] = [] if deep else sorted(name for name in folders if not unwanted(name))
        for name in sorted(names):
            full = Path(root, name)
            yield full.relative_to(path).as_posix(), opener(full)


def beside(path):
    """The files in the same folder that belong to a single assignment2.py: (name, path)."""
    canvas = CANVAS.match(path.stem)
    for other in sorted(path.parent.iterdir()):
        theirs = CANVAS.match(other.stem)
        if canvas and theirs and theirs[1] == canvas[1] and other != path:
            yield theirs[2] + other.suffix, other
        fits = other.name == "utils.py" or min(rank(other.name, f"assignment2.{kind}") for kind in ("pkl", "pdf")) < 3
        if not canvas and not theirs and fits:
            yield other.name, other


def opener(path):
    def open_plain():
        # A link is not followed, and a pipe or a device does not block: what is not a plain file is refused.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return os.fdopen(fd, "rb")
        os.close(fd)
        raise OSError("not a plain file")

    return open_plain


def in_zip(file):
    """The files of a zip, at `file` or in it; what must not be unpacked raises ValueError when it is opened."""
    with open(file, "rb") if isinstance(file, Path) else nullcontext(file) as held:
        end = zipfile._EndRecData(held)  # with the length of the list, which ZipFile would read whole
        if end and end[zipfile._ECD_SIZE] > LIST_BYTES:
            raise ValueError("it lists too many files")
        with zipfile.ZipFile(held) as archive:
            for entry in archive.infolist():
                yield entry.filename, lambda entry=entry: unpacked(archive, entry)


def unpacked(archive, entry):
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise ValueError("it is a link or a device")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without a limit
        raise ValueError("it is compressed in an unusual way")
    return archive.open(entry)


# ---- The copy ------------------------------------------------------------------------------------


@dataclass
class Copy:
    """The copied files, and how much was looked at."""

    folder: Path
    names: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    looked_at: int = 0
    read: int = 0  # bytes
    kept: int = 0
    end: float = field(default_factory=lambda: time.process_time() + SECONDS)

    def take(self, found, inside="", zips=ZIPS):
        """Copy the files found, and those in zips among them, below the folder `inside`."""
        for name, open_file in found:
            self.looked_at += 1
            if name.endswith("/"):  # a zip's folder
                continue
            over = self.looked_at > LOOKED_AT or self.read > READ_BYTES or time.process_time() > self.end
            if len(self.names) >= FILES or over:
                self.notes.append(f"The submission is too large: the files from {shown(name)} on were left out.")
                return
            parts = PurePosixPath(inside + name.replace("\\", "/")).parts
            if not parts or ".." in parts or name[:1] in "/\\" or ":" in parts[0] or "\0" in name or len(parts) > DEPTH:
                self.notes.append(f"{shown(name)} leads out of the submission and was left out.")
                continue
            if any(map(unwanted, parts)):
                continue
            if any(PurePosixPath(part).suffix in (".py", ".pkl", ".pdf") for part in parts[:-1]):
                self.notes.append(f"{shown(name)} is in a folder named like a file and was left out.")
                continue
            ending = PurePosixPath(name).suffix.lower()
            try:
                if ending == ".zip":
                    self.take_zip(open_file, "/".join(parts) + "/", zips)
                else:
                    target = self.folder.joinpath(*parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with open_file() as source, open(target, "xb") as copied:
                        self.kept += self.pour(source, copied, ending)
                    self.names.append("/".join(parts))
            except Exception as error:  # whatever a file may be: encrypted, damaged, a pipe, there already
                reason = error.strerror if isinstance(error, OSError) and error.strerror else error
                self.notes.append(f"{shown(name)} was left out: {shown(str(reason))}.")

    def take_zip(self, open_file, inside, zips):
        if not zips:
            raise ValueError("it is a zip in too many others")
        with open_file() as source, tempfile.TemporaryFile() as held:
            self.pour(source, held, ".zip")
            self.take(in_zip(held), inside, zips - 1)

    def pour(self, source, target, ending):
        """Copy a file, and return its size. Raises ValueError for one that is too large, which stays empty."""
        limit = min(LARGE_BYTES if ending in LARGE else FILE_BYTES, ALL_BYTES - self.kept)
        size = 0
        while piece := source.read(min(1 << 20, limit + 1 - size)):
            size += len(piece)
            self.read += len(piece)
            if size > limit:
                target.truncate(0)
                raise ValueError("it is too large")
            target.write(piece)
        return size


def unwanted(name):
    return name.startswith(".") or name in SKIPPED


def shown(name):
    """A name as it can be printed anywhere."""
    return "".join(character if character.isprintable() else "?" for character in name)[:80]


# ---- Which file is which -------------------------------------------------------------------------


def arrange(folder, names, notes):
    """Find the files, give them their names, and make the folder that assignment2.py is in the submission's own."""
    base = None
    for wanted in KINDS:
        name = find(wanted, names, base, notes)
        if name is None:
            continue
        if base is None:
            base = name.rpartition("/")[0]
        target = f"{base}/{wanted}".lstrip("/")
        if name == target:
            continue
        if name.endswith(".ipynb"):
            code = code_cells((folder / name).read_bytes())
            if code is None:
                notes.append(f"{shown(name)} cannot be read as a notebook.")
                continue
            (folder / target).write_bytes(code)
            how = "its code cells were graded in its place. Line numbers count through these cells"
        else:
            shutil.move(folder / name, folder / target)
            names.remove(name)
            how = "that was graded in its place"
        notes.append(f"There is no {wanted}, but there is {shown(name)}: {how}.")
        names.append(target)
    inside = f"{base}/".lstrip("/") if base else ""
    names = [name[len(inside) :] for name in names if name.startswith(inside)]
    return Submission(folder / inside, names, "assignment2.py" if "assignment2.py" in names else None, notes)


def find(wanted, names, base, notes):
    """The file that is `wanted`, or the one that is most likely meant, near the folder `base`; None if that is open."""

    def order(name):
        inner = name.rpartition("/")[0]
        return rank(name, wanted), inner != base, name.count("/"), KINDS[wanted][0].index(suffix(name))

    likely = sorted((name for name in names if rank(name, wanted) < 4), key=lambda name: (order(name), name))
    same = [name for name in likely if order(name) == order(likely[0])]
    if len(same) > 1 and rank(same[0], wanted):
        notes.append(f"There is no {wanted}, and {' or '.join(map(shown, same[:5]))} may be meant: none was graded.")
        return None
    if len(same) > 1:
        notes.append(f"There are {len(same)} files {wanted}: {shown(same[0])} was graded.")
    return likely[0] if likely else None


def rank(name, wanted):
    """How well a name fits: 0 is `wanted` itself, 1 and 2 its words, 3 the ending alone, 4 the name of another file."""
    endings, words = KINDS[wanted]
    name = name.rpartition("/")[2]
    if name == wanted:
        return 0
    if suffix(name) not in endings:
        return 4
    stem = PurePosixPath(name).stem
    canvas = CANVAS.match(stem)
    plain = re.sub(r"\(\d+\)|[\W_]", "", (canvas[2] if canvas else stem).lower())
    if plain in NEVER:
        return 4
    if plain in words:
        return 1
    return 2 if any(word in plain for word in words) else 3


def suffix(name):
    return PurePosixPath(name).suffix.lower()


def code_cells(content):
    """The code cells of a notebook, one after another; None if it is none."""
    try:
        if sum(map(content.count, (b"[", b"{", b","))) > NOTEBOOK_ITEMS:
            return None
        cells = json.loads(content)["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
