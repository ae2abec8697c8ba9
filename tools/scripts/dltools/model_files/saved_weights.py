"""The weights of a network that plain Keras saved: which array of the file belongs to which variable of the rebuilt
network.

HDF5, Keras 2 and 3: ``model_weights`` has a group for each layer, whose attribute ``weight_names`` lists its arrays:
those that training changes first, then the others; of a model inside another all of the first kind, layer by layer,
then all of the other kind. Where layers and groups have other names, both are taken in their order.

Zip, Keras 2.12 and later: ``layers/<class>/vars/0``, where a further layer of the same class is ``<class>_1`` and so
on; a layer within another lies below it, by the name that it has there (``cell``, ``forward_layer``). Keras 2.12 called
``layers`` ``_layer_checkpoint_dependencies``.

The order of layers and their classes are those of the saved configuration: Keras 3 may sort the layers of a rebuilt
network in another way. Each array must be used once, and fit: nothing is left over, nothing is filled up.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.model_files import keras2_weights
from dltools.model_files.saved_file import ARCHIVE, NOT_WHOLE, SAVE_AGAIN, Saved
from dltools.networks import keras2
from dltools.untrusted import gate, hdf5

if TYPE_CHECKING:
    import h5py
    import keras

LAYERS = ("layers", "_layer_checkpoint_dependencies")
# What Keras keeps beside weights: the state of random generators, and what training needs.
BESIDE = re.compile(
    r"(^|/)(optimizer|_?metrics|[^/]*seed_generators?|_?random_generator|compile_metrics|loss_tracker)(/|$)"
)
STATES = ("StateVar", "Variable", "seed_generator_state")
# Names that Keras gave to weights; where a file has them, they must be those of the variables.
_NAMES = frozenset({
    "kernel", "bias", "recurrent_kernel", "gamma", "beta", "moving_mean", "moving_variance", "embeddings", "alpha",
    "depthwise_kernel", "pointwise_kernel", "mean", "variance", "count", "scale",
})  # fmt: skip
_OTHER_NAMES = {"sn_u": "vector_u"}


class Holder(NamedTuple):
    """A layer that holds weights itself.

    Attributes:
        layer: of the rebuilt network.
        saved: its configuration as it was saved; of a cell, that of its layer.
        place: where its arrays lie in a zip.
    """

    layer: "keras.Layer"
    saved: dict
    place: str


class Places(NamedTuple):
    """How a zip names the places of layers.

    Attributes:
        known: all places below which there are arrays.
        group: what a model calls its layers.
        twice: whether a layer with weights counts twice where layers of a class are numbered, as in Keras 2.12 and
            2.13.
    """

    known: frozenset
    group: str
    twice: bool = False

    def first(self, place: str, names: list[str]) -> str:
        """Return the first of some places below `place` that is known, or the first."""
        return next((f"{place}/{name}" for name in names if f"{place}/{name}" in self.known), f"{place}/{names[0]}")


NOWHERE = Places(frozenset(), LAYERS[0])


class Pair(NamedTuple):
    """A variable, the array that it is to have, and what is done with that first."""

    variable: "keras.Variable"
    array: "h5py.Dataset"
    change: keras2_weights.Change


def pairs(model: "keras.Model", saved: Saved) -> list[Pair]:
    """Return every variable of a network with its array in the file; nothing of the arrays is read yet.

    Parameters:
        model: rebuilt from the file's configuration, with or without values.

    Raises:
        UserError: arrays that are missing, left over, or of other shapes.
    """
    with hdf5.damage_told(saved.source, NOT_WHOLE):
        found = _of_archive(model, saved) if saved.kind == ARCHIVE else _of_hdf5(model, saved)
    for pair in found:
        _check(pair, saved.source)
    return found


def assign(pair: Pair, source: str) -> None:
    """Give a variable the values of its array.

    Raises:
        UserError: values that are no numbers.
    """
    with hdf5.damage_told(source, NOT_WHOLE):
        values = pair.change.apply(pair.array[()])
    with np.errstate(over="ignore"):
        pair.variable.assign(values)
    if values.dtype.kind == "f" and not np.isfinite(np.asarray(pair.variable)).all():
        raise UserError(
            f"{source}: the array {quoted(pair.array.name)} holds something else than numbers. The file is damaged."
        )


def settle(layers: "Iterable[keras.Layer]") -> None:
    """Let layers go by the weights that they were given."""
    for layer in layers:
        # Keras does not count the rows that a Normalization was fitted on; one that counts none would be fitted anew.
        if type(layer).__name__ == "Normalization" and layer.input_mean is None and not int(layer.count):
            layer.count.assign(1)
        # What layers such as Normalization compute from their weights once.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _check(pair: Pair, source: str) -> None:
    import h5py

    place = quoted(getattr(pair.array, "name", None))
    if not isinstance(pair.array, h5py.Dataset) or pair.array.shape is None:
        raise UserError(f"{source}: {place} is no array. The file is damaged.")
    shape, wanted = tuple(pair.array.shape), tuple(pair.variable.shape)
    if tuple(pair.change.shape(shape)) != wanted:
        raise UserError(
            f"{source}: the array {place} has the shape {shape}, but the layer needs {wanted}. The file is damaged."
        )
    if pair.array.dtype.kind not in ("f" if "float" in str(pair.variable.dtype) else "iubf"):
        raise UserError(
            f"{source}: the array {place} is of {pair.array.dtype}, but the layer needs {pair.variable.dtype}. The "
            "file is damaged."
        )


def _changed(variable: "keras.Variable", array: "h5py.Dataset", holder: Holder, saved: Saved) -> Pair:
    change = (
        keras2_weights.change(holder.saved, variable.name, saved.backend) if saved.is_old else keras2_weights.AS_IT_IS
    )
    return Pair(variable, array, change)


# Layers of the rebuilt network beside their saved configurations.


def layers_of(model: "keras.Model", config: dict) -> list[tuple]:
    """Return (layer, saved configuration) of a model, in the order in which the layers were saved.

    The input of a sequential model, which was none of its layers, is left out.
    """
    layers = config["config"]["layers"]
    first = int(config["class_name"] == "Sequential" and layers[0].get("class_name") == "InputLayer")
    by_name = {layer.name: layer for layer in model.layers}
    found = []
    for number, saved in enumerate(layers[first:]):
        if isinstance(saved.get("config"), list):
            # Until Keras 2.2.2 a sequential model inside another had no name in its configuration.
            layer = by_name.get(saved.get("name")) or model.layers[number]
        else:
            layer = by_name[saved.get("name") or saved["config"]["name"]]
        found.append((layer, keras2.with_layers(saved)))
    return found


def holders(layer: "keras.Layer", saved: dict, place: str = "", places: Places = NOWHERE) -> list[Holder]:
    """Return the layers with weights of their own in a layer, itself among them, in the order in which they were
    saved.
    """
    if saved.get("class_name") in gate.MODELS:
        return _of_model(layer, saved, place, places)
    own = [Holder(layer, saved, place)] if _own(layer) else []
    for names, inner in _inside(layer):
        own += holders(inner, _config_of(saved, names), places.first(place, names), places)
    return own


def _of_model(model: "keras.Model", saved: dict, place: str, places: Places) -> list[Holder]:
    found: list[Holder] = []
    seen: dict[str, int] = {}
    for layer, config in layers_of(model, saved):
        name = numbered(str(config.get("class_name")), seen)
        found += holders(layer, config, f"{place}/{places.group}/{name}", places)
        if places.twice and layer.weights:
            numbered(str(config.get("class_name")), seen)
    return found


def numbered(kind: str, seen: dict[str, int]) -> str:
    """Return the name of a layer's group: its class as Keras writes it small, and a number from the second on."""
    name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))).lower()
    seen[name] = seen.get(name, -1) + 1
    return f"{name}_{seen[name]}" if seen[name] else name


