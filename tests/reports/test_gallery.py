import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from bit_keras.reports import gallery
from bit_keras.reports.gallery import write_gallery


@pytest.fixture
def photos(tmp_path):
    """Gives a function: names -> files of 300 x 200 pixels."""

    def write(*names):
        pixels = np.full((200, 300, 3), (200, 50, 40), "uint8")
        for name in names:
            Image.fromarray(pixels).save(tmp_path / name, "JPEG")
        return [tmp_path / name for name in names]

    return write


@pytest.fixture
def page(tmp_path):
    """Gives a function: groups, … -> the text of the page."""

    def write(groups, **more):
        path = tmp_path / "gallery.html"
        write_gallery(path, title="Photographs", groups=groups, **more)
        return path.read_text()

    return write


def pictures(text):
    found = re.findall(r'src="data:image/jpeg;base64,([^"]*)"', text)
    return [Image.open(io.BytesIO(base64.b64decode(code))) for code in found]


def headings(text):
    return [" ".join(h.split()) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", text, re.S)]


def captions(text):
    found = re.findall(r"<figcaption>(.*?)</figcaption>", text, re.S)
    return [" ".join(re.sub(r"<[^>]*>", " ", caption).split()) for caption in found]


def test_each_class_has_its_photographs_with_their_certainty(photos, page):
    a, b, c = photos("a.jpg", "b.jpg", "c.jpg")
    text = page(
        {
            "cat": [(b, [("cat", 0.6), ("dog", 0.4)]), (a, [("cat", 0.9)])],
            "dog": [(c, [("dog", 0.8)])],
        }
    )
    assert headings(text) == [
        'cat <span class="soft">2</span>',
        'dog <span class="soft">1</span>',
    ]
    assert captions(text) == [
        f"cat 60.0 % dog 40.0 % {b}".replace("_", "_ "),
        f"cat 90.0 % {a}".replace("_", "_ "),
        f"dog 80.0 % {c}".replace("_", "_ "),
    ]
    assert text.count("<b>") == 3


def test_the_pictures_are_small_and_within_the_file(photos, page):
    (path,) = photos("a.jpg")
    text = page({"cat": [(path, [("cat", 1.0)])]})
    (picture,) = pictures(text)
    assert picture.size == (192, 128)
    assert np.abs(np.asarray(picture).mean((0, 1)) - (200, 50, 40)).max() < 3
    assert not re.search(r'(src|href)="(?!data:|#)', text)


def test_names_are_escaped(photos, page):
    (path,) = photos('<b onload="x">&.jpg')
    text = page({"<script>": [(path, [("<script>", 1.0)])]})
    assert "<script" not in text
    assert "<b onload" not in text
    assert captions(text)[0].startswith("&lt;script&gt; 100.0 %")


def test_of_very_many_the_first_of_each_class_are_shown(photos, page, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_PICTURES", 3)
    files = photos(*(f"{number}.jpg" for number in range(5)))
    cats, dogs = files[:4], files[4:]
    text = page(
        {
            "cat": [(path, [("cat", 0.9)]) for path in cats],
            "dog": [(path, [("dog", 0.9)]) for path in dogs],
        }
    )
    assert "Shown are 3 of 5 pictures" in " ".join(text.split())
    assert [caption[-5:] for caption in captions(text)] == ["0.jpg", "1.jpg", "4.jpg"]
    assert len(pictures(text)) == 3
    assert headings(text)[0] == 'cat <span class="soft">2 of 4</span>'


def test_a_photograph_stands_in_each_of_its_classes_or_in_none(photos, page):
    a, b = photos("a.jpg", "b.jpg")
    classes = [("cat", 0.9), ("dog", 0.6)]
    text = page(
        {
            "cat": [(a, classes)],
            "dog": [(a, classes)],
            None: [(b, [("cat", 0.2)])],
        },
        several=True,
    )
    assert len(pictures(text)) == 3
    assert "2 photographs by the class" in text
    assert headings(text)[2].startswith("without a class of 50&nbsp;% or more")


def test_a_photograph_that_has_gone_leaves_its_caption(photos, page, tmp_path):
    gone = tmp_path / "gone.jpg"
    (here,) = photos("here.jpg")
    text = page({"cat": [(path, [("cat", 1.0)]) for path in (gone, here)]})
    assert len(captions(text)) == 2
    assert len(pictures(text)) == 1


def test_what_could_not_be_read_is_listed(photos, page):
    (path,) = photos("a.jpg")
    groups = {"cat": [(path, [("cat", 1.0)])]}
    text = page(groups, bad_images=[("bad.jpg", "empty file")])
    assert "bad.jpg" in text
    assert "empty file" in text
    assert "Images left out" not in page(groups)


def test_a_name_that_is_no_unicode_costs_no_gallery(photos, page):
    (path,) = photos(b"caf\xe9.jpg".decode("utf-8", "surrogateescape"))
    assert len(pictures(page({"cat": [(path, [("cat", 1.0)])]}))) == 1
