"""Outputs: whole or not there."""

import os

import pytest

from dltools.core import files


def test_write_text_replaces_the_file(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    files.write_text(target, "Ä\n")
    assert target.read_bytes() == "Ä\n".encode()
    assert list(tmp_path.iterdir()) == [target]


def test_replacing_leaves_the_old_file_if_writing_fails(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    with pytest.raises(OSError, match="disk full"), files.replacing(target) as path:
        with open(path, "w") as handle:
            handle.write("half")
        raise OSError("disk full")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_replacing_keeps_the_error_if_the_temporary_file_is_gone(tmp_path):
    with pytest.raises(ValueError, match="refused"), files.replacing(tmp_path / "out") as path:
        os.remove(path)  # noqa: PTH107, as a library may do before it fails
        raise ValueError("refused")
    assert list(tmp_path.iterdir()) == []


def test_replacing_gives_a_path_beside_the_target_with_the_suffix(tmp_path):
    with files.replacing(tmp_path / "model", suffix=".h5") as path:
        assert path.endswith(".h5")
        assert os.path.dirname(path) == str(tmp_path)  # noqa: PTH120


def test_outputs_have_the_permissions_of_other_new_files(tmp_path):
    (tmp_path / "other").touch()
    files.write_text(tmp_path / "out", "")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "other").stat().st_mode