def _own(layer: "keras.Layer") -> list:
    """Return the variables that a layer holds itself, as Keras orders them in a zip."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _inside(layer: "keras.Layer") -> list[tuple]:
    """Return (names, layer) of the layers inside one that is no model; the names are those that it may have there."""
    found = []
    for inner in layer._layers:
        names = [name for name, value in vars(layer).items() if value is inner]
        for name, value in vars(layer).items():
            if isinstance(value, (list, tuple)) and any(v is inner for v in value):
                seen: dict[str, int] = {}
                names += [
                    f"{name}/{group}"
                    for v, group in [(v, numbered(type(v).__name__, seen)) for v in value]
                    if v is inner
                ]
        # Of one attribute by two names, the one that is not private comes first; Keras 2 came upon the forward layer by
        # another.
        names = [*(name.removeprefix("_") for name in names), *names, *(["layer"] if "forward_layer" in names else [])]
        found.append((list(dict.fromkeys(names)), inner))
    return found


def _config_of(saved: dict, names: list[str]) -> dict:
    """Return the saved configuration of a layer inside another; that of the other where it has none, as a cell of an
    LSTM.
    """
    inner = saved.get("config")
    config = inner if isinstance(inner, dict) else {}
    for name in (*names, "layer"):
        within = config.get(name)
        if isinstance(within, dict) and "class_name" in within:
            return keras2.with_layers(within)
        if name.startswith("cells/") and isinstance(config.get("cells"), list):
            seen: dict[str, int] = {}
            kinds = [numbered(str(cell.get("class_name")), seen) for cell in config["cells"]]
            if name.removeprefix("cells/") in kinds:
                return config["cells"][kinds.index(name.removeprefix("cells/"))]
    return saved


# HDF5.


def _of_hdf5(model: "keras.Model", saved: Saved) -> list[Pair]:
    layers = [(layer, config) for layer, config in layers_of(model, saved.config) if layer.weights]
    names = [name for name in texts_of(saved.weights, "layer_names") if names_in(saved.weights, name, saved.source)]
    groups = {layer.name: layer.name for layer, _ in layers}
    if set(groups) != set(names):
        # By order, as Keras itself reads them.
        if len(names) != len(layers):
            raise UserError(
                f"{saved.source}: its network has {len(layers)} layers with weights, but it holds the weights of "
                f"{len(names)}. The file is damaged."
            )
        groups = {layer.name: name for (layer, _), name in zip(layers, names, strict=True)}
    found = []
    for layer, config in layers:
        found += _of_layer(layer, config, groups[layer.name], saved)
    return found


def _of_layer(layer: "keras.Layer", config: dict, group: str, saved: Saved) -> list[Pair]:
    where = f"{saved.source}: layer {quoted(layer.name)}"
    owners = holders(layer, config)
    holder_of = {id(variable): holder for holder in owners for variable in _own(holder.layer)}
    variables = _in_saved_order(owners)
    names = names_in(saved.weights, group, saved.source)
    if len(names) > len(variables):
        names = [name for name in names if base_name(name) not in STATES]
    if len(names) != len(variables):
        raise UserError(f"{where} needs {len(variables)} arrays, but the file holds {len(names)}. The file is damaged.")
    for name, variable in zip(names, variables, strict=True):
        found, wanted = _OTHER_NAMES.get(base_name(name), base_name(name)), variable.name
        if {found, wanted} <= _NAMES and found != wanted and {found, wanted} != {"depthwise_kernel", "kernel"}:
            raise UserError(f"{where}: the array {quoted(name)} stands where {quoted(wanted)} belongs. {SAVE_AGAIN}")
    arrays = [saved.weights[group].get(name) for name in names]
    return [
        _changed(variable, array, holder_of[id(variable)], saved)
        for variable, array in zip(variables, arrays, strict=True)
    ]


def _in_saved_order(owners: list[Holder]) -> list:
    """Return the variables of a layer: those that training changes, then the others, in both the layers in their
    order.
    """
    variables = list({id(v): v for holder in owners for v in _own(holder.layer)}.values())
    learned = {id(v) for holder in owners for v in holder.layer.trainable_weights}
    return [v for v in variables if id(v) in learned] + [v for v in variables if id(v) not in learned]


def base_name(name: str) -> str:
    """Return what an array is called without its place and number."""
    return re.sub(r":\d+$", "", name).rpartition("/")[2]


def texts_of(group: "h5py.Group", name: str) -> list[str]:
    """Return the texts of an attribute, which may be divided among several with a number behind the name."""
    if name in group.attrs:
        found = list(group.attrs[name])
    else:
        found, number = [], 0
        while f"{name}{number}" in group.attrs:
            found, number = found + list(group.attrs[f"{name}{number}"]), number + 1
    return [text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in found]


def names_in(weights: "h5py.Group", name: str, source: str) -> list[str]:
    """Return the names of the arrays that the group of a layer lists.

    Raises:
        UserError: there is no such group.
    """
    if not hdf5.is_group(weights, name):
        raise UserError(
            f"{source}: lists the weights of a layer {quoted(name)} that it does not hold. The file is damaged."
        )
    return texts_of(weights[name], "weight_names")


# The zip.


def arrays_of(weights: "h5py.Group") -> "dict[str, h5py.Dataset]":
    """Return place -> array of all that is a network's, without what training needs beside it."""
    import h5py

    arrays: dict[str, h5py.Dataset] = {}
    weights.visititems(lambda name, item: arrays.update({f"/{name}": item}) if isinstance(item, h5py.Dataset) else None)
    # On Windows, Keras 2.12 wrote places with the other stroke.
    arrays = {name.replace("\\", "/"): item for name, item in arrays.items()}
    return {name: item for name, item in arrays.items() if not BESIDE.search(name)}


