"""Bombs, lies, and files that are no images: one line with the image's name, and little memory."""

import struct
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from dltools.core import limits
from dltools.core.errors import UserError
from dltools.images import decoding, headers
from tests.support.attack_images import jpeg_of_claimed_size, pages, png, tags
from tests.support.images import decoded, image, numbers, spec, tiff, written

MANY = 60_000
TILED = {code: value for code, value in tags(8, 6).items() if code not in (273, 278, 279)}
BOMBS = {
    "png": png(MANY, MANY, 8, 2, bytes(1000)),
    "deep png": png(MANY, MANY, 16, 0, bytes(1000)),
    "jpeg": jpeg_of_claimed_size(MANY),
    "bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 1000, 0, 54, 40, MANY, MANY, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(900),
    "tiff": pages(tags(MANY, MANY, 8), tail=bytes(300)),
    "tile": pages(TILED | {322: MANY, 323: MANY, 324: 150, 325: 48}, tail=bytes(300)),
    "jpeg in tiff": pages(tags(8, 8, 7, 122, len(jpeg_of_claimed_size(MANY))), tail=jpeg_of_claimed_size(MANY)),
    "pages": pages(*[tags(8, 6, offset=8)] * 10_001),
    "circle": pages(tags(8, 6, offset=8), back=8),
    "long circle": pages(*[tags(8, 6, offset=8)] * 200, back=8 + 150 * 114),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_is_refused_in_little_memory(bomb, tmp_path):
    assert len(BOMBS[bomb]) < 2 * limits.MiB
    file = image(tmp_path, bomb, BOMBS[bomb])
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=f"^'{bomb}': (has .* at most|is damaged)"):
            decoding.decode(file, spec(6, 8, 1))
        assert tracemalloc.get_traced_memory()[1] < 40 * limits.MiB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bomb", ["png", "jpeg", "bmp", "tiff", "pages", "circle"])
def test_header_of_a_bomb_is_refused(bomb, tmp_path):
    with pytest.raises(UserError, match=f"^'{bomb}': has .* at most .* are allowed"):
        headers.look(image(tmp_path, bomb, BOMBS[bomb]))


def test_image_larger_than_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GALAXY_MEMORY_MB", "1000")
    monkeypatch.setattr("dltools.core.memory.libraries", lambda: 990)
    content = written(np.zeros((3000, 3000), np.uint8), "PNG")
    with pytest.raises(UserError, match=r"'a': takes 18 MB while it is decoded, .* granted 1,000 MB"):
        decoded(tmp_path, content, 6, 8, 1)


def test_file_of_too_many_bytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("DLTOOLS_MAX_IMAGE_BYTES", "100")
    with pytest.raises(UserError, match=r"'a.png': has 1,000 bytes of an image's file, unpacked; at most 100"):
        headers.look(image(tmp_path, "a.png", BOMBS["png"][:50] + bytes(950)))


WHOLE = {
    "png": written(numbers(60, 80, 3), "PNG"),
    "jpeg": written(numbers(60, 80, 3), "JPEG"),
    "bmp": written(numbers(60, 80, 3), "BMP"),
    "deep": written(numbers(60, 80, most=65_535, dtype=np.uint16), "PNG"),
    **{f"tiff {kind}": tiff(numbers(60, 80, 3), compression=kind) for kind in (None, "lzw", "zlib", "jpeg", "zstd")},
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("part", [0.02, 0.5, 0.98])
def test_file_that_is_cut_off_is_refused(kind, part, tmp_path):
    # A TIFF's pixels may be followed by its other pages.
    content = WHOLE[kind][: int(len(WHOLE[kind]) * part)]
    with pytest.raises(UserError, match=rf"^'{kind}': (is cut off|cannot be decoded|is no image|is an empty)"):
        decoding.decode(image(tmp_path, kind, content), spec(60, 80, 1, white=65_535.0 if kind == "deep" else 255.0))


@pytest.mark.parametrize("kind", WHOLE)
def test_changed_bytes_raise_nothing_but_a_line(kind, tmp_path):
    """Whatever is changed in a file, it is refused in a line or still decoded."""
    random = np.random.default_rng(3)
    for number in range(60):
        content = bytearray(WHOLE[kind])
        for place in random.integers(0, min(len(content), 400), 3):
            content[place] = random.integers(256)
        file = image(tmp_path, f"{kind} {number}", bytes(content))
        for look in (headers.look, lambda file: decoding.decode(file, spec(6, 8, 3))):
            try:
                look(file)
            except UserError as error:
                assert str(error).startswith(f"'{kind} {number}': "), error


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"patient\tlabel\n1\t0\n", "a text"),
        ("größe\n".encode() * 100, "a text"),
        (b"", "an empty file"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (written(np.zeros((2, 2), np.uint8), "GIF"), "a GIF"),
        (written(np.zeros((2, 2, 3), np.uint8), "WEBP"), "a WebP image"),
        (bytes(128) + b"DICM" + bytes(100), "a DICOM file"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "a HEIC photo"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (b"PK\x03\x04" + bytes(100), "a zip"),
        (b"BM is how this text begins, and it is longer than a header", "a text"),
        (bytes(range(1, 200)), "of another format"),
    ],
)
def test_file_that_is_no_image_says_what_it_is(content, what, tmp_path):
    file = image(tmp_path, "scan 1.png", content)
    for look in (headers.look, lambda file: decoding.decode(file, spec(6, 8, 1))):
        with pytest.raises(UserError) as told:
            look(file)
        assert str(told.value) == (
            f"'scan 1.png': is no image of a format that can be read, but {what}. PNG, JPEG, TIFF (OME-TIFF too) and BMP "
            "files are read. Save it as one of these, or leave it out."
        )


def test_name_says_nothing(tmp_path):
    values = numbers(6, 8)
    assert (decoded(tmp_path, written(values, "PNG"), 6, 8, 1, name="a.jpg")[..., 0] == values).all()


def test_first_wrong_image_in_order_is_named(tmp_path):
    sound = written(numbers(6, 8), "PNG")
    files = [image(tmp_path, f"{n}.png", b"text" if n in (7, 9) else sound) for n in range(12)]
    with pytest.raises(UserError, match=r"^'7.png'"):
        headers.look_at_all(files, 4)
    with pytest.raises(UserError, match=r"^'7.png'"):
        list(decoding.decode_all(files, spec(6, 8, 1), 4))


def test_administrators_limit_holds_beyond_pillows(tmp_path, monkeypatch):
    """Pillow itself refuses what has more than some 179 million pixels, and warns of half as many."""
    monkeypatch.setattr("dltools.images.large.LARGE_BYTES", 10**12)
    assert headers.look(image(tmp_path, "a", png(15_000, 15_000, 1, 0, b""))).width == 15_000
    assert Image.MAX_IMAGE_PIXELS is None
    monkeypatch.setenv("DLTOOLS_MAX_IMAGE_PIXELS", "1000")
    with pytest.raises(UserError, match=r"'a': has 225,000,000 pixels"):
        headers.look(image(tmp_path, "a", png(15_000, 15_000, 1, 0, b"")))
