"""Explains a wrong answer: each known mistake, as the function that makes it.

A mistake computes what it would have given on the inputs of a call. If that is what the student's code gave in every
call of the check, the hint names the mistake and the equation to look at. No hint holds an expected value.

To add one: write a function below `@known(FUNCTION, ID, HINT)`. Its argument holds the call's inputs by name, as drawn
(X (d, N), y (N,), W1 (ℓ, d), b1 (ℓ,), W2 (1, ℓ), b2 (1,)), and `right`, the expected parts by name ("value" for a
function with one answer). It returns the parts that it changes, by name. `{part}` in a hint is the part's name.
"""

from types import SimpleNamespace

import numpy as np

KNOWN = {}  # function -> [(id, hint, the function that makes the mistake)], tried in order


def known(function, identity, hint):
    def add(make):
        KNOWN.setdefault(function, []).append((identity, hint, make))
        return make

    return add


def name_mistake(function, part, calls, matches):
    """The (id, hint) of the first known mistake that gives the student's value in every one of `calls`, or None.

    calls: [(inputs, expected parts, the student's value, error allowed)].  matches(a, b, allowed): whether two agree.
    A mistake that would have given the expected values as well names nothing.
    """
    for identity, hint, make in KNOWN.get(function, ()):
        wrong = 0
        for inputs, right, value, allowed in calls:
            try:
                with np.errstate(all="ignore"):
                    given = make(SimpleNamespace(**inputs, right=right))[part]
            except (KeyError, ValueError, IndexError, TypeError):
                break  # not a mistake about this part, or these inputs
            if given is None or not matches(value, given, allowed):
                break
            wrong += not matches(given, right[part], allowed)
        else:
            if wrong:
                return identity, hint.format(part=part, returned=inputs.get("returned"))
    return None


# ---- Q1.1 sigmoid --------------------------------------------------------------------------------


def sigma(z):
    return 1 / (1 + np.exp(-np.asarray(z, float)))


SIGMOIDS = [  # (id, hint, from x)
    ("sign", "This is σ(-x): the exponent in (1.2) is -x, so e^-x.", lambda x: sigma(-x)),
    ("tanh", "This is tanh; σ(x) = 1/(1 + e^-x) lies between 0 and 1.", np.tanh),
    (
        "softmax",
        "This is a softmax, whose entries sum to 1; σ takes each entry by itself.",
        lambda x: np.exp(x) / np.sum(np.exp(x)),
    ),
    (
        "softmax",
        "This is a softmax along one axis; σ takes each entry by itself.",
        lambda x: np.exp(x) / np.sum(np.exp(x), axis=0),
    ),
    (
        "softmax",
        "This is a softmax along one axis; σ takes each entry by itself.",
        lambda x: np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True),
    ),
    (
        "derivative",
        "This is σ′ = σ(1 - σ), the derivative; Q1.1 asks for σ itself.",
        lambda x: sigma(x) * (1 - sigma(x)),
    ),
    ("rounded", "These are 0s and 1s: σ is rounded. Return the number between them.", lambda x: np.round(sigma(x))),
    ("relu", "This is max(0, x); σ(x) = 1/(1 + e^-x).", lambda x: np.maximum(0, x)),
    ("plus", "This is 1/(1 - e^-x) or e^-x alone: (1.2) has 1 + e^-x below the line.", lambda x: 1 / (1 - np.exp(-x))),
    ("plus", "This is e^-x; σ(x) = 1/(1 + e^-x).", lambda x: np.exp(-x)),
    ("plus", "This is 1 + e^-x without the reciprocal: σ(x) = 1/(1 + e^-x).", lambda x: 1 + np.exp(-x)),
    ("log", "This is ln σ(x); Q1.1 asks for σ itself.", lambda x: np.log(sigma(x))),
    ("base", "The base of the power is not e: σ(x) = 1/(1 + e^-x).", lambda x: 1 / (1 + 2.0**-x)),
    ("base", "The base of the power is not e: σ(x) = 1/(1 + e^-x).", lambda x: 1 / (1 + 10.0**-x)),
    ("half", "The argument is scaled: σ(x) = 1/(1 + e^-x) has x itself.", lambda x: sigma(x / 2)),
    ("half", "The argument is scaled: σ(x) = 1/(1 + e^-x) has x itself.", lambda x: sigma(x * 2)),
    ("identity", "This is x itself: σ is not applied.", lambda x: x),
    (
        "clipped",
        "Large entries are clipped before they meet σ, which changes the value.",
        lambda x: sigma(np.clip(x, -1, 1)),
    ),
]
for identity, hint, of in SIGMOIDS:
    known("sigmoid", f"sigmoid.{identity}", hint)(lambda c, of=of: {"value": of(np.asarray(c.x, float))})
