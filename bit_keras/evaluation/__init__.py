"""Evaluators: a model and a dataset in, plain numbers out, one kind per module."""

# From this probability on, one of several labels is said of an image.
THRESHOLD = 0.5
