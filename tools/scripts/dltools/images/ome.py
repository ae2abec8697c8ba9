"""Whether what an OME-TIFF says of its axes is about the pages of the file alone.

An OME-TIFF may name other files that hold some of an image's planes, and numbers of planes that are in no file.
Such a file is read page by page, as if it said nothing.
"""

import math
from collections.abc import Iterator
from xml.etree import ElementTree

_COUNTS = ("NumPlanes", "PlaneCount")
_AXES = "ZCT"
_MODULO = "ModuloAlong"


def is_of_this_file(text: str, pages: int) -> bool:
    """Tell whether the axes that the XML states can be used.

    Parameters:
        text: the XML.
        pages: in the file.
    """
    if "<!" in text.replace("<!--", "") or _MODULO in text:
        return False
    try:
        root = ElementTree.fromstring(text)
        return all(_is_plain(one, root.get("UUID"), pages) for one in _named(root, "Pixels")) and "BinaryOnly" not in {
            _name(one) for one in root
        }
    except (ElementTree.ParseError, ValueError, KeyError, OverflowError):
        return False


def _is_plain(pixels: ElementTree.Element, uuid: str | None, pages: int) -> bool:
    sizes = {axis: int(pixels.attrib[f"Size{axis}"]) for axis in _AXES}
    if min(sizes.values()) < 1 or not pages <= math.prod(sizes.values()) <= pages * sizes["C"]:
        return False
    left = pages
    for data in _named(pixels, "TiffData"):
        if any(_name(one) == "UUID" and one.text != uuid for one in data):
            return False
        places = [int(data.get(f"First{axis}", "0")) for axis in _AXES]
        default = "1" if "IFD" in data.attrib else str(pages)
        planes = max(int(data.get(name, default)) for name in _COUNTS) if {*_COUNTS} & {*data.attrib} else int(default)
        if not all(0 <= place < sizes[axis] for place, axis in zip(places, _AXES, strict=True)):
            return False
        if not 0 <= int(data.get("IFD", "0")) < pages or not 0 <= planes <= left:
            return False
        left -= planes
    return left == 0


def _named(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (one for one in element.iter() if _name(one) == name)


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
