import tracemalloc

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.weights.files import open_weights
from bit_keras.weights.layouts import LAYOUTS, Layout, Slot
from bit_keras.weights.loading import fill, load, save

ROOT = "resnet/root_block/standardized_conv2d/kernel"
UNIT = "resnet/block1/unit01/a/standardized_conv2d/kernel"
GAMMA = "resnet/group_norm/gamma"
BETA = "resnet/group_norm/beta"
KERNEL = "resnet/head/conv2d/kernel"
BIAS = "resnet/head/conv2d/bias"


class Variable:
    def __init__(self, shape):
        self.value = np.full(shape, 7.0, "float32")
        self.shape = shape

    def assign(self, value):
        assert value.dtype == np.float32
        assert value.shape == self.shape
        self.value = value

    def numpy(self):
        return self.value


class Layer:
    def __init__(self, name, **shapes):
        self.name = name
        variables = {kind: Variable(shape) for kind, shape in shapes.items()}
        self.__dict__.update(variables)
        self.weights = list(variables.values())


class Network:
    """Stands in for a Keras model: layers with names and variables."""

    name = "tiny"

    def __init__(self, num_classes=None):
        self.layers = [
            Layer("root_conv", kernel=(7, 7, 3, 2)),
            Layer("block1_unit01_a_conv", kernel=(1, 1, 2, 4)),
            Layer("head_norm", gamma=(4,), beta=(4,)),
            Layer("pre_logits"),
        ]
        if num_classes is not None:
            head = Layer("logits", kernel=(4, num_classes), bias=(num_classes,))
            self.layers.append(head)

    def values(self):
        return [variable.value for layer in self.layers for variable in layer.weights]


def arrays(num_classes=10):
    """What an official file of the network holds."""
    random = np.random.default_rng(0)
    shapes = {ROOT: (7, 7, 3, 2), UNIT: (1, 1, 2, 4), GAMMA: (4,), BETA: (4,)}
    if num_classes is not None:
        shapes |= {KERNEL: (1, 1, 4, num_classes), BIAS: (num_classes,)}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "mine.npz"
        np.savez(path, **content)
        return path

    return write


def refused(network, path, words, **options):
    """Checks that loading fails with these words and changes no variable."""
    with pytest.raises(InputError, match=words) as caught:
        load(network, path, **options)
    assert all((value == 7).all() for value in network.values())
    return str(caught.value)


def test_kept_head_comes_from_the_file(written):
    content = arrays(10)
    network = Network(10)
    report = load(network, written(content))
    *body, kernel, bias = network.values()
    np.testing.assert_allclose(body[0], content[ROOT], rtol=1e-6)
    np.testing.assert_allclose(kernel, content[KERNEL][0, 0], rtol=1e-6)
    np.testing.assert_allclose(bias, content[BIAS], rtol=1e-6)
    assert report == "Loaded 4 arrays from mine.npz and its head for 10 classes."


@pytest.mark.parametrize("file_classes", [10, None])
def test_new_head_is_zero_whatever_the_file_has(written, file_classes):
    content = arrays(file_classes)
    network = Network(37)
    report = load(network, written(content), head="new")
    *body, kernel, bias = network.values()
    np.testing.assert_allclose(body[1], content[UNIT], rtol=1e-6)
    assert not kernel.any()
    assert not bias.any()
    assert report == "Loaded 4 arrays from mine.npz; new zero head for 37 classes."


def test_fitting_head_is_kept_and_another_one_becomes_zero(written):
    same, other = Network(10), Network(3)
    assert load(same, written(arrays()), head="fit").endswith(
        "its head for 10 classes."
    )
    assert load(other, written(arrays()), head="fit").endswith(
        "new zero head for 3 classes."
    )
    np.testing.assert_array_equal(same.values()[-1], arrays()[BIAS].astype("float32"))
    np.testing.assert_array_equal(other.values()[-1], np.zeros(3))


@pytest.mark.parametrize("head", ["keep", "new"])
def test_network_without_head_leaves_out_the_files_head(written, head):
    content = arrays(10)
    network = Network()
    report = load(network, written(content), head=head)
    np.testing.assert_allclose(network.values()[2], content[GAMMA], rtol=1e-6)
    assert report == "Loaded 4 arrays from mine.npz; the network has no head."


def test_half_precision_files_are_accepted(written):
    content = {name: array.astype("float16") for name, array in arrays(10).items()}
    network = Network(10)
    load(network, written(content))
    np.testing.assert_array_equal(network.values()[0], content[ROOT])


def test_path_may_be_text(written):
    network = Network(10)
    load(network, str(written(arrays(10))))
    assert not (network.values()[0] == 7).any()


def test_kept_head_of_another_class_count_is_refused(written):
    path = written(arrays(1000))
    message = refused(Network(37), path, 'head for 1000 classes .* 37; pass head="new"')
    assert "leave out --keep-head" in message


def test_kept_head_that_the_file_lacks_is_refused(written):
    refused(Network(37), written(arrays(None)), 'has no head .*head="new"')


def test_missing_surplus_and_misshapen_arrays_are_listed(written):
    content = arrays(10)
    content["resnet/block1/unit02/a/extra"] = content.pop(UNIT)
    content[BETA] = np.zeros(5)
    message = refused(Network(10), written(content), "does not fit")
    assert f"1 missing: {UNIT}" in message
    assert "1 surplus: resnet/block1/unit02/a/extra" in message
    assert f"1 misshapen: {BETA} (5,) instead of (4,)" in message


