"""Wrong input for what works on finished runs: one clear sentence, nothing lost."""

import shutil

import pytest


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 5)


@pytest.mark.parametrize("name", ["evaluate", "predict", "embed"])
def test_a_run_that_is_none(refused, photos, name):
    words = [] if name == "evaluate" else [photos]
    sentence = refused(name, *words, "--run", photos)
    assert f"'{photos}' is no run folder: it has no run.json" in sentence


@pytest.mark.parametrize("damage", ["run.json", "recipe.json", "model.keras"])
def test_a_run_whose_files_are_damaged(refused, finished, photos, tmp_path, damage):
    output = tmp_path / "run"
    shutil.copytree(finished.folder, output)
    (output / damage).write_bytes(b"{}")
    sentence = refused("predict", photos, "--run", output)
    assert f"'{output / damage}' is damaged" in sentence


@pytest.mark.parametrize("name", ["predict", "embed", "check-data"])
def test_a_pattern_that_matches_nothing(refused, finished, tmp_path, name):
    words = [] if name == "check-data" else ["--run", finished.folder]
    pattern = tmp_path / "*.jpg"
    assert refused(name, pattern, *words) == (
        f"There is no file '{pattern}', and none matches it."
    )


def test_a_mistyped_split(refused, finished):
    sentence = refused("evaluate", "--run", finished.folder, "--split", "tset")
    assert "has no split 'tset'. It has: train, test" in sentence


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "Give either --run FOLDER, or --model NAME and --weights FILE."),
        (["--model", "bit_tiny"], "'bit_tiny' alone is a network without weights"),
        (["--model", "bit_tiny", "--weights", "no.npz"], "no weight file at 'no.npz'"),
        (["--top", "0"], "--top must be above 0."),
        (["--crop", "0"], "--crop must be above 0."),
        (["--csv", "no/where.csv"], "There is no folder 'no' to write 'where.csv' to"),
    ],
)
def test_wrong_words_for_predict(refused, photos, words, expected):
    assert expected in refused("predict", photos, *words)


def test_photographs_none_of_which_can_be_read(refused, finished, tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    answers = tmp_path / "answers.csv"
    answers.write_text("of last week")
    for words in (("predict", "--csv", answers), ("embed", "--output", answers)):
        sentence = refused(*words, tmp_path / "page.jpg", "--run", finished.folder)
        assert sentence.startswith("None of the files can be read")


def test_an_evaluation_on_other_classes(refused, finished, write_pictures, tmp_path):
    others = write_pictures(tmp_path / "photos", 2)
    (others / "red").rename(others / "yellow")
    run = ("--run", finished.folder)
    words = "classes that the network does not know: 'yellow'."
    assert words in refused("evaluate", *run, "--dataset", others)
    words = "classes that the network does not know: '0', '1', '2'"
    assert words in refused("evaluate", *run, "--dataset", "digits")


@pytest.mark.parametrize(
    "words", [("evaluate", "--output"), ("datasets", "digits", "--samples")]
)
def test_a_folder_for_results_that_is_a_file(refused, finished, tmp_path, words):
    (tmp_path / "notes.txt").write_text("mine")
    run = ("--run", finished.folder) if words[0] == "evaluate" else ()
    sentence = refused(*words, tmp_path / "notes.txt", *run)
    assert f"The folder '{tmp_path / 'notes.txt'}' cannot be made" in sentence
