"""A sweep: which builders it makes, that they are what swapping makes, and what is refused before any is written."""

import dataclasses
import json
import re

import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.jobs import sweep, sweep_form
from dltools.model_files import builder, hyperparameters
from dltools.model_files.hyperparameters import Swap
from tests.support import forms
from tests.support.places import TEST_DATA
from tests.support.sweeps import between, drawn, form_of, grid, make, some, values

RATE, UNITS, KERNEL = "optimizer__learning_rate", "layers_7_Dense__units", "layers_2_Conv2D__kernel_size"
BASE = Dataset(str(TEST_DATA / "cnn_builder.zip"), "cnn_builder.zip", "zip")


@pytest.fixture(scope="module")
def base():
    return builder.read(BASE)


def found(base, box):
    """Return the members of a sweep, as the tool makes them."""
    return sweep.members(base, sweep_form.read({"sweep": [box]}))


def shown(members, name):
    return [member.point[name] for member in members]


def test_closed_box_is_no_sweep():
    assert sweep_form.read({"sweep": []}) is None
    assert sweep_form.read({}) is None


def test_grid_has_each_value_with_each(base):
    members = found(base, grid(values("learning_rate", "0.1, 1e-2"), values("batch_size", "16, 32, 64")))
    assert [member.name for member in members] == [
        f"learning_rate-{rate}_batch_size-{size}" for rate in (0.1, 0.01) for size in (16, 32, 64)
    ]
    made = [hyperparameters.values(member.made(base)) for member in members]
    assert [(one[RATE], one["batch_size"]) for one in made] == [(r, s) for r in (0.1, 0.01) for s in (16, 32, 64)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (KERNEL, "(3, 3), (5, 5), 2", ["3_3", "5_5", "2"]),
        ("layers_2_Conv2D__activation", "relu, 'tanh'", ["relu", "tanh"]),
        ("loss", "categorical_crossentropy, categorical_focal_crossentropy", ["categorical_crossentropy", "categorical_focal_crossentropy"]),
        ("class_weight", "balanced, None", ["balanced", "None"]),
        ("optimizer__amsgrad", "true, False", ["true", "false"]),
        ("steps_per_epoch", "None, 3", ["none", "3"]),
        ("random_seed", "1, 2", ["1", "2"]),
    ],
)  # fmt: skip
def test_values_of_every_type(base, name, text, expected):
    short = name.removeprefix("optimizer__")
    names = [member.name for member in found(base, grid(values(name, text)))]
    assert [one.removeprefix(f"{short}-").lower() for one in names] == [value.lower() for value in expected]


def test_builders_are_those_that_swapping_makes(base):
    box = grid(values("learning_rate", "0.1"), values(KERNEL, "(5, 5)"), seeds="4", split_seed=9)
    (member,) = found(base, box)
    swapped = hyperparameters.swap(base, [Swap(RATE, "0.1"), Swap(KERNEL, "(5, 5)"), Swap("random_seed", "4")])
    made = member.made(base)
    assert made.architecture == swapped.architecture
    assert dataclasses.replace(made.training, split=None) == swapped.training
    assert made.training.split.seed == 9


@pytest.mark.parametrize(("given", "expected"), [({"split_seed": 5}, 5), ({}, 42)])
def test_all_builders_share_the_seed_of_the_splits(base, given, expected):
    members = found(base, grid(values("random_seed", "1, 2, 3"), **given))
    assert {member.made(base).training.split.seed for member in members} == {expected}


def test_seeds_and_folds_multiply_each_point(base):
    members = found(base, grid(values("epochs", "1, 2"), seeds="7, 8", folds=3))
    assert len(members) == 12
    assert members[0].name == "epochs-1_random_seed-7_fold-1"
    assert [(one.split.fold, one.split.folds) for one in members[:3]] == [(1, 3), (2, 3), (3, 3)]
    assert len(found(base, grid(seeds="7, 8"))) == 2


def test_points_at_random_are_repeatable_different_and_within_their_range(base):
    box = drawn(
        between("learning_rate", 1e-4, 0.1, "log"), between("batch_size", 8, 64), some("epochs", "1, 2"), points=60
    )
    members = found(base, box)
    assert [member.name for member in members] == [member.name for member in found(base, box)]
    assert len({member.name for member in members}) == 60
    other = found(base, {**box, "sampling": {**box["sampling"], "sampling_seed": 1}})
    assert {member.name for member in other} != {member.name for member in members}
    rates, sizes = [float(text) for text in shown(members, RATE)], [int(text) for text in shown(members, "batch_size")]
    assert min(rates) >= 1e-4 and max(rates) <= 0.1 and all(8 <= size <= 64 for size in sizes)
    # On the logarithmic scale half of the points lie below the geometric mean; on the linear one a thirtieth would.
    assert 18 <= sum(rate < 1e-4 * 1000**0.5 for rate in rates) <= 42
    assert set(shown(members, "epochs")) == {"1", "2"}


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_whole_numbers_are_drawn_with_both_ends(base, scale, capsys):
    members = found(base, drawn(between(UNITS, 10, 13, scale), points=20))
    assert sorted(shown(members, UNITS)) == ["10", "11", "12", "13"]
    assert "Sweep: 20 points were asked for, and 4 different ones were found.\n" in capsys.readouterr().out


def test_points_that_come_to_the_same_are_there_once(base, capsys):
    members = found(base, grid(values("learning_rate", "0.1, 0.10, 1e-1"), values(KERNEL, "3, (3, 3)")))
    told = capsys.readouterr().out
    assert len(members) == 2
    assert "Sweep: points that are the same as another are left out: learning_rate-0.1" in told
    # A former or a short name is told of once.
    assert told.count("'learning_rate' is optimizer__learning_rate here") == 1


