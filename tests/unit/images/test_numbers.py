"""Which number is white, how numbers are scaled, and what is told of many images."""

import contextlib
import threading

import numpy as np
import pytest

from dltools.core.errors import UserError
from dltools.images import decoding, headers, scaling, white
from tests.support.images import image, numbers, spec, tiff, written


def common(folder, *contents, page=None):
    files = [image(folder, f"{n}.img", content) for n, content in enumerate(contents)]
    return white.common(files, headers.look_at_all(files, 2), page, 2)


def deep(*values):
    return tiff(np.array([values], np.uint16))


@pytest.mark.parametrize(
    ("largest", "expected"),
    [(0, 255), (255, 255), (256, 1023), (1023, 1023), (1024, 4095), (4095, 4095), (4096, 16_383), (65_535, 65_535)],
)
def test_white_of_16_bits_is_that_of_the_camera(largest, expected, tmp_path, capsys):
    assert common(tmp_path, deep(0, 0), deep(0, largest)) == expected
    assert f"the largest number in them is {largest:,}, so that white is {expected:,}" in capsys.readouterr().out


def test_white_of_8_bits_is_255_however_dark(tmp_path, capsys):
    black = np.zeros((2, 2), np.uint8)
    assert common(tmp_path, written(black, "PNG"), written(black, "JPEG"), tiff(black)) == 255
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("values", "expected"), [([0.0, 0.5], 1.0), ([0.0, 1.0], 1.0), ([0, 1.01], None), ([-0.1, 1], None)]
)
def test_white_of_fractions_is_one_or_nothing(values, expected, tmp_path):
    assert common(tmp_path, tiff(np.array([values], np.float32))) == expected


def test_only_the_chosen_page_counts(tmp_path):
    stack = np.array([9, 4000, 60_000], np.uint16)[:, None, None] * np.ones((1, 2, 2), np.uint16)
    assert common(tmp_path, tiff(stack, photometric="minisblack"), page=2) == 4095


def test_opaque_alpha_is_not_white(tmp_path):
    values = np.array([[[1000, 1000, 1000, 65_535]]], np.uint16)
    assert common(tmp_path, tiff(values, photometric="rgb", extrasamples=["unassalpha"])) == 1023


def test_images_of_different_depth_are_refused(tmp_path):
    contents = (written(numbers(2, 2), "PNG"), deep(1, 2), tiff(np.zeros((2, 2), np.float32)), deep(3, 4))
    with pytest.raises(UserError) as told:
        common(tmp_path, *contents)
    assert (
        "all must have the same depth, but '0.img' has up to 8 bits; '1.img' has 9 to 16 bits; '2.img' has fractions"
        in str(told.value)
    )


@pytest.mark.parametrize(
    ("content", "whiteness", "message"),
    [
        (written(numbers(1, 2), "PNG"), 4095.0, "has 8 bits, but white is 4,095 in other images"),
        (written(numbers(1, 2), "PNG"), 1.0, "holds whole numbers, but other images fractions"),
        (tiff(np.zeros((1, 2), np.float32)), 255.0, "holds fractions, but other images whole numbers up to 255"),
        (deep(0, 17_000), 4095.0, "holds numbers up to 17,000, but white is 4,095 in other images"),
        (tiff(np.array([[0, np.nan]], np.float32)), 1.0, r"holds numbers that are none \(NaN\) or infinite"),
        (tiff(np.array([[0, 1e300]])), 1.0, r"holds numbers that are none \(NaN\) or infinite"),
    ],
)
def test_image_of_another_depth_than_in_training_is_refused(content, whiteness, message, tmp_path):
    with pytest.raises(UserError, match=f"^'a': {message}"):
        decoding.decode(image(tmp_path, "a", content), spec(1, 2, 1, white=whiteness))


def test_image_a_little_brighter_than_in_training_is_taken(tmp_path):
    found = decoding.decode(image(tmp_path, "a", deep(0, 1100)), spec(1, 2, 1, white=1023.0))
    assert found.ravel().tolist() == [0, 1100]


# --- scales ------------------------------------------------------------------------------------

LEVELS = np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1)


@pytest.mark.parametrize(
    ("scale", "whiteness", "factor", "expected"),
    [
        ("0_1", 255.0, 1, [0, 0.2, 1]),
        ("0_1", 4095.0, 4095 / 255, [0, 0.2, 1]),
        ("-1_1", 255.0, 1, [-1, -0.6, 1]),
        ("0_255", 255.0, 1, [0, 51, 255]),
        ("0_255", 1.0, 1 / 255, [0, 51, 255]),
        ("none", 4095.0, 1, [0, 51, 255]),
    ],
)
def test_scales(scale, whiteness, factor, expected):
    pixels = LEVELS if factor == 1 else (LEVELS * factor).astype(np.float32)
    before = pixels.copy()
    found = scaling.scaled(pixels, spec(1, 3, 1, scale=scale, white=whiteness))
    assert found.dtype == np.float32
    assert found.shape == (1, 3)
    assert np.allclose(found[0], expected, atol=1e-6)
    assert (pixels == before).all()


def test_each_image_is_standardized_by_itself():
    pixels = np.stack([numbers(6, 8, 3), numbers(6, 8, 3) // 10 + 100, np.full((6, 8, 3), 9, np.uint8)])
    found = scaling.scaled(pixels, spec(6, 8, 3, scale="standard"))
    assert np.allclose(found.mean(axis=1), 0, atol=1e-6)
    assert np.allclose(found.std(axis=1), [1, 1, 0], atol=1e-6)


# --- many images -------------------------------------------------------------------------------


def test_what_was_done_is_told_once_with_the_number_of_images(tmp_path, capsys):
    colours, grey = numbers(6, 8, 3), numbers(6, 8)
    alpha = np.dstack([colours, np.full((6, 8), 255, np.uint8)])
    clear = np.dstack([colours, np.zeros((6, 8), np.uint8)])
    arrays = [colours, grey, grey, grey, alpha, alpha, clear]
    files = [image(tmp_path, f"{n}.png", written(one, "PNG")) for n, one in enumerate(arrays)]
    found = list(decoding.decode_all(files, spec(6, 8, 3), 3))
    assert [one.shape for one in found] == [(6, 8, 3)] * 7
    assert (found[0] == colours).all()
    assert capsys.readouterr().out.splitlines() == [
        "images: 3 of 7 are grey and become three equal channels, since the network takes three.",
        "images: 2 of 7 have an alpha channel without any transparency, which is left out.",
        "images: 1 of 7 have transparent parts, which are laid over white.",
    ]


def test_images_are_decoded_only_a_little_ahead(tmp_path, monkeypatch):
    file, taken = image(tmp_path, "a.png", written(numbers(6, 8), "PNG")), []
    inner = decoding.decoded
    monkeypatch.setattr(decoding, "decoded", lambda *given: (taken.append(1), inner(*given))[1])
    found = decoding.decode_all([file] * 100, spec(6, 8, 1), 2)
    next(found)
    found.close()
    assert len(taken) <= 5


def test_large_images_wait_for_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr("dltools.images.large.LARGE_BYTES", 10)
    # Two meet here, unless one waits for the other; who waited in vain breaks it for all.
    meeting, met = threading.Barrier(2), []
    inner = decoding.channels.matched

    def matched(*given):
        with contextlib.suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(0.5))
        return inner(*given)

    monkeypatch.setattr(decoding.channels, "matched", matched)
    file = image(tmp_path, "a.png", written(numbers(20, 20, 3), "PNG"))
    assert len(list(decoding.decode_all([file] * 8, spec(20, 20, 1), 4))) == 8
    assert not met
