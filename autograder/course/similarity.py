"""Finds submissions of a class that are unusually alike, so that a person looks at both.

Alike is no proof of anything: short programs from one handout are alike. So a pair is reported only for what is unusual
in this class, and the report says how unusual. There are three kinds of evidence:

parameters   the trained parameters agree to the last bit
mistake      the same wrong formula in the same check, which few others have
code         the programs agree, whatever their names, comments and order of functions, in far more of their unusual
             code than others do

Code that a third of the class shares is not unusual, nor is what this project's own two editions hold: that leaves out
the handout's samples, the template and the textbook formulas. It also hides two students who both copied the project.
"""

import builtins
import keyword
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from ..mistakes import LINES, known
from .pages import link_to, number_of, render
from .records import Entry

PAIRS = 50  # at most so many are reported
NAMED = 8  # others who have the same, at most
CROWD = 1 / 3  # what so many share is usual
FEW, CLASS = 0.01, 20  # the share of a class that makes a rare mistake, or 2; the smallest class in which one is rare

LENGTH = 20  # each run of so many characters is a fingerprint: a name or a string is one, spaces and comments are none
PROGRAMS = 10  # fewer tell nothing about what is usual
ALIKE = 0.75  # if a typical program shares so much with the closest other, none is unusual
UNUSUAL = 350  # fingerprints, some 20 lines: a program with fewer unusual ones is too short to be compared
LINE, CHARACTERS = 300, 30_000  # longer lines and programs are cut
PROJECT = Path(__file__).resolve().parents[2]
DOCSTRING = re.compile(r"""^[ ]*[rRuU]?(\"{3}|'{3})(?:(?!\1).|\n)*\1[ ]*$""", re.MULTILINE)
# Not by `tokenize`: since 3.12 it warns on stderr, and raises SystemError and others at texts that are no Python.
TOKEN = re.compile(
    r"""(?P<space>(?:[\s\\]+|\#.*)+)
    |(?P<string>[A-Za-z]{0,2}(?:(\"{3}|'{3})(?:\\[\s\S]?|(?!\3)[^\\])*(?:\3)?|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))
    |(?P<name>[^\W\d]\w*)
    |\d[\w.]*|.""",
    re.VERBOSE,
)
KEPT = {*keyword.kwlist, *dir(builtins)}  # names that are the same in every program
EDITIONS = PROJECT / "assignment2.py", PROJECT / "later_edition" / "assignment2.py"
BITS = {"parameters": 100, "code": 50}  # how much evidence weighs; a mistake made by one in 2^n weighs n


@dataclass
class Evidence:
    kind: str  # "parameters", "mistake" or "code"
    sentence: str
    weight: float


@dataclass
class Pair:
    """Two entries of a class, what is alike in them, and the numbers of the lines that are."""

    first: str
    second: str
    evidence: list = field(default_factory=list)
    lines: tuple = ((), ())

    @property
    def weight(self):
        return sum(evidence.weight for evidence in self.evidence)


def similar(kept):
    """The pairs of submissions that are unusually alike, the most unusual first.

    kept: {entry name: record}, a record being what records.record_of gives, and with it "code", the text of
    assignment2.py or None, and "parameters", a digest of W1, b1, W2, b2 or None. Entries that share a number or an
    address in "sid" or "email" (as in records.Entry) are one student's and make no pair.
    Of a group that is alike as a whole, each is paired with one other, by the strongest evidence.
    """
    programs = {name: Program(record["code"]) for name, record in kept.items() if record.get("code")}
    unusual = drop_usual(programs)
    pairs = {}
    for names, evidence in (*same_parameters(kept), *same_mistakes(kept), *same_code(unusual)):
        if not owners(kept[names[0]]) & owners(kept[names[1]]):
            pairs.setdefault(names, Pair(*names)).evidence.append(evidence)
    chosen, group = [], {name: name for name in kept}
    for pair in sorted(pairs.values(), key=lambda pair: (-pair.weight, pair.first, pair.second)):
        first, second = group[pair.first], group[pair.second]
        if first != second and len(chosen) < PAIRS:
            group = {name: first if leader == second else leader for name, leader in group.items()}
            pair.evidence.sort(key=lambda evidence: -evidence.weight)
            pair.lines = lines_alike(unusual, pair)
            chosen.append(pair)
    return chosen


