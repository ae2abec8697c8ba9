"""A network layer by layer: type, name, output shape and number of parameters of each, and what feeds what."""

import dataclasses
import itertools
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.forms.parameters import dataset
from dltools.plots import network_layout
from dltools.plots.drawing import Display, figure_of, shortened

if TYPE_CHECKING:
    import keras
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

    from dltools.networks import layer_table

_LABEL = "Select the JSON dataset containing configuration for a neural network model"
_LETTER, _LINE, _MARGIN, _BETWEEN = 0.073, 0.165, 0.1, 0.3  # inches, at a font size of 9
_MAX_INSIDE = 12
# Layers that arrows go past, in all: some 15 s of drawing, and far beyond what an eye can follow.
MAX_PASSED = 30_000
_WITH_WEIGHTS, _WITHOUT, _INPUT = "#cfe3f1", "#eeeeee", "#fbeec4"


class Box(NamedTuple):
    """One layer: its type, name, output shape as a text and number of parameters; the layers inside, one line each."""

    type: str
    name: str
    shape: str
    parameters: int
    inside: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What the box says below its heading."""
        count = f"{self.parameters:,} parameters" if self.parameters else "no parameters"
        return [self.shape, count, *self.inside]

    @property
    def heading(self) -> str:
        """What stands in bold."""
        return f"{self.type}  {shortened(self.name, 32)}"

    @property
    def width(self) -> float:
        """Width in inches."""
        return _LETTER * max(1.1 * len(self.heading), *map(len, self.lines)) + 2 * _MARGIN

    @property
    def height(self) -> float:
        """Height in inches."""
        return _LINE * (1 + len(self.lines)) + 2 * _MARGIN


@dataclasses.dataclass(eq=False, kw_only=True)
class Network(Display):
    """Boxes, and edges from one to another by their positions, each from a lower to a higher one.

    After `plot`, `boxes_` holds each box's `matplotlib.patches.FancyBboxPatch`, `texts_` its heading and its lines, and
    `arrows_` one artist an edge.
    """

    boxes: list[Box]
    edges: list[tuple[int, int]]
    interactive = False

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw on `ax` or on a new figure that fits the network."""
        from matplotlib.figure import Figure

        places = network_layout.layout([box.width for box in self.boxes], self.edges)
        rows: list[list[float]] = [[] for _ in range(max(places.ranks) + 1)]
        for box, rank in zip(self.boxes, places.ranks, strict=True):
            rows[rank].append(box.height)
        tops = np.concatenate([[0.0], np.cumsum([max(row) + _BETWEEN for row in rows])])
        ways = [x for way in places.ways for x in way]
        right = max([c + b.width / 2 for c, b in zip(places.centres, self.boxes, strict=True)] + ways)
        head = 0.45 + 0.2 * (len(self.title) // max(10, int(11 * right)))
        natural = (max(right + 0.4, 3.2), tops[-1] + head + 0.25)
        if ax is None:
            figure = Figure(figsize=self.size or natural)
            ax = figure.add_axes((0, 0, 1, 1))
        self.axes_ = ax
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.set_xlim((right - natural[0]) / 2, (right + natural[0]) / 2)
        ax.set_ylim(natural[1] - head, -head)
        actual = figure_of(ax).get_size_inches()
        self._font = 9 * min(actual[0] / natural[0], actual[1] / natural[1])
        self.boxes_: list = []
        self.texts_: list = []
        middles = [tops[rank] + max(rows[rank]) / 2 for rank in range(len(rows))]
        for box, centre, rank in zip(self.boxes, places.centres, places.ranks, strict=True):
            self._draw_box(box, centre, middles[rank])
        self.arrows_ = [
            self._draw_arrow(source, end, way, places.ranks, rows, tops, middles)
            for (source, end), way in zip(self.edges, places.ways, strict=True)
        ]
        ax.text(
            right / 2,
            tops[-1] - 0.02,
            f"{self.parameters:,} parameters in all",
            ha="center",
            va="top",
            fontsize=self._font,
        )
        self.set_figure_title(ax)
        return self

    @property
    def parameters(self) -> int:
        """Number of parameters of all layers."""
        return sum(box.parameters for box in self.boxes)

    def _draw_box(self, box: Box, centre: float, middle: float) -> None:
        from matplotlib.patches import FancyBboxPatch

        color = _INPUT if box.type == "InputLayer" else _WITH_WEIGHTS if box.parameters else _WITHOUT
        corner = (centre - box.width / 2, middle - box.height / 2)
        patch = FancyBboxPatch(
            corner,
            box.width,
            box.height,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=color,
            edgecolor="#444444",
            linewidth=0.8,
        )
        self.boxes_.append(self.axes_.add_patch(patch))
        top = corner[1] + _MARGIN + _LINE / 2
        options = {"ha": "center", "va": "center_baseline", "fontsize": self._font, "parse_math": False}
        texts = [self.axes_.text(centre, top, box.heading, weight="bold", **options)]
        for number, line in enumerate(box.lines, start=1):
            texts.append(self.axes_.text(centre, top + number * _LINE, line, **options))
        self.texts_.append(texts)

    def _draw_arrow(
        self,
        source: int,
        end: int,
        way: list[float],
        ranks: np.ndarray,
        rows: list[list[float]],
        tops: np.ndarray,
        middles: list[float],
    ) -> "Patch":
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        points = [(way[0], middles[ranks[source]] + self.boxes[source].height / 2)]
        for x, rank in zip(way[1:-1], range(ranks[source] + 1, ranks[end]), strict=True):
            points += [(x, tops[rank]), (x, tops[rank] + max(rows[rank]))]
        points.append((way[-1], middles[ranks[end]] - self.boxes[end].height / 2))
        vertices, codes = [points[0]], [Path.MOVETO]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            half = (y0 + y1) / 2
            vertices += [(x0, half), (x1, half), (x1, y1)]
            codes += [Path.CURVE4] * 3
        arrow = FancyArrowPatch(
            path=Path(vertices, codes),
            arrowstyle="-|>",
            mutation_scale=self._font,
            color="#444444",
            linewidth=0.9,
            shrinkA=0,
            shrinkB=0,
        )
        return self.axes_.add_patch(arrow)

    def table(self) -> tuple[list[str], list]:
        """Return one line a layer, with the layers that feed it."""
        fed = [[self.boxes[a].name for a, b in self.edges if b == i] for i in range(len(self.boxes))]
        columns = [[getattr(box, field) for box in self.boxes] for field in ("name", "type", "shape")]
        names = ["name", "type", "output_shape", "parameters", "inputs"]
        return names, [
            *columns,
            np.asarray([box.parameters for box in self.boxes]),
            [", ".join(names) for names in fed],
        ]

    def summary(self) -> str:
        """Say how large the network is."""
        return f"{len(self.boxes)} layers, {self.parameters:,} parameters"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """The network of a file: a model configuration, a trained model, or a network that plain Keras saved."""

    source: Dataset

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(source=dataset(form.get("infile_model_config"), _LABEL))

    def display(self) -> Network:
        """Read the network.

        Raises:
            UserError: no network, or one that is refused or cannot be drawn.
        """
        # Keras is kept from importing Matplotlib; what draws the plot must be there before.
        import matplotlib.figure  # noqa: F401

        from dltools.backend.keras_runtime import keras_for_design

        keras_for_design()
        from dltools.model_files import model_source

        _, model = model_source.read_architecture(self.source)
        boxes, edges = of_model(model)
        passed = network_layout.passages(len(boxes), edges)
        if passed > MAX_PASSED:
            raise UserError(
                f"{self.source}: its {len(boxes):,} layers have {len(edges):,} connections that go past {passed:,} "
                f"layers in all, more than a figure can show ({MAX_PASSED:,}). 'Create a deep learning model "
                "architecture' lists the layers."
            )
        return Network(title=model.name, boxes=boxes, edges=edges)


def of_model(model: "keras.Model") -> tuple[list[Box], list[tuple[int, int]]]:
    """Return the boxes of a `keras.Model`'s layers, and its edges, as `Network` takes them."""
    from dltools.networks import layer_table

    rows = layer_table.rows(model)
    config = model.get_config()["layers"]
    inputs = [entry for entry in config if entry["class_name"] == "InputLayer"]
    boxes = [_box(row, layer) for row, layer in zip(rows, model.layers, strict=True)]
    if "input_layers" in model.get_config():
        position = {layer.name: index for index, layer in enumerate(model.layers)}
        edges = {
            (position[name], position[entry["config"]["name"]])
            for entry in config
            for name in _feeding(entry["inbound_nodes"])
        }
        return boxes, sorted(edges)
    # A sequential model's layers do not count its input.
    if inputs:
        shape = str(tuple(inputs[0]["config"]["batch_shape"]))
        boxes.insert(0, Box("InputLayer", inputs[0]["config"]["name"], shape, 0))
    return boxes, [(i, i + 1) for i in range(len(boxes) - 1)]


def _feeding(found: object) -> list[str]:
    """Return the names of the layers whose tensors stand anywhere in a layer's `inbound_nodes`."""
    if isinstance(found, dict):
        if found.get("class_name") == "__keras_tensor__":
            return [found["config"]["keras_history"][0]]
        found = list(found.values())
    return [name for part in found for name in _feeding(part)] if isinstance(found, (list, tuple)) else []


def _box(row: "layer_table.LayerRow", layer: "keras.Layer") -> Box:
    shape = "not known before data arrives" if row.output_shape == "?" else row.output_shape
    inner = next((getattr(layer, name) for name in ("forward_layer", "layer") if hasattr(layer, name)), None)
    kind = row.type if inner is None else f"{row.type} ({type(inner).__name__})"
    lines: tuple[str, ...] = ()
    if hasattr(layer, "layers"):
        lines = tuple(f"{type(one).__name__} {shortened(one.name, 24)}" for one in layer.layers)
        if len(lines) > _MAX_INSIDE:
            lines = (*lines[: _MAX_INSIDE - 1], f"… and {len(lines) - _MAX_INSIDE + 1} more")
    return Box(kind, row.name, shape, row.parameters, lines)
