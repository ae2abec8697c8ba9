"""What the form of 'Create a deep learning model architecture' asks for, read layer by layer."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dltools.catalogue.former_arguments import INPUT_SHAPE
from dltools.catalogue.layers.entry import Layer
from dltools.catalogue.layers.making import entry, make
from dltools.catalogue.layers.table import FUNCTIONAL_LAYERS, LAYERS
from dltools.catalogue.pretrained_form import PRETRAINED
from dltools.core.errors import UserError, listed, quoted
from dltools.core.types import Json, Options
from dltools.forms.kinds import Shape
from dltools.forms.parameters import Form, is_empty, literal

if TYPE_CHECKING:
    import keras

SEQUENTIAL, FUNCTIONAL = "sequential", "functional"
_TABLES: Mapping[str, dict[str, Layer]] = {SEQUENTIAL: LAYERS, FUNCTIONAL: FUNCTIONAL_LAYERS}
INPUT = "Input"
# The fewest and the most layers that one takes, and the rule in words.
_MERGED = (2, float("inf"), "at least two layers, such as [1, 2]")
_ATTENDED = (1, 3, "the query, the value and the key, such as [1, 2, 2]; the key may be left out, and the value too")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLayer:
    """A layer of the form.

    Attributes:
        label: position and type, for messages: "Layer 2 (Conv2D)".
        type: its name in the form.
        entry: what the catalogue says of it.
        build: the class in `keras.layers`, or what stands for it.
        options: the arguments of its constructor.
        sources: in a functional model, the positions of the layers that feed it, counted from 1; () for an input.
        stated_shape: what its keyword arguments say of the shape of a sample that reaches it; None for nothing.
    """

    label: str
    type: str
    entry: Layer
    build: "Callable[..., keras.Layer]"
    options: Options
    sources: tuple[int, ...] = ()
    stated_shape: tuple[int | None, ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DesignForm:
    """A network, as the user asks for it.

    Attributes:
        kind: `SEQUENTIAL` or `FUNCTIONAL`.
        layers: in the order of the form.
        input_shape: of a sequential model, the shape of a sample; None where it is not given.
        inputs, outputs: of a functional model, the positions of the layers that it begins and ends with.
    """

    kind: str
    layers: tuple[ChosenLayer, ...]
    input_shape: tuple[int | None, ...] | None = None
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()

    @classmethod
    def read(cls, form: Form) -> "DesignForm":
        """Read all parameters of the tool, as Galaxy's JSON holds them; Keras runs by now.

        Raises:
            UserError: names the layer, its position, the parameter and the rule.
        """
        selection = form["model_selection"]
        kind = selection["model_type"]
        if kind not in _TABLES:
            raise UserError(
                f"Select keras model type: must be one of {listed((*_TABLES, PRETRAINED))}. Received: {quoted(kind)}."
            )
        # The boxes on a layer's weights stand beside its type in the form, so that they stand there once.
        boxes = [
            {**box["layer_selection"], "weights_options": box.get("weights_options")} for box in selection["layers"]
        ]
        if not boxes:
            raise UserError("A model needs at least one layer. Add one with 'Insert LAYER'.")
        if kind == SEQUENTIAL:
            return _sequential(selection, boxes)
        layers = tuple(_chosen(FUNCTIONAL_LAYERS, position, boxes) for position in range(1, len(boxes) + 1))
        inputs, outputs = (
            _positions(selection.get(f"{end}_layers"), f"{end}_layers", boxes) for end in ("input", "output")
        )
        return cls(kind=kind, layers=layers, inputs=inputs, outputs=outputs)


def _sequential(selection: Form, boxes: Sequence[dict]) -> DesignForm:
    shape = None
    if not is_empty(selection.get("input_shape")):
        shape = Shape(unknown=None).read(selection["input_shape"], "input_shape")
    layers = tuple(_chosen(LAYERS, position, boxes) for position in range(1, len(boxes) + 1))
    shape = layers[0].stated_shape if shape is None else shape
    return DesignForm(kind=SEQUENTIAL, layers=layers, input_shape=shape)


def _chosen(table: dict[str, Layer], position: int, boxes: Sequence[dict]) -> ChosenLayer:
    """Return the layer at a position of the form."""
    values = boxes[position - 1]
    label, layer = entry(table, position, values)
    build, options = make(table, values, label)
    fed = table is FUNCTIONAL_LAYERS and values["layer_type"] != INPUT
    return ChosenLayer(
        label=label,
        type=values["layer_type"],
        entry=layer,
        build=build,
        options={name: value for name, value in options.items() if name != INPUT_SHAPE},
        stated_shape=options.get(INPUT_SHAPE),
        sources=_sources(values, layer, position, len(boxes), label) if fed else (),
    )


def _sources(values: Mapping[str, Any], layer: Layer, position: int, count: int, label: str) -> tuple[int, ...]:
    """Return the positions of the layers that feed one."""
    if not layer.merges:
        if is_empty(values.get("inbound_nodes")):
            raise UserError(f"{label}: inbound_nodes must be given: the position of the layer that feeds this one.")
        return (_earlier(values["inbound_nodes"], position, count, f"{label}: inbound_nodes"),)
    sources = literal(values.get("merging_layers") or "[]", f"{label}: merging_layers")
    sources = [sources] if isinstance(sources, int) else sources
    least, most, rule = _ATTENDED if layer.attends else _MERGED
    if not isinstance(sources, (list, tuple)) or not least <= len(sources) <= most:
        raise UserError(
            f"{label}: merging_layers must list the positions of {rule}. "
            f"Received: {quoted(values.get('merging_layers'))}."
        )
    return tuple(_earlier(p, position, count, f"{label}: merging_layers") for p in sources)


def _earlier(value: Json, position: int, count: int, label: str) -> int:
    number = literal(value, label)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UserError(f"{label} must be the position of an earlier layer, counted from 1. Received: {quoted(value)}.")
    if number >= position:
        where = (
            "itself"
            if number == position
            else f"layer {number}, which {'comes later' if number <= count else 'is not there'}"
        )
        hint = (
            f"Refer to one of the layers before it, 1 to {position - 1}."
            if position > 1
            else "Begin with a layer of type Input."
        )
        raise UserError(f"{label}: layer {position} refers to {where}. {hint}")
    return number


def _positions(text: Json, name: str, boxes: Sequence[dict]) -> tuple[int, ...]:
    count = len(boxes)
    numbers = literal(text or "[]", name)
    numbers = [numbers] if isinstance(numbers, int) else numbers
    fits = (
        isinstance(numbers, (list, tuple))
        and numbers
        and all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= count for n in numbers)
    )
    if not fits:
        raise UserError(
            f"{name}: must list positions of layers from 1 to {count}, such as [1]. Received: {quoted(text)}."
        )
    twice = next((n for n in numbers if numbers.count(n) > 1), None)
    if twice is not None:
        raise UserError(f"{name}: layer {twice} is listed twice. Received: {quoted(text)}.")
    return tuple(numbers)
