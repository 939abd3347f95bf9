"""Wakes a function that has no pod, and finds out what took how long."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.errors import BenchFailed
from bench.platform import clients, figures, processes, watch
from bench.platform.cluster import Cluster
from bench.platform.processes import Process

_CONTAINER = "user-container"
_NAME = '{.metadata.name}{"\\n"}'
_PATIENCE = 10.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Woken:
    """What is known of a wake: seconds by figure, and the processes of the function."""

    seconds: dict[str, float]
    processes: list[Process]


def wake(cluster: Cluster, service: str) -> Woken:
    """Ask a function that has no pod.

    :raises BenchFailed: it does not answer, or its pod is not found.
    """
    cluster.wait_until_zero(service)
    with watch.first_line(cluster.watch(service, _NAME), cluster.environ) as seen:
        began = time.time()
        answered = clients.ask(cluster.host(service))
        seen_at = seen()
    found = processes.of_container(_container(cluster, service))
    first = found[0]
    sandbox = processes.sandbox(first)
    if sandbox is None:
        raise BenchFailed(f"the sandbox of {service} was not found")
    seconds = {
        figures.WAKE.name: answered - began,
        figures.POD.name: seen_at - began,
        figures.SANDBOX.name: sandbox.began - seen_at,
        figures.PROCESS.name: first.began - sandbox.began,
        figures.ANSWER.name: answered - first.began,
    }
    if serving := _serving(cluster, service):
        seconds[figures.SERVING.name] = serving - first.began
    return Woken(seconds, found)


def _container(cluster: Cluster, service: str) -> str:
    """Return the function's container of the one pod: kubelet tells it a moment after the start.

    :raises BenchFailed: it is not there.
    """
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        for pod in cluster.pods(service):
            for status in pod["status"].get("containerStatuses", ()):
                if status["name"] == _CONTAINER and status.get("containerID"):
                    return str(status["containerID"]).rpartition("/")[2]
        time.sleep(_POLL_SECONDS)
    raise BenchFailed(f"the container of {service} is not known")


def _serving(cluster: Cluster, service: str) -> float | None:
    """Return when the log says that the function is serving, if it is a log of ours."""
    (pod,) = [pod for pod in cluster.pods(service) if "deletionTimestamp" not in pod["metadata"]]
    log = cluster.run("logs", pod["metadata"]["name"], "--container", _CONTAINER)
    for line in log.splitlines():
        if line.endswith("The function is serving"):
            text = line.split()[0].removesuffix("Z")
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    return None


def pulled(cluster: Cluster, image: str) -> float | None:
    """Return the seconds that kubelet took to pull an image, None if it was there."""
    events = json.loads(cluster.run("get", "events", "--output", "json"))["items"]
    for event in events:
        message = event.get("message", "")
        if event.get("reason") == "Pulled" and f'"{image}"' in message and " in " in message:
            return _seconds(message.split(" in ", 1)[1].split()[0])
    return None


def _seconds(text: str) -> float:
    """Read a duration as Go writes it, of less than a minute."""
    return float(text[:-2]) / 1000 if text.endswith("ms") else float(text.removesuffix("s"))
