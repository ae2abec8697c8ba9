"""A report as a list of blocks, and the two forms that it is written in: an HTML page and Galaxy's Markdown.

Galaxy shows HTML of tools that its administrator has not allowed as plain text, but renders Markdown (datatype
tool_markdown), where it shows figures that lie in files beside the text. Their numbers follow them there as a table,
for where they are not shown. Neither form holds a script, and every text in either is escaped. In the HTML, what must
be read stands in tables with plain attributes, which sanitizers keep; styles and images may be lost to them.
"""

import base64
import html
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dltools.reports.gallery import Gallery

# Galaxy shows only the beginning of a larger page, and as plain text.
MAX_BYTES = 1_000_000
# Of Markdown that a tool wrote, Galaxy 26.1 reads no more characters than 10,240.
MAX_MARKDOWN = 10_000
_REST = "What is missing here is in the HTML report."
_PLAIN = frozenset(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,;:%.()/='\"")
# Read by those whom Galaxy shows the page as plain text.
_NOTE = (
    "If you read this as plain text: your Galaxy shows HTML of this tool only after an administrator has allowed it. "
    "Open the report in Markdown beside this one, or download this file and open it in a browser."
)


class Heading(NamedTuple):
    """The heading of a section."""

    text: str


class Paragraph(NamedTuple):
    """A paragraph of text."""

    text: str


class Table(NamedTuple):
    """A table: the header, rows of texts or numbers, and how dark each cell is, 0 to 1, if that says something."""

    header: list[str]
    rows: list[list]
    shades: list[list[float]] | None = None


class Figure(NamedTuple):
    """A figure as bytes of a PNG file, what it shows in words, and its numbers for where there are no images."""

    png: bytes
    alt: str
    numbers: Table


class Matrix(NamedTuple):
    """A shaded table, which needs no figure in HTML, and one for Markdown, which has no shades; None where it would
    be too large.
    """

    png: bytes | None
    alt: str
    numbers: Table


Block = Heading | Paragraph | Table | Figure | Matrix


def to_html(title: str, blocks: Sequence[Block]) -> str:
    """Return a report as one HTML page that needs nothing beside it."""
    body = "\n".join(_HTML[type(block)](block) for block in blocks)
    return (
        f"<!DOCTYPE html>\n<!-- {_NOTE} -->\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>\n'
        '<body style="font-family: sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; line-height: 1.4">\n'
        f"<h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def to_markdown(title: str, blocks: Sequence[Block], gallery: Gallery | None = None) -> str:
    """Return a report as Markdown for Galaxy, without the blocks that are too long for it.

    Parameters:
        gallery: takes the figures; without one, numbers alone stand for them.
    """
    parts, left, cut = [f"# {_plain(title)}"], MAX_MARKDOWN - len(_REST), False
    for block in blocks:
        ways = _ways_markdown(block, gallery)
        chosen = next((way for way in ways if len(way.text) + 2 <= left), None)
        cut |= chosen is None or not chosen.whole
        if chosen:
            parts.append(chosen.text)
            left -= len(chosen.text) + 2
        if chosen and chosen.png and gallery:
            gallery.keep(chosen.png)
    return "\n\n".join([*parts, *([_REST] if cut else [])]) + "\n"


def shown(value: object) -> str:
    """Return a cell of a table as text; floats with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _table_html(table: Table) -> str:
    head = "".join(f'<th align="left" bgcolor="#e8e8e8">{html.escape(name)}</th>' for name in table.header)
    rows = "\n".join(
        "<tr>"
        + "".join(_cell_html(value, table.shades[i][j] if table.shades else 0.0) for j, value in enumerate(row))
        + "</tr>"
        for i, row in enumerate(table.rows)
    )
    return (
        '<table border="1" cellpadding="5" cellspacing="0" style="border-collapse: collapse; border-color: #ccc; '
        'margin: 1em 0">\n'
        f"<tr>{head}</tr>\n{rows}\n</table>"
    )


def _cell_html(value: object, shade: float) -> str:
    align = "left" if isinstance(value, str) else "right"
    color = f' bgcolor="#{_green(shade)}"' if shade else ""
    return f'<td align="{align}"{color}>{html.escape(shown(value))}</td>'


def _green(shade: float) -> str:
    """Return a green from white (0) to one on which black letters are still read well (1), in hexadecimal."""
    channels = (round(255 - shade * (255 - full)) for full in (90, 180, 110))
    return "".join(f"{channel:02x}" for channel in channels)


def _data(figure: Figure) -> str:
    return "data:image/png;base64," + base64.b64encode(figure.png).decode()


def _plain(text: object) -> str:
    """Escape a text for Markdown: what could mean something there, or to Galaxy, becomes a character reference."""
    line = " ".join(shown(text).split())
    return "".join(letter if letter in _PLAIN or not letter.isascii() else f"&#{ord(letter)};" for letter in line)


def _table_markdown(table: Table) -> str:
    rule = ["---" if isinstance(value, str) else "---:" for value in (table.rows or [table.header])[0]]
    lines = [[_plain(name) for name in table.header], rule]
    for i, row in enumerate(table.rows):
        marks = table.shades[i] if table.shades else [0.0] * len(row)
        lines.append(
            [f"**{_plain(value)}**" if mark > 0.5 else _plain(value) for value, mark in zip(row, marks, strict=True)]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


class _Way(NamedTuple):
    """A block in Markdown, the figure that it shows, and whether all that the block says is in it."""

    text: str
    png: bytes | None = None
    whole: bool = True


def _ways_markdown(block: Block, gallery: Gallery | None) -> list[_Way]:
    """Return the ways to write a block, the best first, for where there is no room for it."""
    if not isinstance(block, (Figure, Matrix)):
        return [_Way(_MARKDOWN[type(block)](block))]
    caption, numbers = f"{_plain(block.alt)}:", _table_markdown(block.numbers)
    ways = [_Way(f"{caption}\n\n{numbers}")]
    if gallery and block.png:
        shown = f"{caption}\n\n{gallery.next}"
        ways = [_Way(f"{shown}\n\n{numbers}", block.png), _Way(shown, block.png, whole=False), *ways]
    return ways


_HTML: dict[type, Callable[[Any], str]] = {
    Heading: lambda block: f"<h2>{html.escape(block.text)}</h2>",
    Paragraph: lambda block: f"<p>{html.escape(block.text)}</p>",
    Table: _table_html,
    Figure: lambda block: f'<p><img src="{_data(block)}" alt="{html.escape(block.alt)}" style="max-width: 100%"></p>',
    Matrix: lambda block: f"<p>{html.escape(block.alt)}:</p>\n{_table_html(block.numbers)}",
}
_MARKDOWN: dict[type, Callable[[Any], str]] = {
    Heading: lambda block: f"## {_plain(block.text)}",
    Paragraph: lambda block: _plain(block.text),
    Table: _table_markdown,
}
