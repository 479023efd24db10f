"""The report's formulas: proved by sympy and by complex steps, printed and said as a table says, linked to the code."""

import itertools
import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from report_faults import faults, rule_formulas
from report_numbers import SIZES, Numbers, sigma
from report_oracle import Oracle, is_zero, mutants, unfounded

import assignment2
from report import example, formulas, links, pitfalls
from report.__main__ import SOURCES
from report.build import HERE, inline_formulas
from report.notation import Symbol, shape, typeset
from report.spoken import spoken
from report.values import decimals_in_common, differences, evaluate, forward, with_numbers

SETTINGS = formulas.SETTINGS
DERIVATIONS = [(name, key) for name, setting in SETTINGS.items() for key in setting.derivations]
IN_ELEMENTS = ("scalars", "mean", "elements", "layer", "network", "tanh", "weighted", "squared")
SMALL = {"d": 3, "l": 2, "m": 2, "n": 3, "N": 2}
INLINE = inline_formulas([HERE / f"{name}.typ" for name in SOURCES], SETTINGS)


def all_formulas(name):
    """Every expression that a setting typesets."""
    setting = SETTINGS[name]
    found = [*setting.definitions, *setting.definitions.values(), *setting.claims.values(), *rule_formulas(setting)]
    for derivation in setting.derivations.values():
        found += [derivation.of, *(step.expression for step in derivation.steps)]
    return [*found, *INLINE.get(name, ())]


# ---- Proofs --------------------------------------------------------------------------------------


@cache
def oracle(name):
    setting = SETTINGS[name]
    return Oracle(setting, {size: number for size, number in SMALL.items() if size in setting.symbols})


@pytest.mark.parametrize("name, key", [(name, key) for name, key in DERIVATIONS if name in IN_ELEMENTS])
def test_every_line_of_the_work_is_the_derivative(name, key):
    """sympy differentiates the definitions; the difference from each printed line is 0 for all values."""
    derivation = SETTINGS[name].derivations[key]
    for expected, lines in oracle(name).lines(derivation):
        for step, value in zip(derivation.steps, lines, strict=True):
            assert is_zero(expected - value), step.expression


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_every_line_is_the_derivative_in_numbers_and_no_slip_is(name, key):
    """By complex steps through the definitions, to 1e-11; each one-slip change of the result differs, and shows."""
    setting, numbers = SETTINGS[name], Numbers(SETTINGS[name])
    derivation = setting.derivations[key]
    assert numbers.wrong_lines(derivation) == []
    for mutant in mutants(derivation.result):
        try:
            wrong = numbers.wrong_lines(formulas.derivation(derivation.of, (mutant,)))
            printed = typeset(mutant, setting.symbols)
        except (ValueError, TypeError):  # shapes that do not fit
            continue
        assert wrong and printed != typeset(derivation.result, setting.symbols), mutant


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_is_wrong_with_a_setting(name):
    """Letters, definitions against a loop (1e-13), lines and claims in numbers (1e-11), shapes under braces."""
    assert faults(name, SETTINGS[name], INLINE.get(name, ())) == []


