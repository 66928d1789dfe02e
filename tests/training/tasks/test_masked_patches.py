import numpy as np
import pytest
import tensorflow as tf

import bit_keras as bk
from bit_keras.errors import InputError
from bit_keras.models import vit
from bit_keras.training.objectives.masked_patches import MaskedPatches
from bit_keras.training.progress import read_log
from bit_keras.training.tasks import masked_patches

FIELDS = {"resize": 16, "crop": 16, "batch_size": 16, "base_lr": 0.001}


def pretrain(dataset, output, **arguments):
    arguments = {"steps": 6, "changes": FIELDS, **arguments}
    return bk.pretrain(
        dataset,
        model="vit_tiny",
        recipe="masked-patches",
        output=output,
        **arguments,
    )


@pytest.fixture(scope="module")
def run(photos_without_labels, tmp_path_factory):
    output = tmp_path_factory.mktemp("masked") / "run"
    changes = {**FIELDS, "evaluate_every": 3}
    return pretrain(photos_without_labels, output, changes=changes)


@pytest.fixture(scope="module")
def photos_without_labels(tmp_path_factory):
    """20 pictures in one folder, the left half of another colour than the right."""
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for number in range(20):
        colours = generator.integers(0, 256, (1, 2, 3))
        pixels = colours.repeat(20, axis=0).repeat(10, axis=1).astype("uint8")
        tf.io.write_file(str(folder / f"{number}.png"), tf.io.encode_png(pixels))
    return folder


def test_no_labels_are_needed_and_a_tenth_is_held_out(run):
    assert run.info.class_names == ()
    assert run.metrics["examples"] == 2
    losses = [row["loss"] for row in read_log(run.folder)]
    assert losses[0] == pytest.approx(np.log(512), rel=1e-4)
    assert losses[-1] < losses[0]
    assert 0 <= run.metrics["constant"] <= np.log(8)  # two images of four patches


def test_its_network_is_fine_tuned_like_any_other(run, tmp_path):
    tuned = bk.finetune(
        "digits",
        model=str(run.folder),
        output=tmp_path / "tuned",
        recipe="quick",
        changes={"resize": 16, "crop": 16},
        examples_per_class=2,
    )
    before, after = (
        {layer.name: layer.get_weights() for layer in x.network().layers}
        for x in (run, tuned)
    )
    assert before.keys() - after.keys() == set()
    for a, b in zip(before["block0_query"], after["block0_query"], strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_report_shows_pictures_and_the_course(run):
    page = (run.folder / "report.html").read_text("utf-8")
    assert page.count("an image, its hidden patches, and the guess") == 2
    assert "Loss, accuracy and learning rate" in page
    assert "of a guess that is always the same" in page


def test_a_network_that_has_learned_nothing_is_told_so():
    figures = {"loss": 4.0, "accuracy": 0.1, "constant": 4.2, "examples": 9}
    assert "more steps" not in masked_patches._told(figures)
    assert "make more steps" in masked_patches._told({**figures, "loss": 4.3})


def test_every_evaluation_masks_the_same_patches(small_recipe):
    objective = MaskedPatches(small_recipe(target="pixels"))
    network = objective.network(vit("tiny", image_size=(16, 16), depth=1))
    images = np.random.default_rng(0).uniform(0, 255, (3, 16, 16, 3))
    batches = tf.data.Dataset.from_tensors((images.astype("float32"),))
    first, second = (
        masked_patches.evaluated(network, objective, batches) for _ in range(2)
    )
    assert first == second


def test_on_several_devices_each_held_out_image_is_evaluated_once(
    photos_without_labels, tmp_path
):
    output = tmp_path / "run"
    run = pretrain(photos_without_labels, output, steps=1, strategy="mirrored")
    assert run.metrics["examples"] == 2


def test_of_pixels_the_squared_error_is_told(photos_without_labels, tmp_path):
    run = pretrain(photos_without_labels, tmp_path / "run", target="pixels", steps=1)
    assert run.metrics.keys() == {"squared_error", "constant", "examples"}
    assert run.info.typed["target"] == "pixels"


def test_the_constant_of_colours_is_their_entropy():
    counts = masked_patches._added_up(np.array([[[3], [3], [3], [7]]], "int32"), 1)
    expected = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert masked_patches._constant(counts) == pytest.approx(expected)


def test_the_constant_of_pixels_is_their_variance():
    pixels = np.random.default_rng(0).normal(size=(5, 4, 6)).astype("float32")
    parts = [masked_patches._added_up(part, 3) for part in (pixels[:2], pixels[2:])]
    found = masked_patches._constant(sum(parts))
    assert found == pytest.approx(pixels.reshape(-1, 6).var(axis=0).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("target", "other"), [("pixels", "loss"), ("mean-colour", "squared_error")]
)
def test_weights_are_not_chosen_by_a_figure_of_another_target(
    photos_without_labels, tmp_path, target, other
):
    changes = {**FIELDS, "evaluate_every": 1, "best_metric": other}
    with pytest.raises(InputError, match=f"no metric '{other}'"):
        pretrain(
            photos_without_labels, tmp_path / "run", target=target, changes=changes
        )


def test_a_network_that_has_no_patches_is_refused(photos_without_labels, tmp_path):
    with pytest.raises(InputError, match="masked in a ViT"):
        bk.pretrain(
            photos_without_labels,
            model="bit_tiny",
            recipe="masked-patches",
            output=tmp_path / "run",
            changes=FIELDS,
            steps=1,
        )
