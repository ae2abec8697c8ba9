"""The text of a table's file: where it begins and ends, as UTF-8 whatever the program that wrote it made of it.

Only the first bytes and the last are looked at, except in UTF-16, from which a copy in UTF-8 is made.
"""

import atexit
import codecs
import contextlib
import functools
import os
import tempfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import other_files

_HEAD_BYTES = 1 << 16
_TAIL_BYTES = 1 << 12
_COPY_CHARACTERS = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_AS_UTF8 = "Save it as text in UTF-8."


class TextFile(NamedTuple):
    """A file of text in UTF-8.

    `path` is where that text lies; its lines stand between the offsets `start` and `end`, in bytes. Blank lines behind
    `end` are none of the table. `notes` says what was done to make it so.
    """

    path: str
    start: int
    end: int
    notes: tuple[str, ...] = ()


def open_text(dataset: Dataset, separators: str = "\t") -> TextFile:
    """Find the text of a table whose cells any of `separators` may divide.

    Raises:
        UserError: the file is empty or no text.
    """
    path, notes = dataset.path, []
    head, size = _head(path)
    if head.startswith(_UTF32):
        raise UserError(f"{dataset} is text in UTF-32. {_AS_UTF8}")
    if head.startswith(_UTF16):
        path = _copy_in_utf8(dataset, os.path.realpath(path), Path(path).stat().st_mtime_ns)
        head, size = _head(path)
        notes.append("read as text in UTF-16")
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    other_files.check(dataset, head[start:], len(head) == size)
    _check_lines(dataset, head[start:])
    with open(path, "rb") as handle:
        end = _end(handle, start, size, b" \t\r\n" + separators.encode())
        handle.seek(end)
        blank = sum(1 for _ in handle)
    if end == start:
        raise UserError(f"{dataset} is empty: it must hold at least one row.")
    if blank:
        notes.append(f"{blank} blank lines at the end left out" if blank > 1 else "a blank line at the end left out")
    return TextFile(path, start, end, tuple(notes))


def _head(path: str) -> tuple[bytes, int]:
    with open(path, "rb") as handle:
        return handle.read(_HEAD_BYTES), handle.seek(0, os.SEEK_END)


def _check_lines(dataset: Dataset, head: bytes) -> None:
    """Refuse line ends that no line would be found by, and text of two bytes a letter that is not marked as such."""
    if b"\n" not in head and b"\r" in head[:-1]:
        raise UserError(
            f"{dataset}, line 1: a carriage return alone ends each line, as on old Macintosh computers. Convert the "
            "file to Unix line ends."
        )
    pairs = head[: len(head) // 2 * 2][:1000]
    if len(pairs) >= 4 and any(not any(pairs[i::2]) and all(pairs[1 - i :: 2]) for i in (0, 1)):
        raise UserError(f"{dataset} looks like text in UTF-16 without a mark that says so. {_AS_UTF8}")


def _end(handle: BinaryIO, start: int, size: int, blank: bytes) -> int:
    """Return the offset behind the last line that is not blank, or `start` if there is none."""
    position = size
    while position > start:
        first = max(start, position - _TAIL_BYTES)
        handle.seek(first)
        kept = handle.read(position - first).rstrip(blank)
        if kept:
            handle.seek(first + len(kept))
            handle.readline()
            return handle.tell()
        position = first
    return start


@functools.cache
def _copy_in_utf8(dataset: Dataset, path: str, changed: int) -> str:
    """Write a copy of a text in UTF-16 to a file that is removed when the process ends, and return its path."""
    handle, copy = tempfile.mkstemp(prefix=".utf8-", suffix=".tabular")
    atexit.register(_remove, copy)
    try:
        with (
            open(path, encoding="utf-16", newline="") as text,
            open(handle, "w", encoding="utf-8", newline="") as target,
        ):
            while part := text.read(_COPY_CHARACTERS):
                target.write(part)
    except UnicodeError:
        raise UserError(f"{dataset} is damaged text in UTF-16. {_AS_UTF8}") from None
    return copy


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        Path(path).unlink()
