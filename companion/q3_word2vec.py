"""Question 3: word2vec, word by word, as the question derives it.

    python companion/q3_word2vec.py     # gradient checks and the printed results of the assignment's own test

Notation of the question: v_c ("predicted") is the input vector of the centre word, or the sum of the context's for
CBOW; u_w is the output vector of word w, row w of U ("outputVectors"); o is the word to predict ("target").

    softmax            J = -log yhat_o,  yhat = softmax(U v_c)            dJ/dU v_c = yhat - y
    negative sampling  J = -log sigma(u_o . v_c) - sum_k log sigma(-u_k . v_c)

This file is for reading: gradients are full matrices, most of whose rows are zero. extra/vectorised.py does the same
fast enough for real training.
"""

import random

import numpy as np
from q1_softmax import softmax
from q2_gradcheck import gradcheck_naive
from q2_sigmoid import sigmoid

BATCH = 50  # contexts in a step of the assignment's run


def normalizeRows(x):
    """The rows of x (N, D), each divided by its length; a row of zeros stays one."""
    x = np.asarray(x, dtype=float)
    if x.ndim != 2:
        raise ValueError(f"normalizeRows wants a matrix (N, D), not shape {x.shape}")
    # Scaled by a power of two, which is exact, so that no square over- or underflows: the largest entry is near 1.
    x = np.ldexp(x, -np.frexp(np.abs(x).max(axis=1, keepdims=True, initial=0))[1])  # (N, D)
    length = np.sqrt(np.sum(x**2, axis=1, keepdims=True))  # (N, 1)
    return x / np.where(length == 0, 1, length)


# ---- Costs: each takes v_c and gives J, dJ/dv_c and dJ/dU ----------------------------------------


def softmaxCostAndGradient(predicted, target, outputVectors, dataset):
    """Softmax and cross-entropy over all words (questions 3a and 3b).

    predicted (D,), target a row of outputVectors (V, D); dataset is not used here, so that both costs are called alike.
    Returns cost, gradPred (D,), grad (V, D).
    """
    _check(predicted, target, outputVectors)
    # U v_c as a sum over the D columns: `@` adds in an order that depends on the machine, and so would the last digit.
    scores = np.sum(outputVectors * predicted, axis=1)  # (V, D) * (D,) -> (V,)
    # -log yhat_o from the scores, for yhat_o may underflow.
    top = scores.max()
    cost = top + np.log(np.sum(np.exp(scores - top))) - scores[target]
    delta = softmax(scores)  # yhat - y
    delta[target] -= 1
    gradPred = outputVectors.T @ delta  # (D, V) @ (V,) -> (D,)
    grad = np.outer(delta, predicted)  # (V, 1) @ (1, D) -> (V, D)
    return cost, gradPred, grad


def getNegativeSamples(target, dataset, K):
    """K rows drawn by dataset.sampleTokenIdx(), each drawn again while it is the target."""
    if K < 1:
        raise ValueError(f"negative sampling draws at least one word, not K = {K}")
    indices = []
    for _ in range(K):
        index = dataset.sampleTokenIdx()
        while index == target:
            index = dataset.sampleTokenIdx()
        indices.append(index)
    return indices


def negSamplingCostAndGradient(predicted, target, outputVectors, dataset, K=10):
    """Negative sampling (question 3c): K words are drawn that the target is to be told from.

    Takes and returns what softmaxCostAndGradient does. A word drawn k times counts k times.
    """
    _check(predicted, target, outputVectors)
    if len(outputVectors) < 2:
        raise ValueError("a vocabulary of one word has no negatives")
    indices = [target] + getNegativeSamples(target, dataset, K)
    sign = np.array([1] + [-1] * K)  # +u_o . v_c, -u_k . v_c
    u = outputVectors[indices]  # (1 + K, D)
    z = sign * (u @ predicted)  # (1 + K, D) @ (D,) -> (1 + K,)
    cost = np.sum(np.logaddexp(0, -z))  # -log sigma(z) = log(1 + exp(-z))
    delta = sign * (sigmoid(z) - 1)  # dJ/d(u . v_c): sigma(u . v_c) - 1 or - 0
    gradPred = u.T @ delta  # (D, 1 + K) @ (1 + K,) -> (D,)
    grad = np.zeros(outputVectors.shape)
    np.add.at(grad, indices, np.outer(delta, predicted))  # += would count a repeated word once
    return cost, gradPred, grad


def _check(predicted, target, outputVectors):
    if np.ndim(outputVectors) != 2 or np.shape(predicted) != outputVectors.shape[1:]:
        raise ValueError(
            f"predicted has shape {np.shape(predicted)}, a row of outputVectors {np.shape(outputVectors)[1:]}"
        )
    if not (isinstance(target, (int, np.integer)) and 0 <= target < len(outputVectors)):
        raise ValueError(f"target is row {target!r}, but outputVectors has rows 0 to {len(outputVectors) - 1}")


# ---- Models: which vector predicts which word ----------------------------------------------------


