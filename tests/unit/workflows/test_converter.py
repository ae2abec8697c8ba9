"""Workflows saved with the tools before these, rewritten for the present forms: all fields, nothing else."""

import copy
import json
import re

import pytest

from tests.support import former_workflows, interface
from tests.support.places import TOOLS
from workflows.converter import __main__ as command
from workflows.converter import former
from workflows.converter.notes import Notes
from workflows.converter.workflow import Naming, convert, tool_of

NAMING = Naming("2.1.0+galaxy0")
WORKFLOWS = {"introduction": former_workflows.introduction, "fruits": former_workflows.fruits}


def converted(workflow, naming=NAMING):
    """Return a converted copy and what was noted."""
    found, notes = copy.deepcopy(workflow), Notes()
    convert(found, naming, notes)
    return found, notes


def step_of(workflow, tool):
    return next(step for step in workflow["steps"].values() if tool in str(step["tool_id"]).split("/"))


def state_of(workflow, tool):
    return json.loads(step_of(workflow, tool)["tool_state"])


def change(workflow, tool, place, value):
    """Let another value stand in a step's state."""
    step, state = step_of(workflow, tool), state_of(workflow, tool)
    holder = state
    *sections, name = place.split("|")
    for section in sections:
        holder = holder.setdefault(section, {})
    holder[name] = value
    step["tool_state"] = json.dumps(state)


# Boxes of the forms that a state need not hold.
_BOX = re.compile(r'<repeat name="(\w+)"[^>]* min="0"|<expand macro="further_table" name="(\w+)"')
BOXES = {
    name
    for path in TOOLS.rglob("*.xml")
    for names in _BOX.findall(path.read_text(encoding="utf-8"))
    for name in names
    if name
}


def missing(tool, state):
    """Return the promised places of a tool's form that a state, in the cases that it chose, does not hold."""
    return {path for path in interface.promised()[tool] if not _holds(state, path.split("|"))}


def _holds(found, parts):
    if not parts:
        return True
    name, _, case = parts[0].partition("[")
    if name not in found:
        return name in BOXES
    inner = found[name]
    if case and case.rstrip("]") not in [value for value in inner.values() if isinstance(value, str)]:
        return True
    entries = inner if isinstance(inner, list) else [inner]
    return len(parts) == 1 or all(_holds(entry, parts[1:]) for entry in entries)


