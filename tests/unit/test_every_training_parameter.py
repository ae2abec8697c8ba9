"""Everything that the builder's form offers works: each choice is built by the script, trained, saved, loaded and used."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import forms
from dltools import objectives, optimizers, training_parameters
from dltools.objectives import BINARY, CATEGORICAL, FORMS, REGRESSION, SPARSE

# Form of the target -> the last layer, the type of learning and the loss that suit it.
NETWORKS = {
    BINARY: ({"units": 1, "activation": "sigmoid"}, "KerasGClassifier", "binary_crossentropy"),
    CATEGORICAL: ({"units": 3, "activation": "softmax"}, "KerasGClassifier", "categorical_crossentropy"),
    SPARSE: ({"units": 3, "activation": "softmax"}, "KerasGClassifier", "sparse_categorical_crossentropy"),
    REGRESSION: ({"units": 2, "activation": "softplus"}, "KerasGRegressor", "mean_squared_error"),
}
# Loss -> the forms of the target that it is for.
LOSSES = {
    **dict.fromkeys(("binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge"), (BINARY,)),
    **dict.fromkeys(("dice", "tversky"), (BINARY, CATEGORICAL)),
    **dict.fromkeys(("categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge"), (CATEGORICAL,)),
    "sparse_categorical_crossentropy": (SPARSE,),
    **dict.fromkeys(("kullback_leibler_divergence", "cosine_proximity"), (CATEGORICAL, REGRESSION)),
    **dict.fromkeys(("mean_squared_error", "mean_absolute_error"), (BINARY, CATEGORICAL, REGRESSION)),
    **dict.fromkeys(("mean_absolute_percentage_error", "mean_squared_logarithmic_error", "logcosh", "poisson", "huber"), (REGRESSION,)),
}
VALUES = {"learning_rate": 0.01, "learning_rate_power": -0.5, "beta_2_decay": -0.8, "gradient_accumulation_steps": 2, "ns_steps": 5,
          "use_ema": True, "centered": True, "nesterov": True, "amsgrad": True, "relative_step": True, "initial_accumulator_value": 0.1}
CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
MONITORED = {"monitor": "val_loss", "mode": "auto", "min_delta": 0, "patience": 1}
CALLBACKS = {"EarlyStopping": {**MONITORED, "baseline": 9, "restore_best_weights": True}, "TerminateOnNaN": {}, "None": {}, "CSVLogger": {},
             "ReduceLROnPlateau": {**MONITORED, "factor": 0.5, "cooldown": 1, "min_lr": 0}}


def optimizer_options(name):
    """Return a value other than blank for each option of an optimizer, with one way of clipping."""
    return {p.name: VALUES.get(p.name, 0.5) for p in optimizers.OPTIMIZERS[name] if p.name not in CLIPPING[1:]}


def cases():
    """Return name -> (form of the target, changes of the builder's form)."""
    found = {f"loss {loss} {form}": (form, {"loss": loss}) for loss, suited in LOSSES.items() for form in suited}
    for loss in objectives.SMOOTHED:
        found[f"label_smoothing {loss} {LOSSES[loss][0]}"] = (LOSSES[loss][0], {"loss": loss, "label_smoothing": 0.1})
    for metric, suited in objectives.METRICS.items():
        found |= {f"metric {metric} {form}": (form, {"metrics": [metric]}) for form in suited}
    for name in optimizers.OPTIMIZERS:
        found[f"optimizer {name} {CATEGORICAL}"] = (CATEGORICAL, {"optimizer": name})
        found[f"options {name} {CATEGORICAL}"] = (CATEGORICAL, {"optimizer": name, "options": optimizer_options(name)})
    for way in CLIPPING:
        found[f"{way} {BINARY}"] = (BINARY, {"options": {way: 0.1}})
    for name, values in CALLBACKS.items():
        found[f"callback {name} {BINARY}"] = (BINARY, {"callbacks": [(name, values)]})
    return found


WALKED = cases()
MISFITS = [f"misfit {metric} {form}" for metric, suited in objectives.METRICS.items() for form in FORMS if form not in suited]


def builders(folder):
    """Return name -> the builder's form of every case, with a network of each form of the target in `folder`."""
    last = {form: forms.sequential(("Dense", {"units": 5, "activation": "relu"}), ("Dense", layer), input_shape="(4,)")
            for form, (layer, _, _) in NETWORKS.items()}
    designed = forms.run_all("model_config", last, folder, outfile="model.json")
    misfits = {name: (name.split()[2], {"metrics": [name.split()[1]]}) for name in MISFITS}
    found = {}
    for name, (form, changes) in (WALKED | misfits).items():
        _, learning_type, loss = NETWORKS[form]
        found[name] = forms.builder(designed[form].folder / "model.json", **{
            "learning_type": learning_type, "loss": loss, "metrics": [], "batch_size": 4, "seed": 1, **changes})
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    return forms.run_all("model_builder", builders(folder), folder, outfile="builder.zip")


@pytest.fixture(scope="module")
def problems(built):
    folder = next(iter(built.values())).folder.parent
    command = [sys.executable, Path(__file__).with_name("walk_training.py"), folder]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return dict(json.loads(line) for line in process.stdout.splitlines() if line.startswith('["'))


def test_everything_on_offer_is_walked():
    assert set(LOSSES) == set(objectives.LOSSES)
    assert set(CALLBACKS) == {*training_parameters.CALLBACKS, *training_parameters.WITHOUT_CALLBACK}
    assert all(set(CALLBACKS[name]) == {p.name for p in kinds} for name, kinds in training_parameters.CALLBACKS.items())
    assert all(objectives.METRICS.values())


@pytest.mark.parametrize("name", WALKED)
def test_trains_and_survives_its_file(built, problems, name):
    assert (built[name].returncode, built[name].stderr) == (0, "")
    assert problems[name] is None, problems[name]


@pytest.mark.parametrize("name", MISFITS)
def test_metric_that_does_not_fit_the_target_says_what_does(built, problems, name):
    assert built[name].returncode == 0
    last = problems[name].splitlines()[-1]
    assert last.startswith(f"dltools.errors.UserError: The metric '{name.split()[1]}' is for "), problems[name]
    assert "choose among" in last
