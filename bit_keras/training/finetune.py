"""What the commands `finetune` and `pretrain` do, as functions."""

import dataclasses
from pathlib import Path

from bit_keras import families, recipes
from bit_keras import weights as published
from bit_keras.backend import require_tensorflow
from bit_keras.errors import InputError, suggestion
from bit_keras.recipes import rules
from bit_keras.recipes.fields import as_text
from bit_keras.training.choice import choose
from bit_keras.training.job import Job
from bit_keras.training.machine import Machine
from bit_keras.training.named_data import NamedData
from bit_keras.training.run_folder import PATHS
from bit_keras.training.settings import Settings


def finetune(
    dataset,
    *,
    recipe=None,
    model="BiT-M-R50x1",
    weights=None,
    keep_head=False,
    **arguments,
):
    """Fine-tunes a network on a data set, and evaluates it.

    A run that was interrupted, however, is continued by the same call.

    Args:
        dataset: folder, CSV, npz, TensorFlow Datasets name or "digits".
        recipe: name of the rule that makes the recipe (`bit_keras.recipes.RULES`); by
            default that of the network's family, "bit_hyperrule" or "vit".
        model: published name, registry name (from scratch without `weights`), or the
            folder of a run, whose network is taken.
        weights: official-layout npz file, or published name.
        keep_head: keep the head of the weights instead of a new zero head.
        **arguments: `output`, the run folder (by default
            `runs/<dataset>-<model>-<recipe>`), options of the rule such as `resolution`
            of "bit_hyperrule" and "vit", `changes`, a dict of fields of the recipe, and
            the other fields of `named_data.NamedData` (`data_dir`, `multi_label`,
            `bad_images`, `examples_per_class`, `subset_seed`, `group_from`, `exclude`),
            `machine.Machine` (`strategy`, `tpu`, `checkpoint_minutes`) and
            `settings.Settings`.

    Returns:
        `bit_keras.training.run_folder.Run`; its `metrics` hold the test figures.

    Raises:
        InputError: if anything that was given cannot be used.
        KeyboardInterrupt: if interrupted; the same call goes on.
    """
    choice = choose(model, weights)
    if keep_head and choice.weights is None:
        raise InputError(
            "--keep-head keeps the head of weights, but there are none: add --weights, "
            "or leave it out."
        )
    family, _ = families.network(choice.network)
    named = {"model": model, "weights": weights, "keep_head": keep_head}
    rule = ("finetune", recipe or family.rule)
    return _job(dataset, choice, rule, named, arguments).execute()


def pretrain(dataset, *, recipe="bit-s", model=None, weights=None, **arguments):
    """Pre-trains a network from scratch, for others to fine-tune.

    Args:
        dataset: see `finetune`.
        recipe: name of the rule, such as "bit-s" or "bit-m", those of the BiT paper;
            see `bit_keras.recipes.bit_upstream`.
        model: see `finetune`; by default that of the recipe, such as "bit_r50x1".
        weights: see `finetune`; where it begins.
        **arguments: see `finetune`.

    Returns:
        `bit_keras.training.run_folder.Run`; `finetune` takes its folder as `model`.

    Raises:
        InputError, KeyboardInterrupt: as `finetune`.
    """
    model = model or rules.find(recipe, "pretrain").network
    choice = choose(model, weights)
    named = {"model": model, "weights": weights, "keep_head": False}
    return _job(dataset, choice, ("pretrain", recipe), named, arguments).execute()


def default_output(dataset, model, rule):
    """Gives `runs/<dataset>-<model>-<rule>`: the same for the same command."""
    path, folder = Path(dataset), Path(model)
    name = str(dataset).removeprefix("tfds:")
    if path.exists():
        name = path.resolve().name if path.is_dir() else path.stem
    if folder.is_dir():
        model = folder.resolve().name
    parts = (name, model, rule)
    return Path("runs") / "-".join(part.replace("/", "-") for part in parts)


def _job(dataset, choice, rule, named, arguments):
    """Makes the `Job` of what was typed.

    Args:
        dataset: as typed.
        choice: `choice.Choice`.
        rule: name of the command, and of its rule.
        named: dict of the arguments on the network, as typed.
        arguments: dict of all others.
    """
    require_tensorflow()
    command, name = rule
    options = rules.find(name, command).options
    _refuse_unknown(arguments, command, options)
    if choice.weights is not None:
        published.locate(choice.weights)  # before the data are read
    output = arguments.pop("output", None)
    source = NamedData(dataset, **_taken(NamedData, arguments))
    machine = Machine(**_taken(Machine, arguments))
    chosen = {option: arguments.pop(option) for option in {*arguments} & {*options}}
    changes = {
        field: tuple(value) if isinstance(value, list) else value
        for field, value in arguments.pop("changes", {}).items()
    }
    if "seed" in changes:
        arguments["seed"] = changes.pop("seed")
    settings = Settings(
        rule=name, command=command, options=chosen, changes=changes, **arguments
    )
    output = Path(output or default_output(dataset, named["model"], name))
    typed = _typed(named, source, settings)
    return Job(source, choice, named["keep_head"], settings, output, typed, machine)


def _refuse_unknown(arguments, command, options):
    own = {"output", *options}
    for kind in (NamedData, Machine, Settings):
        own |= {field.name for field in dataclasses.fields(kind)}
    own -= {"dataset", "keep_twins", "rule", "command", "options"}
    for name in arguments.keys() - own:
        told = suggestion(name, sorted(own))
        if takers := [n for n, r in recipes.RULES.items() if name in r.options]:
            told = f" It is an option of the recipe {' and '.join(takers)} alone."
        elif name in {field.name for field in dataclasses.fields(recipes.Recipe)}:
            told = f" It is a field of the recipe: changes={{'{name}': ...}}"
        raise InputError(f"{command} takes no argument '{name}'.{told}")


def _typed(named, source, settings):
    """Gives all that was typed, by which a run is known again."""
    typed = {
        **named,
        **dataclasses.asdict(source),
        **dataclasses.asdict(settings),
    }
    for name in PATHS:
        typed[name] = _absolute(typed[name])
    del typed["keep_twins"]  # which is so in every new run
    typed |= typed.pop("options")
    for name, value in typed.pop("changes").items():
        exact = repr(value) if isinstance(value, float) else as_text(value)
        typed[f"--set {name}"] = exact
    return typed


def _taken(kind, arguments):
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: arguments.pop(name) for name in names & arguments.keys()}


def _absolute(name):
    """A path that exists is kept whole, so that a run is found from anywhere."""
    if name is None or not Path(name).exists():
        return name and str(name)
    return str(Path(name).resolve())
