"""What Keras and TensorFlow refuse, said to the person at the form: the layer, what is wrong, the shape that reached
it.

What a rule of `misfits` knows is said in the form's terms, before Keras is asked; else it is Keras' own sentence,
without the names that only a program has.
"""

import contextlib
import re
import sys
from collections.abc import Iterator

from dltools.catalogue import arguments
from dltools.core.errors import UserError, one_line
from dltools.forms.kinds import Amounts, Axes, Shape, Sizes, Whole
from dltools.networks import misfits
from dltools.networks.seen import DataShape, SeenLayer

# What Keras raises when layers do not fit together or an argument is no use; anything else is a bug.
KERAS_REFUSALS = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, NotImplementedError, AssertionError,
)  # fmt: skip
# How Keras begins what a layer's computation raises.
_IN_LAYER = r"Exception encountered when calling ([^\n]*?)(?:\.call\(\))?\.?\n+"
# A layer that was given data of another number of dimensions: its name, the two numbers, the shape.
INCOMPATIBLE = re.compile(
    r"Input \d+ (?:with name '[^']*' )?of layer ['\"]([^'\"]*)['\"] is incompatible with the layer: "
    r"expected (?:min_|max_)?ndim=(\d+), found ndim=\d+\. Full shape received: (\([^)]*\))"
)
# Keras' sentence -> what it says to a person who did not write the program.
_SAID = (
    (
        r".*of layer ['\"]([^'\"]*)['\"] is incompatible with the layer: expected axis (-?\d+) of input shape to "
        r"have value (\S+), "
        r"but received input with shape (\([^)]*\)).*",
        r"the layer '\1' was made for data of the size \3 along axis \2, but is given \4",
    ),
    (
        r".*Shapes used to initialize variables must be fully-defined.*",
        "the size of its data's last axis is unknown, on which its weights depend",
    ),
    (
        r".*Computed output size would be zero or negative.*",
        "its window is larger than the data. Choose a smaller one, or padding='same'",
    ),
)
# What only says where a program failed.
_OF_PROGRAM = re.compile(
    r"out of range|out of bounds for axis|object has no attribute|is not "
    r"(?:iterable|subscriptable|callable)|unsupported operand|"
    r"values to unpack|not supported between|could not be broadcast|KerasTensor|<[^<>]*>|required positional argument"
)
_NOT_TOGETHER = (
    "its arguments do not go together, or not with these data. Compare them with those of the layer in Keras' "
    "documentation"
)


def while_building() -> tuple[type[Exception], ...]:
    """Return what Keras raises while it builds a network, and TensorFlow, where layers are applied to data at once."""
    found: list[type[Exception]] = [*KERAS_REFUSALS, RuntimeError]
    if "tensorflow" in sys.modules:
        found.append(sys.modules["tensorflow"].errors.OpError)
    return tuple(found)


@contextlib.contextmanager
def explained(label: str, shape: DataShape | list[DataShape] | None, layer: SeenLayer | None = None) -> Iterator[None]:
    """Turn what does not fit inside the block into a `UserError` on the layer `label`, reached by data of `shape`.

    Parameters:
        layer: the layer as the rules see it, which are asked before the block runs.
    """
    received = "" if shape is None else f" It receives data of shape {shape}."
    found = None if layer is None else _known(layer)
    if found:
        # What is said of several layers tells their shapes.
        raise UserError(f"{label} does not fit: {found}{'' if isinstance(shape, list) else received}")
    try:
        yield
    except KERAS_REFUSALS as error:
        raise UserError(f"{label} does not fit: {keras_reason(error)}{received}") from None


def _known(layer: SeenLayer) -> str | None:
    """Return what the rules say; nothing of a layer to which a file gives arguments of another type. Keras refuses it
    then.
    """
    try:
        return misfits.sentence(layer) if _is_typed(layer) else None
    except KERAS_REFUSALS:
        return None


def _is_typed(layer: SeenLayer) -> bool:
    """Tell whether the arguments that the rules compute with are numbers: a text times a large one would be a huge
    text.
    """
    for name, value in layer.options.items():
        kind = arguments.kind(layer.name, name)
        if (
            kind is None
            or value is None
            or not isinstance(getattr(kind, "kind", kind), (Amounts, Axes, Shape, Sizes, Whole))
        ):
            continue
        try:
            kind.read(value, name)
        except UserError:
            return False
    inside = misfits.inside(layer)
    return inside is None or _is_typed(inside)


