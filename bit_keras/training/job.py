"""A training run from start to end: what `finetune` and `pretrain` have in common."""

import contextlib
import csv
import dataclasses
import io
import shutil
from pathlib import Path

import keras

from bit_keras.data import evaluation_batches, training_batches
from bit_keras.errors import InputError
from bit_keras.evaluation.classification import classify, headline, summarize
from bit_keras.files import replacing
from bit_keras.models import build, for_inference
from bit_keras.recipes import Recipe, parse_assignments
from bit_keras.reports.pictures import mistakes_with_pictures
from bit_keras.reports.run_report import write_run_report
from bit_keras.specs import bit_parameters, registry_entry
from bit_keras.training.checkpoints import Checkpoints
from bit_keras.training.freezing import parameter_table
from bit_keras.training.learner import Learner
from bit_keras.training.loop import Evaluator, Loop, State
from bit_keras.training.messages import (
    readable_errors,
    tell_data,
    tell_recipe,
    tell_result,
)
from bit_keras.training.networks import Choice, fill
from bit_keras.training.plan import Settings, plan
from bit_keras.training.progress import Log, Progress, read_log
from bit_keras.training.run_folder import Run, claimed, versions
from bit_keras.training.source import Source
from bit_keras.training.strategies import (
    is_chief,
    make_strategy,
    share_of,
    told_by_chief,
)

FINISHED = "finished"


@dataclasses.dataclass(frozen=True)
class Machine:
    """What a run is computed on, and how often it is saved: nothing that changes it.

    Args:
        strategy, tpu: see `make_strategy`.
        checkpoint_minutes: between checkpoints.
    """

    strategy: str = "auto"
    tpu: str | None = None
    checkpoint_minutes: float = 10.0

    def __post_init__(self):
        if not self.checkpoint_minutes >= 0:
            raise InputError(
                "--checkpoint-minutes must not be negative. Received: "
                f"{self.checkpoint_minutes}"
            )


@dataclasses.dataclass(frozen=True)
class Job:
    """All that makes a run.

    Args:
        source: `Source`.
        choice: `networks.Choice`.
        keep_head: of the weights.
        settings: `Settings`.
        output: run folder.
        typed: dict of what the user asked for; a run goes on only where it is the same.
        machine: `Machine`.
    """

    source: Source
    choice: Choice
    keep_head: bool
    settings: Settings
    output: Path
    typed: dict
    machine: Machine

    def execute(self):
        """Trains, evaluates and writes the run folder; goes on with one begun before.

        Returns:
            `Run`.

        Raises:
            InputError: if anything that was given cannot be used.
            KeyboardInterrupt: if interrupted; the same call goes on.
        """
        strategy = make_strategy(self.machine.strategy, self.machine.tpu)
        chief = is_chief(strategy)
        with contextlib.ExitStack() as stack:
            stack.enter_context(readable_errors())
            if chief:
                run = stack.enter_context(claimed(self.output, self.typed))
            else:
                run = Run(self.output)
                stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            finished = FINISHED if chief and run.metrics else ""
            if told_by_chief(strategy, finished) == FINISHED:
                _tell_finished(run)
                return run
            chosen = parse_assignments(self.settings.fields)
            hold_out = bool(chosen.get("evaluate_every"))
            data = self.source.open(self.settings.seed, hold_out)
            tell_data(data)
            recipe = self._recipe(run, data, strategy)
            learner = self._learner(run, data, recipe, strategy)
            state = self._train(run, data, learner, strategy)
            if chief:
                self._finish(run, data, learner, state)
            told_by_chief(strategy, FINISHED)  # until then the chief needs the others
        return run

    def _recipe(self, run, data, strategy):
        """Gives the recipe: the run's own, or a new one, which the chief makes."""
        text = ""
        if is_chief(strategy):
            begun = (run.folder / "recipe.json").exists()
            replicas = strategy.num_replicas_in_sync
            if begun:
                recipe = run.recipe
                _require_same_data(run, data)
                print(f"Going on with the run in {run.folder}; its recipe:")
                tell_recipe(recipe, recipe, ())
            else:
                _require_disk(run.folder, self.choice, len(data.class_names))
                made = plan(data, self.choice.network, self.settings, replicas)
                recipe = made[1]
                tell_recipe(*made)
            text = recipe.to_json()
        return Recipe.from_json(told_by_chief(strategy, text))

    def _learner(self, run, data, recipe, strategy):
        keras.utils.set_random_seed(recipe.seed)
        with strategy.scope():
            network = build(
                self.choice.network,
                num_classes=len(data.class_names),
                channels=data.channels,
                dtype=recipe.precision,
            )
            origin = fill(network, self.choice, self.keep_head, recipe.head_bias)
            learner = Learner(network, recipe)
        print(f"{self.choice.network}: {origin}")
        print(parameter_table(network) + "\n", flush=True)
        if is_chief(strategy) and not (run.folder / "recipe.json").exists():
            # The recipe last, because from it on a run is begun.
            run.write("run.json", _info(data, self.choice, self.typed, origin))
            _write_bad_images(run, data.bad)
            run.write("recipe.json", recipe.to_json())
        return learner

    def _train(self, run, data, learner, strategy):
        recipe, classes = learner.recipe, data.class_names
        checkpoints = Checkpoints(run.folder / "checkpoints")
        state = State(**(checkpoints.restore(learner) or {}))
        if told_by_chief(strategy, str(state.step)) != str(state.step):
            raise InputError(
                f"This worker finds other checkpoints in '{run.folder}' than the "
                "chief: --output must be on a disk that all machines share."
            )
        if state.step:
            print(f"Going on after step {state.step:,} of {recipe.steps:,}.")

        def batches(context):
            share = share_of(context, strategy.num_replicas_in_sync)
            return training_batches(
                data.part("train"), recipe, len(classes), start=state.step, share=share
            )

        with contextlib.ExitStack() as stack:
            watchers, evaluator = [], None
            if is_chief(strategy):
                for watcher in (
                    Log(run.folder, state.step),
                    Progress(recipe.steps, state.step),
                ):
                    watchers.append(stack.enter_context(contextlib.closing(watcher)))
                if recipe.evaluate_every:
                    held_out = evaluation_batches(
                        data.part("val"), recipe, len(classes)
                    )
                    evaluator = Evaluator(
                        learner.network, held_out, classes, recipe.loss
                    )
            loop = Loop(
                learner,
                strategy,
                checkpoints,
                self.machine.checkpoint_minutes,
                watchers,
                evaluator,
            )
            loop.run(strategy.distribute_datasets_from_function(batches), state)
        return state

    def _finish(self, run, data, learner, state):
        """Evaluates the weights that count, and writes network, report and figures."""
        recipe = learner.recipe
        checkpoints = Checkpoints(run.folder / "checkpoints")
        weights = learner.averaged_weights()
        if state.best_step is not None:
            weights = checkpoints.best_weights(state.best_step)
        # Before the copy, because what is made frozen cannot be freed in Keras.
        for layer in learner.network.layers:
            layer.trainable = True
        network = keras.models.clone_model(learner.network)  # free of the strategy
        network.set_weights(weights)
        with replacing(run.folder / "model.keras") as partial:
            network.save(partial)
        chosen = _chosen(recipe, state)
        summary = _evaluate(run, data, network, recipe, state, chosen)
        tell_result(run.folder, summary, state.seconds / 60, chosen)
        shutil.rmtree(checkpoints.folder, ignore_errors=True)


