"""Sparse matrices: read some lines at a time as scipy reads them whole, in little memory, with the same messages."""

import tracemalloc

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import matrix_market

MATRIX = "%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 5\n2 3 {}\n"
# As many bytes are parsed together in these tests: a line or two.
FEW_BYTES = 20


@pytest.fixture
def matrix(tmp_path):
    """Return a function that writes bytes or text to a file and returns it as a dataset."""

    def write(content) -> Dataset:
        path = tmp_path / "matrix.mtx"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Dataset(str(path), "X_train", "mtx")

    return write


@pytest.fixture
def by_lines(monkeypatch):
    """Parse a line or two at a time, and nothing whole."""
    monkeypatch.setattr(matrix_market, "_PART_BYTES", FEW_BYTES)
    monkeypatch.setattr(matrix_market, "_whole", None)


def whole(dataset):
    """Return what scipy makes of a file that it reads whole."""
    with np.errstate(over="ignore"):
        return scipy.sparse.csr_array(scipy.io.mmread(dataset.path), dtype=np.float64).astype(np.float32)


def assert_same(found, expected):
    """Compare two matrices bit by bit."""
    assert found.format == expected.format == "csr"
    assert found.shape == expected.shape
    for name in ("data", "indices", "indptr"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()
    assert found.has_canonical_format


def text(field, symmetry, lines, size=(5, 5), between="", end="\n"):
    rows, columns = size
    head = f"%%MatrixMarket matrix coordinate {field} {symmetry}\n%\n{rows} {columns} {len(lines)}\n{between}"
    return (head + "\n".join(lines) + "\n").replace("\n", end)


def test_read(matrix):
    found = matrix_market.read(matrix(MATRIX.format("1.5")))
    assert found.format == "csr"
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.toarray(), [[5, 0, 0], [0, 0, 1.5]])


def test_read_accepts_dense_text(matrix):
    dataset = matrix("%%MatrixMarket matrix array integer general\n2 1\n3\n4\n")
    np.testing.assert_array_equal(matrix_market.read(dataset).toarray(), [[3], [4]])


@pytest.mark.parametrize(
    "content, message",
    [
        ("1\t2\n3\t4\n", "^'X_train' cannot be read as a sparse matrix in Matrix Market text"),
        ("", "cannot be read as a sparse matrix"),
        (MATRIX.format("abc"), "cannot be read as a sparse matrix"),
        (MATRIX.format("nan"), "row 2, column 3 of the matrix holds a missing or infinite number"),
        (MATRIX.format("1e300"), "row 2, column 3 of the matrix holds a missing or infinite number"),
        (MATRIX.format("1").replace("2 3 2", "2 3 3"), "cannot be read as a sparse matrix"),
        (MATRIX.format("1").replace("2 3 2", "1 3 2"), "cannot be read as a sparse matrix"),
        (b"\x89HDF\r\n\x1a\n\0\0", "cannot be read as a sparse matrix"),
        (
            "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 5 1\n",
            "holds complex numbers",
        ),
    ],
)
def test_read_refuses(matrix, content, message):
    with pytest.raises(UserError, match=message):
        matrix_market.read(matrix(content))


# --- as scipy reads it whole ------------------------------------------------------------------

