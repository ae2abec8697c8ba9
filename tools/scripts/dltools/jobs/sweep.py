"""A sweep: a builder for each point of a grid or of a random sample, all made and checked before one is written."""

import contextlib
import dataclasses
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from dltools.catalogue.training_config import SharedSplit
from dltools.core.errors import UserError, listed, quoted
from dltools.jobs.sweep_form import SweepForm
from dltools.model_files import builder, hyperparameters, sweep_points
from dltools.model_files.builder import Builder
from dltools.model_files.hyperparameters import Swap
from dltools.model_files.sweep_points import SWEEP, Candidates, Listed, Point, Ranged
from dltools.networks import architecture, last_layer

_SEED, _FOLD = "random_seed", "fold"
# Of all builders together, in bytes before they are packed.
_LARGEST = 2**30
# Galaxy keeps names of 255 letters; a number and the file's ending come after.
_LONGEST_NAME = 200
_UNSAFE = re.compile(r"[^0-9A-Za-z.+-]+")
_OPTIMIZER = "optimizer__"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One builder of a sweep.

    Attributes:
        name: what it is called in the collection.
        point: its hyperparameters.
        split: the split that it shares with the others.
    """

    name: str
    point: Point
    split: SharedSplit

    def made(self, base: Builder) -> Builder:
        """Return the builder.

        Raises:
            UserError: a name or a value that does not fit.
        """
        found = hyperparameters.swap(base, [Swap(*pair) for pair in self.point.items()], SWEEP)
        return dataclasses.replace(found, training=dataclasses.replace(found.training, split=self.split))


def members(base: Builder, form: SweepForm) -> list[Member]:
    """Return the builders of a sweep, each made once to see that it can be, in the order of the form.

    Raises:
        UserError: a hyperparameter or a value that does not fit; the message names it.
    """
    with _each_line_once():
        chosen = [_known(one, base) for one in form.parameters]
        seeds = [Listed(name=_SEED, values=form.seeds)] if form.seeds else []
        _check_names([*chosen, *seeds])
        _check_values(base, [*chosen, *seeds])
        points = _points(base, form, chosen)
        points = [point | extra for point in points for extra in sweep_points.grid(seeds)]
        _check_size(base, len(points) * (form.folds or 1))
        return _distinct(base, points, form)


def write(folder: Path, base: Builder, found: list[Member]) -> None:
    """Write each builder of a sweep as a zip of its name into a new folder, all of them or none."""
    folder = folder.absolute()
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder.parent))
    try:
        # What is said of former names was said when they were checked.
        with contextlib.redirect_stdout(io.StringIO()):
            for member in found:
                builder.write(unfinished / f"{member.name}.zip", member.made(base))
        unfinished.chmod(0o755)
        unfinished.replace(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def told(found: list[Member], form: SweepForm) -> str:
    """Say what a sweep holds, in some lines."""
    count = len(found)
    parts = f", each with {len(form.seeds)} seeds" if form.seeds else ""
    parts += f", each on {form.folds} folds" if form.folds else ""
    points = len({json.dumps({k: v for k, v in one.point.items() if k != _SEED or not form.seeds}) for one in found})
    lines = [
        f"{SWEEP}: {points} point{'s' if points > 1 else ''}{parts}: {count} builder{'s' if count > 1 else ''}.",
        f"Seed of the splits: {found[0].split.seed}. All points are validated and tested on the same samples.",
        *(f"  {member.name}" for member in found),
    ]
    return "\n".join(lines)


def _known(one: Candidates, base: Builder) -> Candidates:
    return dataclasses.replace(one, name=hyperparameters.present_name(base, one.name, SWEEP))


def _check_names(chosen: list[Candidates]) -> None:
    names = [one.name for one in chosen]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{SWEEP}: {quoted(twice)} is given twice. Write all its values in one line.")


def _check_values(base: Builder, chosen: list[Candidates]) -> None:
    """Try each value alone, so that a message is about it and no other."""
    for one in chosen:
        if isinstance(one, Ranged):
            one.check(hyperparameters.is_whole(base, one.name))
        whole = isinstance(one, Ranged) and hyperparameters.is_whole(base, one.name)
        ends = (one.drawn(0.0, whole), one.drawn(1.0 - 2**-53, whole)) if isinstance(one, Ranged) else one.values
        for value in ends:
            hyperparameters.swap(base, [Swap(one.name, value)], SWEEP)


def _points(base: Builder, form: SweepForm, chosen: list[Candidates]) -> list[Point]:
    if form.points is None:
        return sweep_points.grid([one for one in chosen if isinstance(one, Listed)])
    found = sweep_points.at_random(
        chosen, form.points, form.sampling_seed, lambda name: hyperparameters.is_whole(base, name)
    )
    if len(found) < form.points:
        print(f"{SWEEP}: {form.points} points were asked for, and {len(found)} different ones were found.")
    return found


def _check_size(base: Builder, count: int) -> None:
    size = len(json.dumps(base.architecture)) * count
    if size > _LARGEST:
        raise UserError(
            f"{SWEEP}: {count} builders of this network would be {size:,} bytes, and at most {_LARGEST:,} are allowed. "
            "Give fewer values."
        )


def _distinct(base: Builder, points: list[Point], form: SweepForm) -> list[Member]:
    """Return a member for each point and fold, points that come to the same builder once."""
    seed = _split_seed(base, form)
    fits: set[str] = set()
    same: dict[str, str] = {}
    found, dropped, taken = [], [], set[str]()
    for point in points:
        alone = Member(name="", point=point, split=SharedSplit(seed=seed))
        made = alone.made(base)
        name = _name(made, point)
        text = json.dumps([made.architecture, made.training.to_json()], sort_keys=True)
        if text in same:
            dropped.append(f"{name} (as {same[text]})")
            continue
        same[text] = name
        _check_fit(made, f"{SWEEP}, {name}", fits)
        for extra, split in _splits(form, seed):
            unique = _unique(name + extra, taken)
            found.append(Member(name=unique, point=point, split=split))
    if dropped:
        print(f"{SWEEP}: points that are the same as another are left out: {listed(dropped)}.")
    return found


def _splits(form: SweepForm, seed: int) -> Iterator[tuple[str, SharedSplit]]:
    """Yield for each fold what it adds to a name, and the split."""
    if form.folds is None:
        yield "", SharedSplit(seed=seed)
    for number in range(1, (form.folds or 0) + 1):
        yield f"_{_FOLD}-{number}", SharedSplit(seed=seed, fold=number, folds=form.folds)


def _split_seed(base: Builder, form: SweepForm) -> int:
    """Return the seed of the splits: the form's, else the builder's, else 0, which is the same for all as well."""
    given = (form.split_seed, base.training.random_seed, 0)
    return next(seed for seed in given if seed is not None)


def _check_fit(made: Builder, source: str, known: set[str]) -> None:
    """Build the network of a point, unless another point has it, and see that its last layer suits the loss."""
    training = made.training
    text = json.dumps([made.architecture, training.loss, training.loss_options], sort_keys=True)
    if text in known:
        return
    known.add(text)
    model = architecture.described(made.architecture, source)
    if model.built:
        last_layer.check(model, training)


def _name(made: Builder, point: Mapping[str, str]) -> str:
    """Return what says the values of a point in letters that every file system takes."""
    values = hyperparameters.values(made)
    short = [name.removeprefix(_OPTIMIZER) for name in point]
    parts = []
    for name, plain, text in zip(point, short, point.values(), strict=True):
        value = values.get(name, text)
        parts.append(f"{plain if short.count(plain) == 1 else name}-{_safe(value)}")
    return "_".join(parts)[:_LONGEST_NAME]


def _safe(value: object) -> str:
    """Return a value in safe letters: ``3_3`` for (3, 3)."""
    text = value if isinstance(value, str) else json.dumps(value)
    return _UNSAFE.sub("_", text).strip("_") or "none"


def _unique(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, with a number where it needs one, and take it."""
    found = name = name.strip("_") or "builder"
    number = 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


@contextlib.contextmanager
def _each_line_once() -> Iterator[None]:
    """Print what the block prints when it ends, each line once: swapping says of every former name what it is now."""
    stream = io.StringIO()
    try:
        with contextlib.redirect_stdout(stream):
            yield
    finally:
        for line in dict.fromkeys(stream.getvalue().splitlines()):
            print(line)
