"""The one table of the layers.

The form is written from it (``tox run -e macros``), what it sends is read by it, and what else the tools know of a
layer they ask of its entry: `of_class`.
"""

import dataclasses

from dltools.catalogue.layers import (
    activations,
    convolutional,
    core,
    gone,
    images,
    joining,
    normalization,
    numbers,
    others,
    pooling,
    recurrent,
    regularization,
    reshaping,
)
from dltools.catalogue.layers.entry import Layer

# Group in the list of layers -> its entries, the common ones first: those of every model, those that join several
# layers of a functional model.
CHAINED: dict[str, dict[str, Layer]] = {
    "Core": core.LAYERS,
    "Convolutional": convolutional.LAYERS,
    "Pooling": pooling.LAYERS,
    "Recurrent": recurrent.LAYERS,
    "Normalization": normalization.LAYERS,
    "Regularization": regularization.LAYERS,
    "Reshaping": reshaping.LAYERS,
    "Activations": activations.LAYERS,
    "Numbers and categories": numbers.LAYERS,
    "Pictures": images.LAYERS,
    "Images, varied while training": images.VARIED,
}
MERGING = {"Merge": joining.MERGING}
LAST = {"Attention": joining.ATTENTION, "No longer in Keras": gone.LAYERS}


def _joined(*groups: dict[str, dict[str, Layer]]) -> dict[str, Layer]:
    return {name: layer for group in groups for layers in group.values() for name, layer in layers.items()}


# Those of a chain of layers, and those of a functional model, in the order of the form.
LAYERS = _joined(CHAINED, LAST)
FUNCTIONAL_LAYERS = {
    name: dataclasses.replace(layer, merges=layer.merges or layer.attends)
    for name, layer in (joining.INPUT | _joined(CHAINED, MERGING, LAST)).items()
}

# Class -> its entry, for all that are known, on offer or not.
KNOWN = FUNCTIONAL_LAYERS | others.LAYERS
KNOWN["InputLayer"] = KNOWN.pop("Input")
_BY_ALIAS = {alias: name for name, layer in KNOWN.items() for alias in layer.aliases}
_UNKNOWN = Layer()


def public_name(class_name: str) -> str:
    """Return the name by which the tools know a class of layers: of a class with several, the one in the form."""
    return _BY_ALIAS.get(class_name, class_name)


def of_class(class_name: str) -> Layer:
    """Return what is known of a class of layers, by any name that Keras has or had for it; of an unknown one, nothing.

    Parameters:
        class_name: of a layer, ``type(layer).__name__``, or as a file names it.
    """
    return KNOWN.get(public_name(class_name), _UNKNOWN)
