"""report/story.py: its figures against slow loops, other implementations and cases by hand; and the page with them."""

import json
import re
import shutil
import sys

import numpy as np
import pytest
from report_pages import METHODS, RUN, SVG, made_up_story, make_run, text_of

import command
import report.__main__
import train
from assignment2 import descend
from data.build import embedded_of
from data.embedded import load_embedded, load_symbols
from data.reader import read_parameters, read_pickle
from report import formulas, story
from report.build import HERE, build, formulas_json
from utils import build_freqs, extract_features, process_tweet

ROOT = story.ROOT


# ---- A small corpus ------------------------------------------------------------------------------

# Of the project's own words. ":)" and ":(" come with one label almost alone, as in the course's tweets, the others with
# both, so that nothing here separates the labels; "..." is a symbol and no emoticon.
WORDS = {1: ["glad", "sun", "win"], 0: ["sad", "rain", "lose"]}
EMOTICONS = (":)", ":-)", "<3", ":(", ":-(")
HELD = {  # in how many of 200 tweets
    1: {":)": 130, ":(": 1, ":-)": 30, ":-(": 6, "<3": 12, "": 21},
    0: {":(": 130, ":)": 1, ":-(": 33, ":-)": 5, "<3": 2, "": 29},
}


def sentences(rng, label, n):
    held = [emoticon for emoticon, times in HELD[label].items() for _ in range(times)]
    for emoticon in rng.permutation(held)[:n]:
        tokens = [emoticon, *(rng.choice(WORDS[label if rng.random() < 0.65 else 1 - label]) for _ in range(3))]
        tokens += ["day"] * rng.integers(3) + ["..."] * (rng.random() < 0.3)
        yield " ".join(rng.permutation(tokens)).strip()


@pytest.fixture(scope="module")
def corpus():
    rng, data = np.random.default_rng(5), {}
    for part, n in (("train", 200), ("test", 35)):
        data[f"{part}_x"] = [*sentences(rng, 1, n), *sentences(rng, 0, n)]
        data[f"{part}_y"] = np.repeat([1.0, 0.0], n)
    return data | {"freqs": build_freqs(data["train_x"], data["train_y"])}


@pytest.fixture(scope="module")
def parameters():
    rng = np.random.default_rng(2)
    return rng.normal(size=(3, 3)) / 20, rng.normal(size=3), rng.normal(size=(1, 3)), rng.normal(size=1)


SETTINGS = {"hidden": 3, "iters": 60, "lr": 0.02, "batch": 8, "seed": 4}


