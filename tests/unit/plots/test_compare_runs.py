"""The comparison of runs: their order, what is taken together, and what is said of the best."""

import dataclasses
import math

import numpy as np
import pytest

from dltools.catalogue import score_names
from dltools.catalogue.metrics import METRICS, MORE_IS_BETTER
from dltools.catalogue.scorers import SCORERS
from dltools.catalogue.training_config import SharedSplit
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.model_files import builder, hyperparameters
from dltools.model_files.hyperparameters import Swap
from tests.support import forms
from tests.support.places import TEST_DATA
from tests.support.plotting import Tables, drawn, tick_names


@pytest.fixture
def tables(tmp_path):
    return Tables(tmp_path)


def runs_of(tables, rows):
    """Return the scores of runs as Galaxy passes a list; `rows` maps a run's name to its scores by name."""
    return [
        tables.columns(name, {column: [value] for column, value in scores.items()}) for name, scores in rows.items()
    ]


def compared(tables, rows, builders=None, histories=None, score="", better="auto"):
    """Return the display of runs, drawn."""
    details = {"infile_builders": builders, "infile_histories": histories}
    return drawn(
        "compare_runs",
        infile_scores=runs_of(tables, rows),
        score=score,
        better=better,
        run_details=[{"__index__": 0, **details}] if builders or histories else [],
    )


def validated(value, test=None):
    """Return scores as 'Deep learning training and evaluation' names them, some of them worth little."""
    return {
        "test_loss": 0.5, "test_accuracy": value - 0.05 if test is None else test,
        "validation_loss": 0.4, "validation_acc": value, "validation_accuracy": value, "train_loss": 0.1,
    }  # fmt: skip


def sweep_of(tables, named, split_seed=9):
    """Write builders; `named` maps a name to settings, of which "fold" is that of a cross-validation of 2."""
    base = builder.read(Dataset(str(TEST_DATA / "cnn_builder.zip"), "cnn_builder.zip", "zip"))
    found = []
    for name, settings in named.items():
        fold = settings.pop("fold", None)
        swaps = [Swap(setting, str(value)) for setting, value in settings.items()]
        made = hyperparameters.swap(base, swaps)
        split = SharedSplit(seed=split_seed, fold=fold, folds=2 if fold else None) if split_seed is not None else None
        made = dataclasses.replace(made, training=dataclasses.replace(made.training, split=split))
        builder.write(tables.folder / f"{name}.zip", made)
        found.append(forms.dataset(tables.folder / f"{name}.zip", name))
    return found


def column(shown, name):
    header, columns = shown.table()
    return list(columns[header.index(name)])


def test_best_validation_score_is_first_and_its_test_score_beside_it(tables):
    shown = compared(tables, {"a": validated(0.8, 0.95), "b": validated(0.9, 0.7), "c": validated(0.85, 0.9)})
    assert column(shown, "run") == ["b", "c", "a"] == column(shown, "best_run")
    assert column(shown, "rank") == ["1", "2", "3"]
    assert shown.choice.column == "validation_accuracy"
    assert (
        shown.summary()
        == "Best of 3 by validation_accuracy (more is better): b, validation_accuracy 0.9, test_accuracy 0.7."
    )
    assert any("Report test_accuracy, at which the choice did not look" in note for note in shown.notes)
    header, _ = shown.table()
    # The two that matter come first; the others are kept.
    assert header[4:8] == ["validation_accuracy", "validation_accuracy_std", "test_accuracy", "test_accuracy_std"]
    assert {"test_loss", "validation_loss", "validation_acc", "train_loss"} <= set(header)
    np.testing.assert_allclose(shown.points_[0].get_xdata(), [0.9, 0.85, 0.8])
    assert tick_names(shown.axes_[0].yaxis) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("column_name", "more", "first"),
    [
        ("test_loss", False, "low"), ("test_r2", True, "high"), ("test_neg_mean_squared_error", True, "high"),
        ("test_mae", False, "low"), ("validation_age_mae", False, "low"), ("test_digit_f1_macro", True, "high"),
        ("test_max_error", True, "high"), ("validation_top_2_accuracy", True, "high"),
    ],
)  # fmt: skip
def test_each_score_has_its_direction(tables, column_name, more, first):
    shown = compared(tables, {"low": {column_name: -2.0}, "high": {column_name: -1.0}})
    assert shown.choice.more is more
    assert column(shown, "run")[0] == first


