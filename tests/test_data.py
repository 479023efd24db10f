"""data/: the embedded features against the course's file, and the commands that make and compare them."""

import numpy as np
import pytest

from data.reader import read_pickle
from data import build
from data.embedded import FEATURES, load_embedded, read_features, write_features
from utils import extract_features


@pytest.fixture(scope="module")
def course_file(shared):
    return shared / "data" / "twitter_data.pkl"


@pytest.fixture(scope="module")
def course(course_file):
    return read_pickle(course_file)


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
    }


# ---------------------------------------------------------------------------------------------------- what is embedded


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


def test_the_embedded_features_are_those_of_the_course_s_tweets(course):
    data = load_embedded()
    assert data["freqs"] == course["freqs"]
    for part in ("train", "test"):
        X = np.concatenate([extract_features(tweet, course["freqs"]) for tweet in course[f"{part}_x"]]).T
        np.testing.assert_array_equal(data[f"{part}_X"], X)  # sums of integers: exact
        np.testing.assert_array_equal(data[f"{part}_y"], course[f"{part}_y"].ravel())


def test_no_text_but_stems_is_embedded():
    with np.load(FEATURES, allow_pickle=False) as file:
        assert sorted(file.files) == [
            "stem_bytes",
            "stem_counts",
            "stem_lengths",
            "test_features",
            "test_labels",
            "train_features",
            "train_labels",
        ]
        assert all(file[name].dtype.kind == "u" for name in file.files)


def test_what_is_written_is_read_back_and_the_same_data_give_the_same_bytes(tmp_path, small):
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    write_features(first, small)
    write_features(second, {**small, "freqs": dict(reversed(small["freqs"].items()))})
    assert first.read_bytes() == second.read_bytes()
    assert build.differences(read_features(first), small) == []


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
    with pytest.raises(ValueError, match=r"features\.npz: cannot be read"):
        read_features(path)  # missing
    path.write_bytes(spoil(FEATURES.read_bytes()))
    with pytest.raises(ValueError, match=r"features\.npz: cannot be read"):
        read_features(path)


def test_each_difference_is_told(small):
    for key, value, words in [
        ("train_X", np.array([[1, 1], [70000, 0], [3, 9.0]]), "train_X: 1 of 2 tweets differ, the first at 1"),
        ("test_X", np.ones((3, 2)), "test_X: embedded (3, 1), expected (3, 2)"),
        ("train_y", np.array([0.0, 0.0]), "train_y: 1 of 2 tweets differ, the first at 0"),
        ("test_y", np.array([1.0]), "test_y: 1 of 1 tweets differ, the first at 0"),
        ("freqs", {**small["freqs"], ("more", 1.0): 1}, "freqs: 1 of 7 counts differ, such as that of ('more', 1.0)"),
        ("freqs", {**small["freqs"], ("", 1.0): 9}, "freqs: 1 of 6 counts differ, such as that of ('', 1.0)"),
    ]:
        assert build.differences(small, {**small, key: value}) == [words]


# ---------------------------------------------------------------------------------------------------- the commands


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
    assert build.main(["--out", str(tmp_path / "made.pkl")]) == 2
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
    with pytest.raises(ValueError, match="4999 tweets, 5000 are needed"):
        build.course_data()


def test_embed_rebuilds_the_embedded_file(course_file, tmp_path):
    assert build.main(["--embed", str(course_file), "--out", str(tmp_path / "features.npz")]) == 0
    assert build.differences(read_features(tmp_path / "features.npz"), load_embedded()) == []


def test_check_says_yes_and_no_by_its_exit_status(course_file, tmp_path, monkeypatch, capsys):
    assert build.main(["--check", str(course_file)]) == 0
    assert "features.npz agrees with" in capsys.readouterr().out
    changed = load_embedded()
    changed["test_X"][1, 7] += 1
    write_features(tmp_path / "features.npz", changed)
    monkeypatch.setattr(build, "FEATURES", tmp_path / "features.npz")
    assert build.main(["--check", str(course_file)]) == 1
    assert (
        "does not agree with" in (said := capsys.readouterr().out)
        and "test_X: 1 of 2000 tweets differ, the first at 7" in said
    )


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
        (["--embed", "tweets.pkl", "--out", "no/folder.npz"], "no/folder.npz: cannot be written: No such file"),
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
    assert build.main(arguments) == 2
    assert words in capsys.readouterr().err
    assert FEATURES.read_bytes() == before
