"""What a plot says to those who do not see it: words for an image, and the numbers behind it as a table in HTML."""

import html
import math
from collections.abc import Sequence

from dltools.core.errors import one_line

# A page is to be read; all numbers are in the table that the tool writes when it is asked for one.
MAX_ROWS = 500
_DESCRIBED = '<svg role="img" aria-labelledby="figure-title figure-description" '
_NUMBERS = """<details>
<summary>The numbers behind the plot</summary>
<table>
<caption>{caption}</caption>
<thead><tr>{header}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</details>"""


def for_image(title: str, facts: Sequence[str]) -> str:
    """Return in one line what an image shows: the plot's title, and what it says."""
    said = [one_line(text) for text in (title, *facts[:1])]
    return ". ".join(text.rstrip(".") for text in said if text)


def describe_svg(svg: bytes, title: str, facts: Sequence[str]) -> bytes:
    """Return an svg that programs which read aloud take for one image, with a title and a description."""
    texts = (("title", one_line(title)), ("desc", " ".join(map(one_line, facts))))
    before, opened, rest = svg.decode().partition("<svg ")
    attributes, closed, content = rest.partition(">")
    ids = {"title": "figure-title", "desc": "figure-description"}
    inside = "".join(f'\n <{tag} id="{ids[tag]}">{html.escape(text)}</{tag}>' for tag, text in texts)
    return f"{before}{_DESCRIBED if opened else ''}{attributes}{closed}{inside}{content}".encode()


def numbers(header: Sequence[str], columns: Sequence[Sequence]) -> str:
    """Return the numbers behind a plot as a table that opens by mouse and by keyboard; of many, the first `MAX_ROWS`.

    Parameters:
        header: names of the columns.
        columns: as many, each with a text or a number in each row.
    """
    total = len(columns[0]) if columns else 0
    rows = [_row([column[row] for column in columns]) for row in range(min(total, MAX_ROWS))]
    more = f"the first {MAX_ROWS:,} of {total:,} rows" if total > MAX_ROWS else f"{total:,} rows"
    return _NUMBERS.format(
        caption=f"The numbers behind the plot, {more}",
        header="".join(f'<th scope="col">{_text(name)}</th>' for name in header),
        rows="\n".join(rows),
    )


def _row(values: Sequence) -> str:
    first, *others = map(_text, values)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{value}</td>" for value in others)}</tr>'


def _text(value: object) -> str:
    # A NumPy float64 is a float; what is not a number is left out.
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return html.escape(one_line(str(value)))
