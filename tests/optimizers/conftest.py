"""Variables that follow the steps of reference arrays."""

import keras
import numpy as np
import pytest
from keras import ops


@pytest.fixture(scope="session")
def follow():
    """Gives a function (optimizer, arrays, tag): takes the steps, and checks each."""
    return _follow


def _follow(optimizer, arrays, tag):
    names = arrays["names"].tolist()
    variables = [_variable(name, arrays[f"init:{name}"]) for name in names]
    optimizer.build(variables)
    for step in range(len(arrays[f"grads:{names[0]}"])):
        gradients = [arrays[f"grads:{name}"][step] for name in names]
        optimizer.apply([ops.convert_to_tensor(g) for g in gradients])
        for name, variable in zip(names, variables, strict=True):
            np.testing.assert_allclose(
                ops.convert_to_numpy(variable.value),
                arrays[f"{tag}:{name}"][step],
                atol=1e-5,
                err_msg=f"{name} at step {step}",
            )


def _variable(path, value):
    scope, _, name = path.rpartition("/")
    with keras.name_scope(scope or "variables"):
        return keras.Variable(value, name=name)
