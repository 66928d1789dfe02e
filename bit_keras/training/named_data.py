"""The data of a run, as the user named them."""

import dataclasses

from bit_keras.data import few_shot, open_dataset
from bit_keras.errors import InputError


@dataclasses.dataclass(frozen=True)
class NamedData:
    """The data that the user named.

    Args:
        dataset: folder, CSV, npz, TensorFlow Datasets name or "digits".
        data_dir: folder of TensorFlow Datasets.
        multi_label: images have several labels, or none.
        bad_images: "skip" or "fail", for files that cannot be read.
        examples_per_class: few-shot: this many training examples of each class.
        subset_seed: of the few-shot choice.
        group_from, exclude, keep_twins: see `open_dataset`.

    Raises:
        InputError: if a number is out of range.
    """

    dataset: str
    data_dir: str | None = None
    multi_label: bool = False
    bad_images: str = "skip"
    examples_per_class: int | None = None
    subset_seed: int = 0
    group_from: str | None = None
    exclude: str | None = None
    keep_twins: bool = True

    def __post_init__(self):
        if self.examples_per_class is not None and self.examples_per_class < 1:
            raise InputError(
                "--examples-per-class must be above 0. Received: "
                f"{self.examples_per_class}"
            )
        if self.subset_seed < 0:
            raise InputError(
                f"--subset-seed must be 0 or above. Received: {self.subset_seed}"
            )

    def open(self, seed, labelled=True, tested_by=None):
        """Gives the `ImageData`.

        Args:
            seed: of the splits.
            labelled: False for the images alone.
            tested_by: see `open_dataset`.

        Raises:
            InputError: if the data cannot be found or used.
        """
        data = open_dataset(
            self.dataset,
            data_dir=self.data_dir,
            seed=seed,
            bad_images=self.bad_images,
            multi_label=self.multi_label,
            labelled=labelled,
            tested_by=tested_by,
            keep_twins=self.keep_twins,
            group_from=self.group_from,
            exclude=self.exclude,
        )
        if self.examples_per_class is not None:
            data = few_shot(data, self.examples_per_class, self.subset_seed)
        return data


def named_data_of(run):
    """Gives the `NamedData` of a run.

    Args:
        run: `run_folder.Run`.
    """
    typed = run.info.typed
    names = {field.name for field in dataclasses.fields(NamedData)}
    known = {name: typed[name] for name in names & typed.keys()}
    # Runs of before there were groups were split without regard to them.
    return NamedData(**{**known, "keep_twins": "group_from" in typed})