def test_names_are_safe_unique_and_short(base):
    members = found(base, grid(values("class_weight", "{'a/b': 1, '../é': 2}, {'a b': 1, '.. é': 2}")))
    names = [member.name for member in members]
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"[0-9A-Za-z.+_-]+", name) for name in names)
    long = ", ".join(f"{{'{letter * 400}': 1}}" for letter in "ab")
    names = [member.name for member in found(base, grid(values("class_weight", long), seeds="1, 2"))]
    assert len(set(names)) == 4 and max(map(len, names)) < 250


REFUSED = {
    "no value for the layer": (
        grid(values("layers_2_Conv2D__filters", "8, 0")),
        "Sweep: layers_2_Conv2D__filters must be a whole number of at least 1. Received: '0'.",
    ),
    "no value for the optimizer": (grid(values("learning_rate", "0.1, fast")), "learning_rate must be a number"),
    "no number of samples": (grid(values("batch_size", "16, -4")), "batch_size must be a whole number of at least 1"),
    "no setting": (grid(values("lerning_rate", "0.1")), "Sweep: 'lerning_rate' is no setting of this model. Those that exist"),
    "no list": (grid(values("learning_rate", "0,1 0,2")), "Sweep: learning_rate: the values must be separated by commas"),
    "code": (grid(values("epochs", "__import__('os').system('ls')")), "Sweep: epochs: the values must be separated"),
    "call in a list": (grid(values("epochs", "1, print(2)")), "Sweep: epochs: the values must be separated"),
    "no values": (grid(values("epochs", " ")), "Sweep: epochs: the values must be given"),
    "no name": (grid(values("", "1")), "Sweep: Hyperparameter: the name must be given"),
    "twice": (grid(values("lr", "1"), values("learning_rate", "2")), "'optimizer__learning_rate' is given twice"),
    "seeds twice": (grid(values("random_seed", "1"), seeds="2"), "'random_seed' is given twice"),
    "seed that is none": (grid(seeds="1, -2"), "random_seed must be a whole number of at least 0"),
    "nothing": (grid(), "Sweep: nothing changes from builder to builder"),
    "too many": (
        grid(values("epochs", "1, 2, 3"), values("batch_size", "1, 2, 3, 4"), most=11),
        "Sweep: there would be 12 builders, and at most 11 are allowed.",
    ),
    "too many with folds": (grid(values("epochs", "1, 2, 3"), folds=100), "there would be 300 builders, and at most 200"),
    "above the limit": (grid(values("epochs", "1"), most=1001), "at most 1000"),
    "too many at random": (drawn(some("epochs", "1, 2"), points=201), "there would be 201 builders, and at most 200"),
    "range upside down": (drawn(between("learning_rate", 1, 0.1), points=2), "the highest value must be above the lowest"),
    "no logarithm": (drawn(between("learning_rate", 0, 1, "log"), points=2), "the lowest value must be above 0"),
    "no whole number": (drawn(between("batch_size", 1.5, 4), points=2), "batch_size: is a whole number, and so must be"),
    "range beyond": (drawn(between("layers_2_Conv2D__filters", 0, 4), points=2), "filters must be a whole number of at"),
    "range of words": (drawn(between("loss", 0, 4), points=2), "Select a loss function must be one of"),
    "no network": (grid(values("layers_4_Conv2D__kernel_size", "3, 99")), "Sweep, layers_4_Conv2D__kernel_size-99"),
    "loss that does not suit": (grid(values("from_logits", "False, True")), "from_logits"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(base, case):
    box, message = REFUSED[case]
    with pytest.raises(UserError) as caught:
        found(base, box)
    assert message in str(caught.value)


def test_nothing_is_written_where_one_point_is_refused(tmp_path):
    form = form_of(TEST_DATA / "cnn_model.json", grid(values("layers_4_Conv2D__kernel_size", "3, 99")))
    result = forms.run("model_builder", form, tmp_path, outfile="base.zip", sweep="sweep")
    forms.assert_one_line(result, "layers_4_Conv2D__kernel_size-99")
    assert [path.name for path in tmp_path.iterdir()] == ["inputs.json"]


def test_tool_writes_the_base_as_it_is_and_the_same_bytes_again(tmp_path):
    form = form_of(TEST_DATA / "cnn_model.json", grid(values("learning_rate", "0.1, 0.01")), seed=3)
    first, again = make(form, tmp_path / "one"), make(form, tmp_path / "two")
    assert list(first) == ["learning_rate-0.01", "learning_rate-0.1"] == list(again)
    assert all(path.read_bytes() == again[name].read_bytes() for name, path in first.items())
    alone = forms.builder(TEST_DATA / "cnn_model.json", seed=3)
    assert forms.run("model_builder", alone, tmp_path, outfile="alone.zip").returncode == 0
    assert (tmp_path / "alone.zip").read_bytes() == (tmp_path / "one" / "base.zip").read_bytes()
    read = builder.read(Dataset(str(first["learning_rate-0.1"]), "a builder", "zip"))
    assert json.loads(json.dumps(read.training.to_json()))["split"] == {"seed": 3}


@pytest.mark.parametrize(
    "split",
    [{"seed": -1}, {}, {"seed": 1, "fold": 2}, {"seed": 1, "folds": 2}, {"seed": 1, "fold": 3, "folds": 2}, [1], "1"],
)
def test_damaged_split_is_refused(base, split):
    from dltools.catalogue import training_parameters

    with pytest.raises(UserError):
        training_parameters.check(base.training.to_json() | {"split": split}, "a builder")
