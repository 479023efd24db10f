"""train.py as its user runs it: what it prints, saves and refuses; and the assignment2.pkl of the repository."""

import json
import os
import pickle
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from matplotlib.figure import Figure

import command
import evaluation
import pictures
import train
from assignment2 import Checkpoint, bce_forward, descend, inference_2layers
from data.embedded import load_embedded
from data.reader import read_parameters, read_pickle
from data.writer import atomic_write

ROOT = Path(train.__file__).parent
FILES = ["assignment2.pkl", "loss.png", "loss.svg", "run.json", "surface.png", "surface.svg"]


def run(*arguments):
    return command.attempt("train.py", lambda: train.main([str(a) for a in arguments]))


def files_of(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


TOY = {  # sentences of the project's own
    "train_x": ["a good day", "good good", "so bad", "bad bad news"] * 5,
    "train_y": np.array([[1.0], [1.0], [0.0], [0.0]] * 5),
    "test_x": ["good news", "a bad day"],
    "test_y": np.array([[1.0], [0.0]]),
    "freqs": {("good", 1.0): 15, ("day", 1.0): 5, ("bad", 0.0): 15, ("news", 0.0): 5},
}
LATER = {"X": TOY["train_x"], "y": TOY["train_y"], "freqs": TOY["freqs"]}


def toy(path, **changes):
    path.write_bytes(pickle.dumps({**TOY, **changes}))
    return path


@pytest.fixture(autouse=True)
def committed_files_stay():
    """Whatever a test here does, the files that the project comes with stay as they are."""
    kept = [ROOT / "assignment2.pkl", ROOT / "assignment2.pdf", *sorted((ROOT / "pictures").iterdir())]
    before = [path.read_bytes() for path in kept]
    yield
    assert [path.read_bytes() for path in kept] == before


@pytest.fixture
def undrawn(monkeypatch):
    """Saves empty pictures, where they are not the point: to draw them takes longer than all else in a small run."""

    def save(figure, path):
        for ending in (".svg", ".png"):
            path.with_name(path.name + ending).touch()

    monkeypatch.setattr(train, "save", save)


# ---- A run ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn():
    """The figures that `short_run` saves, by the names of their files."""
    return {}


@pytest.fixture(scope="module")
def short_run(tmp_path_factory, drawn):
    def save(figure, path):
        drawn[path.name] = figure
        pictures.save(figure, path)

    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "save", save)
        assert run("--iters", "2e4", "--out", out) == 0
    return out


@pytest.mark.parametrize("right, n", [(1992, 2000), (2000, 2000), (0, 7), (3, 7)])
def test_the_interval_is_wilsons(right, n):
    """Its ends are the two p from which right/n is z standard errors away, for the z of 95 %; to 1e-9."""
    share, z = right / n, NormalDist().inv_cdf(0.975)
    ends = np.roots([1 + z**2 / n, -2 * share - z**2 / n, share**2])  # of (share - p)² = z² p (1 - p) / n
    assert evaluation.wilson_interval(right, n) == pytest.approx(sorted(ends), rel=1e-9, abs=1e-12)


def test_a_run_leaves_parameters_figures_and_pictures(short_run):
    assert sorted(files_of(short_run)) == FILES
    figures = json.loads((short_run / "run.json").read_text(encoding="utf-8"))
    parameters = read_pickle(short_run / "assignment2.pkl")
    assert sorted(parameters) == ["W1", "W2", "b1", "b2"]
    assert figures["parameters"] == {name: value.tolist() for name, value in parameters.items()}

    # The figures again, from the parameters alone, in another arithmetic: ŷ > 1/2 if z > 0, the loss as log(1 + e^∓z).
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
    assert figures["test"]["interval"] == evaluation.wilson_interval(int(tn + tp), 2000)
    assert len(figures["wrong"]) == min(10, fp + fn)
    assert figures["examples"][0]["features"] == [1, 38, 171]  # the handout's my_tweet, its stems' counts

    # The curve: the checkpoints of the same run, and at the last one the losses of what was kept.
    curve = figures["curve"]
    checkpoints = list(descend(data["train_X"], data["train_y"], 6, 2e4))
    assert curve["step"] == [c.step for c in checkpoints] and figures["steps_taken"] == 20_000
    assert curve["train"] == [c.loss for c in checkpoints]
    W1, b1, W2, b2 = checkpoints[7].parameters
    assert curve["eval"][7] == bce_forward(inference_2layers(data["test_X"], W1, W2, b1, b2), data["test_y"])
    assert curve["eval"] != curve["train"]

    # The parameters while training, to six digits: from each the losses of the curve at that step, to 1e-4.
    kept = figures["checkpoints"]
    assert (kept["step"][0], kept["step"][-1]) == (1, 20_000) and len(kept["step"]) > 30
    assert all(later >= 1.2 * step for step, later in zip(kept["step"][:-2], kept["step"][1:-1], strict=True))
    for step, W1, b1, W2, b2 in zip(*(kept[name] for name in ("step", "W1", "b1", "W2", "b2")), strict=True):
        at = curve["step"].index(step)
        for part, name in (("train", "train"), ("test", "eval")):
            yhat = inference_2layers(data[f"{part}_X"], W1, W2, b1, b2)
            assert bce_forward(yhat, data[f"{part}_y"]) == pytest.approx(curve[name][at], rel=1e-4)


