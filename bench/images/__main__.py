"""Runs the measurement: `python -m bench.images --help`."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import command, machine
from bench.build import peers, process
from bench.command import ROOT, Command
from bench.images.measure import Measurement
from bench.images.results import chart, report, result
from bench.images.results.figures import DEBIAN, OURS, VARIANTS
from bench.images.results.result import About, Result

COMMAND = Command("images", result.write, result.read, report.render, chart.draw)
_ROUNDS = 5

_NOTES = {
    OURS: "Debian 13 with CPython 3.13 and nothing else; the default base of functions",
    "run:base": "the same with bash and coreutils",
    "run:bookworm": "Debian 12 with CPython 3.11 and nothing else",
    "run:bookworm-base": "the same with bash and coreutils",
    DEBIAN: "Debian 13 with apt, python3, pip and venv, without documentation, similar to "
    "`python:slim` (`bench/build/base.sh`); func-python 0.8.1 serves the function",
}


def main() -> int:
    """Measure, and show or store the result. Return the exit code."""
    parser = COMMAND.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="default: %(default)s")
    arguments = parser.parse_args()
    measure = partial(_measure, arguments.rounds, os.environ)
    return COMMAND.run(measure, arguments.again, arguments.out)


def _measure(rounds: int, environ: Mapping[str, str]) -> Result:
    environ = {**environ, "DOCKER_BUILDKIT": "0"}
    pack = command.tool("pack", environ)
    taken, where = command.now(), machine.read()
    try:
        _make_images(environ)
        with TemporaryDirectory(prefix="bench-") as scratch:
            examples = ROOT / "examples"
            measurement = Measurement(pack, examples, environ, Path(scratch), rounds)
            contents = measurement.contents()
            found = measurement.run(contents)
    finally:
        _forget_images(environ)
    return Result(
        taken=taken,
        machine=where,
        tools={"docker": _docker(environ)},
        images={
            name: About(_NOTES[name], found.shell, found.bytecode)
            for name, found in contents.items()
        },
        rounds=found,
    )


def _make_images(environ: Mapping[str, str]) -> None:
    """Create all builders, under separate names, so that existing ones do not change."""
    for variant in VARIANTS.values():
        sys.stderr.write(f"making the images of {variant}\n")
        program, options = ROOT / "stack" / "builder.sh", ["--variant", variant]
        process.run([program, *options, "--as", peers.PREFIX], environ=environ)
    process.run([ROOT / "bench" / "build" / "base.sh", peers.BASE], environ=environ)


def _forget_images(environ: Mapping[str, str]) -> None:
    for image in ("builder", "build", "run", "lifecycle"):
        form = ["--format", "{{.Repository}}:{{.Tag}}", f"{peers.PREFIX}/{image}"]
        names = process.run(["docker", "image", "ls", *form], environ=environ).output.split()
        if names:
            process.run(["docker", "image", "rm", *names], environ=environ)


def _docker(environ: Mapping[str, str]) -> str:
    asked = ["docker", "version", "--format", "{{.Server.Version}}"]
    return process.run(asked, environ=environ).output.strip()


if __name__ == "__main__":
    sys.exit(main())
