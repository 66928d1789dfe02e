import json
import types

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import Share
from bit_keras.errors import InputError
from bit_keras.training import strategies
from bit_keras.training.strategies import (
    is_chief,
    make_strategy,
    share_of,
    told_by_chief,
)

NO_ADDRESSES = json.dumps(
    {"cluster": {"worker": ["a", "b"]}, "task": {"type": "worker", "index": 0}}
)


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)


def test_one_device_is_what_auto_finds_here():
    assert make_strategy("auto") is tf.distribute.get_strategy()
    assert make_strategy("one").num_replicas_in_sync == 1


@pytest.mark.parametrize("text", ["", " ", "{}", '{"task": {}}', '{"cluster": {}}'])
def test_a_configuration_without_a_cluster_is_one_machine(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    assert make_strategy("auto") is tf.distribute.get_strategy()


def test_a_machine_waits_for_all_others_before_its_strategy_is_made(monkeypatch):
    calls = []
    monkeypatch.setattr(strategies, "wait_for_all", lambda *who: calls.append(who))
    monkeypatch.setattr(
        tf.distribute,
        "MultiWorkerMirroredStrategy",
        lambda: calls.append("strategy"),
    )
    cluster = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}
    config = {"cluster": cluster, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    make_strategy("auto")
    assert calls == [("b:2", {"a:1", "c:3"}), "strategy"]


def test_mirrored_takes_the_processors_where_there_is_no_gpu():
    strategy = make_strategy("mirrored")
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    assert strategy.num_replicas_in_sync == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("multiworker",), {}, "needs the environment variable TF_CONFIG"),
        (("multiworker",), {"TF_CONFIG": "{}"}, "needs .* TF_CONFIG with a cluster"),
        (("tpu",), {}, "needs --tpu NAME, or --tpu local"),
        (("tpu", "local"), {}, "There is no TPU 'local' here"),
        (("auto", "local"), {}, "There is no TPU 'local' here"),
        (("mirrored", "local"), {}, "--tpu goes with --strategy tpu"),
    ],
)
def test_what_is_not_there_is_told(arguments, environment, words, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=words):
        make_strategy(*arguments)


ONE_JOB = '{"cluster": {"worker": ["a:1"]}, '


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "it is no JSON"),
        ("null", "it names no jobs and their machines"),
        ("[]", "it names no jobs"),
        ('{"cluster": ["a:1"]}', "it names no jobs"),
        ('{"cluster": {"worker": 1}, "task": {}}', "its task names none"),
        (NO_ADDRESSES.replace('"b"', "2, null"), "'a' is not HOST:PORT"),
        (ONE_JOB + '"task": {}}', "its task names none of the machines"),
        (ONE_JOB + '"task": null}', "its task names none"),
        (ONE_JOB + '"task": {"type": "chief", "index": 0}}', "its task names none"),
        (ONE_JOB + '"task": {"type": "worker", "index": 1}}', "its task names none"),
        (ONE_JOB + '"task": {"type": "worker", "index": "0"}}', "its task names none"),
    ],
)
def test_a_wrong_configuration_is_told_in_words(monkeypatch, text, words):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match=words) as refused:
        make_strategy("auto")
    assert '{"cluster": {"worker": ["HOST1:PORT"' in str(refused.value)
    assert str(refused.value).endswith(f"Received: {text}")
    assert "Error" not in str(refused.value)


def test_a_tpu_is_set_up_before_its_strategy(monkeypatch):
    calls = []

    def resolver(tpu):
        calls.append(tpu)
        return "resolver"

    def strategy(found):
        calls.append(f"strategy of {found}")
        return "strategy"

    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", resolver)
    monkeypatch.setattr(
        tf.config,
        "experimental_connect_to_cluster",
        lambda found: calls.append("cluster"),
    )
    monkeypatch.setattr(
        tf.tpu.experimental,
        "initialize_tpu_system",
        lambda found: calls.append("system"),
    )
    monkeypatch.setattr(tf.distribute, "TPUStrategy", strategy)
    assert make_strategy("tpu", "pod") == "strategy"
    assert calls == ["pod", "cluster", "system", "strategy of resolver"]
    calls.clear()
    make_strategy("tpu", "local")
    assert calls == ["local", "system", "strategy of resolver"]


def test_machines_share_the_replicas_in_their_order():
    contexts = [
        types.SimpleNamespace(num_input_pipelines=2, input_pipeline_id=i)
        for i in (0, 1)
    ]
    shares = [share_of(context, 8) for context in contexts]
    assert shares == [Share(8, 0, 4), Share(8, 4, 4)]


def test_devices_of_one_machine_share_its_batches():
    strategy = make_strategy("mirrored")

    def numbers(context):
        share = share_of(context, 2)
        assert share == Share(2, 0, 2)
        return tf.data.Dataset.from_tensor_slices([[1.0], [2.0]])

    batch = next(iter(strategy.distribute_datasets_from_function(numbers)))
    parts = strategy.experimental_local_results(batch)
    np.testing.assert_array_equal(np.concatenate(parts), [1, 2])


def test_a_process_alone_is_its_own_chief():
    for name in ("one", "mirrored"):
        strategy = make_strategy(name)
        assert is_chief(strategy)
        assert told_by_chief(strategy, "é") == "é"


def test_the_chief_is_the_first_worker_unless_one_is_named(monkeypatch):
    class Workers:
        def __init__(self, kind, number, *jobs):
            spec = types.SimpleNamespace(jobs=jobs)
            self.cluster_resolver = types.SimpleNamespace(
                task_type=kind, task_id=number, cluster_spec=lambda: spec
            )

    monkeypatch.setattr(
        strategies.tf.distribute, "MultiWorkerMirroredStrategy", Workers
    )
    assert is_chief(Workers("worker", 0, "worker"))
    assert not is_chief(Workers("worker", 1, "worker"))
    assert is_chief(Workers("chief", 0, "chief", "worker"))
    assert not is_chief(Workers("worker", 0, "chief", "worker"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"head": "closed_form"}, "head=closed_form, .* is for one machine"),
        ({"minutes": 2.0, "evaluate_every": 1}, "minutes=2 is for one machine"),
    ],
)
def test_what_machines_would_not_do_alike_is_for_one(
    small_recipe, monkeypatch, fields, words
):
    class Workers:
        pass

    monkeypatch.setattr(
        strategies.tf.distribute, "MultiWorkerMirroredStrategy", Workers
    )
    strategies.require_possible(small_recipe(), Workers(), keep_head=False)
    with pytest.raises(InputError, match=words):
        strategies.require_possible(small_recipe(**fields), Workers(), keep_head=False)
