"""Dividing rows in two, or into folds: at random, by classes, by groups, or in their order.

Nothing copies the data: what comes out are arrays of row positions in the one table.
"""

import dataclasses

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.tables import labels
from dltools.tables.chosen import ChosenTable

IN_ORDER, SIMPLE, STRATIFIED, GROUP = METHODS = ("None", "simple", "stratified", "group")
FOLDS, STRATIFIED_FOLDS, GROUP_FOLDS = FOLD_METHODS = ("kfold", "stratified_kfold", "group_kfold")
BY_GROUP = (GROUP, GROUP_FOLDS)
# Choices of the form that are decided before any row is held out: see `sets`.
COLUMN, NO_VALIDATION = "column", "no_validation"
DEFAULT_SIZE, DEFAULT_FOLDS = 0.2, 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How rows are held out, or divided into folds, as the user chose it.

    Attributes:
        label: what is held out, for messages: "Test holdout".
        method: one of `METHODS` or `FOLD_METHODS`, `COLUMN`, `NO_VALIDATION`.
        size: of what is held out: a fraction below 1, or a number of rows; None where the user left it blank.
        folds: how many there are; None where the user left it blank.
        seed: of the shuffling; None where the user gave none.
        groups: the table with the group of every row; None where none is given.
        group_names: the groups to hold out; () to choose them at random.
        column: the table that says of every row which set it is in; None but for `COLUMN`.
    """

    label: str
    method: str
    size: float | None = None
    folds: int | None = None
    seed: int | None = None
    groups: ChosenTable | None = None
    group_names: tuple[str, ...] = ()
    column: ChosenTable | None = None

    def settings(self) -> dict[str, object]:
        """Return what the user set, by the names of the form's parameters."""
        found = {
            "shuffle": self.method, "n_splits": self.folds, "test_size": self.size, "random_state": self.seed,
            "group_names": ", ".join(self.group_names) or None,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}