def test_every_score_on_offer_has_a_direction():
    for name in SCORERS:
        assert score_names.more_is_better(f"test_{name}") is True, name
    for name in set(METRICS) - set(SCORERS):
        assert score_names.more_is_better(f"test_{name}") is (name in MORE_IS_BETTER), name
    assert score_names.more_is_better("test_loss") is False
    assert score_names.more_is_better("test_quality") is None


def test_test_scores_alone_flatter(tables):
    shown = compared(tables, {"a": {"test_accuracy": 0.8}, "b": {"test_accuracy": 0.9}})
    assert "the best of 2 test scores is better than the network will be on new samples" in shown.notes[0]
    assert shown.choice.beside is None


def test_validation_scores_alone_flatter(tables):
    shown = compared(tables, {"a": {"validation_r2": 0.8}, "b": {"validation_r2": 0.9}})
    assert shown.notes[0].startswith("There are no test scores: the best of 2 validation scores is better than")


def test_choice_by_a_test_score_in_spite_of_validation_scores_is_said(tables):
    shown = compared(tables, {"a": validated(0.8, 0.9), "b": validated(0.9, 0.7)}, score="test_accuracy")
    assert column(shown, "run") == ["a", "b"]
    assert "Chosen by test_accuracy itself" in shown.notes[0]


@pytest.mark.parametrize(
    ("typed", "chosen"), [("loss", "validation_loss"), ("train_loss", "train_loss"), ("acc", "validation_acc")]
)
def test_typed_score(tables, typed, chosen):
    shown = compared(tables, {"a": validated(0.8), "b": validated(0.9)}, score=typed)
    assert shown.choice.column == chosen


def test_diverged_runs_are_last_and_named(tables):
    rows = {
        "gone": validated(math.nan),
        "fine": validated(0.3),
        "wild": {**validated(0.2), "validation_accuracy": "inf"},
    }
    shown = compared(tables, rows)
    assert column(shown, "run") == ["fine", "gone", "wild"]
    assert column(shown, "rank") == ["1", "", ""]
    assert column(shown, "best_run") == ["fine", "", ""]
    assert "validation_accuracy is no number or is not there, so they stand last: gone, wild." in shown.notes


def test_less_is_better_keeps_diverged_runs_last(tables):
    shown = compared(tables, {"gone": {"test_loss": math.nan}, "high": {"test_loss": 2.0}, "low": {"test_loss": 1.0}})
    assert column(shown, "run") == ["low", "high", "gone"]


def test_equal_scores_share_a_rank_and_are_named(tables):
    shown = compared(tables, {"b": validated(0.9), "a": validated(0.9), "c": validated(0.8)})
    assert column(shown, "rank") == ["1", "1", "3"]
    assert column(shown, "run") == ["b", "a", "c"]
    assert "Equally good by validation_accuracy: b, a." in shown.notes


def test_one_run_is_shown_and_nothing_claimed(tables):
    shown = compared(tables, {"alone": validated(0.9)})
    assert shown.notes == ["Only one has validation_accuracy, so nothing was chosen."]


def test_runs_with_other_scores_stand_last(tables):
    rows = {"a": {"test_accuracy": 0.8}, "b": {"test_accuracy": 0.9}, "number": {"test_r2": 0.99}}
    shown = compared(tables, rows)
    assert column(shown, "run") == ["b", "a", "number"]
    assert any("stand last: number." in note for note in shown.notes)


