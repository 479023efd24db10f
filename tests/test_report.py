"""assignment2.pdf: it can be heard, found and read back, and no change of its sources goes unnoticed."""

import ast
import difflib
import json
import re
import shutil
import types
from importlib import resources
from pathlib import Path

import numpy as np
import pypdf
import pytest
from report_faults import faults
from report_numbers import Numbers
from report_pages import GOLDEN, make, make_run, pages_of, text_of, words_of

import assignment2
import report.__main__
from report import formulas, links
from report.__main__ import SOURCES, assignment2_formulas, read_run
from report.build import HERE, build, inline_formulas
from report.notation import pieces


@pytest.fixture
def run_folder(tmp_path):
    return make_run(tmp_path / "run")


def test_without_out_the_same_bytes_go_to_the_output_folder(model_answer, run_folder, monkeypatch):
    assert report.__main__.OUTPUT == Path(assignment2.__file__).parent / "output"
    monkeypatch.setattr(report.__main__, "OUTPUT", run_folder)
    assert make("--name", "Ada Lovelace", "--login", "ada") == 0
    assert (run_folder / "assignment2.pdf").read_bytes() == model_answer.read_bytes()


# ---- Heard and found -----------------------------------------------------------------------------


def elements(node):
    """Every element of the PDF's structure tree."""
    node = node.get_object()
    if "/S" in node:
        yield node
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        if hasattr(kid.get_object(), "get"):
            yield from elements(kid)


@pytest.fixture(scope="module")
def reader(model_answer):
    return pypdf.PdfReader(model_answer)


@pytest.fixture(scope="module")
def pages(model_answer):
    return pages_of(model_answer)


def test_every_formula_and_every_figure_is_said_in_words(reader):
    tree = [*elements(reader.trailer["/Root"]["/StructTreeRoot"])]
    said = [str(node.get("/Alt", "")) for node in tree if node["/S"] == "/Formula"]
    assert len(said) > 250
    assert [text for text in said if not re.fullmatch(r"[A-Za-z0-9 ,.;:]+", text)] == []  # and no code in them
    pictures = [str(node.get("/Alt", "")) for node in tree if node["/S"] == "/Figure"]
    assert len(pictures) >= 4 and all(len(text.split()) > 5 for text in pictures)


def test_the_document_says_that_it_is_pdf_ua(reader):
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part(>|=\")1", metadata)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title.startswith("Assignment 2") and reader.metadata.author == "Ada Lovelace"


def test_bookmarks_keep_their_hats(reader):
    marks = [mark.title for mark in reader.outline if not isinstance(mark, list)]
    for question in ("Q2.1", "Q2.2", "Q2.3", "Q2.4", "Q5", "contradicts", "exercises", "Sources"):
        assert any(question in mark for mark in marks), marks
    assert "∂L/∂ŷ" in next(mark for mark in marks if "Q2.1" in mark)
    assert {tuple(map(float, page.mediabox[2:])) for page in reader.pages} == {(612.0, 792.0)}


def test_every_font_is_embedded(reader):
    fonts = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            fonts[str(font["/BaseFont"])] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            assert "/ToUnicode" in font  # searched and copied
    assert fonts and all(fonts.values())


def test_equations_are_numbered_in_their_order_and_linked_both_ways(pages, reader):
    table = next(number for number, page in enumerate(pages) if "Where each equation is used" in page)
    first = [next(place for place, page in enumerate(pages) if f"({n})" in page) for n in links.NUMBERS.values()]
    assert first == sorted(first) and first[-1] > table  # the last ones are the answers to the exercises
    targets = {}
    for place, page in enumerate(reader.pages):
        found = [note.get_object() for note in page.get("/Annots", [])]
        ways = [note.get("/Dest") or note["/A"].get("/D") for note in found if "/URI" not in note.get("/A", {})]
        targets[place] = [reader.get_page_number(way.get_object()[0].get_object()) for way in ways]
    used = [links.NUMBERS[link.equation] for link in links.LINKS]
    assert targets[table] == [first[number - 1] for number in used]
    back = [target for place, ways in targets.items() if place != table for target in ways]
    assert back.count(table) == len(used)


# ---- Read back -----------------------------------------------------------------------------------


def test_each_page_reads_as_it_should(pages):
    """`python -m tests.report_pages` writes the golden text anew, after a change that was meant."""
    assert words_of(pages) == GOLDEN.read_text(encoding="utf-8").split("\f")


