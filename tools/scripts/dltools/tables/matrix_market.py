"""Sparse matrices in Matrix Market text, in hardly more memory than what is made of them.

scipy parses the text, some lines at a time: once to count how many values each row has, once to put them where they
belong. It reads whole what is not plain, such as a place that has several values, and what it cannot read, so that
its message names the line.
"""

import dataclasses
from collections.abc import Iterator
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING

import numpy as np

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, one_line
from dltools.tables import distinct

if TYPE_CHECKING:
    import scipy.sparse

# Bytes of the text that are parsed together, and most of a line of it.
_PART_BYTES, _LINE_BYTES = 1 << 21, 1 << 16
# How many numbers are kept as the table has them, of columns that float32 may lose values of.
_KEPT_NUMBERS = 1 << 23
# Full columns of a matrix that was read whole, which are looked at together.
_AT_ONCE = 64
_BLANK = b" \t\r\n"
# What scipy raises where it cannot read a text.
_UNREADABLE = (ValueError, OverflowError)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What stands on top of a file.

    Attributes:
        banner: its first line, which tells the kind of matrix.
        rows, columns: of the matrix.
        entries: how many lines with values there are.
        start: offset of these, in bytes.
    """

    banner: bytes
    rows: int
    columns: int
    entries: int
    start: int


class _NotPlainError(Exception):
    """Some lines cannot be read without the others."""


def read(dataset: Dataset, watched: bool = False) -> "scipy.sparse.csr_array":
    """Read a sparse matrix (rows, columns) of float32 from Matrix Market text; the columns of each row are in order.

    Parameters:
        watched: whether a column of which float32 loses distinct values is refused; else it is named in the log.

    Raises:
        UserError: the file is no such text, holds complex, missing or infinite numbers, or does not fit the memory.
    """
    _check_text(dataset)
    head = _head(dataset)
    try:
        found = None if head is None else _in_parts(dataset, head)
    except _NotPlainError:
        found = None
    matrix, full = _whole(dataset) if found is None else found
    _check_finite(matrix, dataset)
    distinct.look_at_columns(full, dataset, refused=watched)
    return matrix


# --- some lines at a time ---------------------------------------------------------------------


def _check_text(dataset: Dataset) -> None:
    """Refuse what the parser crashes at."""
    with open(dataset.path, "rb") as handle:
        parts = iter(lambda: handle.read(_PART_BYTES), b"") if _is_text(handle) else iter(())
        if any(b"\0" in part for part in parts):
            raise _unreadable(dataset, "it holds a character of code 0, so it is damaged or no text")


def _is_text(handle: BufferedReader) -> bool:
    """Tell whether a file that was just opened begins as such text does; others may be packed."""
    return handle.peek(1)[:1] == b"%"


def _head(dataset: Dataset) -> _Head | None:
    """Return what stands on top of the file; None where the values do not stand one a line, or nothing can be read.

    Raises:
        UserError: what it announces is no real numbers, or more than fits the memory.
    """
    import scipy.io

    try:
        rows, columns, entries, layout, field, _ = scipy.io.mminfo(dataset.path)
    except _UNREADABLE:
        return None
    if field == "complex":
        raise _complex(dataset)
    memory.check_matrix(dataset, rows, columns, entries, dense=layout != "coordinate")
    if layout != "coordinate" or not entries:
        return None
    with open(dataset.path, "rb") as handle:
        banner = line = handle.readline(_LINE_BYTES)
        while line and (not line.strip(_BLANK) or line.lstrip(_BLANK).startswith(b"%")):
            line = handle.readline(_LINE_BYTES)
        start = handle.tell()
    # What is packed has no such lines.
    if line.split() != [b"%d" % size for size in (rows, columns, entries)]:
        return None
    return _Head(banner=banner.strip(_BLANK), rows=rows, columns=columns, entries=entries, start=start)


def _in_parts(
    dataset: Dataset, head: _Head
) -> "tuple[scipy.sparse.csr_array, Iterator[tuple[int, np.ndarray]]] | None":
    """Return the matrix, and its full columns that float32 may lose values of, as `distinct.look_at_columns` takes
    them; None where a place has several values, whose sum is the value.

    Raises:
        _NotPlainError: scipy must read the file whole.
    """
    import scipy.sparse

    in_row, in_column = _counts(dataset, head)
    total = int(in_row.sum())
    kind = np.int32 if max(total, head.rows, head.columns) <= np.iinfo(np.int32).max else np.int64
    first = np.zeros(head.rows + 1, kind)
    np.cumsum(in_row, out=first[1:])
    data, indices, following = np.empty(total, np.float32), np.empty(total, kind), first[:-1].copy()
    bounds = _Bounds((in_column == head.rows) & (head.rows > 0))
    for part in _parts(dataset, head):
        rows, columns, values = part.row, part.col, _as_float32(part.data)
        bounds.look(columns, values)
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        lengths = np.diff(starts, append=len(rows))
        places = following[rows] + (np.arange(len(rows)) - np.repeat(starts, lengths))
        data[places], indices[places] = values[order], columns[order]
        following[rows[starts]] += lengths.astype(kind)
    matrix = scipy.sparse.csr_array((data, indices, first), shape=(head.rows, head.columns))
    matrix.sort_indices()
    return (matrix, _exact(dataset, head, bounds)) if matrix.has_canonical_format else None


def _counts(dataset: Dataset, head: _Head) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values each row and each column has, int64 (rows,) and (columns,)."""
    in_row, in_column = np.zeros(head.rows, np.int64), np.zeros(head.columns, np.int64)
    for part in _parts(dataset, head):
        np.add.at(in_row, part.row, 1)
        np.add.at(in_column, part.col, 1)
    return in_row, in_column


