"""Question 3 of the companion: word2vec, readable and fast, its descent, its run and its pictures.

Oracles: loops in complex numbers for the costs (an imaginary step of 1e-30 gives derivatives without rounding), the
published costs of the assignment's own test, and the readable version for the fast ones.
"""

import cmath
import json
import random
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import q3_run
import q3_sgd
from extra import vectorised, word2vec_fast, word_pictures
from extra.vectorised import SparseRows, skipgram_objective
from extra.word2vec_fast import negative_table, own_step, pairs, shared_step, train_vectors
from q2_gradcheck import gradcheck_naive
from q3_sgd import load_saved_params, save_params, sgd
from q3_word2vec import (
    PUBLISHED,
    FiveWords,
    cbow,
    getNegativeSamples,
    negSamplingCostAndGradient,
    normalizeRows,
    skipgram,
    softmaxCostAndGradient,
    word2vec_sgd_wrapper,
)
from utils.treebank import OWN_CORPUS, StanfordSentiment


class Listed:
    """A dataset whose negatives come from a list."""

    def __init__(self, *rows):
        self.rows = iter(rows)

    def sampleTokenIdx(self):
        return next(self.rows)


# ---- The readable version ------------------------------------------------------------------------


def test_normalizeRows():
    np.testing.assert_allclose(
        normalizeRows([[3, 4], [1, 2]]), [[0.6, 0.8], [0.4472136, 0.89442719]], rtol=0, atol=1e-8
    )  # published
    np.testing.assert_array_equal(normalizeRows([[0, 0], [0, -5]]), [[0, 0], [0, -1]])
    # Squares of these would underflow to 0 and overflow to infinity.
    np.testing.assert_allclose(
        normalizeRows([[1e-170, -1e-170], [3e200, 4e200]]), [[0.5**0.5, -(0.5**0.5)], [0.6, 0.8]]
    )
    with pytest.raises(ValueError, match=r"not shape \(2,\)"):
        normalizeRows([1, 2])


def softmax_cost(v, U, o, _):
    scores = [sum(a * b for a, b in zip(u, v, strict=True)) for u in U]
    return cmath.log(sum(cmath.exp(s) for s in scores)) - scores[o]


def negative_cost(v, U, o, negatives):
    def log_sigma(z):
        return -cmath.log(1 + cmath.exp(-z))

    return -log_sigma(sum(a * b for a, b in zip(U[o], v, strict=True))) - sum(
        log_sigma(-sum(a * b for a, b in zip(U[k], v, strict=True))) for k in negatives
    )


@pytest.mark.parametrize(
    "cost, slow, negatives",
    [
        (softmaxCostAndGradient, softmax_cost, []),
        (
            negSamplingCostAndGradient,
            negative_cost,
            [0, 3, 3, 0, 3, 1, 1, 1, 0, 0],
        ),  # repeats count as often as they occur
    ],
)
def test_costs_against_loops_in_complex_numbers(cost, slow, negatives):
    rng = np.random.default_rng(1)
    v, U = rng.normal(size=3), rng.normal(size=(4, 3))
    value, gradPred, grad = cost(v, 2, U, Listed(*negatives))
    assert value == pytest.approx(slow(v, U, 2, negatives).real, rel=1e-13)
    for d in range(3):
        step = 1e-30j * (np.arange(3) == d)
        assert gradPred[d] == pytest.approx(slow(v + step, U, 2, negatives).imag / 1e-30, rel=1e-12)
        for row in range(4):
            moved = U.astype(complex)
            moved[row] += step
            assert grad[row, d] == pytest.approx(slow(v, moved, 2, negatives).imag / 1e-30, rel=1e-12, abs=1e-15)


def test_negative_samples_are_drawn_again_where_they_are_the_target():
    assert getNegativeSamples(2, Listed(1, 2, 2, 0, 0, 3), 4) == [1, 0, 0, 3]
    with pytest.raises(ValueError, match="K = 0"):
        getNegativeSamples(2, Listed(), 0)


