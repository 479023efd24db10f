"""The interactive page: how it is put together; in Chromium its numbers against numpy and its tokens against utils."""

import base64
import json
import math
import os
import pickle
import re
import zlib
from collections import OrderedDict
from importlib import resources

import numpy as np
import pytest

import train
from assignment2 import bce_forward, descend, gradients, inference_2layers, sigmoid, update_params
from data.embedded import load_embedded
from data.reader import read_parameters
from evaluation import SENTENCES, measure
from page.__main__ import main
from page.build import FOLDER, MOST_UNITS, build_page, bundle, contents
from page.values import SOLUTION, located_values
from report.links import EQUATIONS
from tests.conftest import PROJECT
from tests.page_tweets import made_up_tweets
from utils import extract_features, process_tweet

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
        "data": {"source": "the embedded features", "train": 8000, "test": 2000},
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
    assert located["dh"]["equation"] == EQUATIONS.index("network/h") + 1
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
        (None, "run.json is missing: `python train.py` makes it"),
        ("{", "run.json is not a run's JSON"),
        ('{"hidden": 6}', "run.json lacks seed: `python train.py` makes it"),
        ({"checkpoints": 3}, "checkpoints is 3; expected an object"),
        ({"parameters": {"W1": [[1, 2]], "b1": [], "W2": [], "b2": []}}, r"W1 of shape \(1, 2\) is not \(6, 3\)"),
        ({"hidden": MOST_UNITS + 1}, r"W1 of shape \(6, 3\) is not \(33, 3\)"),
        (
            {"data": {"source": "mine.pkl", "train": 40}},
            "trained on the 40 tweets of mine.pkl, and the embedded data has 8,000: name the run's file with --data",
        ),
    ],
)
def test_a_run_that_cannot_be_shown_is_refused(run, content, said, tmp_path):
    """The file is missing, is this text, or is a run's with these of its figures changed."""
    if content is not None:
        content = json.dumps(run | content) if isinstance(content, dict) else content
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        main(["--run", str(tmp_path)])
    assert not (tmp_path / "network.html").exists()


def test_training_writes_the_page_if_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train, "save", lambda figure, path: None)  # half the time, and tested elsewhere
    with pytest.raises(ValueError, match="at most 32 hidden units, and this network has 33"):
        train.main(["--hidden", "33", "--page", "--out", str(tmp_path)])
    assert train.main(["--iters", "200", "--page", "--out", str(tmp_path)]) == 0
    assert "run.json, network.html, and loss" in capsys.readouterr().out
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    found = unpacked((tmp_path / "network.html").read_text(encoding="utf-8"))
    assert found["run"]["parameters"] == run["parameters"] and len(found["points"]["label"]) == 2000


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


# ---- The graph -----------------------------------------------------------------------------------


def cells(browser):
    """{reference: the number that its cell shows}, for example {"z1.0": 1.561}."""
    shown = js(
        browser, "[...document.querySelectorAll('.cell')].map((cell) => [cell.dataset.reference, cell.textContent])"
    )
    return {reference: as_number(text) for reference, text in shown}


def as_number(text):
    return float(text.replace("\u2212", "-").replace(",", ""))


def wanted_cells(x, y, parameters):
    """The same from numpy, one value at a time, with the chain rule written out."""
    W1, b1, W2, b2 = parameters
    z1 = W1 @ x + b1
    h = sigmoid(z1)
    z2 = (W2 @ h + b2)[0]
    yhat = sigmoid(z2)
    dyhat = -y / yhat + (1 - y) / (1 - yhat)
    dW1, dW2, db1, db2, L = gradients(x, y, W1, W2, b1, b2)
    dh = W2[0] * dyhat * yhat * (1 - yhat)
    arrays = {
        "x": x,
        "z1": z1,
        "h": h,
        "b1": b1,
        "W2": W2[0],
        "dh": dh,
        "dz1": dh * h * (1 - h),
        "dW2": dW2[0],
        "db1": db1,
    }
    found = {"z2": z2, "yhat": yhat, "L": L, "b2": b2[0], "dyhat": dyhat, "dz2": yhat - y, "db2": db2[0]}
    found |= {f"{name}.{i}": value for name, values in arrays.items() for i, value in enumerate(values)}
    for name, matrix in (("W1", W1), ("dW1", dW1)):
        found |= {f"{name}.{i}.{k}": value for i, row in enumerate(matrix) for k, value in enumerate(row)}
    return found


