"""Why a layer does not fit the data that reach it, said in the form's terms and with what to change.

A table of rules: each looks at a layer's class, its arguments and the shape that reaches it. They are asked before
Keras
is, so that what Keras would only notice while it trains, or never, is said when the network is designed. Keras' own
words remain for what no rule knows.
"""

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dltools.catalogue.layers.table import of_class, public_name
from dltools.catalogue.layers.traits import Trait
from dltools.networks import misfit_joins, misfit_ranks
from dltools.networks.misfit_ranks import product, told, up_to
from dltools.networks.seen import Before, DataShape, SeenLayer

if TYPE_CHECKING:
    import keras

_SAMPLES = "axis 0 is that of the samples, which must not be mixed"


# Rule -> the layer that it is about, or the trait of those that it is about.
Rules = Mapping[Callable[[SeenLayer], str | None], str | Trait]


def _window(layer: SeenLayer) -> str | None:
    """A window that is larger than what it moves over."""
    argument = "pool_size" if of_class(layer.name).has(Trait.HOLDS_WINDOW) else "kernel_size"
    if layer.options.get("padding", "valid") != "valid":
        return None
    sizes = layer.sizes(argument, 2)
    reach = tuple(rate * (size - 1) + 1 for size, rate in zip(sizes, layer.sizes("dilation_rate"), strict=True))
    if all(place is None or size <= place for size, place in zip(reach, layer.places, strict=True)):
        return None
    spread = f", which reaches over {told(reach)} with its dilation_rate," if reach != sizes else ""
    return (
        f"its {argument} {told(sizes)}{spread} is larger than the data, {told(layer.places)}. Choose a smaller one, or "
        "type padding='same' in its keyword arguments."
    )


def _cropping(layer: SeenLayer) -> str | None:
    """More to be cut off than there is."""
    amounts = layer.options.get("cropping", 0 if layer.name == "Cropping2D" else 1)
    if not isinstance(amounts, (tuple, list)):
        amounts = (amounts,) * layer.dimensions
    pairs = [amounts] if layer.dimensions == 1 and len(amounts) == 2 else amounts
    cut = [sum(pair) if isinstance(pair, (tuple, list)) else 2 * pair for pair in pairs]
    if all(place is None or amount < place for amount, place in zip(cut, layer.places, strict=True)):
        return None
    return (
        f"cropping cuts off {told(cut)} of data of the size {told(layer.places)}, so that nothing is left. Cut off "
        "less."
    )


def _reshape(layer: SeenLayer) -> str | None:
    """Numbers that cannot be arranged in the new shape."""
    target, sample = layer.options["target_shape"], layer.one[1:]
    count = product(sample)
    if count is None:
        return None
    wanted = math.prod(size for size in target if size != -1)
    if (count % wanted == 0) if -1 in target else (count == wanted):
        return None
    numbers = " x ".join(str(size) for size in target if size != -1)
    wants = f"{'a multiple of ' if -1 in target else ''}{numbers}{f' = {wanted}' if ' x ' in numbers else ''}"
    return (
        f"target_shape {tuple(target)} takes {wants} numbers, but each sample has {count}. Change target_shape, or "
        "what comes before."
    )


def _permute(layer: SeenLayer) -> str | None:
    """An order that leaves out a dimension or names one twice."""
    dims = layer.options["dims"]
    if sorted(dims) == list(range(1, len(dims) + 1)):
        return None
    return f"dims must name each dimension once, from 1 to {len(dims)}. Received: {tuple(dims)}."


_AXES = {"PReLU": "shared_axes"}


def _axes(layer: SeenLayer) -> str | None:
    """An axis that the data have not, or that of the samples."""
    argument = _AXES.get(layer.name, "axis")
    axes = layer.options.get(argument)
    count = len(layer.one) - 1
    for axis in axes if isinstance(axes, (tuple, list)) else [axes]:
        if axis in (0, -count - 1):
            return f"{_SAMPLES}. Choose {argument} {up_to(count)}."
        if axis is not None and (not -count <= axis <= count or (axis < 0 and argument == "shared_axes")):
            counted = "" if argument == "shared_axes" else ", or -1 for the last"
            return f"its data have no axis {axis}. Choose {argument} {up_to(count)}{counted}."
    return None


def _attention_axes(layer: SeenLayer) -> str | None:
    axes, shape = layer.options.get("attention_axes"), layer.several[0] if isinstance(layer.shape, list) else layer.one
    count = len(shape) - 2
    wrong = [
        axis
        for axis in (axes if isinstance(axes, (tuple, list)) else [axes])
        if axis is not None and not 1 <= axis <= count
    ]
    return f"attention_axes must be {up_to(count)}. Received: {told(wrong)}." if wrong else None


