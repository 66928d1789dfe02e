"""What a batch of training holds for a (seed, k) does not change between versions.

The arrays were made by the code as it was when crops, flips and MixUp were no steps
yet. Runs begun with one version thus go on with another.
"""

import json
import pathlib

import numpy as np
import pytest

from bit_keras.data.batches import training_batches
from bit_keras.data.examples import ArrayExamples
from bit_keras.recipes import Recipe

FORMER = np.load(pathlib.Path(__file__).with_name("augmentation.npz"))


@pytest.mark.parametrize(
    "case", [name.split(":")[0] for name in FORMER.files if name.endswith(":recipe")]
)
def test_the_batches_of_a_recipe_are_those_of_former_versions(case):
    fields = json.loads(str(FORMER[f"{case}:recipe"]))
    weights = tuple(fields.pop("class_weights", ()))
    examples = ArrayExamples(FORMER["pixels"], FORMER["labels"])
    batches = list(
        training_batches(examples, Recipe(**fields, class_weights=weights), 3)
    )
    for part, values in zip(
        ("images", "labels", "weights"), zip(*batches, strict=True), strict=False
    ):
        np.testing.assert_array_equal(np.concatenate(values), FORMER[f"{case}:{part}"])
