"""From what the user typed after `--model` and `--weights` to a network."""

import dataclasses
from pathlib import Path

import numpy as np

from bit_keras import families
from bit_keras import weights as published
from bit_keras.errors import InputError, suggestion
from bit_keras.training.run_folder import open_run
from bit_keras.weights.bit_layout import HEAD_BIAS, foreign_family
from bit_keras.weights.files import read_arrays

# Its images have several labels: configs/bit_i21k.py of google-research/big_vision
# trains on it with sigmoids. The paper does not name the loss.
IMAGENET_21K_CLASSES = 21_843


@dataclasses.dataclass(frozen=True)
class Choice:
    """A network as the user named it: registry name, and where its weights are."""

    network: str
    weights: str | None
    num_classes: int | None = None

    def head_classes(self):
        """Gives the class count of the weights' own head.

        Raises:
            InputError: if there are no weights or they have no head.
        """
        if self.num_classes:
            return self.num_classes
        if self.weights is None:
            raise InputError(
                f"'{self.network}' alone is a network without weights; add --weights "
                "FILE, or name published weights such as BiT-M-R50x1-ILSVRC2012."
            )
        if not Path(self.weights).exists():
            return _published(self.weights).num_classes
        arrays = read_arrays(self.weights)
        if family := foreign_family(arrays):
            raise InputError(f"'{self.weights}' is {family}.")
        if HEAD_BIAS not in arrays:
            raise InputError(
                f"'{self.weights}' has no head; use --run or a whole file."
            )
        return int(np.size(arrays[HEAD_BIAS]))


def _published(name):
    try:
        return published.find(name)
    except InputError as error:
        raise InputError(f"There is no weight file at '{name}'. {error}") from None


def choose(model, weights=None):
    """Resolves `--model` (a registry or published name, or a run) and `--weights`.

    Raises:
        InputError: if the name is none of these, with the nearest ones.
    """
    if model in families.names():
        return Choice(model, weights)
    if Path(model).is_dir():
        if weights is not None:
            raise InputError("--weights does not go with a run folder after --model.")
        run = open_run(model)
        classes = len(run.info["class_names"])
        return Choice(run.info["network"], str(Path(model).resolve()), classes)
    try:
        file = published.find(model)
    except InputError:
        known = [*families.names(), *published.catalogue()]
        raise InputError(
            f"Unknown model '{model}'.{suggestion(model, known)} `models` lists the "
            "networks, and `models --weights` the published files."
        ) from None
    if weights is not None:
        return Choice(file.network, weights)
    return Choice(file.network, file.name, file.num_classes)


def fill(network, choice, keep_head=False, head_bias=0.0):
    """Sets a new network to the weights of a choice; gives a sentence on it.

    Args:
        network: `keras.Model` that `build` made for the choice.
        choice: `Choice`; without weights the network stays as it is.
        keep_head: keep the head of the weights instead of a new zero head.
        head_bias: bias of a new head.

    Raises:
        InputError: if the weights cannot be had or do not fit.
    """
    told = "from scratch"
    if choice.weights and Path(choice.weights).is_dir():
        told = _fill_from_run(network, choice.weights, keep_head)
    elif choice.weights:
        told = published.load(
            network, choice.weights, head="keep" if keep_head else "new"
        )
    if head_bias and not keep_head:
        bias = network.get_layer("logits").bias
        bias.assign(bias + head_bias)  # of zeros
    return told


def _fill_from_run(network, folder, keep_head):
    source = open_run(folder).network()
    for layer in network.layers:
        arrays = source.get_layer(layer.name).get_weights()
        if layer.name == "logits" and not keep_head:
            continue
        if [a.shape for a in arrays] != [w.shape for w in layer.weights]:
            raise InputError(
                f"The network of the run '{folder}' does not fit: its {layer.name} has "
                f"{[a.shape for a in arrays]} instead of "
                f"{[tuple(w.shape) for w in layer.weights]}."
            )
        layer.set_weights(arrays)
    head = "its head" if keep_head else "a new zero head"
    return f"the network of the run '{folder}', with {head}"


@dataclasses.dataclass(frozen=True)
class Trained:
    """A network ready to be used on photographs.

    Args:
        model: `keras.Model` from images in 0..255 to logits.
        class_names: in the order of the logits.
        crop: side of the square images are resized to, in pixels.
        name: for messages.
        loss: what it was trained with, for `bit_keras.losses.probabilities`.
        multi_label: whether an image may have several labels, or none.
    """

    model: object
    class_names: tuple[str, ...]
    crop: int
    name: str
    loss: str = "softmax"
    multi_label: bool = False

    def require_channels(self, channels):
        """Raises `InputError` if the network takes images of other channels."""
        own = self.model.input_shape[-1]
        if own != channels:
            raise InputError(
                f"'{self.name}' takes images of {own} channels. Received: {channels}"
            )


def open_trained(run=None, model=None, weights=None, crop=None):
    """Loads the network of a run folder, or published weights with their own head.

    Raises:
        InputError: if neither or both are given, or they cannot be loaded.
    """
    if crop is not None and crop < 1:
        raise InputError(f"--crop must be above 0. Received: {crop}")
    if (run is None) == (model is None) or (run is not None and weights is not None):
        raise InputError(
            "Give either --run FOLDER, or --model NAME and --weights FILE."
        )
    if run is not None:
        opened = open_run(run)
        return Trained(
            model=opened.network(),
            class_names=tuple(opened.info["class_names"]),
            crop=crop or opened.recipe.crop,
            name=str(run),
            loss=opened.recipe.loss,
            multi_label=opened.info["multi_label"],
        )
    from bit_keras.models import build

    choice = choose(model, weights)
    classes = choice.head_classes()
    network = build(choice.network, num_classes=classes)
    published.load(network, choice.weights, head="keep")
    words = published.class_names(classes)
    return Trained(
        model=network,
        class_names=words or tuple(f"class {number}" for number in range(classes)),
        crop=crop or _trained_crop(choice.weights),
        name=model,
        loss="sigmoid" if classes == IMAGENET_21K_CLASSES else "softmax",
        multi_label=classes == IMAGENET_21K_CLASSES,
    )


def _trained_crop(weights):
    """Side of the images that published weights were tuned on, from their names."""
    name = str(weights)
    if not Path(name).exists():
        name = published.find(name).name
    for side in (384, 224, 160, 128):
        if name.endswith(str(side)):
            return side
    small = ("CIFAR10", "cifar100", "svhn", "eurosat")
    if name.endswith(small) or "dsprites" in name:
        return 128
    tuned = "ILSVRC2012" in name or "vtab/" in name
    return 480 if tuned else 224
