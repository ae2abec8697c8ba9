"""Places for the boxes of a layered graph: from top to bottom, with few crossings and straight chains.

The usual four steps (https://doi.org/10.1109/TSMC.1981.4308636): a rank for each box below all that feed it;
stand-ins where an arrow passes a rank, so that it goes around the boxes there; an order within each rank that
follows the neighbours' mean; and places near those of the neighbours that keep this order.
"""

import bisect
import itertools
from collections import defaultdict
from typing import NamedTuple

import numpy as np

_SWEEPS = 12
_GAP = 0.35  # between boxes of one rank, in the unit of their widths
_PASSAGE = 0.3  # width of a stand-in


class Layout(NamedTuple):
    """Ranks, int (boxes,), counted from 0 at the top, the boxes' centres, float64 (boxes,), and the arrows' ways.

    `ways` holds for each edge the horizontal places at every rank from its source to its end.
    """

    ranks: np.ndarray
    centres: np.ndarray
    ways: list[list[float]]


def ranks_of(count: int, edges: list[tuple[int, int]]) -> np.ndarray:
    """Return for each box the number of edges of the longest way to it. `edges` go from lower to higher numbers."""
    ranks = np.zeros(count, int)
    for source, end in sorted(edges, key=lambda edge: edge[1]):
        ranks[end] = max(ranks[end], ranks[source] + 1)
    # What feeds only a later box, such as a second input, stands right above it.
    ends = defaultdict(list)
    for source, end in edges:
        ends[source].append(end)
    fed = {end for _, end in edges}
    for box in range(count - 1, -1, -1):
        if box not in fed and ends[box]:
            ranks[box] = min(ranks[end] for end in ends[box]) - 1
    return ranks


def passages(count: int, edges: list[tuple[int, int]]) -> int:
    """Return how often arrows pass a rank, for each of which `layout` needs a stand-in."""
    ranks = ranks_of(count, edges)
    return int(sum(ranks[end] - ranks[source] - 1 for source, end in edges))


def layout(widths: list[float], edges: list[tuple[int, int]]) -> Layout:
    """Return places for boxes of given widths; edges go from lower to higher numbers."""
    count = len(widths)
    ranks = ranks_of(count, edges)
    widths, all_ranks, chains = list(widths), list(ranks), []
    for source, end in edges:
        chain = [source]
        for rank in range(ranks[source] + 1, ranks[end]):
            chain.append(len(widths))
            widths.append(_PASSAGE)
            all_ranks.append(rank)
        chains.append([*chain, end])
    rows = _rows(all_ranks)
    above, below = _neighbours(chains)
    _order(rows, above, below)
    places = _places(rows, np.asarray(widths), above, below)
    return Layout(ranks, places[:count], [[float(places[box]) for box in chain] for chain in chains])


def _rows(ranks: list[int]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for box, rank in enumerate(ranks):
        rows[rank].append(box)
    return rows


def _neighbours(chains: list[list[int]]) -> tuple[dict, dict]:
    above, below = defaultdict(list), defaultdict(list)
    for chain in chains:
        for upper, lower in itertools.pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _order(rows: list[list[int]], above: dict, below: dict) -> None:
    """Order each row by the mean position of its neighbours in the row before, downwards and upwards in turns."""
    position = {box: index for row in rows for index, box in enumerate(row)}
    best, fewest = [list(row) for row in rows], _crossings(rows, below, position)
    for sweep in range(_SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            means = {box: _mean([position[n] for n in near[box]]) if near[box] else position[box] for box in row}
            row.sort(key=means.__getitem__)
            position.update({box: index for index, box in enumerate(row)})
        crossings = _crossings(rows, below, position)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: list[list[int]], below: dict, position: dict) -> int:
    """Count the pairs of arrows between neighbouring rows that cross."""
    total = 0
    for row in rows:
        ends = [position[end] for box in row for end in sorted(below[box], key=position.__getitem__)]
        before: list[int] = []
        for end in ends:
            total += len(before) - bisect.bisect_right(before, end)
            bisect.insort(before, end)
    return total


def _places(rows: list[list[int]], widths: np.ndarray, above: dict, below: dict) -> np.ndarray:
    places = np.zeros(len(widths))
    for row in rows:
        places[row] = _apart(np.zeros(len(row)), widths[row])
    for sweep in range(_SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = np.asarray([_mean([places[n] for n in near[box]]) if near[box] else places[box] for box in row])
            places[row] = _apart(wanted, widths[row])
    return places - min(places[box] - widths[box] / 2 for row in rows for box in row)


def _mean(values: list) -> float:
    # NumPy takes ten times as long for the few values that there mostly are.
    return sum(values) / len(values)


def _apart(wanted: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return places near those wanted that keep the order and the gaps between boxes."""
    steps = (widths[:-1] + widths[1:]) / 2 + _GAP
    offsets = np.concatenate([[0.0], np.cumsum(steps)])
    # Without the gaps, places in order need only not fall; the mean of both ways to reach that keeps the middle.
    free = wanted - offsets
    rising = np.maximum.accumulate(free)
    falling = np.minimum.accumulate(free[::-1])[::-1]
    return (rising + falling) / 2 + offsets
