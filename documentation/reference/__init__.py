"""docs/reference.md: names and numbers, read from the code."""
