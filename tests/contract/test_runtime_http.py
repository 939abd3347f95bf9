"""Requests on a real socket: dispatch, health, streaming, and mistakes of a function."""

import base64
import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx
import pytest

from contract.runtime_process import FUNCTIONS, PATIENCE, Runtime, eventually, free_port, serving

SECRET = "hunter2"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Serve the HTTP function, as its func.yaml says."""
    log = tmp_path_factory.mktemp("http") / "log"
    with serving(FUNCTIONS / "runtime_http", log) as process:
        yield process


@pytest.fixture
def own_runtime(tmp_path: Path) -> Iterator[Runtime]:
    """Serve it for one test, which changes it or counts its log lines."""
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log") as process:
        yield process


def exchange(runtime: Runtime, request: bytes) -> bytes:
    """Send bytes and return all received bytes until the connection closes."""
    with runtime.connect() as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.row("R1", "R19")
def test_request_arrives_as_it_was_sent(runtime: Runtime) -> None:
    """Method, query, body and every header reach the function unchanged."""
    headers = {"Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.1", "K-Thing": "1"}
    response = httpx.put(f"{runtime.url}/?a=b", content=b"body", headers=headers, timeout=PATIENCE)

    answer = response.json()
    assert ("PUT", "a=b", "body", "192.0.2.1") == tuple(
        answer[name] for name in ("method", "query", "body", "client")
    )
    assert {name.lower(): value for name, value in headers.items()}.items() <= answer[
        "headers"
    ].items()


@pytest.mark.row("R24")
@pytest.mark.parametrize("agent", ["Knative-Activator-Probe", "kube-probe/1.34"])
def test_headers_of_probes(runtime: Runtime, agent: str) -> None:
    """Probes that are meant for queue-proxy are handled like other requests."""
    headers = {"K-Network-Probe": "queue", "K-Kubelet-Probe": "", "User-Agent": agent}

    assert "queue" == runtime.get(headers=headers).json()["headers"]["k-network-probe"]
    runtime.until_ready(headers)


def test_response_names_no_server(runtime: Runtime) -> None:
    """A response has a date, and no header with the name of the server."""
    response = runtime.get("/")

    assert "date" in response.headers
    assert "server" not in response.headers


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/health/liveness", "Alive and well"),
        ("/health/liveness/", "Alive and well"),
        ("/live", "Alive and well"),
        ("/health/readiness", "Ready to serve"),
        ("/health/readiness/", "Ready to serve"),
        ("/internal/ready", "Ready to serve"),
    ],
)
@pytest.mark.row("R20", "H11")
def test_health_paths(runtime: Runtime, path: str, message: str) -> None:
    """Health is at its fixed paths and at those of func.yaml, with the function's own words."""
    eventually(
        lambda: (200, message) == ((response := runtime.get(path)).status_code, response.text),
        f"{message} at {path}",
    )


@pytest.mark.row("H11")
def test_health_head(runtime: Runtime) -> None:
    """HEAD gets what GET gets, without the body."""
    response = httpx.head(f"{runtime.url}/health/liveness", timeout=PATIENCE)

    assert (200, b"") == (response.status_code, response.content)
    assert int(response.headers["content-length"]) > 0


@pytest.mark.row("H11")
def test_health_post(runtime: Runtime) -> None:
    """Other methods on a health path are refused, and never reach the function."""
    response = httpx.post(f"{runtime.url}/health/liveness", timeout=PATIENCE)

    assert (405, "GET, HEAD") == (response.status_code, response.headers["allow"])


@pytest.mark.row("H10")
def test_ready_that_raises(own_runtime: Runtime) -> None:
    """If ready() raises, the check gets 503, and the log has the traceback once."""
    own_runtime.get("/not_ready")
    own_runtime.get("/health/readiness")
    own_runtime.until_logged("RuntimeError: password=hunter2")
    responses = [own_runtime.get("/health/readiness") for _ in range(3)]

    assert [503] * 3 == [response.status_code for response in responses]
    assert SECRET not in "".join(response.text for response in responses)
    assert 1 == own_runtime.log.count("RuntimeError: password=hunter2")


@pytest.mark.row("R22", "H5")
def test_ready_that_is_slow(own_runtime: Runtime) -> None:
    """While ready() is running, probes get its last result."""
    own_runtime.get("/ready_waits")
    with own_runtime.client() as client:

        def probe() -> int:
            return client.get("/health/readiness").status_code

        before = probe()
        client.get("/ready_once")
        eventually(lambda: probe() == 200, "a probe that succeeds")
        after = [probe() for _ in range(3)]  # the next ready() does not return
        client.get("/ready_once")

    assert 503 == before
    assert [200] * 3 == after