def owners(record):
    return {text for key in ("sid", "email") for text in record.get(key, "").split("; ") if text}


def others(names, pair):
    """In words, who else has the same."""
    rest = [name for name in names if name not in pair]
    if not rest:
        return ""
    more = f" and {len(rest) - NAMED} more" if len(rest) > NAMED else ""
    return f" So {'do' if len(rest) > 1 else 'does'} {', '.join(rest[:NAMED])}{more}."


# ---- Parameters, mistakes ------------------------------------------------------------------------


def same_parameters(kept):
    holders = defaultdict(list)
    for name, record in kept.items():
        if record.get("parameters"):
            holders[record["parameters"]].append(name)
    for names in holders.values():
        if len(names) <= max(2, CROWD * len(kept)):  # what more have was handed out
            for pair in combinations(names, 2):
                sentence = (
                    "Their parameters W1, b1, W2 and b2 agree to the last bit. Two trainings agree so only if code, "
                    "seed, data and settings are the same."
                )
                yield pair, Evidence("parameters", sentence + others(names, pair), BITS["parameters"])


def same_mistakes(kept):
    """Evidence for each wrong formula, a row of mistakes.md, in a check. What raised or is missing tells nothing."""
    formulas = {identity for function in LINES for identity, *_ in known(function)}
    graded = {name: record["outcomes"] for name, record in kept.items() if record.get("outcomes")}
    holders, told = defaultdict(list), {}
    for name, outcomes in graded.items():
        for check, outcome in outcomes.items():
            if not outcome["passed"] and outcome["mistake"] in formulas:
                holders[check, outcome["mistake"]].append(name)
                for sentence in outcome["claims"][:1]:
                    told.setdefault(outcome["mistake"], sentence)
    if len(graded) < CLASS:
        return
    seen = set()
    for (check, mistake), names in sorted(holders.items(), key=lambda item: len(item[1])):
        if len(names) <= max(2, FEW * len(graded)):
            for pair in combinations(names, 2):
                if (pair, mistake) in seen:  # by another check of the same question
                    continue
                seen.add((pair, mistake))
                sentence = (
                    f"Both have the same rare mistake in {check}, {mistake}, which {len(names)} of {len(graded)} "
                    f"submissions have. The report says: “{told.get(mistake, mistake)}”"
                )
                weight = math.log2(len(graded) / len(names))
                yield pair, Evidence("mistake", sentence + others(names, pair), weight)


# ---- Code ----------------------------------------------------------------------------------------


class Program:
    """A program's lines, as they are compared and shown."""

    def __init__(self, code):
        lines = (line.expandtabs(4)[:LINE] for line in code[:CHARACTERS].splitlines())
        self.lines = "\n".join(lines).strip("\n").split("\n")

    def fingerprints(self):
        """{fingerprint: numbers of the lines that it spans}, function by function: their order does not matter."""
        starts = [k for k, line in enumerate(self.lines) if line.startswith(("def ", "class ", "async def "))]
        lines = DOCSTRING.sub(lambda found: "\n" * found[0].count("\n"), "\n".join(self.lines)).split("\n")
        found = defaultdict(set)
        for start, end in pairwise(sorted({0, *starts, len(lines)})):
            code, at, line = "", [], start  # `at`: the line of each character
            for token in TOKEN.finditer("\n".join(lines[start:end])):
                kind, text = token.lastgroup, token[0]
                kept = {"space": "", "string": "S", "name": text if text in KEPT else "V"}.get(kind, text)
                code += kept
                at += [line] * len(kept)
                line += text.count("\n")
            for k in range(len(code) - LENGTH + 1):
                found[code[k : k + LENGTH]].update(range(at[k], at[k + LENGTH - 1] + 1))
        return found


