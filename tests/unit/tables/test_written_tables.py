"""Tables as R, pandas, spreadsheets and Galaxy write them: read where nothing can be mistaken, else named as what they are."""

from pathlib import Path

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import tables, text_file, tsv
from dltools.tables.tables import Columns

FIRST, LAST = Columns("by_index_number", (1,)), Columns("by_index_number", (2,))


@pytest.fixture
def table(tmp_path):
    """Return a function that writes bytes or text to a file and returns it as a dataset of a type."""

    def write(content, ext="tabular") -> Dataset:
        path = tmp_path / f"table.{ext}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        tsv._told.clear()
        return Dataset(str(path), "X", ext)

    return write


# --- what stands above and below the rows -------------------------------------------------------

AROUND = {
    "one blank line": ("1\t2\n3\t4\n\n", False, "'X': a blank line at the end left out\n"),
    "blank lines": ("1\t2\r\n3\t4\r\n\r\n \r\n", False, "'X': 2 blank lines at the end left out\n"),
    "lines of tabs": ("1\t2\n3\t4\n\t\n\t\n", False, "'X': 2 blank lines at the end left out\n"),
    "blanks behind the last number": ("1\t2\n3\t4 \n", False, ""),
    "many blank lines": ("1\t2\n3\t4\n" + "\n" * 9000, False, "'X': 9000 blank lines at the end left out\n"),
    "comment": ("# made by R\n1\t2\n3\t4\n", False, "'X': line 1, which begins with #, left out as a comment\n"),
    "comments above a header": ("# made by R\n##\na\tb\n1\t2\n3\t4\n", True, "'X': 2 lines on top that begin with # left out as comments\n"),
    "Galaxy's header": ("#a\tb\n1\t2\n3\t4\n", True, "'X': line 1, which begins with #, is the header\n"),
    "comment above Galaxy's header": (
        "# made by R\n#a\tb\n1\t2\n3\t4\n", True, "'X': line 1, which begins with #, left out as a comment; line 2, which begins with #, is the header\n",
    ),
    "Galaxy's header, not asked for": ("#a\tb\n1\t2\n3\t4\n", False, "'X': line 1, which begins with #, left out as a comment\n"),
    "as many cells, above a header": ("#x\ty\na\tb\n1\t2\n3\t4\n", True, "'X': line 1, which begins with #, left out as a comment\n"),
    "a header of positions": ("#0\t1\n1\t2\n3\t4\n", True, "'X': line 1, which begins with #, is the header\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", AROUND)
def test_lines_around_the_rows_are_left_out_and_said(table, case, capsys):
    content, header, told = AROUND[case]
    dataset = table(content)
    found = tables.read_numbers(dataset, header)
    np.testing.assert_array_equal(found.values, [[1, 2], [3, 4]])
    assert found.names in ([["a", "b"], ["0", "1"]] if header else [None])
    tables.read_text(dataset, header)
    assert capsys.readouterr().out == told
    assert (
        found.first_line
        == content.split("\n").index(next(line for line in content.split("\n") if line.startswith("1\t"))) + 1
    )


LABELS = {
    "comment": ("# made by R\ncat\ndog\ncat\n", False, None),
    "comment above a header": ("# made by R\nlabel\ncat\ndog\ncat\n", True, ["label"]),
    "header of several words": ("# class label\ncat\ndog\ncat\n", True, ["class label"]),
    "Galaxy's header": ("#label\ncat\ndog\ncat\n", True, ["label"]),
    "comment above Galaxy's header": ("# made by R\n#label\ncat\ndog\ncat\n", True, ["label"]),
    "blank line": ("cat\ndog\ncat\n\n", False, None),
}


@pytest.mark.parametrize("case", LABELS)
def test_lines_around_labels_are_told_from_labels(table, case):
    content, header, names = LABELS[case]
    found = tables.read_text(table(content, "txt"), header)
    assert found.columns[0].tolist() == ["cat", "dog", "cat"]
    assert found.names == names


def test_lines_of_samples_and_labels_are_left_out_alike(table):
    above = "# made by R\n"
    samples = tables.read_numbers(table(above + "1\t2\n3\t4\n\n"), False)
    labels = tables.read_text(table(above + "5\n7\n\n"), False)
    assert len(samples.values) == len(labels.columns[0]) == 2


def test_labels_that_all_begin_with_the_mark_are_labels(table):
    assert tables.read_text(table("#ff0000\n#00ff00\n"), False).columns[0].tolist() == ["#ff0000", "#00ff00"]


@pytest.mark.parametrize("name", ["a", "#a"])
def test_a_marked_header_is_chosen_by_its_name_with_the_mark_or_without(table, name):
    found = tables.read_numbers(
        table("b\t#a\n9\t9\n" if name == "" else "#a\tb\n1\t2\n"), True, Columns("by_header_name", (name,))
    )
    assert (found.values.tolist(), found.names) == ([[1]], ["a"])


def test_a_column_that_is_named_by_the_mark_alone_keeps_its_name(table):
    assert tables.read_numbers(table("#\ta\n1\t2\n"), True).names == ["#", "a"]


AMBIGUOUS = {
    "label or header": ("#cat\ndog\ncat\n", False, "line 1: begins with #.* If it names the columns, set .* to Yes"),
    "row or header": ("#cat\ta\ndog\tb\n", False, "line 1: begins with #"),
    "two headers": ("#a\tb\n#c\td\n1\t2\n", True, "line 1: begins with #"),
    "blank line in the middle": ("a\tb\n1\t2\n\n3\t4\n\n", True, "line 3: the line is blank. Remove it, or fill it in"),
    "nothing but blank lines": ("\n\n", False, "'X' is empty"),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_what_may_be_a_row_is_refused(table, case):
    content, header, message = AMBIGUOUS[case]
    with pytest.raises(UserError, match=message):
        tables.read_text(table(content), header)


def test_lines_are_counted_from_the_top_of_the_file(table):
    with pytest.raises(UserError, match=r"line 5, column 2 \('b'\): 'x' is not a number"):
        tables.read_numbers(table("# one\n# two\na\tb\n1\t2\n3\tx\n"), True)


# --- encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read(table, encoding, capsys):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    dataset = table(mark + "größe\tb\r\n1\t2\r\n3\t4\r\n\r\n".encode(encoding))
    found = tables.read_numbers(dataset, True)
    np.testing.assert_array_equal(found.values, [[1, 2], [3, 4]])
    assert found.names == ["größe", "b"]
    assert capsys.readouterr().out == "'X': read as text in UTF-16; a blank line at the end left out\n"
    with pytest.raises(UserError, match=r"line 3, column 2 \('b'\): 'NA' stands for a missing value"):
        tables.read_numbers(table(mark + "a\tb\n1\t2\n3\tNA\n".encode(encoding), "tsv"), True)


def test_copies_in_utf_8_are_removed(table):
    source = tsv.open_table(table("1\n2\n".encode("utf-16")), False, tables.ALL_COLUMNS)
    assert source.path != source.dataset.path
    text_file._remove(source.path)
    assert not Path(source.path).exists()


# --- row names ----------------------------------------------------------------------------------

NAMED_ROWS = '"mpg"\t"cyl"\n"Mazda RX4"\t21\t6\n"Fiat 128"\t32.4\t4\n'


def test_row_names_are_no_feature(table, capsys):
    dataset = table(NAMED_ROWS)
    found = tables.read_numbers(dataset, True)
    np.testing.assert_array_equal(found.values, np.array([[21, 6], [32.4, 4]], np.float32))
    assert (found.names, found.first_line) == (["mpg", "cyl"], 2)
    assert (
        "the first column holds names of the rows, as R writes them: it is used only where it is chosen"
        in capsys.readouterr().out
    )
    assert tables.count_columns(dataset, True) == 2


NAMED_CHOICES = {
    "by number": (Columns("by_index_number", (3,)), ["6", "4"]),
    "by name": (Columns("by_header_name", ("cyl",)), ["6", "4"]),
    "all but a number": (Columns("all_but_by_index_number", (2,)), ["6", "4"]),
    "all but a name": (Columns("all_but_by_header_name", ("mpg",)), ["6", "4"]),
    "the names": (Columns("by_index_number", (1,)), ["Mazda RX4", "Fiat 128"]),
}


@pytest.mark.parametrize("case", NAMED_CHOICES)
def test_columns_beside_row_names_are_those_that_galaxy_shows(table, case):
    columns, wanted = NAMED_CHOICES[case]
    found = tables.read_text(table(NAMED_ROWS), True, columns)
    assert [column.tolist() for column in found.columns] == [wanted]


def test_one_column_beside_row_names_needs_no_choice(table):
    found = tables.read_text(table("label\n1\tcat\n2\tdog\n"), True, Columns("by_index_number"))
    assert found.columns[0].tolist() == ["cat", "dog"]


NO_ROW_NAMES = {
    "twice": (
        "a\tb\nr\t1\t2\nr\t3\t4\n",
        "the first column does not name the rows: line 3 has 'r' there a second time",
    ),
    "measurement": ("a\tb\n0.5\t1\t2\n0.7\t3\t4\n", "the first column does not name the rows: line 2 has '0.5' there"),
}


@pytest.mark.parametrize("case", NO_ROW_NAMES)
def test_a_header_that_lacks_another_name_is_refused(table, case):
    content, message = NO_ROW_NAMES[case]
    with pytest.raises(
        UserError, match=f"^'X': the header in line 1 has one name less than the rows have cells, but {message}"
    ):
        tables.read_numbers(table(content), True)


def test_row_names_that_r_made_different_are_read(table):
    assert tables.read_numbers(table('"a"\n"1"\t5\n"1.1"\t6\n'), True).values.tolist() == [[5], [6]]


def test_row_names_without_a_header_are_named(table):
    with pytest.raises(
        UserError,
        match="line 2: has 3 cells, but line 1 has 2 cells. If line 1 is a header, and the first column names the rows",
    ):
        tables.read_text(table("a\tb\nr1\t1\t2\n"), False)


@pytest.mark.parametrize("header", ['"5"\t"7"', "1940\t1945", "1990\t2000"])
def test_numbers_that_r_writes_as_names_are_a_header(table, header):
    assert tables.read_numbers(table(f"{header}\n22.5\t44\n"), True).names == header.replace('"', "").split("\t")


# --- True and False -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "FALSE"), ("true", "false"), ('"TRUE"', '"FALSE"')])
def test_true_and_false_are_1_and_0(table, words):
    yes, no = words
    found = tables.read_numbers(table(f"a\tb\tc\n{yes}\t1.5\t7\n{no}\t2\t8\n"), True)
    np.testing.assert_array_equal(found.values, [[1, 1.5, 7], [0, 2, 8]])
    assert found.values.dtype == np.float32
    assert found.values.flags.c_contiguous


def test_text_keeps_true_and_false(table):
    assert tables.read_text(table("True\nFalse\n"), False).columns[0].tolist() == ["True", "False"]


MIXED = {
    "number below": ("a\nTrue\n5\n", True, r"line 3, column 1 \('a'\): '5' is neither True nor False"),
    "word below": ("a\n5\nTrue\n", True, "'True' is not a number. The column began with a number: write 1 for True"),
    "blanks": ("a\nTrue\n False\n", True, "' False' has blanks around it"),
    "missing": ("a\nTrue\nNA\n", True, "line 3.*'NA' stands for a missing value"),
    "header": ("a\nTrue\nFalse\n", False, "line 1: 'a' looks like a header.* Set .* to Yes"),
    "no header": (
        "True\tFalse\tFalse\nFalse\tTrue\tFalse\n",
        True,
        "line 1: looks like data, not like a header: it holds 'True'.* to No",
    ),
}


@pytest.mark.parametrize("case", MIXED)
def test_true_and_false_among_others_are_named(table, case):
    content, header, message = MIXED[case]
    with pytest.raises(UserError, match=message):
        tables.read_numbers(table(content), header)


# --- other separators ---------------------------------------------------------------------------

CSV = '"","a","b"\n"r, 1",1,2.5\n"r2",3,4\n'


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        CSV.replace(",1,", ";1;").replace('","', '";"').replace('",', '";').replace(",", ";").replace("r; 1", "r, 1"),
    ],
)
def test_a_dataset_of_the_type_csv_is_read(table, content, capsys):
    found = tables.read_numbers(table(content, "csv"), True, Columns("by_index_number", (2, 3)))
    np.testing.assert_array_equal(found.values, [[1, 2.5], [3, 4]])
    assert found.names == ["a", "b"]
    assert tables.read_text(table(content, "csv"), True, FIRST).columns[0].tolist() == ["r, 1", "r2"]
    assert "'X': read as " in capsys.readouterr().out


