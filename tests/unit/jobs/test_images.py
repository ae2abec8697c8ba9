"""Images through the scripts of training and prediction: labels by name and by folder, and all that follows."""

import json
import shutil

import h5py
import pytest

from tests.support import forms, trainings
from tests.support import image_forms as images
from tests.support.builders import FAST, REGRESSOR, make_builders
from tests.support.networks import dense
from tests.support.places import TEST_DATA

TINY = (
    ("Conv2D", {"filters": 4, "kernel_size": "3", "activation": "relu", "kwargs": "strides=2"}),
    ("Flatten", {"data_format": "channels_last"}),
)


def last(units, activation="softmax"):
    """Return a last layer."""
    return ("Dense", {"units": units, "activation": activation, "kwargs": ""})


def cnn(*layers, shape="(12, 16, 1)"):
    return forms.sequential(*TINY, *layers, input_shape=shape)


MIXED = forms.functional(
    ("Input", {"shape": "(12, 16, 1)", "name": "pictures"}),
    ("Input", {"shape": "(2,)", "name": "numbers"}),
    ("Flatten", {"data_format": "channels_last", "inbound_nodes": 1}),
    dense(4, "relu", 3),
    dense(4, "relu", 2),
    ("Concatenate", {"merging_layers": "[4, 5]", "axis": -1}),
    dense(2, "softmax", 6),
    inputs="[1, 2]",
    outputs="[7]",
)
SETTINGS = {"epochs": 12, "batch_size": 8, "seed": 1, **FAST}
ROW = ("Reshape", {"target_shape": "(12, 16, -1)"})
SCALES = ("Rescaling", {"scale": "0.00392156862745098", "offset": "0"})
BUILDERS = {
    "classes": (cnn(last(2)), SETTINGS),
    "halves": (cnn(last(2), shape="(6, 8, 1)"), SETTINGS),
    "colour": (cnn(last(2), shape="(12, 16, 3)"), SETTINGS),
    "labels": (cnn(last(2, "sigmoid")), SETTINGS | {"loss": "binary_crossentropy"}),
    "values": (cnn(last(1, "linear")), SETTINGS | REGRESSOR),
    "mixed": (MIXED, SETTINGS),
    "scales": (forms.sequential(SCALES, *TINY, last(2), input_shape="(12, 16, 1)"), SETTINGS),
    "row": (forms.sequential(ROW, *TINY, last(2), input_shape="(192,)"), SETTINGS),
    "flat": (forms.sequential(last(2), input_shape="(192,)"), SETTINGS),
    "open": (
        forms.sequential(
            TINY[0], ("GlobalMaxPooling2D", {"data_format": "channels_last"}), last(2), input_shape="(None, None, 1)"
        ),
        SETTINGS,
    ),
    "no shape": (forms.sequential(last(2), input_shape=""), SETTINGS),
}
BY_PATIENT = {"shuffle": "group", "test_size": 0.2, "random_state": 1, "group_names": ""}


