"""Files for others: they predict what the trained model predicts."""

import subprocess
import sys

import numpy as np
import pytest

from tests.support import forms

# The largest difference between what a network predicts and what its file in another format does.
TOLERANCE = 1e-5

NETWORKS = {
    "pictures": (
        "(64,)",
        [
            ("Reshape", {"target_shape": "(8, 8, 1)"}),
            ("Conv2D", {"filters": 3, "kernel_size": "3", "activation": "gelu", "kwargs": ""}),
            ("BatchNormalization", {"kwargs": ""}),
            ("MaxPooling2D", {"pool_size": "(2, 2)"}),
            ("SeparableConv2D", {"filters": 3, "kernel_size": "2", "activation": "relu", "kwargs": ""}),
            ("Flatten", {}),
            ("Dropout", {"rate": 0.2, "kwargs": ""}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ],
    ),
    "sequences": (
        "(64,)",
        [
            ("Reshape", {"target_shape": "(16, 4)"}),
            ("LSTM", {"units": 3, "kwargs": "return_sequences=True"}),
            ("GRU", {"units": 3, "kwargs": "return_sequences=True"}),
            ("SimpleRNN", {"units": 4, "kwargs": ""}),
            ("LayerNormalization", {}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ],
    ),
    "varied": (
        "(64,)",
        [
            ("Reshape", {"target_shape": "(8, 8, 1)"}),
            ("RandomFlip", {"mode": "horizontal"}),
            ("RandomRotation", {"factor": "0.1"}),
            ("BatchNormalization", {"kwargs": ""}),
            ("Flatten", {}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ],
    ),
    "steps": (
        "(64,)",
        [
            ("Reshape", {"target_shape": "(16, 4)"}),
            ("Conv1D", {"filters": 3, "kernel_size": "3", "activation": "selu"}),
            ("GlobalAveragePooling1D", {}),
            ("PReLU", {}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ],
    ),
}

# How some are trained: what stands in the place of the optimizer's rate, or of its weights, is no matter of the files.
SETTINGS = {
    "steps": {"schedule": ("CosineDecay", {"warmup_steps": "0"})},
    "sequences": {"options": {"use_ema": True}},
    "pictures": {"loss_scaling": {"initial_scale": "1024"}},
}
# Runs apart from these tools, as another program would use the files.
ELSEWHERE = """
import os, sys, json
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, keras, onnxruntime
x = np.load("x.npy")
for folder in sys.argv[1:]:
    whole = keras.models.load_model(f"{folder}/model.h5").predict(x, verbose=0)
    own = keras.models.load_model(f"{folder}/model.keras")
    assert own.optimizer.iterations.numpy() > 0
    session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
    other, = session.run(None, {session.get_inputs()[0].name: x})
    print(json.dumps([folder, float(np.abs(own.predict(x, verbose=0) - whole).max()), float(np.abs(other - whole).max())]))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train every network, saving all formats; return (folder, name -> result)."""
    folder = tmp_path_factory.mktemp("exports")
    random = np.random.default_rng(5)
    x = random.random((60, 64)).astype(np.float32)
    np.save(folder / "x.npy", x)
    np.savetxt(folder / "x.tabular", x, delimiter="\t")
    (folder / "y.tabular").write_text("a\nb\nc\n" * 20)
    designs = {n: forms.sequential(*layers, input_shape=shape) for n, (shape, layers) in NETWORKS.items()}
    made = forms.run_all("model_config", designs, folder, outfile="model.json")
    assert all(r.returncode == 0 for r in made.values()), made
    (folder / "b").mkdir()
    built = forms.run_all(
        "model_builder",
        {n: forms.builder(r.folder / "model.json", **SETTINGS.get(n, {})) for n, r in made.items()},
        folder / "b",
        outfile="b.zip",
    )
    (folder / "t").mkdir()
    cases = {
        n: {
            **forms.training(r.folder / "b.zip", folder / "x.tabular", folder / "y.tabular"),
            "save": ["save_estimator", "save_keras", "save_onnx"],
        }
        for n, r in built.items()
    }
    outputs = {
        "outfile_result": "scores",
        "outfile_object": "model.h5",
        "outfile_keras": "model.keras",
        "outfile_onnx": "model.onnx",
    }
    return folder, forms.run_all("train_and_eval", cases, folder / "t", **outputs)


def test_ok_files_of_others_predict_the_same(trained):
    folder, results = trained
    for name, result in results.items():
        assert (result.returncode, result.stderr) == (0, ""), name
        assert result.written == ["model.h5", "model.keras", "model.onnx", "scores"]
    command = [sys.executable, "-c", ELSEWHERE, *(f"t/{name}" for name in results)]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    lines = [line for line in shown.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == len(results)
    for line in lines:
        _, own, other = forms.json.loads(line)
        assert own == 0
        assert other < TOLERANCE


def test_fail_what_onnx_lacks_is_said_before_training(trained, tmp_path):
    folder, _ = trained
    design = forms.sequential(
        ("Discretization", {"bin_boundaries": "(0.2, 0.5)"}),
        ("Dense", {"units": 3, "activation": "celu"}),
        input_shape="(64,)",
    )
    assert forms.run("model_config", design, tmp_path, outfile="model.json").returncode == 0
    assert (
        forms.run(
            "model_builder",
            forms.builder(tmp_path / "model.json", loss="mean_squared_error"),
            tmp_path,
            outfile="b.zip",
        ).returncode
        == 0
    )
    form = {**forms.training(tmp_path / "b.zip", folder / "x.tabular", folder / "y.tabular"), "save": "save_onnx"}
    result = forms.run("train_and_eval", form, tmp_path, outfile_result="scores", outfile_onnx="model.onnx")
    forms.assert_one_line(
        result, "Save as ONNX: ONNX has no equivalent of Bucketize, Expm1, which the network computes."
    )
    assert "Epoch" not in result.stdout
    assert not (tmp_path / "model.onnx").exists()
