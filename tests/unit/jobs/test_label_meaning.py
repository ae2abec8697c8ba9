"""A label is the text that the user wrote: from the target's table to every output, and back into every tool."""

import html
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltools.catalogue import fit_parameters
from dltools.catalogue.training_config import CLASSIFIER, OptimizerConfig, TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, is_markup
from dltools.data import class_weights, targets
from dltools.data.specs import TargetSpec
from dltools.evaluation import prediction
from dltools.jobs import result_tables
from dltools.plots import compared_labels, curves
from dltools.plots.label_tables import TruthAndPrediction
from dltools.tables import labels, tables
from tests.support import forms
from tests.support.builders import FAST
from tests.support.networks import network
from tests.support.plotting import Tables, compared, drawn, scored
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

Y = Dataset("y", "y")
# Texts that programs, spreadsheets and parsers of numbers are known to change.
TREACHEROUS = [
    "0_0", "0_1", "1_0", "4E10", "2E5", "001", "01", "1", "1.0", "2", "10", "-1", "+1", "-0", "0.5", "1.50", "1e5", "1E5", "0x1F", "1,5",
    "9007199254740993", "9007199254740992", "123456789012345678901234567890", "123456789012345678901234567891",
    "true", "True", "TRUE", "inf", "-inf", "none", "None", "null", "NULL", "Na", "-", "+", "?", ".", "MARCH1", "1-Mar", "2-Sep", "10:30",
    "Predicted", "Predicted_a", "True_a", "id", "id_1", "id:a", "#", "#a", "a b", "a,b", "a;b", 'say "a"', '"a"', "'a'", "a'", "é", "日本", "٣", "½",
    "class", "0", "x" * 300, "micro average", "$a$", "_a", "%s", "{0}", "\\n",
]  # fmt: skip


def written_alike(texts) -> bool:
    """Tell whether two of the texts are the same class by the rule for whole numbers."""
    return len(labels.classes(texts).names) < len(set(texts))


def usable(text: str) -> bool:
    return text == text.strip() and text.isprintable() and not labels.is_missing(text) and not is_markup(text)


TRAINING = TrainingConfig(
    learning_type=CLASSIFIER, loss="categorical_crossentropy", optimizer=OptimizerConfig(type="Adam", options={})
)
TEXTS = st.one_of(
    st.sampled_from(TREACHEROUS),
    st.text(min_size=1, max_size=12),
    st.from_regex(r"-?[0-9]{1,3}([._eE][0-9]{1,2})?", fullmatch=True),
)
SETS = st.lists(TEXTS.filter(usable), min_size=2, max_size=9, unique=True).filter(
    lambda texts: not written_alike(texts)
)


def target_table(path, texts, times=3):
    """Write a column of labels as programs do, with quotes where they are needed; return the column as a tool reads it."""
    column = np.array(texts * times, object)
    tables.write_table(path, ["label of the sample"], [column])
    return tables.read_text(Dataset(str(path), path.name), True).columns[0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SETS, st.randoms())
def test_any_texts_come_back_unchanged(tmp_path, texts, random):
    random.shuffle(texts)
    column = target_table(tmp_path / "y", texts)
    assert column.tolist() == texts * 3
    target = targets.classification(
        [labels.cleaned(column, Y, 2)], None, max(2, len(texts)), "categorical_crossentropy", Y
    )
    spec = TargetSpec.of_json(json.loads(json.dumps(targets.spec(target).to_json())))
    place = {text: position for position, text in enumerate(target.classes)}
    shares = np.full((len(column), len(target.classes)), 0.1 / len(target.classes), np.float32)
    shares[np.arange(len(column)), [place[text] for text in column]] += 0.9
    shares[0] = np.roll(shares[0], 1)  # one sample is predicted wrongly
    expected = [np.roll(target.classes, -0)[shares[0].argmax()], *column[1:]]
    for method in ("predict", "predict_proba"):
        tables.write_table(tmp_path / method, *prediction.table(shares, method, spec, TRAINING))
    result_tables.write_truth(tmp_path / "true", target, np.arange(len(column)))
    datasets = {name: forms.dataset(tmp_path / name, name) for name in ("y", "true", "predict", "predict_proba")}
    assert tables.read_text(Dataset(str(tmp_path / "true"), "true"), True).columns[0].tolist() == column.tolist()
    assert tables.read_text(Dataset(str(tmp_path / "predict"), "predict"), True).columns[0].tolist() == expected
    for truth in ("y", "true"):
        for predicted in ("predict", "predict_proba"):
            found = compared_labels.compared(
                TruthAndPrediction.read(compared(datasets[truth], datasets[predicted], header_true=True))
            )
            assert set(found.classes) == {*texts, expected[0]}
            assert np.trace(found.counts) == len(column) - (expected[0] != column[0])
        drawn_curves = drawn("roc_curve", **scored(datasets[truth], datasets["predict_proba"])).curves
        assert {curve.name for curve in drawn_curves} - {curves.MICRO, curves.MACRO} <= set(target.classes)
    again = targets.known(
        [labels.cleaned(column, Y, 2)], None, spec, len(target.classes), "categorical_crossentropy", Y
    )
    assert again.classes == target.classes and again.truth.tolist() == target.truth.tolist()


