"""What makes scores look better than the network is: found before the training, said in the log and in the report.

Nothing here is refused. A score that flatters may be what the data are like, which only the user can tell.
"""

import dataclasses
from collections.abc import Sequence

from dltools.catalogue.target_kinds import REGRESSION
from dltools.core.errors import quoted
from dltools.data import giveaways, mistaken_columns, repeats, straddling
from dltools.data.input_tables import Inputs
from dltools.data.samples import SampleSource
from dltools.data.sets import TEST, VALIDATION, Scheme, Sets
from dltools.data.targets import Target

# As many columns are named.
_MOST_NAMED = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Cautions:
    """What was found: facts that a reader may want to know, and what ought to be looked into, one sentence or two
    each.
    """

    facts: Sequence[str]
    warnings: Sequence[str]

    def tell(self) -> None:
        """Print them."""
        for fact in self.facts:
            print(fact)
        for warning in self.warnings:
            print(f"Caution: {warning}")
        print(end="", flush=True)

    def with_warning(self, told: str | None) -> "Cautions":
        """Return them with what came out later, if anything, in front, and print that."""
        if told is None:
            return self
        print(f"Caution: {told}", flush=True)
        return dataclasses.replace(self, warnings=[told, *self.warnings])


def look(inputs: Inputs, target: Target, scheme: Scheme, divided: Sequence[Sets]) -> Cautions:
    """Look for what flatters in a run that is ready to start.

    Parameters:
        divided: the parts of the run, or of each fold.
    """
    samples = inputs.samples
    facts, warnings = _repeated(samples, target, divided)
    warnings = [
        *_telling(samples, target), *mistaken_columns.counts(samples), *straddling.check(inputs, scheme, divided),
        *warnings,
    ]  # fmt: skip
    return Cautions(facts, warnings)


def _telling(samples: SampleSource, target: Target) -> list[str]:
    # Of an autoencoder, each column is told by itself.
    found = [] if target.are_samples else giveaways.find(samples, target)
    said = [f"{_column(samples, one.column)} alone tells {_what(one)}{_how(one)}." for one in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        said.append(f"{len(found) - _MOST_NAMED} more columns do so.")
    if said:
        said[-1] += (
            " A column that was made from the target, or is known only once the target is, makes scores that will not "
            "hold for new samples: leave it out, unless you will have it for these."
        )
    return said


def _column(samples: SampleSource, position: int) -> str:
    """Say which feature is meant; without a name, by its number among those that were chosen."""
    name = samples.spec.name(position)
    return f"{samples.source}: {f'the feature {quoted(name)}' if name else f'feature {position + 1}'}"


def _what(one: giveaways.Giveaway) -> str:
    name = f" {quoted(one.target)}" if one.target else ""
    return f"the value of the target{name}" if one.kind == REGRESSION else f"the class{' of' if name else ''}{name}"


def _how(one: giveaways.Giveaway) -> str:
    share = "of every sample" if one.told > 0.9999 else "of nearly every sample"
    gap = "" if one.value is None else f", for its value {one.value:g} (a gap that was filled in?) stands for one class"
    return f" {share}{gap}"


def _repeated(samples: SampleSource, target: Target, divided: Sequence[Sets]) -> tuple[list[str], list[str]]:
    """Return facts and warnings on samples that stand in two sets, or under two labels."""
    prints = repeats.prints(samples, target)
    facts, warnings = [], []
    for name in (TEST,) if len(divided) > 1 else (VALIDATION, TEST):
        pairs = [(one.training, getattr(one, name)) for one in divided if getattr(one, name) is not None]
        found = [repeats.between(name, *pair, samples, prints) for pair in pairs]
        told = _told(found)
        if told and any(one.copies for one in found):
            warnings.append(
                f"{told} They look like copies, which a network learns by heart, so that these scores flatter. Remove "
                "the copies, or give samples that belong together the same group and split by groups."
            )
        elif told:
            facts.append(told)
    contrary = repeats.contradictions(target, prints)
    if contrary:
        facts.append(
            f"{contrary} of {len(samples)} samples have the same features as a sample of another class, so that no "
            "network can get all of them right."
        )
    return facts, warnings


def _told(found: list[repeats.Repeats]) -> str:
    repeated, rows = sum(one.repeated for one in found), sum(one.rows for one in found)
    if not repeated:
        return ""
    otherwise = sum(one.otherwise for one in found)
    where = (
        f"{repeated} of {rows} {found[0].name} samples ({repeated / rows:.1%}) have the same features as a training "
        "sample"
    )
    return f"{where}{f', {otherwise} of them with another target' if otherwise else ''}."