def test_the_graph_shows_every_number_of_the_chosen_tweet(opened, data, parameters):
    """Four digits are shown, three where a number is written with an exponent."""
    x, y = data["test_X"][:, 822], 1  # the most wrong of the test tweets is chosen at first
    assert js(opened, "document.getElementById('chosen').textContent").startswith(
        "test tweet 823, truly positive: positive 122"
    )
    assert cells(opened) == pytest.approx(wanted_cells(x, y, parameters), rel=6e-3)
    click(opened, "y0")  # the other label
    assert cells(opened) == pytest.approx(wanted_cells(x, 0, parameters), rel=6e-3)


def test_a_value_tells_its_product_its_equation_and_its_line(opened):
    from selenium.webdriver import ActionChains, Keys

    located = located_values()
    detail = opened.find_element("id", "detail")
    for reference, symbol in (("dW1.1.2", "∂L/∂W₁[2,3]"), ("dh.0", "∂L/∂h[1]"), ("z2", "z₂"), ("L", "L")):
        cell = opened.find_element("css selector", f'[data-reference="{reference}"]')
        opened.execute_script("arguments[0].scrollIntoView({ block: 'center' })", cell)
        ActionChains(opened).move_to_element(cell).perform()
        symbols, numbers, *_, where = detail.text.split("\n")
        assert symbols.startswith(f"{symbol} = ")
        value = located[reference.split(".")[0]]
        assert (
            where
            == f"equation ({value['equation']}) of the report · assignment2.py, line {value['line']}: {value['code']}"
        )
        if reference[0] == "d":  # a product of two
            factors = [as_number(text.strip("()")) for text in numbers.removeprefix("= ").split("·")]
            assert math.prod(factors) == pytest.approx(cells(opened)[reference], rel=2e-3)
            assert len(js(opened, "[...document.querySelectorAll('.factor')]")) == 2
    cell.send_keys(Keys.ARROW_LEFT)
    assert js(opened, "document.activeElement.dataset.reference") == "yhat"
    assert detail.text.startswith("ŷ = σ(z₂)")
    assert len(js(opened, "[...document.querySelectorAll('.cell[tabindex=\"0\"]')]")) == 1  # one stop for the Tab key


# ---- Steps and time ------------------------------------------------------------------------------


def click(browser, name):
    browser.execute_script("document.getElementById(arguments[0]).click()", name)


def enter(browser, name, value):
    browser.execute_script(
        "const control = document.getElementById(arguments[0]); control.value = arguments[1];"
        "for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, { bubbles: true }))",
        name,
        value,
    )


def text_of(browser, name):
    return js(browser, "document.getElementById(arguments[0]).textContent", name)


def test_a_step_is_that_of_update_params(opened, data, parameters):
    W1, b1, W2, b2 = parameters
    enter(opened, "batch", "chosen")
    enter(opened, "lr", "0.0001")
    click(opened, "scaled")  # as the handout's Q4 does: the features as they are
    click(opened, "step")
    once = update_params(data["test_X"][:, [822]], np.array([1]), W1, b1, W2, b2, lr=0.0001)
    stepped = predict(data["test_X"], once)
    assert np.abs(stepped - predict(data["test_X"], parameters)).max() > 1e-3
    assert answers(opened, data) == pytest.approx(stepped, rel=1e-12, abs=1e-15)
    assert text_of(opened, "status").startswith("trained and 1 step of yours: ")
    assert f"{bce_forward(predict(data['train_X'], once), data['train_y']):.5f}" in text_of(opened, "moved")

    # All the training tweets, with their features scaled as `descend` does.
    enter(opened, "batch", "8000")
    enter(opened, "lr", "0.5")
    click(opened, "scaled")
    click(opened, "step")
    spread = data["train_X"].std(axis=1)
    scale = np.where(spread > 0, spread / 20, 1)
    W1, b1, W2, b2 = update_params(
        data["train_X"] / scale[:, None], data["train_y"], once[0] * scale, *once[1:], lr=0.5
    )
    assert answers(opened, data) == pytest.approx(
        predict(data["test_X"], (W1 / scale, b1, W2, b2)), rel=1e-10, abs=1e-15
    )

    click(opened, "undo")
    assert answers(opened, data) == pytest.approx(stepped, rel=1e-12, abs=1e-15)
    click(opened, "undo")
    assert answers(opened, data) == pytest.approx(predict(data["test_X"], parameters), rel=1e-12, abs=1e-15)
    assert js(opened, "document.getElementById('undo').disabled")


