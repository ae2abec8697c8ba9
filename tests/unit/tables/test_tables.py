"""Tables: what is read, what is refused and how the refusal reads, what is written."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import blocks, tables
from dltools.tables.tables import Columns

ALL_MODES = {
    "by_index_number": (3, 1),
    "all_but_by_index_number": (2,),
    "by_header_name": ("c", "a"),
    "all_but_by_header_name": ("b",),
    "all_columns": (),
}


@pytest.fixture
def table(tmp_path):
    """Return a function that writes bytes or text to a file and returns it as a dataset."""

    def write(content) -> Dataset:
        path = tmp_path / "table.tabular"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Dataset(str(path), "X_train", "tabular")

    return write


# --- column selectors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, chosen",
    [
        ([1, 3], (1, 3)),
        (["1", "3"], (1, 3)),
        ("1,3", (1, 3)),
        (2, (2,)),
        ("2", (2,)),
        ("c3", (3,)),
        ([3, 3], (3,)),
    ],
)
def test_column_selection_by_number(value, chosen):
    conditional = {"selector": "by_index_number", "col": value}
    assert tables.column_selection(conditional, "selector", "col", "Columns") == Columns("by_index_number", chosen)


def test_column_selection_by_name_strips_names():
    conditional = {"selector": "all_but_by_header_name", "col": " age , blood pressure,"}
    assert tables.column_selection(conditional, "selector", "col", "Columns") == Columns(
        "all_but_by_header_name", ("age", "blood pressure")
    )


def test_column_selection_of_all_columns_needs_no_column():
    conditional = {"selector": "all_columns"}
    assert tables.column_selection(conditional, "selector", "col", "") == tables.ALL_COLUMNS


@pytest.mark.parametrize(
    "conditional, message",
    [
        ({"selector": "by_header_name", "col": " , "}, "^Columns: no column was chosen"),
        ({"selector": "by_index_number", "col": "0"}, "from 1 on. Received: '0'"),
        ({"selector": "by_index_number", "col": ["-1"]}, "Received: '-1'"),
        ({"selector": "by_index_number", "col": "age"}, "Received: 'age'"),
        ({"selector": "first"}, "must be one of by_index_number, .* Received: 'first'"),
    ],
)
def test_column_selection_refuses(conditional, message):
    with pytest.raises(UserError, match=message):
        tables.column_selection(conditional, "selector", "col", "Columns")


# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ALL_MODES)
def test_read_numbers_reads_the_chosen_columns(table, mode):
    dataset = table("a\tb\tc\n1\t2\t3\n4\t5\t6\n")
    result = tables.read_numbers(dataset, True, Columns(mode, ALL_MODES[mode]))
    order = {"by_index_number": "ca", "by_header_name": "ca", "all_columns": "abc"}.get(mode, "ac")
    expected = np.array([[1, 2, 3], [4, 5, 6]])[:, ["abc".index(name) for name in order]]
    np.testing.assert_array_equal(result.values, expected)
    assert result.names == list(order)


def test_read_numbers_gives_one_contiguous_float32_array(table):
    result = tables.read_numbers(table("1\t2\n3\t4\n"), False)
    assert result.values.dtype == np.float32
    assert result.values.flags.c_contiguous
    assert result.names is None


@pytest.mark.parametrize(
    "content",
    [
        "1\t2\n3\t4\n",
        "1\t2\n3\t4",
        "1\t2\r\n3\t4\r\n",
        "1\t2\r\n3\t4",
        b"\xef\xbb\xbf1\t2\n3\t4\n",
        '"1"\t"2"\n"3"\t4\n',
        " 1\t2.0 \n+3\t0.4e1\n",
    ],
    ids=["plain", "no last newline", "CRLF", "CRLF, no last", "BOM", "quoted", "spelled"],
)
def test_read_numbers_accepts_the_spellings_of_a_table(table, content):
    values = tables.read_numbers(table(content), False).values
    np.testing.assert_array_equal(values, [[1, 2], [3, 4]])


def test_read_numbers_keeps_the_order_of_rows_over_blocks_and_threads(table, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 100)
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", 1)
    rows = np.arange(3000).reshape(1000, 3)
    dataset = table("".join(f"{a}\t{b}\t{c}\n" for a, b, c in rows))
    np.testing.assert_array_equal(tables.read_numbers(dataset, False, threads=3).values, rows)


def test_read_numbers_takes_numbers_below_the_range_of_float32_for_0(table):
    values = tables.read_numbers(table("1e-60\t2\n0.5\t4e-300\n"), False).values
    np.testing.assert_array_equal(values, np.array([[0, 2], [0.5, 0]], np.float32))


@pytest.mark.parametrize("cells", [["-7", "3000000000"], ["007", "-0"], ["1e3", "+4"], ["16777216", "2147483647"]])
def test_read_numbers_reads_whole_numbers_of_any_size_and_spelling(table, cells):
    values = tables.read_numbers(table("\n".join(cells) + "\n"), False).values
    np.testing.assert_array_equal(values[:, 0], np.array([float(cell) for cell in cells], np.float32))


def test_read_numbers_ignores_text_in_columns_not_chosen(table):
    dataset = table("id\ta\ng1\t1\ng2\t2\n")
    assert tables.read_numbers(dataset, True, Columns("by_index_number", (2,))).names == ["a"]


def test_names_of_the_header_are_found_without_the_spaces_around_them(table):
    dataset = table("a \t b\n1\t2\n")
    result = tables.read_numbers(dataset, True, Columns("by_header_name", ("b",)))
    assert result.names == ["b"]
    np.testing.assert_array_equal(result.values, [[2]])


def test_read_numbers_accepts_a_header_of_duplicate_names_by_number(table):
    dataset = table("a\ta\n1\t2\n")
    values = tables.read_numbers(dataset, True, Columns("by_index_number", (2,))).values
    np.testing.assert_array_equal(values, [[2]])


HEADERLESS_FAULTS = {
    "blank line": ("1\t2\n\n3\t4\n", "^'X_train', line 2: the line is blank"),
    "blank line, one column": ("1\n\n3\n", "line 2: the line is blank"),
    "blank first line": ("\n1\n", "line 1: the line is blank"),
    "blank line of CRLF": ("1\r\n\r\n3\r\n", "line 2: the line is blank"),
    "line of spaces": ("1\n  \n3\n", "line 2: the line is blank"),
    "empty cell": ("1\t2\n3\t\n", "line 2, column 2: the cell is empty"),
    "quoted empty cell": ('1\t2\n3\t""\n', "line 2, column 2: the cell is empty"),
    "text cell": ("1\t2\n3\tabc\n", "line 2, column 2: 'abc' is not a number"),
    "decimal comma": ("1\t2\n3\t2,5\n", "'2,5' is not a number. Write decimals with a point"),
    "hexadecimal": ("1\n0x1F\n", "'0x1F' is not a number"),
    "underscore": ("1\n1_0\n", "'1_0' is not a number"),
    "NaN": ("1\t2\nnan\t4\n", "line 2, column 1: 'nan' stands for a missing value"),
    "several NaN": (
        "1\t2\nnan\t\n-Inf\t7\n",
        "line 2, column 1: 'nan' stands for a missing value. Fill it in, or remove the row or the column. In all, 3 cells are missing or infinite.",
    ),
    "NA": ("1\t2\n3\tNA\n", "'NA' stands for a missing value"),
    "infinite": ("1\t2\n3\t-inf\n", "'-inf' is infinite"),
    "too large": ("1\n1e39\n", "'1e39' is too large"),
    "far too large": ("1\n1e400\n", "'1e400' is too large"),
    "too small": ("1\n1e-400\n", "'1e-400' is too small .* Write 0"),
    "missing cell": ("1\t2\n3\n", "line 2: has 1 cell, but line 1 has 2 cells"),
    "further cell": ("1\t2\n3\t4\t5\n", "line 2: has 3 cells, but line 1 has 2 cells"),
    "open quote": ('1\n"2\n3\n', "line 2: a double quote has no matching one"),
    "carriage return": ("1\n2\r3\n", "line 2: a carriage return stands within the line"),
    "old line ends": ("1\r2\r3\r", "line 1: a carriage return"),
    "not UTF-8": (b"1\n\xff\n", "line 2: is not text in UTF-8"),
    "binary": (b"\x89HDF\0\1\n", "line 1: is not text in UTF-8"),
    "compressed": (b"\x1f\x8b\x08\0\n", "is compressed"),
    "empty file": ("", "^'X_train' is empty"),
    "text in line 1": ("a\t2\n3\t4\n", "line 1, column 1: 'a' is not .* is a header, set .* to Yes"),
    "header": ("a\tb\n3\t4\n", "line 1: 'a' looks like a header.* Set .* to Yes"),
}


@pytest.mark.parametrize("fault", HEADERLESS_FAULTS)
def test_read_numbers_names_the_fault(table, fault):
    content, message = HEADERLESS_FAULTS[fault]
    with pytest.raises(UserError, match=message):
        tables.read_numbers(table(content), False)


HEADER_FAULTS = {
    "header only": ("a\tb\n", "has only one line"),
    "text cell": ("age\tb\n1\tx\n", r"line 2, column 2 \('b'\): 'x' is not a number"),
    "short header": ("a\tb\n1\t2\t3\t4\n", "line 2: has 4 cells, but line 1 has 2 cells"),
    "tab at the end of rows": ("a\tb\n1\t2\t\n", "line 2: has 3 cells, but line 1 has 2 cells"),
    "data, one column": ("5\n3\n", "line 1: looks like data.* '5'. Set .* to No"),
    "data": ("0\t0\t7\n1\t2\t3\n", "line 1: looks like data"),
}


@pytest.mark.parametrize("fault", HEADER_FAULTS)
def test_read_numbers_names_the_fault_under_a_header(table, fault):
    content, message = HEADER_FAULTS[fault]
    with pytest.raises(UserError, match=message):
        tables.read_numbers(table(content), True)


@pytest.mark.parametrize(
    "header",
    ["0", "0\t1\t2", "1\t2\t3", "\t".join(str(400.5 + i) for i in range(10)), "1.5\tx"],
    ids=["position", "from 0", "from 1", "wavelengths", "not all numbers"],
)
def test_read_numbers_accepts_numbers_that_name_columns(table, header):
    cells = header.split("\t")
    row = "\t".join(["7"] * len(cells))
    assert tables.read_numbers(table(f"{header}\n{row}\n"), True).names == cells


SELECTION_FAULTS = {
    "number": (Columns("by_index_number", (2, 9)), True, "column 9 does not exist. .* 1 to 3"),
    "number excluded": (Columns("all_but_by_index_number", (9,)), True, "column 9 does not exist"),
    "name": (Columns("by_header_name", ("z",)), True, "no column 'z'. It has: 'a', 'b', 'b'"),
    "duplicate": (Columns("by_header_name", ("b",)), True, "'b' more than once, in columns 2, 3"),
    "no header": (Columns("by_header_name", ("a",)), False, "said to have no header"),
    "none left": (Columns("all_but_by_index_number", (1, 2, 3)), True, "none is left"),
}


@pytest.mark.parametrize("fault", SELECTION_FAULTS)
def test_columns_that_cannot_be_chosen(table, fault):
    columns, header, message = SELECTION_FAULTS[fault]
    with pytest.raises(UserError, match=message):
        tables.read_numbers(table("a\tb\tb\n1\t2\t3\n"), header, columns)


def test_the_first_fault_of_many_blocks_is_named(table, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 50)
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", 1)
    lines = ["1\t2"] * 500
    lines[123] = "1\tx"
    lines[400] = ""
    with pytest.raises(UserError, match="line 124, column 2: 'x'"):
        tables.read_numbers(table("\n".join(lines) + "\n"), False, threads=2)


def test_a_cell_cannot_fake_further_lines_of_the_message(table):
    with pytest.raises(UserError) as raised:
        tables.read_numbers(table("1\n\x1b[2Jfake" + "x" * 5000 + "\n"), False)
    assert "\x1b" not in str(raised.value)
    assert len(str(raised.value)) < 300


# --- text -------------------------------------------------------------------------------------


def test_read_text_keeps_cells_exactly(table):
    cells = ["NA", " cat", "007", "nan", "5' UTR", 'a "b"', "Ä", "1e5"]
    dataset = table("label\n" + "".join(f"{cell}\n" for cell in cells))
    result = tables.read_text(dataset, True)
    assert result.columns[0].tolist() == cells
    assert result.columns[0].dtype == object
    assert result.names == ["label"]
    assert result.first_line == 2


def test_read_text_takes_quotes_off(table):
    result = tables.read_text(table('"cat"\t"a\tb"\n"say ""hi"""\t1\n'), False)
    assert [column.tolist() for column in result.columns] == [["cat", 'say "hi"'], ["a\tb", "1"]]
    assert result.first_line == 1


