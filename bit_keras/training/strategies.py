"""Devices and machines: strategies of `tf.distribute`, by name."""

import contextlib
import functools
import json
import os

import tensorflow as tf

from bit_keras.data.batches import Share
from bit_keras.errors import InputError
from bit_keras.training.rendezvous import wait_for_all

# Of the texts that the chief tells the others, in bytes.
LONGEST_TEXT = 2**20
EXAMPLE = (
    '{"cluster": {"worker": ["HOST1:PORT", "HOST2:PORT"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


def make_strategy(name="auto", tpu=None):
    """Gives the `tf.distribute.Strategy` of `--strategy`; before anything is computed.

    Args:
        name: "one" device; "mirrored" over the GPUs of this machine, or its logical
            CPU devices where it has none; "multiworker" over the machines of the
            environment variable TF_CONFIG; "tpu"; "auto" takes what is there.
        tpu: name of a TPU, or "local" for that of this machine.

    Raises:
        InputError: if that is not there.
    """
    for gpu in tf.config.list_physical_devices("GPU"):
        # Else this process takes all of a GPU, and leaves nothing to measure.
        with contextlib.suppress(RuntimeError):  # too late to change
            tf.config.experimental.set_memory_growth(gpu, True)
    if name == "auto":
        name = _found(tpu)
    if tpu and name != "tpu":
        raise InputError(f"--tpu goes with --strategy tpu. Received: {name}")
    if name == "one":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = [device.name for device in tf.config.list_logical_devices(kind)]
        return _mirrored(tuple(devices))
    if name == "multiworker":
        if not _cluster():
            raise InputError(
                "--strategy multiworker needs the environment variable TF_CONFIG with "
                "a cluster on every machine; docs/scaling.md shows it."
            )
        return _multiworker_strategy()
    return _tpu_strategy(tpu)


@functools.cache
def _mirrored(devices):
    # One for all runs of a process: those of a second one would have the same numbers,
    # and TensorFlow refuses sums of other shapes under them.
    return tf.distribute.MirroredStrategy(devices)


def _found(tpu):
    if tpu:
        return "tpu"
    if _cluster():
        return "multiworker"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one"


def _cluster():
    """Gives the machines of TF_CONFIG by their jobs; {} of one machine alone."""
    try:
        config = json.loads(os.environ.get("TF_CONFIG", "").strip() or "{}")
    except ValueError as error:
        raise _unusable(f"it is no JSON ({error})") from error
    cluster = config.get("cluster") or {} if isinstance(config, dict) else config
    if not isinstance(cluster, dict):
        raise _unusable("it names no jobs and their machines")
    return cluster


def _multiworker_strategy():
    try:
        task = json.loads(os.environ["TF_CONFIG"])["task"]
        jobs = {name: [*map(str, job)] for name, job in _cluster().items()}
        here = jobs[task["type"]][task["index"]]
        others = {address for job in jobs.values() for address in job} - {here}
    except (KeyError, TypeError, IndexError) as error:
        raise _unusable("its task names none of the machines") from error
    try:
        wait_for_all(here, others)
        return tf.distribute.MultiWorkerMirroredStrategy()
    except ValueError as error:
        raise _unusable(error) from error


def _unusable(reason):
    return InputError(
        f"The environment variable TF_CONFIG cannot be used: {reason}. It must be like "
        f"{EXAMPLE}, with another index on every machine; docs/scaling.md shows it. "
        f"Received: {os.environ['TF_CONFIG']}"
    )


def _tpu_strategy(tpu):
    if not tpu:
        raise InputError("--strategy tpu needs --tpu NAME, or --tpu local.")
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu)
        if tpu != "local":
            tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    except (tf.errors.OpError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"There is no TPU '{tpu}' here, or it cannot be reached ({reason[:200]}); "
            "docs/scaling.md says how to start on one."
        ) from error


def is_chief(strategy):
    """Tells whether this process writes the run folder and speaks to the user."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return True
    here = strategy.cluster_resolver
    if "chief" in here.cluster_spec().jobs:
        return here.task_type == "chief"
    return here.task_id == 0


def require_possible(recipe, strategy, keep_head):
    """Raises `InputError` where a run cannot begin, or not end, as its recipe says.

    Several machines would not begin with equal heads in closed form, nor end at the
    same moment, and no such head takes the place of one that is to be kept.
    """
    if keep_head and recipe.head == "closed_form":
        raise InputError(
            "--keep-head keeps the head of the weights, and --quick (head=closed_form) "
            "makes a new one; leave one of them out."
        )
    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    if several and recipe.head == "closed_form":
        raise InputError(
            "head=closed_form, with which --quick and --minutes begin, is for one "
            "machine: on several, each would compute a head of its own. Leave it out, "
            "or TF_CONFIG."
        )
    if several and recipe.minutes:
        raise InputError(
            f"minutes={recipe.minutes:g} is for one machine, as the clocks of several "
            "would end the run at different steps; set steps instead."
        )


def share_of(context, replicas):
    """Gives the `Share` of the batches that one input pipeline makes.

    Args:
        context: `tf.distribute.InputContext`.
        replicas: int, in the whole job.
    """
    local = replicas // context.num_input_pipelines
    return Share(replicas, context.input_pipeline_id * local, local)


def told_by_chief(strategy, text):
    """Gives every process the text of the chief; all have to call it.

    So it is also where they wait for each other.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return text
    told = text.encode() if is_chief(strategy) else b""
    if len(told) > LONGEST_TEXT:
        raise InputError(
            f"A recipe of {len(told):,} letters is too long for several machines; "
            "leave class_weights out."
        )
    codes = tf.constant([*told.ljust(LONGEST_TEXT, b"\0")], tf.int32)

    @tf.function
    def add():
        replicas = tf.distribute.get_replica_context()
        mine = tf.cast(replicas.replica_id_in_sync_group == 0, tf.int32)
        return replicas.all_reduce(tf.distribute.ReduceOp.SUM, mine * codes)

    codes = strategy.experimental_local_results(strategy.run(add))[0].numpy()
    return bytes(codes.astype("uint8")).rstrip(b"\0").decode()
