"""Runs the measurement: `python -m bench.build --help`."""

import os
import shutil
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import machine
from bench.build import chart, floor, peers, process, report, result
from bench.build.figures import FLOOR, OURS, PIP, UV
from bench.build.measure import FLOOR_BUILDER, Measurement, Tools
from bench.build.result import Result
from bench.errors import BenchFailed

_ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = 5

_PEERS = {
    OURS: "pack with the builder of this clone",
    PIP: "func-python 0.8.1 and the function, installed as func's host builder does: a virtual "
    "environment, the newest pip, all into one folder",
    UV: "the same packages by uv, compiled, the dependencies in a layer of their own",
    FLOOR: "pack with a buildpack that does nothing",
}


def main() -> int:
    """Measure, and show or keep the result; return the exit code."""
    arguments = _parse()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # remove what was made
    try:
        found = _measure(arguments, os.environ)
    except BenchFailed as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    if arguments.out is None:
        sys.stdout.write(report.render(found))
    else:
        _keep(found, arguments.out)
    return 0


def _parse() -> Namespace:
    parser = ArgumentParser(prog="python -m bench.build", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=_ROUNDS, metavar="N", help=f"default: {_ROUNDS}")
    add("--builder", default="knative-python/builder", help="default: %(default)s")
    add("--out", type=Path, metavar="FOLDER", help="write build.json, .md and .svg there")
    return parser.parse_args()


def _measure(arguments: Namespace, environ: Mapping[str, str]) -> Result:
    tools = Tools(
        pack=_tool("pack", environ),
        func=_tool("func", environ),
        uv=_tool("uv", environ),
        builder=arguments.builder,
        environ={**environ, "DOCKER_BUILDKIT": "0"},
    )
    process.run([_ROOT / "bench" / "build" / "base.sh", peers.BASE], environ=tools.environ)
    lifecycle = (_ROOT / ".tools" / "lifecycle.tgz").resolve()
    floor.make(FLOOR_BUILDER, tools.pack, lifecycle, tools.environ)
    taken, where = datetime.now(UTC).isoformat(timespec="seconds"), machine.read()
    versions = {name: _first_line(command, tools) for name, command in _versions(tools).items()}
    try:
        with TemporaryDirectory(prefix="bench-") as scratch:
            rounds = Measurement(tools, Path(scratch), arguments.rounds).run()
    finally:
        process.run(["docker", "image", "rm", "--force", FLOOR_BUILDER], environ=tools.environ)
    return Result(taken=taken, machine=where, tools=versions, peers=_PEERS, rounds=rounds)


def _tool(name: str, environ: Mapping[str, str]) -> Path:
    found = shutil.which(name, path=f"{_ROOT / '.tools'}{os.pathsep}{environ['PATH']}")
    if found is None:
        raise BenchFailed(f"{name} is not there. Run `make setup`.")
    return Path(found)


def _versions(tools: Tools) -> dict[str, list[str | Path]]:
    in_base = ["docker", "run", "--rm", peers.BASE]
    return {
        "docker": ["docker", "version", "--format", "{{.Server.Version}}"],
        "pack": [tools.pack, "version"],
        "python": [*in_base, "python3", "--version"],
        "pip": [*in_base, "python3", "-c", "import pip; print(pip.__version__)"],
        "uv": [*in_base, "uv", "--version"],
        "builder": ["docker", "image", "inspect", "--format", "{{.Id}}", tools.builder],
    }


def _first_line(command: list[str | Path], tools: Tools) -> str:
    return process.run(command, environ=tools.environ).output.strip().splitlines()[0]


def _keep(found: Result, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "build.json": result.write(found),
        "build.svg": chart.draw(found),
        "build.md": report.render(found, chart="build.svg"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        sys.stderr.write(f"{folder / name}\n")


if __name__ == "__main__":
    sys.exit(main())
