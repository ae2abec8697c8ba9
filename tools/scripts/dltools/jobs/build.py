"""Create deep learning model: from the read form to the written outputs."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from dltools.backend.keras_runtime import keras_for_design
from dltools.catalogue import training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.forms import parameters
from dltools.forms.parameters import Form
from dltools.jobs import sweep, sweep_form
from dltools.jobs.sweep_form import SweepForm
from dltools.model_files import builder, hyperparameters, model_source
from dltools.model_files.builder import Builder
from dltools.networks import last_layer, layer_table

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BuildForm:
    """A builder, as the user asks for it.

    Attributes:
        configuration: the model configuration, or a trained model whose network is to be trained afresh.
        training: how to train it.
        sweep: which other builders are made of it; None for none.
    """

    configuration: Dataset
    training: TrainingConfig
    sweep: SweepForm | None = None

    @classmethod
    def read(cls, form: Form) -> "BuildForm":
        """Read all parameters of the tool, as Galaxy's JSON holds them.

        Raises:
            UserError: names the parameter.
        """
        selection = form["mode_selection"]
        label = "Select the dataset containing model configuration (JSON)"
        return cls(
            configuration=parameters.dataset(selection["infile_json"], label),
            training=training_parameters.read(selection),
            sweep=sweep_form.read(selection),
        )


def run(form: Form, target: Path, table: Path | None = None, folder: Path | None = None) -> None:
    """Make a builder as the form says, write it onto `target`, and its settings by name onto `table` if that is given.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.
        folder: where the builders of a sweep go, if the form asks for one; it is made.

    Raises:
        UserError: the configuration or a parameter fails its check.
    """
    keras_for_design()
    wanted = BuildForm.read(form)
    made, model = build(wanted)
    members = sweep.members(made, wanted.sweep) if wanted.sweep and folder else []
    builder.write(target, made)
    if table:
        hyperparameters.write(table, made)
    print(layer_table.drawn(layer_table.rows(model)))
    chosen = made.training
    print(f"{chosen.learning_type}, loss {chosen.loss}, optimizer {chosen.optimizer.type}")
    for own in chosen.outputs:
        print(f"Output {own.output}: {own.learning_type}, loss {own.loss}, which counts {own.loss_weight:g}")
    if wanted.sweep and folder:
        sweep.write(folder, made, members)
        print(sweep.told(members, wanted.sweep))


def build(form: BuildForm) -> tuple[Builder, "keras.Model"]:
    """Return the builder that a form asks for, and its model, without weight values.

    Raises:
        UserError: the configuration fails its check, or does not fit how it is to be trained.
    """
    config, model = model_source.read_architecture(form.configuration)
    training = _with_names(form.training, model)
    if model.built:
        last_layer.check(model, training)
    return Builder(config, training), model


def _with_names(training: TrainingConfig, model: "keras.Model") -> TrainingConfig:
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
