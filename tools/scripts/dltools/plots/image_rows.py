"""Which row of a table of truth belongs to which prediction of an image: the images' names tell, in whatever order.

Predictions of images begin with a column of their names. Where the truth has such a column too, chosen or not, its rows
are brought into the order of the predictions; rows of other images are left over.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.images import matching
from dltools.images.image_file import ImageFile
from dltools.tables import prediction_tables, tables, tsv
from dltools.tables.columns import ALL_COLUMNS, Columns


def chosen_order(truth: Dataset, header: bool, predicted: Dataset) -> np.ndarray | None:
    """Return the row of the truth for each prediction, int64 (predictions,), whichever columns of it are chosen.

    None where the predictions are not of images, or no column of the truth names them.

    Raises:
        UserError: the truth names some of the images, and not all.
    """
    images = _images(predicted)
    return None if images is None else _order(_columns(truth, header), images, truth)[1]


def ordered(truth: tables.TextTable, source: Dataset, predicted: Dataset) -> tables.TextTable:
    """Return a truth with its rows in the order of the predictions, and without the column of names that tells it.

    Any other truth comes back as it is.

    Raises:
        UserError: as `chosen_order`.
    """
    images = _images(predicted)
    if images is None:
        return truth
    names, rows = _order(iter(truth.columns), images, source)
    if rows is None:
        return truth
    kept = [position for position in range(len(truth.columns)) if position != names]
    if not kept:
        raise UserError(f"{source}: holds the names of images and no labels.")
    return truth._replace(
        columns=[truth.columns[position][rows] for position in kept],
        names=None if truth.names is None else [truth.names[position] for position in kept],
    )


def _order(
    columns: Iterator[np.ndarray | None], images: Sequence[ImageFile], source: Dataset
) -> tuple[int, np.ndarray | None]:
    """Return which column holds the images' names, and the row of each; -1 and None where none does.

    The column that names all of them counts: a class, or a number, may be called as one image is.
    """
    found = list(_rows_by_column(columns, images, source))
    whole = [(position, rows) for position, rows in found if (rows >= 0).all()]
    other = next((position for position, rows in whole[1:] if (rows != whole[0][1]).any()), None)
    if other is not None:
        raise UserError(
            f"{source}: columns {whole[0][0] + 1} and {other + 1} both hold the names of all predicted images, in "
            "another order each. Cut out the one that means something else."
        )
    if found and not whole:
        rows = max((rows for _, rows in found), key=lambda rows: (rows >= 0).sum())
        missing = np.flatnonzero(rows < 0)
        raise UserError(
            f"{source}: has no row, or several, for {len(missing):,} of {len(images):,} predicted images, the first is "
            f"{images[missing[0]]}. Each needs one."
        )
    return whole[0] if whole else (-1, None)


def _rows_by_column(
    columns: Iterator[np.ndarray | None], images: Sequence[ImageFile], source: Dataset
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each column that names images, and the row of each image, -1 for one that it does not name once."""
    for position, column in enumerate(columns):
        if column is None:
            continue
        try:
            matched = matching.match(images, [str(name) for name in column], source, matching.LEAVE_OUT)
        except UserError:
            continue  # it holds something else
        rows = np.full(len(images), -1)
        rows[matched.images] = matched.rows
        yield position, rows


def _columns(source: Dataset, header: bool) -> Iterator[np.ndarray | None]:
    """Yield the columns of a table as text; None for one with gaps, which names nothing."""
    for number in range(1, tsv.open_table(source, header, ALL_COLUMNS).width + 1):
        try:
            yield tables.read_text(source, header, Columns("by_index_number", (number,))).columns[0]
        except UserError:
            yield None


def _images(predicted: Dataset) -> list[ImageFile] | None:
    """Return the images that were predicted; None of other samples."""
    if tsv.first_line(predicted).cells[:1] != [prediction_tables.IMAGE]:
        return None
    found = tables.read_text(predicted, True, Columns("by_index_number", (1,)))
    return [ImageFile(name=str(name), dataset=predicted) for name in found.columns[0]]
