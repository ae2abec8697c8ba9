"""What the entry of a layer says: what the form asks of it, and what the tools know of it."""

import dataclasses
from collections.abc import Mapping

from dltools.catalogue.layers.traits import Keras2, Trait
from dltools.forms.kinds import Choice, Kind, Parameter


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a layer: what it may hold, and how the form shows it.

    Attributes:
        name: in the form.
        kind: what it may hold; the form's type follows from it.
        help: the line below it.
        default: what the form holds before anyone changes it; "" for nothing, and for the first of several options.
        required: whether it must be given; an empty one is left to Keras' default.
        keras: its name in Keras, if another.
        label: what stands above it; "" for its name.
        options: option -> what the form shows, where that is more than the option.
        macro: of the form, which holds its options, or the rule for a text.
        blank: whether the form takes it blank; None: if it is not required.
        whole: whether the form asks for a whole number, where its kind would take more.
        named: whether Galaxy is told that it is called so in the form alone; it repeats an argument's name otherwise.
    """

    name: str
    kind: Kind
    help: str = ""
    default: str = ""
    _: dataclasses.KW_ONLY
    required: bool = True
    keras: str = ""
    label: str = ""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    macro: str = ""
    blank: bool | None = None
    whole: bool = False
    named: bool = False

    @property
    def parameter(self) -> Parameter:
        """Return what is read of it."""
        return Parameter(self.name, self.kind, self.required, self.keras)

    @property
    def shown(self) -> str:
        """Return what the form holds before anyone changes it; "" for nothing."""
        return self.default or (self.kind.options[0] if isinstance(self.kind, Choice) else "")


@dataclasses.dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        fields: its parameters in the form, in their order.
        keywords: an example of keyword arguments, which the form shows; "" if it takes none.
        label: what the list of layers shows; "" for its name.
        keras: its class in `keras.layers` where that has another name.
        aliases: further names that Keras has for the class, in files and in its own program.
        instead: for a layer that Keras has no more, what to use; it is listed so that saved workflows open.
        wraps: names of the layers that it may wrap.
        wraps_help: the line below the choice of these.
        merges: whether it merges several others.
        attends: whether it is attention: of several others the first is the query, and one alone is all.
        spread: whether several others are arguments of their own to Keras rather than one list.
        dimensions: of the places that it works on, without channels: 2 for images; 0 where it takes any.
        traits: what else the tools know of it.
        activation: the activation that it is.
        vocabulary: the argument that says how many whole numbers it looks up.
        heads: of attention, the arguments that hold the number of its heads and the size of one.
        keras2: what Keras 2 did otherwise.
    """

    fields: tuple[Field, ...] = ()
    _: dataclasses.KW_ONLY
    keywords: str = ""
    label: str = ""
    keras: str = ""
    aliases: tuple[str, ...] = ()
    instead: str = ""
    wraps: tuple[str, ...] = ()
    wraps_help: str = ""
    merges: bool = False
    attends: bool = False
    spread: bool = False
    dimensions: int = 0
    traits: Trait = Trait.NONE
    activation: str = ""
    vocabulary: str = ""
    heads: tuple[str, str] | tuple[()] = ()
    keras2: Keras2 = dataclasses.field(default_factory=Keras2)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return what is read of its fields."""
        return tuple(field.parameter for field in self.fields)

    @property
    def defaults(self) -> dict[str, str]:
        """Return argument of Keras -> what the form holds before anyone changes it, of the fields that hold something.

        What a field holds that the form leaves blank was typed.
        """
        return {field.keras or field.name: field.shown for field in self.fields if field.shown}

    def has(self, trait: Trait) -> bool:
        """Tell whether it has a trait, or one of several that are joined by ``|``."""
        return bool(self.traits & trait)
