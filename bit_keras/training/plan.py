"""From the facts of a data set and what the user typed to the recipe of a run."""

import dataclasses
import math
import time

import keras

from bit_keras import families, recipes
from bit_keras.data import Share, training_batches
from bit_keras.data.batches import require_fitting
from bit_keras.errors import InputError, suggestion
from bit_keras.evaluation.figures import metric_names
from bit_keras.models import build
from bit_keras.training.class_weights import class_weights
from bit_keras.training.learner import Learner
from bit_keras.training.memory import Trial, largest_fitting

# What a device keeps for the gradients unless told: 3.3 GB, or 32 images of 224 x 224
# pixels in R50x1.
FLOATS_AT_ONCE = 512 * 32 * 224 * 224
MEASURED_STEPS = 5
MEASURED_BATCH = 16
MEASURED_CROP = 128


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the user may ask of the recipe; None leaves it to the rule.

    Args:
        rule: "bit_hyperrule", or a name of `recipes.upstream`.
        resolution: "code" or "paper", see `bit_hyperrule`.
        batch_size: scales the learning rate with it.
        steps: scales warm-up and decay with it.
        minutes: cuts the recipe down to this time on this machine.
        micro_batch: images of a device in memory at a time; "auto" measures how many
            fit.
        class_weights: "auto" for weights that make up for rare classes, or a CSV file
            of class,weight.
        seed: recipe field of this name.
        fields: "field=value" texts, applied last.
    """

    rule: str = "bit_hyperrule"
    resolution: str = "code"
    batch_size: int | None = None
    steps: int | None = None
    minutes: float | None = None
    micro_batch: int | str | None = None
    class_weights: str | None = None
    seed: int = 0
    fields: tuple[str, ...] = ()

    def __post_init__(self):
        # Typing errors come up before anything is read.
        chosen = recipes.parse_assignments(self.fields)
        for name in ("batch_size", "steps", "minutes"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(
                    f"--{name.replace('_', '-')} must be above 0. Received: {value}"
                )
        parts = self.micro_batch
        if parts not in (None, "auto") and (not isinstance(parts, int) or parts < 0):
            raise InputError(
                f"--micro-batch takes auto, or a number from 0. Received: {parts}"
            )
        if not 0 <= self.seed < recipes.SEEDS:
            raise InputError(f"--seed must be from 0 to 2**32-1. Received: {self.seed}")
        if self.rule != "bit_hyperrule" and self.rule not in recipes.UPSTREAM:
            raise InputError(
                f"There is no pre-training recipe '{self.rule}'; take "
                f"{' or '.join(recipes.UPSTREAM)}."
            )
        fitted = {"batch_size", "steps", "crop", "resize", "warmup_steps", "decay_at"}
        if self.minutes is not None and (
            self.batch_size or self.steps or fitted & chosen.keys()
        ):
            raise InputError(
                "--minutes chooses batch size, steps and resolution itself; leave out "
                "--batch-size, --steps and --set of these fields, or --minutes."
            )

    def with_one_seed(self):
        """Gives the settings with the seed of `fields`, which also splits the data."""
        chosen = recipes.parse_assignments(self.fields)
        return dataclasses.replace(self, seed=chosen.get("seed", self.seed))


def plan(data, network, settings, replicas=1):
    """Makes the recipe of a run.

    Args:
        data: `ImageData`.
        network: registry name.
        settings: `Settings`.
        replicas: devices that share a batch.

    Returns:
        (rule, recipe, notes): what the rule gives, what is to be done, and sentences
        on why the two differ.

    Raises:
        InputError: if something does not fit the data or the devices.
    """
    rule = _rule(data, network, settings)
    recipe, notes = dataclasses.replace(rule, seed=settings.seed), []
    if settings.batch_size:  # which the rules of pre-training have followed
        recipe = recipes.with_batch_size(recipe, settings.batch_size)
    if settings.steps:
        recipe = recipes.with_steps(recipe, settings.steps)
    if settings.minutes:
        recipe = recipes.override(recipe, settings.fields)
        recipe, note = _within_minutes(recipe, data, network, settings.minutes)
        notes.append(note)
    if settings.class_weights:
        weights = class_weights(settings.class_weights, data)
        recipe = dataclasses.replace(recipe, class_weights=weights)
    recipe = recipes.override(recipe, settings.fields)
    _require_sense(recipe, data)
    recipe = _shared_out(recipe, data, network, settings, replicas, notes)
    require_fitting(data.parts["train"], recipe, len(data.class_names), Share(replicas))
    if recipe.warmup_steps >= recipe.steps:
        notes.append(
            f"The warm-up of {recipe.warmup_steps} steps does not end within the "
            f"{recipe.steps} steps of the run; --steps {recipe.steps} scales it along."
        )
    return rule, recipe, notes


def _rule(data, network, settings):
    train = data.parts["train"]
    if settings.rule != "bit_hyperrule":
        sizes = filter(None, [settings.batch_size])
        return recipes.bit_upstream(settings.rule, train.count, *sizes)
    rule = recipes.bit_hyperrule(
        train.count,
        data.image_size,
        resolution=settings.resolution,
        network=network,
        task=data.name,
    )
    # Several labels per image are as many yes-or-no questions.
    return dataclasses.replace(rule, loss="sigmoid") if train.multi_label else rule


def _require_sense(recipe, data):
    several = data.parts["train"].multi_label
    if several and recipe.loss == "softmax":
        raise InputError(
            "These images have several labels each, which loss=softmax cannot learn; "
            "take --set loss=sigmoid, or pretrain --recipe bit-m."
        )
    known = metric_names(several, len(data.class_names))
    if recipe.loss == "sigmoid" and not several:
        known = (*known, *metric_names(True, len(data.class_names)))
    if recipe.best_metric and recipe.best_metric not in known:
        raise InputError(
            f"There is no metric '{recipe.best_metric}'."
            f"{suggestion(recipe.best_metric, known)} Known: {', '.join(known)}"
        )


def _shared_out(recipe, data, network, settings, replicas, notes):
    """Gives the recipe with each device's part of a batch divided into what fits."""
    if recipe.batch_size % replicas:
        raise InputError(
            f"A batch of {recipe.batch_size} cannot be shared by {replicas} devices; "
            f"choose a --batch-size that {replicas} divides."
        )
    part = recipe.batch_size // replicas
    if recipe.mixup_alpha and not recipe.mix_group and replicas > 1:
        recipe = dataclasses.replace(recipe, mix_group=part)
        notes.append(
            f"Images are mixed within the {part} of each device: mix_group={part}."
        )
    chosen = recipes.parse_assignments(settings.fields)
    micro_batch = settings.micro_batch
    if micro_batch == "auto":
        micro_batch = largest_fitting(
            Trial(network, len(data.class_names), data.channels, recipe, part)
        )
        notes.append(
            f"Measured: {micro_batch} of a device's {part} images fit in memory at a "
            "time."
        )
    elif micro_batch is None:
        micro_batch = chosen.get("micro_batch", _rule_of_thumb(recipe, network, part))
    if micro_batch and part % micro_batch:
        raise InputError(
            f"--micro-batch {micro_batch} does not divide the {part} images of a "
            "device; take a divisor, or auto."
        )
    return dataclasses.replace(recipe, micro_batch=micro_batch % part)


