"""Times of a first build and of a changed line, for some ways to build.

`python -m bench.build.setups` builds one function with packages of several sizes. The packages come
from an index on this machine, and the registry is the one on loopback (`make registry`).
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import command, tables
from bench.build import functions, packages, process
from bench.build.measure import docker_host
from bench.build.peers import PREFIX
from bench.command import ROOT
from tools import package_index
from tools.package_index import PackageIndex

_PACKAGE_MB = 20
_CACHES = ("build", "launch")  # as pack calls them
_PUBLISH = ("--publish", "--network", "host")
_ADDED = ("--buildpack", str(ROOT / "buildpack"), "--trust-extra-buildpacks")


@dataclass(frozen=True)
class Setup:
    """A way to build. If it is `published`, Docker pulls the image from the registry."""

    name: str
    title: str
    options: tuple[str, ...] = ()
    published: bool = False


SETUPS = (
    Setup("daemon", "pack build"),
    Setup("added", "pack build --buildpack ./buildpack --trust-extra-buildpacks", _ADDED),
    Setup("registry", "pack build --publish; docker pull", _PUBLISH, published=True),
)
_COLUMNS = ("build", "packages, MB", "first build, s", "changed line, s")


@dataclass(frozen=True)
class Measurement:
    """The programs and folders that builds need."""

    pack: Path
    uv: Path
    registry: str
    environ: Mapping[str, str]

    def take(self, served: PackageIndex, count: int, rounds: int) -> list[list[float]]:
        """Return for each setup the seconds of the first build and of each changed line.

        Each round measures all setups.

        :raises BenchFailed: a build failed.
        """
        environ = {**self.environ, "UV_DEFAULT_INDEX": served.url}
        with TemporaryDirectory(prefix="bench-setups-") as scratch:
            folder = Path(scratch, "function")
            functions.with_dependencies(folder, count, self.uv, environ)
            try:
                taken = [[self._build(setup, folder, served.url)] for setup in SETUPS]
                for number in range(rounds):
                    functions.change_source(folder, number)
                    for setup, seconds in zip(SETUPS, taken, strict=True):
                        seconds.append(self._build(setup, folder, served.url))
            finally:
                for setup in SETUPS:
                    self._forget(setup)
        return taken

    def _build(self, setup: Setup, folder: Path, url: str) -> float:
        caches = (
            option
            for kind in _CACHES
            for option in ("--cache", f"type={kind};format=volume;name={_volume(setup, kind)}")
        )
        image = self._image(setup)
        build: list[str | Path] = [
            *(self.pack, "build", image, "--path", folder, "--pull-policy", "if-not-present"),
            *("--builder", f"{self.registry}/knative-python/builder", "--trust-builder"),
            *("--env", f"UV_DEFAULT_INDEX={url}", *caches, *setup.options),
        ]
        seconds = process.run(build, environ=self.environ).seconds
        if setup.published:
            pull = ["docker", "pull", "--quiet", image]
            seconds += process.run(pull, environ=self.environ).seconds
        sys.stderr.write(f"{setup.title}: {seconds:.1f} s\n")
        return seconds

    def _forget(self, setup: Setup) -> None:
        image = ["docker", "image", "rm", "--force", self._image(setup)]
        process.run(image, environ=self.environ)
        volumes = [_volume(setup, kind) for kind in _CACHES]
        process.run(["docker", "volume", "rm", "--force", *volumes], environ=self.environ)

    def _image(self, setup: Setup) -> str:
        place = f"{self.registry}/" if setup.published else ""
        return f"{place}{PREFIX}/setups-{setup.name}"


def _volume(setup: Setup, kind: str) -> str:
    return f"{PREFIX}-setups-{setup.name}-{kind}"


def main() -> int:
    """Measure and show; return the exit code."""
    parser = command.table_parser("build.setups", __doc__)
    sizes = parser.add_argument("--megabytes", type=int, nargs="+", default=[20, 200])
    sizes.help = f"sizes of all packages, each a multiple of {_PACKAGE_MB}; default: 20 200"
    arguments = parser.parse_args()
    measure = partial(
        _measure, arguments.rounds, arguments.registry, arguments.megabytes, os.environ
    )
    return command.print_table(measure, f"{arguments.rounds} changes")


def _measure(rounds: int, registry: str, sizes: list[int], environ: Mapping[str, str]) -> str:
    pack, uv = command.tool("pack", environ), command.tool("uv", environ)
    found = Measurement(pack, uv, registry, environ)
    counts = [size // _PACKAGE_MB for size in sizes]
    rows = []
    with (
        TemporaryDirectory(prefix="bench-packages-") as scratch,
        package_index.serving(
            packages.write(Path(scratch), max(counts), _PACKAGE_MB), docker_host(environ)
        ) as served,
    ):
        for count in counts:
            for setup, (first, *again) in zip(
                SETUPS, found.take(served, count, rounds), strict=True
            ):
                seconds = (f"{first:.1f}", f"{median(again):.1f}")
                rows.append([setup.title, str(count * _PACKAGE_MB), *seconds])
    return tables.table(_COLUMNS, rows)


if __name__ == "__main__":
    sys.exit(main())
