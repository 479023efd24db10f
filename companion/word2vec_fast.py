"""Skip-gram with negative sampling for vectors of any size: batches of pairs, numpy's generator, float32, one thread.

    words, inputs, outputs = train_vectors(sentences, 50, epochs=30)

The readable version is q3_word2vec.py; tests/test_companion_q3.py gives both the same samples and compares the updates. What is
different here, as in word2vec.c and gensim: the learning rate falls in a straight line to zero; sentences come in a new order in
every epoch; a pair's gradient is added as it is, not divided by the size of the batch.

Notation: B pairs in a batch, K negatives, D dimensions, V words. One pair of centre c and context o costs
-log sigma(u_o . v_c) - sum_k log sigma(-u_k . v_c), and with the label y = 1 for o and 0 for the negatives the derivative
by a score u . v is g = sigma(u . v) - y.
Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, NIPS 2013.
"""
import numpy as np
from scipy.sparse import csr_matrix
from tqdm import tqdm

BATCH = 1000              # pairs; more make longer steps of staler vectors, fewer leave numpy's overhead
TABLE = 1 << 20           # entries of the table that negatives are drawn from
PIECE = 100_000           # words whose pairs are in memory at a time


def train_vectors(sentences, dimensions, *, epochs, window=5, negatives=10, lr=0.025, seed=0, shared_negatives=False,
                  min_count=1, subsample=1e-3, progress=True):
    """Train word vectors; returns (words, input_vectors, output_vectors): a list of V strings and two float32 arrays (V, D).

    sentences          lists of words; a pair never reaches over the end of a sentence
    dimensions         D
    epochs             passes over the text, each in a new order of the sentences
    window             each centre draws its reach from 1 to this many words to each side
    negatives          K, drawn for each pair in proportion to frequency ** 0.75; one equal to the context word is left out
    lr                 learning rate at the start; it falls in a straight line to 0
    shared_negatives   draw K negatives for a centre and use them for all its pairs: another estimate of the same cost, and faster
    min_count          words that occur less often are left out before anything else
    subsample          a word with share s of the text is kept with probability sqrt(t / s) + t / s, t this number; 0 keeps all
    progress           show a bar with the running cost
    Rows are in order of first occurrence. Raises ValueError for text without a pair of words, and numbers out of range.
    """
    for name, number, least in (("dimensions", dimensions, 1), ("epochs", epochs, 1), ("window", window, 1), ("negatives", negatives, 1)):
        if number != int(number) or number < least:
            raise ValueError(f"{name} is a whole number of at least {least}, not {number}")
    if not lr > 0 or subsample < 0:
        raise ValueError(f"lr is above 0 and subsample not below it, not {lr} and {subsample}")
    words, counts, text, starts = _number(sentences, min_count)
    if len(words) < 2 or np.diff(starts).max(initial=0) < 2:
        raise ValueError(f"no pair of different words to train on: {len(sentences)} sentences, {len(words)} words kept")

    rng = np.random.default_rng(seed)
    inputs = ((rng.random((len(words), dimensions)) - 0.5) / dimensions).astype(np.float32)
    outputs = np.zeros_like(inputs)
    table = negative_table(counts)
    share = counts / counts.sum()
    keep = np.minimum(1, np.sqrt(subsample / share) + subsample / share) if subsample else None
    step = _shared_step if shared_negatives else _own_step
    update_inputs, update_outputs = RowAdder(inputs), RowAdder(outputs)

    done, total, batches, shown = 0, epochs * len(text), 0, 0.0
    with tqdm(total=total, unit=" words", unit_scale=True, delay=2, disable=None if progress else True, desc=f"{dimensions}-d vectors") as bar:
        for _ in range(epochs):
            for piece, sentence in _pieces(text, starts, rng):
                if keep is not None:
                    kept = rng.random(len(piece)) < keep[piece]
                    ids, of = piece[kept], sentence[kept]
                else:
                    ids, of = piece, sentence
                at, context = pairs(ids, of, rng.integers(1, window + 1, size=len(ids)), window)
                for first in range(0, len(at), BATCH):
                    rate = lr * (1 - (done + len(piece) * first / len(at)) / total)
                    runs, o = at[first:first + BATCH], context[first:first + BATCH]
                    want_cost = batches % 50 == 0
                    cost = step(inputs, outputs, update_inputs, update_outputs, ids[runs], runs, o, negatives, table, rng, rate, want_cost)
                    if want_cost:
                        shown = cost if batches == 0 else 0.9 * shown + 0.1 * cost
                        bar.set_postfix_str(f"cost a pair {shown:.3f}", refresh=False)
                    batches += 1
                done += len(piece)
                bar.update(len(piece))
    return words, inputs, outputs


