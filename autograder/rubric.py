"""Reads the rubric: the tables of rubric.md, and nothing of it in code."""

from dataclasses import dataclass
from pathlib import Path

RUBRIC = Path(__file__).with_name("rubric.md")
DIALECTS = ("handout", "later")  # January 2025; 2025 fall and 2026


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
    tests: str
    tolerance: float
    on_failure: str

    @property
    def person(self):
        """Whether the points wait for a person's reading."""
        return self.tests.startswith("person")


@dataclass(frozen=True)
class Rubric:
    questions: dict  # number -> Question, in order
    checks: dict  # name -> Check
    dialect: str = None  # pinned

    def of(self, question):
        """The checks of a question, by its number."""
        return [check for check in self.checks.values() if check.question == question]


def read_rubric(path=RUBRIC):
    """The rubric in the Markdown file `path`. Raises ValueError if a row is wrong or the points are not 100 in all."""
    settings, questions, checks = {}, {}, {}
    shapes = {"setting": 3, "question": 4, "check": 6}  # a table is known by its first heading
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
            if len(cells) != shapes[table]:
                raise ValueError(f"{len(cells)} cells, not {shapes[table]}")
            if table == "setting":
                settings[cells[0]] = cells[1]
            elif table == "question":
                questions[cells[0]] = Question(*cells[:3], float(cells[3]))
            else:
                name, question, points, tests, tolerance, on_failure = cells
                if question not in questions:
                    raise ValueError(f"there is no question {question}")
                checks[name] = Check(name, question, float(points), tests, float(tolerance), on_failure)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    total = sum(check.points for check in checks.values())
    if total != 100:
        raise ValueError(f"{path}: the points sum to {total:g}, not 100")
    dialect = settings.get("dialect", "any")
    if dialect not in ("any", *DIALECTS):
        raise ValueError(f"{path}: dialect is {dialect!r}, not one of any, {', '.join(DIALECTS)}")
    return Rubric(questions, checks, None if dialect == "any" else dialect)
