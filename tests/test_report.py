"""The report: each formula of Q2 against sympy and against differences of an independent loss, then the PDF itself."""

import cmath
import json
import pickle
import re
import shutil
import unicodedata
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pypdf
import pytest
import sympy
from report_oracle import Oracle, mutants, unfounded

import assignment2
import command
import report.__main__
from report import formulas, student
from report.__main__ import boundary, main
from report.build import build
from report.notation import Symbol, shape, typeset

SIZES = {"d": 3, "l": 2, "m": 2, "n": 3}
ELEMENTS = [(name, key) for name in ("scalars", "layer", "network") for key in formulas.SETTINGS[name].derivations]
ORACLES = {name: Oracle(formulas.SETTINGS[name], SIZES) for name in ("scalars", "layer", "network")}


# ---- Element forms, by sympy ---------------------------------------------------------------------


@pytest.mark.parametrize("name, key", ELEMENTS)
def test_every_line_of_the_work_is_the_derivative(name, key):
    """sympy differentiates the definitions; the difference from each printed line simplifies to exactly 0."""
    oracle, derivation = ORACLES[name], formulas.SETTINGS[name].derivations[key]
    for expected, lines in oracle.lines(derivation):
        for step, value in zip(derivation.steps, lines, strict=True):
            assert oracle.is_zero(expected - value), step.expression


@pytest.mark.parametrize("name, key", ELEMENTS)
def test_a_changed_element_form_is_rejected_and_changes_the_page(name, key):
    setting, oracle = formulas.SETTINGS[name], ORACLES[name]
    derivation = setting.derivations[key]
    for mutant in mutants(derivation.result):
        changed = formulas.derivation(derivation.of, (mutant,))
        assert any(not oracle.is_zero(expected - value) for expected, (value,) in oracle.lines(changed)), mutant
        assert typeset(mutant, setting.symbols) != typeset(derivation.result, setting.symbols)


def test_the_stable_loss_is_the_loss():
    oracle = ORACLES["network"]
    values = oracle.full | {"z2": sympy.Symbol("z2", real=True)}
    yhat = 1 / (1 + sympy.exp(-values["z2"]))
    loss = oracle.evaluate(formulas.NETWORK.definitions["L"], values | {"yhat": yhat})
    stable = oracle.evaluate(formulas.STABLE_LOSS, values)
    # Equal slopes and one equal point make equal functions.
    assert oracle.is_zero(sympy.diff(loss - stable, values["z2"]))
    assert sympy.simplify((loss - stable).subs(values["z2"], 0)) == 0


def test_float64_rounds_the_sigmoid_to_one_where_the_page_says():
    z = formulas.SATURATION
    assert 1 / (1 + np.exp(-float(z))) == 1 > 1 / (1 + np.exp(-float(z - 1)))


# ---- Matrix forms, by differences ----------------------------------------------------------------


def sigma(z):
    return (1 + np.tanh(z / 2)) / 2  # another form than the solution's


FUNCTIONS = {
    "sum": sum,
    "range": range,
    "log": np.log,
    "exp": np.exp,
    "sigma": sigma,
    "diag": lambda v: np.diag(v.ravel()),
}


def value(expression, names):
    return eval(expression, {"__builtins__": {}, **FUNCTIONS, **names})


def loop_loss(X, y, W1, b1, W2, b2):
    """The mean loss, number by number; complex numbers pass through."""
    total = 0
    for n in range(X.shape[1]):
        z2 = b2[0, 0]
        for i in range(W1.shape[0]):
            z1 = b1[i, 0]
            for j in range(X.shape[0]):
                z1 += W1[i, j] * X[j, n]
            z2 += W2[0, i] / (1 + cmath.exp(-z1))
        yhat = 1 / (1 + cmath.exp(-z2))
        total -= cmath.log(yhat) if y[0, n] == 1 else cmath.log(1 - yhat)
    return total / X.shape[1]


def complex_step(f, at):
    """∂f/∂at for a real f that takes complex numbers: Im f(at + ih)/h, exact to rounding as nothing is subtracted."""
    gradient = np.empty(at.shape)
    for index in np.ndindex(*at.shape):
        moved = at.astype(complex)
        moved[index] += 1e-30j
        gradient[index] = f(moved).imag / 1e-30
    return gradient


def central_differences(f, at, h=1e-5):
    gradient = np.empty(at.shape)
    for index in np.ndindex(*at.shape):
        up, down = at.copy(), at.copy()
        up[index] += h
        down[index] -= h
        gradient[index] = (f(up) - f(down)).real / (2 * h)
    return gradient


