"""Every picture of a training run. Each function returns a matplotlib Figure, which a notebook shows inline.

draw_loss(curve)                        the training and the evaluation loss at each step
draw_surface(X, y, predict, stripes)    tweets in the plane of their two features, over the network's ŷ
one_sided_stems(freqs)                  the stems that make the stripes of that picture
save(figure, path)                      as SVG and as PNG

Colours differ in lightness and every mark has its own shape, so the pictures survive a print in grey. They are as large
as they are printed in the report, and their text is in its typeface. matplotlib, which takes longer to import than all
else here, is imported by the first picture.
"""

import warnings
from functools import wraps

import numpy as np

from data.writer import atomic_write

DOTTED = {"linestyle": ":", "linewidth": 0.9, "color": "0.25"}

# Points, as printed. matplotlib brings Computer Modern, but that has no ŷ. In an SVG the letters stay text in New
# Computer Modern, which the report's typesetter has; a viewer without it takes the next of the list.
SIZE = 8
FONTS = ["cmr10", "STIXGeneral"]
SVG_FONTS = "'New Computer Modern', 'Latin Modern Roman', 'STIXGeneral', serif"
STYLE = {
    "font.family": FONTS,
    "font.size": SIZE,
    "axes.titlesize": SIZE + 1,
    "legend.fontsize": SIZE,
    "axes.linewidth": 0.6,
    "axes.formatter.use_mathtext": True,  # or matplotlib warns that cmr10 has no minus sign
}

# Counts run from 0 to tens of thousands. asinh axes are linear up to about UNIT, logarithmic far out, and smooth in
# between; on symlog axes the network's smooth lines would show a bend that is the axes' own.
UNIT = 10
BELOW_ZERO = -0.08  # where the axes begin, in units of asinh: so far below 0 that a mark at 0 is whole


def _in_style(draw):
    @wraps(draw)
    def styled(*args, **kwargs):
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return styled


@_in_style
def draw_loss(curve, ranges=None):
    """The loss while training. curve: {"step": [...], "train": [...]}, with "eval" if there is a test set.

    ranges: where the curves are the medians of several runs, {"train": (lowest, highest), "eval": ...}, shaded. Both
    axes are logarithmic, because most of the fall comes in the first hundredth of the steps.
    """
    figure, axes = _figure(3.2)
    steps, losses = curve["step"], curve["train"] + curve.get("eval", [])
    dot = {"marker": "."} if len(steps) == 1 else {}  # a line needs two
    look = {"train": ("training", "#1f4e79", "-"), "eval": ("evaluation (test tweets)", "#d1712b", "--")}
    for part in ("train", "eval"):
        if part in curve:
            name, color, line = look[part]
            axes.plot(steps, curve[part], color=color, linestyle=line, label=name, **dot)
    for part, (lowest, highest) in (ranges or {}).items():
        _, color, line = look[part]
        axes.fill_between(steps, lowest, highest, color=color, alpha=0.2, linewidth=0)
        for edge in (lowest, highest):
            axes.plot(steps, edge, color=color, linestyle=line, linewidth=0.4)
        losses = [*losses, *lowest, *highest]
    axes.set(xscale="log", yscale="log", xlabel="steps of gradient descent", ylabel="mean cross-entropy (nats)")
    # matplotlib labels only the powers of ten. A loss crosses one or two of them, so label 1, 2 and 5 of each too; and
    # more than that if the run is short or the loss hardly falls.
    low, high = max(min(losses), 1e-9) / 1.2, max(losses) * 1.2  # a loss of 0 has no place on this axis
    ticks = [digit * 10.0**power for power in range(-9, 4) for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]  # one out of sight is not seen, but takes its time
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    flat = max(losses) < 3 * min(losses)
    axes.yaxis.set_minor_formatter(lambda loss, _: f"{loss:g}" if flat else "")
    axes.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
    axes.xaxis.set_minor_formatter(lambda step, _: f"{step:g}" if steps[-1] < 10 and step == int(step) else "")
    axes.set_xlim(steps[0] / 1.5, steps[-1] * 1.5)
    axes.set_ylim(low, high)
    axes.set_title("Loss while training" + (", median and range of the runs" if ranges else ""), loc="left")
    axes.grid(which="both", linewidth=0.4, color="0.85")
    axes.legend(frameon=False)
    return figure


