import importlib.resources

import pytest

from bit_keras.export.writing import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described_for_the_card(name):
    card = importlib.resources.files("bit_keras.export") / "cards" / f"{name}.md"
    assert "```python" in card.read_text("utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_answers_with_what_can_be_compared(name):
    assert FORMATS[name].output in ("probabilities", "logits")
