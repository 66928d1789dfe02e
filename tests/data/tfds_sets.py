"""Sets of TensorFlow Datasets that are made here instead of downloaded."""

import io

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

CLASSES = ["dark", "middle", "light"]


def picture(number):
    """A JPEG whose level tells its number: 20 * number."""
    contents = io.BytesIO()
    level = np.full((12 + number % 2, 16, 3), 20 * number, "uint8")
    Image.fromarray(level).save(contents, "JPEG")
    contents.seek(0)
    return contents


class _Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Pictures of rising level; the class is the remainder of the number by three."""

    VERSION = tfds.core.Version("1.0.0")
    COUNTS = {"train": 9, "test": 3}
    SUPERVISED = ("image", "label")

    def features(self):
        return {
            "image": tfds.features.Image(),
            "label": tfds.features.ClassLabel(names=CLASSES),
            "file_name": tfds.features.Text(),
        }

    def label(self, split, number):
        return number % 3

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(self.features()),
            supervised_keys=self.SUPERVISED,
        )

    def _split_generators(self, manager):
        return {
            split: self._generate_examples(split, count)
            for split, count in self.COUNTS.items()
        }

    def _generate_examples(self, split, count):
        for number in range(count):
            yield (
                number,
                {
                    "image": picture(number),
                    "label": self.label(split, number),
                    "file_name": f"{number}.jpg",
                },
            )


class LevelsOfGray(_Builder):
    pass


class LevelsWithoutTest(_Builder):
    COUNTS = {"train": 9}


class LevelsWithoutTrain(_Builder):
    COUNTS = {"test": 9}


class LevelsOfAChallenge(_Builder):
    COUNTS = {"train": 9, "test": 3, "validation": 6}

    def label(self, split, number):
        return -1 if split == "test" else number % 3


class LevelsWithoutKeys(_Builder):
    SUPERVISED = None


class LevelsWithoutClasses(_Builder):
    def features(self):
        return {**super().features(), "label": tfds.features.Scalar(np.int64)}


class LevelsWithAMask(_Builder):
    SUPERVISED = None

    def features(self):
        return {**super().features(), "mask": tfds.features.Image()}

    def _generate_examples(self, split, count):
        for number, example in super()._generate_examples(split, count):
            yield number, {**example, "mask": picture(number)}


class LevelsThatFail(_Builder):
    def _generate_examples(self, split, count):
        raise RuntimeError("the server is on strike")
