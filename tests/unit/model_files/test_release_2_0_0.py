"""Trained models as release 2.0.0 wrote them predict, go on and show as they did."""

from pathlib import Path

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.tables import tables
from tests.support import forms
from tests.support.trainings import OUTPUTS

FOLDER = Path(__file__).resolve().parent / "release_2_0_0"
# The model, and the columns of its target.
MODELS = {
    "names": "species",
    "numbers": "number",
    "binary": "sign",
    "multilabel": "a,b,c",
    "regression": "weight,length",
    "two_outputs": "species,sign",
}
PREDICTIONS = [path.stem for path in sorted(FOLDER.glob("*_predict*.tabular"))]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    def model_of(name):
        return FOLDER / f"{name.partition('_predict')[0]}.h5mlm"

    predicted = {
        name: forms.prediction(
            model_of(name),
            FOLDER / "features.tabular",
            name.partition("_predict")[2] and f"predict{name.partition('_predict')[2]}",
            header=True,
        )
        for name in PREDICTIONS
    }
    further = {}
    for name, target in MODELS.items():
        form = forms.training(
            FOLDER / f"{name}.h5mlm",
            FOLDER / "features.tabular",
            FOLDER / "targets.tabular",
            header1=True,
            header2=True,
            swaps=[("epochs", "2")],
        )
        form["input_options"]["column_selector_options_2"] = {
            "selected_column_selector_option2": "by_header_name",
            "col2": target,
        }
        further[name] = form
    return (
        forms.run_all("model_prediction", predicted, tmp_path_factory.mktemp("predict"), outfile_predict="out"),
        forms.run_all("train_and_eval", further, tmp_path_factory.mktemp("further"), **OUTPUTS),
    )


def columns(path):
    table = tables.read_text(Dataset(str(path), path.name), True)
    return table.names, table.columns


@pytest.mark.parametrize("name", PREDICTIONS)
def test_predicts_what_it_did(results, name):
    result = results[0][name]
    assert (result.returncode, result.stderr) == (0, "")
    names, now = columns(result.folder / "out")
    expected_names, before = columns(FOLDER / f"{name}.tabular")
    assert names == expected_names
    for a, b in zip(now, before, strict=True):
        if name.endswith("proba") or name.startswith("regression"):
            np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=2e-4, atol=2e-6)
        else:
            assert a.tolist() == b.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_goes_on(results, name):
    result = results[1][name]
    assert (result.returncode, result.stderr) == (0, "")
    assert [row[0] for row in result.table("history")[1:]] == [str(epoch) for epoch in range(1, 28)]
    losses = [float(row[1]) for row in result.table("history")[1:]]
    # It begins where the first 25 epochs ended rather than afresh.
    assert losses[25] < 1.2 * losses[24] + 0.05 < losses[0]


def test_shows_as_it_did():
    import h5py

    from dltools.model_files import model_file, records

    for name in MODELS:
        with h5py.File(FOLDER / f"{name}.h5mlm") as file:
            assert file.attrs["-URL-"] == model_file.URL
            shown = file.attrs["-repr-"]
        record = model_file.read(Dataset(str(FOLDER / f"{name}.h5mlm"), name))[1]
        assert shown.startswith(records.summary(record)), name
