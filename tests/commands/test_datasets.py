import numpy as np
import pytest
from PIL import Image

from bit_keras.forms import FORMS


def test_without_a_name_every_form_is_listed(command, tmp_path):
    done = command("datasets", "--data-dir", tmp_path)
    assert done.code == 0
    for form in FORMS:
        assert f"  {form}\n" in done.out
    assert f"Prepared in {tmp_path}: none" in done.out


def test_prepared_sets_are_found(command, tmp_path, monkeypatch):
    for name in ("mnist/3.0.1", "cifar10/3.0.2", "cifar10/3.0.1", "half/incomplete"):
        (tmp_path / name).mkdir(parents=True)
        if "incomplete" not in name:
            (tmp_path / name / "dataset_info.json").touch()
    assert "cifar10, mnist\n" in command("datasets", "--data-dir", tmp_path).out
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert "cifar10, mnist\n" in command("datasets").out


def test_one_set_is_described(command, pictures):
    done = command("datasets", pictures)
    assert "colours: 24 train, 6 test images of 3 classes" in done.out
    assert "typically 30 x 24 pixels" in done.out
    assert "are held out (seed 0)" in done.out
    assert "train: from 8 to 8 images per class" in done.out
    assert "test: from 2 to 2 images per class" in done.out


def test_samples_show_one_test_image_of_each_class(command, tmp_path):
    done = command("datasets", "digits", "--samples", tmp_path / "samples")
    assert done.code == 0
    paths = sorted((tmp_path / "samples").iterdir())
    assert [path.name for path in paths] == [f"{digit}.png" for digit in range(10)]
    pixels = [np.asarray(Image.open(path)) for path in paths]
    assert all(image.shape == (8, 8, 3) for image in pixels)
    # A one has ink in the middle, a zero has not.
    assert pixels[1][3:5, 3:5].mean() > 150
    assert pixels[0][3:5, 3:5].mean() < 50


@pytest.mark.parametrize("words", [("digits", "9"), ("--samples",)])
def test_words_too_many_or_too_few_are_refused(command, words):
    assert command("datasets", *words).code == 2


@pytest.fixture
def table(write_pictures, tmp_path):
    """A CSV of images with several labels: red ones are warm, all but one plain."""
    write_pictures(tmp_path / "photos", 2, names=["blue", "red"])
    (tmp_path / "table.csv").write_text(
        "photos/red/0.jpg,warm;plain\nphotos/blue/0.jpg,plain\n"
        "photos/blue/1.jpg,\nphotos/red/1.jpg,plain;warm,test\n"
    )
    return tmp_path / "table.csv"


def test_several_labels_are_counted_each(command, table):
    done = command("datasets", table, "--multi-label")
    assert "table: 3 train, 1 test images of 2 classes (several labels" in done.out
    assert "train: from 1 to 2 images per class" in done.out


def test_a_sample_of_several_labels_is_one_that_has_the_class(command, table, tmp_path):
    command("datasets", table, "--multi-label", "--samples", tmp_path / "samples")
    for name in ("plain", "warm"):
        pixels = np.asarray(Image.open(tmp_path / "samples" / f"{name}.png"))
        assert pixels[..., 0].mean() > 150


@pytest.fixture
def drawn(command, tmp_path):
    """Gives a function: words after `datasets` -> size of the sheet, output."""

    def draw(*words):
        path = tmp_path / "sheet.png"
        done = command("datasets", *words, "--output", path)
        assert done.code == 0
        assert f"Wrote {path}\n" in done.out
        with Image.open(path) as picture:
            return picture.size, done.out

    return draw


def test_a_sheet_has_a_column_for_each_image(drawn, pictures):
    (narrow, _), _ = drawn(pictures, "--sheet", 2)
    (wide, _), _ = drawn(pictures, "--sheet", 4)
    assert 1.4 * narrow < wide < 2 * narrow


def test_a_sheet_of_a_recipe_that_mixes_has_rows_more(drawn):
    (_, plain), _ = drawn("digits", "--sheet", 2)
    (_, mixed), _ = drawn("digits", "--sheet", 2, "--set", "cutmix_alpha=1")
    assert mixed > 1.3 * plain


def test_a_sheet_of_a_recipe_without_labels_takes_none(drawn, pictures):
    _, printed = drawn(pictures, "--sheet", 2, "--recipe", "masked-patches")
    assert "images without labels" in printed


def test_a_sheet_is_named_after_data_and_recipe(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command("datasets", "digits", "--sheet", 1, "--recipe", "quick")
    assert "Wrote sheet-digits-quick.png\n" in done.out
    assert (tmp_path / "sheet-digits-quick.png").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["digits", "--sheet", "0"], "--sheet takes 1 to 16 images. Received: 0"),
        (["--sheet", "8"], "--sheet is of a data set: name one before it."),
        (["digits", "--recipe", "vit"], "for a sheet: add --sheet 8."),
        (["digits", "--sheet", "8", "--recipe", "vitt"], "Did you mean 'vit'?"),
        (["digits", "--sheet", "8", "--set", "cutmix_alfa=1"], "'cutmix_alpha'"),
        (["digits", "--sheet", "8", "--output", "no/sheet.png"], "no folder 'no'"),
        (["digits", "--sheet", "8", "--set", "crop=900"], "must not exceed resize"),
    ],
)
def test_a_sheet_that_cannot_be_drawn_is_refused(refused, words, told):
    assert told in refused("datasets", *words)
