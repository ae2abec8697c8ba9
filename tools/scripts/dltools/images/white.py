"""Which number is white in images: not what files could hold, but what cameras of 8 to 16 bits write into them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from dltools.core.errors import UserError
from dltools.images import decoding, large
from dltools.images.image_file import ImageFile
from dltools.images.image_header import ImageHeader

EIGHT, FRACTIONS = 255.0, 1.0
# Bits of cameras and microscopes.
_BITS = (8, 10, 12, 14, 16)


def common(
    files: Sequence[ImageFile], headers: Sequence[ImageHeader], page: int | None = None, threads: int = 1
) -> float | None:
    """Return the number that is white in images; None of fractions that are not between 0 and 1.

    Those have no white: their `ImageSpec.white` is `FRACTIONS`, and their scale `STANDARD` or `UNSCALED`.

    Images of 8 bits and fewer have 255, whatever they hold; of those with more bits and of fractions all are decoded
    once. What was found there is printed.

    Parameters:
        headers: of each of the files.
        page: the only one that is looked at, from 1; None looks at all.

    Raises:
        UserError: images of different depth, naming one of each; an image that cannot be decoded.
    """
    kinds: dict[str, ImageFile] = {}
    for file, header in zip(files, headers, strict=True):
        kinds.setdefault(_kind(header), file)
    if len(kinds) > 1:
        told = "; ".join(f"{file} has {kind}" for kind, file in kinds.items())
        raise UserError(f"images: all must have the same depth, but {told}. Save them in one way, or leave some out.")
    kind = next(iter(kinds), _EIGHT)
    if kind == _EIGHT:
        return EIGHT
    least, most = _range(files, page, threads)
    if kind == _FRACTIONS:
        return FRACTIONS if least >= 0 and most <= 1 else None
    bits = next(bits for bits in _BITS if most < 2**bits)
    print(
        f"images: they have up to 16 bits, and the largest number in them is {most:,.0f}, so that white is "
        f"{2**bits - 1:,} ({bits} bits).",
        flush=True,
    )
    return float(2**bits - 1)


_EIGHT, _SIXTEEN, _FRACTIONS = "up to 8 bits", "9 to 16 bits", "fractions"


def _kind(header: ImageHeader) -> str:
    return _FRACTIONS if header.fractions else _EIGHT if header.bits <= 8 else _SIXTEEN


def _range(files: Sequence[ImageFile], page: int | None, threads: int) -> tuple[float, float]:
    def extremes(file: ImageFile) -> tuple[float, float]:
        with large.turn() as wait:
            colours = decoding.pixels(file, page, wait).colours
            return float(colours.min()), float(colours.max())

    executor = ThreadPoolExecutor(threads)
    try:
        least, most = zip(*executor.map(extremes, files), strict=True)
    finally:
        executor.shutdown(cancel_futures=True)
    return min(least), max(most)
