import re

import pytest

from bit_keras.reports import gallery
from bit_keras.reports.gallery import write_gallery


@pytest.fixture
def photos(write_pictures, tmp_path):
    folder = write_pictures(tmp_path / "photos", 2)
    return [folder / "red" / "0.jpg", folder / "red" / "1.jpg", folder / "blue/0.jpg"]


@pytest.fixture
def page(tmp_path):
    """Gives a function: rows, unread -> the text of the page."""

    def write(rows, unread=()):
        write_gallery(tmp_path / "page.html", rows, unread)
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    return write


def order(text, *words):
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_the_least_certain_of_each_class_come_first(page, photos):
    rows = [
        (photos[0], [("red", 0.9), ("blue", 0.1)]),
        (photos[1], [("red", 0.6), ("blue", 0.4)]),
        (photos[2], [("blue", 0.95), ("red", 0.05)]),
    ]
    text = page(rows)
    order(text, "<h2>blue", "95.0", "<h2>red", "60.0", "90.0")
    assert text.count("<img") == 3
    assert text.count("data:image/jpeg;base64,") == 3


def test_the_page_needs_nothing_beside_it(page, photos):
    text = page([(photos[0], [("red", 0.9)])])
    assert not re.findall(r'(?:src|href)="(?!data:)', text)
    assert "<script" not in text


def test_names_are_escaped(page, photos):
    text = page([(photos[0], [("<b>&", 0.9)])], [("<i>.jpg", "empty file")])
    assert "&lt;b&gt;&amp;" in text
    assert "<i>" not in text


def test_files_that_cannot_be_read_are_named(page, photos):
    text = page([(photos[0], [("red", 0.9)])], [(photos[1], "empty file")])
    order(text, "Left out, because they cannot be read", "1.jpg", "empty file")


def test_of_very_many_the_least_certain_are_shown(page, photos, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_PHOTOS", 2)
    certainties = (0.5, 0.9, 0.7)
    rows = [(p, [("red", c)]) for p, c in zip(photos, certainties, strict=True)]
    text = page(rows)
    assert text.count("<img") == 2
    assert "90.0" not in text
    assert "The 2 least certain are shown." in text
    assert '<h2>red <span class="soft">3</span>' in text