@pytest.mark.parametrize("cost", [softmaxCostAndGradient, negSamplingCostAndGradient])
@pytest.mark.parametrize("model", [skipgram, cbow])
@pytest.mark.parametrize(
    "V, D, context",
    [(2, 1, [1]), (2, 3, [1, 1, 0]), (5, 2, [0, 4, 4, 4, 1, 2]), (9, 4, [8, 7, 8, 6, 1, 1, 2, 3, 3, 3])],
)
def test_every_model_with_every_cost_passes_the_gradient_check(model, cost, V, D, context):
    tokens = {f"w{row}": row for row in range(V)}
    vectors = np.random.default_rng(V).normal(size=(2 * V, D))

    class Uniform:
        def sampleTokenIdx(self):
            return random.randrange(V)

    def f(vectors):
        c, gradIn, gradOut = model(
            "w0", 5, [f"w{row}" for row in context], tokens, vectors[:V], vectors[V:], Uniform(), cost
        )
        return c, np.concatenate([gradIn, gradOut])

    random.seed(V)
    gradcheck_naive(f, vectors)


def test_the_assignments_own_test_prints_the_published_costs():
    random.seed(31415)
    vectors = normalizeRows(np.random.RandomState(9265).randn(10, 3))
    data = FiveWords()
    for model in (skipgram, cbow):
        for cost in (softmaxCostAndGradient, negSamplingCostAndGradient):  # the draws of its gradient checks
            word2vec_sgd_wrapper(model, data.tokens, vectors, data, 5, cost)
    halves = data.tokens, vectors[:5], vectors[5:], data
    costs = [
        skipgram("c", 3, list("abedbc"), *halves)[0],
        skipgram("c", 1, list("ab"), *halves, negSamplingCostAndGradient)[0],
        cbow("a", 2, list("abca"), *halves)[0],
        cbow("a", 2, list("abac"), *halves, negSamplingCostAndGradient)[0],
    ]
    # Two units in the last place, for another machine's exp and log; here they are equal.
    np.testing.assert_allclose(costs, list(PUBLISHED.values()), rtol=4e-16, atol=0)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda t, U: skipgram("z", 1, ["a"], t, U, U, None), "'z' is not in the vocabulary of 2 words"),
        (lambda t, U: cbow("a", 1, ["a", "q"], t, U, U, None), "'q' is not in the vocabulary"),
        (lambda t, U: skipgram("a", 1, [], t, U, U, None), "context of 'a' is empty"),
        (lambda t, U: cbow("a", 1, [], t, U, U, None), "context of 'a' is empty"),
        (lambda t, U: softmaxCostAndGradient(np.ones(3), 0, U, None), r"shape \(3,\), a row of outputVectors \(2,\)"),
        (lambda t, U: softmaxCostAndGradient(np.ones(2), -1, U, None), "row -1"),
        (lambda t, U: negSamplingCostAndGradient(np.ones(2), 2, U, None), "row 2"),
        (lambda t, U: softmaxCostAndGradient(np.ones(2), 1.0, U, None), "row 1.0"),
        (lambda t, U: negSamplingCostAndGradient(np.ones(2), 0, U, None, K=0), "K = 0"),
        (lambda t, U: negSamplingCostAndGradient(np.ones(2), 0, U[:1], None), "one word has no negatives"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call({"a": 0, "b": 1}, np.ones((2, 2)))


# ---- The fast version of the assignment's run ----------------------------------------------------


def both_versions(C, K, iterations, dimensions=4):
    """Vectors, costs and the next random number after a run of each version from the same seeds."""
    results = []
    for fast in (False, True):
        data = StanfordSentiment(OWN_CORPUS, tablesize=5000)
        tokens = data.tokens()
        start = np.random.RandomState(9).rand(2 * len(tokens), dimensions) - 0.5
        random.seed(31415)

        def readable(v, tokens=tokens, data=data):
            return word2vec_sgd_wrapper(skipgram, tokens, v, data, C, partial(negSamplingCostAndGradient, K=K))

        costs = []
        vectors = sgd(
            skipgram_objective(data, C, K) if fast else readable, start, 0.3, iterations, PRINT_EVERY=1, costs=costs
        )
        results.append((vectors, costs, random.random()))
    return results


@pytest.mark.parametrize("C, K, words", [(5, 10, 2048), (1, 1, 2048), (2, 3, 2048), (5, 10, 50)])
def test_fast_run_takes_the_same_draws_to_the_same_vectors(C, K, words, monkeypatch):
    monkeypatch.setattr(vectorised, "WORDS", words)  # 50: every batch runs out of words and fetches more
    (slow, slow_costs, slow_next), (fast, fast_costs, fast_next) = both_versions(C, K, 12)
    assert fast_next == slow_next  # draw for draw
    # Sums in another order: rounding alone.
    np.testing.assert_allclose(fast_costs, slow_costs, rtol=1e-13)
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-14)


