"""What Keras refuses, said to the person at the form: the layer, Keras' own sentence, the shape that reached it."""

import contextlib
import re
import sys

from .errors import UserError, one_line

# What Keras raises when layers do not fit together or an argument is no use; anything else is a bug.
KERAS_REFUSALS = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, NotImplementedError, AssertionError,
)  # fmt: skip


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
    text = re.sub(r"^Exception encountered when calling [^\n]*\n+", "", text)
    text = text.split("\n\nArguments received by")[0].split("\n\nCall arguments received")[0]
    text = f"{text} is missing" if isinstance(error, KeyError) else one_line(text) or type(error).__name__
    return text if text.endswith(".") else text + "."
