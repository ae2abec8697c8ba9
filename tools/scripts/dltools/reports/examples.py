"""Sheets of example images for a report, made only where the user asks for them: reports are shared, and what is in a
picture may be nobody else's business.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from dltools.catalogue.target_kinds import BINARY, MULTICLASS, REGRESSION
from dltools.core.errors import one_line
from dltools.data.reproduced import Reproduced
from dltools.data.samples import SampleSource
from dltools.evaluation import maps, prediction
from dltools.evaluation.outcome import Outcome
from dltools.images.image_spec import STANDARD
from dltools.plots.drawing import shortened
from dltools.reports import reconstruction, sheets
from dltools.reports.document import Block, Figure, Heading, Paragraph, Table
from dltools.reports.sheets import Picture

HEADING = "Examples"
MAX_CLASSES, EACH_CLASS, MAX_MISTAKES, MAX_OTHERS = 8, 5, 15, 10
_ASKED = "These are images of samples, which are in this report because they were asked for."
_NONE = "The samples are no images, as far as the network tells, or it has several answers for each: none is shown."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a network says of the samples that are reported on.

    Attributes:
        true, predicted: texts (n,).
        wrong: float64 (n,), how wrong each answer is: of a mistake how sure it is, of a value how far off; -1 of a
            right one.
        groups: of each class, its name and the places (0 to n - 1) of its samples; of a regression one of all, from the
            smallest to the largest true value.
        is_regression: whether answers are values.
    """

    true: list[str]
    predicted: list[str]
    wrong: np.ndarray
    groups: list[tuple[str, np.ndarray]]
    is_regression: bool


