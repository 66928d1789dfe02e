"""Trained networks in the forms that others serve and train on."""

from export.hub_module import HubLayer, save_hub_module
from export.saved_model import largest_difference, save_for_serving

__all__ = ["HubLayer", "largest_difference", "save_for_serving", "save_hub_module"]