known("sigmoid", "sigmoid.integer", "The result was cut to whole numbers: it needs a float array, also for integers.")(
    lambda c: {"value": np.floor(sigma(c.x)) if np.asarray(c.x).dtype.kind in "iu" else c.right["value"]}
)


# ---- Q1.2 a layer --------------------------------------------------------------------------------


def column(b, X):
    """b (ℓ,) as it is to be added to WX."""
    return b if np.ndim(X) == 1 else np.asarray(b)[:, None]


def layer(W, X, b, f=sigma):
    return f(W @ X + column(b, X))


LAYERS = [  # (id, hint, from W, X and b)
    ("no_bias", "The bias is not added: (1.3) is σ(WX + b).", lambda W, X, b: sigma(W @ X)),
    ("no_sigmoid", "This is WX + b without σ around it: equation (1.3).", lambda W, X, b: layer(W, X, b, lambda z: z)),
    ("twice", "σ is applied twice: equation (1.3) has it once.", lambda W, X, b: sigma(layer(W, X, b))),
    (
        "bias_axis",
        "b is spread along the examples: entry i of b belongs to unit i, so it goes "
        "along row i of WX. As a column: b.reshape(-1, 1).",
        lambda W, X, b: sigma(W @ X + np.asarray(b)[None, :]),
    ),
    ("bias_minus", "The bias is subtracted: (1.3) has WX + b.", lambda W, X, b: layer(W, X, -b)),
    (
        "bias_outside",
        "b is added after σ: (1.3) has it inside, σ(WX + b).",
        lambda W, X, b: sigma(W @ X) + column(b, X),
    ),
    (
        "bias_first",
        "One bias is used for all units: b has an entry for each.",
        lambda W, X, b: sigma(W @ X + np.ravel(b)[0]),
    ),
    (
        "bias_first",
        "The biases are added up or averaged to one: b has an entry for each unit.",
        lambda W, X, b: sigma(W @ X + np.sum(b)),
    ),
    (
        "bias_first",
        "The biases are added up or averaged to one: b has an entry for each unit.",
        lambda W, X, b: sigma(W @ X + np.mean(b)),
    ),
    (
        "transposed",
        "The result is transposed: WX + b has a row for each unit, (ℓ, N).",
        lambda W, X, b: layer(W, X, b).T if np.ndim(X) == 2 else None,
    ),
    (
        "W_transposed",
        "W is used as its transpose: (1.3) has W (ℓ, d) times X (d, N).",
        lambda W, X, b: layer(W.T, X, b),
    ),
    ("tanh", "The activation is tanh: (1.3) has σ.", lambda W, X, b: layer(W, X, b, np.tanh)),
    ("relu", "The activation is max(0, z): (1.3) has σ.", lambda W, X, b: layer(W, X, b, lambda z: np.maximum(z, 0))),
    (
        "softmax",
        "The activation is a softmax over the units: (1.3) has σ, entry by entry.",
        lambda W, X, b: layer(W, X, b, lambda z: np.exp(z) / np.exp(z).sum(axis=0)),
    ),
    ("sign", "σ is taken of -(WX + b).", lambda W, X, b: layer(-W, X, -b)),
    (
        "rounded",
        "The output is rounded to 0 and 1: return the numbers between them.",
        lambda W, X, b: np.round(layer(W, X, b)),
    ),
    (
        "spread",
        "For one example x (d,) the bias was spread to an ℓ×ℓ array: Wx is (ℓ,), and so must b be.",
        lambda W, X, b: sigma((W @ X)[None, :] + b[:, None]) if np.ndim(X) == 1 else None,
    ),
]
for identity, hint, of in LAYERS:
    known("inference_layer", f"layer.{identity}", hint)(lambda c, of=of: {"value": of(c.W, c.X, c.b)})


# ---- Q1.3 the network ----------------------------------------------------------------------------


def network(c, f=sigma, g=sigma, b1=None, b2=None):
    h = layer(c.W1, c.X, c.b1 if b1 is None else b1, f)
    return np.ravel(g(c.W2 @ h + (c.b2 if b2 is None else b2)))


