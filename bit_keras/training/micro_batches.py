"""How many images of a batch go through the network at a time, and whether they fit."""

import contextlib
import dataclasses
import math

from bit_keras import families
from bit_keras.errors import InputError
from bit_keras.optimizers import OPTIMIZERS
from bit_keras.training import memory
from bit_keras.training.objectives import OBJECTIVES

# What a device keeps for the gradients unless told: 3.3 GB, or 32 images of 224 x 224
# pixels in R50x1.
FLOATS_AT_ONCE = 512 * 32 * 224 * 224
# What any GPU is taken to have; how much it really has is found out by trying.
SMALL_GPU = 8 * 2**30


def shared_out(recipe, data, network, settings, replicas, notes):
    """Gives the recipe with each device's part of a batch divided into what fits.

    A part is not divided unasked where this would change what is learned: where the
    network takes statistics of its batch, or the objective compares its images.

    Args:
        recipe: `Recipe`.
        data: `ImageData`.
        network: registry name.
        settings: `Settings`; its `micro_batch` is what the user asked for.
        replicas: devices that share a batch.
        notes: list of sentences, to which those on this are added.

    Raises:
        InputError: if the batch cannot be shared, may not be divided as asked, or does
            not fit in memory.
    """
    if recipe.batch_size % replicas:
        raise InputError(
            f"A batch of {recipe.batch_size} cannot be shared by {replicas} devices; "
            f"choose a --batch-size that {replicas} divides."
        )
    part = recipe.batch_size // replicas
    if part % recipe.random_group:
        raise InputError(
            f"The {part} images of a device are not whole groups of random_group="
            f"{recipe.random_group}; take what divides {part}."
        )
    if recipe.mixes and not recipe.mix_group and replicas > 1:
        recipe = dataclasses.replace(recipe, mix_group=part)
        notes.append(
            f"Images are mixed within the {part} of each device: mix_group={part}."
        )
    _, spec = families.network(network)
    trial = memory.Trial(network, data.num_classes, data.channels, recipe, part)
    micro_batch = _at_a_time(trial, spec, settings, replicas, notes)
    if micro_batch and part % micro_batch:
        raise InputError(
            f"--micro-batch {micro_batch} does not divide the {part} images of a "
            "device; take a divisor, or auto."
        )
    recipe = dataclasses.replace(recipe, micro_batch=micro_batch % part)
    _tell_divided(recipe, spec, part, replicas, notes)
    return recipe


def _at_a_time(trial, spec, settings, replicas, notes):
    """Gives how many images go through at a time: asked for, measured, or guessed."""
    recipe, part = trial.recipe, trial.part
    asked = settings.micro_batch
    if asked is None and (recipe.micro_batch or "micro_batch" in settings.changes):
        asked = recipe.micro_batch  # of the rule or the changes
    if asked == "auto":
        fitting = memory.largest_fitting(trial)
        notes.append(
            f"Measured: {fitting} of a device's {part} images fit in memory at a time."
        )
        return fitting
    if asked is not None:
        return asked
    if _separable(recipe) and not _takes_statistics(recipe, spec):
        return _rule_of_thumb(recipe, spec, part)
    _require_memory(trial, spec, replicas, notes)
    return 0


def _separable(recipe):
    return OBJECTIVES[recipe.objective].separable


def _takes_statistics(recipe, spec):
    return spec.batch_statistics and recipe.batch_norm != "frozen"


def _tell_divided(recipe, spec, part, replicas, notes):
    """Says what changes where a part is divided that would not be unasked."""
    if not recipe.micro_batch:
        return
    if not _separable(recipe):
        raise InputError(
            f"The objective {recipe.objective} compares the images of a batch, so that "
            f"they must go through the network together; leave out --micro-batch, and "
            "take --remat or a smaller --batch-size where memory lacks."
        )
    if not _takes_statistics(recipe, spec):
        return
    if replicas > 1:
        raise InputError(
            "On several devices, the statistics of batch normalisation cannot be kept "
            "over the parts of a batch; leave out --micro-batch, and take --remat or "
            "--set batch_norm=frozen where memory lacks."
        )
    notes.append(
        f"Batch normalisation takes its statistics from {recipe.micro_batch} images at "
        f"a time instead of {part}, which changes what is learned."
    )


def _rule_of_thumb(recipe, spec, part):
    floats = recipe.views * spec.activations((recipe.crop, recipe.crop))
    limit = max(recipe.random_group, int(FLOATS_AT_ONCE / floats))
    return max(n for n in memory.divisors(part, recipe.random_group) if n <= limit)


def _require_memory(trial, spec, replicas, notes):
    """Raises where a part that may not be divided does not fit in memory.

    Only what may or may not fit by an estimate is measured, as that takes a minute.
    """
    free, estimate = memory.free_memory(), _estimate(trial, spec)
    if estimate < (free if free < math.inf else SMALL_GPU) / 2:
        return
    try:
        if estimate < 8 * free and memory.fits(trial, trial.part):
            return
    except memory.CannotMeasure as error:
        notes.append(f"Whether a batch fits in memory is not known: {error}")
        return
    choices = [] if trial.recipe.remat else ["--remat"]
    told = ""
    with contextlib.suppress(memory.CannotMeasure):
        fitting = memory.largest_fitting(trial)
        told = f", but {fitting} do"
        choices.insert(0, f"--batch-size {fitting * replicas}")
        if _separable(trial.recipe) and replicas == 1:
            choices.append(
                f"--micro-batch {fitting} (batch normalisation then takes its "
                f"statistics from {fitting} images instead of {trial.part}, which "
                "changes what is learned)"
            )
    raise InputError(
        f"The {trial.part} images of {trial.recipe.crop} pixels that a device has of a "
        f"batch do not fit in memory{told}; take "
        f"{' or '.join(choices) or 'a smaller --batch-size'}."
    )


def _estimate(trial, spec):
    """Gives about how many bytes a step takes: activations, and all of each weight."""
    recipe, size = trial.recipe, (trial.recipe.crop, trial.recipe.crop)
    # Half as much again for what is being computed: it errs on the side of measuring.
    activations = 2 * trial.part * recipe.views * spec.activations(size)
    copies = 2 + OPTIMIZERS[recipe.optimizer].slots + bool(recipe.ema_decay)
    weights = copies * spec.parameters(trial.num_classes, trial.channels, size)
    return 4 * (activations + weights)
