"""Builders of networks, made by the tools' own scripts."""

from tests.support import forms

FAST = {"options": {"learning_rate": 0.05}}
REGRESSOR = {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["mae"]}


def make_builders(described, tmp_path_factory):
    """Make builders through the real scripts; return name -> path."""
    folder = tmp_path_factory.mktemp("builders")
    configs = forms.run_all(
        "model_config", {name: form for name, (form, _) in described.items()}, folder, outfile="model.json"
    )
    changes = {name: forms.builder(configs[name].folder / "model.json", **described[name][1]) for name in described}
    made = forms.run_all("model_builder", changes, tmp_path_factory.mktemp("zips"), outfile="builder.zip")
    assert all(result.returncode == 0 for result in made.values()), made
    return {name: result.folder / "builder.zip" for name, result in made.items()}
