"""Writes a report as Gradescope's results.json, and as text for a terminal."""

import json
import os
import re
import shutil
import sys
import textwrap
from dataclasses import asdict

from data.writer import atomic_write

from .edition import AXES

NOT_YET = "Not graded yet. If you still see this, the grader stopped before it finished. That is our fault, not yours."
BROKEN = (
    "The grader failed; that is no fault of this submission: {reason}\nPlease tell the staff. What was graded before "
    "keeps its points; checks that the grader did not reach are marked."
)
EDITION_NAMES = {
    "january": "the edition of January 2025",
    "later": "the later template, in use since June 2025",
    "mixed": "a mixture of the course's documents",
}


# ---- Gradescope ----------------------------------------------------------------------------------


def stub(rubric):
    """A valid result without a point, to be there from the first moment."""
    return {
        "score": 0,
        "output": NOT_YET,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            entry(rubric, check, NOT_YET) | {"status": "failed"} for check in rubric.checks.values() if check.points
        ],
    }


def gradescope(report):
    """The report as Gradescope's results.json: every check is a test of its own, and all are visible.

    A check without points is switched off, and not shown; so it is in the text.
    """
    return {
        "score": report.score,
        "execution_time": round(report.seconds),
        "output": clean("\n".join([*summary(report), *(f"Note: {note}" for note in report.notes)]), 20_000),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            entry(report.rubric, o.check, told(report, o), o) for o in report.outcomes.values() if o.check.points
        ],
        "extra_data": {
            "edition": report.edition.name if report.edition else None,
            **(asdict(report.edition) if report.edition else dict.fromkeys(AXES)),
            "pending": report.pending,
            "seed": report.seed,
            "isolation": report.isolation,
            "grader_failed": report.broken is not None,
            "staff": [clean(note) for note in report.staff],
        },
    }


def entry(rubric, check, text, outcome=None):
    """A check as a test. Points that a person still gives are in its name and in extra_data, not in its score."""
    name, extra = f"{rubric.questions[check.question].title}: {check.tests}", {}
    if outcome and outcome.mistake:
        extra["mistake"] = outcome.mistake
    waits = check.person and not (outcome and outcome.mark)
    if waits:
        name += f" ({check.points:g} point{'s' * (check.points != 1)}: a person decides)"
        extra["pending"] = check.points if outcome and outcome.passed else 0
    passed = outcome and (outcome.mark.points == check.points if outcome.mark else outcome.passed)
    judged = outcome and not (waits and passed)  # what a person has not judged has neither status
    return {
        "score": outcome.earned if outcome else 0,
        "max_score": 0 if waits else check.points,
        **({"status": "passed" if passed else "failed"} if judged else {}),
        "name": name,
        "name_format": "text",
        "number": check.question.removeprefix("Q"),
        "output": text,
        "output_format": "text",
        "tags": [check.name],
        "visibility": "visible",
        "extra_data": extra,
    }


def told(report, outcome):
    return clean("\n".join(filter(None, (given(outcome), reason(report, outcome), outcome.example, outcome.note))))


def given(outcome):
    """What a person gave, and said."""
    if not outcome.mark:
        return ""
    said = f"{outcome.mark.points:g} of {outcome.check.points:g} points, given by the staff."
    return f"{said} {outcome.mark.comment}".strip()


def reason(report, outcome):
    """Why a check failed. If several fail for one reason, the first holds the hint, and the others name the first."""
    if outcome.passed or outcome.hint:
        return hint_of(outcome)
    answered = report.rubric.answered_by(report.rubric.questions[outcome.check.question].function)
    others = [report.outcomes[check.name] for check in answered if check.name in report.outcomes]
    same = [f"{o.check.question}: {o.check.tests}" for o in others if o.hint and o.mistake == outcome.mistake]
    return f"For the same reason as {same[0]}." if same else ""