TEXT_FAULTS = {
    "blank line": ("cat\n\ndog\n", False, "line 2: the line is blank"),
    "empty cell": ("cat\t1\n\t2\n", False, "line 2, column 1: the cell is empty"),
    "ragged": ("cat\ndog\t1\n", False, "line 2: has 2 cells, but line 1 has 1 cell"),
    "header missed": ("label\n5\n3\n", False, "'label' looks like a header"),
    "data taken for header": ("5\n3\n", True, "looks like data"),
    "not UTF-8": (b"a\n\xe4\n", False, "line 2: is not text in UTF-8"),
}


@pytest.mark.parametrize("fault", TEXT_FAULTS)
def test_read_text_names_the_fault(table, fault):
    content, header, message = TEXT_FAULTS[fault]
    with pytest.raises(UserError, match=message):
        tables.read_text(table(content), header)


def test_read_text_does_not_take_a_class_for_a_header(table):
    assert tables.read_text(table("cat\n5\ndog\n"), False).columns[0].tolist() == ["cat", "5", "dog"]


def test_read_text_accepts_a_number_above_text(table):
    assert tables.read_text(table("2019\ncat\n"), True).names == ["2019"]


def test_count_columns(table):
    dataset = table("a\tb\tc\n1\t2\t3\n")
    assert tables.count_columns(dataset, True) == 3
    assert tables.count_columns(dataset, True, Columns("all_but_by_header_name", ("b",))) == 2


