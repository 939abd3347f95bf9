"""The layer with a CPython, and which one the function gets."""
