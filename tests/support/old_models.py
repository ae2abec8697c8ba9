"""Trained models in the layout of the tools before these, made by NumPy and h5py alone, and what they predict.

Each function of a layer gives its class, its configuration as Keras 2 wrote it, its arrays in the order in which
Keras 2 saved them, and the computation in NumPy, so that neither the file nor the prediction depends on Keras.
"""

import json
from typing import NamedTuple

import numpy as np

URL = "https://github.com/goeckslab/Galaxy-ML"
GLOROT, ZEROS = {"class_name": "GlorotUniform", "config": {"seed": None}}, {"class_name": "Zeros", "config": {}}
_KERNEL = {
    "use_bias": True,
    "kernel_initializer": GLOROT,
    "bias_initializer": ZEROS,
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}


class Layer(NamedTuple):
    """A layer: class, configuration, (name, array) pairs, and the function of its input."""

    kind: str
    config: dict
    weights: list
    compute: object


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softmax": softmax,
}


def _normal(random, *shape):
    return (random.standard_normal(shape) * 0.5).astype(np.float32)


def dense(random, columns, units, activation):
    kernel, bias = _normal(random, columns, units), _normal(random, units)
    return Layer(
        "Dense",
        {"units": units, "activation": activation, **_KERNEL},
        [("kernel", kernel), ("bias", bias)],
        lambda x: ACTIVATIONS[activation](x @ kernel + bias),
    )


def normalization(random, size):
    gamma, beta, mean, variance = (_normal(random, size) for _ in range(4))
    variance = np.abs(variance) + 0.1
    config = {
        "axis": [-1],
        "momentum": 0.99,
        "epsilon": 0.001,
        "center": True,
        "scale": True,
        "beta_initializer": ZEROS,
        "gamma_initializer": {"class_name": "Ones", "config": {}},
        "moving_mean_initializer": ZEROS,
        "moving_variance_initializer": {"class_name": "Ones", "config": {}},
        "beta_regularizer": None,
        "gamma_regularizer": None,
        "beta_constraint": None,
        "gamma_constraint": None,
    }
    weights = [("gamma", gamma), ("beta", beta), ("moving_mean", mean), ("moving_variance", variance)]
    return Layer("BatchNormalization", config, weights, lambda x: gamma * (x - mean) / np.sqrt(variance + 0.001) + beta)


def _patches(x, size):
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))


def _convolution(**config):
    return {
        "kernel_size": [3, 3],
        "strides": [1, 1],
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        **config,
    }


def convolution(random, channels, filters):
    kernel, bias = _normal(random, 3, 3, channels, filters), _normal(random, filters)
    config = _convolution(filters=filters, groups=1, activation="relu", **_KERNEL)
    return Layer(
        "Conv2D",
        config,
        [("kernel", kernel), ("bias", bias)],
        lambda x: np.maximum(np.einsum("nijcab,abcf->nijf", _patches(x, 3), kernel) + bias, 0),
    )


def separable(random, channels, filters):
    depth, point, bias = (
        _normal(random, 3, 3, channels, 2),
        _normal(random, 1, 1, 2 * channels, filters),
        _normal(random, filters),
    )
    config = _convolution(
        filters=filters,
        groups=1,
        activation="linear",
        depth_multiplier=2,
        depthwise_initializer=GLOROT,
        pointwise_initializer=GLOROT,
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        **_KERNEL,
    )

    def compute(x):
        deep = np.einsum("nijcab,abcm->nijcm", _patches(x, 3), depth)
        return deep.reshape(*deep.shape[:3], -1) @ point[0, 0] + bias

    return Layer(
        "SeparableConv2D", config, [("depthwise_kernel", depth), ("pointwise_kernel", point), ("bias", bias)], compute
    )


def depthwise(random, channels):
    kernel, bias = _normal(random, 3, 3, channels, 1), _normal(random, channels)
    own = {key: value for key, value in _KERNEL.items() if not key.startswith("kernel")}
    config = _convolution(
        groups=1,
        activation="tanh",
        depth_multiplier=1,
        depthwise_initializer=GLOROT,
        depthwise_regularizer=None,
        depthwise_constraint=None,
        **own,
    )
    return Layer(
        "DepthwiseConv2D",
        config,
        [("depthwise_kernel", kernel), ("bias", bias)],
        lambda x: np.tanh(np.einsum("nijcab,abc->nijc", _patches(x, 3), kernel[..., 0]) + bias),
    )


