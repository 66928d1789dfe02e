import tensorflow as tf


def test_a_run_is_written_and_compared(command, finished, tmp_path):
    folder = tmp_path / "served" / "1"
    done = command("export", "--run", finished.folder, "--to", folder)
    assert done.code == 0, done.err
    assert (folder / "saved_model.pb").is_file()
    assert f"Wrote {folder} (" in done.out
    assert "3 classes, images of 32 pixels." in done.out
    told = done.out.split("differ from the network's by ")
    assert "test images of colours, its probabilities" in told[0]
    assert float(told[1].split()[0]) < 1e-5


def test_a_hub_module_is_written_without_its_head(command, finished, tmp_path):
    done = command(
        *("export", "--run", finished.folder, "--to", tmp_path / "1"),
        *("--format", "hub", "--without-head"),
    )
    assert done.code == 0, done.err
    told = done.out.split("its features differ from the network's by ")[1]
    assert float(told.split()[0]) < 1e-4
    assert not list(tmp_path.rglob("classes.txt"))
    module = tf.saved_model.load(str(tmp_path / "1"))
    assert module(tf.zeros([2, 32, 32, 3])).shape == (2, 1024)


def test_photographs_and_licence_are_taken(command, finished, pictures, tmp_path):
    done = command(
        *("export", "--run", finished.folder, "--to", tmp_path / "lite"),
        *("--format", "litert", "--precision", "int8"),
        *("--images", pictures / "red", pictures / "blue", "--license", "MIT"),
    )
    assert done.code == 0, done.err
    assert "photographs, its probabilities" in done.out
    card = (tmp_path / "lite" / "README.md").read_text()
    assert "**Licence**: MIT" in card
    assert "The weights are int8." in card


def test_flags_of_another_format_are_refused(refused, finished, tmp_path):
    for words, form in (
        (("--without-head",), "hub"),
        (("--precision int8",), "litert"),
        (("--precision bfloat16", "--format", "litert"), "savedmodel"),
        (("--serving", "--format", "onnx"), "savedmodel"),
    ):
        sentence = refused(
            *("export", "--run", finished.folder, "--to", tmp_path / "1"),
            *words[0].split(),
            *words[1:],
        )
        assert sentence == f"{words[0]} goes with --format {form}."


def test_a_place_is_asked_for(refused, finished):
    sentence = refused("export", "--run", finished.folder)
    assert sentence == "export needs --to FOLDER, such as --to served/1."


def test_a_file_name_is_refused(refused, finished, tmp_path):
    place = tmp_path / "pets.tflite"
    sentence = refused(
        *("export", "--run", finished.folder, "--to", place, "--format", "litert")
    )
    assert sentence.startswith("--to names a folder, in which class names and a model")


def test_serving_wants_a_version(refused, finished, tmp_path):
    sentence = refused(
        *("export", "--run", finished.folder, "--to", tmp_path / "pets", "--serving")
    )
    assert "wants NAME/VERSION with a number last" in sentence


def test_nothing_is_written_over(refused, finished, tmp_path):
    (tmp_path / "1").mkdir()
    sentence = refused("export", "--run", finished.folder, "--to", tmp_path / "1")
    assert "is there already; name a new folder after --to" in sentence
