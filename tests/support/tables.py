"""Tables for the tools to read."""

import numpy as np


def write(path, rows, header=None):
    """Write rows of cells, or of one cell each, as a tab-separated table; return its path."""
    lines = ["\t".join(map(str, np.atleast_1d(row))) for row in rows]
    path.write_text("\n".join([*([header] if header else []), *lines]) + "\n")
    return path
