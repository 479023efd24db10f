"""Tweets to features: what the course's own utils.py computes, and the same for a whole corpus in one fast pass.

    process_tweet(tweet)            a tweet -> its stems
    build_freqs(tweets, labels)     a corpus -> {(stem, label): count}
    extract_features(tweet, freqs)  a tweet -> (1, 3): [1, positive sum, negative sum] of its stems' counts
    process_tweets(tweets)          N tweets -> the stems of each, in turn
    feature_matrix(tweets, freqs)   N tweets -> (3, N), one column for each, as assignment2 takes them

The tokenizer and the stemmer are NLTK's, loaded by the first tweet. Nothing is downloaded: the list of stop words is in
this file. Needs numpy and nltk (which brings regex and tqdm).
"""

import builtins
import importlib.machinery
import importlib.util
import os
import re
import string
import sys
import types
from functools import cache, lru_cache
from itertools import chain

import numpy as np

# NLTK's 179 English stop words, as they were when the course's file was made. Later NLTK data holds 198, which would
# change the features.
STOP_WORDS = frozenset(
    """
    i me my myself we our ours ourselves you you're you've you'll you'd your yours yourself yourselves he him
    his himself she she's her hers herself it it's its itself they them their theirs themselves what which who
    whom this that that'll these those am is are was were be been being have has had having do does did doing a
    an the and but if or because as until while of at by for with about against between into through during
    before after above below to from up down in out on off over under again further then once here there when
    where why how all any both each few more most other some such no nor not only own same so than too very s t
    can will just don don't should should've now d ll m o re ve y ain aren aren't couldn couldn't didn didn't
    doesn doesn't hadn hadn't hasn hasn't haven haven't isn isn't ma mightn mightn't mustn mustn't needn needn't
    shan shan't shouldn shouldn't wasn wasn't weren weren't won won't wouldn wouldn't
""".split()
)

# A tweet has at most 280 characters. A longer run without white space is cut: see _clean.
LONGEST_RUN = 280

# For a corpus: how many tweets are tokenized together, and the private character that keeps their pieces apart.
BLOCK = 2000
MARK = "\ue000"


# ---- One tweet -----------------------------------------------------------------------------------


def process_tweet(tweet):
    """The stems of a tweet, in order, with repeats: list of str.

    Cash tags, a leading RT, links and the # of hashtags are removed; the rest is tokenized and lower-cased, handles are
    dropped, then stop words and punctuation (emoticons stay); each word is reduced to its stem. Raises TypeError unless
    `tweet` is a str.
    """
    return _stems(_tokenizer().tokenize(_clean(tweet)))


def extract_features(tweet, freqs):
    """[1, sum of the stems' positive counts, sum of their negative counts]: float64 (1, 3).

    `freqs` is what build_freqs returns. A stem that it lacks adds 0; a word that occurs twice adds twice.
    """
    stems = process_tweet(tweet)
    positive = sum(freqs.get((stem, 1.0), 0) for stem in stems)
    negative = sum(freqs.get((stem, 0.0), 0) for stem in stems)
    return np.array([[1, positive, negative]], dtype=np.float64)


def _clean(tweet):
    """The tweet without what the course's regular expressions remove."""
    if not isinstance(tweet, str):
        raise TypeError(f"a tweet must be a str, not {type(tweet).__name__}: {_on_one_line(tweet)}")
    if "$" in tweet:
        tweet = re.sub(r"\$\w*", "", tweet)  # cash tags such as $GE
    if tweet.startswith("RT"):
        tweet = re.sub(r"^RT[\s]+", "", tweet)  # the mark of an old-style retweet
    if "http" in tweet:
        tweet = re.sub(r"https?://[^\s\n\r]+", "", tweet)  # links
    tweet = tweet.replace("#", "")  # the sign alone: the hashtag's word stays
    # The course's code has no such cut, and needs none for a tweet. But on a run such as a.a.a.a, NLTK's pattern takes
    # five times as long for twice the length (0.9 s for 4000 characters), and its stemmer recurses for each y of yYyY.
    # To that pattern, unlike to re, \x1c to \x1f are not white space.
    if len(tweet) > LONGEST_RUN:
        tweet = re.sub(rf"([\S\x1c-\x1f]{{{LONGEST_RUN}}})(?=[\S\x1c-\x1f])", r"\1 ", tweet)
    return tweet


