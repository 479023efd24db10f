"""The companion's formulas, as those of Q2 are tested, against its code too; and companion.pdf itself."""

import ast
import difflib
import json
import re
import shutil
from functools import cache, partial
from pathlib import Path

import numpy as np
import pypdf
import pytest
import sympy
from q2_neural import forward_backward_prop
from q3_word2vec import FiveWords, cbow, negSamplingCostAndGradient, skipgram, softmaxCostAndGradient
from report_oracle import PRIME, Oracle, gone, into, is_zero, mutants, split, taken, unfounded
from report_pages import COMPANION_GOLDEN, companion_words, make, make_companion, make_results, pages_of, text_of

import report.__main__
from report import companion
from report import companion_formulas as formulas
from report.build import build, inline_formulas
from report.formulas import derivation
from report.notation import Symbol, pieces, shape, typeset
from report.spoken import spoken

SIZES = {"d": 2, "m": 2, "n": 3, "V": 3, "K": 2, "Dx": 2, "H": 2, "Dy": 3}
PROVED = ("shift", "cross_entropy", "hidden", "softmax", "negative", "skipgram", "cbow")  # scalars: in test_report.py
SOURCE = Path(companion.__file__).with_name("companion.typ")
SOURCE_TEXT = SOURCE.read_text(encoding="utf-8")


@cache
def oracle(name):
    """A setting with its labels summing to 1, and otherwise free."""
    setting, given = formulas.SETTINGS[name], {}
    if "y" in setting.symbols:
        free = [sympy.Symbol(f"y{i}") for i in range(SIZES[setting.symbols["y"].shape[0]] - 1)]
        given["y"] = np.array([*free, 1 - sum(free)], object)
    return Oracle(setting, SIZES, **given)


DERIVATIONS = [(name, key) for name in PROVED for key in formulas.SETTINGS[name].derivations]


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_every_line_of_the_work_is_the_derivative(name, key):
    """sympy differentiates the definitions; the difference from each printed line is 0 for all values."""
    for expected, lines in oracle(name).lines(formulas.SETTINGS[name].derivations[key]):
        for step, value in zip(formulas.SETTINGS[name].derivations[key].steps, lines, strict=True):
            assert is_zero(expected - value), step.expression


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_a_changed_formula_is_rejected_and_changes_the_page(name, key):
    setting = formulas.SETTINGS[name]
    original = setting.derivations[key]
    changed = mutants(original.result)
    rejected = set()
    for expected, values in oracle(name).lines(derivation(original.of, *((mutant,) for mutant in changed))):
        rejected |= {mutant for mutant, value in zip(changed, values, strict=True) if not is_zero(expected - value)}
    assert rejected == set(changed)
    assert all(typeset(mutant, setting.symbols) != typeset(original.result, setting.symbols) for mutant in changed)


# ---- Claims: in the rules, in the text, and displayed --------------------------------------------


def inline():
    """[(setting, expression)] of the formulas in the text and in the rules."""
    found = [
        (name, expression) for name, part in inline_formulas([SOURCE], formulas.SETTINGS).items() for expression in part
    ]
    for name, setting in formulas.SETTINGS.items():
        if name != "scalars":
            for work in setting.derivations.values():
                for step in work.steps:
                    found += [(name, part) for is_formula, part in pieces(step.rule) if is_formula]
    return list(dict.fromkeys(found))


def is_claim(expression):
    return isinstance(ast.parse(expression, mode="eval").body, ast.Compare)


CLAIMS = [pair for pair in inline() if is_claim(pair[1])] + [
    (name, claim) for name, setting in formulas.SETTINGS.items() for claim in setting.claims.values()
]


def sides(claim):
    tree = ast.parse(claim, mode="eval").body
    return ast.unparse(tree.left), type(tree.ops[0]), ast.unparse(tree.comparators[0])


def holds(name, claim):
    if name == "stable":
        return holds_for_numbers(claim)
    if name == "checker":
        return holds_to_fourth_order(claim)
    left, relation, right = sides(claim)
    assert relation is ast.Eq
    if name == "sizes":
        free = {size: sympy.Symbol(size) for size in formulas.SIZES.symbols}
        return is_zero(eval(f"({left}) - ({right})", {"__builtins__": {}}, free))
    proof, extra = oracle(name), {}
    if "prime" in claim:  # f is any function of t, and so is σ
        t = sympy.Symbol("t")
        extra = {"f": sympy.Function("f")(t), "prime": lambda f: sympy.diff(f, t), "sigma": 1 / (1 + sympy.exp(-t))}
    return all(
        is_zero(proof.evaluate(left, values) - proof.evaluate(right, values))
        for values in every_index(name, claim, proof.full | extra)
    )


