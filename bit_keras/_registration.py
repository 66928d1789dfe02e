"""Makes `import bit_keras` enough for Keras to load saved networks, and keeps it quick.

Keras finds the classes of a saved model among those registered with it. They are
defined as soon as Keras itself is imported, whether before or after this package.
"""

import importlib
import importlib.abc
import importlib.util
import sys

ROOMS = ("bit_keras.layers", "bit_keras.models", "bit_keras.optimizers")


def register_with_keras():
    """Defines the registered classes now, or right after Keras has been imported."""
    if "keras" in sys.modules:
        _import_rooms()
    else:
        sys.meta_path.insert(0, _AfterKeras())


def _import_rooms():
    # A room that is just being imported goes on to define its classes itself.
    if not any(room in sys.modules for room in ROOMS):
        for room in ROOMS:
            importlib.import_module(room)


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Finds Keras as ever, and sees to it that the rooms are imported after it."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        # Looking for Keras, as TensorFlow does, is not importing it: stay until then.
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("keras")
        sys.meta_path.insert(0, self)
        if spec is not None:
            spec.loader.exec_module = self._then_rooms(spec.loader.exec_module)
        return spec

    def _then_rooms(self, execute):
        def exec_module(module):
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            execute(module)
            _import_rooms()

        return exec_module
