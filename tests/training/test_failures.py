import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import evaluation_batches, training_batches
from bit_keras.data.examples import FileExamples
from bit_keras.errors import InputError
from bit_keras.evaluation.running import classify
from bit_keras.training import Learner
from bit_keras.training.failures import readable_errors


@pytest.fixture
def gone(write_pictures, tmp_path):
    """Image files, one of which was deleted after the check."""
    folder = write_pictures(tmp_path / "photos", 2)
    paths = tuple(str(path) for path in sorted(folder.glob("*/*.jpg")))
    (folder / "green" / "1.jpg").unlink()
    return FileExamples(paths, np.arange(6) // 2)


def test_an_image_that_is_lost_while_training_is_named(
    gone, small_network, small_recipe
):
    batches = training_batches(gone, small_recipe(), 3)
    learner = Learner(small_network(), small_recipe())
    with (
        pytest.raises(InputError, match=r"checked \(/.*green/1.jpg; No such file"),
        readable_errors(),
    ):
        learner.fit(batches, verbose=0, shuffle=False)


def test_an_image_that_is_lost_while_evaluating_is_named(
    gone, small_network, small_recipe
):
    batches = evaluation_batches(gone, small_recipe().preprocessing, 3)
    network = small_network()
    with (
        pytest.raises(InputError, match=r"checked \(/.*green/1.jpg; No such file"),
        readable_errors(),
    ):
        classify(network, batches)


def test_lacking_memory_is_told_with_the_way_round_it():
    with pytest.raises(InputError, match="--micro-batch"), readable_errors():
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")


def test_other_errors_stay_what_they_are():
    with pytest.raises(tf.errors.InvalidArgumentError), readable_errors():
        tf.matmul(tf.zeros((2, 3)), tf.zeros((2, 3)))
