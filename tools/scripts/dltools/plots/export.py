"""A drawn figure as a file: png, svg, pdf, or an HTML page with it as an image and, over that, as an interactive plot.

The same figure gives the same bytes: no dates, no versions, no random names. Fonts are embedded, as outlines in
svg and as TrueType in pdf.
"""

import base64
import dataclasses
import html
import io
import json
from typing import TYPE_CHECKING, Any

from dltools.core.errors import UserError, listed, one_line, quoted
from dltools.plots import drawing, interactive, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Output formats of the form -> the file's format. The names with a library in them are those of saved workflows.
FORMATS = {"png": "png", "svg": "svg", "matplotlib_svg": "svg", "pdf": "pdf", "html": "html", "plotly_html": "html"}
RESOLUTION = 120
MAX_PIXELS = 30_000
_REPRODUCIBLE = {"svg.hashsalt": "figure", "svg.fonttype": "path", "pdf.fonttype": 42, "pdf.compression": 6}
_METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Of which format the output is, and how many pixels an inch of a png has.

    With `trimmed`, empty margins are cut off; a figure of a chosen size keeps them. `scale` is that of the texts.
    """

    format: str = "png"
    dpi: int = RESOLUTION
    trimmed: bool = True
    scale: float = 1.0


def format_of(chosen: object) -> str:
    """Return the file's format for an output format of the form.

    Raises:
        UserError: there is no such output format.
    """
    if chosen not in FORMATS:
        raise UserError(f"The output format: must be one of {listed(FORMATS)}. Received: {quoted(chosen)}.")
    return FORMATS[chosen]


def image(figure: "Figure", look: Look) -> bytes:
    """Return a `matplotlib.figure.Figure` as png, svg or pdf."""
    import matplotlib

    # No image is so large that programs refuse it.
    dpi = min(look.dpi, MAX_PIXELS / max(figure.get_size_inches()))
    options: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.15} if look.trimmed else {}
    stream = io.BytesIO()
    with drawing.scaled(look.scale), matplotlib.rc_context(_REPRODUCIBLE):
        figure.savefig(stream, format=look.format, dpi=dpi, metadata=_METADATA[look.format], **options)
    return stream.getvalue()


# What a reader sees first where a server shows pages of tools as plain text, as Galaxy does by default.
_FOR_READERS = """<!DOCTYPE html>
<!--

{title}
{facts}

If you read this as text: this server shows the HTML of tools
as text until its administrator trusts {tool}.
You can

- look at the image beside this one, "... (image) on ...",
- download this one and open it in a browser, or
- draw the plot again with png as the output format.

What follows is for the browser.
{room}
-->
"""
# So many empty lines keep what is no text below a reader's first screen.
_ROOM = 40
# The figure has its title in it: the page's own is for those who hear it.
_PAGE = """<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font-family: sans-serif; color: black; background: white }}
h1 {{ position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%) }}
table {{ border-collapse: collapse; margin: 0.5em 0 }}
th, td {{ border: 1px solid #767676; padding: 0.2em 0.6em; text-align: left; font-weight: normal }}
thead th {{ background: #e8e8e8; font-weight: bold }}
caption {{ text-align: left; padding: 0.2em 0 }}
</style></head>
<body>
<main>
<h1>{title}</h1>
<div id="static"><img src="data:image/png;base64,{png}" alt="{alt}" width="{width}"></div>
{plot}
{lines}
{numbers}
</main>
{scripts}
</body>
</html>
"""
_PLOT = '<div id="plot" role="group" aria-label="{alt}"></div>'
_DRAW = """<script>{library}</script>
<script>
Plotly.newPlot("plot", {data}, {layout}, {{"displaylogo": false}}).then(function () {{
  document.getElementById("static").style.display = "none";
}});
</script>"""


def page(
    figure: "Figure",
    png: bytes,
    dpi: int,
    title: str,
    facts: list[str],
    is_interactive: bool,
    tool: str,
    table: tuple[list[str], list] | None = None,
) -> bytes:
    """Return an HTML page with the figure as an image, which an interactive plot replaces where scripts may run.

    Parameters:
        png: the figure as an image of `dpi` dots per inch.
        title: of the plot.
        facts: lines of text below it.
        is_interactive: whether the figure's artists can be shown so.
        tool: id of the tool, which a server's administrator may trust.
        table: header and columns of the numbers behind the figure, for those who cannot see or point at it.
    """
    found = interactive.figure_of(figure) if is_interactive else None
    title, facts = one_line(title) or "Plot", [one_line(fact) for fact in facts]
    # A comment ends with two dashes and a bracket.
    comment = _FOR_READERS.format(title=title, facts="\n".join(facts), tool=tool, room="\n" * _ROOM)
    head, _, tail = comment.rpartition("-->")
    comment = head.replace("--", "––").replace("<!––", "<!--", 1) + "-->" + tail
    width = int.from_bytes(png[16:20], "big") * 96 // dpi
    alt = html.escape(words.for_image(title, facts))
    body = _PAGE.format(
        title=html.escape(title),
        alt=alt,
        png=base64.b64encode(png).decode(),
        width=width,
        lines="\n".join(f"<p>{html.escape(fact)}</p>" for fact in facts),
        plot=_PLOT.format(alt=alt) if found else "",
        numbers=words.numbers(*table) if table else "",
        scripts=_scripts(found) if found else "",
    )
    return (comment + body).encode()


def _scripts(found: dict) -> str:
    from plotly.offline import get_plotlyjs

    data, layout = (json.dumps(found[part], allow_nan=True).replace("<", "\\u003c") for part in ("data", "layout"))
    # JSON has no word for what is not a number; null leaves a gap.
    data = data.replace("NaN", "null").replace("-Infinity", "null").replace("Infinity", "null")
    return _DRAW.format(library=get_plotlyjs(), data=data, layout=layout)
