"""The drawing of a network: its boxes, what feeds what, and that no box covers another."""

import itertools
import json

import numpy as np
import pytest

from dltools.plots import network_layout
from dltools.plots.network import Box, Network
from tests.support import attack_models, forms
from tests.support.places import SCRIPTS, TEST_DATA
from tests.support.plotting import Tables

# Run in processes of their own: Keras can be imported with one backend only.
_DRAWN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from dltools.plots import plot_form
form = json.load(open("inputs.json"))["plotting_selection"]
shown = plot_form.read(form).display()
names, columns = shown.table()
print(json.dumps([[str(c) for c in row] for row in zip(*columns)] + [list(box.inside) for box in shown.boxes]))
"""


def boxes(tmp_path, config):
    """Return the table of a model configuration's drawing, a list of texts a layer, and the layers inside each."""
    import subprocess
    import sys

    (tmp_path / "model.json").write_text(json.dumps(config) if isinstance(config, dict) else config)
    form = {
        "plot_type": "keras_plot_model",
        "title": "",
        "plot_format": "png",
        "infile_model_config": forms.dataset(tmp_path / "model.json"),
    }
    (tmp_path / "inputs.json").write_text(json.dumps({"plotting_selection": form}))
    result = subprocess.run(
        [sys.executable, "-c", _DRAWN, str(SCRIPTS)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def test_sequential_model(tmp_path):
    rows, _ = boxes(tmp_path, (TEST_DATA / "cnn_model.json").read_text())
    assert [row[1] for row in rows] == [
        "InputLayer",
        "Reshape",
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        "MaxPooling2D",
        "Flatten",
        "Dense",
    ]
    assert rows[2][2:] == ["(None, 28, 28, 8)", "80", "reshape"]
    assert sum(int(row[3]) for row in rows) == 1822


def test_branches_merges_and_wrapped_layers(tmp_path):
    form = forms.functional(
        ("Input", {"shape": "(8,)", "name": "left", "dtype": "float32", "sparse": False}),
        ("Input", {"shape": "(4, 3)", "name": "right", "dtype": "float32", "sparse": False}),
        ("Dense", {"units": 4, "activation": "relu", "kwargs": "", "inbound_nodes": 1}),
        ("LSTM", {"units": 4, "kwargs": "", "inbound_nodes": 2}),
        ("Add", {"merging_layers": "[3, 4]"}),
        ("Dense", {"units": 1, "activation": "linear", "kwargs": "", "inbound_nodes": 5}),
        inputs="[1, 2]",
        outputs="[6]",
    )
    assert forms.run("model_config", form, tmp_path, outfile="made.json").returncode == 0
    rows, _ = boxes(tmp_path, (tmp_path / "made.json").read_text())
    fed = {row[1] if row[1] != "Dense" else row[2]: row[4].split(", ") for row in rows}
    names = {row[1] if row[1] != "Dense" else row[2]: row[0] for row in rows}
    assert sorted(fed["Add"]) == sorted([names["(None, 4)"], names["LSTM"]])
    assert fed["(None, 1)"] == [names["Add"]]


NESTED = """
import keras
inner = keras.Sequential([keras.Input((4, 3)), keras.layers.Bidirectional(keras.layers.LSTM(2)), keras.layers.Dense(2)], name="encoder")
a = keras.Input((4, 3)); b = inner(a); c = keras.layers.Dense(2)(b); d = keras.layers.Concatenate()([b, c])
w = keras.layers.Bidirectional(keras.layers.GRU(3), name="both")(a)
print(keras.Model(a, [d, w]).to_json())
"""


def test_nested_and_wrapped_layers(tmp_path):
    import os
    import subprocess
    import sys

    made = subprocess.run(
        [sys.executable, "-c", NESTED],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KERAS_BACKEND": "numpy"},
    )
    rows, inside = boxes(tmp_path, made.stdout)
    by_name = {row[0]: row for row in rows}
    assert by_name["both"][1] == "Bidirectional (GRU)"
    assert by_name["encoder"][1] == "Sequential"
    assert inside[[row[0] for row in rows].index("encoder")] == ["Bidirectional bidirectional", "Dense dense"]
    merged = next(row for row in rows if row[1] == "Concatenate")
    assert "encoder" in merged[4].split(", ") and len(merged[4].split(", ")) == 2


# --- layout -----------------------------------------------------------------------------------

DIAMOND = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4)]


def test_ranks_are_the_longest_ways():
    assert list(network_layout.ranks_of(5, DIAMOND)) == [0, 1, 1, 2, 3]
    # A second input stands right above what it feeds.
    assert list(network_layout.ranks_of(4, [(0, 1), (1, 3), (2, 3)])) == [0, 1, 1, 2]


