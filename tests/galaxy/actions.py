"""What a student does in a tool's form, as data: each action tells the field and what is put there."""

import dataclasses
import re
from typing import Protocol

from .form import Form


class Action(Protocol):
    """Something that is done in an open form."""

    def do(self, form: Form):
        """Do it and return once the form shows it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Choose:
    """Choose an option in a list."""

    parameter: str
    text: str

    def do(self, form: Form):
        """Open the list and click on the option."""
        form.browser.choose(self.parameter, self.text, str.__eq__)


@dataclasses.dataclass(frozen=True, slots=True)
class Take:
    """Choose a dataset by its name in the history, without the datasets that it was made from."""

    parameter: str
    name: str

    def do(self, form: Form):
        """Open the list and click on the dataset."""
        form.browser.choose(self.parameter, self.name, is_dataset)


def is_dataset(shown: str, name: str) -> bool:
    """Tell whether a form's list shows a dataset of a name: `5: One-hot labels on dataset 2`."""
    return re.fullmatch(rf"\d+: {re.escape(name)}( on .*)?", shown) is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Add:
    """Choose one more in a list of which several can be chosen."""

    parameter: str
    text: str

    def do(self, form: Form):
        """Open the list and click on the option."""
        form.add_choice(self.parameter, self.text)


@dataclasses.dataclass(frozen=True, slots=True)
class Type:
    """Type into a field, in place of what it held."""

    parameter: str
    text: str

    def do(self, form: Form):
        """Type it."""
        form.type(self.parameter, self.text)


@dataclasses.dataclass(frozen=True, slots=True)
class Tick:
    """Tick a box: the switch of a yes-or-no field, or one of several by its value."""

    parameter: str
    value: str = "true"

    def do(self, form: Form):
        """Click on the box unless it is ticked."""
        form.tick(self.parameter, self.value)


@dataclasses.dataclass(frozen=True, slots=True)
class Insert:
    """Insert one more block of what can be repeated; a parameter of the new block tells that it is there."""

    title: str
    parameter: str

    def do(self, form: Form):
        """Press the button below the blocks."""
        form.insert(self.title, self.parameter)


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """Take a picture of the window with a field at its top, for who wants pictures."""

    name: str
    parameter: str = ""

    def do(self, form: Form):
        """Scroll there; without a parameter, to the first field."""
        form.picture(self.name, self.parameter)
