"""Dividing the rows into parts for training, validation and testing, by their positions alone.

No part copies the data: each is an array of row positions into the one table.
"""

import numpy as np

from .errors import UserError, listed, quoted
from .kinds import Choice, Real, Whole
from .parameters import is_empty

METHODS = ("None", "simple", "stratified", "group")


def hold_out(rows: np.ndarray, form: dict, label: str, seed: int, classes=None, groups=None):
    """Divide row positions into the ones kept and the ones held out.

    Parameters:
        rows: int64 (n,) positions of the rows to divide.
        form: the conditional `split_algos` as Galaxy's JSON holds it.
        label: what is held out, for messages: "Test holdout".
        seed: of the shuffling where the form gives none.
        classes: (rows of the table,) class of every row, or None for a regression.
        groups: (rows of the table,) group of every row, or None where none is given.

    Returns:
        (kept, held_out): int64 arrays of positions; together they are `rows`.

    Raises:
        UserError: a size or a method that does not fit the data.
    """
    method = Choice(METHODS).read(form["shuffle"], f"{label}: Select the splitting method")
    size = _size(form.get("test_size"), len(rows), label)
    state = seed if is_empty(form.get("random_state")) else Whole(0).read(form["random_state"], f"{label}: random_state")
    if method == "None":
        return rows[:-size], rows[-size:]
    if method == "group":
        return _by_group(rows, form, label, size, state, groups)
    return _shuffled(rows, label, size, state, classes if method == "stratified" else None, method)


def _size(value, count: int, label: str) -> int:
    share = 0.2 if is_empty(value) else Real(0).read(value, f"{label}: test_size")
    size = round(count * share) if share < 1 else int(share)
    if size < 1 or size >= count or (share >= 1 and share != size):
        raise UserError(
            f"{label}: test_size must hold out at least 1 and fewer than all of the {count} rows: a fraction below 1, or "
            f"a number of rows. Received: {quoted(value)}."
        )
    return size


def _shuffled(rows, label, size, state, classes, method):
    from sklearn.model_selection import train_test_split

    if method == "stratified" and classes is None:
        raise UserError(f"{label}: a stratified split needs classes, but this is a regression. Choose another splitting method.")
    strata = None if classes is None else classes[rows]
    if strata is not None:
        _check_strata(strata, size, label)
    kept, held_out = train_test_split(rows, test_size=size, random_state=state, stratify=strata)
    return kept, held_out


def _check_strata(strata: np.ndarray, size: int, label: str) -> None:
    if strata.ndim > 1:
        raise UserError(f"{label}: a stratified split needs one class a row, but rows have several labels. Choose another splitting method.")
    kinds, counts = np.unique(strata, return_counts=True)
    if counts.min() < 2:
        raise UserError(f"{label}: a stratified split needs at least 2 rows of every class. One class has a single row. "
                        "Add rows of it, drop it, or choose another splitting method.")
    if min(size, len(strata) - size) < len(kinds):
        raise UserError(f"{label}: a stratified split into {len(strata) - size} and {size} rows cannot hold all {len(kinds)} "
                        "classes in both. Change test_size or the splitting method.")


def _by_group(rows, form, label, size, state, groups):
    if groups is None:
        raise UserError(f"{label}: a split by groups needs the dataset with the groups. Choose the group method for the "
                        "test holdout too and give the dataset there, or choose another splitting method.")
    own = groups[rows]
    kinds = np.unique(own)
    if not is_empty(form.get("group_names")):
        names = [name.strip() for name in str(form["group_names"]).split(",") if name.strip()]
        missing = [name for name in names if name not in kinds]
        if missing:
            raise UserError(f"{label}: group_names: {listed(missing)} are not among the groups. They are: {listed(kinds)}.")
        chosen = np.isin(own, names)
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
