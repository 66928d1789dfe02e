"""From a trained network to a folder that others use, checked and described."""

import contextlib
import os
import re
from pathlib import Path

import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import (
    hub_module,
    keras_file,
    litert,
    onnx_file,
    saved_model,
)
from bit_keras.export.answers import compare, utf8_names
from bit_keras.export.model_card import NAME, model_card
from bit_keras.export.names import SAVED_MODELS, require_no_pattern
from bit_keras.export.serving import save_warm_up, write_configuration
from bit_keras.files import replacing
from bit_keras.training.lock import run_folder_locked

FORMATS = {
    form.name: form
    for form in (
        saved_model.FORMAT,
        hub_module.FORMAT,
        keras_file.FORMAT,
        litert.FORMAT,
        onnx_file.FORMAT,
    )
}


def export(
    trained,
    folder,
    samples,
    format_name="savedmodel",
    *,
    head=True,
    precision="float32",
    run=None,
    licence=None,
    serving=False,
):
    """Writes a network, reads it back, compares the two, and adds a model card.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: path that is not there yet.
        samples: `bit_keras.export.samples.Samples` to compare and to calibrate on.
        format_name: of `FORMATS`.
        head: of a TF-Hub module: write the head, too.
        precision: "float32", or one of `names.PRECISIONS` of the format.
        run: `bit_keras.training.run_folder.Run` of the network, for the card.
        licence: text for the card.
        serving: of a SavedModel: add what TensorFlow Serving reads, too; the folder is
            then NAME/VERSION.

    Returns:
        `bit_keras.export.answers.Comparison`.

    Raises:
        InputError: if something is there, it cannot be written, a package is missing,
            or the network does not go into the format.
    """
    form = FORMATS[format_name]
    options = {
        "head": head,
        "precision": precision,
        "calibration": samples.calibration,
    }
    output = form.output if head else "features"
    if format_name in SAVED_MODELS:
        require_no_pattern(folder)
    if head:
        trained.require_head()
    with run_folder_locked(folder), _new_folder(folder) as partial:
        _save(form, trained, partial, options)
        if head and not form.whole:
            names = b"".join(name + b"\n" for name in utf8_names(trained))
            (partial / "classes.txt").write_bytes(names)
        if serving:
            save_warm_up(trained, partial, Path(folder).parent.name)
        size = sum(f.stat().st_size for f in partial.rglob("*") if f.is_file())
        comparison = compare(
            trained, form.read(partial), samples, output, size, whole=form.whole
        )
        card = model_card(
            trained,
            folder,
            form,
            comparison,
            run=run,
            licence=licence,
            precision=precision,
        )
        (partial / NAME).write_text(card, "utf-8", "replace")
    if serving:
        write_configuration(Path(folder).parent.parent)
    return comparison


def _save(form, trained, partial, options):
    try:
        form.save(trained, partial, **{name: options[name] for name in form.options})
    except (InputError, OSError, tf.errors.OpError):
        raise
    except Exception as error:
        if not form.converted:
            raise
        # The converters' errors have no class in common, and pages of text.
        reason = str(error).strip().partition("\n")[0][:300]
        raise InputError(
            f"'{trained.name}' cannot be converted ({type(error).__name__}: {reason}); "
            "--format savedmodel takes every network."
        ) from error


@contextlib.contextmanager
def _new_folder(folder):
    """Gives a temporary folder that becomes `folder` when the context ends well."""
    folder = Path(folder)
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"'{folder}' is no Unicode, in which TensorFlow names files; name another "
            "folder after --to."
        ) from error
    if os.path.exists(folder):  # which, unlike Path.exists, bears names too long
        raise InputError(f"'{folder}' is there already; name a new folder after --to.")
    with replacing(folder) as partial:
        partial.mkdir()
        try:
            yield partial
        except tf.errors.OpError as error:
            # "{{…}} PATH; REASON [Op:…]", of which the reason alone is for users.
            reason = re.sub(r"{{.*?}}|\[Op:.*?\]", "", error.message.partition("\n")[0])
            reason = reason.rpartition("; ")[2].strip()[:300]
            raise InputError(f"'{folder}' cannot be written: {reason}.") from error