LARGE = str(2**62 + 2**38 + 1)
PLAIN = {
    "by rows": text("real", "general", ["1 2 0.1", "1 5 -3", "3 1 1e-50", "5 5 7"]),
    "by columns": text("real", "general", ["3 1 1", "5 1 2", "1 2 3", "2 2 -0.0", "1 5 0"]),
    "in no order": text("double", "general", ["5 5 1.25", "1 3 2", "5 1 3", "2 2 4", "1 1 5"]),
    "not square": text("real", "general", ["2 9 1", "2 1 2", "1 4 3"], size=(2, 9)),
    "integers": text("integer", "general", [f"2 1 {LARGE}", "1 1 -5"]),
    "integers without a sign": text("unsigned-integer", "general", ["2 1 18446744073709551615"]),
    "places alone": text("pattern", "general", ["2 1", "1 4", "2 2"]),
    "symmetric": text("real", "symmetric", ["1 1 2", "3 1 0.1", "5 4 3"]),
    "symmetric, above": text("real", "symmetric", ["1 3 2", "4 5 3"]),
    "symmetric places": text("pattern", "symmetric", ["1 1", "3 1", "5 4"]),
    "skew-symmetric": text("real", "skew-symmetric", ["2 1 2", "3 1 0.1", "5 4 -3"]),
    "hermitian": text("real", "hermitian", ["2 1 2", "3 3 1"]),
    "Windows": text("real", "general", ["1 2 0.1", "3 1 5"], end="\r\n"),
    "blanks around": text("real", "general", ["  1 2 0.1\t", "\t3 1 5  "]) + "\n  \n\r\n",
    "blank lines on top": text("real", "general", ["1 2 0.1", "3 1 5"], between="\n \n"),
    "more behind a value": text("real", "general", ["1 2 0.1 9 x", "3 1 5"]),
    "full column": text("real", "general", [f"{row} 2 {row}.5" for row in range(1, 6)]),
}  # fmt: skip
ODD = {
    "several values for a place": text("real", "general", ["1 2 0.1", "3 1 5", "1 2 0.2", "1 2 1e-9"]),
    "below and above": text("real", "symmetric", ["1 2 0.1", "2 1 0.2"]),
    "blank line between": text("real", "general", ["1 2 0.1", "", "3 1 5"]).replace("5 5 3", "5 5 2"),
    "no values": "%%MatrixMarket matrix coordinate real general\n3 4 0\n",
    "no rows": "%%MatrixMarket matrix coordinate real general\n0 4 0\n",
    "all written out": "%%MatrixMarket matrix array real general\n2 2\n0\n-0.0\n0.1\n4\n",
    "all written out, symmetric": "%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n",
}


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN)
def test_plain_text_is_read_some_lines_at_a_time(content, matrix, by_lines):
    dataset = matrix(content)
    assert_same(matrix_market.read(dataset), whole(dataset))


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
@pytest.mark.parametrize("size", [FEW_BYTES, 1 << 20])
def test_other_text_is_read_alike(content, size, matrix, monkeypatch):
    monkeypatch.setattr(matrix_market, "_PART_BYTES", size)
    dataset = matrix(content)
    assert_same(matrix_market.read(dataset), whole(dataset))


@pytest.mark.parametrize("order", ["rows", "columns", "none"])
def test_many_values_are_read_alike(order, tmp_path, monkeypatch):
    monkeypatch.setattr(matrix_market, "_PART_BYTES", 5000)
    monkeypatch.setattr(matrix_market, "_whole", None)
    random = np.random.default_rng(3)
    made = scipy.sparse.random_array((200, 300), density=0.2, rng=random, format="coo")
    keys = {"rows": (made.col, made.row), "columns": (made.row, made.col), "none": (random.random(made.nnz),)}
    chosen = np.lexsort(keys[order])
    shuffled = scipy.sparse.coo_array((made.data[chosen], (made.row[chosen], made.col[chosen])), shape=made.shape)
    scipy.io.mmwrite(tmp_path / "x.mtx", shuffled)
    dataset = Dataset(str(tmp_path / "x.mtx"), "x", "mtx")
    assert_same(matrix_market.read(dataset), whole(dataset))


