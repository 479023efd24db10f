"""utils.py: the course's figures, cases worked by hand, and one pass over a corpus against a tweet at a time."""

import random
import re
import string
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import utils
from data.reader import read_pickle
from utils import LONGEST_RUN, STOP_WORDS, build_freqs, extract_features, feature_matrix, process_tweet

FOLDER = Path(utils.__file__).parent


@pytest.fixture(scope="module")
def course(shared):
    return read_pickle(shared / "data" / "twitter_data.pkl")


def textbook_stems(tweet):
    """The steps one by one, with everything built anew for each tweet: the oracle of process_tweet."""
    from nltk.stem import PorterStemmer
    from nltk.tokenize import TweetTokenizer

    for pattern in (r"\$\w*", r"^RT[\s]+", r"https?://[^\s\n\r]+", r"#"):
        tweet = re.sub(pattern, "", tweet)
    stems = []
    for token in TweetTokenizer(preserve_case=False, strip_handles=True, reduce_len=True).tokenize(tweet):
        if token not in STOP_WORDS and token not in string.punctuation:
            stems.append(PorterStemmer().stem(token))
    return stems


# ---- One tweet -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tweet, stems",
    [
        ("", []),
        (" \t\n ", []),
        ("I am so happy!", ["happi"]),  # stop words and punctuation go
        ("RT @amy: loving the #Movies", ["love", "movi"]),  # RT, handle and # go, the hashtag's word stays
        ("not RT now", ["rt"]),  # RT goes at the start alone
        ("$GE rose, see https://t.co/Ab1 today", ["rose", "see", "today"]),  # cash tags and links go
        ("good :) :D ... !", ["good", ":)", ":d", "..."]),  # not pieces of string.punctuation: they stay
        ("Sooooo LOUD", ["sooo", "loud"]),  # runs of more than three letters are cut to three
        ("good good", ["good", "good"]),  # repeats are kept
        ("I &lt;3 Q&amp;A", ["<3", "q"]),  # HTML entities; 'a' is a stop word
        ("call (212) 555 0123 . . .", ["call", "(212) 555 0123", ". . ."]),  # tokens with white space in them
        (
            "d\u00e9j\u00e0 \u05e9\u05dc\u05d5\u05dd \U0001f44d\U0001f3fd",
            ["d\u00e9j\u00e0", "\u05e9\u05dc\u05d5\u05dd", "\U0001f44d\U0001f3fd"],
        ),
        ("a \ud800 b", ["\ud800", "b"]),  # half of a surrogate pair
    ],
)
def test_stems_worked_by_hand(tweet, stems):
    assert process_tweet(tweet) == stems
    assert list(utils.process_tweets([tweet, tweet])) == [stems, stems]


def test_features_worked_by_hand():
    freqs = {("good", 1): 5, ("good", 0.0): 2, ("bad", 0): 7, ("film", 1.0): 1}
    # good twice 2*5, film 1; good twice 2*2, bad 7; plot is unknown
    X = extract_features("Good good film, bad plot", freqs)
    assert X.shape == (1, 3) and X.dtype == np.float64
    assert X.tolist() == [[1, 11, 11]]
    assert extract_features("", freqs).tolist() == [[1, 0, 0]]
    assert feature_matrix(["Good good film, bad plot", "", "good"], freqs).tolist() == [
        [1, 1, 1],
        [11, 0, 5],
        [11, 0, 2],
    ]


def test_the_course_s_figures(course):
    freqs = course["freqs"]
    assert extract_features(course["train_x"][0], freqs).tolist() == [[1, 3133, 61]]
    assert extract_features("Hello world! All's good!", freqs).tolist() == [[1, 263, 106]]
    assert extract_features("It is so sad!", freqs).tolist() == [[1, 5, 100]]
    assert feature_matrix(course["train_x"], freqs).max() == 23753


def test_the_course_s_counts(course):
    freqs = build_freqs(course["train_x"], course["train_y"])
    assert len(freqs) == 11427
    assert freqs == course["freqs"]


def test_stop_words_are_nltk_s_179(shared):
    path = shared / "nltk_data" / "corpora" / "stopwords" / "english"
    assert STOP_WORDS == set(path.read_text(encoding="utf-8").split())
    assert len(STOP_WORDS) == 179


