"""BiT image classifiers in Keras 3: from photographs to a fine-tuned network."""

from bit_keras._lazy import lazy_attributes
from bit_keras._registration import register_with_keras

__version__ = "0.1.0"

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        ".analysis": (),
        ".data": (),
        ".errors": ("InputError",),
        ".evaluation": (),
        ".export": (),
        ".layers": (),
        ".losses": (),
        ".models": (),
        ".optimizers": (),
        ".recipes": (),
        ".reports": (),
        ".training": ("finetune", "pretrain"),
        ".weights": (),
    },
)

register_with_keras()
