"""What a step minimises, by its name in a recipe.

An objective is made from a recipe and has

- `network(network)`: the network that learns, made of the one that is kept, whose
  layers it shares; the same where nothing is to be added.
- `sums(forward, batch)`: a dict of sums over the examples of a batch: `loss`, which is
  minimised, and one for each of `logs`. `forward` takes images (rows, height, width,
  channels) to the network's outputs, and is called for all images of the batch, with
  those of one example in consecutive rows. On several devices each has its part of the
  batch, and what they give is added up.
- `loss(labels, outputs)`: what `Learner.evaluate` gives the mean of, or None.
- `separable`: whether the sums of a batch are those of its parts added up, so that it
  may go through the network in parts.
- `views`: how many pictures of each training image it takes.
- `logs`: names of the figures that are logged beside the loss, as means over the batch.
"""

from bit_keras.errors import InputError, suggestion
from bit_keras.training.objectives.classification import Classification
from bit_keras.training.objectives.masked_patches import MaskedPatches

OBJECTIVES = {"classification": Classification, "masked_patches": MaskedPatches}


def objective(name):
    """Gives the class of an objective.

    Raises:
        InputError: if there is none of this name.
    """
    if name not in OBJECTIVES:
        raise InputError(
            f"There is no objective '{name}'.{suggestion(name, OBJECTIVES)} Known: "
            f"{', '.join(OBJECTIVES)}"
        )
    return OBJECTIVES[name]
