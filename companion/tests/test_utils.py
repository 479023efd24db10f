"""The readers of the treebank and of word vectors, on files written here, on the own corpus, and on the real ones."""

import hashlib
import random
import re
import sys
import zipfile

import numpy as np
import pytest
from extra import download
from utils.treebank import DEV, OWN_CORPUS, STANFORD, TEST, TRAIN, StanfordSentiment, main, read_tree

from utils import glove, treebank

SENTENCES, SPLIT = f"{STANFORD}/datasetSentences.txt", f"{STANFORD}/datasetSplit.txt"

WORDS_OF_THE_PICTURE = """
    the a an , . ? ! `` '' --
    good great cool brilliant wonderful well amazing worth sweet enjoyable
    boring bad waste dumb annoying
""".split()


# ---- Trees ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, label, words",
    [
        ("(3 good)", 3, ["good"]),
        ("(3 (2 A) (4 (3 quiet) (4 Joy)))", 3, ["a", "quiet", "joy"]),
        ("(1 (2 (2 -LRB-) (2 sic)) (2 -RRB-))", 1, ["-lrb-", "sic", "-rrb-"]),
        ("(0 (2 2\xa01\\/2) (2 Élan))", 0, ["2\xa01\\/2", "élan"]),  # the no-break space belongs to the word
        ("(2 (2 2) (4 4))", 2, ["2", "4"]),  # words that look like labels
        ("(4 (4 one) (4 two) (4 three))", 4, ["one", "two", "three"]),  # more than two branches
    ],
)
def test_read_tree(line, label, words):
    read, phrases = read_tree(line)
    assert read == words and phrases[0] == (label, 0, len(words))
    # Every opening bracket is a phrase, in order; each word alone is one.
    assert [label for label, _, _ in phrases] == [int(at[1]) for at in re.finditer(r"\((\d)", line)]
    assert [read[begin] for _, begin, end in phrases if end == begin + 1] == words


def test_phrases_of_a_tree():
    words, phrases = read_tree("(3 (1 (2 not) (3 (2 so) (3 good))) (2 .))")
    assert [(label, " ".join(words[begin:end])) for label, begin, end in phrases] == [
        (3, "not so good ."),
        (1, "not so good"),
        (2, "not"),
        (3, "so good"),
        (2, "so"),
        (3, "good"),
        (2, "."),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "word",
        "(3",
        "(3 a",
        "(3)",
        "(3 )",
        "()",
        "(5 a)",
        "(-1 a)",
        "(3 a b)",
        "(2 a))",
        "(2 a) (2 b)",
        "(2 (a))",
        "(3 (2 a) b)",
        "(3 a (2 b))",
        "(3 (2) (4 b))",
        "((2 a) (2 b))",
        "2 a",
    ],
)
def test_read_tree_refuses_what_is_none(line):
    with pytest.raises(ValueError, match="not a tree"):
        read_tree(line)


def write_corpus(folder, train, dev=("(2 x)",), test=("(2 x)",), **files):
    for name, lines in (("train", train), ("dev", dev), ("test", test)):
        (folder / f"{name}.txt").write_bytes("".join(line + "\n" for line in lines).encode())
    return folder


def test_a_corrupt_tree_is_named_by_file_and_line(tmp_path):
    write_corpus(tmp_path, ["(3 good)", "(3 (2 a) (4 b)"])
    with pytest.raises(ValueError, match=r"train\.txt, line 2: not a tree .*'\(3 \(2 a\) \(4 b\)'"):
        StanfordSentiment(tmp_path).getTrainSentences()


@pytest.mark.parametrize(
    "content, words", [(b"(3 caf\xe9)\n", "not UTF-8 text: byte 6 is 0xe9"), (b"\n\n", "holds no trees")]
)
def test_files_that_cannot_be_read(tmp_path, content, words):
    write_corpus(tmp_path, ["(3 good)"])
    (tmp_path / "dev.txt").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        StanfordSentiment(tmp_path).getDevSentences()


def test_a_missing_folder():
    with pytest.raises(FileNotFoundError, match="no treebank in /nowhere: it needs"):
        StanfordSentiment("/nowhere")


