"""Trained networks in the forms that others serve."""

from export.saved_model import largest_difference, save_for_serving

__all__ = ["largest_difference", "save_for_serving"]