NETWORKS = [  # (id, hint, from the inputs)
    (
        "no_output_sigmoid",
        "The output has no σ: (1.4) ends with ŷ = σ(W2 h + b2).",
        lambda c: network(c, g=lambda z: z),
    ),
    (
        "no_hidden_sigmoid",
        "The hidden layer has no σ: (1.4) has h = σ(W1 x + b1).",
        lambda c: network(c, f=lambda z: z),
    ),
    ("no_b1", "b1 is not added: (1.4) has σ(W1 x + b1).", lambda c: network(c, b1=0 * c.b1)),
    ("no_b2", "b2 is not added: (1.4) has σ(W2 h + b2).", lambda c: network(c, b2=0 * c.b2)),
    ("no_bias", "Neither bias is added: equation (1.4).", lambda c: network(c, b1=0 * c.b1, b2=0 * c.b2)),
    (
        "biases_swapped",
        "b1 and b2 have changed places: the order of the arguments is X, W1, W2, b1, b2.",
        lambda c: network(c, b1=c.b2 * np.ones(len(c.b1)), b2=c.b1[0]),
    ),
    ("b1_for_b2", "The output layer adds b1's first entry in place of b2.", lambda c: network(c, b2=c.b1[0])),
    (
        "b2_for_b1",
        "The hidden layer adds b2 in place of b1: (1.4) has σ(W1 x + b1).",
        lambda c: network(c, b1=c.b2 * np.ones(len(c.b1))),
    ),
    (
        "bias_axis",
        "b1 is spread along the examples: entry i of b1 belongs to unit i, so it goes along row i of W1 X.",
        lambda c: np.ravel(sigma(c.W2 @ sigma(c.W1 @ c.X + c.b1[None, :]) + c.b2)) if np.ndim(c.X) == 2 else None,
    ),
    (
        "hidden",
        "This is the hidden layer's output h, of shape (ℓ, N): W2 and b2 are still to come.",
        lambda c: layer(c.W1, c.X, c.b1),
    ),
    ("rounded", "The predictions are rounded to 0 and 1: return the probabilities.", lambda c: np.round(network(c))),
    ("negative", "This is 1 - ŷ, the probability of label 0.", lambda c: 1 - network(c)),
    ("tanh", "The hidden layer uses tanh: (1.4) has σ.", lambda c: network(c, f=np.tanh)),
    ("relu", "The hidden layer uses max(0, z): (1.4) has σ.", lambda c: network(c, f=lambda z: np.maximum(z, 0))),
    ("tanh", "The output uses tanh: (1.4) has σ.", lambda c: network(c, g=np.tanh)),
    (
        "softmax",
        "The output is a softmax, which over one unit is always 1: (1.4) has σ.",
        lambda c: np.ones_like(network(c)),
    ),
    (
        "softmax",
        "The output is a softmax over the examples: (1.4) has σ, example by example.",
        lambda c: np.exp(network(c, g=lambda z: z)) / np.exp(network(c, g=lambda z: z)).sum(),
    ),
    ("twice", "σ is applied twice to the output: equation (1.4) has it once.", lambda c: sigma(network(c))),
    (
        "mean",
        "One number for the whole batch: ŷ has an entry for each example.",
        lambda c: np.mean(network(c)) if np.ndim(c.X) == 2 else None,
    ),
    ("first", "Only one example's prediction: ŷ has an entry for each example.", lambda c: network(c)[:1]),
]
for identity, hint, of in NETWORKS:
    known("inference_2layers", f"network.{identity}", hint)(lambda c, of=of: {"value": of(c)})


# ---- Q1.4 the loss -------------------------------------------------------------------------------


def loss(yhat, y, reduce=np.mean, log=np.log):
    return -reduce(term(y, yhat, log) + term(1 - y, 1 - yhat, log))


def term(y, p, log=np.log):
    """y log p, where 0 · log 0 is 0."""
    return np.where(y == 0, 0, y * log(np.where(y == 0, 1, p)))


