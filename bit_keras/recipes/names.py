"""The names that a recipe's fields may take, where others add theirs."""

# A field of a recipe -> its names, looked up whenever a recipe is made. The functions
# behind them stand where Keras may be imported: `optimizers.OPTIMIZERS`,
# `losses.LOSSES`, `training.objectives.OBJECTIVES`, `data.augment`.
CHOICES = {
    "interpolation": ["bilinear", "bicubic"],
    "cropping": ["random", "inception", "none"],
    "schedule": ["constant", "step", "cosine", "linear", "reciprocal_root"],
    "optimizer": ["sgd", "adamw"],
    "batch_norm": ["trained", "frozen"],
    "objective": ["classification"],
    "loss": ["softmax", "sigmoid"],
    "precision": ["float32", "mixed_float16", "mixed_bfloat16"],
}
