"""Measure the tools beside yardsticks in the same run, and compare with the bounds.

    python -m benchmarks                               # everything, three quarters of an hour on 2 cores
    python -m benchmarks --only tutorial fit --data FOLDER
    python -m benchmarks --quick                       # a few minutes; the figures mean nothing

Prints the table, and writes the same with every single figure as JSON and as a chart.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks import bounds, chart, report, rows, settings
from benchmarks.rows import Result
from benchmarks.settings import Settings
from benchmarks.workshop import Workshop


def main() -> int:
    """Measure; return the exit status."""
    asked = settings.read()
    if asked is None:
        return 0
    # Yardsticks that know nothing of what Galaxy grants have as many cores as the tools.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=asked.folder) as temporary:
        folder = Path(temporary).resolve()
        results = _measured(asked, Workshop(asked, folder, folder / "shared"))
    chart.draw(asked.chart, results, report.title(asked))
    print(f"\nWritten: {asked.json}, {asked.chart}")
    bad = [result.row.name for result in results if report.is_bad(result)]
    if bad:
        print(f"Fell short or failed: {', '.join(bad)}")
    return int(bool(bad))


def _measured(asked: Settings, shop: Workshop) -> list[Result]:
    """Measure the rows; print each, and write all so far, as soon as it is done."""
    print(report.title(asked), report.HEADER, sep="\n", flush=True)
    results: list[Result] = []
    for row in bounds.ROWS:
        if row.name not in asked.only:
            continue
        results.append(rows.measured(row, shop))
        report.write_json(asked.json, asked, results)
        print(*report.lines(results[-1]), sep="\n", flush=True)
    return results


if __name__ == "__main__":
    sys.exit(main())
