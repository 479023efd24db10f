"""data/: the embedded features against the course's file, and the commands that make and compare them."""

import pickle
from collections import OrderedDict
from math import log, prod

import numpy as np
import pytest

import command
from data import build
from data.embedded import FEATURES, load_embedded, load_symbols, read_features, read_symbols, write_features
from data.reader import read_parameters, read_pickle, read_tweets
from data.writer import atomic_write
from utils import process_tweet


def attempt(arguments):
    """The exit status of `python -m data.build` with these arguments."""
    return command.attempt("python -m data.build", lambda: build.main(arguments))


@pytest.fixture(scope="module")
def course(shared):
    return read_pickle(shared / "data" / "twitter_data.pkl")


@pytest.fixture(scope="module")
def stems(course):
    """The stems of the course's tweets, each by process_tweet, which the project's commands do not call."""
    return {part: [process_tweet(tweet) for tweet in course[f"{part}_x"]] for part in ("train", "test")}


@pytest.fixture
def small():
    """Two tweets for training and one for the test, with stems that would break a separator."""
    return {
        "train_X": np.array([[1, 1], [70000, 0], [3, 2.0]]),
        "train_y": np.array([1.0, 0.0]),
        "test_X": np.array([[1], [0], [5.0]]),
        "test_y": np.array([0.0]),
        "freqs": {
            ("", 1.0): 1,
            (".\n.", 0.0): 2,
            (".\n.", 1.0): 3,
            ("\x00", 0.0): 70000,
            ("\ud800", 1.0): 4,
            ("\U0001f600", 0.0): 5,
        },
        "symbols": [":)", ".\n.", "", "\ud800"],
        "emoticons": 1,
        "train_symbols": [[], [":)", ":)", "\ud800"]],
        "test_symbols": [[""]],
        "train_log_ratio": np.array([-12.345678, 0.0]),
        "test_log_ratio": np.array([0.000001]),
        "examples": {0: [".\n.", ":)", "a"]},
    }


# ---- What is embedded ----------------------------------------------------------------------------


