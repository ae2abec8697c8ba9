"""Words and categories that layers look up: checked on the table before training and prediction, left alone by scaling and precision."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from tests.support import forms
from tests.support.builders import make_builders
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

WORDS, ROWS = 20, 120
NAMES = [f"w{number}" for number in range(1, 7)]
EMBEDDING, FLATTEN = ("Embedding", {"input_dim": WORDS, "output_dim": 4, "kwargs": "name='lookup'"}), ("Flatten", {})
OUTPUT = ("Dense", {"units": 2, "activation": "softmax", "kwargs": ""})
FOLDED, FLAT = ("Reshape", {"target_shape": "(6, 1)"}), ("Reshape", {"target_shape": "(6,)"})
SPECTRAL = (
    "SpectralNormalization",
    {"power_iterations": 1, "wrapped": {"layer_type": "Embedding", "input_dim": WORDS, "output_dim": 4}},
)
BINS = ("Discretization", {"bin_boundaries": "(5, 10)", "output_mode": "int", "kwargs": "name='bins'"})


def binned(size):
    return forms.sequential(
        BINS,
        ("Embedding", {"input_dim": size, "output_dim": 2, "kwargs": "name='lookup'"}),
        FLATTEN,
        OUTPUT,
        input_shape="(6,)",
    )


def sequential(*layers, shape="(6,)"):
    return forms.sequential(*layers, EMBEDDING, FLATTEN, OUTPUT, input_shape=shape)


NETWORKS = {
    "plain": sequential(),
    "no input_shape": sequential(shape=""),
    "arranged": sequential(FOLDED, FLAT),
    "wrapped": forms.sequential(SPECTRAL, FLATTEN, OUTPUT, input_shape="(6,)"),
    "categories": forms.sequential(
        ("CategoryEncoding", {"num_tokens": WORDS, "output_mode": "multi_hot", "kwargs": ""}),
        OUTPUT,
        input_shape="(6,)",
    ),
    "first three": sequential(FOLDED, ("Cropping1D", {"cropping": "(0, 3)"}), ("Reshape", {"target_shape": "(3,)"})),
    "masked": sequential(FOLDED, ("Masking", {"mask_value": -1}), FLAT),
    "halved": sequential(("Rescaling", {"scale": 0.5, "offset": 0})),
    "dropped": sequential(("Dropout", {"rate": 0.5})),
    "dropped channels": sequential(FOLDED, ("SpatialDropout1D", {"rate": 0.5}), FLAT),
    "bins": binned(3),
    "too many bins": binned(2),
    "beside": forms.functional(
        ("Input", {"shape": "(2,)", "name": "words"}),
        ("Input", {"shape": "(4,)", "name": "sizes"}),
        ("Embedding", {"input_dim": WORDS, "output_dim": 4, "inbound_nodes": 1}),
        ("Flatten", {"inbound_nodes": 3}),
        ("Concatenate", {"merging_layers": "[4, 2]", "axis": -1}),
        ("Dense", {"units": 2, "activation": "softmax", "inbound_nodes": 5}),
        inputs="[1, 2]",
        outputs="[6]",
    ),
    "whole": forms.functional(
        ("Input", {"shape": "(6,)", "name": "counts", "dtype": "int32"}),
        ("Rescaling", {"scale": 0.1, "offset": 0, "inbound_nodes": 1}),
        ("Dense", {"units": 2, "activation": "softmax", "inbound_nodes": 2}),
        inputs="[1]",
        outputs="[3]",
    ),
}
# Words behind a layer that mixed precision would let round them; the class follows from whether they are odd.
PARITY = forms.sequential(
    ("Reshape", {"target_shape": "(2,)"}),
    ("Embedding", {"input_dim": 3000, "output_dim": 2}),
    FLATTEN,
    OUTPUT,
    input_shape="(2,)",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    words = random.integers(0, WORDS, (ROWS, 6))
    for name, value in {"good": 7, "written": "3.0", "negative": -1, "fraction": 3.7, "high": 25}.items():
        rows = words.astype(object)
        rows[99, 4] = value
        write(folder / name, rows, "\t".join(NAMES))
    words[99, 4] = 25
    scipy.io.mmwrite(folder / "high.mtx", scipy.sparse.coo_array(words.astype(float)))
    write(folder / "y", random.integers(0, 2, ROWS))
    large = random.integers(8, 11, (400, 2)) * 256 + np.arange(400)[:, None] % 2
    write(folder / "large", large)
    write(folder / "odd", large[:, 0] % 2)
    return folder


TABLES = ("good", "negative", "fraction", "high")
RULE = "line 101, column 5 ('w5'): layer 'lookup' (Embedding) looks up whole numbers from 0 to 19 (input_dim 20); "
FAILS = {
    "plain negative": f"Error: 'negative', {RULE}-1 is none of these. Number them from 0.",
    "plain fraction": f"Error: 'fraction', {RULE}3.7 is no whole number.",
    "plain high": f"Error: 'high', {RULE}25 is none of these. Set input_dim to at least 26, or correct the table.",
    "no input_shape high": f"{RULE}25 is none of these",
    "arranged fraction": f"{RULE}3.7 is no",
    "wrapped negative": "(Embedding) looks up whole numbers from 0 to 19",
    "categories high": "'high', line 101, column 5 ('w5'): layer 'category_encoding' (CategoryEncoding) looks up whole numbers from 0 to 19 (num_tokens 20); 25",
    "masked fraction": "'fraction', line 101: layer 'lookup' (Embedding) looks up whole numbers from 0 to 19 (input_dim 20); 3.7 is what the layers before make",
    "halved good": "8.5 is what the layers before make of this line; it is no whole number. In all, ",
    "dropped good": "(Dropout) stands before it and gives fractions",
    "dropped channels good": "(SpatialDropout1D) stands before it and gives fractions",
    "too many bins fraction": "(input_dim 2); 2 is what the layers before make of this line; it is none of these. In all, ",
    "whole fraction": "'fraction', line 101, column 5 ('w5'): input 'counts' of the model takes whole numbers of dtype int32, from -2,147,483,648 to 2,147,483,647; 3.7 is no",
    "scaled": "Feature scaling: layer 'lookup' (Embedding) takes whole numbers, which scaling would destroy. Remove the box.",
    "scaled counts": "Feature scaling: input 'counts' of the model takes whole numbers, which scaling would destroy.",
    "sparse": "'high.mtx', row 100, column 5 of the matrix: layer 'lookup' (Embedding) looks up whole numbers from 0 to 19 (input_dim 20); 25 is none",
}
FINE = (
    "plain good", "plain written", "first three high", "masked negative", "bins fraction", "beside fraction", "whole negative", "beside scaled",
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    made = make_builders({name: (form, {"epochs": 1, "seed": 1}) for name, form in NETWORKS.items()}, tmp_path_factory)

    def case(name, table="good", **changes):
        return forms.training(made[name], data / table, data / "y", header1="selected_input" not in changes, **changes)

    chosen = [
        name
        for name in (*FAILS, *FINE)
        if name.rpartition(" ")[0] in NETWORKS and name.rpartition(" ")[2] in (*TABLES, "written")
    ]
    cases = {name: case(name.rpartition(" ")[0], name.rpartition(" ")[2]) for name in chosen} | {
        "scaled": case("plain", scaling="standard"),
        "scaled counts": case("whole", scaling="min_max"),
        "beside scaled": case("beside", "fraction", scaling="standard"),
        "sparse": case("plain", "high.mtx", selected_input="sparse"),
    }
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)


@pytest.mark.parametrize("name", FAILS)
def test_refused_before_the_first_epoch(runs, name):
    assert runs[name].returncode == 1
    assert FAILS[name] in runs[name].stderr.splitlines()[-1]
    assert "Epoch" not in runs[name].stdout
    assert runs[name].written == []


@pytest.mark.parametrize("name", FINE)
def test_columns_that_reach_no_such_layer_hold_what_they_like(runs, name):
    assert runs[name].returncode == 0, runs[name].stderr


def test_scaling_keeps_off_the_words_and_says_so(runs):
    assert [row[0] for row in runs["beside scaled"].table("layers")].count("standard_scaling_sizes") == 1
    assert "standard_scaling_words" not in [row[0] for row in runs["beside scaled"].table("layers")]
    assert "Feature scaling: input 'words' is left as it is, for layer 'embedding" in runs["beside scaled"].stdout


def test_prediction_names_the_line_however_far_down(runs, data, tmp_path):
    model = runs["plain good"].folder / "model.h5mlm"
    # So many rows that they are read in several stretches.
    lines = (data / "good").read_text().splitlines()
    rows = lines[1:] * 2000
    assert len(rows) == 240_000
    rows[200_000] = "1\t2\t3\t4\t5\t20"
    (tmp_path / "long.tabular").write_text("\n".join([lines[0], *rows]) + "\n")
    cases = {name: forms.prediction(model, data / name, header=True) for name in TABLES} | {
        "long": forms.prediction(model, tmp_path / "long.tabular", header=True)
    }
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out")
    assert found["good"].returncode == 0, found["good"].stderr
    forms.assert_one_line(found["negative"], f"'negative', {RULE}-1 is none of these. Correct the table")
    forms.assert_one_line(found["fraction"], f"'fraction', {RULE}3.7 is no whole number. Correct the table")
    forms.assert_one_line(
        found["high"],
        f"{RULE}25 is none of these. The model is trained and cannot learn further ones: correct the table, or train a new model and set "
        "input_dim to at least 26.",
    )
    forms.assert_one_line(
        found["long"],
        "'long.tabular', line 200002, column 6 ('w6'): layer 'lookup' (Embedding) looks up whole numbers from 0 to 19 (input_dim 20); 20 is",
    )
    assert all(result.written == [] for name, result in found.items() if name != "good")


def test_feature_importance_is_computed_of_words_alone(runs, data, tmp_path):
    form = {
        "plotting_selection": {
            "plot_type": "feature_importances",
            "title": "",
            "plot_format": "png",
            "threshold": None,
            "infile1": forms.dataset(data / "high"),
            "infile_estimator": forms.dataset(runs["plain good"].folder / "model.h5mlm"),
            "column_selector_options": forms.ALL,
            "importance_options": [
                {
                    "infile_truth": None,
                    "header_truth": False,
                    "scoring": None,
                    "n_repeats": "1",
                    "max_samples": "40",
                    "random_seed": "0",
                }
            ],
        }
    }
    found = forms.run_all("ml_visualization", {"high": form}, tmp_path, output="plot.png")["high"]
    forms.assert_one_line(found, f"'high', {RULE}25 is none of these. The model is trained")


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_tells_large_words_apart(data, tmp_path_factory, precision):
    """Rounded to 16 bits, 2049 would be 2048."""
    made = make_builders(
        {"parity": (PARITY, {"epochs": 20, "seed": 1, "options": {"learning_rate": 0.05}})}, tmp_path_factory
    )
    form = forms.training(made["parity"], data / "large", data / "odd", scoring={"primary_scoring": "accuracy"})
    form["experiment_schemes"]["run_options"] = [{"precision": precision}]
    found = forms.run_all("train_and_eval", {"parity": form}, tmp_path_factory.mktemp("mixed"), **OUTPUTS)["parity"]
    assert found.returncode == 0, found.stderr
    header, values = found.table("scores")
    assert float(values[header.index("train_acc")]) > 0.98
    losses = [float(row[1]) for row in found.table("history")[1:]]
    assert losses[-1] < 0.3
