"""Learning without labels to guess patches that are out of sight."""

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from bit_keras import program
from bit_keras.data import evaluation_batches, training_batches, with_validation_part
from bit_keras.evaluation.figures import headline, written
from bit_keras.models.masked_patches import MASKS
from bit_keras.reports.masked_patches import write_masked_patches_report
from bit_keras.training.evaluations import read_evaluations
from bit_keras.training.objectives.masked_patches import LEVELS, PARTS
from bit_keras.training.progress import read_log
from bit_keras.training.results import final_network, save_network

PICTURES = 12  # in the report


class MaskedPatches:
    """See `bit_keras.training.tasks`."""

    def open(self, source, seed):
        data = source.open(seed, labelled=False)
        tested = {"test", "val"} & data.parts.keys()
        return data if tested else self.hold_out(data, seed)

    def hold_out(self, data, seed):
        return with_validation_part(data, seed)

    def sized(self, recipe, data, choice, settings):
        return recipe

    def begin(self, network, data, recipe, told):
        return ""

    def batches(self, data, recipe, start, share):
        return training_batches(
            data.part("train"), recipe, None, start=start, share=share
        )

    def evaluator(self, learner, data):
        network = keras.models.clone_model(learner.network)
        batches = _batches(data, learner.recipe, "val")

        def evaluate(weights):
            network.set_weights(weights)
            return evaluated(network, learner.objective, batches)

        return evaluate

    def metrics(self, data, recipe):
        return ["loss" if PARTS[recipe.target] else "squared_error"]

    def headline(self, metrics):
        name, _ = headline(metrics)
        return f"{name} {written(metrics)[name]}"

    def write_results(self, run, data, learner, state):
        network, _ = final_network(run, learner, state)
        save_network(run, network)
        objective, recipe = learner.objective, learner.recipe
        batches = _batches(data, recipe, "test")
        guessing = keras.models.clone_model(learner.network)  # free of the strategy
        guessing.set_weights(learner.network.get_weights())
        figures = evaluated(guessing, objective, batches)
        told = _told(figures)
        images = next(iter(batches))[0][:PICTURES]
        outputs = tf.constant(guessing.predict_on_batch(images))
        hidden, guessed = objective.pictures(images, outputs)
        write_masked_patches_report(
            run.folder / "report.html",
            title=run.folder.name,
            facts={
                "data": data.summary(),
                "network": f"{run.info.network}, {network.count_params():,} parameters",
                "weights": run.info.weights,
                "result": told,
                "training time": f"{state.seconds / 60:.1f} minutes",
            },
            log_rows=read_log(run.folder),
            evaluations=read_evaluations(run.folder),
            recipe=recipe.as_texts(),
            pictures=[x.numpy() for x in (images, hidden, guessed)],
        )
        run.write("metrics.json", figures)
        print(
            f"\nMasked patches of {figures['examples']:,} held-out images: {told}\n"
            f"Run folder: {run.folder} (look at report.html)\n\nNext:\n"
            f"  {program.command()} finetune --model {program.quoted(run.folder)} "
            "--dataset DATA"
        )


def evaluated(network, objective, batches):
    """Gives the figures of held-out images, of which the same patches are masked.

    Args:
        network: of `objective`.
        objective: of masked patches.
        batches: of images without labels.

    Returns:
        dict of `loss` or, of pixels, `squared_error`; `constant`, the least that a
        guess has which is the same for all patches; of colours `accuracy`, and
        `examples`.
    """
    _same_masks(network)
    totals, shown, examples = np.zeros(3), 0, 0
    for (images,) in tqdm(batches, desc="evaluating", unit="batch", leave=False):
        outputs = tf.constant(network.predict_on_batch(images))
        errors, right, corrupted = objective.compare(images, outputs)
        parts = (errors * corrupted, right * corrupted, corrupted)
        totals += [float(tf.reduce_sum(part)) for part in parts]
        shown += _added_up(objective.targets(images).numpy(), images.shape[-1])
        examples += len(images)
    error, right, count = totals
    figures = {"loss" if objective.parts else "squared_error": error / count}
    if objective.parts:
        figures["accuracy"] = right / count
    return {**figures, "constant": _constant(shown), "examples": examples}


def _same_masks(network):
    """Makes the masks of a network begin anew; the numbers are of no meaning."""
    network.get_layer(MASKS).seed_generator.state.assign([0, 0])


def _added_up(targets, channels):
    """Gives how often each colour is there, or counts, sums and squares of pixels."""
    if targets.dtype.kind == "i":
        return np.bincount(targets.ravel(), minlength=LEVELS**channels)
    targets = targets.reshape(-1, targets.shape[-1]).astype("float64")
    return np.stack([x.sum(axis=0) for x in (targets**0, targets, targets**2)])


def _constant(shown):
    """Gives the least loss of one guess for all that was added up."""
    if shown.ndim == 1:
        shares = shown[shown > 0] / shown.sum()
        return float(-(shares * np.log(shares)).sum())
    count, total, squares = shown
    return float((squares / count - (total / count) ** 2).mean())


def _batches(data, recipe, part):
    return evaluation_batches(
        data.part(part), recipe.preprocessing, None, batch_size=recipe.batch_size
    )


def _told(figures):
    name, _ = headline(figures)
    told = f"{name} {written(figures)[name]}, of a guess that is always the same "
    told += f"{figures['constant']:.4f}"
    if "accuracy" in figures:
        told += f"; {figures['accuracy']:.1%} of the colours are right"
    if figures[next(iter(figures))] >= figures["constant"]:
        told += (
            ". It has learned next to nothing yet: make more steps, or take a higher "
            "learning rate, such as --set base_lr=0.001"
        )
    return told
