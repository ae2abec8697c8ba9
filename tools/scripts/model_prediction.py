"""Model Prediction: apply a trained network to new samples."""

import argparse

from dltools import parameters
from dltools.errors import user_errors_on_stderr
from dltools.keras_runtime import granted_cores, keras_for_compute


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile-predict", required=True, help="predictions to write (tabular)")
    options = parser.parse_args()
    form = parameters.read(options.inputs)
    source = parameters.dataset(form["infile_estimator"], "Choose the dataset containing the trained model")
    keras_for_compute(keep_out=("sklearn",))
    from dltools import input_tables, model_file, prediction, tables

    model, record = model_file.read(source)
    features = input_tables.read_features(form["input_options"], granted_cores())
    prediction.check_features(features, record.features)
    found = prediction.outputs(model, features)
    names, columns = prediction.table(found, form["method"], record.target, record.builder.training["loss"])
    tables.write_table(options.outfile_predict, names, columns)
    print(model_file.summary(record))
    print(f"Predicted {features.rows} rows.")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