# ---- The text as numbers ---------------------------------------------------------------------------------------------

def _number(sentences, min_count):
    """Sentences -> words kept, their counts (V,), the text as row numbers (n,), and where each sentence starts in it (and n)."""
    counts = {}
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    rows = {word: row for row, word in enumerate(w for w, c in counts.items() if c >= min_count)}
    numbered = [[rows[w] for w in sentence if w in rows] for sentence in sentences]
    starts = np.cumsum([0] + [len(s) for s in numbered])
    text = np.array([row for sentence in numbered for row in sentence], dtype=np.int32)
    return list(rows), np.array([counts[w] for w in rows], dtype=float), text, starts


def negative_table(counts):
    """Rows in proportion to counts ** 0.75, to be drawn from uniformly: int32 (TABLE,)."""
    share = np.cumsum(counts ** 0.75)
    return np.searchsorted(share / share[-1], (np.arange(TABLE) + 0.5) / TABLE).astype(np.int32)


def _pieces(text, starts, rng):
    """The text in a new order of sentences, about PIECE words at a time: yields (row numbers, number of the sentence of each)."""
    order = rng.permutation(len(starts) - 1)
    lengths = np.diff(starts)[order]
    ends = np.cumsum(lengths)
    first = 0
    while first < len(order):
        last = max(first + 1, np.searchsorted(ends, (ends[first - 1] if first else 0) + PIECE, side="right"))
        chosen = order[first:last]
        of = np.repeat(np.arange(first, last), lengths[first:last])
        # Word j of the piece is word j - (start of its sentence in the piece) + (start of its sentence in the text).
        shift = starts[chosen] - (ends[first:last] - lengths[first:last])
        offset = ends[first - 1] if first else 0
        yield text[np.arange(len(of)) + offset + np.repeat(shift, lengths[first:last])], of
        first = last


def pairs(ids, sentence, reach, window):
    """All pairs of a centre and a word within its reach, in the same sentence, different from it; in order of the centres.

    ids, sentence, reach: (n,). Returns (at, context): positions of the centres in ids, non-decreasing, and context rows.
    """
    n = len(ids)
    offsets = np.array([d for d in range(-window, window + 1) if d])
    there = np.arange(n)[:, None] + offsets                                          # (n, 2 window)
    inside = np.clip(there, 0, n - 1)
    valid = (there == inside) & (np.abs(offsets) <= reach[:, None]) & (sentence[inside] == sentence[:, None]) & (ids[inside] != ids[:, None])
    return np.nonzero(valid)[0], ids[inside[valid]]


# ---- One batch -------------------------------------------------------------------------------------------------------

class RowAdder:
    """Adds many weighted vectors to rows of a matrix, equal rows summed, by one sparse product over the rows that occur."""

    def __init__(self, matrix):
        self.matrix = matrix
        self.occurs = np.zeros(len(matrix), dtype=bool)
        self.place = np.empty(len(matrix), dtype=np.int32)

    def add(self, rows, weights, vectors):
        """matrix[rows[b, k]] += weights[b, k] vectors[b] for all b and k; rows, weights (B, K), vectors (B, D)."""
        self.occurs[rows] = True
        found = np.flatnonzero(self.occurs)                                          # what np.unique gives, without the sort
        self.occurs[found] = False
        self.place[found] = np.arange(len(found), dtype=np.int32)
        B, K = rows.shape
        A = csr_matrix((weights.ravel(), self.place[rows.ravel()], np.arange(0, B * K + 1, K)), shape=(B, len(found)))
        self.matrix[found] += A.T @ vectors                                          # (found, B) @ (B, D)


