"""Which images a run has seen, to test it on others alone."""

import sys

from bit_keras.data.check import is_image_name
from bit_keras.data.examples import FileExamples
from bit_keras.data.overlap import positions_among, positions_of_same_pixels
from bit_keras.errors import InputError
from bit_keras.training import data_record


def unseen(run, part, data_dir=None):
    """Finds the examples that a run was neither trained on nor chosen by.

    Its record tells, wherever its data are now. Only where not both are image files,
    or there is no record, its data are needed; a sentence on stderr says where they
    are missing.

    Args:
        run: `run_folder.Run`.
        part: examples of any data set.
        data_dir: folder of TensorFlow Datasets, if the run's data have moved.

    Returns:
        list of positions.
    """
    seen = set()
    try:
        known = data_record.seen(run)
        files = isinstance(part, FileExamples)
        if known is not None:
            seen.update(positions_among(part, known))
            files = files and all(is_image_name(name) for name, _ in known)
        if known is None or not files:
            seen.update(_among_data(run, part, known, data_dir))
    except InputError as error:
        print(
            "Attention: the images cannot be compared with those of the run, so images "
            f"it was trained on may be among those tested now: {error}",
            file=sys.stderr,
        )
    return [position for position in range(part.count) if position not in seen]


def _among_data(run, part, known, data_dir):
    """Yields the positions of what is among the run's data as they are now."""
    from bit_keras.training.tasks import data_of

    data = data_of(run, data_dir)
    data_record.tell_changes(run, data)
    if known is None:
        known = data_record.seen(run, data)
        yield from positions_among(part, known)
    for own in data.parts.values():
        if isinstance(part, FileExamples) and isinstance(own, FileExamples):
            continue
        taken = positions_among(own, known)
        if taken:
            yield from positions_of_same_pixels(part, own.take(taken))
