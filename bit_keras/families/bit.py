"""BiT: its specs, its variants and its published files.

Names, addresses and class counts of the files follow the README and the code of
https://github.com/google-research/big_transfer, and the distillation configurations
of https://github.com/google-research/big_vision.
"""

import dataclasses

from bit_keras.errors import InputError
from bit_keras.families.bottlenecks import Bottlenecks
from bit_keras.families.family import Family, PublishedFile

# Floats that one pixel of the image leaves for the gradients in a network of width 1,
# counted layer by layer for R50x1 (R152x1 keeps 1,121, R26x1 313).
FLOATS_PER_PIXEL = 512


@dataclasses.dataclass(frozen=True)
class BiTSpec(Bottlenecks):
    """Shape of a BiT network: a GroupNorm ResNet-v2 with standardised kernels.

    Args:
        depths, width: see `Bottlenecks`.
    """

    def __post_init__(self):
        if self.width <= 0 or self.width * 2 != int(self.width * 2):
            raise InputError(
                f"BiTSpec's width is a multiple of 0.5. Received: {self.width}"
            )
        if not self.depths or min(self.depths) < 1:
            raise InputError(
                f"BiTSpec's depths are whole numbers from 1. Received: {self.depths}"
            )

    @property
    def endpoints(self):
        """Names of the layers whose outputs are of use, first to last."""
        stages = [f"stage{stage + 1}" for stage in range(len(self.depths))]
        return ("root", *stages, "pre_logits", "logits")

    @property
    def batch_statistics(self):
        """Whether what it computes in training depends on the batch as a whole."""
        return False

    def parameters(self, num_classes=None, channels=3, image_size=None):
        """Counts the parameters; those of a head for `num_classes` included.

        Args:
            num_classes: None for no head.
            channels: of the images.
            image_size: changes nothing here; other families need it.
        """
        total = self.kernels(channels)
        for _, _, inputs, mid, _ in self.units():
            total += 2 * (inputs + mid + mid)  # gamma and beta of three norms
        features = 4 * mid
        total += 2 * features
        return total if num_classes is None else total + (features + 1) * num_classes

    def activations(self, image_size):
        """About how many floats one image of (height, width) keeps for the gradients.

        A rule of thumb for how many images a device takes at a time. It counts the
        width and leaves out the depth: R26 keeps less, R152 twice as much.
        """
        height, width = image_size
        return int(FLOATS_PER_PIXEL * height * width * max(1, self.width))


# Published: r50x1, r50x3, r101x1, r101x3, r152x2, r152x4. The others are baselines of
# the ViT paper and sizes between; `tiny` is for trying things out on small pictures.
VARIANTS = {
    "tiny": BiTSpec((1, 1, 1, 1), 0.5),
    "r26x1": BiTSpec((2, 2, 2, 2), 1),
    "r50x1": BiTSpec((3, 4, 6, 3), 1),
    "r50x2": BiTSpec((3, 4, 6, 3), 2),
    "r50x3": BiTSpec((3, 4, 6, 3), 3),
    "r101x1": BiTSpec((3, 4, 23, 3), 1),
    "r101x3": BiTSpec((3, 4, 23, 3), 3),
    "r152x1": BiTSpec((3, 8, 36, 3), 1),
    "r152x2": BiTSpec((3, 8, 36, 3), 2),
    "r152x4": BiTSpec((3, 8, 36, 3), 4),
    "r200x3": BiTSpec((3, 24, 36, 3), 3),
}

BASE_URL = "https://storage.googleapis.com/bit_models/"
SIZES = ("50x1", "50x3", "101x1", "101x3", "152x2", "152x4")
VTAB_SIZES = ("50x1", "50x3", "101x1", "101x3", "152x4")
# Classes, and the crop of BiT-HyperRule: 128 where the images of a task have fewer
# than 96 x 96 pixels, else 480.
VTAB_TASKS = {
    "caltech101": (102, 480),
    "cifar100": (100, 128),
    "clevr-count": (8, 480),
    "clevr-distance": (6, 480),
    "diabetic_retinopathy": (5, 480),
    "dmlab": (6, 480),
    "dsprites-orientation": (16, 128),
    "dsprites-xpos": (16, 128),
    "dtd": (47, 480),
    "eurosat": (10, 128),
    "kitti-distance": (4, 480),
    "oxford_flowers102": (102, 480),
    "oxford_iiit_pet": (37, 480),
    "patch_camelyon": (2, 480),
    "resisc45": (45, 480),
    "smallnorb-azimuth": (18, 480),
    "smallnorb-elevation": (9, 480),
    "sun397": (397, 480),
    "svhn": (10, 128),
}
# Classes, crop and words.
DISTILLED = {
    "R50x1_224": (1000, 224, "imagenet_1k"),
    "R50x1_160": (1000, 160, "imagenet_1k"),
    "R152x2_T_224": (1000, 224, "imagenet_1k"),
    "R152x2_T_384": (1000, 384, "imagenet_1k"),
    "R152x2_T_flowers128": (102, 128, None),
    "R152x2_T_pet128": (37, 128, None),
    "R152x2_T_food128": (101, 128, None),
    "R152x2_T_sun128": (397, 128, None),
}


def _published():
    """Yields every public file."""
    one_label = {"num_classes": 1000, "words": "imagenet_1k"}
    # The paper does not name the loss; its images have several labels, and
    # configs/bit_i21k.py of google-research/big_vision trains with sigmoids.
    several = {"num_classes": 21_843, "words": "imagenet_21k"}
    several |= {"multi_label": True, "loss": "sigmoid"}
    for size in SIZES:
        yield _file(f"BiT-S-R{size}", size, **one_label)
        yield _file(f"BiT-M-R{size}", size, **several)
        yield _file(f"BiT-M-R{size}-ILSVRC2012", size, crop=480, **one_label)
    yield _file("BiT-M-R50x1-CIFAR10", "50x1", num_classes=10, crop=128)
    for name, (classes, crop, words) in DISTILLED.items():
        size = name[1:].split("_")[0]
        facts = {"num_classes": classes, "crop": crop, "words": words}
        yield _file(f"distill/{name}", size, **facts)
    for size in VTAB_SIZES:
        for task, (classes, crop) in VTAB_TASKS.items():
            for run in range(3):
                name = f"vtab/BiT-M-R{size}-run{run}-{task}"
                yield _file(name, size, num_classes=classes, crop=crop)


def _file(name, size, **facts):
    return PublishedFile(name, f"{BASE_URL}{name}.npz", f"bit_r{size}", **facts)


FAMILY = Family(
    name="bit",
    variants=VARIANTS,
    networks={f"bit_{variant}": variant for variant in VARIANTS},
    published={file.name: file for file in _published()},
    # The names that big_vision gives to the distilled files.
    aliases={
        "FunMatch-224px-i1k82.8": "distill/R50x1_224",
        "FunMatch-160px-i1k80.5": "distill/R50x1_160",
    },
)
