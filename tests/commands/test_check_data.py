import csv

import pytest


@pytest.fixture
def table(tmp_path):
    return tmp_path / "verdicts.csv"


def test_bad_images_are_named_and_all_are_counted(command, pictures):
    done = command("check-data", pictures)
    assert done.code == 0
    first, second, last = done.out.splitlines()
    assert first == f"bad   {pictures / 'blue' / 'empty.jpg'}: empty file"
    assert second.startswith(f"bad   {pictures / 'red' / 'page.jpg'}: not an image")
    assert last == "30 good and 2 bad images"


def test_the_csv_holds_the_verdict_of_every_image(command, pictures, table):
    done = command("check-data", pictures / "blue", "--csv", table)
    assert done.out.endswith(f"Wrote {table}\n")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == 10 * ["good"] + ["bad"]
    assert rows[0] == {
        "file": str(pictures / "blue" / "0.jpg"),
        "verdict": "good",
        "why": "",
    }
    assert rows[-1]["why"] == "empty file"


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
