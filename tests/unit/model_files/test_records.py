"""What a model file tells of a training whose time was over."""

import pytest

from dltools.data.specs import FeatureSpec, TargetSpec
from dltools.model_files.builder import Builder
from dltools.model_files.records import EPOCHS_LEFT, Record


def record(run):
    return Record(Builder({}, None), TargetSpec(kind="regression"), FeatureSpec(width=1), {}, run)


@pytest.mark.parametrize("left", [1, 63, 2**40])
def test_epochs_left(left):
    assert record({EPOCHS_LEFT: left}).epochs_left == left


@pytest.mark.parametrize("left", [0, -1, True, "5", 2.0, None, 2**63, [3]])
def test_what_is_no_number_of_epochs_is_none(left):
    assert record({EPOCHS_LEFT: left}).epochs_left is None


@pytest.mark.parametrize("run", [None, {}, {"seed": 1}])
def test_training_with_time_for_all(run):
    assert record(run).epochs_left is None
