import os
import signal
import threading
import types

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.training import Learner
from bit_keras.training.checkpoints import Checkpoints
from bit_keras.training.loop import Loop, State
from bit_keras.training.signals import interrupts, terminable


class Watcher:
    """Keeps what it is told; `at_step` is called with the number of every step."""

    def __init__(self, at_step=lambda step: None):
        self.rows, self.evaluations, self.at_step = [], [], at_step

    def add(self, row):
        self.rows.append(row)
        self.at_step(row["step"])

    def add_evaluation(self, step, summary):
        self.evaluations.append((step, summary))

    def flush(self):
        pass


@pytest.fixture
def loop(small_network, small_recipe, tmp_path):
    """Gives a function: (watcher, evaluator, minutes, limit, fields) -> a loop."""

    def make(watcher=None, evaluator=None, minutes=1e6, limit=None, **fields):
        return Loop(
            Learner(small_network(), small_recipe(**fields)),
            tf.distribute.get_strategy(),
            Checkpoints(tmp_path),
            minutes,
            [watcher or Watcher()],
            evaluator,
            limit,
        )

    return make


@pytest.fixture
def batches(small_batch):
    return tf.data.Dataset.from_tensors(small_batch).repeat()


def falling(values):
    """Gives an evaluator whose `loss` has these values in turn."""
    values = iter(values)
    return lambda weights: {"loss": next(values), "top1": 0.5}


