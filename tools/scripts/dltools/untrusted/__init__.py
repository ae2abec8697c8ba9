"""What is checked before a file is trusted."""
