"""benchmarks/: the yardsticks take the steps they are compared with, and each command runs. Speed is not tested."""

import pickle
import shutil

import numpy as np
import pytest

import command
from assignment2 import update_params
from benchmarks import __main__ as both
from benchmarks import bench_step, bench_text, bench_training


def test_the_c_steps_are_those_of_update_params(tmp_path):
    """To 1e-10 after 50 steps."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler, cc")
    rng = np.random.default_rng(0)
    n, B, d, hidden = 50, 7, 3, 5
    X, y = rng.normal(size=(n, B, d)), rng.integers(0, 2, (n, B)).astype(float)
    theta = [rng.normal(size=(hidden, d)), rng.normal(size=hidden), rng.normal(size=(1, hidden)), rng.normal(size=1)]
    slow = theta
    for examples, labels in zip(X, y, strict=True):
        slow = update_params(examples.T, labels, *slow, lr=0.3)
    in_place = [p.copy() for p in theta]
    bench_step.compiled_steps(tmp_path)(n, B, d, hidden, 0.3, X, y, *in_place)
    for a, b in zip(in_place, slow, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_the_textbook_step_is_that_of_update_params():
    """To 1e-12, with biases as columns."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3, 8)), rng.integers(0, 2, 8)
    theta = rng.normal(size=(5, 3)), rng.normal(size=(5, 1)), rng.normal(size=(1, 5)), rng.normal(size=(1, 1))
    for a, b in zip(
        bench_step.textbook_step(X, y, *theta)[:4], update_params(X, y, *theta, bench_step.LR), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_bench_step_names_every_candidate(capsys, monkeypatch):
    monkeypatch.setattr(bench_step, "LONGER", 1)
    assert bench_step.main(["--rounds", "1", "--batch", "8000", "--hidden", "1"]) == 0
    out = capsys.readouterr().out
    for name in ("fast_steps", "train_nn's loop", "textbook numpy", "update_params"):
        assert name in out
    with pytest.raises(SystemExit) as stop:
        bench_step.main(["--batch", "0"])
    assert stop.value.code == 2 and "--batch from 1 to 8,000" in capsys.readouterr().err


def test_bench_text_compares_a_corpus_and_the_first_tweet(tmp_path, capsys):
    data = {"X": ["good film :)", "bad film :("], "y": [1, 0], "freqs": {("good", 1): 1, ("bad", 0): 1}}
    (tmp_path / "d.pkl").write_bytes(pickle.dumps(data))
    assert bench_text.main(["--data", str(tmp_path / "d.pkl"), "--rounds", "1"]) == 0
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert rows == ["textbook", "extract_features,", "feature_matrix,", "NLTK's", "utils.process_tweet"]
    with pytest.raises(SystemExit) as stop:
        bench_text.main(["--rounds", "0"])
    assert stop.value.code == 2


def test_made_up_tweets_are_as_long_as_tweets():
    tweets = bench_text.made_up_tweets(200)
    assert len(tweets) == 200 and 8 < np.mean([len(tweet.split()) for tweet in tweets]) < 16


def test_make_bench_runs_both(monkeypatch):
    """Its arguments reach both: `python -m benchmarks` once gave the second a list for a data file."""
    called = []
    monkeypatch.setattr(bench_step, "main", lambda argv: called.append(("step", argv)))
    monkeypatch.setattr(bench_text, "main", lambda argv: called.append(("text", argv)) or 0)
    assert both.main([]) == 0 and called == [("step", []), ("text", [])]


def test_choices_judges_each_network_on_tweets_that_it_and_its_counts_never_saw(tmp_path, monkeypatch, capsys):
    """Each tweet is a word of its own. Counts of all tweets would give its label away; those of other folds cannot."""
    tweets = [f"zz{chr(97 + i // 26)}{chr(97 + i % 26)}q" for i in range(40)]
    data = {"X": tweets, "y": np.arange(40) % 2, "freqs": {(tweet, i % 2): 1 for i, tweet in enumerate(tweets)}}
    (tmp_path / "d.pkl").write_bytes(pickle.dumps(data))
    monkeypatch.setattr(bench_training, "STRETCHES", (20,))
    assert bench_training.main(["choices", "--repeats", "1", "--iters", "2000", "--data", str(tmp_path / "d.pkl")]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["20"]]
    assert [row[1] for row in rows] == ["200", "400", "1,000", "2,000", "4,000"]
    assert all(float(row[2]) > 0.68 for row in rows)  # chance is 0.693; with counts of all the tweets 0.52 and less


def test_choices_says_what_it_needs(tmp_path, capsys):
    arguments = ["choices", "--data", str(tmp_path / "nowhere.pkl")]
    assert command.attempt("bench_training", lambda: bench_training.main(arguments)) == 2
    assert "nowhere.pkl: no such file" in capsys.readouterr().err