def test_fast_run_on_the_treebank(treebank):
    random.seed(31415)
    tokens = treebank.tokens()
    V = len(tokens)
    start = np.concatenate([(np.random.RandomState(9265).rand(V, 10) - 0.5) / 10, np.zeros((V, 10))])
    objective, costs = skipgram_objective(treebank, 5, 10), []
    first = sgd(objective, start, 0.3, 60, costs=costs)
    # The readable version's running cost after these 60 iterations, measured once because it takes long.
    assert costs[-1] == pytest.approx(20.300555114683828, rel=1e-13)
    next_draw = random.random()
    # And both versions side by side for the 3 iterations after them.
    state = random.getstate()
    slow = sgd(
        lambda v: word2vec_sgd_wrapper(skipgram, tokens, v, treebank, 5, negSamplingCostAndGradient), first, 0.3, 3
    )
    after = random.random()
    random.setstate(state)
    fast = sgd(objective, first, 0.3, 3)
    assert random.random() == after != next_draw
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-15)


def test_fast_run_refuses_no_negatives_and_no_reach():
    for C, K in ((0, 10), (5, 0)):
        with pytest.raises(ValueError, match=f"not {K} and {C}"):
            skipgram_objective(None, C, K)


# ---- Descent, saving, going on -------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setattr(q3_sgd, "SAVED", tmp_path / "saved_params.npz")
    monkeypatch.setattr(q3_sgd, "SAVE_PARAMS_EVERY", 20)
    monkeypatch.setattr(q3_sgd, "ANNEAL_EVERY", 50)
    return tmp_path / "saved_params.npz"


@pytest.mark.parametrize("start, end", [(0.5, 8.414836786079764e-10), (0.0, 0.0), (-1.5, -2.524451035823933e-09)])
def test_sgd_ends_where_published(start, end):
    x = sgd(lambda x: (np.sum(x**2), 2 * x), start, 0.01, 1000, PRINT_EVERY=100)
    assert x == pytest.approx(end, rel=1e-9, abs=0)  # the ten digits that are published


def test_sgd_halves_its_step_and_postprocesses(saved):
    # Gradient 1: x falls by the step. 50 steps of 1, 50 of a half, 20 of a quarter.
    assert sgd(lambda x: (0, np.ones(2)), np.zeros(2), 1.0, 120).tolist() == [-80, -80]
    assert sgd(lambda x: (0, np.ones(2)), np.zeros(2), 1.0, 3, postprocessing=lambda x: x + 1).tolist() == [0, 0]

    def in_place(x):
        x += 1

    assert sgd(lambda x: (0, np.ones(2)), np.zeros(2), 1.0, 3, in_place).tolist() == [0, 0]
    assert sgd(lambda x: (0, np.ones(2)), np.zeros(2), 1.0, 3, False).tolist() == [-3, -3]