def hint_of(outcome):
    """The hint, with each sentence on a line of its own if one of them shows lines of code."""
    return "\n".join(s for s, _ in outcome.claims) if "\n" in outcome.hint else outcome.hint


def write(path, result):
    """Write results.json whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


# ---- Text ----------------------------------------------------------------------------------------

MARKS = ("✓", "✗", "·")  # nothing lost, points lost, a person decides
PLAIN_MARKS = ("+", "x", "-")  # for a code page that lacks those
GREEN, RED, BOLD, DIM = "32", "31", "1", "2"
INDENT = " " * 8
NARROW = 24  # columns; with fewer to the right of the points, what is said of a question goes below them


def show(report):
    """Print the report as the terminal allows: its width, its colours, its letters."""
    width = max(40, min(120, shutil.get_terminal_size((100, 24)).columns))
    try:
        "".join(MARKS).encode(sys.stdout.encoding)
        marks = MARKS
    except UnicodeEncodeError:
        marks = PLAIN_MARKS
    print(as_text(report, width, sys.stdout.isatty() and not os.environ.get("NO_COLOR"), marks))


def clean(text, limit=3000):
    """Text that student code may have had a hand in, without what a terminal would obey, and bounded."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text[:limit])


def summary(report):
    """The lines on the whole: the grader's own failure, how the axes were read, pending points, the seed."""
    lines = [BROKEN.format(reason=clean(report.broken))] if report.broken else []
    if report.edition:
        lines.append(f"Graded as {EDITION_NAMES[report.edition.name]}:")
        lines += [f"  {line}" for line in report.edition.described()]
    if report.pending:
        points = f"{report.pending:g} points are" if report.pending != 1 else "1 point is"
        lines.append(f"{points} pending: a person decides on the PDF and the comments.")
    whole = len(report.outcomes) == len(report.rubric.checks)
    every = "Every check has run; none is hidden. " if whole and not report.broken else ""
    return [*lines, f"{every}`--seed {report.seed}` repeats this run."]


def as_text(report, width=100, colour=False, marks=MARKS):
    """The questions that lost points with what is wrong, then the others, a line each; at most `width` columns."""
    lost, others, shown, calls = {}, [], [], set()
    for number in report.rubric.questions:
        outcomes = [o for o in report.outcomes.values() if o.check.question == number and o.check.points]
        if not outcomes:  # not asked for, or switched off
            continue
        shown.append(number)
        head = headline(report.rubric, number, outcomes, width, colour, marks)
        if all(outcome.passed for outcome in outcomes):
            others += head
        else:  # a cause that several questions share is said once, below all of them
            lost.setdefault("\n".join(problems(report, outcomes, width, colour, calls)), []).extend(head)
    sections = [[*heads, *cause.splitlines()] for cause, heads in lost.items()]
    sections += [others, wrap("\n".join(summary(report)), width, "", "    ")]
    sections.append([line for note in report.notes for line in wrap(f"Note: {note}", width, "", "  ")])
    if report.staff:
        sections.append(["For staff:", *(line for note in report.staff for line in wrap(note, width, "  ", "  "))])
    if report.printed:
        printed = re.sub(r"\S*/submission/", "", report.printed)  # a folder whose name is by chance
        printed = "\n".join(clean(printed).splitlines()[:10])
        sections.append(["What the code printed, the beginning of it:", *wrap(printed, width, "  ", "  ")])
    pending = f", {report.pending:g} pending" if any(o.check.person for o in report.outcomes.values()) else ""
    alone = f" ({', '.join(shown)})" if len(report.outcomes) < len(report.rubric.checks) else ""
    sections.append(wrap(f"{report.name}{alone}: {report.score:g} of {report.most:g} points{pending}", width, "", ""))
    return "\n\n".join("\n".join(section) for section in sections if section)