def test_order_in_which_data_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(treebank, "DATASETS", tmp_path)
    assert StanfordSentiment().path == OWN_CORPUS and StanfordSentiment().name == "the project's own small corpus"
    write_corpus(tmp_path, ["(3 good)"])
    assert StanfordSentiment().path == tmp_path and StanfordSentiment().name == "Stanford Sentiment Treebank"
    assert StanfordSentiment(OWN_CORPUS).path == OWN_CORPUS


def test_the_command_shows_the_data_and_checks_it(capsys):
    assert main(["--data", str(OWN_CORPUS)]) == 0
    said = capsys.readouterr().out
    assert "192 sentences" in said and said.endswith("All checks of the treebank passed.\n")


# ---- Text and labels -----------------------------------------------------------------------------


@pytest.fixture
def two_files(tmp_path):
    """Trees, and a datasetSentences.txt like Stanford's, its letters encoded twice."""
    write_corpus(
        tmp_path,
        ["(4 (2 À) (4 joy))", "(0 (0 awful) (2 Élan))"],
        dev=["(3 (2 nice) (2 one))"],
        test=["(1 (1 so-so) (2 J.))"],
    )
    twice = "1\tà Joy\n2\tso-so J.\n3\tNice  one\n4\tAwful Élan\n".encode().decode("latin-1")
    (tmp_path / "stanfordSentimentTreebank").mkdir()
    (tmp_path / SENTENCES).write_bytes(("sentence_index\tsentence\n" + twice).encode())
    (tmp_path / SPLIT).write_text("sentence_index,splitset_label\n1,1\n2,2\n3,3\n4,1\n")
    return tmp_path


def test_sentences_are_decoded_twice_and_labels_follow_the_split(two_files):
    data = StanfordSentiment(two_files)
    # Only ASCII is lower-cased in datasetSentences.txt, as in the assignment's own reader; "à" ends in the byte of a
    # no-break space.
    assert data.sentences() == [["à", "joy"], ["so-so", "j."], ["nice", "one"], ["awful", "Élan"]]
    assert data.numSentences() == 4
    assert list(data.tokens()) == ["à", "joy", "so-so", "j.", "nice", "one", "awful", "Élan", "UNK"]
    assert list(data.tokens().values()) == list(range(9))
    assert data.dataset_split() == [[0, 3], [1], [2]]
    assert data.getTrainSentences() == data.getSplitSentences() == [(["à", "joy"], 4), (["awful", "Élan"], 0)]
    assert data.getTestSentences() == [(["so-so", "j."], 1)] and data.getDevSentences() == [(["nice", "one"], 3)]
    assert data.getPhrases(DEV) == [(["nice", "one"], 3), (["nice"], 2), (["one"], 2)]
    # The assignment names the inner folder.
    inner = StanfordSentiment(two_files / STANFORD)
    assert inner.path == data.path and inner.sent_labels() == data.sent_labels()
    random.seed(1)
    drawn = [data.getRandomTrainSentence() for _ in range(20)]
    random.seed(1)
    assert drawn == [data.getTrainSentences()[random.randint(0, 1)] for _ in range(20)]
    assert data.sent_labels() == [0.9, 0.3, 0.7, 0.1]
    assert [data.categorify(score) for score in data.sent_labels()] == [4, 1, 3, 0]


def test_a_split_that_does_not_fit_the_trees(two_files):
    (two_files / SPLIT).write_text("sentence_index,splitset_label\n1,1\n2,2\n3,3\n4,3\n")
    with pytest.raises(ValueError, match="names 1 sentences of a split for which train.txt has 2 trees"):
        StanfordSentiment(two_files).sent_labels()
    (two_files / SPLIT).write_text("sentence_index,splitset_label\n1,1\n2,4\n")
    with pytest.raises(ValueError, match=r"datasetSplit.txt, line 3: not the number .*'2,4'"):
        StanfordSentiment(two_files).dataset_split()


