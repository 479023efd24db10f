"""Reads the rubric: the tables of rubric.md, and nothing of it in code."""

from dataclasses import dataclass
from pathlib import Path

from .edition import AXES, EDITIONS, pins_of

RUBRIC = Path(__file__).with_name("rubric.md")
COLUMNS = {"setting": 3, "question": 4, "check": 7}  # a table is known by its first heading


@dataclass(frozen=True)
class Question:
    number: str  # "Q1.1"
    title: str
    function: str  # or the file that answers it
    seconds: float


@dataclass(frozen=True)
class Check:
    name: str  # "sigmoid.values"
    question: str  # a Question's number
    points: float
    by: str  # "machine" or "person"
    tests: str
    tolerance: float
    told: str

    @property
    def person(self):
        """Whether a person gives the points."""
        return self.by == "person"


@dataclass(frozen=True)
class Rubric:
    questions: dict  # number -> Question, in order
    checks: dict  # name -> Check
    pins: dict  # axis -> the reading that the course insists on

    def of(self, question):
        """The checks of a question, by its number."""
        return [check for check in self.checks.values() if check.question == question]

    def answered_by(self, function):
        """The checks of the questions that a function or a file answers."""
        numbers = {question.number for question in self.questions.values() if question.function == function}
        return [check for check in self.checks.values() if check.question in numbers]


def read_rubric(path=RUBRIC):
    """The rubric in the Markdown file `path`. Raises ValueError, with the line, for whatever is wrong with it."""
    settings, questions, checks = {}, {}, {}
    table = None
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            table = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if table is None:
            table = cells[0]
            continue
        if set(line) <= set("|-: "):
            continue
        try:
            if len(cells) != COLUMNS[table]:
                raise ValueError(f"{len(cells)} cells, not {COLUMNS[table]}")
            if table == "setting":
                settings[cells[0]] = cells[1]
            elif table == "question":
                questions[cells[0]] = Question(*cells[:3], float(cells[3]))
            else:
                checks[cells[0]] = read_check(cells, questions)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    total = sum(check.points for check in checks.values())
    if total != 100:
        raise ValueError(f"{path}: the points sum to {total:g}, not 100")
    if Path(path) != RUBRIC:
        known = read_rubric().checks
        for name in [*known, *checks]:
            if name not in checks:
                raise ValueError(f"{path}: the row of {name} is missing; to switch it off, give it 0 points")
            if name not in known:
                raise ValueError(f"{path}: there is no check {name!r}; the checks are {', '.join(known)}")
    return Rubric(questions, checks, read_pins(settings, path))


def read_check(cells, questions):
    name, question, points, by, tests, tolerance, told = cells
    if question not in questions:
        raise ValueError(f"there is no question {question}")
    if by not in ("machine", "person"):
        raise ValueError(f"by is {by!r}, not machine or person")
    return Check(name, question, float(points), by, tests, float(tolerance), told)


def read_pins(settings, path):
    allowed = {"edition": EDITIONS, **AXES}
    for name, value in settings.items():
        if name not in allowed or value not in ("any", *allowed[name]):
            values = f"not one of any, {', '.join(allowed[name])}" if name in allowed else "which is no setting"
            raise ValueError(f"{path}: {name} is {value!r}, {values}")
    pins = pins_of(settings.get("edition", "any"))
    return pins | {axis: settings[axis] for axis in AXES if settings.get(axis, "any") != "any"}
