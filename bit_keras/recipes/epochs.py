"""How long an epoch is in which every image comes several times (`Recipe.repeats`).

Reference: RepeatAugSampler in data/distributed_sampler.py of
    github.com/huggingface/pytorch-image-models (timm), its defaults.
"""

# Of so many images an epoch leaves out what is no multiple.
ROUND = 256


def entries_per_group(num_examples, groups):
    """Gives how many examples an epoch has for each of the groups of a batch.

    Args:
        num_examples: training images.
        groups: that a batch is divided into by `Recipe.mix_group`. They are what GPUs
            are in timm.
    """
    if num_examples < ROUND:
        return -(-num_examples // groups)
    return max(1, num_examples // ROUND * ROUND // groups)


def steps_per_epoch(num_examples, batch_size, mix_group=0):
    """Gives the steps of an epoch with repeats, whatever their number.

    It shows about `num_examples` images, though only one of `repeats` is another one.

    Args:
        num_examples: training images.
        batch_size: examples of one step.
        mix_group: see `Recipe`.

    Returns:
        whole batches, or, where an epoch has not even one, its share of a step.
    """
    group = mix_group or batch_size
    entries = entries_per_group(num_examples, batch_size // group)
    return entries // group or entries / group
