"""Writes the pages for people: one for each student, one for the class. Each is one HTML file that needs nothing else.

Everything that is shown is escaped as it enters the page, and letters that would not be seen, or would turn the text
around them, are written out (\\x1b, \\u202e).
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import inputs
from ..explain import STATE
from ..mistakes import LINES, known
from ..results import BROKEN, EDITION_NAMES

JOINERS = "\u200c\u200d"  # without width, but a part of how names in Persian or Hindi are written
BINS = 10  # of a histogram, or one for each whole point if there are fewer
FEW = 8  # names are listed at once if there are no more

CANNOT_BE_CALLED = {"not_loaded", "missing", "late", "died"}  # what stands in the place of every answer
CONSEQUENCES = {"none_right", "grader"}  # of another mistake, or the grader's own


def visible(value):
    """Text with control characters, marks of direction and lone surrogates written out; other values as they are."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") and letter not in "\n\t" + JOINERS
        else letter
        for letter in value
    )


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=visible,
)


def number_of(count, noun):
    return f"{count:g} {noun}{'s' * (count != 1)}"


ENVIRONMENT.filters["number_of"] = number_of


def render(template, **values):
    """The page that a template makes of the values."""
    return ENVIRONMENT.get_template(template).render(values)


def shown_name(entry):
    return entry.student or entry.name


def link_to(entry):
    """The address of a student's page, as the class page links to it."""
    return f"students/{quote(entry.name, safe='')}.html"


# ---- A student -----------------------------------------------------------------------------------


def student_page(rubric, row, command):
    """The page of one entry of the class, for the student: what was lost and why first, then how everything was read.

    command: what grades the submission again, as text.  Nothing of what is for staff alone is on it.
    """
    report = row.report
    questions = list(questions_of(rubric, report)) if report else []
    return render(
        "student.html",
        row=row,
        report=report,
        name=shown_name(row.entry),
        command=command,
        broken=BROKEN.format(reason=report.broken) if report and report.broken else "",
        causes=causes_of(report) if report else [],
        questions=questions,
        marked=[outcome for outcome in report.outcomes.values() if outcome.mark] if report else [],
        waiting=list(filter(waits, report.outcomes.values())) if report else [],
        edition=EDITION_NAMES[report.edition.name] if report and report.edition else "",
    )


def lost(outcome):
    """The points that a check cost, by a person's word if there is one. What waits for a person has cost nothing."""
    if outcome.mark:
        return outcome.check.points - outcome.mark.points
    return 0 if outcome.passed else outcome.check.points


def waits(outcome):
    """Whether a person has yet to decide."""
    return outcome.check.person and outcome.passed and not outcome.mark


@dataclass
class Cause:
    """Why points were lost: what is said of it, and the checks that it cost, which may be of several questions."""

    sentences: dict = field(default_factory=dict)  # as an ordered set
    outcomes: list = field(default_factory=list)
    again: bool = False  # its call is that of an earlier one

    @property
    def points(self):
        return sum(map(lost, self.outcomes))

    @property
    def questions(self):
        return list(dict.fromkeys(outcome.check.question for outcome in self.outcomes))

    @property
    def notes(self):
        return list(dict.fromkeys(outcome.note for outcome in self.outcomes if outcome.note and not outcome.mark))

    @property
    def call(self):
        """The first call that shows it, and what came back."""
        example = next((outcome.example for outcome in self.outcomes if outcome.example), "")
        call, _, returned = example.removeprefix("In the call ").partition(" returned ")
        return call, returned

    @property
    def pasted(self):
        """The call as lines to paste, or nothing if it is too large to be shown in full."""
        call, _ = self.call
        if not call or re.search(r"\w \(", call):  # X (3, 400)
            return ""
        return f"import numpy as np\nfrom assignment2 import {call.partition('(')[0]}\n\nprint({call})"


def causes_of(report):
    """Each Cause once, in the order of the questions. A check whose hint was said before belongs to that one."""
    causes = {}
    for outcome in report.outcomes.values():
        if lost(outcome) <= 0:
            continue
        sentences = tuple(sentence for sentence, _ in outcome.claims)
        if outcome.passed or outcome.check.person:  # a person's marks are not alike because a machine's words are
            key = outcome.check.name
        else:
            about = report.rubric.answered_by(report.rubric.questions[outcome.check.question].function)
            before = [report.outcomes[check.name] for check in about if check.name in report.outcomes]
            same = next((o.claims for o in before if o.claims and o.mistake == outcome.mistake), ())
            sentences = sentences or tuple(sentence for sentence, _ in same)
            key = (outcome.mistake, None if outcome.mistake == "missing" else sentences)
        cause = causes.setdefault(key, Cause())
        cause.sentences |= dict.fromkeys(sentences)
        cause.outcomes.append(outcome)
    order, calls = list(report.rubric.questions), set()
    found = sorted(causes.values(), key=lambda cause: order.index(cause.questions[0]))
    for cause in found:
        cause.again = cause.call[0] in calls
        calls.add(cause.call[0])
    return found


