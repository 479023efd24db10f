"""What the tests of the documents share: a made-up training run, the text of a PDF, and the golden text.

python -m tests.report_pages        writes tests/golden/assignment2.txt anew; read the difference before you commit
"""

import json
import re
import sys
import tempfile
import textwrap
import unicodedata
from itertools import count
from pathlib import Path

import pypdf

import command
from report.__main__ import main

GOLDEN = Path(__file__).parent / "golden" / "assignment2.txt"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><path d="M0 0L60 40" stroke="black"/></svg>'

# ---- A run and its story -------------------------------------------------------------------------

# No two figures are alike, so that a figure in another's place is seen.
METHODS = ("network", "retrained", "logistic", "counts", "log_ratio")
PARAMETERS = {"W1": [[0.3, -0.2, 0.1], [0.7, 0.5, -0.4]], "b1": [0.0, 0.1], "W2": [[1.0, -1.0]], "b2": [0.2]}

RUN = {
    "seed": 7,
    "hidden": 2,
    "iters": 5000,
    "lr": 0.03,
    "batch": 40,
    "steps_taken": 5000,
    "stopped": "All steps taken.",
    "data": {"source": "embedded features", "train": 8000, "test": 2000},
    "curve": {"step": [1, 2500, 4200, 5000], "train": [0.71, 0.1, 0.0155, 0.0201], "eval": [0.72, 0.11, 0.03, 0.0123]},
    "train": {"loss": 0.0171, "accuracy": 0.9951},
    "rule": {"accuracy": 0.995},
    "test": {"loss": 0.0123, "accuracy": 0.9942, "interval": [0.9898, 0.9967], "confusion": [[993, 7], [5, 995]]},
    "parameters": PARAMETERS,
    "examples": [
        {
            "text": "This is #1 *ridiculously* bright $movie$",
            "stems": ["ridicul"],
            "features": [1.0, 38.0, 171.0],
            "yhat": 0.0312,
        }
    ],
    "wrong": [{"features": [1.0, 255.0, 175.0], "label": 0, "yhat": 0.929}],
    "versions": {"python": "3.11.7", "numpy": "2.4.6"},
}


def made_up_story(**changes):
    """A story about RUN. Each call gives the same figures."""
    numbers = count(1)

    def score(loss=True):
        k = next(numbers)
        return {
            "right": 1000 + 13 * k,
            "accuracy": 0.5 + 0.0066 * k,
            "interval": [0.4 + 0.00651 * k, 0.6 + 0.00351 * k],
            "loss": 0.2 + 0.0137 * k if loss else None,
        }

    def scores(methods=METHODS):
        return {method: score(method != "counts") for method in methods}

    def bins(first):
        edges = (0, 0.01, 0.1, 0.5, 0.9, 0.99, 1)
        return [
            {
                "from": low,
                "to": high,
                "tweets": first + 17 * i,
                "yhat": low + first / 1e5,
                "positive": low + first / 6e4,
            }
            for i, (low, high) in enumerate(zip(edges, edges[1:], strict=False))
        ]

    return {
        "settings": {"hidden": 2, "iters": 5000, "lr": 0.03, "batch": 40, "seed": 7},
        "parameters": PARAMETERS,
        "spread": [1612.0, 2034.0],
        "stretch": 25,
        "stripes": [[":(", 0, 3671], [":)", 1, 2963], [":-)", 1, 557]],
        "every": scores(("network", "logistic", "counts", "log_ratio")),
        "lists": {
            name: {"stems": stems, "lacking": {"tweets": none, "wrong": wrong}, "alone": scores(), "words": scores()}
            for name, stems, none, wrong in (("surface", 4, 61, 8), ("emoticons", 37, 19, 6), ("symbols", 241, 14, 3))
        },
        "words_in_training": score(),
        "differences": {
            "hidden_layer": {"mean": 0.0047, "error": 0.0018},
            "words": {"mean": 0.0036, "error": 0.0011},
            "log_ratio": {"mean": 0.0412, "error": 0.0107},
        },
        "luck": {"draws": 12_000, "share": 0.23, "errors": {"train": 0.0029, "test": 0.0032}},
        "reliability": {"every": bins(211), "words": bins(409)},
        "seeds": {
            "train": {"median": [0.73, 0.0207]},
            "eval": {"median": [0.74, 0.0126]},
            "results": [score() for _ in range(4)],
        },
        "examples": [
            {"stems": [":)", "#b", "$c$"], "features": [1.0, 3101.0, 47.0], "label": 1, "yhat": 0.9871},
            {"stems": ["_d", "e*"], "features": [1.0, 58.0, 63.0], "label": 1, "yhat": 0.2753},
        ],
    } | changes


def make_run(folder, run=None, story=None):
    """A new folder with the files of a run and of its story, which are those above if no others are given."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run or RUN))
    (folder / "story.json").write_text(json.dumps(story or made_up_story()))
    for name in ("surface", "seeds"):
        (folder / f"{name}.svg").write_text(SVG)
    return folder


# ---- Its pages -----------------------------------------------------------------------------------


def make(*arguments):
    return command.attempt("report", lambda: main([str(argument) for argument in arguments]))


def pages_of(path):
    return [unicodedata.normalize("NFKC", page.extract_text()) for page in pypdf.PdfReader(path).pages]


def text_of(path):
    return "\n".join(pages_of(path))


def words_of(pages):
    """The words of each page on lines of 100 columns, so that a difference can be read."""
    return [textwrap.fill(re.sub(r"\s+", " ", page).strip(), 100) + "\n" for page in pages]


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
