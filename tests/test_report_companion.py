"""The companion's formulas, as those of Q2 are tested, against its code too; and companion.pdf itself."""

import json

import numpy as np
import pypdf
import pytest
import sympy
from q2_neural import forward_backward_prop
from q3_word2vec import FiveWords, cbow, negSamplingCostAndGradient, skipgram, softmaxCostAndGradient
from report_oracle import Oracle, mutants, unfounded

import command
import report.__main__
from report import companion_formulas as formulas
from report.__main__ import main
from report.formulas import derivation
from report.notation import typeset

SIZES = {"d": 2, "m": 2, "n": 3, "V": 3, "K": 2, "Dx": 2, "H": 2, "Dy": 3}
PROVED = ("shift", "cross_entropy", "hidden", "softmax", "negative", "skipgram", "cbow")  # scalars: in test_report.py


def oracle(name):
    """A setting with its labels summing to 1, and otherwise free."""
    setting, given = formulas.SETTINGS[name], {}
    if "y" in setting.symbols:
        free = [sympy.Symbol(f"y{i}") for i in range(SIZES[setting.symbols["y"].shape[0]] - 1)]
        given["y"] = np.array([*free, 1 - sum(free)], object)
    return Oracle(setting, SIZES, **given)


ORACLES = {name: oracle(name) for name in PROVED}
DERIVATIONS = [(name, key) for name in PROVED for key in formulas.SETTINGS[name].derivations]


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_every_line_of_the_work_is_the_derivative(name, key):
    """sympy differentiates the definitions; the difference from each printed line simplifies to exactly 0."""
    for expected, lines in ORACLES[name].lines(formulas.SETTINGS[name].derivations[key]):
        for step, value in zip(formulas.SETTINGS[name].derivations[key].steps, lines, strict=True):
            assert ORACLES[name].is_zero(expected - value), step.expression


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_a_changed_formula_is_rejected_and_changes_the_page(name, key):
    """The lines are compared at one point, which is enough to tell two formulas apart."""
    setting = formulas.SETTINGS[name]
    original = setting.derivations[key]
    changed = mutants(original.result)
    lines = derivation(original.of, *((mutant,) for mutant in changed))
    rng = np.random.default_rng(0)
    point, rejected = {}, set()
    for expected, values in ORACLES[name].lines(lines):
        for mutant, value in zip(changed, values, strict=True):
            if mutant not in rejected:
                difference = sympy.sympify(expected - value)
                point |= {
                    symbol: sympy.Float(rng.uniform(0.5, 1.5))
                    for symbol in sorted(difference.free_symbols - point.keys(), key=str)
                }
                if abs(difference.xreplace(point)) > 1e-6:
                    rejected.add(mutant)
    assert rejected == set(changed)
    assert all(typeset(mutant, setting.symbols) != typeset(original.result, setting.symbols) for mutant in changed)


@pytest.mark.parametrize(
    "setting, key", [(setting, key) for setting in formulas.SETTINGS for key in formulas.SETTINGS[setting].derivations]
)
def test_every_rule_says_what_its_line_does(setting, key):
    assert unfounded(formulas.SETTINGS[setting].derivations[key]) == []


# ---- Matrices, and the companion's own code ------------------------------------------------------


def softmax(A):
    """By rows, or of a column; the plain quotient."""
    E = np.exp(A)
    return E / (E.sum() if A.shape[1] == 1 else E.sum(axis=1, keepdims=True))


def value(expression, names):
    functions = {"sigma": lambda z: (1 + np.tanh(z / 2)) / 2, "softmax": softmax}
    return eval(expression, {"__builtins__": {}, **functions, **names})


def follow(setting, names):
    for left, right in setting.definitions.items():
        names = names | {left: value(right, names)}
    return names


