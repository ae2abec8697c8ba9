"""What Keras refuses, said to the person at the form: the layer, Keras' own sentence, the shape that reached it."""

import contextlib
import re
import sys

from .errors import UserError, one_line

# What Keras raises when layers do not fit together or an argument is no use; anything else is a bug.
KERAS_REFUSALS = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, NotImplementedError, AssertionError,
)  # fmt: skip
# How Keras begins what a layer's computation raises.
_IN_LAYER = r"Exception encountered when calling ([^\n]*?)(?:\.call\(\))?\.?\n+"


def of_backend() -> tuple:
    """Return what TensorFlow raises in the place of these where layers are applied to data at once."""
    return (sys.modules["tensorflow"].errors.OpError,) if "tensorflow" in sys.modules else ()


@contextlib.contextmanager
def explained(label: str, shape):
    """Turn what Keras refuses inside the block into a `UserError` on the layer `label`, reached by data of `shape`."""
    try:
        yield
    except KERAS_REFUSALS as error:
        received = "" if shape is None else f" It receives data of shape {shape}."
        raise UserError(f"{label} does not fit: {keras_reason(error)}{received}") from None


def keras_reason(error: Exception) -> str:
    """Return the sentence in which Keras says what is wrong, without its call trace."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    text = re.sub(_IN_LAYER, "", text)
    text = text.split("\n\nArguments received by")[0].split("\n\nCall arguments received")[0]
    text = f"{text} is missing" if isinstance(error, KeyError) else one_line(text) or type(error).__name__
    return text if text.endswith(".") else text + "."


@contextlib.contextmanager
def computed():
    """Turn what Keras and TensorFlow cannot compute of a network, or have no memory for, inside the block into a `UserError`."""
    from tensorflow import errors

    try:
        yield
    except (errors.ResourceExhaustedError, MemoryError):
        raise UserError(
            "The network needs more memory than there is. Choose a smaller batch_size, fewer units or filters, or smaller data, "
            "or ask your administrator for more memory."
        ) from None
    except KERAS_REFUSALS as error:
        # What is raised elsewhere than in a layer of the network is a bug.
        layer = re.match(_IN_LAYER, str(error))
        if layer is None:
            raise
        raise UserError(f"A layer of the network cannot be computed, {layer.group(1)}: {keras_reason(error)}") from None
    except errors.OpError as error:
        raise UserError(f"TensorFlow cannot compute the network with these data: {_tensorflow_reason(error.message)}") from None


def _tensorflow_reason(message: str) -> str:
    """Return what TensorFlow says is wrong, without the places in its graph."""
    before_node = re.search(r"([^\n]+)\n\t? *\[\[", message)
    text = before_node.group(1) if before_node else message.strip().split("\n")[0]
    return one_line(re.sub(r"\{\{[^}]*\}\}|\[Op:[^]]*\].*", "", text).strip()) + "."
