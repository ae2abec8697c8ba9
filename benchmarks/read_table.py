"""Read a table once, by the tools' reader or by PyArrow's alone, and print the seconds that it took."""

import argparse
import os
import time


def by_tools(path: str) -> None:
    """Read it as training does: checked, into one array of float32."""
    from dltools.core.dataset import Dataset
    from dltools.tables import tables

    dataset = Dataset(path, "X")
    _timed(lambda: tables.read_numbers(dataset, header=False, threads=int(os.environ["GALAXY_SLOTS"]), watched=True))


def by_pyarrow(path: str) -> None:
    """Read it into a table of PyArrow's."""
    from pyarrow import csv

    options = {
        "read_options": csv.ReadOptions(autogenerate_column_names=True),
        "parse_options": csv.ParseOptions(delimiter="\t"),
    }
    _timed(lambda: csv.read_csv(path, **options))


def _timed(read) -> None:
    started = time.perf_counter()
    read()
    print(time.perf_counter() - started)


_READERS = {"tools": by_tools, "pyarrow": by_pyarrow}


def main() -> None:
    """Read the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader", choices=list(_READERS))
    parser.add_argument("table")
    given = parser.parse_args()
    _READERS[given.reader](given.table)


if __name__ == "__main__":
    main()
