"""The parts of the samples that a run trains on, watches, and is judged by. They never overlap.

Every sample is in one part. Schemes: ``train_val`` holds out the part that validates; ``train_val_test`` holds
out the test part first, and the validation part of the rest; ``cross_val`` makes each of several folds the test
part once.
"""

from typing import NamedTuple

import numpy as np

from dltools.catalogue.target_kinds import MULTILABEL, REGRESSION
from dltools.core.errors import UserError, listed, quoted
from dltools.data import input_tables, splits
from dltools.data.batches import Features
from dltools.data.targets import Target
from dltools.forms.parameters import with_further
from dltools.tables import labels

TRAIN_VAL, TRAIN_VAL_TEST, CROSS_VAL = SCHEMES = ("train_val", "train_val_test", "cross_val")
# Values of a column that says which part each row is in.
PART_WORDS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


class Parts(NamedTuple):
    """Row positions (int64, ascending) of the parts; None where the scheme has no such part."""

    train: np.ndarray
    validation: np.ndarray | None
    test: np.ndarray | None

    @property
    def judged(self) -> str:
        """Name of the part whose scores are those to report."""
        return "validation" if self.test is None else "test"

    def counts(self) -> dict[str, int]:
        """Return how many rows each part has that there is."""
        return {
            name: len(rows)
            for name, rows in zip(("training", "validation", "test"), self, strict=True)
            if rows is not None
        }

    def sizes(self) -> str:
        """Say how many rows each part has."""
        return ", ".join(f"{count} {name}" for name, count in self.counts().items())


def divide(scheme: dict, features: Features, target: Target, seed: int) -> Parts:
    """Divide the rows as the form of `train_val` or `train_val_test` says.

    Parameters:
        scheme: the case of `experiment_schemes` as Galaxy's JSON holds it.
        seed: of the splits for which the form gives none.

    Raises:
        UserError: a split that does not fit the data.
    """
    rows = np.arange(features.rows)
    form = scheme["test_split"]["split_algos"]
    if form["shuffle"] == splits.COLUMN:
        return _by_column(scheme, features, target, seed)
    groups = _groups(form, features)
    if scheme["selected_exp_scheme"] == TRAIN_VAL:
        train, validation = splits.hold_out(rows, form, "Validation holdout", seed, _classes(target), groups)
        return _checked(train, validation, None, target)
    rest, test = splits.hold_out(rows, form, "Test holdout", seed, _classes(target), groups)
    return _with_validation(rest, test, scheme, features, target, seed, groups)


def folds(scheme: dict, features: Features, target: Target, seed: int) -> list[Parts]:
    """Return the parts of every fold of a cross-validation.

    Raises:
        UserError: folds that do not fit the data.
    """
    form = scheme["fold_split"]["split_algos"]
    groups = _groups(form, features)
    tests = splits.folds(np.arange(features.rows), form, seed, _classes(target), groups)
    return [
        _with_validation(np.setdiff1d(np.arange(features.rows), test), test, scheme, features, target, seed, groups)
        for test in tests
    ]


def for_final_model(scheme: dict, features: Features, target: Target, seed: int) -> Parts:
    """Return the parts to train the model on that a cross-validation leaves: all samples, but for the validation
    part.
    """
    groups = _groups(scheme["fold_split"]["split_algos"], features)
    return _with_validation(np.arange(features.rows), None, scheme, features, target, seed, groups)


def _with_validation(rest, test, scheme, features, target, seed, groups) -> Parts:
    """Hold the validation part out of `rest` as the section `val_split` says."""
    form = scheme["val_split"]["split_algos"]
    rest = np.sort(rest)
    if form["shuffle"] == splits.NO_VALIDATION:
        return _checked(rest, None, test, target)
    own = _groups(with_further(form, "own_groups"), features)
    groups = groups if own is None else own
    train, validation = splits.hold_out(rest, form, "Validation holdout", seed, _classes(target), groups)
    return _checked(train, validation, test, target)


def _by_column(scheme, features, target, seed) -> Parts:
    named, source = input_tables.read_part_names(scheme["test_split"]["split_algos"], features)
    values, positions = np.unique(np.char.lower(np.char.strip(named)), return_inverse=True)
    unknown = [value for value in values if value not in PART_WORDS]
    if unknown:
        raise UserError(
            f"{source}: the column with the parts must hold train, validation or test. Received: "
            f"{listed(map(quoted, unknown))}."
        )
    told = np.asarray([PART_WORDS[value] for value in values])[positions]
    found = {name: np.flatnonzero(told == name) for name in ("train", "validation", "test")}
    with_test = scheme["selected_exp_scheme"] == TRAIN_VAL_TEST
    if not with_test and len(found["test"]):
        raise UserError(
            f"{source}: says of {len(found['test'])} samples that they are for the test, but the scheme Train and "
            "Validate has no test. Choose the scheme Train, Validate and Evaluate."
        )
    needed = ["train", "test"] if with_test else ["train", "validation"]
    missing = [name for name in needed if not len(found[name])]
    if missing:
        raise UserError(f"{source}: the column with the parts names no sample for: {listed(missing)}.")
    if with_test and not len(found["validation"]):
        return _with_validation(found["train"], found["test"], scheme, features, target, seed, None)
    return _checked(found["train"], found["validation"], found["test"] if with_test else None, target)


def _groups(form: dict, features: Features):
    return input_tables.read_groups(form, features) if form["shuffle"] in splits.BY_GROUP else None


def _classes(target: Target):
    """Return the user's class of every row, for stratified splits and their messages."""
    if target.outputs:
        found = [_classes(own) for own in target.outputs if own.kind != REGRESSION]
        # A split keeps the proportions of each combination of classes.
        one_each = bool(found) and all(classes is not None and classes.ndim == 1 for classes in found)
        return (
            np.asarray([" / ".join(row) for row in zip(*(classes.astype(str) for classes in found), strict=True)])
            if one_each
            else None
        )
    if target.shape:
        # Several classes a sample, which no split can hold the proportions of.
        return None if target.kind == REGRESSION else target.truth
    if target.kind in (REGRESSION, MULTILABEL):
        return None if target.kind == REGRESSION else target.truth
    # Numbers by value: a split's seed counts on the order of the classes.
    return np.asarray(labels.classes(target.classes).numbers or target.classes)[target.truth]


def _checked(train, validation, test, target: Target) -> Parts:
    """Return the parts, in the table's order, after seeing to it that there is something to learn in the training
    part.
    """
    if target.kind != MULTILABEL and (target.truth[train] == target.truth[train[0]]).all():
        raise UserError(
            f"The training part holds {len(train)} samples that all have the same target, so there is nothing to "
            "learn. Choose another splitting method: 'No shuffle' takes the first rows of a sorted table."
        )
    return Parts(np.sort(train), *(None if rows is None else np.sort(rows) for rows in (validation, test)))