def transposed(random, channels, filters):
    kernel, bias = _normal(random, 2, 2, filters, channels), _normal(random, filters)
    config = _convolution(filters=filters, groups=1, activation="linear", output_padding=None, **_KERNEL) | {
        "kernel_size": [2, 2],
        "strides": [2, 2],
    }

    def compute(x):
        rows, high, wide, _ = x.shape
        blocks = np.einsum("nijc,abfc->niajbf", x, kernel)
        return blocks.reshape(rows, 2 * high, 2 * wide, filters) + bias

    return Layer("Conv2DTranspose", config, [("kernel", kernel), ("bias", bias)], compute)


def convolution1d(random, channels, filters):
    kernel, bias = _normal(random, 3, channels, filters), _normal(random, filters)
    config = {
        "filters": filters,
        "kernel_size": [3],
        "strides": [1],
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": [1],
        "groups": 1,
        "activation": "relu",
        **_KERNEL,
    }
    return Layer(
        "Conv1D",
        config,
        [("kernel", kernel), ("bias", bias)],
        lambda x: np.maximum(
            np.einsum("nicw,wcf->nif", np.lib.stride_tricks.sliding_window_view(x, 3, axis=1), kernel) + bias, 0
        ),
    )


def reshape(*shape):
    return Layer("Reshape", {"target_shape": list(shape)}, [], lambda x: x.reshape(len(x), *shape))


def pooling():
    config = {"pool_size": [2, 2], "padding": "valid", "strides": [2, 2], "data_format": "channels_last"}
    return Layer(
        "MaxPooling2D",
        config,
        [],
        lambda x: (
            x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
            .reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1)
            .max(axis=(2, 4))
        ),
    )


def flatten():
    return Layer("Flatten", {"data_format": "channels_last"}, [], lambda x: x.reshape(len(x), -1))


def global_pooling():
    return Layer("GlobalAveragePooling2D", {"data_format": "channels_last"}, [], lambda x: x.mean(axis=(1, 2)))


def leaky():
    return Layer("LeakyReLU", {"alpha": np.float32(0.3).item()}, [], lambda x: np.where(x > 0, x, np.float32(0.3) * x))


def threshold():
    return Layer("ThresholdedReLU", {"theta": 0.25}, [], lambda x: np.where(x > 0.25, x, 0))


def prelu(random, size):
    alpha = _normal(random, size)
    config = {"alpha_initializer": ZEROS, "alpha_regularizer": None, "alpha_constraint": None, "shared_axes": None}
    return Layer("PReLU", config, [("alpha", alpha)], lambda x: np.where(x > 0, x, alpha * x))


def dropout():
    return Layer("Dropout", {"rate": 0.5, "noise_shape": None, "seed": None}, [], lambda x: x)


def embedding(random, words, size):
    table = _normal(random, words, size)
    config = {
        "input_dim": words,
        "output_dim": size,
        "embeddings_initializer": GLOROT,
        "embeddings_regularizer": None,
        "activity_regularizer": None,
        "embeddings_constraint": None,
        "mask_zero": False,
        "input_length": None,
    }
    return Layer("Embedding", config, [("embeddings", table)], lambda x: table[x.astype(int)])


