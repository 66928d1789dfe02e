"""The recipes that the published BiT networks were pre-trained with."""

from bit_keras.errors import InputError
from bit_keras.recipes.epochs import require_images
from bit_keras.recipes.recipe import Recipe

RECIPES = ("bit-s", "bit-m")
EPOCHS = 90
BATCH_SIZE = 4096
WARMUP_STEPS = 5000
# That many of the steps of 90 epochs of ILSVRC-2012, the smallest set of the paper.
LARGEST_WARMUP = WARMUP_STEPS / 28_150


def bit_upstream(name, num_examples, batch_size=BATCH_SIZE):
    """Gives the pre-training `Recipe` of the BiT paper.

    90 epochs of batches of 4096 at 224 pixels, with a learning rate of 0.03 for every
    256 images of a batch, divided by 10 after 30, 60 and 80 epochs, and L2 of 1e-4.
    "bit-s" has one label per image and the softmax; "bit-m", for ImageNet-21k, any
    number of labels, the sigmoid and a head whose bias begins at -10.

    The paper warms up for 5000 steps whatever the data. Of a set smaller than
    ILSVRC-2012, whose warm-up is 17.8 % of the steps, it is no larger share here.
    Another batch size changes the steps, so that the epochs stay.

    Args:
        name: one of `RECIPES`.
        num_examples: training images.
        batch_size: images of a step; scales the learning rate.

    Raises:
        InputError: if the recipe is unknown or there are no examples.

    Reference: sections 3.1 to 3.3 of https://arxiv.org/abs/1912.11370. The paper names
        neither the loss nor the area of the crops; both are those of its authors'
        later code, github.com/google-research/big_vision.
    """
    if name not in RECIPES:
        raise InputError(
            f"There is no pre-training recipe '{name}'; take {' or '.join(RECIPES)}."
        )
    require_images(num_examples, batch_size)

    def after(epochs):
        return max(1, round(epochs * num_examples / batch_size))

    steps = after(EPOCHS)
    warmup = min(WARMUP_STEPS * BATCH_SIZE / batch_size, LARGEST_WARMUP * steps)
    sigmoid = name == "bit-m"
    return Recipe(
        name=name,
        resize=224,
        crop=224,
        batch_size=batch_size,
        base_lr=0.03 * batch_size / 256,
        steps=steps,
        warmup_steps=round(warmup),
        decay_at=tuple(sorted({after(30), after(60), after(80)})),
        weight_decay=1e-4,
        cropping="inception",
        crop_area=0.05,
        loss="sigmoid" if sigmoid else "softmax",
        head_bias=-10.0 if sigmoid else 0.0,
    )
