"""The part of the form that asks for layers, written from their entries in the catalogue.

A macro for each layer holds its case; content is what a model type asks of every layer. What is no list of layers and
their parameters stands in `tools/macros/layers.xml`, by hand.
"""

import math
from collections.abc import Iterable, Mapping

from dltools.catalogue import weights
from dltools.catalogue.layers import table
from dltools.catalogue.layers.entry import Field, Layer
from dltools.forms.kinds import Axes, Choice, Constraint, Flag, Real, Whole, Word
from tests.support.xml_lines import element, options

_LITERAL = element("expand", macro="sanitizer_literal")


def macros() -> dict[str, list[str]]:
    """Return macro -> its lines."""
    functional = table.FUNCTIONAL_LAYERS
    return {
        "layer_names_sequential": _names(table.CHAINED | table.LAST),
        "layer_names_functional": [*options(["Input"]), *_names(table.CHAINED | table.MERGING | table.LAST)],
        **{f"layer_{name}": _case(name, layer) for name, layer in functional.items()},
        "layers_sequential": [line for name in table.LAYERS for line in _expanded(name)],
        "layers_functional": [
            line for name, layer in functional.items() for line in _expanded(name, _asked(name, layer))
        ],
    }


def _names(groups: Mapping[str, Mapping[str, Layer]]) -> list[str]:
    labels = {
        name: f"{group} -- {layer.label or name}" for group, layers in groups.items() for name, layer in layers.items()
    }
    return options(labels, labels)


def _asked(name: str, layer: Layer) -> str:
    """Return the macro of what a functional model asks of a layer beside its parameters: which ones feed it."""
    if name == "Input":
        return ""
    return "attended_layers" if layer.attends else "merging_layers" if layer.merges else "inbound_nodes"


def _expanded(name: str, content: str = "") -> list[str]:
    within = element("expand", macro=content) if content else []
    return element("expand", within, macro=f"layer_{name}")


def _case(name: str, layer: Layer) -> list[str]:
    """Return the case of a layer: which ones feed it stands last, where these are not most of what it is."""
    lines = [*_wrapped(layer), *(line for field in layer.fields for line in _parameter(field))]
    if layer.keywords:
        lines += element("expand", macro="kwargs", example=layer.keywords)
    content = element("yield")
    return element("when", [*content, *lines] if layer.merges else [*lines, *content], value=name)


def _wrapped(layer: Layer) -> list[str]:
    """Return the choice of the layer that another wraps."""
    if not layer.wraps:
        return []
    choice = element(
        "param", options(layer.wraps, chosen=layer.wraps[0]), name="layer_type", type="select",
        label="Choose the layer that is wrapped", help=layer.wraps_help,
    )  # fmt: skip
    cases = [line for name in layer.wraps for line in _expanded(name)]
    return element("conditional", [*choice, *cases], name="wrapped")


def _parameter(field: Field) -> list[str]:
    if isinstance(field.kind, Constraint):
        return element("expand", macro=field.macro, name=field.name)
    known = {"name" if field.named else "argument": field.name, "label": field.label or field.name}
    known |= {"help": field.help} if field.help else {}
    kind, content, held = _typed(field)
    name, *shown = known.items()
    return element("param", content, **dict([name]), type=kind, **held, **dict(shown))


def _typed(field: Field) -> tuple[str, Iterable[str], dict[str, str]]:
    """Return the type of a parameter of the form, what stands inside it, and its further attributes."""
    kind = field.kind
    if isinstance(kind, Choice | weights.Initializer):
        listed = isinstance(kind, Choice) and not field.macro
        offered = options(kind.options, field.options, field.shown) if listed else element("expand", macro=field.macro)
        return "select", offered, {}
    if isinstance(kind, Flag):
        return "boolean", [], {"truevalue": "booltrue", "falsevalue": "boolfalse", "checked": "false"}
    blank = not field.required if field.blank is None else field.blank
    if field.whole or isinstance(kind, Whole | Real) or (isinstance(kind, Axes) and not kind.several):
        limits = (1, math.inf) if field.whole else _limits(kind)
        ends = {name: f"{end:g}" for name, end in zip(("min", "max"), limits, strict=True) if math.isfinite(end)}
        number = "float" if isinstance(kind, Real) else "integer"
        return number, [], {"value": field.default, **ends, **({"optional": "true"} if blank else {})}
    rules = element("expand", macro=field.macro) if field.macro else []
    content = rules if isinstance(kind, Word) else [*_LITERAL, *rules]
    return "text", content, {"value": field.default, "optional": str(blank).lower()}


def _limits(kind: object) -> tuple[float, float]:
    if isinstance(kind, Whole):
        return kind.least, math.inf if kind.most == Whole().most else kind.most
    return (kind.low, kind.high) if isinstance(kind, Real) else (-math.inf, math.inf)
