"""What ends a measurement."""


class BenchFailed(Exception):
    """Something that is measured, or measures, does not work. The text says what to look at."""
