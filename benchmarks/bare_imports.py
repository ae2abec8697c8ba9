"""What the steps import, as bare imports: the least that a process can take that needs these packages."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Imports:
    """A program that imports, and the environment that it needs."""

    code: str
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
TABLES = Imports("import numpy, pyarrow, pyarrow.csv")
DRAWING = Imports("import numpy, pyarrow, pyarrow.csv, matplotlib.figure, matplotlib.backends.backend_agg")
KERAS = Imports("import keras", {**_QUIET, "KERAS_BACKEND": "tensorflow"})
KERAS_WITH_NUMPY = Imports("import keras", {"KERAS_BACKEND": "numpy"})

# Keras imports what it finds, needed or not. The floor is lower: what the steps let it import, as they do.
_RUNTIME = "from dltools.backend import keras_runtime; keras_runtime."
_DESIGN = Imports(f"{_RUNTIME}keras_for_design()")
TRAINING = Imports(f"{_RUNTIME}keras_for_compute(); import pyarrow.csv, sklearn.metrics, sklearn.model_selection")
_PREDICTION = Imports(f"{_RUNTIME}keras_for_compute(keep_out=('sklearn',)); import pyarrow.csv")
# By script, what its process holds at the end (see `loaded.py`).
FLOORS = {
    "to_categorical": TABLES,
    "model_config": _DESIGN,
    "model_builder": _DESIGN,
    "train_and_eval": TRAINING,
    "model_prediction": _PREDICTION,
    "ml_visualization": DRAWING,
}