SEEDS = {
    "fast_random_seed-1": {"learning_rate": 0.1, "random_seed": 1},
    "fast_random_seed-2": {"learning_rate": 0.1, "random_seed": 2},
    "slow_random_seed-1": {"learning_rate": 0.01, "random_seed": 1},
    "slow_random_seed-2": {"learning_rate": 0.01, "random_seed": 2},
}


def settings():
    return {name: dict(values) for name, values in SEEDS.items()}


def test_seeds_of_the_same_settings_are_one_line_with_mean_and_spread(tables):
    rows = dict(zip(SEEDS, map(validated, (0.8, 0.9, 0.6, 0.7)), strict=True))
    shown = compared(tables, rows, sweep_of(tables, settings()))
    assert column(shown, "run") == ["fast", "slow"]
    assert column(shown, "runs") == [2, 2]
    np.testing.assert_allclose(column(shown, "validation_accuracy"), [0.85, 0.65], rtol=1e-6)
    np.testing.assert_allclose(column(shown, "validation_accuracy_std"), [0.0707107] * 2, rtol=1e-5)
    assert column(shown, "learning_rate") == ["0.1", "0.01"]
    assert column(shown, "best_run") == ["fast_random_seed-2", "slow_random_seed-2"]
    assert "(mean of 2 runs, ± standard deviation; the best of them: fast_random_seed-2)" in shown.summary()
    assert [axes.get_xlabel() for axes in shown.axes_] == ["validation_accuracy (more is better)", "learning_rate"]
    assert tick_names(shown.axes_[0].yaxis) == ["0.1 (2)", "0.01 (2)"]
    assert not [note for note in shown.notes if "seed of the splits" in note or "luck" in note]


def test_lead_within_the_spread_may_be_luck(tables):
    rows = dict(zip(SEEDS, map(validated, (0.5, 0.92, 0.6, 0.8)), strict=True))
    shown = compared(tables, rows, sweep_of(tables, settings()))
    assert any(note.startswith("The lead over slow (0.01) is smaller") for note in shown.notes)


def test_one_diverged_seed_makes_its_settings_last(tables):
    rows = dict(zip(SEEDS, map(validated, (0.99, math.nan, 0.6, 0.7)), strict=True))
    shown = compared(tables, rows, sweep_of(tables, settings()))
    assert column(shown, "run") == ["slow", "fast"]
    assert any("stand last: fast_random_seed-2." in note for note in shown.notes)


def test_runs_that_failed_are_named(tables):
    rows = {name: validated(0.8) for name in SEEDS if name != "fast_random_seed-2"}
    shown = compared(tables, rows, sweep_of(tables, settings()))
    assert "Without scores, since they failed or were left out: fast_random_seed-2." in shown.notes
    assert dict(zip(column(shown, "run"), column(shown, "runs_without_scores"), strict=True)) == {"slow": 0, "fast": 1}


def test_empty_scores_of_a_failed_run_are_no_scores(tables):
    scores = [*runs_of(tables, {"a": validated(0.9), "b": validated(0.8)}), tables("gone", "")]
    shown = drawn("compare_runs", infile_scores=scores, score="", better="auto")
    assert "Without scores, since they failed or were left out: gone." in shown.notes
    assert column(shown, "run") == ["a", "b", "gone"]


def test_folds_of_the_same_settings_are_one_line(tables):
    named = {f"lr-{rate}_fold-{fold}": {"learning_rate": rate, "fold": fold} for rate in (0.1, 0.2) for fold in (1, 2)}
    rows = dict(zip(named, map(validated, (0.8, 0.9, 0.6, 0.7)), strict=True))
    shown = compared(tables, rows, sweep_of(tables, named))
    assert column(shown, "run") == ["lr-0.1", "lr-0.2"]
    assert any(note.startswith("In a cross-validation, samples that validate in one fold") for note in shown.notes)


def test_builders_outside_a_sweep_may_be_tested_on_other_samples(tables):
    rows = dict(zip(SEEDS, map(validated, (0.8, 0.9, 0.6, 0.7)), strict=True))
    shown = compared(tables, rows, sweep_of(tables, settings(), split_seed=None))
    assert any(note.startswith("The builders do not share a seed of the splits") for note in shown.notes)


