"""The tutorial's work as one plain Keras script, the yardstick of the six steps.

It reads the four tables with a native reader into float32, makes one-hot labels, trains the tutorial's
network, judges it on a fifth of the rows, saves it, predicts the test table, and draws the confusion matrix.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def read(path):
    """Read a table of numbers into a float32 array."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv

    options = {
        "read_options": csv.ReadOptions(autogenerate_column_names=True),
        "parse_options": csv.ParseOptions(delimiter="\t"),
    }
    with Path(path).open(encoding="utf-8") as lines:
        columns = lines.readline().count("\t") + 1
    types = {f"f{i}": pa.float32() for i in range(columns)}
    table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types), **options)
    return np.column_stack([column.to_numpy() for column in table.columns])


def network(keras):
    """Return the tutorial's network."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main():
    """Do the tutorial's work, and print the accuracy on the test table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with X_train, y_train, X_test and y_test")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()

    import keras
    import numpy as np
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
    from sklearn.model_selection import train_test_split

    if args.seed is not None:
        keras.utils.set_random_seed(args.seed)
    x, y, x_test, y_test = (read(args.folder / name) for name in ("X_train", "y_train", "X_test", "y_test"))
    y = keras.utils.to_categorical(y[:, 0].astype(int), 10)
    x, x_validation, y, y_validation = train_test_split(x, y, test_size=0.2, random_state=args.seed)
    model = network(keras)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["acc"])
    started = time.monotonic()
    model.fit(x, y, epochs=args.epochs, batch_size=500, validation_data=(x_validation, y_validation), verbose=0)
    fitting = time.monotonic() - started
    model.evaluate(x_validation, y_validation, batch_size=500, verbose=0)
    model.save("plain.keras")
    predicted = model.predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
    counts = confusion_matrix(y_test[:, 0], predicted)
    figure = Figure(figsize=(8, 8))
    ConfusionMatrixDisplay(counts).plot(ax=figure.subplots())
    figure.savefig("plain.png")
    print(json.dumps({"accuracy": float(np.mean(predicted == y_test[:, 0])), "fit_seconds": fitting}))


if __name__ == "__main__":
    main()
