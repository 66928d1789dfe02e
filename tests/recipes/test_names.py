import pytest

from bit_keras.losses import LOSSES, MIXED_LABELS
from bit_keras.optimizers import OPTIMIZERS
from bit_keras.recipes.names import CHOICES
from bit_keras.training.objectives import OBJECTIVES


@pytest.mark.parametrize(
    ("field", "table"),
    [
        ("loss", LOSSES),
        ("mixed_labels", MIXED_LABELS),
        ("optimizer", OPTIMIZERS),
        ("objective", OBJECTIVES),
    ],
)
def test_names_are_those_of_the_table_behind_them(field, table):
    assert list(CHOICES[field]) == list(table)
