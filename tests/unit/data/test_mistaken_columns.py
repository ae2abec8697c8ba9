"""Columns that got among the features by oversight are refused; chosen by name or number they are the user's wish."""

import numpy as np
import pytest

from dltools.data import mistaken_columns
from tests.support import forms
from tests.support.builders import make_builders
from tests.support.networks import network
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

ROWS = 40
SPECIES = np.repeat(["ant", "bee"], ROWS // 2)
BUILDERS = {
    "classes": (network(2), {"epochs": 1}),
    "values": (
        network(1, "linear"),
        {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["none"], "epochs": 1},
    ),
    "three": (
        network(3, "linear"),
        {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["none"], "epochs": 1},
    ),
    "binary autoencoder": (network(3, "sigmoid"), {"loss": "binary_crossentropy", "metrics": ["none"], "epochs": 1}),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    noise = random.normal(0, 1, (ROWS, 2)).round(3)
    count = np.arange(ROWS)
    shuffled = random.permutation(ROWS * 2)[:ROWS]
    code = (SPECIES == "bee").astype(int)
    bits = (noise > 0).astype(int)
    for name, first, header in (
        ("pandas", count, "\ta\tb"),
        ("read back", count, "Unnamed: 0\ta\tb"),
        ("R", count + 1, "X\ta\tb"),
        ("row names", count + 1, "row.names\ta\tb"),
        ("selected", shuffled, "\ta\tb"),
        ("bare", count + 1, None),
        ("time", count, "time\ta\tb"),
        ("design", count + 1, "X1\tX2\tX3"),
        ("x measured", shuffled, "X\ta\tb"),
        ("joined", np.r_[count[:20], count[:20]], "\ta\tb"),
        ("twice", count * 2, None),
    ):
        write(folder / name, [[i, *row] for i, row in zip(first, noise, strict=True)], header)
    write(folder / "species", SPECIES, "species")
    write(folder / "coded", [[*row, c] for row, c in zip(noise, code, strict=True)], "a\tb\tSpecies")
    write(
        folder / "other", [[*row, c] for row, c in zip(noise, random.permutation(code), strict=True)], "a\tb\tspecies"
    )
    write(folder / "whole", [[*row, c, c + 0.5] for row, c in zip(noise, code, strict=True)], "a\tb\tkind\tlength")
    write(folder / "numbers", noise.sum(1).round(4), "sum")
    write(folder / "with sum", np.c_[noise, noise.sum(1)].round(4), "a\tb\tsum")
    write(folder / "with sum again", np.c_[noise, noise.sum(1)].round(4), "a\tb\tsum")
    write(folder / "bits", np.c_[bits, 1 - bits[:, 0]], "a\tb\tc")
    return folder


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders(BUILDERS, tmp_path_factory)


def by(mode, columns, option="selected_column_selector_option", column="col1"):
    return {option: mode, column: columns}


def form_of(builders, data, builder, x, y, columns=None, target=None, header=True, header2=True, further=()):
    form = forms.training(builders[builder], data / x, data / y, header1=header, header2=header2, further=further)
    options = form["input_options"]
    if columns:
        options["column_selector_options_1"] = by(*columns)
    if target:
        options["column_selector_options_2"] = by(*target, "selected_column_selector_option2", "col2")
    return form


BARE = {"header": False}
KIND = {"target": ("by_header_name", "kind")}
# Name -> builder, samples, target, what else the form says, and what must be said.
REFUSED = {
    "an index of pandas": ("classes", "pandas", "species", {}, "'pandas': column 1 only numbers the rows (0, 1, 2 …), so it is no feature"),
    "how to leave it out": ("classes", "pandas", "species", {}, "Choose 'All columns excluding some by column index number(s)' and exclude number 1."),
    "an index read back": ("classes", "read back", "species", {}, "column 1 ('Unnamed: 0') only numbers the rows"),
    "how to leave that out": ("classes", "read back", "species", {}, "Choose 'All columns excluding some by column header name(s)' and exclude 'Unnamed: 0'."),
    "row names of R": ("classes", "R", "species", {}, "column 1 ('X') only numbers the rows (1, 2, 3 …)"),
    "row names by name": ("classes", "row names", "species", {}, "column 1 ('row.names') only numbers the rows"),
    "all but another": ("classes", "pandas", "species", {"columns": ("all_but_by_index_number", "3")}, "column 1 only numbers the rows"),
    "an index of selected rows": ("classes", "selected", "species", {}, "column 1 only numbers the rows"),
    "tables one below the other": ("classes", "joined", "species", {}, "column 1 only numbers the rows"),
    "without a header": ("classes", "bare", "species", {**BARE}, "column 1 only numbers the rows (1, 2, 3 …)"),
    "in the target": ("three", "with sum", "pandas", {}, "'pandas': column 1 only numbers the rows (0, 1, 2 …), so it is no target"),
    "one table for both": ("classes", "whole", "whole", KIND, "'whole': column 3 ('kind') is the target, and it is among the features too"),
    "chosen with others": ("classes", "whole", "whole", {**KIND, "columns": ("by_header_name", "a,kind")}, "mean nothing. Take it out of the chosen columns."),
    "coded, by its name": ("classes", "coded", "species", {}, "column 3 ('Species') is the target"),
    "numbers, by their name": ("values", "with sum", "numbers", {}, "Choose 'All columns excluding some by column header name(s)' and exclude 'sum'."),
    "one of the targets": ("three", "whole", "whole", {"columns": ("by_header_name", "a,length"), "target": ("by_header_name", "b,kind,length")},
                           "column 4 ('length') is the target"),
    "a further input": ("classes", "pandas", "coded", {"columns": ("by_header_name", "a,b"), "target": ("by_header_name", "Species"), "further": "coded"},
                        "column 3 ('Species') is the target"),
}  # fmt: skip
OK = {
    "chosen by number": ("classes", "pandas", "species", {"columns": ("by_index_number", "1,2,3")}),
    "chosen by name": ("classes", "read back", "species", {"columns": ("by_header_name", "Unnamed: 0,a")}),
    "left out": ("classes", "pandas", "species", {"columns": ("all_but_by_index_number", "1")}),
    "a time axis": ("classes", "time", "species", {}),
    "first of X1, X2, X3": ("classes", "design", "species", {}),
    "a measurement called X": ("classes", "x measured", "species", {}),
    "numbers in even steps": ("classes", "twice", "species", BARE),
    "target left out": ("classes", "whole", "whole", {**KIND, "columns": ("all_but_by_header_name", "kind")}),
    "its name alone": ("classes", "other", "species", {}),
    "autoencoder": ("three", "with sum", "with sum", {}),
    "autoencoder of a copy": ("three", "with sum", "with sum again", {}),
    "autoencoder of bits": ("binary autoencoder", "bits", "bits", {}),
    "inputs among the targets": ("three", "with sum", "with sum", {"columns": ("by_header_name", "a,b")}),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory, data, builders):
    def form(case):
        changes = dict(case[3])
        if "further" in changes:
            changes["further"] = (forms.table(data / changes["further"], "input", header=True),)
        return form_of(builders, data, *case[:3], **changes)

    cases = {name: form(case) for name, case in {**REFUSED, **OK}.items()}
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)


@pytest.mark.parametrize("name", REFUSED)
def test_fail_it_is_said_before_the_first_epoch(results, name):
    forms.assert_one_line(results[name], REFUSED[name][4])
    assert "Epoch 1" not in results[name].stdout
    assert results[name].written == []


@pytest.mark.parametrize("name", OK)
def test_ok_it_is_the_users_wish(results, name):
    assert (results[name].returncode, results[name].stderr) == (0, "")


@pytest.mark.parametrize(("values", "strict", "loose"), [
    ([0, 1, 2, 3], True, True), ([1, 2, 3, 4], True, True), ([2, 3, 4, 5], False, True), ([3, 0, 2, 1], False, True), ([0, 1, 2, 2], False, False),
    ([0.5, 1.5, 2.5, 3.5], False, False), ([-1, 0, 1, 2], False, False), ([0, 1000, 5, 7], False, False), ([*range(30), *range(30)], False, True),
])  # fmt: skip
def test_what_numbers_the_rows(values, strict, loose):
    assert mistaken_columns.numbers_rows(np.array(values)) == strict
    assert mistaken_columns.numbers_rows(np.array(values), loose=True) == loose


@pytest.mark.parametrize(("values", "labels", "same"), [
    ([0, 0, 1, 1], ["b", "b", "a", "a"], True), ([0, 0, 1, 1], ["b", "b", "a", "b"], False), ([0, 1, 2, 2], ["b", "b", "a", "a"], False),
    ([0, 0, 0, 0], ["b", "b", "a", "a"], False), ([0, 1, 2, 3], ["a", "b", "c", "d"], False),
    ([0.5, 1, 1, 2], np.array([0.5, 1, 1, 2]), True), ([0.5, 1, 1, 2], np.array([0.5, 1, 1, 3]), False),
])  # fmt: skip
def test_what_says_the_same(values, labels, same):
    assert mistaken_columns.says_the_same(np.array(values), np.array(labels)) == same
