"""Checkpoints: everything that a run goes on from, in one file, written whole.

checkpoints/step-00000120.npz   after 120 steps: weights, optimizer, averages, random
                                state, and facts such as the best figure so far
checkpoints/best-00000100.npz   the weights that were best on the held-out images
"""

import json
import shutil
import sys
import zipfile
import zlib

import numpy as np

from bit_keras.files import replacing

KEPT = 2
DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,  # bits of the archive that ask for decryption and the like
    zipfile.BadZipFile,
    zlib.error,
)


class Checkpoints:
    """The checkpoints of a run folder; the last two are kept.

    Args:
        folder: path, made when something is written.
    """

    def __init__(self, folder):
        self.folder = folder

    def save(self, learner, facts):
        """Writes the state of a learner.

        Args:
            learner: `Learner`.
            facts: dict that JSON can hold; its `step` names the file.

        Raises:
            InputError: if it cannot be written; those before stay.
        """
        arrays = {
            f"{kind}.{number}": variable.numpy()
            for kind, variables in _state(learner).items()
            for number, variable in enumerate(variables)
        }
        with replacing(self._path("step", facts["step"])) as partial:
            np.savez(partial, facts=json.dumps(facts), **arrays)
        for kind in ("step", "best"):
            newest = self._path(kind, facts["step"])
            paths = self._paths(kind)
            # Those of later steps were damaged when the run went on from before them.
            kept = [path for path in paths if path <= newest][-KEPT:]
            for path in set(paths) - set(kept):
                path.unlink()

    def restore(self, learner):
        """Sets a learner to the newest checkpoint that is whole.

        Returns:
            its facts, or None without a checkpoint. What is damaged is named on stderr.
        """
        for path in reversed(self._paths("step")):
            try:
                facts = self._assign(learner, path)
            except DAMAGE as error:
                print(
                    f"The checkpoint '{path}' is damaged and left out ({error}).",
                    file=sys.stderr,
                )
            else:
                return facts
        return None

    def _assign(self, learner, path):
        state = _state(learner)
        # A file that NumPy opens stays open where it turns out to be no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            facts = json.loads(str(archive["facts"]))
            values = {
                kind: [archive[f"{kind}.{n}"] for n in range(len(variables))]
                for kind, variables in state.items()
            }
        if facts["best_step"] is not None:
            self.best_weights(facts["best_step"])  # the run could not end without
        for kind, variables in state.items():
            for variable, value in zip(variables, values[kind], strict=True):
                if value.shape != tuple(variable.shape):
                    raise ValueError(f"{variable.path} has the shape {value.shape}")
        for kind, variables in state.items():
            for variable, value in zip(variables, values[kind], strict=True):
                variable.assign(value)
        return facts

    def save_best(self, step, weights):
        """Writes the best weights so far, to be followed by a checkpoint."""
        with replacing(self._path("best", step)) as partial:
            np.savez(partial, *weights)

    def best_weights(self, step):
        """Gives the list of arrays that `save_best` was given."""
        path = self._path("best", step)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return [archive[f"arr_{n}"] for n in range(len(archive.files))]

    def remove(self):
        """Removes all; the run has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, kind, step):
        return self.folder / f"{kind}-{step:08d}.npz"

    def _paths(self, kind):
        return sorted(self.folder.glob(f"{kind}-*.npz"))


def _state(learner):
    return {
        "network": learner.network.variables,  # with the state of random layers
        "optimizer": learner.optimizer.variables,
        "averages": learner.averages,
        "examples": [learner.seen],
    }