BROKEN = {
    "index 0": (text("real", "general", ["1 2 1", "0 1 1", "2 2 2"]), "Line 5: Row index out of bounds"),
    "row too large": (text("real", "general", ["1 2 1", "6 1 1", "2 2 2"]), "Line 5: Row index out of bounds"),
    "column too large": (text("real", "general", ["1 2 1", "1 6 1", "2 2 2"]), "Line 5: Column index out of bounds"),
    "no number": (text("real", "general", ["1 2 1", "1 1 x", "2 2 2"]), "Line 5: Invalid floating-point value."),
    "no index": (text("real", "general", ["1 2 1", "x 1 1", "2 2 2"]), "Line 5: Invalid integer value."),
    "no value": (text("real", "general", ["1 2 1", "2 1", "2 2 2"]), "Line 5: Invalid floating-point value."),
    "comment between": (text("real", "general", ["1 2 1", "% c", "2 2 2"]), "Line 5: Invalid integer value."),
    "number too large": (text("integer", "general", ["1 2 1", f"1 1 {LARGE}0"]), "Line 5: Integer out of range."),
    "fewer": (text("real", "general", ["1 2 1", "1 1 2"]).replace("5 5 2", "5 5 4"), "Truncated file. Expected another 2 lines."),
    "more": (text("real", "general", ["1 2 1", "1 1 2"]).replace("5 5 2", "5 5 1"), "Line 5: Too many lines in file (file too long)"),
    "comment at the end": (text("real", "general", ["1 2 1"]) + "% end\n", "Line 5: Too many lines in file (file too long)"),
    "no size": ("%%MatrixMarket matrix coordinate real general\n% c\n", "Line 3: Invalid MatrixMarket header: Premature EOF"),
    "size of two": (text("real", "general", ["1 2 1"]).replace("5 5 1", "5 5"), "Invalid integer value."),
    "size of four": (text("real", "general", ["1 2 1"]).replace("5 5 1", "5 5 1 1"), "Header dimension line not of length 3"),
    "unknown kind": (text("whole", "general", ["1 2 1"]), "Line 1: Invalid MatrixMarket header element: whole"),
    "symmetric, not square": (text("real", "symmetric", ["5 1 1"], size=(5, 3)), "axis 1 index 4 exceeds matrix dimension 3"),
    "old Macintosh": (text("real", "general", ["1 2 1"], end="\r"), "Line 2: Invalid MatrixMarket header: Premature EOF"),
}  # fmt: skip


