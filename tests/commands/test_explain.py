import html
import re

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


def test_pictures_do_not_go_among_the_photographs(refused, finished, pictures):
    words = (pictures / "red" / "0.jpg", "--output", pictures / "red")
    sentence = refused("explain", "--run", finished.folder, *words)
    assert "where the photograph '0.jpg' lies" in sentence


def test_an_exported_network_is_not_explained(refused, pictures):
    words = ("--saved-model", "served", "--explain", "why")
    sentence = refused("predict", pictures / "red" / "0.jpg", *words)
    assert sentence == "--explain needs the network itself: --run, or --model."
