"""Model Prediction through its script: any length, columns by name, names passed through, scores of labelled samples."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_iris

from tests.support import forms
from tests.support.builders import FAST
from tests.support.networks import TWO_INPUTS, network
from tests.support.places import SCRIPTS
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores

FLOWER = ["sepal length", "sepal width", "petal length", "petal width"]
REGRESSION = {
    "learning_type": "KerasGRegressor",
    "loss": "mean_squared_error",
    "metrics": ["mae"],
    "epochs": 5,
    "seed": 3,
}
BUILDERS = {
    "classes": (network(3), {"epochs": 10, "seed": 1, **FAST}),
    "binary": (network(1, "sigmoid"), {"loss": "binary_crossentropy", "epochs": 10, "seed": 2, **FAST}),
    "values": (network(2, "linear"), REGRESSION),
    "two inputs": (TWO_INPUTS, {"epochs": 15, "seed": 1, **FAST}),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    iris, diabetes = load_iris(), load_diabetes()
    x = ((iris.data - iris.data.mean(0)) / iris.data.std(0)).round(4)
    names = iris.target_names[iris.target]
    ids = [f"plant {number}" for number in range(150)]
    write(folder / "x", x, "\t".join(FLOWER))
    write(folder / "x_bare", x)
    order = [2, 0, 3, 1]
    # The samples with their names and labels, the features in another order.
    rows = [[i, *row, name] for i, row, name in zip(ids, x[:, order], names, strict=True)]
    write(folder / "labelled", rows, "\t".join(["plant", *(FLOWER[i] for i in order), "species"]))
    write(folder / "missing", x[:, :2], "\t".join(FLOWER[:2]))
    write(folder / "species", names)
    write(folder / "unknown", ["tulip", *names[1:]])
    write(folder / "short", names[1:])
    write(folder / "is_setosa", np.where(iris.target == 0, "setosa", "other"))
    write(folder / "one_hot", np.eye(3, dtype=int)[iris.target], "setosa\tversicolor\tvirginica")
    write(folder / "first_three", x[:, :3])
    write(folder / "last", x[:, 3:])
    write(folder / "wide", np.eye(150, 100, dtype=int))
    write(folder / "nan", [*x[:99].tolist(), [0, "nan", 0, 0], *x[100:].tolist()], "\t".join(FLOWER))
    write(folder / "huge", [*x[:99].tolist(), ["3e38"] * 4, *x[100:].tolist()], "\t".join(FLOWER))
    write(folder / "diabetes", diabetes.data.round(4))
    write(folder / "progression", np.stack([diabetes.target, diabetes.target / 2], 1) / 100, "after\thalf")
    entries = [f"{r + 1} {c + 1} {x[r, c]}" for c, r in zip(*x.T.nonzero(), strict=True)]
    (folder / "x.mtx").write_text(
        "\n".join(["%%MatrixMarket matrix coordinate real general", f"150 4 {len(entries)}", *entries]) + "\n"
    )
    return folder


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    configs = forms.run_all(
        "model_config",
        {name: form for name, (form, _) in BUILDERS.items()},
        tmp_path_factory.mktemp("configs"),
        outfile="model.json",
    )
    changes = {
        name: forms.builder(configs[name].folder / "model.json", **changes) for name, (_, changes) in BUILDERS.items()
    }
    made = forms.run_all("model_builder", changes, tmp_path_factory.mktemp("zips"), outfile="builder.zip")
    assert all(result.returncode == 0 for result in made.values()), made
    return {name: result.folder / "builder.zip" for name, result in made.items()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data, builders):
    last = (forms.table(data / "last", "input"),)
    cases = {
        "classes": forms.training(builders["classes"], data / "x", data / "species", header1=True),
        "binary": forms.training(builders["binary"], data / "x", data / "is_setosa", header1=True),
        "values": forms.training(builders["values"], data / "diabetes", data / "progression", header2=True),
        "one table": forms.training(builders["two inputs"], data / "x_bare", data / "species"),
        "two tables": forms.training(builders["two inputs"], data / "first_three", data / "species", further=last),
        "wide": forms.training(builders["classes"], data / "wide", data / "species", swaps=[("epochs", "1")]),
        "fail sizes": forms.training(builders["two inputs"], data / "first_three", data / "species"),
        "fail lengths": forms.training(
            builders["two inputs"],
            data / "first_three",
            data / "species",
            further=(forms.table(data / "diabetes", "input"),),
        ),
        "fail tables": forms.training(builders["classes"], data / "first_three", data / "species", further=2 * last),
    }
    cases["fail three tables"] = forms.training(
        builders["two inputs"], data / "first_three", data / "species", further=2 * last
    )
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)


@pytest.fixture(scope="module")
def results(tmp_path_factory, runs, data):
    def case(run, x="x", header=True, **changes):
        return forms.prediction(runs[run].folder / "model.h5mlm", data / x, header=header, **changes)

    ids = forms.table(data / "labelled", "id", True, "plant")
    truth = forms.table(data / "labelled", "true", True, "species")
    last = forms.table(data / "last", "input")
    cases = {
        "plain": case("classes"),
        "no names": case("classes", "x_bare", False),
        "other order": case("classes", "labelled", ids=ids, truth=truth),
        "probabilities": case(
            "classes", "labelled", ids=ids, method="predict_proba", truth={**truth, "scorers": ["f1_macro", "roc_auc"]}
        ),
        "sparse": case(
            "classes",
            "x.mtx",
            selected_input="sparse",
            ids=forms.table(data / "species", "id"),
            truth=forms.table(data / "one_hot", "true", True),
        ),
        "binary": case("binary"),
        "binary probabilities": case("binary", method="predict_proba", truth=forms.table(data / "is_setosa", "true")),
        "values": case("values", "diabetes", False, truth=forms.table(data / "progression", "true", True)),
        "one table": case("one table", "x_bare", False),
        "two tables": case("two tables", "first_three", False, further=[last]),
        "fail missing": case("classes", "missing"),
        "fail count": case("classes", "diabetes", False),
        "fail nan": case("classes", "nan"),
        "fail huge": case("classes", "huge"),
        "fail unknown": case("classes", truth=forms.table(data / "unknown", "true")),
        "fail lengths": case("classes", truth=forms.table(data / "short", "true")),
        "fail ids": case("classes", ids=forms.table(data / "short", "id")),
        "fail tables": case("two tables", "x_bare", False),
        "fail id column": case("classes", ids=forms.table(data / "labelled", "id", True, "plants")),
        "fail scorer": case("classes", truth={**truth, "scorers": "r2"}),
        "fail two values": case("values", "diabetes", False, truth=forms.table(data / "diabetes", "true")),
    }
    # A process that predicts only keeps scikit-learn out from its first job on.
    scored = {name: form for name, form in cases.items() if "true_values" in form}
    plain = {name: form for name, form in cases.items() if name not in scored}
    found = forms.run_all("model_prediction", plain, tmp_path_factory.mktemp("plain"), outfile_predict="out")
    return found | forms.run_all(
        "model_prediction", scored, tmp_path_factory.mktemp("scored"), outfile_predict="out", outfile_scores="scores"
    )


def test_scores_without_true_values_are_refused_before_anything_is_read(tmp_path):
    form = forms.prediction(tmp_path / "no_model", tmp_path / "no_samples")
    outputs = {"outfile_predict": "out", "outfile_scores": "scores"}
    forms.assert_one_line(forms.run("model_prediction", form, tmp_path, **outputs), "the form names none (true_values)")
    forms.assert_one_line(
        forms.run("model_prediction", form | {"true_values": []}, tmp_path, **outputs),
        "--outfile-scores: scores compare",
    )
    assert not {"out", "scores"} & {path.name for path in tmp_path.iterdir()}


OK = [
    "plain",
    "no names",
    "other order",
    "probabilities",
    "sparse",
    "binary",
    "binary probabilities",
    "values",
    "one table",
    "two tables",
]


@pytest.mark.parametrize("name", OK)
def test_ok_ends_well(results, name):
    assert (results[name].returncode, results[name].stderr) == (0, "")


def column(result, position=0):
    return [row[position] for row in result.table("out")[1:]]


def test_columns_are_found_by_their_names_and_rows_keep_their_order(results, data):
    assert results["other order"].table("out")[0] == ["id:plant", "Predicted"]
    assert column(results["other order"]) == [f"plant {number}" for number in range(150)]
    assert (
        column(results["other order"], 1)
        == column(results["plain"])
        == column(results["no names"])
        == column(results["sparse"], 1)
    )
    assert results["sparse"].table("out")[0] == ["id", "Predicted"]


def test_scores_follow_from_the_predictions(results, data):
    true = (data / "species").read_text().split()
    accuracy = metrics.accuracy_score(true, column(results["plain"]))
    assert accuracy > 0.7
    for name in ("other order", "sparse"):
        assert list(scores(results[name])) == ["loss", "acc", "accuracy"]
        assert scores(results[name])["accuracy"] == pytest.approx(accuracy)
    header, *rows = results["probabilities"].table("out")
    assert header == ["id:plant", "setosa", "versicolor", "virginica"]
    found = np.array([row[1:] for row in rows], float)
    found /= found.sum(axis=1, keepdims=True)
    assert scores(results["probabilities"]) == pytest.approx(
        {
            "loss": metrics.log_loss(true, found),
            "acc": accuracy,
            "f1_macro": metrics.f1_score(true, column(results["plain"]), average="macro"),
            "roc_auc": metrics.roc_auc_score(true, found, multi_class="ovr"),
        },
        rel=1e-4,
    )


def test_a_binary_prediction_names_both_classes(results, data):
    header, *rows = results["binary probabilities"].table("out")
    assert header == ["other", "setosa"]
    found = np.array(rows, float)
    assert np.allclose(found.sum(axis=1), 1)
    found /= found.sum(axis=1, keepdims=True)
    assert [header[i] for i in found.argmax(axis=1)] == column(results["binary"])
    true = (data / "is_setosa").read_text().split()
    assert scores(results["binary probabilities"])["loss"] == pytest.approx(
        metrics.log_loss(true, found, labels=header), rel=1e-4
    )


def test_several_values(results, data):
    header, *rows = results["values"].table("out")
    assert header == ["Predicted_after", "Predicted_half"]
    true = np.loadtxt(data / "progression", skiprows=1)
    assert scores(results["values"])["loss"] == pytest.approx(
        metrics.mean_squared_error(true, np.array(rows, float)), rel=1e-4
    )


def test_predictions_read_back_as_the_float32_they_were(results):
    texts = [cell for row in results["values"].table("out")[1:] for cell in row]
    assert all(str(np.float32(text)) == text for text in texts)


def test_several_inputs_take_one_table_or_one_each(runs, results, data):
    true = (data / "species").read_text().split()
    assert metrics.accuracy_score(true, column(results["one table"])) > 0.7
    # The same seed on the same numbers, side by side in one table or in two.
    assert column(results["one table"]) == column(results["two tables"])
    assert runs["one table"].table("scores") == runs["two tables"].table("scores")
    forms.assert_one_line(
        runs["fail sizes"],
        "has 3 columns, but the model has 2 inputs (sepals (3,), petals (1,)), which take 4 numbers a row",
    )
    forms.assert_one_line(runs["fail lengths"], "'first_three' has 150 rows, but 'diabetes' has 442")
    forms.assert_one_line(runs["fail three tables"], "3 tables are given, but the model has 2 inputs")


FAILS = {
    "fail missing": "2 of the 4 columns that the model was trained on are not among the chosen ones: 'petal length', 'petal width'",
    "fail count": "'diabetes': has 10 columns, but the model was trained on 4",
    "fail nan": "'nan', line 101, column 2 ('sepal width'): 'nan' stands for a missing value",
    "fail huge": "The network's output for sample 100 is no number",
    "fail unknown": "'unknown': 'tulip' is none of the classes that the model was trained on: setosa, versicolor, virginica",
    "fail lengths": "'x' has 150 rows, but 'short' has 149. They differ by one",
    "fail ids": "'x' has 150 rows, but 'short' has 149",
    "fail id column": "the header has no column 'plants'",
    "fail tables": "the model was trained on 2 tables of 3, 1 columns, but 1 are given",
    "fail scorer": "'r2' makes no sense for a multiclass target",
    "fail two values": "has 10 target columns, but the last layer has 2 units",
}


@pytest.mark.parametrize("name", FAILS)
def test_fail(results, name):
    forms.assert_one_line(results[name], FAILS[name])
    assert results[name].written == []


# Two lengths in one process: what the second adds to the peak is what its length costs.
MEASURE = """
import json, os, resource, runpy, sys
script, folder = sys.argv[1:]
sys.path.insert(0, script.rpartition("/")[0])
peaks = []
for name in ("short", "long"):
    sys.argv = [script, "--inputs", f"{name}.json", "--outfile-predict", f"{name}.out"]
    runpy.run_path(script, run_name="__main__")
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(json.dumps(peaks))
"""
WIDTH, ROWS, LONG_ROWS = 100, 30_000, 300_000


def test_memory_does_not_grow_with_the_table(runs, tmp_path):
    line = b"\t".join([b"1"] * WIDTH) + b"\n"
    for name, rows in (("short", ROWS), ("long", LONG_ROWS)):
        (tmp_path / name).write_bytes(line * rows)
        form = forms.prediction(runs["wide"].folder / "model.h5mlm", tmp_path / name, method="predict_proba")
        (tmp_path / f"{name}.json").write_text(json.dumps(form))
    command = [sys.executable, "-c", MEASURE, str(SCRIPTS / "model_prediction.py"), str(tmp_path)]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    short, long = json.loads(process.stdout.splitlines()[-1])
    with (tmp_path / "long.out").open("rb") as handle:
        assert sum(1 for _ in handle) == LONG_ROWS + 1
    # In kB. The numbers that it has more than the other would take 108 MB, and as many bytes of text 54 MB.
    assert long - short < 40_000
