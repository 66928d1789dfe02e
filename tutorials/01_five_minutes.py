# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Five minutes: from digits to a classifier that is served
#
# **You will have** a network that reads handwritten digits, its accuracy on digits that
# it has never seen, its answers for image files, and a folder that TensorFlow Serving
# can answer from.
#
# **It takes** about a minute and a half on two cores.
#
# **It needs** this package (`pip install .` in its checkout), and neither the internet
# nor a GPU.

# %%
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # fewer notes of TensorFlow on processors

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from PIL import Image
from sklearn.manifold import TSNE
from sklearn.metrics import ConfusionMatrixDisplay

import bit_keras as bk
from bit_keras import commands
from bit_keras.data.photos import photo_batches
from bit_keras.evaluation.interval import with_interval
from bit_keras.evaluation.running import classify

workplace = tempfile.TemporaryDirectory()  # is removed at the end
folder = Path(workplace.name)

# %% [markdown]
# ## 1. Look at the data
#
# `digits` are 1,797 pictures of 8 x 8 pixels that come with scikit-learn. A folder that
# holds a sub-folder of photographs for each class is opened in the same way. Where
# there are no test images, a fifth of every class is held out.

# %%
DATA = "digits"  # your own: "photos/", a folder with a sub-folder for each class

data = bk.data.open_dataset(DATA)
train, test = data.part("train"), data.part("test")
print(data.summary())
print(*data.notes, sep="\n")

figure, places = plt.subplots(2, 8, figsize=(9, 2.9), layout="constrained")
figure.suptitle("Some of what it learns from")
positions = np.linspace(0, train.count - 1, places.size, dtype=int)
for position, place in zip(positions, places.flat, strict=True):
    place.imshow(train.image(position))
    place.set_title(data.class_names[train.labels[position]])
    place.axis("off")

# %% [markdown]
# ## 2. Train
#
# One call trains, tests, and writes a run folder. `bit_tiny` is a small network without
# pre-trained weights, for trying things out; hence the higher learning rate, and the
# note that says so. For photographs leave out `model`, `steps` and `changes`: the
# recipe follows from the data then, and published weights are downloaded once.

# %%
changes = {"resize": 34, "crop": 32, "flip": False, "batch_size": 64, "base_lr": 0.03}
run = bk.finetune(
    DATA, model="bit_tiny", output=folder / "run", steps=150, changes=changes
)

# %% [markdown]
# Every step has a row in `log.csv` of the run folder; `report.html` there has all of
# what follows, too.

# %%
log = np.genfromtxt(run.folder / "log.csv", delimiter=",", names=True)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
left.plot(log["step"], log["loss"])
left.set(title="Loss of each step", xlabel="step", ylim=(0, None))
right.plot(log["step"], log["accuracy"])
right.set(title="Accuracy on the images of each step", xlabel="step", ylim=(0, 1.02))

# %% [markdown]
# ## 3. How good is it?
#
# The accuracy on the test images is followed by where it lies, with 95 % confidence,
# for all such images: of so few images nobody knows it better.

# %%
accuracy = run.metrics["top1"]
print("Test accuracy:", with_interval(accuracy, run.metrics["examples"]))

ConfusionMatrixDisplay(
    np.array(run.metrics["confusion"]), display_labels=data.class_names
).plot(cmap="Blues", colorbar=False)
plt.title("What the test images are, and what they are taken for")

# %% [markdown]
# ## 4. Its worst answers
#
# The test images whose true class it finds least likely. To look at them often says
# more than any figure: some are hard for people as well.

# %%
network = run.network()
predictions = classify(network, bk.data.load(DATA, run.recipe, split="test"))
of_truth = predictions.probabilities[np.arange(test.count), predictions.labels]

figure, places = plt.subplots(1, 6, figsize=(9, 2.3), layout="constrained")
for position, place in zip(of_truth.argsort(), places, strict=False):
    true, said = predictions.labels[position], predictions.predicted[position]
    place.imshow(test.image(position))
    place.set_title(f"is {data.class_names[true]}, said {data.class_names[said]}")
    place.axis("off")

