"""Evaluate a network on the tweets: loss, accuracy with its interval, confusion matrix, examples."""

import numpy as np

from utils import extract_features, process_tweet

MY_TWEET = "This is a ridiculously bright movie. The plot was terrible and I was sad until the ending!"  # the handout's
SENTENCES = [
    MY_TWEET,
    "Thank you all for a wonderful evening :)",
    "I missed the last bus and it is raining :(",
    "Not bad at all, I would happily come again",
    "The lecture starts at nine in room 204",
    "I love this song, why did the concert have to be cancelled",
    "",
]
MOST_WRONG = 10


def measure(predict, loss, data):
    """The figures of a network, as run.json holds them.

    predict: features (3, M) -> ŷ (M,).  loss: (ŷ, y) -> the mean cross-entropy, nats.
    data: a dict with train_X (3, N), train_y (N,), test_X, test_y, freqs, as `data.embedded.load_embedded` returns it.
    If test_X is None there are no test tweets, and the figures that need them (test, rule, wrong) are left out.
    """
    figures = {"train": _fit(predict(data["train_X"]), data["train_y"], loss)}
    if data["test_X"] is not None:
        X, y = data["test_X"], data["test_y"] == 1
        yhat = predict(X)
        predicted = yhat > 0.5
        figures["test"] = _fit(yhat, data["test_y"], loss) | {
            "interval": wilson_interval(int(np.sum(predicted == y)), len(y)),
            "confusion": [
                [int(np.sum((y == label) & (predicted == answer))) for answer in (False, True)]
                for label in (False, True)
            ],
        }
        figures["rule"] = {"accuracy": float(np.mean((X[1] > X[2]) == y))}
        figures["wrong"] = [
            {"features": X[:, i].tolist(), "label": int(y[i]), "yhat": float(yhat[i])}
            for i in np.argsort(-np.abs(yhat - y), kind="stable")  # the most confidently wrong first
            if predicted[i] != y[i]
        ][:MOST_WRONG]
    figures["examples"] = [_example(text, predict, data["freqs"]) for text in SENTENCES]
    return figures


def wilson_interval(right, n, z=1.959963984540054):
    """The 95 % interval of a proportion right/n (Wilson 1927). Unlike the normal one it stays inside [0, 1]."""
    p, s = right / n, z * z / n
    middle, half = (p + s / 2) / (1 + s), z * np.sqrt(p * (1 - p) / n + s / (4 * n)) / (1 + s)
    return [float(middle - half), float(middle + half)]


def _fit(yhat, y, loss):
    return {"loss": float(loss(yhat, y)), "accuracy": float(np.mean((yhat > 0.5) == (y == 1)))}


def _example(text, predict, freqs):
    features = extract_features(text, freqs)  # (1, 3)
    return {
        "text": text,
        "stems": process_tweet(text),
        "features": features[0].tolist(),
        "yhat": float(predict(features.T)[0]),
    }
