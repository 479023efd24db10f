"""The assignment's run of skip-gram with negative sampling, its 50 contexts drawn and computed at once.

    f = skipgram_objective(dataset, C=5, K=10)

sgd(f, vectors, ...) then runs about a hundred times as fast as with word2vec_sgd_wrapper(skipgram, ...,
negSamplingCostAndGradient).

Both give the same cost and gradient and leave Python's random stream at the same place; companion/tests/test_q3.py
compares them. Two things make the difference. The gradient is kept as the 1,700 rows of 39,078 that are not zero. And
the random numbers, 57 million in the run, are taken from the stream 2,000 at a time:

    random.randint(a, b) with n = b - a + 1 values takes the top n.bit_length() bits of the next 32-bit word, and of
    the word after it while that is n or more (CPython's Random._randbelow). random.getrandbits(32 m) is the next m
    such words, the first the lowest. So the words are fetched in bulk, read as the calls of randint would have read
    them, and the stream is then moved to where those calls would have left it.
"""

import random

import numpy as np
from q2_sigmoid import sigmoid
from q3_word2vec import BATCH

WORDS = 2048  # fetched from the stream at first: a batch of the assignment's run takes about 1,650


def skipgram_objective(dataset, C, K=10):
    """The mean cost and gradient over 50 random contexts, a function of wordVectors (2 V, D): see word2vec_sgd_wrapper.

    dataset: a StanfordSentiment. The function returned takes wordVectors and returns (cost, SparseRows).
    """
    if K < 1 or C < 1:
        raise ValueError(f"K and C are at least 1, not {K} and {C}")
    draw = _Drawer(dataset, C, K)

    def objective(wordVectors):
        V = len(wordVectors) // 2
        centres, targets, negatives = draw()  # (P,), (P,), (P, K): P pairs in the 50 contexts
        rows = np.concatenate([targets[:, None], negatives], axis=1) + V  # (P, 1 + K): rows of output vectors
        v = wordVectors.take(centres, axis=0)  # (P, D)
        u = wordVectors.take(rows, axis=0)  # (P, 1 + K, D)
        z = (u @ v[:, :, None])[:, :, 0]  # (P, 1 + K, D) @ (P, D, 1) -> (P, 1 + K)
        cost = (np.logaddexp(0, -z[:, 0]).sum() + np.logaddexp(0, z[:, 1:]).sum()) / BATCH
        g = sigmoid(z)
        g[:, 0] -= 1
        g /= BATCH
        dv = (g[:, None, :] @ u)[:, 0]  # (P, 1, 1 + K) @ (P, 1 + K, D) -> (P, D)
        du = g[:, :, None] * v[:, None, :]  # (P, 1 + K, D)
        return cost, SparseRows(
            np.concatenate([centres, rows.ravel()]), np.concatenate([dv, du.reshape(-1, v.shape[1])])
        )

    return objective


class SparseRows:
    """A gradient that is zero but in a few rows: `values` (n, D) belong to `rows` (n,), and equal rows add up.

    sgd's `x -= step * gradient` works as it does with an array.
    """

    def __init__(self, rows, values):
        self.rows, self.values = rows, values

    def __rmul__(self, step):
        return SparseRows(self.rows, step * self.values)

    def __array_ufunc__(self, subtract, method, x, gradient, out):
        """What numpy calls for `x -= gradient`; no other operation is needed."""
        D = x.shape[1]
        # On the flattened x: np.subtract.at is a fast loop for one index, a slow one for whole rows.
        flat = (self.rows[:, None] * D + np.arange(D)).ravel()
        np.subtract.at(x.reshape(-1), flat, self.values.ravel())
        return x


class _Drawer:
    """Draws the pairs of 50 contexts in the order of word2vec_sgd_wrapper with skip-gram and negative sampling."""

    def __init__(self, dataset, C, K):
        self.dataset, self.C, self.K = dataset, C, K
        self.text = None

    def _draw_text(self):
        """The thinned text and the table of negatives, as rows; drawn at the first context, as in q3_word2vec.py."""
        self.text, self.begins = self.dataset.thinned()
        self.table = np.array(self.dataset.sampleTable())

    def __call__(self):
        """Returns centres (P,), targets (P,) and negatives (P, K), as rows of the vocabulary."""
        first_reach = None
        if self.text is None:
            first_reach = random.randint(1, self.C)  # word2vec_sgd_wrapper draws a reach before the text is thinned
            self._draw_text()
        state = random.getstate()
        words = WORDS
        while True:
            try:
                used, pairs = self._read(self._words(words), first_reach)
                break
            except IndexError:  # read past the end: fetch more and begin anew
                random.setstate(state)
                words *= 2
        random.setstate(state)
        random.getrandbits(32 * used)
        return pairs

    @staticmethod
    def _words(n):
        return np.frombuffer(random.getrandbits(32 * n).to_bytes(4 * n, "little"), dtype="<u4")

    def _read(self, words, first_reach):
        """Read 50 contexts from the stream; returns how many words that took, and the pairs. IndexError: too few."""
        K, text, begins = self.K, self.text, self.begins
        # For every place in the stream: is it a valid index into the table, to which row, and how many come before it?
        n = len(self.table)
        index = words >> (32 - n.bit_length())
        valid = index < n
        places = np.flatnonzero(valid)  # the j-th valid index stands at places[j]
        drawn = self.table[index[places]]
        before = memoryview(np.cumsum(valid) - valid)  # valid indices before each place
        places, rows, word = memoryview(places), drawn.tolist(), memoryview(words)

        at = 0  # place in the stream
        centres, targets, starts, repaired = [], [], [], []
        for _ in range(BATCH):
            if first_reach is not None:
                reach, first_reach = first_reach, None
            else:
                reach, at = _below(self.C, word, at)
                reach += 1
            context = ()
            while not context:
                which, at = _below(len(begins) - 1, word, at)
                begin, end = begins[which], begins[which + 1]
                middle, at = _below(end - begin, word, at)
                middle += begin
                centre = text[middle]
                around = text[max(begin, middle - reach) : min(end, middle + reach + 1)].tolist()
                context = [r for r in around if r != centre]
            j = before[at]
            for target in context:
                negatives = rows[j : j + K]
                if target not in negatives:
                    j += K
                else:  # those drawn again move the rest of the row along
                    negatives = []
                    while len(negatives) < K:
                        if rows[j] != target:
                            negatives.append(rows[j])
                        j += 1
                    repaired.append((len(targets), negatives))
                centres.append(centre)
                targets.append(target)
                starts.append(j - K)
            at = places[j - 1] + 1
        negatives = drawn[np.array(starts)[:, None] + np.arange(K)]
        for pair, row in repaired:
            negatives[pair] = row
        return at, (np.array(centres), np.array(targets), negatives)


def _below(n, word, at):
    """What random.randint(0, n - 1) makes of the stream from place `at` on, and the place after it."""
    shift = 32 - n.bit_length()
    while True:
        value = word[at] >> shift
        at += 1
        if value < n:
            return value, at
