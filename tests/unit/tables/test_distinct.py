"""Numbers that float32 cannot tell apart are refused where they are learned from, and truth is written as the user wrote it."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from sklearn import datasets, metrics

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import blocks, distinct, tables
from tests.support import forms
from tests.support.builders import make_builders
from tests.support.networks import network
from tests.support.plotting import compared, drawn
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

ROWS = 400
COUNT = np.arange(ROWS)
SEVEN, MILLISECONDS = COUNT % 7 + 0.5, 1_700_000_000_000 + 1234 * COUNT
LOST = "different values become"


def table(folder, *columns, header="a\tb\tc"):
    """Write columns, with as many digits as float64 has."""
    names = "\t".join(header.split("\t")[: len(columns)])
    return Dataset(
        str(write(folder / "table", [[repr(v.item()) for v in row] for row in zip(*columns, strict=True)], names)),
        "table",
    )


COLLAPSED = {
    "milliseconds": (
        MILLISECONDS,
        "400 different values become 4 in 32 bits, in which the network computes. Subtract 1700000000000 from the column, so that 400 stay",
    ),
    "milliseconds as pandas writes them": (MILLISECONDS.astype(float), "Subtract 1700000000000"),
    "seconds": (1_700_000_000 + COUNT, "Subtract 1700000000 "),
    "identifiers": (16_777_217 + COUNT, "become 201 in"),
    "positions in a gene": (117_480_025 + COUNT, "Subtract 117480000 "),
    "negative": (-MILLISECONDS, "Subtract -1700"),
    "Julian days": (2_460_000.25 + COUNT / 1000, "become 3 in 32 bits"),
    "near 1": (1 + COUNT * 1e-9, "Subtract 1 "),
}
KEPT = {
    "whole numbers": COUNT,
    "17 digits": np.random.default_rng(0).random(ROWS),
    "sums": np.where(COUNT % 2, 0.3, 0.1 + 0.2),
    "constant": np.full(ROWS, 0.1),
    "positions on a chromosome": np.random.default_rng(1).integers(0, 248_956_422, ROWS),
    "kelvin": 273.15 + np.random.default_rng(2).random(ROWS) * 40,
    "large and small": 10.0 ** np.linspace(-30, 30, ROWS),
    "years": 1990 + COUNT % 30,
    "millions": np.random.default_rng(3).integers(0, 10**12, ROWS),
    "zero": np.zeros(ROWS, int),
    "computed constant": 1 + (COUNT % 3 - 1) * 2.2e-16,
    "computed constant beside another": np.where(COUNT == 5, 1.5, 1 + (COUNT % 3 - 1) * 2.2e-16),
    "pascal": 101_325 + np.random.default_rng(4).normal(0, 800, ROWS),
}


@pytest.mark.parametrize("name", COLLAPSED)
@pytest.mark.parametrize("size", [1 << 21, 300])
def test_collapsed_columns_are_refused(tmp_path, monkeypatch, name, size):
    """Whatever the blocks in which the table is read."""
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", size)
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", 1)
    values, message = COLLAPSED[name]
    dataset = table(tmp_path, SEVEN, values)
    with pytest.raises(UserError) as caught:
        tables.read_numbers(dataset, True, threads=2, watched=True)
    assert message in str(caught.value)
    assert str(caught.value).startswith("'table', column 2 ('b'): ")
    exact = tables.read_numbers(dataset, True, dtype=np.float64)
    with pytest.raises(UserError, match=LOST):
        distinct.check_table(exact.values, exact.table, "")


@pytest.mark.parametrize("name", KEPT)
def test_what_32_bits_hold_well_enough_passes(tmp_path, name):
    dataset = table(tmp_path, KEPT[name], SEVEN)
    np.testing.assert_array_equal(
        tables.read_numbers(dataset, True, watched=True).values[:, 0], KEPT[name].astype(np.float32)
    )
    exact = tables.read_numbers(dataset, True, dtype=np.float64)
    np.testing.assert_array_equal(exact.values[:, 0], KEPT[name])
    distinct.check_table(exact.values, exact.table, "")


@pytest.mark.parametrize("name", ["iris", "wine", "diabetes", "breast_cancer", "digits", "linnerud"])
def test_ordinary_tables_pass(tmp_path, name):
    data = getattr(datasets, f"load_{name}")().data
    np.savetxt(tmp_path / "table", data, delimiter="\t", fmt="%.17g")
    tables.read_numbers(Dataset(str(tmp_path / "table"), "table"), False, watched=True)


def test_blocks_of_different_sizes_are_one_column(tmp_path, monkeypatch):
    """A column that is large beside its range in a block alone is none in the table."""
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 300)
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", 1)
    tables.read_numbers(table(tmp_path, np.sort(np.concatenate([MILLISECONDS[:200], COUNT[:200]]))), True, watched=True)


def test_the_number_of_such_columns_is_told(tmp_path):
    with pytest.raises(UserError, match=r"column 1 \('a'\): .* In all, 2 columns are like this"):
        tables.read_numbers(table(tmp_path, MILLISECONDS, SEVEN, MILLISECONDS), True, watched=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    x = random.normal(size=ROWS).round(3).astype(object)
    write(folder / "x", x[:, None], "x")
    write(folder / "time", np.column_stack([x, MILLISECONDS]), "x\ttime")
    write(folder / "since", np.column_stack([x, MILLISECONDS - MILLISECONDS[0]]), "x\ttime")
    scipy.io.mmwrite(
        folder / "time.mtx", scipy.sparse.coo_array(np.column_stack([x, MILLISECONDS]).astype(float)), precision=17
    )
    write(
        folder / "y", np.stack([(COUNT % 9 + 0.1).round(1), 3e7 + 1 + COUNT * 30_001], 1).astype(object), "small\tlarge"
    )
    write(folder / "y_exact", [[f"{COUNT[i] % 9}.1", 30_000_001 + i * 30_001] for i in COUNT], "small\tlarge")
    write(folder / "y_time", MILLISECONDS, "time")
    write(folder / "one", COUNT % 5)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    options = {
        "learning_type": "KerasGRegressor",
        "loss": "mean_squared_error",
        "metrics": ["mae"],
        "epochs": 2,
        "seed": 1,
    }
    made = make_builders(
        {"one": (network(1, "linear"), options), "two": (network(2, "linear"), options)}, tmp_path_factory
    )

    def case(x, y, network="one", **changes):
        return forms.training(
            made[network], data / x, data / y, header1="selected_input" not in changes, header2=y != "one", **changes
        )

    cases = {
        "time": case("time", "one"),
        "since": case("since", "one", scaling="standard"),
        "sparse": case("time.mtx", "one", selected_input="sparse"),
        "beside": case("x", "one", further=[forms.table(data / "time", "input", True)]),
        "target": case("x", "y_time"),
        "exact": case(
            "x", "y_exact", "two", scoring={"primary_scoring": "neg_mean_absolute_error", "secondary_scoring": ["r2"]}
        ),
    }
    return forms.run_all(
        "train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS, outfile_report="report.html"
    )


REFUSED = {
    "time": "'time', column 2 ('time'): 400 different values become 4 in 32 bits, in which the network computes. Subtract 1700000000000 from the column, so that 400 "
    "stay different, or leave it out.",
    "sparse": "'time.mtx', column 2 of the matrix: 400 different values become 4",
    "beside": "'time', column 2 ('time'): 400 different values become 4",
    "target": "'y_time', column 1 ('time'): 400 different values become 4 in 32 bits, in which the network computes. Subtract 1700000000000 from the column, so that "
    "400 stay different, and add it to the predictions.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_training_refuses_them(runs, name):
    forms.assert_one_line(runs[name], REFUSED[name])
    assert runs[name].written == []


def test_less_a_constant_they_train(runs):
    assert (runs["since"].returncode, runs["since"].stderr) == (0, "")


def test_truth_is_written_as_it_was_read(runs, data):
    assert runs["exact"].returncode == 0, runs["exact"].stderr
    header, *rows = runs["exact"].table("y_true")
    assert header == ["True_small", "True_large"]
    written = {tuple(line.split("\t")) for line in (data / "y_exact").read_text().splitlines()[1:]}
    assert len(rows) == 80
    assert set(map(tuple, rows)) <= written
    # As float32 has them, some are others.
    assert any(float(np.float32(row[1])) != float(row[1]) for row in rows)


def test_scores_are_those_of_the_values_written(runs):
    header, values = runs["exact"].table("scores")
    true, predicted = (np.array(runs["exact"].table(name)[1:], float) for name in ("y_true", "y_preds"))
    found = dict(zip(header, map(float, values), strict=True))
    assert found["validation_r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-6)
    assert found["validation_neg_mean_absolute_error"] == pytest.approx(
        -metrics.mean_absolute_error(true, predicted), rel=1e-6
    )


def test_prediction_says_what_cannot_be_told_apart(runs, data, tmp_path):
    model = runs["since"].folder / "model.h5mlm"
    cases = {
        name: forms.prediction(model, data / name, header=True, truth=forms.table(data / "one", "true"))
        for name in ("time", "since")
    }
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out", outfile_scores="scores")
    assert [result.returncode for result in found.values()] == [0, 0]
    assert "'time', column 2 ('time'): 400 different values become 4 in 32 bits" in found["time"].stdout
    assert LOST not in found["since"].stdout


def test_predictions_are_scored_by_the_values_written(runs, data, tmp_path):
    form = forms.prediction(
        runs["exact"].folder / "model.h5mlm",
        data / "x",
        header=True,
        truth={**forms.table(data / "y_exact", "true", True), "scorers": ["neg_mean_absolute_error"]},
    )
    found = forms.run_all(
        "model_prediction", {"exact": form}, tmp_path, outfile_predict="out", outfile_scores="scores"
    )["exact"]
    assert found.returncode == 0, found.stderr
    header, values = found.table("scores")
    predicted = np.array(found.table("out")[1:], float)
    true = np.array([line.split("\t") for line in (data / "y_exact").read_text().splitlines()[1:]], float)
    assert float(values[header.index("neg_mean_absolute_error")]) == pytest.approx(
        -metrics.mean_absolute_error(true, predicted), rel=1e-6
    )


def test_residuals_are_those_of_the_values_written(tmp_path):
    true = write(tmp_path / "true", [100_000_001, 100_000_002, 100_000_007])
    predicted = write(tmp_path / "predicted", [100_000_000, 100_000_000, 100_000_008], "Predicted")
    shown = drawn("regression", **compared(forms.dataset(true), forms.dataset(predicted)))
    names, columns = shown.table()
    assert list(columns[names.index("residual")]) == [1, 2, -1]


def test_probabilities_that_differ_in_the_ninth_digit_are_two(tmp_path):
    """As 32 bits have them, both rows would be of the first class."""
    rows = [[0.4999999999, 0.5000000001], [0.5000000001, 0.4999999999]]
    true, predicted = write(tmp_path / "true", ["b", "a"]), write(tmp_path / "predicted", rows, "a\tb")
    shown = drawn("classification_confusion_matrix", **compared(forms.dataset(true), forms.dataset(predicted)))
    assert "accuracy 1.0000" in shown.summary()