def batch(d, hidden, N, seed=0):
    """A network and a batch of these sizes, with the definitions of the page evaluated in their order."""
    rng = np.random.default_rng(seed)
    names = {
        "X": rng.normal(size=(d, N)),
        "y": rng.integers(0, 2, size=(1, N)).astype(float),
        "W1": rng.normal(size=(hidden, d)),
        "b1": rng.normal(size=(hidden, 1)),
        "W2": rng.normal(size=(1, hidden)),
        "b2": rng.normal(size=(1, 1)),
        "ones": np.ones((N, 1)),
        "N": N,
    }
    return follow(formulas.BATCH.definitions, names)


def follow(definitions, names):
    for left, right in definitions.items():
        names = names | {left: value(right, names)}
    # One example's columns. An example's own error is that of a batch of one: without the 1/N.
    columns = {"x": "X", "h": "H", "e1": "delta1", "e2": "delta2"}
    scale = {"e1": names["N"], "e2": names["N"]}
    return names | {
        one: [scale.get(one, 1) * names[many][:, [n]] for n in range(names["N"])] for one, many in columns.items()
    }


def gradient_of_loss(names, variable, by):
    inputs = [names[name] for name in ("X", "y", "W1", "b1", "W2", "b2")]
    place = ("X", "y", "W1", "b1", "W2", "b2").index(variable)
    return by(lambda moved: loop_loss(*inputs[:place], moved, *inputs[place + 1 :]), names[variable])


SHAPES = [(3, 6, 8), (2, 5, 4), (7, 3, 5)]


