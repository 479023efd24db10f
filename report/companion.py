"""What companion.typ reads: its formulas, a worked example, and the results of questions 3 and 4 with their more."""

import ast
import json

import numpy as np

from report import companion_formulas
from report.build import HERE, formula, formulas_json
from report.companion_formulas import HIDDEN
from report.example import math_of
from report.inputs import NUMBER, read_json, read_picture
from report.values import decimals_in_common, differences, forward, whole_gradient

COMPANION = HERE.parent / "companion"
ABLATION = "q4_ablation.json"  # half an hour's work, so the page does without it if it has not been made
Q3_HOW = "`python companion/q3_run.py` and then `python companion/extra` make it"
Q4_HOW = "`python companion/extra` makes it"
Q3_NEEDED = {
    "data": str,
    "dimensions": int,
    "iterations": int,
    "cost": NUMBER,
    "neighbours": dict,
    "common_direction_share": NUMBER,
    "curve": {"iteration": list, "cost": list},
    "wide": {"dimensions": int, "epochs": int, "neighbours": dict, "coordinates": dict},
}
Q4_NEEDED = {
    "seed": int,
    "data": {
        "name": str,
        "train": int,
        "dev": int,
        "test": int,
        "train_phrases": int,
        "test_phrases": int,
        "negated": int,
        "classes": dict,
    },
    "table": list,
    "best": str,
    "kinds": dict,
    "published": list,
    "test_evaluations": int,
    "examples": list,
    "patterns": list,
}

# The assignment's words of judgement, and a few that are found beside them.
PRAISE = frozenset(
    "good great cool brilliant wonderful well amazing worth sweet enjoyable funny "
    "decent masterpiece hilarious charming amusing smart terrific".split()
)
BLAME = frozenset("boring bad waste dumb annoying terrible awful poor mediocre".split())

# A network with two inputs, two hidden units and three classes, and one sample: numbers that one can follow by hand.
EXAMPLE = {
    "Dx": 2,
    "H": 2,
    "Dy": 3,
    "x": np.array([1.0, 2.0]),
    "y": np.array([0.0, 1.0, 0.0]),
    "W1": np.array([[0.5, -0.5], [-0.25, 0.75]]),
    "b1": np.array([0.25, -0.5]),
    "W2": np.array([[1.0, -1.0, 0.5], [-2.0, 0.5, 1.0]]),
    "b2": np.array([0.5, 0.0, -0.5]),
}


def companion_inputs(folder):
    """The inputs of companion.typ from the results in `folder`.

    Raises FileNotFoundError or ValueError with one sentence, which names the command that makes what is missing.
    """
    q3 = read_json(folder / "q3.json", Q3_NEEDED, Q3_HOW)
    q4 = read_json(folder / "q4.json", Q4_NEEDED, Q4_HOW)
    more = {name: read_picture(folder / f"{name}.svg", Q3_HOW) for name in ("q3_cost", "q3_words", "q3_words_50d")}
    for kind in q4["kinds"]:
        for name in (f"q4_reg_acc_{kind}", f"q4_confusion_{kind}"):
            more[name] = read_picture(folder / f"{name}.svg", Q4_HOW)
    if (folder / ABLATION).exists():
        how = "`python companion/extra ablation` makes it"
        ablation = read_json(
            folder / ABLATION, {"data": str, "seeds": int, "test_evaluations": int, "lines": list}, how
        )
        if ablation["data"] != q4["data"]["name"]:
            raise ValueError(f"{folder / ABLATION} is of {ablation['data']}, q4.json of {q4['data']['name']}: {how}")
        more["ablation"] = json.dumps(ablation)
    wide = q3["wide"]
    wide |= {"picture": seen(wide.pop("coordinates")), "opposites": opposites(wide["neighbours"])}
    return {"formulas": companion_formulas_json(), "q3": json.dumps(q3), "q4": json.dumps(q4), **more}


def companion_formulas_json():
    return formulas_json(
        [HERE / "companion.typ"],
        companion_formulas.SETTINGS,
        companion_formulas.NUMBERS,
        links=[
            {"number": companion_formulas.NUMBERS[key], "question": question, "file": file, "function": function}
            for key, question, file, function in companion_formulas.CODE
        ],
        example=worked_network(),
        steps=step_sizes(),
        choose=source("q4_sentiment.py", "chooseBestModel"),
    )


def source(file, function):
    """The lines of one of the companion's functions, without its docstring."""
    text = (COMPANION / file).read_text(encoding="utf-8")
    node = next(part for part in ast.parse(text).body if isinstance(part, ast.FunctionDef) and part.name == function)
    lines = text.splitlines()
    return "\n".join(
        lines[node.lineno - 1 : node.body[0].lineno - 1] + lines[node.body[1].lineno - 1 : node.end_lineno]
    )


# ---- The worked example --------------------------------------------------------------------------


def worked_network():
    """Every value of the example forward, and each gradient with the decimals that differences confirm."""
    values = forward(HIDDEN, EXAMPLE)
    return {
        "given": [named(name, values[name]) for name in ("x", "y", "W1", "b1", "W2", "b2")],
        "forward": [named(name, values[name]) for name in ("z", "h", "theta", "yhat", "J")],
        "back": [
            named(f"D(J, {name})", gradient) | {"decimals": decimals_in_common(gradient, slopes)}
            for name in HIDDEN.derivations
            for gradient, slopes in [both(name, values)]
        ],
    }


def both(name, values):
    """∂J/∂name of the example, by its formula and by central differences."""
    return whole_gradient(HIDDEN, name, values), differences(HIDDEN, EXAMPLE, name, cost="J")


def named(name, value):
    return {"name": formula(name, HIDDEN.symbols, inline=True), "value": math_of(_row(value))}


def _row(value):
    return value[None, :] if np.ndim(value) == 1 else value  # a sample is a row


def step_sizes():
    """For each step the largest error of a central difference of J with respect to W1."""
    exact = whole_gradient(HIDDEN, "W1", forward(HIDDEN, EXAMPLE))
    return [
        {
            "step": formula(f"10**-{power}", HIDDEN.symbols),
            "error": float(np.max(np.abs(differences(HIDDEN, EXAMPLE, "W1", 10.0**-power, "J") - exact))),
        }
        for power in range(1, 11)
    ]


# ---- Words ---------------------------------------------------------------------------------------


def seen(coordinates):
    """What the picture of the words shows, from {word: (x, y)}.

    crossed: the words of judgement whose nearest other one in the plane is of the other kind, as pairs; of: how many
    words of judgement there are.
    """
    judged = [word for word in coordinates if word in PRAISE | BLAME]
    pairs = [
        (word, min((other for other in judged if other != word), key=lambda other: _apart(coordinates, word, other)))
        for word in judged
    ]
    return {
        "crossed": [pair for pair in pairs if (pair[0] in PRAISE) != (pair[1] in PRAISE)],
        "of": len(judged),
    }


def _apart(coordinates, word, other):
    return float(np.hypot(*np.subtract(coordinates[word], coordinates[other])))


def opposites(neighbours, shown=5):
    """[(word, neighbour)] for the first neighbour among those shown that judges the other way."""
    found = []
    for word, near in neighbours.items():
        other = BLAME if word in PRAISE else PRAISE if word in BLAME else ()
        found += [(word, name) for name, _ in near[:shown] if name in other][:1]
    return found
