import pytest
from scenes import scene

import bit_keras as bk
from bit_keras.recipes import parse_assignments
from bit_keras.training import job
from bit_keras.training.evaluations import read_evaluations

SMALL = ("resize=20", "crop=16", "batch_size=8", "steps=2", "warmup_steps=0")


def weights_of(run):
    return run.network().get_weights()


def same(arrays, others):
    return all((a == b).all() for a, b in zip(arrays, others, strict=True))


def test_the_averages_are_what_is_saved_and_the_result_says_so(digits, capsys):
    run = digits("run", "ema_decay=0.9", "steps=6", "base_lr=0.05")
    assert (
        "saved: moving averages of the weights (decay 0.9)" in capsys.readouterr().out
    )
    assert not same(
        weights_of(run), weights_of(digits("plain", "steps=6", "base_lr=0.05"))
    )


def test_the_best_weights_are_what_is_saved_and_the_result_says_so(digits, capsys):
    # The first step has the rate 0, and the others destroy what is there.
    fields = ("steps=4", "base_lr=3", "warmup_steps=3", "momentum=0")
    choose = ("evaluate_every=1", "best_metric=loss")
    run = digits("run", *fields, *choose)
    assert "those after step 1, whose loss on the held-out images is best" in (
        capsys.readouterr().out
    )
    assert not same(weights_of(run), weights_of(digits("last", *fields, choose[0])))


def test_a_result_that_is_no_better_than_chance_is_doubted(digits, capsys):
    run = digits("run", "base_lr=1e-9")
    assert "This is not clearly above chance" in capsys.readouterr().out
    report = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "This is not clearly above chance" in report


def test_the_report_draws_evaluations_on_the_scale_of_training(digits, monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        "bit_keras.training.results.write_run_report",
        lambda path, **facts: drawn.update(facts),
    )
    run = digits("run", "loss=sigmoid", "class_mean=true", "evaluate_every=2")
    (_, last) = drawn["evaluations"]
    assert last["loss"] == read_evaluations(run.folder)[-1]["loss"] / 10


@pytest.fixture
def on_weights(digits):
    """Gives a function: name, arguments -> a run that begins with another's weights."""
    source = digits("source", "base_lr=0.05")

    def run(name, *fields, **arguments):
        return bk.finetune(
            "digits",
            model=str(source.folder),
            output=source.folder.parent / name,
            changes=parse_assignments(fields),
            **arguments,
        )

    return run


@pytest.fixture
def on_scenes(smallest, tmp_path):
    """Gives a function: numbers of the scenes of each part, fields -> a run."""

    def run(parts, *fields):
        for split, numbers in parts.items():
            for number in numbers:
                folder = tmp_path / "data" / split / "ab"[number % 2]
                folder.mkdir(parents=True, exist_ok=True)
                # The scene of the same number, in the sizes that each part has.
                image = scene(number).resize((40 + len(split), 40))
                image.save(folder / f"{number}.png")
        return bk.finetune(
            tmp_path / "data",
            model="bit_tiny",
            output=tmp_path / "run",
            changes=parse_assignments((*SMALL, *fields)),
        )

    return run


class FewSteps:
    """A time limit that ends after so many looks at what is left."""

    def __init__(self, looks):
        self.looks = looks

    @property
    def left(self):
        self.looks -= 1
        return self.looks

    def evaluated(self, seconds):
        pass


def test_a_short_run_goes_on_from_a_head_in_closed_form(
    on_weights, capsys, monkeypatch
):
    monkeypatch.setattr(job, "limit_of", lambda *_: FewSteps(9))
    run = on_weights("run", "base_lr=1e-6", minutes=0.1)
    assert "In closed form: accuracy" in capsys.readouterr().out
    rows = read_evaluations(run.folder)
    assert rows[0]["step"] == 0
    assert 0 < rows[-1]["step"] < run.recipe.steps
    assert run.recipe.minutes == 0.1
    assert run.metrics["top1"] > 0.5


def test_training_that_destroys_what_was_there_is_left_out(
    on_weights, capsys, monkeypatch
):
    monkeypatch.setattr(job, "limit_of", lambda *_: FewSteps(9))
    run = on_weights("run", "base_lr=1", minutes=0.1)
    told = capsys.readouterr().out
    assert "the head in closed form, as training made it no better; on the" in told
    assert run.metrics["top1"] > 0.5


def test_a_head_in_closed_form_that_stays_best_is_found_on_all_images(
    on_weights, capsys
):
    run = on_weights("run", minutes=1e-3)  # without time for a step
    told = capsys.readouterr().out
    assert "the head in closed form, as there was no time left for a step\n" in told
    assert "each of the 500 training images" in told
    assert "each of the 643 training images" in told  # those held out, too
    assert run.metrics["top1"] > 0.5


def test_test_images_with_a_twin_in_training_are_told(on_scenes, capsys):
    run = on_scenes({"train": range(6), "test": [0, 1, 2, 6, 7, 8]})
    told = "3 of 6 test images have a twin in training; without them "
    assert told in capsys.readouterr().out
    assert told in (run.folder / "report.html").read_text(encoding="utf-8")
    assert run.metrics["twins_in_training"] == 3
    assert run.metrics["without_twins"]["examples"] == 3


@pytest.mark.parametrize(("fields", "count"), [([], 1), (["evaluate_every=2"], 3)])
def test_images_that_weights_are_chosen_by_count_as_training(on_scenes, fields, count):
    parts = {"train": [0, 1], "val": [2, 3], "test": [0, 2, 3, 4]}
    assert on_scenes(parts, *fields).metrics["twins_in_training"] == count


def test_what_is_evaluated_before_the_first_step_is_the_head_in_closed_form(
    on_weights, monkeypatch
):
    monkeypatch.setattr(job, "limit_of", lambda *_: FewSteps(2))
    run = on_weights("run", minutes=0.1)
    rows = read_evaluations(run.folder)
    assert rows[0]["top1"] > 0.4  # and not the 0.1 of a head of zeros
