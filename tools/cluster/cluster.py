"""Kubernetes with Knative Serving, Eventing and Tekton on this machine, for tests and trials.

up      starts it, and waits until it is ready. It pulls functions from the registry on loopback
down    stops it, and removes everything that it created, except its logs

It is one node in separate namespaces (processes, mounts, network). So when it stops, no process, no
mount and no iptables rule is left. It requires Linux and root.
"""

import os
import platform
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tools import ROOT, command, process
from tools.cluster import credentials, host, images, knative, kubectl, parts
from tools.cluster.settings import Cluster
from tools.cluster.waiting import ended, wait_until
from tools.console import say
from tools.parallel import Reported
from tools.settings import Settings

_RUN = ROOT / "tools" / "run.sh"
_NAMESPACES_SECONDS = 10.0


def up(cluster: Cluster) -> None:
    """Start the cluster, if it does not run, and wait until it is ready.

    :raises Failure: this machine cannot run one, or a part does not start
    :raises Reported: root lacks a right, which was reported
    """
    host.check_user(platform.system(), os.geteuid())
    if cluster.node.pid is None:
        host.check_disk(_existing(cluster.cache.folder))
    # First, because _is_ready needs kubectl, which a second clone may not have yet.
    parts.make(cluster)
    with cluster.cache.locked("cluster"):
        if _is_ready(cluster):
            return
        _stop(cluster)
        _check(cluster)
        images.push(cluster)
        _start(cluster)
        knative.start(cluster)
    say(f"The cluster is ready: export KUBECONFIG={cluster.kubeconfig}")


def down(cluster: Cluster) -> None:
    """Stop the cluster, if it runs, and undo its changes of this machine.

    :raises Failure: it does not stop
    """
    with cluster.cache.locked("cluster"):
        _stop(cluster)


def _check(cluster: Cluster) -> None:
    host.check_disk(cluster.cache.folder)
    host.check_link()
    host.check_namespaces()
    if process.run([*host.unshared(), _RUN, "tools.cluster.rights"]):
        raise Reported


def _start(cluster: Cluster) -> None:
    host.save_kernel_settings(_kernel_note(cluster))
    credentials.make(cluster)
    shutil.rmtree(cluster.logs, ignore_errors=True)  # of an earlier start
    cluster.logs.mkdir(parents=True)
    # --kill-child: when unshare ends, so does the first process of the namespaces, and all others.
    node: list[str | Path] = [*host.unshared("--kill-child"), _RUN, "tools.cluster.node.node"]
    cluster.node.start(node, lambda: _first_process(cluster) is not None, _NAMESPACES_SECONDS)
    first = _first_process(cluster)
    if first is None:
        raise ended(cluster)
    host.connect(first, _link_note(cluster))
    # For builds that download packages. With this program, the machine need not forward packets.
    outgoing = ["slirp4netns", "--configure", "--mtu", "1500", "--disable-host-loopback"]
    has_outgoing = ["nsenter", "--target", str(first), "--net", "ip", "link", "show", "tap0"]
    cluster.outgoing.start(
        [*outgoing, str(first), "tap0"],
        lambda: process.succeeds(has_outgoing),
        _NAMESPACES_SECONDS,
    )
    wait_until(cluster, "the API server", 60, lambda: _api_problem(cluster))
    wait_until(cluster, "the node to be ready", 60, lambda: _node_problem(cluster))


def _stop(cluster: Cluster) -> None:
    first = _first_process(cluster)
    if first is not None:
        with suppress(ProcessLookupError):
            # unshare itself ignores SIGTERM, and so does the first process until Python handles it.
            os.kill(first, signal.SIGKILL)
    cluster.node.stop()
    cluster.outgoing.stop()
    if cluster.state.is_dir():
        host.disconnect(_link_note(cluster))
        host.restore(_kernel_note(cluster))
        shutil.rmtree(cluster.state)


def _first_process(cluster: Cluster) -> int | None:
    """Return the process id, on this machine, of the first process of the node's namespaces."""
    if (pid := cluster.node.pid) is None:
        return None
    children = process.answer(["pgrep", "--parent", str(pid)])
    return int(children.split()[0]) if children else None


def _is_ready(cluster: Cluster) -> bool:
    """Return whether all parts of the cluster run. If one was killed, `up` starts a new cluster."""
    processes = (cluster.node.pid, cluster.outgoing.pid)
    return all(processes) and cluster.ready.exists() and _api_problem(cluster) is None


def _api_problem(cluster: Cluster) -> str | None:
    return kubectl.failure(cluster, "get", "--raw", "/readyz")


def _node_problem(cluster: Cluster) -> str | None:
    table = process.answer(kubectl.command(cluster, "get", "nodes", "--no-headers")) or ""
    return None if " Ready" in table else table or "There is no node yet"


def _kernel_note(cluster: Cluster) -> Path:
    return cluster.state / "kernel"


def _link_note(cluster: Cluster) -> Path:
    return cluster.state / "link"


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("cluster.sh", __doc__)
    parser.add_argument("action", nargs="?", choices=["up", "down"], default="up")
    act = up if parser.parse_args(arguments).action == "up" else down
    act(Cluster(settings))


if __name__ == "__main__":
    command.run(_main)