def _parts(dataset: Dataset, head: _Head) -> "Iterator[scipy.sparse.coo_array]":
    """Yield the entries of so many lines at a time, as scipy reads them, those that symmetry implies among them.

    Raises:
        _NotPlainError: they cannot be read by themselves, or are not as many as was announced.
    """
    import scipy.io

    entries = 0
    with open(dataset.path, "rb") as handle:
        handle.seek(head.start)
        while part := handle.read(_PART_BYTES):
            part += handle.readline(_LINE_BYTES)
            if not part.endswith(b"\n") and handle.peek(1):
                raise _NotPlainError
            part = part.strip(_BLANK)
            if not part:
                continue
            lines = part.count(b"\n") + 1
            entries += lines
            top = b"%s\n%d %d %d\n" % (head.banner, head.rows, head.columns, lines)
            try:
                yield scipy.io.mmread(BytesIO(top + part + b"\n"), spmatrix=False)
            except _UNREADABLE:
                raise _NotPlainError from None
    if entries != head.entries:
        raise _NotPlainError


class _Bounds:
    """The smallest and largest values of full columns, as float32 has them.

    A column with zeros is no larger than what its values differ by.
    """

    def __init__(self, full: np.ndarray):
        """Prepare to look at columns.

        Parameters:
            full: bool (columns,).
        """
        self._full, self._any = full, bool(full.any())
        self._low, self._high = (np.full(len(full) if self._any else 0, end, np.float32) for end in (np.inf, -np.inf))

    def look(self, columns: np.ndarray, values: np.ndarray) -> None:
        """Look at values, float32 (n,), of columns (n,)."""
        if self._any:
            chosen = self._full[columns]
            # Missing numbers are refused once all are read.
            with np.errstate(invalid="ignore"):
                np.minimum.at(self._low, columns[chosen], values[chosen])
                np.maximum.at(self._high, columns[chosen], values[chosen])

    def suspects(self) -> np.ndarray:
        """Return which columns float32 may lose values of, int64 (n,)."""
        full = np.flatnonzero(self._full)
        if not self._any:
            return full
        low, high = self._low[full], self._high[full]
        # What is nothing but 0 in float32 may be numbers too small for it.
        return full[distinct.may_lose(low, high) | ((low == 0) & (high == 0))]


