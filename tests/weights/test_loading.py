import tracemalloc

import numpy as np
import pytest
from stand_ins import (
    BIAS,
    GAMMA,
    KERNEL,
    ROOT,
    UNIT,
    Layer,
    Network,
    arrays,
    refused,
)

from bit_keras.errors import InputError
from bit_keras.weights.files import open_weights
from bit_keras.weights.loading import fill, load, save


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
