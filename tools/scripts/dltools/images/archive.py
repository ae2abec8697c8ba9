"""The images in a zip: what it holds is checked before anything is unpacked, and nothing ever is, but into memory."""

import functools
import io
import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from dltools.core import limits
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.images import formats
from dltools.images.image_file import ImageFile

# What an entry of a zip's directory begins with.
_ENTRY = b"PK\x01\x02"
# A directory's entries are this long at most on average; more is no list of images.
_ENTRY_BYTES = 512
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
# Left there by macOS and Windows, and nobody's images.
_LEFTOVERS = (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX")


class _Counted(io.FileIO):
    """A zip's file, of which no longer directory can be read than is allowed."""

    most: int | None = None
    place = ""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes of the file, and count the entries among them."""
        if self.most is None:
            return super().read(-1 if size is None else size)
        left = os.fstat(self.fileno()).st_size - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        too_long = wanted > self.most * _ENTRY_BYTES
        found = b"" if too_long else super().read(wanted)
        # Each entry takes 46 bytes at least.
        count = wanted // _ENTRY_BYTES if too_long else found.count(_ENTRY)
        limits.check(count, "zip_members", self.place)
        return found


def files(dataset: Dataset) -> tuple[list[ImageFile], list[str]]:
    """Return the images of a zip in the order of their names, and the names of its other files.

    What macOS and Windows leave in zips belongs to neither.

    Raises:
        UserError: the zip is none, or damaged; it holds too many or too large files, links, encrypted files, paths
            that lead out of it, two files of one name, or no images.
    """
    images, others, seen = [], [], set()
    for member, name in _members(dataset):
        if name in seen:
            raise UserError(f"{dataset}: holds two files named {quoted(name)}. Give every image a name of its own.")
        seen.add(name)
        file = ImageFile(name=name, dataset=dataset, member=member.filename)
        if _looks_like_image(file):
            images.append(file)
        else:
            others.append(name)
    if not images:
        raise _no_images(dataset, others)
    limits.check(len(images), "images", str(dataset))
    return sorted(images, key=lambda file: file.name), sorted(others)


def _looks_like_image(file: ImageFile) -> bool:
    # What is named like an image and is none is refused by name when it is looked at.
    return file.name.lower().endswith(EXTENSIONS) or bool(formats.recognized(member(file, formats.START)))


EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
# Of images that are not read: whoever has them in a zip should know.
_UNREAD = (".gif", ".webp", ".svg", ".heic", ".heif", ".avif", ".dcm", ".jp2", ".jxl", ".psd", ".nd2", ".czi", ".lif")


def _no_images(dataset: Dataset, others: Sequence[str]) -> UserError:
    nested = next((name for name in others if name.lower().endswith((".zip", ".tar", ".gz", ".7z", ".rar"))), None)
    if nested:
        return UserError(
            f"{dataset}: holds {quoted(nested)}, which is an archive itself. Unpack it, and zip the images alone."
        )
    held = listed(map(quoted, others), 5) or "nothing"
    return UserError(f"{dataset}: holds no images. {formats.READ}. It holds: {held}.")


def _members(dataset: Dataset) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """Yield each file of a zip that is not left over from a system, and its name with folders."""
    for member in _opened(dataset).infolist():
        name = _name(member)
        parts = PurePosixPath(name).parts
        if member.is_dir() or name.endswith("/") or not parts:
            continue
        if any(part in _LEFTOVERS or part.startswith("._") for part in parts):
            continue
        if name.lower().endswith(_UNREAD):
            raise UserError(
                f"{quoted(name)} of {dataset}: is of a format that is not read. {formats.READ}. Save it as one of "
                "these, or leave it out."
            )
        yield member, name


def _name(member: zipfile.ZipInfo) -> str:
    """Return what the user calls a member: its path, as every system writes it, without what stands for no folder."""
    name = member.filename
    if not member.flag_bits & _IS_UTF8 and not name.isascii():
        # macOS writes UTF-8 and does not say so.
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = member.filename
    name = name.replace("\\", "/")
    if name[1:3] == ":/":
        name = name[3:]
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    return path + "/" if name.endswith("/") else path


def folder_classes(files: Sequence[ImageFile]) -> list[str]:
    """Return the class of each image: the first folder after those that all images have in common.

    Raises:
        UserError: images lie beside the folders, or there are no folders, or only one.
    """
    folders = [PurePosixPath(file.name).parent.parts for file in files]
    common = next((depth for depth, names in enumerate(zip(*folders, strict=False)) if len({*names}) > 1), None)
    common = min(map(len, folders), default=0) if common is None else common
    beside = [file for file, parts in zip(files, folders, strict=True) if len(parts) == common]
    if len(beside) == len(files):
        held = f"all {len(files):,} lie in one folder" if common else "the zip has no folders"
        raise UserError(
            f"images: folders are chosen as classes, but {held}. Put the images of each class into a folder named "
            "after it, or choose a table with labels."
        )
    if beside:
        raise UserError(
            f"images: folders are chosen as classes, but {len(beside):,} images lie beside the folders: "
            f"{listed((quoted(file.name) for file in beside), 5)}. Put each into the folder of its class."
        )
    return [parts[common] for parts in folders]


def size(file: ImageFile) -> int:
    """Return how many bytes a zip's member says that it has: no more are ever read of it."""
    return _opened(file.dataset).getinfo(file.member).file_size


def member(file: ImageFile, most: int) -> bytes:
    """Return the first bytes of a zip's member, `most` of them at most.

    Raises:
        UserError: the zip is damaged there.
    """
    with _told(str(file)), _opened(file.dataset).open(file.member) as opened:
        return opened.read(most)


def _opened(dataset: Dataset) -> zipfile.ZipFile:
    found = Path(dataset.path).stat()
    return _checked(dataset, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=4)
def _checked(dataset: Dataset, changed: int, size: int) -> zipfile.ZipFile:
    """Open a zip and check what its directory says; threads may read from it side by side."""
    with _told(str(dataset)):
        handle = _Counted(dataset.path)
        handle.place, handle.most = str(dataset), limits.limit("zip_members")
        opened = zipfile.ZipFile(handle)
    handle.most = None
    members = opened.infolist()
    for one in members:
        _check(one, dataset)
    if sum(one.compress_size for one in members) > size:
        raise UserError(f"{dataset}: is no sound zip: its files overlap. Zip the images anew.")
    limits.check(sum(one.file_size for one in members) // max(1, size), "zip_growth", str(dataset))
    return opened


def _check(member: zipfile.ZipInfo, dataset: Dataset) -> None:
    """Refuse what no zip of images holds."""
    place = f"{quoted(member.filename)} of {dataset}"
    if member.flag_bits & _ENCRYPTED:
        raise UserError(f"{place}: is encrypted. Zip the images without a password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(f"{place}: is packed in an unusual way. Zip the images with the usual one, deflate.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UserError(f"{place}: is a link to another file, or no file. Put the images themselves into the zip.")
    if ".." in member.filename.replace("\\", "/").split("/"):
        raise UserError(f"{place}: leads out of the zip by '..'. Zip the folder with the images anew.")
    limits.check(member.file_size, "image_bytes", place)


@contextmanager
def _told(place: str) -> Iterator[None]:
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        raise UserError(
            f"{place}: cannot be read as a zip, or from one: {quoted(error, 120)}. Upload it again, or zip the images "
            "anew."
        ) from None
