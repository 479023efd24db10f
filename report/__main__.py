"""python -m report: assignment2.pdf from the formulas, the last training run and its pictures.

    python train.py && python -m report --name "Ada Lovelace" --login ada     the model answer, with this name on it
    python -m report --template --out handout.pdf                             the derivations left blank, for a course
    python -m report --source handout.typ --solution mine/assignment2.py      a student's own document and network
    python -m report --companion                                              companion/companion.pdf
"""
import argparse
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np

from assignment2 import inference_2layers
from atomic import atomic_write
from report.build import HERE, assignment2_formulas, build
from report.evaluate import boundary, evaluate

ROOT = HERE.parent
PICTURES = ("loss", "surface")
# What a run's JSON must hold for the page, and of which kind.
NEEDED = {
    "seed": int, "hidden": int, "lr": (int, float), "batch": int, "iters": (int, float), "steps_taken": int, "stopped": str,
    "data": {"train": int, "held_out": int, "test": int},
    "curve": {"step": list, "train": list, "eval": list},
    "train": {"loss": float, "accuracy": float},
    "test": {"loss": float, "accuracy": float, "interval": list, "confusion": list},
    "rule": {"accuracy": float}, "parameters": {"W1": list, "b1": list, "W2": list, "b2": list},
    "examples": list, "wrong": list, "versions": {"python": str, "numpy": str},
}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="", help="the name for the title block (default: a line to write on)")
    parser.add_argument("--login", default="", help="the login for the title block")
    parser.add_argument("--run", type=Path, metavar="PATH", help="a training run: its folder, or its JSON with the pictures beside it (default: output)")
    parser.add_argument("--solution", type=Path, metavar="PATH", help="a student's assignment2.py, with their assignment2.pkl beside it: the figures are "
                        "computed with both; loss curves and pictures come from --run, where given")
    document = parser.add_mutually_exclusive_group()
    document.add_argument("--source", type=Path, metavar="FILE", help="another Typst source, such as the template filled in")
    document.add_argument("--template", action="store_true", help="leave the derivations blank; the source that students fill in is written beside the PDF")
    document.add_argument("--companion", action="store_true", help="write companion/companion.pdf from the results in output/companion")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the PDF to write (default: assignment2.pdf, output/template.pdf or companion/companion.pdf)")
    options = parser.parse_args(arguments)
    try:
        print(f"wrote {_write(options)}")
    except (ValueError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


def _write(options):
    if options.companion:
        from report.companion import companion_inputs
        source, default, inputs = HERE / "companion.typ", ROOT / "companion" / "companion.pdf", companion_inputs(options.run)
    else:
        source, default, inputs = options.source or HERE / "assignment2.typ", ROOT / "assignment2.pdf", _assignment2_inputs(options)
    out = options.out or default
    if options.template:
        out = options.out or ROOT / "output" / "template.pdf"
        source = out.with_suffix(".typ")
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(source) as temporary:
            temporary.write_text(_self_contained(HERE / "template.typ"), encoding="utf-8")
    build(source, out, inputs)
    return out


def _assignment2_inputs(options):
    if options.solution:
        run, pictures = evaluate(options.solution), {}
        if options.run:
            trained, pictures = read_run(options.run)
            run = {key: value for key, value in trained.items() if key not in ("train", "test", "rule", "examples", "wrong")} | run
    else:
        run, pictures = read_run(options.run or ROOT / "output")
        parameters = {name: np.array(value) for name, value in run["parameters"].items()}
        run["boundary"] = boundary(partial(inference_2layers, **parameters))
    return {"name": options.name, "login": options.login, "formulas": assignment2_formulas(), "run": json.dumps(run), **pictures}


def read_run(path):
    """(run, pictures) of a training run: its JSON as a dict, its pictures {name: SVG text}.

    Raises ValueError or OSError with one sentence where a file is missing or is not what it should be.
    """
    path = path / "run.json" if path.is_dir() or not path.suffix else path
    how = "`python train.py` makes it"
    try:
        run = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {how}") from None
    except ValueError as error:
        raise ValueError(f"{path} is not a run's JSON ({error}): {how}") from None
    _check(run, NEEDED, path, how)
    pictures = {}
    for name in PICTURES:
        picture = path.with_name(f"{name}.svg")
        try:
            pictures[name] = picture.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise FileNotFoundError(f"{picture} is missing: {how}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{picture} is not an SVG picture: {how}") from None
    return run, pictures


def _refuse_constant(text):
    raise ValueError(f"{text} is no number")


def _check(value, needed, path, how, inside=""):
    if isinstance(needed, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{path}: {inside or 'the run'} is {value!r:.60}, where an object is needed: {how}")
        for key, part in needed.items():
            if key not in value:
                raise ValueError(f"{path} lacks {inside + key}: {how}")
            _check(value[key], part, path, how, f"{inside}{key}.")
    elif not isinstance(value, needed) or isinstance(value, bool):
        raise ValueError(f"{path}: {inside[:-1]} is {value!r:.60}, which is of another kind than needed: {how}")


def _self_contained(source):
    """The text of a Typst source with the sources that it imports put in their places, each once."""
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


if __name__ == "__main__":
    sys.exit(main())