def test_cross_validation_in_one_job_brings_its_own_spread(tables):
    rows = {name: {"test_accuracy": value, "test_accuracy_std": 0.2} for name, value in (("a", 0.8), ("b", 0.9))}
    shown = compared(tables, rows)
    assert column(shown, "test_accuracy_std") == [np.float32(0.2)] * 2
    assert any(note.startswith("The lead over a (0.1)") for note in shown.notes)
    # The spread is no score of its own.
    assert shown.choice.others == ()


def test_histories_tell_epochs_and_seconds(tables):
    histories = [tables(f"h_{name}", "epoch\tloss\tseconds\n1\t2\t1.5\n2\t1\t2.5\n") for name in ("a", "b")]
    for name, entry in zip(("a", "b"), histories, strict=True):
        entry["element_identifier"] = name
    shown = compared(tables, {"a": validated(0.8), "b": validated(0.9)}, histories=histories)
    assert column(shown, "epochs") == [2, 2] and column(shown, "seconds") == [4, 4]


def test_two_hundred_points_are_all_in_the_table(tables):
    named = {
        f"p{number}": {
            "learning_rate": 10 ** (-1 - number / 50),
            "layers_7_Dense__activation": ("softmax", "sigmoid")[number % 2],
        }
        for number in range(200)
    }
    rows = {name: validated(0.5 + number / 1000) for number, name in enumerate(named)}
    shown = compared(tables, rows, sweep_of(tables, named))
    assert len(column(shown, "run")) == 200 and column(shown, "run")[0] == "p199"
    assert len(shown.points_[0].get_xdata()) == 25 and len(shown.points_[1].get_xdata()) == 200
    assert any("The figure shows 25 names" in note for note in shown.notes)
    # Rates of such different sizes stand on a logarithmic scale.
    assert max(shown.points_[1].get_xdata()) < 0


def test_names_that_are_there_twice_stay_apart(tables):
    scores = runs_of(tables, {"a": {"test_r2": 0.5}, "b": {"test_r2": 0.6}})
    scores[1]["element_identifier"] = "a"
    shown = drawn("compare_runs", infile_scores=scores, score="", better="auto")
    assert column(shown, "run") == ["a (2)", "a"]


REFUSED = {
    "nothing": ({"infile_scores": []}, "Scores of the runs: no dataset was chosen."),
    "no score": ({"score": "acuracy"}, "Score to choose by: the runs have no 'acuracy'. They have: 'test_loss'"),
    "no direction": ({"score": "fun"}, "whether more of 'fun' is better is not known. Choose it under 'What is better'"),
    "wrong direction": ({"better": "up"}, "What is better must be one of auto, more, less"),
    "no number": ({"score": "none"}, "Score to choose by: 'none' is no number in any run."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tables, case):
    changes, message = REFUSED[case]
    scores = {**validated(0.5), "fun": 1, "none": math.nan}
    form = {"infile_scores": runs_of(tables, {"a": scores}), "score": "", "better": "auto", **changes}
    if case == "no number":
        form["better"] = "more"
    with pytest.raises(UserError) as caught:
        drawn("compare_runs", **form)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n1\t2\n3\t4\n", "must have one line of scores under a header"),
        ("name\ttest_r2\nhello\t0.5\n", "column 'name' must hold a number. Received: 'hello'."),
        ("foo\tbar\n1\t2\n", "Score to choose by: must be given, since none of the columns has the name of a score"),
    ],
)
def test_tables_that_are_no_scores_are_refused(tables, text, message):
    with pytest.raises(UserError) as caught:
        drawn("compare_runs", infile_scores=[tables("table", text)], score="", better="auto")
    assert message in str(caught.value)


def test_builders_of_other_runs_are_refused(tables):
    with pytest.raises(UserError) as caught:
        compared(tables, {"a": validated(0.8)}, sweep_of(tables, {"other": {"learning_rate": 1}}))
    assert "The builders: none has the name of a run." in str(caught.value)