@pytest.mark.parametrize("d, hidden, N", SHAPES)
@pytest.mark.parametrize("variable", formulas.BATCH.derivations)
def test_batch_forms_are_the_gradients_of_the_loss(d, hidden, N, variable):
    names = batch(d, hidden, N)
    exact = gradient_of_loss(names, variable, complex_step)
    assert value("L", names).shape == (1, 1)
    assert abs(names["L"][0, 0] - loop_loss(*(names[k] for k in ("X", "y", "W1", "b1", "W2", "b2")))) < 1e-14
    np.testing.assert_allclose(exact, gradient_of_loss(names, variable, central_differences), rtol=0, atol=1e-9)
    for step in formulas.BATCH.derivations[variable].steps:
        printed = value(step.expression, names)
        assert printed.shape == names[variable].shape
        np.testing.assert_allclose(printed, exact, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("d, hidden, N", SHAPES)
def test_batch_forms_are_what_the_solution_computes(d, hidden, N):
    names = batch(d, hidden, N, seed=1)
    *computed, L = assignment2.gradients(
        names["X"], names["y"][0], names["W1"], names["W2"], names["b1"][:, 0], names["b2"][0]
    )
    for variable, gradient in zip(("W1", "W2", "b1", "b2"), computed, strict=True):
        printed = value(formulas.BATCH.derivations[variable].result, names)
        np.testing.assert_allclose(np.reshape(gradient, printed.shape), printed, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(L, names["L"][0, 0], rtol=1e-13)


def rejected(expression, names, expected):
    try:
        printed = value(expression, names)
    except (ValueError, TypeError):
        return True
    return np.shape(printed) != expected.shape or not np.allclose(printed, expected, rtol=1e-6, atol=0)


def page_changes(mutant, original, symbols):
    try:
        return typeset(mutant, symbols) != typeset(original, symbols)
    except ValueError:  # shapes that do not fit are refused before they are printed
        return True


@pytest.mark.parametrize("variable", formulas.BATCH.derivations)
def test_a_changed_batch_form_is_rejected_and_changes_the_page(variable):
    names = batch(3, 6, 8)
    exact = gradient_of_loss(names, variable, complex_step)
    for step in formulas.BATCH.derivations[variable].steps:
        changed = mutants(step.expression)
        assert changed
        for mutant in changed:
            assert rejected(mutant, names, exact), mutant
            assert page_changes(mutant, step.expression, formulas.BATCH.symbols), mutant


@pytest.mark.parametrize("name", ["delta1", "delta2"])
def test_a_changed_error_is_rejected(name):
    """Signs, transposes and the 1/N of Δ1 and Δ2 too."""
    names = batch(3, 6, 8)
    exact = gradient_of_loss(names, "W1", complex_step)
    right = formulas.BATCH.definitions[name]
    for mutant in mutants(right):
        try:
            changed = follow(formulas.BATCH.definitions | {name: mutant}, names)
        except (ValueError, IndexError):
            continue
        assert rejected(formulas.BATCH.derivations["W1"].result, changed, exact), mutant
        assert page_changes(mutant, right, formulas.BATCH.symbols), mutant


def layer(m, n, seed=0):
    rng = np.random.default_rng(seed)
    names = {
        "W": rng.normal(size=(m, n)),
        "h": rng.normal(size=(n, 1)),
        "b": rng.normal(size=(m, 1)),
        "g": rng.normal(size=(m, 1)),
    }
    return names | {"yhat": sigma(names["W"] @ names["h"] + names["b"])}


def layer_jacobian(names, variable):
    """∂ŷ_i/∂variable, (m, *variable's shape), one output after another by the complex step."""

    def output(i, moved):
        given = names | {variable: moved}
        return sigma(given["W"] @ given["h"] + given["b"])[i, 0]

    return np.stack([complex_step(partial(output, i), names[variable]) for i in range(len(names["W"]))])


def layer_expected(names, key):
    if key.startswith("J"):
        return layer_jacobian(names, key[1:])[:, :, 0].T  # denominator layout: ∂ŷ_i/∂h_k at (k, i)
    return np.tensordot(names["g"][:, 0], layer_jacobian(names, key[1:]), axes=1)


@pytest.mark.parametrize("key", formulas.LAYER_MATRICES.derivations)
def test_layer_matrices(key):
    names = layer(4, 3)
    result = formulas.LAYER_MATRICES.derivations[key].result
    expected = layer_expected(names, key)
    np.testing.assert_allclose(value(result, names), expected, rtol=1e-13, atol=1e-16)
    for mutant in mutants(result):
        assert rejected(mutant, names, expected), mutant
        assert page_changes(mutant, result, formulas.LAYER_MATRICES.symbols), mutant


@pytest.mark.parametrize("variable", formulas.UNIT.derivations)
def test_one_output_unit(variable):
    names = layer(1, 3)
    result = formulas.UNIT.derivations[variable].result
    expected = layer_jacobian(names, variable)[0]
    np.testing.assert_allclose(value(result, names), expected, rtol=1e-13)
    for mutant in mutants(result):
        assert rejected(mutant, names, expected), mutant


def test_the_page_shows_the_shapes_that_the_arrays_have():
    sizes = {"d": 3, "l": 6, "N": 8, "1": 1}
    names = batch(3, 6, 8)
    for variable, derivation in formulas.BATCH.derivations.items():
        assert tuple(sizes[size] for size in shape(derivation.result, formulas.BATCH.symbols)) == names[variable].shape
    for name, definition in formulas.BATCH.definitions.items():
        declared = tuple(sizes[size] for size in shape(definition, formulas.BATCH.symbols))
        assert declared == names[name].shape


@pytest.mark.parametrize(
    "setting, key", [(setting, key) for setting in formulas.SETTINGS for key in formulas.SETTINGS[setting].derivations]
)
def test_every_rule_says_what_its_line_does(setting, key):
    """As far as a program can read prose: by the words of the rule, a factor cancels, a derivative is taken, ..."""
    assert unfounded(formulas.SETTINGS[setting].derivations[key]) == []


@pytest.mark.parametrize("rule", ["", "nonsense", "Q2.1", "$[i = j]$ keeps one term", "the labels sum to 1"])
def test_another_rule_is_told_from_the_right_one(rule):
    work = formulas.SCALARS.derivations["q22"]
    for k in range(len(work.steps)):
        steps = [*work.steps]
        steps[k] = replace(steps[k], rule=rule)
        assert len(unfounded(replace(work, steps=steps))) == 1


# ---- The printer ---------------------------------------------------------------------------------

SYMBOLS = {
    "A": Symbol("A", shape=("m", "n")),
    "B": Symbol("B", shape=("n", "k")),
    "C": Symbol("C", shape=("m", "n")),
    "W1": Symbol("W", "1", ("m", "n")),
    "s": Symbol("s"),
    "t": Symbol("t"),
    "i": Symbol("i"),
    "n": Symbol("n"),
    "N": Symbol("N"),
    "v": Symbol("v", shape=("n",)),
}


@pytest.mark.parametrize(
    "expression, printed",
    [
        ("A @ B / N", "frac(1, N) thin A thin B"),
        ("-(s - t) / N", "-frac(s - t, N)"),
        ("s - (t - s)", "s - lr((t - s))"),
        ("(s - t) * t", "lr((s - t)) thin t"),
        ("A * C @ B", "lr((A dot.o C)) thin B"),
        ("A * (C @ B)", None),
        ("(C @ C.T) * s", "C thin C^top thin s"),
        ("A * (C @ B @ B.T)", "A dot.o lr((C thin B thin B^top))"),
        ("W1[i, n] * s", "W_(1,i n) thin s"),
        ("sum(v[i] for i in range(n)) * s", "lr((sum_(i = 1)^(n) v_(i))) thin s"),
        ("exp(-s)**2", "lr((e^(-s)))^(2)"),
        ("D(s, v[i])", "frac(partial s, partial v_(i))"),
        ("kron(i, n) * log(s)", "[i = n] thin ln s"),
        ("A @ C", None),
        ("s if t else s", None),
    ],
)
def test_printing(expression, printed):
    if printed is None:  # shapes that do not fit, or a construct that the language does not have
        with pytest.raises(ValueError):
            typeset(expression, SYMBOLS)
    else:
        assert typeset(expression, SYMBOLS) == printed


def test_braces_carry_the_shapes():
    assert typeset("A @ B.T.T / N", SYMBOLS | {"N": Symbol("N")}, braces=True).count("underbrace") == 2
    assert "underbrace(lr((A - C)), m times n)" in typeset("(A - C) @ B", SYMBOLS, braces=True)


# ---- The PDF -------------------------------------------------------------------------------------

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><path d="M0 0L60 40" stroke="black"/></svg>'


@pytest.fixture
def run_folder(tmp_path):
    """A training run's folder, its figures made up."""
    folder = tmp_path / "run"
    folder.mkdir()
    rng = np.random.default_rng(0)
    run = {
        "seed": 7,
        "hidden": 2,
        "iters": 5000,
        "lr": 0.01,
        "batch": 32,
        "steps_taken": 5000,
        "stopped": "All steps taken.",
        "data": {"source": "embedded features", "train": 8000, "test": 2000},
        "curve": {"step": [0, 2500, 5000], "train": [0.7, 0.1, 0.02], "eval": [0.7, 0.11, 0.0123]},
        "train": {"loss": 0.0171, "accuracy": 0.9951},
        "rule": {"accuracy": 0.995},
        "test": {"loss": 0.0123, "accuracy": 0.9942, "interval": [0.9898, 0.9967], "confusion": [[993, 7], [5, 995]]},
        "parameters": {"W1": rng.normal(size=(2, 3)).tolist(), "b1": [0.0, 0.1], "W2": [[1.0, -1.0]], "b2": [0.0]},
        "examples": [
            {
                "text": "This is #1 *ridiculously* bright $movie$",
                "stems": ["ridicul"],
                "features": [1.0, 38.0, 171.0],
                "yhat": 0.0312,
            }
        ],
        "wrong": [
            {"features": [1.0, 255.0, 175.0], "label": 0, "yhat": 0.929},
            {"features": [1.0, 0.0, 9.0], "label": 1, "yhat": 0.0},
        ],
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    }
    (folder / "run.json").write_text(json.dumps(run))
    for name in ("loss", "surface"):
        (folder / f"{name}.svg").write_text(SVG)
    return folder


def make(*arguments):
    return command.attempt("report", lambda: main([str(argument) for argument in arguments]))


def pages_of(path):
    return [unicodedata.normalize("NFKC", page.extract_text()) for page in pypdf.PdfReader(path).pages]


def text_of(path):
    return "\n".join(pages_of(path))


@pytest.fixture
def pdf(run_folder, tmp_path):
    out = tmp_path / "assignment2.pdf"
    assert make("--run", run_folder, "--name", "Ada Lovelace", "--login", "ada", "--out", out) == 0
    return out


def test_two_builds_are_identical(run_folder, tmp_path, pdf):
    again = tmp_path / "again.pdf"
    assert make("--run", run_folder / "run.json", "--name", "Ada Lovelace", "--login", "ada", "--out", again) == 0
    assert again.read_bytes() == pdf.read_bytes()


def test_the_page(pdf):
    reader = pypdf.PdfReader(pdf)
    assert len(reader.pages) <= 10
    assert {tuple(map(float, page.mediabox[2:])) for page in reader.pages} == {(612.0, 792.0)}
    assert reader.metadata.title.startswith("Assignment 2") and reader.metadata.author == "Ada Lovelace"
    marks = [mark.title for mark in reader.outline if not isinstance(mark, list)]
    for question in ("Q2.1", "Q2.2", "Q2.3", "Q2.4", "Q5", "contradicts"):
        assert any(question in mark for mark in marks), marks


def test_every_font_is_embedded(pdf):
    fonts = {}
    for page in pypdf.PdfReader(pdf).pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            fonts[str(font["/BaseFont"])] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            assert "/ToUnicode" in font  # searched and copied
    assert fonts and all(fonts.values())


def test_the_text_holds_results_and_figures_of_the_run(pdf):
    text = text_of(pdf)
    for piece in (
        "Ada Lovelace",
        "ada",
        "dW1 = delta1 @ X.T",
        "dW2 = delta2 @ H.T",
        "db1 = delta1 @ ones",
        "99.42 %",
        "98.98",
        "99.67 %",
        "0.0123",
        "993",
        "255",
        "This is #1 *ridiculously* bright $movie$",
        "bce_forward",
        "chain rule",
    ):
        assert piece in text, piece


@pytest.mark.parametrize("arguments, name", [([], "assignment2.pdf"), (["--template"], "template.pdf")])
def test_without_out_the_pdf_goes_to_the_output_folder(run_folder, monkeypatch, arguments, name):
    assert report.__main__.OUTPUT == Path(assignment2.__file__).parent / "output"
    monkeypatch.setattr(report.__main__, "OUTPUT", run_folder)
    assert make(*arguments) == 0
    assert "Q2.4" in text_of(run_folder / name)


def test_the_template_is_blank(tmp_path):
    assert make("--template", "--out", tmp_path / "template.pdf") == 0
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


# ---- A student's own document --------------------------------------------------------------------


@pytest.fixture
def hand_in(tmp_path):
    """A student's folder with everything in it but the tweets."""
    folder = tmp_path / "student"
    (folder / "mine").mkdir(parents=True)
    shutil.copy(assignment2.__file__, folder)
    for name in student.PICTURES:
        (folder / "mine" / f"{student.PICTURES[name][0]}.svg").write_text(SVG)
    rng = np.random.default_rng(3)
    parameters = {
        "W1": rng.normal(size=(2, 3)) * [0.1, 0.01, 0.01],
        "W2": np.array([[2.0, -1.5]]),
        "b1": np.zeros(2),
        "b2": np.zeros(1),
    }
    (folder / "assignment2.pkl").write_bytes(pickle.dumps(parameters))
    return folder


def document(folder, tmp_path, capsys, *arguments):
    """The text of the document of `folder` on one line, and the sentences in the terminal."""
    out = tmp_path / "mine.pdf"
    capsys.readouterr()
    assert make("--solution", folder, "--out", out, *arguments) == 0
    *sentences, last = capsys.readouterr().out.splitlines()
    assert last == f"wrote {out}" and all(line.startswith("to do: ") for line in sentences)
    sentences = [line.removeprefix("to do: ") for line in sentences]
    text = " ".join(text_of(out).split())
    for sentence in sentences:  # in the terminal and on the page; a line may end within a word that has a hyphen
        assert sentence.replace("`", "").replace(" ", "") in text.replace(" ", ""), sentence
    return text, sentences


def test_a_students_figures_are_those_of_their_parameters(hand_in, tmp_path, capsys):
    from data.embedded import load_embedded

    text, sentences = document(hand_in, tmp_path, capsys, "--name", "Grace Hopper")
    data, parameters = load_embedded(), pickle.loads((hand_in / "assignment2.pkl").read_bytes())
    counts, loss = np.zeros((2, 2), dtype=int), 0.0
    for x, y in zip(data["test_X"].T, data["test_y"], strict=True):
        h = sigma(parameters["W1"] @ x + parameters["b1"])
        yhat = sigma(parameters["W2"] @ h + parameters["b2"])[0]
        counts[int(y), int(yhat > 0.5)] += 1
        loss -= np.log(yhat if y == 1 else 1 - yhat) / 2000
    assert "Grace Hopper" in text
    assert f"{100 * np.trace(counts) / 2000:.2f} %" in text and f"{loss:.4f}" in text
    assert "0, negative {} {} 1000 1, positive {} {} 1000".format(*counts.ravel()) in text
    assert "give the same" in text  # their functions, too
    assert sentences == ["The tweets' stems are missing: they need twitter_data.pkl beside assignment2.py."]


def printed(expressions, folder):
    """How each of these formulas is extracted from a PDF: {extracted, without white space: the formula}."""
    source, pdf = folder / "formulas.typ", folder / "formulas.pdf"
    shutil.copy(Path(report.__file__).with_name("style.typ"), folder)
    pages = "\n#pagebreak()\n".join(f"$ {expression} $" for expression in expressions)
    source.write_text('#import "style.typ": document-style\n#show: document-style\n#set page(footer: none)\n' + pages)
    build(source, pdf, {})
    return {"".join(page.split()): it for page, it in zip(pages_of(pdf), expressions, strict=True)}


def test_no_line_of_the_models_derivations_is_in_a_students_document(hand_in, tmp_path, capsys, pdf):
    """Each line of every derivation, as it is extracted from a PDF, is in the model answer and not in the student's."""
    text, _ = document(hand_in, tmp_path, capsys)
    text, model = text.replace(" ", ""), "".join(text_of(pdf).split())
    lines = {
        typeset(step.expression, setting.symbols): step.rule
        for setting in formulas.SETTINGS.values()
        for derivation in setting.derivations.values()
        for step in derivation.steps
    }
    terms = {term: line for term, line in printed(lines, tmp_path).items() if len(term) > 3}  # not δ2 alone
    assert len(terms) > 40
    assert [line for term, line in terms.items() if term in text] == []
    assert np.mean([term in model for term in terms]) > 0.9, [t for t in terms if t not in model]
    # Rules in words, but for "chain rule", the handout's own hint, and "Q2.2"; and what is said of the training.
    rules = {rule.replace(" ", "") for rule in lines.values() if "$" not in rule and len(rule.split()) > 2}
    claims = {"tweetsastep", "seed7", "playednopartinthetraining", "thesolutiondoes"}
    for words in rules | claims:
        assert words in model.replace("’", "'") and words not in text.replace("’", "'"), words


def test_an_empty_folder_gets_the_questions_and_a_sentence_for_whatever_is_missing(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    text, sentences = document(tmp_path / "empty", tmp_path, capsys)
    for what in ("loss curves", "assignment2.py", "assignment2.pkl", "examples", "decision surface"):
        assert sum(what in sentence.partition(" missing")[0] for sentence in sentences) == 1, what
    for question in ("Q2.1", "Q2.2", "Q2.3", "Q2.4", "20 points", "3 points", "1 point", "Name:", "Login:"):
        assert question in text


def test_no_folder_gets_one_sentence(tmp_path, capsys):
    assert make("--solution", tmp_path / "nowhere", "--out", tmp_path / "mine.pdf") == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "nowhere") in error and error.count("\n") == 1 and not (tmp_path / "mine.pdf").exists()


def test_pictures_that_cannot_be_shown_give_way_to_others(hand_in, tmp_path, capsys):
    (hand_in / "mine" / "loss.svg").write_text("<svg")
    (hand_in / "mine" / "loss.png").write_bytes(b"no picture \xff")
    (hand_in / "mine" / "surface.svg").unlink()
    shutil.copy(Path(assignment2.__file__).with_name("pictures") / "loss.png", hand_in / "My Loss Curves.png")
    (hand_in / "decision_boundary.SVG").write_text(SVG)
    text, sentences = document(hand_in, tmp_path, capsys)
    assert "from My Loss Curves.png" in text and "from decision_boundary.SVG" in text and "drawn" not in text
    assert [sentence.partition(":")[0] for sentence in sentences[:2]] == [
        "mine/loss.png cannot be shown",
        "mine/loss.svg cannot be shown",
    ]


def test_a_second_file_of_parameters_is_pointed_out(hand_in, tmp_path):
    def read():
        found = student.Findings(hand_in, tmp_path)
        b2 = student._find_parameters(found)[3]
        return b2[0], found.shown["parameters"], [row["sentence"].partition(":")[0] for row in found.missing]

    shutil.copy(hand_in / "assignment2.pkl", hand_in / "mine")
    assert read() == (0, "assignment2.pkl", [])
    parameters = pickle.loads((hand_in / "assignment2.pkl").read_bytes())
    (hand_in / "mine" / "assignment2.pkl").write_bytes(pickle.dumps(parameters | {"b2": np.ones(1)}))
    assert read() == (0, "assignment2.pkl", ["assignment2.pkl and mine/assignment2.pkl differ"])
    (hand_in / "assignment2.pkl").unlink()
    assert read() == (1, "mine/assignment2.pkl", [])


def rows_of(folder, tmp_path):
    """The examples and the sentences about them for a network that says "positive" where the positive sum is larger."""
    from data.embedded import load_embedded

    found, data = student.Findings(folder, tmp_path), load_embedded()
    rows = student._test_tweets(found, lambda X: (X[1] > X[2]) * 0.8 + 0.1, data)
    return rows, [row["sentence"] for row in found.missing], data["freqs"]


def test_examples_are_right_and_wrong_test_tweets_with_their_stems(shared, tmp_path):
    shutil.copy(shared / "data" / "twitter_data.pkl", tmp_path)
    rows, sentences, freqs = rows_of(tmp_path, tmp_path)
    assert sentences == []
    assert [row["label"] for row in rows[:6]] == [1, 1, 1, 0, 0, 0] and len(rows) == 11
    for i, row in enumerate(rows):
        assert ((row["yhat"] > 0.5) == (row["label"] == 1)) == (i < 6)
        stems = row["stems"].split()
        assert row["features"] == [1, *(sum(freqs.get((stem, label), 0) for stem in stems) for label in (1.0, 0.0))]


def test_the_stems_of_another_file_are_left_out(tmp_path):
    tweets = {"train_x": ["a", "b"], "train_y": [1, 0], "freqs": {("fine", 1.0): 1}}
    (tmp_path / "twitter_data.pkl").write_bytes(
        pickle.dumps(tweets | {"test_x": ["fine"] * 2000, "test_y": [1] * 2000})
    )
    rows, sentences, _ = rows_of(tmp_path, tmp_path)
    assert not any("stems" in row for row in rows) and "holds other test tweets" in sentences[0] and len(sentences) == 1


def test_curves_and_surface_are_drawn_where_there_is_no_picture(hand_in, tmp_path, capsys):
    for path in (hand_in / "mine").iterdir():
        path.unlink()
    (hand_in / "run.json").write_text(json.dumps({"steps": [1, 10, 100], "train_loss": [0.7, 0.6, 0.1]}))
    text, sentences = document(hand_in, tmp_path, capsys)
    assert "drawn from run.json" in text and "drawn from assignment2.pkl" in text
    assert sentences[0] == "run.json holds no evaluation loss, and Q5 asks for that curve too."
    images = [image for page in pypdf.PdfReader(tmp_path / "mine.pdf").pages for image in page.images]
    assert len(images) == 2 and all(np.ptp(np.asarray(image.image)) > 100 for image in images)  # not blank


@pytest.mark.parametrize(
    "run, curve",
    [
        (
            {"steps": [1, 2], "train_loss": [3, 2], "test_loss": [4, 3]},
            {"step": [1, 2], "train": [3, 2], "eval": [4, 3]},
        ),
        (
            {"curve": {"step": [1, 2], "train": [3, 2], "eval": [4, 3]}, "train": {"loss": 2}, "steps": 9},
            {"step": [1, 2], "train": [3, 2], "eval": [4, 3]},
        ),
        ({"Ls": [3, 2], "lr": 0.1}, {"step": [1, 2], "train": [3, 2]}),
        (
            {"epochs": [2, 0, 1], "loss": [1, 3, 2], "val_loss": [4, 6, 5]},
            {"step": [1, 2], "train": [2, 1], "eval": [5, 4]},
        ),
    ],
)
def test_a_run_of_another_program_is_read(tmp_path, run, curve):
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert student.read_curve(tmp_path / "run.json") == curve


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "Expecting value"),
        ("[1, 2]", "not a JSON object"),
        ("{}", "no list of training losses"),
        ('{"train_loss": []}', "no list of training losses"),
        ('{"train_loss": [0.7, NaN]}', "holds nan"),
        ('{"train_loss": [0.7, -0.1]}', "holds -0.1"),
        ('{"train_loss": [0.7, 1e999]}', "holds inf"),
        ('{"train_loss": [0.7, "low"]}', "something else than numbers"),
        ('{"train_loss": [0.7, [1]]}', "something else than numbers"),
        ('{"train_loss": [1, 2], "test_loss": [1]}', "differ in length"),
        ('{"train_loss": [0, 0]}', "all 0"),
        ('{"steps": [0], "train_loss": [1]}', "no step after 0"),
    ],
)
def test_a_run_that_is_no_curve_gets_one_sentence(tmp_path, text, said):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match=said):
        student.read_curve(tmp_path / "run.json")


