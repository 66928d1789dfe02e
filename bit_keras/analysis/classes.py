"""Where the evidence for each class lies in the images that have it."""

import dataclasses

import numpy as np
from tqdm import tqdm

from bit_keras.analysis.evidence import Finding, finding, region_shares
from bit_keras.analysis.heat_maps import OTHERS, HeatMaps, directions
from bit_keras.data import evaluation_batches
from bit_keras.models import for_inference


@dataclasses.dataclass(frozen=True)
class Evidence:
    """Where the evidence for a class lies.

    Attributes:
        class_name: of the class.
        images: how many have it.
        shares: float64 (3, 3), the mean of `evidence.region_shares`; None where no
            image has positive evidence.
        mean_map: float32 (rows, columns), the mean of the maps in logits; None of no
            images.
        finding: what is conspicuous, or None.
    """

    class_name: str
    images: int
    shares: np.ndarray | None
    mean_map: np.ndarray | None
    finding: Finding | None

    @property
    def zones(self):
        """The shares of centre, edges and corners in all; None without `shares`."""
        if self.shares is None:
            return None
        corners = float(self.shares[::2, ::2].sum())
        centre = float(self.shares[1, 1])
        return {"centre": centre, "edges": 1 - centre - corners, "corners": corners}


def evidence_of_classes(trained, examples):
    """Locates the evidence of every class in the images that have it.

    It is that against the mean of all other classes, of several labels per image that
    for the label, and the mean of an image's map and its mirror image's: then left and
    right do not depend on how the network treats the edges of an image.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        examples: with labels, see `bit_keras.data.examples`.

    Returns:
        list of `Evidence`, in the order of the classes.

    Raises:
        InputError: if the network cannot be explained.
    """
    network = HeatMaps(for_inference(trained.model))
    count = len(trained.class_names)
    batches = evaluation_batches(examples, trained.preprocessing, count)
    against = None if trained.multi_label else OTHERS
    bar = {"desc": "locating evidence", "unit": "batch", "delay": 1, "leave": False}
    maps, owners, labels, first = [], [], [], 0
    for images, targets in tqdm(batches, total=len(batches), **bar):
        rows, classes = np.nonzero(targets.numpy())
        maps.append(_of_both_ways(network, images.numpy(), rows, classes, against))
        owners.append(first + rows)
        labels.append(classes)
        first += len(images)
    maps, owners, labels = map(np.concatenate, (maps, owners, labels))
    groups = owners if examples.groups is None else np.asarray(examples.groups)[owners]
    return [
        _of_class(name, maps[labels == number], groups[labels == number])
        for number, name in enumerate(trained.class_names)
    ]


def _of_both_ways(network, images, rows, classes, against):
    """Gives the mean of the maps of images and of their mirror images.

    Args:
        network: `HeatMaps`.
        images: float32 (batch, height, width, channels).
        rows, classes: integers (maps,): of which images and classes.
        against: see `heat_maps.directions`.

    Returns:
        float32 (maps, rows, columns).
    """
    found = []
    for step in (1, -1):
        features, logits = map(
            np.asarray, network.features_on_batch(images[:, :, ::step])
        )
        shares = directions(logits[rows], classes, against)
        maps = np.asarray(network.of(features[rows], shares))
        found.append(maps[:, 0, :, ::step])
    return (found[0] + found[1]) / 2


def _of_class(name, maps, groups):
    shares = region_shares(maps)
    known = np.isfinite(shares).all(axis=(1, 2))
    return Evidence(
        class_name=name,
        images=len(maps),
        shares=shares[known].mean(axis=0) if known.any() else None,
        mean_map=maps.mean(axis=0) if len(maps) else None,
        finding=finding(shares, groups),
    )
