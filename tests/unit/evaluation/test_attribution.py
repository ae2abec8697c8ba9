"""Where a network looks: what features add sums to the answer, and heat lies where the evidence is."""

import numpy as np
import pytest

from dltools.core.errors import UserError
from dltools.data.batches import InputColumns
from dltools.evaluation import attribution, maps
from dltools.evaluation.attribution import Asked

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def networks(keras):
    layers = keras.layers
    return {
        "classes": ((6,), [layers.Dense(8, "relu"), layers.Dense(3, "softmax")]),
        "smooth": ((6,), [layers.Dense(8, "tanh"), layers.BatchNormalization(), layers.Dense(1, "sigmoid")]),
        "values": ((6,), [layers.Dense(8, "relu"), layers.Dense(4, "elu"), layers.Dense(2)]),
        "steps": ((3, 2), [layers.LSTM(5), layers.Dense(3, "softmax")]),
        "images": (
            (6, 6, 1),
            [layers.Conv2D(3, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)],
        ),
    }


def whole(shape):
    return [InputColumns(0, int(np.prod(shape)), shape)]


@pytest.mark.parametrize("name", ["classes", "smooth", "values", "steps", "images"])
@pytest.mark.parametrize("against", [False, True])
def test_what_features_add_sums_to_the_difference(keras, name, against):
    keras.utils.set_random_seed(1)
    shape, layers = networks(keras)[name]
    model = keras.Sequential([keras.Input(shape), *layers])
    width = int(np.prod(shape))
    rows, baseline = RNG.normal(0, 2, (20, width)).astype(np.float32), RNG.normal(0, 0.5, width).astype(np.float32)
    units = RNG.integers(0, model.outputs[0].shape[1], 20)
    asked = Asked(units, np.full(20, -1 if against else 1, np.float32))
    found = attribution.integrated_gradients(model, whole(shape), rows, baseline, asked)

    def answers(values):
        outputs = np.asarray(model(values.reshape(-1, *shape), training=False), np.float64)
        chosen = outputs[np.arange(len(outputs)), units]
        return 1 - chosen if against else chosen

    np.testing.assert_allclose(found.answers, answers(rows), atol=1e-6)
    wanted = answers(rows) - answers(np.broadcast_to(baseline, rows.shape))
    gaps = np.abs(found.values.sum(axis=1) - wanted)
    assert (gaps <= 0.01 * np.maximum(np.abs(wanted), 0.05 * np.abs(wanted).max())).all()
    assert (found.gaps <= attribution.TOLERANCE).all()


def test_a_sum_adds_each_of_its_terms(keras):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.set_weights([np.float32([[2], [-1], [0]]), np.float32([5])])
    rows, baseline = np.float32([[1, 2, 3], [0, 1, 0]]), np.float32([1, 0, 0])
    asked = Asked(np.zeros(2, np.int64), np.ones(2, np.float32), whole=0.0)
    found = attribution.integrated_gradients(model, whole((3,)), rows, baseline, asked)
    np.testing.assert_allclose(found.values, [[0, -2, 0], [-2, -1, 0]], atol=1e-6)
    np.testing.assert_allclose(found.at_baseline, [7, 7])


def test_a_network_that_looks_its_inputs_up_is_refused(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Embedding(5, 2), layers.Flatten(), layers.Dense(2, "softmax")])
    rows, asked = np.ones((3, 4), np.float32), Asked(np.zeros(3, np.int64), np.ones(3, np.float32))
    with pytest.raises(UserError, match=r"^Method: this network looks up what its inputs stand for \(Embedding\)"):
        attribution.integrated_gradients(model, whole((4,)), rows, np.zeros(4, np.float32), asked)


SIDE = 16


def images(count):
    """Return noise, in half of the images with a spot in the upper left corner."""
    pixels = RNG.uniform(0, 0.3, (count, SIDE, SIDE)).astype(np.float32)
    labels = np.arange(count) % 2
    for image, label in zip(pixels, labels, strict=True):
        row, column = 1 + RNG.integers(3, size=2)
        image[row : row + 3, column : column + 3] += 0.6 * label
    return pixels.reshape(count, -1), labels


@pytest.fixture(scope="module")
def corner(keras):
    """A network that goes by the corner, and new images."""
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((SIDE * SIDE,)),
            layers.Reshape((SIDE, SIDE, 1)),
            layers.Conv2D(8, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu", padding="same", name="last_maps"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    pixels, labels = images(600)
    model.fit(pixels, labels, epochs=15, verbose=0)
    pixels, labels = images(200)
    assert model.evaluate(pixels, labels, verbose=0)[1] > 0.95
    return model, pixels[labels == 1]


def test_heat_lies_in_the_corner_that_decides(corner):
    model, rows = corner
    shown = maps.last_over(model, (SIDE, SIDE))
    assert shown.layer == "last_maps"
    asked = Asked(np.zeros(len(rows), np.int64), np.ones(len(rows), np.float32))
    columns, before = [InputColumns(0, SIDE * SIDE, (SIDE * SIDE,))], model.layers[-1].activation
    found = attribution.grad_cam(model, shown, columns, rows, asked)
    assert found.shape == (len(rows), 8, 8)
    heat = found.sum(axis=0)
    assert heat[:4, :4].sum() >= 0.9 * heat.sum() > 0
    # The network is as it was.
    assert model.layers[-1].activation is before
    against = attribution.grad_cam(model, shown, columns, rows, Asked(asked.units, -asked.signs))
    assert against[:, :4, :4].sum() < 0.5 * heat[:4, :4].sum()


def test_words_beside_measurements_are_refused_too(keras):
    """What they add would be 0, and the sums wrong."""
    layers = keras.layers
    numbers, words = keras.Input((3,)), keras.Input((2,))
    both = layers.Concatenate()([numbers, layers.Flatten()(layers.Embedding(5, 4)(words))])
    model = keras.Model([numbers, words], layers.Dense(2, "softmax")(both))
    columns = [InputColumns(0, 3, (3,)), InputColumns(3, 5, (2,))]
    rows, asked = np.ones((4, 5), np.float32), Asked(np.zeros(4, np.int64), np.ones(4, np.float32))
    with pytest.raises(UserError, match="^Method: this network looks up what its inputs stand for"):
        attribution.integrated_gradients(model, columns, rows, np.zeros(5, np.float32), asked)
