"""Images and rows of a table belong together by name."""

import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.images import matching
from dltools.images.image_file import ImageFile

TABLE = Dataset("t", "labels")


def match(images, names, unmatched=matching.REFUSE):
    files = [ImageFile(name=name, dataset=Dataset("z", "z"), member=name) for name in images]
    found = matching.match(files, names, TABLE, unmatched)
    return found.images.tolist(), found.rows.tolist(), found.told


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("a.png", "a.png"),
        ("x/a.png", "x/a.png"),
        ("x/a.png", "a.png"),
        ("a.png", "x/a.png"),
        ("x/a.png", "x/a"),
        ("x/a.png", "a"),
        ("a", "a.png"),
        ("a.ome.tiff", "a"),
        ("a.ome.tif", "a.ome.tif"),
        ("a.JPG", "a.jpg"),
        ("a.jpeg", "a.jpg"),
        ("a.TIF", "a"),
        ("My Image 1.png", " My Image 1.png "),
        ("u\u0308.png", "ü.png"),
        ("x/a.png", "x\\a.png"),
        ("IMG_1.png", "img_1"),
        ("v1.2.png", "v1.2"),
    ],
)
def test_names_match_however_they_are_written(image, name):
    assert match([image, "other.png"], ["other.png", name]) == ([1, 0], [0, 1], [])


def test_whole_name_counts_before_parts():
    assert match(["x/a.png", "y/a.png", "a.tif"], ["y/a.png", "a.tif", "x/a.png"]) == ([1, 2, 0], [0, 1, 2], [])
    assert match(["Q.png", "q.tif"], ["q.PNG", "q"]) == ([0, 1], [0, 1], [])
    assert match(["a.png", "A.png"], ["A.png", "a"]) == ([1, 0], [0, 1], [])


@pytest.mark.parametrize(
    ("images", "name"), [(("x/a.png", "y/a.png"), "a.png"), (("a.png", "a.tif"), "a"), (("Q.png", "q.png"), "q.PNG")]
)
def test_name_that_fits_several_images_is_refused(images, name):
    with pytest.raises(UserError, match="'labels': the name '.*' in row 1 fits 2 images: '.*', '.*'. Write the names"):
        match(images, [name])


IMAGES = ["a.png", "b.png", "c.png", "d.png"]
NAMES = ["b", "none", "a", "c", "c.png", ""]


def test_what_has_no_match_is_refused_with_counts_and_names():
    with pytest.raises(UserError) as told:
        match(IMAGES, NAMES)
    assert str(told.value) == (
        "'labels': 2 rows name no image: 'none', ''; 2 rows name an image that another row names too: 'c', 'c.png'; 1 "
        "images are named in no row: 'd.png'. Mend the table or the images, or choose to leave out what has no match."
    )


def test_what_has_no_match_is_left_out_and_told():
    images, rows, told = match(IMAGES, NAMES, matching.LEAVE_OUT)
    assert (images, rows) == ([1, 0], [0, 2])
    assert told == [
        "'labels': left out: 2 rows name no image: 'none', ''.",
        "'labels': left out: 2 rows name an image that another row names too: 'c', 'c.png'.",
        "'labels': left out: 1 images are named in no row: 'd.png'.",
    ]


def test_header_that_is_taken_for_a_row_is_hinted_at():
    with pytest.raises(UserError, match="1 rows name no image: 'file'. Does the table have a header?"):
        match(["a.png"], ["file", "a"])


@pytest.mark.parametrize("unmatched", matching.UNMATCHED)
def test_wrong_column_is_told(unmatched):
    with pytest.raises(
        UserError, match=r"none of the 2 names .* The first name is '0', the first image 'a.png'.* Choose"
    ):
        match(["a.png"], ["0", "1"], unmatched)
    with pytest.raises(UserError, match="none of the 0 names"):
        match(["a.png"], [], unmatched)


def test_nothing_left_is_refused():
    with pytest.raises(
        UserError, match="2 rows name an image that another row names too: 'a', so that no sample is left"
    ):
        match(["a.png"], ["a", "a"], matching.LEAVE_OUT)
