"""The starter of an assignment2.py, made from the solution: signatures, and docstrings that say the shapes. No bodies.

What of a docstring says how the solution goes about it is left out, and so are its helpers. starter(edition) returns
the text. Raises ValueError if the solution lacks a function of the assignment.
"""

import ast
import re
import textwrap
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SOLUTIONS = {"january": PROJECT / "assignment2.py", "later": PROJECT / "later_edition" / "assignment2.py"}
FUNCTIONS = ("sigmoid", "inference_layer", "inference_2layers", "bce_forward", "gradients", "update_params", "train_nn")
MORE = {"january": (), "later": ("predict_nn", "load_data")}
VERBATIM = {"january": (), "later": ("main",)}  # of the later template, which gives it to the students

HEAD = '''"""CS 6120, Assignment 2: a two-layer neural network from scratch, in numpy alone.

    ŷ = σ(W2 σ(W1 x + b1) + b2)        the probability that a tweet is positive

    d features, ℓ hidden units, N examples; each example is a column
    X (d, N)     y (N,)     W1 (ℓ, d)     b1 (ℓ,)     W2 (1, ℓ)     b2 (1,)

Write the functions in this order, and run `python check.py` after each.
"""

import pickle

import numpy as np

from utils import extract_features
'''
FOOT = {
    "january": """

if __name__ == "__main__":
    W1, b1, W2, b2 = train_nn("twitter_data.pkl", hidden_layer_size=6)
    with open("assignment2.pkl", "wb") as file:
        pickle.dump({"W1": W1, "W2": W2, "b1": b1, "b2": b2}, file)
""",
    "later": """

if __name__ == "__main__":
    main()
""",
}


def starter(edition):
    """The text of the starter of "january" or "later"."""
    source = SOLUTIONS[edition].read_text(encoding="utf-8")
    body = ast.parse(source).body
    wanted = {*FUNCTIONS, *MORE[edition], *VERBATIM[edition]}
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef) and node.name in wanted}
    if missing := wanted - functions.keys():
        raise ValueError(f"{SOLUTIONS[edition]}: no function {', '.join(sorted(missing))}")
    parts, lines = [HEAD], source.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("# ---- Q"):
            gap = "\n" if len(parts) == 1 else "\n\n"  # as the formatter has it, after imports and after a function
            parts.append(f"{gap}{line}\n")
        elif line.startswith("inference_2_layers ="):
            parts.append(f"\n\n{line}\n")
        for node in functions.values():
            if node.lineno == number:
                parts.append(
                    "\n\n"
                    + (ast.get_source_segment(source, node) if node.name in VERBATIM[edition] else stub(node))
                    + "\n"
                )
    return "".join(parts) + FOOT[edition]


def stub(node):
    """A function with its signature and its docstring, whose body says that it is to be written."""
    names, own = [a.arg for a in node.args.args], [a.arg for a in node.args.kwonlyargs]
    node.args.kwonlyargs, node.args.kw_defaults = [], []  # the solution's own settings
    text = ast.get_docstring(node)
    question = "Q5"
    if text.startswith("Q"):
        question, text = text.split(":")[0], task(text, names, own)
    elif "\n" in text:
        text += "\n"
    signature = ast.unparse(node.args).replace("1000000.0", "1e6")
    body = f'"""{text}"""\nraise NotImplementedError("{question}: {node.name}")'
    return f"def {node.name}({signature}):\n{textwrap.indent(body, '    ')}"


def task(text, names, own):
    """What a docstring says of the task: the first sentence, and the lines on arguments, returns and the mean.

    names: of the arguments that stay.  own: of those that do not.
    """
    first, _, rest = text.partition("\n\n")
    first = re.sub(r", by one forward .*?\)|, [^,]*∂[^,]*(?=,)", "", first)  # nothing of the way there
    kept = [line for line in rest.splitlines() if re.match(rf"({'|'.join(names)})\b|Returns|.*\*mean\*", line)]
    for name in own:
        kept = [re.sub(rf" *\b{name}: [^.]*\.", "", line) for line in kept]
    kept = [re.sub(r" ?Raises .*|(; float32|, and may be)[^.]*", "", line) for line in kept]
    return "\n".join([first, "", *kept, ""]) if kept else first
