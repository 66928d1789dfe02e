import functools
import re

import keras
import numpy as np
import pytest
from made_up import cross_entropy

from bit_keras.models import ResNetSpec, endpoint, for_inference, resnet
from bit_keras.weights import load
from bit_keras.weights.resnet_layout import slots

pytestmark = pytest.mark.backend

MEAN = np.array([123.675, 116.28, 103.53], "float32")
DEVIATION = np.array([58.395, 57.12, 57.375], "float32")
SPECS = {
    "10_resnetbn_bottleneck_r1111_w12": ResNetSpec((1, 1, 1, 1), width=12 / 64),
    "10_resnetbn_basic_r1111_w16": ResNetSpec((1, 1, 1, 1), "basic", 16 / 64),
}
INPUTS = [
    (name, index) for name in SPECS for index in range(3 if "bottleneck" in name else 2)
]
PLACES = {
    "stem": "root_norm_relu",
    "stem_pool": "root",
    **{f"layer{n}_": f"stage{n}" for n in (1, 2, 3, 4)},
    "pooled": "pre_logits",
}


def pixels(images):
    """Normalised images as the bytes that they were made of."""
    return np.round(images * DEVIATION + MEAN).astype("float32")


@keras.saving.register_keras_serializable(package="tests")
class InTraining(keras.Model):
    """A network as it is in training."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.built = True

    def call(self, images):
        return self.network(images, training=True)


def trained_once(network, images):
    """Gives the outputs in training, and path -> what layers keep after that pass."""
    trainable = [variable.value for variable in network.trainable_variables]
    kept = [variable.value for variable in network.non_trainable_variables]
    outputs, after = network.stateless_call(trainable, kept, images, training=True)
    numbers = map(keras.ops.convert_to_numpy, after)
    paths = [variable.path for variable in network.non_trainable_variables]
    return keras.ops.convert_to_numpy(outputs), dict(zip(paths, numbers, strict=True))


def require_near(found, expected, tolerance, name):
    """Asserts that no difference is larger than that share of the largest number."""
    scale = abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, 0, tolerance, name)


@pytest.fixture(scope="module")
def reference(golden, golden_folder):
    """Gives a function from a name to (network, arrays)."""

    @functools.cache
    def find(name):
        arrays = golden(f"{name}.io.npz")
        classes = arrays["logits0"].shape[1]
        path = str(golden_folder / f"{name}.ckpt.npz")
        return resnet(SPECS[name], num_classes=classes, weights=path), arrays

    return find


@pytest.mark.parametrize(("name", "index"), INPUTS)
def test_logits_are_those_of_the_reference(reference, run_layer, name, index):
    network, arrays = reference(name)
    found = run_layer(network, pixels(arrays[f"x{index}"]))
    np.testing.assert_allclose(found, arrays[f"logits{index}"], atol=1e-5)


@pytest.mark.parametrize(("name", "index"), INPUTS)
def test_copy_for_inference_without_batch_norm_gives_the_same_logits(
    reference, run_layer, name, index
):
    network, arrays = reference(name)
    copy = for_inference(network)
    kinds = {type(layer) for layer in copy.layers}
    assert keras.layers.BatchNormalization not in kinds
    found = run_layer(copy, pixels(arrays[f"x{index}"]))
    np.testing.assert_allclose(found, arrays[f"logits{index}"], atol=1e-5)


@pytest.mark.parametrize("name", SPECS)
def test_feature_maps_are_those_of_the_reference(reference, run_layer, name):
    network, arrays = reference(name)
    last = 2 if "x2" in arrays else 1
    for array, place in PLACES.items():
        found = run_layer(endpoint(network, place), pixels(arrays[f"x{last}"]))
        require_near(found, arrays[f"{array}{last}"], 1e-5, place)


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_gradients_are_those_of_the_reference(reference, gradients, name, mode):
    network, arrays = reference(name)
    model = InTraining(network) if mode == "train" else network
    before = network.get_weights()
    value, of_images, of_variables = gradients(
        model, cross_entropy(arrays["grad_labels"]), pixels(arrays["x0"])
    )
    network.set_weights(before)  # TensorFlow keeps the new statistics
    assert value == pytest.approx(arrays[f"{mode}_loss"], abs=1e-5)
    found = {
        name: slot.to_file(gradient)
        for variable, gradient in zip(
            network.trainable_variables, of_variables, strict=True
        )
        for name, slot in slots(network).items()
        if slot.variable is variable
    }
    if mode == "train":
        require_near(DEVIATION * of_images, arrays["train_grad_x0"], 1e-4, "x0")
    names = [name for name in arrays if name.startswith(f"{mode}_grad:")]
    assert len(names) > 3
    for name in names:
        require_near(found[name.partition(":")[2]], arrays[name], 1e-4, name)


@pytest.mark.parametrize("name", SPECS)
def test_statistics_after_a_pass_are_those_of_the_reference(reference, run_layer, name):
    network, arrays = reference(name)
    logits, after = trained_once(network, pixels(arrays["x0"]))
    np.testing.assert_allclose(logits, arrays["train_logits"], atol=2e-5)
    for name, slot in slots(network).items():
        if "running" in name:
            kind = "new" if name.endswith("mean") else "new_biased"
            found, expected = after[slot.variable.path], arrays[f"{kind}:{name}"]
            np.testing.assert_allclose(found, expected, atol=2e-6, err_msg=name)


def made_up(arrays):
    """The weights of the recipe in the README of the reference arrays."""
    generator = np.random.default_rng(int(arrays["seed_weights"]))
    for number, (name, shape) in enumerate(
        zip(arrays["keys"], arrays["key_shapes"], strict=True)
    ):
        shape = tuple(map(int, re.findall(r"\d+", shape)))
        value = 2 * generator.random(shape) - 1
        if len(shape) > 1:
            value *= np.sqrt(3 / np.prod(shape[1:]))
        elif name.endswith("running_var"):
            value = 1 + 0.25 * (value + 1)
        elif name.endswith(("bias", "running_mean")):
            value *= 0.1
        else:
            value = 1 + 0.25 * value
        value = value.astype("float32")
        assert value.flat[-1] == arrays["key_last"][number]
        yield str(name), value


@pytest.mark.parametrize(
    ("variant", "size"),
    [("r18", 128), ("r50", 128), pytest.param("r50", 224, marks=pytest.mark.slow)],
)
def test_full_network_gives_the_logits_of_the_reference(
    golden, run_layer, tmp_path, variant, size
):
    arrays = golden(f"10_resnet{variant[1:]}_recipe.io.npz")
    network = resnet(variant, num_classes=int(arrays["num_classes"]))
    np.savez(tmp_path / "weights.npz", **dict(made_up(arrays)))
    load(network, tmp_path / "weights.npz")
    found = run_layer(network, arrays[f"images_u8_{size}"])
    np.testing.assert_allclose(found, arrays[f"logits_{size}"], atol=5e-6)


SIMCLR = {"pool": "same", "shortcut": "every_stage", "normalization": "unit"}
DEEP = {**SIMCLR, "stem": "deep", "average_shortcut": True, "sk_ratio": 0.0625}
SIMCLR_SPECS = {
    "11_simclr_r50s_w0.1875": ResNetSpec((1, 1, 1, 1), width=0.1875, **SIMCLR),
    "11_simclr_r18s_cifar_w0.25": ResNetSpec(
        (2, 1, 1, 1), "basic", 0.25, **{**SIMCLR, "stem": "cifar"}
    ),
    "11_simclr_r50s_sk_w0.1875": ResNetSpec((1, 1, 1, 1), width=0.1875, **DEEP),
    "11_simclr_r18s_sk_w0.1875": ResNetSpec((1, 1, 1, 1), "basic", 0.1875, **DEEP),
}


def place_in_simclr(path):
    """Gives the layer, all but its number, that a checkpoint of SimCLR calls so."""
    layer = "conv" if path.endswith("kernel") else "norm"
    match = re.search(r"groups/(\d+)/layers/(\d+)/(\w+)/", path)
    if not match:
        return f"root_{layer}"
    unit = f"stage{int(match[1]) + 1}_unit{int(match[2]) + 1:02d}"
    if match[3] in ("projection_layers", "shortcut_layers"):
        return f"{unit}_shortcut_{layer}"
    streams = {"/conv2d_0/": "conv1", "/conv2d_1/": "conv2", "relu_1/": "norm"}
    found = (f"streams_{name}" for part, name in streams.items() if part in path)
    return f"{unit}_{next(found, layer)}"


def fill_from_simclr(network, weights):
    """Sets the variables of a network from the arrays of a checkpoint of SimCLR."""
    groups = {}
    for path in sorted(weights, key=lambda p: [int(n) for n in re.findall(r"\d+", p)]):
        holder, _, kind = path.rpartition("/")
        groups.setdefault(place_in_simclr(path), {}).setdefault(holder, {})[kind] = path
    layers = {layer.name: layer for layer in network.layers}
    for place, holders in groups.items():
        for number, kinds in enumerate(holders.values(), start=1):
            # The last one of a stem has no number.
            last = number == len(holders)
            name = place if place in layers and last else f"{place}{number}"
            for kind, path in kinds.items():
                getattr(layers[name], kind).assign(weights[path])


@pytest.fixture(scope="module")
def simclr(golden):
    """Gives a function from a name to (network without a head, arrays)."""

    @functools.cache
    def find(name):
        network = resnet(SIMCLR_SPECS[name])
        fill_from_simclr(network, golden(f"{name}.ckpt.npz"))
        return network, golden(f"{name}.io.npz")

    return find


@pytest.mark.parametrize("name", SIMCLR_SPECS)
def test_features_are_those_of_simclr(simclr, run_layer, name):
    network, arrays = simclr(name)
    for index in (0, 1) if "x1" in arrays else (0,):
        images = 255 * arrays[f"x{index}"]
        places = {f"block_group{n}": f"stage{n}" for n in (1, 2, 3, 4)}
        places |= {"initial_max_pool": "root"}
        for array, place in places.items():
            found = run_layer(endpoint(network, place), images[:1])
            require_near(found, arrays[f"{array}_{index}"], 1e-5, place)
        found = run_layer(network, images)
        require_near(found, arrays[f"final_avg_pool_{index}"], 1e-5, "pooled")


@pytest.mark.parametrize("name", SIMCLR_SPECS)
def test_features_in_training_are_those_of_simclr(simclr, name):
    network, arrays = simclr(name)
    found, _ = trained_once(network, 255 * arrays["x0"])
    tolerance = 3e-4 if "_sk_" in name else 5e-5
    require_near(found, arrays["train_final_avg_pool"], tolerance, "pooled")