def _rule_of_thumb(recipe, network, part):
    _, spec = families.network(network)
    floats = spec.activations((recipe.crop, recipe.crop))
    limit = max(1, int(FLOATS_AT_ONCE / floats))
    return max(n for n in range(1, min(limit, part) + 1) if part % n == 0)


def _within_minutes(recipe, data, network, minutes):
    crop = min(recipe.crop, MEASURED_CROP)
    measured = _seconds_per_image(recipe, data, network, crop)
    num_test = data.part("test").count

    def seconds_per_image(other):
        return measured * (other / crop) ** 2

    changed, fits = recipes.within_minutes(
        recipe, minutes, seconds_per_image, num_test=num_test
    )
    hours = recipe.steps * recipe.batch_size * seconds_per_image(recipe.crop) / 3600
    note = (
        f"This machine trains {1 / measured:.1f} images per second at {crop} px, so "
        f"the rule's {recipe.steps:,} steps of {recipe.batch_size} images at "
        f"{recipe.crop} "
        f"px would take about {hours:.1f} hours; for {minutes:g} minutes: "
        f"{changed.steps} steps of {changed.batch_size} at {changed.crop} px, learning "
        f"rate {changed.base_lr:.4g}."
    )
    if not fits:
        note += " Even this will take longer than asked."
    return changed, note


def _seconds_per_image(recipe, data, network, crop):
    """Trains a throw-away network for a few steps and takes the time."""
    trial = dataclasses.replace(
        recipe,
        crop=crop,
        resize=round(crop * recipe.resize / recipe.crop),
        batch_size=MEASURED_BATCH,
        steps=MEASURED_STEPS,
        micro_batch=0,
        mix_group=0,
    )
    classes = len(data.class_names)
    batches = training_batches(data.parts["train"], trial, classes)
    model = build(
        network, num_classes=classes, channels=data.channels, dtype=trial.precision
    )
    times = []
    timer = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    Learner(model, trial).fit(batches, verbose=0, shuffle=False, callbacks=[timer])
    # The first step also compiles.
    return (times[-1] - times[0]) / (len(times) - 1) / MEASURED_BATCH
