import tensorflow as tf


def test_a_run_is_written_and_compared(command, finished, tmp_path):
    done = command(
        "export", "--run", finished.folder, "--to", tmp_path / "served" / "1"
    )
    assert done.code == 0, done.err
    assert (tmp_path / "served" / "1" / "saved_model.pb").is_file()
    assert f"Wrote {tmp_path / 'served' / '1'}: 3 classes" in done.out
    difference = done.out.split("differ from the network's by ")[1].split()[0]
    assert float(difference) < 1e-5


def test_a_hub_module_is_written_with_or_without_its_head(command, finished, tmp_path):
    for words, sides in ((), 3), (("--without-head",), 1024):
        folder = tmp_path / str(sides)
        done = command(
            *("export", "--run", finished.folder, "--to", folder),
            *("--format", "hub", *words),
        )
        assert done.code == 0, done.err
        module = tf.saved_model.load(str(folder))
        assert module(tf.zeros([2, 32, 32, 3])).shape == (2, sides)


def test_only_a_hub_module_goes_without_its_head(refused, finished, tmp_path):
    sentence = refused(
        *("export", "--run", finished.folder, "--to", tmp_path / "1"),
        "--without-head",
    )
    assert sentence == "--without-head goes with --format hub."


def test_a_place_is_asked_for(refused, finished):
    sentence = refused("export", "--run", finished.folder)
    assert sentence == "export needs --to FOLDER, such as --to served/1."


def test_nothing_is_written_over(refused, finished, tmp_path):
    (tmp_path / "1").mkdir()
    sentence = refused("export", "--run", finished.folder, "--to", tmp_path / "1")
    assert "is there already; name a new folder after --to" in sentence