@pytest.mark.parametrize("d, hidden, N", [(3, 6, 8), (2, 5, 4), (7, 3, 5)])
def test_batch_forms_are_what_the_solution_computes(d, hidden, N):
    rng = np.random.default_rng(1)
    given = {"X": rng.normal(size=(d, N)), "y": rng.integers(0, 2, (1, N)).astype(float), "ones": np.ones((N, 1))}
    given |= {"W1": rng.normal(size=(hidden, d)), "b1": rng.normal(size=(hidden, 1))}
    given |= {"W2": rng.normal(size=(1, hidden)), "b2": rng.normal(size=(1, 1)), "N": N}
    values = forward(formulas.BATCH, given)
    arrays = given["X"], given["y"][0], given["W1"], given["W2"], given["b1"][:, 0], given["b2"][0]
    *computed, L = assignment2.gradients(*arrays)
    for variable, gradient in zip(("W1", "W2", "b1", "b2"), computed, strict=True):
        for step in formulas.BATCH.derivations[variable].steps[1:]:
            printed = evaluate(step.expression, values)
            np.testing.assert_allclose(np.reshape(gradient, printed.shape), printed, rtol=1e-12, atol=1e-15)
        numpy = eval(formulas.NUMPY[variable], {name: values[name] for name in ("delta1", "delta2", "X", "H")})
        np.testing.assert_allclose(numpy, gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(L, values["L"][0, 0], rtol=1e-13)


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_every_rule_says_what_its_line_does(name, key):
    """As far as a program can read prose: by the words of the rule, a factor cancels, a derivative is taken, ..."""
    assert unfounded(SETTINGS[name].derivations[key]) == []


@pytest.mark.parametrize("rule", ["", "nonsense", "Q2.1", "{kron(i, j)} keeps one term", "the labels sum to 1"])
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
    "m": Symbol("m"),
    "n": Symbol("n"),
    "N": Symbol("N"),
    "v": Symbol("v", shape=("n",)),
    "x": Symbol("x", example=("n", "1")),
}
CASES = [  # expression, Typst, English
    ("A @ B / N", "frac(1, N) thin A thin B", "the fraction A times B over capital n, end of fraction"),
    ("-(s - t) / N", "-frac(s - t, N)", "minus the fraction s minus t over capital n, end of fraction"),
    ("s - (t - s)", "s - lr((t - s))", "s minus open bracket t minus s close bracket"),
    ("(s - t) * t", "lr((s - t)) thin t", "open bracket s minus t close bracket times t"),
    (
        "A * C @ B",
        "lr((A dot.o C)) thin B",
        "open bracket A times, element by element, C close bracket times B",
    ),
    ("A * (C @ B)", None, None),
    ("(C @ C.T) * s", "C thin C^top thin s", "C times C transposed times s"),
    ("A * (C @ B @ B.T)", "A dot.o lr((C thin B thin B^top))", None),
    ("W1[i, n] * s", "W_(1,i n) thin s", "W sub one, entry i n, times s"),
    ("x[n].T", "bold(x)^((n) top)", "x of example n transposed"),
    (
        "sum(v[i] for i in range(n)) * s",
        "lr((sum_(i = 1)^(n) v_(i))) thin s",
        "the sum over i from 1 to n of v sub i, end of sum, times s",
    ),
    ("exp(-s)**2", "lr((e^(-s)))^(2)", "open bracket e to the power minus s close bracket squared"),
    ("D(s, v[i])", "frac(partial s, partial v_(i))", "the partial derivative of s with respect to v sub i"),
    ("kron(i, n) * log(s)", "[i = n] thin ln s", None),
    ("prime(log(s)) == prime(s) / s", "lr((ln s))' = frac(s', s)", None),
    ("s <= 1 / 4", "s <= frac(1, 4)", "s is at most 1 over 4"),
    ("v in R(n)", "bold(v) in RR^(n)", "v is in the real numbers, n"),
    ("where(s == 1, t == 0)", 's = 1 " if " t = 0', "s equals 1 if t equals 0"),
    ("s * 0.00004", "s dot 0.00004", "s times 0.00004"),
    ("A @ C", None, None),
    ("A == B", None, None),
    ("s if t else s", None, None),
    ("A.real", None, None),
    ("sqrt(s)", None, None),
]


@pytest.mark.parametrize("expression, printed, said", CASES)
def test_printing_and_reading_aloud(expression, printed, said):
    if printed is None:  # shapes that do not fit, or a construct that the language does not have
        with pytest.raises(ValueError):
            typeset(expression, SYMBOLS)
        return
    assert typeset(expression, SYMBOLS) == printed
    if said:
        assert spoken(expression, SYMBOLS) == said


def test_fractions_in_a_line_of_text_are_slanted():
    assert typeset("D(s, t) * (s / t)", SYMBOLS, inline=True) == "lr((partial s slash partial t)) thin lr((s slash t))"


def test_braces_carry_the_shapes():
    assert typeset("A @ B.T.T / N", SYMBOLS, braces=True).count("underbrace") == 2
    assert "underbrace(lr((A - C)), m times n)" in typeset("(A - C) @ B", SYMBOLS, braces=True)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_said_is_english_and_different_for_different_formulas(name):
    said = {}
    for expression in dict.fromkeys(all_formulas(name)):
        text = spoken(expression, SETTINGS[name].symbols)
        assert re.fullmatch(r"[A-Za-z0-9 ,.]+", text), text  # no code, no symbol
        printed = typeset(expression, SETTINGS[name].symbols)
        assert said.setdefault(text, printed) == printed, text
    assert said


# ---- The worked example --------------------------------------------------------------------------


