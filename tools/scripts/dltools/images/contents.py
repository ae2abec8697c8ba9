"""The bytes of an image's file, wherever it lies."""

from pathlib import Path

from dltools.core import limits
from dltools.core.errors import UserError
from dltools.images import archive, formats
from dltools.images.image_file import ImageFile


def start(file: ImageFile) -> bytes:
    """Return the first bytes of an image's file, as many as tell its format."""
    return _read(file, formats.START)


def read(file: ImageFile) -> bytes:
    """Return all bytes of an image's file.

    Raises:
        UserError: there are more than are allowed, or the zip that holds it is damaged.
    """
    size = archive.size(file) if file.member else Path(file.dataset.path).stat().st_size
    limits.check(size, "image_bytes", str(file))
    # So much memory is taken at once, whatever there is.
    found = _read(file, size)
    if len(found) != size:
        raise UserError(f"{file}: has fewer bytes than the zip says. Zip the images anew.")
    if not found:
        raise UserError(f"{file}: is an empty file. Leave it out, or upload it again.")
    return found


def _read(file: ImageFile, most: int) -> bytes:
    if file.member:
        return archive.member(file, most)
    with open(file.dataset.path, "rb") as handle:
        return handle.read(most)
