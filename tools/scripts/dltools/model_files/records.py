"""What a model file tells beside the weights, and whether what a file tells holds together.

As JSON it is the attribute ``-model_config-`` of an h5mlm; see `model_file` for its form.
"""

import dataclasses
import math
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from dltools.catalogue import training_parameters
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION, SEVERAL
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, is_markup, quoted
from dltools.core.types import JsonValue
from dltools.data.specs import FeatureSpec, TargetSpec
from dltools.forms.kinds import LARGEST, Whole
from dltools.images import image_spec
from dltools.images.image_spec import ImageSpec
from dltools.model_files.builder import Builder
from dltools.networks import architecture

# Characters of a class or of a column's name: a table of predictions repeats it in every line.
MAX_LABEL = 1000
# Of an image's sizes, and of its pages: more would be no sample of these.
_LARGEST_SIDE = 1 << 20
# How long each epoch took, in the history of a run.
SECONDS = "seconds"
# Facts of a run whose time was over before its epochs were: how it ended, and how many epochs are left.
STOPPED, EPOCHS_LEFT = "stopped_for_time", "epochs_left"
# Of a run of two stages: when the second began, how many layers learned from then on, and at which learning rate.
SECOND_STAGE, AFTER_EPOCH = "second_stage", "after_epoch"


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What a model file tells beside the weights.

    Attributes:
        builder: the architecture, and how it was trained.
        target, features: what it was trained on.
        history: loss, metrics and so on -> a number for each epoch.
        run: facts of the last training, such as its seed, as JSON; None where they are not known.
    """

    builder: Builder
    target: TargetSpec
    features: FeatureSpec
    history: Mapping[str, list[float]]
    run: Mapping[str, JsonValue] | None = None

    @property
    def epochs(self) -> int:
        """How many epochs the model was trained for."""
        return len(self.history.get("loss", []))

    @property
    def epochs_left(self) -> int | None:
        """How many epochs the last training had left when its time was over; None if it had time for all."""
        left = (self.run or {}).get(EPOCHS_LEFT)
        # A file may hold anything.
        return left if type(left) is int and 0 < left <= Whole().most else None

    @property
    def first_stage(self) -> int | None:
        """The last epoch before the second stage of the last training; None if it had one stage."""
        stage = (self.run or {}).get(SECOND_STAGE)
        last = stage.get(AFTER_EPOCH) if isinstance(stage, dict) else None
        return last if type(last) is int and 0 < last < self.epochs else None

    def to_json(self) -> dict[str, Any]:
        """Return what a model file holds of it."""
        return {
            "architecture": self.builder.architecture,
            "training": self.builder.training.to_json(),
            "target": self.target.to_json(),
            "features": self.features.to_json(),
            "history": {name: values for name, values in self.history.items() if name != SECONDS},
            "run": self.run,
        }


def check_shown(texts: Iterable[object], source: Dataset) -> None:
    """Refuse names and classes that a model file cannot hold: what acts in a web page, for Galaxy shows them as they
    stand, what fits in no cell of a table, and what is too long for one.

    Parameters:
        texts: names of columns and classes; those that are no text pass.

    Raises:
        UserError: quotes the first one.
    """
    for text in texts:
        if isinstance(text, str) and is_markup(text):
            raise UserError(
                f"{source}: {quoted(text)} looks like a piece of a web page, as which it would act where Galaxy shows "
                "the trained model. Rename it."
            )
        if isinstance(text, str) and not _is_label(text):
            raise UserError(
                f"{source}: the name {quoted(text)} has {len(text):,} characters; the name of a class or a column has "
                f"at most {MAX_LABEL:,}, and no control characters. Rename it, or choose the right column."
            )


def summary(record: Record) -> str:
    """Say in one line what the model is."""
    training = record.builder.training
    outcome = ", ".join(
        f"{len(target.classes)} classes" if target.classes else target.kind for target in record.target.each
    )
    return (
        f"{training.learning_type}: {_taken(record.features)}, {outcome}, loss "
        f"{training.loss}, optimizer {training.optimizer.type}, trained for "
        f"{record.epochs or 'an unknown number of'} epochs"
    )


def _taken(features: FeatureSpec) -> str:
    """Say what a model takes of a sample."""
    if features.images is None:
        return f"{features.width or 'any number of'} features"
    beside = (features.width or 0) - features.pixels
    return f"images of {' x '.join(map(str, features.images.shape))}{f' and {beside} features' if beside else ''}"


def of_json(config: Mapping[str, Any], dataset: Dataset) -> Record:
    """Return what a model file tells, as parsed.

    Raises:
        UserError: something in it that does not hold together.
    """
    training = training_parameters.check(config.get("training"), str(dataset))
    target, features = config.get("target"), config.get("features")
    if not isinstance(target, dict) or not isinstance(features, dict) or not _whole_facts(target, features):
        raise UserError(f"{dataset}: what it says of its classes and features is damaged.")
    history = config.get("history")
    if not isinstance(history, dict) or not _whole_history(history):
        raise UserError(f"{dataset}: its training history is damaged.")
    run = config.get("run")
    architecture.checked(config.get("architecture"), str(dataset))
    return Record(
        Builder(config["architecture"], training),
        TargetSpec.of_json(target),
        FeatureSpec.of_json(features),
        history,
        (run or None) if isinstance(run, dict) else None,
    )


def _whole_history(history: dict) -> bool:
    """Tell whether what a file says of its epochs has the right form: by name, a number for each epoch."""
    if not all(isinstance(values, list) for values in history.values()):
        return False
    # What a loss that grew too large left, infinity and no number, is kept; a whole number may be larger than
    # either.
    numbers = all(
        type(v) is float or (type(v) is int and abs(v) <= LARGEST) for values in history.values() for v in values
    )
    return numbers and all(
        len(values) == len(history.get("loss", [])) and _is_label(name) for name, values in history.items()
    )


def _whole_facts(target: dict, features: dict) -> bool:
    if not isinstance(features.get("count"), int):
        return False
    if target.get("kind") != SEVERAL:
        return _whole_target(target) and "outputs" not in target and _whole_columns(features)
    outputs = target.get("outputs")
    return (
        isinstance(outputs, list)
        and bool(outputs)
        and all(
            _whole_target(own) and isinstance(own.get("output"), str) and type(own.get("units")) is int
            for own in outputs
        )
        and _whole_columns(features)
    )


def _whole_target(target: Any) -> bool:
    """Tell whether what a file says of one output's target has the right form."""
    whole = isinstance(target, dict) and target.get("kind") in (BINARY, MULTICLASS, MULTILABEL, REGRESSION)
    whole = whole and all(isinstance(target.get(name), list) for name in ("names", "classes"))
    whole = whole and all((type(c) is int and abs(c) < 2**63) or _is_label(c) for c in target["classes"])
    return (
        whole
        and len(set(map(str, target["classes"]))) == len(target["classes"])
        and all(map(_is_label, target["names"]))
    )


