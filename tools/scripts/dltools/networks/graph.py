"""Which layer of a network feeds which."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def sources(model: "keras.Model") -> dict[str, list[str]]:
    """Return layer name -> the names of the layers that feed it, for a built `keras.Model`, in the model's order."""
    if type(model).__name__ == "Sequential":
        names = [layer.name for layer in model.layers]
        return {name: names[max(number - 1, 0) : number] for number, name in enumerate(names)}
    known = {layer.name for layer in model.layers}
    return {layer.name: [name for name in _feeding(layer) if name in known] for layer in model.layers}


def _feeding(layer: "keras.Layer") -> list[str]:
    # Keras tells publicly only of layers that are used once; a file may hold others.
    return [tensor._keras_history.operation.name for node in layer._inbound_nodes for tensor in node.input_tensors]


def before(name: str, feeding: dict[str, list[str]]) -> set[str]:
    """Return the names of all layers that one depends on."""
    found: set[str] = set()
    waiting = list(feeding[name])
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting += feeding[source]
    return found
