"""A layer as the rules of `misfits` see it, before Keras does."""

from typing import NamedTuple, cast

from dltools.catalogue.layers.table import of_class
from dltools.core.types import Options

# Sizes of data, the samples first; None for a size that is not known.
DataShape = tuple[int | None, ...]


class Before(NamedTuple):
    """A layer that stands before another: its label in the form, its class, its arguments, the shape of its output."""

    label: str
    name: str
    options: Options
    shape: DataShape | list[DataShape] | None = None


class SeenLayer(NamedTuple):
    """A layer as the rules see it.

    Attributes:
        name: its class in `keras.layers`.
        options: its arguments, those that are given.
        shape: of the data that reach it, with None for the samples; of several layers, a list of shapes.
        before: the layers before it, the nearest first; of several layers, those that feed it, in order.
        outer: sizes that stand before `shape` in the data of a layer that works on each step by itself.
    """

    name: str
    options: Options
    shape: DataShape | list[DataShape] | None
    before: tuple[Before, ...] = ()
    outer: DataShape = ()

    @property
    def one(self) -> DataShape:
        """The shape of the data of one layer: ask only where one feeds it."""
        return cast("DataShape", self.shape)

    @property
    def several(self) -> list[DataShape]:
        """The shapes of the data of several layers: ask only where several feed it."""
        return cast("list[DataShape]", self.shape)

    @property
    def dimensions(self) -> int:
        """Number of dimensions of its places, 0 where it takes any."""
        return of_class(self.name).dimensions

    @property
    def channels_first(self) -> bool:
        """Whether the channels stand before the places."""
        return self.options.get("data_format") == "channels_first"

    @property
    def places(self) -> DataShape:
        """Sizes of the axes that a window moves along."""
        start = len(self.one) - self.dimensions - (not self.channels_first)
        return tuple(self.one[start : start + self.dimensions])

    @property
    def channels(self) -> int | None:
        """Size of the axis of the channels, None where it is unknown."""
        return self.one[-1 - self.dimensions if self.channels_first else -1]

    def sizes(self, argument: str, default: int = 1) -> tuple[int, ...]:
        """Return an argument of a number for each dimension, which may be given as one for all."""
        value = self.options.get(argument)
        value = default if value is None else value
        return tuple(value) if isinstance(value, (tuple, list)) else (value,) * self.dimensions