LOSSES = [  # (id, hint, from predictions and labels): also for the loss that gradients returns
    (
        "negated",
        "The sign is missing: the loss is the negative mean log-likelihood (the handout's (1.7) lacks its minus).",
        lambda p, y: -loss(p, y),
    ),
    (
        "sum",
        "This is the sum over the batch, N times the mean: equation (1.7) divides by N.",
        lambda p, y: loss(p, y, np.sum),
    ),
    (
        "log2",
        "This is in bits, with log2: (1.7) has the natural logarithm, np.log.",
        lambda p, y: loss(p, y, log=np.log2),
    ),
    ("log10", "This is with log10: (1.7) has the natural logarithm, np.log.", lambda p, y: loss(p, y, log=np.log10)),
    ("log1p", "This is with log1p, ln(1 + ŷ): (1.7) has ln ŷ.", lambda p, y: loss(p, y, log=np.log1p)),
    (
        "rounded",
        "The predictions are rounded to 0 and 1 before the logarithm: (1.7) takes the probabilities.",
        lambda p, y: loss(np.clip(np.round(p), 1e-12, 1 - 1e-12), y),
    ),
    *(
        (
            "rounded",
            "The predictions are rounded to 0 and 1 before the logarithm: (1.7) takes the probabilities.",
            lambda p, y, bound=bound: loss(np.clip(np.round(p), bound, 1 - bound), y),
        )
        for bound in (1e-15, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)
    ),
    (
        "no_negatives",
        "Only the examples with y = 1 count: the second term of (1.7), (1 - y) ln(1 - ŷ), is missing.",
        lambda p, y: -np.mean(term(y, p)),
    ),
    (
        "no_positives",
        "Only the examples with y = 0 count: the first term of (1.7), y ln ŷ, is missing.",
        lambda p, y: -np.mean(term(1 - y, 1 - p)),
    ),
    (
        "second_sign",
        "The two terms of (1.7) are subtracted: it has y ln ŷ + (1 - y) ln(1 - ŷ).",
        lambda p, y: -np.mean(term(y, p) - term(1 - y, 1 - p)),
    ),
    (
        "labels_swapped",
        "The labels are swapped: ln ŷ belongs to y = 1, and ln(1 - ŷ) to y = 0.",
        lambda p, y: loss(p, 1 - y),
    ),
    ("squared", "This is the mean squared error: (1.7) is the cross-entropy.", lambda p, y: np.mean((p - y) ** 2)),
    (
        "squared",
        "This is half the mean squared error: (1.7) is the cross-entropy.",
        lambda p, y: np.mean((p - y) ** 2) / 2,
    ),
    ("squared", "This is the sum of squared errors: (1.7) is the cross-entropy.", lambda p, y: np.sum((p - y) ** 2)),
    ("absolute", "This is the mean absolute error: (1.7) is the cross-entropy.", lambda p, y: np.mean(np.abs(p - y))),
    ("twice", "The loss is divided by N twice: equation (1.7) divides once.", lambda p, y: loss(p, y) / len(y)),
    ("half", "The loss is halved: (1.7) divides by N, not 2N.", lambda p, y: loss(p, y) / 2),
    ("first", "This is the loss of one example: (1.7) is the mean over the batch.", lambda p, y: loss(p[:1], y[:1])),
    ("first", "This is the loss of one example: (1.7) is the mean over the batch.", lambda p, y: loss(p[-1:], y[-1:])),
    (
        "product",
        "The mean over all N×N pairs of a prediction and a label: labels and predictions need one shape.",
        lambda p, y: loss(p[None, :], y[:, None]),
    ),
    (
        "unaveraged",
        "The loss of each example by itself: (1.7) is their mean, one number.",
        lambda p, y: loss(p, y, reduce=lambda terms: terms),
    ),
    (
        "swapped_arguments",
        "ŷ and y have changed places: the logarithm is taken of ŷ, the first argument.",
        lambda p, y: loss(np.clip(y, 1e-12, 1 - 1e-12), p),
    ),
    (
        "sum_negated",
        "This is the sum, without the minus: (1.7) divides by N, and the loss is its negative.",
        lambda p, y: -loss(p, y, np.sum),
    ),
]
for identity, hint, of in LOSSES:
    known("bce_forward", f"loss.{identity}", hint)(lambda c, of=of: {"value": of(c.yhat, np.asarray(c.y, float))})
known(
    "bce_forward",
    "loss.clipped",
    "The predictions are clipped so hard that the loss changes: a bound of 1e-12 is enough.",
)(lambda c: {"value": loss(np.clip(c.yhat, 0.1, 0.9), c.y)})
for bound in (0.2, 0.01, 0.05):
    known("bce_forward", "loss.clipped", "The predictions are clipped so hard that the loss changes: 1e-12 is enough.")(
        lambda c, bound=bound: {"value": loss(np.clip(c.yhat, bound, 1 - bound), c.y)}
    )


# ---- Q3 gradients --------------------------------------------------------------------------------


def backward(c, delta2=None, prime=None, back=None, b1=None, b2=None):
    """The gradients of the mean loss, in column form, with a step replaced. Returns the parts by name.

    delta2(ŷ, y), prime(z1, h) and back(W2ᵀ δ2) take the places of (ŷ - y)/N, h(1 - h) and the product.
    """
    N = c.X.shape[1]
    y = np.asarray(c.y, float)
    z1 = c.W1 @ c.X + (c.b1 if b1 is None else b1)[:, None]  # (ℓ, N)
    h = sigma(z1)
    yhat = sigma(c.W2 @ h + (c.b2 if b2 is None else b2))  # (1, N)
    d2 = delta2(yhat, y) / N if delta2 else (yhat - y) / N  # (1, N)
    d1 = back(d2) if back else c.W2.T @ d2  # (ℓ, N)
    d1 = d1 * (prime(z1, h) if prime else h * (1 - h))
    return {
        "dW2": d2 @ h.T,
        "db2": d2.sum(),
        "dW1": d1 @ c.X.T,
        "db1": d1.sum(axis=1),
        "d1": d1,
        "d2": d2,
        "h": h,
        "yhat": yhat[0],
    }


