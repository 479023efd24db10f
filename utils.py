"""Tweets to features: what the course's own utils.py computes, and the same for a whole corpus in one fast pass.

    process_tweet(tweet)            a tweet -> its stems
    build_freqs(tweets, labels)     a corpus -> {(stem, label): how often}
    extract_features(tweet, freqs)  a tweet -> (1, 3): [1, sum of the stems' positive counts, sum of their negative counts]
    feature_matrix(tweets, freqs)   N tweets -> (3, N), a tweet a column, as assignment2 takes them

The tokenizer and the stemmer are NLTK's. They are loaded by the first tweet, since importing NLTK takes most of a
second, and nothing is downloaded: the list of stop words is in this file. Needs numpy and nltk (which brings tqdm).
"""

import re
import string
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

# A tweet has at most 280 characters. A longer run without white space is cut; see _clean.
LONGEST_RUN = 280

# For a corpus: how many tweets are taken together, and the private character that keeps their pieces apart.
BLOCK = 2000
MARK = "\ue000"


# ---------------------------------------------------------------------------------------------------- one tweet


def process_tweet(tweet):
    """The stems of a tweet, in order, repeats kept: list of str.

    Cleaned of cash tags, a leading RT, links and the # of hashtags; tokenized, lower-cased, handles dropped; without
    stop words and punctuation (emoticons stay); each word reduced to its stem. Raises TypeError unless `tweet` is a str.
    """
    return _stems(_tokenizer().tokenize(_clean(tweet)))


def extract_features(tweet, freqs):
    """[1, sum of the stems' positive counts, sum of their negative counts]: float64 (1, 3).

    `freqs` is what build_freqs gives. A stem that it lacks adds 0; a word that comes twice adds twice.
    """
    return np.array([[1, *_sums(process_tweet(tweet), freqs)]], dtype=np.float64)


def _clean(tweet):
    """The tweet without what the course's regular expressions take out."""
    if not isinstance(tweet, str):
        raise TypeError(f"a tweet must be a str, not {type(tweet).__name__}: {_on_one_line(tweet)}")
    tweet = re.sub(r"\$\w*", "", tweet)  # cash tags such as $GE
    tweet = re.sub(r"^RT[\s]+", "", tweet)  # the mark of an old-style retweet
    tweet = re.sub(r"https?://[^\s\n\r]+", "", tweet)  # links
    tweet = tweet.replace("#", "")  # the sign alone: the hashtag's word stays
    # The course's code has no such cut, and needs none for a tweet. But twice as long a run such as a.a.a.a takes NLTK's
    # pattern five times as long (0.9 s for 4000 characters), and its stemmer calls itself for each y of yYyYyY.
    # To that pattern, unlike to re, \x1c to \x1f are not white space.
    if len(tweet) > LONGEST_RUN:
        tweet = re.sub(rf"([\S\x1c-\x1f]{{{LONGEST_RUN}}})(?=[\S\x1c-\x1f])", r"\1 ", tweet)
    return tweet


def _stems(tokens):
    """The stems of the tokens that are neither stop words nor a piece of string.punctuation (so '...' and ':)' stay)."""
    return [_stem(token) for token in tokens if token not in STOP_WORDS and token not in string.punctuation]


@lru_cache(maxsize=1 << 15)  # a word's stem never changes, and most words of a tweet have been met before
def _stem(token):
    return _stemmer().stem(token)


def _sums(stems, freqs):
    """The sum of the stems' positive counts, and of their negative counts."""
    return sum(freqs.get((stem, 1.0), 0) for stem in stems), sum(freqs.get((stem, 0.0), 0) for stem in stems)


@cache
def _tokenizer():
    from nltk.tokenize.casual import TweetTokenizer

    return TweetTokenizer(preserve_case=False, strip_handles=True, reduce_len=True)


@cache
def _stemmer():
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


# ---------------------------------------------------------------------------------------------------- many tweets