def questions_of(rubric, report):
    """For each question that has points: (Question, outcomes, the most that can be earned so far, pending points)."""
    for number, question in rubric.questions.items():
        outcomes = [o for o in report.outcomes.values() if o.check.question == number and o.check.points]
        if outcomes:
            most = sum(o.check.points for o in outcomes if o.mark or not o.check.person)
            pending = sum(o.check.points for o in outcomes if waits(o))
            yield question, outcomes, most, pending


# ---- The class -----------------------------------------------------------------------------------

STATES = {  # every row is in one of them
    "full": "full points",
    "lost": "lost points",
    "unloaded": "did not load",
    "nothing": "nothing handed in",
    "failed": "grader failed",
    "waiting": "not graded yet",
}
FLAGS = {"pending": "pending", "late": "late"}


class Line:
    """A row of the class as the page shows it."""

    def __init__(self, row, rubric):
        self.row, self.rubric, self.entry, self.report = row, rubric, row.entry, row.report
        self.name, self.link = shown_name(row.entry), link_to(row.entry)
        self.state = self.state_of()
        self.flags = [flag for flag, holds in (("pending", self.pending), ("late", row.entry.late)) if holds]

    def state_of(self):
        if self.row.word == "the grader failed":
            return "failed"
        if not self.report:
            return "nothing" if self.row.refused else "waiting"
        if self.unloaded:
            return "unloaded"
        return "full" if self.report.score >= self.report.most else "lost"

    @property
    def unloaded(self):
        """The first outcome of the functions, if none of them could be called; else None."""
        outcomes = [o for o in self.report.outcomes.values() if is_function(self.rubric, o.check)]
        nothing = outcomes and all(not o.passed and o.mistake in CANNOT_BE_CALLED for o in outcomes)
        return outcomes[0] if nothing else None

    @property
    def why(self):
        """Why there are no points, or few: for a row that is not graded, or did not load."""
        if self.state == "unloaded":  # the first notes say which lines of the file failed
            return " ".join([self.unloaded.hint, *self.report.notes[:2]])
        return self.row.trouble or (self.report.broken if self.report else "") or self.row.refused

    @property
    def word(self):
        return STATES["unloaded"] if self.state == "unloaded" else self.row.word

    @property
    def pending(self):
        return self.report.pending if self.report else 0

    @property
    def edition(self):
        return self.report.edition.name if self.report and self.report.edition else ""

    def points(self, question):
        """The points of a question as text: nothing if a person has yet to decide on all of it."""
        outcomes = [o for o in self.report.outcomes.values() if o.check.question == question]
        return "" if all(map(waits, outcomes)) else f"{self.report.points(question):g}"


def is_function(rubric, check):
    """Whether a check is about a function, not about a file."""
    return not check.person and "." not in rubric.questions[check.question].function


def class_page(rubric, rows, facts, similar=0):
    """The page of the class: figures, everyone, who has nothing to be judged, and the common mistakes.

    facts: {name: text} shown at the top.  similar: the number of pairs on similar.html, if there is that page.
    """
    lines = sorted((Line(row, rubric) for row in rows), key=lambda line: (line.name.casefold(), line.entry.name))
    judged = [line for line in lines if line.state in ("full", "lost", "unloaded")]
    reports = [line.report for line in judged]
    figures = {"entries": len(lines), "graded": len(judged)}
    charts, counted = [], decided(rubric, reports)
    most = most_by_question(rubric, counted)
    if judged:
        scores = [sum(report.outcomes[check.name].earned for check in counted) for report in reports]
        figures |= {"mean": f"{mean(scores):.1f}", "median": f"{median(scores):g}"}
        figures["full points"] = sum(line.state == "full" for line in lines)
        charts.append(chart("All questions", scores, sum(most.values())))
        for number, points in most.items():
            checks = [check.name for check in counted if check.question == number]
            earned = [sum(report.outcomes[name].earned for name in checks) for report in reports]
            charts.append(chart(f"{number} {rubric.questions[number].title}", earned, points))
    return render(
        "class.html",
        lines=lines,
        figures=figures,
        facts=facts,
        similar=similar,
        columns=[number for number in rubric.questions if any(gives_points(line.report, number) for line in lines)],
        charts=charts,
        states=STATES,
        flags=FLAGS,
        count=Counter(tag for line in lines for tag in (line.state, *line.flags)),
        editions={name: count for name in EDITION_NAMES if (count := sum(line.edition == name for line in lines))},
        apart={state: [line for line in lines if line.state == state] for state in ("unloaded", "nothing", "failed")},
        mistakes=common_mistakes(rubric, judged),
        few=FEW,
    )


def decided(rubric, reports):
    """The checks whose points are known of every report: a machine's, and those that persons have been through."""
    outcomes = {name: [report.outcomes[name] for report in reports] for name in rubric.checks}
    return [
        check
        for name, check in rubric.checks.items()
        if not check.person or any(o.mark for o in outcomes[name]) and not any(map(waits, outcomes[name]))
    ]


