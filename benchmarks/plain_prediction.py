"""Prediction as a plain Keras script, the yardstick of `model_prediction`.

It reads a table with a native reader into float32, loads a network that Keras saved, predicts, and writes the column
of predicted classes.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    """Predict a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="as Keras saves it")
    parser.add_argument("table", type=Path)
    parser.add_argument("target", type=Path, help="what to write")
    given = parser.parse_args()

    import keras
    import pyarrow as pa
    from pyarrow import csv

    from benchmarks.plain_keras import read

    model = keras.saving.load_model(given.model)
    classes = model.predict(read(given.table), batch_size=500, verbose=0).argmax(axis=1)
    options = csv.WriteOptions(delimiter="\t", quoting_header="none")
    csv.write_csv(pa.table({"Predicted": classes}), given.target, options)


if __name__ == "__main__":
    main()
