"""Create a deep learning model architecture: the form's network becomes a Keras model configuration."""

from pathlib import Path

from dltools.backend.keras_runtime import keras_for_design
from dltools.catalogue.layers.design_form import DesignForm
from dltools.catalogue.pretrained_form import PRETRAINED, PretrainedForm
from dltools.core import files
from dltools.forms.parameters import Form
from dltools.networks import architecture, design, layer_table


def run(form: Form, target: Path, layers: Path | None = None) -> None:
    """Design the form's network, write its configuration onto `target`, and its layers onto `layers` if that is given.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: as `DesignForm.read` and `design.design`.
    """
    keras_for_design()
    model, positions = _designed(form)
    table = layer_table.rows(model, positions)
    files.write_text(target, architecture.to_json(model))
    if layers:
        files.write_text(layers, layer_table.tabular(table))
    print(layer_table.drawn(table))
    if not model.built:
        print("No input_shape is given: whether the layers fit together shows when training starts.")


def _designed(form: Form) -> design.Design:
    if form["model_selection"]["model_type"] != PRETRAINED:
        return design.design(DesignForm.read(form))
    # Only here are Keras' published networks looked at.
    from dltools.networks import pretrained

    model = pretrained.design(PretrainedForm.read(form))
    return design.Design(model, {layer.name: number for number, layer in enumerate(model.layers, start=1)})
