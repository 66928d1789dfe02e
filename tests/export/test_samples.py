import dataclasses

import numpy as np
import pytest
from PIL import Image

from bit_keras.errors import InputError
from bit_keras.export.samples import samples_of
from bit_keras.training import open_run


@pytest.fixture(scope="module")
def run(finished):
    return open_run(finished.folder)


def test_those_of_a_run_are_test_images_of_every_class(trained_of, run):
    samples = samples_of(trained_of("bit"), run)
    assert samples.source == "test images of colours"
    assert samples.compared.dtype == "uint8"
    assert samples.compared.shape[1:] == (32, 32, 3)
    strongest = samples.compared.mean((1, 2)).argmax(-1)
    assert set(strongest) == {0, 1, 2}  # red, green and blue


def test_calibration_is_on_training_images(trained_of, run):
    samples = samples_of(trained_of("bit"), run, calibrate=True)
    tested = {image.tobytes() for image in samples.compared}
    assert not tested & {image.tobytes() for image in samples.calibration}
    assert len(samples.calibration) > len(samples.compared)


def test_photographs_take_their_place(trained_of, run, tmp_path):
    for number in range(20):
        Image.new("RGB", (40, 30), (number, 0, 0)).save(tmp_path / f"{number:02}.png")
    samples = samples_of(trained_of("bit"), run, [str(tmp_path)], calibrate=True)
    assert samples.source == "photographs"
    assert samples.calibration[:, 0, 0, 0].tolist() == list(range(20))
    reds = samples.compared[:, 0, 0, 0].tolist()
    assert len(reds) == 16
    assert (reds[0], reds[-1]) == (0, 19)


def test_unreadable_photographs_are_told(trained_of, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no image")
    with pytest.raises(InputError, match="None of the files after --images can be"):
        samples_of(trained_of("bit"), photos=[str(tmp_path)])


def test_without_images_it_is_noise_and_says_so(trained_of, run, monkeypatch):
    samples = samples_of(trained_of("bit"), calibrate=True)
    assert samples.calibration is None
    assert "noise, because no photographs were named" in samples.source
    assert np.unique(samples.compared).size == 256


def test_a_lost_data_set_is_told(trained_of, run, tmp_path):
    import shutil

    moved = open_run(shutil.copytree(run.folder, tmp_path / "run"))
    info = dataclasses.asdict(moved.info)
    info["typed"]["dataset"] = str(tmp_path / "gone")
    moved.write("run.json", info)
    moved = open_run(moved.folder)
    samples = samples_of(trained_of("bit"), moved, calibrate=True)
    assert samples.calibration is None
    assert "the run's data set is not there any more (There is no" in samples.source
