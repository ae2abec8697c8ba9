"""What a model file tells of how a training went."""

import pytest

from dltools.data.specs import FeatureSpec, TargetSpec
from dltools.model_files.builder import Builder
from dltools.model_files.records import AFTER_EPOCH, EPOCHS_LEFT, SECOND_STAGE, Record


def record(run, epochs=0):
    history = {"loss": [1.0] * epochs}
    return Record(Builder({}, None), TargetSpec(kind="regression"), FeatureSpec(width=1), history, run)


@pytest.mark.parametrize("left", [1, 63, 2**40])
def test_epochs_left(left):
    assert record({EPOCHS_LEFT: left}).epochs_left == left


@pytest.mark.parametrize("left", [0, -1, True, "5", 2.0, None, 2**63, [3]])
def test_what_is_no_number_of_epochs_is_none(left):
    assert record({EPOCHS_LEFT: left}).epochs_left is None


@pytest.mark.parametrize("run", [None, {}, {"seed": 1}])
def test_training_with_time_for_all(run):
    assert record(run).epochs_left is None


def test_where_the_second_stage_begins():
    assert record({SECOND_STAGE: {AFTER_EPOCH: 2}}, epochs=5).first_stage == 2
    assert record({}, epochs=5).first_stage is None


@pytest.mark.parametrize(
    "told", [None, 3, [2], {}, *({AFTER_EPOCH: last} for last in (0, 5, -1, True, "2", 2.0, None))]
)
def test_what_is_no_beginning_of_a_stage_is_none(told):
    assert record({SECOND_STAGE: told}, epochs=5).first_stage is None
