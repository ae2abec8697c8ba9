"""Settings swapped by the names of the tools before these, as their get_params made them."""

import copy

import pytest

from dltools.catalogue.training_config import CLASSIFIER, FitConfig, OptimizerConfig, TrainingConfig
from dltools.core.errors import UserError
from dltools.model_files import hyperparameters
from dltools.model_files.builder import Builder


def layer(kind, **config):
    return {"module": "keras.layers", "class_name": kind, "config": config}


def dense(units, initializer="GlorotUniform", **options):
    kernel = {"module": "keras.initializers", "class_name": initializer, "config": {"seed": None, **options}}
    penalty = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.01}}
    return layer("Dense", units=units, activation="relu", kernel_initializer=kernel, kernel_regularizer=penalty)


NETWORK = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            layer("InputLayer", batch_shape=[None, 17], sparse=False),
            dense(100),
            layer("Dropout", rate=0.1),
            dense(1, "RandomNormal", mean=0.0, stddev=0.05),
            layer("Flatten", data_format="channels_last"),
        ]
    },
}
TRAINING = TrainingConfig(
    learning_type=CLASSIFIER,
    loss="categorical_crossentropy",
    fit=FitConfig(epochs=3, batch_size=32),
    optimizer=OptimizerConfig(type="RMSprop", options={"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-7}),
)


def swapped(*swaps):
    network = copy.deepcopy(NETWORK)
    found = hyperparameters.swap(Builder(network, TRAINING), [hyperparameters.Swap(*swap) for swap in swaps])
    assert network == NETWORK
    return found


def config_of(builder, position):
    return builder.architecture["config"]["layers"][position]["config"]


def test_ok_what_the_former_tools_tests_swap(capsys):
    found = swapped(
        ("layers_1_Dense__config__kernel_initializer__config__seed", "999"),
        ("layers_3_Dense__config__kernel_initializer__config__seed", "999"),
        ("learning_rate", "0.1"),
        ("optimizer", "'adamax'"),
        ("epochs", "50"),
        ("batch_size", "8"),
    )
    seeds = [config_of(found, position)["kernel_initializer"]["config"]["seed"] for position in (1, 3)]
    assert seeds == [999, 999]
    assert config_of(found, 3)["kernel_initializer"]["config"]["stddev"] == 0.05
    assert (found.training.optimizer.type, found.training.optimizer.options) == (
        "Adamax",
        {"learning_rate": 0.1, "epsilon": 1e-7},
    )
    assert (found.training.fit.epochs, found.training.fit.batch_size) == (50, 8)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Hyperparameter swapping: 'layers_1_Dense__config__kernel_initializer__config__seed' is "
        "layers_1_Dense__kernel_initializer__seed here, the layers counted from 0 with the input.",
        "Hyperparameter swapping: 'layers_3_Dense__config__kernel_initializer__config__seed' is "
        "layers_3_Dense__kernel_initializer__seed here, the layers counted from 0 with the input.",
        "Hyperparameter swapping: 'learning_rate' is optimizer__learning_rate here.",
        "Hyperparameter swapping: the optimizer is Adamax. Settings that it shares with RMSprop are kept: "
        "learning_rate=0.1, epsilon=1e-07.",
    ]


@pytest.mark.parametrize(
    ("name", "position", "argument", "value", "expected"),
    [
        ("layers_1_Dense__config__units", 1, "units", "12", 12),
        # Where no such layer stands there with the input counted, it was counted without.
        ("layers_0_Dense__config__units", 1, "units", "12", 12),
        ("layers_2_Dense__config__units", 3, "units", "12", 12),
        ("layers_1_Dropout__config__rate", 2, "rate", "0.5", 0.5),
    ],
)
def test_ok_layers(name, position, argument, value, expected, capsys):
    assert config_of(swapped((name, value)), position)[argument] == expected
    assert f"'{name}' is layers_{position}_" in capsys.readouterr().out


def test_ok_options_of_weights():
    found = swapped(
        ("layers_2_Dense__config__kernel_initializer__config__stddev", "0.5"),
        ("layers_1_Dense__config__kernel_regularizer__config__l2", "0"),
        ("layers_1_Dense__kernel_initializer__seed", "None"),
    )
    assert config_of(found, 3)["kernel_initializer"]["config"] == {"seed": None, "mean": 0.0, "stddev": 0.5}
    assert config_of(found, 1)["kernel_regularizer"]["config"] == {"l2": 0.0}


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [("seed", "random_seed", 7), ("lr", "optimizer__learning_rate", 7.0), ("loss", "loss", "poisson")],
)
def test_ok_settings_of_the_training(name, place, value, capsys):
    assert hyperparameters.values(swapped((name, str(value))))[place] == value
    assert bool(capsys.readouterr().out) == (name != place)


def test_ok_decay(capsys):
    found = swapped(("decay", "0.01"))
    schedule = found.training.optimizer.schedule
    assert (schedule.type, schedule.options) == (
        "InverseTimeDecay",
        {"unit": "steps", "decay_steps": 1, "decay_rate": 0.01},
    )
    assert swapped(("decay", "0.0")).training == TRAINING
    assert swapped(("optimizer", "Nadam"), ("schedule_decay", "0.004")).training.optimizer.type == "Nadam"
    lines = capsys.readouterr().out
    assert "decay=0.01 is the schedule InverseTimeDecay" in lines and "decay=0 is left out" in lines
    assert "schedule_decay=0.004 is left out" in lines


def test_ok_names_of_today_are_told_of_nothing(capsys):
    swapped(("layers_1_Dense__units", "3"), ("optimizer__rho", "0.8"), ("epochs", "2"))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("optimizer", "adamantium", "optimizer must be one of RMSprop, SGD, "),
        ("decay", "-1", "decay must be a number of at least 0"),
        ("layers_1_Dense__config__kernel_initializer__config__seed", "many", "seed must be a whole number"),
        # One that says today's position itself is never counted otherwise.
        ("layers_0_Dense__units", "3", "'layers_0_Dense__units' is no setting of this model. Did you mean"),
        ("layers_7_Dense__config__units", "3", "'layers_7_Dense__units' is no setting of this model"),
        ("layers_1_Dense__config__kernel_initializer__class_name", "Zeros", "is no setting of this model"),
        ("model_type", "functional", "'model_type' is no setting of this model"),
    ],
)
def test_fail_refused(name, value, message):
    with pytest.raises(UserError) as raised:
        swapped((name, value))
    assert message in str(raised.value)
