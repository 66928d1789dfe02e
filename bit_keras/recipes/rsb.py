"""The training procedures of "ResNet strikes back", A1, A2 and A3.

Reference: https://arxiv.org/abs/2110.00476; github.com/huggingface/pytorch-image-models
(timm), with which its authors trained.
"""

import dataclasses

from bit_keras.errors import InputError
from bit_keras.recipes.epochs import in_epochs, require_images
from bit_keras.recipes.recipe import Recipe
from bit_keras.recipes.scaling import with_batch_size

BATCH_SIZE = 2048
WARMUP_EPOCHS = 5
# Name -> epochs, and the fields in which the procedures differ.
PROCEDURES = {
    "rsb-a1": (
        600,
        {
            "base_lr": 5e-3,
            "weight_decay": 0.01,
            "label_smoothing": 0.1,
            "mixup_alpha": 0.2,
            "rand_augment": "rand-m7-mstd0.5-inc1",
            "repeats": 3,
            "stochastic_depth": 0.05,
        },
    ),
    "rsb-a2": (
        300,
        {
            "base_lr": 5e-3,
            "weight_decay": 0.02,
            "mixup_alpha": 0.1,
            "rand_augment": "rand-m7-mstd0.5-inc1",
            "repeats": 3,
            "stochastic_depth": 0.05,
        },
    ),
    "rsb-a3": (
        100,
        {
            "base_lr": 8e-3,
            "weight_decay": 0.02,
            "mixup_alpha": 0.1,
            "rand_augment": "rand-m6-mstd0.5-inc1",
            "crop": 160,
            "resize": 160,
            "test_scale": 224 / 160,
        },
    ),
}
# Fields that are the same in all of them, or in most.
SHARED = {
    "resize": 224,
    "crop": 224,
    "share": 0.95,
    "interpolation": "bicubic",
    "antialias": True,
    "cropping": "torchvision",
    "crop_area": 0.08,
    "train_interpolation": "random",
    "train_antialias": True,
    "cutmix_alpha": 1.0,
    "mix_group": BATCH_SIZE // 4,
    "batch_size": BATCH_SIZE,
    "steps": 1,  # until the epochs are known
    "schedule": "cosine",
    "warmup_start": 1e-4,
    "final_lr": 1e-6,
    "optimizer": "lamb",
    "clip_norm": 1.0,
    "loss": "sigmoid",
    "class_mean": True,
    "mixed_labels": "presence",
}
# What a run prints.
WORDS = (
    "Of this procedure, no source has the first and the last learning rate, which are "
    "timm's of its time; that it has no dropout, random erasing or averaged weights, "
    "and trains in mixed precision (--precision), is recalled, not verified."
)


def resnet_strikes_back(
    name, num_examples, batch_size=BATCH_SIZE, image_size=(224, 224)
):
    """Gives the pre-training `Recipe` of procedure A1, A2 or A3.

    LAMB on batches of 2048, a rate that follows half a cosine from the start of the run
    and changes once per epoch, a warm-up of 5 epochs inside it, the mean of sigmoids,
    RandAugment, MixUp or CutMix in every batch, 95 % of test images. A1 has 600 epochs,
    A2 300, A3 100 at 160 pixels with tests at 224. Images that are smaller than those
    in training have no more to show, and are tested at the size of training.

    Read in timm, in configurations of PaddleClas and mmpretrain for these procedures,
    or in a walk-through of the paper: every number of `PROCEDURES`, batch, epochs,
    warm-up, loss, and the label 1 (less the smoothing) for each class of a mixture.
    That label is the paper's; what the published weights were trained with may be
    timm's `label_threshold`. timm's LAMB clips the gradient at norm 1, and its mixtures
    are of one of four GPUs, so `mix_group` is a quarter of the batch.

    The steps are the paper's, without the 10 epochs that timm went on for at the last
    rate unless told.

    Recalled, not read: no dropout, no random erasing, no averages of the weights,
    training in mixed precision; here it is float32 unless told. In no source: the first
    and the last learning rate, and how training images are resized; these are what timm
    had for them then.

    Args:
        name: a key of `PROCEDURES`.
        num_examples: training images.
        batch_size: images of a step; scales the learning rates with its square root.
        image_size: typical (height, width) of the images in pixels.

    Raises:
        InputError: if the recipe is unknown or there are no examples.
    """
    if name not in PROCEDURES:
        raise InputError(
            f"There is no pre-training recipe '{name}'; take {' or '.join(PROCEDURES)}."
        )
    require_images(num_examples, batch_size)
    epochs, fields = PROCEDURES[name]
    recipe = Recipe(**{**SHARED, **fields, "name": name})
    if min(image_size) < recipe.crop:
        recipe = dataclasses.replace(recipe, test_scale=1.0)
    recipe = with_batch_size(recipe, batch_size)
    return in_epochs(recipe, num_examples, epochs, WARMUP_EPOCHS)