def network(M, Dx, H, Dy):
    rng = np.random.default_rng(M)
    names = {
        "x": rng.normal(size=(M, Dx)),
        "y": np.eye(Dy)[rng.integers(Dy, size=M)],
        "W1": rng.normal(size=(Dx, H)),
        "b1": rng.normal(size=(1, H)),
        "W2": rng.normal(size=(H, Dy)),
        "b2": rng.normal(size=(1, Dy)),
        "ones": np.ones((M, 1)),
    }
    return follow(formulas.HIDDEN_ROWS, names)


def hidden_cost(names):
    """The summed cross-entropy, number by number."""
    total = 0
    for x, y in zip(names["x"], names["y"], strict=True):
        h = [
            1 / (1 + np.exp(-sum(x[j] * names["W1"][j, i] for j in range(len(x))) - names["b1"][0, i]))
            for i in range(names["W1"].shape[1])
        ]
        theta = [sum(h[i] * names["W2"][i, k] for i in range(len(h))) + names["b2"][0, k] for k in range(len(y))]
        total += np.log(sum(np.exp(t) for t in theta)) - theta[int(np.argmax(y))]
    return total


def complex_step(cost, names, variable):
    """∂cost/∂variable as Im cost(variable + ih)/h, exact to rounding."""
    gradient = np.empty(names[variable].shape)
    for index in np.ndindex(*gradient.shape):
        moved = names[variable].astype(complex)
        moved[index] += 1e-30j
        gradient[index] = cost(names | {variable: moved}).imag / 1e-30
    return gradient


def refused(mutant, names, expected):
    try:
        other = value(mutant, names)
    except ValueError:
        return True
    return other.shape != expected.shape or not np.allclose(other, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("variable", formulas.HIDDEN_ROWS.derivations)
def test_the_network_over_samples(variable):
    names = network(7, 4, 5, 3)
    result = formulas.HIDDEN_ROWS.derivations[variable].result
    exact = complex_step(hidden_cost, names, variable)
    np.testing.assert_allclose(value(result, names), exact, rtol=1e-11, atol=1e-14)
    for mutant in mutants(result):
        assert refused(mutant, names, exact), mutant


def test_the_network_over_samples_is_what_the_code_computes():
    names = network(7, 4, 5, 3)
    flat = np.concatenate([names[key].ravel() for key in ("W1", "b1", "W2", "b2")])
    assert len(flat) == eval(formulas.PARAMETERS, {"Dx": 4, "H": 5, "Dy": 3})
    _, gradient = forward_backward_prop(names["x"], names["y"], flat, [4, 5, 3])
    printed = [value(formulas.HIDDEN_ROWS.derivations[key].result, names).ravel() for key in ("W1", "b1", "W2", "b2")]
    np.testing.assert_allclose(gradient, np.concatenate(printed), rtol=1e-10, atol=1e-13)


def test_word2vec_matrices_are_what_the_code_computes():
    rng = np.random.default_rng(4)
    U, v, target = rng.normal(size=(6, 4)), rng.normal(size=(4, 1)), 2
    names = follow(formulas.SOFTMAX_MATRICES, {"U": U, "v": v, "y": np.eye(6)[:, [target]]})
    _, by_v, by_U = softmaxCostAndGradient(v[:, 0], target, U, None)
    for key, computed in (("v", by_v[:, None]), ("U", by_U)):
        result = formulas.SOFTMAX_MATRICES.derivations[key].result
        np.testing.assert_allclose(value(result, names), computed, rtol=1e-12, atol=1e-15)
        for mutant in mutants(result):
            assert refused(mutant, names, computed), mutant


def test_negative_sampling_is_what_the_code_computes():
    """A word drawn twice is two rows of the formula, whose gradients its one vector sums."""
    rng = np.random.default_rng(5)
    vectors, v, target, drawn = rng.normal(size=(5, 3)), rng.normal(size=3), 1, [4, 0, 4]

    class Drawn:
        draws = iter(drawn)

        def sampleTokenIdx(self):
            return next(self.draws)

    _, by_v, by_vectors = negSamplingCostAndGradient(v, target, vectors, Drawn(), K=3)
    U, u = vectors[drawn], vectors[target]
    names = {"v": v, "u": u, "U": U, "s": u @ v, "t": U @ v, "K": 3, "sum": sum, "range": range}

    def printed(key, **index):
        return value(formulas.NEGATIVE.derivations[key].result, names | index)

    np.testing.assert_allclose([printed("v", j=j) for j in range(3)], by_v, rtol=1e-12)
    expected = np.zeros((5, 3))
    expected[target] = [printed("u", j=j) for j in range(3)]
    for k, word in enumerate(drawn):
        expected[word] += [printed("U", k=k, j=j) for j in range(3)]
    np.testing.assert_allclose(by_vectors, expected, rtol=1e-12, atol=1e-15)


def test_skipgram_and_cbow_add_up_as_printed():
    """The page's sums of ∂F, with F the softmax cost, against the code: a repeated context word counts twice."""
    rng = np.random.default_rng(6)
    inputs, outputs, context = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), ["b", "d", "b"]
    tokens = FiveWords.tokens
    terms = [softmaxCostAndGradient(inputs[tokens["a"]], tokens[word], outputs, None) for word in context]
    _, by_in, by_out = skipgram("a", 2, context, tokens, inputs, outputs, None)
    assert formulas.SKIPGRAM.derivations["v"].result == "sum(D(F[j], v[k]) for j in range(m))"
    np.testing.assert_allclose(by_in[0], sum(term[1] for term in terms), rtol=1e-12)
    np.testing.assert_allclose(by_out, sum(term[2] for term in terms), rtol=1e-12)
    assert not by_in[1:].any()

    summed = sum(inputs[tokens[word]] for word in context)
    _, by_sum, by_U = softmaxCostAndGradient(summed, tokens["a"], outputs, None)
    _, by_in, by_out = cbow("a", 2, context, tokens, inputs, outputs, None)
    assert formulas.CBOW.derivations["v"].result == "D(F, vhat[k])"
    np.testing.assert_allclose(by_in, np.outer([0, 2, 0, 1, 0], by_sum), rtol=1e-12)
    np.testing.assert_allclose(by_out, by_U, rtol=1e-12)


