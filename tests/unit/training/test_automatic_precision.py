"""Automatic precision is bfloat16 only where something computes in it and the network gains by it; it says which and why."""

import numpy as np
import pytest

from dltools.backend import devices
from dltools.core.dataset import Dataset
from dltools.data.dense_table import DenseTable
from dltools.training import automatic_precision
from dltools.training.automatic_precision import AUTOMATIC, Precision
from dltools.training.precision import BFLOAT16, FULL

MEANS = "AVX-512 BF16"
RANDOM = np.random.default_rng(0)


def table(**columns):
    """Return samples near 0, with some columns of others."""
    values = RANDOM.normal(size=(3000, 784)).astype(np.float32)
    for name, column in columns.items():
        values[:, int(name.removeprefix("c"))] = column
    return DenseTable(values=values, source=Dataset("x", "x"))


SAMPLES = table()


def networks():
    import keras
    from keras import layers

    def chain(*own):
        return keras.Sequential([keras.Input((784,)), *own])

    images = layers.Reshape((28, 28, 1))
    return {
        # 64 kernels of 3 x 3 on 28 x 28 places, 32 of 3 x 3 x 64 on 12 x 12 of them.
        "tutorial": chain(
            images, layers.Conv2D(64, 3, padding="same"), layers.MaxPooling2D(), layers.Conv2D(32, 3), layers.Flatten()
        ),
        "wide": chain(layers.Dense(1024), layers.Dense(512)),
        "small": chain(layers.Dense(64), layers.Dense(10)),
        "recurrent": chain(layers.Reshape((28, 28)), layers.LSTM(512)),
        "recurrent both ways": chain(layers.Reshape((28, 28)), layers.Bidirectional(layers.GRU(512))),
    }


@pytest.fixture(scope="module")
def models():
    return networks()


@pytest.mark.parametrize(
    ("name", "policy"),
    [("tutorial", BFLOAT16), ("wide", BFLOAT16), ("small", FULL), ("recurrent", FULL), ("recurrent both ways", FULL)],
)
def test_what_gains_is_trained_with_16_bits(models, monkeypatch, name, policy):
    monkeypatch.setattr(devices, "bfloat16", lambda: MEANS)
    found = automatic_precision.decided(AUTOMATIC, models[name], SAMPLES)
    assert found.policy == policy
    assert found.why == MEANS if policy == BFLOAT16 else found.why.endswith("gains nothing by 16 bits")
    assert bool(automatic_precision.advice(FULL, models[name], SAMPLES)) == (policy == BFLOAT16)
    assert (
        automatic_precision.advice(AUTOMATIC, models[name], SAMPLES)
        == automatic_precision.advice(BFLOAT16, models[name], SAMPLES)
        == ""
    )


def test_nothing_is_gained_where_nothing_computes_in_it(models, monkeypatch):
    monkeypatch.setattr(devices, "bfloat16", lambda: "")
    found = automatic_precision.decided(AUTOMATIC, models["tutorial"], SAMPLES)
    assert str(found) == "float32 (automatic: nothing here computes in bfloat16)"
    assert automatic_precision.advice(FULL, models["tutorial"], SAMPLES) == ""


def test_what_the_user_chose_holds(models, monkeypatch):
    monkeypatch.setattr(devices, "bfloat16", lambda: "")
    assert automatic_precision.decided(BFLOAT16, models["small"], SAMPLES) == Precision(BFLOAT16)
    assert str(Precision(BFLOAT16)) == BFLOAT16


@pytest.mark.parametrize(
    ("columns", "policy"),
    [
        ({"c5": RANDOM.integers(1990, 2020, 3000)}, FULL),
        ({"c5": RANDOM.normal(37, 0.5, 3000)}, FULL),
        ({"c783": RANDOM.normal(-1e6, 100, 3000)}, FULL),
        # A column of one value tells nothing; pixels that are mostly 0, ages and large numbers lose little.
        ({"c5": 2000, "c6": 255 * (RANDOM.random(3000) < 0.003), "c7": RANDOM.integers(18, 90, 3000)}, BFLOAT16),
        ({"c5": RANDOM.normal(1e6, 3e5, 3000)}, BFLOAT16),
    ],
)
def test_numbers_that_16_bits_would_make_the_same_keep_32(models, monkeypatch, columns, policy):
    import keras

    monkeypatch.setattr(devices, "bfloat16", lambda: MEANS)
    samples = table(**columns)
    found = automatic_precision.decided(AUTOMATIC, models["wide"], samples)
    assert found.policy == policy
    assert ("differ by too little" in found.why) == (policy == FULL)
    assert bool(automatic_precision.advice(FULL, models["wide"], samples)) == (policy == BFLOAT16)
    # Scaled in 32 bits before anything computes with 16, they are near 0.
    scaled = keras.Sequential([keras.Input((784,)), keras.layers.Normalization(), *networks()["wide"].layers])
    assert automatic_precision.decided(AUTOMATIC, scaled, samples).policy == BFLOAT16


def test_multiplications_are_counted(models):
    convolutions = [automatic_precision.multiplications(layer) for layer in models["tutorial"].layers]
    assert convolutions == [0, 64 * 9 * 784, 0, 32 * 9 * 64 * 144, 0]
    assert automatic_precision.multiplications(models["small"].layers[0]) == 784 * 64


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 sse\n", "AVX-512 BF16"),
        ("model name\t: x\nflags\t\t: avx512_bf16 amx_bf16\nflags\t\t: other\n", "AMX"),
        ("flags\t\t: fpu avx512f sse\n", ""),
        ("Features\t: fp asimd bf16\n", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_processor_tells_what_it_computes(tmp_path, monkeypatch, lines, expected):
    if lines is not None:
        (tmp_path / "cpuinfo").write_text(lines)
    monkeypatch.setattr(devices, "_PROCESSOR", tmp_path / "cpuinfo")
    assert devices.bfloat16() == expected
