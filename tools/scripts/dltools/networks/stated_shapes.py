"""Shapes that the keyword arguments of a layer state, beside the one that reaches it anyway."""

from dltools.catalogue.layers.design_form import ChosenLayer
from dltools.core.errors import UserError
from dltools.networks.seen import DataShape


def check(layer: ChosenLayer, reached: DataShape | None) -> None:
    """Refuse a layer whose keyword arguments state another shape of its input than it gets.

    Former versions took any, and saved workflows repeat the right one.

    Parameters:
        reached: shape of the data that reach it, the samples first; None while that is unknown.

    Raises:
        UserError: names the layer and both shapes.
    """
    stated = layer.stated_shape
    if stated is None:
        return
    if reached is None:
        raise UserError(f"{layer.label}: input_shape belongs to the first layer. Give it there, or in the form.")
    if not _agree(stated, reached[1:]):
        raise UserError(
            f"{layer.label}: its keyword arguments say input_shape={stated}, but what reaches it has the shape "
            f"{tuple(reached[1:])}. Remove it there: the shape follows from the network."
        )


def _agree(stated: DataShape, reached: DataShape) -> bool:
    return len(stated) == len(reached) and all(
        one is None or other is None or one == other for one, other in zip(stated, reached, strict=True)
    )
