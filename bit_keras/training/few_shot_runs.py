"""Few-shot accuracy by fine-tuning: a run for each draw of a few images of each class.

Reference: Kolesnikov et al. 2020, https://arxiv.org/abs/1912.11370, section 4.3 (five
subsets of every size, the median of them, and all of them drawn).
"""

from pathlib import Path

import numpy as np

from bit_keras.errors import InputError
from bit_keras.evaluation.few_shot import FewShot, require_numbers
from bit_keras.training.finetune import finetune
from bit_keras.training.named_data import NamedData


def few_shot_runs(dataset, shots, *, seeds, output, data_dir=None, **arguments):
    """Fine-tunes on a few images of every class, once for each draw.

    Draw s is that of `subset_seed=s`. Runs that were finished before are not repeated.

    Args:
        dataset, data_dir: see `finetune`.
        shots: numbers of images of each class.
        seeds: how many times images are drawn, from seed 0 on.
        output: folder that gets a run folder for each.
        **arguments: of `finetune`.

    Returns:
        `FewShot` of those shots that every class has.

    Raises:
        InputError: if no class has so many, or anything else cannot be used.
        KeyboardInterrupt: if interrupted; the same call goes on.
    """
    shots, _ = require_numbers(shots, seeds)
    source = NamedData(dataset, data_dir)
    labels = source.open(0).parts["train"].labels
    if labels is None or labels.ndim != 1:
        raise InputError(
            f"There is no such thing as so many images of each class of '{dataset}': "
            "they have several labels, or none that are known before all are read."
        )
    least = int(np.unique(labels, return_counts=True)[1].min())
    for count in (count for count in shots if count > least):
        print(f"Left out: {count} of each class, because a class has {least} only.")
    shots = tuple(count for count in shots if count <= least)
    if not shots:
        raise InputError(
            f"A class of '{dataset}' has {least} training images only; take fewer "
            "shots, or add images."
        )
    metrics = {}
    for column, count in enumerate(shots):
        for seed in range(seeds):
            print(f"\n{count} of each class, draw {seed + 1} of {seeds}:", flush=True)
            metrics[seed, column] = finetune(
                dataset,
                data_dir=data_dir,
                examples_per_class=count,
                subset_seed=seed,
                output=Path(output) / f"{count}-shot-seed-{seed}",
                **arguments,
            ).metrics
    accuracies = np.zeros((seeds, len(shots)))
    for place, figures in metrics.items():
        accuracies[place] = figures["top1"]
    examples = tuple(count * len(np.unique(labels)) for count in shots)
    return FewShot(shots, examples, accuracies, metrics[0, 0]["examples"])
