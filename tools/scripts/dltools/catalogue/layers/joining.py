"""Layers that others lead to: the input of a functional model, the groups Merge and Attention."""

import dataclasses

from dltools.catalogue.arguments import INPUT_DTYPES
from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import DROPOUT, one_axis
from dltools.catalogue.layers.traits import Keras2, Trait
from dltools.forms.kinds import Axes, Choice, Flag, Shape, Whole, Word

INPUT = {
    "Input": Layer(
        (
            Field(
                "shape",
                Shape(unknown=None),
                "Shape of one sample, for example (784,) for a row of 784 numbers.",
                macro="validator_shape",
                named=True,
            ),
            Field(
                "name",
                Word(),
                "Name of the input. Blank to let Keras choose one.",
                required=False,
                macro="validator_name",
                named=True,
            ),
            Field("dtype", Choice(INPUT_DTYPES), "What the input holds.", required=False, named=True),
            Field("sparse", Flag(), "Whether the input is a sparse tensor.", required=False, named=True),
        ),
        keras="InputLayer",
        traits=Trait.ARRANGES | Trait.SEES_TABLE | Trait.PASSES_ON,
        keras2=Keras2(arguments={"batch_input_shape": "batch_shape"}),
    ),
}
_ELEMENTWISE = Trait.ELEMENTWISE | Trait.JOINS
MERGING = {
    "Add": Layer(merges=True, traits=_ELEMENTWISE),
    "Subtract": Layer(merges=True, traits=_ELEMENTWISE | Trait.TAKES_TWO),
    **{name: Layer(merges=True, traits=_ELEMENTWISE) for name in ("Multiply", "Average", "Maximum", "Minimum")},
    "Concatenate": Layer(
        (dataclasses.replace(one_axis("Axis along which the layers are joined. -1 is the last one."), named=True),),
        merges=True,
        traits=Trait.JOINS | Trait.ARRANGES,
    ),
    "Dot": Layer(
        (
            Field(
                "axis",
                Axes(),
                "Axis, or one axis of each layer, along which the products are summed, for example 1 or (1, 2).",
                keras="axes",
            ),
            Field(
                "normalize",
                Flag(),
                "Whether both are brought to length 1 before, which gives the cosine proximity.",
                required=False,
            ),
        ),
        merges=True,
        traits=Trait.TAKES_TWO,
    ),
}
# In a chain of layers, attention attends to the one before it; in a functional model it joins several.
ATTENTION = {
    "MultiHeadAttention": Layer(
        (
            Field("num_heads", Whole(), "Number of heads, each of which looks for something else."),
            Field("key_dim", Whole(), "Size of the query and the key in each head."),
            DROPOUT,
        ),
        keywords="use_bias=False, value_dim=16",
        attends=True,
        spread=True,
        traits=Trait.HEADS,
        heads=("num_heads", "key_dim"),
    ),
    "GroupQueryAttention": Layer(
        (
            Field("head_dim", Whole(), "Size of each head."),
            Field("num_query_heads", Whole(), "Number of heads of the query: a multiple of num_key_value_heads."),
            Field(
                "num_key_value_heads",
                Whole(),
                "Number of heads of the key and the value, which several heads of the query share.",
            ),
            DROPOUT,
        ),
        keywords="use_bias=False",
        aliases=("GroupedQueryAttention",),
        attends=True,
        spread=True,
        traits=Trait.HEADS,
        heads=("num_query_heads", "head_dim"),
    ),
    "Attention": Layer(
        (
            Field(
                "score_mode",
                Choice(("dot", "concat")),
                "How a query and a key are compared.",
                required=False,
                options={"dot": "dot: their product", "concat": "concat: the tanh of their sum"},
            ),
            DROPOUT,
        ),
        keywords="use_scale=True",
        attends=True,
        traits=Trait.SCORES,
    ),
    "AdditiveAttention": Layer((DROPOUT,), keywords="use_scale=False", attends=True, traits=Trait.SCORES),
}
