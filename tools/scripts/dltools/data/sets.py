"""The training, the validation and the test set of a run. They never overlap.

Every sample is in one set. Schemes: ``train_val`` holds out the validation set; ``train_val_test`` holds out the test
set first, and the validation set of the rest; ``cross_val`` makes each of several folds the test set once.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from dltools.catalogue.target_kinds import MULTILABEL, REGRESSION
from dltools.core.errors import UserError, listed, quoted
from dltools.data import input_tables, splits
from dltools.data.reproduced import array, stretches
from dltools.data.samples import SampleSource
from dltools.data.splits import Split
from dltools.data.targets import Target
from dltools.tables import labels

TRAIN_VAL, TRAIN_VAL_TEST, CROSS_VAL = SCHEMES = ("train_val", "train_val_test", "cross_val")
TRAINING, VALIDATION, TEST = "training", "validation", "test"
# Values of a column that says which set each row is in.
SET_WORDS = {
    "train": TRAINING, "training": TRAINING, "validation": VALIDATION, "valid": VALIDATION, "val": VALIDATION,
    "test": TEST, "testing": TEST,
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How the samples of a run are divided.

    Attributes:
        name: one of `SCHEMES`.
        validation: how the validation set is held out, in ``train_val`` of all samples, else of those that are not
            in the test set.
        test: how the test set is held out; None but for ``train_val_test``.
        folds: how the folds are made; None but for ``cross_val``.
    """

    name: str
    validation: Split
    test: Split | None = None
    folds: Split | None = None

    @property
    def splits(self) -> list[Split]:
        """The splits, in the order in which they are made."""
        return [split for split in (self.test, self.folds, self.validation) if split is not None]

    @property
    def first(self) -> Split:
        """The split that is made of all samples."""
        return self.splits[0]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """Positions of the samples in each set, int64, ascending; None where the scheme has no such set."""

    training: np.ndarray
    validation: np.ndarray | None
    test: np.ndarray | None

    @property
    def reported(self) -> str:
        """Name of the set whose scores are those to report."""
        return VALIDATION if self.test is None else TEST

    def named(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield name and positions of each set that there is."""
        for name in (TRAINING, VALIDATION, TEST):
            positions = getattr(self, name)
            if positions is not None:
                yield name, positions

    def counts(self) -> dict[str, int]:
        """Return how many samples each set has."""
        return {name: len(positions) for name, positions in self.named()}

    def sizes(self) -> str:
        """Say how many samples each set has."""
        return ", ".join(f"{count} {name}" for name, count in self.counts().items())


def divide(scheme: Scheme, samples: SampleSource, target: Target, seed: int) -> Sets:
    """Divide the samples as the schemes `train_val` and `train_val_test` do.

    Parameters:
        seed: of the splits for which the user gave none.

    Raises:
        UserError: a split that does not fit the data.
    """
    if scheme.first.method == splits.COLUMN:
        return _by_column(scheme, samples, target, seed)
    groups = _groups(scheme.first, samples)
    held_out = splits.hold_out(np.arange(len(samples)), scheme.first, seed, _classes(target), groups)
    if scheme.test is None:
        return _checked(*held_out, None, target)
    rest, test = held_out
    return _with_validation(rest, test, scheme, samples, target, seed, groups)


def folds(scheme: Scheme, samples: SampleSource, target: Target, seed: int) -> list[Sets]:
    """Return the sets of every fold of a cross-validation.

    Raises:
        UserError: folds that do not fit the data.
    """
    groups = _groups(scheme.first, samples)
    every = np.arange(len(samples))
    return [
        _with_validation(np.setdiff1d(every, test), test, scheme, samples, target, seed, groups)
        for test in splits.folds(every, scheme.first, seed, _classes(target), groups)
    ]


def for_final_model(scheme: Scheme, samples: SampleSource, target: Target, seed: int) -> Sets:
    """Return the sets to train the model on that a cross-validation leaves: all samples, but for the validation
    set.
    """
    groups = _groups(scheme.first, samples)
    return _with_validation(np.arange(len(samples)), None, scheme, samples, target, seed, groups)


def _with_validation(
    rest: np.ndarray,
    test: np.ndarray | None,
    scheme: Scheme,
    samples: SampleSource,
    target: Target,
    seed: int,
    groups: np.ndarray | None,
) -> Sets:
    """Hold the validation set out of `rest`; `groups` are those of the first split, which the second may share."""
    rest = np.sort(rest)
    if scheme.validation.method == splits.NO_VALIDATION:
        return _checked(rest, None, test, target)
    own = _groups(scheme.validation, samples)
    groups = groups if own is None else own
    training, validation = splits.hold_out(rest, scheme.validation, seed, _classes(target), groups)
    return _checked(training, validation, test, target)


def _by_column(scheme: Scheme, samples: SampleSource, target: Target, seed: int) -> Sets:
    table = scheme.first.column
    assert table is not None, "the form has a column for this method"
    named, source = input_tables.read_texts(table, samples), table.dataset
    values, positions = np.unique(np.char.lower(np.char.strip(named)), return_inverse=True)
    unknown = [value for value in values if value not in SET_WORDS]
    if unknown:
        raise UserError(
            f"{source}: the column with the sets must hold train, validation or test. Received: "
            f"{listed(map(quoted, unknown))}."
        )
    told = np.asarray([SET_WORDS[value] for value in values])[positions]
    found = {name: np.flatnonzero(told == name) for name in (TRAINING, VALIDATION, TEST)}
    with_test = scheme.test is not None
    if not with_test and len(found[TEST]):
        raise UserError(
            f"{source}: says of {len(found[TEST])} samples that they are for the test, but the scheme Train and "
            "Validate has no test. Choose the scheme Train, Validate and Evaluate."
        )
    needed = {"train": TRAINING, **({"test": TEST} if with_test else {"validation": VALIDATION})}
    missing = [word for word, name in needed.items() if not len(found[name])]
    if missing:
        raise UserError(f"{source}: the column with the sets names no sample for: {listed(missing)}.")
    if with_test and not len(found[VALIDATION]):
        return _with_validation(found[TRAINING], found[TEST], scheme, samples, target, seed, None)
    return _checked(found[TRAINING], found[VALIDATION], found[TEST] if with_test else None, target)


def _groups(split: Split, samples: SampleSource) -> np.ndarray | None:
    """Read the groups of a split by groups, where it names a dataset of them."""
    wanted = split.groups if split.method in splits.BY_GROUP else None
    return None if wanted is None else input_tables.read_groups(wanted, samples)


def _classes(target: Target) -> np.ndarray | None:
    """Return the user's class of every sample, for stratified splits and their messages."""
    if target.outputs:
        found = [_classes(own) for own in target.outputs if own.kind != REGRESSION]
        single = [classes for classes in found if classes is not None and classes.ndim == 1]
        # A split keeps the proportions of each combination of classes.
        if not found or len(single) < len(found):
            return None
        return np.asarray([" / ".join(row) for row in zip(*(own.astype(str) for own in single), strict=True)])
    if target.kind == REGRESSION:
        return None
    if target.shape or target.kind == MULTILABEL:
        # Several classes a sample, which no split can hold the proportions of.
        return array(target.truth)
    # Numbers by value: a split's seed counts on the order of the classes.
    return np.asarray(labels.classes(target.classes).numbers or target.classes)[array(target.truth)]


def _checked(training: np.ndarray, validation: np.ndarray | None, test: np.ndarray | None, target: Target) -> Sets:
    """Return the sets, in the table's order, after seeing to it that there is something to learn in the training
    set.
    """
    if target.kind != MULTILABEL and _all_alike(target, training):
        raise UserError(
            f"The training set holds {len(training)} samples that all have the same target, so there is nothing to "
            "learn. Choose another splitting method: 'No shuffle' takes the first rows of a sorted table."
        )
    return Sets(
        training=np.sort(training),
        validation=None if validation is None else np.sort(validation),
        test=None if test is None else np.sort(test),
    )


def _all_alike(target: Target, rows: np.ndarray) -> bool:
    """Tell whether some samples all have the same target, without a copy of all of theirs."""
    first = target.truth[rows[0]]
    return all((target.truth[rows[part]] == first).all() for part in stretches(len(rows), target.truth.shape[1:]))
