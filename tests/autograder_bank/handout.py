"""Assignment 2 as a short textbook submission, by the handout of January 2025.

gradients returns dW1, dW2, db1, db2, L, the gradients of the mean loss; update_params returns four values.
The banks are made from this text: see README.md.
"""

import pickle

import numpy as np

from utils import extract_features


def sigmoid(x):
    x = np.asarray(x, dtype=float)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def inference_layer(X, W, b):
    z = W @ X
    b = np.ravel(b) if X.ndim == 1 else np.reshape(b, (-1, 1))
    return sigmoid(z + b)


def inference_2layers(X, W1, W2, b1, b2):
    if X.shape == (1, W1.shape[1]):  # a row, as extract_features gives it
        X = X[0]
    h = inference_layer(X, W1, b1)
    yhat = inference_layer(h, W2, b2)
    return yhat.reshape(-1)


inference_2_layers = inference_2layers


def bce_forward(yhat, y):
    yhat, y = np.ravel(yhat), np.ravel(y)
    yhat = np.clip(yhat, 1e-15, 1 - 1e-15)
    return -np.mean(y * np.log(yhat) + (1 - y) * np.log(1 - yhat))


def gradients(X, y, W1, W2, b1, b2):
    N = X.shape[1]
    h = inference_layer(X, W1, b1)
    yhat = inference_layer(h, W2, b2)
    L = bce_forward(yhat, y)
    delta2 = (yhat - np.reshape(y, (1, N))) / N
    delta1 = W2.T @ delta2 * h * (1 - h)
    dW2 = delta2 @ h.T
    db2 = np.sum(delta2, axis=1).reshape(np.shape(b2))
    dW1 = delta1 @ X.T
    db1 = np.sum(delta1, axis=1).reshape(np.shape(b1))
    return dW1, dW2, db1, db2, L


def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    dW1, dW2, db1, db2, _ = gradients(batchx, batchy, W1, W2, B1, b2)
    W1 = W1 - lr * dW1
    B1 = B1 - lr * db1
    W2 = W2 - lr * dW2
    b2 = b2 - lr * db2
    return W1, B1, W2, b2


def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    with open(filename, "rb") as file:
        data = pickle.load(file)
    X = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]]).T
    y = np.ravel(data["train_y"])
    scale = X.max(axis=1, keepdims=True) / 4  # counts would saturate the units
    X = X / scale
    rng = np.random.default_rng(1)
    W1 = rng.normal(size=(hidden_layer_size, len(X)))
    b1 = np.zeros(hidden_layer_size)
    W2 = rng.normal(size=(1, hidden_layer_size))
    b2 = np.zeros(1)
    for _ in range(int(iters)):
        batch = rng.integers(0, len(y), 16)
        W1, b1, W2, b2 = update_params(X[:, batch], y[batch], W1, b1, W2, b2, lr)
    W1 = W1 / scale.T
    return W1, b1, W2, b2


if __name__ == "__main__":
    W1, b1, W2, b2 = train_nn("twitter_data.pkl", 6, iters=1e5)
    with open("assignment2.pkl", "wb") as file:
        pickle.dump({"W1": W1, "W2": W2, "b1": b1, "b2": b2}, file)
