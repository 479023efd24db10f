"""What the tests of the documents share: a made-up training run, the text of a PDF, and the golden text.

python -m tests.report_pages        writes tests/golden/*.txt anew; read the difference before you commit
"""

import json
import re
import sys
import tempfile
import textwrap
import unicodedata
from itertools import count
from pathlib import Path

import numpy as np
import pypdfium2

import command
from report.__main__ import main

GOLDEN = Path(__file__).parent / "golden" / "assignment2.txt"
COMPANION_GOLDEN = GOLDEN.with_name("companion.txt")
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
    with pypdfium2.PdfDocument(path) as pdf:
        return [unicodedata.normalize("NFKC", page.get_textpage().get_text_range()) for page in pdf]


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


# ---- The companion -------------------------------------------------------------------------------


def wilson(right, total):
    """The two p with |right/total - p| = 1.96 standard errors, in percent."""
    share, z = right / total, 1.959964
    roots = np.roots([1 + z**2 / total, -2 * share - z**2 / total, share**2])
    return sorted((100 * roots).tolist())


def make_results(folder):
    """Results of questions 3 and 4, made up, in the format of output/companion; no two figures are alike."""
    folder.mkdir(parents=True)
    near = {"good": [["fine", 0.9], ["``", 0.8], ["terrible", 0.7]], "bad": [["#poor", 0.7]]}
    wide = {"good": [["real", 0.9], ["awful", 0.8]], "film": [["movie", 0.9], ["--", 0.8], ["tale", 0.7]]}
    at = {"the": [-1, 0], "--": [-0.8, 0.5], "good": [0.1, 0], "bad": [0.2, 0.1], "boring": [0.9, 0.2]}
    q3 = {
        "data": "made-up corpus",
        "dimensions": 10,
        "iterations": 40000,
        "cost": 9.1234,
        "neighbours": near,
        "common_direction_share": 0.78,
        "curve": {"iteration": [20, 39990], "cost": [20.1, 9.5678]},
        "wide": {
            "dimensions": 50,
            "epochs": 15,
            "neighbours": wide,
            "coordinates": at,
        },
    }
    table = [
        _line("uniform guessing", None, None, 20.0, 20.0, 20.0) | {"interval": None, "negated": None},
        _line("words", 16581, 10.0, 72.6, 38.1, 39.5),
        _line("own 10-d, the assignment's run", 20, 1.78, 30.8, 30.5, 29.6),
        _line("own 10-d, training text", 21, 17.8, 35.0, 36.1, 35.8),
        _line("own 50-d, training text", 100, 177.83, 40.6, 38.2, 39.1),
        _line("GloVe 50-d", 50, 562.3, 41.5, 36.6, 37.3),
    ]
    kinds = {
        "yourvectors": table[4]
        | {
            "curve": _curve(table[4], 37.9, 35.8),
            "confusion_dev": [
                [8, 86, 6, 38, 1],
                [6, 191, 4, 85, 3],
                [4, 99, 17, 105, 5],
                [3, 66, 7, 185, 18],
                [2, 14, 0, 127, 20],
            ],
            # Newcombe (1998), example (a): 56 of 70 less 48 of 80 is 0.2000, from 0.0524 to 0.3339.
            "groups_dev": [
                {"name": "negation", "sentences": 70, "accuracy": 80.0, "interval": wilson(56, 70)},
                {"name": "contrast", "sentences": 131, "accuracy": 61.1, "interval": wilson(80, 131)},
                {"name": "neither", "sentences": 80, "accuracy": 60.0, "interval": wilson(48, 80)},
            ],
        },
        "pretrained": table[5]
        | {
            "curve": _curve(table[5], 33.3, 31.2),
            "confusion_dev": [
                [2, 96, 5, 36, 0],
                [3, 170, 7, 106, 4],
                [0, 115, 12, 95, 8],
                [1, 69, 9, 184, 20],
                [0, 19, 2, 110, 35],
            ],
            "groups_dev": [
                {"name": "negation", "sentences": 70, "accuracy": 50.0, "interval": wilson(35, 70)},
                {"name": "contrast", "sentences": 131, "accuracy": 30.5, "interval": wilson(40, 131)},
                {"name": "neither", "sentences": 80, "accuracy": 55.0, "interval": wilson(44, 80)},
            ],
        },
    }
    table.append(_line("the same, mixed with words", None, None, 55.5, 43.9, 44.4) | {"phrases": 73.1, "negated": 59.3})
    table[-1] |= {"over": "words", "gain": 4.9, "gain_interval": [2.2, 7.7]}
    q4 = {
        "seed": 0,
        "data": {
            "name": "made-up treebank",
            "train": 8544,
            "dev": 1101,
            "test": 2210,
            "train_phrases": 318582,
            "test_phrases": 82600,
            "negated": 132,
            "classes": {"train": [1092, 2218, 1624, 2322, 1288]},
        },
        "table": table,
        "best": table[4]["name"],
        "kinds": kinds,
        "published": [["Naive Bayes", 41.0, 67.2], ["RNTN", 45.7, 80.7]],
        "test_evaluations": 13,
        "examples": [
            {"text": "it is not -- a *great* film", "true": 0, "predicted": 3, "cause": "negated"},
            {"text": "slow , but fine", "true": 4, "predicted": 1, "cause": "contrast"},
            {"text": "who needs $this$", "true": 1, "predicted": 4, "cause": "other"},
        ],
        "patterns": [{"text": "not good", "mixed": 1, "sentence": 4}],
    }
    changes = [
        ("own", "base", 0.0, [0.0, 0.0], {}),
        ("own", "five epochs", -3.4, [-4.9, -1.8], {"clear": True}),
        ("own", "per pair", -0.8, [-1.7, 0.02], {"clear": False}),
        ("GloVe", "mean", 0.0, [0.0, 0.0], {}),
        ("GloVe", "maximum and minimum too", 1.7, [0.2, 3.2], {"clear": False}),
        ("GloVe", "twice", 0.04, [-1.0, 1.1], {"clear": False}),
    ]
    lines = [
        {"group": group, "change": change, "dev": 36.6 + i, "test": 37.3 + i, "difference": apart, "interval": interval}
        | extra
        for i, (group, change, apart, interval, extra) in enumerate(changes)
    ]
    (folder / "q4_ablation.json").write_text(
        json.dumps({"data": "made-up treebank", "seeds": 1, "test_evaluations": 17, "lines": lines})
    )
    (folder / "q3.json").write_text(json.dumps(q3))
    (folder / "q4.json").write_text(json.dumps(q4))
    pictures = [f"q4_{what}_{kind}" for what in ("reg_acc", "confusion") for kind in kinds]
    for name in ("q3_cost", "q3_words", "q3_words_50d", *pictures):
        (folder / f"{name}.svg").write_text(SVG)
    return folder


def _line(name, features, reg, train, dev, test):
    figures = {"name": name, "features": features, "reg": reg, "train": train, "dev": dev, "test": test}
    return figures | {"interval": [test - 2.1, test + 2.0], "phrases": test - 7, "negated": test + 12}


def _curve(line, weakest, strongest):
    return {"reg": [0.001, line["reg"], 1e4], "dev": [weakest, line["dev"], strongest]}


def make_companion(folder):
    """The companion's report of those results, as a PDF in the folder."""
    out = folder / "companion.pdf"
    assert make("--companion", "--run", make_results(folder / "companion"), "--out", out) == 0
    return out


def companion_words(pages):
    """The words of its pages, without the figures that are rounding errors."""
    row = re.compile(r"(error(?: \d ?⋅ ?10−\d+){4})(?: \d ?⋅ ?10−\d+)+")
    text = [row.sub(r"\1", " ".join(page.split())) for page in pages]
    return words_of(text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text("\f".join(words_of(pages_of(make_model_answer(Path(folder))))), encoding="utf-8")
        pages = pages_of(make_companion(Path(folder)))
        COMPANION_GOLDEN.write_text("\f".join(companion_words(pages)), encoding="utf-8")
    sys.exit(0)
