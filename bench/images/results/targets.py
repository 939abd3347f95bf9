"""The targets for the images."""

from bench.images.results import figures
from bench.images.results.figures import DEBIAN
from bench.targets import Target

TARGETS = (
    Target(figures.UNCOMPRESSED, 60),
    Target(figures.COMPRESSED, 22),
    Target(figures.WHOLE, 75),
    Target(figures.ADDED, 200),
    Target(figures.START, 0.6, DEBIAN),
)
