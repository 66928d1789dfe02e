"""Attributes that import their module on first use (PEP 562): `--help` is instant."""

import importlib


def lazy_attributes(package, modules):
    """Gives `__getattr__` and `__dir__` for the package named `package`.

    Args:
        package: `__name__` of the package.
        modules: dict from a module's path below the package (".bit") to the public
            names it holds; an empty tuple exposes the module itself.
    """
    owner = {name: module for module, names in modules.items() for name in names}
    submodules = {module.lstrip("."): module for module in modules}

    def __getattr__(name):
        if name in owner:
            return getattr(importlib.import_module(owner[name], package), name)
        if name in submodules:
            return importlib.import_module(submodules[name], package)
        raise AttributeError(f"module '{package}' has no attribute '{name}'")

    def __dir__():
        return sorted({*owner, *submodules})

    return __getattr__, __dir__
