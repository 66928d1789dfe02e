"""What labels ask of the logits: smoothed, and of mixed images each class by itself."""

from keras import ops

from bit_keras.errors import InputError, suggestion

# What of the shares that classes have in a mixed image is asked for, see `targets`.
MIXED_LABELS = ("soft", "threshold", "presence")


def smoothed(labels, smoothing):
    """Spreads a share of each label evenly over all classes.

    A 1 becomes 1 - s + s / classes, and a 0 becomes s / classes. Labels that are mixed
    before or after it come out alike.

    Args:
        labels: (batch, classes) in 0..1, of one label each or mixed of such.
        smoothing: the share s, in 0..1.

    Returns:
        (batch, classes).

    Reference: section 7 of https://arxiv.org/abs/1512.00567; `mixup_target` of timm.
    """
    return labels * (1 - smoothing) + smoothing / labels.shape[-1]


def targets(labels, mixed_labels="soft", *, smoothing=0.0, threshold=0.2):
    """Gives what logits are trained towards.

    Args:
        labels: (batch, classes) in 0..1: one-hot, mixed, or several; not yet smoothed.
        mixed_labels: "soft" takes the share of each class as it is. "presence" takes 1
            for every class that has a share, however small, and smooths afterwards.
            "threshold" smooths and then takes 1 for what is above the threshold, else
            0: nothing is left of the smoothing, and where a class without a share is
            above the threshold by it, all of them are.
        smoothing: see `smoothed`; 0 is without.
        threshold: of "threshold", in 0..1.

    Returns:
        (batch, classes), of the type of the labels. The rows of "presence" and
        "threshold" do not sum to 1, which is for sigmoids.

    Raises:
        InputError: if `mixed_labels` is none of these.

    Reference: Wightman et al. 2021, https://arxiv.org/abs/2110.00476, for "presence";
        `BinaryCrossEntropy` of timm for "threshold".
    """
    if mixed_labels not in MIXED_LABELS:
        raise InputError(
            f"There are no mixed_labels '{mixed_labels}'."
            f"{suggestion(mixed_labels, MIXED_LABELS)} Known: {', '.join(MIXED_LABELS)}"
        )
    labels = ops.convert_to_tensor(labels)
    if mixed_labels == "presence":
        labels = ops.cast(labels > 0, labels.dtype)
    labels = smoothed(labels, smoothing)
    if mixed_labels == "threshold":
        labels = ops.cast(labels > threshold, labels.dtype)
    return labels
