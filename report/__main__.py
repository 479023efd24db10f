"""python -m report: output/assignment2.pdf from the formulas, the last training run, its story and its pictures.

python train.py && python -m report.story                                 what it is made of
python -m report --name "Ada Lovelace" --login ada                        the model answer, with this name on it
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
from pathlib import Path

import numpy as np

from report import formulas, links
from report.build import HERE, build, formulas_json
from report.companion import companion_inputs
from report.example import chain, worked_example
from report.inputs import NUMBER, read_json, read_picture
from report.pitfalls import pitfalls
from report.student import TEMPLATE, write_student_document

OUTPUT = HERE.parent / "output"
SOURCES = ("assignment2", "worked", "results", "contradictions", "closing")
# What the JSON files of a run and of its story must hold for the page, and of which kind.
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
NEEDED_STORY = {
    "settings": dict,
    "parameters": {"W1": list, "b1": list, "W2": list, "b2": list},
    "spread": list,
    "stretch": NUMBER,
    "stripes": list,
    "every": dict,
    "lists": {"surface": dict, "emoticons": dict, "symbols": dict},
    "words_in_training": {"accuracy": NUMBER},
    "differences": {key: {"mean": NUMBER, "error": NUMBER} for key in ("hidden_layer", "words", "log_ratio")},
    "luck": {"draws": int, "share": NUMBER, "errors": {"train": NUMBER, "test": NUMBER}},
    "reliability": {"every": list, "words": list},
    "seeds": {"train": {"median": list}, "eval": {"median": list}, "results": list},
    "examples": list,
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
        build(HERE / "assignment2.typ", out, _assignment2_inputs(options), standards=("ua-1",))
    return out


def _assignment2_inputs(options):
    run = read_run(options.run or OUTPUT)  # first, as it may be missing, and the formulas take a second
    return run | {"name": options.name, "login": options.login, "formulas": assignment2_formulas()}


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
    """What the sources read of a training run, given as its folder or its JSON, and of its story: {name: text}."""
    folder, path = (path.parent, path) if path.suffix == ".json" else (path, path / "run.json")
    trains, tells = "`python train.py` makes it", "`python -m report.story` makes it"
    run, story = read_json(path, NEEDED, trains), read_json(folder / "story.json", NEEDED_STORY, tells)
    if not same_network(run["parameters"], story["parameters"]):
        raise ValueError(f"{folder}: story.json is about another network than {path.name}: {tells}")
    return {
        "run": json.dumps({key: run[key] for key in NEEDED}),
        "story": json.dumps(story),
        "surface": read_picture(folder / "surface.svg", trains),
        "seeds": read_picture(folder / "seeds.svg", tells),
    }


def same_network(parameters, others):
    """Whether two dicts of parameters agree as far as they do when two processors train one network: to 1e-6."""
    pairs = [(np.array(values), np.array(others[name])) for name, values in parameters.items()]
    return all(a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9) for a, b in pairs)
