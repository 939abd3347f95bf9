"""The layer with a CPython, and the choice of its version."""