def drop_usual(programs):
    """{name: the fingerprints that are unusual in this class, with their lines}."""
    found = {name: program.fingerprints() for name, program in programs.items()}
    count = Counter(fingerprint for prints in found.values() for fingerprint in prints)
    usual = {fingerprint for fingerprint, holders in count.items() if holders > max(2, CROWD * len(found))}
    for path in EDITIONS:
        usual.update(Program(path.read_text(encoding="utf-8")).fingerprints())
    return {name: {key: prints[key] for key in prints.keys() - usual} for name, prints in found.items()}


def same_code(unusual):
    """Evidence for programs that share far more unusual code than a program of this class and the closest other do."""
    if len(unusual) < PROGRAMS:
        return
    names = list(unusual)
    shared = count_shared(list(unusual.values()))
    sizes = np.array([len(prints) for prints in unusual.values()])
    np.fill_diagonal(shared, 0)
    parts = shared / np.maximum(np.minimum(sizes[:, None], sizes), UNUSUAL)
    # What a program shares with the one closest to it. The median is robust: a few copies do not raise it.
    typical = np.median(shared.max(axis=1) / np.maximum(sizes, 1))
    if typical > ALIKE:
        return
    for i, j in np.argwhere(np.triu(parts) > 1 - (1 - typical) / 4):
        sentence = (
            f"Of the unusual code of the shorter program, {parts[i, j]:.0%} is in both, whatever its names, comments "
            f"and order. A typical program of this class shares {typical:.0%} with the one closest to it. "
            "The lines are marked."
        )
        yield (names[i], names[j]), Evidence("code", sentence, BITS["code"] * parts[i, j])


def count_shared(sets, block=4096):
    """How many elements each two of `sets` share, as a matrix. Columns are elements, a block at a time."""
    holders = defaultdict(list)
    for k, elements in enumerate(sets):
        for element in elements:
            holders[element].append(k)
    shared = np.zeros((len(sets), len(sets)), np.float32)
    columns = [rows for rows in holders.values() if len(rows) > 1]
    for start in range(0, len(columns), block):
        held = np.zeros((len(sets), block), np.float32)
        for column, rows in enumerate(columns[start : start + block]):
            held[rows, column] = 1
        shared += held @ held.T
    return shared


def lines_alike(unusual, pair):
    """The numbers of the lines with the unusual code that a pair shares."""
    names = pair.first, pair.second
    if any(name not in unusual for name in names):
        return (), ()
    both = unusual[pair.first].keys() & unusual[pair.second].keys()
    return tuple({line for key in both for line in unusual[name][key]} for name in names)


# ---- The page ------------------------------------------------------------------------------------


def similar_page(pairs, kept):
    """The page for staff with each pair's evidence and both programs side by side, as HTML."""
    shown = [
        (
            pair,
            [
                (name, link_to(Entry(name, None)), passages(kept[name].get("code"), lines))
                for name, lines in zip((pair.first, pair.second), pair.lines, strict=True)
            ],
        )
        for pair in pairs
    ]
    return render("similar.html", shown=shown, programs=PROGRAMS, limit=PAIRS)


AROUND, SHOWN = 2, 300  # lines around what is marked; lines of a program at most


def passages(code, marked):
    """A program as [(kind, text)], of kind "marked", "plain" or "left-out": around its marked lines, or all of it."""
    if not code:
        return [("left-out", "There is no assignment2.py.")]
    lines = Program(code).lines
    near = {k for line in marked for k in range(line - AROUND, line + AROUND + 1)} if marked else set(range(len(lines)))
    kinds = ["marked" if k in marked else "plain" if k in near else "left-out" for k in range(len(lines))]
    parts, start = [], 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or kinds[end] != kinds[start]:
            parts.append((kinds[start], lines[start:end]))
            start = end
    out, left = [], SHOWN
    for kind, part in parts:
        cut = part if kind == "left-out" else part[max(0, left) :]
        if kind != "left-out" and left > 0:
            out.append((kind, "\n".join(part[:left])))
        if cut:
            out.append(("left-out", f"{number_of(len(cut), 'line')} left out"))
        left -= 0 if kind == "left-out" else len(part)
    return out
