"""From the form to an architecture, and back to a built model."""
