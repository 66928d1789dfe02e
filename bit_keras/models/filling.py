"""Networks that are built to be filled: no random number is drawn for them."""

import contextlib

import keras

from bit_keras.weights.catalogue import known
from bit_keras.weights.files import open_weights
from bit_keras.weights.layouts import crop_of, num_classes_of
from bit_keras.weights.loading import fill, locate


@contextlib.contextmanager
def without_random_numbers():
    """Makes networks that are built inside start from zeros where they would be random.

    Their configuration keeps its initializers, and weights that start from a constant
    do so. Drawing the numbers of a large network takes longer than reading its file.
    It holds for all threads: build no other network meanwhile.
    """
    layer_class = keras.layers.Layer
    add_weight = layer_class.add_weight

    def add_without(layer, *args, **kwargs):
        kwargs |= dict(zip(("shape", "initializer", "dtype"), args, strict=False))
        given = kwargs.get("initializer")
        # Keras draws random numbers where it is told nothing, too.
        if given is None or hasattr(keras.initializers.get(given), "seed"):
            kwargs["initializer"] = "zeros"
        return add_weight(layer, **kwargs)

    layer_class.add_weight = add_without
    try:
        yield
    finally:
        layer_class.add_weight = add_weight


def built(builder, spec, *, family, weights=None, normalization=None, **arguments):
    """Calls the builder of a family, and fills the network where weights are given.

    Args:
        builder: of `bit_keras.models.registry.BUILDERS`.
        spec: of the builder's family.
        family: the `Family`.
        weights: published name or path; a head that does not fit becomes zero. A
            printed line says what was done.
        normalization: that of the published file, or else of the spec where it has one
            and of the family where it has not, by default.
        arguments: of the builder.
    """
    usual = getattr(spec, "normalization", family.normalization)
    if weights is None:
        return builder(spec, normalization=normalization or usual, **arguments)
    with open_weights(locate(weights)) as file:
        name, crop = family.network_of(spec), crop_of(file, spec)
        facts = known(file.path, num_classes_of(file), name, crop)
        pixels = normalization or (facts.normalization if facts else usual)
        with without_random_numbers():
            model = builder(spec, normalization=pixels, **arguments)
        print(fill(model, file, head="fit"))
    return model
