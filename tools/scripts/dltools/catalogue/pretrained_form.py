"""What the form of 'Create a deep learning model architecture' asks for where it begins with a published network."""

import dataclasses

from dltools.catalogue.arguments import ACTIVATIONS
from dltools.catalogue.backbones import BACKBONES, Backbone
from dltools.core.errors import UserError
from dltools.forms.kinds import Choice, Real, Sizes, Whole
from dltools.forms.parameters import Form, is_empty

PRETRAINED = "pretrained"
AVERAGE, MAXIMUM, FLAT = POOLINGS = ("avg", "max", "flatten")
ALL, PART, NONE = FROZEN = ("all", "part", "none")
_NETWORK = "Published network"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PretrainedForm:
    """A published network with a new head, as the user asks for it.

    Attributes:
        name: the network's, a key of `BACKBONES`.
        height, width: of the images.
        pooling: one of `POOLINGS`.
        hidden_units: of a further layer in the head, None for none.
        dropout: which share of what reaches the last layer is dropped, 0 for none.
        units, activation: of the last layer.
        learning: how many of the network's last layers learn from the start; None for all.
    """

    name: str
    height: int
    width: int
    pooling: str
    hidden_units: int | None
    dropout: float
    units: int
    activation: str
    learning: int | None

    @property
    def backbone(self) -> Backbone:
        """What the catalogue says of the network."""
        return BACKBONES[self.name]

    @classmethod
    def read(cls, form: Form) -> "PretrainedForm":
        """Read all parameters of the tool, as Galaxy's JSON holds them.

        Raises:
            UserError: names the parameter and the rule.
        """
        chosen, head = form["model_selection"], form["model_selection"]["head"]
        name = Choice(tuple(BACKBONES)).read(chosen.get("backbone"), _NETWORK)
        height, width = _size(chosen.get("input_size"), name)
        if is_empty(head.get("units")):
            raise UserError("units must be given: one for each class, or 1 for yes and no or for a number.")
        hidden, dropout = head.get("hidden_units"), head.get("dropout")
        return cls(
            name=name,
            height=height,
            width=width,
            pooling=Choice(POOLINGS).read(chosen.get("pooling"), "pooling"),
            hidden_units=None if is_empty(hidden) else Whole().read(hidden, "Units of a further layer"),
            dropout=0.0 if is_empty(dropout) else Real(0, 1, below=True).read(dropout, "dropout"),
            units=Whole().read(head["units"], "units"),
            activation=Choice(ACTIVATIONS).read(head.get("activation"), "activation"),
            learning=_learning(chosen["freezing"]),
        )


def _size(value: object, name: str) -> tuple[int, int]:
    """Return height and width of the images; those that the network was trained with where nothing is given."""
    backbone = BACKBONES[name]
    if is_empty(value):
        return backbone.size, backbone.size
    found = Sizes(2).read(value, "Height and width of the images")
    height, width = found if isinstance(found, tuple) else (found, found)
    if min(height, width) < backbone.least:
        raise UserError(
            f"Height and width of the images: {name} takes images of at least {backbone.least} x {backbone.least}. "
            f"Received: {height} x {width}."
        )
    return height, width


def _learning(freezing: Form) -> int | None:
    frozen = Choice(FROZEN).read(freezing.get("frozen"), "Which layers of the published network are frozen")
    if frozen == PART:
        return Whole().read(freezing.get("learning_layers"), "How many of its last layers learn")
    return 0 if frozen == ALL else None
