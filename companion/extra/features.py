"""From a sentence to numbers: means of word vectors and counts of words, whole corpora at a time (question 4).

The readable version of the mean is `getSentenceFeatures` in q4_sentiment.py; companion/tests/test_q4.py ties the two.

Both kinds are linear in a table with a row for each word (or n-gram), so a linear classifier on them is itself a table:
what each row adds to each class's score. `per_item` gives it, and explain.py reads decisions off it.

Notation: N sentences, V words, D dimensions, K = 5 classes.
"""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer


class MeanFeatures:
    """The mean of the sentence's word vectors. Words without a row are left out; if no word has one, it is zero.

    tokens   a dict from word to row; vectors (V, D)
    """

    kind = "mean"

    def __init__(self, tokens, vectors):
        if len(vectors) != len(tokens):
            raise ValueError(f"one vector a word: {len(tokens)} words, vectors of shape {np.shape(vectors)}")
        self.tokens, self.vectors = tokens, np.asarray(vectors, dtype=float)
        self.size = self.vectors.shape[1]

    def matrix(self, sentences):
        """Sentences, lists of words -> (N, D)."""
        return mean_counts(self.tokens, sentences) @ self.vectors  # (N, V) @ (V, D)

    def per_item(self, coef):
        """Weights (K, D) -> the words, and (V, K): what each adds to each class, per its share of the sentence."""
        return list(self.tokens), self.vectors @ coef.T  # (V, D) @ (D, K)


class NGramFeatures:
    """1 for each n-gram, of 1 up to `longest` words, that the sentence holds and that was seen in training, else 0.

    sentences   the training sentences, lists of words
    """

    kind = "presence"

    def __init__(self, sentences, longest=1):
        self.counter = CountVectorizer(analyzer=lambda words: ngrams(words, longest), binary=True, dtype=float).fit(
            sentences
        )
        self.size = len(self.counter.vocabulary_)

    def matrix(self, sentences):
        """Sentences, lists of words -> sparse (N, M), of zeros and ones."""
        return self.counter.transform(sentences)

    def per_item(self, coef):
        """Weights (K, M) -> the n-grams, and what each adds to each class: (M, K)."""
        return self.counter.get_feature_names_out().tolist(), coef.T


def ngrams(words, longest):
    """All runs of 1 to `longest` neighbouring words, each joined by blanks."""
    return [" ".join(words[at : at + n]) for n in range(1, longest + 1) for at in range(len(words) - n + 1)]


def mean_counts(tokens, sentences):
    """Each word's share of each sentence, counting words that have a row: sparse (N, V), rows that sum to 1 or 0."""
    known = [[tokens[word] for word in words if word in tokens] for words in sentences]
    lengths = np.array([len(rows) for rows in known])
    weights = np.repeat(1 / np.maximum(lengths, 1), lengths)
    columns = np.array([row for rows in known for row in rows], dtype=np.int32)
    # Equal words of a sentence stand side by side in its row; the product adds them up.
    return csr_matrix((weights, columns, np.append(0, np.cumsum(lengths))), shape=(len(known), len(tokens)))


# ---- Changes of the vectors that change the means ------------------------------------------------


def standardised(tokens, vectors, sentences, spread=1.0):
    """The vectors (V, D), moved and scaled: each dimension of the means of `sentences` has mean 0, deviation `spread`.

    Vectors from different training differ in length by a factor of ten and more. Standardised, one penalty means the
    same for all, and L-BFGS takes a third of the steps. The shares in a mean sum to 1, so shifting every vector shifts
    every sentence's mean by as much.
    """
    means = mean_counts(tokens, sentences) @ vectors  # (N, D)
    deviation = means.std(axis=0)
    return (vectors - means.mean(axis=0)) * (spread / np.where(deviation > 0, deviation, 1))


# The other two: S. Arora, Y. Liang, T. Ma, A Simple but Tough-to-Beat Baseline for Sentence Embeddings, ICLR 2017.


def down_weight(tokens, vectors, sentences, a=1e-3):
    """The vectors (V, D) times a / (a + p), p the word's share of all `sentences`: frequent words count less."""
    share = mean_counts(tokens, [[word for words in sentences for word in words]]).toarray()[0]
    return vectors * (a / (a + share))[:, None]


def without_common_direction(tokens, vectors, sentences):
    """The vectors without their part along the first singular direction of the sentences' means. (V, D)"""
    means = mean_counts(tokens, sentences) @ vectors  # (N, D)
    common = np.linalg.svd(means, full_matrices=False)[2][0]  # (D,), of unit length
    return vectors - np.outer(vectors @ common, common)
