"""Images of each kind become exactly the numbers that they show."""

import struct

import numpy as np
import pytest
from PIL import Image

from dltools.core.errors import UserError
from dltools.images import headers
from dltools.images.image_header import ImageHeader
from tests.support.attack_images import png
from tests.support.images import decoded, image, numbers, tiff, written

COLOURS = numbers(6, 8, 3)
GREY = numbers(6, 8)
DEEP = numbers(6, 8, most=65_535, dtype=np.uint16)
EXIF = 0x0112
# What a camera stores (of two rows of three pixels) -> as it is to be seen, for each orientation.
STORED = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
SEEN = {
    1: STORED,
    2: STORED[:, ::-1],
    3: STORED[::-1, ::-1],
    4: STORED[::-1],
    5: STORED.T,
    6: np.rot90(STORED, -1),
    7: STORED[::-1, ::-1].T,
    8: np.rot90(STORED),
}


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_colours_and_grey_are_the_files_own(kind, tmp_path):
    assert (decoded(tmp_path, written(COLOURS, kind), 6, 8, 3) == COLOURS).all()
    grey = decoded(tmp_path, written(GREY, kind), 6, 8, 1)
    assert grey.dtype == np.uint8
    assert (grey[..., 0] == GREY).all()


def test_jpeg_is_what_pillow_shows(tmp_path):
    smooth = np.add.outer(np.arange(6), np.arange(8)).astype(np.uint8) * 10
    found = decoded(tmp_path, written(smooth, "JPEG", quality=95), 6, 8, 1)[..., 0]
    assert abs(found.astype(int) - smooth).max() <= 4


