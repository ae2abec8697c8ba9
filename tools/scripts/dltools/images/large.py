"""Decoding one large image at a time, however many threads there are."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from dltools.core import limits, memory
from dltools.core.errors import UserError
from dltools.images.image_file import ImageFile

# Images that take more bytes wait for each other.
LARGE_BYTES = 64 * limits.MiB
_one_at_a_time = threading.Lock()

# Waits until an image of so many numbers may be decoded, for which so many bytes each are needed at the same time.
Wait = Callable[[ImageFile, int, int], None]


def check(file: ImageFile, numbers: int) -> None:
    """Refuse an image of more numbers than are allowed.

    Raises:
        UserError: names the image and the limit.
    """
    limits.check(numbers, "image_pixels", str(file))


@contextlib.contextmanager
def turn() -> Iterator[Wait]:
    """Yield what an image's decoder calls once it knows the size; until the block ends no other large one is decoded.

    What is yielded raises a `UserError` where an image is larger than allowed, or than the memory.
    """
    with contextlib.ExitStack() as stack:

        def wait(file: ImageFile, numbers: int, size: int) -> None:
            check(file, numbers)
            _check_memory(file, numbers * size / memory.MB)
            if numbers * size > LARGE_BYTES:
                stack.enter_context(_one_at_a_time)

        yield wait


def _check_memory(file: ImageFile, needed: float) -> None:
    here, own = memory.room(), memory.libraries()
    if own + needed > here.mb:
        raise UserError(
            f"{file}: takes {needed:,.0f} MB while it is decoded, and the program itself at least {own} MB, but "
            f"{here.words}. Make the image smaller, or ask your administrator for more memory."
        )
