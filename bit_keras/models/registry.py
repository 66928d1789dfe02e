"""Networks by their registry name, and their endpoints."""

from bit_keras.errors import InputError, suggestion
from bit_keras.models.bit import bit
from bit_keras.models.image_model import ImageModel
from bit_keras.specs import registry_entry

_BUILDERS = {"bit": bit}


def build(name, **kwargs):
    """Builds a network by its registry name ("bit_r50x1"); see the family's builder.

    Raises:
        InputError: if the name is unknown.
    """
    family, variant = registry_entry(name)
    return _BUILDERS[family](variant, name=name, **kwargs)


def endpoint(model, name):
    """Gives a `keras.Model` from the images to the named layer; shares the weights.

    Args:
        model: a network of this package.
        name: "root" (batch, height / 4, width / 4, channels), "stage1".. "stage4"
            (each stage from 2 on halves height and width), "pre_logits"
            (batch, features) or "logits" (batch, classes).

    Raises:
        InputError: if the network has no such layer.
    """
    names = [layer.name for layer in model.layers]
    if name not in names:
        stages = [n for n in names if n.startswith("stage")]
        known = ["root", *stages, "pre_logits", *(["logits"] * ("logits" in names))]
        raise InputError(
            f"The network has no layer '{name}'.{suggestion(name, known)} "
            f"Endpoints: {', '.join(known)}"
        )
    return ImageModel(model.inputs[0], model.get_layer(name).output, name=name)
