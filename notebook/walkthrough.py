# %% [markdown]
# # Assignment 2: a two-layer neural network from scratch
#
# *CS 6120 Natural Language Processing.* A network in numpy alone reads three numbers of
# a tweet and says how probable it is that the tweet is positive:
#
# $$\hat y = \sigma\big(W_2\,\sigma(W_1 x + b_1) + b_2\big)$$
#
# - $x \in \mathbb R^d$ holds the $d = 3$ features of a tweet; a batch of $N$ tweets is
#   $X \in \mathbb R^{d \times N}$, each tweet a column.
# - $W_1 \in \mathbb R^{\ell \times d}$ and $b_1 \in \mathbb R^\ell$ are the hidden layer, here
#   of $\ell = 6$ units; $W_2 \in \mathbb R^{1 \times \ell}$ and $b_2 \in \mathbb R$ are the output.
# - $y \in \{0, 1\}$ is the label, 1 for positive; $\hat y \in (0, 1)$ is the prediction.
#
# Run the cells from top to bottom. Equations carry the numbers of the handout.

# %% [markdown] tags=["student"]
# This notebook runs **your** `assignment2.py`. Write a function there, save the file,
# and run its cell here again: it says what is right, what is wrong and how.

# %% tags=["solution"]
# Jupyter: keep this notebook in the project's folder, or put the project's zip beside it.
# Colab: upload the project as a zip when this cell asks for it.
import inspect
import sys
import zipfile
from pathlib import Path

import numpy as np


def project_folder(part="data/features.npz"):
    """The project's folder: here, above, or up to two below. None if it is in none."""
    here = Path.cwd()
    found = [folder / part for folder in (here, *here.parents)]
    found += [*here.glob(f"*/{part}"), *here.glob(f"*/*/{part}")]
    return next((path.parents[1] for path in found if path.exists()), None)


if project_folder() is None:
    if "google.colab" in sys.modules:
        from google.colab import files

        files.upload()
    for archive in filter(zipfile.is_zipfile, Path.cwd().glob("*.zip")):
        with zipfile.ZipFile(archive) as zipped:
            if any(name.endswith("data/features.npz") for name in zipped.namelist()):
                zipped.extractall("project")
if project_folder() is None:
    raise SystemExit(
        f"The project is not in {Path.cwd()}: put this notebook into the "
        "project's folder, or the project's zip beside the notebook"
    )
sys.path.insert(0, str(project_folder()))
# %matplotlib inline


def show(function):
    """Show the source of a function."""
    source = inspect.getsource(function)
    if "ipykernel" in sys.modules:
        from IPython.display import display

        page = '<div style="font: 11px monospace">\n\n```python\n{}```\n\n</div>'
        bundle = {"text/markdown": page.format(source), "text/plain": source}
        display(bundle, raw=True)
    else:
        print(source)


# %% tags=["student", "active-ipynb"]
# # Jupyter: keep this notebook in the kit's folder.
# # Colab: upload kit.zip, twitter_data.pkl and, once begun, your assignment2.py.
# import os
# import pickle
# import subprocess
# import sys
# import zipfile
# from pathlib import Path
#
# import numpy as np
#
# if not Path("check.py").exists() and not Path("kit").exists():
#     if "google.colab" in sys.modules:
#         from google.colab import files
#
#         files.upload()
#     if Path("kit.zip").exists():
#         zipfile.ZipFile("kit.zip").extractall()
#         for name in ("assignment2.py", "twitter_data.pkl"):  # yours
#             if Path(name).exists():
#                 os.replace(name, Path("kit") / name)
# if Path("kit").exists():
#     os.chdir("kit")
# if not Path("check.py").exists():
#     raise SystemExit(
#         f"The kit is not in {Path.cwd()}: put this notebook into the kit's folder, "
#         "or kit.zip beside the notebook"
#     )
# sys.path.insert(0, os.getcwd())
#
#
# def check(*arguments):
#     """Run check.py on your assignment2.py, as it is saved now."""
#     command = [sys.executable, "check.py", *arguments]
#     done = subprocess.run(command, capture_output=True, text=True)
#     print(done.stdout + done.stderr, end="")


