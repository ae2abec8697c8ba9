"""Decoding one large image at a time, however many threads there are."""

import contextlib
import threading
from collections.abc import Iterator

from dltools.core import limits, memory
from dltools.core.errors import UserError
from dltools.images.image_file import ImageFile

# Images with more numbers wait for each other.
LARGE = 32_000_000
_turn = threading.Lock()


def check(file: ImageFile, numbers: int) -> None:
    """Refuse an image of more numbers than are allowed.

    Raises:
        UserError: names the image and the limit.
    """
    limits.check(numbers, "image_pixels", str(file))


@contextlib.contextmanager
def turn(file: ImageFile, numbers: int, size: int) -> Iterator[None]:
    """Wait until an image may be decoded.

    Parameters:
        numbers: of its pixels, each page and channel counted.
        size: bytes of a number.

    Raises:
        UserError: there are too many numbers, or too many for the memory.
    """
    check(file, numbers)
    here, own = memory.room(), memory.libraries()
    if own + numbers * size / memory.MB > here.mb:
        raise UserError(
            f"{file}: takes {numbers * size / memory.MB:,.0f} MB when it is decoded, and the program itself at least "
            f"{own} MB, but {here.words}. Make the image smaller, or ask your administrator for more memory."
        )
    with _turn if numbers > LARGE else contextlib.nullcontext():
        yield