def column_of(folder, letter, column, table="labels"):
    """Return the parameters of a table beside the labels."""
    return forms.table(folder / table, letter, True, column)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return images.write_all(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders(BUILDERS, tmp_path_factory)


@pytest.fixture(scope="module")
def trained(data, builders, tmp_path_factory):
    """Return name -> how a training that is to succeed ended."""
    one_by_one, in_zip = images.collection(data), images.zipped(data / "images.zip")
    by_table = images.labels(data / "labels")

    def run(builder, given, **changes):
        return images.training(builders[builder], given, **changes)

    group = BY_PATIENT | {"groups_selector": column_of(data, "g", "patient")}
    sets = {"shuffle": "column", "split_selector": column_of(data, "s", "part")}
    weighted = {"sample_weights": [column_of(data, "w", "weight", "wider")]}
    narrow = {"sample_weights": [column_of(data, "w", "weight", "narrower")]}
    left_out = images.inputs(one_by_one, images.labels(data / "wider"), unmatched="leave_out")
    only_matched = images.inputs(
        images.collection(data, [data / "images" / f"{images.STEMS[k]}.png" for k in images.ORDER[:37]]),
        images.labels(data / "narrower"),
    )
    cases = {
        "collection": run("classes", images.inputs(one_by_one, by_table)),
        "zip": run("classes", images.inputs(in_zip, by_table)),
        "no header": run("classes", images.inputs(one_by_one, images.labels(data / "bare_labels", header=False))),
        "folders": run("classes", images.inputs(in_zip, images.FOLDERS)),
        "groups": run("classes", images.inputs(one_by_one, by_table), split=group),
        "sets": run("classes", images.inputs(one_by_one, by_table), scheme="train_val_test", split=sets),
        "left out": run("classes", left_out | weighted),
        "matched": run("classes", only_matched | narrow),
        "several labels": run("labels", images.inputs(in_zip, images.labels(data / "several", "bright,base"))),
        "values": run("values", images.inputs(in_zip, images.labels(data / "labels", "shift"))),
        "mixed": run("mixed", images.inputs(in_zip, by_table, [images.measured(data, "five", "is_base")])),
        "smaller": run("halves", images.inputs(in_zip, by_table, image_fit="pad", image_scale="standard")),
        "colour": run("colour", images.inputs(in_zip, by_table)),
        "scales": run("scales", images.inputs(in_zip, by_table)),
    }
    outputs = {"outfile_result": "scores", "outfile_object": "model.h5mlm", "outfile_report": "report.html"}
    found = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("trained"), **outputs)
    assert all(result.returncode == 0 for result in found.values()), {n: r.stderr for n, r in found.items() if r.stderr}
    return found


@pytest.mark.parametrize("name", ["collection", "zip", "no header", "folders", "groups", "mixed", "smaller", "colour"])
def test_learns_what_images_show(name, trained):
    assert trainings.scores(trained[name])["validation_accuracy"] == 1


def test_collection_and_zip_give_the_same_scores(trained):
    assert trained["collection"].table("scores") == trained["zip"].table("scores")


def test_images_without_label_leave_no_trace(trained):
    """Rows beside the labels are cut down with these: the weights of the wider table are those of the narrower one."""
    assert "rows name no image: 'cell_90'" in trained["left out"].stdout
    assert "3 images are named in no row" in trained["left out"].stdout
    assert trained["left out"].table("scores") == trained["matched"].table("scores")


def test_splits_by_the_tables_beside(trained):
    assert "24 training, 8 validation, 8 test" in trained["sets"].stdout
    assert "Images: 32 training, 8 validation" in trained["groups"].stdout


def test_learns_numbers_and_several_labels(trained):
    assert "classification into 2 classes: 0, 1" in trained["several labels"].stdout
    assert trainings.scores(trained["values"])["validation_r2"] > 0.5


def test_scale_follows_from_the_network(trained):
    assert "The network gets 0 to 255 (white is 255)." in trained["scales"].stdout
    assert "The network gets 0 to 1 (white is 255)." in trained["collection"].stdout


def test_report_tells_of_images(trained):
    report = (trained["collection"].folder / "report.html").read_text()
    assert "40 images, each brought to 12 x 16 x 1" in report
    assert "192 columns" not in report


def truth(path, column, name_column=None):
    """Return the parameters of true values beside images."""
    names = {"image_names": [{"__index__": 0, "name_column_true": name_column}]} if name_column else {}
    return forms.table(path, "true", True, column) | names


@pytest.fixture(scope="module")
def predicted(data, trained, tmp_path_factory):
    """Return name -> how a prediction that is to succeed ended."""
    in_zip, one_by_one = images.inputs(images.zipped(data / "images.zip")), images.inputs(images.collection(data))

    def run(model, given, **changes):
        return images.prediction(trained[model].folder / "model.h5mlm", given, **changes)

    several = images.inputs(images.zipped(data / "images.zip"), None, [images.measured(data, "is_base", "five")])
    turned = [[half, stem] for stem, half in zip(images.STEMS, images.NAMES[images.CLASSES], strict=True)]
    images.write(data / "turned", turned[::-1], "half\timage")
    few = images.collection(data, [data / "images" / "cell_03.png"])
    cases = {
        "collection": run("collection", one_by_one, truth=truth(data / "labels", "half")),
        "zip": run("collection", in_zip, truth=truth(data / "turned", "half", "2")),
        "shares": run("collection", in_zip, method="predict_proba", ids=column_of(data, "id", "patient,part")),
        "features": run("collection", one_by_one, method="features"),
        "mixed": run("mixed", several, truth=truth(data / "labels", "half")),
        "smaller": run("smaller", one_by_one, truth=truth(data / "labels", "half")),
        "single": run("collection", images.inputs(few)),
        "values": run("values", one_by_one, truth=truth(data / "labels", "shift")),
        "several labels": run("several labels", one_by_one, truth=truth(data / "several", "bright,base")),
    }
    outputs = {"outfile_predict": "predicted"}
    found = forms.run_all("model_prediction", cases, tmp_path_factory.mktemp("predicted"), **outputs)
    assert all(result.returncode == 0 for result in found.values()), {n: r.stderr for n, r in found.items() if r.stderr}
    return found


