"""The h5mlm of the tools before these, as far as it holds a network of Keras 2 and nothing else.

Root items: ``-model_config-`` (for a network by itself the JSON ``{"-object-": {"-keras_model-": 0}}``) and
``-keras_models-/0`` with

- ``class_name``: KerasGClassifier or KerasGRegressor
- ``params``: JSON, the wrapper's arguments: ``config`` (the model configuration of Keras 2), ``model_type``, ``loss``,
  ``metrics``, ``optimizer`` and its options, ``epochs``, ``batch_size``, ``callbacks`` and so on
- ``weights``, if it was trained: a group a layer, in the layout of Keras 2, which orders a layer's arrays as Keras 3
  does
- ``attributes/classes_``: the classes, for a trained classifier

Anything else in such a file (pipelines of scikit-learn, generators of batches) named Python objects to be made and
called; it is refused.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

from dltools.catalogue import optimizers, training_parameters
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from dltools.catalogue.training_config import CLASSIFIER, LEARNING_TYPES, TrainingConfig
from dltools.core.errors import UserError, quoted
from dltools.data.specs import FeatureSpec, TargetSpec
from dltools.model_files import python_objects
from dltools.model_files.builder import Builder
from dltools.networks import keras2, last_layer
from dltools.untrusted import gate, hdf5

if TYPE_CHECKING:
    import h5py
    import keras


CONFIG, MODELS = "-model_config-", "-keras_models-"
MODEL = f"{MODELS}/0"
WEIGHTS = f"{MODEL}/weights"
OPTIMIZERS = {
    name.lower(): name for name in ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam", "Ftrl")
}
FIT = ("epochs", "batch_size", "steps_per_epoch", "validation_split", "validation_steps", "verbose")
# They only wrote files or drew the course of the training.
CALLBACKS_WITHOUT_EFFECT = ("ModelCheckpoint", "TensorBoard", "RemoteMonitor")


class OldFile(NamedTuple):
    """What such a file holds: a builder with the network converted to Keras 3, and the classes if it was trained."""

    builder: Builder
    classes: list | None
    trained: bool


def is_old(handle: "h5py.File") -> bool:
    """Tell whether an open HDF5 file is of the tools before these."""
    return MODELS in handle


def read(handle: "h5py.File", source: str) -> OldFile:
    """Read all but the weights.

    Parameters:
        handle: an open file that `hdf5.opened` has looked through.
        source: the file's name, for messages.

    Raises:
        UserError: another Python object than a network, a damaged file, or a network without equivalent in Keras 3.
    """
    if not hdf5.is_group(handle, MODEL):
        raise UserError(f"{source}: its {MODELS} holds no model. The file is damaged.")
    if list(handle[MODELS]) != ["0"]:
        raise UserError(f"{source}: holds several models, as pipelines do. These tools read one network.")
    name = hdf5.text(handle, f"{MODEL}/class_name", source)
    if name not in LEARNING_TYPES:
        raise UserError(
            f"{source}: holds {quoted(name)}; of the files of former tools, these read KerasGClassifier and "
            "KerasGRegressor. Train the network anew."
        )
    whole = gate.parse_json(hdf5.text(handle, CONFIG, source), source)
    if whole != {python_objects.OBJECT: {"-keras_model-": 0}}:
        raise UserError(
            f"{source}: is a scikit-learn model{python_objects.named(handle, source)}: it holds Python objects around "
            "its network, which are never loaded. Train the network anew, without them."
        )
    params = gate.parse_json(hdf5.text(handle, f"{MODEL}/params", source), source)
    if not isinstance(params, dict):
        raise UserError(f"{source}: its params are no JSON object. The file is damaged.")
    trained = WEIGHTS in handle
    builder = Builder(_architecture(params, source, trained), _training(params, name, source))
    return OldFile(builder, _classes(handle, source), trained)


def _architecture(params: dict, source: str, trained: bool) -> dict:
    kind = {"sequential": "Sequential", "functional": "Functional"}.get(str(params.get("model_type")))
    config = {"class_name": kind, "config": params.get("config"), "keras_version": "2"}
    return keras2.converted(config, source, trained)


def _training(params: dict, learning_type: str, source: str) -> TrainingConfig:
    """Return the training parameters; the former tools took every 0 and False for an empty parameter."""
    kind, callbacks = str(params.get("optimizer")).lower(), params.get("callbacks") or []
    if not isinstance(callbacks, list):
        raise UserError(f"{source}: its callbacks are damaged. Received: {quoted(callbacks)}.")
    optimizer = OPTIMIZERS.get(kind, kind)
    known = {parameter.name for parameter in optimizers.OPTIMIZERS.get(optimizer, ())}
    chosen = [_callback(entry, source) for entry in callbacks]
    found = {
        "learning_type": learning_type,
        "random_seed": params.get("seed"),
        "loss": params.get("loss") or ("binary_crossentropy" if learning_type == CLASSIFIER else "mean_squared_error"),
        "metrics": params.get("metrics") or [],
        "optimizer": {
            "type": optimizer,
            "options": {name: params[name] for name in sorted(known) if params.get(name)},
        },
        "fit": {name: params.get(name) for name in FIT},
        "callbacks": [callback for callback in chosen if callback["type"] not in CALLBACKS_WITHOUT_EFFECT],
    }
    return training_parameters.check(found, source)


def _callback(entry: object, source: str) -> dict:
    selection = entry.get("callback_selection") if isinstance(entry, dict) else None
    if not isinstance(selection, dict):
        raise UserError(f"{source}: its callbacks are damaged. Received: {quoted(entry)}.")
    return {
        "type": selection.get("callback_type"),
        "options": {k: v for k, v in selection.items() if k != "callback_type"},
    }


def _classes(handle: "h5py.File", source: str) -> list | None:
    import h5py

    member = handle.get(f"{MODEL}/attributes/classes_")
    if member is None:
        return None
    if not isinstance(member, h5py.Dataset) or member.ndim != 1 or member.size > 1_000_000:
        raise UserError(f"{source}: what it says of its classes is damaged.")
    with hdf5.damage_told(source, "is a damaged model file"):
        values = (member.asstr()[()] if h5py.check_string_dtype(member.dtype) else member[()]).tolist()
    return [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]


def facts(old: OldFile, model: "keras.Model", source: str) -> tuple[TargetSpec, FeatureSpec]:
    """Return what a record says of target and features, as the former tools predicted with the model.

    Parameters:
        model: the network, built.

    Raises:
        UserError: a number of classes that the last layer has not, or several inputs or outputs.
    """
    last_layer.check_one_row(model, source)
    if len(model.inputs) != 1:
        raise UserError(
            f"{source}: its network has {len(model.inputs)} inputs. The former tools fed one. The file is damaged."
        )
    sizes, units = model.input_shape[1:], model.output_shape[-1]
    features = FeatureSpec(width=None if None in sizes else math.prod(sizes))
    if not old.builder.training.classifies:
        return TargetSpec(kind=REGRESSION), features
    several = units > 1 and _activation(model) != "softmax" and "categorical" not in old.builder.training.loss
    classes = list(range(max(2, units))) if several or old.classes is None else old.classes
    if len(classes) != max(2, units):
        raise UserError(
            f"{source}: has {len(classes)} classes, but its last layer has {units} units. The file is damaged."
        )
    kind = MULTILABEL if several else BINARY if len(classes) == 2 else MULTICLASS
    return TargetSpec(kind=kind, classes=tuple(classes)), features


def _activation(model: "keras.Model") -> str:
    return getattr(getattr(model.layers[-1], "activation", None), "__name__", "")
