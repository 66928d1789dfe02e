"""Fields of a recipe on what is learned, and by which steps."""

import dataclasses
import math

from bit_keras.recipes.fields import (
    choice,
    number,
    real_numbers,
    require,
    text,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LearningFields:
    """What is minimised, how, and in which network.

    Args:
        optimizer: a name of `optimizers.OPTIMIZERS`.
        momentum: of stochastic gradient descent.
        weight_decay: of the kernels. For "sgd" it is added to the gradient (L2, as in
            the papers of ResNets); for "adamw" it is decoupled.
        clip_norm: largest norm of the whole gradient; 0 is without clipping.
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
        target: of masked patches: "mean-colour", "downsized" (4 x 4) or "pixels".
        head: what a new head begins with: "zero", or "closed_form", the ridge
            regression of `evaluation.closed_form` on the features of the weights.
        head_bias: initial bias of a new head of zeros.
        class_weights: weight of the loss of each class's images; () is 1 for all.
        dropout: share that a network of ViT drops after dense layers in training.
        stochastic_depth: chance that the last block of a network is left out for an
            image; that of the blocks before grows from 0 in equal steps.
    """

    optimizer: str = choice("sgd", group="optimizer", shown=True)
    momentum: float = number(0.9, least=0, below=1, group="optimizer", shown=True)
    weight_decay: float = number(0.0, least=0, group="optimizer")
    clip_norm: float = number(0.0, least=0, group="optimizer")
    ema_decay: float = number(0.0, least=0, below=1, group="optimizer")
    freeze: str = text("", group="optimizer")
    head_lr_multiplier: float = number(1.0, above=0, group="optimizer")
    batch_norm: str = choice("trained", group="optimizer")

    objective: str = choice("classification", group="objective")
    loss: str = choice("softmax", group="objective", shown=True)
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
