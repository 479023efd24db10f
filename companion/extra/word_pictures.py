"""Question 3g: what the trained word vectors look like: pictures in two dimensions, nearest neighbours, the cost.

Nearly all that 10-dimensional vectors of the assignment's run have learnt is how frequent a word is: their first
principal axis. The neighbours are taken with that axis out, and vectors of 50 dimensions, from word2vec_fast.py and the
training text, are shown beside them.
"""

import json

import numpy as np
import q3_sgd
from q3_word2vec import normalizeRows

from data.writer import atomic_write
from pictures import save

# The assignment's 25 words, in three groups that the picture tells apart.
FUNCTION_WORDS = ["the", "a", "an", ",", ".", "?", "!", "``", "''", "--"]
POSITIVE = ["good", "great", "cool", "brilliant", "wonderful", "well", "amazing", "worth", "sweet", "enjoyable"]
NEGATIVE = ["boring", "bad", "waste", "dumb", "annoying"]
ASKED = ["good", "bad", "funny", "boring", "film", "story"]  # whose nearest neighbours are listed


def joined(params):
    """Input and output vectors of each word side by side: (2 V, D) -> (V, 2 D)."""
    V = len(params) // 2
    return np.concatenate([params[:V], params[V:]], axis=1)


def without_main_axis(vectors, frequent):
    """vectors (V, D) without the frequent rows' mean and first principal axis, and that axis's share of the variance.

    After short training on little text all vectors point the same way, the more frequent the word the further, and
    every cosine is near 1. Source: J. Mu and P. Viswanath, All-but-the-Top: Simple and Effective Postprocessing for
    Word Representations, ICLR 2018.
    """
    centred = vectors - vectors[frequent].mean(axis=0)
    _, S, axes = np.linalg.svd(centred[frequent], full_matrices=False)
    return centred - np.outer(centred @ axes[0], axes[0]), float(S[0] ** 2 / np.sum(S**2))


def nearest(word, words, vectors, allowed, count=8):
    """The `count` words nearest to `word` by cosine: [(word, cosine), ...]. Rows outside `allowed` (V,) are skipped."""
    if word not in words:
        raise ValueError(f"{word!r} is not in the vocabulary of {len(words)} words")
    row = words.index(word)
    unit = normalizeRows(vectors)
    cosine = np.where(allowed, unit @ unit[row], -np.inf)  # (V, D) @ (D,) -> (V,)
    cosine[row] = -np.inf
    return [(words[i], float(cosine[i])) for i in np.argsort(-cosine)[:count] if np.isfinite(cosine[i])]


def principal_axes(vectors):
    """Vectors (N, D) on their principal axes, by SVD: coordinates (N, K), and the axes' shares of the variance (K,)."""
    centred = vectors - vectors.mean(axis=0)
    U, S, _ = np.linalg.svd(centred, full_matrices=False)
    return U * S, S**2 / np.sum(S**2)


# ---- Pictures ------------------------------------------------------------------------------------


def plot_words(words, vectors, panels):
    """The assignment's words on their principal axes: (figure, for each panel its labels, coordinates by word).

    panels: [(title, first axis, second axis), ...], an axis as its number from 0.
    """
    from matplotlib.figure import Figure  # not pyplot: no display, no global state

    groups = [
        ("function words", FUNCTION_WORDS, "o", "0.55"),
        ("praise", POSITIVE, "^", "#1a6faf"),
        ("blame", NEGATIVE, "v", "#b2361e"),
    ]
    shown = [word for _, group, _, _ in groups for word in group if word in words]
    at, share = principal_axes(vectors[[words.index(word) for word in shown]])
    figure = Figure(figsize=(6.4, 4.6 * len(panels)), layout="constrained")
    drawn = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axes, (title, *pair) in zip(drawn, panels, strict=True):
        for name, group, marker, colour in groups:
            points = at[[i for i, word in enumerate(shown) if word in group]][:, pair]
            axes.scatter(*points.T, marker=marker, color=colour, s=28, label=name, zorder=3)
        for name, number in zip("xy", pair, strict=True):
            getattr(axes, f"set_{name}label")(f"principal axis {number + 1} ({share[number]:.0%} of the variance)")
        axes.margins(0.14)
        axes.set_title(title, fontsize=11)
    drawn[0].legend(loc="best", frameon=False)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out: from here on nothing moves
    labels = [place_labels(axes, at[:, pair], shown) for axes, (_, *pair) in zip(drawn, panels, strict=True)]
    return figure, labels, dict(zip(shown, at[:, :2].tolist(), strict=True))