def test_the_worked_example_by_hand():
    """Number by number, as with a pocket calculator; 1e-12."""
    z1 = [0.5 * 1 - 0.25 * 2 + 0.25, -0.5 * 1 + 0.75 * 2 - 0.5]
    h = [1 / (1 + math.exp(-z)) for z in z1]
    z2 = 1.0 * h[0] - 2.0 * h[1] + 0.5
    yhat = 1 / (1 + math.exp(-z2))
    e2 = yhat - 1
    e1 = [e2 * w * p * (1 - p) for w, p in zip([1.0, -2.0], h, strict=True)]
    values = forward(formulas.NETWORK, example.ONE)
    for name, expected in {"z1": z1, "h": h, "z2": z2, "yhat": yhat, "L": -math.log(yhat), "delta1": e1}.items():
        np.testing.assert_allclose(values[name], expected, rtol=1e-12)
    shown = example.worked_example()
    back = {name: shown["back"][name]["whole"]["math"] for name in shown["back"]}
    for name, expected in {
        "z2": f"{e2:.4f}",
        "W2": f"mat({e2 * h[0]:.4f}, {e2 * h[1]:.4f})",
        "b2": f"{e2:.4f}",
        "z1": f"mat({e1[0]:.4f}; {e1[1]:.4f})",
        "W1": f"mat({e1[0]:.4f}, {2 * e1[0]:.4f}; {e1[1]:.4f}, {2 * e1[1]:.4f})",
        "b1": f"mat({e1[0]:.4f}; {e1[1]:.4f})",
    }.items():
        assert back[name] == expected.replace("-", "−"), name
    assert all(part["decimals"] == 9 for part in shown["back"].values())
    assert all(part["decimals"] == 9 for part in shown["batch"]["back"])
    assert all(row["decimals"] == 8 for row in shown["published"])


def test_a_wrong_gradient_would_not_agree_to_so_many_decimals():
    values = forward(formulas.BATCH, example.batch_of_two())
    right = evaluate(formulas.BATCH.derivations["W1"].result, values)
    slopes = differences(formulas.BATCH, example.batch_of_two(), "W1")
    assert decimals_in_common(right, slopes) == 9
    assert decimals_in_common(right * (1 + 1e-6), slopes) < 8
    assert decimals_in_common(right.T, slopes) == 0


def test_numbers_take_the_place_of_names():
    values = {"l": 2, "W2": np.array([1.0, -2.0]), "h": np.array([0.25, 0.5]), "b2": 0.5}
    shown = with_numbers(formulas.NETWORK.definitions["z2"], formulas.NETWORK, values)
    assert shown["math"] == "1 dot 0.25 + lr((-2 dot 0.5)) + 0.5"
    assert shown["spoken"] == "1 times 0.25 plus open bracket minus 2 times 0.5 close bracket plus 0.5"


def test_the_slips_of_the_batch_are_what_numpy_makes_of_them():
    """Labels as a column, and a bias without its column, put through numpy as a student would write it; 4 decimals."""
    two = example.batch_of_two()
    X, W1, W2, b1, b2 = two["X"], two["W1"], two["W2"], two["b1"][:, 0], two["b2"][0, 0]
    yhat, y = sigma(W2 @ sigma(W1 @ X + b1[:, None]) + b2)[0], two["y"].T
    loss = -np.mean(y * np.log(yhat) + (1 - y) * np.log(1 - yhat))  # (N, 1) with (N,)
    wrong = sigma(W2 @ sigma(W1 @ X + b1) + b2)[0]
    shown = example.worked_example()["pitfalls"]
    assert (yhat - y).shape == (2, 2)
    assert float(shown["losses"]["wrong"]["math"]) == pytest.approx(loss, abs=5e-5)
    assert shown["yhat"]["wrong"]["math"] == f"mat({wrong[0]:.4f}, {wrong[1]:.4f})"
    wrong_loss = -np.mean(np.log(np.where(two["y"][0] == 1, wrong, 1 - wrong)))
    assert float(shown["L"]["wrong"]["math"]) == pytest.approx(wrong_loss, abs=5e-5)


# ---- Pitfalls ------------------------------------------------------------------------------------


def test_float64_rounds_the_sigmoid_to_one_where_the_page_says():
    z = pitfalls.SATURATION
    assert 1 / (1 + np.exp(-float(z))) == 1 > 1 / (1 + np.exp(-float(z - 1)))


@pytest.mark.parametrize("z2", pitfalls.LOGITS)
def test_the_stable_forms_keep_every_digit(z2):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        loss, slope = mpmath.log1p(mpmath.exp(-z2)), -1 / (1 + mpmath.exp(mpmath.mpf(z2)))
        row = pitfalls.precision(z2)
        assert abs(row["loss"] / loss - 1) < 4e-16 and abs(row["slope"] / slope - 1) < 4e-16
        if z2 >= 30:  # the subtractions lose what the page says they lose
            assert abs(row["loss_subtracted"] / loss - 1) > 1e-3 and abs(row["slope_subtracted"] / slope - 1) > 1e-4