# ---- A student's code, in a process of its own ---------------------------------------------------

GOOD = """
def inference_2layers(X, W1, W2, b1, b2): return X[0] * W1 + W2 + b1 + b2
def bce_forward(yhat, y): return (yhat * y).sum()
"""
GIVEN = {"X": [[1.0, 2.0]], "y": [1.0, 0.0], "W1": 0.1, "b1": 0.01, "W2": 0.001, "b2": 0.0001}


def run(folder, code):
    path = folder / "assignment2.py"
    path.write_text(code)
    return student.run_code(path, GIVEN)


def test_their_code_runs_in_its_folder_and_never_in_this_process(tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "utils.py").write_text("ONE = 1.0")
    (tmp_path / "words.txt").write_text("0")
    check = "import os, sys, utils\n" + "assert 'report' not in sys.modules and 'data' not in sys.modules\n"
    shift = "zero = float(open('words.txt').read()) * utils.ONE\nprint('noise', flush=True); os.system('echo noise')\n"
    yhat, loss, failed = run(tmp_path, check + shift + GOOD.replace("X[0]", "zero + X[0]"))
    # 0.1 x + 0.001 + 0.01 + 0.0001 for x = 1 and 2; the first has the label 1.
    np.testing.assert_allclose(yhat, [0.1111, 0.2111], rtol=1e-12)
    assert loss == pytest.approx(0.1111, rel=1e-12) and failed == ""
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assignment2.py", "utils.py", "words.txt"]