def test_stanfords_dictionary_gives_scores_where_it_is(two_files):
    folder = two_files / STANFORD
    for name in ("train", "dev", "test"):
        (two_files / f"{name}.txt").unlink()
    with pytest.raises(FileNotFoundError, match="labels of phrases are in train.txt"):
        StanfordSentiment(folder).sent_labels()
    (folder / "dictionary.txt").write_text("à Joy|3\nso-so J.|0\nNice one|2\nAwful Élan|1\n", encoding="utf-8")
    scores = "phrase ids|sentiment values\n0|0.21\n1|0.0\n2|0.75\n3|1.0\n"
    (folder / "sentiment_labels.txt").write_text(scores)
    data = StanfordSentiment(folder)
    assert data.sent_labels() == [1.0, 0.21, 0.75, 0.0] and data.getTestSentences() == [(["so-so", "j."], 1)]
    (folder / "dictionary.txt").write_text("à Joy|3\nso-so J.|9\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no score of sentence 2"):
        StanfordSentiment(folder).sent_labels()


def test_without_stanfords_text_the_sentences_are_those_of_the_trees(tmp_path):
    data = StanfordSentiment(write_corpus(tmp_path, ["(4 (2 a) (4 joy))", "(0 awful)"]))
    assert data.sentences() == [["a", "joy"], ["awful"], ["x"], ["x"]] and data.sent_labels() == [0.9, 0.1, 0.5, 0.5]
    assert data.dataset_split() == [[0, 1], [2], [3]]


def test_categorify_is_by_fifths_with_the_upper_end():
    data = StanfordSentiment(OWN_CORPUS)
    assert [data.categorify(x) for x in (0, 0.2, 0.2001, 0.4, 0.5, 0.6, 0.61, 0.8, 0.81, 1)] == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]
    for outside in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            data.categorify(outside)


def test_own_corpus_is_whole():
    data = StanfordSentiment(OWN_CORPUS)
    splits = [data.getTrainSentences(), data.getDevSentences(), data.getTestSentences()]
    assert all({label for _, label in split} == {0, 1, 2, 3, 4} for split in splits)
    text = [tuple(words) for split in splits for words, _ in split]
    assert len(set(text)) == len(text)  # no sentence in two splits
    assert set(WORDS_OF_THE_PICTURE) <= set(data.tokens())


def test_the_real_treebank(treebank):
    data = treebank
    tokens = data.tokens()
    assert (data.numSentences(), len(tokens), sum(map(len, data.sentences()))) == (11_855, 19_539, 227_242)
    assert (tokens["the"], tokens["UNK"]) == (0, 19_538)
    for split, sentences, phrases in ((TRAIN, 8_544, 318_582), (DEV, 1_101, 41_447), (TEST, 2_210, 82_600)):
        cases, of_trees = data.getSplitSentences(split), data.getPhrases(split)
        assert len(cases) == sentences and len(of_trees) == phrases
        assert {word for words, _ in cases for word in words} <= set(tokens)
        # The trees are binary, so one of n words has 2 n - 1 phrases, the sentence first: those are the cases above.
        at = 0
        for words, label in cases:
            assert of_trees[at] == (words, label)
            at += 2 * len(words) - 1
        if split == TRAIN:  # counted in train.txt by other means
            assert len({tuple(words) for words, _ in of_trees}) == 156_817


# ---- Random draws --------------------------------------------------------------------------------


def test_thinning_by_a_loop_over_the_draws():
    data = StanfordSentiment(OWN_CORPUS)
    text = data.sentences()
    words = [word for sentence in text for word in sentence]
    total = len(words) + 1  # "UNK" counts once
    kept_at_least = {word: (1e-5 * total / words.count(word)) ** 0.5 for word in set(words)}
    random.seed(3)
    expected = []
    for _ in range(30):
        for sentence in text:
            left = [word for word in sentence if kept_at_least[word] >= 1 or random.random() >= 1 - kept_at_least[word]]
            if len(left) > 1:
                expected.append(left)
    after = random.random()
    random.seed(3)
    assert data.allSentences() == expected
    assert random.random() == after
    assert data.allSentences() is data.allSentences()  # drawn once