def skipgram(
    currentWord,
    C,
    contextWords,
    tokens,
    inputVectors,
    outputVectors,
    dataset,
    word2vecCostAndGradient=softmaxCostAndGradient,
):
    """Skip-gram: the centre word predicts each of its context words (question 3d).

    currentWord    the centre word
    C              the reach of the context: at most 2 C words
    contextWords   the context, repeats and all
    tokens         dict from word to row of both matrices of vectors, (V, D)
    Returns cost, gradIn (V, D), gradOut (V, D), summed over the context.
    """
    centre, context = _rows(currentWord, contextWords, tokens)
    cost, gradIn, gradOut = 0.0, np.zeros(inputVectors.shape), np.zeros(outputVectors.shape)
    for target in context:
        c, gradPred, grad = word2vecCostAndGradient(inputVectors[centre], target, outputVectors, dataset)
        cost += c
        gradIn[centre] += gradPred
        gradOut += grad
    return cost, gradIn, gradOut


def cbow(
    currentWord,
    C,
    contextWords,
    tokens,
    inputVectors,
    outputVectors,
    dataset,
    word2vecCostAndGradient=softmaxCostAndGradient,
):
    """CBOW: the sum of the context's vectors predicts the centre word (question 3d). Called like skipgram."""
    centre, context = _rows(currentWord, contextWords, tokens)
    predicted = np.sum(inputVectors[context], axis=0)  # (2 C, D) -> (D,)
    cost, gradPred, gradOut = word2vecCostAndGradient(predicted, centre, outputVectors, dataset)
    gradIn = np.zeros(inputVectors.shape)
    np.add.at(gradIn, context, gradPred)  # a word that occurs twice is in the sum twice
    return cost, gradIn, gradOut


def _rows(currentWord, contextWords, tokens):
    if len(contextWords) == 0:
        raise ValueError(f"the context of {currentWord!r} is empty")
    for word in (currentWord, *contextWords):
        if word not in tokens:
            raise ValueError(f"{word!r} is not in the vocabulary of {len(tokens)} words")
    return tokens[currentWord], [tokens[word] for word in contextWords]


def word2vec_sgd_wrapper(
    word2vecModel, tokens, wordVectors, dataset, C, word2vecCostAndGradient=softmaxCostAndGradient
):
    """The mean cost, and its gradient, over 50 random contexts, each with a reach drawn from 1 to C: what sgd steps on.

    wordVectors: (2 V, D), the input vectors over the output vectors; the gradient has its shape.
    """
    V = len(wordVectors) // 2
    inputVectors, outputVectors = wordVectors[:V], wordVectors[V:]
    cost, grad = 0.0, np.zeros(wordVectors.shape)
    for _ in range(BATCH):
        reach = random.randint(1, C)
        centre, context = dataset.getRandomContext(reach)
        c, gradIn, gradOut = word2vecModel(
            centre, reach, context, tokens, inputVectors, outputVectors, dataset, word2vecCostAndGradient
        )
        cost += c / BATCH
        grad[:V] += gradIn / BATCH
        grad[V:] += gradOut / BATCH
    return cost, grad


# ---- The assignment's own tests ------------------------------------------------------------------


class FiveWords:
    """A dataset of the words a to e, all equally likely, for the test below."""

    tokens = {word: row for row, word in enumerate("abcde")}

    def sampleTokenIdx(self):
        return random.randint(0, 4)

    def getRandomContext(self, C):
        words = list(self.tokens)
        return words[random.randint(0, 4)], [words[random.randint(0, 4)] for _ in range(2 * C)]


# The costs that the test prints, with Python 3's random numbers.
PUBLISHED = {
    ("skip-gram", "softmax"): 11.16610900153398,
    ("skip-gram", "negative sampling"): 14.093692760899629,
    ("CBOW", "softmax"): 0.798995801090665,
    ("CBOW", "negative sampling"): 7.895593203599139,
}


def test_normalize_rows():
    result = normalizeRows(np.array([[3.0, 4.0], [1, 2]]))
    print(f"normalizeRows([[3, 4], [1, 2]]) = {np.round(result, 8).tolist()}")
    assert np.allclose(result, [[0.6, 0.8], [0.4472136, 0.89442719]], rtol=0, atol=1e-8)


def test_word2vec():
    """Gradient checks of both models with both costs, then their costs on four contexts."""
    dataset = FiveWords()
    random.seed(31415)
    vectors = normalizeRows(np.random.RandomState(9265).randn(10, 3))
    models = {"skip-gram": skipgram, "CBOW": cbow}
    costs = {"softmax": softmaxCostAndGradient, "negative sampling": negSamplingCostAndGradient}
    for model, cost in PUBLISHED:
        print(f"{model}, {cost}:", end=" ")

        def objective(v, model=models[model], cost=costs[cost]):
            return word2vec_sgd_wrapper(model, dataset.tokens, v, dataset, 5, cost)

        gradcheck_naive(objective, vectors)

    contexts = [("c", 3, "abedbc"), ("c", 1, "ab"), ("a", 2, "abca"), ("a", 2, "abac")]
    for (model, cost), (centre, C, context) in zip(PUBLISHED, contexts, strict=True):
        value, gradIn, gradOut = models[model](
            centre, C, list(context), dataset.tokens, vectors[:5], vectors[5:], dataset, costs[cost]
        )
        print(
            f"\n{model}, {cost}, {centre} with {' '.join(context)}: cost {value}\n"
            f"gradient of the input vectors\n{gradIn}\ngradient of the output vectors\n{gradOut}"
        )
        published = PUBLISHED[model, cost]
        # Two units in the last place, for another machine's exp and log.
        assert np.isclose(value, published, rtol=4e-16, atol=0), f"published is {published}"


if __name__ == "__main__":
    test_normalize_rows()
    test_word2vec()
    print("All checks of question 3 passed.")