@pytest.mark.parametrize(
    "code, said",
    [
        ("x = 1", "inference_2layers failed with AttributeError"),
        ("x = 1\nraise RuntimeError('no')", r"importing it failed with RuntimeError: no \(line 2\)"),
        ("\ndef f(:", "importing it failed with SyntaxError: .*line 2"),
        ("import no_such_package", "importing it failed with ModuleNotFoundError.*no_such_package"),
        ("input()", "importing it failed with EOFError"),
        ("import sys; sys.exit(3)", "importing it failed with SystemExit: 3"),
        (GOOD.replace("return X[0]", "return X['a']"), r"inference_2layers failed with IndexError.*\(line 2\)"),
        (GOOD.replace("return (", "return yhat['a'] #"), r"bce_forward failed with IndexError.*\(line 3\)"),
    ],
)
def test_a_students_mistake_gets_one_sentence(tmp_path, code, said):
    assert re.search(said, run(tmp_path, code)[2])


@pytest.mark.parametrize("last", ["os._exit(0)", "open(sys.argv[3], 'w').write('{}'); os._exit(0)"])
def test_code_that_ends_python_gets_one_sentence(tmp_path, last):
    with pytest.raises(ValueError, match="ended Python"):
        run(tmp_path, f"import os, sys; {last}")


