"""What companion.typ reads: its formulas, and the results of questions 3 and 4 with their more."""

import json

from report import companion_formulas
from report.build import formula, formulas_json
from report.inputs import NUMBER, read_json, read_picture

ABLATION = "q4_ablation.json"  # a quarter of an hour's work, so the page does without it where it was not made
Q3_HOW = "`python companion/q3_run.py` and then `python companion/extra` make it"
Q4_HOW = "`python companion/extra` makes it"
Q3_NEEDED = {
    "data": str,
    "dimensions": int,
    "iterations": int,
    "cost": NUMBER,
    "seconds": NUMBER,
    "neighbours": dict,
    "common_direction_share": NUMBER,
    "curve": {"iteration": list, "cost": list},
    "wide": {"dimensions": int, "epochs": int, "seconds": NUMBER, "neighbours": dict},
}
Q4_NEEDED = {
    "seed": int,
    "data": {"name": str, "train": int, "dev": int, "test": int, "classes": dict},
    "table": list,
    "best": str,
    "kinds": dict,
    "seconds": NUMBER,
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
        ablation = read_json(folder / ABLATION, {"data": str, "seeds": int, "lines": list}, how)
        if ablation["data"] != q4["data"]["name"]:
            raise ValueError(f"{folder / ABLATION} is of {ablation['data']}, q4.json of {q4['data']['name']}: {how}")
        more["ablation"] = json.dumps(ablation)
    q3 = {key: value for key, value in q3.items() if key != "coordinates"}
    return {"formulas": companion_formulas_json(), "q3": json.dumps(q3), "q4": json.dumps(q4), **more}


def companion_formulas_json():
    symbols = companion_formulas.NAMES
    return formulas_json(
        companion_formulas.SETTINGS,
        parameters=formula(companion_formulas.PARAMETERS, symbols),
        speed_up=formula(companion_formulas.SPEED_UP, symbols),
    )
