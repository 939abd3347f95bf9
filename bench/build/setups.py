"""What a first build and a changed line cost by the way to build: `python -m bench.build.setups`.

One function, whose packages have so many megabytes. Packages are from an index on this machine, and
the registry is the one on loopback (`make registry`).
"""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import command, machine, tables
from bench.build import functions, packages, process
from bench.build.measure import docker_host
from bench.build.peers import PREFIX
from bench.command import ROOT
from bench.errors import BenchFailed
from tools import package_index
from tools.package_index import PackageIndex

_PACKAGE_MB = 20
_VOLUMES = {kind: f"{PREFIX}-setups-{kind}" for kind in ("build", "launch")}
_PHASES = ("--buildpack", str(ROOT / "buildpack"), "--trust-extra-buildpacks")


@dataclass(frozen=True)
class Setup:
    """A way to build; `published` is to a registry, from which Docker then pulls the image."""

    name: str
    options: tuple[str, ...] = ()
    published: bool = False


SETUPS = (
    Setup("pack build"),
    Setup("pack build --buildpack ./buildpack", _PHASES),
    Setup("pack build --publish; docker pull", ("--publish", "--network", "host"), published=True),
)
_COLUMNS = ("build", "packages, MB", "first build, s", "changed line, s")


@dataclass(frozen=True)
class Measurement:
    """What builds need."""

    pack: Path
    uv: Path
    registry: str
    environ: Mapping[str, str]

    def take(
        self, setup: Setup, served: PackageIndex, count: int, rounds: int
    ) -> tuple[float, float]:
        """Return the seconds of the first build, and the median of those of a changed line.

        :raises BenchFailed: a build failed.
        """
        image = f"{self.registry}/{PREFIX}/setups" if setup.published else f"{PREFIX}/setups"
        environ = {**self.environ, "UV_DEFAULT_INDEX": served.url}
        with TemporaryDirectory(prefix="bench-setups-") as scratch:
            folder = Path(scratch, "function")
            functions.with_dependencies(folder, count, self.uv, environ)
            try:
                first = self._build(setup, image, folder, served.url)
                again = []
                for number in range(rounds):
                    functions.change_source(folder, number)
                    again.append(self._build(setup, image, folder, served.url))
            finally:
                self._forget(image)
        return first, median(again)

    def _build(self, setup: Setup, image: str, folder: Path, url: str) -> float:
        caches = (
            option
            for kind, name in _VOLUMES.items()
            for option in ("--cache", f"type={kind};format=volume;name={name}")
        )
        build: list[str | Path] = [
            *(self.pack, "build", image, "--path", folder, "--pull-policy", "if-not-present"),
            *("--builder", f"{self.registry}/knative-python/builder", "--trust-builder"),
            *("--env", f"UV_DEFAULT_INDEX={url}", *caches, *setup.options),
        ]
        taken = process.run(build, environ=self.environ).seconds
        if setup.published:
            pull = ["docker", "pull", "--quiet", image]
            taken += process.run(pull, environ=self.environ).seconds
        return taken

    def _forget(self, image: str) -> None:
        process.run(["docker", "image", "rm", "--force", image], environ=self.environ)
        volumes = ["docker", "volume", "rm", "--force", *_VOLUMES.values()]
        process.run(volumes, environ=self.environ)


def main() -> int:
    """Measure and show; return the exit code."""
    parser = ArgumentParser(prog="python -m bench.build.setups", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--registry", default="localhost:5000", help="default: %(default)s")
    sizes = parser.add_argument("--megabytes", type=int, nargs="+", default=[20, 200])
    sizes.help = f"sizes of all packages, each a multiple of {_PACKAGE_MB}; default: 20 200"
    arguments = parser.parse_args()
    where = machine.read()
    try:
        table = _measure(arguments.rounds, arguments.registry, arguments.megabytes, os.environ)
    except BenchFailed as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write(f"{table}\n\nMedians of {arguments.rounds} changes on {where}; ")
    sys.stdout.write(f"load before the run: {where.load:.1f}\n")
    return 0


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
            for setup in SETUPS:
                taken = found.take(setup, served, count, rounds)
                seconds = (f"{each:.1f}" for each in taken)
                rows.append([setup.name, str(count * _PACKAGE_MB), *seconds])
                sys.stderr.write(f"{', '.join(rows[-1])}\n")
    return tables.table(_COLUMNS, rows)


if __name__ == "__main__":
    sys.exit(main())
