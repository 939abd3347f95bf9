"""Compares the newest measurements in docs/benchmarks with those of the last commit.

They are compared with those of the same machine, or of another one if the commit has none of it.

For a figure with peers, it compares the ratio to each peer, because two runs rarely have the same
machine and the same load. Other figures are compared directly, but no times of two machines. `make
bench` ends with this.

Exit status 1: a figure of ours is more than a tenth worse.
"""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import documents
from bench.build import process
from bench.build.results import figures as build
from bench.command import ROOT
from bench.errors import BenchFailed
from bench.images.results import figures as images
from bench.machine import Machine
from bench.platform.results import figures as platform
from bench.rounds import Figure, Round
from bench.runtime.peers import OURS as FUNC_RUNTIME
from bench.runtime.results import figures as runtime

# How much worse a figure may become.
LIMIT = 0.10
# Figures that are neither good nor bad.
_NEUTRAL = ("busy_cores", "cpu_kernel_us", "half_rate", "long_run_requests")
# Units that depend on the speed of a machine.
_TIMES = ("s", "ms", "µs", "1/s")
_FOLDER = "docs/benchmarks"


@dataclass(frozen=True)
class Loss:
    """How much worse a figure is, as a part of its earlier value. Below 0, it is better.

    :param peers: whether the ratio to peers was compared
    """

    figure: Figure
    before: float
    after: float
    part: float
    peers: bool

    @property
    def is_too_much(self) -> bool:
        """Whether the figure is worse than permitted."""
        return self.part > LIMIT

    @property
    def is_of_any_machine(self) -> bool:
        """Whether the figure can be compared with that of a faster or slower machine."""
        return self.peers or self.figure.unit not in _TIMES


def losses(before: Round, after: Round, figures: Mapping[str, Figure], ours: str) -> Iterator[Loss]:
    """Compare the medians that both runs have."""
    for name, values in after.items():
        old = before.get(name, {})
        if name in _NEUTRAL or name not in figures or not {ours} <= {*old} & {*values}:
            continue
        peers = [peer for peer in values if peer != ours and old.get(peer) and values[peer]]
        pairs = [(old[ours] / old[peer], values[ours] / values[peer]) for peer in peers]
        found = [_lost(name, *pair) for pair in pairs or [(old[ours], values[ours])]]
        yield Loss(figures[name], old[ours], values[ours], median(found), bool(peers))


def _lost(name: str, before: float, after: float) -> float:
    if name.endswith("_per_s"):  # more is better
        before, after = after, before
    if not before:
        return 1.0 if after else 0.0
    return round(after / before - 1, 4)


def line(loss: Loss) -> str:
    """Return a line of the report."""
    figure = loss.figure
    values = f"{loss.before:.{figure.digits}f} → {loss.after:.{figure.digits}f} {figure.unit}"
    change = f"{abs(loss.part):.1%} {'worse' if loss.part > 0 else 'better'}"
    peers = " relative to its peers" if loss.peers else ""
    mark = "LOSS  " if loss.is_too_much else "      "
    return f"{mark}{figure.title}: {values.strip()} ({change if loss.part else 'the same'}{peers})"


def main() -> int:
    """Compare all measurements. Return the exit code."""
    parser = ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--with", dest="commit", default="HEAD", help="default: %(default)s")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_SIDES)}")
    arguments = parser.parse_args()
    found = list[Loss]()
    for name in arguments.names or _SIDES:
        try:
            compared = list(_compared(name, arguments.commit))
        except (BenchFailed, OSError, KeyError, ValueError) as error:
            sys.stderr.write(f"Error: {name}: {error}\n")
            return 1
        sys.stdout.write("\n".join([name, *map(line, compared), ""]))
        found += compared
    lost = sum(loss.is_too_much for loss in found)
    sys.stdout.write(f"{lost} of {len(found)} figures are more than {LIMIT:.0%} worse\n")
    return 1 if lost else 0


_SIDES: dict[str, tuple[Mapping[str, Figure], str]] = {
    "runtime": (runtime.BY_NAME, FUNC_RUNTIME),
    "build": (build.BY_NAME, build.OURS),
    "images": (images.BY_NAME, images.OURS),
    "platform": (platform.BY_NAME, build.OURS),
}


def earlier(committed: Sequence[Mapping[str, Any]], after: Mapping[str, Any]) -> Mapping[str, Any]:
    """Choose the result to compare with: that of the same machine, or else the newest.

    :raises ValueError: there is none.
    """
    if not committed:
        raise ValueError("the commit has no result")
    same = [found for found in committed if _are_of_one_machine(found, after)]
    return newest(same or committed)


def _machine(result: Mapping[str, Any]) -> Machine:
    return Machine(**result["machine"])


def _are_of_one_machine(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return _machine(before).slug == _machine(after).slug


def newest(found: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the result that was measured last."""
    return max(found, key=lambda result: str(result["taken"]))


def _compared(name: str, commit: str) -> Iterator[Loss]:
    after = newest(map(json.loads, documents.kept(name, ROOT / _FOLDER)))
    before = earlier(_committed(name, commit), after)
    if before["taken"] == after["taken"]:
        sys.stderr.write(f"{name}: not measured again since {commit}\n")
    same = _are_of_one_machine(before, after)
    if not same:
        sys.stderr.write(f"{name}: compared with {_machine(before).name}\n")
    for loss in losses(before["medians"], after["medians"], *_SIDES[name]):
        if same or loss.is_of_any_machine:
            yield loss


def _committed(name: str, commit: str) -> list[dict[str, Any]]:
    listed = _git("ls-tree", "--name-only", commit, f"{_FOLDER}/").splitlines()
    found = [path for path in listed if Path(path).match(documents.pattern(name))]
    return [json.loads(_git("show", f"{commit}:{path}")) for path in found]


def _git(*arguments: str) -> str:
    return process.run(["git", "-C", ROOT, *arguments], environ=os.environ).output


if __name__ == "__main__":
    sys.exit(main())
