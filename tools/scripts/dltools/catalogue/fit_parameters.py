"""The parameters of fitting, and the weights of the classes."""

import ast
from typing import Any, NamedTuple

from dltools.catalogue import objectives
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Choice, Real, Whole, optional
from dltools.forms.parameters import is_empty
from dltools.tables import labels

FIT_PARAMETERS = (
    optional("epochs", Whole()), optional("batch_size", Whole()), optional("steps_per_epoch", Whole()),
    optional("validation_split", Real(0, 1, below=True)), optional("validation_steps", Whole()),
    optional("verbose", Whole(0)),
)  # fmt: skip
RANDOM_SEED = optional("random_seed", Whole(0, 2**32 - 1))

BALANCED, GIVEN = WEIGHTINGS = ("balanced", "given")


class ClassWeights(NamedTuple):
    """``balanced``, or classes with their weights: ``'setosa': 1, 'virginica': 5``, in braces or not.

    Read into the word, or into a dictionary of the classes' names, as they are written there.
    """

    def read(self, value: Any, label: str) -> str | dict[str, float]:
        """Return the word, or the weights by class; refuse what is neither."""
        if value == BALANCED:
            return BALANCED
        weights = value if isinstance(value, dict) else self._parsed(str(value), label)
        found = {}
        for name, weight in weights.items():
            key = str(name).strip()
            if key in found:
                raise UserError(f"{label}: the class {quoted(key)} is given twice.")
            found[key] = Real(0).read(weight, f"{label}: the weight of {quoted(key)}")
        if len(labels.classes(found).names) < len(found):
            raise UserError(f"{label}: a class is given twice, in two spellings. Received: {quoted(value)}.")
        if not any(found.values()):
            raise UserError(f"{label}: at least one class needs a weight above 0. Received: {quoted(value)}.")
        return found

    def _parsed(self, text: str, label: str) -> dict[str, object]:
        """Return each class as the text that stands there, for 1_0 and 4E10 are names, with its weight."""
        braced = text.strip() if text.strip().startswith("{") else f"{{{text}}}"
        try:
            pairs = self._pairs(braced)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            pairs = []
        if not pairs:
            raise UserError(
                f"{label}: must be classes with their weights, names in quotes, such as 'setosa': 1, 'virginica': 5. "
                f"Received: {quoted(text)}."
            )
        twice = next((name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1), None)
        if twice is not None:
            raise UserError(f"{label}: the class {quoted(twice)} is given twice.")
        return dict(pairs)

    def _pairs(self, braced: str) -> list[tuple[str, object]]:
        """Return the classes and weights of a dictionary, as they stand there.

        Raises:
            ValueError, SyntaxError, TypeError, MemoryError, RecursionError: it is none of names and literals.
        """
        # Only parsed: the syntax tree keeps how a number was written.
        table = ast.parse(braced, mode="eval").body
        if not isinstance(table, ast.Dict):
            raise TypeError(braced)
        return [
            (self._name(key, braced), ast.literal_eval(weight))
            for key, weight in zip(table.keys, table.values, strict=True)
        ]

    def _name(self, key: ast.expr | None, text: str) -> str:
        # ``**other`` has no key.
        value = None if key is None else ast.literal_eval(key)
        if isinstance(value, str):
            return value
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        segment = ast.get_source_segment(text, key) if key is not None and is_number else None
        if segment is None:
            raise ValueError(text)
        return segment


def read_class_weight(entries: Any, classifies: bool, loss: str) -> str | dict[str, float] | None:
    """Read the form's repeat with the weights of the classes.

    Parameters:
        entries: the repeat; or what this returned before, as a file holds it.
        classifies: whether the run is a classification.
        loss: name of the loss.

    Returns:
        "balanced", {class: weight}, or None where the box was left closed.

    Raises:
        UserError: weights for what has no classes, or that are none.
    """
    value = entries
    if isinstance(entries, list):
        weighting = (entries[0].get("weighting") or {}) if entries else {}
        chosen = (
            Choice(WEIGHTINGS).read(weighting.get("class_weight_type"), "Weights of the classes") if entries else None
        )
        value = weighting.get("class_weight") if chosen == GIVEN else chosen
        if chosen == GIVEN and is_empty(value):
            raise UserError(
                "class_weight: must be given. Write each class with its weight, such as 'setosa': 1, 'virginica': 5."
            )
    if is_empty(value):
        return None
    if not classifies:
        raise UserError("class_weight: a regression has no classes. Remove the weights, or choose KerasGClassifier.")
    if loss in objectives.OF_BATCHES:
        others = [name for name in objectives.OF_PROBABILITIES if name not in objectives.OF_BATCHES]
        raise UserError(
            f"class_weight: the loss {loss} is computed of a batch as a whole, so classes cannot weigh differently. "
            f"Remove the weights, or choose one of {listed(others)}."
        )
    return ClassWeights().read(value, "class_weight")