def printed(code):
    """What `code` prints in a fresh process in the project's folder."""
    run = subprocess.run([sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.split()


FIRST_TWEET = "import sys, utils; print(*utils.process_tweet('I am so happy :)'))"


def test_the_first_tweet_loads_little_of_nltk_and_leaves_none_of_it_behind():
    code = FIRST_TWEET + "; print(*{m.partition('.')[0] for m in sys.modules})"
    happy, smile, *modules = printed(code)
    assert [happy, smile] == ["happi", ":)"]
    assert not {"nltk", "scipy", "sklearn", "matplotlib"} & set(modules)
    assert "nltk" not in printed("import sys, utils; print(*sys.modules)")


def test_no_other_thread_can_meet_a_part_of_nltk_while_the_first_tweet_loads_it():
    """A spy among the finders looks at sys.modules at every import, as another thread might."""
    spy = """
import sys
from types import SimpleNamespace
seen = {}
def look(name, path=None, target=None):
    seen[name] = [module for module in sys.modules if module.partition(".")[0] == "nltk"]
sys.meta_path.insert(0, SimpleNamespace(find_spec=look))
"""
    code = spy + FIRST_TWEET + "; print('regex' in seen, *sum(seen.values(), []))"  # tokenize.casual imports regex
    assert printed(code) == ["happi", ":)", "True"]


# NLTK takes these if they are there, and four times as long to be imported. It is as whole without.
ALONE = "import sys; sys.modules.update(dict.fromkeys(('scipy', 'sklearn', 'matplotlib', 'pandas')))\n"

WHOLE = """
import nltk
from nltk.tokenize import TweetTokenizer, word_tokenize
from nltk.stem import PorterStemmer, SnowballStemmer
from nltk.corpus import stopwords
print(*TweetTokenizer().tokenize("a :)"), PorterStemmer().stem("running"), nltk.FreqDist("aab")["a"], nltk.__version__)
print(nltk.tokenize.casual.TweetTokenizer is TweetTokenizer, nltk.stem.porter.PorterStemmer is PorterStemmer)
"""


def test_nltk_is_whole_before_and_after():
    same = (
        "; print(type(utils._tokenizer()) is TweetTokenizer and sys.modules['nltk'] is nltk)"  # it is used, and stays
    )
    *alone, stem, smile, used = printed(ALONE + WHOLE + FIRST_TWEET + same)
    assert alone[:4] == ["a", ":)", "run", "2"] and alone[-2:] == ["True", "True"]
    assert (stem, smile, used) == ("happi", ":)", "True")
    assert printed(ALONE + FIRST_TWEET + WHOLE) == ["happi", ":)", *alone]


@pytest.mark.parametrize("found", ["None", "types.SimpleNamespace(submodule_search_locations=['nowhere'])"])
def test_nltk_laid_out_otherwise_is_imported_as_a_whole(found):
    code = f"import importlib.util, types; importlib.util.find_spec = lambda name: {found}\n{FIRST_TWEET}"
    assert printed(ALONE + code + "; print('nltk' in sys.modules)") == ["happi", ":)", "True"]


# ---- Many tweets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        [1, 0, 1],
        [1.0, 0.0, 1.0],
        np.array([1, 0, 1]),
        np.array([[1.0], [0.0], [1.0]]),
        [[1], [0], [1]],
    ],
    ids=["ints", "floats", "(N,)", "(N, 1)", "nested list"],
)
def test_counts_worked_by_hand(labels):
    tweets = ["happy happy trip", "a trip", "Tripping?"]
    assert build_freqs(tweets, labels) == {("happi", 1): 2, ("trip", 1): 2, ("trip", 0): 1}


