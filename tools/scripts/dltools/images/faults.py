"""What is said of an image's file that cannot be decoded."""

import contextlib
from collections.abc import Iterator

from dltools.core.errors import UserError, quoted
from dltools.images import formats
from dltools.images.image_file import ImageFile


@contextlib.contextmanager
def told(file: ImageFile) -> Iterator[None]:
    """Turn what a decoder raises for a damaged file into a `UserError` with the file's name.

    Decoders raise whatever the damaged bytes lead them to, so that no list of exceptions would be complete.

    Raises:
        UserError: the block raised anything.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        raise UserError(
            f"{file}: cannot be decoded: it is damaged, cut off, or of an unusual kind ({quoted(error, 120)}). "
            f"{formats.READ}. Save it anew as one of these, or leave it out."
        ) from None