def keras_reason(error: Exception) -> str:
    """Return the sentence in which Keras says what is wrong, without its call trace and the names of its program."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    # Of a layer within another Keras tells both, and the configuration of both.
    text = re.sub(_IN_LAYER, "", text).rpartition("Exception encountered: ")[2]
    text = text.split("\n\nArguments received by")[0].split("\n\nCall arguments received")[0]
    text = f"{text} is missing" if isinstance(error, KeyError) else one_line(text) or type(error).__name__
    text = _plain(text)
    return text if text.endswith(".") else text + "."


def _plain(text: str) -> str:
    found = INCOMPATIBLE.search(text)
    if found:
        return (
            f"the layer '{found.group(1)}' takes data of {int(found.group(2)) - 1} dimensions beside the samples, but "
            f"is given {found.group(3)}"
        )
    for pattern, sentence in _SAID:
        if re.fullmatch(pattern, text):
            return re.sub(pattern, sentence, text, count=1)
    return _NOT_TOGETHER if _OF_PROGRAM.search(text) else text


# What TensorFlow says while it computes -> what that means for the person at the form.
_COMPUTING = (
    (
        r"indices\[[^]]*\] = (-?\d+) is not in \[0, (\d+)\)",
        r"A number that stands for a word is \1, but the Embedding that looks it up has words from 0 to below \2, "
        r"its input_dim. "
        "Let input_dim be the largest number of the table plus 1.",
    ),
    (
        r".*Input values must be in the range 0 <= values < num_tokens with num_tokens=(\d+).*",
        r"A category is not from 0 to below \1, the num_tokens of a CategoryEncoding. Let num_tokens be the largest "
        r"number of the table plus 1.",
    ),
    (
        r".*(?:NHWC|NCHW|channels_first|Conv\w* op currently only supports).*",
        "This processor computes only with the channels last. Choose data_format channels_last in all layers.",
    ),
    (
        r".*(?:cuDNN|CuDNN|CUDA|cublas|cuBLAS).*",
        "The GPU cannot compute this network. Choose a smaller batch_size, leave use_cudnn out, or ask your "
        "administrator.",
    ),
    (
        r".*(?:Incompatible shapes|[Dd]imensions must be equal|must have the same|required broadcastable "
        r"shapes|Matrix size-incompatible).*",
        "The data that a layer makes of these samples have another shape than the layer after it takes. Look at the "
        "layer table for the layers whose sizes differ, and at the columns that were chosen.",
    ),
)


@contextlib.contextmanager
def computed() -> Iterator[None]:
    """Turn what Keras and TensorFlow cannot compute of a network, or have no memory for, inside the block into a
    `UserError`.
    """
    from tensorflow import errors

    try:
        yield
    except (errors.ResourceExhaustedError, MemoryError):
        raise UserError(
            "The network needs more memory than there is. Choose a smaller batch_size, fewer units or filters, or "
            "smaller data, or ask your administrator for more memory."
        ) from None
    except KERAS_REFUSALS as error:
        # What is raised elsewhere than in a layer of the network is a bug.
        layer = re.match(_IN_LAYER, str(error))
        if layer is None:
            raise
        raise UserError(
            f"A layer of the network cannot be computed, {layer.group(1)}: {computing_reason(keras_reason(error))}"
        ) from None
    except errors.OpError as error:
        raise UserError(
            f"The network cannot be computed for these samples: {computing_reason(_tensorflow_reason(error.message))}"
        ) from None


def computing_reason(text: str) -> str:
    """Return what a sentence of TensorFlow means to the person at the form, or the sentence where that is not known."""
    return next(
        (re.sub(pattern, said, found.group(0)) for pattern, said in _COMPUTING if (found := re.search(pattern, text))),
        text,
    )


def _tensorflow_reason(message: str) -> str:
    """Return what TensorFlow says is wrong, without the places in its graph."""
    before_node = re.search(r"([^\n]+)\n\t? *\[\[", message)
    text = before_node.group(1) if before_node else message.strip().split("\n")[0]
    return one_line(re.sub(r"\{\{[^}]*\}\}|\[Op:[^]]*\].*", "", text).strip()) + "."
