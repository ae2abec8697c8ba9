"""Forms of small networks for the configuration tool."""

from tests.support import forms


def network(units, activation="softmax"):
    """Return a small network whose input follows from the table."""
    hidden = ("Dense", {"units": 8, "activation": "relu", "kwargs": ""})
    return forms.sequential(hidden, ("Dense", {"units": units, "activation": activation, "kwargs": ""}), input_shape="")


def dense(units, activation, node):
    """Return a dense layer of a functional model, fed by the layer of that number."""
    return ("Dense", {"units": units, "activation": activation, "kwargs": "", "inbound_nodes": node})


TWO_INPUTS = forms.functional(
    ("Input", {"shape": "(3,)", "name": "sepals"}),
    ("Input", {"shape": "(1,)", "name": "petals"}),
    dense(8, "relu", 1),
    dense(8, "relu", 2),
    ("Concatenate", {"merging_layers": "[3, 4]", "axis": -1}),
    dense(3, "softmax", 5),
    inputs="[1, 2]",
    outputs="[6]",
)


def boxed(layer, *boxes, shape="(8, 2)"):
    """Return a model of one layer with boxes on its weights.

    Each box is a pair: the weights, and the type of an initializer, or a regularizer or constraint.
    """
    form = forms.sequential(layer, input_shape=shape)
    form["model_selection"]["layers"][0]["weights_options"] = [
        {"weights": weights, **({"initializer": {"initializer_type": chosen}} if isinstance(chosen, str) else chosen)}
        for weights, chosen in boxes
    ]
    return form
