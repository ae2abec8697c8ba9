"""Trained models of any origin: these tools' own (`model_file`) and those that plain Keras saved (`saved_model`).

What a file is, its content decides, never its name or its type in Galaxy.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.model_files import builder, model_file, python_objects, saved_file, saved_model
from dltools.model_files.builder import Builder
from dltools.model_files.records import Record
from dltools.tables import labels
from dltools.untrusted import hdf5

if TYPE_CHECKING:
    import h5py
    import keras


MOST_CLASSES = 12


def is_network(path: str | Path) -> bool:
    """Tell by its content whether a file is one that may hold a trained network, and so no builder."""
    return hdf5.is_hdf5(path) or saved_file.is_archive(path)


def is_foreign(dataset: Dataset) -> bool:
    """Tell by its content whether a file is one that plain Keras saved, whole or not.

    Raises:
        UserError: a damaged HDF5 file.
    """
    if not hdf5.is_hdf5(dataset.path):
        return saved_file.is_archive(dataset.path)
    told = Path(dataset.path).stat()
    return _is_foreign_hdf5(dataset, told.st_mtime_ns, told.st_size)


# A run asks several times, and a file is looked through each time that it is opened.
@functools.lru_cache(maxsize=4)
def _is_foreign_hdf5(dataset: Dataset, time: int, size: int) -> bool:
    with hdf5.opened(dataset.path, str(dataset), model_file.NOT_A_MODEL) as handle:
        return not model_file.is_own(handle) and (saved_file.is_whole(handle) or saved_file.is_weights(handle))


def is_weights_alone(handle: "h5py.File") -> bool:
    """Tell whether an open HDF5 file holds weights, and not how the layers of a network are arranged."""
    return not model_file.is_own(handle) and not saved_file.is_whole(handle) and saved_file.is_weights(handle)


def read(dataset: Dataset) -> "tuple[keras.Model, Record]":
    """Read a trained model.

    Returns:
        (model, record): a `keras.Model` with its weights, not compiled, and its `records.Record`.

    Raises:
        UserError: as `model_file.read` and `saved_model.read`; a builder is named as one.
    """
    if not is_network(dataset.path):
        _refuse_builder(
            dataset,
            "which is not trained yet. Train it with 'Deep learning training and evaluation', and choose the trained "
            "model that comes of it.",
        )
    return saved_model.read(dataset) if is_foreign(dataset) else model_file.read(dataset)


def _refuse_builder(dataset: Dataset, advice: str) -> None:
    python_objects.refuse_pickle(dataset.path, str(dataset))
    names = saved_file.member_names(dataset.path) if saved_file.is_zip(dataset.path) else None
    if names and {*builder.MEMBERS} <= {*names}:
        raise UserError(f"{dataset}: is a builder, {advice}")
    if names:
        raise UserError(f"{dataset}: {saved_file.instead(names)}")


def read_builder(dataset: Dataset) -> Builder:
    """Read the architecture of a trained model, and how it was trained, without its weights.

    Raises:
        UserError: as `read`.
    """
    if not is_network(dataset.path):
        _refuse_builder(
            dataset, "which is ready to be trained. Choose the model configuration (JSON) that it was made of."
        )
    return saved_model.read_builder(dataset) if is_foreign(dataset) else model_file.read_builder(dataset)


def is_trained(dataset: Dataset) -> bool:
    """Tell whether a file holds weights."""
    return is_foreign(dataset) or model_file.is_trained(dataset)


def restore_optimizer(dataset: Dataset, model: "keras.Model", training: TrainingConfig) -> None:
    """Give a model that was read from `dataset` its optimizer; of a file that plain Keras saved it starts afresh,
    which is said.

    Raises:
        UserError: as `model_file.restore_optimizer`.
    """
    if is_foreign(dataset):
        print(saved_model.training_told(dataset, training), flush=True)
    else:
        model_file.restore_optimizer(dataset, model, training)


def report_classes(dataset: Dataset, classes: list) -> None:
    """Say which class of the table is taken for which of a network that does not tell how its own are called.

    Parameters:
        classes: of the table, in the order of their positions.
    """
    if classes and labels.stored(classes) != list(range(len(classes))) and is_foreign(dataset):
        told = ", ".join(f"{name} for {number}" for number, name in enumerate(classes[:MOST_CLASSES]))
        more = f" and so on to {classes[-1]} for {len(classes) - 1}" if len(classes) > MOST_CLASSES else ""
        print(
            f"{dataset}: does not tell its classes, so those of the table are taken in their order: {told}{more}. If "
            "the network has them in another order, write the position of each in place of its name."
        )
