"""Forms of the training tool, with its splits and further settings, and the outputs that it writes."""

from tests.support import forms

OUTPUTS = {
    "outfile_result": "scores",
    "outfile_object": "model.h5mlm",
    "outfile_architecture": "layers",
    "outfile_history": "history",
    "outfile_y_true": "y_true",
    "outfile_y_preds": "y_preds",
}
NOTHING = {"shuffle": "no_validation"}


def selector(letter, path, header=False):
    """Return the parameters that name a dataset and all of its columns."""
    return {
        f"infile_{letter}": forms.dataset(path),
        f"header_{letter}": header,
        f"column_selector_options_{letter}": {f"selected_column_selector_option_{letter}": "all_columns"},
    }


def form_of(builders, data, name, y, **changes):
    """Return a form; beside those of `forms.training`, changes may be `run_options`, `weights` and `folds`."""
    further = {key: changes.pop(key, None) for key in ("run_options", "weights", "folds")}
    form = forms.training(builders[name], data / "x", data / y, **changes)
    if further["run_options"]:
        form["experiment_schemes"]["run_options"] = [{"__index__": 0, **further["run_options"]}]
    if further["weights"]:
        form["input_options"]["sample_weights"] = [{"__index__": 0, **selector("w", data / further["weights"])}]
    if further["folds"]:
        form["experiment_schemes"]["fold_split"] = {
            "split_algos": {"n_splits": 4, "random_state": 1, **further["folds"]}
        }
        form["experiment_schemes"]["selected_exp_scheme"] = "cross_val"
    return form


def by_groups(data, **more):
    """Return a split by the groups in a table of their own."""
    return {
        "shuffle": "group",
        "test_size": 0.2,
        "random_state": 1,
        "group_names": "",
        "groups_selector": selector("g", data / "groups"),
        **more,
    }


def own_groups(data):
    """Return a split of the training set by groups of its own, two of them named."""
    entry = {"__index__": 0, "groups_selector": selector("g", data / "groups")}
    return {"shuffle": "group", "test_size": 0.2, "random_state": 1, "group_names": "g0, g3", "own_groups": [entry]}


def by_column(data, name="parts"):
    """Return a split by a column that names the set of each sample."""
    return {"shuffle": "column", "split_selector": selector("s", data / name, header=name == "parts")}


def scores(result):
    """Return the scores of a run, name -> value."""
    header, values = result.table("scores")
    return dict(zip(header, map(float, values), strict=True))
