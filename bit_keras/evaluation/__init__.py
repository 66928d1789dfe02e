"""Evaluators: a model and a dataset in, plain numbers out, one kind per module."""

from bit_keras.evaluation.closed_form import closed_form
from bit_keras.evaluation.few_shot import few_shot

__all__ = ["THRESHOLD", "closed_form", "few_shot"]

# From this probability on, one of several labels is said of an image.
THRESHOLD = 0.5
