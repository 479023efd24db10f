"""Skip-gram with negative sampling for vectors of any size: batches of pairs, numpy's generator, float32, one thread.

    words, inputs, outputs = train_vectors(sentences, 50, epochs=30)

The readable version is q3_word2vec.py; companion/tests/test_q3.py gives both the same samples and compares the
updates. Three things differ, as in word2vec.c and gensim: the learning rate falls in a straight line to zero;
sentences come in a new order in every epoch; a pair's gradient is added as it is, not divided by the size of the
batch. One thing differs from those two as well: all pairs of a batch see the vectors from before it. A frequent word
then gets a hundred gradients at once, and where one after the other would settle, their sum overshoots. So a row's
rate is capped by its curvature in the batch (STEP_LIMIT): the sum of sigma'(z) |x|^2 over the vectors x that its
gradients are multiples of, at most |x|^2 / 4 each. With small vectors, as at the beginning, nothing is capped.

Notation: B pairs in a batch, K negatives, D dimensions, V words. One pair of centre c and context o costs
-log sigma(u_o . v_c) - sum_k log sigma(-u_k . v_c), and with the label y = 1 for o and 0 for the negatives, the
derivative with respect to a score u . v is g = sigma(u . v) - y.
Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, NIPS 2013.
"""

import numpy as np
from scipy.sparse._sparsetools import csc_matvecs
from tqdm import tqdm

BATCH = 1000  # pairs, and twice as many with shared negatives; more make staler vectors, fewer leave numpy's overhead
# On the rate times the bound on the curvature. Above 2 a step would swing if sigma' were at its bound. It is mostly far
# below, and 6 was chosen by the cost after one epoch and two, as benchmarks/bench_word2vec.py measures it.
STEP_LIMIT = 6.0
PIECE = 20_000  # words whose pairs and negatives are in memory at a time
COST_EVERY = 50  # batches between two looks at the cost
DIVERGED = 4  # times the cost at the beginning


def train_vectors(
    sentences,
    dimensions,
    *,
    epochs,
    window=5,
    negatives=10,
    lr=0.025,
    seed=0,
    shared_negatives=False,
    min_count=1,
    subsample=1e-3,
    progress=True,
):
    """Train word vectors; returns (words, input_vectors, output_vectors): V strings and two float32 arrays (V, D).

    sentences          lists of words; a pair never reaches over the end of a sentence
    dimensions         D
    epochs             passes over the text, each in a new order of the sentences
    window             each centre draws its reach from 1 to this many words to each side
    negatives          K, drawn for each pair in proportion to frequency ** 0.75; the context word itself is skipped
    lr                 learning rate at the start; it falls in a straight line to 0
    shared_negatives   draw K negatives for a centre and use them for all its pairs: another estimate of the same cost,
                       and faster
    min_count          words that occur less often are left out before anything else
    subsample          t: a word with share s of the text is kept with probability sqrt(t / s) + t / s; 0 keeps all
    progress           show a bar with the running cost
    Rows are in order of first occurrence. Raises ValueError for text without a pair of words, and numbers out of range.
    """
    for name, number, least in (
        ("dimensions", dimensions, 1),
        ("epochs", epochs, 1),
        ("window", window, 1),
        ("negatives", negatives, 1),
    ):
        if number != int(number) or number < least:
            raise ValueError(f"{name} is a whole number of at least {least}, not {number}")
    if not lr > 0 or subsample < 0:
        raise ValueError(f"lr is above 0 and subsample not below it, not {lr} and {subsample}")
    words, counts, text, starts = _number(sentences, min_count)
    if len(words) < 2 or np.diff(starts).max(initial=0) < 2:
        raise ValueError(f"no pair of different words to train on: {len(sentences)} sentences, {len(words)} words kept")

    rng = np.random.default_rng(seed)
    inputs = (rng.uniform(-1, 1, (len(words), dimensions)) / dimensions).astype(np.float32)  # gensim's range
    outputs = np.zeros_like(inputs)
    table = negative_table(counts)
    share = counts / counts.sum()
    keep = np.minimum(1, np.sqrt(subsample / share) + subsample / share) if subsample else np.ones(len(words))

    done, total, batch, shown = 0, epochs * len(text), 0, 0.0
    with (
        tqdm(
            total=total,
            unit=" words",
            unit_scale=True,
            delay=2,
            disable=None if progress else True,
            desc=f"{dimensions}-d vectors",
        ) as bar,
        np.errstate(over="ignore", invalid="ignore"),
    ):  # vectors that grow without end are told by their cost
        for _ in range(epochs):
            for piece, sentence in _pieces(text, starts, rng):
                kept = rng.random(len(piece)) < keep[piece]
                ids = piece[kept]
                at, context = pairs(ids, sentence[kept], rng.integers(1, window + 1, size=len(ids)), window)
                drawn = rng.integers(0, len(table), (len(ids) if shared_negatives else len(at), negatives), np.uint32)
                drawn = table.take(drawn, mode="clip")  # all indices are right, and "raise" is slower
                size = BATCH * (2 if shared_negatives else 1)
                for first in range(0, len(at), size):
                    chosen = slice(first, first + size)
                    rate = lr * (1 - (done + len(piece) * first / len(at)) / total)
                    others = context[chosen], rate, batch % COST_EVERY == 0
                    if shared_negatives:
                        centres, sizes = np.unique(at[chosen], return_counts=True)
                        cost = shared_step(inputs, outputs, ids[centres], sizes, drawn[centres], *others)
                    else:
                        cost = own_step(inputs, outputs, ids[at[chosen]], drawn[chosen], *others)
                    if cost is not None:
                        # not <: a NaN has diverged too
                        if not cost < DIVERGED * (1 + negatives) * np.log(2):
                            raise ValueError(
                                f"the vectors diverge: a pair costs {cost:.3g} with lr = {lr}; take a smaller one"
                            )
                        shown = cost if batch == 0 else 0.9 * shown + 0.1 * cost
                        bar.set_postfix_str(f"cost of a pair {shown:.3f}", refresh=False)
                    batch += 1
                done += len(piece)
                bar.update(len(piece))
    return words, inputs, outputs