# --- writing ----------------------------------------------------------------------------------


def test_write_table_of_integers(tmp_path):
    target = tmp_path / "out.tabular"
    tables.write_table(target, None, np.array([[1, 0], [0, 1], [0, 0]], np.uint8))
    assert target.read_bytes() == b"1\t0\t0\n0\t1\t0\n"


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64", ">f8", ">i4"])
def test_numbers_are_written_as_they_are_or_not_at_all(tmp_path, dtype):
    """Those in another byte order than the machine's are refused, never read as other numbers."""
    target, numbers = tmp_path / "out", np.array([0, 1, 1], dtype)
    if not numbers.dtype.isnative:
        with pytest.raises(NotImplementedError, match="Byte-swapped"):
            tables.write_table(target, None, [numbers])
        return
    # Of a wider table, so that its numbers do not stand side by side in memory.
    tables.write_table(target, None, [np.stack([numbers, numbers], axis=1)[:, 0]])
    assert [float(line) for line in target.read_text().splitlines()] == [0, 1, 1]


def test_write_table_with_header_and_text(tmp_path):
    target = tmp_path / "out.tabular"
    labels = np.array(["cat", "a\tb", '5" pipe'], object)
    tables.write_table(target, ["label", "p"], [labels, np.array([0.1, 1, 0.25], np.float32)])
    lines = target.read_text().splitlines()
    assert lines[0] == "label\tp"
    assert lines[1].split("\t") == ["cat", "0.1"]
    result = tables.read_text(Dataset(str(target), "out"), True)
    assert result.columns[0].tolist() == labels.tolist()


def test_write_table_of_booleans_writes_0_and_1(tmp_path):
    target = tmp_path / "out.tabular"
    tables.write_table(target, ["flag"], [np.array([True, False])])
    assert target.read_text() == "flag\n1\n0\n"


def test_floats_are_read_back_the_same(tmp_path):
    target = tmp_path / "out.tabular"
    bits = np.random.default_rng(0).integers(0, 2**32, 5000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values)]
    tables.write_table(target, None, [values])
    np.testing.assert_array_equal(tables.read_numbers(Dataset(str(target), "out"), False).values[:, 0], values)


def test_write_table_leaves_no_half_of_a_table(tmp_path):
    target = tmp_path / "out.tabular"
    with pytest.raises(ValueError):
        tables.write_table(target, None, [np.array([1, 2]), np.array([1])])
    assert list(tmp_path.iterdir()) == []
