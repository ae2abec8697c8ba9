"""Looking at images before anything is decoded."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from dltools.images import contents, formats
from dltools.images.image_file import ImageFile
from dltools.images.image_header import ImageHeader


def look(file: ImageFile) -> ImageHeader:
    """Return what an image's file says of it.

    Raises:
        UserError: the file is no image that is read, damaged, or too large.
    """
    # Loaded where there are images: each takes its time.
    from dltools.images import raster, tiff

    kind = formats.of(contents.start(file), str(file))
    data = contents.read(file)
    return tiff.header(file, data) if kind == formats.TIFF else raster.header(file, data, kind)


def look_at_all(files: Sequence[ImageFile], threads: int) -> list[ImageHeader]:
    """Return what each image's file says of it, looking at as many side by side.

    Raises:
        UserError: as `look`, for the first image in order that is wrong.
    """
    executor = ThreadPoolExecutor(threads)
    try:
        return list(executor.map(look, files))
    finally:
        executor.shutdown(cancel_futures=True)
