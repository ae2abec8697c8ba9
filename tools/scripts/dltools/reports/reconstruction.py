"""What a report says of an autoencoder: what its samples hold, and how well they are given back.

No second copy of the samples is made for it.
"""

import dataclasses

import numpy as np

from dltools.data.reproduced import Reproduced, stretches
from dltools.data.targets import Target
from dltools.reports import figures
from dltools.reports.document import Figure, Paragraph, Table

# So many features have a row each; of more, the worst do.
LISTED_FEATURES = 10
# Shares of the samples that are told to be given back at least so well.
_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How far some samples are from what the network makes of them.

    Attributes:
        of_samples: float64 (n,), the root mean square of each sample.
        of_features: float64 (features,), that of each feature.
        spread: float64 (features,), the standard deviation of each feature.
    """

    of_samples: np.ndarray
    of_features: np.ndarray
    spread: np.ndarray


def errors(truth: Reproduced, positions: np.ndarray, outputs: np.ndarray) -> Errors:
    """Return how far samples are from what a network makes of them.

    Parameters:
        truth: all samples, each as a row of numbers.
        positions: int64 (n,), of those samples.
        outputs: float32 (n, features).
    """
    of_samples = []
    squares, sums, squared = np.zeros((3, outputs.shape[1]))
    # Around any one sample, sums of squares lose no digits that matter.
    middle = truth[int(positions[0])].astype(np.float64)
    for part in stretches(len(positions), truth.each):
        values = truth[positions[part]].astype(np.float64)
        off = np.square(values - outputs[part])
        of_samples.append(np.sqrt(off.mean(axis=1)))
        squares += off.sum(axis=0)
        values -= middle
        sums += values.sum(axis=0)
        squared += np.square(values).sum(axis=0)
    count = len(positions)
    spread = np.sqrt(np.maximum(squared / count - np.square(sums / count), 0))
    return Errors(of_samples=np.concatenate(of_samples), of_features=np.sqrt(squares / count), spread=spread)


def blocks(target: Target, positions: np.ndarray, outputs: np.ndarray) -> list:
    """Return how well the samples at some positions are given back; `outputs` are the network's, as for `errors`."""
    assert isinstance(target.truth, Reproduced), "asked of autoencoders only"
    found = errors(target.truth, positions, outputs)
    units = "of the numbers that the network gets" if target.truth.samples.spec.images else "of the table"
    numbers = np.quantile(found.of_samples, _SHARES)
    rows: list[list] = [[f"{share:.0%}", float(number)] for share, number in zip(_SHARES, numbers, strict=True)]
    table = Table(["Share of the samples", "Error at most"], rows, caption="Reconstruction error of the samples")
    says = (
        f"from {found.of_samples.min():.4g} to {found.of_samples.max():.4g}, median {np.median(found.of_samples):.4g}"
    )
    return [
        Paragraph(
            "The network is an autoencoder: it gives back its samples. The reconstruction error of a sample is the "
            f"square root of the mean of (true - given back)² over its features, in the units {units}."
        ),
        Figure(figures.distribution(found.of_samples, "Reconstruction error"), "Reconstruction errors", table, says),
        *_of_features(target, found),
    ]


def _of_features(target: Target, found: Errors) -> list:
    """Return a table of the features that are given back worst, as shares of how much each varies."""
    if target.shape and not target.names:
        return []
    varies = found.spread > 0
    shares = np.divide(found.of_features, found.spread, out=np.zeros_like(found.spread), where=varies)
    worst = np.argsort(-shares, kind="stable")[:LISTED_FEATURES]
    rows = [
        [_name(target, int(place)), *map(float, (found.of_features[place], found.spread[place], shares[place]))]
        for place in worst
    ]
    count = len(found.spread)
    which = f"The {len(worst)} of {count} features that are given back worst" if count > len(worst) else "The features"
    header = ["Feature", "Error", "Standard deviation", "Error / standard deviation"]
    return [
        Table(header, rows, caption=which),
        Paragraph("A feature whose error is as large as its standard deviation is given back no better than its mean."),
    ]


def _name(target: Target, place: int) -> str:
    return target.names[place] if target.names else f"column {place + 1}"


def spread(target: Target, names: list[str], every: list[np.ndarray]) -> list:
    """Return what the samples hold, in each set: a row a feature, or for many features one of all.

    Parameters:
        names: of the sets.
        every: int64 positions of the samples of each.
    """
    assert isinstance(target.truth, Reproduced), "asked of autoencoders only"
    found: list[Table] = []
    rows: list[list] = []
    for name, positions in zip(names, every, strict=True):
        low, high, mean, deviation = _ranges(target.truth, positions)
        if len(low) <= LISTED_FEATURES:
            each = zip(low, mean, high, deviation, strict=True)
            rows += [[_name(target, place), name, len(positions), *map(float, own)] for place, own in enumerate(each)]
        else:
            whole = float(np.sqrt(np.mean(np.square(deviation) + np.square(mean)) - np.square(mean.mean())))
            figures_of_all = (float(low.min()), float(mean.mean()), float(high.max()), whole)
            rows.append([f"all {len(low)} features", name, len(positions), *figures_of_all])
    header = ["Feature", "Set", "Samples", "Smallest", "Mean", "Largest", "Standard deviation"]
    found.append(Table(header, rows, caption="Values of the samples, in each set"))
    return found


def _ranges(truth: Reproduced, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    from dltools.data import scaling

    found = scaling.ranges(truth.samples, positions)
    return found.low, found.high, found.mean, np.sqrt(found.variance)
