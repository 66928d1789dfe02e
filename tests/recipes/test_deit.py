import pytest

from bit_keras.errors import InputError
from bit_keras.recipes.deit import deit_finetuning

CIFAR, INATURALIST = 50_000, 265_240


def test_few_images_have_what_its_authors_name_for_cifar():
    recipe = deit_finetuning(CIFAR)
    assert (recipe.optimizer, recipe.base_lr, recipe.weight_decay) == (
        "sgd",
        0.01,
        1e-4,
    )
    assert (recipe.erasing, recipe.stochastic_depth) == (0, 0)
    assert recipe.steps == 1000 * recipe.lr_every


def test_many_images_have_what_its_authors_name_for_inaturalist():
    recipe = deit_finetuning(INATURALIST)
    learned = (recipe.optimizer, recipe.base_lr, recipe.weight_decay)
    assert learned == ("adamw", 7.5e-5, 0.05)
    assert (recipe.erasing, recipe.stochastic_depth) == (0.1, 0.1)
    assert recipe.steps == 360 * recipe.lr_every


@pytest.mark.parametrize("images", [CIFAR, INATURALIST])
def test_images_are_augmented_as_in_its_training_on_imagenet(images):
    recipe = deit_finetuning(images)
    assert (recipe.rand_augment, recipe.repeats) == ("rand-m9-mstd0.5-inc1", 3)
    assert (recipe.mixup_alpha, recipe.cutmix_alpha) == (0.8, 1)
    assert (recipe.label_smoothing, recipe.loss) == (0.1, "softmax")
    assert recipe.preprocessing.short_side == 256


@pytest.mark.parametrize(("images", "factor"), [(CIFAR, 4), (INATURALIST, 2)])
def test_rates_go_with_the_batch_as_their_optimizer_asks(images, factor):
    scaled, whole = deit_finetuning(images, 192), deit_finetuning(images)
    assert scaled.base_lr == pytest.approx(whole.base_lr / factor)
    assert scaled.final_lr == pytest.approx(whole.final_lr / factor)


def test_no_images_are_refused():
    with pytest.raises(InputError, match="Received: 0 images"):
        deit_finetuning(0)
