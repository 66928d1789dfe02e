import keras
import numpy as np
import pytest

from bit_keras.analysis import HeatMaps, heat_map
from bit_keras.errors import InputError
from bit_keras.models import BiTSpec, ViTSpec, bit, for_inference, vit

CLASSES = 4


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3), "uint8")


def network(dtype=None, family="bit"):
    keras.utils.set_random_seed(0)
    if family == "bit":
        model = bit(BiTSpec((1, 1), 0.5), num_classes=CLASSES, dtype=dtype)
    else:
        model = vit(
            ViTSpec(32, 1, 4, 64, 8, classifier="gap"),
            num_classes=CLASSES,
            image_size=(64, 96),
            dtype=dtype,
        )
    head = model.get_layer("logits")
    generator = np.random.default_rng(0)
    head.set_weights(
        [generator.normal(0, 1, head.kernel.shape), generator.normal(0, 5, CLASSES)]
    )
    return model


def head_of(x, **more):
    return keras.layers.Dense(CLASSES, name="logits", **more)(x)


def arrays(*values):
    return [keras.ops.convert_to_numpy(value) for value in values]


@pytest.mark.backend
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("family", ["bit", "vit"])
@pytest.mark.parametrize("number", range(CLASSES))
def test_the_mean_of_a_map_is_the_logit(images, dtype, family, number):
    model = network(dtype, family)
    logits, maps = arrays(model(images), heat_map(model, images, number))
    # Stage 2 has a position for 8 pixels, and so has a patch.
    assert maps.shape == (3, 8, 12)
    error = abs(maps.mean(axis=(1, 2)) - logits[:, number])
    assert error.max() < 1e-5 * abs(logits).max()
    assert maps.std(axis=(1, 2)).min() > 0.1


@pytest.mark.backend
def test_a_contrast_adds_up_to_the_difference_of_two_logits(images):
    model = network()
    logits, maps = arrays(model(images), heat_map(model, images, [0, 1, 2], 3))
    expected = logits[range(3), range(3)] - logits[:, 3]
    error = abs(maps.mean(axis=(1, 2)) - expected)
    assert error.max() < 1e-5 * abs(logits).max()


@pytest.mark.backend
def test_against_the_others_is_against_their_mean(images):
    model = network()
    logits, maps = arrays(model(images), heat_map(model, images, 1, "others"))
    expected = logits[:, 1] - logits[:, [0, 2, 3]].mean(axis=1)
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), expected, atol=1e-4)


@pytest.mark.backend
def test_without_a_class_it_is_the_first(images):
    model = network()
    logits, maps = arrays(model(images), heat_map(model, images))
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), logits.max(axis=1), rtol=1e-5)


@pytest.mark.backend
def test_a_copy_for_inference_has_the_same_maps(images):
    model = network()
    plain, copied = arrays(
        heat_map(model, images, 0), heat_map(for_inference(model), images, 0)
    )
    np.testing.assert_allclose(copied, plain, atol=1e-3)


def test_a_bright_spot_is_found_where_it_lies():
    inputs = keras.Input((None, None, 3))
    x = keras.layers.AveragePooling2D(8)(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.5)(x)
    model = keras.Model(inputs, head_of(x, use_bias=False))
    model.layers[-1].set_weights([np.full((3, CLASSES), -1 / 3)])
    image = np.zeros((1, 32, 48, 3), "float32")
    image[0, 24:, :8] = 255
    expected = np.zeros((4, 6))
    expected[3, 0] = -255
    np.testing.assert_allclose(heat_map(model, image, 2)[0], expected, rtol=1e-6)


def test_a_class_that_there_is_not_is_refused(images):
    with pytest.raises(InputError, match="4 classes apart, numbered from 0"):
        heat_map(network(), images, CLASSES)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (lambda x: head_of(keras.layers.Flatten()(x)), "a Flatten"),
        (lambda x: head_of(keras.layers.GlobalMaxPooling2D()(x)), "a GlobalMaxPool"),
        (
            lambda x: head_of(
                keras.layers.GlobalAveragePooling2D()(x), activation="softmax"
            ),
            "an activation",
        ),
        (lambda x: keras.layers.GlobalAveragePooling2D()(x), "last layer is"),
    ],
)
def test_a_network_with_another_head_is_refused_with_the_reason(head, why):
    inputs = keras.Input((8, 8, 3))
    with pytest.raises(InputError, match=why):
        HeatMaps(keras.Model(inputs, head(inputs)))
