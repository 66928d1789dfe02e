import argparse

import pytest

from bit_keras.commands.training_flags import add_training, training_arguments
from bit_keras.errors import InputError


@pytest.fixture
def parsed():
    """Gives a function: words -> the arguments of `bk.finetune` that they mean."""
    parser = argparse.ArgumentParser()
    add_training(parser)
    parser.add_argument("--recipe")

    def parse(*words, dataset="digits"):
        named = ("--dataset", dataset) if dataset else ()
        return training_arguments(parser.parse_args([*named, *words]), "finetune")

    return parse


def test_what_was_typed_is_parsed_once(parsed):
    arguments = parsed("--set", "crop=64", "decay_at=1,2", "--freeze", "stage1")
    assert arguments["changes"] == {"crop": 64, "decay_at": (1, 2), "freeze": "stage1"}


def test_flags_that_are_not_given_change_nothing(parsed):
    assert parsed()["changes"] == {}
    assert parsed()["recipe"] is None


def test_flags_of_fields_are_those_of_set(parsed):
    words = ("--balanced", "--remat", "--evaluate-every", "5", "--ema-decay", "0.9")
    expected = {"balanced": True, "remat": True, "evaluate_every": 5, "ema_decay": 0.9}
    assert parsed(*words)["changes"] == expected


def test_what_is_set_counts_more_than_a_flag(parsed):
    words = ("--freeze", "stage1", "--set", "freeze=stage2")
    assert parsed(*words)["changes"] == {"freeze": "stage2"}


def test_a_linear_probe_freezes_all_but_the_head(parsed):
    assert parsed("--linear-probe")["changes"] == {"freeze": "pre_logits"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--linear-probe", "--freeze", "stage1"), "leave out --freeze"),
        (("--set", "crop"), "--set takes FIELD=VALUE"),
        (("--recipe", "bit_hyperule"), "for finetune. Did you mean 'bit_hyperrule'"),
        (("--recipe", "bit-s"), "no recipe 'bit-s' for finetune"),
    ],
)
def test_what_makes_no_sense_is_refused(parsed, words, sentence):
    with pytest.raises(InputError, match=sentence):
        parsed(*words)


def test_a_data_set_is_asked_for(parsed):
    with pytest.raises(InputError, match="finetune needs --dataset"):
        parsed(dataset=None)
