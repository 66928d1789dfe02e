import pytest

from bit_keras.errors import InputError
from bit_keras.recipes.vit import vit_finetuning, vit_pretraining

ILSVRC, IMAGENET_21K = 1_281_167, 14_197_122


def test_ilsvrc_has_the_schedule_of_table_3():
    recipe = vit_pretraining("vit-i1k", ILSVRC)
    assert recipe.steps == pytest.approx(300 * ILSVRC / 4096, abs=1)
    assert (recipe.schedule, recipe.base_lr, recipe.warmup_steps) == (
        "cosine",
        3e-3,
        10_000,
    )
    assert (recipe.weight_decay, recipe.dropout, recipe.clip_norm) == (0.3, 0.1, 1)
    assert (recipe.optimizer, recipe.crop, recipe.loss) == ("adamw", 224, "softmax")


def test_imagenet_21k_has_the_schedule_of_table_3():
    recipe = vit_pretraining("vit-i21k", IMAGENET_21K)
    assert recipe.steps == pytest.approx(90 * IMAGENET_21K / 4096, abs=1)
    assert (recipe.schedule, recipe.base_lr) == ("linear", 1e-3)
    assert (recipe.weight_decay, recipe.dropout, recipe.clip_norm) == (0.03, 0.1, 0)
    assert (recipe.loss, recipe.head_bias) == ("sigmoid", -10)


def test_another_batch_size_keeps_the_epochs():
    recipe = vit_pretraining("vit-i1k", ILSVRC, 1024)
    assert recipe.steps == pytest.approx(300 * ILSVRC / 1024, abs=1)
    assert recipe.base_lr == pytest.approx(3e-3 / 2)
    assert recipe.warmup_steps == 40_000


def test_a_small_set_is_not_all_warm_up():
    recipe = vit_pretraining("vit-i1k", 5000, 128)
    assert recipe.warmup_steps / recipe.steps == pytest.approx(10_000 / 93_835, 1e-2)


@pytest.mark.parametrize(
    ("network", "rate"),
    [
        ("bit_r50x1", 1e-3),
        ("bit_r50x2", 1e-3),
        ("bit_r101x1", 8e-4),
        ("bit_r200x3", 6e-4),
    ],
)
def test_networks_of_bit_have_their_own_rate_and_nothing_to_drop(network, rate):
    recipe = vit_pretraining("vit-i21k", IMAGENET_21K, network=network)
    assert (recipe.base_lr, recipe.dropout) == (rate, 0)


@pytest.mark.parametrize(
    ("examples", "steps", "warmup", "rate"),
    [
        (3_680, 500, 100, 0.003),
        (19_999, 500, 100, 0.003),
        (50_000, 10_000, 500, 0.03),
        (ILSVRC, 20_000, 500, 0.03),
    ],
)
def test_steps_go_with_the_data_as_in_table_4(examples, steps, warmup, rate):
    recipe = vit_finetuning(examples)
    assert (recipe.steps, recipe.warmup_steps, recipe.base_lr) == (steps, warmup, rate)
    assert (recipe.batch_size, recipe.momentum, recipe.clip_norm) == (512, 0.9, 1)
    assert (recipe.resize, recipe.crop, recipe.schedule) == (448, 384, "cosine")
    assert (recipe.weight_decay, recipe.ema_decay, recipe.optimizer) == (0, 0, "sgd")


@pytest.mark.parametrize(("network", "crop"), [("vit_l16", 512), ("vit_h14", 518)])
def test_large_images_of_table_2_go_with_a_moving_average(network, crop):
    recipe = vit_finetuning(ILSVRC, network=network, resolution="paper")
    assert (recipe.crop, recipe.ema_decay) == (crop, 0.9999)


def test_augreg_cuts_parts_of_any_shape():
    recipe = vit_finetuning(3_680, name="vit-augreg")
    assert (recipe.name, recipe.cropping, recipe.crop_area) == (
        "vit-augreg",
        "inception",
        0.05,
    )
    assert recipe.resize == recipe.crop == 384


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: vit_pretraining("vit-jft", 10), "take vit-i1k or vit-i21k"),
        (lambda: vit_pretraining("vit-i1k", 0), "Received: 0 images"),
        (lambda: vit_finetuning(0), "Received: 0"),
        (lambda: vit_finetuning(9, resolution="high"), "code or paper"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()
