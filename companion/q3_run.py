"""Question 3: the assignment's own run of word2vec, and its picture.

    python companion/q3_run.py                  # 40,000 iterations; after Ctrl-C it resumes from the last 5,000
    python companion/q3_run.py --data FOLDER    # with the treebank in a folder of your own
    python companion/q3_run.py --fresh          # from the beginning, whatever was saved

Skip-gram with 10 negatives, 10 dimensions, a reach of up to 5 words, and the assignment's seeds. On the treebank the
run ends at a running cost of 9.3676. Nearly all that these vectors have learnt is how frequent a word is, so vectors
of 50 dimensions from word2vec_fast.py, trained on the training text, are shown beside them. Written to
output/companion/:

    q3_vectors.npz     words (V,), vectors (V, 20): the input vector, then the output vector; load_vectors() reads it
    q3.json            the figures: cost, its curve, the pictures' coordinates, nearest neighbours
    q3_cost, q3_words, q3_words_50d   as .svg and .png
"""

import argparse
import json
import random
import sys
import time
import zipfile

import numpy as np
import q3_sgd
from q3_sgd import sgd
from q3_vectorised import skipgram_objective
from q3_word2vec import normalizeRows
from results import OUTPUT, atomic_write
from treebank import StanfordSentiment
from word2vec_fast import train_vectors

VECTORS = OUTPUT / "q3_vectors.npz"
DIMENSIONS, C, K = 10, 5, 10
STEP, ITERATIONS, PRINT_EVERY = 0.3, 40_000, 10
PUBLISHED_COST = 9.3676

# The assignment's 25 words, in three groups that the picture tells apart.
FUNCTION_WORDS = ["the", "a", "an", ",", ".", "?", "!", "``", "''", "--"]
POSITIVE = ["good", "great", "cool", "brilliant", "wonderful", "well", "amazing", "worth", "sweet", "enjoyable"]
NEGATIVE = ["boring", "bad", "waste", "dumb", "annoying"]
# The vectors shown beside the assignment's.
WIDE = {"dimensions": 50, "window": 5, "negatives": 10, "shared_negatives": True}
WIDE_WORDS = 2_500_000  # of text they are trained on, in whole epochs
ASKED = ["good", "bad", "funny", "boring", "film", "story"]  # whose nearest neighbours are listed


def train(dataset, iterations, useSaved=True):
    """The assignment's run: vectors (V, 2 D), input and output vectors side by side, and the running costs."""
    random.seed(314)
    tokens = dataset.tokens()
    random.seed(31415)
    if useSaved and q3_sgd.SAVED.exists():
        # A run that goes on needs the thinned text that its beginning drew: after these seeds, behind the first reach.
        random.randint(1, C)
        dataset.allSentences()
    V = len(tokens)
    inputs = (np.random.RandomState(9265).rand(V, DIMENSIONS) - 0.5) / DIMENSIONS
    start = np.concatenate([inputs, np.zeros((V, DIMENSIONS))])
    costs = []
    vectors = sgd(skipgram_objective(dataset, C, K), start, STEP, iterations, None, useSaved, PRINT_EVERY, costs)
    return np.concatenate([vectors[:V], vectors[V:]], axis=1), costs


def load_vectors(path=VECTORS):
    """What a run has saved: (words, vectors (V, 20)).

    Raises FileNotFoundError before the first run, ValueError for a damaged file.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as saved:
            return saved["words"].tolist(), saved["vectors"]
    except FileNotFoundError:
        raise FileNotFoundError(f"no {path}: run `python companion/q3_run.py` first") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is not a whole file of vectors ({error}): delete it and run companion/q3_run.py"
        ) from None


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


def two_dimensions(vectors):
    """Vectors (N, D) on their two principal axes, by SVD: coordinates (N, 2), and the axes' shares of variance (2,)."""
    centred = vectors - vectors.mean(axis=0)
    U, S, _ = np.linalg.svd(centred, full_matrices=False)
    return U[:, :2] * S[:2], S[:2] ** 2 / np.sum(S**2)