def every_index(name, claim, values):
    indices = formulas.SETTINGS[name].indices
    free = [index for index in indices if re.search(rf"\b{index}\b", claim)]
    for place in np.ndindex(*(SIZES[indices[index]] for index in free)):
        yield values | dict(zip(free, place, strict=True))


def holds_for_numbers(claim):
    """With the constant that softmax adds, for scores near one another, far apart and huge; to 1e-12."""
    left, relation, right = sides(claim)
    for x in ([1.0, 2.0, 3.0], [0.0, -9.0, -7.0], [1000.0, -1000.0, 0.0], [-5.0, -5.0, -5.0]):
        names = {"x": np.array(x), "n": 3, "max": max, "sum": sum, "range": range, "exp": np.exp}
        names["c"] = eval(formulas.STABLE.definitions["c"], names)
        difference = eval(left, names) - eval(right, names)
        if not (difference > -1e-12 if relation is ast.GtE else abs(difference) < 1e-12):
            return False
    return True


def holds_to_fourth_order(claim):
    """A claim of Taylor's series: a tenth of ε leaves at most 1.5 ten-thousandths of the difference (50 digits)."""
    left, _, right = sides(claim)
    p, x = sympy.Rational(1, 3), sympy.Symbol("x")
    for function in (sympy.exp(2 * x), sympy.sin(x), 1 / (1 + x)):
        names = {
            key: partial(value_at, sympy.diff(function, x, order), x) for key, order in (("f", 0), ("f1", 1), ("f3", 3))
        }
        large, small = (
            abs(eval(f"({left}) - ({right})", names | {"p": p, "eps": sympy.Rational(1, size), "dots": 0}))
            for size in (100, 1000)
        )
        if not small <= 1.5e-4 * large:
            return False
    return True


def value_at(function, x, point):
    return function.subs(x, point).evalf(50)


@pytest.mark.parametrize("name, claim", CLAIMS)
def test_what_is_claimed_holds(name, claim):
    assert holds(name, claim)


@pytest.mark.parametrize("name, claim", CLAIMS)
def test_a_changed_claim_is_refused(name, claim):
    left, relation, right = sides(claim)
    sign = {ast.Eq: "==", ast.GtE: ">="}[relation]
    changed = [f"{left} {sign} {right} + 1", f"2 * ({left}) {sign} {right} + 2"]
    if not right.lstrip("-").isdigit():
        changed += [f"{left} {sign} {mutant}" for mutant in mutants(right)]
    for mutant in changed:
        if not mutant.endswith("- dots"):  # what is left out has no sign
            assert not holds(name, mutant), mutant


def test_claims_of_every_kind_are_found():
    assert len(CLAIMS) >= 15
    assert {name for name, _ in CLAIMS} >= {"stable", "sizes", "checker", "negative", "hidden", "cross_entropy"}


# What the text says of notation, or of the numbers of a step.
CONVENTIONS = {
    "kron(r, k)",
    "h * (1 - h)",
    "log(x)",
    "softmax(x)",
    "softmax(x + c)",
    "10**-4",
    "K + 1",
    "1 + K",
    "exp(theta[k])",
}


@pytest.mark.parametrize("name, expression", [pair for pair in inline() if not is_claim(pair[1])])
def test_a_formula_in_the_text_is_a_part_of_one_that_is_proved(name, expression):
    setting = formulas.SETTINGS[name]
    proved = [text for pair in setting.definitions.items() for text in pair] + [*setting.claims.values()]
    for work in setting.derivations.values():
        proved += [work.of, *(step.expression for step in work.steps)]
    nodes = {ast.unparse(node) for text in proved for node in ast.walk(ast.parse(text)) if isinstance(node, ast.expr)}
    names = set(setting.symbols) | {"sigma"}
    assert expression in CONVENTIONS | names or ast.unparse(ast.parse(expression)) in nodes


# ---- The rules beside the lines ------------------------------------------------------------------