def test_a_word_too_rare_to_be_dropped_costs_no_draw(tmp_path):
    # 150,000 words: one that occurs once is below t = 1e-5 of the text, and is never dropped.
    write_corpus(tmp_path, ["(2 " + "(2 the) " * 150_000 + "(2 rare) (2 once))"])
    data = StanfordSentiment(tmp_path)
    row = data.tokens()
    reject = data.rejectProb()
    assert reject[row["rare"]] == reject[row["UNK"]] == 0
    assert reject[row["the"]] == pytest.approx(1 - (1e-5 * 150_005 / 150_000) ** 0.5, rel=1e-12)


def test_contexts_reach_C_words_and_never_hold_the_centre():
    data = StanfordSentiment(OWN_CORPUS)
    random.seed(4)
    places = {}
    for sentence in data.allSentences():
        for at, word in enumerate(sentence):
            for C in (1, 3):
                around = [w for w in sentence[max(0, at - C) : at] + sentence[at + 1 : at + 1 + C] if w != word]
                places.setdefault((word, C), []).append(around)
    for _ in range(300):
        C = random.choice([1, 3])
        centre, context = data.getRandomContext(C)
        assert context and context in places[centre, C]
    with pytest.raises(ValueError, match="C = 0"):
        data.getRandomContext(0)


def test_table_of_negatives_entry_by_entry(tmp_path):
    data = StanfordSentiment(
        write_corpus(tmp_path, ["(2 (2 a) (2 a) (2 a) (2 b) (2 c) (2 b))"], ["(2 b)"], ["(2 c)"]), tablesize=50
    )
    share = np.array([3, 3, 2, 1]) ** 0.75  # a, b, c, UNK
    cumulated = np.cumsum(share / share.sum()) * 50
    expected = []
    row = 0
    for entry in range(50):
        while cumulated[row] < entry:
            row += 1
        expected.append(row)
    assert data.sampleTable() == expected
    # Four words of equal share, cumulated times 4 exactly 1 to 4: entry 1 belongs to the first, whose 1 is at least 1.
    four = write_corpus(tmp_path, ["(2 a)"], ["(2 b)"], ["(2 c)"])
    assert StanfordSentiment(four, tablesize=4).sampleTable() == [0, 0, 1, 2]
    random.seed(1)
    draws = [data.sampleTokenIdx() for _ in range(20)]
    random.seed(1)
    assert draws == [expected[random.randint(0, 49)] for _ in range(20)]


def test_text_without_two_words_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="too little text"):
        StanfordSentiment(write_corpus(tmp_path, ["(2 a)", "(2 b)"])).getRandomContext(1)


# ---- Download ------------------------------------------------------------------------------------


@pytest.fixture
def zips(two_files, tmp_path, monkeypatch):
    """Both zips already fetched, holding the files of `two_files`, with their checksums as the expected ones."""
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    expected = []
    for url, _, members in download.ZIPS:
        archive = fetched / url.rsplit("/", 1)[1]
        with zipfile.ZipFile(archive, "w") as opened:
            for member, name in members.items():
                opened.write(two_files / name, member)
        expected.append((url, hashlib.sha256(archive.read_bytes()).hexdigest(), members))
    monkeypatch.setattr(download, "ZIPS", expected)
    return fetched


def test_zips_that_are_there_are_checked_and_taken_apart(zips, two_files):
    download.download(zips)  # no network: nothing is fetched
    assert StanfordSentiment(zips).sentences() == StanfordSentiment(two_files).sentences()
    assert {path.name for path in zips.iterdir() if path.suffix != ".zip"} == {
        "dev.txt",
        "stanfordSentimentTreebank",
        "test.txt",
        "train.txt",
    }


@pytest.mark.parametrize(
    "error", [OSError("no route to host"), ValueError("SHA256 hash of downloaded file does not match")]
)
def test_a_failed_download_says_what_to_do_instead(error, monkeypatch):
    import pooch

    def retrieve(url, known_hash, **kwargs):
        assert known_hash == f"sha256:{download.ZIPS[0][1]}" and url == download.ZIPS[0][0]
        raise error

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    with pytest.raises(ValueError) as said:
        download.download()
    assert str(error) in str(said.value) and all(url in str(said.value) for url, _, _ in download.ZIPS)


