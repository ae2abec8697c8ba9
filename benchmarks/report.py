"""What was measured beside its bounds: marked, as lines to print and as JSON."""

import dataclasses
import datetime
import json
import platform
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from benchmarks.bounds import Bound
from benchmarks.figures import Figure, LeftOut
from benchmarks.rows import Result
from benchmarks.settings import Settings

WITHIN, SHORT, SHOWN, LEFT_OUT, FAILED = "within", "FALLS SHORT", "shown", "left out", "FAILED"
# What makes the program end with exit status 1.
BAD = (SHORT, FAILED)
_PACKAGES = ("keras", "tensorflow", "numpy", "pyarrow", "scikit-learn", "matplotlib")
_QUICK = "A quick run: the sizes are tiny, so the figures mean nothing."
HEADER = f"{'row':19}{'figure':18}{'ratio':>8}{'median':>8}{'least':>8}{'most':>8}{'bound':>8}  "


@dataclasses.dataclass(frozen=True, slots=True)
class Marked:
    """A figure beside its bound: a mark, one of the above, and why where there is no figure."""

    bound: Bound
    figure: Figure | None
    mark: str
    why: str = ""


def marked(result: Result) -> list[Marked]:
    """Return every figure that a row is to have, with its mark."""
    return [_marked(bound, result.figures.get(bound.name), result.failure) for bound in result.row.figures]


def _marked(bound: Bound, found: Figure | LeftOut | None, failure: str) -> Marked:
    if found is None:
        return Marked(bound, None, FAILED, failure)
    if isinstance(found, LeftOut):
        return Marked(bound, None, LEFT_OUT, found.why)
    if bound.most is None:
        return Marked(bound, found, SHOWN)
    # Written so that NaN, which is above nothing, falls short.
    return Marked(bound, found, WITHIN if found.value <= bound.most else SHORT)


def lines(result: Result) -> Iterator[str]:
    """Yield the lines that show a row."""
    for entry in marked(result):
        name = f"{result.row.name:19}{entry.bound.name:18}"
        bound = "" if entry.bound.most is None else f"{entry.bound.most:.2f}"
        if entry.figure is None:
            yield f"{name}{'':32}{bound:>8}  {entry.mark}{f': {entry.why}' if entry.mark == LEFT_OUT else ''}"
            continue
        numbers = (entry.figure.value, entry.figure.median, *entry.figure.spread)
        yield f"{name}{''.join(f'{number:8.3f}' for number in numbers)}{bound:>8}  {entry.mark}"
    if result.failure:
        yield f"  {FAILED}: {result.failure}"
    yield from (f"  {note}" for note in result.notes)


def is_bad(result: Result) -> bool:
    """Tell whether a row failed or falls short."""
    return bool(result.failure) or any(entry.mark in BAD for entry in marked(result))


def title(settings: Settings) -> str:
    """Say what was measured where."""
    parts = [
        f"{_processor()}, cores: {settings.cores}",
        f"runs: {settings['repeat']}",
        *map(" ".join, _versions().items()),
    ]
    return "; ".join(parts) + (f"\n{_QUICK}" if settings.quick else "")


def write_json(path: Path, settings: Settings, results: Sequence[Result]) -> None:
    """Write all that was found so far, each single figure with it."""
    found = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "quick": settings.quick,
        "machine": {"processor": _processor(), "cores": settings.cores, "system": platform.platform()},
        "versions": {"python": platform.python_version(), **_versions()},
        "data": "given" if settings.data else "generated",
        "network": settings.network,
        "sizes": settings.sizes,
        "rows": [_as_json(result) for result in results],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _as_json(result: Result) -> dict[str, object]:
    return {
        "name": result.row.name,
        "words": result.row.words,
        "measured_in_seconds": round(result.seconds, 1),
        "failure": result.failure,
        "notes": result.notes,
        "figures": [_figure_as_json(entry) for entry in marked(result)],
    }


def _figure_as_json(entry: Marked) -> dict[str, object]:
    found: dict[str, object] = {
        "name": entry.bound.name,
        "words": entry.bound.words,
        "bound": entry.bound.most,
        "mark": entry.mark,
    }
    figure = entry.figure
    if figure is None:
        return found | {"why": entry.why}
    least, most = figure.spread
    return found | {
        "value": figure.value,
        "median": figure.median,
        "least": least,
        "most": most,
        "runs": figure.runs,
        "unit": figure.unit,
        "singles": dict(figure.singles),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            # TensorFlow is also packaged for processors alone, under another name.
            found[name] = metadata.version(f"{name}-cpu") if name == "tensorflow" else "?"
    return found


def _processor() -> str:
    try:
        lines_ = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines_ if line.startswith("model name")), platform.machine()
    )
