import pytest
import tensorflow as tf

from bit_keras.data.batches import evaluation_batches, training_batches
from bit_keras.data.photos import photo_batches
from bit_keras.data.pipelines import in_parallel
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=10, crop=8, steps=4, batch_size=6, mixup_alpha=0.1)


def test_elements_keep_their_order_whatever_takes_longest():
    def slow_at_first(number):
        turns = tf.while_loop(
            lambda turns: turns < 1000 * (9 - number),
            lambda turns: turns + 1,
            [0 * number],
        )
        return number + 0 * turns[0]

    made = in_parallel(tf.data.Dataset.range(10), slow_at_first)
    assert list(made.as_numpy_iterator()) == list(range(10))


# With a tuner, who leaves an iterator waits for it, now and then up to a minute.
@pytest.mark.parametrize(
    "batches",
    [
        lambda examples: training_batches(examples, RECIPE, 3),
        lambda examples: evaluation_batches(examples, RECIPE.preprocessing, 3),
        lambda examples: photo_batches(["photo.jpg"], RECIPE.preprocessing),
    ],
    ids=["training", "evaluation", "photos"],
)
def test_no_pipeline_has_a_tuner_to_wait_for(batches, examples):
    assert batches(examples).options().autotune.enabled is False
