"""How the measured memory of a step becomes a line of what to grant."""

from benchmarks import grants
from benchmarks.grants import Point


def test_memory_that_grows_with_the_input_is_a_straight_line():
    points = [Point(size=size, peak=0.5 + 3 * size) for size in (0.25, 0.5, 1.0)]
    assert grants.line("step", points).split("(")[0].split() == ["step", "0.50", "GiB", "+", "3.0", "x", "input"]


def test_memory_of_a_step_whose_input_does_not_grow_is_its_highest_peak():
    points = [Point(size=0.0, peak=peak) for peak in (0.5, 0.75)]
    assert grants.line("step", points).split("(")[0].split() == ["step", "0.75", "GiB", "whatever", "the", "input"]