@pytest.mark.parametrize("path", ["/fail", "/exit"])
@pytest.mark.row("H1", "H2")
def test_handler_raises(own_runtime: Runtime, path: str) -> None:
    """An exception is a generic 500. Its message and traceback are in the log once."""
    response = own_runtime.get(path)

    assert (500, "Internal Server Error") == (response.status_code, response.text)
    assert 1 == own_runtime.log.count(f"GET '{path}' raised an exception\nTraceback")


@pytest.mark.row("H3")
def test_handler_raises_late(own_runtime: Runtime) -> None:
    """After the first message, the connection is aborted: the response is incomplete."""
    with pytest.raises(httpx.RemoteProtocolError):
        own_runtime.get("/fail_late")

    own_runtime.until_logged("GET '/fail_late' raised an exception\nTraceback")
    assert 1 == own_runtime.log.count("GET '/fail_late'")


def test_handler_leaves_a_response_unfinished(runtime: Runtime) -> None:
    """If a response is never completed, its connection is aborted, and this is logged."""
    with pytest.raises(httpx.RemoteProtocolError):
        runtime.get("/half")

    runtime.until_logged("GET '/half' returned before its response was complete")


@pytest.mark.row("H15")
def test_handler_says_nothing(runtime: Runtime) -> None:
    """If a handler returns without a response, the client gets 204."""
    response = runtime.get("/nothing")

    assert (204, b"") == (response.status_code, response.content)
    assert "content-length" not in response.headers


@pytest.mark.row("U10")
def test_connection_survives_an_error(runtime: Runtime) -> None:
    """A connection can be used after a response with an error."""
    with runtime.client() as client:
        statuses = [client.get(path).status_code for path in ("/fail", "/", "/nothing", "/")]

    assert [500, 200, 204, 200] == statuses


def test_streaming(runtime: Runtime) -> None:
    """Parts of a response reach the client when they are sent (server-sent events)."""
    parts = []
    with runtime.client() as client, client.stream("GET", "/stream") as response:
        for part in response.iter_text():
            parts.append(part)
            runtime.get("/stream_on")  # before that the function sends no more

    assert ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n"] == parts


@pytest.mark.row("H16")
def test_client_disconnect(runtime: Runtime) -> None:
    """A function that waits for the client sees it disconnect."""
    with runtime.connect() as connection:
        connection.sendall(b"GET /disconnect HTTP/1.1\r\nhost: f\r\n\r\n")

    runtime.until_logged("saw http.disconnect")


@pytest.mark.row("R25")
def test_concurrent_requests(runtime: Runtime) -> None:
    """Requests run at the same time: each is answered when all have arrived."""
    with ThreadPoolExecutor(20) as pool:
        texts = list(pool.map(lambda _: runtime.get("/meet").text, range(20)))

    assert ["met"] * 20 == texts


@pytest.mark.row("R17")
def test_h2c_upgrade_is_ignored(runtime: Runtime) -> None:
    """An offer of HTTP/2 is ignored, as Knative's runtime contract requires."""
    request = (
        b"GET / HTTP/1.1\r\nhost: f\r\nconnection: Upgrade, HTTP2-Settings\r\n"
        b"upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n"
    )
    with runtime.connect() as connection:
        connection.sendall(request)
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert "upgrade" not in runtime.log.lower()


