import numpy as np
import pytest

from bit_keras.training import open_run


@pytest.fixture(scope="module")
def photos(write_pictures, tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("new") / "photos", 2)


@pytest.fixture(scope="module")
def embedded(command, finished, photos):
    output = photos / "features.npz"
    (photos / "red" / "page.jpg").write_text("<html>")
    done = command("embed", photos, "--run", finished.folder, "--output", output)
    with np.load(output, allow_pickle=False) as archive:
        return done, dict(archive)


def test_every_readable_photograph_has_a_row_with_its_path(embedded, photos):
    done, arrays = embedded
    assert done.code == 0
    assert arrays["features"].shape == (6, 1024)
    assert arrays["paths"].tolist() == [
        str(photos / name / f"{number}.jpg")
        for name in ("blue", "green", "red")
        for number in range(2)
    ]
    assert f"Left out: {photos / 'red' / 'page.jpg'}: not an image" in done.err


def test_the_features_are_what_the_head_decides_from(embedded, finished):
    head = open_run(finished.folder).network().get_layer("logits")
    kernel, bias = (np.asarray(variable) for variable in head.get_weights())
    classes = (embedded[1]["features"] @ kernel + bias).argmax(axis=-1)
    assert classes.tolist() == [0, 0, 1, 1, 2, 2]


def test_another_layer_gives_its_feature_maps(command, finished, photos, tmp_path):
    output = tmp_path / "features.npz"
    command(
        *("embed", photos / "red" / "0.jpg", "--run", finished.folder),
        *("--layer", "stage1", "--crop", "48", "--output", output),
    )
    with np.load(output, allow_pickle=False) as archive:
        assert archive["features"].shape == (1, 12, 12, 128)
