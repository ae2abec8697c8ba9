"""A zip of images: what is in it, what is refused before anything is unpacked."""

import stat
import struct
import threading
import tracemalloc
import zipfile

import numpy as np
import pytest

from dltools.core import limits
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.images import archive, collection, decoding, headers
from dltools.images.image_file import ImageFile
from tests.support import attack_images
from tests.support.images import numbers, spec, written

PNG = written(numbers(6, 8), "PNG")


@pytest.fixture
def zipped(tmp_path):
    """Return a function that writes a zip and returns it as the tools know it."""

    def write(members):
        return Dataset(str(attack_images.archive(tmp_path / "images.zip", members)), "photos")

    return write


def names(found):
    return [file.name for file in found[0]]


def test_images_are_told_by_name_or_content(zipped):
    found = archive.files(
        zipped(
            {
                "b/2.JPG": written(numbers(6, 8), "JPEG"),
                "a/x y ü.png": PNG,
                "readme.txt": "hello",
                "labels.csv": "name,label",
                "scan": PNG,
                "c/": "",
            }
        )
    )
    assert names(found) == ["a/x y ü.png", "b/2.JPG", "scan"]
    assert found[1] == ["labels.csv", "readme.txt"]
    assert str(found[0][2]) == "'scan' of 'photos'"


def test_what_systems_leave_behind_is_no_image_and_not_told(zipped):
    left = ["__MACOSX/a/._1.png", "a/.DS_Store", "a/Thumbs.db", "a/._1.png", "a/desktop.ini"]
    found = archive.files(zipped({name: b"\0" for name in left} | {"a/1.png": PNG}))
    assert (names(found), found[1]) == (["a/1.png"], [])


def test_pixels_come_from_the_zip_by_several_threads(zipped):
    values = [numbers(6, 8) // (n + 1) for n in range(40)]
    files, _ = archive.files(zipped({f"{n:02}.png": written(one, "PNG") for n, one in enumerate(values)}))
    found = list(decoding.decode_all(files, spec(6, 8, 1), 4))
    assert all((one[..., 0] == value).all() for one, value in zip(found, values, strict=True))
    assert [header.width for header in headers.look_at_all(files, 4)] == [8] * 40


@pytest.mark.parametrize("path", ["/abs/1.png", "C:\\abs\\1.png", "./abs/1.png", "abs\\1.png", "abs//1.png"])
def test_paths_become_names(path, zipped):
    found, _ = archive.files(zipped({path: PNG}))
    assert [file.name for file in found] == ["abs/1.png"]
    assert headers.look(found[0]).width == 8


def test_name_that_macos_wrote_is_utf8(zipped, tmp_path):
    dataset = zipped({"xx.png": PNG})
    data = (tmp_path / "images.zip").read_bytes().replace(b"xx.png", "ü".encode() + b".png")
    (tmp_path / "images.zip").write_bytes(data)
    assert names(archive.files(dataset)) == ["ü.png"]


def test_path_out_of_the_zip_is_refused(zipped, tmp_path):
    with pytest.raises(UserError, match=r"^'../../1.png' of 'photos': leads out of the zip by '..'"):
        archive.files(zipped({"../../1.png": PNG}))
    assert [path.name for path in tmp_path.rglob("*")] == ["images.zip"]


def test_link_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as opened:
        link = zipfile.ZipInfo("1.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="^'1.png' of 'photos': is a link to another file"):
        archive.files(Dataset(str(tmp_path / "images.zip"), "photos"))


def test_encrypted_zip_is_refused(zipped, tmp_path):
    dataset = zipped({"1.png": PNG})
    attack_images.changed_entry(tmp_path / "images.zip", 8, b"\1\0")
    with pytest.raises(UserError, match="^'1.png' of 'photos': is encrypted. Zip the images without a password"):
        archive.files(dataset)


def test_unusual_packing_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr("1.png", PNG)
    with pytest.raises(UserError, match="^'1.png' of 'photos': is packed in an unusual way"):
        archive.files(Dataset(str(tmp_path / "images.zip"), "photos"))


@pytest.mark.parametrize("claimed", [len(PNG) - 5, len(PNG) + 5, 10 * len(PNG)])
def test_member_that_lies_about_its_size_is_refused(claimed, zipped, tmp_path):
    dataset = zipped({"1.png": PNG, "2.png": PNG})
    attack_images.changed_entry(tmp_path / "images.zip", 24, struct.pack("<I", claimed))
    files, _ = archive.files(dataset)
    for look in (headers.look, lambda file: decoding.decode(file, spec(6, 8, 1))):
        with pytest.raises(
            UserError, match="^'1.png' of 'photos': (cannot be read as a zip|has fewer bytes than the zip says)"
        ):
            look(files[0])
    assert headers.look(files[1]).width == 8


def test_huge_member_is_refused_before_it_is_unpacked(zipped, tmp_path):
    dataset = zipped({"1.png": PNG})
    attack_images.changed_entry(tmp_path / "images.zip", 24, struct.pack("<I", 4_000_000_000))
    with pytest.raises(UserError, match="^'1.png' of 'photos': has 4,000,000,000 bytes of an image's file, unpacked"):
        archive.files(dataset)


def test_zip_that_grows_too_much_is_refused(zipped):
    with pytest.raises(UserError, match="^'photos': has [0-9]{3} times that a zip of images grows when it is unpacked"):
        archive.files(zipped({f"{n}.bmp": bytes(3_000_000) for n in range(3)}))


def test_overlapping_members_are_refused(zipped, tmp_path):
    dataset = zipped({"1.png": PNG})
    attack_images.changed_entry(tmp_path / "images.zip", 20, struct.pack("<I", 100_000), only_directory=True)
    with pytest.raises(UserError, match="^'photos': is no sound zip: its files overlap"):
        archive.files(dataset)


@pytest.mark.parametrize("count", [250_001, 1_000_000])
def test_too_many_members_are_refused_before_they_are_listed(count, tmp_path):
    path = attack_images.many_members(tmp_path / "images.zip", count)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=r"^'photos': has .* files in a zip of images; at most 250,000"):
            archive.files(Dataset(str(path), "photos"))
        # The directory itself, once; the list of so many members would take some 400 MiB.
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size + 10 * limits.MiB
    finally:
        tracemalloc.stop()


def test_zip_of_many_members_is_one(tmp_path):
    path = attack_images.many_members(tmp_path / "images.zip", 10)
    with zipfile.ZipFile(path) as opened:
        assert opened.namelist() == ["a.png"] * 10


def test_huge_directory_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("DLTOOLS_MAX_ZIP_MEMBERS", "1000")
    path = attack_images.many_members(tmp_path / "images.zip", 100_000)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="at most 1,000 are allowed"):
            archive.files(Dataset(str(path), "photos"))
        assert tracemalloc.get_traced_memory()[1] < limits.MiB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "'photos': holds no images. .* It holds: nothing"),
        ({"a.txt": "x", "b.csv": "y"}, "'photos': holds no images. .* It holds: 'a.txt', 'b.csv'"),
        ({"more.zip": b"PK\3\4"}, "'photos': holds 'more.zip', which is an archive itself. Unpack it"),
        ({"1.png": PNG, "2.svg": "<svg/>"}, "'2.svg' of 'photos': is of a format that is not read. PNG, JPEG"),
        ({"1.png": PNG, "2.heic": b""}, "'2.heic' of 'photos': is of a format that is not read. PNG, JPEG"),
        ({"a/1.png": PNG, "./a/1.png": PNG}, "'photos': holds two files named 'a/1.png'"),
    ],
)
def test_zip_that_is_not_what_is_meant_is_refused(members, message, zipped):
    with pytest.raises(UserError, match=message):
        archive.files(zipped(members))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no zip", b"plain text", b"PK\5\6" + bytes(18) * 2])