def _exact(dataset: Dataset, head: _Head, bounds: _Bounds) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the positions of the full columns that float32 may lose values of, and their values, float64 (rows,)."""
    columns = bounds.suspects()
    together = max(1, _KEPT_NUMBERS // max(1, head.rows))
    for start in range(0, len(columns), together):
        chosen = columns[start : start + together]
        place = np.full(head.columns, -1)
        place[chosen] = np.arange(len(chosen))
        kept = np.empty((len(chosen), head.rows))
        for part in _parts(dataset, head):
            wanted = np.flatnonzero(place[part.col] >= 0)
            kept[place[part.col[wanted]], part.row[wanted]] = part.data[wanted]
        yield from zip(chosen.tolist(), kept, strict=True)


# --- whole ------------------------------------------------------------------------------------


def _whole(dataset: Dataset) -> "tuple[scipy.sparse.csr_array, Iterator[tuple[int, np.ndarray]]]":
    """Return the matrix and all its full columns.

    Raises:
        UserError: the file cannot be read.
    """
    import scipy.io
    import scipy.sparse

    try:
        with open(dataset.path, "rb") as handle:
            matrix = scipy.io.mmread(_Ended(handle) if _is_text(handle) else dataset.path)
    except _UNREADABLE as error:
        raise _unreadable(dataset, error) from None
    if np.iscomplexobj(matrix):
        raise _complex(dataset)
    exact = scipy.sparse.csr_array(matrix, dtype=np.float64)
    with np.errstate(over="ignore"):
        return exact.astype(np.float32), _full_columns(exact)


class _Ended:
    """A file with a line end behind the last line, without which the parser crashes where a blank stands there."""

    def __init__(self, handle: BufferedReader):
        """Prepare to read a file."""
        self._handle, self._last = handle, b""

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many, or none at the end."""
        found = self._handle.read(size)
        if not found and self._last != b"\n":
            found = b"\n"
        self._last = found[-1:] or self._last
        return found


def _full_columns(exact: "scipy.sparse.csr_array") -> Iterator[tuple[int, np.ndarray]]:
    full = np.flatnonzero(np.bincount(exact.indices, minlength=exact.shape[1]) == exact.shape[0])
    for start in range(0, len(full) if exact.shape[0] else 0, _AT_ONCE):
        chosen = full[start : start + _AT_ONCE]
        yield from zip(chosen.tolist(), exact[:, chosen].toarray().T, strict=True)


# --- what is refused --------------------------------------------------------------------------


def _as_float32(values: np.ndarray) -> np.ndarray:
    """Return numbers as float32 by way of float64, as those of a matrix that is read whole."""
    with np.errstate(over="ignore"):
        return values.astype(np.float64, copy=False).astype(np.float32)


def _check_finite(matrix: "scipy.sparse.csr_array", dataset: Dataset) -> None:
    wrong = np.flatnonzero(~np.isfinite(matrix.data))
    if len(wrong):
        row, column = np.searchsorted(matrix.indptr, wrong[0], "right"), matrix.indices[wrong[0]] + 1
        count = f" In all, {len(wrong):,} cells are missing or infinite." if len(wrong) > 1 else ""
        raise UserError(
            f"{dataset}: row {row}, column {column} of the matrix holds a missing or infinite number.{count}"
        )


def _complex(dataset: Dataset) -> UserError:
    return UserError(f"{dataset}: holds complex numbers. Only real ones can be used.")


def _unreadable(dataset: Dataset, why: object) -> UserError:
    return UserError(
        f"{dataset} cannot be read as a sparse matrix in Matrix Market text, whose first line "
        f"begins with %%MatrixMarket: {one_line(why)}"
    )
