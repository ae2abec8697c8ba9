"""Networks that answer each step of a sequence or each point of an image: trained, scored, saved, continued, applied."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_digits

from dltools.catalogue.training_config import CLASSIFIER, OptimizerConfig, TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import sequences, targets
from dltools.evaluation import baseline, evaluator
from dltools.networks import last_layer
from tests.support import forms
from tests.support.builders import FAST
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores

LENGTH, SAMPLES = 6, 300
SOURCE = Dataset("y", "y")
BASES = np.array(list("ACGT"))
PARTS = np.array(["exon", "gap", "intron"])


def dense(units, activation="softmax", **further):
    return "Dense", {"units": units, "activation": activation, "kwargs": "", **further}


def convolution(activation="sigmoid"):
    return [
        ("Conv2D", {"filters": 4, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"}),
        ("Conv2D", {"filters": 1, "kernel_size": "1", "activation": activation, "kwargs": ""}),
    ]


def stepwise(units, activation="softmax"):
    recurrent = "Conv1D", {"filters": 12, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"}
    return forms.sequential(recurrent, dense(units, activation), input_shape=f"({LENGTH}, 4)")


def named(kind, name, inbound, **values):
    return kind, {**values, "inbound_nodes": inbound, "kwargs": f"name='{name}'"}


# From a sequence of bases: what each is part of, and how often A occurs.
TWO_HEADS = forms.functional(
    ("Input", {"shape": f"({LENGTH}, 4)"}),
    ("Flatten", {"data_format": "channels_last", "inbound_nodes": 1}),
    named("Dense", "steps", 1, units=3, activation="softmax"),
    named("Dense", "kind", 2, units=3, activation="softmax"),
    inputs="[1]",
    outputs="[3, 4]",
)
# An encoder whose state the decoder starts from is no layer of the form; that both are seen at each step does here.
TRANSLATION = forms.functional(
    ("Input", {"shape": f"({LENGTH}, 4)"}),
    ("Input", {"shape": f"({LENGTH}, 4)"}),
    ("GRU", {"units": 8, "inbound_nodes": 1, "kwargs": "return_sequences=True"}),
    ("Concatenate", {"merging_layers": "[2, 3]", "axis": "-1"}),
    dense(4, inbound_nodes=4),
    inputs="[1, 2]",
    outputs="[5]",
)
CLASSES = {"epochs": 25, "seed": 1, **FAST}
VALUES = {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["mae"], "epochs": 5, "seed": 1}
MASKS = {"loss": "binary_crossentropy", "metrics": ["acc", "auc", "mean_iou"], **CLASSES, "epochs": 8}
NETWORKS = {
    "steps": (stepwise(3), CLASSES),
    "sparse": (stepwise(3), {**CLASSES, "loss": "sparse_categorical_crossentropy"}),
    "logits": (stepwise(3, "linear"), {**CLASSES, "loss_options": {"from_logits": True}}),
    "balanced": (stepwise(3), {**CLASSES, "class_weight": "balanced"}),
    "one unit": (stepwise(1, "sigmoid"), {**CLASSES, "loss": "binary_crossentropy"}),
    "f1": (stepwise(3), {**CLASSES, "metrics": ["f1"]}),
    "two heads": (TWO_HEADS, CLASSES),
    "translation": (TRANSLATION, {**CLASSES, "epochs": 3}),
    "picture": (forms.sequential(*convolution(), input_shape="(8, 8, 1)"), VALUES),
    "mask": (forms.sequential(*convolution(), input_shape="(8, 8, 1)"), MASKS),
    "flat": (forms.sequential(dense(16, "relu"), dense(64, "linear"), input_shape="(64,)"), VALUES),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(3)
    bases = random.integers(0, 4, (SAMPLES, LENGTH))
    # What a base is part of follows from the base itself, but for C, whose right neighbour decides.
    follows = np.roll(bases, -1, axis=1)
    parts = np.where(bases == 0, 0, np.where(bases == 1, follows % 3, np.where(bases == 2, 1, 2)))
    header = "\t".join(f"at{step}" for step in range(LENGTH))
    write(folder / "x", np.eye(4, dtype=int)[bases].reshape(SAMPLES, -1))
    write(
        folder / "both",
        np.hstack(
            [np.eye(4, dtype=int)[bases].reshape(SAMPLES, -1), np.eye(4, dtype=int)[follows].reshape(SAMPLES, -1)]
        ),
    )
    write(folder / "bases", BASES[bases])
    write(folder / "parts", PARTS[parts], header)
    write(folder / "turned", PARTS[parts][:, ::-1], "\t".join(header.split("\t")[::-1]))
    write(folder / "one_hot", np.eye(3, dtype=int)[parts].reshape(SAMPLES, -1))
    write(folder / "is_exon", np.where(parts == 0, "yes", "no"))
    kinds = np.array(["few", "some", "many"])[np.clip((bases == 0).sum(axis=1), 0, 2)]
    write(folder / "with_kind", np.column_stack([PARTS[parts], kinds]))
    write(folder / "weights", np.where(np.arange(SAMPLES) < SAMPLES // 2, 1, 2))
    write(folder / "other", np.where(parts == 0, "exon", "promoter"), header)
    write(folder / "x_few", np.eye(4, dtype=int)[bases].reshape(SAMPLES, -1)[:5])
    digits = load_digits().images[:400] / 16
    write(folder / "digits", digits.reshape(len(digits), -1).round(4))
    write(folder / "few", digits[:, 0].round(4))
    write(folder / "ink", (digits > 0.5).astype(int).reshape(len(digits), -1))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    configs = forms.run_all(
        "model_config",
        {name: form for name, (form, _) in NETWORKS.items()},
        tmp_path_factory.mktemp("configs"),
        outfile="model.json",
    )
    made = forms.run_all(
        "model_builder",
        {
            name: forms.builder(configs[name].folder / "model.json", **changes)
            for name, (_, changes) in NETWORKS.items()
        },
        tmp_path_factory.mktemp("zips"),
        outfile="builder.zip",
    )
    path = {name: result.folder / "builder.zip" for name, result in made.items()}
    scorers = {"primary_scoring": "f1_macro", "secondary_scoring": ["roc_auc", "neg_log_loss"]}
    stratified = {"shuffle": "stratified", "test_size": 0.2, "random_state": 1}
    weights = forms.table(data / "weights", "w")
    cases = {
        "steps": forms.training(path["steps"], data / "x", data / "parts", header2=True, scoring=scorers),
        "one-hot": forms.training(path["steps"], data / "x", data / "one_hot"),
        "sparse": forms.training(path["sparse"], data / "x", data / "parts", header2=True),
        "logits": forms.training(path["logits"], data / "x", data / "parts", header2=True, scoring=scorers),
        "balanced": forms.training(path["balanced"], data / "x", data / "parts", header2=True),
        "one unit": forms.training(path["one unit"], data / "x", data / "is_exon"),
        "two heads": forms.training(path["two heads"], data / "x", data / "with_kind"),
        "translation": forms.training(path["translation"], data / "both", data / "bases"),
        "picture": forms.training(path["picture"], data / "digits", data / "digits", "train_val_test"),
        "mask": forms.training(path["mask"], data / "digits", data / "ink"),
        "flat": forms.training(path["flat"], data / "digits", data / "digits"),
        "fail columns": forms.training(path["steps"], data / "x", data / "with_kind"),
        "fail numbers": forms.training(path["picture"], data / "digits", data / "few"),
        "fail stratified": forms.training(path["steps"], data / "x", data / "parts", header2=True, split=stratified),
        "fail metric": forms.training(path["f1"], data / "x", data / "parts", header2=True),
    }
    for name in ("steps", "mask", "two heads"):
        form = {**cases[name], "input_options": {**cases[name]["input_options"]}}
        if name != "mask":
            form["input_options"]["sample_weights"] = [{"__index__": 0, **weights}]
        cases[f"weighted {name}"] = form
    first = forms.run_all(
        "train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS, outfile_report="report.html"
    )
    model = first["steps"].folder / "model.h5mlm"
    again = {
        "further": forms.training(model, data / "x", data / "parts", header2=True, swaps=[("epochs", "2")]),
        "turned": forms.training(
            model,
            data / "x",
            data / "turned",
            header2=True,
            swaps=[("epochs", "1"), ("optimizer__learning_rate", "1e-9")],
        ),
        "fail other": forms.training(model, data / "x", data / "other", header2=True),
    }
    return first | forms.run_all("train_and_eval", again, tmp_path_factory.mktemp("further"), **OUTPUTS)


ENDS_WELL = (
    "steps",
    "one-hot",
    "sparse",
    "logits",
    "balanced",
    "one unit",
    "two heads",
    "translation",
    "picture",
    "mask",
    "flat",
    "weighted steps",
    "weighted two heads",
    "further",
    "turned",
)


@pytest.mark.parametrize("name", ENDS_WELL)
def test_ends_well(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, ""), runs[name].stderr


def flat(result, name):
    header, *rows = result.table(name)
    return header, np.array(rows).reshape(-1)


@pytest.mark.parametrize(("name", "truth"), [("steps", "parts"), ("logits", "parts"), ("balanced", "parts")])
def test_each_step_is_scored_as_a_row(runs, name, truth):
    found, (header, true), (predicted_header, predicted) = (
        scores(runs[name]),
        flat(runs[name], "y_true"),
        flat(runs[name], "y_preds"),
    )
    assert header == [f"True_at{step}" for step in range(LENGTH)]
    assert predicted_header == [f"Predicted_at{step}" for step in range(LENGTH)]
    assert set(true) == set(PARTS)
    accuracy = metrics.accuracy_score(true, predicted)
    assert accuracy > 0.9
    assert found["validation_acc"] == pytest.approx(accuracy)
    if name != "balanced":
        assert found["validation_f1_macro"] == pytest.approx(metrics.f1_score(true, predicted, average="macro"))
        assert 0.9 < found["validation_roc_auc"] <= 1
        assert found["validation_neg_log_loss"] == pytest.approx(-found["validation_loss"], rel=1e-4)


def test_labels_one_hot_columns_and_class_numbers_train_alike(runs):
    names = ["validation_loss", "validation_acc", "train_loss", "train_acc"]
    for other in ("one-hot", "sparse"):
        assert [scores(runs[other])[name] for name in names] == pytest.approx(
            [scores(runs["steps"])[name] for name in names], rel=1e-4
        )
    assert flat(runs["one-hot"], "y_true")[0] == [f"True_{step}" for step in range(LENGTH)]
    assert list(flat(runs["one-hot"], "y_true")[1]) == [
        str(list(PARTS).index(name)) for name in flat(runs["steps"], "y_true")[1]
    ]


def test_two_classes_of_one_unit(runs):
    (_, true), (_, predicted) = flat(runs["one unit"], "y_true"), flat(runs["one unit"], "y_preds")
    assert set(true) == {"no", "yes"}
    assert scores(runs["one unit"])["validation_accuracy"] == pytest.approx((true == predicted).mean())
    assert (true == predicted).mean() > 0.9


def test_steps_beside_one_answer(runs):
    header = [f"True_steps_{step}" for step in range(LENGTH)] + ["True_kind"]
    assert runs["two heads"].table("y_true")[0] == header
    true, predicted = (np.array(runs["two heads"].table(name)[1:]) for name in ("y_true", "y_preds"))
    found = scores(runs["two heads"])
    assert found["validation_steps_accuracy"] == pytest.approx((true[:, :-1] == predicted[:, :-1]).mean())
    assert found["validation_kind_accuracy"] == pytest.approx((true[:, -1] == predicted[:, -1]).mean())
    assert set(true[:, -1]) == {"few", "some", "many"}


def test_a_sequence_of_two_sequences(runs):
    (_, true), (_, predicted) = flat(runs["translation"], "y_true"), flat(runs["translation"], "y_preds")
    assert set(true) == set(BASES)
    assert (true == predicted).mean() > 0.9


def test_a_picture_is_its_own_target(runs):
    (_, true), (_, predicted) = flat(runs["picture"], "y_true"), flat(runs["picture"], "y_preds")
    true, predicted = true.astype(float), predicted.astype(float)
    found = scores(runs["picture"])
    assert found["test_loss"] == pytest.approx(((true - predicted) ** 2).mean(), rel=1e-4)
    assert found["test_r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-4)
    assert found["test_loss"] < scores_of_constant(runs["picture"])["test_loss"] * 3
    assert "alone tells" not in runs["picture"].stdout
    assert "'digits': regression of 1 target column(s) for each of 64 points" in runs["picture"].stdout


def scores_of_constant(result):
    """Return the baselines of the log."""
    lines = [line for line in result.stdout.splitlines() if "(baseline: " in line]
    return {line.partition(":")[0]: float(line.partition("(baseline: ")[2].rstrip(")")) for line in lines}


def test_the_baseline_answers_each_step_for_itself(runs):
    _, true = flat(runs["mask"], "y_true")
    ink = np.array([line.split("\t") for line in (runs["mask"].folder / "y_true").read_text().splitlines()[1:]], int)
    # Of the validation samples' own, which the training's are near to.
    constant = np.maximum(ink.mean(axis=0), 1 - ink.mean(axis=0)).mean()
    assert scores_of_constant(runs["mask"])["validation_accuracy"] == pytest.approx(constant, abs=0.04)
    assert scores(runs["mask"])["validation_acc"] == pytest.approx((flat(runs["mask"], "y_preds")[1] == true).mean())
    assert scores(runs["mask"])["validation_auc"] > 0.99


def test_weights_are_of_samples(runs):
    """Samples that count twice weigh twice in the loss of each of their steps."""
    plain, weighted = scores(runs["steps"]), scores(runs["weighted steps"])
    assert weighted["validation_loss"] != pytest.approx(plain["validation_loss"], rel=1e-3)
    assert weighted["validation_acc"] > 0.9


@pytest.mark.parametrize("shape", [(5,), (4, 5), (3, 2, 5)])
def test_the_loss_is_weighted_as_keras_does_by_hand(shape):
    import keras

    random = np.random.default_rng(1)
    values = random.random((6, *shape)).astype(np.float32)
    target = targets.Target(
        targets.REGRESSION,
        np.zeros_like(values),
        np.zeros((6, values[0].size)),
        [],
        [],
        shape=shape if len(shape) > 1 else (),
    )
    weights = random.random(6).astype(np.float32)
    found = float(keras.losses.MeanSquaredError()(target.values, values, target.spread(weights)))
    each = (values.reshape(6, -1) ** 2).mean(axis=1)
    assert found == pytest.approx(float((each * weights).mean()), rel=1e-5)


def test_training_goes_on_by_the_names_of_the_steps(runs):
    assert len(runs["further"].table("history")) == len(runs["steps"].table("history")) + 2
    # The columns in another order, with a learning rate that changes nothing.
    assert scores(runs["turned"])["validation_acc"] == pytest.approx(scores(runs["steps"])["validation_acc"])


def test_the_report_counts_steps(runs):
    text = (runs["steps"].folder / "report.html").read_text()
    assert f"Each of the {LENGTH} steps of a sample counts as one." in text
    assert "channel" not in text
    text = (runs["picture"].folder / "report.html").read_text()
    assert "True - predicted of value" in text


def test_prediction(runs, data, tmp_path):
    model, truth = runs["steps"].folder / "model.h5mlm", forms.table(data / "parts", "true", True)
    cases = {
        "classes": forms.prediction(model, data / "x", truth=truth),
        "probabilities": forms.prediction(model, data / "x", method="predict_proba", truth=truth),
        "one-hot": forms.prediction(
            runs["one-hot"].folder / "model.h5mlm", data / "x", truth=forms.table(data / "one_hot", "true")
        ),
        "two heads": forms.prediction(
            runs["two heads"].folder / "model.h5mlm", data / "x", truth=forms.table(data / "with_kind", "true")
        ),
        "picture": forms.prediction(
            runs["picture"].folder / "model.h5mlm", data / "digits", truth=forms.table(data / "digits", "true")
        ),
        "fail": forms.prediction(model, data / "x", truth=forms.table(data / "with_kind", "true")),
    }
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out", outfile_scores="scores")
    forms.assert_one_line(
        found.pop("fail"),
        "has 7 target columns, but the last layer gives data of shape (6, 3) for each sample. Choose 6 columns of labels",
    )
    assert all((result.returncode, result.stderr) == (0, "") for result in found.values()), found
    parts = np.array([line.split("\t") for line in (data / "parts").read_text().splitlines()[1:]])
    header, *rows = found["classes"].table("out")
    assert header == [f"Predicted_at{step}" for step in range(LENGTH)]
    accuracy = (np.array(rows) == parts).mean()
    assert scores(found["classes"])["accuracy"] == pytest.approx(accuracy)
    assert accuracy > 0.95
    header, *rows = found["probabilities"].table("out")
    assert header == [f"at{step}_{name}" for step in range(LENGTH) for name in PARTS]
    shares = np.array(rows, float).reshape(SAMPLES, LENGTH, 3)
    assert np.allclose(shares.sum(axis=2), 1, atol=1e-5)
    assert (PARTS[shares.argmax(axis=2)] == np.array(found["classes"].table("out")[1:])).all()
    assert scores(found["one-hot"])["accuracy"] > 0.95
    assert found["two heads"].table("out")[0] == [
        *(f"Predicted_steps_{step}" for step in range(LENGTH)),
        "Predicted_kind",
    ]
    assert scores(found["two heads"])["kind_accuracy"] > 0.95
    digits, predicted = np.loadtxt(data / "digits"), np.array(found["picture"].table("out")[1:], float)
    assert scores(found["picture"])["loss"] == pytest.approx(((digits - predicted) ** 2).mean(), rel=1e-4)


FAILS = {
    "fail columns": "'with_kind': has 7 target columns, but the last layer gives data of shape (6, 3) for each sample. Choose 6 columns of labels, one for "
    "each step, or 18 one-hot columns. For one answer for each sample, put Flatten",
    "fail numbers": "'few': has 8 target columns, but the last layer gives data of shape (8, 8, 1) for each sample, which are 64 numbers.",
    "fail stratified": "a stratified split needs one class a row, but rows have several labels",
    "fail metric": "The metric 'f1' is for one row of numbers for each sample, but this network gives several steps: choose among acc,",
    "fail other": "'other': 'promoter' is none of the classes that the model was trained on: exon, gap, intron. It is the label of sample 1, step 1.",
}


@pytest.mark.parametrize("name", FAILS)
def test_fail(runs, name):
    forms.assert_one_line(runs[name], FAILS[name])
    assert runs[name].written == []


def test_a_missing_class_of_a_step_is_named_by_sample_and_step():
    columns = [np.array(["1", "0", "1"], object), np.array(["0", "1", "1"], object)] * 2
    with pytest.raises(
        UserError, match="sample 3, step 1 has 2 columns that are 1, but categorical_crossentropy needs exactly one"
    ):
        sequences.classification(columns, None, (2, 2), "categorical_crossentropy", SOURCE)
    several = sequences.classification(columns, None, (2, 2), "binary_crossentropy", SOURCE)
    assert (several.kind, several.values.shape, several.truth.shape) == (targets.MULTILABEL, (3, 2, 2), (3, 4))


def test_constant_answers_of_several_labels_a_step():
    random = np.random.default_rng(2)
    columns = [np.array(list(map(str, random.integers(0, 2, 40))), object) for _ in range(6)]
    target = sequences.classification(columns, None, (2, 3), "binary_crossentropy", SOURCE)
    assert target.kind == targets.MULTILABEL
    adam = OptimizerConfig(type="Adam", options={})
    training = TrainingConfig(learning_type=CLASSIFIER, loss="binary_crossentropy", optimizer=adam)
    answer = np.tile(target.truth.mean(axis=0).astype(np.float32), (40, 1))
    expected = evaluator.scores(training, target, answer, np.arange(40), ["accuracy"])
    found = baseline.scores(training, target, np.arange(40), np.arange(40), ["accuracy"])
    assert found["accuracy"] == expected["accuracy"]
    p = target.truth.mean(axis=0)
    assert found["loss"] == pytest.approx(-(p * np.log(p) + (1 - p) * np.log(1 - p)).mean(), rel=1e-4)


def test_a_number_without_an_axis_is_refused():
    import keras

    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Flatten()(x))
    last_layer.check_ends(model, "model")
    bare = keras.Model(x, keras.ops.sum(x, axis=1))
    with pytest.raises(UserError, match="must give at least one row of numbers"):
        last_layer.check_ends(bare, "model")
