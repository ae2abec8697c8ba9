"""Dividing the rows into parts for training, validation and testing, by their positions alone.

No part copies the data: each is an array of row positions into the one table.
"""

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Choice, Real, Whole
from dltools.forms.parameters import is_empty
from dltools.tables import labels

GROUP, GROUP_FOLDS = "group", "group_kfold"
METHODS = ("None", "simple", "stratified", GROUP)
FOLD_METHODS = ("kfold", "stratified_kfold", GROUP_FOLDS)
BY_GROUP = (GROUP, GROUP_FOLDS)
# Choices of the form that are decided before any row is held out: see `parts`.
COLUMN, NO_VALIDATION = "column", "no_validation"


def hold_out(rows: np.ndarray, form: dict, label: str, seed: int, classes=None, groups=None):
    """Divide row positions into the ones kept and the ones held out.

    Parameters:
        rows: int64 (n,) positions of the rows to divide.
        form: the conditional `split_algos` as Galaxy's JSON holds it.
        label: what is held out, for messages: "Test holdout".
        seed: of the shuffling where the form gives none.
        classes: (rows of the table,) the user's class of every row, or None for a regression.
        groups: (rows of the table,) group of every row, or None where none is given.

    Returns:
        (kept, held_out): int64 arrays of positions; together they are `rows`.

    Raises:
        UserError: a size or a method that does not fit the data.
    """
    method = Choice(METHODS).read(form["shuffle"], f"{label}: Select the splitting method")
    size = _size(form.get("test_size"), len(rows), label)
    state = (
        seed
        if is_empty(form.get("random_state"))
        else Whole(0, 2**32 - 1).read(form["random_state"], f"{label}: random_state")
    )
    if method == "None":
        return rows[:-size], rows[-size:]
    if method == GROUP:
        return _by_group(rows, form, label, size, state, groups)
    return _shuffled(rows, label, size, state, classes if method == "stratified" else None, method)


def folds(rows: np.ndarray, form: dict, seed: int, classes=None, groups=None) -> list[np.ndarray]:
    """Divide row positions into folds of about one size.

    Parameters:
        rows, seed, classes, groups: as for `hold_out`.
        form: the conditional `split_algos` of the folds as Galaxy's JSON holds it.

    Returns:
        one int64 array of positions for each fold, ascending; together they are `rows`.

    Raises:
        UserError: a number of folds or a method that does not fit the data.
    """
    from sklearn import model_selection

    label = "Folds"
    method = Choice(FOLD_METHODS).read(form["shuffle"], f"{label}: Select the splitting method")
    count = 5 if is_empty(form.get("n_splits")) else Whole(2).read(form["n_splits"], f"{label}: n_splits")
    state = (
        seed
        if is_empty(form.get("random_state"))
        else Whole(0, 2**32 - 1).read(form["random_state"], f"{label}: random_state")
    )
    if count > len(rows):
        raise UserError(f"{label}: n_splits: {len(rows)} rows cannot make {count} folds. Choose fewer.")
    if method == GROUP_FOLDS:
        kinds = np.unique(_given(groups, label)[rows])
        if len(kinds) < count:
            raise UserError(
                f"{label}: n_splits: {len(kinds)} groups cannot make {count} folds. Choose fewer, or another splitting "
                "method."
            )
        splitter = model_selection.GroupKFold(count, shuffle=True, random_state=state)
        return [rows[held_out] for _, held_out in splitter.split(rows, groups=groups[rows])]
    if method == "kfold":
        splitter, strata = model_selection.KFold(count, shuffle=True, random_state=state), None
    else:
        splitter, strata = (
            model_selection.StratifiedKFold(count, shuffle=True, random_state=state),
            _strata(classes, rows, label),
        )
        _check_rarest(strata, count, label)
    return [rows[held_out] for _, held_out in splitter.split(rows, strata)]


def _size(value, count: int, label: str) -> int:
    share = 0.2 if is_empty(value) else Real(0).read(value, f"{label}: test_size")
    size = round(count * share) if share < 1 else int(share)
    if size < 1 or size >= count or (share >= 1 and share != size):
        raise UserError(
            f"{label}: test_size must hold out at least 1 and fewer than all of the {count} rows: a fraction below 1, "
            f"or a number of rows. Received: {quoted(value)}."
        )
    return size


def _shuffled(rows, label, size, state, classes, method):
    from sklearn.model_selection import train_test_split

    strata = _strata(classes, rows, label) if method == "stratified" else None
    if strata is not None:
        _check_rarest(strata, 2, label)
        _check_room(strata, size, label)
    kept, held_out = train_test_split(rows, test_size=size, random_state=state, stratify=strata)
    return kept, held_out


def _strata(classes, rows, label: str) -> np.ndarray:
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


def _by_group(rows, form, label, size, state, groups):
    own = _given(groups, label)[rows]
    kinds = np.unique(own)
    if not is_empty(form.get("group_names")):
        names = [name.strip() for name in str(form["group_names"]).split(",") if name.strip()]
        found = labels.classes(kinds, names)
        there = {found.position[kind] for kind in kinds}
        missing = [name for name in names if found.position[name] not in there]
        if missing:
            raise UserError(
                f"{label}: group_names: {listed(missing)} are not among the groups. They are: {listed(kinds)}."
            )
        wanted = {found.position[name] for name in names}
        chosen = np.isin(own, [kind for kind in kinds if found.position[kind] in wanted])
    else:
        chosen = _groups_at_random(own, kinds, label, size, state)
    if chosen.all() or not chosen.any():
        raise UserError(f"{label}: the groups leave one part without rows. The groups are: {listed(kinds)}.")
    return rows[~chosen], rows[chosen]


def _groups_at_random(own, kinds, label, size, state):
    from sklearn.model_selection import GroupShuffleSplit

    if len(kinds) < 2:
        raise UserError(f"{label}: a split by groups needs at least two groups. Received only: {listed(kinds)}.")
    share = min(max(size / len(own), 1 / len(kinds)), 1 - 1 / len(kinds))
    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=state)
    _, held_out = next(splitter.split(own, groups=own))
    return np.isin(np.arange(len(own)), held_out)


def _given(groups, label: str) -> np.ndarray:
    if groups is None:
        raise UserError(
            f"{label}: a split by groups needs the dataset with the groups. Give it here, or for the other holdout, "
            "or choose another splitting method."
        )
    return groups