def _recurrent(units, sequences, **config):
    return {
        "units": units,
        "activation": "tanh",
        "return_sequences": sequences,
        "return_state": False,
        "go_backwards": False,
        "stateful": False,
        "unroll": False,
        "time_major": False,
        "dropout": 0.0,
        "recurrent_dropout": 0.0,
        "recurrent_initializer": {"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}},
        "recurrent_regularizer": None,
        "recurrent_constraint": None,
        **_KERNEL,
        **config,
    }


def _steps(x, units, step, sequences):
    state, outputs = (np.zeros((len(x), units), np.float32),) * 2, []
    for position in range(x.shape[1]):
        state = step(x[:, position], *state)
        outputs.append(state[0])
    return np.stack(outputs, axis=1) if sequences else outputs[-1]


def lstm(random, columns, units, sequences=False):
    kernel, inner, bias = (
        _normal(random, columns, 4 * units),
        _normal(random, units, 4 * units),
        _normal(random, 4 * units),
    )

    def step(x, hidden, carry):
        enter, forget, cell, out = np.split(x @ kernel + hidden @ inner + bias, 4, axis=-1)
        carry = sigmoid(forget) * carry + sigmoid(enter) * np.tanh(cell)
        return sigmoid(out) * np.tanh(carry), carry

    config = _recurrent(units, sequences, recurrent_activation="sigmoid", unit_forget_bias=True, implementation=2)
    weights = [("lstm_cell/kernel", kernel), ("lstm_cell/recurrent_kernel", inner), ("lstm_cell/bias", bias)]
    return Layer("LSTM", config, weights, lambda x: _steps(x, units, step, sequences))


def gru(random, columns, units, sequences=False, reset_after=True):
    kernel, inner = _normal(random, columns, 3 * units), _normal(random, units, 3 * units)
    bias = _normal(random, 2, 3 * units) if reset_after else _normal(random, 3 * units)

    def step(x, hidden, _):
        first, second = bias if reset_after else (bias, 0)
        xz, xr, xh = np.split(x @ kernel + first, 3, axis=-1)
        if reset_after:
            hz, hr, hh = np.split(hidden @ inner + second, 3, axis=-1)
            update, reset = sigmoid(xz + hz), sigmoid(xr + hr)
            new = np.tanh(xh + reset * hh)
        else:
            update = sigmoid(xz + hidden @ inner[:, :units])
            reset = sigmoid(xr + hidden @ inner[:, units : 2 * units])
            new = np.tanh(xh + (reset * hidden) @ inner[:, 2 * units :])
        return update * hidden + (1 - update) * new, hidden

    config = _recurrent(units, sequences, recurrent_activation="sigmoid", reset_after=reset_after, implementation=2)
    weights = [("gru_cell/kernel", kernel), ("gru_cell/recurrent_kernel", inner), ("gru_cell/bias", bias)]
    return Layer("GRU", config, weights, lambda x: _steps(x, units, step, sequences))


def simple(random, columns, units):
    kernel, inner, bias = _normal(random, columns, units), _normal(random, units, units), _normal(random, units)
    weights = [
        ("simple_rnn_cell/kernel", kernel),
        ("simple_rnn_cell/recurrent_kernel", inner),
        ("simple_rnn_cell/bias", bias),
    ]
    return Layer(
        "SimpleRNN",
        _recurrent(units, False),
        weights,
        lambda x: _steps(x, units, lambda v, h, _: (np.tanh(v @ kernel + h @ inner + bias), h), False),
    )


def bidirectional(make, random, columns, units):
    forward, backward = make(random, columns, units), make(random, columns, units)
    config = {
        "layer": {
            "class_name": forward.kind,
            "config": {"name": "inner", "trainable": True, "dtype": "float32", **forward.config},
        },
        "merge_mode": "concat",
    }
    weights = [
        (f"{side}_inner/{name}", array)
        for side, layer in (("forward", forward), ("backward", backward))
        for name, array in layer.weights
    ]
    return Layer(
        "Bidirectional",
        config,
        weights,
        lambda x: np.concatenate([forward.compute(x), backward.compute(x[:, ::-1])], axis=-1),
    )


class Network(NamedTuple):
    """A trained network of the former tools and a table for it.

    Attributes:
        kind: KerasGClassifier or KerasGRegressor.
        columns: of the table.
        layers: of the chain.
        classes: of a classifier.
        whole: whether the table holds whole numbers, for an embedding.
        params: further arguments of the wrapper.
    """

    kind: str
    columns: int
    layers: list
    classes: list | None = None
    whole: int = 0
    params: dict = {}  # noqa: RUF012, no one changes it

    def table(self, rows=20):
        """Return float32 (rows, columns)."""
        random = np.random.default_rng(7)
        if self.whole:
            return random.integers(0, self.whole, (rows, self.columns)).astype(np.float32)
        return random.standard_normal((rows, self.columns)).astype(np.float32)

    def outputs(self, table):
        """Return what the network computes, in NumPy."""
        for layer in self.layers:
            table = layer.compute(table)
        return table


SOFTMAX = {
    "loss": "categorical_crossentropy",
    "metrics": ["acc"],
    "optimizer": "adam",
    "learning_rate": 0.001,
    "epochs": 2,
    "batch_size": 10,
}


def networks():
    """Return name -> network."""
    random = np.random.default_rng(1)
    return {
        "dense": Network("KerasGClassifier", 6, [dense(random, 6, 8, "relu"), normalization(random, 8), leaky(), dropout(),
                         threshold(), prelu(random, 8), dense(random, 8, 3, "softmax")], [3, 5, 7], params=SOFTMAX),
        "pictures": Network("KerasGClassifier", 144, [reshape(12, 12, 1), convolution(random, 1, 4), pooling(), flatten(),
                            dense(random, 100, 1, "sigmoid")], [0, 1], params={"loss": "binary_crossentropy", "optimizer": "rmsprop"}),
        "separable": Network("KerasGClassifier", 108, [reshape(6, 6, 3), separable(random, 3, 4), transposed(random, 4, 3),
                             depthwise(random, 3), global_pooling(), dense(random, 3, 4, "softmax")], [0, 1, 2, 3], params=SOFTMAX),
        "words": Network("KerasGClassifier", 9, [embedding(random, 30, 5), lstm(random, 5, 4, True), gru(random, 4, 3),
                         dense(random, 3, 1, "sigmoid")], [0, 1], whole=30, params={"loss": "binary_crossentropy", "optimizer": "sgd", "momentum": 0}),
        "both ways": Network("KerasGRegressor", 12, [reshape(6, 2), bidirectional(gru, random, 2, 3), dense(random, 6, 1, "linear")],
                             params={"loss": "mean_squared_error", "optimizer": "adagrad"}),
        "steps": Network("KerasGRegressor", 12, [reshape(6, 2), convolution1d(random, 2, 3), gru(random, 3, 4, True, False), simple(random, 4, 3),
                         dense(random, 3, 1, "linear")], params={"loss": "mean_squared_error", "optimizer": "ftrl"}),
        "both ways, long memory": Network("KerasGRegressor", 12, [reshape(6, 2), bidirectional(lstm, random, 2, 3), dense(random, 6, 1, "tanh")],
                                          params={"loss": "logcosh", "optimizer": "adadelta"}),
        "labels": Network("KerasGClassifier", 5, [dense(random, 5, 3, "sigmoid")], [0, 1, 2],
                          params={"loss": "binary_crossentropy", "metrics": ["binary_accuracy"], "optimizer": "nadam"}),
    }  # fmt: skip


def config_of(network):
    """Return the configuration of Keras 2, without class name."""
    layers = [
        {
            "class_name": "InputLayer",
            "config": {
                "batch_input_shape": [None, network.columns],
                "dtype": "float32",
                "sparse": False,
                "ragged": False,
                "name": "input_1",
            },
        }
    ]
    layers += [
        {
            "class_name": layer.kind,
            "config": {"name": name_of(layer, n), "trainable": True, "dtype": "float32", **layer.config},
        }
        for n, layer in enumerate(network.layers)
    ]
    return {"name": "sequential", "layers": layers}


def name_of(layer, number):
    """Return a layer's name in the file."""
    return f"{layer.kind.lower()}_{number}"


def write(path, network, trained=True, config=None, **root):
    """Write a network as the former tools did.

    Parameters:
        config: another configuration than the network's own.
        root: datasets that are to differ.
    """
    import h5py

    params = {
        "config": config or config_of(network),
        "model_type": "sequential",
        "callbacks": None,
        "seed": 42,
        "steps_per_epoch": None,
        "validation_split": 0.1,
        "validation_steps": None,
        "verbose": 1,
        "epochs": 1,
        "batch_size": 32,
        "epsilon": None,
        "run_eagerly": None,
        "loss_weights": None,
        **network.params,
    }
    items = {
        "-model_config-": json.dumps({"-object-": {"-keras_model-": 0}}),
        "-model_hyperparameters-": json.dumps([["", "epochs", "1"]]),
        "-keras_models-/0/class_name": network.kind,
        "-keras_models-/0/params": json.dumps(params),
    }
    with h5py.File(path, "w") as handle:
        for key, value in {
            "-URL-": URL,
            "-repr-": f"{network.kind}()",
            "-http_repr-": "<p></p>",
            "-cpython-": "3.9.12",
            "-numpy-": "1.21.2",
            "-Galaxy-ML-": "0.10.0",
        }.items():
            handle.attrs[key] = value.encode()
        for key, value in {**items, **root}.items():
            handle[key] = value.encode()
        if not trained:
            return
        if network.classes is not None:
            handle["-keras_models-/0/attributes/classes_"] = np.array(network.classes)
        weights = handle.create_group("-keras_models-/0/weights")
        weights.attrs["layer_names"] = [name_of(layer, n).encode() for n, layer in enumerate(network.layers)]
        weights.attrs["backend"], weights.attrs["keras_version"] = b"tensorflow", b"2.7.0"
        for n, layer in enumerate(network.layers):
            group = weights.create_group(name_of(layer, n))
            names = [f"{name_of(layer, n)}/{name}:0" for name, _ in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, (_, array) in zip(names, layer.weights, strict=True):
                group[name] = array
