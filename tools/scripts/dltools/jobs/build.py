"""Create deep learning model: from the read form to the written outputs."""

from dltools.backend.keras_runtime import keras_for_design
from dltools.catalogue import training_parameters
from dltools.core.dataset import Dataset
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
    training = training_parameters.read(form)
    if model.built:
        last_layer.check(model, training)
    return builder.Builder(config, training), model