@pytest.mark.row("R18")
def test_http2_preface_is_refused(runtime: Runtime) -> None:
    """Prior-knowledge HTTP/2 gets a 400 and a closed connection; HTTP/1.1 is served after it."""
    response = exchange(runtime, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    assert response.startswith(b"HTTP/1.1 400 ")
    assert 200 == runtime.get("/").status_code
    assert "Invalid HTTP request" not in runtime.log


@pytest.mark.row("R29")
def test_idle_connection(runtime: Runtime) -> None:
    """A connection is kept for longer than a few seconds: Knative's queue-proxy reuses them."""
    with runtime.connect() as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nhost: f\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")
        connection.settimeout(6)
        with pytest.raises(TimeoutError):  # a close would be read here
            connection.recv(1)
        connection.settimeout(PATIENCE)
        connection.sendall(b"GET /nothing HTTP/1.1\r\nhost: f\r\n\r\n")

        assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")


def test_probes_are_not_logged(own_runtime: Runtime) -> None:
    """Neither probes nor requests add a line to the log."""
    own_runtime.until_logged("is serving")
    before = own_runtime.log
    for path in ("/health/liveness", "/health/readiness", "/"):
        own_runtime.get(path)

    assert before == own_runtime.log


@pytest.mark.row("R25")
def test_sync_handler_blocks_nobody(tmp_path: Path) -> None:
    """A handle that is not async runs in a thread, so probes and other requests are answered."""
    with (
        serving(FUNCTIONS / "runtime_sync", tmp_path / "log") as runtime,
        ThreadPoolExecutor(2) as pool,
    ):
        gate = tmp_path / "gate"
        slow = pool.submit(runtime.get, f"/?{gate}")
        runtime.until_logged("slow request began")
        runtime.until_ready()
        assert "sync" == runtime.get("/").text
        gate.touch()

        assert "sync" == slow.result().text


def test_open_files_limit_is_raised(tmp_path: Path) -> None:
    """The soft limit of open files is raised to the hard one."""
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime:
        limits = Path(f"/proc/{runtime.process.pid}/limits").read_text(encoding="utf-8")

    (line,) = (line for line in limits.splitlines() if line.startswith("Max open files"))
    soft, hard = line.split()[3:5]
    assert str(min(int(hard), 1 << 20)) == soft


class WebSocket:
    """As much of RFC 6455 as a client of these tests needs."""

    def __init__(self, runtime: Runtime, path: str) -> None:
        self.connection = runtime.connect()
        self.stream = self.connection.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall(
            f"GET {path} HTTP/1.1\r\nhost: f\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n".encode()
        )
        self.status = int(self.stream.readline().split()[1])
        while self.stream.readline().strip():
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.connection.close()

    def send(self, text: str) -> None:
        """Send a short text message, masked with zeros."""
        self.connection.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode())

    def receive(self) -> tuple[int, bytes]:
        """Return the next frame's operation and payload."""
        first, length = self.stream.read(2)
        return first & 0x0F, self.stream.read(length)


CLOSE = 8


@pytest.mark.row("H4")
def test_websocket(runtime: Runtime) -> None:
    """A function can receive and send on a WebSocket, and sees its end."""
    with WebSocket(runtime, "/socket") as client:
        assert 101 == client.status
        client.send("hello")
        assert (1, b"HELLO") == client.receive()

    runtime.until_logged("socket saw websocket.disconnect")


def test_websocket_handler_raises(runtime: Runtime) -> None:
    """If a handler raises, the WebSocket is closed with an internal error, without the message."""
    with WebSocket(runtime, "/socket_fail") as client:
        operation, payload = client.receive()

    assert (CLOSE, (1011).to_bytes(2)) == (operation, payload)
    runtime.until_logged("'/socket_fail' raised an exception\nTraceback")


@pytest.mark.row("H4")
def test_websocket_refused(runtime: Runtime) -> None:
    """A handler that never accepts the WebSocket refuses it."""
    with WebSocket(runtime, "/socket_refuse") as client:
        assert 403 == client.status


@pytest.mark.row("H14")
def test_log_as_json(tmp_path: Path) -> None:
    """With LOG_FORMAT=json every line is an object, the function's own among them."""
    variables = {"LOG_FORMAT": "json", "LOG_LEVEL": "debug"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        runtime.get("/fail")

    entries = [json.loads(line) for line in runtime.log.splitlines()]
    assert {"time", "level", "logger", "message"} <= entries[0].keys()
    assert "started" in [entry["message"] for entry in entries]
    (failed,) = (entry for entry in entries if "exception" in entry)
    assert failed["exception"].endswith("RuntimeError: password=hunter2")


@pytest.mark.row("H14")
def test_log_level(tmp_path: Path) -> None:
    """LOG_LEVEL applies before the function's first line. An unknown level is logged."""
    log = tmp_path / "log"
    with serving(FUNCTIONS / "runtime_http", log, variables={"LOG_LEVEL": "error"}) as runtime:
        pass
    assert "" == runtime.log

    with serving(FUNCTIONS / "runtime_http", log, variables={"LOG_LEVEL": "chatty"}) as runtime:
        pass
    assert "LOG_LEVEL is 'chatty', which is not a level: using info" in runtime.log


def is_open(host: str, port: int) -> bool:
    """Return whether a port can be connected to."""
    with suppress(ConnectionRefusedError), socket.create_connection((host, port), timeout=PATIENCE):
        return True
    return False


@pytest.mark.row("R2", "S1")
def test_baked_address_does_not_hide_the_port(tmp_path: Path) -> None:
    """PORT is served on IPv4 and IPv6, with any LISTEN_ADDRESS in the image."""
    variables = {"LISTEN_ADDRESS": f"[::]:{free_port()}"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        # The IPv4 port, for which `serving` waits, is the first to be open.
        eventually(lambda: is_open("::1", runtime.port), "an open port on IPv6")

        assert 200 == runtime.get("/").status_code