@pytest.mark.parametrize("silent", [None, 0])
def test_sgd_prints_nothing_if_it_is_asked_to(silent, monkeypatch, saved):
    monkeypatch.setattr(q3_sgd, "tqdm", Bar)
    costs = []
    sgd(lambda x: (1.0, np.zeros(1)), np.zeros(1), 1, 20, useSaved=True, PRINT_EVERY=silent, costs=costs)
    assert costs == Bar.last.written == [] and Bar.last.options["disable"] is True
    assert load_saved_params()[0] == 20


def test_sparse_rows_add_up_as_the_full_gradient_would():
    rng = np.random.default_rng(3)
    x, rows, values = rng.normal(size=(6, 3)), np.array([4, 1, 4, 4]), rng.normal(size=(4, 3))
    full = np.zeros((6, 3))
    for row, value in zip(rows, values, strict=True):
        full[row] += value
    before = x.copy()
    sparse = sgd(lambda x: (0.0, SparseRows(rows, values)), x, 0.1, 1)
    np.testing.assert_allclose(sparse, before - 0.1 * full, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("last, falls", [(20_000, 20_000), (20_010, 20_005), (40_010, 30_002.5)])
def test_the_assignments_step_is_halved_every_20000_iterations(last, falls):
    # Gradient 1: x falls by the step, 1 and later 1/2 and 1/4.
    assert sgd(lambda x: (0, np.ones(1)), np.zeros(1), 1.0, last) == [-falls]


@pytest.mark.parametrize("stopped, kept", [(4_999, 0), (5_001, 5_000), (9_999, 5_000), (10_001, 10_000)])
def test_a_run_is_saved_every_5000_iterations(stopped, kept, tmp_path, monkeypatch):
    monkeypatch.setattr(q3_sgd, "SAVED", tmp_path / "saved_params.npz")
    calls = iter(range(stopped))

    def f(x):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return 0.0, np.zeros(1)

    with pytest.raises(KeyboardInterrupt):
        sgd(f, np.zeros(1), 1, 40_000, useSaved=True)
    assert load_saved_params()[0] == kept


class Bar:
    """A progress bar that keeps what is written behind it, in place of tqdm."""

    def __init__(self, **options):
        self.written, self.options = [], options
        Bar.last = self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def update(self, n=1):
        pass

    def set_postfix_str(self, text, refresh):
        self.written.append(text)


def test_running_cost(saved, monkeypatch):
    monkeypatch.setattr(q3_sgd, "tqdm", Bar)
    values = iter([8.0, 4.0, 2.0, 1.0])
    costs = []
    sgd(lambda x: (next(values), np.zeros(1)), np.zeros(1), 1, 4, PRINT_EVERY=2, costs=costs)
    assert costs == [4.0, 0.95 * 4 + 0.05 * 1]
    assert Bar.last.written == ["cost 4.0000", "cost 3.8500"]


def test_a_run_with_a_break_ends_as_one_without(saved, monkeypatch):
    whole, whole_costs = q3_run.train(StanfordSentiment(OWN_CORPUS), 110, useSaved=False)

    original = q3_run.skipgram_objective

    def stops_at(limit):
        def make(*args):
            objective, calls = original(*args), iter(range(limit))

            def f(x):
                if next(calls, None) is None:
                    raise KeyboardInterrupt
                return objective(x)

            return f

        return make

    for limit in (10, 47, 35):  # before the first save; past 40; from 40 past 60
        monkeypatch.setattr(q3_run, "skipgram_objective", stops_at(limit))
        with pytest.raises(KeyboardInterrupt):
            q3_run.train(StanfordSentiment(OWN_CORPUS), 110)
    assert load_saved_params()[0] == 60
    monkeypatch.setattr(q3_run, "skipgram_objective", original)
    rest, costs = q3_run.train(StanfordSentiment(OWN_CORPUS), 110)
    np.testing.assert_array_equal(rest, whole)  # to the last bit: the same operations in the same order
    assert costs == whole_costs


def test_saved_parameters_come_back_with_the_random_state(saved):
    assert load_saved_params() == (0, None, None)
    random.seed(8)
    random.gauss(0, 1)  # leaves a second number in the state
    save_params(20, np.arange(6.0).reshape(2, 3))
    expected = [random.gauss(0, 1), random.random()]
    iteration, params, state = load_saved_params()
    random.seed(0)
    random.setstate(state)
    assert [random.gauss(0, 1), random.random()] == expected
    assert iteration == 20 and params.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]  # no temporary file is left


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[: len(b) // 2], lambda b: b[:100] + bytes(50) + b[150:], lambda b: b"", lambda b: b"nonsense"],
)
def test_a_damaged_save_file_is_one_sentence(saved, damage):
    save_params(20, np.ones((5, 2)))
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(ValueError, match=r"saved_params\.npz is not a whole file of saved parameters: delete it"):
        load_saved_params()


