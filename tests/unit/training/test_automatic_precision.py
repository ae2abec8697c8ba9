"""Automatic precision is bfloat16 only where something computes in it and the network gains by it; it says which and why."""

import pytest

from dltools.backend import devices
from dltools.training import automatic_precision
from dltools.training.automatic_precision import AUTOMATIC, Precision
from dltools.training.precision import BFLOAT16, FULL

MEANS = "AVX-512 BF16"


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
    found = automatic_precision.decided(AUTOMATIC, models[name])
    assert found.policy == policy
    assert found.why == MEANS if policy == BFLOAT16 else found.why.endswith("gains nothing by 16 bits")
    assert bool(automatic_precision.advice(FULL, models[name])) == (policy == BFLOAT16)
    assert (
        automatic_precision.advice(AUTOMATIC, models[name]) == automatic_precision.advice(BFLOAT16, models[name]) == ""
    )


def test_nothing_is_gained_where_nothing_computes_in_it(models, monkeypatch):
    monkeypatch.setattr(devices, "bfloat16", lambda: "")
    found = automatic_precision.decided(AUTOMATIC, models["tutorial"])
    assert str(found) == "float32 (automatic: nothing here computes in bfloat16)"
    assert automatic_precision.advice(FULL, models["tutorial"]) == ""


def test_what_the_user_chose_holds(models, monkeypatch):
    monkeypatch.setattr(devices, "bfloat16", lambda: "")
    assert automatic_precision.decided(BFLOAT16, models["small"]) == Precision(BFLOAT16)
    assert str(Precision(BFLOAT16)) == BFLOAT16


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
