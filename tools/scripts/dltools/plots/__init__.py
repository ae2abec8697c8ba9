"""One display for each plot, and how it is rendered."""