def test_names_stand_before_the_predictions(predicted):
    header, *rows = predicted["collection"].table("predicted")
    assert header == ["id:image", "Predicted"]
    expected = [[f"{stem}.png", half] for stem, half in zip(images.STEMS, images.NAMES[images.CLASSES], strict=True)]
    assert rows == expected
    assert predicted["single"].table("predicted") == [header, expected[3]]


@pytest.mark.parametrize("name", ["collection", "zip", "mixed", "smaller"])
def test_true_labels_are_matched_by_name(name, predicted):
    assert "accuracy: 1 (baseline: 0.5)" in predicted[name].stdout


def test_columns_that_pass_through_are_matched_by_name(predicted):
    header, *rows = predicted["shares"].table("predicted")
    assert header == ["id:image", "id:patient", "id:part", "base", "top"]
    numbers = [images.STEMS.index(row[0].rpartition("/")[2].removesuffix(".png")) for row in rows]
    assert [row[1] for row in rows] == [f"p{number // 4}" for number in numbers]
    assert [float(row[3]) > 0.5 for row in rows] == [bool(images.CLASSES[number]) for number in numbers]


def test_several_labels_are_told_by_name(predicted):
    header, *rows = predicted["several labels"].table("predicted")
    assert header == ["id:image", "Predicted_bright", "Predicted_base"]
    assert [int(row[2]) for row in rows] == list(images.CLASSES)


def test_features_have_names_too(predicted):
    header, *rows = predicted["features"].table("predicted")
    assert header[0] == "id:image" and header[1].endswith("_0")
    assert [row[0] for row in rows] == [f"{stem}.png" for stem in images.STEMS]


def kept(result):
    """Return what a trained model keeps of its images."""
    with h5py.File(result.folder / "model.h5mlm") as handle:
        text = handle["-model_config-"][()]
    return json.loads(text)["features"]["images"]


def test_model_keeps_what_was_done_with_the_images(trained):
    smaller = {"shape": [6, 8, 1], "fit": "pad", "scale": "standard", "white": 255.0, "page": None}
    assert kept(trained["smaller"]) == smaller
    assert kept(trained["collection"]) == smaller | {"shape": [12, 16, 1], "fit": "stretch", "scale": "0_1"}
    assert kept(trained["scales"])["scale"] == "0_255"


@pytest.fixture(scope="module")
def went_on(data, builders, trained, tmp_path_factory):
    """Return name -> how a training of an image model that was trained before ended."""
    in_zip, by_table = images.zipped(data / "images.zip"), images.labels(data / "labels")
    other = images.inputs(in_zip, by_table, image_fit="crop", image_scale="0_255")
    changed = {"start": "afresh"}
    cases = {
        "further": images.training(trained["smaller"].folder / "model.h5mlm", other),
        "afresh": images.training(trained["smaller"].folder / "model.h5mlm", other),
        "folds": images.training(builders["classes"], images.inputs(in_zip, by_table)),
    }
    cases["afresh"]["experiment_schemes"]["run_options"] = [{"__index__": 0, **changed}]
    cases["folds"]["experiment_schemes"] |= {
        "selected_exp_scheme": "cross_val",
        "fold_split": {"split_algos": {"shuffle": "stratified_kfold", "n_splits": 4, "random_state": 1}},
    }
    outputs = {"outfile_result": "scores", "outfile_object": "model.h5mlm"}
    found = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("went_on"), **outputs)
    assert all(result.returncode == 0 for result in found.values()), {n: r.stderr for n, r in found.items() if r.stderr}
    return found


