"""Create deep learning model: from the read form to the written outputs."""

import dataclasses

from dltools.backend.keras_runtime import keras_for_design
from dltools.catalogue import training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.forms import parameters
from dltools.model_files import builder, hyperparameters, model_source
from dltools.networks import last_layer, layer_table


def run(form: dict, target, table=None) -> None:
    """Make a builder as the form says, write it onto `target`, and its settings by name onto `table` if that is given.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: the configuration or a parameter fails its check.
    """
    selection = form["mode_selection"]
    source = parameters.dataset(selection["infile_json"], "Select the dataset containing model configuration (JSON)")
    keras_for_design()
    made, model = from_form(selection, source)
    builder.write(target, made)
    if table:
        hyperparameters.write(table, made)
    print(layer_table.drawn(layer_table.rows(model)))
    chosen = made.training
    print(f"{chosen.learning_type}, loss {chosen.loss}, optimizer {chosen.optimizer.type}")
    for own in chosen.outputs:
        print(f"Output {own.output}: {own.learning_type}, loss {own.loss}, which counts {own.loss_weight:g}")


def from_form(form: dict, config_file: Dataset):
    """Make a builder from the form and the model configuration it names.

    Parameters:
        form: the case `train_model` of the form, as Galaxy's JSON holds it.
        config_file: the dataset with the model configuration, or a trained model whose network is to be trained afresh.

    Returns:
        (builder, model): the builder and its model, without weight values.

    Raises:
        UserError: the configuration or a parameter fails its check.
    """
    config, model = model_source.read_architecture(config_file)
    training = _with_names(training_parameters.read(form), model)
    if model.built:
        last_layer.check(model, training)
    return builder.Builder(config, training), model


def _with_names(training: TrainingConfig, model) -> TrainingConfig:
    """Return the configuration with the outputs that have a loss of their own called by their names.

    Raises:
        UserError: an output that the network has not, or one that is named twice.
    """
    if not training.outputs:
        return training
    names = list(getattr(model, "output_names", ())) if len(getattr(model, "outputs", ())) > 1 else []
    if not names:
        raise UserError("Loss of an output: this network has one output, whose loss stands above. Remove the box.")
    numbers = {str(number): name for number, name in enumerate(names, start=1)}
    found = [dataclasses.replace(own, output=numbers.get(own.output, own.output)) for own in training.outputs]
    wrong = next((own.output for own in found if own.output not in names), None)
    if wrong is not None:
        known = ", ".join(f"{number} or {quoted(name)}" for number, name in numbers.items())
        raise UserError(f"Loss of an output: the network has no output {quoted(wrong)}. It has: {known}.")
    twice = next((own.output for own in found if [other.output for other in found].count(own.output) > 1), None)
    if twice is not None:
        raise UserError(f"Loss of an output: {quoted(twice)} is given twice.")
    return dataclasses.replace(training, outputs=tuple(found))
