"""Keeping the first part of a network as it is."""

import keras

from bit_keras.errors import InputError, suggestion
from bit_keras.models import endpoints


def freeze(network, name):
    """Makes a layer and all before it untrainable.

    Args:
        network: functional `keras.Model`.
        name: of a layer or endpoint, such as "stage3".

    Raises:
        InputError: if there is no such layer, or nothing is left to train.
    """
    names = [layer.name for layer in network.layers]
    if name not in names:
        raise InputError(
            f"The network has no '{name}' to freeze.{suggestion(name, names)} Take an "
            f"endpoint: {', '.join(endpoints(network))}."
        )
    before = keras.Model(network.inputs, network.get_layer(name).output)
    for layer in before.layers:
        layer.trainable = False
    if not network.trainable_variables:
        raise InputError(f"With '{name}' frozen, nothing is left to train.")


def parameter_table(network):
    """Counts parameters up to each endpoint; a line each with those in training."""
    ends = {name for name in endpoints(network) if not name.endswith("_attention")}
    ends.add(network.layers[-1].name)
    rows = {}
    trainable = total = 0
    for layer in network.layers:
        trainable += sum(_size(v) for v in layer.trainable_variables)
        total += sum(_size(v) for v in layer.weights)
        if layer.name in ends and total:
            rows[layer.name] = trainable, total
            trainable = total = 0
    rows["all"] = tuple(map(sum, zip(*rows.values(), strict=True)))
    width = max(map(len, rows))
    lines = [f"  {'':{width}} {'in training':>13} {'parameters':>13}"]
    lines += [
        f"  {name:{width}} {new:13,} {all_:13,}" for name, (new, all_) in rows.items()
    ]
    return "\n".join(lines)


def _size(variable):
    size = 1
    for side in variable.shape:
        size *= side
    return size


def freeze_batch_norm(network):
    """Keeps the statistics, scales and shifts of BatchNorm layers as they are.

    Fine-tuning on few images or small batches would else replace statistics of a
    million images by poor ones. A network without such layers stays as it is.

    Args:
        network: functional `keras.Model`.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False  # which Keras takes for inference mode, too
