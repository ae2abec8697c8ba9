"""Decoding images to samples of one shape."""

import collections
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from dltools.core.errors import UserError
from dltools.images import channels, contents, fitting, formats, large
from dltools.images.image_file import ImageFile
from dltools.images.image_header import Pixels
from dltools.images.image_spec import ImageSpec

# Numbers of a shape of one image, and of a stack of pages.
_IMAGE, _STACK = 3, 4
# Images in work, or waiting to be taken, for each thread.
_AHEAD = 2
# Numbers may be larger than white, which was found in other images, by this factor; beyond it the depth is another.
_BRIGHTER = 4


class Decoded(NamedTuple):
    """An image as a sample, uint8 or float32 (*shape), and what was done with its channels (texts of `channels`)."""

    values: np.ndarray
    done: frozenset[str]


def decode(file: ImageFile, spec: ImageSpec) -> np.ndarray:
    """Return an image as a sample: uint8 of images of up to 8 bits, else float32, (*spec.shape), not yet scaled.

    Raises:
        UserError: names the image and what is wrong with it.
    """
    return decoded(file, spec).values


def decode_all(files: Sequence[ImageFile], spec: ImageSpec, threads: int) -> Iterator[np.ndarray]:
    """Yield images as samples in order, as `decode`, decoding some ahead side by side.

    What was done with their channels is printed at the end.

    Raises:
        UserError: as `decode`, for the first image in order that is wrong.
    """
    counts: collections.Counter[str] = collections.Counter()
    executor = ThreadPoolExecutor(threads)
    waiting: collections.deque[Future[Decoded]] = collections.deque()
    rest = iter(files)
    try:
        for file in itertools.islice(rest, threads * _AHEAD):
            waiting.append(executor.submit(decoded, file, spec))
        while waiting:
            found = waiting.popleft().result()
            for file in itertools.islice(rest, 1):
                waiting.append(executor.submit(decoded, file, spec))
            counts.update(found.done)
            yield found.values
    finally:
        executor.shutdown(cancel_futures=True)
    for what, count in sorted(counts.items()):
        print(f"images: {count:,} of {len(files):,} {what}.", flush=True)


def decoded(file: ImageFile, spec: ImageSpec) -> Decoded:
    """Return an image as a sample, and what was done with its channels.

    Raises:
        UserError: as `decode`.
    """
    *_, height, width, wanted = spec.shape
    with large.turn() as wait:
        found = pixels(file, spec.page if len(spec.shape) == _IMAGE else None, wait)
        _check_pages(file, found.values.shape[0], spec)
        _check_depth(file, found.colours, spec.white)
        values, done = channels.matched(file, found, wanted, spec.white)
        if values.dtype != np.uint8:
            values = values.astype(np.float32, copy=False)
        fitted = fitting.fitted(values, height, width, spec.fit)
    return Decoded(np.ascontiguousarray(fitted).reshape(spec.shape), done)


def pixels(file: ImageFile, page: int | None, wait: large.Wait) -> Pixels:
    """Return what an image's file holds, (pages, height, width, channels), turned as it is to be seen.

    Parameters:
        page: the only one that is returned, from 1; None returns all.
        wait: of `large.turn`.

    Raises:
        UserError: names the image and what is wrong with it.
    """
    from dltools.images import raster, tiff

    kind = formats.of(contents.start(file), str(file))
    data = contents.read(file)
    if kind == formats.TIFF:
        return tiff.pixels(file, data, page, wait)
    tiff.check_page(file, page, 1)
    return raster.pixels(file, data, kind, wait)


def _check_pages(file: ImageFile, pages: int, spec: ImageSpec) -> None:
    wanted = spec.shape[0] if len(spec.shape) == _STACK else 1
    if pages == wanted:
        return
    if wanted == 1 and len(spec.shape) == _IMAGE:
        raise UserError(
            f"{file}: has {_counted(pages)}, but the network takes one image. Choose one of the pages, or give the "
            f"network an input_shape of (pages, height, width, channels)."
        )
    raise UserError(
        f"{file}: has {_counted(pages)}, but the network takes stacks of {wanted:,} (the first number of its "
        "input_shape). Save it with as many, or change the network."
    )


def _counted(pages: int) -> str:
    return f"{pages:,} page{'s' * (pages != 1)}"


def _check_depth(file: ImageFile, values: np.ndarray, white: float) -> None:
    """Refuse numbers of another kind than those that white was found in."""
    fractions = values.dtype.kind == "f"
    if fractions:
        if not np.isfinite(values).all():
            raise UserError(f"{file}: holds numbers that are none (NaN) or infinite. Replace them, or leave it out.")
        if white > 1:
            raise UserError(
                f"{file}: holds fractions, but other images whole numbers up to {white:,.0f}. Save all in one way."
            )
    elif white <= 1:
        raise UserError(f"{file}: holds whole numbers, but other images fractions. Save all in one way.")
    elif values.dtype == np.uint8 and white > 255:
        raise UserError(
            f"{file}: has 8 bits, but white is {white:,.0f} in other images (more bits). Save all with as many bits."
        )
    elif values.dtype != np.uint8 and values.size and values.max() > white * _BRIGHTER:
        raise UserError(
            f"{file}: holds numbers up to {int(values.max()):,}, but white is {white:,.0f} in other images. Save all "
            "with as many bits."
        )
