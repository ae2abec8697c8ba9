"""Networks that plain Keras saved predict what they did there, whatever the layout of their file."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dltools.untrusted import signing
from tests.support import forms, old_models, saved_models
from tests.support.places import TEST_DATA

CASES = saved_models.cases()
# The largest difference to the computation in NumPy, or to Keras': float32's rounding.
TOLERANCE = 3e-6
# Networks made, applied and saved by Keras 3 itself, in a process of its own.
_KERAS = """
import os, sys
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras, numpy as np
from keras import layers as L
keras.utils.set_random_seed(1)
made = {}
inner = keras.Sequential([keras.Input((4,)), L.Dense(4), L.BatchNormalization(), L.Dense(4), L.BatchNormalization()], name="inner")
inner.layers[1].trainable = False
x = keras.Input((4,)); head = keras.Model(x, L.BatchNormalization()(L.Dense(4)(x)), name="head")
a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
joined = L.Concatenate()([head(inner(a)), head(inner(b))])
made["nested"] = keras.Model([a, b], [L.Dense(3, activation="softmax", name="kind")(joined), L.Dense(2, activation="softmax", name="place")(joined)])
x = keras.Input((5, 8)); y = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 4)(x, x)]))
made["attention"] = keras.Model(x, L.Dense(2)(L.Flatten()(y)))
made["recurrent"] = keras.Sequential([keras.Input((6, 3)), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="sum"),
    L.TimeDistributed(L.Dense(4, activation="hard_sigmoid")), L.RNN([L.LSTMCell(4), L.GRUCell(3)]), L.Dense(1)])