def scaled(c, parts):
    """Parts of the mean loss's gradient in the dialect's own scale (the later template's is N times that)."""
    scale = c.X.shape[1] if c.sums else 1
    return {name: scale * value for name, value in parts.items()}


GRADIENTS = ("dW1", "dW2", "db1", "db2")


def whole(factor):
    """A mistake that multiplies a gradient by factor(c)."""
    return lambda c: {name: factor(c) * c.right[name] for name in GRADIENTS}


known(
    "gradients",
    "gradients.negated",
    "Your {part} has the opposite sign: with L the negative mean log-likelihood, ∂L/∂z2 is ŷ - y, not y - ŷ (Q2.4).",
)(whole(lambda c: -1))
known(
    "gradients", "gradients.sum", "Your {part} is N times the gradient of the mean loss: equation (1.7) divides by N."
)(lambda c: whole(lambda c: c.X.shape[1])(c) if not c.sums else {})
known(
    "gradients",
    "gradients.mean",
    "Your {part} is the gradient of the mean loss; this template's other answers are sums "
    "over the batch, N times that.",
)(lambda c: whole(lambda c: 1 / c.X.shape[1])(c) if c.sums else {})
known("gradients", "gradients.divided_twice", "Your {part} is divided by N twice: equation (1.7) divides once.")(
    whole(lambda c: 1 / c.X.shape[1])
)
known(
    "gradients",
    "gradients.sum_negated",
    "Your {part} has the opposite sign and is N times the mean's gradient: ∂L/∂z2 is (ŷ - y)/N (Q2.4).",
)(whole(lambda c: -c.X.shape[1]))
known(
    "gradients",
    "gradients.mean_axis",
    "Your {part} is divided by the number of features d in place of N: examples are the columns of X, N = X.shape[1].",
)(lambda c: whole(lambda c: (1 if c.sums else c.X.shape[1]) / c.X.shape[0])(c))
known("gradients", "gradients.mean_axis", "Your {part} is divided by the number of hidden units in place of N.")(
    lambda c: whole(lambda c: (1 if c.sums else c.X.shape[1]) / c.W1.shape[0])(c)
)
known(
    "gradients",
    "gradients.factor_2",
    "Your {part} is twice the gradient: a factor 2, as the squared error has, is none of the cross-entropy's (Q2.1).",
)(whole(lambda c: 2))
known("gradients", "gradients.factor_2", "Your {part} is half the gradient: (1.7) divides by N, not by 2N.")(
    whole(lambda c: 0.5)
)
known("gradients", "gradients.divided_by_2N", "Your {part} is divided by 2N: (1.7) divides by N.")(
    whole(lambda c: 1 / (2 * c.X.shape[1]))
)


@known(
    "gradients",
    "gradients.order",
    "The values come in the wrong order: {part} stands in another gradient's place. Return {returned}.",
)
def _(c):
    return {"dW1": c.right["dW2"], "dW2": c.right["dW1"], "db1": c.right["db2"], "db2": c.right["db1"]}


@known(
    "gradients",
    "gradients.order",
    "The values come in the wrong order: {part} stands in another gradient's place. Return {returned}.",
)
def _(c):  # W1, b1, W2, b2 in place of W1, W2, b1, b2, and the reverse
    return {"dW2": c.right["db1"], "db1": c.right["dW2"]}


@known(
    "gradients",
    "gradients.order",
    "The values come in another order: the loss does not come last, or is not alone there.",
)
def _(c):  # L, dW1, dW2, db1, db2
    after = {False: ("dW1", "dW2", "db1", "db2", "L"), True: ("dW1", "db1", "dW2", "db2", "L")}[c.sums]
    return {name: c.right[after[k - 1]] for k, name in enumerate(after)}


@known("gradients", "gradients.transposed", "Your {part} is transposed: a gradient has the shape of its parameter.")
def _(c):
    return {"dW1": c.right["dW1"].T, "dW2": c.right["dW2"].T}


@known(
    "gradients",
    "gradients.no_prime",
    "Your {part} lacks the hidden layer's σ′ = h(1 - h): the chain rule of Q2.4 passes through it.",
)
def _(c):
    return scaled(c, only_hidden(backward(c, prime=lambda z, h: 1)))


def only_hidden(parts):
    return {name: parts[name] for name in ("dW1", "db1")}


@known(
    "gradients",
    "gradients.prime_twice",
    "Your {part} takes σ′ of the activation, σ(h)(1 - σ(h)): h is σ(z) already, so σ′(z) = h(1 - h) (Q2.2).",
)
def _(c):
    return scaled(c, only_hidden(backward(c, prime=lambda z, h: sigma(h) * (1 - sigma(h)))))


