"""What each input of a network takes, and what is done with it first, as the architecture's configuration tells.

Asked before any sample is read, since images are brought into the shape that their input takes.
"""

import dataclasses
from collections.abc import Iterator, Sequence

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.types import Config, Json
from dltools.untrusted import gate

# Shape of a sample; None for a size that is left open.
SampleShape = tuple[int | None, ...]
# The layer that only gives a row of numbers another shape.
_RESHAPE = "Reshape"
# What lies between an input and such a layer without changing the scale: an image that is turned stays as bright.
_BETWEEN = Trait.ARRANGES | Trait.TRAINS_ONLY


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInput:
    """An input of a network.

    Attributes:
        name: the network's name for it.
        shape: of a sample; None where the network was designed without input_shape.
        scales: whether the network brings the numbers to its own scale first, as published networks do.
        reshaped: the shape that the first layer gives a row of numbers; () where it does not.
    """

    name: str
    shape: SampleShape | None
    scales: bool = False
    reshaped: tuple[int, ...] = ()


def of_architecture(config: Config) -> tuple[NetworkInput, ...]:
    """Return the inputs of a network in their order, from its configuration as Keras 3 writes it."""
    layers = {_name(layer): layer for layer in config["config"]["layers"]}
    if config["class_name"] == "Sequential":
        return (_of_chain(list(layers.values())),)
    following = _following(layers)
    names = [name for name in gate.sources(_each(config["config"].get("input_layers"))) if name in layers]
    return tuple(
        NetworkInput(
            name=name,
            shape=_shape(layers[name]),
            scales=any(_scales(layer) for layer in _first(name, following)),
            reshaped=_reshaped(following.get(name, ())),
        )
        for name in names
    )


def _of_chain(layers: list[Config]) -> NetworkInput:
    first, *others = layers if layers and layers[0]["class_name"] == "InputLayer" else [{}, *layers]
    scaling = next((layer for layer in others if not _passes(layer)), {})
    return NetworkInput(name=_name(first), shape=_shape(first), scales=_scales(scaling), reshaped=_reshaped(others[:1]))


def _each(inputs: Json) -> list[Json]:
    """Return the inputs as a list of ``[name, 0, 0]``, which a single one may stand without."""
    entries = inputs if isinstance(inputs, list) else []
    return [entries] if entries and isinstance(entries[0], str) else entries


def _following(layers: dict[str, Config]) -> dict[str, list[Config]]:
    """Return layer name -> the layers that it feeds."""
    found: dict[str, list[Config]] = {}
    for layer in layers.values():
        for source in dict.fromkeys(gate.sources(layer.get("inbound_nodes"))):
            found.setdefault(source, []).append(layer)
    return found


def _first(name: str, following: dict[str, list[Config]]) -> Iterator[Config]:
    """Yield the layers behind an input that are the first to change its numbers."""
    waiting, seen = list(following.get(name, ())), set()
    while waiting:
        layer = waiting.pop()
        if _name(layer) in seen:
            continue
        seen.add(_name(layer))
        if _passes(layer):
            waiting += following.get(_name(layer), ())
        else:
            yield layer


def _passes(layer: Config) -> bool:
    return bool(of_class(layer["class_name"]).traits & _BETWEEN)


def _scales(layer: Config) -> bool:
    """Tell whether a layer scales, or is a network that begins with one that does."""
    inner = layer.get("config")
    if isinstance(inner, dict) and "layers" in inner:
        return any(own.scales for own in of_architecture(layer))
    return of_class(str(layer.get("class_name"))).has(Trait.RESCALES)


def _reshaped(layers: Sequence[Config]) -> tuple[int, ...]:
    if len(layers) != 1 or layers[0]["class_name"] != _RESHAPE:
        return ()
    target = layers[0]["config"].get("target_shape")
    known = isinstance(target, list) and all(type(size) is int for size in target)
    return tuple(target) if known else ()


def _shape(layer: Config) -> SampleShape | None:
    shape: Json = (layer.get("config") or {}).get("batch_shape")
    if not isinstance(shape, list) or not all(size is None or type(size) is int for size in shape):
        return None
    return tuple(shape[1:])


def _name(layer: Config) -> str:
    return str((layer.get("config") or {}).get("name", ""))
