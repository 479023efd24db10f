"""Tries a cell before any student code runs in it: what must be closed, and what the questions need.

Runs as a task of its own (child.py), under the rights that student code will have.
"""

import glob
import os
import tempfile

import numpy as np

from .documents import describe_pdf

# A page that draws a curve and has one character of text.
DRAWN = b"0 0 m 1 1 l 2 2 l 3 3 l 4 4 l 5 5 l 6 6 l 7 7 l 8 8 l 9 9 l BT /F 9 Tf (x) Tj ET"
OBJECTS = (
    b"<</Type /Catalog /Pages 2 0 R>>",
    b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
    b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
    b"<</Length %d>> stream\n%s\nendstream" % (len(DRAWN), DRAWN),
    b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
)


def probe(task):
    """{"open": [names of task["secrets"] that can be read here], "missing": [what fails that a question needs]}."""
    return {"open": [name for name, path in task["secrets"].items() if is_open(path)], "missing": list(missing())}


def is_open(path):
    """Whether the file at `path`, or one in the folder, can be read: by its name or through any process."""
    try:
        pids = filter(str.isdigit, os.listdir("/proc"))
    except OSError:
        pids = [os.getppid()]
    return any(can_read(f"{way}{path}") for way in ("", *(f"/proc/{pid}/root" for pid in pids)))


def can_read(path):
    try:
        if os.path.isdir(path):
            return any(can_read(os.path.join(path, name)) for name in os.listdir(path))
        open(path, "rb", 0).close()
    except OSError:
        return False
    return True


def missing():
    for need in (modules, own_files, pdf, stop_words):
        try:
            if not need():
                yield f"{need.__name__}: a wrong answer"
        except Exception as error:
            yield f"{need.__name__}: {type(error).__name__}: {error}"[:300]


def modules():
    import colorsys  # modules and a codec that are found on the disk, since nothing has loaded them
    import statistics

    assert colorsys
    inverse = np.linalg.inv(2 * np.eye(2))[0, 0]
    return b"\0a".decode("utf-16-be") == "a" and statistics.mean([1, 3]) == 2 and inverse == 0.5


def own_files():
    with open("probe", "w") as file:
        file.write("x")
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    return glob.glob("pro*") == ["probe"]


def pdf():
    with open("probe.pdf", "wb") as file:
        file.write(b"%PDF-1.4\n")
        starts = []
        for number, content in enumerate(OBJECTS, 1):
            starts.append(file.tell())
            file.write(b"%d 0 obj %s endobj\n" % (number, content))
        table = file.tell()
        file.write(b"xref\n1 %d\n" % len(starts) + b"".join(b"%010d 00000 n \n" % start for start in starts))
        file.write(b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(starts) + 1, table))
    return describe_pdf({"file": "probe.pdf", "seconds": 20}) == {"pages": 1, "characters": 2, "figures": 1}


def stop_words():
    from nltk.corpus import stopwords

    return "the" in stopwords.words("english")
