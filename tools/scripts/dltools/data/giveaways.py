"""Features that tell the target by themselves: a column made of the target, or known only once the target is.

Each column is tried alone: for classes by thresholds, by its values as categories, and by the one value that stands
for a
gap; for numbers by a straight line, also in logarithms, and by its values as categories.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from dltools.data.reproduced import array
from dltools.data.samples import SampleSource
from dltools.data.targets import Target

# How much of what the most frequent class leaves open, or of the variance, a column must tell.
_CLASSES_TOLD, _VARIANCE_TOLD = 0.98, 0.9999
# Columns are tried on so many samples first; those that tell about that much there, on as many as this.
_SAMPLE, _ALL, _FIRST = 1000, 50_000, 0.9
# So many classes, labels or targets are looked at, and as many columns at a time as make this many numbers.
_MOST_CLASSES, _MOST_TARGETS, _NUMBERS = 100, 20, 1 << 22
# As many different values are categories.
_CATEGORIES = 64
# Chance must explain what is seen less often than once in so many tables.
_TABLES = 10_000
_FEWEST = 10


class Giveaway(NamedTuple):
    """A column that tells the target: its position, what it tells, of which kind, and how much of it, 0 to 1.

    `value` is the one value of the column that does so, or None if its values do together.
    """

    column: int
    target: str
    kind: str
    told: float
    value: float | None = None


def find(samples: SampleSource, target: Target) -> list[Giveaway]:
    """Return the columns that tell the target by themselves.

    Where at least half of the columns do, that is what the data are like, so that none is named; nor is an only column.
    Points of images are not tried: what tells them apart is to be seen there.
    """
    found: dict[int, Giveaway] = {}
    for name, kind, truth in _targets(target):
        for giveaway in _of(samples, name, kind, truth):
            found.setdefault(giveaway.column, giveaway)
    columns = _tried(samples)
    few = len(found) < columns / 2
    return sorted(found.values(), key=lambda giveaway: -giveaway.told) if few and columns > 1 else []


def _tried(samples: SampleSource) -> int:
    """Return how many columns are tried."""
    return samples.width - samples.spec.pixels


def _targets(target: Target) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield each thing that is to be told, int64 or float32 (rows,): its name or "", its kind and itself."""
    for own in target.outputs or (target,):
        truth = array(own.truth)
        if own.kind in (BINARY, MULTICLASS):
            if len(own.classes) <= _MOST_CLASSES and (truth.ndim == 1 or truth.shape[1] <= _MOST_TARGETS):
                columns = truth.reshape(len(truth), -1).T
                names = _step_names(own, len(columns))
                yield from ((name, own.kind, column) for name, column in zip(names, columns, strict=True))
        elif truth.shape[1] <= _MOST_TARGETS:
            count = truth.shape[1]
            names = own.names or ([own.output] if count == 1 else [str(number) for number in range(1, count + 1)])
            for name, column in zip(names, truth.T, strict=True):
                yield str(name), BINARY if own.kind == MULTILABEL else REGRESSION, column


def _step_names(target: Target, count: int) -> list[str]:
    """Return what the classes of each step are called; of one step, as the output is."""
    if count == 1:
        return [target.output]
    return list(target.names) if len(target.names) == count else [f"step {number}" for number in range(1, count + 1)]


