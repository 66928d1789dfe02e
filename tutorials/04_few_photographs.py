# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Few photographs
#
# **You will have** what 1, 5, 10 and 25 photographs of each class are worth, what twice
# as many would bring and how sure that is, and a network that has learned from 50 of
# each class within seconds.
#
# **It takes** about a minute and a half on two cores, of which a minute goes into a
# network to begin with.
#
# **It needs** this package (`pip install .` in its checkout), and neither the internet
# nor a GPU.

# %%
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # fewer notes of TensorFlow on processors

import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE
from sklearn.model_selection import train_test_split

import bit_keras as bk
from bit_keras import commands
from bit_keras.data.photos import photo_batches
from bit_keras.evaluation.features import Features
from bit_keras.evaluation.learning_curve import learning_curve
from bit_keras.training.trained import open_trained

workplace = tempfile.TemporaryDirectory()  # is removed at the end
folder = Path(workplace.name)

# %% [markdown]
# ## 1. Make the photographs
#
# Handwritten digits of scikit-learn, each set into a scene of its own colours. Those
# from 0 to 4 go to `known`; a network will learn them, and see no others. Those from 5
# to 9 are the few photographs: 50 of each to learn from, and the rest for the test.

# %%
digits, generator, seen = load_digits(), np.random.default_rng(0), Counter()
for number, pixels in enumerate(digits.images):
    label = int(digits.target[number])
    seen[label] += 1
    place = "photos/train" if seen[label] <= 50 else "photos/test"
    target = folder / ("known" if label < 5 else place) / str(label)
    target.mkdir(parents=True, exist_ok=True)
    ground = generator.integers(0, 100, 3) + generator.normal(0, 15, (5, 5, 3))
    photo = Image.fromarray(np.uint8(ground.clip(0, 255))).resize((40, 40))
    ink = tuple(generator.integers(160, 256, 3).tolist())
    side = int(generator.integers(26, 35))
    left, top = generator.integers(0, 41 - side, 2).tolist()
    shape = Image.fromarray(np.uint8(pixels * (255 / 16))).resize((side, side))
    photo.paste(ink, (left, top, left + side, top + side), shape)
    noisy = np.array(photo) + generator.normal(0, 8, (40, 40, 3))
    photo = Image.fromarray(np.uint8(noisy.clip(0, 255)))
    photo.save(target / f"{number:04}.png")

