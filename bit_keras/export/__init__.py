"""Trained networks in the forms that others serve and train on."""

from bit_keras._lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        ".hub_layer": ("HubLayer",),
        ".hub_module": ("save_hub_module",),
        ".saved_model": ("save_for_serving",),
        ".writing": ("export",),
    },
)
