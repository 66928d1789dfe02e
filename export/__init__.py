"""Trained networks in the forms that others serve and train on."""

from export.hub_layer import HubLayer
from export.hub_module import save_hub_module
from export.saved_model import save_for_serving
from export.writing import export

__all__ = ["HubLayer", "export", "save_for_serving", "save_hub_module"]