def place_labels(axes, at, words, size=10.5):
    """Write each word beside its point, off the frame, the legend, the other labels, and well off the other points.

    Rings of places around the point are tried, from near to far; a line joins a label to its point unless they touch,
    and crosses no label. The words get their places one after the other, in the order, of several, that keeps them
    nearest. Returns the labels.
    """
    point = axes.figure.dpi / 72  # pixels; offsets are given in points, which every format keeps
    pixels = axes.transData.transform(at)  # (N, 2)
    labels = [
        axes.annotate(word, xy, (0, 0), textcoords="offset points", fontsize=size, ha="center", va="center")
        for word, xy in zip(words, at, strict=True)
    ]
    halves = np.array([label.get_window_extent().size for label in labels]) / 2
    orders = [np.argsort(sign * pixels[:, axis]) for axis in (1, 0) for sign in (-1, 1)]
    tried = [_layout(pixels, halves, order, axes, point) for order in orders]
    offsets, radii = min(tried, key=lambda layout: layout[1].sum())
    for label, xy, half, offset, radius in zip(labels, at, halves, offsets, radii, strict=True):
        label.set_position(offset / point)
        if radius > 0:
            arrow = {"arrowstyle": "-", "color": "0.5", "lw": 0.7, "shrinkA": 0, "shrinkB": 2}
            edge = np.clip(0, offset - half, offset + half)  # of the label, nearest to the point
            axes.annotate("", xy, edge / point, textcoords="offset points", arrowprops=arrow)
    return labels


