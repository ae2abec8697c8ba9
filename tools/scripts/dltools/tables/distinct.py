"""Numbers that 32 bits, in which networks compute, cannot tell apart though the table does: times, positions,
identifiers.

A float32 has 24 bits. A column whose values are large beside what they differ by, such as milliseconds since 1970,
keeps few of them; less a constant, it keeps all. What is lost of every long fraction, less than a millionth of the
column's range, is no loss.
"""

import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import places, tsv

# The step between neighbouring float32 may be this part of a column's range. Of whole numbers each step counts.
_STEP, _WHOLE_STEP = 1e-4, 2.0**-21
# Whole numbers below this are exact.
_EXACT = 2**24
# Of so many distinct values, as a part, one may be lost.
_LOST = 0.01
# Fractions that differ by less than this part of their size are taken for the same number, computed in two ways.
_NOISE = 1e-12
_LEAVE = "or leave it out"
_SAME = ", so samples that differ by less get the same prediction."


class Loss(NamedTuple):
    """How many distinct values a column has, how many 32 bits keep; how many they keep after `subtrahend` is taken
    off.
    """

    distinct: int
    kept: int
    subtrahend: float
    then: int

    def __str__(self) -> str:
        return f"{self.distinct:,} different values become {self.kept:,} in 32 bits, in which the network computes"


class Watch:
    """Looks at a table's columns while it is read, block by block, on several threads.

    Only of columns that are large beside what they differ by, within a block, are the exact values kept.
    """

    def __init__(self, source: tsv.Source):
        """Prepare to look at the chosen columns of a table."""
        self._source, self._lock = source, threading.Lock()
        self._low, self._high = np.inf, -np.inf
        self._exact: dict[int, list[np.ndarray]] = {}

    def look(self, low: np.ndarray, high: np.ndarray, exact: Callable[[np.ndarray], np.ndarray]) -> None:
        """Look at a block.

        Parameters:
            low, high: (columns,), its smallest and largest values as float32 has them.
            exact: called with the numbers of some columns, returns their values, float64 (rows, those columns).
        """
        columns = np.flatnonzero(may_lose(low, high))
        found = [np.unique(column) for column in exact(columns).T] if len(columns) else []
        with self._lock:
            self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
            for column, values in zip(columns.tolist(), found, strict=True):
                self._exact.setdefault(column, []).append(values)

    def losses(self) -> list[tuple[int, Loss]]:
        """Return (column, loss) of the columns that lose distinct values, counted from 0 among those that were
        chosen.
        """
        columns = np.flatnonzero(_is_suspect(self._low, self._high, 1)).tolist() if self._exact else []
        found = [(column, loss_of(np.unique(np.concatenate(self._exact[column])))) for column in columns]
        return [(column, loss) for column, loss in found if loss]

    def check(self) -> None:
        """Refuse the table if a column loses distinct values.

        Raises:
            UserError: names the column, and what to subtract from it.
        """
        refuse(self.losses(), self._source)

    def tell(self) -> None:
        """Say so on the standard output if a column loses distinct values."""
        for column, loss in self.losses():
            where = places.named(self._source, self._source.positions[column])
            print(f"{self._source.dataset}, {where}: {loss}{_SAME}", flush=True)


def check_table(values: np.ndarray, source: tsv.Source, what: str) -> None:
    """Refuse a table, float64 (rows, columns), if a column loses distinct values.

    Parameters:
        what: the advice, beside that to subtract a number.

    Raises:
        UserError: as `Watch.check`.
    """
    columns = np.flatnonzero(_is_suspect(values.min(axis=0), values.max(axis=0), 1)).tolist()
    found = [(column, loss_of(np.unique(values[:, column]))) for column in columns]
    refuse([(column, loss) for column, loss in found if loss], source, what)


def may_lose(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Tell which columns float32 may lose values of, bool (columns,), so that their exact values are worth a look.

    Parameters:
        low, high: (columns,), their smallest and largest values as float32 has them.
    """
    return _is_suspect(low, high, 2)


def look_at_columns(columns: Iterable[tuple[int, np.ndarray]], dataset: Dataset, refused: bool) -> None:
    """Refuse a matrix if one of some columns loses distinct values, or say so on the standard output.

    Parameters:
        columns: the position of each, and its values, float64 (rows,).

    Raises:
        UserError: as `Watch.check`.
    """
    found = [
        (column, loss)
        for column, values in columns
        if _is_suspect(values.min(), values.max(), 1) and (loss := loss_of(np.unique(values)))
    ]
    for column, loss in found:
        where = f"{dataset}, column {column + 1} of the matrix: {loss}"
        if refused:
            raise UserError(f"{where}. {_advice(loss)}{_further(found)}")
        print(f"{where}{_SAME}", flush=True)


def refuse(losses: list[tuple[int, Loss]], source: tsv.Source, what: str = _LEAVE) -> None:
    """Raise a `UserError` that names the first of some columns that lose distinct values."""
    if losses:
        column, loss = losses[0]
        raise UserError(
            f"{source.dataset}, {places.named(source, source.positions[column])}: {loss}. "
            f"{_advice(loss, what)}{_further(losses)}"
        )


def _advice(loss: Loss, what: str = _LEAVE) -> str:
    """Say what to subtract, and how many values stay distinct then."""
    return f"Subtract {_written(loss.subtrahend)} from the column, so that {loss.then:,} stay different, {what}."


def _further(losses: list) -> str:
    """Say how many columns there are beside the first."""
    return f" In all, {len(losses):,} columns are like this." if len(losses) > 1 else ""


def _written(value: float) -> str:
    """Return a number as a user would write it."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e18 else f"{value:.15g}"


def loss_of(values: np.ndarray) -> Loss | None:
    """Return what float32 loses of a column, or None where that is nothing that matters.

    Parameters:
        values: float64 (n,), the distinct values, sorted.
    """
    span, top = values[-1] - values[0], max(abs(values[0]), abs(values[-1]))
    if span == 0:
        return None
    whole = bool((np.floor(values) == values).all())
    distinct = len(values) if whole else 1 + int((np.diff(values) > _NOISE * top).sum())
    kept = _kept(values)
    if _step(top) <= span * (_WHOLE_STEP if whole else _STEP) or kept >= (1 - _LOST) * distinct:
        return None
    unit = 10.0 ** np.floor(np.log10(span))
    subtrahend = float(np.floor(values[0] / unit) * unit)
    return Loss(distinct, kept, subtrahend, min(distinct, _kept(values - subtrahend)))


def _kept(values: np.ndarray) -> int:
    return len(np.unique(values.astype(np.float32)))


def _step(top: float | np.ndarray) -> np.ndarray:
    """Return the step from float32 of this size to the next, of no dimension for a single one."""
    return np.spacing(np.asarray(top, np.float32)).astype(np.float64)


def _is_suspect(low: float | np.ndarray, high: float | np.ndarray, width: float) -> np.ndarray:
    """Tell which columns are so large beside their range that values may be lost; all that the table's range tells,
    and its blocks'.

    Parameters:
        width: how many times as wide the range may be. With 2, no block of a table is left out that is looked at with
            1.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    top = np.maximum(np.abs(low), np.abs(high))
    step, span = _step(top) * width, high - low
    return (top > 0) & ((step > span * _STEP) | ((top * width >= _EXACT) & (step > span * _WHOLE_STEP)))
