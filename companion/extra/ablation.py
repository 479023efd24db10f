"""Question 4: what each step adds to the accuracy, and what does not help. One change at a time against a base.

    python companion/extra ablation             # half an hour; vectors from three seeds, accuracies averaged
    python companion/extra ablation --seeds 1   # quicker, and noisier

The penalty is chosen on dev anew for every line. A difference is the line's test accuracy less that of its base, with a
95 % interval from the paired sentences (their share right, averaged over seeds). Settings are chosen by the column dev;
the test columns report, and nothing is chosen by them. Each line reads the test sentences once for each seed, and with
so many comparisons one or two intervals miss 0 by chance alone: "clear" is what survives Holm's correction over all of
them.

Written to output/companion/: q4_ablation.json, q4_ablation.md, the tables of README.md, and q4_ablation.svg and .png.
"""

import json
from functools import cache

import numpy as np
from q4_sentiment import chooseBestModel, getRegularizationValues, regressions
from scipy.stats import ttest_rel
from tqdm import tqdm
from utils.treebank import StanfordSentiment

from data.writer import atomic_write
from extra.features import MeanFeatures, NGramFeatures, down_weight, standardised, without_common_direction
from extra.sentiment import OWN, SPREAD, WORD_VALUES, features_of, glove_vectors, own_vectors, splits_of


class ExtremeFeatures:
    """The largest and smallest value of each dimension among the sentence's words. Not linear."""

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
        settings = {**OWN[min(dimensions, 50)], **settings}
        return own_vectors(dimensions, sentences if text == "train" else all_sentences, seed, settings, progress=False)

    def mean(vectors, spread=1.0):
        return MeanFeatures(vectors[0], standardised(*vectors, sentences, spread))

    def weighted(vectors):
        return vectors[0], down_weight(*vectors, sentences)

    def across(vectors):
        return vectors[0], without_common_direction(*weighted(vectors), sentences)

    def inputs(vectors):
        return vectors[0], vectors[1][:, : vectors[1].shape[1] // 2]

    base = OWN[50]
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
                        lambda s: [NGramFeatures(sentences, 2), mean(own(s), SPREAD), mean(glove, SPREAD)],
                    ),
                    (
                        "without pairs",
                        True,
                        lambda s: [NGramFeatures(sentences), mean(own(s), SPREAD), mean(glove, SPREAD)],
                    ),
                    ("without own vectors", False, lambda s: [NGramFeatures(sentences, 2), mean(glove, SPREAD)]),
                    ("without GloVe", True, lambda s: [NGramFeatures(sentences, 2), mean(own(s), SPREAD)]),
                    (
                        "dense features at a third of the spread",
                        True,
                        lambda s: [
                            NGramFeatures(sentences, 2),
                            mean(own(s), SPREAD / 3),
                            mean(glove, SPREAD / 3),
                        ],
                    ),
                    (
                        "dense features at three times the spread",
                        True,
                        lambda s: [
                            NGramFeatures(sentences, 2),
                            mean(own(s), SPREAD * 3),
                            mean(glove, SPREAD * 3),
                        ],
                    ),
                ],
            )
        )
    return lines


def judge(blocks, splits, values):
    """With the penalty chosen on dev: accuracies (train, dev, test) in percent; which test sentences are right (N,)."""
    X = {split: features_of(blocks, splits[split].sentences) for split in ("train", "dev")}
    best = chooseBestModel(regressions(X, {split: splits[split].labels for split in X}, values))
    right = best["clf"].predict(features_of(blocks, splits["test"].sentences)) == splits["test"].labels
    return [best["train"], best["dev"], 100 * float(right.mean())], right


def run(options):
    treebank = StanfordSentiment(options.data)
    splits = splits_of(treebank)
    glove = glove_vectors(treebank, options.glove)
    sentences = splits["train"].sentences
    lines = groups(sentences, treebank.sentences(), glove)
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
                    got = judge(blocks, splits, getRegularizationValues()[::2] if dense else WORD_VALUES)
                    accuracies.append(got[0])
                    right.append(got[1])
                    bar.update()
                share = np.mean(right, axis=0)
                base = share if base is None else base
                test = None if share is base or np.array_equal(share, base) else ttest_rel(share, base)
                low, high = (0.0, 0.0) if test is None else test.confidence_interval(0.95)
                table.append(
                    {
                        "group": group,
                        "change": change,
                        "seeds": len(right),
                        **dict(zip(("train", "dev", "test"), np.mean(accuracies, axis=0).tolist(), strict=True)),
                        "test_by_seed": [test for _, _, test in accuracies],
                        "difference": 100 * float(np.mean(share - base)),
                        "interval": [100 * float(low), 100 * float(high)],
                        "p": None if test is None else float(test.pvalue),
                    }
                )
    mark_clear(table)
    result = {"data": treebank.name, "seeds": options.seeds, "own": OWN[50], "test_evaluations": jobs, "lines": table}
    with atomic_write(options.out / "q4_ablation.json") as temporary:
        temporary.write_text(json.dumps(result, indent=1), encoding="utf-8")
    with atomic_write(options.out / "q4_ablation.md") as temporary:
        temporary.write_text(markdown(table), encoding="utf-8")
    print(markdown(table))
    plot(table, options.out / "q4_ablation")
    comparisons = sum(line["p"] is not None for line in table)
    print(
        f"{comparisons} comparisons on the test sentences, which were classified {jobs} times; bold is clear of zero "
        f"after Holm's correction over them.\nWritten to {options.out}: q4_ablation.json, .md, .svg, .png."
    )


def mark_clear(table):
    """Mark as "clear" the lines whose differences survive Holm's step-down correction at 5 % over the whole table."""
    tested = sorted((line for line in table if line["p"] is not None), key=lambda line: line["p"])
    passed = True
    for rank, line in enumerate(tested):
        passed = passed and line["p"] <= 0.05 / (len(tested) - rank)
        line["clear"] = passed


def markdown(table):
    """The lines as README.md shows them, a table for each group."""
    parts = []
    for group in dict.fromkeys(line["group"] for line in table):
        base, *changes = [line for line in table if line["group"] == group]
        parts.append(
            f"| {group}: {base['change']} | dev {base['dev']:.1f} | test {base['test']:.1f} | |\n|---|---|---|---|\n"
        )
        for line in changes:
            difference = f"{line['difference']:+.1f}".replace("-", "−")
            difference = f"**{difference}**" if line.get("clear") else difference
            low, high = (f"{end:+.1f}".replace("-", "−") for end in line["interval"])
            parts[-1] += (
                f"| {line['change']} | {line['dev']:.1f} | {line['test']:.1f} | {difference} ({low} to {high}) |\n"
            )
    return "\n".join(parts)


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
            clear = line.get("clear", False)
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