# ---- The PDF -------------------------------------------------------------------------------------

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><path d="M0 0L60 40" stroke="black"/></svg>'


@pytest.fixture
def results(tmp_path):
    """Results of questions 3 and 4, made up, in the format of output/companion."""
    folder = tmp_path / "companion"
    folder.mkdir()
    near = {"good": [["fine", 0.9], ["``", 0.8]], "bad": [["#poor", 0.7]]}
    q3 = {
        "data": "made-up corpus",
        "dimensions": 10,
        "iterations": 40000,
        "cost": 9.1234,
        "seconds": 30.2,
        "neighbours": near,
        "common_direction_share": 0.78,
        "curve": {"iteration": [10, 40000], "cost": [20.1, 9.1234]},
        "coordinates": {},
        "wide": {"dimensions": 50, "epochs": 15, "seconds": 7.4, "neighbours": near},
    }
    line = {
        "name": "own 50-d, training text",
        "features": 100,
        "reg": 177.83,
        "train": 40.6,
        "dev": 38.2,
        "test": 39.1,
        "interval": [37.0, 41.1],
        "seconds": 23.3,
    }
    kind = line | {
        "curve": {
            "reg": [0.001, 177.83, 1e4],
            "train": [41.0, 40.6, 37.0],
            "dev": [37.9, 38.2, 35.8],
            "test": [38.1, 39.1, 36.5],
        },
        "confusion_dev": [
            [8, 86, 6, 38, 1],
            [6, 191, 4, 85, 3],
            [4, 99, 17, 105, 4],
            [3, 66, 7, 185, 18],
            [2, 14, 2, 127, 20],
        ],
        "groups_dev": [
            {"name": "negation", "sentences": 262, "accuracy": 33.6, "interval": [28.1, 39.5]},
            {"name": "neither", "sentences": 708, "accuracy": 38.6, "interval": [35.0, 42.2]},
        ],
        "wrong": [
            {
                "true": 0,
                "predicted": 3,
                "margin": 1.8,
                "cause": "negated",
                "pulls": [["wonderful", 0.535], *[["film", 0.1]] * 9, [",", 0.1], ["n't", -0.1664]],
            }
        ],
    }
    q4 = {
        "seed": 0,
        "data": {
            "name": "made-up treebank",
            "train": 8544,
            "dev": 1101,
            "test": 2210,
            "classes": {"train": [1092, 2218, 1624, 2322, 1288]},
        },
        "table": [
            line | {"name": "uniform guessing", "features": None, "reg": None, "interval": None, "seconds": 0.0},
            line,
        ],
        "best": line["name"],
        "kinds": {"yourvectors": kind},
        "seconds": 102.0,
    }
    lines = [
        {
            "group": "GloVe",
            "change": change,
            "seeds": 1,
            "train": 39.0,
            "dev": 36.6,
            "test": 37.3,
            "difference": difference,
            "interval": interval,
        }
        for change, difference, interval in (("mean", 0.0, [0.0, 0.0]), ("maximum and minimum too", 1.7, [0.4, 3.0]))
    ]
    (folder / "q4_ablation.json").write_text(json.dumps({"data": "made-up treebank", "seeds": 1, "lines": lines}))
    (folder / "q3.json").write_text(json.dumps(q3))
    (folder / "q4.json").write_text(json.dumps(q4))
    for name in ("q3_cost", "q3_words", "q3_words_50d", "q4_reg_acc_yourvectors", "q4_confusion_yourvectors"):
        (folder / f"{name}.svg").write_text(SVG)
    return folder


