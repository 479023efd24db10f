"""Question 4: what each step adds to the accuracy, and what does not help. One change at a time against a base.

    python companion/q4_ablation.py             # a quarter of an hour; vectors from three seeds, accuracies averaged
    python companion/q4_ablation.py --seeds 1   # quicker, and noisier

The penalty is chosen on dev anew for every line. A difference is the line's test accuracy less that of its base, with a
95 % interval from the paired sentences (their share right, averaged over seeds): one that holds 0 shows no effect.
Settings are chosen by the column dev; the test columns report, and nothing is chosen by them.

Written to output/companion/: q4_ablation.json, and q4_ablation.svg and .png, the differences as a picture.
"""

import argparse
import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import q4_sentiment as q4
from features import MeanFeatures, NGramFeatures, down_weight, standardised, without_common_direction
from results import atomic_write
from scipy.stats import ttest_rel
from tqdm import tqdm
from treebank import StanfordSentiment


class ExtremeFeatures:
    """The largest and smallest value of each dimension among the sentence's words. Not linear, so not for pulls.py."""

    kind = "extremes"

    def __init__(self, tokens, vectors):
        self.tokens, self.vectors, self.size = tokens, vectors, 2 * vectors.shape[1]

    def matrix(self, sentences):
        found = [self.vectors[[self.tokens[word] for word in words if word in self.tokens]] for words in sentences]
        return np.array(
            [np.concatenate([v.max(axis=0), v.min(axis=0)]) if len(v) else np.zeros(self.size) for v in found]
        )


class CountedFeatures(NGramFeatures):
    """How often each word occurs, in place of whether it does."""

    def __init__(self, sentences):
        super().__init__(sentences)
        self.counter.binary = False


