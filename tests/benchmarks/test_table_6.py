import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.table_6 import FIGURE, ROWS, counted, draw

EXACT = {
    *(("B/16", 7), ("L/32", 7), ("L/16", 7), ("L/16", 14)),
    *(("R50+B/16", 7), ("R50+L/16", 14)),
}


@pytest.mark.parametrize(("name", "epochs", "_", "published"), ROWS)
def test_compute_of_the_table_is_what_we_count(name, epochs, _, published):
    found = counted(name, epochs)
    if (name, epochs) in EXACT:
        assert round(found) == published
    assert found == pytest.approx(published, rel=0.05)


def test_figure_in_docs_is_what_is_drawn():
    found = np.asarray(Image.open(io.BytesIO(draw())).convert("L"), int)
    kept = np.asarray(Image.open(FIGURE).convert("L"), int)
    assert found.shape == kept.shape, "draw it anew: python -m benchmarks.table_6"
    # Edges are smoothed by floating point.
    assert abs(found - kept).max() < 32, "draw it anew: python -m benchmarks.table_6"
