"""The h5mlm: one HDF5 file with a trained model and all that is needed to use it and train it further.

Keras' part, as `Model.save` writes it, so that `keras.models.load_model` opens the file as ``.h5``:

- root attributes ``model_config``, ``training_config``, ``keras_version``, ``backend``
- ``model_weights``: a group a layer with its weights; ``optimizer_weights``: the optimizer's state

What Galaxy reads (``galaxy.datatypes.binary.H5MLM``):

- root attribute ``-URL-`` marks the format; ``-repr-`` is the peek; ``-http_repr-`` the table shown
- ``-model_hyperparameters-``: JSON, rows of texts: number, name, value
- ``-model_config-``: JSON, which is also what these tools read::

    {"format": 1,
     "architecture": the model configuration, as `Model.to_json` writes it,
     "training": as in `training_parameters`,
     "target": {"kind": "multiclass", "classes": [0, 1, ...], "names": []},
     "features": {"count": 784, "names": null},
     "history": {"loss": [...], "acc": [...]},
     "run": {"seed": 7, "seed_drawn": false, "rows": {"training": 80, "validation": 20}, ...} of the last training,
     "versions": {"python": ..., "keras": ..., "tensorflow": ..., "numpy": ...}}

The same training gives the same bytes: no times are in the file. (Files of release 2.0.0 have the epochs' `seconds` in
their history.)

Nothing in the file is executable, and weights are read only into the shapes that the architecture has.
"""

import contextlib
import html
import json
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue import training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.core.files import replacing
from dltools.model_files import hyperparameters, old_model_file, python_objects, records
from dltools.model_files.builder import Builder
from dltools.model_files.records import Record
from dltools.networks import architecture, layer_table
from dltools.untrusted import gate, hdf5, signing

if TYPE_CHECKING:
    import h5py
    import keras


FORMAT = 1
# Galaxy's own constant, by which it recognizes the format.
URL = "https://github.com/goeckslab/Galaxy-ML"
WEIGHTS = "model_weights"
SIGNATURE = "-signature-"
CONFIG, HYPERPARAMETERS, REPR, HTML_REPR = "-model_config-", "-model_hyperparameters-", "-repr-", "-http_repr-"
NOT_A_MODEL = (
    "is no trained model (h5mlm). Choose the trained model of 'Deep learning training and evaluation', or a network "
    "that Keras saved whole (.keras, .h5)"
)


def versions() -> dict[str, str]:
    """Return the versions that a model file written now carries."""
    import keras
    import numpy
    import tensorflow

    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tensorflow.__version__,
        "numpy": numpy.__version__,
    }


def write(target: Path, model: "keras.Model", record: Record) -> None:
    """Write a trained `keras.Model` and its record, whole or not at all."""
    import h5py

    config = {"format": FORMAT, **record.to_json(), "versions": versions()}
    rows = layer_table.rows(model)
    _name_apart(model.optimizer)
    with replacing(target, suffix=".h5", room=_room(model, config)) as path:
        _save(model, path)
        with h5py.File(path, "a") as handle:
            handle[CONFIG] = json.dumps(config)
            handle[HYPERPARAMETERS] = json.dumps(hyperparameters.rows(record.builder))
            handle.attrs["-URL-"] = URL
            handle.attrs[REPR] = f"{records.summary(record)}\n{layer_table.drawn(rows)}"
            handle.attrs[HTML_REPR] = _html(records.summary(record), rows)
        if signing.key():
            with h5py.File(path, "a") as handle:
                handle.attrs[SIGNATURE] = signing.signature(hdf5.contents(handle, SIGNATURE))


def _room(model: "keras.Model", config: dict) -> int:
    """Return about how many bytes a model file takes: its arrays, what describes them, and the record."""
    arrays = [*model.variables, *model.optimizer.variables]
    return sum(variable.numpy().nbytes for variable in arrays) + 4096 * len(arrays) + 4 * len(json.dumps(config))


def _save(model: "keras.Model", path: str | Path) -> None:
    """Let Keras write its part; it takes the optimizer out of what the model was compiled with, so put that back."""
    compiled = model._compile_config.config
    kept = dict(compiled)
    model.save(path)
    compiled.update(kept)


