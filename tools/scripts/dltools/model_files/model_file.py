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

import html
import json
import math
import platform
import unicodedata
from typing import NamedTuple

import numpy as np

from dltools.catalogue import training_parameters
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION, SEVERAL
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, is_markup, quoted
from dltools.core.files import replacing
from dltools.forms.kinds import LARGEST
from dltools.model_files import hyperparameters, old_model_file
from dltools.model_files.builder import Builder
from dltools.networks import architecture, layer_table
from dltools.untrusted import gate, hdf5, signing

FORMAT = 1
# Characters of a class or of a column's name: a table of predictions repeats it in every line.
MAX_LABEL = 1000
# Galaxy's own constant, by which it recognizes the format.
URL = "https://github.com/goeckslab/Galaxy-ML"
WEIGHTS = "model_weights"
# How long each epoch took, in the history of a run.
SECONDS = "seconds"
SIGNATURE = "-signature-"
CONFIG, HYPERPARAMETERS, REPR, HTML_REPR = "-model_config-", "-model_hyperparameters-", "-repr-", "-http_repr-"
NOT_A_MODEL = (
    "is no trained model (h5mlm). Choose the trained model of 'Deep learning training and evaluation', or a network "
    "that Keras saved whole (.keras, .h5)"
)


class Record(NamedTuple):
    """What a model file tells beside the weights; the module's docstring gives each field's form."""

    builder: Builder
    target: dict
    features: dict
    history: dict
    run: dict | None = None

    @property
    def epochs(self) -> int:
        """How many epochs the model was trained for."""
        return len(self.history.get("loss", []))


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


def write(target, model, record: Record) -> None:
    """Write a trained `keras.Model` and its record, whole or not at all."""
    import h5py

    config = {
        "format": FORMAT,
        "architecture": record.builder.architecture,
        "training": record.builder.training.to_json(),
        "target": record.target,
        "features": record.features,
        "history": {name: values for name, values in record.history.items() if name != SECONDS},
        "run": record.run,
        "versions": versions(),
    }
    rows = layer_table.rows(model)
    _name_apart(model.optimizer)
    with replacing(target, suffix=".h5", room=_room(model, config)) as path:
        _save(model, path)
        with h5py.File(path, "a") as handle:
            handle[CONFIG] = json.dumps(config)
            handle[HYPERPARAMETERS] = json.dumps(hyperparameters.rows(record.builder))
            handle.attrs["-URL-"] = URL
            handle.attrs[REPR] = f"{summary(record)}\n{layer_table.drawn(rows)}"
            handle.attrs[HTML_REPR] = _html(summary(record), rows)
        if signing.key():
            with h5py.File(path, "a") as handle:
                handle.attrs[SIGNATURE] = signing.signature(hdf5.contents(handle, SIGNATURE))


def _room(model, config: dict) -> int:
    """Return about how many bytes a model file takes: its arrays, what describes them, and the record."""
    arrays = [*model.variables, *model.optimizer.variables]
    return sum(variable.numpy().nbytes for variable in arrays) + 4096 * len(arrays) + 4 * len(json.dumps(config))


def check_shown(texts, source: Dataset) -> None:
    """Refuse names and classes that a model file cannot hold: what acts in a web page, for Galaxy shows them as they
    stand, what fits in no cell of a table, and what is too long for one.

    Parameters:
        texts: names of columns and classes; those that are no text pass.

    Raises:
        UserError: quotes the first one.
    """
    for text in texts:
        if isinstance(text, str) and is_markup(text):
            raise UserError(
                f"{source}: {quoted(text)} looks like a piece of a web page, as which it would act where Galaxy shows "
                "the trained model. Rename it."
            )
        if isinstance(text, str) and not _is_label(text):
            raise UserError(
                f"{source}: the name {quoted(text)} has {len(text):,} characters; the name of a class or a column has "
                f"at most {MAX_LABEL:,}, and no control characters. Rename it, or choose the right column."
            )


def _save(model, path) -> None:
    """Let Keras write its part; it takes the optimizer out of what the model was compiled with, so put that back."""
    compiled = model._compile_config.config
    kept = dict(compiled)
    model.save(path)
    compiled.update(kept)


def _name_apart(optimizer) -> None:
    """Give each variable of an optimizer a path of its own.

    Keras writes each under its path and fails where several are alike, as those of Adafactor are.
    """
    taken = set()
    for number, variable in enumerate(optimizer.variables):
        if variable.path in taken:
            # Keras has no public way to rename a variable.
            variable._path = f"{variable.path}_{number}"
        taken.add(variable.path)


