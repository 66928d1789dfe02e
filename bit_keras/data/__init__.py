"""Data: sources, splits and subsets, order, preprocessing, augmentation, batches."""

import dataclasses

from bit_keras.data.batches import Share, evaluation_batches, training_batches
from bit_keras.data.colour_jitter import colour_jitter
from bit_keras.data.erasing import random_erasing
from bit_keras.data.image_data import ImageData
from bit_keras.data.mixing import cutmix, mixup
from bit_keras.data.parts import few_shot, with_validation_part
from bit_keras.data.rand_augment import rand_augment
from bit_keras.data.resized_crop import inception_part, torchvision_part
from bit_keras.data.sources import open_dataset


def load(
    dataset, recipe, *, split="train", seed=None, data_dir=None, multi_label=False
):
    """Gives a `tf.data.Dataset` of (images, labels) batches, ready for `model.fit`.

    Args:
        dataset: what `--dataset` takes: a folder of class folders, a CSV, an npz, the
            name of a TensorFlow Datasets set, or "digits".
        recipe: `Recipe`; its `resize`, `crop`, `batch_size`, `steps` and augmentation
            are followed.
        split: "train" for the `recipe.steps` batches of the whole run, shuffled and
            augmented; "test" or "val" for every example once.
        seed: overrides the recipe's.
        data_dir: folder of TensorFlow Datasets.
        multi_label: an image of a CSV or npz has several labels, or none.

    Returns:
        images float32 (batch, crop, crop, channels) in 0..255 and labels float32
        (batch, classes), one-hot, or 0 and 1 where images have several labels; the
        loss to use is `keras.losses.CategoricalCrossentropy(from_logits=True)`, or for
        several labels `keras.losses.BinaryCrossentropy(from_logits=True)`. For
        training with `recipe.class_weights` there are weights (batch,) as well.

    Raises:
        InputError: if the data set cannot be found or used.
    """
    if seed is not None:
        recipe = dataclasses.replace(recipe, seed=seed)
    data = open_dataset(
        dataset, data_dir=data_dir, seed=recipe.seed, multi_label=multi_label
    )
    part, classes = data.part(split), len(data.class_names)
    if split == "train":
        return training_batches(part, recipe, classes)
    return evaluation_batches(
        part, recipe.preprocessing, classes, batch_size=recipe.batch_size
    )


__all__ = [
    "ImageData",
    "Share",
    "colour_jitter",
    "cutmix",
    "evaluation_batches",
    "few_shot",
    "load",
    "mixup",
    "open_dataset",
    "rand_augment",
    "random_erasing",
    "inception_part",
    "torchvision_part",
    "training_batches",
    "with_validation_part",
]
