"""Small networks with reference weights, and pixels for them."""

import dataclasses
import functools

import numpy as np
import pytest

from bit_keras.models import BiTSpec, bit


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """A network of tests/golden: its spec, weight file, inputs and outputs."""

    spec: BiTSpec
    weights: str
    arrays: dict

    @functools.cache  # noqa: B019 (as long-lived as the session)
    def network(self, dtype=None):
        """Gives the network, one for all tests: they must not change it."""
        classes = self.arrays["logits0"].shape[1]
        return bit(self.spec, num_classes=classes, weights=self.weights, dtype=dtype)


@pytest.fixture(scope="session")
def reference(golden, golden_folder):
    """Gives a function from the depths, such as "r2111", to a `Reference`."""

    @functools.cache
    def find(depths):
        name = f"01_bit_{depths}_w0.5"
        spec = BiTSpec(tuple(int(depth) for depth in depths[1:]), 0.5)
        weights = str(golden_folder / f"{name}.ckpt.npz")
        return Reference(spec, weights, golden(f"{name}.io.npz"))

    return find


@pytest.fixture(scope="session")
def pixels():
    """Gives a function from images in [-1, 1], made of bytes, to these bytes."""

    def undo(images):
        found = images * np.float32(127.5) + np.float32(127.5)
        whole = np.round(found)
        assert np.abs(found - whole).max() < 1e-3
        return whole.astype("uint8")

    return undo
