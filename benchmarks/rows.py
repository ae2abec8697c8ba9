"""Measuring the rows of the table one after the other, so that one that fails loses nothing of the others."""

import dataclasses
import shutil
import time
import traceback
from collections.abc import Callable, Mapping

from benchmarks import growth_rows, image_rows, memory_rows, step_rows, suite_rows
from benchmarks.bounds import Row
from benchmarks.figures import Figure, LeftOut, Note
from benchmarks.processes import Failed
from benchmarks.suite_rows import Found
from benchmarks.workshop import Workshop

MEASURED: Mapping[str, Callable[[Workshop], Found]] = {
    "tutorial": suite_rows.tutorial,
    "tutorial_automatic": suite_rows.tutorial_automatic,
    "fit": suite_rows.fit,
    "small": suite_rows.small,
    "light": step_rows.light,
    "design": step_rows.design,
    "prediction": step_rows.prediction,
    "prediction_memory": memory_rows.prediction_memory,
    "beyond_memory": memory_rows.beyond_memory,
    "sparse": memory_rows.sparse,
    "wide": step_rows.wide,
    "growth": growth_rows.growth,
    "images": image_rows.images,
    "images_memory": image_rows.images_memory,
    "folds": growth_rows.folds,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a row.

    Attributes:
        row: as the table has it.
        figures: by name; one that could not be measured here is a `LeftOut`, one that failed is missing.
        notes: what else is to be said.
        failure: why the row was not measured to its end; "" where it was.
        seconds: that it took to measure.
    """

    row: Row
    figures: Mapping[str, Figure | LeftOut]
    notes: tuple[str, ...]
    failure: str
    seconds: float


def measured(row: Row, shop: Workshop) -> Result:
    """Measure a row, in a folder of its own that goes afterwards."""
    own = dataclasses.replace(shop, folder=shop.folder / row.name)
    own.folder.mkdir(parents=True)
    figures: dict[str, Figure | LeftOut] = {}
    notes, failure, started = [], "", time.monotonic()
    try:
        for found in MEASURED[row.name](own):
            if isinstance(found, Note):
                notes.append(found.text)
            else:
                figures[found.name] = found
    except Failed as error:
        failure = str(error)
    except Exception as error:
        # A bug here, whose traceback says where; the other rows can be measured all the same.
        traceback.print_exc()
        failure = f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(own.folder)
    return Result(row=row, figures=figures, notes=tuple(notes), failure=failure, seconds=time.monotonic() - started)
