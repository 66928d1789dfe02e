import dataclasses
import json

import keras
import numpy as np
import pytest
from keras import ops

from bit_keras.optimizers import Table
from bit_keras.recipes import bit_hyperrule

pytestmark = pytest.mark.backend


def schedule_of(recipe, base_lr):
    return Table(dataclasses.replace(recipe, base_lr=base_lr).rates())


@pytest.mark.parametrize("base_lr", [0.003, 0.01])
@pytest.mark.parametrize("count", [1000, 10_000, 20_000, 100_000, 600_000])
def test_rates_are_those_of_the_reference(golden, count, base_lr):
    arrays = golden("06_bit_hyperrule.npz")
    schedule = schedule_of(bit_hyperrule(count, (32, 32)), base_lr)
    expected = arrays[f"n{count}_lr_base{base_lr:g}"]
    running = np.isfinite(expected)  # NaN: the training is over
    steps = arrays[f"n{count}_steps"][running]
    found = [float(schedule(step)) for step in steps]
    np.testing.assert_allclose(found, expected[running], rtol=1e-6)


def test_each_step_has_the_rate_of_the_table():
    schedule = Table([0.0, 0.5, 0.25])
    assert [float(schedule(step)) for step in range(3)] == [0.0, 0.5, 0.25]


def test_the_last_rate_holds_on():
    assert float(Table([1.0, 0.25])(7)) == 0.25


def test_step_may_be_a_tensor():
    step = ops.convert_to_tensor(1, dtype="int32")
    assert float(Table([1.0, 0.25])(step)) == 0.25


def test_schedule_is_rebuilt_from_its_config():
    schedule = Table(np.linspace(0, 1, 7))
    config = keras.saving.serialize_keras_object(schedule)
    json.dumps(config)
    copy = keras.saving.deserialize_keras_object(config)
    assert [float(copy(s)) for s in range(7)] == [float(schedule(s)) for s in range(7)]


@pytest.mark.parametrize(
    ("nesterov", "tag"), [(False, "sgd_bit_keras"), (True, "sgd_bit_keras_nesterov")]
)
def test_sgd_with_the_schedule_is_that_of_the_reference(golden, nesterov, tag):
    arrays = golden("04_sgd.npz")
    recipe = bit_hyperrule(int(arrays["sgd_bit_dataset_size"]), (224, 224))
    schedule = schedule_of(recipe, float(arrays["sgd_bit_base_lr"]))
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=nesterov)
    names = arrays["names"]
    variables = [keras.Variable(arrays[f"init:{name}"]) for name in names]
    optimizer.build(variables)
    for index, step in enumerate(arrays["sgd_bit_steps"]):
        optimizer.iterations.assign(step)
        gradients = [arrays[f"grads:{name}"][index] for name in names]
        optimizer.apply([ops.convert_to_tensor(g) for g in gradients])
        for name, variable in zip(names, variables, strict=True):
            np.testing.assert_allclose(
                ops.convert_to_numpy(variable),
                arrays[f"{tag}:{name}"][index],
                atol=1e-5,
                err_msg=f"{name} at step {step}",
            )
