"""The box of a sweep in the builder's form, made short, and running the tool with it."""

from tests.support import forms


def values(name, text):
    """Return a hyperparameter of a grid."""
    return {"hyperparameter": name, "values": text}


def some(name, text):
    """Return a hyperparameter that is drawn from values."""
    return {"hyperparameter": name, "candidates": {"candidates_type": "values", "values": text}}


def between(name, low, high, scale="linear"):
    """Return a hyperparameter that is drawn from a range."""
    return {
        "hyperparameter": name,
        "candidates": {"candidates_type": "range", "low": low, "high": high, "scale": scale},
    }


def grid(*hyperparameters, **further):
    """Return the box of a sweep over a grid."""
    return {"sampling": {"sampling_type": "grid", "hyperparameters": list(hyperparameters)}, "most": 200, **further}


def drawn(*hyperparameters, points, sampling_seed=0, **further):
    """Return the box of a sweep over points drawn at random."""
    sampling = {
        "sampling_type": "random",
        "hyperparameters": list(hyperparameters),
        "points": points,
        "sampling_seed": sampling_seed,
    }
    return {"sampling": sampling, "most": 200, **further}


def form_of(config_file, box, **changes):
    """Return the builder's form with the box of a sweep; `changes` are those of `forms.builder`."""
    form = forms.builder(config_file, **changes)
    form["mode_selection"]["sweep"] = [{"__index__": 0, **box}]
    return form


def make(form, folder):
    """Make the builders of a sweep in a new folder; return name -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    result = forms.run("model_builder", form, folder, outfile="base.zip", sweep="sweep")
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return {path.stem: path for path in sorted((folder / "sweep").iterdir())}