@given(SETS)
def test_model_files_keep_the_classes(texts):
    found = labels.classes(texts)
    assert labels.texts(json.loads(json.dumps(labels.stored(found.names)))) == found.names


@given(SETS)
def test_weights_go_to_the_classes_as_written(texts):
    target = targets.classification([np.array(texts, object)], None, max(2, len(texts)), "categorical_crossentropy", Y)
    form = ", ".join(f"{text!r}: {weight}" for weight, text in enumerate(texts, start=1))
    weights = class_weights.by_position(
        fit_parameters.ClassWeights().read(form, "class_weight"), target, np.arange(len(texts))
    )
    assert {
        target.classes[position]: weight for position, weight in weights.items() if target.classes[position] in texts
    } == {text: weight for weight, text in enumerate(texts, start=1)}


NUMBERS = {
    "whole numbers": (["10", "9", "-1"], ["-1", "9", "10"]), "of a column with gaps": (["10.0", "9.0"], ["9.0", "10.0"]),
    "two spellings": (["2.0", "2", "10"], ["2", "10"]), "leading zeros": (["010", "9"], ["010", "9"]), "exponents": (["4E10", "2E5"], ["2E5", "4E10"]),
    "underscores": (["1_0", "0_1", "0_0"], ["0_0", "0_1", "1_0"]), "a name among them": (["10", "9", "x"], ["10", "9", "x"]),
    "two spellings beside a name": (["1", "1.0", "x"], ["1", "1.0", "x"]), "too long": (["9007199254740993", "9007199254740992"], ["9007199254740992", "9007199254740993"]),
    "fractions": (["0.5", "10", "9"], ["0.5", "10", "9"]), "signs": (["+1", "-1"], ["+1", "-1"]), "other digits": (["٣", "2"], ["2", "٣"]),
}  # fmt: skip


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_what_is_plainly_written_so(case):
    texts, ordered = NUMBERS[case]
    assert labels.classes(texts).names == ordered


@pytest.mark.parametrize("text", ["NA", "NaN", "nan", "N/A", "n/a", "#N/A", " NA ", "<NA>"])
def test_missing_label_is_refused_with_its_line(tmp_path, text):
    make = Tables(tmp_path)
    good, bad = make("good", "y\na\nb\na\n"), make("bad", f"y\na\nb\n{text}\n")
    message = rf"'bad', line 4: the label is missing \('{text.strip()}'\)"
    with pytest.raises(UserError, match=message):
        drawn("classification_confusion_matrix", **compared(bad, good, True))
    with pytest.raises(UserError, match=message):
        drawn("classification_confusion_matrix", **compared(good, bad, True))
    with pytest.raises(UserError, match=message):
        drawn("class_balance", label_tables=[{"infile1": bad, "header1": True, "column_selector_options": forms.ALL}])
    with pytest.raises(UserError, match=message):
        drawn("roc_curve", **scored(bad, make("p", "a\tb\n.1\t.9\n.2\t.8\n.3\t.7\n")))
    with pytest.raises(UserError, match=message):
        labels.integer_labels(np.array(["1", "2", text], object), Dataset("bad", "bad"), 2)


@pytest.mark.parametrize("text", ["-", "+", "none", "None", "?", ".", "null", "Na", "unknown"])
def test_words_that_people_use_as_classes_are_classes(tmp_path, text):
    make = Tables(tmp_path)
    shown = drawn(
        "classification_confusion_matrix",
        **compared(make("t", f"y\n{text}\nb\n"), make("p", f"Predicted\n{text}\n{text}\n"), True),
    )
    assert set(shown.classes) == {text, "b"} and shown.accuracy == 0.5


@pytest.mark.parametrize("text, missing", [("", True), ("Na", False), ("NA", True), ("na", True)])
def test_sodium_is_not_missing(text, missing):
    assert labels.is_missing(text) == missing


def test_blanks_around_labels_do_not_count(tmp_path):
    make = Tables(tmp_path)
    true, predicted = make("t", "y\n a \nb \na\n"), make("p", "Predicted\na\nb\na\n")
    assert drawn("classification_confusion_matrix", **compared(true, predicted, True)).accuracy == 1
    curves = drawn("roc_curve", **scored(true, make("s", "a\tb\n.9\t.1\n.2\t.8\n.7\t.3\n"))).curves
    assert [(curve.name, curve.area) for curve in curves] == [("b", 1.0)]


# --- through the scripts ----------------------------------------------------------------------

