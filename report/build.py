"""A document from its Typst source, the formulas, a run's JSON and its pictures.

Everything a source reads is handed over as text (`sys.inputs`), so a run may be in any folder. Only the compiler's own
fonts are used and no time is written, so the same run gives the same bytes.
"""

import json
from pathlib import Path

import typst

from data.writer import atomic_write
from report import formulas
from report.notation import code, shape, typeset

HERE = Path(__file__).parent


def build(source, out, inputs):
    """Compile the Typst file `source` to the PDF `out`, with `inputs` {name: text}; `out` is whole or untouched.

    Raises ValueError, naming the source and what the compiler found, if it does not compile; OSError if a file cannot
    be read or written.
    """
    source = Path(source)
    source.read_bytes()  # the compiler's own message for a missing file names no path
    try:
        pdf = typst.compile(
            str(source), root=str(source.parent), ignore_system_fonts=True, sys_inputs=inputs, pdf_standards=["1.7"]
        )
    except typst.TypstError as error:
        where = f" ({error.trace[0]})" if error.trace else ""
        raise ValueError(f"{source} does not compile: {error.message}{where}") from None
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as temporary:
        temporary.write_bytes(pdf)


def formulas_json(settings, **facts):
    """The formulas as a source reads them: for each setting its definitions and derivations, as Typst and as Python."""
    return json.dumps(
        {"settings": {name.replace("_", "-"): _setting(setting) for name, setting in settings.items()}, **facts}
    )


def assignment2_formulas():
    symbols = formulas.NETWORK.symbols
    return formulas_json(
        formulas.SETTINGS, **{"saturation": formulas.SATURATION, "stable-loss": formula(formulas.STABLE_LOSS, symbols)}
    )


def _setting(setting):
    symbols = setting.symbols
    return {
        "definitions": {
            left: {
                "left": formula(left, symbols),
                "right": formula(right, symbols),
                "braced": formula(right, symbols, braces=True),
            }
            for left, right in setting.definitions.items()
        },
        "derivations": {
            name: {
                "of": formula(derivation.of, symbols),
                "steps": [
                    formula(step.expression, symbols)
                    | {"rule": step.rule, "braced": formula(step.expression, symbols, braces=True)}
                    for step in derivation.steps
                ],
            }
            | _shape_of(derivation, symbols)
            for name, derivation in setting.derivations.items()
        },
    }


def formula(expression, symbols, braces=False):
    return {"math": typeset(expression, symbols, braces), "code": code(expression)}


def _shape_of(derivation, symbols):
    sizes = shape(derivation.result, symbols)
    return {
        "shape": {
            "math": " times ".join(symbols[size].letter if size in symbols else size for size in sizes),
            "code": " x ".join(sizes),
        }
    }