# ---- The text as numbers -------------------------------------------------------------------------


def _number(sentences, min_count):
    """Sentences -> words kept, counts (V,), the text as row numbers (n,), where each sentence starts in it (and n)."""
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
    """Rows in proportion to counts ** 0.75, to be drawn from uniformly: int32, at least 2^18 entries and 8 a word.

    Small, for its entries are read in no order: 2^18 of them stay in the processor's second cache.
    """
    size = 1 << max(18, (8 * len(counts)).bit_length())
    share = np.cumsum(counts**0.75)
    return np.searchsorted(share / share[-1], (np.arange(size) + 0.5) / size).astype(np.int32)


def _pieces(text, starts, rng):
    """The text in a new order of sentences, about PIECE words at a time: yields (row numbers, each one's sentence)."""
    order = rng.permutation(len(starts) - 1)
    lengths = np.diff(starts)[order]
    ends = np.cumsum(lengths)
    first = 0
    while first < len(order):
        last = max(first + 1, np.searchsorted(ends, (ends[first - 1] if first else 0) + PIECE, side="right"))
        chosen = order[first:last]
        sentence = np.repeat(np.arange(first, last), lengths[first:last])
        # Word j of the piece is word j - (start of its sentence in the piece) + (start of its sentence in the text).
        shift = starts[chosen] - (ends[first:last] - lengths[first:last])
        offset = ends[first - 1] if first else 0
        yield text[np.arange(len(sentence)) + offset + np.repeat(shift, lengths[first:last])], sentence
        first = last


def pairs(ids, sentence, reach, window):
    """All pairs of a centre and another word within its reach in the same sentence, in order of the centres.

    ids, sentence, reach: (n,). Returns (at, context): the centres' positions in ids, non-decreasing, and context rows.
    """
    n = len(ids)
    offsets = np.array([d for d in range(-window, window + 1) if d])
    there = np.arange(n)[:, None] + offsets  # (n, 2 window)
    inside = np.clip(there, 0, n - 1)
    valid = (
        (there == inside)
        & (np.abs(offsets) <= reach[:, None])
        & (sentence[inside] == sentence[:, None])
        & (ids[inside] != ids[:, None])
    )
    return np.nonzero(valid)[0], ids[inside[valid]]


# ---- One batch -----------------------------------------------------------------------------------


