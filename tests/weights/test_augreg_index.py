import csv

import pytest

from bit_keras.errors import InputError
from bit_keras.weights.augreg_index import COLUMNS, recommended

NAME = "{}-{}-300ep-lr_0.001-aug_{}-wd_0.1-do_0.0-sd_0.0"


def row(model, aug, accuracy, *, ds="i21k", size="384", speed="100", **changes):
    name = NAME.format(model, "i1k" if ds == "i1k" else "i21k", aug)
    values = (ds, name, accuracy, size, speed)
    return dict(zip(COLUMNS, values, strict=True)) | {"wd": "0.1"} | changes


@pytest.fixture
def table(tmp_path):
    """Gives a function that writes rows, and gives the path of the table."""

    def write(*rows):
        path = tmp_path / "index.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["name", *rows[0]])
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def picked(path):
    return [found.file.name for found in recommended(path)]


def test_best_on_held_out_images_is_picked_for_each_network(table):
    path = table(
        row("S_16", "none", "0.41"),
        row("S_16", "light1", "0.46"),
        row("S_16", "strong1", "0.4"),
        row("R50_L_32", "medium2", "0.5", speed="327"),
    )
    assert picked(path) == [
        f"augreg/{NAME.format('R50_L_32', 'i21k', 'medium2')}",
        f"augreg/{NAME.format('S_16', 'i21k', 'light1')}",
    ]


@pytest.mark.parametrize("ds", ["i1k", "i21k_30"])
def test_files_of_other_training_are_passed_over(table, ds):
    path = table(row("B_32", "none", "0.4"), row("B_32", "light1", "0.8", ds=ds))
    assert picked(path) == [f"augreg/{NAME.format('B_32', 'i21k', 'none')}"]


def test_speed_is_that_of_the_largest_images(table):
    sizes = {"224": "3597", "384": "955", "": "9999"}
    rows = [row("B_32", "none", "0.4", size=x, speed=y) for x, y in sizes.items()]
    (found,) = recommended(table(*rows))
    assert (found.size, found.speed, found.accuracy) == (384, 955, 0.4)


@pytest.mark.parametrize("accuracy", ["", "nan", "unknown", None])
def test_rows_without_accuracy_are_passed_over(table, accuracy):
    path = table(row("B_32", "none", "0.4"), row("B_32", "light1", accuracy))
    assert picked(path) == [f"augreg/{NAME.format('B_32', 'i21k', 'none')}"]


def test_table_without_such_files_is_refused(table):
    with pytest.raises(InputError, match="no row of a file that .* ImageNet-21k"):
        recommended(table(row("B_32", "none", "0.8", ds="i1k")))


def test_missing_columns_are_named(tmp_path):
    (tmp_path / "mine.csv").write_text("path,label,ds\na.jpg,cat,i21k\n")
    with pytest.raises(InputError, match=r"no columns filename, final_val, adapt_res"):
        recommended(tmp_path / "mine.csv")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfe,"])
def test_file_that_is_no_table_is_refused(tmp_path, content):
    (tmp_path / "index.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"index.csv' .*name the index.csv of augreg"):
        recommended(tmp_path / "index.csv")


def test_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="There is no table at"):
        recommended(tmp_path / "index.csv")


def test_folder_is_told(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        recommended(tmp_path)
