import json
import types

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import parse_assignments
from bit_keras.training import few_shot_runs as module
from bit_keras.training import open_run
from bit_keras.training.few_shot_runs import few_shot_runs

FIELDS = ("resize=20", "crop=16", "batch_size=10", "steps=1", "warmup_steps=0")


@pytest.fixture
def tuned(smallest, tmp_path):
    """Gives a function: shots, seeds -> what came of the digits."""

    def run(*shots, seeds=2):
        return few_shot_runs(
            "digits",
            shots,
            seeds=seeds,
            output=tmp_path / "runs",
            model="bit_tiny",
            changes=parse_assignments(FIELDS),
        )

    return run


def test_every_draw_has_a_run_of_so_many_images(tuned, tmp_path):
    found = tuned(2, 1)
    assert found.shots == (1, 2)
    assert found.examples == (10, 20)
    for seed in range(2):
        for column, shots in enumerate((1, 2)):
            run = open_run(tmp_path / "runs" / f"{shots}-shot-seed-{seed}")
            assert f"{10 * shots} train" in run.info.data
            assert run.info.typed["subset_seed"] == seed
            assert run.metrics["top1"] == found.accuracies[seed, column]
            assert run.metrics["examples"] == found.tested
    drawn = [
        (tmp_path / "runs" / f"1-shot-seed-{seed}" / "data.csv").read_text("utf-8")
        for seed in range(2)
    ]
    assert drawn[0] != drawn[1]


def test_finished_runs_are_not_repeated(tuned, tmp_path, capsys):
    tuned(1, seeds=1)
    metrics = tmp_path / "runs" / "1-shot-seed-0" / "metrics.json"
    marked = json.loads(metrics.read_text("utf-8")) | {"top1": 0.123}
    metrics.write_text(json.dumps(marked), "utf-8")
    capsys.readouterr()
    assert tuned(1, seeds=1).accuracies.tolist() == [[0.123]]
    assert "This run is finished" in capsys.readouterr().out


def test_shots_that_a_class_has_not_are_left_out(tuned, capsys, monkeypatch):
    monkeypatch.setattr(module, "finetune", finished_run)
    assert tuned(1, 500).shots == (1,)
    assert "Left out: 500 of each class, because a class has" in capsys.readouterr().out
    with pytest.raises(InputError, match="training images only; take fewer shots"):
        tuned(500)


def finished_run(dataset, **arguments):
    return types.SimpleNamespace(metrics={"top1": 0.5, "examples": 9})


def test_images_with_several_labels_are_refused(many_labels, tmp_path, monkeypatch):
    monkeypatch.setattr(module.NamedData, "open", lambda self, seed: many_labels)
    with pytest.raises(InputError, match="of 'set': they have several labels"):
        few_shot_runs("set", (1,), seeds=1, output=tmp_path / "runs")
