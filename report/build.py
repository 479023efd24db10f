"""A document from its Typst source, the formulas, a run's JSON and its pictures.

Everything a source reads is handed over as text (`sys.inputs`), so a run may be in any folder. Only the compiler's own
fonts are used and no time is written, so the same run gives the same bytes.

A source says `#let net = formulas-of("network")` and then, within its text, `#net("D(L, z2)")`: the expressions are
collected from the sources before Typst reads them, and typeset and spoken with the symbols of that setting.
"""

import json
import re
from pathlib import Path

import typst

from data.writer import atomic_write
from report.notation import SCALAR, pieces, shape, typeset
from report.spoken import spoken

HERE = Path(__file__).parent


def build(source, out, inputs, standards=("1.7",)):
    """Compile the Typst file `source` to `out`, with `inputs` {name: text}; `out` is whole or untouched.

    out: a PDF, or a web page with MathML if its name ends in .html. Raises ValueError, naming the source and what the
    compiler found, if it does not compile; OSError if a file cannot be read or written.
    """
    source, out = Path(source), Path(out)
    source.read_bytes()  # the compiler's own message for a missing file names no path
    web = out.suffix == ".html"
    options = {"format": "html"} if web else {"pdf_standards": list(standards)}
    try:
        document = typst.compile(
            str(source),
            root=str(source.parent),
            ignore_system_fonts=True,
            sys_inputs=inputs | {"format": "html" if web else "pdf"},
            **options,
        )
    except typst.TypstError as error:
        where = f" ({error.trace[0]})" if error.trace else ""
        raise ValueError(f"{source} does not compile: {error.message}{where}") from None
    if web:
        style = (HERE / "style.css").read_text(encoding="utf-8")
        page = document.decode().replace("</head>", f"<style>{style}</style></head>", 1)
        document = page.replace("<body>", "<body><main>").replace("</body>", "</main></body>").encode()
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as temporary:
        temporary.write_bytes(document)


def formulas_json(sources, settings, numbers, **facts):
    """What the sources read of the formulas: those in their text, and each setting's definitions and derivations.

    sources: the Typst files.  settings: {name: Setting}.  numbers: {"setting.name" or "setting/name": number}.
    """
    return json.dumps(
        {
            "inline": inline_formulas(sources, settings),
            "settings": {name: _setting(name, setting, numbers) for name, setting in settings.items()},
            **facts,
        }
    )


def inline_formulas(sources, settings):
    """{setting: {expression: formula}} of every formula in the text of the sources."""
    found = {}
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for function, name in re.findall(r'^#let ([\w-]+) = formulas-of\("(\w+)"\)', text, re.MULTILINE):
            symbols = settings[name].symbols
            for expression in re.findall(rf'(?<![\w.-]){function}\("([^"]+)"\)', text):
                found.setdefault(name, {})[expression] = formula(expression, symbols, inline=True)
    return found


def formula(expression, symbols, **options):
    return {"math": typeset(expression, symbols, **options), "spoken": spoken(expression, symbols)}


def prose(text, symbols):
    """Text with formulas in braces, as a list of strings and of formulas."""
    return [formula(part, symbols, inline=True) if is_formula else part for is_formula, part in pieces(text)]


def _setting(name, setting, numbers):
    symbols = setting.symbols
    return {
        "definitions": {
            left: _equation(left, right, symbols) | {"number": numbers.get(f"{name}.{left}")}
            for left, right in setting.definitions.items()
        },
        "claims": {
            key: formula(claim, symbols) | {"number": numbers.get(f"{name}.{key}")}
            for key, claim in setting.claims.items()
        },
        "derivations": {
            key: _derivation(derivation, symbols) | {"number": numbers.get(f"{name}/{key}")}
            for key, derivation in setting.derivations.items()
        },
    }


def _equation(left, right, symbols):
    return {
        "left": formula(left, symbols),
        "right": formula(right, symbols),
        "braced": formula(right, symbols, braces=True),
    }


def _derivation(derivation, symbols):
    sizes = shape(derivation.result, symbols)
    return {
        "of": formula(derivation.of, symbols),
        "steps": [
            formula(step.expression, symbols)
            | {
                "rule": prose(step.rule, symbols),
                "braced": formula(step.expression, symbols, braces=True)["math"],
            }
            for step in derivation.steps
        ],
        "shape": _shape(sizes, symbols),
    }


def _shape(sizes, symbols):
    if sizes == SCALAR:
        return {"math": "1", "spoken": "a number"}
    return {
        "math": " times ".join(symbols[size].letter if size in symbols else size for size in sizes),
        "spoken": " by ".join(spoken(size, symbols) if size in symbols else size for size in sizes),
    }