def _unknown(layer: SeenLayer) -> str | None:
    """Weights whose number depends on a size that is unknown."""
    if (layer.channels if layer.dimensions else layer.one[-1]) is not None:
        return None
    return (
        "it has weights for each number of its data's last axis, whose size is unknown. Give numbers instead of None "
        "in input_shape."
    )


def _groups(layer: SeenLayer) -> str | None:
    """Channels or filters that cannot be divided into the groups."""
    groups, filters = layer.options.get("groups", 1), layer.options.get("filters")
    if filters is not None and filters % groups:
        return f"its {filters} filters cannot be divided into {groups} groups. Choose groups that divide {filters}."
    channels = layer.channels if layer.dimensions else _along(layer.one, layer.options.get("axis", -1))
    if channels is not None and channels % groups:
        return (
            f"the {channels} channels of its data cannot be divided into {groups} groups. Choose groups that divide "
            f"{channels}."
        )
    return None


def _along(shape: DataShape, axis: int) -> int | None:
    return shape[axis] if -len(shape) <= axis < len(shape) else None


def _heads(layer: SeenLayer) -> str | None:
    query, shared = layer.options["num_query_heads"], layer.options["num_key_value_heads"]
    return f"num_query_heads {query} must be a multiple of num_key_value_heads {shared}." if query % shared else None


def _strides(layer: SeenLayer) -> str | None:
    """A window that leaps and has gaps, which Keras does not compute."""
    strides, rates = layer.sizes("strides"), layer.sizes("dilation_rate")
    if max(strides) == 1 or max(rates) == 1:
        return None
    return f"strides {told(strides)} and dilation_rate {told(rates)} cannot both be above 1. Leave one of them out."


def _output_padding(layer: SeenLayer) -> str | None:
    padding, strides = layer.sizes("output_padding", 0), layer.sizes("strides")
    if all(size < stride or not size for size, stride in zip(padding, strides, strict=True)):
        return None
    return f"output_padding {told(padding)} must be smaller than strides {told(strides)}."


def _states(layer: SeenLayer) -> str | None:
    """What recurrent layers do for programs that call them step by step."""
    if layer.options.get("return_state"):
        return (
            "return_state=True gives several results, of which the next layer takes one. Leave it out, or type "
            "return_sequences=True."
        )
    if layer.options.get("stateful"):
        return (
            "stateful=True goes on from one batch to the next, but samples are independent of each other here. Leave "
            "it out."
        )
    if layer.options.get("unroll") and layer.shape is not None and layer.one[1] is None:
        return (
            "unroll=True needs to know the number of steps. Give a number instead of None in input_shape, or leave "
            "unroll out."
        )
    return None


def _words(layer: SeenLayer) -> str | None:
    for other in layer.before:
        if other.name == "Discretization":
            return None
        if of_class(other.name).has(Trait.FRACTIONS) or {
            "units",
            "filters",
            "output_dim",
            "equation",
            "num_heads",
        } & set(other.options):
            return (
                f"it looks up whole numbers that stand for words, but {other.label} gives fractions. Let it be the "
                "first layer, or leave it out."
            )
    return None


def _einsum(layer: SeenLayer) -> str | None:
    """Axes that the equation does not have, or has of another size."""
    inputs, _, rest = layer.options["equation"].partition(",")
    kernel, _, result = rest.partition("->")
    shape = layer.options["output_shape"]
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    lost = sorted(set(kernel) - set(inputs) - set(result))
    if lost:
        return (
            f"the axis {lost[0]} of its weights stands neither before the comma nor behind the arrow of its equation. "
            "Change equation."
        )
    unknown = sorted(set(layer.options.get("bias_axes") or "") - set(result))
    if unknown:
        return (
            f"bias_axes names the axis {unknown[0]}, which is not among {', '.join(result)} behind the arrow of its "
            "equation."
        )
    if "." in inputs + result:
        return None
    if len(shape) != len(result) - 1:
        return (
            f"output_shape must have a size for each of {', '.join(result[1:])} of the equation, beside the samples. "
            f"Received: {shape}."
        )
    given = dict(zip(inputs, layer.one or (), strict=False))
    for axis, size in zip(result[1:], shape, strict=True):
        if None not in (size, given.get(axis)) and size != given[axis]:
            return (
                f"the axis {axis} of its equation has the size {given[axis]} in the data, but {size} in output_shape "
                f"{shape}. Change output_shape."
            )
    return None


