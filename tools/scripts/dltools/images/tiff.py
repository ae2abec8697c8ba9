"""TIFF files, decoded by tifffile from their bytes alone: what a file says of other files is never followed."""

import contextlib
import dataclasses
import io
import itertools
import json
import logging
import math
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import tifffile

from dltools.core import limits
from dltools.core.errors import UserError
from dltools.images import faults, large, ome, tiff_colours, tiff_segments, turning
from dltools.images.formats import TIFF
from dltools.images.image_file import ImageFile
from dltools.images.image_header import ImageHeader, Pixels

# Of what programs write into TIFF files, these say how its pages are ordered; the others are not asked, since some
# lead to other files, and a page is a page without them.
_SHAPED, _OME, _IMAGEJ = _ASKED = ("shaped", "ome", "imagej")
_UNASKED = (
    "lsm", "mmstack", "ndtiff", "fluoview", "stk", "sis", "svs", "scn", "qpi", "ndpi", "bif", "avs", "eer", "philips",
    "scanimage", "nih", "mdgel",
)  # fmt: skip
# What holds more images than it has pages.
_HIDDEN = {"stk": "a MetaMorph stack", "lsm": "a Zeiss LSM file"}
_CHANNEL_AXES = "CS"
_ORIENTATION = 274
# What is no uint8 becomes a fraction.
_FRACTION_BYTES = 4
# What tifffile makes of a damaged file is refused here, and said in our words.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """An open file: the series of pages that is its image, and the length of each of its axes."""

    series: Any
    page: Any
    axes: str
    shape: tuple[int, ...]

    @property
    def pages(self) -> int:
        """Images in the file, channels aside."""
        return math.prod(n for axis, n in zip(self.axes, self.shape, strict=True) if axis not in "YX" + _CHANNEL_AXES)

    @property
    def channels(self) -> int:
        """Numbers of a pixel, transparency included."""
        return math.prod(n for axis, n in zip(self.axes, self.shape, strict=True) if axis in _CHANNEL_AXES)


def header(file: ImageFile, data: bytes) -> ImageHeader:
    """Return what a file says of its image, of which nothing is decoded.

    Raises:
        UserError: the file is damaged, too large, or of a kind that is not read.
    """
    with _opened(file, data) as layout:
        page = layout.page
        orientation = _orientation(page)
        height, width = page.imagelength, page.imagewidth
        colours = tiff_colours.of(file, page, layout.channels)
        return ImageHeader(
            format=TIFF,
            height=width if turning.is_turned(orientation) else height,
            width=height if turning.is_turned(orientation) else width,
            channels=colours.channels,
            bits=page.bitspersample,
            fractions=page.dtype.kind == "f",
            pages=layout.pages,
            transparency=colours.transparency,
        )


def pixels(file: ImageFile, data: bytes, page: int | None, wait: large.Wait) -> Pixels:
    """Return the images of a file: (pages, height, width, channels), turned as they are to be seen.

    Parameters:
        page: from 1; None returns all.
        wait: of `large.turn`.

    Raises:
        UserError: the file is damaged, too large, of a kind that is not read, or has no such page.
    """
    with _opened(file, data) as layout:
        first = layout.page
        colours = tiff_colours.of(file, first, layout.channels)
        check_page(file, page, layout.pages)
        for one in layout.series:
            tiff_segments.check(file, one, first, data)
        wait(file, math.prod(layout.shape), first.dtype.itemsize + _FRACTION_BYTES * (first.dtype != np.uint8))
        values = layout.series.asarray(squeeze=False, maxworkers=1).reshape(layout.shape)
        ordered = _ordered(values, layout)
        found = tiff_colours.pixels(file, first, colours, ordered if page is None else ordered[page - 1 : page])
        return dataclasses.replace(found, values=turning.turned(found.values, _orientation(first)))


def check_page(file: ImageFile, page: int | None, pages: int) -> None:
    """Refuse a page that a file does not have.

    Raises:
        UserError: names the file and how many it has.
    """
    if page is not None and page > pages:
        raise UserError(
            f"{file}: page {page:,} is chosen, but the file has {pages:,}. Choose another, or leave it out."
        )


