"""Whether the scores of an autoencoder fit the memory that a job was granted."""

import pytest

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError

# Of 1,000 samples of 10,000 features, 320 MB are for the comparison, 40 for the outputs.
ROWS, COLUMNS, MB = 1000, 10_000, memory.MB


@pytest.mark.parametrize(
    ("granted", "beside", "points", "fits"),
    [
        (1060, 0, False, True),
        (1059, 0, False, False),
        (1160, 100, False, True),
        (1159, 100, False, False),
        (1180, 0, True, True),
        (1179, 0, True, False),
    ],
)
def test_scores_of_samples_that_are_given_back(granted, beside, points, fits, monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, str(granted))
    monkeypatch.setattr(memory, "libraries", lambda: 700)
    asked = (Dataset("x", "x"), ROWS, COLUMNS, ROWS, beside * MB, points)
    if fits:
        memory.check_reconstruction(*asked)
        return
    with pytest.raises(
        UserError, match="^'x': all samples and the scores of 1,000 that are held out, of 10,000 features"
    ):
        memory.check_reconstruction(*asked)
