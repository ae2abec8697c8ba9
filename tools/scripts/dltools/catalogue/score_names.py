"""What the names of scores tell: of which set a score is, and whether more of it is better."""

from collections.abc import Iterable

from dltools.catalogue.metrics import METRICS, MORE_IS_BETTER
from dltools.catalogue.scorers import SCORERS

VALIDATION, TEST, TRAIN = SETS = ("validation", "test", "train")
LOSS = "loss"
# Of a cross-validation, beside the mean.
DEVIATION = "_std"


def of_set(column: str) -> str:
    """Return which of `SETS` a column's score is of, or "" where its name does not tell."""
    name, _, score = column.partition("_")
    return name if name in SETS and score else ""


def score(column: str) -> str:
    """Return the name of a column's score without its set."""
    return column.removeprefix(f"{of_set(column)}_") if of_set(column) else column


def is_score(column: str, columns: Iterable[str]) -> bool:
    """Tell whether a column holds a score rather than the standard deviation of another."""
    return not (column.endswith(DEVIATION) and column.removesuffix(DEVIATION) in columns)


def more_is_better(column: str) -> bool | None:
    """Tell whether more of a score is better; None where it is no score of these tools."""
    name = _known(score(column), (*SCORERS, *METRICS, LOSS))
    if name is None:
        return None
    # scikit-learn gives errors their sign, so that more of each scorer is better.
    return name in SCORERS or name in MORE_IS_BETTER


def usual(columns: Iterable[str]) -> str | None:
    """Return the column to compare runs by: a score, else a metric, else the loss, which runs may count differently."""
    given = list(columns)
    for known in (SCORERS, METRICS, (LOSS,)):
        for column in given:
            if _known(score(column), known) is not None:
                return column
    return None


def _known(name: str, known: Iterable[str]) -> str | None:
    """Return the name among those known that a score has, with or without the name of an output before it."""
    fitting = [one for one in known if name == one or name.endswith(f"_{one}")]
    return max(fitting, key=len, default=None)
