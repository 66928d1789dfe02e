"""What one form of an export is: each module that writes one holds its `Format`."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Format:
    """A form in which a network is exported.

    What it takes and gives is described by cards/NAME.md.

    Args:
        name: after --format.
        kind: for people, "A LiteRT file" say.
        save: function from `Trained`, a folder, and the `options` by name.
        read: function from the folder to a function from images, uint8 (batch, crop,
            crop, channels), to the export's answer, an array (batch, values).
        output: what it answers with: "probabilities" or "logits".
        options: what `save` also takes, of `head`, `precision` and `calibration`.
        whole: whether preprocessing and class names are inside; else the images it
            takes are those that the network gets, and the names are in a file beside.
        converted: whether packages of others write it.
    """

    name: str
    kind: str
    save: Callable
    read: Callable
    output: str
    options: tuple[str, ...] = ()
    whole: bool = False
    converted: bool = False
