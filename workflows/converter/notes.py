"""What was changed in a workflow, and what is left for a person to do."""

import dataclasses


@dataclasses.dataclass(slots=True)
class Notes:
    """Lines on one workflow.

    Attributes:
        step: what the lines that come next are about: "step 3 (keras_model_builder)".
        lines: of changes.
        open: of what could not be converted.
    """

    step: str = ""
    lines: list[str] = dataclasses.field(default_factory=list)
    open: list[str] = dataclasses.field(default_factory=list)

    def changed(self, text: str) -> None:
        """Note a change."""
        self.lines.append(f"{self.step}: {text}")

    def left(self, text: str) -> None:
        """Note what a person has to look at."""
        self.open.append(f"{self.step}: {text}")
