"""Networks: one builder per family over the specs of `bit_keras.families`."""

from bit_keras.families.bit import VARIANTS as BIT_VARIANTS
from bit_keras.families.bit import BiTSpec
from bit_keras.families.bottlenecks import ResNetStem
from bit_keras.families.resnet import VARIANTS as RESNET_VARIANTS
from bit_keras.families.resnet import ResNetSpec
from bit_keras.families.vit import VARIANTS as VIT_VARIANTS
from bit_keras.families.vit import ViTSpec
from bit_keras.models.bit import bit
from bit_keras.models.filling import without_random_numbers
from bit_keras.models.image_model import ImageModel
from bit_keras.models.inference import for_inference
from bit_keras.models.registry import build, endpoint, endpoints
from bit_keras.models.resnet import resnet
from bit_keras.models.vit import vit

__all__ = [
    "BIT_VARIANTS",
    "RESNET_VARIANTS",
    "VIT_VARIANTS",
    "BiTSpec",
    "ImageModel",
    "ResNetSpec",
    "ResNetStem",
    "ViTSpec",
    "bit",
    "build",
    "endpoint",
    "endpoints",
    "for_inference",
    "resnet",
    "vit",
    "without_random_numbers",
]
