"""Is a mark that is planted in a corner of one class named, and what is it worth there?

Every class gets the mark in every corner, each time with other images for the test. The
head is fitted in closed form to what a BiT makes of the images at 224 pixels, or, with
--steps, stage 4 and the head are fine-tuned.
"""

import argparse
import itertools

from bit_keras.commands.shared import import_tensorflow

SIDE, MARK = 224, 16  # pixels
CORNERS = list(itertools.product((0, 2), (0, 2)))  # places in evidence.NAMES
TRAINED_ON = 0.7  # of the images
AT_ONCE = 32


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.marks", description=__doc__
    )
    parser.add_argument("dataset", help="folder with train/ and test/")
    parser.add_argument("--weights", required=True, help="of bit_tiny")
    parser.add_argument("--steps", type=int, default=0, help="of fine-tuning")
    parser.add_argument("--images", type=int, default=100, help="of each class")
    args = parser.parse_args()
    import_tensorflow()
    from bit_keras.analysis.evidence import NAMES

    names, images, labels = read(args.dataset, args.images)
    network = Network(args.weights, len(names))
    plain = network.features_of_both_ways(images)
    named, alarms, tests = 0, 0, 0
    cases = list(itertools.product(range(len(names)), CORNERS))
    for seed, (number, corner) in enumerate(cases):
        own, train = labels == number, split(labels, seed)
        found = network.findings(plain, labels, train, args.steps, seed)
        marked = [features.copy() for features in plain]
        planted = network.features_of_both_ways(with_mark(images[own], *corner))
        for features, new in zip(marked, planted, strict=True):
            features[own] = new
        said = network.findings(marked, labels, train, args.steps, seed)
        with_it, without = (
            contrast(network.tail(each[0][own & ~train])[1], number)
            for each in (marked, plain)
        )
        right = said.pop(number) == NAMES[corner[0]][corner[1]]
        named += right
        alarms += sum(each is not None for each in found + said)
        tests += len(found + said)
        print(
            f"{names[number]:20} {NAMES[corner[0]][corner[1]]:20} "
            f"{'named' if right else 'not named':10} part of the evidence "
            f"{1 - without / with_it:4.0%}",
            flush=True,
        )
    print(f"Named: {named} of {len(cases)}; alarms without a mark: {alarms} of {tests}")


def read(folder, most):
    """Gives names of classes, uint8 (images, side, side, 3), and labels."""
    import numpy as np
    from PIL import Image

    from bit_keras.data import open_dataset

    data = open_dataset(folder)
    pictures, labels = [], []
    for part in map(data.part, ("train", "test")):
        for index in range(part.count):
            label = int(part.labels[index])
            if labels.count(label) < most:
                image = Image.fromarray(np.asarray(part.image(index), "uint8"))
                pictures.append(image.resize((SIDE, SIDE), Image.BILINEAR))
                labels.append(label)
    return data.class_names, np.stack(pictures), np.array(labels)


def split(labels, seed):
    """Says of each image whether it is for training, alike many of each class."""
    import numpy as np

    train = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.random.default_rng(seed).permutation(np.flatnonzero(labels == label))
        train[rows[: round(TRAINED_ON * len(rows))]] = True
    return train


def with_mark(images, row, column):
    """Plants a chequered square of green and magenta, a pixel from the borders."""
    import numpy as np

    rows, columns = (
        slice(SIDE - 1 - MARK, SIDE - 1) if side else slice(1, 1 + MARK)
        for side in (row, column)
    )
    chequers = np.add(*np.mgrid[:MARK, :MARK] // 4) % 2 == 0
    marked = images.copy()
    marked[:, rows, columns] = np.where(chequers[..., None], (0, 255, 0), (255, 0, 255))
    return marked


def contrast(logits, number):
    """Gives the mean logit of a class against the mean of all others."""
    others = logits.sum(axis=1) - logits[:, number]
    return (logits[:, number] - others / (logits.shape[1] - 1)).mean()


class Network:
    """A bit_tiny whose stages 1 to 3 stay as they are."""

    def __init__(self, weights, classes):
        import keras

        from bit_keras.analysis import HeatMaps
        from bit_keras.models import build, endpoint

        self.classes = classes
        self.model = build("bit_tiny", num_classes=classes, weights=weights)
        self.frozen = endpoint(self.model, "stage3")
        between = self.frozen.outputs[0]
        self.trained = keras.Model(between, self.model.outputs[0])
        self.located = keras.Model(
            between, [self.model.get_layer("pre_logits").input, self.model.outputs[0]]
        )
        self.maps = HeatMaps(self.model)
        head = self.model.get_layer("logits")
        head.set_weights([0 * array for array in head.get_weights()])
        self.start = self.model.get_weights()

    def features_of_both_ways(self, images):
        """Gives what stage 3 makes of images, and of their mirror images."""
        return [
            in_batches(self.frozen, images[:, :, ::step].astype("float32"))[0]
            for step in (1, -1)
        ]

    def tail(self, features):
        """Gives (what is pooled, logits)."""
        return in_batches(self.located, features)

    def findings(self, both_ways, labels, train, steps, seed):
        """Fits the network, and gives for each class the region that is named."""
        self.model.set_weights(self.start)
        features = both_ways[0][train]
        if steps:
            self.fine_tune(features, labels[train], steps, seed)
        else:
            self.fit_head(features, labels[train])
        tested = [self.tail(each[~train])[0] for each in both_ways]
        return [
            self.named([each[labels[~train] == number] for each in tested], number)
            for number in range(self.classes)
        ]

    def fit_head(self, features, labels):
        from bit_keras.evaluation.closed_form import closed_form

        pooled = self.tail(features)[0].mean(axis=(1, 2))
        fitted = closed_form(pooled, labels, self.classes)
        self.model.get_layer("logits").set_weights([fitted.kernel, fitted.bias])

    def fine_tune(self, features, labels, steps, seed):
        import keras
        import numpy as np

        rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
        self.trained.compile(
            keras.optimizers.AdamW(rate, weight_decay=0.05),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        generator = np.random.default_rng(seed)
        for _ in range(steps):
            rows = generator.choice(len(labels), AT_ONCE, replace=False)
            self.trained.train_on_batch(features[rows], labels[rows])

    def named(self, both_ways, number):
        """Gives the region that is named in a class, or None."""
        import numpy as np

        from bit_keras.analysis import directions
        from bit_keras.analysis.evidence import finding, region_shares

        logits = np.zeros((len(both_ways[0]), self.classes), "float32")
        shares = directions(logits, number, "others")
        plain, mirrored = (
            np.asarray(self.maps.of(each, shares))[:, 0] for each in both_ways
        )
        found = finding(region_shares((plain + mirrored[..., ::-1]) / 2))
        return found and found.region


def in_batches(model, inputs):
    """Gives the outputs of a model as a list of arrays."""
    import numpy as np

    batches = [
        model.predict_on_batch(inputs[begin : begin + AT_ONCE])
        for begin in range(0, len(inputs), AT_ONCE)
    ]
    if not isinstance(batches[0], list):
        batches = [[each] for each in batches]
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


if __name__ == "__main__":
    main()
