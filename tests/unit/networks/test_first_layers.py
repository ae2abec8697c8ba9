"""What a network takes, as its configuration tells it before anything is built."""

import json

import keras
import pytest
from keras import layers

from dltools.networks import first_layers
from dltools.networks.first_layers import NetworkInput


def inputs_of(model):
    return first_layers.of_architecture(json.loads(model.to_json()))


def functional(*behind, shape=(8, 8, 3)):
    """Return a network whose image goes through some layers, beside an input of two numbers."""
    image, numbers = keras.Input(shape, name="image"), keras.Input((2,), name="numbers")
    tensor = image
    for layer in behind:
        tensor = layer(tensor)
    return keras.Model([image, numbers], layers.Concatenate()([layers.Flatten()(tensor), numbers]))


def test_tells_inputs_in_their_order():
    assert inputs_of(functional(layers.Conv2D(2, 3))) == (
        NetworkInput(name="image", shape=(8, 8, 3)),
        NetworkInput(name="numbers", shape=(2,)),
    )


@pytest.mark.parametrize(
    ("first", "scales"),
    [
        (lambda: [layers.Rescaling(1 / 255)], True),
        (lambda: [layers.RandomContrast(0.1), layers.Cropping2D(1), layers.Rescaling(1 / 255)], True),
        (lambda: [layers.Normalization(mean=0.1, variance=1.0)], True),
        (lambda: [layers.Conv2D(2, 3), layers.Rescaling(1 / 255)], False),
        (lambda: [layers.GaussianNoise(0.1), layers.Rescaling(1 / 255)], False),
        (lambda: [keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(1 / 255)])], True),
        (lambda: [layers.Conv2D(2, 3)], False),
    ],
)
def test_knows_networks_that_scale_first(first, scales):
    assert [own.scales for own in inputs_of(functional(*first()))] == [scales, False]
    (chain,) = inputs_of(keras.Sequential([keras.Input((8, 8, 3)), *first()]))
    assert chain.scales is scales


def test_tells_what_a_row_is_brought_into():
    (found,) = inputs_of(keras.Sequential([keras.Input((64,)), layers.Reshape((8, 8, 1)), layers.Conv2D(2, 3)]))
    assert (found.shape, found.reshaped) == ((64,), (8, 8, 1))


def test_knows_no_shape_where_none_was_given():
    assert inputs_of(keras.Sequential([layers.Dense(3)])) == (NetworkInput(name="", shape=None),)


def test_tells_sizes_that_are_open():
    (found,) = inputs_of(keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(2, 3)]))
    assert found.shape == (None, None, 3)
