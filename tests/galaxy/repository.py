"""Where things lie in this repository, and which tools it holds."""

import re
from pathlib import Path

from tests.support.places import ROOT, TOOLS

MACROS = TOOLS / "macros" / "requirements.xml"
WORKFLOW = ROOT / "workflows" / "mnist-cnn" / "mnist-cnn.ga"
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
