"""BiT-HyperRule: the whole fine-tuning recipe from two facts about the data.

Reference: Kolesnikov et al. 2020, https://arxiv.org/abs/1912.11370, section 3.3, and
bit_hyperrule.py of github.com/google-research/big_transfer. Where the two disagree
(resolution of large images, decay steps of small data sets) the code's values are the
default, because they produced the published numbers.
"""

from bit_keras.errors import InputError
from bit_keras.recipes.recipe import Recipe

RESOLUTIONS = ("code", "paper")

# Paper, supplement F: tasks whose label a flip or a random crop would change.
NO_FLIP = ("dsprites-orientation", "smallnorb-azimuth", "dsprites-xpos")
NO_RANDOM_CROP = (
    "clevr-count",
    "clevr-distance",
    "dmlab",
    "kitti-distance",
    "dsprites-xpos",
)


def bit_hyperrule(
    num_examples, image_size, *, resolution="code", network=None, task=None
):
    """Gives the BiT-HyperRule `Recipe`.

    Args:
        num_examples: training examples in use.
        image_size: typical (height, width) of the images in pixels.
        resolution: "code" for 512 -> 480 of large images; "paper" for 448 -> 384, and
            512 -> 480 only for R152x4.
        network: registry name; "paper" asks for it.
        task: VTAB's name of the task ("dmlab"), whose exceptions then apply.

    Raises:
        InputError: if there are no examples or the resolution is unknown.
    """
    height, width = image_size
    if num_examples < 1 or height < 1 or width < 1:
        raise InputError(
            f"BiT-HyperRule needs examples and their size. Received: {num_examples} "
            f"examples of {height} x {width} pixels"
        )
    if resolution not in RESOLUTIONS:
        raise InputError(f"--resolution is code or paper. Received: '{resolution}'")
    if height * width < 96 * 96:
        resize, crop = 160, 128
    elif resolution == "paper" and network != "bit_r152x4":
        resize, crop = 448, 384
    else:
        resize, crop = 512, 480
    if num_examples < 20_000:
        steps, warmup, decay_at, mixup = 500, 100, (200, 300, 400), 0.0
    elif num_examples < 500_000:
        steps, warmup, decay_at, mixup = 10_000, 500, (3_000, 6_000, 9_000), 0.1
    else:
        steps, warmup, decay_at, mixup = 20_000, 500, (6_000, 12_000, 18_000), 0.1
    return Recipe(
        name="bit_hyperrule",
        resize=resize,
        crop=crop,
        steps=steps,
        warmup_steps=warmup,
        decay_at=decay_at,
        mixup_alpha=mixup,
        flip=task not in NO_FLIP,
        cropping="none" if task in NO_RANDOM_CROP else "random",
    )
