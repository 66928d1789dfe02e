"""A network that is ready to be used on photographs."""

import dataclasses
import sys
from pathlib import Path

from bit_keras import families
from bit_keras import weights as published
from bit_keras.errors import InputError, suggestion
from bit_keras.preprocessing import Preprocessing
from bit_keras.training.choice import HEAD, Choice, choose, make, of_file
from bit_keras.training.run_folder import open_run
from bit_keras.weights.files import open_weights
from bit_keras.weights.layouts import crop_of, num_classes_of


@dataclasses.dataclass(frozen=True)
class Trained:
    """A network ready to be used on photographs.

    Args:
        model: `keras.Model` from images in 0..255 to logits.
        class_names: in the order of the logits; none for a network without a head.
        preprocessing: `Preprocessing` of its images.
        name: for messages.
        loss: how its logits become probabilities, see `bit_keras.losses`.
        multi_label: whether an image may have several labels, or none.
        zero_head: whether its head is the zero one of a file of weights.
    """

    model: object
    class_names: tuple[str, ...]
    preprocessing: Preprocessing
    name: str
    loss: str = "softmax"
    multi_label: bool = False
    zero_head: bool = False

    @property
    def crop(self):
        """Side of the square that the network gets, in pixels."""
        return self.preprocessing.crop

    def require_channels(self, channels):
        """Raises `InputError` if the network takes images of other channels."""
        own = self.model.input_shape[-1]
        if own != channels:
            raise InputError(
                f"'{self.name}' takes images of {own} channels. Received: {channels}"
            )

    def require_head(self):
        """Raises `InputError` if the network tells no classes: without a head, or 0."""
        if not self.class_names:
            raise InputError(
                f"'{self.name}' has no head, so it tells no classes: fine-tune it with "
                "finetune --model, or take its features with embed."
            )
        if self.zero_head:
            raise InputError(
                f"'{self.name}' tells no classes: its head is zero, as in all files of "
                "imagenet21k/ by Google, or follows a layer that the network lacks. "
                "Fine-tune it with finetune --model, or take its features with embed."
            )

    def class_number(self, name):
        """Gives the place of a class among the logits.

        Raises:
            InputError: if the network has no such class.
        """
        if name not in self.class_names:
            raise InputError(
                f"'{self.name}' has no class '{name}'."
                f"{suggestion(name, self.class_names)}"
            )
        return self.class_names.index(name)


def open_trained(run=None, model=None, weights=None, crop=None):
    """Loads the network of a run folder, or weights with their own head.

    Where nothing is known of a file of weights, a line on stderr says what is assumed.

    Args:
        run: folder that `finetune` or `pretrain` wrote.
        model: instead of it: published or registry name.
        weights: published name or path, with `model`.
        crop: in pixels, instead of the network's own.

    Returns:
        `Trained`.

    Raises:
        InputError: if neither or both are given, or they cannot be loaded.
    """
    if crop is not None and crop < 1:
        raise InputError(f"--crop must be above 0. Received: {crop}")
    if (run is None) == (model is None) or (run is not None and weights is not None):
        raise InputError(
            "Give either --run FOLDER, or --model NAME and --weights FILE."
        )
    trained, known = _opened(run, model, weights, crop)
    if not known:
        _tell_assumed(trained, weights or model, crop)
    if crop is None:
        return trained
    preprocessing = dataclasses.replace(trained.preprocessing, crop=crop)
    return dataclasses.replace(trained, preprocessing=preprocessing)


def networks_of_sizes(trained, sizes, run=None, model=None, weights=None):
    """Gives the network of `open_trained` for images of several sizes.

    Args:
        trained: what it gave.
        sizes: sides of the squares, in pixels.
        run, model, weights: what it was given.

    Returns:
        {size: `keras.Model`}; the same one for all, where it takes images of any size.

    Raises:
        InputError: if the network cannot take images of a size.
    """
    own = trained.model.input_shape[1]
    return {
        size: trained.model
        if own in (None, size)
        else _opened(run, model, weights, size)[0].model
        for size in sizes
    }


def _opened(run, model, weights, crop):
    """Gives a `Trained`, and whether its facts are known."""
    if model is None:
        return _of_run(run, crop), True
    return _of_weights(model, weights, crop)


def _of_run(run, crop):
    opened = open_run(run)
    network, class_names = opened.network(), opened.info.class_names
    if crop is not None and network.input_shape[1] not in (None, crop):
        network, _ = make(
            Choice(opened.info.network, str(run)),
            keep_head=bool(class_names),
            num_classes=len(class_names) or None,
            channels=network.input_shape[-1],
            image_size=(crop, crop),
            dtype=opened.recipe.precision,
        )
    return Trained(
        model=network,
        class_names=class_names,
        preprocessing=opened.recipe.preprocessing,
        name=str(run),
        loss=opened.recipe.loss,
        multi_label=opened.info.multi_label,
    )


def _of_weights(model, weights, crop):
    choice = choose(model, weights)
    if choice.weights is None:
        raise InputError(
            f"'{choice.network}' alone is a network without weights; add --weights "
            "FILE, or name published weights such as BiT-M-R50x1-ILSVRC2012."
        )
    if Path(choice.weights).is_dir():
        return _of_run(choice.weights, crop), True
    with open_weights(published.locate(choice.weights)) as file:
        classes = num_classes_of(file)
        facts = choice.facts(file)
        preprocessing = facts.preprocessing if facts else _assumed(choice, file)
        size = crop or preprocessing.crop
        network, _ = of_file(
            choice, file, "fit", num_classes=classes, image_size=(size, size)
        )
    trained = Trained(
        model=network,
        class_names=tuple(f"class {number}" for number in range(classes or 0)),
        preprocessing=preprocessing,
        name=model,
        zero_head=bool(classes) and not network.get_layer(HEAD).kernel.numpy().any(),
    )
    if facts is None:
        return trained, False
    known = dataclasses.replace(
        trained,
        class_names=published.words(facts.words) or trained.class_names,
        loss=facts.loss,
        multi_label=facts.multi_label,
    )
    return known, True


def _assumed(choice, file):
    """Gives the `Preprocessing` for a file of which nothing is known."""
    family, spec = families.network(choice.network)
    usual = getattr(spec, "preprocessing", family.preprocessing)
    return dataclasses.replace(usual, crop=crop_of(file, spec) or usual.crop)


def _tell_assumed(trained, weights, crop):
    assumed = []
    if crop is None:
        images = trained.preprocessing.describe()
        assumed.append(f"images {images} (--crop takes another size)")
    if trained.class_names:
        assumed.append("one label for each image, and classes without names")
    if assumed:
        print(
            f"'{weights}' is none of the published files, so these are assumed: "
            f"{', '.join(assumed)}.",
            file=sys.stderr,
        )