ANGLES = np.deg2rad([0, 180, 90, 270, 45, 135, 225, 315, 22, 158, 202, 338])
RADII = np.repeat(np.arange(0, 200, 5), len(ANGLES))  # pixels
DIRECTIONS = np.tile(np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1), (len(RADII) // len(ANGLES), 1))


def _layout(pixels, halves, order, axes, point):
    """Places for labels of half sizes `halves` (N, 2), all in pixels: offsets from their points (N, 2), distances (N,).

    Where lines cannot be kept off labels and markers, as in a heap, they cross them, and the distance is large.
    """
    dot, air = 4 * point, 8 * point  # half a marker; so far from other points a label cannot be taken for theirs
    inside = axes.bbox.padded(-4 * point)
    legend = axes.get_legend()
    boxes = np.array([legend.get_window_extent().extents] if legend else []).reshape(-1, 4)  # low x, low y, high x, y
    lines = np.empty((0, 2))
    offsets, distances = np.zeros_like(pixels), np.full(len(pixels), 1e9)
    for i in order:
        others = np.delete(pixels, i, axis=0)
        places = DIRECTIONS * (halves[i] + dot + point + RADII[:, None])  # (candidates, 2)
        low, high = pixels[i] + places - halves[i], pixels[i] + places + halves[i]
        free = np.all((low > inside.min) & (high < inside.max), axis=1)
        free &= ~np.any(_meet(low, high, others - air, others + air), axis=1)
        free &= ~_meet(low, high, pixels[[i]] - dot, pixels[[i]] + dot)[:, 0]
        free &= ~np.any(_meet(low, high, boxes[:, :2], boxes[:, 2:]), axis=1)
        at = np.flatnonzero(free)
        if len(at) == 0:
            continue
        edges = np.clip(0, places[at] - halves[i], places[at] + halves[i])  # of the labels, nearest to the point
        joins = pixels[i] + np.linspace(0, 1, 20)[:, None] * edges[:, None]  # (places, 20, 2): the lines from there
        touches = RADII[at] == 0
        crosses = np.any(_meet(joins, joins, boxes[:, :2], boxes[:, 2:]), axis=(1, 2))
        crosses |= np.any(_meet(joins, joins, others - dot, others + dot), axis=(1, 2))
        clear = ~np.any(_meet(low[at], high[at], lines, lines), axis=1) & (touches | ~crosses)
        near = lines - 2 * point, lines + 2 * point
        kept_off = (n for n in np.flatnonzero(clear) if touches[n] or not np.any(_meet(joins[n], joins[n], *near)))
        n, penalty = next(((n, 0) for n in kept_off), (0, 1000))
        k = at[n]
        offsets[i], distances[i] = places[k], RADII[k] + penalty
        boxes = np.concatenate([boxes, [[*low[k], *high[k]]]])
        if RADII[k] > 0:
            lines = np.concatenate([lines, joins[n]])
    return offsets, distances


def _meet(low, high, lows, highs):
    """Which boxes from low to high (..., 2) overlap which from lows to highs (B, 2): (..., B)."""
    x, y = ((low[..., None, axis] <= highs[:, axis]) & (high[..., None, axis] >= lows[:, axis]) for axis in (0, 1))
    return x & y


def plot_cost(iteration, costs):
    """The figure of the running cost against the iteration."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(iteration, costs, color="#1a6faf", lw=1)
    for halved in range(q3_sgd.ANNEAL_EVERY, iteration[-1], q3_sgd.ANNEAL_EVERY):
        axes.axvline(halved, color="0.6", lw=0.8, ls="--")
        axes.text(halved, 0.97, " step halved", transform=axes.get_xaxis_transform(), va="top", color="0.35")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("iteration, 50 contexts each")
    axes.set_ylabel("running cost of a context, nats")
    axes.grid(alpha=0.25)
    axes.annotate(
        f"{costs[-1]:.4f}", (iteration[-1], costs[-1]), xytext=(-6, 12), textcoords="offset points", ha="right"
    )
    return figure


# ---- Figures -------------------------------------------------------------------------------------


def has_run(dataset):
    """Whether q3_run.py has written its figures, and they are of this data."""
    path = q3_sgd.SAVED.with_name("q3.json")
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["data"] == dataset.name


def write(dataset, wide_words, wide, seconds, settings, out):
    """Add to q3.json what the wide vectors (V, 2 D) show beside q3_run's, and draw q3_words_50d and q3_cost in `out`.

    settings: those that the wide vectors were trained with, in `seconds`.
    """
    words, vectors = list(dataset.tokens()), joined(q3_sgd.load_saved_params()[1])
    training = [sentence for sentence, _ in dataset.getTrainSentences()]
    inputs = wide[:, : wide.shape[1] // 2]
    frequent, wide_frequent = frequent_rows(words, dataset.sentences()), frequent_rows(wide_words, training)
    bare, share = without_main_axis(vectors, frequent)
    title = f"{inputs.shape[1]} dimensions, {settings['epochs']} epochs of the training text; of unit length"
    figure, _, coordinates = plot_words(wide_words, normalizeRows(inputs), [(title, 0, 1)])
    save(figure, out / "q3_words_50d")
    figures = json.loads(q3_sgd.SAVED.with_name("q3.json").read_text(encoding="utf-8"))
    save(plot_cost(figures["curve"]["iteration"], figures["curve"]["cost"]), out / "q3_cost")
    figures |= {
        "common_direction_share": share,
        "neighbours": {word: nearest(word, words, bare, frequent) for word in ASKED if word in words},
        "wide": {
            **settings,
            "dimensions": inputs.shape[1],
            "seconds": seconds,
            "neighbours": {w: nearest(w, wide_words, inputs, wide_frequent) for w in ASKED if w in wide_words},
            "coordinates": coordinates,
        },
    }
    with atomic_write(out / "q3.json") as temporary:
        temporary.write_text(json.dumps(figures))


def frequent_rows(words, sentences):
    """Which rows (V,) each make up at least a ten-thousandth of the text: the others have had next to no training."""
    counts = dict.fromkeys(words, 0)
    for sentence in sentences:
        for word in sentence:
            counts[word] += 1
    return np.array(list(counts.values())) >= max(1, 1e-4 * sum(counts.values()))
