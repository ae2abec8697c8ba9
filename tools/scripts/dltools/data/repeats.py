"""Samples that stand in more than one part: rows with the same features, and whether they look like copies.

A network can learn copies by heart, so that scores of a part which holds some flatter. Tables of few classes and small
numbers have equal rows without being copied: there many rows are equal but for some columns, too, which tells how many
would be equal in these as well by chance.
"""

from typing import NamedTuple

import numpy as np

from dltools.catalogue.target_kinds import BINARY, MULTICLASS
from dltools.data.batches import Features
from dltools.data.targets import Target

# Bytes of the rows that are looked at together.
_BLOCK_BYTES = 1 << 22
# With fewer copies in a part, or a smaller share of it, they hardly change a score.
_FEWEST, _SHARE = 3, 0.01
# Most copies have the same target, too; and rows of fewer columns are equal everywhere.
_ALIKE, _COLUMNS = 0.8, 4
# So many times more pairs must be equal than by chance, and by so many standard deviations more.
_TIMES, _DEVIATIONS = 10, 2
# How often that chance is looked at, each time for two other sets of the columns, each such a share of them, and on how
# many numbers at most.
_EXPLAINED = 2
_TRIES, _SET, _NUMBERS = 6, 0.25, 1 << 22
# Of tables with more than twice as many columns, so many are looked at first.
_GLANCE = 64
# From so many columns on, a row of a single value, such as a black picture, is no copy of another.
_BLANK_COLUMNS = 3


class Repeats(NamedTuple):
    """What a part has in common with what was trained on.

    Attributes:
        part: its name.
        rows: how many samples it has.
        repeated: how many of them have the same features as a sample that was trained on.
        otherwise: how many of these have another label than all those samples.
        copies: whether they look like copies, and are enough to change a score.
    """

    part: str
    rows: int
    repeated: int
    otherwise: int
    copies: bool


class Prints(NamedTuple):
    """Numbers that are equal where rows are: of the features, and of features and target together, int64 (rows,)
    each.
    """

    features: np.ndarray
    samples: np.ndarray


def prints(features: Features, target: Target) -> Prints:
    """Return what tells equal rows of a table."""
    own = _hashes(features.values)
    truth = np.ascontiguousarray(target.truth)
    labels = truth if truth.ndim == 1 else _hashes(truth)
    return Prints(own, _mixed(own, labels.astype(np.int64)))


