"""Wrong input for finetune: one clear sentence, exit code 2, and nothing lost."""

import shutil
import subprocess
import sys
import types
import urllib.request

import numpy as np
import pytest

from bit_keras.data import tfds_source
from bit_keras.training.run_folder import claimed

FIELDS = ("resize=20", "crop=16", "batch_size=8", "steps=1")
TINY = ("--model", "bit_tiny", "--set", *FIELDS)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def finetune(refused, output):
    """Gives a function: data set and further words -> why finetune refuses them."""

    def run(dataset, *words):
        return refused(
            "finetune", "--dataset", dataset, *TINY, "--output", output, *words
        )

    return run


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 5)


def write_arrays(path, pixels, labels):
    np.savez(path, x_train=pixels, y_train=labels)
    return path


def test_one_class_only(finetune, write_pictures, tmp_path):
    write_pictures(tmp_path / "photos", 3, names=["red"])
    sentence = finetune(tmp_path / "photos")
    assert "A classifier needs at least two classes" in sentence
    assert "has one only: red." in sentence


def test_an_empty_class_folder(finetune, photos):
    (photos / "yellow").mkdir()
    assert f"The class folder '{photos / 'yellow'}' holds no images" in finetune(photos)


def test_more_examples_than_a_class_has(finetune, photos):
    for number in (2, 3, 4):
        (photos / "green" / f"{number}.jpg").unlink()
    # Of 5 images 1 is held out, of 2 as well.
    assert finetune(photos, "--examples-per-class", 4) == (
        "--examples-per-class 4 is more than some classes hold: 'green' has 1."
    )


def test_a_class_all_of_whose_files_are_bad(finetune, photos):
    for path in (photos / "red").iterdir():
        path.write_bytes(b"no image")
    sentence = finetune(photos)
    assert f"None of the images of 'red' in the train part of '{photos}'" in sentence
    assert "check-data" in sentence


def test_classes_that_differ_between_train_and_test(finetune, write_pictures, tmp_path):
    write_pictures(tmp_path / "photos" / "train", 2, names=["blue", "red"])
    write_pictures(tmp_path / "photos" / "test", 2, names=["green", "red"])
    assert finetune(tmp_path / "photos").endswith(
        "differ between train and test: only in train: 'blue'; only in test: 'green'."
    )


def test_a_csv_line_with_a_missing_file(finetune, photos):
    table = photos / "table.csv"
    table.write_text("path,label\nred/0.jpg,red\nred/99.jpg,red\n")
    assert finetune(table) == (
        f"Line 3 of '{table}': there is no file '{photos / 'red' / '99.jpg'}' "
        "(a header is path,label[,split])."
    )


def test_a_csv_line_without_a_label(finetune, photos):
    table = photos / "table.csv"
    table.write_text("path,label\nred/0.jpg,red\nblue/0.jpg\n")
    assert finetune(table) == f"Line 3 of '{table}' has no label: blue/0.jpg"


def test_an_npz_of_images_that_is_cut_off(finetune, tmp_path):
    path = write_arrays(tmp_path / "a.npz", np.full((9, 8, 8), 7, "uint8"), range(9))
    path.write_bytes(path.read_bytes()[:-300])
    assert "cannot be read as an npz file, it may be cut off" in finetune(path)


def test_an_npz_of_images_that_holds_nan(finetune, tmp_path):
    pixels = np.full((9, 8, 8), 7.0)
    pixels[2, 3, 4] = np.nan
    path = write_arrays(tmp_path / "a.npz", pixels, range(9))
    assert finetune(path) == f"x_train of '{path}' holds NaN or infinite values."


def test_weights_that_are_cut_off(finetune, photos, tmp_path, golden_folder):
    path = tmp_path / "weights.npz"
    whole = (golden_folder / "01_bit_r1111_w0.5.ckpt.npz").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    sentence = finetune(photos, "--weights", path)
    assert f"'{path}' is not a whole file of weights" in sentence


def test_weights_of_another_family(finetune, photos, tmp_path):
    path = tmp_path / "vit.npz"
    np.savez(path, **{"Transformer/encoder_norm/scale": np.ones(3), "cls": np.ones(3)})
    assert "is a public ViT file, not an official BiT file" in finetune(
        photos, "--weights", path
    )


def test_weights_that_hold_nan(finetune, photos, tmp_path, golden):
    arrays = dict(golden("01_bit_r1111_w0.5.ckpt.npz"))
    arrays["resnet/group_norm/gamma"] = arrays["resnet/group_norm/gamma"] * np.nan
    np.savez(tmp_path / "weights.npz", **arrays)
    sentence = finetune(photos, "--weights", tmp_path / "weights.npz")
    assert "hold NaN or infinity: resnet/group_norm/gamma" in sentence


