"""Samples that stand in more than one set: rows with the same features, and whether they look like copies.

A network can learn copies by heart, so that scores of a set which holds some flatter. Tables of few classes and small
numbers have equal rows without being copied: there many rows are equal but for some columns, too, which tells how many
would be equal in these as well by chance.
"""

import dataclasses

import numpy as np

from dltools.catalogue.target_kinds import BINARY, MULTICLASS
from dltools.data.samples import SampleSource
from dltools.data.targets import Target
from dltools.tables import fingerprints

# Bytes of the rows that are looked at together.
_BLOCK_BYTES = 1 << 22
# With fewer copies in a set, or a smaller share of it, they hardly change a score.
_FEWEST, _SHARE = 3, 0.01
# Most copies have the same target, too; and rows of fewer columns are equal everywhere.
_ALIKE, _COLUMNS = 0.8, 4
# So many times more pairs must be equal than by chance, and by so many standard deviations more.
_TIMES, _DEVIATIONS = 10, 2
# How often that chance is looked at, each time for two other sets of the columns, each such a share of them, and on how
# many numbers at most.
_EXPLAINED = 2
_TRIES, _SET, _NUMBERS = 6, 0.25, 1 << 22
# From so many columns on, a row of a single value, such as a black image, is no copy of another.
_BLANK_COLUMNS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Repeats:
    """What a set has in common with what was trained on.

    Attributes:
        name: of the set.
        rows: how many samples it has.
        repeated: how many of them have the same features as a sample that was trained on.
        otherwise: how many of these have another label than all those samples.
        copies: whether they look like copies, and are enough to change a score.
    """

    name: str
    rows: int
    repeated: int
    otherwise: int
    copies: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Prints:
    """Numbers that are equal where rows are: of the features, and of features and target together, int64 (rows,)
    each.
    """

    features: np.ndarray
    samples: np.ndarray


def prints(samples: SampleSource, target: Target) -> Prints:
    """Return what tells equal rows of a table."""
    own = samples.fingerprints()
    if target.are_samples:
        return Prints(own, own)
    truth = np.ascontiguousarray(target.truth)
    labels = truth if truth.ndim == 1 else fingerprints.of_array(truth)
    return Prints(own, fingerprints.mixed(own, labels.astype(np.int64)))


def between(name: str, known: np.ndarray, rows: np.ndarray, samples: SampleSource, found: Prints) -> Repeats:
    """Compare a set with the samples that were trained on.

    Parameters:
        name: of the set.
        known, rows: int64 positions of the samples trained on and of those in the set.
        found: as `prints` returns it.
    """
    hits = rows[np.isin(found.features[rows], found.features[known])]
    hits = hits[~_blank(samples, hits)]
    same = hits[np.isin(found.samples[hits], found.samples[known])]
    many = len(same) >= max(_FEWEST, _SHARE * len(rows), _ALIKE * len(hits)) and samples.width >= _COLUMNS
    copies = many and not _by_chance(samples, found, known, rows)
    return Repeats(name, len(rows), len(hits), len(hits) - len(same), copies)


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


def _blank(samples: SampleSource, rows: np.ndarray) -> np.ndarray:
    """Tell which rows hold a single value all along, where there are many columns."""
    blank = np.zeros(len(rows), bool)
    if samples.width < _BLANK_COLUMNS:
        return blank
    step = max(1, _BLOCK_BYTES // (4 * samples.width))
    for first in range(0, len(rows), step):
        values = samples.take(rows[first : first + step])
        blank[first : first + step] = (values == values[:, :1]).all(axis=1)
    return blank


def _by_chance(samples: SampleSource, found: Prints, known: np.ndarray, rows: np.ndarray) -> bool:
    """Tell whether as many rows as there are would be equal, target and all, without being copies.

    Of the pairs that are equal in the target and all columns but two sets of them, some are equal in one set, some in
    the other, some in neither: by that proportion chance makes pairs that are equal in both.
    """
    most = max(1, _NUMBERS // samples.width)
    known, rows = _thinned(known, most), _thinned(rows, most)
    rows = rows[~_blank(samples, rows)]
    both = np.concatenate([known, rows])
    values, target = samples.take(both), found.features[both] ^ found.samples[both]

    def pairs(columns: np.ndarray) -> int:
        own = fingerprints.mixed(fingerprints.of_array(values[:, columns]), target)
        return _equal_pairs(own[: len(known)], own[len(known) :])

    every = np.arange(samples.width)
    equal = pairs(every)
    size, random = max(1, int(_SET * samples.width)), np.random.default_rng(0)
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
