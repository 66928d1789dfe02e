"""Gradient checkpointing: the insides of a network's units are computed twice."""

import keras


def rematerialized(network):
    """Gives a function that computes what a network does, and keeps less for gradients.

    Only what passes between residual units is kept; their insides are computed again
    when the gradients need them.

    Args:
        network: functional `keras.Model` with one input.

    Returns:
        function of a batch of images that gives the network's outputs (training mode);
        it shares the network's variables.
    """
    ends = [
        layer.output for layer in network.layers if isinstance(layer, keras.layers.Add)
    ]
    parts = [
        keras.Model(start, end)
        for start, end in zip(
            [network.inputs[0], *ends], [*ends, network.outputs[0]], strict=True
        )
    ]

    def forward(x):
        for part in parts:
            x = keras.remat(lambda x, part=part: part(x, training=True))(x)
        return x

    return forward
