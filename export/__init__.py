"""What one reads or runs of `bit_keras.export` from a checkout; not in the wheel."""

from bit_keras.export import HubLayer, export, save_for_serving, save_hub_module

__all__ = ["HubLayer", "export", "save_for_serving", "save_hub_module"]
