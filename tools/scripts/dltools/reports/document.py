"""A report as a list of blocks, and the two forms that it is written in: an HTML page and Galaxy's Markdown.

Galaxy shows HTML of tools that its administrator has not allowed as plain text, but renders Markdown (datatype
tool_markdown), where it shows figures that lie in files beside the text. Their numbers follow them there as a table,
for where they are not shown. Neither form holds a script, and every text in either is escaped. In the HTML, what must
be read stands in tables with plain attributes, which sanitizers keep; styles and images may be lost to them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dltools.reports.gallery import Gallery
from dltools.reports.templates import Template, html_template, markdown_template

# Galaxy shows only the beginning of a larger page, and as plain text.
MAX_BYTES = 1_000_000
# Of Markdown that a tool wrote, Galaxy 26.1 reads no more characters than 10,240.
MAX_MARKDOWN = 10_000
_REST = "What is missing here is in the HTML report."


class Heading(NamedTuple):
    """The heading of a section."""

    text: str


class Paragraph(NamedTuple):
    """A paragraph of text."""

    text: str


class Table(NamedTuple):
    """A table: the header, rows of texts or numbers, how dark each cell is, 0 to 1, if that says something, and what
    it holds, in words, for HTML.
    """

    header: list[str]
    rows: list[list]
    shades: list[list[float]] | None = None
    caption: str = ""


class Figure(NamedTuple):
    """A figure as bytes of a PNG file, what it shows in words, its numbers for where there are no images, and what one
    sees in it.
    """

    png: bytes
    alt: str
    numbers: Table
    says: str = ""


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
    template = html_template()
    return template.write("page", title, [template.write(_macro(block), block) for block in blocks]) + "\n"


def to_markdown(title: str, blocks: Sequence[Block], gallery: Gallery | None = None) -> str:
    """Return a report as Markdown for Galaxy, without the blocks that are too long for it.

    Parameters:
        gallery: takes the figures; without one, numbers alone stand for them.
    """
    template = markdown_template()
    parts, left, cut = [template.write("title", title)], MAX_MARKDOWN - len(_REST), False
    for block in blocks:
        ways = _ways_markdown(template, block, gallery)
        chosen = next((way for way in ways if len(way.text) + 2 <= left), None)
        cut |= chosen is None or not chosen.whole
        if chosen:
            parts.append(chosen.text)
            left -= len(chosen.text) + 2
        if chosen and chosen.png and gallery:
            gallery.keep(chosen.png)
    return "\n\n".join([*parts, *([_REST] if cut else [])]) + "\n"


def _macro(block: Block) -> str:
    """Return the name of the macro that writes a block."""
    return type(block).__name__.lower()


class _Way(NamedTuple):
    """A block in Markdown, the figure that it shows, and whether all that the block says is in it."""

    text: str
    png: bytes | None = None
    whole: bool = True


def _ways_markdown(template: Template, block: Block, gallery: Gallery | None) -> list[_Way]:
    """Return the ways to write a block, the best first, for where there is no room for it."""
    if not isinstance(block, (Figure, Matrix)):
        return [_Way(template.write(_macro(block), block))]
    caption, numbers = template.write("caption", block), template.write("table", block.numbers)
    ways = [_Way(f"{caption}\n\n{numbers}")]
    if gallery and block.png:
        shown = f"{caption}\n\n{gallery.next}"
        ways = [_Way(f"{shown}\n\n{numbers}", block.png), _Way(shown, block.png, whole=False), *ways]
    return ways
