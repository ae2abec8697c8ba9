"""Matching images with the rows of a table by their names."""

import collections
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.images.image_file import ImageFile

REFUSE, LEAVE_OUT = UNMATCHED = ("refuse", "leave_out")
_EXTENSIONS = (".ome.tiff", ".ome.tif", ".tiff", ".tif", ".jpeg", ".jpg", ".png", ".bmp")
_NAMED = 5


class Matched(NamedTuple):
    """Which image belongs to which row.

    Attributes:
        images: positions of images, int64 (samples,).
        rows: positions of rows, int64 (samples,), ascending.
        told: a sentence for each thing that was left out.
    """

    images: np.ndarray
    rows: np.ndarray
    told: list[str]


def match(files: Sequence[ImageFile], names: Sequence[str], source: Dataset, unmatched: str) -> Matched:
    """Match images with the names in a column of a table.

    The whole name counts first, then the name without folders, then both whatever the capitals, and at last all of
    this without extension.

    Parameters:
        names: of each row.
        source: the table, for messages.
        unmatched: whether images without row, rows without image and rows that name one image twice are refused
            (`REFUSE`) or left out (`LEAVE_OUT`).

    Raises:
        UserError: a name fits several images; images and rows do not match and are not to be left out; nothing
            matches.
    """
    found = places(files, names, source)
    counts = collections.Counter(image for image in found if image is not None)
    missing = [row for row, image in enumerate(found) if image is None]
    twice = [row for row, image in enumerate(found) if image is not None and counts[image] > 1]
    idle = [position for position in range(len(files)) if position not in counts]
    if len(missing) == len(names):
        raise UserError(
            f"{source}: none of the {len(names):,} names in the chosen column is that of an image. The first name is "
            f"{quoted(names[0] if len(names) else '')}, the first image {files[0] if files else 'missing'}. Choose the "
            "column with the names of the images."
        )
    faults = [
        _fault(missing, (names[row] for row in missing), "rows name no image"),
        _fault(twice, dict.fromkeys(names[row] for row in twice), "rows name an image that another row names too"),
        _fault(idle, (files[position].name for position in idle), "images are named in no row"),
    ]
    told = [fault for fault in faults if fault]
    if told and unmatched == REFUSE:
        hint = " Does the table have a header? Its first row is the only one without image." if missing == [0] else ""
        raise UserError(
            f"{source}: {'; '.join(told)}.{hint} Mend the table or the images, or choose to leave out what has no "
            "match."
        )
    rows = np.array([row for row, image in enumerate(found) if image is not None and counts[image] == 1], np.int64)
    if not len(rows):
        raise UserError(f"{source}: {'; '.join(told)}, so that no sample is left.")
    images = np.array([found[row] for row in rows], np.int64)
    return Matched(images, rows, [f"{source}: left out: {one}." for one in told])


def _fault(positions: Sequence[int], names: Iterable[str], what: str) -> str:
    return f"{len(positions):,} {what}: {listed(map(quoted, names), _NAMED)}" if positions else ""


def places(files: Sequence[ImageFile], names: Sequence[str], source: Dataset | str) -> list[int | None]:
    """Return the position of each name's image, by the first way of comparing that finds one; None where none does.

    Parameters:
        source: where the names come from, for messages.

    Raises:
        UserError: a name fits several images.
    """
    found: list[int | None] = [None] * len(names)
    left = list(range(len(names)))
    for way in _WAYS:
        places: dict[str, list[int]] = collections.defaultdict(list)
        for position, file in enumerate(files):
            places[way(file.name)].append(position)
        for row in left:
            fitting = places.get(way(names[row]), []) if names[row].strip() else []
            if len(fitting) > 1:
                several = listed((quoted(files[position].name) for position in fitting), _NAMED)
                raise UserError(
                    f"{source}: the name {quoted(names[row])} in row {row + 1:,} fits {len(fitting):,} images: "
                    f"{several}. Write the names of images with their folders and extensions."
                )
            if fitting:
                found[row] = fitting[0]
        left = [row for row in left if found[row] is None]
    return found


def _exact(name: str) -> str:
    # macOS takes letters with accents apart.
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/")).removeprefix("./")


def _without_folders(name: str) -> str:
    return _exact(name).rpartition("/")[2]


def _stem(name: str) -> str:
    text = _exact(name)
    end = next((one for one in _EXTENSIONS if text.lower().endswith(one)), "")
    return text[: len(text) - len(end)]


def _stem_alone(name: str) -> str:
    return _stem(_without_folders(name))


_WAYS: tuple[Callable[[str], str], ...] = (
    str,
    _exact,
    _without_folders,
    lambda name: _exact(name).casefold(),
    lambda name: _without_folders(name).casefold(),
    _stem,
    _stem_alone,
    lambda name: _stem_alone(name).casefold(),
)