def _ordered(values: np.ndarray, layout: _Layout) -> np.ndarray:
    """Return (pages, height, width, channels) of the values of a file in the order of its axes."""
    axes = layout.axes
    pages = [place for place, axis in enumerate(axes) if axis not in "YX" + _CHANNEL_AXES]
    channels = [place for place, axis in enumerate(axes) if axis in _CHANNEL_AXES]
    last = values.transpose(*pages, axes.index("Y"), axes.index("X"), *channels)
    return last.reshape(layout.pages, layout.page.imagelength, layout.page.imagewidth, layout.channels)


@contextlib.contextmanager
def _opened(file: ImageFile, data: bytes) -> Iterator[_Layout]:
    with faults.told(file), contextlib.ExitStack() as stack:
        opened = stack.enter_context(_file(data, _ASKED))
        _check_pages(file, opened)
        claimed, text = _claimed(opened), opened.ome_metadata
        asked = [one for one in _ASKED if one != _OME or not text or ome.is_of_this_file(text, len(opened.pages))]
        for tried in ([*asked], []):
            opened = stack.enter_context(_file(data, tried))
            _check_pages(file, opened)
            layout = _layout(opened, len(data))
            if layout:
                break
        if not layout:
            raise UserError(
                f"{file}: holds images of several sizes or kinds. Save each as a file of its own, all of one size."
            )
        large.check(file, math.prod(layout.shape))
        if claimed > math.prod(layout.shape):
            raise UserError(f"{file}: is cut off: it says that it holds more pages. Upload it again, or leave it out.")
        yield layout


def _file(data: bytes, asked: Collection[str]) -> tifffile.TiffFile:
    flags: dict[str, Any] = {f"is_{kind}": False for kind in (*_ASKED, *_UNASKED) if kind not in asked}
    return tifffile.TiffFile(io.BytesIO(data), **flags)


def _check_pages(file: ImageFile, opened: tifffile.TiffFile) -> None:
    """Refuse a file of more pages than are allowed, or whose pages go round in a circle, and one that hides pages."""
    most = limits.limit("image_pages")
    count = sum(1 for _ in itertools.takewhile(lambda index: _has_page(opened, index), range(most + 1)))
    limits.check(count, "image_pages", str(file))
    first = opened.pages[0]
    hidden = next((what for kind, what in _HIDDEN.items() if getattr(first, f"is_{kind}")), None)
    if hidden:
        raise UserError(
            f"{file}: is {hidden}, which is not read. Save it as OME-TIFF or TIFF, for example with ImageJ."
        )


def _has_page(opened: tifffile.TiffFile, index: int) -> bool:
    try:
        opened.pages[index]
    except IndexError:
        return False
    return True


def _layout(opened: tifffile.TiffFile, size: int) -> _Layout | None:
    """Return how the pages make up an image, or None where that is not told in a way that can be used."""
    try:
        first, *others = opened.series
    except ValueError:
        return None
    if any(not one.keyframe.is_reduced for one in others):
        return None
    axes, shape, page = first.get_axes(squeeze=False), first.get_shape(squeeze=False), first.keyframe
    lengths = dict(zip(axes, shape, strict=True))
    same = (lengths.get("Y"), lengths.get("X")) == (page.imagelength, page.imagewidth)
    if not same or len(lengths) < len(axes) or any(one is None for one in first) or not _is_whole(first, size):
        return None
    return _Layout(series=first, page=page, axes=axes, shape=tuple(shape))


def _claimed(opened: tifffile.TiffFile) -> int:
    """Return how many numbers ImageJ or tifffile said that they wrote, or 0."""
    first = opened.pages.first
    try:
        told = opened.imagej_metadata
        planes = math.prod(int(told.get(axis, 1)) for axis in ("frames", "slices", "channels")) if told else 0
        shape = json.loads(first.shaped_description).get("shape", [0]) if first.shaped_description else [0]
        return max(planes * first.imagelength * first.imagewidth, math.prod(map(int, shape)))
    except (TypeError, ValueError, AttributeError):
        return 0


def _is_whole(series: Any, size: int) -> bool:
    """Tell whether the file, of so many bytes, holds all that its image has."""
    numbers, held = math.prod(series.get_shape(squeeze=False)), len(series.pages) * series.keyframe.size
    if numbers == held:
        return True
    # ImageJ writes one page for all of a stack whose planes lie one after the other.
    end = None if series.dataoffset is None else series.dataoffset + numbers * series.dtype.itemsize
    return numbers > held and end is not None and end <= size


def _orientation(page: Any) -> int:
    found = page.tags.valueof(_ORIENTATION, turning.UPRIGHT)
    return int(found) if isinstance(found, int) else turning.UPRIGHT
