"""The pictures, read back: what their lines, marks, areas and labels show is compared with the data they were given."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import findfont, get_font
from matplotlib.image import imread
from matplotlib.text import Text

from data.embedded import load_embedded
from pictures import FONTS, draw_loss, draw_surface, one_sided_stems, save

CURVE = {"step": [1, 10, 100], "train": [0.7, 0.2, 0.04], "eval": [0.69, 0.21, 0.05]}

# Positive and negative counts with their labels. The second, third, and last are wrong by the rule below; a tie is not
# positive.
TWEETS = [(300, 20, 1), (500, 40, 0), (10, 250, 1), (0, 60, 0), (90, 90, 0), (4000, 4000, 1)]
X = np.array([[1, positive, negative] for positive, negative, _ in TWEETS], dtype=float).T
Y = np.array([label for _, _, label in TWEETS], dtype=float)
FREQS = {(":)", 1.0): 400, (":)", 0.0): 3, ("=)", 1.0): 390, ("=(", 0.0): 77, ("day", 1.0): 90, ("day", 0.0): 80}


def more_positive(features):
    """ŷ of a known shape: σ of a 40th of the difference of the counts."""
    return 1 / (1 + np.exp((features[2] - features[1]) / 40))


def by_label(artists):
    return {artist.get_label(): artist for artist in artists}


@pytest.fixture(scope="module")
def surface():
    with np.errstate(over="ignore"):
        return draw_surface(X, Y, more_positive, one_sided_stems(FREQS))


# ---- The loss ------------------------------------------------------------------------------------


def test_each_curve_shows_its_own_losses():
    (axes,) = draw_loss(CURVE).axes
    lines = by_label(axes.lines)
    assert set(lines) == {"training", "evaluation (test tweets)"}
    np.testing.assert_array_equal(lines["training"].get_xydata(), np.column_stack([CURVE["step"], CURVE["train"]]))
    np.testing.assert_array_equal(
        lines["evaluation (test tweets)"].get_xydata(), np.column_stack([CURVE["step"], CURVE["eval"]])
    )
    assert axes.get_xscale() == axes.get_yscale() == "log"
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert left <= 1 and 100 <= right and low < 0.04 and 0.7 < high  # all of it, from step 1 on, is in view


def test_the_range_of_several_runs_is_shaded():
    """Each curve's own range, from its lowest to its highest: the corners of the area are those of the two."""
    ranges = {"train": ([0.6, 0.1, 0.03], [0.9, 0.3, 0.06]), "eval": ([0.5, 0.11, 0.04], [0.8, 0.31, 1.7])}
    (axes,) = draw_loss(CURVE, ranges).axes
    for area, (lowest, highest) in zip(axes.collections, ranges.values(), strict=True):
        corners = {tuple(corner) for corner in area.get_paths()[0].vertices}
        assert corners == {*zip(CURVE["step"], lowest, strict=True), *zip(CURVE["step"], highest, strict=True)}
    colors = [area.get_facecolor()[0, :3].tolist() for area in axes.collections]
    lines = by_label(axes.lines)
    assert colors == [list(to_rgb(lines[name].get_color())) for name in ("training", "evaluation (test tweets)")]
    assert axes.get_ylim()[0] < 0.03 and axes.get_ylim()[1] > 1.7
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "evaluation (test tweets)"]


def test_without_a_test_set_there_is_one_curve():
    (axes,) = draw_loss({"step": [1, 2], "train": [0.7, 0.5]}).axes
    assert [line.get_label() for line in axes.lines] == ["training"]


@pytest.mark.parametrize("losses", [[0.7], [0.5, 0.0]])
def test_a_loss_that_a_logarithmic_axis_cannot_show(tmp_path, losses):
    """One step, and a loss of 0: a warning would be an error here."""
    curve = {"step": list(range(1, len(losses) + 1)), "train": losses}
    save(draw_loss(curve), tmp_path / "loss")


# ---- The decision surface ------------------------------------------------------------------------


def test_the_surface_is_painted_by_the_networks_answer(surface):
    """The band of colour at each place is that of ŷ there; within 0.02, as bands are drawn between grid lines."""
    filled = surface.axes[0].collections[0]
    edges = filled.levels
    for positive in (0, 3, 20, 60, 110, 200, 3000):
        for negative in (0, 5, 30, 70, 120, 190, 2500):
            yhat = more_positive(np.array([1, positive, negative]))
            bands = [i for i, path in enumerate(filled.get_paths()) if path.contains_point((positive, negative))]
            assert any(edges[i] - 0.02 <= yhat <= edges[i + 1] + 0.02 for i in bands), (positive, negative, yhat, bands)


def test_darker_is_more_positive(surface):
    """In grey, too: the lightness of the map's colours falls from each band to the next."""
    filled = surface.axes[0].collections[0]
    lightness = filled.get_facecolor()[:, :3] @ [0.299, 0.587, 0.114]
    assert np.all(np.diff(lightness) < 0)


def test_the_line_is_where_the_decision_changes(surface):
    line = surface.axes[0].collections[1]
    ((level),) = line.levels
    vertices = np.concatenate([path.vertices for path in line.get_paths()])
    assert level == 0.5 and len(vertices) > 100
    np.testing.assert_allclose(vertices[:, 0], vertices[:, 1], rtol=1e-6, atol=1e-6)


