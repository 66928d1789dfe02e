"""Fine-tuning as the authors of DeiT do it.

Reference: https://arxiv.org/abs/2012.12877; main.py and datasets.py of
github.com/facebookresearch/deit, and what its authors say there in issues 45 and 105.
"""

from bit_keras.recipes.epochs import in_epochs, require_images
from bit_keras.recipes.recipe import Recipe
from bit_keras.recipes.scaling import with_batch_size

BATCH_SIZE = 768
WARMUP_EPOCHS = 5
# Between CIFAR (50,000) and iNaturalist 2019 (265,240).
LARGE = 100_000
# What a run prints.
WORDS = (
    "This is what DeiT's authors fine-tune with on CIFAR-10 and Cars, and from 100,000 "
    "images on what they have for iNaturalist; what "
    '"ResNet strikes back" fine-tuned with on each data set is not known.'
)


def deit_finetuning(num_examples, batch_size=BATCH_SIZE):
    """Gives the fine-tuning `Recipe` of DeiT.

    Batches of 768 at 224 pixels, a rate that follows half a cosine and changes once per
    epoch, and the augmentation of its training on ImageNet. Fewer than 100,000 images
    have what its authors name for CIFAR-10 and Stanford Cars: SGD, rate 0.01, weight
    decay 1e-4, 1000 epochs. More have what they name for iNaturalist: AdamW, rate
    7.5e-5, weight decay 0.05, 360 epochs, stochastic depth and random erasing of 0.1.

    All numbers were read in its code or its authors' answers, but that `mix_group` is a
    quarter of the batch. Another batch scales the rates as `with_batch_size`, where
    DeiT's code has AdamW's in proportion.

    Args:
        num_examples: training images.
        batch_size: images of a step.

    Raises:
        InputError: if there are no examples.
    """
    require_images(num_examples, batch_size)
    if num_examples < LARGE:
        epochs, fields = 1000, {"base_lr": 0.01, "weight_decay": 1e-4}
    else:
        epochs = 360
        fields = {
            "optimizer": "adamw",
            "base_lr": 7.5e-5,
            "weight_decay": 0.05,
            "stochastic_depth": 0.1,
            "erasing": 0.1,
        }
    recipe = Recipe(
        name="deit",
        resize=224,
        crop=224,
        share=0.875,
        interpolation="bicubic",
        antialias=True,
        cropping="torchvision",
        crop_area=0.08,
        train_interpolation="bicubic",
        train_antialias=True,
        rand_augment="rand-m9-mstd0.5-inc1",
        mixup_alpha=0.8,
        cutmix_alpha=1.0,
        mix_group=BATCH_SIZE // 4,
        repeats=3,
        batch_size=BATCH_SIZE,
        steps=1,
        schedule="cosine",
        warmup_start=1e-6,
        final_lr=1e-5,
        label_smoothing=0.1,
        **fields,
    )
    recipe = with_batch_size(recipe, batch_size)
    return in_epochs(recipe, num_examples, epochs, WARMUP_EPOCHS)