@pytest.mark.parametrize("content, message", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("size", [FEW_BYTES, 1 << 20])
def test_broken_text_is_refused_as_scipy_says(content, message, size, matrix, monkeypatch):
    monkeypatch.setattr(matrix_market, "_PART_BYTES", size)
    dataset = matrix(content)
    with pytest.raises((ValueError, OverflowError)) as said:
        scipy.io.mmread(dataset.path)
    assert str(said.value).rstrip() == message
    with pytest.raises(UserError) as refused:
        matrix_market.read(dataset)
    assert str(refused.value).endswith(f"whose first line begins with %%MatrixMarket: {message}")


@pytest.mark.parametrize("place", range(3))
def test_line_too_long_to_hold_is_read_whole(place, matrix, monkeypatch):
    monkeypatch.setattr(matrix_market, "_PART_BYTES", FEW_BYTES)
    monkeypatch.setattr(matrix_market, "_LINE_BYTES", 60)
    lines = ["1 2 1", "1 1 2", "2 2 3"]
    lines[place] += " " * 100
    dataset = matrix(text("real", "general", lines))
    assert_same(matrix_market.read(dataset), whole(dataset))


def test_every_missing_number_is_counted(matrix, by_lines):
    lines = ["5 5 nan", "2 3 1", "1 4 -inf", "1 2 1", "3 3 1e39"]
    with pytest.raises(UserError, match="row 1, column 4 of .* In all, 3 cells are missing or infinite"):
        matrix_market.read(matrix(text("real", "general", lines)))


# What the parser crashes at, and the process with it.


@pytest.mark.parametrize("line", ["2 3 1.5 ", "2 3 1.5\t", "2 3 1.5 x", "2 3 1.5\r", "2 3 1.5"])
@pytest.mark.parametrize("first", ["1 1 5", "2 3 1"], ids=["plain", "two values for a place"])
def test_last_line_need_not_end(line, first, matrix):
    content = MATRIX.format("")[: -len("1 1 5\n2 3 \n")] + f"{first}\n{line}"
    expected = np.zeros((2, 3))
    row, column, value = map(int, first.split())
    expected[row - 1, column - 1] = value
    expected[1, 2] += 1.5
    np.testing.assert_array_equal(matrix_market.read(matrix(content)).toarray(), expected)


def test_character_of_code_0_is_refused(matrix):
    with pytest.raises(UserError, match="cannot be read as a sparse matrix .*: it holds a character of code 0"):
        matrix_market.read(matrix(MATRIX.format("1\0")))


# --- values that float32 loses ----------------------------------------------------------------


def full(values, column, other="1"):
    """Return a matrix of three columns, of which one has these values, and the next the same one value."""
    cells = [line for row, value in enumerate(values, 1) for line in (f"{row} {column} {value}", f"{row} 3 {other}")]
    return text("real", "general", cells, size=(len(values), 3))


@pytest.mark.parametrize("kept", [1, 1 << 20])
def test_exact_values_are_looked_at(kept, matrix, by_lines, monkeypatch, capsys):
    monkeypatch.setattr(matrix_market, "_KEPT_NUMBERS", kept)
    moments = [1_600_000_000_000 + step for step in range(100)]
    dataset = matrix(full(moments, 2, "1700000000001.5"))
    matrix_market.read(dataset)
    assert "'X_train', column 2 of the matrix: 100 different values become 1 in 32 bits" in capsys.readouterr().out
    with pytest.raises(UserError, match="column 2 of the matrix: .* Subtract 1600000000000 from the column"):
        matrix_market.read(dataset, watched=True)


@pytest.mark.parametrize("values", [range(1000, 1100), [0.1 * step for step in range(100)]], ids=["whole", "fractions"])
def test_columns_that_float32_holds_are_read_twice_only(values, matrix, by_lines, monkeypatch):
    passes, parts = [], matrix_market._parts
    monkeypatch.setattr(matrix_market, "_parts", lambda *given: passes.append(1) or parts(*given))
    lines = [f"{row} 2 {value}" for row, value in enumerate(values, 1)]
    matrix_market.read(matrix(text("real", "general", lines, size=(100, 3))), watched=True)
    assert len(passes) == 2


def test_numbers_too_small_for_float32_are_looked_at(matrix, by_lines):
    with pytest.raises(UserError, match="column 2 of the matrix: 100 different values become 1 in 32 bits"):
        matrix_market.read(matrix(full([f"{step}e-60" for step in range(1, 101)], 2)), watched=True)


# --- memory -----------------------------------------------------------------------------------


def test_reading_takes_little_more_than_the_matrix(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix_market, "_PART_BYTES", 1 << 16)
    made = scipy.sparse.random_array((1000, 3000), density=0.1, rng=np.random.default_rng(0), format="csc")
    scipy.io.mmwrite(tmp_path / "x.mtx", made)
    dataset = Dataset(str(tmp_path / "x.mtx"), "x", "mtx")
    tracemalloc.start()
    found = matrix_market.read(dataset)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    own = found.data.nbytes + found.indices.nbytes + found.indptr.nbytes
    assert own < 8 * made.nnz + 5000
    assert peak < 1.4 * own


def test_matrix_that_cannot_fit_is_refused_before_it_is_read(matrix, monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, "2000")
    head = "%%MatrixMarket matrix {} real general\n{}\n1 1 1\n"
    with pytest.raises(
        UserError,
        match="'X_train': 20,000 rows of 30,000 columns with 300,000,000 values take 2,400 MB, .* granted 2,000 MB. "
        "Leave out columns or rows",
    ):
        matrix_market.read(matrix(head.format("coordinate", "20000 30000 300000000")))
    with pytest.raises(UserError, match="'X_train': 20,000 rows of 30,000 columns take 4,800 MB, .* granted 2,000 MB"):
        matrix_market.read(matrix(head.format("array", "20000 30000")))
    with pytest.raises(UserError, match="Truncated file"):
        matrix_market.read(matrix(head.format("coordinate", "20000 30000 200000")))
