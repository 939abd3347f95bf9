"""Runs the measurement: `python -m bench.build --help`."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import command, machine
from bench.build import floor, peers, process
from bench.build.measure import FLOOR_BUILDER, Measurement, Tools
from bench.build.results import chart, report, result
from bench.build.results.figures import FLOOR, HOST, OURS, PIP, UV
from bench.build.results.result import Result
from bench.command import ROOT, Command

COMMAND = Command("build", result.write, result.read, report.render, chart.draw)
_ROUNDS = 5

_PEERS = {
    OURS: "pack with the builder of this clone",
    PIP: "func-python 0.8.1 and the function, installed as func's host builder does it: a virtual "
    "environment, the newest pip, everything in one folder",
    UV: "the same packages, installed by uv and compiled, with the dependencies in a separate "
    "layer",
    HOST: "`func build --builder host`, without Docker: func's own scaffolding, and pip with this "
    "machine's Python. It writes images for three platforms, on the Dockerfiles' base image",
    FLOOR: "pack with a buildpack that does nothing",
}


def main() -> int:
    """Measure, and show or store the result. Return the exit code."""
    parser = COMMAND.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="default: %(default)s")
    parser.add_argument("--builder", default="knative-python/builder", help="default: %(default)s")
    parser.add_argument("--registry", default="localhost:5000", help="default: %(default)s")
    arguments = parser.parse_args()
    measure = partial(_measure, arguments, os.environ)
    return COMMAND.run(measure, arguments.again, arguments.out)


def _measure(arguments: Namespace, environ: Mapping[str, str]) -> Result:
    tools = Tools(
        pack=command.tool("pack", environ),
        func=command.tool("func", environ),
        uv=command.tool("uv", environ),
        builder=arguments.builder,
        registry=arguments.registry,
        environ={**environ, "DOCKER_BUILDKIT": "0"},
    )
    process.run([ROOT / "bench" / "build" / "base.sh", peers.BASE], environ=tools.environ)
    lifecycle = (ROOT / ".tools" / "lifecycle.tgz").resolve()
    floor.make(FLOOR_BUILDER, tools.pack, lifecycle, tools.environ)
    taken, where = command.now(), machine.read()
    versions = {name: _first_line(asked, tools) for name, asked in _versions(tools).items()}
    try:
        with TemporaryDirectory(prefix="bench-") as scratch:
            rounds = Measurement(tools, Path(scratch), arguments.rounds).run()
    finally:
        process.run(["docker", "image", "rm", "--force", FLOOR_BUILDER], environ=tools.environ)
    return Result(taken=taken, machine=where, tools=versions, peers=_PEERS, rounds=rounds)


def _versions(tools: Tools) -> dict[str, list[str | Path]]:
    in_base = ["docker", "run", "--rm", peers.BASE]
    return {
        "docker": ["docker", "version", "--format", "{{.Server.Version}}"],
        "pack": [tools.pack, "version"],
        "func": [tools.func, "version"],
        "python": [*in_base, "python3", "--version"],
        "pip": [*in_base, "python3", "-c", "import pip; print(pip.__version__)"],
        "uv": [*in_base, "uv", "--version"],
        "builder": ["docker", "image", "inspect", "--format", "{{.Id}}", tools.builder],
    }


def _first_line(asked: list[str | Path], tools: Tools) -> str:
    return process.run(asked, environ=tools.environ).output.strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