# What a rule says -> what it does to a line. Each rule must say one of these, and do all that it says.
RULES = {
    r"chain rule|linear|one prediction|from right to left|of a quotient": split,
    r"is the factor|has the derivative|D\(\w+\[\w\], \w+\[.*\]\) == 1|D\(-t.*-1|two results above": taken,
    r"prime\(sigma\)": into(PRIME),
    r"prime\(log\(f\)\) == prime\(f\) / f, and": into("1 / sigma"),
    r"the same, and": into(r"1 / sigma\(-"),
    r"cancels": lambda before, after: len(after) < len(before),
    r"keeps one term": gone("kron("),
    r"does not depend on \{r\}": lambda before, after: (
        gone("sum(exp(c)")(before, after) or gone("kron(")(before, after)
    ),
    r"without its factor": taken,
    r"labels sum to 1": gone("sum(y[r]"),
    r"softmax with cross-entropy": into(r"yhat\[(\w)\] - y\[\1\]"),
    r"exp\(x\[k\] \+ c\) ==": gone(" + c)"),
    r"sigma\(-t\[k\]\) == 1": gone("sigma(-"),
}


@pytest.mark.parametrize("name, key", DERIVATIONS)
def test_every_rule_says_what_its_line_does(name, key):
    """As far as a program can read prose: by the words of the rule, a factor cancels, a derivative is taken, ..."""
    work = formulas.SETTINGS[name].derivations[key]
    assert unfounded(work, RULES) == []
    if len(work.steps) > 1:
        exchanged = [step.rule for step in work.steps[1:]] + [work.steps[0].rule]
        changed = derivation(
            work.of, *((step.expression, rule) for step, rule in zip(work.steps, exchanged, strict=True))
        )
        assert unfounded(changed, RULES)


# ---- Letters, shapes, words ----------------------------------------------------------------------

# Names whose letter another name would suggest, or that print differently for a batch and for a model.
LETTERS = {
    "yhat": {"hat(y)", "hat(Y)"},
    "vhat": {"hat(v)"},
    "x": {"x", "X"},
    "y": {"y", "Y"},
    "h": {"h", "A"},
    "theta": {"theta"},
    "eps": {"epsilon"},
    "f1": {"f'"},
    "f3": {"f'''"},
    "ones": {"1"},
    "l": {"ell"},
    "delta1": {"delta", "Delta"},
    "delta2": {"delta", "Delta"},
}
SUBSCRIPTS = {"v": {"", "c"}, "J": {"", '"skip"', '"CBOW"'}, "Dx": {"x"}, "Dy": {"y"}}


@pytest.mark.parametrize("name", [name for name in formulas.SETTINGS if name != "scalars"])
def test_each_name_has_a_letter_of_its_own(name):
    printed = {}
    for key, symbol in formulas.SETTINGS[name].symbols.items():
        assert (symbol.letter, symbol.subscript) not in printed, f"{key} prints as {printed}"
        printed[symbol.letter, symbol.subscript] = key
        plain = key.rstrip("12xy") if re.fullmatch(r"[WbD]\w|delta\d", key) else key
        assert symbol.letter in LETTERS.get(key, {plain}), key
        number = key[-1] if re.fullmatch(r"(W|b|delta)\d", key) else ""
        assert symbol.subscript in SUBSCRIPTS.get(key, {number}), key


def expressions(setting):
    for left, right in setting.definitions.items():
        yield from (left, right)
    yield from setting.claims.values()
    for work in setting.derivations.values():
        yield work.of
        yield from (step.expression for step in work.steps)


@pytest.mark.parametrize("name", [name for name in formulas.SETTINGS if name != "scalars"])
def test_every_formula_is_spoken_in_words_and_no_two_sound_the_same(name):
    setting = formulas.SETTINGS[name]
    texts = {*expressions(setting), *(expression for other, expression in inline() if other == name)}
    heard = {}
    for text in texts:
        words = spoken(text, setting.symbols)
        assert re.fullmatch(r"[A-Za-z0-9 ,.-]+", words), words
        same = heard.setdefault(words, typeset(text, setting.symbols))
        assert same == typeset(text, setting.symbols), f"{text} sounds like {same}"


WORDS = {"x": Symbol("x", shape=("n",)), "p": Symbol("p"), "f": Symbol("f"), "f3": Symbol("f'''"), "n": Symbol("n")}


