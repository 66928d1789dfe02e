"""Evaluators: a model and a dataset in, plain numbers out, one kind per module."""
