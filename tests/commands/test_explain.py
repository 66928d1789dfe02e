import html
import re
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from bit_keras.training import open_run


def test_each_photograph_has_a_picture_and_a_place_on_the_page(
    command, finished, pictures, tmp_path
):
    out = tmp_path / "why"
    photos = [pictures / "blue" / "1.jpg", pictures / "red" / "1.jpg"]
    done = command("explain", "--run", finished.folder, *photos, "--output", out)
    assert done.code == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["1-2.png", "1.png", "explanations.html"]
    with Image.open(out / "1.png") as picture:
        assert picture.width > 500
    page = (out / "explanations.html").read_text("utf-8")
    assert page.count('src="data:image/jpeg') == 2
    assert not re.search(r"https?://|<script", page)


def test_the_page_tells_the_difference_of_two_logits(
    command, finished, pictures, tmp_path
):
    from bit_keras.data.images import preprocess

    run = open_run(finished.folder)
    photo = pictures / "green" / "2.jpg"
    done = command(
        *("explain", "--run", finished.folder, photo, "--output", tmp_path / "why"),
        *("--class", "red", "--against", "blue"),
    )
    assert done.code == 0
    with Image.open(photo) as picture:
        pixels = np.asarray(picture, "float32")[None]
    logits = run.network()(preprocess(pixels, run.recipe.preprocessing)).numpy()[0]
    page = html.unescape((tmp_path / "why" / "explanations.html").read_text("utf-8"))
    told = float(re.search(r"The logits differ by (\S+);", page)[1])
    assert told == pytest.approx(logits[2] - logits[0], abs=0.02)


def test_predict_explains_what_it_could_read(command, finished, pictures, tmp_path):
    done = command(
        *("predict", "--run", finished.folder, pictures / "blue"),
        *("--explain", tmp_path / "why"),
    )
    assert done.code == 0
    assert len(list((tmp_path / "why").glob("*.png"))) == 10


@pytest.fixture(scope="module")
def vit_run(finished, tmp_path_factory):
    """Gives a function from a classifier to a run whose network is a ViT with it."""

    def make(classifier):
        from bit_keras.models import ViTSpec, vit

        keras.utils.set_random_seed(0)
        spec = ViTSpec(8, 2, 2, 8, 8, classifier=classifier)
        network = vit(spec, num_classes=3, image_size=32)
        folder = tmp_path_factory.mktemp("vit") / classifier
        shutil.copytree(finished.folder, folder)
        network.save(folder / "model.keras")
        return folder

    return make


def test_of_a_vit_without_heat_maps_it_is_shown_and_said_where_it_looked(
    command, vit_run, pictures, tmp_path
):
    out = tmp_path / "why"
    photo = pictures / "red" / "1.jpg"
    words = ("--run", vit_run("token"), photo, "--output", out)
    done = command("explain", *words)
    assert done.code == 0, done.err
    assert "no evidence for a class, and adds up to no logit" in done.out
    names = sorted(path.name for path in out.iterdir())
    assert names == ["1.png", "explanations.html", "network.png"]
    page = (out / "explanations.html").read_text("utf-8")
    assert page.count('src="data:image/jpeg') == 2
    assert "no\n  evidence for a class" in page
    assert "The logit is" not in page


def test_predict_shows_where_a_vit_looked(command, vit_run, pictures, tmp_path):
    words = ("--run", vit_run("map"), pictures / "blue", "--explain", tmp_path / "why")
    done = command("predict", *words)
    assert done.code == 0, done.err
    assert "no evidence for a class" in done.out
    assert len(list((tmp_path / "why").glob("?.png"))) == 10


def test_a_vit_with_heat_maps_has_them_and_a_picture_of_itself(
    command, vit_run, pictures, tmp_path
):
    photo = shutil.copy(pictures / "red" / "1.jpg", tmp_path / "Network.jpg")
    words = ("--run", vit_run("gap"), photo, "--class", "red")
    done = command("explain", *words, "--output", tmp_path / "why")
    assert done.code == 0, done.err
    names = sorted(path.name for path in (tmp_path / "why").iterdir())
    assert names == ["Network-2.png", "explanations.html", "network.png"]
    page = (tmp_path / "why" / "explanations.html").read_text("utf-8")
    assert "The logit is" in page
    assert "reaches in the image" in page


@pytest.mark.parametrize("words", [(), ("PHOTO", "--class", "red")])
def test_attention_is_no_evidence_for_a_class(refused, vit_run, pictures, words):
    photo = pictures / "red" / "1.jpg"
    words = [photo if word == "PHOTO" else word for word in words]
    out = pictures.parent / "refused"
    sentence = refused("explain", "--run", vit_run("token"), *words, "--output", out)
    assert "what its head gets comes of 'pre_logits', a FirstToken" in sentence
    assert 'take a ViT with classifier="gap"' in sentence


def test_without_photographs_every_class_has_its_evidence(command, finished, tmp_path):
    done = command("explain", "--run", finished.folder, "--output", tmp_path / "out")
    assert done.code == 0, done.err
    for name in ("blue", "green", "red"):
        assert re.search(rf"^{name} +2( +\d+%){{3}}$", done.out, re.MULTILINE)
    assert "No corner or edge carries more" in done.out  # of two images each
    page = (tmp_path / "out" / "evidence.html").read_text("utf-8")
    assert page.count('src="data:image/png') == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["PHOTO", "--class", "gren"], "has no class 'gren'. Did you mean 'green'?"),
        (["PHOTO", "--against", "red"], "--against goes with --class"),
        (["PHOTO", "--class", "red", "--against", "red"], "are the same: 'red'"),
        (["PHOTO", "--dataset", "digits"], "not both"),
        (["--class", "red"], "go with PHOTOS"),
    ],
)
def test_what_makes_no_sense_is_refused(refused, finished, pictures, words, told):
    photo = pictures / "red" / "0.jpg"
    words = [photo if word == "PHOTO" else word for word in words]
    out = pictures.parent / "refused"
    assert told in refused("explain", "--run", finished.folder, *words, "--output", out)
    assert not out.exists()


def test_pictures_do_not_go_among_the_photographs(refused, finished, pictures):
    words = (pictures / "red" / "0.jpg", "--output", pictures / "red")
    sentence = refused("explain", "--run", finished.folder, *words)
    assert "where the photograph '0.jpg' lies" in sentence


def test_an_exported_network_is_not_explained(refused, pictures):
    words = ("--saved-model", "served", "--explain", "why")
    sentence = refused("predict", pictures / "red" / "0.jpg", *words)
    assert sentence == "--explain needs the network itself: --run, or --model."
