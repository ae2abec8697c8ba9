"""Reading what Galaxy passes to a tool: one JSON file with every parameter of the form.

The wrappers write it with ``<inputs name="inputs" data_style="staging_path_and_source_path"/>``,
so a dataset arrives as ``{"element_identifier": "X_train", "ext": "tabular", "source_path": "…"}``.
Saved workflows may hold integers as strings, and null or "" for an empty optional.
"""

import ast
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, one_line, quoted

# A form, or a part of it, as Galaxy's JSON holds it.
Form = Mapping[str, Any]


def read(path: str | Path) -> dict:
    """Read the JSON file with a tool's parameters."""
    with open(path, encoding="utf-8") as handle:
        return json.load(handle)


def dataset(value: Any, label: str) -> Dataset:
    """Return the dataset that a data parameter holds.

    `label` is the parameter's label in the form, for the message if nothing was chosen.
    """
    if isinstance(value, dict) and value.get("source_path"):
        return Dataset(value["source_path"], str(value["element_identifier"]), value.get("ext", ""))
    if isinstance(value, str) and value:
        return Dataset(value, value.rsplit("/", 1)[-1])
    raise UserError(f"{label}: no dataset was chosen.")


def datasets(value: Any, label: str) -> tuple[Dataset, ...]:
    """Return the datasets that a parameter for several, or for a list, holds, in its order; none where it is empty."""
    entries = value if isinstance(value, list) else [] if is_empty(value) else [value]
    return tuple(dataset(_named(entry), label) for entry in entries if not is_empty(entry))


def _named(entry: Any) -> Any:
    """Return an entry under one name: Galaxy gives that of a list's element as the names on the way to it."""
    names = entry.get("element_identifier") if isinstance(entry, dict) else None
    return entry | {"element_identifier": "/".join(map(str, names))} if isinstance(names, list) else entry


def is_chosen(value: Any) -> bool:
    """Tell whether an optional data parameter holds a dataset: what Galaxy passes for none may be a description of
    nothing.
    """
    return bool(value.get("source_path")) if isinstance(value, dict) else isinstance(value, str) and not is_empty(value)


def is_empty(value: Any) -> bool:
    """Tell whether an optional parameter was left empty."""
    return value is None or (isinstance(value, str) and not value.strip())


_BOOLEANS = {"true": True, "booltrue": True, "false": False, "boolfalse": False, "": False}


def boolean(value: Any, label: str = "A checkbox") -> bool:
    """Read a checkbox: JSON true or false, or the strings that old workflows hold; one that is not there is off.

    Raises:
        UserError: anything else, of which no one can know what it was to mean.
    """
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else False if value is None else None
    if found is None:
        raise UserError(f"{label} must be True or False. Received: {quoted(value)}.")
    return found


def several(value: Any) -> list[str]:
    """Read a multiple select, which may be a list, one string or null; a column left blank is a list of null."""
    if is_empty(value):
        return []
    if isinstance(value, list):
        return [str(entry) for entry in value if not is_empty(entry)]
    return [entry.strip() for entry in str(value).split(",")]


def with_further(values: Form, name: str) -> dict:
    """Return the parameters of a section together with those in its box of further ones, where that was opened.

    The box is a repeat of at most one entry, so that saved workflows without it are complete.
    """
    found = {key: value for key, value in values.items() if key != name}
    entries = values.get(name)
    for entry in entries if isinstance(entries, list) else []:
        found |= {key: value for key, value in entry.items() if key != "__index__"} if isinstance(entry, dict) else {}
    return found


# What other languages, and people, write for Python's True, False and None.
_WORDS = {"true": True, "false": False, "none": None, "null": None}


def word_or_literal(text: str, label: str) -> Any:
    """Read a literal, or a name without quotes as the form shows it; true, false and none may stand in any case.

    Raises:
        UserError: neither.
    """
    text = text.strip()
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return text if text.isidentifier() else literal(text, label)


def literal(text: str, label: str) -> Any:
    """Read one Python literal such as ``3``, ``(2, 2)``, ``'same'`` or ``None``.

    Nothing is evaluated.

    Raises:
        UserError: `text` is anything but a literal.
    """
    try:
        return ast.literal_eval(str(text).strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UserError(
            f"{label}: must be a number, a text in quotes, True, False, None, or a list or tuple of "
            f"these. Received: {quoted(text)}."
        ) from None


def _named_values(call: ast.expr) -> list[tuple[str, ast.expr]] | None:
    """Return the names and values of a call with nothing but keywords; None of anything else."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        return None
    named = [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    return named if len(named) == len(call.keywords) else None


def keyword_arguments(
    text: Any, label: str, check: Callable[[str, str], object] = lambda name, word: None
) -> dict[str, Any]:
    """Read ``name=value, name=value`` with literal values into a dictionary; true, false and none may stand in any
    case.

    Parameters:
        check: called with a name and the word without quotes that it was given; it may refuse the word for what it
            says, before it is refused for the quotes.

    Raises:
        UserError: the text is not of that form, or a value is not a literal.
    """
    if is_empty(text):
        return {}
    expected = f"{label}: must be of the form name=value, name=value, for example padding='same'."
    try:
        # Only parsed, never run: the syntax tree tells whether it is a list of keywords.
        call = ast.parse(f"_({str(text).strip()}\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise UserError(f"{expected} Received: {quoted(text)}.") from None
    named = _named_values(call)
    if named is None:
        raise UserError(f"{expected} Received: {quoted(text)}.")
    arguments = {}
    for name, value in named:
        if name in arguments:
            raise UserError(f"{label}: {name} is given twice. Received: {quoted(text)}.")
        word = value.id if isinstance(value, ast.Name) else None
        if word is not None and word.lower() in _WORDS:
            arguments[name] = _WORDS[word.lower()]
            continue
        try:
            arguments[name] = ast.literal_eval(value)
        except (ValueError, TypeError, MemoryError, RecursionError):
            received = ast.unparse(value)
            if word is not None:
                check(name, word)
            hint = f" Did you mean {name}='{received}'?" if word is not None else ""
            raise UserError(
                f"{label}: the value of {name} must be a number, a text in quotes, True, False, None, or a list "
                f"or tuple of these. Received without quotes: {one_line(received)}.{hint}"
            ) from None
    return arguments
