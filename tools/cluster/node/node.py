"""node: the first process of the node's namespaces.

It starts the programs of the node in their order, and exits when one of them does. Then the kernel
kills all processes in its namespace. cluster.sh starts it.
"""

import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tools import command, process
from tools.cluster import kubectl, waiting
from tools.cluster.node import configuration, programs
from tools.cluster.node.programs import Program
from tools.cluster.settings import NODE, PREFIX, Cluster
from tools.console import Failure
from tools.machine import registry
from tools.machine.daemons import wait_until
from tools.settings import Settings

_LINK = "eth0"
_LINK_SECONDS = 10.0  # until cluster.sh has made it
_POLL = 0.1
# The machine's own folders do not change. The mounts over them end with the namespace.
_FOLDERS = ("/run", "/var/log", "/var/lib/cni")
_IN_FOLDERS = ("/run/containerd", "/run/lock", "/var/log/containers")  # iptables locks in /run


class Node:
    """The first process of the namespace, and the programs that it has started."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._names: dict[int, str] = {}

    def start(self, started: Iterable[Program]) -> None:
        """Start programs, each with a separate log."""
        for program in started:
            pid = process.start(program.command, self.log(program.name))
            self._names[pid] = program.name

    def log(self, name: str) -> Path:
        """Return the log of a program."""
        return self._logs / f"{name}.log"

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition. The process that started the node has the time limit.

        :raises Failure: a program has ended
        """
        while not condition():
            self._reap(os.WNOHANG)
            time.sleep(_POLL)

    def wait(self) -> None:
        """Wait without an end, and reap the processes that containers leave behind.

        :raises Failure: a program has ended
        """
        while True:
            self._reap(0)

    def _reap(self, options: int) -> None:
        pid, status = os.waitpid(-1, options)
        if name := self._names.get(pid):
            code = os.waitstatus_to_exitcode(status)
            ended = f"was killed by signal {-code}" if code < 0 else f"has ended with status {code}"
            text = self.log(name).read_text(errors="replace")
            raise Failure(f"{name} {ended}", waiting.tail(text))


def run(cluster: Cluster) -> None:
    """Start the node, and wait until one of its programs exits.

    :raises Failure: a program has ended
    """
    _mount()
    _connect()
    for path, text in configuration.contents(cluster).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    node, files = Node(cluster.logs), configuration.files(cluster)
    node.start(programs.first(cluster, files, registry.program(cluster.settings)))
    node.wait_until(lambda: kubectl.failure(cluster, "get", "--raw", "/readyz") is None)
    node.wait_until(configuration.CONTAINERD_SOCKET.is_socket)
    node.start(programs.second(cluster, files))
    node.wait()


def _mount() -> None:
    process.call(["mount", "--make-rshared", "/"])
    for folder in _FOLDERS:
        Path(folder).mkdir(parents=True, exist_ok=True)
        process.call(["mount", "-t", "tmpfs", "tmpfs", folder])
    for folder in _IN_FOLDERS:
        Path(folder).mkdir(parents=True, exist_ok=True)


def _connect() -> None:
    """Set up this end of the link to the machine."""
    process.call(["ip", "link", "set", "lo", "up"])
    wait_until(lambda: _LINK in (name for _, name in socket.if_nameindex()), _LINK_SECONDS)
    process.call(["ip", "address", "add", f"{NODE}/{PREFIX}", "dev", _LINK])
    process.call(["ip", "link", "set", _LINK, "up"])
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _main(arguments: Sequence[str], settings: Settings) -> None:
    command.Parser("node", __doc__).parse_args(arguments)
    try:
        run(Cluster(settings))
    except Failure as failure:
        raise SystemExit(str(failure)) from failure  # cluster.sh shows it in its error message


if __name__ == "__main__":
    command.run(_main)
