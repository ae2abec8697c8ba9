"""The table of a network's layers, as the tools print, store and show it."""

from typing import TYPE_CHECKING, NamedTuple

from dltools.networks import receptive_field

if TYPE_CHECKING:
    import keras


class LayerRow(NamedTuple):
    """One line: position, name, type, output shape, number of parameters, points that one output sees.

    `receptive_field` is empty for a layer that sees all points, or each by itself; see the module of that name.
    """

    position: int
    name: str
    type: str
    output_shape: str
    parameters: int
    receptive_field: str


HEADER = ("Layer", "Name", "Type", "Output shape", "Parameters", "Receptive field")


def rows(model: "keras.Model", positions: dict[str, int] | None = None) -> list[LayerRow]:
    """Return one row a layer.

    Parameters:
        model: a `keras.Model`; of one that is not built only names and types are known.
        positions: layer name -> its position in the form, for the layers to list, in this order; by default
            those of the model, numbered from 1.
    """
    layers = {layer.name: layer for layer in model.layers}
    positions = positions or {name: number for number, name in enumerate(layers, start=1)}
    views = receptive_field.views(model) if model.built else {}
    return [_row(layers[name], number, views) for name, number in positions.items()]


def _row(layer: "keras.Layer", position: int, views: dict[str, receptive_field.View]) -> LayerRow:
    parameters = layer.count_params() if layer.built else 0
    return LayerRow(
        position, layer.name, type(layer).__name__, _output_shape(layer), parameters, str(views.get(layer.name, ""))
    )


def _output_shape(layer: "keras.Layer") -> str:
    try:
        output = layer.output
    except (AttributeError, ValueError):
        return "?"
    shapes = [tuple(t.shape) for t in output] if isinstance(output, (list, tuple)) else tuple(output.shape)
    return str(shapes)


def drawn(table: list[LayerRow]) -> str:
    """Draw the table with aligned columns, and the sum of the parameters below."""
    cells = _cells(table)
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEADER))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join([*lines, f"Parameters in all: {sum(row.parameters for row in table):,}"])


def tabular(table: list[LayerRow]) -> str:
    """Return the table as Galaxy's tabular format has it: a header and tab-separated columns."""
    return "".join("\t".join(row) + "\n" for row in _cells(table))


def _cells(table: list[LayerRow]) -> list[tuple[str, ...]]:
    return [HEADER, *(tuple(map(str, row)) for row in table)]