def summary(record: Record) -> str:
    """Say in one line what the model is."""
    training = record.builder.training
    outcome = ", ".join(
        f"{len(target['classes'])} classes" if target["classes"] else target["kind"]
        for target in record.target.get("outputs") or [record.target]
    )
    return (
        f"{training.learning_type}: {record.features['count'] or 'any number of'} features, {outcome}, loss "
        f"{training.loss}, optimizer {training.optimizer.type}, trained for "
        f"{record.epochs or 'an unknown number of'} epochs"
    )


def _html(title: str, rows: list[layer_table.LayerRow]) -> str:
    """Draw the layers as an HTML table; every text is escaped, for Galaxy shows this to other users."""

    def line(tag, cells):
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    header = line("th", layer_table.HEADER)
    return f'<p>{html.escape(title)}</p><table border="1" cellpadding="4">{header}{body}</table>'


def read(dataset: Dataset):
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
        outputs = record.target.get("outputs") or [record.target]
        if len(outputs) != len(model.outputs):
            raise UserError(
                f"{dataset}: tells of {len(outputs)} outputs, but its network has {len(model.outputs)}. The file is "
                "damaged."
            )
        for target, tensor in zip(outputs, model.outputs, strict=True):
            _check_classes(target, tuple(tensor.shape), dataset)
        return model, record


def _read_old(handle, dataset: Dataset):
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


def is_own(handle) -> bool:
    """Tell whether an open HDF5 file is an h5mlm, of these tools or of those before them."""
    return CONFIG in handle or old_model_file.is_old(handle)


def is_trained(dataset: Dataset) -> bool:
    """Tell whether a file holds weights; those before these tools had h5mlm files without.

    Raises:
        UserError: as `read`.
    """
    with _opened(dataset) as handle:
        return not old_model_file.is_old(handle) or old_model_file.WEIGHTS in handle


def _report_signature(handle, dataset: Dataset) -> None:
    with hdf5.damage_told(str(dataset), NOT_A_MODEL):
        found = handle.attrs.get(SIGNATURE)
        signing.report(hdf5.contents(handle, SIGNATURE), None if found is None else str(found), str(dataset))


def _opened(dataset: Dataset):
    return hdf5.opened(dataset.path, str(dataset), NOT_A_MODEL)


def _with_weights(handle, builder: Builder, place: str, dataset: Dataset):
    """Build a model and give it the weights that the file holds in a group a layer below `place`."""

    def fitting(model):
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


def _checked_weights(handle, model, place: str, dataset: Dataset) -> list:
    """Return each variable of a model with its array in the file, once every array is known to fit."""
    found = []
    for layer in model.layers:
        variables = layer.trainable_weights + layer.non_trainable_weights
        if variables:
            found += _arrays(handle, f"{place}/{layer.name}", variables, f"layer {quoted(layer.name)}", dataset)
    return found


def restore_optimizer(dataset: Dataset, model, training: TrainingConfig) -> None:
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


def _record(handle, dataset: Dataset) -> Record:
    import h5py

    if not isinstance(handle.get(CONFIG), h5py.Dataset):
        raise UserError(f"{dataset}: {NOT_A_MODEL}. It has no text {CONFIG}.")
    config = gate.parse_json(hdf5.text(handle, CONFIG, str(dataset)), str(dataset))
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise UserError(f"{dataset}: {NOT_A_MODEL}. Its {CONFIG} is not of format {FORMAT}, which these tools read.")
    training = training_parameters.check(config.get("training"), str(dataset))
    target, features = _checked_facts(config, dataset)
    history = config.get("history")
    if not isinstance(history, dict) or not _whole_history(history):
        raise UserError(f"{dataset}: its training history is damaged.")
    run = config.get("run")
    architecture.checked(config.get("architecture"), str(dataset))
    return Record(
        Builder(config["architecture"], training),
        target,
        features,
        history,
        (run or None) if isinstance(run, dict) else None,
    )


def _whole_history(history: dict) -> bool:
    """Tell whether what a file says of its epochs has the right form: by name, a number for each epoch."""
    if not all(isinstance(values, list) for values in history.values()):
        return False
    # What a loss that grew too large left, infinity and no number, is told of; a whole number may be larger than
    # either.
    numbers = all(
        type(v) is float or (type(v) is int and abs(v) <= LARGEST) for values in history.values() for v in values
    )
    return numbers and all(
        len(values) == len(history.get("loss", [])) and _is_label(name) for name, values in history.items()
    )


