"""What a ResNet consists of: the convolutions and the residual units of its spec."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Convolution:
    """One convolution of a ResNet, for images of one size.

    Args:
        side: of its kernel.
        inputs, outputs: channels.
        positions: of its outputs.
        normalized: whether a norm comes after it.
    """

    side: int
    inputs: int
    outputs: int
    positions: int
    normalized: bool = True


@dataclasses.dataclass(frozen=True)
class Unit:
    """The place of a residual unit.

    Args:
        stage, number: from 1 on.
        index: from 0 on, in the whole network.
        inputs, mid, outputs: channels; `mid` are those of its 3 x 3 convolutions.
        stride: of its first 3 x 3 convolution.
        projects: whether its shortcut is a convolution.
        last: whether it ends its stage.
    """

    stage: int
    number: int
    index: int
    inputs: int
    mid: int
    outputs: int
    stride: int
    projects: bool
    last: bool
