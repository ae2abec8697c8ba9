"""Trained models of the tools before these: they predict what they did, and can be trained on."""

import json

import h5py
import numpy as np
import pytest

from tests.support import forms, old_models

NETWORKS = old_models.networks()
# The largest difference to the computation in NumPy: both are in float32, sums in another order.
TOLERANCE = 2e-6


def table(path, values):
    np.savetxt(path, values, delimiter="\t", fmt="%.9g")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write every network and its table; return name -> (model, table)."""
    folder = tmp_path_factory.mktemp("old")
    found = {}
    for number, (name, network) in enumerate(NETWORKS.items()):
        old_models.write(folder / f"{number}.h5mlm", network)
        found[name] = (folder / f"{number}.h5mlm", table(folder / f"{number}.tabular", network.table()))
    return found


@pytest.fixture(scope="module")
def predicted(files, tmp_path_factory):
    """Predict with every network, by both methods."""
    cases = {
        f"{name} {method}": forms.prediction(model, x, method)
        for name, (model, x) in files.items()
        for method in ("predict", "predict_proba")
        if method == "predict" or NETWORKS[name].classes is not None
    }
    return forms.run_all("model_prediction", cases, tmp_path_factory.mktemp("predicted"), outfile_predict="out")


@pytest.mark.parametrize("name", NETWORKS)
def test_ok_predicts_what_it_did(predicted, name):
    network = NETWORKS[name]
    outputs = network.outputs(network.table())
    result = predicted[f"{name} predict"]
    assert (result.returncode, result.stderr) == (0, "")
    header, *rows = result.table("out")
    if network.classes is None:
        assert header == ["Predicted"]
        np.testing.assert_allclose(np.array(rows, float), outputs, atol=TOLERANCE, rtol=1e-5)
        return
    probabilities = np.array(predicted[f"{name} predict_proba"].table("out")[1:], float)
    if outputs.shape[1] == 1:
        expected, answers = (
            np.hstack([1 - outputs, outputs]),
            np.array(network.classes)[(outputs[:, 0] > 0.5).astype(int)],
        )
    elif name == "labels":
        expected, answers = outputs, (outputs > 0.5).astype(int)
    else:
        expected, answers = outputs, np.array(network.classes)[outputs.argmax(axis=1)]
    np.testing.assert_allclose(probabilities, expected, atol=TOLERANCE)
    assert np.array(rows, int).reshape(answers.shape).tolist() == answers.tolist()


def test_ok_trains_further_and_afresh(files, tmp_path):
    model, x = files["dense"]
    y = table(tmp_path / "y.tabular", np.array([[3], [5], [7]] * 6 + [[3], [5]]))
    old_models.write(tmp_path / "untrained.h5mlm", NETWORKS["dense"], trained=False)
    cases = {"further": forms.training(model, x, y), "afresh": forms.training(tmp_path / "untrained.h5mlm", x, y)}
    results = forms.run_all("train_and_eval", cases, tmp_path, outfile_result="scores", outfile_object="out.h5mlm")
    for name, result in results.items():
        assert (result.returncode, result.stderr) == (0, ""), name
        assert "Epoch 2/2" in result.stdout
        with h5py.File(result.folder / "out.h5mlm") as file:
            facts = json.loads(file["-model_config-"][()])
            kernel = file["model_weights/dense_0"][file["model_weights/dense_0"].attrs["weight_names"][0]][()]
        assert facts["target"]["classes"] == [3, 5, 7]
        # Two epochs of Adam with 0.001 move no weight by more than a hundredth.
        moved = np.abs(kernel - NETWORKS["dense"].layers[0].weights[0][1]).max()
        assert 0 < moved < 0.01 if name == "further" else moved > 0.1


def test_ok_a_network_of_any_number_of_words_is_read_again(files, tmp_path):
    network, x = NETWORKS["words"], files["words"][1]
    config = old_models.config_of(network)
    config["layers"][0]["config"]["batch_input_shape"] = [None, None]
    old_models.write(tmp_path / "open.h5mlm", network, config=config)
    y = table(tmp_path / "y.tabular", np.arange(len(network.table()))[:, None] % 2)
    further = forms.training(tmp_path / "open.h5mlm", x, y)
    result = forms.run("train_and_eval", further, tmp_path, outfile_result="scores", outfile_object="out.h5mlm")
    assert (result.returncode, result.stderr) == (0, "")
    result = forms.run("model_prediction", forms.prediction(tmp_path / "out.h5mlm", x), tmp_path, outfile_predict="out")
    assert (result.returncode, result.stderr) == (0, "")
    assert "9 features" in result.stdout


def test_ok_builder_takes_the_architecture(files, tmp_path):
    result = forms.run(
        "model_builder", forms.builder(files["words"][0], loss="binary_crossentropy"), tmp_path, outfile="b.zip"
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "Parameters in all: 395" in result.stdout


def changed(**changes):
    """Return the dense network's configuration with changes of its first layer, or another class there."""
    config = old_models.config_of(NETWORKS["dense"])
    first = config["layers"][1]
    first["class_name"] = changes.pop("class_name", first["class_name"])
    first["config"] |= changes
    return config


def without_input():
    """Return the dense network's configuration without its first entry, which says how many columns there are."""
    config = old_models.config_of(NETWORKS["dense"])
    return {**config, "layers": config["layers"][1:]}


FAIL = {
    "no columns": ({"config": without_input()}, "its network does not say what shape its data have"),
    "no list of callbacks": (
        {"-keras_models-/0/params": json.dumps({"config": changed(), "model_type": "sequential", "callbacks": 7})},
        "its callbacks are damaged. Received: '7'.",
    ),
    "a layer without equivalent": (
        {"config": changed(class_name="LocallyConnected1D")},
        "layer 'dense_0' (LocallyConnected1D): Keras 3 has no such layer",
    ),
    "another function": (
        {"config": changed(activation="hard_sigmoid")},
        "layer 'dense_0' (Dense): activation 'hard_sigmoid' is another function in Keras 3",
    ),
    "other weights": (
        {"config": changed(class_name="CuDNNLSTM")},
        "its weights are arranged in another way than those of LSTM",
    ),
    "code": (
        {"config": changed(class_name="Lambda", function=["4wEAAAA", None, None])},
        "names the class 'keras.layers.Lambda'",
    ),
    "a pipeline": (
        {"-model_config-": json.dumps({"-object-": {"-reduce-": {"--func-": {"-global-": ["os", "system"]}}}})},
        "holds Python objects around its network",
    ),
    "another wrapper": ({"-keras_models-/0/class_name": "KerasGBatchClassifier"}, "holds 'KerasGBatchClassifier'"),
    "no JSON": ({"-keras_models-/0/params": "x"}, "is no JSON"),
    "another shape": (
        {"config": changed(units=9)},
        "layer 'dense_0' needs an array of shape (6, 9), but the file holds (6, 8)",
    ),
}


def test_fail_names_what_cannot_be_read(files, tmp_path):
    cases = {}
    for number, (name, (changes, _)) in enumerate(FAIL.items()):
        old_models.write(tmp_path / f"{number}.h5mlm", NETWORKS["dense"], **changes)
        cases[name] = forms.prediction(tmp_path / f"{number}.h5mlm", files["dense"][1])
    old_models.write(tmp_path / "untrained.h5mlm", NETWORKS["dense"], trained=False)
    cases["untrained"] = forms.prediction(tmp_path / "untrained.h5mlm", files["dense"][1])
    results = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out")
    for name, result in results.items():
        forms.assert_one_line(result, FAIL[name][1] if name in FAIL else "is not trained yet")
        assert result.written == []
