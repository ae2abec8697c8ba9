"""What the form of 'Create deep learning model' asks for in its box of a sweep."""

import dataclasses
import math
from typing import Any

from dltools.core.errors import UserError
from dltools.forms.kinds import Choice, Real, Whole
from dltools.forms.parameters import Form, is_empty
from dltools.model_files import sweep_points
from dltools.model_files.sweep_points import SWEEP, Candidates, Listed, Ranged

GRID, RANDOM = SAMPLINGS = ("grid", "random")
LISTED, RANGED = CANDIDATES = ("values", "range")
LINEAR, LOGARITHMIC = SCALES = ("linear", "log")
MOST_USUALLY, MOST = 200, 1000
_SEED = Whole(0, 2**32 - 1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SweepForm:
    """A sweep, as the user asks for it.

    Attributes:
        parameters: the hyperparameters with their candidates.
        points: how many points are drawn at random; None for the whole grid.
        sampling_seed: of the drawing.
        seeds: the random seeds with which each point is trained once each; () for that of the builder.
        folds: how many folds each point is tested on, one builder a fold; None for no folds.
        split_seed: of the splits that all builders share; None for the builder's own.
        most: how many builders there may be.
    """

    parameters: tuple[Candidates, ...]
    points: int | None
    sampling_seed: int
    seeds: tuple[str, ...]
    folds: int | None
    split_seed: int | None
    most: int

    @property
    def count(self) -> int:
        """How many builders there will be at most."""
        sizes = (len(one.values) for one in self.parameters if isinstance(one, Listed))
        points = math.prod(sizes) if self.points is None else self.points
        return points * max(1, len(self.seeds)) * (self.folds or 1)

    def check_count(self) -> None:
        """Refuse more builders than are allowed.

        Raises:
            UserError: says how many there would be.
        """
        if self.count > self.most:
            raise UserError(
                f"{SWEEP}: there would be {self.count:,} builders, and at most {self.most} are allowed. Give fewer "
                f"values, seeds or folds, draw at random, or raise 'Number of builders at most', up to {MOST:,}."
            )


def read(form: Form) -> SweepForm | None:
    """Read the box of a sweep; None where it was left closed.

    Parameters:
        form: the case `mode_selection`, as Galaxy's JSON holds it.

    Raises:
        UserError: names the parameter.
    """
    entries = form.get("sweep")
    if not entries:
        return None
    entry = entries[0]
    sampling = entry["sampling"]
    at_random = Choice(SAMPLINGS).read(sampling.get("sampling_type"), f"{SWEEP}: Which values together") == RANDOM
    seeds, folds = entry.get("seeds"), entry.get("folds")
    most = _number(entry, "most", Whole(1, MOST), "Number of builders at most")
    found = SweepForm(
        parameters=tuple(_candidates(one) for one in sampling.get("hyperparameters") or ()),
        points=Whole(1, MOST).read(sampling.get("points"), f"{SWEEP}: Number of points") if at_random else None,
        sampling_seed=_number(sampling, "sampling_seed", _SEED, "Seed of the drawing") or 0,
        seeds=() if is_empty(seeds) else sweep_points.values(str(seeds), f"{SWEEP}: Random seeds"),
        folds=None if is_empty(folds) else Whole(2, 100).read(folds, f"{SWEEP}: Number of folds"),
        split_seed=_number(entry, "split_seed", _SEED, "Seed of the splits"),
        most=MOST_USUALLY if most is None else most,
    )
    if not found.parameters and not found.seeds and not found.folds:
        raise UserError(f"{SWEEP}: nothing changes from builder to builder. Add a hyperparameter, seeds or folds.")
    found.check_count()
    return found


def _candidates(entry: Form) -> Candidates:
    name = entry.get("hyperparameter")
    if is_empty(name):
        raise UserError(f"{SWEEP}: Hyperparameter: the name must be given, such as learning_rate or batch_size.")
    name = str(name).strip()
    chosen = entry.get("candidates") or {"candidates_type": LISTED, **entry}
    kind = Choice(CANDIDATES).read(chosen.get("candidates_type"), f"{SWEEP}: {name}: Values or a range")
    if kind == LISTED:
        text = chosen.get("values")
        if is_empty(text):
            raise UserError(f"{SWEEP}: {name}: the values must be given, separated by commas, such as 0.1, 0.01.")
        return Listed(name=name, values=sweep_points.values(str(text), f"{SWEEP}: {name}"))
    return Ranged(
        name=name,
        low=Real().read(chosen.get("low"), f"{SWEEP}: {name}: Lowest value"),
        high=Real().read(chosen.get("high"), f"{SWEEP}: {name}: Highest value"),
        logarithmic=Choice(SCALES).read(chosen.get("scale"), f"{SWEEP}: {name}: Scale") == LOGARITHMIC,
    )


def _number(form: Form, name: str, kind: Whole, label: str) -> Any:
    """Return a whole number of the form; None where it was left blank."""
    value = form.get(name)
    return None if is_empty(value) else kind.read(value, f"{SWEEP}: {label}")