def test_random_weights_learn(opened, data):
    click(opened, "random")
    before = bce_forward(answers(opened, data), data["test_y"])
    for _ in range(10):
        click(opened, "steps")
    after = bce_forward(answers(opened, data), data["test_y"])
    assert before > 0.4 and after < 0.75 * before
    enter(opened, "lr", "-1")
    click(opened, "step")
    assert text_of(opened, "moved") == "The learning rate must be a positive number."
    enter(opened, "lr", "1e308")
    click(opened, "step")
    assert text_of(opened, "moved").startswith("The parameters would overflow")
    click(opened, "trained")
    assert text_of(opened, "status").startswith("trained: test loss 0.01155, 1,992 of 2,000 tweets right")


def test_scrubbing_shows_the_networks_of_the_training(opened, data, run, parameters):
    kept = run["checkpoints"]
    for at in (0, 7, len(kept["step"]) - 1):
        enter(opened, "time", at)
        assert text_of(opened, "when") == f"step {kept['step'][at]:,}"
        checkpoint = [np.array(kept[name][at]) for name in NAMES]
        assert answers(opened, data) == pytest.approx(predict(data["test_X"], checkpoint), rel=1e-12)
    enter(opened, "time", len(kept["step"]))
    assert answers(opened, data) == pytest.approx(predict(data["test_X"], parameters), rel=1e-12, abs=1e-15)
    assert text_of(opened, "play") == "Play"
    # In one call, for it plays on while a busy test waits.
    seen = opened.execute_script(
        "play.click(); return [play, document.getElementById('when')].map((part) => part.textContent)"
    )
    assert seen == ["Pause", "step 1"]
    click(opened, "play")
    assert text_of(opened, "play") == "Play"


# ---- A tweet of one's own ------------------------------------------------------------------------


