"""Files that call themselves images and are bombs, lies, or something else, byte by byte."""

import struct
import zipfile
import zlib

import numpy as np

from tests.support.images import tiff, written

OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:own"><Image ID="I"><Pixels ID="P" '
    'DimensionOrder="XYCZT" Type="uint8" SizeX="8" SizeY="6" SizeC="1" SizeZ="{z}" SizeT="1"><Channel ID="C" '
    'SamplesPerPixel="1"/>{data}</Pixels></Image>{more}</OME>'
)
ELSEWHERE = '<TiffData IFD="0" FirstZ="{z}"><UUID FileName="{file}">urn:uuid:other</UUID></TiffData>'
MODULO = (
    '<StructuredAnnotations><XMLAnnotation ID="A" Namespace="x/modulo"><Value><Modulo><ModuloAlongZ Type="lifetime" '
    'Start="0" End="1e12"/></Modulo></Value></XMLAnnotation></StructuredAnnotations>'
)


def png(width, height, depth, kind, rows, *chunks):
    """Return a PNG with the header as given, whatever its rows are."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def tags(width, height, compression=1, offset=200, count=48, **more):
    """Return the tags of a grey TIFF of 8 bits with one strip."""
    found = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 273: offset, 277: 1, 278: height, 279: count}
    return found | {int(code.removeprefix("t")): value for code, value in more.items()}


def pages(*directories, tail=b"", back=0):
    """Return a TIFF with these tags in its pages; the last one leads on to the byte `back`."""
    place, out = 8, b"II*\0" + struct.pack("<I", 8)
    for number, tags_ in enumerate(directories):
        place += 2 + 12 * len(tags_) + 4
        out += struct.pack("<H", len(tags_))
        out += b"".join(struct.pack("<HHII", code, 4, 1, value) for code, value in sorted(tags_.items()))
        out += struct.pack("<I", back if number == len(directories) - 1 else place)
    return out + tail


def grey(**options):
    """Return a sound TIFF of 6 rows of 8 sevens, with what is said of them in addition."""
    return tiff(np.full((6, 8), 7, np.uint8), metadata=None, **options)


def ome(data="<TiffData/>", z=1, more=""):
    """Return a TIFF that says of its planes what is given."""
    return grey(description=OME.format(z=z, data=data, more=more))


def jpeg_of_claimed_size(size):
    """Return a JPEG of 8 x 8 pixels that says it has another size."""
    data = bytearray(written(np.zeros((8, 8), np.uint8), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", size, size)
    return bytes(data)


def archive(path, members):
    """Write a zip with these members, texts or bytes by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def many_members(path, count):
    """Write a zip that lists so many empty members, as small as that can be."""
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 33, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, 0, 0, 0, 5, 0) + b"a.png"
    size, start = (len(entry) + 5) * count, len(local)
    end64 = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, start)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, start + size, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with open(path, "wb") as handle:
        handle.write(local)
        for _ in range(count):
            handle.write(entry + b"a.png")
        handle.write(end64 + locator + end)
    return path


def changed_entry(path, offset, value, only_directory=False):
    """Change two or four bytes of the first entry of a zip's directory (offsets as there), and of its local header."""
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02") + offset
    data[place : place + len(value)] = value
    if not only_directory:
        # The local header lacks the first two bytes of the entry, "version made by".
        place = data.index(b"PK\x03\x04") + offset - 2
        data[place : place + len(value)] = value
    path.write_bytes(bytes(data))
    return path