def blocks(outcome: Outcome) -> list[Block]:
    """Return the sheets, where they were asked for."""
    samples = outcome.shown
    if samples is None:
        return []
    found: list[Block] = [Heading(HEADING)]
    shape = _shape(outcome, samples)
    if shape is None or outcome.target.outputs or (outcome.target.shape and not outcome.target.are_samples):
        return [*found, Paragraph(_NONE)]
    images = Images(samples=samples, shape=shape, each_alone=_each_alone(outcome))
    found.append(Paragraph(_ASKED + images.told))
    if outcome.target.are_samples:
        return [*found, *_given_back(outcome, images)]
    answers = _answers(outcome)
    return [*found, *_of_groups(outcome, images, answers), *_mistakes(outcome, images, answers)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Samples that are images.

    Attributes:
        samples: whose first numbers are the pixels.
        shape: (height, width), (height, width, channels) or (pages, height, width, channels).
        each_alone: whether each image has a brightness of its own.
    """

    samples: SampleSource
    shape: tuple[int, ...]
    each_alone: bool

    @property
    def told(self) -> str:
        """Say what of the images is shown, where it is not all."""
        pages = " Of each stack, the page in the middle is shown." if len(self.shape) == 4 else ""
        channels = self.shape[-1] if len(self.shape) > 2 else 1
        return pages + (f" Of the {channels} channels, the mean is shown." if channels not in (1, 3) else "")

    def take(self, positions: np.ndarray) -> np.ndarray:
        """Return images by position, float32 (n, height, width) or (n, height, width, 3)."""
        return self.shaped(self.samples.columns(0, int(np.prod(self.shape)), positions))

    def shaped(self, numbers: np.ndarray) -> np.ndarray:
        """Return what is shown of images that are rows of numbers, float32 (n, numbers)."""
        found = numbers.reshape(-1, *self.shape)
        if len(self.shape) == 4:
            found = found[:, self.shape[0] // 2]
        if found.ndim == 4 and found.shape[-1] != 3:
            found = found.mean(axis=-1)
        return found

    def name(self, position: int) -> str:
        """Return what the user knows a sample by."""
        return self.samples.place(position, None)


def _shape(outcome: Outcome, samples: SampleSource) -> tuple[int, ...] | None:
    """Return the shape of an image; None for samples that are none."""
    spec = outcome.record.features.images
    return maps.image_shape(outcome.model, samples.width) if spec is None else spec.shape


def _each_alone(outcome: Outcome) -> bool:
    spec = outcome.record.features.images
    return spec is not None and spec.scale == STANDARD


def _answers(outcome: Outcome) -> Answers:
    target, training, outputs = outcome.target, outcome.record.builder.training, outcome.evaluated.outputs
    truth = target.truth[outcome.evaluated.positions]
    predicted = prediction.decided(outputs, target.kind, training.loss)
    if target.kind == REGRESSION:
        order = np.argsort(truth[:, 0], kind="stable")
        texts = [[", ".join(f"{value:.4g}" for value in row) for row in own] for own in (truth, predicted)]
        off = np.abs(truth - predicted).max(axis=1)
        return Answers(true=texts[0], predicted=texts[1], wrong=off, groups=[("", order)], is_regression=True)
    one_class = target.kind in (BINARY, MULTICLASS)
    names = np.asarray(target.classes if one_class else target.names or target.classes, object)
    sure = prediction.likelihoods(outputs, target.kind)
    assert sure is not None, "classes have likelihoods"
    if one_class:
        true_names, names_of = list(names[truth]), list(names[predicted])
        groups = [(str(name), np.flatnonzero(truth == place)) for place, name in enumerate(names)]
        wrong = np.where(truth == predicted, -1.0, sure[np.arange(len(sure)), predicted])
    else:
        true_names, names_of = (
            [", ".join(map(str, names[row > 0])) or "none" for row in own] for own in (truth, predicted)
        )
        groups = [(str(name), np.flatnonzero(truth[:, place])) for place, name in enumerate(names)]
        surest = np.where(truth == predicted, 0, np.abs(sure - 0.5) + 0.5).max(axis=1)
        wrong = np.where((truth == predicted).all(axis=1), -1.0, surest)
    texts = [list(map(str, own)) for own in (true_names, names_of)]
    return Answers(true=texts[0], predicted=texts[1], wrong=wrong, groups=groups, is_regression=False)


def _spaced(places: np.ndarray, most: int) -> np.ndarray:
    """Return some of the places, evenly spaced, or all."""
    return places[np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).astype(int))]


def _of_groups(outcome: Outcome, images: Images, answers: Answers) -> list[Block]:
    """Return a sheet of samples of each class, or of small to large values."""
    groups = [(name, places) for name, places in answers.groups if len(places)]
    shown = groups[:MAX_CLASSES]
    most = MAX_OTHERS if answers.is_regression else EACH_CLASS
    chosen = [place for _, places in shown for place in _spaced(places, most)]
    own = "by their true value, from small to large" if answers.is_regression else "of each class"
    captions = [f"{'right' if answers.wrong[place] < 0 else f'taken for {shortened(answers.predicted[place], 10)}'}"
                for place in chosen]  # fmt: skip
    if answers.is_regression:
        captions = [f"true {answers.true[place]}\npredicted {answers.predicted[place]}" for place in chosen]
    titles = [shortened(name, 14) for name, places in shown for _ in _spaced(places, most)]
    captions = [f"{title}\n{caption}" if title else caption for title, caption in zip(titles, captions, strict=True)]
    rest = len(groups) - len(shown)
    cut = [Paragraph(f"and {rest} more classes")] if rest > 0 else []
    return [_sheet(f"Examples {own}", outcome, images, answers, chosen, captions, EACH_CLASS), *cut]


def _mistakes(outcome: Outcome, images: Images, answers: Answers) -> list[Block]:
    """Return a sheet of the most confident mistakes, or of the values that are farthest off."""
    order = np.argsort(-answers.wrong, kind="stable")
    chosen = [int(place) for place in order[:MAX_MISTAKES] if answers.wrong[place] >= 0]
    if not chosen:
        return [Paragraph("No sample that is reported on is predicted wrongly.")]
    what = "Values that are farthest off" if answers.is_regression else "Most confident mistakes"
    captions = [
        f"true {shortened(answers.true[place], 12)}\npredicted {shortened(answers.predicted[place], 12)}"
        + ("" if answers.is_regression else f"\np = {answers.wrong[place]:.3f}")
        for place in chosen
    ]
    return [_sheet(what, outcome, images, answers, chosen, captions, EACH_CLASS)]


def _sheet(
    what: str,
    outcome: Outcome,
    images: Images,
    answers: Answers,
    chosen: list[int],
    captions: list[str],
    columns: int,
) -> Figure:
    positions = outcome.evaluated.positions[chosen]
    pixels = images.take(positions)
    pictures = [Picture(pixels=own, caption=text) for own, text in zip(pixels, captions, strict=True)]
    rows: list[list] = [
        [images.name(int(position)), answers.true[place], answers.predicted[place]]
        for position, place in zip(positions, chosen, strict=True)
    ]
    table = Table(["Sample", "True", "Predicted"], rows, caption=what)
    return Figure(sheets.draw(pictures, columns, images.each_alone), what, table, _listed(captions))


def _listed(captions: Iterable[str]) -> str:
    """Say what each image of a sheet is."""
    return "; ".join(f"{number}: {one_line(text.replace(chr(10), ', '))}" for number, text in enumerate(captions, 1))


def _given_back(outcome: Outcome, images: Images) -> list[Block]:
    """Return a sheet of samples above what an autoencoder makes of them, from the best to the worst."""
    evaluated, truth = outcome.evaluated, outcome.target.truth
    assert isinstance(truth, Reproduced), "asked of autoencoders only"
    errors = reconstruction.errors(truth, evaluated.positions, evaluated.outputs).of_samples
    chosen = _spaced(np.argsort(errors, kind="stable"), EACH_CLASS)
    size = int(np.prod(images.shape))
    both = images.take(evaluated.positions[chosen]), images.shaped(evaluated.outputs[chosen][:, :size])
    captions = [f"error {errors[place]:.3g}" for place in chosen]
    pictures = [Picture(pixels=own, caption=text) for own, text in zip(both[0], captions, strict=True)]
    pictures += [Picture(pixels=own, caption="given back") for own in both[1]]
    rows: list[list] = [[images.name(int(evaluated.positions[place])), float(errors[place])] for place in chosen]
    what = "Samples, from the one that is given back best to the worst, and below each what the network makes of it"
    table = Table(["Sample", "Error"], rows, caption="Samples that are shown")
    png = sheets.draw(pictures, len(chosen), images.each_alone)
    return [Figure(png, what, table, _listed(captions))]
