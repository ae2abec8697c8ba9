"""Where a network looks: which part of an image decides, or how much each column of a table adds to the answer."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed
from dltools.forms import parameters
from dltools.forms.kinds import Choice, Whole
from dltools.forms.parameters import is_empty, with_further
from dltools.plots import image_shapes, network_samples, sample_choice
from dltools.plots.drawing import Display
from dltools.plots.explained import TITLE, FeatureShares, Overlays, Samples
from dltools.plots.image_samples import MAX_IMAGES, ImageSamples, truth_of
from dltools.plots.read_samples import MAX_ROWS, ReadImages, ReadSamples, TableSamples
from dltools.plots.sample_choice import ROWS
from dltools.tables import chosen

if TYPE_CHECKING:
    import keras

GRAD_CAM, GRADIENTS = "grad_cam", "integrated_gradients"
METHODS = ("auto", GRAD_CAM, GRADIENTS)
BASELINES = ("auto", "zero", "mean")
MAX_SAMPLES = MAX_ROWS
# Where nobody says how many: images to look at, samples to take a mean of.
_IMAGES, _SAMPLES = 8, 100
_MODEL, _TABLE = "Select the trained model", "Select the dataset containing the samples"
_TRUTH = "Dataset containing the true labels or values"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SaliencyRequest:
    """What decides the answers for some samples.

    Attributes:
        model, samples: the trained network, and rows of a table, or images.
        method: one of `METHODS`; "auto" is Grad-CAM where the network has convolutions over images.
        shape: (height, width) or (height, width, channels) of an image, or None where the network tells, or for samples
            that are no images.
        count: how many at most; None for as many as suit.
        asked: name of the class or value to explain; None for the class that the network says.
        baseline: one of `BASELINES`, what integrated gradients compare with; "auto" is 0 for images, else the mean.
    """

    model: Dataset
    samples: TableSamples | ImageSamples
    method: str = "auto"
    shape: tuple[int, ...] | None = None
    count: int | None = None
    asked: str | None = None
    baseline: str = "auto"

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        form = with_further(form, "saliency_options")
        count, asked = form.get("number"), form.get("explained")
        return cls(
            model=parameters.dataset(form.get("infile_estimator"), _MODEL),
            samples=_samples(form),
            method=Choice(METHODS).read(form.get("saliency_method") or "auto", "Method"),
            shape=image_shapes.read(form.get("picture_shape")),
            count=None if is_empty(count) else Whole(1, MAX_SAMPLES).read(count, "Number of samples"),
            asked=None if is_empty(asked) else str(asked).strip(),
            baseline=Choice(BASELINES).read(form.get("baseline") or "auto", "Baseline"),
        )

    def display(self) -> Display:
        """Read network and samples, and find out what decides.

        Raises:
            UserError: no model, samples that do not fit it, or a method that does not.
        """
        # Keras is kept from importing Matplotlib; what draws the plot must be there before.
        import matplotlib.figure  # noqa: F401

        from dltools.backend.keras_runtime import keras_for_compute

        keras_for_compute()
        from dltools.data import batches, outputs, words
        from dltools.evaluation import attribution, maps
        from dltools.evaluation.forward_pass import ForwardPass
        from dltools.model_files import trained_model

        model, record = trained_model.read(self.model)
        network_samples.check_one_output(model, self.model, "where it looks")
        read = self.samples.read(record, self.count)
        features = read.features
        words.Guard(model, features).check_all(features)
        inputs = batches.input_columns(model, features)
        truth = read.truth(outputs.of_model(model, inputs, features.source))
        shape = self._image_shape(model, read)
        found_maps = maps.last_over(model, shape) if shape is not None and self.method != GRADIENTS else None
        self._check_method(found_maps is not None, shape is not None)
        if len(model.outputs[0].shape) != 2:
            raise UserError(
                f"{self.model}: answers each step of a sequence or point of an image, but where it looks is shown for "
                "networks with one answer for each sample."
            )
        network = ForwardPass(model)

        def answer(rows: np.ndarray) -> np.ndarray:
            return network(batches.in_memory(features.take(rows), inputs, network.batch_size)).outputs

        count = self._count(read.rows, shape is not None)
        wanted = sample_choice.Wanted(rows=read.rows, count=count, asked=self.asked)
        rows, asked, shown = sample_choice.choose(wanted, record, features, answer, truth)
        if read.images is not None:
            shown = dataclasses.replace(shown, names=[read.images.names[row] for row in rows])
        values = features.take(rows)
        if found_maps is not None and shape is not None:
            heat = attribution.grad_cam(model, found_maps, inputs, values, asked)
            meaning = f"what speaks for the answer (Grad-CAM, {found_maps.layer})"
            return _overlays(shown, _pixels(read, rows, shape), heat, meaning, read.notes)
        baseline = self._baseline(read, shape is not None)
        found = attribution.integrated_gradients(model, inputs, values, baseline, asked)
        notes = [*read.notes, _compared_with(baseline, read), *_gap(found.gaps)]
        if shape is not None:
            size = np.abs(found.values).reshape(len(values), *shape).astype(np.float32)
            heat_maps = size if size.ndim == 3 else size.sum(axis=-1)
            meaning = "what changes the answer (integrated gradients)"
            return _overlays(shown, _pixels(read, rows, shape), heat_maps, meaning, notes)
        return FeatureShares(
            title=TITLE,
            samples=shown,
            features=network_samples.names(features, record),
            values=found.values,
            at_baseline=found.at_baseline,
            notes=notes,
        )

    def _image_shape(self, model: "keras.Model", read: ReadSamples) -> tuple[int, ...] | None:
        """Return the shape of an image, as was asked for or as the network takes it; None for what is no image."""
        features = read.features
        if read.images is not None:
            if self.shape is not None:
                raise UserError(f"{image_shapes.LABEL}: is for rows of a table. Leave it blank for images.")
            return image_shapes.without_one_channel(read.images.spec.shape)
        if self.shape is not None:
            return image_shapes.of(self.shape, features.width, features.source)
        from dltools.evaluation import maps

        found = maps.image_shape(model, features.width)
        return None if found is None else image_shapes.of(found, features.width, features.source)

    def _count(self, rows: tuple[int, ...] | None, are_images: bool) -> int:
        """Return how many samples are shown at most."""
        usual, most = (_IMAGES, MAX_IMAGES) if are_images else (_SAMPLES, MAX_SAMPLES)
        if rows is not None and len(rows) > most:
            raise UserError(f"{ROWS}: must be at most {most} images. Received: {len(rows)}.")
        return min(self.count or usual, most)

    def _check_method(self, has_maps: bool, are_images: bool) -> None:
        if self.method != GRAD_CAM:
            return
        if not are_images:
            raise UserError(f"{image_shapes.LABEL}: must be given for grad_cam, for the network does not tell it.")
        if not has_maps:
            raise UserError(
                "Method: grad_cam needs a network with a convolution over two dimensions whose maps lie over the "
                "image. This one has none, or mixes or moves the points of the image before. Choose "
                "integrated_gradients."
            )

    def _baseline(self, read: ReadSamples, are_images: bool) -> np.ndarray:
        """Return the sample to compare with, float32 (features,)."""
        features = read.features
        if self.baseline == "zero" or (self.baseline == "auto" and are_images):
            return _black(read.images) if read.images else np.zeros(features.width, np.float32)
        return features.values.mean(axis=0, dtype=np.float64).astype(np.float32)


def _samples(form: dict) -> TableSamples | ImageSamples:
    """Return the samples that the form names, and what they are."""
    images, typed = with_further({"image_samples": form.get("image_samples")}, "image_samples"), form.get("rows")
    rows = None if is_empty(typed) else str(typed)
    truth = chosen.read_optional(form, _TRUTH, "infile_truth", "header_truth")
    if images:
        named = None if truth is None else truth_of(truth, form)
        return ImageSamples.of(images["image_source"], named, rows)
    source = parameters.dataset(form.get("infile1"), _TABLE)
    columns = chosen.read_columns(form["column_selector_options"], "col1")
    return TableSamples(source=source, columns=columns, truth=truth, rows=rows)


def _black(images: ReadImages) -> np.ndarray:
    """Return a black image as the network gets it, float32 (features,)."""
    from dltools.images import scaling

    return scaling.scaled(np.zeros((1, *images.spec.shape), np.uint8), images.spec)[0]


def _pixels(read: ReadSamples, rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return what is shown of samples, float32 (n, height, width) or (n, height, width, 3)."""
    if read.images is None:
        return read.features.take(rows).reshape(-1, *shape)
    found = read.images.pixels[rows].astype(np.float32) / np.float32(read.images.spec.white)
    return found if found.shape[-1] == 3 else found.mean(axis=-1)


