"""A training on folders of images as one plain Keras script, the yardstick of a training on images.

It reads the files with Keras' own `image_dataset_from_directory`, a folder for each class.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def network(keras, side, classes):
    """Return the network of `networks.TEXTURES`, with the scaling to 0 to 1 in front that the tools do themselves."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def main():
    """Train, and print the seconds of fit and the accuracy on the validation set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with a folder for each class")
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()

    import keras

    keras.utils.set_random_seed(args.seed)
    training, validation = keras.utils.image_dataset_from_directory(
        args.folder,
        label_mode="categorical",
        batch_size=32,
        image_size=(args.side, args.side),
        seed=args.seed,
        validation_split=0.2,
        subset="both",
        verbose=False,
    )
    model = network(keras, args.side, len(training.class_names))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["acc"])
    started = time.monotonic()
    history = model.fit(training.prefetch(2), validation_data=validation.prefetch(2), epochs=args.epochs, verbose=0)
    fitting = time.monotonic() - started
    print(json.dumps({"accuracy": history.history["val_acc"][-1], "fit_seconds": fitting}))


if __name__ == "__main__":
    main()
