"""Weights that a training starts from: those of a published network, or of one that was trained before, under a new
head.

A file of weights alone, as Keras publishes and saves them, is read in the order of its layers (``layer_names``), or by
the places that `saved_weights` describes; of a trained network, the layers in their order. Every layer of the network
to train but its head (`networks.head`) must have its counterpart, of the same shapes; what the file has beyond that is
its own head, and is left out. Nothing is assigned before all of it is known to fit.
"""

import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from dltools.catalogue import backbones
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.data import scaling
from dltools.model_files import keras2_weights, saved_file, saved_weights, trained_model, weight_places
from dltools.model_files.keras2_weights import Change
from dltools.model_files.saved_weights import STATES, Pair
from dltools.networks import head
from dltools.untrusted import hdf5, signing

if TYPE_CHECKING:
    import h5py
    import keras

_OTHER = "Choose the weights that belong to the network, or design the network that belongs to them."
# Height, width, channels that reach it, channels that it makes.
_KERNEL_AXES = 4
# The most layers with weights of a head of a file: those of VGG have 3.
_MOST_IN_HEAD = 4
_NO_WEIGHTS = (
    "holds no weights of a network. Choose a file of weights as Keras publishes them (.h5), as Keras saves them "
    "(.weights.h5), or a trained model (h5mlm, .keras, .h5)"
)
_WEIGHTS_ALONE = (
    "has parts that are never loaded from a file, so its weights alone are taken. What it does with samples in front "
    "of its layers, such as another scale, is not taken over."
)
_CHANNELS_TURNED = Change(lambda values: values[:, :, ::-1])
_TOLD_OF_CHANNELS = (
    " They are taken to expect blue, green, red, as Keras publishes this network, so the channels of the first layer "
    "are turned: weights that plain Keras trained on red, green, blue would be misread."
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A layer with weights, or several that a file holds as one.

    Attributes:
        layers: of the network.
        saved: their configurations.
        variables: of all of them, those that training changes first, as HDF5 files of Keras have them.
    """

    layers: "list[keras.Layer]"
    saved: list[dict]
    variables: "list[keras.Variable]"

    @property
    def name(self) -> str:
        """How it is called in messages."""
        return f"{quoted(self.layers[0].name)} ({type(self.layers[0]).__name__})"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a file has of one layer: its name there, and its arrays."""

    name: str
    arrays: list[Any]


def take(model: "keras.Model", dataset: Dataset) -> str:
    """Give a network with fresh weights those of a file, but for its head.

    Returns:
        what to tell the user, a line.

    Raises:
        UserError: a file of something else, or of another network: names the first layer that differs.
    """
    units = _units(model)
    body = head.body([unit.layers[0] for unit in units])
    to_fill = [unit for unit in units if unit.layers[0] in body]
    if not to_fill:
        raise UserError(f"{dataset}: the network to train has no layers but its last one, so there is nothing to take.")
    source = str(dataset)
    if _is_weights(dataset):
        signing.report((), None, source)
        with hdf5.opened(dataset.path, source, _NO_WEIGHTS) as handle, hdf5.damage_told(source, _NO_WEIGHTS):
            pairs = _assign(to_fill, model, handle, source)
    else:
        pairs = _take_of_model(to_fill, model, dataset)
    saved_weights.settle([layer for unit in to_fill for layer in unit.layers])
    count, afresh = sum(len(unit.layers) for unit in to_fill), [u.layers[0].name for u in units if u not in to_fill]
    turned = _TOLD_OF_CHANNELS if any(pair.change is _CHANNELS_TURNED for pair in pairs) else ""
    return f"{source}: the weights of {count} layers are taken. Fresh weights: {', '.join(afresh)}.{turned}"


def _take_of_model(units: list[Unit], model: "keras.Model", dataset: Dataset) -> list[Pair]:
    """Give layers of a network the weights of a trained one."""
    try:
        trained, _ = trained_model.read(dataset)
    except UserError:
        if not trained_model.is_foreign(dataset):
            raise
        # What plain Keras builds some published networks of is never loaded from a file; numbers do no harm.
        with saved_file.opened(dataset) as saved:
            pairs = _assign(units, model, saved.weights, saved.source)
        print(f"{dataset}: {_WEIGHTS_ALONE}", flush=True)
        return pairs
    turned = _turned(model, {one.name for one in trained.layers})
    pairs = _matched(units, _of_model(trained), str(dataset), turned)
    for pair in pairs:
        pair.variable.assign(pair.change.apply(np.asarray(pair.array)))
    return pairs


def _assign(units: list[Unit], model: "keras.Model", weights: "h5py.Group", source: str) -> list[Pair]:
    """Give layers of a network the weights in a group of a file, once all are known to fit; return what was given."""
    pairs = _of_weights(units, model, weights, source)
    for pair in pairs:
        saved_weights.assign(pair, source)
    return pairs


def _is_weights(dataset: Dataset) -> bool:
    """Tell whether a file holds weights alone, without how the layers are arranged."""
    if not hdf5.is_hdf5(dataset.path):
        return False
    with hdf5.opened(dataset.path, str(dataset), _NO_WEIGHTS) as handle:
        return trained_model.is_weights_alone(handle)


def _units(model: "keras.Model") -> list[Unit]:
    """Return the layers with weights of a network in their order, without those that scale the table's columns."""
    config = json.loads(model.to_json())
    found: list[Unit] = []
    for layer, saved in saved_weights.layers_of(model, config):
        if not layer.weights or layer.name.startswith(tuple(scaling.NAMES.values())):
            continue
        within = backbones.sequential_of(layer.name)
        if within and found and backbones.sequential_of(found[-1].layers[0].name) == within:
            before = found.pop()
            found.append(_unit([*before.layers, layer], [*before.saved, saved]))
        else:
            found.append(_unit([layer], [saved]))
    return found


def _unit(layers: "list[keras.Layer]", saved: list[dict]) -> Unit:
    pairs = zip(layers, saved, strict=True)
    owners = [holder.layer for layer, config in pairs for holder in saved_weights.holders(layer, config)]
    variables = [v for owner in owners for v in owner._trainable_variables]
    variables += [v for owner in owners for v in owner._non_trainable_variables]
    return Unit(layers=layers, saved=saved, variables=list({id(v): v for v in variables}.values()))


def _of_model(model: "keras.Model") -> list[Given]:
    return [Given(name=unit.layers[0].name, arrays=list(unit.variables)) for unit in _units(model)]


def _turned(model: "keras.Model", names: set[str]) -> bool:
    """Tell whether a network takes red, green and blue, and a file the channels the other way round.

    Parameters:
        names: of the layers in the file: a network of these tools has the layer in front that tells.
    """
    turning = {front.name for front in backbones.PREPROCESSING.values() if front.bgr}
    return any(layer.name in turning for layer in model.layers) and not turning & names


def _of_weights(units: list[Unit], model: "keras.Model", handle: "h5py.Group", source: str) -> list[Pair]:
    names = saved_weights.texts_of(handle, "layer_names")
    if names:
        return _matched(units, list(_in_order(handle, names, source)), source, _turned(model, set(names)))
    arrays, told = saved_weights.arrays_of(handle), _names_told(handle)
    places, twice = weight_places.of_variables(model, arrays), weight_places.of_variables(model, arrays, twice=False)
    found = max((places, twice), key=lambda places: len(set(places.values()) & set(arrays)))
    given = [
        Given(
            name=told.get(found[id(unit.variables[0])].rpartition("/vars/")[0], "nothing"),
            arrays=[arrays.get(found[id(variable)]) for variable in unit.variables],
        )
        for unit in units
    ]
    used = {found[id(variable)] for unit in units for variable in unit.variables}
    pairs = _matched(units, given, source, _turned(model, set(told.values())))
    _check_rest(len({name.rpartition("/vars/")[0] for name in arrays if name not in used}), len(units), source)
    return pairs


def _in_order(handle: "h5py.Group", names: list[str], source: str) -> Iterator[Given]:
    """Yield the layers with weights of a file that lists them."""
    for name in names:
        arrays = saved_weights.names_in(handle, name, source)
        if arrays:
            yield Given(name=name, arrays=[handle[name].get(array) for array in arrays])


def _names_told(handle: "h5py.Group") -> dict[str, str]:
    """Return place -> name of the layers of a file that names them, as Keras does from 3.8 on."""
    found: dict[str, str] = {}

    def note(place: str, member: Any) -> None:
        if isinstance(member.attrs.get("name"), str):
            found["/" + place.removesuffix("/vars")] = member.attrs["name"]

    handle.visititems(note)
    return found


def _matched(units: list[Unit], given: list[Given], source: str, turned: bool) -> list[Pair]:
    """Return every variable of some layers with its array, once all of them are known to fit.

    Parameters:
        turned: whether the channels of the first kernel come the other way round.
    """
    found: list[Pair] = []
    for position, unit in enumerate(units):
        if position >= len(given):
            raise UserError(
                f"{source}: holds the weights of {len(given)} layers, but the network has {len(units)} before its "
                f"head: there are none for layer {unit.name}. {_OTHER}"
            )
        own = given[position]
        arrays = own.arrays
        if len(arrays) > len(unit.variables):
            # What belongs to random generators.
            arrays = [a for a in arrays if saved_weights.base_name(str(getattr(a, "name", ""))) not in STATES]
        changes = _changes(unit, turned and position == _first_kernel(units))
        shapes = [_shape(array) for array in arrays]
        wanted = [tuple(variable.shape) for variable in unit.variables]
        fits = len(shapes) == len(wanted) and all(
            shape is not None and tuple(change.shape(shape)) == want
            for shape, change, want in zip(shapes, changes, wanted, strict=True)
        )
        if not fits:
            _refuse(unit, own, shapes, wanted, source)
        found += [Pair(*three) for three in zip(unit.variables, arrays, changes, strict=True)]
    _check_rest(len(given) - len(units), len(units), source)
    return found


def _check_rest(count: int, taken: int, source: str) -> None:
    if count > _MOST_IN_HEAD:
        raise UserError(
            f"{source}: is of a larger network. It holds the weights of {count} layers beside those of the {taken} "
            f"before the head; a head has at most {_MOST_IN_HEAD}. {_OTHER}"
        )


def _shape(array: Any) -> tuple[int, ...] | None:
    """Return the shape of an array of numbers, None of anything else."""
    shape, kind = getattr(array, "shape", None), getattr(getattr(array, "dtype", None), "kind", "f")
    return None if shape is None or kind not in "fiu" else tuple(shape)


def _first_kernel(units: list[Unit]) -> int:
    return next((n for n, unit in enumerate(units) if len(unit.variables[0].shape) == _KERNEL_AXES), -1)


def _changes(unit: Unit, turned: bool) -> list[Change]:
    if turned:
        return [_CHANNELS_TURNED, *[keras2_weights.AS_IT_IS] * (len(unit.variables) - 1)]
    if backbones.is_layer_scale(unit.layers[0].name):
        return [Change(lambda values: np.reshape(values, (1, 1, -1, 1)), _as_kernel)]
    return [keras2_weights.AS_IT_IS] * len(unit.variables)


def _as_kernel(shape: tuple) -> tuple:
    return (1, 1, *shape, 1) if len(shape) == 1 else shape


def _refuse(unit: Unit, own: Given, shapes: list, wanted: list, source: str) -> NoReturn:
    """Name the first layer of which a file has something else."""
    if None in shapes or not shapes:
        raise UserError(f"{source}: holds no weights for layer {unit.name} of the network. {_OTHER}")
    first = shapes[0]
    if len(first) == len(wanted[0]) == _KERNEL_AXES and first[:2] + first[3:] == wanted[0][:2] + wanted[0][3:]:
        raise UserError(
            f"{source}: its weights for layer {unit.name} are for images or data of {first[2]} channels, but "
            f"{wanted[0][2]} reach the layer. {_OTHER}"
        )
    raise UserError(
        f"{source}: is of another network. The first layer that differs is {unit.name}: its weights have the shapes "
        f"{_listed(wanted)}, but those in the file ({quoted(own.name)}) {_listed(shapes)}. {_OTHER}"
    )


def _listed(shapes: list) -> str:
    return listed([str(shape) for shape in shapes])