# %% [markdown]
# ## The data: tweets as three numbers
#
# The tweets are NLTK's `twitter_samples`: 8,000 for training and 2,000 for the test,
# half of them positive. A tweet is cut into words, and each word is reduced to its
# stem. `freqs` holds how often each stem occurs in the positive and in the negative
# training tweets. The features of a tweet are sums of these counts:
#
# $$x = \Big(1,\ \sum_{w} \mathrm{freqs}[w, 1],\ \sum_{w} \mathrm{freqs}[w, 0]\Big)$$

# %% tags=["solution"]
from data.embedded import load_embedded
from utils import extract_features, process_tweet

data = load_embedded()  # without the tweets, which may not be passed on
X, y = data["train_X"], data["train_y"]
X_test, y_test = data["test_X"], data["test_y"]
freqs = data["freqs"]

# %% tags=["student", "active-ipynb"]
# from utils import extract_features, feature_matrix, process_tweet
#
# if not Path("twitter_data.pkl").exists():
#     raise SystemExit("twitter_data.pkl is missing here; get_data.py makes it")
# with open("twitter_data.pkl", "rb") as file:
#     data = pickle.load(file)
# freqs = data["freqs"]
# X, y = feature_matrix(data["train_x"], freqs), np.ravel(data["train_y"])
# X_test, y_test = feature_matrix(data["test_x"], freqs), np.ravel(data["test_y"])

# %%
for part, features, labels in (("training", X, y), ("test", X_test, y_test)):
    print(f"{part:8} {features.shape}, {np.mean(labels):.0%} of the labels are 1")

tweet = "So happy to see you all again, thank you :)"
print(f"\n{tweet}\n\n{'stem':8} {'positive':>8} {'negative':>8}")
for stem in process_tweet(tweet):
    print(f"{stem:8} {freqs.get((stem, 1), 0):8,} {freqs.get((stem, 0), 0):8,}")
print("x =", extract_features(tweet, freqs))

# %% [markdown]
# ## Q1.1: the sigmoid
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} \tag{1.2}$$

# %% tags=["solution"]
from assignment2 import sigmoid

show(sigmoid)
for x in (-1000, -1, 0, 1, 1000):
    print(f"σ({x:5}) = {sigmoid(x):.6f}")

# %% tags=["student", "active-ipynb"]
# check("--only", "Q1.1")

# %% [markdown]
# ## Q1.2: one layer
#
# $$h = \sigma(W x + b) \tag{1.3}$$
#
# For a batch, $H = \sigma(W X + b)$: $W$ is $(\ell, d)$ and $X$ is $(d, N)$, so $H$ is
# $(\ell, N)$, and $b$ is added to each column of $W X$.

# %% tags=["solution"]
from assignment2 import inference_layer

show(inference_layer)
W, b = np.array([[1.0, -1.0, 0.0], [0.0, 2.0, -2.0]]), np.array([0.0, 1.0])  # ℓ = 2
print("one example: ", inference_layer(np.array([1.0, 1.0, 0.0]), W, b))
print("a batch of 4:", inference_layer(np.ones((3, 4)), W, b).shape)

# %% tags=["student", "active-ipynb"]
# check("--only", "Q1.2")

# %% [markdown]
# ## Q1.3: the network
#
# $$\hat y = \sigma\big(W_2\,\sigma(W_1 x + b_1) + b_2\big) \tag{1.4}$$

# %% tags=["solution"]
from assignment2 import inference_2_layers, inference_2layers

show(inference_2layers)
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(6, 3)), np.zeros(6)
W2, b2 = rng.normal(size=(1, 6)), np.zeros(1)
yhat = inference_2layers(X, W1, W2, b1, b2)
print(f"Random parameters: ŷ {yhat.shape}, from {yhat.min():.3f} to {yhat.max():.3f}")

# %% tags=["student", "active-ipynb"]
# check("--only", "Q1.3")

