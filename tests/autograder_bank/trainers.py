"""Right ways to train, as students write them: {name: source}.

They draw batches without replacement, cut slices and passes out of 8000 tweets, log, look at test tweets by number,
start from unseeded weights, keep the best of their checkpoints. Six units, 1e5 steps and lr=0.01 take each of them to
an accuracy of 0.99 on the course's test tweets.
"""

from .sources import own

TRAINERS = {
    "batches without replacement": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    data = pickle.load(open(filename, 'rb'))
    X = np.array([extract_features(t, data['freqs'])[0] for t in data['train_x']]).T
    y = data['train_y'].reshape(-1)
    d, N = X.shape
    std = X.std(axis=1, keepdims=True)
    std[std == 0] = 1
    X = X / std * 10
    W1 = np.random.randn(hidden_layer_size, d) * 0.01
    b1 = np.zeros(hidden_layer_size)
    W2 = np.random.randn(1, hidden_layer_size) * 0.01
    b2 = np.zeros(1)
    for i in range(int(iters)):
        batch = np.random.choice(N, 64, replace=False)
        W1, b1, W2, b2 = update_params(X[:, batch], y[batch], W1, b1, W2, b2, lr)
    return W1 * 10 / std.T, b1, W2, b2
"""),
    "random slices with momentum": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    with open(filename, 'rb') as f:
        data = pickle.load(f)
    X = np.concatenate([extract_features(t, data['freqs']) for t in data['train_x']]).T
    y = np.array(data['train_y']).flatten()
    N = X.shape[1]
    shuffled = np.random.permutation(N)
    X, y = X[:, shuffled], y[shuffled]
    biggest = X.max(axis=1)
    X = X / biggest[:, None]
    params = [np.random.randn(hidden_layer_size, 3), np.zeros(hidden_layer_size),
              np.random.randn(1, hidden_layer_size), np.zeros(1)]
    velocity = [np.zeros_like(p) for p in params]
    for _ in range(int(iters)):
        start = np.random.randint(0, N - 128)
        W1, b1, W2, b2 = params
        dW1, dW2, db1, db2, L = gradients(X[:, start:start + 128], y[start:start + 128], W1, W2, b1, b2)
        for k, g in enumerate([dW1, db1, dW2, db2]):
            velocity[k] = 0.9 * velocity[k] - lr * g
            params[k] = params[k] + velocity[k]
    W1, b1, W2, b2 = params
    return W1 / biggest, b1, W2, b2
"""),
    "passes in batches, with a falling rate": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    data = pickle.load(open(filename, "rb"))
    train_x, train_y, freqs = data["train_x"], data["train_y"], data["freqs"]
    N = len(train_x)
    X = np.zeros((3, N))
    for i in range(N):
        X[:, i] = extract_features(train_x[i], freqs)
    X[1:] /= 100
    W1 = np.random.uniform(0, 1, (hidden_layer_size, 3))
    W2 = np.random.uniform(0, 1, (1, hidden_layer_size))
    b1, b2 = np.zeros((hidden_layer_size, 1)), np.zeros((1, 1))
    batches = N // 64
    for i in range(int(iters)):
        if i % batches == 0:
            order = np.random.permutation(N)
        chosen = order[i % batches * 64:(i % batches + 1) * 64]
        rate = lr / (1 + i / iters)
        W1, b1, W2, b2 = update_params(X[:, chosen], train_y[chosen, 0], W1, b1, W2, b2, rate)
    W1[:, 1:] /= 100
    return W1, b1, W2, b2
"""),
    "logs, examples, the best checkpoint": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    data = pickle.load(open(filename, 'rb'))
    freqs = data['freqs']
    X = np.vstack([extract_features(tweet, freqs) for tweet in data['train_x']]).T
    y = data['train_y'].T[0]
    scale = np.array([[1.0], [50.0], [50.0]])
    limit = np.sqrt(6 / (3 + hidden_layer_size))
    W1 = np.random.uniform(-limit, limit, size=(hidden_layer_size, 3))
    W2 = np.random.uniform(-limit, limit, size=(1, hidden_layer_size))
    b1, b2 = np.zeros(hidden_layer_size), np.zeros(1)
    iters = int(iters)
    best, history = (np.inf,), []
    for i in range(iters):
        batch = np.random.randint(0, X.shape[1], size=32)
        W1, b1, W2, b2 = update_params(X[:, batch] / scale, y[batch], W1, b1, W2, b2, lr)
        if i % (iters // 10000) == 0:
            history.append(np.abs(W1).max())
        if i % 1000 == 999:
            loss = bce_forward(inference_2layers(X / scale, W1, W2, b1, b2), y)
            if loss < best[0]:
                best = loss, W1 / scale.T, b1, W2, b2
    _, W1, b1, W2, b2 = best
    for n in (0, 1000, 1999):
        tweet = data['test_x'][n]
        print(tweet, inference_2layers(extract_features(tweet, freqs).T, W1, W2, b1, b2), data['test_y'][n])
    return W1, b1, W2, b2
"""),
    "one tweet a step": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    import random
    data = pickle.load(open(filename, "rb"))
    X = [extract_features(tweet, data["freqs"]).reshape(3, 1) / 100 for tweet in data["train_x"]]
    y = data["train_y"]
    W1 = np.random.normal(0, 1, (hidden_layer_size, 3))
    b1 = np.random.normal(0, 1, hidden_layer_size)
    W2 = np.random.normal(0, 1, (1, hidden_layer_size))
    b2 = np.random.normal(0, 1, 1)
    for _ in range(int(iters)):
        i = random.randrange(len(X))
        W1, b1, W2, b2 = update_params(X[i], y[i], W1, b1, W2, b2, lr)
    return W1 / 100, b1, W2, b2
"""),
    "all tweets in each step, standardised": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    data = pickle.load(open(filename, "rb"))
    X = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]]).T
    y = np.squeeze(data["train_y"])
    mu, sd = X.mean(axis=1), X.std(axis=1)
    mu[0], sd[0] = 0, 1  # the bias feature
    Z = (X - mu[:, None]) / sd[:, None]
    rng = np.random.default_rng()
    W1, W2 = rng.standard_normal((hidden_layer_size, 3)), rng.standard_normal((1, hidden_layer_size))
    b1, b2 = np.zeros(hidden_layer_size), 0.0
    for epoch in range(min(int(iters), 500)):  # all tweets in every step, so fewer steps
        W1, b1, W2, b2 = update_params(Z, y, W1, b1, W2, b2, lr=1)
    return W1 / sd, b1 - W1 @ (mu / sd), W2, b2
"""),
    "raw counts and a rate of its own": own("""
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    lr = 1e-4
    data = pickle.load(open(filename, "rb"))
    X = np.vstack([extract_features(tweet, data["freqs"]) for tweet in data["train_x"]])
    y = data["train_y"].ravel()
    np.random.seed(0)
    W1 = 0.001 * np.random.randn(hidden_layer_size, 3)
    W2 = np.random.randn(1, hidden_layer_size)
    b1, b2 = np.zeros(hidden_layer_size), np.zeros(1)
    for _ in range(int(iters)):
        rows = np.random.choice(len(X), 32)
        W1, b1, W2, b2 = update_params(X[rows].T, y[rows], W1, b1, W2, b2, lr)
    return W1, b1, W2, b2
"""),
}