def test_saved_parameters_of_another_run(saved):
    save_params(20, np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"shape \(5, 2\), this run has \(3,\)"):
        sgd(lambda x: (0.0, x), np.ones(3), 0.1, 30, useSaved=True)


def test_a_cost_that_is_not_finite_stops_the_run():
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match="the cost is inf at iteration .* a step of 10 is too long"),
    ):
        sgd(lambda x: (np.sum(x**2), 2 * x), np.array([1.0]), 10, 1000)


# ---- Vectors of any size -------------------------------------------------------------------------


def test_pairs_by_a_loop():
    rng = np.random.default_rng(5)
    ids, sentence, reach = rng.integers(4, size=60), np.sort(rng.integers(8, size=60)), rng.integers(1, 5, size=60)
    expected = [
        (i, ids[j])
        for i in range(60)
        for j in range(max(0, i - reach[i]), min(60, i + reach[i] + 1))
        if sentence[j] == sentence[i] and ids[j] != ids[i]
    ]
    at, context = pairs(ids, sentence, reach, 4)
    assert list(zip(at.tolist(), context.tolist(), strict=True)) == [(i, int(c)) for i, c in expected]


def test_negative_table_holds_each_word_by_its_share():
    counts = np.array([1000.0, 10, 1, 1])
    table = negative_table(counts)
    share = counts**0.75 / np.sum(counts**0.75)
    np.testing.assert_allclose(np.bincount(table) / len(table), share, rtol=0, atol=1 / len(table))
    assert len(negative_table(np.ones(100_000))) >= 800_000


@pytest.mark.parametrize("limit", [np.inf, 0.5])
@pytest.mark.parametrize("step", [own_step, shared_step])
def test_a_batch_is_the_readable_versions_sum_over_its_pairs(step, limit, monkeypatch):
    monkeypatch.setattr(word2vec_fast, "STEP_LIMIT", limit)
    rng = np.random.default_rng(6)
    V, D, K, rate = 12, 5, 4, 0.07
    inputs, outputs = rng.normal(size=(2, V, D)).astype(np.float32)
    centres, sizes = np.array([3, 0, 3, 7]), np.array([2, 1, 4, 1])  # the word in row 3 is the centre twice
    c = np.repeat(centres, sizes)
    o = np.array([1, 2, 5, 1, 1, 9, 2, 3])
    drawn = rng.integers(V, size=(len(o) if step is own_step else len(centres), K))
    drawn[0] = [1, 4, 4, 1]  # a negative that is the context word, and a repeated one
    where, of_pair = ((c,), drawn) if step is own_step else ((centres, sizes), np.repeat(drawn, sizes, axis=0))

    gradIn, gradOut, cost = np.zeros((V, D)), np.zeros((2, V, D)), 0.0  # of outputs: context words, then negatives
    boundIn, boundOut = np.zeros((V, 1)), np.zeros((2, V, 1))  # on the curvature
    for centre, target, negatives in zip(c, o, of_pair, strict=True):
        negatives = [n for n in negatives if n != target]
        value, gradPred, grad = negSamplingCostAndGradient(
            inputs[centre].astype(float), target, outputs.astype(float), Listed(*negatives), len(negatives)
        )
        cost += value / len(o)
        gradIn[centre] += gradPred
        for part, words in ((0, [target]), (1, negatives)):
            gradOut[part, list(set(words))] += grad[list(set(words))]
            for other in words:
                boundIn[centre] += outputs[other] @ outputs[other] / 4
                boundOut[part, other] += inputs[centre] @ inputs[centre] / 4
    if step is own_step:  # where negatives are shared, those are a step of their own
        gradOut, boundOut = gradOut.sum(axis=0, keepdims=True), boundOut.sum(axis=0, keepdims=True)
    rateIn, rateOut = (np.minimum(rate, limit / np.maximum(bound, 1e-9)) for bound in (boundIn, boundOut))
    assert limit == np.inf or all(np.any(rates < rate) and np.any(rates == rate) for rates in (rateIn, rateOut))
    stepped_in, stepped_out = inputs.copy(), outputs.copy()
    assert step(stepped_in, stepped_out, *where, drawn, o, rate, want_cost=True) == pytest.approx(cost, rel=1e-6)
    # float32: seven digits of numbers of order 1.
    np.testing.assert_allclose(stepped_in, inputs - rateIn * gradIn, rtol=0, atol=2e-6)
    np.testing.assert_allclose(stepped_out, outputs - (rateOut * gradOut).sum(axis=0), rtol=0, atol=2e-6)


