import dataclasses

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import RULES, Facts, Rule, bit_hyperrule, bit_upstream, rules
from bit_keras.recipes.rsb import resnet_strikes_back

FACTS = Facts(num_examples=5000, image_size=(200, 300), num_classes=3)


def test_bit_hyperrule_is_that_of_the_same_facts():
    facts = dataclasses.replace(FACTS, network="bit_r50x1", task="dmlab")
    made = RULES["bit_hyperrule"].make(facts, resolution="paper")
    assert made == bit_hyperrule(
        5000, (200, 300), resolution="paper", network="bit_r50x1", task="dmlab"
    )


def test_several_labels_are_as_many_questions_to_bit_hyperrule():
    facts = dataclasses.replace(FACTS, multi_label=True)
    assert RULES["bit_hyperrule"].make(facts).loss == "sigmoid"
    assert RULES["bit_hyperrule"].make(FACTS).loss == "softmax"


@pytest.mark.parametrize("name", ["bit-s", "bit-m"])
def test_rules_of_pre_training_follow_the_batch_size(name):
    assert RULES[name].make(FACTS) == bit_upstream(name, 5000)
    facts = dataclasses.replace(FACTS, batch_size=64)
    assert RULES[name].make(facts) == bit_upstream(name, 5000, 64)


@pytest.mark.parametrize("name", RULES)
def test_a_recipe_bears_the_name_of_its_rule(name):
    facts = dataclasses.replace(FACTS, pretrained=True)
    assert RULES[name].make(facts).name == name


def test_quick_trains_nothing_and_takes_weights():
    recipe = RULES["quick"].make(dataclasses.replace(FACTS, pretrained=True))
    assert (recipe.steps, recipe.head) == (0, "closed_form")
    with pytest.raises(InputError, match="there are no weights: add --weights"):
        RULES["quick"].make(FACTS)


def test_a_rule_is_found_for_its_command_alone():
    assert rules.find("bit-s", "pretrain") is RULES["bit-s"]
    words = "no recipe 'bit-s' for finetune. Known: bit_hyperrule, quick, "
    with pytest.raises(InputError, match=words):
        rules.find("bit-s", "finetune")


def test_a_rule_that_is_added_is_found(monkeypatch):
    monkeypatch.setitem(RULES, "mine", Rule(bit_hyperrule))
    assert rules.find("mine", "finetune").make is bit_hyperrule
    with pytest.raises(InputError, match="Did you mean 'mine'"):
        rules.find("mime", "finetune")


@pytest.mark.parametrize("name", ["rsb-a1", "rsb-a2", "rsb-a3"])
def test_rules_of_resnets_begin_with_one_and_follow_the_batch_size(name):
    facts = dataclasses.replace(FACTS, batch_size=64)
    expected = resnet_strikes_back(name, 5000, 64, FACTS.image_size)
    assert RULES[name].make(facts) == expected
    assert RULES[name].network == "resnet50"


def test_several_labels_are_as_many_questions_to_deit():
    facts = dataclasses.replace(FACTS, multi_label=True)
    assert RULES["deit"].make(facts).loss == "sigmoid"