def test_each_tweet_is_marked_by_its_label_and_the_wrong_ones_by_a_square(surface):
    marks = by_label(surface.axes[0].collections)
    for label, expected in [
        ("positive", [(300, 20), (10, 250), (4000, 4000)]),
        ("negative", [(500, 40), (0, 60), (90, 90)]),
        ("wrong", [(500, 40), (10, 250), (4000, 4000)]),
    ]:
        assert [tuple(place) for place in marks[label].get_offsets()] == expected, label


def test_the_axes_hold_every_tweet_and_bend_nowhere(surface):
    axes = surface.axes[0]
    assert axes.get_xscale() == axes.get_yscale() == "asinh"
    for limits in (axes.get_xlim(), axes.get_ylim()):
        assert limits[0] < 0 and limits[1] > 4000
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "10", "100", "1k"]


# ---- Stripes -------------------------------------------------------------------------------------


def test_the_stems_of_the_stripes_in_the_courses_data():
    assert one_sided_stems(load_embedded()["freqs"]) == [
        (":(", 0, 3675),
        (":)", 1, 2960),
        (":-)", 1, 552),
        (":d", 1, 523),
        (":-(", 0, 386),
    ]


def test_one_sided_stems():
    assert one_sided_stems(FREQS) == [(":)", 1, 400), ("=)", 1, 390), ("=(", 0, 77)]
    assert one_sided_stems({**FREQS, (":)", 0.0): 5}) == [
        ("=)", 1, 390),
        ("=(", 0, 77),
    ]  # 5 of 400: more than a hundredth
    assert one_sided_stems({**FREQS, ("=(", 0.0): 39}) == [(":)", 1, 400), ("=)", 1, 390)]  # less than a tenth of 400


def test_each_stripe_has_its_stem_and_its_count(surface):
    axes = surface.axes[0]
    assert {text.get_text(): text.xy for text in axes.texts} == {
        ":) 400\n=) 390": pytest.approx((np.sqrt(390 * 400), axes.get_ylim()[1])),  # too near for a label each
        "=( 77": pytest.approx((axes.get_xlim()[1], 77)),
    }
    dotted = [line for line in axes.lines if line.get_linestyle() == ":" and len(line.get_xdata())]
    upright = sorted(line.get_xdata()[0] for line in dotted if line.get_xdata()[0] == line.get_xdata()[1])
    level = sorted(line.get_ydata()[0] for line in dotted if line.get_ydata()[0] == line.get_ydata()[1])
    assert (upright, level) == ([390, 400], [77])


def test_no_label_overlaps_another_or_leaves_the_picture():
    data = load_embedded()
    figure = draw_surface(data["test_X"], data["test_y"], lambda X: (X[1] > X[2]) * 1.0, one_sided_stems(data["freqs"]))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts + [figure.legends[0], axes.xaxis.label, axes.yaxis.label]]
    assert len(axes.texts) == 4
    for i, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, box
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, box
        assert not any(box.overlaps(other) for other in boxes[:i]), box


def test_a_stem_that_is_no_plain_text(tmp_path):
    """Dollar signs are no formula, and a character that the font lacks is no warning."""
    save(draw_surface(X, Y, more_positive, [("$x^$", 1, 900), ("🦄", 0, 300)]), tmp_path / "surface")


# ---- Files ---------------------------------------------------------------------------------------


def test_a_figure_is_saved_twice_and_gives_the_same_bytes_each_time(tmp_path):
    for name in ("a.b", "again"):  # a name with a dot keeps it
        save(draw_loss(CURVE), tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.b.png", "a.b.svg", "again.png", "again.svg"]
    for suffix in (".svg", ".png"):
        assert Path(f"{tmp_path}/a.b{suffix}").read_bytes() == Path(f"{tmp_path}/again{suffix}").read_bytes()
    assert imread(tmp_path / "again.png").shape == (640, 1040, 4)  # 3.2 by 5.2 inches at 200 dots
    svg = (tmp_path / "again.svg").read_text(encoding="utf-8")
    assert svg.startswith("<?xml") and svg.rstrip().endswith("</svg>") and "<dc:date>" not in svg


def test_the_letters_are_the_reports_and_at_least_7_points_high(tmp_path, surface):
    """In the SVG they stay text, of the typeface that the report's typesetter has; sizes are in points, as printed."""
    for name, figure in (("loss", draw_loss(CURVE)), ("surface", surface)):
        save(figure, tmp_path / name)
        svg = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        inches = [float(side) / 72 for side in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()]
        texts = re.findall(r"<text style=\"font-size: ([\d.]+)px; font-family: ('[^']+')", svg)
        texts += re.findall(r"<text style=\"font: ([\d.]+)px ('[^']+')", svg)
        assert svg.count("<text") == len(texts) > 10 and inches[0] <= 6.6  # the width of a line of text
        assert {font for _, font in texts} == {"'New Computer Modern'"} and min(float(size) for size, _ in texts) >= 7
        assert "ŷ = 0.5" in svg or name == "loss"


def test_every_letter_has_a_shape_on_the_screen():
    """Whatever the pictures write is in one of their fonts, which matplotlib brings."""
    data = load_embedded()
    figure = draw_surface(data["test_X"], data["test_y"], lambda X: (X[1] > X[2]) * 1.0, one_sided_stems(data["freqs"]))
    written = {
        letter for drawn in (figure, draw_loss(CURVE)) for text in drawn.findobj(Text) for letter in text.get_text()
    }
    shapes = {code for font in FONTS for code in get_font(findfont(font, fallback_to_default=False)).get_charmap()}
    assert {letter for letter in written if ord(letter) not in shapes and letter != "\n"} == set()
    assert all(ord(letter) < 128 for letter in written - {"ŷ"})  # cmr10 has other letters there than its codes say