def test_further_training_treats_images_as_before(trained, went_on):
    assert kept(went_on["further"]) == kept(trained["smaller"])
    assert kept(went_on["afresh"]) == kept(trained["smaller"]) | {"fit": "crop", "scale": "0_255"}


def test_every_fold_learns_what_images_show(went_on):
    assert trainings.scores(went_on["folds"])["test_accuracy"] == 1


@pytest.fixture(scope="module")
def refused(data, builders, trained, tmp_path_factory):
    """Return name -> how a training that is to be refused ended."""
    one_by_one, in_zip = images.collection(data), images.zipped(data / "images.zip")
    by_table = images.labels(data / "labels")
    (data / "text.png").write_text("not an image")
    (data / "cut.png").write_bytes((data / "images" / "cell_00.png").read_bytes()[:-40])
    wrong = [data / "images" / f"{stem}.png" for stem in images.STEMS[1:]]
    few = images.collection(data, wrong)
    tables = trained["collection"].folder / "model.h5mlm"

    def run(builder, given, **changes):
        return images.training(builders.get(builder, builder), given, **changes)

    cases = {
        "row": run("row", images.inputs(one_by_one, by_table)),
        "flat": run("flat", images.inputs(one_by_one, by_table)),
        "open": run("open", images.inputs(one_by_one, by_table)),
        "no shape": run("no shape", images.inputs(one_by_one, by_table)),
        "no folders": run("classes", images.inputs(one_by_one, images.FOLDERS)),
        "regression by folders": run("values", images.inputs(in_zip, images.FOLDERS)),
        "weights by folders": run(
            "classes", images.inputs(in_zip, images.FOLDERS) | {"sample_weights": [column_of(data, "w", "weight")]}
        ),
        "scaled": run("classes", images.inputs(in_zip, by_table), scaling="standard"),
        "image without label": run("classes", images.inputs(one_by_one, images.labels(data / "narrower"))),
        "label without image": run("classes", images.inputs(few, by_table)),
        "label twice": run("classes", images.inputs(one_by_one, images.labels(data / "twice"))),
        "header": run("classes", images.inputs(one_by_one, images.labels(data / "labels", header=False))),
        "no header": run("classes", images.inputs(one_by_one, images.labels(data / "bare_labels", column=[2]))),
        "names as labels": run("classes", images.inputs(one_by_one, images.labels(data / "labels", "image,half"))),
        "no such names": run("classes", images.inputs(one_by_one, images.labels(data / "labels", name_column="3"))),
        "text": run("classes", images.inputs(images.collection(data, [data / "text.png", *wrong]), by_table)),
        "cut off": run("classes", images.inputs(images.collection(data, [data / "cut.png", *wrong]), by_table)),
        "table for one input": run(
            "classes", images.inputs(in_zip, by_table, [images.measured(data, "five", "is_base")])
        ),
        "no table for two": run("mixed", images.inputs(in_zip, by_table)),
        "short weights": run(
            "classes",
            images.inputs(in_zip, by_table) | {"sample_weights": [column_of(data, "w", "weight", "narrower")]},
        ),
        "table further": forms.training(tables, data / "several", data / "several", header1=True, header2=True),
    }
    for name in ("text", "cut off"):
        cases[name]["input_options"]["image_source"]["infile_images"][0]["element_identifier"] = "cell_00.png"
    outputs = {"outfile_result": "scores", "outfile_object": "model.h5mlm"}
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("refused"), **outputs)