def test_cmyk_jpeg_becomes_rgb(tmp_path):
    ink = Image.new("CMYK", (8, 6), (255, 0, 0, 0))  # cyan: no red, all green and blue
    found = decoded(tmp_path, written(ink, "JPEG", quality=100), 6, 8, 3)
    assert abs(found.astype(int) - [0, 255, 255]).max() <= 3


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_reach_white(bits, tmp_path):
    most = 2**bits - 1
    row = b"\0" + bytes([int("".join(f"{value:0{bits}b}" for value in (0, most, 0, most, 0, 0, 0, 0)[: 8 // bits]), 2)])
    found = decoded(tmp_path, png(8 // bits, 1, bits, 0, row), 1, 8 // bits, 1)
    assert found.ravel().tolist()[:2] == [0, 255]
    header = headers.look(image(tmp_path, "a.png", png(8 // bits, 1, bits, 0, row)))
    assert (header.channels, header.bits, header.format) == (1, 8, "PNG")


def test_palette_becomes_its_colours(tmp_path):
    colours = Image.fromarray(COLOURS).quantize(16)
    content = written(colours, "PNG")
    assert headers.look(image(tmp_path, "a.png", content)).channels == 3
    assert (decoded(tmp_path, content, 6, 8, 3) == np.asarray(colours.convert("RGB"))).all()


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3)])
def test_png_of_16_bits_keeps_all_of_them(kind, channels, tmp_path):
    values = numbers(6, 8, channels, most=65_535, dtype=">u2")
    content = png(8, 6, 16, kind, b"".join(b"\0" + row.tobytes() for row in values))
    found = decoded(tmp_path, content, 6, 8, channels, white=65_535.0)
    assert found.dtype == np.float32
    assert (found == values).all()
    assert headers.look(image(tmp_path, "a.png", content)).bits == 16


@pytest.mark.parametrize("orientation", SEEN)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_image_is_turned_as_the_camera_was_held(orientation, kind, tmp_path):
    seen = SEEN[orientation]
    if kind == "PNG":
        exif = Image.Exif()
        exif[EXIF] = orientation
        content = written(STORED, "PNG", exif=exif)
    else:
        content = tiff(STORED, metadata=None, extratags=[(274, "H", 1, orientation, True)])
    header = headers.look(image(tmp_path, "a", content))
    assert (header.height, header.width) == seen.shape
    assert (decoded(tmp_path, content, *seen.shape, 1)[..., 0] == seen).all()


def test_jpeg_is_turned(tmp_path):
    exif = Image.Exif()
    exif[EXIF] = 6
    half = np.zeros((16, 32), np.uint8)
    half[:, :16] = 255  # the left half is white; turned to the right, it is the upper one
    content = written(half, "JPEG", quality=95, exif=exif)
    found = decoded(tmp_path, content, 32, 16, 1)[..., 0]
    assert found[:15].min() > 240
    assert found[17:].max() < 15
    header = headers.look(image(tmp_path, "a.jpg", content))
    assert (header.height, header.width) == (32, 16)


def test_damaged_exif_hinders_nothing(tmp_path):
    content = written(GREY, "JPEG", exif=b"Exif\0\0not really")
    assert decoded(tmp_path, content, 6, 8, 1).shape == (6, 8, 1)
    assert headers.look(image(tmp_path, "a.jpg", content)).height == 6


def test_header_says_what_the_file_holds(tmp_path):
    assert headers.look(image(tmp_path, "a.bmp", written(COLOURS, "BMP"))) == ImageHeader(
        format="BMP", height=6, width=8, channels=3, bits=8, fractions=False, pages=1
    )


# --- channels ----------------------------------------------------------------------------------


def with_alpha(alpha):
    return np.dstack([COLOURS, np.full((6, 8), alpha, np.uint8)])


def test_grey_becomes_three_equal_channels(tmp_path):
    found = decoded(tmp_path, written(GREY, "PNG"), 6, 8, 3)
    assert (found == GREY[..., None]).all()


def test_colours_become_luminance(tmp_path):
    found = decoded(tmp_path, written(COLOURS, "PNG"), 6, 8, 1)[..., 0]
    assert (found == np.asarray(Image.fromarray(COLOURS).convert("L"))).all()
    deep = COLOURS.astype(np.uint16) * 257
    found = decoded(tmp_path, tiff(deep, photometric="rgb"), 6, 8, 1, white=65_535.0)[..., 0]
    assert np.allclose(found, deep @ [0.299, 0.587, 0.114], atol=0.01)


def test_opaque_alpha_is_left_out(tmp_path):
    assert (decoded(tmp_path, written(with_alpha(255), "PNG"), 6, 8, 3) == COLOURS).all()


def test_transparent_parts_lie_over_white(tmp_path):
    assert (decoded(tmp_path, written(with_alpha(0), "PNG"), 6, 8, 3) == 255).all()
    half = decoded(tmp_path, written(with_alpha(51), "PNG"), 6, 8, 3)
    assert (half == np.rint(COLOURS * 0.2 + 255 * 0.8)).all()


def test_alpha_is_a_channel_where_the_network_takes_four(tmp_path):
    assert (decoded(tmp_path, written(with_alpha(51), "PNG"), 6, 8, 4) == with_alpha(51)).all()


def test_transparent_colour_and_palette_lie_over_white(tmp_path):
    grey = png(2, 1, 8, 0, b"\0\x10\x20", (b"tRNS", struct.pack(">H", 0x10)))
    assert decoded(tmp_path, grey, 1, 2, 1).ravel().tolist() == [255, 0x20]
    palette = png(2, 1, 8, 3, b"\0\0\1", (b"PLTE", bytes([10, 20, 30, 40, 50, 60])), (b"tRNS", b"\0"))
    assert decoded(tmp_path, palette, 1, 2, 3).ravel().tolist() == [255, 255, 255, 40, 50, 60]
    deep = png(2, 1, 16, 0, b"\0" + struct.pack(">HH", 1000, 2000), (b"tRNS", struct.pack(">H", 1000)))
    assert decoded(tmp_path, deep, 1, 2, 1, white=4095.0).ravel().tolist() == [4095, 2000]


@pytest.mark.parametrize(
    ("kind", "over"), [("assocalpha", lambda c: c + 204.0), ("unassalpha", lambda c: c * 0.2 + 204)]
)
def test_tiff_says_whether_colours_are_multiplied_by_alpha(kind, over, tmp_path):
    dark = COLOURS // 5
    content = tiff(np.dstack([dark, np.full((6, 8), 51, np.uint8)]), photometric="rgb", extrasamples=[kind])
    assert (decoded(tmp_path, content, 6, 8, 3) == np.rint(over(dark.astype(float)))).all()


def test_channel_without_meaning_is_refused_unless_it_says_nothing(tmp_path):
    untold = {"photometric": "rgb", "extrasamples": ["unspecified"]}
    assert (decoded(tmp_path, tiff(with_alpha(255), **untold), 6, 8, 3) == COLOURS).all()
    assert (decoded(tmp_path, tiff(with_alpha(9), **untold), 6, 8, 4) == with_alpha(9)).all()
    with pytest.raises(UserError, match="'a': has a channel beside its 3 colours of which the file does not say what"):
        decoded(tmp_path, tiff(with_alpha(9), **untold), 6, 8, 3)


def test_other_channels_are_refused(tmp_path):
    content = tiff(numbers(2, 6, 8), imagej=True, metadata={"axes": "CYX"})
    with pytest.raises(UserError, match="'a': has 2 channels, but the network takes 3"):
        decoded(tmp_path, content, 6, 8, 3)


# --- sizes -------------------------------------------------------------------------------------


def test_sizes_are_brought_together_without_gaps(tmp_path):
    blocks = np.kron(numbers(3, 4), np.ones((40, 40), np.uint8))
    stretched = decoded(tmp_path, written(blocks, "PNG"), 6, 4, 1)[..., 0]
    assert (stretched == np.asarray(Image.fromarray(blocks).resize((4, 6), Image.Resampling.BILINEAR))).all()


def test_padding_is_black_and_all_around(tmp_path):
    white = np.full((10, 20), 255, np.uint8)
    found = decoded(tmp_path, written(white, "PNG"), 8, 8, 1, fit="pad")[..., 0]
    assert (found == np.repeat([0, 255, 0], [2, 4, 2])[:, None]).all()
    tall = decoded(tmp_path, written(white.T.copy(), "PNG"), 8, 8, 1, fit="pad")[..., 0]
    assert (tall == np.repeat([0, 255, 0], [2, 4, 2])).all()


def test_cropping_keeps_the_middle(tmp_path):
    stripes = np.repeat(np.array([10, 200, 10], np.uint8), [5, 10, 5])[None].repeat(10, axis=0)
    assert (decoded(tmp_path, written(stripes, "PNG"), 5, 5, 1, fit="crop") == 200).all()


def test_fractions_are_resized_as_fractions(tmp_path):
    values = np.full((9, 9), 0.125, np.float32)
    assert (decoded(tmp_path, tiff(values), 4, 4, 1, white=1.0) == 0.125).all()
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(8, axis=0)
    found = decoded(tmp_path, tiff(ramp), 2, 8, 1, white=1.0)[0, :, 0]
    assert np.allclose(found, ramp[0].reshape(8, 8).mean(axis=1), atol=0.02)


def test_numbers_of_16_bits_are_not_cut_down_by_resizing(tmp_path):
    found = decoded(tmp_path, tiff(np.full((9, 9), 40_000, np.uint16)), 4, 4, 1, white=65_535.0)
    assert (found == 40_000).all()
