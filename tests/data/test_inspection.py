import numpy as np
import tensorflow as tf
from scenes import scene, written

from bit_keras.data import inspection
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.inspection import inspect, streamed_twins
from bit_keras.data.record_stream import RecordStream
from bit_keras.data.twins import appearance, looked_at


def test_folders_files_and_sets_stand_side_by_side(tmp_path):
    folder = written(tmp_path / "photos", a=scene(0), b=scene(1))
    single = written(tmp_path / "more", c=scene(2)) / "c.png"
    pixels = np.array([scene(3), scene(4)])
    np.savez(tmp_path / "set.npz", x_train=pixels[:1], x_test=pixels[1:])
    found = inspect([str(folder), str(tmp_path / "set.npz"), str(single)])
    assert [name.split("/")[-1] for name in found.names] == (
        ["a.png", "b.png", "c.png", "row 0", "row 0"]
    )
    assert found.splits.tolist() == ["", "", "", "train", "test"]
    thumbnails = found.pictures.thumbnails(np.array([4, 0, 2]))
    for thumbnail, number in zip(thumbnails, (4, 0, 2), strict=True):
        (alone,) = appearance(alone_of(number)).thumbnails(np.array([0]))
        assert (thumbnail == alone).all()


def alone_of(number):
    return looked_at(ArrayExamples(np.array([scene(number)])))


def test_an_image_that_two_names_stand_for_is_there_once(tmp_path):
    folder = written(tmp_path / "photos", a=scene(0))
    assert len(inspect([str(folder), str(folder / "a.png")]).names) == 1


def test_images_of_a_folder_that_belong_to_no_class_are_looked_at(tmp_path):
    for name in ("cat", "dog"):
        written(tmp_path / "photos" / name, a=scene(len(name)))
    scene(7).save(tmp_path / "photos" / "loose.png")
    found = inspect([str(tmp_path / "photos")])
    assert dict(zip(found.names, found.labels, strict=True)) == {
        str(tmp_path / "photos" / "cat" / "a.png"): "cat",
        str(tmp_path / "photos" / "dog" / "a.png"): "dog",
        str(tmp_path / "photos" / "loose.png"): "",
    }


def test_a_stream_is_read_in_pieces_and_its_twins_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(inspection, "STREAMED_AT_ONCE", 2)
    shards = []
    for shard, numbers in enumerate(([5, 0, 6], [7, 1])):
        shards.append(str(tmp_path / f"{shard}"))
        with tf.io.TFRecordWriter(shards[-1]) as writer:
            for number in numbers:
                writer.write(tf.io.encode_png(np.asarray(scene(number))).numpy())
    stream = RecordStream(tuple(shards), (3, 2), lambda record: (record,))
    tested = looked_at(ArrayExamples(np.array([scene(1), scene(0), scene(2)])))
    found = list(streamed_twins(stream, appearance(tested).held()))
    assert found == [(1, 1), (4, 0)]
