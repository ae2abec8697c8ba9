"""What is taken to fit the time of a job, told by a clock that the test moves."""

import dataclasses

import pytest

from dltools.core.errors import UserError
from dltools.core.time_limit import TimeLimit
from dltools.training.pace import Pace, Stop, TimePlan, floor


class _Clock:
    """Stands still but for what the test lets it go on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return _Clock()


def plan(clock, end, **changes):
    limit = TimeLimit(began=0.0, end=end, words="the limit", clock=clock)
    return TimePlan(**{"limit": limit, "evaluated": 0, **changes})


def epoch(pace, clock, batches, batch, validation=0.0):
    """Let an epoch pass, of which a batch and the validation take so many seconds."""
    pace.epoch_begins()
    for _ in range(batches):
        pace.batch_begins()
        clock.now += batch
    if validation:
        pace.validation_begins()
        clock.now += validation
        pace.validation_ends()
    pace.epoch_ends()


def paced(clock, end, **changes):
    found = {"batch_size": 10, "validated": 20, "parameters": 0}
    found |= {name: changes.pop(name) for name in list(changes) if name in found}
    return Pace(plan(clock, end, **changes), **found)


@pytest.mark.parametrize(("end", "seconds"), [(30, 5), (100, 5), (600, 30), (10_000, 120)])
def test_floor_is_a_share_within_bounds(end, seconds, clock):
    assert floor(plan(clock, end).limit) == seconds


def test_evaluation_is_measured_by_the_quicker_of_both(clock):
    pace = paced(clock, 600, evaluated=100)
    assert pace.reserve() == 30
    epoch(pace, clock, 3, 2.0, validation=1.0)
    # 1 s for 20 samples of the validation; a batch of 10 takes 2 s.
    assert pace.reserve() == pytest.approx(30 + 1.5 * 100 * 1 / 20)
    epoch(pace, clock, 3, 2.0, validation=40.0)
    assert pace.reserve() == pytest.approx(30 + 1.5 * 100 * 2 / 10)


def test_first_batch_and_first_epoch_are_no_measure(clock):
    pace = paced(clock, 600, evaluated=100, validated=0)
    pace.epoch_begins()
    pace.batch_begins()
    clock.now += 50
    pace.batch_begins()
    assert pace.reserve() == 30
    clock.now += 1
    pace.batch_begins()
    assert pace.reserve() == pytest.approx(30 + 1.5 * 100 * 1 / 10)
    pace.epoch_ends()
    assert pace.next_epoch() == 51
    epoch(pace, clock, 2, 1.0)
    assert pace.next_epoch() == 2


def test_longest_of_the_last_epochs_counts(clock):
    pace = paced(clock, 600)
    for seconds in (9.0, 8.0, 1.0, 2.0, 1.5):
        epoch(pace, clock, 1, seconds)
    assert pace.next_epoch() == 2


def test_large_networks_take_time_to_write(clock):
    assert paced(clock, 600, parameters=100_000_000).reserve() == pytest.approx(30 + 24)


def test_epoch_fits_to_the_second(clock):
    pace = paced(clock, 600)
    epoch(pace, clock, 2, 5.0)
    epoch(pace, clock, 2, 5.0)
    clock.now = 560.0
    assert pace.fits_epoch()
    clock.now = 560.1
    assert not pace.fits_epoch()
    assert pace.fits_batch()
    clock.now = 565.1
    assert not pace.fits_batch()
    assert not pace.is_over()
    clock.now = 570.1
    assert pace.is_over()
    clock.now = 500.0
    assert pace.fits_epochs(7)
    assert not pace.fits_epochs(8)


def test_cross_validation_is_refused_once_two_epochs_tell(clock):
    pace = paced(clock, 1000, count=5)
    epoch(pace, clock, 1, 10.0)
    pace.check_others(98)
    epoch(pace, clock, 1, 10.0)
    # This one: 20 s and 8 times 10 s, then four like it; 50 s stay free.
    pace.check_others(8)
    with pytest.raises(
        UserError,
        match="^Cross-validation: network 1 of 5 has taken 20.0 s until now, .* the limit, of which 16 min 20 s are left",
    ):
        pace.check_others(98)


def test_cross_validation_that_may_end_early_is_refused_by_what_has_passed(clock):
    pace = paced(clock, 1000, count=5)
    for _ in range(17):
        epoch(pace, clock, 1, 10.0)
        pace.check_others(0)
    clock.now += 30
    with pytest.raises(UserError, match="has taken 3 min 20 s"):
        pace.check_others(0)


def test_a_run_of_one_training_has_no_others(clock):
    pace = paced(clock, 1000)
    for _ in range(3):
        epoch(pace, clock, 1, 100.0)
        pace.check_others(10**6)


def test_rest_of_a_cross_validation(clock):
    three = plan(clock, 1000, count=3)
    clock.now = 300.0
    three.check_rest(300)
    with pytest.raises(UserError, match="network 1 of 3 has taken 5 min 30 s"):
        three.check_rest(330)
    clock.now = 990.0
    dataclasses.replace(three, number=3).check_rest(330)
    with pytest.raises(UserError):
        dataclasses.replace(three, number=2).check_rest(330)


def test_no_time_at_all(clock):
    clock.now = 950.0
    plan(clock, 1000).check_start()
    clock.now = 951.0
    with pytest.raises(
        UserError,
        match="^No time is left for the training: 15 min 51 s have gone by until the data were read, and 49.0 s are left of the limit.",
    ):
        plan(clock, 1000).check_start()


@pytest.mark.parametrize(("stop", "words", "left"), [
    (Stop(epoch=37, last=100, words="W"), "after epoch 37 of 100: another epoch was not expected to fit W, with the evaluation", "train the trained model further: 63 epochs are left."),
    (Stop(epoch=99, last=100, words="W"), "after epoch 99 of 100", "further: 1 epoch is left."),
    (Stop(epoch=1, last=1, words="W", batches=2, steps=1000), "in epoch 1 of 1, the first of this run, after 2 of its 1,000 batches, so that", "further. How far"),
    (Stop(epoch=4, last=9, words="W", batches=7, steps=7), "in epoch 4 of 9, the first of this run, before it was validated: that did not fit W", "5 epochs are left"),
])  # fmt: skip
def test_what_is_told(stop, words, left):
    assert words in stop.told()
    assert left in stop.told()