PROSE = [  # a source, what it says, and what it should not say: no formula, so nothing but the page can tell
    ("assignment2", 'in row #vec("k") and column #vec("i")', 'in row #vec("i") and column #vec("k")'),
    ("assignment2", "is 1 if the two indices are equal and else 0", "is 0 if the two indices are equal and else 1"),
    ("assignment2", "if the unit is saturated", "if the unit is not saturated"),
    ("assignment2", 'only its row #lay("i") is not 0', 'only its row #lay("i") is 0'),
    ("assignment2", 'are the columns of #bat("X")', 'are the rows of #bat("X")'),
    ("assignment2", 'divided by #bat("N") once', 'divided by #bat("N") twice'),
    ("assignment2", 'so raising #one("yhat") lowers the loss', 'so raising #one("yhat") raises the loss'),
    ("assignment2", "loses two of its three indices", "loses one of its three indices"),
    ("assignment2", "The derivative of the sigmoid, dσ/dz", "The derivative of the sigmoid, dz/dσ"),
    ("assignment2", "with the minus that equation (1.7)", "without the minus that equation (1.7)"),
    ("worked", "`np.logaddexp(0, (1 - 2*y) * z2)`", "`np.logaddexp(0, (1 + 2*y) * z2)`"),
    ("worked", "`np.logaddexp(0, z2) - y * z2`", "`np.logaddexp(0, z2) + y * z2`"),
    ("worked", 'to unit #net("i"). numpy', 'to unit #net("j"). numpy'),
    (
        "worked",
        "str(it.z2), scientific(it.loss), scientific(it.loss_subtracted)",
        "str(it.z2), scientific(it.loss_subtracted), scientific(it.loss)",
    ),
    ("worked", "place of #inline(it.losses.right)", "place of #inline(it.losses.wrong)"),
    ("contradictions", "returns the negative mean log-likelihood", "returns the mean log-likelihood"),
    ("contradictions", "W is ℓ × d and b has ℓ elements", "W is d × ℓ and b has ℓ elements"),
    ("closing", 'In a batch #bat("H * (1 - H)") becomes', 'In a batch #bat("1 - H * H") becomes'),
]
CLAIMS = [  # the same for formulas in the text, which are proved
    ("one", "where(D(L, yhat) == -1 / yhat, y == 1)", "where(D(L, yhat) == 1 / yhat, y == 1)"),
    ("one", "where(D(L, yhat) == 1 / (1 - yhat), y == 0)", "where(D(L, yhat) == 1 / yhat, y == 0)"),
    ("one", "s * (1 - s) <= 1 / 4", "s * (1 - s) <= 1 / 5"),
    ("one", "D(s, z) == s * (1 - s)", "D(s, z) == s * (1 + s)"),
    ("one", "s == sigma(z)", "s == sigma(-z)"),
    ("vec", "D(L, v) == D(u, v) @ D(L, u)", "D(L, v) == (D(L, u) * D(L, u)).T @ D(u, v).T"),
    ("bat", "D(L, Z2) == delta2", "D(L, Z1) == delta2"),
    ("bat", "D(L, Z1) == delta1", "D(L, Z2) == delta1"),
    ("lay", "g[i] == D(L, yhat[i])", "g[i] == D(L, z[i])"),
    ("col", "x in R(d)", "x in R(l)"),
    ("col", "y in {0, 1}", "y in {-1, 1}"),
    ("ele", "z in R(m)", "z in R(n)"),
    ("tan", "h[i] == tanh(z1[i])", "h[i] == sigma(z1[i])"),
]


def changed_sources(changes, folder):
    """A copy of the Typst sources with each (source, old, new) made, where old is there exactly once."""
    for path in HERE.glob("*.typ"):
        shutil.copy(path, folder)
    for source, old, new in changes:
        path = folder / f"{source}.typ"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), encoding="utf-8")
    return [folder / f"{name}.typ" for name in SOURCES]


def test_each_changed_sentence_and_each_exchanged_figure_is_seen_in_the_text(tmp_path, run_folder, monkeypatch):
    (tmp_path / "sources").mkdir()
    sources = changed_sources(PROSE, tmp_path / "sources")
    shown = json.loads(assignment2_formulas())
    shown["inline"] = inline_formulas(sources, formulas.SETTINGS)
    inputs = {"name": "Ada Lovelace", "login": "ada", "formulas": json.dumps(shown), **read_run(run_folder)}
    build(sources[0], tmp_path / "changed.pdf", inputs)
    texts = "\n".join(words_of(pages_of(tmp_path / "changed.pdf"))).split(), GOLDEN.read_text(encoding="utf-8").split()
    hunks = [code for code in difflib.SequenceMatcher(None, *texts, autojunk=False).get_opcodes() if code[0] != "equal"]
    assert len(hunks) >= len(PROSE)