def test_long_lists_are_cut_after_ten_with_their_count(written):
    content = arrays(10) | {f"resnet/extra{i:02d}": np.ones(1) for i in range(12)}
    message = refused(Network(10), written(content), "12 surplus")
    assert "resnet/extra09, … (12 in all)" in message
    assert "resnet/extra10" not in message


def test_head_of_other_features_is_refused(written):
    content = arrays(10)
    content[KERNEL] = np.zeros((1, 1, 8, 10))
    words = r"\(1, 1, 8, 10\) instead of \(1, 1, 4, 10\)"
    refused(Network(10), written(content), words)


def test_vision_transformer_file_is_named(written):
    content = {"Transformer/encoder_norm/bias": np.ones(4), "head/bias": np.ones(10)}
    refused(Network(10), written(content), "is a Vision Transformer")


def test_array_that_is_damaged_changes_no_variable_before_it(written):
    content = arrays(10)
    content[GAMMA] = np.array([1, np.nan, 1, 1])
    refused(Network(10), written(content), f"NaN or infinity: {GAMMA}")


def test_open_file_fills_a_new_network_as_well(written):
    one, other = Network(10), Network(10)
    path = written(arrays(10))
    with open_weights(path) as file:
        report = fill(one, file)
    assert report == load(other, path)
    for found, expected in zip(one.values(), other.values(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_one_array_at_a_time_is_in_memory(written):
    class Large(Network):
        def __init__(self):
            stages = range(1, 9)
            ends = [
                Layer("root_conv", kernel=(7, 7, 3, 2)),
                Layer("head_norm", gamma=(4,), beta=(4,)),
            ]
            units = [f"block{stage}_unit01_a_conv" for stage in stages]
            kernels = [Layer(name, kernel=(1, 1, 500, 500)) for name in units]
            self.layers = [ends[0], *kernels, ends[1]]

    network = Large()
    path = written({})
    save(network, path)
    largest, whole = 4 * 500 * 500, 8 * 4 * 500 * 500
    tracemalloc.start()
    try:
        load(network, path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The variables of these stand-ins are the arrays they are given.
    assert peak < whole + 2 * largest


def test_network_of_another_layout_is_told_which_file_it_takes(written, monkeypatch):
    class Toy:
        name = "toy"
        layers = (Layer("dense", kernel=(2, 3)),)

    def slots(model):
        kernels = [layer.kernel for layer in model.layers if layer.name == "dense"]
        return {"toy/kernel": Slot(kernels[0], (3, 2), np.transpose)} if kernels else {}

    toy = Layout("a toy file", lambda names: "toy/kernel" in names, slots, ("b",), str)
    monkeypatch.setitem(LAYOUTS, "toy", toy)
    with pytest.raises(
        InputError, match="is an official BiT file, not a toy file; name a toy file"
    ):
        load(Toy(), written(arrays(10)))
    load(Toy(), written({"toy/kernel": np.arange(6.0).reshape(3, 2)}))
    assert Toy.layers[0].kernel.value.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_missing_file_suggests_the_published_name():
    refused(Network(10), "BiT-M-R50x1.npz", "no weight file at.*'BiT-M-R50x1'")


def test_unknown_name_suggests_the_published_name():
    refused(Network(10), "BiT-M-R50y1", "no published weights.*'BiT-M-R50x1'")


def test_existing_path_wins_over_a_published_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("file.npz", **arrays(10))
    (tmp_path / "file.npz").rename("BiT-M-R50x1")
    assert "from BiT-M-R50x1 " in load(Network(10), "BiT-M-R50x1")


def test_published_name_is_taken_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    (tmp_path / "weights" / "distill").mkdir(parents=True)
    np.savez(tmp_path / "weights" / "distill" / "R50x1_224.npz", **arrays(10))
    assert "R50x1_224.npz" in load(Network(10), "FunMatch-224px-i1k82.8")


def test_unknown_head_option_is_refused(written):
    refused(
        Network(10),
        written(arrays(10)),
        "'keep', 'new' or 'fit'.*'fresh'",
        head="fresh",
    )


def test_saved_network_has_the_official_names_and_shapes(tmp_path):
    save(Network(10), tmp_path / "mine.npz")
    with np.load(tmp_path / "mine.npz", allow_pickle=False) as saved:
        shapes = {name: saved[name].shape for name in saved.files}
        assert shapes == {name: array.shape for name, array in arrays(10).items()}
        assert {saved[name].dtype for name in saved.files} == {np.dtype("float32")}


def test_saving_what_was_loaded_gives_the_same_file(written, tmp_path):
    content = {name: array.astype("float32") for name, array in arrays(10).items()}
    network = Network(10)
    load(network, written(content))
    save(network, tmp_path / "again.npz")
    with np.load(tmp_path / "again.npz", allow_pickle=False) as saved:
        for name, array in content.items():
            np.testing.assert_array_equal(saved[name], array)


def test_weights_without_a_place_in_the_file_are_not_dropped_silently(tmp_path):
    network = Network(10)
    network.layers.append(Layer("my_head", kernel=(4, 2)))
    with pytest.raises(InputError, match="no place for .*my_head"):
        save(network, tmp_path / "mine.npz")
    assert not list(tmp_path.iterdir())
