"""Writes a report as Gradescope's results.json, and as text for a terminal."""

import json
import textwrap

from data.writer import atomic_write

from .grade import DIALECT_NAMES

NOT_YET = "Not graded yet. If you still see this, the grader stopped before it finished. That is our fault, not yours."
BROKEN = (
    "The grader failed; that is no fault of this submission: {reason}\nPlease tell the staff. What was graded before "
    "keeps its points; checks that the grader did not reach are marked."
)
PERSON = "for a person to read; the points stand until then"


# ---- Gradescope ----------------------------------------------------------------------------------


def stub(rubric):
    """A valid result without a point, to be there from the first moment."""
    return {
        "score": 0,
        "output": NOT_YET,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [entry(rubric, check, 0, False, NOT_YET) for check in rubric.checks.values()],
    }


def gradescope(report):
    """The report as Gradescope's results.json: every check is a test of its own, and all are visible."""
    tests = []
    for outcome in report.outcomes.values():
        tests.append(entry(report.rubric, outcome.check, outcome.earned, outcome.passed, said(outcome)))
        if outcome.mistake:
            tests[-1]["extra_data"] = {"mistake": outcome.mistake}
    return {
        "score": report.score,
        "execution_time": round(report.seconds),
        "output": "\n".join(summary(report)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "seed": report.seed,
            "dialect": report.dialect,
            "isolation": report.isolation,
            "grader_failed": report.broken is not None,
        },
    }


def entry(rubric, check, earned, passed, text):
    question = rubric.questions[check.question]
    tests = check.tests.removeprefix("person: ") + (f" ({PERSON})" if check.person else "")
    return {
        "score": earned,
        "max_score": check.points,
        "status": "passed" if passed else "failed",
        "name": f"{question.title}: {tests}",
        "name_format": "text",
        "number": check.question.removeprefix("Q"),
        "output": text,
        "output_format": "text",
        "tags": [check.name],
        "visibility": "visible",
    }


def write(path, result):
    """Write results.json whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


# ---- Text ----------------------------------------------------------------------------------------


def said(outcome):
    return clean("\n".join(filter(None, (outcome.hint, outcome.note))))


def clean(text, limit=3000):
    """Text that student code may have had a hand in, without what a terminal would obey, and bounded."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text[:limit])


def summary(report):
    """The lines on the whole: the grader's own failure, dialect, points that wait for a person, seed, notes."""
    waiting = sum(outcome.earned for outcome in report.outcomes.values() if outcome.check.person)
    lines = [
        f"Graded as {DIALECT_NAMES[report.dialect]}." if report.dialect else "",
        f"{waiting:g} of these points are for the PDF, which a person still reads." if waiting else "",
        f"Every check has run; none is hidden. Seed {report.seed}: repeat these inputs with --seed {report.seed}.",
    ]
    if report.broken:
        lines.insert(0, BROKEN.format(reason=report.broken))
    return [line for line in lines if line] + [clean(f"Note: {note}") for note in report.notes]


def as_text(report, width=110):
    """A question a line: points, what was checked; below it a hint for each check that lost points."""
    lines = []
    for number, question in report.rubric.questions.items():
        outcomes = [outcome for outcome in report.outcomes.values() if outcome.check.question == number]
        worth = sum(outcome.check.points for outcome in outcomes)
        mark = "ok" if all(outcome.passed for outcome in outcomes) else ""
        checked = "; ".join(outcome.check.tests.removeprefix("person: ") for outcome in outcomes)
        head = f"{number:5} {question.title:31} {report.points(number):3g} of {worth:<3g} {mark:3}"
        lines.append(head + textwrap.shorten(checked, width - len(head), placeholder=" …"))
        told = list(dict.fromkeys(outcome.note for outcome in outcomes if outcome.note))
        hints = {}  # a mistake often costs several checks: its hint is said once
        for outcome in outcomes:
            if not outcome.passed:
                hints.setdefault(outcome.hint, []).append(f"-{outcome.check.points:g} {outcome.check.name}")
        told += [f"{', '.join(costs)}: {hint}" for hint, costs in hints.items()]
        for paragraph in clean("\n".join(told)).splitlines():
            lines += textwrap.wrap(paragraph, width, initial_indent=" " * 6, subsequent_indent=" " * 9)
    total = sum(check.points for check in report.rubric.checks.values())
    lines += ["", f"{report.name}: {report.score:g} of {total:g} points", *summary(report)]
    if report.printed:
        lines += ["", "What the code printed, the beginning of it:", *clean(report.printed).splitlines()[:10]]
    return "\n".join(lines)
