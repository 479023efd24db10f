"""Put the page together: one HTML file with its style, its program and the data of a run, and nothing from outside."""

import base64
import html.entities
import json
import re
import zlib
from pathlib import Path

from page.values import located_values
from pictures import BELOW_ZERO, UNIT, one_sided_stems
from utils import STOP_WORDS

FOLDER = Path(__file__).resolve().parent
MOST_UNITS = 32  # more do not fit on a page that shows each


def build_page(run, data):
    """The page as text.

    run: the figures that train.py writes to run.json.  data: what it was trained on, a dict with train_X (3, N),
    train_y (N,), test_X, test_y (None if there are no test tweets) and freqs, as `data.embedded.load_embedded` returns
    it. Raises ValueError if the network has more than MOST_UNITS hidden units.
    """
    check_units(run["hidden"])
    page = (FOLDER / "template.html").read_text(encoding="utf-8")
    parts = {
        "style": (FOLDER / "style.css").read_text(encoding="utf-8"),
        "data": pack(contents(run, data)),
        "program": bundle(FOLDER / "js" / "main.js"),
    }
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: parts[match[1]], page)


def check_units(hidden):
    if hidden > MOST_UNITS:
        raise ValueError(f"a page shows at most {MOST_UNITS} hidden units, and this network has {hidden}")


def contents(run, data):
    """What the page's program is given, ready for JSON."""
    tested = "train" if data["test_X"] is None else "test"
    return {
        "run": {key: run[key] for key in ("seed", "lr", "batch", "steps_taken", "curve", "parameters", "checkpoints")},
        "examples": [example["text"] for example in run["examples"] if example["text"]],
        "points": columns(data[f"{tested}_X"], data[f"{tested}_y"]),
        "pointsAre": {"train": "training", "test": "test"}[tested],
        "training": columns(data["train_X"], data["train_y"]),
        "stems": counted_stems(data["freqs"]),
        "stripes": one_sided_stems(data["freqs"]),
        "axes": {"unit": UNIT, "belowZero": BELOW_ZERO},
        "values": located_values(),
        "stopWords": sorted(STOP_WORDS),
        "entities": html.entities.name2codepoint,
    }


def columns(X, y):
    positive, negative = ([int(v) if v.is_integer() else v for v in row] for row in X[1:].tolist())
    return {"positive": positive, "negative": negative, "label": y.astype(int).tolist()}


def counted_stems(freqs):
    """[[positive count, negative count, stem, stem ...] ...]: most stems share their counts with many others."""
    groups = {}
    for stem in sorted({stem for stem, _ in freqs}):
        groups.setdefault((freqs.get((stem, 1), 0), freqs.get((stem, 0), 0)), []).append(stem)
    return [[*counts, *stems] for counts, stems in groups.items()]


def pack(value):
    """A value as JSON, deflated, in base64."""
    text = json.dumps(value, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("ascii"), 9)).decode("ascii")


def bundle(path):
    """A module and all that it imports, as one module: each file once, what it imports before it.

    The files share one scope then, so their names differ; an import has a line of its own and renames nothing.
    """
    files = {}  # path -> text, in order

    def add(path):
        if path in files:
            return
        files[path] = ""  # so that a circle ends
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r'^import [^;]+ from "\./([\w.]+)";$', text, re.MULTILINE):
            add(path.with_name(name))
        del files[path]
        text = re.sub(r'^import [^;]+ from "[^"]+";\n', "", text, flags=re.MULTILINE)
        files[path] = re.sub(r"^export ", "", text, flags=re.MULTILINE).strip()

    add(path)
    return "\n\n".join(f"// ---- {path.name}\n\n{text}" for path, text in files.items())
