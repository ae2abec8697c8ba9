"""From the form to the tables and samples that it names."""

from collections.abc import Callable, Mapping

from dltools.core.errors import UserError, listed, quoted
from dltools.data import image_options
from dltools.data.chosen_tables import ChosenTables
from dltools.data.image_choice import ImageChoice
from dltools.data.image_options import ImageOptions
from dltools.data.image_sources import FolderClasses, ImageSource
from dltools.data.named_tables import COLUMN, NamedTable
from dltools.data.samples import SampleChoice
from dltools.data.sparse_matrix import ChosenMatrix
from dltools.forms.kinds import Choice, Whole
from dltools.forms.parameters import Form, dataset, datasets, is_empty, several, with_further
from dltools.images import image_spec, matching
from dltools.tables import chosen
from dltools.tables.chosen import ChosenTable

SAMPLES = "Training samples dataset"
_TARGET = "Dataset containing class labels or target values"
IMAGES = "images"
COLLECTION, ZIP = SOURCES = ("collection", "zip")
TABLE, FOLDERS = LABELS = ("table", "folders")


def table(form: Form, letter: str, label: str) -> ChosenTable:
    """Return the table that the parameters ``infile_<letter>``, ``header_<letter>`` and so on name.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    option, column = f"selected_column_selector_option_{letter}", f"col_{letter}"
    selector = f"column_selector_options_{letter}"
    return chosen.read(form, label, f"infile_{letter}", f"header_{letter}", selector, column, option)


def named_table(form: Form, letter: str, label: str) -> NamedTable:
    """Return the same of a table with a column of images' names.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    return NamedTable.of(table(form, letter, label), _name_column(form, f"name_column_{letter}"))


def _name_column(form: Form, name: str) -> int:
    """Return the number of the column with the images' names; the first, where none was chosen."""
    # Galaxy gives a list of one where a form was filled in by a test or a program.
    first, *others = several(form.get(name)) or ["1"]
    if others:
        raise UserError(f"{COLUMN}: must be one column. Received: {listed([first, *others])}.")
    return Whole(1).read(first.removeprefix("c"), COLUMN)


def target(form: Form) -> ChosenTable | FolderClasses:
    """Return the target that `input_options` of a training names."""
    if form["selected_input"] != IMAGES:
        return _target(form)
    labels = form["image_labels"]
    return FolderClasses(_source(form)) if _labels_from(form) == FOLDERS else _labels(labels).table


def _target(form: Form) -> ChosenTable:
    option = "selected_column_selector_option2"
    return chosen.read(form, _TARGET, "infile2", "header2", "column_selector_options_2", "col2", option)


def samples(form: Form) -> SampleChoice:
    """Return the samples that `input_options` names.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    kind = form["selected_input"]
    if kind not in _KINDS:
        raise UserError(f"Select input type: must be one of {listed(_KINDS)}. Received: {quoted(kind)}.")
    return _KINDS[kind](form)


def _tables(form: Form) -> ChosenTables:
    first = chosen.read(form, SAMPLES, "infile1", "header1", "column_selector_options_1")
    further = [table(entry, "input", "Further input") for entry in form.get("further_inputs") or ()]
    return ChosenTables((first, *further))


def _matrix(form: Form) -> ChosenMatrix:
    return ChosenMatrix(dataset(form["infile1"], SAMPLES))


def _images(form: Form) -> ImageChoice:
    further = [named_table(entry, "input", "Further input") for entry in form.get("further_inputs") or ()]
    by_table = "image_labels" in form and _labels_from(form) == TABLE
    return ImageChoice(
        images=_source(form),
        named=_labels(form["image_labels"]) if by_table else None,
        options=_options(with_further({"image_options": form.get("image_options")}, "image_options")),
        further=tuple(further),
    )


def _source(form: Form) -> ImageSource:
    section = form["image_source"]
    kind = Choice(SOURCES).read(section["images_from"], "Where the images are")
    if kind == ZIP:
        return ImageSource(datasets=(dataset(section.get("infile_zip"), "Zip with the images"),), zipped=True)
    found = datasets(section.get("infile_images"), "Images")
    if not found:
        raise UserError("Collection of images: no images were chosen, or the collection is empty.")
    return ImageSource(datasets=found, zipped=False)


def _labels_from(form: Form) -> str:
    kind = Choice(LABELS).read(form["image_labels"]["labels_from"], "Where the labels are")
    if kind == FOLDERS and form["image_source"]["images_from"] != ZIP:
        raise UserError(
            "Where the labels are: only a zip has folders, but the images are a collection. Give the labels in a table "
            "with the images' names."
        )
    return kind


def _labels(section: Form) -> NamedTable:
    return NamedTable.of(_target(section), _name_column(section, "name_column"))


def _options(form: Form) -> ImageOptions:
    usual, page = ImageOptions(), form.get("image_page")
    return ImageOptions(
        fit=Choice(image_spec.FITS).read(form.get("image_fit") or usual.fit, "How sizes are brought together"),
        scale=Choice((image_options.AUTOMATIC, *image_spec.SCALES)).read(
            form.get("image_scale") or usual.scale, "Scale of the numbers"
        ),
        page=None if is_empty(page) else Whole(1).read(page, "Page"),
        unmatched=Choice((matching.REFUSE, matching.LEAVE_OUT)).read(
            form.get("unmatched") or usual.unmatched, "Images without label and labels without image"
        ),
    )


# The kinds of input, as the form calls them.
_KINDS: Mapping[str, Callable[[Form], SampleChoice]] = {"tabular": _tables, "sparse": _matrix, IMAGES: _images}
