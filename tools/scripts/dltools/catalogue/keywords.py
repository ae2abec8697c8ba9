"""The keyword arguments that the form takes beside a layer's own fields, and which of the two holds."""

import inspect
from collections.abc import Mapping
from typing import Any

from dltools.catalogue import arguments, former_arguments
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.parameters import keyword_arguments


def keyword_names(name: str) -> list[str]:
    """Return the names of the constructor arguments of a class in `keras.layers`, sorted."""
    import keras

    signature = inspect.signature(getattr(keras.layers, name).__init__)
    own = {
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) and parameter.name != "self"
    }
    return sorted(own | set(arguments.COMMON))


def joined(fields: dict, text: Any, name: str, label: str, defaults: Mapping[str, str]) -> dict:
    """Return the arguments of a layer: those of its fields in the form, and those of its keyword arguments.

    A keyword argument holds against a field that nobody changed, and one that Keras 1 or 2 had by another name is
    taken for what it is now, each with a line on stdout that says so.

    Parameters:
        fields: what the fields hold, by Keras' names.
        text: ``name=value, name=value``.
        name: the layer's class in `keras.layers`.
        label: its position and type, for messages.
        defaults: what the fields of the form hold before anyone changes them, by Keras' names; those that it leaves
            blank are not there, since what they hold was typed.

    Raises:
        UserError: no argument of the layer, a value of another type, or one that differs from a field that was set.
    """
    known = keyword_names(name)

    def checked(keyword: str, value: Any) -> Any:
        if keyword not in known or keyword in arguments.NOT_TYPED:
            raise UserError(
                f"{label}: {quoted(keyword)} is not an argument of {name}. Its arguments are: {listed(known, 60)}."
            )
        return arguments.read(name, keyword, value, f"{label}: {keyword}")

    def check_word(keyword: str, word: str) -> None:
        for new in former_arguments.new_names(keyword, known) or (keyword,):
            checked(new, word)

    found = dict(fields)
    typed = keyword_arguments(text, f"{label}: keyword arguments", check_word)
    for keyword, value in former_arguments.translated(typed, known, name, label).items():
        found[keyword] = checked(keyword, value)
        if keyword in fields:
            default = defaults.get(keyword)
            usual = None if default is None else arguments.read(name, keyword, default, label)
            _settle(keyword, fields[keyword], found[keyword], usual, label)
    return found


def _settle(argument: str, field: Any, keyword: Any, usual: Any, label: str) -> None:
    """Tell that a keyword argument holds against its field, or refuse it where the field was set to something else.

    `usual` is what the field holds before anyone changes it, None for nothing.
    """
    if same(field, keyword):
        return
    if usual is None or not same(usual, field):
        raise UserError(
            f"{label}: {argument} is given twice: {_shown(field)} in the form, {_shown(keyword)} in the keyword "
            "arguments. Remove it from the keyword arguments, or give both the same value."
        )
    print(
        f"{label}: {argument}={_shown(keyword)} of the keyword arguments holds, not {_shown(field)}, the form's "
        "default."
    )


def _shown(value: object) -> str:
    return str(value) if isinstance(value, dict) else repr(value)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values of an argument mean the same: ``2`` is ``(2, 2)``, and a list is a tuple."""
    several = [value for value in (one, other) if isinstance(value, (tuple, list))]
    if len(several) == 2:
        return len(one) == len(other) and all(map(same, one, other))
    if len(several) == 1:
        single = other if several[0] is one else one
        return bool(several[0]) and all(same(value, single) for value in several[0])
    return one == other
