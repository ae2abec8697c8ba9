"""What is said of layers that never learn, before a training."""

from types import SimpleNamespace

import pytest

from dltools.jobs import experiment
from dltools.training import fitting, stages
from dltools.training.pace import Stop


def layer(name, trainable, kind="Dense", weights=(1,)):
    return type(kind, (), {"name": name, "trainable": trainable, "weights": weights})()


def model(*layers):
    return SimpleNamespace(_flatten_layers=lambda include_self: iter(layers))


def test_layers_that_are_frozen_untrained_are_cautioned_of():
    told = stages.frozen_afresh(model(layer("first", False), layer("second", False), layer("head", True)))
    assert told.startswith("2 layers are frozen, from first on, and nobody trained them")
    assert "starting weights" in told


@pytest.mark.parametrize(
    "given",
    [layer("learns", True), layer("relu", False, weights=()), layer("statistics", False, "BatchNormalization")],
    ids=lambda given: given.name,
)
def test_nothing_is_said_where_all_that_can_learn_does(given):
    assert stages.frozen_afresh(model(given, layer("head", True))) is None


def test_a_second_stage_without_time_is_said_to_be_left_out(monkeypatch, capsys):
    tuning = stages.FineTuning(epochs=3, rate=0.001, layers=None)
    made = SimpleNamespace(training=None)
    setup = SimpleNamespace(
        before=None, form=SimpleNamespace(tuning=tuning), made=made, data=None, seed=1, epochs=2, limit=None
    )
    first = fitting.Fitted(None, {"loss": [1.0]}, Stop(epoch=1, last=2, words="the time limit"))
    monkeypatch.setattr(experiment.fitting, "fit", lambda *_, **__: first)
    assert experiment._fit(setup, None, None, 1, 1) == (first, made, {})
    assert capsys.readouterr().out == f"{stages.LEFT_OUT}\n"
