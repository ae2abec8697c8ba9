"""How Keras 2 wrote which layer feeds which, rewritten as Keras 3 writes it.

Each call of a layer is a list of the tensors that it was given, ``[layer, call, output, arguments]``, the further
arguments beside the first. Keras 3 names a tensor by an object of its own, and counts the calls of a model inside
another from 0 where Keras 2 counted from 1.
"""

from collections.abc import Iterator

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.errors import UserError, quoted
from dltools.core.types import Config, Json

ENDS = ("input_layers", "output_layers")


def converted(layer: Config, models: dict[str, str], source: str) -> Config:
    """Return a layer of a functional model with its connections as Keras 3 writes them.

    Parameters:
        layer: its configuration, with `inbound_nodes`.
        models: name -> class of the layers that are models.
        source: the file's name, for messages.

    Raises:
        UserError: connections of no known form.
    """
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list):
        return layer
    where = f"{source}: layer {quoted(layer.get('name'))}"
    return {**layer, "inbound_nodes": [_node(node, layer.get("class_name"), models, where) for node in nodes]}


def ends(inner: Config, models: dict[str, str], source: str) -> Config:
    """Return `input_layers` and `output_layers` of a functional model as Keras 3 counts their tensors; see
    `plain_ends`.
    """
    found = {}
    for key in ENDS:
        # Keras 3 itself counts those of a functional model from 1 here, those of a sequential one from 0.
        tensors = [
            [name, call - (models.get(name) == "Sequential"), output] for name, call, output in _leaves(inner.get(key))
        ]
        if not tensors or any(call < 0 for _, call, _ in tensors):
            raise UserError(f"{source}: its {key} are damaged.")
        found[key] = tensors
    return plain_ends(found)


def plain_ends(inner: Config) -> Config:
    """Return the ends of a functional model as one tensor, or a list of several, in whatever structure they were.

    A model that gives a list of one tensor gives the next layer a list.
    """
    found = {key: list(_leaves(inner.get(key))) for key in ENDS if key in inner}
    return {key: tensors[0] if len(tensors) == 1 else tensors for key, tensors in found.items() if tensors}


def _leaves(value: Json) -> Iterator[list[Json]]:
    if _is_reference(value):
        yield list(value[:3])
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _leaves(child)
    elif isinstance(value, dict):
        # In the order in which Keras takes the parts of a dictionary.
        for key in sorted(value):
            yield from _leaves(value[key])


def _is_reference(value: Json) -> bool:
    return (
        isinstance(value, (list, tuple)) and len(value) in (3, 4) and isinstance(value[0], str)
        and all(type(number) is int for number in value[1:3]) and (len(value) == 3 or isinstance(value[3], dict))
    )  # fmt: skip


def _node(node: Json, kind: str | None, models: dict[str, str], where: str) -> Config:
    if isinstance(node, dict):
        return node
    entries = [node] if _is_reference(node) else node
    if not isinstance(entries, list) or not entries or not all(map(_is_reference, entries)):
        raise UserError(
            f"{where}: which layers feed it stands in no form that Keras 2 wrote. Received: {quoted(node)}."
        )
    tensors = [_tensor(entry, models) for entry in entries]
    given = {key: value for entry in entries if len(entry) == 4 for key, value in entry[3].items()}
    kwargs = {key: _argument(value, models) for key, value in given.items()}
    # Keras 2 gave these the states that they begin with beside their data.
    if len(tensors) > 1 and of_class(str(kind)).has(Trait.TAKES_STATES):
        return {"args": tensors[:1], "kwargs": {**kwargs, "initial_state": tensors[1:]}}
    return {"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": kwargs}


def _tensor(entry: list[Json], models: dict[str, str]) -> Config:
    name, call, output = entry[:3]
    history = [name, call - 1 if name in models else call, output]
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": history}}


def _argument(value: Json, models: dict[str, str]) -> Json:
    if _is_reference(value):
        return _tensor(value, models)
    return [_argument(child, models) for child in value] if isinstance(value, list) else value
