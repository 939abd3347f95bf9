"""The figures: their names in a result, and their titles and notes in a report."""

from dataclasses import dataclass

# The names of the peers.
OURS = "buildpack"
FLOOR = "floor"
PIP = "pip Dockerfile"
UV = "uv Dockerfile"
HOST = "func host"


@dataclass(frozen=True)
class Figure:
    """A figure. `note` explains how it is measured."""

    name: str
    title: str
    unit: str
    digits: int
    note: str


COLD = Figure(
    "cold_s",
    "Cold build of func's http template",
    "s",
    2,
    "wall clock of `pack build` with a trusted builder (creator), without cache volumes and "
    "without an earlier image, of `docker build --no-cache`, and of `func build` without a pip "
    "cache. Packages come from the package index. Before each build of this report, all data is "
    "written to the disk, and the memory of removed files is dropped",
)
REBUILD = Figure(
    "rebuild_s",
    "Rebuild after a change of the source",
    "s",
    2,
    "the same function again, with one changed source file and all caches. The floor is a "
    "buildpack that does nothing, with the same build image, run image and lifecycle",
)
OVER_FLOOR = Figure(
    "over_floor_s", "Rebuild, minus the floor", "s", 2, "the same, minus the floor of that round"
)
ADDED_COLD = Figure(
    "added_cold_s",
    "Cold build, --buildpack ./buildpack trusted",
    "s",
    2,
    "the template with `--buildpack ./buildpack --trust-extra-buildpacks`: pack runs all phases in "
    "one container. It adds the folder to the builder only if the builder has another version of "
    "it. The Dockerfiles are those of the cold build",
)
ADDED_REBUILD = Figure(
    "added_rebuild_s",
    "Rebuild, --buildpack ./buildpack trusted",
    "s",
    2,
    "the same after a change of the source. The floor is the buildpack that does nothing, added in "
    "the same way",
)
ADDED_OVER_FLOOR = Figure(
    "added_over_floor_s",
    "Rebuild, --buildpack trusted, minus its floor",
    "s",
    2,
    "the same, minus the floor of that round",
)
FIVE_COLD = Figure(
    "five_cold_s",
    "Cold build, --buildpack ./buildpack",
    "s",
    2,
    "the template with only `--buildpack ./buildpack`: pack starts a container for each of five "
    "phases",
)
FIVE_REBUILD = Figure(
    "five_rebuild_s",
    "Rebuild, --buildpack ./buildpack",
    "s",
    2,
    "the same after a change of the source, with the same kind of floor",
)
FIVE_OVER_FLOOR = Figure(
    "five_over_floor_s",
    "Rebuild, --buildpack, minus its floor",
    "s",
    2,
    "the same, minus the floor of that round",
)
START = Figure(
    "start_s",
    "Container start to first answer",
    "s",
    3,
    "from the start of the container's process, by Docker's record, to the first 200; the median "
    "of 5 containers",
)
FIFTY = Figure(
    "fifty_s",
    "Cold build with 50 dependencies",
    "s",
    2,
    "a function with uv.lock and 50 packages of 40 modules each, created for this test. The index "
    "is a server on this machine that counts its requests",
)
ONE_MORE = Figure(
    "one_more_s", "Rebuild with one more dependency", "s", 2, "a 51st package in the lock"
)
ONE_MORE_RATIO = Figure(
    "one_more_ratio",
    "One more dependency, divided by the cold build",
    "",
    2,
    "the rebuild with one more dependency, divided by the cold build with 50 in the same round",
)
ONE_MORE_FETCHED = Figure(
    "one_more_fetched",
    "Packages downloaded for one more dependency",
    "",
    0,
    "wheels that the build requested from the index; one has changed",
)
NONE = Figure("none_s", "Cold build without dependencies", "s", 2, "the same function")
TWO_HUNDRED = Figure("two_hundred_s", "Cold build with 200 dependencies", "s", 2, "as with 50")
LINEAR = Figure(
    "linear",
    "Time for each of 200 packages, divided by that of 50",
    "",
    2,
    "the time that dependencies add to a build without any, divided by their number; 1 means "
    "that twice as many packages take twice as long",
)
DETECT = Figure(
    "detect_ms",
    "detect",
    "ms",
    0,
    "bin/detect in the build image, started like the lifecycle does; the median of 20",
)

FIGURES = (
    COLD,
    REBUILD,
    OVER_FLOOR,
    ADDED_COLD,
    ADDED_REBUILD,
    ADDED_OVER_FLOOR,
    FIVE_COLD,
    FIVE_REBUILD,
    FIVE_OVER_FLOOR,
    START,
    FIFTY,
    ONE_MORE,
    ONE_MORE_RATIO,
    ONE_MORE_FETCHED,
    NONE,
    TWO_HUNDRED,
    LINEAR,
    DETECT,
)

BY_NAME = {figure.name: figure for figure in FIGURES}
