"""A training run from start to end: what `finetune` and `pretrain` have in common."""

import contextlib
import dataclasses
import io
import sys
from pathlib import Path

import keras

from bit_keras.errors import InputError
from bit_keras.recipes import RULES, Recipe
from bit_keras.training import data_record
from bit_keras.training.checkpoints import Checkpoints
from bit_keras.training.choice import Choice, make
from bit_keras.training.disk import require_disk
from bit_keras.training.failures import readable_errors
from bit_keras.training.freezing import parameter_table
from bit_keras.training.learner import Learner
from bit_keras.training.loop import Loop, State
from bit_keras.training.machine import Machine
from bit_keras.training.messages import tell_data, tell_recipe
from bit_keras.training.named_data import NamedData
from bit_keras.training.plan import evaluates, plan
from bit_keras.training.progress import Log, Progress
from bit_keras.training.run_folder import DATA, Run, RunInfo, claimed, versions
from bit_keras.training.settings import Settings
from bit_keras.training.signals import terminable
from bit_keras.training.strategies import (
    is_chief,
    make_strategy,
    require_possible,
    share_of,
    told_by_chief,
)
from bit_keras.training.tasks import TASKS, data_of
from bit_keras.training.time_limit import limit_of

FINISHED = "finished"


@dataclasses.dataclass(frozen=True)
class Job:
    """All that makes a run.

    Args:
        source: `NamedData`.
        choice: `choice.Choice`.
        keep_head: of the weights.
        settings: `Settings`.
        output: run folder.
        typed: dict of what the user asked for; a run goes on only where it is the same.
        machine: `Machine`.
    """

    source: NamedData
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
                    self._tell_finished(run)
                return run
            begun = chief and (run.folder / "recipe.json").exists()
            data = self._data(run, begun, strategy)
            recipe = self._recipe(run, begun, data, strategy)
            learner = self._learner(run, begun, data, recipe, strategy)
            state = self._train(run, data, learner, strategy)
            if chief:
                self.task.write_results(run, data, learner, state)
                Checkpoints(run.folder / "checkpoints").remove()
            told_by_chief(strategy, FINISHED)  # until then the chief needs the others
        return run

    @property
    def task(self):
        return TASKS[RULES[self.settings.rule].task]

    @property
    def _asked(self):
        """What a recipe is made from, beside the data."""
        choice = self.choice
        return choice.network, self.settings, choice.weights is not None, self._new_head

    @property
    def _new_head(self):
        """Whether weights get a head of other classes."""
        fine_tunes = self.settings.command == "finetune" and not self.keep_head
        return fine_tunes and self.choice.weights is not None

    def _tell_finished(self, run):
        if any(run.info.typed.get(name) != self.typed.get(name) for name in DATA):
            data = data_of(run, self.source.data_dir, self.source.dataset)
            data_record.require_same(run, data, self.typed)
        elif Path(self.source.dataset).exists():
            data_record.tell_changes(run)
        run.retype(self.typed)
        print(
            f"This run is finished: {self.task.headline(run.metrics)}. Nothing to do "
            f"in {run.folder}; another --output starts a new one."
        )
        Checkpoints(run.folder / "checkpoints").remove()

    def _data(self, run, begun, strategy):
        """Opens the data, and holds images out where the recipe will ask for them."""
        seed = self.settings.seed
        data = self.task.open(self.source, seed)
        held_out = ""
        if is_chief(strategy):
            if begun:
                needed = bool(run.recipe.evaluate_every)
            else:
                needed = evaluates(data, *self._asked)
            held_out = "held out" * needed
        if told_by_chief(strategy, held_out):
            data = self.task.hold_out(data, seed)
        tell_data(data)
        return data

    def _recipe(self, run, begun, data, strategy):
        """Gives the recipe: the run's own, or a new one, which the chief makes."""
        text = ""
        if is_chief(strategy):
            replicas = strategy.num_replicas_in_sync
            if begun:
                recipe = run.recipe
                data_record.require_same(run, data, self.typed)
                run.retype(self.typed)
                print(f"Going on with the run in {run.folder}; its recipe:")
                tell_recipe(recipe, recipe, ())
            else:
                rule, recipe, notes = plan(data, *self._asked, replicas=replicas)
                recipe = self.task.sized(recipe, data, self.choice, self.settings)
                require_disk(run.folder, self.choice.network, data, recipe)
                tell_recipe(rule, recipe, notes)
            text = recipe.to_json()
        recipe = Recipe.from_json(told_by_chief(strategy, text))
        require_possible(recipe, strategy, self.keep_head)
        return recipe

    def _learner(self, run, begun, data, recipe, strategy):
        keras.utils.set_random_seed(recipe.seed)
        with strategy.scope():
            network, origin = make(
                self.choice,
                keep_head=self.keep_head,
                head_bias=recipe.head_bias,
                num_classes=data.num_classes,
                channels=data.channels,
                **recipe.network,
            )
            learner = Learner(network, recipe)
        print(f"{self.choice.network}: {origin}")
        print(parameter_table(network) + "\n", flush=True)
        told = is_chief(strategy) and not begun and self._new_head
        origin += self.task.begin(network, data, recipe, told)
        learner.reset_averages()
        if is_chief(strategy) and not begun:
            # The recipe last, because from it on a run is begun.
            run.write("run.json", dataclasses.asdict(self._info(data, origin)))
            data_record.write(run, data)
            run.write("recipe.json", recipe.to_json())
        return learner

    def _info(self, data, origin):
        prints = {split: data.fingerprint(split) for split in data.parts}
        return RunInfo(
            task=RULES[self.settings.rule].task,
            typed=self.typed,
            data=data.summary(),
            train_fingerprint=prints["train"],
            test_fingerprint=prints.get("test", prints.get("val")),
            class_names=data.class_names,
            multi_label=data.multi_label,
            network=self.choice.network,
            weights=origin,
            versions=versions(),
        )

    def _train(self, run, data, learner, strategy):
        recipe = learner.recipe
        if not recipe.steps:
            return State()
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
            return self.task.batches(data, recipe, state.step, share)

        with contextlib.ExitStack() as stack:
            watchers, evaluator = [], None
            limit = limit_of(recipe, data, self.machine.began, state.seconds)
            if is_chief(strategy):
                figures = learner.objective.logs
                for watcher in (
                    Log(run.folder, state.step, figures),
                    Progress(recipe.steps, state.step, figures, limit),
                ):
                    watchers.append(stack.enter_context(contextlib.closing(watcher)))
                if recipe.evaluate_every:
                    evaluator = self.task.evaluator(learner, data)
            minutes = self.machine.checkpoint_minutes
            loop = Loop(
                learner, strategy, checkpoints, minutes, watchers, evaluator, limit
            )
            loop.run(strategy.distribute_datasets_from_function(batches), state)
        return state
