"""TIFF files of every kind that microscopes and programs write."""

import io

import numpy as np
import pytest
import tifffile

from dltools.core.errors import UserError
from dltools.images import headers
from dltools.images import ome as ome_xml
from tests.support.attack_images import ELSEWHERE, MODULO, OME, grey, ome, pages, tags
from tests.support.images import decoded, image, numbers, tiff

COLOURS = numbers(6, 8, 3)
SEVENS = np.full((6, 8), 7)


def look(folder, content):
    return headers.look(image(folder, "a.tif", content))


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_compressed_tiff_is_exact(compression, dtype, tmp_path):
    values = numbers(64, 80, 3, dtype=dtype)
    if dtype == np.float32:
        values /= 255
    white = {np.uint8: 255.0, np.uint16: 65_535.0, np.float32: 1.0}[dtype]
    for options in ({}, {"predictor": compression not in (None, "packbits")}, {"tile": (16, 16)}):
        content = tiff(values, compression=compression, photometric="rgb", **options)
        assert (decoded(tmp_path, content, 64, 80, 3, white=white) == values).all(), options


def test_planes_apart_and_big_files_are_read(tmp_path):
    apart = tiff(COLOURS.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    assert (decoded(tmp_path, apart, 6, 8, 3) == COLOURS).all()
    assert (decoded(tmp_path, tiff(COLOURS, bigtiff=True, byteorder=">"), 6, 8, 3) == COLOURS).all()


def test_jpeg_in_tiff_has_the_right_colours(tmp_path):
    red = np.broadcast_to(np.array([250, 10, 10], np.uint8), (16, 16, 3))
    content = tiff(red, compression="jpeg", photometric="rgb")
    with tifffile.TiffFile(io.BytesIO(content)) as opened:
        assert opened.pages[0].photometric.name == "YCBCR"
    assert abs(decoded(tmp_path, content, 16, 16, 3).astype(int) - red).max() <= 3


def test_colours_as_brightness_and_two_differences_become_rgb(tmp_path):
    same = tiff(np.broadcast_to(np.array([76, 85, 255], np.uint8), (6, 8, 3)), photometric="ycbcr")  # red
    assert abs(decoded(tmp_path, same, 6, 8, 3).astype(int) - [254, 0, 0]).max() <= 1


def test_ink_becomes_rgb(tmp_path):
    ink = np.broadcast_to(np.array([255, 0, 0, 0], np.uint8), (6, 8, 4))
    assert (decoded(tmp_path, tiff(ink, photometric="separated"), 6, 8, 3) == [0, 255, 255]).all()


def test_white_as_zero_is_turned_around(tmp_path):
    values = numbers(6, 8)
    content = tiff(values, photometric="miniswhite")
    assert (decoded(tmp_path, content, 6, 8, 1)[..., 0] == 255 - values).all()
    deep = values.astype(np.uint16) * 257
    found = decoded(tmp_path, tiff(deep, photometric="miniswhite"), 6, 8, 1, white=65_535.0)
    assert (found[..., 0] == 65_535 - deep).all()


def test_palette_becomes_colours(tmp_path):
    palette = numbers(3, 256, most=255, dtype=np.uint16)
    values = numbers(6, 8)
    content = tiff(values, photometric="palette", colormap=palette * 256)
    assert (decoded(tmp_path, content, 6, 8, 3) == palette.T[values]).all()
    assert look(tmp_path, content).channels == 3


def test_one_and_twelve_bits_are_unpacked(tmp_path):
    black_and_white = numbers(6, 16, most=1, dtype=bool)
    content = tiff(black_and_white, photometric="minisblack")
    assert (decoded(tmp_path, content, 6, 16, 1)[..., 0] == black_and_white * 255).all()
    packed = pages({**tags(2, 1, offset=200, count=3), 258: 12}, tail=bytes(200 - 122) + b"\xab\xc1\x23")
    found = decoded(tmp_path, packed, 1, 2, 1, white=4095.0)
    assert found.ravel().tolist() == [0xABC, 0x123]
    assert look(tmp_path, packed).bits == 12


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint32, np.int32, np.complex64])
def test_other_numbers_are_refused(dtype, tmp_path):
    with pytest.raises(UserError, match=r"'a.tif': holds numbers of the type .* not read"):
        look(tmp_path, tiff(SEVENS.astype(dtype)))


