import base64
import html.parser
import io
import re

import numpy as np
import pytest
from PIL import Image

from bit_keras.reports.run_report import write_run_report

SUMMARY = {
    "examples": 1234,
    "top1": 0.875,
    "loss": 0.25,
    "per_class": [
        {"name": "cat", "examples": 4, "recall": 0.75, "precision": 1.0, "f1": 0.86},
        {"name": "<b>", "examples": 4, "recall": 0.5, "precision": None, "f1": None},
    ],
    "confusion": [[3, 1], [2, 2]],
}
SEVERAL_LABELS = {
    "examples": 12,
    "mean_average_precision": 0.625,
    "micro_f1": 0.5,
    "exact_match": 0.25,
    "loss": 1.5,
    "per_class": [
        {"average_precision": 0.7, **SUMMARY["per_class"][0]},
        {"average_precision": None, **SUMMARY["per_class"][1]},
    ],
    "confusion": None,
}
LOG_ROWS = [{"step": 1, "loss": 2.0, "accuracy": 0.5, "learning_rate": 0.1}]


class Page(html.parser.HTMLParser):
    """The elements with their attributes, and the text that is seen."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def sources(self):
        return [attributes["src"] for tag, attributes in self.elements if tag == "img"]


@pytest.fixture
def report(tmp_path):
    def write(**changes):
        arguments = {
            "title": "BiT on pets",
            "facts": {"network": "BiT-M-R50x1"},
            "summary": SUMMARY,
            "log_rows": LOG_ROWS,
            "recipe": {"base_lr": 0.003, "decay_at": (200, 300)},
            "mistakes": [],
        }
        path = tmp_path / "report.html"
        write_run_report(path, **{**arguments, **changes})
        return Page(path.read_text(encoding="utf-8"))

    return write


def mistake(image=None, **changes):
    image = np.full((300, 150, 3), (200, 40, 0), "uint8") if image is None else image
    names = {"label": "cat", "predicted": "dog", "probability": 0.934}
    return {"image": image, **names, **changes}


def decoded(source):
    content = base64.b64decode(source.removeprefix("data:image/jpeg;base64,"))
    return Image.open(io.BytesIO(content))


def test_headline_figures_are_shown(report):
    text = report(summary={**SUMMARY, "top5": 0.9912}).text
    assert "87.50% (85.6 to 89.2)" in text
    assert "99.12% (98.4 to 99.5)" in text
    assert "1,234" in text


def test_top5_is_left_out_where_it_says_nothing(report):
    assert "top-5" not in report().text


def test_facts_recipe_and_left_out_images_are_shown(report):
    text = report(bad_images=[("a/b.jpg", "truncated")]).text
    for value in ("BiT-M-R50x1", "base_lr", "(200, 300)", "a/b.jpg", "truncated"):
        assert value in text


def test_a_long_list_of_left_out_images_is_cut(report):
    text = report(bad_images=[(f"{i}.jpg", "empty") for i in range(1201)]).text
    assert "1,201 could not be used; the first\n  200 are shown" in text
    assert "199.jpg" in text
    assert "200.jpg" not in text


def test_hostile_text_is_harmless_everywhere(report):
    hostile = "\"'><script>alert(1)</script>"
    row = {**SUMMARY["per_class"][0], "name": hostile}
    page = report(
        title=hostile,
        facts={hostile: hostile},
        summary={**SUMMARY, "per_class": [row, row]},
        recipe={hostile: hostile},
        mistakes=[mistake(label=hostile, predicted=hostile)],
        bad_images=[(hostile, hostile)],
    )
    assert "script" not in {tag for tag, _ in page.elements}
    # title and heading, facts, class names, recipe, mistake, left-out image
    assert page.text.count(hostile) == 2 + 2 + 2 + 2 + 2 + 2


def test_nothing_is_fetched_from_elsewhere(report):
    page = report(mistakes=[mistake()], facts={"source": "https://example.com/a.npz"})
    assert all(source.startswith("data:image/") for source in page.sources())
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.elements}
    assert not any("href" in attributes for _, attributes in page.elements)
    assert not re.search(r"url\(|@import", page.text)


def test_curves_confusion_and_each_mistake_are_pictures(report):
    kinds = [s.split(";")[0] for s in report(mistakes=[mistake(), mistake()]).sources()]
    assert kinds == ["data:image/png"] * 2 + ["data:image/jpeg"] * 2


def test_missing_log_and_confusion_leave_their_pictures_out(report):
    page = report(log_rows=[], summary={**SUMMARY, "confusion": None})
    assert page.sources() == []


def test_a_mistake_says_what_it_is_and_what_was_predicted(report):
    text = " ".join(report(mistakes=[mistake()]).text.split())
    assert "is cat, predicted dog 93 %" in text


def test_a_picture_is_scaled_to_192_pixels_and_keeps_its_shape(report):
    picture = decoded(report(mistakes=[mistake()]).sources()[-1])
    assert picture.size == (96, 192)
    np.testing.assert_allclose(picture.getpixel((48, 96)), (200, 40, 0), atol=4)


def test_a_small_picture_is_not_enlarged(report):
    image = np.zeros((8, 8, 3), "uint8")
    assert decoded(report(mistakes=[mistake(image)]).sources()[-1]).size == (8, 8)


def test_classes_are_listed_worst_first_with_their_numbers(report):
    text = " ".join(report().text.split())
    assert text.index("1<b> 4 50.0 % – –") < text.index("0cat 4 75.0 % 100.0 % 86.0 %")


def test_a_file_name_that_is_not_unicode_is_still_reported(report):
    assert "photo?.jpg" in report(bad_images=[("photo\udce9.jpg", "empty")]).text


def test_a_failed_report_leaves_the_old_one(report, tmp_path):
    report()
    before = (tmp_path / "report.html").read_bytes()
    with pytest.raises(KeyError):
        report(summary={})
    assert (tmp_path / "report.html").read_bytes() == before


def test_no_unfinished_file_stays_behind(report, tmp_path):
    report()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_several_labels_have_figures_of_their_own(report):
    page = report(summary=SEVERAL_LABELS)
    text = " ".join(page.text.split())
    assert "test mean average precision 62.50%" in text
    assert "test exact match 25.00% (" in text
    assert "accuracy" not in text
    assert len(page.sources()) == 1  # the curves


def test_several_labels_have_a_column_of_average_precision(report):
    text = " ".join(report(summary=SEVERAL_LABELS).text.split())
    assert "examples AP recall" in text
    assert "0cat 4 70.0 % 75.0 % 100.0 %" in text
    assert "1<b> 4 – 50.0 %" in text
    assert " AP " not in " ".join(report().text.split())


@pytest.mark.parametrize(
    ("summary", "share"), [(SUMMARY, "top1"), (SEVERAL_LABELS, "exact_match")]
)
def test_that_nothing_is_wrong_is_said(report, summary, share):
    sentence = "Every test example was classified correctly."
    assert sentence in report(summary={**summary, share: 1.0}).text
    assert sentence not in report(summary=summary).text


def test_a_mistake_has_its_heat_map_with_the_ends_of_its_scale(report):
    overlay = np.full((300, 150, 3), (20, 40, 220), "uint8")
    page = report(mistakes=[mistake(overlay=overlay, largest=3.25)])
    first, second = page.sources()[-2:]
    assert decoded(first).getpixel((48, 96))[0] > 150
    assert decoded(second).getpixel((48, 96))[2] > 150
    assert "map ±3.2" in page.text
    assert "map ±" not in report(mistakes=[mistake()]).text