def rows(browser, name):
    found = (
        "[...document.getElementById(arguments[0]).rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return js(browser, found, name)


def test_a_tweet_is_counted_as_in_utils(opened, data, parameters):
    tweet = "Thank you @someone for #lovely evenings :-) I missed the bus, http://t.co/x :("
    enter(opened, "tweet", tweet)
    stems = process_tweet(tweet)
    words = rows(opened, "words")
    counts = [[data["freqs"].get((stem, label), 0) for label in (1.0, 0.0)] for stem in stems]
    assert [[row[0], *map(as_number, row[1:3])] for row in words] == [
        [s, *c] for s, c in zip(stems, counts, strict=True)
    ]
    assert "missedmiss" in text_of(opened, "tokens").replace("→ ", "")
    assert "thestop word" in text_of(opened, "tokens")

    def logit(features):
        W1, b1, W2, b2 = parameters
        return (W2 @ sigmoid(W1 @ features[0] + b1) + b2)[0]

    features = extract_features(tweet, data["freqs"])
    pulls = [logit(features) - logit(features - [[0, *count]]) for count in counts]
    assert [as_number(row[3]) for row in words] == pytest.approx(pulls, rel=6e-3)
    without = extract_features(tweet.replace(":-)", "").replace(":(", ""), data["freqs"])
    for row, (_, positive, negative) in zip(rows(opened, "sums"), (features[0], without[0]), strict=True):
        yhat = predict(np.array([1, positive, negative]), parameters)[0]
        assert [*map(as_number, row[1:3])] == [positive, negative]
        assert as_number(row[3]) == pytest.approx(yhat, abs=6e-5)
        assert row[4] == ("positive" if yhat > 0.5 else "negative")
    assert text_of(opened, "chosen").startswith("your tweet: ")

    enter(opened, "tweet", "")
    assert rows(opened, "words") == [] and rows(opened, "sums")[0][1:3] == ["0", "0"]
    js(opened, "document.querySelector('.example').click()")
    assert [row[0] for row in rows(opened, "words")] == process_tweet(SENTENCES[0])


# ---- Files of one's own --------------------------------------------------------------------------

RNG = np.random.default_rng(25)  # a network that answers a third of the test tweets with positive
MINE = {
    "W1": RNG.normal(size=(4, 3)) / 300,
    "b1": RNG.normal(size=4),
    "W2": RNG.normal(size=(1, 4)),
    "b2": RNG.normal(size=1),
}
FORTRAN = {name: np.asfortranarray(value) for name, value in MINE.items()}
ROUNDED = {name: value.astype(np.float32) for name, value in MINE.items()}
FORMS = {
    **{f"protocol{n}.pkl": lambda path, n=n: path.write_bytes(pickle.dumps(MINE, protocol=n)) for n in range(2, 6)},
    "fortran4.pkl": lambda path: path.write_bytes(pickle.dumps(FORTRAN, protocol=4)),
    "fortran5.pkl": lambda path: path.write_bytes(pickle.dumps(FORTRAN, protocol=5)),
    "ordered.pkl": lambda path: path.write_bytes(pickle.dumps(OrderedDict(MINE))),
    "big.pkl": lambda path: path.write_bytes(pickle.dumps({k: v.astype(">f8") for k, v in MINE.items()})),
    "columns.pkl": lambda path: path.write_bytes(pickle.dumps(MINE | {"b1": MINE["b1"][:, None], "b2": MINE["b2"][0]})),
    "plain.pkl": lambda path: path.write_bytes(pickle.dumps({k: v.tolist() for k, v in MINE.items()})),
    "single.pkl": lambda path: path.write_bytes(pickle.dumps(ROUNDED)),
    "stored.npz": lambda path: np.savez(path, **MINE, Ls=np.ones(3)),
    "deflated.npz": lambda path: np.savez_compressed(path, **FORTRAN),
    "run.json": lambda path: path.write_text(json.dumps({"parameters": {k: v.tolist() for k, v in MINE.items()}})),
}


class Evil:
    def __reduce__(self):
        return os.system, ("echo pwned",)


def refused(**changed):
    return pickle.dumps(MINE | changed)


REFUSED = {
    "empty.pkl": (b"", "it is empty"),
    "evil.pkl": (pickle.dumps({"W1": Evil()}), f"it calls {os.system.__module__}.system, and only arrays are allowed"),
    "text.pkl": (b"W1 = 3", "it is none of assignment2.pkl (protocol 2 to 5), .npz and run.json"),
    "zero.pkl": (pickle.dumps(MINE, protocol=0), "it is none of assignment2.pkl (protocol 2 to 5), .npz and run.json"),
    "cut.pkl": (pickle.dumps(MINE)[:100], "it ends too early"),
    "list.pkl": (pickle.dumps([1, 2]), "it is no dict"),
    "set.pkl": (pickle.dumps({"W1": {1, 2}}), "it holds something other than arrays"),
    "keys.pkl": (pickle.dumps({"W1": MINE["W1"], "W2": MINE["W2"]}), "it has no b1, b2"),
    "run.json": (b'{"seed": 3}', "it has no W1, b1, W2, b2"),
    "nan.pkl": (refused(b1=np.full(4, np.nan)), "b1 holds NaN; parameters are finite numbers"),
    "words.pkl": (refused(b2="three"), "b2 holds three; parameters are finite numbers"),
    "complex.pkl": (refused(b2=np.ones(1, complex)), "it holds values of type c16, not numbers"),
    "wide.pkl": (refused(W1=np.ones((4, 5))), "W1 has 5 columns, and a tweet has 3 features"),
    "shapes.pkl": (refused(W2=np.ones((1, 5))), "the shapes W1 (4, 3), b1 (4), W2 (1, 5), b2 (1) do not fit"),
    "large.pkl": (
        pickle.dumps({"W1": np.ones((40, 3)), "b1": np.ones(40), "W2": np.ones((1, 40)), "b2": np.ones(1)}),
        "it has 40 hidden units; this page shows at most 32",
    ),
    "broken.npz": (b"PK\x03\x04" + bytes(40), "it is not a whole zip file"),
}


def hand_over(browser, path):
    browser.find_element("id", "file").send_keys(str(path))
    return js_async(
        browser,
        "const message = document.getElementById('message'), wait = () =>"
        " message.textContent.startsWith(arguments[0]) ? done(message.textContent) : setTimeout(wait); wait()",
        path.name,
    )


def js_async(browser, code, *arguments):
    return browser.execute_async_script(f"const done = arguments[arguments.length - 1]; {code}", *arguments)


def test_files_of_ones_own_are_read(opened, data, tmp_path):
    wanted = {
        name: predict(data["test_X"], tuple(form.values())) for name, form in (("", MINE), ("single.pkl", ROUNDED))
    }
    for name, write in FORMS.items():
        write(tmp_path / name)
        assert hand_over(opened, tmp_path / name).startswith(f"{name}: 4 hidden units")
        assert answers(opened, data) == pytest.approx(wanted.get(name, wanted[""]), rel=1e-12), name
    assert [row[0] for row in rows(opened, "networks")] == ["trained", *FORMS]
    assert len(js(opened, "[...document.querySelectorAll('#views input')]")) == 5  # ŷ and four units


def test_other_files_are_refused_with_a_sentence(opened, data, parameters, tmp_path):
    for name, (content, reason) in REFUSED.items():
        (tmp_path / name).write_bytes(content)
        said = hand_over(opened, tmp_path / name)
        assert said.startswith(f"{name} was refused: {reason}") and said.endswith("."), name
    assert len(rows(opened, "networks")) == 1
    assert answers(opened, data) == pytest.approx(predict(data["test_X"], parameters), rel=1e-12, abs=1e-15)


def test_a_dropped_file_is_compared_and_saved(opened, data, parameters, tmp_path):
    sent = base64.b64encode(pickle.dumps(MINE)).decode()
    opened.execute_script(
        "const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0)), held = new DataTransfer();"
        "held.items.add(new File([bytes], 'assignment2.pkl'));"
        "document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true }))",
        sent,
    )
    js_async(
        opened,
        "const wait = () => document.getElementById('difference').textContent ? done() : setTimeout(wait); wait()",
    )
    mine, trained = (predict(data["test_X"], p) > 0.5 for p in (tuple(MINE.values()), parameters))
    assert text_of(opened, "difference").startswith(
        f"“assignment2.pkl” and “trained” answer {np.sum(mine != trained):,} of 2,000 test tweets differently."
    )
    enter(opened, "filter", "different")
    assert text_of(opened, "where") == f"1 to 12 of {np.sum(mine != trained):,}"

    click(opened, "save-parameters")
    click(opened, "save-picture")
    saved = [opened.folder / name for name in ("parameters.npz", "surface.png")]
    waited(lambda: all(path.exists() for path in saved))
    with np.load(saved[0]) as archive:
        assert {name: archive[name].tolist() for name in archive} == {k: v.tolist() for k, v in MINE.items()}
    assert saved[1].read_bytes().startswith(b"\x89PNG")
    assert hand_over(opened, saved[0]).startswith("parameters.npz: 4 hidden units")


def waited(happened):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(None, 10, poll_frequency=0.05).until(lambda _: happened())


# ---- The surface and its table -------------------------------------------------------------------


def test_the_table_holds_what_the_surface_shows(opened, data, parameters):
    yhat = predict(data["test_X"], parameters)
    wrong = np.flatnonzero((yhat > 0.5) != (data["test_y"] == 1))
    found = rows(opened, "tweets")
    assert [int(row[0].replace(",", "")) - 1 for row in found] == wrong.tolist()
    for row, n in zip(found, wrong, strict=True):
        assert [*map(as_number, row[1:3])] == data["test_X"][1:, n].tolist()
        assert as_number(row[4]) == pytest.approx(yhat[n], abs=6e-5)
    for kind, n in (("unsure", np.sum((yhat > 0.1) & (yhat < 0.9))), ("different", 0), ("all", 2000)):
        enter(opened, "filter", kind)
        assert text_of(opened, "where") == (f"1 to {min(n, 12)} of {n:,}" if n else "none")
    click(opened, "on")
    assert rows(opened, "tweets")[0][0] == "13"
    js(opened, "document.querySelector('#tweets button').click()")
    assert text_of(opened, "chosen").startswith("test tweet 13, ")
    click(opened, "back")
    click(opened, "next")
    assert text_of(opened, "chosen").startswith(f"test tweet {wrong[0] + 1}, ")
    click(opened, "previous")
    assert text_of(opened, "chosen").startswith(f"test tweet {wrong[-1] + 1:,}, ")


def test_the_surface_answers_pointer_and_keys(opened, data):
    from selenium.webdriver import ActionChains, Keys

    canvas = opened.find_elements("css selector", "#surface canvas")[1]
    opened.execute_script("arguments[0].scrollIntoView()", canvas)
    ActionChains(opened).move_to_element(canvas).perform()
    tip = opened.find_element("css selector", ".tip")
    assert re.search(r"positive [\d,]+, negative [\d,]+\nŷ [\d.]+", tip.text)
    ActionChains(opened).click().perform()
    assert text_of(opened, "chosen").split(": ")[-1].split(", ŷ")[0] in tip.text
    before = place(text_of(opened, "chosen"))
    canvas.send_keys(Keys.ARROW_LEFT, Keys.ARROW_UP, Keys.SHIFT + Keys.ARROW_LEFT + Keys.ARROW_UP)
    spoken = text_of(opened, "spoken")
    positive, negative = place(spoken)
    assert positive < before[0] / 2 and negative > before[1] * 2  # farther than to any tweet near by
    canvas.send_keys(Keys.ENTER)
    assert text_of(opened, "chosen").split(": ")[-1].split(", ŷ")[0] in spoken
    canvas.send_keys(Keys.ARROW_LEFT, Keys.ESCAPE)
    assert not tip.is_displayed()


def place(text):
    """The two counts that a text names."""
    return [as_number(found) for found in re.search(r"positive ([\d,]+), negative ([\d,]+)", text).groups()]


def pixels(browser):
    return js(browser, "document.querySelector('#surface canvas').toDataURL()")


def test_each_hidden_unit_has_its_half_plane(opened, parameters):
    seen = [pixels(opened)]
    for i in range(6):
        opened.execute_script("document.querySelectorAll('#views input')[arguments[0]].click()", i + 1)
        votes = "positive" if parameters[2][0, i] > 0 else "negative"
        assert f"h[{i + 1}] is on" in text_of(opened, "unit") and f"votes {votes}" in text_of(opened, "unit")
        seen.append(pixels(opened))
    assert len(set(seen)) == 7


def test_no_control_fails(opened):
    """Each of them once more, in the order of the page."""
    opened.execute_script(
        "for (const option of document.querySelectorAll('option')) { option.parentElement.value = option.value;"
        "  option.parentElement.dispatchEvent(new Event('input', { bubbles: true })) }"
        "for (const control of document.querySelectorAll('button, input:not([type=file]), summary')) control.click()"
    )
    assert text_of(opened, "status")


# ---- For everyone --------------------------------------------------------------------------------


# Sections out of sight are not laid out.
IN_SIGHT = "for (const part of document.querySelectorAll('section')) part.style.contentVisibility = 'visible'"


def emulate(browser, media="", scheme="light"):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def test_axe_finds_nothing(opened):
    axe = (resources.files("selenium_axe_python") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    enter(opened, "tweet", "so happy :)")
    click(opened, "step")
    opened.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    opened.execute_script(IN_SIGHT)
    opened.execute_script(axe)
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        emulate(opened, scheme=scheme)
        options = {"preload": False, "resultTypes": ["violations"], **rules}
        found = js_async(opened, "axe.run(arguments[0]).then(done)", options)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [], scheme
        assert found["passes"]
    emulate(opened)


def test_a_phone_scrolls_in_one_direction_and_paper_has_no_controls(opened):
    sizes = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sizes)
    opened.execute_script(IN_SIGHT)
    wide, seen = js(opened, "[document.documentElement.scrollWidth, innerWidth]")
    cut = js(opened, "[...document.querySelectorAll('section')].filter((e) => e.scrollWidth > e.clientWidth).length")
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= seen == 390 and cut == 0
    shown = "['play', 'step', 'surface', 'chain'].map((name) => document.getElementById(name).checkVisibility())"
    assert js(opened, shown) == [True] * 4
    emulate(opened, media="print")
    assert js(opened, shown) == [False, False, True, True]
    assert js(opened, "document.querySelector('.choose button').checkVisibility()")  # the number of a tweet
    emulate(opened)
