"""Write the lists of options that the forms offer, from the catalogue of the tools.

    .venv/bin/tox run -e macros

Run it after a change of `tools/scripts/dltools/catalogue`; `tests/test_catalogue.py` tells when it was forgotten.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from dltools.catalogue import (
    arguments,
    callbacks,
    metrics,
    objectives,
    optimizers,
    schedules,
    scorers,
    training_parameters,
    weights,
)
from dltools.forms import kinds
from tests.support.places import TOOLS

TARGET = TOOLS / "macros" / "generated" / "options.xml"
NO_LABELS: Mapping[str, str] = MappingProxyType({})
_HEAD = """<macros>
    <!-- Written by tests/write_macros.py from scripts/dltools/catalogue: change entries there, and write it anew. -->
"""


def options(
    values: Iterable[str], labels: Mapping[str, str] = MappingProxyType({}), chosen: str | None = None
) -> list[str]:
    """Return an ``<option>`` for each value, called by its label where it has one; `chosen` is selected at first."""
    marks = {chosen: ' selected="true"'}
    return [
        f"<option value={quoteattr(value)}{marks.get(value, '')}>{escape(labels.get(value, value))}</option>"
        for value in values
    ]


def scored(group: str) -> dict[str, str]:
    """Return the scorers of a group of the form, each with its label."""
    return {
        name: f"{group} -- {scorer.label or name}"
        for name, scorer in scorers.SCORERS.items()
        if scorers.group(name) == group
    }


def scored_by(group: str) -> list[str]:
    """Return the case of each scorer as the primary one: further ones of its group may be chosen beside it."""
    return [f'<expand macro="{group.lower()}_scored_by" primary={quoteattr(name)}/>' for name in scored(group)]


def lists() -> dict[str, list[str]]:
    """Return macro -> its lines."""
    scores = {f"options_{group.lower()}_scorers": options(found := scored(group), found) for group in scorers.GROUPS}
    return {
        "options_losses": options(objectives.LOSSES, objectives.LOSS_LABELS, "binary_crossentropy"),
        "options_metrics": options((*metrics.METRICS, training_parameters.NO_METRIC), metrics.LABELS, "acc"),
        "options_optimizers": options(optimizers.OPTIMIZERS, optimizers.LABELS, "RMSprop"),
        "options_schedules": options(schedules.LABELS, schedules.LABELS, "CosineDecay"),
        "options_callbacks": options(callbacks.LABELS, callbacks.LABELS, "None"),
        "options_monitored": options(callbacks.MONITORED, chosen=callbacks.VALIDATION_LOSS),
        **scores,
        "cases_of_scorers": [line for group in scorers.GROUPS for line in scored_by(group)],
        "options_activations": options(arguments.ACTIVATIONS, arguments.ACTIVATION_LABELS, "linear"),
        "options_initializers": options(weights.INITIALIZERS),
        "options_regularizers": options(weights.REGULARIZERS, weights.REGULARIZER_LABELS),
        "options_constraints": options(kinds.CONSTRAINTS),
        "options_weights": options(weights.WEIGHTS, weights.WEIGHT_LABELS, "kernel"),
    }


def content() -> str:
    """Return the file with all lists."""
    blocks = [
        "\n".join([f'    <xml name="{name}">', *(f"        {line}" for line in lines), "    </xml>"])
        for name, lines in lists().items()
    ]
    return _HEAD + "\n".join([*blocks, "</macros>"]) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(content(), encoding="utf-8")
    print(f"wrote {TARGET}")