x = keras.Input((10, 10, 3)); y = L.SeparableConv2D(5, 3, padding="same")(L.Conv2D(4, 3)(L.RandomFlip()(x))); y = L.Add()([L.DepthwiseConv2D(3)(y), L.Conv2D(5, 3)(y)])
made["pictures"] = keras.Model(x, L.Dense(4, activation="sigmoid")(L.Dropout(0.3)(L.GlobalAveragePooling2D()(L.PReLU(shared_axes=[1, 2])(L.BatchNormalization()(y))))))
x = keras.Input((None, 4)); made["open"] = keras.Model(x, L.Dense(1)(L.GlobalMaxPooling1D()(L.Conv1D(6, 3, activation="relu")(x))))
norm = L.Normalization(); norm.adapt(np.random.default_rng(5).normal(3, 2, (50, 3)))
made["scaled"] = keras.Sequential([keras.Input((3,)), norm, L.Dense(2)])
x = keras.Input((4,), batch_size=7); shared = L.Dense(4); made["shared"] = keras.Model(x, L.Dense(1, activation="sigmoid")(shared(shared(x))))
x = keras.Input((8, 8, 1)); y = L.MaxPooling2D()(L.Conv2D(3, 3, padding="same", activation="relu")(x))
made["shades"] = keras.Model(x, L.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid")(y))
x = keras.Input((None, 4)); made["labelled"] = keras.Model(x, L.TimeDistributed(L.Dense(3, activation="softmax"))(L.Bidirectional(L.GRU(3, return_sequences=True))(x)))
a, b = keras.Input((5, 4)), keras.Input((None, 3)); _, *state = L.LSTM(6, return_state=True)(a)
made["translated"] = keras.Model([a, b], L.Dense(3, activation="softmax")(L.LSTM(6, return_sequences=True)(b, initial_state=state)))
random = np.random.default_rng(0)
for name, model in made.items():
    for weight in model.weights:
        if name != "scaled" and "variance" not in weight.name and "float" in str(weight.dtype):
            weight.assign(np.asarray(weight) + random.normal(0, 0.3, weight.shape).astype("float32"))
    model.compile("sgd", loss="binary_crossentropy" if name in ("shared", "shades") else "mse" if name in ("attention", "recurrent", "open", "scaled") else None)
    given = [random.standard_normal((7, *(size or 11 for size in tensor.shape[1:]))).astype("float32") for tensor in model.inputs]
    found = model(given if len(given) > 1 else given[0], training=False)
    found = [np.asarray(part).reshape(7, -1) for part in (found if isinstance(found, list) else [found])]
    np.savez(f"{name}.npz", table=np.hstack([part.reshape(7, -1) for part in given]), outputs=np.hstack(found))
    model.save(f"{name}.keras"); model.save(f"{name}.h5")
"""
OF_KERAS = ("nested", "attention", "recurrent", "pictures", "open", "scaled", "shared", "shades", "labelled")


def table(path, values):
    np.savetxt(path, values, delimiter="\t", fmt="%.9g")
    return path


# Whose numbers are no probabilities, or are not taken for such, for the loss is one of numbers.
REGRESSIONS = (
    "both ways",
    "steps",
    "both ways, long memory",
    "hard",
    "hard convolution",
    "cudnn",
    "theano",
    "attention",
    "recurrent",
    "open",
    "scaled",
    "shades",
)


def classifies(name):
    return name.removeprefix("Keras 3, ").partition(".")[0] not in REGRESSIONS


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write every file and its table; return name -> (file, table, outputs)."""
    folder = tmp_path_factory.mktemp("saved")
    found = {}
    for number, (name, case) in enumerate(CASES.items()):
        saved_models.write_case(folder / f"{number}.h5", name, case)
        found[name] = (folder / f"{number}.h5", case.table(), case.outputs(case.table()))
    random = np.random.default_rng(4)
    config, groups, compute = saved_models.nested(random)
    x = random.standard_normal((9, 4)).astype(np.float32)
    saved_models.write_hdf5(folder / "within.h5", config, groups)
    found["nested"] = (folder / "within.h5", x, compute(x))
    saved_models.write_hdf5(folder / "split.h5", config, groups, split=2)
    found["names in pieces"] = (folder / "split.h5", x, compute(x))
    case = CASES["a list"]
    groups = [(f"other_{n}", [(f"{w}:0", a) for w, a in layer.weights]) for n, layer in enumerate(case.layers)]
    saved_models.write_hdf5(folder / "order.h5", saved_models.sequential(case), groups, "2.0.5")
    found["by order"] = (folder / "order.h5", case.table(), case.outputs(case.table()))
    layer = saved_models.turned(random)
    turned = saved_models.Case((6, 6, 2), [layer, old_models.global_pooling()])
    saved_models.write_case(folder / "theano.h5", "theano", turned, backend="theano")
    found["theano"] = (folder / "theano.h5", turned.table(), turned.outputs(turned.table()))
    for twice in (True, False):
        found[f"zip of Keras 2, {twice}"] = (folder / f"{twice}.keras", case.table(), case.outputs(case.table()))
        numbers = (0, 2) if twice else (0, 1)
        group = "_layer_checkpoint_dependencies" if twice else "layers"
        arrays = {
            f"{group}/dense{f'_{number}' if number else ''}/vars/{n}": a
            for number, layer in zip(numbers, case.layers, strict=True)
            for n, (_, a) in enumerate(layer.weights)
        }
        saved_models.write_archive(
            folder / f"{twice}.keras",
            {"module": "keras", "registered_name": None, **saved_models.sequential(case)},
            arrays | {"optimizer/vars/0": np.zeros(3)},
        )
    subprocess.run([sys.executable, "-c", _KERAS], cwd=folder, check=True, capture_output=True)
    for name in OF_KERAS:
        told = np.load(folder / f"{name}.npz")
        found |= {
            f"Keras 3, {name}.{end}": (folder / f"{name}.{end}", told["table"], told["outputs"])
            for end in ("h5", "keras")
        }
    return {
        name: (path, table(folder / f"{n}.tabular", x), outputs)
        for n, (name, (path, x, outputs)) in enumerate(found.items())
    }


@pytest.fixture(scope="module")
def predicted(files, tmp_path_factory):
    cases = {
        str(n): forms.prediction(path, x, "predict_proba" if classifies(name) else "predict")
        for n, (name, (path, x, _)) in enumerate(files.items())
    }
    results = forms.run_all("model_prediction", cases, tmp_path_factory.mktemp("predicted"), outfile_predict="out")
    return dict(zip(files, results.values(), strict=True))


NAMES = [
    *CASES,
    "nested",
    "names in pieces",
    "by order",
    "theano",
    "zip of Keras 2, True",
    "zip of Keras 2, False",
    *(f"Keras 3, {name}.{end}" for name in OF_KERAS for end in ("h5", "keras")),
]


@pytest.mark.parametrize("name", NAMES)
def test_ok_predicts_what_it_did(files, predicted, name):
    result, outputs = predicted[name], files[name][2]
    assert (result.returncode, result.stderr) == (0, "")
    found = np.array(result.table("out")[1:], float)
    if classifies(name) and outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
    np.testing.assert_allclose(found, outputs, atol=TOLERANCE, rtol=1e-5)


def test_the_log_says_what_it_was_taken_for(predicted):
    assert (
        "a network that Keras 2.0.8 saved. 2 units of softmax and the loss categorical_crossentropy, so taken for a classification into two classes, called 0 and 1 by their position, for the file has no names of them."
        in predicted["gates"].stdout
    )
    assert (
        "hard_sigmoid was another function in Keras 2. The weights before it were multiplied by 1.2"
        in predicted["gates"].stdout
    )
    assert (
        "3 units of softmax and no loss in the file, so taken for a classification into 3 classes"
        in predicted["a list"].stdout
    )
    assert (
        "1 unit of linear and the loss mean_squared_error, so taken for a regression: a number for each sample"
        in predicted["cudnn"].stdout
    )
    assert "its CuDNN layers are read as the GRU and LSTM that compute the same" in predicted["cudnn"].stdout
    assert (
        "4 units of sigmoid and no loss in the file, so taken for a classification into 4 labels"
        in predicted["Keras 3, pictures.keras"].stdout
    )
    assert "Output kind: 3 units of softmax" in predicted["Keras 3, nested.h5"].stdout
    assert (
        "1 unit of sigmoid and the loss binary_crossentropy, so taken for a regression: a number for each point of a sample"
        in predicted["Keras 3, shades.keras"].stdout
    )
    assert (
        "3 units of softmax and no loss in the file, so taken for a classification of each step of a sample into 3 classes"
        in predicted["Keras 3, labelled.h5"].stdout
    )
    assert predicted["Keras 3, labelled.h5"].table("out")[0][:4] == ["0_0", "0_1", "0_2", "1_0"]


def test_ok_a_sequence_of_two_tables(files, tmp_path):
    """An encoder whose state a decoder starts from: what it reads so far is the second table."""
    folder = next(iter(files.values()))[0].parent
    told = np.load(folder / "translated.npz")
    tables = [table(tmp_path / f"{n}.tabular", part) for n, part in enumerate(np.split(told["table"], [20], axis=1))]
    for end in ("keras", "h5"):
        form = forms.prediction(
            folder / f"translated.{end}", tables[0], "predict_proba", further=[forms.table(tables[1], "input")]
        )
        result = forms.run("model_prediction", form, tmp_path, outfile_predict="out")
        assert (result.returncode, result.stderr) == (0, "")
        np.testing.assert_allclose(np.loadtxt(tmp_path / "out", skiprows=1), told["outputs"], atol=TOLERANCE)


def test_ok_steps_and_pictures_train_further(files, tmp_path):
    random, still = np.random.default_rng(2), [("optimizer__learning_rate", "1e-30")]
    path, x, outputs = files["Keras 3, labelled.keras"]
    words = table(tmp_path / "words.tabular", random.integers(0, 3, (7, 11)))
    picture, shades, points = files["Keras 3, shades.h5"]
    cases = {
        "steps": forms.training(path, x, words, swaps=still),
        "points": forms.training(picture, shades, table(tmp_path / "ink.tabular", random.random((7, 64))), swaps=still),
    }
    results = forms.run_all("train_and_eval", cases, tmp_path, outfile_result="scores", outfile_object="out.h5mlm")
    assert all((result.returncode, result.stderr) == (0, "") for result in results.values()), results
    cases = {
        "steps": forms.prediction(results["steps"].folder / "out.h5mlm", x, "predict_proba"),
        "points": forms.prediction(results["points"].folder / "out.h5mlm", shades),
    }
    (tmp_path / "after").mkdir()
    after = forms.run_all("model_prediction", cases, tmp_path / "after", outfile_predict="out")
    for name, expected in (("steps", outputs), ("points", points)):
        assert (after[name].returncode, after[name].stderr) == (0, "")
        np.testing.assert_allclose(np.array(after[name].table("out")[1:], float), expected, atol=TOLERANCE)


def test_ok_several_tables_or_one(files, tmp_path):
    path, x, outputs = files["Keras 3, nested.keras"]
    values = np.loadtxt(x)
    first, second = (table(tmp_path / f"{n}.tabular", part) for n, part in enumerate(np.hsplit(values, 2)))
    result = forms.run(
        "model_prediction",
        forms.prediction(path, first, "predict_proba", further=[forms.table(second, "input")]),
        tmp_path,
        outfile_predict="out",
    )
    assert (result.returncode, result.stderr) == (0, "")
    np.testing.assert_allclose(np.loadtxt(tmp_path / "out", skiprows=1), outputs, atol=TOLERANCE)


def test_ok_trains_further(files, tmp_path):
    """The weights are those of the file before the first epoch: with a learning rate of 0 they stay so."""
    y = tmp_path / "y.tabular"
    y.write_text(
        "".join(f"{name}\n" for name in ("no", "yes", "no", "yes", "no", "no", "yes", "yes", "no", "no", "yes", "no"))
    )
    cases = {
        name: forms.training(
            files[name][0], files[name][1], y, swaps=[("optimizer__learning_rate", "1e-30"), ("epochs", "2")]
        )
        for name in ("gates",)
    }
    again = {
        "Keras 3": forms.training(
            files["Keras 3, shared.keras"][0],
            files["Keras 3, shared.keras"][1],
            table(tmp_path / "y7.tabular", np.array([0, 1, 0, 1, 1, 0, 1])),
            swaps=[("optimizer__learning_rate", "1e-30")],
        )
    }
    two = table(tmp_path / "two.tabular", np.random.default_rng(0).normal(size=(7, 2)))
    again["scaled"] = forms.training(
        files["Keras 3, scaled.keras"][0],
        files["Keras 3, scaled.keras"][1],
        two,
        swaps=[("optimizer__learning_rate", "1e-30")],
    )
    folds = forms.training(files["gates"][0], files["gates"][1], y)
    folds["experiment_schemes"] |= {
        "selected_exp_scheme": "cross_val",
        "fold_split": {"split_algos": {"shuffle": "kfold", "n_splits": 2, "random_state": 1}},
    }
    results = forms.run_all(
        "train_and_eval",
        cases | again | {"folds": folds},
        tmp_path,
        outfile_result="scores",
        outfile_object="out.h5mlm",
    )
    forms.assert_one_line(results.pop("folds"), "Cross-validation: this model is trained already")
    for result in results.values():
        assert (result.returncode, result.stderr) == (0, "")
    assert (
        "the optimizer starts afresh: Adam with learning rate 1e-30, as 'Hyperparameter Swapping' says; 2 epochs of batches of 32"
        in results["gates"].stdout
    )
    assert "Epoch 2/2" in results["gates"].stdout
    assert (
        "does not tell its classes, so those of the table are taken in their order: no for 0, yes for 1."
        in results["gates"].stdout
    )
    assert "the optimizer starts afresh: SGD with learning rate 1e-30" in results["Keras 3"].stdout
    assert "are taken in their order" not in results["Keras 3"].stdout
    cases = {"gates": forms.prediction(results["gates"].folder / "out.h5mlm", files["gates"][1], "predict_proba")}
    after = forms.run_all("model_prediction", cases, tmp_path / "gates", outfile_predict="out")["gates"].table("out")
    assert after[0] == ["no", "yes"]
    np.testing.assert_allclose(np.array(after[1:], float), files["gates"][2], atol=TOLERANCE)
    # A Normalization keeps the mean and the variance that it came with, though it does not tell of how many rows they are.
    cases = {"scaled": forms.prediction(results["scaled"].folder / "out.h5mlm", files["Keras 3, scaled.keras"][1])}
    after = forms.run_all("model_prediction", cases, tmp_path / "scaled", outfile_predict="out")["scaled"].table("out")
    np.testing.assert_allclose(np.array(after[1:], float), files["Keras 3, scaled.keras"][2], atol=TOLERANCE)


def test_fail_an_unsigned_file_where_signatures_are_demanded(files, tmp_path, monkeypatch):
    monkeypatch.setenv(signing.KEY, "secret")
    monkeypatch.setenv(signing.REQUIRED, "1")
    results = forms.run_all(
        "model_builder",
        {str(n): forms.builder(files[name][0]) for n, name in enumerate(("gates", "zip of Keras 2, True"))},
        tmp_path,
        outfile="out",
    )
    for result in results.values():
        forms.assert_one_line(
            result, "is unsigned. This server reads only builders and trained models that it has signed itself"
        )


def test_ok_importance_of_features(files, tmp_path):
    form = {
        "plotting_selection": {
            "plot_type": "feature_importances",
            "title": "",
            "plot_format": "png",
            "threshold": None,
            "infile1": forms.dataset(files["hard"][1]),
            "infile_estimator": forms.dataset(files["hard"][0]),
            "column_selector_options": forms.ALL,
        }
    }
    result = forms.run("ml_visualization", form, tmp_path, output="out.png", output_table="table")
    assert (result.returncode, result.stderr) == (0, "")
    assert len((tmp_path / "table").read_text().splitlines()) == 7


def test_ok_the_builder_takes_the_architecture_alone(files, tmp_path):
    names = ("gates", "Keras 3, pictures.keras", "Keras 3, recurrent.h5", "zip of Keras 2, True")
    cases = {
        str(n): forms.builder(files[name][0], loss="binary_crossentropy" if n == 1 else "mean_squared_error")
        for n, name in enumerate(names)
    }
    results = forms.run_all("model_builder", cases, tmp_path, outfile="builder.zip")
    for result in results.values():
        assert (result.returncode, result.stderr) == (0, "")
        assert (
            "Its layers are taken, its weights are not. To go on with its weights, choose the file itself"
            in result.stdout
        )
    form = forms.training(
        results["1"].folder / "builder.zip",
        files[names[1]][1],
        table(tmp_path / "y", np.eye(4, dtype=int)[[0, 1, 2, 3, 0, 1, 2]]),
    )
    result = forms.run("train_and_eval", form, tmp_path, outfile_result="scores")
    assert (result.returncode, result.stderr) == (0, "")


def test_fail_a_builder_is_named_as_one(files, tmp_path):
    result = forms.run(
        "model_prediction",
        forms.prediction(TEST_DATA / "cnn_builder.zip", files["hard"][1]),
        tmp_path,
        outfile_predict="out",
    )
    forms.assert_one_line(result, "'cnn_builder.zip': is a builder, which is not trained yet")
    result = forms.run("model_builder", forms.builder(TEST_DATA / "cnn_builder.zip"), tmp_path, outfile="out")
    forms.assert_one_line(
        result, "'cnn_builder.zip': is a builder, which is ready to be trained. Choose the model configuration"
    )


def _changed(config, **changes):
    """Return a configuration whose first layer is another."""
    config = json.loads(json.dumps(config))
    first = config["config"]["layers"][0]
    first["class_name"] = changes.pop("class_name", first["class_name"])
    first |= {key: changes.pop(key) for key in ("module", "registered_name") if key in changes}
    first["config"] |= changes
    return config


HARD = saved_models.sequential(CASES["hard"])
GROUPS = [
    ("dense_0", [(f"dense_0/{n}:0", a) for n, a in CASES["hard"].layers[0].weights]),
    ("activation_1", []),
    ("dense_2", [(f"dense_2/{n}:0", a) for n, a in CASES["hard"].layers[2].weights]),
]
MIXED = [
    (
        "dense_0",
        [(f"dense_0/{n}:0", np.zeros(3, np.float32)) for n in ("beta", "gamma", "moving_mean", "moving_variance")],
    )
]
NORM = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [saved_models.layer_of(old_models.normalization(np.random.default_rng(0), 3), "dense_0", (3,))],
    },
}
GATED = saved_models.sequential(CASES["gates"])
FAIL = {
    "a function without a name": (
        (_changed(HARD, activation="<lambda>"), GROUPS),
        "layer 'dense_0' (Dense): its activation is '<lambda>', a function without a name, so somebody's own program",
    ),
    "another function": (
        (_changed(HARD, activation="my_swish"), GROUPS),
        "its activation is 'my_swish', none of Keras', so somebody's own program",
    ),
    "a function of Keras 3": (
        (
            _changed(
                HARD, activation={"module": "mine", "class_name": "function", "config": "act", "registered_name": "act"}
            ),
            GROUPS,
        ),
        "its activation is 'act', none of Keras'",
    ),
    "a Lambda": (
        (_changed(HARD, class_name="Lambda", function=["4wEAAAA", None, None]), GROUPS),
        "layer 'dense_0' (Lambda): is a function of somebody's program",
    ),
    "an operation": (
        (_changed(HARD, class_name="TFOpLambda", function="math.multiply"), GROUPS),
        "(TFOpLambda): is a function of somebody's program",
    ),
    "a class": (
        (_changed(HARD, class_name="MyDense"), GROUPS),
        "is of the class 'MyDense', which is somebody's own program and not in the file. Build the network of Keras' own layers",
    ),
    "a registered class": (
        (_changed(HARD, registered_name="mine>Dense", module="mine"), GROUPS),
        "is of the class 'mine>Dense', which is somebody's own program",
    ),
    "a class of another module": (
        (_changed(HARD, module="mine.layers"), GROUPS),
        "is of the class 'mine.layers.Dense', which is somebody's own program",
    ),
    "a whole class": (
        ({**HARD, "class_name": "MyNetwork"}, GROUPS),
        "the network is of the class 'MyNetwork', which is someone's own program",
    ),
    "a layer without equivalent": (
        (_changed(HARD, class_name="LocallyConnected1D"), GROUPS),
        "layer 'dense_0' (LocallyConnected1D): Keras 3 has no such layer",
    ),
    "the other order of steps": (
        (_changed(GATED, time_major=True), GROUPS),
        "has no argument 'time_major' with the value 'True'",
    ),
    "a state": (
        (_changed(GATED, stateful=True), GROUPS),
        "is stateful, so that what it gives for a sample depends on the samples before it",
    ),
    "a state's activation": (
        (_changed(GATED, activation="hard_sigmoid"), GROUPS),
        "its activation is the hard_sigmoid of Keras 2",
    ),
    "another shape": ((_changed(HARD, units=9), GROUPS), "has the shape (6, 5), but the layer needs (6, 9)"),
    "an array too few": (
        (HARD, [GROUPS[0], GROUPS[1], ("dense_2", GROUPS[2][1][:1])]),
        "layer 'dense_2' needs 2 arrays, but the file holds 1",
    ),
    "a layer too few": ((HARD, GROUPS[:2]), "its network has 2 layers with weights, but it holds the weights of 1"),
    "weights in another order": ((NORM, MIXED), "the array 'dense_0/beta:0' stands where 'gamma' belongs"),
    "no numbers": (
        (HARD, [(n, [(w, np.full_like(a, np.nan)) for w, a in arrays]) for n, arrays in GROUPS]),
        "holds something else than numbers",
    ),
    "Keras 1": ((HARD, GROUPS, "1.2.2"), "was saved by Keras 1.2.2, whose layers and files were others"),
}