figure, places = plt.subplots(2, 10, figsize=(9, 2.4), layout="constrained")
figure.suptitle("Above what the network will know, below the few photographs")
for position, place in enumerate(places.flat):
    name = "known" if position < 10 else "photos/train"
    files = sorted((folder / name / str(position // 2)).iterdir())
    place.imshow(Image.open(files[position % 2]))
    place.set_title(position // 2)
    place.axis("off")

# %% [markdown]
# ## 2. A network that knows other things
#
# Few photographs are enough only for a network that has learned to see from others. For
# photographs it is published weights, from millions of images; here it is a minute of
# the digits from 0 to 4.

# %%
changes = {"resize": 44, "crop": 40, "flip": False, "batch_size": 64, "base_lr": 0.03}
known = bk.finetune(
    folder / "known",
    model="bit_tiny",
    output=folder / "knows-0-to-4",
    steps=120,
    changes=changes,
)

log = np.genfromtxt(known.folder / "log.csv", delimiter=",", names=True)
figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.plot(log["step"], log["accuracy"])
axes.set(title="It learns 0 to 4: accuracy on the images of each step", xlabel="step")

# %% [markdown]
# ## 3. Features
#
# From here on it is your own folder, if you name it, with published weights.
#
# What the head of a network gets are the features of an image. They are computed once
# and kept in the cache, and the network stays as it is. Beside it stands one that has
# learned nothing.

# %%
DATA, NETWORK = folder / "photos", known.folder  # your own: "photos/", "BiT-M-R50x1"

data = bk.data.open_dataset(DATA)
names, train, test = data.class_names, data.part("train"), data.part("test")
print(data.summary())

trained = open_trained(model=str(NETWORK))
networks = {
    "it has learned other things": trained.model,
    "it has learned nothing": bk.models.bit("tiny", num_classes=len(names)),
}
features = {}
for name, network in networks.items():
    ask = Features(network)
    features[name] = [ask(part, [trained.preprocessing])[0] for part in (train, test)]

figure, places = plt.subplots(1, 2, figsize=(9, 4.3), layout="constrained")
figure.suptitle("Features of the test images, drawn in the plane")
for (name, (_, own)), place in zip(features.items(), places, strict=True):
    x, y = TSNE(init="pca", random_state=0).fit_transform(own).T
    for label, class_name in enumerate(names):
        rows = test.labels == label
        place.scatter(x[rows], y[rows], s=8, color=f"C{label}", label=class_name)
    place.set(title=name, xticks=[], yticks=[])
places[1].legend(title="class", loc="center left", bbox_to_anchor=(1, 0.5))

# %% [markdown]
# ## 4. What 1, 5, 10 and 25 of each class are worth
#
# On features, the best head is the solution of an equation: ridge regression, in closed
# form, without steps and without a learning rate. It takes so little time that it can
# be fitted again and again, each time to other images that are drawn, to see how much
# depends on the draw: five times here, for each number of images.

# %%
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
found = {}
for name, (to_learn, to_test) in features.items():
    found[name] = bk.evaluation.few_shot(
        to_learn, train.labels, test=(to_test, test.labels)
    )
    shots, accuracies = found[name].shots, found[name].accuracies
    lowest, means, highest = accuracies.min(0), accuracies.mean(0), accuracies.max(0)
    axes.plot(shots, means, "o-", label=name)
    axes.fill_between(shots, lowest, highest, alpha=0.2)
    print(f"The network: {name}")
    for count, mean, low, high in zip(shots, means, lowest, highest, strict=True):
        print(f"  {count:2} of each: {mean:.1%}, from {low:.1%} to {high:.1%}")
axes.axhline(1 / len(names), color="black", linestyle=":", label="guessing")
axes.set(title="Mean accuracy, and from the worst to the best draw", ylim=(0, 1))
axes.set(xlabel="images of each class", xticks=shots)
axes.legend()

# %% [markdown]
# ## 5. What would twice as many bring?
#
# To go out and take photographs costs more than a figure. `commands.main` runs what is
# `python cli.py fewshot …` on a command line: the table of above and, with `--curve`,
# what heads on a quarter, on half and on all of the images say of one more doubling.
# `--save` leaves a run folder with a head for all of them, and tells of it first.

# %%
words = ["fewshot", "--dataset", str(DATA), "--model", str(NETWORK), "--curve"]
paths = ["--output", str(folder / "fewshot"), "--save", str(folder / "run")]
commands.main([*words, *paths])

figure, axes = plt.subplots(figsize=(9, 5.4), layout="constrained")
axes.imshow(plt.imread(folder / "fewshot" / "few_shot.png"))
axes.axis("off")

# %% [markdown]
# ## 6. Is that to be believed?
#
# It can be tried out: pretend to have half of the images, look ahead, and compare with
# what all of them bring; here with five halves. The interval is of 95 %: one in twenty
# should miss, and of many trials no more did ([docs/fewshot.md](../docs/fewshot.md)).

# %%
to_learn, to_test = features["it has learned other things"]
tested = to_test, test.labels
truth = learning_curve(to_learn, train.labels, test=tested).accuracy
told = []
for seed in range(5):
    half, _ = train_test_split(
        range(train.count), train_size=0.5, stratify=train.labels, random_state=seed
    )
    told.append(learning_curve(to_learn[half], train.labels[half], test=tested))
held = sum(each.low <= truth <= each.high for each in told)
print(f"All images bring {truth:.1%}; {held} of {len(told)} intervals hold that.")

halves = np.arange(1, 1 + len(told))
forecasts = np.array([each.forecast for each in told])
below = forecasts - [each.low for each in told]
above = [each.high for each in told] - forecasts
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
axes.plot(halves - 0.1, [each.accuracy for each in told], "o", label="the half")
axes.errorbar(
    halves, forecasts, [below, above], fmt="D", capsize=4, label="told of all"
)
axes.axhline(truth, color="black", linestyle="--", label="all, in truth")
axes.set(title="What five halves tell of all images", ylabel="accuracy")
axes.set(xlabel="half", xticks=halves)
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))

# %% [markdown]
# ## 7. Use it
#
# The folder that `--save` left is a run like any other: `evaluate`, `predict` and
# `export` take it. Its head was fitted to all training images in a second.

# %%
run = bk.training.open_run(folder / "run")
files = [Path(test.name(number)) for number in range(0, test.count, test.count // 8)]
_, images = next(iter(photo_batches(files, run.recipe.preprocessing)))
probabilities = tf.nn.softmax(run.network()(images)).numpy()
print(f"Test accuracy: {run.metrics['top1']:.1%}")

figure, places = plt.subplots(1, 8, figsize=(9, 1.9), layout="constrained")
figure.suptitle("Test images, and what they are taken for")
for file, row, place in zip(files, probabilities, places, strict=False):
    place.imshow(Image.open(file))
    place.set_title(f"{names[row.argmax()]} ({row.max():.0%})")
    place.axis("off")

# %% [markdown]
# ## What was promised
#
# More images of each class were better; five of each for a network that has learned
# other things were worth more than 25 for one that has learned nothing; and what was
# told of twice as many came true.
#
# Next: [what it looked at](05_what_it_looked_at.ipynb).

# %%
means = {name: result.means for name, result in found.items()}
assert (np.diff(means["it has learned other things"]) > 0).all()
assert means["it has learned other things"][1] > means["it has learned nothing"].max()
assert held >= 4
print(f"What was told of twice as many held {held} times of {len(told)}.")
