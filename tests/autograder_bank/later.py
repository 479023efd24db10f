"""Assignment 2 as a short textbook submission, by the later template (2025 fall and 2026).

gradients returns dW1, db1, dW2, db2, L, gradients that are sums over the batch beside the mean loss; update_params and
train_nn return five values. The banks are made from this text: see README.md.
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
    h = inference_layer(X, W1, b1)
    return inference_layer(h, W2, b2).reshape(-1)


def bce_forward(yhat, y):
    yhat, y = np.ravel(yhat), np.ravel(y)
    yhat = np.clip(yhat, 1e-15, 1 - 1e-15)
    return -np.mean(y * np.log(yhat) + (1 - y) * np.log(1 - yhat))


def gradients(X, y, W1, W2, b1, b2):
    h = inference_layer(X, W1, b1)
    yhat = inference_2layers(X, W1, W2, b1, b2)
    L = bce_forward(yhat, y)
    dz2 = (yhat - np.ravel(y)).reshape(1, -1)
    dW2 = dz2 @ h.T
    db2 = np.reshape(dz2.sum(), np.shape(b2))
    dz1 = (W2.T @ dz2) * h * (1 - h)
    dW1 = dz1 @ X.T
    db1 = np.reshape(dz1.sum(axis=1), np.shape(b1))
    return dW1, db1, dW2, db2, L


def update_params(batchx, batchy, W1, b1, W2, b2, lr=0.01):
    dW1, db1, dW2, db2, L = gradients(batchx, batchy, W1, W2, b1, b2)
    return W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2, L


def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01, batch=32, W1=None, b1=None, W2=None, b2=None, Ls=None):
    with open(filename, "rb") as file:
        data = pickle.load(file)
    X = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["X"]]).T
    y = np.ravel(data["y"])
    scale = X.max(axis=1, keepdims=True) / 4
    X = X / scale
    rng = np.random.default_rng(1)
    if W1 is None:
        W1, b1 = rng.normal(size=(hidden_layer_size, len(X))), np.zeros(hidden_layer_size)
        W2, b2 = rng.normal(size=(1, hidden_layer_size)), np.zeros(1)
    Ls = [] if Ls is None else Ls
    for _ in range(int(iters)):
        drawn = rng.integers(0, len(y), batch)
        W1, b1, W2, b2, L = update_params(X[:, drawn], y[drawn], W1, b1, W2, b2, lr / batch)
        Ls.append(L)
    return W1 / scale.T, b1, W2, b2, Ls
