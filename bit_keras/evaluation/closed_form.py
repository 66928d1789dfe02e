"""Ridge regression of classes on features: solved at once, and tested by leaving out.

Reference: fewshot_lsr.py of github.com/google-research/big_vision, in float64.
"""

import dataclasses

import numpy as np
from scipy import optimize, special

from bit_keras.errors import InputError

L2 = tuple(2.0**power for power in range(-10, 20))
CONSTANT = 100.0  # a feature of this value is a bias that l2 hardly holds back


@dataclasses.dataclass(frozen=True)
class ClosedForm:
    """What a ridge regression found.

    Attributes:
        kernel: float64 array (features, classes).
        bias: float64 array (classes,); `features @ kernel + bias` are the scores, which
            were to be 1 of an example's own classes and -1 of all others.
        left_out: float64 array (examples, classes): the scores that every example has
            from the regression on all others, or on all other groups.
        l2: the weight decay that was chosen.
        error: mean square of what `left_out` is beside 1 and -1.
        standard_error: how far `error` may be off, because so few examples were seen.
    """

    kernel: np.ndarray
    bias: np.ndarray
    left_out: np.ndarray
    l2: float
    error: float
    standard_error: float


def closed_form(features, labels, num_classes=None, *, l2=L2, groups=None):
    """Fits the classes of images to their features by ridge regression.

    Features are scaled to mean 0 and deviation 1. Of several `l2`, that is taken whose
    scores of what was left out have the least squared error; all come from a single
    decomposition. What is left out is exact, too: the scores are those of a regression
    without the example (or the group), but with mean and deviation of all.

    Args:
        features: array (examples, features).
        labels: integer array (examples,), or of 0 and 1 (examples, classes).
        num_classes: int, needed with labels of the first kind.
        l2: weight decay, one number or several, above 0.
        groups: integer array (examples,): examples of the same number belong together,
            and are left out together. None for each by itself.

    Returns:
        `ClosedForm`.

    Raises:
        InputError: if there are fewer than two examples or groups, or a feature is not
            a number.
    """
    features = np.asarray(features, "float64")
    if len(features) < 2 or (groups is not None and len(np.unique(groups)) < 2):
        raise InputError(
            "A regression that is tested by leaving out takes two examples of two "
            f"groups at least. Received: {len(features)}"
        )
    if not np.isfinite(features).all():
        raise InputError("Some features are not finite: the weights are damaged.")
    targets = _targets(labels, num_classes)
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-5
    inputs = (features - mean) / deviation
    inputs = np.hstack([inputs, np.full((len(inputs), 1), CONSTANT)])
    several = _several(groups)
    ridge = _Ridge(inputs, targets)
    best = None
    for decay in np.atleast_1d(l2):
        errors = ridge.errors(decay, several)
        if best is None or (errors**2).sum() < (best[1] ** 2).sum():
            best = decay, errors
    decay, errors = best
    weights = ridge.weights(decay)
    kernel = weights[:-1] / deviation[:, None]
    bias = CONSTANT * weights[-1] - mean @ kernel
    each = (errors**2).mean(axis=1)
    return ClosedForm(
        kernel,
        bias,
        left_out=targets - errors,
        l2=float(decay),
        error=float(each.mean()),
        standard_error=float(each.std() / np.sqrt(len(each))),
    )


def as_logits(found, labels, loss):
    """Scales scores so that they are logits of well-measured probabilities.

    Scale and offset are those with the least cross-entropy of what was left out; they
    change no order of the classes.

    Args:
        found: `ClosedForm`.
        labels: as of `closed_form`.
        loss: "softmax" or "sigmoid", see `bit_keras.losses`.

    Returns:
        `ClosedForm` whose scores are the logits.
    """
    scores = found.left_out
    own = _targets(labels, scores.shape[1]) > 0

    def cross_entropy(parameters):
        logits = np.exp(parameters[0]) * scores + parameters[1]
        if loss == "sigmoid":
            return (np.logaddexp(0, logits) - logits * own).mean()
        return (special.logsumexp(logits, axis=1) - logits[own]).mean()

    # Beyond e^7 nothing changes any more where every example is right.
    bounds = [(-3, 7), (-20, 20) if loss == "sigmoid" else (0, 0)]
    log_scale, offset = optimize.minimize(cross_entropy, [1.0, 0.0], bounds=bounds).x
    scale = np.exp(log_scale)
    return dataclasses.replace(
        found,
        kernel=scale * found.kernel,
        bias=scale * found.bias + offset,
        left_out=scale * scores + offset,
    )


class _Ridge:
    """The regression of targets on inputs for any l2, from one decomposition.

    What is left of the targets is (identity + basis diag(w) basis') targets, where
    identity is 0 or 1 and w depends on l2: of the two ways, the one that decomposes the
    smaller matrix, and takes no small difference of large numbers.
    """

    def __init__(self, inputs, targets):
        self.inputs, self.targets = inputs, targets
        examples, features = inputs.shape
        self.wide = examples < features
        gram = inputs @ inputs.T if self.wide else inputs.T @ inputs
        values, self.vectors = np.linalg.eigh(gram)
        self.values = np.maximum(values, 0)
        self.identity = 0.0 if self.wide else 1.0
        self.basis = self.vectors if self.wide else inputs @ self.vectors
        self.projected = self.basis.T @ targets

    def errors(self, l2, groups):
        """Gives targets less scores of what is left out, (examples, classes)."""
        weights = (l2 if self.wide else -1.0) / (self.values + l2)
        left = self.identity * self.targets
        left = left + self.basis @ (weights[:, None] * self.projected)
        diagonal = self.identity + self.basis**2 @ weights
        errors = left / diagonal[:, None]
        for rows in groups:
            basis = self.basis[rows]
            block = self.identity * np.eye(len(rows)) + (basis * weights) @ basis.T
            errors[rows] = np.linalg.solve(block, left[rows])
        return errors

    def weights(self, l2):
        """Gives the solution, (features, classes)."""
        solved = self.vectors @ (self.projected / (self.values + l2)[:, None])
        return self.inputs.T @ solved if self.wide else solved


def _targets(labels, num_classes):
    """Gives 1 for an example's own classes, and -1 for all others."""
    labels = np.asarray(labels)
    own = labels if labels.ndim == 2 else np.eye(num_classes)[labels]
    return 2.0 * own - 1.0


def _several(groups):
    """Lists the rows of every group of more than one."""
    if groups is None:
        return []
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(np.asarray(groups)[order], return_index=True)
    return [rows for rows in np.split(order, starts[1:]) if len(rows) > 1]
