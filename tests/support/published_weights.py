"""Files of weights in the layouts in which Keras publishes and saves them, of networks made at random, and what plain
Keras computes with them.

Run as a program it writes, into the folder that it is started in, for each network of the JSON on its standard input:
``<key>.h5``, as `keras.applications` publishes it; ``<key>.weights.h5``; the whole network as ``<key>.keras`` and
``<key>.whole.h5``, where it is asked for; ``<key>.npz`` with images of 0 to 255 and what
plain Keras makes of them, by its own `preprocess_input` and its own way of loading published weights.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import numpy as np


def randomized(model, random):
    """Give every weight of a network a value of its own that leaves numbers in range."""
    for layer in model._flatten_layers(include_self=False):
        for weight in [*layer._trainable_variables, *layer._non_trainable_variables]:
            if "seed" in weight.path or weight.name == "count":
                continue
            away_from_1 = weight.name in ("gamma", "moving_variance", "variance")
            spread = 0.1 if len(weight.shape) < 2 else (2 / np.prod(weight.shape[:-1])) ** 0.5
            if "depthwise" in weight.name:
                spread = (1 / np.prod(weight.shape[:2])) ** 0.5
            values = random.normal(0, spread, weight.shape)
            weight.assign(np.clip(1 + values, 0.5, 1.5) if away_from_1 else values)


def calibrated(model, given):
    """Let each BatchNormalization normalize what reaches it, so that images still differ at the end of the network."""
    normalizing = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    for layer in normalizing:
        layer.momentum = 0.0
    model(given, training=True)


def write_published(path, model):
    """Write the weights as Keras 2 wrote them, and Keras publishes them."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(path, "w") as handle:
        legacy_h5_format.save_weights_to_hdf5_group(handle, model)


def write(key, case, folder):
    """Write the files of one network."""
    import keras
    from keras.src.utils import file_utils

    keras.backend.clear_session()
    random = np.random.default_rng(3)
    build = getattr(keras.applications, case["keras"])
    size, options, top = case["size"], case.get("options", {}), case.get("top", False)
    shape = (size, size, 3)
    # With a top, at the size that Keras publishes it for, which the weights do not depend on.
    made = build(weights=None, include_top=top, **({} if top else {"input_shape": shape, "pooling": "avg"}), **options)
    randomized(made, random)
    images = random.integers(0, 256, (8, *shape)).astype("float32")
    given = importlib.import_module(f"keras.applications.{case['module']}").preprocess_input(images.copy())
    if not top:
        calibrated(made, given)
    published = folder / f"{key}.h5"
    write_published(published, made)
    made.save_weights(folder / f"{key}.weights.h5")
    for end in case.get("whole", ()):
        made.save(folder / f"{key}.{end}")
    if top:
        return
    fetch, file_utils.get_file = file_utils.get_file, lambda *_, **__: str(published)
    try:
        plain = build(weights="imagenet", include_top=False, input_shape=shape, pooling="avg", **options)
    finally:
        file_utils.get_file = fetch
    np.savez(folder / f"{key}.npz", images=images, outputs=np.asarray(plain(given, training=False)))


if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name, wanted in json.load(sys.stdin).items():
        write(name, wanted, Path.cwd())