def test_the_embedded_data_are_whole():
    data = load_embedded()
    for part, n in (("train", 8000), ("test", 2000)):
        X, y = data[f"{part}_X"], data[f"{part}_y"]
        assert (X.shape, X.dtype, y.shape, y.dtype) == ((3, n), np.float64, (n,), np.float64)
        assert (X[0] == 1).all() and (X[1:] >= 0).all()
        np.testing.assert_array_equal(y, np.repeat([1.0, 0.0], n // 2))
    assert len(data["freqs"]) == 11427
    assert all(
        isinstance(stem, str) and label in (0.0, 1.0) and count > 0 for (stem, label), count in data["freqs"].items()
    )
    assert {(".\n.", 0.0), (".\n.\n.", 1.0)} <= data["freqs"].keys()


def test_the_rule_positive_above_negative_is_right_on_0_995_of_the_embedded_test_tweets():
    data = load_embedded()
    assert np.mean((data["test_X"][1] > data["test_X"][2]) == data["test_y"]) == 0.995


def test_the_embedded_features_are_those_of_the_course_s_tweets(course, stems):
    data, freqs = load_embedded(), course["freqs"]
    assert data["freqs"] == freqs
    for part in ("train", "test"):
        X = [[1, *(sum(freqs.get((s, label), 0) for s in tweet) for label in (1, 0))] for tweet in stems[part]]
        np.testing.assert_array_equal(data[f"{part}_X"].T, X)  # sums of integers: exact
        np.testing.assert_array_equal(data[f"{part}_y"], course[f"{part}_y"].ravel())


def test_no_text_but_stems_is_embedded():
    """Numbers, and three lists of stems: of all training tweets, of no word, and of a dozen tweets, out of order."""
    with np.load(FEATURES, allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "ui" for name in file.files)
        texts = sorted(name.removesuffix("_bytes") for name in file.files if file[name].dtype == np.uint8)
    assert texts == ["example", "stem", "symbol", "test_labels", "train_labels"]
    more = load_symbols()
    examples = more["examples"].values()
    assert len(examples) <= 12 and all(bag == sorted(bag) and len(bag) < 20 for bag in examples)
    assert not any(any(c.isalnum() for c in symbol) for symbol in more["symbols"][more["emoticons"] :])


def test_the_embedded_symbols_are_those_of_the_course_s_tweets(course, stems):
    """With another reading of what an emoticon is: a token that NLTK's tokenizer leaves whole and in its case."""
    from nltk.tokenize.casual import TweetTokenizer

    data, more = load_embedded(), load_symbols()
    symbols, emoticons = more["symbols"], more["symbols"][: more["emoticons"]]
    assert len(set(symbols)) == len(symbols) == 244 and len(emoticons) == 39
    assert emoticons[:7] == [":(", ":)", ":-)", ":d", ":-(", "<3", ":p"]  # by falling count
    assert all(len(TweetTokenizer().tokenize(f"a {emoticon} b")) == 3 for emoticon in emoticons)
    seen = set()
    for part in ("train", "test"):
        seen.update(*stems[part])
        for tweet, held, ratio in zip(stems[part], more[f"{part}_symbols"], more[f"{part}_log_ratio"], strict=True):
            wordless = [s for s in tweet if s in emoticons or not any(c.isalnum() for c in s)]
            assert sorted(wordless) == sorted(held)
            words = [s for s in tweet if s not in symbols]
            positive, negative = (prod(course["freqs"].get((s, label), 0) + 1 for s in words) for label in (1, 0))
            assert abs(ratio - log(positive / negative)) <= 1e-6  # kept to a millionth
    assert set(symbols) <= seen
    for place, bag in more["examples"].items():
        assert bag == sorted(stems["test"][place])
    X, y = data["test_X"][:, list(more["examples"])], data["test_y"][list(more["examples"])]
    assert ((X[1] > X[2]) == (y == 1)).tolist() == [True] * 6 + [False] * 6
    assert y[:6].tolist() == [1, 1, 1, 0, 0, 0]


def test_examples_are_chosen_by_the_rules_that_build_states():
    """By hand: of each label two with an emoticon, one without a symbol, eight stems at most; then the wrong ones."""
    long = ["x"] * 8
    tweets = [[":)", *long], ["b", "!!"], ["b", "a"], [":)", "z"], [":)"], [":)"], [":("], ["c"], ["d"], ["c"], ["e"]]
    positive = np.array([9, 9, 9, 9, 9, 9, 0, 5, 7, 5, 1])
    X = np.array([np.ones(11), positive, [0, 0, 0, 0, 0, 0, 9, 1, 0, 1, 0]])
    y = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    assert build._examples(tweets, X, y, [":)", ":(", "!!"], 2) == {
        3: [":)", "z"],
        4: [":)"],
        2: ["a", "b"],
        6: [":("],
        8: ["d"],
        7: ["c"],  # and not the ninth, which is the same bag
        10: ["e"],
    }


def test_what_is_written_is_read_back_and_the_same_data_give_the_same_bytes(tmp_path, small):
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    write_features(first, small)
    held = [symbols[::-1] for symbols in small["train_symbols"]]
    write_features(second, {**small, "freqs": dict(reversed(small["freqs"].items())), "train_symbols": held})
    assert first.read_bytes() == second.read_bytes()
    assert build.differences(read_features(first) | read_symbols(first), small) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: b"",
        lambda whole: b"not a zip",
        lambda whole: whole[:5000],
        lambda whole: whole[:300] + b"\xff" * 99 + whole[399:],
    ],
    ids=["empty", "text", "cut", "overwritten"],
)
def test_a_broken_file_is_named(tmp_path, spoil):
    path = tmp_path / "features.npz"
    for read in (read_features, read_symbols):
        with pytest.raises(ValueError, match=r"features\.npz: cannot be read"):
            read(path)  # missing
    path.write_bytes(spoil(FEATURES.read_bytes()))
    for read in (read_features, read_symbols):
        with pytest.raises(ValueError, match=r"features\.npz: cannot be read"):
            read(path)


