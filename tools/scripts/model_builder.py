"""Create deep learning model: bundle an architecture with how to train it."""

import argparse

from dltools import builder, hyperparameters, layer_table, parameters
from dltools.errors import user_errors_on_stderr
from dltools.keras_runtime import keras_for_design


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="builder to write (zip)")
    parser.add_argument("--outfile-hyperparameters", help="table of the settings by name to write (tabular)")
    options = parser.parse_args()
    form = parameters.read(options.inputs)["mode_selection"]
    config_file = parameters.dataset(form["infile_json"], "Select the dataset containing model configuration (JSON)")
    keras_for_design()
    made, model = builder.from_form(form, config_file)
    builder.write(options.outfile, made)
    if options.outfile_hyperparameters:
        hyperparameters.write(options.outfile_hyperparameters, made)
    print(layer_table.drawn(layer_table.rows(model)))
    chosen = made.training
    print(f"{chosen['learning_type']}, loss {chosen['loss']}, optimizer {chosen['optimizer']['type']}")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