def _sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))       # the same function, and it never overflows


def _runs(at):
    """Where each run of equal positions begins in `at`."""
    return np.concatenate([[0], np.flatnonzero(np.diff(at)) + 1])


def _own_step(inputs, outputs, update_inputs, update_outputs, c, at, o, K, table, rng, rate, want_cost):
    """One step on pairs (c, o), (B,) each, with K negatives for each; returns the mean cost of a pair before it, if wanted."""
    drawn = table[rng.integers(0, TABLE, size=(len(o), K), dtype=np.uint32)]         # (B, K)
    rows = np.concatenate([o[:, None], drawn], axis=1)                               # (B, 1 + K), the context word first
    v = inputs.take(c, axis=0)                                                       # (B, D)
    u = outputs.take(rows, axis=0)                                                   # (B, 1 + K, D)
    z = (u @ v[:, :, None])[:, :, 0]                                                 # (B, 1 + K, D) @ (B, D, 1) -> (B, 1 + K)
    g = _sigmoid(z)
    g[:, 0] -= 1
    g[:, 1:][drawn == o[:, None]] = 0                                                # drawn the context word: left out
    cost = _mean_cost(z[:, 0], z[:, 1:], drawn != o[:, None], len(o)) if want_cost else None
    dv = (g[:, None, :] @ u)[:, 0]                                                   # (B, 1, 1 + K) @ (B, 1 + K, D) -> (B, D)
    update_outputs.add(rows, -rate * g, v)
    begins = _runs(at)
    dv = np.add.reduceat(dv, begins, axis=0)                                         # summed over each centre's pairs
    update_inputs.add(c[begins, None], np.full((len(begins), 1), -rate, np.float32), dv)
    return cost


def _shared_step(inputs, outputs, update_inputs, update_outputs, c, at, o, K, table, rng, rate, want_cost):
    """The same with K negatives for each centre: n centres, of which each uses its negatives once for each of its pairs."""
    begins = _runs(at)                                                               # (n,)
    sizes = np.diff(np.append(begins, len(o)))                                       # (n,) pairs of each centre
    centre = c[begins]
    drawn = table[rng.integers(0, TABLE, size=(len(centre), K), dtype=np.uint32)]    # (n, K)
    # How many pairs a negative stands in: those of its centre whose context word it is not.
    equal = np.add.reduceat(np.repeat(drawn, sizes, axis=0) == o[:, None], begins, axis=0, dtype=np.int32)
    times = (sizes[:, None] - equal).astype(np.float32)                              # (n, K)
    vc = inputs.take(centre, axis=0)                                                 # (n, D)
    v = np.repeat(vc, sizes, axis=0)                                                 # (B, D)
    uo, un = outputs.take(o, axis=0), outputs.take(drawn, axis=0)                    # (B, D), (n, K, D)
    zo = np.einsum("bd,bd->b", uo, v)                                                # (B,)
    zn = (un @ vc[:, :, None])[:, :, 0]                                              # (n, K)
    go = _sigmoid(zo) - 1
    gn = times * _sigmoid(zn)
    cost = _mean_cost(zo, zn, times, len(o)) if want_cost else None
    dv = np.add.reduceat(go[:, None] * uo, begins, axis=0) + (gn[:, None, :] @ un)[:, 0]      # (n, D)
    update_outputs.add(o[:, None], -rate * go[:, None], v)
    update_outputs.add(drawn, -rate * gn, vc)
    update_inputs.add(centre[:, None], np.full((len(centre), 1), -rate, np.float32), dv)
    return cost


def _mean_cost(positive, negative, times, B):
    """-log sigma(positive) - times log sigma(-negative), summed and divided by the number of pairs."""
    return float(np.logaddexp(0, -positive).sum() + (times * np.logaddexp(0, negative)).sum()) / B