@pytest.mark.parametrize(
    "expression, printed, heard",
    [
        ("-max(x[k] for k in range(n))", "-max_(k) x_(k)", "minus the largest over k of x sub k"),
        ("max(x[k] + p for k in range(n))", "max_(k) lr((x_(k) + p))", "the largest over k of"),
        ("f(p + 1)", "f lr((p + 1))", "f of open bracket p plus 1 close bracket"),
        ("f3(p)", "f''' lr((p))", "f triple prime of p"),
        ("p * 10**-4", "p dot 10^(-4)", "p times 10 to the power minus 4"),
        ("g(p)", None, None),
    ],
)
def test_printing_and_speaking(expression, printed, heard):
    symbols = WORDS | {"k": Symbol("k")}
    if printed is None:
        with pytest.raises(ValueError, match="no g"):
            typeset(expression, symbols)
    else:
        assert typeset(expression, symbols) == printed and spoken(expression, symbols).startswith(heard)


# ---- Matrices, and the companion's own code ------------------------------------------------------


def softmax(A):
    """By rows, or of a column; the plain quotient."""
    E = np.exp(A)
    return E / (E.sum() if A.shape[1] == 1 else E.sum(axis=1, keepdims=True))


FUNCTIONS = {"sigma": lambda z: (1 + np.tanh(z / 2)) / 2, "softmax": softmax}


def value(expression, names):
    return eval(expression, {"__builtins__": {}, **FUNCTIONS, **names})


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
    total = {"Dx": 4, "H": 5, "Dy": 3}
    left, _, right = sides(formulas.SIZES.claims["parameters"])
    parts = [eval(part, total) for part in left.split(" + ")]
    assert parts == [names[key].size for key in ("W1", "b1", "W2", "b2")]
    assert len(flat) == eval(right, total)
    _, gradient = forward_backward_prop(names["x"], names["y"], flat, [4, 5, 3])
    printed = [value(formulas.HIDDEN_ROWS.derivations[key].result, names).ravel() for key in ("W1", "b1", "W2", "b2")]
    np.testing.assert_allclose(gradient, np.concatenate(printed), rtol=1e-10, atol=1e-13)


def test_the_shapes_under_the_braces_are_those_of_the_arrays():
    sizes = {"M": 7, "Dx": 4, "H": 5, "Dy": 3, "V": 6, "d": 2, "1": 1}
    rng = np.random.default_rng(0)
    given = {"U": rng.normal(size=(6, 2)), "v": rng.normal(size=(2, 1)), "y": np.eye(6)[:, [1]]}
    checked = 0
    for setting, names in (
        (formulas.HIDDEN_ROWS, network(7, 4, 5, 3)),
        (formulas.SOFTMAX_MATRICES, follow(formulas.SOFTMAX_MATRICES, given)),
    ):
        results = [work.result for work in setting.derivations.values()]
        for expression in [*setting.definitions.values(), *results]:
            for node in ast.walk(ast.parse(expression, mode="eval").body):
                text = ast.unparse(node)
                if isinstance(node, (ast.BinOp, ast.Attribute, ast.Call, ast.Name)) and text not in FUNCTIONS:
                    assert tuple(sizes[size] for size in shape(text, setting.symbols)) == value(text, names).shape
                    checked += 1
        for name, work in setting.derivations.items():
            assert value(work.result, names).shape == names[name].shape
    assert checked > 40


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

    np.testing.assert_allclose([printed("v", i=i) for i in range(3)], by_v, rtol=1e-12)
    expected = np.zeros((5, 3))
    expected[target] = [printed("u", i=i) for i in range(3)]
    for k, word in enumerate(drawn):
        expected[word] += [printed("U", k=k, i=i) for i in range(3)]
    np.testing.assert_allclose(by_vectors, expected, rtol=1e-12, atol=1e-15)