def _tell_finished(run):
    name, value = headline(run.metrics)
    print(
        f"This run is finished: {name} {value:.2%}. Nothing to do in {run.folder}; "
        "another --output starts a new one."
    )


def _chosen(recipe, state):
    """Says which weights are evaluated and saved; "" where that is plain."""
    parts = []
    if recipe.ema_decay:
        parts.append(f"moving averages of the weights (decay {recipe.ema_decay:g})")
    if state.best_step is not None:
        parts.append(
            f"those after step {state.best_step:,}, whose {recipe.best_metric} on the "
            f"held-out images is best ({state.best:.4g})"
        )
    return ", ".join(parts)


def _require_same_data(run, data):
    if data.fingerprint("train") != run.info["train_fingerprint"]:
        raise InputError(
            f"The training images have changed since the run in '{run.folder}' began, "
            "so it cannot go on; choose another --output to start anew."
        )


def _info(data, choice, typed, origin):
    return {
        "typed": typed,
        "data": data.summary(),
        "train_fingerprint": data.fingerprint("train"),
        "test_fingerprint": data.fingerprint("test"),
        "class_names": data.class_names,
        "network": choice.network,
        "weights": origin,
        "versions": versions(),
    }


def _evaluate(run, data, network, recipe, state, chosen):
    test, info = data.part("test"), run.info
    batches = evaluation_batches(test, recipe, len(data.class_names))
    predictions = classify(
        for_inference(network), batches, loss=recipe.loss, description="evaluating"
    )
    summary = summarize(predictions, data.class_names)
    waited = state.waited / max(state.seconds, 1e-9)
    write_run_report(
        run.folder / "report.html",
        title=run.folder.name,
        facts={
            "data": data.summary(),
            "network": f"{info['network']}, {network.count_params():,} parameters",
            "weights": info["weights"],
            **({"evaluated weights": chosen} if chosen else {}),
            "training time": f"{state.seconds / 60:.1f} minutes, {waited:.0%} of them "
            "waiting for data",
            "versions": ", ".join(f"{n} {v}" for n, v in info["versions"].items()),
        },
        summary=summary,
        log_rows=read_log(run.folder),
        recipe=recipe.as_texts(),
        mistakes=mistakes_with_pictures(predictions, test, data.class_names),
        bad_images=[(str(v.path), v.reason) for v in data.bad],
    )
    # Last, because these figures are what marks the run as finished.
    run.write("metrics.json", summary)
    return summary


def _require_disk(folder, choice, num_classes):
    """Raises if the disk cannot hold the checkpoints and the network."""
    _, variant = registry_entry(choice.network)
    weights = 4 * bit_parameters(variant, num_classes=num_classes)
    # Three checkpoints while the third is written, of weights and momentum.
    needed = 7 * weights + 50 * 2**20
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"The disk of '{folder}' has {free / 2**20:,.0f} MiB free, but the run "
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
