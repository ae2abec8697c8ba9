"""Maps are laid over an image only where they lie over it, and columns are an image only where the network sees one."""

import keras
import pytest
from keras import layers

from dltools.evaluation import maps

SHAPE = (8, 8, 1)


def network(shape, *between, end=3):
    """Return a network with a convolution called last behind some layers."""
    return keras.Sequential(
        [
            keras.Input(shape),
            *between,
            layers.Conv2D(3, end, name="last"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, "softmax"),
        ]
    )


OVER = {
    "an image": (SHAPE, []),
    "a row that becomes one": ((64,), [layers.Reshape(SHAPE)]),
    "scaled": ((64,), [layers.Rescaling(1 / 255), layers.Reshape(SHAPE)]),
    "deeper": (SHAPE, [layers.Conv2D(2, 3, padding="same"), layers.BatchNormalization(), layers.MaxPooling2D()]),
    "a small margin": ((64, 64, 1), [layers.ZeroPadding2D(1)]),
}
NOT_OVER = {
    "turned": (SHAPE, [layers.Permute((2, 1, 3))]),
    "cut off": (SHAPE, [layers.Cropping2D(2)]),
    "the middle": (SHAPE, [layers.CenterCrop(4, 4)]),
    "a wide margin": (SHAPE, [layers.ZeroPadding2D(4)]),
    "another shape": (SHAPE, [layers.Reshape((4, 16, 1))]),
    "mixed": ((64,), [layers.Dense(64), layers.Reshape(SHAPE)]),
    "mixed later": (SHAPE, [layers.Flatten(), layers.Dense(64), layers.Reshape(SHAPE)]),
}


def shape_of(given):
    return SHAPE if len(given) == 1 else given


@pytest.mark.parametrize("name", OVER)
def test_lies_over_the_image(name):
    given, between = OVER[name]
    model = network(given, *between)
    found = maps.last_over(model, shape_of(given))
    assert (found.layer, found.channels_last) == ("last", True)
    assert maps.last_over(model, shape_of(given)[:2]) == found
    width = shape_of(given)[0] * shape_of(given)[1]
    assert maps.image_shape(model, width) == shape_of(given)


@pytest.mark.parametrize("name", NOT_OVER)
def test_does_not_lie_over_the_image(name):
    given, between = NOT_OVER[name]
    assert maps.last_over(network(given, *between), SHAPE) is None


def test_what_is_made_of_columns_by_weights_is_no_image_of_them():
    assert maps.image_shape(network(*NOT_OVER["mixed"][:1], *NOT_OVER["mixed"][1]), 64) is None


def test_a_single_point_is_no_map():
    assert maps.last_over(network(SHAPE, end=8), SHAPE) is None


def test_a_convolution_in_several_places_has_no_one_map():
    given, twice = keras.Input(SHAPE), layers.Conv2D(1, 3, padding="same")
    model = keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(twice(twice(given)))))
    assert maps.last_over(model, SHAPE) is None


def test_several_inputs_are_no_image():
    given = [keras.Input(SHAPE), keras.Input(SHAPE)]
    model = keras.Model(given, layers.GlobalAveragePooling2D()(layers.Add()(given)))
    assert maps.image_shape(model, 64) is None