@pytest.mark.parametrize("function, old, new", CLAIMS)
def test_each_changed_formula_of_the_text_is_found_to_be_wrong(function, old, new, tmp_path):
    source, text = next(
        (path, path.read_text(encoding="utf-8"))
        for path in (HERE / f"{name}.typ" for name in SOURCES)
        if f'{function}("{old}")' in path.read_text(encoding="utf-8")
    )
    changed = tmp_path / source.name
    changed.write_text(text.replace(f'{function}("{old}")', f'{function}("{new}")'), encoding="utf-8")
    (name,) = re.findall(rf'#let {function} = formulas-of\("(\w+)"\)', text)
    assert faults(name, formulas.SETTINGS[name], [old]) == []
    try:
        inline_formulas([changed], formulas.SETTINGS)
    except ValueError:  # shapes that do not fit are refused before they are printed
        return
    assert faults(name, formulas.SETTINGS[name], [new]) != []


def slips_of_the_formulas():
    """One slip in each text of formulas.py that is an expression, a rule with a claim, a letter or a shape, by program.

    As (line, old, new), each a change of the source's own text: a subscript exchanged, a sign turned, a transpose lost,
    an index or a letter in another's place.
    """
    text = (HERE / "formulas.py").read_text(encoding="utf-8")
    turns = [
        (r" == -", " == "),
        (r"(?<=\w\)) \* \(1 - ", " * (1 + "),
        (r" - y\[n\]\)", " + y[n])"),
        (r"\.T @ ", " @ "),
        (r" @ (\w+)\.T$", r" @ \1"),
        (r"delta1", "delta2"),
        (r"\bW2\[i\]", "W1[i, i]"),
        (r"yhat - y(?!.*\*\* 2)", "y - yhat"),
        (r"b1 @ ones\.T", "b1 @ ones"),
        (r"prime\(u\) / u", "u / prime(u)"),
        (r"-u\*\*-2", "u**-2"),
        (r"exp\(-z\)", "exp(z)"),
        (r"\* h\[j\]", "* h[i]"),
        (r"\* x\[j\]", "* x[i]"),
        (r"\+ b1\[i\]", "- b1[i]"),
        (r"^([WbzZ])$", "q"),
        (r"^delta$", "epsilon"),
        (r"^hat\(y\)$", "y"),
        (r"^1$", "2"),
    ]
    slips, tree = [], ast.parse(text)
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    for node in ast.walk(tree):
        if (
            id(node) not in keys
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "\n" not in node.value
        ):
            for pattern, new in turns:
                changed = re.sub(pattern, new, node.value, count=1)
                claims = [part for is_formula, part in pieces(changed) if is_formula and "==" in part]
                if changed != node.value and (
                    "{" not in changed or set(claims) - set(part for _, part in pieces(node.value))
                ):
                    slips.append((node.lineno, node.value, changed))
                    break
    return slips


SLIPS = slips_of_the_formulas()[::2]  # all of them are found; half of them take half the time


def not_the_gradient(name, text):
    """Whether the gradient in numpy differs from the derivation's; the shape of a bias is numpy's own."""
    numbers = Numbers(formulas.BATCH)
    try:
        found = eval(text, dict(numbers.full))
    except ValueError:
        return True
    right = numbers.evaluate(formulas.BATCH.derivations[name].result)
    return np.size(found) != np.size(right) or not np.allclose(np.reshape(found, right.shape), right, rtol=1e-12)


def changed_settings(line, old, new):
    """What differs in formulas.py with one text changed: its settings, and the gradients in numpy."""
    lines = (HERE / "formulas.py").read_text(encoding="utf-8").split("\n")
    lines[line - 1] = lines[line - 1].replace(f'"{old}"', f'"{new}"', 1)
    module = types.ModuleType("changed")
    exec(compile("\n".join(lines), "formulas.py", "exec"), module.__dict__)
    changed = {name: it for name, it in module.SETTINGS.items() if repr(it) != repr(formulas.SETTINGS[name])}
    return changed, {name: it for name, it in module.NUMPY.items() if it != formulas.NUMPY[name]}


def test_every_slip_in_the_formulas_source_is_found():
    """At least forty, and none that nothing notices."""
    unnoticed = []
    for line, old, new in SLIPS:
        settings, numpy = changed_settings(line, old, new)
        wrong = [faults(name, setting) for name, setting in settings.items()]
        wrong += [not_the_gradient(name, text) for name, text in numpy.items()]
        if not any(wrong):
            unnoticed.append((line, old, new))
    assert len(SLIPS) >= 40 and unnoticed == []