# %% [markdown]
# ## Q1.4: the loss
#
# $$L = -\frac1N \sum_{i=1}^{N} \Big( y_i \ln \hat y_i + (1 - y_i) \ln(1 - \hat y_i) \Big) \tag{1.7}$$
#
# January's handout lacks the minus: the loss is the *negative* mean log-likelihood.

# %% tags=["solution"]
from assignment2 import bce_forward

show(bce_forward)
print("   ŷ   L if y = 1   L if y = 0")
for guess in (0.01, 0.5, 0.99):
    print(f"{guess:4} {bce_forward(guess, 1):12.4f} {bce_forward(guess, 0):12.4f}")

# %% tags=["student", "active-ipynb"]
# check("--only", "Q1.4")

# %% [markdown] tags=["solution"]
# ## Q2 and Q3: the gradients
#
# The loss is differentiated from its end to its beginning, and the factor
# $\hat y (1 - \hat y)$ cancels on the way:
#
# $$\frac{\partial L}{\partial \hat y} = \frac1N\,\frac{\hat y - y}{\hat y (1 - \hat y)} \tag{Q2.1}$$
#
# $$\frac{d\sigma}{dz} = \sigma(z)\,\big(1 - \sigma(z)\big) \tag{Q2.2}$$
#
# $$\hat y = \sigma(W h + b):\quad \frac{\partial \hat y}{\partial W} = \hat y (1 - \hat y)\, h^\top,\quad
# \frac{\partial \hat y}{\partial h} = \hat y (1 - \hat y)\, W^\top,\quad
# \frac{\partial \hat y}{\partial b} = \hat y (1 - \hat y) \tag{Q2.3}$$
#
# $$\begin{aligned}
# \Delta_2 &= \tfrac1N (\hat y - y) &
# \frac{\partial L}{\partial W_2} &= \Delta_2 H^\top &
# \frac{\partial L}{\partial b_2} &= \Delta_2 \mathbf 1 \\[1ex]
# \Delta_1 &= (W_2^\top \Delta_2) \odot H \odot (1 - H) &
# \frac{\partial L}{\partial W_1} &= \Delta_1 X^\top &
# \frac{\partial L}{\partial b_1} &= \Delta_1 \mathbf 1
# \end{aligned} \tag{Q2.4}$$
#
# $\Delta_2$ and $\Delta_1$ are the gradients with respect to $W_2 H + b_2$ and
# $W_1 X + b_1$. $\odot$ multiplies element by element, and the product with $\mathbf 1$,
# a column of ones, sums over the batch.
#
# **Are they right?** A gradient says how fast the loss changes as one entry of a
# parameter $\theta$ changes. So change each entry by $\pm h$, and look at the loss:
#
# $$\frac{\partial L}{\partial \theta} \approx \frac{L(\theta + h) - L(\theta - h)}{2h}$$

# %% [markdown] tags=["student"]
# ## Q2 and Q3: the gradients
#
# Derive $\partial L / \partial W_2$, $\partial L / \partial b_2$,
# $\partial L / \partial W_1$ and $\partial L / \partial b_1$ on paper, from the loss back
# to the first layer (Q2); `templates/` has a place for each step. Then write
# `gradients` (Q3).
#
# A gradient says how fast the loss changes as one entry of a parameter $\theta$
# changes. So it can be checked without being derived: change the entry by $\pm h$, and
# look at the loss.
#
# $$\frac{\partial L}{\partial \theta} \approx \frac{L(\theta + h) - L(\theta - h)}{2h}$$

# %% tags=["solution"]
from assignment2 import gradients

show(gradients)

# %% tags=["solution"]
few, labels = rng.normal(size=(3, 5)), np.array([1, 0, 0, 1, 1])  # five examples
shapes = {"W1": (4, 3), "W2": (1, 4), "b1": (4,), "b2": (1,)}
theta = {name: rng.normal(size=shape) for name, shape in shapes.items()}
*computed, L = gradients(few, labels, **theta)


def loss(**changed):
    """The loss with some parameters changed."""
    return bce_forward(inference_2layers(few, **theta | changed), labels)


