import pytest

from bit_keras.optimizers import RMSPropTF, Table

pytestmark = pytest.mark.backend

SETTINGS = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "momentum_wd": {"momentum": 0.9, "weight_decay": 1e-2},
    "centered": {"momentum": 0.9, "centered": True},
    "efficientnet": {"momentum": 0.9, "epsilon": 1e-3, "weight_decay": 1e-5},
}


@pytest.mark.parametrize("tag", SETTINGS)
def test_its_steps_are_those_of_timm(golden, follow, tag):
    arrays = golden("14_rmsprop_tf.npz")
    optimizer = RMSPropTF(float(arrays["base_lr"]), decay="", **SETTINGS[tag])
    follow(optimizer, arrays, tag)


@pytest.mark.parametrize("tag", SETTINGS)
def test_its_steps_under_a_schedule_are_those_of_timm(golden, follow, tag):
    arrays = golden("14_rmsprop_tf.npz")
    optimizer = RMSPropTF(Table(arrays["lr_schedule"]), decay="", **SETTINGS[tag])
    follow(optimizer, arrays, f"{tag}_sched")
