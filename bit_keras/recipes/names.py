"""The names that a recipe's fields may take, where others add theirs."""

from bit_keras.preprocessing import INTERPOLATIONS
from bit_keras.recipes.schedules import SCHEDULES

# A field of a recipe -> its names, looked up whenever a recipe is made. The functions
# behind them stand where Keras may be imported: `optimizers.OPTIMIZERS`,
# `losses.LOSSES`, `training.objectives.OBJECTIVES`, `data.augment`, `data.mixing`.
CHOICES = {
    "interpolation": INTERPOLATIONS,
    "cropping": ["random", "inception", "torchvision", "none"],
    "train_interpolation": [*INTERPOLATIONS, "random"],
    "mix_mode": ["batch", "pair", "elem"],
    "schedule": SCHEDULES,
    "optimizer": ["sgd", "adamw", "lamb", "rmsprop_tf"],
    "batch_norm": ["trained", "frozen", "synchronized"],
    "objective": ["classification", "masked_patches"],
    "target": ["mean-colour", "downsized", "pixels"],
    "head": ["zero", "closed_form"],
    "loss": ["softmax", "sigmoid"],
    "mixed_labels": ["soft", "threshold", "presence"],
    "precision": ["float32", "mixed_float16", "mixed_bfloat16"],
}