def test_a_single_column_of_the_type_csv_is_read(table):
    assert tables.read_text(table('label\n"cat"\ndog\n', "csv"), True).columns[0].tolist() == ["cat", "dog"]


def test_tabs_in_a_dataset_of_the_type_csv_are_read(table):
    assert tables.read_numbers(table("1\t2\n3\t4\n", "csv"), False).values.tolist() == [[1, 2], [3, 4]]


SEPARATED = {
    "commas": (
        "a,b\n1,2\n3,4\n",
        True,
        "^'X' is comma-separated, not tab-separated: line 1 reads 'a,b'.* Set its type to csv .* 'Convert delimiters to TAB'",
    ),
    "write.csv": (CSV, True, "^'X' is comma-separated"),
    "commas without header": (
        "1,2\n3,4\n",
        False,
        "is comma-separated, or holds numbers with commas, such as '3,4' in line 2",
    ),
    "names and labels": ("id,label\ns1,cat\ns2,dog\ns3,cat\n", True, "^'X' is comma-separated"),
    "decimal commas": (
        "2,5\n3,1\n",
        False,
        "is comma-separated, or holds numbers with commas, such as '3,1' .* Else write numbers with a decimal point",
    ),
    "thousands": (
        "1,234\n12,345\n",
        False,
        "such as '12,345' in line 2. .* Else write numbers with a decimal point and without commas",
    ),
    "semicolons": ("a;b\n1;2\n3;4\n", True, "^'X' is separated by semicolons, .* 'Convert delimiters to TAB'"),
    "semicolons, decimal commas": (
        "a;b\n1,5;2\n3,5;4\n",
        True,
        "is separated by semicolons.* Write decimals with a point, not with a comma as in '1,5'",
    ),
    "write.table": (
        '"a" "b"\n"1" 1 "x y"\n"2" 3 "z"\n',
        True,
        "^'X' is separated by blanks, .* in R, write it with sep = ",
    ),
    "blanks": ("1 2 3\n4 5 6\n", False, "^'X' is separated by blanks"),
    "vertical bars": ("a|b\n1|2\n", True, "^'X' is separated by vertical bars"),
}