h = 1e-5
print("     entries    the first   difference  all agree to 1e-9")
for (name, value), gradient in zip(theta.items(), computed, strict=True):
    difference = np.zeros(value.shape)
    for entry in np.ndindex(value.shape):
        step = np.zeros(value.shape)
        step[entry] = h
        up, down = loss(**{name: value + step}), loss(**{name: value - step})
        difference[entry] = (up - down) / (2 * h)
    agree = bool(np.abs(difference - gradient).max() < 1e-9)
    first = f"{gradient.flat[0]:11.8f}  {difference.flat[0]:11.8f}"
    print(f"d{name}  {value.size:7}  {first}  {agree}")

# %% tags=["student", "active-ipynb"]
# check("--only", "Q3")

# %% [markdown] tags=["solution"]
# ## Q4: one step of gradient descent
#
# $$\theta \leftarrow \theta - \mathrm{lr}\,\frac{\partial L}{\partial \theta}$$
#
# for each of $W_1, b_1, W_2, b_2$, with all gradients taken before any of them moves.
# To first order, a step lowers the loss by $\mathrm{lr}\,\lVert \nabla L \rVert^2$: the
# smaller the step, the closer.

# %% [markdown] tags=["student"]
# ## Q4: one step of gradient descent
#
# `update_params` moves each parameter a little way against its gradient. It returns new
# arrays, and leaves those that it was given as they are.

# %% tags=["solution"]
from assignment2 import update_params

show(update_params)
start = [theta[name] for name in ("W1", "b1", "W2", "b2")]
squared = sum(np.sum(gradient**2) for gradient in computed)
print("  lr  fall of the loss  lr ‖∇L‖²")
for lr in (1, 0.1, 0.01):
    moved = update_params(few, labels, *start, lr)
    fall = L - loss(**dict(zip(("W1", "b1", "W2", "b2"), moved, strict=True)))
    print(f"{lr:4}  {fall:16.6f}  {lr * squared:8.6f}")

# %% tags=["student", "active-ipynb"]
# check("--only", "Q4")

# %% [markdown] tags=["solution"]
# ## Q5: training
#
# `train_nn` reads a data file and calls `descend`, which takes steps on batches of 32
# tweets drawn at random. Counts run to thousands and would saturate $\sigma$, so each
# feature is scaled first, and the scale is moved into $W_1$ afterwards. Here it takes a
# tenth of the handout's million steps. The test tweets are looked at, and nothing is
# chosen by them.

# %% [markdown] tags=["student"]
# ## Q5: training
#
# Your `train_nn` trains on your file; until it is written, your `update_params` is
# called on batches drawn at random. Train on the training tweets alone. The test tweets
# show what the network makes of tweets that it has not seen.

# %% tags=["solution"]
from assignment2 import descend
from pictures import draw_loss

curve = {"step": [], "train": [], "eval": []}
print("   step  training loss  evaluation loss")
for checkpoint in descend(X, y, hidden=6, iters=1e5, lr=0.01):
    W1, b1, W2, b2 = checkpoint.parameters
    evaluation = bce_forward(inference_2layers(X_test, W1, W2, b1, b2), y_test)
    curve["step"].append(checkpoint.step)
    curve["train"].append(checkpoint.loss)
    curve["eval"].append(evaluation)
    if checkpoint.step in (1, 10, 1_000, 10_000, 100_000):
        print(f"{checkpoint.step:7,}  {checkpoint.loss:13.4f}  {evaluation:15.4f}")
W1, b1, W2, b2 = checkpoint.best
draw_loss(curve)

# %% tags=["student", "active-ipynb"]
# from check_calls import load
# from IPython.display import Image
#
# check("--train", "20000")
# if not Path("mine/assignment2.pkl").exists():
#     raise SystemExit("Nothing is trained yet: write update_params first")
# student, *_ = load()  # assignment2.py as it is saved now
# inference_2_layers = inference_2layers = student.inference_2layers
# with open("mine/assignment2.pkl", "rb") as file:
#     trained = pickle.load(file)
# W1, b1, W2, b2 = (trained[name] for name in ("W1", "b1", "W2", "b2"))
# Image("mine/loss.png", width=560)

