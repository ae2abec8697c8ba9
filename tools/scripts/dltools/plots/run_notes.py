"""What a reader of a comparison of runs must know beside it."""

import math

import numpy as np

from dltools.core.errors import listed
from dltools.plots.run_choice import Choice
from dltools.plots.run_groups import Order
from dltools.plots.run_tables import Run


def notes(runs: list[Run], order: Order, choice: Choice) -> list[str]:
    """Return lines on what the best of several runs is worth, and which runs could not be compared."""
    none = [run.name for run in runs if run.scores and math.isnan(run.scores.get(choice.column, math.nan))]
    missing = [run.name for run in runs if not run.scores]
    found = [choice.caution(order)]
    if missing:
        found.append(f"Without scores, since they failed or were left out: {listed(missing)}.")
    if none:
        found.append(f"{choice.column} is no number or is not there, so they stand last: {listed(none)}.")
    return [*found, *_on_the_lead(order, choice), *_on_the_samples(runs, order)]


def _on_the_lead(order: Order, choice: Choice) -> list[str]:
    """Say where the best is not clearly better than the next."""
    ranked = order.ranked
    if len(ranked) < 2:
        return []
    (first, spread), (second, other) = (group.spread(choice.column) for group in ranked[:2])
    if first == second:
        equal = [group.name for group in ranked if group.spread(choice.column)[0] == first]
        return [f"Equally good by {choice.column}: {listed(equal)}."]
    noise = float(np.nanmax([spread, other])) if not math.isnan(spread) or not math.isnan(other) else math.nan
    if abs(first - second) < noise:
        return [
            f"The lead over {ranked[1].name} ({abs(first - second):.2g}) is smaller than the standard deviation of "
            f"repetitions ({noise:.2g}): it may be luck."
        ]
    if not order.repeated:
        return ["Each was run once, so what is luck cannot be told: repeat the best with other random seeds."]
    return []


def _on_the_samples(runs: list[Run], order: Order) -> list[str]:
    """Say where runs may not have been compared on the same samples, as far as their builders tell."""
    known = [run.settings for run in runs if run.settings is not None]
    found = []
    if len(known) > 1 and (any(one.split_seed is None for one in known) or len({one.split_seed for one in known}) > 1):
        found.append(
            "The builders do not share a seed of the splits, so that the runs may have been tested on different "
            "samples, unless their training was given one."
        )
    if any(one.fold is not None for one in known) and len(order.ranked) > 1:
        found.append(
            "In a cross-validation, samples that validate in one fold are tested in another, so that the test score of "
            "the best flatters a little: samples apart tell."
        )
    return found
