"""Knative Serving's data path: activator, queue-proxy, scaling, and our image."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from cluster.node import GATEWAY, Namespace
from image import prerequisites
from image.container import eventually

REQUESTS = 10_000
CLIENTS = 16
REPLACEMENTS = 3


def test_from_zero(probe: str, namespace: Namespace) -> None:
    """A function without requests has no pod; the next request starts one and is answered."""
    namespace.deploy("zero", probe)
    with namespace.client("zero") as client:
        before = client.get("/").json()["pod"]
        assert eventually(lambda: not namespace.pods("zero"))
        began = time.monotonic()
        # Knative may still send a request to the old pod, which answers while it drains.
        assert eventually(lambda: client.get("/").json()["pod"] != before)
    assert time.monotonic() - began < 10


def test_what_the_proxy_says_reaches_the_function(probe: str, namespace: Namespace) -> None:
    """Requests come from queue-proxy on loopback. Its headers have the client's address."""
    namespace.deploy("facts", probe, env={"GREETING": "Hi"})
    with namespace.client("facts") as client:
        facts = client.get("/", headers={"X-Forwarded-Proto": "https"}).json()
    assert facts["greeting"] == "Hi"
    assert facts["revision"] == "facts-00001"


@pytest.mark.parametrize("limit", [1, 10, 0])
def test_container_concurrency(probe: str, namespace: Namespace, limit: int) -> None:
    """A function never has more requests at the same time than the limit. With 0, it has all."""
    name, clients = f"limit-{limit}", 20
    # One pod, so that all meet there.
    scale = {"autoscaling.knative.dev/max-scale": "1", "autoscaling.knative.dev/min-scale": "1"}
    namespace.deploy(name, probe, annotations=scale, containerConcurrency=limit)
    with namespace.client(name) as client, ThreadPoolExecutor(clients) as threads:
        answers = list(
            threads.map(lambda _: client.get("/sleep", params={"seconds": "0.2"}), range(clients))
        )
        most = client.get("/").json()["most"]
    assert {httpx.codes.OK} == {answer.status_code for answer in answers}
    assert most <= (limit or clients)
    assert most > limit // 2


def test_request_that_takes_too_long(probe: str, namespace: Namespace) -> None:
    """Queue-proxy answers 504 instead of the function, and the next request is served."""
    namespace.deploy("slow", probe, timeoutSeconds=1)
    with namespace.client("slow") as client:
        late = client.get("/sleep", params={"seconds": "30"})
        assert late.status_code == httpx.codes.GATEWAY_TIMEOUT
        assert client.get("/").status_code == httpx.codes.OK


def test_stream(probe: str, namespace: Namespace) -> None:
    """The parts of a response arrive when they are sent, not all at its end."""
    namespace.deploy("stream", probe)
    with (
        namespace.client("stream") as client,
        client.stream("GET", "/stream", params={"parts": "4", "seconds": "0.3"}) as response,
    ):
        began = time.monotonic()
        arrived = [time.monotonic() - began for _ in response.iter_lines()]
    assert len(arrived) == 4
    assert arrived[0] < arrived[-1] - 0.6


def test_websocket(probe: str, namespace: Namespace) -> None:
    """A WebSocket goes through gateway, activator and queue-proxy to the function, and back."""
    namespace.deploy("socket", probe)
    with (
        socket.create_connection((GATEWAY, 80)) as connection,
        connect(f"ws://{namespace.host('socket')}/", sock=connection) as websocket,
    ):
        for text in ("first", "second"):
            websocket.send(text)
            assert websocket.recv() == text


def test_service_to_copy(probe: str, namespace: Namespace) -> None:
    """deploy/knative/service.yaml creates a function that answers, once the image is set."""
    text = (prerequisites.ROOT / "deploy" / "knative" / "service.yaml").read_text()
    namespace.kubectl(
        "apply", "--filename", "-", text=text.replace("registry.example.com/me/myfn", probe)
    )
    namespace.wait_until_ready("myfn")
    with namespace.client("myfn") as client:
        assert client.get("/").status_code == httpx.codes.OK


def test_idle_connection_is_used_again(probe: str, namespace: Namespace) -> None:
    """A client's connection that was idle for 60 s carries its next request: no 502."""
    namespace.deploy("idle", probe, annotations={"autoscaling.knative.dev/min-scale": "1"})
    with namespace.client("idle") as client:
        assert client.get("/").status_code == httpx.codes.OK
        time.sleep(61)
        assert client.get("/").status_code == httpx.codes.OK


@pytest.mark.timeout(600)
def test_no_request_is_lost(probe: str, namespace: Namespace) -> None:
    """Of 10,000 requests none fails while revisions and pods are replaced one after another."""
    scale = {"autoscaling.knative.dev/min-scale": "2", "autoscaling.knative.dev/max-scale": "3"}
    namespace.deploy("rolling", probe, annotations=scale, env={"GREETING": "0"})
    with asking(namespace.host("rolling")) as load:
        for number in range(1, REPLACEMENTS + 1):
            greeting = {"GREETING": str(number)}
            namespace.deploy("rolling", probe, annotations=scale, env=greeting)
            pod = namespace.pods("rolling")[0]["metadata"]["name"]
            namespace.kubectl("delete", "pod", pod, "--wait=false")
    assert {"HTTP/1.1 200 OK"} == set(load.answers)
    assert load.answers.total() >= REQUESTS
    assert {str(number) for number in range(REPLACEMENTS + 1)} == load.greetings


@contextmanager
def asking(host: str) -> Iterator["Load"]:
    """Send requests within the context, and then until there were 10,000."""
    load = Load(host)
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.may_end = True
        thread.join()


class Load:
    """Sends requests, each on a connection of its own, and counts the answers.

    Not on one for many: the gateway's nginx closes idle connections when it gets new routes.
    """

    def __init__(self, host: str) -> None:
        self._request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        self._sent = 0
        self.may_end = False
        self.answers: Counter[str] = Counter()
        self.greetings: set[str] = set()

    def run(self) -> None:
        """Send all requests."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        await asyncio.gather(*(self._ask_again() for _ in range(CLIENTS)))

    async def _ask_again(self) -> None:
        while self._sent < REQUESTS or not self.may_end:
            self._sent += 1
            try:
                answer = await self._ask()
            except OSError as error:
                answer = repr(error)
            self.answers[answer.partition("\r\n")[0]] += 1
            if '"greeting": "' in answer:
                self.greetings.add(answer.split('"greeting": "')[1].partition('"')[0])
            # Not as fast as they can: pods need a processor to start as well.
            await asyncio.sleep(0.05)

    async def _ask(self) -> str:
        reader, writer = await asyncio.open_connection(GATEWAY, 80)
        try:
            writer.write(self._request)
            return (await reader.read()).decode()
        finally:
            writer.close()