@pytest.mark.parametrize("read", [tables.read_numbers, tables.read_text])
@pytest.mark.parametrize("case", SEPARATED)
def test_other_separators_are_named(table, case, read):
    content, header, message = SEPARATED[case]
    for columns in (tables.ALL_COLUMNS, LAST):
        with pytest.raises(UserError, match=message):
            read(table(content, "txt"), header, columns)


def test_decimal_commas_between_semicolons_are_refused_in_csv_too(table):
    with pytest.raises(UserError, match="is separated by semicolons and has decimal commas, such as '1,5'"):
        tables.read_numbers(table("a;b\n1,5;2\n3,5;4\n", "csv"), True)


@pytest.mark.parametrize(
    "labels",
    [
        ["Stage 1", "Stage 2", "Stage 1"], ["lung, left", "lung, right", "liver, left"], ["a,b", "c,d", "a,b"], ["neuron, 1", "neuron, 2", "glia, 1"],
        ["T cell 1", "T cell 2", "B cell 1"], ["5;x", "x", "7"], ["A|B", "B|A", "A|B"], ["[1, 2]", "[3]", "[1]"], [">50K", "<=50K", ">50K"], ["5' UTR", "3' UTR", "CDS"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", [None, "label", "cell type"])
def test_labels_with_such_signs_are_labels(table, labels, header):
    lines = [*([header] if header else []), *labels]
    found = tables.read_text(table("\n".join(lines) + "\n", "txt"), header is not None)
    assert found.columns[0].tolist() == labels


CELLS = {
    "thousands": (
        "1\t1,234\n",
        "'1,234' is not a number. Write numbers without a sign between thousands, and decimals with a point",
    ),
    "thousands in one column": (
        "1\n1,234\n",
        "'1,234' is not a number. Write numbers without a sign between thousands",
    ),
    "millions": ("1\t1.234.567\n", "without a sign between thousands"),
    "Swiss": ("1\t1'234\n", "without a sign between thousands"),
    "percent": ("1\t5%\n", "'5%' is not a number. Write it without the percent sign"),
}


@pytest.mark.parametrize("case", CELLS)
def test_spellings_of_numbers_are_named(table, case):
    content, message = CELLS[case]
    with pytest.raises(UserError, match=message):
        tables.read_numbers(table(content), False)


# --- files that are no tables -------------------------------------------------------------------

OTHERS = {
    "Excel": (
        b"PK\x03\x04\x14\0\6\0[Content_Types].xml",
        "^'X' is an Excel workbook .* Save the sheet as tab-separated text",
    ),
    "OpenDocument": (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "is an OpenDocument file"),
    "zip": (b"PK\x03\x04config.json", "is a zip archive"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "is an old Excel or Office file"),
    "PDF": (b"%PDF-1.7\n%\xff\n", "is a PDF document"),
    "HTML": (b"\n<!DOCTYPE html>\n<html>\n", "is a web page"),
    "JSON": (b'{"class_name": "Sequential"}', "is a JSON file"),
    "JSON of many lines": (b'{\n "a": [' + b"1,\n" * 40000 + b"1]}", "is a JSON file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n\0", "is an HDF5 file"),
    "bzip2": (b"BZh91AY", "is compressed"),
    "sparse": (b"%%MatrixMarket matrix\n1 1 1\n", "is a sparse matrix in Matrix Market text"),
    "FASTA": (b">gene\nACGTACGTACGT\n", "holds sequences in FASTA"),
    "old line ends": (b"1\t2\r3\t4\r", "line 1: a carriage return alone ends each line, as on old Macintosh computers"),
    "UTF-16 without a mark": ("1\t2\n3\t4\n".encode("utf-16-le"), "looks like text in UTF-16 without a mark"),
    "UTF-32": ("1\t2\n".encode("utf-32"), "is text in UTF-32"),
    "damaged UTF-16": ("1\t2\n".encode("utf-16") + b"\0", "is damaged text in UTF-16"),
    "Latin-1 in line 1": (
        "größe\n1\n".encode("latin-1"),
        "line 1: is not text in UTF-8. It seems to hold 'ö' in Latin-1",
    ),
    "Latin-1 in line 3": (
        "a\n1\nä\n".encode("latin-1"),
        "line 3: is not text in UTF-8. It seems to hold 'ä' in Latin-1",
    ),
    "quotes of R": (b'a\tb\n"5\\" pipe"\t2\n', "line 2: a double quote has no matching one: .* qmethod"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_files_that_are_no_tables_are_named(table, case):
    content, message = OTHERS[case]
    with pytest.raises(UserError, match=message):
        tables.read_text(table(content), True)


# --- the types that Galaxy finds ----------------------------------------------------------------


@pytest.mark.parametrize("ext", ["tabular", "txt", "interval", "bed", "mothur.axes", "mothur.map", "tsv"])
def test_the_type_that_galaxy_finds_changes_nothing(table, ext):
    np.testing.assert_array_equal(tables.read_numbers(table("1\t2\n3\t4\n", ext), False).values, [[1, 2], [3, 4]])
    assert tables.read_text(table("cat\ndog\n", ext), False).columns[0].tolist() == ["cat", "dog"]


@pytest.mark.parametrize("chosen", [None, "", []])
@pytest.mark.parametrize("mode", ["by_index_number", "all_but_by_index_number"])
def test_a_single_column_needs_no_choice(table, mode, chosen):
    columns = tables.column_selection({"how": mode, "col": chosen}, "how", "col", "Columns")
    assert tables.read_text(table("cat\ndog\n", "txt"), False, columns).columns[0].tolist() == ["cat", "dog"]
    with pytest.raises(UserError, match="^'X': no column was chosen, and the dataset has 2. Choose by their numbers"):
        tables.read_text(table("cat\t1\ndog\t2\n"), False, columns)
