"""Which columns of a table a tool uses: the column selector that the forms share."""

from collections import Counter
from typing import Any, NamedTuple

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.parameters import Form, is_empty

MODES = (
    "by_index_number",
    "all_but_by_index_number",
    "by_header_name",
    "all_but_by_header_name",
    "all_columns",
)


class Columns(NamedTuple):
    """A choice of columns.

    `mode` is one of `MODES`. `chosen` holds positions counted from 1 for the two modes by
    index number, names for the two modes by header name, and nothing for all columns.
    By index number, nothing means the only column of a table that has one.
    """

    mode: str
    chosen: tuple[int | str, ...] = ()


ALL_COLUMNS = Columns("all_columns")


def column_selection(conditional: Form, selector: str, column: str, label: str) -> Columns:
    """Read a column selector from a tool's parameters.

    `selector` and `column` are the names that the selector's two parameters have inside
    `conditional`; `label` is what the form calls it.

    Raises:
        UserError: no column was chosen where the table does not tell which is meant, or a column number
            is not a number.
    """
    mode = conditional.get(selector)
    if mode not in MODES:
        raise UserError(f"{label}: must be one of {listed(MODES)}. Received: {quoted(mode)}.")
    if mode == "all_columns":
        return ALL_COLUMNS
    entries = _entries(conditional.get(column))
    if mode.endswith("index_number"):
        return Columns(mode, tuple(dict.fromkeys(_position(entry, label) for entry in entries)))
    if not entries:
        raise UserError(f"{label}: no column was chosen.")
    return Columns(mode, tuple(dict.fromkeys(entries)))


def _entries(value: Any) -> list[str]:
    """Split what a column parameter holds: a number, a list, or text with commas."""
    if is_empty(value):
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [text for part in parts if (text := str(part).strip())]


def _position(entry: str, label: str) -> int:
    # Old workflows write the third column as c3.
    digits = entry.removeprefix("c")
    if not (digits.isascii() and digits.isdigit() and int(digits) > 0):
        raise UserError(f"{label}: column numbers must be whole numbers from 1 on. Received: {quoted(entry)}.")
    return int(digits)


def positions(
    columns: Columns, width: int, names: list[str] | None, dataset: Dataset, named_rows: bool = False
) -> list[int]:
    """Return the chosen columns of `dataset` as positions counted from 0.

    The table has `width` columns, called `names` if it has a header. Chosen columns keep the
    order in which they were chosen, all others the order of the table. With `named_rows`, the
    first column holds names of the rows, and is meant only where its number is chosen.

    Raises:
        UserError: a chosen column does not exist or is not the only one of its name, or none
            is left or chosen.
    """
    every = range(int(named_rows), width)
    if columns.mode == "all_columns":
        return list(every)
    if not columns.chosen:
        return _only(every, dataset)
    if columns.mode.endswith("index_number"):
        found = _by_number([int(number) for number in columns.chosen], width, dataset)
    else:
        found = _by_name([str(name) for name in columns.chosen], names, dataset)
    if not columns.mode.startswith("all_but"):
        return found
    rest = sorted(set(every).difference(found))
    if not rest:
        raise UserError(f"{dataset}: all columns are excluded, so none is left to use.")
    return rest


def _only(every: range, dataset: Dataset) -> list[int]:
    if len(every) != 1:
        raise UserError(
            f"{dataset}: no column was chosen, and the dataset has {len(every)}. Choose by their numbers the columns "
            "to use."
        )
    return list(every)


def _by_number(chosen: list[int], width: int, dataset: Dataset) -> list[int]:
    missing = [number for number in chosen if number > width]
    if missing:
        has = "1 column" if width == 1 else f"columns 1 to {width}"
        raise UserError(f"{dataset}: column {listed(missing)} does not exist. The dataset has {has}.")
    return [number - 1 for number in chosen]


def of_header(names: list[str] | None) -> list[str]:
    """Return the names of columns of a table that was opened with its header, so that it has such."""
    assert names is not None, "the table was opened without its header"
    return names


def unmarked(name: str) -> str:
    """Return a name without the # that marks a header and is no part of it."""
    return name.lstrip("#").strip() or name


def _by_name(chosen: list[str], names: list[str] | None, dataset: Dataset) -> list[int]:
    if names is None:
        raise UserError(
            f"{dataset}: columns are chosen by header name, but the dataset is said to have no "
            "header. Choose columns by their number, or say that the dataset has a header."
        )
    wanted = [name if name in names else unmarked(name) for name in chosen]
    for name in wanted:
        if names.count(name) > 1:
            at = [index + 1 for index, other in enumerate(names) if other == name]
            raise UserError(
                f"{dataset}: the header has {quoted(name)} more than once, in columns "
                f"{listed(at)}. Choose these columns by their number."
            )
    missing = [quoted(name) for name in wanted if name not in names]
    if missing:
        raise UserError(f"{dataset}: the header has no column {listed(missing)}. It has: {listed(map(quoted, names))}.")
    return [names.index(name) for name in wanted]


def name_positions(names: list[str], wanted: list[str], dataset: Dataset, what: str) -> list[int]:
    """Return where each of the names of a trained model's columns stands among those of a table.

    A name that several columns share is matched in order: the first with the first.

    Parameters:
        names: of the table's chosen columns.
        wanted: of the columns that the model was trained on.
        what: those are: "columns".

    Raises:
        UserError: a name is missing, or more columns have it than in training.
    """
    places: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        places.setdefault(name, []).append(position)
    counts = Counter(wanted)
    lacking = {name: count - len(places.get(name, ())) for name, count in counts.items()}
    missing = [name for name, count in lacking.items() if count > 0]
    if missing:
        count = sum(lacking[name] for name in missing)
        raise UserError(
            f"{dataset}: {count} of the {len(wanted)} {what} that the model was trained on "
            f"are not among the chosen ones: {listed(map(quoted, missing), 10)}. Chosen are: "
            f"{listed(map(quoted, names), 10)}. Name the columns as in the training table, or choose others."
        )
    twice = next((name for name, count in counts.items() if len(places[name]) > count), None)
    if twice is not None:
        raise UserError(
            f"{dataset}: {quoted(twice)} names {len(places[twice])} of the chosen columns, but {counts[twice]} in "
            "training. Rename the others, or leave them out."
        )
    taken = {name: iter(found) for name, found in places.items()}
    return [next(taken[name]) for name in wanted]
