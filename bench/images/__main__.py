"""Runs the measurement: `python -m bench.images --help`."""

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
from bench.build import peers, process
from bench.errors import BenchFailed
from bench.images import chart, report, result
from bench.images.figures import DEBIAN, OURS, VARIANTS
from bench.images.measure import Measurement
from bench.images.result import About, Result

_ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = 5

_NOTES = {
    OURS: "Debian 13 with CPython 3.13 and nothing else; what functions stand on by default",
    "run:base": "the same with bash and coreutils",
    "run:bookworm": "Debian 12 with CPython 3.11 and nothing else",
    "run:bookworm-base": "the same with bash and coreutils",
    DEBIAN: "Debian 13 with apt, python3, pip and venv, as `python:slim` has CPython and pip, "
    "without documentation (`bench/build/base.sh`); the function is served by func-python 0.8.1",
}


def main() -> int:
    """Measure, and show or keep the result; return the exit code."""
    arguments = _parse()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # remove what was made
    try:
        found = _again(arguments.again) if arguments.again else _measure(arguments, os.environ)
    except (BenchFailed, OSError, ValueError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    if arguments.out is None:
        sys.stdout.write(report.render(found))
    else:
        _keep(found, arguments.out)
    return 0


def _parse() -> Namespace:
    parser = ArgumentParser(prog="python -m bench.images", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=_ROUNDS, metavar="N", help=f"default: {_ROUNDS}")
    add("--again", type=Path, metavar="FILE", help="show the result in FILE, and measure nothing")
    add("--out", type=Path, metavar="FOLDER", help="write images.json, .md and .svg there")
    return parser.parse_args()


def _measure(arguments: Namespace, environ: Mapping[str, str]) -> Result:
    environ = {**environ, "DOCKER_BUILDKIT": "0"}
    pack = _pack(environ)
    taken, where = datetime.now(UTC).isoformat(timespec="seconds"), machine.read()
    try:
        _make_images(environ)
        with TemporaryDirectory(prefix="bench-") as scratch:
            examples = _ROOT / "examples"
            measurement = Measurement(pack, examples, environ, Path(scratch), arguments.rounds)
            contents = measurement.contents()
            rounds = measurement.run(contents)
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
        rounds=rounds,
    )


def _make_images(environ: Mapping[str, str]) -> None:
    """Make all builders, under names of ours: those that others use stay as they are."""
    for variant in VARIANTS.values():
        sys.stderr.write(f"making the images of {variant}\n")
        program, options = _ROOT / "stack" / "builder.sh", ["--variant", variant]
        process.run([program, *options, "--as", peers.PREFIX], environ=environ)
    process.run([_ROOT / "bench" / "build" / "base.sh", peers.BASE], environ=environ)


def _forget_images(environ: Mapping[str, str]) -> None:
    for image in ("builder", "build", "run", "lifecycle"):
        form = ["--format", "{{.Repository}}:{{.Tag}}", f"{peers.PREFIX}/{image}"]
        names = process.run(["docker", "image", "ls", *form], environ=environ).output.split()
        if names:
            process.run(["docker", "image", "rm", *names], environ=environ)


def _again(file: Path) -> Result:
    return result.read(file.read_text(encoding="utf-8"))


def _pack(environ: Mapping[str, str]) -> Path:
    found = shutil.which("pack", path=f"{_ROOT / '.tools'}{os.pathsep}{environ['PATH']}")
    if found is None:
        raise BenchFailed("pack is not there. Run `make setup`.")
    return Path(found)


def _docker(environ: Mapping[str, str]) -> str:
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    return process.run(command, environ=environ).output.strip()


def _keep(found: Result, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = result.write(found)
    kept = result.read(document)  # its digits decide what the others show
    texts = {
        "images.json": document,
        "images.svg": chart.draw(kept),
        "images.md": report.render(kept, chart="images.svg"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        sys.stderr.write(f"{folder / name}\n")


if __name__ == "__main__":
    sys.exit(main())
