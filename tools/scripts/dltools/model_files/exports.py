"""A trained model in the files of others: Keras' own (``.keras``) and ONNX, which many programs run.

ONNX is written by tf2onnx, by way of Keras' `Model.export`. It computes what the network computes; neither the
optimizer nor the names of the classes are in it. The file's outputs differ from the network's by rounding alone,
less than 1e-5 where they lie between 0 and 1.
"""

import contextlib
import json
import logging
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.errors import UserError, listed
from dltools.core.files import replacing
from dltools.networks.refusals import KERAS_REFUSALS, keras_reason

if TYPE_CHECKING:
    import keras


SAVE_ONNX = "save_onnx"
_SHARED = "shared_object_id"


def write_keras(target: Path, model: "keras.Model") -> None:
    """Write a `keras.Model` with its optimizer's state as Keras' own file, whole or not at all."""
    with replacing(target, suffix=".keras") as path:
        model.save(path)
        _make_repeatable(path)


def _make_repeatable(path: str | Path) -> None:
    """Let the same model give the same bytes: Keras' file holds dates, and addresses in memory as the marks of shared
    objects.
    """
    with replacing(path) as repeatable, zipfile.ZipFile(path) as saved, zipfile.ZipFile(repeatable, "w") as written:
        for entry in saved.infolist():
            # Of 1980, if nothing is said.
            same = zipfile.ZipInfo(entry.filename)
            same.external_attr, same.file_size = entry.external_attr, entry.file_size
            with (
                saved.open(entry) as source,
                written.open(same, "w", force_zip64=entry.file_size >= zipfile.ZIP64_LIMIT) as destination,
            ):
                if entry.filename.endswith(".json"):
                    facts = json.load(source)
                    facts.pop("date_saved", None)
                    _number_shared(facts, {})
                    destination.write(json.dumps(facts).encode())
                else:
                    shutil.copyfileobj(source, destination)


def _number_shared(value: object, numbers: dict[int, int]) -> None:
    """Number the shared objects of a configuration in the order in which they occur."""
    if isinstance(value, dict):
        if _SHARED in value:
            value[_SHARED] = numbers.setdefault(value[_SHARED], len(numbers) + 1)
        for child in value.values():
            _number_shared(child, numbers)
    elif isinstance(value, list):
        for child in value:
            _number_shared(child, numbers)


def check(saved: Collection[str], model: "keras.Model") -> None:
    """Refuse a network that ONNX cannot express, if such a file is asked for; before time is spent on training.

    Parameters:
        saved: the files that the form asks for.

    Raises:
        UserError: names the operations.
    """
    if SAVE_ONNX in saved:
        with tempfile.TemporaryDirectory() as folder:
            write_onnx(Path(folder) / "model.onnx", model)


def write_onnx(target: Path, model: "keras.Model") -> None:
    """Write a `keras.Model` as ONNX, whole or not at all.

    Raises:
        UserError: names the operations of the network that ONNX has no equivalent of.
    """
    import keras
    import numpy as np

    _prepare()
    model = _without_chance(model)
    # Without its optimizer: TensorFlow looks through that too, and refuses a schedule in the place of its rate.
    inputs, outputs = (found if len(found) > 1 else found[0] for found in (model.inputs, model.outputs))
    model = keras.Model(inputs, outputs)
    # Keras exports a model that was applied once.
    zeros = [np.zeros((1, *(size or 1 for size in tensor.shape[1:])), np.float32) for tensor in model.inputs]
    model(zeros if len(zeros) > 1 else zeros[0], training=False)
    with replacing(target, suffix=".onnx") as path:
        try:
            with warnings.catch_warnings(), _constants_in_place(model):
                # About an alias of NumPy that Keras looks for.
                warnings.simplefilter("ignore", FutureWarning)
                model.export(path, format="onnx", verbose=False)
        except (*KERAS_REFUSALS, KeyError, AttributeError, RuntimeError) as error:
            raise UserError(f"Save as ONNX: the network cannot be expressed in ONNX: {keras_reason(error)}") from None
        unknown = _unknown_operations(path, len(zeros))
        if unknown:
            raise UserError(
                f"Save as ONNX: ONNX has no equivalent of {listed(unknown)}, which the network computes. Save the "
                "trained model or the Keras file instead, or use other layers or activations."
            )


def _without_chance(model: "keras.Model") -> "keras.Model":
    """Return the model without the layers that vary images while training; they draw numbers, which ONNX does not."""
    import keras

    if not any(_is_chance(layer) for layer in model.layers):
        return model

    def cloned(layer: "keras.Layer") -> "keras.Layer":
        if _is_chance(layer):
            return keras.layers.Identity(name=layer.name)
        return type(layer).from_config(layer.get_config())

    found = keras.models.clone_model(model, clone_function=cloned)
    found.set_weights(model.get_weights())
    for layer in found.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return found


def _is_chance(layer: "keras.Layer") -> bool:
    return of_class(type(layer).__name__).has(Trait.TRAINS_ONLY)


@contextlib.contextmanager
def _constants_in_place(model: Any) -> Any:
    """Let normalizations hold NumPy arrays for a while: TensorFlow's would become inputs of the exported graph."""
    import numpy as np

    kept = [
        (layer, name, getattr(layer, name))
        for layer in model._flatten_layers()
        if type(layer).__name__ == "Normalization"
        for name in ("mean", "variance")
    ]
    for layer, name, value in kept:
        setattr(layer, name, np.asarray(value))
    try:
        yield
    finally:
        for layer, name, value in kept:
            setattr(layer, name, value)


def _prepare() -> None:
    """Keep tf2onnx from reporting on stderr; teach it the one operation of Keras' activations that it lacks."""
    import tf2onnx
    from tf2onnx.handler import tf_op

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    if _prepared:
        return
    _prepared.append(True)

    @tf_op("Erfc")
    class Erfc:
        """The complement of the error function, of which the activation gelu is made: 1 - erf(x)."""

        @classmethod
        def version_9(cls: type, context: Any, node: Any, **kwargs: Any) -> None:
            """Replace the operation from version 9 of ONNX on."""
            kind = tf2onnx.utils.map_onnx_to_numpy_type(context.get_dtype(node.output[0]))
            shape, dtype = context.get_shape(node.output[0]), context.get_dtype(node.output[0])
            given, outputs = node.input[0], node.output
            context.remove_node(node.name)
            erf = context.make_node("Erf", [given], shapes=[shape], dtypes=[dtype])
            import numpy as np

            one = context.make_const(tf2onnx.utils.make_name("one"), np.array(1, kind))
            context.make_node("Sub", [one.output[0], erf.output[0]], outputs=outputs, shapes=[shape], dtypes=[dtype])


_prepared: list[bool] = []


def _unknown_operations(path: str | Path, inputs: int) -> list[str]:
    """Return what a file holds that ONNX does not define, or computes from more inputs than the network has."""
    import onnx

    model = onnx.load(path)
    versions = {entry.domain: entry.version for entry in model.opset_import}
    given = {constant.name for constant in model.graph.initializer}
    wanted = [entry.name for entry in model.graph.input if entry.name not in given]
    found, graphs = set(wanted[inputs:]), [model.graph]
    while graphs:
        for node in graphs.pop().node:
            if not onnx.defs.has(node.op_type, versions.get(node.domain, 1), node.domain):
                found.add(node.op_type)
            graphs += [part.g for part in node.attribute if part.type == onnx.AttributeProto.GRAPH]
    return sorted(found)