def run(arguments):
    return command.attempt("report", lambda: main(arguments))


def test_the_page(results, tmp_path):
    """Without GloVe, which a run leaves out if it is not installed; then without the ablation, ten minutes' work."""
    out, again = tmp_path / "a.pdf", tmp_path / "b.pdf"
    assert run(["--companion", "--run", str(results), "--out", str(out)]) == 0
    assert run(["--companion", "--run", str(results), "--out", str(again)]) == 0
    assert out.read_bytes() == again.read_bytes()
    (results / "q4_ablation.json").unlink()
    assert run(["--companion", "--run", str(results), "--out", str(again)]) == 0
    assert len(again.read_bytes()) < len(out.read_bytes())
    reader = pypdf.PdfReader(out)
    text = "\n".join(page.extract_text() for page in reader.pages)
    for piece in (
        "9.1234",
        "39.1",
        "37.0 – 41.1",
        "wonderful",
        "+1.7",
        "made-up treebank",
        "Slips of the public write-up",
        "chain rule",
    ):
        assert piece in text, piece
    assert any(
        "Negative sampling" in mark.title for marks in reader.outline if isinstance(marks, list) for mark in marks
    )


@pytest.mark.parametrize(
    "name, command",
    [
        ("q3.json", "q3_run.py"),
        ("q4.json", "companion/extra"),
        ("q3_cost.svg", "q3_run.py"),
        ("q4_confusion_yourvectors.svg", "companion/extra"),
    ],
)
def test_a_missing_result_names_the_command_that_makes_it(results, tmp_path, capsys, name, command):
    out = tmp_path / "old.pdf"
    out.write_bytes(b"the old PDF")
    (results / name).unlink()
    assert run(["--companion", "--run", str(results), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert name in error and command in error and error.count("\n") == 1
    assert out.read_bytes() == b"the old PDF"


def test_without_out_the_pdf_goes_to_the_output_folder(results, monkeypatch):
    monkeypatch.setattr(report.__main__, "OUTPUT", results.parent)
    assert run(["--companion"]) == 0
    assert pypdf.PdfReader(results.parent / "companion.pdf").pages


def test_results_of_different_data_are_not_mixed(results, tmp_path, capsys):
    path = results / "q4_ablation.json"
    path.write_text(path.read_text().replace("made-up treebank", "another corpus"))
    assert run(["--companion", "--run", str(results), "--out", str(tmp_path / "a.pdf")]) == 2
    assert "another corpus" in capsys.readouterr().err
