"""Files that try to act on the server, by each tool that reads them: refused in one line, with nothing left behind."""

import pytest

from tests.support import attack_models, forms
from tests.support.places import TEST_DATA

NETWORKS = attack_models.networks()
READERS = (
    "builder reads a model configuration",
    "training reads a builder",
    "prediction reads a trained model",
    "training reads a trained model",
)
X, Y = TEST_DATA / "X_train.tabular", TEST_DATA / "y_train_one_hot.tabular"


def _write(folder, writer, name, *arguments):
    path = folder / f"{name.replace(' ', '_').replace(',', '')}"
    writer(path, *arguments)
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run each tool once on all its files; return reader -> name -> result."""
    folder = {reader: tmp_path_factory.mktemp("attack") for reader in READERS}
    files = tmp_path_factory.mktemp("files")
    jsons, zips, trained = {}, {}, {}
    for name, (config, _) in NETWORKS.items():
        (files / name).mkdir()
        jsons[name] = _write(files / name, attack_models.write_json, "model.json", config)
        zips[name] = _write(
            files / name, attack_models.write_builder, "builder.zip", config, TEST_DATA / "cnn_builder.zip"
        )
        trained[name] = _write(
            files / name, attack_models.write_trained, "model.h5mlm", config, TEST_DATA / "cnn_model.h5mlm"
        )
    (files / "HDF5").mkdir()
    for name, (change, _) in attack_models.HDF5.items():
        trained[name] = _write(files / "HDF5", attack_models.write_hdf5, name, change, TEST_DATA / "cnn_model.h5mlm")
    (files / "zip").mkdir()
    for name, (write, _) in attack_models.ZIPS.items():
        zips[name] = _write(files / "zip", write, name, TEST_DATA / "cnn_builder.zip")
    training = {"outfile_result": "scores", "outfile_object": "model"}
    return {
        READERS[0]: forms.run_all(
            "model_builder", {n: forms.builder(p) for n, p in jsons.items()}, folder[READERS[0]], outfile="out"
        ),
        READERS[1]: forms.run_all(
            "train_and_eval", {n: forms.training(p, X, Y) for n, p in zips.items()}, folder[READERS[1]], **training
        ),
        READERS[2]: forms.run_all(
            "model_prediction",
            {n: forms.prediction(p, X) for n, p in trained.items()},
            folder[READERS[2]],
            outfile_predict="out",
        ),
        READERS[3]: forms.run_all(
            "train_and_eval", {n: forms.training(p, X, Y) for n, p in trained.items()}, folder[READERS[3]], **training
        ),
    }


CASES = [
    *((reader, name, words) for name, (_, words) in NETWORKS.items() for reader in READERS),
    *((reader, name, words) for name, (_, words) in attack_models.HDF5.items() for reader in READERS[2:]),
    *((READERS[1], name, words) for name, (_, words) in attack_models.ZIPS.items()),
]


@pytest.mark.parametrize("reader, name, words", CASES, ids=[f"{name}-{reader}" for reader, name, _ in CASES])
def test_fail(results, reader, name, words):
    result = results[reader][name]
    forms.assert_one_line(result, words)
    assert len(result.stderr) < 2000
    assert result.stderr.rstrip("\n").isprintable()
    assert result.written == []


def test_the_marker_would_appear_if_the_code_were_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attack_models._leave_marker(1)
    assert [path.name for path in tmp_path.iterdir()] == [attack_models.MARKER]


def test_fail_labels_that_act_in_a_web_page(tmp_path):
    labels = tmp_path / "y.tabular"
    labels.write_text("".join(f"<img src=x onerror=alert({n % 10})>\n" for n in range(250)))
    result = forms.run(
        "train_and_eval", forms.training(TEST_DATA / "cnn_builder.zip", X, labels), tmp_path, outfile_result="scores"
    )
    forms.assert_one_line(result, "'y.tabular': '<img src=x onerror=alert(0)>' looks like a piece of a web page")