def test_damaged_zip_is_refused(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UserError, match="^'photos': (cannot be read as a zip|holds no images)"):
        archive.files(Dataset(str(tmp_path / "a"), "photos"))


def test_damaged_members_are_named(zipped, tmp_path):
    dataset = zipped({"1.png": PNG, "2.png": PNG})
    data = bytearray((tmp_path / "images.zip").read_bytes())
    data[60] ^= 0xFF
    (tmp_path / "images.zip").write_bytes(bytes(data))
    files, _ = archive.files(dataset)
    with pytest.raises(UserError, match="^'1.png' of 'photos': cannot be read as a zip, or from one"):
        headers.look(files[0])


# --- folders as classes ------------------------------------------------------------------------


def classes(*paths):
    return archive.folder_classes([ImageFile(name=path, dataset=Dataset("z", "z"), member=path) for path in paths])


@pytest.mark.parametrize(
    "paths",
    [
        ("cat/1.png", "dog/1.png"),
        ("all/cat/1.png", "all/dog/1.png"),
        ("a/b/cat/1.png", "a/b/dog/deep/1.png"),
        ("cat/deep/1.png", "dog/1.png"),
    ],
)
def test_first_folder_that_tells_images_apart_is_the_class(paths):
    assert classes(*paths) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("1.png", "2.png"), "folders are chosen as classes, but the zip has no folders"),
        (("cat/1.png", "cat/2.png"), "all 2 lie in one folder"),
        (("cat/1.png",), "all 1 lie in one folder"),
        (("cat/1.png", "2.png", "dog/3.png"), "1 images lie beside the folders: '2.png'"),
        (("a/cat/1.png", "a/2.png", "a/dog/3.png"), "1 images lie beside the folders: 'a/2.png'"),
    ],
)
def test_images_beside_folders_are_refused(paths, message):
    with pytest.raises(UserError, match=message):
        classes(*paths)


# --- collections -------------------------------------------------------------------------------


def test_collection_is_taken_in_its_order():
    found = collection.files([Dataset("/1", "b.png"), Dataset("/2", "a.png")])
    assert [(file.name, file.dataset.path, file.member) for file in found] == [("b.png", "/1", ""), ("a.png", "/2", "")]


def test_empty_and_ambiguous_collections_are_refused(monkeypatch):
    with pytest.raises(UserError, match="images: the collection is empty"):
        collection.files([])
    with pytest.raises(UserError, match="images: 1 names stand for several images each: 'a'"):
        collection.files([Dataset("/1", "a"), Dataset("/2", "a"), Dataset("/3", "b")])
    monkeypatch.setenv("DLTOOLS_MAX_IMAGES", "1")
    with pytest.raises(UserError, match="images: has 2 images; at most 1 are allowed"):
        collection.files([Dataset("/1", "a"), Dataset("/2", "b")])


def test_several_threads_ask_for_one_zip(zipped):
    files, _ = archive.files(zipped({f"{n}.png": PNG for n in range(8)}))
    archive._checked.cache_clear()
    found, threads = [], []
    for file in files:
        threads.append(threading.Thread(target=lambda file=file: found.append(decoding.decode(file, spec(6, 8, 1)))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all((one[..., 0] == numbers(6, 8)).all() for one in found)
    assert all(isinstance(one, np.ndarray) for one in found)