def test_the_parameters_have_ten_digits_on_any_processor(short_run):
    """What differs between two processors is some 1e-13 of each number; ten digits are the same on both."""
    for values in read_parameters(short_run / "assignment2.pkl"):
        assert all(float(f"{value:.9e}") == value for value in values.flat)
    values = np.array([[3.14159265358979, -2.71828182845905e-7], [0.0, 1.41421356237309e12]])
    expected = [[3.141592654, -2.718281828e-7], [0.0, 1414213562000.0]]
    for noise in (0, 1e-13, -1e-13):
        assert train.rounded(values * (1 + noise)).tolist() == expected


def test_the_pictures_show_the_run(short_run, drawn):
    """Each picture gets its own curve, tweets and network: they are what the drawing functions are called with."""
    figures = json.loads((short_run / "run.json").read_text(encoding="utf-8"))
    lines = {line.get_label(): line.get_ydata().tolist() for line in drawn["loss"].axes[0].lines}
    assert lines == {"training": figures["curve"]["train"], "evaluation (test tweets)": figures["curve"]["eval"]}
    marks = {c.get_label(): c.get_offsets().tolist() for c in drawn["surface"].axes[0].collections}
    data = load_embedded()
    assert marks["positive"] == data["test_X"][1:, data["test_y"] == 1].T.tolist()
    (tn, fp), (fn, tp) = figures["test"]["confusion"]
    assert len(marks["wrong"]) == fp + fn > 0
    assert {tuple(wrong["features"][1:]) for wrong in figures["wrong"]} <= set(map(tuple, marks["wrong"]))
    assert {text.get_text() for text in drawn["surface"].axes[0].texts} >= {":) 2,960", ":( 3,675"}


def test_the_same_run_gives_the_same_bytes(short_run, tmp_path):
    assert run("--iters", "2e4", "--out", tmp_path) == 0
    assert files_of(tmp_path) == files_of(short_run)


@pytest.mark.usefixtures("undrawn")
def test_the_tweets_give_the_same_parameters_as_their_embedded_features(shared, short_run, tmp_path, capsys):
    assert run("--iters", "2e4", "--data", shared / "data" / "twitter_data.pkl", "--out", tmp_path) == 0
    assert (tmp_path / "assignment2.pkl").read_bytes() == (short_run / "assignment2.pkl").read_bytes()
    out = capsys.readouterr().out
    assert "Training Data: " in out and "Features  [[1.000e+00 3.133e+03 6.100e+01]]" in out


