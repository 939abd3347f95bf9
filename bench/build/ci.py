"""What a build costs on a fresh runner of a CI: `python -m bench.build.ci --help`.

The runner has no image and no volume of an earlier build. The registry on loopback
(`make registry`) has the image of the build before and, in some of the rows, its cache.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import command, tables
from bench.build import functions, packages, process
from bench.build.peers import PREFIX
from bench.command import ROOT
from tools import package_index

_COUNTS = (50, 200)
_VOLUME = f"{PREFIX}-ci"
_BUILDS = ("first build", "changed line", "one more package")
# The cache's name is the image's, with this added.
_WAYS: Mapping[str, tuple[str, ...]] = {
    "without a cache": ("--cache", f"type=build;format=volume;name={_VOLUME}"),
    "--cache-image": ("--cache-image", "{image}-cache"),
    "--cache-image --trust-builder": ("--cache-image", "{image}-cache", "--trust-builder"),
}


@dataclass(frozen=True)
class Measurement:
    """Seconds of builds, by function and way, then by what was changed before the build."""

    pack: Path
    registry: str
    environ: Mapping[str, str]
    taken: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)

    def round(
        self, function: str, changes: Sequence[Callable[[Path], object]], env: Sequence[str] = ()
    ) -> None:
        """Build a function in each way, after each change. The first change writes the function.

        :raises BenchFailed: a build failed.
        """
        with TemporaryDirectory(prefix="bench-ci-") as scratch:
            folder = Path(scratch, "function")
            for what, change in zip(_BUILDS, changes, strict=True):
                change(folder)
                for number, way in enumerate(_WAYS):
                    image = f"{self.registry}/{PREFIX}/ci-{Path(scratch).name}-{number}".lower()
                    seconds = self._build(folder, image, _WAYS[way], env)
                    self.taken.setdefault((function, way), {}).setdefault(what, []).append(seconds)
                    sys.stderr.write(f"{function}, {way}, {what}: {seconds:.1f} s\n")

    def _build(self, folder: Path, image: str, way: Sequence[str], env: Sequence[str]) -> float:
        variables = (part for variable in env for part in ("--env", variable))
        built = process.run(
            [
                *(self.pack, "build", image, "--path", folder, "--publish", "--network", "host"),
                *("--builder", f"{self.registry}/knative-python/builder"),
                *(option.format(image=image) for option in way),
                *variables,
            ],
            environ=self.environ,
        )
        process.run(["docker", "volume", "rm", "--force", _VOLUME], environ=self.environ)
        return built.seconds

    def table(self) -> str:
        """Return the medians."""
        rows = [
            [function, way, *(f"{median(seconds):.1f}" for seconds in builds.values())]
            for (function, way), builds in self.taken.items()
        ]
        return tables.table(["function", "build", *(f"{what}, s" for what in _BUILDS)], rows)


def main() -> int:
    """Measure and show; return the exit code."""
    parser = command.table_parser("build.ci", __doc__)
    arguments = parser.parse_args()
    measure = partial(_measure, arguments.rounds, arguments.registry, os.environ)
    return command.print_table(measure, f"{arguments.rounds}")


def _measure(rounds: int, registry: str, environ: Mapping[str, str]) -> str:
    found = Measurement(command.tool("pack", environ), registry, environ)
    uv = command.tool("uv", environ)
    with (
        TemporaryDirectory(prefix="bench-packages-") as scratch,
        package_index.serving(packages.write(Path(scratch), max(_COUNTS) + 1)) as served,
    ):
        settings = {**environ, "UV_DEFAULT_INDEX": served.url}

        def write(count: int) -> Callable[[Path], object]:
            return lambda folder: functions.with_dependencies(folder, count, uv, settings)

        for _ in range(rounds):
            found.round("the http example", (_example, _change, _one_more))
            for count in _COUNTS:
                changes = (write(count), _change, write(count + 1))
                found.round(f"{count} packages", changes, [f"UV_DEFAULT_INDEX={served.url}"])
    return found.table()


def _example(folder: Path) -> None:
    shutil.copytree(ROOT / "examples" / "http", folder)


def _change(folder: Path) -> None:
    functions.change_source(folder, 1)


def _one_more(folder: Path) -> None:
    project = folder / "pyproject.toml"
    content = project.read_text()
    project.write_text(content.replace("dependencies = [", 'dependencies = ["idna", ', 1))


if __name__ == "__main__":
    sys.exit(main())