def _checked_facts(config: dict, dataset: Dataset) -> tuple[dict, dict]:
    target, features = config.get("target"), config.get("features")
    if not isinstance(target, dict) or not isinstance(features, dict) or not _whole_facts(target, features):
        raise UserError(f"{dataset}: what it says of its classes and features is damaged.")
    return target, features


def _whole_facts(target: dict, features: dict) -> bool:
    if not isinstance(features.get("count"), int):
        return False
    if target.get("kind") != SEVERAL:
        return _whole_target(target) and "outputs" not in target and _whole_columns(features)
    outputs = target.get("outputs")
    return (
        isinstance(outputs, list)
        and bool(outputs)
        and all(
            _whole_target(own) and isinstance(own.get("output"), str) and type(own.get("units")) is int
            for own in outputs
        )
        and _whole_columns(features)
    )


def _whole_target(target) -> bool:
    """Tell whether what a file says of one output's target has the right form."""
    whole = isinstance(target, dict) and target.get("kind") in (BINARY, MULTICLASS, MULTILABEL, REGRESSION)
    whole = whole and all(isinstance(target.get(name), list) for name in ("names", "classes"))
    whole = whole and all((type(c) is int and abs(c) < 2**63) or _is_label(c) for c in target["classes"])
    return (
        whole
        and len(set(map(str, target["classes"]))) == len(target["classes"])
        and all(map(_is_label, target["names"]))
    )


def _is_label(value) -> bool:
    """Tell whether a value is a text that one cell of a table can hold."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_LABEL
        and not any(unicodedata.category(c) in ("Cc", "Cs") for c in value)
    )


def _whole_columns(features: dict) -> bool:
    """Tell whether what a file says of its columns holds together: their number, names, and those of each table."""
    count, names, widths = features["count"], features.get("names"), features.get("tables", [features["count"]])
    named = names is None or (isinstance(names, list) and len(names) == count and all(map(_is_label, names)))
    return (
        named
        and isinstance(widths, list)
        and all(type(width) is int and width > 0 for width in widths)
        and sum(widths) == count
    )


def _check_classes(target: dict, output_shape, dataset: Dataset) -> None:
    units = output_shape[-1] if isinstance(output_shape, tuple) and len(output_shape) >= 2 else None
    if units is not None and len(output_shape) > 2:
        _check_steps(target, output_shape, dataset)
        target = {"kind": target["kind"], "classes": target["classes"], "names": []}
    if target["kind"] == BINARY and units not in (1, 2):
        units = None
    expected = {BINARY: 2, MULTICLASS: units, MULTILABEL: units, REGRESSION: 0}[target["kind"]]
    if (
        units is None
        or target.get("units", units) != units
        or len(target["classes"]) != expected
        or len(target["names"]) not in (0, units)
    ):
        raise UserError(
            f"{dataset}: has {len(target['classes'])} classes, but its network gives data of shape {output_shape}. "
            "The file is damaged."
        )


def _check_steps(target: dict, output_shape: tuple, dataset: Dataset) -> None:
    """Check what a file says of an output of several steps: names for each step, or for each number."""
    known = [size for size in output_shape[1:-1] if size is not None]
    count, open_ = math.prod(known), len(known) < len(output_shape) - 2
    size, names = target.get("units"), len(target["names"])
    fits = [names in (0, count, count * output_shape[-1]), size in (None, count * output_shape[-1])]
    if open_:
        fits = [names % count == 0, size is None or (size > 0 and size % (count * output_shape[-1]) == 0)]
    if not all(fits):
        raise UserError(
            f"{dataset}: what it says of its target does not fit its network, which gives data of shape "
            f"{output_shape}. The file is damaged."
        )


def _arrays(handle, place: str, variables: list, owner: str, dataset: Dataset) -> list:
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


def _assign(variable, values, dataset: Dataset) -> None:
    with hdf5.damage_told(str(dataset), NOT_A_MODEL):
        read = values[()]
    with np.errstate(over="ignore"):
        variable.assign(read)
    if read.dtype.kind == "f" and not np.isfinite(np.asarray(variable)).all():
        raise UserError(
            f"{dataset}: the array {quoted(values.name)} holds something else than numbers. The file is damaged."
        )
