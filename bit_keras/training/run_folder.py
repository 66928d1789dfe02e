"""The run folder: everything about a run in one place, written so that nothing is lost.

run.json         what was typed, data set, network, classes, versions
data.csv         every example: its part, name, classes and a hash of its contents
recipe.json      every hyper-parameter, resolved
model.keras      the trained network
metrics.json     the figures of the last evaluation
checkpoints/     what an unfinished run goes on from
log.csv          loss, accuracy and learning rate of every step
evaluations.csv  figures on the held-out images during the run
tensorboard/     the same as events
bad_images.csv   files left out, with the reason
report.html      all of it to look at
"""

import contextlib
import dataclasses
import functools
import importlib.metadata
import json
import os
import shutil
import zipfile
from pathlib import Path

from bit_keras import files
from bit_keras.errors import InputError
from bit_keras.files import remove_parts
from bit_keras.recipes import Recipe
from bit_keras.training.lock import locked

# Of what is typed: where the data are, and all that may be paths.
DATA = ("dataset", "data_dir")
PATHS = (*DATA, "exclude", "model", "weights", "class_weights")
VERSIONS_OF = ("keras", "tensorflow", "numpy", "tensorflow-datasets")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What a run is of: the contents of `run.json`.

    Args:
        task: name in `bit_keras.training.tasks.TASKS`.
        typed: dict of what the user asked for.
        data: the data set in a sentence.
        train_fingerprint, test_fingerprint: change when the examples do; None without a
            test part.
        class_names: in the order of the logits; () of a network without a head.
        multi_label: whether an image has several labels, or none.
        network: registry name.
        weights: where those it began with are from, in words.
        versions: package -> version.
    """

    task: str
    typed: dict
    data: str
    train_fingerprint: str
    test_fingerprint: str | None
    class_names: tuple[str, ...]
    multi_label: bool
    network: str
    weights: str
    versions: dict

    @classmethod
    def from_json(cls, text):
        """Reads what `dataclasses.asdict` gave; errors are those of wrong JSON."""
        fields = {"task": "classification", **json.loads(text)}
        # Runs of before there were tasks have it among what was typed.
        fields.setdefault("multi_label", fields["typed"].get("multi_label", False))
        fields["class_names"] = tuple(fields["class_names"])
        return cls(**fields)


@dataclasses.dataclass(frozen=True)
class Run:
    """A run folder on disk.

    Raises:
        InputError: from its members, if a file is missing or damaged.
    """

    folder: Path

    @functools.cached_property
    def info(self):
        """The `RunInfo`, read once."""
        return self._read("run.json", RunInfo.from_json)

    @property
    def recipe(self):
        """The `Recipe` of the run."""
        return self._read("recipe.json", Recipe.from_json)

    @property
    def metrics(self):
        """Figures of the last evaluation (`top1`, …), or None before it."""
        exists = (self.folder / "metrics.json").exists()
        return self._read("metrics.json", json.loads) if exists else None

    def network(self):
        """Loads the trained `keras.Model`."""
        import keras

        path = self.folder / "model.keras"
        if not path.exists():
            raise InputError(
                f"The run '{self.folder}' has no trained network: it did not end. The "
                "same command that began it goes on."
            )
        try:
            return keras.models.load_model(path)
        except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise InputError(
                f"The network '{path}' is damaged and cannot be loaded; remove "
                f"'{self.folder}' and train again."
            ) from error

    def retype(self, typed):
        """Keeps what was typed last, because files may have moved since."""
        if typed == self.info.typed:
            return
        info = dataclasses.replace(self.info, typed=typed)
        self.write("run.json", dataclasses.asdict(info))
        self.__dict__["info"] = info  # what was read before

    def write(self, name, content):
        """Writes a file of the folder: a text, bytes, or anything JSON can hold."""
        files.write(self.folder / name, content)

    def _read(self, name, parse):
        path = self.folder / name
        if not path.is_file():
            raise InputError(
                f"'{self.folder}' is no run folder: it has no {name}. Name the "
                "folder that finetune or pretrain wrote."
            )
        try:
            return parse(path.read_text("utf-8", "surrogateescape"))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"'{path}' is damaged, or no file of finetune ({error!r}); choose "
                "another folder."
            ) from error


def open_run(folder):
    """Opens the run folder of `--run`.

    Raises:
        InputError: if it is none.
    """
    run = Run(Path(folder))
    _ = run.info, run.recipe
    return run


@contextlib.contextmanager
def claimed(folder, typed):
    """Gives the `Run` of an output folder, locked as long as the context lasts.

    Args:
        folder: made if need be.
        typed: dict of what the user asked for; a folder that holds a run of anything
            else is refused. Files that moved are the same, and whether data elsewhere
            are is left to `data_record`.

    Raises:
        InputError: if another process uses the folder, or it holds another run or
            foreign files.
    """
    run = Run(Path(folder))
    _refuse_foreign(run, typed)
    # What was read of it may be another process's by the time it is locked.
    run = Run(run.folder)
    made = [parent for parent in run.folder.parents if not parent.exists()]
    with locked(run.folder):
        # What a killed process was writing; no other writes here.
        remove_parts(run.folder)
        try:
            yield run
        finally:
            if os.listdir(run.folder) == [".lock"]:  # nothing came of it
                shutil.rmtree(run.folder)
                with contextlib.suppress(OSError):  # another run came into one
                    for parent in made:
                        parent.rmdir()


def _refuse_foreign(run, typed):
    if run.folder.exists() and not run.folder.is_dir():
        raise InputError(f"The output folder '{run.folder}' is a file.")
    if not (run.folder / "run.json").exists():
        strangers = [p for p in run.folder.glob("*") if p.name[0] != "."]
        if strangers:
            raise InputError(
                f"The output folder '{run.folder}' holds other files, such as "
                f"'{strangers[0].name}'; choose another --output."
            )
        return
    before = run.info.typed
    names = [
        name
        for name in {**before, **typed}
        if not _same(name, before.get(name), typed.get(name))
    ]
    if names:
        differences = "; ".join(
            f"{name} was {before.get(name)} and is now {typed.get(name)}"
            for name in names
        )
        raise InputError(
            f"'{run.folder}' holds a run of another recipe ({differences}); choose "
            "another --output."
        )


def _same(name, before, now):
    """Says whether a value that was typed is that of before, or may be."""
    if before == now:
        return True
    if name not in PATHS or not all(v and os.path.isabs(v) for v in (before, now)):
        return False
    moved = not os.path.exists(before) and Path(before).name == Path(now).name
    return name in DATA or moved


def versions():
    """Gives the versions of what a run depends on."""
    return {name: importlib.metadata.version(name) for name in VERSIONS_OF}
