"""The interactive page: how it is put together; in Chromium its numbers against numpy and its tokens against utils."""

import base64
import json
import pickle
import re
import zlib

import numpy as np
import pytest

from assignment2 import bce_forward, descend, gradients, inference_2layers
from data.embedded import load_embedded
from data.reader import read_parameters
from evaluation import measure
from page.__main__ import main
from page.build import FOLDER, MOST_UNITS, build_page, bundle, contents
from page.values import SOLUTION, located_values
from tests.conftest import PROJECT
from tests.page_tweets import made_up_tweets
from utils import process_tweet

NAMES = ("W1", "b1", "W2", "b2")
LONGEST = 300_000  # bytes of a page


@pytest.fixture(scope="module")
def data():
    return load_embedded()


@pytest.fixture(scope="module")
def parameters():
    return read_parameters(PROJECT / "assignment2.pkl")


@pytest.fixture(scope="module")
def run(data, parameters):
    """The figures of a run as run.json holds them: the parameters of the project, after a short training."""
    found = list(descend(data["train_X"], data["train_y"], 6, iters=200))
    steps = [checkpoint.step for checkpoint in found]
    losses = [float(checkpoint.loss) for checkpoint in found]
    stacked = zip(*(checkpoint.parameters for checkpoint in found), strict=True)
    kept = dict(zip(NAMES, (np.stack(values).tolist() for values in stacked), strict=True))
    figures = {
        "seed": 0,
        "hidden": 6,
        "lr": 0.01,
        "batch": 32,
        "steps_taken": 200,
        "curve": {"step": steps, "train": losses, "eval": [loss * 0.9 for loss in losses]},
        "parameters": {name: value.tolist() for name, value in zip(NAMES, parameters, strict=True)},
        "checkpoints": {"step": steps, **kept},
    }
    return figures | measure(lambda X: predict(X, parameters), bce_forward, data)


def predict(X, parameters):
    W1, b1, W2, b2 = parameters
    return inference_2layers(X, W1, W2, b1, b2)


# ---- How it is put together ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def text(run, data):
    return build_page(run, data)


def unpacked(text):
    packed = re.search(r'id="data">([^<]+)<', text)[1]
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def test_one_small_file_that_loads_nothing(text):
    assert len(text.encode()) <= LONGEST
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; ")
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", text) and "{{" not in text
    assert not re.findall(r"\bfetch\(|XMLHttpRequest|\bimport\b.*\bfrom\b|^export ", text, re.MULTILINE)


def test_the_data_are_whole(text, data, run):
    found = unpacked(text)
    freqs = {(s, label): n for p, q, *stems in found["stems"] for s in stems for label, n in ((1, p), (0, q)) if n}
    assert freqs == data["freqs"]
    for name, part in (("points", "test"), ("training", "train")):
        columns = np.array([found[name][key] for key in ("positive", "negative", "label")])
        assert np.array_equal(columns, [*data[f"{part}_X"][1:], data[f"{part}_y"]])
    assert found["run"]["checkpoints"] == run["checkpoints"] and found["run"]["parameters"] == run["parameters"]
    assert [stem for stem, _, _ in found["stripes"]] == [":(", ":)", ":-)", ":d", ":-("]


def test_without_test_tweets_the_training_tweets_are_shown(run, data):
    found = contents(run, data | {"test_X": None, "test_y": None})
    assert found["points"] == found["training"] and found["pointsAre"] == "training"


def test_each_value_has_the_line_that_computes_it(tmp_path):
    lines = SOLUTION.read_text(encoding="utf-8").splitlines()
    begins = {
        "z1": "Z = W @ X",
        "h": "H = inference_layer(",
        "yhat": "yhat = inference_layer(",
        "L": "L = bce_forward(",
    }
    begins |= {
        "dz2": "delta2 = ",
        "dW2": "dW2 = ",
        "db2": "db2 = ",
        "dz1": "delta1 = ",
        "dW1": "dW1 = ",
        "db1": "db1 = ",
    }
    begins |= {"W1": "return W1 - lr * dW1", "x": "X = X.reshape"}
    located = located_values()
    for value, start in begins.items():
        assert lines[located[value]["line"] - 1].strip().startswith(start), value
        assert located[value]["code"].startswith(start)
    moved = tmp_path / "moved.py"
    moved.write_text("# a line\n\n" + "\n".join(lines), encoding="utf-8")
    assert {v["line"] - 2 for v in located_values(moved).values()} == {v["line"] for v in located.values()}
    moved.write_text("\n".join(lines).replace("delta1 = ", "delta = "), encoding="utf-8")
    with pytest.raises(ValueError, match="moved.py: gradients has no line that assigns delta1"):
        located_values(moved)


def test_modules_are_bundled_in_the_order_of_their_imports(tmp_path):
    files = {"main.js": 'import { b } from "./b.js";\nimport { c } from "./c.js";\n\nb(c);\n'}
    files |= {"b.js": 'import { c } from "./c.js";\n\nexport const b = () => c;\n', "c.js": "export const c = 1;\n"}
    for name, source in files.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    code = [line for line in bundle(tmp_path / "main.js").splitlines() if line and not line.startswith("//")]
    assert code == ["const c = 1;", "const b = () => c;", "b(c);"]
    for path in (FOLDER / "js").glob("*.js"):  # nothing is left over
        assert f"// ---- {path.name}\n" in bundle(FOLDER / "js" / "main.js")


def test_the_command_writes_the_page_of_a_run(run, text, tmp_path, monkeypatch, capsys):
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert main(["--run", str(tmp_path)]) == 0
    assert (tmp_path / "network.html").read_text(encoding="utf-8") == text
    assert capsys.readouterr().out == f"{tmp_path / 'network.html'}, {len(text.encode()) / 1000:,.0f} kB\n"


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "No such file"),
        ("{", "not the JSON of a run"),
        ('{"hidden": 6}', "has no checkpoints; train again"),
        (json.dumps({"hidden": MOST_UNITS + 1, "checkpoints": {}}), "at most 32 hidden units, and this network has 33"),
    ],
)
def test_a_run_that_cannot_be_shown_is_refused(content, said, tmp_path):
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        main(["--run", str(tmp_path)])