class Counted(float):
    """A number that counts the products in which it takes part."""

    count = 0

    def __mul__(self, other):
        Counted.count += 1
        return Counted(float(self) * float(other))

    __rmul__ = __mul__

    def __add__(self, other):
        return Counted(float(self) + float(other))

    __radd__ = __add__


def test_the_cost_is_the_number_of_products_that_a_loop_takes():
    d, hidden = 3, 6
    x, W2 = [Counted(1)] * d, [Counted(2)] * hidden
    W1 = [[Counted(3)] * d for _ in range(hidden)]
    h = [sum(w * feature for w, feature in zip(row, x, strict=True)) for row in W1]
    sum(w * unit for w, unit in zip(W2, h, strict=True))
    cost, forward_products = pitfalls.cost(d, hidden), Counted.count
    assert forward_products == cost["forward"]
    error = Counted(0.5)
    [error * unit for unit in h]  # dW2
    errors = [error * w * unit * (1 - float(unit)) for w, unit in zip(W2, h, strict=True)]  # δ1
    [[e * feature for feature in x] for e in errors]  # dW1
    assert Counted.count == cost["backpropagation"]
    parameters = hidden * d + hidden + hidden + 1
    assert cost["parameters"] == parameters and cost["differences"] == 2 * parameters * forward_products


def test_the_short_trainings_show_what_the_page_says_of_them():
    shown = pitfalls.trainings()
    assert shown["raw"]["dead"] > 0.9 > 0.5 > shown["scaled"]["dead"]
    assert shown["raw"]["losses"][0] > shown["scaled"]["losses"][1]  # each raw start is worse than each scaled one
    assert shown["equal"]["apart"] < 1e-12 < 0.1 < shown["scaled"]["apart"]
    assert shown["equal"]["losses"][0] > shown["scaled"]["losses"][1]


# ---- From the handout to the code and back -------------------------------------------------------

ROOT = Path(assignment2.__file__).parent


def equation_numbers_in(text):
    return {int(number) for number in re.findall(r"equation (\d+)", text)}


def test_lines_of_the_solution_name_the_equation_that_they_compute():
    lines = (ROOT / "assignment2.py").read_text(encoding="utf-8").splitlines()
    for row in links.table():
        # on the line itself or in the comment above it
        assert row["number"] in equation_numbers_in("\n".join(lines[row["line"] - 2 : row["line"]])), row
    assert equation_numbers_in("\n".join(lines)) == {row["number"] for row in links.table()}


def test_every_equation_is_displayed_in_the_order_of_its_number():
    known = set()
    for name, setting in SETTINGS.items():
        known |= {f"{name}.{left}" for left in (*setting.definitions, *setting.claims)}
        known |= {f"{name}/{key}" for key in setting.derivations}
    assert set(links.EQUATIONS) <= known and len(set(links.EQUATIONS)) == len(links.EQUATIONS)


def test_no_gradient_no_handout_equation_no_test_and_no_hint_is_an_orphan():
    linked = {link.equation for link in links.LINKS}
    assert {f"batch/{name}" for name in ("W1", "b1", "W2", "b2")} <= linked
    assert {"batch.delta1", "batch.delta2", "columns.step"} <= linked
    handout = " ".join(link.handout for link in links.LINKS)
    for reference in ("(1.1)", "(1.2)", "(1.3)", "(1.4)", "(1.7)", "Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q2.4", "Q3", "Q4"):
        assert reference in handout
    tests = (ROOT / "tests" / "test_assignment2.py").read_text(encoding="utf-8")
    assert all(f"\ndef {link.test}(" in tests for link in links.LINKS)
    table = (ROOT / "autograder" / "mistakes.md").read_text(encoding="utf-8")
    hints = set(re.findall(r"^\| (\w+\.\w+) \|", table, re.MULTILINE))
    told = [link.hints.partition(": ") for link in links.LINKS]
    assert {f"{section}.{name}" for section, _, names in told for name in names.split()} == hints


def test_a_line_that_is_gone_is_missed(monkeypatch):
    with pytest.raises(ValueError, match="gradients in assignment2.py has 0 lines"):
        links.line_of(replace(links.LINKS[-2], line="db1 = nothing"))


def test_sizes_differ_so_that_a_transpose_shows():
    assert all(SIZES[a] != SIZES[b] for a, b in itertools.combinations("dlN", 2)) and SIZES["m"] != SIZES["n"]


def test_shapes_of_products():
    assert shape("A @ B", SYMBOLS) == ("m", "k") and shape("A.T", SYMBOLS) == ("n", "m") and shape("s * A", SYMBOLS)
