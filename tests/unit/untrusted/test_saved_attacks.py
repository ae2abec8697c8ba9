"""Files of plain Keras that try to act on the server: refused in one line, with nothing left behind."""

import pytest

from tests.support import attack_saved, forms
from tests.support.places import TEST_DATA

NETWORKS = attack_saved.networks()
X, Y = TEST_DATA / "X_train.tabular", TEST_DATA / "y_train.tabular"
H5, ARCHIVE, TRAINING, BUILDER = READERS = (
    "prediction reads an h5", "prediction reads a zip", "training reads a zip", "the builder reads a zip",
)  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run the tools once on all files; return reader -> name -> result."""
    files = tmp_path_factory.mktemp("files")
    hdf5, zips = {}, {}
    for number, (name, (config, _)) in enumerate(NETWORKS.items()):
        hdf5[name], zips[name] = files / f"{number}.h5", files / f"{number}.keras"
        attack_saved.write_hdf5(hdf5[name], config)
        attack_saved.write_archive(zips[name], config)
    for number, (name, (change, _)) in enumerate(attack_saved.HDF5.items()):
        hdf5[name], zips[name] = files / f"changed_{number}.h5", files / f"changed_{number}.keras"
        attack_saved.write_changed_hdf5(hdf5[name], change, TEST_DATA / "saved_model.h5")
        attack_saved.write_changed_archive(zips[name], change, TEST_DATA / "saved_model.keras")
    for number, (name, (write, _)) in enumerate(attack_saved.ZIPS.items()):
        zips[name] = files / f"zip_{number}.keras"
        write(zips[name], TEST_DATA / "saved_model.keras")
    training = {"outfile_result": "scores", "outfile_object": "model"}
    folder = {reader: tmp_path_factory.mktemp("attack") for reader in READERS}
    some = {
        name: path
        for name, path in zips.items()
        if name in attack_saved.ZIPS or name in attack_saved.HDF5 or name.startswith("CVE")
    }
    return {
        H5: forms.run_all(
            "model_prediction", {n: forms.prediction(p, X) for n, p in hdf5.items()}, folder[H5], outfile_predict="out"
        ),
        ARCHIVE: forms.run_all(
            "model_prediction",
            {n: forms.prediction(p, X) for n, p in zips.items()},
            folder[ARCHIVE],
            outfile_predict="out",
        ),
        TRAINING: forms.run_all(
            "train_and_eval", {n: forms.training(p, X, Y) for n, p in some.items()}, folder[TRAINING], **training
        ),
        BUILDER: forms.run_all(
            "model_builder",
            {n: forms.builder(p) for n, p in some.items() if n not in attack_saved.FITTING},
            folder[BUILDER],
            outfile="out",
        ),
    }


CASES = [
    *((reader, name, words) for name, (_, words) in NETWORKS.items() for reader in (H5, ARCHIVE)),
    *((reader, name, words) for name, (_, words) in attack_saved.HDF5.items() for reader in (H5, ARCHIVE, TRAINING)),
    *((reader, name, words) for name, (_, words) in attack_saved.ZIPS.items() for reader in (ARCHIVE, TRAINING)),
    *((TRAINING, name, words) for name, (_, words) in NETWORKS.items() if name.startswith("CVE")),
    *(
        (BUILDER, name, words)
        for name, (_, words) in (NETWORKS | attack_saved.HDF5 | attack_saved.ZIPS).items()
        if (name.startswith("CVE") or name not in NETWORKS) and name not in attack_saved.FITTING
    ),
]


@pytest.mark.parametrize("reader, name, words", CASES, ids=[f"{name}-{reader}" for reader, name, _ in CASES])
def test_fail(results, reader, name, words):
    result = results[reader][name]
    forms.assert_one_line(result, words)
    assert len(result.stderr) < 2000
    assert result.stderr.rstrip("\n").isprintable()
    assert result.written == []
