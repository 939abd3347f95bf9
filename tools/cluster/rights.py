"""Checks that root has the rights that a node needs. Some containers and CI machines lack some.

It runs in new namespaces, so that nothing is left of it.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import command, process
from tools.console import Failure
from tools.settings import Settings

_CGROUPS = Path("/sys/fs/cgroup")
_SETTING = "/proc/sys/vm/overcommit_memory"


@dataclass(frozen=True)
class Right:
    """Something that root may do on most machines.

    :param name: completes "This machine does not let root …"
    """

    name: str
    command: Sequence[str]


def rights(folder: Path, cgroup: Path) -> list[Right]:
    """Return the rights that a node needs, in this order, with a command that tries each one.

    :param folder: where a file system is mounted
    :param cgroup: a control group to make
    """
    lower, upper, work, merged = (f"{folder}/{name}" for name in ("lower", "upper", "work", "all"))
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    overlay = (
        f"mkdir {lower} {upper} {work} {merged} && mount -t overlay overlay -o {layers} {merged}"
    )
    veth = "ip link add probe0 type veth peer name probe1"
    rule = "iptables -t nat -A POSTROUTING -s 127.0.0.1 -j MASQUERADE"
    return [
        Right("mount a file system", ["mount", "-t", "tmpfs", "tmpfs", str(folder)]),
        Right("mount an overlay, as containers have it", ["sh", "-c", overlay]),
        Right("make network interfaces", veth.split()),
        Right("set iptables rules", rule.split()),
        # It writes the present value.
        Right(
            "change settings of the kernel",
            ["sh", "-c", f"value=$(cat {_SETTING}) && echo $value >{_SETTING}"],
        ),
        Right("make control groups", ["mkdir", str(cgroup)]),
    ]


def check(wanted: Sequence[Right]) -> None:
    """Try each right.

    :raises Failure: the first that is missing
    """
    for right in wanted:
        if said := process.failure(right.command):
            raise Failure(
                f"This machine does not let root {right.name}",
                f"A cluster needs that. Tried: {' '.join(right.command)}",
                said,
                "A container needs --privileged. Otherwise, use a virtual machine.",
            )


def cgroup(groups: Path, number: int) -> Path:
    """Return the control group to make; version 1 has a hierarchy for each controller."""
    memory = groups / "memory"
    return (memory if memory.is_dir() else groups) / f"knative-probe.{number}"


def _main(arguments: Sequence[str], _settings: Settings) -> None:
    command.Parser("rights", __doc__).parse_args(arguments)
    probe = cgroup(_CGROUPS, os.getpid())
    folder = Path(tempfile.mkdtemp())
    try:
        check(rights(folder, probe))
    finally:
        if probe.is_dir():
            probe.rmdir()
        process.failure(["umount", "--recursive", str(folder)])
        folder.rmdir()


if __name__ == "__main__":
    command.run(_main)
