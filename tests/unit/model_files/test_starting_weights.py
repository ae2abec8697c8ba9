"""Weights that a training starts from: they compute what plain Keras computes with them, and others are refused."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from dltools.catalogue.backbones import BACKBONES
from tests.support import forms, published_weights
from tests.support.places import SCRIPTS, TEST_DATA

# At least one network of each kind of preprocessing, and of each kind of part that Keras has beside its public layers.
NETWORKS = {
    "MobileNetV2_0.35": "mobilenet_v2",
    "MobileNetV3Small_1.0": "mobilenet_v3",
    "EfficientNetB0": "efficientnet",
    "EfficientNetV2B0": "efficientnet_v2",
    "DenseNet121": "densenet",
    "ConvNeXtTiny": "convnext",
    "VGG16": "vgg16",
    "InceptionResNetV2": "inception_resnet_v2",
}
LAYOUTS = ("h5", "weights.h5")
# Whole networks as plain Keras saves them, two of them of classes that are never loaded from a file.
WHOLE, WHOLE_NETWORKS = ("keras", "whole.h5"), ("MobileNetV3Small_1.0", "ConvNeXtTiny", "VGG16")
CASES = [
    *((name, layout) for name in NETWORKS for layout in LAYOUTS),
    *((name, layout) for name in WHOLE_NETWORKS for layout in WHOLE),
]

# Prints, for each network and layout, what the outputs differ by, and how much images differ in them.
_COMPARE = """
import json, os, sys
import numpy as np
from dltools.backend.keras_runtime import keras_for_compute
keras = keras_for_compute()
from dltools.core.dataset import Dataset
from dltools.model_files import starting_weights
from dltools.networks import architecture
for name, text in json.load(sys.stdin).items():
    told = np.load(f"{name}.npz")
    for end in ("h5", "weights.h5", "keras", "whole.h5"):
        if not os.path.exists(f"{name}.{end}"):
            continue
        model = architecture.rebuild(json.loads(text), name)
        line = starting_weights.take(model, Dataset(f"{name}.{end}", name, "h5"))
        features = keras.Model(model.inputs, model.get_layer("head_dropout").input)
        found, wanted = np.asarray(features(told["images"], training=False)), told["outputs"]
        print(json.dumps([f"{name}.{end}", float(abs(found - wanted).max()), float(wanted.std(axis=0).mean()), line]))
