"""The layer with the function's dependencies."""