def names_in(value):
    """Yield the names of all fields in a state, but those that Galaxy adds."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        if not name.startswith("__") and name != "chromInfo":
            yield name
        yield from names_in(inner)
    for inner in value if isinstance(value, list) else ():
        yield from names_in(inner)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_ok_no_field_is_there_that_the_forms_have_not(name):
    for step in converted(WORKFLOWS[name]())[0]["steps"].values():
        if step["type"] == "tool":
            known = {
                word for path in interface.promised()[step["tool_id"]] for word in re.findall(r"\w+", path)
            } | BOXES
            assert set(names_in(json.loads(step["tool_state"]))) <= known


@pytest.mark.parametrize("name", WORKFLOWS)
def test_ok_every_field_of_the_forms_is_there(name):
    saved = WORKFLOWS[name]()
    found, notes = converted(saved)
    assert notes.open == []
    tools = [tool for tool in former.TOOLS if any(tool == step["tool_id"] for step in found["steps"].values())]
    assert len(tools) >= 5
    assert {tool: missing(tool, state_of(found, tool)) for tool in tools} == {tool: set() for tool in tools}
    # Or else the workflow need not have been converted.
    assert missing("keras_model_builder", state_of(saved, "keras_model_builder")) != set()


def test_ok_introduction():
    found, notes = converted(former_workflows.introduction())
    options = state_of(found, "keras_model_builder")["mode_selection"]["compile_params"]["optimizer_selection"]
    assert options["optimizer_options"] == {
        "learning_rate": "0.001",
        "rho": "0.9",
        "momentum": "0.0",
        "epsilon": "1e-07",
        "centered": False,
    }
    training, prediction = step_of(found, "keras_train_and_eval"), step_of(found, "model_prediction")
    assert "infile_params" not in training["tool_state"]
    assert [output["name"] for output in training["outputs"]] == ["outfile_result", "outfile_object"]
    assert training["workflow_outputs"] == []
    assert "infile_weights" not in prediction["tool_state"]
    assert sorted(prediction["input_connections"]) == ["infile_estimator", "input_options|infile1"]
    # What was saved as nothing is what it is connected to.
    assert json.loads(prediction["tool_state"])["infile_estimator"] == {"__class__": "ConnectedValue"}
    for line in (
        "lr is learning_rate now",
        "decay=0.0 left out, which changes nothing",
        "fit_params|validation_split set to '0.1'",
        "the connection to infile_weights left out",
        "the output outfile_weights of the workflow left out, which is no more",
    ):
        assert len([told for told in notes.lines if line in told]) == 1, line


@pytest.mark.parametrize("name", WORKFLOWS)
def test_ok_ids_and_versions(name):
    saved = WORKFLOWS[name]()
    short, _ = converted(saved)
    long, _ = converted(saved, Naming("2.1.0+galaxy0", "shed.example", "me"))
    for steps, expected in ((short, "{0}"), (long, "shed.example/repos/me/{0}/{0}/2.1.0+galaxy0")):
        tools = [step for step in steps["steps"].values() if step["type"] == "tool"]
        assert all(step["tool_id"] == step["content_id"] == expected.format(step["name"]) for step in tools)
        assert {step["tool_version"] for step in tools} == {"2.1.0+galaxy0"}
        assert not any("tool_shed_repository" in step for step in tools)


@pytest.mark.parametrize("name", WORKFLOWS)
@pytest.mark.parametrize("owner", ["", "me"])
def test_ok_twice_is_once(name, owner):
    naming = Naming("2.1.0+galaxy0", "shed.example", owner)
    once, _ = converted(WORKFLOWS[name](), naming)
    twice, notes = converted(once, naming)
    assert twice == once
    assert notes == Notes(step=notes.step)


def test_ok_steps_of_other_tools_are_not_touched():
    saved = former_workflows.fruits()
    other = {
        "id": 20,
        "type": "tool",
        "name": "Advanced Cut",
        "tool_id": "toolshed.g2.bx.psu.edu/repos/bgruening/text_processing/tp_cut_tool/1.1.0",
        "tool_version": None,
        "tool_shed_repository": {"name": "text_processing", "owner": "bgruening"},
        "tool_state": '{"lr":  "0.1", "infile_weights": null}',
        "input_connections": {"input": {"id": 0, "output_name": "output"}},
        "outputs": [{"name": "outfile_weights", "type": "tabular"}],
    }
    # Names that only begin like ours, and our image tools' own former siblings.
    like = {**other, "id": 21, "tool_id": "model_prediction_2"}
    saved["steps"] |= {"20": other, "21": like}
    found, notes = converted(saved)
    assert found["steps"]["20"] == other and found["steps"]["21"] == like
    assert not any("tp_cut_tool" in line for line in notes.lines + notes.open)
    assert found["steps"]["0"] == saved["steps"]["0"]


@pytest.mark.parametrize(
    ("tool_id", "expected"),
    [
        ("model_prediction", "model_prediction"),
        ("shed.example/repos/me/deep/model_prediction/1.0.8.2", "model_prediction"),
        ("shed.example/repos/me/deep/model_prediction", "model_prediction"),
        ("my_model_prediction", ""),
        ("model_prediction_2", ""),
        ("shed.example/repos/me/model_prediction/other/1.0", ""),
        ("model_prediction/repos/me", ""),
        (None, ""),
    ],
)
def test_ok_which_steps_are_ours(tool_id, expected):
    assert tool_of({"tool_id": tool_id}) == expected


def test_ok_newer_nesting_of_to_categorical():
    saved = former_workflows.fruits()
    step = step_of(saved, "sklearn_to_categorical")
    nested = {
        "task_type": "label_encoder",
        "__current_case__": 0,
        "num_classes": "10",
        "labels_path": None,
        "labels_header": True,
    }
    step["tool_state"] = json.dumps({"encoder_type": nested, "__page__": None})
    step["input_connections"] = {"encoder_type|labels_path": {"id": 3, "output_name": "output"}}
    found, notes = converted(saved)
    assert state_of(found, "sklearn_to_categorical") == {
        "infile": {"__class__": "ConnectedValue"},
        "header0": True,
        "num_classes": "10",
        "__page__": None,
    }
    step = step_of(found, "sklearn_to_categorical")
    assert step["input_connections"] == {"infile": {"id": 3, "output_name": "output"}}
    assert any("encoder_type|labels_path is infile now" in line for line in notes.lines)


def test_ok_decay_is_a_schedule():
    saved = former_workflows.fruits()
    options = "mode_selection|compile_params|optimizer_selection|optimizer_options"
    change(saved, "keras_model_builder", f"{options}|decay", "0.01")
    found, notes = converted(saved)
    chosen = state_of(found, "keras_model_builder")["mode_selection"]["compile_params"]["optimizer_selection"]
    (box,) = chosen["optimizer_options"]["further_options"]
    (schedule,) = box["learning_rate_schedule"]
    assert schedule["schedule"] | {"__current_case__": 0} == {
        "schedule_type": "InverseTimeDecay",
        "__current_case__": 0,
        "unit": "steps",
        "decay_steps": "1",
        "decay_rate": "0.01",
        "staircase": False,
    }
    assert any("decay=0.01 is the learning-rate schedule InverseTimeDecay now" in line for line in notes.lines)


def test_ok_hyperparameters_as_a_further_output():
    saved = former_workflows.introduction()
    change(saved, "keras_model_builder", "mode_selection|get_params", "true")
    builder = step_of(saved, "keras_model_builder")
    builder["workflow_outputs"] = [{"label": "names", "output_name": "outfile_params"}]
    builder["post_job_actions"] = {"Hide": {"action_type": "Hide", "output_name": "outfile_params"}}
    found, _ = converted(saved)
    step = step_of(found, "keras_model_builder")
    selection = json.loads(step["tool_state"])["mode_selection"]
    assert selection["further_outputs"] == [{"__index__": 0, "list_hyperparameters": True}]
    assert "get_params" not in selection
    assert step["workflow_outputs"][0]["output_name"] == "outfile_hyperparameters"
    assert step["post_job_actions"]["Hide"]["output_name"] == "outfile_hyperparameters"


OLD_NAME = "layers_0_Dense__config__kernel_initializer__config__seed"


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        ("sequential", "1.0.8.2", "layers_1_Dense__config__kernel_initializer__config__seed"),
        ("functional", "1.0.8.2", OLD_NAME),
        ("sequential", "1.0.10.0", OLD_NAME),
    ],
)
def test_ok_layers_of_swapped_settings_are_counted_with_the_input(kind, version, expected):
    saved = former_workflows.introduction()
    swaps = [{"__index__": 0, "sp_name": OLD_NAME, "sp_value": "7"}, {"__index__": 1, "sp_name": "lr", "sp_value": "1"}]
    change(saved, "keras_train_and_eval", "experiment_schemes|hyperparams_swapping|param_set", swaps)
    change(saved, "keras_model_config", "model_selection|model_type", kind)
    step_of(saved, "keras_train_and_eval")["tool_version"] = version
    found, notes = converted(saved)
    names = state_of(found, "keras_train_and_eval")["experiment_schemes"]["hyperparams_swapping"]["param_set"]
    assert [entry["sp_name"] for entry in names] == [expected, "lr"]
    assert (notes.open == []) and (expected == OLD_NAME or any("the input is layer 0" in line for line in notes.lines))


def test_ok_plots_of_the_first_version():
    saved = former_workflows.introduction()
    step = step_of(saved, "ml_visualization_ex")
    state = state_of(saved, "ml_visualization_ex")
    for name in ("header_true", "column_selector_options_true", "header_predicted", "plot_color"):
        del state["plotting_selection"][name]
    state["plotting_selection"]["confusion_plot_color"] = "purples"
    step["tool_state"] = json.dumps(state)
    found, notes = converted(saved)
    assert missing("ml_visualization_ex", state_of(found, "ml_visualization_ex")) == set()
    assert state_of(found, "ml_visualization_ex")["plotting_selection"]["plot_color"] == "Purples"
    assert [line for line in notes.open if "did not ask for headers" in line]


def test_ok_states_that_are_json_twice():
    saved = former_workflows.introduction()
    for step in saved["steps"].values():
        if step["type"] == "tool":
            parts = json.loads(step["tool_state"])
            step["tool_state"] = json.dumps({name: json.dumps(value) for name, value in parts.items()})
    found, _ = converted(saved)
    assert missing("keras_model_builder", state_of(found, "keras_model_builder")) == set()


def test_ok_workflows_within():
    inner = former_workflows.introduction()
    outer = former_workflows.fruits()
    outer["steps"]["30"] = {"id": 30, "type": "subworkflow", "tool_id": None, "subworkflow": inner}
    found, _ = converted(outer)
    assert found["steps"]["30"]["subworkflow"] == converted(inner)[0]


NOT_ON_OFFER = {
    "sequences": (
        "keras_train_and_eval",
        "input_options|selected_input",
        "seq_fasta",
        "input_options|selected_input is 'seq_fasta': samples are tables or sparse matrices here",
    ),
    "variants": ("model_prediction", "input_options|selected_input", "variant_effect", "is 'variant_effect'"),
    "fitted": (
        "keras_model_builder",
        "mode_selection|mode_type",
        "prefitted",
        "is 'prefitted': a network with its weights",
    ),
    "DNA": ("sklearn_to_categorical", "encoder_type|task_type", "dna_encoder", "encodes labels here, no DNA sequences"),
}


@pytest.mark.parametrize("name", NOT_ON_OFFER)
def test_fail_what_is_not_on_offer_is_left_as_it_is(name):
    tool, place, value, line = NOT_ON_OFFER[name]
    saved = former_workflows.fruits()
    change(saved, tool, place, value)
    found, notes = converted(saved)
    assert step_of(found, tool) == step_of(saved, tool)
    assert [told for told in notes.open if line in told and tool in told and "left as it is" in told]


def test_fail_a_layer_that_is_no_more():
    saved = former_workflows.introduction()
    change(saved, "keras_model_config", "model_selection|layers", [{"layer_selection": {"layer_type": "LSTMCell"}}])
    assert [line for line in converted(saved)[1].open if "layer 1 is a LSTMCell, which Keras has no more" in line]


def test_fail_an_output_that_is_no_more():
    saved = former_workflows.introduction()
    taker = {"id": 9, "type": "tool", "name": "Keep", "tool_id": "keep", "tool_state": "{}"}
    saved["steps"]["9"] = {**taker, "input_connections": {"file": {"id": 6, "output_name": "outfile_weights"}}}
    found, notes = converted(saved)
    assert found["steps"]["9"] == saved["steps"]["9"]
    assert notes.open == ["step 10 (Keep): file takes outfile_weights of step 7, which is no more: connect another"]


@pytest.mark.parametrize("text", ["no json", "[]", '{"class": "GalaxyWorkflow"}', '{"a_galaxy_workflow": "true"}'])
def test_fail_what_is_no_workflow(text, tmp_path, capsys):
    (tmp_path / "old.ga").write_text(text)
    assert command.main([str(tmp_path / "old.ga"), str(tmp_path / "new.ga")]) == 1
    told = capsys.readouterr()
    assert not (tmp_path / "new.ga").exists()
    assert told.out == "" and re.fullmatch(r"Error: .*old\.ga: .*\n", told.err)


def test_ok_command(tmp_path, capsys):
    (tmp_path / "old.ga").write_text(json.dumps(former_workflows.introduction()))
    arguments = [str(tmp_path / "old.ga"), str(tmp_path / "new.ga"), "--owner", "me"]
    assert command.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("changes, 0 things to see to.") and len(lines) > 10
    found = json.loads((tmp_path / "new.ga").read_text())
    naming = Naming(command.tool_version(), "toolshed.g2.bx.psu.edu", "me")
    assert found == converted(former_workflows.introduction(), naming)[0]
    assert re.fullmatch(r"\d+\.\d+\.\d+\+galaxy\d+", command.tool_version())


def places(value, before=()):
    """Yield the path of everything in a JSON value, itself left out."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*before, key)
        yield from places(inner, (*before, key))


def replaced(value, path, other):
    found = copy.deepcopy(value)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other
    return found


def test_ok_nothing_strange_ends_in_a_traceback():
    saved = former_workflows.fruits()
    for step in saved["steps"].values():
        # As a state may stand there too: then all of it is a part of the file.
        step["tool_state"] = json.loads(step["tool_state"])
    paths = list(places(saved))
    assert len(paths) > 300
    for path in paths:
        for other in (None, [], {}, "x", 3, [None], {"__class__": "RuntimeValue"}):
            try:
                json.dumps(converted(replaced(saved, path, other))[0])
            except ValueError as error:
                assert "is no workflow as Galaxy saves it" in str(error), (path, other, error)
