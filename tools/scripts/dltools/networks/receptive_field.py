"""How far each output of a network looks into the data: the receptive field of convolutions and poolings.

One output of a layer with the window k, the stride s and the dilation d sees, in each dimension,

    r_out = r_in + (k - 1) * d * j_in      points of the data, where
    j_out = j_in * s                       is the distance of two neighbouring outputs in these points,

beginning with r = j = 1. Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 4(11), 2019, doi:10.23915/distill.00021, which also gives the rule for layers that join
paths: the largest of theirs, if the distances agree.

The points are those of the array that the first such layer reads, be it the table itself or what a layer
such as Reshape or Embedding made of it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.networks import graph

if TYPE_CHECKING:
    import keras


class View(NamedTuple):
    """What one output sees, in each dimension: `size` points, `jump` points from its neighbour's."""

    size: tuple[int, ...]
    jump: tuple[int, ...]

    def __str__(self) -> str:
        return " x ".join(map(str, self.size))


# Before the first window, and after a layer whose outputs depend on all points or on no fixed number of them.
NOT_YET, NO_MORE = "not yet", "no more"


def views(model: "keras.Model") -> dict[str, View]:
    """Return layer name -> what its outputs see, for the layers of a built model that look through windows."""
    found: dict[str, View | str] = {}
    layers = {layer.name: layer for layer in model.layers}
    for name, feeding in graph.sources(model).items():
        found[name] = _through(layers[name], [found.get(source, NO_MORE) for source in feeding])
    return {name: view for name, view in found.items() if isinstance(view, View)}


def _through(layer: "keras.Layer", reaching: list[View | str]) -> View | str:
    """Return what the outputs of a layer see, from what those of the layers that feed it see."""
    known = of_class(type(layer).__name__)
    if not reaching:
        reaching = [NOT_YET]
    if known.has(Trait.JOINS):
        return _joined(reaching)
    if NO_MORE in reaching or len(reaching) > 1:
        return NO_MORE
    (view,) = reaching
    # One that steps through a sequence looks at all steps before.
    if known.has(Trait.WINDOW) and not known.has(Trait.HAS_STATE):
        return _widened(layer, view)
    return view if view == NOT_YET or known.has(Trait.POINTWISE) else NO_MORE


def _widened(layer: "keras.Layer", view: View | str) -> View | str:
    size = tuple(getattr(layer, "kernel_size", None) or layer.pool_size)
    ones = (1,) * len(size)
    r, j = view if isinstance(view, View) else (ones, ones)
    if len(r) != len(size):
        return NO_MORE
    dilation = _of_each(getattr(layer, "dilation_rate", 1), size)
    strides = _of_each(layer.strides, size)
    seen = (now + (k - 1) * d * jump for now, k, d, jump in zip(r, size, dilation, j, strict=True))
    return View(tuple(seen), tuple(jump * s for jump, s in zip(j, strides, strict=True)))


def _of_each(value: int | Sequence[int], size: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,) * len(size)


def _joined(reaching: list[View | str]) -> View | str:
    looking = [view for view in reaching if isinstance(view, View)]
    if NO_MORE in reaching or not looking:
        return NO_MORE if NO_MORE in reaching else NOT_YET
    ones = (1,) * len(looking[0].size)
    every = [view if isinstance(view, View) else View(ones, ones) for view in reaching]
    if len({view.jump for view in every}) > 1:  # of other distances, or other dimensions
        return NO_MORE
    return View(tuple(map(max, zip(*(view.size for view in every), strict=True))), every[0].jump)
