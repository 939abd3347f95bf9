"""Waiting for something in the cluster, while its node runs."""

import time
from collections.abc import Callable

from tools import process
from tools.cluster.settings import Cluster
from tools.console import Failure, say

_POLL = 0.3  # seconds
_LINES_SHOWN = 20


def wait_until(
    cluster: Cluster, what: str, seconds: float, missing: Callable[[], str | None]
) -> None:
    """Wait until nothing is missing any more.

    :param what: what to wait for, as users call it
    :param missing: returns what is missing, for the error, or None if nothing is
    :raises Failure: the node has exited, or the time is over
    """
    deadline = time.monotonic() + seconds
    is_announced = False
    while (found := missing()) is not None:
        if cluster.node.pid is None:
            raise ended(cluster)
        if time.monotonic() > deadline:
            raise Failure(
                f"Waited {seconds:.0f} s for {what}", tail(found), f"Logs: {cluster.logs}"
            )
        if not is_announced:
            say(f"Waiting for {what}")
            is_announced = True
        process.check()
        time.sleep(_POLL)


def ended(cluster: Cluster) -> Failure:
    """Return the error for a node that has exited."""
    return Failure(
        "The cluster's node has ended",
        tail(cluster.node.log.read_text(errors="replace")),
        f"Its logs: {cluster.logs}",
    )


def tail(text: str) -> str:
    """Return the last lines of a text."""
    return "\n".join(text.splitlines()[-_LINES_SHOWN:])
