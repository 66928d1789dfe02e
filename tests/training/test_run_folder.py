from pathlib import Path

import pytest

from bit_keras.errors import InputError
from bit_keras.training import Run, open_run
from bit_keras.training.run_folder import claimed

INFO = {
    "task": "classification",
    "typed": {},
    "data": "a few digits",
    "train_fingerprint": "1",
    "test_fingerprint": "2",
    "class_names": ["0", "1"],
    "multi_label": False,
    "network": "bit_tiny",
    "weights": "from scratch",
    "versions": {},
}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read_back(finished):
    run = open_run(finished.folder)
    assert run.info.class_names == ("blue", "green", "red")
    assert run.info.network == "bit_tiny"
    assert run.info.typed["steps"] == 6
    assert run.info.versions.keys() >= {"keras", "tensorflow", "numpy"}
    assert (run.recipe.crop, run.recipe.steps, run.recipe.seed) == (32, 6, 0)
    assert run.metrics["examples"] == 6


def test_a_file_is_replaced_whole(tmp_path):
    run = Run(tmp_path)
    run.write("notes.json", {"before": "é"})
    run.write("notes.json", {"after": [1, 2]})
    assert names(tmp_path) == ["notes.json"]
    assert (
        tmp_path / "notes.json"
    ).read_text() == '{\n  "after": [\n    1,\n    2\n  ]\n}'


def test_a_run_that_did_not_end_has_no_network(tmp_path):
    with pytest.raises(InputError, match="no trained network: it did not end"):
        Run(tmp_path).network()


def test_a_run_before_its_evaluation_has_no_metrics(tmp_path):
    assert Run(tmp_path).metrics is None


@pytest.mark.parametrize("text", ["{", "[]", '{"typed": {}}', "\0"])
def test_a_file_of_another_program_is_no_run(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(
        InputError, match="run.json' is damaged, or no file of finetune"
    ):
        open_run(tmp_path)


def test_a_new_folder_is_made_with_its_parents(tmp_path):
    with claimed(tmp_path / "a" / "b", {}) as run:
        run.write("notes.json", {})
    assert names(tmp_path / "a" / "b") == [".lock", "notes.json"]


def test_a_folder_that_nothing_was_written_to_is_gone(tmp_path):
    with claimed(tmp_path / "run", {}):
        assert (tmp_path / "run").is_dir()
    assert names(tmp_path) == []


def test_the_parents_that_were_made_for_nothing_are_gone_and_others_are_not(tmp_path):
    (tmp_path / "own").mkdir()
    with claimed(tmp_path / "own" / "runs" / "a", {}):
        pass
    assert names(tmp_path / "own") == []


def test_a_parent_that_another_run_came_into_stays(tmp_path):
    with claimed(tmp_path / "runs" / "a", {}):
        (tmp_path / "runs" / "b").mkdir()
    assert names(tmp_path / "runs") == ["b"]


def test_a_folder_of_hidden_files_is_empty_enough(tmp_path):
    (tmp_path / ".DS_Store").touch()
    with claimed(tmp_path, {}) as run:
        run.write("notes.json", {})


def test_the_same_command_finds_its_run_again(tmp_path):
    typed = {"dataset": "digits", "steps": 3, "minutes": None}
    with claimed(tmp_path, typed) as run:
        run.write("run.json", {**INFO, "typed": typed})
    with claimed(tmp_path, typed) as run:
        assert run.info.typed == typed


def test_another_command_is_told_what_differs(tmp_path):
    typed = {"steps": 3, "--set flip": "false"}
    Run(tmp_path).write("run.json", {**INFO, "typed": typed})
    with (
        pytest.raises(InputError) as refusal,
        claimed(tmp_path, {"steps": 4, "seed": 1}),
    ):
        pass
    for part in (
        "(steps was 3 and is now 4; ",
        "--set flip was false and is now None; ",
        "seed was None and is now 1)",
    ):
        assert part in str(refusal.value)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"dataset": "/old/photos"}, {"dataset": "/new/pictures"}),
        ({"data_dir": "/old/sets"}, {"data_dir": "/new/sets"}),
        ({"weights": "/old/start.npz"}, {"weights": "/new/start.npz"}),
        ({"model": "/old/run"}, {"model": "/new/run"}),
        ({"class_weights": "/old/w.csv"}, {"class_weights": "/new/w.csv"}),
    ],
)
def test_files_that_may_have_moved_are_no_other_command(tmp_path, before, now):
    Run(tmp_path).write("run.json", {**INFO, "typed": before})
    with claimed(tmp_path, now) as run:
        run.retype(now)
        assert run.info.typed == now
    assert Run(tmp_path).info.typed == now


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"dataset": "digits"}, {"dataset": "/new/photos"}),
        ({"dataset": "/old/photos"}, {"dataset": "photos"}),
        ({"data_dir": None}, {"data_dir": "/new/sets"}),
        ({"weights": "/old/start.npz"}, {"weights": "/new/other.npz"}),
        ({"weights": __file__}, {"weights": f"/new/{Path(__file__).name}"}),
    ],
)
def test_files_that_cannot_have_moved_are_another_command(tmp_path, before, now):
    Run(tmp_path).write("run.json", {**INFO, "typed": before})
    with pytest.raises(InputError) as refused, claimed(tmp_path, now):
        pass
    assert "holds a run of another recipe" in str(refused.value)
    assert "remove" not in str(refused.value)


def test_a_run_of_before_there_were_tasks_is_read(tmp_path):
    before = {**INFO, "typed": {"multi_label": True}}
    del before["task"], before["multi_label"]
    Run(tmp_path).write("run.json", before)
    info = Run(tmp_path).info
    assert (info.task, info.multi_label) == ("classification", True)


def test_a_folder_has_one_run_at_a_time(tmp_path):
    with (
        claimed(tmp_path, {}),
        pytest.raises(InputError, match="Another run is writing"),
        claimed(tmp_path, {}),
    ):
        pass
    with claimed(tmp_path, {}):
        pass  # free again


def test_a_file_is_no_output_folder(tmp_path):
    (tmp_path / "notes").touch()
    with pytest.raises(InputError, match="is a file"), claimed(tmp_path / "notes", {}):
        pass
    with (
        pytest.raises(InputError, match="cannot be written: Not a directory"),
        claimed(tmp_path / "notes" / "run", {}),
    ):
        pass


def test_a_run_of_before_there_were_groups_is_the_same_without_them(tmp_path):
    Run(tmp_path).write("run.json", {**INFO, "typed": {"steps": 5}})
    with claimed(tmp_path, {"steps": 5, "group_from": None, "exclude": None}):
        pass
    with (
        pytest.raises(InputError, match="group_from was None and is now a"),
        claimed(tmp_path, {"steps": 5, "group_from": "a", "exclude": None}),
    ):
        pass
