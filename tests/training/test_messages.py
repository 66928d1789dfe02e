import dataclasses
import re

from bit_keras.data.check import Verdict
from bit_keras.training.messages import tell_data, tell_recipe, tell_result

EVALUATED = {"evaluate_every": 1, "best_metric": "top1"}


def test_a_long_list_of_bad_images_is_cut(data, capsys):
    bad = tuple(Verdict(f"{number}.jpg", False, "empty file") for number in range(25))
    tell_data(dataclasses.replace(data, bad=bad, notes=("A note.",)))
    printed = capsys.readouterr().out
    assert "A note.\n" in printed
    assert "cannot be read (25):" in printed
    assert printed.count(": empty file") == 20
    assert "  and 5 more, all in bad_images.csv\n" in printed


def told(capsys, rule, recipe, notes=()):
    tell_recipe(rule, recipe, notes)
    return capsys.readouterr().out


def test_fields_that_the_rule_leaves_empty_are_marked_too(small_recipe, capsys):
    printed = told(capsys, small_recipe(), small_recipe(decay_at=(1, 2)), ["A note."])
    assert printed.startswith("A note.\nRecipe (")
    assert "    decay_at           1,2   (rule: none)\n" in printed
    assert "    crop               16\n" in printed


def test_fields_that_nobody_decided_are_not_printed(small_recipe, capsys):
    printed = told(capsys, small_recipe(), small_recipe())
    assert "mixup_alpha" not in printed
    assert "  evaluation\n" not in printed


def test_what_the_user_sets_back_to_the_default_is_printed(small_recipe, capsys):
    printed = told(capsys, small_recipe(mixup_alpha=0.1), small_recipe())
    assert "    mixup_alpha        0   (rule: 0.1)\n" in printed


def test_what_is_printed_stands_once_under_the_heading_of_its_group(
    small_recipe, capsys
):
    printed = told(capsys, small_recipe(), small_recipe(patience=2, **EVALUATED))
    lines = printed.splitlines()
    headings = [line.strip() for line in lines if re.match("  [a-z]", line)]
    assert len(set(headings)) == len(headings)
    assert lines[lines.index("  evaluation") + 1].split()[0] == "evaluate_every"


def test_long_values_are_cut(small_recipe, capsys):
    printed = told(
        capsys, small_recipe(), small_recipe(class_weights=tuple([0.123] * 1000))
    )
    assert max(map(len, printed.splitlines())) < 100


def test_commands_that_go_on_quote_the_folder(capsys):
    summary = {"top1": 0.5, "examples": 2, "per_class": [{"examples": 1}] * 2}
    tell_result("my runs/cats", summary, 1.0)
    assert "evaluate --run 'my runs/cats'\n" in capsys.readouterr().out