def test_skipgram_and_cbow_add_up_as_printed():
    """The page's sums of ∂F, with F the softmax cost, against the code: a repeated context word counts twice."""
    rng = np.random.default_rng(6)
    inputs, outputs, context = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), ["b", "d", "b"]
    tokens = FiveWords.tokens
    terms = [softmaxCostAndGradient(inputs[tokens["a"]], tokens[word], outputs, None) for word in context]
    _, by_in, by_out = skipgram("a", 2, context, tokens, inputs, outputs, None)
    assert formulas.SKIPGRAM.derivations["v"].result == "sum(D(F[j], v[i]) for j in range(m))"
    np.testing.assert_allclose(by_in[0], sum(term[1] for term in terms), rtol=1e-12)
    np.testing.assert_allclose(by_out, sum(term[2] for term in terms), rtol=1e-12)
    assert not by_in[1:].any()

    summed = sum(inputs[tokens[word]] for word in context)
    _, by_sum, by_U = softmaxCostAndGradient(summed, tokens["a"], outputs, None)
    _, by_in, by_out = cbow("a", 2, context, tokens, inputs, outputs, None)
    assert formulas.CBOW.derivations["v"].result == "D(F, vhat[i])"
    np.testing.assert_allclose(by_in, np.outer([0, 2, 0, 1, 0], by_sum), rtol=1e-12)
    np.testing.assert_allclose(by_out, by_U, rtol=1e-12)


# ---- The PDF -------------------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path):
    return make_results(tmp_path / "companion")


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    return make_companion(tmp_path_factory.mktemp("pdf"))


@pytest.fixture(scope="module")
def pages(pdf):
    return pages_of(pdf)


def test_each_page_reads_as_it_should(pages):
    """`python -m tests.report_pages` writes the golden text anew, after a change that was meant."""
    assert companion_words(pages) == COMPANION_GOLDEN.read_text(encoding="utf-8").split("\f")


def test_without_out_the_same_bytes_go_to_the_output_folder(pdf, results, monkeypatch):
    monkeypatch.setattr(report.__main__, "OUTPUT", results.parent)
    assert make("--companion") == 0
    assert (results.parent / "companion.pdf").read_bytes() == pdf.read_bytes()


def test_the_page(pages):
    text = " ".join("\n".join(pages).split())
    for piece in (
        "9.1234",
        "37.0 to 41.1",
        "it is not -- a *great* film",
        "slow , but fine very positive negative the sentence turns",
        "not good very positive negative",
        "+4.9 points (+2.2 to +7.7) over “words”",
        "made-up treebank",
        "def chooseBestModel(results):",
        "+20.0 (+5.2 to +33.4)",
        "−1.70 to +0.02",
        "What stands: five epochs (own, −3.4).",
        "for 2 of the 3 words of judgement",
        "good – awful",
        "“very positive” taken for “positive”, 127 sentences",
    ):
        assert piece in text, piece
    for wrong in ("seconds", r"\+0\.0 ", "−0.0 ", "looked at once", r"\d %"):
        assert not re.search(wrong, text), wrong
    assert "$" not in SOURCE_TEXT


def test_the_page_without_glove_and_without_the_ablation(results, tmp_path):
    """The first may not be installed, and the second takes long to make."""
    q4 = json.loads((results / "q4.json").read_text())
    del q4["kinds"]["pretrained"]
    q4["table"] = q4["table"][:-2]
    (results / "q4.json").write_text(json.dumps(q4))
    (results / "q4_ablation.json").unlink()
    assert make("--companion", "--run", results, "--out", tmp_path / "a.pdf") == 0
    text = text_of(tmp_path / "a.pdf")
    assert text.count("worst cell") == 1 and "Holm" not in text


