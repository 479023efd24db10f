"""A student's own document: the questions with empty boxes for their derivations, and what their folder holds for Q5.

Their pictures are shown as they are. Their parameters are opened with the strict reader and evaluated, with the
handout's equations, on the features of the course's tweets. Their code runs in a process of its own, in the folder it
lies in and with a time limit, and the page says whether it gives the same values. No line of the model's derivations is
read here, and nothing is said about a training that this program did not see. What is missing or cannot be used gets a
sentence.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import typst

from assignment2 import bce_forward, inference_2layers
from data.embedded import load_embedded
from data.reader import read_parameters, read_tweets
from evaluation import measure
from report.build import HERE, build
from utils import extract_features, process_tweet

TEMPLATE = HERE.parent / "kit" / "templates" / "assignment2.typ"
SECONDS = 60  # for their code, imports and all
LARGEST = 20_000_000  # bytes of a picture or of a run.json
KINDS = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp")  # of two pictures with one name the first is shown
PICTURES = {"curves": ("loss", "curve"), "surface": ("surface", "boundary")}  # a word of the file's name

# The names under which a run.json may hold its curve: those of check.py and train.py, and what other programs use.
STEPS = ("steps", "step", "iterations", "iters", "epochs", "epoch")
TRAINING = ("train_loss", "train", "training_loss", "loss", "losses", "Ls")
EVALUATION = ("test_loss", "eval", "eval_loss", "evaluation_loss", "val_loss", "test")


class Findings:
    """What the page shows, as JSON for its source, with its pictures in the folder `work`."""

    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        self.shown = {"curves": [], "surface": [], "figures": None, "tests": []}
        self.missing = []  # {"part": where the page says it, "sentence"}

    def miss(self, part, sentence):
        self.missing.append({"part": part, "sentence": _plain(str(sentence).replace(f"{self.folder}{os.sep}", ""))})


def _plain(text):
    """On one line, without control characters or halves of surrogate pairs: errors, file names and tweets hold any."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def write_student_document(folder, out, name, login):
    """Write the PDF `out` about the hand-in in `folder`, and return a sentence for whatever is missing in it.

    folder: holds assignment2.py and assignment2.pkl, and in itself or in mine/ pictures of the loss curves and of the
    decision surface, or a run.json. Raises ValueError if there is no such folder, OSError if `out` cannot be written.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; --solution takes the folder that holds assignment2.py")
    with tempfile.TemporaryDirectory() as work:
        found = Findings(folder.resolve(), Path(work))
        _find(found)
        shutil.copy(HERE / "style.typ", work)
        source = Path(work, "assignment2.typ")
        source.write_text(_questions() + (HERE / "student.typ").read_text(encoding="utf-8"), encoding="utf-8")
        page = json.dumps(found.shown | {"missing": found.missing})
        build(source, out, {"name": name, "login": login, "found": page})
    return [row["sentence"] for row in found.missing]


def _questions():
    """The template up to Q5, with its name and login from the command line."""
    text = TEMPLATE.read_text(encoding="utf-8").partition("#pagebreak(weak: true)\n= Q5")[0]
    for field in ("name", "login"):
        text = text.replace(f'#let {field} = ""', f"#let {field} = sys.inputs.{field}")
    return text


def _find(found):
    for part, words in PICTURES.items():
        _find_pictures(found, part, words)
    if not found.shown["curves"]:
        _draw_curves(found)
    if not Path(found.folder, "assignment2.py").is_file():
        found.miss("figures", "assignment2.py is missing, so no figure is compared with your functions.")
    parameters = _find_parameters(found)
    if parameters:
        _find_figures(found, parameters)
    if not found.shown["tests"]:
        found.miss("tests", "The examples are missing: they need the parameters in assignment2.pkl.")
    if not found.shown["surface"]:
        found.miss("surface", "The decision surface is missing: it needs surface.png, surface.svg or assignment2.pkl.")


# ---- Pictures ------------------------------------------------------------------------------------


def _find_pictures(found, part, words):
    """Up to four pictures of mine/, or else of the folder, whose names hold one of `words`."""
    for place in (found.folder / "mine", found.folder):
        named = {}
        for path in sorted(place.glob("[!.]*")):
            if path.suffix.lower() in KINDS and any(word in path.stem.lower() for word in words) and path.is_file():
                named.setdefault(path.stem, []).append(path)
        for paths in list(named.values())[:4]:
            paths.sort(key=lambda path: KINDS.index(path.suffix.lower()))
            any(_show(found, part, path) for path in paths)
        if found.shown[part]:
            return


def _show(found, part, path):
    """Whether the picture at `path` can be shown; if so it is copied and listed, if not there is a sentence."""
    copy = found.work / f"{part}{len(found.shown[part])}{path.suffix.lower()}"
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST // 10**6} MB")
        shutil.copyfile(path, copy)
        probe = found.work / "probe.typ"
        probe.write_text(f'#let it = image("{copy.name}")\n#it #context assert(measure(it).height > 0pt)')
        typst.compile(str(probe), root=str(found.work), ignore_system_fonts=True)
    except (OSError, ValueError, typst.TypstError) as error:
        found.miss(part, f"{path} cannot be shown: {getattr(error, 'message', error)}.")
        return False
    found.shown[part].append({"file": copy.name, "source": _plain(path.relative_to(found.folder).as_posix())})
    return True


def _draw_curves(found):
    paths = [path for path in (found.folder / "mine" / "run.json", found.folder / "run.json") if path.is_file()]
    if not paths:
        found.miss(
            "curves",
            "The loss curves are missing: no loss.png, loss.svg or run.json, in mine/ or beside assignment2.py, can be "
            "used. `python check.py --train` makes them.",
        )
        return
    try:
        curve = read_curve(paths[0])
    except (OSError, ValueError, RecursionError) as error:
        found.miss("curves", f"The loss curves cannot be drawn from {paths[0]}: {error}.")
        return
    if "eval" not in curve:
        found.miss("curves", f"{paths[0]} holds no evaluation loss, and Q5 asks for that curve too.")

    from pictures import draw_loss  # matplotlib takes a while to import

    _draw(found, "curves", draw_loss(curve), paths[0].relative_to(found.folder).as_posix())


def read_curve(path):
    """The curve in a run.json, as pictures.draw_loss takes it: {"step", "train"} and, if it is there, "eval".

    Takes what train.py and the kit's check.py write, and lists under other usual names. Raises ValueError for what is
    no list of losses, and OSError or RecursionError for a file that cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 10**6} MB")
    run = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(run, dict) and isinstance(run.get("curve"), dict):
        run = run["curve"]
    if not isinstance(run, dict):
        raise ValueError("it is not a JSON object")
    train = _numbers(run, TRAINING)
    if not train:
        raise ValueError(f"it has no list of training losses, such as {TRAINING[0]}")
    columns = {"step": _numbers(run, STEPS) or list(range(1, len(train) + 1)), "train": train}
    if evaluation := _numbers(run, EVALUATION):
        columns["eval"] = evaluation
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{len(column)} of {name}" for name, column in columns.items())
        raise ValueError(f"its lists differ in length: {lengths}")
    rows = sorted(row for row in zip(*columns.values(), strict=True) if row[0] > 0)  # 0 has no place on the axis
    if not rows:
        raise ValueError("it has no step after 0")
    if max(row[1] for row in rows) <= 0:
        raise ValueError("its training losses are all 0")
    return dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))


