"""Model configurations of Keras 2, in the layout in which its `to_json` wrote them."""

import json

import pytest

from tests.support import forms

GLOROT, ZEROS, ONES = (
    {"class_name": name, "config": config}
    for name, config in (("GlorotUniform", {"seed": None}), ("Zeros", {}), ("Ones", {}))
)
KERNEL = {
    "use_bias": True,
    "kernel_initializer": GLOROT,
    "bias_initializer": ZEROS,
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}
INPUT = {"dtype": "float32", "sparse": False, "ragged": False}


def layer(kind, name, nodes=None, **config):
    """Return a layer as Keras 2 wrote it, with its connections in a functional model."""
    found = {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}
    return found if nodes is None else {**found, "name": name, "inbound_nodes": nodes}


def sequential(*layers, input_layer=True, shape=(None, 784)):
    given = (
        [{"class_name": "InputLayer", "config": {"batch_input_shape": list(shape), "name": "i", **INPUT}}]
        if input_layer
        else []
    )
    return {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [*given, *layers]},
        "keras_version": "2.10.0",
        "backend": "tensorflow",
    }


def dense(name, units, activation, nodes=None):
    return layer("Dense", name, nodes, units=units, activation=activation, **KERNEL)


CNN = sequential(
    layer("Reshape", "reshape", batch_input_shape=[None, 784], target_shape=[28, 28, 1]),
    layer(
        "Conv2D",
        "conv",
        filters=8,
        kernel_size=[3, 3],
        strides=[1, 1],
        padding="same",
        data_format="channels_last",
        dilation_rate=[1, 1],
        groups=1,
        activation="relu",
        **KERNEL,
    ),
    layer("MaxPooling2D", "pool", pool_size=[2, 2], padding="valid", strides=[2, 2], data_format="channels_last"),
    layer(
        "BatchNormalization",
        "norm",
        axis=[3],
        momentum=0.99,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer=ZEROS,
        gamma_initializer=ONES,
        moving_mean_initializer=ZEROS,
        moving_variance_initializer=ONES,
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
    ),
    layer("LeakyReLU", "leaky", alpha=0.3),
    layer("ThresholdedReLU", "threshold", theta=1.0),
    layer("Flatten", "flatten", data_format="channels_last"),
    dense("dense", 10, "softmax"),
)
RECURRENT = {
    "units": 4,
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "unroll": False,
    "time_major": False,
    "unit_forget_bias": True,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "implementation": 2,
    "recurrent_initializer": {"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}},
    "recurrent_regularizer": None,
    "recurrent_constraint": None,
    **KERNEL,
}
RNN = sequential(
    layer(
        "Embedding",
        "embedding",
        batch_input_shape=[None, 50],
        input_dim=100,
        output_dim=8,
        embeddings_initializer=GLOROT,
        embeddings_regularizer=None,
        activity_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        input_length=None,
    ),
    layer("LSTM", "lstm", **RECURRENT),
    dense("dense", 1, "sigmoid"),
    input_layer=False,
)
FUNCTIONAL = {
    "class_name": "Functional",
    "keras_version": "2.10.0",
    "backend": "tensorflow",
    "config": {
        "name": "m",
        "trainable": True,
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 10], "name": "i", **INPUT},
                "name": "i",
                "inbound_nodes": [],
            },
            dense("a", 4, "relu", [[["i", 0, 0, {}]]]),
            dense("b", 4, "relu", [[["i", 0, 0, {}]]]),
            layer("Add", "add", [[["a", 0, 0, {}], ["b", 0, 0, {}]]]),
        ],
        "input_layers": [["i", 0, 0]],
        "output_layers": [["add", 0, 0]],
    },
}

OK = {"cnn": (CNN, 15802), "rnn": (RNN, 1013), "functional": (FUNCTIONAL, 88)}
LAMBDA = sequential(layer("Lambda", "code", function=["4wEAAAA", None, None], function_type="lambda"))
FAIL = {
    "gone": (
        sequential(layer("LocallyConnected1D", "local")),
        "layer 'local' (LocallyConnected1D): Keras 3 has no such layer",
    ),
    "argument": (
        sequential(layer("LSTM", "lstm", **{**RECURRENT, "time_major": True})),
        "has no argument 'time_major' with the value 'True'",
    ),
    "code": (LAMBDA, "names the class 'keras.layers.Lambda'"),
    "damaged": (sequential({"class_name": "Dense"}), "has no class_name or no config"),
}


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    cases = {}
    for name, (config, _) in (OK | FAIL).items():
        (folder / f"{name}.json").write_text(json.dumps(config))
        cases[name] = forms.builder(folder / f"{name}.json")
    return forms.run_all("model_builder", cases, folder, outfile="builder.zip")


@pytest.mark.parametrize("name", OK)
def test_ok_old_configuration_becomes_one_of_keras_3(builders, name):
    result = builders[name]
    assert (result.returncode, result.stderr) == (0, "")
    assert f"Parameters in all: {OK[name][1]:,}" in result.stdout


@pytest.mark.parametrize("name", FAIL)
def test_fail_what_cannot_be_converted_is_named(builders, name):
    forms.assert_one_line(builders[name], FAIL[name][1])
    assert builders[name].written == []