SLIPS = [  # what the source says, and what it should not: a sentence, or a figure in another's place
    ("for inputs, #hid", "for outputs, #hid"),
    ("and the cost summed over them", "and the cost averaged over them"),
    ("so that nothing overflows and the sum is at least 1", "so that nothing overflows and the sum is at most 1"),
    ("A bias is added to every sample", "A bias is added to every unit"),
    ("Rounding adds an error that grows as", "Rounding adds an error that falls as"),
    ("none of which is the word to predict", "one of which is the word to predict"),
    ("The second is an outer product", "The first is an outer product"),
    ("so their gradient is 0. *CBOW*", "so their gradient is 1. *CBOW*"),
    ("and gets its gradient twice", "and gets its gradient once"),
    ("1 is negative, 2 neutral, 3 positive", "1 is negative, 3 neutral, 2 positive"),
    ("guessing is right on 20%: 8 points", "guessing is right on 25%: 3 points"),
    ("Too weak a penalty overfits", "Too strong a penalty overfits"),
    ("The total of the write-up is right", "The total of the write-up is wrong"),
    ("fixed(q3.curve.cost.last(), 4) at", "fixed(q3.cost, 4) at"),
    (
        "percent(q3.common_direction_share, digits: 0) of the variance of the frequent words, and",
        "percent(1 - q3.common_direction_share, digits: 0) of the variance of the frequent words, and",
    ),
    ("The features of a sentence are the mean", "The features of a sentence are the sum"),
    (
        "fixed(it.train, 1), fixed(it.dev, 1), strong(fixed(it.test, 1))",
        "fixed(it.dev, 1), fixed(it.train, 1), strong(fixed(it.test, 1))",
    ),
    ("fixed(glove.test - run10.test, 1) points", "fixed(glove.dev - run10.dev, 1) points"),
    ("Everything is chosen on dev:", "Everything is chosen on test:"),
    ("fixed(0.05 * compared.len(), 1)", "fixed(0.95 * compared.len(), 1)"),
    ("fixed(it.dev, 1), fixed(it.test, 1), if base-of", "fixed(it.test, 1), fixed(it.dev, 1), if base-of"),
    ("is #gain(0) points lower, the strongest #gain(last)", "is #gain(last) points lower, the strongest #gain(0)"),
    ("if it.train >= it.dev [above] else [below]", "if it.train >= it.dev [below] else [above]"),
    ("label: i, predicted: j, count: matrix.at(i).at(j)", "label: i, predicted: j, count: matrix.at(j).at(i)"),
    ("percent(near / wrong, digits: 0)", "percent(near / total, digits: 0)"),
    ("let neutral = matrix.map(cells => cells.at(2)).sum()", "let neutral = matrix.at(2).sum()"),
    (
        "(a.accuracy - b.accuracy - reach(a, b), a.accuracy - b.accuracy + reach(b, a))",
        "(a.accuracy - b.accuracy - reach(b, a), a.accuracy - b.accuracy + reach(a, b))",
    ),
    ("negated: ([a negated word", "contrast: ([a negated word"),
    ("contrast: ([the sentence turns]", "negated: ([the sentence turns]"),
    (
        "classes.at(it.true), classes.at(it.predicted), ..causes",
        "classes.at(it.predicted), classes.at(it.true), ..causes",
    ),
    ("classes.at(it.sentence), classes.at(it.mixed)", "classes.at(it.mixed), classes.at(it.sentence)"),
    (
        "fixed(last.phrases, 1)% where the sentences alone reach #fixed(alone.phrases, 1)",
        "fixed(alone.phrases, 1)% where the sentences alone reach #fixed(last.phrases, 1)",
    ),
    ("(name, fixed(test, 1), fixed(phrases, 1))", "(name, fixed(phrases, 1), fixed(test, 1))"),
    ('what follows a "but" no more than what precedes', 'what precedes a "but" no more than what follows'),
]


def test_each_slip_of_the_source_is_seen_in_the_text(results, tmp_path):
    """All of them at once: each changes a passage of its own."""
    source, text = tmp_path / "companion.typ", SOURCE_TEXT
    for old, new in SLIPS:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    source.write_text(text, encoding="utf-8")
    shutil.copy(SOURCE.with_name("style.typ"), tmp_path)
    build(source, tmp_path / "changed.pdf", companion.companion_inputs(results))
    texts = "".join(companion_words(pages_of(tmp_path / "changed.pdf"))).split(), COMPANION_GOLDEN.read_text().split()
    hunks = [code for code in difflib.SequenceMatcher(None, *texts, autojunk=False).get_opcodes() if code[0] != "equal"]
    assert len(hunks) >= len(SLIPS)


def test_bookmarks_keep_their_letters(pdf):
    marks = [mark.title for mark in pypdf.PdfReader(pdf).outline if not isinstance(mark, list)]
    assert "2(b) Softmax with cross-entropy: ∂J/∂θ = ŷ − y" in [" ".join(mark.split()) for mark in marks]
    assert len(marks) == SOURCE_TEXT.count("\n= ")


def structure(node, seen):
    """The structure elements of a tagged PDF."""
    node = node.get_object()
    if isinstance(node, list):
        for part in node:
            structure(part, seen)
    elif isinstance(node, dict):
        seen.append(node)
        if "/K" in node:
            structure(node["/K"], seen)
    return seen