def test_code_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "SECONDS", 0.2)
    with pytest.raises(ValueError, match="had not finished after 0.2 seconds; does it train when it is imported?"):
        run(tmp_path, "while True: pass")


@pytest.mark.parametrize(
    "code, said",
    [
        ("raise ValueError('\\ud800 \\x1b[2J\\n#panic() [$')", "importing it failed with ValueError"),
        (GOOD.replace("return X", "return X[0] * 0.5 #"), "other values on the test tweets"),
        (GOOD.replace("return X", "return X[0] * float('nan') #"), "other values"),
        (GOOD.replace("return X[0]", "return X[0][:7] #"), "gave 7 values for 2,000 tweets"),
    ],
)
def test_a_mistake_is_on_the_page_and_the_figures_are_there_all_the_same(hand_in, tmp_path, capsys, code, said):
    (hand_in / "assignment2.py").write_text(code)
    text, sentences = document(hand_in, tmp_path, capsys)
    assert len(sentences) == 2 and sentences[1].startswith("assignment2.py: ") and said in sentences[1]
    assert "Confusion matrix" in text and "give the same" not in text


def test_boundary():
    # ŷ = 1/2 where negative = 2 positive; and a network that has no boundary.
    points = boundary(lambda X: sigma((2 * X[1] - X[2]) / 50))
    np.testing.assert_allclose([p["negative"] / p["positive"] for p in points], 2, rtol=1e-3)
    assert boundary(lambda X: np.full(X.shape[1], 0.9))[0]["negative"] is None
