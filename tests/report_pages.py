"""What the tests of the documents share: a made-up training run, the text of a PDF, and the golden text.

python -m tests.report_pages        writes tests/golden/assignment2.txt anew; read the difference before you commit
"""

import json
import re
import sys
import tempfile
import textwrap
import unicodedata
from pathlib import Path

import numpy as np
import pypdf

import command
from report.__main__ import main

GOLDEN = Path(__file__).parent / "golden" / "assignment2.txt"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><path d="M0 0L60 40" stroke="black"/></svg>'


def make(*arguments):
    return command.attempt("report", lambda: main([str(argument) for argument in arguments]))


def pages_of(path):
    return [unicodedata.normalize("NFKC", page.extract_text()) for page in pypdf.PdfReader(path).pages]


def text_of(path):
    return "\n".join(pages_of(path))


def words_of(pages):
    """The words of each page on lines of 100 columns, so that a difference can be read."""
    return [textwrap.fill(re.sub(r"\s+", " ", page).strip(), 100) + "\n" for page in pages]


def make_run(folder):
    """A training run's folder, its figures made up: no two are alike, so that a figure in another's place shows."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    run = {
        "seed": 7,
        "hidden": 2,
        "iters": 5000,
        "lr": 0.01,
        "batch": 32,
        "steps_taken": 5000,
        "stopped": "All steps taken.",
        "data": {"source": "embedded features", "train": 8000, "test": 2000},
        "curve": {"step": [0, 2500, 5000], "train": [0.7, 0.1, 0.02], "eval": [0.7, 0.11, 0.0123]},
        "train": {"loss": 0.0171, "accuracy": 0.9951},
        "rule": {"accuracy": 0.995},
        "test": {"loss": 0.0123, "accuracy": 0.9942, "interval": [0.9898, 0.9967], "confusion": [[993, 7], [5, 995]]},
        "parameters": {"W1": rng.normal(size=(2, 3)).tolist(), "b1": [0.0, 0.1], "W2": [[1.0, -1.0]], "b2": [0.0]},
        "examples": [
            {
                "text": "This is #1 *ridiculously* bright $movie$",
                "stems": ["ridicul"],
                "features": [1.0, 38.0, 171.0],
                "yhat": 0.0312,
            }
        ],
        "wrong": [
            {"features": [1.0, 255.0, 175.0], "label": 0, "yhat": 0.929},
            {"features": [1.0, 0.0, 9.0], "label": 1, "yhat": 0.0},
        ],
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    }
    (folder / "run.json").write_text(json.dumps(run))
    for name in ("loss", "surface"):
        (folder / f"{name}.svg").write_text(SVG)
    return folder


def make_model_answer(folder):
    """The model answer of that run, as a PDF in the folder."""
    assert (
        make(
            "--run", make_run(folder / "run"), "--name", "Ada Lovelace", "--login", "ada", "--out", folder / "model.pdf"
        )
        == 0
    )
    return folder / "model.pdf"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text("\f".join(words_of(pages_of(make_model_answer(Path(folder))))), encoding="utf-8")
    sys.exit(0)
