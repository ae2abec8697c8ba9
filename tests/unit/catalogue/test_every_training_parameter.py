"""Everything that the builder's form offers works: each choice is built by the script, trained, saved, loaded and used."""

import json
import subprocess
import sys

import pytest

from dltools.catalogue import callbacks, metrics, objectives, optimizers, schedules
from dltools.catalogue.objectives import BINARY, CATEGORICAL, FORMS, REGRESSION, SPARSE
from dltools.core.errors import UserError
from dltools.jobs import sweep_form
from tests.support import forms, interface
from tests.support.places import ROOT

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
    **dict.fromkeys(
        ("categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge"), (CATEGORICAL,)
    ),
    "sparse_categorical_crossentropy": (SPARSE,),
    **dict.fromkeys(("kullback_leibler_divergence", "cosine_proximity"), (CATEGORICAL, REGRESSION)),
    **dict.fromkeys(("mean_squared_error", "mean_absolute_error"), (BINARY, CATEGORICAL, REGRESSION)),
    **dict.fromkeys(
        ("mean_absolute_percentage_error", "mean_squared_logarithmic_error", "logcosh", "poisson", "huber"),
        (REGRESSION,),
    ),
}
VALUES = {
    "learning_rate": 0.01,
    "learning_rate_power": -0.5,
    "beta_2_decay": -0.8,
    "gradient_accumulation_steps": 2,
    "ns_steps": 5,
    "use_ema": True,
    "centered": True,
    "nesterov": True,
    "amsgrad": True,
    "relative_step": True,
    "initial_accumulator_value": 0.1,
}
CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
MONITORED = {"monitor": "val_loss", "mode": "auto", "min_delta": 0, "patience": 1}
CALLBACKS = {
    "EarlyStopping": {**MONITORED, "baseline": 9, "restore_best_weights": True, "start_from_epoch": 1, "mode": "max"},
    "TerminateOnNaN": {},
    "None": {},
    "CSVLogger": {},
    "ReduceLROnPlateau": {**MONITORED, "factor": 0.5, "cooldown": 1, "min_lr": 0},
    "ModelCheckpoint": {"monitor": "val_loss", "mode": "min"},
}
# Option of a loss -> a value for it.
LOSS_OPTIONS = {"label_smoothing": 0.1, "from_logits": True, "delta": 0.5, "gamma": 1, "alpha": 0.4, "beta": 0.6}
_DECAY = {"decay_steps": 2, "decay_rate": 0.9, "staircase": True}
SCHEDULES = {
    "ExponentialDecay": _DECAY,
    "CosineDecay": {"decay_steps": 2, "alpha": 0.1, "warmup_steps": 1, "warmup_from": 0.0001},
    "CosineDecayRestarts": {"first_decay_steps": 2, "t_mul": 2, "m_mul": 0.5, "alpha": 0.1},
    "PolynomialDecay": {"decay_steps": 2, "end_learning_rate": 0.0001, "power": 2, "cycle": True},
    "PiecewiseConstantDecay": {"boundaries": "(1, 2)", "values": "(0.005, 0.001)"},
    "InverseTimeDecay": _DECAY,
}
CLASS_WEIGHTS = ("balanced", "'0': 2, 1: 0.5")
# Stands behind the form of the target where the last layer gives logits.
LOGITS = "logits"


def optimizer_options(name):
    """Return a value other than blank for each option of an optimizer, with one way of clipping."""
    return {p.name: VALUES.get(p.name, 0.5) for p in optimizers.OPTIMIZERS[name] if p.name not in CLIPPING[1:]}


def of_losses():
    """Return the cases of every loss and its options: name -> (form of the target, changes of the builder's form)."""
    found = {f"loss {loss} {form}": (form, {"loss": loss}) for loss, suited in LOSSES.items() for form in suited}
    for option, suited in objectives.OPTION_OF.items():
        for loss in suited:
            form, kind = LOSSES[loss][0], LOGITS if option == "from_logits" else option
            found[f"{kind} {loss} {form}"] = (form, {"loss": loss, "loss_options": {option: LOSS_OPTIONS[option]}})
    return found


def of_metrics():
    """Return the cases of all metrics that suit a form of the target, of probabilities and of logits."""
    found = {f"metrics none {BINARY}": (BINARY, {"metrics": "none"})}
    for form in FORMS:
        suited = [metric for metric, forms_of_target in metrics.METRICS.items() if form in forms_of_target]
        found[f"metrics {form}"] = (
            form,
            {"metrics": suited, "callbacks": [watch for metric in suited for watch in watching(metric)]},
        )
        if form != REGRESSION:
            found[f"{LOGITS} metrics {form}"] = (
                form,
                {"metrics": [m for m in suited if takes_logits(m, form)], "loss_options": {"from_logits": True}},
            )
    return found


def of_optimizers():
    """Return the cases of every optimizer, its options, schedules and loss scaling."""
    found = {}
    for name in optimizers.OPTIMIZERS:
        found[f"options {name} {CATEGORICAL}"] = (CATEGORICAL, {"optimizer": name, "options": optimizer_options(name)})
    for way in CLIPPING:
        found[f"{way} {BINARY}"] = (BINARY, {"options": {way: 0.1}})
    for kind, values in SCHEDULES.items():
        # That steps are not epochs shows with one of them.
        for unit in schedules.UNITS if kind == "CosineDecay" else ("epochs",):
            found[f"schedule {kind} {unit} {CATEGORICAL}"] = (
                CATEGORICAL,
                {"schedule": (kind, {"unit": unit, **values})},
            )
    for name in ("Adam", "Lamb"):
        found[f"scaled {name} {CATEGORICAL}"] = (
            CATEGORICAL,
            {
                "optimizer": name,
                "schedule": ("CosineDecay", {}),
                "loss_scaling": {"initial_scale": 1024, "dynamic_growth_steps": 2},
            },
        )
    return found


