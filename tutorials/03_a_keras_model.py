# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # It is a Keras model
#
# **You will have** trained one network in four ways: with `fit`, with all but its head
# frozen, in a loop of your own, and with the exact step of this package; and saved it,
# loaded it, and run it on another backend.
#
# **It takes** about two minutes on two cores.
#
# **It needs** this package (`pip install .` in its checkout), and neither the internet
# nor a GPU; for the last step `jax` or `torch`, without which it is left out.

# %%
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # fewer notes of TensorFlow on processors

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from sklearn.manifold import TSNE

import bit_keras as bk

workplace = tempfile.TemporaryDirectory()  # is removed at the end
folder = Path(workplace.name)

# %% [markdown]
# ## 1. Data as Keras takes them
#
# A recipe says how large the images are, how many are in a batch, and how many batches
# a run has. What `bk.data` makes of it is a `tf.data.Dataset` of images, with pixels
# from 0 to 255, and labels, one-hot. A tenth of the training images is held out, to see
# when to stop; the test images are for the end.

# %%
DATA = "digits"  # your own: "photos/", a folder with a sub-folder for each class

data = bk.data.with_validation_part(bk.data.open_dataset(DATA), seed=0)
classes = len(data.class_names)
recipe = bk.recipes.bit_hyperrule(data.part("train").count, data.image_size)
recipe = bk.recipes.override(
    recipe, ["resize=34", "crop=32", "flip=false", "batch_size=64", "steps=120"]
)
train = bk.data.training_batches(data.part("train"), recipe, classes)
held_out, test = (
    bk.data.evaluation_batches(data.part(part), recipe.preprocessing, classes)
    for part in ("val", "test")
)
print(data.summary())

images, labels = next(iter(train))
figure, places = plt.subplots(2, 8, figsize=(9, 2.9), layout="constrained")
figure.suptitle("A batch: images, cut out at random, and their labels")
for image, label, place in zip(images, labels, places.flat, strict=False):
    place.imshow(image / 255)
    place.set_title(data.class_names[np.argmax(label)])
    place.axis("off")

# %% [markdown]
# ## 2. `compile`, `fit` and callbacks
#
# The network is a functional `keras.Model`; any optimizer, loss, metric or callback of
# Keras will do. It normalises the pixels itself, and gives logits.

# %%
model = bk.models.bit("tiny", num_classes=classes)
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile("adam", loss, metrics=["accuracy"])

model.fit(
    train,
    steps_per_epoch=12,
    epochs=10,
    validation_data=held_out,
    callbacks=[
        keras.callbacks.EarlyStopping("val_loss", patience=4),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.002 * 0.8**epoch),
        keras.callbacks.CSVLogger(str(folder / "log.csv")),
    ],
    shuffle=False,  # the batches are so already
    verbose=2,
)

# %% [markdown]
# What `CSVLogger` wrote:

# %%
log = np.genfromtxt(folder / "log.csv", delimiter=",", names=True)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
left.plot(log["epoch"], log["accuracy"], "o-", label="training images")
left.plot(log["epoch"], log["val_accuracy"], "o-", label="held-out images")
left.set(title="Accuracy", xlabel="epoch", ylim=(0, 1.02))
left.legend(loc="lower right")
right.plot(log["epoch"], log["learning_rate"], "o-")
right.set(title="Learning rate", xlabel="epoch", ylim=(0, None))

# %% [markdown]
# ## 3. Features
#
# Every part of the network that is of use has a name. `endpoint` gives a model up to
# there, which shares the weights. `pre_logits` is what the head gets.

# %%
print("Endpoints:", *bk.models.endpoints(model))
before_head = bk.models.endpoint(model, "pre_logits")
features = before_head.predict(test, verbose=0)
x, y = TSNE(init="pca", random_state=0).fit_transform(features).T

figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
for label, name in enumerate(data.class_names):
    own = data.part("test").labels == label
    axes.scatter(x[own], y[own], s=12, color=f"C{label}", label=name)
axes.set(title="Features of the test images, drawn in the plane", xticks=[], yticks=[])
axes.legend(title="class", loc="center left", bbox_to_anchor=(1, 0.5))

# %% [markdown]
# ## 4. Freezing
#
# A layer that is not trainable keeps its weights. Here all are but those of a new head,
# which learns in four short epochs to tell the classes apart by the features above.

# %%
probe = keras.Sequential([before_head, keras.layers.Dense(classes)])
before_head.trainable = False
probe.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
probed = probe.fit(train, steps_per_epoch=20, epochs=4, shuffle=False, verbose=2)
before_head.trainable = True

