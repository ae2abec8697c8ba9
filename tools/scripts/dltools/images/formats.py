"""Which format a file has, by its first bytes: names lie."""

from dltools.core.errors import UserError

PNG, JPEG, TIFF, BMP = FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
READ = "PNG, JPEG, TIFF (OME-TIFF too) and BMP files are read"
# As many bytes of a file are enough to tell.
START = 512
_STARTS = {
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"II+\0": TIFF,
    b"MM\0+": TIFF,
}
# Offset, bytes, and what has them there: files that people take for images that are read.
_OTHERS = (
    (0, b"GIF8", "a GIF"),
    (8, b"WEBP", "a WebP image"),
    (4, b"ftypheic", "a HEIC photo"),
    (4, b"ftypheix", "a HEIC photo"),
    (4, b"ftypmif1", "a HEIC photo"),
    (4, b"ftypavif", "an AVIF image"),
    (128, b"DICM", "a DICOM file"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\x93NUMPY", "an array of NumPy"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a zip"),
)
_SIZE_OF_BMP_HEADER = 26


def recognized(start: bytes) -> str:
    """Return the format of a file by its first `START` bytes; "" of one that is not read."""
    found = next((name for signature, name in _STARTS.items() if start.startswith(signature)), "")
    # Any text may begin with "BM": in a bitmap four zeros follow at byte 6.
    is_bitmap = start.startswith(b"BM") and start[6:10] == bytes(4) and len(start) >= _SIZE_OF_BMP_HEADER
    return found or (BMP if is_bitmap else "")


def of(start: bytes, place: str) -> str:
    """Return the format of a file by its first `START` bytes.

    Raises:
        UserError: says what the file is instead.
    """
    found = recognized(start)
    if not found:
        raise UserError(
            f"{place}: is no image of a format that can be read, but {instead(start)}. {READ}. Save it as one of "
            "these, or leave it out."
        )
    return found


def instead(start: bytes) -> str:
    """Say what a file is that is no image of ours."""
    if not start.strip():
        return "an empty file" if not start else "blanks alone"
    other = next((what for place, found, what in _OTHERS if start[place : place + len(found)] == found), None)
    if other:
        return other
    if b"\0" in start:
        return "of another format"
    return "an SVG drawing" if b"<svg" in start.lower() else "a text" if _is_text(start) else "of another format"


def _is_text(start: bytes) -> bool:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last letter may be cut in two.
        return error.start > len(start) - 4
    return True
