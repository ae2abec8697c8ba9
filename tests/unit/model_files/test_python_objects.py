"""Models of scikit-learn, as Galaxy-ML saved them, are named as what they are and never loaded."""

import json
import pickle

import h5py
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.model_files import builder, model_source, trained_model
from tests.support import old_models

FOREST = RandomForestRegressor(n_estimators=2).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
MODELS = {"RandomForestRegressor": FOREST, "Pipeline": make_pipeline(StandardScaler(), FOREST)}
READERS = {
    "training": builder.read,
    "training, as it asks of a network": trained_model.read_builder,
    "prediction": trained_model.read,
    "builder": model_source.read_architecture,
}
NETWORKS = "these tools read Keras networks"


class Trap:
    """An object that shows whether its pickle was loaded."""

    loaded = False

    def __reduce__(self):
        return (setattr, (Trap, "loaded", True))


def as_object(path, name, **root):
    """Write an h5mlm of an object without a network, as Galaxy-ML did."""
    reduced = {
        "--func-": {"-global-": ["copyreg", "_reconstructor"]},
        "-args-": {"-tuple-": [{"-global-": ["sklearn.anything", name]}]},
    }
    with h5py.File(path, "w") as handle:
        handle.attrs["-URL-"] = old_models.URL.encode()
        handle.attrs["-repr-"] = f"{name}(random_state=0)".encode()
        handle.attrs["-cpython-"] = b"3.9.12"
        handle["-model_config-"] = json.dumps({"-object-": {"-reduce-": reduced}}).encode()
        handle["-model_hyperparameters-"] = json.dumps([["", "random_state", "0"]]).encode()
    return path


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", MODELS)
def test_fail_pickle(name, protocol, reader, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps(MODELS[name], protocol))
    with pytest.raises(UserError, match=rf"^'model\.zip': is a scikit-learn model \({name}\), pickled; {NETWORKS}\."):
        READERS[reader](Dataset(path, "model.zip", "zip"))


@pytest.mark.parametrize("reader", READERS)
def test_fail_a_pickle_is_not_loaded(reader, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UserError, match=r"is a pickle of Python objects\. A pickle is a program, and is never opened"):
        READERS[reader](Dataset(path, "model", "zip"))
    assert not Trap.loaded


def test_fail_pickled_network(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"\x80\x03cgalaxy_ml.keras_galaxy_models\nKerasGClassifier\nq\x00)\x81q\x01.")
    with pytest.raises(
        UserError, match="is a pickled KerasGClassifier of the former tools.* Make it anew with 'Create"
    ):
        builder.read(Dataset(path, "builder", "zip"))


@pytest.mark.parametrize("reader", [name for name in READERS if name != "training"])
def test_fail_object_in_hdf5(reader, tmp_path):
    path = as_object(tmp_path / "forest", "RandomForestRegressor")
    with pytest.raises(UserError, match=rf"^'forest': is a scikit-learn model \(RandomForestRegressor\); {NETWORKS}\."):
        READERS[reader](Dataset(path, "forest", "h5mlm"))


def test_fail_pipeline_around_a_network(tmp_path):
    network = next(iter(old_models.networks().values()))
    path = tmp_path / "pipeline"
    around = json.dumps({"-object-": {"-reduce-": {"-state-": {"-keras_model-": 0}}}})
    old_models.write(path, network, **{"-model_config-": around})
    with h5py.File(path, "a") as handle:
        handle.attrs["-repr-"] = b"Pipeline(steps=[('scaler', StandardScaler())])"
    with pytest.raises(
        UserError, match=r"^'pipeline': is a scikit-learn model \(Pipeline\): it holds Python objects around"
    ):
        trained_model.read(Dataset(path, "pipeline", "h5mlm"))
