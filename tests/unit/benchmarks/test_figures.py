"""The benchmarks' arithmetic: exponents, what counts of several runs, and the marking beside a bound."""

import pytest

from benchmarks import bounds, report, rows
from benchmarks.bounds import Bound, Row
from benchmarks.figures import Figure, LeftOut, exponent, growth, memory_ratio, time_ratio
from benchmarks.rows import Result


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_exponent_is_found_whatever_the_factor(power):
    sizes = [1, 2, 4, 8]
    assert exponent(sizes, [3.5 * size**power for size in sizes]) == pytest.approx(power)


def test_growth_is_that_of_what_comes_on_top_of_next_to_nothing():
    taken = {size: [10.0 + size, 12.0 + size] for size in (1, 2, 4)}
    found = growth("time", taken, [10.0, 12.0], "s")
    assert found.value == pytest.approx(1)
    assert found.runs == pytest.approx((1, 1))
    assert found.singles["tiny"] == (10.0, 12.0)


def test_run_that_was_disturbed_leaves_the_exponent_of_the_least():
    taken = {size: [10.0 + size, 10.0 + size] for size in (1, 2, 4)}
    found = growth("time", taken, [10.0, 15.0], "s")
    assert found.value == pytest.approx(1)
    assert found.runs == pytest.approx((1,))


def test_cost_that_does_not_show_has_no_exponent():
    with pytest.raises(ValueError, match="too small to tell"):
        growth("time", {1: [5.0], 2: [6.0]}, [5.0], "s")


def test_of_seconds_the_least_counts_and_of_memory_the_median():
    measured, yardstick = [3.0, 1.0, 8.0], [2.0, 2.0, 4.0]
    time, memory = time_ratio("wall", measured, yardstick), memory_ratio("memory", measured, yardstick)
    assert (time.value, memory.value) == (0.5, 1.5)
    assert time.runs == (1.5, 0.5, 2.0)
    assert (time.median, time.spread) == (1.5, (0.5, 2.0))


def result(bound, found, failure=""):
    figures = {} if found is None else {"wall": found}
    row = Row("row", "a row", (Bound("wall", "a ratio", bound),))
    return Result(row=row, figures=figures, notes=(), failure=failure, seconds=1.0)


def ratio(value):
    return Figure(name="wall", value=value, runs=(value,), singles={}, unit="s")


@pytest.mark.parametrize(
    ("bound", "found", "failure", "mark", "bad"),
    [
        (1.05, ratio(1.05), "", report.WITHIN, False),
        (1.05, ratio(1.051), "", report.SHORT, True),
        (1.05, ratio(float("nan")), "", report.SHORT, True),
        (0, ratio(0), "", report.WITHIN, False),
        (None, ratio(7.0), "", report.SHOWN, False),
        (1.05, LeftOut("wall", "no such processor"), "", report.LEFT_OUT, False),
        (1.05, None, "step: Error: no room", report.FAILED, True),
        (1.05, ratio(1.0), "step: Error: no room", report.WITHIN, True),
    ],
)
def test_figure_is_marked_beside_its_bound(bound, found, failure, mark, bad):
    got = result(bound, found, failure)
    assert [entry.mark for entry in report.marked(got)] == [mark]
    assert report.is_bad(got) == bad
    text = "\n".join(report.lines(got))
    assert mark in text
    assert failure in text


def test_every_row_of_the_table_is_measured():
    assert list(rows.MEASURED) == list(bounds.NAMES)
