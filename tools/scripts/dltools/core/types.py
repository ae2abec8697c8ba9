"""Names of types that several packages share."""

from typing import Any

# What a JSON file holds, of which only looking at it tells what it is: a configuration of Keras, before it is checked.
Json = Any
# What is written as JSON.
JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
# The configuration of a Keras object, as it is written as JSON: ``{"class_name": ..., "config": {...}, ...}``.
Config = dict[str, Json]
# Arguments of a layer's constructor by name: what is to be given depends on the layer.
Options = dict[str, Any]
# An open HDF5 file or a group or an array in it: h5py tells no types.
Hdf5 = Any
