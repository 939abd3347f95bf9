"""Sends a request to a function without a pod, and finds out how long each part took."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.errors import BenchFailed
from bench.platform import clients, processes, watch
from bench.platform.cluster import Cluster
from bench.platform.processes import Process
from bench.platform.results import figures

_CONTAINER = "user-container"
# A line for each change of a pod: name, address once the API has it, and whether it is ready.
_POD = '{.metadata.name}|{.status.podIP}|{.status.conditions[?(@.type=="Ready")].status}{"\\n"}'
_SEEN = r"\|"
_ADDRESSED = r"\|[^|]+\|"
_READY = r"\|True$"
_PATIENCE = 10.0
_POLL_SECONDS = 0.05
# The measured functions write when they are imported, started and first called, once each.
_MARKS = """
import time

from .func import Function


def mark(name, marked=set()):
    if name not in marked:
        marked.add(name)
        print("mark", name, time.time(), flush=True)


class Marked(Function):
    def start(self, cfg):
        mark("started")
        super().start(cfg)

    async def handle(self, scope, receive, send):
        mark("asked")
        await super().handle(scope, receive, send)


def new():
    return Marked()


mark("imported")
"""


@dataclass(frozen=True)
class Woken:
    """The result: seconds by figure, and the processes of the function."""

    seconds: dict[str, float]
    processes: list[Process]


def mark(function: Path) -> None:
    """Make a function of func's template write when it is imported, started and called."""
    with (function / "function" / "__init__.py").open("a") as source:
        source.write(_MARKS)


def wake(cluster: Cluster, service: str, delay: float) -> Woken:
    """Send a request to a function without a pod, which writes its marks.

    :param delay: seconds to wait before the request, on a quiet machine.
    :raises BenchFailed: it does not answer, or its pod is not found.
    """
    _wait(cluster, delay)
    with watch.lines(cluster.watch(service, _POD), cluster.environ) as when:
        began = time.time()
        answered = clients.ask(cluster.host(service))
        seen, addressed, ready = when(_SEEN), when(_ADDRESSED), when(_READY)
    found = processes.of_container(_container(cluster, service))
    first = found[0]
    sandbox = processes.sandbox(first)
    if sandbox is None:
        raise BenchFailed(f"the sandbox of {service} was not found")
    log = _log(cluster, service)
    started = _marked(log, "started")
    ends = {
        figures.POD: seen,
        figures.SANDBOX: sandbox.began,
        figures.PROCESS: first.began,
        figures.IMPORTS: _marked(log, "imported"),
        figures.HOOK: started,
        figures.KUBELET: max(started, addressed),
        figures.ASKED: _marked(log, "asked"),
        figures.ANSWERED: answered,
    }
    begins = (began, *ends.values())
    stages = zip(ends.items(), begins, strict=False)
    seconds = {figure.name: end - begin for (figure, end), begin in stages}
    seconds[figures.WAKE.name] = answered - began
    seconds[figures.WAKE_ALONE.name] = answered - began - seconds[figures.KUBELET.name]
    seconds[figures.READY.name] = ready - first.began
    if len(found) > 1:
        seconds[figures.INIT.name] = found[1].began - first.began
    if serving := _serving(log):
        seconds[figures.SERVING.name] = serving - first.began
    return Woken(seconds, found)


def _wait(cluster: Cluster, delay: float) -> None:
    """Wait until nothing runs, then for some more time.

    The kubelet checks its pods once a second, and the last pod ends on such a check. So without a
    delay, each request would be at the same time before the next check.
    """
    cluster.wait_until_zero()
    # There may have been a build and a deployment right before this.
    machine.wait_until_quiet()
    time.sleep(delay)


def _container(cluster: Cluster, service: str) -> str:
    """Return the function's container in the only pod. kubelet reports it soon after its start.

    :raises BenchFailed: it does not appear.
    """
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        for pod in cluster.pods(service):
            for status in pod["status"].get("containerStatuses", ()):
                if status["name"] == _CONTAINER and status.get("containerID"):
                    return str(status["containerID"]).rpartition("/")[2]
        time.sleep(_POLL_SECONDS)
    raise BenchFailed(f"the container of {service} is not known")


def _log(cluster: Cluster, service: str) -> list[str]:
    """Return the lines of the only pod's log."""
    (pod,) = [pod for pod in cluster.pods(service) if "deletionTimestamp" not in pod["metadata"]]
    name = pod["metadata"]["name"]
    return cluster.run("logs", name, "--container", _CONTAINER).splitlines()


def _marked(log: list[str], name: str) -> float:
    """Return when the function wrote a mark.

    :raises BenchFailed: it did not.
    """
    for line in log:
        if line.startswith(f"mark {name} "):
            return float(line.split()[2])
    raise BenchFailed(f"the function has not written that it was {name}")


def _serving(log: list[str]) -> float | None:
    """Return when the log has the line that the function is serving. Only ours has one."""
    for line in log:
        if line.endswith("The function is serving"):
            text = line.split()[0].removesuffix("Z")
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    return None


def pulled(cluster: Cluster, image: str) -> float | None:
    """Return the seconds that kubelet took to pull an image, None if it was not pulled."""
    events = json.loads(cluster.run("get", "events", "--output", "json"))["items"]
    for event in events:
        message = event.get("message", "")
        if event.get("reason") == "Pulled" and f'"{image}"' in message and " in " in message:
            return _seconds(message.split(" in ", 1)[1].split()[0])
    return None


def _seconds(text: str) -> float:
    """Parse a duration of less than a minute in Go's format."""
    return float(text[:-2]) / 1000 if text.endswith("ms") else float(text.removesuffix("s"))
