"""The companion's treebank reader, on trees written here, on the project's own corpus, and on the real files."""

import hashlib
import random
import zipfile

import numpy as np
import pytest
import treebank
from treebank import OWN_CORPUS, SENTENCES, SPLIT, StanfordSentiment, main, read_tree

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
    assert read_tree(line) == (label, words)


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


def test_a_corrupt_tree_is_named_by_file_and_line(tmp_path, capsys):
    write_corpus(tmp_path, ["(3 good)", "(3 (2 a) (4 b)"])
    with pytest.raises(ValueError, match=r"train\.txt, line 2: not a tree .*'\(3 \(2 a\) \(4 b\)'"):
        StanfordSentiment(tmp_path).getTrainSentences()
    assert main(["--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "content, words", [(b"(3 caf\xe9)\n", "not UTF-8 text: byte 6 is 0xe9"), (b"\n\n", "holds no trees")]
)
def test_files_that_cannot_be_read(tmp_path, content, words):
    write_corpus(tmp_path, ["(3 good)"])
    (tmp_path / "dev.txt").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        StanfordSentiment(tmp_path).getDevSentences()


def test_a_missing_folder_is_one_sentence_and_status_2(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.strip().startswith(f"no treebank in {tmp_path / 'none'}")


def test_order_in_which_data_is_looked_for(tmp_path, monkeypatch):
    named, downloaded = tmp_path / "named", tmp_path / "downloaded"
    for folder in (named, downloaded):
        folder.mkdir()
    monkeypatch.setattr(treebank, "DOWNLOADED", downloaded)
    assert StanfordSentiment().folder == OWN_CORPUS and StanfordSentiment().name == "the project's own small corpus"
    write_corpus(downloaded, ["(3 good)"])
    assert StanfordSentiment().folder == downloaded and StanfordSentiment().name == "Stanford Sentiment Treebank"
    write_corpus(named, ["(3 good)"])
    assert StanfordSentiment(named).folder == named


# ---- Text and labels -----------------------------------------------------------------------------


@pytest.fixture
def two_files(tmp_path):
    """Trees, and a datasetSentences.txt like Stanford's: letters encoded twice, one sentence cut short."""
    write_corpus(
        tmp_path,
        ["(4 (2 À) (4 joy))", "(0 (0 awful) (2 Élan))"],
        dev=["(3 (2 nice) (2 one))"],
        test=["(1 (1 so-so) (2 J.R.R.))"],
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
    assert data.getTrainSentences() == [(["à", "joy"], 4), (["awful", "élan"], 0)]
    assert data.getTestSentences() == [(["so-so", "j.r.r."], 1)] and data.getDevSentences() == [(["nice", "one"], 3)]
    assert data.sent_labels() == [0.9, 0.3, 0.7, 0.1]
    assert [data.categorify(score) for score in data.sent_labels()] == [4, 1, 3, 0]


def test_a_split_that_does_not_fit_the_trees(two_files):
    (two_files / SPLIT).write_text("sentence_index,splitset_label\n1,1\n2,2\n3,3\n4,3\n")
    with pytest.raises(ValueError, match="datasetSplit.txt does not tell"):
        StanfordSentiment(two_files).sent_labels()


def test_without_stanfords_text_word2vec_reads_the_training_trees(tmp_path):
    data = StanfordSentiment(write_corpus(tmp_path, ["(4 (2 a) (4 joy))", "(0 awful)"]))
    assert data.sentences() == [["a", "joy"], ["awful"]] and data.sent_labels() == [0.9, 0.1]


def test_categorify_is_by_fifths_with_the_upper_end():
    assert [StanfordSentiment.categorify(x) for x in (0, 0.2, 0.2001, 0.4, 0.5, 0.6, 0.61, 0.8, 0.81, 1)] == [
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
            StanfordSentiment.categorify(outside)


def test_own_corpus_is_whole():
    data = StanfordSentiment(OWN_CORPUS)
    splits = [data.getTrainSentences(), data.getDevSentences(), data.getTestSentences()]
    assert all({label for _, label in split} == {0, 1, 2, 3, 4} for split in splits)
    text = [tuple(words) for split in splits for words, _ in split]
    assert len(set(text)) == len(text)  # no sentence in two splits
    assert set(WORDS_OF_THE_PICTURE) <= set(data.tokens())


def test_the_real_treebank(shared):
    data = StanfordSentiment(shared / "data" / "sst")
    tokens = data.tokens()
    assert (data.numSentences(), len(tokens), sum(map(len, data.sentences()))) == (11_855, 19_539, 227_242)
    assert (tokens["the"], tokens["UNK"]) == (0, 19_538)
    splits = [data.getTrainSentences(), data.getDevSentences(), data.getTestSentences()]
    assert [len(split) for split in splits] == [8_544, 1_101, 2_210]
    assert {word for split in splits for words, _ in split for word in words} == set(tokens) - {"UNK"}
    # The i-th sentence of a split is its i-th tree, up to where it is cut short: the labels belong to their sentences.
    by_split = {"1": iter(splits[0]), "2": iter(splits[2]), "3": iter(splits[1])}
    numbers = [row.split(",")[1] for row in (shared / "data" / "sst" / SPLIT).read_text().split()[1:]]
    trees = [next(by_split[number]) for number in numbers]
    different = sum(
        words[: len(sentence) - 1] != sentence[:-1]
        for (words, _), sentence in zip(trees, data.sentences(), strict=True)
    )
    assert different < 60  # a few are split in another place
    assert [data.categorify(score) for score in data.sent_labels()] == [label for _, label in trees]


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
    assert reject[row["the"]] == pytest.approx(1 - (1e-5 * 150_003 / 150_000) ** 0.5, rel=1e-12)


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
    data = StanfordSentiment(write_corpus(tmp_path, ["(2 (2 a) (2 a) (2 a) (2 b) (2 c) (2 b))"]), tablesize=50)
    share = np.array([3, 2, 1, 1]) ** 0.75  # a, b, c, UNK
    cumulated = np.cumsum(share / share.sum()) * 50
    expected = []
    row = 0
    for entry in range(50):
        while cumulated[row] < entry:
            row += 1
        expected.append(row)
    assert data.sampleTable() == expected
    # Two words of equal share, cumulated times 4 exactly 2 and 4: entry 2 belongs to the first, whose 2 is at least 2.
    assert StanfordSentiment(write_corpus(tmp_path, ["(2 a)"]), tablesize=4).sampleTable() == [0, 0, 0, 1]
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
    for url, _, members in treebank.ZIPS:
        archive = fetched / url.rsplit("/", 1)[1]
        with zipfile.ZipFile(archive, "w") as opened:
            for member, name in members.items():
                opened.write(two_files / name, member)
        expected.append((url, hashlib.sha256(archive.read_bytes()).hexdigest(), members))
    monkeypatch.setattr(treebank, "ZIPS", expected)
    return fetched


def test_zips_that_are_there_are_checked_and_taken_apart(zips, two_files):
    treebank.download(zips / "sst")  # no network: nothing is fetched
    assert StanfordSentiment(zips / "sst").sentences() == StanfordSentiment(two_files).sentences()
    assert sorted(p.name for p in (zips / "sst").iterdir()) == [
        "dev.txt",
        "stanfordSentimentTreebank",
        "test.txt",
        "train.txt",
    ]


@pytest.mark.parametrize(
    "error", [OSError("no route to host"), ValueError("SHA256 hash of downloaded file does not match")]
)
def test_a_failed_download_says_what_to_do_instead(error, monkeypatch, capsys):
    import pooch

    def retrieve(url, known_hash, **kwargs):
        assert known_hash == f"sha256:{treebank.ZIPS[0][1]}" and url == treebank.ZIPS[0][0]
        raise error

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert main(["--download"]) == 1
    said = capsys.readouterr().err
    assert str(error) in said and all(url in said for url, _, _ in treebank.ZIPS) and "Traceback" not in said