def _overlays(
    shown: Samples, pixels: np.ndarray, heat: np.ndarray, meaning: str, notes: Sequence[str] = ()
) -> Overlays:
    """Return the display of images, `pixels` as `_pixels` returns them, with the heat of each."""
    notes = list(notes)
    cold = [shown.called(number) for number, one in enumerate(heat) if not one.any()]
    if cold:
        notes.append(f"nothing speaks for the answer in: {listed(cold)}")
    return Overlays(title=TITLE, samples=shown, pixels=pixels, heat=heat, meaning=meaning, notes=notes)


def _compared_with(baseline: np.ndarray, read: ReadSamples) -> str:
    what = "a sample of all zeros" if not baseline.any() else "the mean of the samples"
    if read.images is not None:
        what = "a black image" if (baseline == _black(read.images)).all() else "the mean of the images"
    return f"each answer is compared with that for {what}; what the features add sums to the difference"


def _gap(gaps: np.ndarray) -> list[str]:
    """Say by how much the sums are wrong, if that is more than they are let."""
    from dltools.evaluation.attribution import TOLERANCE

    wrong = gaps > TOLERANCE
    if not wrong.any():
        return []
    return [f"of {wrong.sum()} samples, the sum differs from the difference by up to {gaps.max():.0%}"]