CASES = {
    "clusters": ["0_0", "0_1", "1_0"], "clones": ["4E10", "2E5", "001"], "identifiers": ["10000000000000001", "10000000000000002", "10000000000000003"],
    "strands": ["+", "-", "."], "numbers": ["1", "2", "10"], "words of the suite": ["Predicted", "id:a", 'the "third" one'], "halves": ["0.5", "1.0", "1.5"],
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Train, predict and plot on the labels of each case; return (folder with the tables, results by tool and case)."""
    data = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    classes = rng.permutation(np.arange(90) % 3)
    write(data / "x", (np.eye(3)[classes] + rng.normal(0, 0.1, (90, 3))).round(4), "a\tb\tc")
    for name, texts in CASES.items():
        # A label more at the end of the line has a blank behind it.
        column = np.array([texts[code] + " " * (row % 2) for row, code in enumerate(classes)], object)
        tables.write_table(data / name, ["class"], [column])
    config = (
        forms.run_all("model_config", {"net": network(3)}, tmp_path_factory.mktemp("config"), outfile="model.json")[
            "net"
        ].folder
        / "model.json"
    )
    named = {
        name: forms.builder(
            config, epochs=8, batch_size=10, seed=4, **FAST, class_weight=", ".join(f"{text!r}: 1" for text in texts)
        )
        for name, texts in CASES.items()
    }
    builders = forms.run_all("model_builder", named, tmp_path_factory.mktemp("builders"), outfile="builder.zip")
    found = {
        "train": forms.run_all(
            "train_and_eval",
            {
                name: forms.training(
                    builders[name].folder / "builder.zip", data / "x", data / name, header1=True, header2=True
                )
                for name in CASES
            },
            tmp_path_factory.mktemp("train"),
            **OUTPUTS,
            outfile_report="report.html",
        )
    }
    for method in ("predict", "predict_proba"):
        found[method] = forms.run_all(
            "model_prediction",
            {
                name: forms.prediction(
                    found["train"][name].folder / "model.h5mlm",
                    data / "x",
                    method,
                    header=True,
                    truth=forms.table(data / name, "true", True),
                )
                for name in CASES
            },
            tmp_path_factory.mktemp(method),
            outfile_predict="out",
            outfile_scores="scores",
        )
    for kind, method in (("matrix", "predict"), ("matrix of shares", "predict_proba")):
        found[kind] = forms.run_all(
            "ml_visualization",
            {
                name: {
                    "plotting_selection": {
                        "plot_type": "classification_confusion_matrix",
                        "title": "",
                        "plot_format": "png",
                        "plot_color": "Greens",
                        **compared(forms.dataset(data / name), forms.dataset(found[method][name].folder / "out"), True),
                    }
                }
                for name in CASES
            },
            tmp_path_factory.mktemp(kind),
            output="plot",
            output_table="table",
        )
    found["roc"] = forms.run_all(
        "ml_visualization",
        {
            name: {
                "plotting_selection": {
                    "plot_type": "roc_curve",
                    "title": "",
                    "plot_format": "png",
                    **scored(forms.dataset(data / name), forms.dataset(found["predict_proba"][name].folder / "out")),
                }
            }
            for name in CASES
        },
        tmp_path_factory.mktemp("roc"),
        output="plot",
        output_table="table",
    )
    return data, found


@pytest.mark.parametrize("name", CASES)
def test_labels_keep_their_text_through_all_tools(runs, name):
    data, found = runs
    for tool, results in found.items():
        assert (results[name].returncode, results[name].stderr) == (0, ""), (tool, results[name].stderr)
    texts = labels.classes(CASES[name]).names
    true = [text.strip() for text in tables.read_text(Dataset(str(data / name), name), True).columns[0]]
    facts = found["train"][name]
    assert "accuracy" in facts.stdout and all(text in facts.stdout for text in texts)
    predicted = tables.read_text(Dataset(str(found["predict"][name].folder / "out"), "out"), True).columns[0].tolist()
    assert np.mean(np.array(predicted) == np.array(true)) > 0.95
    header = tables.read_numbers(Dataset(str(found["predict_proba"][name].folder / "out"), "out"), True).names
    assert header == texts
    assert float(found["predict"][name].table("scores")[1][-1]) > 0.95
    for kind in ("matrix", "matrix of shares"):
        assert "90 samples, 3 classes, accuracy" in found[kind][name].stdout
        matrix = tables.read_text(Dataset(str(found[kind][name].folder / "table"), "table"), True)
        assert matrix.columns[0].tolist() == texts and matrix.names[1:] == texts
    assert all(f"{text} 1.0000" in found["roc"][name].stdout for text in texts)
    truth = tables.read_text(Dataset(str(facts.folder / "y_true"), "y_true"), True).columns[0]
    assert set(truth) <= set(texts)
    report = (facts.folder / "report.html").read_text()
    assert all(html.escape(text, quote=False) in report or html.escape(text) in report for text in texts)
