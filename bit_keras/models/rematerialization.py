"""Gradient checkpointing: where a network can be cut into parts to compute twice."""

import keras


def cut_into_parts(network):
    """Cuts a network where all its paths meet again, such as after a residual unit.

    Of a part, only what goes in needs to be kept for the gradients; the insides can be
    computed again. It is no cut where another path passes by: within a unit.

    Args:
        network: functional `keras.Model` with one input and one output.

    Returns:
        list of `keras.Model`, each taking what the one before gives; they share the
        layers of the network.
    """
    ends = [network.inputs[0], *_meeting_points(network), network.outputs[0]]
    return [
        keras.Model(start, end) for start, end in zip(ends[:-1], ends[1:], strict=True)
    ]


def _meeting_points(network):
    layers = network.layers
    last_use = {id(x): layer for layer in layers for x in _tensors(layer.input)}
    alive, points = {}, []
    for layer in layers[:-1]:
        inputs = _tensors(layer.input)
        alive |= {id(layer.output): layer.output}
        for x in inputs:
            if last_use[id(x)] is layer and x is not layer.output:
                alive.pop(id(x), None)
        if len(inputs) > 1 and len(alive) == 1:
            points.append(layer.output)
    return points


def _tensors(values):
    return values if isinstance(values, (list, tuple)) else [values]