def headline(rubric, number, outcomes, width, colour, marks):
    """A question's mark, title and points, and in its second column how its checks went."""
    waits = [outcome.check for outcome in outcomes if outcome.check.person and outcome.passed]
    most = sum(outcome.check.points for outcome in outcomes if not outcome.check.person)
    earned = f"{sum(outcome.earned for outcome in outcomes):g} of {most:g}" if most else ""
    waiting = f"{sum(check.points for check in waits):g} pending" if waits or not most else ""
    title = max(len(question.title) for question in rubric.questions.values())
    head = f" {number:5} {rubric.questions[number].title:{title}}  {', '.join(filter(None, (earned, waiting))):10}  "
    room = width - len(head) - 1
    beside = room >= NARROW  # or else below
    room = room if beside else width - len(INDENT)
    failures = sum(not outcome.passed for outcome in outcomes)
    notes = [] if waits else list(dict.fromkeys(outcome.note for outcome in outcomes if outcome.note))
    notes = [clean(note) for note in notes if not any(note in outcome.hint for outcome in outcomes)]
    if failures:
        some = f"{failures} of {len(outcomes)} {'checks failed' if most else 'find nothing'}"
        state, tone, text = 1, RED, some if most or failures < len(outcomes) else "nothing to judge"
    elif waits:
        state, tone, text = 2, BOLD, "a person decides"
    elif notes and len(notes[0]) <= room:
        state, tone, text = 0, GREEN, notes.pop(0)
    else:
        state, tone, text = 0, GREEN, passed([outcome.check.tests for outcome in outcomes], room)
    lines = [marks[state] + head + text] if beside else [marks[state] + head.rstrip(), INDENT + text]
    lines += wrap("\n".join(notes), width, INDENT, INDENT)
    return [paint(marks[state], tone, colour) + lines[0][1:], *lines[1:]]


def passed(tests, room):
    """As many of what was tested as fit on a line, whole, and how many more."""
    named = []
    for test in tests:
        left = len(tests) - len(named) - 1
        if len("; ".join([*named, test, *[f"and {left} more"] * (left > 0)])) <= room:
            named.append(test)
    left = len(tests) - len(named)
    return "; ".join([*named, *[f"and {left} more"] * (left > 0)]) if named else f"all {left} checks passed"


def problems(report, outcomes, width, colour, calls):
    """What is wrong in a question: the failed checks of each cause, what is said of it, and the call that shows it.

    calls: those shown so far, since none is shown twice.
    """
    causes = []
    for outcome in outcomes:
        if outcome.passed:
            continue
        shared = (c for c in causes if outcome.mistake == c[0].mistake and outcome.hint in ("", c[0].hint))
        cause = next(shared, None)
        if cause:
            cause.append(outcome)
        else:
            causes.append([outcome])
    lines = []
    for cause in causes:
        if len(cause) < len(outcomes):
            points = sum(outcome.check.points for outcome in cause)
            cost = f"({points:g})" if cause[0].check.person else f"-{points:g}"
            tests = "; ".join(outcome.check.tests for outcome in cause)
            first, *more = wrap(tests, width, f"    {cost:4}", INDENT)
            lines += [first.replace(cost, paint(cost, RED, colour), 1), *more]
        lines += wrap(reason(report, cause[0]), width, INDENT, INDENT)
        call, returned, value = next((o.example for o in cause if o.example), "").partition(" returned ")
        call = call.removeprefix("In the call ")
        example = f"{'the same call' if call in calls else call}\n{returned.strip()} {value}"
        calls |= {call} - {""}
        lines += [paint(line, DIM, colour) for line in wrap(example, width, INDENT + "  ", INDENT + "    ")]
    return lines


def wrap(text, width, first, more):
    """The lines of a text, each wrapped by itself: `first` before a line, `more` before what does not fit on it."""
    return [
        piece
        for line in clean(text).splitlines()
        for piece in textwrap.wrap(line, width, initial_indent=first, subsequent_indent=more)
    ]


def paint(text, code, colour):
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