def of_fitting():
    """Return the cases of every callback and of weights of the classes."""
    found = {
        f"callback {name} {BINARY}": (BINARY, {"callbacks": [(name, values)]}) for name, values in CALLBACKS.items()
    }
    for form in (BINARY, CATEGORICAL, SPARSE):
        found |= {
            f"classes {number} {form}": (form, {"class_weight": weights})
            for number, weights in enumerate(CLASS_WEIGHTS)
        }
    return found


def watching(metric):
    """Return callbacks that watch the loss and a metric, on the samples held out and on those trained on."""
    return [
        ("EarlyStopping", {"monitor": f"val_{metric}"}),
        ("ReduceLROnPlateau", {"monitor": metric}),
        ("EarlyStopping", {"monitor": "loss"}),
    ]


def takes_logits(metric, form):
    """Tell whether a metric is right where the last layer gives logits."""
    return metrics.on_outputs(metric, form, objectives.OF_PROBABILITIES[NETWORKS[form][2]]) is not None


WALKED = of_losses() | of_metrics() | of_optimizers() | of_fitting()
MISFITS = [(metric, form) for metric, suited in metrics.METRICS.items() for form in FORMS if form not in suited]


def builders(folder):
    """Return name -> the builder's form of every case, with a network of each form of the target in `folder`."""
    last = {
        form: forms.sequential(("Dense", {"units": 5, "activation": "relu"}), ("Dense", layer), input_shape="(4,)")
        for form, (layer, _, _) in NETWORKS.items()
    }
    linear = {
        f"{form} {LOGITS}": forms.sequential(("Dense", {**layer, "activation": "linear"}), input_shape="(4,)")
        for form, (layer, _, _) in NETWORKS.items()
    }
    designed = forms.run_all("model_config", last | linear, folder, outfile="model.json")
    found = {}
    for name, (form, changes) in WALKED.items():
        _, learning_type, loss = NETWORKS[form]
        network = f"{form} {LOGITS}" if name.startswith(LOGITS) else form
        found[name] = forms.builder(
            designed[network].folder / "model.json",
            **{"learning_type": learning_type, "loss": loss, "metrics": [], "batch_size": 4, "seed": 1, **changes},
        )
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    return forms.run_all("model_builder", builders(folder), folder, outfile="builder.zip")


@pytest.fixture(scope="module")
def problems(built):
    folder = next(iter(built.values())).folder.parent
    command = [sys.executable, "-m", "tests.support.walk_training", folder]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return dict(json.loads(line) for line in process.stdout.splitlines() if line.startswith('["'))


def test_everything_on_offer_is_walked():
    assert set(LOSSES) == set(objectives.LOSSES)
    assert set(CALLBACKS) == {*callbacks.CALLBACKS, *callbacks.WITHOUT_CALLBACK}
    assert all(set(CALLBACKS[name]) == {p.name for p in kinds} for name, kinds in callbacks.CALLBACKS.items())
    assert all(metrics.METRICS.values())
    assert set(LOSS_OPTIONS) == {p.name for p in objectives.LOSS_OPTIONS} == set(objectives.OPTION_OF)
    assert {kind: {"unit", *values} for kind, values in SCHEDULES.items()} == {
        kind: {p.name for p in kinds} for kind, kinds in schedules.SCHEDULES.items()
    }
    watched = {
        values["monitor"]
        for _, changes in WALKED.values()
        for _, values in changes.get("callbacks", ())
        if "monitor" in values
    }
    assert watched == set(callbacks.MONITORED)


@pytest.mark.parametrize("name", WALKED)
def test_trains_and_survives_its_file(built, problems, name):
    assert (built[name].returncode, built[name].stderr) == (0, "")
    assert problems[name] is None, problems[name]


@pytest.mark.parametrize(("metric", "form"), MISFITS)
def test_metric_that_does_not_fit_the_target_says_what_does(metric, form):
    with pytest.raises(UserError, match=f"The metric '{metric}' is for .* choose among "):
        metrics.metric(metric, form, 3)


def test_no_option_of_the_form_is_left_out(built):
    form = interface.expanded()["keras_model_builder"].find("inputs")
    # Its lists are those of the whole network, which are walked.
    of_outputs = offered_in(form.find(".//repeat[@name='output_losses']"))
    # Its builders are made of the settings that are walked here.
    of_sweep = offered_in(form.find(".//repeat[@name='sweep']"))
    lists = {
        "sampling_type": sweep_form.SAMPLINGS,
        "candidates_type": sweep_form.CANDIDATES,
        "scale": sweep_form.SCALES,
    }
    assert of_sweep == {(name, value) for name, values in lists.items() for value in values}
    offered = offered_in(form) - of_outputs - of_sweep
    assert {(name.removeprefix("output_"), value) for name, value in of_outputs} <= offered
    walked = set()
    for result in built.values():
        walked |= chosen(json.loads((result.folder / "inputs.json").read_text()))
    assert offered - walked == set()
    assert len(offered) > 130


def offered_in(form):
    """Return all pairs of a parameter's name and an option that it offers."""
    return {
        (interface.name_of(param), option.get("value"))
        for param in form.iter("param")
        for option in param.iter("option")
    }


def chosen(value, name=""):
    """Return all pairs of a parameter's name and a value in what Galaxy writes for a form."""
    if isinstance(value, dict):
        return set().union(*(chosen(child, key) for key, child in value.items()))
    if isinstance(value, list):
        return set().union(*(chosen(child, name) for child in value))
    return {(name, value)}
