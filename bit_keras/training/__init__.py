"""Training: the learner, the run folder, and fine-tuning from start to end."""

from bit_keras.training.finetune import finetune, pretrain
from bit_keras.training.learner import Learner
from bit_keras.training.run_folder import Run, open_run

__all__ = ["Learner", "Run", "finetune", "open_run", "pretrain"]
