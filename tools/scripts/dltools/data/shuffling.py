"""Samples in an order that chance makes, of a table that is kept in a file.

Taken one by one from all over a file, samples come slowly. Here they come in runs of neighbours; the runs are shuffled,
and the samples of many runs are held together, out of which each batch is drawn and whose places the next samples take.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from dltools.core import memory
from dltools.data.samples import SampleSource

# Of the file: a run, which is read about as fast as if nothing else were.
RUN_BYTES = 1 << 20
# Runs that are read before they are due.
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
    found = runs(positions, max(1, RUN_BYTES // row_bytes), random)
    with ThreadPoolExecutor(1) as thread:
        reader = _Reader(samples, found, thread)
        try:
            yield from _drawn(reader, samples.width, size, random)
        finally:
            reader.close()


def _drawn(
    reader: "_Reader", width: int, size: int, random: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all samples of a reader in batches, each drawn from those held."""
    count = reader.left
    held = min(count, max(memory.held_bytes() // (width * memory.CELL_BYTES), 2 * size))
    # With room behind for the samples that are left over in the end.
    rows: np.ndarray = np.empty((min(held + size, count), width), np.float32)
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
    """Reads samples run by run, a few runs ahead on a thread of its own."""

    def __init__(self, samples: SampleSource, found: list[np.ndarray], thread: ThreadPoolExecutor):
        self._samples, self._thread = samples, thread
        self._waiting = iter(found)
        self._ahead: deque[tuple[np.ndarray, Future[np.ndarray]]] = deque()
        # The run that is being handed out: its positions, its samples, and how many of them are gone.
        self._run: np.ndarray = np.empty(0, np.int64)
        self._rows: np.ndarray = np.empty((0, samples.width), np.float32)
        self._done = 0
        self.left = sum(map(len, found))
        for _ in range(AHEAD):
            self._begin_next()

    def read(self, rows: np.ndarray, places: np.ndarray, into: np.ndarray) -> None:
        """Read the next samples into some places of `rows`, and their positions into those of `places`."""
        done = 0
        while done < len(into):
            if self._done == len(self._run):
                self._turn_to_next()
            part = slice(self._done, min(len(self._run), self._done + len(into) - done))
            slots = into[done : done + part.stop - part.start]
            rows[slots], places[slots] = self._rows[part], self._run[part]
            done, self._done = done + len(slots), part.stop
        self.left -= len(into)

    def close(self) -> None:
        """Read no more than what has begun."""
        for _, reading in self._ahead:
            reading.cancel()

    def _turn_to_next(self) -> None:
        self._run, reading = self._ahead.popleft()
        self._rows, self._done = reading.result(), 0
        self._begin_next()

    def _begin_next(self) -> None:
        run = next(self._waiting, None)
        if run is not None:
            self._ahead.append((run, self._thread.submit(self._samples.take, run)))
