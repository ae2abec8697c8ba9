"""XML of a form, as lines that are indented by what they stand in."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr


def element(tag: str, within: Iterable[str] = (), /, **attributes: str) -> list[str]:
    """Return an element with lines within it. Attributes stand in the order in which they are given."""
    opening = " ".join([tag, *(f"{name}={quoteattr(value)}" for name, value in attributes.items())])
    lines = [f"    {line}" for line in within]
    return [f"<{opening}>", *lines, f"</{tag}>"] if lines else [f"<{opening}/>"]


def options(
    values: Iterable[str], labels: Mapping[str, str] = MappingProxyType({}), chosen: str | None = None
) -> list[str]:
    """Return an ``<option>`` for each value, called by its label where it has one; `chosen` is selected at first."""
    marks = {chosen: ' selected="true"'}
    return [
        f"<option value={quoteattr(value)}{marks.get(value, '')}>{escape(labels.get(value, value))}</option>"
        for value in values
    ]


def macro(name: str, lines: Iterable[str]) -> list[str]:
    """Return a macro of a name with its lines."""
    return [f'<xml name="{name}">', *(f"    {line}" for line in lines), "</xml>"]
