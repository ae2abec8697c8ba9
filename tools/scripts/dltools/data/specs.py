"""What a model knows of the features and of the target that it was trained on: its file keeps it as JSON."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dltools.catalogue.target_kinds import REGRESSION
from dltools.images.image_spec import ImageSpec


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """The features of a sample.

    Attributes:
        width: how many numbers a sample has; None where a network from elsewhere takes any number.
        names: of the columns, or None; the numbers of images have none.
        tables: the number of columns of each of several tables side by side, None where it is not known; () for one
            table. The numbers of images count as a table.
        images: what was done with images, whose numbers are the first `math.prod(images.shape)`; None for tables.
    """

    width: int | None
    names: tuple[str, ...] | None = None
    tables: tuple[int | None, ...] = ()
    images: ImageSpec | None = None

    @property
    def pixels(self) -> int:
        """How many of the numbers are those of images; the columns of tables come after them."""
        return math.prod(self.images.shape) if self.images else 0

    @property
    def counted(self) -> str:
        """What messages count samples as."""
        return "images" if self.images else "rows"

    def name(self, position: int) -> str:
        """Return the name of a feature by its position, from 0; "" where it has none."""
        return self.names[position - self.pixels] if self.names and position >= self.pixels else ""

    def contents(self, samples: int) -> str:
        """Say what so many samples are."""
        if self.images is None:
            return f"{samples} {self.counted}, {self.width} columns"
        beside = (self.width or 0) - self.pixels
        columns = f", and {beside} columns of tables" if beside else ""
        return f"{samples} {self.counted}, each brought to {_times(self.images.shape)}{columns}"

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "FeatureSpec":
        """Return what a model file says; its form is known to be right."""
        names = found.get("names")
        return cls(
            width=found["count"],
            names=None if names is None else tuple(names),
            tables=tuple(found.get("tables", ())),
            images=ImageSpec.of_json(found["images"]) if "images" in found else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what a model file says."""
        found = {"count": self.width, "names": None if self.names is None else list(self.names)}
        tables = {"tables": list(self.tables)} if self.tables else {}
        return found | tables | ({"images": self.images.to_json()} if self.images else {})


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """The target, or that of one of several outputs.

    Attributes:
        kind: one of those of `target_kinds`.
        classes: in the order of the network's units, whole numbers where they are such; () for a regression.
        names: of the target's columns, where they have any.
        outputs: of several outputs, each one's own; then there are neither classes nor names here.
        output, units: of one of several outputs, its name and how many numbers it gives for a sample.
    """

    kind: str
    classes: tuple[int | str, ...] = ()
    names: tuple[str, ...] = ()
    outputs: tuple["TargetSpec", ...] = ()
    output: str = ""
    units: int | None = None

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "TargetSpec":
        """Return what a model file says; its form is known to be right."""
        return cls(
            kind=found["kind"],
            classes=tuple(found["classes"]),
            names=tuple(found["names"]),
            outputs=tuple(map(cls.of_json, found.get("outputs", ()))),
            output=found.get("output", ""),
            units=found.get("units"),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what a model file says."""
        found = {"kind": self.kind, "classes": list(self.classes), "names": list(self.names)}
        named = {"output": self.output, "units": self.units} if self.output else {}
        several = {"outputs": [own.to_json() for own in self.outputs]} if self.outputs else {}
        return named | found | several

    @property
    def each(self) -> Sequence["TargetSpec"]:
        """The target of each output; of a single one, itself."""
        return self.outputs or (self,)

    @property
    def classifies(self) -> bool:
        """Whether it is one of classes, or any of its outputs' is."""
        return any(own.kind != REGRESSION for own in self.each)