known("gradients", "gradients.prime_wrong", "Your {part} has h in place of σ′ = h(1 - h) (Q2.2).")(
    lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: h)))
)
known("gradients", "gradients.prime_wrong", "Your {part} has 1 - h in place of σ′ = h(1 - h) (Q2.2).")(
    lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: 1 - h)))
)
known(
    "gradients",
    "gradients.prime_wrong",
    "Your {part} has 1 - h², the derivative of tanh, in place of σ′ = h(1 - h) (Q2.2).",
)(lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: 1 - h**2))))
known("gradients", "gradients.prime_wrong", "Your {part} has h(1 + h) in place of σ′ = h(1 - h) (Q2.2).")(
    lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: h * (1 + h))))
)
known(
    "gradients",
    "gradients.prime_wrong",
    "Your {part} has the square of σ′ = h(1 - h): the chain rule passes through it once.",
)(lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: (h * (1 - h)) ** 2))))
known(
    "gradients",
    "gradients.prime_wrong",
    "Your {part} has σ′ of the pre-activation's own value, z(1 - z): σ′ = h(1 - h) with h = σ(z) (Q2.2).",
)(lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: z * (1 - z)))))
known(
    "gradients", "gradients.relu_prime", "Your {part} has the derivative of max(0, z) in place of σ′ = h(1 - h) (Q2.2)."
)(lambda c: scaled(c, only_hidden(backward(c, prime=lambda z, h: z > 0))))
known(
    "gradients",
    "gradients.output_prime",
    "Your {part} has a factor ŷ(1 - ŷ) too many: in ∂L/∂z2 it cancels against the "
    "one below ∂L/∂ŷ, which leaves ŷ - y (Q2.4).",
)(lambda c: scaled(c, backward(c, delta2=lambda p, y: (p - y) * p * (1 - p))))
known(
    "gradients",
    "gradients.output_prime_missing",
    "Your {part} stops at ∂L/∂ŷ: the output's own σ′ = ŷ(1 - ŷ) is missing (Q2.2, Q2.4).",
)(lambda c: scaled(c, backward(c, delta2=lambda p, y: (p - y) / (p * (1 - p)))))
known("gradients", "gradients.no_W2", "Your {part} does not pass through W2: δ1 = (W2ᵀ δ2) ∘ h(1 - h) (Q2.4).")(
    lambda c: scaled(c, only_hidden(backward(c, back=lambda d2: np.ones_like(c.W2.T) @ d2)))
)
known("gradients", "gradients.rounded", "Your {part} uses predictions rounded to 0 and 1: ŷ is the probability.")(
    lambda c: scaled(c, backward(c, delta2=lambda p, y: np.round(p) - y))
)
known("gradients", "gradients.no_labels", "Your {part} does not use the labels: δ2 = (ŷ - y)/N (Q2.4).")(
    lambda c: scaled(c, backward(c, delta2=lambda p, y: p))
)
known("gradients", "gradients.plus", "Your {part} adds ŷ and y: δ2 = (ŷ - y)/N (Q2.4).")(
    lambda c: scaled(c, backward(c, delta2=lambda p, y: p + y))
)
known("gradients", "gradients.absolute", "Your {part} uses |ŷ - y|: the sign of ŷ - y says which way to go (Q2.4).")(
    lambda c: scaled(c, backward(c, delta2=lambda p, y: np.abs(p - y)))
)
known("gradients", "gradients.squared", "Your {part} uses (ŷ - y)²: δ2 = (ŷ - y)/N (Q2.4).")(
    lambda c: scaled(c, backward(c, delta2=lambda p, y: (p - y) ** 2))
)
known("gradients", "gradients.labels_swapped", "Your {part} has the labels swapped, 1 - y for y.")(
    lambda c: scaled(c, backward(c, delta2=lambda p, y: p - (1 - y)))
)
known("gradients", "gradients.no_b1", "Your {part} comes from a forward pass without b1.")(
    lambda c: scaled(c, backward(c, b1=0 * c.b1))
)
known("gradients", "gradients.no_b2", "Your {part} comes from a forward pass without b2.")(
    lambda c: scaled(c, backward(c, b2=0 * c.b2))
)
known("gradients", "gradients.first", "Your {part} comes from the first example alone: all N count.")(
    lambda c: (
        lambda p: {
            "dW2": p["d2"][:, :1] @ p["h"][:, :1].T,
            "dW1": p["d1"][:, :1] @ c.X[:, :1].T,
            "db1": p["d1"][:, 0],
            "db2": p["d2"][0, 0],
        }
    )(scaled(c, backward(c)) | {"h": backward(c)["h"]})
)
known("gradients", "gradients.last", "Your {part} comes from the last example alone: all N count.")(
    lambda c: (
        lambda p: {
            "dW2": p["d2"][:, -1:] @ p["h"][:, -1:].T,
            "dW1": p["d1"][:, -1:] @ c.X[:, -1:].T,
            "db1": p["d1"][:, -1],
            "db2": p["d2"][0, -1],
        }
    )(scaled(c, backward(c)) | {"h": backward(c)["h"]})
)
for factor in (lambda c: 1, lambda c: c.X.shape[1], lambda c: 1 / c.X.shape[1]):
    known(
        "gradients",
        "gradients.bias_not_summed",
        "Your {part} is not summed over the examples: it has a column for each, "
        "where the bias has one entry for a unit.",
    )(
        lambda c, factor=factor: {
            "db1": factor(c) * scaled(c, backward(c))["d1"],
            "db2": factor(c) * scaled(c, backward(c))["d2"],
        }
    )
    known(
        "gradients",
        "gradients.bias_axis",
        "Your {part} is summed over the units: a bias's gradient sums over the examples, axis=1.",
    )(lambda c, factor=factor: {"db1": factor(c) * scaled(c, backward(c))["d1"].sum(axis=0)})
    known(
        "gradients",
        "gradients.bias_axis",
        "Your {part} is summed over units and examples: each unit has an entry, so "
        "sum over the examples alone, axis=1.",
    )(lambda c, factor=factor: {"db1": factor(c) * scaled(c, backward(c))["d1"].sum()})
    known(
        "gradients",
        "gradients.bias_axis",
        "Your {part} is summed over units and examples: each unit has an entry, so "
        "sum over the examples alone, axis=1.",
    )(lambda c, factor=factor: {"db1": np.full(len(c.b1), factor(c) * scaled(c, backward(c))["d1"].sum())})
    known(
        "gradients",
        "gradients.bias_axis",
        "Your {part} is averaged over units and examples: each unit has an entry, so "
        "reduce over the examples alone, axis=1.",
    )(lambda c, factor=factor: {"db1": factor(c) * scaled(c, backward(c))["d1"].mean()})