def _stems(tokens):
    """The stems of the tokens, without stop words and substrings of string.punctuation (so '...' and ':)' stay)."""
    return [_stem(token) for token in tokens if token not in STOP_WORDS and token not in string.punctuation]


@lru_cache(maxsize=1 << 15)  # a word's stem never changes, and most words of a tweet have occurred before
def _stem(token):
    return _stemmer().stem(token)


@cache
def nltk_modules():
    """NLTK's modules tokenize.casual and stem.porter, without the rest of NLTK if that can be had.

    `import nltk` takes a second, because nltk/__init__.py imports all of NLTK, and scipy and scikit-learn if they are
    installed. These two modules need none of it. So they are run as private copies, whose own imports of NLTK's modules
    are private copies too. sys.modules holds nothing of that: your own `import nltk`, before, later or in another
    thread, is the usual one. Its classes are then not those in use here, unless you imported it before.
    """
    names = "nltk.tokenize.casual", "nltk.stem.porter"
    if "nltk" not in sys.modules:
        try:
            folders = importlib.util.find_spec("nltk").submodule_search_locations
            copies = {}  # name -> module
            return [_private_copy(name, folders, copies) for name in names]
        except (ImportError, AttributeError):
            pass  # NLTK is not laid out like this: import it as a whole
    importlib.import_module("nltk")  # if another thread is importing it, this waits for the end
    return [importlib.import_module(name) for name in names]


def _private_copy(name, folders, copies):
    """The module `name` of the package in `folders`, run without the packages that it is in."""

    def import_privately(wanted, globals=None, locals=None, fromlist=(), level=0):
        if wanted.startswith("nltk.") and fromlist:  # from nltk.some.module import something
            return _private_copy(wanted, folders, copies)
        if wanted == "nltk" and fromlist:  # from nltk import some_module, as NLTK 3.10 does
            return types.SimpleNamespace(**{part: _private_copy(f"nltk.{part}", folders, copies) for part in fromlist})
        return __import__(wanted, globals, locals, fromlist, level)

    if name not in copies:
        inside = [os.path.join(folder, *name.split(".")[1:-1]) for folder in folders]
        spec = importlib.machinery.PathFinder.find_spec(name, inside)
        copies[name] = module = importlib.util.module_from_spec(spec)
        module.__builtins__ = {**vars(builtins), "__import__": import_privately}  # what its import statements call
        spec.loader.exec_module(module)
    return copies[name]


@cache
def _tokenizer():
    casual, _ = nltk_modules()
    return casual.TweetTokenizer(preserve_case=False, strip_handles=True, reduce_len=True)


@cache
def _stemmer():
    _, porter = nltk_modules()

    stemmer = porter.PorterStemmer()
    for name in ("_step2", "_step3", "_step4"):
        setattr(stemmer, name, _skipped_if_no_suffix(stemmer, getattr(stemmer, name)))
    return stemmer


def _skipped_if_no_suffix(stemmer, step):
    """A step of the stemmer that looks at all its suffixes at once, since most words have none of them."""
    rules = []
    stemmer._apply_rule_list = lambda word, listed: rules.extend(listed) or word
    step("")  # it hands its list of (suffix, replacement, condition) over
    del stemmer._apply_rule_list
    suffixes = tuple(suffix for suffix, _, _ in rules)
    return lambda word: step(word) if word.endswith(suffixes) else word


# ---- Many tweets ---------------------------------------------------------------------------------


def build_freqs(tweets, labels):
    """How often each stem occurs in tweets of each label: {(stem, label): int}.

    labels: one 0 or 1 for each tweet, a list or an array (N,) or (N, 1). The keys hold a label as it is given there;
    ('happi', 1) and ('happi', 1.0) are the same key. Raises ValueError if the numbers of tweets and labels differ or a
    label is neither 0 nor 1.
    """
    tweets, labels = _tweet_list(tweets), np.asarray(labels)
    if labels.shape not in ((len(tweets),), (len(tweets), 1)):
        raise ValueError(
            f"{len(tweets)} tweets need labels of shape ({len(tweets)},) or ({len(tweets)}, 1), not {labels.shape}"
        )
    freqs = {}
    for stems, label in zip(process_tweets(tweets), labels.ravel().tolist(), strict=True):
        if label not in (0, 1):
            raise ValueError(f"a label must be 0 or 1, not {label!r}")
        for stem in stems:
            freqs[stem, label] = freqs.get((stem, label), 0) + 1
    return freqs


