import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.rand_augment import INCREASING, OPERATIONS, rand_augment

GOLDEN = np.load("tests/golden/08_randaugment.npz", allow_pickle=False)
NOT_BUILT = ("PosterizeOriginal", "Desaturate", "GaussianBlur")
KEYS = [
    pytest.param(key, argument, id=key)
    for key, argument in zip(GOLDEN["op_keys"], GOLDEN["op_level_args"], strict=True)
    if not key.startswith(NOT_BUILT)
]
# What Pillow does by a table of values; it blends and moves in numbers of its own.
EXACT = ("AutoContrast", "Equalize", "Invert", "Posterize", "Solarize")


def operation_of(name):
    """Gives the operation of a golden name."""
    table = INCREASING if name.endswith("Increasing") else OPERATIONS
    return table[name.removesuffix("Increasing")]


def argument_of(key):
    """Gives the arguments of an operation, none or one, that a golden key tells."""
    name, magnitude, *rest = key.split("/")
    operation = operation_of(name)
    if operation.argument is None:
        return []
    level = tf.constant(int(magnitude.removeprefix("m")) / 10)
    return [operation.argument(level, tf.constant(-1.0 if "neg" in rest else 1.0))]


@pytest.mark.parametrize(("key", "argument"), KEYS)
def test_arguments_are_those_of_timm(key, argument):
    for own in argument_of(key):
        np.testing.assert_allclose(own, argument, rtol=1e-6)


@pytest.mark.parametrize(("key", "argument"), KEYS)
def test_operations_are_those_of_timm_on_pillow(key, argument):
    operation = operation_of(key.split("/")[0])
    interpolation = key.split("/")[-1:] if operation.moves else []
    for image, expected in zip(GOLDEN["images"], GOLDEN[key], strict=True):
        image = tf.constant(image)
        changed = operation.change(image, *argument_of(key), *interpolation)
        difference = abs(changed.numpy().astype(int) - expected)
        if interpolation == ["nearest"]:
            # A place between two pixels may go to either, by rounding.
            assert (difference.max(-1) > 0).mean() < 0.002
        else:
            assert difference.max() <= (0 if key.startswith(EXACT) else 1)


@pytest.mark.parametrize(
    "key", [k for k in GOLDEN.files if k.startswith("degenerate/")]
)
def test_operations_take_images_of_one_value_or_two(key):
    operation = operation_of(key.split("/")[1])
    arguments = argument_of(f"{key.split('/')[1]}/m5/pos")
    for image, expected in zip(GOLDEN["degenerate_images"], GOLDEN[key], strict=True):
        changed = operation.change(image, *arguments)
        exact = key.endswith(("AutoContrast", "Equalize"))
        assert abs(changed.numpy().astype(int) - expected).max() <= (0 if exact else 1)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_operation_takes_images_of_any_size(size, channels):
    image = np.random.default_rng(0).integers(0, 256, (*size, channels), "uint8")
    for operation in (*OPERATIONS.values(), *INCREASING.values()):
        arguments = []
        if operation.argument:
            arguments = [operation.argument(tf.constant(0.9), tf.constant(-1.0))]
        changed = operation.change(image, *arguments)
        assert changed.dtype == tf.uint8
        assert changed.shape == image.shape


def test_posterize_keeps_all_bits_from_eight_on():
    image = GOLDEN["images"][0]
    operation = OPERATIONS["Posterize"]
    for level in (2.0, 3.0):  # that an mmax above 10 allows
        changed = operation.change(image, operation.argument(tf.constant(level), 1))
        np.testing.assert_array_equal(changed, image)


@pytest.mark.parametrize("level", [1.0, 3.0])
def test_increasing_posterize_ends_with_no_bits(level):
    operation = INCREASING["Posterize"]
    argument = operation.argument(tf.constant(level), 1)
    assert not operation.change(GOLDEN["images"][0], argument).numpy().any()


def augmented(image, config, count, interpolation="bilinear"):
    """Gives an image as so many keys augment it."""

    @tf.function
    def every():
        return tf.map_fn(
            lambda number: rand_augment(
                image, tf.stack([0 * number, number]), config, interpolation
            ),
            tf.range(count, dtype=tf.int64),
            fn_output_signature=image.dtype,
        )

    return every().numpy()


def increasing_pictures(interpolation):
    """Gives golden keys of the increasing set at half strength -> pictures."""
    others = {"nearest", "bilinear", "bicubic"} - {interpolation}
    pictures = {}
    for key in GOLDEN["op_keys"]:
        name, magnitude, *rest = key.split("/")
        of_set = name.endswith("Increasing") or name not in (*INCREASING, *NOT_BUILT)
        if not of_set or others & set(rest):
            continue
        if magnitude == "m5" or operation_of(name).argument is None:
            pictures[key] = GOLDEN[key][0]
    return pictures


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_one_operation_for_sure_gives_one_of_timms_pictures(interpolation):
    expected = increasing_pictures(interpolation)
    assert len(expected) == 15 + 9  # nine of the operations have a sign
    image = tf.constant(GOLDEN["images"][0])
    found = set()
    for picture in augmented(image, "rand-m5-n1-p1-inc1", 250, interpolation):
        near = {
            key
            for key, other in expected.items()
            if abs(picture.astype(int) - other).max() <= 1
        }
        assert near
        found |= near
    assert found == set(expected)


def test_equal_keys_give_equal_images_and_others_others():
    image = tf.constant(GOLDEN["images"][0])
    first, second = (augmented(image, "rand-m9-mstd1-p1", 20) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len({picture.tobytes() for picture in first}) == 20


def test_images_of_sizes_known_only_later_are_taken():
    pictures = [np.zeros((4, 7, 3), "uint8"), np.zeros((9, 2, 3), "uint8")]
    dataset = tf.data.Dataset.from_generator(
        lambda: pictures, output_signature=tf.TensorSpec((None, None, 3), tf.uint8)
    )
    keyed = dataset.enumerate().map(lambda n, image: rand_augment(image, (0, n)))
    assert keyed.element_spec.shape.as_list() == [None, None, 3]
    assert [image.shape for image in keyed] == [(4, 7, 3), (9, 2, 3)]
