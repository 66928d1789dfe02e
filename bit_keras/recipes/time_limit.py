"""A recipe that ends within the given minutes on the machine at hand."""

from bit_keras.recipes.scaling import with_batch_size, with_crop, with_steps

BATCH_SIZES = (512, 256, 128, 64, 32)
CROPS = (480, 384, 320, 256, 224, 192, 160, 128, 96, 64)
LEAST_STEPS = 100


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
        return (batch_size * steps + num_test / 3) * seconds_per_image(crop)

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