def test_each_difference_is_told(small):
    for key, value, words in [
        ("train_X", np.array([[1, 1], [70000, 0], [3, 9.0]]), "train_X: 1 of 2 tweets differ, the first at 1"),
        ("test_X", np.ones((3, 2)), "test_X: embedded (3, 1), expected (3, 2)"),
        ("train_y", np.array([0.0, 0.0]), "train_y: 1 of 2 tweets differ, the first at 0"),
        ("test_y", np.array([1.0]), "test_y: 1 of 1 tweets differ, the first at 0"),
        ("test_log_ratio", np.array([0.000002]), "test_log_ratio: 1 of 1 tweets differ, the first at 0"),
        ("train_symbols", [[], [":)", "\ud800"]], "train_symbols: 1 of 2 differ, the first at 1"),
        ("symbols", [":)"], "symbols: embedded 4, expected 1"),
        ("examples", {0: ["a"]}, "examples: 1 of 1 differ, the first at 0"),
        ("emoticons", 2, "emoticons: embedded 1, expected 2"),
        ("freqs", {**small["freqs"], ("more", 1.0): 1}, "freqs: 1 of 7 counts differ, such as that of ('more', 1.0)"),
        ("freqs", {**small["freqs"], ("", 1.0): 9}, "freqs: 1 of 6 counts differ, such as that of ('', 1.0)"),
    ]:
        assert build.differences(small, {**small, key: value}) == [words]


# ---- The commands --------------------------------------------------------------------------------


def test_make_gives_the_course_s_file_from_nltk_s_corpus(shared, course, tmp_path, monkeypatch, capsys):
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(shared / "nltk_data")])
    assert build.main(["--out", str(tmp_path / "made.pkl")]) == 0
    assert "features.npz agrees with" in capsys.readouterr().out
    made = read_pickle(tmp_path / "made.pkl")
    assert made.keys() == course.keys()
    for key in ("train_x", "test_x", "freqs"):
        assert made[key] == course[key]
    for key in ("train_y", "test_y"):
        assert made[key].dtype == course[key].dtype
        np.testing.assert_array_equal(made[key], course[key])


class Corpus:
    """NLTK's twitter_samples, which is not there before it is downloaded."""

    def __init__(self, tweets=()):
        self.here, self.tweets = False, list(tweets)

    def strings(self, name):
        if not self.here:
            raise LookupError(name)
        return self.tweets


def test_without_a_network_one_sentence_says_what_to_do(tmp_path, monkeypatch, capsys):
    from nltk import downloader

    monkeypatch.setattr("nltk.corpus.twitter_samples", Corpus())
    monkeypatch.setattr(
        downloader.Downloader,
        "incr_download",
        lambda self, *_: iter([downloader.ErrorMessage("twitter_samples", "no such host")]),
    )
    assert attempt(["--out", str(tmp_path / "made.pkl")]) == 2
    said = capsys.readouterr().err
    assert "no such host" in said and "copy the folder corpora/twitter_samples" in said
    assert list(tmp_path.iterdir()) == []


def test_an_absent_corpus_is_downloaded(monkeypatch):
    from nltk import downloader

    corpus = Corpus(["glad"] * 5000)

    def download(self, package, folder):
        assert package == "twitter_samples"
        yield downloader.ProgressMessage(40)
        corpus.here = True
        yield downloader.ProgressMessage(100)

    monkeypatch.setattr("nltk.corpus.twitter_samples", corpus)
    monkeypatch.setattr(downloader.Downloader, "incr_download", download)
    assert build.course_data()["freqs"] == {("glad", 1.0): 4000, ("glad", 0.0): 4000}


