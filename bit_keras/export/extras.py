"""Packages that only some exports need."""

import importlib

from bit_keras.errors import InputError


def extra(module, package, purpose):
    """Imports a module that not every user has.

    Args:
        module: such as `onnxruntime`.
        package: what to install.
        purpose: start of the sentence that is told if it is missing.

    Raises:
        InputError: if it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"{purpose} needs the package {package}: pip install {package} ({error})."
        ) from error
