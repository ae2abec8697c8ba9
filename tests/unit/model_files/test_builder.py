"""The builder: its bytes, what it refuses, and the tables behind its form."""

import json
import zipfile

import pytest

from dltools.catalogue import training_parameters
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.model_files import builder
from tests.support import attack_models, forms


@pytest.fixture
def config_file(tmp_path):
    assert forms.run("model_config", forms.sequential(*forms.CNN), tmp_path, outfile="model.json").returncode == 0
    return tmp_path / "model.json"


@pytest.fixture
def build(tmp_path, config_file):
    """Return a function that runs the tool; it takes changes of the form."""
    return lambda **changes: forms.run(
        "model_builder", forms.builder(config_file, **changes), tmp_path, outfile="b.zip"
    )


def test_ok_same_input_same_bytes(build, tmp_path):
    assert build(epochs=2).returncode == 0
    first = (tmp_path / "b.zip").read_bytes()
    assert build(epochs=2).returncode == 0
    assert (tmp_path / "b.zip").read_bytes() == first


def test_ok_members(build, tmp_path):
    options = {"learning_rate": 0, "beta_1": "0.0", "beta_2": "", "amsgrad": False}
    callbacks = [
        (
            "EarlyStopping",
            {
                "monitor": "val_loss",
                "mode": "auto",
                "min_delta": 0.0,
                "patience": 0,
                "baseline": None,
                "restore_best_weights": True,
            },
        ),
        ("None", {}),
        ("CSVLogger", {}),
    ]
    result = build(options=options, callbacks=callbacks, metrics=["none"], seed="7")
    assert (result.returncode, result.stderr) == (0, "")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert sorted(archive.namelist()) == ["architecture.json", "training.json", "versions.json"]
        assert json.loads(archive.read("architecture.json")) == json.loads((tmp_path / "model.json").read_text())
        training = json.loads(archive.read("training.json"))
    # An explicit 0 stays 0; an empty optional is left to Keras.
    assert training["optimizer"] == {"type": "Adam", "options": {"learning_rate": 0.0, "beta_1": 0.0, "amsgrad": False}}
    assert training["metrics"] == []
    assert training["random_seed"] == 7
    assert [callback["type"] for callback in training["callbacks"]] == ["EarlyStopping"]


def test_ok_as_many_layers_as_are_allowed(tmp_path):
    # With the input and the model itself there are 2,000.
    chain = attack_models.sequential(*(attack_models.dense(2, name=f"d{n}") for n in range(1998)))
    (tmp_path / "model.json").write_text(json.dumps(chain))
    form = forms.builder(
        tmp_path / "model.json", learning_type="KerasGRegressor", loss="mean_squared_error", metrics=()
    )
    result = forms.run("model_builder", form, tmp_path, outfile="b.zip")
    assert (result.returncode, result.stderr) == (0, "")


FAIL = {
    "epochs": ({"epochs": 0}, "epochs must be a whole number of at least 1. Received: '0'"),
    "validation_split": ({"validation_split": 1}, "validation_split must be a number of at least 0 and below 1"),
    "loss": ({"loss": "crossentropy"}, "Select a loss function must be one of binary_crossentropy"),
    "learning rate": (
        {"options": {"learning_rate": -1}},
        "Adam: learning_rate must be a number of at least 0. Received: '-1'",
    ),
    "clipping": (
        {"options": {"clipnorm": 0, "clipvalue": 1}},
        "Adam: gradients can be clipped in one way. Received: clipnorm, clipvalue.",
    ),
    "accumulation": (
        {"options": {"gradient_accumulation_steps": 1}},
        "gradient_accumulation_steps must be a whole number of at least 2",
    ),
    "label smoothing": (
        {"loss": "hinge", "loss_options": {"label_smoothing": 0.1}},
        "label_smoothing: the loss hinge has no label smoothing.",
    ),
    "delta": (
        {"loss_options": {"delta": 1}},
        "delta: the loss categorical_crossentropy has no delta. Leave it blank, or choose one of huber.",
    ),
    "logits after softmax": (
        {"loss_options": {"from_logits": True}},
        "from_logits: is for a last layer without activation, but the last layer ends in softmax.",
    ),
    "two best epochs": (
        {"callbacks": [("ModelCheckpoint", {})] * 2},
        "ModelCheckpoint: one model is saved, so there can be one.",
    ),
    "monitor": (
        {"callbacks": [("EarlyStopping", {"monitor": "val_auc"})]},
        "EarlyStopping: monitor must be one of loss, acc, val_loss, val_acc. Received: 'val_auc'. Add auc to the metrics to watch it.",
    ),
    "best epoch of a running mean": (
        {"callbacks": [("ModelCheckpoint", {})], "options": {"use_ema": True}},
        "ModelCheckpoint: would save the weights of one epoch",
    ),
    "schedule and plateau": (
        {"schedule": ("CosineDecay", {}), "callbacks": [("ReduceLROnPlateau", {})]},
        "ReduceLROnPlateau: the learning rate follows the schedule CosineDecay",
    ),
    "rates of a schedule": (
        {"schedule": ("PiecewiseConstantDecay", {"boundaries": "(1, 2)", "values": "(0.1,)"})},
        "PiecewiseConstantDecay: values must be as many as boundaries, one learning rate from each of them on. Received: 2 boundaries, 1 values.",
    ),
    "decay of a schedule": (
        {"schedule": ("ExponentialDecay", {"decay_steps": 0, "decay_rate": 1})},
        "decay_steps must be a whole number of at least 1. Received: '0'",
    ),
    "loss scale": (
        {"loss_scaling": {"initial_scale": 0}},
        "Loss scaling: initial_scale must be a number of at least 1. Received: '0'",
    ),
    "class weights": (
        {"class_weight": "setosa: 1"},
        "class_weight: must be classes with their weights, names in quotes, such as 'setosa': 1, 'virginica': 5.",
    ),
    "class weights of 0": ({"class_weight": "'a': 0"}, "class_weight: at least one class needs a weight above 0."),
    "class weights of a regression": (
        {"class_weight": "balanced", "learning_type": "KerasGRegressor", "loss": "mean_squared_error"},
        "class_weight: a regression has no classes.",
    ),
    "class weights of a batch": (
        {"class_weight": "balanced", "loss": "dice"},
        "class_weight: the loss dice is computed of a batch as a whole",
    ),
    "seed": ({"seed": -1}, "random_seed must be a whole number of at least 0"),
}


