"""Fine-tuning from start to end: what `python cli.py finetune` does."""

import contextlib
import csv
import dataclasses
import io
import shutil
import time
from pathlib import Path

import keras

from bit_keras import weights as published
from bit_keras.data import (
    evaluation_batches,
    few_shot,
    open_dataset,
    training_batches,
)
from bit_keras.errors import InputError
from bit_keras.evaluation.classification import classify, summarize
from bit_keras.files import replacing
from bit_keras.models import build, for_inference
from bit_keras.reports.pictures import mistakes_with_pictures
from bit_keras.reports.run_report import write_run_report
from bit_keras.specs import bit_parameters, registry_entry
from bit_keras.training.callbacks import Log, Progress, StopWhenNotFinite
from bit_keras.training.learner import Learner
from bit_keras.training.messages import (
    readable_errors,
    tell_data,
    tell_recipe,
    tell_result,
)
from bit_keras.training.networks import choose
from bit_keras.training.plan import Settings, plan
from bit_keras.training.run_folder import claimed, versions


def finetune(
    dataset,
    *,
    model="BiT-M-R50x1",
    weights=None,
    output=None,
    data_dir=None,
    examples_per_class=None,
    subset_seed=0,
    bad_images="skip",
    keep_head=False,
    **settings,
):
    """Fine-tunes a network on a data set with BiT-HyperRule, and evaluates it.

    Args:
        dataset: folder, CSV, npz, TensorFlow Datasets name or "digits".
        model: published name, or registry name (from scratch without `weights`).
        weights: official-layout npz file, or published name.
        output: run folder; by default `runs/<dataset>-<model>-bit_hyperrule`.
        data_dir: folder of TensorFlow Datasets.
        examples_per_class: few-shot: this many training examples of each class.
        subset_seed: of the few-shot choice.
        bad_images: "skip" or "fail", for files that cannot be read.
        keep_head: keep the head of the weights instead of a new zero head.
        **settings: see `bit_keras.training.plan.Settings`.

    Returns:
        `bit_keras.training.run_folder.Run`; its `metrics` hold the test figures.

    Raises:
        InputError: if anything that was given cannot be used.
    """
    settings = Settings(**settings).with_one_seed()
    choice = choose(model, weights)
    if weights is not None:
        published.locate(weights)  # before the data are read
    _require_sense(choice, keep_head, examples_per_class, subset_seed)
    output = Path(output or default_output(dataset, model))
    typed = {
        "dataset": _absolute(dataset),
        "data_dir": _absolute(data_dir),
        "model": model,
        "weights": _absolute(weights),
        "examples_per_class": examples_per_class,
        "subset_seed": subset_seed,
        "bad_images": bad_images,
        "keep_head": keep_head,
        **dataclasses.asdict(settings),
    }
    for assignment in typed.pop("fields"):
        name, _, text = assignment.partition("=")
        typed[f"--set {name}"] = text
    with claimed(output, typed) as run, readable_errors():
        if run.metrics:
            print(
                f"This run is finished: top-1 accuracy {run.metrics['top1']:.2%}. "
                f"Nothing to do in {output}; another --output starts a new one."
            )
            return run
        data = open_dataset(
            dataset, data_dir=data_dir, seed=settings.seed, bad_images=bad_images
        )
        if examples_per_class is not None:
            data = few_shot(data, examples_per_class, subset_seed)
        tell_data(data)
        _require_disk(output, choice, len(data.class_names))
        rule, recipe, notes = plan(data, choice.network, settings)
        tell_recipe(rule, recipe, notes)
        network, rows, minutes = _train(run, data, choice, recipe, typed)
        summary = _evaluate(run, data, network, rows, minutes)
        tell_result(output, summary, minutes)
    return run


def _require_sense(choice, keep_head, examples_per_class, subset_seed):
    if keep_head and choice.weights is None:
        raise InputError(
            "--keep-head keeps the head of weights, but there are none: add --weights, "
            "or leave it out."
        )
    if examples_per_class is not None and examples_per_class < 1:
        raise InputError(
            f"--examples-per-class must be above 0. Received: {examples_per_class}"
        )
    if subset_seed < 0:
        raise InputError(f"--subset-seed must be 0 or above. Received: {subset_seed}")


