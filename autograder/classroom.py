"""Grades a class: a process a core, a report a submission, a table and a page for the staff.

OUT/reports/NAME.json   what results.json holds, for each submission; one that is there already is not graded again
OUT/points.csv          points by question, a submission a line
OUT/summary.html        the distribution of each question, which mistakes were common, and whose
"""

import csv
import hashlib
import html
import json
import os
import sys
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from statistics import mean, median

from joblib import Parallel, delayed
from tqdm import tqdm

from data.writer import atomic_write

from .edition import EDITIONS
from .grade import grade
from .results import gradescope, stub, write
from .rubric import read_rubric
from .sandbox import GraderError, Sandbox
from .submission import NotASubmission


def grade_class(folder, out, rubric_path, edition=None, isolation=None, seed=None, jobs=-1):
    """Grade every submission in `folder` into `out`. Returns the exit status: 0, or 3 where the grader failed on one.

    Can be stopped at any time: the same call goes on where it stopped. Raises NotASubmission for an empty folder.
    """
    paths = sorted(
        path
        for path in Path(folder).iterdir()
        if not path.name.startswith(".") and (path.is_dir() or path.suffix.lower() in (".zip", ".py", ".ipynb"))
    )
    if not paths:
        raise NotASubmission(f"{folder}: no folder, zip, notebook or .py file in it")
    reports = Path(out, "reports")
    reports.mkdir(parents=True, exist_ok=True)
    rubric = read_rubric(rubric_path)
    asked = {"rubric": hashlib.sha256(Path(rubric_path).read_bytes()).hexdigest(), "edition": edition, "seed": seed}
    tasks = [(path, reports / f"{path.name}.json", {**asked, "submission": fingerprint(path)}) for path in paths]
    left = [task for task in tasks if not is_graded(*task[1:])]
    work = Parallel(n_jobs=min(jobs, len(left)) if jobs > 0 else jobs, return_as="generator_unordered", batch_size=1)(
        delayed(grade_one)(*task, rubric_path, isolation) for task in left
    )
    try:
        for _ in tqdm(
            work, total=len(tasks), initial=len(tasks) - len(left), desc="grading", unit="submission", disable=None
        ):
            pass
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on with those that have no report in {reports}", file=sys.stderr)
        return 130
    graded = {path.name: json.loads(report.read_text(encoding="utf-8")) for path, report, _ in tasks}
    write_points(Path(out, "points.csv"), rubric, graded)
    with atomic_write(Path(out, "summary.html")) as temporary:
        temporary.write_text(page(rubric, graded), encoding="utf-8")
    broken = [name for name, result in graded.items() if result["extra_data"]["grader_failed"]]
    written = f"{Path(out, 'points.csv')}, {Path(out, 'summary.html')}"
    print(f"{len(left)} graded, {len(tasks) - len(left)} graded before: {written}")
    if broken:
        print(f"the grader itself failed on {', '.join(broken)}; the same command tries again", file=sys.stderr)
    return 3 if broken else 0


def fingerprint(path):
    """What changes when a submission does: names, sizes and times of its files."""
    files = sorted(Path(root, name) for root, _, names in os.walk(path) for name in names) if path.is_dir() else [path]
    facts = [(str(file), status.st_size, status.st_mtime_ns) for file in files for status in [os.lstat(file)]]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def is_graded(report, asked):
    """Whether there is a report of just this, which the grader did not fail on."""
    try:
        extra = json.loads(report.read_text(encoding="utf-8"))["extra_data"]
    except (OSError, ValueError, KeyError):
        return False
    return extra["asked"] == asked and not extra["grader_failed"]


@lru_cache
def cell(isolation):
    """This process's host, for all the submissions that it grades. It ends with the process."""
    return Sandbox(isolation)


def grade_one(path, target, asked, rubric_path, isolation):
    """Grade one submission and write its report. Whatever happens, there is one."""
    rubric = read_rubric(rubric_path)
    try:
        result = gradescope(grade(path, asked["seed"], asked["edition"], rubric, cell(isolation)))
    except NotASubmission as error:
        result = {
            **stub(rubric),
            "output": f"There is nothing to grade: {error}",
            "extra_data": {"grader_failed": False},
        }
    except (GraderError, Exception) as error:
        result = {
            **stub(rubric),
            "output": f"The grader failed: {type(error).__name__}: {error}",
            "extra_data": {"grader_failed": True},
        }
    result["extra_data"]["asked"] = asked
    write(target, result)


# ---- The table, the page -------------------------------------------------------------------------


def machine_points(rubric):
    """{question: the points that a machine gives in it}, without the questions that a person judges."""
    points = {
        number: sum(check.points for check in rubric.of(number) if not check.person) for number in rubric.questions
    }
    return {number: most for number, most in points.items() if most}


def points_of(rubric, result):
    """Points by question of one result, for the questions in which a machine gives points."""
    points = dict.fromkeys(machine_points(rubric), 0)
    for test in result["tests"]:
        if test["max_score"]:
            points["Q" + test["number"]] += test["score"]
    return points


def write_points(path, rubric, graded):
    with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["submission", "total", *machine_points(rubric), "pending", "edition", "seed", "grader_failed"])
        for name, result in graded.items():
            extra = result["extra_data"]
            table.writerow(
                [
                    name,
                    result["score"],
                    *points_of(rubric, result).values(),
                    extra.get("pending", 0),
                    extra.get("edition") or "",
                    extra.get("seed", ""),
                    "yes" if extra["grader_failed"] else "",
                ]
            )


STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --paper: #fff; --quiet: #667; --bar: #3366a0; --rule: #d8d8de; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --paper: #17181b; --quiet: #9a9aa6; --bar: #7fa8dc; --rule: #3a3b42; }
}
body {
  font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
}
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; } p.quiet, td.quiet { color: var(--quiet); }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; }
dt { color: var(--quiet); font-size: .85rem; } dd { margin: 0; font-size: 1.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1.4rem; }
figure { margin: 0; display: flex; flex-direction: column; justify-content: flex-end; }
figcaption { font-weight: 600; } figcaption span { font-weight: 400; color: var(--quiet); }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--ink); }
rect { fill: var(--bar); } line { stroke: var(--rule); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-top: 1px solid var(--rule); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; white-space: nowrap; }
.scroll { overflow-x: auto; }
"""


def page(rubric, graded):
    """The summary as one HTML file that needs nothing else."""
    scores = [result["score"] for result in graded.values()]
    most = machine_points(rubric)
    full = sum(most.values())
    by_question = {number: [points_of(rubric, result)[number] for result in graded.values()] for number in most}
    facts = {
        "submissions": len(scores),
        "mean": f"{mean(scores):.1f}",
        "median": f"{median(scores):g}",
        f"all {full:g} points of a machine": sum(score == full for score in scores),
    }
    editions = [result["extra_data"].get("edition") for result in graded.values()]
    facts |= {f"of the edition “{edition}”": editions.count(edition) for edition in (*EDITIONS, "mixed")}
    charts = [chart("All questions", scores, full)]
    for number, points in most.items():
        charts.append(chart(f"{number} {rubric.questions[number].title}", by_question[number], points))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Assignment 2: the class</title><style>{STYLE}</style></head><body>
<h1>Assignment 2: the class</h1>
<dl>{"".join(f"<div><dt>{html.escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.items())}</dl>
<h2>Points</h2>
<p class="quiet">How many submissions earned how many of the points that a machine gives. The others are pending.</p>
<div class="charts">{"".join(charts)}</div>
<h2>Common mistakes</h2>
{mistakes_table(rubric, graded)}
<h2>Everyone</h2>
{everyone(rubric, graded)}
</body></html>
"""


def chart(title, values, full):
    """A histogram of points as inline SVG: ten bins, or one for each whole number where there are fewer."""
    bins = int(min(full, 10))
    counts = [0] * (bins + 1)  # the last bin is full points alone
    for value in values:
        counts[int(value / full * bins) if value < full else bins] += 1
    width, height, step = 280, 110, 280 / (bins + 1)
    parts = [f'<line x1="0" x2="{width}" y1="{height - 18}" y2="{height - 18}"/>']
    for k, count in enumerate(counts):
        tall = (height - 36) * count / max(counts)
        x = k * step
        if count:
            parts.append(
                f'<rect x="{x + 2:.1f}" y="{height - 18 - tall:.1f}" width="{step - 4:.1f}" height="{tall:.1f}"/>'
                f'<text x="{x + step / 2:.1f}" y="{height - 22 - tall:.1f}" text-anchor="middle">{count}</text>'
            )
        if bins < 10 or k % 2 == 0:
            parts.append(
                f'<text x="{x + step / 2:.1f}" y="{height - 4}" text-anchor="middle">{full * k / bins:g}</text>'
            )
    said = f"mean {mean(values):.1f} of {full:g}"
    return (
        f"<figure><figcaption>{html.escape(title)} <span>{said}</span></figcaption>"
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(title)}: {said}">'
        f"{''.join(parts)}</svg></figure>"
    )


def mistakes_table(rubric, graded):
    """Each mistake with its question, an example of its hint, how many made it, and who."""
    who, example = defaultdict(dict), {}
    for name, result in graded.items():
        for test in result["tests"]:
            mistake = test.get("extra_data", {}).get("mistake")
            if mistake:
                key = "Q" + test["number"], mistake
                who[key][name] = None
                example.setdefault(key, test["output"])
    if not who:
        return "<p>None.</p>"
    rows = []
    for key in sorted(who, key=lambda key: (-len(who[key]), key)):
        names = ", ".join(html.escape(name) for name in who[key])
        told = html.escape(example[key].splitlines()[0])
        rows.append(
            f'<tr><td class="number">{len(who[key])}</td><td>{key[0]}</td><td>{told}'
            f'<div class="quiet"><code>{html.escape(key[1])}</code></div></td>'
            f"<td><details><summary>who</summary>{names}</details></td></tr>"
        )
    return (
        '<div class="scroll"><table><tr><th class="number">made by</th><th>question</th>'
        f"<th>what the first of them was told</th><th></th></tr>{''.join(rows)}</table></div>"
    )


def everyone(rubric, graded):
    heads = "".join(f'<th class="number">{number}</th>' for number in machine_points(rubric))
    rows = []
    for name, result in sorted(graded.items()):
        cells = "".join(f'<td class="number">{points:g}</td>' for points in points_of(rubric, result).values())
        rows.append(f'<tr><td>{html.escape(name)}</td><td class="number">{result["score"]:g}</td>{cells}</tr>')
    return (
        f'<div class="scroll"><table><tr><th>submission</th><th class="number">total</th>{heads}</tr>'
        f"{''.join(rows)}</table></div>"
    )