@pytest.fixture(scope="module")
def told(corpus, parameters):
    """The story of the small corpus, from three seeds; and what was trained for it, as (task, result)."""
    trained = []

    def run_all(train_network, tasks):
        for task in tasks:
            trained.append((task, train_network(task)))
            yield trained[-1][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(story, "SEEDS", 3)
        patch.setattr(story, "DRAWS", 50)
        embedded = embedded_of(corpus)
        found = story.tell(embedded, embedded, SETTINGS, parameters, run_all)
    return json.loads(json.dumps(found)), trained


def shown(corpus, part, what):
    """The tweets themselves, with their emoticons or their words taken out: (features (3, N), log-ratio sums (N,))."""
    X, ratios = [], []
    for tweet in corpus[f"{part}_x"]:
        tokens = [t for t in tweet.split() if what == "every" or (t in EMOTICONS) == (what == "alone")]
        counts = [[corpus["freqs"].get((s, label), 0) for label in (1, 0)] for s in process_tweet(" ".join(tokens))]
        X.append(extract_features(" ".join(tokens), corpus["freqs"])[0])
        ratios.append(sum(np.log(p + 1) - np.log(n + 1) for p, n in counts))
    return np.ascontiguousarray(np.transpose(X)), np.array(ratios)  # in the layout that the trainings saw


def sigma(z):
    return 1 / (1 + np.exp(-z))


def loop_network(parameters, x):
    W1, b1, W2, b2 = parameters
    return sigma(sum(w * sigma(row @ x + b) for w, row, b in zip(W2[0], W1, b1, strict=True)) + b2[0])


def loop_loss(p, y):
    return -np.log(p) if y == 1 else -np.log(1 - p)


def sklearn_logistic(X, y, tol):
    """scikit-learn's fit without a penalty. Imported here: that takes seconds, and every worker reads every test."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=np.inf, tol=tol, max_iter=10_000).fit(X, y)


def expected_scores(corpus, what, network, retrained):
    (X, ratios), y = shown(corpus, "test", what), corpus["test_y"]
    train_X, _ = shown(corpus, "train", what)
    fitted = sklearn_logistic(train_X[1:].T, corpus["train_y"], tol=1e-10)
    yhats = {
        "network": [loop_network(network, x) for x in X.T],
        "retrained": [loop_network(retrained, x) for x in X.T],
        "logistic": fitted.predict_proba(X[1:].T)[:, 1],
        "counts": [float(x[1] > x[2]) for x in X.T],
        "log_ratio": sigma(ratios),
    }
    found = {}
    for method, yhat in yhats.items():
        right = sum((p > 0.5) == (label == 1) for p, label in zip(yhat, y, strict=True))
        loss = None if method == "counts" else np.mean([loop_loss(p, label) for p, label in zip(yhat, y, strict=True)])
        found[method] = {"right": right, "accuracy": right / len(y), "loss": loss}
    return found


@pytest.mark.parametrize("what", ["every", "alone", "words"])
def test_each_score_is_that_of_the_tweets_with_the_rest_taken_out(corpus, parameters, told, what):
    """The text is changed, not the features; the network is a loop, and logistic regression scikit-learn's."""
    found, trained = told
    (X, _), (train_X, _) = shown(corpus, "test", what), shown(corpus, "train", what)
    tasks = [(task, it) for task, it in trained if np.array_equal(task[1].X, X) and task[2] == SETTINGS]
    task, result = tasks[0]
    np.testing.assert_array_equal(task[0].X, train_X)
    for scores in [found["every"]] if what == "every" else [found["lists"]["emoticons"][what]]:
        expected = expected_scores(corpus, what, parameters, result.best)
        assert scores.keys() == expected.keys() - ({"retrained"} if what == "every" else set())
        for method, score in scores.items():
            assert score["right"] == expected[method]["right"], method
            assert score["accuracy"] == expected[method]["accuracy"], method
            loss = expected[method]["loss"]
            assert score["loss"] == (loss and pytest.approx(loss, rel=1e-5)), method  # scikit-learn stops at 1e-5 or so
            low, high = score["interval"]
            assert low < score["accuracy"] < high, method


def test_the_trainings_are_those_of_the_seeds_and_of_what_is_shown(corpus, told):
    """Each a run of descend; of it the losses at every checkpoint and the best parameters."""
    found, trained = told
    (X, _), (test_X, _) = shown(corpus, "train", "every"), shown(corpus, "test", "every")
    assert [task[2]["seed"] for task, _ in trained] == [4, 5, 6] + 6 * [4]
    for (_, result), seed, score in zip(trained[:3], (4, 5, 6), found["seeds"]["results"], strict=True):
        checkpoints = list(descend(X, corpus["train_y"], 3, 60, 0.02, batch=8, seed=seed))
        assert result.step == [c.step for c in checkpoints] and result.train == pytest.approx(
            [c.loss for c in checkpoints]
        )
        for c, loss in list(zip(checkpoints, result.eval, strict=True))[::7]:
            pairs = zip(test_X.T, corpus["test_y"], strict=True)
            assert loss == pytest.approx(np.mean([loop_loss(loop_network(c.parameters, x), y) for x, y in pairs]))
        yhat = np.array([loop_network(checkpoints[-1].best, x) for x in test_X.T])
        assert score["accuracy"] == np.mean((yhat > 0.5) == corpus["test_y"])
    words = next(it for task, it in trained if np.array_equal(task[0].X, shown(corpus, "train", "words")[0]))
    pairs = zip(shown(corpus, "train", "words")[0].T, corpus["train_y"], strict=True)
    loss = np.mean([loop_loss(loop_network(words.best, x), y) for x, y in pairs])
    assert found["words_in_training"]["loss"] == pytest.approx(loss)


def test_differences_are_paired(corpus, parameters, told):
    found, trained = told
    y = corpus["test_y"]
    (every, _), (alone, _), (words, ratios) = (shown(corpus, "test", what) for what in ("every", "alone", "words"))
    network = np.array([loop_loss(loop_network(parameters, x), t) for x, t in zip(every.T, y, strict=True)])
    without = np.array([loop_loss(loop_network(parameters, x), t) for x, t in zip(alone.T, y, strict=True)])
    retrained = next(it for task, it in trained if np.array_equal(task[1].X, words)).best
    answers = np.array([loop_network(retrained, x) > 0.5 for x in words.T])
    right = 1.0 * ((ratios > 0) == (y == 1)) - 1.0 * (answers == (y == 1))
    for key, values in (("words", network - without), ("log_ratio", right)):
        stats = found["differences"][key]
        spread = np.sqrt(sum((v - sum(values) / 70) ** 2 for v in values) / 69)
        assert (stats["mean"], stats["error"]) == pytest.approx((sum(values) / 70, spread / np.sqrt(70)), rel=1e-9)
    hidden = found["differences"]["hidden_layer"]["mean"]
    assert hidden == pytest.approx(found["every"]["logistic"]["loss"] - found["every"]["network"]["loss"])


def test_the_rest_of_the_story(corpus, parameters, told):
    found, _ = told
    assert found["settings"] == SETTINGS and found["parameters"]["W1"] == parameters[0].tolist()
    X, _ = shown(corpus, "train", "every")
    assert found["spread"] == pytest.approx([np.sqrt(np.mean((row - row.mean()) ** 2)) for row in X[1:]])
    assert found["stretch"] == 20  # as the comment in assignment2.descend has it
    assert {name: it["stems"] for name, it in found["lists"].items()} == {"surface": 2, "emoticons": 5, "symbols": 6}
    test_X, _ = shown(corpus, "test", "every")
    yhat = np.array([loop_network(parameters, x) for x in test_X.T])
    none = [not set(tweet.split()) & set(EMOTICONS) for tweet in corpus["test_x"]]
    wrong = [n and (p > 0.5) != (y == 1) for n, p, y in zip(none, yhat, corpus["test_y"], strict=True)]
    assert found["lists"]["emoticons"]["lacking"] == {"tweets": sum(none), "wrong": sum(wrong)}
    assert 0 < sum(wrong) < sum(none)
    assert sum(row["tweets"] for row in found["reliability"]["words"]) == 70
    assert found["reliability"]["every"] != found["reliability"]["words"]
    for example in found["examples"]:
        tweet = next(t for t in corpus["test_x"] if sorted(process_tweet(t)) == example["stems"])
        assert example["features"] == extract_features(tweet, corpus["freqs"])[0].tolist()
        assert example["yhat"] == pytest.approx(loop_network(parameters, example["features"]))


# ---- Figures by hand -----------------------------------------------------------------------------


def test_logistic_regression_is_that_of_scikit_learn():
    """On the course's features; and its gradient is 0."""
    data = load_embedded()
    X, y = data["train_X"], data["train_y"]
    w = story.fit_logistic(X, y)
    scale = np.array([1000, 1000])
    fitted = sklearn_logistic(X[1:].T / scale, y, tol=1e-8)
    np.testing.assert_allclose(w, [fitted.intercept_[0], *fitted.coef_[0] / scale], rtol=1e-3)
    np.testing.assert_allclose(X @ (sigma(w @ X) - y) / X.max(axis=1), 0, atol=1e-6)


def test_logistic_regression_of_separable_labels_is_refused():
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        story.fit_logistic(np.array([[1, 1, 1, 1], [0, 1, 2, 3.0]]), np.array([0, 0, 1, 1.0]))


def test_luck_is_the_share_of_samples(monkeypatch):
    """Two of four losses are low: one of the six pairs has none but these, so a sixth; 0.02 is five standard errors."""
    monkeypatch.setattr(story, "DRAWS", 10_000)
    found = story.luck(np.array([0.1, 2.0, 0.1, 3.0]), np.array([0.0, 0.2]))
    assert found["draws"] == 10_000 and found["share"] == pytest.approx(1 / 6, abs=0.02)
    assert found["errors"]["test"] == pytest.approx(0.1) and found["errors"]["train"] == pytest.approx(0.7223, abs=1e-4)
    monkeypatch.setattr(story, "DRAWS", 100)
    found = story.luck(np.array([0.1, 2.0, 0.1, 3.0]), np.array([0.0, 0.2]))
    assert story.luck(np.array([0.1, 2.0, 0.1, 3.0]), np.array([0.0, 0.2])) == found  # a fixed seed
    assert story.luck(np.array([1.0, 2.0]), np.array([0.5, 0.5]))["share"] == 0


def test_reliability_by_hand():
    """A bin begins with its lower end; the last one has 1, too; an empty one has no mean."""
    yhat = np.array([0.0, 0.01, 0.05, 0.1, 0.4999, 0.5, 0.99, 1.0])
    rows = story.reliability(yhat, np.array([0, 1, 0, 1, 0, 1, 1, 0.0]))
    assert [row["tweets"] for row in rows] == [1, 2, 2, 1, 0, 2]
    assert [row["from"] for row in rows] == [0, 0.01, 0.1, 0.5, 0.9, 0.99] and rows[-1]["to"] == 1
    assert [row["positive"] for row in rows] == [0, 0.5, 0.5, 1, None, 0.5]
    means = [0, 0.03, 0.29995, 0.5, 0.995]
    assert [row["yhat"] for row in rows if row["tweets"]] == pytest.approx(means) and rows[4]["yhat"] is None


def test_the_band_is_the_median_and_range_at_steps_evenly_spaced():
    steps = [1, 2, 3, 10, 11, 12, 100]
    runs = [story.Training(steps, [k * s for s in steps], [k * s + 0.5 for s in steps], None) for k in (3.0, 1.0, 9.0)]
    assert story.band(runs) == {
        "step": [1, 2, 3, 10, 12, 100],  # 11 is no fifth more than 10
        "train": {
            "low": [1, 2, 3, 10, 12, 100],
            "median": [3, 6, 9, 30, 36, 300],
            "high": [9, 18, 27, 90, 108, 900],
        },
        "eval": {
            "low": [1.5, 2.5, 3.5, 10.5, 12.5, 100.5],
            "median": [3.5, 6.5, 9.5, 30.5, 36.5, 300.5],
            "high": [9.5, 18.5, 27.5, 90.5, 108.5, 900.5],
        },
    }


# ---- The course's tweets -------------------------------------------------------------------------


def test_what_the_project_says_of_the_emoticons():
    """Without a training: the committed network and the rules, on each list."""
    data, more = load_embedded(), load_symbols()
    parameters = read_parameters(ROOT / "assignment2.pkl")
    found = {}
    for name, stems in story.emoticon_lists(data["freqs"], more).items():
        views = story.show(data, more, stems)
        scores = {what: story.compare(*pair, parameters) for what, pair in views.items()}
        figures = [scores["every"]["network"], scores["words"]["network"], scores["words"]["counts"]]
        figures += [scores["words"]["log_ratio"], scores["alone"]["counts"]]
        found[name] = [len(stems), *(round(2000 * it["accuracy"]) for it in figures)]
    assert found == {
        "surface": [5, 1992, 1403, 1442, 1529, 1959],
        "emoticons": [39, 1992, 1391, 1428, 1507, 1991],
        "symbols": [244, 1992, 1386, 1428, 1509, 1992],
    }


def test_what_is_shown_is_what_the_tweets_hold(shared):
    """The features of the course's own test tweets, their stems sorted out one by one."""
    course = read_pickle(shared / "data" / "twitter_data.pkl")
    data, more = load_embedded(), load_symbols()
    emoticons = set(more["symbols"][: more["emoticons"]])
    views = story.show(data, more, emoticons)
    counted = {what: np.ones((3, 2000)) for what in ("alone", "words")}
    for i, tweet in enumerate(course["test_x"]):
        stems = process_tweet(tweet)
        for what in counted:
            kept = [stem for stem in stems if (stem in emoticons) == (what == "alone")]
            counted[what][1:, i] = [sum(course["freqs"].get((s, label), 0) for s in kept) for label in (1, 0)]
    for what, X in counted.items():
        np.testing.assert_array_equal(views[what][1].X, X)


# ---- The command ---------------------------------------------------------------------------------


def run(*arguments):
    return command.attempt("python -m report.story", lambda: story.main([str(a) for a in arguments]))


def test_without_a_run_the_story_is_that_of_the_parameters_of_the_project():
    assert vars(train.parse([])).items() >= story.SETTINGS.items()
    assert read_parameters(ROOT / "assignment2.pkl")[0].shape == (story.SETTINGS["hidden"], 3)


def test_the_command_tells_the_story_of_a_run(tmp_path, monkeypatch, capsys):
    """On the features of the project, in processes of its own; then the page is made of it."""
    for draw in ("draw_loss", "draw_surface"):  # of the training's pictures the page needs the name
        monkeypatch.setattr(train, draw, lambda *_: None)
    monkeypatch.setattr(train, "save", lambda _, path: path.with_suffix(".svg").write_text(SVG))
    assert train.main(["--iters", "100", "--hidden", "2", "--out", str(tmp_path)]) == 0
    monkeypatch.setattr(story, "SEEDS", 2)
    monkeypatch.setattr(story, "DRAWS", 20)
    capsys.readouterr()
    assert run("--run", tmp_path) == 0
    found = json.loads((tmp_path / "story.json").read_text(encoding="utf-8"))
    figures = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert found["parameters"] == figures["parameters"] and found["settings"]["hidden"] == 2
    assert found["every"]["network"]["loss"] == pytest.approx(figures["test"]["loss"], rel=1e-12)
    assert found["every"]["counts"]["accuracy"] == figures["rule"]["accuracy"]
    # The first seed is the run's, whose curve and result it repeats.
    assert found["seeds"]["results"][0]["loss"] == pytest.approx(figures["test"]["loss"], rel=1e-6)
    out, _ = capsys.readouterr()
    it = found["lists"]["emoticons"]["words"]["retrained"]
    row = next(line for line in out.split("without emoticons")[1].splitlines() if line.strip().startswith("retrained"))
    assert row.split() == [
        "retrained",
        f"{it['accuracy']:.4f}",
        *"{:.4f} to {:.4f}".format(*it["interval"]).split(),
        f"{it['loss']:.5f}",
    ]
    assert {path.name for path in tmp_path.iterdir()} >= {"story.json", "seeds.svg", "seeds.png"}
    (tmp_path / "page").mkdir()
    assert f"{100 * found['every']['network']['accuracy']:.2f}%" in page_of(tmp_path, tmp_path / "page")


@pytest.mark.parametrize(
    "what, says", [("none", "run.json is missing"), ("other tweets", "other tweets than the proj")]
)
def test_a_run_that_cannot_be_told_gets_one_sentence(tmp_path, capsys, what, says):
    if what == "other tweets":
        (tmp_path / "run.json").write_text(json.dumps(RUN))
    assert run("--run", tmp_path) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1 and list(tmp_path.glob("story*")) == []


def test_without_matplotlib_it_says_so_before_it_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("--run", tmp_path) == 2
    assert "the package matplotlib is missing" in capsys.readouterr().err


# ---- The page ------------------------------------------------------------------------------------


def page_of(folder, tmp_path):
    """The text of Q5 alone, as a document of one page, on which no sentence and no word is cut."""
    for name in ("style.typ", "results.typ"):
        shutil.copy(HERE / name, tmp_path)
    source = tmp_path / "page.typ"
    style = "#show: document-style\n#set page(height: auto, footer: none)\n#set text(hyphenate: false)"
    source.write_text(f'#import "results.typ": *\n{style}\n#training\n#results', encoding="utf-8")
    shown = formulas_json([HERE / "results.typ"], formulas.SETTINGS, {})
    build(
        source, tmp_path / "page.pdf", {"name": "", "login": "", "formulas": shown, **report.__main__.read_run(folder)}
    )
    return " ".join(text_of(tmp_path / "page.pdf").split())


def rows_of(text, title):
    """What stands between a table's title and the next one's."""
    return re.split(r"Table \d+:|Figure \d+:", text.split(title)[1])[0]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    make_run(folder / "run")
    return page_of(folder / "run", folder)


def percent(value, digits=2):
    return f"{100 * value:.{digits}f}%"


def in_order(text, pieces):
    """Whether the pieces stand in the text one after the other; if not, the first that does not."""
    for piece in pieces:
        if piece not in text:
            return piece
        text = text[text.index(piece) + len(piece) :]
    return None


def test_each_cell_of_the_comparison_is_in_its_place(page):
    found, pieces = made_up_story(), []
    titles = (
        "network, as trained",
        "network, trained on what it is shown",
        "logistic",
        "counts rule",
        "log-ratio rule",
    )
    for method, title in zip(METHODS, titles, strict=True):
        pieces.append(title)
        for scores in (found["every"], found["lists"]["emoticons"]["alone"], found["lists"]["emoticons"]["words"]):
            it = scores.get(method)
            if it is None:
                pieces += ["–", "–"]
                continue
            low, high = it["interval"]
            pieces += [percent(it["accuracy"]), f"{100 * low:.1f}–{percent(high, 1)}"]
            pieces.append("–" if it["loss"] is None else f"{it['loss']:.4f}")
    assert in_order(page.split("A tie counts as negative.")[1], pieces) is None


def test_each_cell_of_the_lists_is_in_its_place(page):
    pieces = []
    for name, it in made_up_story()["lists"].items():
        title = {"surface": "of the stripes", "emoticons": "of NLTK", "symbols": "and all symbols"}[name]
        pieces += [title, str(it["stems"]), str(it["lacking"]["tweets"]), percent(it["alone"]["counts"]["accuracy"])]
        pieces += [percent(it["words"][method]["accuracy"], 1) for method in METHODS]
    assert in_order(rows_of(page, "What depends on the list of emoticons"), pieces) is None


def test_each_cell_of_the_reliability_is_in_its_place(page):
    pieces = []
    for every, words in zip(*made_up_story()["reliability"].values(), strict=True):
        pieces.append(f"{every['from']} to {every['to']}")
        for it in (every, words):
            pieces += [str(it["tweets"]), f"{it['yhat']:.3f}", f"{it['positive']:.3f}"]
    assert in_order(rows_of(page, "Reliability on the test tweets"), pieces) is None


def test_each_cell_of_the_scores_and_the_examples_is_in_its_place(page):
    assert in_order(rows_of(page, "The network. The interval is"), ["99.51%", "0.0171", "99.42%", "0.0123"]) is None
    assert "98.98–99.67%" in page
    matrix = "label predicted 0 predicted 1 sum 0, negative 993 7 1,000 1, positive 5 995 1,000 sum 998 1,002 2,000"
    assert matrix in page
    examples = rows_of(page, "Test tweets as stems")
    assert in_order(examples, [":) #b $c$", "3,101", "47", "1", "0.9871", "positive"]) is None
    assert in_order(examples, ["_d e*", "58", "63", "1", "0.2753", "negative"]) is None
    own = ["This is #1 *ridiculously* bright $movie$", "ridicul", "38", "171", "0.0312", "negative"]
    assert in_order(rows_of(page, "Sentences of our own"), own) is None


def test_the_page_says_how_it_was_trained(page):
    for piece in (
        "divided by a 25th of its standard deviation over the training tweets, 1,612 and 2,034",
        "that is, by 64.5 and 81.4",
        "2 hidden units make 8 weights and 3 biases",
        "at seed 7",
        "0.03 times the gradient of the mean loss of 40 training tweets",
        "takes all 8,000 in a new random order, 200 batches, and 5,000 steps are 25 passes",
        "At 4 checkpoints",
        "those of step 4,200",
        "0.710 and 0.720 at step 1 to 0.0201 and 0.0123 at step 5,000",
        "of 12,000 random samples of 2,000 training tweets, 23% have",
        "standard errors of 0.0032 and 0.0029",
    ):
        assert piece in page, piece


def changed(path, value):
    """The made-up story and run, with another value at a path such as story.luck.share."""
    whole = {"story": made_up_story(), "run": json.loads(json.dumps(RUN))}
    *parents, last = path.split(".")
    place = whole
    for key in parents:
        place = place[key]
    place[last] = value
    return whole


@pytest.mark.parametrize(
    "path, value, before, after",
    [
        ("story.lists.emoticons.alone.counts.accuracy", 0.3, "Emoticons are enough.", "The emoticons alone."),
        ("story.lists.emoticons.words.network.accuracy", 0.2, "The words alone.", "Words are harder."),
        ("story.differences.words.error", 0.004, "the words only get in its way", "do harm may be chance"),
        ("story.differences.words.mean", -0.01, "With the words hidden", None),
        ("story.differences.log_ratio.error", 0.04, "The words hold more than the two sums do.", None),
        ("story.lists.emoticons.words.log_ratio.loss", 0.1, "its loss is no lower", "and its loss is lower, too"),
        ("story.differences.hidden_layer.error", 0.004, "more than chance often gives", "it may be chance"),
        ("story.luck.share", 0.002, "So chance explains it.", "Chance alone is no good explanation."),
        ("run.test.loss", 0.0999, "The test loss ends below the training loss", None),
        ("story.lists.emoticons.lacking.wrong", 1, "mistakes, six are among", "mistakes, one is among"),
        ("story.every.network.right", 1235, "is right on 221 tweets fewer", "is right on 1 tweet more"),
        ("run.steps_taken", 4990, None, "This run ended after 4,990 steps. All steps taken."),
    ],
)
def test_a_sentence_follows_its_figures(page, tmp_path, path, value, before, after):
    """With another figure the page says something else, or nothing."""
    make_run(tmp_path / "run", **changed(path, value))
    text = page_of(tmp_path / "run", tmp_path)
    assert before is None or (before in page and before not in text)
    assert after is None or (after in text and after not in page)


@pytest.mark.parametrize("what", ["no story", "another network", "no figure", "no picture"])
def test_a_story_that_does_not_fit_gets_one_sentence(tmp_path, capsys, what):
    found = made_up_story()
    if what == "another network":
        found["parameters"] = {**found["parameters"], "b2": [0.2001]}
    if what == "no figure":
        del found["differences"]["words"]
    make_run(tmp_path / "run", story=found)
    if what in ("no story", "no picture"):
        (tmp_path / "run" / ("story.json" if what == "no story" else "seeds.svg")).unlink()
    arguments = ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "out.pdf")]
    assert command.attempt("report", lambda: report.__main__.main(arguments)) == 2
    error = capsys.readouterr().err
    assert (
        error.count("\n") == 1 and "`python -m report.story` makes it" in error and not (tmp_path / "out.pdf").exists()
    )
    name = {"no picture": "seeds.svg", "another network": "story.json is about another network"}.get(what, "story.json")
    assert name in error