# %%
yhat = inference_2layers(X_test, W1, W2, b1, b2)
right = (yhat > 0.5) == (y_test == 1)
print(f"test accuracy {np.mean(right):.4f}: {np.sum(~right)} of {len(right):,} wrong\n")
print(f"{'':15} {'predicted negative':>18}  {'predicted positive':>18}")
for label, name in enumerate(("truly negative", "truly positive")):
    of_label = yhat[y_test == label]
    print(f"{name:15} {np.sum(of_label <= 0.5):18,}  {np.sum(of_label > 0.5):18,}")

# %% [markdown]
# ## The decision surface
#
# Every test tweet is a point in the plane of its two sums, over the network's $\hat y$
# at that place. The black line is $\hat y = 0.5$. Notice the stripes.

# %% tags=["solution"]
from pictures import draw_surface, one_sided_stems


def predict(features):
    """ŷ (M,) of the trained network for features (3, M)."""
    return inference_2layers(features, W1, W2, b1, b2)


draw_surface(X_test, y_test, predict, one_sided_stems(freqs))

# %% tags=["student", "active-ipynb"]
# Image("mine/surface.png", width=560)

# %% [markdown]
# ## The handout's sample code, word for word

# %%
# fmt: off
my_tweet = 'This is a ridiculously bright movie. The plot was terrible and I was sad until the ending!'
y_hat = inference_2_layers(
    extract_features(my_tweet, freqs), W1, W2, b1, b2)
print(y_hat)
if y_hat > 0.5:
    print('Positive sentiment')
else:
    print('Negative sentiment')
# fmt: on

# %% [markdown]
# ## What the emoticons do
#
# The corpus was collected by emoticon: a tweet with a smile was labelled positive, one
# with a frown negative, and the emoticon stayed in. So the labels *are* the emoticons.
# Five of them come with one label almost alone, and make the stripes. Add one of the
# two most frequent to a sentence, and it decides, whatever the words say.
#
# How much of the accuracy is theirs? The other stems of a test tweet sum to less than
# `:)` or `:(` counts alone, but for one tweet that holds `:D` seven times. So a sum that
# is at least as large holds that emoticon, and its counts can be taken out of the
# features, as the cell after the next does. The other three stay in.

# %%
print(f"{'stem':6} {'positive':>8} {'negative':>8}")
for stem in (":(", ":)", ":-)", ":d", ":-("):
    print(f"{stem:6} {freqs.get((stem, 1), 0):8,} {freqs.get((stem, 0), 0):8,}")

print("\n alone  with :)  with :(   ŷ of")
for text in ("I missed the last bus", "What a sad day", "Thank you for coming"):
    alone, smile, frown = (
        inference_2layers(extract_features(f"{text} {end}", freqs).T, W1, W2, b1, b2)[0]
        for end in ("", ":)", ":(")
    )
    print(f"{alone:6.3f} {smile:8.3f} {frown:8.3f}   {text}")

# %%
bare = X_test.copy()
for stem, row in ((":)", 1), (":(", 2)):
    counts = np.array([[freqs[stem, 1]], [freqs[stem, 0]]])
    bare[1:] -= bare[row] // counts[row - 1] * counts
without = inference_2layers(bare, W1, W2, b1, b2)
held, still = np.any(bare != X_test, axis=0), (without > 0.5) == (y_test == 1)
print(f"{np.mean(held):5.1%} of the test tweets hold :) or :(")
print(f"{np.mean(right):5.1%} of the test tweets are right as they are")
print(f"{np.mean(still):5.1%} are right without the two; a coin gets 50 %")

# %% [markdown]
# ## A tweet of your own
#
# Change the text, and run the cell again.

# %%
mine = "what a lovely day"

x = extract_features(mine, freqs)
print("stems ", *process_tweet(mine))
print(f"sums   {x[0, 1]:,.0f} positive, {x[0, 2]:,.0f} negative")
print(f"ŷ      {inference_2layers(x.T, W1, W2, b1, b2)[0]:.4f}")
