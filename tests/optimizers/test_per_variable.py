import keras
import numpy as np
import pytest

from bit_keras.optimizers import SGD, AdamW, Lamb, RMSPropTF

pytestmark = pytest.mark.backend


def stepped(optimizer, values=(2.0, 2.0), gradients=(0.5, 0.5), steps=1):
    """Gives a kernel and a bias after steps with the same gradients."""
    layer = keras.layers.Dense(1, name="logits")
    layer.build((None, 1))
    layer.set_weights([np.full((1, 1), values[0]), np.full((1,), values[1])])
    optimizer.build(layer.trainable_variables)
    for _ in range(steps):
        arrays = [np.full((1, 1), gradients[0]), np.full((1,), gradients[1])]
        optimizer.apply(
            [keras.ops.convert_to_tensor(a.astype("float32")) for a in arrays]
        )
    return [float(weight.item()) for weight in layer.get_weights()]


def test_decay_of_sgd_is_part_of_the_gradient_and_of_the_momentum():
    kernel, bias = stepped(SGD(0.1, momentum=0.9, weight_decay=0.25), steps=2)
    first = 0.5 + 0.25 * 2
    value = 2 - 0.1 * first
    second = 0.9 * first + 0.5 + 0.25 * value
    assert kernel == pytest.approx(value - 0.1 * second)
    assert bias == pytest.approx(2 - 0.1 * (0.5 + 0.95))


def test_decay_of_adamw_does_not_enter_its_averages():
    kernel, bias = stepped(AdamW(0.1, weight_decay=0.25))
    assert bias == pytest.approx(2 - 0.1, rel=1e-5)  # Adam's first step is the rate
    assert kernel == pytest.approx(2 - 0.1 - 0.1 * 0.25 * 2, rel=1e-5)


def test_the_decayed_variables_are_those_that_the_pattern_finds():
    kernel, bias = stepped(SGD(0.1, weight_decay=1.0, decay="bias"), gradients=(0, 0))
    assert (kernel, bias) == (2, pytest.approx(1.8))


@pytest.mark.parametrize("kind", [SGD, AdamW, RMSPropTF])
def test_a_multiplier_scales_the_whole_change_of_its_variables(kind):
    plain = stepped(kind(0.01, weight_decay=0.5), steps=1)
    faster = stepped(
        kind(0.01, weight_decay=0.5, multipliers={"^logits/kernel": 3.0}), steps=1
    )
    assert faster[0] - 2 == pytest.approx(3 * (plain[0] - 2), rel=1e-4)
    assert faster[1] == plain[1]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (SGD, {"momentum": 0.9, "nesterov": True}),
        (AdamW, {"adaptive_clip": 0.1, "unclipped": "b"}),
        (Lamb, {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "trust_clip": True}),
        (Lamb, {"global_clipnorm": None}),
        (RMSPropTF, {"rho": 0.8, "momentum": 0.9, "epsilon": 1e-3}),
    ],
)
def test_an_optimizer_is_made_again_from_its_config(kind, arguments):
    arguments = {
        "weight_decay": 0.2,
        "decay": "k",
        "multipliers": {"a": 2.0},
    } | arguments
    optimizer = kind(0.1, **arguments)
    config = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(config)
    assert type(again) is kind
    assert again.get_config() == optimizer.get_config()