def most_by_question(rubric, checks):
    most = {number: sum(check.points for check in checks if check.question == number) for number in rubric.questions}
    return {number: points for number, points in most.items() if points}


def gives_points(report, question):
    """Whether anyone, machine or person, has given points in a question or could have."""
    outcomes = [o for o in report.outcomes.values() if o.check.question == question] if report else []
    return any(o.check.points and (o.mark or not o.check.person) for o in outcomes)


WIDTH, HEIGHT, BASE, TOP = 280, 110, 92, 18  # of a histogram; BASE is where the bars stand, TOP leaves room for a count


def chart(title, values, full):
    """A histogram of points: what the template draws, and the same in words. The last bin is full points alone."""
    bins = max(1, int(min(full, BINS)))
    counts = [0] * (bins + 1)
    for value in values:
        counts[int(value / full * bins) if value < full else bins] += 1
    step, edges = WIDTH / (bins + 1), [f"{full * k / bins:.3g}" for k in range(bins + 1)]
    whole = bins == full  # a bin for each number of points
    words = [
        f"{edges[k]}{'' if whole or k == bins else f' to less than {edges[k + 1]}'} points: {count}"
        for k, count in enumerate(counts)
        if count
    ]
    bars = [
        {"x": k * step, "tall": (BASE - TOP) * count / max(counts), "count": count}
        for k, count in enumerate(counts)
        if count
    ]
    ticks = [(k * step + step / 2, edges[k]) for k in range(bins + 1) if bins < BINS or k % 2 == 0]
    said = f"mean {mean(values):.1f} of {full:g}"
    return {"title": title, "said": said, "words": "; ".join(words), "step": step, "bars": bars, "ticks": ticks}


# ---- Common mistakes -----------------------------------------------------------------------------

# What is said in class of mistakes whose hints hold names, shapes or words of one student.
GENERAL = {
    "not_loaded": "{function} could not be loaded.",
    "missing": "Nothing called {function} was handed in.",
    "late": "{function} did not answer in time: is there an endless loop?",
    "died": "Python ended before {function} answered: too much memory, or a call that ends Python?",
    "unanswered": "{function} gave no answer.",
    "unreadable": "What {function} returned could not be read.",
    "raised": "{function} raised an error.",
    "none": "{function} returned None: is there a `return`?",
    "type": "{function} returned something else than numbers or numpy arrays.",
    "count": "{function} returned another number of values than the question asks for.",
    "shape": "The answer of {function} has the wrong shape.",
    "nan": "The answer of {function} holds NaN or infinity.",
    "values": "The answer of {function} has the right shape, and wrong values.",
    "factor": "The answer of {function} is a multiple of what it should be, the same each time: is a factor missing?",
    "mutated": "{function} changed the arrays that it was given.",
    "signature": "The arguments of {function} have other names, or another order, than the handout's: {order}.",
    "state": STATE,
    "pkl.unreadable": "{function} does not open.",
    "pkl.type": "{function} holds something else than a dict.",
    "pkl.keys": "{function} has other keys than W1, W2, b1 and b2.",
    "pdf.unreadable": "{function} does not open.",
}


@dataclass
class Mistake:
    question: object  # rubric.Question
    identity: str
    text: str
    lines: list


def common_mistakes(rubric, lines):
    """Each Mistake, the most common first. Of those that did not load only what was wrong with their files counts."""
    made = {}
    for line in lines:
        for outcome in line.report.outcomes.values():
            if outcome.passed or not outcome.mistake or outcome.mistake in CONSEQUENCES or not outcome.check.points:
                continue
            if line.state == "unloaded" and (
                is_function(rubric, outcome.check) or outcome.check.name.startswith("code")
            ):
                continue
            made.setdefault((outcome.check.question, outcome.mistake), []).append((line, outcome))
    found = []
    for (number, identity), pairs in made.items():
        question = rubric.questions[number]
        texts = Counter(in_class(question, outcome) for _, outcome in pairs)
        who = list({id(line): line for line, _ in pairs}.values())
        found.append(Mistake(question, identity, texts.most_common(1)[0][0], who))
    order = list(rubric.questions)
    return sorted(found, key=lambda mistake: (-len(mistake.lines), order.index(mistake.question.number)))


def in_class(question, outcome):
    """What to say in class of a failed check: the grader's and the rubric's own words, and nothing of a student's."""
    sentences = [sentence for sentence, _ in outcome.claims]
    if sentences and outcome.mistake in {row[0] for function in LINES for row in known(function)}:
        return sentences[0]
    if sentences and (outcome.mistake.startswith("train.") or outcome.mistake == "pkl.data"):
        return sentences[-1]  # the first may hold the figures of one student
    general = GENERAL.get(outcome.mistake.rpartition(".")[2] if "factor" in outcome.mistake else outcome.mistake, "")
    order = ", ".join(inputs.ORDER.get(question.function, ()))
    told = [] if general == STATE or outcome.mistake in ("missing", "signature") else [outcome.check.told]
    return " ".join(filter(None, [general.format(function=question.function, order=order), *told]))
