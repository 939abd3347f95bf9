"""Runs the measurement: `python -m bench.platform --help`."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import command, machine
from bench.build import peers, process
from bench.command import ROOT, Command
from bench.platform.measure import Measurement, Tools
from bench.platform.results import chart, report, result
from bench.platform.results.figures import OURS, PIP
from bench.platform.results.result import Result

COMMAND = Command("platform", result.write, result.read, report.render, chart.draw)
_ROUNDS = 6

_PEERS = {
    OURS: "func's http template, built by pack with the builder of this clone",
    PIP: "the same function with func-python 0.8.1 on a Debian like python:slim, installed as "
    "func's host builder does",
}


def main() -> int:
    """Measure, and show or store the result. Return the exit code."""
    parser = COMMAND.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="default: %(default)s")
    parser.add_argument("--builder", default="knative-python/builder", help="default: %(default)s")
    arguments = parser.parse_args()
    measure = partial(_measure, arguments, os.environ)
    return COMMAND.run(measure, arguments.again, arguments.out)


def _measure(arguments: Namespace, environ: Mapping[str, str]) -> Result:
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kubeconfig = cache / "knative-python" / "cluster" / "kubeconfig"
    tools = Tools(
        pack=command.tool("pack", environ),
        func=command.tool("func", environ),
        kubectl=command.tool("kubectl", environ),
        builder=arguments.builder,
        environ={**environ, "DOCKER_BUILDKIT": "0", "KUBECONFIG": str(kubeconfig)},
    )
    process.run([ROOT / "bench" / "build" / "base.sh", peers.BASE], environ=tools.environ)
    taken, where = command.now(), machine.read()
    with TemporaryDirectory(prefix="bench-") as scratch:
        rounds = Measurement(tools, Path(scratch), arguments.rounds).run()
    versions = {
        "pack": process.run([tools.pack, "version"], environ=tools.environ).output.strip(),
        "func": process.run([tools.func, "version"], environ=tools.environ).output.strip(),
    }
    return Result(taken=taken, machine=where, tools=versions, peers=_PEERS, rounds=rounds)


if __name__ == "__main__":
    sys.exit(main())
