"""The templates of a report, in which whatever is filled in is escaped by itself.

Jinja is imported when the first of them is asked for.
"""

import base64
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "templates"
_PLAIN = frozenset(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,;:%.()/='\"")
# Galaxy draws tables without room between their columns, so that "7" and "10.0%" read as one number; Markdown drops
# blanks at the ends of a cell, but for what stands behind a space of no width.
_GAP = "\u200b\u2003"


class _Escaped(str):
    """A text in which everything is escaped, which Jinja leaves as it is."""

    def __html__(self) -> str:
        return self


class Template:
    """The macros of one file of templates; each returns the text of a block, whose line does not end."""

    def __init__(self, name: str, escaped: Callable[[str], str]) -> None:
        """Open a template.

        Parameters:
            name: of the file.
            escaped: makes of a text what means nothing but that text in the format of the template.
        """
        import jinja2

        def filled_in(value: object) -> object:
            # What a macro wrote says that it is escaped.
            return value if hasattr(value, "__html__") else _Escaped(escaped(shown(value)))

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            finalize=filled_in,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"base64": _base64, "green": _green}
        environment.globals["gap"] = _Escaped(_GAP)
        self._macros: Any = environment.get_template(name).module

    def write(self, macro: str, *arguments: object) -> str:
        """Return the text that a macro makes of its arguments, which another macro can take."""
        return getattr(self._macros, macro)(*arguments).strip("\n")


def html_template() -> Template:
    """Return the template of the HTML page."""
    return Template("report.html.jinja", html.escape)


def markdown_template() -> Template:
    """Return the template of Galaxy's Markdown."""
    return Template("report.md.jinja", plain)


def shown(value: object) -> str:
    """Return a cell of a table as text; floats with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def plain(text: str) -> str:
    """Escape a text for Markdown: what could mean something there, or to Galaxy, becomes a character reference."""
    line = " ".join(text.split())
    return "".join(letter if letter in _PLAIN or not letter.isascii() else f"&#{ord(letter)};" for letter in line)


def _green(shade: float) -> str:
    """Return a green from white (0) to one on which black letters are still read well (1), in hexadecimal."""
    channels = (round(255 - shade * (255 - full)) for full in (90, 180, 110))
    return "".join(f"{channel:02x}" for channel in channels)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
