"""The error that ends a measurement."""


class BenchFailed(Exception):
    """A peer or a tool does not work. The text names it."""