def groups(sentences, all_sentences, glove):
    """The lines: [(group, [(change, needs a seed, seed -> features), ...])], the first line of a group its base."""

    @cache
    def own(seed, dimensions=50, text="train", **settings):
        settings = {**q4.OWN[min(dimensions, 50)], **settings}
        return q4.own_vectors(
            dimensions, sentences if text == "train" else all_sentences, seed, settings, progress=False
        )

    def mean(vectors, spread=1.0):
        return MeanFeatures(vectors[0], standardised(*vectors, sentences, spread))

    def weighted(vectors):
        return vectors[0], down_weight(*vectors, sentences)

    def across(vectors):
        return vectors[0], without_common_direction(*weighted(vectors), sentences)

    def inputs(vectors):
        return vectors[0], vectors[1][:, : vectors[1].shape[1] // 2]

    base = q4.OWN[50]
    lines = [
        (
            "own 50-d vectors",
            [
                (
                    f"{base['epochs']} epochs, window {base['window']}, input and output joined",
                    True,
                    lambda s: [mean(own(s))],
                ),
                ("10 dimensions", True, lambda s: [mean(own(s, 10))]),
                ("100 dimensions", True, lambda s: [mean(own(s, 100))]),
                ("5 epochs", True, lambda s: [mean(own(s, epochs=5))]),
                ("60 epochs", True, lambda s: [mean(own(s, epochs=60))]),
                ("window 2", True, lambda s: [mean(own(s, window=2))]),
                ("window 10", True, lambda s: [mean(own(s, window=10))]),
                ("twice the learning rate", True, lambda s: [mean(own(s, lr=2 * base["lr"]))]),
                ("frequent words dropped more often", True, lambda s: [mean(own(s, subsample=base["subsample"] / 10))]),
                ("no frequent word dropped", True, lambda s: [mean(own(s, subsample=0))]),
                ("negatives drawn for each pair", True, lambda s: [mean(own(s, shared_negatives=False))]),
                ("text of dev and test too", True, lambda s: [mean(own(s, text="all"))]),
                ("input vectors alone", True, lambda s: [mean(inputs(own(s)))]),
                ("not standardised", True, lambda s: [MeanFeatures(*own(s))]),
                ("frequent words weigh less", True, lambda s: [mean(weighted(own(s)))]),
                ("the same, common direction removed", True, lambda s: [mean(across(own(s)))]),
            ],
        )
    ]
    if glove is not None:
        lines.append(
            (
                "GloVe",
                [
                    ("mean, standardised", False, lambda s: [mean(glove)]),
                    ("not standardised", False, lambda s: [MeanFeatures(*glove)]),
                    ("frequent words weigh less", False, lambda s: [mean(weighted(glove))]),
                    ("the same, common direction removed", False, lambda s: [mean(across(glove))]),
                    ("maximum and minimum too", False, lambda s: [mean(glove), ExtremeFeatures(*glove)]),
                    ("own 50-d vectors too", True, lambda s: [mean(glove), mean(own(s))]),
                ],
            )
        )
    lines.append(
        (
            "words",
            [
                ("which words it holds", False, lambda s: [NGramFeatures(sentences)]),
                ("how often, not whether", False, lambda s: [CountedFeatures(sentences)]),
                ("pairs too", False, lambda s: [NGramFeatures(sentences, 2)]),
                ("pairs and triples too", False, lambda s: [NGramFeatures(sentences, 3)]),
            ],
        )
    )
    if glove is not None:
        lines.append(
            (
                "together",
                [
                    (
                        "words, pairs, own 50-d and GloVe",
                        True,
                        lambda s: [NGramFeatures(sentences, 2), mean(own(s), q4.SPREAD), mean(glove, q4.SPREAD)],
                    ),
                    (
                        "without pairs",
                        True,
                        lambda s: [NGramFeatures(sentences), mean(own(s), q4.SPREAD), mean(glove, q4.SPREAD)],
                    ),
                    ("without own vectors", False, lambda s: [NGramFeatures(sentences, 2), mean(glove, q4.SPREAD)]),
                    ("without GloVe", True, lambda s: [NGramFeatures(sentences, 2), mean(own(s), q4.SPREAD)]),
                    (
                        "dense features at a third of the spread",
                        True,
                        lambda s: [
                            NGramFeatures(sentences, 2),
                            mean(own(s), q4.SPREAD / 3),
                            mean(glove, q4.SPREAD / 3),
                        ],
                    ),
                    (
                        "dense features at three times the spread",
                        True,
                        lambda s: [
                            NGramFeatures(sentences, 2),
                            mean(own(s), q4.SPREAD * 3),
                            mean(glove, q4.SPREAD * 3),
                        ],
                    ),
                ],
            )
        )
    return lines


def judge(blocks, splits, values):
    """With the penalty chosen on dev: accuracies (train, dev, test) in percent; which test sentences are right (N,)."""
    best = q4.chooseBestModel(q4.regressions(blocks, splits, values, progress=False))
    right = best["clf"].predict(q4.features_of(blocks, splits["test"].sentences)) == splits["test"].labels
    return [best[split] for split in q4.SPLITS], right


def run(options):
    treebank = StanfordSentiment(options.data)
    splits = q4.splits_of(treebank)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    path = q4.glove_or_told(options.glove)
    glove = None if path is None else q4.glove_vectors(treebank, path)
    sentences = splits["train"].sentences
    lines = groups(sentences, [words for split in q4.SPLITS for words in splits[split].sentences], glove)
    jobs = sum(options.seeds if seeded else 1 for _, changes in lines for _, seeded, _ in changes)
    table = []
    with tqdm(total=jobs, unit="run", disable=None) as bar:
        for group, changes in lines:
            base = None
            for change, seeded, features in changes:
                bar.set_description(f"{group}: {change}")
                accuracies, right = [], []
                for seed in range(options.seeds if seeded else 1):
                    blocks = features(seed)
                    dense = all(block.kind != "presence" for block in blocks)
                    values = q4.getRegularizationValues() if dense else q4.word_values()
                    got = judge(blocks, splits, values[::2] if dense else values)
                    accuracies.append(got[0])
                    right.append(got[1])
                    bar.update()
                share = np.mean(right, axis=0)
                base = share if base is None else base
                low, high = (
                    (0.0, 0.0) if share is base else map(float, ttest_rel(share, base).confidence_interval(0.95))
                )
                table.append(
                    {
                        "group": group,
                        "change": change,
                        "seeds": len(right),
                        **dict(zip(q4.SPLITS, np.mean(accuracies, axis=0).tolist(), strict=True)),
                        "test_by_seed": [test for _, _, test in accuracies],
                        "difference": 100 * float(np.mean(share - base)),
                        "interval": [100 * low, 100 * high],
                    }
                )
                bar.write(describe(table[-1]))
                # After every line, so that a run that is stopped leaves what it has found.
                with atomic_write(out / "q4_ablation.json") as temporary:
                    temporary.write_text(
                        json.dumps(
                            {"data": treebank.name, "seeds": options.seeds, "own": q4.OWN[50], "lines": table}, indent=1
                        ),
                        encoding="utf-8",
                    )
    plot(table, out / "q4_ablation")
    print(f"The figures and their picture are in {out}: q4_ablation.json, .svg, .png.")
    return 0


def describe(line):
    """A line of the table for people."""
    changed = (
        f"{line['difference']:+5.1f}  ({line['interval'][0]:+.1f} to {line['interval'][1]:+.1f})"
        if any(line["interval"])
        else " base"
    )
    accuracies = "  ".join(f"{split} {line[split]:5.1f}" for split in q4.SPLITS)
    return f"{line['group']:16} {line['change']:56} {accuracies}  {changed}"


def plot(table, filename):
    """Differences from the base with their intervals, a panel a group."""
    from matplotlib.figure import Figure

    from pictures import save

    names = list(dict.fromkeys(line["group"] for line in table))
    heights = [sum(line["group"] == name for line in table) for name in names]
    figure = Figure(figsize=(8, 0.27 * sum(heights) + 0.7 * len(names)), layout="constrained")
    panels = figure.subplots(len(names), sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        lines = [line for line in table if line["group"] == name]
        for row, line in enumerate(lines):
            clear = line["interval"][0] > 0 or line["interval"][1] < 0
            axes.plot(line["interval"], [row, row], color="#1b4f8f" if clear else "0.6", linewidth=2)
            axes.plot(
                line["difference"],
                row,
                "o",
                color="#1b4f8f" if clear else "0.6",
                markersize=6,
                fillstyle="full" if clear else "none",
            )
            axes.annotate(
                f"{line['test']:.1f} %", (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9
            )
        axes.axvline(0, color="0.8", linewidth=1, zorder=0)
        axes.set_yticks(range(len(lines)), [line["change"] for line in lines], fontsize=9)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.set_title(f"{name}; on the right the accuracy on test", fontsize=10, loc="left")
        axes.tick_params(left=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("change of the accuracy on test, in points, with 95 % intervals")
    save(figure, filename)


def main(arguments=None):
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    q4.add_shared_options(parser)
    parser.add_argument(
        "--seeds", type=int, default=3, metavar="N", help="vectors trained for each setting (default: 3)"
    )
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"argument --seeds: at least 1, not {options.seeds}")
    return q4.guarded(run, options)


if __name__ == "__main__":
    sys.exit(main())
