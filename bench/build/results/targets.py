"""The targets for a build."""

from bench.build.results import figures
from bench.build.results.figures import HOST, PIP, UV
from bench.targets import Target

TARGETS = (
    Target(figures.COLD, 0.4, PIP),
    Target(figures.COLD, 1.0, UV),
    Target(figures.COLD, 0.5, HOST),
    Target(figures.REBUILD, 0.25, HOST),
    Target(figures.ADDED_COLD, 0.4, PIP),
    Target(figures.ADDED_COLD, 1.0, UV),
    Target(figures.FIVE_COLD, 0.4, PIP),
    Target(figures.FIVE_COLD, 1.0, UV),
    Target(figures.OVER_FLOOR, 0.3),
    Target(figures.ADDED_OVER_FLOOR, 0.5),
    Target(figures.FIVE_OVER_FLOOR, 0.5),
    Target(figures.START, 0.6, PIP),
    Target(figures.ONE_MORE_RATIO, 0.3),
    Target(figures.ONE_MORE_FETCHED, 1),
    # Twice as many packages take twice as long, plus what a busy machine adds.
    Target(figures.LINEAR, 1.25),
    Target(figures.DETECT, 50),
)
