"""Describes the other files of a submission in plain numbers: its parameters, and what a program can see of its PDF."""

import re
import time

import numpy as np
from reader import PlainUnpickler  # data/reader.py

from .wire import encode

STROKES = 100  # path operators that make a drawing: the bars of fractions on a page of formulas are fewer
CURVE = 8  # segments of one path that make a drawing: a frame has four
LEFT_OUT = rb"\((?:[^\\()]|\\.)*\)", rb"<[0-9A-Fa-f\s]+>", rb"%[^\r\n]*"
OPERATORS = frozenset(b"m l c v y re BI".split())  # of paths, and of a picture within the text
DRAWN_BY_HAND = ("/Ink", "/FreeText", "/Stamp")  # annotations


def describe_parameters(task):
    """The keys of a pickled dict or of a .npz file, and the values of those that are asked for."""
    with open(task["file"], "rb") as file:
        if file.read(4) == b"PK\3\4":
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                content = {key: archive[key] if key in task["keys"] else None for key in archive.files}
        else:
            file.seek(0)
            content = PlainUnpickler(file).load()
    described = {"type": type(content).__name__}
    if isinstance(content, dict):
        described["keys"] = [str(key)[:40] for key in list(content)[:20]]
        described["values"] = {key: encode(content[key]) for key in task["keys"] if key in content}
    return described


def describe_pdf(task):
    """How many pages, characters of text, and figures the PDF has: {"pages", "characters", "figures"}.

    A character is a byte of a string that is shown, so their number is rough. A figure is a picture, a note drawn into
    the page, or a page or form that draws: one path of CURVE segments, or STROKES path operators (m, l, c, v, y, re) in
    all. Half the time is for reading; what was seen by then counts. A page that cannot be read holds nothing.
    """
    from pypdf import PdfReader

    end = time.monotonic() + task["seconds"] / 2
    with open(task["file"], "rb") as file:  # pypdf would read a file that it is given by name whole
        reader = PdfReader(file)
        described = {"pages": len(reader.pages), "characters": 0, "figures": 0}
        seen = set()  # pictures and forms, which pages share
        for page in reader.pages:
            if time.monotonic() > end:
                break
            try:
                for content, pictures in contents_of(page, seen):
                    bare = without_strings(content)
                    described["characters"] += len(content) - len(bare)
                    described["figures"] += drawn(bare) + pictures
            except Exception:  # pypdf raises nearly anything for a damaged page
                pass
    return described


def contents_of(page, seen):
    """(content stream, how many pictures and notes it holds) of a page and its forms, without what is in `seen`."""
    contents = page.get_contents()
    notes = sum(note.get_object().get("/Subtype") in DRAWN_BY_HAND for note in held(page, "/Annots"))
    yield contents.get_data() if contents is not None else b"", notes
    holders = [page]
    while holders:
        objects = held(held(holders.pop(), "/Resources"), "/XObject")
        for reference in dict.values(objects):  # values of its own would already be what they refer to
            if reference in seen:
                continue
            seen.add(reference)
            thing = reference.get_object()
            if thing.get("/Subtype") == "/Form":
                yield thing.get_data(), 0
                holders.append(thing)
            else:
                yield b"", 1


def held(thing, key):
    return thing[key] if key in thing else {}


def without_strings(content):
    """A content stream without its strings, which hold no operators, and its comments."""
    while any(re.search(kind, content, re.S) for kind in LEFT_OUT):  # from the inside out: a string may hold brackets
        content = re.sub(b"|".join(LEFT_OUT), b" ", content, flags=re.S)
    return content


def drawn(content):
    """How many figures a content stream draws: its pictures within the text, and one for all its paths."""
    for closing in (b"]", b")", b">"):
        content = content.replace(closing, closing + b" ")
    for opening in (b"[", b"(", b"<", b"/"):
        content = content.replace(opening, b" " + opening)
    operators = [word for word in content.split() if word in OPERATORS]
    curves = re.search(rb"[lcvy]{%d}" % CURVE, b"".join(operators))
    return operators.count(b"BI") + (len(operators) >= STROKES or curves is not None)