def test_an_output_folder_in_use_by_a_living_run(finetune, photos, output):
    code = (
        "import time; from bit_keras.training.run_folder import claimed\n"
        f"with claimed({str(output)!r}, {{}}): print('here', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"here\n"
        sentence = finetune(photos)
        other.kill()
    assert f"Another run is writing to '{output}' right now" in sentence
    with claimed(output, {}):
        pass  # however the other run ended, its folder is free again


def test_an_output_folder_that_holds_another_recipe(refused, finished, output):
    shutil.copytree(finished.folder, output)
    sentence = refused(*finished.arguments, "flip=false", "--output", output)
    assert f"'{output}' holds a run of another recipe" in sentence
    assert "--set flip was None and is now false" in sentence


def test_an_output_folder_with_other_files(finetune, photos, output):
    output.mkdir()
    (output / "thesis.txt").write_text("my only copy")
    assert "holds other files, such as 'thesis.txt'" in finetune(photos)


def test_a_data_set_to_be_downloaded_without_a_network(finetune, monkeypatch, tmp_path):
    def unreachable(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(tfds_source.socket, "create_connection", unreachable)
    monkeypatch.setattr(urllib.request, "getproxies", dict)
    sentence = finetune("oxford_iiit_pet", "--data-dir", tmp_path / "tfds")
    assert f"is not in '{tmp_path / 'tfds'}" in sentence
    assert "could not be downloaded (Network is unreachable)" in sentence
    assert "--data-dir" in sentence


def test_a_data_set_that_nobody_knows(finetune):
    sentence = finetune("oxford_iit_pet")
    assert sentence.endswith("TensorFlow Datasets. Did you mean 'oxford_iiit_pet'?")


def test_a_mistyped_recipe_field(finetune, photos):
    sentence = finetune(photos, "--set", "step=3")
    assert sentence.startswith("Unknown recipe field 'step'. Did you mean 'steps'?")


def test_a_mistyped_layer(refused, finished, photos, tmp_path):
    sentence = refused(
        *("embed", photos, "--run", finished.folder, "--layer", "pre_logit"),
        *("--output", tmp_path / "features.npz"),
    )
    assert "has no layer 'pre_logit'. Did you mean 'pre_logits'" in sentence


def test_a_mistyped_network(finetune, photos):
    sentence = finetune(photos, "--model", "bit_tniy")
    assert "Unknown model 'bit_tniy'. Did you mean 'bit_tiny' or " in sentence


def test_too_little_disk(finetune, photos, monkeypatch):
    few = types.SimpleNamespace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: few)
    sentence = finetune(photos)
    assert "has 1 MiB free, but the run needs about 10" in sentence
    assert "choose another --output" in sentence


def test_a_batch_that_the_micro_batch_does_not_divide(finetune, photos):
    sentence = finetune(photos, "--micro-batch", 3)
    assert sentence.startswith("--micro-batch 3 does not divide the 8 images of a ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--examples-per-class", "0"], "--examples-per-class must be above 0."),
        (["--subset-seed", "-1"], "--subset-seed must be 0 or above."),
        (["--head-lr-multiplier", "0"], "head_lr_multiplier=0 must be finite, above 0"),
        (["--freeze", "stag3"], "no 'stag3' to freeze. Did you mean 'stage3'"),
        (["--best-metric", "top1"], "needs evaluations during the run"),
        (["--evaluate-every", "1", "--best-metric", "topp"], "Did you mean 'top1'"),
        (["--tpu", "nowhere", "--strategy", "one"], "--tpu goes with --strategy tpu"),
        (["--checkpoint-minutes", "-1"], "--checkpoint-minutes must not be negative"),
        (["--class-weights", "none.csv"], "--class-weights takes auto or a CSV file"),
        (["--multi-label"], "--multi-label takes a CSV of path,label"),
        (["--seed", "-1"], "--seed must be from 0 to 2**32-1."),
        (["--steps", "0"], "--steps must be above 0."),
        (["--batch-size", "-2"], "--batch-size must be above 0."),
        (["--minutes", "nan"], "--minutes must be above 0."),
        (["--set", "base_lr=nan"], "base_lr=nan must be finite, above 0."),
        (["--set", "crop=21"], "crop=21 must not exceed resize=20."),
        (["--set", "flip=maybe"], "'flip' takes true or false. Received: 'maybe'"),
        (["--set", "flip"], "--set takes FIELD=VALUE. Received: 'flip'"),
        (["--precision", "float8"], "precision=float8 must be one of float32"),
        (["--minutes", "1", "--steps", "9"], "leave out --batch-size, --steps"),
        (["--recipe", "bit-m"], "There is no recipe 'bit-m' for finetune."),
        (["--keep-head"], "--keep-head keeps the head of weights, but there are none"),
        (["--weights", "none.npz"], "There is no weight file at 'none.npz'"),
    ],
)
def test_a_number_or_choice_that_makes_no_sense(finetune, photos, words, expected):
    assert expected in finetune(photos, *words)


def test_a_bad_image_where_bad_images_are_to_fail(finetune, photos):
    (photos / "red" / "1.jpg").write_bytes(b"")
    sentence = finetune(photos, "--bad-images", "fail")
    assert f"1 of the images of '{photos}' cannot be read" in sentence
    assert f"'{photos / 'red' / '1.jpg'}': empty file" in sentence


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--group-from", "(a"], "takes a regular expression"),
        (["--group-from", "burst9"], "is found in none of the paths"),
        (["--exclude", "gone.csv"], "There is no file 'gone.csv' for --exclude"),
        (["--exclude", __file__], "is that of a training image"),
    ],
)
def test_groups_and_exclusions_that_are_none(finetune, photos, words, told):
    assert told in finetune(photos, *words)


def test_groups_of_paths_where_a_column_gives_them(finetune, photos):
    table = photos.parent / "table.csv"
    rows = [
        f"photos/{name}/{number}.jpg,{name},{number}\n"
        for name in ("blue", "red")
        for number in range(5)
    ]
    table.write_text("path,label,group\n" + "".join(rows))
    told = finetune(table, "--group-from", "b")
    assert "are given in its column 'group'; leave out --group-from" in told
