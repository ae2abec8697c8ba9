"""Tables with a row for each sample: where both name the samples, the names must stand in one order, chosen or not."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import paired
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import ALL_COLUMNS
from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, by_groups, selector

ROWS = 60
NAMES = np.array([f"S-{number}" for number in range(1, ROWS + 1)])
TRUTH = np.arange(ROWS) % 3
SPECIES = np.array(["ant", "bee", "cat"])[TRUTH]
MOVED = np.random.default_rng(1).permutation(ROWS)
MOVED = MOVED if MOVED[0] else MOVED[::-1]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    values = (np.eye(3)[TRUTH] + np.random.default_rng(0).normal(0, 0.3, (ROWS, 3))).round(4)
    write(folder / "x", [[n, *v] for n, v in zip(NAMES, values, strict=True)], "sample\ta\tb\tc")
    write(folder / "x again", [[n, *v] for n, v in zip(NAMES[MOVED], values[MOVED], strict=True)], "sample\ta\tb\tc")
    write(folder / "bare", [[n, *v] for n, v in zip(NAMES, values, strict=True)])
    write(folder / "plain", values, "a\tb\tc")
    write(folder / "y", list(zip(NAMES, SPECIES, strict=True)), "id\tspecies")
    write(folder / "moved", list(zip(NAMES[MOVED], SPECIES[MOVED], strict=True)), "id\tspecies")
    write(folder / "groups", list(zip(NAMES[MOVED], TRUTH[MOVED], strict=True)), "id\tgroup")
    write(folder / "weights", [[n, 1] for n in NAMES[MOVED]], "id\tweight")
    write(folder / "numbers", list(zip(NAMES[MOVED], values.sum(1)[MOVED], strict=True)), "id\tsum")
    write(folder / "predicted", list(zip(NAMES, SPECIES, strict=True)), "sample\tPredicted")
    write(folder / "predicted numbers", list(zip(NAMES, values.sum(1).round(3), strict=True)), "sample\tPredicted")
    return folder


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders({"classes": (network(3), {"epochs": 15, "seed": 1, **FAST})}, tmp_path_factory)


def training_form(builders, data, x="x", y="y", header=True, **changes):
    further = changes.pop("further", ())
    form = forms.training(
        builders["classes"], data / x, data / y, header1=header, header2=True, further=further, **changes
    )
    columns = {
        "column_selector_options_1": {"selected_column_selector_option": "by_index_number", "col1": "2,3,4"},
        "column_selector_options_2": {"selected_column_selector_option2": "by_header_name", "col2": "species"},
    }
    if x == "plain":
        columns.pop("column_selector_options_1")
    form["input_options"] |= columns
    return form


def column(letter, path, name):
    return selector(letter, path, header=True) | {
        f"column_selector_options_{letter}": {
            f"selected_column_selector_option_{letter}": "by_header_name",
            f"col_{letter}": name,
        }
    }


SAID = {
    "target": f"'moved', line 2: is '{NAMES[MOVED][0]}', but line 2 of 'x' is 'S-1'. Column 1 of the one and column 1 of the other name the same "
              "samples in another order, and rows belong together by their position. Sort both tables",
    "without a header": f"'moved', line 2: is '{NAMES[MOVED][0]}', but line 1 of 'bare' is 'S-1'.",
    "groups": "'groups', line 2", "weights": "'weights', line 2", "further input": "'x again', line 2",
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory, data, builders):
    by_group = by_groups(data, groups_selector=column("g", data / "groups", "group"))
    cases = {
        "ok": training_form(builders, data),
        "no names": training_form(builders, data, "plain", "moved"),
        "target": training_form(builders, data, y="moved"),
        "without a header": training_form(builders, data, "bare", "moved", header=False),
        "groups": training_form(builders, data, split=by_group),
        "weights": training_form(builders, data),
        "further input": training_form(builders, data, further=(forms.table(data / "x again", "input", True, "a"),)),
    }
    cases["weights"]["input_options"]["sample_weights"] = [column("w", data / "weights", "weight")]
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)


@pytest.mark.parametrize("name", SAID)
def test_fail_training_names_the_first_line_that_differs(trained, name):
    forms.assert_one_line(trained[name], SAID[name])
    assert trained[name].written == [] and "Epoch 1" not in trained[name].stdout


def test_ok_training_in_one_order_or_where_nothing_tells(trained):
    assert [trained[name].stderr for name in ("ok", "no names")] == ["", ""]
    header, values = trained["ok"].table("scores")
    assert float(dict(zip(header, values, strict=True))["validation_accuracy"]) > 0.7


def test_prediction(tmp_path, data, trained):
    def case(truth=None, ids=None):
        form = forms.prediction(trained["ok"].folder / "model.h5mlm", data / "x", header=True, truth=truth, ids=ids)
        form["input_options"]["column_selector_options_1"] = {
            "selected_column_selector_option": "by_header_name",
            "col1": "a,b,c",
        }
        return form

    wrong = forms.table(data / "moved", "true", True, "species")
    right = forms.table(data / "y", "true", True, "species")
    (tmp_path / "jobs").mkdir()
    results = forms.run_all(
        "model_prediction",
        {
            "truth": case(wrong),
            "ids": case(right, forms.table(data / "moved", "id", True, "id")),
            "ok": case(right, forms.table(data / "y", "id", True, "id")),
        },
        tmp_path / "jobs",
        outfile_predict="out",
        outfile_scores="scores",
    )
    for name in ("truth", "ids"):
        forms.assert_one_line(results[name], "'moved', line 2: is ")
        assert results[name].written == []
    assert results["ok"].stderr == ""


def plot(kind, data, true, predicted, name):
    return {
        "plotting_selection": {
            "plot_type": kind,
            "infile_true": forms.dataset(data / true),
            "header_true": True,
            "infile_predicted": forms.dataset(data / predicted),
            "header_predicted": True,
            "column_selector_options_true": {"selected_column_selector_option": "by_header_name", "col": name},
        }
    }


def test_plots(tmp_path, data):
    results = forms.run_all(
        "ml_visualization",
        {
            "matrix": plot("classification_confusion_matrix", data, "moved", "predicted", "species"),
            "scores": plot("class_scores", data, "moved", "predicted", "species"),
            "regression": plot("regression", data, "numbers", "predicted numbers", "sum"),
            "ok": plot("classification_confusion_matrix", data, "y", "predicted", "species"),
        },
        tmp_path,
        output="plot.png",
    )
    for name in ("matrix", "scores", "regression"):
        forms.assert_one_line(results[name], "line 2: is 'S-1', but line 2 of ")
        assert results[name].written == []
    assert (results["ok"].stderr, results["ok"].stdout) == ("", "60 samples, 3 classes, accuracy 1.0000\n")


LETTERS = [f"n{number}" for number in range(20)]
SWAPPED = [*LETTERS[:3], LETTERS[4], LETTERS[3], *LETTERS[5:]]
# Two columns, and the first row of which the name stands elsewhere.
COLUMNS = {
    "the same": (LETTERS, LETTERS, paired.IN_ORDER),
    "two are swapped": (LETTERS, SWAPPED, 3),
    "some have other names": ([*LETTERS[:-2], "y", "z"], LETTERS, paired.IN_ORDER),
    "one is missing, so that the rest moves up": ([*LETTERS[:5], *LETTERS[6:], "z"], LETTERS, 5),
    "other samples": ([f"m{name}" for name in LETTERS], LETTERS, None),
    "half are others": ([*[f"m{name}" for name in LETTERS[10:]], *LETTERS[:10]], LETTERS, None),
    "as R writes them": ([f"TCGA-{name}" for name in LETTERS], [f"tcga.{name}" for name in LETTERS], paired.IN_ORDER),
    "as R writes them, swapped": ([f"TCGA-{name}" for name in LETTERS], [f"tcga.{name}" for name in SWAPPED], 3),
    "alike but for a sign": (["a-", "a+", "b"], ["a+", "a-", "b"], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_first_name_that_moved(name):
    first, second, expected = COLUMNS[name]
    assert paired.first_moved(np.array(first, object), np.array(second, object)) == expected


# Two tables as (header, columns), and whether they are refused.
TABLES = {
    "numbers under a name for such": (("id\ta", [range(20), range(20)]), ("ID\tb", [np.arange(20)[::-1], range(20)]), True),
    "an index of pandas": (("\ta", [range(20), range(20)]), ("\tb", [np.arange(20)[::-1], range(20)]), True),
    "numbers under another name": (("id\ta", [range(20), range(20)]), ("rank\tb", [np.arange(20)[::-1], range(20)]), False),
    "measurements of one name": (("age\ta", [range(20), range(20)]), ("age\tb", [np.arange(20)[::-1], range(20)]), False),
    "a second column of names that agrees": (("n\tm", [LETTERS, LETTERS]), ("n\tm", [SWAPPED, LETTERS]), False),
    "an index that only counts": (("\tn", [range(20), LETTERS]), ("\tn", [range(20), SWAPPED]), True),
    "a name twice": (("n\ta", [[*LETTERS[:-1], "n0"], range(20)]), ("n\tb", [SWAPPED, range(20)]), False),
    "another number of rows": (("n\ta", [LETTERS, range(20)]), ("n\tb", [SWAPPED[1:], range(19)]), False),
    "an empty cell": (("n\ta", [[*LETTERS[:-1], ""], range(20)]), ("n\tb", [SWAPPED, range(20)]), False),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_which_columns_are_names(tmp_path, name):
    *described, refused = TABLES[name]
    found = []
    for number, (header, columns) in enumerate(described):
        path = write(tmp_path / str(number), list(zip(*columns, strict=True)), header)
        found.append(ChosenTable(Dataset(str(path), path.name), True, ALL_COLUMNS))
    if refused:
        with pytest.raises(UserError, match="in another order"):
            paired.check(found)
    else:
        paired.check(found)
