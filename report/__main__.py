"""python -m report: output/assignment2.pdf from the formulas, the last training run and its pictures.

python train.py && python -m report --name "Ada Lovelace" --login ada     the model answer, with this name on it
python -m report --template --out handout.pdf                             the blank hand-in, for a course
python -m report --source handout.typ --solution mine/assignment2.py      a student's own document and network
python -m report --companion                                              output/companion.pdf
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
from data.writer import atomic_write
from report.build import HERE, assignment2_formulas, build
from report.companion import companion_inputs
from report.evaluate import boundary, evaluate
from report.inputs import NUMBER, read_json, read_picture

OUTPUT = HERE.parent / "output"
PICTURES = ("loss", "surface")
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
    parser.add_argument(
        "--solution",
        type=Path,
        metavar="PATH",
        help="a student's assignment2.py, with their assignment2.pkl beside it: the figures are "
        "computed with both; the loss curves come from --run, if given",
    )
    document = parser.add_mutually_exclusive_group()
    document.add_argument(
        "--source", type=Path, metavar="FILE", help="another Typst source, such as the template filled in"
    )
    document.add_argument(
        "--template",
        action="store_true",
        help="leave everything blank (with --run or --solution, the derivations alone); "
        "the source that students fill in is written beside the PDF",
    )
    document.add_argument(
        "--companion", action="store_true", help="write the companion's report from the results in output/companion"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the PDF to write (default: output/assignment2.pdf, template.pdf or companion.pdf)",
    )
    options = parser.parse_args(arguments)
    print(f"wrote {_write(options)}")
    return 0


def _write(options):
    if options.companion:
        name, source = "companion.pdf", HERE / "companion.typ"
        inputs = companion_inputs(options.run or OUTPUT / "companion")
    else:
        name, source = "assignment2.pdf", options.source or HERE / "assignment2.typ"
        inputs = _assignment2_inputs(options)
    out = options.out or OUTPUT / ("template.pdf" if options.template else name)
    if options.template:
        source = out.with_suffix(".typ")
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(source) as temporary:
            temporary.write_text(_self_contained(HERE / "template.typ"), encoding="utf-8")
    build(source, out, inputs)
    return out


def _assignment2_inputs(options):
    if options.template and not (options.solution or options.run):
        return {"name": options.name, "login": options.login, "blank": "yes"}
    if options.solution:
        run, pictures = evaluate(options.solution), {}
        if options.run:
            path, how = (
                run_json(options.run),
                "a training of your own leaves it, with the key curve and a loss.svg beside it",
            )
            run["curve"] = read_json(path, {"curve": NEEDED["curve"]}, how)["curve"]
            pictures["loss"] = read_picture(path.with_name("loss.svg"), how)
    else:
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


def read_run(path):
    """(run, pictures) of a training run's folder or JSON: the JSON as a dict, the pictures as {name: SVG text}."""
    path, how = run_json(path), "`python train.py` makes it"
    run = read_json(path, NEEDED, how)
    return run, {name: read_picture(path.with_name(f"{name}.svg"), how) for name in PICTURES}


def run_json(path):
    return path if path.suffix == ".json" else path / "run.json"


def _self_contained(source):
    """The text of a Typst source with the sources that it imports in place of the imports, each once."""
    seen, lines = set(), []

    def add(path):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#import "):
                name = line.split('"')[1]
                if name not in seen:
                    seen.add(name)
                    add(path.with_name(name))
            else:
                lines.append(line)

    add(source)
    return "\n".join(lines) + "\n"
