import keras
import numpy as np
import pytest

from bit_keras.optimizers import Lamb, Table

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    ("tag", "arguments"),
    [
        ("default", {}),
        ("no_grad_clip", {"global_clipnorm": None}),
        ("trust_clip", {"trust_clip": True}),
        (
            "betas_eps",
            {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3, "global_clipnorm": 0.5},
        ),
        ("wd_all", {"decay": "", "global_clipnorm": None}),
        ("wd0", {"weight_decay": 0.0, "global_clipnorm": None}),
    ],
)
def test_its_steps_are_those_of_timm(golden, follow, tag, arguments):
    arrays = golden("04_lamb.npz")
    arguments = {"weight_decay": float(arrays["lamb_weight_decay"]), **arguments}
    optimizer = Lamb(float(arrays["lamb_base_lr"]), **arguments)
    follow(optimizer, arrays, f"lamb_{tag}")


def test_its_steps_under_a_schedule_are_those_of_timm(golden, follow):
    arrays = golden("04_lamb.npz")
    schedule = Table(arrays["lamb_lr_schedule"])
    decay = float(arrays["lamb_weight_decay"])
    follow(Lamb(schedule, weight_decay=decay), arrays, "lamb_lr_schedule")


def test_it_trains_an_ordinary_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(Lamb(learning_rate=0.05, weight_decay=0.02), "mse")
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    history = model.fit(x, x @ [[1], [2], [0], [-1]], epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.1 * history["loss"][0]


def test_a_multiplier_scales_its_step():
    def moved(**arguments):
        layer = keras.layers.Dense(1, name="logits")
        layer.build((None, 1))
        layer.set_weights([np.full((1, 1), 2.0), np.full((1,), 2.0)])
        optimizer = Lamb(0.01, weight_decay=0.5, **arguments)
        optimizer.build(layer.trainable_variables)
        gradients = [np.full((1, 1), 0.5, "float32"), np.full((1,), 0.5, "float32")]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients])
        return np.array([weight.item() - 2 for weight in layer.get_weights()])

    faster = moved(multipliers={"kernel": 3.0})
    np.testing.assert_allclose(faster, moved() * [3, 1], rtol=1e-4)
