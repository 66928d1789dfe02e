"""The forms of an export by name, in the order users need them; nothing is imported."""

from pathlib import Path

from bit_keras.errors import InputError

FORMAT_NAMES = ["savedmodel", "hub", "keras", "litert", "onnx"]


def require_no_pattern(path):
    """Raises `InputError` where TensorFlow would look for files that a path matches."""
    found = [character for character in "*?[\\" if character in Path(path).as_posix()]
    if found:
        raise InputError(
            f"'{path}' holds {' and '.join(found)}, which TensorFlow takes for a "
            "pattern of names; name a folder without, or change to the folder above it."
        )
