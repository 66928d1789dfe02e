"""Clipping by the weights that gradients are of, and by the gradient of all devices."""

from keras import ops

SMALLEST_WEIGHTS = 1e-3  # norm below which weights count as so long
SMALLEST_GRADIENT = 1e-6


def adaptively_clipped(gradient, weights, factor):
    """Scales the gradient of each output unit down to a share of its weights' norm.

    The output units of a kernel lie along its last axis, as in (height, width, inputs,
    units) or (inputs, units); a vector or a number is one unit.

    Args:
        gradient: tensor, of the shape of the weights.
        weights: tensor or variable.
        factor: largest norm of a unit's gradient as a share of the norm of its weights,
            which counts as at least 0.001.

    Returns:
        tensor of the shape of the gradient.

    Reference: Brock et al. 2021, https://arxiv.org/abs/2102.06171, section 4.1;
        `adaptive_clip_grad` of timm.
    """
    norms = _unit_norms(gradient)
    largest = factor * ops.maximum(_unit_norms(weights), SMALLEST_WEIGHTS)
    clipped = gradient * (largest / ops.maximum(norms, SMALLEST_GRADIENT))
    return ops.where(norms < largest, gradient, clipped)


def on_first_replica(gradients):
    """Adds the gradients of all replicas up on the first; the others get zeros.

    Keras clips the gradients of each replica by themselves and adds them up afterwards.
    After this it clips the sum.

    Args:
        gradients: list of tensors of TensorFlow, or None for those there are not.
    """
    # Only here does the core know of a backend: no other has replicas in Keras.
    import tensorflow as tf

    replicas = tf.distribute.get_replica_context()
    if replicas is None or replicas.num_replicas_in_sync == 1:
        return gradients
    known = [gradient for gradient in gradients if gradient is not None]
    sums = iter(replicas.all_reduce(tf.distribute.ReduceOp.SUM, known))
    first = tf.equal(replicas.replica_id_in_sync_group, 0)
    return [
        gradient if gradient is None else next(sums) * tf.cast(first, gradient.dtype)
        for gradient in gradients
    ]


def _unit_norms(values):
    """(..., units) -> (1, ..., 1, units); of a vector or a number the norm of all."""
    several = len(values.shape) > 1
    axes = tuple(range(len(values.shape) - 1)) if several else None
    return ops.sqrt(ops.sum(ops.square(values), axis=axes, keepdims=True))
