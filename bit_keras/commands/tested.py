"""The images that a network is tested on: of a run's own data, or of others."""

from bit_keras.errors import InputError


def part_to_test(args, run, trained, split="test"):
    """Opens the data that --dataset names, or else those of the run.

    Of others than the run's own, those that it was trained on are left out, and the
    user is told.

    Args:
        args: with `dataset`, `data_dir` and `multi_label`.
        run: `run_folder.Run`, or None.
        trained: `Trained`.
        split: "train", "test" or "val".

    Returns:
        examples, see `bit_keras.data.examples`.

    Raises:
        InputError: if there are none, or the network does not fit them.
    """
    from bit_keras.training.messages import tell_data

    data = _data(args, run, trained)
    tell_data(data)
    part = data.part(split)
    if run is not None and args.dataset is not None and split != "train":
        part = new_to(run, part, args.data_dir)
    return part


def _data(args, run, trained):
    from bit_keras.training import data_record
    from bit_keras.training.named_data import NamedData
    from bit_keras.training.tasks import data_of

    if run is not None and args.dataset is None:
        data = data_of(run, args.data_dir)
        data_record.tell_changes(run, data)
    else:
        several = args.multi_label or (run and run.info.multi_label)
        source = NamedData(args.dataset, args.data_dir, multi_label=bool(several))
        data = source.open(0, tested_by=trained.class_names if run else ())
    _require_fitting(args, trained, data)
    return data


def new_to(run, part, data_dir):
    """Leaves out the examples that the run was trained on, or chosen by, and says so.

    Where that cannot be known, a sentence on stderr says so.
    """
    from bit_keras.training.seen import unseen

    new = unseen(run, part, data_dir)
    if not new:
        raise InputError(
            f"The run was trained on all of these {part.count:,} images, so none is "
            "left to test it on; name others."
        )
    if len(new) == part.count:
        return part
    print(
        f"Left out, because the run was trained on them: {part.count - len(new):,} of "
        f"{part.count:,} images."
    )
    return part.take(new)


def _require_fitting(args, trained, data):
    trained.require_channels(data.channels)
    if data.multi_label and not trained.multi_label:
        raise InputError(
            f"The images of {data.name} have several labels, but '{trained.name}' was "
            "trained for one each; evaluate a network trained with --multi-label."
        )
    if len(data.class_names) != len(trained.class_names):
        raise InputError(
            f"The data set has {len(data.class_names)} classes and the network "
            f"{len(trained.class_names)}; evaluate it on the classes it was made for."
        )
    if args.run is not None and data.class_names != trained.class_names:
        raise InputError(
            f"The data set's classes ({', '.join(data.class_names[:5])}, …) are not "
            f"the run's ({', '.join(trained.class_names[:5])}, …)."
        )
