"""Rules: from the facts of data and network to a whole recipe."""

import dataclasses
from collections.abc import Callable

from bit_keras.errors import InputError, suggestion
from bit_keras.recipes import deit, rsb
from bit_keras.recipes.hyperrule import bit_hyperrule
from bit_keras.recipes.recipe import Recipe
from bit_keras.recipes.upstream import BATCH_SIZE, bit_upstream
from bit_keras.recipes.vit import masked_patches, vit_finetuning, vit_pretraining


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What a rule may go by.

    Args:
        num_examples: training examples in use.
        image_size: typical (height, width) of the images, in pixels.
        num_classes: of the data; 0 of data without labels.
        multi_label: whether an image may have several labels.
        task: name of the data set, such as VTAB's "dmlab".
        network: registry name.
        pretrained: whether the network begins with weights.
        batch_size: what the user asked for, or None. A rule may follow it where more
            than the learning rate depends on it; what it leaves is scaled afterwards.
    """

    num_examples: int
    image_size: tuple[int, int]
    num_classes: int
    multi_label: bool = False
    task: str | None = None
    network: str | None = None
    pretrained: bool = False
    batch_size: int | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """How a recipe is made, and what for.

    Args:
        make: function (facts, **options) to a `Recipe`.
        options: names of the options that it takes beside the facts.
        task: name in `training.tasks.TASKS`: what such a run does.
        command: "finetune" or "pretrain", whichever takes the rule.
        for_pretrained: what the rule is called where it is only for networks that begin
            with weights, else "".
        rate_from_scratch: learning rate for each image of a batch, of a network that
            begins without; 0 where none is known.
        network: registry name of what it pre-trains, unless told.
        words: what a run prints on where its numbers come from.
    """

    make: Callable
    options: tuple[str, ...] = ()
    task: str = "classification"
    command: str = "finetune"
    for_pretrained: str = ""
    rate_from_scratch: float = 0.0
    network: str = "bit_r50x1"
    words: str = ""


def find(name, command=None):
    """Gives the `Rule` of a name.

    Args:
        command: "finetune" or "pretrain"; None for a rule of either.

    Raises:
        InputError: if the command has none of this name.
    """
    commands = [command] if command else ["finetune", "pretrain"]
    known = [known for known, rule in RULES.items() if rule.command in commands]
    if name not in known:
        raise InputError(
            f"There is no recipe '{name}' for {' or '.join(commands)}."
            f"{suggestion(name, known)} Known: {', '.join(known)}"
        )
    return RULES[name]


def _hyperrule(facts, resolution="code"):
    recipe = bit_hyperrule(
        facts.num_examples,
        facts.image_size,
        resolution=resolution,
        network=facts.network,
        task=facts.task,
    )
    return _for_labels(recipe, facts)


def _vit(name):
    def make(facts, resolution="code"):
        recipe = vit_finetuning(
            facts.num_examples,
            name=name,
            network=facts.network or "",
            resolution=resolution,
        )
        return _for_labels(recipe, facts)

    return Rule(make, options=("resolution",), for_pretrained="This recipe")


def _vit_pretraining(name):
    def make(facts):
        batch_size = facts.batch_size or BATCH_SIZE
        network = facts.network or "vit_b16"
        return vit_pretraining(name, facts.num_examples, batch_size, network)

    return Rule(make, command="pretrain")


def _masked_patches(facts, target="mean-colour"):
    batch_size = facts.batch_size or BATCH_SIZE
    return masked_patches(facts.num_examples, batch_size, target)


def _for_labels(recipe, facts):
    # Several labels per image are as many yes-or-no questions.
    loss = "sigmoid" if facts.multi_label else recipe.loss
    return dataclasses.replace(recipe, loss=loss)


def _upstream(name):
    def make(facts):
        return bit_upstream(name, facts.num_examples, facts.batch_size or BATCH_SIZE)

    return Rule(make, command="pretrain")


def _rsb(name):
    def make(facts):
        batch_size = facts.batch_size or rsb.BATCH_SIZE
        return rsb.resnet_strikes_back(
            name, facts.num_examples, batch_size, facts.image_size
        )

    return Rule(make, command="pretrain", network="resnet50", words=rsb.WORDS)


def _deit(facts):
    batch_size = facts.batch_size or deit.BATCH_SIZE
    recipe = deit.deit_finetuning(facts.num_examples, batch_size)
    return _for_labels(recipe, facts)


def _quick(facts):
    if not facts.pretrained:
        raise InputError(
            "--quick fits a head to what pre-trained weights make of images, but there "
            "are no weights: add --weights, or leave out --quick."
        )
    return Recipe(
        name="quick",
        resize=224,
        crop=224,
        cropping="none",
        flip=False,
        batch_size=64,
        steps=0,
        head="closed_form",
        loss="sigmoid" if facts.multi_label else "softmax",
    )


# By the name that a run's recipe and folder bear.
RULES = {
    "bit_hyperrule": Rule(
        _hyperrule,
        options=("resolution",),
        for_pretrained="BiT-HyperRule",
        rate_from_scratch=0.03 / 256,  # of BiT's pre-training (section 3.1)
    ),
    "quick": Rule(_quick),
    "vit": _vit("vit"),
    "vit-augreg": _vit("vit-augreg"),
    "deit": Rule(_deit, for_pretrained="This recipe", words=deit.WORDS),
    "bit-s": _upstream("bit-s"),
    "bit-m": _upstream("bit-m"),
    "vit-i1k": _vit_pretraining("vit-i1k"),
    "vit-i21k": _vit_pretraining("vit-i21k"),
    "rsb-a1": _rsb("rsb-a1"),
    "rsb-a2": _rsb("rsb-a2"),
    "rsb-a3": _rsb("rsb-a3"),
    "masked-patches": Rule(
        _masked_patches,
        options=("target",),
        task="masked_patches",
        command="pretrain",
    ),
}