def test_a_chain_is_straight():
    found = network_layout.layout([1, 3, 2, 1], [(0, 1), (1, 2), (2, 3)])
    np.testing.assert_allclose(found.centres, found.centres[0])


def test_arrows_that_could_cross_do_not():
    found = network_layout.layout([1, 1, 1, 1, 1, 1], [(0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)])
    assert (found.centres[1] < found.centres[2]) == (found.centres[4] < found.centres[3])


def overlapping(network):
    """Return the pairs of boxes that cover each other."""
    extents = [patch.get_bbox() for patch in network.boxes_]
    sides = [(min(e.x0, e.x1), max(e.x0, e.x1), min(e.y0, e.y1), max(e.y0, e.y1)) for e in extents]
    return [
        (i, j)
        for (i, a), (j, b) in itertools.combinations(enumerate(sides), 2)
        if a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
    ]


@pytest.mark.parametrize("seed", range(5))
def test_boxes_of_a_random_network_do_not_overlap(seed):
    rng = np.random.default_rng(seed)
    edges = sorted({(int(rng.integers(0, end)), end) for end in range(1, 25) for _ in range(2)})
    layers = [
        Box(
            "Dense",
            "n" * int(rng.integers(1, 30)),
            "(None, 8)",
            int(rng.integers(0, 99)),
            ("a",) * int(rng.integers(0, 4)),
        )
        for _ in range(25)
    ]
    shown = Network(title="random", boxes=layers, edges=edges).plot()
    assert overlapping(shown) == []
    assert len(shown.arrows_) == len(edges)


def test_crossings_are_counted():
    rng = np.random.default_rng(0)
    upper, lower = list(range(9)), list(range(9, 20))
    below = {box: list(rng.choice(lower, 4)) for box in upper}
    position = {box: index for row in (upper, lower) for index, box in enumerate(row)}
    pairs = itertools.combinations([(box, end) for box in upper for end in below[box]], 2)
    crossed = sum(a < b and position[end] > position[other] for (a, end), (b, other) in pairs)
    assert network_layout._crossings([upper, lower], {**below, **{box: [] for box in lower}}, position) == crossed > 0


def test_too_many_connections_are_refused(tmp_path):
    each = [
        (
            {**attack_models.dense(4, name=f"d{n}"), "name": f"d{n}"},
            {**attack_models.layer("Add", name=f"a{n}"), "name": f"a{n}"},
        )
        for n in range(50)
    ]
    layers, sources = [], ["i"]
    for dense, add in each:
        nodes = [attack_models._tensor(name) for name in sources]
        layers.append({**dense, "inbound_nodes": [{"args": nodes[-1:], "kwargs": {}}]})
        layers.append(
            {**add, "inbound_nodes": [{"args": [[*nodes, attack_models._tensor(dense["name"])]], "kwargs": {}}]}
        )
        sources.append(add["name"])
    (tmp_path / "model.json").write_text(json.dumps(attack_models.functional(*layers)))
    form = {
        "plot_type": "keras_plot_model",
        "title": "",
        "plot_format": "png",
        "infile_model_config": forms.dataset(tmp_path / "model.json", "model"),
    }
    result = forms.run("ml_visualization", {"plotting_selection": form}, tmp_path, output="plot")
    forms.assert_one_line(result, "'model': its 101 layers have 1,375 connections that go past ")


def test_box_says_what_the_layer_is():
    shown = Network(
        title="t",
        boxes=[Box("Dense", "out $x$", "(None, 3)", 1234), Box("Flatten", "f", "(None, 3)", 0)],
        edges=[(0, 1)],
    ).plot()
    assert [text.get_text() for text in shown.texts_[0]] == ["Dense  out $x$", "(None, 3)", "1,234 parameters"]
    assert not shown.texts_[0][0].get_parse_math()
    assert shown.texts_[1][2].get_text() == "no parameters"
    assert any(text.get_text() == "1,234 parameters in all" for text in shown.axes_.texts)


@pytest.mark.parametrize("text", ["{}", "x", ""])
def test_what_is_no_model_is_refused(tmp_path, text):
    form = {
        "plot_type": "keras_plot_model",
        "title": "",
        "plot_format": "png",
        "infile_model_config": Tables(tmp_path)("model", text),
    }
    forms.assert_one_line(
        forms.run("ml_visualization", {"plotting_selection": form}, tmp_path, output="plot"), "Error: 'model'"
    )
