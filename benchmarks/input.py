"""Speed of the input pipelines, beside nothing but decoding the same images."""

import argparse
import dataclasses
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.timing import median_ratio, seconds
from bit_keras.commands.shared import import_tensorflow

FILES = 400
SHARDS = 4
HEIGHT, WIDTH = 375, 500
RESIZE, CROP, BATCH = 160, 128, 32
CLASSES = 37
ENCODED = {"image": "string", "label": "int64"}


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.input", description=__doc__
    )
    parser.add_argument("--folder", help="JPEG files to read; default: made-up ones")
    parser.add_argument("--rounds", type=int, default=7, help="default: 7")
    parser.add_argument(
        "--images", type=int, default=1600, help="of a round; default: 1600"
    )
    args = parser.parse_args()
    import_tensorflow()

    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        paths = find_photos(args.folder) if args.folder else make_photos(temporary)
        size = sum(path.stat().st_size for path in paths) / len(paths) / 1000
        print(f"{len(paths)} JPEG files of {size:.0f} kB; resize {RESIZE}, crop {CROP}")
        print(f"images per second of {args.images} images, {args.rounds} rounds")
        repeated = (paths * -(-args.images // len(paths)))[: args.images]
        report("files", file_variants(repeated), args)
        report("files, training as rsb-a2", rsb_variants(repeated), args)
        records = write_records(repeated, temporary)
        report("records", record_variants(*records), args)
        report("records, not decoded", reading_variants(*records), args)


def find_photos(folder):
    return sorted(p for p in Path(folder).rglob("*.jp*g") if p.is_file())


def make_photos(folder):
    """Writes smooth random pictures with a grain, about as large as photographs."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    paths = []
    for number in range(FILES):
        picture = random.normal(0, 6, (HEIGHT, WIDTH, 3)) + 128
        for octave in range(1, 7):
            rows, columns = 3 * 2**octave, 4 * 2**octave
            noise = random.normal(0, 60 / octave**1.2, (3, rows, columns))
            for channel, layer in enumerate(noise.astype("float32")):
                layer = Image.fromarray(layer).resize((WIDTH, HEIGHT), Image.BICUBIC)
                picture[..., channel] += layer
        path = folder / f"{number:03}.jpg"
        pixels = picture.clip(0, 255).astype("uint8")
        Image.fromarray(pixels).save(path, quality=90)
        paths.append(path)
    return paths


def recipe_for(images):
    from bit_keras.recipes import Recipe

    return Recipe(resize=RESIZE, crop=CROP, batch_size=BATCH, steps=images // BATCH)


def report(title, variants, args):
    """Times whole passes and prints a row each; the first is what all compare to."""
    passes = {name: timed_pass(dataset) for name, dataset in variants.items()}
    taken = seconds(passes, args.rounds)
    first = next(iter(variants))
    print(title)
    for name in variants:
        speed = (args.images - BATCH) / statistics.median(taken[name])
        ratio = median_ratio(taken[first], taken[name])
        print(f"  {name:38}{speed:9.0f}   {ratio:5.2f}")


def timed_pass(dataset):
    """Gives a function that runs through the batches; it returns the seconds taken."""

    def run():
        batches = iter(dataset)
        next(batches)  # a fraction of a second to prepare the graph, once a run
        start = time.perf_counter()
        for _ in batches:
            pass
        return time.perf_counter() - start

    return run


def file_variants(paths):
    """Gives the data sets of `paths`; plain ones, and those of the package."""
    import numpy as np
    import tensorflow as tf

    from bit_keras.data import evaluation_batches, training_batches
    from bit_keras.data.examples import FileExamples

    names = [str(path) for path in paths]
    files = tf.data.Dataset.from_tensor_slices(names)
    examples = FileExamples(tuple(names), np.arange(len(names)) % CLASSES)
    recipe = recipe_for(len(names))

    def plain(finish):
        return batched(files, lambda p: finish(decoded(tf.io.read_file(p))))

    return {
        "decoding": plain(tf.shape),
        "decoding and resizing": plain(resized),
        "training": training_batches(examples, recipe, CLASSES),
        "evaluation": evaluation_batches(examples, recipe.preprocessing, CLASSES),
    }


def rsb_variants(paths):
    """Gives the data sets of rsb-a2, with and without antialiasing."""
    import numpy as np

    from bit_keras.data import training_batches
    from bit_keras.data.examples import FileExamples
    from bit_keras.recipes.rsb import resnet_strikes_back

    names = tuple(str(path) for path in paths)
    examples = FileExamples(names, np.arange(len(names)) % CLASSES)
    recipe = resnet_strikes_back("rsb-a2", len(names), BATCH)
    recipe = dataclasses.replace(recipe, steps=len(names) // BATCH)
    faster = dataclasses.replace(recipe, train_antialias=False)
    return {
        "as it is": training_batches(examples, recipe, CLASSES),
        "train_antialias=false": training_batches(examples, faster, CLASSES),
    }


def batched(dataset, function):
    import tensorflow as tf

    dataset = dataset.map(function, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.batch(BATCH).prefetch(1)


def decoded(contents):
    import tensorflow as tf

    return tf.io.decode_jpeg(contents, channels=3)


def resized(image):
    import tensorflow as tf

    return tf.image.resize(image, (RESIZE, RESIZE))[:CROP, :CROP]


def write_records(paths, folder):
    """Writes the files as records; gives `RecordExamples` and `RecordStream`."""
    import numpy as np
    import tensorflow as tf

    from bit_keras.data.examples import RecordExamples
    from bit_keras.data.record_stream import RecordStream

    files, index = [], []
    for shard in range(SHARDS):
        files.append(str(folder / f"{shard}.tfrecord"))
        position = 0
        with tf.io.TFRecordWriter(files[-1]) as writer:
            for number in range(shard, len(paths), SHARDS):
                image = tf.train.BytesList(value=[paths[number].read_bytes()])
                label = tf.train.Int64List(value=[number % CLASSES])
                features = {
                    "image": tf.train.Feature(bytes_list=image),
                    "label": tf.train.Feature(int64_list=label),
                }
                example = tf.train.Example(
                    features=tf.train.Features(feature=features)
                ).SerializeToString()
                writer.write(example)
                index.append((shard, position))
                # Its length (8 bytes) and two checksums (4 each) are written too.
                position += len(example) + 16

    def parse(record):
        scalars = {k: tf.io.FixedLenFeature((), kind) for k, kind in ENCODED.items()}
        example = tf.io.parse_single_example(record, scalars)
        return example["image"], example["label"]

    examples = RecordExamples(
        files=tuple(files),
        index=np.array(index),
        labels=np.arange(len(index)) % CLASSES,
        encoded_image=lambda record: parse(record)[0],
    )
    lengths = tuple(len(range(shard, len(paths), SHARDS)) for shard in range(SHARDS))
    return examples, RecordStream(tuple(files), lengths, parse)


def record_variants(examples, stream):
    """Gives data sets that decode records: in the order of the files, and ours."""
    import tensorflow as tf

    from bit_keras.data import evaluation_batches, training_batches

    recipe = recipe_for(examples.count)
    records = tf.data.TFRecordDataset(list(examples.files))

    def plain(finish):
        return batched(records, lambda r: finish(decoded(examples.encoded_image(r))))

    return {
        "one after the other, decoding": plain(tf.shape),
        "one after the other, and resizing": plain(resized),
        "RecordExamples, training": training_batches(examples, recipe, CLASSES),
        "RecordExamples, evaluation": evaluation_batches(
            examples, recipe.preprocessing, CLASSES
        ),
        "RecordStream, training": training_batches(stream, recipe, CLASSES),
        "RecordStream, evaluation": evaluation_batches(
            stream, recipe.preprocessing, CLASSES
        ),
    }


def reading_variants(examples, stream):
    """Gives data sets that read records and leave it at that."""
    import tensorflow as tf

    records = tf.data.TFRecordDataset(list(examples.files))
    positions = tf.data.Dataset.range(examples.count).shuffle(examples.count, seed=0)
    return {
        "one after the other": records.batch(BATCH).prefetch(1),
        "RecordExamples, at random": batched(positions, examples.record),
        "RecordStream": stream.records(seed=0).take(stream.count).batch(BATCH),
    }


if __name__ == "__main__":
    main()
