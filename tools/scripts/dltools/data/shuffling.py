"""Samples in an order that chance makes, of a table that is kept in a file.

Taken one by one from all over a file, samples come slowly. Here they come in runs of neighbours; the runs are shuffled,
and the samples of many runs are held together, out of which each batch is drawn and whose places the next samples take.
"""

from collections.abc import Iterator

import numpy as np

from dltools.core import memory
from dltools.data.samples import SampleSource

# Of the file: a run, which is read about as fast as if nothing else were.
RUN_BYTES = 1 << 20
# Runs that the system is told of before they are due.
AHEAD = 4


def batches(
    samples: SampleSource, positions: np.ndarray, size: int, random: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all samples at some positions once, in batches: float32 (n, width) and their positions, int64 (n,).

    Parameters:
        positions: int64 (n,), in the order of the file.
        size: of the batches; the last may have fewer.
    """
    row_bytes = samples.width * memory.CELL_BYTES
    reader = _Reader(samples, runs(positions, max(1, RUN_BYTES // row_bytes), random))
    count = len(positions)
    held = min(count, max(memory.held_bytes() // row_bytes, 2 * size))
    # With room behind for the samples that are left over in the end.
    rows: np.ndarray = np.empty((min(held + size, count), samples.width), np.float32)
    places: np.ndarray = np.empty(len(rows), np.int64)
    reader.read(rows, places, np.arange(held))
    while reader.left >= size:
        drawn = random.choice(held, size, replace=False)
        yield rows[drawn], places[drawn]
        reader.read(rows, places, drawn)
    total = held + reader.left
    reader.read(rows, places, np.arange(held, total))
    last = random.permutation(total)
    for first in range(0, total, size):
        drawn = last[first : first + size]
        yield rows[drawn], places[drawn]


def runs(positions: np.ndarray, length: int, random: np.random.Generator) -> list[np.ndarray]:
    """Return the same positions, int64 (n,), cut into runs of `length` neighbours that are shuffled."""
    starts = random.permutation(np.arange(0, len(positions), length))
    return [positions[start : start + length] for start in starts]


class _Reader:
    """Reads samples run by run."""

    def __init__(self, samples: SampleSource, found: list[np.ndarray]):
        self._samples, self._runs = samples, found
        self._run, self._done = 0, 0
        self.left = sum(map(len, found))
        for run in found[:AHEAD]:
            samples.will_take(run)

    def read(self, rows: np.ndarray, places: np.ndarray, into: np.ndarray) -> None:
        """Read the next samples into some places of `rows`, and their positions into those of `places`."""
        done = 0
        while done < len(into):
            run = self._runs[self._run]
            chosen = run[self._done : self._done + len(into) - done]
            slots = into[done : done + len(chosen)]
            rows[slots], places[slots] = self._samples.take(chosen), chosen
            done, self._done = done + len(chosen), self._done + len(chosen)
            if self._done == len(run):
                self._run, self._done = self._run + 1, 0
                if self._run + AHEAD <= len(self._runs):
                    self._samples.will_take(self._runs[self._run + AHEAD - 1])
        self.left -= len(into)
