import csv
import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from bit_keras import losses
from bit_keras.training import open_run


@pytest.fixture(scope="module")
def photos(write_pictures, tmp_path_factory):
    folder = write_pictures(tmp_path_factory.mktemp("new") / "photos", 2)
    (folder / "green" / "cut.jpg").write_bytes(
        (folder / "green" / "0.jpg").read_bytes()[:200]
    )
    return folder


@pytest.fixture(scope="module")
def done(command, finished, photos):
    """`predict` on a folder, with --csv."""
    answers = photos / "answers.csv"
    return command("predict", photos, "--run", finished.folder, "--csv", answers)


@pytest.fixture
def rows(done, photos):
    with (photos / "answers.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_photograph_is_given_its_class(done, photos):
    lines = [line.split() for line in done.out.splitlines()[:-1]]
    assert done.code == 0
    assert [line[:2] for line in lines] == [
        [str(photos / name / f"{number}.jpg"), name]
        for name in ("blue", "green", "red")
        for number in range(2)
    ]


def test_the_classes_shown_are_the_most_probable_first(rows):
    for row in rows:
        probabilities = [float(row[f"probability_{k}"]) for k in (1, 2, 3)]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)
        assert {row[f"class_{k}"] for k in (1, 2, 3)} == {"blue", "green", "red"}


def test_the_csv_holds_every_answer(rows, photos):
    assert [row["path"] for row in rows] == [
        str(photos / name / f"{number}.jpg")
        for name in ("blue", "green", "red")
        for number in range(2)
    ]
    classes = ["blue", "blue", "green", "green", "red", "red"]
    assert [row["class_1"] for row in rows] == classes


def test_a_file_that_cannot_be_read_is_named_and_left_out(done, rows, photos):
    cut = photos / "green" / "cut.jpg"
    assert f"Left out: {cut}: damaged or cut off" in done.err
    assert str(cut) not in done.out


def test_files_and_patterns_are_taken_in_the_order_given(command, finished, photos):
    words = (photos / "red" / "1.jpg", photos / "*" / "0.jpg")
    done = command("predict", *words, "--run", finished.folder, "--top", "1")
    lines = [line.split() for line in done.out.splitlines()]
    assert [line[1] for line in lines] == ["red", "blue", "green", "red"]
    assert {len(line) for line in lines} == {3}


def test_of_several_labels_all_that_are_likely_are_shown(
    command, several_labels, photos, tmp_path
):
    words = ("predict", photos / "red" / "0.jpg", "--run", several_labels)
    done = command(*words, "--csv", tmp_path / "all.csv")
    assert done.out.splitlines()[0].split()[1:] == ["blue", "90.0%", "green", "60.0%"]
    done = command(*words, "--csv", tmp_path / "one.csv", "--top", "1")
    assert done.out.splitlines()[0].split()[1:] == ["blue", "90.0%", "green", "60.0%"]
    probabilities = [
        (tmp_path / name).read_text().splitlines()[1].split(",")[2::2]
        for name in ("all.csv", "one.csv")
    ]
    assert probabilities == [["0.900000", "0.600000", "0.200000"], ["0.900000"]]


def test_of_unlikely_labels_the_likeliest_is_shown(
    command, several_labels, photos, tmp_path
):
    run = open_run(shutil.copytree(several_labels, tmp_path / "run"))
    network = run.network()
    head = network.get_layer("logits")
    head.bias.assign([-2, -1, -3])
    network.save(run.folder / "model.keras")
    done = command("predict", photos / "red" / "0.jpg", "--run", run.folder)
    assert done.out.split()[1:] == ["green", "26.9%"]


def test_a_server_or_saved_model_stands_alone(refused, finished, pictures):
    for words in (
        ("--saved-model", "1", "--run", finished.folder),
        ("--saved-model", "1", "--model", "pets"),
        ("--server", "a:1", "--saved-model", "1"),
        ("--server", "a:1", "--crop", "32"),
    ):
        sentence = refused("predict", pictures / "red" / "0.jpg", *words)
        assert sentence.startswith("--server goes with --model alone")


def test_more_classes_than_an_export_tells_are_refused(refused, pictures):
    sentence = refused(
        "predict", pictures / "red" / "0.jpg", "--server", "a:1", "--top", "6"
    )
    assert sentence.startswith("An exported network tells its first 5 classes.")


def test_images_become_the_square_as_the_run_evaluates_them(
    command, finished, tmp_path
):
    pixels = np.full((60, 60, 3), (200, 50, 40), "uint8")
    pixels[20:40, 20:40] = (50, 180, 60)  # a green centre in what is red
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    run = open_run(shutil.copytree(finished.folder, tmp_path / "run"))
    words = ("predict", tmp_path / "photo.png", "--run", run.folder, "--top", "1")
    assert command(*words).out.split()[1] == "red"
    recipe = dataclasses.replace(run.recipe, share=0.3)
    run.write("recipe.json", recipe.to_json())
    assert command(*words).out.split()[1] == "green"


def test_json_is_an_object_a_line_for_each_photograph(command, finished, photos):
    done = command("predict", photos, "--run", finished.folder, "--json", "--top", "2")
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert len(answers) == 7
    *read, cut = answers
    assert [answer["classes"][0]["class"] for answer in read] == [
        *("blue", "blue", "green", "green", "red", "red")
    ]
    assert {len(answer["classes"]) for answer in read} == {2}
    assert 0 < read[0]["classes"][0]["probability"] <= 1
    assert cut["path"] == str(photos / "green" / "cut.jpg")
    assert f"Left out: {cut['path']}: {cut['error']}\n" in done.err


def test_beside_json_stdout_holds_nothing_else(command, finished, photos, tmp_path):
    words = ("predict", photos, "--run", finished.folder, "--json")
    done = command(*words, "--csv", tmp_path / "a.csv", "--sort-into", tmp_path / "s")
    assert all(json.loads(line) for line in done.out.splitlines())
    assert f"Wrote {tmp_path / 'a.csv'}" in done.err


def test_photographs_are_sorted_and_shown_by_class(command, finished, photos, tmp_path):
    words = ("predict", photos, "--run", finished.folder)
    page, folder = tmp_path / "page.html", tmp_path / "sorted"
    done = command(*words, "--html", page, "--sort-into", folder)
    assert done.code == 0
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg")) == [
        f"{name}/{file}.jpg" for name in ("blue", "green", "red") for file in (0, 1)
    ]
    assert f"Sorted into {folder}: 6 files, 0 were there already" in done.out
    assert page.read_text(encoding="utf-8").count("<img") == 6


def test_a_place_that_cannot_be_sorted_into_is_refused_at_once(
    refused, finished, photos
):
    place = photos / "red" / "0.jpg"
    words = ("predict", photos, "--run", finished.folder, "--sort-into", place)
    assert "is a file; name a folder to sort into" in refused(*words)


def test_a_network_is_traced_once_for_all_photographs(
    command, finished, write_pictures, tmp_path, monkeypatch
):
    folder = write_pictures(tmp_path / "photos", 11)  # 33, one more than a batch
    Image.new("RGB", (50, 20)).save(folder / "red" / "wide.png")
    traced = []
    probabilities = losses.probabilities

    def counted(*args):
        traced.append(args)
        return probabilities(*args)

    monkeypatch.setattr(losses, "probabilities", counted)
    assert command("predict", folder, "--run", finished.folder).code == 0
    assert len(traced) == 1
