"""Runs the measurement: `python -m bench.runtime --help`."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import command, machine
from bench.command import Command
from bench.errors import BenchFailed
from bench.runtime import environments, load
from bench.runtime.environments import Interpreter, Uv
from bench.runtime.measure import Measurement
from bench.runtime.peers import PEERS, RUNTIME
from bench.runtime.results import chart, report, result
from bench.runtime.results.figures import BY_NAME, Part
from bench.runtime.results.result import Measured, Plan, Result
from bench.runtime.serve import Stage

COMMAND = Command("runtime", result.write, result.read, report.render, chart.draw)
_RUN_IMAGES_PYTHON = "3.13"
_WHOLE = Plan(rounds=5, seconds=5, starts=5, soak=200_000, parts=tuple(Part))
# Too short for the long run, and for reliable figures.
_QUICK = Plan(
    rounds=1, seconds=1, starts=3, soak=0, parts=tuple(part for part in Part if part != Part.SOAK)
)


def main() -> int:
    """Measure, and show or store the result. Return the exit code."""
    arguments = _parser().parse_args()
    measure = partial(_measure, arguments, os.environ)
    return COMMAND.run(measure, arguments.again, arguments.out)


def _parser() -> ArgumentParser:
    parser = COMMAND.parser(__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one short round, in less than a minute")
    add(
        "--only",
        action="append",
        choices=BY_NAME,
        metavar="FIGURE",
        help=f"measure this, and what is measured with it; can be repeated: {', '.join(BY_NAME)}",
    )
    add(
        "--python",
        metavar="PYTHON",
        help=f"version or path of the interpreter (default: {_RUN_IMAGES_PYTHON} as in the run "
        "image if it is here, else the one that runs this)",
    )
    return parser


def _measure(arguments: Namespace, environ: Mapping[str, str]) -> Result:
    plan, load_tool = _plan(arguments), load.version()
    uv = Uv(environ)
    interpreter = _interpreter(uv, arguments.python)
    cache = _cache(environ) / "bench" / "runtime"
    pythons = {
        peer.name: environments.environment(cache, peer.requirements, interpreter, uv)
        for peer in PEERS
    }
    taken, where = command.now(), machine.read()
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        sources = environments.copy_sources(folder, interpreter)
        stage = Stage(pythons, sources, folder)
        rounds = Measurement(stage, PEERS, plan).run()
    return Result(
        taken=taken,
        plan=plan,
        machine=where,
        python=interpreter.identity,
        load_tool=load_tool,
        runtime=environments.digest((RUNTIME / "src").rglob("*.py")),
        peers={peer.name: Measured(peer.note, environments.versions(peer)) for peer in PEERS},
        rounds=rounds,
    )


def _plan(arguments: Namespace) -> Plan:
    plan = _QUICK if arguments.quick else _WHOLE
    if arguments.only is None:
        return plan
    parts = {BY_NAME[name].part for name in arguments.only}
    return Plan(plan.rounds, plan.seconds, plan.starts, plan.soak, tuple(sorted(parts)))


def _interpreter(uv: Uv, wanted: str | None) -> Interpreter:
    """Find the Python for all peers.

    :raises BenchFailed: there is none.
    """
    if wanted is not None:
        return uv.find(wanted)
    try:
        return uv.find(_RUN_IMAGES_PYTHON)
    except BenchFailed:
        return uv.find(sys.executable)


def _cache(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CACHE_HOME") or Path(environ["HOME"], ".cache")
    return Path(home, "knative-python")


if __name__ == "__main__":
    sys.exit(main())