CONFIGS = {
    "no JSON": ("X\t1\n", "is no JSON"),
    "another JSON": ('{"a": 1}', "is no model configuration"),
    "a list": ("[1]", "is no model configuration"),
    "too deep": ("[" * 100 + "]" * 100, "has 61 levels of nesting in a model configuration; at most 60 are allowed"),
    "much too deep": ("[" * 100_000, "is no JSON"),
    "no layers": ('{"class_name": "Sequential", "config": {}}', "it must list layers"),
    "a Lambda": (
        '{"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Lambda", "module": "keras.layers", "config": {}}]}}',
        "model.config.layers[0] names the class 'keras.layers.Lambda'",
    ),
    "a module": (
        '{"class_name": "Sequential", "config": {"layers": [{"class_name": "system", "module": "os", "config": {}}]}}',
        "'os.system'",
    ),
    "nothing to build": (
        '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "module": "keras.layers", "config": {}}]}}',
        "Keras cannot build",
    ),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refusals")
    assert forms.run("model_config", forms.sequential(*forms.CNN), folder, outfile="model.json").returncode == 0
    cases = {name: forms.builder(folder / "model.json", **changes) for name, (changes, _) in FAIL.items()}
    for name, (text, _) in CONFIGS.items():
        (folder / f"{name}.json").write_text(text)
        cases[name] = forms.builder(folder / f"{name}.json")
    return forms.run_all("model_builder", cases, folder, outfile="b.zip")


@pytest.mark.parametrize("name", [*FAIL, *CONFIGS])
def test_fail(refusals, name):
    forms.assert_one_line(refusals[name], (FAIL | CONFIGS)[name][1])
    assert name in FAIL or f"'{name}.json'" in refusals[name].stderr
    assert not refusals[name].written


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Dataset(str(path), "some.zip")


def test_fail_reading_what_is_no_builder(tmp_path):
    (tmp_path / "text").write_text("no zip")
    with pytest.raises(UserError, match="'text': is no builder. .* cannot be read as a zip"):
        builder.read(Dataset(str(tmp_path / "text"), "text"))
    with pytest.raises(UserError, match="'some.zip': is no builder.* Received: '../x'"):
        builder.read(zipped(tmp_path / "z", {"../x": "1"}))
    with pytest.raises(UserError, match="format 'None'"):
        builder.read(zipped(tmp_path / "z", dict.fromkeys(builder.MEMBERS, "{}")))


TRAINING = {
    "learning_type": "KerasGClassifier",
    "loss": "hinge",
    "metrics": [],
    "optimizer": {"type": "SGD", "options": {}},
    "fit": {},
    "callbacks": [],
}


def test_ok_label_smoothing_of_0_stays_0_where_the_loss_has_it():
    form = forms.builder("model.json", loss="binary_crossentropy", loss_options={"label_smoothing": "0"})[
        "mode_selection"
    ]
    assert training_parameters.read(form).loss_options == {"label_smoothing": 0.0}
    form["compile_params"]["loss"] = "hinge"
    assert training_parameters.read(form).loss_options == {}


@pytest.mark.parametrize(
    "change",
    [
        {"loss_options": {"label_smoothing": 0.1}},
        {"loss_options": 3},
        {"loss": "os.system"},
        {"optimizer": {"type": "Lambda"}},
        {"optimizer": 3},
        {"callbacks": [{"type": "LambdaCallback"}]},
        {"class_weight": [1]},
        {"class_weight": {"a": "b"}},
        {"optimizer": {"type": "SGD", "schedule": {"type": "LambdaSchedule"}}},
        {"optimizer": {"type": "SGD", "schedule": 3}},
        {"optimizer": {"type": "SGD", "loss_scaling": 3}},
        {"metrics": ["x"]},
        {"fit": {"epochs": "many"}},
        {"learning_type": "pickle"},
    ],
)
def test_fail_training_of_a_file(change):
    assert training_parameters.check(TRAINING, "file").loss == "hinge"
    with pytest.raises(UserError):
        training_parameters.check({**TRAINING, **change}, "file")
