"""The forms of an export by name, in the order users need them; nothing is imported."""

import re
from pathlib import Path

from bit_keras.errors import InputError

FORMAT_NAMES = ["savedmodel", "hub", "keras", "litert", "onnx"]
# What each can be written in besides float32.
PRECISIONS = {"savedmodel": ("bfloat16",), "litert": ("float16", "int8")}
SAVED_MODELS = ("savedmodel", "hub")  # those that TensorFlow opens by their path


def require_no_pattern(path):
    """Raises `InputError` where TensorFlow would look for files that a path matches."""
    # "*", "?" and "[" alone match themselves; Windows has "\\" between folders.
    if found := re.search(r"\[.*\]|\\", Path(path).as_posix()):
        raise InputError(
            f"'{path}' holds {found[0]}, which TensorFlow takes for a pattern of "
            "names; name a folder without, or change to the folder above it."
        )