def test_no_tweets_and_one_tweet():
    assert build_freqs([], []) == {}
    assert feature_matrix([], {}).shape == (3, 0)
    assert build_freqs(["glad"], [[1.0]]) == {("glad", 1.0): 1}


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: process_tweet(None), TypeError, "NoneType"),
        (lambda: process_tweet(b"caf\xc3\xa9"), TypeError, "bytes"),
        (lambda: extract_features(["a list"], {}), TypeError, "list"),
        (lambda: extract_features(np.eye(9), {}), TypeError, "ndarray"),
        (lambda: feature_matrix("a tweet", {}), TypeError, "not one str: 'a tweet'"),
        (lambda: feature_matrix(["fine", 3.5], {}), TypeError, "float: 3.5"),
        (lambda: build_freqs("a tweet", [1]), TypeError, "not one str"),
        (lambda: build_freqs(["a", "b"], [1]), ValueError, r"2 tweets .*\(1,\)"),
        (lambda: build_freqs(["a", "b"], [[1, 0]]), ValueError, r"2 tweets .*\(1, 2\)"),
        (lambda: build_freqs(["a", "b"], 1), ValueError, r"2 tweets .*\(\)"),
        (lambda: build_freqs(["a", "b"], [1, 2]), ValueError, "not 2"),
        (lambda: build_freqs(["a", "b"], [1, float("nan")]), ValueError, "not nan"),
    ],
)
def test_bad_input_is_named_in_one_sentence(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_one_pass_gives_the_plain_function_s_stems_and_features_on_the_course_s_tweets(course):
    tweets = course["train_x"] + course["test_x"]
    plain = [process_tweet(tweet) for tweet in tweets]
    assert list(utils.process_tweets(tweets)) == plain
    freqs, X = course["freqs"], feature_matrix(tweets, course["freqs"])
    sums = [[1, *(sum(freqs.get((stem, label), 0) for stem in stems) for label in (1, 0))] for stems in plain]
    np.testing.assert_array_equal(X.T, sums)  # of integers: exact
    for n in range(0, len(tweets), 20):
        assert plain[n] == textbook_stems(tweets[n])
        assert X[:, n].tolist() == extract_features(tweets[n], freqs)[0].tolist()


def test_tokens_and_stems_are_nltk_s_on_the_course_s_tweets(course):
    """utils loads NLTK without its package and glances at suffixes first; here NLTK is imported as anybody does."""
    from nltk.stem import PorterStemmer
    from nltk.tokenize import TweetTokenizer

    tokenizer = TweetTokenizer(preserve_case=False, strip_handles=True, reduce_len=True)
    stem = PorterStemmer().stem
    words = set()
    for tweet in course["train_x"] + course["test_x"]:
        tokens = tokenizer.tokenize(utils._clean(tweet))
        assert utils._tokenizer().tokenize(utils._clean(tweet)) == tokens
        words.update(tokens)
    assert len(words) > 12_000
    assert {word: utils._stem(word) for word in words} == {word: stem(word) for word in words}


def test_stems_are_nltk_s_on_every_suffix():
    """Each suffix of Porter's rules behind stems with and without a vowel, so that every condition is tried."""
    from nltk.stem import PorterStemmer

    suffixes = """sses ies ss s eed ed ing ied at bl iz y ational tional enci anci izer abli bli alli entli eli ousli
        ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful
        ness al ance ence er ic able ible ant ement ment ent sion tion ou ism ate iti ous ive ize e ll""".split()
    stems = ["", "t", "tr", "o", "oat", "trouble", "priv", "orrer", "hop", "fizz", "syzyg", "gene", "theo"]
    words = [stem + first + second for stem in stems for first in ["", *suffixes] for second in suffixes]
    words += "sky skies dying lying news inning proceed exceed howe a b yy".split()
    plain = PorterStemmer().stem
    assert [utils._stem(word) for word in words] == [plain(word) for word in words]


PIECES = [
    # what NLTK's pattern knows, whole and in parts
    "word",
    "Don't",
    "the",
    "running",
    "soooo",
    "AAAAA",
    "yYyYyY",
    "RT ",
    "RT",
    "$GE",
    "$",
    "#tag",
    "#",
    "##",
    "@amy",
    "@",
    "@@",
    "@amy_long_handle_more",
    "me@mail.org",
    "https://t.co/x",
    "http:/",
    "a.com/(x)",
    "www.x.org",
    "e.g.",
    "...",
    ".",
    ". .",
    "!",
    "!!!!!",
    ":)",
    ":-(",
    ":",
    ";D",
    "<3",
    "</3",
    "8",
    "=D",
    "<b>",
    "-->",
    "<-",
    "-",
    "--",
    "'",
    "_",
    "*",
    "(",
    ")",
    "+",
    "+1",
    "0",
    "1",
    "42",
    "555",
    "1234",
    "5551234",
    "(212)",
    "3.14",
    "1-2",
    "&amp;",
    "&lt;3",
    "&#46;",
    "&#32;",
    "&nbsp;",
    "&#xe000;",
    "&#55296;",
    "&bogus;",
    "&",
    ";",
    # white space of every kind, to str.split or to NLTK's pattern
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x1f",
    "\x85",
    "\xa0",
    "\u1680",
    "\u2003",
    "\u2028",
    "\u2029",
    "\u202f",
    "\u205f",
    "\u3000",
    "\u200b",
    "\ufeff",
    # emoji and their joiners, skin tones, flags; right to left; other digits and cases; control characters; half pairs
    "\U0001f600",
    "\u200d",
    "\U0001f3fd",
    "\U0001f468\u200d\U0001f469",
    "\U0001f1eb\U0001f1f7",
    "\u2764\ufe0f",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u0645\u0631\u062d\u0628\u0627",
    "\u202e",
    "\u0665\u0665\u0665",
    "\u0130",
    "\u1e9e",
    "\u03a3\u03a3",
    "\ufb01",
    "\u4f60\u597d",
    "e\u0301",
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
    "\ud83d",
    "\ude00",
    "\ue000",
]


@pytest.mark.parametrize("seed", range(4))
def test_one_pass_gives_the_plain_function_s_stems_on_random_text(seed):
    draw = random.Random(seed)
    tweets = ["".join(draw.choices(PIECES, k=draw.randrange(1, 25))) for _ in range(1000)]
    tweets += [
        "".join(map(chr, draw.choices(range(0x110000), k=10))) + "".join(map(chr, draw.choices(range(256), k=30)))
        for _ in range(200)
    ]
    plain = [process_tweet(tweet) for tweet in tweets]
    for tweet, one, stems in zip(tweets, utils.process_tweets(tweets), plain, strict=True):
        assert one == stems, ascii(tweet)
    for tweet, stems in zip(tweets[::5], plain[::5], strict=True):
        assert stems == textbook_stems(tweet), ascii(tweet)


def test_one_pass_agrees_at_every_kind_of_white_space():
    import regex

    characters = "".join(map(chr, range(sys.maxunicode + 1)))
    spaces = sorted({*filter(str.isspace, characters), *regex.findall(r"\s", characters)})
    assert len(spaces) > 25
    around = [".", "5", "555 1234", "(212)", "a", "\u200d", "\U0001f3fd", "@amy", "http:/", "'", "-"]
    gaps = [*spaces, *(4 * space for space in spaces), " @amy ", "\n@amy@bob"]  # a handle leaves white space
    tweets = [left + gap + right for gap in gaps for left in around for right in around]
    assert list(utils.process_tweets(tweets)) == [process_tweet(tweet) for tweet in tweets]


# ---- Tweets of any size --------------------------------------------------------------------------


def test_a_run_is_cut_only_beyond_the_length_of_a_tweet():
    whole = "ab" * (LONGEST_RUN // 2 - 1) + "c."
    for tweet in (whole, whole + " .", f"{whole} {whole}"):
        assert process_tweet(tweet) == textbook_stems(tweet)
    assert process_tweet("ab" * LONGEST_RUN) == ["ab" * (LONGEST_RUN // 2)] * 2
    assert process_tweet("ab " * LONGEST_RUN) == ["ab"] * LONGEST_RUN  # white space: never cut


# Uncut, a hundred thousand characters of the first five and the last take NLTK's tokenizer from half a minute to hours;
# the sixth makes its stemmer recurse too deeply.
@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "a.b-",
        "1-",
        "http:/!?",
        "<a",
        "yY",
        "a",
        "word ",
        ". ",
        "\n",
        "&",
        "@a",
        "&#",
        "\U0001f600",
        "\ud800",
        "\u05e9",
        "\x00",
        "<\x1c",
    ],
    ids=ascii,
)
def test_twenty_thousand_characters(unit):
    import regex

    tweet = (unit * 20_000)[:20_000]
    assert max(map(len, regex.split(r"\s", utils._clean(tweet)))) <= LONGEST_RUN  # where NLTK's pattern sees no space
    assert list(utils.process_tweets([tweet, ""])) == [process_tweet(tweet), []]
