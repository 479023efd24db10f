"""python -m report: output/assignment2.pdf from the formulas, the last training run and its pictures.

python train.py && python -m report --name "Ada Lovelace" --login ada     the model answer, with this name on it
python -m report --solution FOLDER                                        a student's own document, from their hand-in
python -m report --template                                               the blank hand-in, from kit/templates
python -m report --companion                                              output/companion.pdf
python -m report --out output/assignment2.html                            the model answer as a web page, with MathML
"""

if __name__ == "__main__":
    import command

    command.run("python -m report", "report.__main__")

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np

from assignment2 import inference_2layers
from report import formulas, links
from report.build import HERE, build, formulas_json
from report.companion import companion_inputs
from report.example import chain, worked_example
from report.inputs import NUMBER, read_json, read_picture
from report.pitfalls import pitfalls
from report.student import TEMPLATE, write_student_document

OUTPUT = HERE.parent / "output"
PICTURES = ("loss", "surface")
SOURCES = ("assignment2", "worked", "results", "contradictions", "closing")
# What a run's JSON must hold for the page, and of which kind.
NEEDED = {
    "seed": int,
    "hidden": int,
    "lr": NUMBER,
    "batch": int,
    "iters": NUMBER,
    "steps_taken": int,
    "stopped": str,
    "data": {"train": int, "test": int},
    "curve": {"step": list, "train": list, "eval": list},
    "train": {"loss": NUMBER, "accuracy": NUMBER},
    "test": {"loss": NUMBER, "accuracy": NUMBER, "interval": list, "confusion": list},
    "rule": {"accuracy": NUMBER},
    "parameters": {"W1": list, "b1": list, "W2": list, "b2": list},
    "examples": list,
    "wrong": list,
    "versions": {"python": str, "numpy": str},
}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", default="", help="the name for the title block (default: a line to write on)")
    parser.add_argument("--login", default="", help="the login for the title block")
    parser.add_argument(
        "--run",
        type=Path,
        metavar="PATH",
        help="a training run: its folder, or its JSON with the pictures beside it (default: output); "
        "with --companion the folder of q3.json and q4.json (default: output/companion)",
    )
    document = parser.add_mutually_exclusive_group()
    document.add_argument(
        "--solution",
        type=Path,
        metavar="FOLDER",
        help="a student's own document: the questions with empty boxes, and their figures, curves and surface, from "
        "the assignment2.py, assignment2.pkl and pictures in this folder and its mine/; it says what is missing",
    )
    document.add_argument("--template", action="store_true", help="the questions alone, to print or to show")
    document.add_argument(
        "--companion", action="store_true", help="write the companion's report from the results in output/companion"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the PDF to write, or the web page if its name ends in .html (default: output/assignment2.pdf, "
        "student.pdf, template.pdf or companion.pdf)",
    )
    options = parser.parse_args(arguments)
    if options.out and options.out.suffix == ".html" and (options.solution or options.template or options.companion):
        parser.error("only the model answer can be written as a web page: --out takes a PDF here")
    if options.run and (options.solution or options.template):
        parser.error("--run is for the model answer and the companion's report")
    print(f"wrote {_write(options)}")
    return 0


def _write(options):
    if options.solution:
        out = options.out or OUTPUT / "student.pdf"
        for sentence in write_student_document(options.solution, out, options.name, options.login):
            print(f"to do: {sentence}")
    elif options.template:
        out = options.out or OUTPUT / "template.pdf"
        build(TEMPLATE, out, {})
    elif options.companion:
        out = options.out or OUTPUT / "companion.pdf"
        inputs = companion_inputs(options.run or OUTPUT / "companion")
        build(HERE / "companion.typ", out, inputs, standards=("ua-1",))
    else:
        out = options.out or OUTPUT / "assignment2.pdf"
        build(HERE / "assignment2.typ", out, _assignment2_inputs(options))
    return out


def _assignment2_inputs(options):
    run, pictures = read_run(options.run or OUTPUT)
    parameters = {name: np.array(value) for name, value in run["parameters"].items()}
    run["boundary"] = boundary(partial(inference_2layers, **parameters))
    return {
        "name": options.name,
        "login": options.login,
        "formulas": assignment2_formulas(),
        "run": json.dumps(run),
        **pictures,
    }


def assignment2_formulas():
    return formulas_json(
        [HERE / f"{name}.typ" for name in SOURCES],
        formulas.SETTINGS,
        links.NUMBERS,
        numpy=formulas.NUMPY,
        chain=chain(),
        example=worked_example(),
        pitfalls=pitfalls(),
        links=links.table(),
    )


def read_run(path):
    """(run, pictures) of a training run's folder or JSON: the JSON as a dict, the pictures as {name: SVG text}."""
    path, how = run_json(path), "`python train.py` makes it"
    run = read_json(path, NEEDED, how)
    return run, {name: read_picture(path.with_name(f"{name}.svg"), how) for name in PICTURES}


def run_json(path):
    return path if path.suffix == ".json" else path / "run.json"


def boundary(predict, positives=(10, 100, 1000, 10_000)):
    """Where the decision changes: for each positive count the negative count at which ŷ = 1/2, or None.

    predict: features (3, N) -> ŷ (N,). Bisection between no negative count and ten times the positive one; ŷ falls in
    between.
    """
    points = []
    for positive in positives:
        low, high = 0.0, 10.0 * positive
        sides = predict(np.array([[1, 1], [positive, positive], [low, high]], dtype=float)) > 0.5
        if list(sides) != [True, False]:
            points.append({"positive": positive, "negative": None})
            continue
        while high - low > 1e-3 * positive:
            middle = (low + high) / 2
            above = predict(np.array([[1], [positive], [middle]], dtype=float))[0] > 0.5
            low, high = (middle, high) if above else (low, middle)
        points.append({"positive": positive, "negative": (low + high) / 2})
    return points