def _numbers(run, names):
    """The first list under one of `names`, or None."""
    for name in names:
        if isinstance(run.get(name), list):
            try:
                values = [float(value) for value in run[name]]
            except (TypeError, ValueError, OverflowError):
                raise ValueError(f"{name} holds something else than numbers") from None
            wrong = [value for value in values if not 0 <= value < np.inf]
            if wrong:
                raise ValueError(
                    f"{name} holds {wrong[0]:g}; a step or a mean cross-entropy is finite and not negative"
                )
            return values
    return None


def _draw(found, part, figure, source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a constant ŷ has no boundary, which matplotlib warns of
        figure.savefig(found.work / f"{part}.png", dpi=160)
    found.shown[part].append({"file": f"{part}.png", "source": source, "drawn": True})


# ---- Parameters and code -------------------------------------------------------------------------


def _find_parameters(found):
    """W1, b1, W2, b2 of the folder's assignment2.pkl, or else of the one in mine/; None if there is none to use."""
    places = (found.folder / "assignment2.pkl", found.folder / "mine" / "assignment2.pkl")
    paths = [path for path in places if path.is_file()]
    if not paths:
        found.miss("figures", "assignment2.pkl is missing, and with it the figures of your network.")
        return None
    path = paths[0]
    try:
        parameters = read_parameters(path)
        if parameters[0].shape[1] != 3:
            raise ValueError(f"{path}: W1 of shape {parameters[0].shape} does not fit the 3 features of a tweet")
    except (OSError, ValueError) as error:
        found.miss("figures", f"{error}.")
        return None
    if len({path.read_bytes() for path in paths}) > 1:
        found.miss(
            "figures",
            "assignment2.pkl and mine/assignment2.pkl differ: the figures are of the first, and pictures in mine/ may "
            "be of another network.",
        )
    found.shown["parameters"] = path.relative_to(found.folder).as_posix()
    return parameters


def _find_figures(found, parameters):
    W1, b1, W2, b2 = parameters
    data = load_embedded()

    def predict(X):
        with np.errstate(over="ignore", invalid="ignore"):
            return inference_2layers(X, W1, W2, b1, b2)

    try:
        figures = measure(predict, bce_forward, data)
    except ValueError as error:
        found.miss("figures", f"{found.shown['parameters']} gives no figures: {error}.")
        return
    found.shown["figures"] = figures
    found.shown["tests"] = _test_tweets(found, predict, data)
    found.shown["code"] = _compare_code(found, parameters, data, predict(data["test_X"]), figures["test"]["loss"])
    if not found.shown["surface"]:
        from pictures import draw_surface, one_sided_stems

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            figure = draw_surface(data["test_X"], data["test_y"], predict, one_sided_stems(data["freqs"]))
        _draw(found, "surface", figure, found.shown["parameters"])


def _test_tweets(found, predict, data):
    """Some test tweets: six that are right, and up to five that are most confidently wrong."""
    X, y = data["test_X"], data["test_y"]
    yhat = predict(X)
    right = (yhat > 0.5) == (y == 1)
    chosen = []
    for label in (1, 0):
        of_label = np.flatnonzero(right & (y == label))
        chosen += [of_label[i] for i in np.linspace(0, of_label.size - 1, min(3, of_label.size)).astype(int)]
    wrong = [i for i in np.argsort(-np.abs(yhat - y), kind="stable") if not right[i]]
    chosen += list({tuple(X[:, i]): i for i in wrong}.values())[:5]  # some tweets are there twice
    rows = [{"features": X[:, i].tolist(), "label": int(y[i]), "yhat": float(yhat[i])} for i in chosen]
    path = found.folder / "twitter_data.pkl"
    if not path.is_file():
        found.miss("tests", "The tweets' stems are missing: they need twitter_data.pkl beside assignment2.py.")
        return rows
    try:
        tweets = read_tweets(path)
    except (OSError, ValueError) as error:
        found.miss("tests", f"{error}.")
        return rows
    texts = dict(enumerate(tweets.get("test_x", ())))
    for i, row in zip(chosen, rows, strict=True):
        if i in texts and (extract_features(texts[i], tweets["freqs"])[0] == X[:, i]).all():
            row["stems"] = _plain(" ".join(process_tweet(texts[i])))
    if not all("stems" in row for row in rows):
        found.miss("tests", f"{path} holds other test tweets than the course's file, so their stems are left out.")
    return rows


def _compare_code(found, parameters, data, yhat, loss):
    """Whether the student's own functions give `yhat` and `loss` on the test tweets; if not, there is a sentence."""
    path = found.folder / "assignment2.py"
    if not path.is_file():
        return False
    W1, b1, W2, b2 = parameters
    try:
        given = {"X": data["test_X"], "y": data["test_y"], "W1": W1, "b1": b1, "W2": W2, "b2": b2}
        theirs, their_loss, failed = run_code(path, given)
        if failed and not theirs.size:
            raise ValueError(failed)
        if theirs.shape != yhat.shape:
            raise ValueError(f"inference_2layers gave {theirs.size} values for {yhat.size:,} tweets")
        if not np.abs(theirs - yhat).max() <= 1e-6:  # also if it is NaN
            raise ValueError(
                "inference_2layers gives other values on the test tweets than equation (1.4) with these parameters, "
                f"up to {np.abs(theirs - yhat).max():.2g} apart"
            )
        if failed:
            raise ValueError(failed)
        if not abs(their_loss - loss) <= 0.01 * loss:  # some clip ŷ, which changes the loss of confident mistakes
            raise ValueError(
                f"bce_forward gives {their_loss:.4g} on the test tweets, and their mean cross-entropy is {loss:.4g}"
            )
    except ValueError as error:
        found.miss("code", f"assignment2.py: {error}.")
        return False
    return True


def run_code(path, given):
    """(ŷ, loss, what failed) of the functions in `path`, which runs in its folder. Raises ValueError for no answer."""
    with tempfile.TemporaryDirectory() as work:
        answer = Path(work, "answer.json")
        np.savez(Path(work, "given.npz"), **given)
        try:
            subprocess.run(
                [sys.executable, "-B", HERE / "student_code.py", path, Path(work, "given.npz"), answer],
                cwd=path.parent,
                # So that plt.show() waits for nobody, and print("ŷ") works on Windows too.
                env=os.environ | {"MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"},
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            found = json.loads(answer.read_text(encoding="utf-8"))
            return np.array(found["yhat"], dtype=float), float(found["loss"]), str(found["failed"])
        except subprocess.TimeoutExpired:
            failed = (
                f"it had not finished after {SECONDS:g} seconds; does it train when it is imported? Training belongs "
                'under `if __name__ == "__main__":`'
            )
        except (OSError, ValueError, TypeError, KeyError):  # no answer, or one that they wrote themselves
            failed = "it ended Python before its functions could answer"
        raise ValueError(failed)