def descend(matrix, rows, weights, vectors, rate, squares):
    """matrix[rows[b, k]] -= rate weights[b, k] vectors[b] for all b and k, each row's rate capped by STEP_LIMIT.

    rows, weights (B, K), vectors (B, D). squares (B, K): |x|^2 of the vector that each gradient is a multiple of,
    or their sum where it is a sum.
    """
    B, K = rows.shape
    bound = np.bincount(rows.ravel(), squares.ravel())[rows].astype(np.float32) / 4  # (B, K), on each row's curvature
    weights = weights * (-rate / np.maximum(1, rate / STEP_LIMIT * bound))
    # matrix += A @ vectors, where column b of the sparse A (V, B) holds weights[b] in rows[b], by the routine inside
    # scipy's csc_array, which gensim imports from the same place. It adds to the rows where they lie. The product of a
    # csc_array is a new array, and with that to be made and added a batch takes 1.7 times as long.
    V, D = matrix.shape
    starts = np.arange(0, B * K + 1, K, dtype=rows.dtype)
    csc_matvecs(V, B, D, starts, rows.ravel(), weights.ravel(), vectors.ravel(), matrix.ravel())


def _squares(x):
    return np.einsum("...d,...d->...", x, x)


def _sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))  # the same function, and it never overflows


def own_step(inputs, outputs, c, drawn, o, rate, want_cost=False):
    """One step on B pairs with negatives of their own; returns the mean cost of a pair before it if wanted, else None.

    inputs, outputs (V, D): changed in place. c, o (B,): rows of the centres and their context words. drawn (B, K): the
    negatives; one that is its pair's o is skipped.
    """
    rows = np.concatenate([o[:, None], drawn], axis=1, dtype=np.intp)  # (B, 1 + K), the context word first
    counted = rows != o[:, None]  # (B, 1 + K)
    counted[:, 0] = True
    v = inputs[c]  # (B, D)
    u = outputs.take(rows, axis=0, mode="clip")  # (B, 1 + K, D); outputs[rows] takes twice as long
    u.reshape(-1, u.shape[2])[np.flatnonzero(~counted)] = 0  # what is skipped has no part in the sum of squares
    z = (u @ v[:, :, None])[:, :, 0]  # (B, 1 + K, D) @ (B, D, 1) -> (B, 1 + K)
    g = _sigmoid(z)
    g[:, 0] -= 1
    g *= counted
    cost = _mean_cost(z[:, 0], z[:, 1:], counted[:, 1:]) if want_cost else None
    dv = (g[:, None, :] @ u)[:, 0]  # (B, 1, 1 + K) @ (B, 1 + K, D) -> (B, D)
    descend(outputs, rows, g, v, rate, counted * _squares(v)[:, None])
    descend(inputs, c[:, None], np.ones((len(c), 1), np.float32), dv, rate, _squares(u.reshape(len(u), -1)))
    return cost


def shared_step(inputs, outputs, c, sizes, drawn, o, rate, want_cost=False):
    """own_step with negatives that all pairs of a centre use: n K rows to fetch, not B K.

    c, sizes (n,): rows of the centres, and how many of the B pairs, side by side, are each one's. drawn (n, K).
    """
    owner = np.repeat(np.arange(len(c)), sizes)  # (B,)
    # In how many pairs a negative stands: those of its centre whose context word it is not.
    times = np.repeat(sizes[:, None], drawn.shape[1], axis=1).astype(np.float32)  # (n, K)
    pair, k = np.nonzero(drawn[owner] == o[:, None])
    np.subtract.at(times, (owner[pair], k), 1)
    centres = inputs[c]  # (n, D)
    v = centres[owner]  # (B, D)
    uo, un = outputs[o], outputs[drawn]  # (B, D), (n, K, D)
    zo = np.einsum("bd,bd->b", uo, v)  # (B,)
    zn = (un @ centres[:, :, None])[:, :, 0]  # (n, K)
    go = _sigmoid(zo) - 1
    gn = times * _sigmoid(zn)
    cost = _mean_cost(zo, zn, times) if want_cost else None
    dv = np.concatenate([go[:, None] * uo, (gn[:, None, :] @ un)[:, 0]])  # (B + n, D)
    squares = np.append(_squares(uo), (times * _squares(un)).sum(axis=1))
    of_centre = _squares(centres)
    descend(outputs, o[:, None], go[:, None], v, rate, of_centre[owner])
    descend(outputs, drawn, gn, centres, rate, times * of_centre[:, None])
    descend(inputs, np.append(c[owner], c)[:, None], np.ones((len(dv), 1), np.float32), dv, rate, squares)
    return cost


def _mean_cost(positive, negative, times):
    """-log sigma(positive) - times log sigma(-negative), summed and divided by the number of positives, the pairs."""
    return float(np.logaddexp(0, -positive).sum() + (times * np.logaddexp(0, negative)).sum()) / len(positive)
