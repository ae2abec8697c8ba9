"""What the walks share: running one on every folder, and showing that a trained model survives its file."""

import dataclasses
import json
import sys
import traceback
from pathlib import Path

from tests.support.places import SCRIPTS

sys.path.insert(0, str(SCRIPTS))

from dltools.backend.keras_runtime import keras_for_compute

keras = keras_for_compute()

import numpy as np  # noqa: E402

from dltools.core.dataset import Dataset  # noqa: E402
from dltools.model_files import model_file, records  # noqa: E402
from dltools.model_files.records import Record  # noqa: E402


def each(member: str, walk) -> None:
    """Call `walk` on every folder below the one on the command line that holds `member`.

    Prints one line of JSON a folder: its name, and what went wrong or null.
    """
    for path in sorted(Path(sys.argv[1]).glob(f"*/{member}")):
        try:
            walk(path.parent)
            problem = None
        except Exception:
            problem = traceback.format_exc()
        print(json.dumps([path.parent.name, problem]), flush=True)


def survives(folder: Path, model, record: Record, x) -> Dataset:
    """Write a trained model, read it, and compare its predictions and its optimizer's state; return the file."""
    before = np.asarray(model(x, training=False))
    state = [np.asarray(v) for v in model.optimizer.variables]
    # Plain Keras tells a format by the file's suffix.
    dataset = Dataset(str(folder / "model.h5"), "model")
    model_file.write(dataset.path, model, record)
    read, again = model_file.read(dataset)
    # How long the epochs took is in no file.
    history = {name: values for name, values in record.history.items() if name != records.SECONDS}
    assert again == dataclasses.replace(record, history=history), "the record differs after saving and loading"
    model_file.restore_optimizer(dataset, read, record.builder.training)
    after = np.asarray(read(x, training=False))
    assert np.array_equal(before, after), "the predictions differ after saving and loading"
    restored = [np.asarray(v) for v in read.optimizer.variables]
    assert all(np.array_equal(a, b) for a, b in zip(state, restored, strict=True)), "the optimizer's state differs"
    assert int(read.optimizer.iterations.numpy()) > 0, "the optimizer's state was lost"
    return dataset