"""


def written(cases, folder):
    """Let plain Keras write the files of networks."""
    program = Path(published_weights.__file__).resolve()
    process = subprocess.run(
        [sys.executable, program], cwd=folder, input=json.dumps(cases), capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


def case(name, module, **more):
    found = BACKBONES[name]
    return {
        "keras": found.keras,
        "module": module,
        "size": found.least,
        "options": dict(found.options),
        **more,
    }


def designed(named, folder):
    """Let the tool design networks; return name -> the text of its architecture."""
    results = forms.run_all("model_config", named, folder, outfile="model.json")
    assert not [result.stderr for result in results.values() if result.returncode]
    return {name: (result.folder / "model.json").read_text() for name, result in results.items()}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return ``<name>.<layout>`` -> (what the outputs differ by, how much images differ in them, what was told)."""
    folder, designs = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("designs")
    whole = {name: WHOLE if name in WHOLE_NETWORKS else () for name in NETWORKS}
    written({name: case(name, module, whole=whole[name]) for name, module in NETWORKS.items()}, folder)
    named = {name: forms.pretrained(name, 3, size=str(BACKBONES[name].least)) for name in NETWORKS}
    command = [sys.executable, "-c", _COMPARE]
    process = subprocess.run(
        command, cwd=folder, input=json.dumps(designed(named, designs)), capture_output=True, text=True,
        check=False, env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    told = [line for line in process.stdout.splitlines() if line.startswith("[")]
    alone = [line.split("'")[1] for line in process.stdout.splitlines() if "its weights alone are taken" in line]
    # Twice each, as .keras and as .h5.
    assert alone == ["MobileNetV3Small_1.0"] * 2 + ["ConvNeXtTiny"] * 2
    return {name: figures for name, *figures in map(json.loads, told)}


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_computes_what_plain_keras_computes(name, layout, compared):
    difference, spread, _ = compared[f"{name}.{layout}"]
    # Sharp networks of random weights make much of the rounding in front of them.
    assert difference < 0.01 * spread


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_turned_channels_are_told(name, layout, compared):
    assert ("the channels of the first layer are turned" in compared[f"{name}.{layout}"][2]) is (name == "VGG16")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder with images as a table, builders, and files of weights, and trainings that begin with them."""
    folder = tmp_path_factory.mktemp("trained")
    random, classes = np.random.default_rng(0), np.arange(18) % 3
    images = random.integers(0, 60, (18, 32, 32, 3))
    for label in range(3):
        images[classes == label, :, :, label] += 150
    np.savetxt(folder / "x", images.reshape(18, -1), fmt="%d", delimiter="\t")
    np.savetxt(folder / "y", classes, fmt="%d")
    cases = {
        "net": case("MobileNetV2_0.35", "mobilenet_v2"),
        "top": case("MobileNetV2_0.35", "mobilenet_v2", top=True),
        "wider": case("MobileNetV2_0.5", "mobilenet_v2"),
    }
    written(cases, folder)
    spoilt(folder)
    named = {
        "frozen": forms.pretrained("MobileNetV2_0.35", 3),
        "part": forms.pretrained("MobileNetV2_0.35", 3, learning=2),
        "hidden": forms.pretrained("MobileNetV2_0.35", 3, hidden=4),
        "free": forms.pretrained("MobileNetV2_0.35", 3, learning=None),
    }
    (folder / "designs").mkdir()
    designed(named, folder / "designs")
    (folder / "builders").mkdir()
    options = {"loss": "sparse_categorical_crossentropy", "options": {"learning_rate": 0.01}, "seed": 1, "epochs": 2}
    builders = {name: forms.builder(folder / "designs" / name / "model.json", **options) for name in named}
    made = forms.run_all("model_builder", builders, folder / "builders", outfile="builder.zip")
    assert not [result.stderr for result in made.values() if result.returncode]
    return folder


def spoilt(folder):
    """Write files that are not what they should be, of the one that is."""
    data = (folder / "net.h5").read_bytes()
    for name in ("channels", "link", "fewer", "more", "text"):
        (folder / f"{name}.h5").write_bytes(data)
    with h5py.File(folder / "channels.h5", "a") as handle:
        group = handle["Conv1"]
        name = group.attrs["weight_names"][0]
        del group[name]
        group[name] = np.zeros((3, 3, 4, 16), np.float32)
    with h5py.File(folder / "link.h5", "a") as handle:
        name = handle["Conv1"].attrs["weight_names"][0]
        del handle["Conv1"][name]
        handle["Conv1"][name] = h5py.ExternalLink("/etc/passwd", "/x")
    with h5py.File(folder / "fewer.h5", "a") as handle:
        handle.attrs["layer_names"] = [str(name).encode() for name in handle.attrs["layer_names"][:20]]
    with h5py.File(folder / "more.h5", "a") as handle:
        names = list(handle.attrs["layer_names"])
        for number in range(5):
            handle.copy(handle["Conv1"], f"again_{number}")
            names.append(f"again_{number}")
        handle.attrs["layer_names"] = [str(name).encode() for name in names]
    (folder / "text.h5").write_text("no weights")


OUTPUTS = {
    "outfile_result": "scores",
    "outfile_object": "model.h5mlm",
    "outfile_history": "history",
    "outfile_keras": "model.keras",
    "outfile_report": "report.html",
}


def training(folder, builder="frozen", **changes):
    return forms.training(folder / "builders" / builder / "builder.zip", folder / "x", folder / "y", **changes)


@pytest.fixture(scope="module")
def runs(trained):
    """Return name -> how a training ended that began with weights."""
    two = {"tuning_epochs": 3, "tuning_rate": 0.0001, "tuned_layers": 2}
    folds = training(trained)
    folds["experiment_schemes"] |= {
        "selected_exp_scheme": "cross_val",
        "fold_split": {"split_algos": {"shuffle": "kfold", "n_splits": 2, "random_state": 1}},
        "val_split": {"split_algos": {"shuffle": "no_validation"}},
    }
    half = forms.starting(training(trained), trained / "net.h5", **two)
    half["experiment_schemes"]["run_options"] = [{"precision": "mixed_bfloat16"}]
    named = {
        "published": forms.starting(training(trained), trained / "net.h5"),
        "full": forms.starting(training(trained), trained / "top.h5"),
        "two stages": forms.starting(training(trained), trained / "net.weights.h5", **two),
        "all of them": forms.starting(training(trained), trained / "net.h5", **(two | {"tuned_layers": None})),
        "folds": forms.starting(folds, trained / "net.h5", **two),
        "mixed": half,
        "part": forms.starting(training(trained, "part"), trained / "net.h5"),
        "wider": forms.starting(training(trained), trained / "wider.h5"),
        "wider, other layout": forms.starting(training(trained), trained / "wider.weights.h5"),
        **{
            name: forms.starting(training(trained), trained / f"{name}.h5")
            for name in ("channels", "link", "fewer", "more", "text")
        },
        "builder": forms.starting(training(trained), trained / "builders" / "free" / "builder.zip"),
        "tuned": forms.starting(training(trained, "free"), **two),
    }
    (trained / "runs").mkdir()
    return forms.run_all("train_and_eval", named, trained / "runs", **OUTPUTS)


@pytest.fixture(scope="module")
def later(trained, runs):
    """Return name -> how a training ended that began with what came of another."""
    first = trained / "runs" / "two stages"
    named = {
        "a trained model": forms.starting(training(trained, "hidden"), first / "model.h5mlm"),
        "a file of Keras": forms.starting(training(trained, "hidden"), first / "model.keras"),
        "trained already": forms.starting(
            forms.training(first / "model.h5mlm", trained / "x", trained / "y"), trained / "net.h5"
        ),
        "further": forms.training(first / "model.h5mlm", trained / "x", trained / "y"),
        "digits": forms.starting(
            forms.training(TEST_DATA / "cnn_builder.zip", TEST_DATA / "X_test.tabular", TEST_DATA / "y_test.tabular"),
            TEST_DATA / "cnn_model.h5mlm",
        ),
    }
    (trained / "later").mkdir()
    return forms.run_all("train_and_eval", named, trained / "later", **OUTPUTS)


def weights(path):
    """Return layer -> its arrays, by their names."""
    found = {}
    with h5py.File(path) as handle:
        root = handle.get("model_weights", handle)
        for name in root:
            names = root[name].attrs.get("weight_names", ())
            texts = [text.decode() if isinstance(text, bytes) else text for text in names]
            if texts:
                found[name] = {text.rpartition("/")[2]: root[name][text][()] for text in texts}
    return found


def changed(before, after):
    """Return the layers of the network before the head whose arrays differ."""
    return {name for name in before if any((before[name][key] != after[name][key]).any() for key in before[name])}


def test_frozen_layers_stay_as_published(trained, runs):
    assert runs["published"].returncode == 0, runs["published"].stderr
    assert "'net.h5': the weights of 104 layers are taken. Fresh weights: head_output." in runs["published"].stdout
    before, after = weights(trained / "net.h5"), weights(runs["published"].folder / "model.h5mlm")
    # Moving statistics of BatchNormalization among them.
    assert "moving_mean" in before["Conv_1_bn"]
    assert not changed(before, after)


def test_head_of_a_file_is_left_out(trained, runs):
    assert runs["full"].returncode == 0, runs["full"].stderr
    before = weights(trained / "top.h5")
    assert before.pop("predictions")["kernel"].shape == (1280, 1000)
    assert not changed(before, weights(runs["full"].folder / "model.h5mlm"))


def test_last_layers_learn_where_the_architecture_says_so(trained, runs):
    assert runs["part"].returncode == 0, runs["part"].stderr
    found = changed(weights(trained / "net.h5"), weights(runs["part"].folder / "model.h5mlm"))
    assert found == {"block_16_project", "Conv_1"}


@pytest.mark.parametrize("name", ["two stages", "mixed"])
def test_second_stage_trains_the_last_frozen_layers(name, trained, runs):
    result = runs[name]
    assert result.returncode == 0, result.stderr
    found = changed(weights(trained / "net.h5"), weights(result.folder / "model.h5mlm"))
    assert found == {"block_16_project", "Conv_1"}
    assert (
        "Second stage: 2 layers, block_16_project to Conv_1, learn too, at the learning rate 0.0001, for 3 epochs."
        in result.stdout
    )
    history = result.table("history")
    assert [line[0] for line in history] == ["epoch", "1", "2", "3", "4", "5"]
    assert all(np.isfinite(float(line[1])) for line in history[1:])


def test_second_stage_may_train_all_frozen_layers(trained, runs):
    assert runs["all of them"].returncode == 0, runs["all of them"].stderr
    before = weights(trained / "net.h5")
    found = changed(before, weights(runs["all of them"].folder / "model.h5mlm"))
    assert found
    assert {name for name in before if "gamma" in before[name]}.isdisjoint(found)


def test_trained_model_keeps_the_rate_of_the_second_stage(runs):
    with h5py.File(runs["two stages"].folder / "model.h5mlm") as handle:
        kept = json.loads(handle["-model_config-"][()])
    assert kept["training"]["optimizer"]["options"]["learning_rate"] == 0.0001
    assert kept["run"]["second_stage"] == {"after_epoch": 2, "layers": 2, "rate": 0.0001}


def test_report_says_where_the_second_stage_begins(runs):
    two, one = ((runs[name].folder / "report.html").read_text(encoding="utf-8") for name in ("two stages", "published"))
    assert "The second stage begins after epoch 2." in two
    assert "second stage" not in one


def test_every_fold_starts_from_the_weights(runs):
    assert runs["folds"].returncode == 0, runs["folds"].stderr
    assert runs["folds"].stdout.count("Second stage") == 3


@pytest.mark.parametrize("name", ["a trained model", "a file of Keras"])
def test_head_of_a_trained_network_is_replaced(name, runs, later):
    assert later[name].returncode == 0, later[name].stderr
    assert "Fresh weights: head_hidden, head_output." in later[name].stdout
    before = weights(runs["two stages"].folder / "model.h5mlm")
    del before["head_output"]
    assert not changed(before, weights(later[name].folder / "model.h5mlm"))


def test_goes_on_after_the_second_stage(later):
    assert later["further"].returncode == 0, later["further"].stderr
    assert "Epoch 7/7" in later["further"].stdout


def test_any_trained_network_may_start_another(later):
    assert later["digits"].returncode == 0, later["digits"].stderr
    assert "the weights of 2 layers are taken. Fresh weights: dense." in later["digits"].stdout


REFUSED = {
    "wider": "'wider.h5': is of another network. The first layer that differs is 'block_1_project' (Conv2D): its weights have the shapes (1, 1, 48, 8), but those in the file ('block_1_project') (1, 1, 48, 16).",
    "wider, other layout": "'wider.weights.h5': is of another network. The first layer that differs is 'block_1_project' (Conv2D)",
    "channels": "'channels.h5': its weights for layer 'Conv1' (Conv2D) are for images or data of 4 channels, but 3 reach the layer.",
    "link": "is a link to another place or file",
    "fewer": "but the network has 104 before its head: there are none for layer",
    "more": "is of a larger network. It holds the weights of 5 layers beside those of the 104 before the head",
    "text": "'text.h5'",
    "builder": "'builder.zip': is a builder",
    "tuned": "Fine-tuning: 'builder.zip' has no frozen layers that could learn in a second stage.",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_fail_weights_that_do_not_fit(name, runs):
    forms.assert_one_line(runs[name], REFUSED[name])
    assert runs[name].written == []


def test_fail_weights_for_a_trained_model(later):
    forms.assert_one_line(later["trained already"], "Starting weights: 'model.h5mlm' is trained already")
