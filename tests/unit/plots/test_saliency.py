"""The plot of where a network looks: which samples it shows, and what its table says."""

import numpy as np
import pytest

from dltools.core.errors import UserError
from tests.support import forms
from tests.support.places import TEST_DATA

IMAGES = {"infile_estimator": "cnn_model.h5mlm", "infile1": "X_test.tabular"}
TRUTH = {"infile_truth": forms.dataset(TEST_DATA / "y_test.tabular"), "header_truth": False}


@pytest.fixture(autouse=True)
def _keras_as_it_is(monkeypatch):
    """The process of the tests has TensorFlow already, whose threads are not set a second time."""
    import keras

    from dltools.backend import keras_runtime

    monkeypatch.setattr(keras_runtime, "keras_for_compute", lambda: keras)


def read(files=IMAGES, **options):
    """Return what is asked for."""
    from dltools.plots.saliency import SaliencyRequest

    found = {name: forms.dataset(TEST_DATA / file) for name, file in files.items()}
    return SaliencyRequest.read(
        {**found, "column_selector_options": forms.ALL, "saliency_options": [{"__index__": 0, **options}]}
    )


def lines(display):
    names, columns = display.table()
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def test_most_confident_right_and_wrong_answers_come_first():
    found = read(**TRUTH, number=6).display()
    table = lines(found)
    right = [row["explained"] == row["true"] for row in table]
    assert right == [True, True, True, False, False, False]
    for part in (table[:3], table[3:]):
        answers = [row["answer"] for row in part]
        assert answers == sorted(answers, reverse=True)
    assert found.heat.shape[0] == len(found.pixels) == 6
    assert found.pixels.shape[1:3] == (28, 28)
    shares = np.array([[row[name] for name in list(row)[-4:]] for row in table])
    sums = shares.sum(axis=1)
    assert ((np.abs(sums - 1) < 1e-5) | (sums == 0)).all()


def test_rows_and_class_are_those_asked_for():
    table = lines(read(rows="3, 1", explained="7", saliency_method="grad_cam").display())
    assert [(row["row"], row["explained"]) for row in table] == [(3, "7"), (1, "7")]
    assert all(row["answer"] < 0.01 for row in table)


def test_figure_has_each_image_beside_itself():
    display = read(number=3).display()
    display.plot_sized(None)
    assert len(display.images_) == len(display.overlays_) == 3
    plain, laid_over = (image.get_extent() for image in (display.images_[0], display.overlays_[0]))
    assert list(plain) == list(laid_over)
    titles = [axes.get_title() for axes in display.axes_[::2]]
    assert titles[0].splitlines() == ["row 1", "answer 4: 1"]


def test_pixels_add_up_to_the_answer():
    display = read(saliency_method="integrated_gradients", number=2).display()
    assert display.heat.shape == (2, 28, 28)
    assert "compared with that for a sample of all zeros" in display.notes[0]


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """A network of named features, and the samples."""
    from sklearn.datasets import load_iris

    from tests.support.builders import FAST, make_builders
    from tests.support.networks import network
    from tests.support.tables import write
    from tests.support.trainings import OUTPUTS

    folder, iris = tmp_path_factory.mktemp("flowers"), load_iris()
    is_setosa = np.where(iris.target == 0, "setosa", "other")
    write(folder / "x", iris.data, "sepal length\tsepal width\tpetal length\tpetal width")
    write(folder / "y", is_setosa)
    settings = {"loss": "binary_crossentropy", "epochs": 12, "seed": 2, **FAST}
    builders = make_builders({"one": (network(1, "sigmoid"), settings)}, tmp_path_factory)
    form = forms.training(builders["one"], folder / "x", folder / "y", header1=True)
    result = forms.run_all("train_and_eval", {"one": form}, folder, **OUTPUTS)["one"]
    assert result.returncode == 0, result.stderr
    return {"infile_estimator": result.folder / "model.h5mlm", "infile1": folder / "x"}


def test_what_features_add_sums_to_the_answers_of_both_classes(flowers):
    display = read(flowers, number=150).display()
    table = lines(display)
    assert list(table[0])[4:] == ["sepal length", "sepal width", "petal length", "petal width"]
    for row in table:
        added = sum(list(row.values())[4:])
        assert added == pytest.approx(row["answer"] - row["answer_at_baseline"], rel=0.02, abs=0.01)
    assert {row["explained"] for row in table} == {"setosa", "other"}
    # Of each class, the network says more than half.
    assert all(row["answer"] >= 0.5 for row in table)
    # Petals tell this flower, above all their length.
    assert display.summary().split("those that add most: ")[1].startswith("petal length")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": "1, 101"}, "Rows to show: 'X_test.tabular' has 100 rows. Received: 101."),
        ({"rows": "1; 2"}, "Rows to show must be a whole number"),
        ({"explained": "ten"}, "Class or value to explain: the network knows '0', '1'"),
        ({"picture_shape": "(20, 20)"}, "Height, width and channels of an image: '(20, 20)' makes 400 pixels"),
        ({"saliency_method": "gradcam"}, "Method must be one of auto, grad_cam, integrated_gradients."),
        ({"number": "1001"}, "Number of samples must be"),
        ({"rows": ", ".join(map(str, range(1, 52)))}, "Rows to show: must be at most 50 images. Received: 51."),
    ],
)
def test_what_cannot_be_shown_is_refused(options, message):
    with pytest.raises(UserError) as raised:
        read(**options).display()
    assert message in str(raised.value)


def test_grad_cam_needs_convolutions(flowers):
    with pytest.raises(UserError, match="^Method: grad_cam needs a network with a convolution over two dimensions"):
        read(flowers, saliency_method="grad_cam", picture_shape="(2, 2)").display()
    with pytest.raises(UserError, match="^Height, width and channels of an image: must be given for grad_cam"):
        read(flowers, saliency_method="grad_cam").display()


def test_samples_of_another_width_are_refused():
    request = read({"infile_estimator": "two_inputs_model.h5mlm", "infile1": "X_test.tabular"})
    with pytest.raises(UserError, match="784 columns are selected, but the model was trained on 785"):
        request.display()