def test_other_colours_and_compressions_are_refused(tmp_path):
    with pytest.raises(UserError, match="holds colours of the kind CIELAB, which is not read"):
        look(tmp_path, tiff(COLOURS, photometric="cielab"))
    with pytest.raises(UserError, match="is compressed by PNG, which is not read"):
        decoded(tmp_path, tiff(COLOURS, compression="png"), 6, 8, 3)


# --- pages -------------------------------------------------------------------------------------

STACK = numbers(5, 6, 8)


def test_page_is_chosen_or_all_are_a_stack(tmp_path):
    content = tiff(STACK)
    assert look(tmp_path, content).pages == 5
    assert (decoded(tmp_path, content, 6, 8, 1, page=3)[..., 0] == STACK[2]).all()
    assert (decoded(tmp_path, content, 5, 6, 8, 1)[..., 0] == STACK).all()


@pytest.mark.parametrize(
    ("shape", "page", "message"),
    [
        ((6, 8, 1), None, "'a': has 5 pages, but the network takes one image. Choose one of the pages"),
        ((6, 8, 1), 6, "'a': page 6 is chosen, but the file has 5"),
        ((4, 6, 8, 1), None, "'a': has 5 pages, but the network takes stacks of 4"),
    ],
)
def test_wrong_number_of_pages_is_told(shape, page, message, tmp_path):
    with pytest.raises(UserError, match=message):
        decoded(tmp_path, tiff(STACK), *shape, page=page)


HYPERSTACK = numbers(2, 3, 4, 6, 8, most=1000, dtype=np.uint16)


@pytest.mark.parametrize("program", ["imagej", "ome", "shaped"])
def test_hyperstack_has_channels_and_pages(program, tmp_path):
    content = tiff(HYPERSTACK, **{program: True}, metadata={"axes": "TZCYX"}, photometric="minisblack")
    found = look(tmp_path, content)
    assert (found.pages, found.channels, found.height, found.width) == (6, 4, 6, 8)
    whole = HYPERSTACK.reshape(6, 4, 6, 8).transpose(0, 2, 3, 1)
    assert (decoded(tmp_path, content, 6, 6, 8, 4, white=1023.0) == whole).all()
    assert (decoded(tmp_path, content, 6, 8, 4, white=1023.0, page=5) == whole[4]).all()


@pytest.mark.parametrize("order", ["CZYX", "ZCYX"])
def test_ome_says_which_planes_are_channels(order, tmp_path):
    values = numbers(2, 3, 6, 8)
    content = tiff(values, ome=True, metadata={"axes": order}, photometric="minisblack")
    seen = values.transpose((1, 2, 3, 0) if order == "CZYX" else (0, 2, 3, 1))
    assert (decoded(tmp_path, content, *seen.shape) == seen).all()


def test_imagej_stack_with_one_page_for_all_planes_is_read(tmp_path):
    slices = {"axes": "ZYX"}
    content = tiff(STACK, imagej=True, metadata=slices)
    with tifffile.TiffWriter(handle := io.BytesIO(), imagej=True) as writer:
        writer.write(STACK, truncate=True, metadata=slices)
    with tifffile.TiffFile(io.BytesIO(handle.getvalue())) as opened:
        assert len(opened.pages) == 1
    for one in (content, handle.getvalue()):
        assert (decoded(tmp_path, one, 5, 6, 8, 1)[..., 0] == STACK).all()


def test_pages_of_several_sizes_are_refused(tmp_path):
    with tifffile.TiffWriter(handle := io.BytesIO()) as writer:
        writer.write(numbers(6, 8))
        writer.write(numbers(5, 5))
    with pytest.raises(UserError, match=r"'a.tif': holds images of several sizes or kinds"):
        look(tmp_path, handle.getvalue())