def test_a_short_corpus_is_refused(monkeypatch):
    corpus = Corpus(["glad"] * 4999)
    corpus.here = True
    monkeypatch.setattr("nltk.corpus.twitter_samples", corpus)
    with pytest.raises(ValueError, match="4999 tweets; 5000 are needed"):
        build.course_data()


def test_all_that_is_embedded_can_be_written_again(tmp_path):
    """Every number and place fits its type. That it is what --embed writes, the test of `make data` above shows."""
    write_features(tmp_path / "features.npz", load_embedded() | load_symbols())
    rebuilt = read_features(tmp_path / "features.npz") | read_symbols(tmp_path / "features.npz")
    assert build.differences(rebuilt, load_embedded() | load_symbols()) == []


def test_check_says_yes_and_no_by_its_exit_status(tmp_path, monkeypatch, capsys):
    path, features = tmp_path / "tweets.pkl", tmp_path / "features.npz"
    labels, freqs = np.array([[1.0], [0.0]]), {("glad", 1.0): 1, ("sad", 0.0): 1}
    data = {"train_x": ["glad", "sad"], "train_y": labels, "test_x": ["sad", "glad"], "test_y": labels, "freqs": freqs}
    build.write_tweets(path, data)
    assert build.main(["--embed", str(path), "--out", str(features)]) == 0
    monkeypatch.setattr(build, "FEATURES", features)
    assert build.main(["--check", str(path)]) == 0
    assert "features.npz agrees with" in capsys.readouterr().out
    changed = read_features(features) | read_symbols(features)
    changed["test_X"][1, 1] += 1
    write_features(features, changed)
    assert build.main(["--check", str(path)]) == 1
    said = capsys.readouterr().out
    assert "does not agree with" in said and "test_X: 1 of 2 tweets differ, the first at 1" in said


def test_check_finds_counts_that_are_not_those_of_the_file_s_tweets(tmp_path, monkeypatch, capsys):
    """Its features and the embedded ones agree, both being made with the same wrong counts."""
    data = {
        "train_x": ["glad", "sad"],
        "train_y": np.array([[1.0], [0.0]]),
        "test_x": ["glad"],
        "test_y": np.array([[1.0]]),
        "freqs": {("glad", 1.0): 2, ("sad", 0.0): 1},
    }
    build.write_tweets(tmp_path / "tweets.pkl", data)
    monkeypatch.setattr(build, "FEATURES", tmp_path / "features.npz")
    assert build.main(["--embed", str(tmp_path / "tweets.pkl"), "--out", str(tmp_path / "features.npz")]) == 0
    assert build.main(["--check", str(tmp_path / "tweets.pkl")]) == 1
    assert "not those that utils.build_freqs finds" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--check", "nowhere.pkl"], "nowhere.pkl: no such file"),
        (["--embed", "nowhere.pkl"], "nowhere.pkl: no such file"),
        (["--embed", "train.pkl"], "train.pkl: has no test_x"),
        (["--embed", "tweets.pkl", "--out", "no/folder.npz"], "no/folder.npz: No such file or directory"),
    ],
)
def test_bad_input_is_named_and_gives_exit_status_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    data = {
        "train_x": ["glad", "sad"],
        "train_y": np.array([[1.0], [0.0]]),
        "freqs": {("glad", 1.0): 1, ("sad", 0.0): 1},
    }
    build.write_tweets(tmp_path / "train.pkl", data)
    build.write_tweets(tmp_path / "tweets.pkl", {**data, "test_x": ["glad"], "test_y": np.array([[1.0]])})
    before = FEATURES.read_bytes()
    assert attempt(arguments) == 2
    assert words in capsys.readouterr().err
    assert FEATURES.read_bytes() == before


# ---- The reader ----------------------------------------------------------------------------------