@pytest.mark.parametrize("shared_negatives", [False, True])
def test_a_high_learning_rate_does_not_make_the_vectors_diverge(shared_negatives):
    settings = dict(epochs=5, lr=40, shared_negatives=shared_negatives, subsample=0, progress=False)
    _, inputs, outputs = train_vectors(own_text(), 8, **settings)
    assert np.abs(inputs @ outputs.T).max() < 50


def own_text():
    return [words for words, _ in StanfordSentiment(OWN_CORPUS).getTrainSentences()]


@pytest.mark.parametrize("shared_negatives", [False, True])
def test_training_lowers_the_cost_and_repeats_with_its_seed(shared_negatives):
    text = own_text()
    words, inputs, outputs = train_vectors(
        text, 8, epochs=20, shared_negatives=shared_negatives, subsample=0, progress=False
    )
    again = train_vectors(text, 8, epochs=20, shared_negatives=shared_negatives, subsample=0, progress=False)
    np.testing.assert_array_equal(inputs, again[1])
    np.testing.assert_array_equal(outputs, again[2])
    assert inputs.shape == outputs.shape == (len(words), 8) and inputs.dtype == np.float32
    assert words == list(dict.fromkeys(word for sentence in text for word in sentence))
    # The cost of the pairs of neighbours, with the expected negatives, against that of vectors of zeros, 11 log 2.
    row = {word: i for i, word in enumerate(words)}
    count = np.bincount([row[w] for s in text for w in s]) ** 0.75
    z = inputs @ outputs.T
    negatives = 10 * np.logaddexp(0, z) @ (count / count.sum())
    cost = np.mean(
        [np.logaddexp(0, -z[row[a], row[b]]) + negatives[row[a]] for s in text for a, b in pairwise(s) if a != b]
    )
    assert cost < 0.65 * 11 * np.log(2)


def test_vectors_that_diverge_are_not_returned(monkeypatch):
    monkeypatch.setattr(word2vec_fast, "STEP_LIMIT", np.inf)
    with pytest.raises(ValueError, match="the vectors diverge: a pair costs .* with lr = 40; take a smaller one"):
        train_vectors(own_text(), 8, epochs=20, lr=40, subsample=0, progress=False)


