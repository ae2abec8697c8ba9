"""Where Keras 3 puts the weights of a network into a file of weights alone (``.weights.h5``), layer by layer.

Layers of a class are numbered in the order of the network. A published network is numbered as Keras has it, without
the layer in front of it, and with the layers of `backbones` that Keras has as others.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dltools.catalogue import backbones
from dltools.model_files import saved_weights

if TYPE_CHECKING:
    import keras


def of_variables(model: "keras.Model", arrays: Mapping[str, Any], twice: bool = True) -> dict[int, str]:
    """Return id of a variable -> the place of its array.

    Parameters:
        arrays: place -> array of the file.
        twice: whether Keras 2.12 and 2.13 may have written it, where a layer with weights counts twice.
    """
    places = saved_weights.places_among(arrays)
    places = places if twice else places._replace(twice=False)
    found: dict[int, str] = {}
    seen: dict[str, int] = {}
    inside: dict[str, tuple[str, dict[str, int]]] = {}
    for layer, saved in saved_weights.layers_of(model, json.loads(model.to_json())):
        if layer.name in backbones.FRONT:
            continue
        within = backbones.sequential_of(layer.name)
        if within and within not in inside:
            inside[within] = (f"/{places.group}/{saved_weights.numbered('Sequential', seen)}", {})
        root, counted = inside[within] if within else ("", seen)
        kind = "LayerScale" if backbones.is_layer_scale(layer.name) else str(saved.get("class_name"))
        place = f"{root}/{places.group}/{saved_weights.numbered(kind, counted)}"
        if places.twice and layer.weights:
            saved_weights.numbered(kind, counted)
        for holder in saved_weights.holders(layer, saved, place, places):
            own = [*holder.layer._trainable_variables, *holder.layer._non_trainable_variables]
            for number, variable in enumerate(own):
                found.setdefault(id(variable), f"{holder.place}/vars/{number}")
    return found