@_in_style
def draw_surface(X, y, predict, stripes=(), title="Test tweets"):
    """Tweets X (3, N) with labels y (N,) in the plane of their two counts, over ŷ = predict(features (3, M)).

    A square marks each tweet on the wrong side of ŷ = 0.5. stripes: the (stem, label, count) of `one_sided_stems`; a
    tweet that holds such a stem lies beyond its count, so these tweets form a stripe, which gets the stem's name.
    """
    figure, axes = _figure(3.7)
    counts = X[1:]  # (2, N)
    top = 1.6 * max(counts.max(), 100)
    along = UNIT * np.sinh(np.linspace(BELOW_ZERO, np.arcsinh(top / UNIT), 300))  # evenly spaced on the axes
    # Row by row, so that a wide hidden layer needs no more memory here than in training.
    yhat = [predict(np.stack([np.ones(300), along, np.full(300, negative)])) for negative in along]  # 300 of (300,)
    filled = axes.contourf(along, along, yhat, levels=np.linspace(0, 1, 11), cmap="YlGnBu", alpha=0.5)
    axes.contour(along, along, yhat, levels=[0.5], colors="black", linewidths=1.5)

    mark = {"s": 9, "linewidths": 0.6}
    square = {"s": 80, "linewidths": 1.1, "marker": "s", "facecolors": "none", "edgecolors": "black"}
    wrong = (predict(X) > 0.5) != (y == 1)
    handles = [
        *axes.plot([], [], label="ŷ = 0.5", color="black", linewidth=1.5),
        axes.scatter(*counts[:, y == 1], label="positive", facecolors="none", edgecolors="#0b2a4a", **mark),
        axes.scatter(*counts[:, y == 0], label="negative", marker="x", color="#7a2a00", **mark),
        axes.scatter(*counts[:, wrong], label="wrong", **square),
    ]
    if stripes:
        _name_stripes(axes, stripes, top)
        handles += axes.plot([], [], label="count of one stem", **DOTTED)
    _scale_axes(axes, top)
    axes.set(xlabel="sum of positive counts", ylabel="sum of negative counts")
    legend = figure.legend(handles=handles, loc="outside upper left", ncols=5, columnspacing=1.2, frameon=False)
    legend.set_title(f"{title} and what the network says", {"size": SIZE + 1})
    legend.set_alignment("left")
    tenths = np.linspace(0, 1, 6)
    bar = figure.colorbar(filled, label="ŷ, the probability of positive")
    bar.set_ticks(tenths, labels=[f"{tenth:g}" for tenth in tenths])
    bar.ax.tick_params(labelsize=SIZE, labelfontfamily=FONTS)
    return figure


def one_sided_stems(freqs):
    """The frequent stems that come with one label almost alone: up to five (stem, label, count), most frequent first.

    Frequent: at least a tenth of the largest count. One-sided: at most a hundredth of its count with the other label.
    """
    least = max(freqs.values()) / 10
    found = [
        (stem, int(label), count)
        for (stem, label), count in freqs.items()
        if count >= least and freqs.get((stem, 1 - label), 0) <= count / 100
    ]
    return sorted(found, key=lambda row: (-row[2], row[0]))[:5]


def save(figure, path):
    """Write `path`.svg for the report and `path`.png for the screen, each whole or not at all.

    Without a date or a version inside and with fixed ids, so that one run gives the same bytes every time.
    """
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "assignment2", "svg.fonttype": "none"}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a stem may be an emoji, and is shown as a box
        with atomic_write(path.with_name(f"{path.name}.svg")) as temporary:
            figure.savefig(temporary, metadata={"Date": None, "Creator": None})
            drawn = temporary.read_text(encoding="utf-8")
            temporary.write_text(drawn.replace(", ".join(f"'{font}'" for font in FONTS), SVG_FONTS), encoding="utf-8")
        with atomic_write(path.with_name(f"{path.name}.png")) as temporary:
            figure.savefig(temporary, metadata={"Software": None}, dpi=200)


def _figure(height):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, height), layout="constrained")
    axes = figure.subplots()
    axes.tick_params(which="both", labelsize=SIZE, labelfontfamily=FONTS)  # those too that are made when it is saved
    return figure, axes


def _scale_axes(axes, top):
    ticks = [0] + [10**power for power in range(1, int(np.log10(top)) + 1)]
    names = [f"{tick // 1000}k" if tick >= 1000 else str(tick) for tick in ticks]
    between = [digit * tick for tick in ticks[1:] for digit in range(2, 10) if digit * tick < top]
    for name in "xy":
        getattr(axes, f"set_{name}scale")("asinh", linear_width=UNIT)
        getattr(axes, f"set_{name}ticks")(ticks, names)
        getattr(axes, f"set_{name}ticks")(between, minor=True)
        getattr(axes, f"set_{name}lim")(UNIT * np.sinh(BELOW_ZERO), top)


def _name_stripes(axes, stripes, top):
    """Dotted lines where the stripes begin, and the stem with its count at the far end of each, outside the axes."""
    for label, line in [(1, axes.axvline), (0, axes.axhline)]:
        named = sorted((count, stem) for stem, side, count in stripes if side == label)
        for count, _ in named:
            line(count, **DOTTED)
        for group in _near_ones(named):
            place = float(np.sqrt(group[0][0] * group[-1][0]))
            text = "\n".join(f"{stem} {count:,}" for count, stem in reversed(group))
            if label == 1:
                at, offset, alignment = (place, top), (0, 3), {"ha": "center", "va": "bottom"}
            else:
                at, offset, alignment = (top, place), (3, 0), {"ha": "left", "va": "center"}
            axes.annotate(text, at, offset, textcoords="offset points", parse_math=False, **alignment)


def _near_ones(named):
    """Group what is so near on the axis that two labels would overlap."""
    groups = []
    for count, stem in named:
        if groups and count < 2.5 * groups[-1][-1][0]:
            groups[-1].append((count, stem))
        else:
            groups.append([(count, stem)])
    return groups
