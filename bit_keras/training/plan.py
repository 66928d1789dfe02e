"""From the facts of a data set and what the user typed to the recipe of a run."""

import dataclasses

from bit_keras import recipes
from bit_keras.data import Share
from bit_keras.data.batches import require_fitting
from bit_keras.errors import InputError, suggestion
from bit_keras.training import timing
from bit_keras.training.class_weights import class_weights
from bit_keras.training.micro_batches import shared_out
from bit_keras.training.tasks import TASKS


def plan(data, network, settings, pretrained=False, new_head=False, *, replicas=1):
    """Makes the recipe of a run.

    Args:
        data: `ImageData`.
        network: registry name.
        settings: `Settings`.
        pretrained: whether the network begins with weights.
        new_head: whether these get a new head.
        replicas: devices that share a batch.

    Returns:
        (rule, recipe, notes): what the rule gives, what is to be done, and sentences
        on why the two differ.

    Raises:
        InputError: if something does not fit the data, the devices or the memory.
    """
    rule = _rule(data, network, settings, pretrained)
    notes = list(filter(None, [recipes.RULES[settings.rule].words]))
    recipe = _as_asked(rule, data, network, settings, new_head, notes)
    if not pretrained:
        notes.extend(_from_scratch(recipe, settings))
    _require_sense(recipe, rule, data, settings)
    if not recipe.steps:
        return rule, recipe, notes
    recipe = shared_out(recipe, data, network, settings, replicas, notes)
    require_fitting(data.parts["train"], recipe, data.num_classes, Share(replicas))
    if recipe.warmup_steps >= recipe.steps:
        notes.append(
            f"The warm-up of {recipe.warmup_steps} steps does not end within the "
            f"{recipe.steps} steps of the run; --steps {recipe.steps} scales it along."
        )
    return rule, recipe, notes


def _from_scratch(recipe, settings):
    """Gives sentences where a network without weights has a rule that is for others."""
    rule = recipes.RULES[settings.rule]
    name = rule.for_pretrained
    if not name:
        return
    told = f"{name} is for pre-trained weights, and this network begins from scratch. "
    told += "Better give it some (--weights; `models --weights` lists those published)"
    rate = rule.rate_from_scratch * recipe.batch_size
    if "base_lr" not in settings.changes and rate > recipe.base_lr:
        told += f", or at least a higher learning rate (--set base_lr={rate:.2g})"
    yield f"{told}, and expect less of it."


def evaluates(data, network, settings, pretrained=False, new_head=False):
    """Says whether the recipe that `plan` makes evaluates during the run.

    Then images must be held out for it, which must happen before, because how many are
    left is one of the rule's facts.

    Args:
        data, network, settings, pretrained, new_head: as of `plan`.
    """
    if _begins_solved(data, settings, new_head):
        return True
    rule = _rule(data, network, settings, pretrained)
    return bool(settings.changes.get("evaluate_every", rule.evaluate_every))


def on_any_machine(data, settings):
    """Gives the recipe as rule and user make it, for any network and any devices.

    Args:
        data, settings: as of `plan`.
    """
    rule = _rule(data, None, settings, pretrained=True)
    return _as_asked(rule, data, None, settings, False, [])


def _rule(data, network, settings, pretrained):
    train = data.parts["train"]
    facts = recipes.Facts(
        num_examples=train.count,
        image_size=tuple(data.image_size),
        num_classes=len(data.class_names),
        multi_label=train.multi_label,
        task=data.name,
        network=network,
        pretrained=pretrained,
        batch_size=settings.batch_size,
    )
    return recipes.RULES[settings.rule].make(facts, **settings.options)


def _begins_solved(data, settings, new_head):
    """Says whether training goes on from a head in closed form."""
    return settings.minutes and new_head and data.parts["train"].indexed


def _as_asked(rule, data, network, settings, new_head, notes):
    """Gives the recipe of a rule with what the user asked for; adds sentences on it."""
    recipe = dataclasses.replace(rule, seed=settings.seed)
    if settings.batch_size:  # which a rule may have followed
        recipe = recipes.with_batch_size(recipe, settings.batch_size)
    asked = settings.steps or settings.epochs or settings.minutes
    if not rule.steps and asked:
        raise InputError(
            f"The recipe {rule.name} trains nothing: leave out --steps, --epochs and "
            "--minutes."
        )
    if settings.steps:
        recipe = recipes.with_steps(recipe, settings.steps)
    if settings.epochs:
        # Which say how many steps an epoch has.
        recipe = dataclasses.replace(recipe, **settings.changes)
        count = data.parts["train"].count
        recipe = recipes.with_epochs(recipe, settings.epochs, count)
        notes.append(
            f"--epochs {settings.epochs:g} of {count:,} images: {recipe.steps:,} steps "
            f"of {recipe.batch_size}."
        )
    if settings.minutes:
        recipe = dataclasses.replace(recipe, **settings.changes)
        solved = _begins_solved(data, settings, new_head)
        recipe, note = timing.within_minutes(
            recipe, data, network, settings.minutes, solved
        )
        notes.append(note)
    if settings.class_weights:
        weights = class_weights(settings.class_weights, data)
        recipe = dataclasses.replace(recipe, class_weights=weights)
    return dataclasses.replace(recipe, **settings.changes)


def _require_sense(recipe, rule, data, settings):
    several = data.parts["train"].multi_label
    learned = recipe.objective == "classification"
    if several and learned and recipe.loss == "softmax":
        raise InputError(
            "These images have several labels each, which loss=softmax cannot learn; "
            "take --set loss=sigmoid, or a --recipe for several labels."
        )
    if recipe.objective != rule.objective:
        raise InputError(
            f"What is learned goes with the recipe: {rule.name} has objective="
            f"{rule.objective}; leave objective={recipe.objective} out, or take "
            "another --recipe."
        )
    task = TASKS[recipes.RULES[settings.rule].task]
    known = task.metrics(data, recipe) if recipe.best_metric else ()
    if recipe.best_metric and recipe.best_metric not in known:
        raise InputError(
            f"There is no metric '{recipe.best_metric}'."
            f"{suggestion(recipe.best_metric, known)} Known: {', '.join(known)}"
        )
