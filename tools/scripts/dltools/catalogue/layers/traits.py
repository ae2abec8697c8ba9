"""What the tools know of layers beyond their parameters: each fact stands in a layer's entry, and nowhere else."""

import dataclasses
import enum
from collections.abc import Mapping


class Trait(enum.Flag):
    """What a layer is like. The comments say what follows from it."""

    NONE = 0
    # What it computes.
    POINTWISE = enum.auto()  # works on each place by itself, or only moves or copies places
    ARRANGES = enum.auto()  # only arranges, repeats or drops values: whole numbers stay what they are
    TRANSPARENT = enum.auto()  # its output is what the activation before it gave
    FRACTIONS = enum.auto()  # gives fractions, of which nothing can be looked up
    ELEMENTWISE = enum.auto()  # joins several layers number by number
    JOINS = enum.auto()  # joins several layers place by place
    TAKES_TWO = enum.auto()  # joins two layers, no more
    PASSES_ON = enum.auto()  # passes each number on, scaled at most; Reshape brings them into another shape
    MOVES = enum.auto()  # shows another part of an image, or turns it
    MARGINS = enum.auto()  # cuts off a margin, or adds one
    RESCALES = enum.auto()  # brings numbers to another scale
    STATISTICS = enum.auto()  # keeps statistics of the data that it saw
    # When it acts.
    BY_CHANCE = enum.auto()  # changes values by chance while it trains
    TRAINS_ONLY = enum.auto()  # varies images, in training alone: a network that predicts does without it
    # What it takes.
    IMAGES = enum.auto()  # images: (height, width, channels)
    READS_STEPS = enum.auto()  # sequences of rows: (steps, features)
    HAS_STATE = enum.auto()  # steps through a sequence with a state, which it may return, keep and unroll
    TAKES_STATES = enum.auto()  # may be given the state that it begins with
    SEES_TABLE = enum.auto()  # often sees the samples as the table has them, whose numbers 16 bits may not hold
    # Its arguments, and what they must suit.
    WINDOW = enum.auto()  # moves a window over its data, which must hold one
    STRIDES_OR_GAPS = enum.auto()  # takes strides or a dilation_rate above 1, not both
    PADS_OUTPUT = enum.auto()  # output_padding must be smaller than strides
    CROPS = enum.auto()  # cuts off what `cropping` says
    GROUPS = enum.auto()  # divides channels into `groups`
    LAST_AXIS = enum.auto()  # has weights for each number of its data's last axis, whose size must be known
    AXIS = enum.auto()  # works along `axis`, which its data must have
    NOISE_SHAPE = enum.auto()  # takes noise_shape
    # What it makes on the way to its output, which takes memory.
    HEADS = enum.auto()  # a number for each place of the query and each of the value, in each head
    SCORES = enum.auto()  # a number for each place of the query and each of the value
    SEPARATES = enum.auto()  # depth_multiplier channels of each channel
    EVERY_STEP = enum.auto()  # what the layer inside makes, for all steps at once
    HOLDS_WINDOW = enum.auto()  # a whole window, as far as it reaches beyond the data too
    # What files may name, and the form does not offer.
    UNSAFE = enum.auto()  # Keras 3 has it, and the gate does not let it pass
    PROGRAM = enum.auto()  # is a function of somebody's program
    READS_TEXT = enum.auto()  # turns text into numbers by a list of words
    GONE = enum.auto()  # Keras 1 or 2 had it


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Keras2:
    """What Keras 2 did otherwise with a layer.

    Attributes:
        arguments: old name of an argument -> its name in Keras 3.
        defaults: what it did where a configuration does not say it.
        fixed: what a layer that ran on GPUs alone did, and did not write.
        gates: of a recurrent layer, in the order of their columns: `r` for those of recurrent_activation, `a` for
            those of activation.
        activates_state: whether it applies its activation to its state too, to which no weight leads.
        transposed: of a layer that ran on GPUs alone, the number of matrices that it kept transposed in one array.
        turned: whether Theano turned its kernels around.
        other_in_theano: whether it had other weights with Theano.
    """

    arguments: Mapping[str, str] = dataclasses.field(default_factory=dict)
    defaults: Mapping[str, object] = dataclasses.field(default_factory=dict)
    fixed: Mapping[str, object] = dataclasses.field(default_factory=dict)
    gates: str = ""
    activates_state: bool = False
    transposed: int = 0
    turned: bool = False
    other_in_theano: bool = False
