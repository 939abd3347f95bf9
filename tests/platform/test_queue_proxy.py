"""Knative's data path: the real queue-proxy in front of a function's container.

On a cluster both share a pod; here queue-proxy is a process that finds the container's published
port on loopback, as it finds its neighbour there.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from contract.runtime_process import free_port
from image import prerequisites
from image.container import Container, eventually, serving, started
from image.pack import Build, Pack

ADMIN = "http://127.0.0.1:8022"
PROBE = {"User-Agent": "Knative-Activator-Probe", "K-Network-Probe": "queue"}


@dataclass(frozen=True)
class Proxy:
    """A running queue-proxy and a client of it."""

    http: httpx.Client
    port: int

    def is_ready(self) -> bool:
        """Probe the function's readiness like the activator, many times if needed."""
        try:
            return self.http.get("/", headers=PROBE).status_code == httpx.codes.OK
        except httpx.ConnectError:
            return False


def environment(port: int, user_port: int) -> dict[str, str]:
    """Return queue-proxy's environment from Knative's controller, for a service of func."""
    readiness = {"path": "/health/readiness", "port": user_port, "host": "127.0.0.1"}
    return {
        "CONTAINER_CONCURRENCY": "0",
        "QUEUE_SERVING_PORT": str(port),
        "QUEUE_SERVING_TLS_PORT": str(free_port()),
        "USER_PORT": str(user_port),
        "REVISION_TIMEOUT_SECONDS": "60",
        "SERVING_READINESS_PROBE": json.dumps(
            {"httpGet": {**readiness, "scheme": "HTTP"}, "successThreshold": 1}
        ),
        "SERVING_NAMESPACE": "default",
        "SERVING_SERVICE": "fn",
        "SERVING_CONFIGURATION": "fn",
        "SERVING_REVISION": "fn-00001",
        "SERVING_POD": "fn-00001-pod",
        "SERVING_POD_IP": "127.0.0.1",
        "SERVING_LOGGING_CONFIG": "",
        "SERVING_LOGGING_LEVEL": "info",
    }


@contextmanager
def proxying(program: Path, user_port: int, log: Path) -> Iterator[Proxy]:
    """Run queue-proxy in front of a port."""
    port = free_port()
    env = os.environ | environment(port, user_port)
    with (
        log.open("wb") as output,
        subprocess.Popen([program], env=env, stdout=output, stderr=output) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        try:
            yield Proxy(client, port)
        finally:
            process.send_signal(signal.SIGKILL)  # a SIGTERM takes it 30 seconds, by design


@pytest.fixture(scope="module")
def hooks_build(pack: Pack) -> Build:
    """Return the build of a function whose requests set their own duration."""
    return pack.build(prerequisites.FUNCTIONS / "hooks_async")


def test_function_becomes_ready_through_it(
    hooks_build: Build, queue_proxy: Path, tmp_path: Path
) -> None:
    """The probe of a starting pod succeeds after start(). Then requests are answered."""
    user_port = free_port()
    with (
        proxying(queue_proxy, user_port, tmp_path / "log") as proxy,
        ThreadPoolExecutor() as threads,
    ):
        ready = threads.submit(eventually, proxy.is_ready)
        with started(hooks_build.image, host_port=user_port) as container:
            assert ready.result(), container.log
            response = proxy.http.get("/", headers={"K-Anything": "x", "Forwarded": "for=1"})
            assert response.status_code == 200
            assert response.text == "start"


def test_requests_at_once_take_no_longer_than_one(
    hooks_build: Build, queue_proxy: Path, tmp_path: Path
) -> None:
    """Twenty requests that wait a second each run at the same time, and none is lost."""
    with (
        serving(hooks_build.image) as container,
        proxying(queue_proxy, port_of(container), tmp_path / "log") as proxy,
        ThreadPoolExecutor(20) as threads,
    ):
        assert eventually(proxy.is_ready)
        begun = time.monotonic()
        answers = list(threads.map(proxy.http.get, ["/?1"] * 20))
        assert time.monotonic() - begun < 10
        assert [answer.status_code for answer in answers] == [200] * 20


def test_restart_by_the_kubelet_loses_no_request(
    hooks_build: Build, queue_proxy: Path, tmp_path: Path
) -> None:
    """A request that runs when the container is stopped still gets its response.

    So it is when a liveness probe fails: the hook before the stop returns after a second, while
    requests are under way, and SIGTERM follows.
    """
    with (
        serving(hooks_build.image) as container,
        proxying(queue_proxy, port_of(container), tmp_path / "log") as proxy,
        ThreadPoolExecutor() as threads,
    ):
        assert eventually(proxy.is_ready)
        stopping = threading.Event()

        def body() -> Iterator[bytes]:
            yield b"begun"
            assert stopping.wait(60)
            yield b"ended"

        answer = threads.submit(proxy.http.post, "/", content=body())
        assert eventually(lambda: "request" in container.log)
        assert httpx.get(f"{ADMIN}/wait-for-drain", timeout=40).status_code == 200
        stopped = threads.submit(container.stop)
        assert eventually(lambda: "Stopping" in container.log)
        assert not answer.done()
        stopping.set()
        assert answer.result().status_code == 200
        assert stopped.result() == 0
        assert "async stop" in container.log
        assert proxy.http.get("/").status_code == 502


def port_of(container: Container) -> int:
    """Return the port on loopback that a container is published on."""
    return int(container.url.rpartition(":")[2])