known(
    "gradients", "gradients.X_for_h", "Your {part} uses the inputs X where the hidden layer's output h belongs: Q2.4."
)(lambda c: {"dW2": scaled(c, backward(c))["d2"] @ c.X.T})
known(
    "gradients",
    "gradients.z_for_h",
    "Your {part} uses the pre-activation W1 X + b1 where h = σ(W1 X + b1) belongs: Q2.4.",
)(lambda c: {"dW2": scaled(c, backward(c))["d2"] @ (c.W1 @ c.X + c.b1[:, None]).T})
known("gradients", "gradients.zero", "Your {part} is zero.")(lambda c: {name: 0 * c.right[name] for name in GRADIENTS})
known("gradients", "gradients.parameters", "This is the parameter itself, not its gradient.")(
    lambda c: {"dW1": c.W1, "dW2": c.W2, "db1": c.b1, "db2": c.b2}
)
for identity, hint, of in LOSSES:
    known("gradients", f"loss.{identity}", "The loss that gradients returns: " + hint[0].lower() + hint[1:])(
        lambda c, of=of: {"L": of(backward(c)["yhat"], np.asarray(c.y, float))}
    )


# ---- Q4 one step ---------------------------------------------------------------------------------

PARTS = {"W1": "dW1", "b1": "db1", "W2": "dW2", "b2": "db2"}


def stepped(c, step):
    """The parameters after old + step(gradient)."""
    return {
        name: getattr(c, name) + step(np.reshape(c.gradient[of], np.shape(getattr(c, name))))
        for name, of in PARTS.items()
    }


def rate(c):
    return getattr(c, "lr", 0.01)


known("update_params", "update.ascent", "{part} goes uphill: a step of descent subtracts lr times the gradient.")(
    lambda c: stepped(c, lambda g: rate(c) * g)
)
known("update_params", "update.no_rate", "{part} moves by the whole gradient: lr is not used.")(
    lambda c: stepped(c, lambda g: -g)
)
known("update_params", "update.unmoved", "{part} comes back as it went in.")(lambda c: stepped(c, lambda g: 0 * g))
known("update_params", "update.fixed_rate", "{part} moves by 0.01 times the gradient, whatever lr is passed.")(
    lambda c: stepped(c, lambda g: -0.01 * g)
)
for fixed in (1.0, 0.1, 0.001, 0.05, 0.5, 1e-4):
    known("update_params", "update.fixed_rate", "{part} moves with a step size other than lr (0.01 by default).")(
        lambda c, fixed=fixed: stepped(c, lambda g: -fixed * g)
    )
