"""The output of a layer as a table: the numbers from which the network's next layer goes on."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.evaluation import features
from dltools.model_files import trained_model
from tests.support import forms
from tests.support.places import TEST_DATA
from tests.support.tables import write

MODEL, SAMPLES = TEST_DATA / "cnn_model.h5mlm", TEST_DATA / "X_test.tabular"
CASES = {
    "probabilities": {"method": "predict_proba"},
    "before the last": {"method": "features"},
    "named": {"method": "features", "layer": "conv2d"},
    "blank": {"method": "features", "layer": " "},
    "beside names": {"method": "features", "ids": True},
    "fail unknown": {"method": "features", "layer": "dense_9"},
    "fail input": {"method": "features", "layer": "0"},
    "fail method": {"method": "predict", "layer": "conv2d"},
    "fail unknown method": {"method": "predict_log_proba"},
    "fail truth": {"method": "features", "truth": True},
}
FAILS = {
    "fail unknown": "Layer: the network has no layer named 'dense_9'. Its layers are ",
    "fail input": "Layer: the network has no layer named '0'.",
    "fail method": "Layer: 'conv2d' is given, but the method is predict",
    "fail unknown method": "Select invocation method must be one of predict, predict_proba, features.",
    "fail truth": "Scores: features are no predictions",
}


def form_of(folder, method, layer=None, ids=False, truth=False):
    form = forms.prediction(
        MODEL,
        SAMPLES,
        method=method,
        ids=forms.table(folder / "names", "id", header=True) if ids else None,
        truth=forms.table(TEST_DATA / "y_test.tabular", "true") if truth else None,
    )
    return form | ({} if layer is None else {"features_of": [{"__index__": 0, "layer": layer}]})


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    write(folder / "names", [f"image {number}" for number in range(100)], "name")
    cases = {name: form_of(folder, **case) for name, case in CASES.items()}
    return forms.run_all("model_prediction", cases, folder, outfile_predict="out")


@pytest.fixture(scope="module")
def model():
    return trained_model.read(Dataset(MODEL, "model"))[0]


def numbers(result):
    header, *rows = result.table("out")
    return header, np.asarray(rows, np.float32)


def test_last_layer_makes_the_probabilities_of_them(results, model):
    header, found = numbers(results["before the last"])
    before, last = model.layers[-2:]
    assert header == [f"{before.name}_{number}" for number in range(before.output.shape[1])]
    kernel, bias = map(np.asarray, last.get_weights())
    logits = found @ kernel + bias
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, numbers(results["probabilities"])[1], atol=1e-5)
    told = f"Features: the output of the layer {before.name}, {len(header)} columns."
    assert told in results["before the last"].stdout


def test_points_of_an_image_come_row_by_row(results, model):
    import keras

    header, found = numbers(results["named"])
    output = model.get_layer("conv2d").output
    rows = np.loadtxt(SAMPLES, delimiter="\t", dtype=np.float32)
    images = rows.reshape(-1, *model.inputs[0].shape[1:])
    expected = keras.Model(model.inputs, output)([images], training=False)
    np.testing.assert_allclose(found, np.asarray(expected).reshape(100, -1), atol=1e-4, rtol=1e-5)
    assert len(header) == np.prod(output.shape[1:])
    assert f"of shape {tuple(output.shape[1:])}, row by row" in results["named"].stdout


def test_blank_is_the_layer_before_the_last(results):
    assert results["blank"].table("out") == results["before the last"].table("out")


def test_columns_pass_through(results):
    header, *rows = results["beside names"].table("out")
    assert header[0] == "id:name"
    assert [header[1:], *(row[1:] for row in rows)] == results["before the last"].table("out")
    assert rows[99][0] == "image 99"


@pytest.mark.parametrize("name", FAILS)
def test_fail(results, name):
    forms.assert_one_line(results[name], FAILS[name])
    assert results[name].written == []


@pytest.fixture(scope="module")
def branched():
    """A network whose last layer takes two others, with a layer that has no size and one that is very large."""
    import keras

    first, second = keras.Input((4,), name="a"), keras.Input((None, 3), name="b")
    left = keras.layers.Dense(5, name="left")(first)
    steps = keras.layers.LSTM(2, return_sequences=True, name="steps")(second)
    right = keras.layers.LSTM(5, name="right")(steps)
    joined = keras.layers.Add(name="joined")([left, right])
    large = keras.layers.Dense(features.MAX_WIDTH + 1, name="large")(joined)
    small = keras.layers.Dense(2, name="small")(large)
    return keras.Model(
        [first, second], keras.layers.Add(name="sum")([small, keras.layers.Dense(2, name="other")(left)])
    )


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (None, "the last layer of this network takes the output of 2 layers, so give the name"),
        ("steps", r"the output of 'steps' is of shape \(None, 2\) for a sample, whose size is not known"),
        ("large", r"the output of 'large' is of shape \(20001,\) for a sample, which makes 20,001 columns; 20,000 are"),
    ],
)
def test_what_makes_no_table_is_refused(branched, layer, message):
    from dltools.core.errors import UserError

    with pytest.raises(UserError, match=f"^Layer: {message}"):
        features.of_layer(branched, layer)


def test_any_layer_of_several_inputs(branched):
    found = features.of_layer(branched, "joined")
    assert (found.shape, found.network.inputs) == ((5,), branched.inputs)


def test_a_layer_in_several_places_is_refused():
    import keras

    from dltools.core.errors import UserError

    given, twin = [keras.Input((3,)), keras.Input((3,))], keras.layers.Dense(4, name="twin")
    joined = keras.layers.Concatenate()([twin(one) for one in given])
    model = keras.Model(given, keras.layers.Dense(2)(joined))
    with pytest.raises(UserError, match="^Layer: 'twin' has 2 outputs, since it gives several or stands in several"):
        features.of_layer(model, "twin")