@pytest.mark.usefixtures("undrawn")
def test_a_data_file_of_ones_own(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    long = "good " * 200
    data = toy(tmp_path / "mine.pkl", test_x=[long, "a bad day"])
    assert run("--data", data, "--iters", 3000, "--lr", 0.3, "--out", tmp_path / "out") == 0
    out, error = capsys.readouterr()
    assert error == ""
    assert "Data: mine.pkl, 20 training tweets and 2 test tweets" in out and "Test accuracy 1.0000" in out
    assert "Training Data:  a good day\nFeatures  [[ 1. 20.  0.]]\n" in out
    assert "95 % interval of the test accuracy, by Wilson's method: 0.3424 to 1.0000" in out  # 1 / (1 + z²/2)
    tweets = out[out.index("\nTest tweets\n") : out.index("\nSentences of our own\n")].splitlines()
    assert tweets[3].endswith("  good good good good good good …") and len(tweets[3]) == 60
    assert tweets[4].endswith("  a bad day")


@pytest.mark.usefixtures("undrawn")
def test_without_a_terminal_a_tweet_is_shown_whole(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "__stdout__", None)
    tweet = ("bad " * 70).strip()  # 279 characters, of the 280 that a tweet may have
    data = toy(tmp_path / "mine.pkl", test_x=["good", tweet])
    assert run("--data", data, "--iters", 10, "--out", tmp_path / "out") == 0
    assert f"  {tweet}\n" in capsys.readouterr().out


@pytest.mark.usefixtures("undrawn")
def test_data_without_a_test_set(tmp_path, capsys):
    path = tmp_path / "later.pkl"
    path.write_bytes(pickle.dumps(LATER))
    assert run("--data", path, "--iters", 2000, "--lr", 0.3, "--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "Data: later.pkl, 20 training tweets and no test tweets" in out
    assert "later.pkl has no test set, so there is nothing to evaluate the network on." in out
    assert "Training accuracy 1.0000" in out and "Sentences of our own" in out and "Test" not in out
    assert sorted(files_of(tmp_path / "out")) == FILES
    figures = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert figures["data"] == {"source": "later.pkl", "train": 20} and set(figures["curve"]) == {"step", "train"}
    assert not {"test", "rule", "wrong"} & figures.keys()


@pytest.mark.usefixtures("undrawn")
def test_numbers_may_be_written_as_powers_of_ten(tmp_path):
    data = toy(tmp_path / "d.pkl")
    settings = ["--hidden", "1e1", "--iters", "1.2e2", "--batch", "1e3", "--seed", "12345678901234567890"]
    assert run("--data", data, *settings, "--out", tmp_path / "out") == 0
    figures = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert [figures[key] for key in ("hidden", "iters", "batch", "seed")] == [10, 120, 1000, 12345678901234567890]
    assert np.shape(figures["parameters"]["W1"]) == (10, 3)


# ---- Figures -------------------------------------------------------------------------------------


def test_ties_and_the_order_of_the_wrong_ones():
    """ŷ = 1/2 is no positive answer, equal counts are not more positive ones, and the surest mistakes come first."""
    yhat = np.array([0.5, 0.5, 0.6, 0.99, 0.3, 0.1, 0.5])
    y = np.array([1, 0, 0, 0, 1, 1, 0])
    X = np.array([np.ones(7), [9, 9, 1, 2, 3, 4, 5], [9, 9, 0, 3, 2, 5, 5]])
    predict = {7: lambda X: yhat, 1: lambda X: np.array([0.5])}
    data = {"train_X": X, "train_y": y, "test_X": X, "test_y": y, "freqs": {}}
    figures = evaluation.measure(lambda X: predict[X.shape[1]](X), lambda yhat, y: 0.25, data)
    assert figures["train"] == {"loss": 0.25, "accuracy": 2 / 7}  # right: the second and the last
    assert figures["test"]["accuracy"] == 2 / 7 and figures["test"]["confusion"] == [[2, 2], [3, 0]]
    assert [wrong["yhat"] for wrong in figures["wrong"]] == [0.99, 0.1, 0.3, 0.6, 0.5]
    assert [wrong["label"] for wrong in figures["wrong"]] == [0, 1, 1, 0, 1]
    assert figures["wrong"][1]["features"] == [1, 4, 5]
    assert figures["rule"]["accuracy"] == 4 / 7  # right: the second and the last, by the tie; the fourth and the fifth
    assert all(example["features"] == [1, 0, 0] and example["yhat"] == 0.5 for example in figures["examples"])


@pytest.mark.usefixtures("undrawn")
def test_divergence_is_said(tmp_path, capsys):
    """Tweets that are all alike: no network does better than the entropy of the labels, here of a share of 1/4."""
    data = toy(tmp_path / "d.pkl", train_x=["good"] * 20, train_y=[1, 0, 0, 0] * 5)
    assert run("--data", data, "--iters", 50, "--lr", 0.5, "--out", tmp_path / "out") == 0
    error = capsys.readouterr().err.strip()
    loss = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["train"]["loss"]
    guess = "0.56234"  # 2 ln 2 - 3/4 ln 3
    assert error == (
        f"train.py: warning: the training loss, {loss:.5f}, is no better than the {guess} of guessing "
        "ŷ = 0.25 for every tweet. Try a smaller --lr than 0.5, or more --iters."
    )


@pytest.mark.usefixtures("undrawn")
def test_no_warning_for_a_network_that_learned(short_run, capsys):
    assert run("--iters", 3000, "--out", short_run.parent / "learned") == 0
    assert capsys.readouterr().err == ""


# ---- A prediction --------------------------------------------------------------------------------


def test_predict(short_run, capsys):
    assert run("--predict", "What a wonderful day :)", "--out", short_run) == 0
    out = capsys.readouterr().out
    assert f"parameters  {short_run}/assignment2.pkl, from --out\n" in out
    assert "Positive sentiment" in out and "wonder day :)" in out
    assert run("--predict", "so sad :(", "--out", short_run) == 0
    assert "Negative sentiment" in capsys.readouterr().out
    assert run("--predict", "", "--out", short_run) == 0
    assert "stems       (none)\nfeatures    0 positive, 0 negative\n" in capsys.readouterr().out


def test_predict_takes_the_last_run_or_else_what_comes_with_the_project(short_run, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(train, "OUTPUT", tmp_path / "none")
    assert run("--predict", "hello") == 0
    assert "assignment2.pkl, that come with the project\n" in capsys.readouterr().out
    monkeypatch.setattr(train, "OUTPUT", short_run)
    assert run("--predict", "hello") == 0
    assert f"parameters  {short_run}/assignment2.pkl, of the last run\n" in capsys.readouterr().out


def test_predict_with_the_counts_of_a_data_file(short_run, tmp_path, capsys):
    assert run("--predict", "good news", "--data", toy(tmp_path / "d.pkl"), "--out", short_run) == 0
    assert "features    15 positive, 5 negative\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"b1": np.array([np.nan, 1.0])}, "b1 holds nan"),
        ({"W2": np.array([["a", "b"]])}, "W2 holds <U1"),
        ({"b1": np.zeros(3)}, "the shapes W1 (2, 3), b1 (3,), W2 (1, 2), b2 (1,) do not fit"),
        ({"W1": np.ones((2, 5))}, "W1 of shape (2, 5) does not fit the 3 features of a tweet"),
    ],
)
def test_parameters_that_cannot_be_used(tmp_path, capsys, changes, sentence):
    saved = {"W1": np.ones((2, 3)), "b1": np.zeros(2), "W2": np.ones((1, 2)), "b2": np.zeros(1), **changes}
    (tmp_path / "assignment2.pkl").write_bytes(pickle.dumps(saved))
    assert run("--predict", "good", "--out", tmp_path) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1
    assert error.startswith(f"train.py: error: {tmp_path}/assignment2.pkl: ") and sentence in error


# ---- Ctrl-C --------------------------------------------------------------------------------------


@pytest.fixture
def press(monkeypatch):
    """A function that does what Ctrl-C does, also if the tests run where Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def interrupted_after(checkpoints, press):
    def descend(X, y, hidden, iters, lr, batch, seed):
        for step in range(1, checkpoints + 1):
            now = np.full((hidden, 3), step), np.zeros(hidden), np.ones((1, hidden)), np.zeros(1)
            best = now[0] / now[0] / 3, *now[1:]
            yield Checkpoint(step, now, 1 / step, best)
        press()
        yield Checkpoint(iters, now, 0.0, now)

    return descend


@pytest.mark.usefixtures("undrawn")
def test_ctrl_c_while_training_saves_what_there_is(tmp_path, capsys, monkeypatch, press):
    monkeypatch.setattr(train, "descend", interrupted_after(3, press))
    assert run("--data", toy(tmp_path / "d.pkl"), "--iters", "1e12", "--out", tmp_path / "out") == 130
    out, error = capsys.readouterr()
    assert error.count("\n") == 2 and "train.py: warning" in error  # three steps of nothing: not interrupted again
    assert out.index("Interrupted at step 3 of 1,000,000,000,000: saving what there is.") < out.index("Test accuracy")
    assert sorted(files_of(tmp_path / "out")) == FILES
    figures = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert figures["curve"]["step"] == [1, 2, 3] and figures["steps_taken"] == 3
    assert figures["stopped"] == "Interrupted by Ctrl-C."
    assert figures["parameters"]["W1"] == [[0.3333333333] * 3] * 6  # the best, not the last


def test_ctrl_c_before_the_first_checkpoint(tmp_path, capsys, monkeypatch, press):
    monkeypatch.setattr(train, "descend", interrupted_after(0, press))
    assert run("--data", toy(tmp_path / "d.pkl"), "--out", tmp_path / "out") == 130
    assert capsys.readouterr().err == "train.py: interrupted\n" and files_of(tmp_path / "out") == {}


@pytest.mark.usefixtures("undrawn")
def test_ctrl_c_while_saving(tmp_path, capfd, monkeypatch, press):
    """The first says that the rest is being saved, and it is."""
    monkeypatch.setattr(train, "measure", lambda *arguments: press() or evaluation.measure(*arguments))
    assert run("--data", toy(tmp_path / "d.pkl"), "--iters", 3000, "--lr", 0.3, "--out", tmp_path / "out") == 130
    out, error = capfd.readouterr()
    assert error == "Saving the results. Ctrl-C again gives up.\n" and "Test accuracy 1.0000" in out
    assert sorted(files_of(tmp_path / "out")) == FILES


def test_a_second_ctrl_c_while_saving(tmp_path, capfd, monkeypatch, press):
    """Gives up: no half-written file and no temporary one is left."""

    def save(figure, path):
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            press()
            press()

    monkeypatch.setattr(train, "save", save)
    assert run("--data", toy(tmp_path / "d.pkl"), "--iters", 20, "--out", tmp_path / "out") == 130
    assert capfd.readouterr().err == "Saving the results. Ctrl-C again gives up.\ntrain.py: interrupted\n"
    assert sorted(files_of(tmp_path / "out")) == ["assignment2.pkl", "run.json"]


# train.py, with Ctrl-C at the moment when it imports a given module; with that module missing; or with empty pictures,
# where they are not the point.
MEDDLED = f"""\
import os, runpy, signal, sys
sys.path.insert(0, {str(ROOT)!r})
signal.signal(signal.SIGINT, signal.default_int_handler)
what, module = sys.argv[1:3]
sys.argv[:3] = ["train.py"]
if what == "without":
    sys.modules[module] = None
if what == "undrawn":
    import pictures
    pictures.draw_loss = pictures.draw_surface = lambda *arguments: None
    pictures.save = lambda figure, path: [path.with_suffix(ending).touch() for ending in (".svg", ".png")]
class Meddler:
    def find_spec(self, name, path=None, target=None):
        if (what, name) == ("press", module):
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                raise ImportError("what C code may make of it")
sys.meta_path.insert(0, Meddler())
runpy.run_path({str(ROOT / "train.py")!r}, run_name="__main__")
"""


def meddled(what, module, *arguments):
    command = [sys.executable, "-c", MEDDLED, what, module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("module", ["argparse", "numpy.linalg", "data.embedded", "matplotlib"])
def test_ctrl_c_during_the_imports(tmp_path, module):
    assert meddled("press", module, "--out", tmp_path / "out") == (130, "", "train.py: interrupted\n")
    assert not (tmp_path / "out").exists()


def test_ctrl_c_during_the_import_of_matplotlib_saves_first(tmp_path):
    data = toy(tmp_path / "d.pkl")
    status, out, error = meddled("press", "matplotlib.figure", "--data", data, "--iters", 5000, "--out", tmp_path / "o")
    assert (status, error) == (130, "Saving the results. Ctrl-C again gives up.\n") and "Test accuracy" in out
    assert sorted(files_of(tmp_path / "o")) == FILES


def test_ctrl_c_in_a_real_training(tmp_path):
    arguments = ["--iters", "1e12", "--data", str(toy(tmp_path / "d.pkl")), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-c", MEDDLED, "undrawn", "", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    lines = iter(process.stdout.readline, "")
    assert any(line.lstrip().startswith("step") for line in lines)
    next(lines)  # the first line of losses: a checkpoint has been reached
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in error
    assert "Interrupted at step" in out and "saving what there is" in out
    assert sorted(files_of(tmp_path / "out")) == FILES


# ---- Output that cannot be written, and code pages -----------------------------------------------

CASES = {  # how a shell runs it, its status, and what it says on stderr
    "reader gone": ("{train} | head -1 > log", 0, ""),
    "stdout closed": ("{train} >&-", 0, ""),
    "stderr closed, code page of Windows": ("PYTHONIOENCODING=cp1252 {train} 2>&- > log", 0, ""),
    "no code page": ("LC_ALL=POSIX PYTHONCOERCECLOCALE=0 PYTHONUTF8=0 {train} > log", 0, ""),
    "disk full": (
        "{train} > /dev/full",
        1,
        "train.py: error: the output could not be written: No space left on device\n",
    ),
}
if not Path("/dev/full").exists():
    del CASES["disk full"]


def in_a_shell(folder, shell):
    command = [
        sys.executable,
        "-c",
        MEDDLED,
        "undrawn",
        "",
        "--data",
        toy(folder / "d.pkl"),
        "--iters=300",
        "--out=out",
    ]
    line = "set -o pipefail; " + shell.format(train=shlex.join(map(str, command)))
    return subprocess.run(["bash", "-c", line], cwd=folder, stderr=subprocess.PIPE, encoding="utf-8")


@pytest.fixture(scope="module")
def whole_output(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert in_a_shell(folder, "{train} > log").returncode == 0
    return files_of(folder / "out")


@pytest.mark.parametrize("case", CASES)
def test_no_output_stops_or_loses_a_run(tmp_path, whole_output, case):
    shell, *expected = CASES[case]
    done = in_a_shell(tmp_path, shell)
    assert [done.returncode, done.stderr] == expected
    assert sorted(whole_output) == FILES and files_of(tmp_path / "out") == whole_output
    if case == "reader gone":
        assert (tmp_path / "log").read_text() == "Data: d.pkl, 20 training tweets and 2 test tweets\n"
    elif (tmp_path / "log").exists():
        text = (tmp_path / "log").read_text(encoding="cp1252")
        assert " positive  negative       yhat\n" in text and text.endswith("loss and surface as .svg and .png\n")


@pytest.mark.parametrize("setting", ["PYTHONIOENCODING=cp1252", "LC_ALL=POSIX PYTHONCOERCECLOCALE=0 PYTHONUTF8=0"])
def test_help_on_any_code_page(setting):
    command = f"{setting} {sys.executable} train.py --help"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, encoding="cp1252")
    assert (done.returncode, done.stderr) == (0, "")
    assert "hidden units, l (default 6)" in done.stdout and 'python train.py --predict "what a lovely' in done.stdout


# ---- assignment2.pkl -----------------------------------------------------------------------------


def test_the_repositorys_parameters_are_what_a_run_gives():
    """The run of `make train`, a million steps. To 1e-6: another processor or numpy may round each step differently."""
    data, saved = load_embedded(), read_pickle(ROOT / "assignment2.pkl")
    yhat = inference_2layers(data["test_X"], saved["W1"], saved["W2"], saved["b1"], saved["b2"])
    assert bce_forward(yhat, data["test_y"]) <= 0.0120
    assert np.mean((yhat > 0.5) == data["test_y"]) >= 0.995
    *_, checkpoint = descend(data["train_X"], data["train_y"], hidden=6)
    for name, again in zip(["W1", "b1", "W2", "b2"], checkpoint.best, strict=True):
        np.testing.assert_allclose(again, saved[name], rtol=1e-6, atol=1e-9)


# ---- Bad input: status 2, a sentence, nothing overwritten ----------------------------------------


class RunsCode:
    def __reduce__(self):
        return print, ("this must never be printed",)


def broken_files(folder):
    (folder / "empty.pkl").write_bytes(b"")
    (folder / "truncated.pkl").write_bytes(toy(folder / "whole.pkl").read_bytes()[:-30])
    toy(folder / "code.pkl", freqs=RunsCode())
    toy(folder / "lengths.pkl", train_y=np.ones((3, 1)))
    toy(folder / "labels.pkl", test_y=[2, 0])
    toy(folder / "alike.pkl", train_y=[1] * 20)
    toy(folder / "no_counts.pkl", freqs={})
    toy(folder / "text_counts.pkl", freqs={("good", 1.0): "15"})
    toy(folder / "no_tweets.pkl", train_x=[], train_y=[])
    (folder / "no_keys.pkl").write_bytes(pickle.dumps({"train_x": ["a"]}))


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--data", "nowhere.pkl"], "nowhere.pkl: no such file"),
        (["--data", "."], "cannot be read"),
        (["--data", "empty.pkl"], "empty.pkl: the file is empty"),
        (["--data", "truncated.pkl"], "truncated.pkl: not a whole pickle"),
        (["--data", "code.pkl"], "code.pkl: refused"),
        (["--data", "lengths.pkl"], "train_y: labels of shape (3, 1) for 20 tweets"),
        (["--data", "labels.pkl"], "test_y[0] is 2; a label is 0 or 1"),
        (["--data", "alike.pkl"], "train_y: every label is 1"),
        (["--data", "no_counts.pkl"], "freqs is empty"),
        (["--data", "text_counts.pkl"], "freqs[('good', 1.0)] is '15'; a count is a number"),
        (["--data", "no_tweets.pkl"], "train_x holds no tweets"),
        (["--data", "no_keys.pkl"], "has no train_y, freqs"),
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


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--hidden", "0"], "argument --hidden: expected at least 1, not 0"),
        (["--hidden", "1e12"], "argument --hidden: expected at most 10,000, not 1e12"),
        (["--hidden", "many"], "argument --hidden: expected a whole number such as 6 or 1e6, not 'many'"),
        (["--iters", "-1"], "argument --iters: expected at least 1, not -1"),
        (["--iters", "inf"], "argument --iters: expected a whole number such as 6 or 1e6, not 'inf'"),
        (["--iters", "2.5"], "argument --iters: expected a whole number such as 6 or 1e6, not '2.5'"),
        (["--iters", "1" + 30 * "0"], "argument --iters: expected at most 1,000,000,000,000,000"),
        (["--batch", "0"], "argument --batch: expected at least 1, not 0"),
        (["--batch", ""], "argument --batch: expected a whole number"),
        (["--seed", "-3"], "argument --seed: expected at least 0, not -3"),
        (["--lr", "nan"], "argument --lr: expected a positive number, not 'nan'"),
        (["--lr", "0"], "argument --lr: expected a positive number, not '0'"),
        (["--lr", "fast"], "argument --lr: expected a positive number, not 'fast'"),
        (["--out", ""], "argument --out: expected a path, not an empty text"),
        (["--data", " "], "argument --data: expected a path, not an empty text"),
        (["--predict"], "argument --predict: expected one argument"),
        (["--prefix", "x"], "unrecognized arguments: --prefix x"),
    ],
)
def test_a_command_line_that_cannot_be_read(tmp_path, monkeypatch, capsys, arguments, says):
    """Found before the data are read, here a file that does not exist, and before a folder is made."""
    monkeypatch.chdir(tmp_path)
    assert run("--data", "nowhere.pkl", "--out", "out", *arguments) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.splitlines()[-1].startswith(f"train.py: error: {says}")
    assert files_of(tmp_path) == {}


def test_two_dashes_are_a_tweet_or_a_sentence(capsys):
    """Before Python 3.13 argparse makes an empty list of them."""
    status = run("--predict=--")
    out, error = capsys.readouterr()
    assert (
        "stems" in out if status == 0 else error.splitlines()[-1] == "train.py: error: '--' is no value for an option"
    )


@pytest.mark.parametrize("module", ["numpy", "tqdm", "matplotlib", "nltk"])
def test_a_missing_package_is_named_before_anything_is_done(tmp_path, module):
    status, out, error = meddled("without", module, "--out", tmp_path / "out")
    assert (status, out) == (2, "") and error.count("\n") == 1
    assert error.startswith(f"train.py: error: the package {module} is missing from {sys.executable}; ")
    assert "python -m pip install -r requirements.txt" in error
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run("--data", toy(tmp_path / "d.pkl"), "--out", tmp_path / "file" / "out") == 2
    assert f"{tmp_path}/file/out: cannot write there: " in capsys.readouterr().err


@pytest.mark.parametrize("name", ["assignment2.pkl", "run.json", "loss.svg", "surface.png"])
def test_a_file_that_cannot_be_written_is_named(tmp_path, capsys, monkeypatch, name):
    """A folder is in its place; the temporary file beside it is neither named nor left. What is drawn is no matter."""
    for draw in ("draw_loss", "draw_surface"):
        monkeypatch.setattr(train, draw, lambda *arguments: Figure((1, 1)))
    (tmp_path / "out" / name).mkdir(parents=True)
    assert run("--data", toy(tmp_path / "d.pkl"), "--iters", 20, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err == f"train.py: error: {tmp_path}/out/{name}: Is a directory\n"
    assert {path.name for path in (tmp_path / "out").iterdir()} <= set(FILES)


def test_not_enough_memory(tmp_path, capsys, monkeypatch):
    def descend(*arguments, **settings):
        np.empty((10**12, 10**6))
        yield

    monkeypatch.setattr(train, "descend", descend)
    assert run("--data", toy(tmp_path / "d.pkl"), "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.startswith("train.py: error: not enough memory: Unable to allocate ")
