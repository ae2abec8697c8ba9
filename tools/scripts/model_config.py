"""Create a deep learning model architecture: the form's layers become a Keras model configuration."""

import argparse

from dltools import architecture, design, files, layer_table, parameters
from dltools.errors import user_errors_on_stderr
from dltools.keras_runtime import keras_for_design


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="model configuration to write (JSON)")
    parser.add_argument("--outfile-layers", help="layer table to write (tabular)")
    options = parser.parse_args()
    selection = parameters.read(options.inputs)["model_selection"]
    keras_for_design()
    model, positions = design.design(selection)
    table = layer_table.rows(model, positions)
    files.write_text(options.outfile, architecture.to_json(model))
    if options.outfile_layers:
        files.write_text(options.outfile_layers, layer_table.tabular(table))
    print(layer_table.drawn(table))
    if not model.built:
        print("No input_shape is given: whether the layers fit together shows when training starts.")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
