"""A recipe that ends within the given minutes on the machine at hand."""

import dataclasses

from bit_keras.recipes.scaling import with_batch_size, with_crop, with_steps

BATCH_SIZES = (512, 256, 128, 64, 32)
CROPS = (480, 384, 320, 256, 224, 192, 160, 128, 96, 64)
LEAST_STEPS = 100
# Image sizes, in pixels, that weights are tried at.
SIZES = (32, 64, 96, 128, 160, 224, 320, 480)
EVALUATIONS = 10  # of a run
# Of the minutes, what training has; the rest is for start, checks and report.
TRAINING_SHARE = 0.7
# Of a run that goes on from a head in closed form.
BATCH_SIZE = 32
LEAST_STEPS_SOLVED = 250  # and half of that in a minute
MOST_STEPS = 10_000_000  # of which the learning rates still fit into memory
LEARNING_RATE = 3e-4
CLIP_NORM = 1.0
CROP_AREA = 0.25
EMA_DECAY = 0.99


def within_minutes(recipe, minutes, seconds_per_image, *, num_test=0):
    """Cuts a recipe down to a time: the batch first, then steps, then resolution.

    Args:
        recipe: what the rule gives.
        minutes: time of the whole run, evaluation included.
        seconds_per_image: function from a crop (pixels) to the measured or estimated
            time of one training image.
        num_test: images to be evaluated at the end; one costs a third of a training
            image.

    Returns:
        (recipe, fits): fits is False if even the smallest choice takes longer.
    """
    budget = 0.9 * minutes * 60  # the rest is for start, checks and report

    def seconds(batch_size, steps, crop):
        tested = with_crop(recipe, crop).preprocessing.crop
        testing = num_test / 3 * seconds_per_image(tested)
        return batch_size * steps * seconds_per_image(crop) + testing

    batches = [recipe.batch_size, *(b for b in BATCH_SIZES if b < recipe.batch_size)]
    crops = [recipe.crop, *(c for c in CROPS if c < recipe.crop)]
    least = min(LEAST_STEPS, recipe.steps)
    for batch in batches:
        if seconds(batch, recipe.steps, recipe.crop) <= budget:
            return with_batch_size(recipe, batch), True
    batch = batches[-1]
    for crop in crops:
        evaluation = seconds(0, 0, crop)
        steps = int((budget - evaluation) / seconds_per_image(crop) / batch)
        if steps >= least:
            break
    steps = min(recipe.steps, max(least, steps))
    changed = with_steps(with_batch_size(recipe, batch), steps)
    return with_crop(changed, crop), seconds(batch, steps, crop) <= budget


def from_closed_form(recipe, minutes, seconds_per_image):
    """Goes on from a head in closed form until the time is up.

    The learning rate stays, and what counts is a moving average of the weights, so that
    the run can end at any step. AdamW, because its steps are of the same size whatever
    the images and the head. docs/minutes.md has what was measured.

    Args:
        recipe: what the rule gives, for augmentation, loss and the like.
        minutes, seconds_per_image: as of `within_minutes`.

    Returns:
        `Recipe` for the largest of `SIZES` at which 250 steps can be made, or 125 for
        each of fewer than two minutes.
    """
    budget = TRAINING_SHARE * 60 * minutes

    def steps(crop):
        return int(budget / seconds_per_image(crop) / BATCH_SIZE)

    least = LEAST_STEPS_SOLVED * min(1, minutes / 2)
    fitting = [size for size in SIZES if steps(size) >= least]
    crop = max(fitting, default=SIZES[0])
    estimate = max(1, steps(crop))
    return dataclasses.replace(
        with_batch_size(with_crop(recipe, crop), BATCH_SIZE),
        cropping="inception" if recipe.cropping == "random" else recipe.cropping,
        crop_area=CROP_AREA,
        steps=min(2 * estimate, MOST_STEPS),  # the clock ends it
        minutes=minutes,
        optimizer="adamw",
        schedule="constant",
        base_lr=LEARNING_RATE,
        decay_at=(),
        warmup_steps=estimate // 20,
        warmup_start=0.0,
        lr_every=1,
        clip_norm=CLIP_NORM,
        ema_decay=EMA_DECAY,
        head="closed_form",
        evaluate_every=max(1, estimate // EVALUATIONS),
    )


def with_equal_work(recipe, crop):
    """Changes the image size, and the steps with it so that they take as long."""
    factor = (recipe.crop / crop) ** 2
    return dataclasses.replace(
        with_crop(recipe, crop),
        steps=min(round(factor * recipe.steps), MOST_STEPS),
        warmup_steps=round(factor * recipe.warmup_steps),
        evaluate_every=round(factor * recipe.evaluate_every),
    )
