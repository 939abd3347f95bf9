"""kubectl, as the cluster's administrator."""

from pathlib import Path

from tools import process
from tools.cluster.settings import Cluster


def command(cluster: Cluster, *arguments: str | Path) -> process.Command:
    """Return the command of kubectl with these arguments."""
    program = cluster.program("kubernetes", "kubectl")
    return [program, "--kubeconfig", cluster.kubeconfig, "--request-timeout", "20s", *arguments]


def failure(cluster: Cluster, *arguments: str | Path) -> str | None:
    """Run kubectl. Return its output if it fails, else None."""
    return process.failure(command(cluster, *arguments))


def output(cluster: Cluster, *arguments: str | Path) -> str:
    """Run kubectl, and return what it prints.

    :raises Failure: it fails; its errors are on the terminal
    """
    return process.output(command(cluster, *arguments))
