"""How many images fit in memory at a time: measured by trying, each in a process."""

import dataclasses
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import sys

import psutil

from bit_keras import files
from bit_keras.errors import InputError
from bit_keras.files import cache_folder
from bit_keras.recipes import Recipe
from bit_keras.training.run_folder import versions

# Of the free memory, which other processes want to grow in, too.
USED_SHARE = 0.8
# What of a recipe does not change the memory of a step. A field that is forgotten here
# costs a measurement; in a list of those that do, it would cost a run.
UNRELATED = {
    *("name", "seed", "evaluate_every", "best_metric", "patience"),
    *("resize", "share", "cut_first", "interpolation", "antialias", "cropping"),
    *("crop_area", "train_interpolation", "train_antialias", "flip", "rand_augment"),
    *("colour_jitter", "erasing", "mixup_alpha", "cutmix_alpha", "cutmix_share"),
    *("mix_probability", "mix_mode", "mix_group", "balanced", "repeats"),
    *("batch_size", "micro_batch", "steps", "schedule", "base_lr", "final_lr"),
    *("decay_at", "decay_from_start", "warmup_steps", "warmup_start", "lr_every"),
    *("nesterov", "weight_decay", "head_lr_multiplier"),
    *("head_bias", "class_weights", "class_mean"),
    *("label_smoothing", "mixed_labels", "label_threshold"),
}
CGROUP = pathlib.Path("/sys/fs/cgroup")  # of containers on Linux
PACKAGE = pathlib.Path(__file__).parents[2]


class CannotMeasure(InputError):
    """A trial failed for another reason than memory."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """What is tried: a step of this network and recipe.

    Args:
        network: registry name.
        num_classes, channels: of the network; classes are None without labels.
        recipe: `Recipe`, without its number of images at a time.
        part: images of a step on one device.
    """

    network: str
    num_classes: int
    channels: int
    recipe: Recipe
    part: int

    def peak(self, micro_batch):
        """Gives the largest memory of a process that trains, in bytes.

        Infinite where it broke off for lack of memory.

        Raises:
            CannotMeasure: if the trial fails for another reason.
        """
        request = {**dataclasses.asdict(self), "micro_batch": micro_batch}
        paths = [str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, "-m", "bit_keras.training.memory_trial"],
            input=json.dumps(request),  # the weights of many classes are long
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "TF_CONFIG": "{}",  # a trial has no other workers
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return int(done.stdout.split()[-1])
        killed = done.returncode < 0
        if killed or "ResourceExhausted" in done.stderr or "Memory" in done.stderr:
            return math.inf
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise CannotMeasure(
            f"Memory could not be measured ({reason[:200]}); name a number after "
            "--micro-batch instead of auto."
        )


def largest_fitting(trial):
    """Finds the most images that go through the network at a time.

    Two small numbers are tried and a line is drawn through them; the number that it
    promises is tried in turn. What was measured is kept for later runs.

    Args:
        trial: `Trial`.

    Returns:
        a divisor of `trial.part`, of whole groups of `random_group` images.

    Raises:
        InputError: if not even one group fits.
        CannotMeasure: if a trial fails for another reason.
    """
    peaks = _Remembered(trial)
    limit = USED_SHARE * free_memory()
    numbers = divisors(trial.part, trial.recipe.random_group)
    small, larger = numbers[0], numbers[min(len(numbers) - 1, 2)]
    slope = 0.0  # where the second number is too much already
    if peaks[larger] < math.inf and larger > small:
        slope = (peaks[larger] - peaks[small]) / (larger - small)
    for micro_batch in reversed(numbers):
        promised = peaks[small] + slope * (micro_batch - small)
        # On a GPU the limit is infinite, and so is what a trial takes that broke off.
        if promised <= limit and math.inf > peaks[micro_batch] <= limit:
            return micro_batch
    images = "one image" if small == 1 else f"{small} images"
    raise InputError(
        f"Not even {images} of {trial.recipe.crop} pixels fit in memory; take --remat, "
        "a smaller crop or a smaller network."
    )


def fits(trial, micro_batch):
    """Says whether so many images fit in memory at a time, by trying.

    Raises:
        CannotMeasure: if the trial fails for another reason than memory.
    """
    return math.inf > _Remembered(trial)[micro_batch] <= USED_SHARE * free_memory()


def divisors(part, group=1):
    """Gives the divisors of a number that are multiples of another, in order."""
    return [n for n in range(group, part + 1, group) if part % n == 0]


def free_memory():
    """Gives the bytes that this process may still take; infinite on a GPU.

    How much a GPU has is found out by running out of it.
    """
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return math.inf
    free = psutil.virtual_memory().available
    limit, used = CGROUP / "memory.max", CGROUP / "memory.current"
    if limit.exists() and limit.read_text().strip() != "max":
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return free


def devices():
    """Gives the names of the GPUs of this machine; [] without."""
    import tensorflow as tf

    return [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")
    ]


def peak_memory():
    """Gives the most memory that this process has had so far, in bytes."""
    if sys.platform == "linux":
        # `getrusage` would begin with the size of the process that started this one.
        status = pathlib.Path("/proc/self/status").read_text()
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(peak) * 1024
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource  # which Windows lacks

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


class _Remembered(dict):
    """Micro-batch -> peak, measured at most once on this machine."""

    def __init__(self, trial):
        key = dataclasses.asdict(trial)
        key |= {
            "recipe": {k: v for k, v in key["recipe"].items() if k not in UNRELATED},
            "versions": versions(),
            "devices": devices(),
        }
        name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]
        self._trial, self._path = trial, cache_folder() / "memory" / f"{name}.json"
        if self._path.exists():
            kept = json.loads(self._path.read_text())
            super().__init__({int(number): peak for number, peak in kept.items()})

    def __missing__(self, micro_batch):
        peak = self[micro_batch] = self._trial.peak(micro_batch)
        told = "too much" if peak == math.inf else f"{peak / 2**30:.1f} GiB"
        print(f"Memory with {micro_batch} images at a time: {told}", flush=True)
        files.write(self._path, dict(self))
        return peak