# ---- The web page --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    assert make("--run", make_run(folder / "run"), "--out", folder / "assignment2.html") == 0
    return folder / "assignment2.html"


def test_the_web_page_has_every_formula_of_the_pdf_as_mathml(web_page, reader):
    html = web_page.read_text(encoding="utf-8")
    tree = [*elements(reader.trailer["/Root"]["/StructTreeRoot"])]
    on_paper = sum(node["/S"] == "/Formula" for node in tree)
    # On paper what is derived has a cell of its own; here it begins the first line. The last line has the number.
    derived = len(re.findall(r'class="rule">(?:(?!</div>).)*id="eq', html))
    assert derived > 20 and html.count("<math") == on_paper - derived
    assert html.count("<svg") == 2  # the two drawings keep their own formulas
    for number in links.NUMBERS.values():
        assert f'id="eq{number}"' in html
    for question in ("Q2.1", "Q2.2", "Q2.3", "Q2.4", "Q5", "Sources"):
        assert re.search(f"<h2[^>]*>[^<]*{question}", html)


def test_the_web_page_has_no_obstacles(web_page, browser):
    axe = (resources.files("selenium_axe_python") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    browser.get(web_page.as_uri())
    assert not browser.get_log("browser")
    browser.execute_script(axe)
    context = {"exclude": [["math"], ["svg"]]}  # thousands of nodes without a rule of their own
    run = "axe.run(arguments[0], {preload: false, resultTypes: ['violations']}).then(arguments[1])"
    found = browser.execute_async_script(run, context)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [] and found["passes"]


# ---- Where things go, and what may be missing ----------------------------------------------------


def test_the_template_is_blank_and_goes_to_the_output_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(report.__main__, "OUTPUT", tmp_path)
    assert make("--template") == 0
    text = text_of(tmp_path / "template.pdf")
    assert "Q2.4" in text and "delta1 @" not in text and "Confusion matrix" not in text


def spoil(folder, what):
    path = folder / "run.json"
    run = json.loads(path.read_text())
    if what == "no run":
        path.unlink()
    elif what == "cut short":
        path.write_text(path.read_text()[:200])
    elif what == "no test figures":
        del run["test"]
        path.write_text(json.dumps(run))
    elif what == "a word for a number":
        run["test"]["loss"] = "small"
        path.write_text(json.dumps(run))
    elif what == "true for a number":
        run["test"]["loss"] = True
        path.write_text(json.dumps(run))
    elif what == "NaN":
        run["test"]["loss"] = float("nan")
        path.write_text(json.dumps(run))
    elif what == "a list":
        path.write_text("[]")
    elif what == "no picture":
        (folder / "surface.svg").unlink()
    elif what == "a broken picture":
        (folder / "surface.svg").write_text("<svg")
    elif what == "parameters of other shapes":
        run["parameters"]["W1"] = [[1.0, 2.0]]
        path.write_text(json.dumps(run))


@pytest.mark.parametrize(
    "what",
    [
        "no run",
        "cut short",
        "no test figures",
        "a word for a number",
        "true for a number",
        "NaN",
        "a list",
        "no picture",
        "a broken picture",
        "parameters of other shapes",
    ],
)
def test_a_bad_run_gets_one_sentence_and_leaves_the_old_pdf(run_folder, tmp_path, capsys, what):
    out = tmp_path / "old.pdf"
    out.write_bytes(b"the old PDF")
    spoil(run_folder, what)
    assert make("--run", run_folder, "--out", out) == 2
    error = capsys.readouterr().err
    assert error.startswith("report: ") and error.count("\n") == 1 and "Traceback" not in error
    assert str(run_folder) in error or what in ("a broken picture", "parameters of other shapes")  # found further on
    assert out.read_bytes() == b"the old PDF"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.pdf", "run"]


@pytest.mark.parametrize("source", ["= A heading\n#no-such-thing", "$ frac(1, $", None])
def test_a_broken_source_gets_one_sentence_and_leaves_the_old_pdf(tmp_path, source):
    out, path = tmp_path / "old.pdf", tmp_path / "mine.typ"
    out.write_bytes(b"the old PDF")
    if source is not None:
        path.write_text(source)
    with pytest.raises(FileNotFoundError if source is None else ValueError, match="mine.typ") as caught:
        build(path, out, {})
    assert "\n" not in str(caught.value)
    assert out.read_bytes() == b"the old PDF"
