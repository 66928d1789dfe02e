"""The forms of an export by name, in the order users need them; nothing is imported."""

FORMAT_NAMES = ["savedmodel", "hub", "keras", "litert", "onnx"]