# ---- Pictures ------------------------------------------------------------------------------------


def plot_words(words, vectors, title):
    """The figure of the assignment's words in two dimensions; returns (figure, labels, coordinates)."""
    from matplotlib.figure import Figure  # not pyplot: no display, no global state

    groups = [
        ("function words", FUNCTION_WORDS, "o", "0.55"),
        ("praise", POSITIVE, "^", "#1a6faf"),
        ("blame", NEGATIVE, "v", "#b2361e"),
    ]
    shown = [word for _, group, _, _ in groups for word in group if word in words]
    at, share = two_dimensions(vectors[[words.index(word) for word in shown]])
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes = figure.add_subplot()
    for name, group, marker, colour in groups:
        points = at[[i for i, word in enumerate(shown) if word in group]]
        axes.scatter(*points.T, marker=marker, color=colour, s=36, label=name, zorder=3)
    axes.set_xlabel(f"first principal axis ({share[0]:.0%} of the variance)")
    axes.set_ylabel(f"second principal axis ({share[1]:.0%})")
    axes.margins(0.12)
    axes.set_title(title)
    axes.legend(loc="best", frameon=False)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out: from here on nothing moves
    return figure, place_labels(axes, at, shown), dict(zip(shown, at.tolist(), strict=True))


def place_labels(axes, at, words, size=11):
    """Write each word beside its point, covering no other label or point and not the legend.

    Rings of places around the point are tried, from near to far; a line joins a far label to its point. Returns the
    labels.
    """
    from matplotlib.transforms import Bbox

    point = axes.figure.dpi / 72  # pixels; offsets are given in points, which every format keeps
    pixels = axes.transData.transform(at)
    dot = 5 * point  # half a marker, and some air
    taken = [Bbox([p - dot, p + dot]) for p in pixels] + [axes.get_legend().get_window_extent()]
    labels = []
    for i in np.argsort(-pixels[:, 1]):  # from the top, so that crowded places fill evenly
        label = axes.annotate(
            words[i], at[i], xytext=(0, 0), textcoords="offset points", fontsize=size, ha="center", va="center"
        )
        box = label.get_window_extent()
        half = np.array([box.width, box.height]) / 2
        for radius, angle in (
            (r, a)
            for r in range(0, 200, 6)
            for a in np.deg2rad([0, 180, 90, 270, 45, 135, 225, 315, 22, 158, 202, 338])
        ):
            direction = np.array([np.cos(angle), np.sin(angle)])
            offset = direction * (half + dot + point + radius)
            place = Bbox([pixels[i] + offset - half, pixels[i] + offset + half])
            if (
                axes.bbox.contains(*place.min)
                and axes.bbox.contains(*place.max)
                and not any(place.overlaps(other) for other in taken)
            ):
                break
        label.set_position(offset / point)
        if radius > 6:
            axes.annotate(
                "",
                at[i],
                xytext=(offset - direction * half) / point,
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": "0.6", "lw": 0.7, "shrinkA": 0, "shrinkB": 3},
            )
        taken.append(place)
        labels.append(label)
    return labels


