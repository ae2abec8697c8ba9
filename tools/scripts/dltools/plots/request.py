"""What the form asks of a plot, once it is read."""

from typing import Protocol, Self

from dltools.plots.drawing import Display


class Request(Protocol):
    """What the section of the form of one plot asks for: a frozen dataclass for each plot.

    Only `read` sees the form as Galaxy's JSON holds it.
    """

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form.

        Raises:
            UserError: a parameter that is missing or no good.
        """

    def display(self) -> Display:
        """Return what is asked for, ready to be drawn, with the title that the plot has of its own.

        Raises:
            UserError: data that is no good.
        """
