"""One page of each kind that the tools write: reports of trainings, and every plot as HTML."""

import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_iris

from dltools.plots import registry
from tests.support import forms
from tests.support.builders import FAST
from tests.support.networks import network
from tests.support.places import TEST_DATA
from tests.support.plotting import Tables, every_plot
from tests.support.tables import write

REPORTS = {
    "report of classes": (network(3), {"seed": 1, "epochs": 3, **FAST}),
    "report of values": (
        network(2, "linear"),
        {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["mae"], "epochs": 3, "seed": 3},
    ),
    "report with images": (
        forms.sequential(
            ("Flatten", {"data_format": "channels_last"}),
            ("Dense", {"units": 10, "activation": "softmax", "kwargs": ""}),
            input_shape="(8, 8, 1)",
        ),
        {"seed": 1, "epochs": 2, **FAST},
    ),
}
NAMES = (*REPORTS, *registry.PLOTS)


def written(folder):
    """Write all pages below a folder; return name -> path."""
    for name in ("plots", "configs", "builders", "reports"):
        (folder / name).mkdir()
    return {**_plots(folder / "plots"), **_reports(folder)}


def _plots(folder):
    cases = every_plot(Tables(folder), "liver", "lung & heart")
    cases["keras_plot_model"] = {"infile_model_config": forms.dataset(TEST_DATA / "cnn_model.json")}
    cases = {
        name: {"plotting_selection": {"plot_type": name, "title": "", "plot_format": "html", **form}}
        for name, form in cases.items()
    }
    return _paths(forms.run_all("ml_visualization", cases, folder, output="page.html", output_picture="image.png"))


def _reports(folder):
    designs = {name: design for name, (design, _) in REPORTS.items()}
    made = forms.run_all("model_config", designs, folder / "configs", outfile="model.json")
    cases = {
        name: forms.builder(made[name].folder / "model.json", **settings) for name, (_, settings) in REPORTS.items()
    }
    built = forms.run_all("model_builder", cases, folder / "builders", outfile="builder.zip")
    iris, diabetes, digits = load_iris(), load_diabetes(), load_digits()
    write(folder / "x", iris.data)
    write(folder / "y", np.array(iris.target_names)[iris.target])
    write(folder / "diabetes", diabetes.data.round(4))
    write(folder / "progression", np.stack([diabetes.target, diabetes.target / 2], 1) / 100, "after\tlater")
    write(folder / "pixels", digits.data[:300].astype(int))
    write(folder / "digits", digits.target[:300])
    tables = {
        "report of classes": ("x", "y", False),
        "report of values": ("diabetes", "progression", True),
        "report with images": ("pixels", "digits", False),
    }
    cases = {
        name: forms.training(built[name].folder / "builder.zip", folder / x, folder / y, header2=header)
        for name, (x, y, header) in tables.items()
    }
    cases["report with images"]["save"] = ["save_examples"]
    return _paths(
        forms.run_all("train_and_eval", cases, folder / "reports", outfile_result="s", outfile_report="page.html")
    )


def _paths(results):
    for name, result in results.items():
        assert (result.returncode, result.stderr) == (0, ""), name
    return {name: result.folder / "page.html" for name, result in results.items()}