# %% [markdown]
# ## 5. Ask it about image files
#
# Files of any size and form will do. `commands.main` runs what is
# `python cli.py predict --run …` on a command line.

# %%
files = [folder / f"{number}.png" for number in range(6)]
for number, file in enumerate(files):
    Image.fromarray(test.image(number).numpy()).save(file)
commands.main(["predict", "--run", str(run.folder), *map(str, files)])

# %% [markdown]
# The same in Python. The network takes pixels from 0 to 255 and gives one number for
# each class, of which `softmax` makes probabilities.

# %%
_, images = next(iter(photo_batches(files, run.recipe.preprocessing)))
probabilities = tf.nn.softmax(network(images)).numpy()

figure, places = plt.subplots(1, 6, figsize=(9, 2.3), layout="constrained")
for file, row, place in zip(files, probabilities, places, strict=True):
    place.imshow(Image.open(file))
    place.set_title(f"{data.class_names[row.argmax()]} ({row.max():.0%})")
    place.axis("off")

# %% [markdown]
# ## 6. Serve it
#
# `export` writes a SavedModel that needs neither Keras nor this package: TensorFlow
# Serving loads it. Decoding, resizing and the names of the classes are inside, so that
# it takes the bytes of files. Here it is loaded and asked as a server would do it.

# %%
served_folder = str(folder / "served" / "1")
commands.main(["export", "--run", str(run.folder), "--to", served_folder])

served = tf.saved_model.load(served_folder)
contents = tf.constant([file.read_bytes() for file in files])
answers = served.signatures["serving_default"](image_bytes=contents)
print("The server's first answers:", answers["classes"][:, 0].numpy())

figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.bar(np.arange(6) - 0.2, probabilities.max(axis=1), 0.4, label="the run")
axes.bar(np.arange(6) + 0.2, answers["scores"][:, 0], 0.4, label="the server")
axes.set(title="Probability of the first answer", ylim=(0, 1.3))
axes.set_xticks(range(6), [file.name for file in files])
axes.legend(ncols=2, loc="upper right")

# %% [markdown]
# ## 7. Build on it
#
# As a TF-Hub module without its head, the network is a layer of other networks:
# `hub.KerasLayer` takes it into `tf_keras`, and `HubLayer` into Keras 3. It gives
# features, in which test images of one class lie together, although only their pixels
# were shown to it. Images of TF-Hub go from 0 to 1.

# %%
module_folder = str(folder / "module")
words = ["export", "--run", str(run.folder), "--to", module_folder]
commands.main([*words, "--format", "hub", "--without-head"])

model = keras.Sequential([bk.export.HubLayer(module_folder, trainable=False)])
test_batches = bk.data.load(DATA, run.recipe, split="test")
features = model.predict(
    test_batches.map(lambda images, labels: images / 255), verbose=0
)
x, y = TSNE(init="pca", random_state=0).fit_transform(features).T

figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
for label, name in enumerate(data.class_names):
    own = test.labels == label
    axes.scatter(x[own], y[own], s=12, color=f"C{label}", label=name)
axes.set(title="Features of the test images, drawn in the plane", xticks=[], yticks=[])
axes.legend(title="class", loc="center left", bbox_to_anchor=(1, 0.5))

# %% [markdown]
# ## What was promised
#
# More than nine in ten test images are right, and the server says what the run says.
#
# Next: [your own folder](02_your_own_folder.ipynb), with what goes wrong in one,
# [it is a Keras model](03_a_keras_model.ipynb), [few
# photographs](04_few_photographs.ipynb), and [what it
# looked at](05_what_it_looked_at.ipynb).

# %%
assert accuracy > 0.9
np.testing.assert_allclose(answers["probabilities"], probabilities, atol=1e-5)
print(f"Accuracy {accuracy:.1%}, and the server agrees with the run.")