def _is_label(value: object) -> bool:
    """Tell whether a value is a text that one cell of a table can hold."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_LABEL
        and not any(unicodedata.category(c) in ("Cc", "Cs") for c in value)
    )


def _whole_columns(features: dict) -> bool:
    """Tell whether what a file says of its columns holds together: their number, names, and those of each table."""
    count, names, widths = features["count"], features.get("names"), features.get("tables", [features["count"]])
    pixels = 0
    if "images" in features:
        if not _whole_images(features["images"], widths):
            return False
        pixels = math.prod(features["images"]["shape"])
    named = names is None or (isinstance(names, list) and len(names) == count - pixels and all(map(_is_label, names)))
    return (
        named
        and isinstance(widths, list)
        and all(type(width) is int and width > 0 for width in widths)
        and sum(widths) == count
    )


def _whole_images(images: Any, widths: Any) -> bool:
    """Tell whether what a file says of its images has the right form, and fits the first of its tables."""
    if not isinstance(images, dict) or set(images) != {field.name for field in dataclasses.fields(ImageSpec)}:
        return False
    shape, white, page = images["shape"], images["white"], images["page"]
    return (
        isinstance(shape, list)
        and len(shape) in (3, 4)
        and all(type(size) is int and 0 < size <= _LARGEST_SIDE for size in shape)
        and isinstance(widths, list)
        and widths[:1] == [math.prod(shape)]
        and images["fit"] in image_spec.FITS
        and images["scale"] in image_spec.SCALES
        and type(white) in (int, float)
        and 0 < white <= LARGEST
        and (page is None or (type(page) is int and 0 < page <= _LARGEST_SIDE))
    )


def check_fits(record: Record, shapes: list[tuple[int | None, ...]], dataset: Dataset) -> None:
    """Refuse a file that says another thing of its target than its network gives.

    Parameters:
        shapes: of the network's outputs, the first size for the samples.

    Raises:
        UserError: says both.
    """
    if len(record.target.each) != len(shapes):
        raise UserError(
            f"{dataset}: tells of {len(record.target.each)} outputs, but its network has {len(shapes)}. The file is "
            "damaged."
        )
    for target, shape in zip(record.target.each, shapes, strict=True):
        _check_classes(target, shape, dataset)


def _check_classes(target: TargetSpec, output_shape: tuple[int | None, ...], dataset: Dataset) -> None:
    units = output_shape[-1] if len(output_shape) >= 2 else None
    if units is not None and len(output_shape) > 2:
        _check_steps(target, output_shape, dataset)
        target = TargetSpec(kind=target.kind, classes=target.classes)
    if target.kind == BINARY and units not in (1, 2):
        units = None
    expected = {BINARY: 2, MULTICLASS: units, MULTILABEL: units, REGRESSION: 0}[target.kind]
    if (
        units is None
        or target.units not in (None, units)
        or len(target.classes) != expected
        or len(target.names) not in (0, units)
    ):
        raise UserError(
            f"{dataset}: has {len(target.classes)} classes, but its network gives data of shape {output_shape}. "
            "The file is damaged."
        )


def _check_steps(target: TargetSpec, output_shape: tuple[int | None, ...], dataset: Dataset) -> None:
    """Check what a file says of an output of several steps: names for each step, or for each number."""
    units = output_shape[-1]
    assert units is not None, "asked of outputs whose units are known"
    known = [size for size in output_shape[1:-1] if size is not None]
    count, open_ = math.prod(known), len(known) < len(output_shape) - 2
    size, names = target.units, len(target.names)
    fits = [names in (0, count, count * units), size in (None, count * units)]
    if open_:
        fits = [names % count == 0, size is None or (size > 0 and size % (count * units) == 0)]
    if not all(fits):
        raise UserError(
            f"{dataset}: what it says of its target does not fit its network, which gives data of shape "
            f"{output_shape}. The file is damaged."
        )