counts = [model.count_params(), sum(np.prod(v.shape) for v in probe.layers[1].weights)]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
left.barh(["all parameters", "the head's"], counts, log=True)
left.bar_label(left.containers[0], fmt="{:,.0f}", padding=3)
left.set(title="Parameters (logarithmic)", xlim=(100, 1e9))
right.plot(range(1, 5), probed.history["accuracy"], "o-")
right.set(title="Accuracy of the new head", xlabel="epoch", ylim=(0, 1.02))
right.set_xticks(range(1, 5))

# %% [markdown]
# ## 5. A loop of your own
#
# Nothing of the network is hidden from a `GradientTape`. This begins from scratch.

# %%
own_model = bk.models.bit("tiny", num_classes=classes)
optimizer = keras.optimizers.Adam(0.001)


@tf.function
def step(images, labels):
    with tf.GradientTape() as tape:
        value = loss(labels, own_model(images, training=True))
    gradients = tape.gradient(value, own_model.trainable_variables)
    optimizer.apply(gradients, own_model.trainable_variables)
    return value


own_losses = [float(step(images, labels)) for images, labels in train]

figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.plot(own_losses)
axes.set(title="Loss of each step of your own loop", xlabel="step", ylim=(0, None))

# %% [markdown]
# ## 6. The exact step of this package
#
# `Learner` makes the step of `finetune`: the recipe's optimizer, schedule, clipping and
# micro-batches, with the same update however a batch is spread over devices. It is
# compiled already, and its `fit` has one epoch: the run. `bk.data.load` gives the
# batches in one call, here of all training images.

# %%
rated = bk.recipes.override(recipe, ["base_lr=0.03", "warmup_steps=20"])
learner = bk.training.Learner(bk.models.bit("tiny", num_classes=classes), rated)
losses = []
keep_loss = keras.callbacks.LambdaCallback(
    on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
)
batches = bk.data.load(DATA, rated)
learner.fit(batches, callbacks=[keep_loss], shuffle=False, verbose=2)

figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
axes.plot(own_losses, label="your own loop, Adam")
axes.plot(losses, label="Learner, SGD as in the recipe")
axes.set(title="Loss of each step", xlabel="step", ylim=(0, None))
axes.legend()

# %% [markdown]
# ## 7. Saved and loaded
#
# A `.keras` file holds the network whole. Import `bit_keras` before loading it,
# so that Keras knows the layers.

# %%
model.save(folder / "model.keras")
loaded = keras.models.load_model(folder / "model.keras")
accuracy = loaded.evaluate(test, return_dict=True, verbose=0)["accuracy"]

images = np.concatenate([images for images, _ in test])
logits, again = model.predict(images, verbose=0), loaded.predict(images, verbose=0)

figure, axes = plt.subplots(figsize=(4.5, 4), layout="constrained")
axes.plot(logits.ravel(), again.ravel(), ".", markersize=3)
axes.set(title="Logits of the test images", xlabel="saved", ylabel="loaded")

# %% [markdown]
# ## 8. Another backend
#
# The same file runs in Keras on JAX and torch. The backend is chosen before Keras is
# imported, hence another process.

# %%
installed = [name for name in ("jax", "torch") if importlib.util.find_spec(name)]
other = next(iter(installed), None)
program = """
import bit_keras, keras, numpy as np
model = keras.models.load_model("model.keras")
np.save("logits.npy", model.predict(np.load("images.npy"), verbose=0))
"""
if other is None:
    print("There is neither jax nor torch here, so this step is left out.")
else:
    np.save(folder / "images.npy", images)
    settings = {"KERAS_BACKEND": other, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, **settings},
        check=True,
    )
    elsewhere = np.load(folder / "logits.npy")
    figure, axes = plt.subplots(figsize=(4.5, 4), layout="constrained")
    axes.plot(logits.ravel(), elsewhere.ravel(), ".", markersize=3)
    axes.set(title="Logits of the test images", xlabel="tensorflow", ylabel=other)

# %% [markdown]
# ## What was promised
#
# It learned with `fit`, frozen, in a loop of your own and with the `Learner`; and what
# was saved says the same when it is loaded, on another backend, too.

# %%
assert accuracy > 0.9
assert probed.history["accuracy"][-1] > 0.9
assert np.mean(own_losses[-10:]) < own_losses[0] / 2
assert np.mean(losses[-10:]) < losses[0] / 2
np.testing.assert_allclose(again, logits, atol=1e-4)
if other is not None:
    np.testing.assert_allclose(elsewhere, logits, atol=1e-2)
print(f"Accuracy {accuracy:.1%}, and the same logits wherever it was loaded.")