def test_every_formula_and_figure_can_be_heard(pdf):
    catalog = pypdf.PdfReader(pdf).trailer["/Root"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in catalog["/Metadata"].get_object().get_data()
    elements = structure(catalog["/StructTreeRoot"]["/K"], [])
    for kind, least in (("/Formula", 250), ("/Figure", 4)):
        found = [element for element in elements if element.get("/S") == kind]
        assert len(found) >= least, (kind, len(found))
        for element in found:
            assert re.fullmatch(r"[A-Za-z0-9 ,.;:()'–-]+", element["/Alt"]), element["/Alt"]


def displayed():
    """The keys of what the source displays with a number, in its order."""
    found = []
    loop = r"(?:#for key in \((.+?)\) \{ )?#?((?:derive|equations)\(.*?\))(?: \})?$"
    for keys, call in re.findall(loop, SOURCE_TEXT, re.MULTILINE):
        texts = re.findall(r'"([^"]+)"', call)
        names = re.findall(r'"([^"]+)"', keys) or texts[1:]
        derived = "derive(" in call
        found += [
            f"{texts[0]}/{name.lstrip('/')}" if derived or name[0] == "/" else f"{texts[0]}.{name}" for name in names
        ]
    return found


def test_equations_are_numbered_in_the_order_of_the_page():
    assert displayed() == list(formulas.EQUATIONS)


def test_each_number_is_on_the_page(pages):
    numbers = re.findall(r"\((\d+)\)", "".join(pages))
    assert {int(number) for number in numbers} >= set(formulas.NUMBERS.values())


@pytest.mark.parametrize("key, question, file, function", formulas.CODE)
def test_the_code_that_the_page_names_is_there(key, question, file, function):
    assert companion.source(file, function).startswith(f"def {function}(")
    assert key in formulas.NUMBERS


def test_the_code_that_is_shown_chooses_the_best(tmp_path):
    names = {}
    exec(companion.source("q4_sentiment.py", "chooseBestModel"), names)
    results = [{"dev": 36.0, "reg": 1.0}, {"dev": 38.0, "reg": 0.1}, {"dev": 38.0, "reg": 10.0}]
    assert names["chooseBestModel"](results) is results[2]


# ---- What is computed for the page ---------------------------------------------------------------


def test_the_worked_network_is_that_of_the_code():
    given = companion.EXAMPLE
    flat = np.concatenate([given[key].ravel() for key in ("W1", "b1", "W2", "b2")])
    cost, gradient = forward_backward_prop(given["x"][None], given["y"][None], flat, [2, 2, 3])
    values = companion.forward(companion.HIDDEN, given)
    printed = [companion.whole_gradient(formulas.HIDDEN, key, values).ravel() for key in ("W1", "b1", "W2", "b2")]
    np.testing.assert_allclose(np.concatenate(printed), gradient, rtol=1e-12)
    assert values["J"] == pytest.approx(cost, rel=1e-13)
    for part in companion.worked_network()["back"]:
        assert part["decimals"] >= 8


def test_the_error_of_a_difference_falls_with_the_square_of_the_step():
    errors = [row["error"] for row in companion.step_sizes()]
    for before, after in zip(errors[:3], errors[1:4], strict=True):
        assert before / after == pytest.approx(100, rel=0.05)
    assert errors[9] > 1e3 * errors[4]  # rounding


def test_what_a_picture_shows():
    seen = companion.seen({"the": [-2, 0], "good": [0, 0], "great": [1, 0], "bad": [0, 0.5], "dumb": [9, 1]})
    # dumb's nearest is great; good's and bad's are each other; great's is good.
    assert seen == {"crossed": [("good", "bad"), ("bad", "good"), ("dumb", "great")], "of": 4}


# ---- Results that are missing or do not fit ------------------------------------------------------


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
    assert make("--companion", "--run", results, "--out", out) == 2
    error = capsys.readouterr().err
    assert name in error and command in error and error.count("\n") == 1
    assert out.read_bytes() == b"the old PDF"


def test_results_of_different_data_are_not_mixed(results, tmp_path, capsys):
    path = results / "q4_ablation.json"
    path.write_text(path.read_text().replace("made-up treebank", "another corpus"))
    assert make("--companion", "--run", results, "--out", tmp_path / "a.pdf") == 2
    assert "another corpus" in capsys.readouterr().err