def feature_matrix(tweets, freqs):
    """The features of N tweets as columns, float64 (3, N): the figures of extract_features, in one pass for all."""
    tweets = _tweet_list(tweets)
    # A table for each label: looking a stem up is faster than making the key (stem, label) first.
    positive, negative = (_Counts({stem: n for (stem, key), n in freqs.items() if key == label}) for label in (1, 0))
    X = np.ones((3, len(tweets)))
    for n, stems in enumerate(process_tweets(tweets)):
        X[1, n], X[2, n] = sum(map(positive.__getitem__, stems)), sum(map(negative.__getitem__, stems))
    return X


class _Counts(dict):
    def __missing__(self, stem):
        return 0


def _tweet_list(tweets):
    if isinstance(tweets, (str, bytes)):
        raise TypeError(f"expected a list of tweets, not one {type(tweets).__name__}: {_on_one_line(tweets)}")
    return list(tweets)


def _on_one_line(value):
    return " ".join(repr(value).split())[:60]


def process_tweets(tweets):
    """Yield the stems of each tweet, as process_tweet finds them, tokenizing each distinct piece of the corpus once.

    A tweet's pieces are its runs without white space, since NLTK's pattern looks no further than that from any token;
    if _reaches_over finds that the pattern may, the whole tweet is one piece. A piece of plain letters is one token.
    The others of BLOCK tweets are tokenized as one text, each on a line of its own with the line MARK between two: no
    token reaches over a mark.
    """
    from tqdm import tqdm

    casual, _ = nltk_modules()
    reaches_over, tokenize = _reaches_over(), _tokenizer().tokenize
    known = {}  # piece -> its stems
    with tqdm(desc="tweets", total=len(tweets), unit="", delay=2, leave=False, disable=None) as bar:
        for start in range(0, len(tweets), BLOCK):
            block = []  # the pieces of each tweet
            for text in map(_clean, tweets[start : start + BLOCK]):
                # An HTML entity stands for a character. The tokenizer will look for entities once more, so if there are
                # still some, as in &amp;lt;, it must see the tweet by itself.
                decoded = casual._replace_html_entities(text) if "&" in text else text
                if MARK in decoded or ("&" in decoded and casual.ENT_RE.search(decoded)):
                    known[text] = _stems(tokenize(text))
                    block.append([text])
                    continue
                text = decoded
                if "@" in text:
                    text = casual.remove_handles(text)
                block.append([text] if reaches_over(text) else text.split())
            new = [piece for piece in dict.fromkeys(chain.from_iterable(block)) if piece not in known]
            words = [piece for piece in new if piece.isascii() and piece.isalpha()]
            tokens = casual.reduce_lengthening("\n".join(words)).lower().split("\n")  # as the tokenizer does
            known.update((word, _stems([token])) for word, token in zip(words, tokens if words else [], strict=True))
            others = [piece for piece in new if piece not in known]
            tokens = iter(tokenize(f"\n{MARK}\n".join([*others, ""])))
            for piece in others:
                known[piece] = _stems(iter(tokens.__next__, MARK))
            for pieces in block:
                yield list(chain.from_iterable(map(known.__getitem__, pieces)))
            bar.update(len(block))


@cache
def _reaches_over():
    """A search for anything in a tweet that NLTK's tokenizer could make one token of although it holds white space.

    It may find too much, which only costs time. Uses `regex`, as NLTK does, for the same \\d and \\s.
    """
    import regex

    may = re.compile(r"[0-9.\x1c-\x1f]|[^\x00-\x7f]").search  # quicker, and enough for two tweets in three
    search = regex.compile(
        r"""
        \d [*\-.)]* [ ] [ *\-.)]* \(? \d            # a telephone number: (212) 555 0123
      | \. \s+ \.                                   # an ellipsis: . . .
      | \s [\u200d\U0001f3fb-\U0001f3ff]            # whatever is before a joiner or a skin tone,
      | \u200d \s                                   #   or after a joiner
      | [\x1c-\x1f]                                 # white space to str.split, not to NLTK's pattern
    """,
        regex.VERBOSE,
    ).search
    return lambda text: may(text) and search(text)