def default_output(dataset, model):
    """Gives `runs/<dataset>-<model>-bit_hyperrule`: the same for the same command."""
    path = Path(dataset)
    name = str(dataset).removeprefix("tfds:")
    if path.exists():
        name = path.resolve().name if path.is_dir() else path.stem
    parts = (name, model, "bit_hyperrule")
    return Path("runs") / "-".join(part.replace("/", "-") for part in parts)


def _absolute(name):
    """A path that exists is kept whole, so that a run is found from anywhere."""
    if name is None or not Path(name).exists():
        return name and str(name)
    return str(Path(name).resolve())


def _train(run, data, choice, recipe, typed):
    classes = len(data.class_names)
    keras.utils.set_random_seed(recipe.seed)
    network = build(
        choice.network,
        num_classes=classes,
        channels=data.channels,
        dtype=recipe.precision,
    )
    origin = "from scratch"
    if choice.weights:
        head = "keep" if typed["keep_head"] else "new"
        origin = published.load(network, choice.weights, head=head)
    print(f"{choice.network}: {origin}\n", flush=True)
    started = time.monotonic()
    # First, because it marks the folder as this run's.
    run.write("run.json", _info(data, choice, typed, origin))
    run.write("recipe.json", recipe.to_json())
    _write_bad_images(run, data.bad)
    with (
        contextlib.closing(Log(run.folder, recipe)) as log,
        contextlib.closing(Progress(recipe)) as progress,
    ):
        Learner(network, recipe).fit(
            training_batches(data.part("train"), recipe, classes),
            verbose=0,
            shuffle=False,  # the batches come shuffled
            callbacks=[log, progress, StopWhenNotFinite()],
        )
    with replacing(run.folder / "model.keras") as partial:
        network.save(partial)
    minutes = (time.monotonic() - started) / 60
    return network, log.rows, minutes


def _info(data, choice, typed, origin):
    return {
        "typed": typed,
        "data": data.summary(),
        "test_fingerprint": data.fingerprint("test"),
        "class_names": data.class_names,
        "network": choice.network,
        "weights": origin,
        "versions": versions(),
    }


def _evaluate(run, data, network, rows, minutes):
    test, recipe, info = data.part("test"), run.recipe, run.info
    batches = evaluation_batches(test, recipe, len(data.class_names))
    predictions = classify(for_inference(network), batches, description="evaluating")
    summary = summarize(predictions, data.class_names)
    write_run_report(
        run.folder / "report.html",
        title=run.folder.name,
        facts={
            "data": data.summary(),
            "network": f"{info['network']}, {network.count_params():,} parameters",
            "weights": info["weights"],
            "training time": f"{minutes:.1f} minutes",
            "versions": ", ".join(f"{n} {v}" for n, v in info["versions"].items()),
        },
        summary=summary,
        log_rows=rows,
        recipe=recipe.as_texts(),
        mistakes=mistakes_with_pictures(predictions, test, data.class_names),
        bad_images=[(str(v.path), v.reason) for v in data.bad],
    )
    # Last, because these figures are what marks the run as finished.
    run.write("metrics.json", summary)
    return summary


def _require_disk(output, choice, num_classes):
    """Raises if the disk cannot hold the network twice: the file and its successor."""
    _, variant = registry_entry(choice.network)
    needed = 2 * 4 * bit_parameters(variant, num_classes=num_classes) + 50 * 2**20
    free = shutil.disk_usage(output).free
    if free < needed:
        raise InputError(
            f"The disk of '{output}' has {free / 2**20:,.0f} MiB free, but the run "
            f"needs about {needed / 2**20:,.0f} MiB; free some or choose another "
            "--output."
        )


def _write_bad_images(run, bad):
    if bad:
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(("file", "reason"))
        rows.writerows((verdict.path, verdict.reason) for verdict in bad)
        run.write("bad_images.csv", text.getvalue())
