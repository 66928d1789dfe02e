"""What the commands `finetune` and `pretrain` do, as functions."""

import dataclasses
from pathlib import Path

from bit_keras import weights as published
from bit_keras.errors import InputError
from bit_keras.training.choice import choose
from bit_keras.training.job import Job, Machine
from bit_keras.training.plan import Settings
from bit_keras.training.source import Source


def finetune(
    dataset, *, model="BiT-M-R50x1", weights=None, keep_head=False, **arguments
):
    """Fine-tunes a network on a data set with BiT-HyperRule, and evaluates it.

    A run that was interrupted, however, is continued by the same call.

    Args:
        dataset: folder, CSV, npz, TensorFlow Datasets name or "digits".
        model: published name, registry name (from scratch without `weights`), or the
            folder of a run, whose network is taken.
        weights: official-layout npz file, or published name.
        keep_head: keep the head of the weights instead of a new zero head.
        **arguments: `output`, the run folder (by default
            `runs/<dataset>-<model>-bit_hyperrule`), and the fields of
            `source.Source` (`data_dir`, `multi_label`, `bad_images`,
            `examples_per_class`, `subset_seed`), `job.Machine` (`strategy`, `tpu`,
            `checkpoint_minutes`) and `plan.Settings`.

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
    return _job(dataset, model, weights, choice, keep_head, arguments).execute()


def pretrain(dataset, *, recipe="bit-s", model="bit_r50x1", weights=None, **arguments):
    """Pre-trains a network from scratch with a recipe of the BiT paper.

    Args:
        dataset: see `finetune`.
        recipe: "bit-s" or "bit-m", see `bit_keras.recipes.bit_upstream`.
        model, weights: see `finetune`; weights are where it begins.
        **arguments: see `finetune`; `output` is by default
            `runs/<dataset>-<model>-<recipe>`.

    Returns:
        `bit_keras.training.run_folder.Run`; `finetune` takes its folder as `model`.

    Raises:
        InputError, KeyboardInterrupt: as `finetune`.
    """
    choice = choose(model, weights)
    arguments["rule"] = recipe
    return _job(dataset, model, weights, choice, False, arguments).execute()


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


def _job(dataset, model, weights, choice, keep_head, arguments):
    if weights is not None:
        published.locate(weights)  # before the data are read
    output = arguments.pop("output", None)
    source = Source(dataset, **_taken(Source, arguments))
    machine = Machine(**_taken(Machine, arguments))
    settings = Settings(**arguments).with_one_seed()
    output = Path(output or default_output(dataset, model, settings.rule))
    typed = {
        "model": _absolute(model),
        "weights": _absolute(weights),
        "keep_head": keep_head,
        **dataclasses.asdict(source),
        **dataclasses.asdict(settings),
    }
    for name in ("dataset", "data_dir", "class_weights"):
        typed[name] = _absolute(typed[name])
    for assignment in typed.pop("fields"):
        name, _, text = assignment.partition("=")
        typed[f"--set {name}"] = text
    return Job(source, choice, keep_head, settings, output, typed, machine)


def _taken(kind, arguments):
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: arguments.pop(name) for name in names & arguments.keys()}


def _absolute(name):
    """A path that exists is kept whole, so that a run is found from anywhere."""
    if name is None or not Path(name).exists():
        return name and str(name)
    return str(Path(name).resolve())
