"""A SavedModel that takes photographs as they come, for TensorFlow Serving."""

import tempfile
from pathlib import Path

import tensorflow as tf

from bit_keras import losses
from bit_keras.analysis.heat_maps import HeatMaps, has_heat_maps
from bit_keras.data import images
from bit_keras.evaluation import THRESHOLD
from bit_keras.export.answers import utf8_names
from bit_keras.export.format import Format
from bit_keras.models import endpoint, for_inference

# Names in an answer, or as many as there are classes.
TOP = 5
FILES = tf.TensorSpec([None], tf.string, "image_bytes")
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def save_for_serving(trained, folder, precision="float32"):
    """Writes a SavedModel with preprocessing and class names inside.

    Signature `serving_default` takes files: `image_bytes`, strings (batch,), of JPEG,
    PNG, WebP, GIF or BMP, which are decoded and resized as in `evaluate`. `images`
    takes pixels: uint8 (batch, height, width, channels) of any size. Both answer with

    - `probabilities`: float32 (batch, classes), in the order of assets/classes.txt;
    - `classes` and `scores`: strings and float32 (batch, at most `TOP`), the most
      probable names first;
    - of a network for several labels per image, `threshold`: float32 (batch,), the
      score from which on a class is said of an image. `classes` then has as many as
      reach it in any image of the batch, if these are more than `TOP`.

    `features` takes files and gives `features`: float32 (batch, features), what the
    head gets. `explain` takes files, and `explain_images` pixels; beside these answers
    they give, of a network whose logits are means over positions,

    - `heat_maps`: float32 (batch, classes named, rows, columns), what every place adds
      to the logits of `classes`, in their order, see `bit_keras.analysis.heat_map`.
      The difference of two tells why it is the one and not the other;
    - `logits`: float32 (batch, classes named), the means of these maps.

    Of other networks these two signatures are missing. A file that cannot be read has
    NaN and empty names in its row; the other rows are as ever.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: a folder, such as `served/1`.
        precision: "float32", or "bfloat16": kernels of half the size, and faster where
            the processor has instructions for it, slower elsewhere.
    """
    with tempfile.TemporaryDirectory() as assets:
        class_file = Path(assets) / "classes.txt"
        class_file.write_bytes(b"".join(n + b"\n" for n in utf8_names(trained)))
        module, signatures = _module(trained, class_file, POLICIES[precision])
        tf.saved_model.save(module, str(folder), signatures=signatures)


def _module(trained, class_file, dtype):
    network = for_inference(trained.model, dtype)
    before_head = endpoint(network, "pre_logits")
    class_names = tf.constant(utf8_names(trained))

    def answers(pixels):
        return named(network(pixels, training=False))[0]

    def named(logits):
        """Gives the answers, and the numbers of the classes that they name."""
        probabilities = losses.probabilities(logits, trained.loss)
        top, extra = min(TOP, len(trained.class_names)), {}
        if trained.multi_label:
            likely = tf.math.count_nonzero(
                probabilities >= THRESHOLD, axis=-1, dtype=tf.int32
            )
            top = tf.maximum(tf.reduce_max(likely), top)
            extra = {"threshold": tf.fill(tf.shape(likely), THRESHOLD)}
        scores, best = tf.math.top_k(probabilities, top)
        told = {
            "probabilities": probabilities,
            "classes": tf.gather(class_names, best),
            "scores": scores,
            **extra,
        }
        return told, best

    @tf.function(input_signature=[FILES])
    def of_files(image_bytes):
        return _of_readable(answers, image_bytes, trained.preprocessing)

    channels = trained.model.input_shape[-1]

    @tf.function(
        input_signature=[tf.TensorSpec([None] * 3 + [channels], tf.uint8, "images")]
    )
    def of_pixels(pixels):
        return answers(images.preprocess(pixels, trained.preprocessing))

    @tf.function(input_signature=[FILES])
    def features_of_files(image_bytes):
        def features(pixels):
            return {"features": before_head(pixels, training=False)}

        return _of_readable(features, image_bytes, trained.preprocessing)

    module = tf.Module()
    module.weights = [variable.value for variable in network.variables]
    module.class_file = tf.saved_model.Asset(str(class_file))
    signatures = {"images": of_pixels}
    if channels == 3:  # as decoded files have
        signatures["serving_default"] = of_files
        signatures["features"] = features_of_files
    explained = _explained(network, named)
    return module, signatures | _signatures(explained, trained.preprocessing, channels)


def _explained(network, named):
    """Gives a function from pixels to answers with heat maps, None where none are."""
    if not has_heat_maps(network):
        return None
    maps = HeatMaps(network)

    def explained(pixels):
        features, logits = maps.features(pixels)
        told, best = named(logits)
        shares = tf.one_hot(best, tf.shape(logits)[-1])
        return {
            **told,
            "heat_maps": maps.of(features, shares),
            "logits": tf.gather(logits, best, batch_dims=1),
        }

    return explained


def _signatures(explained, preprocessing, channels):
    """Gives the signatures that explain, by their names."""
    if explained is None:
        return {}
    pixels = tf.TensorSpec([None] * 3 + [channels], tf.uint8, "images")

    @tf.function(input_signature=[pixels])
    def explain_pixels(pixels):
        return explained(images.preprocess(pixels, preprocessing))

    @tf.function(input_signature=[FILES])
    def explain_files(image_bytes):
        return _of_readable(explained, image_bytes, preprocessing)

    if channels != 3:
        return {"explain_images": explain_pixels}
    return {"explain_images": explain_pixels, "explain": explain_files}


def _of_readable(compute, files, preprocessing):
    """Gives what `compute` gives of the files that can be read, with rows for the rest.

    Args:
        compute: function from images float32 (batch, height, width, 3) in 0..255 to a
            dict of tensors (batch, …).
        files: strings (batch,).
        preprocessing: `bit_keras.preprocessing.Preprocessing`.
    """
    count = tf.size(files, tf.int64)

    def load(position, file):
        return position, images.preprocess(images.decode(file), preprocessing)

    readable = tf.data.Dataset.from_tensor_slices(files).enumerate()
    readable = readable.map(load, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()
    # A row of no file behind the others, for neither a data set nor a network takes a
    # batch of nothing.
    blank = tf.zeros([preprocessing.crop, preprocessing.crop, 3])
    none = tf.data.Dataset.from_tensors((count, blank))
    batch = readable.concatenate(none).batch(count + 1).get_single_element()
    needed = tf.maximum(tf.size(batch[0]) - 1, 1)
    positions, pixels = (values[:needed] for values in batch)

    def spread(values):
        missing = "" if values.dtype == tf.string else float("nan")
        shape = tf.concat([[count + 1], tf.shape(values, tf.int64)[1:]], axis=0)
        rows = tf.fill(shape, tf.constant(missing, values.dtype))
        rows = tf.tensor_scatter_nd_update(rows, positions[:, tf.newaxis], values)
        return rows[:-1]

    return {name: spread(values) for name, values in compute(pixels).items()}


def open_saved_model(folder):
    """Gives what `save_for_serving` wrote as a function, images to probabilities."""
    loaded = tf.saved_model.load(str(folder))

    def run(images):
        answer = loaded.signatures["images"](images=tf.constant(images))
        return answer["probabilities"].numpy()

    return run


FORMAT = Format(
    name="savedmodel",
    kind="A TensorFlow SavedModel",
    save=save_for_serving,
    read=open_saved_model,
    output="probabilities",
    options=("precision",),
    whole=True,
)