def _mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return numbers that tell pairs of numbers, int64 (rows,) each."""
    return first ^ (second * 0x9E3779B97F4A7C1 + 1)


def between(part: str, known: np.ndarray, rows: np.ndarray, features: Features, found: Prints) -> Repeats:
    """Compare a part with the samples that were trained on.

    Parameters:
        part: the part's name.
        known, rows: int64 positions of the samples trained on and of those in the part.
        found: as `prints` returns it.
    """
    hits = rows[np.isin(found.features[rows], found.features[known])]
    hits = hits[~_blank(features, hits)]
    same = hits[np.isin(found.samples[hits], found.samples[known])]
    many = len(same) >= max(_FEWEST, _SHARE * len(rows), _ALIKE * len(hits)) and features.width >= _COLUMNS
    copies = many and not _by_chance(features, found, known, rows)
    return Repeats(part, len(rows), len(hits), len(hits) - len(same), copies)


def contradictions(target: Target, found: Prints) -> int:
    """Return how many samples of a classification have the same features as one of another class."""
    kinds = {own.kind for own in target.outputs or (target,)}
    if not kinds <= {BINARY, MULTICLASS}:
        return 0
    rows, places, counts = np.unique(found.features, return_inverse=True, return_counts=True)
    if len(rows) == len(found.features):
        return 0
    _, first = np.unique(found.samples, return_index=True)
    labels = np.bincount(places[first], minlength=len(rows))
    return int(counts[labels > 1].sum())


def _blank(features: Features, rows: np.ndarray) -> np.ndarray:
    """Tell which rows hold a single value all along, where there are many columns."""
    blank = np.zeros(len(rows), bool)
    if features.width < _BLANK_COLUMNS:
        return blank
    step = max(1, _BLOCK_BYTES // (4 * features.width))
    for first in range(0, len(rows), step):
        values = features.take(rows[first : first + step])
        blank[first : first + step] = (values == values[:, :1]).all(axis=1)
    return blank


def _by_chance(features: Features, found: Prints, known: np.ndarray, rows: np.ndarray) -> bool:
    """Tell whether as many rows as there are would be equal, target and all, without being copies.

    Of the pairs that are equal in the target and all columns but two sets of them, some are equal in one set, some in
    the other, some in neither: by that proportion chance makes pairs that are equal in both.
    """
    most = max(1, _NUMBERS // features.width)
    known, rows = _thinned(known, most), _thinned(rows, most)
    rows = rows[~_blank(features, rows)]
    both = np.concatenate([known, rows])
    values, target = features.values[both], found.features[both] ^ found.samples[both]

    def pairs(columns: np.ndarray) -> int:
        own = _mixed(_hashes(values[:, columns]), target)
        return _equal_pairs(own[: len(known)], own[len(known) :])

    every = np.arange(features.width)
    equal = pairs(every)
    size, random = max(1, int(_SET * features.width)), np.random.default_rng(0)
    if pairs(every[:: round(1 / _SET)]) == equal:
        return False
    explained = []
    for _ in range(_TRIES):
        one, other = random.permutation(every)[: 2 * size].reshape(2, size)
        in_one, in_other = pairs(np.setdiff1d(every, other)) - equal, pairs(np.setdiff1d(every, one)) - equal
        neither = pairs(np.setdiff1d(every, [*one, *other])) - equal - in_one - in_other
        by_chance = (in_one + 0.5) * (in_other + 0.5) / (neither + 0.5)
        explained.append(equal < max(_TIMES * by_chance, by_chance + _DEVIATIONS * np.sqrt(by_chance + 1)))
    return sum(explained) >= _EXPLAINED


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of the rows, evenly spaced."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _equal_pairs(first: np.ndarray, second: np.ndarray) -> int:
    """Return how many pairs of one number of each are equal."""
    kinds, counts = np.unique(first, return_counts=True)
    places = np.searchsorted(kinds, second).clip(max=len(kinds) - 1)
    return int(counts[places][kinds[places] == second].sum())


def _hashes(values) -> np.ndarray:
    """Return int64 (rows,), equal where the rows of an array or of a sparse array are.

    Python's hash of bytes has 64 bits and a secret of its own in every process: among a million rows, two different
    ones are taken for equal once in 40 million runs.
    """
    _rows, columns = values.shape
    if columns <= 2 * _GLANCE:
        return _hashes_of_all(values)
    # Few rows are equal in some columns already; only these need a look at all.
    found = _hashes_of_all(values[:, :: columns // _GLANCE])
    _, places, counts = np.unique(found, return_inverse=True, return_counts=True)
    alike = np.flatnonzero(counts[places] > 1)
    step = max(1, _BLOCK_BYTES // (values.dtype.itemsize * columns))
    for first in range(0, len(alike), step):
        chosen = alike[first : first + step]
        found[chosen] = _mixed(found[chosen], _hashes_of_all(values[chosen]))
    return found


def _hashes_of_all(values) -> np.ndarray:
    rows, columns = values.shape
    found = np.empty(rows, np.int64)
    step = max(1, _BLOCK_BYTES // max(1, values.dtype.itemsize * columns))
    for first in range(0, rows, step):
        block = values[first : first + step]
        whole = range(len(found[first : first + step]))
        found[first : first + step] = [*(_dense if isinstance(block, np.ndarray) else _sparse)(block, whole)]
    return found


def _dense(block: np.ndarray, rows: range):
    # Adding 0 makes 0 of -0, which is the same number in other bytes.
    data = (block + block.dtype.type(0)).tobytes()
    size = len(data) // max(1, len(rows))
    return (hash(data[row * size : (row + 1) * size]) for row in rows)


def _sparse(block, rows: range):
    block = block.copy()
    block.sum_duplicates()
    block.eliminate_zeros()
    for row in rows:
        place = slice(block.indptr[row], block.indptr[row + 1])
        yield hash((block.indices[place].tobytes(), block.data[place].tobytes()))
