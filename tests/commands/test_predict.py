import csv
import dataclasses
import functools
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from bit_keras.data import images
from bit_keras.layers import PaddedConv2D
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


def contents(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name[0] != "."
    }


def test_json_is_all_of_stdout_with_an_object_for_each_photograph(
    command, finished, photos, tmp_path
):
    done = command(
        *("predict", photos, "--run", finished.folder, "--json", "--top", "2"),
        *("--csv", tmp_path / "a.csv", "--html", tmp_path / "a.html"),
        *("--sort-into", tmp_path / "sorted"),
    )
    told = [json.loads(line) for line in done.out.splitlines()]
    good = [row for row in told if "classes" in row]
    assert [row["classes"][0]["class"] for row in good] == [
        *("blue", "blue", "green", "green", "red", "red")
    ]
    assert {len(row["classes"]) for row in good} == {2}
    (bad,) = (row for row in told if "error" in row)
    assert bad["path"] == str(photos / "green" / "cut.jpg")
    assert bad["error"].startswith("damaged or cut off")
    assert told.index(bad) == 4
    assert done.err.count("Wrote") == 2


def test_json_tells_of_photographs_even_where_none_can_be_read(
    command, finished, photos
):
    cut = photos / "green" / "cut.jpg"
    done = command("predict", cut, "--run", finished.folder, "--json")
    assert done.code == 2
    assert json.loads(done.out)["path"] == str(cut)


def test_photographs_are_sorted_once_and_the_unreadable_stays(
    command, finished, photos, tmp_path
):
    root = shutil.copytree(photos, tmp_path / "photos")
    words = ("predict", root, "--run", finished.folder)
    words = (*words, "--sort-into", root / "sorted")
    before = contents(root)
    done = command(*words)
    assert done.out.splitlines()[-1] == (
        f"Sorted into {root / 'sorted'}: 6 linked, 0 copied, 0 there before"
    )
    names = {f"{name}/{n}.jpg" for name in ("blue", "green", "red") for n in (0, 1)}
    assert contents(root / "sorted") == names
    done = command(*words)
    assert "0 linked, 0 copied, 6 there before" in done.out
    assert done.out.count("%") == 6 * 3
    assert contents(root) == before | {f"sorted/{name}" for name in names}


def test_of_several_labels_a_photograph_is_sorted_into_each(
    command, several_labels, photos, tmp_path
):
    photo, place = photos / "red" / "0.jpg", tmp_path / "sorted"
    words = ("predict", photo, "--run", several_labels, "--top", "1")
    assert command(*words, "--sort-into", place).code == 0
    assert contents(place) == {"blue/0.jpg", "green/0.jpg"}


def test_the_gallery_shows_every_photograph(command, finished, photos, tmp_path):
    page = tmp_path / "gallery.html"
    done = command("predict", photos, "--run", finished.folder, "--html", page)
    assert done.out.splitlines()[-1] == f"Wrote {page}"
    text = page.read_text()
    assert text.count("data:image/jpeg;base64,") == 6
    assert "green/cut.jpg" in text


def test_places_that_cannot_be_written_are_refused_first(refused, tmp_path):
    photo = tmp_path / "1.jpg"
    photo.write_bytes(b"kept")
    words = ("predict", photo, "--run", "none")
    assert "is a file" in refused(*words, "--sort-into", photo)
    assert "*.html. Received" in refused(*words, "--html", photo)
    assert "There is no folder" in refused(*words, "--html", tmp_path / "no" / "a.html")


def test_more_photographs_of_other_sizes_trace_no_more(
    command, finished, tmp_path, monkeypatch
):
    for number in range(35):
        size = (20 + number, 60 - number)
        Image.new("RGB", size, (200, 50, 40)).save(tmp_path / f"{number}.png")
    calls = []

    def count(function):
        @functools.wraps(function)
        def counted(*args, **more):
            calls.append(function)
            return function(*args, **more)

        return counted

    monkeypatch.setattr(PaddedConv2D, "call", count(PaddedConv2D.call))
    monkeypatch.setattr(images, "decode", count(images.decode))
    counts = []
    for names in (["0.png"], [f"{number}.png" for number in range(35)]):
        calls.clear()
        paths = [tmp_path / name for name in names]
        assert command("predict", *paths, "--run", finished.folder).code == 0
        counts.append(len(calls))
    assert counts[0] == counts[1] > 1


def test_the_name_of_a_served_model_is_not_looked_up(refused, photos, monkeypatch):
    monkeypatch.setattr("bit_keras.weights.published", None)
    words = ("--server", "http://localhost:1", "--model", "BiT-M-R50x1")
    sentence = refused("predict", photos / "red", *words)
    assert "No TensorFlow Serving answers at http://localhost:1" in sentence
