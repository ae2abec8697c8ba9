"""Reports of a training, taken apart."""

import html.parser


class Page(html.parser.HTMLParser):
    """The tags, the texts of each table's cells, and the whole text of a page."""

    def __init__(self, text):
        """Read a page."""
        super().__init__()
        self.tags, self.attributes, self.tables, self.text = [], set(), [], []
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_cell = tag in ("td", "th")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if self._in_cell:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        """End a cell."""
        self._in_cell = False

    def handle_data(self, data):
        """Note a text."""
        self.text.append(data)
        if self._in_cell:
            self.tables[-1][-1][-1] += data

    def table(self, corner):
        """Return the table whose first header is `corner`, as name of the row -> its cells."""
        found = next(table for table in self.tables if table[0][0] == corner)
        return {row[0]: dict(zip(found[0][1:], row[1:], strict=True)) for row in found[1:]}
