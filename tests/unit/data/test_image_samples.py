"""Images as samples: the same wherever they are kept, scaled as they are taken, with names in messages."""

import numpy as np
import pytest
from PIL import Image

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.data import cautions, giveaways, image_samples
from dltools.data.dense_table import DenseTable
from dltools.data.rows import Rows
from dltools.data.side_by_side import SideBySide
from dltools.images import collection, headers
from dltools.images.image_spec import ImageSpec
from dltools.tables.storage import Storage

SHAPE = (6, 5, 1)
SPEC = ImageSpec(shape=SHAPE, fit="stretch", scale="0_1", white=255.0)
SOURCE = Dataset("", "cells")
COUNT = 30


@pytest.fixture
def files(tmp_path):
    """Return thirty images, of which the last is the first once more."""
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, *SHAPE[:2])).astype(np.uint8)
    pixels[-1] = pixels[0]
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    return pixels, collection.files([Dataset(str(tmp_path / f"{number}.png"), f"c{number}") for number in range(COUNT)])


def samples_of(files, spec=SPEC):
    looked = headers.look_at_all(files, 2)
    rows = Rows(source=SOURCE, count=len(files))
    return image_samples.decoded(files, looked, spec, 2, Storage(), SOURCE, rows)


@pytest.mark.parametrize("in_file", [False, True])
def test_takes_what_the_files_hold(files, in_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "is_large", lambda *_: in_file)
    pixels, given = files
    found = samples_of(given)
    assert (found.in_memory, found.pixels.dtype, len(found), found.width) == (not in_file, np.uint8, COUNT, 30)
    expected = (pixels.reshape(COUNT, -1) / 255).astype(np.float32)
    for chosen in (slice(3, 9), np.array([20, 0, 7]), np.array([], np.int64)):
        np.testing.assert_allclose(found.take(chosen), expected[chosen], atol=1e-7)
    np.testing.assert_allclose(found.columns(2, 4, slice(5)), expected[:5, 2:4], atol=1e-7)


def test_equal_images_have_equal_fingerprints(files):
    prints = samples_of(files[1]).fingerprints()
    assert prints[0] == prints[-1]
    assert len(set(prints)) == COUNT - 1


def test_messages_name_the_image_and_the_point(files):
    found = samples_of(files[1])
    assert found.place(3, None) == "Image 'c3'"
    assert found.place(3, 7) == "Image 'c3', line 2, column 3, channel 1"


def test_keeps_one_byte_a_number_of_eight_bits(files):
    held = []

    class Watched(Storage):
        def make_for_images(self, images, count, numbers, dtype):
            held.append((count, numbers, dtype))
            return super().make_for_images(images, count, numbers, dtype)

    looked = headers.look_at_all(files[1], 1)
    image_samples.decoded(files[1], looked, SPEC, 1, Watched(), SOURCE, Rows(source=SOURCE, count=COUNT))
    assert held == [(COUNT, 30, np.uint8)]


def test_columns_of_tables_beside_images_have_their_names(files, target_of_classes):
    pixels = samples_of(files[1])
    classes = (pixels.pixels[:, 4] > 127).astype(int)
    random = np.random.default_rng(1).normal(size=(COUNT, 2))
    values = np.column_stack([random, classes]).astype(np.float32)
    table = DenseTable(values=values, source=Dataset("", "blood"), names=("iron", "zinc", "telling"))
    both = SideBySide(parts=(pixels, table), names=table.names)
    assert both.spec.tables == (30, 3) and both.spec.images == SPEC
    found = giveaways.find(both, target_of_classes(classes))
    assert [both.spec.name(one.column) for one in found] == ["telling"]
    assert "the feature 'telling'" in cautions._column(both, found[0].column)


@pytest.fixture
def target_of_classes():
    from dltools.data import targets

    return lambda classes: targets.classification(
        [classes.astype(str).astype(object)], None, 2, "categorical_crossentropy", SOURCE
    )


def test_points_of_images_are_no_giveaways(files, target_of_classes):
    found = samples_of(files[1])
    bright = found.pixels[:, 4] > 127
    assert giveaways.find(found, target_of_classes(bright.astype(int))) == []


def test_contents_say_what_samples_are(files):
    found = samples_of(files[1])
    assert found.spec.contents(30) == "30 images, each brought to 6 x 5 x 1"
    table = DenseTable(values=np.zeros((COUNT, 3), np.float32), source=SOURCE)
    both = SideBySide(parts=(found, table), names=None)
    assert both.spec.contents(30) == "30 images, each brought to 6 x 5 x 1, and 3 columns of tables"
    assert table.spec.contents(30) == "30 rows, 3 columns"