class Calls:
    """Unpickled by plain pickle, it calls `function`."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


FREQS = {("good", 1.0): 5, ("bad", 0.0): 4}
GOOD = dict(train_x=["good", "bad"], train_y=[1, 0], test_x=["good"], test_y=[1], freqs=FREQS)
PARAMETERS = dict(W1=np.ones((2, 3)), b1=np.ones(2), W2=np.ones((1, 2)), b2=np.ones(1))


def saved(folder, content):
    path = folder / "file.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
    return path


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "the file is empty"),
        (pickle.dumps(GOOD)[:-20], "not a whole pickle"),
        (b"not a pickle at all", "not a whole pickle"),
        (Calls(print, "this must never be printed"), "refused, it calls builtins.print"),
        (Calls(eval, "print('this must never be printed')"), "refused, it calls builtins.eval"),
        (Calls(getattr, "a", "b"), "refused, it calls builtins.getattr"),
        (Calls(__import__("os").system, "echo this must never be printed"), r"refused, it calls (posix|nt)\.system"),
        ({**GOOD, "freqs": Calls(print)}, "refused"),
        ([1, 2], "holds a list; a data file is a dict"),
        ({"train_x": ["a"], "freqs": {}}, "has no train_y"),
        ({"X": ["a"], "freqs": {}}, "has no y; a data file holds .* or X, y and freqs"),
        ({**GOOD, "train_y": [1]}, r"train_y: labels of shape \(1,\) for 2 tweets"),
        ({**GOOD, "train_y": [[1, 0], [0, 1]]}, r"train_y: labels of shape \(2, 2\) for 2 tweets"),
        ({**GOOD, "train_y": [[1, 0], [0]]}, r"train_y: a label is 0 or 1, not \[\[1, 0\], \[0\]\]"),
        ({**GOOD, "train_y": ["positive", "negative"]}, "train_y: a label is 0 or 1, not .*positive"),
        ({**GOOD, "train_y": [1, 3]}, r"train_y\[1\] is 3; a label is 0 or 1"),
        ({**GOOD, "test_y": [np.nan]}, r"test_y\[0\] is nan"),
        ({**GOOD, "train_y": [1, 1]}, "train_y: every label is 1; training needs tweets of both kinds"),
        ({"X": ["good", "bad"], "y": [0, 0], "freqs": FREQS}, "y: every label is 0"),
        ({**GOOD, "train_x": [], "train_y": []}, "train_x holds no tweets"),
        ({**GOOD, "train_x": "good", "train_y": [1, 0, 1, 0]}, "train_x holds no tweets"),
        ({**GOOD, "train_x": ["good", 7]}, r"train_x\[1\] is of type int, not a string"),
        ({**GOOD, "freqs": [1]}, "freqs is of type list; it must be a dict"),
        ({**GOOD, "freqs": {}}, "freqs is empty"),
        ({**GOOD, "freqs": {"good": 3}}, "freqs has the key 'good', which is not a pair"),
        ({**GOOD, "freqs": {("good", 2): 3}}, r"freqs has the key \('good', 2\)"),
        ({**GOOD, "freqs": {("good", 1): "3"}}, r"freqs\[\('good', 1\)\] is '3'; a count is a number"),
        ({**GOOD, "freqs": {("good", 1): np.nan}}, r"freqs\[\('good', 1\)\] is nan; a count is a number"),
    ],
)
def test_a_bad_data_file_is_named_in_one_sentence(tmp_path, capfd, content, says):
    path = saved(tmp_path, content)
    with pytest.raises(ValueError, match=says) as raised:
        read_tweets(path)
    assert str(raised.value).startswith(str(path)) and "\n" not in str(raised.value)
    assert capfd.readouterr().out == ""


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for read in (read_pickle, read_tweets, read_parameters):
        with pytest.raises(FileNotFoundError, match="nowhere.pkl: no such file"):
            read(tmp_path / "nowhere.pkl")
        with pytest.raises(ValueError, match="cannot be read: Is a directory"):
            read(tmp_path)


@pytest.mark.parametrize("y", [[1, 0], np.array([1.0, 0.0]), np.array([[1], [0]]), [True, False]], ids=repr)
def test_both_editions_of_the_data_file_are_read(tmp_path, y):
    january = read_tweets(saved(tmp_path, {"train_x": ("good", "bad"), "train_y": y, "freqs": FREQS}))
    later = read_tweets(saved(tmp_path, {"X": np.array(["good", "bad"]), "y": y, "freqs": OrderedDict(FREQS)}))
    for data in (january, later):
        assert data.keys() == {"train_x", "train_y", "freqs"}
        assert data["train_x"] == ["good", "bad"] and data["freqs"] == FREQS
        assert data["train_y"].dtype == np.float64 and data["train_y"].tolist() == [1, 0]
    assert read_tweets(saved(tmp_path, GOOD))["test_y"].tolist() == [1]


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"W1": np.array([["a", "b", "c"]])}, "W1 holds <U1 values, not numbers"),
        ({"b1": np.array([1, np.nan])}, "b1 holds nan; parameters are finite numbers"),
        ({"b2": np.inf}, "b2 holds inf"),
        ({"W2": np.ones((2, 1))}, r"the shapes W1 \(2, 3\), b1 \(2,\), W2 \(2, 1\), b2 \(1,\) do not fit"),
        ({"b1": np.ones(3)}, r"b1 \(3,\)"),
        ({"W1": np.ones(3)}, r"W1 \(3,\)"),
        ({"W1": None}, "W1 holds object values"),
    ],
)
def test_bad_parameters_are_named_in_one_sentence(tmp_path, changes, says):
    path = saved(tmp_path, {**PARAMETERS, **changes})
    with pytest.raises(ValueError, match=says) as raised:
        read_parameters(path)
    assert str(raised.value).startswith(str(path))


def test_parameters_are_read_in_the_order_of_training_from_any_plain_dict(tmp_path):
    numbers = {"b2": 1, "b1": [[1], [1]], "W2": [[1, 1]], "W1": np.ones((2, 3), np.float32)}
    W1, b1, W2, b2 = read_parameters(saved(tmp_path, OrderedDict(numbers)))
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((2, 3), (2, 1), (1, 2), ())
    assert all(p.dtype == np.float64 and (p == 1).all() for p in (W1, b1, W2, b2))
    with pytest.raises(ValueError, match="is not a pickled dict with the keys W1, W2, b1, b2"):
        read_parameters(saved(tmp_path, {"W1": 1}))


@pytest.mark.parametrize("protocol", range(6))
def test_the_reader_reads_what_plain_pickle_reads(tmp_path, protocol):
    data = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": [1, (2.5, "x", b"y", None)],
        "c": np.float64(3),
        "d": OrderedDict({("w", 1.0): 2}),
        "e": np.array(["p"], object),
    }
    got = read_pickle(saved(tmp_path, pickle.dumps(data, protocol=protocol)))
    np.testing.assert_array_equal(got.pop("a"), data.pop("a"))
    assert got == data and type(got["d"]) is OrderedDict


def test_pickles_of_either_numpy_are_read(tmp_path):
    """numpy 1 writes numpy.core where numpy 2 writes numpy._core. Protocol 0 is text, so the name can be replaced."""
    written = pickle.dumps(np.arange(3), protocol=0)
    for core in (b"numpy.core.", b"numpy._core."):
        other = written.replace(b"numpy._core.", b"numpy.core.").replace(b"numpy.core.", core)
        assert core in other
        assert read_pickle(saved(tmp_path, other)).tolist() == [0, 1, 2]


# ---- The writer ----------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_left_as_it_was(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("kept.txt", "old")]
    with atomic_write(path) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("kept.txt", "new")]
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("cause", ["no folder", "a folder in the way", "a full disk"])
def test_a_failed_write_names_the_file_that_was_meant(tmp_path, cause):
    path = tmp_path / ("no/file.txt" if cause == "no folder" else "file.txt")
    if cause == "a folder in the way":
        path.mkdir()
    with pytest.raises(OSError) as raised:
        with atomic_write(path):
            if cause == "a full disk":
                raise OSError(28, "No space left on device")
    assert raised.value.filename == str(path)
