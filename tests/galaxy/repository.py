"""Where things lie in this repository, and which tools it holds.

python -m tests.galaxy.repository conda        # what the six tools require, as conda's arguments
python -m tests.galaxy.repository is v2.1.0    # ends well where a tag is that of the wrappers' version
"""

import re
import sys
from pathlib import Path

from tests.support.places import ROOT, TOOLS

MACROS = TOOLS / "macros" / "requirements.xml"
WORKFLOW = ROOT / "workflows" / "mnist-cnn" / "mnist-cnn.ga"
SWEEP = ROOT / "workflows" / "sweep" / "sweep.ga"
PACKAGED = (WORKFLOW, SWEEP)
ENVIRONMENTS = ROOT / ".tox"

WRAPPERS = {
    "sklearn_to_categorical": TOOLS / "to_categorical.xml",
    "keras_model_config": TOOLS / "model_config.xml",
    "keras_model_builder": TOOLS / "model_builder.xml",
    "keras_train_and_eval": TOOLS / "train_and_eval.xml",
    "model_prediction": TOOLS / "model_prediction.xml",
    "ml_visualization_ex": TOOLS / "ml_visualization.xml",
}

_TOKEN = re.compile(r'<token name="(@[A-Z0-9_]+@)">([^<]*)</token>')
_REQUIREMENT = re.compile(r'<requirement type="package" version="([^"]+)">([^<]+)</requirement>')


def requirements(macros: Path = MACROS) -> dict[str, str]:
    """Return the packages that the wrappers ask for, by their Conda name, with the version.

    `tools/macros/requirements.xml` is the only place that names a version; a token that it uses but does
    not define is an error here rather than a strange package version later.
    """
    text = macros.read_text(encoding="utf-8")
    tokens = dict(_TOKEN.findall(text))
    found = {}
    for version, name in _REQUIREMENT.findall(text):
        for token in re.findall(r"@[A-Z0-9_]+@", version):
            version = version.replace(token, tokens[token])
        if found.setdefault(name, version) != version:
            raise ValueError(f"{macros}: {name} is asked for as {found[name]} and as {version}")
    if not found:
        raise ValueError(f'{macros}: no <requirement type="package" version=…> found')
    return found


def version(macros: Path = MACROS) -> str:
    """Return the version of the tools, without Galaxy's suffix."""
    return dict(_TOKEN.findall(macros.read_text(encoding="utf-8")))["@TOOL_VERSION@"]


def conda_arguments() -> str:
    """Return what the six tools require together, as conda takes it on its command line."""
    return " ".join(f"{name}={version}" for name, version in sorted(requirements().items()))


def main(arguments: list[str]):
    """Print or check what the command line asks for."""
    match arguments:
        case ["conda"]:
            print(conda_arguments())
        case ["is", tag]:
            if tag != f"v{version()}":
                raise SystemExit(f"the tag is {tag}, and the wrappers' version {version()}")
        case _:
            raise SystemExit("usage: python -m tests.galaxy.repository conda | is TAG")


if __name__ == "__main__":
    main(sys.argv[1:])
