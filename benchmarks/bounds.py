"""The table of what is measured: its rows, their figures, and the most that each may be."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Bound:
    """A figure: its name, what it is a ratio of, and the most that it may be; None where it is shown alone."""

    name: str
    words: str
    most: float | None


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of the table."""

    name: str
    words: str
    figures: tuple[Bound, ...]


_PLAIN = "six steps / one plain Keras process"
ROWS = (
    Row("tutorial", "the tutorial's six steps, float32", (
        Bound("cpu", f"{_PLAIN}: processor time", 1.10),
        Bound("wall", f"{_PLAIN}: wall time", 1.05),
        Bound("memory", "training / plain Keras: peak of memory", None),
    )),
    Row("tutorial_automatic", "the same with automatic precision, beside plain Keras in float32", (
        Bound("cpu", f"{_PLAIN}: processor time", 0.70),
        Bound("wall", f"{_PLAIN}: wall time", 0.70),
    )),
    Row("fit", "training alone: the seconds of all epochs", (
        Bound("float32", "epochs / plain fit on the same rows", 0.90),
        Bound("automatic", "epochs in automatic precision / plain fit in float32", 0.40),
    )),
    Row("small", "the six steps on a small table", (
        Bound("wall", "six steps / six times 'import keras' with TensorFlow", 0.44),
        Bound("floor", "six steps / bare imports of what each of them needs", None),
    )),
    Row("light", "the steps without a network", (
        Bound("to_categorical", "step / import numpy, pyarrow.csv", 1.5),
        Bound("confusion_matrix", "step / import numpy, pyarrow.csv, matplotlib's figures", 1.5),
        Bound("needless", "of TensorFlow and Keras, how many they load", 0),
    )),
    Row("design", "the steps that design a network", (
        Bound("model_config", "step / import keras with NumPy", 1.1),
        Bound("model_builder", "step / import keras with NumPy", 1.1),
    )),
    Row("prediction", "prediction of a table", (
        Bound("wall", "step / plain Keras process: wall time", 1.10),
    )),
    Row("prediction_memory", "prediction of ten times as many rows", (
        Bound("memory", "ten times the rows / the rows: peak of memory", 1.05),
    )),
    Row("beyond_memory", "training on a table that is larger than the memory granted", (
        Bound("wall", "within the grant / in memory: time a row", 1.3),
        Bound("anonymous", "peak of anonymous memory / the grant", 1.0),
    )),
    Row("sparse", "training on a sparse matrix", (
        Bound("memory", "what its rows add to the peak of memory / their dense size", 0.2),
    )),
    Row("wide", "reading a wide table", (
        Bound("wall", "checked reader / PyArrow's alone", 0.3),
    )),
    Row("growth", "exponents by which the cost of a training grows, from 1 to 8 times the size", (
        Bound("rows_time", "processor time by rows", 1.05),
        Bound("rows_memory", "memory by rows", 1.05),
        Bound("columns_time", "processor time by columns", 1.05),
        Bound("columns_memory", "memory by columns", 1.05),
    )),
    Row("images", "training on images in files", (
        Bound("fit", "epochs / plain fit with image_dataset_from_directory", 1.05),
    )),
    Row("images_memory", "training on 20,000 images of 224 x 224 x 3", (
        Bound("granted", "peak of anonymous memory / 2,000 MB granted", 1.0),
    )),
    Row("folds", "cross-validation with five folds", (
        Bound("wall", "five folds / five trainings less four times the imports", 1.05),
    )),
)  # fmt: skip
NAMES = tuple(row.name for row in ROWS)
