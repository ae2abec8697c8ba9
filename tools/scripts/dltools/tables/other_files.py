"""Files that are no tables at all, told by how they begin: each is named as what it is, with the way to a table."""

import json
import re

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError

_AS_TEXT = "Save the sheet as tab-separated text, and upload that."
_CHOOSE = "Choose a tab-separated table."

# First bytes -> what such a file is, and what to do.
_SIGNATURES = (
    (b"\x1f\x8b", "is compressed. Unpack it first."),
    (b"BZh", "is compressed (bzip2). Unpack it first."),
    (b"\xfd7zXZ\0", "is compressed (xz). Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "is compressed (Zstandard). Unpack it first."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"is an old Excel or Office file, not a table of text. {_AS_TEXT}"),
    (b"%PDF-", f"is a PDF document, not a table. {_CHOOSE}"),
    (b"\x89HDF\r\n\x1a\n", f"is an HDF5 file, such as a trained model, not a table. {_CHOOSE}"),
    (b"PAR1", "is a Parquet file, not a table of text. Save it as tab-separated text, and upload that."),
    (b"\x93NUMPY", "is a NumPy array, not a table of text. Save it as tab-separated text, and upload that."),
    (b"RDX", "is R's own file of data, not a table of text. In R, write the table with write.table(…, sep = \"\\t\")."),
    (b"\x89PNG", f"is an image, not a table. {_CHOOSE}"),
    (b"\xff\xd8\xff", f"is an image, not a table. {_CHOOSE}"),
    (b"GIF8", f"is an image, not a table. {_CHOOSE}"),
    (b"%%MatrixMarket", "is a sparse matrix in Matrix Market text, not a table. Choose it under 'sparse matrix', "
        "where the form has that."),
    (b"{\\rtf", f"is a formatted document (RTF), not a table. {_AS_TEXT}"),
)  # fmt: skip
_ZIP = b"PK\x03\x04"
_MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|head|body|\?xml)\b", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\{\s*"[^"\t\n]*"\s*:|\[\s*[\[{])')
_FASTA = re.compile(rb">[^\t\n]*\r?\n[A-Za-z*\-]{10,}\r?(\n|$)")


def check(dataset: Dataset, head: bytes, whole: bool) -> None:
    """Refuse a file that is no table.

    Parameters:
        head: how the file begins; some thousand bytes are enough.
        whole: whether that is all of it.

    Raises:
        UserError: names what the file is.
    """
    found = next((told for signature, told in _SIGNATURES if head.startswith(signature)), None)
    found = found or _archive(head) or _text(head, whole)
    if found:
        raise UserError(f"{dataset} {found}")


def _archive(head: bytes) -> str | None:
    if not head.startswith(_ZIP):
        return None
    if b"[Content_Types].xml" in head or b"xl/" in head:
        return f"is an Excel workbook (.xlsx) or another Office document, not a table of text. {_AS_TEXT}"
    if b"opendocument" in head[:200]:
        return f"is an OpenDocument file (.ods), not a table of text. {_AS_TEXT}"
    return f"is a zip archive, not a table. {_CHOOSE}"


def _text(head: bytes, whole: bool) -> str | None:
    if _MARKUP.match(head):
        kind = "an XML file" if head.lstrip()[:5].lower() == b"<?xml" else "a web page (HTML)"
        return f"is {kind}, not a table. {_CHOOSE}"
    if _FASTA.match(head):
        return f"holds sequences in FASTA, not a table. {_CHOOSE}"
    if _JSON.match(head) and (not whole or _is_json(head)):
        return f"is a JSON file, not a table. {_CHOOSE}"
    return None


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
