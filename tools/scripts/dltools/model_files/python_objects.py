"""Models that are Python objects: those of scikit-learn that the machine-learning tools of Galaxy-ML saved.

Two kinds of file hold them: an h5mlm whose ``-model_config-`` is the JSON of an object (versions 1.0.10 and later),
and a pickle, which Galaxy calls a zip (before). Both name classes to be made and called, and are never loaded. They are
recognised here to say what they are.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dltools.core.errors import UserError
from dltools.untrusted import hdf5

if TYPE_CHECKING:
    import h5py

OBJECT, REPR = "-object-", "-repr-"
# How a pickle of protocol 2 to 5 begins.
_PICKLES = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))
# So much of a pickle is looked at for the names of classes, which stand as plain text in it.
_LOOKED_AT = 64 * 1024
_NETWORKS = ("KerasGClassifier", "KerasGRegressor", "KerasGBatchClassifier")
_LIBRARIES = rb"sklearn|xgboost|lightgbm|imblearn|mlxtend|skrebate|galaxy_ml|keras_galaxy_models"
# A module, and after a line's end (protocols 2 and 3) or a length (4 and 5) a class.
_CLASS = re.compile(rb"(?:" + _LIBRARIES + rb")[\w.]*(?:\n|\x94?\x8c.)([A-Z]\w{1,80})", re.DOTALL)
_MADE_BY_CALL = re.compile(r"([A-Za-z_]\w{0,80})\(")
_INSTEAD = "these tools read Keras networks. Predict with the scikit-learn tools of Galaxy-ML that made it"


def refuse_pickle(path: str | Path, source: str) -> None:
    """Say what a pickle is; pass over any other file.

    Parameters:
        source: the file's name, for messages.

    Raises:
        UserError: the file is a pickle.
    """
    with open(path, "rb") as handle:
        head = handle.read(_LOOKED_AT)
    if not head.startswith(_PICKLES):
        return
    found = _CLASS.search(head)
    name = found[1].decode() if found else ""
    never = "A pickle is a program, and is never opened here."
    if name in _NETWORKS:
        raise UserError(
            f"{source}: is a pickled {name} of the former tools. {never} Make it anew with 'Create deep learning "
            "model', and train it."
        )
    if name:
        raise UserError(f"{source}: is a scikit-learn model ({name}), pickled; {_INSTEAD}. {never}")
    raise UserError(f"{source}: is a pickle of Python objects. {never} These tools read Keras networks.")


def refuse_object(handle: "h5py.File", text: bytes | str, source: str) -> None:
    """Say what the model in an h5mlm of the former tools without a network is; pass over any other.

    Parameters:
        text: what its ``-model_config-`` holds.
        source: the file's name, for messages.

    Raises:
        UserError: the file holds an object.
    """
    if str(text).lstrip().startswith(f'{{"{OBJECT}"'):
        raise UserError(f"{source}: is a scikit-learn model{named(handle, source)}; {_INSTEAD}.")


def named(handle: "h5py.File", source: str) -> str:
    """Return the class of the object that an h5mlm holds, in brackets, with which its text for people begins."""
    with hdf5.damage_told(source, "is a damaged model file"):
        told = handle.attrs.get(REPR)
    told = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    found = _MADE_BY_CALL.match(told) if isinstance(told, str) else None
    return f" ({found[1]})" if found else ""