def _noise(layer: SeenLayer) -> str | None:
    noise = layer.options.get("noise_shape")
    if noise is None:
        return None
    if len(noise) == len(layer.one) and all(
        n in (None, 1) or n == size for n, size in zip(noise, layer.one, strict=True)
    ):
        return None
    return (
        f"noise_shape must have {len(layer.one)} sizes, None for the samples first, each that of the data or 1. "
        f"Received: {tuple(noise)}."
    )


def _renorm(layer: SeenLayer) -> str | None:
    clipping = layer.options.get("renorm_clipping")
    if clipping is None or isinstance(clipping, dict):
        return None
    return (
        "renorm_clipping must say the limits by name, such as {'rmax': 3.0, 'rmin': 0.3, 'dmax': 5.0}. Received: "
        f"{clipping}."
    )


def _bins(layer: SeenLayer) -> str | None:
    both = layer.options.get("num_bins") is not None and layer.options.get("bin_boundaries") is not None
    return (
        "num_bins is for boundaries that are found in data. Leave it out: bin_boundaries say how many bins there are."
        if both
        else None
    )


def _proportions(layer: SeenLayer) -> str | None:
    both = layer.options.get("crop_to_aspect_ratio") and layer.options.get("pad_to_aspect_ratio")
    return "crop_to_aspect_ratio and pad_to_aspect_ratio cannot both be True. Leave one of them out." if both else None


def _synchronized(layer: SeenLayer) -> str | None:
    return "synchronized=True cannot be designed here. Leave it out." if layer.options.get("synchronized") else None


# Rules of the arguments alone: a layer of such arguments cannot even be made. Each with the layers that it is about, or
# with what they have in common.
_OF_ARGUMENTS: Rules = {
    _strides: Trait.STRIDES_OR_GAPS,
    _output_padding: Trait.PADS_OUTPUT,
    _permute: "Permute",
    _heads: "GroupQueryAttention",
    _states: Trait.HAS_STATE,
    _bins: "Discretization",
    _proportions: "Resizing",
    _synchronized: "BatchNormalization",
    _renorm: "BatchNormalization",
    _einsum: "EinsumDense",
    _words: "Embedding",
}
# Rules of the data, asked once their number of dimensions is right.
_OF_DATA: Rules = {
    _unknown: Trait.LAST_AXIS,
    _groups: Trait.GROUPS,
    _window: Trait.WINDOW,
    _cropping: Trait.CROPS,
    _reshape: "Reshape",
    _axes: Trait.AXIS,
    _attention_axes: "MultiHeadAttention",
    _noise: Trait.NOISE_SHAPE,
}


def sentence(layer: SeenLayer) -> str | None:
    """Return why a layer does not fit and what to change, as the end of a sentence; None where no rule says so."""
    within = inside(layer)
    found = _first(_OF_ARGUMENTS, layer)
    if found or layer.shape is None:
        return found or (None if within is None else sentence(within))
    if isinstance(layer.shape, list):
        return misfit_joins.sentence(layer) or _first({_attention_axes: "MultiHeadAttention"}, layer)
    found = misfit_ranks.sentence(layer) or _first(_OF_DATA, layer)
    if found or within is None:
        return found
    found = sentence(within)
    return found and f"the {within.name} inside it does not fit: {found}"


def _first(rules: Rules, layer: SeenLayer) -> str | None:
    return next((found for rule, about in rules.items() if _is_about(about, layer) and (found := rule(layer))), None)


def _is_about(about: str | Trait, layer: SeenLayer) -> bool:
    return of_class(layer.name).has(about) if isinstance(about, Trait) else layer.name == about


def inside(layer: SeenLayer) -> SeenLayer | None:
    """Return the layer that another wraps, with the data that reach it; None where there is none."""
    wrapped = layer.options.get("layer") if of_class(layer.name).wraps else None
    if wrapped is None:
        return None
    if isinstance(wrapped, dict):
        name, options = str(wrapped["class_name"]), wrapped["config"]
    else:
        name, options = wrapped[0].__name__, wrapped[1]
    if layer.name == "TimeDistributed" and layer.shape is not None:
        samples, steps, *sizes = layer.one
        return SeenLayer(public_name(name), options, (samples, *sizes), layer.before, outer=(*layer.outer, steps))
    return SeenLayer(public_name(name), options, layer.shape, layer.before, layer.outer)


def name_of(build: Callable[..., Any]) -> str:
    """Return the public name of a class in `keras.layers`, or of the one that `layers.make` returns for building a
    layer.
    """
    name = (build.args[0] if isinstance(build, functools.partial) else build).__name__
    return public_name(name)


def of_layer(layer: "keras.Layer", shape: DataShape | None, before: tuple[Before, ...] = ()) -> SeenLayer:
    """Return how the rules see a layer of Keras that is made already."""
    return SeenLayer(name_of(type(layer)), layer.get_config(), shape, before)
