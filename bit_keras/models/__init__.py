"""Networks: one builder per family over the table of specs in `bit_keras.specs`."""

from bit_keras.models.bit import bit
from bit_keras.models.image_model import ImageModel
from bit_keras.models.inference import for_inference
from bit_keras.models.registry import build, endpoint
from bit_keras.specs import BIT_VARIANTS, BiTSpec

__all__ = [
    "BIT_VARIANTS",
    "BiTSpec",
    "ImageModel",
    "bit",
    "build",
    "endpoint",
    "for_inference",
]