def build_freqs(tweets, labels):
    """How often each stem occurs in tweets of each label: {(stem, label): int}.

    `labels` holds one 0 or 1 a tweet, as a list or an array of (N,) or (N, 1), and the keys hold it as it is given
    there; ('happi', 1) and ('happi', 1.0) are the same key. Raises ValueError when the numbers of tweets and labels
    differ or a label is neither 0 nor 1.
    """
    tweets, labels = _tweet_list(tweets), np.asarray(labels)
    if labels.shape not in ((len(tweets),), (len(tweets), 1)):
        raise ValueError(
            f"{len(tweets)} tweets need labels of shape ({len(tweets)},) or ({len(tweets)}, 1), not {labels.shape}"
        )
    freqs = {}
    for stems, label in zip(_stems_of_each(tweets), labels.ravel().tolist()):
        if label not in (0, 1):
            raise ValueError(f"a label must be 0 or 1, not {label!r}")
        for stem in stems:
            freqs[stem, label] = freqs.get((stem, label), 0) + 1
    return freqs


def feature_matrix(tweets, freqs):
    """The features of N tweets, one a column: float64 (3, N). The same figures as extract_features, one pass for all."""
    tweets = _tweet_list(tweets)
    X = np.ones((3, len(tweets)))
    for n, stems in enumerate(_stems_of_each(tweets)):
        X[1, n], X[2, n] = _sums(stems, freqs)
    return X


def _tweet_list(tweets):
    if isinstance(tweets, (str, bytes)):
        raise TypeError(f"a list of tweets is needed, not one {type(tweets).__name__}: {_on_one_line(tweets)}")
    return list(tweets)


def _on_one_line(value):
    return " ".join(repr(value).split())[:60]


def _stems_of_each(tweets):
    """Yield what process_tweet gives for each tweet, tokenizing each distinct piece of the corpus once.

    A tweet's pieces are its runs without white space, since NLTK's pattern looks no further than that from any token;
    or it is one piece as a whole, where _reaches_over says that the pattern may. The pieces of BLOCK tweets are
    tokenized as one text, each on a line of its own with the line MARK between two: nothing reaches over a mark.
    """
    from nltk.tokenize.casual import remove_handles
    from tqdm import tqdm

    reaches_over, tokenize = _reaches_over(), _tokenizer().tokenize
    known = {}  # piece -> its stems
    with tqdm(desc="tweets", total=len(tweets), unit="", delay=2, leave=False, disable=None) as bar:
        for start in range(0, len(tweets), BLOCK):
            block = []  # the pieces of each tweet
            for text in map(_clean, tweets[start : start + BLOCK]):
                if "&" in text or MARK in text:  # an HTML entity may stand for anything, a mark too
                    known[text] = _stems(tokenize(text))
                    block.append([text])
                    continue
                if "@" in text:
                    text = remove_handles(text)
                block.append([text] if reaches_over(text) else text.split())
            new = [piece for piece in dict.fromkeys(chain.from_iterable(block)) if piece not in known]
            tokens = iter(tokenize(f"\n{MARK}\n".join([*new, ""])))
            for piece in new:
                known[piece] = _stems(iter(tokens.__next__, MARK))
            for pieces in block:
                yield list(chain.from_iterable(map(known.__getitem__, pieces)))
            bar.update(len(block))


@cache
def _reaches_over():
    """A search for anything in a tweet of which NLTK's tokenizer could make one token with white space in it.

    It may find too much, which costs time only. Uses `regex`, as NLTK does, for the same \\d and \\s.
    """
    import regex

    return regex.compile(
        r"""
        \d [*\-.)]* [ ] [ *\-.)]* \(? \d            # a telephone number: (212) 555 0123
      | \. \s+ \.                                   # an ellipsis: . . .
      | \s [\u200d\U0001f3fb-\U0001f3ff]            # whatever is before a joiner or a skin tone,
      | \u200d \s                                   #   or after a joiner
      | [\x1c-\x1f]                                 # white space to str.split, not to NLTK's pattern
    """,
        regex.VERBOSE,
    ).search
