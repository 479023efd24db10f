"""Reads what a course has downloaded: which submissions there are, and whose.

Gradescope   assignment_N_export/submission_ID/..., and submission_metadata.yml with the submitters of each
Canvas       one folder of lastfirst_USER_FILE_name.py, with _LATE after the name of a late student
Moodle       a folder "Jane Doe_NUMBER_assignsubmission_file" for each student, or files whose names begin so
others       a folder of zips, folders, notebooks and .py files

How the three call things follows from what others have built on Gradescope's export, which is not documented, and from
Canvas's lib/content_zipper.rb and Moodle's mod/assign/classes/downloader.php.

No link is followed and nothing but submission_metadata.yml is opened, so that no pipe can stop a class.
"""

import hashlib
import os
import re
import stat
import unicodedata
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import yaml

from ..submission import DEPTH, KINDS, LOOKED_AT, SKIPPED, NotASubmission, opener, rank, suffix
from .records import Entry

EXPECTED = "a folder, zip, notebook or .py file for each student, or Gradescope's, Canvas's or Moodle's download"
METADATA, METADATA_BYTES = "submission_metadata.yml", 200 << 20
RESULTS = re.compile(rb"^  :(?:results|history):.*\n(?:(?:   |  -).*\n|[ \r]*\n)*", re.MULTILINE)  # nearly all of it
LITTER = {METADATA, "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "index.html", "index.htm"}
CODE = (".py", ".ipynb")
HANDED_IN = {ending for endings, _ in KINDS.values() for ending in endings} | {".zip"}
ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".xz", ".bz2")
SOURCES = {"__init__.py", "conftest.py", "setup.py", "setup.cfg", "pyproject.toml", "requirements.txt", "makefile"}
NOTHING, OTHER, A_LINK = "nothing handed in", "not a zip, folder, notebook or .py file", "a link, not followed"
CROWD = 10  # so many folders and zips are no longer parts of one submission
AGAIN = "handed in again"  # and where
NAME_BYTES = 120  # of an entry's name: its files have endings too, and Linux allows 255

