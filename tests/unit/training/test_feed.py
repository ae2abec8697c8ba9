"""What a training does with its sets before the first batch."""

import types

import numpy as np
import pytest

from dltools.data.sets import Sets
from dltools.training import feed


@pytest.mark.parametrize("validation", [np.array([1, 4, 7]), None])
def test_the_validation_set_is_gathered_before_it_is_read_in_each_epoch(validation, monkeypatch):
    done: list = []
    monkeypatch.setattr(feed.batches, "pipeline", lambda *_, **__: done.append("read"))
    target = types.SimpleNamespace(spread=lambda weights: weights, compared=None)
    samples = types.SimpleNamespace(gather=lambda positions: done.append(positions.tolist()))
    data = types.SimpleNamespace(samples=samples, target=target, weights=None)
    options = types.SimpleNamespace(samples_a_step=2)
    feed.Feed([], options, None, data, Sets(training=np.array([0, 2]), validation=validation, test=None)).to_validate()
    assert done == ([] if validation is None else [[1, 4, 7], "read"])