def _place(folder, name, case):
    path = folder / f"{list(FAIL).index(name)}.h5"
    saved_models.write_hdf5(path, *case)
    return path


def _others(folder):
    """Return name -> (file, what its refusal says) of what is no whole network, and of zips that are damaged."""
    arrays = {
        f"layers/dense{'_1' if n else ''}/vars/{m}": a
        for n, (_, own) in enumerate((GROUPS[0], GROUPS[2]))
        for m, (_, a) in enumerate(own)
    }
    zips = {
        "a SavedModel": (
            {"members": {"metadata.json": None, "model/saved_model.pb": b"x"}},
            "is a SavedModel of TensorFlow, whose program may do anything and is never run",
        ),
        "a zip around it": (
            {"members": {"config.json": None, "net/model.h5": b"x"}},
            "is a zip with 'net/model.h5' in it. Unpack it, and choose that file",
        ),
        "weights in pieces": (
            {"members": {"model.weights.h5": None, "model.weights.json": "{}"}},
            "its weights are not in the one member model.weights.h5",
        ),
        "a missing array": (
            {"drop": "layers/dense_1/vars/1"},
            "holds no array '/layers/dense_1/vars/1', which layer 'dense_2' needs",
        ),
        "an array too many": (
            {"more": "layers/dense_2/vars/0"},
            "holds arrays that its network has no place for: /layers/dense_2/vars/0",
        ),
        "no HDF5": ({"members": {"model.weights.h5": b"x"}}, "its model.weights.h5. It is no HDF5 file"),
        "no JSON": ({"members": {"config.json": "x"}}, "config.json: is no JSON"),
    }
    found = {}
    for number, (name, (change, words)) in enumerate(zips.items()):
        kept = {place: a for place, a in arrays.items() if place != change.get("drop")} | (
            {change["more"]: np.zeros(2)} if "more" in change else {}
        )
        saved_models.write_archive(folder / f"{number}.keras", HARD, kept, members=change.get("members"))
        found[name] = (folder / f"{number}.keras", words)
    saved_models.write_hdf5(folder / "alone.h5", HARD, GROUPS)
    with h5py.File(folder / "alone.h5", "a") as handle, h5py.File(folder / "weights.h5", "w") as weights:
        handle.copy("model_weights", weights, name="w")
        for key, value in handle["model_weights"].attrs.items():
            weights.attrs[key] = value
        del handle["model_weights"]
    found["weights alone"] = (
        folder / "weights.h5",
        "holds the weights of a network alone, and not how its layers are arranged (no model_config). Save the whole network in Keras",
    )
    found["an architecture alone"] = (folder / "alone.h5", "holds how a network's layers are arranged, but no weights")
    with h5py.File(folder / "weights.weights.h5", "w") as weights:
        weights["layers/dense/vars/0"] = np.zeros(3)
    found["weights alone of Keras 3"] = (folder / "weights.weights.h5", "holds the weights of a network alone")
    return found


@pytest.fixture(scope="module")
def refused(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("fail")
    cases = {name: (_place(folder, name, case), words) for name, (case, words) in FAIL.items()} | _others(folder)
    results = forms.run_all(
        "model_prediction",
        {str(n): forms.prediction(path, files["hard"][1]) for n, (path, _) in enumerate(cases.values())},
        folder,
        outfile_predict="out",
    )
    return {name: (result, words) for (name, (_, words)), result in zip(cases.items(), results.values(), strict=True)}


@pytest.mark.parametrize(
    "name",
    [
        *FAIL,
        "a SavedModel",
        "a zip around it",
        "weights in pieces",
        "a missing array",
        "an array too many",
        "no HDF5",
        "no JSON",
        "weights alone",
        "an architecture alone",
        "weights alone of Keras 3",
    ],
)
def test_fail_says_just_that(refused, name):
    result, words = refused[name]
    forms.assert_one_line(result, words)
    assert result.written == []
