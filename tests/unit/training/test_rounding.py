"""Samples of which 16 bits lose what tells them apart are refused; what is scaled or looked up in 32 bits is not."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data.dense_table import DenseTable
from dltools.training import precision, rounding
from dltools.training.precision import BFLOAT16, FLOAT16, FULL
from tests.support import forms
from tests.support.builders import make_builders
from tests.support.trainings import OUTPUTS

ROWS, COLUMNS, PLACE = 3000, 3, 1
RANDOM = np.random.default_rng(0)
YEARS = RANDOM.integers(1990, 2020, ROWS)


def table(column, place=PLACE, columns=COLUMNS):
    """Return samples near 0 with a column of others."""
    values = RANDOM.normal(size=(ROWS, columns)).astype(np.float32)
    values[:, place] = column
    names = tuple(f"n{number}" for number in range(columns))
    return DenseTable(values=values, source=Dataset("x", "X.tabular"), names=names)


def sequential(*layers, width=COLUMNS):
    import keras

    return keras.Sequential([keras.Input((width,)), *layers])


@pytest.fixture(scope="module")
def layers():
    import keras

    return keras.layers


@pytest.fixture(scope="module")
def plain(layers):
    return sequential(layers.Dense(4), layers.Dense(1))


KEEPS = {
    "pixels": RANDOM.integers(0, 256, ROWS),
    "yes and no": RANDOM.integers(0, 2, ROWS),
    "one value": np.full(ROWS, 2001),
    "two that stay two": RANDOM.choice([1001, 1007], ROWS),
    "ages": RANDOM.integers(18, 90, ROWS),
    "small": RANDOM.normal(0, 1e-3, ROWS),
    "large": RANDOM.normal(3e4, 6e3, ROWS),
    "one in a hundred": np.where(RANDOM.random(ROWS) < 0.01, YEARS, 0),
}
LOSES = {
    (BFLOAT16, "years"): (YEARS, r"1996 becomes 2000 in 16 bits \(mixed_bfloat16\), in which 30 different values of the column become 4"),
    (BFLOAT16, "two that become one"): (RANDOM.choice([2000, 2001], ROWS), "2001 becomes 2000 .* 2 different .* become 1"),
    (BFLOAT16, "temperatures"): (RANDOM.normal(37, 0.5, ROWS), "different values of the column become"),
    (BFLOAT16, "far below 0"): (RANDOM.normal(-1e6, 100, ROWS), "different values of the column become 1"),
    (FLOAT16, "positions"): (RANDOM.integers(40_000, 40_100, ROWS), "100 different values of the column become 4"),
    (FLOAT16, "too large"): (RANDOM.normal(1e5, 3e4, ROWS), r"becomes infinite in 16 bits \(mixed_float16\), whose largest number is 65,504"),
    (FLOAT16, "too small"): (RANDOM.normal(0, 1e-9, ROWS), "becomes 0 .* different values of the column become 1"),
}  # fmt: skip


@pytest.mark.parametrize("column", KEEPS.values(), ids=KEEPS)
@pytest.mark.parametrize("policy", precision.PRECISIONS)
def test_what_16_bits_keep_is_trained(column, policy, plain):
    rounding.check(plain, table(column), policy, trained=False)


@pytest.mark.parametrize(("policy", "kind"), LOSES)
def test_what_16_bits_lose_is_refused(policy, kind, plain):
    column, message = LOSES[policy, kind]
    with pytest.raises(UserError, match=rf"'X.tabular', row \d+, column 2: .*{message}.* Choose feature scaling "):
        rounding.check(plain, table(column), policy, trained=False)
    with pytest.raises(UserError, match=r"\. Choose precision float32\.$"):
        rounding.check(plain, table(column), policy, trained=True)
    rounding.check(plain, table(column), FULL, trained=False)


@pytest.mark.parametrize("kind", ["years", "temperatures"])
def test_float16_has_three_more_bits(kind, plain):
    rounding.check(plain, table(LOSES[BFLOAT16, kind][0]), FLOAT16, trained=False)


def test_the_row_is_the_table_s(plain):
    column = np.where(np.arange(ROWS) == ROWS - 1, 1e6, 1)
    with pytest.raises(UserError, match=f"row {ROWS}, column 2: 1000000 becomes infinite"):
        rounding.check(plain, table(column), FLOAT16, trained=False)


def networks(layers):
    """Return name -> (network, whether the years reach layers of 16 bits)."""
    import keras

    def dense():
        return layers.Dense(4), layers.Dense(1)

    def nested(*inner):
        tensor = keras.Input((COLUMNS,))
        return keras.Model(tensor, layers.Dense(1)(sequential(*inner, layers.Dense(4))(tensor)))

    one, two = keras.Input((1,)), keras.Input((2,))
    joined = layers.Concatenate()([layers.Dense(2)(one), layers.Normalization()(two)])
    beside = layers.Concatenate()([layers.Normalization()(one), layers.Dense(2)(two)])
    end = keras.Input((COLUMNS,))
    return {
        "scaled": (sequential(layers.Normalization(), *dense()), False),
        "made smaller": (sequential(layers.Rescaling(1 / 255), *dense()), True),
        "made smaller, then scaled": (sequential(layers.Rescaling(1 / 255), layers.Normalization(), *dense()), False),
        "by a batch": (sequential(layers.BatchNormalization(), *dense()), True),
        "by each row": (sequential(layers.LayerNormalization(), *dense()), False),
        "scaled too late": (sequential(layers.Dropout(0.1), layers.Normalization(), *dense()), True),
        "scaled within": (nested(layers.Normalization()), False),
        "not scaled within": (nested(), True),
        "the last layer": (sequential(layers.Dense(1)), False),
        "the input of the years scaled": (keras.Model([one, two], layers.Dense(1)(joined)), False),
        "the other input scaled": (keras.Model([one, two], layers.Dense(1)(beside)), True),
        "within, at the end": (keras.Model(end, sequential(*dense())(end)), False),
        "looked up": (sequential(layers.Embedding(3000, 2), layers.Flatten(), *dense()), False),
        "looked up behind others": (sequential(layers.Reshape((COLUMNS,)), layers.Embedding(3000, 2), layers.Flatten(), *dense()), False),
    }  # fmt: skip


def test_every_layer_that_sees_the_years_counts(layers):
    made, samples = networks(layers), table(YEARS)
    found = {name: rounding.loss(model, samples, BFLOAT16) is not None for name, (model, _) in made.items()}
    assert found == {name: expected for name, (_, expected) in made.items()}


@pytest.mark.parametrize(
    "scaling", [("Normalization", {"mean": 2005.0, "variance": 80.0}), ("Rescaling", {"scale": 1.0, "offset": -2005.0})]
)
def test_scaling_by_given_numbers_is_computed(scaling, layers):
    name, options = scaling
    model = sequential(getattr(layers, name)(**options), layers.Dense(4), layers.Dense(1))
    rounding.check(model, table(YEARS[:, None], slice(None)), BFLOAT16, trained=False)
    # The other columns are near 0, until these numbers bring them far from it.
    with pytest.raises(UserError, match="column 1: "):
        rounding.check(model, table(YEARS), BFLOAT16, trained=False)


def test_columns_are_those_of_their_input(layers):
    with pytest.raises(UserError, match="column 2: .* becomes"):
        rounding.check(networks(layers)["the other input scaled"][0], table(YEARS), BFLOAT16, trained=False)


def mixed(model, policy, monkeypatch):
    """Return the copy of a network in mixed precision, to compute with and not to train."""
    import keras

    def copy(source, target, _):
        target.set_weights(source.get_weights())
        target.optimizer = keras.optimizers.SGD()

    monkeypatch.setattr(precision, "copy_state", copy)
    return precision.mixed_copy(model, policy, None)


@pytest.mark.parametrize("name", ["scaled by given numbers", "scaled within by given numbers"])
def test_scaling_comes_before_the_rounding(name, layers, monkeypatch):
    import keras

    scaling = layers.Normalization(mean=2005.0, variance=80.0)
    if name == "scaled by given numbers":
        model = sequential(
            scaling, layers.Dense(8, kernel_initializer="ones"), layers.Dense(1, kernel_initializer="ones")
        )
    else:
        tensor = keras.Input((COLUMNS,))
        inner = sequential(scaling, layers.Dense(8, kernel_initializer="ones"))
        model = keras.Model(tensor, layers.Dense(1, kernel_initializer="ones")(inner(tensor)))
    years = np.float32([[1996] * 3, [2001] * 3, [2003] * 3, [2004] * 3])
    expected = 8 * ((years - 2005) / np.sqrt(80)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model(years), expected, rtol=1e-5)
    np.testing.assert_allclose(mixed(model, BFLOAT16, monkeypatch)(years), expected, rtol=1e-2)


@pytest.mark.parametrize("policy", [BFLOAT16, FLOAT16])
@pytest.mark.parametrize("wrapped", [False, True])
def test_words_are_looked_up_unrounded(wrapped, policy, layers, monkeypatch):
    """Rounded, 257 would be 256 and 20,001 would be 20,000 (20,000 and 20,096 in bfloat16)."""
    look = layers.Embedding(20_002, 1)
    chain = [layers.Reshape((2, 1)), layers.TimeDistributed(look)] if wrapped else [look]
    model = sequential(
        *chain, layers.Flatten(), layers.Dense(2, kernel_initializer="identity"), layers.Activation("linear"), width=2
    )
    look.set_weights([np.arange(20_002, dtype=np.float32)[:, None] % 7])
    words = np.float32([[256, 257], [2048, 2049], [20_000, 20_001]])
    np.testing.assert_array_equal(mixed(model, policy, monkeypatch)(words), words % 7)


def test_a_job_says_so_before_it_trains(tmp_path, tmp_path_factory):
    values = table(YEARS[:ROWS]).values[:60]
    lines = ["\t".join(map(repr, map(float, row))) for row in values]
    (tmp_path / "X").write_text("a\tyear\tb\n" + "\n".join(lines) + "\n")
    (tmp_path / "y").write_text("\n".join("ab"[row % 2] for row in range(60)) + "\n")
    network = forms.sequential(
        ("Dense", {"units": 4}), ("Dense", {"units": 1, "activation": "sigmoid"}), input_shape="(3,)"
    )
    made = make_builders(
        {"years": (network, {"loss": "binary_crossentropy", "epochs": 1, "seed": 1})}, tmp_path_factory
    )
    runs = {}
    for name, scaling in {"as they are": None, "scaled": "standard"}.items():
        runs[name] = forms.training(made["years"], tmp_path / "X", tmp_path / "y", header1=True, scaling=scaling)
        runs[name]["experiment_schemes"]["run_options"] = [{"precision": BFLOAT16}]
    found = forms.run_all("train_and_eval", runs, tmp_path, **OUTPUTS)
    assert found["scaled"].returncode == 0, found["scaled"].stderr
    forms.assert_one_line(found["as they are"], "'X', line ")
    assert "column 2 ('year'): " in found["as they are"].stderr
    assert "Epoch 1" in found["scaled"].stdout
    assert "Epoch 1" not in found["as they are"].stdout