def saved(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


def test_every_step_is_told_once(loop, batches):
    watcher = Watcher()
    loop(watcher).run(batches, State())
    assert [row["step"] for row in watcher.rows] == [0, 1, 2]
    assert all(0 <= row["data_wait"] <= 1 for row in watcher.rows)


def test_waiting_for_data_is_told(loop, batches, monkeypatch):
    now = 0.0

    def monotonic():
        nonlocal now
        now += 1
        return now

    def late():
        nonlocal now
        for batch in batches:
            now += 5
            yield batch

    clock = types.SimpleNamespace(monotonic=monotonic)
    monkeypatch.setattr("bit_keras.training.loop.time", clock)
    watcher, state = Watcher(), State()
    loop(watcher).run(late(), state)
    # Six seconds for the batch, and one for the step.
    assert [row["data_wait"] for row in watcher.rows] == [pytest.approx(6 / 7)] * 3
    assert state.waited == 18


def test_the_state_is_that_of_the_end(loop, batches, tmp_path):
    state = State()
    loop().run(batches, state)
    assert state.step == 3
    assert 0 <= state.waited <= state.seconds
    assert saved(tmp_path) == ["step-00000003.npz"]


def test_a_run_at_its_end_does_nothing(loop, batches, tmp_path):
    watcher = Watcher()
    loop(watcher).run(batches, State(step=3))
    assert watcher.rows == []
    assert saved(tmp_path) == []


def test_checkpoints_are_written_when_their_time_has_come(loop, batches, tmp_path):
    loop(minutes=0).run(batches, State())
    assert saved(tmp_path) == ["step-00000002.npz", "step-00000003.npz"]


def test_the_step_is_traced_once(loop, batches, monkeypatch):
    traces = []
    step = Learner.train_step

    def traced(self, data):
        traces.append(data)
        return step(self, data)

    monkeypatch.setattr(Learner, "train_step", traced)
    loop().run(batches, State())
    assert len(traces) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_first(loop, batches, tmp_path, number, capsys):
    watcher = Watcher(lambda step: step == 1 and os.kill(os.getpid(), number))
    with pytest.raises(KeyboardInterrupt):
        loop(watcher).run(batches, State())
    assert saved(tmp_path) == ["step-00000002.npz"]
    assert "Stopped and saved after step 2 of 3." in capsys.readouterr().err


def test_the_second_signal_is_not_waited_for():
    before = signal.getsignal(signal.SIGTERM)
    with interrupts() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_where_nothing_is_to_be_saved_ends_as_ctrl_c_does():
    with terminable(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_thread_of_a_program_trains_without_signals(loop, batches):
    state = State()
    thread = threading.Thread(target=lambda: loop().run(batches, state))
    thread.start()
    thread.join()
    assert state.step == 3


def test_a_loss_that_is_not_finite_ends_the_run(loop, batches):
    words = r"loss became nan at step 2 with a learning rate of 1e\+30: try --set"
    with pytest.raises(InputError, match=words):
        loop(base_lr=1e30).run(batches, State())


def test_evaluations_come_at_their_steps_and_at_the_end(loop, batches, tmp_path):
    watcher = Watcher()
    loop(watcher, falling([3.0, 2.0, 1.0]), steps=5, evaluate_every=2).run(
        batches, State()
    )
    assert [step for step, _ in watcher.evaluations] == [2, 4, 5]
    assert saved(tmp_path) == ["step-00000004.npz", "step-00000005.npz"]


@pytest.mark.parametrize(
    ("metric", "values", "best"),
    [
        ("loss", [3.0, 1.0, 2.0], 2),
        ("loss", [1.0, 2.0, 0.5], 3),
        ("top1", [0, 0, 0], 1),
    ],
)
def test_the_weights_of_the_best_evaluation_are_kept(
    loop, batches, metric, values, best
):
    state = State()
    its = loop(evaluator=falling(values), steps=3, evaluate_every=1, best_metric=metric)
    its.run(batches, state)
    assert state.best_step == best
    assert its.checkpoints.best_weights(best)


def test_patience_ends_the_run(loop, batches, tmp_path):
    state = State()
    loop(
        evaluator=falling([1.0, 2.0, 3.0, 0.0]),
        steps=8,
        evaluate_every=2,
        best_metric="loss",
        patience=2,
    ).run(batches, state)
    assert (state.step, state.best_step, state.best) == (6, 2, 1.0)


def test_evaluation_takes_the_averages_and_leaves_the_network(
    loop, batches, small_network
):
    seen = []
    its = loop(
        evaluator=lambda weights: seen.append(weights) or {"loss": 1.0},
        ema_decay=0.9,
        evaluate_every=3,
    )
    its.run(batches, State())
    averaged, trained = its.learner.averaged_weights(), its.learner.network
    assert all(map(np.array_equal, seen[0], averaged))
    assert not all(map(np.array_equal, seen[0], trained.get_weights()))


class Limit:
    """Time for so many steps; keeps how long evaluations took."""

    def __init__(self, watcher, steps):
        self.watcher, self.steps, self.seconds = watcher, steps, []

    @property
    def left(self):
        return self.steps - len(self.watcher.rows)

    def evaluated(self, seconds):
        self.seconds.append(seconds)


def test_a_run_whose_time_is_up_ends_with_an_evaluation(loop, batches, tmp_path):
    watcher, state = Watcher(), State()
    limit = Limit(watcher, 3)
    values = falling([3.0, 2.0])
    loop(watcher, values, limit=limit, steps=9, evaluate_every=2).run(batches, state)
    assert state.step == 3
    assert [step for step, _ in watcher.evaluations] == [2, 3]
    assert len(limit.seconds) == 2
    assert saved(tmp_path) == ["step-00000003.npz"]  # none that takes time before


def test_an_evaluation_that_uses_up_the_time_is_the_last(loop, batches):
    watcher, state = Watcher(), State()
    limit = Limit(watcher, 9)

    def slow(weights):
        limit.steps = 0
        return {"loss": 1.0}

    loop(watcher, slow, limit=limit, steps=9, evaluate_every=2).run(batches, state)
    assert [step for step, _ in watcher.evaluations] == [2]
    assert state.step == 2


def test_a_head_in_closed_form_is_evaluated_before_the_first_step(loop, batches):
    watcher, state = Watcher(), State()
    its = loop(
        watcher,
        falling([1.0, 2.0, 3.0]),
        steps=4,
        evaluate_every=2,
        best_metric="loss",
        head="closed_form",
    )
    its.run(batches, state)
    assert [step for step, _ in watcher.evaluations] == [0, 2, 4]
    assert state.best_step == 0
    assert its.checkpoints.best_weights(0)