# ---- In a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(browser, text, tmp_path_factory):
    """The browser, and the page in a folder that downloads go to as well."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "network.html").write_text(text, encoding="utf-8")
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    browser.folder = folder
    return browser


@pytest.fixture
def opened(page):
    """The page as it opens. At the end it has reported no error and asked for nothing."""
    page.get((page.folder / "network.html").as_uri())
    page.execute_async_script(
        "const [done] = arguments, ready = () => 'ready' in document.documentElement.dataset;"
        "const wait = () => ready() ? done() : setTimeout(wait); wait()"
    )
    yield page
    assert page.get_log("browser") == []
    assert page.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []


def js(browser, expression, *arguments):
    return browser.execute_script(f"return {expression}", *arguments)


def answers(browser, data):
    return np.array(js(browser, "window.network.forward(arguments[0])", data["test_X"].T.tolist()))


def test_its_numbers_are_those_of_numpy(opened, data, parameters):
    """To 1e-12: the page sums in another order, and its exp may differ in the last place."""
    assert answers(opened, data) == pytest.approx(predict(data["test_X"], parameters), rel=1e-12, abs=1e-15)
    W1, b1, W2, b2 = parameters
    for chosen in (slice(0, 2000), slice(822, 823), slice(900, 1100)):
        X, y = data["test_X"][:, chosen], data["test_y"][chosen]
        found = js(opened, "window.network.gradients(arguments[0], arguments[1])", X.T.tolist(), y.tolist())
        wanted = dict(zip(("dW1", "dW2", "db1", "db2", "L"), gradients(X, y, W1, W2, b1, b2), strict=True))
        for name, value in wanted.items():
            assert np.shape(found[name]) == np.shape(value), name
            assert found[name] == pytest.approx(value, rel=1e-12, abs=1e-12 * np.max(np.abs(value))), name
    assert js(opened, "window.network.forward([1, 122, 243])") == pytest.approx(
        predict(np.array([1, 122, 243]), parameters)[0], rel=1e-12
    )


def test_its_tokens_are_those_of_utils(opened, request):
    tweets = made_up_tweets(5000)
    try:
        shared = request.getfixturevalue("shared")
    except pytest.skip.Exception:
        pass
    else:
        course = pickle.loads((shared / "data" / "twitter_data.pkl").read_bytes())
        tweets += [*course["train_x"], *course["test_x"]]
    # As JSON, which can hold half of a surrogate pair.
    found = json.loads(
        js(opened, "JSON.stringify(JSON.parse(arguments[0]).map(window.network.tokens))", json.dumps(tweets))
    )
    assert len(found) == len(tweets)
    wrong = [(tweet, stems) for tweet, stems in zip(tweets, found, strict=True) if stems != process_tweet(tweet)]
    assert wrong == []
