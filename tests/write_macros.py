"""Write what the forms offer from the catalogue of the tools: lists of options, and the layers with their parameters.

    .venv/bin/tox run -e macros

Run it after a change of `tools/scripts/dltools/catalogue`; `tests/test_catalogue.py` tells when it was forgotten.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from dltools.catalogue import (
    arguments,
    backbones,
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
from tests.support import layer_form
from tests.support.places import TOOLS
from tests.support.xml_lines import macro, options

FOLDER = TOOLS / "macros" / "generated"
_HEAD = """<macros>
    <!-- Written by tests/write_macros.py from scripts/dltools/catalogue: change entries there, and write it anew. -->
"""


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
        "options_head_activations": options(arguments.ACTIVATIONS, arguments.ACTIVATION_LABELS, "softmax"),
        "options_initializers": options(weights.INITIALIZERS),
        "options_regularizers": options(weights.REGULARIZERS, weights.REGULARIZER_LABELS),
        "options_constraints": options(kinds.CONSTRAINTS),
        "options_backbones": options(backbones.BACKBONES, backbones.LABELS, "MobileNetV2_1.0"),
        "options_weights": options(weights.WEIGHTS, weights.WEIGHT_LABELS, "kernel"),
    }


# File -> the macros in it, each with its lines.
FILES: dict[str, Callable[[], dict[str, list[str]]]] = {"options.xml": lists, "layers.xml": layer_form.macros}


def content(macros: Mapping[str, list[str]]) -> str:
    """Return a file with macros."""
    blocks = [f"    {line}" for name, lines in macros.items() for line in macro(name, lines)]
    return _HEAD + "\n".join([*blocks, "</macros>"]) + "\n"


def written() -> dict[Path, str]:
    """Return the path of each file that is written -> its content."""
    return {FOLDER / name: content(macros()) for name, macros in FILES.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