def _name_apart(optimizer: "keras.Optimizer") -> None:
    """Give each variable of an optimizer a path of its own.

    Keras writes each under its path and fails where several are alike, as those of Adafactor are.
    """
    taken = set()
    for number, variable in enumerate(optimizer.variables):
        if variable.path in taken:
            # Keras has no public way to rename a variable.
            variable._path = f"{variable.path}_{number}"
        taken.add(variable.path)


def _html(title: str, rows: list[layer_table.LayerRow]) -> str:
    """Draw the layers as an HTML table; every text is escaped, for Galaxy shows this to other users."""

    def line(tag: str, cells: Iterable[object]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    header = line("th", layer_table.HEADER)
    return f'<p>{html.escape(title)}</p><table border="1" cellpadding="4">{header}{body}</table>'


def read(dataset: Dataset) -> "tuple[keras.Model, Record]":
    """Read a trained model, of these tools or of those before them.

    Returns:
        (model, record): a `keras.Model` with its weights, not compiled, and its `Record`.

    Raises:
        UserError: no h5mlm, a damaged one, one that was never trained, or contents that fail their check.
    """
    with _opened(dataset) as handle:
        _report_signature(handle, dataset)
        if old_model_file.is_old(handle):
            return _read_old(handle, dataset)
        record = _record(handle, dataset)
        model = _with_weights(handle, record.builder, WEIGHTS, dataset)
        records.check_fits(record, [tuple(tensor.shape) for tensor in model.outputs], dataset)
        return model, record


def _read_old(handle: "h5py.File", dataset: Dataset) -> "tuple[keras.Model, Record]":
    old = old_model_file.read(handle, str(dataset))
    if not old.trained:
        raise UserError(f"{dataset}: is not trained yet. Train it with 'Deep learning training and evaluation'.")
    model = _with_weights(handle, old.builder, old_model_file.WEIGHTS, dataset)
    return model, Record(old.builder, *old_model_file.facts(old, model, str(dataset)), {})


def read_builder(dataset: Dataset) -> Builder:
    """Read the architecture of an h5mlm, and how it was trained, without its weights.

    Raises:
        UserError: as `read`.
    """
    with _opened(dataset) as handle:
        _report_signature(handle, dataset)
        if old_model_file.is_old(handle):
            return old_model_file.read(handle, str(dataset)).builder
        return _record(handle, dataset).builder


def is_own(handle: "h5py.File") -> bool:
    """Tell whether an open HDF5 file is an h5mlm, of these tools or of those before them."""
    return CONFIG in handle or old_model_file.is_old(handle)


def is_trained(dataset: Dataset) -> bool:
    """Tell whether a file holds weights; those before these tools had h5mlm files without.

    Raises:
        UserError: as `read`.
    """
    with _opened(dataset) as handle:
        return not old_model_file.is_old(handle) or old_model_file.WEIGHTS in handle


def _report_signature(handle: "h5py.File", dataset: Dataset) -> None:
    with hdf5.damage_told(str(dataset), NOT_A_MODEL):
        found = handle.attrs.get(SIGNATURE)
        signing.report(hdf5.contents(handle, SIGNATURE), None if found is None else str(found), str(dataset))


def _opened(dataset: Dataset) -> "contextlib.AbstractContextManager[h5py.File]":
    return hdf5.opened(dataset.path, str(dataset), NOT_A_MODEL)


def _with_weights(handle: "h5py.File", builder: Builder, place: str, dataset: Dataset) -> "keras.Model":
    """Build a model and give it the weights that the file holds in a group a layer below `place`."""

    def fitting(model: "keras.Model") -> list:
        return _checked_weights(handle, model, place, dataset)

    model = architecture.rebuild(builder.architecture, str(dataset), fitting)
    if not model.built:
        raise UserError(
            f"{dataset}: its network does not say what shape its data have, as a trained one does. The file is damaged."
        )
    for variable, values in fitting(model):
        _assign(variable, values, dataset)
    for layer in model.layers:
        # What layers such as Normalization compute from their weights once.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def _checked_weights(handle: "h5py.File", model: "keras.Model", place: str, dataset: Dataset) -> list:
    """Return each variable of a model with its array in the file, once every array is known to fit."""
    found = []
    for layer in model.layers:
        variables = layer.trainable_weights + layer.non_trainable_weights
        if variables:
            found += _arrays(handle, f"{place}/{layer.name}", variables, f"layer {quoted(layer.name)}", dataset)
    return found


def restore_optimizer(dataset: Dataset, model: "keras.Model", training: TrainingConfig) -> None:
    """Give a model that was read from `dataset` its optimizer, in the state that the file holds.

    Keras' own reader of HDF5 builds the optimizer without the model's variables, so that neither its state
    is restored nor can `fit` go on; this does what that means to. A file of the tools before these holds no state:
    the optimizer starts afresh.

    Raises:
        UserError: the state does not fit the optimizer.
    """
    optimizer = training_parameters.optimizer(training)
    optimizer.build(model.trainable_variables)
    rate = None if training.optimizer.schedule is not None else optimizer.learning_rate.numpy()
    with _opened(dataset) as handle:
        if old_model_file.is_old(handle):
            # Those tools kept no state of the optimizer.
            return
        for variable, values in _arrays(handle, "optimizer_weights", optimizer.variables, "the optimizer", dataset):
            _assign(variable, values, dataset)
    # The learning rate is a setting, which the user may have swapped, rather than a state.
    if rate is not None:
        optimizer.learning_rate = rate
    model.optimizer = optimizer


def _record(handle: "h5py.File", dataset: Dataset) -> Record:
    import h5py

    if not isinstance(handle.get(CONFIG), h5py.Dataset):
        raise UserError(f"{dataset}: {NOT_A_MODEL}. It has no text {CONFIG}.")
    text = hdf5.text(handle, CONFIG, str(dataset))
    python_objects.refuse_object(handle, text, str(dataset))
    config = gate.parse_json(text, str(dataset))
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise UserError(f"{dataset}: {NOT_A_MODEL}. Its {CONFIG} is not of format {FORMAT}, which these tools read.")
    return records.of_json(config, dataset)


def _arrays(handle: "h5py.File", place: str, variables: list, owner: str, dataset: Dataset) -> list:
    """Return (variable, h5py.Dataset) pairs; nothing of the arrays is read yet.

    Raises:
        UserError: another number of arrays, or an array of another shape, than the variables have.
    """
    import h5py

    with hdf5.damage_told(str(dataset), NOT_A_MODEL):
        group = handle.get(place)
        names = group.attrs.get("weight_names", []) if isinstance(group, h5py.Group) else []
        names = [name.decode() if isinstance(name, bytes) else str(name) for name in names]
        found = [group.get(name) for name in names]
    if len(found) != len(variables):
        raise UserError(
            f"{dataset}: {owner} needs {len(variables)} arrays, but the file holds {len(found)}. The file is damaged."
        )
    for values, variable in zip(found, variables, strict=True):
        shape = tuple(values.shape) if isinstance(values, h5py.Dataset) and values.shape is not None else None
        if shape != tuple(variable.shape):
            raise UserError(
                f"{dataset}: {owner} needs an array of shape {tuple(variable.shape)}, but the file holds {shape}. "
                "The file is damaged."
            )
        if values.dtype.kind not in ("f" if "float" in str(variable.dtype) else "iub"):
            raise UserError(
                f"{dataset}: {owner} needs an array of {variable.dtype}, but the file holds {values.dtype}. The file "
                "is damaged."
            )
    return list(zip(variables, found, strict=True))


def _assign(variable: "keras.Variable", values: "h5py.Dataset", dataset: Dataset) -> None:
    with hdf5.damage_told(str(dataset), NOT_A_MODEL):
        read = values[()]
    with np.errstate(over="ignore"):
        variable.assign(read)
    if read.dtype.kind == "f" and not np.isfinite(np.asarray(variable)).all():
        raise UserError(
            f"{dataset}: the array {quoted(values.name)} holds something else than numbers. The file is damaged."
        )
