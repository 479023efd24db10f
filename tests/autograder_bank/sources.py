"""The clean sources, and how others are made from them: a place replaced, a function rewritten, one bias style kept."""

from pathlib import Path

HERE = Path(__file__).parent
SOURCES = {
    "handout": (HERE / "handout.py").read_text(encoding="utf-8"),
    "later": (HERE.parents[1] / "later_edition" / "assignment2.py").read_text(encoding="utf-8"),
}


def edited(clean, *places):
    """The text with each (old, new) replaced. An old text must be there once."""
    for old, new in places:
        assert clean.count(old) == 1, f"{old!r} is there {clean.count(old)} times"
        clean = clean.replace(old, new)
    return clean


def own(*functions, base=SOURCES["handout"]):
    """The base with some of its functions written in another way."""
    for function in functions:
        name = function.split("def ", 1)[1].split("(", 1)[0]
        start = base.index(f"def {name}(")
        end = base.index("\n\n\n", start)
        base = base[:start] + function.strip("\n") + base[end:]
    return base


# ---- Three ways to hold the biases ---------------------------------------------------------------

# Most students' code works with one of them and raises with the others. The clean sources take all three.
STYLES = {  # style -> (which b fits, the zeros for b1, the zeros for b2)
    "columns": ("np.ndim(b) == 2", "np.zeros((hidden_layer_size, 1))", "np.zeros((1, 1))"),
    "rows": ("np.ndim(b) == 1", "np.zeros(hidden_layer_size)", "np.zeros(1)"),
    "numbers": ("np.ndim(b) == (np.size(b) > 1)", "np.zeros(hidden_layer_size)", "0.0"),
}

# A single example x (d,) goes with any bias: Wx + b is (ℓ,) for b (ℓ,) in code that adds columns, too.
GUARD = """

def in_one_style(function):
    names = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        given = dict(zip(names, args), **kwargs)
        X = given.get("X", given.get("batchx"))
        for name, b in given.items():
            if name in ("b", "b1", "B1", "b2") and np.ndim(X) == 2 and not FITS:
                shapes = np.shape(X), np.shape(b)
                raise ValueError("operands could not be broadcast together with shapes {} {}".format(*shapes))
        return function(*args, **kwargs)

    return guarded


for name in ("inference_layer", "inference_2layers", "gradients", "update_params"):
    globals()[name] = in_one_style(globals()[name])
"""


def in_style(source, style):
    """`source` with biases in that style alone: for others it raises ValueError, as numpy would in a student's code."""
    fits, b1, b2 = STYLES[style]
    source = source.replace("np.zeros(hidden_layer_size)", b1).replace("np.zeros(1)", b2)
    return source.replace("import numpy as np\n", "import functools\nimport inspect\n\nimport numpy as np\n", 1) + (
        GUARD.replace("FITS", fits)
    )
