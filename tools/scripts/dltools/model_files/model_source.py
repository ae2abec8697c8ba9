"""The architecture that a builder is made of: a model configuration, or that of a trained model."""

from typing import TYPE_CHECKING

from dltools.core.dataset import Dataset
from dltools.model_files import python_objects, saved_file, trained_model
from dltools.networks import architecture
from dltools.untrusted import hdf5

if TYPE_CHECKING:
    import keras


def read_architecture(source: Dataset) -> "tuple[dict, keras.Model]":
    """Read a model configuration, or that of a trained model, without weight values.

    Returns:
        (configuration, model): as `architecture.from_json`.

    Raises:
        UserError: as `architecture.from_json` and `trained_model.read_builder`; a pickle.
    """
    python_objects.refuse_pickle(source.path, str(source))
    if not hdf5.is_hdf5(source.path) and not saved_file.is_zip(source.path):
        return architecture.read_config_file(source)
    config = trained_model.read_builder(source).architecture
    return config, architecture.described(config, str(source))