def test_the_learning_rate_falls_in_a_straight_line_and_the_bar_shows_a_smoothed_cost(monkeypatch):
    rates, costs = [], iter([8.0, 4.0, 2.0])

    def step(inputs, outputs, c, drawn, o, rate, want_cost):
        rates.append(rate)
        return next(costs) if want_cost else None

    monkeypatch.setattr(word2vec_fast, "own_step", step)
    monkeypatch.setattr(word2vec_fast, "tqdm", Bar)
    monkeypatch.setattr(word2vec_fast, "BATCH", 10)
    monkeypatch.setattr(word2vec_fast, "COST_EVERY", 6)
    # 26 different words in a row are 50 pairs of neighbours: 5 batches an epoch.
    train_vectors([list("abcdefghijklmnopqrstuvwxyz")], 4, epochs=3, window=1, subsample=0, lr=0.5)
    np.testing.assert_allclose(rates, np.linspace(0.5, 0, 15, endpoint=False), rtol=1e-12)
    # Batches 0, 6 and 12: 8, then 0.9 * 8 + 0.1 * 4, then 0.9 * 7.6 + 0.1 * 2.
    assert Bar.last.written == [f"cost of a pair {shown}" for shown in ("8.000", "7.600", "7.040")]


def test_sentences_in_pieces_are_the_same_sentences(monkeypatch):
    monkeypatch.setattr(word2vec_fast, "PIECE", 50)
    text = [["a", "b", "c"], ["d"], [], ["b", "e", "f", "a"]] * 20
    words, _, numbers, starts = word2vec_fast._number(text, 1)
    pieces = list(word2vec_fast._pieces(numbers, starts, np.random.default_rng(0)))
    assert len(pieces) > 3
    seen = sorted([[words[r] for r in piece[of == n]] for piece, of in pieces for n in np.unique(of)])
    assert seen == sorted(sentence for sentence in text if sentence)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"sentences": []}, "no pair of different words"),
        ({"sentences": [["a"], ["b"]]}, "no pair of different words"),
        ({"sentences": [["a", "a"]]}, "no pair of different words"),
        ({"min_count": 3}, "no pair of different words"),
        ({"dimensions": 0}, "dimensions is a whole number of at least 1, not 0"),
        ({"epochs": 0}, "epochs"),
        ({"negatives": 0}, "negatives"),
        ({"window": 1.5}, "window"),
        ({"lr": 0}, "lr is above 0"),
        ({"subsample": -1}, "subsample"),
    ],
)
def test_train_vectors_says_what_it_cannot_take(change, words):
    with pytest.raises(ValueError, match=words):
        train_vectors(
            **{"sentences": [["a", "b"], ["b", "a"]], "dimensions": 2, "epochs": 1, "progress": False, **change}
        )


# ---- The run, its figures and pictures -----------------------------------------------------------


def test_principal_axes_are_those_of_the_covariance():
    x = np.random.default_rng(7).normal(size=(25, 6)) * [5, 3, 1, 1, 1, 1]
    at, share = word_pictures.principal_axes(x)
    values, axes = np.linalg.eigh(np.cov(x.T))  # ascending
    np.testing.assert_allclose(np.abs(at), np.abs((x - x.mean(axis=0)) @ axes[:, ::-1]), rtol=1e-9)
    np.testing.assert_allclose(share, values[::-1] / values.sum(), rtol=1e-12)


def test_nearest_by_hand():
    words, vectors = (
        ["east", "far", "ne", "north", "west", "rare"],
        np.array([[1, 0], [9, 0.9], [1, 1], [0, 1], [-1, 0], [1, 0.01]]),
    )
    allowed = np.array([True] * 5 + [False])
    assert [w for w, _ in word_pictures.nearest("east", words, vectors, allowed)] == ["far", "ne", "north", "west"]
    assert word_pictures.nearest("east", words, vectors, allowed, 2)[1][1] == pytest.approx(0.5**0.5, rel=1e-12)
    with pytest.raises(ValueError, match="'south' is not in the vocabulary of 6"):
        word_pictures.nearest("south", words, vectors, allowed)


def test_main_axis_is_taken_out():
    rng = np.random.default_rng(8)
    direction = normalizeRows(rng.normal(size=(1, 6)))[0]
    bare = rng.normal(size=(40, 6))
    bare -= np.outer(bare @ direction, direction)
    frequent = np.arange(40) < 30
    result, share = word_pictures.without_main_axis(bare + np.outer(rng.normal(20, 50, size=40), direction), frequent)
    # The direction is found but for the share that the small parts have in it, about 1 in 50.
    np.testing.assert_allclose(result @ direction, 0, atol=0.2)
    assert 0.95 < share < 1


