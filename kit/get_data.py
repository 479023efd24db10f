"""Make twitter_data.pkl, the course's data, from NLTK's corpus twitter_samples. Only if you do not have the file yet.

python -m pip install "nltk>=3.9.1,<3.10" regex tqdm
python get_data.py
"""

import pickle

import nltk
import numpy as np

from utils import build_freqs

TRAIN, TEST = 4000, 1000  # tweets of each kind

if __name__ == "__main__":
    nltk.download("twitter_samples")
    files = "positive_tweets.json", "negative_tweets.json"
    try:
        positive, negative = (nltk.corpus.twitter_samples.strings(name) for name in files)
    except LookupError:
        raise SystemExit("NLTK's twitter_samples could not be downloaded: try again with a network") from None
    data = {
        "train_x": positive[:TRAIN] + negative[:TRAIN],
        "train_y": np.repeat([1.0, 0.0], TRAIN)[:, None],  # (8000, 1)
        "test_x": positive[TRAIN : TRAIN + TEST] + negative[TRAIN : TRAIN + TEST],
        "test_y": np.repeat([1.0, 0.0], TEST)[:, None],  # (2000, 1)
    }
    data["freqs"] = build_freqs(data["train_x"], data["train_y"])  # {(stem, label): count}
    with open("twitter_data.pkl", "wb") as file:
        pickle.dump(data, file, protocol=4)
    print(f"twitter_data.pkl: {len(data['train_x'])} training and {len(data['test_x'])} test tweets")