GRADESCOPE = re.compile(r"submission_\d+")
# doejane_LATE_USER_FILE_name.py; with anonymous grading anon_CODE for name and user; of a typed text, no FILE.
CANVAS = re.compile(
    r"(?:(?P<student>.+?)_)??(?P<late>LATE_)?(?P<sid>\d+|anon_[^_]+)_(?:\d+_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
RESENT = re.compile(r"(.+)-(\d+)(\.\w+)")  # name-1.py: Canvas's name for a file that was sent again
# Jane Doe_NUMBER_assignsubmission_file_, since 4.0 without the last underscore; "onlinetext" is a typed text.
MOODLE = re.compile(
    r"(?P<student>.+?)(?:_(?P<sid>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)


class Person(NamedTuple):
    name: str
    sid: str
    email: str


def read_class(folder):
    """(what the folder is, as a sentence, [an Entry for everything in it, sorted by name]).

    Raises NotASubmission, with what was seen, for a folder that is no class.
    """
    if not os.fspath(folder):
        raise NotASubmission(f"the name of the folder is empty; expected {EXPECTED}")
    folder = Path(folder)
    paths = look(folder)
    read = platform(folder, paths)
    if not read and len(paths) == 1 and is_folder(paths[0]):  # an archive unpacked into a folder of its own
        inner = look(paths[0])
        read = platform(paths[0], inner)
        if read:
            folder, paths = paths[0], inner
    kind, entries = (read or others)(folder, paths)
    refused = sum(bool(entry.refused) for entry in entries)
    return kind + (f"; {counted(refused, 'entry')} cannot be graded" if refused else ""), named(entries)


def people(entry):
    """Whose an entry is: a Person for each member of a group."""
    columns = [text.split("; ") if text else [] for text in (entry.student, entry.sid, entry.email)]
    return [Person(*values) for values in zip_longest(*columns, fillvalue="")]


def look(folder):
    """The paths in a folder, sorted, without hidden files and what operating systems and platforms leave there."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        hint = ": unpack it first" if folder.suffix.lower() == ".zip" and folder.is_file() else ""
        raise NotASubmission(f"{printable(str(folder))}: {error.strerror}{hint}; expected {EXPECTED}") from None
    return [path for path in paths if not is_litter(path.name)]


def platform(folder, paths):
    """The function that reads a platform's download, or None if the folder is no platform's."""
    if os.path.lexists(folder / METADATA):
        return gradescope
    count = {
        gradescope: sum(bool(GRADESCOPE.fullmatch(path.name)) and is_folder(path) for path in paths),
        canvas: sum(bool(CANVAS.fullmatch(path.name)) for path in paths),
        moodle: sum(bool(MOODLE.fullmatch(path.name)) for path in paths),
    }
    most = max(count, key=count.get)
    return most if 2 * count[most] > len(paths) else None


# ---- The platforms -------------------------------------------------------------------------------


def gradescope(folder, paths):
    known, trouble = submitters(folder / METADATA)
    entries = {path.name: entry_of(path.name, path) for path in paths}
    entries |= {name: Entry(name, None, refused="its folder is missing") for name in known if name not in entries}
    # A student may have handed in twice, say alone and in a group: the later submission counts, and IDs count up.
    latest = {}
    for name in sorted(known, key=lambda name: [int(digits) for digits in re.findall("[0-9]+", name)]):
        if not entries[name].refused:
            latest |= {identity(person): name for person in known[name] if identity(person)}
    for name, entry in entries.items():
        group = known.get(name, [])
        counts = [person for person in group if latest.get(identity(person), name) == name]
        if group and not counts and not entry.refused:
            entry = Entry(name, None, refused=f"{AGAIN}: {printable(latest[identity(group[0])])}")
        entries[name] = replace(entry, platform="gradescope", **columns(counts or group))
    students = len({identity(person) or person for group in known.values() for person in group})
    whose = f", without names: {METADATA}: {trouble}" if trouble else f" of {counted(students, 'student')}"
    return f"Gradescope's export: {counted(len(entries), 'submission')}{whose}", list(entries.values())


def identity(person):
    return person.sid or person.email.lower()


def submitters(path):
    """({name of a submission: [Person]}, what is wrong with the file, or nothing)."""
    try:
        with opener(path)() as file:
            content = file.read(METADATA_BYTES + 1)
        if len(content) > METADATA_BYTES:
            return {}, "it is too large"
        # The base loader makes strings, lists and mappings, and nothing else: no SID becomes a number, no name a
        # truth value, and no tag of Ruby's an error.
        found = yaml.load(RESULTS.sub(b"", content), getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        return {name: [person_of(each) for each in facts[":submitters"]] for name, facts in found.items()}, ""
    except OSError as error:
        return {}, error.strerror or str(error)
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, "it cannot be read"


def person_of(submitter):
    return Person(*(submitter.get(f":{key}", "").replace(";", ",").strip() for key in Person._fields))


def columns(group):
    """The fields of an Entry that say whose it is."""
    texts = [[person[k] for person in group] for k in range(3)]
    return dict(zip(("student", "sid", "email"), ("; ".join(text) if any(text) else "" for text in texts), strict=True))


def canvas(folder, paths):
    groups, entries = defaultdict(list), []
    for path in paths:
        match = CANVAS.fullmatch(path.name)
        if match:
            groups[match["student"], match["sid"]].append((match, path))
        else:
            entries.append(entry_of(path.name, path))
    for (student, sid), files in groups.items():
        name = f"{student}_{sid}" if student else sid
        late = "late" if any(match["late"] for match, _ in files) else ""
        entry = flat(name, newest((match["file"], path) for match, path in files))
        whose = {} if sid.startswith("anon") else {"student": student or "", "sid": sid}
        entries.append(replace(entry, platform="canvas", late=late, **whose))
    late = sum(bool(entry.late) for entry in entries)
    return f"Canvas's flat folder: {counted(len(groups), 'student')}{f', {late} of them late' if late else ''}", entries


def newest(files):
    """[(name, path)] without the number of what was sent again, and of assignment2.py and the like the last alone."""
    kept = {}
    for name, path in files:
        match = RESENT.fullmatch(name or "")
        again = match and (match[1] + match[3]).lower() in (*KINDS, "assignment2.ipynb", "utils.py")
        plain, number = (match[1] + match[3], int(match[2])) if again else (name, 0)
        kept[plain] = max(kept.get(plain, (-1, None)), (number, path))
    return [(name, path) for name, (_, path) in kept.items()]


def moodle(folder, paths):
    groups, entries = defaultdict(list), []
    for path in paths:
        match = MOODLE.fullmatch(path.name)
        if match:
            groups[match["student"], match["sid"] or ""].append((match, path))
        else:
            entries.append(entry_of(path.name, path))
    for (student, sid), found in groups.items():
        name = f"{student}_{sid}".rstrip("_")
        handed_in = [(match["file"], path) for match, path in found if match["kind"] == "file"]
        if handed_in and is_folder(handed_in[0][1]):
            entry = entry_of(name, handed_in[0][1])
        else:
            entry = flat(name, handed_in)
        student = "" if student == "Participant" else student  # with blind marking
        entries.append(replace(entry, platform="moodle", student=student.replace(";", ","), sid=sid))
    return f"Moodle's folder: {counted(len(groups), 'student')}", entries


def flat(name, files):
    """The Entry of a student whose files [(name, path)] lie beside those of others."""
    reasons = [refusal(path) for file, path in files if file]
    plain = [(file, path) for file, path in files if file and not refusal(path)]
    # Parameters or a PDF without code are graded too.
    main = min((each for each in plain if suffix(each[0]) in HANDED_IN), key=importance, default=None)
    if main:
        return Entry(name, main[1], files=tuple(plain))
    return Entry(name, None, refused=OTHER if plain else reasons[0] if reasons else "a text or a link, no file")


def importance(file):
    """Sorts (name, path) by what an Entry's `path` is: the code, else a zip, else another file."""
    name, _ = file
    return suffix(name) not in CODE, suffix(name) != ".zip", rank(name, "assignment2.py"), suffix(name) != ".py", name


# ---- Other folders -------------------------------------------------------------------------------


def others(folder, paths):
    shown = printable(str(folder))
    seen = what_is_in(paths)
    files = [path.name for path in paths if not is_folder(path)]
    code = [name for name in files if suffix(name) in CODE]
    own = [name for name in code if rank(name, "assignment2.py") < 2 or name == "utils.py"]
    if len(code) == 1 and len(files) == len(paths) and any(suffix(name) in (".pkl", ".npz", ".pdf") for name in files):
        own += code
    crowd = [path for path in paths if path.name not in (*SKIPPED, *files) or suffix(path.name) == ".zip"]
    if own and len(crowd) < CROWD:
        raise NotASubmission(f"{shown} is one submission, since it holds {printable(own[0])}; expected {EXPECTED}")
    for name in files:
        if name.lower() in SOURCES:
            raise NotASubmission(f"{shown} is a project's source, since it holds {name}; expected {EXPECTED}")
    if 4 * sum(map(hands_in, paths)) <= sum(map(is_unrelated, paths)):
        raise NotASubmission(
            f"{shown} is {f'a folder of {seen}' if seen else 'empty'}, and no class; expected {EXPECTED}"
        )
    return f"A folder of submissions: {seen}", [entry_of(path.name, path) for path in paths]


def what_is_in(paths):
    """What there is of each kind: 3 folders, 2 .zip files, 1 other entry."""
    kinds = Counter()
    for path in paths:
        file = suffix(path.name) in HANDED_IN and stat.S_ISREG(os.lstat(path).st_mode)
        kinds["folder" if is_folder(path) else f"{suffix(path.name)} file" if file else "other entry"] += 1
    return ", ".join(counted(number, kind) for kind, number in kinds.most_common())


def hands_in(path):
    """Whether there is anything that could be graded, as far as names say."""
    if is_folder(path):
        return any(suffix(name) in HANDED_IN for name in inside(path))
    return suffix(path.name) in (*CODE, ".zip") and not refusal(path)


def is_unrelated(path):
    """Whether it is neither handed in nor a failed try to: say, of a folder of settings."""
    return not (refusal(path) or hands_in(path) or suffix(path.name) in ARCHIVES)


def inside(folder):
    """The names of the files in a folder, as many as are looked at in a submission."""
    looked_at = 0
    for root, folders, names in os.walk(folder):
        deep = len(Path(root).relative_to(folder).parts) >= DEPTH - 1
        folders[:] = [] if deep else [name for name in folders if not is_litter(name)]
        yield from (name for name in names if not is_litter(name))
        looked_at += len(folders) + len(names)
        if looked_at > LOOKED_AT:
            return


def entry_of(name, path):
    """The Entry of a folder or a file that holds all of a submission."""
    reason = refusal(path) or ("" if is_folder(path) or suffix(path.name) in (*CODE, ".zip") else OTHER)
    if reason:
        return Entry(name, None, refused=reason)
    own = ((f"assignment2{suffix(path.name)}", path),) if suffix(path.name) in CODE and not is_folder(path) else ()
    return Entry(name, path, files=own)


def refusal(path):
    """Why something cannot be handed in, whatever it is called; or nothing."""
    status = os.lstat(path)
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFLNK: A_LINK}
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFREG:
        return "" if status.st_size else NOTHING
    if kind != stat.S_IFDIR:
        return kinds.get(kind, "a device")
    try:
        os.scandir(path).close()
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
    return "" if any(True for _ in inside(path)) else NOTHING


def is_folder(path):
    return stat.S_ISDIR(os.lstat(path).st_mode)


def is_litter(name):
    return name.startswith(".") or name.lower() in LITTER


def counted(number, noun):
    return f"{number} {noun if number == 1 else noun.removesuffix('y') + 'ies' if noun.endswith('y') else noun + 's'}"


# ---- Names ---------------------------------------------------------------------------------------


def named(entries):
    """The entries with names that can be printed and name files, also where case is ignored, sorted by them."""
    count = Counter(folded(file_name(entry.name)) for entry in entries)
    taken, result = set(), []
    for entry in sorted(entries, key=lambda entry: (entry.name, str(entry.path))):
        # All that would be called alike get a digest, so that no name depends on which of them is there first.
        name = file_name(entry.name, distinct=count[folded(file_name(entry.name))] > 1)
        while folded(name) in taken:
            name += "~"
        taken.add(folded(name))
        result.append(replace(entry, name=name, student=printable(entry.student)))
    return sorted(result, key=lambda entry: entry.name)


def file_name(raw, distinct=False):
    """A name as a file can be called, bounded; with a digest of the whole where it was cut or is to be distinct."""
    name = printable(raw).replace("/", "\\x2f") or "_"
    if name[0] in ".-":  # hidden, or an option of a command
        name = f"_{name}"
    encoded = name.encode()
    if len(encoded) > NAME_BYTES or distinct:
        name = f"{encoded[:NAME_BYTES].decode(errors='ignore')}~{hashlib.sha256(os.fsencode(raw)).hexdigest()[:8]}"
    return name


def folded(name):
    return unicodedata.normalize("NFC", name).casefold()


def printable(text):
    r"""A text in which all can be seen: a byte that is no UTF-8 as \xff, a line break as \n."""
    return "".join(
        character
        if character.isprintable()
        else f"\\x{ord(character) - 0xDC00:02x}"
        if "\udc80" <= character <= "\udcff"
        else character.encode("unicode_escape").decode()
        for character in text
    )
