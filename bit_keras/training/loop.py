"""The loop around the step: batches, checkpoints, evaluations, and when to stop."""

import dataclasses
import json
import math
import sys
import time

import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.evaluation.figures import METRICS
from bit_keras.training.signals import interrupts
from bit_keras.training.strategies import is_chief, told_by_chief


@dataclasses.dataclass
class State:
    """How far a run has come; with the learner's variables it is all that goes on.

    Args:
        step: updates made.
        seconds: of training, evaluations included.
        waited: seconds of these in which a step waited for its data.
        best: the best figure of the evaluations, or None before the first.
        best_step: the updates made before it.
        worse: evaluations since.
    """

    step: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    best: float | None = None
    best_step: int | None = None
    worse: int = 0


class Loop:
    """Trains a learner to the end of its recipe, and lets it be interrupted.

    Args:
        learner: `Learner`, made in the scope of `strategy`.
        strategy: `tf.distribute.Strategy`.
        checkpoints: `Checkpoints`.
        checkpoint_minutes: between checkpoints; there is one at each evaluation, too,
            where there is time.
        watchers: `Log` and `Progress`, or none where this process is not the chief.
        evaluator: of the task, or None without evaluations.
        limit: `TimeLimit`, or None to go on to the last step.
    """

    def __init__(
        self,
        learner,
        strategy,
        checkpoints,
        checkpoint_minutes,
        watchers,
        evaluator,
        limit=None,
    ):
        self.learner, self.recipe = learner, learner.recipe
        self.strategy, self.chief = strategy, is_chief(strategy)
        self.checkpoints = checkpoints
        self.checkpoint_seconds = 60 * checkpoint_minutes
        self.watchers, self.evaluator = watchers, evaluator
        self.limit = limit

    def run(self, batches, state):
        """Makes the steps that `state` lacks, and keeps it up to date.

        Args:
            batches: from step `state.step` on.
            state: `State`.

        Raises:
            InputError: if the loss is not finite.
            KeyboardInterrupt: after SIGTERM or Ctrl-C; a checkpoint was written.
        """

        @tf.function
        def step(batch):
            return self.strategy.run(self.learner.train_step, args=(batch,))

        self._marked = self._saved_at = time.monotonic()
        self._saved_step = state.step
        with interrupts() as stop:
            iterator = iter(batches)
            ends = self._ends(state) if state.step else self._after_step(state, stop)
            while not ends:
                began = time.monotonic()
                batch = next(iterator)
                waited = time.monotonic() - began
                logs = {
                    name: float(self.strategy.experimental_local_results(value)[0])
                    for name, value in step(batch).items()
                }
                self._tell(state.step, logs, waited, time.monotonic() - began)
                state.step += 1
                state.waited += waited
                ends = self._after_step(state, stop)
            if self._saved_step != state.step:
                self._save(state)

    def _after_step(self, state, stop):
        """Evaluates and saves where it is time; says whether the training ends."""
        began, ends = time.monotonic(), self._ends(state)
        evaluates = self._is_evaluation(state.step, ends)
        if evaluates:
            self._evaluate(state)
        now = time.monotonic()
        state.seconds, self._marked = state.seconds + now - self._marked, now
        saves = evaluates and self.limit is None
        if saves or stop.is_set() or self._is_due(now):
            self._save(state)
        if evaluates and self.limit is not None:
            self.limit.evaluated(time.monotonic() - began)
        if stop.is_set():
            print(
                f"Stopped and saved after step {state.step:,} of "
                f"{self.recipe.steps:,}.",
                file=sys.stderr,
            )
            raise KeyboardInterrupt
        return ends or self._ends(state)

    def _ends(self, state):
        patience = self.recipe.patience
        late = self.limit is not None and self.limit.left <= 0
        return state.step >= self.recipe.steps or 0 < patience <= state.worse or late

    def _tell(self, step, logs, waited, seconds):
        row = {
            "step": step,
            **logs,
            "images_per_second": self.recipe.batch_size / max(seconds, 1e-9),
            "data_wait": waited / max(seconds, 1e-9),
        }
        for watcher in self.watchers:
            watcher.add(row)
        if not math.isfinite(logs["loss"]):
            raise InputError(
                f"The loss became {logs['loss']} at step {step} with a learning rate "
                f"of {logs['learning_rate']:.4g}: try --set base_lr= with a tenth of "
                "that, a longer warm-up (warmup_steps), or --precision float32, and "
                "another --output."
            )

    def _is_evaluation(self, step, ends):
        every = self.recipe.evaluate_every
        if not step:  # a head that was solved is good from the start
            return every and self.recipe.head == "closed_form"
        return every and (step % every == 0 or ends)

    def _evaluate(self, state):
        weights = summary = None
        if self.chief:
            weights = self.learner.averaged_weights()
            summary = self.evaluator(weights)
            for watcher in self.watchers:
                watcher.add_evaluation(state.step, summary)
            if not state.step:
                self.checkpoints.save_best(0, weights)  # to compare the last ones with
        name = self.recipe.best_metric
        if not name:
            return
        # The workers go on, or end, together.
        value = json.loads(
            told_by_chief(self.strategy, json.dumps(self.chief and summary[name]))
        )
        sign = METRICS[name]
        if state.best is None or sign * value > sign * state.best:
            state.best, state.best_step, state.worse = value, state.step, 0
            if self.chief:
                self.checkpoints.save_best(state.step, weights)
        else:
            state.worse += 1

    def _is_due(self, now):
        return now - self._saved_at > self.checkpoint_seconds

    def _save(self, state):
        if self.chief:
            try:
                for watcher in self.watchers:
                    watcher.flush()
            finally:  # a log that cannot be written must not cost the checkpoint
                self.checkpoints.save(self.learner, dataclasses.asdict(state))
        self._saved_at, self._saved_step = time.monotonic(), state.step
