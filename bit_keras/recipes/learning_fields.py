"""Fields of a recipe on what is learned, and by which steps."""

import dataclasses
import math

from bit_keras.recipes.fields import (
    choice,
    flag,
    number,
    real_numbers,
    require,
    text,
)

LABEL_THRESHOLD = 0.2


@dataclasses.dataclass(frozen=True, kw_only=True)
class LearningFields:
    """What is minimised, how, and in which network.

    Args:
        optimizer: a name of `optimizers.OPTIMIZERS`.
        momentum: of "sgd" and "rmsprop_tf".
        nesterov: the momentum of "sgd" looks ahead by one step.
        weight_decay: of the kernels. For "sgd" and "rmsprop_tf" it is added to the
            gradient (L2, as in the papers of ResNets); for "adamw" it is decoupled; for
            "lamb" it is part of the step that is scaled to the norm of the weights,
            and what has no weight decay is not scaled.
        clip_norm: largest norm of the whole gradient; 0 is without clipping, also for
            "lamb", whose own code clips at 1.
        adaptive_clip: largest norm of the gradient of each output unit as a share of
            the norm of its weights, after `clip_norm` and but for the head; 0 is
            without.
        ema_decay: of the moving average of the weights, which is then what is
            evaluated and saved; 0 is without.
        freeze: name of a layer or endpoint ("stage3"); it and all before it keep their
            weights.
        head_lr_multiplier: of the learning rate of the head.
        batch_norm: "trained", or "frozen": batch normalisation keeps the statistics of
            the weights it began with, and uses them in training, too. "synchronized":
            its statistics are of the images of all devices.
        objective: what is learned, a name of `training.objectives.OBJECTIVES`.
        loss: a name of `losses.LOSSES`: "softmax" cross-entropy, or "sigmoid", the sum
            over the classes. It also says how logits become probabilities, and nothing
            of how many labels an image has.
        class_mean: the loss of sigmoids is the mean over the classes instead of their
            sum.
        label_smoothing: share of each label that is spread evenly over all classes.
        mixed_labels: what sigmoids learn of mixed images: "soft", the share of each
            class; "presence", 1 for every class in the mixture; "threshold", 1 for
            every class whose share is above `label_threshold`, after smoothing, of
            which nothing is left.
        label_threshold: of mixed_labels=threshold.
        target: of masked patches: "mean-colour", "downsized" (4 x 4) or "pixels".
        head: what a new head begins with behind weights: "zero", or "closed_form", the
            ridge regression of `evaluation.closed_form` on their features. Without
            weights it is the network's matter.
        head_bias: is added to the initial bias of a new head.
        class_weights: weight of the loss of each class's images; () is 1 for all.
        dropout: share that a network of ViT drops after dense layers in training.
        stochastic_depth: chance that the last block of a network is left out for an
            image; that of the blocks before grows from 0 in equal steps.
    """

    optimizer: str = choice("sgd", group="optimizer", shown=True)
    momentum: float = number(0.9, least=0, below=1, group="optimizer", shown=True)
    nesterov: bool = flag(False, group="optimizer")
    weight_decay: float = number(0.0, least=0, group="optimizer")
    clip_norm: float = number(0.0, least=0, group="optimizer")
    adaptive_clip: float = number(0.0, least=0, group="optimizer")
    ema_decay: float = number(0.0, least=0, below=1, group="optimizer")
    freeze: str = text("", group="optimizer")
    head_lr_multiplier: float = number(1.0, above=0, group="optimizer")
    batch_norm: str = choice("trained", group="optimizer")

    objective: str = choice("classification", group="objective")
    loss: str = choice("softmax", group="objective", shown=True)
    class_mean: bool = flag(False, group="objective")
    label_smoothing: float = number(0.0, least=0, below=1, group="objective")
    mixed_labels: str = choice("soft", group="objective")
    label_threshold: float = number(
        LABEL_THRESHOLD, least=0, below=1, group="objective"
    )
    target: str = choice("mean-colour", group="objective")
    head: str = choice("zero", group="objective")
    head_bias: float = number(0.0, group="objective")
    class_weights: tuple[float, ...] = real_numbers(group="objective")

    dropout: float = number(0.0, least=0, below=1, group="network")
    stochastic_depth: float = number(0.0, least=0, below=1, group="network")

    def require_learning(self):
        """Raises `InputError` where these fields do not fit together."""
        weights = self.class_weights
        require(
            self,
            all(0 <= weight < math.inf for weight in weights)
            and (any(weights) or not weights),
            "class_weights",
            "must be finite, not negative, and not all 0",
        )
        ahead = self.optimizer == "sgd" and self.momentum > 0
        told = "is for optimizer=sgd with a momentum"
        require(self, ahead or not self.nesterov, "nesterov", told)
        self._require_labels()

    def _require_labels(self):
        """Raises where a loss would not follow what is said of its labels."""
        classes = self.objective == "classification"
        sigmoids = classes and self.loss == "sigmoid"
        told = "is for objective=classification"
        require(self, classes or not self.label_smoothing, "label_smoothing", told)
        told = "is for loss=sigmoid"
        require(self, sigmoids or not self.class_mean, "class_mean", told)
        soft = self.mixed_labels == "soft"
        require(self, sigmoids or soft, "mixed_labels", told)
        unchanged = self.label_threshold == LABEL_THRESHOLD
        told = "is for mixed_labels=threshold"
        compared = self.mixed_labels == "threshold"
        require(self, compared or unchanged, "label_threshold", told)
