"""What JSON holds."""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
