"""Images that a user gives: where they lie, what they are, and how they become numbers."""