# ---- Pretrained vectors --------------------------------------------------------------------------


def test_glove_text_file(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_bytes("film 1 2 3\nunused 4 5 6\r\nna\u00efve -1e-1 0 2.5\n".encode())
    vectors = glove.loadWordVectors({"na\u00efve": 0, "absent": 1, "film": 2}, path, dimensions=3)
    assert vectors.tolist() == [[-0.1, 0, 2.5], [0, 0, 0], [1, 2, 3]]


@pytest.mark.parametrize(
    "line",
    [
        b"film 1 2",
        b"film 1 2 3 4",
        b"film 1 two 3",
        b"film 1 nan 3",
        b"film 1 2 3 ",
        b"unasked 1 2",
        b"\xff 1 2 3",
        b"film",
    ],
)
def test_glove_bad_line_is_named(tmp_path, line):
    path = tmp_path / "glove.txt"
    path.write_bytes(b"a 1 2 3\n" + line + b"\n")
    with pytest.raises(ValueError, match=r"glove.txt, line 2: not a word and 3 finite numbers"):
        glove.loadWordVectors({"a": 0, "film": 1}, path, dimensions=3)


def test_glove_without_any_of_the_words(tmp_path):
    (tmp_path / "glove.txt").write_text("a 1 2 3\n")
    with pytest.raises(ValueError, match="none of the 1 words"):
        glove.loadWordVectors({"film": 0}, tmp_path / "glove.txt", dimensions=3)


def test_glove_not_there(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no file of word vectors at .*absent.txt"):
        glove.find_glove(tmp_path / "absent.txt")
    monkeypatch.setattr(glove, "DOWNLOADED", tmp_path / "absent.txt")
    monkeypatch.setattr(glove, "PACKAGE", "no_such_package_here")
    with pytest.raises(FileNotFoundError, match="no pretrained vectors: unzip .* or pip install"):
        glove.find_glove()


def test_glove_package(tmp_path, monkeypatch):
    """A package that is laid out as the real one, and a stand-in for pyarrow's reader; the project requires neither."""
    data = tmp_path / "our_glove" / "data"
    data.mkdir(parents=True)
    (tmp_path / "our_glove" / "__init__.py").touch()
    np.save(data / "glove_6B_50d_emb.npy", np.arange(6, dtype=np.float32).reshape(3, 2))
    (data / "glove_6B_index.parquet").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(glove, "DOWNLOADED", tmp_path / "absent.txt")
    monkeypatch.setattr(glove, "PACKAGE", "our_glove")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FileNotFoundError, match="pip install pyarrow"):
        glove.find_glove()

    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "pyarrow" / "__init__.py").touch()
    (tmp_path / "pyarrow" / "parquet.py").write_text(
        "class Column:\n    def to_pylist(self): return ['a', 'b', 'c']\n"
        "def read_table(path): return {'index': Column()}\n"
    )
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)  # so that the stand-in goes when the test ends
        monkeypatch.delitem(sys.modules, name)
    path = glove.find_glove()
    assert path == data
    assert glove.loadWordVectors({"c": 0, "absent": 1, "a": 2}, path, dimensions=2).tolist() == [[4, 5], [0, 0], [0, 1]]
    with pytest.raises(ValueError, match=r"shape \(3, 2\), not \(3, 50\)"):
        glove.loadWordVectors({"c": 0}, path)
    (data / "glove_6B_index.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="lacks .*parquet"):
        glove.loadWordVectors({"c": 0}, path)


def test_glove_command(tmp_path, capsys, monkeypatch):
    (tmp_path / "glove.txt").write_text("the" + " 0.5" * 50 + "\n")
    assert glove.main(["--glove", str(tmp_path / "glove.txt"), "--data", str(OWN_CORPUS)]) == 0
    assert "vectors for 1 of the" in capsys.readouterr().out
    monkeypatch.setattr(glove, "DOWNLOADED", tmp_path / "absent.txt")
    monkeypatch.setattr(glove, "PACKAGE", "no_such_package_here")
    assert glove.main([]) == 0
    assert "There are no pretrained vectors" in capsys.readouterr().out
