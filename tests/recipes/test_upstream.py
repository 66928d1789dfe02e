import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import bit_upstream


def test_ilsvrc_has_the_schedule_of_the_paper():
    recipe = bit_upstream("bit-s", 1_281_167)
    assert recipe.steps == pytest.approx(90 * 1_281_167 / 4096, abs=1)
    assert [round(step * 4096 / 1_281_167) for step in recipe.decay_at] == [30, 60, 80]
    assert recipe.base_lr == pytest.approx(0.48)
    assert recipe.warmup_steps == 5000
    assert (recipe.momentum, recipe.weight_decay, recipe.crop) == (0.9, 1e-4, 224)
    assert (recipe.mixup_alpha, recipe.clip_norm, recipe.loss) == (0, 0, "softmax")


def test_imagenet21k_has_a_sigmoid_and_a_head_that_begins_low():
    recipe = bit_upstream("bit-m", 14_197_122)
    assert (recipe.loss, recipe.head_bias, recipe.warmup_steps) == (
        "sigmoid",
        -10,
        5000,
    )


def test_another_batch_size_keeps_the_epochs():
    recipe = bit_upstream("bit-s", 1_281_167, 512)
    assert recipe.steps == pytest.approx(90 * 1_281_167 / 512, abs=1)
    assert recipe.base_lr == pytest.approx(0.06)
    assert recipe.warmup_steps == 8 * 5000


def test_a_small_set_is_not_all_warm_up():
    recipe = bit_upstream("bit-s", 5000, 128)
    assert recipe.warmup_steps / recipe.steps == pytest.approx(5000 / 28150, rel=1e-2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bit-l", 100), "no pre-training recipe 'bit-l'; take bit-s or bit-m"),
        (("bit-s", 0), "Received: 0 images"),
        (("bit-s", 10, -1), "batches of -1"),
    ],
)
def test_what_cannot_be_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        bit_upstream(*arguments)
