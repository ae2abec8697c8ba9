"""What is shown of samples that are images of any shape."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.data.dense_table import DenseTable
from dltools.reports.examples import Images

TOLD = {
    (2, 3): "",
    (2, 3, 1): "",
    (2, 3, 3): "",
    (2, 3, 4): " Of the 4 channels, the mean is shown.",
    (5, 2, 3, 1): " Of each stack, the page in the middle is shown.",
    (5, 2, 3, 2): " Of each stack, the page in the middle is shown. Of the 2 channels, the mean is shown.",
}


@pytest.mark.parametrize("shape", TOLD)
def test_images_of_any_shape(shape):
    values = np.random.default_rng(0).random((4, int(np.prod(shape)) + 2)).astype(np.float32)
    samples = DenseTable(values=values, source=Dataset("x", "x"))
    images = Images(samples=samples, shape=shape, each_alone=False)
    assert images.told == TOLD[shape]
    found = images.take(np.array([2, 0]))
    # Columns of a table that stand beside the pixels are no part of the image.
    wanted = values[[2, 0], :-2].reshape(2, *shape)
    wanted = wanted[:, 2] if len(shape) == 4 else wanted
    if wanted.ndim == 4 and wanted.shape[-1] != 3:
        wanted = wanted.mean(axis=-1)
    assert found.shape == (2, 2, 3, *([3] if shape == (2, 3, 3) else []))
    np.testing.assert_allclose(found, wanted)
