"""A training run from start to end: what `finetune` and `pretrain` have in common."""

import contextlib
import csv
import dataclasses
import io
import shutil
import sys
from pathlib import Path

import keras

from bit_keras import families
from bit_keras.data import evaluation_batches, training_batches
from bit_keras.errors import InputError
from bit_keras.evaluation.figures import headline
from bit_keras.optimizers import OPTIMIZERS
from bit_keras.recipes import Recipe, parse_assignments
from bit_keras.training.checkpoints import Checkpoints
from bit_keras.training.choice import Choice, make
from bit_keras.training.freezing import parameter_table
from bit_keras.training.learner import Learner
from bit_keras.training.loop import Evaluator, Loop, State
from bit_keras.training.messages import (
    readable_errors,
    tell_data,
    tell_recipe,
)
from bit_keras.training.plan import Settings, plan
from bit_keras.training.progress import Log, Progress
from bit_keras.training.results import write_results
from bit_keras.training.run_folder import Run, claimed, versions
from bit_keras.training.signals import terminable
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
        choice: `choice.Choice`.
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
        try:
            return self._execute()
        except KeyboardInterrupt:
            if (self.output / "recipe.json").exists():
                print(
                    f"The same command goes on with the run in {self.output}.",
                    file=sys.stderr,
                )
            raise

    def _execute(self):
        strategy = make_strategy(self.machine.strategy, self.machine.tpu)
        chief = is_chief(strategy)
        with contextlib.ExitStack() as stack:
            stack.enter_context(readable_errors())
            stack.enter_context(terminable())
            if chief:
                run = stack.enter_context(claimed(self.output, self.typed))
            else:
                run = Run(self.output)
                stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            finished = FINISHED if chief and run.metrics else ""
            if told_by_chief(strategy, finished) == FINISHED:
                if chief:
                    _tell_finished(run)
                    Checkpoints(run.folder / "checkpoints").remove()
                return run
            chosen = parse_assignments(self.settings.fields)
            hold_out = bool(chosen.get("evaluate_every"))
            data = self.source.open(self.settings.seed, hold_out)
            tell_data(data)
            recipe = self._recipe(run, data, strategy)
            learner = self._learner(run, data, recipe, strategy)
            state = self._train(run, data, learner, strategy)
            if chief:
                write_results(run, data, learner, state)
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
                made = plan(data, self.choice.network, self.settings, replicas)
                recipe = made[1]
                _require_disk(run.folder, self.choice, len(data.class_names), recipe)
                tell_recipe(*made)
            text = recipe.to_json()
        return Recipe.from_json(told_by_chief(strategy, text))

    def _learner(self, run, data, recipe, strategy):
        keras.utils.set_random_seed(recipe.seed)
        with strategy.scope():
            network, origin = make(
                self.choice,
                keep_head=self.keep_head,
                head_bias=recipe.head_bias,
                num_classes=len(data.class_names),
                channels=data.channels,
                image_size=(recipe.crop, recipe.crop),
                dtype=recipe.precision,
            )
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
                        data.part("val"),
                        recipe.preprocessing,
                        len(classes),
                        batch_size=recipe.batch_size,
                    )
                    evaluator = Evaluator(
                        learner.network,
                        held_out,
                        classes,
                        recipe.loss,
                        data.multi_label,
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


def _tell_finished(run):
    name, value = headline(run.metrics)
    print(
        f"This run is finished: {name} {value:.2%}. Nothing to do in {run.folder}; "
        "another --output starts a new one."
    )


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
        "multi_label": data.multi_label,
        "network": choice.network,
        "weights": origin,
        "versions": versions(),
    }


def _require_disk(folder, choice, num_classes, recipe):
    """Raises if the disk cannot hold the checkpoints and the network."""
    _, spec = families.network(choice.network)
    weights = 4 * spec.parameters(num_classes)
    slots = OPTIMIZERS[recipe.optimizer].slots
    checkpoint = 1 + slots + bool(recipe.ema_decay) + bool(recipe.best_metric)
    # Two are kept while the third is written; then the network itself.
    needed = (3 * checkpoint + 1) * weights + 50 * 2**20
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
