"""Data of another number of dimensions than a layer takes: what it takes, and how to bring them there."""

import math
from collections.abc import Sequence

from dltools.catalogue.layers.table import LAYERS, of_class
from dltools.catalogue.layers.traits import Trait
from dltools.networks.seen import Before, DataShape, SeenLayer

# Arguments that say how many dimensions a layer's data have.
_OF_RANK = ("dims", "equation")
# Number of dimensions without channels -> what such data are called, and their axes.
_THINGS = {1: "sequences", 2: "images", 3: "volumes"}
_AXES = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def known(sizes: Sequence[int | None]) -> tuple[int, ...] | None:
    """Return sizes if all of them are known."""
    found = tuple(size for size in sizes if size is not None)
    return found if len(found) == len(sizes) else None


def product(sizes: Sequence[int | None]) -> int | None:
    """Return the product of sizes, None where one is not known."""
    found = known(sizes)
    return None if found is None else math.prod(found)


def told(sizes: Sequence[int | None]) -> str:
    """Return sizes as a person writes them: ``28`` or ``(28, 28)``."""
    return str(sizes[0]) if len(sizes) == 1 else str(tuple(sizes))


def up_to(count: int) -> str:
    """Return which numbers from 1 on there are: ``1`` or ``from 1 to 3``."""
    return "1" if count == 1 else f"from 1 to {count}"


def sentence(layer: SeenLayer) -> str | None:
    """Return why data of this number of dimensions do not suit a layer, and what to change; None where they do.

    Parameters:
        layer: with one shape.
    """
    wanted = _wanted(layer)
    given = len(layer.one) - 1
    if wanted is None or wanted[0] <= given <= wanted[1]:
        return None
    least, _, things = wanted
    return f"it takes {things}. {_hint(layer, least)}"


def _wanted(layer: SeenLayer) -> tuple[int, float, str] | None:
    """Return the fewest and the most dimensions of a sample that a layer takes, and what it takes in words."""
    name, options, known = layer.name, layer.options, of_class(layer.name)
    dimensions = known.dimensions
    if dimensions and known.has(Trait.HAS_STATE):
        axes = _shown(dimensions, layer.channels_first).replace("steps", "places")
        return dimensions + 2, dimensions + 2, f"sequences of {_THINGS[dimensions]}: (steps, {axes[1:]}"
    if dimensions:
        return dimensions + 1, dimensions + 1, f"{_THINGS[dimensions]}: {_shown(dimensions, layer.channels_first)}"
    if known.has(Trait.READS_STEPS):
        return 2, 2, "sequences: (steps, features)"
    if known.has(Trait.IMAGES):
        return 3, 3, f"images: {_shown(2, layer.channels_first)}"
    if known.attends:
        return 2, 2 if name == "GroupQueryAttention" else math.inf, "sequences: (steps, features)"
    if name == "TimeDistributed":
        return 2, math.inf, "sequences: the steps first, and what it works on at each"
    if name == "RepeatVector" or (name == "CategoryEncoding" and options.get("output_mode", "multi_hot") != "one_hot"):
        return 1, 1, "rows of numbers, one for each sample"
    if name == "Permute":
        return (
            len(options["dims"]),
            len(options["dims"]),
            f"data of as many dimensions as dims names, {len(options['dims'])}",
        )
    if name == "EinsumDense" and "." not in options["equation"]:
        axes = options["equation"].partition(",")[0]
        return (
            len(axes) - 1,
            len(axes) - 1,
            f"data with the axes {', '.join(axes)} of its equation, the first of which is the samples",
        )
    return None


def _shown(dimensions: int, channels_first: bool) -> str:
    axes = _AXES[dimensions]
    return f"({', '.join(('channels', *axes) if channels_first else (*axes, 'channels'))})"


