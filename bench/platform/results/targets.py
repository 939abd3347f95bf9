"""The targets for a function on Knative."""

from bench.platform.results import figures
from bench.platform.results.figures import PIP
from bench.targets import Target

TARGETS = (
    Target(figures.WAKE, 0.65, PIP),
    Target(figures.NEXT_BYTES, 0.1, PIP),
    Target(figures.MEMORY, 0.8, PIP),
    Target(figures.P99, 1.0, PIP),
)
