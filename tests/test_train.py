"""train.py as its user runs it: what it prints, leaves, refuses; and the assignment2.pkl of the repository."""

import json
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

import train
from data.reader import read_pickle
from data.embedded import load_embedded

ROOT = Path(train.__file__).parent


def run(*arguments):
    return train.main([str(a) for a in arguments])


def files_of(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


TOY = {  # sentences of the project's own
    "train_x": ["a good day", "good good", "so bad", "bad bad news"] * 5,
    "train_y": np.array([[1.0], [1.0], [0.0], [0.0]] * 5),
    "test_x": ["good news", "a bad day"],
    "test_y": np.array([[1.0], [0.0]]),
    "freqs": {("good", 1.0): 15, ("day", 1.0): 5, ("bad", 0.0): 15, ("news", 0.0): 5},
}


def toy(path, **changes):
    path.write_bytes(pickle.dumps({**TOY, **changes}))
    return path


# ---------------------------------------------------------------- a run


@pytest.fixture(scope="module")
def short_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    assert run("--iters", "2e4", "--out", out) == 0
    return out


def test_a_run_leaves_parameters_figures_and_pictures(short_run):
    assert sorted(files_of(short_run)) == [
        "assignment2.pkl",
        "loss.png",
        "loss.svg",
        "run.json",
        "surface.png",
        "surface.svg",
    ]
    figures = json.loads((short_run / "run.json").read_text(encoding="utf-8"))
    parameters = read_pickle(short_run / "assignment2.pkl")
    assert sorted(parameters) == ["W1", "W2", "b1", "b2"]

    # The figures again, from the parameters alone, in another arithmetic: ŷ > 1/2 where z > 0, the loss as log(1 + e^∓z).
    data = load_embedded()
    for part in ("train", "test"):
        h = np.tanh((parameters["W1"] @ data[f"{part}_X"] + parameters["b1"][:, None]) / 2) / 2 + 0.5
        z = (parameters["W2"] @ h + parameters["b2"])[0]
        y = data[f"{part}_y"]
        assert figures[part]["loss"] == pytest.approx(np.logaddexp(0, np.where(y == 1, -z, z)).mean(), rel=1e-9)
        assert figures[part]["accuracy"] == pytest.approx(((z > 0) == y).mean(), rel=1e-12)
    (tn, fp), (fn, tp) = figures["test"]["confusion"]
    assert [tn + fp, fn + tp] == [1000, 1000] and (tn + tp) / 2000 == figures["test"]["accuracy"]
    assert (fp, tp) == (sum((z > 0) & (y == 0)), sum((z > 0) & (y == 1)))
    interval = binomtest(int(tn + tp), 2000).proportion_ci(method="wilson")
    assert figures["test"]["interval"] == pytest.approx([interval.low, interval.high], rel=1e-6)
    assert figures["curve"]["step"][-1] == figures["steps_taken"] == 20_000
    assert len(figures["wrong"]) == min(10, fp + fn)
    assert figures["examples"][0]["features"] == [1, 38, 171]  # the handout's my_tweet, its stems' counts


def test_the_same_run_gives_the_same_bytes(short_run, tmp_path):
    assert run("--iters", "2e4", "--out", tmp_path) == 0
    assert files_of(tmp_path) == files_of(short_run)


def test_the_tweets_give_the_same_parameters_as_their_embedded_features(shared, short_run, tmp_path, capsys):
    assert run("--iters", "2e4", "--data", shared / "data" / "twitter_data.pkl", "--out", tmp_path) == 0
    assert (tmp_path / "assignment2.pkl").read_bytes() == (short_run / "assignment2.pkl").read_bytes()
    out = capsys.readouterr().out
    assert "Training Data: " in out and "Features  [[1.000e+00 3.133e+03 6.100e+01]]" in out


def test_a_data_file_of_ones_own(tmp_path, capsys):
    assert run("--data", toy(tmp_path / "mine.pkl"), "--iters", 3000, "--lr", 0.3, "--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "Data: mine.pkl, 20 training and 2 test tweets" in out and "Test accuracy 1.0000" in out


def test_predict(short_run, capsys):
    assert run("--predict", "What a wonderful day :)", "--out", short_run) == 0
    out = capsys.readouterr().out
    assert "Positive sentiment" in out and "wonder day :)" in out
    assert run("--predict", "so sad :(", "--out", short_run) == 0
    assert "Negative sentiment" in capsys.readouterr().out


def test_ctrl_c_keeps_what_there_is(tmp_path):
    command = [
        sys.executable,
        "-u",
        "train.py",
        "--iters",
        "1e12",
        "--data",
        str(toy(tmp_path / "d.pkl")),
        "--out",
        str(tmp_path / "out"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = iter(process.stdout.readline, "")
    assert any(line.lstrip().startswith("step") for line in lines)
    next(lines)  # the first line of losses: a checkpoint has been reached
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in error
    assert "Interrupted at step" in out and "the best so far is kept" in out
    assert sorted(read_pickle(tmp_path / "out" / "assignment2.pkl")) == ["W1", "W2", "b1", "b2"]


# ---------------------------------------------------------------- assignment2.pkl


def test_the_repositorys_parameters_are_what_a_run_gives():
    """The run of `make train`, a million steps. To 1e-6: another processor or numpy may round otherwise at each step."""
    from assignment2 import bce_forward, descend, inference_2layers

    data, saved = load_embedded(), read_pickle(ROOT / "assignment2.pkl")
    yhat = inference_2layers(data["test_X"], saved["W1"], saved["W2"], saved["b1"], saved["b2"])
    assert bce_forward(yhat, data["test_y"]) <= 0.0120
    assert np.mean((yhat > 0.5) == data["test_y"]) >= 0.995
    *_, checkpoint = descend(data["train_X"], data["train_y"], hidden=6)
    for name, again in zip(["W1", "b1", "W2", "b2"], checkpoint.best):
        np.testing.assert_allclose(again, saved[name], rtol=1e-6, atol=1e-9)


# ---------------------------------------------------------------- bad input: status 2, one sentence, nothing overwritten


class RunsCode:
    def __reduce__(self):
        return print, ("this must never be printed",)


def broken_files(folder):
    (folder / "empty.pkl").write_bytes(b"")
    (folder / "truncated.pkl").write_bytes(toy(folder / "whole.pkl").read_bytes()[:-30])
    toy(folder / "code.pkl", freqs=RunsCode())
    toy(folder / "lengths.pkl", train_y=np.ones((3, 1)))
    toy(folder / "labels.pkl", test_y=[2, 0])
    toy(folder / "no_tweets.pkl", train_x=[], train_y=[])
    (folder / "no_keys.pkl").write_bytes(pickle.dumps({"train_x": ["a"]}))
    (folder / "no_test.pkl").write_bytes(pickle.dumps({k: v for k, v in TOY.items() if "test" not in k}))


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--data", "nowhere.pkl"], "nowhere.pkl: no such file"),
        (["--data", "."], "cannot be read"),
        (["--data", "empty.pkl"], "empty.pkl: the file is empty"),
        (["--data", "truncated.pkl"], "truncated.pkl: not a whole pickle"),
        (["--data", "code.pkl"], "code.pkl: refused"),
        (["--data", "lengths.pkl"], "train_y: labels of shape (3, 1) do not fit train_x with 20 examples"),
        (["--data", "labels.pkl"], "test_y: the labels at index 0 is 2"),
        (["--data", "no_tweets.pkl"], "train_x holds no tweets"),
        (["--data", "no_keys.pkl"], "has no freqs, train_y"),
        (["--data", "no_test.pkl"], "has no test_x"),
        (["--hidden", "0"], "hidden must be at least 1, not 0"),
        (["--iters", "-1"], "iters must be at least 1, not -1"),
        (["--lr", "nan"], "lr must be a positive number, not nan"),
        (["--batch", "0"], "batch must be at least 1"),
        (["--seed", "-3"], "seed must be at least 0"),
        (["--lr", "1e308"], "use a smaller lr"),
    ],
)
def test_bad_input(tmp_path, monkeypatch, capsys, arguments, says):
    broken_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "assignment2.pkl").write_bytes(b"an earlier run")
    assert run(*arguments, "--out", "out") == 2
    captured = capsys.readouterr()
    assert says in captured.err and captured.err.startswith("train.py: error: ") and captured.err.count("\n") == 1
    assert "never be printed" not in captured.out
    assert files_of(tmp_path / "out") == {"assignment2.pkl": b"an earlier run"}


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run("--out", tmp_path / "file" / "out") == 2
    assert "cannot write there" in capsys.readouterr().err


def test_a_command_line_that_cannot_be_read(capsys):
    with pytest.raises(SystemExit) as stop:
        run("--hidden", "many")
    assert stop.value.code == 2


def test_a_failed_write_leaves_the_old_file(tmp_path):
    from data.writer import atomic_write

    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt
    assert files_of(tmp_path) == {"kept.txt": b"old"}
    with atomic_write(path) as temporary:
        temporary.write_text("new")
    assert files_of(tmp_path) == {"kept.txt": b"new"}
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
