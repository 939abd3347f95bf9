"""Limits of a request on a real socket: the size of its body, and its time."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.runtime_process import FUNCTIONS, PATIENCE, Runtime, eventually, serving

# A request that does not wait takes a thousandth of that, on a machine that does nothing else.
LIMITS = {"FUNC_MAX_BODY_BYTES": "1000", "FUNC_REQUEST_SECONDS": "1.5"}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Serve the HTTP function with both limits."""
    log = tmp_path_factory.mktemp("limits") / "log"
    with serving(FUNCTIONS / "runtime_http", log, variables=LIMITS) as process:
        yield process


def chunks(count: int) -> Iterator[bytes]:
    """Yield a body in parts of 100 bytes."""
    for _ in range(count):
        yield b"0" * 100


def post(runtime: Runtime, content: bytes | Iterator[bytes]) -> httpx.Response:
    """Send a body."""
    return httpx.post(runtime.url, content=content, timeout=PATIENCE)


def test_body_within_the_limit(runtime: Runtime) -> None:
    """A body as long as the limit reaches the function, in one part or many."""
    declared = post(runtime, b"0" * 1000)
    chunked = post(runtime, chunks(10))

    assert ["0" * 1000] * 2 == [each.json()["body"] for each in (declared, chunked)]


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
@pytest.mark.row("H16")
def test_body_beyond_the_limit(runtime: Runtime, declared: bool) -> None:
    """A longer one is 413, and the connection ends: the rest of the body is not read."""
    content = b"0" * 1100 if declared else chunks(11)
    response = post(runtime, content)

    assert (413, "close") == (response.status_code, response.headers["connection"])
    assert "The limit for a body is 1000 bytes" == response.text


def test_body_without_end(runtime: Runtime) -> None:
    """413 comes while the client still sends."""
    with runtime.connect() as connection:
        head = b"POST / HTTP/1.1\r\nhost: f\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.sendall(head + b"3e9\r\n" + b"0" * 1001 + b"\r\n")
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.row("H16")
def test_time_beyond_the_limit(runtime: Runtime) -> None:
    """A request that takes longer is 504 in time, and logged once; the next one is served."""
    with runtime.client() as client:
        response = client.get("/slow?never")

        assert (504, "Gateway Timeout") == (response.status_code, response.text)
        assert 200 == client.get("/").status_code
    assert 1 == runtime.log.count("GET '/slow' took longer than 1.5 s and was cut off")


def test_time_beyond_the_limit_of_a_stream(runtime: Runtime) -> None:
    """If the response has started, it is aborted, so the client sees that it is incomplete."""
    with pytest.raises(httpx.RemoteProtocolError):
        runtime.get("/stream")

    runtime.until_logged("GET '/stream' took longer than 1.5 s and was cut off")
    assert 1 == runtime.log.count("GET '/stream'")


def test_time_limit_of_a_sync_handler(tmp_path: Path) -> None:
    """If handle is not async, the client gets 504, although the thread keeps running."""
    variables = {"FUNC_REQUEST_SECONDS": "1.5"}
    log, gate = tmp_path / "log", tmp_path / "gate"
    with serving(FUNCTIONS / "runtime_sync", log, variables=variables) as runtime:
        assert 504 == runtime.get(f"/?{gate}").status_code
        assert "request ended" not in runtime.log
        assert "sync" == runtime.get("/").text
        gate.touch()
        eventually(lambda: runtime.log.count("request ended") == 2, "the end of both requests")
    assert 1 == runtime.log.count(" ERROR ")
