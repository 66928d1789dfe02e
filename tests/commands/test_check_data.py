import csv

import numpy as np
import pytest
from scenes import cropped, scene, written


@pytest.fixture
def table(tmp_path):
    return tmp_path / "verdicts.csv"


def read(table):
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def leaking(tmp_path):
    """Train and test folders of two classes; a.png of each is shown anew elsewhere."""
    for split, first in (("train", 0), ("test", 10)):
        for name, number in (("cat", first), ("dog", first + 1)):
            shown = {"a": scene(number), "b": scene(number + 2)}
            written(tmp_path / "photos" / split / name, **shown)
    folder = tmp_path / "photos"
    scene(0).resize((80, 50)).save(folder / "test" / "cat" / "again.png")
    cropped(scene(1)).save(folder / "train" / "cat" / "other label.png")
    (folder / "train" / "dog" / "copy.png").write_bytes(
        (folder / "train" / "dog" / "b.png").read_bytes()
    )
    return folder


def test_twins_are_told_with_an_example(command, leaking):
    done = command("check-data", leaking)
    _, twins, labels, split = done.out.splitlines()
    assert twins.startswith("6 images have twins; groups: 3, such as '")
    assert twins.endswith("; exact copies: 2")
    assert labels == (
        "Groups that carry more than one label: 1, such as "
        f"'{leaking}/train/cat/other label.png' (cat) and "
        f"'{leaking}/train/dog/a.png' (dog)"
    )
    assert split == (
        "1 of 5 test images have a twin in training, such as "
        f"'{leaking}/test/cat/again.png' and '{leaking}/train/cat/a.png'"
    )


def test_what_has_no_twins_is_told_so(command, tmp_path):
    written(tmp_path / "photos", a=scene(0), b=scene(1))
    done = command("check-data", tmp_path / "photos")
    assert done.out.splitlines()[1:] == ["No image is a twin of another."]


def test_the_csv_holds_groups_and_what_to_leave_out_of_training(
    command, leaking, table
):
    command("check-data", leaking, "--csv", table)
    rows = {row["file"].removeprefix(f"{leaking}/"): row for row in read(table)}
    groups = {}
    for name, row in rows.items():
        groups.setdefault(row["group"], set()).add(name)
    alone = groups.pop("")
    assert len(alone) == 5
    assert {"test/cat/again.png", "train/cat/a.png"} in groups.values()
    assert [n for n, row in rows.items() if row["exclude"]] == ["train/cat/a.png"]
    again = rows["test/cat/again.png"]
    assert (again["split"], again["label"]) == ("test", "cat")


def test_against_another_set_finds_what_is_in_its_test_images(
    command, leaking, tmp_path, table
):
    own = written(tmp_path / "own", x=scene(20), y=cropped(scene(10)), z=scene(0))
    done = command("check-data", own, "--against", leaking, "--csv", table)
    assert done.out.splitlines()[2].startswith(
        f"2 of 3 images have a twin among the 5 of '{leaking}', such as '{own}/y.png' "
    )
    assert [row["exclude"] for row in read(table)] == ["", "yes", "yes"]


@pytest.mark.parametrize("form", ["table", "arrays"])
def test_every_form_of_data_set_can_be_checked(command, leaking, tmp_path, form):
    if form == "table":
        name = tmp_path / "table.csv"
        images = sorted(leaking.glob("*/*/[ab]*.png"))
        lines = [f"{i},{i.parent.name},{i.parent.parent.name}\n" for i in images]
        name.write_text("".join(lines))
    else:
        name = tmp_path / "arrays.npz"
        known = [np.asarray(scene(number)) for number in (0, 1, 0, 2)]
        x_test = [known[0], np.asarray(scene(9))]
        arrays = {"x_train": known, "x_test": x_test, "y_test": [0, 1]}
        np.savez(name, y_train=[0, 1, 0, 1], **arrays)
    done = command("check-data", name)
    assert done.out.splitlines()[-1].startswith(
        {"table": "1 of 5 test images", "arrays": "1 of 2 test images"}[form]
    )


def test_a_set_that_nobody_has_divided_has_no_test_images(command, pictures):
    done = command("check-data", pictures)
    assert "test images" not in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--against", "nowhere/at/all"], "There is no file 'nowhere/at/all'"),
        (["--against", ""], "--against is empty"),
    ],
)
def test_a_wrong_against_is_refused(refused, pictures, words, told):
    assert told in refused("check-data", pictures, *words)


def test_a_name_of_nothing_is_refused(refused):
    assert "'photoz' is neither a file or folder" in refused("check-data", "photoz")


def test_bad_images_are_named_and_all_are_counted(command, pictures):
    done = command("check-data", pictures)
    assert done.code == 0
    first, second, last, _ = done.out.splitlines()
    assert first == f"bad   {pictures / 'blue' / 'empty.jpg'}: empty file"
    assert second.startswith(f"bad   {pictures / 'red' / 'page.jpg'}: not an image")
    assert last == "30 good and 2 bad images"


def test_the_csv_holds_the_verdict_of_every_image(command, pictures, table):
    done = command("check-data", pictures / "blue", "--csv", table)
    assert done.out.endswith(f"Wrote {table}\n")
    rows = read(table)
    assert [row["verdict"] for row in rows] == 10 * ["good"] + ["bad"]
    assert rows[0] == {
        "file": str(pictures / "blue" / "0.jpg"),
        "verdict": "good",
        "why": "",
        "group": "",
        "split": "",
        "label": "",
        "exclude": "",
    }
    assert (rows[-1]["why"], rows[-1]["exclude"]) == ("empty file", "yes")


def test_a_name_that_is_no_utf8_keeps_its_bytes(command, pictures, tmp_path, table):
    folder = tmp_path / "photos"
    folder.mkdir()
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    (folder / name).write_bytes((pictures / "red" / "0.jpg").read_bytes())
    done = command("check-data", folder, "--csv", table)
    assert "1 good and 0 bad images" in done.out
    assert b"/caf\xe9.jpg,good" in table.read_bytes()


@pytest.mark.parametrize("place", ["no/where.csv", "."])
def test_a_place_that_cannot_be_written_is_found_out_first(
    refused, pictures, tmp_path, place
):
    sentence = refused("check-data", pictures, "--csv", tmp_path / place)
    assert "is a folder" in sentence or "There is no folder" in sentence