def _of(samples: SampleSource, name: str, kind: str, truth: np.ndarray) -> Iterator[Giveaway]:
    try_columns, least = (_values_told, _VARIANCE_TOLD) if kind == REGRESSION else (_classes_told, _CLASSES_TOLD)
    rows = _sampled(truth, kind, _SAMPLE)
    if len(rows) < _FEWEST:
        return
    tried: list[tuple[float, int]] = []
    for columns, values in _columns(samples, rows):
        if kind != REGRESSION:
            possible = _may_tell(values, truth[rows])
            columns, values = columns[possible], values[:, possible]
        told, _ = try_columns(values, truth[rows], _tried(samples))
        tried += [(share, column) for share, column in zip(told, columns, strict=True) if share >= _FIRST]
    best = sorted(tried, key=lambda pair: -pair[0])[: max(_MOST_TARGETS, _tried(samples) // 2 + 1)]
    rows = _thinned(np.arange(len(samples)), _ALL)
    for _, column in best:
        values = samples.columns(column, column + 1, rows)
        told, value = try_columns(values, truth[rows], _tried(samples))
        if told[0] >= least:
            yield Giveaway(int(column), name, kind, float(told[0]), None if np.isnan(value[0]) else float(value[0]))


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _sampled(truth: np.ndarray, kind: str, most: int) -> np.ndarray:
    """Return positions of some rows; of a classification about as many of each class, so that rare ones are there."""
    if kind == REGRESSION:
        return _thinned(np.arange(len(truth)), most)
    kinds, codes = np.unique(truth, return_inverse=True)
    each = max(5, most // len(kinds))
    return np.sort(np.concatenate([_thinned(np.flatnonzero(codes == code), each) for code in range(len(kinds))]))


def _columns(samples: SampleSource, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield positions of some columns and their values, float32 (rows, columns), until all have had their turn."""
    size = max(1, _NUMBERS // len(rows))
    for first in range(samples.spec.pixels, samples.width, size):
        last = min(first + size, samples.width)
        yield np.arange(first, last), samples.columns(first, last, rows)


# --- classes -----------------------------------------------------------------------------------


def _may_tell(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Tell which columns, bool (columns,), have no value in so many rows that it must stand for several classes."""
    counts = np.unique(truth, return_counts=True)[1]
    length = int(counts.max() + (1 - _FIRST) * (len(truth) - counts.max())) + 1
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1)
    return (
        ~(ordered[:, length:] == ordered[:, :-length]).any(axis=1)
        if length < len(truth)
        else np.ones(len(ordered), bool)
    )


class _Sorted(NamedTuple):
    """Columns in the order of their values: the classes so, int64 (rows, columns), and which run of equal values each
    is in.
    """

    codes: np.ndarray
    runs: np.ndarray
    values: np.ndarray


def _classes_told(values: np.ndarray, truth: np.ndarray, tried: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how much of the classes each column tells, and the value that does, or NaN.

    Parameters:
        values: float32 (rows, columns).
        truth: (rows,).
        tried: how many columns are tried in all.
    """
    _, codes, counts = np.unique(truth, return_inverse=True, return_counts=True)
    told, value = np.zeros(values.shape[1]), np.full(values.shape[1], np.nan)
    if len(counts) < 2:
        return told, value
    rows, open_ = len(codes), len(codes) - counts.max()
    # The logarithm of how many ways there are to deal out the classes, beyond those that a rule can take.
    room = _log_ways(counts) - np.log(_TABLES * tried)
    for part in _parts(values, len(counts)):
        ordered = _in_order(values[:, part], codes)
        if (len(counts) - 1) * np.log(rows) + _log_factorials(len(counts))[-1] < room:
            told[part] = np.maximum(told[part], 1 - _errors_of_thresholds(ordered, len(counts)) / open_)
        wrong, runs = _errors_of_categories(ordered, len(counts))
        told[part] = np.where(runs * np.log(len(counts)) < room, np.maximum(told[part], 1 - wrong / open_), told[part])
        if np.log(rows) + np.log(len(counts)) < room:
            share, gap = _told_by_one_value(ordered, counts)
            better = share > told[part]
            value[part] = np.where(better, gap, value[part])
            told[part] = np.where(better, share, told[part])
    return told, value


def _parts(values: np.ndarray, classes: int) -> Iterator[slice]:
    """Yield so many columns at a time that what is counted for them has some million numbers."""
    size = max(1, _NUMBERS // (len(values) * (classes + 1) + _CATEGORIES * classes))
    for first in range(0, values.shape[1], size):
        yield slice(first, min(first + size, values.shape[1]))


def _log_factorials(most: int) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])


def _log_ways(counts: np.ndarray) -> float:
    logs = _log_factorials(int(counts.sum()))
    return float(logs[counts.sum()] - logs[counts].sum())


def _in_order(values: np.ndarray, codes: np.ndarray) -> _Sorted:
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, 0)
    runs = np.zeros(values.shape, np.int64)
    np.cumsum(ordered[1:] != ordered[:-1], axis=0, out=runs[1:])
    return _Sorted(codes[order], runs, ordered)


def _errors_of_thresholds(found: _Sorted, classes: int) -> np.ndarray:
    """Return how many samples are on the wrong side, (columns,), where the classes lie in a row one after the other.

    The classes are in the order of their mean ranks. `best` is how many samples can be right up to each place with the
    classes so far; a new class may begin where the value changes.
    """
    rows, columns = found.codes.shape
    upto = np.zeros((classes, rows + 1, columns), np.int32)
    for code in range(classes):
        np.cumsum(found.codes == code, axis=0, out=upto[code, 1:])
    place = np.arange(rows)[:, None]
    ranks = np.stack(
        [((found.codes == code) * place).sum(axis=0) / np.maximum(1, upto[code, -1]) for code in range(classes)]
    )
    order = ranks.argsort(axis=0)
    may_begin = np.ones((rows + 1, columns), bool)
    may_begin[1:-1] = found.runs[1:] != found.runs[:-1]
    never = np.int32(-2 * rows - 1)
    best = np.where(place[:1] == np.arange(rows + 1)[:, None], 0, never).astype(np.int32) * np.ones(columns, np.int32)
    for step in range(classes):
        own = np.take_along_axis(upto, order[step][None, None, :], 0)[0]
        best = own + np.maximum.accumulate(np.where(may_begin, best - own, never), axis=0)
    return rows - best[-1]


def _errors_of_categories(found: _Sorted, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many samples are not of the class that is the most frequent with their value, and how many values
    there are.
    """
    rows, columns = found.codes.shape
    runs = found.runs[-1] + 1
    wrong = np.full(columns, rows)
    few = np.flatnonzero(runs <= _CATEGORIES)
    if len(few):
        places = (np.arange(len(few)) * _CATEGORIES + found.runs[:, few]) * classes + found.codes[:, few]
        counts = np.bincount(places.ravel(), minlength=len(few) * _CATEGORIES * classes).reshape(
            len(few), _CATEGORIES, classes
        )
        wrong[few] = rows - counts.max(axis=2).sum(axis=1)
    return wrong, runs


def _told_by_one_value(found: _Sorted, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how nearly the most frequent value of each column stands for a class, always and only, and that value."""
    rows, columns = found.codes.shape
    places = np.arange(columns) * rows + found.runs
    longest = np.bincount(places.ravel(), minlength=columns * rows).reshape(columns, rows).argmax(axis=1)
    inside = found.runs == longest
    of_class = np.stack([(inside & (found.codes == code)).sum(axis=0) for code in range(len(counts))])
    best = of_class.argmax(axis=0)
    right = of_class.max(axis=0)
    wrong = (inside.sum(axis=0) - right) + (counts[best] - right)
    open_ = np.minimum(counts[best], rows - counts[best])
    first = np.argmax(inside, axis=0)
    return np.where(right >= _FEWEST, 1 - wrong / open_, 0.0), found.values[first, np.arange(columns)].astype(
        np.float64
    )


# --- numbers -----------------------------------------------------------------------------------


def _values_told(values: np.ndarray, truth: np.ndarray, tried: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which share of the variance each column tells; parameters and the second value as of `_classes_told`."""
    told, nothing = np.zeros(values.shape[1]), np.full(values.shape[1], np.nan)
    x, y = values.astype(np.float64), truth.astype(np.float64)
    if y.min() == y.max():
        return told, nothing
    positive = (x > 0).all(axis=0)
    columns = [(x, slice(None)), (np.log(x[:, positive]), positive)]
    for right in (y, np.log(y)) if y.min() > 0 else (y,):
        for left, place in columns:
            told[place] = np.maximum(told[place], _determination(left, right))
    return np.maximum(told, _told_by_categories(values, y)), nothing


def _determination(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the squared correlation of each column with `y`; 0 where a column does not vary."""
    x, y = x - x.mean(axis=0), y - y.mean()
    scale = np.square(x).sum(axis=0) * np.square(y).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(scale > 0, np.square(y @ x) / scale, 0.0)


def _told_by_categories(values: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which share of the variance lies between the values of a column, where each stands in many rows."""
    told = np.zeros(values.shape[1])
    y = y - y.mean()
    for column, own in enumerate(values.T):
        kinds, places, counts = np.unique(own, return_inverse=True, return_counts=True)
        if 1 < len(kinds) <= len(own) / _FEWEST:
            told[column] = (np.square(np.bincount(places, y)) / counts).sum() / np.square(y).sum()
    return told
