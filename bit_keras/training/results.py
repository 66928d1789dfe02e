"""The end of a run: the weights that count, evaluated, saved and reported."""

import dataclasses

import keras

from bit_keras.analysis.photographs import contrasts
from bit_keras.data import evaluation_batches
from bit_keras.data.twins import have_twins
from bit_keras.evaluation.chance import doubt
from bit_keras.evaluation.leakage import twins_told, without_twins
from bit_keras.evaluation.running import classify
from bit_keras.evaluation.summaries import summarize
from bit_keras.files import replacing
from bit_keras.models import for_inference
from bit_keras.reports.pictures import mistakes_with_pictures
from bit_keras.reports.run_report import write_run_report
from bit_keras.training import first_answer
from bit_keras.training.checkpoints import Checkpoints
from bit_keras.training.evaluations import course, is_no_better, read_evaluations
from bit_keras.training.messages import tell_result
from bit_keras.training.progress import read_log


def write_results(run, data, learner, state):
    """Evaluates the weights that count, and writes network, report and figures.

    Args:
        run: `run_folder.Run`.
        data: `ImageData` with labels.
        learner: `Learner` at the end of its training.
        state: `loop.State`.

    Raises:
        InputError: if a file cannot be written.
    """
    recipe, rows = learner.recipe, read_evaluations(run.folder)
    if recipe.minutes and not recipe.best_metric and is_no_better(rows):
        state = dataclasses.replace(state, best_step=0)
    network, chosen = final_network(run, learner, state)
    if state.best_step == 0:
        # Training left nothing, so that the images to choose by are of use for it, too.
        first_answer.fill_head(network, data, recipe, ("train", "val"))
    save_network(run, network)
    summary = _evaluate(run, data, network, recipe, state, chosen)
    tell_result(run.folder, summary, state.seconds / 60, chosen)


def final_network(run, learner, state):
    """Gives a network with the weights that count.

    Args:
        run, learner, state: see `write_results`.

    Returns:
        (network, chosen): the `keras.Model`, and which weights it has in words, ""
        where that is plain.
    """
    weights = learner.averaged_weights()
    if state.best_step is not None:
        checkpoints = Checkpoints(run.folder / "checkpoints")
        weights = checkpoints.best_weights(state.best_step)
    learner.network.set_weights(weights)
    # Before the copy, because what is made frozen cannot be freed in Keras.
    for layer in learner.kept.layers:
        layer.trainable = True
    network = keras.models.clone_model(learner.kept)  # free of the strategy
    network.set_weights(learner.kept.get_weights())
    return network, _chosen(run, learner.recipe, state)


def save_network(run, network):
    """Writes `model.keras`.

    Raises:
        InputError: if the file cannot be written.
    """
    with replacing(run.folder / "model.keras") as partial:
        network.save(partial)


def _chosen(run, recipe, state):
    """Says which weights are evaluated and saved; "" where that is plain."""
    rows = read_evaluations(run.folder)
    parts = []
    if state.step == 0 and rows:
        return "the head in closed form, as there was no time left for a step"
    if state.best_step == 0:
        parts.append("the head in closed form, as training made it no better")
    elif recipe.ema_decay:
        parts.append(f"moving averages of the weights (decay {recipe.ema_decay:g})")
    if state.best_step:
        parts.append(
            f"those after step {state.best_step:,}, whose {recipe.best_metric} on the "
            f"held-out images is best ({state.best:.4g})"
        )
    if rows:
        told = course(rows, recipe.best_metric or None)
        parts.append(f"on the held-out images {told}")
    return "; ".join(parts)


def _evaluate(run, data, network, recipe, state, chosen):
    test, info = data.part("test"), run.info
    batches = evaluation_batches(
        test,
        recipe.preprocessing,
        data.num_classes,
        batch_size=recipe.batch_size,
    )
    network = for_inference(network)
    predictions = classify(
        network,
        batches,
        loss=recipe.loss,
        multi_label=data.multi_label,
        description="evaluating",
    )
    summary = summarize(predictions, data.class_names)
    has_twin = have_twins(test, _learned_from(data, recipe))
    if has_twin is not None:
        summary |= without_twins(predictions, has_twin, data.class_names)
    write_run_report(
        run.folder / "report.html",
        title=run.folder.name,
        facts={
            "data": data.summary(),
            "network": f"{info.network}, {network.count_params():,} parameters",
            "weights": info.weights,
            **({"evaluated weights": chosen} if chosen else {}),
            **({"result": doubted} if (doubted := doubt(summary)) else {}),
            **({"twins": told} if (told := twins_told(summary)) else {}),
            "training time": _time(state),
            "versions": ", ".join(f"{n} {v}" for n, v in info.versions.items()),
        },
        summary=summary,
        log_rows=read_log(run.folder),
        evaluations=_as_logged(run, recipe, data),
        recipe=recipe.as_texts(),
        mistakes=mistakes_with_pictures(
            predictions,
            test,
            data.class_names,
            contrasts(network, recipe.preprocessing),
        ),
        bad_images=[(str(v.path), v.reason) for v in data.bad],
    )
    # Last, because these figures are what marks the run as finished.
    run.write("metrics.json", summary)
    return summary


def _as_logged(run, recipe, data):
    """Gives the evaluations with their loss as that of training is logged."""
    rows = read_evaluations(run.folder)
    classes = data.num_classes if recipe.class_mean else 1
    return [{**row, "loss": row["loss"] / classes} for row in rows]


def _learned_from(data, recipe):
    """Lists the parts that weights were trained on, or chosen by."""
    parts = [data.parts["train"]]
    if recipe.evaluate_every and "test" in data.parts:
        parts.append(data.parts["val"])
    return parts


def _time(state):
    if not state.seconds:
        return "none"
    waited = state.waited / state.seconds
    return f"{state.seconds / 60:.1f} minutes, {waited:.0%} of them waiting for data"
