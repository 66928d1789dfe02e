"""Networks: one builder per family over the specs of `bit_keras.families`."""

from bit_keras.families.bit import VARIANTS as BIT_VARIANTS
from bit_keras.families.bit import BiTSpec
from bit_keras.models.bit import bit
from bit_keras.models.filling import without_random_numbers
from bit_keras.models.image_model import ImageModel
from bit_keras.models.inference import for_inference
from bit_keras.models.registry import build, endpoint, endpoints

__all__ = [
    "BIT_VARIANTS",
    "BiTSpec",
    "ImageModel",
    "bit",
    "build",
    "endpoint",
    "endpoints",
    "for_inference",
    "without_random_numbers",
]
