import struct

import numpy as np
import pytest
import tensorflow as tf
from encoded_images import EXACT, JPEG, encoded, orientation_tags, picture, shown

from bit_keras.data import images


@pytest.mark.parametrize("order", ["II", "MM"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_is_turned_upright(orientation, order):
    exif = b"Exif\0\0" + orientation_tags(orientation, order)
    contents = encoded(picture(), "JPEG", exif=exif)
    decoded = images.decode(contents).numpy()
    assert decoded.shape == ((14, 22, 3) if orientation < 5 else (22, 14, 3))
    assert np.abs(decoded - shown(contents).astype(int)).mean() < 1


def test_turn_is_found_behind_another_segment():
    plain = encoded(picture(), "JPEG", comment=b"Exif or not")
    exif = b"Exif\0\0" + orientation_tags(3)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    frame = plain.index(b"\xff\xdb")
    turned = images.decode(plain[:frame] + segment + plain[frame:])
    np.testing.assert_array_equal(turned, images.decode(plain)[::-1, ::-1])


@pytest.mark.parametrize(
    "start", [b"II*\0\xff\xff\0\0", b"MM\0*\0\0\0\x08\xff\xff", b""]
)
def test_damaged_exif_leaves_the_image_as_it_is(start):
    misleading = start + b"\x12\1\3\0\1\0\0\0\6\0" + b"\1\x12\0\3\0\0\0\1\0\6"
    contents = encoded(picture(), "JPEG", exif=b"Exif\0\0" + misleading)
    assert images.decode(contents).shape == (14, 22, 3)


def test_bomb_is_refused_by_its_header():
    header = struct.pack(">II5B", 40001, 40001, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + header + b"\0" * 100
    with pytest.raises(tf.errors.InvalidArgumentError, match="limit of 150 million"):
        images.decode(bomb)


@pytest.mark.parametrize("contents", [b"", b"<html></html>", b"\0" * 999])
def test_other_files_are_refused(contents):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a JPEG, PNG"):
        images.decode(contents)


def test_decodes_every_kind_in_a_parallel_map():
    files = [*EXACT.values(), *JPEG.values()]
    dataset = tf.data.Dataset.from_tensor_slices(files)
    dataset = dataset.map(images.decode, num_parallel_calls=4)
    assert dataset.element_spec.shape.as_list() == [None, None, 3]
    for decoded, contents in zip(dataset, files, strict=True):
        np.testing.assert_array_equal(decoded, images.decode(contents))


def test_decodes_in_a_saved_model(tmp_path):
    signature = [tf.TensorSpec((), tf.string)]
    module = tf.Module()
    module.decode = tf.function(images.decode, input_signature=signature)
    tf.saved_model.save(module, tmp_path)
    decode = tf.saved_model.load(tmp_path).decode
    turned = encoded(picture(), "JPEG", exif=b"Exif\0\0" + orientation_tags(6))
    for contents in (turned, EXACT["png with alpha"]):
        np.testing.assert_array_equal(decode(contents), images.decode(contents))


@pytest.mark.parametrize("size", [48, 128, 160])
def test_resizes_as_the_published_preprocessing(golden, size):
    arrays = golden("06_bit_preprocess.npz")
    resized = images.resize(arrays["image_u8"], (size, size))
    assert resized.dtype == tf.float32
    expected = arrays[f"bit_eval_{size}"]
    np.testing.assert_allclose((resized - 127.5) / 127.5, expected, atol=1e-5)
