"""Layers whose data cannot be joined: which shapes they give, and what would have to be the same."""

import itertools
from collections.abc import Sequence

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.networks import misfit_ranks
from dltools.networks.misfit_ranks import up_to
from dltools.networks.seen import SeenLayer

_PARTS = ("the query", "the value", "the key")


def sentence(layer: SeenLayer) -> str | None:
    """Return why data of several layers cannot be joined, and what to change; None where they can.

    Parameters:
        layer: with a list of shapes.
    """
    known = of_class(layer.name)
    if known.has(Trait.TAKES_TWO) and len(layer.several) != 2:
        return f"it takes two layers, but merging_layers lists {len(layer.several)}."
    if known.has(Trait.ELEMENTWISE):
        return _elementwise(layer)
    if known.has(Trait.JOINS):
        return _concatenated(layer)
    return _multiplied(layer) if known.has(Trait.TAKES_TWO) else _attending(layer)


def _given(layer: SeenLayer, positions: Sequence[int] = (0, 1)) -> str:
    labels = [other.label for other in layer.before]
    return " and ".join(
        f"{labels[p] if p < len(labels) else f'layer {p + 1} of the list'} gives {tuple(layer.several[p][1:])}"
        for p in positions
    )


def _elementwise(layer: SeenLayer) -> str | None:
    for one, other in itertools.combinations(range(len(layer.several)), 2):
        pairs = zip(reversed(layer.several[one][1:]), reversed(layer.several[other][1:]), strict=False)
        if any(a != b and None not in (a, b) and 1 not in (a, b) for a, b in pairs):
            return (
                f"it takes layers of the same shape, but {_given(layer, (one, other))}. Give both the same, or choose "
                "Concatenate."
            )
    return None


def _concatenated(layer: SeenLayer) -> str | None:
    axis, shapes = layer.options.get("axis", -1), layer.several
    counts = {len(shape) for shape in shapes}
    if len(counts) > 1:
        other = next(p for p, shape in enumerate(shapes) if len(shape) != len(shapes[0]))
        return (
            f"it takes layers of as many dimensions, but {_given(layer, (0, other))}. Put a Flatten, Reshape or "
            "RepeatVector before one."
        )
    count = counts.pop() - 1
    wrong = _no_axis(axis, count)
    if wrong:
        return f"{wrong}."
    place = axis % (count + 1)
    for other in range(1, len(shapes)):
        sizes = [(a, b) for p, (a, b) in enumerate(zip(shapes[0], shapes[other], strict=True)) if p not in (0, place)]
        if any(a != b and None not in (a, b) for a, b in sizes):
            return (
                f"it joins them along axis {axis}, so that all other sizes must be the same, but "
                f"{_given(layer, (0, other))}."
            )
    return None


def _no_axis(axis: int, count: int) -> str | None:
    if axis in (0, -count - 1):
        return f"axis {axis} is that of the samples, which must not be mixed. Choose axis {up_to(count)}"
    return (
        None if -count <= axis <= count else f"there is no axis {axis}. Choose axis {up_to(count)}, or -1 for the last"
    )


def _multiplied(layer: SeenLayer) -> str | None:
    axes = layer.options["axes"]
    axes = tuple(axes) if isinstance(axes, (tuple, list)) else (axes, axes)
    if len(axes) != 2:
        return f"axis must be one number, or one for each of the two layers. Received: {axes}."
    for axis, shape in zip(axes, layer.several, strict=True):
        wrong = _no_axis(axis, len(shape) - 1)
        if wrong:
            return f"{wrong}. {_given(layer)}."
    one, other = (shape[axis] for axis, shape in zip(axes, layer.several, strict=True))
    if one != other and None not in (one, other):
        return (
            f"it multiplies axis {axes[0]} of the one, of size {one}, by axis {axes[1]} of the other, of size {other}, "
            f"which must be the same: {_given(layer)}."
        )
    return None


def _attending(layer: SeenLayer) -> str | None:
    shapes = layer.several
    for position, shape in enumerate(shapes):
        found = misfit_ranks.sentence(layer._replace(shape=shape, before=layer.before[position : position + 1]))
        if found:
            return f"{found} {_given(layer, range(len(shapes)))}."
    ranks = {len(shape) for shape in shapes}
    if len(ranks) > 1:
        return (
            "the query, the value and the key must be sequences: (steps, features). "
            f"{_given(layer, range(len(shapes)))}."
        )
    value, key = shapes[1 % len(shapes)], shapes[-1]
    if value[1] != key[1] and None not in (value[1], key[1]):
        return f"the value and the key must have as many steps: {_given(layer, (1, 2))}."
    against, part = (value, 1) if layer.name == "GroupQueryAttention" else (key, len(shapes) - 1)
    widths = (shapes[0][-1], against[-1])
    if layer.name != "MultiHeadAttention" and widths[0] != widths[1] and None not in widths:
        named = _PARTS[part] if len(shapes) == 3 or part != 1 else "the value"
        return f"the query and {named} must have as many features: {_given(layer, (0, part))}. Put a Dense before one."
    return None
