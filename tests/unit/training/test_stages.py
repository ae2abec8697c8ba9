"""What is said of layers that never learn, before a training."""

from types import SimpleNamespace

import pytest

from dltools.training import stages


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
