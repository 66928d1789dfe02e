"""Runs that begin late, or that several replicas and machines share."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.batches import Share, training_batches
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.record_stream import RecordStream
from bit_keras.errors import InputError
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=6, crop=4, steps=5, batch_size=8, mixup_alpha=0.5, mix_group=2)
LENGTHS = (6, 0, 7, 4)
COUNT = sum(LENGTHS)


@dataclasses.dataclass(frozen=True)
class Watched(ArrayExamples):
    """Array examples that remember which images were asked for."""

    seen: list = dataclasses.field(default_factory=list)

    def image(self, position):
        seen = tf.numpy_function(self._see, [position], tf.int64)
        with tf.control_dependencies([seen]):
            return super().image(tf.identity(position))

    def _see(self, position):
        self.seen.append(int(position))
        return position


def watched_arrays():
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 5, 7, 3), "uint8")
    return Watched(pixels, np.arange(COUNT) % 3)


def watched_stream(folder, seen):
    numbers = iter(range(COUNT))
    for file, length in enumerate(LENGTHS):
        with tf.io.TFRecordWriter(str(folder / str(file))) as writer:
            for _ in range(length):
                level = np.full((5, 7, 3), 10 * next(numbers), "uint8")
                writer.write(tf.io.encode_png(level).numpy())

    def see(level):
        seen.append(int(level) // 10)
        return level

    def parse(record):
        level = tf.io.decode_png(record)[0, 0, 0]
        level = tf.ensure_shape(tf.numpy_function(see, [level], tf.uint8), ())
        return record, tf.cast(level, tf.int64) // 10 % 3

    files = tuple(str(folder / str(file)) for file in range(len(LENGTHS)))
    return RecordStream(files, LENGTHS, parse, block=5, shards_at_once=2)


@pytest.fixture(params=["arrays", "stream"])
def examples_and_seen(request, tmp_path):
    """Examples, and the list of those that were read so far."""
    if request.param == "arrays":
        examples = watched_arrays()
        return examples, examples.seen
    seen = []
    return watched_stream(tmp_path, seen), seen


def arrays_of(batches):
    return [[values.numpy() for values in batch] for batch in batches]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for batch, other in zip(found, expected, strict=True):
        for values, others in zip(batch, other, strict=True):
            np.testing.assert_array_equal(values, others)


def in_fours(batches):
    """The batches of replicas of four examples each, one after the other."""
    return [
        [values[first : first + 4] for values in batch]
        for batch in batches
        for first in range(0, len(batch[0]), 4)
    ]


@pytest.mark.parametrize("start", [1, 3])
def test_a_late_start_gives_the_batches_of_an_unbroken_run_and_reads_no_others(
    examples_and_seen, start
):
    examples, seen = examples_and_seen
    whole = arrays_of(training_batches(examples, RECIPE, 3))
    seen.clear()
    batches = training_batches(examples, RECIPE, 3, start=start)
    assert int(batches.cardinality()) == 5 - start
    assert_same(arrays_of(batches), whole[start:])
    assert len(seen) == 8 * (5 - start)


def test_a_run_that_is_over_has_no_batches(examples_and_seen):
    examples, _ = examples_and_seen
    assert arrays_of(training_batches(examples, RECIPE, 3, start=5)) == []


def test_two_replicas_of_a_machine_see_what_one_would(examples_and_seen):
    examples, _ = examples_and_seen
    one = arrays_of(training_batches(examples, RECIPE, 3))
    share = Share(replicas=2, first=0, local=2)
    two = training_batches(examples, RECIPE, 3, share=share)
    assert int(two.cardinality()) == 10
    assert_same(arrays_of(two), in_fours(one))


def test_each_machine_reads_only_what_is_its_own(examples_and_seen):
    examples, seen = examples_and_seen
    recipe = dataclasses.replace(RECIPE, batch_size=16, steps=1)
    whole = in_fours(arrays_of(training_batches(examples, recipe, 3)))
    for first, local in ((0, 1), (1, 2), (3, 1)):
        seen.clear()
        share = Share(replicas=4, first=first, local=local)
        batches = arrays_of(training_batches(examples, recipe, 3, share=share))
        assert_same(batches, whole[first : first + local])
        assert len(seen) == 4 * local


def test_a_machine_of_a_shared_run_starts_late_too(examples_and_seen):
    examples, _ = examples_and_seen
    one = arrays_of(training_batches(examples, RECIPE, 3))
    share = Share(replicas=2, first=1, local=1)
    late = training_batches(examples, RECIPE, 3, start=2, share=share)
    assert_same(arrays_of(late), in_fours(one)[5::2])


@pytest.mark.parametrize(
    "changes", [{}, {"cropping": "inception"}, {"cropping": "none"}]
)
def test_all_shapes_are_known_before_the_first_batch(examples_and_seen, changes):
    examples, _ = examples_and_seen
    recipe = dataclasses.replace(RECIPE, class_weights=(1.0, 2.0, 3.0), **changes)
    share = Share(replicas=2, first=0, local=1)
    for each in (recipe, dataclasses.replace(recipe, mixup_alpha=0.0)):
        spec = training_batches(examples, each, 3, share=share).element_spec
        assert [tuple(values.shape) for values in spec] == [(4, 4, 4, 3), (4, 3), (4,)]


def test_a_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(InputError, match="among 3 devices: use --set batch_size=9"):
        training_batches(watched_arrays(), RECIPE, 3, share=Share(replicas=3))


@pytest.mark.parametrize("repeats", [2, 3])
def test_repeated_images_on_two_machines_are_those_of_one(examples_and_seen, repeats):
    examples, _ = examples_and_seen
    recipe = dataclasses.replace(RECIPE, repeats=repeats)
    one = arrays_of(training_batches(examples, recipe, 3))
    share = Share(replicas=2, first=1, local=1)
    late = training_batches(examples, recipe, 3, start=2, share=share)
    assert_same(arrays_of(late), in_fours(one)[5::2])


@pytest.mark.parametrize("mode", ["batch", "pair", "elem"])
def test_cutmix_on_two_machines_is_that_of_one(mode):
    recipe = dataclasses.replace(RECIPE, cutmix_alpha=1.0, mix_mode=mode, mix_group=4)
    one = arrays_of(training_batches(watched_arrays(), recipe, 3))
    share = Share(replicas=2, first=1, local=1)
    late = training_batches(watched_arrays(), recipe, 3, start=2, share=share)
    assert_same(arrays_of(late), in_fours(one)[5::2])


@pytest.mark.parametrize("group", [0, 8])
def test_mixing_across_replicas_is_refused(group):
    recipe = dataclasses.replace(RECIPE, mix_group=group)
    with pytest.raises(InputError, match="mix 8 .* has 4 .* mix_group=4"):
        training_batches(watched_arrays(), recipe, 3, share=Share(replicas=2))
    plain = dataclasses.replace(recipe, mixup_alpha=0.0)
    training_batches(watched_arrays(), plain, 3, share=Share(replicas=2))


def equal_stream(folder, files=4, records=8):
    """A stream of files that hold equally many records, gray images of their number."""
    numbers = iter(range(files * records))
    for file in range(files):
        with tf.io.TFRecordWriter(str(folder / str(file))) as writer:
            for _ in range(records):
                gray = np.full((4, 4, 3), next(numbers), "uint8")
                writer.write(tf.io.encode_png(gray).numpy())

    def parse(record):
        return record, tf.constant(0, tf.int64)

    paths = tuple(str(folder / str(file)) for file in range(files))
    return RecordStream(paths, (records,) * files, parse, block=8)


PLAIN = Recipe(resize=4, crop=4, steps=4, batch_size=8, flip=False)


def numbers_of(batches):
    return [images.numpy()[:, 0, 0, 0].astype(int).tolist() for images, _ in batches]


def test_a_machine_opens_only_the_files_of_its_own_examples(tmp_path):
    stream = equal_stream(tmp_path)
    whole = numbers_of(training_batches(stream, PLAIN, 1))
    for path in stream.files[2:]:
        pathlib.Path(path).unlink()
    share = Share(replicas=2, first=0, local=1)
    # Files go to four lanes in turn, of which the first machine has two.
    found = numbers_of(training_batches(stream, PLAIN, 1, share=share))
    assert found == [batch[:4] for batch in whole]


def test_every_epoch_of_a_divided_stream_has_each_record_once(tmp_path):
    batches = numbers_of(training_batches(equal_stream(tmp_path), PLAIN, 1))
    assert sorted(sum(batches, [])) == list(range(32))
    assert batches != [sorted(batch) for batch in batches]


@pytest.mark.parametrize("local", [1, 2])
def test_machines_that_divide_no_lanes_evenly_see_what_one_would(tmp_path, local):
    stream = equal_stream(tmp_path)
    recipe = dataclasses.replace(PLAIN, batch_size=24, steps=3)
    whole = numbers_of(training_batches(stream, recipe, 1))
    replicas = 3 * local
    machines = [
        numbers_of(
            training_batches(
                stream, recipe, 1, share=Share(replicas, first, local), start=1
            )
        )
        for first in range(0, replicas, local)
    ]
    for step in (1, 2):
        parts = [m[(step - 1) * local : step * local] for m in machines]
        assert sum(sum(parts, []), []) == whole[step]


def test_a_divided_stream_repeats_each_record_in_place(tmp_path):
    recipe = dataclasses.replace(PLAIN, repeats=2, steps=8)
    twice = numbers_of(training_batches(equal_stream(tmp_path), recipe, 1))
    # Four lanes have two examples of a batch each.
    assert all(batch[::2] == batch[1::2] for batch in twice)
    assert sorted(sum(twice, [])[::2]) == list(range(32))


def test_files_of_unequal_length_are_not_divided():
    def parse(record):
        return record, 0

    assert len(RecordStream(("a", "b"), (100, 90), parse).lanes(8)) == 1
    assert len(RecordStream(("a", "b"), (100, 99), parse).lanes(8)) == 2
    assert len(RecordStream(("a", "b"), (100, 99), parse).lanes(7)) == 1