def places_among(arrays: "Mapping[str, h5py.Dataset]") -> Places:
    """Return how a zip with these arrays names the places of layers."""
    known = frozenset(name[:end] for name in arrays for end in range(1, len(name)) if name[end] == "/")
    group = next((group for group in LAYERS if f"/{group}" in known), LAYERS[0])
    return Places(known, group, group != LAYERS[0])


def _of_archive(model: "keras.Model", saved: Saved) -> list[Pair]:
    arrays = arrays_of(saved.weights)
    places = places_among(arrays)
    found = _placed(model, saved, places)
    if any(place not in arrays for _, place in found):
        found = _placed(model, saved, places._replace(twice=False))
    missing = next(((holder, place) for (holder, _), place in found if place not in arrays), None)
    if missing:
        raise UserError(
            f"{saved.source}: holds no array {quoted(missing[1])}, which layer {quoted(missing[0].layer.name)} needs. "
            "The file is damaged."
        )
    left = set(arrays) - {place for _, place in found}
    if left:
        raise UserError(
            f"{saved.source}: holds arrays that its network has no place for: {listed(sorted(left), 3)}. The file is "
            "damaged."
        )
    return [_changed(variable, arrays[place], holder, saved) for (holder, variable), place in found]


def _placed(model: "keras.Model", saved: Saved, places: Places) -> list[tuple]:
    """Return ((holder, variable), place) of every variable, once where a layer stands in several places."""
    found, used = [], set()
    for holder in holders(model, saved.config, "", places):
        if id(holder.layer) not in used:
            used.add(id(holder.layer))
            found += [
                ((holder, variable), f"{holder.place}/vars/{number}")
                for number, variable in enumerate(_own(holder.layer))
            ]
    return found
