"""What a job needs to know of a kind of training, by the name that its rule gives.

A task has

- `open(source, seed)`: the `ImageData` that the user named, and
  `hold_out(data, seed)`: the same with a part "val" to choose by;
- `sized(recipe, data, choice, settings)`: the recipe with the image size that suits the
  weights of a `Choice`, where rule and user leave it open;
- `begin(network, data, recipe, told)`: is called before the training, and may change
  weights that a new network begins with, of which it gives a sentence, else ""; `told`
  says that the user is to be told what the weights of others are worth;
- `batches(data, recipe, start, share)`: those of training, see `data.training_batches`;
- `evaluator(learner, data)`: a function from weights to a dict of figures, for a run
  with `evaluate_every`, and `metrics(data, recipe)`: those of them that weights are
  chosen by;
- `write_results(run, data, learner, state)`: what is made of the weights at the end. It
  writes `metrics.json` last, which marks the run as finished;
- `headline(metrics)`: a finished run in a few words.

How many classes a network tells apart are the data's: `data.num_classes`, None without
labels, and then it has no head.
"""

import dataclasses

from bit_keras.training.named_data import named_data_of
from bit_keras.training.tasks.classification import Classification
from bit_keras.training.tasks.masked_patches import MaskedPatches

TASKS = {"classification": Classification(), "masked_patches": MaskedPatches()}


def data_of(run, data_dir=None, dataset=None):
    """Gives the `ImageData` of a run, divided as they were in its training.

    Args:
        run: `run_folder.Run`.
        data_dir: folder of TensorFlow Datasets, if they have moved.
        dataset: what the user names now, if it has.

    Raises:
        InputError: if the data cannot be found or used any more.
    """
    task, source, seed = TASKS[run.info.task], named_data_of(run), run.recipe.seed
    source = dataclasses.replace(
        source,
        data_dir=data_dir or source.data_dir,
        dataset=dataset or source.dataset,
    )
    data = task.open(source, seed)
    return task.hold_out(data, seed) if run.recipe.evaluate_every else data