REFUSALS = {
    "row": "'builder.zip': its input_shape is (192,), which is no image. It is a row of numbers, which the first "
    "layer, Reshape, brings into (12, 16, 1). Design the network with input_shape (12, 16, 1)",
    "flat": "which is no image. Give (height, width, channels)",
    "open": "its input_shape is (None, None, 1), with a size left open",
    "no shape": "was designed without input_shape, which tells the size of the images",
    "no folders": "Where the labels are: only a zip has folders, but the images are a collection.",
    "regression by folders": "'images.zip': names of folders are classes, but this model is a regression.",
    "weights by folders": "'labels': has a row for each sample, but where folders are the classes there are no rows.",
    "scaled": "Feature scaling: is for columns of tables. Remove the box",
    "image without label": "'narrower': 3 images are named in no row",
    "label without image": "'labels': 1 rows name no image: 'cell_00'",
    "label twice": "rows name an image that another row names too",
    "header": "'labels': line 1 names no image: 'image'. If it is the header",
    "no header": "'bare_labels': the first line, taken as the header, names the image",
    "names as labels": "'labels': column 1 holds the images' names",
    "no such names": "'labels': none of the 40 names in the chosen column is that of an image.",
    "text": "'cell_00.png'",
    "cut off": "'cell_00.png'",
    "table for one input": "the network has 1 inputs, which take the images first and then no tables, but 1 table is",
    "no table for two": "the network has 2 inputs, which take the images first and then 1 table, but no tables are",
    "short weights": "'labels' has 40 rows, but 'narrower' has 37.",
    "table further": "'several': is no image, but the model was trained on images.",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_fail_training_says_in_one_line_what_is_wrong(name, refused):
    forms.assert_one_line(refused[name], REFUSALS[name])
    assert refused[name].written == []


@pytest.fixture(scope="module")
def unpredicted(data, trained, tmp_path_factory):
    """Return name -> how a prediction that is to be refused ended."""
    one_by_one = images.collection(data)

    def run(name, given, **changes):
        return images.prediction(trained[name].folder / "model.h5mlm", given, **changes)

    plain = images.inputs(one_by_one)
    measured_few = images.measured(data, "five", "is_base") | forms.table(data / "few", "input", True, "five,is_base")
    images.write(data / "few", [[stem, 1, 0] for stem in images.STEMS[2:]], "image\tfive\tis_base")
    cases = {
        "of a table": images.prediction(TEST_DATA / "cnn_model.h5mlm", plain),
        "table": forms.prediction(trained["collection"].folder / "model.h5mlm", TEST_DATA / "X_test.tabular"),
        "matrix": forms.prediction(
            trained["zip"].folder / "model.h5mlm", TEST_DATA / "X_few.mtx", selected_input="sparse"
        ),
        "from elsewhere": images.prediction(TEST_DATA / "saved_model.keras", plain),
        "no truth": run("collection", plain, truth=truth(data / "narrower", "half")),
        "no table": run("mixed", plain),
        "table too many": run(
            "collection", images.inputs(one_by_one, None, [images.measured(data, "five", "is_base")])
        ),
        "short table": run("mixed", images.inputs(one_by_one, None, [measured_few])),
        "other columns": run("mixed", images.inputs(one_by_one, None, [images.measured(data, "five")])),
        "damaged": images.prediction(damaged(data, trained), plain),
    }
    found = forms.run_all(
        "model_prediction", cases, tmp_path_factory.mktemp("unpredicted"), outfile_predict="predicted"
    )
    return found


def damaged(folder, trained):
    """Return a model whose file says another size of its images than its numbers have."""
    path = folder / "damaged.h5mlm"
    shutil.copy(trained["collection"].folder / "model.h5mlm", path)
    with h5py.File(path, "a") as handle:
        config = json.loads(handle["-model_config-"][()])
        config["features"]["images"]["shape"] = [12, 16, 3]
        del handle["-model_config-"]
        handle["-model_config-"] = json.dumps(config)
    return path


UNPREDICTED = {
    "of a table": "are images, but the model was not trained on images by these tools",
    "table": "'X_test.tabular': is no image, but the model was trained on images.",
    "matrix": "'X_few.mtx': is no image, but the model was trained on images.",
    "from elsewhere": "are images, but the model was not trained on images by these tools",
    "no truth": "'narrower': has no row for 3 of 40 images, the first is",
    "no table": "the model was trained on images and 1 tables, but 0 are given",
    "table too many": "the model was trained on images and 0 tables, but 1 are given",
    "short table": "'few': has no row for 2 of 40 images, the first is 'cell_00.png'. Each image needs one.",
    "other columns": "'measured'",
    "damaged": "what it says of its classes and features is damaged",
}


@pytest.mark.parametrize("name", UNPREDICTED)
def test_fail_prediction_says_in_one_line_what_is_wrong(name, unpredicted):
    forms.assert_one_line(unpredicted[name], UNPREDICTED[name])
    assert unpredicted[name].written == []