known(
    "update_params", "update.sum", "{part} moves N times as far as lr asks: the gradient of the mean loss is (1/N) Σ."
)(lambda c: stepped(c, lambda g: -rate(c) * g * c.X.shape[1]))
known(
    "update_params", "update.divided", "{part} moves an N-th of the way: the gradient is divided by N a second time."
)(lambda c: stepped(c, lambda g: -rate(c) * g / c.X.shape[1]))
known("update_params", "update.rate_squared", "{part} is scaled by lr twice.")(
    lambda c: stepped(c, lambda g: -(rate(c) ** 2) * g)
)
known("update_params", "update.rate_divides", "{part} divides by lr: a step is lr times the gradient.")(
    lambda c: stepped(c, lambda g: -g / rate(c))
)
known("update_params", "update.twice", "{part} takes two steps' length.")(
    lambda c: stepped(c, lambda g: -2 * rate(c) * g)
)
known("update_params", "update.gradient", "This is the gradient: return {part} - lr · gradient.")(
    lambda c: {name: c.gradient[of] for name, of in PARTS.items()}
)
known("update_params", "update.gradient", "This is lr times the gradient: return {part} - lr · gradient.")(
    lambda c: {name: rate(c) * c.gradient[of] for name, of in PARTS.items()}
)
known("update_params", "update.gradient", "This is the change alone: return {part} - lr · gradient.")(
    lambda c: {name: -rate(c) * c.gradient[of] for name, of in PARTS.items()}
)
known(
    "update_params",
    "update.sign",
    "{part} is negated: this is lr · gradient - {part}; return {part} - lr · gradient.",
)(lambda c: {name: -value for name, value in stepped(c, lambda g: -rate(c) * g).items()})
known("update_params", "update.unit", "{part} moves by the sign of the gradient alone.")(
    lambda c: stepped(c, lambda g: -rate(c) * np.sign(g))
)
known("update_params", "update.decay", "{part} is scaled by 1 - lr: a step is {part} - lr · gradient.")(
    lambda c: {name: (1 - rate(c)) * getattr(c, name) for name in PARTS}
)


@known("update_params", "update.order", "The values come in the wrong order. Return {returned}.")
def _(c):
    return {"b1": c.right["W2"], "W2": c.right["b1"]}


@known(
    "update_params",
    "update.unpacked",
    "{part} moves by another parameter's gradient: unpack what gradients returns in its own order.",
)
def _(c):
    return {"b1": c.b1 - rate(c) * np.ravel(c.gradient["dW2"]), "W2": c.W2 - rate(c) * c.gradient["db1"]}


@known("update_params", "update.order", "The values come in the wrong order. Return {returned}.")
def _(c):
    return {"W1": c.right["W2"], "b1": c.right["b2"], "W2": c.right["W1"], "b2": c.right["b1"]}


@known(
    "update_params",
    "update.sequential",
    "{part} is computed after W2 or b2 has moved: all gradients are taken at the old "
    "parameters, and then all parameters move.",
)
def _(c):
    scale = c.X.shape[1] if c.sums else 1
    parts = backward(SimpleNamespace(**{**vars(c), "W2": c.right["W2"], "b2": np.ravel(c.right["b2"])}))
    return {"W1": c.W1 - rate(c) * scale * parts["dW1"], "b1": c.b1 - rate(c) * scale * parts["db1"]}


@known(
    "update_params",
    "update.sequential",
    "{part} is computed after W2 has moved: all gradients are taken at the old "
    "parameters, and then all parameters move.",
)
def _(c):
    scale = c.X.shape[1] if c.sums else 1
    parts = backward(SimpleNamespace(**{**vars(c), "W2": c.right["W2"]}))
    return {
        "W1": c.W1 - rate(c) * scale * parts["dW1"],
        "b1": c.b1 - rate(c) * scale * parts["db1"],
        "b2": c.b2 - rate(c) * scale * parts["db2"],
    }


@known(
    "update_params",
    "update.sequential",
    "{part} is computed after W1 has moved: all gradients are taken at the old "
    "parameters, and then all parameters move.",
)
def _(c):
    scale = c.X.shape[1] if c.sums else 1
    parts = backward(SimpleNamespace(**{**vars(c), "W1": c.right["W1"]}))
    return {
        "W2": c.W2 - rate(c) * scale * parts["dW2"],
        "b1": c.b1 - rate(c) * scale * parts["db1"],
        "b2": c.b2 - rate(c) * scale * parts["db2"],
    }


@known(
    "update_params",
    "update.sequential",
    "{part} is computed after the hidden layer has moved: all gradients are taken at "
    "the old parameters, and then all parameters move.",
)
def _(c):
    scale = c.X.shape[1] if c.sums else 1
    parts = backward(SimpleNamespace(**{**vars(c), "W1": c.right["W1"], "b1": np.ravel(c.right["b1"])}))
    return {"W2": c.W2 - rate(c) * scale * parts["dW2"], "b2": c.b2 - rate(c) * scale * parts["db2"]}
