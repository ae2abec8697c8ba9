"""Create a deep learning model architecture: the form's layers become a Keras model configuration."""

import argparse

from dltools import architecture, files, parameters
from dltools.errors import user_errors_on_stderr
from dltools.keras_runtime import keras_for_design


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="model configuration to write (JSON)")
    options = parser.parse_args()
    selection = parameters.read(options.inputs)["model_selection"]
    keras_for_design()
    model = architecture.design(selection)
    files.write_text(options.outfile, architecture.to_json(model))
    print(architecture.drawn_table(architecture.layer_table(model)))
    if not model.built:
        print("No input_shape is given: whether the layers fit together shows when training starts.")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