def plot_cost(costs):
    """The figure of the running cost against the iteration."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    iteration = PRINT_EVERY * np.arange(1, len(costs) + 1)
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


def write_results(dataset, vectors, costs, seconds):
    """Train the wider vectors, write vectors, figures and pictures to output/companion/, and print the neighbours."""
    from pictures import save

    words = list(dataset.tokens())
    with atomic_write(VECTORS) as temporary:
        np.savez(temporary, words=np.array(words), vectors=vectors)

    training = [sentence for sentence, _ in dataset.getTrainSentences()]
    begun = time.perf_counter()
    epochs = max(1, WIDE_WORDS // sum(map(len, training)))
    wide_words, wide, _ = train_vectors(training, epochs=epochs, **WIDE)
    wide_seconds = time.perf_counter() - begun

    frequent, wide_frequent = frequent_rows(words, dataset.sentences()), frequent_rows(wide_words, training)
    bare, share = without_main_axis(vectors, frequent)
    neighbours = {word: nearest(word, words, bare, frequent) for word in ASKED if word in words}
    wide_neighbours = {word: nearest(word, wide_words, wide, wide_frequent) for word in ASKED if word in wide_words}
    for title, table in [
        (
            f"The assignment's {DIMENSIONS} + {DIMENSIONS} dimensions, less the one direction that holds {share:.0%} "
            "of the variance",
            neighbours,
        ),
        (f"{WIDE['dimensions']} dimensions, {epochs} epochs of the training text", wide_neighbours),
    ]:
        print(f"\nNearest by cosine: {title}")
        for word, near in table.items():
            print(f"{word:>10}  " + "  ".join(f"{other} {cosine:.2f}" for other, cosine in near))

    figure, _, coordinates = plot_words(words, vectors, f"{DIMENSIONS} dimensions, the assignment's run")
    save(figure, OUTPUT / "q3_words")
    figure, _, wide_coordinates = plot_words(
        wide_words,
        normalizeRows(wide),
        f"{WIDE['dimensions']} dimensions, {epochs} epochs of the training text; of unit length",
    )
    save(figure, OUTPUT / "q3_words_50d")
    save(plot_cost(costs), OUTPUT / "q3_cost")
    result = {
        "data": dataset.name,
        "dimensions": DIMENSIONS,
        "iterations": PRINT_EVERY * len(costs),
        "cost": costs[-1],
        "seconds": seconds,
        "curve": {"iteration": list(range(PRINT_EVERY, PRINT_EVERY * len(costs) + 1, PRINT_EVERY)), "cost": costs},
        "common_direction_share": share,
        "neighbours": neighbours,
        "coordinates": coordinates,
        "wide": {
            **WIDE,
            "epochs": epochs,
            "seconds": wide_seconds,
            "neighbours": wide_neighbours,
            "coordinates": wide_coordinates,
        },
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__},
    }
    with atomic_write(OUTPUT / "q3.json") as temporary:
        temporary.write_text(json.dumps(result))


def frequent_rows(words, sentences):
    """Which rows (V,) each make up at least a ten-thousandth of the text: the others have had next to no training."""
    counts = dict.fromkeys(words, 0)
    for sentence in sentences:
        for word in sentence:
            counts[word] += 1
    return np.array(list(counts.values())) >= max(1, 1e-4 * sum(counts.values()))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="The assignment's own run of word2vec: 10 dimensions, 40,000 iterations of 50 contexts.",
        epilog="Ctrl-C stops it; the same command then goes on from the last 5,000.",
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="the folder of the treebank (default: companion/data/sst, which "
        "`python companion/treebank.py --download` fills, else the project's own small corpus)",
    )
    parser.add_argument("--fresh", action="store_true", help="begin anew, whatever was saved")
    options = parser.parse_args(arguments)
    if options.fresh:
        q3_sgd.SAVED.unlink(missing_ok=True)
    try:
        dataset = StanfordSentiment(options.data)
        before = q3_sgd.load_saved_params()[0]
        print(
            f"{dataset.name}: {dataset.numSentences():,} sentences, {len(dataset.tokens()):,} rows"
            + (f"; going on from iteration {before:,}" if before else "")
        )
        begun = time.perf_counter()
        vectors, costs = train(dataset, ITERATIONS)
        seconds = time.perf_counter() - begun
        print(
            f"running cost after {ITERATIONS:,} iterations: {costs[-1]:.4f}"
            + (f" (published: {PUBLISHED_COST})" if len(dataset.tokens()) == 19_539 else "")
            + f", {seconds:.0f} s"
            + (" since it went on" if before else "")
        )
        write_results(dataset, vectors, costs, seconds)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nStopped. The same command goes on from iteration {q3_sgd.load_saved_params()[0]:,}.", file=sys.stderr)
        return 130
    q3_sgd.SAVED.unlink(missing_ok=True)  # finished: the next run is a new one
    print(f"written to {OUTPUT}: q3_vectors.npz, q3.json, q3_words.svg, q3_words_50d.svg, q3_cost.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