def test_small_copy_beside_the_image_is_left_out(tmp_path):
    with tifffile.TiffWriter(handle := io.BytesIO()) as writer:
        writer.write(COLOURS, photometric="rgb", subifds=1, metadata=None)
        writer.write(COLOURS[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    assert (decoded(tmp_path, handle.getvalue(), 6, 8, 3) == COLOURS).all()


# --- what a file says of other files, and of itself ---------------------------------------------


OTHER = "other.ome.tif"
BINARY_ONLY = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly MetadataFile="other.ome.tif" '
    'UUID="urn:uuid:other"/></OME>'
)


@pytest.mark.parametrize(
    "said",
    [
        lambda folder: ome(ELSEWHERE.format(z=0, file=OTHER)),
        lambda folder: ome('<TiffData IFD="0"/>' + ELSEWHERE.format(z=1, file=OTHER), z=2),
        lambda folder: ome(ELSEWHERE.format(z=0, file=folder / OTHER)),
        lambda folder: ome(ELSEWHERE.format(z=0, file=OTHER)).replace(b'UUID="urn:uuid:own"', b" " * 19),
        lambda folder: grey(description=BINARY_ONLY),
        lambda folder: grey(description=BINARY_ONLY.replace(OTHER, str(folder / OTHER))),
    ],
)
def test_pixels_of_another_file_never_come_back(said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / OTHER).write_bytes(tiff(np.full((6, 8), 99, np.uint8), compression="zlib"))
    content = said(tmp_path)
    assert OTHER.encode() in content
    assert look(tmp_path, content).pages == 1
    assert (decoded(tmp_path, content, 6, 8, 1, name="b.ome.tif")[..., 0] == SEVENS).all()


@pytest.mark.parametrize("z", [1, 2])
def test_ome_that_names_another_file_is_not_believed(z):
    own = '<TiffData IFD="0"/>'
    assert ome_xml.is_of_this_file(OME.format(z=1, data=own, more=""), 1)
    data = (own if z == 2 else "") + ELSEWHERE.format(z=z - 1, file=OTHER)
    assert not ome_xml.is_of_this_file(OME.format(z=z, data=data, more=""), z)


def test_attack_is_one(tmp_path):
    """Where tifffile is asked for the file by its path, the other file's pixels do come back."""
    (tmp_path / OTHER).write_bytes(tiff(np.full((6, 8), 99, np.uint8), compression="zlib"))
    (tmp_path / "b.ome.tif").write_bytes(ome(ELSEWHERE.format(z=0, file=OTHER)))
    with pytest.warns(UserWarning, match="closed file"):
        assert (tifffile.imread(tmp_path / "b.ome.tif") == 99).all()


@pytest.mark.parametrize(
    "said",
    [
        ome('<TiffData IFD="0" PlaneCount="10000000000"/>', z=10**10),
        ome(z=10**10),
        ome('<TiffData IFD="0" PlaneCount="2000000000"/>'),
        ome('<TiffData IFD="5"/>'),
        ome('<TiffData IFD="0" FirstZ="-1"/>'),
        ome('<TiffData IFD="x"/>'),
        ome(more=MODULO),
        grey(description='<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><OME xmlns="x/OME/2016-06">&b;</OME>'),
        grey(description='<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'),
    ],
)
def test_what_ome_says_in_vain_is_passed_over(said, tmp_path):
    assert (decoded(tmp_path, said, 6, 8, 1)[..., 0] == SEVENS).all()


@pytest.mark.parametrize(
    "description",
    [
        "ImageJ=1.11a\nimages=1000000000\nslices=1000000000\nhyperstack=true\n",
        "ImageJ=1.11a\nimages=2\nslices=2\n",
        '{"shape": [1000000000, 6, 8]}',
        '{"shape": [2, 6, 8], "truncated": true}',
    ],
)
def test_file_that_lacks_planes_is_refused(description, tmp_path):
    with pytest.raises(UserError, match=r"'a.tif': is cut off: it says that it holds more pages"):
        look(tmp_path, grey(description=description))


def test_metamorph_stack_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"'a.tif': is a MetaMorph stack, which is not read. Save it as OME-TIFF"):
        look(tmp_path, grey(extratags=[(33628, 4, 2, (0, 0), True), (33629, 5, 1, (1, 1), True)]))
