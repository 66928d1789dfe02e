"""The recipes of the ViT paper, of its pre-training and its fine-tuning.

Reference: https://arxiv.org/abs/2010.11929, tables 3 and 4 and appendix B.1;
https://arxiv.org/abs/2106.10270 ("augreg"); vit_jax/configs of
github.com/google-research/vision_transformer, where the paper leaves a choice.
"""

from bit_keras.errors import InputError
from bit_keras.recipes.epochs import require_images
from bit_keras.recipes.recipe import Recipe
from bit_keras.recipes.scaling import with_batch_size

PRETRAINING = ("vit-i1k", "vit-i21k")
BATCH_SIZE = 4096
WARMUP_STEPS = 10_000
MASKED_STEPS = 100_000
# That many of the steps of 300 epochs of ILSVRC-2012, the fewest of the paper.
LARGEST_WARMUP = WARMUP_STEPS / 93_835
# BiT's networks under Adam: learning rates of table 3, on JFT-300M. R200 is not in it,
# and gets the smallest.
ADAM_RATES = {"bit_r101": 8e-4, "bit_r152": 6e-4, "bit_r200": 6e-4}


def vit_pretraining(name, num_examples, batch_size=BATCH_SIZE, network="vit_b16"):
    """Gives the pre-training `Recipe` of table 3.

    AdamW on batches of 4096 at 224 pixels. "vit-i1k": 300 epochs, rate 3e-3, half a
    cosine, weight decay 0.3 and a gradient of norm 1 at most. "vit-i21k": 90 epochs,
    rate 1e-3, a straight line, weight decay 0.03, sigmoids for any number of labels.
    Both drop a tenth after dense layers. Networks of BiT have nothing to drop, and
    larger ones a smaller rate (table 3); weight decay is 0.1 for them.

    The warm-up of 10,000 steps is no larger share of a run than it is of 300 epochs of
    ILSVRC-2012. Another batch size changes the steps, so that the epochs stay.

    Args:
        name: one of `PRETRAINING`.
        num_examples: training images.
        batch_size: images of a step; scales the learning rate as `with_batch_size`.
        network: registry name.

    Raises:
        InputError: if the recipe is unknown or there are no examples.
    """
    if name not in PRETRAINING:
        raise InputError(
            f"There is no pre-training recipe '{name}'; take "
            f"{' or '.join(PRETRAINING)}."
        )
    require_images(num_examples, batch_size)
    small = name == "vit-i1k"
    rate, decay, dropout = (3e-3, 0.3, 0.1) if small else (1e-3, 0.03, 0.1)
    if not network.startswith("vit_"):
        rates = (r for start, r in ADAM_RATES.items() if network.startswith(start))
        rate, decay, dropout = next(rates, 1e-3), 0.1, 0.0
    steps = max(1, round((300 if small else 90) * num_examples / batch_size))
    return _pretraining(
        batch_size,
        name=name,
        steps=steps,
        schedule="cosine" if small else "linear",
        base_lr=rate,
        final_lr=0.0 if small else 1e-5,
        weight_decay=decay,
        clip_norm=1.0 if small else 0.0,
        dropout=dropout,
        loss="softmax" if small else "sigmoid",
        head_bias=0.0 if small else -10.0,
    )


def masked_patches(num_examples, batch_size=BATCH_SIZE, target="mean-colour"):
    """Gives the `Recipe` of masked patch prediction (appendix B.1.2).

    AdamW on batches of 4096 at 224 pixels, rate 2e-4, half a cosine. The paper makes a
    million steps with 303 million images, and finds little gain after 100,000. Those
    are made here, but no more than 300 epochs, as it trains with labels on
    ILSVRC-2012. What it leaves open: weight decay is 0.1, nothing is dropped, and
    training images are parts of any shape.

    Args:
        num_examples: training images.
        batch_size: images of a step; scales the learning rate as `with_batch_size`.
        target: see `Recipe`.

    Raises:
        InputError: if there are no examples.
    """
    require_images(num_examples, batch_size)
    most = round(MASKED_STEPS * BATCH_SIZE / batch_size)
    steps = max(1, min(most, round(300 * num_examples / batch_size)))
    return _pretraining(
        batch_size,
        name="masked-patches",
        steps=steps,
        schedule="cosine",
        base_lr=2e-4,
        weight_decay=0.1,
        objective="masked_patches",
        target=target,
    )


def _pretraining(batch_size, *, steps, **fields):
    """Gives a recipe of AdamW, with the rates that the paper has for its batches."""
    warmup = min(WARMUP_STEPS * BATCH_SIZE / batch_size, LARGEST_WARMUP * steps)
    recipe = Recipe(
        resize=224,
        crop=224,
        cropping="inception",
        crop_area=0.05,
        batch_size=BATCH_SIZE,
        steps=steps,
        warmup_steps=round(warmup),
        optimizer="adamw",
        **fields,
    )
    return with_batch_size(recipe, batch_size)


def vit_finetuning(num_examples, *, name="vit", network="vit_b16", resolution="code"):
    """Gives the fine-tuning `Recipe` of table 4.

    SGD with momentum 0.9 on batches of 512, half a cosine, a gradient of norm 1 at
    most, no weight decay, images of 384 pixels. Steps go with the data as in the
    paper's tasks: 500 (pets, flowers), 10,000 (CIFAR), 20,000 (ImageNet).

    The paper tries four rates on held-out images; here it is 0.03, the default of its
    code, and 0.003 for 500 steps, which its authors' later code takes for pets and
    flowers (configs/transfer.py of google-research/big_vision).

    Args:
        num_examples: training images.
        name: "vit", or "vit-augreg", whose training images are parts of any shape.
        network: registry name; decides on the size for "paper".
        resolution: "code" for 384 pixels; "paper" for those of table 2, 512, and 518
            for patches of 14, with a moving average of the weights of 0.9999.

    Raises:
        InputError: if there are no examples or the resolution is unknown.
    """
    if num_examples < 1:
        raise InputError(f"Fine-tuning needs images. Received: {num_examples}")
    if resolution not in ("code", "paper"):
        raise InputError(f"--resolution is code or paper. Received: '{resolution}'")
    crop = 384
    if resolution == "paper":
        crop = 518 if network.endswith("14") else 512
    if num_examples < 20_000:
        steps, warmup, rate = 500, 100, 0.003
    elif num_examples < 500_000:
        steps, warmup, rate = 10_000, 500, 0.03
    else:
        steps, warmup, rate = 20_000, 500, 0.03
    augreg = name == "vit-augreg"
    return Recipe(
        name=name,
        resize=crop if augreg else round(crop * 448 / 384),
        crop=crop,
        cropping="inception" if augreg else "random",
        crop_area=0.05,
        batch_size=512,
        steps=steps,
        schedule="cosine",
        base_lr=rate,
        warmup_steps=warmup,
        clip_norm=1.0,
        ema_decay=0.9999 if resolution == "paper" else 0.0,
    )