def hold_out(
    rows: np.ndarray, split: Split, seed: int, classes: np.ndarray | None = None, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divide row positions into the ones kept and the ones held out.

    Parameters:
        rows: int64 (n,) positions of the rows to divide.
        seed: of the shuffling where the user gave none.
        classes: (rows of the table,) the user's class of every row, or None for a regression.
        groups: (rows of the table,) group of every row, or None where none is given.

    Returns:
        (kept, held_out): int64 arrays of positions; together they are `rows`.

    Raises:
        UserError: a size or a method that does not fit the data.
    """
    size = _size(split, len(rows))
    state = seed if split.seed is None else split.seed
    if split.method == IN_ORDER:
        return rows[:-size], rows[-size:]
    if split.method == GROUP:
        return _by_group(rows, split, size, state, groups)
    return _shuffled(rows, split, size, state, classes)


def folds(
    rows: np.ndarray, split: Split, seed: int, classes: np.ndarray | None = None, groups: np.ndarray | None = None
) -> list[np.ndarray]:
    """Divide row positions into folds of about one size.

    Parameters:
        rows, seed, classes, groups: as for `hold_out`.

    Returns:
        one int64 array of positions for each fold, ascending; together they are `rows`.

    Raises:
        UserError: a number of folds or a method that does not fit the data.
    """
    from sklearn import model_selection

    count = split.folds or DEFAULT_FOLDS
    state = seed if split.seed is None else split.seed
    if count > len(rows):
        raise UserError(f"{split.label}: n_splits: {len(rows)} rows cannot make {count} folds. Choose fewer.")
    if split.method == GROUP_FOLDS:
        own = _given(groups, split.label)[rows]
        kinds = np.unique(own)
        if len(kinds) < count:
            raise UserError(
                f"{split.label}: n_splits: {len(kinds)} groups cannot make {count} folds. Choose fewer, or another "
                "splitting method."
            )
        by_group = model_selection.GroupKFold(count, shuffle=True, random_state=state)
        return [rows[held_out] for _, held_out in by_group.split(rows, groups=own)]
    if split.method == FOLDS:
        at_random = model_selection.KFold(count, shuffle=True, random_state=state)
        return [rows[held_out] for _, held_out in at_random.split(rows)]
    strata = _strata(classes, rows, split.label)
    _check_rarest(strata, count, split.label)
    stratified = model_selection.StratifiedKFold(count, shuffle=True, random_state=state)
    return [rows[held_out] for _, held_out in stratified.split(rows, strata)]


def _size(split: Split, count: int) -> int:
    share = DEFAULT_SIZE if split.size is None else split.size
    size = round(count * share) if share < 1 else int(share)
    if size < 1 or size >= count or (share >= 1 and share != size):
        raise UserError(
            f"{split.label}: test_size must hold out at least 1 and fewer than all of the {count} rows: a fraction "
            f"below 1, or a number of rows. Received: {quoted(f'{share:g}')}."
        )
    return size


def _shuffled(
    rows: np.ndarray, split: Split, size: int, state: int, classes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split

    strata = _strata(classes, rows, split.label) if split.method == STRATIFIED else None
    if strata is not None:
        _check_rarest(strata, 2, split.label)
        _check_room(strata, size, split.label)
    kept, held_out = train_test_split(rows, test_size=size, random_state=state, stratify=strata)
    return kept, held_out


def _strata(classes: np.ndarray | None, rows: np.ndarray, label: str) -> np.ndarray:
    if classes is None:
        raise UserError(
            f"{label}: a stratified split needs classes, but this is a regression. Choose another splitting method."
        )
    if classes.ndim > 1:
        raise UserError(
            f"{label}: a stratified split needs one class a row, but rows have several labels. Choose another "
            "splitting method."
        )
    return classes[rows]


def _check_rarest(strata: np.ndarray, least: int, label: str) -> None:
    kinds, counts = np.unique(strata, return_counts=True)
    rare = counts.argmin()
    if counts[rare] < least:
        raise UserError(
            f"{label}: a stratified split needs at least {least} rows of every class. Class {quoted(kinds[rare])} has "
            f"{counts[rare] if counts[rare] > 1 else 'a single row'}. Add rows of it, drop it, or choose another "
            "splitting method."
        )


def _check_room(strata: np.ndarray, size: int, label: str) -> None:
    kinds = np.unique(strata)
    if min(size, len(strata) - size) < len(kinds):
        raise UserError(
            f"{label}: a stratified split into {len(strata) - size} and {size} rows cannot hold all {len(kinds)} "
            "classes in both. Change test_size or the splitting method."
        )


def _by_group(
    rows: np.ndarray, split: Split, size: int, state: int, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    own = _given(groups, split.label)[rows]
    kinds = np.unique(own)
    if split.group_names:
        found = labels.classes(kinds, split.group_names)
        there = {found.position[kind] for kind in kinds}
        missing = [name for name in split.group_names if found.position[name] not in there]
        if missing:
            raise UserError(
                f"{split.label}: group_names: {listed(missing)} are not among the groups. They are: {listed(kinds)}."
            )
        wanted = {found.position[name] for name in split.group_names}
        chosen = np.isin(own, [kind for kind in kinds if found.position[kind] in wanted])
    else:
        chosen = _groups_at_random(own, kinds, split.label, size, state)
    if chosen.all() or not chosen.any():
        raise UserError(f"{split.label}: the groups leave one set without rows. The groups are: {listed(kinds)}.")
    return rows[~chosen], rows[chosen]


def _groups_at_random(own: np.ndarray, kinds: np.ndarray, label: str, size: int, state: int) -> np.ndarray:
    from sklearn.model_selection import GroupShuffleSplit

    if len(kinds) < 2:
        raise UserError(f"{label}: a split by groups needs at least two groups. Received only: {listed(kinds)}.")
    share = min(max(size / len(own), 1 / len(kinds)), 1 - 1 / len(kinds))
    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=state)
    _, held_out = next(splitter.split(own, groups=own))
    return np.isin(np.arange(len(own)), held_out)


def _given(groups: np.ndarray | None, label: str) -> np.ndarray:
    if groups is None:
        raise UserError(
            f"{label}: a split by groups needs the dataset with the groups. Give it here, or for the other holdout, "
            "or choose another splitting method."
        )
    return groups
