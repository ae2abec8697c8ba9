"""Signatures: written with a key, told of when read, demanded where the administrator wants them."""

import io
import itertools
import json
import zipfile

import h5py
import numpy as np
import pytest

from dltools.core.errors import UserError
from dltools.untrusted import hdf5, signing
from tests.support import forms
from tests.support.places import TEST_DATA

Y = TEST_DATA / "y_train_one_hot.tabular"


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """Make a builder and a trained model with a key."""
    folder = tmp_path_factory.mktemp("signed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(signing.KEY, "secret")
        assert (
            forms.run("model_builder", forms.builder(TEST_DATA / "cnn_model.json"), folder, outfile="b.zip").returncode
            == 0
        )
        result = forms.run(
            "train_and_eval",
            forms.training(folder / "b.zip", TEST_DATA / "X_train.tabular", Y),
            folder,
            outfile_result="scores",
            outfile_object="m.h5mlm",
        )
    assert result.returncode == 0, result.stderr
    assert "'b.zip': signed by this server" in result.stdout
    return folder


def states(files, folder, monkeypatch, key="secret", required=None):
    """Read files; return name -> (exit status, what was said of the signature)."""
    monkeypatch.setenv(signing.KEY, key)
    if required:
        monkeypatch.setenv(signing.REQUIRED, required)
    results = forms.run_all(
        "model_builder", {name: forms.builder(path) for name, path in files.items()}, folder, outfile="out"
    )
    return {
        name: (r.returncode, r.stdout.splitlines()[0] if r.returncode == 0 else r.stderr) for name, r in results.items()
    }


def tampered(path, folder):
    copy = folder / "tampered.h5mlm"
    copy.write_bytes(path.read_bytes())
    with h5py.File(copy, "a") as handle:
        facts = json.loads(handle["-model_config-"][()])
        facts["target"]["classes"].reverse()
        del handle["-model_config-"]
        handle["-model_config-"] = json.dumps(facts)
    return copy


def test_ok_says_what_a_file_is(signed, tmp_path, monkeypatch):
    files = {
        "signed": signed / "m.h5mlm",
        "unsigned": TEST_DATA / "cnn_model.h5mlm",
        "tampered": tampered(signed / "m.h5mlm", tmp_path),
    }
    found = states(files, tmp_path, monkeypatch)
    assert found["signed"] == (0, "'m.h5mlm': signed by this server")
    assert found["unsigned"] == (0, "'cnn_model.h5mlm': unsigned")
    assert found["tampered"][1].startswith("'tampered.h5mlm': tampered: changed after it was signed")


def test_fail_where_signatures_are_demanded(signed, tmp_path, monkeypatch):
    files = {
        "signed": signed / "m.h5mlm",
        "unsigned": TEST_DATA / "cnn_model.h5mlm",
        "tampered": tampered(signed / "m.h5mlm", tmp_path),
    }
    found = states(files, tmp_path, monkeypatch, required="1")
    assert found["signed"][0] == 0
    assert found["unsigned"][1].startswith("Error: 'cnn_model.h5mlm': is unsigned. This server reads only")
    assert found["tampered"][1].startswith("Error: 'tampered.h5mlm': is tampered:")


def test_fail_another_key(signed, tmp_path, monkeypatch):
    found = states({"other": signed / "m.h5mlm"}, tmp_path, monkeypatch, key="another")
    assert "tampered: changed after it was signed, or signed with another key" in found["other"][1]


def test_builder_and_its_signature(signed, tmp_path, monkeypatch):
    from dltools.core.dataset import Dataset
    from dltools.model_files import builder

    with zipfile.ZipFile(signed / "b.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert sorted(members) == ["architecture.json", "signature.txt", "training.json", "versions.json"]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b'"loss": "categorical_crossentropy"', b'"loss": "hinge"'))
    monkeypatch.setenv(signing.KEY, "secret")
    monkeypatch.setenv(signing.REQUIRED, "yes")
    monkeypatch.setattr(builder.architecture, "checked", lambda config, source: None)
    assert builder.read(Dataset(str(signed / "b.zip"), "b")).training.loss == "categorical_crossentropy"
    with pytest.raises(UserError, match="'b': is tampered"):
        builder.read(Dataset(str(tmp_path / "b.zip"), "b"))
    monkeypatch.delenv(signing.KEY)
    with pytest.raises(
        UserError, match="DLTOOLS_REQUIRE_SIGNED: signatures are demanded, but DLTOOLS_SIGNING_KEY holds no key"
    ):
        builder.read(Dataset(str(signed / "b.zip"), "b"))


def test_nothing_can_move_to_another_place():
    def signed(**attributes):
        with h5py.File(io.BytesIO(), "w") as handle:
            for name, value in attributes.items():
                place, _, attribute = name.partition("__")
                handle.require_group(place.replace("_", "@")).attrs[attribute.replace("_", "@")] = value
            return list(hdf5.contents(handle, "-signature-"))

    assert signed(a__b=1) == signed(a__b=1)
    # An attribute b@c of a and an attribute c of a@b; numbers of another type with the same bytes; an empty group.
    different = [
        signed(a__b_c=1),
        signed(a_b__c=1),
        signed(a__b_c=np.uint64(1)),
        signed(a__b_c=[1]),
        signed(a__b_c="1"),
        signed(a__b_c=1, d__e=1),
    ]
    assert all(one != other for one, other in itertools.combinations(different, 2))


def test_no_signature_without_a_key():
    with h5py.File(TEST_DATA / "cnn_model.h5mlm") as handle:
        assert "-signature-" not in handle.attrs
    assert signing.signature([]) is None
