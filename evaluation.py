"""What a network is worth: the figures of its predictions on the tweets, for train.py and for the report on a student's own."""

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
    data: a dict with train_X (3, N), train_y (N,), test_X, test_y, freqs, as `data.embedded.load_embedded` gives it.
    """
    figures = {}
    for part in ("train", "test"):
        y = data[f"{part}_y"] == 1
        yhat = predict(data[f"{part}_X"])
        said = yhat > 0.5
        figures[part] = {"loss": float(loss(yhat, data[f"{part}_y"])), "accuracy": float(np.mean(said == y))}
    X = data["test_X"]  # and y, yhat, said of the test tweets from here on
    figures["test"]["interval"] = wilson_interval(int(np.sum(said == y)), len(y))
    figures["test"]["confusion"] = [
        [int(np.sum((y == label) & (said == answer))) for answer in (False, True)] for label in (False, True)
    ]
    figures["rule"] = {"accuracy": float(np.mean((X[1] > X[2]) == y))}
    figures["examples"] = []
    for text in SENTENCES:
        features = extract_features(text, data["freqs"])  # (1, 3)
        figures["examples"].append(
            {
                "text": text,
                "stems": process_tweet(text),
                "features": features[0].tolist(),
                "yhat": float(predict(features.T)[0]),
            }
        )
    # The most confidently wrong first.
    wrong = [i for i in np.argsort(-np.abs(yhat - y), kind="stable") if said[i] != y[i]][:MOST_WRONG]
    figures["wrong"] = [{"features": X[:, i].tolist(), "label": int(y[i]), "yhat": float(yhat[i])} for i in wrong]
    return figures


def wilson_interval(right, n, z=1.959963984540054):
    """The 95 % interval of a proportion right/n (Wilson 1927): it stays inside [0, 1] where the normal one does not."""
    p, s = right / n, z * z / n
    middle, half = (p + s / 2) / (1 + s), z * np.sqrt(p * (1 - p) / n + s / (4 * n)) / (1 + s)
    return [float(middle - half), float(middle + half)]