def _hint(layer: SeenLayer, wanted: int) -> str:
    sample = tuple(layer.one[1:])
    sender = _last_step_only(layer) if len(sample) == 1 and wanted >= 2 else None
    if sender is not None:
        wraps = (
            "the keyword arguments of the layer inside it"
            if sender.name == "Bidirectional"
            else "its keyword arguments"
        )
        return f"{sender.label} hands on its last step only: type return_sequences=True in {wraps}."
    argument = next((name for name in _OF_RANK if name in layer.options), None)
    if argument is not None:
        return f"Its data have {len(sample)} beside the samples: change {argument}, or what comes before."
    if len(sample) > wanted:
        return _hint_on_many(layer, sample, wanted)
    return _hint_on_few(layer, sample, wanted)


def _hint_on_many(layer: SeenLayer, sample: DataShape, wanted: int) -> str:
    dimensions = len(sample) - 1
    if wanted == 1:
        return "Put a Flatten before it."
    other = _relative(layer.name, dimensions)
    if other:
        return f"For data like these choose {other}."
    features = product(sample[1:])
    if wanted == 2 and features is not None:
        steps = -1 if sample[0] is None else sample[0]
        return f"Put a Reshape to {(*layer.outer, steps, features)} before it, or a TimeDistributed with Flatten."
    if _fits_steps(layer.name) and not layer.outer:
        return "Put it inside a TimeDistributed if the first axis is that of the steps, or put a Reshape before it."
    return "Put a Reshape before it."


def _relative(name: str, dimensions: int) -> str:
    """Return the name of the same layer for another number of dimensions, "" where there is none."""
    known = of_class(name)
    other = name.replace(f"{known.dimensions}D", f"{dimensions}D")
    takes = known.dimensions and not known.has(Trait.HAS_STATE) and of_class(other).dimensions == dimensions
    return other if takes else ""


def _fits_steps(name: str) -> bool:
    """Tell whether a layer may stand inside a TimeDistributed, and has no relative for data of one dimension more."""
    known = of_class(name)
    wrapped = name in LAYERS["TimeDistributed"].wraps
    return bool(wrapped and known.dimensions and not _relative(name, known.dimensions + 1))


def _hint_on_few(layer: SeenLayer, sample: DataShape, wanted: int) -> str:
    if layer.name == "TimeDistributed":
        return "Choose the layer inside it by itself, or put a Reshape to (steps, features) before it."
    sizes = known(sample)
    if sizes is None:
        return "Put a Reshape before it."
    target = _target(sizes, wanted, layer.channels_first)
    if target is None:
        return f"Put a Reshape before it to {wanted} numbers that multiplied give {math.prod(sizes)}."
    shape = str((*layer.outer, *target))
    no_channels = len(sample) == wanted - 1 and wanted > 2
    lead = f"{'There is no axis for the channels: put' if no_channels else 'Put'} a Reshape to {shape} before it"
    if not layer.before:
        lead += f", or let input_shape be {shape}"
    elif layer.before[0].name == "Input":
        lead += f", or let the shape of the Input be {shape}"
    words = (
        " Numbers that stand for words need an Embedding before it."
        if of_class(layer.name).has(Trait.READS_STEPS)
        else ""
    )
    return f"{lead}.{words}"


def _target(sample: tuple[int, ...], wanted: int, channels_first: bool) -> tuple[int, ...] | None:
    """Return a shape of so many dimensions for a sample: with an axis of one channel, or a square or cube made of a
    row.
    """
    if len(sample) == wanted - 1:
        return (1, *sample) if channels_first else (*sample, 1)
    count = math.prod(sample)
    for channels in (1, 3):
        side = round((count / channels) ** (1 / (wanted - 1)))
        if side > 1 and side ** (wanted - 1) * channels == count:
            places = (side,) * (wanted - 1)
            return (channels, *places) if channels_first else (*places, channels)
    return None


def _last_step_only(layer: SeenLayer) -> Before | None:
    """Return the recurrent layer before this one that gives rows although it read steps, if nothing but rows lies
    between.
    """
    for other in layer.before:
        if other.shape is None or isinstance(other.shape, list) or len(other.shape) != 2:
            return None
        options = other.options
        if other.name == "Bidirectional":
            inner = options["layer"]
            options = inner["config"] if isinstance(inner, dict) else inner[1]
        if of_class(other.name).has(Trait.READS_STEPS):
            return None if options.get("return_sequences") else other
    return None
