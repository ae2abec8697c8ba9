"""What an autoencoder learns: to give back its own samples, of which no second copy is kept."""

import dataclasses
from typing import Any, Protocol

import numpy as np

from dltools.data.samples import SampleSource

# So many numbers are looked at together.
_NUMBERS = 1 << 20


class Rows(Protocol):
    """Numbers of samples, one after the other: an array, or what is taken of the samples themselves."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples, and the shape of one."""

    @property
    def dtype(self) -> np.dtype:
        """Of the numbers."""

    def __len__(self) -> int:
        """How many samples there are."""

    def __getitem__(self, rows: Any, /) -> Any:
        """Return those of some samples."""

    def min(self, axis: int | None = None) -> Any:
        """Return the smallest number of all, or over all samples (axis 0)."""

    def max(self, axis: int | None = None) -> Any:
        """Return the largest, likewise."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reproduced:
    """The samples themselves as what is to be learned of them: `Rows` that are taken from the samples when asked for.

    Attributes:
        samples: the network's.
        each: the shape of one, which has as many numbers as a sample.
    """

    samples: SampleSource
    each: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples, and the shape of one."""
        return len(self.samples), *self.each

    @property
    def dtype(self) -> np.dtype:
        """Float32."""
        return np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        """Return those of some samples, float32 (n, *each), or of one by its position, float32 each."""
        if isinstance(rows, int | np.integer):
            return self.samples.take(np.asarray([rows])).reshape(self.each)
        return self.samples.take(rows).reshape(-1, *self.each)

    def min(self, axis: int | None = None) -> Any:
        """Return the smallest number of all, or over all samples (axis 0)."""
        return self._over_all(np.min, axis)

    def max(self, axis: int | None = None) -> Any:
        """Return the largest number of all, or over all samples (axis 0)."""
        return self._over_all(np.max, axis)

    def _over_all(self, extreme: Any, axis: int | None) -> Any:
        return extreme([extreme(self[part], axis=axis) for part in stretches(len(self), self.each)], axis=axis)


def stretches(count: int, shape: tuple[int, ...]) -> list[slice]:
    """Divide so many samples, each of a shape, into parts that are small enough to be looked at together."""
    size = max(1, _NUMBERS // max(1, int(np.prod(shape))))
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def array(rows: Rows) -> np.ndarray:
    """Return the rows of any target but an autoencoder's, which are an array."""
    assert isinstance(rows, np.ndarray), "the samples themselves are taken some at a time"
    return rows
