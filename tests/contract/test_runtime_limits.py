"""Limits of a request on a real socket: the length of its body, and its time."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.runtime_process import FUNCTIONS, Runtime, serving

LIMITS = {"FUNC_MAX_BODY_BYTES": "1000", "FUNC_REQUEST_SECONDS": "0.5"}


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


def test_body_within_the_limit(runtime: Runtime) -> None:
    """A body as long as the limit reaches the function, in one part or many."""
    stated = httpx.post(runtime.url, content=b"0" * 1000)
    chunked = httpx.post(runtime.url, content=chunks(10))

    assert ["0" * 1000] * 2 == [each.json()["body"] for each in (stated, chunked)]


@pytest.mark.parametrize("stated", [True, False], ids=["stated", "chunked"])
@pytest.mark.row("H16")
def test_body_beyond_the_limit(runtime: Runtime, stated: bool) -> None:
    """A longer one is 413, and the connection ends: the rest of the body is not read."""
    content = b"0" * 1100 if stated else chunks(11)
    response = httpx.post(runtime.url, content=content)

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
    with httpx.Client(base_url=runtime.url) as client:
        began = time.monotonic()
        response = client.get("/slow?9")
        took = time.monotonic() - began

        assert (504, "Gateway Timeout") == (response.status_code, response.text)
        assert 0.5 <= took < 5
        assert "slow" == client.get("/slow?0.1").text
    assert 1 == runtime.log.count("GET '/slow' took longer than 0.5 s and was cut off")


def test_time_beyond_the_limit_of_a_stream(runtime: Runtime) -> None:
    """An answer that has begun by then is cut, so that no client takes the part for all."""
    with pytest.raises(httpx.RemoteProtocolError):
        runtime.get("/stream")

    assert 1 == runtime.log.count("GET '/stream' took longer than 0.5 s and was cut off")


def test_time_limit_of_a_sync_handler(tmp_path: Path) -> None:
    """The client of a handle that is not async gets its 504, though the thread goes on."""
    variables = {"FUNC_REQUEST_SECONDS": "0.3"}
    log = tmp_path / "log"
    with serving(FUNCTIONS / "runtime_sync", log, variables=variables) as runtime:
        began = time.monotonic()
        response = runtime.get("/?1.5")
        took = time.monotonic() - began

        assert 504 == response.status_code
        assert took < 1.4
        assert "sync" == runtime.get("/").text
        time.sleep(1.5)
    assert 1 == runtime.log.count(" ERROR ")
