"""Opening HDF5 files of users: what they hold is looked through before anything of it is read.

HDF5 can point out of a file: by soft and external links, by arrays whose values lie in other files, by virtual
arrays and by references. It can pack values with filters that are loaded as libraries, and declare arrays of any
size that take no room. A model file has none of these.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dltools.core import limits
from dltools.core.errors import UserError, quoted
from dltools.core.types import Hdf5
from dltools.untrusted import sandbox

if TYPE_CHECKING:
    import h5py
    import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# What h5py raises where a file's bytes are not what they should be.
DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError, OverflowError, MemoryError)
# Fewer stored bytes than this are no sign of a file that claims more than it holds.
SMALL = 64 * 1024


def is_hdf5(path: str | Path) -> bool:
    """Tell by its first bytes whether a file is HDF5."""
    with open(path, "rb") as handle:
        return handle.read(len(SIGNATURE)) == SIGNATURE


@contextlib.contextmanager
def opened(path: str | Path, source: str, expected: str) -> Iterator["h5py.File"]:
    """Open a file for reading after looking through all that it holds.

    Parameters:
        source: the file's name, for messages.
        expected: what the file should have been, for messages.

    Yields:
        An `h5py.File`.

    Raises:
        UserError: no HDF5, a damaged file, or one that holds what a model file has no use for.
    """
    import h5py

    if not is_hdf5(path):
        raise UserError(f"{source}: {expected}. It is no HDF5 file.")

    def look() -> None:
        with damage_told(source, expected), h5py.File(path, "r", locking=False) as handle:
            _look_through(handle, source)

    sandbox.check(look, source)
    with h5py.File(path, "r", locking=False) as handle:
        yield handle


@contextlib.contextmanager
def damage_told(source: str, expected: str) -> Iterator[None]:
    """Turn what h5py raises for a damaged file into a `UserError`."""
    try:
        yield
    except DAMAGE as error:
        raise UserError(
            f"{source}: {expected}. It cannot be read as HDF5: {str(error) or 'too little memory'}."
        ) from None


def is_group(handle: Hdf5, place: str) -> bool:
    """Tell whether a file has a group in one place."""
    import h5py

    return isinstance(handle.get(place), h5py.Group)


def text(handle: Hdf5, place: str, source: str) -> bytes | str:
    """Return the text that a file holds in one place.

    Raises:
        UserError: there is none.
    """
    import h5py

    member = handle.get(place)
    if not isinstance(member, h5py.Dataset) or member.shape != () or not h5py.check_string_dtype(member.dtype):
        raise UserError(f"{source}: has no text {quoted(place)}, so is no model file of these tools, or damaged.")
    with damage_told(source, "is a damaged model file"):
        read = member[()]
        return read.decode() if isinstance(read, bytes) else read


def _look_through(handle: Hdf5, source: str) -> None:
    """Check every object of a file, each once; nothing is read but what describes them, and texts.

    The texts are read to see that they can be: many of them may be one and the same in the file, but not in memory.
    """
    import h5py

    seen, objects, size = {_address(handle)}, 1 + _checked_attributes(handle, source, "/"), 0
    open_groups = [(handle, "", 1)]
    while open_groups:
        group, path, depth = open_groups.pop()
        limits.check(depth, "hdf5_depth", f"{source}: {quoted(path)}")
        limits.check(objects + len(group), "hdf5_objects", source)
        for name in group:
            place = f"{path}/{name}"
            if type(group.get(name, getlink=True)) is not h5py.HardLink:
                _refuse(source, place, "is a link to another place or file")
            member = group[name]
            if _address(member) in seen:
                _refuse(source, place, "is one thing in two places")
            seen.add(_address(member))
            objects += 1 + _checked_attributes(member, source, place)
            limits.check(objects, "hdf5_objects", source)
            if isinstance(member, h5py.Group):
                open_groups.append((member, place, depth + 1))
            elif isinstance(member, h5py.Dataset):
                size += _checked_array(member, source, place)
                limits.check(size, "hdf5_bytes", source)
            else:
                _refuse(source, place, "is neither a group nor an array")


def _address(member: Hdf5) -> int:
    import h5py

    return h5py.h5o.get_info(member.id).addr


def _checked_attributes(member: Hdf5, source: str, place: str) -> int:
    """Check an object's attributes; return how many there are."""
    for name in member.attrs:
        attribute = member.attrs.get_id(name)
        inside = f"{place}, attribute {name}"
        _check_type(attribute.dtype, source, inside)
        limits.check(_size(attribute.shape, attribute.dtype), "json_bytes", f"{source}: {quoted(inside)}")
        member.attrs[name]
    return len(member.attrs)


def _checked_array(member: Hdf5, source: str, place: str) -> int:
    """Check an array before it is read; return how many bytes it takes."""
    import h5py

    _check_type(member.dtype, source, place)
    creation = member.id.get_create_plist()
    if creation.get_external_count() or member.external:
        _refuse(source, place, "has its values in another file")
    if creation.get_layout() == h5py.h5d.VIRTUAL:
        _refuse(source, place, "takes its values from other arrays")
    for number in range(creation.get_nfilters()):
        if creation.get_filter(number)[0] not in (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE):
            _refuse(source, place, "is packed with another filter than gzip and shuffle")
    size, stored = _size(member.shape, member.dtype), member.id.get_storage_size()
    if size > SMALL:
        limits.check(size // max(1, stored), "hdf5_ratio", f"{source}: {quoted(place)}")
    if creation.get_layout() == h5py.h5d.CHUNKED:
        # A chunk is unpacked as a whole, whatever part of it the array has.
        chunk = _size(member.chunks, member.dtype)
        if chunk > max(size, SMALL):
            _refuse(source, place, "is stored in pieces that are larger than itself")
    if member.dtype.hasobject:
        member[()]
    return size


def _size(shape: tuple[int, ...] | None, dtype: "np.dtype") -> int:
    size = dtype.itemsize
    for length in shape or ():
        size *= int(length)
    return 0 if shape is None else size


def _check_type(dtype: "np.dtype", source: str, place: str) -> None:
    import h5py

    text = h5py.check_string_dtype(dtype) is not None
    if (dtype.hasobject and not text) or dtype.kind not in "fiubSO" or dtype.subdtype:
        _refuse(source, place, "holds neither numbers nor text")


def _refuse(source: str, place: str, what: str) -> NoReturn:
    raise UserError(f"{source}: {quoted(place)} {what}, which no model file has. The file is refused.")


def contents(handle: Hdf5, without: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of every group, attribute and array of a file, in the order of their places, for a signature.

    The name is JSON: the place, the attribute's name or null, the type, and the shape; null for a group.

    Parameters:
        without: a root attribute that is left out.
    """
    places = ["/"]
    handle.visit(places.append)
    for place in sorted(places):
        member = handle[place]
        is_array = hasattr(member, "dtype")
        yield _name(place, None, member if is_array else None), _bytes(member[()]) if is_array else b""
        for name in sorted(member.attrs):
            if (place, name) != ("/", without):
                yield _name(place, name, member.attrs.get_id(name)), _bytes(member.attrs[name])


def _name(place: str, attribute: str | None, array: Hdf5) -> str:
    return json.dumps([place, attribute, array and array.dtype.str, array and array.shape])


def _bytes(value: object) -> bytes:
    import numpy as np

    if isinstance(value, (str, bytes)):
        return value.encode() if isinstance(value, str) else value
    array = np.asarray(value)
    return json.dumps(array.astype(str).tolist()).encode() if array.dtype.kind in "OSU" else array.tobytes()
