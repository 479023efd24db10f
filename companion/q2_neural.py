"""Question 2: one hidden layer of sigmoids, softmax on top, and the gradient by hand.

    python companion/q2_neural.py       # checks the gradient on random data

Notation of the question, one sample per row:
h = sigma(x W1 + b1), yhat = softmax(h W2 + b2), CE(y, yhat) = -sum_i y_i log yhat_i.
"""

import numpy as np
from q1_softmax import softmax
from q2_gradcheck import gradcheck_naive
from q2_sigmoid import sigmoid, sigmoid_grad


def forward_backward_prop(data, labels, params, dimensions):
    """The cross-entropy of the network, summed over the samples, and its gradient (questions 2c to 2g).

    data        (M, Dx), one sample per row
    labels      (M, Dy), one-hot
    params      ((Dx + 1) H + (H + 1) Dy,): W1 (Dx, H), b1 (H,), W2 (H, Dy), b2 (Dy,), flattened in this order
    dimensions  [Dx, H, Dy]
    Returns (cost, gradient), the gradient flat like params. Raises ValueError if the shapes do not fit together, for no
    samples, and for labels that are not one-hot.
    """
    data, labels, params = np.asarray(data, float), np.asarray(labels, float), np.asarray(params, float)
    if len(dimensions) != 3:
        raise ValueError(f"dimensions are [Dx, H, Dy], not {list(dimensions)}")
    Dx, H, Dy = dimensions
    size = (Dx + 1) * H + (H + 1) * Dy
    if params.shape != (size,):
        raise ValueError(
            f"dimensions {list(dimensions)} need {size} parameters in one vector, not shape {params.shape}"
        )
    if data.ndim != 2 or data.shape[1] != Dx or len(data) == 0:
        raise ValueError(f"data has shape {data.shape}, not (M, {Dx}) with M of at least 1")
    if labels.shape != (len(data), Dy):
        raise ValueError(f"labels have shape {labels.shape}, not {(len(data), Dy)}")
    if not (np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=1) == 1)):
        raise ValueError("labels are not one-hot: each row needs one 1 and else zeros")

    W1, b1, W2, b2 = np.split(params, np.cumsum([Dx * H, H, H * Dy]))
    W1, W2 = W1.reshape(Dx, H), W2.reshape(H, Dy)

    # Forward
    h = sigmoid(data @ W1 + b1)  # (M, Dx) @ (Dx, H) + (H,) -> (M, H)
    z = h @ W2 + b2  # (M, H) @ (H, Dy) + (Dy,) -> (M, Dy)
    yhat = softmax(z)  # (M, Dy)
    # log yhat from the scores: a yhat that has underflowed to 0 has no logarithm.
    top = z.max(axis=1, keepdims=True)
    log_yhat = z - top - np.log(np.exp(z - top).sum(axis=1, keepdims=True))
    cost = -np.sum(labels * log_yhat)

    # Backward: dz and dh are the derivatives of the cost with respect to z and to the hidden layer's input.
    dz = yhat - labels  # (M, Dy): softmax and cross-entropy together leave this
    dW2 = h.T @ dz  # (H, M) @ (M, Dy) -> (H, Dy)
    db2 = dz.sum(axis=0)  # (Dy,): every sample adds b2, so every sample adds its share
    dh = dz @ W2.T * sigmoid_grad(h)  # (M, Dy) @ (Dy, H) -> (M, H)
    dW1 = data.T @ dh  # (Dx, M) @ (M, H) -> (Dx, H)
    db1 = dh.sum(axis=0)  # (H,)
    return cost, np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])


def sanity_check():
    rng = np.random.default_rng(20)
    for samples, dimensions in [(20, [10, 5, 10]), (1, [1, 1, 2]), (7, [3, 8, 4])]:
        Dx, H, Dy = dimensions
        data = rng.normal(size=(samples, Dx))
        labels = np.eye(Dy)[rng.integers(Dy, size=samples)]
        params = rng.normal(size=(Dx + 1) * H + (H + 1) * Dy)
        print(f"{samples} samples, dimensions {dimensions}:", end=" ")

        def cost(params, data=data, labels=labels, dimensions=dimensions):
            return forward_backward_prop(data, labels, params, dimensions)

        gradcheck_naive(cost, params)
    print("All checks of the network passed.")


if __name__ == "__main__":
    sanity_check()