@pytest.mark.parametrize("spread", [(0.02, 0.02), (0.0, 0.3)])  # in a heap; in a column at the right edge
def test_labels_of_crowded_words_do_not_overlap(spread):
    rng = np.random.default_rng(9)
    words = word_pictures.FUNCTION_WORDS + word_pictures.POSITIVE + word_pictures.NEGATIVE
    at = np.concatenate([rng.normal(scale=spread, size=(20, 2)), rng.normal(size=(5, 2)) - [4, 0]])
    figure, (labels,), _ = word_pictures.plot_words(words, np.hstack([at, np.zeros((25, 3))]), [("crowded", 0, 1)])
    figure.draw_without_rendering()
    boxes = {label.get_text(): label.get_window_extent() for label in labels}
    axes = figure.axes[0]
    legend, frame = axes.get_legend().get_window_extent(), axes.bbox.padded(-2)
    for word, box in boxes.items():
        assert not any(box.overlaps(other) for name, other in boxes.items() if name != word)
        assert not box.overlaps(legend) and frame.contains(*box.min) and frame.contains(*box.max)
    # No label comes near the marker of another word: 7 points, of the 8 that are kept.
    points = np.concatenate([axes.transData.transform(scatter.get_offsets()) for scatter in axes.collections])
    for word, point in zip(words, points, strict=True):
        near = 7 * figure.dpi / 72
        around = type(legend)([point - near, point + near])
        assert not any(box.overlaps(around) for name, box in boxes.items() if name != word)


def test_the_run_keeps_its_vectors_and_begins_anew_on_other_data(saved, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(q3_run, "ITERATIONS", 60)
    out = saved.parent
    assert q3_run.main(["--data", str(OWN_CORPUS)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("the project's own small corpus: 192 sentences") and "published" not in said
    assert {path.name for path in out.iterdir()} == {"q3.json", "q3_words.png", "q3_words.svg", "saved_params.npz"}
    result = json.loads((out / "q3.json").read_text())
    assert result["iterations"] == 60 and result["curve"]["iteration"] == [10, 20, 30, 40, 50, 60]
    assert result["cost"] == result["curve"]["cost"][-1]
    iteration, params, _ = load_saved_params()
    assert iteration == 60 and len(params) == 2 * len(StanfordSentiment(OWN_CORPUS).tokens())
    monkeypatch.setattr(q3_run, "save", lambda figure, path: None)  # drawn once is enough
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.txt").write_text("(3 (2 the) (4 good) (2 and) (2 great))\n(1 (2 the) (1 bad))\n" * 50)
    assert q3_run.main(["--data", str(tmp_path)]) == 0
    assert len(load_saved_params()[1]) == 2 * len("the good and great bad UNK".split())
    # Finished: the vectors stay, and the same command finds nothing left to do.
    monkeypatch.setattr(q3_run, "plot_words", lambda *_: (None, None, {}))
    written = saved.read_bytes(), (out / "q3.json").read_bytes()
    assert q3_run.main(["--data", str(tmp_path)]) == 0
    assert "60 iterations are done" in capsys.readouterr().out
    assert (saved.read_bytes(), (out / "q3.json").read_bytes()) == written
    assert q3_run.main(["--data", str(tmp_path), "--fresh"]) == 0
    assert "done" not in capsys.readouterr().out


def test_ctrl_c_says_how_to_resume(saved, monkeypatch, capsys):
    def stopped(dataset, iterations):
        save_params(5000, np.ones(2))
        raise KeyboardInterrupt

    monkeypatch.setattr(q3_run, "train", stopped)
    assert q3_run.main(["--data", str(OWN_CORPUS)]) == 130
    assert "resumes from iteration 5,000" in capsys.readouterr().out
    assert saved.exists()
